//! Streams that libdeflate deflates in one go, which is written in C and sees data of the caller's own alone.

use arr_core::Result;
use libdeflater::{CompressionLvl, Compressor};

pub(super) use super::join::{SIDE_BY_SIDE, open_ends};
use super::resize;

/// Whether anything is deflated here.
pub(super) const IS_THERE: bool = true;

/// A compressor of one level; none for a level that libdeflate does not have.
pub(super) struct OneShot(Option<Compressor>);

impl OneShot {
    pub(super) fn new(level: u8) -> Self {
        Self(CompressionLvl::new(i32::from(level)).ok().map(Compressor::new))
    }

    /// Deflates all of `bytes` to `packed`, which ends with a final block; false where that is not done here.
    pub(super) fn deflate(&mut self, bytes: &[u8], packed: &mut Vec<u8>) -> Result<bool> {
        let Some(compressor) = &mut self.0 else { return Ok(false) };
        resize(packed, compressor.deflate_compress_bound(bytes.len()))?;
        let Ok(len) = compressor.deflate_compress(bytes, packed) else { return Ok(false) };
        packed.truncate(len);
        Ok(true)
    }
}
