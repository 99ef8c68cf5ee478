//! Arrays of a structured dtype as Rust structs, and back.

use std::borrow::Cow;

use bytemuck::{AnyBitPattern, NoUninit};

use crate::ops::record::{Decoder, Encoder, Plan, with_room};
use crate::{
    Array, BufferMut, ByteOrder, DType, Error, Field, Order, Record, RecordType, Result, Storage, StorageMut,
};

impl<S: Storage> Array<S> {
    /// The records in C order, copied; see [`record`](crate::record) for how fields are found.
    ///
    /// ```
    /// use arr_core::{Array, Record};
    /// #[derive(Record, Debug, PartialEq)]
    /// struct Point { x: f32, y: f32 }
    ///
    /// let points = vec![Point { x: 1.0, y: 2.0 }, Point { x: 3.0, y: 4.0 }];
    /// let array = Array::from_records(&points)?;
    /// assert_eq!(array.dtype().to_string(), "[('x', '<f4'), ('y', '<f4')]");
    /// assert_eq!(array.to_records::<Point>()?, points);
    /// # Ok::<(), arr_core::Error>(())
    /// ```
    ///
    /// # Errors
    /// `Mismatch` when the dtype lacks a field or has it with another dtype, or some bits are not a valid value, naming
    /// the field; `LimitExceeded` when memory is short.
    pub fn to_records<T: Record>(&self) -> Result<Vec<T>> {
        let decoder = Decoder::<T>::new(self.dtype())?;
        let copy;
        let bytes = match self.as_bytes(Order::C) {
            Some(bytes) => bytes,
            None => {
                copy = self.to_contiguous(Order::C)?;
                copy.as_bytes(Order::C).ok_or_else(|| super::typed::not_c_contiguous(&copy))?
            }
        };
        let mut values = with_room(self.len())?;
        decoder.decode(bytes, self.len(), &mut values)?;
        Ok(values)
    }

    /// The records in C order as a slice, without a copy: for structs whose memory is the item, byte for byte. That
    /// takes `#[repr(C)]` or `#[repr(C, packed)]`, and fields of which all bits are values.
    ///
    /// ```
    /// use arr_core::{Array, Record};
    /// #[derive(Record, bytemuck::AnyBitPattern, Clone, Copy, Debug, PartialEq)]
    /// #[repr(C)]
    /// struct Point { x: f32, y: f32 }
    ///
    /// let points = [Point { x: 1.0, y: 2.0 }, Point { x: 3.0, y: 4.0 }];
    /// assert_eq!(Array::from_records(&points)?.as_records::<Point>()?, points);
    /// # Ok::<(), arr_core::Error>(())
    /// ```
    ///
    /// # Errors
    /// `Mismatch`, saying which of field, byte order, place, contiguity or alignment forbids it.
    pub fn as_records<T: Record + AnyBitPattern>(&self) -> Result<&[T]> {
        check_memory::<T>(self.dtype())?;
        let bytes = self.as_bytes(Order::C).ok_or_else(|| super::typed::not_c_contiguous(self))?;
        bytemuck::try_cast_slice(bytes).map_err(not_aligned::<T>)
    }

    /// The records in C order: [`as_records`](Self::as_records) where that needs no copy, else
    /// [`to_records`](Self::to_records).
    ///
    /// # Errors
    /// As `to_records`.
    pub fn records<T: Record + AnyBitPattern>(&self) -> Result<Cow<'_, [T]>> {
        match self.as_records() {
            Ok(records) => Ok(Cow::Borrowed(records)),
            Err(_) => Ok(Cow::Owned(self.to_records()?)),
        }
    }
}

impl<S: Storage> Array<S> {
    /// The records in C order as a mutable slice, without a copy: of a map they are changed in the file.
    ///
    /// # Errors
    /// As [`as_records`](Self::as_records).
    pub fn as_records_mut<T: Record + AnyBitPattern + NoUninit>(&mut self) -> Result<&mut [T]>
    where
        S: StorageMut,
    {
        check_memory::<T>(self.dtype())?;
        if !self.layout().is_c_contiguous(self.itemsize()) {
            return Err(super::typed::not_c_contiguous(self));
        }
        let range = self.contiguous_range();
        let outside = || Error::invalid("the storage has fewer bytes than when the array was made");
        let bytes = self.storage.bytes_mut().get_mut(range).ok_or_else(outside)?;
        bytemuck::try_cast_slice_mut(bytes).map_err(not_aligned::<T>)
    }
}

impl Array {
    /// An array of one dimension of the records of a slice, of [their dtype](Record::dtype_of).
    ///
    /// # Errors
    /// `InvalidArgument` when a string is too long for its field, or some records have a field that is `None` in others,
    /// naming the field and the row; `LimitExceeded` when memory is short.
    pub fn from_records<T: Record>(records: &[T]) -> Result<Self> {
        let encoder = Encoder::new(records)?;
        let mut array = Self::zeros(encoder.dtype.clone(), &[records.len()])?;
        encoder.encode(records, 0, BufferMut::as_mut_slice(&mut array.storage))?;
        Ok(array.freeze())
    }
}

/// Checks that items of `dtype` are values of `T` as they are in memory.
fn check_memory<T: Record>(dtype: &DType) -> Result<()> {
    let Some(record) = dtype.as_record() else {
        return Err(Error::mismatch(format!("an array of {dtype} has no fields")));
    };
    let memory = T::memory_dtype()?;
    if Plan::new(dtype, &memory)?.is_direct() && dtype.itemsize() == size_of::<T>() {
        return Ok(());
    }
    Err(not_as_in_memory(record, &memory))
}

/// The first difference between items and memory.
#[cold]
fn not_as_in_memory(record: &RecordType, memory: &DType) -> Error {
    let differs = |wanted: &Field| {
        let field = record.field(wanted.name())?;
        if field.offset() != wanted.offset() {
            let (item, memory) = (field.offset(), wanted.offset());
            return Some(format!("the field begins at byte {item} of the item, in memory at byte {memory}"));
        }
        let foreign = !field.dtype().is_in_order(ByteOrder::NATIVE);
        if foreign {
            return Some(format!("the byte order is foreign: the array has {}", field.dtype()));
        }
        let other = !Plan::new(field.dtype(), wanted.dtype()).is_ok_and(|plan| plan.is_direct());
        other.then(|| format!("the array has {}, in memory there is {}", field.dtype(), wanted.dtype()))
    };
    let mut fields = memory.as_record().into_iter().flat_map(RecordType::fields);
    match fields.find_map(|wanted| Some((wanted.name(), differs(wanted)?))) {
        Some((name, why)) => Error::mismatch(why).in_path(name),
        None => Error::mismatch(format!(
            "an item has {} bytes, a record in memory has {}",
            record.itemsize(),
            memory.itemsize()
        )),
    }
}

#[cold]
fn not_aligned<T>(error: bytemuck::PodCastError) -> Error {
    let message = format!("the data can't be seen as records that are aligned to {} bytes", align_of::<T>());
    Error::mismatch(message).with_source(error)
}
