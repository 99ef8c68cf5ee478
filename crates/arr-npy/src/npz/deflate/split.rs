//! A foreign stream, inflated in several parts at once.
//!
//! *Why that works without the window:* a block refers to the 32 KiB before it, which are unknown when inflating begins
//! in the middle. But the codes of a stream never depend on the bytes of the window, only the output does. So a part
//! is inflated three times, with three windows: the first one holds at each offset the low half of that offset, the
//! second one the high half, and the third one the complement of the first. A byte that comes out alike with the
//! first and the third was not copied from the window; for any other byte, the outputs with the first and the second
//! give its offset in the window. With most data the last 32 KiB hold nothing of the window after some 100
//! KiB; from there on one pass is enough. When the window is known, the offsets are replaced by its bytes
//! ([`guess`]).
//!
//! *Why the result is certain:* that a part begins where a block does is at first only likely ([`boundary`]). It is
//! proved when the part before it has been inflated from a known bit, and a block ended at exactly this
//! one. To see it at the bit and not only at the byte, the inflater is given a block of our own in place of what
//! follows: a final one, with bytes that are unlikely elsewhere. Only when its header is read from the right bit do
//! those bytes come out and the stream end ([`part`]).
//!
//! The idea of going on without the window is that of pugz (Kerbiriou and Chikhi 2019) and rapidgzip (Knespel and
//! Brunst 2023). They have inflaters of their own that carry places in place of bytes; three windows do with any
//! inflater.

mod guess;
mod part;

use arr_core::Error;
use arr_core::format::{Positioned, threads};
use crc32fast::Hasher;

use self::guess::{Guess, Inflating};
use super::boundary::{self, LONGEST_HEADER, LONGEST_SEARCH};

/// How far back a block may refer.
const WINDOW: usize = 32 << 10;

/// Data is read, inflated and summed in pieces that stay in the cache.
const PIECE: usize = 128 << 10;

/// So many parts may be given up before all the rest is inflated from front to back.
const MOST_GIVEN_UP: u32 = 2;

/// No more threads than this share a stream.
const MOST_THREADS: usize = 16;

/// How a stream is cut into parts.
#[derive(Clone, Copy)]
struct Sizes {
    /// A part has at least this many bytes of the stream.
    shortest: u64,
    /// A part is to hold about this many bytes of data.
    part: u64,
    /// So many bytes of a part may hold copies from the window; after that it is given up.
    unknown: usize,
}

const SIZES: Sizes = Sizes { shortest: 2 << 20, part: 32 << 20, unknown: 512 << 10 };

/// Inflates the stream of `len` bytes at `start` into just `bytes` on all cores, and gives the checksum. Nothing when
/// that is not worth it or does not work out.
pub(super) fn inflate(source: &Positioned<'_>, (start, len): (u64, u64), bytes: &mut [u8]) -> Option<u32> {
    // What could hardly be deflated is stored for the most part, and as fast to read as to look through.
    if len > (bytes.len() - bytes.len() / 32) as u64 {
        return None;
    }
    inflate_in(&Stream { source, start, len, sizes: SIZES }, bytes)
}

fn inflate_in(stream: &Stream<'_>, bytes: &mut [u8]) -> Option<u32> {
    let threads = threads::count().min(MOST_THREADS) as u64;
    let share = stream.sizes.part.checked_mul(stream.len)? / (bytes.len() as u64).max(1);
    let room = usize::try_from(2 * stream.sizes.part).ok()?;
    let mut sum = Hasher::new();
    let (mut at, mut made, mut given_up) = (0, 0, 0);
    loop {
        let threads = if given_up < MOST_GIVEN_UP { threads } else { 1 };
        let parts = stream.parts(at, threads, share);
        let (first, others) = parts.split_first()?;
        if at == 0 && others.is_empty() {
            return None;
        }
        if threads > 1 && others.is_empty() {
            given_up += 1;
        }
        let (before, rest) = bytes.split_at_mut(made);
        let window: &[u8] = if at == 0 { before } else { before.last_chunk::<WINDOW>()? };
        let room = room.min(rest.len());
        let (inflated, guesses) = threads::join(
            || Inflating::behind(stream, *first, window)?.run(rest),
            || side_by_side(others, |part| Guess::new(stream, *part, room)),
        );
        let inflated = inflated?;
        sum.combine(&inflated.sum);
        made += inflated.made;
        let mut end = first.end;
        for (guess, part) in guesses.iter().zip(others) {
            let Some(guess) = guess else {
                given_up += 1;
                break;
            };
            let (before, rest) = bytes.split_at_mut(made);
            sum.combine(&guess.put(before.last_chunk()?, rest)?);
            made += guess.made();
            end = part.end;
        }
        match end {
            Some(end) => at = end,
            None => return (made == bytes.len()).then(|| sum.finalize()),
        }
    }
}

/// A stream in a file.
#[derive(Clone, Copy)]
struct Stream<'a> {
    source: &'a Positioned<'a>,
    start: u64,
    len: u64,
    sizes: Sizes,
}

/// The bits at which a part of a stream begins and ends. The last one has no end but that of the stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Span {
    start: u64,
    end: Option<u64>,
}

impl Stream<'_> {
    /// Reads as much as there is from byte `at`.
    fn read(&self, at: u64, bytes: &mut Vec<u8>, len: usize) -> Option<()> {
        let len = len.min(usize::try_from(self.len.checked_sub(at)?).ok()?);
        super::resize(bytes, len).ok()?;
        self.source.read_exact_at(bytes, self.start.checked_add(at)?, "member").ok()
    }

    /// Cuts what begins at the bit `at` into parts that can be inflated side by side, with `most` bytes of the stream
    /// or about as many. They may stop before the end of the stream.
    fn parts(&self, at: u64, threads: u64, most: u64) -> Vec<Span> {
        let left = self.len.saturating_sub(at / 8);
        let shortest = self.sizes.shortest;
        let count = threads.min(left / shortest);
        let share = (left / count.max(1)).min(most);
        if count < 2 || share < shortest {
            return vec![Span { start: at, end: None }];
        }
        let to_end = share == left / count;
        let ends = count - u64::from(to_end);
        let ends: Vec<u64> = (1..=ends).collect();
        let ends = side_by_side(&ends, |end| self.find(at / 8 + end * share));
        let mut parts = Vec::new();
        let mut start = at;
        // Parts follow each other: where one has no end to be found, or none of its own, there are no more.
        for end in ends.iter().map_while(|end| *end) {
            if end < start + 64 {
                break;
            }
            parts.push(Span { start, end: Some(end) });
            start = end;
        }
        if parts.is_empty() || (to_end && parts.len() == ends.len()) {
            parts.push(Span { start, end: None });
        }
        parts
    }

    /// The first bit from byte `from` on at which a block seems to begin.
    fn find(&self, from: u64) -> Option<u64> {
        let mut bytes = Vec::new();
        self.read(from, &mut bytes, LONGEST_SEARCH + LONGEST_HEADER)?;
        Some(from * 8 + boundary::find(&bytes)? as u64)
    }
}

/// What comes of each item, all at the same time; nothing at all where there is no memory for it.
fn side_by_side<T: Sync, R: Send>(items: &[T], one: impl Fn(&T) -> R + Sync) -> Vec<R> {
    // These are guesses: without them the stream is inflated from front to back.
    threads::map(items, 1, || (), |(), item| Ok::<_, Error>(one(item))).unwrap_or_default()
}

#[cfg(test)]
mod tests;
