//! What rows are added to.

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::ops::Range;
use std::path::PathBuf;

use arr_core::format::{GrownFile, NewFile, Output, Swap};
use arr_core::{ArrayView, Error, Order, Result, SaveOptions};

use crate::broken_invariant;

/// Below this size making room first costs a system call and brings nothing.
const RESERVE_FROM: u64 = 1 << 20;

/// A writer that can go back.
pub(super) trait WriteSeek: Write + Seek + Send {}

impl<W: Write + Seek + Send> WriteSeek for W {}

/// A place for an array that grows. Offsets count from the start of its header.
pub(super) enum Target<'a> {
    /// A writer, and where the header begins.
    Writer(Box<dyn WriteSeek + 'a>, u64),
    New(NewFile),
    Old {
        file: GrownFile,
        path: PathBuf,
        sync: bool,
    },
    /// A file that was to be replaced, and nobody knows whether it was.
    Lost,
}

impl Target<'_> {
    /// What writes from an offset on.
    pub(super) fn output(&mut self, offset: u64) -> Result<Output<'_>> {
        let seek = |mut file: &File| file.seek(SeekFrom::Start(offset));
        match self {
            Self::Writer(writer, start) => {
                let moved = writer.seek(SeekFrom::Start(start.saturating_add(offset)));
                moved.map(|_| Output::new(writer))
            }
            Self::New(file) => seek(file.file()).map(|_| Output::to_file(file.file())),
            Self::Old { file, .. } => seek(file.file()).map(|_| Output::to_file(file.file())),
            Self::Lost => return Err(lost()),
        }
        .map_err(|source| Error::io("can't seek", source))
    }

    /// Replaces a file that has other names (hard links) by a copy of its array, which ends at `end`: they keep the old
    /// contents, as under any other way to write.
    pub(super) fn stand_alone(&mut self, header: &[u8], end: u64) -> Result<()> {
        match self {
            Self::Old { file, .. } if file.has_other_names()? => {
                self.copy_behind(header, header.len() as u64..end)
            }
            _ => Ok(()),
        }
    }

    /// Writes rows after `end`, where the data ends. If that fails, it still ends there.
    pub(super) fn write_rows(&mut self, rows: &ArrayView<'_>, swap: &Swap, end: u64) -> Result<()> {
        if let Self::Old { file, .. } = self {
            if file.old_len() > end {
                // Somebody else's bytes, or those of a writer that was stopped.
                file.set_len(end)?;
                file.keep_up_to(end);
            }
        }
        let written = self.try_rows(rows, swap, end);
        if written.is_err() {
            // Bytes left after the data do no harm, but take room.
            match self {
                Self::Writer(..) | Self::Lost => {}
                Self::New(file) => drop(file.file().set_len(end)),
                Self::Old { file, .. } => drop(file.set_len(end)),
            }
        }
        written
    }

    fn try_rows(&mut self, rows: &ArrayView<'_>, swap: &Swap, end: u64) -> Result<()> {
        let len = rows.nbytes() as u64;
        if len >= RESERVE_FROM {
            match self {
                Self::Writer(..) | Self::Lost => {}
                Self::New(file) => file.reserve(end, len)?,
                Self::Old { file, .. } => file.reserve(end, len)?,
            }
        }
        self.output(end)?.write_items(rows, Order::C, swap)
    }

    /// Puts another header of the same length in front of data that ends at `end`.
    pub(super) fn put_header(&mut self, old: &[u8], new: &[u8], end: u64) -> Result<()> {
        let Self::Old { file, .. } = self else {
            self.output(0)?.write(new)?;
            // Further writes go to the end of the array.
            return self.output(end).map(drop);
        };
        let changed = difference(old, new);
        let (at, both) = (changed.start as u64, old.get(changed.clone()).zip(new.get(changed)));
        let (old, new) = both.ok_or_else(|| broken_invariant("two headers differ behind their ends"))?;
        file.settle()?;
        // From here on the rows stay, counted or not: no header may ever count rows that are not there.
        let old_len = file.old_len();
        file.keep_up_to(old_len.max(end));
        let counted = file.write_at(new, at).and_then(|()| file.settle());
        if counted.is_err() && file.write_at(old, at).is_ok() {
            file.keep_up_to(old_len);
        }
        counted
    }

    /// Replaces the file by one that has another header in front of the same data, and goes on with that.
    pub(super) fn copy_behind(&mut self, header: &[u8], data: Range<u64>) -> Result<()> {
        let Self::Old { file, path, sync } = self else {
            return Err(lost());
        };
        let save = if *sync { SaveOptions::new().sync() } else { SaveOptions::new() };
        let new = save.create(&*path)?;
        let len = data.end.saturating_sub(data.start);
        let total = (header.len() as u64).saturating_add(len);
        if total >= RESERVE_FROM {
            new.reserve(0, total)?;
        }
        let copied = copy(file.file(), data.start, len, header, new.file());
        if copied.map_err(|source| Error::io("can't copy the array", source))? != len {
            return Err(Error::malformed("the file was made shorter while it was copied").at(data.start));
        }
        // The old file is dropped, and gets back its old length for those who still have it.
        match GrownFile::of_new(new) {
            Ok(new) => *file = new.sync(*sync),
            Err(error) => {
                *self = Self::Lost;
                return Err(error);
            }
        }
        Ok(())
    }

    /// Ends the array.
    pub(super) fn finish(self, end: u64) -> Result<()> {
        match self {
            Self::Writer(mut writer, start) => {
                let moved = writer.seek(SeekFrom::Start(start.saturating_add(end)));
                moved.and_then(|_| writer.flush()).map_err(|source| Error::io("can't write", source))
            }
            Self::New(file) => file.commit(),
            // All of it is kept, and on the disk if that was asked for, since the header counts it.
            Self::Old { file, .. } => {
                drop(file);
                Ok(())
            }
            Self::Lost => Err(lost()),
        }
    }
}

/// Only a header that was made before has no room to grow, so only an old file is ever replaced.
#[cold]
fn lost() -> Error {
    Error::new(arr_core::ErrorKind::Io, "can't write: the file could not be replaced, open it again")
}

fn copy(mut from: &File, start: u64, len: u64, header: &[u8], mut to: &File) -> io::Result<u64> {
    from.seek(SeekFrom::Start(start))?;
    to.write_all(header)?;
    io::copy(&mut from.take(len), &mut to)
}

/// Where two headers of the same length differ.
fn difference(old: &[u8], new: &[u8]) -> Range<usize> {
    let differs = |(old, new): (&u8, &u8)| old != new;
    let start = old.iter().zip(new).position(differs).unwrap_or(0);
    let end = old.iter().zip(new).rposition(differs).map_or(0, |last| last + 1);
    start..end.max(start)
}
