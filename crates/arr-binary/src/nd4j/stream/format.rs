//! Streams as one of the formats.

use arr_core::format::{
    Capabilities, Codec, Description, FormatInfo, Frame, Head, Holds, Match, Outline, Reading, Writing,
};
use arr_core::{Array, ByteOrder, Input, Result};

use super::write::header_of;
use super::{NAME, StreamHeader, old};

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

impl Codec for Nd4jStream {
    type Header = StreamHeader;

    const INFO: &'static FormatInfo = &INFO;

    fn detect(&self, head: &[u8]) -> Match {
        if old::is_old(head) { Match::Yes } else { INFO.sniff_magic(head) }
    }

    fn head(&self, input: &mut Input<'_>) -> Result<Head<StreamHeader>> {
        let header = StreamHeader::read(input)?;
        let what = header.stated.description(header.data_offset(), Some(header.data_len()));
        let (packed, layout) = (header.compression(), header.layout().clone());
        let mut head = Head::plain(what.with_packed(packed.is_some()), layout, header);
        head.coded = packed.map(|algorithm| {
            format!("the data is compressed by {algorithm}: it can be read, not looked at in place").into()
        });
        Ok(head)
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
        let packed = header.packed().ok_or_else(|| header.not_packed())?;
        packed.read_array(input, &header.stated, how.byte_order)
    }

    fn frame(&self, what: &Outline<'_>, _: &Writing) -> Result<Frame> {
        let head = header_of(what.dtype, what.shape, what.order)?;
        Ok(Frame::new(head).byte_order(ByteOrder::Big))
    }
}

/// All that a header says. The version is the generation. That compressed data can be unpacked is known when it has been.
fn detailed(description: Description, header: &StreamHeader) -> Result<Description> {
    let packing = header.packed().map(|packed| {
        format!("{}, {} bytes in {}", packed.algorithm, packed.original_len, header.data_len())
    });
    let description = description.with_version(header.generation());
    let description = header.stated.with_details(description, packing);
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
