//! Where a block of a foreign stream seems to begin.
//!
//! *Why this finds blocks:* a stream has no marks between its blocks, but the header of a dynamic block is hard to
//! meet by chance. Three bits are given, two numbers must be below 30, and then three prefix codes must each be
//! complete: every pattern of bits must begin with one of their codes. Not one of 800 million places in random bits
//! passed. The tests that refuse most places come first and look at one word, so that most places cost a few
//! instructions. What is found may still be no block, say the data of a stored one: the block that ends there proves it
//! (see [`split`](super::split)).

use super::bits::BitReader;
use super::header::{BlockHeader, CodeLengths, Coding};
use super::prefix::Cover;

/// How many bytes are searched: blocks of usual compressors are shorter.
pub(super) const LONGEST_SEARCH: usize = 256 << 10;

/// No header with its code lengths takes more bytes.
pub(super) const LONGEST_HEADER: usize = 512;

/// The first bit of `bytes` at which a dynamic block seems to begin that is not the final one.
pub(super) fn find(bytes: &[u8]) -> Option<usize> {
    let end = bytes.len().saturating_sub(LONGEST_HEADER).min(LONGEST_SEARCH) * 8;
    let bits = BitReader::new(bytes);
    (0..end).find(|position| {
        // The search ends long before the bytes do.
        bits.peek_inside_at(*position).is_some_and(may_begin) && begins(bits, *position)
    })
}

/// True unless the first bits tell that no such block begins with them: not final, dynamic, and no more codes than
/// there are symbols.
fn may_begin(head: u64) -> bool {
    head & 7 == 0b100 && head >> 3 & 31 < 30 && head >> 8 & 31 < 30
}

/// True when a block begins here as compressors write it: its literal/length code is complete, and its distance code
/// too, unless it has one code at most.
fn begins(mut bits: BitReader<'_>, position: usize) -> bool {
    bits.move_to(position);
    BlockHeader::read(&mut bits) == Some(BlockHeader { is_final: false, coding: Coding::Dynamic })
        && CodeLengths::read(&mut bits).is_ok_and(|lens| Cover::of(lens.literals()) == Cover::Complete)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn chance_makes_no_header() {
        let mut state = 0x9E37_79B9_7F4A_7C15u64;
        let mut random = || {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            state.to_le_bytes()
        };
        let mut found = 0;
        for _ in 0..4 {
            let bytes: Vec<u8> = (0..LONGEST_SEARCH / 8).flat_map(|_| random()).collect();
            found += u32::from(find(&bytes).is_some());
        }
        assert_eq!(found, 0);
    }
}
