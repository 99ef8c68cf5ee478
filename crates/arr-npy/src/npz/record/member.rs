//! Headers of members, written.

use super::{
    CENTRAL, CENTRAL_SIZE, DATE, DESCRIPTOR, EXTRA_64, EXTRA_ALIGNMENT, EXTRA_SEGMENTS, FLAG_DESCRIPTOR,
    FLAG_UTF8, LOCAL, LOCAL_SIZE, MADE_BY, SEGMENTS_VERSION, VERSION_64, extra_field_at, narrow, u16_at,
    u32_at,
};

/// Who reads it must know version 2.0: deflate.
const VERSION: u16 = 20;
/// A regular file that its owner reads and writes: what NumPy writes.
const ATTRIBUTES: u32 = 0o600 << 16;

/// The fields of a member that both of its headers have.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::npz) struct Fields {
    pub(in crate::npz) name: String,
    pub(in crate::npz) method: u16,
    pub(in crate::npz) crc: u32,
    pub(in crate::npz) compressed: u64,
    pub(in crate::npz) size: u64,
    /// Where the member's header is.
    pub(in crate::npz) offset: u64,
    /// The sizes were not known when the member's header was written: they stand behind the data.
    pub(in crate::npz) described: bool,
    /// Bytes of all but the last segment of deflated data, each of `1 << segment_bits` bytes before.
    pub(in crate::npz) segments: Vec<u32>,
    pub(in crate::npz) segment_bits: u8,
}

impl Fields {
    fn flags(&self) -> u16 {
        let utf8 = if self.name.is_ascii() { 0 } else { FLAG_UTF8 };
        if self.described { utf8 | FLAG_DESCRIPTOR } else { utf8 }
    }

    fn is_wide(&self) -> bool {
        self.size.max(self.compressed) >= u64::from(u32::MAX)
    }

    /// The header before a member, so long that the data behind it begins at a multiple of `alignment`.
    pub(in crate::npz) fn to_local(&self, alignment: u64) -> Vec<u8> {
        // Sizes that are told later are told in 64 bits, since nobody knows how large they will be.
        self.local(alignment, self.is_wide() || self.described)
    }

    /// The header again, when the size of the packed data is known, as long as it was before.
    pub(in crate::npz) fn to_local_like(&self, old: &[u8]) -> Vec<u8> {
        self.local(1, u32_at(old, 18) == u32::MAX)
    }

    fn local(&self, alignment: u64, wide: bool) -> Vec<u8> {
        let mut extra = Vec::new();
        if wide {
            extra.extend(EXTRA_64.to_le_bytes());
            extra.extend(16u16.to_le_bytes());
            let sizes = if self.described { [0; 2] } else { [self.size, self.compressed] };
            extra.extend(sizes.iter().flat_map(|size| size.to_le_bytes()));
        }
        extra.extend(padding(self.offset + (LOCAL_SIZE + self.name.len() + extra.len()) as u64, alignment));
        let mut bytes = Vec::new();
        bytes.extend(LOCAL);
        bytes.extend(if wide { VERSION_64 } else { VERSION }.to_le_bytes());
        bytes.extend(self.flags().to_le_bytes());
        bytes.extend(self.method.to_le_bytes());
        bytes.extend([0; 2]);
        bytes.extend(DATE.to_le_bytes());
        bytes.extend(if self.described { 0 } else { self.crc }.to_le_bytes());
        let sizes = match (wide, self.described) {
            (true, _) => [u32::MAX; 2],
            (false, _) => [narrow(self.compressed), narrow(self.size)],
        };
        bytes.extend(sizes.iter().flat_map(|size| size.to_le_bytes()));
        bytes.extend(u16::try_from(self.name.len()).unwrap_or(u16::MAX).to_le_bytes());
        bytes.extend(u16::try_from(extra.len()).unwrap_or(u16::MAX).to_le_bytes());
        bytes.extend(self.name.as_bytes());
        bytes.extend(extra);
        bytes
    }

    /// The sizes behind the data.
    pub(in crate::npz) fn to_descriptor(&self) -> Vec<u8> {
        let mut bytes = DESCRIPTOR.to_vec();
        bytes.extend(self.crc.to_le_bytes());
        bytes.extend(self.compressed.to_le_bytes());
        bytes.extend(self.size.to_le_bytes());
        bytes
    }

    /// The entry of the directory.
    pub(in crate::npz) fn to_central(&self) -> Vec<u8> {
        let wide_offset = self.offset >= u64::from(u32::MAX);
        let mut numbers = Vec::new();
        if self.is_wide() {
            numbers.extend([self.size, self.compressed]);
        }
        if wide_offset {
            numbers.push(self.offset);
        }
        let mut extra = Vec::new();
        if !numbers.is_empty() {
            extra.extend(EXTRA_64.to_le_bytes());
            extra.extend(u16::try_from(8 * numbers.len()).unwrap_or(0).to_le_bytes());
            extra.extend(numbers.iter().flat_map(|number| number.to_le_bytes()));
        }
        if !self.segments.is_empty() {
            extra.extend(EXTRA_SEGMENTS.to_le_bytes());
            extra.extend(u16::try_from(2 + 4 * self.segments.len()).unwrap_or(0).to_le_bytes());
            extra.extend([SEGMENTS_VERSION, self.segment_bits]);
            extra.extend(self.segments.iter().flat_map(|len| len.to_le_bytes()));
        }
        let wide = !numbers.is_empty() || self.described;
        let mut bytes = Vec::new();
        bytes.extend(CENTRAL);
        bytes.extend(MADE_BY.to_le_bytes());
        bytes.extend(if wide { VERSION_64 } else { VERSION }.to_le_bytes());
        bytes.extend(self.flags().to_le_bytes());
        bytes.extend(self.method.to_le_bytes());
        bytes.extend([0; 2]);
        bytes.extend(DATE.to_le_bytes());
        bytes.extend(self.crc.to_le_bytes());
        let sizes = if self.is_wide() { [u32::MAX; 2] } else { [narrow(self.compressed), narrow(self.size)] };
        bytes.extend(sizes.iter().flat_map(|size| size.to_le_bytes()));
        bytes.extend(u16::try_from(self.name.len()).unwrap_or(u16::MAX).to_le_bytes());
        bytes.extend(u16::try_from(extra.len()).unwrap_or(u16::MAX).to_le_bytes());
        bytes.extend([0; 6]);
        bytes.extend(ATTRIBUTES.to_le_bytes());
        bytes.extend(narrow(self.offset).to_le_bytes());
        bytes.extend(self.name.as_bytes());
        bytes.extend(extra);
        bytes
    }
}

/// The extra field after which data begins at a multiple of `alignment`, where the header would end at `end` without.
fn padding(end: u64, alignment: u64) -> Vec<u8> {
    let mut field = Vec::new();
    if end % alignment != 0 {
        // The field takes six bytes at least.
        let padding = (end + 6).next_multiple_of(alignment) - (end + 6);
        field.extend(EXTRA_ALIGNMENT.to_le_bytes());
        field.extend(u16::try_from(padding + 2).unwrap_or(2).to_le_bytes());
        field.extend(u16::try_from(alignment).unwrap_or(1).to_le_bytes());
        field.extend((0..padding).map(|_| 0));
    }
    field
}

/// The header of a member that was moved to `offset`, whose data is as aligned there as it was.
pub(in crate::npz) fn realigned(
    header: &[u8],
    old_offset: u64,
    offset: u64,
    alignment: u64,
) -> Option<Vec<u8>> {
    if (old_offset + header.len() as u64) % alignment != 0 {
        return Some(header.to_vec());
    }
    let extra_at = LOCAL_SIZE + usize::from(u16_at(header, 26));
    let old = header.get(extra_at..)?;
    let mut extra = match extra_field_at(old, EXTRA_ALIGNMENT) {
        Some(body) => [old.get(..body.start - 4)?, old.get(body.end..)?].concat(),
        None => old.to_vec(),
    };
    extra.extend(padding(offset + (extra_at + extra.len()) as u64, alignment));
    let mut moved = header.get(..extra_at)?.to_vec();
    moved.get_mut(28..30)?.copy_from_slice(&u16::try_from(extra.len()).ok()?.to_le_bytes());
    moved.extend(extra);
    Some(moved)
}

/// An entry of the directory for a member that was moved to where its offset takes no more bytes than before.
pub(in crate::npz) fn moved(entry: &[u8], offset: u64) -> Option<Vec<u8>> {
    let mut entry = entry.to_vec();
    let narrow_at = 42;
    if u32_at(&entry, narrow_at) != u32::MAX {
        let offset = u32::try_from(offset).ok().filter(|offset| *offset != u32::MAX)?;
        entry.get_mut(narrow_at..narrow_at + 4)?.copy_from_slice(&offset.to_le_bytes());
        return Some(entry);
    }
    let extra_at = CENTRAL_SIZE + usize::from(u16_at(&entry, 28));
    let extra_end = extra_at + usize::from(u16_at(&entry, 30));
    let before = [20, 24].iter().filter(|at| u32_at(&entry, **at) == u32::MAX).count();
    let body = extra_field_at(entry.get(extra_at..extra_end)?, EXTRA_64)?;
    entry
        .get_mut(extra_at + body.start + 8 * before..extra_at + body.end)?
        .first_chunk_mut::<8>()?
        .copy_from_slice(&offset.to_le_bytes());
    Some(entry)
}
