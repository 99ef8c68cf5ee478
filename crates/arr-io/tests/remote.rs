//! The example of remote files: over HTTP, and from a stand-in of S3. A server counts what is asked for.
#![allow(clippy::unwrap_used, reason = "a failed assumption is a failed test")]
#![cfg(feature = "npz")]

use std::collections::HashMap;
use std::net::SocketAddr;
use std::path::Path;
use std::process::{Command, Output};
use std::sync::{Arc, Mutex};

use arr_io::Array;
use axum::Router;
use axum::extract::State;
use axum::http::{HeaderMap, Method, StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};

/// The files of the server, and what was asked of it: the method, the path, and how many bytes were sent.
#[derive(Default)]
struct Files {
    files: HashMap<&'static str, Vec<u8>>,
    asked: Mutex<Vec<(Method, String, usize)>>,
}

/// Answers as servers of files do: all of one, or the range that is asked for.
async fn answer(State(files): State<Arc<Files>>, method: Method, uri: Uri, headers: HeaderMap) -> Response {
    let Some(bytes) = files.files.get(uri.path()) else { return StatusCode::NOT_FOUND.into_response() };
    let same = [
        (header::LAST_MODIFIED, "Tue, 01 Jan 2030 00:00:00 GMT".to_owned()),
        (header::ETAG, "\"1\"".to_owned()),
        (header::ACCEPT_RANGES, "bytes".to_owned()),
    ];
    let range = headers.get(header::RANGE).and_then(|range| {
        let (from, to) = range.to_str().ok()?.strip_prefix("bytes=")?.split_once('-')?;
        Some((from.parse::<usize>().ok()?, to.parse::<usize>().ok()?))
    });
    let part = range.and_then(|(from, to)| bytes.get(from..=to));
    let sent = if method == Method::HEAD { 0 } else { part.unwrap_or(bytes).len() };
    files.asked.lock().unwrap().push((method, uri.path().to_owned(), sent));
    match (range, part) {
        (None, _) => (same, bytes.clone()).into_response(),
        (Some(_), None) => StatusCode::RANGE_NOT_SATISFIABLE.into_response(),
        (Some((from, to)), Some(part)) => {
            let place = format!("bytes {from}-{to}/{}", bytes.len());
            (StatusCode::PARTIAL_CONTENT, same, [(header::CONTENT_RANGE, place)], part.to_vec())
                .into_response()
        }
    }
}

/// A server that runs until the test ends.
fn serve(files: Arc<Files>) -> (tokio::runtime::Runtime, SocketAddr) {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let listener = runtime.block_on(tokio::net::TcpListener::bind("127.0.0.1:0")).unwrap();
    let address = listener.local_addr().unwrap();
    let router = Router::new().fallback(answer).with_state(files);
    runtime.spawn(async move { axum::serve(listener, router).await });
    (runtime, address)
}

fn run(words: &[&str], variables: &[(&str, String)]) -> Output {
    let here = std::env::current_exe().unwrap();
    let program = here.parent().and_then(Path::parent).unwrap().join("examples/remote");
    let program = program.with_extension(std::env::consts::EXE_EXTENSION);
    assert!(program.exists(), "it is not built: cargo build --package arr-io --example remote");
    let variables = variables.iter().map(|(name, value)| (*name, value.as_str()));
    Command::new(program).args(words).env("NO_PROXY", "127.0.0.1").envs(variables).output().unwrap()
}

/// A table of 10,000 rows, and an archive of it and something small, under the names that a web server and S3 have for them.
fn files() -> Files {
    let table = Array::from_vec((0..40_000).collect::<Vec<i32>>(), &[10_000, 4]).unwrap();
    let small = Array::from_vec(vec![1.5f64, 2.5], &[2]).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("model.npz");
    arr_io::npy::save_npz(&path, [("table", &table), ("w", &small), ("again", &table)]).unwrap();
    let (npy, npz) = (arr_io::npy::to_bytes(&table).unwrap(), std::fs::read(&path).unwrap());
    let files =
        [("/x.npy", npy.clone()), ("/bucket/x.npy", npy), ("/m.npz", npz.clone()), ("/bucket/m.npz", npz)];
    Files { files: files.into(), ..Files::default() }
}

/// What was asked for since the last call: how often, and how many bytes were sent, of each file.
fn counts(files: &Files, npy: &str, npz: &str) -> [(usize, usize); 2] {
    let asked = std::mem::take(&mut *files.asked.lock().unwrap());
    [npy, npz].map(|path| {
        let sent = asked.iter().filter(|(method, asked, _)| method == Method::GET && asked == path);
        sent.fold((0, 0), |(count, bytes), (.., sent)| (count + 1, bytes + sent))
    })
}

const PRINTED: [&str; 2] =
    ["<i4 [3, 2]\n[[20000 20001]\n [20004 20005]\n [20008 20009]]\n", "<f8 [2]\n[1.5 2.5]\n"];

fn printed(output: &Output, names: [&str; 2]) {
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let expected: String = names.iter().zip(PRINTED).map(|(name, text)| format!("{name}: {text}")).collect();
    assert_eq!(String::from_utf8_lossy(&output.stdout), expected);
}

#[test]
fn little_is_fetched_over_http_and_from_s3() {
    let files = Arc::new(files());
    let (_runtime, address) = serve(Arc::clone(&files));
    // The header and the rows; the directory with the end of the archive, and the member.
    let expected = [(2, 4096 + 40), (2, 2 * 4096)];

    let [npy, npz] = ["x.npy", "m.npz"].map(|name| format!("http://{address}/{name}"));
    let variables = [("ALLOW_HTTP", "true".to_owned())];
    let output = run(&[&npy, "5000:5003, :2", &npz, "w"], &variables);
    printed(&output, [&npy, &format!("{npz}::w")]);
    let found = counts(&files, "/x.npy", "/m.npz");
    println!("over HTTP: {found:?} requests and bytes of files of 160,128 and 321,000 bytes");
    assert_eq!(found, expected);

    let variables = [
        ("AWS_ENDPOINT", format!("http://{address}")),
        ("AWS_ALLOW_HTTP", "true".to_owned()),
        ("AWS_SKIP_SIGNATURE", "true".to_owned()),
        ("AWS_REGION", "us-east-1".to_owned()),
    ];
    let output = run(&["s3://bucket/x.npy", "5000:5003, :2", "s3://bucket/m.npz", "w"], &variables);
    printed(&output, ["s3://bucket/x.npy", "s3://bucket/m.npz::w"]);
    assert_eq!(counts(&files, "/bucket/x.npy", "/bucket/m.npz"), expected);
}

#[test]
fn what_is_not_there_is_an_error() {
    let (_runtime, address) = serve(Arc::default());
    let [npy, npz] = ["x.npy", "m.npz"].map(|name| format!("http://{address}/{name}"));
    let output = run(&[&npy, "0", &npz, "w"], &[("ALLOW_HTTP", "true".to_owned())]);
    assert!(!output.status.success() && output.stdout.is_empty());
    assert!(!run(&[], &[]).status.success());
}
