//! Items whose bytes are elsewhere, read where they lie.
//!
//! The axes are sorted by their strides. The innermost ones, whose items lie close together, are read in one go with
//! whatever lies between them, and sorted out in memory; the outer ones are walked. Where items lie in the result as
//! they lie where they come from, they are read straight into it.

use std::ops::Range;

use smallvec::SmallVec;

use super::gather::{check_copyable, lost_bytes};
use crate::model::room;
use crate::model::threads::sizes::{
    CACHED_PIECE, FETCHED_RUN, GAP, GAPS_AT_ONCE, MOST_AT_ONCE, RANGES_AT_ONCE, SORTED_OUT,
};
use crate::ops::copy::copy_items;
use crate::{Array, BufferMut, ByteOrder, DType, Error, Layout, Order, Result, Swap};

/// How ranges are joined and asked for.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Joining {
    /// So many bytes between wanted ones are read along.
    gap: usize,
    /// The most bytes that are read at the same time to be sorted out, where an item is no longer.
    most: usize,
    /// Shorter runs are joined where they are near to each other.
    run: usize,
    /// How many bytes are read at a time where they are swapped afterwards.
    swapped: usize,
    /// How many ranges are asked for at the same time.
    ranges: usize,
}

impl Joining {
    /// As it suits files.
    pub(crate) const NEAR: Self =
        Self { gap: GAP, most: SORTED_OUT, run: FETCHED_RUN, swapped: CACHED_PIECE, ranges: 1 };

    /// How much is asked for at a time of what is read from front to back, where a request costs so many bytes.
    pub(crate) fn at_once(gap: u64) -> usize {
        usize::try_from(gap.saturating_mul(GAPS_AT_ONCE)).map_or(MOST_AT_ONCE, |len| len.min(MOST_AT_ONCE))
    }

    /// Joined by such a gap, of a source that `is_far` or not, for somebody who may have so many bytes in memory.
    pub(crate) fn new(gap: u64, most: u64, is_far: bool) -> Self {
        let most = usize::try_from(most).unwrap_or(usize::MAX).max(SORTED_OUT);
        let most = Self::at_once(gap).clamp(SORTED_OUT, most);
        let gap = usize::try_from(gap).unwrap_or(usize::MAX);
        let near = Self { gap, most, ..Self::NEAR };
        match is_far {
            true => Self { run: most.max(FETCHED_RUN), swapped: usize::MAX, ranges: RANGES_AT_ONCE, ..near },
            false => near,
        }
    }
}

/// Where a range is, and what it fills.
pub(crate) type Ranged<'b> = (u64, &'b mut [u8]);

impl Array {
    /// Reads the items that `layout` names from where `read_at` finds them, and lays them out in `order`, their
    /// numbers in `byte_order` if one is given. `read_at` fills a slice from a byte on, counted as in the layout; no
    /// more is asked of it than lies between the items, and the places ascend unless items overlap. In memory are
    /// the result and at most a megabyte (or one item) more.
    ///
    /// The result is reserved first: compare the layout with the length of the source before
    /// ([`Layout::check`]), and charge a [`Budget`](crate::Budget).
    ///
    /// ```
    /// use arr_core::{Array, DType, Layout, Order, s};
    /// let elsewhere: Vec<u8> = (0..20).collect();
    /// let layout = Layout::contiguous(&[4, 5], 1, Order::C)?.sliced(&s![2.., 1..3])?;
    /// let array = Array::fetch(&DType::of::<u8>(), &layout, Order::C, None, |bytes, at| {
    ///     let at = usize::try_from(at).unwrap_or(usize::MAX);
    ///     bytes.copy_from_slice(&elsewhere[at..at + bytes.len()]);
    ///     Ok(())
    /// })?;
    /// assert_eq!(array.to_vec::<u8>()?, [11, 12, 16, 17]);
    /// # Ok::<(), arr_core::Error>(())
    /// ```
    ///
    /// # Errors
    /// What `read_at` returns, at once; `InvalidArgument` when items lie outside the address space, `LimitExceeded`
    /// when memory is short, `Unsupported` when the items are references.
    pub fn fetch(
        dtype: &DType,
        layout: &Layout,
        order: Order,
        byte_order: Option<ByteOrder>,
        mut read_at: impl FnMut(&mut [u8], u64) -> Result<()>,
    ) -> Result<Self> {
        let read =
            |ranges: &mut [Ranged<'_>]| ranges.iter_mut().try_for_each(|(at, bytes)| read_at(bytes, *at));
        Self::fetch_joined(dtype, layout, order, byte_order, Joining::NEAR, read)
    }

    /// [`fetch`](Self::fetch), joining ranges in another way. `read` fills several slices, each from its byte on.
    pub(crate) fn fetch_joined(
        dtype: &DType,
        layout: &Layout,
        order: Order,
        byte_order: Option<ByteOrder>,
        joining: Joining,
        mut read: impl FnMut(&mut [Ranged<'_>]) -> Result<()>,
    ) -> Result<Self> {
        check_copyable(dtype)?;
        let itemsize = dtype.itemsize();
        layout.check(itemsize, isize::MAX.unsigned_abs())?;
        let target = Layout::contiguous(layout.shape(), itemsize, order)?;
        let mut bytes = BufferMut::zeroed(target.len().saturating_mul(itemsize))?;
        if !bytes.as_slice().is_empty() {
            let swap = byte_order.map_or(Swap::Nothing, |wanted| Swap::to_order(dtype, wanted));
            let plan = Plan::new(layout, &target, itemsize, joining).ok_or_else(outside)?;
            let target = bytes.as_mut_slice();
            let (scratch, batch) = (BufferMut::default(), Batch::new());
            let mut fetch =
                Fetch { plan: &plan, swap: &swap, target, scratch, batch, held: 0, read: &mut read };
            let longest = if swap == Swap::Nothing { usize::MAX } else { joining.swapped };
            plan.pieces(longest, &mut |piece| fetch.take(piece))?;
            fetch.read_batch()?;
        }
        let dtype = byte_order.map_or_else(|| dtype.clone(), |wanted| dtype.with_byte_order(wanted));
        Array::new(dtype, target, bytes.freeze())
    }

    /// The ranges that [`fetch_joined`](Self::fetch_joined) reads, counted as in the layout, those that touch each other
    /// as one.
    pub(crate) fn ranges(
        dtype: &DType,
        layout: &Layout,
        order: Order,
        joining: Joining,
    ) -> Result<Vec<Range<u64>>> {
        check_copyable(dtype)?;
        let itemsize = dtype.itemsize();
        layout.check(itemsize, isize::MAX.unsigned_abs())?;
        let target = Layout::contiguous(layout.shape(), itemsize, order)?;
        let mut ranges: Vec<Range<u64>> = Vec::new();
        if target.len().saturating_mul(itemsize) > 0 {
            let plan = Plan::new(layout, &target, itemsize, joining).ok_or_else(outside)?;
            plan.pieces(usize::MAX, &mut |piece| {
                let start = piece.src as u64;
                let end = start.saturating_add(plan.len_of(&piece) as u64);
                match ranges.last_mut() {
                    Some(last) if last.end == start => last.end = end,
                    _ => room::push(&mut ranges, start..end)?,
                }
                Ok(())
            })?;
        }
        Ok(ranges)
    }
}

/// One axis of the walk: its length and the bytes from one item to the next on both sides.
#[derive(Clone, Copy, Debug)]
struct Axis {
    len: usize,
    src: usize,
    dst: isize,
}

type Axes = SmallVec<[Axis; 4]>;

/// How items are read.
#[derive(Debug)]
struct Plan {
    itemsize: usize,
    /// The first item on both sides, the axes with negative strides walked from their other end.
    src: usize,
    dst: isize,
    /// The axes that are walked, the widest stride first.
    outer: Axes,
    /// The axis after them of which some indices are read at a time, and how many.
    cut: Option<(Axis, usize)>,
    /// The axes that are read in one go, and the bytes from their first item to the end of the last.
    inner: Axes,
    span: usize,
    /// The inner axes lie in the result as they lie where they come from, without gaps.
    straight: bool,
    joining: Joining,
}

/// What is read in one go.
#[derive(Clone, Copy, Debug)]
struct Piece {
    /// The first byte on both sides.
    src: usize,
    dst: isize,
    /// How many indices of the axis that is cut, or how many bytes of a straight run.
    count: usize,
}

/// Pieces that are asked for at the same time: of a file one.
type Batch = SmallVec<[Piece; 1]>;

impl Plan {
    /// `None` when items lie outside the address space.
    fn new(layout: &Layout, target: &Layout, itemsize: usize, joining: Joining) -> Option<Self> {
        let (forward, reversed) = layout.unreversed();
        let mut dst = isize::try_from(target.offset()).ok()?;
        let mut axes = Axes::new();
        for (axis, len) in forward.shape().iter().copied().enumerate().filter(|(_, len)| *len > 1) {
            let mut step = *target.strides().get(axis)?;
            if reversed.contains(&axis) {
                dst = dst.checked_add(step.checked_mul(isize::try_from(len - 1).ok()?)?)?;
                step = step.checked_neg()?;
            }
            axes.push(Axis { len, src: usize::try_from(*forward.strides().get(axis)?).ok()?, dst: step });
        }
        axes.sort_by_key(|axis| std::cmp::Reverse(axis.src));
        let mut plan = Self {
            itemsize,
            src: forward.offset(),
            dst,
            outer: Axes::new(),
            cut: None,
            inner: Axes::new(),
            span: itemsize,
            straight: true,
            joining,
        };
        plan.read_straight(&axes);
        if !plan.outer.is_empty() && plan.span < joining.run {
            plan.read_together(&axes)?;
        }
        Some(plan)
    }

    /// Reads runs of items that lie on both sides in the same way.
    fn read_straight(&mut self, axes: &[Axis]) {
        let mut outer = axes;
        while let Some((axis, rest)) = outer.split_last() {
            if axis.src != self.span || isize::try_from(self.span) != Ok(axis.dst) {
                break;
            }
            // No longer than all the items.
            self.span = self.span.saturating_mul(axis.len);
            outer = rest;
        }
        self.outer = Axes::from_slice(outer);
        self.inner = axes.iter().skip(outer.len()).copied().collect();
    }

    /// Reads as many items together as lie close to each other.
    fn read_together(&mut self, axes: &[Axis]) -> Option<()> {
        let (mut outer, mut span, mut cut) = (axes, self.itemsize, None);
        while let Some((axis, rest)) = outer.split_last() {
            if axis.src.saturating_sub(span) > self.joining.gap {
                break;
            }
            let whole = axis.src.checked_mul(axis.len - 1)?.checked_add(span)?;
            let most = self.joining.most;
            if whole > most {
                let at_once = most.saturating_sub(span).checked_div(axis.src).map_or(1, |more| more + 1);
                if at_once > 1 {
                    cut = Some((*axis, at_once));
                    outer = rest;
                }
                break;
            }
            (span, outer) = (whole, rest);
        }
        if cut.is_none() && span == self.span {
            return Some(());
        }
        let inner = outer.len() + usize::from(cut.is_some());
        self.outer = Axes::from_slice(outer);
        self.inner = axes.iter().skip(inner).copied().collect();
        (self.cut, self.span, self.straight) = (cut, span, false);
        Some(())
    }

    /// The bytes that a piece reaches over.
    fn len_of(&self, piece: &Piece) -> usize {
        match self.cut {
            _ if self.straight => piece.count,
            Some((axis, _)) => {
                axis.src.saturating_mul(piece.count.saturating_sub(1)).saturating_add(self.span)
            }
            None => self.span,
        }
    }

    /// Hands on all that is read, piece by piece, of straight runs no more than `longest` bytes or an item at a time.
    fn pieces(&self, longest: usize, take: &mut impl FnMut(Piece) -> Result<()>) -> Result<()> {
        self.walk(&self.outer, self.src, self.dst, longest, take)
    }

    fn walk(
        &self,
        axes: &[Axis],
        src: usize,
        dst: isize,
        longest: usize,
        take: &mut impl FnMut(Piece) -> Result<()>,
    ) -> Result<()> {
        let Some((axis, inner)) = axes.split_first() else { return self.block(src, dst, longest, take) };
        let (mut src, mut dst) = (src, dst);
        for _ in 0..axis.len {
            self.walk(inner, src, dst, longest, take)?;
            src = src.wrapping_add(axis.src);
            dst = dst.wrapping_add(axis.dst);
        }
        Ok(())
    }

    /// What is after the outer axes.
    fn block(
        &self,
        src: usize,
        dst: isize,
        longest: usize,
        take: &mut impl FnMut(Piece) -> Result<()>,
    ) -> Result<()> {
        // Of the axis that is cut, or of a straight run as bytes: how many in all, and at a time.
        let (src_step, dst_step, len, at_once) = match self.cut {
            _ if self.straight => {
                (1, 1, self.span, (longest / self.itemsize).max(1).saturating_mul(self.itemsize))
            }
            Some((axis, at_once)) => (axis.src, axis.dst, axis.len, at_once),
            None => return take(Piece { src, dst, count: 1 }),
        };
        let (mut src, mut dst, mut left) = (src, dst, len);
        while left > 0 {
            let count = at_once.min(left);
            take(Piece { src, dst, count })?;
            left -= count;
            src = src.wrapping_add(count.wrapping_mul(src_step));
            dst = dst.wrapping_add(dst_step.wrapping_mul(isize::try_from(count).map_err(|_| outside())?));
        }
        Ok(())
    }
}

/// A plan being carried out.
struct Fetch<'a, R> {
    plan: &'a Plan,
    swap: &'a Swap,
    target: &'a mut [u8],
    scratch: BufferMut,
    /// What is asked for next, and how many bytes it is.
    batch: Batch,
    held: usize,
    read: &'a mut R,
}

impl<R: FnMut(&mut [Ranged<'_>]) -> Result<()>> Fetch<'_, R> {
    /// Reads a piece, together with others that can be asked for at the same time.
    fn take(&mut self, piece: Piece) -> Result<()> {
        let len = self.plan.len_of(&piece);
        // What goes straight into the result takes no other memory.
        let is_much = !self.plan.straight && self.held.saturating_add(len) > self.plan.joining.most;
        if self.batch.len() >= self.plan.joining.ranges || is_much {
            self.read_batch()?;
        }
        self.batch.try_reserve(1).map_err(|_| Error::limit("no memory for the ranges of an array"))?;
        self.batch.push(piece);
        self.held = self.held.saturating_add(len);
        if self.plan.joining.ranges == 1 { self.read_batch() } else { Ok(()) }
    }

    fn read_batch(&mut self) -> Result<()> {
        let mut batch = std::mem::take(&mut self.batch);
        let held = std::mem::take(&mut self.held);
        match self.plan.straight {
            _ if batch.is_empty() => {}
            true => self.read_runs(&mut batch)?,
            false => self.read_parts(&batch, held)?,
        }
        batch.clear();
        self.batch = batch;
        Ok(())
    }

    /// Reads runs straight into the result.
    fn read_runs(&mut self, batch: &mut Batch) -> Result<()> {
        batch.sort_unstable_by_key(|piece| piece.dst);
        let mut ranges: SmallVec<[Ranged<'_>; 1]> = SmallVec::new();
        let (mut rest, mut before) = (&mut *self.target, 0);
        for piece in batch.iter() {
            let skipped = usize::try_from(piece.dst).ok().and_then(|dst| dst.checked_sub(before));
            let skipped = skipped.ok_or_else(lost_bytes)?;
            let behind = rest.split_at_mut_checked(skipped).ok_or_else(lost_bytes)?.1;
            let (run, behind) = behind.split_at_mut_checked(piece.count).ok_or_else(lost_bytes)?;
            ranges.push((piece.src as u64, run));
            (rest, before) = (behind, before.saturating_add(skipped).saturating_add(piece.count));
        }
        ranges.sort_unstable_by_key(|(at, _)| *at);
        (self.read)(&mut ranges)?;
        if *self.swap != Swap::Nothing {
            let cached = (CACHED_PIECE / self.plan.itemsize).max(1) * self.plan.itemsize;
            let runs = ranges.iter_mut().flat_map(|(_, run)| run.chunks_mut(cached));
            runs.for_each(|piece| self.swap.apply(piece));
        }
        Ok(())
    }

    /// Reads items with what lies between them, and puts them where they belong.
    fn read_parts(&mut self, batch: &[Piece], held: usize) -> Result<()> {
        if self.scratch.as_slice().len() < held {
            self.scratch = BufferMut::zeroed(held)?;
        }
        let (mut rest, _) = self.scratch.as_mut_slice().split_at_mut_checked(held).ok_or_else(lost_bytes)?;
        let mut ranges: SmallVec<[Ranged<'_>; 1]> = SmallVec::new();
        for piece in batch {
            let (part, behind) = rest.split_at_mut_checked(self.plan.len_of(piece)).ok_or_else(lost_bytes)?;
            ranges.push((piece.src as u64, part));
            rest = behind;
        }
        (self.read)(&mut ranges)?;
        for (piece, (_, part)) in batch.iter().zip(&ranges) {
            let cut = self.plan.cut.map(|(axis, _)| Axis { len: piece.count, ..axis });
            let axes: Axes = cut.into_iter().chain(self.plan.inner.iter().copied()).collect();
            let shape: SmallVec<[usize; 4]> = axes.iter().map(|axis| axis.len).collect();
            let steps: SmallVec<[isize; 4]> =
                axes.iter().map(|axis| isize::try_from(axis.src).unwrap_or(isize::MAX)).collect();
            let targets: SmallVec<[isize; 4]> = axes.iter().map(|axis| axis.dst).collect();
            let from = Layout::new(&shape, &steps, 0)?;
            let to = Layout::new(&shape, &targets, usize::try_from(piece.dst).map_err(|_| outside())?)?;
            copy_items(self.target, &to, part, &from, self.plan.itemsize, self.swap)
                .ok_or_else(lost_bytes)?;
        }
        Ok(())
    }
}

fn outside() -> Error {
    Error::invalid("strides reach outside the address space")
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::{Buffer, Slice, s};

    /// Fetches a part of a file of `len` bytes; also how often was read, and how much.
    fn fetch(bytes: &[u8], itemsize: usize, layout: &Layout, order: Order) -> (Array, usize, usize) {
        let (mut reads, mut total, mut end) = (0, 0, 0);
        let array = Array::fetch(&DType::Void(itemsize), layout, order, None, |target, at| {
            let at = usize::try_from(at).unwrap();
            assert!(at >= end, "reads ascend");
            end = at + target.len();
            (reads, total) = (reads + 1, total + target.len());
            target.copy_from_slice(&bytes[at..end]);
            Ok(())
        });
        (array.unwrap(), reads, total)
    }

    fn check(shape: &[usize], itemsize: usize, file: Order, slice: &Slice, order: Order) -> (usize, usize) {
        let whole = Layout::contiguous(shape, itemsize, file).unwrap();
        let len = whole.len() * itemsize;
        let bytes: Vec<u8> =
            (0..len as u64).map(|at| (at.wrapping_mul(0x9E37_79B9) >> 13).to_le_bytes()[0]).collect();
        let layout = whole.sliced(slice).unwrap();
        let (array, reads, total) = fetch(&bytes, itemsize, &layout, order);
        let expected = Array::new(DType::Void(itemsize), layout, Buffer::from_vec(bytes)).unwrap();
        assert!(array.items().eq(expected.items()), "{shape:?} {itemsize} {file} [{slice}] {order}");
        assert!(array.as_bytes(order).is_some());
        (reads, total)
    }

    #[test]
    #[ignore = "takes long: it fetches many slices of 12 million items"]
    fn no_more_is_read_than_needed() {
        let (rows, columns) = (300, 40_000);
        for (order, other) in [(Order::C, Order::F), (Order::F, Order::C)] {
            let turned = |a: crate::SliceItem, b: crate::SliceItem| {
                Slice::from(if order == Order::C { vec![a, b] } else { vec![b, a] })
            };
            let shape = if order == Order::C { [rows, columns] } else { [columns, rows] };
            let read = |a: &str, b: &str, to: Order| {
                let item = |text: &str| text.parse::<Slice>().unwrap().items()[0];
                check(&shape, 4, order, &turned(item(a), item(b)), to)
            };
            let row = 4 * columns;
            assert_eq!(read(":", ":", order), (1, rows * row));
            assert_eq!(read("10:20", ":", order), (1, 10 * row));
            assert_eq!(read("7", ":", order), (1, row));
            assert_eq!(read("10:20", ":", other).1, 10 * row);
            // Every other row of 160 kB; a column; a few columns.
            assert_eq!(read("10:20:2", ":", order), (5, 5 * row));
            assert_eq!(read("::-1", ":", order), (rows, rows * row));
            assert_eq!(read(":", "5", order), (rows, rows * 4));
            assert_eq!(read(":", "5:9:-1", order), (0, 0));
            assert_eq!(read(":", "9:5:-1", order), (rows, rows * 16));
            assert_eq!(read("3:5", "100:20000", other), (2, 2 * 4 * 19_900));
            // Items near each other are read together.
            assert_eq!(read("3", "::2", order), (1, row - 4));
        }
        // Columns of a narrow table: whole pieces.
        let (reads, total) = check(&[300_000, 20], 2, Order::C, &s![.., 3], Order::C);
        assert!(reads < 15 && total <= 300_000 * 40, "{reads} {total}");
    }

    #[test]
    fn the_first_failed_read_ends_it() {
        let layout = Layout::contiguous(&[100, 1 << 20], 1, Order::C).unwrap().sliced(&s![.., ..10]).unwrap();
        let mut reads = 0;
        let failed = Array::fetch(&DType::of::<u8>(), &layout, Order::C, None, |_, _| {
            reads += 1;
            if reads == 3 { Err(Error::malformed("torn")) } else { Ok(()) }
        });
        assert!(failed.is_err());
        assert_eq!(reads, 3);
        let object = Array::fetch(&DType::Object, &layout, Order::C, None, |_, _| Ok(()));
        assert!(object.is_err());
        let wild = Layout::new(&[2], &[-8], 0).unwrap();
        assert!(Array::fetch(&DType::of::<u8>(), &wild, Order::C, None, |_, _| Ok(())).is_err());
    }

    #[test]
    fn overlapping_items_are_read_once() {
        let layout = Layout::new(&[1000, 3, 50], &[0, 1, 2], 5).unwrap();
        let mut reads = 0;
        let array = Array::fetch(&DType::of::<u8>(), &layout, Order::F, None, |bytes, at| {
            reads += 1;
            assert_eq!((bytes.len(), at), (101, 5));
            bytes.iter_mut().zip(0..).for_each(|(byte, value)| *byte = value);
            Ok(())
        });
        assert_eq!(array.unwrap().get::<u8>(&[999, 2, 49]).unwrap(), 100);
        assert_eq!(reads, 1);
    }

    fn some_slice(rank: usize) -> impl Strategy<Value = Slice> {
        let bound = prop_oneof![Just(None), (-70isize..70).prop_map(Some)];
        let item =
            (bound.clone(), bound, (1isize..5, any::<bool>())).prop_map(|(start, stop, (step, back))| {
                crate::SliceItem::Range { start, stop, step: if back { -step } else { step } }
            });
        prop::collection::vec(item, 0..=rank).prop_map(Slice::from)
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn parts_equal_slices(
            (shape, slice) in prop::collection::vec(0usize..60, 0..4)
                .prop_flat_map(|shape| { let rank = shape.len(); (Just(shape), some_slice(rank)) }),
            itemsize in prop_oneof![Just(0usize), Just(1), Just(3), Just(8), Just(40_000)],
            file in prop_oneof![Just(Order::C), Just(Order::F)],
            order in prop_oneof![Just(Order::C), Just(Order::F)],
        ) {
            prop_assume!(shape.iter().product::<usize>() * itemsize < 20 << 20);
            check(&shape, itemsize, file, &slice, order);
        }
    }
}
