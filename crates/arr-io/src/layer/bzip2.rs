//! bzip2.

use std::io::{self, Write};

use ::bzip2::write::BzEncoder;
use ::bzip2::{Decompress, Status};

use super::pack::Pack;
use super::unpack::{Fault, Step, Unpack, grown};

/// One stream, with the checksums of its blocks and of all of them compared.
pub(super) struct Bunzip(Decompress);

impl Bunzip {
    pub(super) fn new() -> Self {
        Self(Decompress::new(false))
    }
}

impl Unpack for Bunzip {
    fn step(&mut self, packed: &[u8], room: &mut [u8], _: bool) -> Result<Step, Fault> {
        let before = (self.0.total_in(), self.0.total_out());
        let status = self.0.decompress(packed, room).map_err(|error| Fault::Broken(error.to_string()))?;
        if status == Status::MemNeeded {
            return Err(Fault::Limit("no memory for a block of bzip2".into()));
        }
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

impl<W: Write + Send> Pack for BzEncoder<W> {
    fn finish(self: Box<Self>) -> io::Result<()> {
        (*self).finish().map(drop)
    }
}
