//! Messages.

use std::io::{Read, Write};
use std::path::Path;

use arr_core::{Array, Buffer, Error, Input, Limits, Output, Result, SaveOptions, Storage};

use super::chunk::{Chunk, join};
use super::{CHUNKED, MESSAGE, WHOLE};
use crate::binaryserde::{self, BinarySerdeHeader, ReadOptions};
use crate::shape::MAX_RANK;
use crate::types::Generation;

/// Bytes in front of the array.
const FRONT: usize = 4;

/// Bytes behind the array, before the dimensions.
const BACK: usize = 20;

/// The most bytes behind the items of an array: those of a message, and an item where there should be none.
const LONGEST_BACK: usize = 8 + BACK + 4 * MAX_RANK;

/// An array on its way (`NDArrayMessage`): the whole of one, or a part of one that the receiver has.
#[derive(Clone, Debug)]
pub struct Message<S: Storage = Buffer> {
    /// The array.
    pub array: Array<S>,
    /// When it was sent, in milliseconds since 1970, UTC.
    pub sent: i64,
    /// Which part of an array along [`dimensions`](Self::dimensions) it is; -1 for the whole array.
    pub index: i64,
    /// Dimensions of the receiver's array; a single -1 for the whole array.
    pub dimensions: Vec<i32>,
}

/// What stands behind the array of a message.
pub(super) struct Tail {
    pub(super) sent: i64,
    pub(super) index: i64,
    pub(super) dimensions: Vec<i32>,
}

impl<S: Storage> Message<S> {
    /// A message of a whole array (`NDArrayMessage.wholeArrayUpdate`), sent at that time, in milliseconds since 1970.
    #[must_use]
    pub fn new(array: Array<S>, sent: i64) -> Self {
        Self { array, sent, index: -1, dimensions: vec![-1] }
    }

    fn with_tail(array: Array<S>, tail: Tail) -> Self {
        let Tail { sent, index, dimensions } = tail;
        Self { array, sent, index, dimensions }
    }

    /// How many bytes the message takes.
    ///
    /// # Errors
    /// `InvalidArgument` when there are no dimensions or more than 32, `Unsupported` when ND4J has no type for the items
    /// or no array of so many dimensions.
    pub fn encoded_len(&self) -> Result<usize> {
        let count = self.dimensions.len();
        if !(1..=MAX_RANK).contains(&count) {
            let message =
                format!("a message names {count} dimensions, expected 1 to {MAX_RANK} (-1 for all)");
            return Err(Error::invalid(message).in_format(MESSAGE));
        }
        Ok(binaryserde::encoded_len(&self.array)?.saturating_add(FRONT + BACK + 4 * count))
    }

    /// Writes the message into memory that the caller has, and says how many bytes it took: those of
    /// [`encoded_len`](Self::encoded_len).
    ///
    /// # Errors
    /// `InvalidArgument` when there is too little room, naming both sizes; otherwise as `encoded_len`.
    pub fn encode_into(&self, bytes: &mut [u8]) -> Result<usize> {
        let (len, room) = (self.encoded_len()?, bytes.len());
        let parts = bytes.get_mut(..len).and_then(|bytes| bytes.split_at_mut_checked(FRONT));
        let Some((front, rest)) = parts else {
            let message = format!("the message takes {len} bytes, there is room for {room}");
            return Err(Error::invalid(message).in_format(MESSAGE));
        };
        front.copy_from_slice(&WHOLE.to_le_bytes());
        let array = binaryserde::encode_into(&self.array, rest)?;
        let mut back = rest.get_mut(array..).unwrap_or_default();
        self.write_back(&mut Output::new(&mut back))?;
        Ok(len)
    }

    /// The bytes of the message (`NDArrayMessage.toBuffer`).
    ///
    /// # Errors
    /// As [`encoded_len`](Self::encoded_len).
    pub fn to_bytes(&self) -> Result<Vec<u8>> {
        let len = self.encoded_len()?;
        let mut bytes = Vec::new();
        bytes
            .try_reserve_exact(len)
            .map_err(|source| Error::limit(format!("no memory for {len} bytes")).with_source(source))?;
        self.write(&mut Output::new(&mut bytes))?;
        Ok(bytes)
    }

    /// Writes the message to a stream.
    ///
    /// # Errors
    /// As [`encoded_len`](Self::encoded_len); `Io` when the stream fails.
    pub fn write_to(&self, writer: &mut impl Write) -> Result<()> {
        self.write(&mut Output::new(writer))
    }

    /// Saves the message as a file, whole or not at all.
    ///
    /// # Errors
    /// As [`encoded_len`](Self::encoded_len); `Io` when the file can't be written.
    pub fn save(&self, path: impl AsRef<Path>) -> Result<()> {
        SaveOptions::new().save(path, |output| self.write(output))
    }

    /// Writes the message to an [`Output`].
    ///
    /// # Errors
    /// As [`encoded_len`](Self::encoded_len); `Io` when the sink fails.
    pub fn write(&self, output: &mut Output<'_>) -> Result<()> {
        self.encoded_len()?;
        output.write(&WHOLE.to_le_bytes())?;
        binaryserde::write(&self.array.view(), output)?;
        self.write_back(output)
    }

    fn write_back(&self, output: &mut Output<'_>) -> Result<()> {
        let count = i32::try_from(self.dimensions.len()).unwrap_or(i32::MAX);
        output.write(&self.sent.to_le_bytes())?;
        output.write(&self.index.to_le_bytes())?;
        output.write(&count.to_le_bytes())?;
        self.dimensions.iter().try_for_each(|dimension| output.write(&dimension.to_le_bytes()))
    }
}

/// Reads what stands before the items of a message.
pub(super) fn read_front(input: &mut Input<'_>) -> Result<BinarySerdeHeader> {
    let at = input.position();
    match i32::from_le_bytes(input.read_array("type of message")?) {
        WHOLE => binaryserde::header_of(input),
        CHUNKED => Err(Error::malformed("the type of message is 0, a chunk of a message, expected 1").at(at)),
        other => Err(Error::malformed(format!("the type of message is {other}, expected 1")).at(at)),
    }
}

/// Reads what stands behind the items.
fn read_back(header: &BinarySerdeHeader, input: &mut Input<'_>) -> Result<Tail> {
    if let Some(junk) = junk_len(header, input)? {
        input.skip(junk, "item of an empty array")?;
    }
    let sent = i64::from_le_bytes(input.read_array("time of sending")?);
    let index = i64::from_le_bytes(input.read_array("index")?);
    let at = input.position();
    let count = i32::from_le_bytes(input.read_array("number of dimensions")?);
    let found = usize::try_from(count).ok().filter(|count| (1..=MAX_RANK).contains(count));
    let found = found.ok_or_else(|| {
        Error::malformed(format!("the number of dimensions is {count}, expected 1 to {MAX_RANK}")).at(at)
    })?;
    let mut dimensions = Vec::new();
    for _ in 0..found {
        dimensions.push(i32::from_le_bytes(input.read_array("dimensions")?));
    }
    Ok(Tail { sent, index, dimensions })
}

/// 1.0.0-beta6 writes the bytes of one item for an array that has none. Where the end of the message is known, the
/// number of dimensions tells.
fn junk_len(header: &BinarySerdeHeader, input: &mut Input<'_>) -> Result<Option<u64>> {
    let is_plain = header.generation() == Generation::Three && header.compression().is_none();
    let itemsize = header.data_type().itemsize().filter(|_| is_plain && header.data_len() == Some(0));
    let (Some(itemsize), Some(left)) = (itemsize, input.remaining()) else { return Ok(None) };
    let mut fits = |junk: u64| {
        let Some(dimensions) = left.checked_sub(junk + BACK as u64) else { return Ok(false) };
        let mut count = [0; 4];
        input.read_exact_at(&mut count, junk + 16, "number of dimensions")?;
        let count = u64::try_from(i32::from_le_bytes(count)).unwrap_or(0);
        Ok::<_, Error>(count > 0 && count.checked_mul(4) == Some(dimensions))
    };
    let junk = itemsize as u64;
    Ok((!fits(0)? && fits(junk)?).then_some(junk))
}

/// What stands behind the items at which an input stands, where it can go back. It stays where it is.
pub(super) fn peek_back(header: &BinarySerdeHeader, input: &mut Input<'_>) -> Option<Tail> {
    let ahead = header.data_len().filter(|_| input.can_seek())?;
    let left = usize::try_from(input.remaining()?.checked_sub(ahead)?).unwrap_or(usize::MAX);
    let mut bytes = [0; LONGEST_BACK];
    let bytes = bytes.get_mut(..left.min(LONGEST_BACK))?;
    input.read_exact_at(bytes, ahead, "end of the message").ok()?;
    read_back(header, &mut Input::from_bytes(bytes)).ok()
}

/// Reads the message at which an input stands, and leaves it right behind.
pub(super) fn read_message(input: &mut Input<'_>, options: &ReadOptions) -> Result<Message> {
    let header = read_front(input)?;
    let array = options.read_data(&header, input)?;
    Ok(Message::with_tail(array, read_back(&header, input)?))
}

/// The message at the beginning of bytes, its array in place.
pub(super) fn in_place<S: Storage>(storage: S, limits: &Limits) -> Result<Message<S>> {
    let (header, tail) = take_apart(&mut Input::from_bytes(storage.bytes()).with_limits(limits))?;
    Ok(Message::with_tail(binaryserde::in_place(&header, storage, FRONT as u64)?, tail))
}

/// What a message says of its array, which can be seen in place, and what stands behind it.
fn take_apart(input: &mut Input<'_>) -> Result<(BinarySerdeHeader, Tail)> {
    let header = read_front(input)?;
    let len = header.plain_len().map_err(|error| error.nested(FRONT as u64))?;
    input.skip(len, "data")?;
    let tail = read_back(&header, input)?;
    Ok((header, tail))
}

/// Reads the message in a file into memory of its own.
///
/// # Errors
/// `Io` when the file can't be read; `Malformed`, `Unsupported` or `LimitExceeded` with the offset.
pub fn read(path: impl AsRef<Path>) -> Result<Message> {
    read_input(&mut Input::open(path)?)
}

/// Reads one message from a stream, and leaves it right behind the message.
///
/// # Errors
/// As [`read`].
pub fn read_from(reader: &mut (impl Read + ?Sized)) -> Result<Message> {
    read_input(&mut Input::from_reader(reader))
}

/// Reads a message in memory into memory of its own; [`view`] borrows instead.
///
/// # Errors
/// As [`read`].
pub fn read_bytes(bytes: &[u8]) -> Result<Message> {
    read_input(&mut Input::from_bytes(bytes))
}

/// Reads a message from an [`Input`] under the input's own limits, and leaves it right behind the message.
///
/// # Errors
/// As [`read`].
pub fn read_input(input: &mut Input<'_>) -> Result<Message> {
    read_message(input, &ReadOptions::new()).map_err(|error| error.in_format(MESSAGE))
}

/// The message in a [`Buffer`], which its array shares.
///
/// # Errors
/// As [`view`].
pub fn read_buffer(buffer: Buffer) -> Result<Message> {
    in_place(buffer, &Limits::default()).map_err(|error| error.in_format(MESSAGE))
}

/// Looks at a message in memory, without a copy of its array. Bytes behind it are left alone.
///
/// ```
/// use arr_binary::aeron::{self, Message};
/// use arr_core::Array;
/// let bytes = Message::new(Array::from_vec(vec![1u8, 2], &[2])?, 0).to_bytes()?;
/// let message = aeron::view(&bytes)?;
/// assert_eq!(message.array.to_vec::<u8>()?, [1, 2]);
/// assert_eq!(message.dimensions, [-1]);
/// # Ok::<(), arr_core::Error>(())
/// ```
///
/// # Errors
/// `Malformed`, `Unsupported` (data is compressed, or strings) or `LimitExceeded` with the offset.
pub fn view(bytes: &[u8]) -> Result<Message<&[u8]>> {
    view_with(bytes, &Limits::default())
}

/// [`view`] under a policy.
///
/// # Errors
/// As `view`.
pub fn view_with<'a>(bytes: &'a [u8], limits: &Limits) -> Result<Message<&'a [u8]>> {
    in_place(bytes, limits).map_err(|error| error.in_format(MESSAGE))
}

/// Reads the message whose chunks are given, in any order.
///
/// # Errors
/// As [`join`], and as [`read`]; then the offset is that in the message.
pub fn read_chunks<B: AsRef<[u8]>>(chunks: &[B]) -> Result<Message> {
    read_chunks_with(chunks, &Limits::default())
}

/// [`read_chunks`] under a policy.
///
/// # Errors
/// As `read_chunks`.
pub fn read_chunks_with<B: AsRef<[u8]>>(chunks: &[B], limits: &Limits) -> Result<Message> {
    join_and_read(chunks, limits, &ReadOptions::new())
}

/// [`read_chunks`] under a policy, and with strings as the options say.
pub(super) fn join_and_read<B: AsRef<[u8]>>(
    chunks: &[B],
    limits: &Limits,
    options: &ReadOptions,
) -> Result<Message> {
    let mut parsed = Vec::new();
    for (place, bytes) in chunks.iter().enumerate() {
        let chunk = Chunk::parse(bytes.as_ref());
        parsed.push(chunk.map_err(|error| error.context(&format!("in chunk {} of those given", place + 1)))?);
    }
    let message = join(parsed)?;
    let mut input = Input::from_bytes(&message).with_limits(limits);
    read_message(&mut input, options).map_err(|error| error.in_format(MESSAGE))
}
