//! Streams as one of the formats.

use arr_core::format::{
    Capabilities, Codec, Description, Format, FormatInfo, Frame, Head, Holds, Outline, Reader, Reading,
    RowReader, RowWriter, Sink, Source, Swap, Writer, Writing,
};
use arr_core::{Array, ByteOrder, Input, Result};

use super::write::header_of;
use super::{NAME, StreamHeader};
use crate::nd4j::details::with_details;

/// The streams of `Nd4j.write`, for the facade and for choosing formats at run time.
#[derive(Clone, Copy, Debug, Default)]
pub struct Nd4jStream;

/// What the format says about itself. `Nd4j.write` is called once for each array.
const INFO: FormatInfo = FormatInfo {
    extensions: &["nd4j"],
    magic: &[
        b"\0\x10MIXED_DATA_TYPES",
        b"\0\x0aLONG_SHAPE",
        b"\0\x07JAVACPP",
        b"\0\x06DIRECT",
        b"\0\x04HEAP",
    ],
    capabilities: Capabilities { read: true, write: true, map: true, stream: true, append: false },
    holds: Holds::Series,
    byte_order: Some(ByteOrder::Big),
    ..FormatInfo::new(NAME, "ND4J stream (Nd4j.write, saveBinary, toByteArray), generations 1 to 3")
};

impl Format for Nd4jStream {
    fn info(&self) -> &'static FormatInfo {
        &INFO
    }

    fn open<'a>(&self, source: Source<'a>, how: &Reading) -> Result<Box<dyn Reader + 'a>> {
        Ok(Box::new(RowReader::new(*self, source.one()?, how)))
    }

    fn create<'a>(&self, sink: Sink<'a>, how: &Writing) -> Result<Box<dyn Writer + 'a>> {
        Ok(Box::new(RowWriter::new(*self, sink.new_file()?, how)))
    }
}

impl Codec for Nd4jStream {
    type Header = StreamHeader;

    fn info(&self) -> &'static FormatInfo {
        &INFO
    }

    fn head(&self, input: &mut Input<'_>) -> Result<Head<StreamHeader>> {
        let header = StreamHeader::read(input)?;
        let (description, layout) = (outline(&header), header.layout().clone());
        Ok(match header.compression() {
            Some(algorithm) => {
                let why =
                    format!("the data is compressed by {algorithm}: it can be read, not looked at in place");
                Head::coded(description, layout, header, why)
            }
            None => Head::plain(description, layout, header),
        })
    }

    fn describe(&self, input: &mut Input<'_>) -> Result<Head<StreamHeader>> {
        let mut head = self.head(input)?;
        head.description = detailed(head.description, &head.header)?;
        Ok(head)
    }

    fn check(&self, head: &Head<StreamHeader>) -> Result<()> {
        head.header.check_items()
    }

    fn decode(&self, input: &mut Input<'_>, head: &Head<StreamHeader>, how: &Reading) -> Result<Array> {
        let header = &head.header;
        header.check_length(input.remaining())?;
        let packed = header.packed().ok_or_else(|| header.not_packed())?;
        let mut bytes = packed.unpack(input)?;
        let dtype = header.dtype();
        let dtype = match how.byte_order {
            Some(wanted) => {
                Swap::to_order(dtype, wanted).apply(bytes.as_mut_slice());
                dtype.with_byte_order(wanted)
            }
            None => dtype.clone(),
        };
        Array::new(dtype, header.layout().clone(), bytes.freeze())
    }

    fn frame(&self, what: &Outline<'_>, _: &Writing) -> Result<Frame> {
        let head = header_of(what.dtype, what.shape, what.order)?;
        Ok(Frame::new(head).byte_order(ByteOrder::Big))
    }
}

/// What has to be known to read the array.
fn outline(header: &StreamHeader) -> Description {
    Description::new(
        header.dtype().clone(),
        header.shape(),
        header.contiguity(),
        header.data_offset(),
        Some(header.data_len()),
    )
    .with_packed(header.compression().is_some())
}

/// All that a header says. The version is the generation. That compressed data can be unpacked is known when it has been.
fn detailed(description: Description, header: &StreamHeader) -> Result<Description> {
    let packing = header.packed().map(|packed| {
        format!("{}, {} bytes in {}", packed.algorithm, packed.original_len, header.data_len())
    });
    let description = description.with_version(header.generation());
    let info = Some(header.shape_info());
    let description = with_details(description, header.generation(), header.data_type(), info, packing);
    let (None, Some(itemsize)) = (header.compression(), header.data_type().itemsize()) else {
        return Ok(description);
    };
    let needed = header.needed()?;
    if header.data_len() <= needed {
        return Ok(description);
    }
    let items = [header.data_len(), needed].map(|len| len / itemsize as u64);
    let reached = format!("{} items, of which the array reaches {}", items[0], items[1]);
    Ok(description.with_detail("buffer", reached))
}
