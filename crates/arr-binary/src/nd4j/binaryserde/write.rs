//! Writing: always the form of generation 3.

use arr_core::format::{Outline, Output, Swap};
use arr_core::{ArrayView, AsArray, ByteOrder, DType, Error, Order, Result};
use smallvec::SmallVec;

use super::NAME;
use super::format::Serde;
use crate::nd4j::DataType;
use crate::nd4j::shape::{COMMON_NUMBERS, numbers_of};
use crate::nd4j::texts;

arr_core::codec_write_options!(Serde);
arr_core::write_functions!();

/// How an array is written: everything but its items.
struct Plan {
    header: Header,
    kind: DataType,
    order: Order,
    swap: Swap,
}

/// The bytes before the items.
type Header = SmallVec<[u8; 8 + 8 * COMMON_NUMBERS]>;

impl Plan {
    fn of(array: &ArrayView<'_>) -> Result<Self> {
        Self::new(array.dtype(), array.shape(), array.natural_order())
    }

    fn new(dtype: &DType, shape: &[usize], order: Order) -> Result<Self> {
        let kind = DataType::of(dtype)?;
        let header = header(kind, shape, order)?;
        Ok(Self { header, kind, order, swap: Swap::to_order(dtype, ByteOrder::Little) })
    }

    /// Bytes of header and data.
    fn len(&self, array: &ArrayView<'_>) -> Result<usize> {
        let data = match self.kind {
            DataType::Utf8 => Some(texts::encoded_len(array)?),
            _ => array.len().checked_mul(array.itemsize()),
        };
        let len = data.and_then(|data| data.checked_add(self.header.len()));
        len.ok_or_else(|| Error::unsupported(format!("the array {:?} is too large for ND4J", array.shape())))
    }

    /// Writes the array that the plan was made for.
    fn write(&self, array: &ArrayView<'_>, output: &mut Output<'_>) -> Result<()> {
        output.write(&self.header)?;
        match self.kind {
            DataType::Utf8 => texts::write_texts(array, self.order, output),
            _ => output.write_items(array, self.order, &self.swap),
        }
    }
}

fn header(kind: DataType, shape: &[usize], order: Order) -> Result<Header> {
    let numbers = numbers_of(shape, order, kind)?;
    let rank = i32::try_from(shape.len()).map_err(|_| Error::unsupported("too many dimensions for ND4J"))?;
    let mut header = Header::new();
    header.extend_from_slice(&rank.to_le_bytes());
    header.extend_from_slice(&kind.code().to_le_bytes());
    for number in numbers {
        header.extend_from_slice(&number.to_le_bytes());
    }
    Ok(header)
}

/// The number of bytes that an array takes.
///
/// ```
/// let array = arr_core::Array::from_vec(vec![1.0f32, 2.0, 3.0, 4.0, 5.0, 6.0], &[2, 3])?;
/// assert_eq!(arr_binary::binaryserde::encoded_len(&array)?, 8 + 8 * (2 * 2 + 4) + 6 * 4);
/// # Ok::<(), arr_core::Error>(())
/// ```
///
/// # Errors
/// `Unsupported` when ND4J has no type for the items, or no array of so many dimensions.
pub fn encoded_len<A: AsArray + ?Sized>(array: &A) -> Result<usize> {
    array.with_view(len_of).map_err(|error| error.in_format(NAME))
}

/// [`encoded_len`], for formats whose files contain arrays of this one.
pub(crate) fn len_of(array: &ArrayView<'_>) -> Result<usize> {
    Plan::of(array)?.len(array)
}

/// Writes an array into the caller's memory, which may be shared with another process, and returns the number of bytes
/// written, that of [`encoded_len`]. For numbers of up to six dimensions nothing is allocated.
///
/// ```
/// use arr_binary::binaryserde;
/// let mut shared = [0; 200];
/// let len = binaryserde::encode_into(&[1.5f64, 2.5], &mut shared)?;
/// let array = binaryserde::view(&shared[..len])?;
/// assert_eq!(array.to_vec::<f64>()?, [1.5, 2.5]);
/// # Ok::<(), arr_core::Error>(())
/// ```
///
/// # Errors
/// `InvalidArgument` when there is too little room, naming both sizes; otherwise as `encoded_len`. Nothing has been
/// written then.
pub fn encode_into<A: AsArray + ?Sized>(array: &A, bytes: &mut [u8]) -> Result<usize> {
    array.with_view(|view| encode_view(view, bytes)).map_err(|error| error.in_format(NAME))
}

/// [`encode_into`], for formats whose files contain arrays of this one.
pub(crate) fn encode_view(array: &ArrayView<'_>, bytes: &mut [u8]) -> Result<usize> {
    let plan = Plan::of(array)?;
    let (len, room) = (plan.len(array)?, bytes.len());
    let Some((header, data)) =
        bytes.get_mut(..len).and_then(|bytes| bytes.split_at_mut_checked(plan.header.len()))
    else {
        return Err(Error::invalid(format!("the array takes {len} bytes, there is room for {room}")));
    };
    header.copy_from_slice(&plan.header);
    if plan.kind == DataType::Utf8 {
        let mut left: &mut [u8] = data;
        texts::write_texts(array, plan.order, &mut Output::new(&mut left))?;
    } else {
        array.copy_to(data, plan.order)?;
        plan.swap.apply(data);
    }
    Ok(len)
}

/// Writes an array to an [`Output`].
///
/// # Errors
/// As [`save`].
pub fn write(array: &ArrayView<'_>, output: &mut Output<'_>) -> Result<()> {
    WriteOptions::new().write(array, output)
}

/// [`write()`], for formats whose files contain arrays of this one.
pub(crate) fn write_parts(array: &ArrayView<'_>, output: &mut Output<'_>) -> Result<()> {
    let plan = Plan::of(array)?;
    output.expect(plan.len(array)? as u64)?;
    plan.write(array, output)
}

/// The header of an array whose items are written one by one.
pub(crate) fn framed_header(what: &Outline<'_>) -> Result<Vec<u8>> {
    let plan = Plan::new(what.dtype, what.shape, what.order)?;
    if plan.kind == DataType::Utf8 {
        return Err(Error::unsupported("strings are not written piece by piece"));
    }
    Ok(plan.header.into_vec())
}

/// True for items that are written as variable-length strings.
pub(super) fn is_text(dtype: &DType) -> bool {
    DataType::of(dtype).is_ok_and(|kind| kind == DataType::Utf8)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::nd4j::ShapeInfo;

    #[test]
    fn headers_are_those_of_the_shape_information() {
        for shape in [&[][..], &[0], &[5], &[2, 3], &[1, 4, 1], &[2, 0, 3], &[2, 1, 3, 2], &[1; 32]] {
            for order in [Order::C, Order::F] {
                let numbers = ShapeInfo::new(shape, order, DataType::UInt16).unwrap().numbers().unwrap();
                let bytes = header(DataType::UInt16, shape, order).unwrap();
                let expected: Vec<u8> = numbers.iter().flat_map(|number| number.to_le_bytes()).collect();
                assert_eq!(bytes[8..], expected);
                assert_eq!(bytes[..8], [u8::try_from(shape.len()).unwrap(), 0, 0, 0, 12, 0, 0, 0]);
            }
        }
        assert!(header(DataType::Float, &[1; 33], Order::C).is_err());
        assert!(header(DataType::Float, &[usize::MAX, 0], Order::C).is_err());
        assert!(header(DataType::Float, &[1 << 40, 1 << 40], Order::C).is_err());
    }
}
