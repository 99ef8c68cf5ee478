//! The records of a zip archive, field by field (PKWARE's APPNOTE 6.3.10, sections 4.3 and 4.5).

mod end;
mod member;

use std::io;
use std::ops::Range;

use arr_core::Result;
use byteorder::{LE, ReadBytesExt, WriteBytesExt};

use super::deflate::SegmentTable;

pub(super) use end::End;
pub(super) use member::{Fields, entry_of, move_to, moved, renamed};

/// A field of a record, its lowest byte first.
trait Field: Sized {
    fn read(from: &mut &[u8]) -> io::Result<Self>;
    fn write(self, to: &mut Vec<u8>) -> io::Result<()>;
}

macro_rules! fields {
    ($($kind:ident $read:ident $write:ident;)*) => {$(
        impl Field for $kind {
            #[inline]
            fn read(from: &mut &[u8]) -> io::Result<Self> {
                from.$read::<LE>()
            }

            #[inline]
            fn write(self, to: &mut Vec<u8>) -> io::Result<()> {
                to.$write::<LE>(self)
            }
        }
    )*};
}

fields! {
    u16 read_u16 write_u16;
    u32 read_u32 write_u32;
    u64 read_u64 write_u64;
}

/// Records of fixed size, each with its signature and its fields in their order.
macro_rules! records {
    ($($(#[$doc:meta])* $name:ident = $signature:literal { $($field:ident: $kind:ident,)* })*) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
        pub(super) struct $name {
            $(pub(super) $field: $kind,)*
        }

        #[allow(dead_code, reason = "not every record is both read and written")]
        impl $name {
            /// What the record begins with.
            pub(super) const SIGNATURE: [u8; 4] = *$signature;

            /// The number of bytes of the record.
            pub(super) const SIZE: usize = 4 $(+ size_of::<$kind>())*;

            /// The record that `bytes` begin with; nothing when they begin with another one, or end before it does.
            #[inline]
            pub(super) fn parse(bytes: &[u8]) -> Option<Self> {
                // The compiler knows the length then, and that no field is missing.
                let mut rest = bytes.first_chunk::<{ Self::SIZE }>()?.strip_prefix(&Self::SIGNATURE)?;
                Some(Self { $($field: Field::read(&mut rest).ok()?,)* })
            }

            /// Appends the record.
            fn write(&self, to: &mut Vec<u8>) -> io::Result<()> {
                to.extend(Self::SIGNATURE);
                $(self.$field.write(to)?;)*
                Ok(())
            }
        }
    )*};
}

records! {
    /// The header before a member's data (4.3.7); its name and its extra fields follow.
    LocalHeader = b"PK\x03\x04" {
        version_needed: u16,
        flags: u16,
        method: u16,
        time: u16,
        date: u16,
        crc32: u32,
        compressed: u32,
        size: u32,
        name_len: u16,
        extra_len: u16,
    }

    /// The entry of a member in the directory (4.3.12); its name, its extra fields and its comment follow.
    CentralHeader = b"PK\x01\x02" {
        version_made_by: u16,
        version_needed: u16,
        flags: u16,
        method: u16,
        time: u16,
        date: u16,
        crc32: u32,
        compressed: u32,
        size: u32,
        name_len: u16,
        extra_len: u16,
        comment_len: u16,
        disk: u16,
        internal_attributes: u16,
        external_attributes: u32,
        offset: u32,
    }

    /// The end record (4.3.16); the comment of the archive follows.
    EndRecord = b"PK\x05\x06" {
        disk: u16,
        directory_disk: u16,
        disk_entries: u16,
        entries: u16,
        size: u32,
        offset: u32,
        comment_len: u16,
    }

    /// The end record with fields of 64 bits (4.3.14).
    EndRecord64 = b"PK\x06\x06" {
        rest: u64,
        version_made_by: u16,
        version_needed: u16,
        disk: u32,
        directory_disk: u32,
        disk_entries: u64,
        entries: u64,
        size: u64,
        offset: u64,
    }

    /// Where the end record with fields of 64 bits is (4.3.15).
    Locator64 = b"PK\x06\x07" {
        record_disk: u32,
        record_offset: u64,
        disks: u32,
    }

    /// The checksum and the sizes after the data of a member (4.3.9), with its signature, which may be missing.
    NarrowDescriptor = b"PK\x07\x08" {
        crc32: u32,
        compressed: u32,
        size: u32,
    }

    /// The same with sizes of 64 bits.
    Descriptor = b"PK\x07\x08" {
        crc32: u32,
        compressed: u64,
        size: u64,
    }
}

/// The number of an extra field with sizes of 64 bits.
const EXTRA_64: u16 = 1;
/// That of one that aligns data, as Android's zipalign writes it.
const EXTRA_ALIGNMENT: u16 = 0xD935;
/// That of the name in Unicode, with the checksum of the name that it stands for, as Info-ZIP writes it.
const EXTRA_UNICODE_PATH: u16 = 0x7075;
/// That of our own one: the table of the segments of deflated data.
const EXTRA_SEGMENTS: u16 = 0x7241;

/// Flags: the member is encrypted, in one of three ways.
pub(super) const FLAGS_ENCRYPTED: u16 = 1 | (1 << 6) | (1 << 13);
/// Flag: the sizes are after the data.
pub(super) const FLAG_DESCRIPTOR: u16 = 1 << 3;
/// Flag: the data is a patch of other data.
pub(super) const FLAG_PATCH: u16 = 1 << 5;
/// Flag: the name is UTF-8.
pub(super) const FLAG_UTF8: u16 = 1 << 11;

/// Made on Unix, so that the attributes are a mode; by version 4.5 of the format.
const MADE_BY: u16 = (3 << 8) | 45;
/// The version needed to extract: 4.5, sizes of 64 bits.
const VERSION_64: u16 = 45;

/// A number of 64 bits in a field of 32. The largest number says that it stands elsewhere, where it does not fit.
fn narrow(number: u64) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}

impl LocalHeader {
    /// The number of bytes before the data: the header with its name and its extra fields.
    pub(super) fn data_start(&self) -> usize {
        self.name_end() + usize::from(self.extra_len)
    }

    /// The number of bytes before the extra fields.
    pub(super) fn name_end(&self) -> usize {
        Self::SIZE + usize::from(self.name_len)
    }

    /// The name in bytes that begin with the header; nothing where they end before.
    pub(super) fn name_in<'a>(&self, bytes: &'a [u8]) -> Option<&'a [u8]> {
        bytes.get(Self::SIZE..self.name_end())
    }

    /// The checksum, the compressed and the decompressed size, with those of 64 bits from the extra fields.
    pub(super) fn sizes(&self, extra: &[u8]) -> (u32, u64, u64) {
        let (mut compressed, mut size) = (u64::from(self.compressed), u64::from(self.size));
        let wide = extra_field(extra, EXTRA_64).and_then(|mut wide| {
            let size = wide.read_u64::<LE>().ok()?;
            Some((size, wide.read_u64::<LE>().ok()?))
        });
        if let Some((wide_size, wide_compressed)) = wide {
            size = if self.size == u32::MAX { wide_size } else { size };
            compressed = if self.compressed == u32::MAX { wide_compressed } else { compressed };
        }
        (self.crc32, compressed, size)
    }
}

/// The name of the member that a file begins with, as far as `prefix` has it.
pub(super) fn first_name(prefix: &[u8]) -> Option<&[u8]> {
    let header = LocalHeader::parse(prefix)?;
    header.name_in(prefix).or_else(|| prefix.get(LocalHeader::SIZE..))
}

/// An entry of the directory.
#[derive(Clone, Copy, Debug)]
pub(super) struct Central<'a> {
    pub(super) header: CentralHeader,
    /// The sizes and the offset, from the extra field of 64 bits where that has them.
    pub(super) compressed: u64,
    pub(super) size: u64,
    pub(super) offset: u64,
    pub(super) name: &'a [u8],
    pub(super) extra: &'a [u8],
    /// The number of bytes of the whole entry.
    pub(super) len: usize,
}

/// Why an entry of the directory can't be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Bad {
    Signature,
    CutShort,
    Sizes,
}

impl CentralHeader {
    /// Where the name, the extra fields and the comment end, counted from the header.
    fn ends(&self) -> [usize; 3] {
        let name = Self::SIZE + usize::from(self.name_len);
        let extra = name + usize::from(self.extra_len);
        [name, extra, extra + usize::from(self.comment_len)]
    }
}

impl<'a> Central<'a> {
    /// The entry that `bytes` begin with.
    pub(super) fn parse(bytes: &'a [u8]) -> Result<Self, Bad> {
        if bytes.len() >= CentralHeader::SIZE && !bytes.starts_with(&CentralHeader::SIGNATURE) {
            return Err(Bad::Signature);
        }
        let header = CentralHeader::parse(bytes).ok_or(Bad::CutShort)?;
        let [name_end, extra_end, len] = header.ends();
        let whole = bytes.get(..len).ok_or(Bad::CutShort)?;
        let name = whole.get(CentralHeader::SIZE..name_end).ok_or(Bad::CutShort)?;
        let extra = whole.get(name_end..extra_end).ok_or(Bad::CutShort)?;
        let mut found = Self {
            header,
            compressed: u64::from(header.compressed),
            size: u64::from(header.size),
            offset: u64::from(header.offset),
            name,
            extra,
            len,
        };
        if let Some(mut numbers) = extra_field(extra, EXTRA_64) {
            for number in [&mut found.size, &mut found.compressed, &mut found.offset] {
                if *number == u64::from(u32::MAX) {
                    *number = numbers.read_u64::<LE>().map_err(|_| Bad::Sizes)?;
                }
            }
        }
        Ok(found)
    }
}

/// The table of the segments of deflated data, out of the extra fields of an entry of the directory.
pub(super) fn segments(extra: &[u8]) -> Option<SegmentTable> {
    SegmentTable::parse(extra_field(extra, EXTRA_SEGMENTS)?)
}

/// True when the sizes after the data of a member are these, in any of their four forms: with a signature or
/// without, of 32 bits or of 64.
pub(super) fn is_descriptor(bytes: &[u8], crc32: u32, compressed: u64, size: u64) -> bool {
    let wanted = Descriptor { crc32, compressed, size };
    let signed = [&Descriptor::SIGNATURE, bytes].concat();
    [bytes, &signed].into_iter().any(|bytes| {
        let narrow = NarrowDescriptor::parse(bytes).map(|found| Descriptor {
            crc32: found.crc32,
            compressed: u64::from(found.compressed),
            size: u64::from(found.size),
        });
        [narrow, Descriptor::parse(bytes)].contains(&Some(wanted))
    })
}

/// The checksum that the sizes after the data of a member give, in any of their four forms, where the sizes are these; and
/// how many bytes they take.
pub(super) fn described(bytes: &[u8], compressed: u64, size: u64) -> impl Iterator<Item = (u32, u64)> {
    let signed = [&Descriptor::SIGNATURE, bytes].concat();
    let forms = [(bytes.to_vec(), 0), (signed, Descriptor::SIGNATURE.len() as u64)];
    forms.into_iter().flat_map(move |(bytes, missing)| {
        let wide = Descriptor::parse(&bytes).map(|found| (found, Descriptor::SIZE));
        let narrow = NarrowDescriptor::parse(&bytes).map(|found| {
            let NarrowDescriptor { crc32, compressed, size } = found;
            let found = Descriptor { crc32, compressed: compressed.into(), size: size.into() };
            (found, NarrowDescriptor::SIZE)
        });
        let fits =
            move |found: &(Descriptor, usize)| (found.0.compressed, found.0.size) == (compressed, size);
        let found = [wide, narrow].into_iter().flatten().filter(fits);
        found.map(move |(found, len)| (found.crc32, (len as u64).saturating_sub(missing))).collect::<Vec<_>>()
    })
}

/// Extra fields, one after the other: the number of each, and where its body is.
struct ExtraFields<'a> {
    extra: &'a [u8],
    /// Where the next one begins.
    at: usize,
}

impl Iterator for ExtraFields<'_> {
    type Item = (u16, Range<usize>);

    fn next(&mut self) -> Option<Self::Item> {
        let mut rest = self.extra.get(self.at..)?;
        let id = rest.read_u16::<LE>().ok()?;
        let len = usize::from(rest.read_u16::<LE>().ok()?);
        if len > rest.len() {
            return None;
        }
        let start = self.at + 4;
        self.at = start + len;
        Some((id, start..self.at))
    }
}

/// True when extra fields end where their last one does, or with the zeros by which zipalign moves data.
pub(super) fn is_whole_extra(extra: &[u8]) -> bool {
    is_readable_extra(extra) && no_field(extra).is_some_and(|left| left.iter().all(|byte| *byte == 0))
}

/// False when an extra field goes on behind their end: Python's `zipfile` refuses the archive. Fewer bytes than a field
/// begins with may be left over.
pub(super) fn is_readable_extra(extra: &[u8]) -> bool {
    no_field(extra).is_some_and(|left| left.len() < 4)
}

/// The bytes behind the last extra field that is whole.
fn no_field(extra: &[u8]) -> Option<&[u8]> {
    let mut fields = ExtraFields { extra, at: 0 };
    fields.by_ref().for_each(drop);
    extra.get(fields.at..)
}

/// The body of the first extra field of that number.
fn extra_field(extra: &[u8], wanted: u16) -> Option<&[u8]> {
    extra.get(extra_field_at(extra, wanted)?)
}

fn extra_field_at(extra: &[u8], wanted: u16) -> Option<Range<usize>> {
    ExtraFields { extra, at: 0 }.find(|(id, _)| *id == wanted).map(|(_, body)| body)
}

/// Extra fields but for those whose numbers are to go, and the bytes behind the last field, which are none.
fn extra_without(extra: &[u8], goes: impl Fn(u16) -> bool) -> Result<(Vec<u8>, &[u8])> {
    let lost = || super::broken_invariant("an extra field is longer than all of them");
    let (mut kept, mut end) = (Vec::new(), 0);
    for (id, body) in (ExtraFields { extra, at: 0 }) {
        if !goes(id) {
            kept.extend_from_slice(extra.get(end..body.end).ok_or_else(lost)?);
        }
        end = body.end;
    }
    Ok((kept, extra.get(end..).ok_or_else(lost)?))
}

/// The upper half of code page 437, in which names are that are not said to be UTF-8.
const CODE_PAGE_437: &str = "ÇüéâäàåçêëèïîìÄÅÉæÆôöòûùÿÖÜ¢£¥₧ƒáíóúñÑªº¿⌐¬½¼¡«»\
░▒▓│┤╡╢╖╕╣║╗╝╜╛┐└┴┬├─┼╞╟╚╔╩╦╠═╬╧╨╤╥╙╘╒╓╫╪┘┌█▄▌▐▀αßΓπΣσµτΦΘΩδ∞φε∩≡±≥≤⌠⌡÷≈°∙·√ⁿ²■\u{a0}";

/// Appends the name of an entry to `names`: the one in Unicode that stands beside it, if that belongs to it, as Python's
/// `zipfile` takes it (`_decodeExtra`); false when a name is said to be UTF-8 and is not.
pub(super) fn name_of(entry: &Central<'_>, names: &mut String) -> bool {
    match unicode_name(entry.name, entry.extra) {
        Some(name) => {
            names.push_str(name);
            true
        }
        None => decode_name(entry.name, entry.header.flags, names),
    }
}

/// The name in Unicode in an extra field, if it was made for this name: it has its checksum.
fn unicode_name<'e>(name: &[u8], extra: &'e [u8]) -> Option<&'e str> {
    let (version, rest) = extra_field(extra, EXTRA_UNICODE_PATH)?.split_first()?;
    let (crc32, unicode) = rest.split_first_chunk()?;
    let belongs = *version == 1 && u32::from_le_bytes(*crc32) == crc32fast::hash(name);
    let unicode = std::str::from_utf8(unicode).ok().filter(|unicode| belongs && !unicode.is_empty())?;
    Some(unicode.split_once('\0').map_or(unicode, |(name, _)| name))
}

/// Appends a name to `names`; false when it is said to be UTF-8 and is not. As in Python, a NUL ends it.
pub(super) fn decode_name(bytes: &[u8], flags: u16, names: &mut String) -> bool {
    let end = bytes.iter().position(|byte| *byte == 0);
    let bytes = end.map_or(bytes, |end| bytes.split_at(end).0);
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
