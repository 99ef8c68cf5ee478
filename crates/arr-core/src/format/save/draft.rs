//! Files that are being written.

use std::ffi::OsString;
use std::fs::{File, OpenOptions};
use std::io::{Error, ErrorKind, Result};
use std::path::{Path, PathBuf};

use tempfile::{NamedTempFile, TempPath};

use super::access::Access;
use super::again;
use super::lock::{Lock, is_called, left_behind, lock};
use super::rest::HalfDone;

/// A file that has not got its name yet. If it never does, nothing is left of it.
#[derive(Debug)]
pub(super) enum Draft {
    /// It has no name at all, and goes when this process does.
    #[cfg(target_os = "linux")]
    Unnamed(File),
    /// It has another name in the folder for the time being.
    Named(NamedTempFile, HalfDone),
}

impl Draft {
    /// An empty file in `folder` that will be called `path`. A `private` one nobody else can open: it gets the permissions
    /// of the file that it replaces when it is complete.
    pub(super) fn create(folder: &Path, path: &Path, private: bool) -> Result<Self> {
        #[cfg(target_os = "linux")]
        if let Some(file) = unnamed(folder, private) {
            return Ok(Self::Unnamed(file));
        }
        Self::named(folder, path, private)
    }

    /// As [`create`](Self::create), with another name for the time being on all systems.
    pub(super) fn named(folder: &Path, path: &Path, private: bool) -> Result<Self> {
        let half_done = HalfDone::begin();
        let (file, name) = with_temporary_name(folder, Some(path), clear, |name| {
            let file = create_new(name, private)?;
            // Until it was locked, it looked like one that was left behind.
            if lock(&file) == Lock::Busy || !is_called(&file.metadata()?, name) {
                return Err(ErrorKind::AlreadyExists.into());
            }
            Ok(file)
        })?;
        Ok(Self::Named(NamedTempFile::from_parts(file, TempPath::try_from_path(name)?), half_done))
    }

    /// The other name, where it has one.
    pub(super) fn path(&self) -> Option<&Path> {
        match self {
            #[cfg(target_os = "linux")]
            Self::Unnamed(_) => None,
            Self::Named(file, _) => Some(file.path()),
        }
    }

    pub(super) fn file(&self) -> &File {
        match self {
            #[cfg(target_os = "linux")]
            Self::Unnamed(file) => file,
            Self::Named(file, _) => file.as_file(),
        }
    }

    /// Gives the file its name. Another file of that name, which had this `access`, is replaced, or is an error. The file
    /// may be locked then.
    #[cfg_attr(
        not(target_os = "linux"),
        allow(unused_variables, reason = "only a nameless file is linked in it")
    )]
    pub(super) fn give_name(
        self,
        folder: &Path,
        path: &Path,
        keep_existing: bool,
        access: Option<&Access>,
    ) -> Result<File> {
        match self {
            #[cfg(target_os = "linux")]
            Self::Unnamed(file) => match link(&file, path) {
                // A link replaces nothing, but a link of another name can be renamed.
                Err(error) if error.kind() == ErrorKind::AlreadyExists && !keep_existing => {
                    let _half_done = HalfDone::begin();
                    // Who finds the other name sees that somebody is at work.
                    lock(&file);
                    let make = |name: &Path| link(&file, name);
                    let ((), name) = with_temporary_name(folder, Some(path), clear, make)?;
                    TempPath::try_from_path(name)?.persist(path).map_err(|error| error.error)?;
                    Ok(file)
                }
                Err(error) if error.kind() != ErrorKind::AlreadyExists => {
                    // Some systems make such files and can't name them.
                    let copy = named_copy(file, folder, path, access)?;
                    copy.give_name(folder, path, keep_existing, access)
                }
                linked => linked.map(|()| file),
            },
            Self::Named(file, _half_done) => {
                let named = if keep_existing { file.persist_noclobber(path) } else { file.persist(path) };
                named.map_err(|error| error.error)
            }
        }
    }
}

/// More programs than write one file at a time.
const MOST_NAMES: usize = 10_000;

/// Calls `make` with names in the folder that begin like that of `path`, until one is free: gives that. The names are the
/// same every time, so that what a program left behind that was killed is found, and `clear` removes it.
pub(super) fn with_temporary_name<R>(
    folder: &Path,
    path: Option<&Path>,
    clear: impl Fn(&Path) -> bool,
    make: impl Fn(&Path) -> Result<R>,
) -> Result<(R, PathBuf)> {
    let mut prefix = OsString::from(".");
    if let Some(name) = path.and_then(Path::file_name) {
        prefix.push(name);
        prefix.push(".");
    }
    // A long name leaves no room for the rest.
    let prefix = if prefix.len() > 200 { OsString::from(".") } else { prefix };
    let name = |number: usize| {
        let mut name = prefix.clone();
        name.push(format!("arr{number}.tmp"));
        folder.join(name)
    };
    for number in 0..MOST_NAMES {
        let free = std::path::absolute(name(number))?;
        let mut made = make(&free);
        if made.as_ref().is_err_and(|error| error.kind() == ErrorKind::AlreadyExists) && clear(&free) {
            made = make(&free);
        }
        match made {
            Ok(made) => {
                // Two programs may have been killed.
                clear(&name(number + 1));
                return Ok((made, free));
            }
            Err(error) if error.kind() == ErrorKind::AlreadyExists => {}
            Err(error) => return Err(error),
        }
    }
    Err(ErrorKind::AlreadyExists.into())
}

/// Removes a file that was left behind; false when it is none.
fn clear(name: &Path) -> bool {
    left_behind(name, false).is_some_and(|_| again::remove_file(name).is_ok())
}

/// The same contents in a file that has a name.
#[cfg(target_os = "linux")]
fn named_copy(mut file: File, folder: &Path, path: &Path, access: Option<&Access>) -> Result<Draft> {
    let copy = Draft::named(folder, path, access.is_some())?;
    std::io::Seek::rewind(&mut file)?;
    std::io::copy(&mut file, &mut copy.file())?;
    access.map_or(Ok(()), |access| access.give_to(copy.file()))?;
    // Whether that was asked for is not known here.
    copy.file().sync_all()?;
    Ok(copy)
}

fn create_new(path: &Path, private: bool) -> Result<File> {
    let mut options = OpenOptions::new();
    options.read(true).write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, mode(private));
    #[cfg(not(unix))]
    let _ = private;
    options.open(path)
}

/// The mode of a new file, from which the system takes what the user's mask forbids.
#[cfg(unix)]
fn mode(private: bool) -> u32 {
    if private { 0o600 } else { 0o666 }
}

/// A file without a name; `None` where the file system has no such thing, or it could not be named later.
#[cfg(target_os = "linux")]
fn unnamed(folder: &Path, private: bool) -> Option<File> {
    use rustix::fs::{Mode, OFlags};
    let mode = Mode::from_raw_mode(mode(private));
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

    fn by_name(folder: &Path, path: &Path) -> Draft {
        Draft::named(folder, path, false).unwrap()
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
            [by_name, |folder, path| Draft::create(folder, path, false).unwrap()];
        for make in makers {
            let entries = || std::fs::read_dir(folder.path()).unwrap().count();
            for (text, keep_existing, expected) in
                [("new", true, Ok("new")), ("newer", false, Ok("newer")), ("newest", true, Err("newer"))]
            {
                let draft = make(folder.path(), &path);
                draft.file().write_all(text.as_bytes()).unwrap();
                let named = draft.give_name(folder.path(), &path, keep_existing, None);
                assert_eq!(named.is_ok(), expected.is_ok());
                assert_eq!((contents(&path), entries()), (expected.unwrap_or_else(Into::into).to_owned(), 1));
            }
            drop(make(folder.path(), &path));
            assert_eq!(entries(), 1);
            std::fs::remove_file(&path).unwrap();
        }
        let error = Draft::create(&folder.path().join("missing"), &path, false).err().unwrap();
        assert_eq!(error.kind(), ErrorKind::NotFound);
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn a_file_that_cannot_be_linked_is_copied() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("x");
        let Draft::Unnamed(mut file) = Draft::create(folder.path(), &path, false).unwrap() else { return };
        file.write_all(b"contents").unwrap();
        let copy = named_copy(file, folder.path(), &path, None).unwrap();
        copy.give_name(folder.path(), &path, true, None).unwrap();
        assert_eq!(contents(&path), "contents");
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1);
    }

    #[cfg(unix)]
    #[test]
    fn nobody_reads_what_replaces_a_private_file() {
        use std::os::unix::fs::PermissionsExt;
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("x");
        let drafts = [
            Draft::create(folder.path(), &path, true).unwrap(),
            Draft::named(folder.path(), &path, true).unwrap(),
        ];
        for draft in drafts {
            assert_eq!(draft.file().metadata().unwrap().permissions().mode() & 0o777, 0o600);
        }
    }

    #[cfg(unix)]
    #[test]
    fn what_a_killed_program_left_is_cleared_and_a_running_one_is_left_alone() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("x");
        let names = || {
            let entries = std::fs::read_dir(folder.path()).unwrap();
            let mut names: Vec<_> =
                entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
            names.sort();
            names
        };
        let running = by_name(folder.path(), &path);
        std::fs::write(folder.path().join(".x.arr1.tmp"), "left").unwrap();
        std::fs::write(folder.path().join(".x.arr2.tmp"), "left too").unwrap();
        std::fs::write(folder.path().join(".y.arr0.tmp"), "of another file").unwrap();
        let draft = by_name(folder.path(), &path);
        assert_eq!(names(), [".x.arr0.tmp", ".x.arr1.tmp", ".y.arr0.tmp"]);
        draft.file().write_all(b"new").unwrap();
        draft.give_name(folder.path(), &path, false, None).unwrap();
        drop(running);
        assert_eq!(
            (names(), contents(&path)),
            (vec![".y.arr0.tmp".to_owned(), "x".to_owned()], "new".to_owned())
        );
    }
}
