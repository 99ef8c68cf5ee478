//! Reading an input here and there.

use std::io::{self, Read, Seek, SeekFrom};

use super::{Input, Place, Source, cut_short};
use crate::{Error, Result};

/// A reader that can go back.
pub(super) trait ReadSeek: Read + Seek {}

impl<R: Read + Seek> ReadSeek for R {}

impl<'a> Input<'a> {
    /// Reads from a reader that can go back, from where it stands. What the input claims is checked against its
    /// length, which must not become smaller meanwhile.
    ///
    /// ```
    /// use arr_core::Input;
    /// let mut input = Input::from_seekable(std::io::Cursor::new(b"abcdef"))?;
    /// assert_eq!(input.read_array::<2>("magic")?, *b"ab");
    /// let mut last = [0; 2];
    /// input.read_exact_at(&mut last, 2, "data")?;
    /// assert_eq!((last, input.remaining()), (*b"ef", Some(4)));
    /// # Ok::<(), arr_core::Error>(())
    /// ```
    ///
    /// # Errors
    /// `Io` when the reader does not tell its length.
    pub fn from_seekable(mut reader: impl Read + Seek + 'a) -> Result<Self> {
        let place = place_of(&mut reader).map_err(|source| Error::io("can't seek", source))?;
        Ok(Self::new(Source::Seekable(Box::new(reader), place)))
    }

    /// True when the input can be read in any order: see [`read_exact_at`](Self::read_exact_at).
    #[must_use]
    pub fn can_seek(&self) -> bool {
        !matches!(self.source, Source::Reader(_))
    }

    /// The bytes from here on once more, under the same limits, to be looked at before they are read: this input stays
    /// where it is. Nothing for a stream that can't go back.
    ///
    /// ```
    /// use arr_core::Input;
    /// let mut input = Input::from_bytes(b"abcdef");
    /// input.skip(2, "magic")?;
    /// assert_eq!(input.ahead().ok_or("a stream")?.read_array::<2>("data")?, *b"cd");
    /// assert_eq!((input.position(), input.read_array::<2>("data")?), (2, *b"cd"));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn ahead(&mut self) -> Option<Input<'_>> {
        let limits = self.budget.limits().clone();
        if let Source::Bytes(bytes) = self.source {
            return Some(Input::from_bytes(bytes).with_limits(&limits));
        }
        let left = self.remaining()?;
        let ahead = Ahead { input: self, at: 0, left };
        Some(Input::new(Source::Seekable(Box::new(ahead), Place { start: 0, left })).with_limits(&limits))
    }

    /// True when bytes are stepped over by moving a cursor.
    pub(super) fn can_seek_forward(&self) -> bool {
        matches!(self.source, Source::File(..) | Source::Seekable(..))
    }

    /// Fills `bytes`, a part of the `what` of the format, from `ahead` bytes further on. The input stays where it is.
    ///
    /// # Errors
    /// `Malformed` when the data ends before, `Unsupported` for a stream that can't go back, `Io` when the source
    /// fails.
    pub fn read_exact_at(&mut self, bytes: &mut [u8], ahead: u64, what: &str) -> Result<()> {
        let at = self.position.saturating_add(ahead);
        let len = bytes.len() as u64;
        if let Some(left) = self.remaining().filter(|left| ahead.saturating_add(len) > *left) {
            return Err(cut_short(what, len, left.saturating_sub(ahead), at));
        }
        let back = self.position.saturating_add(self.peeked.len() as u64);
        let read = match &mut self.source {
            Source::Bytes(source) => {
                let from = usize::try_from(ahead).ok().and_then(|ahead| source.get(ahead..));
                let from = from.and_then(|from| from.get(..bytes.len()));
                from.map(|from| bytes.copy_from_slice(from)).ok_or(io::ErrorKind::UnexpectedEof.into())
            }
            #[cfg(unix)]
            Source::File(file, place) => {
                super::window::read_exact_at(file, bytes, place.start.saturating_add(at))
            }
            #[cfg(not(unix))]
            Source::File(file, place) => read_between(file, bytes, place.start, at, back),
            Source::Seekable(reader, place) => read_between(reader, bytes, place.start, at, back),
            Source::Reader(_) => {
                return Err(
                    Error::unsupported("a stream can't be read here and there: it does not go back").at(at)
                );
            }
        };
        match read {
            Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => Err(cut_short(what, len, 0, at)),
            read => read.map_err(|source| Error::io("can't read", source).at(at)),
        }
    }
}

/// What is left of an input, read without a step.
struct Ahead<'i, 'a> {
    input: &'i mut Input<'a>,
    at: u64,
    left: u64,
}

impl Read for Ahead<'_, '_> {
    fn read(&mut self, bytes: &mut [u8]) -> io::Result<usize> {
        let left = usize::try_from(self.left.saturating_sub(self.at)).unwrap_or(usize::MAX);
        let len = bytes.len().min(left);
        let bytes = bytes.get_mut(..len).unwrap_or_default();
        if len > 0 {
            self.input.read_exact_at(bytes, self.at, "data")?;
            self.at += len as u64;
        }
        Ok(len)
    }
}

impl Seek for Ahead<'_, '_> {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        let at = match to {
            SeekFrom::Start(at) => Some(at),
            SeekFrom::Current(step) => self.at.checked_add_signed(step),
            SeekFrom::End(step) => self.left.checked_add_signed(step),
        };
        self.at = at.ok_or(io::ErrorKind::InvalidInput)?;
        Ok(self.at)
    }
}

fn place_of(reader: &mut impl Seek) -> io::Result<Place> {
    let start = reader.stream_position()?;
    let end = reader.seek(SeekFrom::End(0))?;
    reader.seek(SeekFrom::Start(start))?;
    Ok(Place { start, left: end.saturating_sub(start) })
}

/// Reads at a place and goes back. Both are counted from `start`.
fn read_between(
    reader: &mut impl ReadSeek,
    bytes: &mut [u8],
    start: u64,
    at: u64,
    back: u64,
) -> io::Result<()> {
    reader.seek(SeekFrom::Start(start.saturating_add(at)))?;
    let read = reader.read_exact(bytes);
    reader.seek(SeekFrom::Start(start.saturating_add(back)))?;
    read
}

#[cfg(test)]
mod tests {
    use std::io::{Cursor, Write as _};

    use super::*;
    use crate::ErrorKind;

    #[test]
    fn all_sources_that_go_back_read_alike() {
        let data: Vec<u8> = (0..=255).collect();
        let mut file = tempfile::tempfile().unwrap();
        file.write_all(&[9; 10]).unwrap();
        file.write_all(&data).unwrap();
        file.seek(SeekFrom::Start(10)).unwrap();
        let mut cursor = Cursor::new([vec![9; 10], data.clone()].concat());
        cursor.set_position(10);
        let inputs = [
            Input::from_bytes(&data),
            Input::from_file(file).unwrap(),
            Input::from_seekable(cursor).unwrap(),
        ];
        for mut input in inputs {
            assert!(input.can_seek());
            assert_eq!(input.read_array::<3>("x").unwrap(), [0, 1, 2]);
            for peeked in [0, 5, 20] {
                input.peek(peeked).unwrap();
                let mut bytes = [0; 4];
                for ahead in [100u8, 0, 249, 3] {
                    input.read_exact_at(&mut bytes, u64::from(ahead), "x").unwrap();
                    assert_eq!(bytes, [0, 1, 2, 3].map(|byte| byte + ahead + 3));
                }
                let error = input.read_exact_at(&mut bytes, 250, "x").unwrap_err();
                assert_eq!((error.kind(), error.offset()), (ErrorKind::Malformed, Some(253)));
                assert!(input.read_exact_at(&mut bytes, u64::MAX, "x").is_err());
            }
            assert_eq!((input.position(), input.remaining()), (3, Some(253)));
            {
                let mut ahead = input.ahead().unwrap();
                assert_eq!(ahead.peek(1).unwrap(), [3]);
                ahead.skip(200, "x").unwrap();
                let mut last = [0; 1];
                ahead.read_exact_at(&mut last, 52, "x").unwrap();
                assert_eq!((last, ahead.remaining()), ([255], Some(53)));
                assert_eq!(ahead.read_to_end().unwrap(), data[203..]);
            }
            assert_eq!((input.position(), input.remaining()), (3, Some(253)));
            input.skip(2, "x").unwrap();
            input.skip(95, "x").unwrap();
            assert_eq!(input.read_to_end().unwrap(), data[100..]);
        }
        let mut stream = Input::from_reader(&data[..]);
        assert!(!stream.can_seek() && stream.ahead().is_none());
        assert_eq!(stream.read_exact_at(&mut [0], 0, "x").unwrap_err().kind(), ErrorKind::Unsupported);
    }
}
