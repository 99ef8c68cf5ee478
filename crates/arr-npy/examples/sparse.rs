//! Reads every sparse matrix of a folder and writes it into another, as scipy does: `sparse FROM TO`. Files that are no
//! matrices are named. `cargo xtask fixtures scipy --read-back` lets scipy read what comes of it.

use std::path::{Path, PathBuf};

use arr_npy::arr_core::{Error, Result};
use arr_npy::npz::sparse::Sparse;

fn main() -> Result<()> {
    let mut folders = std::env::args_os().skip(1).map(PathBuf::from);
    let (Some(from), Some(to)) = (folders.next(), folders.next()) else {
        return Err(Error::invalid("two folders are needed: sparse FROM TO"));
    };
    let unreadable = |source| Error::io("can't list the folder", source);
    for entry in std::fs::read_dir(&from).map_err(unreadable)? {
        let path = entry.map_err(unreadable)?.path();
        let Some(name) = path.file_name().filter(|_| path.extension().is_some_and(|ending| ending == "npz"))
        else {
            continue;
        };
        if let Err(error) = again(&path, &to.join(name)) {
            println!("{}: {error}", path.display());
        }
    }
    Ok(())
}

/// Reads a matrix and writes it.
fn again(from: &Path, to: &Path) -> Result<()> {
    Sparse::read(from)?.save(to)
}
