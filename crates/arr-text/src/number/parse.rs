//! Text to numbers.
//!
//! What stands behind a number in memory makes reading it faster: eight characters are taken at a time as long as there
//! are eight. Give the functions whose names end in `_front` the rest of a block, not one field of it.

use super::digits::{count, eight, others, ten, up_to_seven};
use super::nearest::{Binary, nearest};

/// Why a text is not a whole number of the type that is wanted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum NotWhole {
    /// It is no whole number: a sign and digits, nothing else.
    Syntax,
    /// It is one, but out of range.
    Range,
}

/// The nearest double of a text that is a number and nothing else: an optional sign, digits with a point among them or at
/// either end, an optional power of ten; or `nan`, `inf`, `infinity` in any case, with a sign. What is too large is
/// infinite, as with Python's `float`. No blanks, underscores or hexadecimal digits.
#[inline]
pub(crate) fn float(text: &[u8]) -> Option<f64> {
    float_front(text).filter(|(_, len)| *len == text.len()).map(|(value, _)| value)
}

/// The nearest double of the longest number at the front of a text, and the bytes that it takes.
#[inline]
pub(crate) fn float_front(text: &[u8]) -> Option<(f64, usize)> {
    front(text)
}

/// The nearest single of a text that is a number and nothing else: rounded once, not by way of a double.
#[inline]
pub(crate) fn single(text: &[u8]) -> Option<f32> {
    single_front(text).filter(|(_, len)| *len == text.len()).map(|(value, _)| value)
}

/// The nearest single of the longest number at the front of a text, and the bytes that it takes.
#[inline]
pub(crate) fn single_front(text: &[u8]) -> Option<(f32, usize)> {
    front(text)
}

/// A signed whole number.
#[inline]
pub(crate) fn signed(text: &[u8]) -> Result<i64, NotWhole> {
    let (negative, body) = sign(text);
    with_sign(negative, all_of(body)?)
}

/// The signed whole number at the front of a text, and the bytes that it takes.
#[inline]
pub(crate) fn signed_front(text: &[u8]) -> Result<(i64, usize), NotWhole> {
    let (negative, body) = sign(text);
    let (amount, len) = digits_front(body)?;
    Ok((with_sign(negative, amount.ok_or(NotWhole::Range)?)?, text.len() - body.len() + len))
}

/// An unsigned whole number; a minus sign is no part of one.
#[inline]
pub(crate) fn unsigned(text: &[u8]) -> Result<u64, NotWhole> {
    match sign(text) {
        (false, body) => all_of(body),
        (true, _) => Err(NotWhole::Syntax),
    }
}

/// The unsigned whole number at the front of a text, and the bytes that it takes.
#[inline]
pub(crate) fn unsigned_front(text: &[u8]) -> Result<(u64, usize), NotWhole> {
    let (negative, body) = sign(text);
    if negative {
        return Err(NotWhole::Syntax);
    }
    let (amount, len) = digits_front(body)?;
    Ok((amount.ok_or(NotWhole::Range)?, text.len() - body.len() + len))
}

/// Whether a minus sign is at the front, and what is behind the sign, or all if there is none.
#[inline]
fn sign(text: &[u8]) -> (bool, &[u8]) {
    // Signs come in no order that a processor could foresee: no branch depends on one.
    let first = text.first().copied().unwrap_or(0);
    let negative = first == b'-';
    (negative, text.get(usize::from(negative | (first == b'+'))..).unwrap_or(&[]))
}

#[inline]
fn with_sign(negative: bool, amount: u64) -> Result<i64, NotWhole> {
    // All bits set is minus one: turned and one added is the negative number.
    let turn = i64::from(negative);
    if amount > i64::MAX.unsigned_abs() + u64::from(negative) {
        return Err(NotWhole::Range);
    }
    #[allow(clippy::cast_possible_wrap, reason = "only the least number wraps, to itself")]
    Ok(((amount as i64) ^ -turn).wrapping_add(turn))
}

/// The value of a text of digits and nothing else.
#[inline]
fn all_of(body: &[u8]) -> Result<u64, NotWhole> {
    let (amount, len) = digits_front(body)?;
    if len == body.len() { amount.ok_or(NotWhole::Range) } else { Err(NotWhole::Syntax) }
}

/// The value of the digits at the front, or none if it has more than 64 bits, and how many they are: at least one.
#[inline]
fn digits_front(body: &[u8]) -> Result<(Option<u64>, usize), NotWhole> {
    match run(body, 0) {
        (_, 0) => Err(NotWhole::Syntax),
        (amount, len @ ..20) => Ok((Some(amount), len)),
        (_, len) => Ok((many_digits(body.get(..len).unwrap_or(body)), len)),
    }
}

/// The value of twenty or more digits.
#[cold]
fn many_digits(digits: &[u8]) -> Option<u64> {
    digits.iter().try_fold(0u64, |amount, digit| amount.checked_mul(10)?.checked_add((digit - b'0').into()))
}

/// Appends the digits at the front of a text to those of a number, and counts them. The number wraps around if they are
/// too many.
#[inline]
fn run(text: &[u8], mut whole: u64) -> (u64, usize) {
    let mut rest = text;
    while let Some((chunk, behind)) = rest.split_first_chunk() {
        let word = u64::from_le_bytes(*chunk);
        if others(word) != 0 {
            let (whole, count) = up_to_seven_more(word, whole);
            return (whole, text.len() - rest.len() + count);
        }
        whole = whole.wrapping_mul(100_000_000).wrapping_add(eight(word));
        rest = behind;
    }
    let (whole, count) = up_to_seven_more(short_word(rest), whole);
    (whole, text.len() - rest.len() + count)
}

/// Appends the digits at the front of a word, of which at most seven are digits.
#[inline]
fn up_to_seven_more(word: u64, whole: u64) -> (u64, usize) {
    let count = count(word);
    (whole.wrapping_mul(ten(count as usize)).wrapping_add(up_to_seven(word, count)), count as usize)
}

/// Fewer than eight bytes as a word, zeros behind them.
#[inline]
fn short_word(bytes: &[u8]) -> u64 {
    // Two loads that may overlap.
    if let (Some(first), Some(last)) = (bytes.first_chunk(), bytes.last_chunk()) {
        let behind = bytes.len() % 8 * 8 - 32;
        return u64::from(u32::from_le_bytes(*first)) | u64::from(u32::from_le_bytes(*last)) << behind;
    }
    if let (Some(first), Some(last)) = (bytes.first_chunk(), bytes.last_chunk()) {
        let behind = bytes.len() % 4 * 8 - 16;
        return u64::from(u16::from_le_bytes(*first)) | u64::from(u16::from_le_bytes(*last)) << behind;
    }
    bytes.first().copied().unwrap_or(0).into()
}

/// The number nearest to the longest decimal number at the front, and the bytes that it takes.
#[inline]
fn front<F: Binary>(text: &[u8]) -> Option<(F, usize)> {
    let (negative, body) = sign(text);
    let (value, len) = match nineteen(body) {
        Some((whole, power)) => (nearest::<F>(whole, power).map(|bits| F::from_parts(bits, negative)), NINETEEN),
        None => (None, 0),
    };
    let (value, len) = match value {
        Some(value) => (value, len),
        None => any_shape(body, negative)?,
    };
    Some((value, text.len() - body.len() + len))
}

/// Bytes of `1.234567890123456789e+00`.
const NINETEEN: usize = 24;

/// The digits and the power of ten of a number that C's `%.18e` printed, which is what NumPy writes: one digit, a point,
/// eighteen digits, a power of two digits. `None` if the front of the text has any other form.
#[inline]
fn nineteen(body: &[u8]) -> Option<(u64, i32)> {
    // What the last eight bytes are, turned by these, are digits below ten: `89e+00`, two of the digits before them.
    const LAST: u64 = u64::from_le_bytes(*b"0000e+00");
    let number = body.first_chunk::<NINETEEN>()?;
    let word = |at: usize| -> Option<u64> { number.get(at..)?.first_chunk().map(|word| u64::from_le_bytes(*word)) };
    let (first, second, last) = (word(2)?, word(10)?, word(16)?);
    let lead = number[0].wrapping_sub(b'0');
    if number[1] != b'.' || lead > 9 || (others(first) | others(second)) != 0 {
        return None;
    }
    let last = last ^ LAST;
    let digit = |at: u32| (last >> (8 * at)) & 0xFF;
    // A plus sign is turned to 0, a minus sign to 6.
    let minus = digit(5) == 6;
    let signed = minus | (digit(5) == 0);
    let digits = [2, 3, 6, 7].into_iter().all(|at| digit(at) <= 9);
    if !(digits && signed && digit(4) == 0) || body.get(NINETEEN).is_some_and(u8::is_ascii_digit) {
        return None;
    }
    let front = u64::from(lead) * 1_000_000_000_000_000_000 + eight(first) * 10_000_000_000;
    let whole = front + eight(second) * 100 + digit(2) * 10 + digit(3);
    #[allow(clippy::cast_possible_truncation, reason = "it is below 100")]
    let power = (digit(6) * 10 + digit(7)) as i32;
    Some((whole, if minus { -power } else { power } - 18))
}

/// The number at the front behind its sign, in whatever form, and the bytes that it takes.
#[inline]
fn any_shape<F: Binary>(body: &[u8], negative: bool) -> Option<(F, usize)> {
    let (whole, before) = run(body, 0);
    let (whole, after, point) = match body.get(before) {
        Some(b'.') => {
            let (whole, after) = run(body.get(before + 1..)?, whole);
            (whole, after, 1)
        }
        _ => (whole, 0, 0),
    };
    if before + after == 0 {
        return special(body, negative);
    }
    let digits = before + point + after;
    let (power, behind) = match body.get(digits) {
        Some(b'e' | b'E') => exponent(body.get(digits + 1..)?),
        _ => (0, 0),
    };
    let value = if before + after < 20 {
        of_digits(whole, power.saturating_sub_unsigned(after as u64), negative)
    } else {
        None
    };
    let value = match value {
        Some(value) => value,
        None => F::from_parts(long::<F>(body.get(..digits)?, power.saturating_sub_unsigned(after as u64))?, negative),
    };
    Some((value, digits + behind))
}

/// The number nearest to at most nineteen digits times a power of ten.
#[inline]
fn of_digits<F: Binary>(whole: u64, power: i64, negative: bool) -> Option<F> {
    let power = limited(power);
    match F::of_exact(whole, power) {
        Some(value) => Some(value.signed(negative)),
        None => nearest::<F>(whole, power).map(|bits| F::from_parts(bits, negative)),
    }
}

/// A power of ten, or one that is as good if it is far too large or small.
#[inline]
fn limited(power: i64) -> i32 {
    #[allow(clippy::cast_possible_truncation, reason = "it is small now")]
    let power = power.clamp(-100_000, 100_000) as i32;
    power
}

/// The power of ten behind its letter, and the bytes that it takes with the letter; none if there are no digits, for then
/// the letter is no part of the number.
#[inline]
fn exponent(text: &[u8]) -> (i64, usize) {
    let (negative, body) = sign(text);
    let mut power = 0i64;
    let mut count = 0;
    for byte in body {
        let digit = byte.wrapping_sub(b'0');
        if digit > 9 {
            break;
        }
        // No text has so many digits that they could make up for such a power.
        if power < 1_000_000_000_000_000 {
            power = power * 10 + i64::from(digit);
        }
        count += 1;
    }
    if count == 0 {
        return (0, 0);
    }
    (if negative { -power } else { power }, 1 + text.len() - body.len() + count)
}

/// `nan`, `inf` and `infinity` in any case.
#[cold]
fn special<F: Binary>(body: &[u8], negative: bool) -> Option<(F, usize)> {
    let begins = |word: &[u8]| body.get(..word.len()).is_some_and(|front| front.eq_ignore_ascii_case(word));
    if begins(b"nan") {
        return Some((F::not_a_number(negative), 3));
    }
    let infinite = u64::from(F::INFINITE.unsigned_abs()) << F::FRACTION;
    let len = if begins(b"infinity") { 8 } else { 3 };
    begins(b"inf").then(|| (F::from_parts(infinite, negative), len))
}

/// How many digits can make a difference: a point halfway between two doubles has at most 767, and then one that says
/// whether anything follows.
const TELLING: usize = 768;

/// The bits of the number nearest to digits with a point among them, of which the last stands for `10^power`.
#[cold]
fn long<F: Binary>(text: &[u8], power: i64) -> Option<u64> {
    let mut digits = text.iter().copied().filter(u8::is_ascii_digit).skip_while(|digit| *digit == b'0');
    let (mut telling, mut count) = ([b'0'; TELLING], 0);
    for (place, digit) in telling.iter_mut().zip(digits.by_ref()) {
        *place = digit;
        count += 1;
    }
    // The digits behind those, and whether any of them is not zero.
    let (behind, more) = digits.fold((0u64, false), |(count, more), digit| (count + 1, more | (digit != b'0')));
    let telling = telling.get(..count).unwrap_or(&telling);
    let power = power.saturating_add_unsigned(behind);

    // The first nineteen lie between a number and the next: if both round to the same, so do all.
    let (first, others) = telling.split_at(count.min(19));
    let whole = first.iter().fold(0u64, |whole, digit| whole * 10 + u64::from(digit - b'0'));
    let power_of_first = limited(power.saturating_add_unsigned(others.len() as u64));
    let exact = !more && others.iter().all(|digit| *digit == b'0');
    if let Some(bits) = nearest::<F>(whole, power_of_first) {
        if exact || nearest::<F>(whole + 1, power_of_first) == Some(bits) {
            return Some(bits);
        }
    }
    // Digits without a point, one more for those behind, and a power of ten: the standard library knows.
    let mut number = [b'0'; TELLING + 16];
    let mut len = 0;
    let power = limited(power.saturating_sub(more.into()));
    let power = format!("e{power}");
    let sticky: &[u8] = if more { b"1" } else { b"" };
    for (place, byte) in number.iter_mut().zip(telling.iter().chain(sticky).chain(power.as_bytes())) {
        *place = *byte;
        len += 1;
    }
    F::bits_of(std::str::from_utf8(number.get(..len)?).ok()?)
}
