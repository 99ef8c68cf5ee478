//! Runs of values of one C type, binary or ascii.

use arr_core::format::room::reserved;
use arr_core::format::{Budget, Positioned};
use arr_core::{Buffer, BufferMut, ByteOrder, Error, Result};

use super::ascii;
use super::feed::{Feed, lost};
use super::kind::Kind;

/// How values are in a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Encoding {
    Binary {
        order: ByteOrder,
        /// Bytes of a C `long`: 4 or 8.
        long: usize,
    },
    Ascii,
}

/// `ascii`, or `binary, little-endian, longs of 8 bytes`.
impl std::fmt::Display for Encoding {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Binary { order, long } => write!(f, "binary, {order}-endian, longs of {long} bytes"),
            Self::Ascii => f.write_str("ascii"),
        }
    }
}

impl Encoding {
    /// The byte order of the numbers that arrays hold. Numbers that were text are little-endian.
    pub(super) fn order(self) -> ByteOrder {
        match self {
            Self::Binary { order, .. } => order,
            Self::Ascii => ByteOrder::Little,
        }
    }

    /// The fewest bytes that a key takes with its value.
    pub(super) fn least_entry(self) -> u64 {
        // A boolean and nil, or an empty string and nil.
        if self == Self::Ascii { 6 } else { 12 }
    }
}

/// Elements of a storage, or code.
#[derive(Clone, Debug)]
pub(super) enum Payload {
    /// From that byte of the file on, as they are in memory.
    At { at: u64, len: u64 },
    /// Decoded.
    Held(Buffer),
}

/// Reads runs.
#[derive(Debug)]
pub(super) struct Runs<'f> {
    pub(super) feed: Feed<'f>,
    pub(super) encoding: Encoding,
    /// True when a C `long` was read: only then its size matters.
    pub(super) has_longs: bool,
    /// True when one was negative or had more than 32 bits, which hardly any has that has 64.
    pub(super) is_wide: bool,
    /// True when the run before ended with the end of its line.
    has_ended: bool,
}

impl<'f> Runs<'f> {
    pub(super) fn new(feed: Feed<'f>, encoding: Encoding) -> Self {
        Self { feed, encoding, has_longs: false, is_wide: false, has_ended: false }
    }

    /// A C `int`.
    #[inline]
    pub(super) fn int(&mut self, what: &str) -> Result<i32> {
        match self.encoding {
            Encoding::Binary { order: ByteOrder::Little, .. } => {
                Ok(i32::from_le_bytes(self.feed.array(what)?))
            }
            Encoding::Binary { order: ByteOrder::Big, .. } => Ok(i32::from_be_bytes(self.feed.array(what)?)),
            Encoding::Ascii => self.text(1, what, ascii::int),
        }
    }

    /// A `double`.
    #[inline]
    pub(super) fn double(&mut self, what: &str) -> Result<f64> {
        match self.encoding {
            Encoding::Binary { order: ByteOrder::Little, .. } => {
                Ok(f64::from_le_bytes(self.feed.array(what)?))
            }
            Encoding::Binary { order: ByteOrder::Big, .. } => Ok(f64::from_be_bytes(self.feed.array(what)?)),
            Encoding::Ascii => self.text(1, what, ascii::double),
        }
    }

    /// Some C `long`s, at most as many as dimensions are allowed.
    pub(super) fn longs(&mut self, count: usize, what: &str) -> Result<Vec<i64>> {
        let mut longs = reserved(count)?;
        for _ in 0..count {
            let long = match self.encoding {
                Encoding::Binary { order: ByteOrder::Little, long: 4 } => {
                    i32::from_le_bytes(self.feed.array(what)?).into()
                }
                Encoding::Binary { order: ByteOrder::Big, long: 4 } => {
                    i32::from_be_bytes(self.feed.array(what)?).into()
                }
                Encoding::Binary { order: ByteOrder::Little, .. } => {
                    i64::from_le_bytes(self.feed.array(what)?)
                }
                Encoding::Binary { order: ByteOrder::Big, .. } => i64::from_be_bytes(self.feed.array(what)?),
                Encoding::Ascii => self.number(what, ascii::long)?,
            };
            self.has_longs = true;
            self.is_wide |= u32::try_from(long).is_err();
            longs.push(long);
        }
        self.end_run(count);
        Ok(longs)
    }

    pub(super) fn long(&mut self, what: &str) -> Result<i64> {
        self.longs(1, what)?.first().copied().ok_or_else(lost)
    }

    /// A length: an `int` that is not negative, of bytes that are there.
    pub(super) fn len(&mut self, what: &str) -> Result<usize> {
        let at = self.feed.position();
        let len = self.int("length")?;
        let len = u32::try_from(len)
            .map_err(|_| Error::malformed(format!("a {what} has the negative length {len}")).at(at))?;
        if u64::from(len) > self.feed.left() {
            return Err(self.feed.cut_short(what, len.into()));
        }
        usize::try_from(len).map_err(|_| Error::limit(format!("{len} bytes do not fit into memory")).at(at))
    }

    /// Bytes whose length is known, each a C `char`.
    pub(super) fn chars(&mut self, len: usize, what: &str) -> Result<&[u8]> {
        if self.encoding != Encoding::Ascii || len == 0 {
            return self.feed.take(len, what);
        }
        self.check_line()?;
        let text = self.feed.rest().ok_or_else(lost)?;
        self.feed.skip(len as u64, what)?;
        self.end_run(len);
        text.get(..len).ok_or_else(lost)
    }

    /// Bytes of a length that stands before them, which stay where they are.
    pub(super) fn code(&mut self, budget: &mut Budget) -> Result<Buffer> {
        let len = self.len("code of a function")?;
        budget.charge_bytes(len as u64)?;
        let mut code = reserved(len)?;
        code.extend_from_slice(self.chars(len, "code of a function")?);
        Ok(Buffer::from_vec(code))
    }

    /// The elements of a storage.
    pub(super) fn data(
        &mut self,
        kind: Kind,
        count: u64,
        what: &str,
        budget: &mut Budget,
    ) -> Result<Payload> {
        let Encoding::Binary { order, long } = self.encoding else {
            return self.data_as_text(kind, count, what, budget);
        };
        let len = count.checked_mul(kind.width(long) as u64).filter(|len| *len <= self.feed.left());
        let Some(len) = len else {
            return Err(self.feed.cut_short(what, count.saturating_mul(kind.width(long) as u64)));
        };
        let at = self.feed.position();
        if kind != Kind::Long || long == 8 {
            self.feed.skip(len, what)?;
            return Ok(Payload::At { at, len });
        }
        budget.charge_bytes(len.saturating_mul(2))?;
        let narrow =
            usize::try_from(len).map_err(|_| Error::limit(format!("{len} bytes do not fit into memory")))?;
        let mut wide = BufferMut::zeroed(narrow.saturating_mul(2))?;
        let narrow = self.feed.take(narrow, what)?;
        for (from, to) in narrow.chunks_exact(4).zip(wide.as_mut_slice().chunks_exact_mut(8)) {
            let from = from.first_chunk().copied().ok_or_else(lost)?;
            to.copy_from_slice(&match order {
                ByteOrder::Little => i64::from(i32::from_le_bytes(from)).to_le_bytes(),
                ByteOrder::Big => i64::from(i32::from_be_bytes(from)).to_be_bytes(),
            });
        }
        Ok(Payload::Held(wide.freeze()))
    }

    fn data_as_text(&mut self, kind: Kind, count: u64, what: &str, budget: &mut Budget) -> Result<Payload> {
        // A number takes a digit, and something behind it.
        let least = if kind.is_raw() { count } else { count.saturating_mul(2) };
        if least > self.feed.left() {
            return Err(self.feed.cut_short(what, least));
        }
        let at = self.feed.position();
        if kind.is_raw() {
            self.check_line()?;
            self.feed.skip(count, what)?;
            self.end_run(usize::from(count > 0));
            return Ok(Payload::At { at, len: count });
        }
        let size = kind.width(8);
        budget.charge_bytes(count.saturating_mul(size as u64))?;
        let len = usize::try_from(count).ok().and_then(|count| count.checked_mul(size));
        let mut bytes =
            BufferMut::zeroed(len.ok_or_else(|| Error::limit("the numbers do not fit into memory").at(at))?)?;
        let text = self.feed.rest().ok_or_else(lost)?;
        let read = ascii::numbers(text, kind, bytes.as_mut_slice());
        let taken = read.map_err(|bad| self.bad_text(text, bad, what))?;
        self.feed.skip(taken as u64, what)?;
        self.end_run(usize::from(count > 0));
        Ok(Payload::Held(bytes.freeze()))
    }

    /// One run of numbers that are text.
    fn text<T>(&mut self, count: usize, what: &str, parse: fn(&[u8]) -> Option<(T, usize)>) -> Result<T> {
        let number = self.number(what, parse)?;
        self.end_run(count);
        Ok(number)
    }

    /// One number of a run that is text.
    fn number<T>(&mut self, what: &str, parse: fn(&[u8]) -> Option<(T, usize)>) -> Result<T> {
        let text = self.feed.rest().ok_or_else(lost)?;
        let (number, taken) = ascii::next(text, parse).map_err(|bad| self.bad_text(text, bad, what))?;
        self.feed.skip(taken as u64, what)?;
        Ok(number)
    }

    /// Says what is wrong with a number.
    #[cold]
    fn bad_text(&mut self, text: &[u8], bad: ascii::Bad, what: &str) -> Error {
        let at = self.feed.position().saturating_add(bad.at as u64);
        let rest = text.get(bad.at..).unwrap_or_default();
        if bad.is_cut {
            // Only the end of the line tells that the number ends.
            let error = self.feed.cut_short(what, 1);
            return match rest {
                [] => error,
                _ => {
                    Error::malformed(format!("the input ends inside the {what}: the last number has no end"))
                        .at(at)
                }
            };
        }
        let end = rest.iter().position(u8::is_ascii_whitespace).unwrap_or(rest.len());
        let token = rest.get(..end.min(40)).unwrap_or_default();
        Error::malformed(format!("'{}' is not a number for the {what}", token.escape_ascii())).at(at)
    }

    /// Steps over the end of the line behind a run.
    fn end_run(&mut self, count: usize) {
        if self.encoding == Encoding::Ascii && count > 0 {
            self.has_ended = self.feed.rest().is_some_and(|rest| rest.starts_with(b"\n"));
            if self.has_ended {
                // It is there.
                drop(self.feed.skip(1, "end of the line"));
            }
        }
    }

    /// Refuses bytes behind a line that ends with CR LF: they are not those that were written.
    fn check_line(&self) -> Result<()> {
        let is_changed = !self.has_ended && self.feed.rest().is_some_and(|rest| rest.starts_with(b"\r\n"));
        if !is_changed {
            return Ok(());
        }
        Err(Error::malformed(
            "the lines end with CR LF: the file was transferred as text, which changes its strings",
        ))
    }

    /// Whether something that begins as an object does comes next; blanks before it are stepped over in a text.
    pub(super) fn has_next(&mut self) -> Result<bool> {
        if self.encoding == Encoding::Ascii {
            let text = self.feed.rest().ok_or_else(lost)?;
            let blanks = text.iter().take_while(|byte| ascii::is_space(**byte)).count();
            // What is behind the last object is left over, but for blanks.
            let is_next =
                matches!(text.get(blanks..), Some([b'0'..=b'8', next, ..]) if ascii::is_space(*next));
            if is_next || blanks == text.len() {
                self.feed.skip(blanks as u64, "blanks")?;
            }
            return Ok(is_next);
        }
        let mut first = [0; 4];
        if self.feed.left() < 4 {
            return Ok(false);
        }
        first.copy_from_slice(self.feed.peek(4)?);
        Ok(match self.encoding.order() {
            ByteOrder::Little => u32::from_le_bytes(first) <= 8,
            ByteOrder::Big => u32::from_be_bytes(first) <= 8,
        })
    }
}

/// The bytes of a payload in memory of their own.
pub(super) fn held(payload: &Payload, feed: &Feed<'_>, budget: &mut Budget) -> Result<Buffer> {
    let (at, len) = match payload {
        Payload::Held(bytes) => return Ok(bytes.clone()),
        Payload::At { at, len } => (*at, *len),
    };
    budget.charge_bytes(len)?;
    match (feed.lent(at, len), feed.file()) {
        (Some(bytes), _) => Ok(BufferMut::copy_of(bytes)?.freeze()),
        (None, Some(file)) => read(file, feed.place(at), len),
        (None, None) => Err(lost()),
    }
}

/// Reads bytes of a file into memory, by all threads where they are many.
pub(super) fn read(file: &Positioned<'_>, start: u64, len: u64) -> Result<Buffer> {
    let range = file.range(start, len).ok_or_else(lost)?;
    arr_core::Input::from_positioned(range).read_buffer(len, "storage").map(BufferMut::freeze)
}

/// A copy of a text, or of bytes that are none.
#[inline]
pub(super) fn string(bytes: &[u8]) -> Result<arr_core::Value> {
    match std::str::from_utf8(bytes) {
        Ok(text) => arr_core::Value::copy_str(text),
        Err(_) => arr_core::Value::copy_bytes(bytes),
    }
}
