//! Raw bytes as items.

use super::field::Codec;
use super::part::too_short;
use crate::{DType, Result};

/// `[u8; N]` as so many bytes that mean nothing to NumPy: `|V16`.
#[doc(hidden)]
#[derive(Debug)]
pub struct RawBytes<const N: usize>;

impl<const N: usize> Codec<[u8; N]> for RawBytes<N> {
    const ITEMSIZE: usize = N;
    const ALIGNMENT: usize = 1;
    const ANY_BITS: bool = true;

    fn dtype() -> Result<DType> {
        Ok(DType::Void(N))
    }

    fn memory_dtype() -> Result<DType> {
        <Self as Codec<[u8; N]>>::dtype()
    }

    #[inline(always)]
    fn check(_: &[u8]) -> Result<()> {
        Ok(())
    }

    #[inline(always)]
    fn decode(item: &[u8]) -> [u8; N] {
        item.first_chunk().copied().unwrap_or([0; N])
    }

    #[inline(always)]
    fn encode(value: &[u8; N], item: &mut [u8]) -> Result<()> {
        let Some(slot) = item.first_chunk_mut() else { return Err(too_short()) };
        *slot = *value;
        Ok(())
    }
}
