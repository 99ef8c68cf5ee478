//! Where a block of deflated data begins.

/// The blocks of packers in use are shorter than this many bytes.
pub(super) const LONGEST_SEARCH: usize = 256 << 10;

/// No header of a block takes more bytes.
pub(super) const LONGEST_HEADER: usize = 512;

/// The first bit from which on the bytes read as the header of a block with codes of its own (RFC 1951, 3.2.7). It may
/// still be something else: who relies on it has to see that the block before ends there.
pub(super) fn find(bytes: &[u8]) -> Option<usize> {
    let end = bytes.len().saturating_sub(LONGEST_HEADER).min(LONGEST_SEARCH) * 8;
    (0..end).find(|bit| {
        let head = peek(bytes, *bit);
        // Not the last block, codes of its own, and no more of them than there can be.
        head & 7 == 4 && head >> 3 & 31 < 30 && head >> 8 & 31 < 30 && is_header(bytes, *bit)
    })
}

/// The next bits, 57 of them at least; behind the end there are zeros.
fn peek(bytes: &[u8], bit: usize) -> u64 {
    let rest = bytes.get(bit / 8..).unwrap_or_default();
    let word = match rest.first_chunk::<8>() {
        Some(word) => *word,
        None => {
            let mut word = [0; 8];
            word.iter_mut().zip(rest).for_each(|(to, from)| *to = *from);
            word
        }
    };
    u64::from_le_bytes(word) >> (bit % 8)
}

/// The order in which the lengths of the codes of lengths stand.
const ORDER: [u8; 19] = [16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15];

/// True when all codes that begin at `bit` are as a packer makes them: every pattern of bits is a code.
fn is_header(bytes: &[u8], bit: usize) -> bool {
    let head = peek(bytes, bit);
    let count = |shift: u32, mask: u64| usize::try_from(head >> shift & mask).unwrap_or(0);
    let (literals, distances, given) = (count(3, 31) + 257, count(8, 31) + 1, count(13, 15) + 4);
    let mut lens = peek(bytes, bit + 17);
    let patterns: u64 = (0..given).map(|place| 128 >> (lens >> (3 * place) & 7) & 127).sum();
    if patterns != 128 {
        return false;
    }
    // Which length each pattern of seven bits stands for, and the bits of its code.
    let mut by_len = [[0u8; 19]; 8];
    let mut counts = [0usize; 8];
    let mut of_symbol = [0u8; 19];
    for symbol in ORDER.iter().take(given) {
        of_symbol[usize::from(*symbol)] = (lens & 7) as u8;
        lens >>= 3;
    }
    for (symbol, len) in (0u8..).zip(of_symbol) {
        let len = usize::from(len);
        by_len[len][counts[len]] = symbol;
        counts[len] += 1;
    }
    let mut table = [(0u8, 0u8); 128];
    let mut code = 0usize;
    for (len, symbols) in (0u8..).zip(&by_len).skip(1) {
        for symbol in &symbols[..counts[usize::from(len)]] {
            let first = code.reverse_bits() >> (usize::BITS - 7);
            table[first..].iter_mut().step_by(1 << len).for_each(|slot| *slot = (*symbol, len));
            code += 1 << (7 - len);
        }
    }
    let mut bit = bit + 17 + 3 * given;
    let mut all = [0u8; 320];
    let total = literals + distances;
    let mut at = 0;
    while at < total {
        let next = peek(bytes, bit);
        let (symbol, len) = table[(next & 127) as usize];
        let behind = next >> len;
        let (value, times, more) = match symbol {
            0..16 => (symbol, 1, 0),
            16 if at == 0 => return false,
            16 => (all[at - 1], 3 + (behind & 3), 2),
            17 => (0, 3 + (behind & 7), 3),
            _ => (0, 11 + (behind & 127), 7),
        };
        bit += usize::from(len) + more;
        let end = at + usize::try_from(times).unwrap_or(total);
        let Some(same) = all.get_mut(at..end).filter(|_| end <= total) else { return false };
        same.fill(value);
        at = end;
    }
    let (literals, distances) = all[..total].split_at(literals);
    literals.get(256).is_some_and(|len| *len > 0)
        && patterns_of(literals) == FULL
        && (patterns_of(distances) == FULL || distances.iter().filter(|len| **len > 0).count() < 2)
}

/// All patterns of fifteen bits.
const FULL: u32 = 1 << 15;

/// How many patterns of fifteen bits begin with one of the codes.
fn patterns_of(lens: &[u8]) -> u32 {
    lens.iter().filter(|len| **len > 0).map(|len| FULL >> len).sum()
}
