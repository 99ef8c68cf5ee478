//! Basic slicing, as NumPy's `array[start:stop:step, index, ...]`.

use std::borrow::Borrow;
use std::fmt;
use std::ops::{Range, RangeFrom, RangeFull, RangeInclusive, RangeTo, RangeToInclusive};
use std::str::FromStr;

use super::{Dims, Layout, Strides};
use crate::{Error, MAX_RANK, Result};

/// What is taken of one axis.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum SliceItem {
    /// One item; the axis goes away. Negative values count from the end.
    Index(isize),
    /// `start:stop:step`; the bounds may be left out, count from the end when negative, and are clipped to the
    /// axis as in Python. The step is not 0.
    Range {
        /// The first item.
        start: Option<isize>,
        /// The item after the last one.
        stop: Option<isize>,
        /// From one item to the next.
        step: isize,
    },
    /// As many whole axes as are not named: `...`
    Ellipsis,
    /// A new axis of length 1.
    NewAxis,
}

impl SliceItem {
    /// The whole axis, `:`.
    pub const ALL: Self = Self::Range { start: None, stop: None, step: 1 };
}

/// What is taken of each axis; axes after the last item are taken whole.
///
/// ```
/// use arr_core::{Slice, s};
/// let slice: Slice = "0:10, ..., -1, ::2".parse()?;
/// assert_eq!(slice.to_string(), "0:10, ..., -1, ::2");
/// assert_eq!(s![0..10, .., 3].to_string(), "0:10, :, 3");
/// # Ok::<(), arr_core::Error>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Slice(Vec<SliceItem>);

impl Slice {
    /// The items, axis by axis.
    #[must_use]
    pub fn items(&self) -> &[SliceItem] {
        &self.0
    }

    /// The slice that takes of an array of `shape` at once what `inner` takes of what this one takes.
    ///
    /// ```
    /// use arr_core::{Slice, s};
    /// let outer: Slice = "1:, ::-2".parse()?;
    /// assert_eq!(outer.then(&[9, 6], &s![2..4, 1])?, s![3..5, 3]);
    /// # Ok::<(), arr_core::Error>(())
    /// ```
    ///
    /// # Errors
    /// `InvalidArgument` when one of them does not fit, or `inner` has an ellipsis, a new axis, takes nothing of a new
    /// axis, or does not name every axis.
    pub fn then(&self, shape: &[usize], inner: &Self) -> Result<Self> {
        let mut dims = shape.iter().copied();
        let mut inner = inner.0.iter().copied();
        let mut items = Vec::new();
        for item in self.expanded(shape.len()) {
            let (first, count, step) = match item {
                SliceItem::NewAxis => (0, 1, 1),
                SliceItem::Range { start, stop, step } => {
                    let (first, count) = resolve_range(start, stop, step, next(&mut dims)?)?;
                    (first, count, step)
                }
                _ => {
                    next(&mut dims)?;
                    items.push(item);
                    continue;
                }
            };
            let at = |index: usize| clamp(first).saturating_add(clamp::<usize>(index).saturating_mul(step));
            let taken = match next(&mut inner)? {
                SliceItem::Index(index) => SliceItem::Index(at(resolve_index(index, count)?)),
                SliceItem::Range { start, stop, step: inner_step } => {
                    let (from, taken) = resolve_range(start, stop, inner_step, count)?;
                    if taken == 0 && item == SliceItem::NewAxis {
                        return Err(Error::invalid("nothing is taken of a new axis"));
                    }
                    let step = step.saturating_mul(inner_step);
                    let stop = if taken == 0 {
                        at(from)
                    } else {
                        at(from).saturating_add(step.saturating_mul(clamp(taken)))
                    };
                    // Before the first item there is no index.
                    SliceItem::Range {
                        start: Some(at(from)),
                        stop: Some(stop).filter(|stop| *stop >= 0),
                        step,
                    }
                }
                other => return Err(Error::invalid(format!("{other} takes no part of an axis"))),
            };
            match (item, taken) {
                (SliceItem::NewAxis, SliceItem::Index(_)) => {}
                (SliceItem::NewAxis, _) => items.push(item),
                (_, taken) => items.push(taken),
            }
        }
        Ok(Self(items))
    }
}

impl Slice {
    /// The items for each of `rank` axes, and new ones.
    pub(crate) fn expanded(&self, rank: usize) -> Vec<SliceItem> {
        let named =
            self.0.iter().filter(|item| matches!(item, SliceItem::Index(_) | SliceItem::Range { .. }));
        let whole = rank.saturating_sub(named.count());
        let mut items = self.0.clone();
        let ellipsis = items.iter().position(|item| *item == SliceItem::Ellipsis).map(|at| at..at + 1);
        let place = ellipsis.unwrap_or(items.len()..items.len());
        items.splice(place, std::iter::repeat_n(SliceItem::ALL, whole));
        items
    }
}

fn next<T>(items: &mut impl Iterator<Item = T>) -> Result<T> {
    items.next().ok_or_else(|| Error::invalid("a slice does not fit the axes of another"))
}

impl From<Vec<SliceItem>> for Slice {
    fn from(items: Vec<SliceItem>) -> Self {
        Self(items)
    }
}

/// What an array takes for a [`Slice`]: one, or a reference to one.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is no slice of an `Array`",
    label = "this is no slice of an `Array`",
    note = "write `s![1.., 0]` with the `s!` of `arr_core` or `arr_io`, or `\"1:, 0\".parse::<Slice>()?`",
    note = "`ndarray::s!` slices `ndarray` arrays, such as those that `Array::typed` gives"
)]
pub trait AsSlice {
    /// The slice.
    fn as_slice(&self) -> &Slice;
}

#[diagnostic::do_not_recommend]
impl<T: Borrow<Slice>> AsSlice for T {
    fn as_slice(&self) -> &Slice {
        self.borrow()
    }
}

/// A [`Slice`] from Rust ranges and numbers: `s![1000..2000, .., 3]`.
///
/// A step goes in a [`SliceItem::Range`].
#[macro_export]
macro_rules! s {
    ($($item:expr),* $(,)?) => {
        $crate::Slice::from(::std::vec![$($crate::SliceItem::from($item)),*])
    };
    ($($other:tt)*) => {
        ::std::compile_error!(
            "this `s!` takes numbers and ranges between commas: a step is said in text, `\"::2, 1:\".parse::<Slice>()?`, or by \
             `SliceItem::Range`; `ndarray::s!` slices `ndarray` arrays, such as those that `typed` gives"
        )
    };
}

macro_rules! from_integers {
    ($($int:ty),*) => {$(
        impl From<$int> for SliceItem {
            fn from(index: $int) -> Self {
                Self::Index(clamp(index))
            }
        }

        impl From<Range<$int>> for SliceItem {
            fn from(range: Range<$int>) -> Self {
                Self::Range { start: Some(clamp(range.start)), stop: Some(clamp(range.end)), step: 1 }
            }
        }

        impl From<RangeFrom<$int>> for SliceItem {
            fn from(range: RangeFrom<$int>) -> Self {
                Self::Range { start: Some(clamp(range.start)), stop: None, step: 1 }
            }
        }

        impl From<RangeTo<$int>> for SliceItem {
            fn from(range: RangeTo<$int>) -> Self {
                Self::Range { start: None, stop: Some(clamp(range.end)), step: 1 }
            }
        }

        impl From<RangeInclusive<$int>> for SliceItem {
            fn from(range: RangeInclusive<$int>) -> Self {
                Self::Range { start: Some(clamp(*range.start())), stop: behind(clamp(*range.end())), step: 1 }
            }
        }

        impl From<RangeToInclusive<$int>> for SliceItem {
            fn from(range: RangeToInclusive<$int>) -> Self {
                Self::Range { start: None, stop: behind(clamp(range.end)), step: 1 }
            }
        }
    )*};
}

from_integers!(i32, isize, usize);

impl From<RangeFull> for SliceItem {
    fn from(_: RangeFull) -> Self {
        Self::ALL
    }
}

/// No axis is longer than `isize::MAX`, so a larger bound means the same.
fn clamp<T: TryInto<isize>>(value: T) -> isize {
    value.try_into().unwrap_or(isize::MAX)
}

/// The bound after an inclusive end; after -1, the last item, there is none.
fn behind(end: isize) -> Option<isize> {
    if end == -1 { None } else { Some(end.saturating_add(1)) }
}

impl FromStr for Slice {
    type Err = Error;

    /// Reads NumPy's syntax, with or without the brackets. Nothing but indexes in brackets, `[0, 2]`, is a list in NumPy: it
    /// takes several items of one axis, which is not supported.
    ///
    /// # Errors
    /// `InvalidArgument`, naming the part that is neither an index nor a range.
    fn from_str(text: &str) -> Result<Self> {
        let text = text.trim();
        let bare = text.strip_prefix('[').and_then(|rest| rest.strip_suffix(']'));
        let inner = bare.unwrap_or(text).trim();
        if inner.contains(['[', ']']) {
            return Err(no_lists(text));
        }
        let listed = inner.strip_suffix(',').unwrap_or(inner);
        let parts = listed.split(',').filter(|_| !inner.is_empty());
        let items = parts.map(|part| parse_item(part.trim())).collect::<Result<Vec<_>>>()?;
        match bare.is_some() && items.iter().all(|item| matches!(item, SliceItem::Index(_))) {
            true => Err(no_lists(text)),
            false => Ok(Self(items)),
        }
    }
}

fn no_lists(text: &str) -> Error {
    Error::invalid(format!(
        "'{text}' has a list of indexes, which is not supported: 0:10:2 is a range, and 0,2 without brackets is one \
         index for each axis"
    ))
}

fn parse_item(part: &str) -> Result<SliceItem> {
    let fail = || Error::invalid(format!("'{part}' is not an index like 3 or a range like 0:10:2"));
    let number = |text: &str| text.trim().parse::<isize>().map_err(|_| fail());
    match part {
        "..." => return Ok(SliceItem::Ellipsis),
        "None" | "newaxis" => return Ok(SliceItem::NewAxis),
        _ => {}
    }
    let pieces: Vec<&str> = part.split(':').collect();
    let bound = |piece: Option<&&str>| match piece.map(|piece| piece.trim()) {
        None | Some("") => Ok(None),
        Some(text) => number(text).map(Some),
    };
    match pieces.len() {
        1 => number(part).map(SliceItem::Index),
        2 | 3 => match bound(pieces.get(2))?.unwrap_or(1) {
            0 => Err(Error::invalid(format!("the step of '{part}' can't be 0"))),
            step => Ok(SliceItem::Range { start: bound(pieces.first())?, stop: bound(pieces.get(1))?, step }),
        },
        _ => Err(fail()),
    }
}

impl fmt::Display for SliceItem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Index(index) => write!(f, "{index}"),
            Self::Ellipsis => f.write_str("..."),
            Self::NewAxis => f.write_str("None"),
            Self::Range { start, stop, step } => {
                start.iter().try_for_each(|start| write!(f, "{start}"))?;
                f.write_str(":")?;
                stop.iter().try_for_each(|stop| write!(f, "{stop}"))?;
                if *step == 1 { Ok(()) } else { write!(f, ":{step}") }
            }
        }
    }
}

impl fmt::Display for Slice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, item) in self.0.iter().enumerate() {
            write!(f, "{}{item}", if at == 0 { "" } else { ", " })?;
        }
        Ok(())
    }
}

impl Layout {
    /// Takes a part of each axis, without touching a byte.
    ///
    /// # Errors
    /// `InvalidArgument` when an index is out of bounds, a step is 0, there are more items than axes or more than
    /// one ellipsis.
    pub fn sliced(&self, slice: &Slice) -> Result<Self> {
        let named =
            slice.0.iter().filter(|item| !matches!(item, SliceItem::Ellipsis | SliceItem::NewAxis)).count();
        let left = self.ndim().checked_sub(named).ok_or_else(|| {
            let axes = if named == 1 { "axis" } else { "axes" };
            Error::invalid(format!("[{slice}] names {named} {axes}, but the array has {}", self.ndim()))
        })?;
        if slice.0.iter().filter(|item| **item == SliceItem::Ellipsis).count() > 1 {
            return Err(Error::invalid(format!("[{slice}] has more than one ellipsis")));
        }
        let mut out = Self { shape: Dims::new(), strides: Strides::new(), offset: self.offset };
        let mut axes = self.shape.iter().copied().zip(self.strides.iter().copied());
        for item in &slice.0 {
            match *item {
                SliceItem::NewAxis => out.push_axis(1, 0),
                SliceItem::Ellipsis => {
                    axes.by_ref().take(left).for_each(|(dim, stride)| out.push_axis(dim, stride))
                }
                SliceItem::Index(index) => {
                    if let Some((dim, stride)) = axes.next() {
                        out.advance(resolve_index(index, dim)?, stride, dim > 0);
                    }
                }
                SliceItem::Range { start, stop, step } => {
                    if let Some((dim, stride)) = axes.next() {
                        let (first, count) = resolve_range(start, stop, step, dim)?;
                        out.advance(first, stride, count > 0);
                        out.push_axis(count, if count > 1 { stride.saturating_mul(step) } else { stride });
                    }
                }
            }
        }
        axes.for_each(|(dim, stride)| out.push_axis(dim, stride));
        if out.ndim() > MAX_RANK {
            return Err(Error::invalid(format!("[{slice}] gives more than {MAX_RANK} axes")));
        }
        if out.is_empty() {
            out.offset = 0;
        }
        Ok(out)
    }

    fn push_axis(&mut self, dim: usize, stride: isize) {
        self.shape.push(dim);
        self.strides.push(stride);
    }

    /// Moves the first item; an axis without items has none to move to. The arithmetic can't overflow for layouts
    /// that passed `check`, and saturates to what a later check refuses for those that did not.
    fn advance(&mut self, items: usize, stride: isize, any: bool) {
        if any {
            let bytes = isize::try_from(items).unwrap_or(isize::MAX).saturating_mul(stride);
            self.offset = self.offset.saturating_add_signed(bytes);
        }
    }
}

fn resolve_index(index: isize, dim: usize) -> Result<usize> {
    let resolved =
        if index < 0 { dim.checked_sub(index.unsigned_abs()) } else { usize::try_from(index).ok() };
    resolved
        .filter(|index| *index < dim)
        .ok_or_else(|| Error::invalid(format!("index {index} is out of bounds for an axis of {dim} items")))
}

/// The first item and the number of items, as Python's `slice.indices`.
fn resolve_range(
    start: Option<isize>,
    stop: Option<isize>,
    step: isize,
    dim: usize,
) -> Result<(usize, usize)> {
    if step == 0 {
        return Err(Error::invalid("the step of a slice can't be 0"));
    }
    let len = isize::try_from(dim).map_err(|_| Error::invalid("an axis is too long to slice"))?;
    let (low, high) = if step > 0 { (0, len) } else { (-1, len - 1) };
    let clip = |bound: isize| if bound < 0 { bound.saturating_add(len).max(low) } else { bound.min(high) };
    let (from, to) = if step > 0 { (low, high) } else { (high, low) };
    let (from, to) = (start.map_or(from, clip), stop.map_or(to, clip));
    let distance = if step > 0 { to.saturating_sub(from) } else { from.saturating_sub(to) };
    let Ok(distance @ 1..) = usize::try_from(distance) else { return Ok((0, 0)) };
    Ok((usize::try_from(from).unwrap_or(0), distance.div_ceil(step.unsigned_abs())))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Order;

    fn sliced(shape: &[usize], text: &str) -> (Vec<usize>, Vec<isize>, usize) {
        let layout = Layout::contiguous(shape, 1, Order::C).unwrap().sliced(&text.parse().unwrap()).unwrap();
        (layout.shape().to_vec(), layout.strides().to_vec(), layout.offset())
    }

    #[test]
    fn slices_like_numpy() {
        assert_eq!(sliced(&[10], "2:8:3"), (vec![2], vec![3], 2));
        assert_eq!(sliced(&[10], "::-1"), (vec![10], vec![-1], 9));
        assert_eq!(sliced(&[10], "-3:"), (vec![3], vec![1], 7));
        assert_eq!(sliced(&[10], "8:2:-4"), (vec![2], vec![-4], 8));
        assert_eq!(sliced(&[10], "100:"), (vec![0], vec![1], 0));
        assert_eq!(sliced(&[4, 5], "1"), (vec![5], vec![1], 5));
        assert_eq!(sliced(&[4, 5], "..., -1"), (vec![4], vec![5], 4));
        assert_eq!(sliced(&[4, 5], "None, :, 0"), (vec![1, 4], vec![0, 5], 0));
        assert_eq!(sliced(&[0, 5], "::-1, 1"), (vec![0], vec![5], 0));
    }

    #[test]
    fn a_slice_of_a_slice_is_one_slice() {
        let array = crate::Array::from_vec((0..5 * 6 * 4).collect::<Vec<i32>>(), &[5, 6, 4]).unwrap();
        for outer in ["", "1:", "::-1, 1", "..., ::-2", "None, 4:0:-2, ..., -1", "1, 2, 3", ":, 2:2", "3::-1"]
        {
            let outer: Slice = outer.parse().unwrap();
            let once = array.slice(&outer).unwrap();
            for pick in [
                SliceItem::ALL,
                SliceItem::from(0..1),
                SliceItem::from(-1..),
                SliceItem::Index(0),
                s![1..].0[0],
            ] {
                let inner = Slice(vec![pick; once.ndim()]);
                let Ok(twice) = once.slice(&inner) else { continue };
                let Ok(joined) = outer.then(array.shape(), &inner) else {
                    assert!(twice.shape().contains(&0) && outer.items().contains(&SliceItem::NewAxis));
                    continue;
                };
                let found = array.slice(&joined).unwrap();
                assert_eq!(found.shape(), twice.shape(), "[{outer}] [{inner}] [{joined}]");
                assert_eq!(
                    found.to_vec::<i32>().unwrap(),
                    twice.to_vec::<i32>().unwrap(),
                    "[{outer}] [{inner}] [{joined}]"
                );
            }
        }
    }

    #[test]
    fn refuses_what_numpy_refuses() {
        let layout = Layout::contiguous(&[4, 5], 1, Order::C).unwrap();
        for text in ["4", "-5", "0, 0, 0", "..., ..."] {
            assert!(layout.sliced(&text.parse().unwrap()).is_err(), "{text}");
        }
        for text in ["a", "1:2:3:4", "::0", "1,,2", ","] {
            assert!(text.parse::<Slice>().is_err(), "{text}");
        }
        for text in ["[0,2]", "[0]", "[]", "[0, -1, ]", "[0,2], :", ":, [1]", "[[0,2]]", "[[0, 1], :]"] {
            let error = text.parse::<Slice>().unwrap_err().to_string();
            assert!(error.contains("a list of indexes"), "{text}: {error}");
        }
        for (text, same) in [("[1:, 0]", "1:, 0"), (" [...] ", "..."), ("[None]", "None"), ("", "")] {
            assert_eq!(text.parse::<Slice>().unwrap(), same.parse().unwrap(), "{text}");
        }
    }

    #[test]
    fn rust_ranges_mean_the_same() {
        assert_eq!(s![1..3, .., 2, 4.., ..=5, ..=-1], "1:3, :, 2, 4:, :6, :".parse().unwrap());
    }
}
