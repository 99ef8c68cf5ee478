//! The table: checked by FlatBuffers' own verifier, then taken apart.

use std::ops::Range;

use arr_core::{Budget, ByteOrder, DType, Error, Layout, Limits, Result};
use flatbuffers::{ErrorTraceDetail, ForwardsUOffset, InvalidFlatbuffer, Vector, Verifier, VerifierOptions};

use super::NAME;
use crate::{DataType, ShapeInfo};

/// Where the vtable says where the fields are: two bytes each, behind its own length and that of the table.
const SHAPE: u16 = 4;
const BUFFER: u16 = 6;
const DTYPE: u16 = 8;
const BYTE_ORDER: u16 = 10;

/// The types in the order of `DType` in `array.fbs`, with their codes.
const TYPES: [(DataType, u8); 14] = [
    (DataType::Bool, 1),
    (DataType::Half, 3),
    (DataType::Float, 5),
    (DataType::Double, 6),
    (DataType::Byte, 7),
    (DataType::Short, 8),
    (DataType::Int, 9),
    (DataType::Long, 10),
    (DataType::UByte, 11),
    (DataType::UInt16, 12),
    (DataType::UInt32, 13),
    (DataType::UInt64, 14),
    (DataType::BFloat16, 17),
    (DataType::Utf8, 50),
];

/// The code that the field `dtype` has for a type; nothing for compressed data.
pub(super) fn code_of(kind: DataType) -> Option<u8> {
    TYPES.iter().find(|(known, _)| *known == kind).map(|(_, code)| *code)
}

fn type_of(code: u8) -> Option<DataType> {
    TYPES.iter().find(|(_, known)| *known == code).map(|(kind, _)| *kind)
}

/// What a FlatArray says of its array.
#[derive(Clone, Debug)]
pub struct Header {
    info: ShapeInfo,
    kind: DataType,
    dtype: DType,
    layout: Layout,
    data: Range<usize>,
}

impl Header {
    /// The shape information.
    #[must_use]
    pub fn shape_info(&self) -> &ShapeInfo {
        &self.info
    }

    /// The type, by ND4J's name.
    #[must_use]
    pub fn data_type(&self) -> DataType {
        self.kind
    }

    /// What one item is, in the byte order of the file.
    #[must_use]
    pub fn dtype(&self) -> &DType {
        &self.dtype
    }

    /// Items along each dimension.
    #[must_use]
    pub fn shape(&self) -> &[usize] {
        self.info.shape()
    }

    /// Where the items lie in [`data`](Self::data), in bytes.
    #[must_use]
    pub fn layout(&self) -> &Layout {
        &self.layout
    }

    /// The bytes of the file in which the items lie.
    #[must_use]
    pub fn data(&self) -> Range<usize> {
        self.data.clone()
    }
}

/// What a FlatArray in memory says of its array.
///
/// # Errors
/// `Malformed`, `Unsupported` or `LimitExceeded` with the offset; `Unsupported` for strings, which ND4J loses.
pub fn parse_header(bytes: &[u8], limits: &Limits) -> Result<Header> {
    parse(bytes, &mut limits.budget())
}

pub(super) fn parse(bytes: &[u8], budget: &mut Budget) -> Result<Header> {
    let fields = Fields::of(bytes).map_err(|error| refused(&error, bytes.len()).in_format(NAME))?;
    header_of(bytes, &fields, budget).map_err(|error| error.in_format(NAME))
}

/// Where the fields are, each of them inside the file.
struct Fields {
    /// Where the table begins.
    table: usize,
    /// The numbers of the shape information.
    shape: Range<usize>,
    /// The bytes of the items.
    buffer: Option<Range<usize>>,
    dtype: Option<usize>,
    byte_order: Option<usize>,
}

impl Fields {
    fn of(bytes: &[u8]) -> Result<Self, InvalidFlatbuffer> {
        // One table with two vectors, which may be in the same place at worst.
        let options = VerifierOptions {
            max_depth: 1,
            max_tables: 1,
            max_apparent_size: bytes.len().saturating_mul(2).saturating_add(1 << 17),
            ..VerifierOptions::default()
        };
        let mut verifier = Verifier::new(&options, bytes);
        let table = verifier.get_uoffset(0)? as usize;
        let mut fields = verifier
            .visit_table(table)?
            .visit_field::<ForwardsUOffset<Vector<'_, i64>>>("shape", SHAPE, true)?
            .visit_field::<ForwardsUOffset<Vector<'_, u8>>>("buffer", BUFFER, false)?
            .visit_field::<u8>("dtype", DTYPE, false)?
            .visit_field::<u8>("byteOrder", BYTE_ORDER, false)?;
        let places = (fields.deref(SHAPE)?, fields.deref(BUFFER)?);
        let (dtype, byte_order) = (fields.deref(DTYPE)?, fields.deref(BYTE_ORDER)?);
        fields.finish();
        let vector = |place: usize, width: usize| {
            let start = place.saturating_add(u32_at(bytes, place)? as usize);
            let len = u32_at(bytes, start)? as usize;
            let start = start.saturating_add(4);
            Some(start..start.saturating_add(len.saturating_mul(width)))
        };
        let shape = places.0.and_then(|place| vector(place, 8)).unwrap_or_default();
        let buffer = places.1.and_then(|place| vector(place, 1));
        Ok(Self { table, shape, buffer, dtype, byte_order })
    }
}

fn u32_at(bytes: &[u8], place: usize) -> Option<u32> {
    bytes.get(place..)?.first_chunk().map(|bytes| u32::from_le_bytes(*bytes))
}

fn u16_at(bytes: &[u8], place: usize) -> Option<u16> {
    bytes.get(place..)?.first_chunk().map(|bytes| u16::from_le_bytes(*bytes))
}

/// What the verifier found, in a line and with its place.
fn refused(error: &InvalidFlatbuffer, len: usize) -> Error {
    use InvalidFlatbuffer as Why;
    let field = |trace: &[ErrorTraceDetail]| {
        let field = trace.iter().find_map(|detail| match detail {
            ErrorTraceDetail::TableField { field_name, .. } => Some(format!("the field '{field_name}'")),
            _ => None,
        });
        field.unwrap_or_else(|| "the table".to_owned())
    };
    let (message, offset) = match error {
        Why::MissingRequiredField { required, .. } => (format!("the field '{required}' is missing"), 0),
        Why::Unaligned { position, error_trace, .. } => {
            (format!("{} leads to a place that is not aligned", field(error_trace.as_ref())), *position)
        }
        Why::RangeOutOfBounds { range, error_trace } => (
            format!(
                "{} leads to bytes {} to {}, the file has {len}",
                field(error_trace.as_ref()),
                range.start,
                range.end
            ),
            range.start,
        ),
        Why::SignedOffsetOutOfBounds { soffset, position, .. } => {
            (format!("the offset of the vtable is {soffset}, which leads out of the file"), *position)
        }
        _ => ("the file is no FlatBuffer with one table".to_owned(), 0),
    };
    Error::malformed(message).at(offset as u64)
}

/// Reads the fields. What they say must agree, and every item must lie in the buffer.
fn header_of(bytes: &[u8], fields: &Fields, budget: &mut Budget) -> Result<Header> {
    let byte_at = |place: Option<usize>| place.and_then(|place| bytes.get(place)).copied().unwrap_or(0);
    let shape_at = fields.shape.start as u64;
    let most = ShapeInfo::len_of(crate::shape::MAX_RANK);
    if fields.shape.len() / 8 > most {
        let message =
            format!("the field 'shape' has {} numbers, expected {most} at most", fields.shape.len() / 8);
        return Err(Error::malformed(message).at(shape_at));
    }
    let numbers = bytes.get(fields.shape.clone()).unwrap_or_default().chunks_exact(8);
    let numbers: Vec<i64> =
        numbers.filter_map(|number| number.first_chunk().copied()).map(i64::from_le_bytes).collect();
    let info = ShapeInfo::parse(&numbers, shape_at, 8)?;
    budget.check_rank(info.shape().len()).map_err(|error| error.at(shape_at))?;

    let code = byte_at(fields.dtype);
    let dtype_at = fields.dtype.unwrap_or(fields.table) as u64;
    let stated = type_of(code).ok_or_else(|| {
        Error::malformed(format!("the field 'dtype' is {code}, which is no type of ND4J")).at(dtype_at)
    })?;
    let options = info.data_type().map_err(|error| error.at(shape_at))?;
    if let Some(other) = options.filter(|other| *other != stated) {
        return Err(Error::malformed(format!(
            "the field 'dtype' says {stated}, the shape information says {other}"
        ))
        .at(dtype_at));
    }
    let byte_order = match byte_at(fields.byte_order) {
        0 => ByteOrder::Little,
        1 => ByteOrder::Big,
        other => {
            return Err(Error::malformed(format!(
                "the field 'byteOrder' is {other}, expected 0 (little-endian) or 1 (big-endian)"
            ))
            .at(fields.byte_order.unwrap_or(fields.table) as u64));
        }
    };
    let data = fields.buffer.clone().unwrap_or(fields.table..fields.table);
    let (Some(itemsize), Some(dtype)) = (stated.itemsize(), stated.dtype(byte_order)) else {
        return texts_of(info, data, shape_at);
    };

    let needed = info.buffer_items().map_err(|error| error.at(shape_at))?;
    let bytes_needed = needed.checked_mul(itemsize as u64);
    if bytes_needed.is_none_or(|needed| needed > data.len() as u64) {
        let found = match &fields.buffer {
            Some(data) => format!("the field 'buffer' has {} bytes", data.len()),
            None => "the field 'buffer' is missing".to_owned(),
        };
        return Err(Error::malformed(format!("{found}, expected {needed} items of {itemsize} bytes"))
            .at(data.start as u64));
    }
    // Strides of 0 let a few bytes be any number of items.
    if info.items() as u64 > needed {
        budget.charge_items(info.items() as u64).map_err(|error| error.at(shape_at))?;
    }
    let layout = info.layout(itemsize).map_err(|error| error.at(shape_at))?;
    layout.check(itemsize, data.len()).map_err(|error| Error::malformed(error.to_string()).at(shape_at))?;
    Ok(Header { info, kind: stated, dtype, layout, data })
}

/// Strings: M2.1 writes offsets and bytes as `BinarySerde` does, or one zero for each string of an array that was
/// reshaped.
fn texts_of(info: ShapeInfo, data: Range<usize>, shape_at: u64) -> Result<Header> {
    let layout = info.layout(1).map_err(|error| error.at(shape_at))?;
    let count = info.buffer_items().map_err(|error| error.at(shape_at))?;
    let least = count.checked_add(1).and_then(|count| count.checked_mul(8));
    if count > 0 && least.is_none_or(|least| least > data.len() as u64) {
        let message = format!(
            "the array has {count} strings, which are not in the file: ND4J loses them in this format when an array was \
             reshaped"
        );
        return Err(Error::unsupported(message).at(data.start as u64));
    }
    Ok(Header { info, kind: DataType::Utf8, dtype: DType::Utf8, layout, data })
}

/// True when the first bytes of a file could be those of a FlatArray: a root table with these fields and no others,
/// and its vtable, as writers place them.
pub(super) fn looks_like_one(prefix: &[u8]) -> bool {
    let look = || {
        let table = u32_at(prefix, 0)? as usize;
        let back = u32_at(prefix, table)? as usize;
        let vtable = table.checked_sub(back).filter(|vtable| *vtable >= 4)?;
        let (len, room) = (u16_at(prefix, vtable)?, u16_at(prefix, vtable.checked_add(2)?)?);
        // Builders leave out the entries of fields that are 0 at the end: the byte order, when it is little-endian.
        if back != usize::from(len) || !(10..=12).contains(&len) || !(10..=20).contains(&room) {
            return None;
        }
        let field = |place: u16| match place < len {
            true => u16_at(prefix, vtable + usize::from(place)),
            false => Some(0),
        };
        let offsets = [(field(SHAPE)?, 4), (field(BUFFER)?, 4), (field(DTYPE)?, 1), (field(BYTE_ORDER)?, 1)];
        let inside = |(place, width): &(u16, u16)| *place == 0 || (4..=room - width).contains(place);
        let [(shape, _), _, (dtype, _), (byte_order, _)] = offsets;
        let byte = |place: u16| prefix.get(table + usize::from(place)).copied();
        let known = shape > 0
            && dtype > 0
            && type_of(byte(dtype)?).is_some()
            && (byte_order == 0 || byte(byte_order)? <= 1);
        (known && offsets.iter().all(inside)).then_some(())
    };
    look().is_some()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_lead_back() {
        for (kind, code) in TYPES {
            assert_eq!((type_of(code), code_of(kind)), (Some(kind), Some(code)));
        }
        assert_eq!(type_of(0), None);
        assert_eq!(code_of(DataType::Compressed), None);
    }
}
