//! Adding, replacing, renaming and removing members of archives that exist.

mod copy;

use std::collections::{BTreeMap, HashSet};
use std::fmt;
use std::path::{Path, PathBuf};

use arr_core::format::{GrownFile, Positioned, in_file};
use arr_core::{ArrayView, AsArray, Error, Hint, Limits, Result};

use super::FORMAT;
use super::directory::{Directory, Entry};
use super::names::check_name;
use super::out::PAGE;
use super::read::ByName;
use super::record::End;
use super::write::{NpzOptions, NpzWriter};

/// Adds, replaces, renames and removes members of a `.npz` file. Nothing changes before [`commit`](Self::commit), and then all
/// of it at once: whatever happens, even if the process is killed, a reader finds the archive as it was or as it will
/// be.
///
/// The other members are not read, decompressed or compressed again. An archive whose directory fits into a page (some
/// 50 members) and that is not small is added to in place: the new members and a new directory are written after the
/// old one, and of a member that is replaced the bytes stay, unused. Others, and those of which half is unused by
/// then, are copied by the system without what is unused, and replaced whole; so is one that has other names (hard
/// links), which keep the old contents. A member that is renamed in place is copied, since its name is before its data.
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
    overwrite_trailing: bool,
    path: PathBuf,
    /// Until it is written to.
    file: Option<GrownFile>,
    directory: Directory,
    by_name: ByName,
    source: Positioned<'static>,
    /// By their names in the archive.
    put: BTreeMap<String, ArrayView<'a>>,
    /// In the order in which they were put.
    order: Vec<String>,
    /// Members of the file, by the names that they have in it.
    removed: HashSet<String>,
    renamed: BTreeMap<String, String>,
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
        let path = path.as_ref();
        let opened = Self::open_parts(path.to_path_buf(), options, limits);
        in_file(path, opened.map_err(|error| error.in_format(FORMAT)))
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
            overwrite_trailing: false,
            path,
            file: Some(file),
            directory,
            by_name,
            source,
            put: BTreeMap::new(),
            order: Vec::new(),
            removed: HashSet::new(),
            renamed: BTreeMap::new(),
        })
    }

    /// Waits at [`commit`](Self::commit) until all is on the disk: the archive then outlasts a loss of power.
    #[must_use]
    pub fn sync(mut self) -> Self {
        self.sync = true;
        self
    }

    /// Gives up bytes that follow the end of the archive, which belong to somebody else perhaps; by default they keep it from
    /// being changed.
    #[must_use]
    pub fn overwrite_trailing(mut self, overwrite: bool) -> Self {
        self.overwrite_trailing = overwrite;
        self
    }

    /// The names of the members that there will be, without `.npy`.
    #[must_use]
    pub fn names(&self) -> Vec<&str> {
        let kept = self.directory.entries.iter().filter_map(|entry| self.stays_as(entry));
        let added = self.order.iter().map(String::as_str);
        kept.chain(added).map(|name| name.strip_suffix(".npy").unwrap_or(name)).collect()
    }

    /// Adds an array as the member `name.npy`, or replaces the one that is found by `name`, with or without `.npy`.
    pub fn put(&mut self, name: &str, array: ArrayView<'a>) {
        let name = full_name(name, self.has(name));
        if let Some(old) = self.old_name(&name) {
            self.renamed.remove(&old);
            self.removed.insert(old);
        }
        if self.put.insert(name.clone(), array).is_none() {
            self.order.push(name);
        }
    }

    /// Removes the member of that name, with or without `.npy`; all of them, if there are several.
    ///
    /// # Errors
    /// `InvalidArgument` when there is none.
    pub fn remove(&mut self, name: &str) -> Result<()> {
        let name = self.find(name)?;
        if self.put.remove(&name).is_some() {
            self.order.retain(|put| *put != name);
        }
        match self.old_name(&name) {
            Some(old) => {
                self.renamed.remove(&old);
                self.removed.insert(old);
            }
            None if self.is_in_file(&name) && !self.renamed.contains_key(&name) => {
                self.removed.insert(name);
            }
            None => {}
        }
        Ok(())
    }

    /// Calls the member of a name, with or without `.npy`, by another one. What is called `.npy` stays so, unless it is
    /// given without. Its bytes stay as they are. Of several members of the name the last is renamed, which is the one that
    /// counts, and the others are removed.
    ///
    /// ```
    /// # let folder = tempfile::tempdir()?;
    /// # let path = folder.path().join("model.npz");
    /// # arr_npy::save_npz(&path, [("w", vec![1.0f32]), ("step", vec![1.0])])?;
    /// let mut editor = arr_npy::NpzEditor::open(&path)?;
    /// editor.rename("w", "layer1/w")?;
    /// editor.commit()?;
    /// assert_eq!(arr_npy::Npz::open(&path)?.names().collect::<Vec<_>>(), ["layer1/w", "step"]);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// `InvalidArgument` when there is no such member, or it is a folder; when there is a member of the new name already
    /// ([remove](Self::remove) it before), or no member can have it.
    pub fn rename(&mut self, old: &str, new: &str) -> Result<()> {
        let (name, new) = self.names_of_rename(old, new)?;
        if name != new && self.has(&new) {
            return Err(there_is_one().in_path(&new).in_format(FORMAT));
        }
        self.call(name, new);
        Ok(())
    }

    /// [`rename`](Self::rename), where a member of the new name gives way.
    ///
    /// # Errors
    /// As `rename`, but for a name that is taken.
    pub fn replace(&mut self, old: &str, new: &str) -> Result<()> {
        let (name, new) = self.names_of_rename(old, new)?;
        if name != new && self.has(&new) {
            self.remove(&new)?;
        }
        self.call(name, new);
        Ok(())
    }

    /// What a member is called, and what it is to be called.
    fn names_of_rename(&self, old: &str, new: &str) -> Result<(String, String)> {
        let name = self.find(old)?;
        let is_plain = name.strip_suffix(".npy").is_none() || new.ends_with(".npy");
        let new = if is_plain { new.to_owned() } else { format!("{new}.npy") };
        let refused =
            |what: &'static str, name: &str| Err(Error::invalid(what).in_path(name).in_format(FORMAT));
        if name.ends_with('/') {
            return refused("it is a folder: rename the members that are in it", &name);
        }
        check_name(&new)?;
        let stem = new.strip_suffix(".npy").unwrap_or(&new);
        if stem.is_empty() || stem.ends_with('/') {
            return refused("it is no name of a member", &new);
        }
        Ok((name, new))
    }

    /// Gives a member a name that is free.
    fn call(&mut self, name: String, new: String) {
        if name == new {
            return;
        }
        if let Some(array) = self.put.remove(&name) {
            self.order.iter_mut().filter(|put| **put == name).for_each(|put| put.clone_from(&new));
            self.put.insert(new, array);
            return;
        }
        let name = self.old_name(&name).unwrap_or(name);
        // Back to where it was.
        match name == new {
            true => drop(self.renamed.remove(&name)),
            false => drop(self.renamed.insert(name, new)),
        }
    }

    /// What the member is called in the archive that there will be, which is found by a name, with or without `.npy`.
    ///
    /// # Errors
    /// `InvalidArgument` when there is none.
    pub fn find(&self, name: &str) -> Result<String> {
        let names = [name.to_owned(), format!("{name}.npy")];
        let message = || Error::invalid(format!("the archive has no member '{name}'")).in_format(FORMAT);
        names.into_iter().find(|name| self.has(name)).ok_or_else(message)
    }

    /// True when there will be a member of just that name.
    #[must_use]
    pub fn has(&self, name: &str) -> bool {
        let stays =
            || self.is_in_file(name) && !self.removed.contains(name) && !self.renamed.contains_key(name);
        self.put.contains_key(name) || self.renamed.values().any(|new| new == name) || stays()
    }

    /// True when the file has a member of just that name.
    fn is_in_file(&self, name: &str) -> bool {
        self.by_name.find(&self.directory, name, "").is_some()
    }

    /// What a renamed member is called in the file.
    fn old_name(&self, new: &str) -> Option<String> {
        self.renamed.iter().find(|(_, name)| *name == new).map(|(old, _)| old.clone())
    }

    /// What a member of the file will be called; nothing when it goes.
    fn stays_as(&self, entry: &Entry) -> Option<&str> {
        let name = self.directory.name(entry);
        match self.renamed.get(name) {
            _ if self.removed.contains(name) => None,
            Some(new) => {
                let last = self.by_name.find(&self.directory, name, "");
                last.filter(|last| last.raw.start == entry.raw.start).map(|_| new.as_str())
            }
            None => Some(name).filter(|name| !self.put.contains_key(*name)),
        }
    }

    /// True for a member that stays under another name.
    fn is_renamed(&self, entry: &Entry) -> bool {
        self.stays_as(entry).is_some_and(|name| name != self.directory.name(entry))
    }

    /// Makes the changes.
    ///
    /// # Errors
    /// `InvalidArgument` and `Unsupported` as [`NpzWriter::add`], `Malformed` when a member that is to be copied is
    /// damaged, `Mismatch` when [bytes](Self::overwrite_trailing) follow the archive, `Io` when the file can't be written.
    /// Then the archive is as it was.
    pub fn commit(self) -> Result<()> {
        self.commit_parts().map_err(|error| error.in_format(FORMAT))
    }

    fn commit_parts(mut self) -> Result<()> {
        let put = std::mem::take(&mut self.put);
        let order = std::mem::take(&mut self.order);
        let in_place = order.iter().filter(|name| !self.renamed.contains_key(*name));
        self.removed.extend(in_place.cloned());
        let mut edit = self.begin()?;
        for name in &order {
            if let Some(array) = put.get(name) {
                edit.writer.add_member(name, array)?;
            }
        }
        edit.finish()
    }

    /// Begins with a member that is to be put in under `name`, and says what it is called in the archive. The one of that
    /// name gives way, if it `may`. The name may be the whole one.
    pub(super) fn begin_with(mut self, name: &str, is_whole: bool, may: bool) -> Result<(Edit, String)> {
        let name = full_name(name, is_whole || self.has(name));
        if may {
            self.removed.insert(name.clone());
        }
        Ok((self.begin()?, name))
    }

    /// Begins to write, behind what stays.
    fn begin(self) -> Result<Edit> {
        let trailing = self.directory.trailing;
        if trailing > 0 && !self.overwrite_trailing {
            let message = format!(
                "{trailing} bytes follow the end of the archive: they may belong to somebody else, and are given up \
                 only by force"
            );
            let end = self.source.len().saturating_sub(trailing);
            return Err(Error::trailing(message).at(end).with_hint(Hint::Replace).in_format(FORMAT));
        }
        let end = End::of_directory(self.directory.entries.len() as u64, self.directory.raw.len() as u64, 0);
        let bridge = (self.directory.raw.len() + end.to_bytes(&self.directory.comment)?.len()) as u64;
        // What is renamed is written again.
        let stays = |entry: &&Entry| self.stays_as(entry) == Some(self.directory.name(entry));
        let used: u64 = self.directory.entries.iter().filter(stays).map(|entry| entry.compressed).sum();
        let has_others = self.file.as_ref().map_or(Ok(false), GrownFile::has_other_names)?;
        let is_alone = !has_others;
        if is_alone && self.source.len() > SMALL && bridge + 100 <= PAGE && used >= self.source.len() / 2 {
            self.add_in_place()
        } else {
            self.copy()
        }
    }
}

/// The error of a name that is taken.
pub(super) fn there_is_one() -> Error {
    Error::invalid("there is a member of that name already").with_hint(Hint::Replace)
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
        let changes = self.put.len() + self.removed.len() + self.renamed.len();
        write!(f, "NpzEditor({:?}, {changes} changes)", self.path)
    }
}

/// Adds a stored array to a `.npz` file, or replaces the member of that name, without reading or writing the others;
/// see [`NpzEditor`].
///
/// # Errors
/// As [`NpzEditor::open`] and [`NpzEditor::commit`].
pub fn append_npz<A: AsArray + ?Sized>(path: impl AsRef<Path>, name: &str, array: &A) -> Result<()> {
    let path = path.as_ref();
    let added = array.with_view(|view| {
        let mut editor = NpzEditor::open(path)?;
        editor.put(name, view.view());
        editor.commit()
    });
    in_file(path, added)
}
