//! A part of the text in memory, and where it is.

use arr_core::format::{Positioned, room};
use arr_core::{Error, Hint, Result};

use crate::broken::lost;

/// No row that has to be in memory as a whole is longer.
pub(crate) const LONGEST_ROW: u64 = 1 << 30;

/// Says that a row is longer than may be held.
#[cold]
pub(crate) fn too_long(what: &str, longest: u64) -> Error {
    let error = Error::limit(format!("a {what} of more than {longest} bytes can't be read"));
    match longest < LONGEST_ROW {
        true => error.with_hint(Hint::Limit("max_bytes")),
        false => error,
    }
}

/// Bytes of a text that were read.
#[derive(Debug, Default)]
pub(crate) struct Window {
    /// The bytes, and behind them what was read before: memory that is overwritten anyway is not cleared.
    bytes: Vec<u8>,
    len: usize,
    /// Where the first of them is in the text.
    start: u64,
    /// The text has no more.
    is_all: bool,
}

impl Window {
    /// Reads `len` bytes from `start` on, or as many as there are.
    pub(crate) fn read(&mut self, text: &Positioned<'_>, start: u64, len: usize) -> Result<()> {
        self.len = 0;
        self.start = start;
        self.is_all = false;
        self.extend(text, len)
    }

    /// Reads so many more bytes, or as many as there are.
    pub(crate) fn extend(&mut self, text: &Positioned<'_>, more: usize) -> Result<()> {
        let have = self.len;
        let end = self.start.saturating_add(have as u64);
        let left = text.len().saturating_sub(end);
        let more = usize::try_from(left).unwrap_or(usize::MAX).min(more);
        let len = have.saturating_add(more);
        if len > self.bytes.len() {
            self.bytes.try_reserve(len - self.bytes.len()).map_err(room::no_memory)?;
            self.bytes.resize(len, 0);
        }
        let room =
            self.bytes.get_mut(have..len).ok_or_else(|| lost("a window is shorter than what it holds"))?;
        let got = text.fill_at(room, end)?;
        if got < more {
            return Err(Error::malformed("the file became shorter while it was read"));
        }
        self.len = len;
        self.is_all = more as u64 == left;
        Ok(())
    }

    /// The bytes.
    pub(crate) fn bytes(&self) -> &[u8] {
        self.bytes.get(..self.len).unwrap_or_default()
    }

    /// Where the first byte is in the text.
    pub(crate) fn start(&self) -> u64 {
        self.start
    }

    /// True when the text ends here.
    pub(crate) fn is_all(&self) -> bool {
        self.is_all
    }

    /// Forgets what was read, if that is much.
    pub(crate) fn shrink(&mut self, most: usize) {
        if self.bytes.capacity() > most {
            (self.bytes, self.len) = (Vec::new(), 0);
        }
    }
}
