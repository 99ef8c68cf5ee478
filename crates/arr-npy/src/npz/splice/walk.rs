//! Deflated streams, walked side by side.
//!
//! Where a code begins is known when the one before it has been looked up, so one stream keeps a processor waiting for
//! memory. Streams do not wait for each other.

use super::codes::{Codes, Next, Symbol};

/// How many streams are walked side by side.
pub(in super::super) const SIDE_BY_SIDE: usize = 4;

/// For each stream the bit at which its last block begins and the one behind its end, if it is a stream that ends in its
/// last byte.
pub(super) fn last_blocks(streams: &[&[u8]]) -> Vec<Option<(usize, usize)>> {
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

/// The bits from a place on, the lowest of each byte first: 57 at least. Behind the end there are zeros; nothing
/// begins there.
#[inline(always)]
pub(super) fn load(stream: &[u8], at: usize) -> Option<u64> {
    let rest = stream.get(at / 8..)?;
    let bytes = rest.first_chunk::<8>().copied().unwrap_or_else(|| {
        let mut bytes = [0; 8];
        bytes.iter_mut().zip(rest).for_each(|(to, from)| *to = *from);
        bytes
    });
    Some(u64::from_le_bytes(bytes) >> (at % 8))
}

/// A place in a stream.
struct Walk<'a> {
    stream: &'a [u8],
    /// The next bit.
    at: usize,
    /// Which codes stand there.
    next: Next,
    codes: Box<Codes>,
    /// Where the block begins.
    start: usize,
    is_last: bool,
    found: Option<(usize, usize)>,
}

impl<'a> Walk<'a> {
    fn new(stream: &'a [u8]) -> Self {
        let codes = Box::new(Codes::EMPTY);
        Self { stream, at: 0, next: Next::LITERAL, codes, start: 0, is_last: false, found: None }
    }

    /// Goes to the codes of the next block that has any. False behind the last block; nothing where no block can be.
    fn next_block(&mut self) -> Option<bool> {
        while !self.is_last {
            let held = load(self.stream, self.at)?;
            (self.start, self.is_last) = (self.at, held & 1 == 1);
            self.at += 3;
            self.next = Next::LITERAL;
            match held >> 1 & 3 {
                0 => {
                    let len = self.at.div_ceil(8);
                    let bytes = self.stream.get(len..)?.first_chunk::<2>()?;
                    self.at = (len + 4 + usize::from(u16::from_le_bytes(*bytes))).checked_mul(8)?;
                }
                1 => return self.codes.set_fixed().map(|()| true),
                2 => {
                    self.at = self.codes.read(self.stream, self.at)?;
                    return Some(true);
                }
                _ => return None,
            }
        }
        self.found = (self.at.div_ceil(8) == self.stream.len()).then_some((self.start, self.at));
        Some(false)
    }

    /// Passes a code that can't be looked up, or one of the last ones.
    fn pass(&mut self) -> Option<bool> {
        if Next::any_stops(&[self.next]) || self.at / 8 + 8 > self.stream.len() {
            match self.codes.find(self.next, load(self.stream, self.at)?)? {
                Symbol::Step(bits, next) => {
                    self.at += usize::from(bits);
                    self.next = next;
                }
                Symbol::End(bits) => {
                    self.at += usize::from(bits);
                    return self.next_block();
                }
            }
        }
        Some(true)
    }
}

/// Follows codes that can be looked up until any of the streams has another one, or too few bytes left to load eight.
/// What a code asks for is not decided on but looked up, since it can't be foreseen.
#[inline(never)]
fn follow<const N: usize>(walks: [&mut &mut Walk<'_>; N]) {
    let mut at: [usize; N] = std::array::from_fn(|walk| walks[walk].at);
    let mut next: [Next; N] = std::array::from_fn(|walk| walks[walk].next);
    {
        let streams: [&[u8]; N] = std::array::from_fn(|walk| walks[walk].stream);
        let tables = std::array::from_fn::<_, N, _>(|walk| &walks[walk].codes.table);
        'codes: while !Next::any_stops(&next) {
            let mut held = [0; N];
            for walk in 0..N {
                let rest = streams[walk].get(at[walk] / 8..).and_then(|rest| rest.first_chunk::<8>());
                let Some(bytes) = rest else { break 'codes };
                held[walk] = u64::from_le_bytes(*bytes) >> (at[walk] % 8);
            }
            // Two codes with their extra bits take 46 at most.
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
        (walk.at, walk.next) = (at, next);
    }
}
