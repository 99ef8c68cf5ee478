//! The place of `libdeflate.rs` in builds without that library: nothing is deflated in one go.

use arr_core::Result;

/// Whether anything is deflated here.
pub(super) const IS_THERE: bool = false;

/// How many streams are best given to [`open_ends`] at a time.
pub(super) const SIDE_BY_SIDE: usize = 1;

/// A compressor that never deflates.
pub(super) struct OneShot;

impl OneShot {
    pub(super) fn new(_: u8) -> Self {
        Self
    }

    pub(super) fn deflate(&mut self, _: &[u8], _: &mut Vec<u8>) -> Result<bool> {
        Ok(false)
    }
}

/// Opens the ends of none of the streams.
pub(super) fn open_ends(streams: &mut [&mut Vec<u8>]) -> Vec<bool> {
    vec![false; streams.len()]
}
