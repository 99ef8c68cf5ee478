//! Parts of a stream, inflated behind a window that is known or not.
//!
//! *Why comparing two of three windows is enough:* the first and the third have no byte in common at any place, so a byte
//! that a distance (RFC 1951, 3.2.5) copies from the window differs behind them, also when it is copied on from there. The
//! first and the second together number the places: 32 KiB have 15 bits. When 32 KiB in a row are alike behind the first and
//! the third, all that a later distance can reach is known, and one inflater goes on.

use std::convert::Infallible;

use arr_core::BufferMut;
use arr_core::format::threads;
use crc32fast::Hasher;
use zlib_rs::{Inflate, InflateFlush, Status};

use super::super::inflate::step;
use super::super::resize;
use super::part::{PartBytes, inflate_from};
use super::{PIECE, Span, Stream, WINDOW};

/// What came of inflating a part.
pub(super) struct Inflated {
    pub(super) made: usize,
    /// So many bytes at the beginning may be copies from the window.
    unknown: usize,
    /// What came out after the second and the third window meanwhile.
    traces: Vec<Vec<u8>>,
    /// The checksum of the bytes after those.
    pub(super) sum: Hasher,
}

/// A part that is being inflated.
pub(super) struct Inflating<'a> {
    packed: PartBytes<'a>,
    /// The inflater behind the window, or behind the first of three.
    first: Inflate,
    /// Those behind the other two, and what came out of them, while the window is unknown.
    others: Vec<(Inflate, Vec<u8>)>,
    /// While the window is unknown, no more bytes come out.
    most_unknown: usize,
    inflated: Inflated,
}

impl<'a> Inflating<'a> {
    /// Begins a part whose window is known.
    pub(super) fn behind(stream: &'a Stream<'a>, span: Span, window: &[u8]) -> Option<Self> {
        Some(Self {
            packed: PartBytes::new(stream, span),
            first: inflate_from(stream, span.start, window)?,
            others: Vec::new(),
            most_unknown: 0,
            inflated: Inflated { made: 0, unknown: 0, traces: Vec::new(), sum: Hasher::new() },
        })
    }

    /// Begins a part behind all three windows; `room` bytes will be there for it.
    fn behind_any(stream: &'a Stream<'a>, span: Span, room: usize) -> Option<Self> {
        let [low, high, inverse] = windows();
        let mut inflating = Self::behind(stream, span, &low)?;
        inflating.most_unknown = room.min(stream.sizes.unknown);
        for window in [high, inverse] {
            let inflate = inflate_from(stream, span.start, &window)?;
            let mut unknown = Vec::new();
            resize(&mut unknown, inflating.most_unknown).ok()?;
            inflating.others.push((inflate, unknown));
        }
        Some(inflating)
    }

    /// Inflates the part into the front of `bytes`. Nothing when the data is broken, the part does not end where a
    /// block does, `bytes` are too few, or the copies from the window don't end.
    pub(super) fn run(mut self, bytes: &mut [u8]) -> Option<Inflated> {
        while !self.has_ended(bytes)? {}
        Some(self.inflated)
    }

    /// Inflates some more, and says whether the part has ended.
    fn has_ended(&mut self, bytes: &mut [u8]) -> Option<bool> {
        self.packed.fill()?;
        let made = self.inflated.made;
        let was_known = self.others.is_empty();
        let end = match was_known {
            // Where the part may end there has to be room, so that it's seen why the inflater stopped.
            true if self.packed.may_end() => bytes.len(),
            true => bytes.len().min(made + PIECE),
            false => self.most_unknown.min(made + WINDOW),
        };
        // Only where the part may end it counts that a block ended there: to stop at each costs a copy of the window.
        let flush = if self.packed.may_end() { InflateFlush::Block } else { InflateFlush::NoFlush };
        let packed = self.packed.left();
        let room = bytes.get_mut(made..end)?;
        let found = step(&mut self.first, packed, room, flush).ok()?;
        for (inflate, trace) in &mut self.others {
            if step(inflate, packed, trace.get_mut(made..end)?, flush).ok()? != found {
                return None;
            }
        }
        let is_full = found.made == room.len();
        if was_known {
            self.inflated.sum.update(room.get(..found.made)?);
        }
        self.packed.consume(found.used);
        self.inflated.made += found.made;
        if !was_known {
            self.settle(bytes, is_full)?;
        }
        let is_known = self.others.is_empty();
        if found.status == Status::StreamEnd {
            return (self.packed.is_at_end() && self.packed.is_last() && is_known).then_some(true);
        }
        if !self.packed.is_last() && self.packed.is_at_end() && !is_full {
            return (is_known && self.packed.proves_end(&mut self.first)).then_some(true);
        }
        // Behind the end of the part, or at that of the data or of the room.
        let goes_on = !self.packed.is_behind_end() && (found.used > 0 || found.made > 0);
        goes_on.then_some(false)
    }

    /// Goes on with one window when no copies from it are among the last bytes; nothing when there are after too long.
    fn settle(&mut self, bytes: &[u8], is_full: bool) -> Option<()> {
        let made = self.inflated.made;
        let (_, inverse) = self.others.last()?;
        let recent = made.checked_sub(WINDOW).map(|from| from..made);
        if recent.is_some_and(|recent| bytes.get(recent.clone()) == inverse.get(recent)) {
            self.inflated.traces = self.others.drain(..).map(|(_, trace)| trace).collect();
            self.inflated.unknown = made;
        } else if is_full && made == self.most_unknown {
            return None;
        }
        Some(())
    }
}

/// Three windows of which the first has the low half of the number of each place, the second the high half, and the
/// third nothing in common with the first.
fn windows() -> [Vec<u8>; 3] {
    let places = || (0u16..=u16::MAX).take(WINDOW).map(u16::to_le_bytes);
    [
        places().map(|[low, _]| low).collect(),
        places().map(|[_, high]| high).collect(),
        places().map(|[low, _]| !low).collect(),
    ]
}

/// A part that was inflated without knowing what is before it.
pub(super) struct Guess {
    bytes: BufferMut,
    inflated: Inflated,
}

impl Guess {
    pub(super) fn new(stream: &Stream<'_>, span: Span, most: usize) -> Option<Self> {
        let mut bytes = BufferMut::zeroed(most).ok()?;
        let inflated = Inflating::behind_any(stream, span, most)?.run(bytes.as_mut_slice())?;
        Some(Self { bytes, inflated })
    }

    /// The number of bytes that came out.
    pub(super) fn made(&self) -> usize {
        self.inflated.made
    }

    /// Copies what was inflated to the front of `bytes`, now that the window before it is known, and gives its
    /// checksum.
    pub(super) fn put(&self, window: &[u8; WINDOW], bytes: &mut [u8]) -> Option<Hasher> {
        let Inflated { made, unknown, traces, sum } = &self.inflated;
        let bytes = bytes.get_mut(..*made)?;
        let from = self.bytes.as_slice().get(..*made)?;
        let pieces = bytes.chunks_mut(PIECE).zip(from.chunks(PIECE));
        let copy = |(): &mut (), _, (to, from): (&mut [u8], &[u8])| {
            to.copy_from_slice(from);
            Ok(())
        };
        let Ok::<_, Infallible>(()) = threads::each(threads::worth(*made, PIECE), pieces, || (), copy);
        let [high, inverse] = traces.as_slice() else { return None };
        let bytes = bytes.get_mut(..*unknown)?;
        for ((low, high), inverse) in bytes.iter_mut().zip(high).zip(inverse) {
            if low != inverse {
                *low = *window.get(usize::from(u16::from_le_bytes([*low, *high])))?;
            }
        }
        let mut all = Hasher::new();
        all.update(bytes);
        all.combine(sum);
        Some(all)
    }
}
