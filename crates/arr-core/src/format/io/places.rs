//! Positioned reads of an input.

use std::io::{Read, Seek, SeekFrom};

use std::ops::Range;

use super::{Input, Positioned, ReadAt, Source, cut_short};
use crate::format::Reading;
use crate::model::array::Joining;
use crate::{Array, DType, Error, Layout, Limits, Order, Result};

impl<'a> Input<'a> {
    /// Reads bytes that can be read in any order, such as a member of an archive, from the first one on.
    ///
    /// ```
    /// use arr_core::format::Positioned;
    /// use arr_core::{Buffer, Input};
    /// let source = Positioned::from_buffer(Buffer::from_static(b"abcdef"));
    /// let mut input = Input::from_positioned(source.range(2, 3).ok_or("too long")?);
    /// assert_eq!(input.read_to_end()?, b"cde");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn from_positioned(bytes: impl Into<Positioned<'a>>) -> Self {
        Self::new(Source::Positioned { bytes: bytes.into().counted_from(0), base: 0 })
    }

    /// Reads a source of the caller's own, such as a server that answers requests for ranges, from its first byte on.
    ///
    /// ```
    /// use arr_core::Input;
    /// let mut input = Input::from_source(&b"abcdef"[..])?;
    /// assert_eq!((input.read_array::<2>("magic")?, input.remaining()), (*b"ab", Some(4)));
    /// # Ok::<(), arr_core::Error>(())
    /// ```
    ///
    /// # Errors
    /// `Io` when the source does not tell its length.
    pub fn from_source(source: impl ReadAt + 'a) -> Result<Self> {
        Ok(Self::from_positioned(Positioned::borrowed(source)?))
    }

    /// Reads from a reader that can go back, from its position on. What the input claims is checked against its
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
    /// Where the reader is afterwards depends on what was read last: see [`with_seekable`](Self::with_seekable).
    ///
    /// # Errors
    /// `Io` when the reader does not tell its length.
    pub fn from_seekable(reader: impl Read + Seek + Send + 'a) -> Result<Self> {
        Ok(Self::from_positioned(Positioned::from_seekable(reader)?))
    }

    /// Reads from a reader that can go back, from its position on and under a policy, and leaves it where `read` leaves
    /// the input.
    ///
    /// # Errors
    /// As `read`; and `Io` when the reader does not tell its length, or can't be put after what was read.
    pub fn with_seekable<R: Read + Seek + Send + ?Sized, T>(
        reader: &mut R,
        limits: &Limits,
        read: impl FnOnce(&mut Input<'_>) -> Result<T>,
    ) -> Result<T> {
        let failed = |source| Error::io("can't seek", source);
        let start = reader.stream_position().map_err(failed)?;
        let mut input = Input::from_seekable(&mut *reader)?.with_limits(limits);
        let value = read(&mut input)?;
        let end = start.saturating_add(input.position());
        drop(input);
        reader.seek(SeekFrom::Start(end)).map_err(failed)?;
        Ok(value)
    }

    /// True when the input can be read in any order: see [`read_exact_at`](Self::read_exact_at).
    #[must_use]
    pub fn can_seek(&self) -> bool {
        !matches!(self.source, Source::Reader(_))
    }

    /// The bytes from here on, to be read in any order and by several threads at once; `None` for a stream. The input
    /// stays where it is: [`skip`](Self::skip) what has been read. Errors count as [`position`](Self::position) does.
    #[must_use]
    pub fn positioned(&self) -> Option<Positioned<'a>> {
        match &self.source {
            Source::Bytes { rest, .. } => Some(Positioned::borrowed(*rest).ok()?.counted_from(self.position)),
            Source::Positioned { bytes, base } => {
                let read = self.position.saturating_sub(*base);
                bytes.range(read, bytes.len().checked_sub(read)?)
            }
            Source::Reader(_) => None,
        }
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
    pub fn ahead(&self) -> Option<Input<'a>> {
        let ahead = match self.source {
            Source::Bytes { rest, .. } => Input::from_bytes(rest),
            _ => Input::from_positioned(self.positioned()?),
        };
        Some(ahead.with_limits(self.budget.limits()))
    }

    /// Goes to a place, counted as [`position`](Self::position) counts: forwards or backwards.
    ///
    /// ```
    /// use arr_core::Input;
    /// let mut input = Input::from_bytes(b"abcdef");
    /// input.seek_to(4)?;
    /// assert_eq!(input.read_array::<2>("data")?, *b"ef");
    /// input.seek_to(1)?;
    /// assert_eq!(input.read_array::<2>("data")?, *b"bc");
    /// # Ok::<(), arr_core::Error>(())
    /// ```
    ///
    /// # Errors
    /// `Malformed` when the input ends before, `Unsupported` for a stream that would have to go back (see
    /// [`make_seekable`](Self::make_seekable)), `Io` when the source fails.
    pub fn seek_to(&mut self, position: u64) -> Result<()> {
        if let Some(step) = position.checked_sub(self.position) {
            return self.skip(step, "bytes that are skipped");
        }
        match &mut self.source {
            Source::Bytes { whole, rest } => {
                let from = usize::try_from(position).ok().and_then(|position| whole.get(position..));
                *rest = from.ok_or_else(|| Error::invalid("a position beyond the input").at(position))?;
            }
            Source::Positioned { base, .. } if position >= *base => {}
            _ => {
                let message = format!("a stream can't go back to byte {position}");
                return Err(Error::unsupported(message).at(self.position));
            }
        }
        self.move_to(position);
        Ok(())
    }

    /// Puts the position to where the source has bytes, and keeps of those that were peeked what is there.
    fn move_to(&mut self, position: u64) {
        let step = position.checked_sub(self.position).and_then(|step| usize::try_from(step).ok());
        match step.filter(|step| *step < self.peeked.len()) {
            Some(step) => drop(self.peeked.drain(..step)),
            None => self.peeked.clear(),
        }
        self.position = position;
    }

    /// Steps over all that is left; a stream is read to its end, where it may find that a checksum is wrong.
    ///
    /// # Errors
    /// `Io` when the source fails, and what a source finds at its end.
    pub fn skip_to_end(&mut self) -> Result<()> {
        if let Some(left) = self.remaining() {
            return self.skip(left, "data");
        }
        let mut piece = [0; 8 << 10];
        while self.fill(&mut piece)? == piece.len() {}
        Ok(())
    }

    /// Steps over `len` bytes, the `what` of the format; of what can be read in any order nothing is read for it.
    ///
    /// # Errors
    /// `Malformed` when the data ends before, `Io` when the source fails.
    pub fn skip(&mut self, len: u64, what: &str) -> Result<()> {
        let start = self.position;
        if let Some(left) = self.remaining().filter(|left| *left < len) {
            return Err(cut_short(what, len, left, start));
        }
        match &mut self.source {
            Source::Reader(_) => return self.read_away(len, what),
            Source::Bytes { rest, .. } => {
                *rest = usize::try_from(len).ok().and_then(|len| rest.get(len..)).unwrap_or(&[]);
            }
            Source::Positioned { .. } => {}
        }
        self.move_to(start.saturating_add(len));
        self.tell();
        Ok(())
    }

    /// Reads bytes and forgets them.
    fn read_away(&mut self, len: u64, what: &str) -> Result<()> {
        let start = self.position;
        let mut piece = [0; 8 << 10];
        let mut left = len;
        while left > 0 {
            let wanted = usize::try_from(left).unwrap_or(usize::MAX).min(piece.len());
            let got = self.fill(piece.get_mut(..wanted).unwrap_or_default())?;
            left -= got as u64;
            if got < wanted {
                return Err(cut_short(what, len, len - left, start));
            }
        }
        Ok(())
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
        match &self.source {
            Source::Bytes { rest, .. } => {
                let from = usize::try_from(ahead).ok().and_then(|ahead| rest.get(ahead..));
                let from = from.and_then(|from| from.get(..bytes.len()));
                bytes.copy_from_slice(from.ok_or_else(|| cut_short(what, len, 0, at))?);
                Ok(())
            }
            Source::Positioned { bytes: source, base } => {
                source.read_exact_at(bytes, at.saturating_sub(*base), what)
            }
            Source::Reader(_) => {
                let message = "the stream is not seekable";
                Err(Error::unsupported(message).at(at))
            }
        }
    }
    /// How much is asked for at a time of what is read from front to back: see [`Positioned::at_once`].
    pub(super) fn at_once(&self, usual: usize) -> usize {
        match &self.source {
            Source::Positioned { bytes, .. } => bytes.at_once(usual),
            Source::Bytes { .. } | Source::Reader(_) => usual,
        }
    }

    /// How the ranges of a slice are joined.
    fn joining(&self, how: &Reading) -> Joining {
        let most = how.limits.bytes().min(self.budget.limits().bytes());
        match &self.source {
            Source::Positioned { bytes, .. } => bytes.joining(how.gap, most),
            Source::Bytes { .. } | Source::Reader(_) => {
                how.gap.map_or(Joining::NEAR, |gap| Joining::new(gap, most, false))
            }
        }
    }

    /// Reads items that lie ahead, where `layout` says, counted from the position, and lays them out in `order`, their
    /// numbers in the byte order of `how`. The input stays where it is. Ranges near each other are joined by the
    /// [gap](Reading::gap); no more than 64 MiB (or one item) are in memory besides. The result is reserved first and not
    /// charged.
    ///
    /// # Errors
    /// As [`read_exact_at`](Self::read_exact_at), and as [`Array::fetch`].
    pub fn fetch(&mut self, dtype: &DType, layout: &Layout, order: Order, how: &Reading) -> Result<Array> {
        let joining = self.joining(how);
        if let Source::Positioned { bytes, base } = &self.source {
            let left = bytes.len().saturating_sub(self.position.saturating_sub(*base));
            let rest = bytes.range(bytes.len().saturating_sub(left), left);
            let rest = rest.ok_or_else(|| cut_short("data", 1, 0, self.position))?;
            let read = |ranges: &mut [(u64, &mut [u8])]| rest.read_ranges(ranges, "data");
            return Array::fetch_joined(dtype, layout, order, how.byte_order, joining, read);
        }
        let read = |ranges: &mut [(u64, &mut [u8])]| {
            ranges.iter_mut().try_for_each(|(at, bytes)| self.read_exact_at(bytes, *at, "data"))
        };
        Array::fetch_joined(dtype, layout, order, how.byte_order, joining, read)
    }

    /// The ranges of the source that [`fetch`](Self::fetch) reads, counted from the source's first byte, in ascending
    /// order; those that touch each other are one.
    ///
    /// # Errors
    /// `LimitExceeded` when memory is short, `Unsupported` when the items are references.
    pub fn ranges(
        &self,
        dtype: &DType,
        layout: &Layout,
        order: Order,
        how: &Reading,
    ) -> Result<Vec<Range<u64>>> {
        let start = match &self.source {
            Source::Positioned { bytes, base } => {
                bytes.start().saturating_add(self.position.saturating_sub(*base))
            }
            Source::Bytes { .. } | Source::Reader(_) => self.position,
        };
        let mut ranges = Array::ranges(dtype, layout, order, self.joining(how))?;
        for range in &mut ranges {
            *range = range.start.saturating_add(start)..range.end.saturating_add(start);
        }
        Ok(ranges)
    }
}

#[cfg(test)]
#[allow(clippy::cast_possible_truncation, reason = "small numbers")]
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

    #[test]
    fn places_are_gone_to_forwards_and_backwards() {
        let data: Vec<u8> = (0..=255).collect();
        let buffer = crate::Buffer::from_vec([vec![9; 3], data.clone()].concat());
        let inner = Positioned::from_buffer(buffer).range(3, 256).unwrap();
        let inputs = [
            Input::from_bytes(&data),
            Input::from_positioned(inner),
            Input::from_seekable(Cursor::new(&data)).unwrap(),
        ];
        for mut input in inputs {
            for (peeked, to) in [(0, 10), (5, 12), (5, 20), (9, 29), (9, 15), (300, 14), (2, 255), (0, 0)] {
                input.peek(peeked).unwrap();
                input.seek_to(to).unwrap();
                assert_eq!((input.position(), input.remaining()), (to, Some(256 - to)));
                assert_eq!(input.peek(1).unwrap(), [data[to as usize]]);
                assert_eq!(input.positioned().unwrap().len(), 256 - to);
                let mut first = [0];
                input.positioned().unwrap().read_exact_at(&mut first, 0, "x").unwrap();
                assert_eq!(first, [data[to as usize]]);
            }
            input.seek_to(256).unwrap();
            assert!(input.at_end().unwrap());
            let error = input.seek_to(257).unwrap_err();
            assert_eq!((error.kind(), error.offset()), (ErrorKind::Malformed, Some(256)));
            assert!(input.positioned().unwrap().is_empty());
        }
        let mut stream = Input::from_reader(&data[..]);
        stream.seek_to(7).unwrap();
        assert_eq!(stream.read_array::<1>("x").unwrap(), [7]);
        assert_eq!(stream.seek_to(7).unwrap_err().kind(), ErrorKind::Unsupported);
        assert!(stream.positioned().is_none());
    }

    #[test]
    fn a_lent_reader_stands_behind_what_was_read() {
        let mut reader = Cursor::new((0..100).collect::<Vec<u8>>());
        reader.set_position(10);
        let read = |input: &mut Input<'_>| {
            input.skip(5, "x")?;
            let mut far = [0];
            input.read_exact_at(&mut far, 70, "x")?;
            assert_eq!((far, input.peek(3)?), ([85], &[15, 16, 17][..]));
            input.read_array::<2>("x")
        };
        assert_eq!(Input::with_seekable(&mut reader, &Limits::default(), read).unwrap(), [15, 16]);
        assert_eq!(reader.position(), 17);
    }
}
