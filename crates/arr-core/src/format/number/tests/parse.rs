//! Text to numbers.

use proptest::prelude::*;

use super::super::parse::*;
use super::Bits;

#[test]
fn the_longest_number_at_the_front_is_taken() {
    for (text, value, len) in [
        ("1", 1.0, 1),
        ("1.", 1.0, 2),
        (".5", 0.5, 2),
        ("+1", 1.0, 2),
        ("-1", -1.0, 2),
        ("1e5x", 1e5, 3),
        ("1e", 1.0, 1),
        ("1e+", 1.0, 1),
        ("1e-x", 1.0, 1),
        ("1E5", 1e5, 3),
        ("1e+05", 1e5, 5),
        ("1..2", 1.0, 2),
        ("1.2.3", 1.2, 3),
        ("1_0", 1.0, 1),
        ("0x10", 0.0, 1),
        ("12,5", 12.0, 2),
        ("-0", -0.0, 2),
        ("-.5e1,", -5.0, 5),
        ("5.e1 ", 50.0, 4),
        ("1234567,", 1234567.0, 7),
        ("12345678,", 12345678.0, 8),
        ("123456789012345678901234567890", 123456789012345678901234567890.0, 30),
        ("inf", f64::INFINITY, 3),
        ("-INF", f64::NEG_INFINITY, 4),
        ("+iNfInItY", f64::INFINITY, 9),
        ("infinit", f64::INFINITY, 3),
        ("infx", f64::INFINITY, 3),
        ("1e400", f64::INFINITY, 5),
        ("-1e400", f64::NEG_INFINITY, 6),
        ("1e-400", 0.0, 6),
        ("1.234567890123456789e+00", 1.2345678901234568, 24),
        ("-1.234567890123456789e-00,", -1.2345678901234568, 25),
        ("1.234567890123456789e+001", 12.345678901234568, 25),
        ("1.234567890123456789e+100", 1.2345678901234568e100, 25),
        ("1.2345678901234567890e+00", 1.2345678901234568, 25),
        ("1.234567890123456789E+00", 1.2345678901234568, 24),
        ("1.234567890123456789e 00", 1.2345678901234568, 20),
        ("1.234567890123456789e+0", 1.2345678901234568, 23),
        ("1.234567890123456789e/00", 1.2345678901234568, 20),
        ("1.234567890123456789e)00", 1.2345678901234568, 20),
        ("1.23456789012345678:e+00", 1.2345678901234568, 19),
        ("1.234567890:23456789e+00", 1.23456789, 11),
        ("0.000000000000000000e+00", 0.0, 24),
        ("1,234567890123456789e+00", 1.0, 1),
        ("1;23456789012345678", 1.0, 1),
        ("1;234567", 1.0, 1),
        ("1;234567890123456", 1.0, 1),
    ] {
        for behind in ["", ",", " and more text behind it"] {
            let text = format!("{text}{behind}");
            let (found, taken) = float_front(text.as_bytes()).unwrap();
            assert_eq!((found.to_bits(), taken), (f64::to_bits(value), len), "{text}");
            assert_eq!(float(text.as_bytes()).is_some(), len == text.len(), "{text}");
        }
    }
    for text in ["", "+", "-", ".", "-.", "e5", ".e5", "+-1", "--1", " 1", "na", "in", "x", "\u{0661}", "$1"]
    {
        assert_eq!(float_front(text.as_bytes()), None, "{text}");
        assert_eq!(single_front(text.as_bytes()), None, "{text}");
    }
    for (text, bits) in
        [("nan", 0x7FF8_0000_0000_0000u64), ("-NaN", 0xFFF8_0000_0000_0000), ("+nan", 0x7FF8 << 48)]
    {
        assert_eq!(float(text.as_bytes()).unwrap().to_bits(), bits, "{text}");
    }
    assert!(float_front(b"nanx").unwrap().0.is_nan());
    assert_eq!(float_front(b"nanx").unwrap().1, 3);
}

#[test]
fn powers_of_ten_of_any_size_count_together_with_the_zeros_of_the_digits() {
    let zeros = |count: usize| "0".repeat(count);
    for (text, value) in [
        (format!("0.{}1e100001", zeros(100_000)), 1.0),
        (format!("0.{}12345678901234567890e100001", zeros(100_000)), 1.2345678901234568),
        (format!("0.{}12345678901234567890e1000001", zeros(1_000_000)), 1.2345678901234568),
        (format!("1{}e-100000", zeros(100_000)), 1.0),
        (format!("{}1.5", zeros(1_000)), 1.5),
        (format!("{}1.5{}", zeros(1_000), zeros(1_000)), 1.5),
        (format!("1e{}5", zeros(1_000)), 1e5),
        (format!("1e-{}5", zeros(1_000)), 1e-5),
        (format!("1e{}", "9".repeat(1_000)), f64::INFINITY),
        (format!("1e-{}", "9".repeat(1_000)), 0.0),
        (format!("0e{}", "9".repeat(1_000)), 0.0),
        (format!("0.{}e{}", zeros(50), "9".repeat(1_000)), 0.0),
        ("1".repeat(400), f64::INFINITY),
        (format!("0.{}1", zeros(400)), 0.0),
    ] {
        assert_eq!(float(text.as_bytes()), Some(value), "{} bytes", text.len());
    }
}

#[test]
fn whole_numbers_are_checked() {
    use NotWhole::{Range, Syntax};
    for (text, value) in [
        ("0", Ok(0)),
        ("-0", Ok(0)),
        ("+7", Ok(7)),
        ("12345678", Ok(12_345_678)),
        ("123456789", Ok(123_456_789)),
        ("-1234567", Ok(-1_234_567)),
        ("9223372036854775807", Ok(i64::MAX)),
        ("-9223372036854775808", Ok(i64::MIN)),
        ("00000000000000000000000000000042", Ok(42)),
        ("9223372036854775808", Err(Range)),
        ("-9223372036854775809", Err(Range)),
        ("18446744073709551616", Err(Range)),
        ("99999999999999999999999999", Err(Range)),
        ("99999999999999999999999999x", Err(Syntax)),
        ("", Err(Syntax)),
        ("-", Err(Syntax)),
        ("+-1", Err(Syntax)),
        ("1.0", Err(Syntax)),
        ("1e3", Err(Syntax)),
        ("1_0", Err(Syntax)),
        (" 1", Err(Syntax)),
        ("1 ", Err(Syntax)),
        ("1234567\0", Err(Syntax)),
        ("12\u{0663}", Err(Syntax)),
    ] {
        assert_eq!(signed(text.as_bytes()), value, "{text:?}");
    }
    for (text, value) in [
        ("18446744073709551615", Ok(u64::MAX)),
        ("+18446744073709551615", Ok(u64::MAX)),
        ("18446744073709551616", Err(Range)),
        ("28446744073709551615", Err(Range)),
        ("000000000018446744073709551615", Ok(u64::MAX)),
        ("-1", Err(Syntax)),
        ("-0", Err(Syntax)),
        ("+", Err(Syntax)),
    ] {
        assert_eq!(unsigned(text.as_bytes()), value, "{text:?}");
    }
    assert_eq!(signed_front(b"-12,5"), Ok((-12, 3)));
    assert_eq!(signed_front(b"12345678901,5"), Ok((12_345_678_901, 11)));
    assert_eq!(signed_front(b"9223372036854775808,"), Err(Range));
    assert_eq!(signed_front(b",5"), Err(Syntax));
}

#[test]
fn random_numbers_are_those_of_the_standard_library() {
    let mut bits = Bits::new();
    for _ in 0..if cfg!(miri) { 100 } else { 200_000 } {
        let digits = 1 + bits.below(26);
        let point = bits.below(digits + 1);
        let mut text = String::from(["", "-", "+"][bits.below(3) as usize]);
        for place in 0..digits {
            if place == point {
                text.push('.');
            }
            text.push(char::from(b'0' + bits.below(10) as u8));
        }
        match bits.below(4) {
            0 => text += &format!("e{}", bits.below(700) as i64 - 360),
            1 => text += &format!("E{:+03}", bits.below(60) as i64 - 30),
            _ => (),
        }
        assert_eq!(float(text.as_bytes()), text.parse().ok(), "{text}");
        assert_eq!(single(text.as_bytes()), text.parse().ok(), "{text}");
        text.push_str(", and what comes behind");
        let end = text.find(',').unwrap();
        assert_eq!(float_front(text.as_bytes()), Some((text[..end].parse().unwrap(), end)), "{text}");
        assert_eq!(single_front(text.as_bytes()), Some((text[..end].parse().unwrap(), end)), "{text}");
    }
}

/// What the front of a text is by the rules that the module states, one byte at a time, with the standard library for the
/// value.
fn plain_front(text: &[u8]) -> Option<(f64, usize)> {
    let digits = |from: usize| text[from..].iter().take_while(|byte| byte.is_ascii_digit()).count();
    let sign = usize::from(matches!(text.first(), Some(b'+' | b'-')));
    let mut end = sign + digits(sign);
    let mut count = end - sign;
    if text.get(end) == Some(&b'.') {
        count += digits(end + 1);
        if count > 0 {
            end += 1 + digits(end + 1);
        }
    }
    if count == 0 {
        let word = |word: &str| text[sign..].to_ascii_lowercase().starts_with(word.as_bytes());
        end = sign + [("infinity", 8), ("inf", 3), ("nan", 3)].iter().find(|(name, _)| word(name))?.1;
    } else if matches!(text.get(end), Some(b'e' | b'E')) {
        let sign = usize::from(matches!(text.get(end + 1), Some(b'+' | b'-')));
        let power = digits((end + 1 + sign).min(text.len()));
        if power > 0 {
            end += 1 + sign + power;
        }
    }
    Some((std::str::from_utf8(&text[..end]).unwrap().parse().unwrap(), end))
}

proptest! {
    #[test]
    fn any_bytes_are_read_by_the_rules(text in prop::collection::vec(any::<u8>(), 0..40)) {
        check_front(&text);
    }

    #[test]
    fn what_is_nearly_a_number_is_read_by_the_rules(text in "[-+]?[0-9.e+\\-infatyINF:/, ]{0,30}") {
        check_front(text.as_bytes());
    }

    #[test]
    fn what_is_nearly_a_number_of_numpy_is_read_by_the_rules(
        text in "[-+]?[0-9][.,;]([0-9]{18}|[0-9/:]{17,19})[eE/)'(:f][-+,./ )][0-9:/]{1,3}"
    ) {
        check_front(text.as_bytes());
    }
}

fn check_front(text: &[u8]) {
    let bits = |found: Option<(f64, usize)>| found.map(|(value, len)| (value.to_bits(), len));
    assert_eq!(bits(float_front(text)), bits(plain_front(text)), "{:?}", String::from_utf8_lossy(text));
    let _ = (signed_front(text), signed(text), unsigned(text), single_front(text));
}
