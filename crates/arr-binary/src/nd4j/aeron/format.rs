//! Messages and chunks as formats.

use std::hash::{BuildHasher as _, RandomState};

use arr_core::format::{Capabilities, Description, Format, FormatInfo, Match, Output, TakeFile};
use arr_core::{
    Array, ArrayView, Buffer, ByteOrder, Contiguity, DType, Error, Input, Limits, Mmap, Order, Result, Slice,
};
use byteorder::{ByteOrder as _, LE};

use super::chunk::{Front, Head, ID, head_bytes, reserve, split};
use super::message::{self, Message};
use super::{CHUNK, CHUNKED, MESSAGE, ReadOptions, WHOLE};
use crate::nd4j::binaryserde;
use crate::nd4j::latin1::{Latin1, ReadLatin1};

/// A message of `nd4j-aeron`, which is read as its array, for the facade and for anyone who picks formats at run time.
/// An array is written as a message of the whole array that is sent now.
#[derive(Clone, Copy, Debug, Default)]
pub struct Nd4jAeronMessage;

const MESSAGE_INFO: FormatInfo = FormatInfo {
    name: MESSAGE,
    description: "ND4J array as a message of nd4j-aeron",
    extensions: &["msg"],
    magic: &[],
    capabilities: Capabilities { read: true, write: true, map: true, stream: true, append: false },
};

impl Format for Nd4jAeronMessage {
    fn info(&self) -> &'static FormatInfo {
        &MESSAGE_INFO
    }

    fn sniff(&self, prefix: &[u8]) -> Match {
        match prefix.split_at_checked(4) {
            Some((first, rest)) if LE::read_i32(first) == WHOLE => binaryserde::sniff(rest),
            _ => Match::No,
        }
    }

    /// Leaves a seekable input behind the message, whose tail is read too, and a stream at the data.
    fn describe(&self, input: &mut Input<'_>) -> Result<Description> {
        describe(input).map_err(|error| error.in_format(MESSAGE))
    }

    fn byte_order(&self) -> Option<ByteOrder> {
        Some(ByteOrder::Little)
    }

    fn read(&self, input: &mut Input<'_>) -> Result<Array> {
        Ok(super::read_input(input)?.array)
    }

    fn read_part(&self, input: &mut Input<'_>, slice: &Slice) -> Result<Array> {
        Ok(ReadOptions::new().read_part_input(input, slice)?.array)
    }

    /// Nothing is found besides reading.
    fn faults_ahead(&self, _: &mut Input<'_>) -> Result<Option<Vec<Error>>> {
        Ok(Some(Vec::new()))
    }

    fn latin1(&self) -> Option<&'static dyn Format> {
        Some(&Latin1(Self))
    }

    fn write(&self, array: &ArrayView<'_>, output: &mut Output<'_>) -> Result<()> {
        Message::new(array.view(), now()).write(output)
    }

    /// Items have to be little-endian.
    fn write_start(
        &self,
        dtype: &DType,
        shape: &[usize],
        order: Order,
        output: &mut Output<'_>,
    ) -> Result<()> {
        let written = message::write_start(dtype, shape, order, output);
        written.map(drop).map_err(|error| error.in_format(MESSAGE))
    }

    fn write_end(&self, _: &DType, _: &[usize], _: Order, output: &mut Output<'_>) -> Result<()> {
        message::write_end(now(), output)
    }

    fn map(&self, map: Mmap, limits: &Limits) -> Result<Array<Mmap>> {
        let message = message::in_place(map, limits).map_err(|error| error.in_format(MESSAGE))?;
        Ok(message.array)
    }
}

impl ReadLatin1 for Nd4jAeronMessage {
    fn read_latin1(&self, input: &mut Input<'_>) -> Result<Array> {
        Ok(ReadOptions::new().latin1().read_input(input)?.array)
    }

    fn read_part_latin1(&self, input: &mut Input<'_>, slice: &Slice) -> Result<Array> {
        Ok(ReadOptions::new().latin1().read_part_input(input, slice)?.array)
    }
}

/// A chunk of a message of `nd4j-aeron`. One that is all of a message is read as its array; of others
/// [`read_chunks`](super::read_chunks) needs all. An array is written as a message in one chunk.
#[derive(Clone, Copy, Debug, Default)]
pub struct Nd4jAeronChunk;

const CHUNK_INFO: FormatInfo = FormatInfo {
    name: CHUNK,
    description: "ND4J array as a chunk of a message of nd4j-aeron",
    extensions: &["chunk"],
    magic: &[],
    capabilities: Capabilities { read: true, write: true, map: false, stream: true, append: false },
};

impl Format for Nd4jAeronChunk {
    fn info(&self) -> &'static FormatInfo {
        &CHUNK_INFO
    }

    fn sniff(&self, prefix: &[u8]) -> Match {
        if could_be_chunk(prefix).unwrap_or(false) { Match::Maybe } else { Match::No }
    }

    /// A chunk that is not all of its message is described as the bytes that it has, since their array is that of all
    /// chunks.
    fn describe(&self, input: &mut Input<'_>) -> Result<Description> {
        describe_chunk(input).map_err(|error| error.in_format(CHUNK))
    }

    fn byte_order(&self) -> Option<ByteOrder> {
        Some(ByteOrder::Little)
    }

    fn read(&self, input: &mut Input<'_>) -> Result<Array> {
        read_whole(input, &ReadOptions::new(), None).map_err(|error| error.in_format(CHUNK))
    }

    fn read_part(&self, input: &mut Input<'_>, slice: &Slice) -> Result<Array> {
        read_whole(input, &ReadOptions::new(), Some(slice)).map_err(|error| error.in_format(CHUNK))
    }

    /// Nothing is found besides reading.
    fn faults_ahead(&self, _: &mut Input<'_>) -> Result<Option<Vec<Error>>> {
        Ok(Some(Vec::new()))
    }

    fn latin1(&self) -> Option<&'static dyn Format> {
        Some(&Latin1(Self))
    }

    fn is_spread(&self) -> bool {
        true
    }

    fn read_spread(&self, files: &mut [Input<'_>]) -> Result<Array> {
        read_files(files, &ReadOptions::new()).map_err(|error| error.in_format(CHUNK))
    }

    fn write(&self, array: &ArrayView<'_>, output: &mut Output<'_>) -> Result<()> {
        let message = Message::new(array.view(), now());
        let write = |output: &mut Output<'_>| {
            write_head(message.len()? as u64, output)?;
            message.write_parts(output)
        };
        write(output).map_err(|error| error.in_format(CHUNK))
    }

    fn write_spread(&self, array: &ArrayView<'_>, size: usize, take: &mut TakeFile<'_>) -> Result<()> {
        let message = Message::new(array.view(), now());
        let mut bytes = Vec::new();
        let written = message.len().and_then(|len| {
            reserve(&mut bytes, len)?;
            message.write_parts(&mut Output::new(&mut bytes))
        });
        written.map_err(|error| error.in_format(CHUNK))?;
        let id = new_id();
        split(&bytes, size, &id)?.try_for_each(|chunk| {
            let bytes = chunk.to_bytes()?;
            take(chunk.index as usize, chunk.count as usize, &bytes)
        })
    }

    /// Items have to be little-endian.
    fn write_start(
        &self,
        dtype: &DType,
        shape: &[usize],
        order: Order,
        output: &mut Output<'_>,
    ) -> Result<()> {
        let mut sink = std::io::sink();
        let mut write = |output: &mut Output<'_>| {
            let len = message::write_start(dtype, shape, order, &mut Output::new(&mut sink))?;
            write_head(len, output)?;
            message::write_start(dtype, shape, order, output)
        };
        write(output).map(drop).map_err(|error| error.in_format(CHUNK))
    }

    fn write_end(&self, _: &DType, _: &[usize], _: Order, output: &mut Output<'_>) -> Result<()> {
        message::write_end(now(), output)
    }
}

impl ReadLatin1 for Nd4jAeronChunk {
    fn read_latin1(&self, input: &mut Input<'_>) -> Result<Array> {
        read_whole(input, &ReadOptions::new().latin1(), None).map_err(|error| error.in_format(CHUNK))
    }

    fn read_part_latin1(&self, input: &mut Input<'_>, slice: &Slice) -> Result<Array> {
        read_whole(input, &ReadOptions::new().latin1(), Some(slice)).map_err(|error| error.in_format(CHUNK))
    }

    fn read_spread_latin1(&self, files: &mut [Input<'_>]) -> Result<Array> {
        read_files(files, &ReadOptions::new().latin1()).map_err(|error| error.in_format(CHUNK))
    }
}

/// Reads the array of the message whose chunks are in those files.
fn read_files(files: &mut [Input<'_>], options: &ReadOptions) -> Result<Array> {
    let mut chunks = Vec::new();
    let mut limits = Limits::default();
    for file in files {
        limits = file.budget().limits().clone();
        chunks.push(match file.remaining() {
            Some(left) => file.read_buffer(left, "chunk")?.freeze(),
            None => Buffer::from_vec(file.read_to_end()?),
        });
    }
    Ok(options.clone().limits(limits).read_owned_chunks(chunks)?.array)
}

/// Writes the head of a chunk that is a whole message of `len` bytes.
fn write_head(len: u64, output: &mut Output<'_>) -> Result<()> {
    let size = u32::try_from(len)
        .ok()
        .filter(|size| i32::try_from(*size).is_ok())
        .ok_or_else(|| Error::unsupported(format!("a message of {len} bytes does not fit into one chunk")))?;
    output.write(&head_bytes(&new_id(), 0, 1, size)?)
}

/// Describes the message at the position of an input, with the fields of its tail where the input is seekable.
fn describe(input: &mut Input<'_>) -> Result<Description> {
    let header = message::read_front(input)?;
    let offset = input.position();
    let Some(len) = header.data_len().filter(|_| input.can_seek()) else {
        return Ok(binaryserde::description(&header, offset, None));
    };
    input.skip(len, "data")?;
    let tail = message::read_back(&header, input)?;
    Ok(binaryserde::description(&header, offset, Some(len))
        .with_detail("sent", tail.sent)
        .with_detail("index", tail.index)
        .with_detail("dimensions", format!("{:?}", tail.dimensions)))
}

fn describe_chunk(input: &mut Input<'_>) -> Result<Description> {
    let head = Head::read(input)?;
    let described = if head.count == 1 {
        describe(input)?
    } else {
        let offset = input.position();
        // The input ends behind the bytes, so that nobody takes the chunk for a sound array.
        let left = match input.remaining() {
            Some(left) => input.skip(left, "payload").map(|()| left)?,
            None => input.read_to_end()?.len() as u64,
        };
        head.check_len(left).map_err(|message| Error::malformed(message).at(offset))?;
        let shape = usize::try_from(left)
            .map_err(|_| Error::limit(format!("{left} bytes are more than memory can have")).at(offset))?;
        Description::new(DType::Void(1), &[shape], Contiguity::C, offset, Some(left))
    };
    let Head { id, index, count, chunk_size } = head;
    Ok(described
        .with_detail("message", id)
        .with_detail("chunk", format!("{index} of {count}, counted from 0"))
        .with_detail("chunk size", format!("{chunk_size} bytes")))
}

/// Reads the array of a chunk that is a whole message, or a part of that array.
fn read_whole(input: &mut Input<'_>, options: &ReadOptions, slice: Option<&Slice>) -> Result<Array> {
    let at = input.position();
    let head = Head::read(input)?;
    head.check_whole().map_err(|error| error.at(at))?;
    let at = input.position();
    let message = options.read_any(input, slice)?;
    let len = input.position() - at;
    if len > u64::from(head.chunk_size) {
        let message = format!("the message has {len} bytes, but the chunk size is {}", head.chunk_size);
        return Err(Error::malformed(message).at(at));
    }
    Ok(message.array)
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
