//! Reading messages and chunks.

use std::borrow::Borrow;

use arr_core::format::{Reading, Selection};
use arr_core::{Buffer, Error, Input, Limits, Result, Slice};

use super::chunk::{Chunk, in_order, join, reserve};
use super::message::{Message, read_message};
use super::{CHUNK, MESSAGE};
use crate::nd4j::binaryserde::in_latin1;

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
    pub(super) reading: Reading,
}

arr_core::read_doors!(ReadOptions => Message);
arr_core::slice_doors!(ReadOptions => Message);
arr_core::read_functions!(Message);
arr_core::slice_functions!(Message);

impl ReadOptions {
    /// Takes the bytes of strings as Latin-1: see
    /// [`binaryserde::ReadOptions::latin1`](crate::nd4j::binaryserde::ReadOptions::latin1).
    #[must_use]
    pub fn latin1(mut self) -> Self {
        self.reading = in_latin1(self.reading);
        self
    }

    /// Reads a message from an [`Input`] under the input's own limits, and leaves it right behind the message.
    ///
    /// # Errors
    /// As [`read`](Self::read).
    pub fn read_input(&self, input: &mut Input<'_>) -> Result<Message> {
        self.read_any(input, Selection::All).map_err(|error| error.in_format(MESSAGE))
    }

    /// Reads a message with a slice of its array from an [`Input`] under the input's own limits, and leaves it right behind
    /// the message. Strings, packed data, and inputs that are not seekable are read whole. When it was sent, its index and
    /// its dimensions are those of the message.
    ///
    /// # Errors
    /// As [`read_part`](Self::read_part).
    pub fn read_part_input(&self, input: &mut Input<'_>, slice: impl Borrow<Slice>) -> Result<Message> {
        self.read_any(input, Selection::Slice(slice.borrow())).map_err(|error| error.in_format(MESSAGE))
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
        let read =
            self.read_any(&mut Input::from_bytes(message).with_limits(&self.reading.limits), Selection::All);
        read.map_err(|error| error.context("in the message of the chunks").in_format(CHUNK))
    }

    /// Reads a message, with a slice of its array or with all of it, for errors to be named by who calls.
    pub(super) fn read_any(&self, input: &mut Input<'_>, what: Selection<'_>) -> Result<Message> {
        read_message(input, &self.reading, what)
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

/// Reads a message from an [`Input`] under the input's own limits, and leaves it right behind the message.
///
/// # Errors
/// As [`read`].
pub fn read_input(input: &mut Input<'_>) -> Result<Message> {
    ReadOptions::new().read_input(input)
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
