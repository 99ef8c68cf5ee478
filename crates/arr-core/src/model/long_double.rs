//! The 80-bit extended numbers of the x87, which are C's `long double` on x86.
//!
//! Ten bytes, little-endian: a 64-bit significand whose leading bit is stored, 15 bits of exponent (bias 16383), a
//! sign. NumPy pads them to 12 or 16 bytes (`f12`, `f16`). Other machines put other formats behind the same type
//! strings (binary128, two doubles) and nothing in an array tells which it is: here they are taken as x87.
//!
//! ```
//! use arr_core::long_double::{f64_from_x87, x87_from_f64};
//! let bytes = x87_from_f64(-1.5);
//! assert_eq!(bytes, [0, 0, 0, 0, 0, 0, 0, 0xc0, 0xff, 0xbf]);
//! assert_eq!(f64_from_x87(&bytes), -1.5);
//! ```

/// The number nearest to an x87 number; ties go to the even one, too large numbers to infinity.
#[must_use]
pub fn f64_from_x87(bytes: &[u8; 10]) -> f64 {
    X87::from_bytes(bytes).to_f64()
}

/// The x87 number that is equal to a binary64.
#[must_use]
pub fn x87_from_f64(value: f64) -> [u8; 10] {
    X87::from_f64(value).to_bytes()
}

/// The x87 number that is equal to an integer.
#[must_use]
pub fn x87_from_i64(value: i64) -> [u8; 10] {
    X87::from_i64(value).to_bytes()
}

/// The x87 number that is equal to an unsigned integer.
#[must_use]
pub fn x87_from_u64(value: u64) -> [u8; 10] {
    X87::from_u64(value).to_bytes()
}

/// The integer left when the fraction is dropped; `None` for NaN, infinities and numbers of 2^126 and more.
#[must_use]
pub fn truncate_x87(bytes: &[u8; 10]) -> Option<i128> {
    X87::from_bytes(bytes).truncate()
}

/// The exponent that stands for infinities and NaN.
const SPECIAL: u16 = 0x7fff;
/// The bit of the significand that other formats leave out.
const INTEGER_BIT: u64 = 1 << 63;
/// What the exponent field counts from.
const BIAS: i32 = 16383;

/// One x87 number. It holds every value of `i64`, `u64` and `f64`, so it is where numbers of different kinds meet
/// without rounding.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct X87 {
    negative: bool,
    exponent: u16,
    significand: u64,
}

/// A binary interchange format: bits of the significand (the hidden one counts) and of the exponent.
struct Binary {
    precision: u32,
    exponent: u32,
}

impl X87 {
    pub(crate) fn from_bytes(bytes: &[u8; 10]) -> Self {
        let [a, b, c, d, e, f, g, h, low, high] = *bytes;
        let exponent = u16::from_le_bytes([low, high]);
        Self {
            negative: exponent & 0x8000 != 0,
            exponent: exponent & SPECIAL,
            significand: u64::from_le_bytes([a, b, c, d, e, f, g, h]),
        }
    }

    pub(crate) fn to_bytes(self) -> [u8; 10] {
        let [a, b, c, d, e, f, g, h] = self.significand.to_le_bytes();
        let [low, high] = (self.exponent | u16::from(self.negative) << 15).to_le_bytes();
        [a, b, c, d, e, f, g, h, low, high]
    }

    /// NaN, and the patterns that the x87 refuses since the 80387 and reads as NaN: those with an exponent but
    /// without the integer bit.
    pub(crate) fn is_nan(self) -> bool {
        match self.exponent {
            0 => false,
            SPECIAL => self.significand != INTEGER_BIT,
            _ => self.significand & INTEGER_BIT == 0,
        }
    }

    pub(crate) fn is_infinite(self) -> bool {
        self.exponent == SPECIAL && self.significand == INTEGER_BIT
    }

    pub(crate) fn is_zero(self) -> bool {
        self.exponent == 0 && self.significand == 0
    }

    /// The number is its significand times two to this power.
    fn power(self) -> i32 {
        i32::from(self.exponent.max(1)) - BIAS - 63
    }

    pub(crate) fn from_u64(value: u64) -> Self {
        Self::scaled(false, value, 0)
    }

    pub(crate) fn from_i64(value: i64) -> Self {
        Self::scaled(value < 0, value.unsigned_abs(), 0)
    }

    /// `significand` times two to `power`, which must be a normal number.
    fn scaled(negative: bool, significand: u64, power: i32) -> Self {
        if significand == 0 {
            return Self { negative, exponent: 0, significand: 0 };
        }
        let exponent = i32::try_from(significand.ilog2()).unwrap_or(0) + power + BIAS;
        let significand = significand << significand.leading_zeros();
        Self { negative, exponent: u16::try_from(exponent).unwrap_or(SPECIAL), significand }
    }

    pub(crate) fn from_f64(value: f64) -> Self {
        let bits = value.to_bits();
        let (negative, fraction) = (value.is_sign_negative(), bits & ((1 << 52) - 1));
        let [.., a, b] = bits.to_le_bytes();
        match i32::from(u16::from_le_bytes([a, b]) >> 4 & 0x7ff) {
            0x7ff => {
                // A signalling NaN becomes a quiet one, as in the x87.
                let quiet = if fraction == 0 { 0 } else { 1 << 62 };
                Self { negative, exponent: SPECIAL, significand: INTEGER_BIT | quiet | fraction << 11 }
            }
            0 => Self::scaled(negative, fraction, -1074),
            exponent => Self::scaled(negative, fraction | 1 << 52, exponent - 1075),
        }
    }

    pub(crate) fn to_f64(self) -> f64 {
        f64::from_bits(self.round_to(&Binary { precision: 53, exponent: 11 }))
    }

    pub(crate) fn to_f32(self) -> f32 {
        let [a, b, c, d, ..] = self.round_to(&Binary { precision: 24, exponent: 8 }).to_le_bytes();
        f32::from_le_bytes([a, b, c, d])
    }

    pub(crate) fn to_f16_bits(self) -> u16 {
        let [a, b, ..] = self.round_to(&Binary { precision: 11, exponent: 5 }).to_le_bytes();
        u16::from_le_bytes([a, b])
    }

    pub(crate) fn to_bf16_bits(self) -> u16 {
        let [a, b, ..] = self.round_to(&Binary { precision: 8, exponent: 8 }).to_le_bytes();
        u16::from_le_bytes([a, b])
    }

    /// The bits of the nearest number of another format; ties go to even.
    fn round_to(self, format: &Binary) -> u64 {
        let fraction_bits = format.precision - 1;
        let sign = u64::from(self.negative) << (fraction_bits + format.exponent);
        let infinity = ((1u64 << format.exponent) - 1) << fraction_bits;
        if self.is_nan() {
            let payload = (self.significand & !INTEGER_BIT) >> (63 - fraction_bits);
            return sign | infinity | 1 << (fraction_bits - 1) | payload;
        }
        if self.exponent == SPECIAL {
            return sign | infinity;
        }
        if self.significand == 0 {
            return sign;
        }
        let normal = Self::scaled(false, self.significand, 0);
        // The number is 1.f times two to `exponent`.
        let exponent = self.power() + i32::from(normal.exponent) - BIAS;
        let bias = (1i32 << (format.exponent - 1)) - 1;
        // Below the least normal exponent more bits are cut, down to none being left.
        let subnormal = u32::try_from(1 - bias - exponent).unwrap_or(0);
        let cut = (64 - format.precision).saturating_add(subnormal);
        let kept = round_shift(normal.significand, cut);
        let field = u64::try_from((exponent + bias).max(1) - 1).unwrap_or(0).min((1 << format.exponent) - 1);
        // A significand that rounds up to the next power of two carries into the exponent, as it should.
        sign | (kept.saturating_add(field << fraction_bits)).min(infinity)
    }

    /// The integer part; `None` for NaN, infinities and numbers of 2^126 and more.
    pub(crate) fn truncate(self) -> Option<i128> {
        if self.exponent == SPECIAL || self.is_nan() {
            return None;
        }
        let significand = i128::from(self.significand);
        let power = self.power();
        let magnitude = match u32::try_from(power) {
            Ok(left) if left <= 62 => significand << left,
            Ok(_) => return None,
            Err(_) => significand.checked_shr(power.unsigned_abs()).unwrap_or(0),
        };
        Some(if self.negative { -magnitude } else { magnitude })
    }

    /// True for equal values: zeros of both signs are, NaN and NaN are not.
    pub(crate) fn equals(self, other: Self) -> bool {
        if self.is_nan() || other.is_nan() {
            return false;
        }
        let (a, b) = (self.normalized(), other.normalized());
        a == b || (a.is_zero() && b.is_zero())
    }

    /// One pattern a value: the exponent 0 means the same as 1 when the integer bit is set.
    fn normalized(self) -> Self {
        let exponent =
            if self.exponent == 0 && self.significand & INTEGER_BIT != 0 { 1 } else { self.exponent };
        Self { exponent, ..self }
    }

    /// The distance to another number, rounded to a binary64. Both must be finite.
    pub(crate) fn distance(self, other: Self) -> f64 {
        let (high, low) = if self.power() >= other.power() { (self, other) } else { (other, self) };
        let apart = high.power() - low.power();
        if apart > 62 {
            // The lower one is lost in rounding.
            let difference = (high.to_f64() - low.to_f64()).abs();
            return if difference.is_nan() { f64::INFINITY } else { difference };
        }
        let signed = |number: Self| {
            let significand = i128::from(number.significand);
            if number.negative { -significand } else { significand }
        };
        let difference = ((signed(high) << apart) - signed(low)).unsigned_abs();
        if difference == 0 {
            return 0.0;
        }
        #[allow(clippy::cast_precision_loss, reason = "the distance is rounded")]
        let units = difference as f64;
        let half = low.power() / 2;
        units * 2f64.powi(half) * 2f64.powi(low.power() - half)
    }
}

/// `value` divided by two to `bits`, to the nearest integer; ties go to the even one.
fn round_shift(value: u64, bits: u32) -> u64 {
    match bits {
        0 => value,
        1..=63 => {
            let (kept, half) = (value >> bits, 1u64 << (bits - 1));
            let rest = value & ((1u64 << bits) - 1);
            kept + u64::from(rest > half || (rest == half && kept & 1 == 1))
        }
        64 => u64::from(value > 1 << 63),
        _ => 0,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn x87(negative: bool, exponent: u16, significand: u64) -> X87 {
        X87 { negative, exponent, significand }
    }

    #[test]
    fn known_patterns() {
        assert_eq!(X87::from_f64(1.0), x87(false, 16383, 1 << 63));
        assert_eq!(X87::from_f64(-0.0), x87(true, 0, 0));
        assert_eq!(X87::from_f64(f64::INFINITY), x87(false, SPECIAL, 1 << 63));
        assert_eq!(X87::from_u64(u64::MAX).to_f64(), 18446744073709551616.0);
        assert_eq!(X87::from_i64(i64::MIN), x87(true, 16383 + 63, 1 << 63));
        assert!(x87(false, SPECIAL, 0).is_nan());
        assert!(x87(false, 5, 1).is_nan());
        assert!(x87(false, 5, 1).to_f64().is_nan());
        assert_eq!(x87(true, SPECIAL, 1 << 63).to_f64(), f64::NEG_INFINITY);
        assert_eq!(x87(false, 40000 & SPECIAL, 1 << 63).to_f64(), x87(false, 7232, 1 << 63).to_f64());
        // The smallest subnormal is nothing to a binary64.
        assert_eq!(x87(true, 0, 1).to_f64().to_bits(), (-0.0f64).to_bits());
    }

    #[test]
    fn ties_go_to_even() {
        let tie = x87(false, 16383, 1 << 63 | 1 << 10);
        assert_eq!(tie.to_f64(), 1.0);
        assert_eq!(x87(false, 16383, 1 << 63 | 1 << 10 | 1).to_f64(), 1.0 + f64::EPSILON);
        assert_eq!(x87(false, 16383, 1 << 63 | 3 << 10).to_f64(), 1.0 + 2.0 * f64::EPSILON);
        assert_eq!(x87(false, 16383, u64::MAX).to_f64(), 2.0);
        assert_eq!(x87(false, 16383 + 1023, u64::MAX).to_f64(), f64::INFINITY);
        // Half of the smallest subnormal, and a little more.
        assert_eq!(x87(false, 16383 - 1075, 1 << 63).to_f64(), 0.0);
        assert_eq!(x87(false, 16383 - 1075, 1 << 63 | 1).to_f64(), f64::from_bits(1));
        assert_eq!(x87(false, 16383 - 1076, u64::MAX).to_f64(), f64::from_bits(0));
    }

    #[test]
    fn truncates_toward_zero() {
        assert_eq!(X87::from_f64(-2.9).truncate(), Some(-2));
        assert_eq!(X87::from_f64(0.99).truncate(), Some(0));
        assert_eq!(X87::from_u64(u64::MAX).truncate(), Some(u64::MAX.into()));
        assert_eq!(X87::from_f64(1e-300).truncate(), Some(0));
        assert_eq!(X87::from_f64(2f64.powi(125)).truncate(), Some(1 << 125));
        assert_eq!(X87::from_f64(2f64.powi(126)).truncate(), None);
        assert_eq!(X87::from_f64(f64::NAN).truncate(), None);
    }

    #[test]
    fn distances_see_the_last_bits() {
        let (a, b) = (X87::from_u64(u64::MAX), X87::from_u64(u64::MAX - 1));
        assert_eq!(a.distance(b), 1.0);
        assert_eq!(b.distance(a), 1.0);
        assert_eq!(X87::from_i64(i64::MIN).distance(X87::from_i64(i64::MAX)), 18446744073709551616.0);
        assert_eq!(X87::from_i64(-7).distance(X87::from_f64(3.5)), 10.5);
    }

    proptest! {
        #[test]
        fn every_f64_survives(bits: u64) {
            let value = f64::from_bits(bits);
            let back = X87::from_bytes(&x87_from_f64(value)).to_f64();
            prop_assert!(back.to_bits() == bits || (value.is_nan() && back.is_nan()));
        }

        #[test]
        fn every_integer_survives(value: i64, unsigned: u64) {
            prop_assert_eq!(truncate_x87(&x87_from_i64(value)), Some(value.into()));
            prop_assert_eq!(truncate_x87(&x87_from_u64(unsigned)), Some(unsigned.into()));
            #[allow(clippy::cast_precision_loss, reason = "the rounding of `as` is the reference")]
            let (signed_float, float) = (value as f64, unsigned as f32);
            prop_assert_eq!(X87::from_i64(value).to_f64(), signed_float);
            prop_assert_eq!(X87::from_u64(unsigned).to_f32(), float);
        }

        #[test]
        fn rounding_agrees_with_the_machine(bits: u64) {
            let value = f64::from_bits(bits);
            prop_assume!(!value.is_nan());
            #[allow(clippy::cast_possible_truncation, reason = "the rounding of `as` is the reference")]
            let narrow = value as f32;
            prop_assert_eq!(X87::from_f64(value).to_f32().to_bits(), narrow.to_bits());
            let half = half::f16::from_f32(narrow);
            prop_assert_eq!(X87::from_f64(narrow.into()).to_f16_bits(), half.to_bits());
            prop_assert_eq!(X87::from_f64(narrow.into()).to_bf16_bits(), half::bf16::from_f32(narrow).to_bits());
        }
    }
}
