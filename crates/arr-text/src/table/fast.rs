//! Rows of plain numbers: read and converted in one go.
//!
//! What is not plain is left to the general rules: a row with a comment, a number that is not one, other characters than
//! ASCII between numbers. Then reading stops in front of that row.

use super::columns::{Column, Kind, Values};
use super::dialect::{Comments, Dialect};
use super::steps::{Step, steps};
use super::words::Ends;
use crate::number::parse;
use arr_core::Scalar;

/// How plain rows are read.
#[derive(Debug)]
pub(crate) struct Fast {
    /// What separates: a blank stands for white space.
    separator: u8,
    is_space: bool,
    quote: Option<u8>,
    comment: Option<u8>,
    ends: Ends,
    /// The bytes that end a field, or that are not plain.
    stops: Box<[Stop; 256]>,
    plan: Plan,
}

#[derive(Debug)]
enum Plan {
    /// All columns are the same.
    Same(Same, usize),
    /// Each column of the file: what it becomes, or nothing.
    Each {
        columns: Vec<Option<Column>>,
        /// Short ways for what is plain.
        steps: Vec<Step>,
        /// More columns may follow.
        is_open: bool,
        size: usize,
    },
}

/// What is the same for all fields.
#[derive(Clone, Copy)]
struct Given<'g> {
    dialect: &'g Dialect,
    values: &'g Values,
    columns: &'g [Option<Column>],
    /// More columns may follow.
    is_open: bool,
}

#[derive(Clone, Copy, Debug)]
enum Same {
    F64,
    F32,
    I64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stop {
    /// It is a part of the field.
    No,
    /// It separates.
    Separator,
    /// It ends the line.
    Line,
    /// It is white space, or begins a comment: the general rules are to decide.
    Odd,
    /// It is no ASCII.
    Wide,
}

/// So many columns have a program each.
pub(super) const MOST: usize = 1 << 14;

impl Fast {
    /// Reads rows of `count` columns that are all the same.
    pub(crate) fn same(dialect: &Dialect, values: &Values, kind: Kind, count: usize) -> Option<Self> {
        if dialect.quote.is_some() || !values.is_plain || values.has_marks() {
            return None;
        }
        let same = match kind {
            Kind::Float(Scalar::F64) => Same::F64,
            // Java rounds once.
            Kind::Float(Scalar::F32) if !dialect.is_java => Same::F32,
            Kind::Signed(8) => Same::I64,
            _ => return None,
        };
        Self::with(dialect, Plan::Same(same, count))
    }

    /// Reads rows whose columns become what is said, each row of `size` bytes. If `is_open`, more columns may follow.
    pub(crate) fn each(
        dialect: &Dialect,
        values: &Values,
        columns: Vec<Option<Column>>,
        is_open: bool,
        size: usize,
    ) -> Option<Self> {
        if columns.len() > MOST || columns.is_empty() || !values.is_plain || size == 0 {
            return None;
        }
        let steps = steps(&columns, values)?;
        Self::with(dialect, Plan::Each { columns, steps, is_open, size })
    }

    fn with(dialect: &Dialect, plan: Plan) -> Option<Self> {
        let ascii = |c: char| u8::try_from(c).ok().filter(u8::is_ascii);
        let separator = match dialect.delimiter {
            None => b' ',
            Some(delimiter) => ascii(delimiter)?,
        };
        if separator.is_ascii_alphanumeric() || matches!(separator, b'+' | b'-' | b'.') {
            return None;
        }
        let comment = match &dialect.comments {
            Comments::None => None,
            Comments::One(comment) => Some(ascii(*comment)?),
            Comments::Several(_) => return None,
        };
        if comment.is_some_and(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'-' | b'.')) {
            return None;
        }
        let quote = match dialect.quote {
            None => None,
            Some(quote) => Some(ascii(quote)?),
        };
        if quote.is_some_and(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'-' | b'.')) {
            return None;
        }
        let is_space = dialect.delimiter.is_none();
        let mut stops = Box::new([Stop::No; 256]);
        for (byte, stop) in (0..=u8::MAX).zip(stops.iter_mut()) {
            *stop = match byte {
                byte if byte == separator || (is_space && byte == b'\t') => Stop::Separator,
                b'\n' | b'\r' => Stop::Line,
                byte if Some(byte) == comment => Stop::Odd,
                0x0b | 0x0c | 0x1c..=0x1f if is_space => Stop::Odd,
                0x80.. => Stop::Wide,
                _ => Stop::No,
            };
        }
        let ends = Ends::new(separator, comment);
        Some(Self { separator, is_space, quote, comment, ends, stops, plan })
    }

    /// Reads rows from `from` on into `out`, and says where it stopped and how many bytes of `out` they took.
    pub(crate) fn run(
        &self,
        dialect: &Dialect,
        values: &Values,
        text: &[u8],
        from: usize,
        out: &mut [u8],
        scratch: &mut Vec<u8>,
    ) -> (usize, usize) {
        match &self.plan {
            Plan::Same(Same::F64, count) => self.same_rows::<f64>(text, from, *count, out),
            Plan::Same(Same::F32, count) => self.same_rows::<f32>(text, from, *count, out),
            Plan::Same(Same::I64, count) => self.same_rows::<i64>(text, from, *count, out),
            Plan::Each { columns, steps, is_open, size } => {
                let given = Given { dialect, values, columns, is_open: *is_open };
                let (mut at, mut done) = (from, 0);
                for row in out.chunks_exact_mut(*size) {
                    let next = match self.is_space {
                        true => self.row(given, text, at, row, scratch),
                        false => self.separated(given, steps, text, at, row, scratch),
                    };
                    let Some(next) = next else { break };
                    (at, done) = (next, done + size);
                }
                (at, done)
            }
        }
    }

    fn same_rows<T: Plain>(&self, text: &[u8], from: usize, count: usize, out: &mut [u8]) -> (usize, usize) {
        if count == 0 {
            return (from, 0);
        }
        match self.is_space {
            true => rows::<T, true>(text, from, count, self.separator, out),
            false => rows::<T, false>(text, from, count, self.separator, out),
        }
    }

    /// Reads one row of fields between white space, and says what is behind it.
    fn row(
        &self,
        given: Given<'_>,
        text: &[u8],
        from: usize,
        row: &mut [u8],
        scratch: &mut Vec<u8>,
    ) -> Option<usize> {
        let mut rest = text.get(from..).filter(|rest| has_field(rest))?;
        let last = given.columns.len().checked_sub(1)?;
        rest = without_blanks(rest, true, b' ');
        let begins_with_quote = self.quote.is_some() && rest.first().copied() == self.quote;
        for (place, column) in given.columns.iter().enumerate() {
            let behind = match column {
                Some(column) => self.column(given, column, rest, row, scratch)?,
                None => self.field(rest)?.1,
            };
            let next = without_blanks(behind, true, b' ');
            if place == last {
                // Behind a row that begins with a quote a blank begins another field.
                let is_ended = !begins_with_quote || next.len() == behind.len();
                return if is_ended { self.last(given, text, next) } else { None };
            }
            if matches!(next, [] | [b'\n' | b'\r', ..]) || next.len() == behind.len() {
                return None;
            }
            rest = next;
        }
        None
    }

    /// Reads one row of fields between separators, and says what is behind it.
    fn separated(
        &self,
        given: Given<'_>,
        steps: &[Step],
        text: &[u8],
        from: usize,
        row: &mut [u8],
        scratch: &mut Vec<u8>,
    ) -> Option<usize> {
        let mut rest = text.get(from..)?;
        // A line of one empty field is not a row.
        if matches!(rest, [] | [b'\n' | b'\r' | b' ' | b'\t', ..]) && !has_field(rest) {
            return None;
        }
        for (place, (step, column)) in steps.iter().zip(given.columns).enumerate() {
            let plain = step.put(self.ends, rest, row).filter(|behind| {
                behind.first().is_some_and(|byte| *byte == self.separator || matches!(byte, b'\n' | b'\r'))
            });
            let behind = match (plain, column) {
                (Some(behind), _) => behind,
                (None, Some(column)) => self.column(given, column, rest, row, scratch)?,
                (None, None) => self.field(rest)?.1,
            };
            if place + 1 == steps.len() {
                return self.last(given, text, behind);
            }
            rest = behind.split_first().filter(|(byte, _)| **byte == self.separator)?.1;
        }
        None
    }

    /// What is behind the last field of a row.
    #[inline]
    fn last(&self, given: Given<'_>, text: &[u8], rest: &[u8]) -> Option<usize> {
        match rest {
            [b'\n', behind @ ..] => Some(text.len() - behind.len()),
            [] | [b'\r', ..] => Some(text.len() - after_line(rest)?.len()),
            _ if given.is_open => self.to_line_end(text, rest),
            _ => None,
        }
    }

    /// Makes an item of the field at the front of `rest`, and gives what is behind it.
    fn column<'t>(
        &self,
        given: Given<'_>,
        column: &Column,
        rest: &'t [u8],
        row: &mut [u8],
        scratch: &mut Vec<u8>,
    ) -> Option<&'t [u8]> {
        let number = match column.kind {
            Kind::Float(Scalar::F64) => {
                parse::float_front(rest).map(|(value, len)| (value.to_ne_bytes(), len))
            }
            Kind::Signed(8) => parse::signed_front(rest).ok().map(|(value, len)| (value.to_ne_bytes(), len)),
            _ => None,
        };
        if let Some((bytes, len)) = number {
            let behind = rest.get(len..)?;
            let stop = behind.first().map_or(Stop::Line, |byte| self.stop(*byte));
            if matches!(stop, Stop::Separator | Stop::Line)
                && !(given.values.has_marks() && given.values.is_missing(rest.get(..len)?))
            {
                row.get_mut(column.offset..)?.get_mut(..8)?.copy_from_slice(&bytes);
                return Some(behind);
            }
        }
        let (field, behind) = self.field(rest)?;
        given.values.put(given.dialect, column, field, row, scratch).ok()?;
        Some(behind)
    }

    fn stop(&self, byte: u8) -> Stop {
        self.stops.get(usize::from(byte)).copied().unwrap_or(Stop::Odd)
    }

    /// The field at the front of `rest`, without quotes, and what is behind it.
    fn field<'t>(&self, rest: &'t [u8]) -> Option<(&'t [u8], &'t [u8])> {
        if self.quote.is_some() && rest.first().copied() == self.quote {
            let inside = rest.get(1..)?;
            let len = memchr::memchr(self.quote?, inside)?;
            let field = inside.get(..len)?;
            let behind = inside.get(len + 1..)?;
            let is_end =
                behind.first().is_none_or(|byte| matches!(self.stop(*byte), Stop::Separator | Stop::Line));
            // A quote that is doubled, a line end, or text behind it.
            if !is_end || memchr::memchr2(b'\n', b'\r', field).is_some() {
                return None;
            }
            return self.checked(field).map(|field| (field, behind));
        }
        let mut is_wide = false;
        for (len, byte) in rest.iter().enumerate() {
            match self.stop(*byte) {
                Stop::No => {}
                Stop::Wide if !self.is_space => is_wide = true,
                Stop::Separator | Stop::Line => {
                    let (field, behind) = rest.split_at_checked(len)?;
                    let field = if is_wide { self.checked(field)? } else { field };
                    return Some((field, behind));
                }
                Stop::Odd | Stop::Wide => return None,
            }
        }
        self.checked(rest).map(|field| (field, &[][..]))
    }

    /// A field that is UTF-8.
    #[allow(clippy::unused_self, reason = "it belongs to the rules")]
    fn checked<'t>(&self, field: &'t [u8]) -> Option<&'t [u8]> {
        (field.is_ascii() || std::str::from_utf8(field).is_ok()).then_some(field)
    }

    /// What is behind the line of which `rest` is left, if nothing odd is in it.
    fn to_line_end(&self, text: &[u8], rest: &[u8]) -> Option<usize> {
        let len = memchr::memchr2(b'\n', b'\r', rest).unwrap_or(rest.len());
        let (left, behind) = rest.split_at_checked(len)?;
        let is_odd = self.quote.is_some_and(|quote| memchr::memchr(quote, left).is_some());
        let is_plain = !is_odd
            && left.is_ascii()
            && self.comment.is_none_or(|byte| memchr::memchr(byte, left).is_none());
        if !is_plain {
            return None;
        }
        Some(text.len() - after_line(behind)?.len())
    }
}

/// True when a row begins here: a line of one empty field is none.
fn has_field(rest: &[u8]) -> bool {
    !matches!(without_blanks(rest, true, b' '), [] | [b'\n' | b'\r', ..])
}

/// What is behind a line end; nothing is where the text ends.
fn after_line(rest: &[u8]) -> Option<&[u8]> {
    match rest {
        [] => Some(rest),
        [b'\n', behind @ ..] | [b'\r', b'\n', behind @ ..] => Some(behind),
        // A line feed may follow the text.
        [b'\r'] => None,
        [b'\r', behind @ ..] => Some(behind),
        _ => None,
    }
}

fn without_blanks(text: &[u8], is_space: bool, separator: u8) -> &[u8] {
    let mut rest = text;
    while let [byte @ (b' ' | b'\t'), behind @ ..] = rest {
        if !is_space && *byte == separator {
            break;
        }
        rest = behind;
    }
    rest
}

/// A number type whose rows are read at the speed of its parser.
trait Plain: Copy {
    /// The bytes of one.
    type Bytes: AsRef<[u8]>;
    const SIZE: usize;

    /// The number at the front of a text, and its length.
    fn front(text: &[u8]) -> Option<(Self, usize)>;

    fn bytes(self) -> Self::Bytes;
}

impl Plain for f64 {
    type Bytes = [u8; 8];
    const SIZE: usize = 8;

    #[inline]
    fn front(text: &[u8]) -> Option<(Self, usize)> {
        parse::float_front(text)
    }

    #[inline]
    fn bytes(self) -> [u8; 8] {
        self.to_ne_bytes()
    }
}

impl Plain for f32 {
    type Bytes = [u8; 4];
    const SIZE: usize = 4;

    #[inline]
    #[allow(
        clippy::cast_possible_truncation,
        reason = "NumPy rounds to a double first, and then to the nearest float"
    )]
    fn front(text: &[u8]) -> Option<(Self, usize)> {
        parse::float_front(text).map(|(value, len)| (value as Self, len))
    }

    #[inline]
    fn bytes(self) -> [u8; 4] {
        self.to_ne_bytes()
    }
}

impl Plain for i64 {
    type Bytes = [u8; 8];
    const SIZE: usize = 8;

    #[inline]
    fn front(text: &[u8]) -> Option<(Self, usize)> {
        parse::signed_front(text).ok()
    }

    #[inline]
    fn bytes(self) -> [u8; 8] {
        self.to_ne_bytes()
    }
}

/// Reads rows of `count` numbers; says where it stopped, and how many bytes they take.
fn rows<T: Plain, const SPACE: bool>(
    text: &[u8],
    from: usize,
    count: usize,
    separator: u8,
    out: &mut [u8],
) -> (usize, usize) {
    let size = count.saturating_mul(T::SIZE);
    let (mut at, mut done) = (from, 0);
    for row in out.chunks_exact_mut(size.max(1)) {
        let Some(next) = same_row::<T, SPACE>(text, at, separator, row) else { break };
        (at, done) = (next, done + size);
    }
    (at, done)
}

/// Reads a row that fills `row`, and says what is behind it.
#[inline]
fn same_row<T: Plain, const SPACE: bool>(
    text: &[u8],
    from: usize,
    separator: u8,
    row: &mut [u8],
) -> Option<usize> {
    let mut rest = text.get(from..)?;
    let mut slots = row.chunks_exact_mut(T::SIZE);
    let mut slot = slots.next()?;
    loop {
        if let [b' ' | b'\t', ..] = rest {
            rest = without_blanks(rest, SPACE, separator);
        }
        let (value, len) = T::front(rest)?;
        slot.copy_from_slice(value.bytes().as_ref());
        rest = rest.get(len..)?;
        let Some(next) = slots.next() else { break };
        slot = next;
        match rest {
            [byte, behind @ ..] if *byte == separator => rest = behind,
            [b' ' | b'\t', ..] if SPACE => rest = rest.get(1..)?,
            [b' ' | b'\t', ..] => {
                rest = without_blanks(rest, false, separator);
                rest = rest.strip_prefix(&[separator])?;
            }
            _ => return None,
        }
    }
    let behind = after_line(without_blanks(rest, SPACE, separator))?;
    Some(text.len() - behind.len())
}
