//! Data, deflated on all cores as it comes.

use std::io::{self, Write};

use arr_core::format::threads::sizes::SEGMENTS;
use arr_core::{Error, Result};
use crc32fast::Hasher;

use super::super::out::write_failed;
use super::compressor::{Follows, Pool};
use super::queue::{Done, deflate_all};
use super::reserve;
use super::segments::SegmentTable;

/// What became of deflated data.
#[derive(Debug)]
pub(in super::super) struct Deflated {
    /// The number of bytes that were written.
    pub(in super::super) compressed: u64,
    /// The checksum of the data.
    pub(in super::super) crc32: u32,
    pub(in super::super) segments: SegmentTable,
}

/// Deflates bytes as they come to a split stream, and writes it on.
///
/// *Why there are segments at all:* a deflated byte may refer to the 32 KiB before it, so what deflates or inflates a
/// stream has to have gone through all that is before. A segment refers to nothing before it, like a stream of its own:
/// all cores can deflate segments and inflate them, at the price of a window that is empty at their beginnings. For
/// segments of 1 MiB of numbers that is less than a thousandth of the stream. A segment ends at a byte, with an empty stored block, so that segments one
/// after the other are one stream for every reader.
pub(in super::super) struct Encoder {
    level: u8,
    /// The number of bytes of a segment.
    segment: usize,
    /// The number of bytes that are still to come.
    left: u64,
    /// Fewer bytes than are worth to be deflated: small pieces are gathered, so that all cores have work.
    pending: Vec<u8>,
    hasher: Hasher,
    compressed: u64,
    segments: SegmentTable,
    /// The length of the last segment so far, which is told when another one follows.
    last: Option<u32>,
    pool: Pool,
}

impl Encoder {
    /// Deflates just `size` bytes.
    pub(in super::super) fn new(level: u8, size: u64) -> Result<Self> {
        let segments = SegmentTable::for_size(size);
        let segment = usize::try_from(segments.segment_size())
            .map_err(|_| Error::limit("the segments of the array do not fit into memory"))?;
        Ok(Self {
            level,
            segment,
            left: size,
            pending: Vec::new(),
            hasher: Hasher::new(),
            compressed: 0,
            segments,
            last: None,
            pool: Pool::default(),
        })
    }

    /// A sink of bytes, which are deflated to `out`. All of a stream go to the same one.
    pub(in super::super) fn to<'e>(&'e mut self, out: &'e mut (dyn Write + Send)) -> EncoderSink<'e> {
        EncoderSink { encoder: self, out }
    }

    /// What was written, when all bytes have come.
    ///
    /// # Errors
    /// `Mismatch` when fewer bytes have come, or more.
    pub(in super::super) fn finish(mut self, out: &mut dyn Write) -> Result<Deflated> {
        if self.left > 0 || !self.pending.is_empty() {
            return Err(Error::mismatch("there are fewer bytes to be deflated than were announced"));
        }
        if self.compressed == 0 {
            // A stream of nothing has a final block, too.
            self.deflate(&[&[]], out)?;
        }
        let Self { compressed, hasher, segments, .. } = self;
        Ok(Deflated { compressed, crc32: hasher.finalize(), segments })
    }

    /// Deflates segments and writes them meanwhile.
    fn deflate(&mut self, segments: &[&[u8]], out: &mut dyn Write) -> Result<()> {
        let total: usize = segments.iter().map(|segment| segment.len()).sum();
        self.left = self
            .left
            .checked_sub(total as u64)
            .ok_or_else(|| Error::mismatch("there are more bytes to be deflated than were announced"))?;
        let mut write = |done: &Done<'_>| {
            self.hasher.combine(&done.hasher);
            self.compressed += done.packed.len() as u64;
            let len = u32::try_from(done.packed.len())
                .map_err(|_| Error::limit("a deflated segment has more than 4 GiB"))?;
            if let Some(before) = self.last.replace(len) {
                self.segments.push(before);
            }
            out.write_all(&done.packed).map_err(write_failed)
        };
        let follows = if self.left == 0 { Follows::Nothing } else { Follows::Segment };
        deflate_all(segments, (self.level, follows), &self.pool, &mut write)
    }
}

/// An [`Encoder`] with the sink that it writes to.
pub(in super::super) struct EncoderSink<'e> {
    encoder: &'e mut Encoder,
    out: &'e mut (dyn Write + Send),
}

impl Write for EncoderSink<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let encoder = &mut *self.encoder;
        let whole = encoder.segment;
        let is_end = encoder.left == (encoder.pending.len() + bytes.len()) as u64;
        if !is_end && encoder.pending.len() + bytes.len() < whole.saturating_mul(SEGMENTS) {
            reserve(&mut encoder.pending, bytes.len())?;
            encoder.pending.extend_from_slice(bytes);
            return Ok(bytes.len());
        }
        let mut pending = std::mem::take(&mut encoder.pending);
        let missing = pending.len().next_multiple_of(whole) - pending.len();
        let (front, rest) = bytes.split_at(missing.min(bytes.len()));
        reserve(&mut pending, front.len())?;
        pending.extend_from_slice(front);
        let taken = if is_end { rest.len() } else { rest.len() - rest.len() % whole };
        let (now, later) = rest.split_at(taken);
        let segments: Vec<_> = pending.chunks(whole).chain(now.chunks(whole)).collect();
        encoder.deflate(&segments, self.out)?;
        pending.clear();
        reserve(&mut pending, later.len())?;
        pending.extend_from_slice(later);
        encoder.pending = pending;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
