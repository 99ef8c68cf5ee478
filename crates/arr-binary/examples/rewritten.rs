//! Reads files of Torch7 and writes them again, each under its name into a folder: `rewritten FOLDER FILE...`.

use std::path::PathBuf;

use arr_binary::torch7::{self, WriteOptions};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut words = std::env::args_os().skip(1).map(PathBuf::from);
    let folder = words.next().ok_or("a folder and files are wanted")?;
    for path in words {
        let file = torch7::load(&path)?;
        let name = path.file_name().ok_or("the file has no name")?;
        std::fs::write(folder.join(name), WriteOptions::like(&file).serialize(file.graph())?)?;
    }
    Ok(())
}
