//! Reading into memory that nobody has filled before.

use std::io::Read;

use super::{Source, cut_short, reading_failed};
use crate::model::buffer::PAGES_FROM;
use crate::model::map::advise_huge_pages;
use crate::{Error, Input, Result};

impl Input<'_> {
    /// Reads `len` bytes, the `what` of the format, which have been charged, into memory that nobody has filled before.
    pub(crate) fn read_fresh(&mut self, len: usize, what: &str) -> Result<Vec<u8>> {
        let mut bytes = Vec::new();
        bytes
            .try_reserve_exact(len)
            .map_err(|source| Error::limit(format!("no memory for {len} bytes")).with_source(source))?;
        if len >= PAGES_FROM {
            advise_huge_pages(bytes.spare_capacity_mut());
            bytes = match self.read_by_threads(bytes, len) {
                Ok(bytes) => return Ok(bytes),
                Err(bytes) => bytes,
            };
        }
        let start = self.position;
        let read = match &mut self.source {
            // A file fills what is behind a vector's end without a look at what was there.
            Source::File(file, place) if self.peeked.is_empty() => {
                let read = Read::take(&*file, len as u64).read_to_end(&mut bytes);
                place.left = place.left.saturating_sub(bytes.len() as u64);
                self.position += bytes.len() as u64;
                read
            }
            _ => Read::take(&mut *self, len as u64).read_to_end(&mut bytes),
        };
        self.tell();
        match read {
            Ok(got) if got == len => Ok(bytes),
            Ok(got) => Err(cut_short(what, len as u64, got as u64, start)),
            Err(error) => Err(reading_failed(error, start)),
        }
    }
}

/// There is one thread.
#[cfg(not(feature = "rayon"))]
impl Input<'_> {
    pub(super) fn fill_by_threads(&mut self, _: &mut [u8], _: usize, _: impl Fn(&mut [u8]) + Sync) -> bool {
        false
    }

    fn read_by_threads(&mut self, bytes: Vec<u8>, _: usize) -> std::result::Result<Vec<u8>, Vec<u8>> {
        Err(bytes)
    }
}
