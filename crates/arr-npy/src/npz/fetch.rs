//! Bringing the bytes of members into memory.

use arr_core::format::Positioned;
use arr_core::{Error, Result};

use super::directory::Entry;
use super::record::{FLAG_PATCH, FLAG_UTF8, FLAGS_ENCRYPTED, LocalHeader};

/// Members that take no more than this many bytes in the file are brought in together with those after them.
pub(super) const SMALL: u64 = 64 << 10;

/// How much is brought in with a small member.
const AHEAD: u64 = 512 << 10;

/// What was read of an archive beyond what was asked for.
#[derive(Debug, Default)]
pub(super) struct Ahead {
    start: u64,
    bytes: Vec<u8>,
    /// The last place that was asked for, and where the member there ends.
    last: u64,
    end: Option<u64>,
}

impl Ahead {
    /// The bytes of a small member from its header to the next one, out of those that were read before if they are
    /// among them.
    pub(super) fn region<'a>(
        &'a mut self,
        source: &Positioned<'_>,
        entry: &Entry,
        end: u64,
    ) -> Result<&'a [u8]> {
        let too_long = |_| Error::limit("the member does not fit into memory").at(entry.offset);
        let len = usize::try_from(entry.limit.saturating_sub(entry.offset)).map_err(too_long)?;
        if self.find(entry.offset, len).is_none() {
            // Members that are read one after another are fetched more at a time; from afar, once there were two of them.
            let is_next = match source.is_far() {
                true => self.end == Some(entry.offset),
                false => entry.offset >= self.last,
            };
            let wanted = if is_next { AHEAD } else { len as u64 };
            let left = end.saturating_sub(entry.offset);
            let wanted = usize::try_from(wanted.max(len as u64).min(left)).map_err(too_long)?;
            self.bytes.resize(wanted, 0);
            self.start = entry.offset;
            let read = source.read_exact_at(&mut self.bytes, entry.offset, "member");
            if read.is_err() {
                self.bytes.clear();
            }
            read?;
        }
        (self.last, self.end) = (entry.offset, Some(entry.limit));
        self.find(entry.offset, len)
            .ok_or_else(|| Error::malformed("the member has no bytes").at(entry.offset))
    }

    fn find(&self, offset: u64, len: usize) -> Option<&[u8]> {
        let at = usize::try_from(offset.checked_sub(self.start)?).ok()?;
        self.bytes.get(at..at.checked_add(len)?)
    }
}

/// The header of a member, which `head` begins with, when its data has the room that it takes.
pub(super) fn local_header(head: &[u8], entry: &Entry) -> Result<LocalHeader> {
    let header = LocalHeader::parse(head).ok_or_else(|| {
        Error::malformed("no member begins where the directory says: expected 'PK' 03 04").at(entry.offset)
    })?;
    let start = header.data_start() as u64;
    let end = start.checked_add(entry.compressed).and_then(|len| entry.offset.checked_add(len));
    if end.is_none_or(|end| end > entry.limit) {
        let room = entry.limit.saturating_sub(entry.offset).saturating_sub(start);
        return Err(Error::malformed(format!(
            "{} bytes of data reach into what follows: there is room for {room}",
            entry.compressed
        ))
        .at(entry.offset));
    }
    Ok(header)
}

/// Checks that the header before a member's data is that of the entry: that is what Python's `zipfile` checks.
pub(super) fn check_local(header: &LocalHeader, name: &[u8], entry: &Entry, expected: &[u8]) -> Result<()> {
    let flags = header.flags | entry.flags;
    if flags & FLAGS_ENCRYPTED != 0 {
        return Err(Error::unsupported("the member is encrypted").at(entry.offset));
    }
    if flags & FLAG_PATCH != 0 {
        return Err(Error::unsupported("the member is a patch of other data").at(entry.offset));
    }
    check_name(name, entry, expected)?;
    // The same bytes are another name in another encoding.
    if (header.flags ^ entry.flags) & FLAG_UTF8 != 0 && !name.is_ascii() {
        let message = "the header before the data has the name in another encoding than the directory";
        return Err(Error::malformed(message).at(entry.offset));
    }
    let version = entry.version_needed & 0xFF;
    if version > NEWEST_VERSION {
        let (major, minor) = (version / 10, version % 10);
        return Err(Error::unsupported(format!(
            "the member asks for version {major}.{minor} of the zip format, of which 6.3 is the newest"
        ))
        .at(entry.offset));
    }
    Ok(())
}

/// Checks that the header before a member's data has the name of the entry.
pub(super) fn check_name(name: &[u8], entry: &Entry, expected: &[u8]) -> Result<()> {
    if name == expected {
        return Ok(());
    }
    let name = String::from_utf8_lossy(name);
    Err(Error::malformed(format!("the header before the data has the name '{name}'")).at(entry.offset))
}

/// The newest version of the format, 6.3, as headers say it.
pub(super) const NEWEST_VERSION: u16 = 63;
