//! Text to numbers.

/// Why a text is not a whole number of the type that is wanted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum NotWhole {
    /// It is no whole number: a sign and digits, nothing else.
    Syntax,
    /// It is one, but out of range.
    Range,
}

/// The nearest double of a text that is a number and nothing else: an optional sign, digits with a point among them or at
/// either end, an optional power of ten; or `nan`, `inf`, `infinity` in any case, with a sign. What is too large is
/// infinite, as with Python's `float`. No blanks, underscores or hexadecimal digits.
pub(crate) fn float(text: &[u8]) -> Option<f64> {
    float_front(text).filter(|(_, len)| *len == text.len()).map(|(value, _)| value)
}

/// The nearest double of the longest number at the front of a text, and the bytes that it takes.
pub(crate) fn float_front(text: &[u8]) -> Option<(f64, usize)> {
    let len = text
        .iter()
        .position(|byte| !(byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'-' | b'.')))
        .unwrap_or(text.len());
    let number = std::str::from_utf8(text.get(..len)?).ok()?;
    (1..=len).rev().find_map(|end| Some((number.get(..end)?.parse().ok()?, end)))
}

/// A signed whole number.
pub(crate) fn signed(text: &[u8]) -> Result<i64, NotWhole> {
    whole(text)?.try_into().map_err(|_| NotWhole::Range)
}

/// An unsigned whole number; a minus sign is no part of one.
pub(crate) fn unsigned(text: &[u8]) -> Result<u64, NotWhole> {
    if text.first() == Some(&b'-') {
        return Err(NotWhole::Syntax);
    }
    whole(text)?.try_into().map_err(|_| NotWhole::Range)
}

fn whole(text: &[u8]) -> Result<i128, NotWhole> {
    let digits = text.strip_prefix(b"-").or_else(|| text.strip_prefix(b"+")).unwrap_or(text);
    if digits.is_empty() || !digits.iter().all(u8::is_ascii_digit) {
        return Err(NotWhole::Syntax);
    }
    let text = std::str::from_utf8(text).map_err(|_| NotWhole::Syntax)?;
    text.parse().map_err(|_| NotWhole::Range)
}
