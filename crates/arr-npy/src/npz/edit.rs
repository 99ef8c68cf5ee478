//! Adding, replacing and removing members of archives that exist.

use std::collections::{BTreeMap, HashSet};
use std::fmt;
use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use arr_core::format::{GrownFile, NewFile, Positioned, room};
use arr_core::{ArrayView, AsArray, Error, Limits, Result};

use super::directory::{Directory, Entry};
use super::fetch;
use super::names::Names;
use super::out::{Grown, Out, PAGE, Sink};
use super::read::ByName;
use super::record::{End, LocalHeader, move_to, realigned};
use super::write::{ALIGNMENT, NpzOptions, NpzWriter};
use super::{FORMAT, broken_invariant};

/// Adds, replaces and removes members of a `.npz` file. Nothing changes before [`commit`](Self::commit), and then all
/// of it at once: whatever happens, even if the process is killed, a reader finds the archive as it was or as it will
/// be.
///
/// The other members are not read, decompressed or compressed again. An archive whose directory fits into a page (some
/// 50 members) and that is not small is added to in place: the new members and a new directory are written after the
/// old one, and of a member that is replaced the bytes stay, unused. Others, and those of which half is unused by
/// then, are copied by the system without what is unused, and replaced whole; so is one that has other names (hard
/// links), which keep the old contents.
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
    by_name: ByName,
    source: Positioned<'static>,
    /// By their names in the archive.
    put: BTreeMap<String, ArrayView<'a>>,
    /// In the order in which they were put.
    order: Vec<String>,
    removed: HashSet<String>,
}

/// Archives of up to this many bytes are copied: that takes no longer, and leaves nothing unused.
const SMALL: u64 = 1 << 20;

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
        let by_name = ByName::new(&directory)?;
        Ok(Self {
            options,
            sync: false,
            path,
            file,
            directory,
            by_name,
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
        let name = full_name(name, self.has(name) && !self.removed.contains(name));
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
            if was_put {
                self.order.retain(|put| *put != wanted);
            }
            if was_there || was_put {
                return Ok(());
            }
        }
        Err(Error::invalid(format!("the archive has no member '{name}'")).in_format(FORMAT))
    }

    /// True when the file has a member of just that name.
    fn has(&self, name: &str) -> bool {
        self.by_name.find(&self.directory, name, "").is_some()
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

    fn commit_parts(mut self) -> Result<()> {
        let put = std::mem::take(&mut self.put);
        let order = std::mem::take(&mut self.order);
        self.removed.extend(order.iter().cloned());
        let mut edit = self.begin()?;
        for name in &order {
            if let Some(array) = put.get(name) {
                edit.writer.add_member(name, array)?;
            }
        }
        edit.finish()
    }

    /// Begins with a member that is to be put in under `name`, and says what it is called in the archive. The one of that
    /// name gives way, if it `may`.
    pub(super) fn begin_with(mut self, name: &str, may: bool) -> Result<(Edit, String)> {
        let name = full_name(name, self.has(name));
        if may {
            self.removed.insert(name.clone());
        }
        Ok((self.begin()?, name))
    }

    /// Begins to write, behind what stays.
    fn begin(self) -> Result<Edit> {
        let end = End::of_directory(self.directory.entries.len() as u64, self.directory.raw.len() as u64, 0);
        let bridge = (self.directory.raw.len() + end.to_bytes(&self.directory.comment)?.len()) as u64;
        let stays = |entry: &&Entry| !self.goes(self.directory.name(entry));
        let used: u64 = self.directory.entries.iter().filter(stays).map(|entry| entry.compressed).sum();
        let is_alone = !self.file.has_other_names()?;
        if is_alone && self.source.len() > SMALL && bridge + 100 <= PAGE && used >= self.source.len() / 2 {
            self.add_in_place()
        } else {
            self.copy()
        }
    }

    /// Adds to the file, behind the old directory; see [`Grown`].
    fn add_in_place(self) -> Result<Edit> {
        let Directory { entries, raw, comment, .. } = &self.directory;
        let mut names = Names::default();
        for entry in entries {
            names.insert(self.directory.name(entry))?;
        }
        let (count, start) = (entries.len() as u64, self.file.old_len());
        let grown = Grown::new(self.file.sync(self.sync), raw.clone(), count, comment.clone());
        let mut writer = NpzWriter::new(self.options, Out::new(Sink::Grown(grown), start));
        writer.keep(names, raw.clone(), count, comment.clone());
        self.removed.iter().try_for_each(|name| writer.give_up(name))?;
        Ok(Edit { writer, replaced: None })
    }

    /// Writes another file with what stays of this one, copied by the system, and what is new.
    fn copy(mut self) -> Result<Edit> {
        let save = self.options.how_to_save();
        let file = if self.sync { save.sync() } else { save }.create(&self.path)?;
        // A directory may be large: nothing of it is held twice.
        self.by_name = ByName::default();
        let stays = |entry: &Entry| !self.goes(self.directory.name(entry));
        let entries = self.directory.entries.iter().enumerate();
        let mut order: Vec<usize> = room::reserved(self.directory.entries.len())?;
        order.extend(entries.filter(|(_, entry)| stays(entry)).map(|(at, _)| at));
        order.sort_unstable_by_key(|at| (self.directory.entries.get(*at).map(|entry| entry.offset), *at));
        let mut position = 0;
        for at in order {
            let entry = self.directory.entries.get(at).ok_or_else(no_entry)?;
            let to = self.copy_member(entry, &file, &mut position)?;
            let entry = entry.raw.clone();
            let entry = self.directory.raw.get_mut(entry).ok_or_else(no_entry)?;
            move_to(entry, to).ok_or_else(|| Error::unsupported("a member that moves too far"))?;
        }
        let mut raw = std::mem::take(&mut self.directory.raw);
        let (mut names, mut kept, mut count) = (Names::default(), 0, 0);
        for entry in &self.directory.entries {
            let name = self.directory.name(entry);
            if self.goes(name) {
                continue;
            }
            names.insert(name)?;
            let range = entry.raw.clone();
            if raw.len() < range.end || range.start < kept {
                return Err(no_entry());
            }
            let len = range.len();
            raw.copy_within(range, kept);
            kept += len;
            count += 1;
        }
        raw.truncate(kept);
        let mut writer = NpzWriter::new(self.options, Out::new(Sink::New(file), position));
        writer.keep(names, raw, count, self.directory.comment);
        Ok(Edit { writer, replaced: Some(self.file) })
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
        let len = entry.compressed.saturating_add(DESCRIPTOR).min(room);
        copy_range(self.file.file(), entry.offset + data_start, len, to).map_err(failed)?;
        *position = start + header.len() as u64 + len;
        Ok(start)
    }
}

fn no_entry() -> Error {
    broken_invariant("an entry is outside of the directory")
}

/// The most bytes that may be after the data of a member that belong to it.
const DESCRIPTOR: u64 = 24;

fn copy_range(mut from: &File, at: u64, len: u64, to: &NewFile) -> io::Result<()> {
    from.seek(SeekFrom::Start(at))?;
    let copied = io::copy(&mut from.take(len), &mut to.file())?;
    if copied < len { Err(io::ErrorKind::UnexpectedEof.into()) } else { Ok(()) }
}

/// What a member is called in the archive that is put in under `name`: just that, if there is one of just that name.
pub(super) fn full_name(name: &str, is_there: bool) -> String {
    if is_there { name.to_owned() } else { format!("{name}.npy") }
}

/// The changes that are being made.
pub(super) struct Edit {
    pub(super) writer: NpzWriter<'static>,
    /// A file that is copied stays locked until the copy has its place.
    replaced: Option<GrownFile>,
}

impl Edit {
    pub(super) fn finish(self) -> Result<()> {
        let Self { writer, replaced } = self;
        let finished = writer.finish();
        drop(replaced);
        finished
    }
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
