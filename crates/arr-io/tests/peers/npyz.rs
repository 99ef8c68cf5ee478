//! What npyz asserts: dtypes, values, strings, records, files that are written as items come, archives and sparse matrices.

mod dtypes;
mod files;
mod records;
mod sparse;
mod values;

use arr_io::{Array, Buffer, DType, Order};

/// An array of one dimension over bare bytes.
fn items(dtype: &str, bytes: impl Into<Buffer>) -> Array {
    let (dtype, bytes): (DType, Buffer) = (dtype.parse().unwrap(), bytes.into());
    let count = bytes.len().checked_div(dtype.itemsize()).unwrap_or(1);
    Array::contiguous(dtype, &[count], Order::C, bytes).unwrap()
}
