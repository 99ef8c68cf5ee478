//! Writing.

use arr_core::{DType, Error, Order, Result};

use super::format::Nd4jStream;
use crate::nd4j::buffer::{BufferHead, put_shape};
use crate::nd4j::shape::data_len;
use crate::nd4j::types::DataType;

arr_core::codec_write_options!(Nd4jStream);
arr_core::write_functions!();

/// The header of an array whose items are written in `order`.
pub(super) fn header_of(dtype: &DType, shape: &[usize], order: Order) -> Result<Vec<u8>> {
    if matches!(dtype, DType::Utf8 | DType::Bytes(_) | DType::Unicode(..)) {
        return Err(Error::unsupported("ND4J loses the text of strings in a stream"));
    }
    let kind = DataType::of(dtype)?;
    let mut bytes = Vec::new();
    put_shape(shape, order, kind, &mut bytes)?;
    BufferHead::put(data_len(shape, 1)?, kind, &mut bytes)?;
    Ok(bytes)
}
