//! Reads an array that a stranger sends, from any stream and under limits: `cargo run --example upload < x.npy`.

use std::io::Read;
use std::process::ExitCode;

use arr_io::{Array, Input, Limits, OpenOptions, Result};

/// The array in what arrives, of any format, if it is no larger than we want to have in memory.
fn receive(upload: impl Read + Send) -> Result<Array> {
    let limits = Limits::default().max_bytes(1 << 20).max_header_size(1 << 14);
    let mut input = Input::from_reader(upload).with_limits(&limits);
    OpenOptions::new().limits(limits).read(&mut input)
}

fn main() -> ExitCode {
    match receive(std::io::stdin()) {
        Ok(array) => {
            println!("accepted: {} {:?}", array.dtype(), array.shape());
            ExitCode::SUCCESS
        }
        // The kind is for the program: it tells a bad file from a large one. The message is for people.
        Err(error) => {
            println!("refused: {:?}: {error}", error.kind());
            ExitCode::FAILURE
        }
    }
}
