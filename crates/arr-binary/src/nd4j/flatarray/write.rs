//! Writing.
//!
//! The bytes are those of FlatBuffers' builder for Java, from front to back: the offset of the table, four bytes of
//! padding where the numbers of the shape would not be aligned, the vtable, the table, the items padded to four bytes,
//! and the shape. Items are written in pieces.

use arr_core::format::{Frame, Outline};
use arr_core::{ByteOrder, DType, Error, Result};
use byteorder::{LE, WriteBytesExt as _};

use super::format::Nd4jFlatArray;
use super::table::code_of;
use crate::nd4j::DataType;
use crate::nd4j::shape::{Numbers, numbers_of};

/// The largest offset of a FlatBuffer.
const LONGEST: u64 = i32::MAX as u64;

arr_core::codec_write_options!(Nd4jFlatArray);
arr_core::write_functions!();

impl WriteOptions {
    arr_core::setters! {
        /// Writes numbers in that byte order; native code writes little-endian ones.
        byte_order: Option<ByteOrder> in writing;
    }
}

/// The bytes before and behind the items of an array.
pub(super) fn frame(what: &Outline<'_>, byte_order: ByteOrder) -> Result<Frame> {
    let (dtype, shape) = (what.dtype, what.shape);
    if matches!(dtype, DType::Utf8 | DType::Bytes(_) | DType::Unicode(..)) {
        return Err(Error::unsupported("ND4J loses the text of strings in a FlatArray"));
    }
    let kind = DataType::of(dtype)?;
    let (Some(code), Some(itemsize)) = (code_of(kind), kind.itemsize()) else {
        return Err(Error::unsupported(format!("ND4J loses items of {dtype} in this format")));
    };
    let numbers = numbers_of(shape, what.order, kind)?;
    // A size that overflows is too large as well.
    let nbytes = shape.iter().fold(itemsize as u64, |bytes, dim| bytes.saturating_mul(*dim as u64));
    let too_large =
        || Error::unsupported(format!("an array of {nbytes} bytes is too large: a FlatBuffer ends at 2 GiB"));
    let data = u32::try_from(nbytes).ok().filter(|data| u64::from(*data) < LONGEST);
    let frame = parts(byte_order, (code, data.ok_or_else(too_large)?), &numbers)?;
    if frame.len(nbytes) > LONGEST { Err(too_large()) } else { Ok(frame) }
}

/// The parts around `data` bytes of items with that code of their type.
fn parts(byte_order: ByteOrder, (code, data): (u8, u32), shape: &Numbers) -> Result<Frame> {
    let padding = data.wrapping_neg() % 4;
    let aligned = (data + padding) % 8 == 0;
    let has_data = data > 0;
    let mut head = Vec::new();
    // The table follows a vtable of 12 bytes, and begins with the distance back to it.
    let table: u32 = if !has_data || aligned { 16 } else { 20 };
    head.write_u32::<LE>(table)?;
    head.extend(if table == 20 { &[0; 4][..] } else { &[] });
    let (room, buffer_at) = if has_data { (16u16, 12u16) } else { (12, 0) };
    for number in [12, room, 8, buffer_at, 6, 7] {
        head.write_u16::<LE>(number)?;
    }
    head.write_u32::<LE>(12)?;
    head.extend([0, 0, code, u8::from(byte_order == ByteOrder::Big)]);
    // Offsets count from where they stand.
    if has_data {
        head.write_u32::<LE>(12 + data + padding)?;
        head.write_u32::<LE>(4)?;
        head.write_u32::<LE>(data)?;
    } else {
        head.write_u32::<LE>(4)?;
    }
    let mut tail = vec![0; padding as usize];
    let count = u32::try_from(shape.len()).map_err(|_| Error::unsupported("too many dimensions for ND4J"))?;
    tail.write_u32::<LE>(count)?;
    shape.iter().try_for_each(|number| tail.write_i64::<LE>(*number))?;
    Ok(Frame::new(head).tail(tail).byte_order(byte_order))
}
