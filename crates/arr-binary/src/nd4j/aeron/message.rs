//! Messages.

use std::io::Write;
use std::path::Path;

use arr_core::format::Output;
use arr_core::{Array, Buffer, DType, Error, Input, Limits, Order, Result, SaveOptions, Slice, Storage};

use super::{CHUNKED, MESSAGE, WHOLE};
use crate::nd4j::binaryserde::{self, BinarySerdeHeader, ReadOptions};
use crate::nd4j::shape::MAX_RANK;

/// Bytes in front of the array.
const FRONT: usize = 4;

/// Bytes behind the array, before the dimensions.
const BACK: usize = 20;

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
        self.len().map_err(|error| error.in_format(MESSAGE))
    }

    pub(super) fn len(&self) -> Result<usize> {
        let count = self.dimensions.len();
        if !(1..=MAX_RANK).contains(&count) {
            let message =
                format!("a message names {count} dimensions, expected 1 to {MAX_RANK} (-1 for all)");
            return Err(Error::invalid(message));
        }
        Ok(binaryserde::len_of(&self.array.view())?.saturating_add(FRONT + BACK + 4 * count))
    }

    /// Writes the message into memory that the caller has, and says how many bytes it took: those of
    /// [`encoded_len`](Self::encoded_len).
    ///
    /// # Errors
    /// `InvalidArgument` when there is too little room, naming both sizes; otherwise as `encoded_len`.
    pub fn encode_into(&self, bytes: &mut [u8]) -> Result<usize> {
        self.encode(bytes).map_err(|error| error.in_format(MESSAGE))
    }

    fn encode(&self, bytes: &mut [u8]) -> Result<usize> {
        let (len, room) = (self.len()?, bytes.len());
        let parts = bytes.get_mut(..len).and_then(|bytes| bytes.split_at_mut_checked(FRONT));
        let Some((front, rest)) = parts else {
            return Err(Error::invalid(format!("the message takes {len} bytes, there is room for {room}")));
        };
        front.copy_from_slice(&WHOLE.to_le_bytes());
        let array = binaryserde::encode_view(&self.array.view(), rest)?;
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
        self.write_parts(output).map_err(|error| error.in_format(MESSAGE))
    }

    /// [`write`](Self::write), for chunks.
    pub(super) fn write_parts(&self, output: &mut Output<'_>) -> Result<()> {
        self.len()?;
        output.write(&WHOLE.to_le_bytes())?;
        binaryserde::write_parts(&self.array.view(), output)?;
        self.write_back(output)
    }

    fn write_back(&self, output: &mut Output<'_>) -> Result<()> {
        write_back(self.sent, self.index, &self.dimensions, output)
    }
}

fn write_back(sent: i64, index: i64, dimensions: &[i32], output: &mut Output<'_>) -> Result<()> {
    let count = i32::try_from(dimensions.len()).unwrap_or(i32::MAX);
    output.write(&sent.to_le_bytes())?;
    output.write(&index.to_le_bytes())?;
    output.write(&count.to_le_bytes())?;
    dimensions.iter().try_for_each(|dimension| output.write(&dimension.to_le_bytes()))
}

/// Writes what stands before the items of a message of a whole array that are written, little-endian, by the caller, and
/// says how many bytes the message takes.
pub(super) fn write_start(
    dtype: &DType,
    shape: &[usize],
    order: Order,
    output: &mut Output<'_>,
) -> Result<u64> {
    output.write(&WHOLE.to_le_bytes())?;
    let array = binaryserde::write_start(dtype, shape, order, output)?;
    Ok(array.saturating_add((FRONT + BACK + 4) as u64))
}

/// Writes what stands behind the items of a message of a whole array.
pub(super) fn write_end(sent: i64, output: &mut Output<'_>) -> Result<()> {
    write_back(sent, -1, &[-1], output)
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
pub(super) fn read_back(header: &BinarySerdeHeader, input: &mut Input<'_>) -> Result<Tail> {
    if let Some(junk) = junk_len(header, input)? {
        input.skip(junk, "item of an empty array")?;
    }
    let sent = i64::from_le_bytes(input.read_array("time of sending")?);
    let index = i64::from_le_bytes(input.read_array("index")?);
    let at = input.position();
    let count = i32::from_le_bytes(input.read_array("number of dimensions")?);
    let found = dimensions(count).ok_or_else(|| {
        Error::malformed(format!("the number of dimensions is {count}, expected 1 to {MAX_RANK}")).at(at)
    })?;
    let mut dimensions = Vec::new();
    for _ in 0..found {
        dimensions.push(i32::from_le_bytes(input.read_array("dimensions")?));
    }
    Ok(Tail { sent, index, dimensions })
}

/// A number of dimensions that a message can have.
fn dimensions(count: i32) -> Option<usize> {
    usize::try_from(count).ok().filter(|count| (1..=MAX_RANK).contains(count))
}

/// 1.0.0-beta6 writes the bytes of one item for an array that has none. The number of dimensions tells, which stands
/// further on then; where it could stand at both places, the end of the message does, if it is known. Nothing behind the
/// message is looked at.
fn junk_len(header: &BinarySerdeHeader, input: &mut Input<'_>) -> Result<Option<u64>> {
    let Some(junk) = header.junk_len() else { return Ok(None) };
    let left = input.remaining();
    let count_in = |bytes: &[u8], junk: usize| {
        let bytes = bytes.get(junk + BACK - 4..)?.first_chunk()?;
        dimensions(i32::from_le_bytes(*bytes))
    };
    // Where the index would be there is the time, if an item of 8 bytes has moved both: no part has such a number.
    let is_time = |bytes: &[u8]| {
        let moved = bytes.get(8..).and_then(|bytes| bytes.first_chunk()).filter(|_| junk == 8);
        moved.is_some_and(|moved| i64::from_le_bytes(*moved) > i64::from(i32::MAX))
    };
    let is_end = |junk: usize, count: Option<usize>| {
        count.is_some_and(|count| left == Some((junk + BACK + 4 * count) as u64))
    };
    let without = count_in(input.peek(BACK)?, 0);
    if is_end(0, without) || (without.is_some() && left.is_none() && !is_time(input.peek(BACK)?)) {
        return Ok(None);
    }
    let with = count_in(input.peek(junk + BACK)?, junk);
    let is_there = is_end(junk, with) || ((without.is_none() || left.is_none()) && with.is_some());
    Ok(is_there.then_some(junk as u64))
}

/// Reads the message at which an input stands, or a part of its array, and leaves it right behind.
pub(super) fn read_message(
    input: &mut Input<'_>,
    options: &ReadOptions,
    slice: Option<&Slice>,
) -> Result<Message> {
    let header = read_front(input)?;
    let array = match slice {
        Some(slice) => options.read_part_of(&header, input, slice),
        None => options.read_data(&header, input),
    }?;
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
