//! `BinarySerde` as one of the formats.

use std::borrow::Cow;

use arr_core::format::{
    Capabilities, Codec, Description, Format, FormatInfo, Frame, Head, Match, OptionInfo, OptionKind,
    Outline, Output, Reader, Reading, RowReader, RowWriter, Side, Sink, Source, Writer, Writing,
    write_framed,
};
use arr_core::{Array, ArrayView, ByteOrder, Input, Result};
use byteorder::{ByteOrder as _, LE, ReadBytesExt as _};

use super::NAME;
use super::header::{BinarySerdeHeader, Front, header_of};
use super::write::{framed_header, is_text, write_parts};
use crate::nd4j::shape::{MAX_RANK, ShapeInfo};
use crate::nd4j::texts;
use crate::nd4j::types::{DataType, Generation};

/// The arrays of ND4J's `BinarySerde`, for the facade and for choosing formats at run time.
#[derive(Clone, Copy, Debug, Default)]
pub struct Nd4jBinarySerde;

/// An array that stands alone or in something larger.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Serde {
    /// Whether the array is all of a file: then what ND4J wrote behind it is stepped over.
    is_file: bool,
}

impl Serde {
    /// The array alone, whatever stands behind it.
    pub(crate) const ALONE: Self = Self { is_file: false };
}

/// What strings are: the only option of reading that ND4J's forms with strings have.
pub(crate) const ENCODING: OptionInfo = OptionInfo {
    name: "encoding",
    kind: OptionKind::Choice(&["ASCII", LATIN1]),
    value: "ENCODING",
    default: "ASCII",
    bare: "",
    side: Side::Reading,
    help: "Encoding of strings in files that do not state it: ASCII (or UTF-8), or latin1",
    details: "ND4J keeps the low byte of each UTF-16 unit of a string, so that the strings of its BinarySerde buffers and \
              Aeron messages are Latin-1 as far as they are right at all.",
    reference: "pickle.load(encoding=)",
};

/// Reading as was asked for, with strings in Latin-1.
pub(crate) fn in_latin1(reading: Reading) -> Reading {
    let options = reading.options.clone().with(ENCODING.name, LATIN1);
    reading.options(options)
}

const LATIN1: &str = "latin1";

/// What the format says about itself.
const INFO: FormatInfo = FormatInfo {
    extensions: &["buf"],
    capabilities: Capabilities { read: true, write: true, map: true, stream: true, append: false },
    byte_order: Some(ByteOrder::Little),
    options: &[ENCODING],
    ..FormatInfo::new(NAME, "ND4J BinarySerde array, of every generation")
};

impl Format for Nd4jBinarySerde {
    fn info(&self) -> &'static FormatInfo {
        &INFO
    }

    fn sniff(&self, head: &[u8]) -> Match {
        sniff(head)
    }

    fn open<'a>(&self, source: Source<'a>, how: &Reading) -> Result<Box<dyn Reader + 'a>> {
        Ok(Box::new(RowReader::new(Serde { is_file: true }, source.one()?, how)))
    }

    fn create<'a>(&self, sink: Sink<'a>, how: &Writing) -> Result<Box<dyn Writer + 'a>> {
        Ok(Box::new(RowWriter::new(Serde::ALONE, sink.new_file()?, how)))
    }
}

impl Codec for Serde {
    type Header = BinarySerdeHeader;

    const INFO: &'static FormatInfo = &INFO;

    fn head(&self, input: &mut Input<'_>) -> Result<Head<BinarySerdeHeader>> {
        let header = header_of(input)?;
        Ok(head(header, input.position()))
    }

    fn describe(&self, input: &mut Input<'_>) -> Result<Head<BinarySerdeHeader>> {
        let mut head = self.head(input)?;
        head.description = detailed(head.description, &head.header);
        Ok(head)
    }

    fn decode(&self, input: &mut Input<'_>, head: &Head<BinarySerdeHeader>, how: &Reading) -> Result<Array> {
        let header = &head.header;
        match header.compression() {
            Some(packing) => packing.packed().read_array(input, &header.stated, how.byte_order),
            None => {
                let is_latin1 = how.options.text(ENCODING.name) == Some(LATIN1);
                texts::read_texts(header.layout(), header.buffer_items(), input, is_latin1)
            }
        }
    }

    fn end(&self, input: &mut Input<'_>, head: &Head<BinarySerdeHeader>) -> Result<()> {
        if self.is_file { skip_junk(&head.header, input) } else { Ok(()) }
    }

    fn frame(&self, what: &Outline<'_>, _: &Writing) -> Result<Frame> {
        let header = framed_header(what)?;
        Ok(Frame::new(header).byte_order(ByteOrder::Little))
    }

    fn write(&self, array: &ArrayView<'_>, how: &Writing, output: &mut Output<'_>) -> Result<()> {
        match how.order {
            Some(_) if !is_text(array.dtype()) => write_framed(self, array, how, output),
            _ => write_parts(array, output),
        }
    }
}

/// The head of an array whose data begins at byte `data_offset` of the input.
pub(crate) fn head(header: BinarySerdeHeader, data_offset: u64) -> Head<BinarySerdeHeader> {
    let what = header.stated.description(data_offset, header.data_len());
    let (layout, why) = (header.layout().clone(), header.plain_why());
    let mut head = Head::plain(what.with_packed(header.compression().is_some()), layout, header);
    head.coded = why.map(Cow::Owned);
    head
}

/// Skips the one item that 1.0.0-beta6 writes for an array that has none, where the file ends behind it.
fn skip_junk(header: &BinarySerdeHeader, input: &mut Input<'_>) -> Result<()> {
    let Some(junk) = header.junk_len() else { return Ok(()) };
    if input.peek(junk.saturating_add(1))?.len() == junk {
        input.skip(junk as u64, "item of an empty array")?;
    }
    Ok(())
}

/// A description with all that the header says: what only describing takes the time for.
pub(crate) fn detailed(description: Description, header: &BinarySerdeHeader) -> Description {
    let packing = header.compression().map(|packed| {
        format!("{}, {} bytes in {}", packed.algorithm(), packed.original_len(), packed.packed_len())
    });
    header.stated.with_details(description.with_version(header.generation()), packing)
}

/// Whether bytes could be an array: they have no magic number, so that they are one at most maybe. Of the rank, the type,
/// the rank once more, the dimensions, the options and the order, all that the prefix has must be right.
pub(crate) fn sniff(prefix: &[u8]) -> Match {
    if could_be(prefix).unwrap_or(false) { Match::Maybe } else { Match::No }
}

fn could_be(prefix: &[u8]) -> Option<bool> {
    let (front, info) = prefix.split_at_checked(Front::LEN)?;
    let Front { rank, code } = Front::parse(front).ok()?;
    let len = usize::try_from(rank).ok().filter(|len| *len <= MAX_RANK)?;
    let first = info.get(..8)?;
    let width = match (LE::read_i64(first), LE::read_i32(first)) {
        (wide, _) if wide == i64::from(rank) => 8,
        (_, narrow) if narrow == rank => 4,
        _ => return Some(false),
    };
    let number = |place: usize| info.get(width * place..)?.read_int::<LE>(width).ok();
    if (1..=len).map_while(number).any(|dimension| dimension < 0) {
        return Some(false);
    }
    let last = ShapeInfo::len_of(len) - 1;
    if number(last).is_some_and(|order| !matches!(order, 97 | 99 | 102)) {
        return Some(false);
    }
    let said = match number(last - 2) {
        Some(options) if width == 8 => DataType::from_option_bits(options).ok()?,
        Some(options) if options != 0 => return Some(false),
        // The prefix ends before the options: the code may be of either list.
        None => return Some(DataType::from_code(code.into(), Generation::Three).is_some()),
        Some(_) => None,
    };
    let generation = if said.is_some() { Generation::Three } else { Generation::One };
    Some(match (DataType::from_code(code.into(), generation), said) {
        (Some(DataType::Compressed), _) | (Some(_), None) => true,
        (found, said) => found.is_some() && found == said,
    })
}
