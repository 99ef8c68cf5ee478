//! Numbers as they lie in items.

use arr_core::{ByteOrder, Error, Result, Scalar, long_double};

use crate::broken::lost;

/// A number of a fixed size at the front of some bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Number {
    pub(super) kind: Scalar,
    pub(super) order: ByteOrder,
}

/// A whole number of any size, in decimal digits where it is beyond 64 bits.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Whole {
    Small(bool, u64),
    Large(bool, String),
}

/// The first bytes, least significant first.
///
/// # Errors
/// `Mismatch` when there are fewer, as for all functions here that read items: a fault of this crate.
#[inline]
pub(super) fn bytes<const N: usize>(item: &[u8], order: ByteOrder) -> Result<[u8; N]> {
    let mut bytes: [u8; N] = *item.first_chunk().ok_or_else(cut_item)?;
    if order == ByteOrder::Big {
        bytes.reverse();
    }
    Ok(bytes)
}

/// An item is shorter than its dtype says.
#[cold]
pub(super) fn cut_item() -> Error {
    lost("an item is shorter than its dtype")
}

/// A truth value.
pub(super) fn read_bool(item: &[u8]) -> Result<bool> {
    item.first().map(|byte| *byte != 0).ok_or_else(cut_item)
}

#[inline]
pub(super) fn read_f64(item: &[u8], order: ByteOrder) -> Result<f64> {
    bytes(item, order).map(f64::from_le_bytes)
}

#[inline]
pub(super) fn read_f32(item: &[u8], order: ByteOrder) -> Result<f32> {
    bytes(item, order).map(f32::from_le_bytes)
}

/// A binary16, as a single.
pub(super) fn read_f16(item: &[u8], order: ByteOrder) -> Result<f32> {
    let bits = u16::from_le_bytes(bytes(item, order)?);
    let (exponent, fraction) = (bits >> 10 & 0x1f, bits & 0x3ff);
    let amount = match exponent {
        0 => f32::from(fraction) * 2f32.powi(-24),
        0x1f if fraction == 0 => f32::INFINITY,
        0x1f => f32::NAN,
        _ => f32::from(fraction | 0x400) * 2f32.powi(i32::from(exponent) - 25),
    };
    Ok(if bits >> 15 == 0 { amount } else { -amount })
}

#[inline]
pub(super) fn read_i64(item: &[u8], order: ByteOrder) -> Result<i64> {
    bytes(item, order).map(i64::from_le_bytes)
}

impl Number {
    pub(super) const fn new(kind: Scalar, order: ByteOrder) -> Self {
        Self { kind, order }
    }

    /// The parts of a complex number.
    pub(super) const fn part(self) -> Self {
        let kind = match self.kind {
            Scalar::Complex64 => Scalar::F32,
            Scalar::Complex128 => Scalar::F64,
            Scalar::ComplexLongDouble24 => Scalar::LongDouble12,
            Scalar::ComplexLongDouble32 => Scalar::LongDouble16,
            kind => kind,
        };
        Self { kind, order: self.order }
    }

    /// The number as a double; of a complex one its real part.
    pub(super) fn float(self, item: &[u8]) -> Result<f64> {
        let order = self.order;
        Ok(match self.part().kind {
            Scalar::F64 => read_f64(item, order)?,
            Scalar::F32 => read_f32(item, order)?.into(),
            Scalar::F16 => read_f16(item, order)?.into(),
            Scalar::BF16 => f32::from_bits(u32::from(u16::from_le_bytes(bytes(item, order)?)) << 16).into(),
            Scalar::LongDouble12 | Scalar::LongDouble16 => long_double::f64_from_x87(&self.x87(item)?),
            _ => {
                let (negative, amount) = self.whole(item)?;
                // A double is as near as it gets: so Python rounds.
                #[allow(clippy::cast_precision_loss, reason = "it is rounded to the nearest, as Python does")]
                let value = if negative { -(amount as f64) } else { amount as f64 };
                value
            }
        })
    }

    /// The sign and the amount, where it is a whole number by its kind.
    #[inline]
    pub(super) fn integer(self, item: &[u8]) -> Result<Option<(bool, u64)>> {
        let order = self.order;
        let signed = |value: i64| (value < 0, value.unsigned_abs());
        Ok(Some(match self.kind {
            Scalar::I64 => signed(read_i64(item, order)?),
            Scalar::I32 => signed(i32::from_le_bytes(bytes(item, order)?).into()),
            Scalar::I16 => signed(i16::from_le_bytes(bytes(item, order)?).into()),
            Scalar::I8 => signed(i8::from_le_bytes(bytes(item, order)?).into()),
            Scalar::U64 => (false, u64::from_le_bytes(bytes(item, order)?)),
            Scalar::U32 => (false, u32::from_le_bytes(bytes(item, order)?).into()),
            Scalar::U16 => (false, u16::from_le_bytes(bytes(item, order)?).into()),
            Scalar::U8 => (false, u8::from_le_bytes(bytes(item, order)?).into()),
            Scalar::Bool => (false, read_bool(item)?.into()),
            _ => return Ok(None),
        }))
    }

    /// The sign and the amount of what is a whole number by its kind.
    #[inline]
    pub(super) fn whole(self, item: &[u8]) -> Result<(bool, u64)> {
        self.integer(item)?.ok_or_else(|| lost("an item is not a whole number"))
    }

    /// The whole number that is left of a long double without its fraction; of a complex one that of its real part. None
    /// of what is not finite, and of other kinds.
    pub(super) fn long_whole(self, item: &[u8]) -> Result<Option<Whole>> {
        if self.part().kind.is_long_double() { Ok(whole_of_x87(&self.x87(item)?)) } else { Ok(None) }
    }

    /// The ten bytes of a long double, least significant first.
    fn x87(self, item: &[u8]) -> Result<[u8; 10]> {
        let item = item.get(..self.part().kind.itemsize()).ok_or_else(cut_item)?;
        if self.order == ByteOrder::Little {
            return bytes(item, self.order);
        }
        let mut bytes: [u8; 10] = *item.last_chunk().ok_or_else(cut_item)?;
        bytes.reverse();
        Ok(bytes)
    }
}

fn whole_of_x87(bytes: &[u8; 10]) -> Option<Whole> {
    if let Some(value) = long_double::truncate_x87(bytes) {
        let amount = value.unsigned_abs();
        return Some(match u64::try_from(amount) {
            Ok(amount) => Whole::Small(value < 0, amount),
            Err(_) => Whole::Large(value < 0, amount.to_string()),
        });
    }
    let significand = u64::from_le_bytes(bytes.first_chunk().copied()?);
    let top = u16::from_le_bytes(bytes.last_chunk().copied()?);
    let is_special = top & 0x7fff == 0x7fff || significand >> 63 == 0;
    // The number is its significand times two to this power.
    let power = (top & 0x7fff).checked_sub(16_383 + 63).filter(|_| !is_special)?;
    Some(Whole::Large(top >> 15 != 0, times_power_of_two(significand, power)))
}

/// The decimal digits of a number times two to a power.
fn times_power_of_two(number: u64, power: u16) -> String {
    const BASE: u64 = 1_000_000_000;
    // Groups of nine digits, the least significant first.
    let mut groups = vec![number % BASE, number / BASE % BASE, number / BASE / BASE];
    let mut left = power;
    while left > 0 {
        let shift = left.min(30);
        let mut carry = 0;
        for group in &mut groups {
            let product = (*group << shift) + carry;
            (*group, carry) = (product % BASE, product / BASE);
        }
        // 30 bits are more than nine digits.
        groups.extend([carry % BASE, carry / BASE]);
        left -= shift;
    }
    let digits: String = groups.iter().rev().map(|group| format!("{group:09}")).collect();
    digits.trim_start_matches('0').to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_read_in_either_order() {
        for order in [ByteOrder::Little, ByteOrder::Big] {
            let in_order = |mut bytes: Vec<u8>| {
                if order == ByteOrder::Big {
                    bytes.reverse();
                }
                bytes
            };
            let float = |kind, bytes| Number::new(kind, order).float(&in_order(bytes)).unwrap();
            assert_eq!(float(Scalar::F64, (-1.5f64).to_le_bytes().to_vec()), -1.5);
            assert_eq!(float(Scalar::F32, 0.1f32.to_le_bytes().to_vec()), f64::from(0.1f32));
            assert_eq!(float(Scalar::F16, vec![0x66, 0x2e]), 0.099_975_585_937_5);
            assert_eq!(float(Scalar::F16, vec![1, 0x80]), -(2f64.powi(-24)));
            assert_eq!(float(Scalar::BF16, vec![0x80, 0x3f]), 1.0);
            assert_eq!(float(Scalar::U64, vec![0xff; 8]), 18446744073709551615.0);
            assert_eq!(float(Scalar::I16, vec![0xfe, 0xff]), -2.0);
            let mut long = long_double::x87_from_f64(2.75).to_vec();
            long.resize(16, 0);
            assert_eq!(float(Scalar::LongDouble16, long), 2.75);
        }
    }

    #[test]
    fn items_that_are_cut_are_errors() {
        use Scalar::{Bool, F16, F32, F64, I8, I16, I32, I64, LongDouble12, LongDouble16, U8, U16, U32, U64};
        let all = [Bool, I8, I16, I32, I64, U8, U16, U32, U64, F16, F32, F64, LongDouble12, LongDouble16];
        for (kind, order) in
            all.into_iter().flat_map(|kind| [(kind, ByteOrder::Little), (kind, ByteOrder::Big)])
        {
            let number = Number::new(kind, order);
            let item = vec![0; kind.itemsize()];
            assert_eq!(number.float(&item).unwrap(), 0.0, "{kind:?}");
            let cut = item.split_last().unwrap().1;
            assert!(number.float(cut).is_err() && number.whole(cut).is_err(), "{kind:?}");
        }
    }

    #[test]
    fn fractions_are_dropped() {
        let number = Number::new(Scalar::LongDouble16, ByteOrder::Little);
        for (power, digits) in [(70, 2f64.powi(70)), (200, 2f64.powi(200)), (1000, 2f64.powi(1000))] {
            let bytes = long_double::x87_from_f64(digits);
            let mut item = bytes.to_vec();
            item.resize(16, 0);
            let expected = Whole::Large(false, format!("{digits:.0}"));
            assert_eq!(number.long_whole(&item).unwrap(), Some(expected), "{power}");
        }
    }
}
