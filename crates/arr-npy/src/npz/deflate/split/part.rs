//! The bytes of a part of a stream, with a beginning and an end that show at which bits they are.

use zlib_rs::{Inflate, InflateFlush, Status};

use super::super::bit_writer::BitWriter;
use super::super::inflate::{Progress, new_inflater, step};
use super::{PIECE, Span, Stream};

/// What the block that is put after a part holds: unlikely bytes, whose fixed codes have eight bits.
pub(super) const TAIL: [u8; 16] = *b"\x11W\x8f\x02l:\x81\x1dT\x05~3\x8a\x47\x19\x60";

/// A block of fixed codes, except its codes: the header of the final one, and that of another one.
const FINAL_FIXED: u64 = 0b011;
const FIXED: u64 = 0b010;
/// Fixed codes (RFC 1951, 3.2.6): that of byte 0, to which smaller bytes than 144 are added; one of nine bits; and the
/// seven bits of the end of the block.
const CODE_OF_0: u16 = 0x30;
const NINE_BITS: u16 = 0b1_1001_0000;
const END_OF_BLOCK: u16 = 0;

/// The bytes of a part, from the first one that is all its own. After a part that has an end there is a final block
/// that tells whether a block ended there.
pub(super) struct PartBytes<'a> {
    stream: &'a Stream<'a>,
    /// The bit at which the part ends.
    end: Option<u64>,
    piece: Vec<u8>,
    /// How much of the piece has been inflated.
    used: usize,
    /// Where the piece begins in the stream.
    start: u64,
}

impl<'a> PartBytes<'a> {
    pub(super) fn new(stream: &'a Stream<'a>, span: Span) -> Self {
        Self { stream, end: span.end, piece: Vec::new(), used: 0, start: span.start.div_ceil(8) }
    }

    /// The bytes of the piece that have not been inflated.
    pub(super) fn left(&self) -> &[u8] {
        self.piece.split_at(self.used).1
    }

    /// Passes bytes that have been inflated.
    pub(super) fn consume(&mut self, count: usize) {
        self.used = self.piece.len().min(self.used + count);
    }

    /// The next byte of the stream that has not been inflated.
    fn position(&self) -> u64 {
        self.start + self.used as u64
    }

    /// The position when the part has ended.
    fn last_position(&self) -> u64 {
        self.end.map_or(self.stream.len, |end| end.div_ceil(8))
    }

    /// True when the part goes to the end of the stream.
    pub(super) fn is_last(&self) -> bool {
        self.end.is_none()
    }

    /// True at the end of the part, or what of it is in its last byte.
    pub(super) fn is_at_end(&self) -> bool {
        self.position() == self.last_position()
    }

    pub(super) fn is_behind_end(&self) -> bool {
        self.position() > self.last_position()
    }

    /// True when the part may end in this piece.
    pub(super) fn may_end(&self) -> bool {
        self.end.is_some() && self.start + self.piece.len() as u64 >= self.last_position()
    }

    /// Reads another piece when all of the last one has been inflated; an empty one at the end of the part.
    pub(super) fn fill(&mut self) -> Option<()> {
        if self.used < self.piece.len() {
            return Some(());
        }
        self.start += self.piece.len() as u64;
        self.used = 0;
        let end = self.end.map_or(self.stream.len, |end| end / 8);
        let Some(left) = end.checked_sub(self.start).filter(|left| *left > 0) else {
            self.piece.clear();
            return Some(());
        };
        let len = usize::try_from(left).map_or(PIECE, |left| left.min(PIECE));
        self.stream.read(self.start, &mut self.piece, len + 1)?;
        let next = self.piece.get(len).copied();
        self.piece.truncate(len);
        if let (Some(end), true) = (self.end, left == len as u64) {
            let count = u32::try_from(end % 8).ok()?;
            let shared = if count == 0 { 0 } else { u64::from(next?) & ((1 << count) - 1) };
            append_tail(&mut self.piece, shared, count);
        }
        Some(())
    }

    /// True when, at the end of the part, just the block that was put there follows: a block ended at the bit before.
    pub(super) fn proves_end(&self, inflate: &mut Inflate) -> bool {
        ends_here(inflate, self.left())
    }
}

/// Appends `count` bits and a final block that holds [`TAIL`].
pub(super) fn append_tail(bytes: &mut Vec<u8>, bits: u64, count: u32) {
    let mut tail = BitWriter::default();
    tail.put(bits, count);
    tail.put(FINAL_FIXED, 3);
    TAIL.iter().for_each(|byte| tail.put_code(CODE_OF_0 + u16::from(*byte), 8));
    tail.put_code(END_OF_BLOCK, 7);
    bytes.extend(tail.finish());
}

/// An inflater behind `window` that goes on at the bit `start`, when it is given the bytes behind that bit.
pub(super) fn inflate_from(stream: &Stream<'_>, start: u64, window: &[u8]) -> Option<Inflate> {
    let mut inflate = new_inflater().ok()?;
    let skipped = u32::try_from(start % 8).ok()?;
    if skipped > 0 {
        // A block that ends at this bit of a byte, the rest of which is that of the stream: of fixed codes, with as
        // many literals of nine bits as that takes.
        let mut byte = Vec::new();
        stream.read(start / 8, &mut byte, 1)?;
        let literals = usize::try_from((skipped + 6) % 8).ok()?;
        let mut bits = block_of(literals);
        bits.put(u64::from(byte.first()? >> skipped), 8 - skipped);
        let bytes = bits.finish();
        let done = step(&mut inflate, &bytes, &mut [0; 8], InflateFlush::Block).ok()?;
        if done != (Progress { status: Status::Ok, used: bytes.len(), made: literals }) {
            return None;
        }
    }
    if !window.is_empty() {
        inflate.set_dictionary(window).ok()?;
    }
    Some(inflate)
}

/// A block of so many literals, each of nine bits: 10 bits and nine for each of them.
pub(super) fn block_of(literals: usize) -> BitWriter {
    let mut bits = BitWriter::default();
    bits.put(FIXED, 3);
    (0..literals).for_each(|_| bits.put_code(NINE_BITS, 9));
    bits.put_code(END_OF_BLOCK, 7);
    bits
}

/// True when the bytes are just the block that was put after a part, after a block that ended in the byte before.
pub(super) fn ends_here(inflate: &mut Inflate, packed: &[u8]) -> bool {
    let mut found = [0; TAIL.len() + 1];
    let (mut used, mut made) = (0, 0);
    // The end of the block, and that of the stream.
    for _ in 0..3 {
        let (Some(rest), Some(room)) = (packed.get(used..), found.get_mut(made..)) else { return false };
        let Ok(more) = step(inflate, rest, room, InflateFlush::Block) else { return false };
        (used, made) = (used + more.used, made + more.made);
        if more.status == Status::StreamEnd {
            return found.strip_suffix(&[0]) == Some(&TAIL) && made == TAIL.len() && used == packed.len();
        }
    }
    false
}
