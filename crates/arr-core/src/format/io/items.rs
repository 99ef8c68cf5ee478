//! Writing the items of arrays.

use crate::{ArrayView, BufferMut, Error, Order, Output, Result, Slice, SliceItem, Swap};

/// Items that do not lie as they are written are gathered in pieces of about this many bytes.
const PIECE: usize = 4 << 20;

impl Output<'_> {
    /// Writes the items of an array in `order`, swapped, without a copy of the whole.
    ///
    /// # Errors
    /// As [`write`](Self::write); `LimitExceeded` when memory for a piece is short, `Unsupported` for strings of any
    /// length, which have no bytes of their own.
    pub fn write_items(&mut self, array: &ArrayView<'_>, order: Order, swap: &Swap) -> Result<()> {
        if let Some(bytes) = array.as_bytes(order) {
            return self.write_swapped(bytes, array.itemsize(), swap);
        }
        let rows = if order == Order::F { array.transpose() } else { array.view() };
        let mut piece = BufferMut::zeroed(PIECE.min(array.nbytes()).max(array.itemsize()))?;
        write_gathered(&rows, swap, &mut piece, self)
    }

    /// Writes items of `itemsize` bytes, swapped piece by piece.
    fn write_swapped(&mut self, bytes: &[u8], itemsize: usize, swap: &Swap) -> Result<()> {
        if *swap == Swap::Nothing {
            return self.write(bytes);
        }
        let len = SWAPPED_PIECE.checked_div(itemsize).map_or(SWAPPED_PIECE, |items| items.max(1) * itemsize);
        self.write_pieces(bytes.len().div_ceil(len), bytes.len(), |number, piece| {
            let start = number.saturating_mul(len);
            let from = bytes.get(start..bytes.len().min(start.saturating_add(len))).unwrap_or_default();
            piece.clear();
            piece
                .try_reserve_exact(from.len())
                .map_err(|source| Error::limit("no memory for a piece").with_source(source))?;
            piece.extend_from_slice(from);
            swap.apply(piece);
            Ok(())
        })
    }

    /// Writes pieces that `make` makes, given their number. When they have many bytes in all, another thread makes one
    /// piece while the one before it is written.
    pub(crate) fn write_pieces(
        &mut self,
        count: usize,
        len: usize,
        make: impl Fn(usize, &mut Vec<u8>) -> Result<()> + Sync,
    ) -> Result<()> {
        let (mut ready, mut next) = (Vec::new(), Vec::new());
        let is_for_two = is_for_two(len);
        for number in 0..=count {
            let mut made = Ok(());
            if number > 0 && number < count && is_for_two {
                meanwhile(|| made = make(number, &mut next), || self.write(&ready))?;
            } else {
                if number > 0 {
                    self.write(&ready)?;
                }
                if number < count {
                    made = make(number, &mut next);
                }
            }
            made?;
            std::mem::swap(&mut ready, &mut next);
        }
        Ok(())
    }
}

/// Writes items in C order, as many rows at a time as fit into `piece`.
fn write_gathered(
    array: &ArrayView<'_>,
    swap: &Swap,
    piece: &mut BufferMut,
    output: &mut Output<'_>,
) -> Result<()> {
    let room = piece.as_slice().len();
    if array.is_empty() || array.itemsize() == 0 {
        return Ok(());
    }
    if array.nbytes() <= room {
        let bytes = piece.as_mut_slice().get_mut(..array.nbytes()).unwrap_or_default();
        array.copy_to(bytes, Order::C)?;
        swap.apply(bytes);
        return output.write(bytes);
    }
    let rows = array.shape().first().copied().unwrap_or(1);
    let at_once = room.checked_div(array.nbytes() / rows.max(1)).unwrap_or(0).max(1);
    let mut row = 0;
    while row < rows {
        let end = row.saturating_add(at_once).min(rows);
        let bound = |row: usize| isize::try_from(row).ok();
        let item = match at_once {
            1 => SliceItem::Index(bound(row).unwrap_or(isize::MAX)),
            _ => SliceItem::Range { start: bound(row), stop: bound(end), step: 1 },
        };
        write_gathered(&array.slice(Slice::from(vec![item]))?, swap, piece, output)?;
        row = end;
    }
    Ok(())
}

/// Items are swapped in pieces that stay in the cache until they are written.
const SWAPPED_PIECE: usize = 512 << 10;

/// Fewer bytes are written before another thread has begun.
#[cfg(feature = "rayon")]
const FOR_TWO: usize = 4 << 20;

/// True when there are so many bytes that another thread is worth it.
fn is_for_two(len: usize) -> bool {
    #[cfg(feature = "rayon")]
    return len >= FOR_TWO && rayon::current_num_threads() > 1;
    #[cfg(not(feature = "rayon"))]
    return len == usize::MAX;
}

/// Does the first on another thread, if one is free, and the second on this one.
#[cfg(feature = "rayon")]
fn meanwhile<T>(aside: impl FnOnce() + Send, here: impl FnOnce() -> T) -> T {
    rayon::in_place_scope(|scope| {
        scope.spawn(|_| aside());
        here()
    })
}

/// Does both, one after the other.
#[cfg(not(feature = "rayon"))]
fn meanwhile<T>(aside: impl FnOnce(), here: impl FnOnce() -> T) -> T {
    aside();
    here()
}

#[cfg(test)]
#[allow(clippy::cast_possible_truncation, reason = "bytes are cut off")]
mod tests {
    use super::*;
    use crate::{ByteOrder, DType, Scalar};

    #[test]
    fn swapped_items_are_written_in_their_order() {
        let dtype = DType::scalar(Scalar::F64, ByteOrder::NATIVE.swapped());
        let swap = Swap::to_order(&dtype, ByteOrder::NATIVE);
        for len in [0, 8, SWAPPED_PIECE - 8, SWAPPED_PIECE, SWAPPED_PIECE + 8, 9 * SWAPPED_PIECE + 16] {
            let bytes: Vec<u8> = (0..len).map(|at| (at / 253 + at) as u8).collect();
            let expected: Vec<u8> = bytes.chunks(8).flat_map(|item| item.iter().rev().copied()).collect();
            for threads in [1, 3] {
                let pool = rayon_pool(threads);
                let written = pool(&|| {
                    let mut written = Vec::new();
                    Output::new(&mut written).write_swapped(&bytes, 8, &swap).unwrap();
                    written
                });
                assert!(written == expected, "{len} bytes, {threads} threads");
            }
        }
    }

    type Work<'a> = &'a (dyn Fn() -> Vec<u8> + Sync);

    #[cfg(feature = "rayon")]
    fn rayon_pool(threads: usize) -> impl Fn(Work<'_>) -> Vec<u8> {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        move |work| pool.install(work)
    }

    #[cfg(not(feature = "rayon"))]
    fn rayon_pool(_: usize) -> impl Fn(Work<'_>) -> Vec<u8> {
        |work| work()
    }
}
