//! Strings, bytes and raw items.

use std::fmt::Write as _;

use super::number;
use crate::ByteOrder;
use crate::format::literal::{py_bytes_repr, py_repr};

/// The bytes without the NULs that pad them.
fn unpadded(item: &[u8]) -> &[u8] {
    let end = item.iter().rposition(|byte| *byte != 0).map_or(0, |last| last + 1);
    item.get(..end).unwrap_or_default()
}

/// Python's `repr` of a byte string.
pub(super) fn push_bytes(item: &[u8], out: &mut String) {
    out.push_str(&py_bytes_repr(unpadded(item)));
}

/// What NumPy prints for raw bytes, each of them escaped.
pub(super) fn push_void(item: &[u8], out: &mut String) {
    out.push_str("b'");
    for byte in item {
        // Writing to a string does not fail, here and below.
        let _ = write!(out, "\\x{byte:02X}");
    }
    out.push('\'');
}

/// The code points of an item, without the NULs that pad them.
fn codes(item: &[u8], order: ByteOrder) -> impl Iterator<Item = u32> + Clone {
    let all = item.chunks_exact(4).map(move |unit| u32::try_from(number::unsigned(unit, order)).unwrap_or(0));
    let length = all.clone().rposition(|code| code != 0).map_or(0, |last| last + 1);
    all.take(length)
}

/// A string, in quotes (Python's `repr`) or as it is.
pub(super) fn push_text(item: &[u8], order: ByteOrder, quoted: bool, out: &mut String) {
    let codes = codes(item, order);
    match codes.clone().map(char::from_u32).collect::<Option<String>>() {
        Some(text) if quoted => out.push_str(&py_repr(&text)),
        Some(text) => out.push_str(&text),
        None => push_invalid(codes, quoted, out),
    }
}

/// A variable-length string, in quotes (Python's `repr`) or as it is.
pub(super) fn push_utf8(text: &[u8], quoted: bool, out: &mut String) {
    match std::str::from_utf8(text) {
        Ok(text) if quoted => out.push_str(&py_repr(text)),
        Ok(text) => out.push_str(text),
        Err(_) => out.push_str("<no text>"),
    }
}

/// A string with surrogates or numbers beyond Unicode, which are escaped.
fn push_invalid(codes: impl Iterator<Item = u32> + Clone, quoted: bool, out: &mut String) {
    let has = |wanted: char| codes.clone().any(|code| code == u32::from(wanted));
    let quote = if has('\'') && !has('"') { '"' } else { '\'' };
    if quoted {
        out.push(quote);
    }
    for code in codes {
        match char::from_u32(code) {
            Some(c) if !quoted => out.push(c),
            Some(c) if c == quote => out.extend(['\\', c]),
            Some(c @ ('\'' | '"')) => out.push(c),
            Some(c) => out.push_str(py_repr(c.encode_utf8(&mut [0; 4])).trim_matches('\'')),
            None if code <= 0xFFFF => _ = write!(out, "\\u{code:04x}"),
            None => _ = write!(out, "\\U{code:08x}"),
        }
    }
    if quoted {
        out.push(quote);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(codes: &[u32], quoted: bool) -> String {
        let item: Vec<u8> = codes.iter().flat_map(|code| code.to_be_bytes()).collect();
        let mut out = String::new();
        push_text(&item, ByteOrder::Big, quoted, &mut out);
        out
    }

    #[test]
    fn what_is_no_character_is_escaped() {
        assert_eq!(text(&[0xD800, 0x41, 0x27, 0x5C, 0x0A, 0, 0], true), r#""\ud800A'\\\n""#);
        assert_eq!(text(&[0x11_0000, 0x41], true), r"'\U00110000A'");
        assert_eq!(text(&[0xD800, 0x41], false), r"\ud800A");
        assert_eq!(text(&[0x41, 0, 0x42, 0], true), r"'A\x00B'");
    }

    #[test]
    fn raw_bytes_are_all_escaped() {
        let mut out = String::new();
        push_void(b"a\xFF", &mut out);
        push_bytes(b"a\0b\0\0", &mut out);
        assert_eq!(out, r"b'\x61\xFF'b'a\x00b'");
    }
}
