//! What Python's `str` and `repr` say of an item.

use std::fmt::Write as _;

use arr_core::format::room;
use arr_core::{Array, ByteOrder, DType, Error, Order, Result, Scalar, TimeBase, TimeUnit};

use super::scalar::{Number, bytes, cut_item, read_bool, read_f16, read_f32, read_f64};
use crate::broken::lost;
use crate::number::print;

/// Appends Python's `str` of the NumPy scalar.
///
/// # Errors
/// `Mismatch` for what is not text in a text.
pub(super) fn put_str(dtype: &DType, item: &[u8], out: &mut Vec<u8>) -> Result<()> {
    match dtype {
        DType::Scalar(Scalar::F64, order) => print::put_shortest_f64(out, read_f64(item, *order)?),
        DType::Scalar(Scalar::F32, order) => print::put_shortest_f32(out, read_f32(item, *order)?),
        DType::Scalar(Scalar::F16, order) => print::put_shortest_f16(out, read_f16(item, *order)?),
        DType::Scalar(Scalar::Bool, _) => put_bool(item, out)?,
        DType::Scalar(kind, order) => match Number::new(*kind, *order).integer(item)? {
            Some((negative, amount)) => print::put_decimal(out, negative, amount),
            None => put_shown(dtype, item, out)?,
        },
        DType::Unicode(_, order) => put_unicode(item, *order, out)?,
        DType::Bytes(_) => put_bytes(item, out),
        dtype => put_shown(dtype, item, out)?,
    }
    Ok(())
}

pub(super) fn put_bool(item: &[u8], out: &mut Vec<u8>) -> Result<()> {
    out.extend_from_slice(if read_bool(item)? { b"True" } else { b"False" });
    Ok(())
}

/// Appends what arr-core prints of a lone item, which is what NumPy prints.
pub(super) fn put_shown(dtype: &DType, item: &[u8], out: &mut Vec<u8>) -> Result<()> {
    let item = item.get(..dtype.itemsize()).ok_or_else(cut_item)?;
    let text = Array::contiguous(dtype.clone(), &[], Order::C, item)?.to_string();
    out.extend_from_slice(text.as_bytes());
    Ok(())
}

/// Appends the characters of a text without the NULs that pad it.
pub(super) fn put_unicode(item: &[u8], order: ByteOrder, out: &mut Vec<u8>) -> Result<()> {
    let len = without_padding(item).len().next_multiple_of(4);
    for unit in item.get(..len).ok_or_else(cut_item)?.chunks_exact(4) {
        let unit = u32::from_le_bytes(bytes(unit, order)?);
        match (u8::try_from(unit), char::from_u32(unit)) {
            (Ok(byte), _) if byte.is_ascii() => out.push(byte),
            (_, Some(letter)) => out.extend_from_slice(letter.encode_utf8(&mut [0; 4]).as_bytes()),
            (_, None) => return Err(Error::invalid(format!("U+{unit:04X} is not a character"))),
        }
    }
    Ok(())
}

/// A byte string without the NULs that pad it.
pub(super) fn without_padding(item: &[u8]) -> &[u8] {
    let len = item.iter().rposition(|byte| *byte != 0).map_or(0, |last| last + 1);
    item.split_at(len).0
}

/// Appends a byte string as Python shows it: `b'..'`.
fn put_bytes(item: &[u8], out: &mut Vec<u8>) {
    let item = without_padding(item);
    let quote = if item.contains(&b'\'') && !item.contains(&b'"') { b'"' } else { b'\'' };
    out.extend([b'b', quote]);
    for byte in item {
        match byte {
            b'\t' => out.extend_from_slice(b"\\t"),
            b'\n' => out.extend_from_slice(b"\\n"),
            b'\r' => out.extend_from_slice(b"\\r"),
            b'\\' => out.extend_from_slice(b"\\\\"),
            byte if *byte == quote => out.extend([b'\\', *byte]),
            b' '..=b'~' => out.push(*byte),
            // Writing to a vector does not fail.
            byte => _ = std::io::Write::write_fmt(out, format_args!("\\x{byte:02x}")),
        }
    }
    out.push(quote);
}

/// Python's `repr` of the NumPy scalar.
///
/// # Errors
/// `Unsupported` for arrays, whose form depends on more than their items; as [`put_str`].
pub(super) fn repr(dtype: &DType, item: &[u8]) -> Result<String> {
    let mut said = Vec::new();
    put_str(dtype, item, &mut said)?;
    let said = String::from_utf8(said).map_err(|error| Error::invalid("no text").with_source(error))?;
    Ok(match dtype {
        DType::Scalar(Scalar::Bool, _) => format!("np.{said}_"),
        DType::Scalar(kind, _) => {
            let name = match kind {
                Scalar::LongDouble12 | Scalar::LongDouble16 => "longdouble",
                Scalar::ComplexLongDouble24 | Scalar::ComplexLongDouble32 => "clongdouble",
                kind => kind.name(),
            };
            let quote = if name.contains("long") { "'" } else { "" };
            let said = said.strip_prefix('(').and_then(|said| said.strip_suffix(')')).unwrap_or(&said);
            format!("np.{name}({quote}{said}{quote})")
        }
        DType::Bytes(_) => format!("np.bytes_({said})"),
        DType::Unicode(..) => format!("np.str_({})", quoted(dtype, item)?),
        DType::DateTime(unit, _) => {
            // The text of a date tells its unit, but for hours.
            let is_told = matches!(unit, TimeUnit::Of(base, 1) if *base != TimeBase::Hour);
            let unit =
                if is_told && said != "NaT" { String::new() } else { format!(",'{}'", unit_name(*unit)) };
            format!("np.datetime64('{said}'{unit})")
        }
        DType::TimeDelta(unit, order) => {
            let count = match said.as_str() {
                "NaT" => "'NaT'".to_owned(),
                _ => super::scalar::read_i64(item, *order)?.to_string(),
            };
            match unit {
                TimeUnit::Generic => format!("np.timedelta64({count})"),
                unit => format!("np.timedelta64({count},'{}')", unit_name(*unit)),
            }
        }
        DType::Void(_) => format!("np.void({said})"),
        DType::Record(_) => format!("np.void({said}, dtype={dtype})"),
        dtype => return Err(Error::unsupported(format!("%r of {dtype} can't be written"))),
    })
}

/// A text in quotes: a list of it is printed so, in brackets.
fn quoted(dtype: &DType, item: &[u8]) -> Result<String> {
    let item = item.get(..dtype.itemsize()).ok_or_else(cut_item)?;
    let list = Array::contiguous(dtype.clone(), &[1], Order::C, item)?.to_string();
    let inside = list.strip_prefix('[').and_then(|list| list.strip_suffix(']'));
    Ok(inside.ok_or_else(|| lost("a list is printed without brackets"))?.to_owned())
}

/// What is in the brackets of a type string: `25s`.
fn unit_name(unit: TimeUnit) -> String {
    match unit {
        TimeUnit::Generic => "generic".to_owned(),
        TimeUnit::Of(base, 1) => base.symbol().to_owned(),
        TimeUnit::Of(base, count) => format!("{count}{}", base.symbol()),
    }
}

/// A text in ASCII, as Python's `ascii` says it.
pub(super) fn in_ascii(text: &str) -> String {
    let mut out = String::new();
    for letter in text.chars() {
        // Writing to a string does not fail.
        let _ = match u32::from(letter) {
            0..=0x7f => {
                out.push(letter);
                Ok(())
            }
            code @ 0x80..=0xff => write!(out, "\\x{code:02x}"),
            code @ 0x100..=0xffff => write!(out, "\\u{code:04x}"),
            code => write!(out, "\\U{code:08x}"),
        };
    }
    out
}

/// Python's `repr` of a text.
///
/// # Errors
/// `LimitExceeded` when memory is short.
pub(super) fn repr_of_text(text: &str) -> Result<String> {
    let mut units = room::reserved(text.len().saturating_mul(4))?;
    text.chars().for_each(|letter| units.extend_from_slice(&u32::from(letter).to_ne_bytes()));
    quoted(&DType::Unicode(units.len() / 4, ByteOrder::NATIVE), &units)
}
