//! What is wrong with an archive, beyond what keeps it from being read.

use std::path::PathBuf;

use arr_core::format::safe_path;
use arr_core::{Error, ErrorKind, Result};

use super::FORMAT;
use super::broken_invariant;
use super::fetch::NEWEST_VERSION;
use super::member::Member;
use super::read::Npz;
use super::record::{Descriptor, FLAG_DESCRIPTOR, LocalHeader, is_descriptor, is_whole_extra};
use crate::read::check_items;

/// How files of the format AppleDouble begin.
const APPLE_DOUBLE: &[u8] = b"\x00\x05\x16\x07";

impl Npz<'_> {
    /// Reads everything and says what is wrong: checksums, sizes, headers that disagree with the directory, data
    /// after the end of compressed data or of an array, names that more than one member has or that no file should
    /// have, a comment that is cut short. An empty list means that the archive is sound. Little of it is in memory at
    /// a time.
    ///
    /// # Errors
    /// What keeps it from being judged: `Io`, `LimitExceeded`.
    pub fn check(&self) -> Result<Vec<Error>> {
        let mut faults = self.own_faults()?;
        for member in self.members() {
            faults.extend(member.faults()?);
        }
        Ok(faults)
    }

    /// What is wrong with the archive, but for its members.
    pub(super) fn own_faults(&self) -> Result<Vec<Error>> {
        let mut faults = Vec::new();
        self.check_total()?;
        for (position, fault) in &self.directory.faults {
            faults.push(Error::malformed(fault.clone()).at(*position).in_format(FORMAT));
        }
        for name in self.duplicates() {
            faults.push(
                Error::malformed("more than one member has this name: the last counts")
                    .in_path(name)
                    .in_format(FORMAT),
            );
        }
        Ok(faults)
    }
}

impl Member<'_> {
    /// The path below a folder under which the member can be saved: see [`safe_path`].
    ///
    /// # Errors
    /// `Malformed` when there is none.
    pub fn safe_path(&self) -> Result<PathBuf> {
        let path = if self.raw_name()?.contains(&0) {
            Err(Error::malformed("the name holds a NUL"))
        } else {
            safe_path(self.name().strip_suffix('/').unwrap_or(self.name()))
        };
        path.map_err(|error| self.name_in(error.at(self.entry().offset)))
    }

    /// What is wrong with the member, of which everything is read.
    pub(super) fn faults(&self) -> Result<Vec<Error>> {
        let mut found = self.name_faults();
        match self.data_faults(&mut found) {
            Err(error) if matches!(error.kind(), ErrorKind::Malformed | ErrorKind::Unsupported) => {
                found.push(error);
            }
            other => other.map_err(|error| self.name_in(error))?,
        }
        let placed = |fault: Error| match fault.path() {
            Some(_) => fault,
            None => self.name_in(fault.at(self.entry().offset)),
        };
        Ok(found.into_iter().map(placed).collect())
    }

    fn name_faults(&self) -> Vec<Error> {
        let stem = self.name().strip_suffix(".npy");
        let empty = stem.is_some_and(|stem| stem.is_empty() || stem.ends_with('/'));
        let empty = empty.then(|| Error::malformed("the name is empty"));
        self.safe_path().err().or(empty).into_iter().collect()
    }

    fn data_faults(&self, faults: &mut Vec<Error>) -> Result<()> {
        let entry = self.entry();
        let mut fixed = [0; LocalHeader::SIZE];
        let source = self.source();
        source.read_exact_at(&mut fixed, entry.offset, "header of a member")?;
        let start = self.data_start()?;
        let header = LocalHeader::parse(&fixed)
            .ok_or_else(|| Error::malformed("the header of the member has changed").at(entry.offset))?;
        let mut extra = vec![0; usize::from(header.extra_len)];
        let extra_start = start - u64::from(header.extra_len);
        source.read_exact_at(&mut extra, extra_start, "header of a member")?;
        let mut fault = |message: &'static str| faults.push(Error::malformed(message));
        let described = header.flags & FLAG_DESCRIPTOR != 0;
        let sizes = (entry.crc32, entry.compressed, entry.size);
        if !described && header.sizes(&extra) != sizes {
            fault("the header before the data has another checksum or other sizes than the directory");
        }
        if header.method != entry.method {
            fault("the header before the data has another method than the directory");
        }
        if header.flags != entry.flags {
            fault("the header before the data has other flags than the directory");
        }
        let version = entry.version_needed.max(header.version_needed) & 0xFF;
        if version > NEWEST_VERSION {
            fault("the member asks for a newer version of the format than there is");
        }
        if !is_whole_extra(&extra) || !is_whole_extra(self.extra()?) {
            fault("the extra fields of the member are cut short");
        }
        if described {
            let mut bytes = [0; Descriptor::SIZE];
            let end = start.saturating_add(entry.compressed);
            let left = entry.limit.saturating_sub(end);
            let left = usize::try_from(left).map_or(bytes.len(), |left| left.min(bytes.len()));
            let part = bytes.get_mut(..left);
            let part =
                part.ok_or_else(|| broken_invariant("a part of a buffer is longer than the buffer"))?;
            source.read_exact_at(part, end, "sizes behind the data")?;
            if !is_descriptor(part, sizes.0, sizes.1, sizes.2) {
                fault("the checksum and sizes behind the data are missing or wrong");
            }
        }
        if self.unpacked_to_end()?.has_unused() {
            fault("bytes follow the end of the packed data");
        }
        match self.header() {
            Ok(header) if !header.dtype().has_references() => {
                check_items(&header, &mut self.limits().budget(), entry.offset)?;
                let expected = header.data_offset().saturating_add(header.data_len());
                if expected < entry.size {
                    let message = format!("{} bytes follow the data of the array", entry.size - expected);
                    faults.push(Error::trailing(message));
                } else if expected > entry.size {
                    let missing = expected - entry.size;
                    faults
                        .push(Error::malformed(format!("the data of the array ends {missing} bytes early")));
                }
            }
            Ok(header) if header.data_offset() >= entry.size => {
                faults.push(Error::malformed("the data of the array is missing"));
            }
            Ok(_) => {}
            Err(error) if self.is_array()? => return Err(error),
            Err(error) if self.name().ends_with(".npy") && !self.is_apple_double()? => return Err(error),
            Err(_) => {}
        }
        Ok(())
    }

    /// True for what macOS keeps beside a file, under its name behind `._`: attributes, and no array.
    fn is_apple_double(&self) -> Result<bool> {
        let (_, last) = self.name().rsplit_once('/').unwrap_or(("", self.name()));
        Ok(last.starts_with("._") && self.begins_with(APPLE_DOUBLE)?)
    }
}
