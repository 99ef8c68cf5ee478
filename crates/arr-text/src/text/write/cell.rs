//! One value of a row: how it is printed.

use std::sync::Arc;

use arr_core::{ByteOrder, DType, Error, NOT_A_TIME, Result, Scalar, TimeUnit};

use super::date;
use super::quoting::Quoting;
use super::say;
use super::scalar::{Number, Whole, read_f16, read_f32, read_f64, read_i64};
use crate::delimited::java;
use crate::number::print;
use crate::number::spec::Spec;

/// What is written, and room to work in.
#[derive(Debug, Default)]
pub(super) struct Piece {
    pub(super) text: Vec<u8>,
    scratch: Vec<u8>,
}

/// How a value is printed.
#[derive(Clone, Debug)]
pub(super) enum Cell {
    /// `e f g` of a number.
    Float(Spec, Number),
    /// `d i u x o` of a number.
    Whole(Spec, Number),
    /// The same of a time whose ticks count as a number.
    Time(Spec, DType),
    /// `%s`, `%r` or `%a` of an item.
    Said(Spec, DType),
    /// `%c` of a whole number.
    Letter(Spec, Number),
    /// `%c` of a text, which has to be one letter.
    LetterOf(Spec, DType),
    /// The fewest digits that read back.
    Shortest(Number),
    /// The same of a complex number: `(1+2j)`.
    Complex(Number),
    /// A number as Java prints doubles.
    Java(Number),
    /// A whole number.
    Decimal(Number),
    /// `True` or `False`.
    Bool,
    /// A text, quoted where it has to be.
    Text(DType, Arc<Quoting>),
    /// What another one prints, quoted where it has to be.
    Quoted(Box<Cell>, Arc<Quoting>),
    /// A date by ISO 8601.
    Date(TimeUnit, ByteOrder),
    /// The number of ticks of a span of time.
    Ticks(ByteOrder),
    /// The real and the imaginary part, with a text between that may lose a plus sign at its end.
    Parts(Box<[Cell; 2]>, Glue),
}

/// A text between two values.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Glue {
    text: Vec<u8>,
    /// Whether it loses the plus sign at its end before a minus sign.
    gives_way: bool,
}

impl Glue {
    /// A text; where complex numbers are written, `+-` becomes `-`.
    pub(super) fn new(text: &str, is_complex: bool) -> Self {
        if !is_complex {
            return Self { text: text.as_bytes().to_vec(), gives_way: false };
        }
        let text = text.replace("+-", "-");
        Self { gives_way: text.ends_with('+'), text: text.into_bytes() }
    }

    pub(super) fn len(&self) -> usize {
        self.text.len()
    }

    pub(super) fn is_plain(&self) -> bool {
        self.text.is_ascii()
    }

    #[inline]
    pub(super) fn put(&self, out: &mut Vec<u8>) {
        match self.text.as_slice() {
            [] => {}
            [byte] => out.push(*byte),
            text => out.extend_from_slice(text),
        }
    }

    /// Takes the plus sign away when a minus sign has come behind it; the value begins at `start`.
    #[inline]
    pub(super) fn settle(&self, out: &mut Vec<u8>, start: usize) {
        if self.gives_way && out.get(start) == Some(&b'-') {
            out.remove(start - 1);
        }
    }
}

impl Cell {
    /// What a specification makes of items of a dtype.
    ///
    /// # Errors
    /// `Mismatch` when Python refuses it whatever the value.
    pub(super) fn new(spec: Spec, dtype: &DType) -> Result<Self> {
        let mut spec = spec;
        spec.zero &= !spec.left;
        spec.space &= !spec.plus;
        let refused = || {
            let letter = char::from(spec.conversion);
            Err(Error::mismatch(format!("%{letter} does not print items of {dtype}")))
        };
        let number = match dtype {
            DType::Scalar(kind, order) => Some(Number::new(*kind, *order)),
            // Where Python has no such time, its ticks are a number.
            DType::DateTime(_, order) | DType::TimeDelta(_, order) => Some(Number::new(Scalar::I64, *order)),
            _ => None,
        };
        let is_time = matches!(dtype, DType::DateTime(..) | DType::TimeDelta(..));
        let is_integer = matches!(dtype, DType::Scalar(kind, _) if kind.is_integer());
        let cell = match (spec.conversion, number) {
            (b's' | b'r' | b'a', _) if *dtype != DType::Object => {
                if spec.conversion != b's' {
                    check_repr(dtype)?;
                }
                Self::Said(Spec { zero: false, ..spec }, dtype.clone())
            }
            (b'c', Some(number)) if is_integer => {
                Self::Letter(Spec { zero: false, precision: None, ..spec }, number)
            }
            (b'c', None) if matches!(dtype, DType::Unicode(..) | DType::Utf8) => {
                Self::LetterOf(Spec { zero: false, precision: None, ..spec }, dtype.clone())
            }
            (b'd' | b'i' | b'u' | b'e' | b'f' | b'g' | b'E' | b'F' | b'G', Some(_)) if is_time => {
                Self::Time(spec, dtype.clone())
            }
            (b'd' | b'i' | b'u', Some(number)) if is_integer && is_bare(&spec) => Self::Decimal(number),
            (b'e' | b'f' | b'g' | b'E' | b'F' | b'G', Some(number)) => Self::Float(spec, number),
            (b'd' | b'i' | b'u', Some(number)) => Self::Whole(Spec { conversion: b'd', ..spec }, number),
            (b'x' | b'X' | b'o', Some(number)) if is_integer => Self::Whole(spec, number),
            _ => return refused(),
        };
        Ok(cell)
    }

    /// About how many bytes the value takes.
    pub(super) fn room(&self) -> usize {
        match self {
            Self::Float(spec, _) => spec.width.max(spec.precision.unwrap_or(6).saturating_add(24)),
            Self::Whole(spec, _) => spec.width.max(spec.precision.unwrap_or(0)).max(20),
            Self::Time(spec, _) => spec.width.max(spec.precision.unwrap_or(6).saturating_add(24)),
            Self::Said(spec, dtype) | Self::LetterOf(spec, dtype) => spec.width.max(dtype.itemsize().max(24)),
            Self::Letter(spec, _) => spec.width.max(4),
            Self::Shortest(_) | Self::Java(_) => 24,
            Self::Complex(_) => 52,
            Self::Decimal(_) | Self::Ticks(_) => 20,
            Self::Bool => 5,
            Self::Text(dtype, _) => dtype.itemsize().saturating_add(2),
            Self::Quoted(cell, _) => cell.room().saturating_add(2),
            Self::Date(..) => 30,
            Self::Parts(parts, glue) => {
                let [real, imaginary] = &**parts;
                real.room().saturating_add(imaginary.room()).saturating_add(glue.len())
            }
        }
    }

    /// True when all characters of the value are ASCII.
    pub(super) fn is_plain(&self) -> bool {
        match self {
            Self::Said(_, dtype) => matches!(
                dtype,
                DType::Scalar(..)
                    | DType::Bytes(_)
                    | DType::Void(_)
                    | DType::DateTime(..)
                    | DType::TimeDelta(..)
            ),
            Self::Letter(..) | Self::LetterOf(..) | Self::Text(..) => false,
            Self::Quoted(cell, _) => cell.is_plain(),
            _ => true,
        }
    }

    /// True when an empty value at the end of a row is not read back.
    pub(super) fn loses_empty_ends(&self) -> bool {
        matches!(self, Self::Text(_, quoting) if quoting.loses_empty_ends())
    }

    /// Appends the value of an item.
    ///
    /// # Errors
    /// `InvalidArgument` or `Mismatch` for a value that can't be printed so.
    pub(super) fn put(&self, item: &[u8], out: &mut Piece) -> Result<()> {
        match self {
            Self::Float(spec, number) => print::put_float(&mut out.text, spec, number.float(item)?),
            Self::Whole(spec, number) => match number.integer(item)? {
                Some((negative, amount)) => print::put_whole(&mut out.text, spec, negative, amount),
                None => put_truncated(out, spec, *number, item)?,
            },
            Self::Time(spec, dtype) => put_time(&mut out.text, spec, dtype, item)?,
            Self::Said(spec, dtype) => put_said(out, spec, dtype, item)?,
            Self::Letter(spec, number) => {
                let letter = number.integer(item)?.filter(|(negative, amount)| !negative || *amount == 0);
                let code = letter.and_then(|(_, amount)| u32::try_from(amount).ok());
                let letter = code.and_then(char::from_u32);
                let letter =
                    letter.ok_or_else(|| Error::mismatch("%c: the number is that of no character"))?;
                print::put_text(&mut out.text, spec, letter.encode_utf8(&mut [0; 4]));
            }
            Self::LetterOf(spec, dtype) => {
                out.scratch.clear();
                say::put_str(dtype, item, &mut out.scratch)?;
                let text = utf8(&out.scratch)?;
                put_letter(&mut out.text, spec, text)?;
            }
            Self::Shortest(number) => put_shortest(&mut out.text, *number, item)?,
            Self::Complex(number) => put_complex(&mut out.text, *number, item)?,
            Self::Java(number) => put_java(&mut out.text, *number, item)?,
            Self::Decimal(number) => {
                let (negative, amount) = number.whole(item)?;
                print::put_decimal(&mut out.text, negative, amount);
            }
            Self::Bool => say::put_bool(item, &mut out.text)?,
            Self::Text(dtype, quoting) => {
                let start = out.text.len();
                match dtype {
                    DType::Unicode(_, order) => say::put_unicode(item, *order, &mut out.text)?,
                    _ => put_latin1(say::without_padding(item), &mut out.text),
                }
                quoting.quote_from(&mut out.text, start)?;
            }
            Self::Quoted(cell, quoting) => {
                let start = out.text.len();
                cell.put(item, out)?;
                quoting.quote_from(&mut out.text, start)?;
            }
            Self::Date(unit, order) => date::put(&mut out.text, *unit, read_i64(item, *order)?)?,
            Self::Ticks(order) => match read_i64(item, *order)? {
                NOT_A_TIME => out.text.extend_from_slice(b"NaT"),
                ticks => print::put_decimal(&mut out.text, ticks < 0, ticks.unsigned_abs()),
            },
            Self::Parts(parts, glue) => {
                let [real, imaginary] = &**parts;
                let (first, second) = item.split_at(item.len() / 2);
                real.put(first, out)?;
                glue.put(&mut out.text);
                let start = out.text.len();
                imaginary.put(second, out)?;
                glue.settle(&mut out.text, start);
            }
        }
        Ok(())
    }

    /// Appends a text of any length.
    ///
    /// # Errors
    /// As [`put`](Self::put).
    pub(super) fn put_text(&self, text: &str, out: &mut Piece) -> Result<()> {
        match self {
            Self::Said(spec, _) if spec.conversion == b's' => print::put_text(&mut out.text, spec, text),
            Self::Said(spec, _) => {
                let said = say::repr_of_text(text)?;
                let said = if spec.conversion == b'a' { say::in_ascii(&said) } else { said };
                print::put_text(&mut out.text, spec, &said);
            }
            Self::LetterOf(spec, _) => put_letter(&mut out.text, spec, text)?,
            Self::Text(_, quoting) => {
                let start = out.text.len();
                out.text.extend_from_slice(text.as_bytes());
                quoting.quote_from(&mut out.text, start)?;
            }
            Self::Quoted(cell, quoting) => {
                let start = out.text.len();
                cell.put_text(text, out)?;
                quoting.quote_from(&mut out.text, start)?;
            }
            _ => return Err(Error::mismatch("texts are printed by %s")),
        }
        Ok(())
    }
}

/// True for a specification of nothing but its letter.
fn is_bare(spec: &Spec) -> bool {
    spec.width == 0 && spec.precision.is_none() && !spec.plus && !spec.space
}

/// Appends the ticks of a time, as Python does of those that its own dates and spans can't hold.
fn put_time(out: &mut Vec<u8>, spec: &Spec, dtype: &DType, item: &[u8]) -> Result<()> {
    let (is_counted, order) = match dtype {
        DType::DateTime(unit, order) => (date::is_beyond_python(*unit, read_i64(item, *order)?), order),
        DType::TimeDelta(unit, order) => (date::is_span_beyond_python(*unit, read_i64(item, *order)?), order),
        _ => return Err(Error::mismatch(format!("{dtype} is not a time"))),
    };
    let ticks = read_i64(item, *order)?;
    if !is_counted || ticks == NOT_A_TIME {
        return Err(Error::mismatch(format!(
            "%{} prints numbers, and this is a time",
            char::from(spec.conversion)
        )));
    }
    #[allow(clippy::cast_precision_loss, reason = "it is rounded to the nearest, as Python does")]
    match spec.conversion {
        b'd' | b'i' | b'u' => print::put_whole(out, spec, ticks < 0, ticks.unsigned_abs()),
        _ => print::put_float(out, spec, ticks as f64),
    }
    Ok(())
}

/// Looks whether there is a `repr` of items of a dtype, before there is any item.
fn check_repr(dtype: &DType) -> Result<()> {
    match dtype {
        DType::SubArray(_) => {
            Err(Error::unsupported(format!("%r and %a of {dtype} are not written: use %s")))
        }
        _ => Ok(()),
    }
}

fn utf8(text: &[u8]) -> Result<&str> {
    std::str::from_utf8(text).map_err(|error| Error::invalid("the text is not Unicode").with_source(error))
}

fn put_letter(out: &mut Vec<u8>, spec: &Spec, text: &str) -> Result<()> {
    if text.chars().count() != 1 {
        return Err(Error::mismatch(format!("%c prints one character, not {text:?}")));
    }
    print::put_text(out, spec, text);
    Ok(())
}

fn put_said(out: &mut Piece, spec: &Spec, dtype: &DType, item: &[u8]) -> Result<()> {
    match spec.conversion {
        b's' if spec.width == 0 && spec.precision.is_none() => say::put_str(dtype, item, &mut out.text),
        b's' => {
            out.scratch.clear();
            say::put_str(dtype, item, &mut out.scratch)?;
            print::put_text(&mut out.text, spec, utf8(&out.scratch)?);
            Ok(())
        }
        letter => {
            let said = say::repr(dtype, item)?;
            let said = if letter == b'a' { say::in_ascii(&said) } else { said };
            print::put_text(&mut out.text, spec, &said);
            Ok(())
        }
    }
}

/// Appends a number as Java prints doubles.
///
/// # Errors
/// `Mismatch` for a whole number that a double does not hold.
fn put_java(out: &mut Vec<u8>, number: Number, item: &[u8]) -> Result<()> {
    let value = number.float(item)?;
    if let Some((negative, amount)) = number.integer(item)? {
        // The least number with that many bits is a power of two, and the largest is none that a double holds.
        #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "it is compared")]
        if value.abs() as u128 != u128::from(amount) {
            let sign = if negative { "-" } else { "" };
            return Err(Error::mismatch(format!("a double does not hold {sign}{amount}")));
        }
    }
    java::put_double(out, value);
    Ok(())
}

/// Appends the letters of a byte string: a byte is a character, as `loadtxt` reads it.
fn put_latin1(item: &[u8], out: &mut Vec<u8>) {
    if item.is_ascii() {
        out.extend_from_slice(item);
        return;
    }
    for byte in item {
        out.extend_from_slice(char::from(*byte).encode_utf8(&mut [0; 2]).as_bytes());
    }
}

/// Appends a float for `d i u`, cut off at the point.
fn put_truncated(out: &mut Piece, spec: &Spec, number: Number, item: &[u8]) -> Result<()> {
    let value = number.float(item)?;
    let is_finite = match number.long_whole(item)? {
        Some(Whole::Small(negative, amount)) => {
            print::put_whole(&mut out.text, spec, negative, amount);
            true
        }
        Some(Whole::Large(negative, digits)) => {
            put_large(&mut out.text, spec, negative, &digits);
            true
        }
        None => print::put_truncated(&mut out.text, spec, value),
    };
    if is_finite {
        return Ok(());
    }
    let what = if value.is_nan() { "NaN" } else { "infinity" };
    Err(Error::mismatch(format!("{what} is not a whole number")))
}

/// Appends a whole number beyond 64 bits: a sign and digits, set flush in the width.
fn put_large(out: &mut Vec<u8>, spec: &Spec, negative: bool, digits: &str) {
    let sign = match (negative, spec.plus, spec.space) {
        (true, _, _) => "-",
        (false, true, _) => "+",
        (false, false, true) => " ",
        _ => "",
    };
    let zeros = spec.precision.unwrap_or(0).saturating_sub(digits.len());
    let pad = spec.width.saturating_sub(sign.len() + zeros + digits.len());
    let (before, more, behind) = match (spec.left, spec.zero) {
        (true, _) => (0, 0, pad),
        (false, true) => (0, pad, 0),
        (false, false) => (pad, 0, 0),
    };
    out.resize(out.len() + before, b' ');
    out.extend_from_slice(sign.as_bytes());
    out.resize(out.len() + more + zeros, b'0');
    out.extend_from_slice(digits.as_bytes());
    out.resize(out.len() + behind, b' ');
}

/// Appends the fewest digits that read back to the same number of its kind.
fn put_shortest(out: &mut Vec<u8>, number: Number, item: &[u8]) -> Result<()> {
    match number.kind {
        Scalar::F64 => print::put_shortest_f64(out, read_f64(item, number.order)?),
        Scalar::F32 => print::put_shortest_f32(out, read_f32(item, number.order)?),
        Scalar::F16 => print::put_shortest_f16(out, read_f16(item, number.order)?),
        kind => return say::put_shown(&DType::Scalar(kind, number.order), item, out),
    }
    Ok(())
}

/// Appends a complex number as Python shows it: without the real part where that is 0, and without `.0`.
fn put_complex(out: &mut Vec<u8>, number: Number, item: &[u8]) -> Result<()> {
    let part = number.part();
    let (first, second) = item.split_at(item.len() / 2);
    let real = part.float(first)?;
    let has_real = real != 0.0 || real.is_sign_negative() || part.kind.is_long_double();
    if has_real {
        out.push(b'(');
        put_bare(out, part, first)?;
        let start = out.len();
        put_bare(out, part, second)?;
        if out.get(start) != Some(&b'-') {
            out.insert(start, b'+');
        }
    } else {
        put_bare(out, part, second)?;
    }
    out.extend_from_slice(if has_real { b"j)" } else { b"j" });
    Ok(())
}

/// Appends the fewest digits, without `.0` behind them.
fn put_bare(out: &mut Vec<u8>, number: Number, item: &[u8]) -> Result<()> {
    put_shortest(out, number, item)?;
    if out.ends_with(b".0") {
        out.truncate(out.len() - 2);
    }
    Ok(())
}
