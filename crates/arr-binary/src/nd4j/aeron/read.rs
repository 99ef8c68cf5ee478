//! Reading messages and chunks.

use std::borrow::Borrow;
use std::io::Read;
use std::path::Path;

use arr_core::{Buffer, ByteOrder, Error, Input, Limits, Result, Slice};

use super::chunk::{Chunk, in_order, join, reserve};
use super::message::{Message, read_message};
use super::{CHUNK, MESSAGE};
use crate::nd4j::binaryserde;

/// How a message is read. By default numbers stay little-endian, and strings must be UTF-8.
///
/// ```
/// use arr_binary::aeron::{Message, ReadOptions};
/// use arr_core::{Array, Limits};
/// let bytes = Message::new(Array::from_vec(vec![1.5f32, 2.5], &[2])?, 0).to_bytes()?;
/// let options = ReadOptions::new().native().limits(Limits::default().max_bytes(1 << 20));
/// assert_eq!(options.read_bytes(&bytes)?.array.as_slice::<f32>()?, [1.5, 2.5]);
/// # Ok::<(), arr_core::Error>(())
/// ```
#[derive(Clone, Debug, Default)]
pub struct ReadOptions {
    limits: Limits,
    array: binaryserde::ReadOptions,
}

impl ReadOptions {
    /// The default options: everything stays as it is in the message, under the default limits.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets the limits.
    #[must_use]
    pub fn limits(mut self, limits: Limits) -> Self {
        self.limits = limits;
        self
    }

    /// Converts numbers to the machine's byte order while they are read.
    #[must_use]
    pub fn native(self) -> Self {
        self.byte_order(ByteOrder::NATIVE)
    }

    /// Converts numbers to that byte order while they are read.
    #[must_use]
    pub fn byte_order(mut self, byte_order: ByteOrder) -> Self {
        self.array = self.array.byte_order(byte_order);
        self
    }

    /// Decodes strings as Latin-1: see [`binaryserde::ReadOptions::latin1`].
    #[must_use]
    pub fn latin1(mut self) -> Self {
        self.array = self.array.latin1();
        self
    }

    /// Reads the message in a file into memory of its own.
    ///
    /// # Errors
    /// `Io` when the file can't be read; `Malformed`, `Unsupported` or `LimitExceeded` with the offset.
    pub fn read(&self, path: impl AsRef<Path>) -> Result<Message> {
        self.read_input(&mut Input::open(path)?.with_limits(&self.limits))
    }

    /// Reads one message from a stream, and leaves it right behind the message.
    ///
    /// # Errors
    /// As [`read`](Self::read).
    pub fn read_from(&self, reader: &mut (impl Read + ?Sized)) -> Result<Message> {
        self.read_input(&mut Input::from_reader(reader).with_limits(&self.limits))
    }

    /// Reads a message in memory into memory of its own; [`view`](super::view) borrows instead.
    ///
    /// # Errors
    /// As [`read`](Self::read).
    pub fn read_bytes(&self, bytes: &[u8]) -> Result<Message> {
        self.read_input(&mut Input::from_bytes(bytes).with_limits(&self.limits))
    }

    /// Reads a message from an [`Input`] under the input's own limits, and leaves it right behind the message.
    ///
    /// # Errors
    /// As [`read`](Self::read).
    pub fn read_input(&self, input: &mut Input<'_>) -> Result<Message> {
        self.read_any(input, None).map_err(|error| error.in_format(MESSAGE))
    }

    /// Reads the message in a file with a part of its array: see [`read_part()`].
    ///
    /// # Errors
    /// As [`read`](Self::read); `InvalidArgument` when the slice does not fit the array.
    pub fn read_part(&self, path: impl AsRef<Path>, slice: impl Borrow<Slice>) -> Result<Message> {
        self.read_part_input(&mut Input::open(path)?.with_limits(&self.limits), slice)
    }

    /// Reads a message with a part of its array from an [`Input`] under the input's own limits, and leaves it right behind
    /// the message. Strings, packed data, and inputs that are not seekable are read whole.
    ///
    /// # Errors
    /// As [`read_part`](Self::read_part).
    pub fn read_part_input(&self, input: &mut Input<'_>, slice: impl Borrow<Slice>) -> Result<Message> {
        self.read_any(input, Some(slice.borrow())).map_err(|error| error.in_format(MESSAGE))
    }

    /// Reads the message whose chunks are given, in any order.
    ///
    /// # Errors
    /// As [`read_chunks()`].
    pub fn read_chunks<B: AsRef<[u8]>>(&self, chunks: &[B]) -> Result<Message> {
        self.read_joined(&join(parsed(chunks)?)?)
    }

    /// Reads the message as [`read_chunks`](Self::read_chunks) does, and frees each chunk as soon as it is copied.
    pub(super) fn read_owned_chunks(&self, chunks: Vec<Buffer>) -> Result<Message> {
        let parsed = parsed(&chunks)?;
        let mut heads: Vec<(u32, usize)> = Vec::new();
        reserve(&mut heads, parsed.len())?;
        heads.extend(parsed.iter().map(|chunk| (chunk.index, chunk.payload.len())));
        in_order(parsed)?;
        let mut message = Vec::new();
        reserve(&mut message, heads.iter().map(|(_, len)| *len).fold(0, usize::saturating_add))?;
        let mut sorted: Vec<((u32, usize), Buffer)> = Vec::new();
        reserve(&mut sorted, chunks.len())?;
        sorted.extend(heads.into_iter().zip(chunks));
        sorted.sort_unstable_by_key(|((index, _), _)| *index);
        for ((index, len), chunk) in sorted {
            let bytes = chunk.as_slice();
            let payload = bytes.len().checked_sub(len).and_then(|start| bytes.get(start..));
            message.extend_from_slice(payload.ok_or_else(|| {
                Error::malformed(format!("chunk {index} is shorter than its payload")).in_format(CHUNK)
            })?);
        }
        self.read_joined(&message)
    }

    fn read_joined(&self, message: &[u8]) -> Result<Message> {
        let read = self.read_any(&mut Input::from_bytes(message).with_limits(&self.limits), None);
        read.map_err(|error| error.context("in the message of the chunks").in_format(CHUNK))
    }

    /// Reads a message, with a part of its array or with all of it. The caller adds the format to errors.
    pub(super) fn read_any(&self, input: &mut Input<'_>, slice: Option<&Slice>) -> Result<Message> {
        read_message(input, &self.array, slice)
    }
}

fn parsed<B: AsRef<[u8]>>(chunks: &[B]) -> Result<Vec<Chunk<'_>>> {
    let mut parsed = Vec::new();
    for (place, bytes) in chunks.iter().enumerate() {
        let chunk = Chunk::parse(bytes.as_ref());
        let chunk =
            chunk.map_err(|error| error.context(&format!("in chunk {} of those given", place + 1)))?;
        parsed
            .try_reserve(1)
            .map_err(|source| Error::limit("no memory for one more chunk").with_source(source))?;
        parsed.push(chunk);
    }
    Ok(parsed)
}

/// Reads the message in a file into memory of its own.
///
/// # Errors
/// `Io` when the file can't be read; `Malformed`, `Unsupported` or `LimitExceeded` with the offset.
pub fn read(path: impl AsRef<Path>) -> Result<Message> {
    ReadOptions::new().read(path)
}

/// Reads one message from a stream, and leaves it right behind the message.
///
/// # Errors
/// As [`read`].
pub fn read_from(reader: &mut (impl Read + ?Sized)) -> Result<Message> {
    ReadOptions::new().read_from(reader)
}

/// Reads a message in memory into memory of its own; [`view`](super::view) borrows instead.
///
/// # Errors
/// As [`read`].
pub fn read_bytes(bytes: &[u8]) -> Result<Message> {
    ReadOptions::new().read_bytes(bytes)
}

/// Reads a message from an [`Input`] under the input's own limits, and leaves it right behind the message.
///
/// # Errors
/// As [`read`].
pub fn read_input(input: &mut Input<'_>) -> Result<Message> {
    ReadOptions::new().read_input(input)
}

/// Reads the message in a file with a part of its array, by positioned reads, which take no more than the part and the
/// bytes between items that lie close together. The other fields are those of the message.
///
/// ```
/// # let folder = tempfile::tempdir()?;
/// # let path = folder.path().join("x.msg");
/// use arr_binary::aeron::{self, Message};
/// use arr_core::{Array, s};
/// Message::new(Array::from_vec((0..1000).collect::<Vec<i32>>(), &[100, 10])?, 0).save(&path)?;
/// assert_eq!(aeron::read_part(&path, s![50..52, 5])?.array.to_vec::<i32>()?, [505, 515]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
/// As [`read`]; `InvalidArgument` when the slice does not fit the array.
pub fn read_part(path: impl AsRef<Path>, slice: impl Borrow<Slice>) -> Result<Message> {
    ReadOptions::new().read_part(path, slice)
}

/// Reads the message whose chunks are given, in any order.
///
/// # Errors
/// As [`join`], and as [`read`]; then the offset is that in the message.
pub fn read_chunks<B: AsRef<[u8]>>(chunks: &[B]) -> Result<Message> {
    ReadOptions::new().read_chunks(chunks)
}

/// [`read_chunks()`] under other limits than the default ones.
///
/// # Errors
/// As `read_chunks`.
pub fn read_chunks_with<B: AsRef<[u8]>>(chunks: &[B], limits: &Limits) -> Result<Message> {
    ReadOptions::new().limits(limits.clone()).read_chunks(chunks)
}
