//! `BinarySerde` as one of the formats.

use arr_core::format::{Capabilities, Description, Format, FormatInfo, Match, Output};
use arr_core::{Array, ArrayView, ByteOrder, DType, Input, Limits, Mmap, Order, Result, Slice};
use byteorder::{ByteOrder as _, LE, ReadBytesExt as _};

use super::header::{BinarySerdeHeader, Front, read_header};
use super::write::write_start;
use super::{NAME, ReadOptions, map_of, write};
use crate::nd4j::details::with_details;
use crate::nd4j::latin1::{Latin1, ReadLatin1};
use crate::nd4j::shape::{MAX_RANK, ShapeInfo};
use crate::nd4j::types::{DataType, Generation};

/// The arrays of ND4J's `BinarySerde`, for the facade and for anyone who picks formats at run time.
#[derive(Clone, Copy, Debug, Default)]
pub struct Nd4jBinarySerde;

const INFO: FormatInfo = FormatInfo {
    name: NAME,
    description: "ND4J BinarySerde array, of every generation",
    extensions: &["buf"],
    magic: &[],
    capabilities: Capabilities { read: true, write: true, map: true, stream: true, append: false },
};

impl Format for Nd4jBinarySerde {
    fn info(&self) -> &'static FormatInfo {
        &INFO
    }

    fn sniff(&self, prefix: &[u8]) -> Match {
        sniff(prefix)
    }

    fn describe(&self, input: &mut Input<'_>) -> Result<Description> {
        let header = read_header(input)?;
        let described = description(&header, input.position(), header.data_len());
        skip_junk(&header, input)?;
        Ok(described)
    }

    fn byte_order(&self) -> Option<ByteOrder> {
        Some(ByteOrder::Little)
    }

    fn read(&self, input: &mut Input<'_>) -> Result<Array> {
        read_all(&ReadOptions::new(), input)
    }

    fn latin1(&self) -> Option<&'static dyn Format> {
        Some(&Latin1(Self))
    }

    fn write(&self, array: &ArrayView<'_>, output: &mut Output<'_>) -> Result<()> {
        write(array, output)
    }

    fn read_part(&self, input: &mut Input<'_>, slice: &Slice) -> Result<Array> {
        read_part(&ReadOptions::new(), input, slice)
    }

    fn write_start(
        &self,
        dtype: &DType,
        shape: &[usize],
        order: Order,
        output: &mut Output<'_>,
    ) -> Result<()> {
        write_start(dtype, shape, order, output).map(drop).map_err(|error| error.in_format(NAME))
    }

    fn map(&self, map: Mmap, limits: &Limits) -> Result<Array<Mmap>> {
        map_of(map, limits)
    }
}

/// Skips the one item that 1.0.0-beta6 writes for an array that has none, where the file ends behind it.
fn skip_junk(header: &BinarySerdeHeader, input: &mut Input<'_>) -> Result<()> {
    let Some(junk) = header.junk_len() else { return Ok(()) };
    if input.peek(junk.saturating_add(1))?.len() == junk {
        input.skip(junk as u64, "item of an empty array")?;
    }
    Ok(())
}

fn read_all(options: &ReadOptions, input: &mut Input<'_>) -> Result<Array> {
    let header = read_header(input)?;
    let array = options.read_data(&header, input).map_err(|error| error.in_format(NAME))?;
    skip_junk(&header, input)?;
    Ok(array)
}

fn read_part(options: &ReadOptions, input: &mut Input<'_>, slice: &Slice) -> Result<Array> {
    let header = read_header(input)?;
    let part = options.read_part_of(&header, input, slice).map_err(|error| error.in_format(NAME))?;
    skip_junk(&header, input)?;
    Ok(part)
}

impl ReadLatin1 for Nd4jBinarySerde {
    fn read_latin1(&self, input: &mut Input<'_>) -> Result<Array> {
        read_all(&ReadOptions::new().latin1(), input)
    }

    fn read_part_latin1(&self, input: &mut Input<'_>, slice: &Slice) -> Result<Array> {
        read_part(&ReadOptions::new().latin1(), input, slice)
    }
}

/// The description that a header gives.
pub(crate) fn description(
    header: &BinarySerdeHeader,
    data_offset: u64,
    data_len: Option<u64>,
) -> Description {
    let order = header.contiguity();
    let description = Description::new(header.dtype().clone(), header.shape(), order, data_offset, data_len)
        .with_version(header.generation())
        .with_packed(header.compression().is_some());
    let (kind, packing) = match header.compression() {
        Some(packed) => {
            let lens = (packed.original_len(), packed.packed_len());
            (packed.original(), Some(format!("{}, {} bytes in {}", packed.algorithm(), lens.0, lens.1)))
        }
        None => (header.data_type(), None),
    };
    with_details(description, header.generation(), kind, Some(header.shape_info()), packing)
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
