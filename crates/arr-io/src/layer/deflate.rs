//! gzip and zlib: the two streams around deflate.

use std::io::{self, Write};

use flate2::write::{GzEncoder, ZlibEncoder};
use flate2::{Decompress, FlushDecompress, Status};

use super::pack::Pack;
use super::unpack::{Fault, Step, Unpack, grown};

/// A window of 32 KiB, the largest of deflate.
const WINDOW_BITS: u8 = 15;

/// One member, with its header, and its checksum compared.
pub(super) struct Inflater(Decompress);

impl Inflater {
    pub(super) fn gzip() -> Self {
        Self(Decompress::new_gzip(WINDOW_BITS))
    }

    pub(super) fn zlib() -> Self {
        Self(Decompress::new(true))
    }
}

impl Unpack for Inflater {
    fn step(&mut self, packed: &[u8], room: &mut [u8], _: bool) -> Result<Step, Fault> {
        let before = (self.0.total_in(), self.0.total_out());
        let status = self
            .0
            .decompress(packed, room, FlushDecompress::None)
            .map_err(|error| Fault::Broken(error.message().unwrap_or("it does not inflate").to_owned()))?;
        Ok(Step {
            used: grown(before.0, self.0.total_in()),
            made: grown(before.1, self.0.total_out()),
            ended: status == Status::StreamEnd,
        })
    }

    fn seen(&self) -> u64 {
        self.0.total_in()
    }
}

/// True when `head`, the first bytes of a zlib stream, inflate to some bytes, or to the end: the checksum that stands
/// there counts only where more follows.
pub(super) fn inflates(head: &[u8]) -> bool {
    let mut out = [0; 1024];
    let is_sound = |step: Result<Step, Fault>| step.is_ok_and(|step| step.made > 0 || step.ended);
    let deflated = head.get(2..head.len().saturating_sub(4)).unwrap_or_default();
    let bare = Inflater(Decompress::new(false)).step(deflated, &mut out, true);
    let is_all = bare.is_ok_and(|step| step.ended && step.used == deflated.len());
    is_all || is_sound(Inflater::zlib().step(head, &mut out, false))
}

impl<W: Write + Send> Pack for GzEncoder<W> {
    fn finish(self: Box<Self>) -> io::Result<()> {
        (*self).finish().map(drop)
    }
}

impl<W: Write + Send> Pack for ZlibEncoder<W> {
    fn finish(self: Box<Self>) -> io::Result<()> {
        (*self).finish().map(drop)
    }
}
