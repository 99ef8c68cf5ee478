//! Files as memory: NumPy's four modes. Nobody but the caller can promise what a map asks of the file, so all are unsafe.
#![allow(unsafe_code)]

use std::io::Write;
use std::path::Path;

use arr_core::format::in_file;
use arr_core::{Array, DType, Error, Limits, Mmap, MmapMut, Order, Result, SaveOptions};

use crate::header::{Header, Version, parse_header};
use crate::read::{check_items, in_place, of_whole_file};
use crate::write::storable;

/// How a `.npy` is mapped: NumPy's `open_memmap`.
///
/// | NumPy's mode | here | changes |
/// |---|---|---|
/// | `r` | [`map`](Self::map) | are impossible |
/// | `r+` | [`map_mut`](Self::map_mut) | reach the file |
/// | `w+` | [`create`](Self::create) | reach the new file |
/// | `c` | [`map_private`](Self::map_private) | are seen by this map alone |
///
/// Unlike NumPy's, a map never changes the length of a file, and a new file replaces an old one only when it is
/// complete: maps of the old one stay as they are.
///
/// What [`Mmap::open`] and [`MmapMut::open`] ask of the file holds for all of them. Objects can't be mapped. A foreign byte order
/// can, but not seen as typed values.
///
/// ```
/// # let folder = tempfile::tempdir()?;
/// # let path = folder.path().join("x.npy");
/// use arr_core::{DType, Order};
/// use arr_npy::MapOptions;
/// let options = MapOptions::new().order(Order::F).keep_existing();
/// // SAFETY: nobody else has the files of this folder.
/// let mut map = unsafe { options.create(&path, DType::of::<f32>(), &[2, 3]) }?;
/// map.typed_mut::<f32>()?[[1, 2]] = 1.5;
/// drop(map);
/// assert_eq!(arr_npy::read(&path)?.get::<f32>(&[1, 2])?, 1.5);
/// assert!(unsafe { options.create(&path, DType::of::<f32>(), &[2, 3]) }.is_err());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, Default)]
pub struct MapOptions {
    limits: Limits,
    order: Option<Order>,
    version: Option<Version>,
    save: SaveOptions,
}

impl MapOptions {
    /// Maps under the default limits; a new file is in C order, of the smallest version that will do, and replaces an
    /// existing one.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    arr_core::setters! {
        /// Puts a policy in force.
        limits: Limits;
        /// Lays a new file out in C or Fortran order.
        order: Option<Order>;
        /// Gives a new file that version of the format.
        version: Option<Version>;
    }

    /// Makes no new file where one exists already.
    #[must_use]
    pub fn keep_existing(mut self) -> Self {
        self.save = self.save.keep_existing();
        self
    }

    /// Maps a file for reading (mode `r`).
    ///
    /// # Safety
    /// As for [`Mmap::open`].
    ///
    /// # Errors
    /// `Io` when the file can't be opened or mapped; `Malformed`, `Unsupported` or `LimitExceeded` with the offset.
    pub unsafe fn map(&self, path: impl AsRef<Path>) -> Result<Array<Mmap>> {
        let path = path.as_ref();
        // SAFETY: the caller promises it of the file.
        let map = unsafe { Mmap::open(path) }?;
        in_file(path, of_whole_file(map, &self.limits))
    }

    /// Maps a file for reading and writing (mode `r+`); changes reach the file.
    ///
    /// # Safety
    /// As for [`MmapMut::open`].
    ///
    /// # Errors
    /// As [`map`](Self::map). A file that is too short stays as it is, and is `Malformed`.
    pub unsafe fn map_mut(&self, path: impl AsRef<Path>) -> Result<Array<MmapMut>> {
        let path = path.as_ref();
        // SAFETY: the caller promises it of the file.
        let map = unsafe { MmapMut::open(path) }?;
        in_file(path, of_whole_file(map, &self.limits))
    }

    /// Maps a file for reading and writing (mode `c`); changes are seen by this map alone. The file need only be
    /// readable.
    ///
    /// # Safety
    /// As for [`MmapMut::open_private`].
    ///
    /// # Errors
    /// As [`map`](Self::map).
    pub unsafe fn map_private(&self, path: impl AsRef<Path>) -> Result<Array<MmapMut>> {
        let path = path.as_ref();
        // SAFETY: the caller promises it of the file.
        let map = unsafe { MmapMut::open_private(path) }?;
        in_file(path, of_whole_file(map, &self.limits))
    }

    /// Makes a file of zeros (empty strings, false) and maps it for reading and writing (mode `w+`). The header is
    /// the one that NumPy writes. Every byte has its place on the disk before the file gets its name.
    ///
    /// # Safety
    /// As for [`MmapMut::open`], of the new file.
    ///
    /// # Errors
    /// `InvalidArgument` when the shape is too large or the version can't hold the header, `Unsupported` when the
    /// items are references or the path is a pipe or a device, `LimitExceeded` when there are too many items without
    /// bytes, `Io` when the file can't be made: an existing file is untouched then.
    pub unsafe fn create(
        &self,
        path: impl AsRef<Path>,
        dtype: impl Into<DType>,
        shape: &[usize],
    ) -> Result<Array<MmapMut>> {
        let (dtype, header, bytes) =
            self.header(&dtype.into(), shape).map_err(|error| error.in_format("npy"))?;
        let file = self.save.create(path)?;
        if !file.can_seek() {
            return Err(Error::unsupported("a pipe or a device can't be mapped").in_format("npy"));
        }
        let written = file.file().write_all(&bytes);
        written.map_err(|source| Error::io("can't write", source))?;
        file.fill_with_zeros(header.data_offset().saturating_add(header.data_len()))?;
        // Some file systems can't map: better to know before the old file is gone.
        // SAFETY: the file has no name yet, so nobody else has it.
        drop(unsafe { MmapMut::shared(file.file()) }?);
        // SAFETY: the caller promises it of the file that now has its name.
        let map = unsafe { MmapMut::shared(&file.commit_open()?) }?;
        in_place(&header, map, 0)?.with_dtype(dtype)
    }

    /// What a new file begins with.
    fn header(&self, dtype: &DType, shape: &[usize]) -> Result<(DType, Header, Vec<u8>)> {
        if dtype.has_references() {
            return Err(Error::unsupported(format!("items of {dtype} are references: they can't be mapped")));
        }
        let (dtype, _) = storable(dtype, None)?;
        let header = Header::unplaced(dtype.clone(), shape, self.order.unwrap_or(Order::C))?;
        let bytes = header.to_bytes(self.version)?;
        let header = parse_header(&bytes, &self.limits)?;
        check_items(&header, &mut self.limits.budget(), header.data_offset())?;
        Ok((dtype, header, bytes))
    }
}

/// Maps a `.npy` file for reading and writing (NumPy's `mmap_mode='r+'`); changes reach the file.
///
/// ```
/// # let folder = tempfile::tempdir()?;
/// # let path = folder.path().join("x.npy");
/// arr_npy::save(&path, &ndarray::array![[1.0f32, 2.0], [3.0, 4.0]])?;
/// // SAFETY: nobody else has the files of this folder.
/// let mut map = unsafe { arr_npy::map_mut(&path) }?;
/// map.typed_mut::<f32>()?[[0, 1]] = 20.0;
/// map.flush()?;
/// assert_eq!(arr_npy::read(&path)?.to_vec::<f32>()?, [1.0, 20.0, 3.0, 4.0]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Safety
/// As for [`MmapMut::open`].
///
/// # Errors
/// As [`MapOptions::map_mut`].
pub unsafe fn map_mut(path: impl AsRef<Path>) -> Result<Array<MmapMut>> {
    // SAFETY: the caller promises it of the file.
    unsafe { MapOptions::new().map_mut(path) }
}

/// Maps a `.npy` file for reading and writing (NumPy's `mmap_mode='c'`); changes are seen by this map alone.
///
/// ```
/// # let folder = tempfile::tempdir()?;
/// # let path = folder.path().join("x.npy");
/// arr_npy::save(&path, &vec![1u8, 2, 3])?;
/// // SAFETY: nobody else has the files of this folder.
/// let mut map = unsafe { arr_npy::map_private(&path) }?;
/// map.typed_mut::<u8>()?[[0]] = 10;
/// assert_eq!(map.to_vec::<u8>()?, [10, 2, 3]);
/// assert_eq!(arr_npy::read(&path)?.to_vec::<u8>()?, [1, 2, 3]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Safety
/// As for [`MmapMut::open_private`].
///
/// # Errors
/// As [`MapOptions::map_private`].
pub unsafe fn map_private(path: impl AsRef<Path>) -> Result<Array<MmapMut>> {
    // SAFETY: the caller promises it of the file.
    unsafe { MapOptions::new().map_private(path) }
}

/// Makes a `.npy` file of zeros, in C order, and maps it for reading and writing (NumPy's `open_memmap` with the mode
/// `w+`): how to fill an array that is larger than memory, in any order.
///
/// ```
/// # let folder = tempfile::tempdir()?;
/// # let path = folder.path().join("x.npy");
/// use arr_core::DType;
/// // SAFETY: nobody else has the files of this folder.
/// let mut map = unsafe { arr_npy::create_map(&path, DType::of::<u16>(), &[2, 2]) }?;
/// map.typed_mut::<u16>()?[[1, 0]] = 7;
/// map.flush()?;
/// assert_eq!(arr_npy::read(&path)?.to_vec::<u16>()?, [0, 0, 7, 0]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Safety
/// As for [`MmapMut::open`], of the new file.
///
/// # Errors
/// As [`MapOptions::create`].
pub unsafe fn create_map(
    path: impl AsRef<Path>,
    dtype: impl Into<DType>,
    shape: &[usize],
) -> Result<Array<MmapMut>> {
    // SAFETY: the caller promises it of the file.
    unsafe { MapOptions::new().create(path, dtype, shape) }
}
