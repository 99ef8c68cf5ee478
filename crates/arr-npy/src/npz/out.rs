//! Where the bytes of an archive go.

use std::fs::File;
use std::io::{self, Seek, SeekFrom, Write};

use arr_core::format::{GrownFile, NewFile, Output, room};
use arr_core::{Error, Result};

use super::record::End;

/// Small writes are gathered until there are this many bytes.
const GATHERED: usize = 1 << 20;

/// A sink of bytes with a position in the archive.
pub(super) struct Out<'a> {
    sink: Sink<'a>,
    /// The place in the archive of what is written next.
    position: u64,
    /// What was written last and has not gone further.
    gathered: Vec<u8>,
}

pub(super) enum Sink<'a> {
    /// A file that will get its name when it is complete.
    New(NewFile),
    /// A sink that its owner completes: a file, or anything else.
    Output(Output<'a>),
    /// A file that is being added to.
    Grown(Grown),
    /// Anything else: what is written there is gone.
    Writer(&'a mut (dyn Write + Send)),
}

/// What the directory moves to begins at a page: it is written at once, or not at all.
pub(super) const PAGE: u64 = 4096;

/// A file with an archive to which something is added, behind its old directory. At every moment it ends with a
/// directory, and all that this names is there: before anything is written, the old directory is put far enough behind.
pub(super) struct Grown {
    file: GrownFile,
    /// The old directory, its number of members, and the comment of the archive.
    directory: Vec<u8>,
    entries: u64,
    comment: Vec<u8>,
    /// Where it was put last: what is new ends before.
    end: u64,
}

impl Grown {
    pub(super) fn new(file: GrownFile, directory: Vec<u8>, entries: u64, comment: Vec<u8>) -> Self {
        let end = file.old_len();
        Self { file, directory, entries, comment, end }
    }

    /// Puts the old directory behind `end`, where it is not.
    fn make_room(&mut self, end: u64) -> Result<()> {
        if end <= self.end {
            return Ok(());
        }
        let place = end.checked_add(GATHERED as u64).and_then(|end| end.checked_next_multiple_of(PAGE));
        let place = place.ok_or_else(|| Error::limit("the archive would be too large"))?;
        let record = End::of_directory(self.entries, self.directory.len() as u64, place);
        let bytes = [&self.directory[..], &record.to_bytes(&self.comment)?].concat();
        self.file.reserve(self.end, place + bytes.len() as u64 - self.end)?;
        self.file.write_at(&bytes, place)?;
        self.file.settle()?;
        self.end = place;
        Ok(())
    }

    /// Ends the file at `end`, behind its new directory.
    pub(super) fn commit(mut self, end: u64) -> Result<()> {
        self.file.settle()?;
        self.file.set_len(end)?;
        self.file.commit()
    }
}

impl<'a> Out<'a> {
    pub(super) fn new(sink: Sink<'a>, position: u64) -> Self {
        Self { sink, position, gathered: Vec::new() }
    }

    pub(super) fn position(&self) -> u64 {
        self.position
    }

    /// True when what has been written can be written over.
    pub(super) fn can_seek(&self) -> bool {
        match &self.sink {
            Sink::New(file) => file.can_seek(),
            Sink::Output(output) => output.file().is_some(),
            Sink::Grown(..) => true,
            Sink::Writer(_) => false,
        }
    }

    /// Says that `len` bytes more will be written.
    pub(super) fn expect(&mut self, len: u64) -> Result<()> {
        match &mut self.sink {
            Sink::Output(output) if len >= GATHERED as u64 => output.expect(len),
            // Small members are not worth a call each.
            Sink::New(file) if file.can_seek() && len >= GATHERED as u64 => {
                Output::to_file(file.file()).expect(self.position.saturating_add(len))
            }
            _ => self.make_room(len),
        }
    }

    /// Makes room for `len` bytes more at once, where it takes more than to write them.
    pub(super) fn make_room(&mut self, len: u64) -> Result<()> {
        match &mut self.sink {
            Sink::Grown(grown) => grown.make_room(self.position.saturating_add(len)),
            _ => Ok(()),
        }
    }

    pub(super) fn put(&mut self, bytes: &[u8]) -> Result<()> {
        let is_small = bytes.len() < GATHERED / 4;
        if !is_small || self.gathered.len() + bytes.len() > GATHERED {
            self.send()?;
        }
        if is_small {
            self.gathered.try_reserve(bytes.len()).map_err(room::no_memory)?;
            self.gathered.extend_from_slice(bytes);
        } else {
            self.send_bytes(bytes, self.position)?;
        }
        self.position += bytes.len() as u64;
        Ok(())
    }

    /// Sends on what was gathered.
    pub(super) fn send(&mut self) -> Result<()> {
        let mut gathered = std::mem::take(&mut self.gathered);
        self.send_bytes(&gathered, self.position - gathered.len() as u64)?;
        gathered.clear();
        self.gathered = gathered;
        Ok(())
    }

    fn send_bytes(&mut self, bytes: &[u8], at: u64) -> Result<()> {
        let written = match &mut self.sink {
            Sink::New(file) => file.file().write_all(bytes),
            Sink::Output(output) => return output.write(bytes),
            Sink::Writer(writer) => writer.write_all(bytes),
            Sink::Grown(grown) => {
                grown.make_room(at.saturating_add(bytes.len() as u64))?;
                return grown.file.write_at(bytes, at);
            }
        };
        written.map_err(write_failed)
    }

    /// Writes over what was written at a place.
    pub(super) fn put_at(&mut self, bytes: &[u8], at: u64) -> Result<()> {
        let gathered = self.position - self.gathered.len() as u64;
        let place = at.checked_sub(gathered).and_then(|place| usize::try_from(place).ok());
        if let Some(target) = place.and_then(|place| self.gathered.get_mut(place..place + bytes.len())) {
            target.copy_from_slice(bytes);
            return Ok(());
        }
        self.send()?;
        match &mut self.sink {
            Sink::New(file) => write_over(file.file(), bytes, at).map_err(write_failed),
            Sink::Output(output) => match output.file() {
                Some(file) => write_over(file, bytes, at).map_err(write_failed),
                None => Err(Error::invalid("what has been written can't be changed")),
            },
            Sink::Grown(grown) => grown.file.write_at(bytes, at),
            Sink::Writer(_) => Err(Error::invalid("what has been written can't be changed")),
        }
    }

    /// Sends on what was gathered and gives back the sink.
    pub(super) fn into_sink(mut self) -> Result<Sink<'a>> {
        self.send()?;
        Ok(self.sink)
    }
}

/// The error of a writer.
pub(super) fn write_failed(source: io::Error) -> Error {
    Error::io("can't write", source)
}

/// Writes at a place and goes back to the end.
fn write_over(mut file: &File, bytes: &[u8], at: u64) -> io::Result<()> {
    let end = file.stream_position()?;
    file.seek(SeekFrom::Start(at))?;
    file.write_all(bytes)?;
    file.seek(SeekFrom::Start(end)).map(drop)
}

impl Write for Out<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.put(bytes)?;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
