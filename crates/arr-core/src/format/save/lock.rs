//! Locks on files and folders, and on names that are there for a moment.

use std::fs::{File, Metadata};
use std::path::Path;

#[cfg(unix)]
use super::again;

/// What came of asking for a lock.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(not(unix), allow(dead_code, reason = "elsewhere there are no locks"))]
pub(super) enum Lock {
    Taken,
    /// Another handle has it.
    Busy,
    /// The file system has no locks.
    Unknown,
}

/// Takes the file or folder for this handle alone, as far as programs ask.
#[cfg(unix)]
pub(super) fn lock(file: &File) -> Lock {
    use rustix::fs::{FlockOperation, flock};
    match flock(file, FlockOperation::NonBlockingLockExclusive) {
        Ok(()) => Lock::Taken,
        Err(rustix::io::Errno::WOULDBLOCK) => Lock::Busy,
        Err(_) => Lock::Unknown,
    }
}

/// Closing the file would do the same if it were not for a process that was just started, which has a copy of the
/// handle until it runs its own program.
#[cfg(unix)]
pub(super) fn unlock(file: &File) {
    let _ = rustix::fs::flock(file, rustix::fs::FlockOperation::Unlock);
}

#[cfg(not(unix))]
pub(super) fn lock(_: &File) -> Lock {
    Lock::Unknown
}

#[cfg(not(unix))]
pub(super) fn unlock(_: &File) {}

/// True when an open file is the one that has the name now.
#[cfg(unix)]
pub(super) fn is_called(file: &Metadata, path: &Path) -> bool {
    is_same(file, again::metadata(path))
}

#[cfg(unix)]
fn is_same(file: &Metadata, named: std::io::Result<Metadata>) -> bool {
    use std::os::unix::fs::MetadataExt;
    named.is_ok_and(|named| (named.dev(), named.ino()) == (file.dev(), file.ino()))
}

#[cfg(not(unix))]
pub(super) fn is_called(_: &Metadata, _: &Path) -> bool {
    true
}

/// Opens a temporary file or folder that a program left behind: it is a file or a folder, as is asked for, belongs to the
/// user of this process, and no running program has it locked. Then it is locked by this handle.
#[cfg(unix)]
pub(super) fn left_behind(path: &Path, is_folder: bool) -> Option<File> {
    use std::os::unix::fs::MetadataExt;
    let own = rustix::process::geteuid().as_raw();
    let fits = |metadata: &Metadata| {
        let is_kind = if is_folder { metadata.is_dir() } else { metadata.is_file() };
        is_kind && metadata.uid() == own
    };
    let named = again::symlink_metadata(path).ok().filter(fits)?;
    let file = File::open(path).ok()?;
    is_same(&named, file.metadata()).then_some(())?;
    (lock(&file) == Lock::Taken).then_some(())?;
    // Its program may have given it another name in between.
    is_same(&named, again::symlink_metadata(path)).then_some(file)
}

#[cfg(not(unix))]
pub(super) fn left_behind(_: &Path, _: bool) -> Option<File> {
    None
}
