//! Values of arrays as JSON, exact.

mod digits;
mod dtype;
mod graph;
mod listed;
mod lua;
mod nested;
mod objects;
mod pieces;
mod text;
mod values;

pub use self::dtype::dtype;
pub use self::graph::{Dump, check};
pub use self::listed::Listed;
pub use self::lua::LuaDump;
pub use self::nested::{Lists, check_lists, write_nested};
pub use self::objects::Objects;
pub use self::pieces::{check_blocks, each_block};
pub use self::values::Values;

use std::fmt::Write as _;
use std::io::Write;

use arr_io::format::unravel;
use arr_io::{Array, RecordType, SubArray};
use arr_io::{ByteOrder, DType, Error, NOT_A_TIME, Order, Scalar, Storage, TimeUnit};
use serde_json::{Value, to_writer};

use self::digits::{bf16_digits, f16_digits};
use self::text::{has_form, write_text};
use crate::failure::Failure;

/// How dates are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Dates {
    /// As the number of their ticks, as `arr dump` has them.
    Ticks,
    /// As a text by ISO 8601, where they have a unit.
    Iso,
}

/// Writes one item: as a number, a boolean, a string or a list.
fn write_item<W: Write>(out: &mut W, dtype: &DType, item: &[u8], dates: Dates) -> Result<(), Failure> {
    match dtype {
        DType::DateTime(unit, order) if dates == Dates::Iso => {
            match date(i64::from_le_bytes(part(item, *order)?), *unit) {
                Some(date) => Ok(to_writer(out, &date)?),
                None => write_item(out, dtype, item, Dates::Ticks),
            }
        }
        DType::Scalar(kind, order) => write_scalar(out, *kind, *order, item),
        DType::Bytes(_) | DType::Void(_) => Ok(write_hex(out, item)?),
        DType::Unicode(_, order) => write_text(out, item, *order),
        DType::DateTime(_, order) | DType::TimeDelta(_, order) => {
            match i64::from_le_bytes(part(item, *order)?) {
                NOT_A_TIME => Ok(out.write_all(b"null")?),
                ticks => Ok(to_writer(out, &ticks)?),
            }
        }
        DType::Record(record) => write_record(out, record, item, dates),
        DType::SubArray(sub) => write_sub_array(out, sub, sub.shape(), item, dates),
        other => Err(Error::unsupported(format!("items of {other} have no JSON form yet")).into()),
    }
}

fn write_scalar<W: Write>(out: &mut W, kind: Scalar, order: ByteOrder, item: &[u8]) -> Result<(), Failure> {
    macro_rules! integer {
        ($type:ty) => {
            Ok(to_writer(out, &<$type>::from_le_bytes(part(item, order)?))?)
        };
    }
    match kind {
        // Whatever is not 0 is true, as in NumPy; `arr check` tells.
        Scalar::Bool => Ok(to_writer(out, &item.iter().any(|byte| *byte != 0))?),
        Scalar::I8 => integer!(i8),
        Scalar::I16 => integer!(i16),
        Scalar::I32 => integer!(i32),
        Scalar::I64 => integer!(i64),
        Scalar::U8 => integer!(u8),
        Scalar::U16 => integer!(u16),
        Scalar::U32 => integer!(u32),
        Scalar::U64 => integer!(u64),
        Scalar::F16 => write_float(out, f16_digits(half::f16::from_le_bytes(part(item, order)?))),
        Scalar::BF16 => write_float(out, bf16_digits(half::bf16::from_le_bytes(part(item, order)?))),
        Scalar::F32 => match f32::from_le_bytes(part(item, order)?) {
            value if value.is_finite() => Ok(to_writer(out, &value)?),
            value => write_float(out, value.into()),
        },
        Scalar::F64 => write_float(out, f64::from_le_bytes(part(item, order)?)),
        Scalar::LongDouble12 | Scalar::LongDouble16 => Ok(write_hex(out, item)?),
        Scalar::Complex64 => write_complex(out, Scalar::F32, order, item),
        Scalar::Complex128 => write_complex(out, Scalar::F64, order, item),
        Scalar::ComplexLongDouble24 => write_complex(out, Scalar::LongDouble12, order, item),
        Scalar::ComplexLongDouble32 => write_complex(out, Scalar::LongDouble16, order, item),
        other => Err(Error::unsupported(format!("items of {other} have no JSON form yet")).into()),
    }
}

fn write_complex<W: Write>(out: &mut W, part: Scalar, order: ByteOrder, item: &[u8]) -> Result<(), Failure> {
    let (re, im) = item.split_at_checked(part.itemsize()).ok_or_else(lost_bytes)?;
    out.write_all(b"[")?;
    write_scalar(out, part, order, re)?;
    out.write_all(b",")?;
    write_scalar(out, part, order, im)?;
    Ok(out.write_all(b"]")?)
}

/// A float in the fewest digits that read back; JSON has no NaN and no infinities, they are strings.
fn write_float<W: Write>(out: &mut W, value: f64) -> Result<(), Failure> {
    match value {
        value if value.is_nan() => Ok(out.write_all(b"\"nan\"")?),
        f64::INFINITY => Ok(out.write_all(b"\"inf\"")?),
        f64::NEG_INFINITY => Ok(out.write_all(b"\"-inf\"")?),
        value => Ok(to_writer(out, &value)?),
    }
}

/// A float as a value, in the same way.
pub fn float(value: f64) -> Value {
    match value {
        value if value.is_nan() => "nan".into(),
        f64::INFINITY => "inf".into(),
        f64::NEG_INFINITY => "-inf".into(),
        value => value.into(),
    }
}

/// A date by ISO 8601; nothing for ticks without a unit, and for no date.
pub fn date(ticks: i64, unit: TimeUnit) -> Option<String> {
    let dtype = DType::DateTime(unit, ByteOrder::NATIVE);
    if ticks == NOT_A_TIME || unit == TimeUnit::Generic {
        return None;
    }
    let bytes = ticks.to_ne_bytes();
    Array::contiguous(dtype, &[], Order::C, &bytes[..]).ok().map(|item| item.to_string())
}

fn write_record<W: Write>(
    out: &mut W,
    record: &RecordType,
    item: &[u8],
    dates: Dates,
) -> Result<(), Failure> {
    out.write_all(b"[")?;
    for (at, field) in record.fields().iter().enumerate() {
        if at > 0 {
            out.write_all(b",")?;
        }
        let part = item.get(field.offset()..field.end()).ok_or_else(lost_bytes)?;
        write_item(out, field.dtype(), part, dates)?;
    }
    Ok(out.write_all(b"]")?)
}

fn write_sub_array<W: Write>(
    out: &mut W,
    sub: &SubArray,
    shape: &[usize],
    item: &[u8],
    dates: Dates,
) -> Result<(), Failure> {
    let Some((length, inner)) = shape.split_first() else { return write_item(out, sub.base(), item, dates) };
    let size = item.len().checked_div(*length).unwrap_or(0);
    out.write_all(b"[")?;
    for at in 0..*length {
        if at > 0 {
            out.write_all(b",")?;
        }
        let part = item.get(at * size..(at + 1) * size).ok_or_else(lost_bytes)?;
        write_sub_array(out, sub, inner, part, dates)?;
    }
    Ok(out.write_all(b"]")?)
}

/// Writes bytes as a string of hex digits.
pub fn write_hex<W: Write>(out: &mut W, bytes: &[u8]) -> std::io::Result<()> {
    out.write_all(b"\"")?;
    for piece in bytes.chunks(32) {
        let mut digits = String::new();
        for byte in piece {
            // A String takes every text.
            let _ = write!(digits, "{byte:02x}");
        }
        out.write_all(digits.as_bytes())?;
    }
    out.write_all(b"\"")
}

/// Finds invalid text before anything is written.
pub fn check_text<S: Storage>(array: &Array<S>) -> Result<(), Error> {
    if let Ok(mut texts) = array.texts() {
        return texts.find_map(Result::err).map_or(Ok(()), Err);
    }
    if !holds_text(array.dtype()) {
        return Ok(());
    }
    match array.items().position(|item| !is_text(array.dtype(), item)) {
        None => Ok(()),
        Some(at) => Err(no_text_at(&unravel(array.shape(), at))),
    }
}

fn no_text_at(index: &[usize]) -> Error {
    Error::malformed(format!("a code unit is not a Unicode character, in item {index:?}"))
}

fn holds_text(dtype: &DType) -> bool {
    match dtype {
        DType::Unicode(..) => true,
        DType::Record(record) => record.fields().iter().any(|field| holds_text(field.dtype())),
        DType::SubArray(sub) => holds_text(sub.base()),
        _ => false,
    }
}

fn is_text(dtype: &DType, item: &[u8]) -> bool {
    match dtype {
        DType::Unicode(_, order) => has_form(item, *order),
        DType::Record(record) => record.fields().iter().all(|field| {
            item.get(field.offset()..field.end()).is_some_and(|part| is_text(field.dtype(), part))
        }),
        DType::SubArray(sub) => {
            item.chunks(sub.base().itemsize().max(1)).all(|part| is_text(sub.base(), part))
        }
        _ => true,
    }
}

/// The bytes of a number, the least significant one first.
fn part<const N: usize>(item: &[u8], order: ByteOrder) -> Result<[u8; N], Error> {
    let mut bytes = <[u8; N]>::try_from(item).map_err(|_| lost_bytes())?;
    if order == ByteOrder::Big {
        bytes.reverse();
    }
    Ok(bytes)
}

#[cold]
fn lost_bytes() -> Error {
    Error::mismatch("an item has not the length that its dtype says")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn item(dtype: &str, bytes: &[u8]) -> String {
        let mut out = Vec::new();
        write_item(&mut out, &dtype.parse().unwrap(), bytes, Dates::Ticks).unwrap();
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn numbers_are_exact() {
        assert_eq!(item("<u8", &u64::MAX.to_le_bytes()), "18446744073709551615");
        assert_eq!(item(">i8", &i64::MIN.to_be_bytes()), "-9223372036854775808");
        assert_eq!(item("<f4", &0.1f32.to_le_bytes()), "0.1");
        assert_eq!(item("<f8", &(-0.0f64).to_le_bytes()), "-0.0");
        assert_eq!(item("<f8", &f64::NAN.to_le_bytes()), "\"nan\"");
        assert_eq!(item(">f4", &f32::NEG_INFINITY.to_be_bytes()), "\"-inf\"");
        assert_eq!(item("<f2", &0x2E66u16.to_le_bytes()), "0.1");
        assert_eq!(item("|b1", &[1]), "true");
        assert_eq!(item("<c8", &[0; 8]), "[0.0,0.0]");
    }

    #[test]
    fn other_kinds() {
        assert_eq!(item("|S3", b"a\0\xff"), "\"6100ff\"");
        assert_eq!(item("<U3", b"a\0\0\0\"\0\0\0\0\0\0\0"), "\"a\\\"\"");
        assert_eq!(item("<M8[s]", &NOT_A_TIME.to_le_bytes()), "null");
        assert_eq!(item("<m8[s]", &(-7i64).to_le_bytes()), "-7");
        assert_eq!(item("<f16", &[7; 16]), format!("\"{}\"", "07".repeat(16)));
        assert_eq!(item("[('a', '|u1', (2, 2)), ('b', '|b1')]", &[1, 2, 3, 4, 0]), "[[[1,2],[3,4]],false]");
    }

    #[test]
    fn text_that_is_none_is_found() {
        let bytes = [b"a\0\0\0", &0x11_0000u32.to_le_bytes()[..]].concat();
        let array = Array::contiguous("<U1".parse().unwrap(), &[1, 2], Order::C, &bytes[..]).unwrap();
        let error = check_text(&array).unwrap_err();
        assert_eq!(error.to_string(), "a code unit is not a Unicode character, in item [0, 1]");
        let bytes = [0u64.to_ne_bytes(), 33u64.to_ne_bytes()].concat();
        let array = Array::contiguous(DType::Utf8, &[1], Order::C, &bytes[..]).unwrap();
        let error = check_text(&array).unwrap_err();
        assert_eq!(error.to_string(), "row 0: a text of 33 bytes from byte 0 on is not in 16 bytes");
    }
}
