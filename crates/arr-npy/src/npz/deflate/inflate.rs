//! Streams and segments, inflated from front to back by zlib-rs.

use std::io::{self, BufRead, Read};

use arr_core::Result;
use arr_core::format::check_memory;
use zlib_rs::{Inflate, InflateFlush, Status};

/// The size of the window as a power of two, 32 KiB, for streams without the header of zlib.
pub(super) const WINDOW_BITS: u8 = 15;

/// What one call of an inflater brought.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Progress {
    pub(super) status: Status,
    /// The number of bytes of the stream that were used.
    pub(super) used: usize,
    /// The number of bytes that came out.
    pub(super) made: usize,
}

/// Inflates what there is and fits. `flush` says where to stop: [`InflateFlush::Block`] at the end of a block.
pub(super) fn step(
    inflate: &mut Inflate,
    packed: &[u8],
    room: &mut [u8],
    flush: InflateFlush,
) -> io::Result<Progress> {
    let broken = |what| io::Error::new(io::ErrorKind::InvalidData, what);
    let (used, made) = (inflate.total_in(), inflate.total_out());
    let status = inflate.decompress(packed, room, flush).map_err(|error| broken(error.as_str()))?;
    let count = |from: u64, to: u64, most: usize| {
        let count = to.checked_sub(from).and_then(|count| usize::try_from(count).ok());
        count
            .filter(|count| *count <= most)
            .ok_or_else(|| broken("the inflater counts more bytes than it has"))
    };
    let used = count(used, inflate.total_in(), packed.len())?;
    Ok(Progress { status, used, made: count(made, inflate.total_out(), room.len())? })
}

/// More than an inflater of zlib-rs takes.
const MEMORY: usize = 96 << 10;

/// An inflater of a raw stream.
///
/// # Errors
/// `LimitExceeded` when there is no memory for it.
pub(super) fn new_inflater() -> Result<Inflate> {
    check_memory(MEMORY, "an inflater")?;
    Ok(Inflate::new(false, WINDOW_BITS))
}

/// Inflates a stream, and reads no further than it goes.
pub(in super::super) struct Decoder<R> {
    packed: R,
    inflate: Inflate,
    done: bool,
}

impl<R: BufRead> Decoder<R> {
    /// # Errors
    /// `LimitExceeded` when there is no memory for an inflater.
    pub(in super::super) fn new(packed: R) -> Result<Self> {
        Ok(Self { packed, inflate: new_inflater()?, done: false })
    }

    /// What the stream is read from; at the end of the stream, what is after it.
    pub(in super::super) fn get_mut(&mut self) -> &mut R {
        &mut self.packed
    }
}

impl<R: BufRead> Read for Decoder<R> {
    fn read(&mut self, bytes: &mut [u8]) -> io::Result<usize> {
        while !self.done && !bytes.is_empty() {
            let packed = self.packed.fill_buf()?;
            let at_end = packed.is_empty();
            let Progress { status, used, made } =
                step(&mut self.inflate, packed, bytes, InflateFlush::NoFlush)?;
            self.packed.consume(used);
            self.done = status == Status::StreamEnd;
            if made > 0 {
                return Ok(made);
            }
            if at_end && !self.done {
                return Err(io::Error::new(io::ErrorKind::UnexpectedEof, "it ends early"));
            }
        }
        Ok(0)
    }
}

/// Inflates one segment of a split stream into just `bytes`; false when it is not such a segment. The last one of the
/// stream ends with the final block, the others with another one.
pub(super) fn inflate_segment(packed: &[u8], bytes: &mut [u8], last: bool) -> bool {
    let Ok(mut inflate) = new_inflater() else { return false };
    let mut inflate =
        |packed, room: &mut [u8]| step(&mut inflate, packed, room, InflateFlush::SyncFlush).ok();
    let Some(Progress { mut status, used, made }) = inflate(packed, bytes) else { return false };
    let Some(rest) = packed.get(used..).filter(|_| made == bytes.len()) else { return false };
    if !rest.is_empty() {
        // What closes the segment makes no bytes, so there has to be no room for it.
        match inflate(rest, &mut []) {
            Some(end) if end.used == rest.len() => status = end.status,
            _ => return false,
        }
    }
    (status == Status::StreamEnd) == last
}
