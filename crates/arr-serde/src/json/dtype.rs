//! Dtypes in documents: the names and type strings of NumPy, its lists as text or as lists of JSON.

use arr_core::{ByteOrder, DType, Result};

use super::cells::{Cell, Cells, Item};
use super::text;

/// Records inside of records are read down to this depth.
const DEEPEST: usize = 16;

/// The dtype that a value names, or nothing if it names none that has bytes. Where the name tells no byte order, it is
/// `order`.
///
/// # Errors
/// As [`text::read`].
pub(super) fn of(cells: &Cells, cell: Cell, order: ByteOrder, all: &[u8]) -> Result<Option<DType>> {
    if matches!(cell, Cell::List(_)) {
        let mut list = String::new();
        let written = list_of_fields(cells, &Item::Cell(cell), all, DEEPEST, &mut list)?;
        return Ok(if written { list.parse().ok() } else { None });
    }
    let Some(name) = text::read(cell, all)? else { return Ok(None) };
    Ok(named(&name, order))
}

/// The dtype of a text that is one as NumPy prints them: `float32`, `bool`, `>i4`, `[('x', '<f4')]`, a dictionary of a record
/// that is aligned or has holes, `(numpy.record, [('x', '<f4')])`. Letters and words alone are names of other things as a
/// rule.
pub(super) fn named(name: &str, order: ByteOrder) -> Option<DType> {
    // Whether items are records or voids to Python is not a matter of their bytes.
    let name = name.strip_prefix("(numpy.record, ").and_then(|rest| rest.strip_suffix(')')).unwrap_or(name);
    // The type of the items in place of their dtype: `str(a.dtype.type)`.
    let name = name.strip_prefix("<class 'numpy.").and_then(|rest| rest.strip_suffix("'>")).unwrap_or(name);
    let is_printed = name == "bool" || name == "utf8" || name.bytes().any(|byte| byte.is_ascii_digit());
    let is_word = name.starts_with(|first: char| first.is_ascii_alphabetic()) && !is_printed;
    let dtype: DType = Some(name).filter(|name| !is_word && name.len() <= 1 << 16)?.parse().ok()?;
    if dtype.has_references() && dtype != DType::Utf8 {
        return None;
    }
    let tells = name.starts_with(['<', '>', '[', '(', '{']);
    Some(if tells { dtype } else { dtype.with_byte_order(order) })
}

/// Writes a list of fields as Python has it: fields are tuples there, and so are shapes and names with titles. False if it is
/// none.
fn list_of_fields(cells: &Cells, item: &Item, all: &[u8], depth: usize, to: &mut String) -> Result<bool> {
    let (Some(fields), Some(depth)) = (cells.items(item)?, depth.checked_sub(1)) else { return Ok(false) };
    to.push('[');
    for field in &fields {
        let Some(parts) = cells.items(field)? else { return Ok(false) };
        to.push('(');
        for (place, part) in parts.iter().enumerate() {
            let written = match (place, part) {
                (0 | 1, Item::Cell(cell @ (Cell::Text(_) | Cell::Escaped(_)))) => string(*cell, all, to)?,
                (0, part) => tuple(cells, part, all, to)?,
                (1, part) => list_of_fields(cells, part, all, depth, to)?,
                (2, Item::Cell(Cell::Int(dim))) => {
                    to.push_str(&dim.to_string());
                    true
                }
                (2, part) => tuple(cells, part, all, to)?,
                _ => false,
            };
            if !written {
                return Ok(false);
            }
            to.push(',');
        }
        to.push_str("),");
    }
    to.push(']');
    Ok(!fields.is_empty())
}

/// Writes a tuple of strings or of whole numbers.
fn tuple(cells: &Cells, item: &Item, all: &[u8], to: &mut String) -> Result<bool> {
    let Some(parts) = cells.items(item)? else { return Ok(false) };
    to.push('(');
    for part in &parts {
        match part {
            Item::Cell(Cell::Int(dim)) => to.push_str(&dim.to_string()),
            Item::Cell(cell @ (Cell::Text(_) | Cell::Escaped(_))) => {
                string(*cell, all, to)?;
            }
            _ => return Ok(false),
        }
        to.push(',');
    }
    to.push(')');
    Ok(!parts.is_empty())
}

/// Writes a string as Python has it.
fn string(cell: Cell, all: &[u8], to: &mut String) -> Result<bool> {
    let Some(text) = text::read(cell, all)? else { return Ok(false) };
    to.push_str(&arr_core::format::literal::py_repr(&text));
    Ok(true)
}
