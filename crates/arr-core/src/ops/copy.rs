//! Copies between layouts, at the speed of a blocked transpose.
//!
//! A copy is planned once: axes are sorted by the destination's strides, joined where both sides can be walked in
//! one go, and the axis along which the source is contiguous is moved next to the one along which the destination
//! is. Then the innermost two axes are copied as runs of bytes, as square tiles (which fit the vector registers) or
//! item by item. Large copies are halved along the outermost axis and the halves run side by side.
//!
//! Why the destination leads: memory is read from anywhere at the price of a cache miss, but written in runs at several
//! times the speed of scattered writes, since each cache line is then fetched and written back once. Where both sides
//! are contiguous along different axes, no order of a plain double loop serves both of them; a tile of a few items each way
//! is read along the one and written along the other out of registers.

use smallvec::SmallVec;

use crate::model::threads::sizes::SPLIT_FROM;
use crate::model::threads::{self, Cut};
use crate::{Layout, Swap};

/// Columns that are walked before the next rows: so many cache lines of the source are still in the cache when the
/// next rows want the rest of them, and the destination is written in rows this long.
const COLUMNS: usize = 2048;

/// The same where the columns are a multiple of [`SAME_SET`] apart, so that their lines drive each other out. There
/// the tiles are as wide as a cache line.
const CROWDED_COLUMNS: usize = 128;

/// Cache lines that far apart share a place in a first-level cache.
const SAME_SET: isize = 4096;

/// One axis of the walk: its length and the bytes from one item to the next on both sides.
#[derive(Clone, Copy, Debug)]
struct Axis {
    len: usize,
    src: isize,
    dst: usize,
}

type Axes = SmallVec<[Axis; 4]>;

/// The two innermost axes, the outer one first.
type Plane = [Axis; 2];

/// Where the first item goes, and where it comes from.
type Start = (usize, isize);

/// What is the same all over one copy.
struct Copy<'a> {
    src: &'a [u8],
    itemsize: usize,
    swap: &'a Swap,
    /// Whether there is anything to swap.
    swaps: bool,
    /// Copies of more bytes are halved.
    part: usize,
}

/// A part of a copy: the axes that it walks, and where it begins on both sides.
struct Part<'d> {
    axes: Axes,
    dst: &'d mut [u8],
    dst_at: usize,
    src_at: isize,
}

/// Copies the items of `src` to the places that `dst_layout` names, reversing bytes on the way. `None` when the
/// layouts do not fit each other or their bytes.
pub(crate) fn copy_items(
    dst: &mut [u8],
    dst_layout: &Layout,
    src: &[u8],
    src_layout: &Layout,
    itemsize: usize,
    swap: &Swap,
) -> Option<()> {
    if dst_layout.shape() != src_layout.shape() {
        return None;
    }
    if dst_layout.is_empty() || itemsize == 0 {
        return Some(());
    }
    let (dst_forward, reversed) = dst_layout.unreversed();
    let mut src_at = isize::try_from(src_layout.offset()).ok()?;
    let mut axes = Axes::new();
    for (axis, len) in src_layout.shape().iter().copied().enumerate() {
        let mut src = *src_layout.strides().get(axis)?;
        if reversed.contains(&axis) {
            src_at = src_at.checked_add(src.checked_mul(isize::try_from(len - 1).ok()?)?)?;
            src = src.checked_neg()?;
        }
        if len > 1 {
            axes.push(Axis { len, src, dst: usize::try_from(*dst_forward.strides().get(axis)?).ok()? });
        }
    }
    axes.sort_by_key(|axis| std::cmp::Reverse(axis.dst));
    let axes = pair_fast_axes(join(&axes), itemsize);
    let copy = Copy {
        src,
        itemsize,
        swap,
        swaps: *swap != Swap::Nothing,
        part: match dst_layout.len().saturating_mul(itemsize) {
            len if len <= SPLIT_FROM => len,
            len => SPLIT_FROM.max(len / (2 * threads::count())),
        },
    };
    let whole = Part { axes, dst, dst_at: dst_forward.offset(), src_at };
    let copy_part = |part: Part<'_>| copy.axes(&part.axes, part.dst, (part.dst_at, part.src_at));
    threads::halved(whole, &|part| copy.halves(part), &copy_part, &Option::and)
}

/// Joins neighbours that one stride can walk on both sides.
fn join(axes: &[Axis]) -> Axes {
    let mut joined = Axes::new();
    for axis in axes {
        if let Some(outer) = joined.last_mut() {
            let reach = isize::try_from(axis.len).ok().and_then(|len| axis.src.checked_mul(len));
            if axis.dst.checked_mul(axis.len) == Some(outer.dst) && reach == Some(outer.src) {
                *outer = Axis { len: outer.len * axis.len, ..*axis };
                continue;
            }
        }
        joined.push(*axis);
    }
    joined
}

/// Moves the axis along which the source is contiguous next to the last axis, unless it is the last one.
fn pair_fast_axes(mut axes: Axes, itemsize: usize) -> Axes {
    let unit = isize::try_from(itemsize).unwrap_or(isize::MAX);
    if let Some((last, outer)) = axes.split_last() {
        if last.src != unit {
            if let Some(fast) = outer.iter().position(|axis| axis.src == unit) {
                let end = outer.len();
                axes.get_mut(fast..end).into_iter().for_each(|axes| axes.rotate_left(1));
            }
        }
    }
    axes
}

impl Copy<'_> {
    /// Halves the axis with the widest destination stride while that pays.
    fn halves<'d>(&self, part: Part<'d>) -> Cut<Part<'d>> {
        let Some((at, half, src_split)) = self.middle(&part) else { return Cut::Whole(part) };
        let with_len = |len: fn(usize, usize) -> usize| {
            let mut axes = part.axes.clone();
            axes.get_mut(at).into_iter().for_each(|axis| axis.len = len(axis.len, half));
            axes.retain(|axis| axis.len > 1);
            axes
        };
        let (first, second) = (with_len(|_, half| half), with_len(|len, half| len - half));
        let split = part.dst_at + half * part.axes.get(at).map_or(0, |axis| axis.dst);
        let (left, right) = part.dst.split_at_mut(split);
        Cut::Halves(
            Part { axes: first, dst: left, dst_at: part.dst_at, src_at: part.src_at },
            Part { axes: second, dst: right, dst_at: 0, src_at: src_split },
        )
    }

    /// The axis that is halved, half its length, and where the second half of the source begins; `None` when that does
    /// not pay, or the halves would not lie apart.
    fn middle(&self, part: &Part<'_>) -> Option<(usize, usize, isize)> {
        let axes = &part.axes;
        let items: usize = axes.iter().map(|axis| axis.len).product();
        let widest = axes.iter().enumerate().max_by_key(|(_, axis)| axis.dst);
        let (at, axis) = widest.filter(|_| items.saturating_mul(self.itemsize) > self.part)?;
        let others = axes.iter().filter(|other| other.dst != axis.dst);
        let inner: usize = others.map(|axis| (axis.len - 1) * axis.dst).sum();
        let is_apart = axes.iter().filter(|other| other.dst == axis.dst).count() == 1
            && inner + self.itemsize <= axis.dst;
        let half = axis.len / 2;
        if !is_apart || half == 0 || part.dst_at + half * axis.dst > part.dst.len() {
            return None;
        }
        let step = axis.src.checked_mul(isize::try_from(half).ok()?)?;
        Some((at, half, part.src_at.checked_add(step)?))
    }

    fn axes(&self, axes: &[Axis], dst: &mut [u8], start: Start) -> Option<()> {
        let none = Axis { len: 1, src: 0, dst: 0 };
        match axes {
            [] => self.plane([none, none], dst, start),
            [inner] => self.plane([none, *inner], dst, start),
            [outer, inner] => self.plane([*outer, *inner], dst, start),
            [first, rest @ ..] => {
                let (mut dst_at, mut src_at) = start;
                for _ in 0..first.len {
                    self.axes(rest, dst, (dst_at, src_at))?;
                    dst_at = dst_at.wrapping_add(first.dst);
                    src_at = src_at.wrapping_add(first.src);
                }
                Some(())
            }
        }
    }

    /// Copies two axes.
    fn plane(&self, plane: Plane, dst: &mut [u8], start: Start) -> Option<()> {
        let [outer, inner] = plane;
        let unit = isize::try_from(self.itemsize).ok()?;
        let writes_runs = inner.dst == self.itemsize || inner.len == 1;
        if writes_runs && (inner.src == unit || inner.len == 1) {
            return self.runs(outer, inner.len * self.itemsize, dst, start);
        }
        let tiles = writes_runs && outer.src == unit;
        if tiles && inner.src % SAME_SET == 0 {
            match self.itemsize {
                1 => return self.tiles::<1, 64>(plane, CROWDED_COLUMNS, dst, start),
                2 => return self.tiles::<2, 32>(plane, CROWDED_COLUMNS, dst, start),
                4 => return self.tiles::<4, 16>(plane, CROWDED_COLUMNS, dst, start),
                8 => return self.tiles::<8, 8>(plane, CROWDED_COLUMNS, dst, start),
                _ => {}
            }
        }
        match (self.itemsize, tiles) {
            (1, true) => self.tiles::<1, 16>(plane, COLUMNS, dst, start),
            (2, true) => self.tiles::<2, 8>(plane, COLUMNS, dst, start),
            (4, true) => self.tiles::<4, 4>(plane, COLUMNS, dst, start),
            (8, true) => self.tiles::<8, 4>(plane, COLUMNS, dst, start),
            (16, true) => self.tiles::<16, 4>(plane, COLUMNS, dst, start),
            (1, false) => self.items::<1>(plane, dst, start),
            (2, false) => self.items::<2>(plane, dst, start),
            (4, false) => self.items::<4>(plane, dst, start),
            (8, false) => self.items::<8>(plane, dst, start),
            (16, false) => self.items::<16>(plane, dst, start),
            _ => self.any_items(plane, dst, start),
        }
    }

    fn runs(&self, outer: Axis, len: usize, dst: &mut [u8], (dst_at, src_at): Start) -> Option<()> {
        for row in 0..outer.len {
            let from = at(src_at, row, outer.src)?;
            let to = dst_at + row * outer.dst;
            let run = dst.get_mut(to..to.checked_add(len)?)?;
            run.copy_from_slice(self.src.get(from..from.checked_add(len)?)?);
            self.swap.apply(run);
        }
        Some(())
    }

    /// The source is contiguous along `outer`, the destination along `inner`: squares of `T` times `T` items, which
    /// have room in the vector registers, are read along the one and written along the other.
    fn tiles<const N: usize, const T: usize>(
        &self,
        [outer, inner]: Plane,
        columns: usize,
        dst: &mut [u8],
        (dst_at, src_at): Start,
    ) -> Option<()> {
        let (whole_outer, whole_inner) = (outer.len / T * T, inner.len / T * T);
        let tile_step = inner.src.checked_mul(isize::try_from(T).ok()?)?;
        for block in (0..whole_inner).step_by(columns) {
            let end = whole_inner.min(block + columns);
            for row in (0..whole_outer).step_by(T) {
                let mut from = at(src_at, block, inner.src)? + row * N;
                let mut to = dst_at + row * outer.dst + block * N;
                for _ in (block..end).step_by(T) {
                    self.tile::<N, T>(outer.dst, inner.src, dst, to, from)?;
                    // Steps wrap where a next tile would lie outside; a tile that lies there is refused.
                    from = from.wrapping_add_signed(tile_step);
                    to += N * T;
                }
            }
        }
        // What is left: a strip on the right over all rows, and a strip below the whole tiles.
        let right = Axis { len: inner.len - whole_inner, ..inner };
        let below = Axis { len: outer.len - whole_outer, ..outer };
        let src_right = src_at.checked_add(isize::try_from(whole_inner).ok()?.checked_mul(inner.src)?)?;
        let src_below = src_at.checked_add(isize::try_from(whole_outer * N).ok()?)?;
        let dst_below = dst_at + whole_outer * outer.dst;
        if right.len > 0 {
            self.items::<N>([outer, right], dst, (dst_at + whole_inner * N, src_right))?;
        }
        self.items::<N>([below, Axis { len: whole_inner, ..inner }], dst, (dst_below, src_below))
    }

    #[inline(always)]
    fn tile<const N: usize, const T: usize>(
        &self,
        dst_stride: usize,
        src_stride: isize,
        dst: &mut [u8],
        dst_at: usize,
        src_at: usize,
    ) -> Option<()> {
        let mut lines = [[[0u8; N]; T]; T];
        let mut from = src_at;
        for line in &mut lines {
            line.as_flattened_mut().copy_from_slice(self.src.get(from..from.wrapping_add(N * T))?);
            from = from.wrapping_add_signed(src_stride);
        }
        let mut tile = turned(&lines);
        if self.swaps {
            self.swap.apply(tile.as_flattened_mut().as_flattened_mut());
        }
        for (next, lane) in tile.iter().enumerate() {
            let to = dst_at + next * dst_stride;
            dst.get_mut(to..to + N * T)?.copy_from_slice(lane.as_flattened());
        }
        Some(())
    }

    fn items<const N: usize>(&self, plane: Plane, dst: &mut [u8], start: Start) -> Option<()> {
        let ([outer, inner], (dst_at, src_at)) = (plane, start);
        for row in 0..outer.len {
            let mut to = dst_at + row * outer.dst;
            let mut from = at(src_at, row, outer.src)?;
            for column in 0..inner.len {
                let item = dst.get_mut(to..to + N)?;
                item.copy_from_slice(self.src.get(from..from + N)?);
                self.swap.apply(item);
                if column + 1 < inner.len {
                    to += inner.dst;
                    from = from.checked_add_signed(inner.src)?;
                }
            }
        }
        Some(())
    }

    fn any_items(&self, plane: Plane, dst: &mut [u8], start: Start) -> Option<()> {
        let ([outer, inner], (dst_at, src_at)) = (plane, start);
        for row in 0..outer.len {
            let row_at = src_at.checked_add(isize::try_from(row).ok()?.checked_mul(outer.src)?)?;
            for column in 0..inner.len {
                let from = at(row_at, column, inner.src)?;
                let to = dst_at + row * outer.dst + column * inner.dst;
                let item = dst.get_mut(to..to + self.itemsize)?;
                item.copy_from_slice(self.src.get(from..from + self.itemsize)?);
                self.swap.apply(item);
            }
        }
        Some(())
    }
}

/// A square with rows and columns exchanged. The sizes are known, so it compiles to shuffles in registers.
#[inline(always)]
fn turned<const N: usize, const T: usize>(lines: &[[[u8; N]; T]; T]) -> [[[u8; N]; T]; T] {
    let mut tile = [[[0u8; N]; T]; T];
    for row in 0..T {
        for column in 0..T {
            tile[row][column] = lines[column][row];
        }
    }
    tile
}

/// Byte `start + step * stride`, if there is one.
fn at(start: isize, step: usize, stride: isize) -> Option<usize> {
    usize::try_from(start.checked_add(isize::try_from(step).ok()?.checked_mul(stride)?)?).ok()
}

#[cfg(test)]
#[allow(clippy::cast_possible_truncation, clippy::cast_precision_loss, reason = "small numbers")]
mod tests {
    use super::*;
    use crate::{Order, Slice};

    /// Copies item by item through `Layout::position`, which shares no code with the planned copy.
    fn naive(dst_layout: &Layout, src: &[u8], src_layout: &Layout, itemsize: usize, len: usize) -> Vec<u8> {
        let mut dst = vec![0; len];
        let mut index = vec![0; src_layout.ndim()];
        for mut count in 0..src_layout.len() {
            for (slot, dim) in index.iter_mut().zip(src_layout.shape()).rev() {
                (*slot, count) = (count % dim, count / dim);
            }
            let (to, from) = (dst_layout.position(&index).unwrap(), src_layout.position(&index).unwrap());
            dst[to..to + itemsize].copy_from_slice(&src[from..from + itemsize]);
        }
        dst
    }

    fn check(shape: &[usize], itemsize: usize, slice: &str, axes: &[usize], order: Order) {
        let base = Layout::contiguous(shape, itemsize, Order::C).unwrap();
        let src: Vec<u8> = (0..base.len() * itemsize).map(|byte| (byte * 7 + byte / 251) as u8).collect();
        let slice: Slice = slice.parse().unwrap();
        let src_layout = base.sliced(&slice).unwrap().permuted(axes).unwrap();
        let dst_layout = Layout::contiguous(src_layout.shape(), itemsize, order).unwrap();
        let len = src_layout.len() * itemsize;
        let mut dst = vec![0; len];
        copy_items(&mut dst, &dst_layout, &src, &src_layout, itemsize, &Swap::Nothing).unwrap();
        assert!(
            dst == naive(&dst_layout, &src, &src_layout, itemsize, len),
            "{shape:?} {slice} {axes:?} {order}"
        );
    }

    #[test]
    fn every_kernel_agrees_with_the_naive_copy() {
        for itemsize in [1, 2, 3, 4, 8, 12, 16, 20] {
            for order in [Order::C, Order::F] {
                check(&[70, 67], itemsize, ":, :", &[1, 0], order);
                check(&[70, 67], itemsize, "::-1, ::2", &[0, 1], order);
                check(&[70, 67], itemsize, "1:, ::-3", &[1, 0], order);
                check(&[5, 33, 17], itemsize, ":, :, :", &[2, 0, 1], order);
                check(&[5, 33, 17], itemsize, "::2, ::-1, 1:16", &[1, 2, 0], order);
                check(&[3, 4, 5, 6], itemsize, ":", &[3, 1, 0, 2], order);
                check(&[7], itemsize, "::-1", &[0], order);
                check(&[64, 32], itemsize, "::-1, :", &[1, 0], order);
                check(&[64, 32], itemsize, ":, ::-1", &[1, 0], order);
                check(&[1024, 70], itemsize, "::-1, :", &[1, 0], order);
                check(&[70, 4096], itemsize, ":, :", &[1, 0], order);
                check(&[1, 1], itemsize, ":", &[0, 1], order);
            }
        }
    }

    #[test]
    fn halves_meet() {
        check(&[1000, 1100], 4, ":, :", &[1, 0], Order::C);
        check(&[3, 700, 800], 4, "::-1, :, :", &[2, 1, 0], Order::C);
        check(&[1_500_000], 4, "::-2", &[0], Order::C);
    }

    #[test]
    fn swaps_on_the_way() {
        let layout = Layout::contiguous(&[40, 40], 2, Order::C).unwrap();
        let src: Vec<u8> = (0..3200u32).map(|byte| (byte % 256) as u8).collect();
        let mut dst = vec![0; 3200];
        copy_items(&mut dst, &layout.transposed(), &src, &layout.transposed(), 2, &Swap::Units(2)).unwrap();
        let expected: Vec<u8> = src.chunks(2).flat_map(|pair| [pair[1], pair[0]]).collect();
        assert_eq!(dst, expected);
    }
}
