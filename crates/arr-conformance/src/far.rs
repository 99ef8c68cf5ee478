//! A source that is asked for ranges, as a server is, and counts what it is asked for.

use std::fmt;
use std::ops::Range;
use std::sync::{Mutex, PoisonError};

use arr_core::format::ReadAt;
use arr_core::{Error, Result};

/// Fills a slice with the bytes from an offset on, all of which there are.
type Fill<'a> = Box<dyn Fn(u64, &mut [u8]) -> Result<()> + Send + Sync + 'a>;

/// Bytes that are far away: each read is a request, and a call for several ranges makes all of them at the same time.
pub struct Far<'a> {
    len: u64,
    fill: Fill<'a>,
    gap: Option<u64>,
    most: usize,
    asked: Mutex<Vec<Vec<Range<u64>>>>,
}

impl<'a> Far<'a> {
    /// So many bytes, which are made when they are asked for.
    pub fn new(len: u64, fill: impl Fn(u64, &mut [u8]) -> Result<()> + Send + Sync + 'a) -> Self {
        Self { len, fill: Box::new(fill), gap: None, most: usize::MAX, asked: Mutex::default() }
    }

    /// These bytes.
    #[must_use]
    pub fn of(bytes: &'a [u8]) -> Self {
        let fill = |offset: u64, target: &mut [u8]| match bytes.read_at(target, offset)? {
            got if got < target.len() => Err(Error::invalid("bytes behind the source are asked for")),
            _ => Ok(()),
        };
        Self::new(bytes.len() as u64, fill)
    }

    /// So many zeros, but for some bytes at some offsets.
    #[must_use]
    pub fn sparse(len: u64, extents: Vec<(u64, Vec<u8>)>) -> Self {
        let fill = move |offset: u64, target: &mut [u8]| {
            target.fill(0);
            let end = offset.saturating_add(target.len() as u64);
            for (start, bytes) in &extents {
                let (from, to) = (offset.max(*start), end.min(start.saturating_add(bytes.len() as u64)));
                let (within, without) = (part(from, to, *start), part(from, to, offset));
                if let Some((bytes, target)) = bytes.get(within).zip(target.get_mut(without)) {
                    target.copy_from_slice(bytes);
                }
            }
            Ok(())
        };
        Self::new(len, fill)
    }

    /// A zip archive of stored members: the name of each, its first bytes, and how many it has in all. What follows is
    /// zeros, and the checksum right of a member that is given whole.
    #[must_use]
    pub fn archive(members: &[(&str, Vec<u8>, u64)]) -> Self {
        let (mut extents, mut directory, mut at) = (Vec::new(), Vec::new(), 0u64);
        for (name, front, size) in members {
            let narrow = |number: u64| u32::try_from(number).unwrap_or(u32::MAX).to_le_bytes();
            let [size, offset] = [*size, at].map(narrow);
            // Version 2.0, no flags, stored, the 1st of January 1980.
            let common = [
                &[20, 0, 0, 0, 0, 0, 0, 0, 33, 0][..],
                &checksum(front).to_le_bytes(),
                &size,
                &size,
                &u16::try_from(name.len()).unwrap_or(u16::MAX).to_le_bytes(),
                &[0, 0],
            ]
            .concat();
            let head = [&b"PK\x03\x04"[..], &common, name.as_bytes(), front].concat();
            directory
                .extend([&b"PK\x01\x02\x14\0"[..], &common, &[0; 10], &offset, name.as_bytes()].concat());
            let len = (head.len() - front.len()) as u64 + u64::from(u32::from_le_bytes(size));
            extents.push((at, head));
            at += len;
        }
        let count = u16::try_from(members.len()).unwrap_or(u16::MAX).to_le_bytes();
        let [size, start] = [directory.len() as u64, at]
            .map(|number| u32::try_from(number).unwrap_or(u32::MAX).to_le_bytes());
        directory.extend([&b"PK\x05\x06\0\0\0\0"[..], &count, &count, &size, &start, &[0, 0]].concat());
        let len = at + directory.len() as u64;
        extents.push((at, directory));
        Self::sparse(len, extents)
    }

    /// The same, which says that a request costs so many bytes.
    #[must_use]
    pub fn gap(self, gap: u64) -> Self {
        Self { gap: Some(gap), ..self }
    }

    /// The same, which gives no more than so many bytes at once.
    #[must_use]
    pub fn at_most(self, most: usize) -> Self {
        Self { most, ..self }
    }

    /// What was asked for since the last call, together what was asked for at the same time.
    pub fn asked(&self) -> Vec<Vec<Range<u64>>> {
        std::mem::take(&mut *self.asked.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// How many requests were made since the last call, and for how many bytes.
    pub fn counts(&self) -> (usize, u64) {
        let ranges: Vec<Range<u64>> = self.asked().into_iter().flatten().collect();
        (ranges.len(), ranges.iter().map(|range| range.end - range.start).sum())
    }

    fn note(&self, ranges: Vec<Range<u64>>) {
        self.asked.lock().unwrap_or_else(PoisonError::into_inner).push(ranges);
    }

    fn give(&self, bytes: &mut [u8], offset: u64) -> Result<usize> {
        let left = usize::try_from(self.len.saturating_sub(offset)).unwrap_or(usize::MAX);
        let len = bytes.len().min(left).min(self.most);
        let (bytes, _) = bytes.split_at_mut(len);
        (self.fill)(offset, bytes)?;
        Ok(len)
    }
}

impl ReadAt for Far<'_> {
    fn size(&self) -> Result<u64> {
        Ok(self.len)
    }

    fn read_at(&self, bytes: &mut [u8], offset: u64) -> Result<usize> {
        self.note(std::iter::once(offset..offset.saturating_add(bytes.len() as u64)).collect());
        self.give(bytes, offset)
    }

    fn read_ranges(&self, ranges: &mut [(u64, &mut [u8])]) -> Result<()> {
        let range = |(offset, bytes): &(u64, &mut [u8])| *offset..offset.saturating_add(bytes.len() as u64);
        self.note(ranges.iter().map(range).collect());
        for (offset, bytes) in ranges {
            let mut done = 0;
            while let Some(rest) = bytes.get_mut(done..).filter(|rest| !rest.is_empty()) {
                match self.give(rest, offset.saturating_add(done as u64))? {
                    0 => return Err(Error::malformed("the source ends").at(*offset)),
                    got => done += got,
                }
            }
        }
        Ok(())
    }

    fn gap(&self) -> u64 {
        self.gap.unwrap_or(64 << 10)
    }
}

impl fmt::Debug for Far<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Far({} bytes)", self.len)
    }
}

/// The places from `from` to `to`, counted from `start`.
fn part(from: u64, to: u64, start: u64) -> Range<usize> {
    let at = |place: u64| usize::try_from(place.saturating_sub(start)).unwrap_or(usize::MAX);
    at(from)..at(to.max(from))
}

/// The checksum of zip archives.
fn checksum(bytes: &[u8]) -> u32 {
    let step = |sum: u32, _| (sum >> 1) ^ (0xEDB8_8320 & (sum & 1).wrapping_neg());
    !bytes.iter().fold(u32::MAX, |sum, byte| (0..8).fold(sum ^ u32::from(*byte), step))
}
