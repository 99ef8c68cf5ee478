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
/// **A map shows the file as it is.** If anybody changes the file (another process, or this one through another map),
/// the values change under the references to them, which Rust takes for impossible: a `bool` may become a byte that is
/// none. If the file becomes shorter, touching the lost part ends this process with a signal (`SIGBUS`), which no
/// library can turn into an error. Map files that are replaced whole, as this library writes them; read the others.
#[derive(Clone, Debug)]
pub struct Mmap(Arc<memmap2::Mmap>);

impl Mmap {
    /// Maps a whole file.
    ///
    /// # Errors
    /// `Io` when it can't be opened or mapped.
    pub fn open(path: impl AsRef<Path>) -> Result<Self> {
        Self::of_file(&open_regular(path, false)?)
    }

    /// Maps a whole open file.
    ///
    /// # Errors
    /// `Io` when it can't be mapped.
    pub fn of_file(file: &File) -> Result<Self> {
        // SAFETY: the map is read-only and its bytes are only lent as `&[u8]` and, after a check of each value, as
        // types for which every checked pattern is valid. What is left is that somebody changes the file while it is
        // borrowed, which may be this process through another map of it. Every reader of maps on every system lives
        // with that; it is documented on the type, and no function of the crates maps a file unless the caller asked
        // for a map.
        let map = unsafe { memmap2::Mmap::map(file) }.map_err(|source| Error::io("can't map", source))?;
        Ok(Self(Arc::new(map)))
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
/// The rules of [`Mmap`] hold here as well, and more: while a file is mapped for writing, nothing else of this
/// process may look at it through a map, since a change would be seen through a reference that promises none.
#[derive(Debug)]
pub struct MmapMut(memmap2::MmapMut);

impl MmapMut {
    /// Maps a whole file for reading and writing; changes reach the file, under all names that it has.
    ///
    /// # Errors
    /// `Io` when it can't be opened or mapped.
    pub fn open(path: impl AsRef<Path>) -> Result<Self> {
        Self::shared(&open_regular(path, true)?)
    }

    /// Maps a whole file for reading and writing; changes are seen by this map alone. The file need only be readable.
    ///
    /// # Errors
    /// `Io` when it can't be opened or mapped.
    pub fn open_private(path: impl AsRef<Path>) -> Result<Self> {
        Self::private(&open_regular(path, false)?)
    }

    /// Maps a whole open file; changes reach the file. It must be open for reading and writing.
    ///
    /// # Errors
    /// `Io` when it can't be mapped.
    pub fn shared(file: &File) -> Result<Self> {
        // SAFETY: as for `Mmap::of_file`; the exclusive borrow that hands out `&mut [u8]` keeps the accesses through
        // this map apart. That there is no other map of the file is up to the caller, as documented on the type.
        let map = unsafe { memmap2::MmapMut::map_mut(file) };
        map.map(Self).map_err(|source| Error::io("can't map", source))
    }

    /// Maps a whole open file; changes are seen by this map alone and never reach the file.
    ///
    /// # Errors
    /// `Io` when it can't be mapped.
    pub fn private(file: &File) -> Result<Self> {
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
