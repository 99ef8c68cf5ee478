//! Files and memory that are read here and there.

use std::fs::File;
use std::io;
use std::path::Path;

use super::{cut_short, open_file};
use crate::{Buffer, Error, Input, Result};

/// Bytes that can be read in any order and by several threads at once: a file, or memory.
///
/// ```
/// use arr_core::format::RandomAccess;
/// use arr_core::Buffer;
/// let source = RandomAccess::from_buffer(Buffer::from_static(b"abcdef"));
/// let mut bytes = [0; 2];
/// source.read_exact_at(&mut bytes, 3, "letters")?;
/// assert_eq!((&bytes, source.len()), (b"de", 6));
/// assert!(source.read_exact_at(&mut bytes, 5, "letters").is_err());
/// # Ok::<(), arr_core::Error>(())
/// ```
#[derive(Debug)]
pub struct RandomAccess {
    source: Source,
    len: u64,
}

#[derive(Debug)]
enum Source {
    #[cfg(any(unix, windows))]
    File(File),
    /// Systems without reads at a place have one cursor, which is moved.
    #[cfg(not(any(unix, windows)))]
    File(std::sync::Mutex<File>),
    Buffer(Buffer),
}

impl RandomAccess {
    /// Opens a file.
    ///
    /// # Errors
    /// `Io` when it can't be opened, or can't be read in any order (a pipe).
    pub fn open(path: impl AsRef<Path>) -> Result<Self> {
        let file = open_file(path.as_ref())?;
        let metadata = file.metadata().map_err(|source| Error::io("can't look at the file", source))?;
        if !metadata.is_file() {
            // What has no length is read to its end.
            return Self::from_input(&mut Input::from_file(file)?);
        }
        Ok(Self::from_file(file, metadata.len()))
    }

    /// A file of that length, from its first byte on.
    #[must_use]
    pub fn from_file(file: File, len: u64) -> Self {
        #[cfg(not(any(unix, windows)))]
        let file = std::sync::Mutex::new(file);
        Self { source: Source::File(file), len }
    }

    /// Bytes in memory.
    #[must_use]
    pub fn from_buffer(buffer: Buffer) -> Self {
        Self { len: buffer.len() as u64, source: Source::Buffer(buffer) }
    }

    /// What is left of an input: its file, where it is one of which nothing was read, or else all of it in memory,
    /// charged to its budget.
    ///
    /// # Errors
    /// `LimitExceeded` when the budget does not allow it, `Io` when the source fails.
    pub fn from_input(input: &mut Input<'_>) -> Result<Self> {
        match input.untouched_file() {
            Some((file, len)) => Ok(Self::from_file(file, len)),
            None => Ok(Self::from_buffer(Buffer::from_vec(input.read_to_end()?))),
        }
    }

    /// How many bytes there are.
    #[must_use]
    pub fn len(&self) -> u64 {
        self.len
    }

    /// True when there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// The file, where the bytes are in one.
    #[must_use]
    pub fn file(&self) -> Option<&File> {
        match &self.source {
            #[cfg(any(unix, windows))]
            Source::File(file) => Some(file),
            #[cfg(not(any(unix, windows)))]
            Source::File(_) => None,
            Source::Buffer(_) => None,
        }
    }

    /// A part of the bytes without a copy, where they are in memory.
    #[must_use]
    pub fn slice(&self, start: u64, len: u64) -> Option<Buffer> {
        let Source::Buffer(buffer) = &self.source else { return None };
        let start = usize::try_from(start).ok()?;
        buffer.slice(start..start.checked_add(usize::try_from(len).ok()?)?)
    }

    /// Fills `bytes`, which are the `what` of the format, from `offset` on.
    ///
    /// # Errors
    /// `Malformed` when there are fewer bytes, `Io` when the file can't be read.
    pub fn read_exact_at(&self, bytes: &mut [u8], offset: u64, what: &str) -> Result<()> {
        let left = self.len.saturating_sub(offset);
        if left < bytes.len() as u64 {
            return Err(cut_short(what, bytes.len() as u64, left, offset));
        }
        let read = match &self.source {
            Source::Buffer(buffer) => {
                let start = usize::try_from(offset).unwrap_or(usize::MAX);
                bytes.copy_from_slice(buffer.get(start..start + bytes.len()).unwrap_or_default());
                return Ok(());
            }
            Source::File(file) => read_file(file, bytes, offset),
        };
        match read {
            Ok(()) => Ok(()),
            // The file had these bytes when it was opened.
            Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => {
                Err(cut_short(what, bytes.len() as u64, 0, offset))
            }
            Err(error) => Err(Error::io("can't read", error).at(offset)),
        }
    }
}

impl Input<'_> {
    /// The file that this reads, and its length, if nothing of it has been read yet.
    fn untouched_file(&self) -> Option<(File, u64)> {
        let super::Source::File(file, place) = &self.source else { return None };
        (place.start == 0 && self.position == 0).then_some(())?;
        Some((file.try_clone().ok()?, self.remaining()?))
    }
}

#[cfg(unix)]
fn read_file(file: &File, bytes: &mut [u8], offset: u64) -> io::Result<()> {
    std::os::unix::fs::FileExt::read_exact_at(file, bytes, offset)
}

#[cfg(windows)]
fn read_file(file: &File, mut bytes: &mut [u8], mut offset: u64) -> io::Result<()> {
    while !bytes.is_empty() {
        match std::os::windows::fs::FileExt::seek_read(file, bytes, offset) {
            Ok(0) => return Err(io::ErrorKind::UnexpectedEof.into()),
            Ok(got) => {
                bytes = bytes.get_mut(got..).unwrap_or_default();
                offset += got as u64;
            }
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(())
}

#[cfg(not(any(unix, windows)))]
fn read_file(file: &std::sync::Mutex<File>, bytes: &mut [u8], offset: u64) -> io::Result<()> {
    use std::io::{Read, Seek};
    let mut file = file.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
    file.seek(io::SeekFrom::Start(offset))?;
    file.read_exact(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write;

    #[test]
    fn files_and_memory_read_alike() {
        let mut file = tempfile::NamedTempFile::new().unwrap();
        file.write_all(b"0123456789").unwrap();
        let memory = RandomAccess::from_buffer(Buffer::from_static(b"0123456789"));
        for source in [RandomAccess::open(file.path()).unwrap(), memory] {
            let mut bytes = [0; 4];
            source.read_exact_at(&mut bytes, 6, "digits").unwrap();
            assert_eq!(&bytes, b"6789");
            source.read_exact_at(&mut bytes, 0, "digits").unwrap();
            assert_eq!(&bytes, b"0123");
            let error = source.read_exact_at(&mut bytes, 7, "digits").unwrap_err();
            assert_eq!(
                error.to_string(),
                "the input ends inside the digits: expected 4 bytes, found 3 (at byte 7)"
            );
            assert!(source.read_exact_at(&mut bytes, u64::MAX, "digits").is_err());
        }
    }
}
