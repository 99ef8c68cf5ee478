//! Numbers as Java's `DecimalFormat` prints them for the pattern that ND4J uses, `0.000000000000000000E0`.

use std::io::Write as _;

/// Digits behind the point.
const DECIMALS: usize = 18;

/// Numbers in rows of more than one are set flush right in so many columns, or in more where one is longer.
const COLUMNS: usize = 25;

/// Appends a real number: the digits that Java finds for a double, at most 17, filled up with zeros. Zero has no sign.
pub(super) fn put_real(value: f64, out: &mut Vec<u8>) {
    if value == 0.0 {
        out.push(b'0');
        return;
    }
    if value.is_nan() {
        out.extend_from_slice(b"NaN");
        return;
    }
    if value.is_infinite() {
        out.extend_from_slice(if value < 0.0 { "-\u{221e}".as_bytes() } else { "\u{221e}".as_bytes() });
        return;
    }
    let mut text = [0; 32];
    let len = print(&mut text, format_args!("{value:e}"));
    let short = text.get(..len).unwrap_or_default();
    if !short.contains(&b'.') && value.abs() < f64::MIN_POSITIVE {
        // Of the least numbers, of which one digit is enough, Java prints two, as near as they come.
        let mut second = [0; 32];
        let len = print(&mut second, format_args!("{value:.1e}"));
        let two = second.get(..len).unwrap_or_default();
        if std::str::from_utf8(two).is_ok_and(|two| two.parse() == Ok(value)) {
            return put_scientific(two, out);
        }
    }
    put_scientific(short, out);
}

fn print(to: &mut [u8; 32], text: std::fmt::Arguments<'_>) -> usize {
    let room = to.len();
    let mut rest = &mut to[..];
    // No number is as long as the room.
    let _ = rest.write_fmt(text);
    room - rest.len()
}

/// Appends `-1.25e-7` with all of its zeros and a capital letter.
fn put_scientific(text: &[u8], out: &mut Vec<u8>) {
    let letter = text.iter().position(|byte| *byte == b'e').unwrap_or(text.len());
    let (digits, exponent) = text.split_at(letter);
    out.extend_from_slice(digits);
    let point = digits.iter().position(|byte| *byte == b'.');
    if point.is_none() {
        out.push(b'.');
    }
    let decimals = point.map_or(0, |point| digits.len() - point - 1);
    out.extend_from_slice(ZEROS.get(decimals..).unwrap_or_default());
    out.push(b'E');
    out.extend_from_slice(exponent.get(1..).unwrap_or_default());
}

const ZEROS: &[u8; DECIMALS] = b"000000000000000000";

/// Appends a text flush right.
pub(super) fn put_right(text: &[u8], out: &mut Vec<u8>) {
    // Java counts characters, not bytes.
    let columns = text.iter().filter(|byte| **byte & 0xC0 != 0x80).count();
    out.extend_from_slice(BLANKS.get(columns..).unwrap_or_default());
    out.extend_from_slice(text);
}

const BLANKS: &[u8; COLUMNS] = b"                         ";

#[cfg(test)]
mod tests {
    use super::*;

    fn real(value: f64) -> String {
        let mut out = Vec::new();
        put_real(value, &mut out);
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn reals_are_printed_as_java_does() {
        for (value, text) in [
            (1.0, "1.000000000000000000E0"),
            (-2.5, "-2.500000000000000000E0"),
            (0.1, "1.000000000000000000E-1"),
            (f64::from(0.1f32), "1.000000014901161200E-1"),
            (f64::MAX, "1.797693134862315700E308"),
            (5e-324, "4.900000000000000000E-324"),
            (2e-323, "2.000000000000000000E-323"),
            (f64::MIN_POSITIVE, "2.225073858507201400E-308"),
            (-0.0, "0"),
            (f64::NAN, "NaN"),
            (f64::NEG_INFINITY, "-\u{221e}"),
        ] {
            assert_eq!(real(value), text);
        }
    }

    #[test]
    fn reals_come_back_to_the_bit() {
        let mut bits = 0x0123_4567_89ab_cdefu64;
        for _ in 0..20_000 {
            bits = bits.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            let value = f64::from_bits(bits);
            if value.is_finite() {
                assert_eq!(real(value).parse(), Ok(value));
            }
        }
        for bits in 1..300 {
            let value = f64::from_bits(bits);
            assert_eq!(real(value).parse(), Ok(value));
        }
    }
}
