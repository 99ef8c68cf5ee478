//! Several threads read records of a file; of another source one reads and another makes records.

use super::super::Record;
use super::super::items::with_room;
use super::Job;
use crate::format::Positioned;
use crate::model::map::{Piece, fill_in_pieces};
use crate::model::threads::sizes::{CACHED_PIECE, RECORDS_SHARE};
use crate::model::threads::{count, each, relay, worth};
use crate::{BufferMut, Error, Input, Result};

/// Bytes of a cache line.
const LINE: usize = 64;

/// True when there are other threads, and enough bytes for them.
pub(super) fn help_with(len: usize) -> bool {
    len >= RECORDS_SHARE && count() > 1
}

pub(super) fn read<T: Record>(job: &Job<'_, T>, input: &mut Input<'_>) -> Result<Vec<T>> {
    // Progress is reported from one thread.
    match input.positioned().filter(|rest| rest.gains_by_threads() && !input.is_watched()) {
        Some(rest) => {
            let len = job.count.saturating_mul(job.itemsize);
            let values = read_side_by_side(job, len, &rest)?;
            input.skip(len as u64, job.what)?;
            Ok(values)
        }
        None => read_in_line(job, input),
    }
}

/// Every thread takes the next piece, reads its items, and makes their records where they belong.
fn read_side_by_side<T: Record>(job: &Job<'_, T>, len: usize, bytes: &Positioned<'_>) -> Result<Vec<T>> {
    // Pieces of whole cache lines are copied faster out of a file whose items begin at one.
    let rows = job.decoder.at_once_in(CACHED_PIECE);
    let rows = if rows > LINE { rows - rows % LINE } else { rows };
    let mut read = Ok(());
    let values = fill_in_pieces(with_room(job.count)?, job.count, rows, |pieces| {
        let memory = || (BufferMut::default(), Vec::new());
        read = each(worth(len, RECORDS_SHARE), pieces, memory, |(items, scratch), number, piece| {
            let len = piece.len().saturating_mul(job.itemsize);
            if items.as_slice().len() < len {
                *items = BufferMut::zeroed(len)?;
            }
            let items = items.as_mut_slice().get_mut(..len);
            let items = items.ok_or_else(|| Error::limit(format!("no memory for {len} bytes of records")))?;
            fill_piece(job, bytes, number.saturating_mul(rows), piece, items, scratch)
        });
    });
    read?;
    values.ok_or_else(|| Error::limit(format!("no memory for {} records", job.count)))
}

/// Fills the piece from `row` on, whose items are read to `items`.
fn fill_piece<T: Record>(
    job: &Job<'_, T>,
    bytes: &Positioned<'_>,
    row: usize,
    piece: Piece<'_, T>,
    items: &mut [u8],
    scratch: &mut Vec<u8>,
) -> Result<()> {
    bytes.read_exact_at(items, row.saturating_mul(job.itemsize) as u64, job.what)?;
    let items = job.decoder.laid_out(items, row, scratch).map_err(|error| error.nested(job.start))?;
    match job.decoder.lacks() {
        None => piece.fill(items, T::ITEMSIZE, T::decode),
        Some(lacks) => piece.fill(items, T::ITEMSIZE, |item| T::decode_found(item, lacks)),
    }
    Ok(())
}

/// One thread reads pieces while another makes the records of those before.
fn read_in_line<T: Record>(job: &Job<'_, T>, input: &mut Input<'_>) -> Result<Vec<T>> {
    let (mut values, mut scratch) = (job.room(input.remaining().is_some())?, Vec::new());
    let mut row = 0;
    let read = |piece: &mut Vec<u8>| {
        let is_next = row < job.count;
        if is_next {
            row += job.read_piece(input, row, piece)?;
        }
        Ok(is_next)
    };
    relay(read, |piece| job.add_piece(piece, &mut scratch, &mut values))?;
    Ok(values)
}
