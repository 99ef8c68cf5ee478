//! Data, deflated on all cores.

use std::io::{self, Write};

use arr_core::{Error, Result};
use crc32fast::Hasher;

use super::record::MOST_SEGMENTS;

/// The usual size of a segment, as a power of two: small enough for all cores to have work, so large that what each
/// loses by not knowing the one before does not count.
const SEGMENT_BITS: u8 = 20;

/// How many segments are packed before they are written.
const AT_ONCE: usize = 20;

/// The size of the segments of data of that size, as a power of two: so large that their places fit into an entry of
/// the directory.
pub(super) fn segment_bits(size: u64) -> u8 {
    (SEGMENT_BITS..40).find(|bits| size.div_ceil(1 << bits) <= MOST_SEGMENTS).unwrap_or(40)
}

/// Deflates segments, one after the other.
struct Packer {
    level: u8,
    #[cfg(all(feature = "libdeflate", not(target_family = "wasm")))]
    compressor: libdeflater::Compressor,
}

impl Packer {
    fn new(level: u8) -> Self {
        let level = level.clamp(1, 9);
        Self {
            level,
            #[cfg(all(feature = "libdeflate", not(target_family = "wasm")))]
            compressor: libdeflater::Compressor::new(
                libdeflater::CompressionLvl::new(i32::from(level)).unwrap_or_default(),
            ),
        }
    }

    /// A whole stream, or a part that another one follows.
    fn pack(&mut self, bytes: &[u8], last: bool) -> Result<Vec<u8>> {
        #[cfg(all(feature = "libdeflate", not(target_family = "wasm")))]
        if let Some(packed) = self.pack_at_once(bytes, last) {
            return Ok(packed);
        }
        self.pack_streaming(bytes, last)
    }

    #[cfg(all(feature = "libdeflate", not(target_family = "wasm")))]
    fn pack_at_once(&mut self, bytes: &[u8], last: bool) -> Option<Vec<u8>> {
        let mut packed = vec![0; self.compressor.deflate_compress_bound(bytes.len())];
        let len = self.compressor.deflate_compress(bytes, &mut packed).ok()?;
        packed.truncate(len);
        (last || super::splice::open_end(&mut packed)).then_some(packed)
    }

    fn pack_streaming(&self, bytes: &[u8], last: bool) -> Result<Vec<u8>> {
        use zlib_rs::{Deflate, DeflateFlush, Status};
        let failed = |what: &str| Error::new(arr_core::ErrorKind::Io, format!("can't deflate: {what}"));
        let mut deflate = Deflate::new(i32::from(self.level), false, super::decode::WINDOW_BITS);
        let flush = if last { DeflateFlush::Finish } else { DeflateFlush::FullFlush };
        // Data that can't be packed grows by five bytes for each 16 KiB or so.
        let mut packed = vec![0; bytes.len() + bytes.len() / 1000 + 100];
        let status = deflate.compress(bytes, &mut packed, flush).map_err(|error| failed(error.as_str()))?;
        let (used, made) = (deflate.total_in(), usize::try_from(deflate.total_out()).unwrap_or(usize::MAX));
        if used != bytes.len() as u64 || made >= packed.len() || (last && status != Status::StreamEnd) {
            return Err(failed("the data grows more than it may"));
        }
        packed.truncate(made);
        Ok(packed)
    }
}

/// The level that packs these segments about as well as `level` does, and is the fastest of those. Nearby floats repeat
/// each other in ways that little effort finds as well as much, and noise in none: a sample of all segments tells.
#[cfg(all(feature = "libdeflate", not(target_family = "wasm")))]
fn fastest_level(segments: &[&[u8]], level: u8) -> u8 {
    let part = |segment: &&[u8]| {
        segment.get(segment.len() / 2..).and_then(|rest| rest.get(..SAMPLE)).map(<[u8]>::to_vec)
    };
    let sample = segments.iter().map(part).collect::<Option<Vec<_>>>().map(|parts| parts.concat());
    // Who asks for the best gets the best, and who asks for little gets no less.
    let Some(sample) = sample.filter(|_| (3..8).contains(&level)) else { return level };
    let packed_len =
        |level| Packer::new(level).pack_at_once(&sample, true).map_or(usize::MAX, |packed| packed.len());
    let most = packed_len(level);
    let enough = most.saturating_add(most / 400);
    LESS_EFFORT
        .into_iter()
        .filter(|less| *less < level)
        .find(|less| packed_len(*less) <= enough)
        .unwrap_or(level)
}

#[cfg(not(all(feature = "libdeflate", not(target_family = "wasm"))))]
fn fastest_level(_: &[&[u8]], level: u8) -> u8 {
    level
}

/// Bytes of each segment that are packed to see which level will do.
#[cfg(all(feature = "libdeflate", not(target_family = "wasm")))]
const SAMPLE: usize = 8 << 10;

/// Levels that are tried, the fastest first.
#[cfg(all(feature = "libdeflate", not(target_family = "wasm")))]
const LESS_EFFORT: [u8; 3] = [1, 2, 4];

/// What became of deflated data.
#[derive(Debug, Default)]
pub(super) struct Packed {
    pub(super) compressed: u64,
    pub(super) crc: u32,
    /// Bytes of all but the last segment.
    pub(super) segments: Vec<u32>,
}

/// Deflates members that are small enough to be held, side by side; each with its checksum.
pub(super) fn pack_small(members: &[(String, Vec<u8>)], level: u8) -> Result<Vec<(Vec<u8>, u32)>> {
    let one = |packer: &mut Packer, (_, bytes): &(String, Vec<u8>)| -> Result<(Vec<u8>, u32)> {
        Ok((packer.pack(bytes, true)?, crc32fast::hash(bytes)))
    };
    #[cfg(feature = "rayon")]
    {
        use rayon::prelude::*;
        members.par_iter().map_init(|| Packer::new(level), one).collect()
    }
    #[cfg(not(feature = "rayon"))]
    {
        let mut packer = Packer::new(level);
        members.iter().map(|member| one(&mut packer, member)).collect()
    }
}

/// Deflates bytes as they come and writes them on.
pub(super) struct Deflater<'w> {
    out: &'w mut dyn Write,
    level: u8,
    segment: usize,
    /// Bytes that are still to come.
    left: u64,
    /// The beginning of a segment.
    pending: Vec<u8>,
    hasher: Hasher,
    packed: Packed,
    /// Segments that have been packed and not written yet.
    ready: Vec<Done>,
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
            ready: Vec::new(),
        }
    }

    /// What was written, when all bytes have come.
    pub(super) fn finish(mut self) -> Result<Packed> {
        if self.packed.compressed == 0 && self.ready.is_empty() {
            // Nothing has an end, too.
            self.pack(&[&[]])?;
        }
        self.send_ready()?;
        self.packed.crc = self.hasher.finalize();
        // The last segment ends where the data does.
        self.packed.segments.pop();
        Ok(self.packed)
    }

    /// Packs segments, and writes those that were packed before meanwhile.
    fn pack(&mut self, segments: &[&[u8]]) -> Result<()> {
        for group in segments.chunks(AT_ONCE) {
            let total: usize = group.iter().map(|segment| segment.len()).sum();
            self.left = self.left.saturating_sub(total as u64);
            let last = if self.left == 0 { group.len() - 1 } else { usize::MAX };
            let level = fastest_level(group, self.level);
            #[cfg(feature = "rayon")]
            let done = {
                let mut done = Ok(Vec::new());
                rayon::in_place_scope(|scope| {
                    scope.spawn(|_| done = pack_group(group, level, last));
                    self.send_ready()
                })?;
                done
            };
            #[cfg(not(feature = "rayon"))]
            let done = pack_group(group, level, last);
            self.send_ready()?;
            self.ready = done?;
        }
        Ok(())
    }

    /// Writes what has been packed.
    fn send_ready(&mut self) -> Result<()> {
        for (packed, hasher) in std::mem::take(&mut self.ready) {
            self.hasher.combine(&hasher);
            self.packed.compressed += packed.len() as u64;
            self.packed.segments.push(u32::try_from(packed.len()).unwrap_or(u32::MAX));
            self.out.write_all(&packed).map_err(|source| match source.downcast::<Error>() {
                Ok(error) => error,
                Err(source) => Error::io("can't write", source),
            })?;
        }
        Ok(())
    }
}

/// A segment, packed, and its checksum.
type Done = (Vec<u8>, Hasher);

/// Packs segments side by side.
fn pack_group(group: &[&[u8]], level: u8, last: usize) -> Result<Vec<Done>> {
    let one = |packer: &mut Packer, (index, bytes): (usize, &&[u8])| -> Result<Done> {
        let mut hasher = Hasher::new();
        hasher.update(bytes);
        Ok((packer.pack(bytes, index == last)?, hasher))
    };
    #[cfg(feature = "rayon")]
    {
        use rayon::prelude::*;
        group.par_iter().enumerate().map_init(|| Packer::new(level), one).collect()
    }
    #[cfg(not(feature = "rayon"))]
    {
        let mut packer = Packer::new(level);
        group.iter().enumerate().map(|each| one(&mut packer, each)).collect()
    }
}

impl Write for Deflater<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let (mut rest, whole) = (bytes, self.segment);
        let mut pending = std::mem::take(&mut self.pending);
        if !pending.is_empty() {
            let (front, back) = rest.split_at(rest.len().min(whole - pending.len()));
            pending.extend_from_slice(front);
            rest = back;
        }
        let is_end = self.left == (pending.len() + rest.len()) as u64;
        let is_whole = pending.len() == whole || (is_end && !pending.is_empty());
        let mut segments: Vec<&[u8]> = Vec::new();
        segments.extend(is_whole.then_some(&pending[..]));
        let taken = if is_end { rest.len() } else { rest.len() - rest.len() % whole };
        let (now, later) = rest.split_at(taken);
        segments.extend(now.chunks(whole));
        self.pack(&segments)?;
        if is_whole {
            pending.clear();
        }
        pending.extend_from_slice(later);
        self.pending = pending;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
