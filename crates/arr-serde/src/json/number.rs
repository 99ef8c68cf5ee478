//! Numbers: how long they are, and what they mean.

use arr_core::{Error, Result};

use super::cells::Kind;

/// The most digits of a whole number: the time to read one grows with their square.
pub(super) const MOST_DIGITS: usize = 20_000;

/// How many bytes the number with which a text begins has; or, if it is none, up to where it might be one.
pub(super) fn length(text: &[u8]) -> std::result::Result<usize, usize> {
    let digits = |from: usize| from + text.iter().skip(from).take_while(|byte| byte.is_ascii_digit()).count();
    let some_digits = |from: usize| Some(digits(from)).filter(|end| *end > from).ok_or(from);
    let start = usize::from(text.first() == Some(&b'-'));
    let mut end = match text.get(start) {
        Some(b'0') => start + 1,
        _ => some_digits(start)?,
    };
    if text.get(end).is_some_and(u8::is_ascii_digit) {
        return Err(end);
    }
    if text.get(end) == Some(&b'.') {
        end = some_digits(end + 1)?;
    }
    if matches!(text.get(end), Some(b'e' | b'E')) {
        let sign = usize::from(matches!(text.get(end + 1), Some(b'+' | b'-')));
        end = some_digits(end + 1 + sign)?;
    }
    match text.get(end) {
        Some(byte) if byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_' | b'+' | b'-') => Err(end),
        _ => Ok(end),
    }
}

/// What a number means; nothing of a whole number that no `u64` and no `i64` holds.
///
/// # Errors
/// `LimitExceeded` for a whole number that is too long, `Unsupported` for one that is larger than any float.
pub(super) fn read(digits: &[u8]) -> Result<Option<(Kind, u64)>> {
    let unsigned = digits.strip_prefix(b"-").unwrap_or(digits);
    if unsigned.iter().all(u8::is_ascii_digit) {
        if digits.len() > MOST_DIGITS {
            let message = format!(
                "a whole number of {} digits, and {MOST_DIGITS} are the most that are read",
                unsigned.len()
            );
            return Err(Error::limit(message));
        }
        let text = text_of(digits)?;
        if let Ok(int) = text.parse::<i64>() {
            return Ok(Some((Kind::Int, u64::from_ne_bytes(int.to_ne_bytes()))));
        }
        return Ok(text.parse::<u64>().ok().map(|int| (Kind::UInt, int)));
    }
    let float: f64 = text_of(digits)?.parse().map_err(|_| no_number())?;
    if float.is_infinite() {
        return Err(Error::unsupported("a number is larger than any float64"));
    }
    Ok(Some((Kind::Float, float.to_bits())))
}

fn text_of(digits: &[u8]) -> Result<&str> {
    std::str::from_utf8(digits).map_err(|_| no_number())
}

#[cold]
fn no_number() -> Error {
    Error::malformed("this is not a number as JSON has them")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_those_of_json() {
        for (text, len) in
            [("0", 1), ("-0", 2), ("12,", 2), ("1.5e+10]", 7), ("-1E5 ", 4), ("0.0", 3), ("9", 1)]
        {
            assert_eq!(length(text.as_bytes()), Ok(len), "{text}");
        }
        for text in ["01", "-", "1.", ".5", "1e", "1e+", "+1", "1.5.2", "0x10", "1_000", "--1", "1e5.5", "1f"]
        {
            assert!(length(text.as_bytes()).is_err(), "{text}");
        }
    }

    #[test]
    fn whole_numbers_stay_whole_and_exact() {
        assert_eq!(read(b"-9223372036854775808").unwrap(), Some((Kind::Int, 1 << 63)));
        assert_eq!(read(b"18446744073709551615").unwrap(), Some((Kind::UInt, u64::MAX)));
        assert_eq!(read(b"18446744073709551616").unwrap(), None);
        assert_eq!(read(b"-0.0").unwrap(), Some((Kind::Float, (-0.0f64).to_bits())));
        assert_eq!(read(b"1e23").unwrap(), Some((Kind::Float, 1e23f64.to_bits())));
        assert!(read(b"1e400").is_err() && read(&vec![b'9'; MOST_DIGITS + 1]).is_err());
    }
}
