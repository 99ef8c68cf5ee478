//! The digits of a double from one product: its 53 bits times a power of ten of 128 bits.
//!
//! The product has 192 bits. The digits that are wanted are the whole number in the first 64 of them, and what follows
//! says how to round. Where the power of ten is cut off, the product is wrong by less than one unit of its second word;
//! only if what follows is that near to one half, the digits are not decided here.

use super::digits::ten;
use super::powers::{EXACT, five, log2, log10, parts};

/// A positive double, not infinite: `mantissa * 2^(exponent - 63)`.
#[derive(Clone, Copy)]
pub(super) struct Positive {
    /// The first bit is set.
    mantissa: u64,
    /// The binary logarithm, without its fraction.
    exponent: i32,
}

/// What [`Positive::halves`] tells.
pub(super) struct Halves {
    /// What is before the point.
    pub(super) whole: u64,
    /// So many digits behind the point.
    pub(super) decimals: u64,
}

impl Positive {
    /// The absolute amount of a finite number; none of zero.
    #[inline]
    pub(super) fn new(value: f64) -> Option<Self> {
        let bits = value.to_bits() & (u64::MAX >> 1);
        let (fraction, stored) = (bits & ((1 << 52) - 1), bits >> 52);
        #[allow(clippy::cast_possible_truncation, clippy::cast_possible_wrap, reason = "it has 11 bits")]
        let stored = stored as i32;
        if stored == 0 {
            return Self::subnormal(fraction);
        }
        Some(Self { mantissa: (fraction | 1 << 52) << 11, exponent: stored - 1023 })
    }

    #[cold]
    fn subnormal(fraction: u64) -> Option<Self> {
        let shift = fraction.leading_zeros();
        #[allow(clippy::cast_possible_wrap, reason = "it is at most 64")]
        let exponent = -1011 - shift as i32;
        (fraction != 0).then(|| Self { mantissa: fraction << shift, exponent })
    }

    /// The decimal logarithm, without its fraction: the power of ten of the first digit.
    #[inline]
    pub(super) fn power(self) -> i32 {
        let least = log10(self.exponent);
        // The number is at least `10^least`, and below `10^(least + 2)`.
        let [upper, lower] = five(least + 1);
        let above = self.mantissa > upper || (self.mantissa == upper && lower == 0);
        least + i32::from(above && self.exponent == log2(least + 1))
    }

    /// The first `count` digits, 1 to 19, rounded half to even, and the power of ten of the first of them. `None` if the
    /// product does not decide.
    #[inline(always)]
    #[allow(clippy::inline_always, reason = "the count is known in some calls")]
    pub(super) fn digits(self, count: usize) -> Option<(u64, i32)> {
        let power = self.power();
        #[allow(clippy::cast_possible_truncation, clippy::cast_possible_wrap, reason = "it is at most 19")]
        let scale = count as i32 - 1 - power;
        let [upper, lower] = five(scale);
        let (low, high) = parts(u128::from(self.mantissa) * u128::from(upper));
        let (end, carried) = parts(u128::from(self.mantissa) * u128::from(lower));
        let (middle, carry) = low.overflowing_add(carried);
        let high = high + u64::from(carry);
        // What is behind the point of the first word as a number of so many digits: from -1 to 63 bits of it.
        let shift = 62 - self.exponent - log2(scale);
        let (whole, rest, cut_off) = if shift < 0 {
            (high << 1 | middle >> 63, middle << 1 | end >> 63, end << 1)
        } else {
            // By two shifts, because one by 64 bits there is not.
            let above = 63 - (shift & 63);
            (high >> (shift & 63), high << above << 1 | middle >> (shift & 63), middle << above << 1 | end)
        };
        let up =
            if rest.wrapping_sub(HALF - 2) < 4 { half(whole, rest, cut_off, scale)? } else { rest > HALF };
        let rounded = whole + u64::from(up);
        if rounded == ten(count) {
            return Some((rounded / 10, power + 1));
        }
        Some((rounded, power))
    }

    /// The number with `places` digits behind the point, at most 19, rounded half to even: exact for numbers below
    /// `2^64`, and `None` for others.
    #[inline]
    pub(super) fn halves(self, places: usize) -> Option<Halves> {
        let Self { mantissa, exponent } = self;
        if exponent > 63 || places > 19 {
            return None;
        }
        // What is before the point, and 128 bits behind it. Of a number so small that these are not enough, no digit is
        // printed.
        let (whole, fraction) = match exponent {
            0.. => (mantissa >> (63 - exponent), (u128::from(mantissa) << 64 << (exponent & 63)) << 1),
            -75.. => (0, u128::from(mantissa) << 64 >> (-1 - exponent)),
            _ => (0, 0),
        };
        let ten = ten(places);
        let (low, high) = parts(fraction);
        let (rest, carried) = parts(u128::from(low) * u128::from(ten));
        let (middle, mut decimals) = parts(u128::from(high) * u128::from(ten) + u128::from(carried));
        let odd = if places == 0 { whole } else { decimals } & 1 == 1;
        decimals += u64::from(middle > HALF || (middle == HALF && (rest > 0 || odd)));
        if decimals == ten {
            return Some(Halves { whole: whole + 1, decimals: 0 });
        }
        Some(Halves { whole, decimals })
    }
}

/// The first bit: one half, of what follows a point.
const HALF: u64 = 1 << 63;

/// Whether a number is rounded up that is nearly or exactly halfway: where the power of ten is exact, so is the product.
#[cold]
fn half(whole: u64, rest: u64, cut_off: u64, scale: i32) -> Option<bool> {
    EXACT.contains(&scale).then_some(rest > HALF || (rest == HALF && (cut_off > 0 || whole & 1 == 1)))
}
