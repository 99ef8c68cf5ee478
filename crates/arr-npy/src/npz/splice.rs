//! Deflated streams, joined.
//!
//! Who deflates in one go ends with a block that is marked as the last (RFC 1951, 3.2.3), and nobody says where it
//! begins or at which bit it ends. To let another stream follow, the mark has to be taken away, and the next byte
//! reached by an empty block. So the codes are walked, without looking at what they stand for.

/// Takes the mark from the last block of a deflated stream and fills its last byte, so that another stream can
/// follow. False, and nothing is changed, when it is no stream that ends in its last byte.
pub(super) fn open_end(stream: &mut Vec<u8>) -> bool {
    let Some((last_block, end)) = walk(stream) else { return false };
    let Some(byte) = stream.get_mut(last_block / 8) else { return false };
    *byte &= !(1 << (last_block % 8));
    // An empty stored block: three bits of zeros, zeros to the next byte, and a length of zero and its complement.
    stream.truncate(end.div_ceil(8));
    stream.resize((end + 3).div_ceil(8), 0);
    stream.extend([0, 0, 0xFF, 0xFF]);
    true
}

/// The bit at which the last block begins, and the one behind its end.
fn walk(stream: &[u8]) -> Option<(usize, usize)> {
    let mut bits = Bits { bytes: stream, at: 0, held: 0, count: 0 };
    let mut codes = Box::new([Codes::EMPTY, Codes::EMPTY]);
    loop {
        bits.refill();
        let start = bits.position();
        let last = bits.take(1) == 1;
        match bits.take(2) {
            0 => {
                bits.take(bits.count % 8);
                let len = usize::try_from(bits.take(16)).ok()?;
                bits.take(16);
                bits.skip_bytes(len)?;
            }
            1 => {
                let mut lens = [8; 288];
                lens.get_mut(144..256)?.fill(9);
                lens.get_mut(256..280)?.fill(7);
                codes[0].build(&lens, literal_step)?;
                codes[1].build(&[5; 30], distance_step)?;
                walk_block(&mut bits, &codes)?;
            }
            2 => {
                read_codes(&mut bits, &mut codes)?;
                walk_block(&mut bits, &codes)?;
            }
            _ => return None,
        }
        let end = bits.position();
        if end > stream.len().checked_mul(8)? {
            return None;
        }
        if last {
            return (end.div_ceil(8) == stream.len()).then_some((start, end));
        }
    }
}

/// The bits of a stream, the lowest of each byte first.
struct Bits<'a> {
    bytes: &'a [u8],
    /// The next byte that is not held.
    at: usize,
    held: u64,
    count: u32,
}

impl Bits<'_> {
    /// Holds 56 bits at least; behind the end there are zeros.
    #[inline(always)]
    fn refill(&mut self) {
        let next = match self.bytes.get(self.at..).and_then(|rest| rest.first_chunk::<8>()) {
            Some(next) => u64::from_le_bytes(*next),
            None => {
                let mut next = [0; 8];
                let rest = self.bytes.get(self.at..).unwrap_or_default();
                next.iter_mut().zip(rest).for_each(|(to, from)| *to = *from);
                u64::from_le_bytes(next)
            }
        };
        self.held |= next << self.count;
        let taken = (63 - self.count) / 8;
        self.at += taken as usize;
        self.count += 8 * taken;
    }

    #[inline(always)]
    fn take(&mut self, count: u32) -> u64 {
        let taken = self.held & ((1 << count) - 1);
        self.drop(count);
        taken
    }

    #[inline(always)]
    fn drop(&mut self, count: u32) {
        self.held >>= count;
        // No more is taken than a refill gives.
        self.count = self.count.wrapping_sub(count);
    }

    fn position(&self) -> usize {
        (8 * self.at).saturating_sub(self.count as usize)
    }

    fn skip_bytes(&mut self, len: usize) -> Option<()> {
        self.at = (self.position() / 8).checked_add(len).filter(|at| *at <= self.bytes.len())?;
        (self.held, self.count) = (0, 0);
        Some(())
    }
}

/// What a code takes with the extra bits behind it, and what comes next.
#[derive(Clone, Copy)]
struct Step {
    bits: u8,
    next: u8,
}

/// Next comes a literal or a length: which codes to look in.
const LITERAL: u8 = 0;
/// Next comes a distance.
const DISTANCE: u8 = 1;
/// The block is at its end.
const END: u8 = 2;
/// The code is too long to be looked up.
const LONG: u8 = 3;
/// No symbol has this code.
const INVALID: u8 = 4;

/// The extra bits of a symbol of the first alphabet, and what comes next (RFC 1951, 3.2.5).
fn literal_step(symbol: usize) -> Step {
    match symbol {
        0..256 => Step { bits: 0, next: LITERAL },
        256 => Step { bits: 0, next: END },
        257..265 | 285 => Step { bits: 0, next: DISTANCE },
        265..285 => Step { bits: u8::try_from((symbol - 261) / 4).unwrap_or(0), next: DISTANCE },
        _ => Step { bits: 0, next: INVALID },
    }
}

/// The extra bits of a symbol of the second alphabet.
fn distance_step(symbol: usize) -> Step {
    match symbol {
        0..2 => Step { bits: 0, next: LITERAL },
        2..30 => Step { bits: u8::try_from((symbol - 2) / 2).unwrap_or(0), next: LITERAL },
        _ => Step { bits: 0, next: INVALID },
    }
}

/// Codes of up to this many bits are looked up; longer ones are rare.
const LOOKED_UP: usize = 11;

/// The longest code.
const LONGEST: usize = 15;

/// The codes of one alphabet.
struct Codes {
    /// By the next bits.
    table: [Step; 1 << LOOKED_UP],
    /// How many codes there are of each length.
    counts: [u16; LONGEST + 1],
    /// What the codes stand for, in their order; the bits are those behind the code.
    steps: [Step; 288],
}

impl Codes {
    const EMPTY: Self = Self {
        table: [Step { bits: 0, next: LONG }; 1 << LOOKED_UP],
        counts: [0; LONGEST + 1],
        steps: [Step { bits: 0, next: INVALID }; 288],
    };

    /// Makes the codes from their lengths (RFC 1951, 3.2.2).
    fn build(&mut self, lens: &[u8], step: impl Fn(usize) -> Step) -> Option<()> {
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
        self.table.fill(Step { bits: 0, next: LONG });
        for (symbol, len) in lens.iter().enumerate().filter(|(_, len)| **len > 0) {
            let bits = usize::from(*len);
            let (code, place) = (next_code.get_mut(bits)?, next_place.get_mut(bits)?);
            let behind = step(symbol);
            *self.steps.get_mut(*place)? = behind;
            if bits <= LOOKED_UP {
                // Codes stand in the stream with their highest bit first.
                let first = usize::try_from(code.reverse_bits() >> (32 - bits)).ok()?;
                let same = self.table.get_mut(first..)?.iter_mut().step_by(1 << bits);
                same.for_each(|slot| *slot = Step { bits: len + behind.bits, ..behind });
            }
            *code += 1;
            *place += 1;
        }
        Some(())
    }

    /// What the next code asks for.
    #[inline(always)]
    fn next(&self, held: u64) -> Step {
        // The index has as many bits as the table has places.
        #[allow(clippy::cast_possible_truncation, reason = "so few bits fit")]
        let index = (held & ((1 << LOOKED_UP) - 1)) as usize;
        self.table[index]
    }

    /// [`next`](Self::next) for a code that is not in the table.
    #[cold]
    fn next_long(&self, mut held: u64) -> Step {
        let (mut code, mut first, mut place) = (0usize, 0usize, 0usize);
        for (len, count) in (0u8..).zip(self.counts).skip(1) {
            code |= usize::from(held & 1 == 1);
            held >>= 1;
            let count = usize::from(count);
            if let Some(at) = code.checked_sub(first).filter(|at| *at < count) {
                let Some(behind) = self.steps.get(place + at) else { break };
                return Step { bits: len + behind.bits, ..*behind };
            }
            (place, first, code) = (place + count, (first + count) << 1, code << 1);
        }
        Step { bits: 0, next: INVALID }
    }
}

/// Walks to behind the end of a block. What a code asks for is not decided on but looked up, since it can't be
/// foreseen: the next code's alphabet is a place in memory.
fn walk_block(bits: &mut Bits<'_>, codes: &[Codes; 2]) -> Option<()> {
    let mut alphabet = LITERAL;
    loop {
        bits.refill();
        // Two codes with their extra bits take 48 at most.
        for _ in 0..2 {
            let current = &codes[usize::from(alphabet & 1)];
            let mut step = current.next(bits.held);
            if step.next >= END {
                if step.next == LONG {
                    step = current.next_long(bits.held);
                }
                if step.next >= END {
                    bits.drop(u32::from(step.bits));
                    return (step.next == END).then_some(());
                }
            }
            bits.drop(u32::from(step.bits));
            alphabet = step.next;
        }
        if bits.at > bits.bytes.len() + 8 {
            return None;
        }
    }
}

/// The order in which the lengths of the codes of lengths stand.
const ORDER: [usize; 19] = [16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15];

/// Reads the codes of a block (RFC 1951, 3.2.7).
fn read_codes(bits: &mut Bits<'_>, codes: &mut [Codes; 2]) -> Option<()> {
    bits.refill();
    let literals = usize::try_from(bits.take(5)).ok()? + 257;
    let distances = usize::try_from(bits.take(5)).ok()? + 1;
    let given = usize::try_from(bits.take(4)).ok()? + 4;
    let mut lens = [0; 19];
    for place in ORDER.iter().take(given) {
        bits.refill();
        *lens.get_mut(*place)? = u8::try_from(bits.take(3)).ok()?;
    }
    // No code of lengths is longer than seven bits, and none has extra bits that are told here: the next is the symbol.
    codes[0].build(&lens, |symbol| Step { bits: 0, next: u8::try_from(symbol).unwrap_or(u8::MAX) })?;
    let mut all = [0u8; 320];
    let total = literals + distances;
    let mut at = 0;
    while at < total {
        bits.refill();
        let Step { bits: len, next: symbol } = codes[0].next(bits.held);
        // The table is empty where no code is.
        if len == 0 {
            return None;
        }
        bits.drop(u32::from(len));
        let (value, times) = match symbol {
            0..16 => (symbol, 1),
            16 => (*all.get(at.checked_sub(1)?)?, 3 + bits.take(2)),
            17 => (0, 3 + bits.take(3)),
            18 => (0, 11 + bits.take(7)),
            _ => return None,
        };
        let end = at + usize::try_from(times).ok()?;
        all.get_mut(at..end.min(total))?.fill(value);
        at = end;
    }
    if at > total {
        return None;
    }
    codes[0].build(all.get(..literals)?, literal_step)?;
    codes[1].build(all.get(literals..total)?, distance_step)
}

#[cfg(test)]
#[allow(
    clippy::cast_possible_truncation,
    clippy::cast_precision_loss,
    clippy::cast_sign_loss,
    reason = "small numbers"
)]
mod tests {
    use super::*;
    use crate::npz::decode::inflate_segment;
    use zlib_rs::{Deflate, DeflateConfig, DeflateFlush, Method, Strategy};

    fn deflated(bytes: &[u8], level: i32, strategy: Strategy) -> Vec<u8> {
        let config =
            DeflateConfig { level, method: Method::Deflated, window_bits: -15, mem_level: 8, strategy };
        let mut deflate = Deflate::new_with_config(config);
        let mut packed = vec![0; bytes.len() * 2 + 1000];
        deflate.compress(bytes, &mut packed, DeflateFlush::Finish).unwrap();
        packed.truncate(deflate.total_out() as usize);
        packed
    }

    fn samples() -> Vec<Vec<u8>> {
        let mut state = 88172645463325252u64;
        let mut random = || {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            state
        };
        let skewed: Vec<u8> =
            (0..200_000).map(|_| (random().trailing_zeros() as u8).wrapping_mul(37)).collect();
        let noise: Vec<u8> = (0..100_000).map(|_| random() as u8).collect();
        let smooth: Vec<u8> = (0..50_000).flat_map(|at| (at as f32 / 5000.0).sin().to_le_bytes()).collect();
        // Lengths and distances of every size, and rare literals with long codes.
        let mut mixed = Vec::new();
        while mixed.len() < 150_000 {
            let (back, len) = ((random() % 32_000) as usize, (random() % 260) as usize);
            match mixed.len().checked_sub(back + 1) {
                Some(start) if random() % 4 > 0 => {
                    let end = (start + len).min(mixed.len());
                    mixed.extend_from_within(start..end);
                }
                _ => mixed.extend((0..len).map(|_| ((random() % 65536) as f64).sqrt() as u8)),
            }
        }
        vec![vec![], vec![7], vec![0; 70_000], skewed, noise, smooth, mixed]
    }

    #[test]
    fn two_streams_become_one() {
        for bytes in samples() {
            for (level, strategy) in [
                (0, Strategy::Default),
                (1, Strategy::Default),
                (6, Strategy::Default),
                (9, Strategy::Default),
                (6, Strategy::Fixed),
                (6, Strategy::HuffmanOnly),
                (6, Strategy::Rle),
            ] {
                let mut stream = deflated(&bytes, level, strategy);
                let tail = stream.clone();
                assert!(open_end(&mut stream), "level {level}, {strategy:?}, {} bytes", bytes.len());
                let mut alone = vec![0; bytes.len()];
                assert!(inflate_segment(&stream, &mut alone, false));
                assert!(alone == bytes);
                stream.extend(tail);
                let mut twice = vec![0; 2 * bytes.len()];
                assert!(inflate_segment(&stream, &mut twice, true));
                assert!(twice[..bytes.len()] == bytes && twice[bytes.len()..] == bytes);
            }
        }
    }

    #[test]
    fn what_is_no_stream_is_left_alone() {
        let stream = deflated(&samples()[6], 6, Strategy::Default);
        for cut in (0..stream.len()).step_by(97) {
            let mut part = stream[..cut].to_vec();
            assert!(!open_end(&mut part));
            assert!(part == stream[..cut]);
        }
        let mut longer = [&stream[..], &[0]].concat();
        assert!(!open_end(&mut longer));
        for at in 0..2000 {
            let mut damaged = stream.clone();
            let place = at * 31 % stream.len();
            damaged[place] ^= 1 << (at % 8);
            open_end(&mut damaged);
        }
        assert!(!open_end(&mut vec![]) && !open_end(&mut vec![7]) && !open_end(&mut vec![0xFF; 50]));
    }
}
