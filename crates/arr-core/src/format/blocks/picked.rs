//! Slices of arrays that are read block by block.

use super::{Along, Block, Blocks, Place};
use crate::{Array, DType, Error, Layout, Order, Result, Slice, SliceItem};

/// The blocks of a slice: what it takes of each block of the whole array, all of which is read.
pub struct PickedBlocks<'s> {
    blocks: Box<dyn Blocks + 's>,
    shape: Vec<usize>,
    picks: Vec<Pick>,
}

/// What is taken of an axis.
#[derive(Clone, Copy, Debug)]
enum Pick {
    Index(usize),
    Range { first: usize, count: usize, step: usize },
    NewAxis,
}

impl<'s> PickedBlocks<'s> {
    /// Takes a slice of an array of `shape`, whose blocks are `blocks`. Items keep their order, so steps are positive.
    ///
    /// # Errors
    /// `InvalidArgument` when the slice does not fit the shape, or has a negative step.
    pub fn new(blocks: Box<dyn Blocks + 's>, shape: &[usize], slice: &Slice) -> Result<Self> {
        // It names no more axes than there are.
        Layout::contiguous(shape, 1, Order::C)?.sliced(slice)?;
        let mut dims = shape.iter();
        let picks = slice.expanded(shape.len()).into_iter().map(|item| {
            if item == SliceItem::NewAxis {
                return Ok(Pick::NewAxis);
            }
            let axis = Layout::contiguous(dims.next().map_or(&[], std::slice::from_ref), 1, Order::C)?;
            let taken = axis.sliced(&Slice::from(vec![item]))?;
            let (first, step) = match item {
                SliceItem::Range { step, .. } => (taken.offset(), usize::try_from(step)),
                _ => return Ok(Pick::Index(taken.offset())),
            };
            let step = step.map_err(|_| Error::invalid("the step of a slice is negative"))?;
            Ok(Pick::Range { first, count: taken.len(), step })
        });
        Ok(Self { blocks, shape: shape.to_vec(), picks: picks.collect::<Result<_>>()? })
    }

    /// What is taken of a block at a place, and where that is in the slice; nothing when the block has none of it.
    fn pick(&self, place: &Place) -> Option<(Slice, Place)> {
        let (mut taken, mut at) = (Vec::new(), Vec::new());
        let mut axes = place.0.iter().zip(&self.shape);
        for pick in &self.picks {
            if matches!(pick, Pick::NewAxis) {
                taken.push(SliceItem::NewAxis);
                at.push(Along::Part(0, 1));
                continue;
            }
            let (along, dim) = axes.next()?;
            let (from, to, is_one) = match *along {
                Along::At(index) => (index, index + 1, true),
                Along::Part(from, to) => (from, to, false),
                Along::Whole => (0, *dim, false),
            };
            match *pick {
                Pick::Range { first, count, step } => {
                    let before = |place: usize| place.saturating_sub(first).div_ceil(step).min(count);
                    let (begin, end) = (before(from), before(to));
                    let last = end.checked_sub(1).filter(|last| begin <= *last)?;
                    at.push(if is_one { Along::At(begin) } else { Along::Part(begin, end) });
                    if !is_one {
                        let inner = |index: usize| isize::try_from(first + index * step - from).ok();
                        let (start, stop) = (inner(begin), Some(inner(last)? + 1));
                        taken.push(SliceItem::Range { start, stop, step: isize::try_from(step).ok()? });
                    }
                }
                Pick::Index(index) if !(from..to).contains(&index) => return None,
                Pick::Index(index) if !is_one => taken.push(SliceItem::from(index - from)),
                _ => {}
            }
        }
        Some((Slice::from(taken), Place(at)))
    }
}

impl Blocks for PickedBlocks<'_> {
    fn next_block(&mut self) -> Result<Option<Block>> {
        while let Some(Block { array, place }) = self.blocks.next_block()? {
            if let Some((slice, place)) = self.pick(&place) {
                let layout = array.layout().sliced(&slice)?;
                let array = Array::new(array.dtype().clone(), layout, array.storage().clone())?;
                return Ok(Some(Block { array, place }));
            }
        }
        Ok(None)
    }
}

/// Collects a slice of an array of `shape` from the blocks of the whole array, all of which are read. `dtype` is that of a
/// slice without items.
///
/// # Errors
/// `InvalidArgument` when the slice does not fit the shape; otherwise as the blocks.
pub(crate) fn gather<'s>(
    blocks: Box<dyn Blocks + 's>,
    dtype: &DType,
    shape: &[usize],
    slice: &Slice,
    order: Order,
) -> Result<Array> {
    let taken = Layout::contiguous(shape, 1, Order::C)?.sliced(slice)?;
    let (forward, turned) = forward(shape, slice)?;
    let mut found = None;
    let mut picked = PickedBlocks::new(blocks, shape, &forward)?;
    while let Some(Block { array, place }) = picked.next_block()? {
        let found = match &mut found {
            Some(found) => found,
            none => none.insert(Array::zeros(array.dtype().clone(), taken.shape())?),
        };
        found.slice_mut(place.slice())?.assign(&array)?;
    }
    let found = match found {
        Some(found) => found,
        None => Array::zeros(dtype.clone(), taken.shape())?,
    };
    found.freeze().slice(&turned)?.to_contiguous(order)
}

/// A slice with the same items, all of whose steps are positive, and the one that turns its axes round.
fn forward(shape: &[usize], slice: &Slice) -> Result<(Slice, Slice)> {
    let (mut forward, mut turned) = (Vec::new(), Vec::new());
    let mut dims = shape.iter();
    for item in slice.expanded(shape.len()) {
        let dim = if item == SliceItem::NewAxis { None } else { dims.next() };
        let (SliceItem::Range { step: step @ ..0, .. }, Some(dim)) = (item, dim) else {
            forward.push(item);
            if !matches!(item, SliceItem::Index(_)) {
                turned.push(SliceItem::ALL);
            }
            continue;
        };
        let axis = Layout::contiguous(&[*dim], 1, Order::C)?.sliced(&Slice::from(vec![item]))?;
        let index = |index: usize| isize::try_from(index).map_err(|_| Error::limit("an axis is too long"));
        let back = axis.len().saturating_sub(1).saturating_mul(step.unsigned_abs());
        let (last, first) = (axis.offset(), axis.offset().saturating_sub(back));
        let end = if axis.is_empty() { first } else { last.saturating_add(1) };
        // The only one without a positive twin takes one item of an axis, as the largest does.
        let step = step.checked_neg().unwrap_or(isize::MAX);
        forward.push(SliceItem::Range { start: Some(index(first)?), stop: Some(index(end)?), step });
        turned.push(SliceItem::Range { start: None, stop: None, step: -1 });
    }
    Ok((Slice::from(forward), Slice::from(turned)))
}

impl std::fmt::Debug for PickedBlocks<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "PickedBlocks({:?})", self.picks)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::format::InMemory;

    #[test]
    fn what_is_picked_is_the_slice() {
        let array = Array::from_vec((0..7 * 5 * 6).collect::<Vec<i16>>(), &[7, 5, 6]).unwrap();
        for text in
            ["", "1:", "::3, 1:4:2", "..., 1::4", "2, None, :, 1:5:2", ":, -1", "6:, 4:, 5:", "0, 0, 0"]
        {
            let slice: Slice = text.parse().unwrap();
            let wanted = array.slice(&slice).unwrap();
            for (order, size) in
                [(Order::C, 2), (Order::F, 4), (Order::C, 30), (Order::F, 31), (Order::C, 1000)]
            {
                let blocks = Box::new(InMemory::new(array.clone(), order, size));
                let mut blocks = PickedBlocks::new(blocks, array.shape(), &slice).unwrap();
                let mut items = Vec::new();
                while let Some(block) = blocks.next_block().unwrap() {
                    assert_eq!(
                        block.array.shape(),
                        wanted.slice(block.place.slice()).unwrap().shape(),
                        "{text}"
                    );
                    items.extend_from_slice(
                        block.array.to_contiguous(order).unwrap().as_bytes(order).unwrap(),
                    );
                }
                let expected = wanted.to_contiguous(order).unwrap();
                assert_eq!(items, expected.as_bytes(order).unwrap(), "{text} {order:?} {size}");
            }
        }
        for text in ["", "::-1", "1:, ::-2", "..., 4:1:-3", "-2, None, 5:2", "2::-1, 3, ::-5", ":, 3:1, ::-1"]
        {
            let slice: Slice = text.parse().unwrap();
            let wanted = array.slice(&slice).unwrap();
            for (order, size) in [(Order::C, 2), (Order::F, 31), (Order::C, 1000)] {
                let blocks = Box::new(InMemory::new(array.clone(), order, size));
                let found = gather(blocks, array.dtype(), array.shape(), &slice, order).unwrap();
                assert_eq!(found.shape(), wanted.shape(), "{text}");
                assert_eq!(found.to_vec::<i16>().unwrap(), wanted.to_vec::<i16>().unwrap(), "{text}");
                assert!(found.as_bytes(order).is_some(), "{text} {order:?}");
            }
        }
        let blocks = || Box::new(InMemory::new(array.clone(), Order::C, 100));
        for text in ["::-1", "7", "0, 0, 0, 0"] {
            assert!(PickedBlocks::new(blocks(), array.shape(), &text.parse().unwrap()).is_err(), "{text}");
        }
    }
}
