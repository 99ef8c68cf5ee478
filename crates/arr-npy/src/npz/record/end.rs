//! The records after the directory, read and written.

use super::{EndRecord, EndRecord64, Locator64, MADE_BY, VERSION_64, narrow};
use arr_core::{Error, Result};

/// What the records after the directory say.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::npz) struct End {
    /// Not 0 in an archive of several parts.
    pub(in crate::npz) disks: u32,
    pub(in crate::npz) entries: u64,
    pub(in crate::npz) size: u64,
    pub(in crate::npz) offset: u64,
    pub(in crate::npz) comment: usize,
    /// Bytes of the records between the directory and the end record.
    pub(in crate::npz) between: u64,
    /// Where the first of them is said to be, and how long; both are known without.
    pub(in crate::npz) record: Option<(u64, u64)>,
}

/// What the end record of 64 bits says of its length: what is after its signature and this number.
const REST_64: u64 = EndRecord64::SIZE as u64 - 12;

impl End {
    /// The number of bytes that the records with fields of 64 bits take before an end record.
    pub(in crate::npz) const WIDE: usize = EndRecord64::SIZE + Locator64::SIZE;

    /// Such a directory, after which nothing is known.
    pub(in crate::npz) fn of_directory(entries: u64, size: u64, offset: u64) -> Self {
        Self { disks: 0, entries, size, offset, comment: 0, between: 0, record: None }
    }

    /// The end record at the beginning of `bytes`.
    pub(in crate::npz) fn parse(bytes: &[u8]) -> Option<Self> {
        let found = EndRecord::parse(bytes)?;
        // Of a part, the members that are in it are counted as well.
        let disks = found.disk.max(found.directory_disk).max(found.disk_entries ^ found.entries);
        Some(Self {
            disks: u32::from(disks),
            comment: usize::from(found.comment_len),
            ..Self::of_directory(u64::from(found.entries), u64::from(found.size), u64::from(found.offset))
        })
    }

    /// The fields of 64 bits, from the bytes right before the end record.
    pub(in crate::npz) fn widened(self, before: &[u8]) -> Self {
        let parts = before.len().checked_sub(Locator64::SIZE).and_then(|at| before.split_at_checked(at));
        let located = parts.and_then(|(before, locator)| Some((before, Locator64::parse(locator)?)));
        let Some((before, locator)) = located else { return self };
        // Of an archive in several parts the record may be in another.
        let located = locator.record_disk.max(locator.disks.saturating_sub(1));
        let record = before.len().checked_sub(EndRecord64::SIZE).and_then(|at| before.get(at..));
        let Some(record) = record.and_then(EndRecord64::parse) else {
            return Self { disks: self.disks.max(located), ..self };
        };
        Self {
            disks: record.disk.max(record.directory_disk).max(located),
            entries: record.entries,
            size: record.size,
            offset: record.offset,
            between: Self::WIDE as u64,
            record: Some((locator.record_offset, record.rest)),
            ..self
        }
    }

    /// True when the records of 64 bits are where they are said to be, and as long.
    pub(in crate::npz) fn is_placed(&self, position: u64, shift: u64) -> bool {
        let expected = (position.saturating_sub(self.between), REST_64);
        self.record.is_none_or(|(at, len)| (at.saturating_add(shift), len) == expected)
    }

    /// True when a field says that it is to be found in the record with fields of 64 bits.
    pub(in crate::npz) fn is_narrow(&self) -> bool {
        self.between == 0 && (self.size == u64::from(u32::MAX) || self.offset == u64::from(u32::MAX))
    }

    /// The records after a directory.
    ///
    /// # Errors
    /// `InvalidArgument` when the comment has more bytes than its length can say.
    pub(in crate::npz) fn to_bytes(self, comment: &[u8]) -> Result<Vec<u8>> {
        let mut bytes = Vec::new();
        let Self { entries, size, offset, .. } = self;
        let wide = entries >= u64::from(u16::MAX) || size.max(offset) >= u64::from(u32::MAX);
        let narrow_entries = u16::try_from(entries).unwrap_or(u16::MAX);
        let comment_len = u16::try_from(comment.len())
            .map_err(|_| Error::invalid("the comment of the archive has more than 65535 bytes"))?;
        let record = EndRecord {
            disk_entries: narrow_entries,
            entries: narrow_entries,
            size: narrow(size),
            offset: narrow(offset),
            comment_len,
            ..EndRecord::default()
        };
        let wide_record = EndRecord64 {
            rest: REST_64,
            version_made_by: MADE_BY,
            version_needed: VERSION_64,
            disk_entries: entries,
            entries,
            size,
            offset,
            ..EndRecord64::default()
        };
        let locator = Locator64 { record_disk: 0, record_offset: offset.saturating_add(size), disks: 1 };
        let written = if wide {
            wide_record.write(&mut bytes).and_then(|()| locator.write(&mut bytes))
        } else {
            Ok(())
        };
        written
            .and_then(|()| record.write(&mut bytes))
            .map_err(|source| Error::io("can't write the end record", source))?;
        bytes.extend_from_slice(comment);
        Ok(bytes)
    }
}
