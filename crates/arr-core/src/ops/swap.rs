//! Byte order.

use crate::{ByteOrder, DType};

/// Which bytes of each item have to be reversed to bring it from one byte order into another.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Swap {
    /// None.
    Nothing,
    /// Every unit of that many bytes.
    Units(usize),
    /// In items of `itemsize` bytes, the units of the listed parts.
    Parts {
        /// Bytes of one item.
        itemsize: usize,
        /// Where units lie in an item.
        parts: Vec<SwapPart>,
    },
}

/// `count` units of `unit` bytes each, from byte `offset` of an item on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SwapPart {
    /// Bytes from the start of the item.
    pub offset: usize,
    /// Bytes that are reversed together.
    pub unit: usize,
    /// The number of units, one after another.
    pub count: usize,
}

impl Swap {
    /// What brings items of `dtype` into `order`.
    #[must_use]
    pub fn to_order(dtype: &DType, order: ByteOrder) -> Self {
        if dtype.is_in_order(order) {
            return Self::Nothing;
        }
        if let (Some(_), Some(unit)) = (dtype.byte_order(), unit_of(dtype)) {
            return Self::Units(unit);
        }
        let mut parts = Vec::new();
        collect(dtype, order, 0, &mut parts);
        Self::Parts { itemsize: dtype.itemsize(), parts }
    }

    /// Reverses the units of whole items, in place. Bytes after the last whole item stay as they are.
    pub fn apply(&self, bytes: &mut [u8]) {
        match self {
            Self::Nothing => {}
            Self::Units(unit) => swap_units(bytes, *unit),
            Self::Parts { itemsize: 0, .. } => {}
            Self::Parts { itemsize, parts } => {
                for item in bytes.chunks_exact_mut(*itemsize) {
                    for part in parts {
                        let end = part.offset + part.unit * part.count;
                        if let Some(units) = item.get_mut(part.offset..end) {
                            swap_units(units, part.unit);
                        }
                    }
                }
            }
        }
    }
}

/// The bytes that are reversed together, where that is the same all over the item.
fn unit_of(dtype: &DType) -> Option<usize> {
    match dtype {
        DType::Scalar(kind, _) => Some(kind.swap_unit()),
        DType::Unicode(..) => Some(4),
        DType::DateTime(..) | DType::TimeDelta(..) => Some(8),
        DType::SubArray(sub) => unit_of(sub.base()),
        _ => None,
    }
}

fn collect(dtype: &DType, order: ByteOrder, offset: usize, parts: &mut Vec<SwapPart>) {
    if dtype.is_in_order(order) {
        return;
    }
    match dtype {
        DType::Record(record) => {
            record
                .fields()
                .iter()
                .for_each(|field| collect(field.dtype(), order, offset + field.offset(), parts));
        }
        DType::SubArray(sub) if unit_of(sub.base()).is_none() => {
            let step = sub.base().itemsize();
            let items = sub.itemsize().checked_div(step).unwrap_or(0);
            (0..items).for_each(|item| collect(sub.base(), order, offset + item * step, parts));
        }
        _ => {
            if let Some(unit) = unit_of(dtype) {
                parts.push(SwapPart { offset, unit, count: dtype.itemsize() / unit });
            }
        }
    }
}

/// Reverses every `unit` bytes. Neighbours change places in whole words: compilers make vectors of that, and of reversing
/// some bytes at a time they make slower ones.
fn swap_units(bytes: &mut [u8], unit: usize) {
    match unit {
        0 | 1 => {}
        2 => exchange_in_words::<2>(bytes, |word| exchange(word, 8, EVERY_OTHER_BYTE)),
        4 => exchange_in_words::<4>(bytes, |word| {
            exchange(exchange(word, 8, EVERY_OTHER_BYTE), 16, EVERY_OTHER_PAIR)
        }),
        8 => reverse_arrays::<8>(bytes),
        16 => reverse_arrays::<16>(bytes),
        _ => bytes.chunks_exact_mut(unit).for_each(<[u8]>::reverse),
    }
}

const EVERY_OTHER_BYTE: u64 = 0x00FF_00FF_00FF_00FF;
const EVERY_OTHER_PAIR: u64 = 0x0000_FFFF_0000_FFFF;

/// Exchanges the bits of `mask` with those `count` places above them.
fn exchange(word: u64, count: u32, mask: u64) -> u64 {
    (word >> count) & mask | (word & mask) << count
}

/// Applies `change`, which reverses every `N` bytes of a word, to all of the bytes.
fn exchange_in_words<const N: usize>(bytes: &mut [u8], change: impl Fn(u64) -> u64) {
    let mut words = bytes.chunks_exact_mut(8);
    for word in &mut words {
        if let Ok(word) = <&mut [u8; 8]>::try_from(word) {
            *word = change(u64::from_ne_bytes(*word)).to_ne_bytes();
        }
    }
    reverse_arrays::<N>(words.into_remainder());
}

fn reverse_arrays<const N: usize>(bytes: &mut [u8]) {
    for chunk in bytes.chunks_exact_mut(N) {
        if let Ok(array) = <&mut [u8; N]>::try_from(chunk) {
            array.reverse();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{RecordType, Scalar, SubArray};

    #[test]
    fn units_are_reversed_whatever_their_number() {
        for (kind, unit) in [(Scalar::U16, 2), (Scalar::F32, 4), (Scalar::U64, 8), (Scalar::LongDouble16, 16)]
        {
            let swap = Swap::to_order(&DType::scalar(kind, ByteOrder::Big), ByteOrder::Little);
            for items in [0, 1, 2, 3, 4, 5, 7, 8, 9, 15, 16, 17, 33, 100] {
                for extra in 0..unit.min(2) {
                    let bytes: Vec<u8> = (0..255).cycle().take(items * unit + extra).collect();
                    let whole = items * unit;
                    let mut expected = bytes.clone();
                    expected[..whole].chunks_exact_mut(unit).for_each(<[u8]>::reverse);
                    let mut swapped = bytes;
                    swap.apply(&mut swapped);
                    assert_eq!(swapped, expected, "{items} items of {unit} bytes, and {extra}");
                }
            }
        }
    }

    #[test]
    fn complex_numbers_swap_by_part() {
        let swap = Swap::to_order(&DType::scalar(Scalar::Complex64, ByteOrder::Big), ByteOrder::Little);
        let mut bytes = [1, 2, 3, 4, 5, 6, 7, 8];
        swap.apply(&mut bytes);
        assert_eq!(bytes, [4, 3, 2, 1, 8, 7, 6, 5]);
    }

    #[test]
    fn records_swap_field_by_field() {
        let pair = DType::from(SubArray::new(DType::scalar(Scalar::U16, ByteOrder::Big), &[2]).unwrap());
        let inner = RecordType::builder().field("a", DType::Void(1)).field("b", pair).build().unwrap();
        let nested = SubArray::new(inner.into(), &[2]).unwrap();
        let record = RecordType::builder()
            .field("n", nested.into())
            .field("l", DType::scalar(Scalar::U16, ByteOrder::Little))
            .build()
            .unwrap();
        let mut bytes: Vec<u8> = (0..12).collect();
        Swap::to_order(&record.into(), ByteOrder::Little).apply(&mut bytes);
        assert_eq!(bytes, [0, 2, 1, 4, 3, 5, 7, 6, 9, 8, 10, 11]);
    }

    #[test]
    fn nothing_to_do_is_nothing() {
        let bytes = DType::scalar(Scalar::U8, ByteOrder::Big);
        assert_eq!(Swap::to_order(&bytes, ByteOrder::Little), Swap::Nothing);
        assert_eq!(Swap::to_order(&DType::Bytes(4), ByteOrder::Big), Swap::Nothing);
    }
}
