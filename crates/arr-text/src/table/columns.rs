//! Fields as items of a dtype.

use std::borrow::Cow;

use arr_core::format::room;
use arr_core::{DType, Error, NOT_A_TIME, Result, Scalar, TimeBase, TimeUnit, long_double};

use super::dialect::{Dialect, trimmed};
use super::numbers;
use super::times::{self, Said};
use crate::delimited::java;
use crate::genfromtxt::{long_double as long_text, python};
use crate::number::parse::{self, NotWhole};

/// What one field becomes, in the machine's byte order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// A truth value: a whole number that is not zero, or (where words count) one of the words for it.
    Bool,
    /// A whole number of so many bytes.
    Signed(usize),
    /// A whole number of so many bytes.
    Unsigned(usize),
    /// A float.
    Float(Scalar),
    /// A long double of so many bytes.
    LongDouble(usize),
    /// A complex number.
    Complex(Scalar),
    /// A complex number of two long doubles, of so many bytes together.
    LongComplex(usize),
    /// So many bytes of Latin-1.
    Bytes(usize),
    /// So many characters.
    Text(usize),
    /// A date or a time.
    Date(TimeUnit),
    /// A span of time.
    Span(TimeUnit),
}

/// Where a field goes in an item, and as what.
#[derive(Clone, Debug)]
pub(crate) struct Column {
    pub(crate) kind: Kind,
    /// Bytes from the start of the row.
    pub(crate) offset: usize,
    /// What stands for a missing value, as it is in memory.
    pub(crate) filling: Option<Box<[u8]>>,
}

/// Why a field is not a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Bad {
    /// It is not a value of that kind.
    Syntax,
    /// It is one, but too large or too small.
    Range,
    /// There is nothing, and nothing stands for it.
    Missing,
    /// It is a text with more characters than the dtype has.
    Long,
    /// It is a text with a NUL.
    Nul,
}

impl Kind {
    /// What items of a dtype are.
    pub(crate) fn of(dtype: &DType) -> Result<Self> {
        let refused = || match dtype {
            DType::Object => Error::unsupported(
                "items of |O are objects of Python, which NumPy makes of fields as texts: the dtype utf8 holds those",
            ),
            _ => Error::unsupported(format!("items of {dtype} are not read from text")),
        };
        Ok(match dtype {
            DType::Scalar(Scalar::Bool, _) => Self::Bool,
            DType::Scalar(kind, _) if kind.is_signed_integer() => Self::Signed(kind.itemsize()),
            DType::Scalar(kind, _) if kind.is_unsigned_integer() => Self::Unsigned(kind.itemsize()),
            DType::Scalar(kind @ (Scalar::F16 | Scalar::BF16 | Scalar::F32 | Scalar::F64), _) => {
                Self::Float(*kind)
            }
            DType::Scalar(kind @ (Scalar::LongDouble12 | Scalar::LongDouble16), _) => {
                Self::LongDouble(kind.itemsize())
            }
            DType::Scalar(kind @ (Scalar::Complex64 | Scalar::Complex128), _) => Self::Complex(*kind),
            DType::Scalar(kind, _) if kind.is_complex() => Self::LongComplex(kind.itemsize()),
            DType::Bytes(len) => Self::Bytes(*len),
            DType::Unicode(len, _) => Self::Text(*len),
            DType::DateTime(unit, _) => Self::Date(*unit),
            DType::TimeDelta(unit, _) => Self::Span(*unit),
            _ => return Err(refused()),
        })
    }

    /// The bytes of an item.
    pub(crate) fn size(self) -> usize {
        match self {
            Self::Bool => 1,
            Self::Signed(size) | Self::Unsigned(size) | Self::Bytes(size) => size,
            Self::LongDouble(size) | Self::LongComplex(size) => size,
            Self::Float(kind) | Self::Complex(kind) => kind.itemsize(),
            Self::Text(len) => len.saturating_mul(4),
            Self::Date(_) | Self::Span(_) => 8,
        }
    }

    /// The characters that a text of it has; nothing for what is no text.
    pub(crate) fn length(self) -> Option<usize> {
        match self {
            Self::Bytes(len) | Self::Text(len) => Some(len),
            _ => None,
        }
    }

    /// What it is called in errors.
    pub(crate) fn name(self) -> Cow<'static, str> {
        match self {
            Self::Bool => "a truth value (a whole number)".into(),
            Self::Signed(size) => format!("a whole number (int{})", size * 8).into(),
            Self::Unsigned(size) => format!("a whole number (uint{})", size * 8).into(),
            Self::Float(_) | Self::LongDouble(_) => "a number".into(),
            Self::Complex(_) | Self::LongComplex(_) => "a complex number".into(),
            Self::Bytes(_) => "text in Latin-1".into(),
            Self::Text(_) => "text".into(),
            Self::Date(unit) => format!("a date (datetime64{unit})").into(),
            Self::Span(unit) => format!("a number of ticks (timedelta64{unit})").into(),
        }
    }
}

/// The columns that a dtype takes: one, or those of its fields one after another.
///
/// # Errors
/// `Unsupported` for what is not read from text, `LimitExceeded` when there are more than `most`.
pub(crate) fn columns_of(dtype: &DType, most: usize) -> Result<Vec<Column>> {
    let mut columns = Vec::new();
    add_columns(dtype, 0, most, &mut columns)?;
    Ok(columns)
}

/// The place of a column among so many, which is counted from behind where it is negative; `None` when there is none.
pub(crate) fn picked(pick: i64, count: usize) -> Option<usize> {
    let place = if pick < 0 { pick.checked_add(i64::try_from(count).ok()?)? } else { pick };
    usize::try_from(place).ok().filter(|place| *place < count)
}

fn add_columns(dtype: &DType, offset: usize, most: usize, to: &mut Vec<Column>) -> Result<()> {
    match dtype {
        DType::Record(record) => {
            for field in record.fields() {
                add_columns(field.dtype(), offset.saturating_add(field.offset()), most, to)?;
            }
            Ok(())
        }
        DType::SubArray(sub) => {
            let count: usize = sub.shape().iter().product();
            let size = sub.base().itemsize();
            (0..count).try_for_each(|place| {
                add_columns(sub.base(), offset.saturating_add(place.saturating_mul(size)), most, to)
            })
        }
        other if to.len() >= most => {
            let message = format!("the dtype has more than {most} columns ({other} and others)");
            Err(Error::limit(message))
        }
        other => room::push(to, Column { kind: Kind::of(other)?, offset, filling: None }),
    }
}

/// How fields become values, besides what the column says.
#[derive(Clone, Debug)]
pub(crate) struct Values {
    /// Numbers are as Python writes them.
    pub(crate) is_plain: bool,
    /// Words are truth values.
    pub(crate) has_words: bool,
    /// What stands for a missing value, beside nothing at all; `None` where missing values are errors.
    pub(crate) missing: Option<Vec<Vec<u8>>>,
    /// Texts that would lose characters are errors.
    pub(crate) is_strict: bool,
}

/// True for blanks in a column of texts: they are a text.
fn is_blank_text(kind: Kind, field: &[u8]) -> bool {
    matches!(kind, Kind::Bytes(_) | Kind::Text(_)) && !field.is_empty() && trimmed(field).is_empty()
}

impl Values {
    /// True when a field has no value.
    pub(crate) fn is_missing(&self, field: &[u8]) -> bool {
        let Some(marks) = &self.missing else { return false };
        let field = trimmed(field);
        field.is_empty() || marks.iter().any(|mark| mark == field)
    }

    /// True when some texts stand for missing values.
    pub(crate) fn has_marks(&self) -> bool {
        self.missing.as_ref().is_some_and(|marks| !marks.is_empty())
    }

    /// Makes an item of a field.
    pub(crate) fn put(
        &self,
        dialect: &Dialect,
        column: &Column,
        field: &[u8],
        row: &mut [u8],
        scratch: &mut Vec<u8>,
    ) -> Result<(), Bad> {
        let end = column.offset.saturating_add(column.kind.size());
        let item = row.get_mut(column.offset..end).ok_or(Bad::Range)?;
        if self.is_missing(field) && !is_blank_text(column.kind, field) {
            return self.put_missing(column, item);
        }
        let is_number = !matches!(column.kind, Kind::Bytes(_) | Kind::Text(_) | Kind::Date(_));
        if let Kind::Float(kind) = column.kind {
            if dialect.is_java {
                return put_java(kind, field, item);
            }
        }
        if self.is_plain || !is_number {
            return self.convert(column.kind, field, item);
        }
        let plain = numbers::plain(dialect, field, scratch).ok_or(Bad::Syntax)?;
        self.convert(column.kind, plain, item)
    }

    /// Makes an item of nothing.
    pub(crate) fn fill(&self, column: &Column, row: &mut [u8]) -> Result<(), Bad> {
        let end = column.offset.saturating_add(column.kind.size());
        self.put_missing(column, row.get_mut(column.offset..end).ok_or(Bad::Range)?)
    }

    fn put_missing(&self, column: &Column, item: &mut [u8]) -> Result<(), Bad> {
        match (&column.filling, column.kind) {
            (Some(filling), _) => put(item, filling),
            (None, Kind::Float(kind)) => put_float(kind, f64::NAN, item),
            (None, Kind::LongDouble(_)) => put_long_double(b"nan", item),
            (None, Kind::Complex(kind)) => put_complex(kind, (f64::NAN, 0.0), item),
            (None, Kind::LongComplex(_)) => put_long_complex((f64::NAN, 0.0), item),
            (None, Kind::Date(_) | Kind::Span(_)) => put(item, &NOT_A_TIME.to_ne_bytes()),
            (None, Kind::Bytes(_) | Kind::Text(_)) => {
                item.fill(0);
                Ok(())
            }
            (None, Kind::Bool | Kind::Signed(_) | Kind::Unsigned(_)) => Err(Bad::Missing),
        }
    }

    fn convert(&self, kind: Kind, field: &[u8], item: &mut [u8]) -> Result<(), Bad> {
        let whole = |error| match error {
            NotWhole::Syntax => Bad::Syntax,
            NotWhole::Range => Bad::Range,
        };
        match kind {
            Kind::Bool => {
                let field = trimmed(field);
                let is_true = match word(field).filter(|_| self.has_words) {
                    Some(is_true) => is_true,
                    None => parse::signed(field).map_err(whole)? != 0,
                };
                put(item, &[u8::from(is_true)])
            }
            Kind::Signed(size) => put_signed(size, parse::signed(trimmed(field)).map_err(whole)?, item),
            Kind::Unsigned(size) => put_unsigned(size, parse::unsigned(trimmed(field)).map_err(whole)?, item),
            Kind::Float(Scalar::F16) => {
                put_float(Scalar::F16, numbers::python_float(trimmed(field)).ok_or(Bad::Syntax)?, item)
            }
            Kind::Float(kind) => put_float(kind, parse::float(trimmed(field)).ok_or(Bad::Syntax)?, item),
            Kind::LongDouble(_) => put_long_double(field, item),
            Kind::Complex(kind) => put_complex(kind, numbers::complex(field).ok_or(Bad::Syntax)?, item),
            Kind::LongComplex(_) => {
                let text = std::str::from_utf8(field).map_err(|_| Bad::Syntax)?;
                let parts = python::complex(text).ok_or(Bad::Syntax)?;
                if self.has_words && put_long_parts(text, item).is_ok() {
                    return Ok(());
                }
                put_long_complex(parts, item)
            }
            Kind::Bytes(most) => {
                self.check_text(field, most)?;
                put_bytes(field, item)
            }
            Kind::Text(most) => {
                self.check_text(field, most)?;
                put_text(field, item)
            }
            Kind::Date(TimeUnit::Of(TimeBase::Day, 1)) if field.len() == 10 => {
                let moment = || match times::parse(field) {
                    Some(Said::Moment(moment)) => moment.ticks(TimeUnit::Of(TimeBase::Day, 1)),
                    _ => None,
                };
                put(item, &times::day(field).or_else(moment).ok_or(Bad::Syntax)?.to_ne_bytes())
            }
            Kind::Date(unit) => match times::parse(field).ok_or(Bad::Syntax)? {
                Said::Nothing => put(item, &NOT_A_TIME.to_ne_bytes()),
                Said::Moment(_) if unit == TimeUnit::Generic => Err(Bad::Syntax),
                Said::Moment(moment) => put(item, &moment.ticks(unit).ok_or(Bad::Range)?.to_ne_bytes()),
            },
            Kind::Span(_) => put(item, &times::span(field).ok_or(Bad::Syntax)?.to_ne_bytes()),
        }
    }
}

impl Values {
    /// Refuses a text that would lose characters, where that is an error.
    fn check_text(&self, field: &[u8], most: usize) -> Result<(), Bad> {
        if !self.is_strict {
            return Ok(());
        }
        if memchr::memchr(0, field).is_some() {
            return Err(Bad::Nul);
        }
        let is_long = field.len() > most && chars(field) > most;
        if is_long { Err(Bad::Long) } else { Ok(()) }
    }
}

/// The characters of UTF-8.
pub(crate) fn chars(field: &[u8]) -> usize {
    match field.is_ascii() {
        true => field.len(),
        // Every character has one byte that does not go on with one.
        false => field.iter().filter(|byte| **byte & 0xc0 != 0x80).count(),
    }
}

/// The truth value that a word stands for.
pub(crate) fn word(field: &[u8]) -> Option<bool> {
    if !matches!(field.len(), 4 | 5) || !matches!(field.first(), Some(b'T' | b't' | b'F' | b'f')) {
        return None;
    }
    match field {
        b"True" | b"true" | b"TRUE" => Some(true),
        b"False" | b"false" | b"FALSE" => Some(false),
        _ => None,
    }
}

/// True for the words that NumPy reads as the time at which it reads them.
pub(crate) fn is_by_the_clock(field: &[u8]) -> bool {
    field.eq_ignore_ascii_case(b"today") || field.eq_ignore_ascii_case(b"now")
}

fn put(item: &mut [u8], bytes: &[u8]) -> Result<(), Bad> {
    if item.len() != bytes.len() {
        return Err(Bad::Range);
    }
    item.copy_from_slice(bytes);
    Ok(())
}

fn put_signed(size: usize, value: i64, item: &mut [u8]) -> Result<(), Bad> {
    let range = |_| Bad::Range;
    match size {
        1 => put(item, &i8::try_from(value).map_err(range)?.to_ne_bytes()),
        2 => put(item, &i16::try_from(value).map_err(range)?.to_ne_bytes()),
        4 => put(item, &i32::try_from(value).map_err(range)?.to_ne_bytes()),
        _ => put(item, &value.to_ne_bytes()),
    }
}

fn put_unsigned(size: usize, value: u64, item: &mut [u8]) -> Result<(), Bad> {
    let range = |_| Bad::Range;
    match size {
        1 => put(item, &u8::try_from(value).map_err(range)?.to_ne_bytes()),
        2 => put(item, &u16::try_from(value).map_err(range)?.to_ne_bytes()),
        4 => put(item, &u32::try_from(value).map_err(range)?.to_ne_bytes()),
        _ => put(item, &value.to_ne_bytes()),
    }
}

/// NumPy rounds to a double first.
#[allow(clippy::cast_possible_truncation, reason = "the nearest float is wanted")]
fn put_float(kind: Scalar, value: f64, item: &mut [u8]) -> Result<(), Bad> {
    match kind {
        Scalar::F16 => put(item, &numbers::half_bits(value).to_ne_bytes()),
        Scalar::BF16 => put(item, &brain_bits(value as f32).to_ne_bytes()),
        Scalar::F32 => put(item, &(value as f32).to_ne_bytes()),
        _ => put(item, &value.to_ne_bytes()),
    }
}

/// Java rounds singles once.
fn put_java(kind: Scalar, field: &[u8], item: &mut [u8]) -> Result<(), Bad> {
    match kind {
        Scalar::F32 => put(item, &java::single(field).ok_or(Bad::Syntax)?.to_ne_bytes()),
        kind => put_float(kind, java::double(field).ok_or(Bad::Syntax)?, item),
    }
}

/// What NumPy leaves behind the ten bytes of the number is zero here.
fn put_long_double(field: &[u8], item: &mut [u8]) -> Result<(), Bad> {
    let text = std::str::from_utf8(field).map_err(|_| Bad::Syntax)?;
    let number = long_text::parse(text).ok_or(Bad::Syntax)?;
    let (front, back) = item.split_first_chunk_mut().ok_or(Bad::Range)?;
    *front = number;
    back.fill(0);
    Ok(())
}

/// The parts of a complex number with all their digits, as `1+2j` or `(1+2j)`.
fn put_long_parts(text: &str, item: &mut [u8]) -> Result<(), Bad> {
    let text = text.trim().trim_start_matches('(').trim_end_matches(')');
    let (text, is_real) = match text.strip_suffix(['j', 'J']) {
        Some(text) => (text, false),
        None => (text, true),
    };
    let is_sign = |place: usize| {
        let before = text.as_bytes().get(place.wrapping_sub(1));
        before.is_some_and(|before| !matches!(before, b'e' | b'E'))
    };
    let between = text.rmatch_indices(['+', '-']).find(|(place, _)| is_sign(*place));
    let (real, imaginary) = match between.filter(|_| !is_real) {
        Some((place, _)) => text.split_at_checked(place).ok_or(Bad::Syntax)?,
        None if is_real => (text, "0"),
        None => ("0", text),
    };
    let (first, second) = item.split_at_mut_checked(item.len() / 2).ok_or(Bad::Range)?;
    put_long_double(real.as_bytes(), first)?;
    put_long_double(imaginary.as_bytes(), second)
}

/// NumPy reads the parts as doubles: by Python's `complex`.
fn put_long_complex((real, imaginary): (f64, f64), item: &mut [u8]) -> Result<(), Bad> {
    let (first, second) = item.split_at_mut_checked(item.len() / 2).ok_or(Bad::Range)?;
    for (value, part) in [(real, first), (imaginary, second)] {
        let (front, back) = part.split_first_chunk_mut().ok_or(Bad::Range)?;
        *front = long_double::x87_from_f64(value);
        back.fill(0);
    }
    Ok(())
}

/// The bits of the nearest bfloat16.
#[allow(clippy::cast_possible_truncation, reason = "the upper half of the bits")]
fn brain_bits(value: f32) -> u16 {
    let bits = value.to_bits();
    if value.is_nan() {
        return (bits >> 16) as u16 | 0x40;
    }
    let up = 0x7fff + ((bits >> 16) & 1);
    (bits.wrapping_add(up) >> 16) as u16
}

fn put_complex(kind: Scalar, (real, imaginary): (f64, f64), item: &mut [u8]) -> Result<(), Bad> {
    let part = if kind == Scalar::Complex64 { Scalar::F32 } else { Scalar::F64 };
    let (first, second) = item.split_at_mut_checked(part.itemsize()).ok_or(Bad::Range)?;
    put_float(part, real, first)?;
    put_float(part, imaginary, second)
}

fn put_bytes(field: &[u8], item: &mut [u8]) -> Result<(), Bad> {
    if field.is_ascii() {
        let len = field.len().min(item.len());
        let (front, back) = item.split_at_mut(len);
        front.copy_from_slice(field.get(..len).unwrap_or_default());
        back.fill(0);
        return Ok(());
    }
    let text = std::str::from_utf8(field).map_err(|_| Bad::Syntax)?;
    let mut letters = text.chars();
    for slot in item {
        *slot = match letters.next() {
            Some(c) => u8::try_from(u32::from(c)).map_err(|_| Bad::Syntax)?,
            None => 0,
        };
    }
    Ok(())
}

fn put_text(field: &[u8], item: &mut [u8]) -> Result<(), Bad> {
    let mut slots = item.chunks_exact_mut(4);
    if field.is_ascii() {
        for (byte, slot) in field.iter().zip(&mut slots) {
            slot.copy_from_slice(&u32::from(*byte).to_ne_bytes());
        }
    } else {
        let text = std::str::from_utf8(field).map_err(|_| Bad::Syntax)?;
        for (c, slot) in text.chars().zip(&mut slots) {
            slot.copy_from_slice(&u32::from(c).to_ne_bytes());
        }
    }
    slots.for_each(|slot| slot.fill(0));
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn item(kind: Kind, field: &str) -> Result<Vec<u8>, Bad> {
        let values = Values { is_plain: true, has_words: false, missing: None, is_strict: false };
        let column = Column { kind, offset: 0, filling: None };
        let mut row = vec![9; kind.size()];
        values.put(&Dialect::text(), &column, field.as_bytes(), &mut row, &mut Vec::new())?;
        Ok(row)
    }

    #[test]
    fn whole_numbers_are_strict() {
        assert_eq!(item(Kind::Signed(1), " -128\u{a0}"), Ok(vec![128]));
        assert_eq!(item(Kind::Unsigned(2), "+65535"), Ok(vec![255, 255]));
        for bad in ["1.0", "1e3", "1_0", "", "- 1", "0x1", "1 2", "+-1"] {
            assert_eq!(item(Kind::Signed(8), bad), Err(Bad::Syntax), "{bad}");
        }
        assert_eq!(item(Kind::Unsigned(8), "-1"), Err(Bad::Syntax));
        assert_eq!(item(Kind::Signed(1), "128"), Err(Bad::Range));
        assert_eq!(item(Kind::Unsigned(8), "18446744073709551616"), Err(Bad::Range));
        assert_eq!(item(Kind::Bool, "-3"), Ok(vec![1]));
        assert_eq!(item(Kind::Bool, "True"), Err(Bad::Syntax));
    }

    #[test]
    fn floats_are_cast_from_doubles() {
        assert_eq!(item(Kind::Float(Scalar::F32), "1e400"), Ok(f32::INFINITY.to_ne_bytes().to_vec()));
        // 1 + 2^-24 + 2^-60 as a double is 1 + 2^-24, whose nearest float is 1.
        let text = "1.00000005960464477626";
        assert_eq!(item(Kind::Float(Scalar::F32), text), Ok(1f32.to_ne_bytes().to_vec()));
        assert_eq!(item(Kind::Float(Scalar::F64), " .5 "), Ok(0.5f64.to_ne_bytes().to_vec()));
        for bad in ["", "1_0", "0x1p3", "1.5x", "1 2", "é"] {
            assert_eq!(item(Kind::Float(Scalar::F64), bad), Err(Bad::Syntax), "{bad}");
        }
    }

    #[test]
    fn texts_are_cut_and_padded() {
        assert_eq!(item(Kind::Bytes(3), "aé"), Ok(vec![b'a', 0xe9, 0]));
        assert_eq!(item(Kind::Bytes(1), "aé€"), Ok(vec![b'a']));
        assert_eq!(item(Kind::Bytes(3), "aé€"), Err(Bad::Syntax));
        let units = |text: &str| text.chars().flat_map(|c| u32::from(c).to_ne_bytes()).collect::<Vec<_>>();
        assert_eq!(item(Kind::Text(2), "€é!"), Ok(units("€é")));
        assert_eq!(item(Kind::Text(3), "ab"), Ok(units("ab\0")));
    }

    #[test]
    fn records_are_flattened() {
        let dtype: DType = "[('a', '<i2'), ('b', [('c', '<f4'), ('d', 'S3')], (2,))]".parse().unwrap();
        let columns = columns_of(&dtype, 100).unwrap();
        let found: Vec<_> = columns.iter().map(|column| (column.kind, column.offset)).collect();
        let (float, bytes) = (Kind::Float(Scalar::F32), Kind::Bytes(3));
        assert_eq!(found, [(Kind::Signed(2), 0), (float, 2), (bytes, 6), (float, 9), (bytes, 13)]);
        assert!(columns_of(&dtype, 4).is_err());
        assert!(columns_of(&DType::Object, 4).is_err());
    }
}
