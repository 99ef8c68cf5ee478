//! Messages and chunks as formats.

use std::fmt;
use std::hash::{BuildHasher as _, RandomState};

use arr_core::format::{
    ArrayReader, Capabilities, Codec, Description, FormatInfo, Frame, Head, Match, NewPart, OptionInfo,
    OptionKind, Outline, Output, Reader, Reading, RowReader, RowWriter, Side, Sink, Source, TakeFile, Writer,
    Writing,
};
use arr_core::{
    Array, ArrayView, Buffer, ByteOrder, Contiguity, DType, Error, Input, Layout, Order, Result, Storage,
};
use byteorder::{ByteOrder as _, LE};

use super::chunk::{Front, Head as ChunkHead, ID, head_bytes, reserve, split};
use super::message::{self, Message};
use super::{CHUNK, CHUNKED, MESSAGE, ReadOptions, WHOLE};
use crate::nd4j::binaryserde::{self, BinarySerdeHeader, ENCODING, Serde};

/// A message of `nd4j-aeron`, which is read as its array, for the facade and for choosing formats at run time.
/// An array is written as a message of the whole array that is sent now.
#[derive(Clone, Copy, Debug, Default)]
pub struct Nd4jAeronMessage;

/// What the format of messages says of itself.
const MESSAGE_INFO: FormatInfo = FormatInfo {
    extensions: &["msg"],
    capabilities: Capabilities { read: true, write: true, map: true, stream: true, append: false },
    byte_order: Some(ByteOrder::Little),
    options: &[ENCODING],
    ..FormatInfo::new(MESSAGE, "ND4J array as a message of nd4j-aeron")
};

impl Codec for Nd4jAeronMessage {
    type Header = BinarySerdeHeader;

    const INFO: &'static FormatInfo = &MESSAGE_INFO;

    fn detect(&self, head: &[u8]) -> Match {
        match head.split_first_chunk::<4>() {
            Some((first, rest)) if LE::read_i32(first) == WHOLE => binaryserde::sniff(rest),
            _ => Match::No,
        }
    }

    fn head(&self, input: &mut Input<'_>) -> Result<Head<BinarySerdeHeader>> {
        let header = message::read_front(input)?;
        Ok(binaryserde::head(header, input.position()))
    }

    /// Says what the tail says where the input is seekable, and leaves it behind the message.
    fn describe(&self, input: &mut Input<'_>) -> Result<Head<BinarySerdeHeader>> {
        let mut head = self.head(input)?;
        head.description = with_tail(head.description, &head.header, input)?;
        Ok(head)
    }

    fn decode(&self, input: &mut Input<'_>, head: &Head<BinarySerdeHeader>, how: &Reading) -> Result<Array> {
        Serde::ALONE.decode(input, head, how)
    }

    fn end(&self, input: &mut Input<'_>, head: &Head<BinarySerdeHeader>) -> Result<()> {
        message::read_back(&head.header, input).map(drop)
    }

    fn frame(&self, what: &Outline<'_>, _: &Writing) -> Result<Frame> {
        message::frame(what, now())
    }

    fn write(&self, array: &ArrayView<'_>, how: &Writing, output: &mut Output<'_>) -> Result<()> {
        with_message(array, how, |message| message.write_parts(output))
    }

    fn view<S: Storage>(&self, storage: S, how: &Reading) -> Result<Array<S>> {
        Ok(message::in_place(storage, how)?.array)
    }
}

/// A message of the array, in the order that is asked for, that is sent now.
fn with_message<T>(
    array: &ArrayView<'_>,
    how: &Writing,
    f: impl FnOnce(Message<&[u8]>) -> Result<T>,
) -> Result<T> {
    match how.order.filter(|order| array.as_bytes(*order).is_none()) {
        Some(order) => f(Message::new(array.to_contiguous(order)?.view(), now())),
        None => f(Message::new(array.view(), now())),
    }
}

/// A description with the fields of the tail, which is read where the input is seekable.
fn with_tail(what: Description, header: &BinarySerdeHeader, input: &mut Input<'_>) -> Result<Description> {
    let what = binaryserde::detailed(what, header);
    let Some(len) = what.data_len.filter(|_| input.can_seek()) else { return Ok(what) };
    input.skip(len, "data")?;
    let tail = message::read_back(header, input)?;
    Ok(what
        .with_detail("sent", tail.sent)
        .with_detail("index", tail.index)
        .with_detail("dimensions", format!("{:?}", tail.dimensions)))
}

/// A chunk of a message of `nd4j-aeron`. One that is a whole message is read as its array; of others the files of all chunks
/// are needed. An array is written as a message in one chunk, or in as many as the option `chunk-size` makes.
#[derive(Clone, Copy, Debug, Default)]
pub struct Nd4jAeronChunk;

/// Into how large chunks a message is cut.
const CHUNK_SIZE: OptionInfo = OptionInfo {
    name: "chunk-size",
    kind: OptionKind::Integer(1, i32::MAX as i64),
    value: "BYTES",
    default: "",
    bare: "",
    side: Side::Writing,
    help: "Cut the message of the array into chunks of so many bytes, each a file of the folder OUT",
    details: "Each is named after the input, with a number that counts from 0; all of them together are an input again.",
    reference: "NDArrayMessage.chunks(message, chunkSize)",
};

/// What the format of chunks says of itself.
const CHUNK_INFO: FormatInfo = FormatInfo {
    extensions: &["chunk"],
    capabilities: Capabilities { read: true, write: true, map: false, stream: true, append: false },
    byte_order: Some(ByteOrder::Little),
    multi_file: true,
    options: &[ENCODING, CHUNK_SIZE],
    ..FormatInfo::new(CHUNK, "ND4J array as a chunk of a message of nd4j-aeron")
};

/// The head of a chunk, and the header of the array where the chunk is a whole message.
#[derive(Clone, Debug)]
pub struct ChunkHeader {
    head: ChunkHead,
    array: Option<BinarySerdeHeader>,
    /// The offset of the chunk, and that of its payload.
    start: u64,
    payload: u64,
}

impl Codec for Nd4jAeronChunk {
    type Header = ChunkHeader;

    const INFO: &'static FormatInfo = &CHUNK_INFO;

    fn detect(&self, head: &[u8]) -> Match {
        if could_be_chunk(head).unwrap_or(false) { Match::Maybe } else { Match::No }
    }

    fn reader<'a>(&self, source: Source<'a>, how: &Reading) -> Result<Box<dyn Reader + 'a>> {
        if source.len() == 1 {
            return Ok(Box::new(RowReader::new(*self, source.one()?, how)));
        }
        let joined = read_files(source.all(), how).map_err(|error| error.in_format(CHUNK))?;
        let (dtype, order) = (joined.dtype().clone(), joined.order());
        let len = Some(joined.nbytes() as u64);
        let description = Description::new(dtype, joined.shape(), order, 0, len);
        Ok(Box::new(ArrayReader::new(joined, description)))
    }

    fn writer<'a>(&self, sink: Sink<'a>, how: &Writing) -> Result<Box<dyn Writer + 'a>> {
        match sink {
            Sink::Files(take) => {
                let size = how.options.integer(CHUNK_SIZE.name).and_then(|size| usize::try_from(size).ok());
                let size = size.ok_or_else(|| Error::invalid("the size of chunks is missing"))?;
                Ok(Box::new(ChunkWriter { take, size, how: how.clone(), is_done: false }))
            }
            sink => Ok(Box::new(RowWriter::new(*self, sink.new_file()?, how))),
        }
    }

    /// A chunk that is not a whole message is said to be its bytes, since their array is that of all chunks.
    fn head(&self, input: &mut Input<'_>) -> Result<Head<ChunkHeader>> {
        let start = input.position();
        let head = ChunkHead::read(input)?;
        let payload = input.position();
        if head.count != 1 {
            let what = Description::new(DType::Void(1), &[0], Contiguity::C, payload, None);
            let layout = Layout::contiguous(&[0], 1, Order::C)?;
            let header = ChunkHeader { head, array: None, start, payload };
            return Ok(Head::coded(what, layout, header, "a chunk of several has no array"));
        }
        let header = message::read_front(input)?;
        let Head { description, layout, coded, header, .. } = binaryserde::head(header, input.position());
        let header = ChunkHeader { head, array: Some(header), start, payload };
        Ok(match coded {
            Some(why) => Head::coded(description, layout, header, why),
            None => Head::plain(description, layout, header),
        })
    }

    fn describe(&self, input: &mut Input<'_>) -> Result<Head<ChunkHeader>> {
        let mut found = self.head(input)?;
        let described = match &found.header.array {
            Some(header) => with_tail(found.description, header, input)?,
            None => describe_payload(&found.header.head, input)?,
        };
        let ChunkHead { id, index, count, chunk_size } = &found.header.head;
        found.description = described
            .with_detail("message", id)
            .with_detail("chunk", format!("{index} of {count}, counted from 0"))
            .with_detail("chunk size", format!("{chunk_size} bytes"));
        Ok(found)
    }

    fn check(&self, head: &Head<ChunkHeader>) -> Result<()> {
        head.header.head.check_whole().map_err(|error| error.at(head.header.start))
    }

    /// A chunk alone is not an array, however sound its bytes are.
    fn faults(&self, input: &mut Input<'_>) -> Result<Vec<Error>> {
        let head = self.head(input)?;
        self.check(&head).map(|()| Vec::new())
    }

    fn decode(&self, input: &mut Input<'_>, head: &Head<ChunkHeader>, how: &Reading) -> Result<Array> {
        let array = head.header.array.clone();
        let array = array.ok_or_else(|| Error::mismatch("the chunk is not a whole message"))?;
        let inner = binaryserde::head(array, input.position());
        Serde::ALONE.decode(input, &inner, how)
    }

    fn end(&self, input: &mut Input<'_>, head: &Head<ChunkHeader>) -> Result<()> {
        let ChunkHeader { head, array, payload, .. } = &head.header;
        let Some(array) = array else { return Ok(()) };
        message::read_back(array, input)?;
        let len = input.position().saturating_sub(*payload);
        if len > u64::from(head.chunk_size) {
            let message = format!("the message has {len} bytes, but the chunk size is {}", head.chunk_size);
            return Err(Error::malformed(message).at(*payload));
        }
        Ok(())
    }

    fn frame(&self, what: &Outline<'_>, _: &Writing) -> Result<Frame> {
        let mut frame = message::frame(what, now())?;
        let len = frame.len(what.nbytes()?);
        frame.head = [whole_head(len)?, frame.head].concat();
        Ok(frame)
    }

    fn write(&self, array: &ArrayView<'_>, how: &Writing, output: &mut Output<'_>) -> Result<()> {
        with_message(array, how, |message| {
            output.write(&whole_head(message.len()? as u64)?)?;
            message.write_parts(output)
        })
    }
}

/// The head of a chunk that is a whole message of `len` bytes.
fn whole_head(len: u64) -> Result<Vec<u8>> {
    let size = u32::try_from(len).ok().filter(|size| i32::try_from(*size).is_ok());
    let size = size
        .ok_or_else(|| Error::unsupported(format!("a message of {len} bytes does not fit into one chunk")))?;
    head_bytes(&new_id(), 0, 1, size)
}

/// Describes the bytes of a chunk, and leaves the input behind them, so that nobody takes the chunk for a sound array.
fn describe_payload(head: &ChunkHead, input: &mut Input<'_>) -> Result<Description> {
    let offset = input.position();
    let left = match input.remaining() {
        Some(left) => input.skip(left, "payload").map(|()| left)?,
        None => {
            input.skip_to_end()?;
            input.position() - offset
        }
    };
    head.check_len(left).map_err(|message| Error::malformed(message).at(offset))?;
    let shape = usize::try_from(left)
        .map_err(|_| Error::limit(format!("{left} bytes are more than memory can have")).at(offset))?;
    Ok(Description::new(DType::Void(1), &[shape], Contiguity::C, offset, Some(left)))
}

/// Reads the array of the message whose chunks are in those files.
fn read_files(files: Vec<Input<'_>>, how: &Reading) -> Result<Array> {
    let mut chunks = Vec::new();
    for file in files {
        let mut file = file.with_limits(&how.limits);
        chunks.push(match file.remaining() {
            Some(left) => file.read_buffer(left, "chunk")?.freeze(),
            None => Buffer::from_vec(file.read_to_end()?),
        });
    }
    Ok(ReadOptions { reading: how.clone() }.read_owned_chunks(chunks)?.array)
}

/// Cuts one array into chunks, each a file.
struct ChunkWriter<'a> {
    take: Box<TakeFile<'a>>,
    size: usize,
    how: Writing,
    is_done: bool,
}

impl fmt::Debug for ChunkWriter<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ChunkWriter({} bytes each)", self.size)
    }
}

impl ChunkWriter<'_> {
    /// The message of an array.
    fn message_of(&mut self, array: &ArrayView<'_>) -> Result<Vec<u8>> {
        if std::mem::replace(&mut self.is_done, true) {
            return Err(Error::unsupported("chunks are those of one array"));
        }
        with_message(array, &self.how, |message| {
            let mut bytes = Vec::new();
            reserve(&mut bytes, message.len()?)?;
            message.write_parts(&mut Output::new(&mut bytes))?;
            Ok(bytes)
        })
    }
}

impl Writer for ChunkWriter<'_> {
    fn begin(&mut self, _: &NewPart<'_>, _: &Outline<'_>) -> Result<()> {
        Err(Error::unsupported("an array is cut into chunks as a whole").in_format(CHUNK))
    }

    fn items(&mut self, _: &[u8]) -> Result<()> {
        Err(Error::invalid("no array was begun").in_format(CHUNK))
    }

    fn array(&mut self, _: &NewPart<'_>, array: &ArrayView<'_>) -> Result<()> {
        let named = |error: Error| error.in_format(CHUNK);
        let message = self.message_of(array).map_err(named)?;
        let id = new_id();
        split(&message, self.size, &id).map_err(named)?.try_for_each(|chunk| {
            let bytes = chunk.to_bytes().map_err(named)?;
            (self.take)(chunk.index as usize, chunk.count as usize, &bytes)
        })
    }

    fn finish(self: Box<Self>) -> Result<()> {
        Ok(())
    }
}

/// Whether bytes could be a chunk. It has no magic number; that its name is a UUID comes close to one.
fn could_be_chunk(prefix: &[u8]) -> Option<bool> {
    let (front, rest) = prefix.split_at_checked(Front::LEN)?;
    let Front { kind, count, chunk_size, id_len } = Front::parse(front).ok()?;
    let (id, rest) = rest.split_at_checked(ID)?;
    let index = LE::read_i32(rest.get(..4)?);
    let is_id = id.iter().enumerate().all(|(place, byte)| match place {
        8 | 13 | 18 | 23 => *byte == b'-',
        _ => byte.is_ascii_hexdigit(),
    });
    let is_length = usize::try_from(id_len) == Ok(ID);
    Some(kind == CHUNKED && chunk_size > 0 && is_length && is_id && (0..count).contains(&index))
}

/// Milliseconds since 1970, or 0 where there is no clock.
fn now() -> i64 {
    if cfg!(all(target_family = "wasm", target_os = "unknown")) {
        return 0;
    }
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
    since.ok().and_then(|since| i64::try_from(since.as_millis()).ok()).unwrap_or(0)
}

/// A random UUID (version 4).
fn new_id() -> String {
    let random = || RandomState::new().hash_one(0);
    let (high, low) = (random() & !0xf000 | 0x4000, random() & !(3 << 62) | 1 << 63);
    format!(
        "{:08x}-{:04x}-{:04x}-{:04x}-{:012x}",
        high >> 32,
        high >> 16 & 0xffff,
        high & 0xffff,
        low >> 48,
        low & 0xffff_ffff_ffff
    )
}
