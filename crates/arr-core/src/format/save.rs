//! Writing files whole or not at all.

mod access;
mod again;
mod draft;
mod folder;
mod grown;
mod links;
mod lock;
mod path;
mod replaced;
mod rest;
mod room;

use std::fs::{self, File};
use std::path::{Path, PathBuf};

use access::Access;
use draft::Draft;
pub use folder::NewFolder;
pub use grown::GrownFile;
pub use links::open_regular;
use links::resolve_links;
use lock::unlock;
pub use path::{safe_path, windows_path};
use replaced::Replaced;
pub use rest::at_rest;
pub(crate) use room::preallocate;

use crate::format::in_file;
use crate::{Error, Output, Result};

/// How a file is written: see [`save`](Self::save).
///
/// ```
/// use arr_core::SaveOptions;
/// let folder = tempfile::tempdir()?;
/// let path = folder.path().join("answer.txt");
/// SaveOptions::new().save(&path, |output| output.write(b"42"))?;
/// assert_eq!(std::fs::read(&path)?, b"42");
/// // Whatever goes wrong, the old file stays.
/// let failed = SaveOptions::new().save(&path, |output| {
///     output.write(b"4")?;
///     Err(arr_core::Error::invalid("changed my mind"))
/// });
/// assert!(failed.is_err());
/// assert_eq!(std::fs::read(&path)?, b"42");
/// assert!(SaveOptions::new().keep_existing().save(&path, |output| output.write(b"43")).is_err());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, Debug, Default)]
pub struct SaveOptions {
    sync: bool,
    keep_existing: bool,
}

impl SaveOptions {
    /// Replaces an existing file, and leaves it to the system when the bytes reach the disk.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Waits until the file and its name are on the disk: they outlast a loss of power.
    #[must_use]
    pub fn sync(mut self) -> Self {
        self.sync = true;
        self
    }

    /// Fails when the file exists already.
    #[must_use]
    pub fn keep_existing(mut self) -> Self {
        self.keep_existing = true;
        self
    }

    /// Lets `write` fill a temporary file beside `path` and then gives it that name: a reader sees the old file or
    /// the new one, never a part, and when anything fails the old one is untouched and nothing is left behind.
    /// Symbolic links are followed. Pipes and devices are written directly.
    ///
    /// A file that is replaced keeps its owner, its group, its mode, and on Linux its access list (ACL) and its extended
    /// attributes. Until it is complete only its writer can open it. Who may not give files away can't keep the owner or
    /// the group: then the mode loses what would let in anybody who was kept out. Other names of the old file (hard
    /// links) keep the old contents.
    ///
    /// On Linux a file has no name while it is written, where the file system can do that: a process that is killed
    /// leaves nothing behind, unless that happens between the two calls by which a new file replaces an old one; then
    /// it leaves the new file, complete, under a hidden name. The room that a large old file took on the disk is given
    /// back by a thread in the background; a save of a file of a megabyte or more that finds the disk full waits for
    /// it.
    ///
    /// # Errors
    /// What `write` returns; `Io` when the file can't be created, written or renamed.
    pub fn save(
        self,
        path: impl AsRef<Path>,
        write: impl FnOnce(&mut Output<'_>) -> Result<()>,
    ) -> Result<()> {
        let path = path.as_ref();
        in_file(path, self.save_unnamed(path, write))
    }

    /// [`save`](Self::save) of a file whose name is nobody's business: it is not in the errors.
    fn save_unnamed(self, path: &Path, write: impl FnOnce(&mut Output<'_>) -> Result<()>) -> Result<()> {
        let file = self.create_unnamed(path)?;
        write(&mut Output::to_file(file.file()))?;
        file.commit()
    }

    /// Begins a file that is filled little by little: see [`NewFile`], and [`save`](Self::save) for what is promised.
    ///
    /// # Errors
    /// `Io` when the file can't be created, or exists and is to be kept.
    pub fn create(self, path: impl AsRef<Path>) -> Result<NewFile> {
        let path = path.as_ref();
        in_file(path, self.create_unnamed(path))
    }

    fn create_unnamed(self, asked: &Path) -> Result<NewFile> {
        // A pipe without a name is reached by a link (`/dev/stdout`, `/dev/fd/63`) that leads nowhere else.
        if fs::metadata(asked).is_ok_and(|metadata| !metadata.is_file() && !metadata.is_dir()) {
            let file = File::options().write(true).open(asked);
            return Ok(NewFile(Kind::Device(file.map_err(|source| Error::io("can't write", source))?)));
        }
        let path = resolve_links(asked)?;
        let existing = fs::metadata(&path).ok();
        if existing.is_some() && self.keep_existing {
            return Err(Error::new(crate::ErrorKind::Io, "can't write: the file exists already"));
        }
        if existing.as_ref().is_some_and(|metadata| metadata.is_dir()) {
            return Err(Error::new(crate::ErrorKind::Io, "can't write: it is a directory"));
        }
        let folder = match path.parent() {
            Some(parent) if !parent.as_os_str().is_empty() => parent.to_path_buf(),
            _ => PathBuf::from("."),
        };
        if existing.is_some() {
            check_writable(&path)?;
        }
        let replaced = existing.as_ref().and_then(|metadata| Replaced::hold(&path, metadata.len()));
        let access = existing.map(|metadata| Access::of(&path, &metadata)).transpose()?;
        let draft = Draft::create(&folder, &path, access.is_some())
            .map_err(|source| Error::io("can't create a file in the folder", source))?;
        Ok(NewFile(Kind::Draft { draft, options: self, path, folder, access, replaced }))
    }
}

/// Refuses to replace a file that the caller may not write to, whatever the folder allows: as every write to it would.
fn check_writable(path: &Path) -> Result<()> {
    match File::options().write(true).open(path) {
        Err(source) if source.kind() == std::io::ErrorKind::PermissionDenied => {
            Err(Error::io("can't write", source))
        }
        _ => Ok(()),
    }
}

/// A file that is being written and has not got its name yet: [`commit`](Self::commit) gives it. Dropped before that,
/// it leaves nothing behind, and the old file of that name is untouched.
///
/// ```
/// use std::io::Write;
/// let folder = tempfile::tempdir()?;
/// let path = folder.path().join("answer.txt");
/// let file = arr_core::SaveOptions::new().create(&path)?;
/// file.file().write_all(b"42")?;
/// assert!(!path.exists());
/// file.commit()?;
/// assert_eq!(std::fs::read(&path)?, b"42");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct NewFile(Kind);

#[derive(Debug)]
enum Kind {
    /// A pipe or a device: what is written is gone at once.
    Device(File),
    Draft {
        draft: Draft,
        options: SaveOptions,
        path: PathBuf,
        folder: PathBuf,
        /// What the file had that is replaced, when this was begun.
        access: Option<Access>,
        replaced: Option<Replaced>,
    },
}

impl NewFile {
    /// The file to write to. It can be read as well, unless it is a pipe or a device.
    #[must_use]
    pub fn file(&self) -> &File {
        match &self.0 {
            Kind::Device(file) => file,
            Kind::Draft { draft, .. } => draft.file(),
        }
    }

    /// True for a file, which can be written in any order; false for a pipe or a device.
    #[must_use]
    pub fn can_seek(&self) -> bool {
        matches!(self.0, Kind::Draft { .. })
    }

    /// Makes room for `len` bytes after `offset`, so that a full disk is noticed before anything is written. The
    /// length of the file stays.
    ///
    /// # Errors
    /// `Io` when the disk has no room for them.
    pub fn reserve(&self, offset: u64, len: u64) -> Result<()> {
        if self.can_seek() { preallocate(self.file(), offset, len) } else { Ok(()) }
    }

    /// Gives the file the length `len`, zeros after what it has, and a place on the disk for every byte: who writes
    /// to a map of it does not find the disk full.
    ///
    /// # Errors
    /// `Io` when the disk has no room for them; `Unsupported` for a pipe or a device.
    pub fn fill_with_zeros(&self, len: u64) -> Result<()> {
        if !self.can_seek() {
            return Err(Error::unsupported("a pipe or a device has no length"));
        }
        room::fill_with_zeros(self.file(), len)
    }

    /// Gives the file its name.
    ///
    /// # Errors
    /// `Io` when the system refuses; then the old file is untouched.
    pub fn commit(self) -> Result<()> {
        self.commit_open().map(drop)
    }

    /// Gives the file its name, and leaves it open.
    ///
    /// # Errors
    /// As [`commit`](Self::commit).
    pub fn commit_open(self) -> Result<File> {
        let file = self.commit_locked()?;
        unlock(&file);
        Ok(file)
    }

    /// [`commit_open`](Self::commit_open) of a file that may be locked then.
    fn commit_locked(self) -> Result<File> {
        let (draft, options, path, folder, access, replaced) = match self.0 {
            Kind::Device(file) => return Ok(file),
            Kind::Draft { draft, options, path, folder, access, replaced } => {
                (draft, options, path, folder, access, replaced)
            }
        };
        let access = access_now(&path, access)?;
        if let Some(access) = &access {
            access.give_to(draft.file())?;
        }
        if options.sync {
            draft.file().sync_all().map_err(|source| Error::io("can't write to the disk", source))?;
        }
        let named = draft.give_name(&folder, &path, options.keep_existing, access.as_ref());
        let file = named.map_err(|source| Error::io("can't give the file its name", source))?;
        replaced.into_iter().for_each(Replaced::release);
        if options.sync {
            sync_folder(&folder)?;
        }
        Ok(file)
    }
}

/// What the file has that is about to be replaced: its owner may have changed it since the work began, or removed it.
fn access_now(path: &Path, before: Option<Access>) -> Result<Option<Access>> {
    match fs::symlink_metadata(path) {
        Ok(metadata) if before.is_some() && metadata.is_file() => Access::of(path, &metadata).map(Some),
        _ => Ok(before),
    }
}

/// Makes the new name durable, where the system lets a folder be synced.
#[cfg(unix)]
fn sync_folder(folder: &Path) -> Result<()> {
    File::open(folder)
        .and_then(|folder| folder.sync_all())
        .map_err(|source| Error::io("can't write the folder to the disk", source))
}

#[cfg(not(unix))]
fn sync_folder(_: &Path) -> Result<()> {
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entries(folder: &Path) -> usize {
        fs::read_dir(folder).unwrap().count()
    }

    #[test]
    fn failures_leave_nothing_behind() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("x");
        fs::write(&path, "old").unwrap();
        let failed = SaveOptions::new().save(&path, |output| {
            output.write(b"new")?;
            Err(Error::malformed("no"))
        });
        assert!(failed.is_err());
        assert_eq!((fs::read(&path).unwrap(), entries(folder.path())), (b"old".to_vec(), 1));
        assert!(SaveOptions::new().save(folder.path(), |_| Ok(())).is_err());
        assert!(SaveOptions::new().save(folder.path().join("no/such"), |_| Ok(())).is_err());
    }

    #[cfg(unix)]
    #[test]
    fn links_and_permissions_survive() {
        use std::os::unix::fs::{PermissionsExt, symlink};
        let folder = tempfile::tempdir().unwrap();
        let (file, link) = (folder.path().join("file"), folder.path().join("link"));
        fs::write(&file, "old").unwrap();
        fs::set_permissions(&file, fs::Permissions::from_mode(0o640)).unwrap();
        symlink("file", &link).unwrap();
        SaveOptions::new().sync().save(&link, |output| output.write(b"new")).unwrap();
        assert_eq!(fs::read(&file).unwrap(), b"new");
        assert_eq!(fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o640);
        assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
        let fresh = folder.path().join("fresh");
        SaveOptions::new().save(&fresh, |_| Ok(())).unwrap();
        let plain = folder.path().join("plain");
        File::create(&plain).unwrap();
        let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode();
        assert_eq!(mode(&fresh), mode(&plain));
    }

    #[test]
    fn large_writes_make_room_first() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("large");
        let bytes = vec![3u8; 3 << 20];
        SaveOptions::new()
            .save(&path, |output| {
                output.expect(bytes.len() as u64)?;
                output.write(&bytes)
            })
            .unwrap();
        assert_eq!(fs::read(&path).unwrap(), bytes);
    }
}
