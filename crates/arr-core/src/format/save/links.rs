//! Names that lead to files: links are followed, and what is no regular file is known before it is opened.

use std::fs::{File, Metadata};
use std::io;
use std::path::{Path, PathBuf};

use super::again as fs;
use crate::{Error, ErrorKind, Result};

/// The most links that are followed, as on Linux.
const MOST_LINKS: usize = 40;

/// The file that a link points to, whether it exists or not.
///
/// # Errors
/// `Io` when links lead in a circle, or a folder can't be entered.
pub(crate) fn resolve_links(path: &Path) -> Result<PathBuf> {
    let mut path = path.to_path_buf();
    for _ in 0..=MOST_LINKS {
        let target = match fs::read_link(&path) {
            Ok(target) => target,
            Err(error) if is_circle(&error) => return Err(too_many_links()),
            // It is no link, or not there.
            Err(_) => return Ok(path),
        };
        path = match path.parent() {
            Some(parent) => parent.join(target),
            None => target,
        };
    }
    Err(too_many_links())
}

fn too_many_links() -> Error {
    Error::new(ErrorKind::Io, "can't write: too many levels of symbolic links")
}

#[cfg(unix)]
fn is_circle(error: &io::Error) -> bool {
    error.raw_os_error() == Some(rustix::io::Errno::LOOP.raw_os_error())
}

#[cfg(not(unix))]
fn is_circle(_: &io::Error) -> bool {
    false
}

/// Opens a regular file, for reading or for both. A directory, a pipe, a socket or a device is refused; nothing waits for
/// somebody at the other end of it.
///
/// ```
/// let folder = tempfile::tempdir()?;
/// assert!(arr_core::format::open_regular(folder.path(), false).is_err());
/// # Ok::<(), std::io::Error>(())
/// ```
///
/// # Errors
/// `Io` when it can't be opened, or is not a regular file.
pub fn open_regular(path: impl AsRef<Path>, for_writing: bool) -> Result<File> {
    let path = path.as_ref();
    let what = if for_writing { "can't open for writing" } else { "can't open" };
    let check = |metadata: io::Result<Metadata>| {
        let metadata = metadata.map_err(|source| Error::io(what, source))?;
        match metadata.is_file() {
            true => Ok(()),
            false => Err(Error::new(
                ErrorKind::Io,
                format!("{what}: it is not a regular file but {}", kind_of(&metadata)),
            )),
        }
    };
    // Opening some devices for writing does something to them.
    if for_writing {
        check(fs::metadata(path))?;
    }
    let mut options = File::options();
    options.read(true).write(for_writing);
    #[cfg(unix)]
    {
        // Should it be a pipe by now, this does not wait either. Of a regular file it changes nothing.
        let flags =
            i32::try_from(rustix::fs::OFlags::NONBLOCK.bits()).map_err(|_| Error::invalid("a flag"))?;
        std::os::unix::fs::OpenOptionsExt::custom_flags(&mut options, flags);
    }
    let file = options.open(path).map_err(|source| match check(fs::metadata(path)) {
        // A socket can't be opened at all.
        Err(error) => error,
        Ok(()) => Error::io(what, source),
    })?;
    check(file.metadata()).map(|()| file)
}

/// What is there, in words.
pub(crate) fn kind_of(metadata: &Metadata) -> &'static str {
    if metadata.is_dir() {
        return "a directory";
    }
    if metadata.is_file() {
        return "a file";
    }
    #[cfg(unix)]
    {
        use std::os::unix::fs::FileTypeExt;
        let kind = metadata.file_type();
        if kind.is_fifo() {
            return "a pipe";
        }
        if kind.is_socket() {
            return "a socket";
        }
    }
    "a device"
}

/// How many names a file has: more than one where there are hard links.
#[cfg(unix)]
pub(super) fn names_of(metadata: &Metadata) -> u64 {
    std::os::unix::fs::MetadataExt::nlink(metadata)
}

#[cfg(not(unix))]
pub(super) fn names_of(_: &Metadata) -> u64 {
    1
}
