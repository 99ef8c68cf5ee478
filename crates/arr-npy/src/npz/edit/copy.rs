//! What stays of an archive: left where it is, or copied.

use std::collections::HashMap;
use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom, Write};

use arr_core::format::{GrownFile, NewFile, room};
use arr_core::{Error, Result};

use super::{Edit, NpzEditor};
use crate::npz::broken_invariant;
use crate::npz::directory::Entry;
use crate::npz::fetch;
use crate::npz::names::Names;
use crate::npz::out::{Grown, Out, Sink};
use crate::npz::read::ByName;
use crate::npz::record::{LocalHeader, move_to, moved, renamed};
use crate::npz::write::{ALIGNMENT, NpzWriter};

/// The most bytes that may be after the data of a member that belong to it.
const DESCRIPTOR: u64 = 24;

/// Bytes are copied in pieces of this many.
const PIECE: usize = 256 << 10;

/// A member that is written again: its header, and where its data is in the file.
struct Copied {
    header: Vec<u8>,
    start: u64,
    len: u64,
}

impl NpzEditor<'_> {
    /// Adds to the file, behind the old directory; see [`Grown`]. What is renamed comes first.
    pub(super) fn add_in_place(mut self) -> Result<Edit> {
        let file = self.file.take().ok_or_else(no_file)?;
        let (count, start) = (self.directory.entries.len() as u64, file.old_len());
        let grown = Grown::new(
            file.sync(self.sync),
            self.directory.raw.clone(),
            count,
            self.directory.comment.clone(),
        );
        let mut out = Out::new(Sink::Grown(grown), start);
        let mut places = HashMap::new();
        for (at, entry) in self.directory.entries.iter().enumerate() {
            if !self.is_renamed(entry) {
                continue;
            }
            let place = out.position();
            let copied = self.copied(entry, place)?;
            out.make_room((copied.header.len() as u64).saturating_add(copied.len))?;
            out.put(&copied.header)?;
            self.copy_data(&copied, &mut out)?;
            places.insert(at, place);
        }
        self.begun(out, &places, None)
    }

    /// Writes another file with what stays of this one, copied by the system, and what is new.
    pub(super) fn copy(mut self) -> Result<Edit> {
        let save = self.options.how_to_save();
        let to = if self.sync { save.sync() } else { save }.create(&self.path)?;
        let from = self.file.take().ok_or_else(no_file)?;
        let entries = self.directory.entries.iter().enumerate();
        let mut order: Vec<usize> = room::reserved(self.directory.entries.len())?;
        order.extend(entries.filter(|(_, entry)| self.stays_as(entry).is_some()).map(|(at, _)| at));
        order.sort_unstable_by_key(|at| (self.directory.entries.get(*at).map(|entry| entry.offset), *at));
        let (mut position, mut places) = (0, HashMap::new());
        for at in order {
            let entry = self.directory.entries.get(at).ok_or_else(no_entry)?;
            let copied = self.copied(entry, position)?;
            let failed = |source| Error::io("can't copy a member", source).at(entry.offset);
            to.file().write_all(&copied.header).map_err(failed)?;
            copy_range(from.file(), copied.start, copied.len, &to).map_err(failed)?;
            if self.is_renamed(entry) {
                places.insert(at, position);
            } else {
                let raw = self.directory.raw.get_mut(entry.raw.clone()).ok_or_else(no_entry)?;
                move_to(raw, position).ok_or_else(|| Error::unsupported("a member that moves too far"))?;
            }
            position += copied.header.len() as u64 + copied.len;
        }
        self.begun(Out::new(Sink::New(to), position), &places, Some(from))
    }

    /// Goes on behind what stays; `places` has those of the members that are renamed.
    fn begun(
        mut self,
        out: Out<'static>,
        places: &HashMap<usize, u64>,
        replaced: Option<GrownFile>,
    ) -> Result<Edit> {
        let mut raw = std::mem::take(&mut self.directory.raw);
        // A directory may be large: nothing of it is held twice, unless its entries get longer or shorter.
        let mut other = (!places.is_empty()).then(Vec::new);
        let (mut names, mut kept, mut count) = (Names::default(), 0, 0);
        for (at, entry) in self.directory.entries.iter().enumerate() {
            let Some(name) = self.stays_as(entry) else { continue };
            names.insert(name)?;
            count += 1;
            let range = entry.raw.clone();
            let bytes = raw.get(range.clone()).filter(|_| range.start >= kept).ok_or_else(no_entry)?;
            match (&mut other, places.get(&at)) {
                (Some(other), Some(place)) => append(other, &renamed(bytes, name, *place)?)?,
                (Some(other), None) => append(other, bytes)?,
                (None, _) => {
                    let len = range.len();
                    raw.copy_within(range, kept);
                    kept += len;
                }
            }
        }
        raw.truncate(kept);
        self.by_name = ByName::default();
        let mut writer = NpzWriter::new(self.options, out);
        writer.keep(names, other.unwrap_or(raw), count, self.directory.comment);
        Ok(Edit { writer, replaced })
    }

    /// A member as it is written to `place`, where its data is aligned as it was.
    fn copied(&self, entry: &Entry, place: u64) -> Result<Copied> {
        let mut fixed = [0; LocalHeader::SIZE];
        self.source.read_exact_at(&mut fixed, entry.offset, "header of a member")?;
        let mut header = vec![0; fetch::local_header(&fixed, entry)?.data_start()];
        let data_start = header.len() as u64;
        self.source.read_exact_at(&mut header, entry.offset, "header of a member")?;
        let new_name = self.stays_as(entry).filter(|_| self.is_renamed(entry));
        if new_name.is_some() {
            // A header that has another name than the directory would agree with it afterwards.
            let found = LocalHeader::parse(&header).ok_or_else(no_entry)?;
            let name = found.name_in(&header).ok_or_else(no_entry)?;
            fetch::check_name(name, entry, self.directory.raw_name(entry)?)?;
        }
        let header = moved(&header, entry.offset, place, ALIGNMENT, new_name)?;
        let room = entry.limit.saturating_sub(entry.offset).saturating_sub(data_start);
        let len = entry.compressed.saturating_add(DESCRIPTOR).min(room);
        Ok(Copied { header, start: entry.offset + data_start, len })
    }

    /// Copies the data of a member.
    fn copy_data(&self, copied: &Copied, out: &mut Out<'_>) -> Result<()> {
        let len = usize::try_from(copied.len).map_or(PIECE, |len| len.min(PIECE));
        let mut piece = room::reserved(len)?;
        piece.resize(len, 0);
        let (mut at, end) = (copied.start, copied.start + copied.len);
        while at < end {
            let len = usize::try_from(end - at).map_or(PIECE, |left| left.min(PIECE));
            let part = piece.get_mut(..len).ok_or_else(no_entry)?;
            self.source.read_exact_at(part, at, "member")?;
            out.put(part)?;
            at += len as u64;
        }
        Ok(())
    }
}

fn no_entry() -> Error {
    broken_invariant("an entry is outside of the directory")
}

fn no_file() -> Error {
    broken_invariant("an archive is edited twice")
}

fn append(to: &mut Vec<u8>, bytes: &[u8]) -> Result<()> {
    to.try_reserve(bytes.len()).map_err(room::no_memory)?;
    to.extend_from_slice(bytes);
    Ok(())
}

fn copy_range(mut from: &File, at: u64, len: u64, to: &NewFile) -> io::Result<()> {
    from.seek(SeekFrom::Start(at))?;
    let copied = io::copy(&mut from.take(len), &mut to.file())?;
    if copied < len { Err(io::ErrorKind::UnexpectedEof.into()) } else { Ok(()) }
}
