//! The functions of `std::fs` that are used here. A call that a signal interrupts is made again: on network file systems
//! and those of users, more calls can be interrupted than the standard library expects.

use std::fs::{self, Metadata, ReadDir};
use std::io::{ErrorKind, Result};
use std::path::{Path, PathBuf};

/// Makes a call again until it is not interrupted.
pub(super) fn again<R>(mut call: impl FnMut() -> Result<R>) -> Result<R> {
    loop {
        match call() {
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            done => return done,
        }
    }
}

macro_rules! of_one_path {
    ($($name:ident -> $result:ty;)*) => {$(
        pub(super) fn $name(path: impl AsRef<Path>) -> Result<$result> {
            again(|| fs::$name(&path))
        }
    )*};
}

of_one_path! {
    canonicalize -> PathBuf;
    create_dir -> ();
    create_dir_all -> ();
    metadata -> Metadata;
    read_dir -> ReadDir;
    read_link -> PathBuf;
    remove_dir -> ();
    remove_dir_all -> ();
    remove_file -> ();
    symlink_metadata -> Metadata;
}

pub(super) fn hard_link(original: impl AsRef<Path>, link: impl AsRef<Path>) -> Result<()> {
    again(|| fs::hard_link(&original, &link))
}

pub(super) fn rename(from: impl AsRef<Path>, to: impl AsRef<Path>) -> Result<()> {
    again(|| fs::rename(&from, &to))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_interrupted_is_tried_again() {
        let mut left = 3;
        let ended = again(|| {
            left -= 1;
            if left > 0 { Err(ErrorKind::Interrupted.into()) } else { Ok(left) }
        });
        assert_eq!(ended.unwrap(), 0);
        assert_eq!(
            again(|| Err::<(), _>(ErrorKind::NotFound.into())).unwrap_err().kind(),
            ErrorKind::NotFound
        );
    }
}
