//! Arrays block by block: how an array is cut, and where a block lies.

mod picked;

pub use self::picked::PickedBlocks;
pub(crate) use self::picked::gather;
use super::part::{PartInfo, Selection};
use super::protocol::Reader;
use crate::{Array, Order, Result, Slice, SliceItem};

/// The usual size of a block in bytes: its items stay near the processor, and a read of them is long.
pub const BLOCK: usize = 16 << 20;

/// The size of a block whose items lie in the file in another order than they are wanted: a block is collected from all
/// over the file, and the larger it is, the longer are the runs that are read. It is in memory twice: as it lies there, and
/// as it is wanted.
pub const SCATTERED_BLOCK: usize = 18 << 20;

/// A part of an array that is read block by block.
#[derive(Clone, Debug)]
pub struct Block {
    /// The items.
    pub array: Array,
    /// Where they are in the whole array.
    pub place: Place,
}

/// Hands on an array block by block.
pub trait Blocks: Send {
    /// The next block; `None` after the last one, when the part is known to be whole.
    ///
    /// # Errors
    /// What the format finds. After an error there are no more blocks.
    fn next_block(&mut self) -> Result<Option<Block>>;
}

/// Where a block is in its array.
#[derive(Clone, Debug)]
pub struct Place(Vec<Along>);

/// What a block has of one axis.
#[derive(Clone, Copy, Debug)]
enum Along {
    Whole,
    /// From one index to another.
    Part(usize, usize),
    /// One item; the block has no such axis.
    At(usize),
}

impl Place {
    /// All of an array of so many dimensions.
    #[must_use]
    pub fn whole(rank: usize) -> Self {
        Self(vec![Along::Whole; rank])
    }

    /// With so many more axes behind the others, all of each.
    #[must_use]
    pub fn with_whole_axes(mut self, count: usize) -> Self {
        self.0.resize(self.0.len() + count, Along::Whole);
        self
    }

    /// The part of the array that the block is.
    #[must_use]
    pub fn slice(&self) -> Slice {
        let item = |along: &Along| match *along {
            Along::Whole => SliceItem::ALL,
            Along::Part(start, end) => SliceItem::from(start..end),
            Along::At(index) => SliceItem::from(index),
        };
        Slice::from(self.0.iter().map(item).collect::<Vec<_>>())
    }

    /// The index in the array of an item of the block: of the first one along axes that `inner` does not name.
    ///
    /// ```
    /// use arr_core::format::Cutter;
    /// use arr_core::Order;
    /// let mut cutter = Cutter::new(&[4, 2], 8, Order::C, 32);
    /// cutter.next();
    /// let second = cutter.next().ok_or("two blocks")?;
    /// assert_eq!(second.index(&[1, 0]), [3, 0]);
    /// # Ok::<(), &str>(())
    /// ```
    #[must_use]
    pub fn index(&self, inner: &[usize]) -> Vec<usize> {
        let mut inner = inner.iter().copied();
        let place = |along: &Along| match along {
            Along::At(index) => *index,
            Along::Part(start, _) => start + inner.next().unwrap_or(0),
            Along::Whole => inner.next().unwrap_or(0),
        };
        self.0.iter().map(place).collect()
    }
}

/// Cuts an array into blocks whose items follow one another in an order. An array without items is one block.
#[derive(Clone, Debug)]
pub struct Cutter {
    shape: Vec<usize>,
    itemsize: usize,
    order: Order,
    most: usize,
    /// Items before the next block, counted in the order.
    at: usize,
}

impl Cutter {
    /// Cuts an array of that shape into blocks of at most `most` bytes, or one item.
    #[must_use]
    pub fn new(shape: &[usize], itemsize: usize, order: Order, most: usize) -> Self {
        Self { shape: shape.to_vec(), itemsize, order, most, at: 0 }
    }

    /// The order in which blocks follow one another.
    #[must_use]
    pub fn order(&self) -> Order {
        self.order
    }
}

impl Iterator for Cutter {
    type Item = Place;

    fn next(&mut self) -> Option<Place> {
        let items: usize = self.shape.iter().product();
        let mut place = Place::whole(self.shape.len());
        if items == 0 {
            let is_first = std::mem::replace(&mut self.at, 1) == 0;
            return is_first.then_some(place);
        }
        if self.at >= items {
            return None;
        }
        // From the slowest axis to the fastest.
        let mut axes: Vec<_> = self.shape.iter().zip(&mut place.0).collect();
        if self.order == Order::F {
            axes.reverse();
        }
        let (mut inner, mut rest, mut taken) = (items, self.at, items);
        for (dim, along) in axes {
            inner /= dim;
            let index = rest / inner;
            rest %= inner;
            let room = self.most / self.itemsize.max(1) / inner;
            if room >= 1 || inner == 1 {
                // Nothing left is after: blocks end where indices of this axis do.
                let end = index.saturating_add(room.max(1)).min(*dim);
                *along = Along::Part(index, end);
                taken = (end - index) * inner;
                break;
            }
            *along = Along::At(index);
        }
        self.at += taken;
        Some(place)
    }
}

/// The blocks of an array that is in memory; nothing is copied.
#[derive(Debug)]
pub struct InMemory {
    array: Array,
    cutter: Cutter,
}

impl InMemory {
    /// Cuts an array into blocks of about `size` bytes, or of one item, so that items follow one another in `order`. They
    /// are no larger than [`BLOCK`]: what is in memory has no long runs to be read at once.
    #[must_use]
    pub fn new(array: Array, order: Order, size: usize) -> Self {
        let cutter = Cutter::new(array.shape(), array.itemsize(), order, size.min(BLOCK));
        Self { array, cutter }
    }
}

impl Blocks for InMemory {
    fn next_block(&mut self) -> Result<Option<Block>> {
        let Some(place) = self.cutter.next() else { return Ok(None) };
        let layout = self.array.layout().sliced(&place.slice())?;
        let array = Array::new(self.array.dtype().clone(), layout, self.array.storage().clone())?;
        Ok(Some(Block { array, place }))
    }
}

/// The blocks of a part of a seekable file, each read as a slice.
pub struct SliceBlocks<'r> {
    reader: &'r mut dyn Reader,
    part: PartInfo,
    cutter: Cutter,
}

impl<'r> SliceBlocks<'r> {
    /// Reads the places that a cutter gives.
    pub fn new(reader: &'r mut dyn Reader, part: &PartInfo, cutter: Cutter) -> Self {
        Self { reader, part: part.clone(), cutter }
    }
}

impl Blocks for SliceBlocks<'_> {
    fn next_block(&mut self) -> Result<Option<Block>> {
        let Some(place) = self.cutter.next() else { return Ok(None) };
        let slice = place.slice();
        let array = self.reader.read(&self.part, Selection::Slice(&slice))?.into_array()?;
        Ok(Some(Block { array, place }))
    }
}

impl std::fmt::Debug for SliceBlocks<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "SliceBlocks({:?})", self.cutter)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blocks_follow_one_another() {
        for shape in
            [vec![], vec![0], vec![7], vec![3, 4], vec![1, 50], vec![5, 1, 3], vec![2, 3, 4, 5], vec![3, 0]]
        {
            let items: usize = shape.iter().product();
            let array = Array::from_vec((0u32..).take(items).collect(), &shape).unwrap();
            for order in [Order::C, Order::F] {
                let expected = array.to_contiguous(order).unwrap();
                for most in [1, 4, 8, 20, 48, 1000] {
                    let mut found = Vec::new();
                    for place in Cutter::new(&shape, 4, order, most) {
                        let part = array.slice(place.slice()).unwrap();
                        assert!(part.nbytes() <= most.max(4));
                        found.extend_from_slice(part.to_contiguous(order).unwrap().as_bytes(order).unwrap());
                        let last: Vec<usize> = part.shape().iter().map(|dim| dim.saturating_sub(1)).collect();
                        if items > 0 {
                            let index = place.index(&last);
                            assert_eq!(part.get::<u32>(&last).unwrap(), array.get::<u32>(&index).unwrap());
                        }
                    }
                    assert_eq!(found, expected.as_bytes(order).unwrap(), "{shape:?} {order:?} {most}");
                }
            }
        }
    }
}
