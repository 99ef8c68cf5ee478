//! One source, read by several threads at once.

use super::Positioned;
use crate::Input;
use crate::model::map::fill_in_pieces;
use crate::model::threads::sizes::{CACHED_PIECE, READ_BY_THREADS_FROM, READ_PIECE, READ_SHARE};
use crate::model::threads::{self, each};

impl<'a> Input<'a> {
    /// Fills `bytes` and hands each piece, a multiple of `unit` bytes except the last, to `handle` while it is in the
    /// cache. False when that is not worth it or did not work out: then nothing counts as read.
    pub(super) fn fill_by_threads(
        &mut self,
        bytes: &mut [u8],
        unit: usize,
        handle: impl Fn(&mut [u8]) + Sync,
    ) -> bool {
        let len = bytes.len();
        let Some((rest, threads)) = self.rest_for_threads(len) else { return false };
        let piece = if unit > 1 { CACHED_PIECE } else { READ_PIECE };
        let piece = piece.checked_div(unit).map_or(piece, |units| units.max(1).saturating_mul(unit));
        let read = each(
            threads,
            bytes.chunks_mut(piece),
            || (),
            |(), number, bytes| {
                rest.read_exact_at(bytes, number.saturating_mul(piece) as u64, "data")?;
                handle(bytes);
                Ok::<_, crate::Error>(())
            },
        );
        read.is_ok() && self.skip(len as u64, "data").is_ok()
    }

    /// Adds `len` bytes to those of a vector that has room for them. The vector as it was when that is not worth it; an
    /// empty one when it did not work out.
    pub(super) fn read_by_threads(&mut self, bytes: Vec<u8>, len: usize) -> Result<Vec<u8>, Vec<u8>> {
        let rest = self.rest_for_threads(len).filter(|(rest, _)| rest.fills_fresh_memory());
        let Some((rest, threads)) = rest else { return Err(bytes) };
        let filled = fill_in_pieces(bytes, len, READ_PIECE, |pieces| {
            // A piece that is not filled is seen afterwards.
            let _ = each(
                threads,
                pieces,
                || (),
                |(), number, piece| {
                    let is_filled = rest.fill_piece(piece, number.saturating_mul(READ_PIECE) as u64);
                    if is_filled { Ok(()) } else { Err(()) }
                },
            );
        });
        match filled {
            Some(bytes) if self.skip(len as u64, "data").is_ok() => Ok(bytes),
            _ => Err(Vec::new()),
        }
    }

    /// The next bytes, and how many threads are to read `len` of them, when there is more than one for so many, and
    /// nobody asks how far it has come.
    fn rest_for_threads(&self, len: usize) -> Option<(Positioned<'a>, usize)> {
        let is_there = self.remaining().is_some_and(|left| left >= len as u64);
        if len < READ_BY_THREADS_FROM || self.progress.is_some() || !is_there {
            return None;
        }
        let rest = self.positioned().filter(Positioned::gains_by_threads)?;
        Some(threads::worth(len, READ_SHARE)).filter(|threads| *threads > 1).map(|threads| (rest, threads))
    }
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

    #[test]
    fn threads_read_what_one_reads() {
        let data = data(3 * READ_BY_THREADS_FROM + 777);
        for count in [1, 2, 5] {
            for (peeked, skipped, len) in [
                (0, 0, data.len()),
                (300, 128, data.len() - 128),
                (64, 1, READ_BY_THREADS_FROM),
                (9, 700, 2 * READ_BY_THREADS_FROM + 13),
            ] {
                threads::with_count(count, || {
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
                threads::with_count(count, || {
                    let mut input = Input::from_file(file_of(&data)).unwrap();
                    input.peek(peeked).unwrap();
                    input.skip(skipped as u64, "header").unwrap();
                    assert!(input.read_fresh(len, "data").unwrap() == data[skipped..skipped + len]);
                    assert!(input.read_to_end().unwrap() == data[skipped + len..]);
                });
                threads::with_count(count, || {
                    let mut input = Input::from_file(file_of(&data)).unwrap();
                    input.skip(skipped as u64, "header").unwrap();
                    let flip = |piece: &mut [u8]| {
                        assert!(piece.len() % 12 == 0 || piece.len() < CACHED_PIECE);
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
        let data = data(2 * READ_BY_THREADS_FROM);
        for cut in [0, 100, READ_BY_THREADS_FROM, 2 * READ_BY_THREADS_FROM - 1] {
            for fresh in [false, true] {
                let file = file_of(&data);
                let error = threads::with_count(2, || {
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
