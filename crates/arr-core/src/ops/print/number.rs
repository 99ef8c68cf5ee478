//! Numbers out of the bytes of an item.

use half::{bf16, f16};

use crate::{ByteOrder, Scalar};

/// The first `N` bytes of a number, the least significant first; missing ones are 0.
fn little<const N: usize>(item: &[u8], order: ByteOrder) -> [u8; N] {
    let mut bytes = [0; N];
    let copy = |(to, from): (&mut u8, &u8)| *to = *from;
    match order {
        ByteOrder::Little => bytes.iter_mut().zip(item).for_each(copy),
        ByteOrder::Big => bytes.iter_mut().zip(item.iter().rev()).for_each(copy),
    }
    bytes
}

/// An unsigned integer of up to 8 bytes.
pub(super) fn unsigned(item: &[u8], order: ByteOrder) -> u64 {
    u64::from_le_bytes(little(item, order))
}

/// A signed integer of up to 8 bytes.
pub(super) fn signed(item: &[u8], order: ByteOrder) -> i64 {
    let unused = 8usize.saturating_sub(item.len()) * 8;
    let value = unsigned(item, order).checked_shl(u32::try_from(unused).unwrap_or(0)).unwrap_or(0);
    i64::from_le_bytes(value.to_le_bytes()) >> unused.min(63)
}

/// Counts of bits and digits, which are small.
pub(super) fn signed32(count: u32) -> i32 {
    i32::try_from(count).unwrap_or(i32::MAX)
}

/// The floating-point formats. What a complex number is made of counts as one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum FloatKind {
    Half,
    Brain,
    Single,
    Double,
    /// x87: 64 bits with an explicit leading one.
    Extended,
}

impl FloatKind {
    /// The format of a scalar, or of its parts when it is complex.
    pub(super) const fn of(kind: Scalar) -> Option<Self> {
        match kind {
            Scalar::F16 => Some(Self::Half),
            Scalar::BF16 => Some(Self::Brain),
            Scalar::F32 | Scalar::Complex64 => Some(Self::Single),
            Scalar::F64 | Scalar::Complex128 => Some(Self::Double),
            Scalar::LongDouble12
            | Scalar::LongDouble16
            | Scalar::ComplexLongDouble24
            | Scalar::ComplexLongDouble32 => Some(Self::Extended),
            _ => None,
        }
    }

    /// Significant bits, the leading one included.
    pub(super) const fn precision(self) -> u32 {
        match self {
            Self::Half => 11,
            Self::Brain => 8,
            Self::Single => 24,
            Self::Double => 53,
            Self::Extended => 64,
        }
    }

    const fn exponent_bits(self) -> u32 {
        match self {
            Self::Half => 5,
            Self::Brain | Self::Single => 8,
            Self::Double => 11,
            Self::Extended => 15,
        }
    }

    /// In an array, numbers from `10^this` on ask for exponents: what `finfo(dtype).precision` says, 8 at most.
    pub(super) const fn array_digits(self) -> u32 {
        match self {
            Self::Half => 3,
            Self::Brain | Self::Single => 6,
            Self::Double | Self::Extended => 8,
        }
    }

    /// As a scalar, numbers from `10^this` on are written with an exponent.
    pub(super) const fn scalar_digits(self) -> u32 {
        match self {
            Self::Half => 3,
            Self::Brain | Self::Single => 6,
            Self::Double | Self::Extended => 16,
        }
    }

    /// 0.0001, rounded as the comparison in NumPy's array printing rounds it.
    pub(super) fn array_minimum(self) -> Magnitude {
        let float = match self {
            Self::Half => Float::ieee(self, f16::from_f64(1e-4).to_bits().into()),
            Self::Brain => Float::ieee(self, bf16::from_f64(1e-4).to_bits().into()),
            Self::Single => Float::ieee(self, 1e-4f32.to_bits().into()),
            Self::Double | Self::Extended => Float::ieee(Self::Double, 1e-4f64.to_bits()),
        };
        float.magnitude()
    }
}

/// What sort of number a [`Float`] is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Class {
    Finite,
    Infinite,
    Nan,
}

/// A floating-point number taken apart: its magnitude is `mantissa * 2^exponent`.
#[derive(Clone, Copy, Debug)]
pub(super) struct Float {
    pub(super) kind: FloatKind,
    pub(super) class: Class,
    pub(super) negative: bool,
    pub(super) mantissa: u64,
    pub(super) exponent: i32,
    /// The next smaller number is half as far away as the next greater one.
    pub(super) at_power: bool,
}

/// The size of a non-zero number: its exponent, then 64 bits the first of which is set.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Magnitude {
    exponent: i32,
    bits: u64,
}

impl Magnitude {
    /// 0.0001 as a C compiler writes it into a `long double`.
    pub(super) const SCALAR_MINIMUM: Self = Self { exponent: -77, bits: 0xD1B7_1758_E219_652C };

    pub(super) fn pow10(power: u32) -> Self {
        Self::new(10u64.pow(power), 0)
    }

    fn new(mantissa: u64, exponent: i32) -> Self {
        let shift = mantissa.leading_zeros();
        match mantissa {
            0 => Self { exponent: i32::MIN, bits: 0 },
            _ => Self { exponent: exponent - signed32(shift), bits: mantissa << shift },
        }
    }

    /// True when `self / other`, rounded to `precision` bits, is greater than 1000. (It is unless it rounds to 1000,
    /// which is even: the quotient must exceed 1000 by more than half a unit in the last place, `2^(9 - precision)`.)
    pub(super) fn exceeds_1000_times(self, other: Self, precision: u32) -> bool {
        match self.exponent.saturating_sub(other.exponent) {
            ..=8 => false,
            distance @ 9..=10 => {
                let excess = (i128::from(self.bits) << distance) - 1000 * i128::from(other.bits);
                let half_unit = match precision.checked_sub(9) {
                    Some(shift) => i128::from(other.bits) >> shift,
                    None => i128::from(other.bits) << (9 - precision),
                };
                excess > half_unit
            }
            _ => true,
        }
    }
}

impl Float {
    /// The number that an item (or a part of a complex one) holds.
    pub(super) fn read(kind: FloatKind, item: &[u8], order: ByteOrder) -> Self {
        match kind {
            FloatKind::Extended => Self::extended(little(item, order)),
            _ => Self::ieee(kind, unsigned(item, order)),
        }
    }

    fn ieee(kind: FloatKind, bits: u64) -> Self {
        let fraction_bits = kind.precision() - 1;
        let fraction = bits & ((1 << fraction_bits) - 1);
        let highest = (1u32 << kind.exponent_bits()) - 1;
        let field = u32::try_from((bits >> fraction_bits) & u64::from(highest)).unwrap_or(highest);
        let negative = (bits >> (fraction_bits + kind.exponent_bits())) & 1 == 1;
        let mantissa = if field == 0 { fraction } else { fraction | (1 << fraction_bits) };
        Self::assemble(kind, negative, field, fraction, mantissa)
    }

    fn extended(bytes: [u8; 10]) -> Self {
        let [a, b, c, d, e, f, g, h, low, high] = bytes;
        let mantissa = u64::from_le_bytes([a, b, c, d, e, f, g, h]);
        let head = u16::from_le_bytes([low, high]);
        let (field, fraction) = (u32::from(head & 0x7FFF), mantissa << 1 >> 1);
        let mut float = Self::assemble(FloatKind::Extended, head >> 15 == 1, field, fraction, mantissa);
        if field != 0 && mantissa >> 63 == 0 {
            // Without the leading one the processor takes it for no number.
            float.class = Class::Nan;
        }
        float
    }

    fn assemble(kind: FloatKind, negative: bool, field: u32, fraction: u64, mantissa: u64) -> Self {
        let highest = (1u32 << kind.exponent_bits()) - 1;
        let class = match (field == highest, fraction) {
            (false, _) => Class::Finite,
            (true, 0) => Class::Infinite,
            (true, _) => Class::Nan,
        };
        let bias = (highest >> 1) + kind.precision() - 1;
        let exponent = signed32(field.max(1)) - signed32(bias);
        Self { kind, class, negative, mantissa, exponent, at_power: field > 1 && fraction == 0 }
    }

    pub(super) fn is_finite(&self) -> bool {
        self.class == Class::Finite
    }

    pub(super) fn magnitude(&self) -> Magnitude {
        Magnitude::new(self.mantissa, self.exponent)
    }

    /// The magnitude as the double that it is, where it is one.
    pub(super) fn as_double(&self) -> Option<f64> {
        match self.kind {
            FloatKind::Single => Some(f64::from(self.as_single()?)),
            FloatKind::Double => {
                let field =
                    if self.mantissa >> 52 == 0 { 0 } else { u64::try_from(self.exponent + 1075).ok()? };
                Some(f64::from_bits(field << 52 | (self.mantissa & ((1 << 52) - 1))))
            }
            _ => None,
        }
    }

    /// The magnitude as the single that it is, where it is one.
    pub(super) fn as_single(&self) -> Option<f32> {
        if self.kind != FloatKind::Single {
            return None;
        }
        let mantissa = u32::try_from(self.mantissa).ok()?;
        let field = if mantissa >> 23 == 0 { 0 } else { u32::try_from(self.exponent + 150).ok()? };
        Some(f32::from_bits(field << 23 | (mantissa & ((1 << 23) - 1))))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn integers_are_extended_by_their_sign() {
        assert_eq!(signed(&[0xFE], ByteOrder::Little), -2);
        assert_eq!(signed(&[0xFF, 0xFE], ByteOrder::Big), -2);
        assert_eq!(signed(&i64::MIN.to_be_bytes(), ByteOrder::Big), i64::MIN);
        assert_eq!(unsigned(&[1, 2], ByteOrder::Big), 0x0102);
    }

    #[test]
    fn floats_come_apart_and_together() {
        for value in [1.0f64, 0.1, 5e-324, f64::MAX, 2.2250738585072014e-308, 0.0] {
            let float = Float::read(FloatKind::Double, &value.to_be_bytes(), ByteOrder::Big);
            assert_eq!(float.as_double(), Some(value));
        }
        for value in [1.0f32, 0.1, 1e-45, f32::MAX, f32::MIN_POSITIVE, 0.0] {
            let float = Float::read(FloatKind::Single, &value.to_le_bytes(), ByteOrder::Little);
            assert_eq!(float.as_single(), Some(value));
        }
        let extended = Float::extended([0, 0, 0, 0, 0, 0, 0, 0x80, 0xFF, 0xBF]);
        assert!(extended.negative && extended.at_power && extended.is_finite());
        assert_eq!(extended.magnitude(), Magnitude::pow10(0));
        assert_eq!(Float::extended([0, 0, 0, 0, 0, 0, 0, 0x80, 0xFF, 0x7F]).class, Class::Infinite);
        assert_eq!(Float::extended([0, 0, 0, 0, 0, 0, 0, 0, 1, 0]).class, Class::Nan);
    }

    #[test]
    fn quotients_are_rounded_before_they_are_compared() {
        let of = |value: f64| Float::ieee(FloatKind::Double, value.to_bits()).magnitude();
        for (a, b) in
            [(1000.0, 1.0), (1000.0000000000001, 1.0), (3.0, 0.003), (1.1, 0.0011), (0.7, 0.0007), (1e9, 1.0)]
        {
            assert_eq!(of(a).exceeds_1000_times(of(b), 53), a / b > 1000.0, "{a} {b}");
        }
        assert!(!of(1002.0).exceeds_1000_times(of(1.0), 8));
        assert!(of(1004.0).exceeds_1000_times(of(1.0), 8));
    }
}
