//! Adding to files that exist.

use std::fs::File;
use std::io::{Seek, SeekFrom, Write};
use std::path::Path;

use super::links::{names_of, open_regular};
use super::lock::{Lock, is_called, lock, unlock};
use super::rest::HalfDone;
use super::{NewFile, preallocate};
use crate::format::in_file;
use crate::{Error, Result};

/// An existing file that is being added to. Dropped before [`commit`](Self::commit), it gets its old length back;
/// whatever was changed in front of that stays, so change that last.
///
/// While it is open no other program can add to the file this way.
///
/// ```
/// let folder = tempfile::tempdir()?;
/// let path = folder.path().join("log");
/// std::fs::write(&path, "one")?;
/// let mut file = arr_core::format::GrownFile::open(&path)?;
/// file.write_at(b" two", file.old_len())?;
/// drop(file);
/// assert_eq!(std::fs::read(&path)?, b"one");
/// let mut file = arr_core::format::GrownFile::open(&path)?;
/// file.write_at(b" and two", file.old_len())?;
/// file.commit()?;
/// assert_eq!(std::fs::read(&path)?, b"one and two");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct GrownFile {
    file: File,
    old_len: u64,
    sync: bool,
    done: bool,
    _half_done: HalfDone,
}

impl GrownFile {
    /// Opens a file for reading and writing, for nobody else to add to it meanwhile.
    ///
    /// # Errors
    /// `Io` when it can't be opened, is not a regular file, or is being added to already.
    pub fn open(path: impl AsRef<Path>) -> Result<Self> {
        let path = path.as_ref();
        in_file(path, Self::open_for_adding(path))
    }

    fn open_for_adding(path: &Path) -> Result<Self> {
        for _ in 0..100 {
            let file = open_regular(path, true)?;
            take(&file)?;
            let metadata = file.metadata().map_err(|source| Error::io("can't look at the file", source))?;
            // It may have been replaced before the lock was taken: then what is added would be lost.
            if is_called(&metadata, path) {
                return Ok(Self::of(file, metadata.len()));
            }
        }
        Err(Error::new(crate::ErrorKind::Io, "can't add to it: it is being replaced all the time"))
    }

    /// Gives a new file its name, and goes on adding to it: nobody else can do so in between.
    ///
    /// # Errors
    /// As [`NewFile::commit`]; `Unsupported` for a pipe or a device.
    pub fn of_new(file: NewFile) -> Result<Self> {
        if !file.can_seek() {
            return Err(Error::unsupported("a pipe or a device can't be added to"));
        }
        take(file.file())?;
        let metadata = file.file().metadata();
        let old_len = metadata.map_err(|source| Error::io("can't look at the file", source))?.len();
        let file = file.commit_locked()?;
        // Some systems can name nothing but a copy.
        take(&file)?;
        Ok(Self::of(file, old_len))
    }

    fn of(file: File, old_len: u64) -> Self {
        Self { file, old_len, sync: false, done: false, _half_done: HalfDone::begin() }
    }

    /// True when the file has other names as well (hard links). What is added to it in place is seen under all of them:
    /// who promises that they keep the old contents, replaces the file by a copy.
    ///
    /// # Errors
    /// `Io` when the system does not tell.
    pub fn has_other_names(&self) -> Result<bool> {
        let metadata = self.file.metadata().map_err(|source| Error::io("can't look at the file", source))?;
        Ok(names_of(&metadata) > 1)
    }

    /// Waits at [`commit`](Self::commit) and [`settle`](Self::settle) until all is on the disk.
    #[must_use]
    pub fn sync(mut self, sync: bool) -> Self {
        self.sync = sync;
        self
    }

    /// The file, for reading, and for writing after [`old_len`](Self::old_len).
    #[must_use]
    pub fn file(&self) -> &File {
        &self.file
    }

    /// The length that the file had when it was opened, or that is to be kept since then.
    #[must_use]
    pub fn old_len(&self) -> u64 {
        self.old_len
    }

    /// Makes room for `len` bytes after `offset`, so that a full disk is noticed before anything is written. The
    /// length of the file stays.
    ///
    /// # Errors
    /// `Io` when the disk has no room for them.
    pub fn reserve(&self, offset: u64, len: u64) -> Result<()> {
        preallocate(&self.file, offset, len)
    }

    /// Writes all of `bytes` at a place of the file.
    ///
    /// # Errors
    /// `Io` when the system refuses.
    pub fn write_at(&mut self, bytes: &[u8], offset: u64) -> Result<()> {
        let written = self.file.seek(SeekFrom::Start(offset)).and_then(|_| self.file.write_all(bytes));
        written.map_err(|source| Error::io("can't write", source).at(offset))
    }

    /// Waits until what has been written is on the disk, if that was asked for: what is written from now on depends
    /// on it.
    ///
    /// # Errors
    /// `Io` when the system can't write it.
    pub fn settle(&self) -> Result<()> {
        if !self.sync {
            return Ok(());
        }
        self.file.sync_data().map_err(|source| Error::io("can't write to the disk", source))
    }

    /// Gives the file another length.
    ///
    /// # Errors
    /// `Io` when the system refuses.
    pub fn set_len(&mut self, len: u64) -> Result<()> {
        self.file.set_len(len).map_err(|source| Error::io("can't change the length of the file", source))
    }

    /// Keeps what has been written; what is added from here on is kept only by another call.
    ///
    /// # Errors
    /// `Io` when the system can't write it.
    pub fn keep(&mut self) -> Result<()> {
        self.settle()?;
        let metadata = self.file.metadata().map_err(|source| Error::io("can't look at the file", source))?;
        self.keep_up_to(metadata.len());
        Ok(())
    }

    /// Says what length the file gets when it is dropped from here on: what is after that is given up. Nothing is
    /// waited for.
    pub fn keep_up_to(&mut self, len: u64) {
        self.old_len = len;
    }

    /// Keeps what has been written.
    ///
    /// # Errors
    /// `Io` when the system can't write it.
    pub fn commit(mut self) -> Result<()> {
        self.settle()?;
        self.done = true;
        Ok(())
    }
}

impl Drop for GrownFile {
    fn drop(&mut self) {
        if !self.done && self.file.metadata().is_ok_and(|metadata| metadata.len() != self.old_len) {
            // There is nobody left to tell.
            let _ = self.file.set_len(self.old_len);
        }
        unlock(&self.file);
    }
}

/// Takes the file for this handle alone, as far as programs ask. File systems without locks can be written to all the
/// same.
fn take(file: &File) -> Result<()> {
    match lock(file) {
        Lock::Busy => Err(Error::new(crate::ErrorKind::Io, "can't add to it: another program is doing that")),
        Lock::Taken | Lock::Unknown => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_one_adds_and_what_is_kept_stays() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("x");
        std::fs::write(&path, "old").unwrap();
        let mut file = GrownFile::open(&path).unwrap().sync(true);
        if cfg!(unix) {
            assert!(GrownFile::open(&path).unwrap_err().to_string().contains("another program"));
        }
        file.reserve(3, 1 << 20).unwrap();
        assert_eq!(file.file().metadata().unwrap().len(), 3);
        file.write_at(b" kept", 3).unwrap();
        file.keep().unwrap();
        file.write_at(b" lost", 8).unwrap();
        drop(file);
        assert_eq!(std::fs::read(&path).unwrap(), b"old kept");
        let mut file = GrownFile::of_new(crate::SaveOptions::new().create(&path).unwrap()).unwrap();
        file.write_at(b"new", 0).unwrap();
        assert_eq!(GrownFile::open(&path).is_err(), cfg!(unix));
        file.commit().unwrap();
        assert_eq!(std::fs::read(&path).unwrap(), b"new");
        // A copy of the handle, which every process that is started has for a moment, does not keep the lock.
        let file = GrownFile::open(&path).unwrap();
        let copy = file.file().try_clone().unwrap();
        drop(file);
        GrownFile::open(&path).unwrap();
        drop(copy);
        assert!(GrownFile::open(folder.path()).is_err());
        assert!(GrownFile::open(folder.path().join("missing")).is_err());
    }
}
