//! Compressed data, decompressed.

use std::io::{self, BufReader, Read, Seek, SeekFrom};

use arr_core::format::{Positioned, check_memory};
use arr_core::{Error, Result};

use super::broken_invariant;
use super::deflate;
#[cfg(feature = "zstd")]
use super::zstd::Frames;

/// How the data of a member is compressed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Method {
    /// It is not.
    Stored,
    /// As zlib and gzip do it.
    Deflated,
    /// bzip2; Python's `zipfile` can write it.
    Bzip2,
    /// LZMA; Python's `zipfile` can write it.
    Lzma,
    /// Zstandard; `zipfile` of Python 3.14 can write it.
    Zstd,
    /// A method that is not read, by its number.
    Other(u16),
}

impl Method {
    pub(super) fn from_number(number: u16) -> Self {
        match number {
            0 => Self::Stored,
            8 => Self::Deflated,
            12 => Self::Bzip2,
            14 => Self::Lzma,
            ZSTD => Self::Zstd,
            other => Self::Other(other),
        }
    }
}

impl std::fmt::Display for Method {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Stored => f.write_str("stored"),
            Self::Deflated => f.write_str("deflated"),
            Self::Bzip2 => f.write_str("bzip2"),
            Self::Lzma => f.write_str("lzma"),
            Self::Zstd => f.write_str("zstd"),
            Self::Other(number) => match NAMES.iter().find(|(known, _)| known == number) {
                Some((_, name)) => write!(f, "{name} (method {number})"),
                None => write!(f, "method {number}"),
            },
        }
    }
}

/// The number of Zstandard.
const ZSTD: u16 = 93;

/// What APPNOTE 4.4.5 calls the methods that are not read.
const NAMES: &[(u16, &str)] = &[
    (1, "shrunk"),
    (2, "reduced"),
    (3, "reduced"),
    (4, "reduced"),
    (5, "reduced"),
    (6, "imploded"),
    (9, "Deflate64"),
    (10, "PKWARE's implosion"),
    (16, "IBM CMPSC"),
    (18, "IBM TERSE"),
    (19, "IBM LZ77"),
    (20, "zstd, by an old number"),
    (94, "MP3"),
    (95, "xz"),
    (96, "a variant of JPEG"),
    (97, "WavPack"),
    (98, "PPMd"),
    (99, "AES encryption"),
];

/// Compressed data is read in pieces of this many bytes.
pub(super) const PIECE: usize = 128 << 10;

/// A part of the archive, read from front to back.
#[derive(Debug)]
pub(super) struct Section<'a> {
    source: &'a Positioned<'a>,
    start: u64,
    at: u64,
    end: u64,
}

impl<'a> Section<'a> {
    pub(super) fn new(source: &'a Positioned<'a>, start: u64, len: u64) -> Self {
        Self { source, start, at: start, end: start.saturating_add(len) }
    }

    /// How many of its bytes were read.
    pub(super) fn position(&self) -> u64 {
        self.at.saturating_sub(self.start)
    }
}

impl Read for Section<'_> {
    fn read(&mut self, bytes: &mut [u8]) -> io::Result<usize> {
        let left = self.end.saturating_sub(self.at);
        let len = usize::try_from(left).map_or(bytes.len(), |left| bytes.len().min(left));
        let part = bytes.get_mut(..len);
        let part = part.ok_or_else(|| broken_invariant("a part of a buffer is longer than the buffer"))?;
        self.source.read_exact_at(part, self.at, "member")?;
        self.at += len as u64;
        Ok(len)
    }
}

impl Seek for Section<'_> {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        let place = match to {
            SeekFrom::Start(at) => self.start.checked_add(at),
            SeekFrom::Current(step) => self.at.checked_add_signed(step),
            SeekFrom::End(step) => self.end.checked_add_signed(step),
        };
        match place.filter(|at| *at >= self.start) {
            Some(at) => {
                self.at = at;
                Ok(at - self.start)
            }
            None => Err(io::Error::new(io::ErrorKind::InvalidInput, "a place before the member")),
        }
    }
}

/// More than what begins to decompress bzip2 takes. What a block takes is reserved fallibly.
#[cfg(feature = "bzip2")]
const BZIP2_MEMORY: usize = 128 << 10;

/// More than what decompresses LZMA takes beside its dictionary.
#[cfg(feature = "lzma")]
const MORE_THAN_LZMA: usize = 256 << 10;

/// What decompresses data of one method.
pub(super) enum Decoder<'a> {
    Stored(Section<'a>),
    Deflated(Box<deflate::Decoder<BufReader<Section<'a>>>>),
    #[cfg(feature = "bzip2")]
    Bzip2(Box<bzip2::bufread::BzDecoder<BufReader<Section<'a>>>>),
    #[cfg(feature = "lzma")]
    Lzma(Box<lzma_rust2::LzmaReader<BufReader<Section<'a>>>>),
    #[cfg(feature = "zstd")]
    Zstd(Box<Frames<BufReader<Section<'a>>>>),
}

impl<'a> Decoder<'a> {
    /// Decompresses what `packed` holds, of which `at_once` bytes are read at a time; it is `size` bytes then.
    #[cfg_attr(not(any(feature = "lzma", feature = "zstd")), allow(unused_variables))]
    pub(super) fn new(method: Method, packed: Section<'a>, size: u64, at_once: usize) -> Result<Self> {
        let len = packed.end.saturating_sub(packed.at).max(1);
        let capacity = usize::try_from(len).map_or(at_once, |len| len.min(at_once));
        check_memory(capacity, "compressed data")?;
        let buffered = |packed| BufReader::with_capacity(capacity, packed);
        match method {
            Method::Stored => Ok(Self::Stored(packed)),
            Method::Deflated => Ok(Self::Deflated(Box::new(deflate::Decoder::new(buffered(packed))?))),
            #[cfg(feature = "bzip2")]
            Method::Bzip2 => {
                check_memory(BZIP2_MEMORY, "a block of bzip2")?;
                Ok(Self::Bzip2(Box::new(bzip2::bufread::BzDecoder::new(buffered(packed)))))
            }
            #[cfg(feature = "lzma")]
            Method::Lzma => open_lzma(buffered(packed), size).map(|reader| Self::Lzma(Box::new(reader))),
            #[cfg(feature = "zstd")]
            Method::Zstd => Ok(Self::Zstd(Box::new(Frames::new(buffered(packed), size)))),
            other => Err(unread(other)),
        }
    }
}

impl Decoder<'_> {
    /// True when the compressed data ended before its last byte.
    pub(super) fn has_unused(&mut self) -> bool {
        let mut byte = [0];
        let unused = match self {
            Self::Stored(reader) => reader.read(&mut byte),
            Self::Deflated(reader) => reader.get_mut().read(&mut byte),
            #[cfg(feature = "bzip2")]
            Self::Bzip2(reader) => reader.get_mut().read(&mut byte),
            // It reads beyond its end, as far as it is given bytes.
            #[cfg(feature = "lzma")]
            Self::Lzma(_) => Ok(0),
            #[cfg(feature = "zstd")]
            Self::Zstd(reader) => reader.has_unused().map(usize::from),
        };
        unused.is_ok_and(|count| count > 0)
    }
}

impl Read for Decoder<'_> {
    fn read(&mut self, bytes: &mut [u8]) -> io::Result<usize> {
        match self {
            Self::Stored(reader) => reader.read(bytes),
            Self::Deflated(reader) => reader.read(bytes),
            #[cfg(feature = "bzip2")]
            Self::Bzip2(reader) => reader.read(bytes),
            #[cfg(feature = "lzma")]
            Self::Lzma(reader) => reader.read(bytes),
            #[cfg(feature = "zstd")]
            Self::Zstd(reader) => reader.read(bytes),
        }
    }
}

/// The error of data that is packed in a way that is not read.
fn unread(method: Method) -> Error {
    let help = match method {
        // What is encrypted takes a password.
        Method::Other(99) => "",
        Method::Other(_) => ": unpack the archive (7z x) and pack it again",
        _ => ": this build is without the feature for it",
    };
    Error::unsupported(format!("the member is packed by {method}, which is not read{help}"))
}

/// Reads what precedes LZMA data in a zip archive (APPNOTE 5.8.8): a version, the length of the properties, and
/// the properties.
#[cfg(feature = "lzma")]
fn open_lzma<R: Read>(mut packed: R, size: u64) -> Result<lzma_rust2::LzmaReader<R>> {
    let mut head = [0; 9];
    packed.read_exact(&mut head).map_err(|source| broken("LZMA", source))?;
    let [_, _, 5, 0, properties, dictionary @ ..] = head else {
        return Err(Error::malformed("the LZMA data does not begin with five bytes of properties"));
    };
    // References never reach back beyond the start.
    let dictionary = u64::from(u32::from_le_bytes(dictionary)).min(size.max(4096));
    let most = lzma_rust2::DICT_SIZE_MAX;
    let dictionary = u32::try_from(dictionary).unwrap_or(most).min(most);
    check_memory(
        usize::try_from(dictionary).unwrap_or(usize::MAX).saturating_add(MORE_THAN_LZMA),
        "LZMA data",
    )?;
    lzma_rust2::LzmaReader::new_with_props(packed, size, properties, dictionary, None)
        .map_err(|source| broken("LZMA", source))
}

/// What a decoder finds wrong with its data, unless it could not be read at all.
pub(super) fn broken(method: &str, source: io::Error) -> Error {
    match source.downcast::<Error>() {
        Ok(error) => error,
        Err(source) => Error::malformed(format!("the {method} data is broken: {source}")),
    }
}
