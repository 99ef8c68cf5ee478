//! Text to long doubles: C's `strtold` on x86-64, behind which NumPy puts the words of POSIX.

/// The bits of a significand.
const DIGITS: i64 = 64;
/// The exponent of the least bit of subnormal numbers.
const LEAST: i64 = -16445;
/// The exponent of the least bit of the largest numbers.
const LARGEST: i64 = 16383 - 63;
/// Numbers from this power of ten on are infinite, and below its inverse they are zero.
const FAR: i64 = 5000;
/// A power of two that no long double has.
const BEYOND: i64 = 1 << 20;

/// The x87 number that a text is for `numpy.longdouble`: blanks in front, decimal or hexadecimal; ties go to even.
pub(crate) fn parse(text: &str) -> Option<[u8; 10]> {
    let is_empty = text.is_empty();
    let text = text.trim_start_matches(|c| matches!(c, '\t'..='\r' | ' ')).as_bytes();
    // NumPy takes the blanks for a number.
    if text.is_empty() && !is_empty {
        return Some(pack(false, 0, 0));
    }
    let (negative, number) = match text {
        [b'-', rest @ ..] => (true, rest),
        [b'+', rest @ ..] => (false, rest),
        _ => (false, text),
    };
    let lower = number.to_ascii_lowercase();
    if let Some(rest) = lower.strip_prefix(b"nan") {
        return is_payload(rest).then(|| pack(false, 0x7FFF, 0xC000_0000_0000_0000));
    }
    if matches!(lower.as_slice(), b"inf" | b"infinity") {
        return Some(pack(negative, 0x7FFF, 1 << 63));
    }
    let (significand, exponent) = match lower.strip_prefix(b"0x") {
        Some(rest) => hexadecimal(rest)?,
        None => decimal(&lower)?,
    };
    Some(finish(negative, significand, exponent))
}

/// Nothing, or letters in brackets.
fn is_payload(text: &[u8]) -> bool {
    match text {
        [] => true,
        [b'(', rest @ ..] => {
            let inner = rest.strip_suffix(b")").unwrap_or(rest);
            inner.iter().all(|byte| byte.is_ascii_alphanumeric() || *byte == b'_')
        }
        _ => false,
    }
}

fn pack(negative: bool, exponent: u16, significand: u64) -> [u8; 10] {
    let mut bytes = [0; 10];
    let (low, high) = bytes.split_at_mut(8);
    low.copy_from_slice(&significand.to_le_bytes());
    high.copy_from_slice(&(exponent | if negative { 0x8000 } else { 0 }).to_le_bytes());
    bytes
}

/// Digits with a point among them, without zeros at the front, and how many of them stand behind the point.
fn digits(text: &[u8], is_digit: impl Fn(&u8) -> bool) -> Option<(Vec<u8>, i64, &[u8])> {
    let mut all = Vec::new();
    all.try_reserve(text.len()).ok()?;
    let (mut behind, mut point, mut some, mut rest) = (0i64, false, false, text);
    while let Some((byte, next)) = rest.split_first() {
        if *byte == b'.' && !point {
            point = true;
        } else if is_digit(byte) {
            some = true;
            behind += i64::from(point);
            if *byte != b'0' || !all.is_empty() {
                all.push(*byte);
            }
        } else {
            break;
        }
        rest = next;
    }
    some.then_some((all, behind, rest))
}

/// A signed power behind a letter, or nothing at all.
fn power(text: &[u8], letter: u8) -> Option<i64> {
    let Some(text) = text.strip_prefix(&[letter]) else { return text.is_empty().then_some(0) };
    let (negative, digits) = match text {
        [b'-', rest @ ..] => (true, rest),
        [b'+', rest @ ..] => (false, rest),
        _ => (false, text),
    };
    if digits.is_empty() || !digits.iter().all(u8::is_ascii_digit) {
        return None;
    }
    let amount = digits.iter().fold(0i64, |sum, digit| {
        sum.saturating_mul(10).saturating_add(i64::from(digit.wrapping_sub(b'0'))).min(1 << 40)
    });
    Some(if negative { -amount } else { amount })
}

/// A significand of 64 bits or more, whose last bit says whether anything was lost, and the power of two of it.
fn hexadecimal(text: &[u8]) -> Option<(Vec<u32>, i64)> {
    let (digits, behind, rest) = digits(text, u8::is_ascii_hexdigit)?;
    let power = power(rest, b'p')?;
    // A lost digit can only break a tie.
    let kept = digits.len().min(24);
    let mut limbs = Vec::new();
    for digit in digits.get(..kept)? {
        multiply(&mut limbs, 16, char::from(*digit).to_digit(16)?)?;
    }
    let lost = digits.get(kept..)?;
    let sticky = lost.iter().any(|digit| *digit != b'0');
    multiply(&mut limbs, 2, sticky.into())?;
    let exponent = i64::try_from(lost.len()).ok()?.checked_sub(behind)?.checked_mul(4)?;
    Some((limbs, exponent.checked_add(power)?.checked_sub(1)?))
}

fn decimal(text: &[u8]) -> Option<(Vec<u32>, i64)> {
    let (digits, behind, rest) = digits(text, u8::is_ascii_digit)?;
    let power = power(rest, b'e')?;
    let kept = digits.len().min(12_000);
    let lost = digits.get(kept..)?;
    let sticky = lost.iter().any(|digit| *digit != b'0');
    let mut limbs = Vec::new();
    for nine in digits.get(..kept)?.chunks(9) {
        let (by, plus) = nine.iter().fold((1u32, 0u32), |(by, sum), digit| {
            (by.wrapping_mul(10), sum.wrapping_mul(10).wrapping_add(u32::from(digit.wrapping_sub(b'0'))))
        });
        multiply(&mut limbs, by, plus)?;
    }
    // One more digit stands for all that are lost.
    multiply(&mut limbs, 10, sticky.into())?;
    if limbs.is_empty() {
        return Some((limbs, 0));
    }
    let places = i64::try_from(lost.len()).ok()?.checked_sub(1)?;
    let ten = power.checked_sub(behind)?.checked_add(places)?;
    let magnitude = ten.saturating_add(i64::try_from(kept).ok()?);
    if magnitude > FAR {
        return Some((limbs, BEYOND));
    }
    if magnitude < -FAR {
        return Some((vec![1], -BEYOND));
    }
    if let Ok(times) = u32::try_from(ten) {
        for _ in 0..times / 9 {
            multiply(&mut limbs, 1_000_000_000, 0)?;
        }
        for _ in 0..times % 9 {
            multiply(&mut limbs, 10, 0)?;
        }
        return Some((limbs, 0));
    }
    let times = u32::try_from(ten.unsigned_abs()).ok()?;
    // So far to the left that the quotient has more bits than are wanted.
    let shift = u64::from(times).checked_mul(4)?.checked_add(96)?;
    let words = shift.div_ceil(32);
    let mut shifted = vec![0; usize::try_from(words).ok()?];
    shifted.append(&mut limbs);
    let mut left = false;
    let (nines, ones) = (times / 9, times % 9);
    for _ in 0..nines {
        left |= divide(&mut shifted, 1_000_000_000);
    }
    for _ in 0..ones {
        left |= divide(&mut shifted, 10);
    }
    multiply(&mut shifted, 2, left.into())?;
    Some((shifted, -i64::try_from(words).ok()?.checked_mul(32)? - 1))
}

/// Multiplies and adds.
#[allow(clippy::cast_possible_truncation, reason = "the upper half is carried")]
fn multiply(limbs: &mut Vec<u32>, by: u32, plus: u32) -> Option<()> {
    let mut carry = u64::from(plus);
    for limb in limbs.iter_mut() {
        let sum = u64::from(*limb) * u64::from(by) + carry;
        (*limb, carry) = (sum as u32, sum >> 32);
    }
    if carry != 0 {
        limbs.try_reserve(1).ok()?;
        limbs.push(u32::try_from(carry).ok()?);
    }
    Some(())
}

/// Divides, and says whether something is left.
#[allow(
    clippy::cast_possible_truncation,
    reason = "what is left is less than the divisor, so the quotient has 32 bits"
)]
fn divide(limbs: &mut Vec<u32>, by: u32) -> bool {
    let mut left = 0u64;
    for limb in limbs.iter_mut().rev() {
        let whole = left << 32 | u64::from(*limb);
        (*limb, left) = ((whole / u64::from(by)) as u32, whole % u64::from(by));
    }
    while limbs.last() == Some(&0) {
        limbs.pop();
    }
    left != 0
}

/// Rounds a significand of any length to a long double.
fn finish(negative: bool, limbs: Vec<u32>, exponent: i64) -> [u8; 10] {
    let Some(last) = limbs.iter().rposition(|limb| *limb != 0) else { return pack(negative, 0, 0) };
    let top = limbs.get(last).copied().unwrap_or_default();
    let bits = i64::try_from(last).unwrap_or(i64::MAX / 64) * 32 + i64::from(32 - top.leading_zeros());
    // The power of two of the least bit that is kept.
    let wanted = (exponent + bits - DIGITS).max(LEAST);
    let dropped = wanted - exponent;
    let bit = |place: i64| -> bool {
        let Ok(place) = usize::try_from(place) else { return false };
        limbs.get(place / 32).is_some_and(|limb| limb >> (place % 32) & 1 == 1)
    };
    let mut significand =
        (0..DIGITS).rev().fold(0u64, |sum, place| sum << 1 | u64::from(bit(dropped + place)));
    let tie = dropped > 0 && bit(dropped - 1);
    let rest = (0..(dropped - 1).max(0).min(bits)).any(bit);
    let mut least = wanted;
    if tie && (rest || significand & 1 == 1) {
        match significand.checked_add(1) {
            Some(sum) => significand = sum,
            None => (significand, least) = (1 << 63, least + 1),
        }
    }
    if least > LARGEST {
        return pack(negative, 0x7FFF, 1 << 63);
    }
    if significand >> 63 == 0 {
        return pack(negative, 0, significand);
    }
    let biased = u16::try_from(least - LEAST + 1).unwrap_or(0x7FFF);
    pack(negative, biased, significand)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hex(text: &str) -> Option<String> {
        parse(text).map(|bytes| bytes.iter().rev().map(|byte| format!("{byte:02x}")).collect())
    }

    /// By `numpy.longdouble(text).tobytes()[:10][::-1].hex()`.
    #[test]
    fn long_doubles_are_those_of_c() {
        for (text, expected) in [
            ("0", "00000000000000000000"),
            ("-0", "80000000000000000000"),
            ("1", "3fff8000000000000000"),
            ("0.1", "3ffbcccccccccccccccd"),
            (" \t-2.5e3", "c00a9c40000000000000"),
            ("1e4932", "7ffed72cb2a95c7ef6cd"),
            ("1.18973149535723176502e4932", "7ffeffffffffffffffff"),
            ("1.2e4932", "7fff8000000000000000"),
            ("1e5000", "7fff8000000000000000"),
            ("1e-4940", "00000000000663278e62"),
            ("3.6e-4951", "00000000000000000001"),
            ("1.8e-4951", "00000000000000000000"),
            ("1.9e-4951", "00000000000000000001"),
            ("1e-4960", "00000000000000000000"),
            ("1e-999999999999", "00000000000000000000"),
            ("1e999999999999", "7fff8000000000000000"),
            ("0e999999", "00000000000000000000"),
            ("0x10", "40038000000000000000"),
            ("0x1.8p-3", "3ffcc000000000000000"),
            ("0X.FFFFFFFFFFFFFFFFF8p0", "3fff8000000000000000"),
            ("0x1.ffffffffffffffffp0", "40008000000000000000"),
            ("0x1p-16445", "00000000000000000001"),
            ("0x1p-16446", "00000000000000000000"),
            ("0x1.8p-16446", "00000000000000000001"),
            ("nan(12)", "7fffc000000000000000"),
            ("-nan", "7fffc000000000000000"),
            ("inf", "7fff8000000000000000"),
            ("-Infinity", "ffff8000000000000000"),
            ("18446744073709551615", "403effffffffffffffff"),
            ("18446744073709551616", "403f8000000000000000"),
            ("18446744073709551617", "403f8000000000000000"),
            ("36893488147419103233", "40408000000000000000"),
            ("123456789012345678901234567890", "405fc77487fb61b9f077"),
            ("0.000000000000000000000000000000000000001", "3f7dae397d8aa96c1b78"),
            ("3.14159265358979323846264338327950288", "4000c90fdaa22168c235"),
            ("9007199254740993", "40348000000000000400"),
            (
                "10000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000",
                "452fda763fc8cb9ff9e6",
            ),
            (
                "0.000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000123456789",
                "3c17a953271a144d2500",
            ),
            ("525561733.683584504195401994e3252", "6a4eeb7a69f953dc85d0"),
            ("151146336.276825561577997210e256", "436cc00004df4457c972"),
            ("464181146.285082764958702468e1826", "57cdc6333a5fd09083a3"),
            ("708338888.624872191888591004e4195", "768becea1b4d10bfb140"),
            ("725976886.527444716940390659e-4585", "049da8510a19121fa7ba"),
            ("151650667.251613528490984857e-3586", "1191d61552123c4a8116"),
            ("300880223.879410732692021809e-1713", "29e0d031c4a87a1c3072"),
            ("368931682.543388641321355940e-2961", "19af96172f5039b39a9f"),
            ("328889223.854769163222694482e-3988", "0c5bae19f616026e2bdf"),
            ("835251877.861543521024314238e3928", "7315902068c1026796e0"),
            ("88524226.812124138219779162e-3573", "11bc8e129f2d4193085c"),
            ("245383966.39250469799346443e1409", "5263b0f1bd57e7a8bee3"),
        ] {
            assert_eq!(hex(text).as_deref(), Some(expected), "{text}");
        }
        for text in ["", "1 ", "1_0", "x", "0x", "1e", "0x1p", "nan(", "1.2.3", "--1"] {
            let is_nan = text == "nan(";
            assert_eq!(hex(text).is_some(), is_nan, "{text}");
        }
    }
}
