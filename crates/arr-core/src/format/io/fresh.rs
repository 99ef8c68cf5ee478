//! Reading into memory that nobody has filled before.

use std::io::Read;

use super::cut_short;
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
        if let Some(rest) = self.positioned().filter(super::Positioned::fills_fresh_memory) {
            bytes = match rest.read_fresh(bytes, len) {
                Some(bytes) => {
                    self.skip(len as u64, what)?;
                    return Ok(bytes);
                }
                None => Vec::new(),
            };
        }
        let read = Read::take(&mut *self, len as u64).read_to_end(&mut bytes);
        self.tell();
        match read {
            Ok(got) if got == len => Ok(bytes),
            Ok(got) => Err(cut_short(what, len as u64, got as u64, start)),
            Err(error) => Err(Error::io("can't read", error).at(start)),
        }
    }
}
