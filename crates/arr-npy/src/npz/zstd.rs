//! Zstandard, RFC 8878: what zip calls method 93.

use std::fmt;
use std::io::{self, BufRead, Read};

use arr_core::Error;
use arr_core::format::check_memory;
use ruzstd::decoding::errors::{FrameDecoderError, ReadFrameHeaderError};
use ruzstd::decoding::{BlockDecodingStrategy, FrameDecoder};

/// No level of the reference program needs a larger window without being told to.
const MOST_WINDOW: u64 = 128 << 20;

/// More than what may be in the window before it is found that a block is too long: a block, and what one sequence adds.
const MOST_ADDED: usize = 512 << 10;

/// More than what the decoder takes for a block: its bytes, its literals and its sequences.
const BLOCK_MEMORY: usize = 2 << 20;

/// The data of frames, one after another.
pub(super) struct Frames<R> {
    source: Kept<R>,
    /// That of the frame in which the reader is. A new one takes no more than what comes out of it.
    decoder: Option<Box<FrameDecoder>>,
    /// How many bytes all frames make, as far as it has to be believed.
    size: u64,
    /// True when something else follows the frames.
    has_unused: bool,
    is_begun: bool,
}

impl<R: BufRead> Frames<R> {
    /// What `source` holds, `size` bytes of data.
    pub(super) fn new(source: R, size: u64) -> Self {
        let source = Kept { source, failed: None };
        Self { source, decoder: None, size, has_unused: false, is_begun: false }
    }

    /// True when there are bytes behind the last frame.
    pub(super) fn has_unused(&mut self) -> io::Result<bool> {
        Ok(self.has_unused || !self.source.source.fill_buf()?.is_empty())
    }

    /// Begins the next frame; false when there is none.
    fn begin(&mut self) -> io::Result<bool> {
        while !self.has_unused && !self.source.source.fill_buf()?.is_empty() {
            let mut head = Head { source: &mut self.source, bytes: Vec::new() };
            let mut decoder = Box::new(FrameDecoder::new());
            // The decoder says how large the window is when it is too large.
            decoder.set_max_window_size(0);
            match decoder.init(&mut head) {
                Ok(()) => {}
                Err(FrameDecoderError::WindowSizeTooBig { requested, .. }) => {
                    check_window(requested, self.size)?;
                    let head = head.bytes;
                    decoder.set_max_window_size(requested);
                    decoder.init(head.as_slice()).map_err(|error| self.source.error(error))?;
                }
                Err(FrameDecoderError::ReadFrameHeaderError(ReadFrameHeaderError::SkipFrame {
                    length,
                    ..
                })) => {
                    let skipped = io::copy(&mut self.source.by_ref().take(length.into()), &mut io::sink())?;
                    if skipped < u64::from(length) {
                        return Err(io::ErrorKind::UnexpectedEof.into());
                    }
                    continue;
                }
                Err(FrameDecoderError::ReadFrameHeaderError(ReadFrameHeaderError::BadMagicNumber(_)))
                    if self.is_begun =>
                {
                    self.has_unused = true;
                    return Ok(false);
                }
                Err(error) => return Err(self.source.error(error)),
            }
            self.decoder = Some(decoder);
            self.is_begun = true;
            return Ok(true);
        }
        Ok(false)
    }
}

/// Makes sure that there is memory for a window, of which no more is used than what comes out.
fn check_window(window: u64, size: u64) -> io::Result<()> {
    if window > MOST_WINDOW {
        let message = format!("a window of {window} bytes exceeds the limit of {MOST_WINDOW} bytes");
        return Err(Error::limit(message).into());
    }
    let held = usize::try_from(window.min(size)).unwrap_or(usize::MAX).saturating_add(MOST_ADDED);
    // It is a power of two, and half as large until it is full.
    let room = held.checked_next_power_of_two().unwrap_or(usize::MAX);
    check_memory(room.saturating_add(room / 2).saturating_add(BLOCK_MEMORY), "Zstandard data")?;
    Ok(())
}

impl<R: BufRead> Read for Frames<R> {
    fn read(&mut self, bytes: &mut [u8]) -> io::Result<usize> {
        if bytes.is_empty() {
            return Ok(0);
        }
        loop {
            let Some(decoder) = &mut self.decoder else {
                if self.begin()? {
                    continue;
                }
                return Ok(0);
            };
            if decoder.can_collect() > 0 {
                return decoder.read(bytes);
            }
            if decoder.is_finished() {
                self.decoder = None;
                continue;
            }
            let decoded = decoder.decode_blocks(&mut self.source, BlockDecodingStrategy::UptoBlocks(1));
            decoded.map_err(|error| self.source.error(error))?;
        }
    }
}

/// A source that keeps the error it failed with, which the decoder would wrap.
struct Kept<R> {
    source: R,
    failed: Option<io::Error>,
}

impl<R> Kept<R> {
    /// Why decoding failed: the source's own error, or what the decoder says of the data.
    fn error(&mut self, error: FrameDecoderError) -> io::Error {
        match (self.failed.take(), error) {
            (Some(failed), _) => failed,
            (None, FrameDecoderError::DictNotProvided { .. }) => {
                Error::unsupported("the Zstandard data needs a dictionary that is not in the archive").into()
            }
            (None, error) => io::Error::new(io::ErrorKind::InvalidData, error.to_string()),
        }
    }
}

impl<R: Read> Read for Kept<R> {
    fn read(&mut self, bytes: &mut [u8]) -> io::Result<usize> {
        self.source.read(bytes).map_err(|error| {
            let kind = error.kind();
            self.failed = Some(error);
            kind.into()
        })
    }
}

/// The header of a frame, which is kept to be read again.
struct Head<'s, R> {
    source: &'s mut Kept<R>,
    bytes: Vec<u8>,
}

impl<R: Read> Read for Head<'_, R> {
    fn read(&mut self, bytes: &mut [u8]) -> io::Result<usize> {
        let got = self.source.read(bytes)?;
        // A header takes some twenty bytes.
        self.bytes.extend_from_slice(bytes.get(..got).unwrap_or_default());
        Ok(got)
    }
}

impl<R> fmt::Debug for Frames<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Frames").field("size", &self.size).finish_non_exhaustive()
    }
}

#[cfg(all(feature = "libzstd", not(target_family = "wasm")))]
#[cfg(test)]
mod tests {
    use super::*;

    fn packed(bytes: &[u8]) -> Vec<u8> {
        zstd::bulk::compress(bytes, 3).unwrap()
    }

    fn unpacked(packed: &[u8], size: usize) -> io::Result<(Vec<u8>, bool)> {
        let (mut frames, mut bytes) = (Frames::new(packed, size as u64), Vec::new());
        frames.read_to_end(&mut bytes)?;
        Ok((bytes, frames.has_unused()?))
    }

    #[test]
    fn frames_follow_one_another() {
        let data: Vec<u8> = (0..200_000u32).flat_map(|number| (number % 1000).to_le_bytes()).collect();
        let skipped = [0x50, 0x2A, 0x4D, 0x18, 3, 0, 0, 0, 1, 2, 3];
        let whole = [packed(&data[..5]), skipped.to_vec(), packed(&data[5..])].concat();
        assert!(unpacked(&whole, data.len()).unwrap() == (data.clone(), false));
        let more = [&whole[..], b"other bytes"].concat();
        assert!(unpacked(&more, data.len()).unwrap() == (data.clone(), true));
        for cut in [3, 8, 17, 20, 26, 40, whole.len() - 1] {
            let read = unpacked(&whole[..cut], data.len());
            assert!(read.is_err() || read.unwrap().0.len() < data.len(), "cut at {cut}");
        }
    }

    #[test]
    fn a_window_that_is_too_large_is_refused() {
        // A window of 2 GiB, and no size of the content.
        let error = unpacked(&[0x28, 0xB5, 0x2F, 0xFD, 0, 21 << 3, 1, 0, 0], 10).unwrap_err();
        assert!(error.to_string().contains("a window of 2147483648 bytes exceeds"), "{error}");
    }
}
