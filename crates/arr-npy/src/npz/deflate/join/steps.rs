//! How many bits each code of a block takes, whatever it stands for.
//!
//! *Why a table of steps:* behind a literal or the end of a block stands a code of the literal/length alphabet, behind a
//! length with its extra bits one of the distance alphabet, and behind that one of the first again (RFC 1951, 3.2.5). So
//! what a walk has to know of a code is the number of its bits and which alphabet is next: both fit in a number of 16 bits,
//! which is looked up by the next ten bits of the stream.

use super::super::header::{CodeLengths, END_OF_BLOCK};
use super::super::prefix::{Counts, codes, counts};

/// Codes of up to this many bits are looked up; longer ones are rare.
const LOOKED_UP: u8 = 10;

/// The bits that are looked up.
const INDEX: u64 = (1 << LOOKED_UP) - 1;

/// What the table says about the next code: the number of its bits, extra bits included, and in which half of the
/// table the code after it is looked up. It is marked as a stop, and takes no bits, where the next code does not just
/// lead to another one.
#[derive(Clone, Copy, PartialEq)]
pub(super) struct Next(u16);

impl Next {
    /// A code of the literal/length alphabet comes next.
    pub(super) const LITERAL: Self = Self(0);
    /// A code of the distance alphabet comes next.
    pub(super) const DISTANCE: Self = Self(1 << LOOKED_UP);
    /// The code ends the block, is longer than an index, or there is none.
    const STOP: u16 = 1 << 15;
    /// A code with its extra bits takes fewer bits.
    const BITS: u16 = 31;

    /// The same, after a code of `bits` bits, extra bits included.
    fn after(self, bits: u8) -> Self {
        Self(self.0 | u16::from(bits))
    }

    fn stop(self) -> Self {
        Self(self.0 | Self::STOP)
    }

    #[inline(always)]
    pub(super) fn bits(self) -> u16 {
        self.0 & Self::BITS
    }

    #[inline(always)]
    pub(super) fn is_distance(self) -> bool {
        self.0 & Self::DISTANCE.0 != 0
    }

    /// True when any of these is a stop.
    #[inline(always)]
    pub(super) fn any_stops<const N: usize>(all: &[Self; N]) -> bool {
        all.iter().fold(0, |any, next| any | next.0) & Self::STOP != 0
    }
}

/// By the next bits: its first half for the literal/length alphabet, its second half for the distance alphabet.
pub(super) struct Table([Next; 2 << LOOKED_UP]);

impl Table {
    /// What follows `next` when these are the bits after it.
    #[inline(always)]
    pub(super) fn follow(&self, next: Next, held: u64) -> Next {
        // The table has as many places as the index has values.
        #[allow(clippy::cast_possible_truncation, reason = "so few bits fit")]
        let index = (held & INDEX) as usize | usize::from(next.0 & Next::DISTANCE.0);
        self.0[index]
    }
}

/// What a code does.
pub(super) enum Step {
    /// Takes so many bits, extra bits included, and leads to the next code.
    On(u8, Next),
    /// Takes so many bits and ends the block.
    End(u8),
}

/// The step of a symbol of the literal/length alphabet whose code has `len` bits (RFC 1951, 3.2.5).
fn literal_step(symbol: u16, len: u8) -> Option<Step> {
    Some(match symbol {
        0..END_OF_BLOCK => Step::On(len, Next::LITERAL),
        END_OF_BLOCK => Step::End(len),
        257..265 | 285 => Step::On(len, Next::DISTANCE),
        265..285 => Step::On(len + ((symbol - 261) / 4).to_le_bytes()[0], Next::DISTANCE),
        _ => return None,
    })
}

/// The step of a symbol of the distance alphabet.
fn distance_step(symbol: u16, len: u8) -> Option<Step> {
    match symbol {
        0..2 => Some(Step::On(len, Next::LITERAL)),
        2..30 => Some(Step::On(len + ((symbol - 2) / 2).to_le_bytes()[0], Next::LITERAL)),
        _ => None,
    }
}

/// The codes of one alphabet, to be looked up bit by bit.
struct Alphabet {
    counts: Counts,
    /// What the codes stand for, by their ranks.
    symbols: [u16; 288],
}

impl Alphabet {
    const EMPTY: Self = Self { counts: [0; 16], symbols: [0; 288] };

    /// Takes over codes of these lengths, and enters the steps of those that are looked up into a half of the table.
    fn build(
        &mut self,
        lens: &[u8],
        (table, none): (&mut [Next], Next),
        step: impl Fn(u16, u8) -> Option<Step>,
    ) -> Option<()> {
        self.counts = counts(lens);
        table.fill(none.stop());
        for code in codes(lens) {
            *self.symbols.get_mut(usize::from(code.rank))? = code.symbol;
            if let Some(Step::On(bits, next)) = step(code.symbol, code.len).filter(|_| code.len <= LOOKED_UP)
            {
                code.enter(table, next.after(bits));
            }
        }
        Some(())
    }

    /// The symbol of the next code, and the number of its bits.
    fn find(&self, mut held: u64) -> Option<(u16, u8)> {
        let (mut code, mut first, mut rank) = (0usize, 0usize, 0usize);
        for (len, count) in (0u8..).zip(self.counts).skip(1) {
            code |= usize::from(held & 1 == 1);
            held >>= 1;
            let count = usize::from(count);
            if let Some(at) = code.checked_sub(first).filter(|at| *at < count) {
                return self.symbols.get(rank + at).map(|symbol| (*symbol, len));
            }
            (rank, first, code) = (rank + count, (first + count) << 1, code << 1);
        }
        None
    }
}

/// The codes of a block.
pub(super) struct Codes {
    pub(super) table: Table,
    literals: Alphabet,
    distances: Alphabet,
}

impl Codes {
    pub(super) const EMPTY: Self = Self {
        table: Table([Next(Next::STOP); 2 << LOOKED_UP]),
        literals: Alphabet::EMPTY,
        distances: Alphabet::EMPTY,
    };

    /// Takes over the codes of another block.
    pub(super) fn build(&mut self, lens: &CodeLengths) -> Option<()> {
        let (first, second) = self.table.0.split_at_mut(1 << LOOKED_UP);
        self.literals.build(lens.literals(), (first, Next::LITERAL), literal_step)?;
        self.distances.build(lens.distances(), (second, Next::DISTANCE), distance_step)
    }

    /// The step of the next code, whether it is in the table or not; nothing where there is no code.
    pub(super) fn find(&self, next: Next, held: u64) -> Option<Step> {
        let (alphabet, step): (_, fn(u16, u8) -> Option<Step>) = if next.is_distance() {
            (&self.distances, distance_step)
        } else {
            (&self.literals, literal_step)
        };
        let (symbol, len) = alphabet.find(held)?;
        step(symbol, len)
    }
}
