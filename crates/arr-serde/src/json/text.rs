//! Strings: what is between the quotes, and the text that it means.

use std::borrow::Cow;

use arr_core::format::room::no_memory;
use arr_core::{Error, Result};

use super::cells::{Cell, Span};

/// The text of a cell that is a string; nothing of any other.
///
/// # Errors
/// `Malformed` with the offset, for bytes that are not UTF-8, escapes that are none and lone surrogates.
pub(super) fn read(cell: Cell, all: &[u8]) -> Result<Option<Cow<'_, str>>> {
    match cell {
        Cell::Text(span) => of(span, all).map(|text| Some(Cow::Borrowed(text))),
        Cell::Escaped(span) => unescaped(span, all).map(|text| Some(Cow::Owned(text))),
        _ => Ok(None),
    }
}

/// The text of a span without escapes.
pub(super) fn of(span: Span, all: &[u8]) -> Result<&str> {
    std::str::from_utf8(span.of(all))
        .map_err(|error| not_utf8(span.start.saturating_add(error.valid_up_to())))
}

#[cold]
fn not_utf8(at: usize) -> Error {
    Error::malformed("the bytes are not UTF-8, which JSON is").at(at as u64)
}

/// The text of a span with escapes.
fn unescaped(span: Span, all: &[u8]) -> Result<String> {
    let body = of(span, all)?;
    let mut text = String::new();
    // An escape is longer than what it means.
    text.try_reserve_exact(body.len()).map_err(no_memory)?;
    let mut rest = body;
    while let Some((before, escape)) = rest.split_once('\\') {
        text.push_str(before);
        let at = span.start.saturating_add(body.len().saturating_sub(escape.len()).saturating_sub(1));
        let wrong = |what: &'static str| Error::malformed(what).at(at as u64);
        let mut chars = escape.chars();
        let letter = chars.next().ok_or_else(|| wrong("an escape is cut"))?;
        rest = chars.as_str();
        text.push(match letter {
            '"' | '\\' | '/' => letter,
            'b' => '\u{8}',
            'f' => '\u{c}',
            'n' => '\n',
            'r' => '\r',
            't' => '\t',
            'u' => {
                let (unit, behind) = hex(rest).ok_or_else(|| wrong("an escape has no four hex digits"))?;
                rest = behind;
                if !(0xd800..0xe000).contains(&unit) {
                    char::from_u32(unit).ok_or_else(|| wrong("an escape means no character"))?
                } else {
                    let lone = || wrong("a lone surrogate is not text");
                    let second = rest.strip_prefix("\\u").and_then(hex).ok_or_else(lone)?;
                    let (low, behind) = second;
                    if unit >= 0xdc00 || !(0xdc00..0xe000).contains(&low) {
                        return Err(lone());
                    }
                    rest = behind;
                    let code = 0x1_0000 + ((unit - 0xd800) << 10) + (low - 0xdc00);
                    char::from_u32(code).ok_or_else(lone)?
                }
            }
            _ => return Err(wrong("there is no such escape")),
        });
    }
    text.push_str(rest);
    Ok(text)
}

/// The number of four hex digits, and what follows them.
fn hex(text: &str) -> Option<(u32, &str)> {
    let (digits, rest) = text.split_at_checked(4)?;
    let are_digits = digits.bytes().all(|byte| byte.is_ascii_hexdigit());
    Some((u32::from_str_radix(digits, 16).ok().filter(|_| are_digits)?, rest))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(body: &str) -> Result<String> {
        unescaped(Span { start: 0, len: body.len() }, body.as_bytes())
    }

    #[test]
    fn escapes_mean_what_json_says() {
        assert_eq!(text(r#"a\"\\\/\b\f\n\r\t\u00e9\ud83d\ude00z"#).unwrap(), "a\"\\/\u{8}\u{c}\n\r\té😀z");
        for wrong in [r"\x", r"\u12", r"\ud800", r"\ud800\u0041", r"\udc00\ud800", r"\ud83d\ud83d", r"\u+123"]
        {
            assert_eq!(text(wrong).unwrap_err().offset(), Some(0), "{wrong}");
        }
    }
}
