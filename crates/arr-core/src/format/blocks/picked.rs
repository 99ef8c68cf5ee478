//! Slices of arrays that are read block by block.

use super::{Along, Block, Blocks, Place};
use crate::{Array, Error, Layout, Order, Result, Slice, SliceItem};

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
        let blocks = || Box::new(InMemory::new(array.clone(), Order::C, 100));
        for text in ["::-1", "7", "0, 0, 0, 0"] {
            assert!(PickedBlocks::new(blocks(), array.shape(), &text.parse().unwrap()).is_err(), "{text}");
        }
    }
}
