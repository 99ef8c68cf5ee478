//! Room on the disk, before it is filled.

use std::fs::File;
use std::io::{Seek, SeekFrom, Write};

#[cfg(any(target_os = "linux", target_os = "android"))]
use super::Replaced;
use crate::{Error, Result};

/// Reserves room after `start` without changing the file's length, so that a crash leaves no tail of zeros.
#[cfg(any(target_os = "linux", target_os = "android"))]
pub(crate) fn preallocate(file: &File, start: u64, len: u64) -> Result<()> {
    reserve(file, rustix::fs::FallocateFlags::KEEP_SIZE, start, len).map(drop)
}

/// Whether room was reserved: false when the file system does not know how.
#[cfg(any(target_os = "linux", target_os = "android"))]
fn reserve(file: &File, flags: rustix::fs::FallocateFlags, start: u64, len: u64) -> Result<bool> {
    use rustix::fs::fallocate;
    use rustix::io::{Errno, retry_on_intr};
    let reserve = || retry_on_intr(|| fallocate(file, flags, start, len));
    let reserved = match reserve() {
        // The room that replaced files took may be free in a moment.
        Err(Errno::NOSPC | Errno::DQUOT) if Replaced::wait_for_all() => reserve(),
        reserved => reserved,
    };
    match reserved {
        Err(error @ (Errno::NOSPC | Errno::DQUOT | Errno::FBIG)) => {
            Err(Error::io("can't write", error.into()))
        }
        reserved => Ok(reserved.is_ok()),
    }
}

#[cfg(not(any(target_os = "linux", target_os = "android")))]
pub(crate) fn preallocate(_: &File, _: u64, _: u64) -> Result<()> {
    Ok(())
}

/// Makes the file `len` bytes long, with zeros after what it has, and gives every byte a place on the disk.
pub(super) fn fill_with_zeros(file: &File, len: u64) -> Result<()> {
    let failed = |source| Error::io("can't write", source);
    let start = file.metadata().map_err(failed)?.len();
    let missing = len.saturating_sub(start);
    if missing == 0 {
        return Ok(());
    }
    // No file can be that long: better to know before anything is written.
    file.set_len(len).map_err(failed)?;
    #[cfg(any(target_os = "linux", target_os = "android"))]
    if reserve(file, rustix::fs::FallocateFlags::empty(), start, missing)? {
        return Ok(());
    }
    write_zeros(file, start, missing).map_err(failed)
}

fn write_zeros(mut file: &File, start: u64, len: u64) -> std::io::Result<()> {
    let zeros = [0; 64 << 10];
    file.seek(SeekFrom::Start(start))?;
    let mut left = len;
    while left > 0 {
        let piece = usize::try_from(left).ok().and_then(|left| zeros.get(..left)).unwrap_or(&zeros);
        file.write_all(piece)?;
        left -= piece.len() as u64;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn zeros_follow_what_is_there() {
        let folder = tempfile::tempdir().unwrap();
        let makers: [fn(&File, u64) -> Result<()>; 2] =
            [fill_with_zeros, |file, len| Ok(write_zeros(file, 3, len - 3)?)];
        for make in makers {
            let path = folder.path().join("x");
            std::fs::write(&path, "abc").unwrap();
            let file = File::options().write(true).open(&path).unwrap();
            make(&file, 200_000).unwrap();
            let bytes = std::fs::read(&path).unwrap();
            assert_eq!((bytes.len(), &bytes[..3]), (200_000, &b"abc"[..]));
            assert!(bytes[3..].iter().all(|byte| *byte == 0));
            fill_with_zeros(&file, 10).unwrap();
            assert_eq!(file.metadata().unwrap().len(), 200_000);
        }
    }
}
