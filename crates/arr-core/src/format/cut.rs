//! Arrays whose data ends early.

use super::codec::Head;
use crate::{Contiguity, Input, Layout};

impl<H: Clone> Head<H> {
    /// The head of what is there of an array of which no more than `left` bytes of data are: its rows that are whole or,
    /// where items lie in Fortran order, what is whole along the last axis. Nothing where no data is missing, and where
    /// the data has to be decoded.
    ///
    /// ```
    /// use arr_core::format::Head;
    /// use arr_core::{Input, Order};
    /// let mut input = Input::from_bytes(&[0; 20]);
    /// let head = Head::contiguous("<f4".parse()?, &[10, 2], Order::C, &mut input, ())?;
    /// let there = head.cut_to(20).ok_or("it is whole")?;
    /// assert_eq!((&there.description.shape[..], there.description.cut), (&[2, 2][..], Some(2)));
    /// assert!(head.cut_to(80).is_none());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn cut_to(&self, left: u64) -> Option<Self> {
        let what = &self.description;
        let len = what.data_len.filter(|len| *len > left && *len == what.nbytes())?;
        let itemsize = what.dtype.itemsize();
        let order = self.order();
        let lies = Layout::contiguous(&what.shape, itemsize, order).ok()?;
        let is_plain = self.coded.is_none() && !what.dtype.has_references() && lies == self.layout;
        if !is_plain || what.order == Contiguity::Strided {
            return None;
        }
        let mut shape = what.shape.clone();
        let dim = what.cut_axis().and_then(|axis| shape.get_mut(axis))?;
        let row = len.checked_div(*dim as u64)?;
        let there = left.checked_div(row)?;
        *dim = usize::try_from(there).ok()?;
        let mut head = self.clone();
        head.layout = Layout::contiguous(&shape, itemsize, order).ok()?;
        head.description.cut = Some(*shape.get(what.cut_axis()?)?);
        head.description.data_len = Some(there.saturating_mul(row));
        head.description.shape = shape;
        Some(head)
    }

    /// The same of the data at which an input stands; nothing for a stream, which does not tell.
    pub(super) fn there(&self, input: &Input<'_>) -> Option<Self> {
        input
            .remaining()
            .filter(|_| input.position() == self.description.data_offset)
            .and_then(|left| self.cut_to(left))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{DType, Order};

    #[test]
    fn whole_rows_are_there() {
        let head = |shape: &[usize], order| {
            let dtype: DType = "<f4".parse().unwrap();
            Head::contiguous(dtype, shape, order, &mut Input::from_bytes(&[]), ()).unwrap()
        };
        for (shape, order, left, there) in [
            (&[3, 4][..], Order::C, 47, Some(vec![2, 4])),
            (&[3, 4], Order::C, 48, None),
            (&[3, 4], Order::C, 0, Some(vec![0, 4])),
            (&[3, 4], Order::F, 47, Some(vec![3, 3])),
            (&[2, 3, 4], Order::F, 30, Some(vec![2, 3, 1])),
            (&[5], Order::F, 9, Some(vec![2])),
            (&[], Order::C, 3, None),
            (&[0, 4], Order::C, 0, None),
        ] {
            let found = head(shape, order).cut_to(left);
            assert_eq!(found.as_ref().map(|head| head.description.shape.clone()), there, "{shape:?} {left}");
            if let Some(found) = found {
                assert_eq!(found.description.data_len, Some(found.description.nbytes()));
                assert_eq!(found.layout.shape(), found.description.shape);
            }
        }
        let mut coded = head(&[3, 4], Order::C);
        coded.coded = Some("it is packed".into());
        assert!(coded.cut_to(20).is_none());
    }
}
