//! The types that fields have.

use super::RecordField;
use super::lack::{Lack, Lacks, Rule, any_may_lack};
use super::part::{is_none, part, too_short};
use super::raw::RawBytes;
use super::text::{ByteText, UnicodeText};
use crate::{DType, Element, Error, Result, SubArray};

#[diagnostic::do_not_recommend]
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
    const RULES: &'static [Rule] = T::RULES;

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

    fn check_found(item: &[u8], lacks: &Lacks) -> Result<()> {
        (0..N).try_for_each(|index| T::check_found(part(item, index * T::ITEMSIZE, T::ITEMSIZE), lacks))
    }

    fn decode_found(item: &[u8], lacks: &Lacks) -> Self {
        std::array::from_fn(|index| T::decode_found(part(item, index * T::ITEMSIZE, T::ITEMSIZE), lacks))
    }

    fn encode_found(&self, item: &mut [u8], lacks: &Lacks) -> Result<()> {
        each_item(self, item, T::ITEMSIZE, |value, part| value.encode_found(part, lacks))
    }

    fn lacks(&self) -> Lacks {
        self.first().map(T::lacks).unwrap_or_default()
    }
}

/// How a field of a Rust type is an item: as its type says ([`Plain`]), or as an attribute says.
#[doc(hidden)]
#[diagnostic::on_unimplemented(
    message = "`{T}` can't be a field of a record in this way",
    label = "this type is not a field of a record, or not with this `dtype`",
    note = "a field is a number, `FixedBytes`, `FixedStr`, another type with `#[derive(Record)]`, an array or an `Option` of these",
    note = "a `String` says how much room it has: `#[record(dtype = \"U8\")]` for characters, `\"S8\"` for bytes of UTF-8",
    note = "`[u8; 16]` may be raw bytes: `#[record(dtype = \"V16\")]`; a field that is in no file says `#[record(skip)]`"
)]
#[allow(missing_docs, clippy::missing_errors_doc, reason = "as `RecordField`, which says what the items are")]
pub trait Codec<T> {
    const ITEMSIZE: usize;
    const ALIGNMENT: usize;
    const ANY_BITS: bool;
    const RULES: &'static [Rule] = &[];
    /// True when there is a value for a field that the file lacks.
    const OPTIONAL: bool = false;

    fn dtype() -> Result<DType>;
    fn memory_dtype() -> Result<DType>;
    fn check(item: &[u8]) -> Result<()>;
    fn decode(item: &[u8]) -> T;
    fn encode(value: &T, item: &mut [u8]) -> Result<()>;

    fn check_found(item: &[u8], _: &Lacks) -> Result<()> {
        Self::check(item)
    }

    fn decode_found(item: &[u8], _: &Lacks) -> T {
        Self::decode(item)
    }

    fn encode_found(value: &T, item: &mut [u8], _: &Lacks) -> Result<()> {
        Self::encode(value, item)
    }

    /// What of the value is `None`.
    fn lack(_: &T) -> Lack {
        Lack::Nothing
    }

    /// The value of a field that the file lacks.
    fn none() -> Option<T> {
        None
    }
}

/// As the type of the field says.
#[doc(hidden)]
#[derive(Debug)]
pub struct Plain;

#[diagnostic::do_not_recommend]
impl<T: RecordField> Codec<T> for Plain {
    const ITEMSIZE: usize = T::ITEMSIZE;
    const ALIGNMENT: usize = T::ALIGNMENT;
    const ANY_BITS: bool = T::ANY_BITS;
    const RULES: &'static [Rule] = T::RULES;

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

    fn check_found(item: &[u8], lacks: &Lacks) -> Result<()> {
        T::check_found(item, lacks)
    }

    fn decode_found(item: &[u8], lacks: &Lacks) -> T {
        T::decode_found(item, lacks)
    }

    fn encode_found(value: &T, item: &mut [u8], lacks: &Lacks) -> Result<()> {
        value.encode_found(item, lacks)
    }

    fn lack(value: &T) -> Lack {
        if any_may_lack(T::RULES) { Lack::Parts(value.lacks()) } else { Lack::Nothing }
    }
}

/// A field that a file may lack, and which is `None` then, in each way in which a field can be an item.
macro_rules! options {
    ($(($($generics:tt)*) $codec:ty, where ($($bound:tt)*);)*) => {$(
        #[diagnostic::do_not_recommend]
        impl<T, $($generics)*> Codec<Option<T>> for $codec
        where
            $($bound)*
        {
            const ITEMSIZE: usize = {
                assert!(!<Self as Codec<T>>::OPTIONAL, "an Option of an Option can't be a field: it would not come back");
                <Self as Codec<T>>::ITEMSIZE
            };
            const ALIGNMENT: usize = <Self as Codec<T>>::ALIGNMENT;
            const ANY_BITS: bool = <Self as Codec<T>>::ANY_BITS;
            const RULES: &'static [Rule] = <Self as Codec<T>>::RULES;
            const OPTIONAL: bool = true;

            fn dtype() -> Result<DType> {
                <Self as Codec<T>>::dtype()
            }

            fn memory_dtype() -> Result<DType> {
                Err(Error::mismatch("a field that may be None can't be seen in place"))
            }

            #[inline(always)]
            fn check(item: &[u8]) -> Result<()> {
                <Self as Codec<T>>::check(item)
            }

            #[inline(always)]
            fn decode(item: &[u8]) -> Option<T> {
                Some(<Self as Codec<T>>::decode(item))
            }

            #[inline(always)]
            fn encode(value: &Option<T>, item: &mut [u8]) -> Result<()> {
                <Self as Codec<T>>::encode(value.as_ref().ok_or_else(is_none)?, item)
            }

            fn check_found(item: &[u8], lacks: &Lacks) -> Result<()> {
                <Self as Codec<T>>::check_found(item, lacks)
            }

            fn decode_found(item: &[u8], lacks: &Lacks) -> Option<T> {
                Some(<Self as Codec<T>>::decode_found(item, lacks))
            }

            fn encode_found(value: &Option<T>, item: &mut [u8], lacks: &Lacks) -> Result<()> {
                <Self as Codec<T>>::encode_found(value.as_ref().ok_or_else(is_none)?, item, lacks)
            }

            fn lack(value: &Option<T>) -> Lack {
                value.as_ref().map_or(Lack::Whole, <Self as Codec<T>>::lack)
            }

            fn none() -> Option<Option<T>> {
                Some(None)
            }
        }
    )*};
}

options! {
    () Plain, where (T: RecordField);
    (const WIDTH: usize) UnicodeText<WIDTH>, where (Self: Codec<T>);
    (const WIDTH: usize) ByteText<WIDTH>, where (Self: Codec<T>);
    (const WIDTH: usize) RawBytes<WIDTH>, where (Self: Codec<T>);
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
    each_item(values, item, C::ITEMSIZE, C::encode)
}

/// Calls `f` with each value of an array and the part of the item that is its.
#[inline(always)]
fn each_item<T>(
    values: &[T],
    item: &mut [u8],
    itemsize: usize,
    f: impl Fn(&T, &mut [u8]) -> Result<()>,
) -> Result<()> {
    let mut rest = item;
    for value in values {
        let Some((part, behind)) = std::mem::take(&mut rest).split_at_mut_checked(itemsize) else {
            return Err(too_short());
        };
        f(value, part)?;
        rest = behind;
    }
    Ok(())
}

#[cold]
fn no_value<T: Element>(item: &[u8]) -> Error {
    if item.len() != size_of::<T>() {
        return too_short();
    }
    Error::mismatch(format!("a byte is neither 0 nor 1, so no {}", T::SCALAR))
}

#[cold]
fn not_as_in_memory<T>(base: &DType) -> Error {
    let (item, memory) = (base.itemsize(), size_of::<T>());
    Error::mismatch(format!("an item of {base} has {item} bytes, in memory it has {memory}"))
}
