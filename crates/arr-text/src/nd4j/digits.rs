//! Numbers as Java's `DecimalFormat` prints them for the pattern that ND4J uses, `0.000000000000000000E0`.

/// Digits after the point.
const DECIMALS: usize = 18;

/// Numbers in rows of more than one are set flush right in so many columns, or in more where one is longer.
const COLUMNS: usize = 25;

/// Appends a real number: the digits that Java finds for a double, at most 17, filled up with zeros. Zero is a single
/// digit, as ND4J writes it; -0.0 is what the pattern makes of it, where ND4J drops the sign.
pub(super) fn put_real(value: f64, out: &mut Vec<u8>) {
    if value == 0.0 {
        out.extend_from_slice(if value.is_sign_negative() { NEGATIVE_ZERO } else { b"0" });
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
    if value < 0.0 {
        out.push(b'-');
    }
    let value = value.abs();
    let mut buffer = zmij::Buffer::new();
    let text = buffer.format_finite(value).as_bytes();
    let text = text.strip_suffix(b".0").unwrap_or(text);
    if value < f64::MIN_POSITIVE && !text.contains(&b'.') {
        // Of the least numbers, of which one digit is enough, Java prints two, as near as they come.
        let two = format!("{value:.1e}");
        if two.parse() == Ok(value) {
            return put_scientific(two.as_bytes(), out);
        }
    }
    put_scientific(text, out);
}

/// Appends `1.25e-7`, `123.4`, `0.001` or `5e-324` with one digit before the point, all of the zeros after it and a
/// capital letter.
fn put_scientific(text: &[u8], out: &mut Vec<u8>) {
    let letter = text.iter().position(|byte| *byte == b'e').unwrap_or(text.len());
    let (number, power) = text.split_at(letter);
    let (whole, decimals) = number.split_at(number.iter().take_while(|byte| **byte != b'.').count());
    let decimals = decimals.strip_prefix(b".").unwrap_or(decimals);
    let is_zero = |byte: &&u8| **byte == b'0';
    // `0.001` is 1 with a power of -3.
    let before = whole.iter().take_while(is_zero).count();
    let behind = if before == whole.len() { decimals.iter().take_while(is_zero).count() } else { 0 };
    let ((_, whole), (_, decimals)) = (whole.split_at(before), decimals.split_at(behind));
    let mut digits = whole.iter().chain(decimals).copied();
    // A number whose digits are all zeros has none left.
    out.push(digits.next().unwrap_or(b'0'));
    out.push(b'.');
    let start = out.len();
    out.extend(digits);
    let missing = DECIMALS.saturating_sub(out.len() - start);
    out.extend(std::iter::repeat_n(b'0', missing));
    out.push(b'E');
    match power.get(1..) {
        Some(power) => out.extend_from_slice(power.strip_prefix(b"+").unwrap_or(power)),
        None if whole.is_empty() => out.extend_from_slice(format!("-{}", behind + 1).as_bytes()),
        None => out.extend_from_slice(format!("{}", whole.len() - 1).as_bytes()),
    }
}

const NEGATIVE_ZERO: &[u8] = b"-0.000000000000000000E0";

/// Appends a text flush right.
pub(super) fn put_right(text: &[u8], out: &mut Vec<u8>) {
    // Java counts characters, not bytes.
    let columns = text.iter().filter(|byte| **byte & 0xC0 != 0x80).count();
    out.extend(std::iter::repeat_n(b' ', COLUMNS.saturating_sub(columns)));
    out.extend_from_slice(text);
}

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
            (1234.5, "1.234500000000000000E3"),
            (0.00125, "1.250000000000000000E-3"),
            (-123_456_789_012_345_680.0, "-1.234567890123456800E17"),
            (1e22, "1.000000000000000000E22"),
            (100.0, "1.000000000000000000E2"),
            (0.0, "0"),
            (-0.0, "-0.000000000000000000E0"),
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
            let small = f64::from(i32::from_ne_bytes([
                bits.to_ne_bytes()[0],
                bits.to_ne_bytes()[1],
                bits.to_ne_bytes()[2],
                0,
            ])) / 64.0;
            assert_eq!(real(small).parse(), Ok(small));
        }
        for bits in 1..300 {
            let value = f64::from_bits(bits);
            assert_eq!(real(value).parse(), Ok(value));
        }
    }
}
