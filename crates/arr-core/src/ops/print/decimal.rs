//! Binary floating-point numbers as decimal digits: the fewest that tell a number from its neighbours, or as many as
//! were asked for, rounded half to even.
//!
//! Singles and doubles take the standard library's path wherever it yields the same digits. The others, and the few
//! cases where NumPy's algorithm differs, take the exact one after Steele, White, Burger and Dybvig.
//!
//! The exact algorithm keeps the number as a fraction of two natural numbers, scaled to lie in [0.1, 1), beside half the
//! distances to its neighbours as numerators of the same denominator. Multiplying all numerators by ten and dividing gives
//! one digit and leaves the remainder; the digits tell the number from its neighbours as soon as the remainder is below the
//! one half distance or above one minus the other. No step rounds, so that the digits are right for every format, x87
//! included; but its numbers have up to thousands of bits, which is why it is the last resort.

use std::fmt::{self, Write as _};

use smallvec::SmallVec;

use super::big::Big;
use super::number::{Float, signed32};

/// `digits[0].digits[1]… * 10^exponent`, without zeros at the end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Decimal {
    /// Digits as numbers; 0 is a single 0.
    pub(super) digits: SmallVec<[u8; 24]>,
    pub(super) exponent: i32,
}

/// How many digits to make.
#[derive(Clone, Copy, Debug)]
pub(super) struct Cutoff {
    /// Stop as soon as the number is told from its neighbours.
    pub(super) unique: bool,
    /// The two numbers count the digits after the point, not all of them.
    pub(super) fractional: bool,
    /// Never more digits than this.
    pub(super) max: Option<i32>,
    /// Never fewer, when `unique`. 0 digits after the point still asks for all those before it.
    pub(super) min: Option<i32>,
}

/// The fewest digits that tell a number from its neighbours.
const SHORTEST: Cutoff = Cutoff { unique: true, fractional: false, max: None, min: None };

/// More digits than this are left to the exact algorithm.
const FAST_DIGITS: i32 = 60;

impl Decimal {
    fn new(digits: impl IntoIterator<Item = u8>, exponent: i32) -> Self {
        let mut decimal = Self { digits: SmallVec::new(), exponent };
        for digit in digits {
            if digit == 0 && decimal.digits.is_empty() {
                decimal.exponent -= 1;
            } else {
                decimal.digits.push(digit);
            }
        }
        while decimal.digits.last() == Some(&0) {
            decimal.digits.pop();
        }
        if decimal.digits.is_empty() {
            return Self { digits: SmallVec::from_slice(&[0]), exponent: 0 };
        }
        decimal
    }

    /// The digits of a finite number.
    pub(super) fn of(float: &Float, cutoff: Cutoff) -> Self {
        if float.mantissa == 0 {
            return Self::new([], 0);
        }
        match float.as_double() {
            Some(value) => Self::fast(float, value, cutoff),
            None => exact(float, cutoff),
        }
    }

    fn fast(float: &Float, value: f64, cutoff: Cutoff) -> Self {
        let count = |decimal: &Self| if cutoff.fractional { decimal.fraction() } else { decimal.len() };
        let has_all_units =
            value < if float.as_single().is_some() { 16_777_216.0 } else { 9_007_199_254_740_992.0 };
        if cutoff.max.is_some_and(|max| max > FAST_DIGITS) || (cutoff.fractional && !has_all_units) {
            return exact(float, cutoff);
        }
        if let Some(max) = cutoff.max.filter(|max| !cutoff.unique || cutoff.is_coarse(float, value, *max)) {
            return Self::rounded(value, cutoff.fractional, max);
        }
        let shortest = Self::shortest(float, value);
        match (cutoff.max, cutoff.min) {
            (Some(max), _) if count(&shortest) > max => Self::rounded(value, cutoff.fractional, max),
            (_, Some(min)) if count(&shortest) < min && float.at_power => exact(float, cutoff),
            (_, Some(min)) if count(&shortest) < min => Self::rounded(value, cutoff.fractional, min),
            _ => shortest,
        }
    }

    fn shortest(float: &Float, value: f64) -> Self {
        let shortest = match float.as_single() {
            Some(single) => Self::printed(format_args!("{single:e}")),
            None => Self::printed(format_args!("{value:e}")),
        };
        if !shortest.may_be_half_way(float) {
            shortest
        } else if float.at_power {
            exact(float, SHORTEST)
        } else {
            Self::rounded(value, false, shortest.len())
        }
    }

    /// False unless the number has one digit more, a 5, in which case the standard library rounds up and NumPy rounds
    /// to even. Half a unit in the last place, `10^power / 2`, has as many binary as decimal places.
    fn may_be_half_way(&self, float: &Float) -> bool {
        let power = self.exponent - (self.len() - 1);
        let places = 0 - float.exponent - signed32(float.mantissa.trailing_zeros());
        power > 0 || places == 1 - power
    }

    /// The number rounded to so many digits, all or after the point.
    fn rounded(value: f64, fractional: bool, digits: i32) -> Self {
        let digits = usize::try_from(digits).unwrap_or(0);
        if fractional {
            Self::printed(format_args!("{value:.digits$}"))
        } else {
            Self::printed(format_args!("{value:.*e}", digits.saturating_sub(1)))
        }
    }

    /// Reads `12.5` or `1.25e1`.
    fn printed(number: fmt::Arguments<'_>) -> Self {
        let mut text = Text(SmallVec::new());
        // Writing to memory does not fail.
        let _ = text.write_fmt(number);
        fn digits(part: &[u8]) -> impl Iterator<Item = u8> {
            part.iter().filter(|byte| byte.is_ascii_digit()).map(|byte| byte - b'0')
        }
        let letter = text.0.iter().take_while(|byte| **byte != b'e').count();
        let (mantissa, power) = text.0.split_at(letter);
        let size = digits(power).fold(0, |power, digit| power * 10 + i32::from(digit));
        let exponent = if power.contains(&b'-') { -size } else { size };
        let whole = mantissa.iter().take_while(|byte| **byte != b'.').fold(0, |count, _| count + 1);
        Self::new(digits(mantissa), exponent + whole - 1)
    }

    /// The number of digits.
    pub(super) fn len(&self) -> i32 {
        i32::try_from(self.digits.len()).unwrap_or(i32::MAX)
    }

    /// The number of digits after the point.
    pub(super) fn fraction(&self) -> i32 {
        (self.len() - 1 - self.exponent).max(0)
    }

    /// The digit that stands for `10^power`.
    pub(super) fn digit(&self, power: i32) -> u8 {
        let index = usize::try_from(self.exponent - power).unwrap_or(usize::MAX);
        self.digits.get(index).copied().unwrap_or(0)
    }
}

/// A short text that needs no memory of the heap.
struct Text(SmallVec<[u8; 96]>);

impl fmt::Write for Text {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        self.0.extend_from_slice(text.as_bytes());
        Ok(())
    }
}

impl Cutoff {
    /// True when so few digits of a (normal) double are asked for that rounding yields the same as looking for the
    /// shortest.
    fn is_coarse(self, float: &Float, value: f64, max: i32) -> bool {
        const DIGITS: i32 = 15;
        let few = if self.fractional { value < 10f64.powi((DIGITS - max).clamp(0, 15)) } else { true };
        float.mantissa >> 52 != 0 && max <= DIGITS && few
    }
}

/// The state of the exact algorithm: the number is `value / scale`, and half the ways to its neighbours are `below`
/// and `above`.
struct Fraction {
    value: Big,
    scale: Big,
    below: Big,
    above: Big,
}

impl Fraction {
    fn new(float: &Float) -> Self {
        let extra = if float.at_power { 2 } else { 1 };
        let up = u32::try_from(float.exponent).unwrap_or(0);
        let down = if up == 0 { float.exponent.unsigned_abs() } else { 0 };
        let shifted = |value: u64, bits: u32| {
            let mut big = Big::new(value);
            big.shift_left(bits);
            big
        };
        Self {
            value: shifted(float.mantissa, up + extra),
            scale: shifted(1, down + extra),
            below: shifted(1, up),
            above: shifted(1, up + extra - 1),
        }
    }

    fn multiply_pow10(&mut self, power: u32) {
        for big in [&mut self.value, &mut self.below, &mut self.above] {
            big.multiply_pow10(power);
        }
    }

    /// Scales the number below 1 and at least to 0.1; says by which power of ten.
    fn normalise(&mut self, float: &Float) -> i32 {
        let bits = 63 - signed32(float.mantissa.leading_zeros()) + float.exponent;
        let mut power = (bits * 30_103).div_euclid(100_000) + 1;
        self.divide_by_pow10(power);
        while self.value >= self.scale {
            self.scale.multiply(10);
            power += 1;
        }
        loop {
            let mut tenfold = self.value.clone();
            tenfold.multiply(10);
            if tenfold >= self.scale {
                return power;
            }
            self.multiply_pow10(1);
            power -= 1;
        }
    }

    fn divide_by_pow10(&mut self, power: i32) {
        if power >= 0 {
            self.scale.multiply_pow10(power.unsigned_abs());
        } else {
            self.multiply_pow10(power.unsigned_abs());
        }
    }

    /// Is what is left of the number near enough to 0, or to 1, for the digits to say which number it is?
    fn is_told(&self, even: bool) -> (bool, bool) {
        let mut sum = self.value.clone();
        sum.add(&self.above);
        if even {
            (self.value <= self.below, sum >= self.scale)
        } else {
            (self.value < self.below, sum > self.scale)
        }
    }

    /// Is what is left of the number less than a half (or a half, after an even digit)?
    fn rounds_down(&self, digit: u8) -> bool {
        let mut double = self.value.clone();
        double.multiply(2);
        double < self.scale || (double == self.scale && digit % 2 == 0)
    }
}

/// The digits of a number that is not 0, with integers.
fn exact(float: &Float, cutoff: Cutoff) -> Decimal {
    let mut fraction = Fraction::new(float);
    let mut power = fraction.normalise(float);
    let mut first = power - 1;
    if let Some(max) = cutoff.max.filter(|max| cutoff.fractional && first < -max) {
        // Too small to show: the only digit is 0, or 1 by rounding.
        fraction.scale.multiply_pow10((-max - first).unsigned_abs());
        first = -max;
        power = first + 1;
    }
    let last_of = |digits: i32| if cutoff.fractional { -digits } else { power - digits };
    let (last, least) = (cutoff.max.map(last_of), cutoff.min.map_or(power, |min| last_of(min).min(power)));
    let mut digits: SmallVec<[u8; 24]> = SmallVec::new();
    loop {
        power -= 1;
        fraction.multiply_pow10(1);
        let digit = fraction.value.take_digit(&fraction.scale);
        let (low, high) =
            if cutoff.unique { fraction.is_told(float.mantissa % 2 == 0) } else { (false, false) };
        let done = if cutoff.unique { (low || high) && power <= least } else { fraction.value.is_zero() };
        digits.push(digit);
        if done || last == Some(power) {
            let down = if low == high { fraction.rounds_down(digit) } else { low };
            return if down { Decimal::new(digits, first) } else { round_up(digits, first) };
        }
    }
}

fn round_up(mut digits: SmallVec<[u8; 24]>, exponent: i32) -> Decimal {
    while digits.last() == Some(&9) {
        digits.pop();
    }
    match digits.last_mut() {
        Some(digit) => {
            *digit += 1;
            Decimal::new(digits, exponent)
        }
        None => Decimal::new([1], exponent + 1),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ByteOrder;
    use crate::ops::print::number::FloatKind;
    use proptest::prelude::*;

    fn text(decimal: &Decimal) -> String {
        let digits: String = decimal.digits.iter().map(|digit| char::from(b'0' + digit)).collect();
        format!("{digits}e{}", decimal.exponent)
    }

    fn double(value: f64) -> Float {
        Float::read(FloatKind::Double, &value.to_le_bytes(), ByteOrder::Little)
    }

    #[test]
    fn halves_have_few_digits() {
        let half = |bits: u16| Float::read(FloatKind::Half, &bits.to_le_bytes(), ByteOrder::Little);
        assert_eq!(text(&Decimal::of(&half(0x2E66), SHORTEST)), "1e-1");
        assert_eq!(text(&Decimal::of(&half(0x7BFF), SHORTEST)), "655e4");
        assert_eq!(text(&Decimal::of(&half(1), SHORTEST)), "6e-8");
    }

    #[test]
    fn half_way_is_rounded_to_even() {
        let single = |value: f32| Float::read(FloatKind::Single, &value.to_le_bytes(), ByteOrder::Little);
        assert_eq!(text(&Decimal::of(&single(1.0 / 4096.0), SHORTEST)), "24414062e-4");
        for bits in (0..0x7F80_0000u32).step_by(0x8_0000).chain(0..40).chain(0x4B80_0000..0x4B80_0100) {
            let float = single(f32::from_bits(bits));
            if float.mantissa != 0 {
                assert_eq!(
                    Decimal::of(&float, SHORTEST),
                    exact(&float, SHORTEST),
                    "{}",
                    f32::from_bits(bits)
                );
            }
        }
        for power in 0..0x7FF {
            let float = double(f64::from_bits(power << 52 | (power % 2) << 51 | u64::from(power == 0)));
            assert_eq!(Decimal::of(&float, SHORTEST), exact(&float, SHORTEST));
        }
    }

    #[test]
    fn tiny_numbers_round_to_the_last_place() {
        let places = |max| Cutoff { unique: true, fractional: true, max: Some(max), min: None };
        assert_eq!(text(&Decimal::of(&double(6e-9), places(8))), "1e-8");
        assert_eq!(text(&exact(&double(6e-9), places(8))), "1e-8");
        assert_eq!(text(&exact(&double(4e-9), places(8))), "0e0");
        assert_eq!(text(&exact(&double(1e-300), places(8))), "0e0");
        assert_eq!(text(&exact(&double(0.5), places(0))), "0e0");
        assert_eq!(text(&exact(&double(1.5), places(0))), "2e0");
        assert_eq!(text(&exact(&double(9.99), places(1))), "1e1");
    }

    proptest! {
        #[test]
        fn both_ways_agree(bits: u64, fractional: bool, unique: bool, max in 0i32..20, more in 0i32..3) {
            let float = double(f64::from_bits(bits & !(1 << 63)));
            prop_assume!(float.is_finite() && float.mantissa != 0);
            let fractional = fractional && float.exponent < 20;
            let max = if fractional { max } else { max + 1 };
            let cutoff = Cutoff { unique, fractional, max: Some(max), min: if more == 0 { Some(max) } else { Some(0).filter(|_| more == 1) } };
            prop_assert_eq!(Decimal::of(&float, cutoff), exact(&float, cutoff));
            prop_assert_eq!(Decimal::of(&float, SHORTEST), exact(&float, SHORTEST));
        }

        #[test]
        fn both_ways_agree_on_plain_numbers(value in -1e9f64..1e9, scale in 0i32..12, max in 0i32..20, full: bool) {
            let value = ((value / 10f64.powi(scale)) * 1e4).round() / 1e4;
            let cutoff = Cutoff { unique: true, fractional: true, max: Some(max), min: Some(if full { max } else { 0 }) };
            let float = double(value.abs());
            prop_assume!(float.mantissa != 0);
            prop_assert_eq!(Decimal::of(&float, cutoff), exact(&float, cutoff));
            let single = Float::read(FloatKind::Single, &(1e-3f32).to_le_bytes(), ByteOrder::Little);
            prop_assert_eq!(Decimal::of(&single, cutoff), exact(&single, cutoff));
        }
    }
}
