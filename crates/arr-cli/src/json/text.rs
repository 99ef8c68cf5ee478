//! Strings of UTF-32 as JSON.

use std::io::Write;
use std::ops::RangeInclusive;

use arr_io::{ByteOrder, Error};

use crate::failure::Failure;

/// The halves of pairs that stand for one character in UTF-16, and for none in UTF-32.
const SURROGATES: RangeInclusive<u32> = 0xD800..=0xDFFF;

/// Writes the string of an item, without the NULs at its end. Half a pair that stands alone, which NumPy keeps, is an escape,
/// as Python's json has it.
pub(super) fn write_text<W: Write>(out: &mut W, item: &[u8], order: ByteOrder) -> Result<(), Failure> {
    if !has_form(item, order) {
        return Err(Error::malformed("a code unit is not a Unicode character").into());
    }
    out.write_all(b"\"")?;
    let mut run = String::new();
    for unit in units(item, order) {
        match char::from_u32(unit) {
            Some(c) => run.push(c),
            None => {
                write_run(out, &run)?;
                run.clear();
                write!(out, "\\u{unit:04x}")?;
            }
        }
    }
    write_run(out, &run)?;
    Ok(out.write_all(b"\"")?)
}

/// Writes what stands between the quotes.
fn write_run<W: Write>(out: &mut W, run: &str) -> Result<(), Failure> {
    let quoted = serde_json::to_string(run)?;
    let inner = quoted.strip_prefix('"').and_then(|rest| rest.strip_suffix('"'));
    Ok(out.write_all(inner.unwrap_or_default().as_bytes())?)
}

/// True when a string has a form in JSON: no code unit is beyond Unicode, and no two halves of a pair stand together, which
/// would be read as one character.
pub(super) fn has_form(item: &[u8], order: ByteOrder) -> bool {
    let mut last = None;
    units(item, order).all(|unit| {
        let is_pair = matches!((last, unit), (Some(0xD800..=0xDBFF), 0xDC00..=0xDFFF));
        last = Some(unit);
        !is_pair && (SURROGATES.contains(&unit) || char::from_u32(unit).is_some())
    })
}

/// The code units of an item, without the NULs at its end.
fn units(item: &[u8], order: ByteOrder) -> impl Iterator<Item = u32> + '_ {
    let padding = item.rchunks_exact(4).take_while(|unit| **unit == [0; 4]).count();
    let units = item.chunks_exact(4).take((item.len() / 4).saturating_sub(padding));
    units.filter_map(move |unit| {
        let unit = unit.try_into().ok()?;
        Some(match order {
            ByteOrder::Little => u32::from_le_bytes(unit),
            ByteOrder::Big => u32::from_be_bytes(unit),
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn item(units: &[u32]) -> Vec<u8> {
        units.iter().flat_map(|unit| unit.to_be_bytes()).collect()
    }

    #[test]
    fn halves_of_pairs_that_stand_alone_are_escapes() {
        let text = |units: &[u32]| {
            let mut out = Vec::new();
            write_text(&mut out, &item(units), ByteOrder::Big).map(|()| String::from_utf8(out).unwrap()).ok()
        };
        assert_eq!(text(&[0xD805, 0]).as_deref(), Some(r#""\ud805""#));
        assert_eq!(
            text(&[0x22, 0xDC00, 0xD800, 0x1F600]).as_deref(),
            Some("\"\\\"\\udc00\\ud800\u{1f600}\"")
        );
        assert_eq!(text(&[0xD83D, 0xDE00]), None);
        assert_eq!(text(&[0x11_0000]), None);
    }
}
