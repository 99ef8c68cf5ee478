//! Powers of five of 128 bits, made when the crate is built, and the logarithms that go with them.

/// The least power of five in the table.
pub(super) const LEAST: i32 = -342;

/// The greatest power of five in the table.
pub(super) const MOST: i32 = 342;

/// The powers of five that the table holds exactly: those of at most 128 bits.
pub(super) const EXACT: std::ops::RangeInclusive<i32> = 0..=55;

#[allow(clippy::cast_sign_loss, reason = "it is positive")]
const COUNT: usize = (MOST - LEAST + 1) as usize;

/// Words of the numbers that the table is made of: `5^342` has 795 bits, and 128 must be left of its inverse.
const WORDS: usize = 15;

/// Each power of five from the least to the greatest as 128 bits, the first of which is set: the upper half, the lower
/// half. What has more bits is cut off, so that an entry is too small by less than one unit of its last place; only
/// the inverses of powers of at most 64 bits, from -27 to -1, are cut off upwards.
static FIVES: [[u64; 2]; COUNT] = fives();

/// The entry of the table for `5^power`, upper half first: the value is the entry times `2^(log2(power) - power - 127)`,
/// and that of `10^power` is the entry times `2^(log2(power) - 127)`.
#[inline]
pub(super) fn five(power: i32) -> [u64; 2] {
    #[allow(clippy::cast_sign_loss, reason = "what is negative becomes too large for the table")]
    let entry = FIVES.get((power - LEAST) as usize);
    debug_assert!(entry.is_some(), "5^{power} is not in the table");
    entry.copied().unwrap_or([0; 2])
}

/// The greatest whole number not above the binary logarithm of `10^power`, for powers from -400 to 400.
#[inline]
pub(super) const fn log2(power: i32) -> i32 {
    (power * 217_706) >> 16
}

/// The greatest whole number not above the decimal logarithm of `2^power`, for powers from -1200 to 1200.
#[inline]
pub(super) const fn log10(power: i32) -> i32 {
    (power * 315_653) >> 20
}

const fn fives() -> [[u64; 2]; COUNT] {
    let mut table = [[0; 2]; COUNT];
    #[allow(clippy::cast_sign_loss, reason = "it is positive")]
    let one = -LEAST as usize;

    let mut number = [0u64; WORDS];
    number[0] = 1;
    let mut index = one;
    while index < COUNT {
        table[index] = top(&number);
        let mut carry = 0;
        let mut word = 0;
        while word < WORDS {
            (number[word], carry) = parts(number[word] as u128 * 5 + carry as u128);
            word += 1;
        }
        index += 1;
    }

    // `2^n / 5^k` for one large `n`, and always the same number cut off: the bits are those of `1 / 5^k`.
    let mut number = [0u64; WORDS];
    number[WORDS - 1] = 1 << 63;
    let mut index = one;
    while index > 0 {
        index -= 1;
        let mut rest = 0;
        let mut word = WORDS;
        while word > 0 {
            word -= 1;
            let dividend = ((rest as u128) << 64) | number[word] as u128;
            (number[word], _) = parts(dividend / 5);
            (rest, _) = parts(dividend % 5);
        }
        let [upper, lower] = top(&number);
        table[index] = if one - index <= 27 { [upper, lower + 1] } else { [upper, lower] };
    }
    table
}

/// The first 128 bits of a number, from its first bit that is set.
const fn top(number: &[u64; WORDS]) -> [u64; 2] {
    let mut first = WORDS - 1;
    while number[first] == 0 {
        first -= 1;
    }
    let second = if first > 0 { number[first - 1] } else { 0 };
    let third = if first > 1 { number[first - 2] } else { 0 };
    let shift = number[first].leading_zeros();
    if shift == 0 {
        return [number[first], second];
    }
    [(number[first] << shift) | (second >> (64 - shift)), (second << shift) | (third >> (64 - shift))]
}

/// The lower and the upper half.
#[allow(clippy::cast_possible_truncation, reason = "the halves are what is wanted")]
pub(super) const fn parts(number: u128) -> (u64, u64) {
    (number as u64, (number >> 64) as u64)
}
