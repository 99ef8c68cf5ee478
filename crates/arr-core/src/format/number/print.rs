//! Numbers to text: what Python's `%` operator prints, which is what C's `printf` prints but for a few flags.

use super::digits::{flush_left, pair, put, put_padded, ten, text};
use super::exact::Exact;
use super::scaled::{Halves, Positive};
pub use super::shortest::{put_shortest_f16, put_shortest_f32, put_shortest_f64};
pub use super::spec::{BadSpec, Spec};

/// Appends a double as C's `printf` prints it for `e E f F g G`: every digit right, rounded half to even.
///
/// As with Python's operator, the flag `0` fills up with zeros in front of `inf` and `nan` too, and the sign of what is
/// not a number is not printed.
#[inline]
pub fn put_float(out: &mut Vec<u8>, spec: &Spec, value: f64) {
    let precision = spec.precision.unwrap_or(6);
    match (spec.conversion, precision) {
        // NumPy's own format is worth code of its own, in which the precision is known.
        (b'e' | b'E', 18) => {
            if let Some((digits, power)) = scientific(value, 18) {
                return put_nineteen(out, spec, value.is_sign_negative(), digits, power, 18);
            }
        }
        (b'e' | b'E', 0..18) => {
            if let Some((digits, power)) = scientific(value, precision) {
                return put_nineteen(out, spec, value.is_sign_negative(), digits, power, precision);
            }
        }
        (b'f' | b'F', 0..=8) => {
            if let Some(Halves { whole: whole @ ..EIGHT, decimals }) = halves(value, precision) {
                return put_sixteen(out, spec, value.is_sign_negative(), whole, decimals, precision);
            }
        }
        _ => (),
    }
    put_float_of_any_form(out, spec, value, precision);
}

/// `10^8`: numbers below have eight digits.
const EIGHT: u64 = 100_000_000;

/// What is before and behind the point of a number that is finite and not too large.
#[inline]
fn halves(value: f64, places: usize) -> Option<Halves> {
    match Positive::new(value) {
        Some(positive) => positive.halves(places),
        None => (places < 20).then_some(Halves { whole: 0, decimals: 0 }),
    }
}

/// Appends at most eight digits, and at most eight decimals behind the point.
#[inline(always)]
#[allow(clippy::inline_always, reason = "the precision is known in some calls")]
fn put_sixteen(out: &mut Vec<u8>, spec: &Spec, negative: bool, whole: u64, decimals: u64, precision: usize) {
    let start = out.len();
    let (sign, signs) = sign(spec, negative);
    // Room for all of it: where it is written, there is no check and no call. The sign is written over if there is none.
    out.extend_from_slice(&[0; 32]);
    if let Some(room) = out.get_mut(start) {
        *room = sign;
    }
    let mut end = start + signs;
    if let Some(room) = out.get_mut(end..).and_then(<[u8]>::first_chunk_mut::<31>) {
        let (digits, width) = flush_left(whole);
        room[..8].copy_from_slice(&digits);
        if let Some(room) = room.get_mut(width..).and_then(<[u8]>::first_chunk_mut::<9>) {
            room[0] = b'.';
            room[1..].copy_from_slice(&text(decimals * ten(8 - precision.min(8)) % EIGHT));
        }
        end += width + precision + usize::from(precision > 0 || spec.alternate);
    }
    out.truncate(end);
    if spec.width > 0 {
        set_flush(out, spec, start, signs);
    }
}

/// The first digits of a number, of which `precision` are behind the point, with zeros behind them so that there are
/// nineteen, and the power of ten.
#[inline(always)]
#[allow(clippy::inline_always, reason = "the precision is known in some calls")]
fn scientific(value: f64, precision: usize) -> Option<(u64, i32)> {
    if !value.is_finite() {
        return None;
    }
    match Positive::new(value) {
        Some(value) => {
            let (digits, power) = value.digits(precision + 1)?;
            Some((digits * ten(18 - precision), power))
        }
        None => Some((0, 0)),
    }
}

/// Appends nineteen digits, of which `precision` are printed behind the point, and a power of ten.
#[inline(always)]
#[allow(clippy::inline_always, reason = "the precision is known in some calls")]
fn put_nineteen(out: &mut Vec<u8>, spec: &Spec, negative: bool, digits: u64, power: i32, precision: usize) {
    let start = out.len();
    let (sign, signs) = sign(spec, negative);
    let point = usize::from(precision > 0 || spec.alternate);
    // Room for all of it: where it is written, there is no check and no call. The sign is written over if there is none.
    out.extend_from_slice(&[0; 32]);
    if let Some(room) = out.get_mut(start) {
        *room = sign;
    }
    let mut end = start + signs;
    if let Some(room) = out.get_mut(end..).and_then(<[u8]>::first_chunk_mut::<31>) {
        let (front, last) = (digits / 100, digits % 100);
        let (front, second) = (front / EIGHT, front % EIGHT);
        let (lead, first) = (front / EIGHT, front % EIGHT);
        room[..2].copy_from_slice(&[digit(lead), b'.']);
        room[2..10].copy_from_slice(&text(first));
        room[10..18].copy_from_slice(&text(second));
        room[18..20].copy_from_slice(&pair(last));
        let letter = 1 + point + precision.min(18);
        let exponent = exponent(power);
        if let Some(room) = room.get_mut(letter..).and_then(<[u8]>::first_chunk_mut::<8>) {
            *room = exponent;
            room[0] = spec.conversion;
        }
        end += letter + usize::from(exponent[7]);
    }
    out.truncate(end);
    if spec.width > 0 {
        set_flush(out, spec, start, signs);
    }
}

/// The least power of ten of a double; the greatest is 308.
const LEAST: i32 = -324;

/// How each power of ten is written behind its letter: `e+05`, at least two digits; and in the last byte how long that is.
static EXPONENTS: [[u8; 8]; 633] = {
    let mut exponents = [[0; 8]; 633];
    let mut index = 0;
    let mut power = LEAST;
    while index < exponents.len() {
        let sign = if power < 0 { b'-' } else { b'+' };
        let amount = power.unsigned_abs() as u64;
        let [tens, ones] = pair(amount % 100);
        exponents[index] = if amount < 100 {
            [b'e', sign, tens, ones, 0, 0, 0, 4]
        } else {
            [b'e', sign, digit(amount / 100), tens, ones, 0, 0, 5]
        };
        index += 1;
        power += 1;
    }
    exponents
};

/// `e+05` and its length in the last byte.
#[inline]
fn exponent(power: i32) -> [u8; 8] {
    #[allow(clippy::cast_sign_loss, reason = "what is negative becomes too large for the table")]
    let exponent = EXPONENTS.get((power - LEAST) as usize);
    debug_assert!(exponent.is_some(), "no double has the power {power}");
    exponent.copied().unwrap_or([0; 8])
}

/// [`put_float`] in all other cases.
#[inline(never)]
fn put_float_of_any_form(out: &mut Vec<u8>, spec: &Spec, value: f64, precision: usize) {
    let start = out.len();
    let negative = value.is_sign_negative() && !value.is_nan();
    let (sign, signs) = sign(spec, negative);
    out.push(sign);
    out.truncate(start + signs);
    if !value.is_finite() {
        let text = if value.is_nan() { b"nan" } else { b"inf" };
        let upper = spec.conversion.is_ascii_uppercase();
        out.extend(text.iter().map(|byte| if upper { byte.to_ascii_uppercase() } else { *byte }));
    } else {
        match spec.conversion {
            b'e' | b'E' => {
                let mut exact = Exact::new(value);
                exact.round(exact.power().saturating_sub(limited(precision)));
                put_scientific(out, spec, exact.digits(), exact.power(), precision);
            }
            b'g' | b'G' => put_general(out, spec, value, precision.max(1)),
            _ => put_fixed(out, spec, value, precision),
        }
    }
    set_flush(out, spec, start, signs);
}

/// `%f` without sign.
#[inline]
fn put_fixed(out: &mut Vec<u8>, spec: &Spec, value: f64, precision: usize) {
    match halves(value, precision) {
        Some(halves) => {
            put(out, halves.whole);
            if precision > 0 || spec.alternate {
                out.push(b'.');
            }
            put_padded(out, halves.decimals, precision);
        }
        None => {
            let mut exact = Exact::new(value);
            exact.round(limited(precision).saturating_neg());
            put_positional(out, exact.digits(), exact.power(), precision, spec.alternate);
        }
    }
}

/// `%g` without sign.
fn put_general(out: &mut Vec<u8>, spec: &Spec, value: f64, precision: usize) {
    let few =
        if precision < 20 { Positive::new(value).and_then(|value| value.digits(precision)) } else { None };
    if let Some((digits, power)) = few {
        let mut buffer = [0; 24];
        let front = digits / EIGHT;
        buffer[..8].copy_from_slice(&text(front / EIGHT));
        buffer[8..16].copy_from_slice(&text(front % EIGHT));
        buffer[16..].copy_from_slice(&text(digits % EIGHT));
        let digits =
            buffer.last_chunk::<19>().map_or(&buffer[..], |digits| &digits[19 - precision.min(19)..]);
        put_either(out, spec, digits, power, precision);
    } else {
        let mut exact = Exact::new(value);
        exact.round(exact.power().saturating_sub(limited(precision)).saturating_add(1));
        put_either(out, spec, exact.digits(), exact.power(), precision);
    }
}

/// `%g` of digits: whichever form is shorter, by the rule of C.
fn put_either(out: &mut Vec<u8>, spec: &Spec, digits: &[u8], power: i32, precision: usize) {
    let zeros = digits.iter().rev().take_while(|digit| **digit == b'0').count();
    let digits = &digits[..digits.len() - zeros];
    let shown = if spec.alternate { precision } else { digits.len().max(1) };
    if power < -4 || power >= limited(precision) {
        put_scientific(out, spec, digits, power, shown - 1);
        return;
    }
    let places = i64::try_from(shown).unwrap_or(i64::MAX).saturating_sub(i64::from(power) + 1);
    put_positional(out, digits, power, usize::try_from(places).unwrap_or(0), spec.alternate);
}

/// Digits with one of them before the point and `precision` behind it, zeros where there are too few, and the power.
fn put_scientific(out: &mut Vec<u8>, spec: &Spec, digits: &[u8], power: i32, precision: usize) {
    let (lead, others) = digits.split_first().unwrap_or((&b'0', &[]));
    out.push(*lead);
    if precision > 0 || spec.alternate {
        out.push(b'.');
    }
    let end = out.len().saturating_add(precision);
    out.extend_from_slice(others);
    out.resize(end, b'0');
    put_power(out, if spec.conversion.is_ascii_uppercase() { b'E' } else { b'e' }, power);
}

/// `e+05`, at least two digits.
pub(super) fn put_power(out: &mut Vec<u8>, letter: u8, power: i32) {
    let exponent = exponent(power);
    let end = out.len() + usize::from(exponent[7]);
    out.push(letter);
    out.extend_from_slice(&exponent[1..]);
    out.truncate(end);
}

/// Digits, the first of which stands for `10^power`, with so many places behind the point and zeros where there are none.
pub(super) fn put_positional(out: &mut Vec<u8>, digits: &[u8], power: i32, places: usize, alternate: bool) {
    // Digits before the point, or zeros behind it.
    let before = usize::try_from(power.saturating_add(1)).unwrap_or(0);
    let zeros = usize::try_from(power.saturating_add(1).saturating_neg()).unwrap_or(0);
    let (whole, decimals) = digits.split_at(before.min(digits.len()));
    let end = out.len().saturating_add(before.max(1));
    out.extend_from_slice(whole);
    out.resize(end, b'0');
    if places > 0 || alternate {
        out.push(b'.');
    }
    let end = out.len().saturating_add(places);
    if !decimals.is_empty() {
        out.resize(out.len().saturating_add(zeros), b'0');
        out.extend_from_slice(decimals);
    }
    out.resize(end, b'0');
}

/// Appends a whole number for `d i o u x X`.
#[inline]
pub fn put_whole(out: &mut Vec<u8>, spec: &Spec, negative: bool, amount: u64) {
    let start = out.len();
    let (sign, signs) = sign(spec, negative);
    out.push(sign);
    out.truncate(start + signs);
    if let (b'd' | b'i' | b'u', None) = (spec.conversion, spec.precision) {
        put(out, amount);
        if spec.width > 0 {
            set_flush(out, spec, start, signs);
        }
        return;
    }
    let mut buffer = [0; 22];
    let digits = in_base(&mut buffer, amount, spec.conversion);
    put_prefixed(out, spec, digits, start, signs);
}

/// Appends a double for `d i u`, cut off at the point, however large it is. Returns whether it is finite: what is not is
/// no whole number, and nothing is appended.
pub fn put_truncated(out: &mut Vec<u8>, spec: &Spec, value: f64) -> bool {
    if !value.is_finite() {
        return false;
    }
    let whole = value.trunc();
    if whole.abs() < 18_446_744_073_709_551_616.0 {
        #[allow(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "it is whole, and in range"
        )]
        put_whole(out, spec, whole < 0.0, whole.abs() as u64);
        return true;
    }
    let exact = Exact::new(whole);
    let (start, mut digits) = (out.len(), Vec::new());
    put_positional(&mut digits, exact.digits(), exact.power(), 0, false);
    let (sign, signs) = sign(spec, whole < 0.0);
    out.push(sign);
    out.truncate(start + signs);
    put_prefixed(out, spec, &digits, start, signs);
    true
}

/// Appends the prefix of the base, zeros up to the precision, and digits, and sets all that begins at `start` flush.
fn put_prefixed(out: &mut Vec<u8>, spec: &Spec, digits: &[u8], start: usize, signs: usize) {
    let prefix: &[u8] = match spec.conversion {
        b'o' if spec.alternate => b"0o",
        b'x' if spec.alternate => b"0x",
        b'X' if spec.alternate => b"0X",
        _ => b"",
    };
    out.extend_from_slice(prefix);
    let zeros = spec.precision.unwrap_or(0).saturating_sub(digits.len());
    out.resize(out.len().saturating_add(zeros), b'0');
    out.extend_from_slice(digits);
    set_flush(out, spec, start, signs + prefix.len());
}

/// The digits of a number in the base that the letter asks for.
fn in_base(buffer: &mut [u8; 22], amount: u64, conversion: u8) -> &[u8] {
    let (base, letters) = match conversion {
        b'o' => (8, b"0123456789abcdef"),
        b'x' => (16, b"0123456789abcdef"),
        b'X' => (16, b"0123456789ABCDEF"),
        _ => (10, b"0123456789abcdef"),
    };
    let (mut rest, mut start) = (amount, buffer.len());
    // 64 bits have 22 digits in base 8.
    for place in buffer.iter_mut().rev() {
        #[allow(clippy::cast_possible_truncation, reason = "it is a digit")]
        let digit = (rest % base) as usize;
        *place = letters[digit % 16];
        rest /= base;
        start -= 1;
        if rest == 0 {
            break;
        }
    }
    &buffer[start..]
}

/// Appends a text for `s r a`: cut to the precision, set flush in the width; both count characters.
pub fn put_text(out: &mut Vec<u8>, spec: &Spec, text: &str) {
    let end =
        spec.precision.and_then(|most| text.char_indices().nth(most)).map_or(text.len(), |(end, _)| end);
    let text = text.get(..end).unwrap_or(text);
    let fill = if spec.width > 0 { spec.width.saturating_sub(text.chars().count()) } else { 0 };
    let (before, behind) = if spec.left { (0, fill) } else { (fill, 0) };
    out.resize(out.len().saturating_add(before), b' ');
    out.extend_from_slice(text.as_bytes());
    out.resize(out.len().saturating_add(behind), b' ');
}

/// Appends a whole number.
#[inline]
pub fn put_decimal(out: &mut Vec<u8>, negative: bool, amount: u64) {
    let end = out.len() + usize::from(negative);
    out.push(b'-');
    out.truncate(end);
    put(out, amount);
}

/// The sign, and whether it is printed.
#[inline]
fn sign(spec: &Spec, negative: bool) -> (u8, usize) {
    let sign = if spec.plus { b'+' } else { b' ' };
    (if negative { b'-' } else { sign }, usize::from(negative | spec.plus | spec.space))
}

/// Fills up to the width what begins at `start`: behind it, in front of it, or with zeros behind its sign and prefix.
#[inline]
fn set_flush(out: &mut Vec<u8>, spec: &Spec, start: usize, signs: usize) {
    let end = out.len();
    let fill = spec.width.saturating_sub(end - start);
    if fill == 0 {
        return;
    }
    let (at, byte) = match spec {
        Spec { left: true, .. } => (end, b' '),
        Spec { zero: true, .. } => (start + signs, b'0'),
        _ => (start, b' '),
    };
    out.resize(end.saturating_add(fill), byte);
    out.copy_within(at..end, at + fill);
    if let Some(room) = out.get_mut(at..at + fill) {
        room.fill(byte);
    }
}

/// A precision, or one that is as good if it is far above all digits of a number.
fn limited(precision: usize) -> i32 {
    i32::try_from(precision).unwrap_or(i32::MAX)
}

/// The digit of a number below ten.
#[inline]
#[allow(clippy::cast_possible_truncation, reason = "it is a digit")]
const fn digit(number: u64) -> u8 {
    b'0' + number as u8
}
