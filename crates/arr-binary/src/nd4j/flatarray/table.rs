//! The header of a FlatArray: its fields must agree, and every item must lie in the buffer.

use std::ops::Range;

use arr_core::format::Budget;
use arr_core::{ByteOrder, Error, Limits, Result};
use byteorder::LE;
use flatbuffers::{ForwardsUOffset, InvalidFlatbuffer, Vector, Verifier, VerifierOptions};

use super::NAME;
use super::fields::{BUFFER, BYTE_ORDER, DTYPE, Fetch, Fields, SHAPE, root_in};
use crate::nd4j::shape::MAX_NUMBERS;
use crate::nd4j::stated::{Stated, stated_by};
use crate::nd4j::{DataType, Generation, ShapeInfo};

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

/// The code of a type in the field `dtype`; `None` for packed data.
pub(super) fn code_of(kind: DataType) -> Option<u8> {
    TYPES.iter().find(|(known, _)| *known == kind).map(|(_, code)| *code)
}

fn type_of(code: u8) -> Option<DataType> {
    TYPES.iter().find(|(_, known)| *known == code).map(|(kind, _)| *kind)
}

/// The header of a FlatArray: all that the file states of its array.
#[derive(Clone, Debug)]
pub struct Header {
    pub(in crate::nd4j) stated: Stated,
    data: Range<usize>,
    needed: u64,
    options_at: u64,
}

stated_by!(Header);

impl Header {
    /// The bytes of the file in which the items lie.
    #[must_use]
    pub fn data(&self) -> Range<usize> {
        self.data.clone()
    }

    /// The bytes of items, from the start of the data on; `None` for strings, whose length only the data tells.
    pub(in crate::nd4j) fn needed(&self) -> Option<u64> {
        (self.data_type() != DataType::Utf8).then_some(self.needed)
    }

    /// Charges the array to a budget, before its items are read.
    pub(in crate::nd4j) fn charge(&self, budget: &mut Budget) -> Result<()> {
        let charge = |budget: &mut Budget| {
            budget.check_rank(self.shape_info().shape().len())?;
            // Strides of 0 let a few bytes be any number of items.
            let items = self.layout().len() as u64;
            let width = self.data_type().layout_size() as u64;
            if items.saturating_mul(width) > self.needed { budget.charge_items(items) } else { Ok(()) }
        };
        charge(budget).map_err(|error| error.at(self.options_at))
    }

    /// The fault of bytes in the buffer behind the last item, if there are any.
    pub(in crate::nd4j) fn spare(&self) -> Option<Error> {
        let spare = (self.data.len() as u64).checked_sub(self.needed()?).filter(|spare| *spare > 0)?;
        let message = format!("the field 'buffer' has {spare} bytes behind the last item");
        Some(Error::malformed(message).at(self.data.start as u64 + self.needed))
    }
}

/// Parses the header of a FlatArray in memory.
///
/// # Errors
/// `Malformed`, `Unsupported` or `LimitExceeded` with the offset; `Unsupported` for strings, which ND4J loses.
pub fn parse_header(bytes: &[u8], limits: &Limits) -> Result<Header> {
    parse_bytes(bytes, &mut limits.budget())
}

/// Asks FlatBuffers' own verifier about a file in memory. What [`Fields`] takes it takes as well, so that it has the last
/// word, not the first: an error of ours names the place.
pub(super) fn verify(bytes: &[u8]) -> Result<()> {
    let options = VerifierOptions { max_apparent_size: usize::MAX, ..VerifierOptions::default() };
    let mut verifier = Verifier::new(&options, bytes);
    let mut verify = || {
        let table = verifier.get_uoffset(0)? as usize;
        let fields = verifier.visit_table(table)?;
        let fields = fields.visit_field::<ForwardsUOffset<Vector<'_, i64>>>("shape", SHAPE, true)?;
        let fields = fields.visit_field::<ForwardsUOffset<Vector<'_, u8>>>("buffer", BUFFER, false)?;
        fields
            .visit_field::<u8>("dtype", DTYPE, false)?
            .visit_field::<u8>("byteOrder", BYTE_ORDER, false)?
            .finish();
        Ok::<_, InvalidFlatbuffer>(())
    };
    verify()
        .map_err(|error| Error::malformed("it is not a sound FlatBuffer").with_source(error).in_format(NAME))
}

/// [`parse_header`] under a budget.
pub(super) fn parse_bytes(bytes: &[u8], budget: &mut Budget) -> Result<Header> {
    let mut fetch = |place: u64, to: &mut [u8]| {
        let from = usize::try_from(place).ok().and_then(|place| bytes.get(place..)?.get(..to.len()));
        to.copy_from_slice(from.ok_or_else(|| Error::malformed("the file ends").at(place))?);
        Ok(())
    };
    let header = parse(bytes.len() as u64, &mut fetch);
    let header = header.and_then(|header| verify(bytes).map(|()| header));
    header.and_then(|header| header.charge(budget).map(|()| header)).map_err(|error| error.in_format(NAME))
}

/// Parses the header of a file of `len` bytes, and fetches no more than it. Offsets in errors are counted from the first
/// byte of the file.
pub(super) fn parse(len: u64, fetch: &mut Fetch<'_>) -> Result<Header> {
    let fields = Fields::find(len, fetch)?;
    header_of(&fields, fetch)
}

/// [`parse`] of the array whose table is at a place of the file.
pub(in crate::nd4j) fn parse_at(table: u64, len: u64, fetch: &mut Fetch<'_>) -> Result<Header> {
    let fields = Fields::at(table, len, fetch)?;
    header_of(&fields, fetch)
}

/// The faults of a file that can be read nevertheless.
pub(super) fn faults(len: u64, fetch: &mut Fetch<'_>) -> Result<Vec<Error>> {
    let fields = Fields::find(len, fetch)?;
    let spare = header_of(&fields, fetch)?.spare();
    Ok(spare.into_iter().chain(fields.faults(len, fetch)?).collect())
}

fn header_of(fields: &Fields, fetch: &mut Fetch<'_>) -> Result<Header> {
    let shape_at = fields.shape.start;
    let mut bytes = [0; 8 * MAX_NUMBERS];
    let len = fields.shape.end - shape_at;
    let room = usize::try_from(len).ok().and_then(|len| bytes.get_mut(..len));
    let bytes = room.ok_or_else(|| {
        let message = format!("the field 'shape' has {} numbers, expected {MAX_NUMBERS} at most", len / 8);
        Error::malformed(message).at(shape_at)
    })?;
    fetch(shape_at, bytes)?;
    let info = ShapeInfo::decode::<LE>(bytes, shape_at, 8)?;
    let options_at = shape_at + (8 * (2 * info.shape().len() + 1)) as u64;

    let (dtype_at, code) = fields.dtype;
    let kind = type_of(code).ok_or_else(|| {
        Error::malformed(format!("the field 'dtype' is {code}, which is not a type of ND4J")).at(dtype_at)
    })?;
    info.check_plain().map_err(|error| error.at(options_at))?;
    let options = info.data_type().map_err(|error| error.at(options_at))?;
    if let Some(other) = options.filter(|other| *other != kind) {
        return Err(Error::malformed(format!(
            "the field 'dtype' says {kind}, the shape information says {other}"
        ))
        .at(dtype_at));
    }
    let byte_order = match fields.byte_order {
        (_, 0) => ByteOrder::Little,
        (_, 1) => ByteOrder::Big,
        (at, other) => {
            return Err(Error::malformed(format!(
                "the field 'byteOrder' is {other}, expected 0 (little-endian) or 1 (big-endian)"
            ))
            .at(at));
        }
    };
    // An array without items has no buffer: its data is empty, wherever that is.
    let data = fields.buffer.clone().unwrap_or(fields.table..fields.table);
    let too_large = |_| Error::limit("the file does not fit into memory").at(data.start);
    let data =
        usize::try_from(data.start).map_err(too_large)?..usize::try_from(data.end).map_err(too_large)?;
    let itemsize = kind.layout_size();
    let generation = Generation::Three;
    let is_empty = info.is_empty(generation).ok_or_else(|| {
        let shape = info.shape();
        Error::malformed(format!("the options say that an array of shape {shape:?} is empty")).at(options_at)
    })?;
    let layout = info.layout_of(is_empty, itemsize);
    let layout = layout.map_err(|error| Error::malformed(error.to_string()).at(shape_at))?;
    let count = if is_empty { 0 } else { info.buffer_items().map_err(|error| error.at(shape_at))? };
    let found = data.len() as u64;
    let dtype = kind
        .dtype(byte_order)
        .ok_or_else(|| Error::malformed(format!("items can't be {kind}")).at(dtype_at))?;
    let stated = Stated { generation, data_type: kind, dtype, info, layout };
    if kind == DataType::Utf8 {
        check_texts(count, found).map_err(|error| error.at(data.start as u64))?;
        return Ok(Header { stated, data, needed: count, options_at });
    }
    let needed = count.checked_mul(itemsize as u64).filter(|needed| *needed <= found).ok_or_else(|| {
        let found = match &fields.buffer {
            Some(_) => format!("the field 'buffer' has {found} bytes"),
            None => "the field 'buffer' is missing".to_owned(),
        };
        Error::malformed(format!("{found}, expected {count} items of {itemsize} bytes")).at(data.start as u64)
    })?;
    let outside = |error: Error| Error::malformed(error.to_string()).at(shape_at);
    stated.layout.check(itemsize, data.len()).map_err(outside)?;
    Ok(Header { stated, data, needed, options_at })
}

/// Refuses strings that are not in the file: M2.1 writes offsets and bytes as `BinarySerde` does, but only one zero for
/// each string of an array that was reshaped.
fn check_texts(count: u64, found: u64) -> Result<()> {
    let least = count.checked_add(1).and_then(|count| count.checked_mul(8));
    if count > 0 && least.is_none_or(|least| least > found) {
        let message = format!(
            "the array has {count} strings, which are not in the file: ND4J loses them in this format when an array was \
             reshaped"
        );
        return Err(Error::unsupported(message));
    }
    Ok(())
}

/// True when the first bytes of a file could be those of a FlatArray: a root table with these fields and no others,
/// and its vtable, as writers place them.
pub(super) fn looks_like_one(prefix: &[u8]) -> bool {
    could_be(prefix).unwrap_or(false)
}

fn could_be(prefix: &[u8]) -> Option<bool> {
    let (root, found) = root_in(prefix)?;
    let (table, len, table_len) = (prefix.get(root..)?, found.len, found.table_len);
    // Builders omit the last entry when the byte order is 0, little-endian.
    if !(BYTE_ORDER..=BYTE_ORDER + 2).contains(&len) {
        return None;
    }
    let [shape, buffer, dtype, byte_order] = [SHAPE, BUFFER, DTYPE, BYTE_ORDER].map(|at| found.entry(at));
    let entries = [(shape, 4), (buffer, 4), (dtype, 1), (byte_order, 1)];
    let is_inside = |(entry, width): &(u16, u16)| *entry == 0 || (4..=table_len - width).contains(entry);
    if !(10..=20).contains(&table_len) || !entries.iter().all(is_inside) || shape == 0 || dtype == 0 {
        return None;
    }
    let byte = |entry: u16| table.get(usize::from(entry)).copied();
    Some(type_of(byte(dtype)?).is_some() && (byte_order == 0 || byte(byte_order)? <= 1))
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
