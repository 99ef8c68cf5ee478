//! Block data: bytes that an object wrote by itself, in records.

use std::io::{self, Read};

use arr_core::{Error, Input, Result};
use byteorder::{BE, ByteOrder as _};

/// A record with a length of one byte.
const SHORT: u8 = 0x77;
/// A record with a length of four bytes.
const LONG: u8 = 0x7a;
/// The end of what an object wrote.
pub(super) const END: u8 = 0x78;

/// The bytes of all records up to the end of the object, joined. Its errors have no offset.
#[derive(Debug)]
pub(super) struct Blocks<'a, 'b> {
    input: &'a mut Input<'b>,
    /// Bytes that are left of the record.
    left: usize,
    ended: bool,
}

impl<'a, 'b> Blocks<'a, 'b> {
    pub(super) fn new(input: &'a mut Input<'b>) -> Self {
        Self { input, left: 0, ended: false }
    }

    /// Steps to the next record that has bytes, or to the end.
    fn step(&mut self) -> Result<()> {
        while self.left == 0 && !self.ended {
            let [kind] = read_array(self.input)?;
            match kind {
                SHORT => {
                    let [len] = read_array(self.input)?;
                    self.left = usize::from(len);
                }
                LONG => {
                    let len = BE::read_i32(&read_array::<4>(self.input)?);
                    self.left = usize::try_from(len).map_err(|_| {
                        Error::malformed(format!("a record has {len} bytes, expected 0 or more"))
                    })?;
                }
                END => self.ended = true,
                other => {
                    return Err(Error::malformed(format!(
                        "a record begins with {other:#04x}, expected 0x77 or 0x7a, or 0x78 at the end"
                    )));
                }
            }
        }
        Ok(())
    }

    /// Steps behind the object.
    ///
    /// # Errors
    /// `Malformed` when there are more bytes.
    pub(super) fn end(&mut self) -> Result<()> {
        self.step()?;
        if self.ended { Ok(()) } else { Err(Error::malformed("there is more than one data buffer")) }
    }
}

impl Read for Blocks<'_, '_> {
    fn read(&mut self, bytes: &mut [u8]) -> io::Result<usize> {
        if bytes.is_empty() {
            return Ok(0);
        }
        self.step()?;
        let len = bytes.len().min(self.left);
        let (bytes, _) = bytes.split_at_mut(len);
        if self.input.fill(bytes)? < len {
            return Err(cut_short().into());
        }
        self.left -= len;
        Ok(len)
    }
}

fn read_array<const N: usize>(input: &mut Input<'_>) -> Result<[u8; N]> {
    let mut bytes = [0; N];
    if input.fill(&mut bytes)? < N { Err(cut_short()) } else { Ok(bytes) }
}

#[cold]
fn cut_short() -> Error {
    Error::malformed("the input ends inside the block data")
}
