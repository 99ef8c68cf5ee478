//! Several threads read records of a file; of another source one reads and another makes records.

use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::sync::{Mutex, PoisonError};

use super::super::Record;
use super::super::items::with_room;
use super::Job;
use crate::model::map::{Piece, Pieces, fill_in_pieces};
use crate::{BufferMut, Error, FileWindow, Input, Result};

/// Fewer bytes are read before another thread has begun.
const FROM: usize = 2 << 20;

/// How many bytes a thread reads at a time: it should not stop to ask too often.
const LARGE_PIECE: usize = 256 << 10;

/// Bytes of a cache line.
const LINE: usize = 64;

/// Pieces that are on the way.
const PIECES: usize = 3;

/// True when there are other threads, and enough bytes for them.
pub(super) fn help_with(len: usize) -> bool {
    // The standard library would look for limits in several files each time.
    len >= FROM && rayon::current_num_threads() > 1
}

pub(super) fn read<T: Record>(job: &Job<'_, T>, input: &mut Input<'_>) -> Result<Vec<T>> {
    // Who wants to know how far it has come is told by one thread.
    match input.window().filter(|_| !input.is_watched()) {
        Some(window) => {
            let len = job.count.saturating_mul(job.itemsize);
            let values = read_side_by_side(job, len, &window)?;
            input.skip(len as u64, job.what)?;
            Ok(values)
        }
        None => read_in_line(job, input),
    }
}

/// Every thread takes the next piece, reads its items, and makes their records where they belong.
fn read_side_by_side<T: Record>(job: &Job<'_, T>, len: usize, window: &FileWindow) -> Result<Vec<T>> {
    // Pieces of whole cache lines are copied faster out of a file whose items begin at one.
    let rows = job.decoder.at_once_in(LARGE_PIECE);
    let rows = if rows > LINE { rows - rows % LINE } else { rows };
    let threads = rayon::current_num_threads().min(len / FROM);
    let first_failure = Mutex::new(None);
    let values = fill_in_pieces(with_room(job.count)?, job.count, rows, |pieces| {
        let work = || {
            let Err((row, error)) = fill_pieces(job, window, rows, pieces) else { return };
            // All pieces before this one have been taken, so that the first failure is the same each time.
            pieces.stop();
            let mut first = first_failure.lock().unwrap_or_else(PoisonError::into_inner);
            if first.as_ref().is_none_or(|(earlier, _)| row < *earlier) {
                *first = Some((row, error));
            }
        };
        rayon::in_place_scope(|scope| {
            (1..threads).for_each(|_| scope.spawn(|_| work()));
            work();
        });
    });
    match first_failure.into_inner().unwrap_or_else(PoisonError::into_inner) {
        Some((_, error)) => Err(error),
        None => values.ok_or_else(|| Error::limit(format!("no memory for {} records", job.count))),
    }
}

/// Fills pieces of `rows` records until there are no more; or says from which row on it failed, and why.
fn fill_pieces<T: Record>(
    job: &Job<'_, T>,
    window: &FileWindow,
    rows: usize,
    pieces: &Pieces<'_, T>,
) -> std::result::Result<(), (usize, Error)> {
    let mut scratch = Vec::new();
    let mut items = BufferMut::zeroed(0).map_err(|error| (0, error))?;
    while let Some((number, piece)) = pieces.next() {
        let row = number.saturating_mul(rows);
        let len = piece.len().saturating_mul(job.itemsize);
        if items.as_slice().len() < len {
            items = BufferMut::zeroed(len).map_err(|error| (row, error))?;
        }
        let items = items.as_mut_slice().get_mut(..len).unwrap_or_default();
        fill_piece(job, window, row, piece, items, &mut scratch).map_err(|error| (row, error))?;
    }
    Ok(())
}

/// Fills the piece from `row` on, whose items are read to `items`.
fn fill_piece<T: Record>(
    job: &Job<'_, T>,
    window: &FileWindow,
    row: usize,
    piece: Piece<'_, T>,
    items: &mut [u8],
    scratch: &mut Vec<u8>,
) -> Result<()> {
    window.read_exact_at(items, row.saturating_mul(job.itemsize) as u64, job.what)?;
    let items = job.decoder.laid_out(items, row, scratch).map_err(|error| error.nested(job.start))?;
    piece.fill(items, T::ITEMSIZE, T::decode);
    Ok(())
}

/// One thread reads, another makes records.
fn read_in_line<T: Record>(job: &Job<'_, T>, input: &mut Input<'_>) -> Result<Vec<T>> {
    let (full, to_add) = sync_channel(PIECES);
    let (done, empty) = sync_channel(PIECES);
    for _ in 0..PIECES {
        // There is room for all of them.
        let _ = done.try_send(Vec::new());
    }
    let is_known = input.remaining().is_some();
    std::thread::scope(|scope| {
        let add_all = move || add_all(job, is_known, &to_add, &done);
        let Ok(adder) = std::thread::Builder::new().spawn_scoped(scope, add_all) else {
            return job.read(input);
        };
        let read = read_all(job, input, &full, &empty);
        drop(full);
        match adder.join() {
            Ok(values) => read.and(values),
            Err(panic) => std::panic::resume_unwind(panic),
        }
    })
}

/// Reads pieces until nobody takes them any more.
fn read_all<T: Record>(
    job: &Job<'_, T>,
    input: &mut Input<'_>,
    full: &SyncSender<Vec<u8>>,
    empty: &Receiver<Vec<u8>>,
) -> Result<()> {
    let mut row = 0;
    while row < job.count {
        let Ok(mut piece) = empty.recv() else { break };
        row += job.read_piece(input, row, &mut piece)?;
        if full.send(piece).is_err() {
            break;
        }
    }
    Ok(())
}

/// Adds pieces until there are no more.
fn add_all<T: Record>(
    job: &Job<'_, T>,
    is_known: bool,
    full: &Receiver<Vec<u8>>,
    empty: &SyncSender<Vec<u8>>,
) -> Result<Vec<T>> {
    let (mut values, mut scratch) = (job.room(is_known)?, Vec::new());
    for piece in full {
        job.add_piece(&piece, &mut scratch, &mut values)?;
        // The reader has gone when all has been read.
        let _ = empty.send(piece);
    }
    Ok(values)
}
