//! Text to numbers.
//!
//! Eight characters are taken at a time as long as there are eight. The functions whose names end in `_front` are given the
//! rest of a block, where what stands behind a number does not matter.

use super::digits::{ZEROS, count, eight, others, ten, up_to_seven, zeros_from};
use super::nearest::{Binary, nearest, nearest_here};

/// Why a text is not a whole number of the type that is wanted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NotWhole {
    /// It is not a whole number: a sign and digits, nothing else.
    Syntax,
    /// It is one, but out of range.
    Range,
}

/// The nearest double of a text that is a number and nothing else: an optional sign, digits with a point among them or at
/// either end, an optional power of ten; or `nan`, `inf`, `infinity` in any case, with a sign. What is too large is
/// infinite, as with Python's `float`. No blanks, underscores or hexadecimal digits.
#[inline]
pub fn float(text: &[u8]) -> Option<f64> {
    float_front(text).filter(|(_, len)| *len == text.len()).map(|(value, _)| value)
}

/// The nearest double of the longest number at the front of a text, and the bytes that it takes.
#[inline]
pub fn float_front(text: &[u8]) -> Option<(f64, usize)> {
    front(text)
}

/// The nearest single of a text that is a number and nothing else: rounded once, not by way of a double.
#[inline]
pub fn single(text: &[u8]) -> Option<f32> {
    single_front(text).filter(|(_, len)| *len == text.len()).map(|(value, _)| value)
}

/// The nearest single of the longest number at the front of a text, and the bytes that it takes.
#[inline]
pub fn single_front(text: &[u8]) -> Option<(f32, usize)> {
    front(text)
}

/// The nearest single of a number of a usual form, behind which `stop` is, and the bytes that both take: one digit, a point and
/// six to thirteen digits. `None` of any other form, and near the end of the text: [`single_front`] reads these.
#[inline(always)]
#[allow(clippy::inline_always, reason = "it is made for loops")]
pub fn usual_single(text: &[u8], stop: u8) -> Option<(f32, usize)> {
    const LONGEST: usize = 1 + 1 + 1 + 13 + 1;
    let text = text.first_chunk::<LONGEST>()?;
    let negative = text[0] == b'-';
    let signs = usize::from(negative);
    let word = word_at(text, signs)?;
    if others(word) != ONE_BEFORE {
        return None;
    }
    let (whole, places, len) = seven_to_fourteen(text.get(signs..)?, word)?;
    let end = signs + len;
    if text.get(end) != Some(&stop) {
        return None;
    }
    Some((f32::of_exact(whole, -places)?.signed(negative), end + 1))
}

/// A signed whole number.
#[inline]
pub fn signed(text: &[u8]) -> Result<i64, NotWhole> {
    let (negative, body, word) = sign_and_word(text);
    with_sign(negative, all_of(body, word)?)
}

/// The signed whole number at the front of a text, and the bytes that it takes.
#[inline]
pub fn signed_front(text: &[u8]) -> Result<(i64, usize), NotWhole> {
    let (negative, body, word) = sign_and_word(text);
    let (amount, len) = digits_front(body, word)?;
    Ok((with_sign(negative, amount.ok_or(NotWhole::Range)?)?, text.len() - body.len() + len))
}

/// An unsigned whole number; a minus sign is not a part of one.
#[inline]
pub fn unsigned(text: &[u8]) -> Result<u64, NotWhole> {
    match sign_and_word(text) {
        (false, body, word) => all_of(body, word),
        (true, ..) => Err(NotWhole::Syntax),
    }
}

/// Whether a minus sign is at the front, and what is behind the sign, or all if there is none.
#[inline]
fn sign(text: &[u8]) -> (bool, &[u8]) {
    // Signs come in no order that a processor could foresee: no branch depends on one.
    let first = text.first().copied().unwrap_or(0);
    let negative = first == b'-';
    (negative, text.get(usize::from(negative | (first == b'+'))..).unwrap_or(&[]))
}

/// [`sign`], and the first eight characters behind it.
#[inline]
fn sign_and_word(text: &[u8]) -> (bool, &[u8], u64) {
    let (negative, body) = sign(text);
    (negative, body, first_word(body))
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
fn all_of(body: &[u8], word: u64) -> Result<u64, NotWhole> {
    let (amount, len) = digits_front(body, word)?;
    if len == body.len() { amount.ok_or(NotWhole::Range) } else { Err(NotWhole::Syntax) }
}

/// The value of the digits at the front, or none if it has more than 64 bits, and how many they are: at least one.
#[inline(always)]
#[allow(
    clippy::inline_always,
    reason = "what it returns must not go through memory: the next number waits for it"
)]
fn digits_front(body: &[u8], word: u64) -> Result<(Option<u64>, usize), NotWhole> {
    match count(word) {
        0 => Err(NotWhole::Syntax),
        len @ ..8 => Ok((Some(up_to_seven(word, len)), len as usize)),
        _ => Ok(eight_or_more(body)),
    }
}

#[inline(never)]
fn eight_or_more(body: &[u8]) -> (Option<u64>, usize) {
    match run(body, 0) {
        (amount, len @ ..20) => (Some(amount), len),
        (_, len) => (many_digits(body.get(..len).unwrap_or(body)), len),
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

/// The first eight bytes as a word, zeros behind them if there are fewer.
#[inline]
fn first_word(text: &[u8]) -> u64 {
    match text.first_chunk() {
        Some(word) => u64::from_le_bytes(*word),
        None => short_word(text),
    }
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
#[inline(always)]
#[allow(
    clippy::inline_always,
    reason = "what it returns must not go through memory: the next number waits for it"
)]
fn front<F: Binary>(text: &[u8]) -> Option<(F, usize)> {
    let (negative, body, word) = sign_and_word(text);
    // Where the digits stop, and where they stop again behind that, if both are in these eight bytes.
    let stops = others(word);
    let second = stops & stops.wrapping_sub(1);
    let signs = text.len() - body.len();
    // Each form returns by itself, so that a processor that foresees the form knows the length of most of them.
    if second != 0 {
        if let Some((whole, places, len)) = short(word, stops, second) {
            return Some((F::quotient(whole, places).signed(negative), signs + len));
        }
    } else if stops == ONE_BEFORE {
        if let Some((whole, places, len)) = seven_to_fourteen(body, word) {
            let (power, behind) = match body.get(len) {
                Some(b'e' | b'E') => exponent(body.get(len + 1..)?),
                _ => (0, 0),
            };
            if let Some(value) = of_digits(whole, limited(power) - places, negative) {
                return Some((value, signs + len + behind));
            }
        } else if let Some((whole, power)) = nineteen(body) {
            if let Some(bits) = nearest_here::<F>(whole, power) {
                return Some((F::from_parts(bits, negative), signs + NINETEEN));
            }
        } else if let Some(Scan { whole, places, digits, .. }) = padded(body, word, 1) {
            #[allow(clippy::cast_possible_wrap, clippy::cast_possible_truncation, reason = "they are few")]
            let places = places as i32;
            let (power, behind) = match body.get(digits) {
                Some(b'e' | b'E') => exponent(body.get(digits + 1..)?),
                _ => (0, 0),
            };
            if let Some(bits) = nearest_here::<F>(whole, limited(power) - places) {
                return Some((F::from_parts(bits, negative), signs + digits + behind));
            }
        } else if let Some((whole, places, len)) = fourteen(body, word, 1) {
            if let Some(value) = of_digits(whole, -places, negative) {
                return Some((value, signs + len));
            }
        }
    } else if let Some((whole, places, len)) = fourteen(body, word, count(word)) {
        if let Some(value) = of_digits(whole, -places, negative) {
            return Some((value, signs + len));
        }
    }
    let (value, len) = any_shape(body, word, negative)?;
    Some((value, signs + len))
}

/// The digits of a number that ends within a word, how many of them are behind the point, and the bytes that it takes.
/// `None` if there are no digits, or a power of ten behind them.
#[inline]
fn short(word: u64, stops: u64, second: u64) -> Option<(u64, u32, usize)> {
    let byte = |at: u32| (word >> (8 * at)) & 0xFF;
    let before = stops.trailing_zeros() / 8;
    let point = u32::from(byte(before) == u64::from(b'.'));
    let end = if point == 1 { second.trailing_zeros() / 8 } else { before };
    let digits = end - point;
    if digits == 0 || byte(end) | 0x20 == u64::from(b'e') {
        return None;
    }
    // The digits behind the point take its place.
    let kept = (1u64 << (8 * before)) - 1;
    let joined = (word & kept) | (word >> 8 & !kept);
    Some((up_to_seven(joined, digits), digits - before, end as usize))
}

/// The stops of a word that has one digit, a point or another character, and only digits behind that.
const ONE_BEFORE: u64 = 0x8000;

/// Bytes of `1.234567890123456789e+00`.
const NINETEEN: usize = 24;

/// The digits of a number with one of them before the point and six to thirteen behind it, how many are behind it, and the
/// bytes that they take: what singles, and measured values, mostly are.
#[inline(always)]
#[allow(clippy::inline_always, reason = "as above")]
fn seven_to_fourteen(body: &[u8], word: u64) -> Option<(u64, i32, usize)> {
    let behind = word_at(body, 8)?;
    let stops = others(behind);
    if stops == 0 || (word >> 8) & 0xFF != u64::from(b'.') {
        return None;
    }
    let more = stops.trailing_zeros() / 8;
    let six = eight((word & !0xFFFF) | (ZEROS & 0xFFFF));
    let lead = (word & 0xFF) ^ u64::from(b'0');
    let whole = (lead * 1_000_000 + six) * ten(more as usize) + up_to_seven(behind, more);
    #[allow(clippy::cast_possible_wrap, reason = "they are few")]
    Some((whole, 6 + more as i32, 8 + more as usize))
}

/// The digits and the power of ten of a number that C's `%.18e` printed, which is what NumPy writes: one digit, a point,
/// eighteen digits, a power of two digits. `None` if what is behind the point has any other form.
#[inline(always)]
#[allow(clippy::inline_always, reason = "as above")]
fn nineteen(body: &[u8]) -> Option<(u64, i32)> {
    // The last eight bytes, `89e+00`, and two of the digits before them, become digits below ten when they are turned by
    // this, zero for the letter, and 0 for a plus sign or 6 for a minus sign.
    const LAST: u64 = u64::from_le_bytes(*b"0000e+00");
    const DIGITS: u64 = 0xFFFF_0000_FFFF_FFFF;
    let number = body.first_chunk::<NINETEEN>()?;
    let (first, second, last) = (word_at(number, 2)?, word_at(number, 10)?, word_at(number, 16)? ^ LAST);
    let sign = (last >> 40) & 0xFF;
    let wrong = others(first) | others(second) | others((last & DIGITS) ^ ZEROS) | (last & 0xFF_0000_0000);
    let more = body.get(NINETEEN).is_some_and(u8::is_ascii_digit);
    if (wrong != 0) | (number[1] != b'.') | (sign & !6 != 0) | (sign == 2) | (sign == 4) | more {
        return None;
    }
    let digit = |at: u32| (last >> (8 * at)) & 0xFF;
    let lead = u64::from(number[0].wrapping_sub(b'0'));
    let front = lead * 1_000_000_000_000_000_000 + eight(first) * 10_000_000_000;
    let whole = front + eight(second) * 100 + digit(2) * 10 + digit(3);
    #[allow(clippy::cast_possible_truncation, reason = "they are small")]
    let (power, turn) = ((digit(6) * 10 + digit(7)) as i32, (sign >> 2) as i32);
    // All bits turned and one added is the negative.
    Some((whole, (power ^ -turn) + turn - 18))
}

/// The number at the front behind its sign, in whatever form, and the bytes that it takes.
#[inline(never)]
fn any_shape<F: Binary>(body: &[u8], word: u64, negative: bool) -> Option<(F, usize)> {
    let Scan { whole, count, places, digits } = match padded(body, word, count(word)) {
        Some(scan) => scan,
        None => scan(body)?,
    };
    if count == 0 {
        return special(body, negative);
    }
    let (power, behind) = match body.get(digits) {
        Some(b'e' | b'E') => exponent(body.get(digits + 1..)?),
        _ => (0, 0),
    };
    let power = power.saturating_sub_unsigned(places as u64);
    let is_short = count < 20 || count - zeros_in_front(body.get(..digits)?) < 20;
    let value = if is_short { of_digits(whole, limited(power), negative) } else { None };
    let value = match value {
        Some(value) => value,
        None => F::from_parts(long::<F>(body.get(..digits)?, power)?, negative),
    };
    Some((value, digits + behind))
}

/// How many zeros are in front of a number with a point among its digits or not.
fn zeros_in_front(number: &[u8]) -> usize {
    let front = number.iter().take_while(|byte| matches!(byte, b'0' | b'.'));
    front.filter(|byte| **byte == b'0').count()
}

/// The digits of a number, with a point among them or not.
struct Scan {
    /// The digits as a number, which wraps around if it has more than 64 bits.
    whole: u64,
    /// How many digits there are.
    count: usize,
    /// How many of them are behind the point.
    places: usize,
    /// The bytes that they take with the point.
    digits: usize,
}

/// The digits of any number.
#[inline]
fn scan(body: &[u8]) -> Option<Scan> {
    let (whole, before) = run(body, 0);
    let Some(b'.') = body.get(before) else {
        return Some(Scan { whole, count: before, places: 0, digits: before });
    };
    let (whole, after) = run(body.get(before + 1..)?, whole);
    Some(Scan { whole, count: before + after, places: after, digits: before + 1 + after })
}

/// The digits of a number with at most seven before the point and as many behind it, how many are behind it, and the
/// bytes that it takes. `None` if there is a power of ten.
#[inline(always)]
#[allow(clippy::inline_always, reason = "as above")]
fn fourteen(body: &[u8], word: u64, before: u32) -> Option<(u64, i32, usize)> {
    let at = before as usize;
    if before > 7 || body.get(at) != Some(&b'.') {
        return None;
    }
    let behind = u64::from_le_bytes(*body.get(at + 1..)?.first_chunk()?);
    let after = count(behind);
    let len = at + 1 + after as usize;
    if after > 7 || before + after == 0 || matches!(body.get(len), Some(b'e' | b'E')) {
        return None;
    }
    let whole = up_to_seven(word, before) * ten(after as usize) + up_to_seven(behind, after);
    #[allow(clippy::cast_possible_wrap, reason = "it is at most seven")]
    Some((whole, after as i32, len))
}

/// The digits of a number with one to three before the point and eight or more behind it, nineteen at most without zeros in
/// front, filled up with zeros: how many there are decides no branch, for it differs from number to number.
#[inline(always)]
#[allow(clippy::inline_always, reason = "as above")]
fn padded(body: &[u8], word: u64, before: u32) -> Option<Scan> {
    let point = before as usize;
    if before == 0 || before > 3 || body.get(point) != Some(&b'.') {
        return None;
    }
    let behind = body.get(point + 1..)?;
    let (first, second, third) = match behind.first_chunk::<24>() {
        Some(behind) => (word_at(behind, 0)?, word_at(behind, 8)?, word_at(behind, 16)?),
        None => last_words(behind)?,
    };
    let (second_stops, third_stops) = (others(second), others(third));
    // Digits of the third word, if there are any.
    let more = if second_stops == 0 { count(third) } else { 0 };
    if others(first) != 0 || more > 7 {
        return None;
    }
    let front = up_to_seven(word, before) * 100_000_000 + eight(first);
    let front = front * 100_000_000 + eight(zeros_from(second, second_stops));
    let third = if more > 0 { zeros_from(third, third_stops) } else { ZEROS };
    // More than nineteen are few enough where zeros are in front.
    let room = (3 - before).max(more);
    if front >= ten(19 - room as usize) {
        return None;
    }
    let whole = front * ten(room as usize) + up_to_seven(third, room);
    let digits = point + 1 + 8 + (count(second) + more) as usize;
    Some(Scan { whole, count: 19, places: 16 + room as usize, digits })
}

/// The eight bytes at a place.
#[inline]
fn word_at(text: &[u8], at: usize) -> Option<u64> {
    text.get(at..)?.first_chunk().map(|word| u64::from_le_bytes(*word))
}

/// A text of eight to twenty-three bytes as three words, with zeros behind it.
#[inline]
fn last_words(text: &[u8]) -> Option<(u64, u64, u64)> {
    // The last eight bytes, of which the first have been in the word before.
    let last = u64::from_le_bytes(*text.last_chunk()?);
    let rest = |more: usize| if more == 0 { 0 } else { last >> (64 - 8 * more) };
    let first = word_at(text, 0)?;
    Some(match text.len() {
        len @ ..16 => (first, rest(len - 8), 0),
        len => (first, word_at(text, 8)?, rest(len - 16)),
    })
}

/// The number nearest to at most nineteen digits times a power of ten.
#[inline]
fn of_digits<F: Binary>(whole: u64, power: i32, negative: bool) -> Option<F> {
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
/// the letter is not a part of the number.
#[inline]
fn exponent(text: &[u8]) -> (i64, usize) {
    let (negative, body) = sign(text);
    let word = first_word(body);
    let (amount, count) = match count(word) {
        0 => return (0, 0),
        #[allow(clippy::cast_possible_wrap, reason = "it has seven digits")]
        count @ ..8 => (up_to_seven(word, count) as i64, count as usize),
        _ => long_exponent(body),
    };
    let turn = i64::from(negative);
    ((amount ^ -turn) + turn, 1 + text.len() - body.len() + count)
}

/// The value of eight or more digits, or of so many of them that it makes no difference, and how many they are.
#[cold]
fn long_exponent(body: &[u8]) -> (i64, usize) {
    let digits = body.iter().take_while(|byte| byte.is_ascii_digit());
    digits.fold((0, 0), |(amount, count), digit| {
        // No text has so many digits that they could make up for such a power.
        let amount =
            if amount < 1_000_000_000_000_000 { amount * 10 + i64::from(digit - b'0') } else { amount };
        (amount, count + 1)
    })
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

/// The bits of the number nearest to twenty or more digits with a point among them, of which the last stands for
/// `10^power`.
#[inline(never)]
fn long<F: Binary>(text: &[u8], power: i64) -> Option<u64> {
    let front = text.iter().take_while(|byte| matches!(byte, b'0' | b'.')).count();
    let (mut whole, mut count) = (0, 0);
    let mut rest = text.get(front..)?.iter();
    for byte in rest.by_ref().filter(|byte| **byte != b'.') {
        whole = whole * 10 + u64::from(byte - b'0');
        count += 1;
        if count == 19 {
            break;
        }
    }
    // The first nineteen lie between a number and the next: if both round to the same, so do all.
    let rest = rest.as_slice();
    let behind = rest.len() - usize::from(rest.contains(&b'.'));
    let power_of_first = limited(power.saturating_add_unsigned(behind as u64));
    let bits = nearest::<F>(whole, power_of_first);
    let exact = rest.iter().all(|byte| matches!(byte, b'0' | b'.'));
    if bits.is_some() && (exact || nearest::<F>(whole + 1, power_of_first) == bits) {
        return bits;
    }
    longest::<F>(text, power)
}

/// How many digits can make a difference: a point halfway between two doubles has at most 767, and then one that says
/// whether anything follows.
const TELLING: usize = 768;

/// [`long`] where nineteen digits do not decide.
#[cold]
fn longest<F: Binary>(text: &[u8], power: i64) -> Option<u64> {
    let mut digits = text.iter().copied().filter(u8::is_ascii_digit).skip_while(|digit| *digit == b'0');
    // Digits without a point, one more for those behind, and a power of ten: the standard library knows.
    let mut number: Vec<u8> = digits.by_ref().take(TELLING).collect();
    let (behind, more) =
        digits.fold((0u64, false), |(count, more), digit| (count + 1, more | (digit != b'0')));
    let mut power = power.saturating_add_unsigned(behind);
    if more {
        number.push(b'1');
        power = power.saturating_sub(1);
    }
    number.extend_from_slice(format!("e{}", limited(power)).as_bytes());
    F::bits_of(std::str::from_utf8(&number).ok()?)
}
