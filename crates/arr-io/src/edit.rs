//! Members of archives, removed and renamed.

use std::collections::HashSet;
use std::path::{Path, PathBuf};

use arr_core::format::{Format, FormatInfo, Holds, PartChange, PartInfo, Writing, in_file, room};
use arr_core::{Error, Input, Result};

use crate::OpenOptions;
use crate::select::{by_pattern, listed, nearest_to};

/// Removes and renames members of an archive. Nothing changes before [`run`](Self::run), and then all of it at once: a
/// reader finds the archive as it was or as it will be. The bytes of members stay as they are.
///
/// ```
/// # let folder = tempfile::tempdir()?;
/// # let path = folder.path().join("model.npz");
/// # arr_npy::save_npz(&path, [("w", [1.0]), ("old/a", [2.0]), ("old/b", [3.0])])?;
/// use arr_io::{Edit, OpenOptions, format::Writing};
/// let mut edit = Edit::open(&path, &OpenOptions::new(), &Writing::new())?;
/// edit.remove("old/*")?;
/// edit.rename("w", "layer1/w")?;
/// edit.run()?;
/// assert_eq!(arr_io::OpenOptions::new().info(&path)?.members[0].key, "layer1/w");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct Edit<'r> {
    path: PathBuf,
    format: &'r dyn Format,
    how: Writing,
    parts: Vec<PartInfo>,
    /// The names of the members that go.
    removed: HashSet<String>,
    changes: Vec<PartChange>,
}

impl<'r> Edit<'r> {
    /// Opens an archive. `how` says whether a member that is called like a renamed one is replaced, and bytes
    /// after the archive are given up.
    ///
    /// # Errors
    /// `Io` when the file can't be read, `Unsupported` when its format is not known, and what the format finds.
    pub fn open(path: impl AsRef<Path>, options: &OpenOptions<'r>, how: &Writing) -> Result<Self> {
        let path = path.as_ref().to_path_buf();
        let mut input = Input::open_regular(&path)?.with_limits(&how.limits);
        let format = in_file(&path, options.detect(&mut input, Some(&path)))?;
        let how = how.of(format.info())?;
        let mut parts = Vec::new();
        // Others say themselves that nothing can be changed.
        if format.info().holds == Holds::Members {
            let reading = options.how().of(format.info())?.limits(how.limits.clone());
            parts = listed(format.open(input.into(), &reading)?.as_mut())?;
        }
        Ok(Self { path, format, how, parts, removed: HashSet::new(), changes: Vec::new() })
    }

    /// What the format of the archive says of itself.
    #[must_use]
    pub fn format(&self) -> &'static FormatInfo {
        self.format.info()
    }

    /// Removes the member of that key, or all whose keys a pattern fits: `layer0/*`.
    ///
    /// # Errors
    /// `InvalidArgument` when there is none; the error names one that is like it.
    pub fn remove(&mut self, name: &str) -> Result<()> {
        let found = match self.found(name) {
            Some(part) => vec![part],
            None => {
                by_pattern(&self.parts, name, self.no_member(name)).or_else(|error| self.unlisted(error))?
            }
        };
        if found.is_empty() {
            room::push(&mut self.changes, PartChange::Remove(name.to_owned()))?;
        }
        for part in found {
            let name = name_of(part);
            self.removed.try_reserve(1).map_err(room::no_memory)?;
            if self.removed.insert(name.clone()) {
                room::push(&mut self.changes, PartChange::Remove(name))?;
            }
        }
        Ok(())
    }

    /// Calls the member of a key by another one. What is an array stays one.
    ///
    /// # Errors
    /// `InvalidArgument` when there is none, in an error that names one that is like it, or when a file can't be called like
    /// the new one.
    pub fn rename(&mut self, from: &str, to: &str) -> Result<()> {
        check_new_name(to)?;
        let found = match self.found(from) {
            Some(part) => Some(name_of(part)),
            // A pattern is no name: what fits it is not renamed, however few there are.
            None => self.unlisted(nearest_to(&self.parts, from, self.no_member(from)))?.pop().map(name_of),
        };
        let from = found.unwrap_or_else(|| from.to_owned());
        self.changes.push(PartChange::Rename(from, to.to_owned()));
        Ok(())
    }

    /// The part of that key, or of that whole name.
    fn found(&self, name: &str) -> Option<PartInfo> {
        let is_key = |part: &&PartInfo| part.key.as_deref() == Some(name);
        let is_name = |part: &&PartInfo| part.member.as_ref().is_some_and(|member| member.name == name);
        let mut parts = self.parts.iter();
        parts.clone().find(is_name).or_else(|| parts.find(is_key)).cloned()
    }

    fn no_member(&self, name: &str) -> Error {
        let count = self.parts.len();
        Error::invalid(format!("the archive has no member '{name}': it has {count} members"))
            .in_format(self.format.info().name)
    }

    /// The error, unless the members are not known here: then the format has the word.
    fn unlisted(&self, error: Error) -> Result<Vec<PartInfo>> {
        if self.format.info().holds == Holds::Members { Err(error) } else { Ok(Vec::new()) }
    }

    /// Makes the changes, one after the other.
    ///
    /// # Errors
    /// `InvalidArgument` when a member exists and is not to be replaced, or has become another; `Unsupported` when files
    /// of the format have no members; `Io`. The archive is as it was.
    pub fn run(self) -> Result<()> {
        self.format.edit(&self.path, &self.changes, &self.how)
    }
}

/// Refuses a name of a member that leads out of the folder into which it is extracted.
pub(crate) fn check_new_name(name: &str) -> Result<()> {
    match name.starts_with('/') || name.split('/').any(|part| part == "..") {
        true => {
            let message = format!(
                "a member that is called '{name}' would lead out of the folder that it is extracted to"
            );
            Err(Error::invalid(message))
        }
        false => Ok(()),
    }
}

/// The whole name of a member.
fn name_of(part: PartInfo) -> String {
    part.member.map(|member| member.name).or(part.key).unwrap_or_default()
}
