//! Equality to the last bit.

use crate::ops::cast::Runs;
use crate::{Array, ByteOrder, DType, Result, Scalar, Storage, Swap};

impl<S: Storage> Array<S> {
    /// True when dtype and shape are the same and so is every bit of every value: NaN by their payload, zeros by
    /// their sign. Byte order, memory order, and the bytes between values (holes in records, the padding of long
    /// doubles, where variable-length strings lie) do not count. Arrays of references are equal to none.
    ///
    /// ```
    /// use arr_core::{Array, ByteOrder};
    /// let array = Array::from_vec(vec![1.0, -0.0, f64::NAN], &[3])?;
    /// assert!(array.bits_equal(&array.to_byte_order(ByteOrder::Big)?));
    /// assert!(!array.bits_equal(&Array::from_vec(vec![1.0, 0.0, f64::NAN], &[3])?));
    /// # Ok::<(), arr_core::Error>(())
    /// ```
    #[must_use]
    pub fn bits_equal<T: Storage>(&self, other: &Array<T>) -> bool {
        let little = |dtype: &DType| dtype.with_byte_order(ByteOrder::Little);
        let dtype = little(self.dtype());
        if let (Ok(left), Ok(right)) = (self.texts(), other.texts()) {
            let same = |(left, right): (Result<&str>, Result<&str>)| matches!((left, right), (Ok(a), Ok(b)) if a == b);
            return self.shape() == other.shape() && left.zip(right).all(same);
        }
        if dtype != little(other.dtype()) || self.shape() != other.shape() || dtype.has_references() {
            return false;
        }
        let itemsize = self.itemsize();
        let left = Runs::new(self.storage().bytes(), self.layout(), itemsize, itemsize);
        let right = Runs::new(other.storage().bytes(), other.layout(), itemsize, itemsize);
        let mut values = Vec::new();
        values_of(&dtype, 0, &mut values);
        let swaps = [self.dtype(), other.dtype()].map(|dtype| Swap::to_order(dtype, ByteOrder::Little));
        let [swap_left, swap_right] = &swaps;
        let same_order = self.dtype() == other.dtype();
        let (mut a, mut b) = (Vec::new(), Vec::new());
        (0..left.count()).all(|run| {
            let (Ok(left), Ok(right)) = (left.get(run, &mut a), right.get(run, &mut b)) else { return false };
            if same_order && left == right {
                return true;
            }
            let (mut left, mut right) = (left.to_vec(), right.to_vec());
            swap_left.apply(&mut left);
            swap_right.apply(&mut right);
            same_values(&left, &right, itemsize, &values)
        })
    }
}

/// Bytes from and to which a value lies in an item.
type Span = (usize, usize);

fn same_values(left: &[u8], right: &[u8], itemsize: usize, values: &[Span]) -> bool {
    if itemsize == 0 {
        return true;
    }
    let mut items = left.chunks_exact(itemsize).zip(right.chunks_exact(itemsize));
    items.all(|(a, b)| values.iter().all(|(from, to)| a.get(*from..*to) == b.get(*from..*to)))
}

/// Where values lie in a little-endian item; neighbours are joined.
fn values_of(dtype: &DType, offset: usize, spans: &mut Vec<Span>) {
    let mut push = |from: usize, to: usize| match spans.last_mut() {
        Some((_, end)) if *end == from => *end = to,
        _ => spans.push((from, to)),
    };
    match dtype {
        DType::Scalar(Scalar::LongDouble12 | Scalar::LongDouble16, _) => push(offset, offset + 10),
        DType::Scalar(kind, _) if kind.is_long_double() => {
            push(offset, offset + 10);
            push(offset + kind.swap_unit(), offset + kind.swap_unit() + 10);
        }
        DType::Record(record) => {
            record.fields().iter().for_each(|field| values_of(field.dtype(), offset + field.offset(), spans));
        }
        DType::SubArray(sub) => {
            let step = sub.base().itemsize();
            let items = sub.itemsize().checked_div(step).unwrap_or(0);
            (0..items).for_each(|item| values_of(sub.base(), offset + item * step, spans));
        }
        _ => push(offset, offset + dtype.itemsize()),
    }
}
