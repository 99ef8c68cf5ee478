//! The bits of a deflated stream in their order: each byte gives its lowest bit first (RFC 1951, 3.1.1).

/// A place between two bits of a stream, never after its end. A copy moves on its own.
#[derive(Clone, Copy, Debug)]
pub(super) struct BitReader<'a> {
    bytes: &'a [u8],
    position: usize,
}

/// The longest stream whose bits can be counted.
const LONGEST: usize = usize::MAX / 8 - 8;

impl<'a> BitReader<'a> {
    /// The beginning of a stream. Of a stream whose bits can't be counted only the front is read: the reader then ends
    /// before the stream does.
    pub(super) fn new(bytes: &'a [u8]) -> Self {
        Self { bytes: bytes.get(..LONGEST).unwrap_or(bytes), position: 0 }
    }

    /// The number of bits before this place.
    pub(super) fn position(self) -> usize {
        self.position
    }

    /// The number of bits after this place.
    pub(super) fn left(self) -> usize {
        8 * self.bytes.len() - self.position
    }

    /// The next bits, 57 at least, the first one in the lowest place. Zeros are after the end.
    #[inline(always)]
    pub(super) fn peek(self) -> u64 {
        self.peek_inside().unwrap_or_else(|| {
            let rest = self.bytes.get(self.position / 8..).unwrap_or(&[]);
            let mut word = [0; 8];
            word.iter_mut().zip(rest).for_each(|(to, from)| *to = *from);
            u64::from_le_bytes(word) >> (self.position % 8)
        })
    }

    /// [`peek`](Self::peek), or nothing where the end is less than eight bytes away.
    #[inline(always)]
    pub(super) fn peek_inside(self) -> Option<u64> {
        self.peek_inside_at(self.position)
    }

    /// [`peek_inside`](Self::peek_inside) at another place.
    #[inline(always)]
    pub(super) fn peek_inside_at(self, position: usize) -> Option<u64> {
        let word = self.bytes.get(position / 8..)?.first_chunk::<8>()?;
        Some(u64::from_le_bytes(*word) >> (position % 8))
    }

    /// Moves to another place; to the end, where that is after it.
    pub(super) fn move_to(&mut self, position: usize) {
        self.position = position.min(8 * self.bytes.len());
    }

    /// Moves by `count` bits, or not at all where fewer are left.
    pub(super) fn skip(&mut self, count: usize) -> Option<()> {
        if count > self.left() {
            return None;
        }
        self.position += count;
        Some(())
    }

    /// The next `count` bits as a number, 16 at most; nothing where fewer are left.
    pub(super) fn take(&mut self, count: u8) -> Option<u16> {
        let held = self.peek();
        self.skip(usize::from(count))?;
        #[allow(clippy::cast_possible_truncation, reason = "the mask leaves 16 bits")]
        let number = (held & ((1 << count) - 1)) as u16;
        Some(number)
    }

    /// Moves to the next byte, unless it is at the beginning of one.
    pub(super) fn align(&mut self) {
        self.position = self.position.next_multiple_of(8);
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::bit_writer::BitWriter;
    use super::*;

    proptest! {
        #[test]
        fn numbers_come_back_as_they_were_written(
            numbers in proptest::collection::vec((any::<u16>(), 0u8..=16), 0..60),
        ) {
            let mut writer = BitWriter::default();
            let mut total = 0;
            for (number, count) in &numbers {
                writer.put(u64::from(*number) & ((1 << count) - 1), u32::from(*count));
                total += usize::from(*count);
            }
            let bytes = writer.finish();
            prop_assert_eq!(bytes.len(), total.div_ceil(8));
            let mut reader = BitReader::new(&bytes);
            for (number, count) in numbers {
                let wanted = u64::from(number) & ((1 << count) - 1);
                prop_assert_eq!(reader.peek() & ((1 << count) - 1), wanted);
                prop_assert_eq!(reader.take(count).map(u64::from), Some(wanted));
            }
            prop_assert_eq!(reader.position(), total);
            reader.align();
            prop_assert_eq!((reader.position(), reader.left()), (8 * bytes.len(), 0));
        }

        #[test]
        fn every_place_is_read_alike(bytes in proptest::collection::vec(any::<u8>(), 0..24)) {
            let bit = |at: usize| bytes.get(at / 8).map_or(0, |byte| u64::from(byte >> (at % 8) & 1));
            for position in 0..=8 * bytes.len() {
                let mut reader = BitReader::new(&bytes);
                prop_assert_eq!(reader.skip(position), Some(()));
                let expected: u64 = (0..57).map(|at| bit(position + at) << at).sum();
                prop_assert_eq!(reader.peek() & ((1 << 57) - 1), expected);
                let inside = reader.peek_inside();
                prop_assert_eq!(inside, (position / 8 + 8 <= bytes.len()).then(|| reader.peek()));
            }
        }
    }

    #[test]
    fn nothing_is_behind_the_end() {
        let mut reader = BitReader::new(&[0xFF, 0xFF]);
        assert_eq!((reader.take(9), reader.left()), (Some(0x1FF), 7));
        assert_eq!((reader.take(8), reader.skip(8), reader.position()), (None, None, 9));
        assert_eq!((reader.peek(), reader.peek_inside()), (0x7F, None));
        assert_eq!((reader.take(7), reader.take(0), reader.take(1)), (Some(0x7F), Some(0), None));
        reader.align();
        assert_eq!((reader.position(), reader.peek()), (16, 0));
        assert_eq!(BitReader::new(&[]).take(1), None);
    }
}
