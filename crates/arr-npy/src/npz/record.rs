//! The records of a zip archive, byte by byte (PKWARE's APPNOTE 6.3.10, sections 4.3 and 4.5).

mod member;

use std::ops::Range;

pub(super) use member::{Fields, moved, realigned};

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

/// Made on Unix, so that the attributes are a mode; by version 4.5 of the format.
const MADE_BY: u16 = (3 << 8) | 45;
/// Who reads it must know version 4.5: sizes of 64 bits.
const VERSION_64: u16 = 45;

/// The largest number where it does not fit: then it stands in the extra field.
fn narrow(number: u64) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
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
mod tests;
