//! The records of a zip archive, byte by byte (PKWARE's APPNOTE 6.3.10, sections 4.3 and 4.5).

use std::ops::Range;

/// The signature before a member.
pub(super) const LOCAL: [u8; 4] = *b"PK\x03\x04";
/// The signature of an entry of the directory.
pub(super) const CENTRAL: [u8; 4] = *b"PK\x01\x02";
/// The signature of the end record.
pub(super) const END: [u8; 4] = *b"PK\x05\x06";
/// The signature of the end record with fields of 64 bits.
const END_64: [u8; 4] = *b"PK\x06\x06";
/// The signature of the record that says where that one is.
const LOCATOR_64: [u8; 4] = *b"PK\x06\x07";
/// The signature of the sizes behind the data of a member.
const DESCRIPTOR: [u8; 4] = *b"PK\x07\x08";

/// Bytes of a member's header without name and extra fields.
pub(super) const LOCAL_SIZE: usize = 30;
/// Bytes of an entry of the directory without name, extra fields and comment.
pub(super) const CENTRAL_SIZE: usize = 46;
/// Bytes of the end record without the comment.
pub(super) const END_SIZE: usize = 22;
/// Bytes of the end record with fields of 64 bits.
const END_64_SIZE: usize = 56;
/// Bytes of the record that says where that one is.
const LOCATOR_64_SIZE: usize = 20;

/// The extra field with sizes of 64 bits.
const EXTRA_64: u16 = 1;
/// The extra field that aligns data, as Android's zipalign writes it.
const EXTRA_ALIGNMENT: u16 = 0xD935;
/// Our own extra field: where the segments of deflated data begin.
const EXTRA_SEGMENTS: u16 = 0x7241;

/// Flags: the member is encrypted, in one of three ways.
pub(super) const FLAGS_ENCRYPTED: u16 = 1 | (1 << 6) | (1 << 13);
/// Flag: the sizes stand behind the data.
pub(super) const FLAG_DESCRIPTOR: u16 = 1 << 3;
/// Flag: the data is a patch of other data.
pub(super) const FLAG_PATCH: u16 = 1 << 5;
/// Flag: the name is UTF-8.
pub(super) const FLAG_UTF8: u16 = 1 << 11;

/// The 1st of January 1980, the earliest date there is: what NumPy writes.
const DATE: u16 = (1 << 5) | 1;

/// A number at a place of a record; 0 where there is none.
pub(super) fn u16_at(bytes: &[u8], at: usize) -> u16 {
    number::<2>(bytes, at).map_or(0, u16::from_le_bytes)
}

/// A number at a place of a record; 0 where there is none.
pub(super) fn u32_at(bytes: &[u8], at: usize) -> u32 {
    number::<4>(bytes, at).map_or(0, u32::from_le_bytes)
}

fn u64_at(bytes: &[u8], at: usize) -> u64 {
    number::<8>(bytes, at).map_or(0, u64::from_le_bytes)
}

fn number<const N: usize>(bytes: &[u8], at: usize) -> Option<[u8; N]> {
    bytes.get(at..)?.first_chunk().copied()
}

/// What an end record says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct End {
    pub(super) disks: u32,
    pub(super) entries: u64,
    pub(super) size: u64,
    pub(super) offset: u64,
    pub(super) comment: usize,
    /// Bytes of the records between the directory and the end record.
    pub(super) between: u64,
    /// Where the first of them is said to be, and how long; both are known without.
    pub(super) record: Option<(u64, u64)>,
}

impl End {
    /// The end record at the beginning of `bytes`.
    pub(super) fn parse(bytes: &[u8]) -> Option<Self> {
        if bytes.len() < END_SIZE || !bytes.starts_with(&END) {
            return None;
        }
        Some(Self {
            // Of a part, the members that are in it are counted as well.
            disks: u32::from(
                u16_at(bytes, 4).max(u16_at(bytes, 6)).max(u16_at(bytes, 8) ^ u16_at(bytes, 10)),
            ),
            entries: u64::from(u16_at(bytes, 10)),
            size: u64::from(u32_at(bytes, 12)),
            offset: u64::from(u32_at(bytes, 16)),
            comment: usize::from(u16_at(bytes, 20)),
            between: 0,
            record: None,
        })
    }

    /// How many bytes before an end record those with fields of 64 bits take.
    pub(super) const WIDE: usize = END_64_SIZE + LOCATOR_64_SIZE;

    /// The fields of 64 bits, from the bytes right before the end record.
    pub(super) fn widened(self, before: &[u8]) -> Self {
        let Some(wide) = before.len().checked_sub(Self::WIDE).and_then(|start| before.get(start..)) else {
            return self;
        };
        let locator = wide.get(END_64_SIZE..).unwrap_or_default();
        if !wide.starts_with(&END_64) || !locator.starts_with(&LOCATOR_64) {
            return self;
        }
        Self {
            disks: u32_at(wide, 16)
                .max(u32_at(wide, 20))
                .max(u32_at(locator, 4))
                .max(u32_at(locator, 16).saturating_sub(1)),
            entries: u64_at(wide, 32),
            size: u64_at(wide, 40),
            offset: u64_at(wide, 48),
            between: Self::WIDE as u64,
            record: Some((u64_at(locator, 8), u64_at(wide, 4))),
            ..self
        }
    }

    /// True when the records of 64 bits are where they are said to be, and as long.
    pub(super) fn is_placed(&self, position: u64, shift: u64) -> bool {
        let expected = (position.saturating_sub(self.between), END_64_SIZE as u64 - 12);
        self.record.is_none_or(|(at, len)| (at.saturating_add(shift), len) == expected)
    }

    /// True when a field says that it is to be found in the record with fields of 64 bits.
    pub(super) fn is_narrow(&self) -> bool {
        self.between == 0 && (self.size == u64::from(u32::MAX) || self.offset == u64::from(u32::MAX))
    }

    /// The records behind a directory.
    pub(super) fn to_bytes(self, comment: &[u8]) -> Vec<u8> {
        let mut bytes = Vec::new();
        let wide = self.entries >= u64::from(u16::MAX)
            || self.size >= u64::from(u32::MAX)
            || self.offset >= u64::from(u32::MAX);
        if wide {
            bytes.extend(END_64);
            bytes.extend((END_64_SIZE as u64 - 12).to_le_bytes());
            bytes.extend(MADE_BY.to_le_bytes());
            bytes.extend(VERSION_64.to_le_bytes());
            bytes.extend([0; 8]);
            bytes.extend(self.entries.to_le_bytes());
            bytes.extend(self.entries.to_le_bytes());
            bytes.extend(self.size.to_le_bytes());
            bytes.extend(self.offset.to_le_bytes());
            bytes.extend(LOCATOR_64);
            bytes.extend([0; 4]);
            bytes.extend(self.offset.saturating_add(self.size).to_le_bytes());
            bytes.extend(1u32.to_le_bytes());
        }
        let entries = u16::try_from(self.entries).unwrap_or(u16::MAX);
        bytes.extend(END);
        bytes.extend([0; 4]);
        bytes.extend(entries.to_le_bytes());
        bytes.extend(entries.to_le_bytes());
        bytes.extend(narrow(self.size).to_le_bytes());
        bytes.extend(narrow(self.offset).to_le_bytes());
        // Comments are copied from other archives, where their lengths had two bytes as well.
        bytes.extend(u16::try_from(comment.len()).unwrap_or(u16::MAX).to_le_bytes());
        bytes.extend_from_slice(comment);
        bytes
    }
}

/// The largest number where it does not fit: then it stands in the extra field.
fn narrow(number: u64) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}

/// Made on Unix, so that the attributes are a mode; by version 4.5 of the format.
const MADE_BY: u16 = (3 << 8) | 45;
/// Who reads it must know version 2.0: deflate.
const VERSION: u16 = 20;
/// Who reads it must know version 4.5: sizes of 64 bits.
const VERSION_64: u16 = 45;
/// A regular file that its owner reads and writes: what NumPy writes.
const ATTRIBUTES: u32 = 0o600 << 16;

/// The fields of a member that both of its headers have.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Fields {
    pub(super) name: String,
    pub(super) method: u16,
    pub(super) crc: u32,
    pub(super) compressed: u64,
    pub(super) size: u64,
    /// Where the member's header is.
    pub(super) offset: u64,
    /// The sizes were not known when the member's header was written: they stand behind the data.
    pub(super) described: bool,
    /// Bytes of all but the last segment of deflated data, each of `1 << segment_bits` bytes before.
    pub(super) segments: Vec<u32>,
    pub(super) segment_bits: u8,
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
    pub(super) fn to_local(&self, alignment: u64) -> Vec<u8> {
        // Sizes that are told later are told in 64 bits, since nobody knows how large they will be.
        self.local(alignment, self.is_wide() || self.described)
    }

    /// The header again, when the size of the packed data is known, as long as it was before.
    pub(super) fn to_local_like(&self, old: &[u8]) -> Vec<u8> {
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
    pub(super) fn to_descriptor(&self) -> Vec<u8> {
        let mut bytes = DESCRIPTOR.to_vec();
        bytes.extend(self.crc.to_le_bytes());
        bytes.extend(self.compressed.to_le_bytes());
        bytes.extend(self.size.to_le_bytes());
        bytes
    }

    /// The entry of the directory.
    pub(super) fn to_central(&self) -> Vec<u8> {
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

/// The version of our own extra field.
const SEGMENTS_VERSION: u8 = 1;

/// The largest number of segments that the extra field is filled with: it has to leave room for others.
pub(super) const MOST_SEGMENTS: u64 = 8192;

/// What an entry of the directory says.
#[derive(Clone, Copy, Debug)]
pub(super) struct Central<'a> {
    pub(super) flags: u16,
    pub(super) method: u16,
    pub(super) crc: u32,
    pub(super) compressed: u64,
    pub(super) size: u64,
    pub(super) offset: u64,
    pub(super) disk: u16,
    pub(super) name: &'a [u8],
    /// Bytes of the whole entry.
    pub(super) len: usize,
}

/// Why an entry of the directory can't be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Bad {
    Signature,
    CutShort,
    Sizes,
}

impl<'a> Central<'a> {
    /// The entry at the beginning of `bytes`.
    pub(super) fn parse(bytes: &'a [u8]) -> Result<Self, Bad> {
        let fixed = bytes.get(..CENTRAL_SIZE).ok_or(Bad::CutShort)?;
        if !fixed.starts_with(&CENTRAL) {
            return Err(Bad::Signature);
        }
        let lens = [28, 30, 32].map(|at| usize::from(u16_at(fixed, at)));
        let len = CENTRAL_SIZE + lens.iter().sum::<usize>();
        let whole = bytes.get(..len).ok_or(Bad::CutShort)?;
        let (name, rest) =
            whole.get(CENTRAL_SIZE..).and_then(|rest| rest.split_at_checked(lens[0])).ok_or(Bad::CutShort)?;
        let extra = rest.get(..lens[1]).ok_or(Bad::CutShort)?;
        let mut found = Self {
            flags: u16_at(fixed, 8),
            method: u16_at(fixed, 10),
            crc: u32_at(fixed, 16),
            compressed: u64::from(u32_at(fixed, 20)),
            size: u64::from(u32_at(fixed, 24)),
            offset: u64::from(u32_at(fixed, 42)),
            disk: u16_at(fixed, 34),
            name,
            len,
        };
        if let Some(mut numbers) = extra_field(extra, EXTRA_64) {
            for number in [&mut found.size, &mut found.compressed, &mut found.offset] {
                if *number == u64::from(u32::MAX) {
                    let (wide, rest) = numbers.split_first_chunk().ok_or(Bad::Sizes)?;
                    *number = u64::from_le_bytes(*wide);
                    numbers = rest;
                }
            }
        }
        Ok(found)
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
pub(super) fn realigned(header: &[u8], old_offset: u64, offset: u64, alignment: u64) -> Option<Vec<u8>> {
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
pub(super) fn moved(entry: &[u8], offset: u64) -> Option<Vec<u8>> {
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

/// Where the segments of deflated data are, of an entry of the directory: how many bytes each has before, and how
/// many all but the last have in the file.
pub(super) fn segments(entry: &[u8]) -> Option<(u64, Vec<u32>)> {
    let lens = [28, 30].map(|at| usize::from(u16_at(entry, at)));
    let extra = entry.get(CENTRAL_SIZE + lens[0]..)?.get(..lens[1])?;
    let (head, lens) = extra_field(extra, EXTRA_SEGMENTS)?.split_first_chunk::<2>()?;
    let [SEGMENTS_VERSION, bits] = *head else { return None };
    let len = 1u64.checked_shl(u32::from(bits)).filter(|len| *len <= 1 << 40)?;
    let lens = lens.chunks_exact(4).map(|len| u32_at(len, 0)).collect();
    Some((len, lens))
}

/// What a header before a member says: its checksum, packed and unpacked size.
pub(super) fn local_sizes(fixed: &[u8], extra: &[u8]) -> (u32, u64, u64) {
    let (mut compressed, mut size) = (u64::from(u32_at(fixed, 18)), u64::from(u32_at(fixed, 22)));
    if let Some(wide) = extra_field(extra, EXTRA_64).filter(|wide| wide.len() >= 16) {
        let wanted = |number: u64| number == u64::from(u32::MAX);
        let sizes = (u64_at(wide, 0), u64_at(wide, 8));
        size = if wanted(size) { sizes.0 } else { size };
        compressed = if wanted(compressed) { sizes.1 } else { compressed };
    }
    (u32_at(fixed, 14), compressed, size)
}

/// True when the sizes behind the data of a member are these, in any of their four forms: with a signature or
/// without, of 32 bits or of 64.
pub(super) fn is_descriptor(bytes: &[u8], crc: u32, compressed: u64, size: u64) -> bool {
    let rest = bytes.strip_prefix(&DESCRIPTOR).unwrap_or(bytes);
    [bytes, rest].into_iter().any(|bytes| {
        let narrow = (u64::from(u32_at(bytes, 4)), u64::from(u32_at(bytes, 8)), 12);
        let wide = (u64_at(bytes, 4), u64_at(bytes, 12), 20);
        let agrees = |(packed, whole, len): (u64, u64, usize)| {
            bytes.len() >= len && (packed, whole) == (compressed, size)
        };
        u32_at(bytes, 0) == crc && (agrees(narrow) || agrees(wide))
    })
}

/// True when extra fields end where their last one does.
pub(super) fn is_whole_extra(mut extra: &[u8]) -> bool {
    while let Some((head, rest)) = extra.split_first_chunk::<4>() {
        let Some(rest) = rest.get(usize::from(u16_at(head, 2))..) else { return false };
        extra = rest;
    }
    extra.is_empty()
}

/// The body of the first extra field of that kind.
fn extra_field(extra: &[u8], wanted: u16) -> Option<&[u8]> {
    extra.get(extra_field_at(extra, wanted)?)
}

fn extra_field_at(extra: &[u8], wanted: u16) -> Option<Range<usize>> {
    let mut at = 0;
    while let Some(head) = extra.get(at..at + 4) {
        let body = at + 4..at + 4 + usize::from(u16_at(head, 2));
        if u16_at(head, 0) == wanted {
            return (body.end <= extra.len()).then_some(body);
        }
        at = body.end;
    }
    None
}

/// The upper half of code page 437, in which names are that are not said to be UTF-8.
const CODE_PAGE_437: &str = "ÇüéâäàåçêëèïîìÄÅÉæÆôöòûùÿÖÜ¢£¥₧ƒáíóúñÑªº¿⌐¬½¼¡«»\
░▒▓│┤╡╢╖╕╣║╗╝╜╛┐└┴┬├─┼╞╟╚╔╩╦╠═╬╧╨╤╥╙╘╒╓╫╪┘┌█▄▌▐▀αßΓπΣσµτΦΘΩδ∞φε∩≡±≥≤⌠⌡÷≈°∙·√ⁿ²■\u{a0}";

/// Appends a name to `names`; false when it is said to be UTF-8 and is not. As in Python, a NUL ends it.
pub(super) fn decode_name(bytes: &[u8], flags: u16, names: &mut String) -> bool {
    let bytes = bytes.split(|byte| *byte == 0).next().unwrap_or_default();
    if flags & FLAG_UTF8 != 0 || bytes.is_ascii() {
        return std::str::from_utf8(bytes).map(|name| names.push_str(name)).is_ok();
    }
    names.extend(bytes.iter().filter_map(|byte| match byte {
        0..128 => Some(char::from(*byte)),
        _ => CODE_PAGE_437.chars().nth(usize::from(byte - 128)),
    }));
    true
}

#[cfg(test)]
#[allow(clippy::cast_possible_truncation, reason = "small numbers")]
mod tests {
    use super::*;

    fn fields(size: u64, offset: u64, described: bool) -> Fields {
        Fields {
            name: "x.npy".into(),
            method: 8,
            crc: 0x1234_5678,
            compressed: size / 2,
            size,
            offset,
            described,
            segments: vec![7, 9],
            segment_bits: 20,
        }
    }

    #[test]
    fn entries_read_back_narrow_and_wide() {
        for (size, offset) in [(10, 20), (u64::from(u32::MAX), 20), (10, 1 << 40), (1 << 50, 1 << 60)] {
            let bytes = fields(size, offset, false).to_central();
            let found = Central::parse(&bytes).unwrap();
            assert_eq!((found.size, found.compressed, found.offset), (size, size / 2, offset));
            assert_eq!((found.name, found.len, found.method), (&b"x.npy"[..], bytes.len(), 8));
            assert_eq!(segments(&bytes), Some((1 << 20, vec![7, 9])));
            for cut in 0..bytes.len() {
                assert_eq!(Central::parse(&bytes[..cut]).unwrap_err(), Bad::CutShort);
            }
        }
        assert_eq!(Central::parse(&[0; 100]).unwrap_err(), Bad::Signature);
    }

    #[test]
    fn members_move_where_their_offset_fits() {
        for (size, offset, to) in
            [(10, 20, 5), (u64::from(u32::MAX), 20, 5), (10, 1 << 40, 7), (1 << 50, 1 << 60, 9)]
        {
            let entry = moved(&fields(size, offset, false).to_central(), to).unwrap();
            let found = Central::parse(&entry).unwrap();
            assert_eq!((found.size, found.compressed, found.offset), (size, size / 2, to));
        }
        assert!(moved(&fields(10, 20, false).to_central(), 1 << 40).is_none());
    }

    #[test]
    fn a_wide_size_without_its_field_is_seen() {
        let mut bytes = fields(u64::from(u32::MAX), 0, false).to_central();
        // The field of 64-bit sizes becomes too short, and its rest a field of its own.
        bytes[CENTRAL_SIZE + 5 + 2] = 8;
        assert_eq!(Central::parse(&bytes).unwrap_err(), Bad::Sizes);
    }

    #[test]
    fn data_is_aligned_wherever_the_header_is() {
        for offset in 0..200 {
            for described in [false, true] {
                let header = fields(10, offset, described).to_local(64);
                assert_eq!((offset as usize + header.len()) % 64, 0);
                assert!(header.len() < 64 + LOCAL_SIZE + 5 + 20 + 6);
                let lens = [26, 28].map(|at| usize::from(u16_at(&header, at)));
                assert_eq!(header.len(), LOCAL_SIZE + lens[0] + lens[1]);
                let extra = &header[LOCAL_SIZE + lens[0]..];
                assert!(extra.is_empty() || extra_field(extra, 0).is_none());
            }
        }
    }

    #[test]
    fn headers_move_with_their_alignment() {
        for old in [0, 7, 300] {
            let header = fields(10, old, false).to_local(64);
            for offset in 0..130 {
                let moved = realigned(&header, old, offset, 64).unwrap();
                assert_eq!((offset as usize + moved.len()) % 64, 0);
                assert_eq!(moved, fields(10, offset, false).to_local(64));
            }
            let plain = fields(10, old, false).to_local(1);
            assert_eq!(realigned(&plain, old, 1000, 64).unwrap(), plain);
        }
    }

    #[test]
    fn end_records_read_back() {
        for (entries, size, offset) in
            [(0, 0, 0), (65534, 5, 7), (65535, 5, 7), (3, 1 << 33, 5), (3, 5, 1 << 40)]
        {
            let end = End { disks: 0, entries, size, offset, comment: 2, between: 0, record: None };
            let bytes = end.to_bytes(b"hi");
            let at = bytes.len() - END_SIZE - 2;
            let found = End::parse(&bytes[at..]).unwrap().widened(&bytes[..at]);
            assert_eq!((found.entries, found.size, found.offset, found.comment), (entries, size, offset, 2));
            assert_eq!(found.between, at as u64);
            assert!(!found.is_narrow());
        }
    }

    #[test]
    fn old_names_are_code_page_437() {
        let mut name = String::new();
        assert!(decode_name(&[b'a', 0x80, 0xE1, 0xFF, 0, b'x'], 0, &mut name));
        assert_eq!(name, "aÇß\u{a0}");
        assert_eq!(CODE_PAGE_437.chars().count(), 128);
        assert!(!decode_name(&[0xFF], FLAG_UTF8, &mut name));
        assert!(decode_name("é".as_bytes(), FLAG_UTF8, &mut name));
        assert_eq!(name, "aÇß\u{a0}é");
    }
}
