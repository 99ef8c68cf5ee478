//! What is wrong with an archive, beyond what keeps it from being read.

use std::path::PathBuf;

use arr_core::format::safe_path;
use arr_core::{Error, ErrorKind, Result};

use super::FORMAT;
use super::member::Member;
use super::read::Npz;
use super::record::{
    CENTRAL_SIZE, FLAG_DESCRIPTOR, LOCAL_SIZE, is_descriptor, is_whole_extra, local_sizes, u16_at,
};
use crate::read::check_items;

impl Npz {
    /// Reads everything and says what is wrong: checksums, sizes, headers that disagree with the directory, data
    /// behind the end of packed data or of an array, names that more than one member has or that no file should have,
    /// a comment that is cut short. An empty list means that the archive is sound. Little of it is in memory at a time.
    ///
    /// # Errors
    /// What keeps it from being judged: `Io`, `Unsupported`, `LimitExceeded`.
    pub fn check(&self) -> Result<Vec<Error>> {
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
        for member in self.members() {
            let mut found = member.name_faults();
            match member.data_faults(&mut found) {
                Err(error) if error.kind() == ErrorKind::Malformed => found.push(error),
                other => other.map_err(|error| member.name_in(error))?,
            }
            faults.extend(found.into_iter().map(|fault| match fault.path() {
                Some(_) => fault,
                None => member.name_in(fault.at(member.entry().offset)),
            }));
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
        let path = if self.raw_name().contains(&0) {
            Err(Error::malformed("the name holds a NUL"))
        } else {
            safe_path(self.name().strip_suffix('/').unwrap_or(self.name()))
        };
        path.map_err(|error| self.name_in(error.at(self.entry().offset)))
    }

    fn name_faults(&self) -> Vec<Error> {
        let stem = self.name().strip_suffix(".npy");
        let empty = stem.is_some_and(|stem| stem.is_empty() || stem.ends_with('/'));
        let empty = empty.then(|| Error::malformed("the name is empty"));
        self.safe_path().err().or(empty).into_iter().collect()
    }

    fn data_faults(&self, faults: &mut Vec<Error>) -> Result<()> {
        let entry = self.entry();
        let mut fixed = [0; LOCAL_SIZE];
        let source = self.source();
        source.read_exact_at(&mut fixed, entry.offset, "header of a member")?;
        let start = self.data_start()?;
        let (name_len, extra_len) = (u64::from(u16_at(&fixed, 26)), usize::from(u16_at(&fixed, 28)));
        let mut extra = vec![0; extra_len];
        source.read_exact_at(
            &mut extra,
            entry.offset + LOCAL_SIZE as u64 + name_len,
            "header of a member",
        )?;
        let mut fault = |message: &'static str| faults.push(Error::malformed(message));
        let described = u16_at(&fixed, 6) & FLAG_DESCRIPTOR != 0;
        let sizes = (entry.crc, entry.compressed, entry.size);
        if !described && local_sizes(&fixed, &extra) != sizes {
            fault("the header before the data has another checksum or other sizes than the directory");
        }
        if u16_at(&fixed, 8) != entry.method {
            fault("the header before the data has another method than the directory");
        }
        if u16_at(&fixed, 6) != entry.flags {
            fault("the header before the data has other flags than the directory");
        }
        let raw = self.raw();
        let version = u16_at(raw, 6).max(u16_at(&fixed, 4)) & 0xFF;
        if version > NEWEST_VERSION {
            fault("the member asks for a newer version of the format than there is");
        }
        let lens = [28, 30].map(|at| usize::from(u16_at(raw, at)));
        let central =
            raw.get(CENTRAL_SIZE + lens[0]..).and_then(|rest| rest.get(..lens[1])).unwrap_or_default();
        if !is_whole_extra(&extra) || !is_whole_extra(central) {
            fault("the extra fields of the member are cut short");
        }
        if described {
            let mut bytes = [0; 24];
            let end = start + entry.compressed;
            let left = usize::try_from(entry.limit.saturating_sub(end)).unwrap_or(usize::MAX).min(24);
            let part = bytes.get_mut(..left).unwrap_or_default();
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
                    faults.push(Error::malformed(message));
                } else if expected > entry.size {
                    let missing = expected - entry.size;
                    faults
                        .push(Error::malformed(format!("the data of the array ends {missing} bytes early")));
                }
            }
            Ok(_) => {}
            Err(error) if self.name().ends_with(".npy") || self.is_array()? => return Err(error),
            Err(_) => {}
        }
        Ok(())
    }
}

/// The newest version of the format, 6.3, as headers say it.
const NEWEST_VERSION: u16 = 63;
