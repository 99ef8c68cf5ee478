//! The segments of a split stream: where they begin, and how all cores inflate them.
//!
//! *Why each can be inflated by itself:* no distance in a segment reaches behind its own beginning, and it begins at a byte,
//! since the empty stored block before it ends at one (RFC 1951, 3.2.4). Nothing in the stream says where that is: the
//! table does. A segment has to give just its share of the data and to end as it must, with the final block or without; and
//! the checksums of all, combined, must be that of the data. So a wrong table costs time, and never gives wrong bytes.

use arr_core::format::{Positioned, threads};
use byteorder::{ByteOrder, LittleEndian};
use crc32fast::Hasher;

use super::inflate::inflate_segment;

/// The usual size of a segment, as a power of two: small enough for all cores to have work, so large that what each
/// loses by not knowing the one before does not count.
const USUAL_BITS: u8 = 20;

/// The largest size of a segment, as a power of two.
const MOST_BITS: u8 = 40;

/// The largest number of segments of a stream: their table has to fit into an extra field of a zip archive, and to
/// leave room for others.
const MOST_SEGMENTS: u64 = 8192;

/// The version of the table.
const VERSION: u8 = 1;

/// Where the segments of a split stream begin.
///
/// Its bytes are a version, which is 1, the size of a segment's data as a power of two, and the lengths of all but the
/// last segment in the stream, four bytes each, the lowest first. Each segment holds so many bytes of data, except the
/// last, which may hold fewer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in super::super) struct SegmentTable {
    bits: u8,
    lens: Vec<u32>,
}

impl SegmentTable {
    /// The table of a stream that holds `size` bytes of data, before anything is known of it.
    pub(in super::super) fn for_size(size: u64) -> Self {
        let fits = |bits: &u8| size.div_ceil(1 << bits) <= MOST_SEGMENTS;
        Self { bits: (USUAL_BITS..MOST_BITS).find(fits).unwrap_or(MOST_BITS), lens: Vec::new() }
    }

    /// The number of bytes of data in a segment.
    pub(super) fn segment_size(&self) -> u64 {
        1 << self.bits
    }

    /// Appends the length of a segment that another one follows.
    pub(super) fn push(&mut self, len: u32) {
        self.lens.push(len);
    }

    /// True when the stream has one segment only: then there is nothing to tell.
    pub(in super::super) fn is_empty(&self) -> bool {
        self.lens.is_empty()
    }

    /// The table in bytes.
    pub(in super::super) fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = vec![0; 2 + 4 * self.lens.len()];
        let (head, lens) = bytes.split_at_mut(2);
        head.copy_from_slice(&[VERSION, self.bits]);
        LittleEndian::write_u32_into(&self.lens, lens);
        bytes
    }

    /// The table that these bytes are; nothing when they are not a table, or one of another version.
    pub(in super::super) fn parse(bytes: &[u8]) -> Option<Self> {
        let (&[version, bits], lens) = bytes.split_first_chunk::<2>()?;
        if version != VERSION || bits > MOST_BITS {
            return None;
        }
        Some(Self { bits, lens: lens.chunks_exact(4).map(LittleEndian::read_u32).collect() })
    }

    /// The place and length of each segment of a stream of `len` bytes that begins at `start` and holds `size` bytes of
    /// data. Nothing when there are more segments or fewer than that takes, or longer ones.
    fn places(&self, (start, len): (u64, u64), size: u64) -> Option<Vec<(u64, u64)>> {
        if self.is_empty() || size.div_ceil(self.segment_size()) != self.lens.len() as u64 + 1 {
            return None;
        }
        let end = start.checked_add(len)?;
        let mut places = Vec::new();
        let mut at = start;
        for len in &self.lens {
            places.push((at, u64::from(*len)));
            at = at.checked_add(u64::from(*len))?;
        }
        places.push((at, end.checked_sub(at)?));
        Some(places)
    }
}

/// The most bytes that a stream of `size` bytes of data takes with its table: data that can't be deflated grows by less
/// than a thousandth, and the table has four bytes for each segment.
pub(in super::super) fn most_deflated(size: u64) -> u64 {
    let segments = size >> SegmentTable::for_size(size).bits;
    size.saturating_add(size / 500).saturating_add(4 * segments)
}

/// A deflated segment is at most so much longer than its data.
const MOST_GROWTH: usize = 1 << 20;

/// Inflates the segments of a stream side by side into just `bytes`, and gives their checksum. Nothing when the table
/// does not fit the stream, or a segment is broken.
pub(super) fn inflate(
    source: &Positioned<'_>,
    range: (u64, u64),
    table: &SegmentTable,
    bytes: &mut [u8],
) -> Option<u32> {
    let places = table.places(range, bytes.len() as u64)?;
    let each = usize::try_from(table.segment_size()).ok()?;
    let mut sums = vec![Hasher::new(); places.len()];
    let last = places.len() - 1;
    let pieces = bytes.chunks_mut(each).zip(&places).zip(&mut sums);
    let inflate = |packed: &mut Vec<u8>,
                   index,
                   ((bytes, (at, len)), sum): ((&mut [u8], &(u64, u64)), &mut Hasher)| {
        let len = usize::try_from(*len).ok().filter(|len| *len <= bytes.len().saturating_add(MOST_GROWTH));
        super::resize(packed, len.ok_or(())?).map_err(drop)?;
        source.read_exact_at(packed, *at, "member").map_err(drop)?;
        sum.update(inflate_segment(packed, bytes, index == last).then_some(bytes).ok_or(())?);
        Ok::<(), ()>(())
    };
    threads::each(threads::worth(places.len(), 1), pieces, Vec::new, inflate).ok()?;
    let sum = sums.into_iter().reduce(|mut sum, next| {
        sum.combine(&next);
        sum
    })?;
    Some(sum.finalize())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tables_read_back() {
        let mut table = SegmentTable::for_size(3 << 20);
        assert!(table.is_empty() && table.places((10, 100), 3 << 20).is_none());
        table.push(7);
        table.push(9);
        let bytes = table.to_bytes();
        assert_eq!(bytes, [1, 20, 7, 0, 0, 0, 9, 0, 0, 0]);
        assert_eq!(SegmentTable::parse(&bytes), Some(table.clone()));
        assert_eq!(table.places((10, 100), 3 << 20), Some(vec![(10, 7), (17, 9), (26, 84)]));
        assert_eq!(table.places((10, 100), (3 << 20) + 1), None);
        assert_eq!(table.places((10, 15), 3 << 20), None);
        for wrong in [&[][..], &[1], &[2, 20], &[1, 41]] {
            assert_eq!(SegmentTable::parse(wrong), None);
        }
    }

    #[test]
    fn segments_grow_with_the_data() {
        for (size, bits) in [(0, 20), (8 << 30, 20), ((8 << 30) + 1, 21), (1 << 50, 37), (u64::MAX, 40)] {
            assert_eq!(SegmentTable::for_size(size).bits, bits);
        }
    }
}
