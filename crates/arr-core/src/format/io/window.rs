//! Reading a file here and there.

use std::fs::File;
use std::io;

use super::cut_short;
use crate::{Error, Result};

/// What is left of a file, to be read in any order and by several threads at once.
#[derive(Debug)]
pub struct FileWindow {
    file: File,
    /// Where the window begins in the file.
    start: u64,
    /// Where it begins in the input that it was made of.
    position: u64,
}

impl FileWindow {
    /// `None` where the system can't read at a place without moving the file's cursor.
    pub(super) fn new(file: &File, start: u64, position: u64) -> Option<Self> {
        if cfg!(unix) { Some(Self { file: file.try_clone().ok()?, start, position }) } else { None }
    }

    /// Fills a piece of memory from `offset` bytes into the window. False when that did not work out.
    #[cfg(feature = "rayon")]
    pub(super) fn fill_piece(&self, piece: crate::model::map::Piece<'_, u8>, offset: u64) -> bool {
        #[cfg(unix)]
        let filled = piece.fill_from_file(&self.file, self.start.saturating_add(offset));
        #[cfg(not(unix))]
        let filled = {
            let _ = (piece, offset);
            false
        };
        filled
    }

    /// Fills `bytes`, a part of the `what` of the format, from `offset` bytes into the window.
    ///
    /// # Errors
    /// `Malformed` when the file ends before, `Io` when it can't be read.
    pub fn read_exact_at(&self, bytes: &mut [u8], offset: u64, what: &str) -> Result<()> {
        let at = self.position.saturating_add(offset);
        match read_exact_at(&self.file, bytes, self.start.saturating_add(offset)) {
            Ok(()) => Ok(()),
            // The file had these bytes when it was opened.
            Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => {
                Err(cut_short(what, bytes.len() as u64, 0, at))
            }
            Err(error) => Err(Error::io("can't read", error).at(at)),
        }
    }
}

#[cfg(unix)]
pub(super) fn read_exact_at(file: &File, bytes: &mut [u8], offset: u64) -> io::Result<()> {
    std::os::unix::fs::FileExt::read_exact_at(file, bytes, offset)
}

#[cfg(not(unix))]
fn read_exact_at(_: &File, _: &mut [u8], _: u64) -> io::Result<()> {
    Err(io::ErrorKind::Unsupported.into())
}
