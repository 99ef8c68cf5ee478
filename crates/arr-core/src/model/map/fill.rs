//! Vectors that several threads fill.

#[cfg(unix)]
use std::fs::File;
use std::iter::Zip;
use std::mem::{MaybeUninit, needs_drop, take};
use std::slice::{ChunksMut, IterMut};

use super::past;
use crate::model::threads::sizes::NEAR;

/// So many values are a whole number of cache lines, whatever their size.
const LINES: usize = 64;

/// Adds `count` values to a vector that has room for them, in pieces of `rows` values, the last one shorter: `work`
/// hands the pieces out to whoever fills them. `None` when there is no such room, or when some piece was not filled:
/// then those that were are dropped, as they are when `work` panics.
pub(crate) fn fill_in_pieces<T>(
    values: Vec<T>,
    count: usize,
    rows: usize,
    work: impl FnOnce(Pieces<'_, T>),
) -> Option<Vec<T>> {
    if values.capacity() - values.len() < count {
        return None;
    }
    let rows = rows.max(1);
    let mut filling = Filling { values, count, rows, full: vec![false; count.div_ceil(rows)] };
    let Filling { values, full, .. } = &mut filling;
    let slots = values.spare_capacity_mut().get_mut(..count)?;
    work(Pieces(slots.chunks_mut(rows).zip(full)));
    filling.finish()
}

/// A vector after whose end some pieces are full.
struct Filling<T> {
    values: Vec<T>,
    /// How many values are to be added, and how many a piece has.
    count: usize,
    rows: usize,
    /// Which pieces are full. It is only set by the functions of `Piece` that have filled it.
    full: Vec<bool>,
}

impl<T> Filling<T> {
    fn finish(mut self) -> Option<Vec<T>> {
        if !self.full.iter().all(|full| *full) {
            return None;
        }
        let len = self.values.len() + self.count;
        // From here on the vector drops the values.
        self.full.clear();
        // SAFETY: the pieces cover the `count` slots behind the end, which the vector has, since `fill_in_pieces` cut
        // them out of its spare room; all of them are full, so all of these slots hold a value.
        unsafe { self.values.set_len(len) };
        Some(take(&mut self.values))
    }
}

impl<T> Drop for Filling<T> {
    fn drop(&mut self) {
        // Values that can't be found are leaked.
        let Some(slots) = self.values.spare_capacity_mut().get_mut(..self.count) else { return };
        for (slots, _) in slots.chunks_mut(self.rows).zip(&self.full).filter(|(_, full)| **full) {
            // SAFETY: the piece is full, and the vector's length does not count it: nobody else drops its values.
            unsafe { drop_values(slots) };
        }
    }
}

/// The pieces that nobody has taken yet, from the front.
pub(crate) struct Pieces<'a, T>(Zip<ChunksMut<'a, MaybeUninit<T>>, IterMut<'a, bool>>);

impl<'a, T> Iterator for Pieces<'a, T> {
    type Item = Piece<'a, T>;

    fn next(&mut self) -> Option<Piece<'a, T>> {
        let (slots, full) = self.0.next()?;
        Some(Piece { slots, full })
    }
}

/// A part of a vector, to be filled.
pub(crate) struct Piece<'a, T> {
    slots: &'a mut [MaybeUninit<T>],
    full: &'a mut bool,
}

impl<T> Piece<'_, T> {
    /// How many values there is room for.
    pub(crate) fn len(&self) -> usize {
        self.slots.len()
    }

    /// Fills the piece from its front with what `make` makes of each of the sources. If there are too few, or making one
    /// panics, the values are dropped, and the piece counts as empty.
    #[inline]
    pub(crate) fn fill<S>(self, sources: &[S], each: usize, make: impl Fn(&[S]) -> T) {
        if needs_drop::<T>() || size_of::<T>() == 0 {
            self.fill_in_place(sources.chunks_exact(each).map(make));
        } else {
            self.fill_past_caches(sources, each, make);
        }
    }

    /// Of values that need no `Drop` and have bytes: they are made near by, and then copied.
    #[inline]
    fn fill_past_caches<S>(self, sources: &[S], each: usize, make: impl Fn(&[S]) -> T) {
        if sources.len().checked_div(each).unwrap_or(0) < self.slots.len() {
            return;
        }
        let at_once = (NEAR / size_of::<T>()).max(1);
        let at_once = if at_once > LINES { at_once - at_once % LINES } else { at_once };
        let mut near: Vec<MaybeUninit<T>> = Vec::new();
        near.resize_with(at_once.min(self.slots.len()), MaybeUninit::uninit);
        for (slots, sources) in self.slots.chunks_mut(at_once).zip(sources.chunks(at_once * each)) {
            // Each slot has a source, as there are enough of them.
            for (slot, source) in near.iter_mut().zip(sources.chunks_exact(each)) {
                slot.write(make(source));
            }
            past::copy(&near, slots);
        }
        past::finish();
        *self.full = true;
    }

    #[inline]
    fn fill_in_place(self, values: impl Iterator<Item = T>) {
        let mut filled = Filled { slots: self.slots, len: 0 };
        for (slot, value) in filled.slots.iter_mut().zip(values) {
            slot.write(value);
            filled.len += 1;
        }
        if filled.len == filled.slots.len() {
            filled.len = 0;
            *self.full = true;
        }
    }
}

#[cfg(unix)]
impl Piece<'_, u8> {
    /// Fills the piece with the bytes of a file from `offset` on. False when there are too few, or they can't be read:
    /// then the piece counts as empty.
    pub(crate) fn fill_from_file(self, file: &File, mut offset: u64) -> bool {
        let mut left = self.slots;
        while !left.is_empty() {
            match rustix::io::pread(file, left, offset) {
                Ok(([], _)) => return false,
                Ok((got, rest)) => {
                    offset = offset.saturating_add(got.len() as u64);
                    left = rest;
                }
                Err(_) => return false,
            }
        }
        *self.full = true;
        true
    }
}

/// Slots of which the first `len` hold values, to be dropped.
struct Filled<'a, T> {
    slots: &'a mut [MaybeUninit<T>],
    len: usize,
}

impl<T> Drop for Filled<'_, T> {
    fn drop(&mut self) {
        // Values that can't be found are leaked.
        let Some(slots) = self.slots.get_mut(..self.len) else { return };
        // SAFETY: `Piece::fill_in_place` has written to the first `len` slots, one after the other, and the piece is not
        // marked as full, so that nobody else drops the values.
        unsafe { drop_values(slots) };
    }
}

/// Drops the values of slots.
///
/// # Safety
/// All slots hold values, and nobody uses or drops them afterwards.
unsafe fn drop_values<T>(slots: &mut [MaybeUninit<T>]) {
    for slot in slots {
        // SAFETY: as the caller promises.
        unsafe { slot.assume_init_drop() };
    }
}

#[cfg(test)]
#[allow(clippy::disallowed_methods, reason = "the lengths are our own")]
mod tests {
    use std::convert::Infallible;
    use std::panic::{AssertUnwindSafe, catch_unwind};
    use std::sync::Arc;

    use super::*;
    use crate::model::threads;

    /// The values of a piece; each is a clone of `counter`.
    fn fill(piece: Piece<'_, Arc<()>>, counter: &Arc<()>, count: usize) {
        piece.fill(&vec![(); count], 1, |_| Arc::clone(counter));
    }

    #[test]
    fn values_stand_where_their_pieces_are() {
        for count in [0, 1, 6, 7, 8, 13, 14, 15, 100] {
            let mut values = Vec::with_capacity(count + 3);
            values.push("first".to_owned());
            let filled = fill_in_pieces(values, count, 7, |pieces| {
                let work = |(): &mut (), number, piece: Piece<'_, String>| {
                    let sources: Vec<usize> = (number * 7..).take(7).collect();
                    piece.fill(&sources, 1, |source: &[usize]| source[0].to_string());
                    Ok::<_, Infallible>(())
                };
                threads::with_count(2, || threads::each(2, pieces, || (), work)).unwrap();
            });
            let expected = (0..count).map(|value| value.to_string());
            assert_eq!(filled.unwrap(), ["first".to_owned()].into_iter().chain(expected).collect::<Vec<_>>());
        }
        assert!(fill_in_pieces(vec![1u8; 3], usize::MAX, 1, |_| ()).is_none());
        assert_eq!(
            fill_in_pieces(Vec::<u8>::new(), 0, 0, |mut pieces| assert!(pieces.next().is_none())),
            Some(vec![])
        );
    }

    #[test]
    fn what_is_not_all_is_dropped_once() {
        let counter = Arc::new(());
        let others = || Arc::strong_count(&counter) - 1;
        // Pieces that were not taken, not filled, or got too few values; and the values of the vector.
        for lengths in [&[4, 4][..], &[4, 4, 0, 4], &[4, 3, 4, 4], &[]] {
            let mut values = Vec::with_capacity(20);
            values.push(Arc::clone(&counter));
            let filled = fill_in_pieces(values, 15, 4, |pieces| {
                pieces.zip(lengths).for_each(|(piece, len)| fill(piece, &counter, *len));
            });
            assert!(filled.is_none());
            assert_eq!(others(), 0);
        }
        let filled = fill_in_pieces(Vec::with_capacity(15), 15, 4, |pieces| {
            for piece in pieces {
                assert!(matches!(piece.len(), 3 | 4));
                fill(piece, &counter, 9);
            }
        });
        assert_eq!((filled.as_ref().map(Vec::len), others()), (Some(15), 15));
        drop(filled);
        assert_eq!(others(), 0);
    }

    #[test]
    fn nothing_is_left_behind_by_a_panic() {
        let counter = Arc::new(());
        for bad in 0..4 {
            let panicked = catch_unwind(AssertUnwindSafe(|| {
                fill_in_pieces(Vec::with_capacity(15), 15, 4, |pieces| {
                    for (number, piece) in pieces.enumerate() {
                        piece.fill(&[0, 1, 2, 3], 1, |row| {
                            assert!((number, row[0]) != (bad, 2), "a value can't be made");
                            Arc::clone(&counter)
                        });
                    }
                })
            }));
            assert!(panicked.is_err());
            assert_eq!(Arc::strong_count(&counter), 1);
        }
    }

    #[test]
    fn values_that_need_no_drop_stand_where_their_pieces_are() {
        for (count, rows) in [(0, 1), (1, 7), (7, 7), (5000, 1000), (5000, 4999), (5003, 641)] {
            let filled = fill_in_pieces(Vec::with_capacity(count), count, rows, |pieces| {
                for (number, piece) in pieces.enumerate() {
                    // Two sources for each, and one that is left.
                    let sources: Vec<_> = (number * rows * 2..).take(piece.len() * 2 + 1).collect();
                    piece.fill(&sources, 2, |source| (source[0] % 3 == 0, source[1], [source[0]; 3]));
                }
            });
            let expected =
                (0..count).map(|row| (row * 2 % 3 == 0, row * 2 + 1, [row * 2; 3])).collect::<Vec<_>>();
            assert!(filled.unwrap() == expected, "{count} by {rows}");
        }
        let too_few = fill_in_pieces(Vec::with_capacity(5), 5, 5, |mut pieces| {
            pieces.next().unwrap().fill(&[1, 2, 3, 4], 1, |source| source[0]);
        });
        assert_eq!(too_few, None);
    }

    #[test]
    fn values_without_bytes_are_counted() {
        let filled = fill_in_pieces(Vec::new(), 9, 4, |pieces| {
            for piece in pieces {
                piece.fill(&[0; 4], 1, |_| ());
            }
        });
        assert_eq!(filled.map(|values| values.len()), Some(9));
    }
}
