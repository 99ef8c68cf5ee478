//! Messages.

use std::io::Write;
use std::path::Path;

use arr_core::format::{Frame, Outline, Output, Reading, Selection, read_items};
use arr_core::{Array, Buffer, ByteOrder, Error, Input, Limits, Result, SaveOptions, Storage};
use byteorder::{ByteOrder as _, LE, ReadBytesExt as _};

use super::chunk::reserve;
use super::{CHUNKED, MESSAGE, WHOLE};
use crate::nd4j::binaryserde::{self, BinarySerdeHeader, Serde};
use crate::nd4j::shape::{MAX_RANK, placed};

/// Bytes in front of the array.
const FRONT: usize = 4;

/// Bytes behind the array, before the dimensions.
const BACK: usize = 20;

/// An array with its address (`NDArrayMessage`): a whole array, or a part of one that the receiver has.
#[derive(Clone, Debug)]
pub struct Message<S: Storage = Buffer> {
    /// The array.
    pub array: Array<S>,
    /// When it was sent, in milliseconds since 1970, UTC.
    pub sent: i64,
    /// The index of the part along [`dimensions`](Self::dimensions); -1 for the whole array.
    pub index: i64,
    /// Dimensions of the receiver's array; a single -1 for the whole array.
    pub dimensions: Vec<i32>,
}

/// The tail of a message, behind its array.
pub(super) struct Tail {
    pub(super) sent: i64,
    pub(super) index: i64,
    pub(super) dimensions: Vec<i32>,
}

/// The tail up to the dimensions: [`BACK`] bytes.
struct TailHead {
    sent: i64,
    index: i64,
    /// The number of dimensions.
    count: i32,
}

impl TailHead {
    /// The offset of the number of dimensions.
    const COUNT: u64 = 16;

    fn parse(mut bytes: &[u8]) -> Result<Self> {
        Ok(Self {
            sent: bytes.read_i64::<LE>()?,
            index: bytes.read_i64::<LE>()?,
            count: bytes.read_i32::<LE>()?,
        })
    }

    /// The number of dimensions, where a message can have as many.
    fn dimensions(&self) -> Option<usize> {
        usize::try_from(self.count).ok().filter(|count| (1..=MAX_RANK).contains(count))
    }
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

    /// The number of bytes of the message.
    ///
    /// # Errors
    /// `InvalidArgument` when there are no dimensions or more than 32, `Unsupported` when ND4J has no type for the items
    /// or no array of so many dimensions.
    pub fn encoded_len(&self) -> Result<usize> {
        self.len().map_err(|error| error.in_format(MESSAGE))
    }

    pub(super) fn len(&self) -> Result<usize> {
        count_of(&self.dimensions)?;
        let tail = BACK + 4 * self.dimensions.len();
        Ok(binaryserde::len_of(&self.array.view())?.saturating_add(FRONT + tail))
    }

    /// Writes the message into the caller's memory and returns the number of bytes written, that of
    /// [`encoded_len`](Self::encoded_len).
    ///
    /// # Errors
    /// `InvalidArgument` when there is too little room, naming both sizes; otherwise as `encoded_len`.
    pub fn encode_into(&self, bytes: &mut [u8]) -> Result<usize> {
        self.encode(bytes).map_err(|error| error.in_format(MESSAGE))
    }

    fn encode(&self, bytes: &mut [u8]) -> Result<usize> {
        let (len, room) = (self.len()?, bytes.len());
        let no_room = || Error::invalid(format!("the message takes {len} bytes, there is room for {room}"));
        let parts = bytes.get_mut(..len).and_then(|bytes| bytes.split_at_mut_checked(FRONT));
        let (front, rest) = parts.ok_or_else(no_room)?;
        front.copy_from_slice(&WHOLE.to_le_bytes());
        let array = binaryserde::encode_view(&self.array.view(), rest)?;
        let mut back = rest.get_mut(array..).ok_or_else(no_room)?;
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
        reserve(&mut bytes, len)?;
        self.write(&mut Output::new(&mut bytes))?;
        Ok(bytes)
    }

    /// Writes the message to a stream.
    ///
    /// # Errors
    /// As [`encoded_len`](Self::encoded_len); `Io` when the stream fails.
    pub fn write_to(&self, writer: &mut (impl Write + Send)) -> Result<()> {
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

/// The number of dimensions, as it is written.
fn count_of(dimensions: &[i32]) -> Result<i32> {
    let count = dimensions.len();
    let written = i32::try_from(count).ok().filter(|_| (1..=MAX_RANK).contains(&count));
    written.ok_or_else(|| {
        Error::invalid(format!("a message names {count} dimensions, expected 1 to {MAX_RANK} (-1 for all)"))
    })
}

fn write_back(sent: i64, index: i64, dimensions: &[i32], output: &mut Output<'_>) -> Result<()> {
    let count = count_of(dimensions)?;
    output.write(&sent.to_le_bytes())?;
    output.write(&index.to_le_bytes())?;
    output.write(&count.to_le_bytes())?;
    dimensions.iter().try_for_each(|dimension| output.write(&dimension.to_le_bytes()))
}

/// What stands around the items of a message of a whole array.
pub(super) fn frame(what: &Outline<'_>, sent: i64) -> Result<Frame> {
    let mut head = WHOLE.to_le_bytes().to_vec();
    head.extend(binaryserde::framed_header(what)?);
    let mut tail = Vec::new();
    write_back(sent, -1, &[-1], &mut Output::new(&mut tail))?;
    Ok(Frame::new(head).tail(tail).byte_order(ByteOrder::Little))
}

/// Reads the start of a message, before the items.
pub(super) fn read_front(input: &mut Input<'_>) -> Result<BinarySerdeHeader> {
    let at = input.position();
    match LE::read_i32(&input.read_array::<4>("type of message")?) {
        WHOLE => binaryserde::header_of(input),
        CHUNKED => Err(Error::malformed("the type of message is 0, a chunk of a message, expected 1").at(at)),
        other => Err(Error::malformed(format!("the type of message is {other}, expected 1")).at(at)),
    }
}

/// Reads the tail of a message.
pub(super) fn read_back(header: &BinarySerdeHeader, input: &mut Input<'_>) -> Result<Tail> {
    if let Some(junk) = junk_len(header, input)? {
        input.skip(junk, "item of an empty array")?;
    }
    let at = input.position().saturating_add(TailHead::COUNT);
    let head = TailHead::parse(&input.read_array::<BACK>("tail of the message")?)?;
    let TailHead { sent, index, count } = head;
    let found = head.dimensions().ok_or_else(|| {
        Error::malformed(format!("the number of dimensions is {count}, expected 1 to {MAX_RANK}")).at(at)
    })?;
    let mut dimensions = Vec::new();
    for _ in 0..found {
        dimensions.push(LE::read_i32(&input.read_array::<4>("dimensions")?));
    }
    Ok(Tail { sent, index, dimensions })
}

/// The bytes of the one item that 1.0.0-beta6 writes for an array that has none; `None` where they are not there.
///
/// The number of dimensions tells, since the item moves it. Where the bytes at both offsets could be that number, the
/// length of the message decides, if it is known. Nothing behind the message is read.
fn junk_len(header: &BinarySerdeHeader, input: &mut Input<'_>) -> Result<Option<u64>> {
    let Some(junk) = header.junk_len() else { return Ok(None) };
    let left = input.remaining();
    let tail_at = |bytes: &[u8], junk: usize| TailHead::parse(bytes.get(junk..)?).ok();
    let is_end = |junk: usize, count: Option<usize>| {
        count.is_some_and(|count| left == Some((junk + BACK + 4 * count) as u64))
    };
    let tail = tail_at(input.peek(BACK)?, 0);
    let without = tail.as_ref().and_then(TailHead::dimensions);
    // An item of 8 bytes moves the time to the place of the index, and no part has so large an index.
    let is_time = junk == 8 && tail.is_some_and(|tail| tail.index > i64::from(i32::MAX));
    if is_end(0, without) || (without.is_some() && left.is_none() && !is_time) {
        return Ok(None);
    }
    let with = tail_at(input.peek(junk + BACK)?, junk).and_then(|tail| tail.dimensions());
    let is_there = is_end(junk, with) || ((without.is_none() || left.is_none()) && with.is_some());
    Ok(is_there.then_some(junk as u64))
}

/// Reads the message at the position of an input, whole or with a slice of its array, and leaves the input right behind it.
pub(super) fn read_message(input: &mut Input<'_>, how: &Reading, what: Selection<'_>) -> Result<Message> {
    let head = binaryserde::head(read_front(input)?, input.position());
    let array = read_items(&Serde::ALONE, input, &head, how, what)?;
    Ok(Message::with_tail(array, read_back(&head.header, input)?))
}

/// The message at the start of bytes, its array in place.
pub(super) fn in_place<S: Storage>(storage: S, how: &Reading) -> Result<Message<S>> {
    let mut input = Input::from_bytes(storage.bytes()).with_limits(&how.limits);
    let head = binaryserde::head(read_front(&mut input)?, input.position());
    if let Some(why) = head.coded {
        return Err(Error::unsupported(why).at(head.description.data_offset));
    }
    let what = head.description;
    let unknown = || Error::unsupported("how long the data is has to be known").at(what.data_offset);
    input.skip(what.data_len.ok_or_else(unknown)?, "data")?;
    let tail = read_back(&head.header, &mut input)?;
    drop(input);
    let layout = placed(&head.layout, what.data_offset)?;
    Ok(Message::with_tail(Array::new(what.dtype, layout, storage)?, tail))
}

/// The message in a [`Buffer`], which its array shares.
///
/// # Errors
/// As [`view`].
pub fn read_buffer(buffer: Buffer) -> Result<Message> {
    in_place(buffer, &Reading::new()).map_err(|error| error.in_format(MESSAGE))
}

/// Views a message in memory, without a copy of its array. Bytes behind it are not looked at.
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

/// [`view`] under other limits than the default ones.
///
/// # Errors
/// As `view`.
pub fn view_with<'a>(bytes: &'a [u8], limits: &Limits) -> Result<Message<&'a [u8]>> {
    in_place(bytes, &Reading::new().limits(limits.clone())).map_err(|error| error.in_format(MESSAGE))
}
