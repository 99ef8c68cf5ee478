//! What only a fault of this crate brings about.

use arr_core::Error;

/// Part of what was counted before is not there.
#[cold]
pub(crate) fn lost(what: &'static str) -> Error {
    Error::mismatch(what)
}
