//! The codes of a block and how many bits each takes.

use super::walk::load;

/// Codes of up to this many bits are looked up; longer ones are rare.
const LOOKED_UP: usize = 10;

/// The longest code.
const LONGEST: usize = 15;

/// The bits that are looked up.
const INDEX: u64 = (1 << LOOKED_UP) - 1;

/// What a table says about the next code: the bits that it takes with the extra bits behind it, and in which half of
/// the table the code behind it is looked up. It is [`Next::STOP`] where no code is known that just leads on; then
/// nothing is taken.
#[derive(Clone, Copy, PartialEq)]
pub(super) struct Next(u16);

impl Next {
    /// A literal or a length comes next.
    pub(super) const LITERAL: Self = Self(0);
    /// A distance comes next.
    pub(super) const DISTANCE: Self = Self(1 << LOOKED_UP);
    /// The block ends here, the code is longer than those in the table, or there is none.
    const STOP: u16 = 1 << 15;
    /// A code with its extra bits takes fewer.
    const BITS: u16 = 31;

    /// The same, behind a code of `bits` bits, the extra ones among them.
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

    /// Whether any of these stops.
    #[inline(always)]
    pub(super) fn any_stops<const N: usize>(all: &[Self; N]) -> bool {
        all.iter().fold(0, |any, next| any | next.0) & Self::STOP != 0
    }
}

/// By the next bits, first for literals and lengths, then for distances.
pub(super) struct Table([Next; 2 << LOOKED_UP]);

impl Table {
    /// What follows `next` when these are the bits behind it.
    #[inline(always)]
    pub(super) fn follow(&self, next: Next, held: u64) -> Next {
        // There are as many places as there are values of the index.
        #[allow(clippy::cast_possible_truncation, reason = "so few bits fit")]
        let index = (held & INDEX) as usize | usize::from(next.0 & Next::DISTANCE.0);
        self.0[index]
    }
}

/// What a code stands for.
pub(super) enum Symbol {
    /// Anything but the end: so many bits with the extra ones, and what comes next.
    Step(u8, Next),
    /// The end of the block, after so many bits.
    End(u8),
}

/// The extra bits of a symbol of the first alphabet, and what comes next (RFC 1951, 3.2.5).
fn literal(symbol: u16, len: u8) -> Option<Symbol> {
    let extra = |symbol| u8::try_from(symbol).unwrap_or(0);
    Some(match symbol {
        0..256 => Symbol::Step(len, Next::LITERAL),
        256 => Symbol::End(len),
        257..265 | 285 => Symbol::Step(len, Next::DISTANCE),
        265..285 => Symbol::Step(len + extra((symbol - 261) / 4), Next::DISTANCE),
        _ => return None,
    })
}

/// The extra bits of a distance.
fn distance(symbol: u16, len: u8) -> Option<Symbol> {
    let extra = |symbol| u8::try_from(symbol).unwrap_or(0);
    match symbol {
        0..2 => Some(Symbol::Step(len, Next::LITERAL)),
        2..30 => Some(Symbol::Step(len + extra((symbol - 2) / 2), Next::LITERAL)),
        _ => None,
    }
}

/// The codes of one alphabet.
struct Alphabet {
    /// How many codes there are of each length.
    counts: [u16; LONGEST + 1],
    /// What the codes stand for, in their order.
    symbols: [u16; 288],
}

impl Alphabet {
    const EMPTY: Self = Self { counts: [0; LONGEST + 1], symbols: [0; 288] };

    /// Makes the codes from their lengths (RFC 1951, 3.2.2), and fills their places in a table.
    fn build<T: Copy>(
        &mut self,
        lens: &[u8],
        table: &mut [T],
        none: T,
        entry: impl Fn(u16, u8) -> Option<T>,
    ) -> Option<()> {
        self.counts = [0; LONGEST + 1];
        for len in lens {
            *self.counts.get_mut(usize::from(*len))? += 1;
        }
        self.counts[0] = 0;
        let (mut next_code, mut next_place) = ([0u32; LONGEST + 2], [0usize; LONGEST + 2]);
        for len in 1..=LONGEST {
            let count = u32::from(*self.counts.get(len)?);
            *next_code.get_mut(len + 1)? = (next_code.get(len)? + count) << 1;
            *next_place.get_mut(len + 1)? = next_place.get(len)? + count as usize;
        }
        // More codes than there are patterns of bits.
        if *next_code.get(LONGEST + 1)? > 1 << (LONGEST + 1) {
            return None;
        }
        table.fill(none);
        for (symbol, len) in (0u16..).zip(lens).filter(|(_, len)| **len > 0) {
            let bits = usize::from(*len);
            let (code, place) = (next_code.get_mut(bits)?, next_place.get_mut(bits)?);
            *self.symbols.get_mut(*place)? = symbol;
            if let Some(entry) = entry(symbol, *len).filter(|_| bits <= LOOKED_UP) {
                // Codes stand in the stream with their highest bit first.
                let first = usize::try_from(code.reverse_bits() >> (32 - bits)).ok()?;
                table.get_mut(first..)?.iter_mut().step_by(1 << bits).for_each(|slot| *slot = entry);
            }
            *code += 1;
            *place += 1;
        }
        Some(())
    }

    /// The symbol of the next code, and the bits of the code.
    fn find(&self, mut held: u64) -> Option<(u16, u8)> {
        let (mut code, mut first, mut place) = (0usize, 0usize, 0usize);
        for (len, count) in (0u8..).zip(self.counts).skip(1) {
            code |= usize::from(held & 1 == 1);
            held >>= 1;
            let count = usize::from(count);
            if let Some(at) = code.checked_sub(first).filter(|at| *at < count) {
                return self.symbols.get(place + at).map(|symbol| (*symbol, len));
            }
            (place, first, code) = (place + count, (first + count) << 1, code << 1);
        }
        None
    }
}

/// The order in which the lengths of the codes of lengths stand.
const ORDER: [usize; 19] = [16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15];

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

    /// What the next code stands for, whether it is in the table or not.
    pub(super) fn find(&self, next: Next, held: u64) -> Option<Symbol> {
        if next.is_distance() {
            let (symbol, len) = self.distances.find(held)?;
            return distance(symbol, len);
        }
        let (symbol, len) = self.literals.find(held)?;
        literal(symbol, len)
    }

    fn build(&mut self, literals: &[u8], distances: &[u8]) -> Option<()> {
        let entry = |symbol| match symbol {
            Some(Symbol::Step(bits, next)) => Some(next.after(bits)),
            _ => None,
        };
        let (first, second) = self.table.0.split_at_mut(1 << LOOKED_UP);
        let none = Next::LITERAL.stop();
        self.literals.build(literals, first, none, |symbol, len| entry(literal(symbol, len)))?;
        let none = Next::DISTANCE.stop();
        self.distances.build(distances, second, none, |symbol, len| entry(distance(symbol, len)))
    }

    /// The codes that need not be told (RFC 1951, 3.2.6).
    pub(super) fn set_fixed(&mut self) -> Option<()> {
        let mut lens = [8; 288];
        lens.get_mut(144..256)?.fill(9);
        lens.get_mut(256..280)?.fill(7);
        self.build(&lens, &[5; 30])
    }

    /// Reads the codes of a block that begin at this bit (RFC 1951, 3.2.7), and gives the bit behind them.
    pub(super) fn read(&mut self, stream: &[u8], at: usize) -> Option<usize> {
        let held = load(stream, at)?;
        let number = |held: u64, bits: u32| usize::try_from(held & ((1 << bits) - 1)).ok();
        let literals = number(held, 5)? + 257;
        let distances = number(held >> 5, 5)? + 1;
        let given = number(held >> 10, 4)? + 4;
        let mut at = at + 14;
        let mut lens = [0; 19];
        for place in ORDER.iter().take(given) {
            *lens.get_mut(*place)? = u8::try_from(load(stream, at)? & 7).ok()?;
            at += 3;
        }
        // No code of lengths is longer than seven bits.
        let mut table = [(0u8, 0u8); 1 << 7];
        let entry = |symbol, len| u8::try_from(symbol).ok().map(|symbol| (symbol, len));
        self.literals.build(&lens, &mut table, (0, 0), entry)?;
        let mut all = [0u8; 320];
        let total = literals + distances;
        let mut done = 0;
        while done < total {
            let held = load(stream, at)?;
            let (symbol, len) = *table.get(number(held, 7)?)?;
            // The table is empty where no code is.
            if len == 0 {
                return None;
            }
            let held = held >> len;
            let (value, times, extra) = match symbol {
                0..16 => (symbol, 1, 0),
                16 => (*all.get(done.checked_sub(1)?)?, 3 + number(held, 2)?, 2),
                17 => (0, 3 + number(held, 3)?, 3),
                _ => (0, 11 + number(held, 7)?, 7),
            };
            at += usize::from(len) + extra;
            let end = done + times;
            all.get_mut(done..end.min(total))?.fill(value);
            done = end;
        }
        if done > total {
            return None;
        }
        self.build(all.get(..literals)?, all.get(literals..total)?)?;
        Some(at)
    }
}
