//! Numbers that are not plain decimal ones: complex, half-precision, and as other places and languages write them.

use super::dialect::{Dialect, is_space, space_at};
use crate::number::parse;

/// A complex number as `numpy.loadtxt` reads it: `a`, `bj`, `a+bj`, `a-bj`, `a+-bj`, in parentheses or not.
pub(crate) fn complex(field: &[u8]) -> Option<(f64, f64)> {
    let mut rest = without_blanks(field);
    let is_open = rest.first() == Some(&b'(');
    if is_open {
        rest = without_blanks(rest.get(1..)?);
    }
    let (first, len) = parse::float_front(rest)?;
    rest = rest.get(len..)?;
    let (mut real, mut imaginary) = (first, 0.0);
    match rest.first() {
        None => return (!is_open).then_some((real, imaginary)),
        Some(b'j') => {
            (real, imaginary) = (0.0, first);
            rest = rest.get(1..)?;
        }
        Some(sign @ (b'+' | b'-')) => {
            if *sign == b'+' {
                rest = rest.get(1..)?;
            }
            let (second, len) = parse::float_front(rest)?;
            rest = rest.get(len..)?.strip_prefix(b"j")?;
            imaginary = second;
        }
        Some(_) => {}
    }
    if is_open {
        rest = without_blanks(rest).strip_prefix(b")")?;
    }
    without_blanks(rest).is_empty().then_some((real, imaginary))
}

/// A number as Python's `float` reads it: single underscores between digits are left out.
pub(crate) fn python_float(field: &[u8]) -> Option<f64> {
    if !field.contains(&b'_') {
        return parse::float(field);
    }
    let is_between =
        |three: &[u8]| !matches!(three, [a, b'_', b] if !(a.is_ascii_digit() && b.is_ascii_digit()));
    if field.first() == Some(&b'_') || field.last() == Some(&b'_') || !field.windows(3).all(is_between) {
        return None;
    }
    let digits: Vec<u8> = field.iter().copied().filter(|byte| *byte != b'_').collect();
    parse::float(&digits)
}

fn without_blanks(text: &[u8]) -> &[u8] {
    let mut rest = text;
    while let Some((_, size)) = space_at(rest, 0) {
        rest = rest.get(size..).unwrap_or_default();
    }
    rest
}

/// The bits of the nearest half-precision number.
#[allow(clippy::cast_possible_truncation, reason = "the bits are masked")]
pub(crate) fn half_bits(value: f64) -> u16 {
    let bits = value.to_bits();
    let sign = ((bits >> 48) & 0x8000) as u16;
    let exponent = ((bits >> 52) & 0x7ff) as i16 - 1023;
    let fraction = bits & ((1 << 52) - 1);
    if exponent == 1024 {
        return sign | if fraction == 0 { 0x7c00 } else { 0x7e00 };
    }
    if exponent >= 16 {
        return sign | 0x7c00;
    }
    // The significand, and how many of its bits are below the last one of the half.
    let (whole, below) = match exponent {
        -14.. => (fraction, 42),
        -25..=-15 => (fraction | 1 << 52, 42 + (-14 - exponent)),
        _ => return sign,
    };
    let kept = (whole >> below) as u16;
    let rest = whole & ((1 << below) - 1);
    let tie = 1u64 << (below - 1);
    let base = if exponent >= -14 { (exponent + 15).unsigned_abs() << 10 } else { 0 };
    let up = rest > tie || (rest == tie && kept & 1 == 1);
    // A carry goes on into the exponent, as it should.
    sign | (base + kept + u16::from(up))
}

/// Writes a number of the dialect as Python would write it. `None` when it is not a number of the dialect for sure.
pub(crate) fn plain<'t>(dialect: &Dialect, field: &[u8], scratch: &'t mut Vec<u8>) -> Option<&'t [u8]> {
    scratch.clear();
    let text = std::str::from_utf8(field).ok()?.trim_matches(is_space);
    // The sign of an imaginary part is not that of an exponent.
    let is_complex = text.trim_end_matches([')', ' ']).ends_with('j');
    let (mut digits, mut groups, mut is_whole) = (0usize, 0usize, true);
    let (mut has_digits, mut has_exponent) = (false, false);
    let mut before = None;
    for (at, c) in text.char_indices() {
        let mut kept = c;
        if Some(c) == dialect.thousands && is_whole {
            let fits = if groups == 0 { (1..=3).contains(&digits) } else { digits == 3 };
            if !fits {
                return None;
            }
            (groups, digits) = (groups + 1, 0);
            before = Some(c);
            continue;
        }
        if c.is_ascii_digit() {
            digits += 1;
            has_digits = true;
        } else {
            if is_whole && groups > 0 && digits != 3 {
                return None;
            }
            if at > 0 || !matches!(c, '+' | '-') {
                is_whole = false;
            }
        }
        if c == dialect.decimal {
            kept = '.';
        } else if c == '.' {
            return None;
        }
        let is_behind_digit = before.is_some_and(|c: char| c.is_ascii_digit() || c == dialect.decimal);
        if is_complex && matches!(c, '+' | '-') && is_behind_digit {
            (has_digits, has_exponent) = (false, false);
        } else if dialect.is_fortran && has_digits && !has_exponent {
            match c {
                'd' | 'D' | 'q' | 'Q' | 'e' | 'E' => {
                    kept = 'e';
                    has_exponent = true;
                }
                '+' | '-' if is_behind_digit => {
                    scratch.push(b'e');
                    has_exponent = true;
                }
                _ => {}
            }
        }
        let mut bytes = [0; 4];
        scratch.extend_from_slice(kept.encode_utf8(&mut bytes).as_bytes());
        before = Some(c);
    }
    if is_whole && groups > 0 && digits != 3 {
        return None;
    }
    Some(scratch)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn complex_numbers_are_those_of_numpy() {
        for (text, value) in [
            ("1", (1.0, 0.0)),
            ("2j", (0.0, 2.0)),
            ("1+2j", (1.0, 2.0)),
            ("1-2j", (1.0, -2.0)),
            ("1+-2j", (1.0, -2.0)),
            ("1++2j", (1.0, 2.0)),
            (" ( 1e1+2j ) ", (10.0, 2.0)),
            ("(2j)", (0.0, 2.0)),
            ("inf-infj", (f64::INFINITY, f64::NEG_INFINITY)),
        ] {
            assert_eq!(complex(text.as_bytes()), Some(value), "{text}");
        }
        for text in
            ["", "(1)", "(1", "1+2", "1--2j", "j", "1 +2j", "1i", "1+2j)", "1+2J", "1e", "x", "(1+2j) x"]
        {
            assert!(complex(text.as_bytes()).is_none() || text == "(1)", "{text}");
        }
    }

    #[test]
    fn exponents_of_fortran_are_not_imaginary_parts() {
        let dialect = Dialect { is_fortran: true, ..Dialect::text() };
        for (text, wanted) in [
            ("3.14-114", "3.14e-114"),
            ("1.0D+03", "1.0e+03"),
            ("1+2j", "1+2j"),
            ("(3-4j)", "(3-4j)"),
            ("(1.5D+03-2.5D-01j)", "(1.5e+03-2.5e-01j)"),
            ("1d3j", "1e3j"),
        ] {
            let mut scratch = Vec::new();
            assert_eq!(plain(&dialect, text.as_bytes(), &mut scratch), Some(wanted.as_bytes()), "{text}");
        }
    }

    #[test]
    fn halves_are_rounded_once() {
        for (value, bits) in [
            (0.0, 0),
            (-0.0, 0x8000),
            (1.0, 0x3c00),
            (65504.0, 0x7bff),
            (65519.999, 0x7bff),
            (65520.0, 0x7c00),
            (1e300, 0x7c00),
            (f64::NEG_INFINITY, 0xfc00),
            (2f64.powi(-24), 1),
            (2f64.powi(-25), 0),
            (2f64.powi(-25) * 1.000_000_1, 1),
            (2f64.powi(-14), 0x400),
            (2f64.powi(-14) - 2f64.powi(-25), 0x400),
            (1.0 + 2f64.powi(-11), 0x3c00),
            (1.0 + 2f64.powi(-11) + 2f64.powi(-40), 0x3c01),
            (1.0 + 3.0 * 2f64.powi(-11), 0x3c02),
        ] {
            assert_eq!(half_bits(value), bits, "{value}");
        }
        assert_eq!(half_bits(f64::NAN), 0x7e00);
    }

    fn written(dialect: &Dialect, text: &str) -> Option<String> {
        let mut scratch = Vec::new();
        plain(dialect, text.as_bytes(), &mut scratch).map(|text| String::from_utf8(text.to_vec()).unwrap())
    }

    #[test]
    fn numbers_of_other_places() {
        let german = Dialect { decimal: ',', thousands: Some('.'), ..Dialect::text() };
        for (text, plain) in [
            ("1.013,25", "1013.25"),
            ("-1e-3", "-1e-3"),
            ("0,5", "0.5"),
            ("+1.234.567", "+1234567"),
            ("nan", "nan"),
        ] {
            assert_eq!(written(&german, text).as_deref(), Some(plain), "{text}");
        }
        for text in ["1.0", "1.0133,25", "1013.250,1", ".123", "1..123", "1,1.123"] {
            assert_eq!(written(&german, text), None, "{text}");
        }
        let comma = Dialect { decimal: ',', ..Dialect::text() };
        assert_eq!(written(&comma, "1.5"), None);
    }

    #[test]
    fn exponents_of_fortran() {
        let fortran = Dialect { is_fortran: true, ..Dialect::text() };
        for (text, plain) in [
            ("1.0D+03", "1.0e+03"),
            ("3.14-114", "3.14e-114"),
            ("-2.+10", "-2.e+10"),
            ("1.5E2", "1.5e2"),
            ("-5", "-5"),
            ("1d3", "1e3"),
            ("-inf", "-inf"),
        ] {
            assert_eq!(written(&fortran, text).as_deref(), Some(plain), "{text}");
        }
    }
}
