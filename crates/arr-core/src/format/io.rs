//! Where bytes come from and go to: position, budget, and slices lent where the source is memory.

mod fresh;
mod items;
mod kept;
mod output;
mod places;
mod positioned;
mod read_at;
mod recent;
mod stamp;
mod threads;

use std::fmt;
use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

pub use items::SwappedItems;
pub use output::Output;
pub use positioned::Positioned;
pub use read_at::{ReadAt, Seekable};
pub(crate) use stamp::Stamp;

use crate::format::in_file;
use crate::model::buffer::PAGES_FROM;
use crate::model::map::advise_huge_pages;
use crate::model::threads::sizes::{CACHED_PIECE, FIRST_STEP, TOLD_PIECE};
use crate::{
    Array, Budget, BufferMut, ByteOrder, DType, Element, Error, Limits, Order, Result, Scalar, Swap,
};

/// A source of bytes with a position and a [`Budget`].
///
/// It never reads further than it is asked to (except [`peek`](Self::peek), which keeps what it read), so that
/// several arrays of one stream can be read one by one.
///
/// ```
/// use arr_core::Input;
/// let mut input = Input::from_bytes(b"abcdef");
/// assert_eq!(input.peek(2)?, b"ab");
/// assert_eq!(input.read_array::<3>("magic")?, *b"abc");
/// assert_eq!((input.position(), input.remaining()), (3, Some(3)));
/// assert_eq!(input.read_array::<4>("length").unwrap_err().to_string(),
///     "the input ends inside the length: expected 4 bytes, found 3 (at byte 3)");
/// # Ok::<(), arr_core::Error>(())
/// ```
pub struct Input<'a> {
    source: Source<'a>,
    position: u64,
    budget: Budget,
    peeked: Vec<u8>,
    progress: Option<Progress<'a>>,
}

/// What is told how far a read or a write has come, in bytes.
type Progress<'a> = Box<dyn FnMut(u64) + Send + 'a>;

enum Source<'a> {
    Bytes {
        whole: &'a [u8],
        /// What is left of it.
        rest: &'a [u8],
    },
    /// What can be read at any place. Nothing moves but the position.
    Positioned {
        bytes: Positioned<'a>,
        /// The position of its first byte.
        base: u64,
    },
    /// Anything else: the length is not known.
    Reader(Box<dyn Read + Send + 'a>),
}

impl<'a> Input<'a> {
    fn new(source: Source<'a>) -> Self {
        Self { source, position: 0, budget: Budget::default(), peeked: Vec::new(), progress: None }
    }

    /// Reads from memory; slices are lent, not copied.
    #[must_use]
    pub fn from_bytes(bytes: &'a [u8]) -> Self {
        Self::new(Source::Bytes { whole: bytes, rest: bytes })
    }

    /// Reads from a stream whose length is not known.
    #[must_use]
    pub fn from_reader(reader: impl Read + Send + 'a) -> Self {
        Self::new(Source::Reader(Box::new(reader)))
    }

    /// Reads from an open file, from its position on. What the file claims is checked against its length. Where the
    /// system has positioned reads, the file's cursor stays where it is.
    ///
    /// # Errors
    /// `Io` when the system does not tell the length.
    pub fn from_file(mut file: File) -> Result<Self> {
        let metadata = file.metadata().map_err(|source| Error::io("can't look at the file", source))?;
        if !metadata.is_file() || metadata.len() == 0 {
            return Ok(Self::new(Source::Reader(Box::new(file))));
        }
        let start = io::Seek::stream_position(&mut file)
            .map_err(|source| Error::io("can't look at the file", source))?;
        let left = metadata.len().saturating_sub(start);
        // A cursor beyond the end has nothing before it.
        let whole = Positioned::from_file(file, start.saturating_add(left));
        let rest = whole.range(start, left).ok_or_else(|| Error::invalid("a position beyond any file"))?;
        Ok(Self::from_positioned(rest))
    }

    /// Opens and reads a file.
    ///
    /// # Errors
    /// `Io` when it can't be opened.
    pub fn open(path: impl AsRef<Path>) -> Result<Self> {
        let path = path.as_ref();
        in_file(path, open_file(path).and_then(Self::from_file))
    }

    /// Opens and reads a regular file. A pipe or a device is refused, and never waited for.
    ///
    /// # Errors
    /// `Io` when it can't be opened, or is not a regular file.
    pub fn open_regular(path: impl AsRef<Path>) -> Result<Self> {
        let path = path.as_ref();
        in_file(path, super::open_regular(path, false).and_then(Self::from_file))
    }

    /// Puts another policy in force.
    #[must_use]
    pub fn with_limits(mut self, limits: &Limits) -> Self {
        self.budget = limits.budget();
        self
    }

    /// Calls `progress` with the position now and then during long reads.
    #[must_use]
    pub fn on_progress(mut self, progress: impl FnMut(u64) + Send + 'a) -> Self {
        self.progress = Some(Box::new(progress));
        self
    }

    /// Bytes read so far.
    #[must_use]
    pub fn position(&self) -> u64 {
        self.position
    }

    /// Bytes that are left; `None` for a stream.
    #[must_use]
    pub fn remaining(&self) -> Option<u64> {
        match &self.source {
            Source::Bytes { rest, .. } => Some(rest.len() as u64),
            Source::Positioned { bytes, base } => {
                Some(bytes.len().saturating_sub(self.position.saturating_sub(*base)))
            }
            Source::Reader(_) => None,
        }
    }

    /// What may still be spent.
    pub fn budget(&mut self) -> &mut Budget {
        &mut self.budget
    }

    /// The next bytes, without stepping over them: `count`, or as many as there are.
    ///
    /// # Errors
    /// `Io` when the source fails.
    pub fn peek(&mut self, count: usize) -> Result<&[u8]> {
        if let Source::Bytes { rest, .. } = self.source {
            return Ok(rest.get(..count).unwrap_or(rest));
        }
        while self.peeked.len() < count {
            let mut piece = [0; 1024];
            let wanted = (count - self.peeked.len()).min(piece.len());
            let piece = piece.get_mut(..wanted).ok_or_else(outside_of_buffer)?;
            let got = self.fill_from_source(piece, self.peeked.len())?;
            self.peeked.extend_from_slice(piece.get(..got).ok_or_else(outside_of_buffer)?);
            if got < wanted {
                break;
            }
        }
        Ok(self.peeked.get(..count).unwrap_or(&self.peeked))
    }

    /// True when nothing is left.
    ///
    /// # Errors
    /// `Io` when the source fails.
    pub fn at_end(&mut self) -> Result<bool> {
        Ok(self.peek(1)?.is_empty())
    }

    /// The next `count` bytes as a slice of the source; `None` when the source is not memory or has fewer.
    pub fn lend(&mut self, count: usize) -> Option<&'a [u8]> {
        let Source::Bytes { rest, .. } = &mut self.source else { return None };
        let (lent, behind) = rest.split_at_checked(count)?;
        *rest = behind;
        self.position += count as u64;
        Some(lent)
    }

    /// Fills as much of `bytes` as there is; fewer only at the end.
    ///
    /// # Errors
    /// `Io` when the source fails.
    pub fn fill(&mut self, bytes: &mut [u8]) -> Result<usize> {
        if self.fill_by_threads(bytes, 1, |_| {}) {
            return Ok(bytes.len());
        }
        let kept = self.peeked.len().min(bytes.len());
        let (front, back) = bytes.split_at_mut(kept);
        front.copy_from_slice(self.peeked.get(..kept).ok_or_else(outside_of_buffer)?);
        self.peeked.drain(..kept);
        let filled = kept + self.fill_from_source(back, kept)?;
        self.position += filled as u64;
        Ok(filled)
    }

    /// Reads bytes that begin `ahead` bytes after the position, which is also that of a reader.
    fn fill_from_source(&mut self, bytes: &mut [u8], ahead: usize) -> Result<usize> {
        let at = self.position.saturating_add(ahead as u64);
        let reader = match &mut self.source {
            Source::Bytes { rest, .. } => return Ok(rest.read(bytes)?),
            Source::Positioned { bytes: source, base } => {
                return source.fill_at(bytes, at.saturating_sub(*base));
            }
            Source::Reader(reader) => reader,
        };
        let mut filled = 0;
        while let Some(rest) = bytes.get_mut(filled..).filter(|rest| !rest.is_empty()) {
            match reader.read(rest) {
                Ok(0) => break,
                Ok(got) => filled += got.min(rest.len()),
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(Error::io("can't read", error).at(at.saturating_add(filled as u64))),
            }
        }
        Ok(filled)
    }

    /// Fills `bytes`, which are the `what` of the format.
    ///
    /// # Errors
    /// `Malformed` when the data ends before, naming `what`; `Io` when the source fails.
    pub fn read_exact(&mut self, bytes: &mut [u8], what: &str) -> Result<()> {
        let start = self.position;
        match self.fill(bytes)? {
            got if got < bytes.len() => Err(cut_short(what, bytes.len() as u64, got as u64, start)),
            _ => Ok(()),
        }
    }

    /// The next `N` bytes, which are the `what` of the format.
    ///
    /// # Errors
    /// As [`read_exact`](Self::read_exact).
    pub fn read_array<const N: usize>(&mut self, what: &str) -> Result<[u8; N]> {
        let mut bytes = [0; N];
        self.read_exact(&mut bytes, what)?;
        Ok(bytes)
    }

    /// Reads `len` bytes, the `what` of the format, into memory of their own. They are charged to the budget, and
    /// never more is reserved than the source has (where it tells) or has sent (where it does not).
    ///
    /// # Errors
    /// `LimitExceeded` when the budget or the memory does not hold them, `Malformed` when the data ends before,
    /// `Io` when the source fails.
    pub fn read_buffer(&mut self, len: u64, what: &str) -> Result<BufferMut> {
        self.read_buffer_with(len, what, 0, |_| {})
    }

    /// [`read_buffer`](Self::read_buffer), handing each piece to `each` while it is in the cache. All pieces but the
    /// last are a multiple of `unit` bytes long; a `unit` of 0 means one piece.
    ///
    /// # Errors
    /// As `read_buffer`.
    pub fn read_buffer_with(
        &mut self,
        len: u64,
        what: &str,
        unit: usize,
        each: impl Fn(&mut [u8]) + Sync,
    ) -> Result<BufferMut> {
        self.charge(len, what)?;
        let too_large = || Error::limit(format!("{len} bytes of {what} do not fit into memory"));
        let len = usize::try_from(len).map_err(|_| too_large())?;
        let known = self.remaining().is_some();
        let mut buffer = BufferMut::zeroed(if known { len } else { len.min(FIRST_STEP) })?;
        if unit > 0 && known && self.fill_by_threads(buffer.as_mut_slice(), unit, &each) {
            return Ok(buffer);
        }
        let (start, mut done) = (self.position, 0);
        let whole = if self.progress.is_some() { TOLD_PIECE } else { usize::MAX };
        let cached = self.at_once(CACHED_PIECE);
        let piece = cached.checked_div(unit).map_or(whole, |units| units.max(1).saturating_mul(unit));
        while done < len {
            if done == buffer.as_slice().len() {
                buffer = grown(&buffer, len)?;
            }
            let end = done.saturating_add(piece).min(buffer.as_slice().len());
            let target = buffer.as_mut_slice().get_mut(done..end).ok_or_else(outside_of_buffer)?;
            let got = self.fill(target)?;
            if got < target.len() {
                return Err(cut_short(what, len as u64, (done + got) as u64, start));
            }
            each(target);
            done = end;
            self.tell();
        }
        Ok(buffer)
    }

    /// Fills `values`, which are the `what` of the format, from elements of a byte order.
    ///
    /// # Errors
    /// `Malformed` when the data ends before, `Mismatch` when some bits are not a valid `T`, `Io` when the source
    /// fails.
    pub fn read_elements<T: Element>(
        &mut self,
        values: &mut [T],
        byte_order: ByteOrder,
        what: &str,
    ) -> Result<()> {
        let swap = Swap::to_order(&DType::Scalar(T::SCALAR, byte_order), ByteOrder::NATIVE);
        let cached = self.at_once(CACHED_PIECE);
        let whole = if swap == Swap::Nothing { usize::MAX } else { cached / size_of::<T>() };
        if let Some(bytes) = T::bytes_mut(values).filter(|_| swap != Swap::Nothing) {
            if self.fill_by_threads(bytes, size_of::<T>(), |piece| swap.apply(piece)) {
                return Ok(());
            }
        }
        let mut scratch = Vec::new();
        for piece in values.chunks_mut(if T::SCALAR == Scalar::Bool { cached } else { whole }) {
            match T::bytes_mut(piece) {
                Some(bytes) => {
                    self.read_exact(bytes, what)?;
                    swap.apply(bytes);
                }
                None => {
                    let start = self.position;
                    scratch.resize(size_of_val(piece), 0);
                    self.read_exact(&mut scratch, what)?;
                    let checked = crate::model::array::cast_slice::<T>(&scratch)
                        .map_err(|error| error.nested(start))?;
                    piece.copy_from_slice(checked);
                }
            }
            self.tell();
        }
        Ok(())
    }

    /// Reads `count` elements of a byte order, the `what` of the format, as values of the machine. They are charged
    /// to the budget; of a source that does not tell its length no more is reserved than it has sent.
    ///
    /// # Errors
    /// As [`read_buffer`](Self::read_buffer), and as [`read_elements`](Self::read_elements).
    pub fn read_vec<T: Element>(
        &mut self,
        count: usize,
        byte_order: ByteOrder,
        what: &str,
    ) -> Result<Vec<T>> {
        let too_large = || Error::limit(format!("{count} values of {what} do not fit into memory"));
        let len = count.checked_mul(size_of::<T>()).ok_or_else(too_large)?;
        if self.remaining().is_none() {
            let bytes = self.read_buffer(len as u64, what)?;
            let dtype = DType::Scalar(T::SCALAR, byte_order);
            return Array::contiguous(dtype, &[count], Order::C, bytes)?.to_vec();
        }
        self.charge(len as u64, what)?;
        let mut values: Vec<T> = bytemuck::allocation::try_zeroed_vec(count).map_err(|()| too_large())?;
        if len >= PAGES_FROM {
            advise_huge_pages(&mut values);
        }
        self.read_elements(&mut values, byte_order, what)?;
        Ok(values)
    }

    /// True when somebody wants to know how far reads have come.
    pub(crate) fn is_watched(&self) -> bool {
        self.progress.is_some()
    }

    pub(crate) fn tell(&mut self) {
        if let Some(progress) = &mut self.progress {
            progress(self.position);
        }
    }

    /// Charges `len` bytes of `what` to the budget after checking that the source has them, where it tells.
    ///
    /// # Errors
    /// `Malformed` when it has fewer, `LimitExceeded` when the budget does not allow them.
    pub fn charge(&mut self, len: u64, what: &str) -> Result<()> {
        let position = self.position;
        if let Some(left) = self.remaining().filter(|left| *left < len) {
            return Err(cut_short(what, len, left, position));
        }
        self.budget.charge_bytes(len).map_err(|error| error.at(position))
    }

    /// Reads all that is left.
    ///
    /// # Errors
    /// `LimitExceeded` when the budget does not allow it, `Io` when the source fails.
    pub fn read_to_end(&mut self) -> Result<Vec<u8>> {
        let mut bytes = Vec::new();
        let piece = self.at_once(16 << 10);
        loop {
            let start = bytes.len();
            let wanted = self.remaining().and_then(|left| usize::try_from(left).ok()).map_or(piece, |left| {
                // One more, where it is the last piece, to see that it is.
                piece.min(left.saturating_add(1))
            });
            bytes.try_reserve(wanted).map_err(|source| {
                Error::limit("no memory for what is left of the file").with_source(source)
            })?;
            bytes.resize(start.saturating_add(wanted), 0);
            let got = self.fill(bytes.get_mut(start..).ok_or_else(outside_of_buffer)?)?;
            self.budget.charge_bytes(got as u64).map_err(|error| error.at(self.position))?;
            bytes.truncate(start.saturating_add(got));
            if got < wanted {
                return Ok(bytes);
            }
        }
    }
}

impl Read for Input<'_> {
    fn read(&mut self, bytes: &mut [u8]) -> io::Result<usize> {
        Ok(self.fill(bytes)?)
    }
}

impl fmt::Debug for Input<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Input(at byte {}, {:?} left)", self.position, self.remaining())
    }
}

/// Opens a file for reading; a directory is an error here and not at the first read.
pub(crate) fn open_file(path: &Path) -> Result<File> {
    let file = File::open(path).map_err(|source| Error::io("can't open", source))?;
    if file.metadata().is_ok_and(|metadata| metadata.is_dir()) {
        return Err(Error::new(crate::ErrorKind::Io, "can't open: it is a directory"));
    }
    Ok(file)
}

/// A buffer of twice the size, at most `len`, with the same bytes in front.
fn grown(buffer: &BufferMut, len: usize) -> Result<BufferMut> {
    let old = buffer.as_slice();
    let mut larger = BufferMut::zeroed(old.len().saturating_mul(2).min(len))?;
    let front = larger.as_mut_slice().get_mut(..old.len()).ok_or_else(outside_of_buffer)?;
    front.copy_from_slice(old);
    Ok(larger)
}

/// A source said that it read more than there was room for, or a buffer is shorter than what is known to be in it.
#[cold]
fn outside_of_buffer() -> Error {
    Error::new(crate::ErrorKind::Io, "can't read: bytes are counted that are outside of the buffer")
}

#[cold]
fn cut_short(what: &str, expected: u64, found: u64, position: u64) -> Error {
    Error::malformed(format!("the input ends inside the {what}: expected {expected} bytes, found {found}"))
        .at(position)
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;
    use crate::ErrorKind;

    /// A stream that hands out one byte at a time and then fails a test if it is read past `end`.
    struct Drip<'a>(&'a [u8]);

    impl Read for Drip<'_> {
        fn read(&mut self, bytes: &mut [u8]) -> io::Result<usize> {
            let step = bytes.len().min(1);
            self.0.read(&mut bytes[..step])
        }
    }

    #[test]
    fn streams_and_slices_read_alike() {
        let data: Vec<u8> = (0..=255).collect();
        for mut input in [Input::from_bytes(&data), Input::from_reader(Drip(&data))] {
            assert_eq!(input.peek(3).unwrap(), [0, 1, 2]);
            assert_eq!(input.read_array::<2>("x").unwrap(), [0, 1]);
            assert_eq!(input.peek(2).unwrap(), [2, 3]);
            assert_eq!(input.read_buffer(4, "x").unwrap().as_slice(), [2, 3, 4, 5]);
            assert_eq!(input.position(), 6);
            assert_eq!(input.read_to_end().unwrap(), data[6..]);
            assert!(input.at_end().unwrap());
        }
    }

    #[test]
    fn claims_are_checked_before_memory_is_reserved() {
        let mut input = Input::from_bytes(b"abc");
        let error = input.read_buffer(1 << 60, "data").unwrap_err();
        assert_eq!(
            error.to_string(),
            format!("the input ends inside the data: expected {} bytes, found 3 (at byte 0)", 1u64 << 60)
        );
        let mut input = Input::from_reader(&b"abc"[..]);
        assert_eq!(input.read_buffer(1 << 60, "data").unwrap_err().kind(), ErrorKind::Malformed);
        let mut input = Input::from_bytes(b"abc").with_limits(&Limits::default().max_bytes(2));
        assert_eq!(input.read_buffer(3, "data").unwrap_err().kind(), ErrorKind::LimitExceeded);
    }

    #[test]
    fn skipping_is_reading_unseen() {
        use std::io::Write as _;
        let mut file = tempfile::tempfile().unwrap();
        file.write_all(&[7; 50_000]).unwrap();
        io::Seek::rewind(&mut file).unwrap();
        let data = [7; 50_000];
        for mut input in
            [Input::from_bytes(&data), Input::from_reader(&data[..]), Input::from_file(file).unwrap()]
        {
            input.peek(10).unwrap();
            input.skip(4, "x").unwrap();
            input.skip(40_000, "x").unwrap();
            assert_eq!(input.position(), 40_004);
            assert_eq!(input.skip(10_000, "x").unwrap_err().kind(), ErrorKind::Malformed);
        }
        let mut input = Input::from_bytes(&data);
        input.skip(49_999, "x").unwrap();
        assert_eq!(input.read_to_end().unwrap(), [7]);
    }

    #[test]
    fn pieces_cover_the_buffer_once() {
        let data = vec![1u8; 3 * FIRST_STEP + 5];
        for mut input in [Input::from_bytes(&data), Input::from_reader(&data[..])] {
            let seen = AtomicUsize::new(0);
            let buffer = input
                .read_buffer_with(data.len() as u64, "data", 12, |piece| {
                    seen.fetch_add(piece.len(), Ordering::Relaxed);
                    piece.iter_mut().for_each(|byte| *byte += 1);
                })
                .unwrap();
            assert_eq!(seen.into_inner(), data.len());
            assert!(buffer.as_slice().iter().all(|byte| *byte == 2));
        }
    }
}
