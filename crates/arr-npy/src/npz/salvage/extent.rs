//! How far a member goes whose header was found.

use std::io::{self, BufReader, Read};

use arr_core::{Input, Limits, Result};
use crc32fast::Hasher;

use super::super::decode::{Decoder, Method, Section};
use super::super::deflate;
use super::super::record::{Descriptor, described};
use super::walk::{Found, Local, Walk};
use crate::read::read_header_of;

/// Data is looked at in pieces of this many bytes.
const PIECE: usize = 128 << 10;

/// So many bytes of a stored member are looked at for the header of its array.
const GLANCE: usize = 64 << 10;

/// How many descriptors of the right size a member may have that give a wrong checksum.
const MOST_WRONG: usize = 8;

/// A member, or what is wrong with it, and where it ends.
pub(super) type Extent = (Result<Found, String>, u64);

/// What data tells itself of where it ends: the sizes that it has, or none where it is broken or cut short; and how much
/// of the file belongs to it.
type Measured = (Option<Sizes>, u64);

/// The checksum, the compressed and the decompressed size.
type Sizes = (u32, u64, u64);

impl Walk<'_> {
    /// Whether the data of a member has that checksum and these sizes, before `limit`.
    pub(super) fn is_whole(
        &mut self,
        local: &Local,
        method: u16,
        (crc32, compressed, size): Sizes,
        limit: u64,
    ) -> Result<bool> {
        let start = local.start();
        if start.checked_add(compressed).is_none_or(|end| end > limit.min(self.limit)) {
            return Ok(false);
        }
        let packed = Section::new(self.source, start, compressed);
        let Ok(mut decoder) =
            Decoder::new(Method::from_number(method), packed, size, self.source.at_once(PIECE))
        else {
            return Ok(false);
        };
        let (found, len) = sum(&mut decoder, size);
        self.look(compressed.saturating_add(len / 64))?;
        Ok((found, len) == (Some(crc32), size))
    }

    /// Where a member ends. `said` are the sizes that a directory gives, `next` is where the next member is that one
    /// names.
    pub(super) fn extent(&mut self, local: Local, said: Option<Sizes>, next: Option<u64>) -> Result<Extent> {
        let method = local.header.method;
        let own = Some(local.sizes).filter(|_| !local.is_described());
        let mut candidates: Vec<Sizes> = [own, said].into_iter().flatten().collect();
        candidates.dedup();
        // One of two may be right.
        for sizes in candidates.iter().filter(|_| candidates.len() > 1) {
            if self.is_whole(&local, method, *sizes, self.limit)? {
                let end = self.end_of(&local, *sizes)?;
                return Ok((Ok(local.with_sizes(*sizes)), end));
            }
        }
        for sizes in &candidates {
            let end = self.end_of(&local, *sizes)?;
            let is_sure = end <= self.limit
                && self.is_end(end)?
                && (!local.is_described() || self.ends_with(&local, *sizes)?);
            if is_sure || self.is_whole(&local, method, *sizes, self.limit)? {
                return Ok((Ok(local.with_sizes(*sizes)), end));
            }
        }
        if local.is_described() {
            return self.streamed(local, next);
        }
        // What the header says of the length is wrong, or what follows the member is damaged.
        let (found, len) = self.measured(&local)?;
        if let Some(found) = found.filter(|found| candidates.iter().any(|sizes| sizes.0 == found.0)) {
            let end = local.start().saturating_add(len);
            return Ok((Ok(local.with_sizes(found)), end));
        }
        let sizes = local.sizes;
        let end = self.end_of(&local, sizes)?;
        let behind = next.filter(|next| *next < end || end > self.limit);
        Ok((Ok(local.with_sizes(sizes)), behind.unwrap_or(end.min(self.limit))))
    }

    /// Whether these sizes are behind the data of a member that they are those of.
    pub(super) fn ends_with(&mut self, local: &Local, (crc32, compressed, size): Sizes) -> Result<bool> {
        let bytes = self.bytes(local.start().saturating_add(compressed), Descriptor::SIZE)?;
        Ok(described(&bytes, compressed, size).any(|found| found.0 == crc32))
    }

    /// Where a member ends that has these sizes, and its descriptor if it has one.
    fn end_of(&mut self, local: &Local, (crc32, compressed, size): Sizes) -> Result<u64> {
        let end = local.start().saturating_add(compressed);
        if !local.is_described() || end > self.limit {
            return Ok(end);
        }
        let bytes = self.bytes(end, Descriptor::SIZE)?;
        let found = described(&bytes, compressed, size).find(|found| found.0 == crc32);
        Ok(end.saturating_add(found.map_or(0, |found| found.1)))
    }

    /// A member whose sizes are after its data, and in no directory.
    fn streamed(&mut self, local: Local, next: Option<u64>) -> Result<Extent> {
        let start = local.start();
        let (own, len) = self.measured(&local)?;
        let found = match Method::from_number(local.header.method) {
            // An array says itself how long it is.
            Method::Stored => match self.stored_to(start, len)? {
                None => self.stored(start, next)?,
                found => found,
            },
            _ => match own {
                Some(sizes) => {
                    let end = start.saturating_add(sizes.1);
                    let bytes = self.bytes(end, Descriptor::SIZE)?;
                    let fits = described(&bytes, sizes.1, sizes.2).find(|found| found.0 == sizes.0);
                    fits.map(|(_, len)| (sizes, end.saturating_add(len)))
                }
                None => None,
            },
        };
        if let Some((sizes, end)) = found {
            return Ok((Ok(local.with_sizes(sizes)), end));
        }
        let end = match next {
            Some(next) => next,
            None => self.find_record(start.saturating_add(len))?,
        };
        let name = String::from_utf8_lossy(&local.name);
        Ok((Err(format!("'{name}' is damaged: its sizes do not follow its data")), end))
    }

    /// Where the next record begins that is not sizes behind data, or where the file ends.
    fn find_record(&mut self, at: u64) -> Result<u64> {
        let mut at = at;
        while let Some(place) = self.find_end(at)? {
            if self.is_end(place)? {
                return Ok(place);
            }
            at = place + 1;
        }
        Ok(self.limit)
    }

    /// The sizes of stored data, and the end of what says them: they are the distance to it. Those count that a record
    /// follows; others where there are none.
    fn stored(&mut self, start: u64, next: Option<u64>) -> Result<Option<(Sizes, u64)>> {
        let limit = next.unwrap_or(self.limit);
        let (mut at, mut wrong, mut other) = (start, 0, None);
        while at < limit {
            let bytes = self.bytes(at, PIECE + Descriptor::SIZE)?;
            let places = usize::try_from(limit - at).map_or(PIECE, |left| left.min(PIECE));
            for place in 0..places {
                let len = at + place as u64 - start;
                let here = bytes.get(place..).unwrap_or_default();
                if !may_describe(here, len) {
                    continue;
                }
                match self.stored_to(start, len)? {
                    Some(found) if self.is_end(found.1)? => return Ok(Some(found)),
                    // Zeros are the sizes of nothing.
                    Some(found) if len > 0 => other = other.or(Some(found)),
                    Some(_) => {}
                    None => wrong += 1,
                }
                if wrong > MOST_WRONG {
                    return Ok(other);
                }
            }
            at += places as u64;
        }
        Ok(other)
    }

    /// The sizes of stored data, if so many bytes of it are followed by them, and where they end.
    fn stored_to(&mut self, start: u64, len: u64) -> Result<Option<(Sizes, u64)>> {
        let end = start.saturating_add(len);
        let bytes = self.bytes(end, Descriptor::SIZE)?;
        for (crc32, behind) in described(&bytes, len, len) {
            if self.sum_of(start, len)? == Some(crc32) {
                return Ok(Some(((crc32, len, len), end.saturating_add(behind))));
            }
        }
        Ok(None)
    }

    fn sum_of(&mut self, start: u64, len: u64) -> Result<Option<u32>> {
        self.look(len)?;
        Ok(sum(&mut Section::new(self.source, start, len), len).0)
    }

    /// What the data of a member itself tells of its end, which is that of its stream, or of its array. What tells
    /// nothing goes to the end of the file.
    fn measured(&mut self, local: &Local) -> Result<Measured> {
        let start = local.start();
        let left = self.limit.saturating_sub(start);
        match Method::from_number(local.header.method) {
            Method::Deflated => {
                let packed = BufReader::with_capacity(PIECE, Section::new(self.source, start, left));
                let mut decoder = deflate::Decoder::new(packed)?;
                let (crc32, size) = sum(&mut decoder, u64::MAX);
                let packed = decoder.get_mut();
                let unused = packed.buffer().len() as u64;
                let used = packed.get_ref().position().saturating_sub(unused);
                self.look(used.saturating_add(size / 64))?;
                Ok((crc32.map(|crc32| (crc32, used, size)), used))
            }
            Method::Stored => {
                let front = self.bytes(start, GLANCE)?;
                let header = read_header_of(&mut Input::from_bytes(&front).with_limits(&Limits::default()));
                let len = header.ok().map(|header| header.data_offset().saturating_add(header.data_len()));
                match len.filter(|len| *len <= left) {
                    Some(len) => Ok((self.sum_of(start, len)?.map(|crc32| (crc32, len, len)), len)),
                    None => Ok((None, left)),
                }
            }
            _ => Ok((None, left)),
        }
    }
}

/// True where bytes may be the sizes behind stored data of that length, in any of their four forms: a glance at its low half.
fn may_describe(bytes: &[u8], len: u64) -> bool {
    let low = |at: usize| {
        bytes.get(at..).and_then(|rest| rest.first_chunk::<4>()).map(|low| u32::from_le_bytes(*low))
    };
    let wanted = Some(u32::try_from(len & u64::from(u32::MAX)).unwrap_or(0));
    low(4) == wanted || (bytes.starts_with(&Descriptor::SIGNATURE) && low(8) == wanted)
}

/// The checksum of what a reader gives and how many bytes that is, no checksum where it fails or gives more than `most`.
fn sum(reader: &mut dyn Read, most: u64) -> (Option<u32>, u64) {
    let (mut hasher, mut len, mut piece) = (Hasher::new(), 0, vec![0; PIECE]);
    loop {
        match reader.read(&mut piece) {
            Ok(0) => return (Some(hasher.finalize()), len),
            Ok(got) => {
                hasher.update(piece.get(..got).unwrap_or_default());
                len += got as u64;
                if len > most {
                    return (None, len);
                }
            }
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(_) => return (None, len),
        }
    }
}
