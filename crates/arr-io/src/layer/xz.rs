//! xz, and the `.lzma` files of LZMA Utils.

use std::io::{self, Write};

use lzma_rust2::{Action, LzmaStream, Status, StreamResult, XzStream, XzWriter};

use arr_core::format::check_memory;

use super::MOST_WINDOW;
use super::pack::Pack;
use super::unpack::{Fault, Step, Unpack};

/// KiB of memory that a decoder may take: a window, and tables of less than a mebibyte.
#[allow(clippy::cast_possible_truncation, reason = "a constant, of which the compiler sees that it fits")]
const MOST_MEMORY: u32 = (MOST_WINDOW >> 10) as u32 + 1024;

/// The most memory that a decoder may take now, in KiB: what there is beside that of all others. The decoder reserves its
/// dictionary when the data says how large it is, and can't be told then that there is no memory.
fn most_memory() -> u32 {
    let mut most = MOST_MEMORY;
    while most > 0 && check_memory((most as usize).saturating_mul(1024 + 256), "a dictionary").is_err() {
        most /= 2;
    }
    most
}

/// All streams of a file with the padding between them; the checksums of blocks and of the index are compared.
pub(super) struct Unxz(XzStream);

impl Unxz {
    pub(super) fn new() -> Self {
        Self(XzStream::new_mem_limit(true, most_memory()))
    }
}

impl Unpack for Unxz {
    fn step(&mut self, packed: &[u8], room: &mut [u8], last: bool) -> Result<Step, Fault> {
        self.0.process(packed, room, action(last)).map(step).map_err(explain)
    }

    fn seen(&self) -> u64 {
        self.0.total_in()
    }
}

/// A `.lzma` file. It has no checksum.
pub(super) struct Unlzma(LzmaStream);

impl Unlzma {
    pub(super) fn new() -> Self {
        Self(LzmaStream::new_mem_limit(most_memory(), None))
    }
}

impl Unpack for Unlzma {
    fn step(&mut self, packed: &[u8], room: &mut [u8], last: bool) -> Result<Step, Fault> {
        let step = self.0.process(packed, room, action(last)).map(step).map_err(explain)?;
        if step.ended && !self.0.unused_input().is_empty() {
            return Err(Fault::Trailing);
        }
        Ok(step)
    }

    fn seen(&self) -> u64 {
        self.0.total_in()
    }
}

fn action(last: bool) -> Action {
    if last { Action::Finish } else { Action::Run }
}

fn step(result: StreamResult) -> Step {
    Step {
        used: result.bytes_consumed,
        made: result.bytes_produced,
        ended: result.status == Status::StreamEnd,
    }
}

fn explain(error: io::Error) -> Fault {
    match error.kind() {
        io::ErrorKind::UnexpectedEof => Fault::Cut,
        io::ErrorKind::OutOfMemory => Fault::Limit(format!(
            "the dictionary exceeds the limit of {MOST_WINDOW} bytes, or the memory that there is: unpack it first"
        )),
        io::ErrorKind::Unsupported => Fault::Unsupported(error.to_string()),
        _ => Fault::Broken(error.to_string()),
    }
}

impl<W: Write + Send> Pack for XzWriter<W> {
    fn finish(self: Box<Self>) -> io::Result<()> {
        (*self).finish().map(drop)
    }
}
