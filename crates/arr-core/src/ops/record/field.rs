//! The types that fields have, and what the derived code is made of.

use super::RecordField;
use crate::{DType, Element, Error, Result, SubArray};

impl<T: Element> RecordField for T {
    const ITEMSIZE: usize = size_of::<T>();
    const ALIGNMENT: usize = T::SCALAR.alignment();
    const ANY_BITS: bool = !matches!(T::SCALAR, crate::Scalar::Bool);

    fn dtype() -> Result<DType> {
        Ok(DType::of::<T>())
    }

    #[inline(always)]
    fn check(item: &[u8]) -> Result<()> {
        match bytemuck::checked::try_pod_read_unaligned::<T>(item) {
            Ok(_) => Ok(()),
            Err(_) => Err(no_value::<T>(item)),
        }
    }

    #[inline(always)]
    fn decode(item: &[u8]) -> Self {
        bytemuck::checked::try_pod_read_unaligned(item).unwrap_or_else(|_| T::zeroed())
    }

    #[inline(always)]
    fn encode(&self, item: &mut [u8]) -> Result<()> {
        let Some(slot) = item.get_mut(..size_of::<T>()) else { return Err(too_short()) };
        slot.copy_from_slice(bytemuck::bytes_of(self));
        Ok(())
    }
}

impl<T: RecordField, const N: usize> RecordField for [T; N] {
    const ITEMSIZE: usize = T::ITEMSIZE * N;
    const ALIGNMENT: usize = T::ALIGNMENT;
    const ANY_BITS: bool = T::ANY_BITS;

    fn dtype() -> Result<DType> {
        Ok(SubArray::joined(T::dtype()?, &[N])?.into())
    }

    fn memory_dtype() -> Result<DType> {
        let base = T::memory_dtype()?;
        if base.itemsize() != size_of::<T>() {
            return Err(not_as_in_memory::<T>(&base));
        }
        Ok(SubArray::joined(base, &[N])?.into())
    }

    #[inline(always)]
    fn check(item: &[u8]) -> Result<()> {
        check_array::<Plain, T, N>(item)
    }

    #[inline(always)]
    fn decode(item: &[u8]) -> Self {
        decode_array::<Plain, T, N>(item)
    }

    #[inline(always)]
    fn encode(&self, item: &mut [u8]) -> Result<()> {
        encode_array::<Plain, T, N>(self, item)
    }
}

/// How a field of a Rust type is an item: as its type says ([`Plain`]), or as an attribute says.
#[doc(hidden)]
#[diagnostic::on_unimplemented(
    message = "`{T}` can't be a field of a record in this way",
    note = "a field is a number, `FixedBytes`, `FixedStr`, another record or an array of these",
    note = "a `String` says how many characters or bytes it has room for: `#[record(dtype = \"U8\")]` or `\"S8\"`"
)]
#[allow(missing_docs, clippy::missing_errors_doc, reason = "as `RecordField`, which says what the items are")]
pub trait Codec<T> {
    const ITEMSIZE: usize;
    const ALIGNMENT: usize;
    const ANY_BITS: bool;

    fn dtype() -> Result<DType>;
    fn memory_dtype() -> Result<DType>;
    fn check(item: &[u8]) -> Result<()>;
    fn decode(item: &[u8]) -> T;
    fn encode(value: &T, item: &mut [u8]) -> Result<()>;
}

/// As the type of the field says.
#[doc(hidden)]
#[derive(Debug)]
pub struct Plain;

impl<T: RecordField> Codec<T> for Plain {
    const ITEMSIZE: usize = T::ITEMSIZE;
    const ALIGNMENT: usize = T::ALIGNMENT;
    const ANY_BITS: bool = T::ANY_BITS;

    fn dtype() -> Result<DType> {
        T::dtype()
    }

    fn memory_dtype() -> Result<DType> {
        T::memory_dtype()
    }

    #[inline(always)]
    fn check(item: &[u8]) -> Result<()> {
        T::check(item)
    }

    #[inline(always)]
    fn decode(item: &[u8]) -> T {
        T::decode(item)
    }

    #[inline(always)]
    fn encode(value: &T, item: &mut [u8]) -> Result<()> {
        value.encode(item)
    }
}

/// The items of an array, one after another.
#[inline(always)]
pub(super) fn check_array<C: Codec<T>, T, const N: usize>(item: &[u8]) -> Result<()> {
    if C::ANY_BITS {
        return Ok(());
    }
    (0..N).try_for_each(|index| C::check(part(item, index * C::ITEMSIZE, C::ITEMSIZE)))
}

#[inline(always)]
pub(super) fn decode_array<C: Codec<T>, T, const N: usize>(item: &[u8]) -> [T; N] {
    std::array::from_fn(|index| C::decode(part(item, index * C::ITEMSIZE, C::ITEMSIZE)))
}

#[inline(always)]
pub(super) fn encode_array<C: Codec<T>, T, const N: usize>(values: &[T; N], item: &mut [u8]) -> Result<()> {
    let mut rest = item;
    for value in values {
        let Some((part, behind)) = std::mem::take(&mut rest).split_at_mut_checked(C::ITEMSIZE) else {
            return Err(too_short());
        };
        C::encode(value, part)?;
        rest = behind;
    }
    Ok(())
}

/// A part of an item; empty where the item has no such part.
#[inline(always)]
fn part(item: &[u8], offset: usize, len: usize) -> &[u8] {
    item.get(offset..).and_then(|rest| rest.get(..len)).unwrap_or_default()
}

/// Checks a field of an item.
///
/// # Errors
/// As [`RecordField::check`].
#[doc(hidden)]
#[inline(always)]
pub fn check_part<C: Codec<T>, T>(item: &[u8], offset: usize, name: &str) -> Result<()> {
    if C::ANY_BITS {
        return Ok(());
    }
    C::check(part(item, offset, C::ITEMSIZE)).map_err(|error| in_field(error, name))
}

/// The value of a field of an item.
#[doc(hidden)]
#[inline(always)]
#[must_use]
pub fn decode_part<C: Codec<T>, T>(item: &[u8], offset: usize) -> T {
    C::decode(part(item, offset, C::ITEMSIZE))
}

/// Writes a field of an item.
///
/// # Errors
/// As [`RecordField::encode`].
#[doc(hidden)]
#[inline(always)]
pub fn encode_part<C: Codec<T>, T>(value: &T, item: &mut [u8], offset: usize, name: &str) -> Result<()> {
    match item.get_mut(offset..).and_then(|rest| rest.get_mut(..C::ITEMSIZE)) {
        Some(part) => C::encode(value, part).map_err(|error| in_field(error, name)),
        None => Err(too_short()),
    }
}

#[cold]
fn no_value<T: Element>(item: &[u8]) -> Error {
    if item.len() != size_of::<T>() {
        return too_short();
    }
    Error::mismatch(format!("a byte is neither 0 nor 1, so no {}", T::SCALAR))
}

#[cold]
fn in_field(error: Error, name: &str) -> Error {
    error.in_path(name)
}

#[cold]
pub(super) fn too_short() -> Error {
    Error::invalid("there are fewer bytes than an item of the record has")
}

#[cold]
fn not_as_in_memory<T>(base: &DType) -> Error {
    let (item, memory) = (base.itemsize(), size_of::<T>());
    Error::mismatch(format!("an item of {base} has {item} bytes, in memory it has {memory}"))
}

/// The dtype that an attribute gives to a field: a time for its ticks, in the machine's byte order.
///
/// # Errors
/// `InvalidArgument` when the dtype is not a time, or the field has other items than `i64`.
#[doc(hidden)]
pub fn retyped(own: DType, name: &str) -> Result<DType> {
    if let DType::SubArray(sub) = &own {
        return Ok(SubArray::new(retyped(sub.base().clone(), name)?, sub.shape())?.into());
    }
    match name.parse::<DType>()? {
        dtype @ (DType::DateTime(..) | DType::TimeDelta(..)) if own == DType::of::<i64>() => {
            Ok(dtype.with_byte_order(crate::ByteOrder::NATIVE))
        }
        dtype => Err(Error::invalid(format!("a field of {own} can't be {dtype}: a time is ticks in an i64"))),
    }
}

/// So many records of zeros.
///
/// # Errors
/// `LimitExceeded` when memory is short.
#[doc(hidden)]
pub fn zeros<T: bytemuck::Zeroable>(count: usize) -> Result<Vec<T>> {
    bytemuck::allocation::try_zeroed_vec(count)
        .map_err(|()| Error::limit(format!("no memory for {count} records")))
}

/// Where the fields of a record lie, one after another.
#[doc(hidden)]
#[derive(Clone, Copy, Debug)]
pub struct Places<const N: usize> {
    /// Where each begins.
    pub offsets: [usize; N],
    /// Where the record ends.
    pub itemsize: usize,
    /// The alignment of the record: 1 unless it is laid out aligned.
    pub alignment: usize,
}

impl<const N: usize> Places<N> {
    /// Lays out fields of these itemsizes and alignments, for the compiler to do it once.
    #[must_use]
    pub const fn new(fields: [(usize, usize); N], aligned: bool) -> Self {
        let mut places = Self { offsets: [0; N], itemsize: 0, alignment: 1 };
        let mut index = 0;
        while index < N {
            let (size, alignment) = fields[index];
            if aligned {
                places.itemsize = round_up(places.itemsize, alignment);
                if alignment > places.alignment {
                    places.alignment = alignment;
                }
            }
            places.offsets[index] = places.itemsize;
            places.itemsize = places.itemsize.saturating_add(size);
            index += 1;
        }
        places.itemsize = round_up(places.itemsize, places.alignment);
        places
    }
}

const fn round_up(value: usize, alignment: usize) -> usize {
    match value.checked_next_multiple_of(alignment) {
        Some(value) => value,
        None => usize::MAX,
    }
}
