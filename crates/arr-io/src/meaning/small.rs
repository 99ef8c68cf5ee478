//! Floats of eight bits and fewer, one in a byte: those of ml_dtypes.

use arr_core::{Array, BufferMut, ByteOrder, DType, Result, Scalar};

/// What is not finite.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Special {
    /// Infinities and NaN have the largest exponent, as in IEEE 754.
    Ieee,
    /// NaN has all bits set; there are no infinities.
    AllOnes,
    /// NaN stands in the place of -0; there are no infinities.
    MinusZero,
    /// All are finite.
    Nothing,
}

/// A kind of floats: a sign, an exponent and a fraction in the lowest bits of a byte.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct SmallFloat {
    pub(super) name: &'static str,
    exponent: u32,
    fraction: u32,
    bias: i32,
    special: Special,
}

const fn small(name: &'static str, exponent: u32, fraction: u32, bias: i32, special: Special) -> SmallFloat {
    SmallFloat { name, exponent, fraction, bias, special }
}

/// The dtype of the numbers when they have been read: it holds all values of all kinds.
pub(super) fn dtype() -> DType {
    DType::scalar(Scalar::F32, ByteOrder::Little)
}

impl SmallFloat {
    /// All of them.
    pub(super) const ALL: &'static [Self] = &[
        small("float8_e3m4", 3, 4, 3, Special::Ieee),
        small("float8_e4m3", 4, 3, 7, Special::Ieee),
        small("float8_e4m3fn", 4, 3, 7, Special::AllOnes),
        small("float8_e4m3fnuz", 4, 3, 8, Special::MinusZero),
        small("float8_e4m3b11fnuz", 4, 3, 11, Special::MinusZero),
        small("float8_e5m2", 5, 2, 15, Special::Ieee),
        small("float8_e5m2fnuz", 5, 2, 16, Special::MinusZero),
        small("float8_e8m0fnu", 8, 0, 127, Special::AllOnes),
        small("float6_e2m3fn", 2, 3, 1, Special::Nothing),
        small("float6_e3m2fn", 3, 2, 3, Special::Nothing),
        small("float4_e2m1fn", 2, 1, 1, Special::Nothing),
    ];

    pub(super) fn named(name: &str) -> Option<&'static Self> {
        Self::ALL.iter().find(|small| small.name == name)
    }

    /// The number that a byte stands for.
    fn value(&self, byte: u8) -> f32 {
        let fraction = u32::from(byte) & ((1 << self.fraction) - 1);
        let exponent = u32::from(byte) >> self.fraction & ((1 << self.exponent) - 1);
        // The one without a sign has no fraction either, and no zero.
        let is_unsigned = self.fraction == 0;
        let is_negative = !is_unsigned && u32::from(byte) >> (self.fraction + self.exponent) & 1 == 1;
        let is_top = exponent == (1 << self.exponent) - 1;
        let is_all_ones = is_top && fraction == (1 << self.fraction) - 1;
        let magnitude = match self.special {
            Special::Ieee if is_top && fraction == 0 => f32::INFINITY,
            Special::Ieee if is_top => f32::NAN,
            Special::AllOnes if is_all_ones => f32::NAN,
            Special::MinusZero if is_negative && exponent == 0 && fraction == 0 => f32::NAN,
            _ => self.finite(exponent, fraction, is_unsigned),
        };
        if is_negative { -magnitude } else { magnitude }
    }

    fn finite(&self, exponent: u32, fraction: u32, is_unsigned: bool) -> f32 {
        let implied = if exponent == 0 && !is_unsigned { 0 } else { 1 << self.fraction };
        let exponent = if is_unsigned { exponent } else { exponent.max(1) };
        let power = f64::from(exponent) - f64::from(self.bias) - f64::from(self.fraction);
        #[allow(clippy::cast_possible_truncation, reason = "an f32 holds all of them")]
        let value = (f64::from(implied | fraction) * power.exp2()) as f32;
        value
    }

    /// The numbers of an array of bytes.
    pub(super) fn decode(&self, array: &Array) -> Result<Array> {
        let values: Vec<[u8; 4]> = (0..=u8::MAX).map(|byte| self.value(byte).to_le_bytes()).collect();
        let order = array.natural_order();
        let packed = array.to_contiguous(order)?;
        let bytes = packed.as_bytes(order).unwrap_or_default();
        let mut numbers = BufferMut::zeroed(bytes.len().saturating_mul(dtype().itemsize()))?;
        for (number, byte) in numbers.as_mut_slice().chunks_exact_mut(4).zip(bytes) {
            if let Some(value) = values.get(usize::from(*byte)) {
                number.copy_from_slice(value);
            }
        }
        Array::contiguous(dtype(), array.shape(), order, numbers.freeze())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn values(name: &str, bytes: &[u8]) -> Vec<f32> {
        bytes.iter().map(|byte| SmallFloat::named(name).unwrap().value(*byte)).collect()
    }

    /// What `np.array(bytes, 'u1').view(ml_dtypes.NAME).astype('f4')` gives.
    #[test]
    #[allow(clippy::float_cmp, reason = "they are exact")]
    fn values_are_those_of_ml_dtypes() {
        assert_eq!(
            values("float8_e4m3fn", &[0x38, 0x7E, 0x01, 0xB8, 0x80]),
            [1.0, 448.0, 0.001_953_125, -1.0, -0.0]
        );
        assert_eq!(values("float8_e4m3", &[0x38, 0x77, 0x78]), [1.0, 240.0, f32::INFINITY]);
        assert_eq!(values("float8_e4m3fnuz", &[0x40, 0x7F, 0x08]), [1.0, 240.0, 0.007_812_5]);
        assert_eq!(values("float8_e4m3b11fnuz", &[0x58, 0x7F]), [1.0, 30.0]);
        assert_eq!(values("float8_e3m4", &[0x30, 0x6F, 0x70]), [1.0, 15.5, f32::INFINITY]);
        assert_eq!(values("float8_e5m2", &[0x3C, 0x7B, 0xFC]), [1.0, 57_344.0, f32::NEG_INFINITY]);
        assert_eq!(values("float8_e5m2fnuz", &[0x40, 0x7F]), [1.0, 57_344.0]);
        assert_eq!(values("float8_e8m0fnu", &[127, 0, 254]), [1.0, 2.0f32.powi(-127), 2.0f32.powi(127)]);
        assert_eq!(values("float6_e2m3fn", &[0x08, 0x1F, 0x3F, 0x01]), [1.0, 7.5, -7.5, 0.125]);
        assert_eq!(values("float6_e3m2fn", &[0x0C, 0x1F, 0x20]), [1.0, 28.0, -0.0]);
        assert_eq!(values("float4_e2m1fn", &[0x2, 0x7, 0xF, 0x1]), [1.0, 6.0, -6.0, 0.5]);
        let nan = [
            ("float8_e4m3fn", 0xFF),
            ("float8_e5m2fnuz", 0x80),
            ("float8_e8m0fnu", 0xFF),
            ("float8_e4m3", 0x7F),
        ];
        assert!(nan.iter().all(|(name, byte)| values(name, &[*byte])[0].is_nan()));
    }

    #[test]
    fn arrays_keep_their_shape_and_order() {
        let array =
            Array::contiguous(DType::Void(1), &[2, 2], arr_core::Order::F, &[0x3C, 0, 0xBC, 0x40][..]);
        let array = array.unwrap().to_contiguous(arr_core::Order::F).unwrap();
        let decoded = SmallFloat::named("float8_e5m2").unwrap().decode(&array).unwrap();
        assert_eq!(decoded.to_vec::<f32>().unwrap(), [1.0, -1.0, 0.0, 2.0]);
    }
}
