//! Item by item.

use crate::model::array::ArrayView;
use crate::model::layout::Dims;
use crate::{Array, Storage};

impl<S: Storage> Array<S> {
    /// The bytes of one item; `None` when the index is out of bounds.
    #[must_use]
    pub fn item(&self, index: &[usize]) -> Option<&[u8]> {
        let start = self.layout().position(index)?;
        self.storage().bytes().get(start..start.checked_add(self.itemsize())?)
    }

    /// The bytes of each item, in C order. It is what printers and converters of few items use; whole arrays are
    /// copied faster by [`to_contiguous`](Self::to_contiguous).
    #[must_use]
    pub fn items(&self) -> Items<'_> {
        self.view().into_items()
    }
}

impl<'a> ArrayView<'a> {
    /// The bytes of each item, in C order, for as long as the bytes are borrowed.
    #[must_use]
    pub fn into_items(self) -> Items<'a> {
        let start = if self.is_empty() { None } else { Some(self.layout().offset()) };
        let index = Dims::from_elem(0, self.ndim());
        Items { left: self.len(), array: self, index, start }
    }
}

/// The bytes of each item in C order: see [`Array::items`].
#[derive(Clone, Debug)]
pub struct Items<'a> {
    array: ArrayView<'a>,
    index: Dims,
    start: Option<usize>,
    left: usize,
}

impl Items<'_> {
    /// Steps to the next index, from the last axis to the first.
    fn advance(&mut self) -> Option<usize> {
        let mut start = self.start?;
        let layout = self.array.layout();
        for ((index, dim), stride) in self.index.iter_mut().zip(layout.shape()).zip(layout.strides()).rev() {
            *index += 1;
            if *index < *dim {
                return start.checked_add_signed(*stride);
            }
            let back = isize::try_from(*index - 1).ok()?.checked_mul(*stride)?;
            start = start.checked_add_signed(back.checked_neg()?)?;
            *index = 0;
        }
        None
    }
}

impl<'a> Iterator for Items<'a> {
    type Item = &'a [u8];

    fn next(&mut self) -> Option<&'a [u8]> {
        let start = self.start?;
        let bytes: &'a [u8] = self.array.storage();
        let item = bytes.get(start..start.checked_add(self.array.itemsize())?)?;
        self.start = self.advance();
        self.left = self.left.saturating_sub(1);
        Some(item)
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        (self.left, Some(self.left))
    }
}

impl ExactSizeIterator for Items<'_> {}

#[cfg(test)]
mod tests {
    use crate::{Array, s};

    #[test]
    fn items_come_in_c_order() {
        let array = Array::from_vec((0u8..24).collect(), &[2, 3, 4]).unwrap();
        let values = |array: &crate::ArrayView<'_>| array.items().map(|item| item[0]).collect::<Vec<_>>();
        assert_eq!(values(&array.view()), (0..24).collect::<Vec<_>>());
        assert_eq!(values(&array.transpose())[..4], [0, 12, 4, 16]);
        assert_eq!(
            values(&array.slice("::-1, 1, ::2".parse::<crate::Slice>().unwrap()).unwrap()),
            [16, 18, 4, 6]
        );
        assert!(values(&array.slice(s![0..0]).unwrap()).is_empty());
        let scalar = array.slice(s![1, 2, 3]).unwrap();
        assert_eq!(values(&scalar), [23]);
        assert_eq!(scalar.items().len(), 1);
        assert_eq!(array.item(&[1, 0, 2]), Some(&[14][..]));
        assert_eq!(array.item(&[2, 0, 0]), None);
    }
}
