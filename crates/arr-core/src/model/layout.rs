//! Shape, strides and offset: where the items of an array lie in its bytes.

mod reshape;
mod slabs;
mod slice;

pub(crate) use self::slabs::Slabs;
pub use self::slice::{AsSlice, Slice, SliceItem};

use std::fmt;
use std::ops::Range;

use smallvec::SmallVec;

use crate::{Error, MAX_RANK, Order, Result};

/// A shape, held in place up to four dimensions.
pub(crate) type Dims = SmallVec<[usize; 4]>;
/// Strides in bytes, held in place up to four dimensions.
pub(crate) type Strides = SmallVec<[isize; 4]>;

/// The number of items of `shape`; `None` when it overflows.
pub(crate) fn product(shape: &[usize]) -> Option<usize> {
    if shape.contains(&0) {
        return Some(0);
    }
    shape.iter().try_fold(1usize, |items, dim| items.checked_mul(*dim))
}

/// How the items of an array lie: see [`Array::order`](crate::Array::order).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Contiguity {
    /// One after another in C order. Arrays that are contiguous in both orders count as this.
    C,
    /// One after another in Fortran order, and not in C order.
    F,
    /// Neither.
    Strided,
}

impl fmt::Display for Contiguity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::C => "C",
            Self::F => "F",
            Self::Strided => "strided",
        })
    }
}

/// Shape, byte strides and the offset of the first item.
///
/// Strides may be negative, zero or overlapping. That all items lie inside the bytes is checked in one place,
/// [`check`](Self::check), which every [`Array`](crate::Array) has passed.
///
/// ```
/// use arr_core::{Layout, Order};
/// let layout = Layout::contiguous(&[2, 3], 4, Order::C)?;
/// assert_eq!(layout.strides(), [12, 4]);
/// assert_eq!(layout.transposed().strides(), [4, 12]);
/// layout.check(4, 24)?;
/// assert!(layout.check(4, 23).is_err());
/// # Ok::<(), arr_core::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Layout {
    shape: Dims,
    strides: Strides,
    offset: usize,
}

/// A contiguous layout of up to four dimensions.
pub(crate) struct SmallLayout {
    shape: [usize; 4],
    strides: [isize; 4],
    rank: usize,
    /// Bytes of the items.
    pub(crate) len: usize,
}

impl From<SmallLayout> for Layout {
    #[inline]
    fn from(small: SmallLayout) -> Self {
        Self {
            shape: SmallVec::from_buf_and_len(small.shape, small.rank),
            strides: SmallVec::from_buf_and_len(small.strides, small.rank),
            offset: 0,
        }
    }
}

impl Layout {
    /// A layout of any strides (in bytes, one a dimension) whose first item lies at byte `offset`.
    ///
    /// # Errors
    /// `InvalidArgument` when shape and strides differ in length or have more than [`MAX_RANK`] dimensions.
    pub fn new(shape: &[usize], strides: &[isize], offset: usize) -> Result<Self> {
        if shape.len() != strides.len() {
            return Err(Error::invalid(format!("{} dimensions but {} strides", shape.len(), strides.len())));
        }
        if shape.len() > MAX_RANK {
            return Err(Error::invalid(format!("{} dimensions exceed {MAX_RANK}", shape.len())));
        }
        Ok(Self { shape: Dims::from_slice(shape), strides: Strides::from_slice(strides), offset })
    }

    /// The layout of items of `itemsize` bytes one after another in `order`, from byte 0 on.
    ///
    /// # Errors
    /// `InvalidArgument` when there are more than [`MAX_RANK`] dimensions, or the product of the dimensions
    /// (zeros left out) times the itemsize exceeds `isize::MAX`.
    pub fn contiguous(shape: &[usize], itemsize: usize, order: Order) -> Result<Self> {
        match Self::contiguous_small(shape, itemsize, order) {
            Some(small) => Ok(small.into()),
            None => Self::contiguous_of_any_rank(shape, itemsize, order),
        }
    }

    /// The layout of so many items of memory that is there, one after another.
    pub(crate) fn of_line(len: usize, itemsize: usize) -> Self {
        // No part of memory is longer than an `isize` can tell.
        let stride = isize::try_from(itemsize).unwrap_or(isize::MAX);
        Self { shape: SmallVec::from_slice(&[len]), strides: SmallVec::from_slice(&[stride]), offset: 0 }
    }

    /// [`contiguous`](Self::contiguous) for up to four dimensions of items with bytes, as plain numbers: they stay in
    /// registers, so that a reader of many small arrays spends no time on moving them.
    #[inline(always)]
    pub(crate) fn contiguous_small(shape: &[usize], itemsize: usize, order: Order) -> Option<SmallLayout> {
        if shape.len() > 4 || itemsize == 0 {
            return None;
        }
        let dim = |axis: usize| shape.get(axis).copied().unwrap_or(1);
        let (a, b, c, d) = (dim(0), dim(1), dim(2), dim(3));
        let times = |stride: isize, dim: usize| {
            isize::try_from(dim.max(1)).ok().and_then(|dim| stride.checked_mul(dim))
        };
        let first = isize::try_from(itemsize).ok()?;
        let (strides, most) = match order {
            Order::C => {
                let over_d = times(first, d)?;
                let over_c = times(over_d, c)?;
                let over_b = times(over_c, b)?;
                ([over_b, over_c, over_d, first], times(over_b, a)?)
            }
            Order::F => {
                let over_a = times(first, a)?;
                let over_b = times(over_a, b)?;
                let over_c = times(over_b, c)?;
                ([first, over_a, over_b, over_c], times(over_c, d)?)
            }
        };
        let is_empty = a == 0 || b == 0 || c == 0 || d == 0;
        let len = if is_empty { 0 } else { usize::try_from(most).ok()? };
        Some(SmallLayout { shape: [a, b, c, d], strides, rank: shape.len(), len })
    }

    fn contiguous_of_any_rank(shape: &[usize], itemsize: usize, order: Order) -> Result<Self> {
        if shape.len() > MAX_RANK {
            return Err(Error::invalid(format!("{} dimensions exceed {MAX_RANK}", shape.len())));
        }
        let mut strides: Strides = SmallVec::from_elem(0, shape.len());
        let mut stride = isize::try_from(itemsize).ok();
        let mut set = |(slot, dim): (&mut isize, &usize)| {
            *slot = stride.unwrap_or(0);
            stride = isize::try_from((*dim).max(1)).ok().and_then(|dim| stride?.checked_mul(dim));
        };
        match order {
            Order::C => strides.iter_mut().zip(shape).rev().for_each(&mut set),
            Order::F => strides.iter_mut().zip(shape).for_each(&mut set),
        }
        stride.ok_or_else(|| too_large(shape))?;
        if itemsize == 0 {
            check_items(shape)?;
        }
        Ok(Self { shape: Dims::from_slice(shape), strides, offset: 0 })
    }

    /// Checks that every item of `itemsize` bytes lies inside `len` bytes, and that the number of items fits an
    /// `isize` whatever the strides are.
    ///
    /// # Errors
    /// `InvalidArgument`, naming the byte that would be touched.
    pub fn check(&self, itemsize: usize, len: usize) -> Result<()> {
        check_items(&self.shape)?;
        let extent =
            self.extent(itemsize).ok_or_else(|| Error::invalid("strides reach outside the address space"))?;
        if extent.end > len {
            return Err(Error::invalid(format!(
                "an array of shape {:?} and strides {:?} ends at byte {} of {len} bytes",
                self.shape(),
                self.strides(),
                extent.end
            )));
        }
        Ok(())
    }

    /// The bytes from the first to the last that an item occupies; empty for no items. `None` when an item would
    /// begin before byte 0 or end after `isize::MAX`.
    #[must_use]
    pub fn extent(&self, itemsize: usize) -> Option<Range<usize>> {
        if self.is_empty() {
            return Some(0..0);
        }
        let (mut first, mut last) = (isize::try_from(self.offset).ok()?, isize::try_from(self.offset).ok()?);
        for (dim, stride) in self.shape.iter().zip(&self.strides) {
            let reach = isize::try_from(dim - 1).ok()?.checked_mul(*stride)?;
            if reach < 0 {
                first = first.checked_add(reach)?;
            } else {
                last = last.checked_add(reach)?;
            }
        }
        let end = last.checked_add(isize::try_from(itemsize).ok()?)?;
        Some(usize::try_from(first).ok()?..usize::try_from(end).ok()?)
    }

    /// Items along each dimension.
    #[must_use]
    pub fn shape(&self) -> &[usize] {
        &self.shape
    }

    /// Bytes from one item to the next along each dimension.
    #[must_use]
    pub fn strides(&self) -> &[isize] {
        &self.strides
    }

    /// The byte at which the item with all indices 0 begins.
    #[must_use]
    pub fn offset(&self) -> usize {
        self.offset
    }

    /// The number of dimensions.
    #[must_use]
    pub fn ndim(&self) -> usize {
        self.shape.len()
    }

    /// The number of items.
    #[must_use]
    pub fn len(&self) -> usize {
        self.shape.iter().product()
    }

    /// True when there are no items.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.shape.contains(&0)
    }

    /// True when the items lie one after another in C order. Dimensions of one item have no say, arrays without
    /// items are contiguous, as in NumPy.
    #[must_use]
    #[inline]
    pub fn is_c_contiguous(&self, itemsize: usize) -> bool {
        self.follows(itemsize, (0..self.ndim()).rev())
    }

    /// True when the items lie one after another in Fortran order.
    #[must_use]
    pub fn is_f_contiguous(&self, itemsize: usize) -> bool {
        self.follows(itemsize, 0..self.ndim())
    }

    /// How the items lie.
    #[must_use]
    pub fn contiguity(&self, itemsize: usize) -> Contiguity {
        if self.is_c_contiguous(itemsize) {
            Contiguity::C
        } else if self.is_f_contiguous(itemsize) {
            Contiguity::F
        } else {
            Contiguity::Strided
        }
    }

    #[inline]
    fn follows(&self, itemsize: usize, axes: impl Iterator<Item = usize>) -> bool {
        if self.is_empty() {
            return true;
        }
        let mut expected = itemsize;
        for axis in axes {
            let (Some(dim), Some(stride)) = (self.shape.get(axis), self.strides.get(axis)) else {
                return false;
            };
            if *dim > 1 {
                if usize::try_from(*stride) != Ok(expected) {
                    return false;
                }
                expected = expected.saturating_mul(*dim);
            }
        }
        true
    }

    /// The byte at which the item of that index begins; `None` when the index is out of bounds.
    #[must_use]
    pub fn position(&self, index: &[usize]) -> Option<usize> {
        if index.len() != self.ndim() {
            return None;
        }
        let mut position = self.offset;
        for ((index, dim), stride) in index.iter().zip(&self.shape).zip(&self.strides) {
            if index >= dim {
                return None;
            }
            position = position.checked_add_signed(isize::try_from(*index).ok()?.checked_mul(*stride)?)?;
        }
        Some(position)
    }

    /// The same items with the axes in reverse.
    #[must_use]
    pub fn transposed(&self) -> Self {
        let mut layout = self.clone();
        layout.shape.reverse();
        layout.strides.reverse();
        layout
    }

    /// The same items with axis `axes[i]` of this layout as axis `i` (NumPy's `transpose(axes)`).
    ///
    /// # Errors
    /// `InvalidArgument` unless `axes` names every axis once.
    pub fn permuted(&self, axes: &[usize]) -> Result<Self> {
        let mut sorted = Dims::from_slice(axes);
        sorted.sort_unstable();
        if !sorted.iter().copied().eq(0..self.ndim()) {
            return Err(Error::invalid(format!("{axes:?} does not name each of {} axes once", self.ndim())));
        }
        let pick = |axis: &usize| Some((*self.shape.get(*axis)?, *self.strides.get(*axis)?));
        let (shape, strides) = axes.iter().filter_map(pick).unzip();
        Ok(Self { shape, strides, offset: self.offset })
    }

    /// Repeats the items along new leading axes and axes of length 1 until they have `shape`, with strides of 0
    /// (NumPy's `broadcast_to`).
    ///
    /// # Errors
    /// `InvalidArgument` when the shapes do not fit.
    pub fn broadcast(&self, shape: &[usize]) -> Result<Self> {
        let fail = || Error::invalid(format!("shape {:?} can't be broadcast to {shape:?}", self.shape()));
        let new =
            shape.len().checked_sub(self.ndim()).filter(|_| shape.len() <= MAX_RANK).ok_or_else(fail)?;
        let mut strides: Strides = SmallVec::from_elem(0, new);
        for ((wanted, dim), stride) in shape.iter().skip(new).zip(&self.shape).zip(&self.strides) {
            match (wanted == dim, *dim) {
                (true, _) => strides.push(*stride),
                (false, 1) => strides.push(0),
                _ => return Err(fail()),
            }
        }
        check_items(shape)?;
        Ok(Self { shape: Dims::from_slice(shape), strides, offset: self.offset })
    }

    /// The same items, seen `bytes` further on: a field of each record.
    pub(crate) fn shifted(mut self, bytes: usize) -> Self {
        self.offset = self.offset.saturating_add(bytes);
        self
    }

    /// Adds axes after the last one: the dimensions of a sub-array.
    pub(crate) fn with_inner_axes(mut self, shape: &[usize], itemsize: usize) -> Result<Self> {
        let inner = Self::contiguous(shape, itemsize, Order::C)?;
        self.shape.extend_from_slice(&inner.shape);
        self.strides.extend_from_slice(&inner.strides);
        if self.ndim() > MAX_RANK {
            return Err(Error::invalid(format!("{} dimensions exceed {MAX_RANK}", self.ndim())));
        }
        check_items(&self.shape)?;
        Ok(self)
    }

    /// The same layout with every stride made non-negative by walking reversed axes from their other end, and
    /// which axes were reversed.
    pub(crate) fn unreversed(&self) -> (Self, SmallVec<[usize; 4]>) {
        let mut layout = self.clone();
        let mut reversed = SmallVec::new();
        for (axis, (dim, stride)) in self.shape.iter().zip(layout.strides.iter_mut()).enumerate() {
            if *stride < 0 {
                let reach =
                    stride.saturating_mul(isize::try_from(dim.saturating_sub(1)).unwrap_or(isize::MAX));
                layout.offset = layout.offset.saturating_add_signed(reach);
                *stride = stride.saturating_neg();
                reversed.push(axis);
            }
        }
        (layout, reversed)
    }
}

fn too_large(shape: &[usize]) -> Error {
    Error::invalid(format!("an array of shape {shape:?} is too large to address"))
}

/// The product of the dimensions, zeros left out, must fit an `isize`: strides of 0 would let any number of items
/// hide behind one byte.
fn check_items(shape: &[usize]) -> Result<()> {
    shape
        .iter()
        .filter(|dim| **dim > 0)
        .try_fold(1usize, |items, dim| items.checked_mul(*dim))
        .filter(|items| isize::try_from(*items).is_ok())
        .map(|_| ())
        .ok_or_else(|| too_large(shape))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn contiguous_strides_in_both_orders() {
        let c = Layout::contiguous(&[2, 3, 4], 8, Order::C).unwrap();
        assert_eq!(c.strides(), [96, 32, 8]);
        assert_eq!(c.contiguity(8), Contiguity::C);
        let f = Layout::contiguous(&[2, 3, 4], 8, Order::F).unwrap();
        assert_eq!(f.strides(), [8, 16, 48]);
        assert_eq!(f.contiguity(8), Contiguity::F);
        assert_eq!(f.transposed().contiguity(8), Contiguity::C);
    }

    #[test]
    fn shapes_that_overflow_are_refused_even_when_empty() {
        for shape in [&[1 << 32, 1 << 32][..], &[0, usize::MAX, 4], &[0, 1 << 62, 4], &[usize::MAX]] {
            assert!(Layout::contiguous(shape, 4, Order::C).is_err(), "{shape:?}");
            assert!(Layout::contiguous(shape, 0, Order::C).is_err() || shape == [0, 1 << 62, 4], "{shape:?}");
        }
    }

    #[test]
    fn zero_strides_do_not_hide_any_number_of_items() {
        let layout = Layout::new(&[1 << 40, 1 << 40], &[0, 0], 0).unwrap();
        assert!(layout.check(1, 1).is_err());
        Layout::new(&[1 << 40], &[0], 0).unwrap().check(1, 1).unwrap();
    }

    #[test]
    fn negative_strides_stay_inside() {
        let layout = Layout::new(&[4], &[-8], 24).unwrap();
        layout.check(8, 32).unwrap();
        assert_eq!(layout.extent(8), Some(0..32));
        assert!(Layout::new(&[4], &[-8], 16).unwrap().check(8, 32).is_err());
        let (flipped, axes) = layout.unreversed();
        assert_eq!((flipped.offset(), flipped.strides(), axes.as_slice()), (0, &[8][..], &[0][..]));
    }

    #[test]
    fn contiguity_ignores_single_items_and_empty_arrays() {
        assert!(Layout::new(&[1, 3], &[999, 4], 0).unwrap().is_c_contiguous(4));
        assert!(Layout::new(&[0, 3], &[-7, 1], 0).unwrap().is_f_contiguous(4));
        assert_eq!(Layout::new(&[3], &[8], 0).unwrap().contiguity(4), Contiguity::Strided);
    }

    #[test]
    fn broadcasting_follows_numpy() {
        let row = Layout::contiguous(&[3], 4, Order::C).unwrap();
        assert_eq!(row.broadcast(&[2, 3]).unwrap().strides(), [0, 4]);
        let column = Layout::contiguous(&[2, 1], 4, Order::C).unwrap();
        assert_eq!(column.broadcast(&[2, 3]).unwrap().strides(), [4, 0]);
        assert!(row.broadcast(&[2]).is_err());
        assert!(row.broadcast(&[4]).is_err());
    }
}
