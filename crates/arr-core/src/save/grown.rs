//! Adding to files that exist.

use std::fs::{File, Metadata};
use std::io::{Seek, SeekFrom, Write};
use std::path::Path;

use super::preallocate;
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
/// let mut file = arr_core::GrownFile::open(&path)?;
/// file.write_at(b" two", file.old_len())?;
/// drop(file);
/// assert_eq!(std::fs::read(&path)?, b"one");
/// let mut file = arr_core::GrownFile::open(&path)?;
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
}

impl GrownFile {
    /// Opens a file for reading and writing, for nobody else to add to it meanwhile.
    ///
    /// # Errors
    /// `Io` when it can't be opened, is no regular file, or is being added to already.
    pub fn open(path: impl AsRef<Path>) -> Result<Self> {
        let path = path.as_ref();
        loop {
            let file = File::options().read(true).write(true).open(path);
            let file = file.map_err(|source| Error::io("can't open for writing", source))?;
            lock(&file)?;
            let metadata = file.metadata().map_err(|source| Error::io("can't look at the file", source))?;
            if !metadata.is_file() {
                return Err(Error::new(crate::ErrorKind::Io, "can't add to it: it is no regular file"));
            }
            // Another file may have got the name before this one was locked.
            if has_name(&metadata, path) {
                return Ok(Self { file, old_len: metadata.len(), sync: false, done: false });
            }
        }
    }

    /// Waits at [`commit`](Self::commit) and [`settle`](Self::settle) until all is on the disk.
    #[must_use]
    pub fn sync(mut self, sync: bool) -> Self {
        self.sync = sync;
        self
    }

    /// The file, for reading.
    #[must_use]
    pub fn file(&self) -> &File {
        &self.file
    }

    /// The length that the file had when it was opened.
    #[must_use]
    pub fn old_len(&self) -> u64 {
        self.old_len
    }

    /// Makes room for `len` bytes behind `offset`, so that a full disk is noticed before anything is written. The
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
        self.old_len = metadata.len();
        Ok(())
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
    }
}

/// True when the file still has the name.
#[cfg(unix)]
fn has_name(file: &Metadata, path: &Path) -> bool {
    use std::os::unix::fs::MetadataExt;
    let place = |metadata: &Metadata| (metadata.dev(), metadata.ino());
    // If the name is gone, opening it again will tell.
    std::fs::metadata(path).is_ok_and(|named| place(file) == place(&named))
}

#[cfg(not(unix))]
fn has_name(_: &Metadata, _: &Path) -> bool {
    true
}

/// Takes the file for this handle alone, as far as programs ask.
#[cfg(unix)]
fn lock(file: &File) -> Result<()> {
    use rustix::fs::{FlockOperation, flock};
    match flock(file, FlockOperation::NonBlockingLockExclusive) {
        Err(rustix::io::Errno::WOULDBLOCK) => {
            Err(Error::new(crate::ErrorKind::Io, "can't add to it: another program is doing that"))
        }
        // File systems without locks can be written to all the same.
        _ => Ok(()),
    }
}

#[cfg(not(unix))]
fn lock(_: &File) -> Result<()> {
    Ok(())
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
        assert!(GrownFile::open(folder.path()).is_err());
        assert!(GrownFile::open(folder.path().join("missing")).is_err());
    }
}
