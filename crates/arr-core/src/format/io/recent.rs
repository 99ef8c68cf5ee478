//! What was read last of a source whose requests are dear.

use std::collections::VecDeque;
use std::sync::{Mutex, MutexGuard, PoisonError};

use super::read_at::{ReadAt, fill};
use crate::Error;

/// Reads of no more bytes are kept.
pub(super) const KEPT: usize = 64 << 10;

/// So many bytes are read at least.
const LEAST: usize = 4 << 10;

/// So many bytes are kept in all, in so many pieces at most.
const MOST: usize = 256 << 10;
const MOST_PIECES: usize = 64;

/// The last small pieces that were read of a source, so that a header that is looked at a few bytes at a time, or twice, is
/// one request.
#[derive(Debug)]
pub(super) struct Recent {
    /// How many bytes the source has.
    len: u64,
    /// The pieces and where they begin, the last one in front.
    pieces: Mutex<VecDeque<(u64, Vec<u8>)>>,
}

impl Recent {
    /// Nothing yet of a source of so many bytes.
    pub(super) fn of(len: u64) -> Self {
        Self { len, pieces: Mutex::default() }
    }

    fn pieces(&self) -> MutexGuard<'_, VecDeque<(u64, Vec<u8>)>> {
        self.pieces.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Fills `bytes` from what is kept. False when they are not all there.
    pub(super) fn copy(&self, bytes: &mut [u8], from: u64) -> bool {
        let pieces = self.pieces();
        let found = pieces.iter().find_map(|(start, piece)| part(piece, *start, from, bytes.len()));
        found.map(|found| bytes.copy_from_slice(found)).is_some()
    }

    /// Fills as much of `bytes`, of which there are some, as there is from a byte on, and keeps what was read for it. With
    /// an error, how many bytes were filled before.
    pub(super) fn fill<R: ReadAt + ?Sized>(
        &self,
        source: &R,
        bytes: &mut [u8],
        from: u64,
    ) -> Result<usize, (u64, Error)> {
        if self.copy(bytes, from) {
            return Ok(bytes.len());
        }
        // What is at the end comes with what precedes it.
        let least = bytes.len().max(LEAST) as u64;
        let start = from.min(self.len.saturating_sub(least));
        let end = start.saturating_add(least).min(self.len).max(from.saturating_add(bytes.len() as u64));
        let len = usize::try_from(end.saturating_sub(start)).unwrap_or(bytes.len());
        let mut piece = Vec::new();
        if piece.try_reserve_exact(len).is_err() {
            return fill(source, bytes, from);
        }
        piece.resize(len, 0);
        // No lock is held while the source is asked.
        let (got, failed) = match fill(source, &mut piece, start) {
            Ok(got) => (got, None),
            Err((got, error)) => (usize::try_from(got).unwrap_or(0), Some(error)),
        };
        piece.truncate(got);
        let before = usize::try_from(from.saturating_sub(start)).unwrap_or(usize::MAX);
        let found = piece.get(before..).unwrap_or(&[]);
        let filled = found.len().min(bytes.len());
        let ((found, _), (target, _)) = (found.split_at(filled), bytes.split_at_mut(filled));
        target.copy_from_slice(found);
        match failed {
            // What was wanted may be there, or begin behind what could not be read.
            Some(_) if filled < bytes.len() => {
                let (_, rest) = bytes.split_at_mut(filled);
                let rest = fill(source, rest, from.saturating_add(filled as u64));
                rest.map(|more| filled + more).map_err(|(more, error)| (filled as u64 + more, error))
            }
            _ => {
                self.keep(start, piece);
                Ok(filled)
            }
        }
    }

    fn keep(&self, start: u64, piece: Vec<u8>) {
        let mut pieces = self.pieces();
        if pieces.try_reserve(1).is_err() {
            return;
        }
        pieces.push_front((start, piece));
        let mut held = 0;
        let mut fits = |(_, piece): &(u64, Vec<u8>)| {
            held += piece.len();
            held <= MOST
        };
        let count = pieces.iter().take(MOST_PIECES).map_while(|piece| fits(piece).then_some(())).count();
        pieces.truncate(count);
    }
}

/// `len` bytes from a byte on, out of a piece that begins at another.
fn part(piece: &[u8], start: u64, from: u64, len: usize) -> Option<&[u8]> {
    let at = usize::try_from(from.checked_sub(start)?).ok()?;
    piece.get(at..at.checked_add(len)?)
}
