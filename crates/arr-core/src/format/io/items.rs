//! Writing the items of arrays.

use crate::model::threads;
use crate::model::threads::sizes::{GATHERED_PIECE, SWAPPED_PIECE, WRITE_BY_TWO_FROM};
use crate::{ArrayView, BufferMut, Error, Order, Output, Result, Slice, SliceItem, Swap};

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
        let mut piece = BufferMut::zeroed(GATHERED_PIECE.min(array.nbytes()).max(array.itemsize()))?;
        write_gathered(&rows, swap, &mut piece, self)
    }

    /// Writes items of `itemsize` bytes, swapped piece by piece.
    fn write_swapped(&mut self, bytes: &[u8], itemsize: usize, swap: &Swap) -> Result<()> {
        if *swap == Swap::Nothing {
            return self.write(bytes);
        }
        let len = swapped_piece(itemsize);
        self.write_pieces(bytes.chunks(len), bytes.len(), |from, piece| copy_swapped(from, swap, piece))
    }

    /// Writes pieces that `make` makes of others. When they have many bytes, `len` in all, another thread makes one piece
    /// while the one before it is written.
    pub(crate) fn write_pieces<P: Send>(
        &mut self,
        pieces: impl Iterator<Item = P> + Send,
        len: usize,
        make: impl Fn(P, &mut Vec<u8>) -> Result<()> + Sync,
    ) -> Result<()> {
        let threads = if len < WRITE_BY_TWO_FROM { 1 } else { threads::count() };
        threads::in_order(threads, pieces, 1, make, |piece| self.write(piece))
    }
}

/// Bytes of whole items that are swapped at a time.
fn swapped_piece(itemsize: usize) -> usize {
    SWAPPED_PIECE.checked_div(itemsize).map_or(SWAPPED_PIECE, |items| items.max(1) * itemsize)
}

/// Puts a swapped copy of items in the place of what is in `piece`.
fn copy_swapped(from: &[u8], swap: &Swap, piece: &mut Vec<u8>) -> Result<()> {
    piece.clear();
    piece
        .try_reserve_exact(from.len())
        .map_err(|source| Error::limit("no memory for a piece").with_source(source))?;
    piece.extend_from_slice(from);
    swap.apply(piece);
    Ok(())
}

/// Items of one byte order for a receiver that wants another.
#[derive(Debug)]
pub struct SwappedItems {
    swap: Swap,
    itemsize: usize,
    piece: Vec<u8>,
}

impl SwappedItems {
    /// Items of `itemsize` bytes.
    #[must_use]
    pub fn new(swap: Swap, itemsize: usize) -> Self {
        Self { swap, itemsize, piece: Vec::new() }
    }

    /// Hands on items, swapped, in pieces that stay in the cache until they have been taken.
    ///
    /// # Errors
    /// `Mismatch` when the bytes are not whole items, `LimitExceeded` when memory for a piece is short, and what `take`
    /// returns.
    pub fn hand_on(&mut self, bytes: &[u8], mut take: impl FnMut(&[u8]) -> Result<()>) -> Result<()> {
        if self.swap == Swap::Nothing || self.itemsize == 0 {
            return take(bytes);
        }
        if bytes.len() % self.itemsize != 0 {
            return Err(Error::mismatch(format!("{} bytes are not whole items", bytes.len())));
        }
        bytes.chunks(swapped_piece(self.itemsize)).try_for_each(|from| {
            copy_swapped(from, &self.swap, &mut self.piece)?;
            take(&self.piece)
        })
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
            for count in [1, 3] {
                let written = threads::with_count(count, || {
                    let mut written = Vec::new();
                    Output::new(&mut written).write_swapped(&bytes, 8, &swap).unwrap();
                    written
                });
                assert!(written == expected, "{len} bytes, {count} threads");
            }
        }
    }
}
