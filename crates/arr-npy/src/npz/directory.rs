//! The directory at the end of an archive: which members there are and where.

use std::ops::Range;

use arr_core::format::{Positioned, room};
use arr_core::{Error, Hint, Limits, Result};

use super::broken_invariant;
use super::record::{self, Bad, Central, CentralHeader, End, EndRecord};

/// What the directory says about a member.
#[derive(Clone, Debug)]
pub(super) struct Entry {
    /// The name, in the names of the directory.
    name: Range<usize>,
    /// The entry, in the bytes of the directory.
    pub(super) raw: Range<usize>,
    /// The number of bytes of the name and of the extra fields in the entry.
    name_len: u16,
    extra_len: u16,
    pub(super) version_needed: u16,
    pub(super) flags: u16,
    pub(super) method: u16,
    pub(super) crc32: u32,
    pub(super) compressed: u64,
    pub(super) size: u64,
    /// Where the member's header is in the file.
    pub(super) offset: u64,
    /// Where the next member or the directory begins: the data ends before.
    pub(super) limit: u64,
}

/// The directory of an archive.
#[derive(Debug, Default)]
pub(super) struct Directory {
    /// In the order of the directory.
    pub(super) entries: Vec<Entry>,
    /// All names, one after another: an allocation for each would double the time that opening takes.
    names: String,
    /// The directory as it is in the file.
    pub(super) raw: Vec<u8>,
    /// Where it begins in the file.
    pub(super) start: u64,
    /// How many bytes are before the archive, which offsets in it do not count.
    pub(super) shift: u64,
    /// The comment of the archive.
    pub(super) comment: Vec<u8>,
    /// How many bytes follow the end of the archive.
    pub(super) trailing: u64,
    /// What is wrong with it, though it can be read.
    pub(super) faults: Vec<(u64, String)>,
}

impl Directory {
    /// Reads the directory as Python's `zipfile` finds it: right before the end record, wherever that says it is.
    pub(super) fn read(source: &Positioned<'_>, limits: &Limits) -> Result<Self> {
        let (end, position, mut comment) = find_end(source)?;
        if end.disks != 0 {
            return Err(Error::unsupported("an archive in several parts").at(position));
        }
        if end.is_narrow() {
            return Err(Error::malformed("the end record of 64 bits is missing").at(position));
        }
        let too_large = || {
            Error::malformed(format!("the directory of {} bytes begins before the file", end.size))
                .at(position)
        };
        let after = position.checked_sub(end.between).ok_or_else(too_large)?;
        let start = after.checked_sub(end.size).ok_or_else(too_large)?;
        let shift = start.checked_sub(end.offset).ok_or_else(|| {
            Error::malformed(format!(
                "the directory is said to begin at byte {}, but ends at {after} after {} bytes",
                end.offset, end.size
            ))
            .at(position)
        })?;
        let len = usize::try_from(end.size).map_err(|_| too_large())?;
        // What is counted honestly need not be brought into memory to be refused.
        if end.entries > limits.members() && end.size / CentralHeader::SIZE as u64 >= end.entries {
            return Err(too_many(limits).at(start));
        }
        // The file has these bytes: memory is taken for no more.
        let mut raw = Vec::new();
        raw.try_reserve_exact(len)
            .map_err(|source| Error::limit("no memory for the directory").with_source(source))?;
        raw.resize(len, 0);
        source.read_exact_at(&mut raw, start, "directory")?;
        let (mut faults, mut trailing) = (Vec::new(), 0);
        if end.comment > comment.len() {
            let missing = end.comment - comment.len();
            faults.push((source.len(), format!("the comment of the archive is {missing} bytes short")));
        } else if end.comment < comment.len() {
            trailing = (comment.len() - end.comment) as u64;
            let place = source.len() - trailing;
            faults.push((place, format!("{trailing} bytes follow the end of the archive")));
            comment.truncate(end.comment);
        }
        if !end.is_placed(position, shift) {
            faults.push((
                position,
                "the end record of 64 bits is not where it is said to be, or as long".into(),
            ));
        }
        let mut directory = Self { raw, start, shift, comment, trailing, faults, ..Self::default() };
        directory.parse(&end, limits)?;
        directory.find_limits()?;
        Ok(directory)
    }

    /// A directory of entries that were found otherwise: `count` of them are in `raw`, with members before `start`.
    pub(super) fn of_entries(
        raw: Vec<u8>,
        count: u64,
        (start, shift): (u64, u64),
        faults: Vec<(u64, String)>,
        limits: &Limits,
    ) -> Result<Self> {
        let mut directory = Self { raw, start, shift, faults, ..Self::default() };
        directory.parse(&End::of_directory(count & 0xFFFF, 0, 0), limits)?;
        directory.find_limits()?;
        Ok(directory)
    }

    fn parse(&mut self, end: &End, limits: &Limits) -> Result<()> {
        let (start, shift) = (self.start, self.shift);
        let mut at = 0;
        while let Some(rest) = self.raw.get(at..).filter(|rest| !rest.is_empty()) {
            let position = start + at as u64;
            let found = Central::parse(rest).map_err(|bad| explain(bad).at(position))?;
            if self.entries.len() as u64 >= limits.members() {
                return Err(too_many(limits).at(position));
            }
            let header = found.header;
            if !record::is_readable_extra(found.extra) {
                return Err(
                    Error::malformed("an extra field of a member is longer than all of them").at(position)
                );
            }
            if header.disk != 0 && header.disk != u16::MAX {
                return Err(Error::unsupported("an archive in several parts").at(position));
            }
            let name_start = self.names.len();
            // A character of code page 437 takes up to three bytes.
            let most = found.name.len().saturating_mul(3).max(found.extra.len());
            self.names.try_reserve(most).map_err(room::no_memory)?;
            if !record::name_of(&found, &mut self.names) {
                return Err(Error::malformed("the name of a member is not UTF-8").at(position));
            }
            let offset =
                found.offset.checked_add(shift).filter(|offset| *offset < start).ok_or_else(|| {
                    let message =
                        format!("a member is said to begin at byte {}, outside of the data", found.offset);
                    Error::malformed(message).at(position)
                })?;
            let entry = Entry {
                name: name_start..self.names.len(),
                raw: at..at + found.len,
                name_len: header.name_len,
                extra_len: header.extra_len,
                version_needed: header.version_needed,
                flags: header.flags,
                method: header.method,
                crc32: header.crc32,
                compressed: found.compressed,
                size: found.size,
                offset,
                limit: start,
            };
            room::push(&mut self.entries, entry)?;
            at += found.len;
        }
        let count = self.entries.len() as u64;
        // Some writers count more members than two bytes hold, and write the rest.
        let agrees = if end.between == 0 { count & 0xFFFF == end.entries } else { count == end.entries };
        if !agrees {
            let message = format!("the end record counts {} members, the directory has {count}", end.entries);
            return Err(Error::malformed(message).at(start));
        }
        Ok(())
    }

    /// Says of each member where the next one begins. Two at the same place leave each other no room.
    fn find_limits(&mut self) -> Result<()> {
        let is_sorted = self.entries.is_sorted_by(|one, other| one.offset < other.offset);
        let mut order = room::collected(self.entries.iter_mut())?;
        if !is_sorted {
            order.sort_unstable_by_key(|entry| entry.offset);
        }
        let mut limit = self.start;
        let mut last = None;
        for entry in order.into_iter().rev() {
            if last == Some(entry.offset) {
                limit = entry.offset;
            }
            entry.limit = limit;
            (limit, last) = (entry.offset, Some(entry.offset));
        }
        Ok(())
    }

    /// The name of a member.
    pub(super) fn name(&self, entry: &Entry) -> &str {
        &self.names[entry.name.clone()]
    }

    /// The entry of a member as it is in the directory.
    pub(super) fn raw(&self, entry: &Entry) -> Result<&[u8]> {
        self.raw
            .get(entry.raw.clone())
            .ok_or_else(|| broken_invariant("an entry is outside of the directory"))
    }

    /// The name of a member as it is in the directory.
    pub(super) fn raw_name(&self, entry: &Entry) -> Result<&[u8]> {
        self.part(entry, CentralHeader::SIZE, entry.name_len)
    }

    /// The extra fields of a member in the directory.
    pub(super) fn extra(&self, entry: &Entry) -> Result<&[u8]> {
        self.part(entry, CentralHeader::SIZE + usize::from(entry.name_len), entry.extra_len)
    }

    fn part(&self, entry: &Entry, start: usize, len: u16) -> Result<&[u8]> {
        let part = self.raw(entry)?.get(start..start + usize::from(len));
        part.ok_or_else(|| broken_invariant("a name or an extra field is outside of its entry"))
    }
}

fn too_many(limits: &Limits) -> Error {
    let message = format!("the archive has more members than the limit of {}", limits.members());
    Error::limit(message).with_hint(Hint::Limit("max_members"))
}

fn explain(bad: Bad) -> Error {
    Error::malformed(match bad {
        Bad::Signature => "no entry of the directory begins here: expected 'PK' 01 02",
        Bad::CutShort => "the directory ends inside an entry",
        Bad::Sizes => "the sizes of 64 bits of a member are cut short",
    })
}

/// How far behind the end record the file may go on: Python looks so far back, though no comment is as long.
const LONGEST_COMMENT: usize = 1 << 16;

/// The end record, where it is, and what stands behind it.
///
/// It is the one that Python's `zipfile` finds, so that nobody sees other members than NumPy does: the last bytes of the
/// file, when they are one without a comment, or else the last signature, whatever follows it.
pub(super) fn find_end(source: &Positioned<'_>) -> Result<(End, u64, Vec<u8>)> {
    let none = || {
        Error::malformed("the file has no end record of a zip archive: it is cut short, or not a zip archive")
            .at(source.len().saturating_sub(EndRecord::SIZE as u64))
    };
    // Nearly all archives have no comment: their last bytes tell.
    for comment in [0, LONGEST_COMMENT] {
        let most = EndRecord::SIZE + End::WIDE + comment;
        let len = usize::try_from(source.len()).map_or(most, |len| len.min(most));
        let first = source.len() - len as u64;
        let mut tail = vec![0; len];
        source.read_exact_at(&mut tail, first, "end record")?;
        let from = len.saturating_sub(EndRecord::SIZE + comment);
        let mut places = tail[from..].windows(EndRecord::SIGNATURE.len());
        let Some(place) = places.rposition(|bytes| bytes == EndRecord::SIGNATURE) else { continue };
        let (before, rest) = tail.split_at_checked(from + place).ok_or_else(none)?;
        match End::parse(rest).zip(rest.get(EndRecord::SIZE..)) {
            Some((end, behind)) if comment > 0 || (place == 0 && end.comment == 0) => {
                return Ok((end.widened(before), first + before.len() as u64, behind.to_vec()));
            }
            // A signature that is not an end record hides those before it, as for Python.
            None if comment > 0 => return Err(none()),
            _ => {}
        }
    }
    Err(none())
}
