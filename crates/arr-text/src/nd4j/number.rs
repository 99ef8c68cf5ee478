//! One value of the text.

/// What a piece of text without quotes means.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Value<'a> {
    /// A whole number whose amount fits 64 bits, written without a point.
    Whole { negative: bool, amount: u64 },
    /// Any other number: a text that Rust parses, with digits in it and nothing but digits, signs, a point and `E`.
    Real(&'a str),
    /// What is no number, or infinite.
    Special(f64),
    /// `true` or `false`.
    Bool(bool),
}

impl<'a> Value<'a> {
    /// Takes a value from text; nothing when it is none.
    pub(super) fn parse(text: &'a [u8]) -> Option<Self> {
        let (negative, digits) = match text {
            [b'-', digits @ ..] => (true, digits),
            digits => (false, digits),
        };
        if !digits.first().is_some_and(|first| first.is_ascii_digit() || *first == b'.') {
            return Self::parse_word(text);
        }
        let mut amount = Some(0u64);
        for (place, byte) in digits.iter().enumerate() {
            match byte {
                b'0'..=b'9' if place < 19 => {
                    amount = amount.map(|amount| amount * 10 + u64::from(byte - b'0'));
                }
                b'0'..=b'9' => {
                    let more = amount.and_then(|amount| amount.checked_mul(10));
                    amount = more.and_then(|more| more.checked_add(u64::from(byte - b'0')));
                }
                b'.' | b'E' | b'e' => return Self::parse_real(text),
                _ => return None,
            }
        }
        match amount {
            Some(amount) => Some(Self::Whole { negative, amount }),
            None => Self::parse_real(text),
        }
    }

    fn parse_real(text: &'a [u8]) -> Option<Self> {
        let plain = |byte: &u8| matches!(byte, b'0'..=b'9' | b'.' | b'E' | b'e' | b'+' | b'-');
        if !text.iter().all(plain) {
            return None;
        }
        std::str::from_utf8(text).ok().map(Self::Real)
    }

    #[cold]
    fn parse_word(text: &[u8]) -> Option<Self> {
        Some(match std::str::from_utf8(text).ok()? {
            "true" => Self::Bool(true),
            "false" => Self::Bool(false),
            "NaN" | "\u{fffd}" => Self::Special(f64::NAN),
            "\u{221e}" | "Infinity" => Self::Special(f64::INFINITY),
            "-\u{221e}" | "-Infinity" => Self::Special(f64::NEG_INFINITY),
            _ => return None,
        })
    }

    /// As the nearest `f64`; nothing when it is beyond all of them, or no number after all.
    #[allow(clippy::cast_precision_loss, reason = "the nearest is what is wanted")]
    pub(super) fn to_f64(self) -> Option<f64> {
        match self {
            Self::Whole { negative, amount } => {
                let amount = amount as f64;
                Some(if negative { -amount } else { amount })
            }
            Self::Real(text) => text.parse().ok().filter(|value: &f64| value.is_finite()),
            Self::Special(value) => Some(value),
            Self::Bool(value) => Some(f64::from(u8::from(value))),
        }
    }

    /// As the nearest `f32`.
    #[allow(clippy::cast_possible_truncation, reason = "these are NaN, infinite, 0 and 1")]
    pub(super) fn to_f32(self) -> Option<f32> {
        match self {
            Self::Whole { .. } => self.to_whole().map(nearest_f32),
            Self::Real(text) => text.parse().ok().filter(|value: &f32| value.is_finite()),
            Self::Special(_) | Self::Bool(_) => self.to_f64().map(|value| value as f32),
        }
    }

    /// As a whole number; nothing when it has a fraction, is not finite or exceeds 127 bits.
    #[allow(clippy::cast_possible_truncation, reason = "checked before")]
    pub(super) fn to_whole(self) -> Option<i128> {
        match self {
            Self::Whole { negative, amount } => {
                let amount = i128::from(amount);
                Some(if negative { -amount } else { amount })
            }
            Self::Bool(value) => Some(i128::from(value)),
            Self::Real(_) | Self::Special(_) => {
                let value = self.to_f64()?;
                (value.fract() == 0.0 && value.abs() < 2f64.powi(120)).then_some(value as i128)
            }
        }
    }
}

#[allow(clippy::cast_precision_loss, reason = "the nearest is what is wanted")]
fn nearest_f32(value: i128) -> f32 {
    value as f32
}

/// Takes out the commas that group thousands. Nothing when one of them does not.
pub(super) fn without_groups<'a>(text: &'a [u8], scratch: &'a mut Vec<u8>) -> Option<&'a [u8]> {
    if !text.contains(&b',') {
        return Some(text);
    }
    scratch.clear();
    let digits = text.strip_prefix(b"-").unwrap_or(text);
    let whole = digits.iter().position(|byte| !matches!(byte, b'0'..=b'9' | b',')).unwrap_or(digits.len());
    let (whole, rest) = digits.split_at_checked(whole)?;
    for (place, group) in whole.split(|byte| *byte == b',').enumerate() {
        let fits = if place == 0 { (1..=3).contains(&group.len()) } else { group.len() == 3 };
        if !fits {
            return None;
        }
    }
    if rest.contains(&b',') {
        return None;
    }
    if digits.len() < text.len() {
        scratch.push(b'-');
    }
    scratch.extend(whole.iter().filter(|byte| **byte != b','));
    scratch.extend_from_slice(rest);
    Some(scratch)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_have_one_meaning() {
        let whole = |negative, amount| Some(Value::Whole { negative, amount });
        assert_eq!(Value::parse(b"0"), whole(false, 0));
        assert_eq!(Value::parse(b"-9223372036854775808"), whole(true, 1 << 63));
        assert_eq!(Value::parse(b"18446744073709551615"), whole(false, u64::MAX));
        assert_eq!(Value::parse(b"18446744073709551616"), Some(Value::Real("18446744073709551616")));
        assert_eq!(Value::parse(b"000000000000000000000000000001"), whole(false, 1));
        assert_eq!(Value::parse(b"-1.5E-3").unwrap().to_f64(), Some(-0.0015));
        assert_eq!(Value::parse("-\u{221e}".as_bytes()), Some(Value::Special(f64::NEG_INFINITY)));
        assert_eq!(Value::parse(b"true"), Some(Value::Bool(true)));
        for none in ["", "-", "x", "1x", "0x1", "1.0f", "inf", "nan", "--1", "TRUE", "1_0", "+1"] {
            assert_eq!(Value::parse(none.as_bytes()), None, "{none}");
        }
        for none in ["1E400", "1E", ".", "1.2.3", "1-2"] {
            assert!(Value::parse(none.as_bytes()).is_none_or(|value| value.to_f64().is_none()), "{none}");
        }
        assert_eq!(Value::parse(b"1.5E3").unwrap().to_whole(), Some(1500));
        assert_eq!(Value::parse(b"1.5").unwrap().to_whole(), None);
        assert_eq!(Value::parse(b"16777217").unwrap().to_f32(), Some(16_777_216.0));
    }

    #[test]
    fn commas_group_or_are_wrong() {
        let read = |text: &str| {
            let mut scratch = Vec::new();
            without_groups(text.as_bytes(), &mut scratch)
                .map(|text| String::from_utf8(text.to_vec()).unwrap())
        };
        assert_eq!(read("-1,234.50").as_deref(), Some("-1234.50"));
        assert_eq!(read("12,345,678").as_deref(), Some("12345678"));
        assert_eq!(read("12.50").as_deref(), Some("12.50"));
        for wrong in ["1,50", "1.234,50", ",123", "1234,567", "1,,234", "1,2345", "1,234,"] {
            assert_eq!(read(wrong), None, "{wrong}");
        }
    }
}
