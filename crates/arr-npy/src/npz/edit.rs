//! Adding, replacing and removing members of archives that exist.

use std::collections::{BTreeMap, HashSet};
use std::fmt;
use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use arr_core::format::{GrownFile, NewFile, Positioned};
use arr_core::{ArrayView, AsArray, Error, Limits, Result};

use super::FORMAT;
use super::directory::{Directory, Entry};
use super::fetch;
use super::out::{Out, Sink};
use super::record::{End, LocalHeader, moved, realigned};
use super::write::{ALIGNMENT, NpzOptions, NpzWriter};

/// Adds, replaces and removes members of a `.npz` file. Nothing changes before [`commit`](Self::commit), and then all
/// of it at once: whatever happens, even if the process is killed, a reader finds the archive as it was or as it will
/// be.
///
/// The other members are not read, decompressed or compressed again. An archive whose directory fits into a page (some
/// 50 members) and that is not small is added to in place: the new members and a new directory are written after the
/// old one, and of a member that is replaced the bytes stay, unused. Others, and those of which half is unused by
/// then, are copied by the system without what is unused, and replaced whole.
///
/// While a file is open in an editor, no other editor can open it. An edit in place ends with cutting the file off
/// after its new directory: of the readers that look for the directory at that moment, [`Npz`](super::Npz) looks again,
/// and other programs may have to be told to.
///
/// ```
/// # let folder = tempfile::tempdir()?;
/// # let path = folder.path().join("model.npz");
/// # arr_npy::save_npz(&path, [("w", vec![1.0f32]), ("step", vec![1.0])])?;
/// use arr_npy::{Npz, NpzEditor};
/// let bias = arr_core::Array::from_vec(vec![0.5f32], &[1])?;
/// let mut editor = NpzEditor::open(&path)?;
/// editor.put("bias", bias.view());
/// editor.remove("step")?;
/// editor.commit()?;
/// assert_eq!(Npz::open(&path)?.names().collect::<Vec<_>>(), ["w", "bias"]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct NpzEditor<'a> {
    options: NpzOptions,
    sync: bool,
    path: PathBuf,
    file: GrownFile,
    directory: Directory,
    source: Positioned<'static>,
    /// By their names in the archive.
    put: BTreeMap<String, ArrayView<'a>>,
    /// In the order in which they were put.
    order: Vec<String>,
    removed: HashSet<String>,
}

/// Archives of up to this many bytes are copied: that takes no longer, and leaves nothing unused.
const SMALL: u64 = 1 << 20;

/// What is written in one go to one page is seen whole or not at all.
const PAGE: u64 = 4096;

impl<'a> NpzEditor<'a> {
    /// Opens a file whose new members are stored.
    ///
    /// # Errors
    /// `Io` when it can't be read and written, or is open in another editor; otherwise as
    /// [`Npz::open`](super::Npz::open). `Unsupported` when other bytes are before the archive.
    pub fn open(path: impl AsRef<Path>) -> Result<Self> {
        Self::open_with(path, NpzOptions::new())
    }

    /// Opens a file whose new members are written as `options` say.
    ///
    /// # Errors
    /// As [`open`](Self::open).
    pub fn open_with(path: impl AsRef<Path>, options: NpzOptions) -> Result<Self> {
        Self::open_under(path, options, &Limits::default())
    }

    /// [`open_with`](Self::open_with) under a policy: how many members there may be.
    ///
    /// # Errors
    /// As [`open`](Self::open); `LimitExceeded` when there are more.
    pub fn open_under(path: impl AsRef<Path>, options: NpzOptions, limits: &Limits) -> Result<Self> {
        let path = path.as_ref().to_path_buf();
        Self::open_parts(path, options, limits).map_err(|error| error.in_format(FORMAT))
    }

    fn open_parts(path: PathBuf, options: NpzOptions, limits: &Limits) -> Result<Self> {
        let file = GrownFile::open(&path)?;
        let clone = file.file().try_clone().map_err(|source| Error::io("can't open", source))?;
        let source = Positioned::from_file(clone, file.old_len());
        let directory = Directory::read(&source, limits)?;
        if directory.shift != 0 {
            let message = format!("{} bytes stand before the archive: it can't be added to", directory.shift);
            return Err(Error::unsupported(message).at(0));
        }
        Ok(Self {
            options,
            sync: false,
            path,
            file,
            directory,
            source,
            put: BTreeMap::new(),
            order: Vec::new(),
            removed: HashSet::new(),
        })
    }

    /// Waits at [`commit`](Self::commit) until all is on the disk: the archive then outlasts a loss of power.
    #[must_use]
    pub fn sync(mut self) -> Self {
        self.sync = true;
        self
    }

    /// The names of the members that there will be, without `.npy`.
    #[must_use]
    pub fn names(&self) -> Vec<&str> {
        let kept = self.directory.entries.iter().map(|entry| self.directory.name(entry));
        let kept = kept.filter(|name| !self.goes(name));
        let added = self.order.iter().map(String::as_str);
        kept.chain(added).map(|name| name.strip_suffix(".npy").unwrap_or(name)).collect()
    }

    /// Adds an array as the member `name.npy`, or replaces the one that is found by `name`, with or without `.npy`.
    pub fn put(&mut self, name: &str, array: ArrayView<'a>) {
        let found = self.has(name) && !self.removed.contains(name);
        let name = if found { name.to_owned() } else { format!("{name}.npy") };
        if self.put.insert(name.clone(), array).is_none() {
            self.order.push(name);
        }
    }

    /// Removes the member of that name, with or without `.npy`; all of them, if there are several.
    ///
    /// # Errors
    /// `InvalidArgument` when there is none.
    pub fn remove(&mut self, name: &str) -> Result<()> {
        for wanted in [name.to_owned(), format!("{name}.npy")] {
            let was_there = self.has(&wanted) && self.removed.insert(wanted.clone());
            let was_put = self.put.remove(&wanted).is_some();
            self.order.retain(|put| *put != wanted);
            if was_there || was_put {
                return Ok(());
            }
        }
        Err(Error::invalid(format!("there is no member '{name}'")).in_format(FORMAT))
    }

    /// True when the file has a member of just that name.
    fn has(&self, name: &str) -> bool {
        self.directory.entries.iter().any(|entry| self.directory.name(entry) == name)
    }

    fn goes(&self, name: &str) -> bool {
        self.removed.contains(name) || self.put.contains_key(name)
    }

    /// Makes the changes.
    ///
    /// # Errors
    /// `InvalidArgument` and `Unsupported` as [`NpzWriter::add`], `Malformed` when a member that is to be copied is
    /// damaged, `Io` when the file can't be written. Then the archive is as it was.
    pub fn commit(self) -> Result<()> {
        self.commit_parts().map_err(|error| error.in_format(FORMAT))
    }

    fn commit_parts(self) -> Result<()> {
        let old_end = self.end_at(0).to_bytes(&self.directory.comment)?;
        let bridge = (self.directory.raw.len() + old_end.len()) as u64;
        let mut room = bridge + 1024;
        for (name, array) in &self.put {
            room = room.saturating_add(NpzWriter::most(self.options, name, array)?);
        }
        let entries = self.directory.entries.iter();
        let used: u64 = entries
            .filter(|entry| !self.goes(self.directory.name(entry)))
            .map(|entry| entry.compressed)
            .sum();
        if self.source.len() > SMALL && bridge + 100 <= PAGE && used >= self.source.len() / 2 {
            self.add_in_place(room)
        } else {
            self.copy()
        }
    }

    /// The end record of the old directory at a place.
    fn end_at(&self, offset: u64) -> End {
        End::of_directory(self.directory.entries.len() as u64, self.directory.raw.len() as u64, offset)
    }

    /// Adds to the file, after the old directory. At every moment the file ends with a directory, and all that it
    /// names is there: first the old one is put so far behind that there is `room` for what is new, in one write to
    /// one page; then the room is filled; and last the file is cut off after the new directory.
    fn add_in_place(mut self, room: u64) -> Result<()> {
        let start = self.file.old_len();
        let bridge = start.checked_add(room).and_then(|end| end.checked_next_multiple_of(PAGE));
        let bridge = bridge.ok_or_else(|| Error::limit("the archive would be too large"))?;
        let old_end = self.end_at(bridge).to_bytes(&self.directory.comment)?;
        let bytes = [&self.directory.raw[..], &old_end].concat();
        self.file = self.file.sync(self.sync);
        self.file.reserve(start, bridge + bytes.len() as u64 - start)?;
        self.file.write_at(&bytes, bridge)?;
        self.file.settle()?;
        let entries = self.directory.entries.iter();
        let kept: Vec<&Entry> = entries.filter(|entry| !self.goes(self.directory.name(entry))).collect();
        let names = kept.iter().map(|entry| self.directory.name(entry).to_owned()).collect();
        let raw = kept.iter().map(|entry| self.directory.raw(entry)).collect::<Result<Vec<_>>>()?.concat();
        let mut writer = NpzWriter::new(self.options, Out::new(Sink::Grown(self.file, bridge), start));
        writer.keep(names, raw, kept.len() as u64, self.directory.comment.clone());
        add(&mut writer, &self.order, &self.put)?;
        if let (Sink::Grown(mut file, _), end) = writer.end()? {
            file.settle()?;
            file.set_len(end)?;
            file.commit()?;
        }
        Ok(())
    }

    /// Writes another file with what stays of this one, copied by the system, and what is new.
    fn copy(self) -> Result<()> {
        let save = self.options.how_to_save();
        let file = if self.sync { save.sync() } else { save }.create(&self.path)?;
        let mut order: Vec<&Entry> = self.directory.entries.iter().collect();
        order.retain(|entry| !self.goes(self.directory.name(entry)));
        order.sort_by_key(|entry| entry.offset);
        let (mut position, mut moves) = (0, BTreeMap::new());
        for entry in order {
            moves.insert(entry.raw.start, self.copy_member(entry, &file, &mut position)?);
        }
        let (mut names, mut raw, mut count) = (HashSet::new(), Vec::new(), 0);
        for entry in &self.directory.entries {
            if let Some(to) = moves.get(&entry.raw.start) {
                names.insert(self.directory.name(entry).to_owned());
                let old = self.directory.raw(entry)?;
                let new = moved(old, *to).ok_or_else(|| Error::unsupported("a member that moves too far"))?;
                raw.extend(new);
                count += 1;
            }
        }
        let mut writer = NpzWriter::new(self.options, Out::new(Sink::New(file), position));
        writer.keep(names, raw, count, self.directory.comment.clone());
        add(&mut writer, &self.order, &self.put)?;
        writer.finish()
        // The old file stays locked until here.
    }

    /// Copies a member, header and data, to `position`, where its data is aligned as it was. Gives its new place.
    fn copy_member(&self, entry: &Entry, to: &NewFile, position: &mut u64) -> Result<u64> {
        let mut fixed = [0; LocalHeader::SIZE];
        self.source.read_exact_at(&mut fixed, entry.offset, "header of a member")?;
        let mut header = vec![0; fetch::local_header(&fixed, entry)?.data_start()];
        let data_start = header.len() as u64;
        self.source.read_exact_at(&mut header, entry.offset, "header of a member")?;
        let start = *position;
        let header = realigned(&header, entry.offset, start, ALIGNMENT)?;
        let failed = |source| Error::io("can't copy a member", source).at(entry.offset);
        to.file().write_all(&header).map_err(failed)?;
        let room = entry.limit.saturating_sub(entry.offset).saturating_sub(data_start);
        let len = (entry.compressed + DESCRIPTOR).min(room);
        copy_range(self.file.file(), entry.offset + data_start, len, to).map_err(failed)?;
        *position = start + header.len() as u64 + len;
        Ok(start)
    }
}

/// The most bytes that may be after the data of a member that belong to it.
const DESCRIPTOR: u64 = 24;

fn copy_range(mut from: &File, at: u64, len: u64, to: &NewFile) -> io::Result<()> {
    from.seek(SeekFrom::Start(at))?;
    let copied = io::copy(&mut from.take(len), &mut to.file())?;
    if copied < len { Err(io::ErrorKind::UnexpectedEof.into()) } else { Ok(()) }
}

fn add(writer: &mut NpzWriter<'_>, order: &[String], put: &BTreeMap<String, ArrayView<'_>>) -> Result<()> {
    for name in order {
        if let Some(array) = put.get(name) {
            writer.add_member(name, array)?;
        }
    }
    Ok(())
}

impl fmt::Debug for NpzEditor<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "NpzEditor({:?}, {} changes)", self.path, self.put.len() + self.removed.len())
    }
}

/// Adds a stored array to a `.npz` file, or replaces the member of that name, without reading or writing the others;
/// see [`NpzEditor`].
///
/// # Errors
/// As [`NpzEditor::open`] and [`NpzEditor::commit`].
pub fn append_npz<A: AsArray + ?Sized>(path: impl AsRef<Path>, name: &str, array: &A) -> Result<()> {
    array.with_view(|view| {
        let mut editor = NpzEditor::open(path)?;
        editor.put(name, view.view());
        editor.commit()
    })
}
