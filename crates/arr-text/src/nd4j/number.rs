//! One value of the text.

use crate::number::parse;

/// What a piece of text without quotes means.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Value<'a> {
    /// A whole number whose amount fits 64 bits, written without a point.
    Whole { negative: bool, amount: u64 },
    /// Any other text that begins as a number does.
    Real(&'a str),
    /// What is not a number, or infinite.
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

    /// What is wrong in it is found when it is read as a number.
    fn parse_real(text: &'a [u8]) -> Option<Self> {
        std::str::from_utf8(text).ok().map(Self::Real)
    }

    /// False for a text that begins as a number does, and is none.
    pub(super) fn is_number(self) -> bool {
        match self {
            Self::Real(text) => parse::float(text.as_bytes()).is_some(),
            _ => true,
        }
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

    /// As the nearest `f64`; nothing when it is beyond all of them, or less than all but zero, or no number after all.
    #[allow(clippy::cast_precision_loss, reason = "the nearest is what is wanted")]
    pub(super) fn to_f64(self) -> Option<f64> {
        match self {
            Self::Whole { negative, amount } => {
                let amount = amount as f64;
                Some(if negative { -amount } else { amount })
            }
            Self::Real(text) => real(text),
            Self::Special(value) => Some(value),
            Self::Bool(value) => Some(f64::from(u8::from(value))),
        }
    }

    /// As the nearest `f32`.
    #[allow(clippy::cast_possible_truncation, reason = "these are NaN, infinite, 0 and 1")]
    pub(super) fn to_f32(self) -> Option<f32> {
        match self {
            Self::Whole { .. } => self.to_whole().map(nearest_f32),
            // What a double holds may well be nothing to a float, as in a cast.
            Self::Real(text) => {
                self.to_f64().and(parse::single(text.as_bytes())).filter(|value| value.is_finite())
            }
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
            Self::Real(text) => whole(text),
            Self::Special(_) => None,
        }
    }

    /// True for a whole number that no `f64` is. It was written without a point, so that all of its digits count: what
    /// ND4J writes of floats has one.
    pub(super) fn is_rounded(self) -> bool {
        match self {
            Self::Whole { amount, .. } => is_rounded(amount),
            Self::Real(text) => {
                let digits = text.trim_start_matches('-').trim_start_matches('0');
                let is_whole = digits.bytes().all(|byte| byte.is_ascii_digit());
                is_whole && real(digits).is_some_and(|value| format!("{value:.0}") != digits)
            }
            Self::Special(_) | Self::Bool(_) => false,
        }
    }
}

/// True when no `f64` is that number: it needs more than 53 bits.
pub(super) fn is_rounded(amount: u64) -> bool {
    amount >> amount.trailing_zeros().min(63) >= 1 << 53
}

/// The whole number that a text with a point or a power of ten is, to the last digit; nothing when it is none, or has
/// more than 36 digits.
fn whole(text: &str) -> Option<i128> {
    text.parse::<f64>().ok()?;
    let (negative, text) = text.strip_prefix('-').map_or((false, text), |rest| (true, rest));
    let (digits, power) = text.split_once(['e', 'E']).unwrap_or((text, "0"));
    let (before, behind) = digits.split_once('.').unwrap_or((digits, ""));
    let digits = || before.bytes().chain(behind.bytes());
    let len = before.len() + behind.len();
    let leading = digits().take_while(|digit| *digit == b'0').count();
    if leading == len {
        return Some(0);
    }
    let zeros = digits().rev().take_while(|digit| *digit == b'0').count();
    let significant = len - leading - zeros;
    // The last digit that is not zero counts so many powers of ten.
    let power = power.parse::<i64>().ok()?.checked_add(i64::try_from(zeros).ok()?)?;
    let power = u32::try_from(power.checked_sub(i64::try_from(behind.len()).ok()?)?).ok()?;
    if significant > 36 || power > 36 || significant + power as usize > 36 {
        return None;
    }
    let amount = digits()
        .skip(leading)
        .take(significant)
        .fold(0i128, |amount, digit| amount * 10 + i128::from(digit - b'0'));
    let amount = amount.checked_mul(10i128.checked_pow(power)?)?;
    Some(if negative { -amount } else { amount })
}

/// The nearest `f64`; nothing when it is beyond all of them, or zero though the text says otherwise.
fn real(text: &str) -> Option<f64> {
    let fits = |value: &f64| value.is_finite() && (*value != 0.0 || is_zero(text));
    parse::float(text.as_bytes()).filter(fits)
}

/// True when the digits before the power of ten are zeros.
#[cold]
fn is_zero(text: &str) -> bool {
    text.bytes().take_while(|byte| !matches!(byte, b'e' | b'E')).all(|byte| !matches!(byte, b'1'..=b'9'))
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
        for none in ["", "-", "x", "1x", "0x1", "inf", "nan", "--1", "TRUE", "1_0", "+1"] {
            assert_eq!(Value::parse(none.as_bytes()), None, "{none}");
        }
        for none in ["1E400", "1E-400", "-0.001e-330", "1E", ".", "1.2.3", "1-2", "1.0f", "1.0é"] {
            assert!(Value::parse(none.as_bytes()).is_none_or(|value| value.to_f64().is_none()), "{none}");
        }
        assert!(Value::parse(b"1E400").unwrap().is_number() && !Value::parse(b"1.0f").unwrap().is_number());
        assert_eq!(Value::parse(b"1.5E3").unwrap().to_whole(), Some(1500));
        assert_eq!(Value::parse(b"1.5").unwrap().to_whole(), None);
        for (text, expected) in [
            ("9007199254740993.0", Some(9_007_199_254_740_993)),
            ("-9.2233720368547758070E18", Some(-i128::from(i64::MAX))),
            ("0.0E9", Some(0)),
            (".5e1", Some(5)),
            ("100E-2", Some(1)),
            ("100E-3", None),
            ("1E36", None),
            ("1E400", None),
            ("1E-400", None),
            ("1.5.0", None),
        ] {
            assert_eq!(Value::parse(text.as_bytes()).and_then(Value::to_whole), expected, "{text}");
        }
        for (text, expected) in [
            ("9007199254740992", false),
            ("9007199254740993", true),
            ("-9007199254740994", false),
            ("18446744073709551615", true),
            ("18446744073709551616", false),
            ("18446744073709551617", true),
            ("0", false),
            ("1E400", false),
            ("0.1", false),
        ] {
            assert_eq!(Value::parse(text.as_bytes()).unwrap().is_rounded(), expected, "{text}");
        }
        assert_eq!(Value::parse(b"16777217").unwrap().to_f32(), Some(16_777_216.0));
    }

    #[test]
    fn short_cuts_lead_to_the_same_numbers() {
        let mut bits = 1u64;
        for round in 0..200_000u32 {
            bits = bits.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            let digits = (bits >> 8) % 10u64.pow(1 + round % 17);
            let digits = digits.to_string();
            let (first, rest) = digits.split_at(1);
            let sign = if round % 2 == 0 { "-" } else { "" };
            let power = i64::from(round % 61) - 30;
            let text = format!("{sign}{first}.{rest:0<18}E{power}");
            assert_eq!(real(&text).map(f64::to_bits), text.parse().ok().map(f64::to_bits), "{text}");
        }
        for text in [
            "1.",
            "0.0E0",
            "-0.000E5",
            "9.007199254740993E15",
            "9.999999999999999E22",
            "1.5E+3",
            "1.5",
            "0.1",
        ] {
            assert_eq!(real(text).map(f64::to_bits), text.parse().ok().map(f64::to_bits), "{text}");
        }
        for text in ["1.5E", "1.5E-", "1.5x", "1.E1E1", "1.5E400"] {
            assert_eq!(real(text), None, "{text}");
        }
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
