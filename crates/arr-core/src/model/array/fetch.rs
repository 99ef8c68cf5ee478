//! Items whose bytes are elsewhere, read where they lie.
//!
//! The axes are sorted by their strides. The innermost ones, whose items lie close together, are read in one go with
//! whatever lies between them, and sorted out in memory; the outer ones are walked. Where items lie in the result as
//! they lie where they come from, they are read straight into it.

use smallvec::SmallVec;

use super::gather::{check_copyable, lost_bytes};
use crate::model::threads::sizes::{CACHED_PIECE, FETCHED_RUN, GAP, SORTED_OUT};
use crate::ops::copy::copy_items;
use crate::{Array, BufferMut, ByteOrder, DType, Error, Layout, Order, Result, Swap};

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
        check_copyable(dtype)?;
        let itemsize = dtype.itemsize();
        layout.check(itemsize, isize::MAX.unsigned_abs())?;
        let target = Layout::contiguous(layout.shape(), itemsize, order)?;
        let mut bytes = BufferMut::zeroed(target.len().saturating_mul(itemsize))?;
        if !bytes.as_slice().is_empty() {
            let swap = byte_order.map_or(Swap::Nothing, |wanted| Swap::to_order(dtype, wanted));
            let plan = Plan::new(layout, &target, itemsize).ok_or_else(outside)?;
            let scratch = BufferMut::zeroed(plan.scratch_len())?;
            let target = bytes.as_mut_slice();
            let mut fetch = Fetch { plan: &plan, swap: &swap, target, scratch, read_at: &mut read_at };
            fetch.walk(&plan.outer, plan.src, plan.dst)?;
        }
        let dtype = byte_order.map_or_else(|| dtype.clone(), |wanted| dtype.with_byte_order(wanted));
        Array::new(dtype, target, bytes.freeze())
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
}

impl Plan {
    /// `None` when items lie outside the address space.
    fn new(layout: &Layout, target: &Layout, itemsize: usize) -> Option<Self> {
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
        };
        plan.read_straight(&axes);
        if !plan.outer.is_empty() && plan.span < FETCHED_RUN {
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
            if axis.src.saturating_sub(span) > GAP {
                break;
            }
            let whole = axis.src.checked_mul(axis.len - 1)?.checked_add(span)?;
            if whole > SORTED_OUT {
                let at_once =
                    SORTED_OUT.saturating_sub(span).checked_div(axis.src).map_or(1, |more| more + 1);
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

    /// The most bytes that are read in one go, to be sorted out.
    fn scratch_len(&self) -> usize {
        match self.cut {
            _ if self.straight => 0,
            Some((axis, at_once)) => axis.src.saturating_mul(at_once - 1).saturating_add(self.span),
            None => self.span,
        }
    }
}

/// A plan being carried out.
struct Fetch<'a, R> {
    plan: &'a Plan,
    swap: &'a Swap,
    target: &'a mut [u8],
    scratch: BufferMut,
    read_at: &'a mut R,
}

impl<R: FnMut(&mut [u8], u64) -> Result<()>> Fetch<'_, R> {
    fn walk(&mut self, axes: &[Axis], src: usize, dst: isize) -> Result<()> {
        let Some((axis, inner)) = axes.split_first() else { return self.block(src, dst) };
        let (mut src, mut dst) = (src, dst);
        for _ in 0..axis.len {
            self.walk(inner, src, dst)?;
            src = src.wrapping_add(axis.src);
            dst = dst.wrapping_add(axis.dst);
        }
        Ok(())
    }

    /// Reads what is after the outer axes.
    fn block(&mut self, src: usize, dst: isize) -> Result<()> {
        let Some((axis, at_once)) = self.plan.cut else {
            return if self.plan.straight { self.run(src, dst) } else { self.part(None, src, dst) };
        };
        let (mut src, mut dst, mut left) = (src, dst, axis.len);
        while left > 0 {
            let len = at_once.min(left);
            self.part(Some(Axis { len, ..axis }), src, dst)?;
            left -= len;
            src = src.wrapping_add(axis.src.wrapping_mul(len));
            dst = dst.wrapping_add(axis.dst.wrapping_mul(isize::try_from(len).map_err(|_| outside())?));
        }
        Ok(())
    }

    /// Reads a run straight into the result.
    fn run(&mut self, src: usize, dst: isize) -> Result<()> {
        let run =
            usize::try_from(dst).ok().and_then(|dst| self.target.get_mut(dst..)?.get_mut(..self.plan.span));
        let run = run.ok_or_else(lost_bytes)?;
        if *self.swap == Swap::Nothing {
            return (self.read_at)(run, src as u64);
        }
        let piece = (CACHED_PIECE / self.plan.itemsize).max(1) * self.plan.itemsize;
        let mut src = src as u64;
        for piece in run.chunks_mut(piece) {
            (self.read_at)(piece, src)?;
            self.swap.apply(piece);
            src += piece.len() as u64;
        }
        Ok(())
    }

    /// Reads items with what lies between them, and puts them where they belong.
    fn part(&mut self, cut: Option<Axis>, src: usize, dst: isize) -> Result<()> {
        let reach = cut.map_or(0, |axis| axis.src.saturating_mul(axis.len - 1));
        let span = reach.saturating_add(self.plan.span);
        let scratch = self.scratch.as_mut_slice().get_mut(..span).ok_or_else(lost_bytes)?;
        (self.read_at)(scratch, src as u64)?;
        let axes: Axes = cut.into_iter().chain(self.plan.inner.iter().copied()).collect();
        let shape: SmallVec<[usize; 4]> = axes.iter().map(|axis| axis.len).collect();
        let steps: SmallVec<[isize; 4]> =
            axes.iter().map(|axis| isize::try_from(axis.src).unwrap_or(isize::MAX)).collect();
        let targets: SmallVec<[isize; 4]> = axes.iter().map(|axis| axis.dst).collect();
        let from = Layout::new(&shape, &steps, 0)?;
        let to = Layout::new(&shape, &targets, usize::try_from(dst).map_err(|_| outside())?)?;
        copy_items(self.target, &to, scratch, &from, self.plan.itemsize, self.swap).ok_or_else(lost_bytes)
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
