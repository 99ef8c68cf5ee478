//! Numbers as Java reads and prints them: `Double.parseDouble`, `Float.parseFloat`, `Double.toString`.

use crate::number::parse;
use crate::number::print::put_shortest_f64;

/// What `Double.parseDouble` reads, and `inf` and `nan` in any case.
pub(crate) fn double(field: &[u8]) -> Option<f64> {
    let body = body(field);
    parse::float(body).or_else(|| hexadecimal(body, 53, -1074))
}

/// What `Float.parseFloat` reads, rounded once, and `inf` and `nan` in any case.
#[allow(clippy::cast_possible_truncation, reason = "the number has no more bits than a single")]
pub(crate) fn single(field: &[u8]) -> Option<f32> {
    let body = body(field);
    parse::single(body).or_else(|| hexadecimal(body, 24, -149).map(|value| value as f32))
}

/// A number without the blanks around it and the letter of its type.
fn body(field: &[u8]) -> &[u8] {
    let is_blank = |byte: &u8| *byte <= b' ';
    let (_, field) = field.split_at(field.iter().take_while(|byte| is_blank(byte)).count());
    let behind = field.iter().rev().take_while(|byte| is_blank(byte)).count();
    let (field, _) = field.split_at(field.len() - behind);
    match field {
        // What is in front of the letter is a number by itself, and not a word.
        [number @ .., b'f' | b'F' | b'd' | b'D'] if matches!(number, [.., b'0'..=b'9' | b'.']) => number,
        _ => field,
    }
}

/// A hexadecimal number, `0x1.8p-3`, rounded to so many bits, of which the last stands for no less than `2^least`.
fn hexadecimal(text: &[u8], bits: u32, least: i64) -> Option<f64> {
    let (text, negative) = match text {
        [b'-', rest @ ..] => (rest, true),
        [b'+', rest @ ..] => (rest, false),
        text => (text, false),
    };
    let [b'0', b'x' | b'X', rest @ ..] = text else { return None };
    let power_at = rest.iter().position(|byte| matches!(byte, b'p' | b'P'))?;
    let (digits, power) = (rest.get(..power_at)?, rest.get(power_at + 1..)?);
    // The first bits of the number, whether others follow, and the power of two of the last one.
    let (mut whole, mut has_more, mut exponent) = (0u64, false, 0i64);
    let (mut count, mut is_fraction) = (0, false);
    for byte in digits {
        if *byte == b'.' && !is_fraction {
            is_fraction = true;
            continue;
        }
        let digit = char::from(*byte).to_digit(16)?;
        count += 1;
        if whole >> 59 == 0 {
            whole = whole << 4 | u64::from(digit);
            exponent -= if is_fraction { 4 } else { 0 };
        } else {
            has_more |= digit != 0;
            exponent += if is_fraction { 0 } else { 4 };
        }
    }
    let exponent = exponent.checked_add(power_of(power)?)?;
    let value = if count == 0 { return None } else { rounded(whole, has_more, exponent, bits, least)? };
    Some(if negative { -value } else { value })
}

/// A whole number with a sign; what is far too large or too small for a power of two is any such number.
fn power_of(text: &[u8]) -> Option<i64> {
    const FAR: i64 = 1 << 40;
    let (digits, sign) = match text {
        [b'-', rest @ ..] => (rest, -1),
        [b'+', rest @ ..] => (rest, 1),
        text => (text, 1),
    };
    if digits.is_empty() || !digits.iter().all(u8::is_ascii_digit) {
        return None;
    }
    let amount = digits.iter().fold(0i64, |amount, digit| (amount * 10 + i64::from(digit - b'0')).min(FAR));
    Some(sign * amount)
}

/// `whole * 2^exponent`, and a little more if `has_more`, to the nearest number of so many bits, of two as near the even one.
#[allow(clippy::cast_precision_loss, reason = "the number has no more bits than a double")]
fn rounded(whole: u64, has_more: bool, exponent: i64, bits: u32, least: i64) -> Option<f64> {
    if whole == 0 {
        return Some(0.0);
    }
    // The power of two of the first bit, and of the last that is kept.
    let top = exponent.saturating_add(63 - i64::from(whole.leading_zeros()));
    let last = least.max(top.saturating_sub(i64::from(bits) - 1));
    // The first bit of the largest finite number.
    if top > 2 - least - i64::from(bits) {
        return Some(f64::INFINITY);
    }
    let shift = last - exponent;
    let kept = match u32::try_from(shift) {
        Err(_) | Ok(0) => whole.checked_shl(u32::try_from(-shift).unwrap_or(u32::MAX)).unwrap_or(0),
        Ok(65..) => 0,
        Ok(shift) => {
            let (kept, rest) = (whole.checked_shr(shift).unwrap_or(0), whole << ((64 - shift) % 64));
            // In units of which `2^64` is the last bit that is kept; a shift of 64 leaves all bits below it.
            let rest = if shift == 64 { whole } else { rest };
            let half = 1u64 << 63;
            let up = rest > half || (rest == half && (has_more || kept & 1 == 1));
            kept + u64::from(up)
        }
    };
    // Two steps, neither of which leaves the range of doubles.
    let last = i32::try_from(last).ok()?;
    let half = last / 2;
    let other = last - half;
    let value = kept as f64 * 2f64.powi(half) * 2f64.powi(other);
    Some(if bits == 24 && value > f64::from(f32::MAX) { f64::INFINITY } else { value })
}

/// Appends a double as `Double.toString` prints it: `1.0`, `1.0E7`, `9.99E-4`, `NaN`, `-Infinity`.
pub(crate) fn put_double(out: &mut Vec<u8>, value: f64) {
    if !value.is_finite() {
        let text: &[u8] = match value.is_nan() {
            true => b"NaN",
            false if value < 0.0 => b"-Infinity",
            false => b"Infinity",
        };
        return out.extend_from_slice(text);
    }
    if value == 0.0 || (1e-3..1e7).contains(&value.abs()) {
        return put_shortest_f64(out, value);
    }
    let mut text = format!("{value:e}");
    // Java prints two digits at least, and the nearest of those.
    if !text.contains('.') {
        text = format!("{value:.1e}");
    }
    out.extend_from_slice(text.to_ascii_uppercase().as_bytes());
}

#[cfg(test)]
mod tests;
