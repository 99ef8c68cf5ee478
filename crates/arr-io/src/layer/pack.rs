//! Compressing what is written.

use std::fmt;
use std::io::{self, Write};
use std::ops::RangeInclusive;
use std::path::{Path, PathBuf};

use arr_core::format::{Output, check_memory};
use arr_core::{Error, Result};

use super::Compression;

/// The compression that the extension of a file's name asks for, and the name without it: `x.npy.gz` is an `x.npy`
/// that is compressed by gzip.
///
/// ```
/// use std::path::Path;
/// use arr_io::layer::{Compression, compression_of};
/// let (compression, inner) = compression_of("out/x.npy.gz").ok_or("none")?;
/// assert_eq!((compression, inner.as_path()), (Compression::Gzip, Path::new("out/x.npy")));
/// assert!(compression_of("x.npz").is_none());
/// # Ok::<(), &str>(())
/// ```
#[must_use]
pub fn compression_of(path: impl AsRef<Path>) -> Option<(Compression, PathBuf)> {
    let path = path.as_ref();
    let extension = path.extension()?.to_str()?;
    let asks =
        |written: &Compression| written.extensions().iter().any(|own| own.eq_ignore_ascii_case(extension));
    Compression::WRITTEN.into_iter().find(asks).map(|found| (found, path.with_extension("")))
}

/// Writes a file, compressed where its name asks for that, at `level` or the usual one.
pub(crate) fn write_packed(
    path: &Path,
    level: Option<i64>,
    output: &mut Output<'_>,
    write: impl FnOnce(Output<'_>) -> Result<()>,
) -> Result<()> {
    let Some((compression, _)) = compression_of(path) else { return write(output.reborrow()) };
    let level =
        level.map(u32::try_from).transpose().map_err(|_| Error::invalid("a level is not negative"))?;
    let mut packer = compression.writer(output, level)?;
    write(Output::new(&mut packer))?;
    packer.finish()
}

/// What compresses, and writes the end of the data when it is told so.
pub(super) trait Pack: Write + Send {
    fn finish(self: Box<Self>) -> io::Result<()>;
}

/// Compresses what is written to it; made by [`Compression::writer`].
pub struct Packer<'w> {
    pack: Box<dyn Pack + 'w>,
    compression: Compression,
}

impl Packer<'_> {
    /// Writes what is left, and the end of the compressed data. Without this call the data may be cut short.
    ///
    /// # Errors
    /// `Io` when the writer below fails.
    pub fn finish(self) -> Result<()> {
        self.pack.finish().map_err(|error| failed(error).in_format(self.compression.name()))
    }
}

impl Write for Packer<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.pack.write(bytes)
    }

    /// Has no effect on what is kept to be compressed together: each such end would make the data larger.
    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl fmt::Debug for Packer<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Packer({})", self.compression)
    }
}

impl Compression {
    /// Those that are written.
    const WRITTEN: [Self; 5] = [Self::Gzip, Self::Zlib, Self::Bzip2, Self::Xz, Self::Zstd];

    /// The endings of the names of files that are compressed so and can be written.
    #[must_use]
    pub fn extensions(self) -> &'static [&'static str] {
        match self {
            Self::Gzip => &["gz"],
            Self::Zlib => &["zz", "zlib"],
            Self::Bzip2 => &["bz2"],
            Self::Xz => &["xz"],
            Self::Zstd => &["zst"],
            Self::Lzma | Self::Zip => &[],
        }
    }

    /// The levels to choose from, from the fastest to the smallest, and the one that is usual. Of xz it is one that
    /// takes less than 64 MiB of memory: from 5 on the dictionary is twice as large.
    #[must_use]
    pub fn levels(self) -> (RangeInclusive<u32>, u32) {
        match self {
            Self::Bzip2 => (1..=9, 9),
            Self::Zstd => (1..=22, 3),
            Self::Xz => (0..=9, 3),
            _ => (0..=9, 6),
        }
    }

    /// Compresses what is written into `out`, at the usual level unless one is named. The same bytes are compressed to
    /// the same bytes: a gzip file has no time and no name in it.
    ///
    /// # Errors
    /// `InvalidArgument` when there is no such level, `Unsupported` when this compression is not written, or not in
    /// this build, `Io` when the writer below fails.
    pub fn writer<'w>(self, out: impl Write + Send + 'w, level: Option<u32>) -> Result<Packer<'w>> {
        let (levels, usual) = self.levels();
        let level = level.unwrap_or(usual);
        if !levels.contains(&level) {
            let message =
                format!("there is no level {level} of {self}: it has {} to {}", levels.start(), levels.end());
            return Err(Error::invalid(message));
        }
        let pack = self.pack(out, level).map_err(|error| error.in_format(self.name()))?;
        Ok(Packer { pack, compression: self })
    }

    #[allow(unused_variables, reason = "without features nothing is written")]
    fn pack<'w>(self, out: impl Write + Send + 'w, level: u32) -> Result<Box<dyn Pack + 'w>> {
        check_memory(self.memory(level), "compressed data")?;
        match self {
            #[cfg(feature = "gzip")]
            Self::Gzip => Ok(Box::new(flate2::write::GzEncoder::new(out, flate2::Compression::new(level)))),
            #[cfg(feature = "gzip")]
            Self::Zlib => Ok(Box::new(flate2::write::ZlibEncoder::new(out, flate2::Compression::new(level)))),
            #[cfg(feature = "bzip2")]
            Self::Bzip2 => Ok(Box::new(bzip2::write::BzEncoder::new(out, bzip2::Compression::new(level)))),
            #[cfg(feature = "xz")]
            Self::Xz => {
                let options = lzma_rust2::XzOptions::with_preset(level);
                Ok(Box::new(lzma_rust2::XzWriter::new(out, options).map_err(failed)?))
            }
            #[cfg(all(feature = "libzstd", not(target_family = "wasm")))]
            Self::Zstd => {
                let level = i32::try_from(level).map_err(|_| Error::invalid("no such level"))?;
                let mut encoder = zstd::stream::write::Encoder::new(out, level).map_err(failed)?;
                encoder.include_checksum(true).map_err(failed)?;
                Ok(Box::new(encoder))
            }
            Self::Lzma | Self::Zip => {
                Err(Error::unsupported(format!("files are not compressed by {self}, only read")))
            }
            #[allow(unreachable_patterns, reason = "all of them may be enabled")]
            other => Err(other.missing()),
        }
    }

    /// More bytes of memory than compressing at a level takes.
    fn memory(self, level: u32) -> usize {
        match self {
            // Two vectors of four bytes for each of a block.
            Self::Bzip2 => 800_000 * (level as usize) + (1 << 20),
            #[cfg(feature = "xz")]
            Self::Xz => {
                let options = lzma_rust2::XzOptions::with_preset(level).lzma_options;
                ((options.get_memory_usage() as usize) << 10) + (2 << 20)
            }
            // What it takes is reserved fallibly, but for the context itself.
            Self::Zstd => 256 << 10,
            _ => 512 << 10,
        }
    }

    /// That this build does not know the compression.
    pub(super) fn missing(self) -> Error {
        let feature = if self == Self::Zstd && self.is_enabled() { "libzstd" } else { self.feature() };
        Error::unsupported(format!("this build of arr-io is without its feature '{feature}'"))
    }
}

fn failed(error: io::Error) -> Error {
    Error::io("can't write", error)
}
