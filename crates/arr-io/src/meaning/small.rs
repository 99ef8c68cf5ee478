//! Floats of eight bits and fewer, one in a byte: those of ml_dtypes.

use arr_core::format::unravel;
use arr_core::{Array, BufferMut, ByteOrder, DType, Error, Result, Scalar};

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
pub(crate) struct SmallFloat {
    pub(crate) name: &'static str,
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
    #[allow(clippy::cast_possible_truncation, reason = "an f32 holds all of them")]
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
            _ => self.finite(exponent, fraction) as f32,
        };
        if is_negative { -magnitude } else { magnitude }
    }

    /// The one without a sign has no fraction either, and no zero.
    fn is_unsigned(&self) -> bool {
        self.fraction == 0
    }

    fn finite(&self, exponent: u32, fraction: u32) -> f64 {
        let implied = if exponent == 0 && !self.is_unsigned() { 0 } else { 1 << self.fraction };
        let exponent = if self.is_unsigned() { exponent } else { exponent.max(1) };
        let power = f64::from(exponent) - f64::from(self.bias) - f64::from(self.fraction);
        f64::from(implied | fraction) * power.exp2()
    }

    /// The finite numbers without the sign, in the order of the bytes that stand for them, which count from 0 on; and the
    /// one that would follow them.
    fn magnitudes(&self) -> (Vec<f64>, f64) {
        let finite = |code: u32| self.finite(code >> self.fraction, code & ((1 << self.fraction) - 1));
        let codes = 1u32 << (self.exponent + self.fraction);
        let count = match self.special {
            Special::Ieee => codes - (1 << self.fraction),
            Special::AllOnes => codes - 1,
            Special::MinusZero | Special::Nothing => codes,
        };
        ((0..count).map(finite).collect(), finite(count))
    }

    /// The bit of the sign.
    fn sign(&self) -> u32 {
        if self.is_unsigned() { 0 } else { 1 << (self.exponent + self.fraction) }
    }

    /// The bits of what is not a number, without a sign, if there are any.
    fn nan(&self) -> Option<u32> {
        let top = (1 << self.exponent) - 1;
        match self.special {
            Special::Ieee => Some(top << self.fraction | 1 << (self.fraction - 1)),
            Special::AllOnes => Some((1 << (self.exponent + self.fraction)) - 1),
            Special::MinusZero => Some(self.sign()),
            Special::Nothing => None,
        }
    }

    /// The byte of the nearest number, and of two that are as near the one whose last bit is 0, with that number but for its
    /// sign. (ml_dtypes makes an f32 of an f64 first, and so takes another one for an f64 that is almost in the middle.) Nothing where a number is too large, or of a kind that there is not.
    fn code(&self, (magnitudes, next): &(Vec<f64>, f64), number: f64) -> Option<(u8, f64)> {
        let magnitude = number.abs();
        let sign = if number.is_sign_negative() { self.sign() } else { 0 };
        let (code, value) = if number.is_nan() {
            (self.nan()?, f64::NAN)
        } else if number.is_infinite() {
            let is_there = self.special == Special::Ieee;
            (is_there.then_some(((1 << self.exponent) - 1) << self.fraction)?, f64::INFINITY)
        } else if self.is_unsigned() && number <= 0.0 {
            return None;
        } else {
            let above = magnitudes.partition_point(|known| *known < magnitude);
            let upper = magnitudes.get(above).copied().unwrap_or(*next);
            let (below, lower) = match above.checked_sub(1) {
                Some(below) => (below, *magnitudes.get(below)?),
                None => (above, upper),
            };
            let middle = lower.midpoint(upper);
            // Powers of two have no last bit that could be 0: ml_dtypes takes the larger one.
            let is_tie_above = self.is_unsigned() || below % 2 == 1;
            let is_above = magnitude > middle || magnitude == middle && is_tie_above;
            let place = if is_above { above } else { below };
            let value = *magnitudes.get(place)?;
            (u32::try_from(place).ok()?, value)
        };
        // In the place of the other zero there is something else.
        let has_no_zero = self.special == Special::MinusZero && code == 0;
        let code = if has_no_zero { code } else { code | sign };
        Some((u8::try_from(code).ok()?, value))
    }

    /// The dtype of the bytes that stand for the numbers.
    pub(crate) fn items() -> DType {
        DType::Void(1)
    }

    /// Says that a dtype is not one of numbers.
    pub(crate) fn check_cast(&self, from: &DType) -> Result<()> {
        match from {
            DType::Scalar(..) => Ok(()),
            _ => {
                Err(Error::unsupported(format!("{from} can't be cast to {}, which takes numbers", self.name)))
            }
        }
    }

    /// The bytes that stand for the numbers of an array, or for those nearest to them, in its order. `place` says where an item
    /// is, for errors.
    ///
    /// # Errors
    /// `Mismatch` for a number that does not fit, or changes when `is_exact`; `Unsupported` for items that are not numbers.
    pub(crate) fn encode(
        &self,
        array: &Array,
        is_exact: bool,
        place: impl Fn(&[usize]) -> Vec<usize>,
    ) -> Result<Array> {
        self.check_cast(array.dtype())?;
        let wide = DType::of::<f64>();
        // To round twice may not give the nearest number.
        let is_wider = array.dtype().as_scalar().is_some_and(|(kind, _)| {
            matches!(kind, Scalar::I64 | Scalar::U64) || kind.itemsize() > wide.itemsize()
        });
        let numbers = match is_wider {
            true => array.cast_exact_in(&wide, &place)?,
            false => array.cast_checked_in(&wide, &place)?,
        };
        let order = numbers.natural_order();
        let numbers = numbers.to_contiguous(order)?;
        let bytes = numbers.as_bytes(order).ok_or_else(lost)?;
        let mut codes = BufferMut::zeroed(bytes.len() / wide.itemsize())?;
        let magnitudes = self.magnitudes();
        let fit = |item: &[u8]| self.fit(&magnitudes, item, is_exact);
        for (code, item) in codes.as_mut_slice().iter_mut().zip(bytes.chunks_exact(wide.itemsize())) {
            *code = match fit(item)? {
                Ok(code) => code,
                Err(_) => {
                    // The first one in C order is named, whatever the order in memory.
                    let misfit = |(at, item)| Some((at, fit(item).ok()?.err()?));
                    let (at, first) = numbers.items().enumerate().find_map(misfit).ok_or_else(lost)?;
                    let index = place(&unravel(numbers.shape(), at));
                    return Err(Error::mismatch(format!("index {index:?}: {first} {}", self.name)));
                }
            };
        }
        Array::contiguous(Self::items(), array.shape(), order, codes.freeze())
    }

    /// The byte that stands for a number, or says what of it does not fit.
    fn fit(
        &self,
        magnitudes: &(Vec<f64>, f64),
        item: &[u8],
        is_exact: bool,
    ) -> Result<std::result::Result<u8, String>> {
        let number = f64::from_ne_bytes(item.first_chunk().copied().ok_or_else(lost)?);
        Ok(match self.code(magnitudes, number) {
            None => Err(format!("{number:?} does not fit")),
            Some((_, value)) if is_exact && value != number.abs() && !number.is_nan() => {
                Err(format!("{number:?} changes as"))
            }
            Some((code, _)) => Ok(code),
        })
    }

    /// The numbers of an array of bytes.
    pub(super) fn decode(&self, array: &Array) -> Result<Array> {
        let values: Vec<[u8; 4]> = (0..=u8::MAX).map(|byte| self.value(byte).to_le_bytes()).collect();
        let order = array.natural_order();
        let packed = array.to_contiguous(order)?;
        let bytes = packed.as_bytes(order).ok_or_else(lost)?;
        let mut numbers = BufferMut::zeroed(bytes.len().saturating_mul(dtype().itemsize()))?;
        for (number, byte) in numbers.as_mut_slice().chunks_exact_mut(4).zip(bytes) {
            number.copy_from_slice(values.get(usize::from(*byte)).ok_or_else(lost)?);
        }
        Array::contiguous(dtype(), array.shape(), order, numbers.freeze())
    }
}

/// Items of a contiguous array are not there.
#[cold]
fn lost() -> Error {
    Error::mismatch("an invariant of the library is broken: the items of an array are lost")
}

#[cfg(test)]
mod tests {
    use arr_core::Order;

    use super::*;

    /// The bytes of numbers, nothing for those that do not fit.
    fn codes(name: &str, numbers: &[f64]) -> Vec<Option<u8>> {
        let small = SmallFloat::named(name).unwrap();
        let magnitudes = small.magnitudes();
        numbers.iter().map(|number| small.code(&magnitudes, *number).map(|(code, _)| code)).collect()
    }

    #[test]
    fn every_number_has_the_byte_that_stands_for_it() {
        for small in SmallFloat::ALL {
            let magnitudes = small.magnitudes();
            let codes = if small.is_unsigned() { 256 } else { small.sign() * 2 };
            for byte in (0..codes).map(|byte| u8::try_from(byte).unwrap()) {
                let value = small.value(byte);
                let found =
                    small.code(&magnitudes, value.into()).unwrap_or_else(|| panic!("{} {byte}", small.name));
                match value.is_nan() {
                    true => assert!(small.value(found.0).is_nan(), "{} {byte}", small.name),
                    false => assert_eq!(found.0, byte, "{} {value}", small.name),
                }
            }
        }
    }

    /// What `np.array(numbers).astype(ml_dtypes.NAME).view('u1')` gives; that makes NaN or the largest number of what is too
    /// large.
    #[test]
    fn numbers_are_rounded_as_by_ml_dtypes() {
        let some = |bytes: &[u8]| bytes.iter().map(|byte| Some(*byte)).collect::<Vec<_>>();
        assert_eq!(
            codes("float8_e4m3fn", &[1.0625, 1.1875, 464.0, f64::NAN, -0.0]),
            some(&[0x38, 0x3A, 0x7E, 0x7F, 0x80])
        );
        assert_eq!(codes("float8_e4m3fn", &[464.1, f64::INFINITY]), [None, None]);
        assert_eq!(codes("float8_e5m2", &[61_439.0, f64::NEG_INFINITY, 1e-9]), some(&[0x7B, 0xFC, 0]));
        assert_eq!(codes("float8_e5m2", &[61_440.0]), [None]);
        assert_eq!(codes("float8_e5m2fnuz", &[-1e-9, f64::NAN]), some(&[0, 0x80]));
        assert_eq!(codes("float8_e8m0fnu", &[1.5, 3.0, 2.9, f64::NAN]), some(&[128, 129, 128, 255]));
        assert_eq!(codes("float8_e8m0fnu", &[0.0, -1.0]), [None, None]);
        assert_eq!(codes("float4_e2m1fn", &[0.25, 0.75, 5.0, -6.9]), some(&[0, 2, 6, 15]));
        assert_eq!(codes("float4_e2m1fn", &[7.0, f64::NAN]), [None, None]);
    }

    #[test]
    fn what_does_not_fit_is_named_with_its_place() {
        let small = SmallFloat::named("float8_e4m3fn").unwrap();
        let array = Array::from_vec(vec![1.0, 2.0, 3.0, 1e9, 5.0, 6.0], &[2, 3]).unwrap();
        let place = |index: &[usize]| index.to_vec();
        let error = small.encode(&array, false, place).unwrap_err();
        assert_eq!(error.to_string(), "index [1, 0]: 1000000000.0 does not fit float8_e4m3fn");
        let turned = array.to_contiguous(Order::F).unwrap();
        assert_eq!(small.encode(&turned, false, place).unwrap_err().to_string(), error.to_string());
        let some = Array::from_vec(vec![1.0f32, 1.1], &[2]).unwrap();
        assert!(small.encode(&some, true, place).unwrap_err().to_string().starts_with("index [1]: 1.1"));
        assert_eq!(small.encode(&some, false, place).unwrap().as_bytes(Order::C).unwrap(), [0x38, 0x39]);
        let texts = Array::from_strings(&["a"]).unwrap();
        assert!(small.encode(&texts, false, place).is_err());
    }

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
        let array = Array::contiguous(DType::Void(1), &[2, 2], Order::F, &[0x3C, 0, 0xBC, 0x40][..]);
        let array = array.unwrap().to_contiguous(Order::F).unwrap();
        let decoded = SmallFloat::named("float8_e5m2").unwrap().decode(&array).unwrap();
        assert_eq!(decoded.to_vec::<f32>().unwrap(), [1.0, -1.0, 0.0, 2.0]);
    }
}
