//! One file, read by several threads at once. What is in memory already the system copies on the core that asks for it,
//! and clears new pages there: two cores do twice as much.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};

use crate::model::map::fill_in_pieces;
use crate::{FileWindow, Input};

/// Fewer bytes are read before another thread has begun.
const FROM: usize = 4 << 20;

/// How many bytes a thread reads at a time. The pieces are taken in their order, so that a disk goes forward.
const PIECE: usize = 1 << 20;

impl Input<'_> {
    /// Fills `bytes` and hands each piece, a multiple of `unit` bytes but for the last, to `each` while it is in the
    /// cache. False when that is not worth it or did not work out: then nothing counts as read.
    pub(super) fn fill_by_threads(
        &mut self,
        bytes: &mut [u8],
        unit: usize,
        each: impl Fn(&mut [u8]) + Sync,
    ) -> bool {
        let len = bytes.len();
        let Some(window) = self.window_for_threads(len) else { return false };
        // What is looked at again has to stay in the cache.
        let piece = if unit > 1 { PIECE / 4 } else { PIECE };
        let piece = piece.checked_div(unit).map_or(piece, |units| units.max(1).saturating_mul(unit));
        let pieces = Mutex::new(bytes.chunks_mut(piece).enumerate());
        let next = || pieces.lock().unwrap_or_else(PoisonError::into_inner).next();
        let failed = AtomicBool::new(false);
        side_by_side(len, || {
            while let Some((number, bytes)) = next() {
                if window.read_exact_at(bytes, number.saturating_mul(piece) as u64, "data").is_err() {
                    failed.store(true, Ordering::Relaxed);
                    break;
                }
                each(bytes);
            }
        });
        !failed.into_inner() && self.skip(len as u64, "data").is_ok()
    }

    /// Adds `len` bytes to those of a vector that has room for them. The vector as it was when that is not worth it; an
    /// empty one when it did not work out.
    pub(super) fn read_by_threads(&mut self, bytes: Vec<u8>, len: usize) -> Result<Vec<u8>, Vec<u8>> {
        let Some(window) = self.window_for_threads(len) else { return Err(bytes) };
        let filled = fill_in_pieces(bytes, len, PIECE, |pieces| {
            side_by_side(len, || {
                while let Some((number, piece)) = pieces.next() {
                    if !window.fill_piece(piece, number.saturating_mul(PIECE) as u64) {
                        pieces.stop();
                    }
                }
            });
        });
        match filled {
            Some(bytes) if self.skip(len as u64, "data").is_ok() => Ok(bytes),
            _ => Err(Vec::new()),
        }
    }

    /// The next `len` bytes as a file, when there is more than one thread to read so many, and nobody asks how far it
    /// has come.
    fn window_for_threads(&self, len: usize) -> Option<FileWindow> {
        if len < FROM || self.progress.is_some() || self.remaining().is_none_or(|left| left < len as u64) {
            return None;
        }
        self.window().filter(|_| rayon::current_num_threads() > 1)
    }
}

/// Does the work on as many threads as `len` bytes are worth.
fn side_by_side(len: usize, work: impl Fn() + Sync) {
    let threads = rayon::current_num_threads().min(len / (FROM / 2));
    rayon::in_place_scope(|scope| {
        (1..threads).for_each(|_| scope.spawn(|_| work()));
        work();
    });
}

#[cfg(test)]
#[allow(clippy::cast_possible_truncation, reason = "bytes are cut off")]
mod tests {
    use std::fs::File;
    use std::io::Write;

    use super::*;

    fn data(len: usize) -> Vec<u8> {
        (0..len).map(|at| (at / 251 + at) as u8).collect()
    }

    fn file_of(data: &[u8]) -> File {
        let mut file = tempfile::tempfile().unwrap();
        file.write_all(data).unwrap();
        std::io::Seek::rewind(&mut file).unwrap();
        file
    }

    fn with_threads<T: Send>(count: usize, work: impl FnOnce() -> T + Send) -> T {
        rayon::ThreadPoolBuilder::new().num_threads(count).build().unwrap().install(work)
    }

    #[test]
    fn threads_read_what_one_reads() {
        let data = data(3 * FROM + 777);
        for threads in [1, 2, 5] {
            for (peeked, skipped, len) in
                [(0, 0, data.len()), (300, 128, data.len() - 128), (64, 1, FROM), (9, 700, 2 * FROM + 13)]
            {
                with_threads(threads, || {
                    let mut input = Input::from_file(file_of(&data)).unwrap();
                    let expected = &data[skipped..skipped + len];
                    input.peek(peeked).unwrap();
                    input.skip(skipped as u64, "header").unwrap();
                    let place = input.position();
                    let found = input.read_buffer(len as u64, "data").unwrap();
                    assert!(found.as_slice() == expected);
                    assert_eq!(input.position(), place + len as u64);
                    let rest = input.read_to_end().unwrap();
                    assert!(rest == data[skipped + len..]);
                });
                with_threads(threads, || {
                    let mut input = Input::from_file(file_of(&data)).unwrap();
                    input.peek(peeked).unwrap();
                    input.skip(skipped as u64, "header").unwrap();
                    assert!(input.read_fresh(len, "data").unwrap() == data[skipped..skipped + len]);
                    assert!(input.read_to_end().unwrap() == data[skipped + len..]);
                });
                with_threads(threads, || {
                    let mut input = Input::from_file(file_of(&data)).unwrap();
                    input.skip(skipped as u64, "header").unwrap();
                    let flip = |piece: &mut [u8]| {
                        assert!(piece.len() % 12 == 0 || piece.len() < PIECE);
                        piece.chunks_mut(12).for_each(<[u8]>::reverse);
                    };
                    let found = input.read_buffer_with(len as u64, "data", 12, flip).unwrap();
                    let mut expected = data[skipped..skipped + len].to_vec();
                    expected.chunks_mut(12).for_each(<[u8]>::reverse);
                    assert!(found.as_slice() == expected);
                });
            }
        }
    }

    #[test]
    fn a_file_that_became_shorter_is_an_error() {
        let data = data(2 * FROM);
        for cut in [0, 100, FROM, 2 * FROM - 1] {
            for fresh in [false, true] {
                let file = file_of(&data);
                let error = with_threads(2, || {
                    let mut input = Input::from_file(file.try_clone().unwrap()).unwrap();
                    file.set_len(cut as u64).unwrap();
                    match fresh {
                        false => input.read_buffer(data.len() as u64, "data").map(drop).unwrap_err(),
                        true => input.read_fresh(data.len(), "data").map(drop).unwrap_err(),
                    }
                });
                let expected = format!(
                    "the input ends inside the data: expected {} bytes, found {cut} (at byte 0)",
                    data.len()
                );
                assert_eq!(error.to_string(), expected);
            }
        }
    }
}
