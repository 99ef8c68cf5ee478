//! Reshaping without a copy.

use super::{Dims, Layout, Strides, check_items, product};
use crate::{Error, MAX_RANK, Order, Result};

impl Layout {
    /// The same items, read in `order`, with another shape; `Ok(None)` where NumPy would have to copy
    /// (`_attempt_nocopy_reshape` in its `shape.c`).
    ///
    /// # Errors
    /// `InvalidArgument` when the numbers of items differ.
    pub fn reshaped(&self, shape: &[usize], order: Order) -> Result<Option<Self>> {
        if product(shape) != Some(self.len()) || shape.len() > MAX_RANK {
            return Err(Error::invalid(format!(
                "an array of shape {:?} can't be reshaped to {shape:?}",
                self.shape()
            )));
        }
        check_items(shape)?;
        if order == Order::F {
            let mut reversed = Dims::from_slice(shape);
            reversed.reverse();
            let layout = self.transposed().reshaped(&reversed, Order::C)?;
            return Ok(layout.map(|layout| layout.transposed()));
        }
        let strides = if self.is_empty() { Some(empty_strides(shape)) } else { self.split_strides(shape) };
        Ok(strides.map(|strides| Self { shape: Dims::from_slice(shape), strides, offset: self.offset }))
    }

    /// Joins old axes and splits them into new ones, group by group of equal products, from the left. A group can
    /// be kept in place when its old axes can be walked with one stride.
    fn split_strides(&self, shape: &[usize]) -> Option<Strides> {
        let old: Vec<(usize, isize)> = self
            .shape
            .iter()
            .copied()
            .zip(self.strides.iter().copied())
            .filter(|(dim, _)| *dim != 1)
            .collect();
        let mut strides: Strides = Strides::from_elem(0, shape.len());
        let (mut old, mut from) = (old.as_slice(), 0);
        while let Some((first, _)) = old.split_first() {
            let (mut items, mut taken, mut to, mut wanted) = (first.0, 1, from, 1usize);
            while to < shape.len() && (wanted < items || wanted == 1) {
                wanted = wanted.checked_mul(*shape.get(to)?)?;
                to += 1;
                while items < wanted {
                    items = items.checked_mul(old.get(taken)?.0)?;
                    taken += 1;
                }
            }
            let (group, rest) = old.split_at_checked(taken)?;
            let mut stride = walkable(group)?;
            for axis in (from..to).rev() {
                *strides.get_mut(axis)? = stride;
                stride = stride.checked_mul(isize::try_from(*shape.get(axis)?).ok()?)?;
            }
            (old, from) = (rest, to);
        }
        Some(strides)
    }
}

/// The stride of the last axis, if the axes together can be walked with it.
fn walkable(group: &[(usize, isize)]) -> Option<isize> {
    for pair in group.windows(2) {
        if let [(_, outer), (dim, inner)] = pair {
            if isize::try_from(*dim).ok()?.checked_mul(*inner)? != *outer {
                return None;
            }
        }
    }
    group.last().map(|(_, stride)| *stride)
}

/// Any strides do for an array without items.
fn empty_strides(shape: &[usize]) -> Strides {
    Strides::from_elem(0, shape.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn strides(layout: &Layout, shape: &[usize]) -> Option<Vec<isize>> {
        layout.reshaped(shape, Order::C).unwrap().map(|layout| layout.strides().to_vec())
    }

    #[test]
    fn contiguous_arrays_take_any_shape() {
        let layout = Layout::contiguous(&[4, 6], 2, Order::C).unwrap();
        assert_eq!(strides(&layout, &[24]), Some(vec![2]));
        assert_eq!(strides(&layout, &[2, 2, 1, 3, 2]), Some(vec![24, 12, 12, 4, 2]));
        assert_eq!(strides(&layout, &[3, 8]), Some(vec![16, 2]));
        assert!(layout.reshaped(&[5, 5], Order::C).is_err());
    }

    #[test]
    fn scalars_and_single_items() {
        let scalar = Layout::contiguous(&[], 8, Order::C).unwrap();
        assert_eq!(strides(&scalar, &[1, 1]).map(|strides| strides.len()), Some(2));
        let one = Layout::contiguous(&[1, 1], 8, Order::C).unwrap();
        assert_eq!(strides(&one, &[]), Some(vec![]));
        let none = Layout::contiguous(&[0, 3], 8, Order::C).unwrap();
        assert!(strides(&none, &[5, 0]).is_some());
    }

    #[test]
    fn transposed_arrays_only_where_numpy_would_not_copy() {
        let layout = Layout::contiguous(&[4, 6], 2, Order::F).unwrap();
        assert_eq!(strides(&layout, &[24]), None);
        assert_eq!(strides(&layout, &[2, 2, 6]), Some(vec![4, 2, 8]));
        let flat = layout.reshaped(&[24], Order::F).unwrap().unwrap();
        assert_eq!(flat.strides(), [2]);
    }

    #[test]
    fn negative_strides_join_when_they_follow() {
        let layout = Layout::new(&[2, 3], &[-6, -2], 10).unwrap();
        assert_eq!(strides(&layout, &[6]), Some(vec![-2]));
        assert_eq!(strides(&layout, &[3, 2]), Some(vec![-4, -2]));
    }
}
