//! Room on the disk, before it is filled.

use std::fs::File;

#[cfg(any(target_os = "linux", target_os = "android"))]
use super::Replaced;
use crate::Result;

/// Reserves room behind `start` without changing the file's length, so that a crash leaves no tail of zeros.
#[cfg(any(target_os = "linux", target_os = "android"))]
pub(crate) fn preallocate(file: &File, start: u64, len: u64) -> Result<()> {
    use rustix::fs::{FallocateFlags, fallocate};
    use rustix::io::Errno;
    let reserve = || fallocate(file, FallocateFlags::KEEP_SIZE, start, len);
    let reserved = match reserve() {
        // The room that replaced files took may be free in a moment.
        Err(Errno::NOSPC | Errno::DQUOT) if Replaced::wait_for_all() => reserve(),
        reserved => reserved,
    };
    match reserved {
        Err(error @ (Errno::NOSPC | Errno::DQUOT | Errno::FBIG)) => {
            Err(crate::Error::io("can't write", error.into()))
        }
        // Every other refusal means that the file system does not know how.
        _ => Ok(()),
    }
}

#[cfg(not(any(target_os = "linux", target_os = "android")))]
pub(crate) fn preallocate(_: &File, _: u64, _: u64) -> Result<()> {
    Ok(())
}
