//! Where bytes go to.

use std::fmt;
use std::fs::File;
use std::io::{self, Write};

use super::Progress;
use crate::format::save::preallocate;
use crate::model::buffer::PAGES_FROM;
use crate::model::map::advise_huge_pages;
use crate::model::room::no_memory;
use crate::model::threads::sizes::TOLD_PIECE;
use crate::{Error, Result};

/// A sink of bytes with a position.
pub struct Output<'a> {
    sink: Sink<'a>,
    position: u64,
    progress: Option<Progress<'a>>,
}

enum Sink<'a> {
    Writer(&'a mut (dyn Write + Send)),
    File(&'a File),
    Memory(&'a mut Vec<u8>),
}

impl<'a> Output<'a> {
    /// Writes to anything.
    pub fn new(writer: &'a mut (dyn Write + Send)) -> Self {
        Self { sink: Sink::Writer(writer), position: 0, progress: None }
    }

    /// Writes to a file from its position on.
    #[must_use]
    pub fn to_file(file: &'a File) -> Self {
        Self { sink: Sink::File(file), position: 0, progress: None }
    }

    /// Writes behind what is in memory, which is reserved fallibly.
    #[must_use]
    pub fn to_memory(bytes: &'a mut Vec<u8>) -> Self {
        Self { sink: Sink::Memory(bytes), position: 0, progress: None }
    }

    /// Calls `progress` with the position now and then during long writes.
    pub fn on_progress(&mut self, progress: impl FnMut(u64) + Send + 'a) {
        self.progress = Some(Box::new(progress));
    }

    /// The same sink for a while, counted from here on.
    pub fn reborrow(&mut self) -> Output<'_> {
        let sink = match &mut self.sink {
            Sink::Writer(writer) => Sink::Writer(&mut **writer),
            Sink::File(file) => Sink::File(file),
            Sink::Memory(bytes) => Sink::Memory(bytes),
        };
        let progress = self.progress.as_mut().map(|progress| -> Progress<'_> { Box::new(progress) });
        Output { sink, position: 0, progress }
    }

    /// The file, where the sink is one that can be written in any order, and not a pipe or a device.
    #[must_use]
    pub fn file(&self) -> Option<&'a File> {
        match self.sink {
            Sink::File(file) if file.metadata().is_ok_and(|metadata| metadata.is_file()) => Some(file),
            _ => None,
        }
    }

    /// Bytes written so far.
    #[must_use]
    pub fn position(&self) -> u64 {
        self.position
    }

    /// Says that `len` bytes in all will be written from here on, so that a file system can make room in one go:
    /// several times faster for large files, and a full disk is noticed before the first byte. Memory is reserved.
    ///
    /// # Errors
    /// `Io` when the disk has no room for them, `LimitExceeded` when memory has none.
    pub fn expect(&mut self, len: u64) -> Result<()> {
        match &mut self.sink {
            Sink::File(file) if len >= PREALLOCATE_FROM => preallocate(file, self.position, len),
            Sink::Memory(bytes) => {
                let len = usize::try_from(len).unwrap_or(usize::MAX);
                // Room that nothing is in would be copied too if it were made larger.
                if bytes.is_empty() && bytes.capacity() < len {
                    **bytes = Vec::new();
                }
                bytes.try_reserve_exact(len).map_err(no_memory)?;
                if len >= PAGES_FROM {
                    advise_huge_pages(bytes.spare_capacity_mut());
                }
                Ok(())
            }
            _ => Ok(()),
        }
    }

    /// Writes all of `bytes`.
    ///
    /// # Errors
    /// `Io` when the sink fails.
    pub fn write(&mut self, bytes: &[u8]) -> Result<()> {
        if self.progress.is_none() || bytes.len() <= TOLD_PIECE {
            return self.write_piece(bytes);
        }
        bytes.chunks(TOLD_PIECE).try_for_each(|piece| self.write_piece(piece))
    }

    fn write_piece(&mut self, bytes: &[u8]) -> Result<()> {
        let written = match &mut self.sink {
            Sink::Writer(writer) => writer.write_all(bytes),
            Sink::File(file) => file.write_all(bytes),
            Sink::Memory(memory) => {
                memory.try_reserve(bytes.len()).map_err(no_memory)?;
                memory.extend_from_slice(bytes);
                Ok(())
            }
        };
        written.map_err(|source| Error::io("can't write", source))?;
        self.position += bytes.len() as u64;
        if let Some(progress) = &mut self.progress {
            progress(self.position);
        }
        Ok(())
    }
}

impl Write for Output<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        Output::write(self, bytes)?;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        match &mut self.sink {
            Sink::Writer(writer) => writer.flush(),
            Sink::File(file) => file.flush(),
            Sink::Memory(_) => Ok(()),
        }
    }
}

impl fmt::Debug for Output<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Output(at byte {})", self.position)
    }
}

/// Below this size preallocation costs a system call and brings nothing.
const PREALLOCATE_FROM: u64 = 1 << 20;
