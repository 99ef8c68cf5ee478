//! The bytes of a file, one run after another.

use arr_core::format::room::no_memory;
use arr_core::format::{AllBytes, Positioned};
use arr_core::{Error, Result};

/// How much of a file is read at once.
const WINDOW: usize = 256 << 10;

/// The bytes of a file: all of them in memory, or a window of it. What is long is stepped over.
#[derive(Debug)]
pub(super) struct Feed<'f> {
    window: Window<'f>,
    /// The place in the window.
    at: usize,
    /// Where the window begins, counted as errors count.
    base: u64,
    /// Where the bytes begin and end.
    origin: u64,
    len: u64,
    /// True when more was wanted than there is.
    ran_out: bool,
}

#[derive(Debug)]
enum Window<'f> {
    Whole(&'f [u8]),
    Part(Vec<u8>, &'f Positioned<'f>),
}

impl<'f> Feed<'f> {
    /// Reads bytes of which the first one is counted as `origin`.
    pub(super) fn of(bytes: AllBytes<'f>, origin: u64) -> Self {
        let (window, len) = match bytes {
            AllBytes::Memory(bytes) => (Window::Whole(bytes), bytes.len() as u64),
            AllBytes::File(file) => (Window::Part(Vec::new(), file), file.len()),
        };
        Self { window, at: 0, base: origin, origin, len: origin.saturating_add(len), ran_out: false }
    }

    fn bytes(&self) -> &[u8] {
        match &self.window {
            Window::Whole(bytes) => bytes,
            Window::Part(bytes, _) => bytes,
        }
    }

    /// Bytes before the place.
    pub(super) fn position(&self) -> u64 {
        self.base.saturating_add(self.at as u64)
    }

    /// Bytes behind the place.
    pub(super) fn left(&self) -> u64 {
        self.len.saturating_sub(self.position())
    }

    /// True when nothing is left.
    pub(super) fn at_end(&self) -> bool {
        self.left() == 0
    }

    /// True when more was wanted than there is.
    pub(super) fn ran_out(&self) -> bool {
        self.ran_out
    }

    /// The error that there is less than is wanted of what is called `what`.
    #[cold]
    pub(super) fn cut_short(&mut self, what: &str, wanted: u64) -> Error {
        self.ran_out = true;
        let (at, left) = (self.position(), self.left());
        Error::malformed(format!("the input ends inside the {what}: expected {wanted} bytes, found {left}"))
            .at(at)
    }

    /// Makes sure that `count` bytes that are there are in the window behind the place.
    #[cold]
    fn need(&mut self, count: usize) -> Result<()> {
        let (at, left) = (self.position(), self.left());
        if let Window::Part(bytes, file) = &mut self.window {
            bytes.drain(..self.at.min(bytes.len()));
            (self.base, self.at) = (at, 0);
            let kept = bytes.len();
            let wanted = usize::try_from(left).unwrap_or(usize::MAX).min(count.max(WINDOW));
            bytes.try_reserve(wanted.saturating_sub(kept)).map_err(no_memory)?;
            bytes.resize(wanted, 0);
            let rest = bytes.get_mut(kept..).unwrap_or_default();
            file.read_exact_at(rest, (at - self.origin).saturating_add(kept as u64), "file")?;
        }
        Ok(())
    }

    /// The next `count` bytes, which are the `what` of the format.
    #[inline]
    pub(super) fn take(&mut self, count: usize, what: &str) -> Result<&[u8]> {
        if self.bytes().len().saturating_sub(self.at) < count {
            if (count as u64) > self.left() {
                return Err(self.cut_short(what, count as u64));
            }
            self.need(count)?;
        }
        let from = self.at;
        self.at += count;
        self.bytes().get(from..self.at).ok_or_else(lost)
    }

    /// The next `N` bytes.
    #[inline]
    pub(super) fn array<const N: usize>(&mut self, what: &str) -> Result<[u8; N]> {
        self.take(N, what)?.first_chunk().copied().ok_or_else(lost)
    }

    /// The next `count` bytes, which are there, without stepping over them.
    pub(super) fn peek(&mut self, count: usize) -> Result<&[u8]> {
        if self.bytes().len().saturating_sub(self.at) < count {
            self.need(count)?;
        }
        self.bytes().get(self.at..self.at.saturating_add(count)).ok_or_else(lost)
    }

    /// All bytes behind the place, where they are in memory.
    pub(super) fn rest(&self) -> Option<&'f [u8]> {
        match self.window {
            Window::Whole(bytes) => bytes.get(self.at..),
            Window::Part(..) => None,
        }
    }

    /// Steps over bytes.
    pub(super) fn skip(&mut self, len: u64, what: &str) -> Result<()> {
        if len > self.left() {
            return Err(self.cut_short(what, len));
        }
        let within = usize::try_from(len).ok().and_then(|len| self.at.checked_add(len));
        match within.filter(|end| *end <= self.bytes().len()) {
            Some(end) => self.at = end,
            None => {
                self.base = self.position().saturating_add(len);
                self.at = 0;
                if let Window::Part(bytes, _) = &mut self.window {
                    bytes.clear();
                }
            }
        }
        Ok(())
    }

    /// The place in the bytes of something whose position is known.
    pub(super) fn place(&self, position: u64) -> u64 {
        position.saturating_sub(self.origin)
    }

    /// Bytes that were stepped over, where they are in memory.
    pub(super) fn lent(&self, at: u64, len: u64) -> Option<&'f [u8]> {
        let Window::Whole(bytes) = self.window else { return None };
        let start = usize::try_from(self.place(at)).ok()?;
        bytes.get(start..start.checked_add(usize::try_from(len).ok()?)?)
    }

    /// The file, where the bytes are not in memory.
    pub(super) fn file(&self) -> Option<&'f Positioned<'f>> {
        match self.window {
            Window::Whole(_) => None,
            Window::Part(_, file) => Some(file),
        }
    }
}

/// What is known to be there is not.
#[cold]
pub(super) fn lost() -> Error {
    Error::unsupported("an invariant of the library is broken: bytes of the file are lost")
}

#[cfg(test)]
mod tests {
    use super::*;
    use arr_core::Buffer;

    #[test]
    fn a_window_of_a_file_is_as_the_whole() {
        let bytes: Vec<u8> = (0..=250u8).cycle().take(3 * WINDOW + 77).collect();
        let file = Positioned::from_buffer(Buffer::from_vec(bytes.clone()));
        let (mut whole, mut window) =
            (Feed::of(AllBytes::Memory(&bytes), 9), Feed::of(AllBytes::File(&file), 9));
        for step in [1, 4, WINDOW - 3, 10, 2 * WINDOW, 60, 1] {
            assert_eq!(whole.take(step, "x").unwrap(), window.take(step, "x").unwrap(), "{step}");
            assert_eq!(whole.position(), window.position());
            assert_eq!(whole.left(), window.left());
        }
        for feed in [&mut whole, &mut window] {
            feed.skip(3, "x").unwrap();
            let error = feed.take(9, "end").unwrap_err();
            assert_eq!(
                error.to_string(),
                format!(
                    "the input ends inside the end: expected 9 bytes, found {} (at byte {})",
                    feed.left(),
                    feed.position()
                )
            );
            assert!(feed.ran_out() && feed.skip(u64::MAX, "x").is_err());
        }
    }
}
