//! The fewest digits that read back to the same number, in the form of Python's `repr` and of NumPy's `str`.
//!
//! The digits are those of the crate `zmij`: the shortest, and of these the nearest. The form is positional for numbers
//! from `1e-4` to a bound that depends on the type, and scientific beyond.

use super::print::{put_positional, put_power};

/// Doubles from here on are scientific.
const BOUND_F64: f64 = 1e16;

/// Singles from here on are scientific.
const BOUND_F32: f64 = 1e6;

/// Halves from here on are scientific.
const BOUND_F16: f64 = 1e3;

/// Appends the fewest digits that read back to the same double, in the form of Python's `repr`: `1.0`, `1e-05`, `1e+22`,
/// `nan`, `inf`, `-inf`.
#[inline]
pub fn put_shortest_f64(out: &mut Vec<u8>, value: f64) {
    if !value.is_finite() {
        return put_not_finite(out, value);
    }
    let mut buffer = zmij::Buffer::new();
    let text = buffer.format_finite(value).as_bytes();
    let amount = value.abs();
    if (1e-4..BOUND_F64).contains(&amount) || amount == 0.0 {
        out.extend_from_slice(text);
    } else {
        put_scientific(out, text);
    }
}

/// Appends the fewest digits that read back to the same single, in the form of NumPy's `str`: `1.0`, `1.6777216e+07`,
/// `1e-04`, which is the single below `0.0001`.
#[inline]
pub fn put_shortest_f32(out: &mut Vec<u8>, value: f32) {
    let wide = f64::from(value);
    if !value.is_finite() {
        return put_not_finite(out, wide);
    }
    let mut buffer = zmij::Buffer::new();
    let text = buffer.format_finite(value).as_bytes();
    let amount = wide.abs();
    if (1e-4..BOUND_F32).contains(&amount) || amount == 0.0 {
        out.extend_from_slice(text);
    } else {
        put_scientific(out, text);
    }
}

/// Appends the fewest digits that read back to the same number of sixteen bits, in the form of NumPy's `str`: `0.1`,
/// `2.048e+03`, `6e-08`. The number is given as a single, and must be one of sixteen bits.
pub fn put_shortest_f16(out: &mut Vec<u8>, value: f32) {
    let wide = f64::from(value);
    if !value.is_finite() {
        return put_not_finite(out, wide);
    }
    if value.is_sign_negative() {
        out.push(b'-');
    }
    let amount = wide.abs();
    let (number, least) = digits_of_half(amount);
    let digits = number.to_string();
    let count = i32::try_from(digits.len()).unwrap_or(0);
    let power = least + count - 1;
    if (1e-4..BOUND_F16).contains(&amount) || amount == 0.0 {
        let places = usize::try_from((-least).max(1)).unwrap_or(1);
        put_positional(out, digits.as_bytes(), power, places, false);
    } else {
        put_digits(out, digits.as_bytes(), power);
    }
}

/// The shortest number that reads back to one of sixteen bits, and the power of ten of its last digit.
fn digits_of_half(amount: f64) -> (u64, i32) {
    // All in units of `2^-26 * 10^-9`: the numbers themselves are multiples of `2^-24`, what lies halfway between two of
    // them of `2^-26`.
    const UNITS: u128 = 1_000_000_000;
    if amount == 0.0 {
        return (0, 0);
    }
    #[allow(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a half is a multiple, below 2^42"
    )]
    let units = u128::from((amount * f64::from(1 << 26)) as u64);
    let exponent = units.ilog2();
    // The distance to the next number; below powers of two it is half of it, but for the least.
    let ulp = (1u128 << exponent.max(12)) >> 10;
    let mantissa = units / ulp;
    let below = if mantissa == 1 << 10 && exponent > 12 { ulp / 4 } else { ulp / 2 };
    let even = u128::from(mantissa % 2 == 0);
    let (middle, low, high) = (units * UNITS, (units - below) * UNITS, (units + ulp / 2) * UNITS);
    let (low, high) = (low + 1 - even, high + even - 1);
    let mut power = 5;
    let mut unit = (UNITS << 26) * 100_000;
    loop {
        // The nearest number with so many digits, of two as near the even one; or the other, if only that reads back.
        let (down, twice) = (middle / unit, middle % unit * 2);
        let up = twice > unit || (twice == unit && down % 2 == 1);
        for number in [down + u128::from(up), down + u128::from(!up)] {
            if (low..=high).contains(&(number * unit)) {
                return (super::powers::parts(number).0, power);
            }
        }
        if power == -9 {
            return (super::powers::parts(down).0, power);
        }
        power -= 1;
        unit /= 10;
    }
}

/// Appends `nan`, `inf` or `-inf`.
#[cold]
fn put_not_finite(out: &mut Vec<u8>, value: f64) {
    out.extend_from_slice(if value.is_nan() {
        b"nan"
    } else if value < 0.0 {
        b"-inf"
    } else {
        b"inf"
    });
}

/// Appends a number that `zmij` printed, `1.25e-7` or `0.0000125` or `12500000.0`, in the scientific form.
#[cold]
fn put_scientific(out: &mut Vec<u8>, text: &[u8]) {
    match text {
        [front @ .., b'e', b'-', digit] => {
            out.extend_from_slice(front);
            out.extend_from_slice(&[b'e', b'-', b'0', *digit]);
        }
        [.., b'e', _, _, _] | [.., b'e', _, _, _, _] => out.extend_from_slice(text),
        _ => {
            let body = text.strip_prefix(b"-").unwrap_or(text);
            if body.len() < text.len() {
                out.push(b'-');
            }
            let point = body.iter().position(|byte| *byte == b'.').unwrap_or(body.len());
            let (mut digits, mut len) = ([b'0'; 32], 0);
            for (place, byte) in digits.iter_mut().zip(body.iter().filter(|byte| byte.is_ascii_digit())) {
                *place = *byte;
                len += 1;
            }
            let digits = digits.get(..len).unwrap_or(&digits);
            let front = digits.iter().take_while(|digit| **digit == b'0').count();
            let digits = digits.get(front..).unwrap_or(&[]);
            let power = i32::try_from(point).unwrap_or(0) - 1 - i32::try_from(front).unwrap_or(0);
            put_digits(out, digits, power);
        }
    }
}

/// Appends digits with one of them before the point, and none of the zeros at their end.
fn put_digits(out: &mut Vec<u8>, digits: &[u8], power: i32) {
    let zeros = digits.iter().rev().take_while(|digit| **digit == b'0').count();
    let digits = digits.get(..digits.len() - zeros).unwrap_or(digits);
    let (lead, others) = digits.split_first().unwrap_or((&b'0', &[]));
    out.push(*lead);
    if !others.is_empty() {
        out.push(b'.');
        out.extend_from_slice(others);
    }
    put_power(out, b'e', power);
}
