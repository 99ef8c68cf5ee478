//! Archives that need fields of 64 bits: writes some into a folder, or reads those that NumPy wrote there.
//!
//! `wide write FOLDER` writes `ours-size.npz`, with an array of 5 GiB, and `ours-count.npz`, with 70,000 arrays.
//! `wide read FOLDER` reads `theirs-stored.npz` and `theirs-deflated.npz`.

use std::path::Path;

use arr_npy::arr_core::{Array, Error, Limits, Result};
use arr_npy::npz::Method;
use arr_npy::{Npz, NpzWriter, save_npz};

/// Rows of the large array of an archive that we write, of a megabyte each.
const LARGE: usize = 5 << 10;

/// Arrays in the archive of many.
const MANY: u32 = 70_000;

fn main() -> Result<()> {
    let words: Vec<String> = std::env::args().skip(1).collect();
    match words.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        ["write", folder] => write(Path::new(folder)),
        ["read", folder] => ["theirs-stored.npz", "theirs-deflated.npz"]
            .iter()
            .try_for_each(|name| read(&Path::new(folder).join(name))),
        _ => Err(Error::invalid("usage: wide (write|read) FOLDER")),
    }
}

/// The array behind the large one, far from the start of the file.
fn last() -> Vec<u32> {
    (0..1000).collect()
}

fn write(folder: &Path) -> Result<()> {
    let row = Array::from_vec(vec![0u8; 1 << 20], &[1 << 20])?;
    let mut writer = NpzWriter::create(folder.join("ours-size.npz"))?;
    writer.add("large", &row.broadcast(&[LARGE, 1 << 20])?)?;
    writer.add("last", &last())?;
    writer.finish()?;
    save_npz(folder.join("ours-count.npz"), (0..MANY).map(|at| (at.to_string(), vec![at])))
}

#[allow(unsafe_code, reason = "a map asks for a promise")]
fn read(path: &Path) -> Result<()> {
    let npz = Npz::open_with(path, &Limits::default().max_expansion_ratio(2000))?;
    let large = npz.member("large")?;
    let len = large.header()?.shape().first().copied().unwrap_or(0);
    check(len > 4 << 30 && large.size() > 4 << 30, "the size of the array")?;
    if large.method() == Method::Stored {
        // SAFETY: nobody changes the file.
        let map = unsafe { large.map_unchecked() }?;
        for index in (0..len).step_by(len / 1000).chain([len - 1]) {
            check(map.get::<u8>(&[index])? == 0, "an item of the array")?;
        }
    }
    // All of it, with the checksum.
    large.check()?;
    check(npz.get("last")?.to_vec::<u32>()? == last(), "the last array")?;
    println!("{npz:?}: {len} items, {}", large.method());
    Ok(())
}

fn check(is_right: bool, what: &str) -> Result<()> {
    if is_right { Ok(()) } else { Err(Error::mismatch(format!("{what} is not what was written"))) }
}
