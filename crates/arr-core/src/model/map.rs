//! Files as memory, advice about memory, and memory that threads fill. The one module of this crate with unsafe code.
#![allow(unsafe_code)]

mod fill;
mod past;

use std::fs::File;
use std::ops::{Deref, DerefMut};
use std::path::Path;
use std::sync::Arc;

pub(crate) use self::fill::{Piece, fill_in_pieces};
use crate::format::open_regular;
use crate::{Error, Result};

/// A file mapped for reading (NumPy's mode `r`): opening costs microseconds whatever the size, and only the pages
/// that are accessed are read. A clone shares the map.
///
/// **A map shows the file as it is.** If anybody changes the file (another process, or this one by a write or through
/// another map), the values change under the references to them, which Rust takes for impossible: a `bool` may become a
/// byte that is none, and that is undefined behaviour. If the file becomes shorter, touching the lost part ends this
/// process with a signal (`SIGBUS`), which no library can turn into an error. Nobody but the caller knows who else has the
/// file, so every function that maps one is `unsafe`. Map files that are replaced whole, as this library writes them; read
/// the others: reading and reading slices or blocks is safe, and opens as quickly.
///
/// ```compile_fail,E0133
/// let map = arr_core::Mmap::open("x.npy")?;
/// # Ok::<(), arr_core::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct Mmap(Arc<memmap2::Mmap>);

impl Mmap {
    /// Maps a whole file.
    ///
    /// # Safety
    /// The file is not changed, by anybody and in any way, for as long as the map or a clone of it is there: not written
    /// to, not made shorter, not mapped for writing. (To put another file in its place, as a save does, changes nothing:
    /// the map keeps the old one.)
    ///
    /// # Errors
    /// `Io` when it can't be opened or mapped.
    pub unsafe fn open(path: impl AsRef<Path>) -> Result<Self> {
        let file = open_regular(path, false)?;
        // SAFETY: the caller promises it of the file.
        unsafe { Self::of_file(&file) }
    }

    /// Maps a whole open file.
    ///
    /// # Safety
    /// As for [`open`](Self::open).
    ///
    /// # Errors
    /// `Io` when it can't be mapped.
    pub unsafe fn of_file(file: &File) -> Result<Self> {
        // SAFETY: the map is read-only, its bytes are only lent as `&[u8]` and, after a check of each value, as types for
        // which every checked pattern is valid; and the caller promises that they do not change.
        let map = unsafe { memmap2::Mmap::map(file) }.map_err(|source| Error::io("can't map", source))?;
        Ok(Self(Arc::new(map)))
    }
}

/// What maps files for a reader of a format, which has no unsafe code: see [`Reader::map`](crate::format::Reader::map).
/// To make one is to promise what a map asks of the files.
#[derive(Clone, Copy, Debug)]
pub struct Mapper(());

impl Mapper {
    /// Lets files be mapped.
    ///
    /// # Safety
    /// What [`Mmap::open`] asks of a file holds for each that is mapped through it, or through a copy.
    #[must_use]
    pub const unsafe fn new() -> Self {
        Self(())
    }

    /// Maps a whole open file.
    ///
    /// # Errors
    /// `Io` when it can't be mapped.
    pub fn map(self, file: &File) -> Result<Mmap> {
        // SAFETY: whoever made the mapper has promised it.
        unsafe { Mmap::of_file(file) }
    }
}

impl Deref for Mmap {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        &self.0
    }
}

/// A file mapped for writing: NumPy's modes `r+` and `w+` (changes reach the file) and `c` (they stay private).
///
/// The rules of [`Mmap`] hold here as well, and more: while a file is mapped for writing, nothing else may look at it
/// through a map, since a change would be seen through a reference that promises none.
#[derive(Debug)]
pub struct MmapMut(memmap2::MmapMut);

impl MmapMut {
    /// Maps a whole file for reading and writing; changes reach the file, under all names that it has.
    ///
    /// # Safety
    /// For as long as the map is there, nobody changes the file but through this map, and nothing else maps it, for
    /// reading or for writing.
    ///
    /// # Errors
    /// `Io` when it can't be opened or mapped.
    pub unsafe fn open(path: impl AsRef<Path>) -> Result<Self> {
        let file = open_regular(path, true)?;
        // SAFETY: the caller promises it of the file.
        unsafe { Self::shared(&file) }
    }

    /// Maps a whole file for reading and writing; changes are seen by this map alone. The file need only be readable.
    ///
    /// # Safety
    /// The file is not changed for as long as the map is there: pages that were not yet written to are still the file's.
    ///
    /// # Errors
    /// `Io` when it can't be opened or mapped.
    pub unsafe fn open_private(path: impl AsRef<Path>) -> Result<Self> {
        let file = open_regular(path, false)?;
        // SAFETY: the caller promises it of the file.
        unsafe { Self::private(&file) }
    }

    /// Maps a whole open file; changes reach the file. It must be open for reading and writing.
    ///
    /// # Safety
    /// As for [`open`](Self::open).
    ///
    /// # Errors
    /// `Io` when it can't be mapped.
    pub unsafe fn shared(file: &File) -> Result<Self> {
        // SAFETY: as for `Mmap::of_file`; the exclusive borrow that hands out `&mut [u8]` keeps the accesses through
        // this map apart, and the caller promises that there are no others.
        let map = unsafe { memmap2::MmapMut::map_mut(file) };
        map.map(Self).map_err(|source| Error::io("can't map", source))
    }

    /// Maps a whole open file; changes are seen by this map alone and never reach the file.
    ///
    /// # Safety
    /// As for [`open_private`](Self::open_private).
    ///
    /// # Errors
    /// `Io` when it can't be mapped.
    pub unsafe fn private(file: &File) -> Result<Self> {
        // SAFETY: as for `Mmap::of_file`; pages that were written to are this process's own.
        let map = unsafe { memmap2::MmapOptions::new().map_copy(file) }
            .map_err(|source| Error::io("can't map", source))?;
        Ok(Self(map))
    }

    /// Waits until the changes are in the file.
    ///
    /// # Errors
    /// `Io` when the system can't write them.
    pub fn flush(&self) -> Result<()> {
        self.0.flush().map_err(|source| Error::io("can't flush", source))
    }
}

impl Deref for MmapMut {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        &self.0
    }
}

impl DerefMut for MmapMut {
    fn deref_mut(&mut self) -> &mut [u8] {
        &mut self.0
    }
}

/// Asks for huge pages under memory that nobody has touched yet: then it costs a third to touch. It is advice: what
/// the system answers does not matter.
#[cfg(target_os = "linux")]
pub(crate) fn advise_huge_pages<T>(memory: &mut [T]) {
    use rustix::mm::{Advice, madvise};
    let start = memory.as_mut_ptr().cast::<u8>();
    // From the page on in which it begins: a mapping of which only a part is advised is two, which can't be moved as one
    // when the memory is to be larger.
    let before = start.addr() % rustix::param::page_size();
    let len = size_of_val(memory).saturating_add(before);
    if len > before {
        // SAFETY: the pages hold `memory`, which is there, and the advice changes nothing that is in them: it only says
        // how the system is to back them.
        let _ = unsafe { madvise(start.wrapping_sub(before).cast(), len, Advice::LinuxHugepage) };
    }
}

/// There is no such advice on this system.
#[cfg(not(target_os = "linux"))]
pub(crate) fn advise_huge_pages<T>(_: &mut [T]) {}
