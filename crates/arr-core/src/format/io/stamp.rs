//! Whether a file stays as it is while it is read.

use std::fs::File;
use std::time::SystemTime;

use super::{Input, Source};
use crate::{Error, ErrorKind, Result};

/// The length of a file, and when it was written to the last time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Stamp {
    len: u64,
    modified: SystemTime,
}

impl Stamp {
    /// That of the file that an input reads; nothing where it is another source, or the system does not tell.
    pub(crate) fn of(input: &Input<'_>) -> Option<Self> {
        let Source::Positioned { bytes, .. } = &input.source else { return None };
        bytes.file().and_then(|(file, _)| Self::of_file(file))
    }

    fn of_file(file: &File) -> Option<Self> {
        let metadata = file.metadata().ok()?;
        Some(Self { len: metadata.len(), modified: metadata.modified().ok()? })
    }

    /// Refuses what was read from a file that has been written to since. One that `may_grow` may have been added to.
    pub(crate) fn check(self, input: &Input<'_>, may_grow: bool) -> Result<()> {
        match Self::of(input) {
            Some(now) if now != self && !(may_grow && now.len > self.len) => Err(changed(self.len, now.len)),
            _ => Ok(()),
        }
    }
}

#[cold]
fn changed(before: u64, now: u64) -> Error {
    let message = match before == now {
        true => "can't read: the file was changed while it was read".to_owned(),
        false => {
            format!("can't read: the file was changed while it was read, from {before} bytes to {now}")
        }
    };
    Error::new(ErrorKind::Io, message)
}
