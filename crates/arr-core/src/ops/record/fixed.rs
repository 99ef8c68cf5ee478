//! Strings of a fixed width, in place.

use std::fmt;

use super::RecordField;
use super::field::{Plain, decode_array, encode_array};
use super::part::too_short;
use super::text::{check_unicode, encode_bytes};
use crate::ops::cast::without_padding;
use crate::{ByteOrder, DType, Error, Result};

/// A byte string of at most `N` bytes, padded with NUL: NumPy's `|S`. What the bytes mean is up to you.
///
/// ```
/// use arr_core::FixedBytes;
/// let name = FixedBytes::<4>::new(b"abc")?;
/// assert_eq!((name.as_bytes(), name.as_array()), (&b"abc"[..], b"abc\0"));
/// assert!(FixedBytes::<2>::new(b"abc").is_err());
/// # Ok::<(), arr_core::Error>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, bytemuck::Zeroable, bytemuck::Pod)]
#[repr(transparent)]
pub struct FixedBytes<const N: usize>([u8; N]);

impl<const N: usize> FixedBytes<N> {
    /// The string of these bytes. NULs at their end count as padding.
    ///
    /// # Errors
    /// `InvalidArgument` when there are more than `N`.
    pub fn new(bytes: impl AsRef<[u8]>) -> Result<Self> {
        let mut item = [0; N];
        encode_bytes(bytes.as_ref(), &mut item)?;
        Ok(Self(item))
    }

    /// The bytes without the padding.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        without_padding(&self.0)
    }

    /// All the bytes.
    #[must_use]
    pub fn as_array(&self) -> &[u8; N] {
        &self.0
    }
}

impl<const N: usize> From<[u8; N]> for FixedBytes<N> {
    fn from(bytes: [u8; N]) -> Self {
        Self(bytes)
    }
}

impl<const N: usize> Default for FixedBytes<N> {
    fn default() -> Self {
        Self([0; N])
    }
}

impl<const N: usize> AsRef<[u8]> for FixedBytes<N> {
    fn as_ref(&self) -> &[u8] {
        self.as_bytes()
    }
}

impl<const N: usize> fmt::Debug for FixedBytes<N> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "b\"{}\"", self.as_bytes().escape_ascii())
    }
}

impl<const N: usize> RecordField for FixedBytes<N> {
    const ITEMSIZE: usize = N;
    const ALIGNMENT: usize = 1;
    const ANY_BITS: bool = true;

    fn dtype() -> Result<DType> {
        Ok(DType::Bytes(N))
    }

    #[inline(always)]
    fn check(_: &[u8]) -> Result<()> {
        Ok(())
    }

    #[inline(always)]
    fn decode(item: &[u8]) -> Self {
        item.first_chunk().map_or_else(Self::default, |bytes| Self(*bytes))
    }

    #[inline(always)]
    fn encode(&self, item: &mut [u8]) -> Result<()> {
        let Some(slot) = item.first_chunk_mut() else { return Err(too_short()) };
        *slot = self.0;
        Ok(())
    }
}

/// Text of at most `N` characters, padded with NUL: NumPy's `<U`.
///
/// ```
/// use arr_core::FixedStr;
/// let name = FixedStr::<4>::new("añb")?;
/// assert_eq!(name.to_string(), "añb");
/// assert_eq!((name.chars().count(), name == "añb"), (3, true));
/// assert!(FixedStr::<2>::new("añb").is_err());
/// # Ok::<(), arr_core::Error>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FixedStr<const N: usize>([char; N]);

impl<const N: usize> FixedStr<N> {
    /// The text. NULs at its end count as padding.
    ///
    /// # Errors
    /// `InvalidArgument` when it has more than `N` characters.
    pub fn new(text: impl AsRef<str>) -> Result<Self> {
        let text = text.as_ref();
        let count = text.chars().count();
        if count > N {
            let message = format!("the text {text:?} has {count} characters, there is room for {N}");
            return Err(Error::invalid(message));
        }
        let mut letters = text.chars();
        Ok(Self(std::array::from_fn(|_| letters.next().unwrap_or('\0'))))
    }

    /// The characters without the padding.
    pub fn chars(&self) -> impl DoubleEndedIterator<Item = char> + ExactSizeIterator {
        let len = self.0.iter().rposition(|letter| *letter != '\0').map_or(0, |last| last + 1);
        self.0.iter().copied().take(len)
    }
}

impl<const N: usize> Default for FixedStr<N> {
    fn default() -> Self {
        Self(['\0'; N])
    }
}

impl<const N: usize> PartialEq<str> for FixedStr<N> {
    fn eq(&self, other: &str) -> bool {
        self.chars().eq(other.chars())
    }
}

impl<const N: usize> PartialEq<&str> for FixedStr<N> {
    fn eq(&self, other: &&str) -> bool {
        *self == **other
    }
}

impl<const N: usize> fmt::Display for FixedStr<N> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.chars().collect::<String>())
    }
}

impl<const N: usize> fmt::Debug for FixedStr<N> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}", self.to_string())
    }
}

impl<const N: usize> RecordField for FixedStr<N> {
    const ITEMSIZE: usize = N * size_of::<char>();
    const ALIGNMENT: usize = align_of::<u32>();
    const ANY_BITS: bool = false;

    fn dtype() -> Result<DType> {
        Ok(DType::Unicode(N, ByteOrder::NATIVE))
    }

    #[inline(always)]
    fn check(item: &[u8]) -> Result<()> {
        check_unicode(item)
    }

    #[inline(always)]
    fn decode(item: &[u8]) -> Self {
        let codes: [u32; N] = decode_array::<Plain, u32, N>(item);
        Self(codes.map(|code| char::from_u32(code).unwrap_or(char::REPLACEMENT_CHARACTER)))
    }

    #[inline(always)]
    fn encode(&self, item: &mut [u8]) -> Result<()> {
        encode_array::<Plain, u32, N>(&self.0.map(u32::from), item)
    }
}
