//! The nearest binary floating-point number of a decimal one.
//!
//! The method is that of D. Lemire, "Number parsing at a gigabyte per second" (2021), with the bound of N. Mushtak and
//! D. Lemire, "Fast number parsing without fallback" (2022): a decimal number of at most 64 bits times a power of five of
//! 128 bits gives all of the bits that the rounding depends on.

use super::powers::{five, log2, parts};

/// A binary floating-point type of IEEE 754.
pub(super) trait Binary: Copy {
    /// Bits of the fraction that are stored.
    const FRACTION: u32;
    /// What is added to an exponent where it is stored.
    const BIAS: i32;
    /// The power of ten below which a number of 64 bits becomes zero.
    const LEAST: i32;
    /// The power of ten above which a number that is not zero becomes infinite.
    const MOST: i32;
    /// The powers of ten for which a number of 64 bits may lie halfway between two neighbours.
    const HALFWAY: std::ops::RangeInclusive<i32>;
    /// The powers of ten by which no number of 64 bits but 0 becomes subnormal or infinite.
    const MIDDLE: std::ops::RangeInclusive<i32>;
    /// The stored exponent of infinity.
    const INFINITE: i32 = 2 * Self::BIAS + 1;

    /// The number of these bits, with this sign.
    fn from_parts(bits: u64, negative: bool) -> Self;

    /// What is not a number, with this sign.
    fn not_a_number(negative: bool) -> Self;

    /// The bits of the number that a text stands for, by the standard library.
    fn bits_of(text: &str) -> Option<u64>;

    /// A product or quotient that one operation of the machine rounds, where both numbers are exact.
    fn of_exact(whole: u64, power: i32) -> Option<Self>;

    /// A number of at most seven digits by a power of ten that has as many.
    fn quotient(whole: u64, places: u32) -> Self;

    /// The number with its sign turned, if it is to be negative.
    fn signed(self, negative: bool) -> Self;
}

/// [`Binary::of_exact`] of doubles.
#[inline]
#[allow(clippy::cast_precision_loss, reason = "it is exact")]
fn exact_double(whole: u64, power: i32) -> Option<f64> {
    const TENS: [f64; 23] = [
        1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16, 1e17,
        1e18, 1e19, 1e20, 1e21, 1e22,
    ];
    if whole > 1 << 53 {
        return None;
    }
    let ten = *TENS.get(power.unsigned_abs() as usize)?;
    Some(if power < 0 { whole as f64 / ten } else { whole as f64 * ten })
}

/// [`Binary::of_exact`] of singles: a double rounded once more. That gives the nearest single, unless the double lies halfway
/// between two singles and the number may not; and none of these doubles is below or above the normal singles.
#[inline]
#[allow(clippy::cast_possible_truncation, clippy::cast_precision_loss, reason = "they are rounded")]
fn exact_single(whole: u64, power: i32) -> Option<f32> {
    const BEHIND: u64 = (1 << 29) - 1;
    const HALF: u64 = 1 << 28;
    const TENTHS: [f64; 16] =
        [1e0, 1e-1, 1e-2, 1e-3, 1e-4, 1e-5, 1e-6, 1e-7, 1e-8, 1e-9, 1e-10, 1e-11, 1e-12, 1e-13, 1e-14, 1e-15];
    // A product is there sooner than a quotient, and no more than two units in its last place off.
    if let Some(tenth) = TENTHS.get(power.unsigned_abs() as usize).filter(|_| power < 0 && whole < 1 << 53) {
        let wide = whole as f64 * tenth;
        if (wide.to_bits() & BEHIND).wrapping_sub(HALF - 4) > 8 {
            return Some(wide as f32);
        }
    }
    exact_double(whole, power).filter(|wide| wide.to_bits() & BEHIND != HALF).map(|wide| wide as f32)
}

/// What of a type is not in its constants is the same for both, but for the type and how few digits become one.
macro_rules! binary {
    ($float:ident of $bits:ident, exact $exact:ident, $($name:ident: $type:ty = $value:expr;)*) => {
        impl Binary for $float {
            $(const $name: $type = $value;)*

            #[inline]
            #[allow(clippy::cast_possible_truncation, reason = "no more bits are set")]
            fn from_parts(bits: u64, negative: bool) -> Self {
                Self::from_bits(bits as $bits).signed(negative)
            }

            fn not_a_number(negative: bool) -> Self {
                Self::NAN.abs().signed(negative)
            }

            fn bits_of(text: &str) -> Option<u64> {
                text.parse::<Self>().ok().map(|value| value.to_bits().into())
            }

            #[inline]
            fn of_exact(whole: u64, power: i32) -> Option<Self> {
                $exact(whole, power)
            }

            #[inline]
            #[allow(clippy::cast_precision_loss, reason = "it is exact")]
            fn quotient(whole: u64, places: u32) -> Self {
                const TENS: [$float; 8] = [1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7];
                whole as Self / TENS[places as usize % 8]
            }

            #[inline]
            fn signed(self, negative: bool) -> Self {
                Self::from_bits(self.to_bits() ^ $bits::from(negative) << ($bits::BITS - 1))
            }
        }
    };
}

binary! {
    f64 of u64,
    exact exact_double,
    FRACTION: u32 = 52;
    BIAS: i32 = 1023;
    LEAST: i32 = -342;
    MOST: i32 = 308;
    HALFWAY: std::ops::RangeInclusive<i32> = -4..=23;
    MIDDLE: std::ops::RangeInclusive<i32> = -307..=288;
}

binary! {
    f32 of u32,
    exact exact_single,
    FRACTION: u32 = 23;
    BIAS: i32 = 127;
    LEAST: i32 = -65;
    MOST: i32 = 38;
    HALFWAY: std::ops::RangeInclusive<i32> = -17..=10;
    MIDDLE: std::ops::RangeInclusive<i32> = -37..=19;
}

/// [`nearest`] in place, for what most numbers are: neither subnormal, infinite nor 0, and not so near to the middle of two
/// neighbours that it takes a second look.
#[inline(always)]
#[allow(clippy::inline_always, reason = "the call would be a fifth of reading a number")]
pub(super) fn nearest_here<F: Binary>(whole: u64, power: i32) -> Option<u64> {
    if whole == 0 || !F::MIDDLE.contains(&power) {
        return nearest::<F>(whole, power);
    }
    let (product, rest, shift) = product(whole, power);
    // All bits set, none, or the last one: it may be a tie, or the product too short.
    if rest.wrapping_add(1) <= 2 {
        return nearest::<F>(whole, power);
    }
    let first = product >> 63;
    let mantissa = product >> (64 - F::FRACTION - 3 + u32::from(first == 1));
    let mantissa = (mantissa + (mantissa & 1)) >> 1;
    #[allow(clippy::cast_possible_wrap, reason = "it is small")]
    let exponent = log2(power) + 63 + first as i32 - shift + F::BIAS;
    // The first bit of the mantissa, or a carry beyond it, adds one to the exponent.
    Some(mantissa.wrapping_add(u64::from(exponent.unsigned_abs() - 1) << F::FRACTION))
}

/// The upper and the middle 64 bits of the product of a number that is not 0, its first bit moved up to the front, and a
/// power of five; and how far it was moved.
#[inline(always)]
#[allow(clippy::inline_always, reason = "as above")]
fn product(whole: u64, power: i32) -> (u64, u64, i32) {
    #[allow(clippy::cast_possible_wrap, reason = "it is small")]
    let shift = whole.leading_zeros() as i32;
    let whole = whole << shift;
    let [upper, lower] = five(power);
    // The first product alone decides most numbers, but not those that doubles were printed as, which lie beside the
    // double: half of them a little below it, with all further bits set. Both products are faster than asking.
    let (middle, first) = parts(u128::from(whole) * u128::from(upper));
    let (_, second) = parts(u128::from(whole) * u128::from(lower));
    let (rest, carry) = middle.overflowing_add(second);
    (first + u64::from(carry), rest, shift)
}

/// The bits of the floating-point number nearest to `whole * 10^power`, of two as near the even one. `None` if the
/// product is too short to tell, which no number is known for.
#[inline(never)]
pub(super) fn nearest<F: Binary>(whole: u64, power: i32) -> Option<u64> {
    let infinite = u64::from(F::INFINITE.unsigned_abs()) << F::FRACTION;
    if whole == 0 || power < F::LEAST {
        return Some(0);
    }
    if power > F::MOST {
        return Some(infinite);
    }
    let (product, rest, shift) = product(whole, power);
    // The bits below those that count, the rounding bit included: only if all of them are set, what is missing of the
    // product could carry into those that count.
    let below = u64::MAX >> (F::FRACTION + 3);
    if rest == u64::MAX && product & below == below && !(-27..=55).contains(&power) {
        return None;
    }
    // The first bit, the fraction, and one bit to round by.
    let first = product >> 63;
    let cut = 64 - F::FRACTION - 3 + u32::from(first == 1);
    let mut mantissa = product >> cut;
    let mut exponent = log2(power) + 63 + i32::from(first == 1) - shift + F::BIAS;
    if exponent <= 0 {
        return Some(subnormal(mantissa, exponent));
    }
    let halfway = rest <= 1 && mantissa & 3 == 1 && mantissa << cut == product && F::HALFWAY.contains(&power);
    mantissa = (mantissa + u64::from(!halfway && mantissa & 1 == 1)) >> 1;
    if mantissa >> (F::FRACTION + 1) != 0 {
        mantissa >>= 1;
        exponent += 1;
    }
    if exponent >= F::INFINITE {
        return Some(infinite);
    }
    let fraction = mantissa & !(1 << F::FRACTION);
    Some(fraction | u64::from(exponent.unsigned_abs()) << F::FRACTION)
}

/// The bits of a number whose exponent is too small for a first bit that is not stored. None of them lies halfway:
/// no number of 64 bits has as many factors of five.
#[cold]
fn subnormal(mantissa: u64, exponent: i32) -> u64 {
    let shift = 1 - exponent;
    if shift >= 64 {
        return 0;
    }
    let mantissa = mantissa >> shift;
    // A sum that reaches the first bit sets the stored exponent to one, which is the right one.
    (mantissa + (mantissa & 1)) >> 1
}
