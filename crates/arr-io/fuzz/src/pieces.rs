//! A stream that makes it hard for its reader.

use std::io::{Error, ErrorKind, Read, Result};

/// Hands out bytes in pieces of odd sizes, and is interrupted now and then.
pub(crate) struct Pieces<'a> {
    left: &'a [u8],
    step: usize,
}

impl<'a> Pieces<'a> {
    /// Starts with the first byte.
    pub(crate) fn new(bytes: &'a [u8]) -> Self {
        Self { left: bytes, step: 0 }
    }

    /// Bytes that nobody has read yet.
    pub(crate) fn left(&self) -> usize {
        self.left.len()
    }
}

impl Read for Pieces<'_> {
    fn read(&mut self, bytes: &mut [u8]) -> Result<usize> {
        self.step += 1;
        if self.step % 5 == 3 {
            return Err(Error::from(ErrorKind::Interrupted));
        }
        let size = [1, 3, 7, 64, 1021][self.step % 5].min(bytes.len());
        self.left.read(&mut bytes[..size])
    }
}
