//! An array without strides: a shape and a list of items.

use arr_io::{Array, Order, Slice, SliceItem, Storage};

/// The items of an array in C order, each on its own. Whatever an array does with strides, this does by counting.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Model {
    /// Items along each dimension.
    pub(crate) shape: Vec<usize>,
    /// The bytes of each item, in C order.
    pub(crate) items: Vec<Vec<u8>>,
}

impl Model {
    /// The items at those strides; nothing when one of them is not inside the bytes.
    pub(crate) fn walk(
        bytes: &[u8],
        shape: &[usize],
        strides: &[isize],
        offset: usize,
        size: usize,
    ) -> Option<Self> {
        let item = |index: Vec<usize>| {
            let steps = index.iter().zip(strides).map(|(index, stride)| *index as i128 * *stride as i128);
            let start = usize::try_from(offset as i128 + steps.sum::<i128>()).ok()?;
            Some(bytes.get(start..start.checked_add(size)?)?.to_vec())
        };
        let items = indices(shape).map(item).collect::<Option<_>>()?;
        Some(Self { shape: shape.to_vec(), items })
    }

    /// What an array hands out.
    pub(crate) fn of<S: Storage>(array: &Array<S>) -> Self {
        Self { shape: array.shape().to_vec(), items: array.items().map(<[u8]>::to_vec).collect() }
    }

    /// The item of that index.
    pub(crate) fn item(&self, index: &[usize]) -> &[u8] {
        let place = index.iter().zip(&self.shape).fold(0, |place, (index, dim)| place * dim + index);
        &self.items[place]
    }

    /// Each item made into another.
    pub(crate) fn map(&self, each: impl Fn(&[u8]) -> Vec<u8>) -> Self {
        Self { shape: self.shape.clone(), items: self.items.iter().map(|item| each(item)).collect() }
    }

    /// The items one after another.
    pub(crate) fn bytes(&self, order: Order) -> Vec<u8> {
        match order {
            Order::C => self.items.concat(),
            Order::F => self.permuted(&(0..self.shape.len()).rev().collect::<Vec<_>>()).items.concat(),
        }
    }

    /// Another shape whose items are found by turning a new index into an old one.
    fn pulled(&self, shape: Vec<usize>, old: impl Fn(&[usize]) -> Vec<usize>) -> Self {
        let items = indices(&shape).map(|index| self.item(&old(&index)).to_vec()).collect();
        Self { shape, items }
    }

    /// The axes in another order.
    pub(crate) fn permuted(&self, axes: &[usize]) -> Self {
        self.pulled(axes.iter().map(|axis| self.shape[*axis]).collect(), |index| {
            let mut old = vec![0; axes.len()];
            axes.iter().zip(index).for_each(|(axis, index)| old[*axis] = *index);
            old
        })
    }

    /// The items along new axes, read in `order`.
    pub(crate) fn reshaped(&self, shape: &[usize], order: Order) -> Self {
        let reversed = |dims: &[usize]| dims.iter().rev().copied().collect::<Vec<_>>();
        let back = |dims: &[usize]| (0..dims.len()).rev().collect::<Vec<_>>();
        match order {
            Order::C => Self { shape: shape.to_vec(), items: self.items.clone() },
            Order::F => {
                let turned = self.permuted(&back(&self.shape));
                Self { shape: reversed(shape), items: turned.items }.permuted(&back(shape))
            }
        }
    }

    /// The items repeated along new axes and axes of one item.
    pub(crate) fn broadcast(&self, shape: &[usize]) -> Self {
        let new = shape.len() - self.shape.len();
        self.pulled(shape.to_vec(), |index| {
            index[new..]
                .iter()
                .zip(&self.shape)
                .map(|(index, dim)| if *dim == 1 { 0 } else { *index })
                .collect()
        })
    }

    /// A part, as Python takes it; nothing when an index is out of bounds. `slice` has no more items than there are
    /// axes and no more than one ellipsis.
    pub(crate) fn sliced(&self, slice: &Slice) -> Option<Self> {
        let is_new = |item: &SliceItem| matches!(item, SliceItem::NewAxis);
        let is_ellipsis = |item: &SliceItem| matches!(item, SliceItem::Ellipsis);
        let named = slice.items().iter().filter(|item| !is_new(item) && !is_ellipsis(item)).count();
        let mut items = slice.items().to_vec();
        let place = items.iter().position(is_ellipsis).unwrap_or(items.len());
        let behind = (place + 1).min(items.len());
        items.splice(place..behind, std::iter::repeat_n(SliceItem::ALL, self.shape.len() - named));
        // For each old axis the indices that are taken, and whether the axis stays.
        let (mut taken, mut shape) = (Vec::new(), Vec::new());
        for item in items {
            let dim = self.shape.get(taken.len()).copied().unwrap_or(0) as i128;
            match item {
                SliceItem::NewAxis => shape.push(1),
                SliceItem::Index(index) => {
                    let index = index as i128 + if index < 0 { dim } else { 0 };
                    taken.push((vec![usize::try_from(index).ok().filter(|_| index < dim)?], None));
                }
                SliceItem::Range { start, stop, step } => {
                    let found = python_range(start, stop, step as i128, dim);
                    shape.push(found.len());
                    taken.push((found, Some(shape.len() - 1)));
                }
                SliceItem::Ellipsis => {}
            }
        }
        Some(self.pulled(shape, |index| {
            taken.iter().map(|(found, axis)| found[axis.map_or(0, |axis| index[axis])]).collect()
        }))
    }
}

/// The indices that `start:stop:step` takes of `dim` items (Python's `slice.indices`), one after another.
fn python_range(start: Option<isize>, stop: Option<isize>, step: i128, dim: i128) -> Vec<usize> {
    let bound = |bound: isize| if bound < 0 { bound as i128 + dim } else { bound as i128 };
    let mut index = match start.map(bound) {
        Some(start) if step > 0 => start.max(0),
        Some(start) => start.min(dim - 1),
        None if step > 0 => 0,
        None => dim - 1,
    };
    let stop = stop.map(bound).unwrap_or(if step > 0 { dim } else { -1 });
    let mut found = Vec::new();
    while if step > 0 { index < stop.min(dim) } else { index > stop.max(-1) } {
        found.push(index as usize);
        index += step;
    }
    found
}

/// Every index of a shape, in C order.
pub(crate) fn indices(shape: &[usize]) -> impl Iterator<Item = Vec<usize>> + use<> {
    let (shape, count) = (shape.to_vec(), shape.iter().product::<usize>());
    (0..count).map(move |mut place| {
        let mut index = vec![0; shape.len()];
        for (slot, dim) in index.iter_mut().zip(&shape).rev() {
            (*slot, place) = (place % dim, place / dim);
        }
        index
    })
}
