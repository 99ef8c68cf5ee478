//! Bytes that can be read in any order.

use std::fmt;
use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::sync::{Arc, Mutex, PoisonError};

use crate::model::threads::sizes::{FAR_GAP, GAP};
use crate::{Buffer, Error, ErrorKind, Result};

/// Bytes that can be read at any place, by several threads at once: a positioned read, as POSIX `pread`.
///
/// Files, [`Buffer`]s and slices are such sources, and [`Seekable`] makes one of any reader that can go back. Implement
/// it for others, such as a server that answers requests for ranges or an object store: the first two methods do, and an
/// [`Input`](crate::Input) is read [from it](crate::Input::from_source), archives from a
/// [`Positioned`](super::Positioned) of it. What a request costs is said by [`gap`](Self::gap), and requests that can be
/// made at the same time are made by [`read_ranges`](Self::read_ranges).
///
/// Of a source whose gap is larger than that of a file, a read of some bytes brings the next ones with it, 4 KiB in all, and
/// the last small reads are kept: what is looked at a few bytes at a time, such as a header, is one request. Of the items
/// of arrays nothing is kept.
///
/// ```
/// use arr_core::format::ReadAt;
/// #[derive(Debug)]
/// struct Zeros(u64);
/// impl ReadAt for Zeros {
///     fn size(&self) -> arr_core::Result<u64> {
///         Ok(self.0)
///     }
///     fn read_at(&self, bytes: &mut [u8], offset: u64) -> arr_core::Result<usize> {
///         let left = usize::try_from(self.0.saturating_sub(offset)).unwrap_or(usize::MAX);
///         let len = bytes.len().min(left);
///         bytes[..len].fill(0);
///         Ok(len)
///     }
/// }
/// let mut input = arr_core::Input::from_source(Zeros(10))?;
/// input.skip(6, "header")?;
/// assert_eq!(input.read_array::<4>("data")?, [0; 4]);
/// input.seek_to(2)?;
/// assert_eq!(input.remaining(), Some(8));
/// # Ok::<(), arr_core::Error>(())
/// ```
pub trait ReadAt: fmt::Debug + Send + Sync {
    /// How many bytes there are.
    ///
    /// # Errors
    /// `Io` when the source does not tell.
    fn size(&self) -> Result<u64>;

    /// Reads bytes from `offset` on into the front of `bytes` and says how many: fewer than there is room for where
    /// that is easier, none only at the end of the source or when there is no room.
    ///
    /// # Errors
    /// `Io` when the source fails. The message is what was being done, `can't read`; the offset is added by the caller.
    fn read_at(&self, bytes: &mut [u8], offset: u64) -> Result<usize>;

    /// Fills each slice with the bytes from its offset on: the ranges of a slice of an array, in ascending order and not
    /// one in another. They lie within [`size`](Self::size).
    ///
    /// The default implementation reads one after another. A source that can make several requests at the same time makes
    /// all of these.
    ///
    /// # Errors
    /// `Io` when the source fails, with the offset; `Malformed` when it ends before.
    fn read_ranges(&self, ranges: &mut [(u64, &mut [u8])]) -> Result<()> {
        for (offset, bytes) in ranges {
            let (wanted, start) = (bytes.len(), *offset);
            let got = fill(self, bytes, start).map_err(|(got, error)| error.at(start.saturating_add(got)))?;
            if got < wanted {
                return Err(super::cut_short("data", wanted as u64, got as u64, start));
            }
        }
        Ok(())
    }

    /// What a request costs, in bytes: so many that nobody wants are read rather than make another request. Ranges that
    /// lie no farther apart are joined, unless [another gap](crate::format::Reading::gap) is asked for; what is read from
    /// front to back is read sixteen times as much at a time.
    ///
    /// The default implementation says 16 KiB of [files](Self::file) and [memory](Self::buffer), which was measured, and
    /// 64 KiB of others. For a server on the internet, 1 MiB suits.
    fn gap(&self) -> u64 {
        if self.file().is_some() || self.buffer().is_some() { GAP as u64 } else { FAR_GAP }
    }

    /// The file whose bytes these are, from its first one on: it can be mapped.
    ///
    /// The default implementation gives nothing.
    fn file(&self) -> Option<&File> {
        None
    }

    /// The memory whose bytes these are: parts of it are given without a copy.
    ///
    /// The default implementation gives nothing.
    fn buffer(&self) -> Option<&Buffer> {
        None
    }

    /// True when several threads that read at once are faster than one.
    ///
    /// The default implementation says so of [files](Self::file) and [memory](Self::buffer).
    fn gains_by_threads(&self) -> bool {
        (self.file().is_some() && cfg!(any(unix, windows))) || self.buffer().is_some()
    }
}

/// Fills as much of `bytes` as there is from `offset` on, fewer only at the end. With an error, how many bytes were filled
/// before.
pub(super) fn fill<R: ReadAt + ?Sized>(
    source: &R,
    bytes: &mut [u8],
    offset: u64,
) -> Result<usize, (u64, Error)> {
    let mut filled = 0;
    while let Some(rest) = bytes.get_mut(filled..).filter(|rest| !rest.is_empty()) {
        let room = rest.len();
        match source.read_at(rest, offset.saturating_add(filled as u64)) {
            Ok(0) => break,
            Ok(got) if got > room => {
                let message = format!("{got} bytes are said to be in memory for {room}");
                return Err((filled as u64, Error::new(ErrorKind::Io, message)));
            }
            Ok(got) => filled += got,
            Err(error) => return Err((filled as u64, error)),
        }
    }
    Ok(filled)
}

/// From the first byte of the file, wherever its cursor stands. Reads leave the cursor where it is on Unix.
impl ReadAt for File {
    fn size(&self) -> Result<u64> {
        let metadata = self.metadata().map_err(|source| Error::io("can't look at the file", source))?;
        Ok(metadata.len())
    }

    fn read_at(&self, bytes: &mut [u8], offset: u64) -> Result<usize> {
        loop {
            match read_file(self, bytes, offset) {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                read => return read.map_err(|source| Error::io("can't read", source)),
            }
        }
    }

    fn file(&self) -> Option<&File> {
        Some(self)
    }
}

#[cfg(unix)]
fn read_file(file: &File, bytes: &mut [u8], offset: u64) -> io::Result<usize> {
    std::os::unix::fs::FileExt::read_at(file, bytes, offset)
}

#[cfg(windows)]
fn read_file(file: &File, bytes: &mut [u8], offset: u64) -> io::Result<usize> {
    std::os::windows::fs::FileExt::seek_read(file, bytes, offset)
}

/// This system has no positioned reads: the cursor is moved, and handles of the same file may share it.
#[cfg(not(any(unix, windows)))]
fn read_file(mut file: &File, bytes: &mut [u8], offset: u64) -> io::Result<usize> {
    static CURSORS: Mutex<()> = Mutex::new(());
    let _alone = CURSORS.lock().unwrap_or_else(PoisonError::into_inner);
    file.seek(SeekFrom::Start(offset))?;
    file.read(bytes)
}

impl ReadAt for [u8] {
    fn size(&self) -> Result<u64> {
        Ok(self.len() as u64)
    }

    fn read_at(&self, bytes: &mut [u8], offset: u64) -> Result<usize> {
        let from = usize::try_from(offset).ok().and_then(|offset| self.get(offset..)).unwrap_or(&[]);
        let len = from.len().min(bytes.len());
        let ((from, _), (to, _)) = (from.split_at(len), bytes.split_at_mut(len));
        to.copy_from_slice(from);
        Ok(len)
    }

    fn gap(&self) -> u64 {
        GAP as u64
    }

    fn gains_by_threads(&self) -> bool {
        true
    }
}

impl ReadAt for Buffer {
    fn size(&self) -> Result<u64> {
        self.as_slice().size()
    }

    fn read_at(&self, bytes: &mut [u8], offset: u64) -> Result<usize> {
        self.as_slice().read_at(bytes, offset)
    }

    fn buffer(&self) -> Option<&Buffer> {
        Some(self)
    }
}

macro_rules! through_pointer {
    ($($pointer:ty),*) => {$(
        impl<T: ReadAt + ?Sized> ReadAt for $pointer {
            fn size(&self) -> Result<u64> {
                (**self).size()
            }

            fn read_at(&self, bytes: &mut [u8], offset: u64) -> Result<usize> {
                (**self).read_at(bytes, offset)
            }

            fn read_ranges(&self, ranges: &mut [(u64, &mut [u8])]) -> Result<()> {
                (**self).read_ranges(ranges)
            }

            fn gap(&self) -> u64 {
                (**self).gap()
            }

            fn file(&self) -> Option<&File> {
                (**self).file()
            }

            fn buffer(&self) -> Option<&Buffer> {
                (**self).buffer()
            }

            fn gains_by_threads(&self) -> bool {
                (**self).gains_by_threads()
            }
        }
    )*};
}

through_pointer!(&T, Arc<T>, Box<T>);

/// A reader that can go back, as bytes that can be read in any order: its one cursor is moved by whoever reads, and not
/// moved by who goes on where the last read ended.
pub struct Seekable<R>(Mutex<Cursor<R>>);

struct Cursor<R> {
    reader: R,
    /// Where the reader is, if nothing went wrong.
    at: Option<u64>,
}

impl<R: Read + Seek + Send> Seekable<R> {
    /// Bytes count from the reader's first one, wherever it is.
    #[must_use]
    pub fn new(reader: R) -> Self {
        Self(Mutex::new(Cursor { reader, at: None }))
    }

    /// Where the reader is.
    pub(super) fn position(&self) -> Result<u64> {
        self.with(|cursor| {
            let at = cursor.reader.stream_position()?;
            cursor.at = Some(at);
            Ok(at)
        })
        .map_err(|source| Error::io("can't seek", source))
    }

    fn with<T>(&self, work: impl FnOnce(&mut Cursor<R>) -> io::Result<T>) -> io::Result<T> {
        work(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl<R: Read + Seek> Cursor<R> {
    /// Moves to a place. A buffered reader keeps what it holds when the place is near.
    fn go_to(&mut self, offset: u64) -> io::Result<()> {
        let step = self.at.take().and_then(|at| i64::try_from(i128::from(offset) - i128::from(at)).ok());
        match step {
            Some(0) => {}
            Some(step) => self.reader.seek_relative(step)?,
            None => self.reader.seek(SeekFrom::Start(offset)).map(drop)?,
        }
        self.at = Some(offset);
        Ok(())
    }

    fn read_at(&mut self, bytes: &mut [u8], offset: u64) -> io::Result<usize> {
        self.go_to(offset)?;
        loop {
            match self.reader.read(bytes) {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                read => {
                    self.at = read.as_ref().ok().and_then(|got| offset.checked_add(*got as u64));
                    return read;
                }
            }
        }
    }
}

impl<R: Read + Seek + Send> ReadAt for Seekable<R> {
    fn size(&self) -> Result<u64> {
        self.with(|cursor| {
            let at = cursor.reader.stream_position()?;
            let len = cursor.reader.seek(SeekFrom::End(0))?;
            cursor.at = Some(len);
            cursor.go_to(at)?;
            Ok(len)
        })
        .map_err(|source| Error::io("can't seek", source))
    }

    fn read_at(&self, bytes: &mut [u8], offset: u64) -> Result<usize> {
        self.with(|cursor| cursor.read_at(bytes, offset)).map_err(|source| Error::io("can't read", source))
    }
}

impl<R> fmt::Debug for Seekable<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Seekable")
    }
}
