//! Deflated data in segments that refer to nothing before them: any inflater reads them as one stream, and who knows
//! where they begin can pack and unpack them side by side.

use arr_core::format::RandomAccess;

use super::decode::inflate_segment;
use super::record;

/// Unpacks the data of a member on all cores, where its `entry` in the directory says where its segments are. Gives
/// the checksum, or nothing when that did not work out: then the data has to be read from front to back.
pub(super) fn inflate(
    source: &RandomAccess,
    (start, len): (u64, u64),
    entry: &[u8],
    bytes: &mut [u8],
) -> Option<u32> {
    let (each, lens) = record::segments(entry)?;
    let each = usize::try_from(each).ok()?;
    if lens.is_empty() || bytes.len().div_ceil(each) != lens.len() + 1 {
        return None;
    }
    let mut places = Vec::new();
    let mut at = start;
    for len in lens {
        places.push((at, u64::from(len)));
        at = at.checked_add(u64::from(len))?;
    }
    places.push((at, start.checked_add(len)?.checked_sub(at)?));
    let last = places.len() - 1;
    let one = |(index, (bytes, (at, len))): (usize, (&mut [u8], &(u64, u64)))| {
        let mut packed = Vec::new();
        let len = usize::try_from(*len).ok().filter(|len| *len <= bytes.len().saturating_add(1 << 20))?;
        packed.try_reserve_exact(len).ok()?;
        packed.resize(len, 0);
        source.read_exact_at(&mut packed, *at, "member").ok()?;
        if !inflate_segment(&packed, bytes, index == last) {
            return None;
        }
        let mut hasher = crc32fast::Hasher::new();
        hasher.update(bytes);
        Some(hasher)
    };
    #[cfg(feature = "rayon")]
    let sums: Option<Vec<_>> = {
        use rayon::prelude::*;
        bytes.par_chunks_mut(each).zip(&places).enumerate().map(one).collect()
    };
    #[cfg(not(feature = "rayon"))]
    let sums: Option<Vec<_>> = bytes.chunks_mut(each).zip(&places).enumerate().map(one).collect();
    let mut sums = sums?.into_iter();
    let mut sum = sums.next()?;
    sums.for_each(|next| sum.combine(&next));
    Some(sum.finalize())
}
