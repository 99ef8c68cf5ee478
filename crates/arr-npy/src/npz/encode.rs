//! Data, deflated on all cores as it comes.

use std::io::{self, Write};

use arr_core::{Error, Result};
use crc32fast::Hasher;

use super::line::{AT_ONCE, Done, pack_all};
use super::pack::Tools;
use super::record::MOST_SEGMENTS;

/// The usual size of a segment, as a power of two: small enough for all cores to have work, so large that what each
/// loses by not knowing the one before does not count.
const SEGMENT_BITS: u8 = 20;

/// The size of the segments of data of that size, as a power of two: so large that their places fit into an entry of
/// the directory.
pub(super) fn segment_bits(size: u64) -> u8 {
    (SEGMENT_BITS..40).find(|bits| size.div_ceil(1 << bits) <= MOST_SEGMENTS).unwrap_or(40)
}

/// What became of deflated data.
#[derive(Debug, Default)]
pub(super) struct Packed {
    pub(super) compressed: u64,
    pub(super) crc: u32,
    /// Bytes of all but the last segment.
    pub(super) segments: Vec<u32>,
}

/// Deflates bytes as they come and writes them on.
pub(super) struct Deflater<'w> {
    out: &'w mut dyn Write,
    level: u8,
    segment: usize,
    /// Bytes that are still to come.
    left: u64,
    /// Fewer bytes than are worth to be packed: small pieces are gathered, so that all cores have work.
    pending: Vec<u8>,
    hasher: Hasher,
    packed: Packed,
    tools: Tools,
}

impl<'w> Deflater<'w> {
    /// Deflates just `size` bytes.
    pub(super) fn new(out: &'w mut dyn Write, level: u8, size: u64) -> Self {
        Self {
            out,
            level,
            segment: 1 << segment_bits(size),
            left: size,
            pending: Vec::new(),
            hasher: Hasher::new(),
            packed: Packed::default(),
            tools: Tools::default(),
        }
    }

    /// What was written, when all bytes have come.
    pub(super) fn finish(mut self) -> Result<Packed> {
        if self.packed.compressed == 0 {
            // Nothing has an end, too.
            self.pack(&[&[]])?;
        }
        self.packed.crc = self.hasher.finalize();
        // The last segment ends where the data does.
        self.packed.segments.pop();
        Ok(self.packed)
    }

    /// Packs segments and writes them meanwhile.
    fn pack(&mut self, segments: &[&[u8]]) -> Result<()> {
        let total: usize = segments.iter().map(|segment| segment.len()).sum();
        self.left = self.left.saturating_sub(total as u64);
        let mut write = |done: &Done| {
            self.hasher.combine(&done.hasher);
            self.packed.compressed += done.packed.len() as u64;
            self.packed.segments.push(u32::try_from(done.packed.len()).unwrap_or(u32::MAX));
            self.out.write_all(&done.packed).map_err(|source| match source.downcast::<Error>() {
                Ok(error) => error,
                Err(source) => Error::io("can't write", source),
            })
        };
        pack_all(segments, (self.level, self.left == 0), &self.tools, &mut write)
    }
}

impl Write for Deflater<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let whole = self.segment;
        let is_end = self.left == (self.pending.len() + bytes.len()) as u64;
        if !is_end && self.pending.len() + bytes.len() < whole.saturating_mul(AT_ONCE) {
            self.pending.extend_from_slice(bytes);
            return Ok(bytes.len());
        }
        let mut pending = std::mem::take(&mut self.pending);
        let missing = pending.len().next_multiple_of(whole) - pending.len();
        let (front, rest) = bytes.split_at(missing.min(bytes.len()));
        pending.extend_from_slice(front);
        let taken = if is_end { rest.len() } else { rest.len() - rest.len() % whole };
        let (now, later) = rest.split_at(taken);
        self.pack(&pending.chunks(whole).chain(now.chunks(whole)).collect::<Vec<_>>())?;
        pending.clear();
        pending.extend_from_slice(later);
        self.pending = pending;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
