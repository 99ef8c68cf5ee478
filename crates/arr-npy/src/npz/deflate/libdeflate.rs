//! Streams that libdeflate deflates in one go, which is written in C and sees data of the caller's own alone.

use arr_core::Result;
use arr_core::format::check_memory;
use libdeflater::{CompressionLvl, Compressor};

pub(super) use super::join::{SIDE_BY_SIDE, open_ends};
use super::resize;

/// Whether anything is deflated here.
pub(super) const IS_THERE: bool = true;

/// More than a compressor of libdeflate takes at levels up to 9.
const MEMORY: usize = 2 << 20;

/// A compressor of one level, made when it is needed first; none for a level that libdeflate does not have.
pub(super) struct OneShot {
    level: Option<CompressionLvl>,
    compressor: Option<Compressor>,
}

impl OneShot {
    pub(super) fn new(level: u8) -> Self {
        Self { level: CompressionLvl::new(i32::from(level)).ok(), compressor: None }
    }

    /// Deflates all of `bytes` to `packed`, which ends with a final block; false where that is not done here.
    pub(super) fn deflate(&mut self, bytes: &[u8], packed: &mut Vec<u8>) -> Result<bool> {
        let Some(level) = self.level else { return Ok(false) };
        let compressor = match &mut self.compressor {
            Some(compressor) => compressor,
            none => {
                check_memory(MEMORY, "a compressor")?;
                none.insert(Compressor::new(level))
            }
        };
        resize(packed, compressor.deflate_compress_bound(bytes.len()))?;
        let Ok(len) = compressor.deflate_compress(bytes, packed) else { return Ok(false) };
        packed.truncate(len);
        Ok(true)
    }
}
