//! Files that are being written.

use std::ffi::OsString;
use std::fs::{File, OpenOptions, Permissions};
use std::io::{Error, Result};
use std::path::Path;

use tempfile::NamedTempFile;

/// A file that has not got its name yet. If it never does, nothing is left of it.
#[derive(Debug)]
pub(super) enum Draft {
    /// It has no name at all, and goes when this process does.
    #[cfg(target_os = "linux")]
    Unnamed(File),
    /// It has another name in the folder for the time being.
    Named(NamedTempFile),
}

impl Draft {
    /// An empty file in `folder` that will be called `path`. Who may not read the file that it replaces, which has
    /// these permissions, may not read it either, from the first moment on.
    pub(super) fn create(folder: &Path, path: &Path, permissions: Option<&Permissions>) -> Result<Self> {
        #[cfg(target_os = "linux")]
        if let Some(file) = unnamed(folder, permissions) {
            return Ok(Self::Unnamed(file));
        }
        with_temporary_name(folder, path, |name| create_new(name, permissions)).map(Self::Named)
    }

    pub(super) fn file(&self) -> &File {
        match self {
            #[cfg(target_os = "linux")]
            Self::Unnamed(file) => file,
            Self::Named(file) => file.as_file(),
        }
    }

    /// Gives the file its name. Another file of that name is replaced, or is an error.
    #[cfg_attr(
        not(target_os = "linux"),
        allow(unused_variables, reason = "only a nameless file is linked in it")
    )]
    pub(super) fn give_name(self, folder: &Path, path: &Path, keep_existing: bool) -> Result<File> {
        match self {
            #[cfg(target_os = "linux")]
            Self::Unnamed(file) => match link(&file, path) {
                // A link replaces nothing, but a link of another name can be renamed.
                Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists && !keep_existing => {
                    let linked = with_temporary_name(folder, path, |name| link(&file, name))?;
                    linked.persist(path).map_err(|error| error.error)?;
                    Ok(file)
                }
                Err(error) if error.kind() != std::io::ErrorKind::AlreadyExists => {
                    // Some systems make such files and can't name them.
                    named_copy(file, folder, path)?.give_name(folder, path, keep_existing)
                }
                linked => linked.map(|()| file),
            },
            Self::Named(file) => {
                let named = if keep_existing { file.persist_noclobber(path) } else { file.persist(path) };
                named.map_err(|error| error.error)
            }
        }
    }
}

/// Calls `make` with names in the folder that begin like that of `path`, until one is free.
fn with_temporary_name<R>(
    folder: &Path,
    path: &Path,
    make: impl Fn(&Path) -> Result<R>,
) -> Result<NamedTempFile<R>> {
    let mut prefix = OsString::from(".");
    prefix.push(path.file_name().unwrap_or_default());
    prefix.push(".");
    // A long name leaves no room for the random part.
    let prefix = if prefix.len() > 200 { OsString::from(".arr.") } else { prefix };
    let mut code = None;
    let made = tempfile::Builder::new()
        .prefix(&prefix)
        .suffix(".tmp")
        .make_in(folder, |name| make(name).inspect_err(|error| code = error.raw_os_error()));
    // The system's message, without the name of the temporary file.
    made.map_err(|error| code.map_or(error, Error::from_raw_os_error))
}

/// The same contents and permissions in a file that has a name.
#[cfg(target_os = "linux")]
fn named_copy(mut file: File, folder: &Path, path: &Path) -> Result<Draft> {
    let permissions = file.metadata()?.permissions();
    let mut copy = with_temporary_name(folder, path, |name| create_new(name, Some(&permissions)))?;
    std::io::Seek::rewind(&mut file)?;
    std::io::copy(&mut file, copy.as_file_mut())?;
    copy.as_file().set_permissions(permissions)?;
    // Whether that was asked for is not known here.
    copy.as_file().sync_all()?;
    Ok(Draft::Named(copy))
}

fn create_new(path: &Path, permissions: Option<&Permissions>) -> Result<File> {
    let mut options = OpenOptions::new();
    options.read(true).write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, mode(permissions));
    #[cfg(not(unix))]
    let _ = permissions;
    options.open(path)
}

/// The mode of a new file, from which the system takes what the user's mask forbids.
#[cfg(unix)]
fn mode(permissions: Option<&Permissions>) -> u32 {
    use std::os::unix::fs::PermissionsExt;
    permissions.map_or(0o666, |permissions| permissions.mode() & 0o777)
}

/// A file without a name; `None` where the file system has no such thing, or it could not be named later.
#[cfg(target_os = "linux")]
fn unnamed(folder: &Path, permissions: Option<&Permissions>) -> Option<File> {
    use rustix::fs::{Mode, OFlags};
    let mode = Mode::from_raw_mode(mode(permissions));
    Path::new("/proc/self/fd").exists().then_some(())?;
    rustix::fs::open(folder, OFlags::TMPFILE | OFlags::RDWR | OFlags::CLOEXEC, mode).ok().map(File::from)
}

/// Gives a file without a name a name that is free.
#[cfg(target_os = "linux")]
fn link(file: &File, path: &Path) -> Result<()> {
    use rustix::fs::{AtFlags, CWD};
    use std::os::fd::AsRawFd;
    let place = format!("/proc/self/fd/{}", file.as_raw_fd());
    rustix::fs::linkat(CWD, place, CWD, path, AtFlags::SYMLINK_FOLLOW).map_err(Error::from)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::{Read, Write};

    fn named(folder: &Path, path: &Path) -> Draft {
        with_temporary_name(folder, path, |name| create_new(name, None)).map(Draft::Named).unwrap()
    }

    fn contents(path: &Path) -> String {
        let mut text = String::new();
        File::open(path).unwrap().read_to_string(&mut text).unwrap();
        text
    }

    #[test]
    fn both_kinds_replace_or_refuse() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("x");
        let makers: [fn(&Path, &Path) -> Draft; 2] =
            [named, |folder, path| Draft::create(folder, path, None).unwrap()];
        for make in makers {
            let entries = || std::fs::read_dir(folder.path()).unwrap().count();
            for (text, keep_existing, expected) in
                [("new", true, Ok("new")), ("newer", false, Ok("newer")), ("newest", true, Err("newer"))]
            {
                let draft = make(folder.path(), &path);
                draft.file().write_all(text.as_bytes()).unwrap();
                let named = draft.give_name(folder.path(), &path, keep_existing);
                assert_eq!(named.is_ok(), expected.is_ok());
                assert_eq!((contents(&path), entries()), (expected.unwrap_or_else(Into::into).to_owned(), 1));
            }
            drop(make(folder.path(), &path));
            assert_eq!(entries(), 1);
            std::fs::remove_file(&path).unwrap();
        }
        let error = Draft::create(&folder.path().join("missing"), &path, None).err().unwrap();
        assert_eq!(error.kind(), std::io::ErrorKind::NotFound);
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn a_file_that_cannot_be_linked_is_copied() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("x");
        let Draft::Unnamed(mut file) = Draft::create(folder.path(), &path, None).unwrap() else { return };
        file.write_all(b"contents").unwrap();
        let copy = named_copy(file, folder.path(), &path).unwrap();
        copy.give_name(folder.path(), &path, true).unwrap();
        assert_eq!(contents(&path), "contents");
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1);
    }

    #[cfg(unix)]
    #[test]
    fn nobody_reads_what_replaces_a_private_file() {
        use std::os::unix::fs::PermissionsExt;
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("x");
        let private = Permissions::from_mode(0o600);
        let drafts = [
            Draft::create(folder.path(), &path, Some(&private)).unwrap(),
            with_temporary_name(folder.path(), &path, |name| create_new(name, Some(&private)))
                .map(Draft::Named)
                .unwrap(),
        ];
        for draft in drafts {
            assert_eq!(draft.file().metadata().unwrap().permissions().mode() & 0o777, 0o600);
        }
    }
}
