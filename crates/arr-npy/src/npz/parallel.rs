//! One deflated stream, unpacked in several places at once.
//!
//! Blocks of deflated data refer to the 32 KiB before them, and nobody says where they begin. So a place is looked for
//! where a block seems to begin, and the data is unpacked from there three times, behind three different windows: what
//! comes out alike does so behind every window, and what does not tells which byte of the window it is. After some time
//! nothing of the window is left in the last 32 KiB, and one time is enough. That the block does begin there is known
//! when the data before it has been unpacked, and a block ended at that very bit. (The idea of going on without the
//! window is that of pugz, Kerbiriou and Chikhi 2019, and rapidgzip, Knespel and Brunst 2023.)

use arr_core::BufferMut;
use arr_core::format::RandomAccess;
use crc32fast::Hasher;
use rayon::prelude::*;
use zlib_rs::{Inflate, InflateFlush, Status};

use super::boundary::{self, LONGEST_HEADER, LONGEST_SEARCH};
use super::decode::WINDOW_BITS;

/// How far back a block may refer.
const WINDOW: usize = 32 << 10;

/// Data is read, unpacked, and summed in pieces that stay in the cache.
const PIECE: usize = 128 << 10;

/// So many parts may be given up before all the rest is unpacked from front to back.
const MOST_GIVEN_UP: u32 = 2;

/// How a stream is cut into parts.
#[derive(Clone, Copy)]
struct Sizes {
    /// A part has at least this many packed bytes.
    shortest: u64,
    /// A part is to have about this many bytes unpacked.
    part: u64,
    /// The window may have its traces in so many bytes of a part; then it is given up.
    unknown: usize,
}

const SIZES: Sizes = Sizes { shortest: 2 << 20, part: 32 << 20, unknown: 512 << 10 };

/// What stands in the last block that is put behind a part: unlikely bytes with codes of eight bits.
const TAIL: [u8; 16] = *b"\x11W\x8f\x02l:\x81\x1dT\x05~3\x8a\x47\x19\x60";

/// Unpacks the `len` bytes of deflated data at `start` into just `bytes` on all cores, and gives the checksum. Nothing
/// when that is not worth it or did not work out: then the data has to be unpacked from front to back.
pub(super) fn inflate(source: &RandomAccess, (start, len): (u64, u64), bytes: &mut [u8]) -> Option<u32> {
    // What could hardly be packed is stored for the most part, and as fast to read as to look through.
    if len > (bytes.len() - bytes.len() / 32) as u64 {
        return None;
    }
    inflate_in(&Stream { source, start, len, sizes: SIZES }, bytes)
}

fn inflate_in(stream: &Stream<'_>, bytes: &mut [u8]) -> Option<u32> {
    let threads = rayon::current_num_threads().min(16) as u64;
    let share = stream.sizes.part.checked_mul(stream.len)? / (bytes.len() as u64).max(1);
    let room = usize::try_from(2 * stream.sizes.part).ok()?;
    let mut sum = Hasher::new();
    let (mut at, mut made, mut given_up) = (0, 0, 0);
    loop {
        let threads = if given_up < MOST_GIVEN_UP { threads } else { 1 };
        let parts = stream.parts(at, threads, share);
        let (first, others) = parts.split_first()?;
        if at == 0 && others.is_empty() {
            return None;
        }
        if threads > 1 && others.is_empty() {
            given_up += 1;
        }
        let (before, rest) = bytes.split_at_mut(made);
        let window: &[u8] = if at == 0 { before } else { before.last_chunk::<WINDOW>()? };
        let room = room.min(rest.len());
        let (unpacked, guesses) = rayon::join(
            || unpack(stream, *first, Some(window), rest),
            || others.par_iter().map(|part| Guess::new(stream, *part, room)).collect::<Vec<_>>(),
        );
        let unpacked = unpacked?;
        sum.combine(&unpacked.sum);
        made += unpacked.made;
        let mut end = first.1;
        for (guess, part) in guesses.iter().zip(others) {
            let Some(guess) = guess else {
                given_up += 1;
                break;
            };
            let (before, rest) = bytes.split_at_mut(made);
            sum.combine(&guess.put(before.last_chunk()?, rest)?);
            made += guess.unpacked.made;
            end = part.1;
        }
        match end {
            Some(end) => at = end,
            None => return (made == bytes.len()).then(|| sum.finalize()),
        }
    }
}

/// Deflated data in the archive.
#[derive(Clone, Copy)]
struct Stream<'a> {
    source: &'a RandomAccess,
    start: u64,
    len: u64,
    sizes: Sizes,
}

impl Stream<'_> {
    /// Reads as much as there is from byte `at`.
    fn read(&self, at: u64, bytes: &mut Vec<u8>, len: usize) -> Option<()> {
        let len = len.min(usize::try_from(self.len.checked_sub(at)?).ok()?);
        bytes.resize(len, 0);
        self.source.read_exact_at(bytes, self.start.checked_add(at)?, "member").ok()
    }

    /// Cuts what begins at the bit `at` into parts that can be unpacked side by side: the bits at which they begin and
    /// end. The last one may go to the end of the stream; then it has none.
    fn parts(&self, at: u64, threads: u64, most: u64) -> Vec<(u64, Option<u64>)> {
        let left = self.len.saturating_sub(at / 8);
        let shortest = self.sizes.shortest;
        let count = threads.min(left / shortest);
        let share = (left / count.max(1)).min(most);
        if count < 2 || share < shortest {
            return vec![(at, None)];
        }
        let to_end = share == left / count;
        let ends = count - u64::from(to_end);
        let ends: Vec<_> = (1..=ends).into_par_iter().map(|end| self.find(at / 8 + end * share)).collect();
        let mut parts = Vec::new();
        let mut start = at;
        for end in &ends {
            match *end {
                Some(end) if end >= start + 64 => parts.push((start, Some(end))),
                _ => break,
            }
            start = end.unwrap_or(start);
        }
        if parts.is_empty() || (to_end && parts.len() == ends.len()) {
            parts.push((start, None));
        }
        parts
    }

    /// The first bit from byte `from` on at which a block seems to begin.
    fn find(&self, from: u64) -> Option<u64> {
        let mut bytes = Vec::new();
        self.read(from, &mut bytes, LONGEST_SEARCH + LONGEST_HEADER)?;
        Some(from * 8 + boundary::find(&bytes)? as u64)
    }
}

/// The bytes of a part, from the first one that is all its own. Behind a part that has an end there is a last block that
/// tells whether it ended there.
struct Packed<'a> {
    stream: &'a Stream<'a>,
    /// The bit at which the part ends.
    end: Option<u64>,
    piece: Vec<u8>,
    /// How much of the piece has been unpacked.
    used: usize,
    /// Where it begins in the stream.
    start: u64,
}

impl<'a> Packed<'a> {
    fn new(stream: &'a Stream<'a>, (start, end): (u64, Option<u64>)) -> Self {
        Self { stream, end, piece: Vec::new(), used: 0, start: start.div_ceil(8) }
    }

    fn left(&self) -> &[u8] {
        self.piece.get(self.used..).unwrap_or_default()
    }

    /// The next byte of the stream that has not been unpacked.
    fn position(&self) -> u64 {
        self.start + self.used as u64
    }

    /// The position when the part has ended.
    fn last_position(&self) -> u64 {
        self.end.map_or(self.stream.len, |end| end.div_ceil(8))
    }

    /// True when the part may end in this piece.
    fn is_last_piece(&self) -> bool {
        self.end.is_some() && self.start + self.piece.len() as u64 >= self.last_position()
    }

    /// Reads more, or nothing at the end.
    fn fill(&mut self) -> Option<()> {
        self.start += self.piece.len() as u64;
        self.used = 0;
        let end = self.end.map_or(self.stream.len, |end| end / 8);
        let Some(left) = end.checked_sub(self.start).filter(|left| *left > 0) else {
            self.piece.clear();
            return Some(());
        };
        let len = PIECE.min(usize::try_from(left).unwrap_or(PIECE));
        self.stream.read(self.start, &mut self.piece, len + 1)?;
        let next = self.piece.get(len).copied().unwrap_or(0);
        self.piece.truncate(len);
        if let (Some(end), true) = (self.end, left == len as u64) {
            let count = u32::try_from(end % 8).ok()?;
            append_tail(&mut self.piece, u64::from(next) & ((1 << count) - 1), count);
        }
        Some(())
    }
}

/// Bits put together to bytes, the first one in the lowest place.
#[derive(Clone, Default)]
struct Bits {
    bytes: Vec<u8>,
    held: u64,
    count: u32,
}

impl Bits {
    fn put(&mut self, value: u64, len: u32) {
        self.held |= value << self.count;
        self.count += len;
        while self.count >= 8 {
            self.bytes.push(self.held.to_le_bytes()[0]);
            self.held >>= 8;
            self.count -= 8;
        }
    }
}

/// Appends `count` bits and a last block that holds [`TAIL`].
fn append_tail(bytes: &mut Vec<u8>, bits: u64, count: u32) {
    let mut tail = Bits::default();
    tail.put(bits, count);
    // The last block, of fixed codes (RFC 1951, 3.2.6).
    tail.put(0b011, 3);
    TAIL.iter().for_each(|byte| tail.put(u64::from((0x30 + byte).reverse_bits()), 8));
    // The end of the block, and the rest of the byte.
    tail.put(0, 7);
    tail.put(0, 7);
    bytes.extend(tail.bytes);
}

/// What came of unpacking a part.
struct Unpacked {
    made: usize,
    /// So many bytes at the beginning may be of the window.
    unknown: usize,
    /// What came out behind the other two windows.
    others: Vec<Vec<u8>>,
    /// The checksum of what is known.
    sum: Hasher,
}

/// Where a byte behind an unknown window comes from: three windows of which the first has the low half of each place,
/// the second the high half, and the third nothing in common with the first.
fn windows() -> [Vec<u8>; 3] {
    let places = || (0..WINDOW).map(|at| u16::try_from(at).unwrap_or(0).to_le_bytes());
    [
        places().map(|[low, _]| low).collect(),
        places().map(|[_, high]| high).collect(),
        places().map(|[low, _]| !low).collect(),
    ]
}

/// Unpacks a part into `bytes`, behind `window` if that is known. Nothing when the data is broken, the part does not
/// end where a block does, `bytes` are too few, or the traces of the window don't end.
fn unpack(
    stream: &Stream<'_>,
    part: (u64, Option<u64>),
    window: Option<&[u8]>,
    bytes: &mut [u8],
) -> Option<Unpacked> {
    let mut packed = Packed::new(stream, part);
    let mut inflates = Vec::new();
    let mut others = Vec::new();
    let unknown = windows();
    let windows = match &window {
        Some(window) => vec![*window],
        None => unknown.iter().map(Vec::as_slice).collect(),
    };
    for window in windows {
        inflates.push(inflate_from(stream, part.0, window)?);
    }
    let most_unknown = bytes.len().min(stream.sizes.unknown);
    if window.is_none() {
        others = vec![vec![0; most_unknown]; 2];
    }
    let (mut made, mut unknown, mut sum) = (0, 0, Hasher::new());
    loop {
        if packed.left().is_empty() {
            packed.fill()?;
        }
        // Where the part may end there has to be room, so that it's seen why the unpacking stopped.
        let end = match inflates.len() {
            1 if packed.is_last_piece() => bytes.len(),
            1 => bytes.len().min(made + PIECE),
            _ => most_unknown.min(made + WINDOW),
        };
        let room = bytes.get_mut(made..end)?;
        let (first, rest) = inflates.split_first_mut()?;
        let (status, used, got) = step(first, packed.left(), room)?;
        for (inflate, bytes) in rest.iter_mut().zip(&mut others) {
            if step(inflate, packed.left(), bytes.get_mut(made..end)?)? != (status, used, got) {
                return None;
            }
        }
        let room_left = room.len() - got;
        if inflates.len() == 1 {
            sum.update(room.get(..got)?);
        }
        packed.used += used;
        made += got;
        if inflates.len() > 1 {
            let recent = made.checked_sub(WINDOW).map(|from| from..made);
            if recent.is_some_and(|recent| bytes.get(recent.clone()) == others[1].get(recent)) {
                inflates.truncate(1);
                unknown = made;
            } else if room_left == 0 && made == most_unknown {
                return None;
            }
        }
        let ended = packed.position() == packed.last_position();
        if status == Status::StreamEnd {
            let ended = ended && packed.end.is_none() && inflates.len() == 1;
            return ended.then_some(Unpacked { made, unknown, others, sum });
        }
        if packed.end.is_some() && ended && room_left > 0 {
            let ended = inflates.len() == 1 && ends_here(inflates.first_mut()?, packed.left());
            return ended.then_some(Unpacked { made, unknown, others, sum });
        }
        if packed.position() > packed.last_position() {
            return None;
        }
        // At the end of the data or of the room.
        if used == 0 && got == 0 {
            return None;
        }
    }
}

/// What inflates from the bit `start` on, behind `window`, when it is given the bytes behind that bit.
fn inflate_from(stream: &Stream<'_>, start: u64, window: &[u8]) -> Option<Inflate> {
    let mut inflate = Inflate::new(false, WINDOW_BITS);
    let skipped = u32::try_from(start % 8).ok()?;
    if skipped > 0 {
        // A block that ends at this bit of a byte, the rest of which is that of the stream: of fixed codes, with as many
        // literals of nine bits as that takes.
        let mut byte = Vec::new();
        stream.read(start / 8, &mut byte, 1)?;
        let literals = usize::try_from((skipped + 6) % 8).ok()?;
        let mut bits = Bits::default();
        bits.put(0b010, 3);
        (0..literals).for_each(|_| bits.put(0b0_0001_0011, 9));
        bits.put(0, 7);
        bits.put(u64::from(byte.first()? >> skipped), 8 - skipped);
        let done = step(&mut inflate, &bits.bytes, &mut [0; 8])?;
        if done != (Status::Ok, bits.bytes.len(), literals) {
            return None;
        }
    }
    if !window.is_empty() {
        inflate.set_dictionary(window).ok()?;
    }
    Some(inflate)
}

/// Goes on to the end of a block at most: what the status is, how many bytes were unpacked, and how many came out.
fn step(inflate: &mut Inflate, packed: &[u8], room: &mut [u8]) -> Option<(Status, usize, usize)> {
    let (used, made) = (inflate.total_in(), inflate.total_out());
    let status = inflate.decompress(packed, room, InflateFlush::Block).ok()?;
    let count = |from: u64, to: u64| usize::try_from(to - from).ok();
    Some((status, count(used, inflate.total_in())?, count(made, inflate.total_out())?))
}

/// True when just the block that was put behind the part follows, after a block that ended in the byte before.
fn ends_here(inflate: &mut Inflate, packed: &[u8]) -> bool {
    let mut found = [0; TAIL.len() + 1];
    let (mut used, mut made) = (0, 0);
    // The end of the block, and that of the stream.
    for _ in 0..3 {
        let (Some(rest), Some(room)) = (packed.get(used..), found.get_mut(made..)) else { return false };
        let Some((status, more, got)) = step(inflate, rest, room) else { return false };
        (used, made) = (used + more, made + got);
        if status == Status::StreamEnd {
            return found.strip_suffix(&[0]) == Some(&TAIL) && made == TAIL.len() && used == packed.len();
        }
    }
    false
}

/// A part that was unpacked without knowing what is before it.
struct Guess {
    bytes: BufferMut,
    unpacked: Unpacked,
}

impl Guess {
    fn new(stream: &Stream<'_>, part: (u64, Option<u64>), most: usize) -> Option<Self> {
        let mut bytes = BufferMut::zeroed(most).ok()?;
        let unpacked = unpack(stream, part, None, bytes.as_mut_slice())?;
        Some(Self { bytes, unpacked })
    }

    /// Copies what was unpacked to the front of `bytes`, now that the window before it is known, and gives its checksum.
    fn put(&self, window: &[u8; WINDOW], bytes: &mut [u8]) -> Option<Hasher> {
        let Unpacked { made, unknown, others, sum } = &self.unpacked;
        let bytes = bytes.get_mut(..*made)?;
        let from = self.bytes.as_slice().get(..*made)?;
        bytes
            .par_chunks_mut(PIECE)
            .zip(from.par_chunks(PIECE))
            .for_each(|(to, from)| to.copy_from_slice(from));
        let [high, inverse] = others.as_slice() else { return None };
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

#[cfg(test)]
mod tests;
