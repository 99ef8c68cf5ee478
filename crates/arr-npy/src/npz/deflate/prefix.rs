//! Canonical prefix codes (Huffman codes), made from the lengths of their codes (RFC 1951, 3.2.2).

/// The longest code.
pub(super) const LONGEST: usize = 15;

/// All patterns of as many bits as the longest code has.
const PATTERNS: u32 = 1 << LONGEST;

/// How codes of some lengths share the patterns of bits (Kraft's inequality).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Cover {
    /// Some patterns begin with no code.
    Incomplete,
    /// Every pattern begins with one code.
    Complete,
    /// There are more codes than patterns.
    Oversubscribed,
}

impl Cover {
    /// The cover of the codes of these lengths; a symbol of length 0 has no code.
    pub(super) fn of(lens: &[u8]) -> Self {
        // Without a branch: of a length of 0 nothing is left.
        let covered: u32 = lens.iter().map(|len| PATTERNS >> len & (PATTERNS - 1)).sum();
        match covered.cmp(&PATTERNS) {
            std::cmp::Ordering::Less => Self::Incomplete,
            std::cmp::Ordering::Equal => Self::Complete,
            std::cmp::Ordering::Greater => Self::Oversubscribed,
        }
    }
}

/// The code of a symbol.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Code {
    pub(super) symbol: u16,
    /// The number of its bits.
    pub(super) len: u8,
    /// Its bits as a reader meets them: the first one in the lowest place.
    pub(super) bits: u16,
    /// How many codes are shorter, or as long with a smaller symbol.
    pub(super) rank: u16,
}

impl Code {
    /// Gives `entry` to all indices of a table that begin with this code, which is not longer than an index.
    pub(super) fn enter<T: Copy>(self, table: &mut [T], entry: T) {
        let slots = table.iter_mut().skip(usize::from(self.bits)).step_by(1 << self.len);
        slots.for_each(|slot| *slot = entry);
    }
}

/// The number of codes of each length; the first one is 0.
pub(super) type Counts = [u16; LONGEST + 1];

/// Counts codes by their lengths, [`LONGEST`] at most.
pub(super) fn counts(lens: &[u8]) -> Counts {
    let mut counts = [0; LONGEST + 1];
    for len in lens {
        if let Some(count) = counts.get_mut(usize::from(*len)) {
            *count += 1;
        }
    }
    counts[0] = 0;
    counts
}

/// The codes that have these lengths, by their symbols. The lengths must not be oversubscribed.
pub(super) fn codes(lens: &[u8]) -> impl Iterator<Item = Code> + '_ {
    // Of each length, the next code and its rank.
    let mut next = [(0u16, 0u16); LONGEST + 1];
    let (mut code, mut rank) = (0u16, 0u16);
    for (count, next) in counts(lens).into_iter().zip(&mut next) {
        *next = (code, rank);
        code = code.wrapping_add(count).wrapping_mul(2);
        rank += count;
    }
    (0u16..).zip(lens).filter(|(_, len)| **len > 0).filter_map(move |(symbol, len)| {
        let (code, rank) = next.get_mut(usize::from(*len))?;
        let bits = code.reverse_bits() >> (u16::BITS - u32::from(*len));
        let found = Code { symbol, len: *len, bits, rank: *rank };
        (*code, *rank) = (code.wrapping_add(1), *rank + 1);
        Some(found)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The example of 3.2.2.
    #[test]
    fn codes_are_those_of_the_standard() {
        let lens = [3, 3, 3, 3, 3, 2, 4, 4];
        let found: Vec<_> = codes(&lens)
            .map(|code| (code.bits.reverse_bits() >> (16 - code.len), code.len, code.rank))
            .collect();
        let expected = [0b010, 0b011, 0b100, 0b101, 0b110, 0b00, 0b1110, 0b1111];
        let ranks = [1, 2, 3, 4, 5, 0, 6, 7];
        let expected: Vec<_> =
            expected.into_iter().zip(lens).zip(ranks).map(|((code, len), rank)| (code, len, rank)).collect();
        assert_eq!(found, expected);
        assert_eq!(Cover::of(&lens), Cover::Complete);
        let mut table = [u16::MAX; 16];
        codes(&lens).for_each(|code| code.enter(&mut table, code.symbol));
        assert!(table.iter().all(|symbol| *symbol < 8));
        assert_eq!((table[0b000], table[0b010], table[0b1111]), (5, 0, 7));
    }

    #[test]
    fn covers_are_told_apart() {
        for (lens, expected) in [
            (&[][..], Cover::Incomplete),
            (&[0, 0], Cover::Incomplete),
            (&[1], Cover::Incomplete),
            (&[1, 1], Cover::Complete),
            (&[1, 1, 15], Cover::Oversubscribed),
            (&[1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15], Cover::Incomplete),
            (&[1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 15], Cover::Complete),
        ] {
            assert_eq!(Cover::of(lens), expected, "{lens:?}");
        }
    }
}
