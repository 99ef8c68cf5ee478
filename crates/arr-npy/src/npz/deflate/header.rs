//! What a block of a deflated stream begins with: its header, and the lengths of its codes.

use super::bits::BitReader;
use super::prefix::{Cover, codes};

/// The header of a block (RFC 1951, 3.2.3).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct BlockHeader {
    /// Nothing follows the block.
    pub(super) is_final: bool,
    pub(super) coding: Coding,
}

/// How the data of a block is coded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Coding {
    /// As bytes, after their number (3.2.4).
    Stored,
    /// By the codes that every reader knows (3.2.6).
    Fixed,
    /// By codes whose lengths follow the header (3.2.7).
    Dynamic,
}

impl BlockHeader {
    /// Reads the header; nothing where the stream ends or the coding is the reserved one.
    pub(super) fn read(bits: &mut BitReader<'_>) -> Option<Self> {
        let is_final = bits.take(1)? == 1;
        let coding = match bits.take(2)? {
            0 => Coding::Stored,
            1 => Coding::Fixed,
            2 => Coding::Dynamic,
            _ => return None,
        };
        Some(Self { is_final, coding })
    }
}

/// Symbols of the literal/length alphabet that have a code in blocks: literals, the end of the block, and lengths.
const MOST_LITERALS: u16 = 286;
/// Symbols of the distance alphabet that have a code in blocks.
const MOST_DISTANCES: u16 = 30;
/// The symbol that ends a block.
pub(super) const END_OF_BLOCK: u16 = 256;

/// The order in which the lengths of the code length code stand.
const ORDER: [usize; 19] = [16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15];

/// The longest code of the code length code.
const LONGEST: usize = 7;

/// Why code lengths are refused: for what zlib refuses them too.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum BadLengths {
    /// The stream ends among them.
    CutShort,
    /// Their number is larger than that of the symbols.
    TooManySymbols,
    /// There are more codes than patterns of bits, in one of the three codes.
    Oversubscribed,
    /// Some patterns of bits mean nothing, in a code that has more than one code of one bit.
    Incomplete,
    /// The first length repeats the one before it.
    NothingToRepeat,
    /// The last length is repeated beyond the last symbol.
    TooManyLengths,
    /// No code ends the block.
    NoEndOfBlock,
}

/// The lengths of the codes of a block, by their symbols.
pub(super) struct CodeLengths {
    /// Those of the literal/length alphabet, and after them those of the distance alphabet.
    all: [u8; 320],
    literals: usize,
    total: usize,
}

impl CodeLengths {
    /// The lengths of the fixed codes (RFC 1951, 3.2.6).
    pub(super) fn fixed() -> Self {
        let mut all = [8; 320];
        let (literals, distances) = all.split_at_mut(288);
        for (symbol, len) in literals.iter_mut().enumerate() {
            *len = match symbol {
                144..256 => 9,
                256..280 => 7,
                _ => 8,
            };
        }
        distances.fill(5);
        Self { all, literals: 288, total: 320 }
    }

    /// Reads the lengths after the header of a dynamic block (RFC 1951, 3.2.7): three numbers, the lengths of the code
    /// length code, and by that code the lengths of the other two, in which 16 repeats the length before it, and 17 and
    /// 18 stand for runs of 0.
    pub(super) fn read(bits: &mut BitReader<'_>) -> Result<Self, BadLengths> {
        let head = bits.peek();
        bits.skip(14).ok_or(BadLengths::CutShort)?;
        let [literals, distances] = [(head & 31) + 257, (head >> 5 & 31) + 1];
        if literals > u64::from(MOST_LITERALS) || distances > u64::from(MOST_DISTANCES) {
            return Err(BadLengths::TooManySymbols);
        }
        let table = read_code_length_code(bits, head >> 10 & 15)?;
        let mut found = Self { all: [0; 320], literals: small(literals), total: small(literals + distances) };
        let (wanted, mut done, mut last) = (found.total, 0, None);
        while done < wanted {
            let held = bits.peek();
            let (symbol, len) = table[small(held & 127)];
            let behind = held >> len;
            let (value, times, extra) = match symbol {
                0..16 => (symbol, 1, 0),
                16 => (last.ok_or(BadLengths::NothingToRepeat)?, 3 + small(behind & 3), 2),
                17 => (0, 3 + small(behind & 7), 3),
                _ => (0, 11 + small(behind & 127), 7),
            };
            bits.skip(usize::from(len) + extra).ok_or(BadLengths::CutShort)?;
            let run = found.all[..wanted].get_mut(done..done + times).ok_or(BadLengths::TooManyLengths)?;
            run.fill(value);
            (done, last) = (done + times, Some(value));
        }
        found.check()
    }

    /// The lengths of the codes of literals, the end of the block, and lengths.
    pub(super) fn literals(&self) -> &[u8] {
        &self.all[..self.literals]
    }

    /// The lengths of the codes of distances.
    pub(super) fn distances(&self) -> &[u8] {
        &self.all[self.literals..self.total]
    }

    fn check(self) -> Result<Self, BadLengths> {
        if self.literals().get(usize::from(END_OF_BLOCK)).is_none_or(|len| *len == 0) {
            return Err(BadLengths::NoEndOfBlock);
        }
        for lens in [self.literals(), self.distances()] {
            match Cover::of(lens) {
                Cover::Oversubscribed => return Err(BadLengths::Oversubscribed),
                // A code of a single symbol, or of none at all.
                Cover::Incomplete if lens.iter().any(|len| *len > 1) => return Err(BadLengths::Incomplete),
                Cover::Incomplete | Cover::Complete => {}
            }
        }
        Ok(self)
    }
}

/// A number of a few bits.
fn small(number: u64) -> usize {
    #[allow(clippy::cast_possible_truncation, reason = "so few bits fit")]
    let number = number as usize;
    number
}

/// Reads the code by which the lengths are coded, of which four and `more` lengths are given: by the next seven bits,
/// the symbol and the length of its code.
fn read_code_length_code(
    bits: &mut BitReader<'_>,
    more: u64,
) -> Result<[(u8, u8); 1 << LONGEST], BadLengths> {
    let given = 4 + small(more);
    let mut held = bits.peek() & ((1 << (3 * given)) - 1);
    bits.skip(3 * given).ok_or(BadLengths::CutShort)?;
    let mut in_order = [0; ORDER.len()];
    for len in &mut in_order {
        *len = held.to_le_bytes()[0] & 7;
        held >>= 3;
    }
    match Cover::of(&in_order) {
        Cover::Oversubscribed => return Err(BadLengths::Oversubscribed),
        Cover::Incomplete => return Err(BadLengths::Incomplete),
        Cover::Complete => {}
    }
    let mut lens = [0; ORDER.len()];
    for (symbol, len) in ORDER.iter().zip(in_order) {
        lens[*symbol] = len;
    }
    let mut table = [(0, 0); 1 << LONGEST];
    for code in codes(&lens) {
        code.enter(&mut table, (code.symbol.to_le_bytes()[0], code.len));
    }
    Ok(table)
}

#[cfg(test)]
mod tests;
