//! Slices and other shapes of arrays that are too large to be held.

use std::io::{Seek, Write};

use arr_core::format::{
    BLOCK, Block, Blocks, Content, Cutter, Description, Part, PartInfo, PickedBlocks, SCATTERED_BLOCK, is_in,
};
use arr_core::{Array, Contiguity, DType, Error, Input, Layout, Order, Result, Slice, SliceItem};

use super::names::is_stored;
use crate::{Data, LARGE, Parts};

impl Parts<'_> {
    /// A slice of the array of a part in the form in which it is best processed: [`data`](Self::data) of it. What is said of a
    /// large one is its shape, and how the items of the whole array lie.
    ///
    /// # Errors
    /// As [`read_slice`](Self::read_slice).
    pub fn slice_data(&mut self, part: &PartInfo, slice: &Slice) -> Result<Data> {
        sliced(self, part, slice)
    }

    /// The blocks of an array, or of a slice of it, and the order in which their items follow one another: the one in which
    /// they are best read. `what` is what [`data`](Self::data) or [`slice_data`](Self::slice_data) says of a large one.
    ///
    /// ```
    /// # let folder = tempfile::tempdir()?;
    /// # let path = folder.path().join("x.npy");
    /// # arr_io::save(&path, &arr_io::Array::from_vec(vec![1i32, 2, 3, 4, 5, 6], &[2, 3])?)?;
    /// let mut parts = arr_io::parts(&path)?;
    /// let part = parts.only()?;
    /// let slice = "..., 1".parse()?;
    /// let mut what = parts.describe(&part)?.into_array().ok_or("an array")?;
    /// what.shape = vec![2];
    /// let (mut blocks, _) = parts.stored_blocks(&part, Some(&slice), &what)?;
    /// let block = blocks.next_block()?.ok_or("a block")?;
    /// assert_eq!(block.array.to_vec::<i32>()?, [2, 5]);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// As [`blocks`](Self::blocks) and [`read_slice`](Self::read_slice).
    pub fn stored_blocks<'s>(
        &'s mut self,
        part: &'s PartInfo,
        slice: Option<&'s Slice>,
        what: &Description,
    ) -> Result<(Box<dyn Blocks + 's>, Order)> {
        blocks(self, part, slice, what, own_order(what))
    }
}

/// A slice of a part as it is best worked on. A large one is not read yet; what is said of it is its shape, and how the
/// items of the whole array lie.
pub(super) fn sliced(parts: &mut Parts<'_>, part: &PartInfo, slice: &Slice) -> Result<Data> {
    if parts.is_seekable() {
        if let Content::Array(mut what) = parts.describe(part)? {
            let has_items = what.dtype != DType::Utf8 && !what.dtype.has_references();
            if has_items && what.nbytes() > LARGE && (is_plain(part, &what) || is_forward(slice)) {
                let whole = Layout::contiguous(&what.shape, what.dtype.itemsize(), Order::C)?;
                what.shape = whole.sliced(slice)?.shape().to_vec();
                if what.nbytes() > LARGE {
                    return Ok(Data::Large(what));
                }
            }
        }
    }
    match parts.read_slice(part, slice)? {
        Part::Bytes(bytes) => Ok(Data::Bytes(bytes)),
        part => part.into_array().map(Data::Array),
    }
}

/// True when any slice of an array can be read without the rest of it.
fn is_plain(part: &PartInfo, what: &Description) -> bool {
    let is_packed = what.is_packed || !part.member.as_ref().is_none_or(is_stored);
    !is_packed && what.order != Contiguity::Strided && what.data_len == Some(what.nbytes())
}

/// True when the items of a slice follow one another as in the whole array.
fn is_forward(slice: &Slice) -> bool {
    slice.items().iter().all(|item| !matches!(item, SliceItem::Range { step: ..0, .. }))
}

/// The blocks of a part, or of a slice of it, and the order in which their items follow one another: the one that is
/// wanted, unless all of the array would have to be held for that. `what` is what is said of the slice.
pub(super) fn blocks<'s>(
    parts: &'s mut Parts<'_>,
    part: &'s PartInfo,
    slice: Option<&'s Slice>,
    what: &Description,
    wanted: Order,
) -> Result<(Box<dyn Blocks + 's>, Order)> {
    let described = match slice.map(|_| parts.describe(part)).transpose()? {
        Some(Content::Array(whole)) => Some(whole),
        Some(_) => return Err(Error::invalid("it is not an array")),
        None => None,
    };
    let whole = described.as_ref().unwrap_or(what);
    let is_plain = is_plain(part, whole);
    let order = if is_plain || is_line(&whole.shape) { wanted } else { own_order(whole) };
    let Some(slice) = slice else { return Ok((parts.blocks(part, order)?, order)) };
    let shape = whole.shape.clone();
    if !is_plain {
        let picked = PickedBlocks::new(parts.blocks(part, order)?, &shape, slice)?;
        return Ok((Box::new(picked), order));
    }
    let size = if is_in(order, what.order, &what.shape) { BLOCK } else { SCATTERED_BLOCK };
    let cutter = Cutter::new(&what.shape, what.dtype.itemsize(), order, size);
    Ok((Box::new(Sliced { parts, part, slice, shape, cutter }), order))
}

/// The order in which the items of an array are best read.
pub(super) fn own_order(what: &Description) -> Order {
    if what.order == Contiguity::F { Order::F } else { Order::C }
}

/// True when the items follow one another in both orders alike.
pub(super) fn is_line(shape: &[usize]) -> bool {
    shape.iter().filter(|dim| **dim != 1).count() < 2
}

/// The blocks of a slice, each read as a slice of the whole array.
struct Sliced<'s, 'a> {
    parts: &'s mut Parts<'a>,
    part: &'s PartInfo,
    slice: &'s Slice,
    /// The shape of the whole array.
    shape: Vec<usize>,
    cutter: Cutter,
}

impl Blocks for Sliced<'_, '_> {
    fn next_block(&mut self) -> Result<Option<Block>> {
        let Some(place) = self.cutter.next() else { return Ok(None) };
        let slice = self.slice.then(&self.shape, &place.slice())?;
        Ok(Some(Block { array: self.parts.read_slice(self.part, &slice)?.into_array()?, place }))
    }
}

/// Items that were put into an unlinked file in one order, to be read in the other.
struct Aside {
    input: Input<'static>,
    dtype: DType,
    layout: Layout,
    cutter: Cutter,
}

/// The blocks of an array of `shape` whose items follow one another in the order `to`, of those in which they do in the
/// order `from`.
pub(super) fn turned<'s>(
    mut blocks: Box<dyn Blocks + 's>,
    dtype: &DType,
    shape: &[usize],
    from: Order,
    to: Order,
) -> Result<Box<dyn Blocks + 's>> {
    if from == to || is_line(shape) {
        return Ok(blocks);
    }
    let failed = |source| Error::io("can't write a temporary file", source);
    let mut file = tempfile::tempfile().map_err(failed)?;
    while let Some(block) = blocks.next_block()? {
        with_items(&block.array, from, |items| file.write_all(items).map_err(failed))?;
    }
    file.rewind().map_err(failed)?;
    let layout = Layout::contiguous(shape, dtype.itemsize(), from)?;
    let cutter = Cutter::new(shape, dtype.itemsize(), to, SCATTERED_BLOCK);
    Ok(Box::new(Aside { input: Input::from_file(file)?, dtype: dtype.clone(), layout, cutter }))
}

impl Blocks for Aside {
    fn next_block(&mut self) -> Result<Option<Block>> {
        let Some(place) = self.cutter.next() else { return Ok(None) };
        let layout = self.layout.sliced(&place.slice())?;
        let array = Array::fetch(&self.dtype, &layout, self.cutter.order(), None, |bytes, at| {
            self.input.read_exact_at(bytes, at, "temporary file")
        })?;
        Ok(Some(Block { array, place }))
    }
}

/// Hands on the bytes of all items, one after another in `order`.
pub(super) fn with_items(array: &Array, order: Order, take: impl FnOnce(&[u8]) -> Result<()>) -> Result<()> {
    if let Some(items) = array.as_bytes(order) {
        return take(items);
    }
    let array = array.to_contiguous(order)?;
    take(array.as_bytes(order).ok_or_else(|| Error::mismatch("a block has gaps"))?)
}

/// The shape that items get: one dimension of -1 is as long as it has to be.
pub(super) fn reshaped(from: &[usize], to: &[isize]) -> Result<Vec<usize>> {
    let times = |items: usize, dim: usize| items.checked_mul(dim);
    let fixed = to.iter().filter_map(|dim| usize::try_from(*dim).ok()).try_fold(1, times);
    let free = to.iter().filter(|dim| **dim < 0).count();
    let shape = from.iter().copied().try_fold(1, times).zip(fixed).and_then(|(items, fixed)| {
        let rest = if free == 0 { Some(1) } else { items.checked_div(fixed).filter(|_| free == 1) };
        let rest = rest.filter(|rest| fixed.checked_mul(*rest) == Some(items))?;
        to.iter().map(|dim| if *dim == -1 { Some(rest) } else { usize::try_from(*dim).ok() }).collect()
    });
    shape.ok_or_else(|| Error::invalid(format!("an array of shape {from:?} can't take the shape {to:?}")))
}

#[cfg(test)]
mod tests {
    use arr_core::format::InMemory;

    use super::*;

    #[cfg(feature = "npy")]
    #[test]
    fn blocks_of_slices_and_other_shapes_are_the_items() {
        fn items_of(blocks: &mut dyn Blocks, order: Order) -> Vec<u8> {
            let mut items = Vec::new();
            while let Some(block) = blocks.next_block().unwrap() {
                items.extend_from_slice(block.array.to_contiguous(order).unwrap().as_bytes(order).unwrap());
            }
            items
        }
        let array = Array::from_vec((0..7 * 5 * 6).collect::<Vec<i16>>(), &[7, 5, 6]).unwrap();
        let mut file = Vec::new();
        arr_npy::write_to(&mut file, &array).unwrap();
        let mut parts = crate::OpenOptions::new().parts_of(Input::from_bytes(&file), None).unwrap();
        let part = parts.only().unwrap();
        for text in ["1:", "::-2, 1:4", "..., ::-1", "2, None, :, 1:5:2"] {
            let slice: Slice = text.parse().unwrap();
            let wanted = array.slice(&slice).unwrap();
            for (order, size) in [(Order::C, 8), (Order::F, 8), (Order::C, 60), (Order::F, 1000)] {
                let cutter = Cutter::new(wanted.shape(), 2, order, size);
                let (parts, part, slice) = (&mut parts, &part, &slice);
                let mut blocks = Sliced { parts, part, slice, shape: vec![7, 5, 6], cutter };
                let expected = wanted.to_contiguous(order).unwrap();
                assert_eq!(
                    items_of(&mut blocks, order),
                    expected.as_bytes(order).unwrap(),
                    "{text} {order:?} {size}"
                );
            }
        }
        let other = Array::from_vec(array.to_vec::<i16>().unwrap(), &[14, 15]).unwrap();
        for (from, to) in [(Order::C, Order::F), (Order::F, Order::C), (Order::F, Order::F)] {
            let blocks = Box::new(InMemory::new(other.to_contiguous(from).unwrap(), from, 20));
            let mut blocks = turned(blocks, other.dtype(), &[14, 15], from, to).unwrap();
            let expected = other.to_contiguous(to).unwrap();
            assert_eq!(items_of(blocks.as_mut(), to), expected.as_bytes(to).unwrap());
        }
    }

    #[test]
    fn one_dimension_is_free() {
        for (from, to, shape) in [
            (&[2, 6][..], &[-1][..], Some(vec![12])),
            (&[2, 6], &[3, -1], Some(vec![3, 4])),
            (&[2, 6], &[-1, 12, 1], Some(vec![1, 12, 1])),
            (&[], &[1, -1], Some(vec![1, 1])),
            (&[0, 3], &[-1, 3], Some(vec![0, 3])),
            (&[0, 3], &[-1, 0], None),
            (&[2, 6], &[-1, 5], None),
            (&[2, 6], &[-1, -1], None),
            (&[2, 6], &[-2, -6], None),
            (&[2, 6], &[-2], None),
        ] {
            assert_eq!(reshaped(from, to).ok(), shape, "{from:?} {to:?}");
        }
    }
}
