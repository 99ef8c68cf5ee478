//! Arrays cut into pieces that follow one another in C order.

use super::{Dims, Layout};

/// A partition of a shape into boxes of few items, each of which is one run of items in C order.
///
/// Each box spans all of the inner axes, a part of one axis, and one index of each outer axis.
#[derive(Clone, Debug)]
pub(crate) struct Slabs {
    shape: Dims,
    /// The axis that is cut.
    axis: usize,
    /// How much of it one box takes.
    step: usize,
    /// Items of one index of that axis.
    inner: usize,
    /// Boxes along that axis.
    along: usize,
    count: usize,
}

/// One box: where it begins in each of the axes up to the cut one, and how far it reaches along that.
#[derive(Clone, Debug)]
pub(crate) struct Slab {
    start: Dims,
    len: usize,
    /// Its first item, counted in C order.
    pub(crate) first: usize,
    /// Its items.
    pub(crate) items: usize,
}

impl Slabs {
    /// Boxes of at most `max_items` items.
    pub(crate) fn new(shape: &[usize], max_items: usize) -> Self {
        let dim = |axis: usize| shape.get(axis).copied().unwrap_or(1);
        let (mut axis, mut inner) = (shape.len().saturating_sub(1), 1usize);
        while axis > 0 && inner.saturating_mul(dim(axis)) <= max_items {
            inner *= dim(axis);
            axis -= 1;
        }
        let step = (max_items / inner.max(1)).clamp(1, dim(axis).max(1));
        let along = dim(axis).div_ceil(step);
        let outer: usize = shape.iter().take(axis).product();
        let count = if shape.contains(&0) { 0 } else { outer * along };
        Self { shape: Dims::from_slice(shape), axis, step, inner, along, count }
    }

    /// The number of boxes.
    pub(crate) fn count(&self) -> usize {
        self.count
    }

    /// The first item of a box, counted in C order; the number of all items for the box after the last.
    pub(crate) fn first(&self, slab: usize) -> usize {
        let dim = self.shape.get(self.axis).copied().unwrap_or(1);
        let (outer, along) = (slab / self.along.max(1), slab % self.along.max(1));
        (outer * dim + along * self.step) * self.inner
    }

    /// One of the boxes.
    pub(crate) fn get(&self, slab: usize) -> Slab {
        let dim = self.shape.get(self.axis).copied().unwrap_or(1);
        let (mut outer, along) = (slab / self.along.max(1), slab % self.along.max(1));
        let len = self.step.min(dim - along * self.step);
        let mut start = Dims::from_elem(0, (self.axis + 1).min(self.shape.len()));
        for (axis, (slot, dim)) in start.iter_mut().zip(&self.shape).enumerate().rev() {
            if axis == self.axis {
                *slot = along * self.step;
            } else {
                (*slot, outer) = (outer % dim, outer / dim);
            }
        }
        Slab { start, len, first: self.first(slab), items: len * self.inner }
    }
}

impl Slab {
    /// The box as a layout of its own, given that of the whole. `None` when it reaches outside the address space.
    pub(crate) fn of(&self, whole: &Layout) -> Option<Layout> {
        let mut layout = whole.clone();
        for (axis, start) in self.start.iter().enumerate() {
            let stride = *layout.strides.get(axis)?;
            layout.offset =
                layout.offset.checked_add_signed(isize::try_from(*start).ok()?.checked_mul(stride)?)?;
            *layout.shape.get_mut(axis)? = if axis + 1 == self.start.len() { self.len } else { 1 };
        }
        Some(layout)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::Order;

    #[test]
    fn boxes_are_as_large_as_they_may_be() {
        let items = |shape: &[usize], max| {
            let slabs = Slabs::new(shape, max);
            (0..slabs.count()).map(|slab| slabs.get(slab).items).collect::<Vec<_>>()
        };
        assert_eq!(items(&[10, 2], 8), [8, 8, 4]);
        assert_eq!(items(&[2, 10], 4), [4, 4, 2, 4, 4, 2]);
        assert_eq!(items(&[2, 3, 4], 24), [24]);
        assert_eq!(items(&[3, 2, 4], 9), [8, 8, 8]);
        assert_eq!(items(&[5], 2), [2, 2, 1]);
        assert_eq!(items(&[], 100), [1]);
        assert!(items(&[3, 0], 100).is_empty());
    }

    proptest! {
        #[test]
        fn boxes_follow_one_another(shape in prop::collection::vec(1usize..6, 0..5), max in 1usize..40) {
            let whole = Layout::contiguous(&shape, 1, Order::C).unwrap();
            let slabs = Slabs::new(&shape, max);
            let mut next = 0;
            for index in 0..slabs.count() {
                let slab = slabs.get(index);
                let layout = slab.of(&whole).unwrap();
                prop_assert!(slab.items <= max);
                prop_assert_eq!((slab.first, layout.offset(), slabs.first(index)), (next, next, next));
                prop_assert_eq!(layout.len(), slab.items);
                prop_assert!(layout.is_c_contiguous(1));
                next += slab.items;
            }
            prop_assert_eq!(next, whole.len());
            prop_assert_eq!(slabs.first(slabs.count()), next);
        }
    }
}
