//! Chunks: cut messages.

use std::fmt::Write as _;

use arr_core::{Error, Input, Result};
use byteorder::{ByteOrder as _, LE, ReadBytesExt as _, WriteBytesExt as _};

use super::{CHUNK, CHUNKED, WHOLE};

/// Bytes of a UUID as text, by which ND4J names messages.
pub(super) const ID: usize = 36;

/// The longest name that is read.
const LONGEST_ID: u32 = 256;

/// The most missing chunks, or runs of them, that an error names.
const NAMED: usize = 10;

/// A part of a message (`NDArrayMessageChunk`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Chunk<'a> {
    /// The name of the message, a UUID.
    pub id: &'a str,
    /// The index of the chunk, from 0 on.
    pub index: u32,
    /// The number of chunks of the message.
    pub count: u32,
    /// Bytes of the message in every chunk but the last, which may have fewer.
    pub chunk_size: u32,
    /// Bytes of the message.
    pub payload: &'a [u8],
}

/// The 16 bytes before the message's name.
pub(super) struct Front {
    /// The type of message: [`CHUNKED`].
    pub(super) kind: i32,
    pub(super) count: i32,
    pub(super) chunk_size: i32,
    pub(super) id_len: i32,
}

impl Front {
    pub(super) const LEN: usize = 16;

    pub(super) fn parse(mut bytes: &[u8]) -> Result<Self> {
        Ok(Self {
            kind: bytes.read_i32::<LE>()?,
            count: bytes.read_i32::<LE>()?,
            chunk_size: bytes.read_i32::<LE>()?,
            id_len: bytes.read_i32::<LE>()?,
        })
    }
}

/// The head of a chunk, before the payload.
#[derive(Clone, Debug)]
pub(super) struct Head {
    pub(super) id: String,
    pub(super) index: u32,
    pub(super) count: u32,
    pub(super) chunk_size: u32,
}

impl Head {
    /// Reads the head, and leaves the input at the payload.
    pub(super) fn read(input: &mut Input<'_>) -> Result<Self> {
        let at = input.position();
        let front = Front::parse(&input.read_array::<{ Front::LEN }>("head of the chunk")?)?;
        match front.kind {
            CHUNKED => {}
            WHOLE => {
                return Err(Error::malformed("the type of message is 1, a whole message, expected 0").at(at));
            }
            other => {
                return Err(Error::malformed(format!("the type of message is {other}, expected 0")).at(at));
            }
        }
        let count = check((front.count, at + 4), "number of chunks", 1, None)?;
        let chunk_size = check((front.chunk_size, at + 8), "chunk size", 1, None)?;
        let len = check((front.id_len, at + 12), "length of the name", 1, Some(LONGEST_ID))?;
        let at = input.position();
        let mut id = vec![0; len as usize];
        input.read_exact(&mut id, "name of the message")?;
        let id = String::from_utf8(id).map_err(|source| {
            Error::malformed("the name of the message is not UTF-8").at(at).with_source(source)
        })?;
        let at = input.position();
        let index = LE::read_i32(&input.read_array::<4>("chunk index")?);
        let index = check((index, at), "chunk index", 0, Some(count - 1))?;
        Ok(Self { id, index, count, chunk_size })
    }

    /// Checks the length of the payload.
    pub(super) fn check_len(&self, len: u64) -> Result<(), String> {
        check_len(len, (self.index, self.count, self.chunk_size))
    }

    /// Refuses a chunk that is not a whole message.
    pub(super) fn check_whole(&self) -> Result<()> {
        if self.count == 1 {
            return Ok(());
        }
        let missing = missing(&[self.index], self.count);
        Err(Error::mismatch(format!(
            "this is chunk {} of the {} of message {}: give the files of all of them, missing are {missing}",
            self.index, self.count, self.id
        )))
    }
}

/// Every chunk except for the last one has the chunk size in bytes of the message.
fn check_len(len: u64, (index, count, chunk_size): (u32, u32, u32)) -> Result<(), String> {
    let size = u64::from(chunk_size);
    let is_last = u64::from(index) + 1 == u64::from(count);
    if len == size || (is_last && (1..size).contains(&len)) {
        return Ok(());
    }
    let expected = if is_last { format!("1 to {size}") } else { size.to_string() };
    Err(format!("chunk {index} of {count} has {len} bytes of the message, expected {expected}"))
}

/// Checks an integer that was read at an offset: it lies between `least` and `most`.
fn check((number, at): (i32, u64), what: &str, least: u32, most: Option<u32>) -> Result<u32> {
    let found = u32::try_from(number).ok();
    let found = found.filter(|found| *found >= least && most.is_none_or(|most| *found <= most));
    found.ok_or_else(|| {
        let expected = most.map_or_else(|| format!("{least} or more"), |most| format!("{least} to {most}"));
        Error::malformed(format!("the {what} is {number}, expected {expected}")).at(at)
    })
}

impl<'a> Chunk<'a> {
    /// Parses the bytes of a chunk, whose payload reaches to their end.
    ///
    /// # Errors
    /// `Malformed` with the offset; also when the payload is longer than the chunk size, or shorter and this is not the
    /// last chunk.
    pub fn parse(bytes: &'a [u8]) -> Result<Self> {
        Self::parse_parts(bytes).map_err(|error| error.in_format(CHUNK))
    }

    fn parse_parts(bytes: &'a [u8]) -> Result<Self> {
        let mut input = Input::from_bytes(bytes);
        let Head { id, index, count, chunk_size } = Head::read(&mut input)?;
        let payload_at = input.position();
        let cut_short = || Error::malformed("the chunk ends inside its head").at(payload_at);
        let payload =
            usize::try_from(payload_at).ok().and_then(|at| bytes.get(at..)).ok_or_else(cut_short)?;
        let id = bytes.get(Front::LEN..Front::LEN + id.len()).ok_or_else(cut_short)?;
        let id = std::str::from_utf8(id).map_err(|source| cut_short().with_source(source))?;
        let chunk = Self { id, index, count, chunk_size, payload };
        chunk.check_payload().map_err(|message| Error::malformed(message).at(payload_at))?;
        Ok(chunk)
    }

    /// Checks the length of the payload.
    fn check_payload(&self) -> Result<(), String> {
        check_len(self.payload.len() as u64, (self.index, self.count, self.chunk_size))
    }

    /// The bytes of the chunk (`NDArrayMessageChunk.toBuffer`).
    ///
    /// # Errors
    /// `InvalidArgument` when the numbers contradict each other, or the name is empty or longer than 256 bytes.
    pub fn to_bytes(&self) -> Result<Vec<u8>> {
        self.put().map_err(|error| error.in_format(CHUNK))
    }

    fn put(&self) -> Result<Vec<u8>> {
        let head = head_bytes(self.id, self.index, self.count, self.chunk_size)?;
        if self.index >= self.count {
            return Err(Error::invalid(format!("there is no chunk {} of {}", self.index, self.count)));
        }
        self.check_payload().map_err(Error::invalid)?;
        let mut bytes = Vec::new();
        reserve(&mut bytes, head.len().saturating_add(self.payload.len()))?;
        bytes.extend_from_slice(&head);
        bytes.extend_from_slice(self.payload);
        Ok(bytes)
    }
}

/// The bytes of a head.
///
/// # Errors
/// `InvalidArgument` when the name is empty or longer than 256 bytes, or a number is above 2^31 - 1.
pub(super) fn head_bytes(id: &str, index: u32, count: u32, chunk_size: u32) -> Result<Vec<u8>> {
    let id_len = u32::try_from(id.len()).ok().filter(|len| (1..=LONGEST_ID).contains(len));
    let id_len = id_len.ok_or_else(|| {
        let len = id.len();
        Error::invalid(format!("the name of a message has {len} bytes, expected 1 to {LONGEST_ID}"))
    })?;
    for (number, what) in [(count, "number of chunks"), (chunk_size, "chunk size")] {
        if i32::try_from(number).is_err() {
            return Err(Error::invalid(format!("{number} is too large as the {what}")));
        }
    }
    let mut bytes = Vec::new();
    bytes.write_i32::<LE>(CHUNKED)?;
    for number in [count, chunk_size, id_len] {
        bytes.write_u32::<LE>(number)?;
    }
    bytes.extend_from_slice(id.as_bytes());
    bytes.write_u32::<LE>(index)?;
    Ok(bytes)
}

pub(super) fn reserve<T>(values: &mut Vec<T>, len: usize) -> Result<()> {
    values
        .try_reserve_exact(len)
        .map_err(|source| Error::limit(format!("no memory for {len} bytes of a message")).with_source(source))
}

/// Cuts the bytes of a message into chunks of `chunk_size` bytes each, except for the last one (`NDArrayMessage.chunks`).
/// `id` names the message among those that a receiver gets: a UUID.
///
/// # Errors
/// `InvalidArgument` when there is nothing to cut, or the chunk size is 0, or it or the number of chunks is above
/// 2^31 - 1.
pub fn split<'a>(message: &'a [u8], chunk_size: usize, id: &'a str) -> Result<Chunks<'a>> {
    let number = |number: usize| u32::try_from(number).ok().filter(|number| i32::try_from(*number).is_ok());
    let count = if chunk_size == 0 { 0 } else { message.len().div_ceil(chunk_size) };
    match (number(count), number(chunk_size)) {
        (Some(count), Some(chunk_size)) if count > 0 => {
            Ok(Chunks { message, id, count, chunk_size, next: 0 })
        }
        _ => {
            let message = format!("{} bytes are not cut into chunks of {chunk_size}", message.len());
            Err(Error::invalid(message).in_format(CHUNK))
        }
    }
}

/// The chunks of a message: see [`split`].
#[derive(Clone, Debug)]
pub struct Chunks<'a> {
    message: &'a [u8],
    id: &'a str,
    count: u32,
    chunk_size: u32,
    next: u32,
}

impl<'a> Iterator for Chunks<'a> {
    type Item = Chunk<'a>;

    fn next(&mut self) -> Option<Chunk<'a>> {
        if self.message.is_empty() {
            return None;
        }
        let (payload, rest) = self.message.split_at(self.message.len().min(self.chunk_size as usize));
        let (index, count, chunk_size) = (self.next, self.count, self.chunk_size);
        self.message = rest;
        self.next += 1;
        Some(Chunk { id: self.id, index, count, chunk_size, payload })
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        let left = (self.count - self.next) as usize;
        (left, Some(left))
    }
}

impl ExactSizeIterator for Chunks<'_> {}

/// Joins the chunks of a message, in any order (`NDArrayMessage.fromChunks`). Memory is reserved for the bytes that the
/// chunks have, not for those that their heads state.
///
/// ```
/// use arr_binary::aeron;
/// let mut chunks: Vec<_> = aeron::split(b"a message", 4, "00000000-0000-0000-0000-000000000000")?.collect();
/// chunks.reverse();
/// assert_eq!(aeron::join(chunks.clone())?, b"a message");
/// let error = aeron::join([chunks[1]]).unwrap_err();
/// assert_eq!(error.to_string(), "nd4j-aeron-chunk: of the 3 chunks of the message are missing: 0, 2");
/// # Ok::<(), arr_core::Error>(())
/// ```
///
/// # Errors
/// `InvalidArgument` when there are no chunks; `Mismatch` when they are of more than one message, one of them is there
/// twice, or some are missing, naming them; `Malformed` when one has fewer or more bytes than it must have;
/// `LimitExceeded` when memory is short.
pub fn join<'a>(chunks: impl IntoIterator<Item = Chunk<'a>>) -> Result<Vec<u8>> {
    join_parts(chunks).map_err(|error| error.in_format(CHUNK))
}

fn join_parts<'a>(chunks: impl IntoIterator<Item = Chunk<'a>>) -> Result<Vec<u8>> {
    let found = in_order(chunks)?;
    let mut message = Vec::new();
    let len = found.iter().map(|chunk| chunk.payload.len()).fold(0, usize::saturating_add);
    reserve(&mut message, len)?;
    found.iter().for_each(|chunk| message.extend_from_slice(chunk.payload));
    Ok(message)
}

/// The chunks of a message, all of them, first to last.
pub(super) fn in_order<'a>(chunks: impl IntoIterator<Item = Chunk<'a>>) -> Result<Vec<Chunk<'a>>> {
    let mut found: Vec<Chunk<'a>> = Vec::new();
    for chunk in chunks {
        if let Some(first) = found.first() {
            check_same(first, &chunk)?;
        }
        chunk.check_payload().map_err(Error::malformed)?;
        found
            .try_reserve(1)
            .map_err(|source| Error::limit("no memory for one more chunk").with_source(source))?;
        found.push(chunk);
    }
    found.sort_by_key(|chunk| chunk.index);
    let (Some(first), Some(last)) = (found.first(), found.last()) else {
        return Err(Error::invalid("there are no chunks to put together"));
    };
    let count = first.count;
    for (one, next) in found.iter().zip(found.iter().skip(1)) {
        if one.index == next.index {
            return Err(Error::mismatch(format!("chunk {} of {count} is there twice", one.index)));
        }
    }
    if last.index >= count {
        return Err(Error::mismatch(format!("there is no chunk {} of {count}", last.index)));
    }
    if found.len() as u64 != u64::from(count) {
        let there: Vec<u32> = found.iter().map(|chunk| chunk.index).collect();
        let missing = missing(&there, count);
        return Err(Error::mismatch(format!("of the {count} chunks of the message are missing: {missing}")));
    }
    Ok(found)
}

/// Checks that two chunks are of one message.
fn check_same(first: &Chunk<'_>, other: &Chunk<'_>) -> Result<()> {
    let differs = |what: &str, one: &dyn std::fmt::Display, other: &dyn std::fmt::Display| {
        let message = format!("the chunks are not of one message: its {what} is {one}, and {other}");
        Err(Error::mismatch(message))
    };
    if first.id != other.id {
        return differs("name", &first.id, &other.id);
    }
    if first.count != other.count {
        return differs("number of chunks", &first.count, &other.count);
    }
    if first.chunk_size != other.chunk_size {
        return differs("chunk size", &first.chunk_size, &other.chunk_size);
    }
    Ok(())
}

/// The indices below `count` that are not in `there`, which is sorted, as text.
fn missing(there: &[u32], count: u32) -> String {
    let mut words = String::new();
    let (mut from, mut named) = (0, 0);
    for index in there.iter().copied().chain([count]) {
        if index > from {
            named += 1;
            if named > NAMED {
                words.push_str(" and more");
                break;
            }
            let comma = if named > 1 { ", " } else { "" };
            // Writing to a string does not fail.
            let _ = match index - from {
                1 => write!(words, "{comma}{from}"),
                _ => write!(words, "{comma}{from} to {}", index - 1),
            };
        }
        from = index.saturating_add(1);
    }
    words
}
