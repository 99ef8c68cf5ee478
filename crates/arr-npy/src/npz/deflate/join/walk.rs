//! Streams, walked side by side from block to block.
//!
//! *Why side by side:* where a code begins is known only when the one before it has been looked up, so the walk of one
//! stream keeps a core waiting for its first-level cache at every code. The walks of four streams do not wait for each
//! other. A table lookup replaces the branch on the kind of code, which would be mispredicted every other time: the
//! table holds each step as numbers, and only rare steps leave the loop.

use super::super::bits::BitReader;
use super::super::header::{BlockHeader, CodeLengths, Coding};
use super::steps::{Codes, Next, Step};

/// How many streams are walked side by side.
pub(in super::super) const SIDE_BY_SIDE: usize = 4;

/// Where a stream ends, in bits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Ending {
    /// The first bit of the final block, which is its final-block bit.
    pub(super) final_block: usize,
    /// The bit after the final block.
    pub(super) end: usize,
}

/// The ending of each stream that ends in its last byte.
pub(super) fn endings(streams: &[&[u8]]) -> Vec<Option<Ending>> {
    let mut walks: Vec<Walk<'_>> = streams.iter().map(|stream| Walk::new(stream)).collect();
    let mut waiting = walks.iter_mut();
    let mut going: Vec<&mut Walk<'_>> = Vec::new();
    loop {
        while going.len() < SIDE_BY_SIDE {
            let Some(walk) = waiting.next() else { break };
            if walk.next_block() == Some(true) {
                going.push(walk);
            }
        }
        match &mut going[..] {
            [] => break,
            [a] => follow([a]),
            [a, b] => follow([a, b]),
            [a, b, c] => follow([a, b, c]),
            [a, b, c, d, ..] => follow([a, b, c, d]),
        }
        going.retain_mut(|walk| walk.pass() == Some(true));
    }
    walks.into_iter().map(|walk| walk.found).collect()
}

/// A place in a stream.
struct Walk<'a> {
    stream: &'a [u8],
    bits: BitReader<'a>,
    /// Which alphabet the next code is of.
    next: Next,
    codes: Box<Codes>,
    /// The first bit of the block.
    start: usize,
    is_final: bool,
    found: Option<Ending>,
}

impl<'a> Walk<'a> {
    fn new(stream: &'a [u8]) -> Self {
        let (bits, codes) = (BitReader::new(stream), Box::new(Codes::EMPTY));
        Self { stream, bits, next: Next::LITERAL, codes, start: 0, is_final: false, found: None }
    }

    /// Goes to the codes of the next block that has any. False after the final block; nothing where no block can be.
    fn next_block(&mut self) -> Option<bool> {
        while !self.is_final {
            self.start = self.bits.position();
            let header = BlockHeader::read(&mut self.bits)?;
            (self.is_final, self.next) = (header.is_final, Next::LITERAL);
            let lens = match header.coding {
                Coding::Stored => {
                    self.bits.align();
                    let len = self.bits.take(16)?;
                    // The complement of the length, and the bytes.
                    self.bits.skip(16 + 8 * usize::from(len))?;
                    continue;
                }
                Coding::Fixed => CodeLengths::fixed(),
                Coding::Dynamic => CodeLengths::read(&mut self.bits).ok()?,
            };
            return self.codes.build(&lens).map(|()| true);
        }
        let end = self.bits.position();
        let is_whole = end.div_ceil(8) == self.stream.len();
        self.found = is_whole.then_some(Ending { final_block: self.start, end });
        Some(false)
    }

    /// Passes a code that can't be looked up, or one of the last of the stream.
    fn pass(&mut self) -> Option<bool> {
        if Next::any_stops(&[self.next]) || self.bits.peek_inside().is_none() {
            match self.codes.find(self.next, self.bits.peek())? {
                Step::On(bits, next) => {
                    self.bits.skip(usize::from(bits))?;
                    self.next = next;
                }
                Step::End(bits) => {
                    self.bits.skip(usize::from(bits))?;
                    return self.next_block();
                }
            }
        }
        Some(true)
    }
}

/// Follows codes that can be looked up until any of the streams has another one, or less than eight bytes left.
#[inline(never)]
fn follow<const N: usize>(walks: [&mut &mut Walk<'_>; N]) {
    let bits: [BitReader<'_>; N] = std::array::from_fn(|walk| walks[walk].bits);
    let mut at: [usize; N] = std::array::from_fn(|walk| bits[walk].position());
    let mut next: [Next; N] = std::array::from_fn(|walk| walks[walk].next);
    {
        let tables = std::array::from_fn::<_, N, _>(|walk| &walks[walk].codes.table);
        'codes: while !Next::any_stops(&next) {
            let mut held = [0; N];
            for walk in 0..N {
                let Some(word) = bits[walk].peek_inside_at(at[walk]) else { break 'codes };
                held[walk] = word;
            }
            // Two codes with their extra bits take 46 bits at most.
            for _ in 0..2 {
                for walk in 0..N {
                    next[walk] = tables[walk].follow(next[walk], held[walk]);
                    held[walk] >>= next[walk].bits();
                    at[walk] += usize::from(next[walk].bits());
                }
            }
        }
    }
    for (walk, (at, next)) in walks.into_iter().zip(at.into_iter().zip(next)) {
        walk.bits.move_to(at);
        walk.next = next;
    }
}
