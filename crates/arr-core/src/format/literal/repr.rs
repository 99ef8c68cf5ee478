//! Texts and bytes as Python prints them.

use std::fmt::Write;

/// Python 3's `repr` of a string: the text that a `.npy` header holds for it.
///
/// What Python does not hold printable is escaped: control, format, unassigned and private characters, and blanks
/// other than the space.
///
/// ```
/// use arr_core::format::literal::py_repr;
/// assert_eq!(py_repr("naïve\n"), r"'naïve\n'");
/// assert_eq!(py_repr("it's"), r#""it's""#);
/// assert_eq!(py_repr("\u{a0}\u{200b}"), r"'\xa0\u200b'");
/// ```
#[must_use]
pub fn py_repr(text: &str) -> String {
    let mut out = String::new();
    write_repr(text, &mut out);
    out
}

/// Python 3's `repr` of bytes.
///
/// ```
/// assert_eq!(arr_core::format::literal::py_bytes_repr(b"a'\xff\0"), r#"b"a'\xff\x00""#);
/// ```
#[must_use]
pub fn py_bytes_repr(bytes: &[u8]) -> String {
    let quote = quote(bytes);
    let mut out = String::from("b");
    out.push(quote);
    for byte in bytes {
        match *byte {
            0x20..0x7F => push_plain(char::from(*byte), quote, &mut out),
            other => push_code(other.into(), &mut out),
        }
    }
    out.push(quote);
    out
}

/// Appends [`py_repr`] of `text` to `out`.
pub(crate) fn write_repr(text: &str, out: &mut String) {
    let quote = quote(text.as_bytes());
    out.push(quote);
    for c in text.chars() {
        if is_printable(c) { push_plain(c, quote, out) } else { push_code(c.into(), out) }
    }
    out.push(quote);
}

/// Single quotes, unless there are only such in the text.
fn quote(text: &[u8]) -> char {
    if text.contains(&b'\'') && !text.contains(&b'"') { '"' } else { '\'' }
}

fn push_plain(c: char, quote: char, out: &mut String) {
    if c == quote || c == '\\' {
        out.push('\\');
    }
    out.push(c);
}

/// Appends an escape: one of the three short ones, else the shortest that holds the code.
fn push_code(code: u32, out: &mut String) {
    let written = match code {
        0x09 => out.write_str("\\t"),
        0x0A => out.write_str("\\n"),
        0x0D => out.write_str("\\r"),
        0..=0xFF => write!(out, "\\x{code:02x}"),
        0x100..=0xFFFF => write!(out, "\\u{code:04x}"),
        _ => write!(out, "\\U{code:08x}"),
    };
    debug_assert!(written.is_ok(), "a String takes every text");
}

/// Python's `str.isprintable`: not in the categories Cc, Cf, Cs, Co, Cn, Zl, Zp and Zs, or the space.
///
/// The standard library knows these categories, but says so only by what `escape_debug` escapes. The letter in front
/// keeps it from escaping combining characters, which it does only at the beginning of a text.
fn is_printable(c: char) -> bool {
    if c.is_ascii() {
        return matches!(c, ' '..='~');
    }
    let mut buffer = [b'a'; 5];
    let length = buffer.get_mut(1..).map_or(0, |room| c.encode_utf8(room).len());
    let text = buffer.get(..=length).and_then(|bytes| std::str::from_utf8(bytes).ok());
    text.is_some_and(|text| text.escape_debug().nth(1) == Some(c))
}
