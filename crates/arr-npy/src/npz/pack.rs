//! Segments, packed one by one.

use std::sync::{Mutex, PoisonError};

use arr_core::{Error, Result};

/// Deflates segments, one after the other.
pub(super) struct Packer {
    level: u8,
    #[cfg(all(feature = "libdeflate", not(target_family = "wasm")))]
    compressor: libdeflater::Compressor,
}

impl Packer {
    pub(super) fn new(level: u8) -> Self {
        let level = level.clamp(1, 9);
        Self {
            level,
            #[cfg(all(feature = "libdeflate", not(target_family = "wasm")))]
            compressor: libdeflater::Compressor::new(
                libdeflater::CompressionLvl::new(i32::from(level)).unwrap_or_default(),
            ),
        }
    }

    /// Packs a whole stream.
    pub(super) fn pack(&mut self, bytes: &[u8]) -> Result<Vec<u8>> {
        let mut packed = Vec::new();
        self.pack_into(bytes, true, &mut packed)?;
        Ok(packed)
    }

    /// Packs into a buffer that is used again: a whole stream, or a part that another one follows. False when the end
    /// of such a part is still to be opened.
    pub(super) fn pack_into(&mut self, bytes: &[u8], last: bool, packed: &mut Vec<u8>) -> Result<bool> {
        #[cfg(all(feature = "libdeflate", not(target_family = "wasm")))]
        if self.pack_at_once(bytes, packed).is_some() {
            return Ok(last);
        }
        self.pack_streaming(bytes, last, packed)?;
        Ok(true)
    }

    #[cfg(all(feature = "libdeflate", not(target_family = "wasm")))]
    fn pack_at_once(&mut self, bytes: &[u8], packed: &mut Vec<u8>) -> Option<()> {
        packed.resize(self.compressor.deflate_compress_bound(bytes.len()), 0);
        let len = self.compressor.deflate_compress(bytes, packed).ok()?;
        packed.truncate(len);
        Some(())
    }

    /// [`pack_into`](Self::pack_into) with an end that is open where it has to be.
    pub(super) fn pack_streaming(&self, bytes: &[u8], last: bool, packed: &mut Vec<u8>) -> Result<()> {
        use zlib_rs::{Deflate, DeflateFlush, Status};
        let failed = |what: &str| Error::new(arr_core::ErrorKind::Io, format!("can't deflate: {what}"));
        let mut deflate = Deflate::new(i32::from(self.level), false, super::decode::WINDOW_BITS);
        let flush = if last { DeflateFlush::Finish } else { DeflateFlush::FullFlush };
        // Data that can't be packed grows by five bytes for each 16 KiB or so.
        packed.resize(bytes.len() + bytes.len() / 1000 + 100, 0);
        let status = deflate.compress(bytes, packed, flush).map_err(|error| failed(error.as_str()))?;
        let (used, made) = (deflate.total_in(), usize::try_from(deflate.total_out()).unwrap_or(usize::MAX));
        if used != bytes.len() as u64 || made >= packed.len() || (last && status != Status::StreamEnd) {
            return Err(failed("the data grows more than it may"));
        }
        packed.truncate(made);
        Ok(())
    }
}

/// What is used again for other segments: fresh memory costs more than to fill it.
#[derive(Default)]
pub(super) struct Tools {
    packers: Mutex<Vec<Packer>>,
    buffers: Mutex<Vec<Vec<u8>>>,
}

impl Tools {
    /// Does something with a packer of that level.
    pub(super) fn with_packer<T>(&self, level: u8, job: impl FnOnce(&mut Packer) -> T) -> T {
        let lock = || self.packers.lock().unwrap_or_else(PoisonError::into_inner);
        let take = |mut packers: std::sync::MutexGuard<'_, Vec<Packer>>| {
            let place = packers.iter().position(|packer| packer.level == level)?;
            Some(packers.swap_remove(place))
        };
        let mut packer = take(lock()).unwrap_or_else(|| Packer::new(level));
        let answer = job(&mut packer);
        lock().push(packer);
        answer
    }

    pub(super) fn buffer(&self) -> Vec<u8> {
        self.buffers.lock().unwrap_or_else(PoisonError::into_inner).pop().unwrap_or_default()
    }

    pub(super) fn keep_buffer(&self, buffer: Vec<u8>) {
        self.buffers.lock().unwrap_or_else(PoisonError::into_inner).push(buffer);
    }
}

/// The level that packs these segments about as well as `level` does, and is the fastest of those. Nearby floats repeat
/// each other in ways that little effort finds as well as much, and noise in none: a sample of all segments tells.
#[cfg(all(feature = "libdeflate", not(target_family = "wasm")))]
pub(super) fn fastest_level(segments: &[&[u8]], level: u8, tools: &Tools) -> u8 {
    let part = |segment: &&[u8]| {
        segment.get(segment.len() / 2..).and_then(|rest| rest.get(..SAMPLE)).map(<[u8]>::to_vec)
    };
    let sample = segments.iter().map(part).collect::<Option<Vec<_>>>().map(|parts| parts.concat());
    // Who asks for the best gets the best, and who asks for little gets no less.
    let Some(sample) = sample.filter(|_| (3..8).contains(&level)) else { return level };
    let mut packed = Vec::new();
    let mut packed_len = |level| {
        let done = tools.with_packer(level, |packer| packer.pack_at_once(&sample, &mut packed));
        done.map_or(usize::MAX, |()| packed.len())
    };
    let most = packed_len(level);
    let enough = most.saturating_add(most / 400);
    LESS_EFFORT
        .into_iter()
        .filter(|less| *less < level)
        .find(|less| packed_len(*less) <= enough)
        .unwrap_or(level)
}

#[cfg(not(all(feature = "libdeflate", not(target_family = "wasm"))))]
pub(super) fn fastest_level(_: &[&[u8]], level: u8, _: &Tools) -> u8 {
    level
}

/// Bytes of each segment that are packed to see which level will do.
#[cfg(all(feature = "libdeflate", not(target_family = "wasm")))]
const SAMPLE: usize = 4 << 10;

/// Levels that are tried, the fastest first.
#[cfg(all(feature = "libdeflate", not(target_family = "wasm")))]
const LESS_EFFORT: [u8; 3] = [1, 2, 4];

/// Deflates members that are small enough to be held, side by side; each with its checksum.
pub(super) fn pack_small(members: &[(String, Vec<u8>)], level: u8) -> Result<Vec<(Vec<u8>, u32)>> {
    let one = |packer: &mut Packer, (_, bytes): &(String, Vec<u8>)| -> Result<(Vec<u8>, u32)> {
        Ok((packer.pack(bytes)?, crc32fast::hash(bytes)))
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
