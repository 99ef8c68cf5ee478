//! Several types in one string, and repeated ones: `<i4,(2,3)f8`, `3S5` (`_commastring` in NumPy's `_internal.py`).

use std::borrow::Cow;

use super::{Dialect, Reason, numbered, simple, sub_array, unknown};
use crate::format::literal::{Ints, Scanner};
use crate::{ByteOrder, DType};

/// True when NumPy takes the text apart at its commas: it has one outside brackets, or begins with a repetition.
pub(super) fn is_comma_string(text: &str) -> bool {
    let unordered = text.strip_prefix(['<', '>', '=', '|']).unwrap_or(text);
    let begins = matches!(unordered.as_bytes(), [b'0'..=b'9', ..] | [b'(', b')', ..]);
    let mut depth = 0usize;
    begins
        || text.bytes().any(|byte| {
            match byte {
                b'[' => depth += 1,
                b']' => depth = depth.saturating_sub(1),
                _ => {}
            }
            byte == b',' && depth == 0
        })
}

/// A record of fields `f0`, `f1`, ...; but without a comma after it, the only part itself.
pub(super) fn parse(text: &str) -> Result<DType, Reason> {
    let (mut items, mut is_list, mut rest) = (Vec::new(), false, text);
    while !rest.is_empty() {
        let (item, behind) = Item::split(rest);
        // NumPy overlooks a last part of which only the machine's own byte order is left.
        if !(is_list && behind.is_empty() && item.is_nothing()) {
            items.push(item.dtype()?);
        }
        let next = behind.trim_start_matches(is_python_blank);
        rest = match next.strip_prefix(',') {
            Some(next) => {
                is_list = true;
                next.trim_start_matches(is_python_blank)
            }
            None if next.is_empty() => next,
            None => return Err(unknown()),
        };
    }
    if is_list {
        return numbered(items);
    }
    items.pop().ok_or_else(unknown)
}

/// What `\s` matches in a regular expression of Python.
fn is_python_blank(c: char) -> bool {
    c.is_whitespace() || matches!(c, '\x1C'..='\x1F')
}

/// One part: byte order, repetition, byte order, type.
struct Item<'a> {
    outer: &'a str,
    repeats: &'a str,
    inner: &'a str,
    name: &'a str,
}

impl<'a> Item<'a> {
    /// Takes the longest part off the front. All of it may be empty.
    fn split(text: &'a str) -> (Self, &'a str) {
        let (outer, rest) = split_order(text);
        let (repeats, rest) = split_repeats(rest);
        let (inner, rest) = split_order(rest);
        let (name, rest) = split_name(rest);
        (Self { outer, repeats, inner, name }, rest)
    }

    fn is_nothing(&self) -> bool {
        self.repeats.is_empty() && self.name.is_empty() && matches!(self.order(), Ok(None))
    }

    /// The byte order, if it is not the machine's own.
    fn order(&self) -> Result<Option<char>, Reason> {
        let native = ByteOrder::NATIVE.symbol();
        let resolved = |order: &str| if order == "=" { Some(native) } else { order.chars().next() };
        let order = match (resolved(self.outer), resolved(self.inner)) {
            (order, None) | (None, order) => order,
            (outer, inner) if outer == inner => outer,
            _ => return Err(Cow::Borrowed("two byte orders contradict each other")),
        };
        Ok(order.filter(|order| *order != '|' && *order != native))
    }

    fn dtype(&self) -> Result<DType, Reason> {
        // Without its byte order, a name like `float32` is understood too.
        let text = match self.order()? {
            Some(order) => Cow::Owned(format!("{order}{}", self.name)),
            None => Cow::Borrowed(self.name),
        };
        // A name that begins with digits is a repeated one; after these it has no leading digits any more, so
        // this goes no deeper.
        let base = if is_comma_string(&text) { parse(&text)? } else { simple(&text, Dialect::NumPy)? };
        if self.repeats.is_empty() {
            return Ok(base);
        }
        sub_array(base, &self.shape()?)
    }

    /// The repetition is a Python literal: `2`, `2,3`, `(2, 3)`, `()`.
    fn shape(&self) -> Result<Ints, Reason> {
        if self.repeats.trim().is_empty() {
            return Err(unknown());
        }
        let text = format!("({})", self.repeats);
        let mut scanner = Scanner::new(&text);
        let ints = scanner.ints().and_then(|ints| scanner.end().map(|()| ints));
        ints.map_err(|_| Cow::Borrowed("the repetition is wrong"))
    }
}

fn split_order(text: &str) -> (&str, &str) {
    text.split_at(usize::from(text.starts_with(['<', '>', '|', '='])))
}

/// ` *[(]?[ ,0-9]*[)]? *`
fn split_repeats(text: &str) -> (&str, &str) {
    let rest = text.trim_start_matches(' ');
    let rest = rest.strip_prefix('(').unwrap_or(rest);
    let rest = rest.trim_start_matches(|c: char| c == ' ' || c == ',' || c.is_ascii_digit());
    let rest = rest.strip_prefix(')').unwrap_or(rest).trim_start_matches(' ');
    text.split_at(text.len() - rest.len())
}

/// `[A-Za-z0-9.?]*(?:\[[a-zA-Z0-9,.]+\])?`
fn split_name(text: &str) -> (&str, &str) {
    let rest = text.trim_start_matches(|c: char| c.is_ascii_alphanumeric() || c == '.' || c == '?');
    let unit = rest.strip_prefix('[').and_then(|unit| unit.split_once(']'));
    let valid = |unit: &str| {
        !unit.is_empty() && unit.chars().all(|c| c.is_ascii_alphanumeric() || c == ',' || c == '.')
    };
    let rest = match unit {
        Some((unit, behind)) if valid(unit) => behind,
        _ => rest,
    };
    text.split_at(text.len() - rest.len())
}
