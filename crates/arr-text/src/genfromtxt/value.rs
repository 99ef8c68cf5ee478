//! Values that stand in for missing ones, put into items as NumPy assigns a Python object.

use arr_core::{ByteOrder, DType, Scalar, TimeUnit, long_double};

use super::long_double as parse_long;
use super::python::{self, Fault};
use crate::number::print;
use crate::table::numbers;
use crate::table::times::{self, Said};

/// What is read in place of a missing value: a value of Python.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum Filling {
    /// `True` or `False`.
    Bool(bool),
    /// A whole number.
    Int(i64),
    /// A float.
    Float(f64),
    /// A complex number: real and imaginary part.
    Complex(f64, f64),
    /// A text, which is converted as Python converts it.
    Text(String),
    /// `None`, which NumPy makes nan in floats and an error in whole numbers.
    None,
}

impl From<bool> for Filling {
    fn from(value: bool) -> Self {
        Self::Bool(value)
    }
}

impl From<i64> for Filling {
    fn from(value: i64) -> Self {
        Self::Int(value)
    }
}

impl From<i32> for Filling {
    fn from(value: i32) -> Self {
        Self::Int(value.into())
    }
}

impl From<f64> for Filling {
    fn from(value: f64) -> Self {
        Self::Float(value)
    }
}

impl From<&str> for Filling {
    fn from(value: &str) -> Self {
        Self::Text(value.to_owned())
    }
}

impl Filling {
    /// Python's `str(value)`.
    pub(super) fn text(&self) -> String {
        let shortest = |value: f64| {
            let mut text = Vec::new();
            print::put_shortest_f64(&mut text, value);
            String::from_utf8_lossy(&text).into_owned()
        };
        // Parts of complex numbers have no `.0`.
        let part = |value: f64| shortest(value).trim_end_matches(".0").to_owned();
        match self {
            Self::Bool(true) => "True".into(),
            Self::Bool(false) => "False".into(),
            Self::Int(value) => value.to_string(),
            Self::Float(value) => shortest(*value),
            Self::Complex(re, im) if *re == 0.0 && re.is_sign_positive() => format!("{}j", part(*im)),
            Self::Complex(re, im) => {
                let sign = if im.is_sign_negative() && !im.is_nan() { "" } else { "+" };
                format!("({}{sign}{}j)", part(*re), part(*im))
            }
            Self::Text(text) => text.clone(),
            Self::None => "None".into(),
        }
    }
}

/// That a value does not fit an item.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Misfit;

impl From<Fault> for Misfit {
    fn from(_: Fault) -> Self {
        Self
    }
}

/// Puts bytes into an item: `le` in the byte order of the item.
fn put_bytes(le: &[u8], order: ByteOrder, out: &mut [u8]) -> Result<(), Misfit> {
    let out = out.get_mut(..le.len()).ok_or(Misfit)?;
    out.copy_from_slice(le);
    if order == ByteOrder::Big {
        out.reverse();
    }
    Ok(())
}

/// Puts a whole number into an item.
pub(super) fn put_whole(value: i128, kind: Scalar, order: ByteOrder, out: &mut [u8]) -> Result<(), Misfit> {
    fn fit<T: TryFrom<i128>>(value: i128) -> Result<T, Misfit> {
        T::try_from(value).map_err(|_| Misfit)
    }
    match kind {
        Scalar::I8 => put_bytes(&fit::<i8>(value)?.to_le_bytes(), order, out),
        Scalar::I16 => put_bytes(&fit::<i16>(value)?.to_le_bytes(), order, out),
        Scalar::I32 => put_bytes(&fit::<i32>(value)?.to_le_bytes(), order, out),
        Scalar::I64 => put_bytes(&fit::<i64>(value)?.to_le_bytes(), order, out),
        Scalar::U8 => put_bytes(&fit::<u8>(value)?.to_le_bytes(), order, out),
        Scalar::U16 => put_bytes(&fit::<u16>(value)?.to_le_bytes(), order, out),
        Scalar::U32 => put_bytes(&fit::<u32>(value)?.to_le_bytes(), order, out),
        Scalar::U64 => put_bytes(&fit::<u64>(value)?.to_le_bytes(), order, out),
        _ => Err(Misfit),
    }
}

/// Puts a double into an item that is a float, rounded once.
#[allow(clippy::cast_possible_truncation, reason = "it is rounded, as in C")]
pub(super) fn put_float(value: f64, kind: Scalar, order: ByteOrder, out: &mut [u8]) -> Result<(), Misfit> {
    match kind {
        Scalar::F64 => put_bytes(&value.to_le_bytes(), order, out),
        Scalar::F32 => put_bytes(&(value as f32).to_le_bytes(), order, out),
        Scalar::F16 => put_bytes(&numbers::half_bits(value).to_le_bytes(), order, out),
        Scalar::LongDouble12 | Scalar::LongDouble16 => {
            put_long(&long_double::x87_from_f64(value), kind, order, out)
        }
        _ => Err(Misfit),
    }
}

/// Puts an x87 number into an item.
pub(super) fn put_long(
    value: &[u8; 10],
    kind: Scalar,
    order: ByteOrder,
    out: &mut [u8],
) -> Result<(), Misfit> {
    let mut item = [0; 16];
    let size = kind.swap_unit();
    item.get_mut(..10).ok_or(Misfit)?.copy_from_slice(value);
    put_bytes(item.get(..size).ok_or(Misfit)?, order, out)
}

/// Puts a complex number into an item.
pub(super) fn put_complex(
    (re, im): (f64, f64),
    kind: Scalar,
    order: ByteOrder,
    out: &mut [u8],
) -> Result<(), Misfit> {
    let part = match kind {
        Scalar::Complex64 => Scalar::F32,
        Scalar::Complex128 => Scalar::F64,
        Scalar::ComplexLongDouble24 => Scalar::LongDouble12,
        Scalar::ComplexLongDouble32 => Scalar::LongDouble16,
        _ => return Err(Misfit),
    };
    let (first, second) = out.split_at_mut_checked(part.itemsize()).ok_or(Misfit)?;
    put_float(re, part, order, first)?;
    put_float(im, part, order, second)
}

/// Puts text into `U`, cut where it is too long.
pub(super) fn put_unicode(text: &str, order: ByteOrder, out: &mut [u8]) -> Result<(), Misfit> {
    let mut letters = text.chars();
    for unit in out.chunks_exact_mut(4) {
        let code = letters.next().map_or(0, u32::from);
        unit.copy_from_slice(&if order == ByteOrder::Big { code.to_be_bytes() } else { code.to_le_bytes() });
    }
    Ok(())
}

/// Puts the characters of a text, each a byte, into `S` or `V`, cut where it is too long.
pub(super) fn put_latin1(text: &str, out: &mut [u8]) -> Result<(), Misfit> {
    if text.is_ascii() {
        let len = text.len().min(out.len());
        let (front, back) = out.split_at_mut_checked(len).ok_or(Misfit)?;
        front.copy_from_slice(text.as_bytes().get(..len).ok_or(Misfit)?);
        back.fill(0);
        return Ok(());
    }
    let mut letters = text.chars();
    for byte in out {
        *byte = letters.next().map_or(Ok(0), |letter| u8::try_from(u32::from(letter)).map_err(|_| Misfit))?;
    }
    Ok(())
}

/// Puts a value into an item as `item[...] = value` does in Python.
pub(super) fn store(value: &Filling, dtype: &DType, out: &mut [u8]) -> Result<(), Misfit> {
    match dtype {
        DType::Scalar(Scalar::Bool, _) => {
            let truth = match value {
                Filling::Bool(value) => *value,
                Filling::Int(value) => *value != 0,
                Filling::Float(value) => *value != 0.0,
                Filling::Complex(re, im) => *re != 0.0 || *im != 0.0,
                Filling::Text(text) => !text.is_empty(),
                Filling::None => false,
            };
            put_bytes(&[truth.into()], ByteOrder::Little, out)
        }
        DType::Scalar(kind, order) if kind.is_integer() => put_whole(as_whole(value)?, *kind, *order, out),
        DType::Scalar(kind, order) if kind.is_complex() => {
            put_complex(as_complex(value)?, *kind, *order, out)
        }
        DType::Scalar(kind, order) if kind.is_long_double() => match value {
            Filling::Int(value) => put_long(&long_double::x87_from_i64(*value), *kind, *order, out),
            Filling::Text(text) => put_long(&parse_long::parse(text).ok_or(Misfit)?, *kind, *order, out),
            _ => put_float(as_float(value)?, *kind, *order, out),
        },
        DType::Scalar(kind, order) => put_float(as_float(value)?, *kind, *order, out),
        DType::TimeDelta(_, order) => match value {
            Filling::None => put_whole(arr_core::NOT_A_TIME.into(), Scalar::I64, *order, out),
            Filling::Text(text) => {
                let ticks = times::span(text.as_bytes()).ok_or(Misfit)?;
                put_whole(ticks.into(), Scalar::I64, *order, out)
            }
            Filling::Int(value) => put_whole((*value).into(), Scalar::I64, *order, out),
            Filling::Bool(value) => put_whole((*value).into(), Scalar::I64, *order, out),
            Filling::Float(_) | Filling::Complex(..) => Err(Misfit),
        },
        DType::DateTime(unit, order) => match value {
            Filling::None => put_whole(arr_core::NOT_A_TIME.into(), Scalar::I64, *order, out),
            Filling::Text(text) => put_whole(date(text, *unit)?.into(), Scalar::I64, *order, out),
            Filling::Int(value) if *unit != TimeUnit::Generic => {
                put_whole((*value).into(), Scalar::I64, *order, out)
            }
            _ => Err(Misfit),
        },
        DType::Unicode(_, order) => put_unicode(&value.text(), *order, out),
        DType::Bytes(_) => {
            let text = value.text();
            if text.is_ascii() { put_latin1(&text, out) } else { Err(Misfit) }
        }
        _ => Err(Misfit),
    }
}

/// The ticks of a date.
fn date(text: &str, unit: TimeUnit) -> Result<i64, Misfit> {
    match times::parse(text.as_bytes()).ok_or(Misfit)? {
        Said::Nothing => Ok(arr_core::NOT_A_TIME),
        Said::Moment(moment) => moment.ticks(unit).ok_or(Misfit),
    }
}

fn as_whole(value: &Filling) -> Result<i128, Misfit> {
    match value {
        Filling::Bool(value) => Ok((*value).into()),
        Filling::Int(value) => Ok((*value).into()),
        Filling::Float(value) => Ok(python::truncate(*value)?),
        Filling::Text(text) => Ok(python::whole(text)?),
        Filling::Complex(..) | Filling::None => Err(Misfit),
    }
}

#[allow(clippy::cast_precision_loss, reason = "it is rounded, as in Python")]
fn as_float(value: &Filling) -> Result<f64, Misfit> {
    match value {
        Filling::Bool(value) => Ok(f64::from(u8::from(*value))),
        Filling::Int(value) => Ok(*value as f64),
        Filling::Float(value) => Ok(*value),
        Filling::Text(text) => python::float(text).ok_or(Misfit),
        Filling::Complex(..) => Err(Misfit),
        Filling::None => Ok(f64::NAN),
    }
}

fn as_complex(value: &Filling) -> Result<(f64, f64), Misfit> {
    match value {
        Filling::Complex(re, im) => Ok((*re, *im)),
        Filling::Text(text) => python::complex(text).ok_or(Misfit),
        Filling::None => Ok((f64::NAN, f64::NAN)),
        _ => Ok((as_float(value)?, 0.0)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_put_as_python_does() {
        let mut item = [0u8; 8];
        let mut store = |value: Filling, dtype: &str| {
            let dtype: DType = dtype.parse().unwrap();
            store(&value, &dtype, &mut item[..dtype.itemsize()]).map(|()| item)
        };
        assert_eq!(store(Filling::Float(-1.5), "<i2").unwrap()[..2], [0xFF, 0xFF]);
        assert_eq!(store(Filling::Text("7".into()), ">u4").unwrap()[..4], [0, 0, 0, 7]);
        assert_eq!(store(Filling::Bool(true), "<f8").unwrap(), 1f64.to_le_bytes());
        assert_eq!(store(Filling::None, "S4").unwrap()[..4], *b"None");
        for (value, dtype) in [
            (Filling::Int(300), "i1"),
            (Filling::Int(-1), "u8"),
            (Filling::Float(f64::NAN), "i8"),
            (Filling::Complex(0.0, 1.0), "f8"),
            (Filling::Text("x".into()), "f8"),
            (Filling::None, "i8"),
        ] {
            assert!(store(value.clone(), dtype).is_err(), "{value:?} {dtype}");
        }
        assert_eq!(Filling::Complex(0.0, 1.0).text(), "1j");
        assert_eq!(Filling::Complex(1.0, -2.5).text(), "(1-2.5j)");
    }
}
