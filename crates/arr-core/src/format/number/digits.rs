//! Decimal digits, eight at a time: the bytes of a word are eight characters, the first of them in the lowest byte.

/// `0` eight times.
pub const ZEROS: u64 = 0x3030_3030_3030_3030;

/// Powers of ten of 64 bits.
pub(super) const TENS: [u64; 20] = {
    let mut tens = [1; 20];
    let mut index = 1;
    while index < tens.len() {
        tens[index] = tens[index - 1] * 10;
        index += 1;
    }
    tens
};

/// `10^power`; the powers above 19 are not of 64 bits, and are 1 here.
#[inline]
pub(super) fn ten(power: usize) -> u64 {
    debug_assert!(power < TENS.len(), "10^{power} has more than 64 bits");
    TENS.get(power).copied().unwrap_or(1)
}

/// The number of characters at the front of `word` that are digits.
#[inline]
pub(super) const fn count(word: u64) -> u32 {
    others(word).trailing_zeros() / 8
}

/// The upper bit of the first byte that is not a digit, and of bytes behind it; zero if all are digits.
#[inline]
pub const fn others(word: u64) -> u64 {
    let values = word ^ ZEROS;
    // Adding carries into the next byte only from a byte that is not a digit.
    (values.wrapping_add(0x7676_7676_7676_7676) | values) & 0x8080_8080_8080_8080
}

/// A word with its digits up to the first stop, [`others`], and zeros behind them.
#[inline]
pub(super) const fn zeros_from(word: u64, stops: u64) -> u64 {
    let first = stops & stops.wrapping_neg();
    ((word ^ ZEROS) & (first >> 7).wrapping_sub(1)) ^ ZEROS
}

/// The value of eight digits.
#[inline]
pub const fn eight(word: u64) -> u64 {
    joined(word ^ ZEROS)
}

/// The value of the first `count` digits, at most 7, of a word.
#[inline]
pub(super) const fn up_to_seven(word: u64, count: u32) -> u64 {
    // Shifted to the end, so that zeros come in front; by two shifts, because one by 64 bits there is not.
    joined(((word ^ ZEROS) << (56 - 8 * count)) << 8)
}

/// The value of eight bytes from 0 to 9.
#[inline]
const fn joined(values: u64) -> u64 {
    const PAIRS: u64 = 0x0000_00FF_0000_00FF;
    // Every other byte becomes a number of two digits; the upper products add them up with their powers of ten.
    let pairs = values.wrapping_mul(10).wrapping_add(values >> 8);
    let outer = (pairs & PAIRS).wrapping_mul(100 + (1_000_000 << 32));
    let inner = ((pairs >> 16) & PAIRS).wrapping_mul(1 + (10_000 << 32));
    outer.wrapping_add(inner) >> 32
}

/// The eight digits of a number below `10^8`, zeros in front.
#[inline]
pub(super) const fn text(number: u64) -> [u8; 8] {
    // Halves of four digits, then of two, then of one; the upper half of the digits goes to the lower bits.
    let fours = (number / 10_000) | ((number % 10_000) << 32);
    let hundreds = ((fours * 5243) >> 19) & 0x0000_007F_0000_007F;
    let twos = hundreds | ((fours - hundreds * 100) << 16);
    let tens = ((twos * 103) >> 10) & 0x000F_000F_000F_000F;
    let ones = tens | ((twos - tens * 10) << 8);
    (ones | ZEROS).to_le_bytes()
}

/// The two digits of a number below 100.
#[inline]
#[allow(clippy::cast_possible_truncation, reason = "digits are small")]
pub(super) const fn pair(number: u64) -> [u8; 2] {
    [b'0' + (number / 10) as u8, b'0' + (number % 10) as u8]
}

/// Appends a number without zeros in front.
#[inline]
pub(super) fn put(out: &mut Vec<u8>, number: u64) {
    const EIGHT: u64 = 100_000_000;
    if number < EIGHT {
        put_front(out, number);
    } else if number < EIGHT * EIGHT {
        put_front(out, number / EIGHT);
        out.extend_from_slice(&text(number % EIGHT));
    } else {
        let upper = number / EIGHT;
        put_front(out, upper / EIGHT);
        out.extend_from_slice(&text(upper % EIGHT));
        out.extend_from_slice(&text(number % EIGHT));
    }
}

/// [`put`] for numbers below `10^8`.
#[inline]
fn put_front(out: &mut Vec<u8>, number: u64) {
    // A word of constant length is appended, and what is too much of it taken off: no loop, no call.
    let (digits, width) = flush_left(number);
    let end = out.len() + width;
    out.extend_from_slice(&digits);
    out.truncate(end);
}

/// The digits of a number below `10^8` without zeros in front, and how many they are.
#[inline]
pub(super) fn flush_left(number: u64) -> ([u8; 8], usize) {
    let width = width(number);
    ((u64::from_le_bytes(text(number)) >> ((8 - width % 9) * 8 % 64)).to_le_bytes(), width)
}

/// Appends the last `count` digits of a number, zeros in front, at most 19.
#[inline]
pub(super) fn put_padded(out: &mut Vec<u8>, number: u64, count: usize) {
    const EIGHT: u64 = 100_000_000;
    let end = out.len() + count;
    if count <= 8 {
        out.extend_from_slice(&text(number % EIGHT * ten(8 - count) % EIGHT));
    } else if count <= 16 {
        let flush_left = number * ten(16 - count);
        out.extend_from_slice(&text(flush_left / EIGHT % EIGHT));
        out.extend_from_slice(&text(flush_left % EIGHT));
    } else {
        let last = ten(count - 16);
        let (front, last) = (number / last, number % last * ten(24 - count));
        out.extend_from_slice(&text(front / EIGHT % EIGHT));
        out.extend_from_slice(&text(front % EIGHT));
        out.extend_from_slice(&text(last % EIGHT));
    }
    out.truncate(end);
}

/// How many digits a number has; zero has one.
#[inline]
pub(super) fn width(number: u64) -> usize {
    let number = number | 1;
    // 1233 / 4096 is a little more than the logarithm of 2.
    let guess = ((64 - number.leading_zeros()) * 1233) >> 12;
    guess as usize + usize::from(number >= ten(guess as usize))
}
