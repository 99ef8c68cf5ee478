//! Strings of Rust as strings of a fixed width.

use super::field::{Codec, check_array, decode_array, encode_array};
use super::raw::RawBytes;
use crate::ops::cast::without_padding;
use crate::{ByteOrder, DType, Error, Result, SubArray};

/// Bytes of one UTF-32 code unit.
const UNIT: usize = 4;

/// A `String` as text of at most `N` characters: `<U8`.
#[doc(hidden)]
#[derive(Debug)]
pub struct UnicodeText<const N: usize>;

/// A `String` as at most `N` bytes of UTF-8: `|S8`.
#[doc(hidden)]
#[derive(Debug)]
pub struct ByteText<const N: usize>;

impl<const N: usize> Codec<String> for UnicodeText<N> {
    const ITEMSIZE: usize = N * UNIT;
    const ALIGNMENT: usize = UNIT;
    const ANY_BITS: bool = false;

    fn dtype() -> Result<DType> {
        Ok(DType::Unicode(N, ByteOrder::NATIVE))
    }

    fn memory_dtype() -> Result<DType> {
        <Self as Codec<String>>::dtype()
    }

    fn check(item: &[u8]) -> Result<()> {
        check_unicode(item)
    }

    fn decode(item: &[u8]) -> String {
        letters(item).collect()
    }

    fn encode(value: &String, item: &mut [u8]) -> Result<()> {
        encode_unicode(value, item)
    }
}

impl<const N: usize> Codec<String> for ByteText<N> {
    const ITEMSIZE: usize = N;
    const ALIGNMENT: usize = 1;
    const ANY_BITS: bool = false;

    fn dtype() -> Result<DType> {
        Ok(DType::Bytes(N))
    }

    fn memory_dtype() -> Result<DType> {
        <Self as Codec<String>>::dtype()
    }

    fn check(item: &[u8]) -> Result<()> {
        utf8(item).map(|_| ())
    }

    fn decode(item: &[u8]) -> String {
        String::from_utf8_lossy(without_padding(item)).into_owned()
    }

    fn encode(value: &String, item: &mut [u8]) -> Result<()> {
        check_end(value.as_bytes())?;
        encode_bytes(value.as_bytes(), item)
    }
}

/// Arrays of fields that are items as an attribute says.
macro_rules! arrays {
    ($($codec:ident)*) => {$(
        #[diagnostic::do_not_recommend]
        impl<T, const WIDTH: usize, const N: usize> Codec<[T; N]> for $codec<WIDTH>
        where
            Self: Codec<T>,
        {
            const ITEMSIZE: usize = {
                assert!(!<Self as Codec<T>>::OPTIONAL, "an item of an array can't be missing: make the array an Option");
                <Self as Codec<T>>::ITEMSIZE * N
            };
            const ALIGNMENT: usize = <Self as Codec<T>>::ALIGNMENT;
            const ANY_BITS: bool = <Self as Codec<T>>::ANY_BITS;

            fn dtype() -> Result<DType> {
                Ok(SubArray::joined(<Self as Codec<T>>::dtype()?, &[N])?.into())
            }

            fn memory_dtype() -> Result<DType> {
                <Self as Codec<[T; N]>>::dtype()
            }

            fn check(item: &[u8]) -> Result<()> {
                check_array::<Self, T, N>(item)
            }

            fn decode(item: &[u8]) -> [T; N] {
                decode_array::<Self, T, N>(item)
            }

            fn encode(value: &[T; N], item: &mut [u8]) -> Result<()> {
                encode_array::<Self, T, N>(value, item)
            }
        }
    )*};
}

arrays! { UnicodeText ByteText RawBytes }

/// The code units of an item without the padding, in the machine's byte order.
fn units(item: &[u8]) -> impl Iterator<Item = u32> {
    let units =
        item.chunks_exact(UNIT).map(|unit| <[u8; UNIT]>::try_from(unit).map_or(0, u32::from_ne_bytes));
    let len = units.clone().rposition(|unit| unit != 0).map_or(0, |last| last + 1);
    units.take(len)
}

fn letters(item: &[u8]) -> impl Iterator<Item = char> {
    units(item).map(|unit| char::from_u32(unit).unwrap_or(char::REPLACEMENT_CHARACTER))
}

pub(crate) fn check_unicode(item: &[u8]) -> Result<()> {
    match units(item).find(|unit| char::from_u32(*unit).is_none()) {
        Some(unit) => Err(Error::mismatch(format!("{unit:#x} is not a character"))),
        None => Ok(()),
    }
}

/// The text of a string of UTF-32 in the machine's byte order.
pub(crate) fn unicode(item: &[u8]) -> Result<String> {
    check_unicode(item)?;
    Ok(letters(item).collect())
}

/// The text of a string of bytes.
pub(crate) fn utf8(item: &[u8]) -> Result<&str> {
    let bytes = without_padding(item);
    std::str::from_utf8(bytes)
        .map_err(|source| Error::mismatch("the bytes are not text in UTF-8").with_source(source))
}

pub(crate) fn encode_unicode(text: &str, item: &mut [u8]) -> Result<()> {
    check_end(text.as_bytes())?;
    let mut letters = text.chars();
    for (unit, letter) in item.chunks_exact_mut(UNIT).zip(&mut letters) {
        unit.copy_from_slice(&u32::from(letter).to_ne_bytes());
    }
    let count = text.chars().count();
    match item.get_mut(count.saturating_mul(UNIT)..) {
        Some(rest) => rest.fill(0),
        None => return Err(too_long(&format!("{text:?}"), count, "characters", item.len() / UNIT)),
    }
    Ok(())
}

pub(crate) fn encode_bytes(bytes: &[u8], item: &mut [u8]) -> Result<()> {
    let room = item.len();
    let Some((start, rest)) = item.split_at_mut_checked(bytes.len()) else {
        return Err(too_long(&format!("\"{}\"", bytes.escape_ascii()), bytes.len(), "bytes", room));
    };
    start.copy_from_slice(bytes);
    rest.fill(0);
    Ok(())
}

/// NULs at the end are padding, and would be lost.
pub(crate) fn check_end(text: &[u8]) -> Result<()> {
    match text.last() {
        Some(0) => Err(Error::invalid(format!(
            "the text \"{}\" ends with NUL, which only pads a string",
            text.escape_ascii()
        ))),
        _ => Ok(()),
    }
}

#[cold]
fn too_long(text: &str, len: usize, what: &str, room: usize) -> Error {
    Error::invalid(format!("the text {text} has {len} {what}, there is room for {room}"))
}
