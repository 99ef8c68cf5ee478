//! Unlinked files that are still open: closing a large one takes time.
//!
//! To give back the pages and blocks of a file takes a system about as long as to write it. A file that is renamed
//! over would make its successor's writer wait for that; one that is still open goes when it is closed, and that can
//! be done by somebody else.

use std::fs::File;
use std::path::Path;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

use crate::model::threads;

/// Smaller files are gone before another thread has begun.
const WORTH_A_THREAD: u64 = 4 << 20;

/// Files that are to be closed, and how many are being closed.
static CLOSING: Mutex<(Vec<File>, usize)> = Mutex::new((Vec::new(), 0));

/// Is told when one is closed.
static CLOSED: Condvar = Condvar::new();

fn closing() -> MutexGuard<'static, (Vec<File>, usize)> {
    CLOSING.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Closes one of the files; false when there is none.
fn close_one() -> bool {
    let mut all = closing();
    let Some(file) = all.0.pop() else { return false };
    all.1 += 1;
    drop(all);
    drop(file);
    closing().1 -= 1;
    CLOSED.notify_all();
    true
}

/// A file that is about to be replaced.
#[derive(Debug)]
pub(super) struct Replaced(File);

impl Replaced {
    /// Keeps a file of `len` bytes open, where that helps.
    pub(super) fn hold(path: &Path, len: u64) -> Option<Self> {
        if cfg!(any(target_os = "linux", target_os = "android")) && len >= WORTH_A_THREAD {
            File::open(path).ok().map(Self)
        } else {
            None
        }
    }

    /// Closes the file in the background.
    pub(super) fn release(self) {
        closing().0.push(self.0);
        threads::in_background(|| {
            close_one();
        });
    }

    /// Waits until no file is being closed, and closes those that nobody has begun with; false when there was none.
    #[cfg(any(target_os = "linux", target_os = "android", test))]
    pub(super) fn wait_for_all() -> bool {
        let mut waits = false;
        while close_one() {
            waits = true;
        }
        let mut all = closing();
        while all.1 > 0 {
            waits = true;
            all = CLOSED.wait(all).unwrap_or_else(PoisonError::into_inner);
        }
        waits
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[cfg(any(target_os = "linux", target_os = "android"))]
    #[test]
    fn a_held_file_outlives_its_name_until_it_is_released() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("x");
        std::fs::write(&path, vec![1; 5 << 20]).unwrap();
        assert!(Replaced::hold(&path, 100).is_none());
        let held = Replaced::hold(&path, 5 << 20).unwrap();
        std::fs::remove_file(&path).unwrap();
        held.release();
        Replaced::wait_for_all();
        let all = closing();
        assert_eq!((all.0.len(), all.1), (0, 0));
    }
}
