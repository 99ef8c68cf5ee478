//! The header, before the items.

use arr_core::{ByteOrder, Error, Input, Limits, Result};
use byteorder::{ByteOrder as _, LE, ReadBytesExt as _};
use smallvec::SmallVec;

use super::NAME;
use super::packing::Compression;
use crate::nd4j::shape::COMMON_NUMBERS;
use crate::nd4j::stated::{Stated, stated_by};
use crate::nd4j::{DataType, Generation, ShapeInfo};

/// The first 8 bytes of an array.
pub(super) struct Front {
    pub(super) rank: i32,
    /// The code of the type.
    pub(super) code: i32,
}

impl Front {
    pub(super) const LEN: usize = 8;

    pub(super) fn parse(mut bytes: &[u8]) -> Result<Self> {
        Ok(Self { rank: bytes.read_i32::<LE>()?, code: bytes.read_i32::<LE>()? })
    }
}

/// The header of a `BinarySerde` array: all that the file states before the items.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BinarySerdeHeader {
    pub(super) stated: Stated,
    compression: Option<Compression>,
    buffer_items: u64,
    data_offset: u64,
    data_len: Option<u64>,
}

stated_by!(BinarySerdeHeader);

impl BinarySerdeHeader {
    /// How the data is packed; `None` where it is not.
    #[must_use]
    pub fn compression(&self) -> Option<&Compression> {
        self.compression.as_ref()
    }

    /// The length of the header, behind which the items follow, the offsets of strings, or the packed data.
    #[must_use]
    pub fn data_offset(&self) -> u64 {
        self.data_offset
    }

    /// Bytes from the end of the header to the end of the array; `None` for strings, whose length only the data tells.
    #[must_use]
    pub fn data_len(&self) -> Option<u64> {
        self.data_len
    }

    /// Bytes of the one item that 1.0.0-beta6 writes for an array that has none; `None` for all other arrays.
    pub(crate) fn junk_len(&self) -> Option<usize> {
        let is_plain = self.generation() == Generation::Three && self.compression.is_none();
        self.data_type().itemsize().filter(|_| is_plain && self.data_len == Some(0))
    }

    /// The number of items of the buffer: those of the shape, or more where strides reach further.
    pub(super) fn buffer_items(&self) -> u64 {
        self.buffer_items
    }

    /// Why items do not lie in the file one by one; `None` where they do, and can be viewed in place or read by position.
    pub(crate) fn plain_why(&self) -> Option<String> {
        match (&self.compression, self.data_len) {
            (Some(packed), _) => {
                Some(format!("the data is compressed ({}): it has to be read", packed.algorithm()))
            }
            (None, Some(_)) if self.data_type() != DataType::Utf8 => None,
            (None, _) => Some("strings are not seen in place: they have to be read".to_owned()),
        }
    }
}

/// Reads the header of an array in memory.
///
/// # Errors
/// `Malformed`, `Unsupported` or `LimitExceeded` with the offset.
pub fn parse_header(bytes: &[u8], limits: &Limits) -> Result<BinarySerdeHeader> {
    read_header(&mut Input::from_bytes(bytes).with_limits(limits))
}

/// Reads the header at the position of an input, and leaves the input behind it.
///
/// # Errors
/// As [`parse_header`].
pub fn read_header(input: &mut Input<'_>) -> Result<BinarySerdeHeader> {
    header_of(input).map_err(|error| error.in_format(NAME))
}

/// [`read_header`], for formats whose files contain arrays of this one.
pub(crate) fn header_of(input: &mut Input<'_>) -> Result<BinarySerdeHeader> {
    let start = input.position();
    let Front { rank, code } = Front::parse(&input.read_array::<{ Front::LEN }>("rank and type")?)?;
    let rank = ShapeInfo::check_rank(rank.into()).map_err(|error| error.at(start))?;
    input.budget().check_rank(rank).map_err(|error| error.at(start))?;
    let (info, width) = read_info(input, rank)?;
    let place = |number: usize| start + 8 + (number * width) as u64;
    let options_at = place(2 * rank + 1);
    let (generation, said) = generation_of(&info, width).map_err(|error| error.at(options_at))?;
    let kind = DataType::from_code(code.into(), generation).ok_or_else(|| {
        Error::malformed(format!("the type is {code}, which is none of generation {generation}"))
            .at(start + 4)
    })?;
    let compression = match kind {
        DataType::Compressed => Some(Compression::read(input, generation)?),
        _ => None,
    };
    let data_type = compression.as_ref().map_or(kind, Compression::original);
    if compression.is_none() && generation == Generation::Three {
        info.check_plain().map_err(|error| error.at(options_at))?;
    }
    // The shape information of packed data states the type of the items, or that they are packed.
    if let Some(said) = said.filter(|said| *said != data_type && *said != kind) {
        let message = format!("the type is {data_type}, but the shape information says {said}");
        return Err(Error::malformed(message).at(start + 4));
    }

    let strides_at = place(1 + rank);
    let itemsize = data_type.layout_size();
    let dtype = data_type.dtype(ByteOrder::Little).ok_or_else(|| {
        Error::malformed(format!("unpacked items can't be {data_type} once more")).at(start + 4)
    })?;
    let is_empty = info.is_empty(generation).ok_or_else(|| {
        let shape = info.shape();
        Error::malformed(format!("the options say that an array of shape {shape:?} is empty")).at(options_at)
    })?;
    let buffer_items = info.needed_items(is_empty).map_err(|error| error.at(strides_at))?;
    let too_large = || {
        let (shape, strides) = (info.shape(), info.strides());
        let at = if buffer_items > info.items() as u64 { strides_at } else { place(1) };
        Error::malformed(format!("the array of shape {shape:?} and strides {strides:?} is too large")).at(at)
    };
    // Strings have an offset each.
    let stored = data_type.itemsize().unwrap_or(size_of::<i64>()) as u64;
    let bytes = buffer_items.checked_mul(stored).filter(|bytes| i64::try_from(*bytes).is_ok());
    let bytes = bytes.ok_or_else(too_large)?;
    let layout = info.layout_of(is_empty, itemsize).map_err(|_| too_large())?;
    layout.check(itemsize, isize::MAX.unsigned_abs()).map_err(|_| too_large())?;
    if let Some(compression) = &compression {
        compression.check_items(buffer_items, info.is_canonical())?;
    }
    let data_len = match &compression {
        Some(compression) => Some(compression.packed_len()),
        None => (data_type != DataType::Utf8 || buffer_items == 0).then_some(bytes),
    };
    let data_offset = input.position() - start;
    let stated = Stated { generation, data_type, dtype, info, layout };
    Ok(BinarySerdeHeader { stated, compression, buffer_items, data_offset, data_len })
}

/// Reads the shape information; returns the bytes of each integer too. The first one repeats the rank, and so tells the
/// width: a rank in 8 bytes has the same first 4 bytes as in 4, so that 8 are tried first.
fn read_info(input: &mut Input<'_>, rank: usize) -> Result<(ShapeInfo, usize)> {
    let at = input.position();
    let first = input.read_array::<8>("shape information")?;
    let (wide, narrow) = (LE::read_i64(&first), LE::read_i32(&first));
    let width = match rank as u64 {
        rank if u64::try_from(wide) == Ok(rank) => 8,
        rank if u64::try_from(narrow) == Ok(rank) => 4,
        _ => {
            let message = format!(
                "the shape information begins with {wide} (or {narrow}), expected the rank {rank} once more"
            );
            return Err(Error::malformed(message).at(at));
        }
    };
    let mut bytes: SmallVec<[u8; 8 * COMMON_NUMBERS]> = SmallVec::from_slice(&first);
    bytes.resize(ShapeInfo::len_of(rank) * width, 0);
    let (_, rest) = bytes.split_at_mut(first.len());
    input.read_exact(rest, "shape information")?;
    Ok((ShapeInfo::decode::<LE>(&bytes, at, width)?, width))
}

/// The generation, and the type that the shape information states.
fn generation_of(info: &ShapeInfo, width: usize) -> Result<(Generation, Option<DataType>)> {
    let said = if width == 8 { info.data_type()? } else { None };
    let generation = match (width, said) {
        (8, Some(_)) => return Ok((Generation::Three, said)),
        (8, None) => Generation::Two,
        _ => Generation::One,
    };
    match info.options() {
        0 => Ok((generation, None)),
        options => Err(Error::malformed(format!(
            "the options are {options:#x}, expected a type, or 0 in generation {generation}"
        ))),
    }
}
