//! Streams that are kept, so that they can be read in any order.

use std::fs::File;
use std::io::Write;

use super::{Input, Positioned, Source};
use crate::model::threads::sizes::CACHED_PIECE;
use crate::{Buffer, Error, Hint, Result};

/// So many bytes of a stream are kept in memory; more are put into a file.
const MOST_IN_MEMORY: usize = 8 << 20;

impl Input<'_> {
    /// Makes an input that can be read in any order of one that can't. What is left of a stream is read to its end and
    /// kept: up to 8 MiB in memory, more in a temporary file that has no name (in memory, where no such file can be
    /// made). The position stays and goes on counting as before; what was read before is not kept. An input that can
    /// seek stays as it is.
    ///
    /// ```
    /// use arr_core::Input;
    /// let mut input = Input::from_reader(&b"abcdef"[..]);
    /// input.skip(2, "magic")?;
    /// input.make_seekable()?;
    /// assert_eq!((input.position(), input.remaining()), (2, Some(4)));
    /// input.seek_to(4)?;
    /// assert_eq!(input.read_array::<2>("data")?, *b"ef");
    /// input.seek_to(2)?;
    /// assert_eq!(input.read_array::<2>("data")?, *b"cd");
    /// # Ok::<(), arr_core::Error>(())
    /// ```
    ///
    /// # Errors
    /// `LimitExceeded` when more is left than the limits allow an array to have (the budget is not charged), or the
    /// memory does not hold it; `Io` when the source fails, or the temporary file can't be written.
    pub fn make_seekable(&mut self) -> Result<()> {
        self.keep(MOST_IN_MEMORY, tempfile::tempfile)
    }

    fn keep(
        &mut self,
        most_in_memory: usize,
        new_file: impl FnOnce() -> std::io::Result<File>,
    ) -> Result<()> {
        let Source::Reader(reader) = &mut self.source else { return Ok(()) };
        let reader = std::mem::replace(reader, Box::new(std::io::empty()));
        let base = self.position;
        // Peeked bytes precede those of the reader.
        let mut rest = Input::from_reader(reader);
        (rest.position, rest.peeked) = (base, std::mem::take(&mut self.peeked));
        let most = self.budget.limits().bytes();
        let kept = rest.read_kept(most, most_in_memory, new_file)?;
        self.source = Source::Positioned { bytes: kept.counted_from(base), base };
        Ok(())
    }

    fn read_kept(
        &mut self,
        most: u64,
        most_in_memory: usize,
        new_file: impl FnOnce() -> std::io::Result<File>,
    ) -> Result<Positioned<'static>> {
        let mut kept = Kept { bytes: Vec::new(), file: None, len: 0 };
        let mut new_file = Some(new_file);
        let start = self.position;
        let mut piece = Vec::new();
        reserve(&mut piece, CACHED_PIECE)?;
        piece.resize(CACHED_PIECE, 0);
        loop {
            let got = self.fill(&mut piece)?;
            kept.len += got as u64;
            if kept.len > most {
                let message = format!("what is left of the stream exceeds the limit of {most} bytes");
                return Err(Error::limit(message).with_hint(Hint::Limit("max_bytes")).at(start));
            }
            if kept.bytes.len().saturating_add(got) > most_in_memory {
                if let Some(file) = new_file.take().and_then(|new| new().ok()) {
                    kept.move_to(file)?;
                }
            }
            kept.add(piece.get(..got).unwrap_or_default())?;
            if got < piece.len() {
                return Ok(kept.finish());
            }
        }
    }
}

/// What has been read of a stream.
struct Kept {
    /// All of it, unless there is a file.
    bytes: Vec<u8>,
    file: Option<File>,
    len: u64,
}

impl Kept {
    fn move_to(&mut self, file: File) -> Result<()> {
        self.file = Some(file);
        let bytes = std::mem::take(&mut self.bytes);
        self.add(&bytes)
    }

    fn add(&mut self, piece: &[u8]) -> Result<()> {
        match &mut self.file {
            Some(file) => file.write_all(piece).map_err(|source| Error::io("can't keep the stream", source)),
            None => {
                reserve(&mut self.bytes, piece.len())?;
                self.bytes.extend_from_slice(piece);
                Ok(())
            }
        }
    }

    fn finish(self) -> Positioned<'static> {
        match self.file {
            Some(file) => Positioned::from_file(file, self.len),
            None => Positioned::from_buffer(Buffer::from_vec(self.bytes)),
        }
    }
}

fn reserve(bytes: &mut Vec<u8>, more: usize) -> Result<()> {
    let failed = |source| Error::limit("no memory for what is left of the stream").with_source(source);
    bytes.try_reserve(more).map_err(failed)
}

#[cfg(test)]
#[allow(clippy::cast_possible_truncation, reason = "small numbers")]
mod tests {
    use std::io::{self, Read};

    use super::*;
    use crate::{ErrorKind, Limits};

    /// A stream of a few bytes at a time.
    struct Drip<'a>(&'a [u8]);

    impl Read for Drip<'_> {
        fn read(&mut self, bytes: &mut [u8]) -> io::Result<usize> {
            let step = bytes.len().min(1000);
            self.0.read(&mut bytes[..step])
        }
    }

    fn data(len: usize) -> Vec<u8> {
        (0..=250).cycle().take(len).collect()
    }

    #[test]
    fn streams_are_kept_in_memory_or_in_a_file() {
        let data = data(3 * CACHED_PIECE + 77);
        for (most_in_memory, in_file) in
            [(0, true), (CACHED_PIECE, true), (data.len() - 7, true), (data.len(), false)]
        {
            for (skipped, peeked) in [(0, 0), (7, 0), (7, 300)] {
                let mut input = Input::from_reader(Drip(&data));
                input.skip(skipped, "x").unwrap();
                input.peek(peeked).unwrap();
                input.keep(most_in_memory, tempfile::tempfile).unwrap();
                let rest = input.positioned().unwrap();
                assert_eq!(rest.file().is_some(), in_file && rest.len() > most_in_memory as u64);
                assert_eq!(
                    (input.position(), input.remaining()),
                    (skipped, Some(data.len() as u64 - skipped))
                );
                assert_eq!(input.read_array::<5>("x").unwrap(), data[skipped as usize..][..5]);
                input.seek_to(500_000).unwrap();
                assert_eq!(input.read_array::<5>("x").unwrap(), data[500_000..500_005]);
                input.seek_to(skipped).unwrap();
                assert_eq!(input.read_to_end().unwrap(), data[skipped as usize..]);
                if skipped > 0 {
                    let error = input.seek_to(skipped - 1).unwrap_err();
                    assert_eq!(error.kind(), ErrorKind::Unsupported);
                }
                // Nothing is left to be done.
                input.keep(0, || unreachable!()).unwrap();
            }
        }
    }

    #[test]
    fn memory_does_where_no_file_can_be_made() {
        let data = data(2 * CACHED_PIECE);
        let mut input = Input::from_reader(&data[..]);
        input.keep(10, || Err(io::ErrorKind::PermissionDenied.into())).unwrap();
        assert_eq!(input.read_to_end().unwrap(), data);
    }

    #[test]
    fn endless_streams_are_refused_and_the_budget_is_kept() {
        let limits = Limits::default().max_bytes(1 << 20);
        let mut endless = Input::from_reader(io::repeat(1)).with_limits(&limits);
        assert_eq!(endless.make_seekable().unwrap_err().kind(), ErrorKind::LimitExceeded);
        let data = data(1 << 20);
        let mut just = Input::from_reader(&data[..]).with_limits(&limits);
        just.make_seekable().unwrap();
        assert_eq!(just.read_buffer(1 << 20, "data").unwrap().as_slice(), data);
    }
}
