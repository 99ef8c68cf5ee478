//! The example of a service: arrays over HTTP, in both forms, and what it refuses.
#![allow(clippy::unwrap_used, reason = "a failed assumption is a failed test")]
#![cfg(all(feature = "serde", feature = "npy", feature = "ndarray"))]

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Child, Command, Stdio};

use arr_io::Array;

const JSON: &str = "application/json";
const NPY: &str = "application/x-npy";

/// The service, until it is dropped.
struct Service {
    child: Child,
    address: String,
}

impl Drop for Service {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Service {
    fn start() -> Self {
        let here = std::env::current_exe().unwrap();
        let program = here.parent().and_then(Path::parent).unwrap().join("examples/service");
        let program = program.with_extension(std::env::consts::EXE_EXTENSION);
        assert!(
            program.exists(),
            "it is not built: cargo build --package arr-io --features serde --example service"
        );
        let mut child = Command::new(program).arg("127.0.0.1:0").stdout(Stdio::piped()).spawn().unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.as_mut().unwrap()).read_line(&mut line).unwrap();
        let address = line.trim().strip_prefix("listening on ").unwrap().to_owned();
        Self { child, address }
    }

    /// Sends a request; its status, the type of the answer, and the answer.
    fn post(&self, kind: &str, accept: &str, body: &[u8]) -> (u16, String, Vec<u8>) {
        let mut stream = TcpStream::connect(&self.address).unwrap();
        let accept = if accept.is_empty() { String::new() } else { format!("accept: {accept}\r\n") };
        let head = format!(
            "POST /center HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\ncontent-type: {kind}\r\n{accept}content-length: {}\r\n\r\n",
            body.len()
        );
        stream.write_all(head.as_bytes()).unwrap();
        // What is too long is answered before all of it has been sent.
        let _ = stream.write_all(body);
        let mut answer = Vec::new();
        let _ = stream.read_to_end(&mut answer);
        let end = answer.windows(4).position(|part| part == b"\r\n\r\n").unwrap();
        let head = String::from_utf8(answer[..end].to_vec()).unwrap().to_lowercase();
        let status = head.split(' ').nth(1).unwrap().parse().unwrap();
        let kind = head.lines().find_map(|line| line.strip_prefix("content-type: ")).unwrap_or_default();
        (status, kind.to_owned(), answer[end + 4..].to_vec())
    }
}

#[test]
fn arrays_come_and_go_in_both_forms() {
    let service = Service::start();
    let array = Array::from_vec(vec![1.0f32, 3.0, 5.0, 7.0], &[2, 2]).unwrap();
    let (json, npy) = (serde_json::to_vec(&array).unwrap(), arr_io::npy::to_bytes(&array).unwrap());
    for (sent, body) in [(JSON, &json), (NPY, &npy)] {
        for accept in ["", JSON, NPY] {
            let (status, kind, answer) = service.post(sent, accept, body);
            assert_eq!(status, 200, "{}", String::from_utf8_lossy(&answer));
            assert_eq!(kind, if accept.is_empty() { sent } else { accept });
            let back: Array = match kind.as_str() {
                JSON => serde_json::from_slice(&answer).unwrap(),
                _ => arr_io::npy::read_bytes(&answer).unwrap(),
            };
            assert_eq!(
                (back.shape(), back.to_vec::<f64>().unwrap()),
                (&[2, 2][..], vec![-3.0, -1.0, 1.0, 3.0])
            );
        }
    }
}

#[test]
fn what_is_no_array_or_too_large_is_refused() {
    let service = Service::start();
    let array = Array::from_vec(vec![1.0f32; 1000], &[1000]).unwrap();
    let npy = arr_io::npy::to_bytes(&array).unwrap();
    let text = arr_io::npy::to_bytes(&Array::from_strings(&["a"]).unwrap()).unwrap();
    for (kind, body, wanted, why) in [
        ("text/plain", &npy[..], 415, "send application/json"),
        (NPY, &npy[..npy.len() - 1], 400, "the input ends inside the data"),
        (NPY, &text, 422, "cast"),
        (JSON, b"{\"dtype\":", 400, "EOF"),
        (JSON, br#"{"dtype":"<f4","shape":[3],"order":"C","data":"AAA="}"#, 400, "12 bytes of data, not 2"),
        (JSON, br#"{"dtype":"<f4","shape":[0],"order":"C","data":""} more"#, 400, "trailing"),
        (
            JSON,
            br#"{"dtype":"<f4","shape":[1,1,1,1,1,1,1,1,1],"order":"C","data":"AAAAAA=="}"#,
            400,
            "dimensions",
        ),
        (NPY, &vec![0; 17 << 20], 413, "length limit"),
    ] {
        let (status, _, answer) = service.post(kind, "", body);
        let answer = String::from_utf8_lossy(&answer).into_owned();
        assert_eq!(status, wanted, "{answer}");
        assert!(answer.contains(why), "{answer}");
    }
    // After all that it still answers.
    assert_eq!(service.post(NPY, "", &npy).0, 200);
}
