//! Segments, deflated one by one.

use std::sync::{Mutex, MutexGuard, PoisonError};

use arr_core::format::{check_memory, threads};
use arr_core::{Error, ErrorKind, Result};
use zlib_rs::{Deflate, DeflateFlush, Status};

use super::inflate::WINDOW_BITS;
use super::libdeflate::{self, OneShot};
use super::{reserve, resize};

/// More than a compressor of zlib-rs takes.
const MEMORY: usize = 512 << 10;

/// What follows a segment in its stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Follows {
    /// Another segment: this one ends at a byte, with a block that is not the final one.
    Segment,
    /// Nothing: this one ends with the final block.
    Nothing,
}

/// How a segment ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum End {
    /// As it has to.
    Right,
    /// With a final block, though another segment follows: its end is still to be opened.
    Closed,
}

/// Deflates segments of one level, one after the other.
pub(super) struct Compressor {
    level: u8,
    one_shot: OneShot,
}

impl Compressor {
    pub(super) fn new(level: u8) -> Self {
        let level = level.clamp(1, 9);
        Self { level, one_shot: OneShot::new(level) }
    }

    /// Deflates a segment into a buffer, whose bytes before are lost.
    pub(super) fn deflate(&mut self, bytes: &[u8], follows: Follows, packed: &mut Vec<u8>) -> Result<End> {
        if self.one_shot.deflate(bytes, packed)? {
            return Ok(if follows == Follows::Nothing { End::Right } else { End::Closed });
        }
        self.deflate_by_zlib(bytes, follows, packed)?;
        Ok(End::Right)
    }

    /// [`deflate`](Self::deflate) by zlib-rs, which ends a segment as it has to.
    pub(super) fn deflate_by_zlib(&self, bytes: &[u8], follows: Follows, packed: &mut Vec<u8>) -> Result<()> {
        let failed = |what: &str| Error::new(ErrorKind::Io, format!("can't deflate: {what}"));
        check_memory(MEMORY, "a compressor")?;
        let mut deflate = Deflate::new(i32::from(self.level), false, WINDOW_BITS);
        let flush = match follows {
            Follows::Nothing => DeflateFlush::Finish,
            Follows::Segment => DeflateFlush::FullFlush,
        };
        // Data that can't be deflated grows by five bytes for each 16 KiB or so.
        resize(packed, bytes.len() + bytes.len() / 1000 + 100)?;
        let status = deflate.compress(bytes, packed, flush).map_err(|error| failed(error.as_str()))?;
        let is_whole = follows == Follows::Segment || status == Status::StreamEnd;
        let made = usize::try_from(deflate.total_out()).ok();
        match made.filter(|made| is_whole && *made < packed.len()) {
            Some(made) if deflate.total_in() == bytes.len() as u64 => packed.truncate(made),
            _ => return Err(failed("the data grows more than it may")),
        }
        Ok(())
    }
}

/// What is used again for other segments: fresh memory costs more than to fill it.
#[derive(Default)]
pub(super) struct Pool {
    compressors: Mutex<Vec<Compressor>>,
    buffers: Mutex<Vec<Vec<u8>>>,
}

impl Pool {
    /// Does something with a compressor of that level.
    pub(super) fn with_compressor<T>(&self, level: u8, job: impl FnOnce(&mut Compressor) -> T) -> T {
        let take = |mut all: MutexGuard<'_, Vec<Compressor>>| {
            let place = all.iter().position(|compressor| compressor.level == level)?;
            Some(all.swap_remove(place))
        };
        let mut compressor = take(lock(&self.compressors)).unwrap_or_else(|| Compressor::new(level));
        let answer = job(&mut compressor);
        lock(&self.compressors).push(compressor);
        answer
    }

    /// A buffer with anything in it, or a new one.
    pub(super) fn buffer(&self) -> Vec<u8> {
        lock(&self.buffers).pop().unwrap_or_default()
    }

    /// Takes a buffer back.
    pub(super) fn keep(&self, buffer: Vec<u8>) {
        lock(&self.buffers).push(buffer);
    }
}

fn lock<T>(shared: &Mutex<Vec<T>>) -> MutexGuard<'_, Vec<T>> {
    shared.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Bytes of each segment that are deflated to see which level will do.
const SAMPLE: usize = 4 << 10;

/// Levels that are tried, the fastest first.
const LESS_EFFORT: [u8; 3] = [1, 2, 4];

/// A sample of a segment, if that is long enough.
fn part<'a>(segment: &&'a [u8]) -> Option<&'a [u8]> {
    segment.get(segment.len() / 2..)?.get(..SAMPLE)
}

/// The fastest level that deflates these segments about as well as `level` does. Neighbouring floats repeat each other
/// in ways that little effort finds as well as much, and noise repeats in none: a sample of all segments tells.
pub(super) fn fastest_level(segments: &[&[u8]], level: u8, pool: &Pool) -> Result<u8> {
    // Levels 8 and 9 are used as asked, and levels below 3 are fast already.
    if !libdeflate::IS_THERE || !(3..8).contains(&level) {
        return Ok(level);
    }
    let mut sample = Vec::new();
    for segment in segments {
        let Some(part) = part(segment) else { return Ok(level) };
        reserve(&mut sample, part.len())?;
        sample.extend_from_slice(part);
    }
    let mut packed = Vec::new();
    let mut packed_len = |level| -> Result<usize> {
        pool.with_compressor(level, |compressor| compressor.deflate(&sample, Follows::Nothing, &mut packed))?;
        Ok(packed.len())
    };
    let most = packed_len(level)?;
    let enough = most.saturating_add(most / 400);
    for less in LESS_EFFORT.into_iter().filter(|less| *less < level) {
        if packed_len(less)? <= enough {
            return Ok(less);
        }
    }
    Ok(level)
}

/// A small stream with the checksum of what it holds.
pub(in super::super) struct Small {
    pub(in super::super) packed: Vec<u8>,
    pub(in super::super) crc32: u32,
}

/// Deflates members that are small enough to be held to a stream each, on all cores.
pub(in super::super) fn deflate_small(members: &[&[u8]], level: u8) -> Result<Vec<Small>> {
    let one = |compressor: &mut Compressor, bytes: &&[u8]| -> Result<Small> {
        let mut packed = Vec::new();
        compressor.deflate(bytes, Follows::Nothing, &mut packed)?;
        Ok(Small { packed, crc32: crc32fast::hash(bytes) })
    };
    threads::map(members, threads::grain(members.len(), 1), || Compressor::new(level), one)
}
