//! What packs the data of a member as it comes.

use std::io::{self, Write};

use arr_core::Result;

use super::deflate::{Deflated, Encoder, most_deflated};

/// How members are packed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Packing {
    #[default]
    Deflate,
    Zstd,
}

impl Packing {
    /// The number of the method.
    pub(super) fn method(self) -> u16 {
        match self {
            Self::Deflate => 8,
            Self::Zstd => 93,
        }
    }

    /// No more bytes than these are made of `size`.
    pub(super) fn most(self, size: u64) -> u64 {
        match self {
            Self::Deflate => most_deflated(size),
            // Blocks of 128 KiB that do not get smaller are stored.
            Self::Zstd => size.saturating_add(size >> 8).saturating_add(1024),
        }
    }
}

/// Packs just as many bytes as were announced.
pub(super) enum Packer {
    Deflate(Box<Encoder>),
    #[cfg(all(feature = "libzstd", not(target_family = "wasm")))]
    Zstd(Box<zstandard::Encoder>),
}

impl Packer {
    /// Packs `size` bytes.
    pub(super) fn new(packing: Packing, level: u8, size: u64) -> Result<Self> {
        match packing {
            Packing::Deflate => Ok(Self::Deflate(Box::new(Encoder::new(level, size)?))),
            #[cfg(all(feature = "libzstd", not(target_family = "wasm")))]
            Packing::Zstd => Ok(Self::Zstd(Box::new(zstandard::Encoder::new(level, size)?))),
            #[cfg(not(all(feature = "libzstd", not(target_family = "wasm"))))]
            Packing::Zstd => Err(arr_core::Error::unsupported(
                "members are not packed by Zstandard: this build is without the feature 'libzstd'",
            )),
        }
    }

    /// A sink of bytes, which are packed to `out`. All of a member go to the same one.
    pub(super) fn to<'p>(&'p mut self, out: &'p mut (dyn Write + Send)) -> PackerSink<'p> {
        PackerSink { packer: self, out }
    }

    /// What was written, when all bytes have come.
    ///
    /// # Errors
    /// `Mismatch` when fewer bytes have come, or more.
    pub(super) fn finish(self, out: &mut dyn Write) -> Result<Deflated> {
        match self {
            Self::Deflate(encoder) => encoder.finish(out),
            #[cfg(all(feature = "libzstd", not(target_family = "wasm")))]
            Self::Zstd(encoder) => encoder.finish(out),
        }
    }
}

/// A [`Packer`] with the sink that it writes to.
pub(super) struct PackerSink<'p> {
    packer: &'p mut Packer,
    out: &'p mut (dyn Write + Send),
}

impl Write for PackerSink<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match self.packer {
            Packer::Deflate(encoder) => encoder.to(self.out).write(bytes),
            #[cfg(all(feature = "libzstd", not(target_family = "wasm")))]
            Packer::Zstd(encoder) => encoder.write(bytes, self.out).map(|()| bytes.len()),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Zstandard, by its library in C.
#[cfg(all(feature = "libzstd", not(target_family = "wasm")))]
mod zstandard {
    use std::io::{self, Write};

    use arr_core::format::{check_memory, room};
    use arr_core::{Error, Result};
    use crc32fast::Hasher;
    use zstd::stream::raw::{Encoder as Raw, InBuffer, Operation, OutBuffer};

    use super::super::deflate::{Deflated, SegmentTable};
    use super::super::out::write_failed;

    /// More bytes than making a context takes; what it takes besides is reserved fallibly.
    const CONTEXT: usize = 256 << 10;

    /// How many packed bytes are handed on at a time.
    const PIECE: usize = 128 << 10;

    /// Packs one frame.
    pub(in super::super) struct Encoder {
        raw: Raw<'static>,
        packed: Vec<u8>,
        hasher: Hasher,
        compressed: u64,
    }

    impl Encoder {
        pub(super) fn new(level: u8, size: u64) -> Result<Self> {
            check_memory(CONTEXT, "compressed data")?;
            let mut raw = Raw::new(i32::from(level)).map_err(write_failed)?;
            // The frame says how large its data is, and its window is no larger.
            raw.set_pledged_src_size(Some(size)).map_err(write_failed)?;
            let mut packed = room::reserved(PIECE)?;
            packed.resize(PIECE, 0);
            Ok(Self { raw, packed, hasher: Hasher::new(), compressed: 0 })
        }

        pub(super) fn write(&mut self, bytes: &[u8], out: &mut dyn Write) -> io::Result<()> {
            self.hasher.update(bytes);
            let mut input = InBuffer::around(bytes);
            while input.pos() < bytes.len() {
                let mut packed = OutBuffer::around(self.packed.as_mut_slice());
                self.raw.run(&mut input, &mut packed)?;
                self.compressed += packed.pos() as u64;
                out.write_all(packed.as_slice())?;
            }
            Ok(())
        }

        pub(super) fn finish(mut self, out: &mut dyn Write) -> Result<Deflated> {
            loop {
                let mut packed = OutBuffer::around(self.packed.as_mut_slice());
                let left = self.raw.finish(&mut packed, true);
                let failed = |error| Error::mismatch("the member could not be packed").with_source(error);
                let left = left.map_err(failed)?;
                self.compressed += packed.pos() as u64;
                out.write_all(packed.as_slice()).map_err(write_failed)?;
                if left == 0 {
                    break;
                }
            }
            let segments = SegmentTable::for_size(0);
            Ok(Deflated { compressed: self.compressed, crc32: self.hasher.finalize(), segments })
        }
    }
}
