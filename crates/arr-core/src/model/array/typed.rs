//! Bytes as Rust values.

use crate::model::buffer::PAGES_FROM;
use crate::model::map::advise_huge_pages;
use crate::{Array, ArrayView, ByteOrder, DType, Element, Error, Order, Result, Storage};

impl<S: Storage> Array<S> {
    /// One value, converted to the machine's byte order.
    ///
    /// # Errors
    /// `Mismatch` when the dtype is not `T` (in whichever byte order) or the bits are not a valid `T`,
    /// `InvalidArgument` when the index is out of bounds.
    pub fn get<T: Element>(&self, index: &[usize]) -> Result<T> {
        let order = self.dtype().check_kind::<T>()?;
        let item = self.item(index).ok_or_else(|| {
            Error::invalid(format!("index {index:?} is out of bounds for shape {:?}", self.shape()))
        })?;
        decode(item, order)
    }

    /// The values in C order as a slice, without a copy.
    ///
    /// # Errors
    /// `Mismatch`, saying which of dtype, byte order, contiguity, alignment or bits forbids it.
    pub fn as_slice<T: Element>(&self) -> Result<&[T]> {
        self.dtype().check_is::<T>()?;
        cast_slice(self.as_bytes(Order::C).ok_or_else(|| not_c_contiguous(self))?)
    }

    /// The values in C order, copied and converted to the machine's byte order.
    ///
    /// # Errors
    /// `Mismatch` when the dtype is not `T` (in whichever byte order) or some bits are not a valid `T`, `LimitExceeded`
    /// when memory is short.
    pub fn to_vec<T: Element>(&self) -> Result<Vec<T>> {
        let order = self.dtype().check_kind::<T>()?;
        let in_place = self.as_bytes(Order::C).filter(|_| self.dtype().check_is::<T>().is_ok());
        if let Some(values) = in_place.and_then(|bytes| bytemuck::checked::try_cast_slice(bytes).ok()) {
            return copied(values);
        }
        let numbers = self.view().with_dtype(DType::scalar(T::SCALAR, order))?;
        copied(numbers.to_contiguous_in(Order::C, ByteOrder::NATIVE)?.as_slice()?)
    }
}

impl<'a> ArrayView<'a> {
    /// [`as_slice`](Self::as_slice) for as long as the bytes are borrowed.
    ///
    /// # Errors
    /// As `as_slice`.
    pub fn into_typed_slice<T: Element>(self) -> Result<&'a [T]> {
        self.dtype().check_is::<T>()?;
        if !self.layout().is_c_contiguous(self.itemsize()) {
            return Err(not_c_contiguous(&self));
        }
        let range = self.contiguous_range();
        let bytes: &'a [u8] = self.into_bytes();
        cast_slice(bytes.get(range).unwrap_or_default())
    }
}

/// A vector of its own.
fn copied<T: Element>(values: &[T]) -> Result<Vec<T>> {
    let mut copy = Vec::new();
    copy.try_reserve_exact(values.len()).map_err(|source| {
        Error::limit(format!("no memory for {} values", values.len())).with_source(source)
    })?;
    if size_of_val(values) >= PAGES_FROM {
        advise_huge_pages(copy.spare_capacity_mut());
    }
    copy.extend_from_slice(values);
    Ok(copy)
}

#[cold]
pub(super) fn not_c_contiguous<S: Storage>(array: &Array<S>) -> Error {
    Error::mismatch(format!("the array is {}, not C contiguous", array.order()))
}

/// One value from its bytes.
pub(crate) fn decode<T: Element>(item: &[u8], order: ByteOrder) -> Result<T> {
    let swapped: smallvec::SmallVec<[u8; 16]>;
    let bytes = if order.is_native() {
        item
    } else {
        let mut bytes = smallvec::SmallVec::from_slice(item);
        bytes.chunks_exact_mut(T::SCALAR.swap_unit()).for_each(<[u8]>::reverse);
        swapped = bytes;
        &swapped
    };
    bytemuck::checked::try_pod_read_unaligned(bytes).map_err(|error| explain::<T>(error, bytes))
}

/// Bytes as values, where alignment and bits allow it.
pub(crate) fn cast_slice<T: Element>(bytes: &[u8]) -> Result<&[T]> {
    if bytes.is_empty() {
        return Ok(&[]);
    }
    bytemuck::checked::try_cast_slice(bytes).map_err(|error| explain::<T>(error, bytes))
}

#[cold]
pub(crate) fn explain<T: Element>(error: bytemuck::checked::CheckedCastError, bytes: &[u8]) -> Error {
    use bytemuck::checked::CheckedCastError;
    match error {
        CheckedCastError::InvalidBitPattern => {
            let at = bytes.iter().position(|byte| *byte > 1).unwrap_or(0);
            Error::mismatch(format!("a byte is neither 0 nor 1, so no {}", T::SCALAR)).at(at as u64)
        }
        CheckedCastError::PodCastError(bytemuck::PodCastError::TargetAlignmentGreaterAndInputNotAligned) => {
            Error::mismatch(format!(
                "the data is not aligned to {} bytes, as {} must be: copy it first",
                align_of::<T>(),
                T::SCALAR
            ))
        }
        CheckedCastError::PodCastError(_) => {
            Error::mismatch(format!("{} bytes are not whole {}", bytes.len(), T::SCALAR))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Buffer, Scalar, s};

    #[test]
    fn values_swap_when_foreign() {
        let bytes: Vec<u8> = [1u32, 2, 3].iter().flat_map(|value| value.to_be_bytes()).collect();
        let dtype = DType::scalar(Scalar::U32, ByteOrder::Big);
        let array = Array::contiguous(dtype, &[3], Order::C, Buffer::from_vec(bytes)).unwrap();
        assert_eq!(array.to_vec::<u32>().unwrap(), [1, 2, 3]);
        assert_eq!(array.get::<u32>(&[2]).unwrap(), 3);
        assert!(array.get::<u32>(&[3]).is_err());
        assert!(array.to_vec::<i32>().is_err());
        if cfg!(target_endian = "little") {
            assert!(
                array.as_slice::<u32>().unwrap_err().to_string().starts_with("the byte order is foreign")
            );
        }
    }

    #[test]
    fn bools_are_checked() {
        let array = Array::contiguous(DType::native(Scalar::Bool), &[3], Order::C, &[0u8, 1, 2][..]).unwrap();
        assert_eq!(array.as_slice::<bool>().unwrap_err().offset(), Some(2));
        assert_eq!(array.slice(s![..2]).unwrap().as_slice::<bool>().unwrap(), [false, true]);
        assert!(array.get::<bool>(&[2]).is_err());
        assert!(array.to_vec::<bool>().is_err());
    }

    #[test]
    fn opaque_items_are_the_bits_of_small_floats() {
        use half::bf16;
        let bytes = Buffer::from(vec![0x80u8, 0x3F, 0x20, 0xC1]);
        let array = Array::contiguous(DType::Void(2), &[2], Order::C, bytes.clone()).unwrap();
        let values = [bf16::from_f32(1.0), bf16::from_f32(-10.0)];
        assert_eq!(array.to_vec::<bf16>().unwrap(), values);
        assert_eq!(array.get::<bf16>(&[1]).unwrap(), values[1]);
        assert_eq!(
            array.slice("::-1".parse::<crate::Slice>().unwrap()).unwrap().to_vec::<bf16>().unwrap()[0],
            values[1]
        );
        assert!(array.to_vec::<u16>().is_err() && array.to_vec::<half::f16>().is_err());
        let array = Array::contiguous(DType::Void(1), &[4], Order::C, bytes).unwrap();
        assert_eq!(array.as_slice::<u8>().unwrap(), [0x80, 0x3F, 0x20, 0xC1]);
        assert!(array.to_vec::<i8>().is_err() && array.to_vec::<bool>().is_err());
    }

    #[test]
    fn misaligned_data_is_copied_not_viewed() {
        let buffer = crate::BufferMut::copy_of(&[0; 17]).unwrap().freeze();
        let array = Array::contiguous(DType::native(Scalar::F64), &[2], Order::C, &buffer[1..]).unwrap();
        assert!(array.as_slice::<f64>().unwrap_err().to_string().contains("not aligned"));
        assert_eq!(array.to_vec::<f64>().unwrap(), [0.0, 0.0]);
    }
}
