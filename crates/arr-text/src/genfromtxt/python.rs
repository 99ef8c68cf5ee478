//! Texts as Python's `int`, `float`, `complex`, `bool` words and `str` methods understand them.

use std::borrow::Cow;

use crate::number::parse;

/// Why a text became no value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fault {
    /// Python raises a `ValueError`: the text is not a value of the type.
    NotAValue,
    /// Python raises an `OverflowError`: the value is too large for the type.
    TooLarge,
}

/// The longest text of digits that `int` takes (`sys.int_info.default_max_str_digits`).
const MAX_DIGITS: usize = 4300;

/// The first code points of the blocks of ten decimal digits outside of ASCII.
#[rustfmt::skip]
const ZEROS: &[u32] = &[
    0x660, 0x6F0, 0x7C0, 0x966, 0x9E6, 0xA66, 0xAE6, 0xB66, 0xBE6, 0xC66, 0xCE6, 0xD66, 0xDE6,
    0xE50, 0xED0, 0xF20, 0x1040, 0x1090, 0x17E0, 0x1810, 0x1946, 0x19D0, 0x1A80, 0x1A90, 0x1B50,
    0x1BB0, 0x1C40, 0x1C50, 0xA620, 0xA8D0, 0xA900, 0xA9D0, 0xA9F0, 0xAA50, 0xABF0, 0xFF10,
    0x1_04A0, 0x1_0D30, 0x1_1066, 0x1_10F0, 0x1_1136, 0x1_11D0, 0x1_12F0, 0x1_1450, 0x1_14D0,
    0x1_1650, 0x1_16C0, 0x1_1730, 0x1_18E0, 0x1_1950, 0x1_1C50, 0x1_1D50, 0x1_1DA0, 0x1_1F50,
    0x1_6A60, 0x1_6AC0, 0x1_6B50, 0x1_D7CE, 0x1_D7D8, 0x1_D7E2, 0x1_D7EC, 0x1_D7F6, 0x1_E140,
    0x1_E2F0, 0x1_E4F0, 0x1_E950, 0x1_FBF0,
];

/// What Python's `str.isspace` is true for.
pub(super) fn is_blank(c: char) -> bool {
    c.is_whitespace() || matches!(c, '\x1C'..='\x1F')
}

/// The same of a byte in ASCII.
pub(super) const fn is_blank_byte(byte: u8) -> bool {
    matches!(byte, b'\t'..=b'\r' | 0x1C..=0x1F | b' ')
}

/// Python's `str.strip()`.
pub(super) fn strip(text: &str) -> &str {
    let ends_are_plain = |byte: Option<&u8>| byte.is_none_or(|byte| byte.is_ascii_graphic());
    let bytes = text.as_bytes();
    if ends_are_plain(bytes.first()) && ends_are_plain(bytes.last()) {
        return text;
    }
    text.trim_matches(is_blank)
}

/// A text without the blanks that numbers may have around them: Python's `int` and `float` do not take what separates files,
/// groups, records and units for one, which `str.strip` does.
fn strip_number(text: &str) -> &str {
    text.trim_matches(is_blank_of_number)
}

fn is_blank_of_number(c: char) -> bool {
    is_blank(c) && !matches!(c, '\x1C'..='\x1F')
}

/// The digits of all scripts as those of ASCII; blanks around the text are gone. Nothing when there are other characters.
fn in_ascii(text: &str) -> Option<Cow<'_, str>> {
    let text = strip_number(text);
    if text.is_ascii() {
        return Some(text.into());
    }
    let digit = |c: char| -> Option<char> {
        if c.is_ascii() {
            return Some(c);
        }
        let code = u32::from(c);
        let block = ZEROS.partition_point(|zero| *zero <= code).checked_sub(1)?;
        char::from_digit(code.checked_sub(*ZEROS.get(block)?)?, 10)
    };
    text.chars().map(digit).collect::<Option<String>>().map(Cow::Owned)
}

/// The text without the underscores between digits; nothing when one stands elsewhere.
fn without_underscores(text: &str) -> Option<Cow<'_, str>> {
    if !text.contains('_') {
        return Some(text.into());
    }
    let bytes = text.as_bytes();
    let is_digit =
        |place: Option<usize>| place.and_then(|place| bytes.get(place)).is_some_and(u8::is_ascii_digit);
    let well_placed = bytes.iter().enumerate().all(|(place, byte)| {
        *byte != b'_' || is_digit(place.checked_sub(1)) && is_digit(place.checked_add(1))
    });
    well_placed.then(|| text.replace('_', "").into())
}

/// Python's `float(text)`.
pub(super) fn float(text: &str) -> Option<f64> {
    parse::float(text.as_bytes()).or_else(|| slow_float(text))
}

#[cold]
fn slow_float(text: &str) -> Option<f64> {
    let text = in_ascii(text)?;
    parse::float(without_underscores(&text)?.as_bytes())
}

/// Python's `int(text)`, of which no more than an `i128` is needed.
pub(super) fn whole(text: &str) -> Result<i128, Fault> {
    match parse::signed(text.as_bytes()) {
        Ok(value) => Ok(value.into()),
        Err(_) => slow_whole(text),
    }
}

#[cold]
fn slow_whole(text: &str) -> Result<i128, Fault> {
    let plain = in_ascii(text).ok_or(Fault::NotAValue)?;
    let plain = without_underscores(&plain).ok_or(Fault::NotAValue)?;
    let (negative, digits) = match plain.as_bytes() {
        [b'-', digits @ ..] => (true, digits),
        [b'+', digits @ ..] | digits => (false, digits),
    };
    if digits.is_empty() || digits.len() > MAX_DIGITS || !digits.iter().all(u8::is_ascii_digit) {
        return Err(Fault::NotAValue);
    }
    let mut amount: i128 = 0;
    for digit in digits {
        let digit = i128::from(digit.wrapping_sub(b'0'));
        amount = amount.checked_mul(10).and_then(|ten| ten.checked_add(digit)).ok_or(Fault::TooLarge)?;
    }
    Ok(if negative { -amount } else { amount })
}

/// Python's `int(float(text))`.
pub(super) fn truncated(text: &str) -> Result<i128, Fault> {
    truncate(float(text).ok_or(Fault::NotAValue)?)
}

/// Python's `int` of a float.
#[allow(clippy::cast_possible_truncation, reason = "it is checked before")]
pub(super) fn truncate(value: f64) -> Result<i128, Fault> {
    if value.is_nan() {
        return Err(Fault::NotAValue);
    }
    if value.abs() >= 1e38 {
        return Err(Fault::TooLarge);
    }
    Ok(value.trunc() as i128)
}

/// Python's `complex(text)`.
pub(crate) fn complex(text: &str) -> Option<(f64, f64)> {
    let text = in_ascii(text)?;
    let text = without_underscores(&text)?;
    let text = match text.strip_prefix('(') {
        Some(inner) => strip_number(inner.strip_suffix(')')?),
        None => &text,
    };
    let is_unit = |text: &[u8]| matches!(text, b"j" | b"J");
    let bytes = text.as_bytes();
    let Some((first, len)) = parse::float_front(bytes) else {
        return unit(bytes).map(|imaginary| (0.0, imaginary));
    };
    let rest = bytes.get(len..)?;
    if rest.is_empty() {
        return Some((first, 0.0));
    }
    if is_unit(rest) {
        return Some((0.0, first));
    }
    if !matches!(rest.first(), Some(b'+' | b'-')) {
        return None;
    }
    match parse::float_front(rest) {
        Some((second, len)) => is_unit(rest.get(len..)?).then_some((first, second)),
        None => unit(rest).map(|imaginary| (first, imaginary)),
    }
}

/// `j`, `+j` and `-j`.
fn unit(text: &[u8]) -> Option<f64> {
    match text {
        [b'j' | b'J'] | [b'+', b'j' | b'J'] => Some(1.0),
        [b'-', b'j' | b'J'] => Some(-1.0),
        _ => None,
    }
}

/// `True` and `False` in any case, and nothing else.
pub(super) fn truth(text: &str) -> Option<bool> {
    if text.eq_ignore_ascii_case("true") {
        return Some(true);
    }
    if text.eq_ignore_ascii_case("false") {
        return Some(false);
    }
    if text.is_ascii() || text.len() > 20 {
        return None;
    }
    // The letters of other scripts that have those of ASCII as capitals.
    match text.to_uppercase().as_str() {
        "TRUE" => Some(true),
        "FALSE" => Some(false),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn floats_are_those_of_python() {
        for (text, value) in [
            ("1_000.5", Some(1000.5)),
            (" 1 ", Some(1.0)),
            ("\u{a0}1\u{2003}", Some(1.0)),
            ("١٢", Some(12.0)),
            ("1e1_0", Some(1e10)),
            ("1__0", None),
            ("_1", None),
            ("1_", None),
            ("1_.5", None),
            ("1 0", None),
            ("0x10", None),
            ("", None),
            ("²", None),
        ] {
            assert_eq!(float(text), value, "{text:?}");
        }
    }

    #[test]
    fn whole_numbers_are_those_of_python() {
        for (text, value) in [
            ("007", Ok(7)),
            (" -1_0 ", Ok(-10)),
            ("+5", Ok(5)),
            ("-", Err(Fault::NotAValue)),
            ("1.0", Err(Fault::NotAValue)),
            ("٣", Ok(3)),
            ("99999999999999999999", Ok(99_999_999_999_999_999_999)),
        ] {
            assert_eq!(whole(text), value, "{text:?}");
        }
        assert_eq!(whole(&"9".repeat(4300)), Err(Fault::TooLarge));
        assert_eq!(whole(&"9".repeat(4301)), Err(Fault::NotAValue));
        assert_eq!(truncated("-1.9"), Ok(-1));
        assert_eq!(truncated("nan"), Err(Fault::NotAValue));
        assert_eq!(truncated("-inf"), Err(Fault::TooLarge));
    }

    #[test]
    fn complex_numbers_are_those_of_python() {
        for (text, value) in [
            ("(1+2j)", Some((1.0, 2.0))),
            (" ( 1-2J ) ", Some((1.0, -2.0))),
            ("1+-2j", None),
            ("j", Some((0.0, 1.0))),
            ("3-j", Some((3.0, -1.0))),
            ("-4.5", Some((-4.5, 0.0))),
            ("1e5j", Some((0.0, 1e5))),
            ("1 + 2j", None),
            ("(1", None),
            ("()", None),
            ("1+2", None),
            ("1+2i", None),
            ("1_0+2j", Some((10.0, 2.0))),
        ] {
            assert_eq!(complex(text), value, "{text:?}");
        }
    }

    #[test]
    fn words_are_true_in_any_case() {
        assert_eq!((truth("tRUE"), truth("FALSE"), truth("falſe")), (Some(true), Some(false), Some(false)));
        assert_eq!((truth(" True"), truth("1"), truth("")), (None, None, None));
    }
}
