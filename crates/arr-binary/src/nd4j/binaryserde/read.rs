//! Reading, viewing and mapping.

use std::path::Path;

use arr_core::format::Reading;
use arr_core::format::doors::view_array;
use arr_core::{Array, ArrayViewMut, Buffer, MmapMut, Result};

use super::format::{Serde, in_latin1};

arr_core::codec_read_options!(Serde);
arr_core::read_functions!(Array);
arr_core::slice_functions!(Array);
arr_core::view_functions!(Serde::ALONE);

impl ReadOptions {
    /// Takes the bytes of strings as Latin-1, the first 256 characters: so ND4J writes strings of those. What it makes
    /// of others can't be brought back.
    ///
    /// Bytes that come from elsewhere, in UTF-8, are misread so.
    #[must_use]
    pub fn latin1(mut self) -> Self {
        self.reading = in_latin1(self.reading);
        self
    }
}

/// The array in a [`Buffer`], which it shares.
///
/// # Errors
/// As [`view`].
pub fn read_buffer(buffer: Buffer) -> Result<Array> {
    view_array(&Serde::ALONE, buffer, &Reading::new())
}

/// Views an array in memory that can be written, such as memory shared with another process: values are changed in place.
///
/// ```
/// use arr_binary::binaryserde;
/// use arr_core::{Array, s};
/// let mut shared = binaryserde::to_bytes(&[1u8, 2, 3])?;
/// let mut array = binaryserde::view_mut(&mut shared)?;
/// array.slice_mut(s![0..1])?.assign(&Array::from_vec(vec![10u8], &[1])?)?;
/// assert_eq!(binaryserde::view(&shared)?.to_vec::<u8>()?, [10, 2, 3]);
/// # Ok::<(), arr_core::Error>(())
/// ```
///
/// # Errors
/// As [`view`].
pub fn view_mut(bytes: &mut [u8]) -> Result<ArrayViewMut<'_>> {
    view_array(&Serde::ALONE, bytes, &Reading::new())
}

/// Maps a file for reading and writing; changes of values reach the file.
///
/// # Safety
/// As for [`MmapMut::open`].
///
/// # Errors
/// As [`map`].
#[allow(unsafe_code, reason = "whoever maps a file has to promise what no function can check")]
pub unsafe fn map_mut(path: impl AsRef<Path>) -> Result<Array<MmapMut>> {
    // SAFETY: the caller promises it of the file.
    view_array(&Serde::ALONE, unsafe { MmapMut::open(path) }?, &Reading::new())
}

/// Maps a file for reading and writing; changes are seen by this map alone, and the file need only be readable.
///
/// ```
/// # let folder = tempfile::tempdir()?;
/// # let path = folder.path().join("x.buf");
/// use arr_binary::binaryserde;
/// use arr_core::{Array, s};
/// binaryserde::save(&path, &vec![1u8, 2, 3])?;
/// // SAFETY: nobody else has the files of this folder.
/// let mut map = unsafe { binaryserde::map_private(&path) }?;
/// map.slice_mut(s![0..1])?.assign(&Array::from_vec(vec![10u8], &[1])?)?;
/// assert_eq!(map.to_vec::<u8>()?, [10, 2, 3]);
/// assert_eq!(binaryserde::read(&path)?.to_vec::<u8>()?, [1, 2, 3]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Safety
/// As for [`MmapMut::open_private`].
///
/// # Errors
/// As [`map`].
#[allow(unsafe_code, reason = "whoever maps a file has to promise what no function can check")]
pub unsafe fn map_private(path: impl AsRef<Path>) -> Result<Array<MmapMut>> {
    // SAFETY: the caller promises it of the file.
    view_array(&Serde::ALONE, unsafe { MmapMut::open_private(path) }?, &Reading::new())
}
