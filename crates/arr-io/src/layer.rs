//! The layer before the formats: compressed files, which are detected by content and unpacked, and files that are not
//! array files, which are named for what they are.
//!
//! ```
//! use std::io::Write;
//! use arr_io::Input;
//! use arr_io::layer::{Compression, uncompressed};
//! # #[cfg(feature = "gzip")] {
//! let mut packed = Vec::new();
//! let mut packer = Compression::Gzip.writer(&mut packed, None)?;
//! packer.write_all(b"\x93NUMPY")?;
//! packer.finish()?;
//!
//! let (mut input, layers) = uncompressed(Input::from_bytes(&packed), |_| false)?;
//! assert_eq!((input.read_to_end()?.as_slice(), layers.as_slice()), (&b"\x93NUMPY"[..], &[Compression::Gzip][..]));
//! # }
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! | compression | feature | is read | is written |
//! |---|---|---|---|
//! | gzip (RFC 1952), zlib (RFC 1950) | `gzip` | several members of gzip, one after another | yes |
//! | bzip2 | `bzip2` | several streams | yes |
//! | xz; `.lzma` | `xz` | several streams of xz, of which dictionaries have at most 128 MiB | xz |
//! | Zstandard (RFC 8878) | `zstd` | several frames, of which windows have at most 128 MiB | with `libzstd` |
//! | zip | `zip` | one file that is not a `.npy`, beside folders | no |
//!
//! Bytes are unpacked as they are read, in memory of a fixed size; only the file of a zip archive is read into memory
//! whole, and charged to the budget. When the input has been read to its end, checksums have been compared, and bytes
//! after the data have been refused.

#[cfg(feature = "bzip2")]
mod bzip2;
#[cfg(feature = "gzip")]
mod deflate;
mod pack;
mod stranger;
mod unpack;
#[cfg(feature = "xz")]
mod xz;
#[cfg(feature = "zip")]
mod zip;
#[cfg(feature = "zstd")]
mod zstd;

#[cfg(test)]
mod tests;

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::AtomicU64;

use arr_core::{Error, Input, Result};

pub(crate) use pack::write_packed;
pub use pack::{Packer, compression_of};
pub use stranger::stranger;
pub(crate) use stranger::{is_apple_double, is_in_place, is_marked};

use unpack::Unpacked;

/// How many layers of compression may be nested.
const MOST_LAYERS: usize = 4;

/// How many bytes of a file are examined to find out how it is compressed.
const HEAD: usize = 512;

/// The most of the past that a decoder keeps in memory: what `zstd --ultra` and `xz -9e` ask for, and more.
#[cfg(any(feature = "xz", feature = "zstd"))]
const MOST_WINDOW: u64 = 128 << 20;

/// A way in which whole files are compressed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Compression {
    /// gzip, RFC 1952.
    Gzip,
    /// zlib, RFC 1950.
    Zlib,
    /// bzip2.
    Bzip2,
    /// xz.
    Xz,
    /// The format of LZMA Utils, a forerunner of xz. It is read only.
    Lzma,
    /// Zstandard, RFC 8878.
    Zstd,
    /// A zip archive of one file. It is read only.
    Zip,
}

impl Compression {
    /// Those that are found by a mark of their own.
    const MARKED: [Self; 5] = [Self::Gzip, Self::Bzip2, Self::Xz, Self::Zstd, Self::Zip];

    /// Those that are found by a header that other files might have by accident.
    const WEAKLY_MARKED: [Self; 2] = [Self::Zlib, Self::Lzma];

    /// The name, as in messages.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Gzip => "gzip",
            Self::Zlib => "zlib",
            Self::Bzip2 => "bzip2",
            Self::Xz => "xz",
            Self::Lzma => "lzma",
            Self::Zstd => "zstd",
            Self::Zip => "zip",
        }
    }

    /// The feature of this crate that reads it.
    #[must_use]
    pub fn feature(self) -> &'static str {
        match self {
            Self::Gzip | Self::Zlib => "gzip",
            Self::Bzip2 => "bzip2",
            Self::Xz | Self::Lzma => "xz",
            Self::Zstd => "zstd",
            Self::Zip => "zip",
        }
    }

    /// True when this build reads it.
    #[must_use]
    pub fn is_enabled(self) -> bool {
        match self {
            Self::Gzip | Self::Zlib => cfg!(feature = "gzip"),
            Self::Bzip2 => cfg!(feature = "bzip2"),
            Self::Xz | Self::Lzma => cfg!(feature = "xz"),
            Self::Zstd => cfg!(feature = "zstd"),
            Self::Zip => cfg!(feature = "zip"),
        }
    }

    /// True when `head`, the first bytes of a file, has the mark of this compression.
    fn is_marked(self, head: &[u8]) -> bool {
        match self {
            // The method is deflate, and no reserved flag is set.
            Self::Gzip => matches!(head, [0x1F, 0x8B, 8, flags, ..] if flags & 0xE0 == 0),
            Self::Bzip2 => is_bzip2(head),
            Self::Xz => head.starts_with(b"\xFD7zXZ\0"),
            Self::Zstd => {
                head.starts_with(&[0x28, 0xB5, 0x2F, 0xFD])
                    || matches!(head, [0x50..=0x5F, 0x2A, 0x4D, 0x18, ..])
            }
            Self::Zip => head.starts_with(b"PK\x03\x04"),
            Self::Zlib => is_zlib(head),
            Self::Lzma => is_lzma(head),
        }
    }

    /// The compression of a file that begins with `head`, whether this build reads it or not.
    fn marked(head: &[u8]) -> Option<Self> {
        Self::MARKED.into_iter().find(|compression| compression.is_marked(head))
    }
}

impl fmt::Display for Compression {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// A level, and the mark of a block or of the end.
fn is_bzip2(head: &[u8]) -> bool {
    let Some((level, mark)) = head.strip_prefix(b"BZh").and_then(<[u8]>::split_first) else {
        return false;
    };
    let marks = [[0x31, 0x41, 0x59, 0x26, 0x53, 0x59], [0x17, 0x72, 0x45, 0x38, 0x50, 0x90]];
    // What is cut short within its mark is bzip2 still.
    let begins = |known: &[u8; 6]| mark.iter().zip(known).all(|(found, known)| found == known);
    matches!(level, b'1'..=b'9') && marks.iter().any(begins)
}

/// The method is deflate, the check bits are right, and no preset dictionary is needed.
fn is_zlib(head: &[u8]) -> bool {
    let [first, second, ..] = *head else { return false };
    let is_header = first & 0x0F == 8 && first >> 4 <= 7 && second & 0x20 == 0;
    is_header && u16::from_be_bytes([first, second]) % 31 == 0 && begins_deflated(head)
}

/// Two bytes are found anywhere: what follows has to be sound, as far as it is seen.
#[cfg(feature = "gzip")]
fn begins_deflated(head: &[u8]) -> bool {
    deflate::inflates(head)
}

#[cfg(not(feature = "gzip"))]
fn begins_deflated(_: &[u8]) -> bool {
    false
}

/// The properties that everybody uses, a dictionary that encoders make, a size below 256 GiB or none, and the first byte
/// of a range coder: what `xz` itself asks for.
fn is_lzma(head: &[u8]) -> bool {
    let [0x5D, a, b, c, d, size @ .., 0] = head.get(..14).unwrap_or_default() else { return false };
    let dictionary = u32::from_le_bytes([*a, *b, *c, *d]);
    let Some(size) = size.first_chunk().copied().map(u64::from_le_bytes) else { return false };
    // 2^n or 2^n + 2^(n-1).
    let is_usual = dictionary >= 4096 && dictionary.trailing_zeros() + 1 >= dictionary.ilog2();
    is_usual && (size == u64::MAX || size < 1 << 38)
}

/// Unpacks compressed input, also in several layers: gives an input over the uncompressed bytes, and the layers that
/// were found, the outermost first. Input that is not compressed is given back as it is.
///
/// zlib and `.lzma` have no unique mark, so bytes that `is_known` recognises as a known format are never taken for
/// them. A zip archive is unpacked when it holds one file beside folders which is not a `.npy`, so that the archive
/// is not one of NumPy's.
///
/// The limits of `input` hold for the bytes that come out, and what they may be larger is counted from the bytes of the
/// file, however many layers there are. Members of less than 4 KiB that follow each other are counted as the members of
/// an archive are, those of bzip2 sixteen times. The new input reports no progress.
///
/// # Errors
/// `LimitExceeded` for more than four layers, a window of more than 128 MiB, or what the limits do not allow; `Malformed` when the compressed data is
/// damaged, cut short, or followed by something else; `Unsupported` when it needs a dictionary; `Io` when the source
/// fails. They name the layer, and the byte in it. Reads of the input that is given fail in the same ways.
pub fn uncompressed<'a>(
    input: Input<'a>,
    is_known: impl Fn(&[u8]) -> bool,
) -> Result<(Input<'a>, Vec<Compression>)> {
    uncompressed_for(None, input, is_known)
}

/// [`uncompressed`], where a part is `asked` for by name: a zip archive whose only file is called so is left what it is.
pub(crate) fn uncompressed_for<'a>(
    asked: Option<&str>,
    mut input: Input<'a>,
    is_known: impl Fn(&[u8]) -> bool,
) -> Result<(Input<'a>, Vec<Compression>)> {
    let mut layers = Vec::new();
    let file_used = Arc::new(AtomicU64::new(0));
    while let Some(compression) = found(&mut input, asked, &is_known)? {
        if layers.len() == MOST_LAYERS {
            let message = format!("more than {MOST_LAYERS} layers of compression lie one in the other");
            return Err(Error::limit(message).in_format(compression.name()).at(input.position()));
        }
        input = match compression {
            #[cfg(feature = "zip")]
            Compression::Zip => {
                if let Some(len) = input.remaining().filter(|_| layers.is_empty()) {
                    file_used.store(len, std::sync::atomic::Ordering::Relaxed);
                }
                zip::only_member(input).map_err(|error| error.in_format("zip"))?
            }
            _ => {
                let limits = input.budget().limits().clone();
                let unpacked = Unpacked::new(input, compression, layers.is_empty(), Arc::clone(&file_used))?;
                Input::from_reader(unpacked).with_limits(&limits)
            }
        };
        layers.push(compression);
    }
    Ok((input, layers))
}

/// The compression that an input begins with, among those that this build reads.
#[cfg_attr(not(feature = "zip"), allow(unused_variables, reason = "only a zip archive has parts with names"))]
fn found(
    input: &mut Input<'_>,
    asked: Option<&str>,
    is_known: &impl Fn(&[u8]) -> bool,
) -> Result<Option<Compression>> {
    let head = input.peek(HEAD)?;
    let weak = || Compression::WEAKLY_MARKED.into_iter().find(|weak| weak.is_marked(head) && !is_known(head));
    match Compression::marked(head).or_else(weak).filter(|found| found.is_enabled()) {
        #[cfg(feature = "zip")]
        Some(Compression::Zip) => Ok(zip::holds_one_file(input, asked)?.then_some(Compression::Zip)),
        found => Ok(found),
    }
}
