//! Deflate, on all cores: split streams, written and read.
//!
//! # The stream
//!
//! The data of a deflated member is a stream as RFC 1951 defines it (raw deflate, method 8 of zip): bytes, read bit by
//! bit from the lowest to the highest, in which a number stands with its lowest bit first and a code of a prefix code
//! with its highest bit first. The stream is a row of *blocks*. A block begins at any bit, with three bits of header:
//! the *final-block bit*, which is 1 in the last block alone, and two bits for its coding.
//!
//! | coding | the block holds |
//! |---|---|
//! | 0, stored | bits up to the next byte, the number of bytes in 16 bits, its complement, and the bytes |
//! | 1, fixed prefix codes | codes whose lengths every reader knows |
//! | 2, dynamic prefix codes | the *code lengths* of two prefix codes (Huffman codes), then codes |
//!
//! The first prefix code is that of the *literal/length alphabet*: symbols 0 to 255 are bytes (*literals*), 256 ends
//! the block, 257 to 285 are lengths of 3 to 258 bytes. A length is followed by a code of the *distance alphabet*,
//! which says how far back in the last 32 KiB (the *window*) so many bytes are to be copied from; both may have *extra
//! bits*. The code lengths are coded by a third prefix code, whose own lengths are before them. A code is *complete*
//! when every pattern of bits begins with one of its codes, *incomplete* when some do not, and *oversubscribed* when
//! it can't be.
//!
//! An *empty stored block* holds nothing, and ends at a byte: it is what zlib ends a *sync flush* with.
//!
//! # Split streams
//!
//! What [`Encoder`] writes is cut into *segments*: each holds the same number of bytes of data, a power of two from
//! 1 MiB on, and the last holds the rest. A segment refers to nothing before it, and ends at a byte with an empty stored
//! block; the last ends with the final block. So segments are deflated side by side ([`queue`]), each as if it were a
//! stream, and put one after another ([`join`]); for every reader they are one stream.
//!
//! [`SegmentTable`] says how many bytes each segment takes. It is in an extra field of the entry of the archive's
//! directory, where other readers pass over it. With it [`inflate()`] gives every core the next segment ([`segments`]).
//!
//! # Foreign streams
//!
//! A stream without such a table is split at reading ([`split`]). A place where a block seems to begin is found near
//! each share of the stream ([`boundary`]). From there a core inflates without knowing the window, and tells the bytes
//! that are copied from it by doing so after three different ones. When the data before it has been inflated, the
//! window is known, and it is proved that a block ended at just that bit.
//!
//! # What holds
//!
//! - What is written is a stream that every inflater reads, and the same on every number of cores.
//! - What [`inflate()`] says is inflated is what an inflater gives that goes from front to back, and has the checksum
//!   that was asked for. A table that is wrong, a boundary that was none, too little memory, broken data: all of them
//!   only make it say no, and the caller goes from front to back with [`Decoder`], which reads or says what is wrong.
//! - What is left to front to back from the start: streams of a few MiB, those that are stored for the most part, and
//!   one thread.
//! - No code in C sees bytes of a file: libdeflate deflates, zlib-rs inflates. Prefix codes of a file are only read to
//!   find boundaries; those that are walked to join segments were written a moment before.
//! - Memory: twenty segments of data and as many deflated ones at writing; at reading a segment for each core, or up to
//!   64 MiB for each part of a foreign stream.

mod bit_writer;
// Joining streams needs all of `bits`, `header` and `prefix`; splitting them needs most.
#[cfg_attr(not(all(feature = "libdeflate", not(target_family = "wasm"))), allow(dead_code))]
mod bits;
mod boundary;
mod compressor;
mod encoder;
#[cfg_attr(not(all(feature = "libdeflate", not(target_family = "wasm"))), allow(dead_code))]
mod header;
mod inflate;
#[cfg(all(feature = "libdeflate", not(target_family = "wasm")))]
mod join;
#[cfg_attr(any(not(feature = "libdeflate"), target_family = "wasm"), path = "deflate/no_libdeflate.rs")]
mod libdeflate;
#[cfg_attr(not(all(feature = "libdeflate", not(target_family = "wasm"))), allow(dead_code))]
mod prefix;
mod queue;
mod segments;
mod split;

use arr_core::format::Positioned;
use arr_core::{Error, Result};

pub(super) use compressor::{Small, deflate_small};
pub(super) use encoder::{Deflated, Encoder};
pub(super) use inflate::Decoder;
pub(super) use segments::{SegmentTable, most_deflated};

/// A byte of a stream stands for this many bytes of data at most: a length of 258 takes two bits at least.
pub(super) const MOST_EXPANSION: u64 = 1032;

/// Inflates the stream of `len` bytes at `start` into just `bytes` on all cores, by its table if there is one. False
/// when that is not worth it or does not work out, or the checksum is another: then the stream is to be inflated from
/// front to back, and `bytes` hold anything.
pub(super) fn inflate(
    source: &Positioned<'_>,
    range: (u64, u64),
    table: Option<&SegmentTable>,
    bytes: &mut [u8],
    crc32: u32,
) -> bool {
    // What was guessed wrong is read again: that costs too much of what comes from afar.
    table.and_then(|table| segments::inflate(source, range, table, bytes)) == Some(crc32)
        || !source.is_far() && split::inflate(source, range, bytes) == Some(crc32)
}

/// Makes a buffer longer, with zeros, or shorter.
fn resize(bytes: &mut Vec<u8>, len: usize) -> Result<()> {
    reserve(bytes, len.saturating_sub(bytes.len()))?;
    bytes.resize(len, 0);
    Ok(())
}

/// Makes room for more bytes in a buffer.
fn reserve(bytes: &mut Vec<u8>, more: usize) -> Result<()> {
    let failed = |source| Error::limit(format!("no memory for {more} bytes to deflate")).with_source(source);
    bytes.try_reserve(more).map_err(failed)
}
