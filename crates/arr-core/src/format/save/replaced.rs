//! Unlinked files that are still open: closing a large one takes time.
//!
//! To give back the pages and blocks of a file takes a system about as long as to write it. A file that is renamed
//! over would make its successor's writer wait for that; one that is still open goes when it is closed, and that can
//! be done by somebody else.

use std::fs::File;
use std::path::Path;
use std::sync::{Condvar, Mutex, PoisonError};

/// Smaller files are gone before a thread has started.
const WORTH_A_THREAD: u64 = 4 << 20;

/// How many files are being closed.
static CLOSING: Mutex<usize> = Mutex::new(0);

/// Is told when one is closed.
static CLOSED: Condvar = Condvar::new();

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
        *CLOSING.lock().unwrap_or_else(PoisonError::into_inner) += 1;
        let close = move || {
            drop(self.0);
            *CLOSING.lock().unwrap_or_else(PoisonError::into_inner) -= 1;
            CLOSED.notify_all();
        };
        // Without a thread the file is closed here: it is dropped with the closure, and the count put right.
        if std::thread::Builder::new().name("arr-close".into()).spawn(close).is_err() {
            *CLOSING.lock().unwrap_or_else(PoisonError::into_inner) -= 1;
        }
    }

    /// Waits until no file is being closed; false when none was.
    #[cfg(any(target_os = "linux", target_os = "android", test))]
    pub(super) fn wait_for_all() -> bool {
        let mut closing = CLOSING.lock().unwrap_or_else(PoisonError::into_inner);
        let waits = *closing > 0;
        while *closing > 0 {
            closing = CLOSED.wait(closing).unwrap_or_else(PoisonError::into_inner);
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
        assert_eq!(*CLOSING.lock().unwrap(), 0);
    }
}
