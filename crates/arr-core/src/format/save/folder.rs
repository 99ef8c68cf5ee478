//! Writing the files of a folder all or none.

#[cfg(unix)]
mod journal;
mod swap;

use std::collections::HashMap;
use std::fs::{self as std_fs, File, Metadata};
use std::io;
use std::path::{Path, PathBuf};

use super::access::Access;
use super::again::{self as fs, again};
use super::draft::with_temporary_name;
use super::links::{kind_of, resolve_links};
use super::lock::{Lock, is_called, lock};
use super::rest::HalfDone;
use super::{Draft, SaveOptions, check_writable};
use crate::{Error, ErrorKind, Hint, Output, Result};
use swap::Swapped;

/// Files of a folder that get their names together: see [`create`](Self::create). Dropped before
/// [`commit`](Self::commit), it leaves nothing behind, and the folder is as it was.
///
/// ```
/// use std::path::Path;
/// let folder = tempfile::tempdir()?;
/// let path = folder.path().join("out");
/// let mut files = arr_core::format::NewFolder::create(&path, false)?;
/// files.save(Path::new("a/x.txt"), |output| output.write(b"42"))?;
/// files.save(Path::new("y.txt"), |output| output.write(b"43"))?;
/// assert!(!path.exists());
/// files.commit()?;
/// assert_eq!(std::fs::read(path.join("a/x.txt"))?, b"42");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct NewFolder {
    folder: PathBuf,
    /// The folder is there already, and its files are added to or replaced.
    exists: bool,
    replace: bool,
    staging: Staging,
    places: Vec<PathBuf>,
}

/// Where files are written, below the staging folder.
const NEW: &str = "new";

/// Where those are kept that were replaced, until all have been. A folder that has it was left in the middle of that:
/// what was done is taken back before it is cleared.
const OLD: &str = "old";

/// The name of the same when all files have been replaced.
const DONE: &str = "done";

impl NewFolder {
    /// Begins with files of a folder, which is made if it is not there (its parent is). Until [`commit`](Self::commit)
    /// they are in a hidden folder that nobody else can enter, in this one, or beside it. Files that are there are
    /// replaced, as [`SaveOptions::save`] does it, if `replace` says so, and are an error otherwise.
    ///
    /// What a killed program has left of such a folder is removed by the next one that writes there. Where it was killed
    /// while files were being renamed, the next one takes that back first: the folder is as it was before.
    ///
    /// # Errors
    /// `Io` when there is something else of that name, or no folder can be made.
    pub fn create(folder: impl AsRef<Path>, replace: bool) -> Result<Self> {
        // Without a separator at the end, which would hide that it is a link.
        let folder: PathBuf = folder.as_ref().components().collect();
        let folder = resolve_links(&folder)?;
        let exists = match fs::metadata(&folder) {
            Ok(metadata) if metadata.is_dir() => true,
            Ok(metadata) => return Err(in_the_way(&metadata)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => false,
            Err(source) => return Err(Error::io("can't look at the folder", source)),
        };
        let staging = match folder.parent() {
            _ if exists => Staging::create(&folder, None),
            Some(parent) if !parent.as_os_str().is_empty() => Staging::create(parent, Some(&folder)),
            _ => Staging::create(Path::new("."), Some(&folder)),
        };
        let staging = staging.map_err(|source| Error::io("can't create a folder", source))?;
        fs::create_dir(staging.path.join(NEW))
            .map_err(|source| Error::io("can't create a folder", source))?;
        Ok(Self { folder, exists, replace, staging, places: Vec::new() })
    }

    /// Looks at everything that files of these places, below the folder, would replace.
    ///
    /// # Errors
    /// `InvalidArgument` when a file is there and is not to be replaced, `Io` when something is in the way that is no
    /// file. They name it.
    pub fn expect(&self, places: &[PathBuf]) -> Result<()> {
        let mut seen = HashMap::new();
        places.iter().try_for_each(|place| self.target(place, &mut seen).map(drop))
    }

    /// Lets `write` fill the file of that place below the folder.
    ///
    /// # Errors
    /// What `write` returns; `Io` when the file can't be written, or is there already.
    pub fn save(&mut self, place: &Path, write: impl FnOnce(&mut Output<'_>) -> Result<()>) -> Result<()> {
        let path = self.staging.path.join(NEW).join(place);
        let made = path.parent().map_or(Ok(()), fs::create_dir_all);
        made.map_err(|source| Error::io("can't create the folder", source))?;
        // Where names differ by their case alone, they may be those of one file.
        SaveOptions::new().keep_existing().save_unnamed(path.as_ref(), write)?;
        self.places.push(place.to_path_buf());
        Ok(())
    }

    /// Gives the files their names. All of them are looked at before the first is replaced.
    ///
    /// # Errors
    /// As [`expect`](Self::expect), and `Io` when the system refuses; then the folder is as it was.
    pub fn commit(self) -> Result<()> {
        let new = self.staging.path.join(NEW);
        if !self.exists {
            let named = fs::rename(new, &self.folder);
            return named.map_err(|source| Error::io("can't give the folder its name", source));
        }
        let mut seen = HashMap::new();
        let mut moves = Vec::new();
        for place in &self.places {
            let target = self.target(place, &mut seen)?;
            let prepared = self.prepare(&new.join(place), target, moves.len());
            moves.push(prepared.map_err(|error| self.of_place(error, place))?);
        }
        #[cfg(unix)]
        journal::write(&self.staging.path, &self.folder, &moves)
            .map_err(|source| Error::io("can't write down what is done", source))?;
        // As long as this is not there, nothing has been done, and all steps are written down when it is.
        let old = self.staging.path.join(OLD);
        fs::create_dir(&old).map_err(|source| Error::io("can't create a folder", source))?;
        let mut swapped = Swapped::default();
        for (place, prepared) in self.places.iter().zip(&moves) {
            if let Err(source) = swapped.swap(&self.folder, prepared) {
                let error = self.of_place(Error::io("can't give the file its name", source), place);
                return Err(match swapped.undo() {
                    Ok(()) => {
                        // Nothing is in it any more.
                        let _ = fs::remove_dir(old);
                        error
                    }
                    Err(failed) => self.staging.leave(failed),
                });
            }
        }
        // The files that were replaced are no longer needed, whoever removes them.
        let _ = fs::rename(old, self.staging.path.join(DONE));
        Ok(())
    }

    fn of_place(&self, error: Error, place: &Path) -> Error {
        error.in_file(&self.folder.join(place).to_string_lossy())
    }

    /// What is called so, below the folder: its links followed, and what is there. No two places are one file.
    fn target(
        &self,
        place: &Path,
        seen: &mut HashMap<PathBuf, PathBuf>,
    ) -> Result<(PathBuf, Option<Metadata>)> {
        let found = self.look_at(place).and_then(|(path, there)| {
            let same = there.as_ref().and_then(|_| fs::canonicalize(&path).ok());
            match same.and_then(|same| seen.insert(same, place.to_path_buf())) {
                Some(other) => {
                    Err(Error::invalid(format!("is a link to the same file as {}", other.display())))
                }
                None => Ok((path, there)),
            }
        });
        found.map_err(|error| self.of_place(error, place))
    }

    fn look_at(&self, place: &Path) -> Result<(PathBuf, Option<Metadata>)> {
        let named = self.folder.join(place);
        if !self.replace && named.symlink_metadata().is_ok() {
            return Err(Error::invalid("already exists").with_hint(Hint::Replace));
        }
        let above = place.ancestors().skip(1).filter(|place| !place.as_os_str().is_empty());
        for folder in above {
            match fs::metadata(self.folder.join(folder)) {
                Ok(metadata) if !metadata.is_dir() => {
                    let message = format!("can't write: {} is no directory", folder.display());
                    return Err(Error::new(ErrorKind::Io, message));
                }
                _ => {}
            }
        }
        let path = resolve_links(&named)?;
        match fs::symlink_metadata(&path) {
            Ok(metadata) if metadata.is_file() => {
                check_writable(&path)?;
                Ok((path, Some(metadata)))
            }
            Ok(metadata) => Err(in_the_way(&metadata)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok((path, None)),
            Err(source) => Err(Error::io("can't write", source)),
        }
    }

    /// Makes a file ready to be renamed: it gets what the one has that it replaces, and lies on the same file system.
    fn prepare(&self, new: &Path, target: (PathBuf, Option<Metadata>), number: usize) -> Result<Prepared> {
        let (target, there) = target;
        let aside = self.staging.path.join(OLD).join(number.to_string());
        let mut prepared =
            Prepared { new: new.to_path_buf(), target, aside, replaces: there.is_some(), drafts: None };
        let Some(there) = there else { return Ok(prepared) };
        let access = Access::of(&prepared.target, &there)?;
        if !is_elsewhere(&there, &self.staging.path)? {
            let file = File::options().read(true).write(true).open(new);
            access.give_to(&file.map_err(|source| Error::io("can't open for writing", source))?)?;
            return Ok(prepared);
        }
        // A link leads to another file system: there are the copy of the new file and a place for the old one.
        let failed = |source| Error::io("can't create a file in the folder", source);
        let folder = prepared.target.parent().unwrap_or(Path::new("/"));
        let draft = || Draft::named(folder, &prepared.target, true).map_err(failed);
        let (copy, place) = (draft()?, draft()?);
        let copied = File::open(new).and_then(|mut file| io::copy(&mut file, &mut copy.file()));
        copied.map_err(|source| Error::io("can't copy the file", source))?;
        access.give_to(copy.file())?;
        if let (Some(copy), Some(place)) = (copy.path(), place.path()) {
            (prepared.new, prepared.aside) = (copy.to_path_buf(), place.to_path_buf());
        }
        prepared.drafts = Some([copy, place]);
        Ok(prepared)
    }
}

/// A file that is ready to be renamed.
#[derive(Debug)]
struct Prepared {
    new: PathBuf,
    target: PathBuf,
    /// Where the file goes that it replaces.
    aside: PathBuf,
    replaces: bool,
    /// The two above, where they lie on another file system.
    drafts: Option<[Draft; 2]>,
}

fn in_the_way(metadata: &Metadata) -> Error {
    Error::new(ErrorKind::Io, format!("can't write: it is {}", kind_of(metadata)))
}

/// True when a file lies on another file system than a folder.
#[cfg(unix)]
fn is_elsewhere(file: &Metadata, folder: &Path) -> Result<bool> {
    use std::os::unix::fs::MetadataExt;
    let folder = fs::metadata(folder).map_err(|source| Error::io("can't look at the folder", source))?;
    Ok(folder.dev() != file.dev())
}

#[cfg(not(unix))]
fn is_elsewhere(_: &Metadata, _: &Path) -> Result<bool> {
    Ok(false)
}

/// A hidden folder that nobody else can enter, locked while it is in use. It goes with this value.
#[derive(Debug)]
struct Staging {
    path: PathBuf,
    /// The lock, where folders can be opened.
    _lock: Option<File>,
    stays: std::cell::Cell<bool>,
    _half_done: HalfDone,
}

impl Staging {
    /// Makes one in a folder, named after `what` it is for.
    fn create(folder: &Path, what: Option<&Path>) -> io::Result<Self> {
        let half_done = HalfDone::begin();
        let (lock, path) = with_temporary_name(folder, what, clear, |name| {
            let mut builder = std_fs::DirBuilder::new();
            #[cfg(unix)]
            std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
            again(|| builder.create(name))?;
            let Ok(opened) = File::open(name) else { return Ok(None) };
            // Until it was locked, it looked like one that was left behind.
            if lock(&opened) == Lock::Busy || !is_called(&opened.metadata()?, name) {
                return Err(io::ErrorKind::AlreadyExists.into());
            }
            Ok(Some(opened))
        })?;
        Ok(Self { path, _lock: lock, stays: std::cell::Cell::new(false), _half_done: half_done })
    }

    /// Leaves the folder where it is, since what it holds could not be put back.
    fn leave(&self, source: io::Error) -> Error {
        self.stays.set(true);
        let place = self.path.join(OLD);
        Error::io(format!("can't put replaced files back, they are in {}", place.display()), source)
    }
}

impl Drop for Staging {
    fn drop(&mut self) {
        if !self.stays.get() {
            // There is nobody left to tell.
            let _ = fs::remove_dir_all(&self.path);
        }
    }
}

/// Removes a folder that was left behind, when what was done out of it has been taken back; false when it stays.
fn clear(name: &Path) -> bool {
    let Some(_locked) = super::lock::left_behind(name, true) else { return false };
    #[cfg(unix)]
    let is_unneeded = journal::take_back(name);
    #[cfg(not(unix))]
    let is_unneeded = fs::symlink_metadata(name.join(OLD)).is_err();
    is_unneeded && fs::remove_dir_all(name).is_ok()
}
