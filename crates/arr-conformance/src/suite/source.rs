//! Where files come from.

use std::io::{self, Cursor, Read, Seek, Write};

use arr_core::format::{Format, PartInfo, Reader, Reading, Source};
use arr_core::{Error, Input, Result};

use crate::far::Far;

/// Where a file comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// A file of the system.
    File,
    /// Memory.
    Memory,
    /// A reader that can go back.
    Seekable,
    /// A source of the caller's own, that gives no more than so many bytes at once.
    Far(usize),
    /// A stream that gives no more than so many bytes at once.
    Stream(usize),
}

impl Kind {
    /// All of them.
    pub(crate) const ALL: [Self; 6] =
        [Self::Memory, Self::File, Self::Seekable, Self::Far(100), Self::Stream(1), Self::Stream(7)];

    /// Those that take no time.
    pub(crate) const FAST: [Self; 4] = [Self::Memory, Self::Seekable, Self::Far(100), Self::Stream(7)];

    /// True when the source can be gone to and fro in.
    pub(crate) fn is_seekable(self) -> bool {
        !matches!(self, Self::Stream(_))
    }

    fn input(self, bytes: &[u8]) -> Result<Input<'_>> {
        match self {
            Self::File => Input::from_file(file(bytes)?),
            Self::Memory => Ok(Input::from_bytes(bytes)),
            Self::Seekable => Input::from_seekable(Cursor::new(bytes)),
            Self::Far(most) => Input::from_source(Far::of(bytes).at_most(most)),
            Self::Stream(most) => Ok(Input::from_reader(Dribble { bytes, most })),
        }
    }

    /// Opens a file, or all files of an array.
    pub(crate) fn open<'a>(
        self,
        format: &dyn Format,
        files: &'a [Vec<u8>],
        how: &Reading,
    ) -> Result<Box<dyn Reader + 'a>> {
        let inputs = files.iter().map(|bytes| self.input(bytes)).collect::<Result<Vec<_>>>()?;
        format.open(Source::from(inputs), how)
    }

    /// Opens files and lists the first part.
    pub(crate) fn first<'a>(
        self,
        format: &dyn Format,
        files: &'a [Vec<u8>],
        how: &Reading,
    ) -> Result<(Box<dyn Reader + 'a>, PartInfo)> {
        let mut reader = self.open(format, files, how)?;
        while let Some(part) = reader.next_part()? {
            if part.counts() {
                return Ok((reader, part));
            }
        }
        Err(Error::malformed("the file has no parts"))
    }
}

/// An unlinked file of those bytes.
fn file(bytes: &[u8]) -> Result<std::fs::File> {
    let mut file = tempfile::tempfile()?;
    file.write_all(bytes)?;
    file.rewind()?;
    Ok(file)
}

/// A stream that gives few bytes at once.
struct Dribble<'a> {
    bytes: &'a [u8],
    most: usize,
}

impl Read for Dribble<'_> {
    fn read(&mut self, bytes: &mut [u8]) -> io::Result<usize> {
        let most = bytes.len().min(self.most);
        bytes.get_mut(..most).map_or(Ok(0), |bytes| self.bytes.read(bytes))
    }
}
