//! The headers before the members, followed from one to the next.

use std::collections::HashMap;

use arr_core::format::{Positioned, room};
use arr_core::{Error, Hint, Limits, Result};
use memchr::memmem;

use super::super::record::{
    Central, CentralHeader, EndRecord, EndRecord64, FLAG_DESCRIPTOR, LocalHeader, Locator64, decode_name,
};

/// How much is read at a time to search it.
const PIECE: usize = 256 << 10;

/// How much is read at once for a header.
const HEADERS: usize = 4 << 10;

/// A search may look at so many bytes for each byte of the file: headers that lie can make it look again and again.
const LOOKS: u64 = 64;

/// A member whose header was found.
#[derive(Clone, Debug)]
pub(super) struct Found {
    pub(super) offset: u64,
    pub(super) header: LocalHeader,
    pub(super) name: Vec<u8>,
    /// The checksum, the compressed and the decompressed size.
    pub(super) sizes: (u32, u64, u64),
}

/// A header before a member, and what it says.
#[derive(Clone, Debug)]
pub(super) struct Local {
    pub(super) offset: u64,
    pub(super) header: LocalHeader,
    pub(super) name: Vec<u8>,
    /// The checksum, the compressed and the decompressed size, as the header has them.
    pub(super) sizes: (u32, u64, u64),
}

impl Local {
    /// True when the sizes are after the data.
    pub(super) fn is_described(&self) -> bool {
        self.header.flags & FLAG_DESCRIPTOR != 0
    }

    /// Where the data begins.
    pub(super) fn start(&self) -> u64 {
        self.offset.saturating_add(self.header.data_start() as u64)
    }

    pub(super) fn with_sizes(self, sizes: (u32, u64, u64)) -> Found {
        let Self { offset, header, name, .. } = self;
        Found { offset, header, name, sizes }
    }
}

/// What the directory says of a member, as far as it can be read: its name, and its sizes.
pub(super) type Vouched = HashMap<u64, (Vec<u8>, (u32, u64, u64))>;

/// What begins with a signature.
enum Record {
    Member(Local),
    /// A record of a directory, of so many bytes.
    Other(u64),
}

/// A search through an archive.
pub(super) struct Walk<'a> {
    pub(super) source: &'a Positioned<'a>,
    /// Members end before.
    pub(super) limit: u64,
    most: u64,
    /// How many bytes may still be looked at.
    looks: u64,
    /// Where the last member ends.
    pub(super) end: u64,
    /// True when a directory begins there.
    pub(super) is_followed: bool,
    /// What stands between members and may have been one.
    pub(super) missing: Vec<(u64, String)>,
    /// The same behind a directory: it is a part of that, unless a member follows.
    doubtful: Vec<(u64, String)>,
    /// What was read last, and where it begins.
    window: (u64, Vec<u8>),
}

impl<'a> Walk<'a> {
    pub(super) fn new(source: &'a Positioned<'a>, limit: u64, limits: &Limits) -> Self {
        Self {
            source,
            limit,
            most: limits.members(),
            looks: source.len().saturating_mul(LOOKS).saturating_add(PIECE as u64),
            end: 0,
            is_followed: false,
            missing: Vec::new(),
            doubtful: Vec::new(),
            window: (0, Vec::new()),
        }
    }

    /// Pays for looking at so many bytes.
    pub(super) fn look(&mut self, bytes: u64) -> Result<()> {
        let left = self.looks.checked_sub(bytes);
        self.looks = left
            .ok_or_else(|| Error::malformed("the archive is too damaged for a search to come to its end"))?;
        Ok(())
    }

    /// As many bytes as there are from a place on, or that many.
    pub(super) fn bytes(&mut self, at: u64, len: usize) -> Result<Vec<u8>> {
        let bytes = self.window(at, len, HEADERS)?;
        let mut copy = room::reserved(bytes.len())?;
        copy.extend_from_slice(bytes);
        Ok(copy)
    }

    /// The same where they were read; if they were not, `more` bytes are.
    fn window(&mut self, at: u64, len: usize, more: usize) -> Result<&[u8]> {
        let left = |len: usize| {
            usize::try_from(self.source.len().saturating_sub(at)).map_or(len, |left| left.min(len))
        };
        let (len, more) = (left(len), left(more.max(len)));
        let find = |(start, bytes): &(u64, Vec<u8>)| {
            let from = usize::try_from(at.checked_sub(*start)?).ok()?;
            let range = from..from.checked_add(len)?;
            bytes.get(range.clone()).map(|_| range)
        };
        let range = match find(&self.window) {
            Some(range) => range,
            None => {
                self.look(more as u64)?;
                let bytes = &mut self.window.1;
                bytes.clear();
                bytes.try_reserve(more).map_err(room::no_memory)?;
                bytes.resize(more, 0);
                self.source.read_exact_at(bytes, at, "archive")?;
                self.window.0 = at;
                0..len
            }
        };
        Ok(self.window.1.get(range).unwrap_or_default())
    }

    /// The header before a member that begins at a place.
    pub(super) fn header_at(&mut self, at: u64) -> Result<Option<Local>> {
        let Some(header) = LocalHeader::parse(&self.bytes(at, LocalHeader::SIZE)?) else { return Ok(None) };
        let bytes = self.bytes(at, header.data_start())?;
        let name = header.name_in(&bytes).filter(|_| bytes.len() == header.data_start());
        let extra = bytes.get(header.name_end()..).unwrap_or_default();
        let is_name = |name: &&[u8]| !name.is_empty() && decode_name(name, header.flags, &mut String::new());
        Ok(name.filter(is_name).map(|name| Local {
            offset: at,
            header,
            name: name.to_vec(),
            sizes: header.sizes(extra),
        }))
    }

    fn record_at(&mut self, at: u64) -> Result<Option<Record>> {
        if let Some(local) = self.header_at(at)? {
            return Ok(Some(Record::Member(local)));
        }
        let bytes = self.bytes(at, CentralHeader::SIZE)?;
        let other = if let Some(header) = CentralHeader::parse(&bytes) {
            let rest = [header.name_len, header.extra_len, header.comment_len].map(usize::from);
            Some(CentralHeader::SIZE + rest.iter().sum::<usize>())
        } else if let Some(end) = EndRecord::parse(&bytes) {
            Some(EndRecord::SIZE + usize::from(end.comment_len))
        } else if bytes.starts_with(&EndRecord64::SIGNATURE) {
            Some(EndRecord64::SIZE)
        } else if bytes.len() < CentralHeader::SIZE && bytes.starts_with(&CentralHeader::SIGNATURE) {
            // The file ends inside it.
            Some(bytes.len())
        } else {
            Locator64::parse(&bytes).map(|_| Locator64::SIZE)
        };
        Ok(other.map(|len| Record::Other(len as u64)))
    }

    /// The first place from `at` on, before `end`, where a signature stands that `wanted` accepts.
    fn find(&mut self, at: u64, end: u64, wanted: impl Fn([u8; 2]) -> bool) -> Result<Option<u64>> {
        let (mut at, mut most) = (at, HEADERS);
        while at < end {
            let (start, read) = (self.window.0, self.window.1.len() as u64);
            // What was read is searched first.
            let known = (start + read).saturating_sub(at).saturating_sub(3);
            let known = if at >= start { usize::try_from(known).unwrap_or(0) } else { 0 };
            let len = usize::try_from(end - at).map_or(most, |left| left.min(known.max(most)));
            let bytes = self.window(at, len + 3, 0)?;
            let mut found = memmem::find_iter(bytes, b"PK");
            let is_wanted = |place: &usize| {
                let sign = bytes.get(place + 2..).and_then(|rest| rest.first_chunk::<2>());
                *place < len && sign.is_some_and(|sign| wanted(*sign))
            };
            if let Some(place) = found.find(is_wanted) {
                return Ok(Some(at + place as u64));
            }
            at += len as u64;
            most = PIECE;
        }
        Ok(None)
    }

    /// The first place from `at` on where a member may end: where a record begins, or sizes behind data do.
    pub(super) fn find_end(&mut self, at: u64) -> Result<Option<u64>> {
        self.find(at, self.limit, |sign| matches!(sign, [1, 2] | [3, 4] | [5, 6] | [7, 8]))
    }

    /// True when a record begins at a place, or the file ends there.
    pub(super) fn is_end(&mut self, at: u64) -> Result<bool> {
        Ok(at == self.limit || self.record_at(at)?.is_some())
    }

    /// The entries of directories, wherever they are, that name a member which is there.
    pub(super) fn vouched(&mut self) -> Result<Vouched> {
        let (mut vouched, mut at, mut is_behind) = (Vouched::new(), 0, false);
        loop {
            // One entry follows the other.
            let place = match is_behind && self.bytes(at, 4)?.starts_with(&CentralHeader::SIGNATURE) {
                true => Some(at),
                false => self.find(at, self.limit, |sign| sign == [1, 2])?,
            };
            let Some(place) = place else { return Ok(vouched) };
            is_behind = false;
            at = place + 1;
            let Some(Record::Other(len)) = self.record_at(place)? else { continue };
            let bytes = self.bytes(place, usize::try_from(len).unwrap_or(usize::MAX))?;
            let Ok(found) = Central::parse(&bytes) else { continue };
            let local = if found.offset < place { self.header_at(found.offset)? } else { None };
            let Some(local) = local else { continue };
            let is_like = local.is_described()
                || local.sizes.0 == found.header.crc32
                || local.sizes.1 == found.compressed;
            if local.name != found.name {
                if local.sizes.0 == found.header.crc32 && !local.is_described() {
                    let (own, other) =
                        (String::from_utf8_lossy(&local.name), String::from_utf8_lossy(found.name));
                    let what = format!("the directory calls '{own}' by another name, '{other}'");
                    room::push(&mut self.missing, (found.offset, what))?;
                }
            } else if is_like {
                if vouched.len() as u64 >= self.most {
                    return Err(self.too_many());
                }
                vouched.try_reserve(1).map_err(room::no_memory)?;
                let sizes = (found.header.crc32, found.compressed, found.size);
                vouched.insert(found.offset, (found.name.to_vec(), sizes));
                (at, is_behind) = (place + len, true);
            }
        }
    }

    fn too_many(&self) -> Error {
        let message = format!("the archive has more members than the limit of {}", self.most);
        Error::limit(message).with_hint(Hint::Limit("max_members"))
    }

    /// Hands on the members from the first to the last.
    pub(super) fn go(&mut self, vouched: &Vouched, mut take: impl FnMut(Found) -> Result<()>) -> Result<()> {
        let mut places: Vec<u64> = room::collected(vouched.keys().copied())?;
        places.sort_unstable();
        let (mut at, mut count) = (0, 0u64);
        loop {
            let from = at;
            match self.next_record(&mut at, &places)? {
                None => {
                    self.gap(from, self.limit)?;
                    return Ok(());
                }
                Some(Record::Other(len)) => {
                    self.is_followed |= at == self.end;
                    self.gap(from, at)?;
                    at += len;
                }
                Some(Record::Member(local)) => {
                    self.gap(from, at)?;
                    self.missing.append(&mut self.doubtful);
                    count += 1;
                    if count > self.most {
                        return Err(self.too_many());
                    }
                    let said = vouched.get(&at).filter(|said| said.0 == local.name).map(|said| said.1);
                    let next = places.get(places.partition_point(|place| *place <= at)).copied();
                    let (found, end) = self.extent(local, said, next)?;
                    match found {
                        Ok(found) => take(found)?,
                        Err(what) => room::push(&mut self.missing, (at, what))?,
                    }
                    at = end;
                    (self.end, self.is_followed) = (end, false);
                }
            }
        }
    }

    /// The record at `at`, or the next one behind it: where directories name members, one of these.
    fn next_record(&mut self, at: &mut u64, places: &[u64]) -> Result<Option<Record>> {
        if *at >= self.limit {
            return Ok(None);
        }
        if let Some(record) = self.record_at(*at)? {
            return Ok(Some(record));
        }
        if let Some(place) = places.get(places.partition_point(|place| place < at)) {
            *at = *place;
            return self.record_at(*place);
        }
        while let Some(place) =
            self.find(*at, self.limit, |sign| matches!(sign, [1, 2] | [3, 4] | [5, 6] | [6, 6]))?
        {
            *at = place;
            if let Some(record) = self.record_at(place)? {
                return Ok(Some(record));
            }
            *at = place + 1;
        }
        Ok(None)
    }

    /// Takes note of bytes that belong to nothing. Zeros fill a place, and are no member.
    fn gap(&mut self, from: u64, to: u64) -> Result<()> {
        let mut at = from;
        while at < to {
            let len = usize::try_from(to - at).map_or(PIECE, |left| left.min(PIECE));
            if self.bytes(at, len)?.iter().any(|byte| *byte != 0) {
                let message = format!("{} bytes belong to no member: one may be missing", to - from);
                let list = if self.is_followed { &mut self.doubtful } else { &mut self.missing };
                return room::push(list, (from, message));
            }
            at += len as u64;
        }
        Ok(())
    }
}
