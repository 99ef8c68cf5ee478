//! Arrays over HTTP, as JSON or as `.npy`, whichever the content type says: `cargo run --example service 127.0.0.1:3000`.
//!
//! ```console
//! $ curl -s 127.0.0.1:3000/center -H 'content-type: application/x-npy' --data-binary @x.npy > centered.npy
//! $ curl -s 127.0.0.1:3000/center -H 'content-type: application/json' -d '{"dtype":"<f4","shape":[2],"order":"C","data":"AACAPwAAQEA="}'
//! {"dtype":"<f8","shape":[2],"order":"C","data":"AAAAAAAA8L8AAAAAAADwPw=="}
//! ```
//!
//! The answer has the type that `accept` asks for, and otherwise that of the request.

use std::process::ExitCode;

use arr_io::npy::ReadOptions;
use arr_io::{Array, DType, Error, ErrorKind, Limits};
use axum::Router;
use axum::body::Bytes;
use axum::extract::{DefaultBodyLimit, FromRequest, Request};
use axum::http::{HeaderMap, HeaderName, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use serde::de::DeserializeSeed as _;

/// The most bytes of a request.
const MOST: usize = 16 << 20;

/// How an array is written in a body.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Form {
    Json,
    Npy,
}

impl Form {
    const fn content_type(self) -> &'static str {
        match self {
            Self::Json => "application/json",
            Self::Npy => "application/x-npy",
        }
    }

    /// The one that a header names.
    fn named(headers: &HeaderMap, name: HeaderName) -> Option<Self> {
        let value = headers.get(name)?.to_str().ok()?;
        let kind = value.split([';', ',']).next().unwrap_or_default().trim();
        [Self::Json, Self::Npy].into_iter().find(|form| form.content_type().eq_ignore_ascii_case(kind))
    }
}

/// An array in the body of a request or an answer.
struct Body(Form, Array);

impl<S: Send + Sync> FromRequest<S> for Body {
    type Rejection = Refusal;

    async fn from_request(request: Request, state: &S) -> Result<Self, Refusal> {
        let form = Form::named(request.headers(), header::CONTENT_TYPE).ok_or_else(|| {
            let message = "send application/json or application/x-npy".to_owned();
            Refusal(StatusCode::UNSUPPORTED_MEDIA_TYPE, message)
        })?;
        let answer = Form::named(request.headers(), header::ACCEPT).unwrap_or(form);
        let bytes = Bytes::from_request(request, state).await;
        let bytes = bytes.map_err(|error| Refusal(error.status(), error.body_text()))?;
        // What the bytes claim is never believed beyond this.
        let limits = Limits::default().max_bytes(MOST as u64).max_header_size(10_000).max_rank(8);
        let array = match form {
            Form::Npy => ReadOptions::new().limits(limits).read_bytes(&bytes)?,
            Form::Json => {
                let mut json = serde_json::Deserializer::from_slice(&bytes);
                let array =
                    arr_io::core::serialize::ArraySeed::new(&mut limits.budget()).deserialize(&mut json);
                let array = array.and_then(|array| json.end().map(|()| array));
                array.map_err(|error| Refusal(StatusCode::BAD_REQUEST, error.to_string()))?
            }
        };
        Ok(Self(answer, array))
    }
}

impl IntoResponse for Body {
    fn into_response(self) -> Response {
        let Self(form, array) = self;
        let bytes = match form {
            Form::Npy => arr_io::npy::to_bytes(&array).map_err(Refusal::from),
            Form::Json => serde_json::to_vec(&array)
                .map_err(|error| Refusal(StatusCode::INTERNAL_SERVER_ERROR, error.to_string())),
        };
        match bytes {
            Ok(bytes) => ([(header::CONTENT_TYPE, form.content_type())], bytes).into_response(),
            Err(refusal) => refusal.into_response(),
        }
    }
}

/// Why there is no answer.
struct Refusal(StatusCode, String);

impl From<Error> for Refusal {
    fn from(error: Error) -> Self {
        let status = match error.kind() {
            ErrorKind::LimitExceeded => StatusCode::PAYLOAD_TOO_LARGE,
            ErrorKind::Malformed | ErrorKind::InvalidArgument => StatusCode::BAD_REQUEST,
            ErrorKind::Unsupported | ErrorKind::Mismatch => StatusCode::UNPROCESSABLE_ENTITY,
            _ => StatusCode::INTERNAL_SERVER_ERROR,
        };
        Self(status, error.to_string())
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        (self.0, self.1).into_response()
    }
}

/// The numbers less their mean.
async fn center(Body(form, array): Body) -> Result<Body, Refusal> {
    let numbers: ndarray::ArrayD<f64> = array.cast_checked(&DType::of::<f64>())?.to_typed()?;
    let mean = numbers.mean().unwrap_or_default();
    Ok(Body(form, Array::from_ndarray(numbers - mean)?))
}

async fn serve(address: &str) -> std::io::Result<()> {
    let app = Router::new().route("/center", post(center)).layer(DefaultBodyLimit::max(MOST));
    let listener = tokio::net::TcpListener::bind(address).await?;
    println!("listening on {}", listener.local_addr()?);
    axum::serve(listener, app).await
}

fn main() -> ExitCode {
    let address = std::env::args().nth(1).unwrap_or_else(|| "127.0.0.1:0".to_owned());
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_io().build();
    match runtime.and_then(|runtime| runtime.block_on(serve(&address))) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{address}: {error}");
            ExitCode::FAILURE
        }
    }
}
