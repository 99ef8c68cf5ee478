//! Headers of members, written.

use std::io;

use arr_core::{Error, Result};

use super::{
    Central, CentralHeader, Descriptor, EXTRA_64, EXTRA_ALIGNMENT, EXTRA_SEGMENTS, EXTRA_UNICODE_PATH,
    FLAG_DESCRIPTOR, FLAG_UTF8, Field, LocalHeader, MADE_BY, SegmentTable, VERSION_64, extra_field_at,
    extra_without, narrow,
};
use crate::npz::packer::Packing;

/// The version needed to extract: 2.0, deflate.
const VERSION: u16 = 20;
/// The version needed to extract: 6.3, Zstandard.
const VERSION_ZSTD: u16 = 63;
/// A regular file that its owner reads and writes: what NumPy writes.
const ATTRIBUTES: u32 = 0o600 << 16;
/// The 1st of January 1980, the earliest date there is: what NumPy writes.
const DATE: u16 = (1 << 5) | 1;

/// The fields of a member that both of its headers have.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::npz) struct Fields {
    pub(in crate::npz) name: String,
    pub(in crate::npz) method: u16,
    pub(in crate::npz) crc32: u32,
    pub(in crate::npz) compressed: u64,
    pub(in crate::npz) size: u64,
    /// Where the member's header is.
    pub(in crate::npz) offset: u64,
    /// The sizes were not known when the member's header was written: they are after the data.
    pub(in crate::npz) described: bool,
    pub(in crate::npz) segments: SegmentTable,
}

fn failed(source: io::Error) -> Error {
    match source.kind() {
        io::ErrorKind::InvalidInput => Error::invalid(source.to_string()),
        _ => Error::io("can't write the header of a member", source),
    }
}

/// The length of a part of a header, which has two bytes.
fn len16(len: usize) -> io::Result<u16> {
    u16::try_from(len).map_err(|_| {
        let message = format!("a part of a member's header would have {len} bytes, more than 65535");
        io::Error::new(io::ErrorKind::InvalidInput, message)
    })
}

/// Appends an extra field.
fn write_extra(to: &mut Vec<u8>, id: u16, body: &[u8]) -> io::Result<()> {
    id.write(to)?;
    len16(body.len())?.write(to)?;
    to.extend_from_slice(body);
    Ok(())
}

/// Appends the extra field with numbers of 64 bits, if there are any.
fn write_wide(to: &mut Vec<u8>, numbers: &[u64]) -> io::Result<()> {
    if numbers.is_empty() {
        return Ok(());
    }
    let mut body = Vec::new();
    numbers.iter().try_for_each(|number| number.write(&mut body))?;
    write_extra(to, EXTRA_64, &body)
}

impl Fields {
    fn flags(&self) -> u16 {
        let utf8 = if self.name.is_ascii() { 0 } else { FLAG_UTF8 };
        if self.described { utf8 | FLAG_DESCRIPTOR } else { utf8 }
    }

    /// The version needed to extract, where numbers of 64 bits are used or not.
    fn version(&self, wide: bool) -> u16 {
        match (self.method == Packing::Zstd.method(), wide) {
            (true, _) => VERSION_ZSTD,
            (false, true) => VERSION_64,
            (false, false) => VERSION,
        }
    }

    fn is_wide(&self) -> bool {
        self.size.max(self.compressed) >= u64::from(u32::MAX)
    }

    /// The header before a member, so long that the data after it begins at a multiple of `alignment`.
    ///
    /// # Errors
    /// `InvalidArgument` when the name is longer than a header can say.
    pub(in crate::npz) fn to_local(&self, alignment: u64) -> Result<Vec<u8>> {
        // Sizes that are written later take 64 bits, since they are not known yet.
        self.local(alignment, self.is_wide() || self.described).map_err(failed)
    }

    /// The header again, when the checksum and the size of the compressed data are known, as long as `old`, which was
    /// written before with the same alignment.
    ///
    /// # Errors
    /// As [`to_local`](Self::to_local).
    pub(in crate::npz) fn to_local_like(&self, old: &[u8], alignment: u64) -> Result<Vec<u8>> {
        let header = LocalHeader::parse(old)
            .ok_or_else(|| crate::npz::broken_invariant("what was written is not a header of a member"))?;
        let exact = self.local(alignment, header.compressed == u32::MAX).map_err(failed)?;
        if exact.len() != old.len() {
            return Err(crate::npz::broken_invariant("a header is written over one of another length"));
        }
        Ok(exact)
    }

    fn local(&self, alignment: u64, wide: bool) -> io::Result<Vec<u8>> {
        let mut extra = Vec::new();
        let wide_sizes = if self.described { [0; 2] } else { [self.size, self.compressed] };
        write_wide(&mut extra, if wide { &wide_sizes } else { &[] })?;
        let end = self.offset + (LocalHeader::SIZE + self.name.len() + extra.len()) as u64;
        write_padding(&mut extra, end, alignment)?;
        let (compressed, size) =
            if wide { (u32::MAX, u32::MAX) } else { (narrow(self.compressed), narrow(self.size)) };
        let header = LocalHeader {
            version_needed: self.version(wide),
            flags: self.flags(),
            method: self.method,
            time: 0,
            date: DATE,
            crc32: if self.described { 0 } else { self.crc32 },
            compressed,
            size,
            name_len: len16(self.name.len())?,
            extra_len: len16(extra.len())?,
        };
        let mut bytes = Vec::new();
        header.write(&mut bytes)?;
        bytes.extend_from_slice(self.name.as_bytes());
        bytes.extend(extra);
        Ok(bytes)
    }

    /// The sizes after the data.
    ///
    /// # Errors
    /// None that can happen.
    pub(in crate::npz) fn to_descriptor(&self) -> Result<Vec<u8>> {
        let mut bytes = Vec::new();
        let descriptor = Descriptor { crc32: self.crc32, compressed: self.compressed, size: self.size };
        descriptor.write(&mut bytes).map_err(failed)?;
        Ok(bytes)
    }

    /// The entry of the directory.
    ///
    /// # Errors
    /// As [`to_local`](Self::to_local).
    pub(in crate::npz) fn to_central(&self) -> Result<Vec<u8>> {
        self.central().map_err(failed)
    }

    fn central(&self) -> io::Result<Vec<u8>> {
        let mut numbers = Vec::new();
        if self.is_wide() {
            numbers.extend([self.size, self.compressed]);
        }
        if self.offset >= u64::from(u32::MAX) {
            numbers.push(self.offset);
        }
        let mut extra = Vec::new();
        write_wide(&mut extra, &numbers)?;
        if !self.segments.is_empty() {
            write_extra(&mut extra, EXTRA_SEGMENTS, &self.segments.to_bytes())?;
        }
        let wide = !numbers.is_empty() || self.described;
        let (compressed, size) =
            if self.is_wide() { (u32::MAX, u32::MAX) } else { (narrow(self.compressed), narrow(self.size)) };
        let header = CentralHeader {
            version_made_by: MADE_BY,
            version_needed: self.version(wide),
            flags: self.flags(),
            method: self.method,
            date: DATE,
            crc32: self.crc32,
            compressed,
            size,
            name_len: len16(self.name.len())?,
            extra_len: len16(extra.len())?,
            external_attributes: ATTRIBUTES,
            offset: narrow(self.offset),
            ..CentralHeader::default()
        };
        let mut bytes = Vec::new();
        header.write(&mut bytes)?;
        bytes.extend_from_slice(self.name.as_bytes());
        bytes.extend(extra);
        Ok(bytes)
    }
}

/// An entry of the directory for a member that has none, made of the header before its data, and of what is known of that.
///
/// # Errors
/// None that can happen: the header has a name of as many bytes.
pub(in crate::npz) fn entry_of(
    local: &LocalHeader,
    name: &[u8],
    (crc32, compressed, size): (u32, u64, u64),
    offset: u64,
) -> Result<Vec<u8>> {
    let wide = |number: &u64| *number >= u64::from(u32::MAX);
    let numbers: Vec<u64> = [size, compressed, offset].into_iter().filter(wide).collect();
    let mut extra = Vec::new();
    write_wide(&mut extra, &numbers).map_err(failed)?;
    let header = CentralHeader {
        version_made_by: MADE_BY,
        version_needed: local.version_needed,
        flags: local.flags,
        method: local.method,
        time: local.time,
        date: local.date,
        crc32,
        compressed: narrow(compressed),
        size: narrow(size),
        name_len: len16(name.len()).map_err(failed)?,
        extra_len: len16(extra.len()).map_err(failed)?,
        external_attributes: ATTRIBUTES,
        offset: narrow(offset),
        ..CentralHeader::default()
    };
    let mut bytes = Vec::new();
    header.write(&mut bytes).map_err(failed)?;
    bytes.extend_from_slice(name);
    bytes.extend(extra);
    Ok(bytes)
}

/// Appends the extra field after which data begins at a multiple of `alignment`, where the header ends at `end`
/// without.
fn write_padding(to: &mut Vec<u8>, end: u64, alignment: u64) -> io::Result<()> {
    if end.is_multiple_of(alignment) {
        return Ok(());
    }
    // The field takes six bytes at least.
    let padding = (end + 6).next_multiple_of(alignment) - (end + 6);
    let mut body = Vec::new();
    u16::try_from(alignment).map_err(io::Error::other)?.write(&mut body)?;
    body.resize(2 + usize::try_from(padding).map_err(io::Error::other)?, 0);
    write_extra(to, EXTRA_ALIGNMENT, &body)
}

/// The header of a member that was moved to `offset`, whose data is as aligned there as it was, under another name if
/// there is one.
///
/// # Errors
/// `Malformed` when it is not a header; `InvalidArgument` when the name is longer than a header can say.
pub(in crate::npz) fn moved(
    bytes: &[u8],
    old_offset: u64,
    offset: u64,
    alignment: u64,
    new_name: Option<&str>,
) -> Result<Vec<u8>> {
    let is_aligned = (old_offset + bytes.len() as u64).is_multiple_of(alignment);
    if !is_aligned && new_name.is_none() {
        return Ok(bytes.to_vec());
    }
    let damaged = || Error::malformed("the header of a member is damaged").at(old_offset);
    let mut header = LocalHeader::parse(bytes).ok_or_else(damaged)?;
    let (old_name, old) = header.name_in(bytes).zip(bytes.get(header.name_end()..)).ok_or_else(damaged)?;
    // What is no field stays behind all fields.
    let (mut extra, left_over) = extra_without(old, |id| match id {
        // zipalign fills up with zeros, which look like fields without a number.
        EXTRA_ALIGNMENT | 0 => is_aligned,
        EXTRA_UNICODE_PATH => new_name.is_some(),
        _ => false,
    })?;
    let name = new_name.map_or(old_name, str::as_bytes);
    header.flags |= flags_of_name(new_name);
    header.name_len = len16(name.len()).map_err(failed)?;
    if is_aligned {
        let end = offset + (header.name_end() + extra.len() + left_over.len()) as u64;
        write_padding(&mut extra, end, alignment).map_err(failed)?;
    }
    extra.extend_from_slice(left_over);
    header.extra_len = len16(extra.len()).map_err(failed)?;
    let mut moved = Vec::new();
    header.write(&mut moved).map_err(failed)?;
    moved.extend_from_slice(name);
    moved.extend(extra);
    Ok(moved)
}

/// The flags that a new name asks for.
fn flags_of_name(name: Option<&str>) -> u16 {
    if name.is_none_or(str::is_ascii) { 0 } else { FLAG_UTF8 }
}

/// An entry of the directory for a member that was moved to `offset` under another name.
///
/// # Errors
/// `InvalidArgument` when the name is longer than an entry can say.
pub(in crate::npz) fn renamed(entry: &[u8], name: &str, offset: u64) -> Result<Vec<u8>> {
    let damaged = || crate::npz::broken_invariant("an entry of the directory is damaged");
    let found = Central::parse(entry).map_err(|_| damaged())?;
    let mut header = found.header;
    let [_, extra_end, end] = header.ends();
    let comment = entry.get(extra_end..end).ok_or_else(damaged)?;
    let (mut numbers, is_far) = (Vec::new(), offset >= u64::from(u32::MAX));
    for (narrow, number) in [(header.size, found.size), (header.compressed, found.compressed)] {
        numbers.extend(Some(number).filter(|_| narrow == u32::MAX));
    }
    numbers.extend(Some(offset).filter(|_| is_far));
    let mut extra = Vec::new();
    write_wide(&mut extra, &numbers).map_err(failed)?;
    let (fields, left_over) = extra_without(found.extra, |id| matches!(id, EXTRA_64 | EXTRA_UNICODE_PATH))?;
    extra.extend(fields);
    extra.extend_from_slice(left_over);
    header.flags |= flags_of_name(Some(name));
    header.version_needed = header.version_needed.max(if is_far { VERSION_64 } else { 0 });
    (header.disk, header.offset) = (0, narrow(offset));
    header.name_len = len16(name.len()).map_err(failed)?;
    header.extra_len = len16(extra.len()).map_err(failed)?;
    let mut bytes = Vec::new();
    header.write(&mut bytes).map_err(failed)?;
    bytes.extend_from_slice(name.as_bytes());
    bytes.extend(extra);
    bytes.extend_from_slice(comment);
    Ok(bytes)
}

/// Says in an entry of the directory where its member was moved to. Nothing, and the entry as it was, where the offset
/// takes more bytes than before.
pub(in crate::npz) fn move_to(entry: &mut [u8], offset: u64) -> Option<()> {
    let header = CentralHeader::parse(entry)?;
    if header.offset == u32::MAX {
        let [name_end, extra_end, _] = header.ends();
        let before = [header.compressed, header.size].iter().filter(|size| **size == u32::MAX).count();
        let extra = entry.get_mut(name_end..extra_end)?;
        let body = extra_field_at(extra, EXTRA_64)?;
        let place = extra.get_mut(body)?.get_mut(8 * before..)?.first_chunk_mut::<8>()?;
        place.copy_from_slice(&offset.to_le_bytes());
    } else {
        let offset = u32::try_from(offset).ok().filter(|offset| *offset != u32::MAX)?;
        // It is the last field of the record.
        let place = entry.get_mut(..CentralHeader::SIZE)?.last_chunk_mut::<4>()?;
        place.copy_from_slice(&offset.to_le_bytes());
    }
    Some(())
}
