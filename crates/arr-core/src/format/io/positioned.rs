//! A range of bytes that can be read in any order.

use std::fmt;
use std::fs::File;
use std::io::{Read, Seek};
use std::path::Path;
use std::sync::Arc;

use super::read_at::{ReadAt, Seekable};
use super::{cut_short, open_file};
use crate::format::in_file;
use crate::{Buffer, Error, Input, Result};

/// A range of bytes that can be read in any order and by several threads at once, wherever they are: a file, a member of
/// an archive in it, what is left of an input, memory, or a [`ReadAt`] of the caller's own. A clone shares the source and
/// costs a counter.
///
/// ```
/// use arr_core::format::Positioned;
/// use arr_core::Buffer;
/// let source = Positioned::from_buffer(Buffer::from_static(b"abcdef"));
/// let mut bytes = [0; 2];
/// source.read_exact_at(&mut bytes, 3, "letters")?;
/// assert_eq!((&bytes, source.len()), (b"de", 6));
/// assert!(source.read_exact_at(&mut bytes, 5, "letters").is_err());
/// source.range(2, 3).ok_or("too long")?.read_exact_at(&mut bytes, 1, "letters")?;
/// assert_eq!(&bytes, b"de");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone)]
pub struct Positioned<'a> {
    source: Shared<'a>,
    /// Where the range begins in the source.
    start: u64,
    len: u64,
    /// What errors call its first byte.
    origin: u64,
}

#[derive(Clone)]
enum Shared<'a> {
    Owned(Arc<dyn ReadAt>),
    Borrowed(Arc<dyn ReadAt + 'a>),
}

impl Positioned<'static> {
    /// All bytes of a source.
    ///
    /// # Errors
    /// As [`ReadAt::size`].
    pub fn new(source: impl ReadAt + 'static) -> Result<Self> {
        let len = source.size()?;
        Ok(Self::whole(Shared::Owned(Arc::new(source)), len))
    }

    /// Opens a file.
    ///
    /// # Errors
    /// `Io` when it can't be opened, or can't be read in any order (a pipe).
    pub fn open(path: impl AsRef<Path>) -> Result<Self> {
        let path = path.as_ref();
        in_file(path, open_file(path).and_then(Self::of_open_file))
    }

    fn of_open_file(file: File) -> Result<Self> {
        let metadata = file.metadata().map_err(|source| Error::io("can't look at the file", source))?;
        if !metadata.is_file() {
            // What has no length is read to its end.
            return Self::from_input(&mut Input::from_file(file)?);
        }
        Ok(Self::from_file(file, metadata.len()))
    }

    /// A file of that length, from its first byte on.
    #[must_use]
    pub fn from_file(file: File, len: u64) -> Self {
        Self::whole(Shared::Owned(Arc::new(file)), len)
    }

    /// Bytes in memory.
    #[must_use]
    pub fn from_buffer(buffer: Buffer) -> Self {
        let len = buffer.len() as u64;
        Self::whole(Shared::Owned(Arc::new(buffer)), len)
    }

    /// What is left of an input: a range of its file or other source, without a copy, of a stream after
    /// [`Input::make_seekable`]. Bytes that the input was only lent, a slice or a reader, are copied into memory and
    /// charged to its budget.
    ///
    /// # Errors
    /// `LimitExceeded` when the limits or the memory do not allow it, `Io` when the source fails.
    pub fn from_input(input: &mut Input<'_>) -> Result<Self> {
        input.make_seekable()?;
        match input.positioned().and_then(|rest| rest.to_static()) {
            Some(rest) => Ok(Self { origin: 0, ..rest }),
            None => Ok(Self::from_buffer(Buffer::from_vec(input.read_to_end()?))),
        }
    }
}

impl<'a> Positioned<'a> {
    fn whole(source: Shared<'a>, len: u64) -> Self {
        Self { source, start: 0, len, origin: 0 }
    }

    /// All bytes of a source that is lent.
    ///
    /// # Errors
    /// As [`ReadAt::size`].
    pub fn borrowed(source: impl ReadAt + 'a) -> Result<Self> {
        let len = source.size()?;
        Ok(Self::whole(Shared::Borrowed(Arc::new(source)), len))
    }

    /// The bytes of a reader that can go back, from its position on.
    ///
    /// # Errors
    /// `Io` when it does not tell its place or its length.
    pub fn from_seekable(reader: impl Read + Seek + Send + 'a) -> Result<Self> {
        let source = Seekable::new(reader);
        let start = source.position()?;
        let len = source.size()?.saturating_sub(start);
        Ok(Self { source: Shared::Borrowed(Arc::new(source)), start, len, origin: 0 })
    }

    fn source(&self) -> &(dyn ReadAt + 'a) {
        match &self.source {
            Shared::Owned(source) => &**source,
            Shared::Borrowed(source) => &**source,
        }
    }

    /// How many bytes there are.
    #[must_use]
    pub fn len(&self) -> u64 {
        self.len
    }

    /// True when there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// The range itself, where its source was given away and not lent.
    #[must_use]
    pub fn to_static(&self) -> Option<Positioned<'static>> {
        let Shared::Owned(source) = &self.source else { return None };
        let source = Shared::Owned(Arc::clone(source));
        Some(Positioned { source, start: self.start, len: self.len, origin: self.origin })
    }

    /// `len` bytes from `start` on; `None` when there are fewer. Errors go on counting as in this range.
    #[must_use]
    pub fn range(&self, start: u64, len: u64) -> Option<Self> {
        start.checked_add(len).filter(|end| *end <= self.len)?;
        let (from, origin) = (self.start.checked_add(start)?, self.origin.saturating_add(start));
        Some(Self { source: self.source.clone(), start: from, len, origin })
    }

    /// Counts the first byte as `origin` in errors.
    pub(super) fn counted_from(self, origin: u64) -> Self {
        Self { origin, ..self }
    }

    /// The file that the bytes are in, and where they begin in it.
    #[must_use]
    pub fn file(&self) -> Option<(&File, u64)> {
        Some((self.source().file()?, self.start))
    }

    /// A part of the bytes without a copy, where they are in memory.
    #[must_use]
    pub fn slice(&self, start: u64, len: u64) -> Option<Buffer> {
        start.checked_add(len).filter(|end| *end <= self.len)?;
        let start = usize::try_from(self.start.checked_add(start)?).ok()?;
        self.source().buffer()?.slice(start..start.checked_add(usize::try_from(len).ok()?)?)
    }

    /// True when several threads that read at once are faster than one.
    #[must_use]
    pub fn gains_by_threads(&self) -> bool {
        self.source().gains_by_threads()
    }

    /// Fills as much of `bytes` as there is from `offset` on; fewer only at the end.
    ///
    /// # Errors
    /// `Io` when the source fails.
    pub fn fill_at(&self, bytes: &mut [u8], offset: u64) -> Result<usize> {
        let left = usize::try_from(self.len.saturating_sub(offset)).unwrap_or(usize::MAX);
        let wanted = bytes.len().min(left);
        let mut filled = 0;
        while let Some(rest) = bytes.get_mut(filled..wanted).filter(|rest| !rest.is_empty()) {
            let at = offset.saturating_add(filled as u64);
            let read = self.source().read_at(rest, self.start.saturating_add(at));
            match read.map_err(|error| error.at(self.origin.saturating_add(at)))? {
                0 => break,
                got if got > rest.len() => {
                    let message = format!("{got} bytes are said to be in memory for {}", rest.len());
                    return Err(Error::new(crate::ErrorKind::Io, message).at(self.origin.saturating_add(at)));
                }
                got => filled += got,
            }
        }
        Ok(filled)
    }

    /// Fills `bytes`, which are the `what` of the format, from `offset` on.
    ///
    /// # Errors
    /// `Malformed` when there are fewer bytes, `Io` when the source can't be read.
    pub fn read_exact_at(&self, bytes: &mut [u8], offset: u64, what: &str) -> Result<()> {
        let (wanted, at) = (bytes.len() as u64, self.origin.saturating_add(offset));
        let left = self.len.saturating_sub(offset);
        if left < wanted {
            return Err(cut_short(what, wanted, left, at));
        }
        match self.fill_at(bytes, offset)? as u64 {
            got if got < wanted => Err(cut_short(what, wanted, got, at)),
            _ => Ok(()),
        }
    }

    /// True when memory that nobody has filled before can be filled.
    pub(super) fn fills_fresh_memory(&self) -> bool {
        cfg!(unix) && self.file().is_some()
    }

    /// Adds the first `len` bytes of a file to those of a vector that has room for them, which nobody has filled before.
    /// `None` when that did not work out.
    pub(super) fn read_fresh(&self, bytes: Vec<u8>, len: usize) -> Option<Vec<u8>> {
        crate::model::map::fill_in_pieces(bytes, len, len, |mut pieces| {
            if let Some(piece) = pieces.next() {
                self.fill_piece(piece, 0);
            }
        })
    }

    /// Fills a piece of memory from `offset` on. False when that did not work out.
    pub(super) fn fill_piece(&self, piece: crate::model::map::Piece<'_, u8>, offset: u64) -> bool {
        #[cfg(unix)]
        let filled = offset.checked_add(piece.len() as u64).is_some_and(|end| end <= self.len)
            && self
                .file()
                .is_some_and(|(file, start)| piece.fill_from_file(file, start.saturating_add(offset)));
        #[cfg(not(unix))]
        let filled = {
            let _ = (piece, offset);
            false
        };
        filled
    }
}

impl From<Buffer> for Positioned<'static> {
    fn from(buffer: Buffer) -> Self {
        Self::from_buffer(buffer)
    }
}

impl fmt::Debug for Positioned<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Positioned({} bytes from {} of {:?})", self.len, self.start, self.source())
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::*;

    #[test]
    fn files_and_memory_read_alike() {
        let mut file = tempfile::NamedTempFile::new().unwrap();
        file.write_all(b"0123456789").unwrap();
        let digits = &b"0123456789"[..];
        for source in [
            Positioned::open(file.path()).unwrap(),
            Positioned::from_buffer(Buffer::from_static(digits)),
            Positioned::borrowed(digits).unwrap(),
            Positioned::from_seekable(std::io::Cursor::new(digits)).unwrap(),
            Positioned::new(Slow(digits)).unwrap(),
        ] {
            let mut bytes = [0; 4];
            source.read_exact_at(&mut bytes, 6, "digits").unwrap();
            assert_eq!(&bytes, b"6789");
            source.read_exact_at(&mut bytes, 0, "digits").unwrap();
            assert_eq!(&bytes, b"0123");
            let error = source.read_exact_at(&mut bytes, 7, "digits").unwrap_err();
            assert_eq!(
                error.to_string(),
                "the input ends inside the digits: expected 4 bytes, found 3 (at byte 7)"
            );
            assert!(source.read_exact_at(&mut bytes, u64::MAX, "digits").is_err());
            let inner = source.range(2, 7).unwrap().range(1, 5).unwrap();
            assert_eq!(inner.fill_at(&mut bytes, 2).unwrap(), 3);
            assert_eq!(&bytes[..3], b"567");
            let error = inner.read_exact_at(&mut bytes, 2, "digits").unwrap_err();
            assert_eq!((error.offset(), inner.range(1, 5).is_none()), (Some(5), true));
            assert!(source.range(0, 11).is_none() && source.range(u64::MAX, 2).is_none());
        }
    }

    /// A source of one byte at a time.
    #[derive(Debug)]
    struct Slow(&'static [u8]);

    impl ReadAt for Slow {
        fn size(&self) -> Result<u64> {
            Ok(self.0.len() as u64)
        }

        fn read_at(&self, bytes: &mut [u8], offset: u64) -> Result<usize> {
            let room = bytes.len().min(1);
            self.0.read_at(&mut bytes[..room], offset)
        }
    }

    #[test]
    fn sources_that_lie_or_fail_are_errors() {
        #[derive(Debug)]
        struct Liar;
        impl ReadAt for Liar {
            fn size(&self) -> Result<u64> {
                Ok(100)
            }

            fn read_at(&self, bytes: &mut [u8], offset: u64) -> Result<usize> {
                match offset {
                    0..50 => Ok(bytes.len() + 1),
                    50..80 => Err(Error::io("can't read", std::io::Error::other("cable cut"))),
                    _ => Ok(0),
                }
            }
        }
        let source = Positioned::new(Liar).unwrap();
        let error = |offset| source.read_exact_at(&mut [0; 4], offset, "data").unwrap_err();
        assert_eq!((error(7).kind(), error(7).offset()), (crate::ErrorKind::Io, Some(7)));
        assert_eq!(error(60).to_string(), "can't read: cable cut (at byte 60)");
        assert_eq!(
            error(90).to_string(),
            "the input ends inside the data: expected 4 bytes, found 0 (at byte 90)"
        );
    }

    #[test]
    fn memory_is_shared_and_files_are_told() {
        let memory = Positioned::from_buffer(Buffer::from_static(b"0123456789"));
        let inner = memory.range(2, 5).unwrap();
        assert_eq!(inner.slice(1, 4).as_deref(), Some(&b"3456"[..]));
        assert!(inner.slice(1, 5).is_none() && inner.file().is_none());
        let file = Positioned::from_file(tempfile::tempfile().unwrap(), 10);
        assert_eq!(file.range(3, 2).unwrap().file().unwrap().1, 3);
        assert!(file.slice(0, 1).is_none() && file.to_static().is_some());
        let lent = b"abc".to_vec();
        assert!(Positioned::borrowed(&lent[..]).unwrap().to_static().is_none());
    }
}
