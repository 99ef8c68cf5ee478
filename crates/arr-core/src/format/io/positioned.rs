//! A range of bytes that can be read in any order.

use std::fmt;
use std::fs::File;
use std::io::{Read, Seek};
use std::path::Path;
use std::sync::Arc;

use super::read_at::{self, ReadAt, Seekable};
use super::recent::{KEPT, Recent};
use super::{cut_short, open_file};
use crate::format::in_file;
use crate::model::array::Joining;
use crate::model::room::no_memory;
use crate::model::threads::sizes::GAP;
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
    /// What was read last of a source whose requests are dear.
    recent: Option<Arc<Recent>>,
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
}

impl<'a> Positioned<'a> {
    fn whole(source: Shared<'a>, len: u64) -> Self {
        let mut whole = Self { source, recent: None, start: 0, len, origin: 0 };
        let is_near = whole.source().file().is_some() || whole.source().buffer().is_some();
        if !is_near && whole.source().gap() > GAP as u64 {
            whole.recent = Some(Arc::new(Recent::of(len)));
        }
        whole
    }

    /// What is left of an input: a range of its file, other source or memory, without a copy, of a stream after
    /// [`Input::make_seekable`].
    ///
    /// # Errors
    /// `LimitExceeded` when the limits or the memory do not allow it, `Io` when the source fails.
    pub fn from_input(input: &mut Input<'a>) -> Result<Self> {
        input.make_seekable()?;
        let rest = input.positioned().ok_or_else(|| Error::unsupported("the input can't be kept"))?;
        Ok(Self { origin: 0, ..rest })
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
        let (start, end) = (source.position()?, source.size()?);
        let whole = Self::whole(Shared::Borrowed(Arc::new(source)), end);
        Ok(Self { start, len: end.saturating_sub(start), ..whole })
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
        let Self { start, len, origin, .. } = *self;
        Some(Positioned { source, recent: self.recent.clone(), start, len, origin })
    }

    /// `len` bytes from `start` on; `None` when there are fewer. Errors go on counting as in this range.
    #[must_use]
    pub fn range(&self, start: u64, len: u64) -> Option<Self> {
        start.checked_add(len).filter(|end| *end <= self.len)?;
        let (from, origin) = (self.start.checked_add(start)?, self.origin.saturating_add(start));
        Some(Self { start: from, len, origin, ..self.clone() })
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

    /// Where the range begins in the source.
    #[must_use]
    pub fn start(&self) -> u64 {
        self.start
    }

    /// What a request costs, in bytes: see [`ReadAt::gap`].
    #[must_use]
    pub fn gap(&self) -> u64 {
        self.source().gap()
    }

    /// True when a request costs more than of a file: then nothing is read that may not be wanted, except some bytes
    /// around those of small reads, which are kept for a while. See [`ReadAt`].
    #[must_use]
    pub fn is_far(&self) -> bool {
        self.recent.is_some()
    }

    /// How much is asked for at a time of what is read from front to back: `usual`, or where requests are dear so much
    /// that they hardly count.
    #[must_use]
    pub fn at_once(&self, usual: usize) -> usize {
        if self.is_far() { usual.max(Joining::at_once(self.gap())) } else { usual }
    }

    /// How the ranges of a slice are joined, by that gap or else that of the source, for somebody who may have so many bytes
    /// in memory.
    pub(super) fn joining(&self, gap: Option<u64>, most: u64) -> Joining {
        Joining::new(gap.unwrap_or_else(|| self.gap()), most, self.is_far())
    }

    /// Fills as much of `bytes` as there is from `offset` on; fewer only at the end.
    ///
    /// # Errors
    /// `Io` when the source fails.
    pub fn fill_at(&self, bytes: &mut [u8], offset: u64) -> Result<usize> {
        self.fill(bytes, offset, true)
    }

    /// The same, which brings what is near to a few bytes with them, and keeps it, or brings nothing else.
    fn fill(&self, bytes: &mut [u8], offset: u64, keeps: bool) -> Result<usize> {
        let left = usize::try_from(self.len.saturating_sub(offset)).unwrap_or(usize::MAX);
        let wanted = bytes.len().min(left);
        let (bytes, _) = bytes.split_at_mut(wanted);
        let from = self.start.saturating_add(offset);
        let filled = match self.recent.as_ref().filter(|_| (1..=KEPT).contains(&wanted)) {
            Some(recent) if keeps => recent.fill(self.source(), bytes, from),
            Some(recent) if recent.copy(bytes, from) => Ok(wanted),
            _ => read_at::fill(self.source(), bytes, from),
        };
        filled.map_err(|(filled, error)| error.at(self.origin.saturating_add(offset).saturating_add(filled)))
    }

    /// Fills each slice, which are all `what` of the format, with the bytes from its offset on. They ascend.
    ///
    /// # Errors
    /// `Malformed` when there are fewer bytes, `Io` when the source can't be read.
    pub fn read_ranges(&self, ranges: &mut [(u64, &mut [u8])], what: &str) -> Result<()> {
        if let [(offset, bytes)] = ranges {
            return self.read_exact(bytes, *offset, what, false);
        }
        let mut asked = Vec::new();
        asked.try_reserve_exact(ranges.len()).map_err(no_memory)?;
        for (offset, bytes) in ranges {
            let left = self.len.saturating_sub(*offset);
            if left < bytes.len() as u64 {
                let at = self.origin.saturating_add(*offset);
                return Err(cut_short(what, bytes.len() as u64, left, at));
            }
            let from = self.start.saturating_add(*offset);
            if self.recent.as_ref().is_none_or(|recent| !recent.copy(bytes, from)) {
                asked.push((from, &mut **bytes));
            }
        }
        if asked.is_empty() {
            return Ok(());
        }
        self.source().read_ranges(&mut asked).map_err(|error| error.recounted(self.start, self.origin))
    }

    /// Fills `bytes`, which are the `what` of the format, from `offset` on.
    ///
    /// # Errors
    /// `Malformed` when there are fewer bytes, `Io` when the source can't be read.
    pub fn read_exact_at(&self, bytes: &mut [u8], offset: u64, what: &str) -> Result<()> {
        self.read_exact(bytes, offset, what, true)
    }

    fn read_exact(&self, bytes: &mut [u8], offset: u64, what: &str, keeps: bool) -> Result<()> {
        let (wanted, at) = (bytes.len() as u64, self.origin.saturating_add(offset));
        let left = self.len.saturating_sub(offset);
        if left < wanted {
            return Err(cut_short(what, wanted, left, at));
        }
        match self.fill(bytes, offset, keeps)? as u64 {
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
