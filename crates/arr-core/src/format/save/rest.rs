//! What would be left behind, if this process were ended now.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};

/// How many files and folders are half done.
static HALF_DONE: Mutex<usize> = Mutex::new(0);

fn half_done() -> MutexGuard<'static, usize> {
    HALF_DONE.lock().unwrap_or_else(PoisonError::into_inner)
}

/// True while no file and no folder is half done: to end the process at such a moment leaves nothing behind. While it is
/// false, the work should be cancelled, and cleans up.
///
/// It is for the handler of a signal, which can look at it at any time.
#[must_use]
pub fn at_rest() -> Arc<AtomicBool> {
    static AT_REST: OnceLock<Arc<AtomicBool>> = OnceLock::new();
    Arc::clone(AT_REST.get_or_init(|| Arc::new(AtomicBool::new(true))))
}

/// A file or a folder that is half done, as long as this exists.
#[derive(Debug)]
pub(super) struct HalfDone(());

impl HalfDone {
    /// Begins one, before there is anything to see of it.
    pub(super) fn begin() -> Self {
        let mut count = half_done();
        *count += 1;
        at_rest().store(false, Ordering::SeqCst);
        Self(())
    }
}

impl Drop for HalfDone {
    fn drop(&mut self) {
        let mut count = half_done();
        *count = count.saturating_sub(1);
        if *count == 0 {
            at_rest().store(true, Ordering::SeqCst);
        }
    }
}
