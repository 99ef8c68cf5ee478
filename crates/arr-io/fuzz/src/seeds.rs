//! Inputs to begin with, taken from the fixtures: nothing of them is committed twice.

use std::fs;
use std::io::Result;
use std::path::Path;

/// Folders below `fixtures` with files that the targets begin with: they are named after the extension of their files.
const FOLDERS: &[&str] = &["numpy", "hostile"];

/// Targets that read an input as whatever it is: they begin with files of every format.
const FOR_ALL: &[&str] = &["detect", "doors"];

/// Files of other formats than `.npy` that are longer are left to the targets of these.
const SMALL: usize = 1024;

/// Inputs for a target, each with a name.
///
/// # Errors
/// When a folder or a file can't be read.
pub fn seeds(target: &str, fixtures: &Path) -> Result<Vec<(String, Vec<u8>)>> {
    let mut seeds = found_before(&fixtures.join("fuzz").join(target))?;
    if target == "nd4j" {
        seeds.extend(nd4j(&fixtures.join("nd4j"))?);
        for folder in ["nd4j-cases", "hostile/nd4j"] {
            let found = found_before(&fixtures.join(folder))?;
            seeds.extend(found.into_iter().filter(|(name, _)| !name.ends_with(".json")));
        }
        return Ok(seeds);
    }
    if target == "text" {
        seeds.extend(tables(&fixtures.join("text"))?);
        return Ok(seeds);
    }
    if target == "pickle" {
        for folder in ["hostile/pickle", "python/cases", "python/libraries"] {
            let found = found_before(&fixtures.join(folder))?;
            seeds.extend(found.into_iter().filter(|(name, _)| is_pickle(name)));
        }
        return Ok(seeds);
    }
    if target == "json" {
        for folder in ["hostile/json", "python/json", "nd4j/nd4j-jackson", "nd4j/nd4j-json-text"] {
            seeds.extend(found_before(&fixtures.join(folder))?);
        }
        return Ok(seeds);
    }
    if target == "torch7" {
        for folder in ["hostile/torch7", "torch7"] {
            seeds.extend(
                found_before(&fixtures.join(folder))?.into_iter().filter(|(name, _)| name.ends_with(".t7")),
            );
        }
        return Ok(seeds);
    }
    if FOR_ALL.contains(&target) {
        for other in ["npz", "nd4j", "json", "pickle", "torch7"] {
            let found = self::seeds(other, fixtures)?.into_iter().filter(|(_, bytes)| bytes.len() <= SMALL);
            seeds.extend(found.map(|(name, bytes)| (format!("{other}-{name}"), bytes)));
        }
    }
    let ending = if target == "npz" { "npz" } else { "npy" };
    for folder in FOLDERS {
        let mut paths = Vec::new();
        for entry in fs::read_dir(fixtures.join(folder).join(ending))? {
            paths.push(entry?.path());
        }
        paths.retain(|path| path.extension().is_some_and(|found| found == ending));
        paths.sort();
        for path in paths {
            let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
            seeds.extend(seed(target, fs::read(&path)?).map(|bytes| (name, bytes)));
        }
    }
    Ok(seeds)
}

/// All files of a folder: inputs that a target once failed on.
fn found_before(folder: &Path) -> Result<Vec<(String, Vec<u8>)>> {
    let mut seeds = Vec::new();
    if folder.exists() {
        for file in fs::read_dir(folder)? {
            let file = file?;
            if file.file_type()?.is_file() {
                seeds.push((file.file_name().to_string_lossy().into_owned(), fs::read(file.path())?));
            }
        }
    }
    seeds.sort();
    Ok(seeds)
}

/// Whether a file is called like a pickle; others beside it are compressed, or say what is in it.
fn is_pickle(name: &str) -> bool {
    [".pkl", ".joblib"].iter().any(|ending| name.ends_with(ending))
}

/// The files of every form of ND4J.
fn nd4j(fixtures: &Path) -> Result<Vec<(String, Vec<u8>)>> {
    let mut seeds = Vec::new();
    for folder in fs::read_dir(fixtures)? {
        let folder = folder?;
        let name = folder.file_name().to_string_lossy().into_owned();
        if !(name.starts_with("nd4j-") || name == "java-serialized") {
            continue;
        }
        for file in fs::read_dir(folder.path())? {
            let file = file?;
            seeds.push((format!("{name}-{}", file.file_name().to_string_lossy()), fs::read(file.path())?));
        }
    }
    seeds.sort();
    Ok(seeds)
}

/// The texts of the tables that NumPy has read, behind no choices, and behind some.
fn tables(fixtures: &Path) -> Result<Vec<(String, Vec<u8>)>> {
    let mut seeds = Vec::new();
    for table in ["loadtxt", "genfromtxt", "csv_cells"] {
        let rows = fs::read_to_string(fixtures.join(table).with_extension("json"))?;
        let texts = rows.lines().filter_map(|row| row.split_once("\"text\": \""));
        for (number, (text, step)) in texts.zip((0u8..61).cycle()).enumerate() {
            let choices = (0u8..12).map(|place| step.wrapping_mul(place).wrapping_mul(7) % 61);
            let mut seed: Vec<u8> = choices.collect();
            seed.extend(unescaped(text.1).into_bytes());
            seeds.push((format!("{table}-{number}"), seed));
        }
    }
    Ok(seeds)
}

/// A text in JSON, which is ASCII, up to its closing quote.
fn unescaped(text: &str) -> String {
    let (mut units, mut rest) = (Vec::new(), text.chars());
    while let Some(letter) = rest.next().filter(|letter| *letter != '"') {
        let unit = match (letter, rest.as_str().chars().next()) {
            ('\\', Some('u')) => {
                rest.as_str().get(1..5).and_then(|digits| u16::from_str_radix(digits, 16).ok())
            }
            ('\\', Some('n')) => Some(10),
            ('\\', Some('r')) => Some(13),
            ('\\', Some('t')) => Some(9),
            ('\\', Some(other)) => Some(other as u16),
            _ => {
                units.push(letter as u16);
                continue;
            }
        };
        let taken = if rest.as_str().starts_with('u') { 5 } else { 1 };
        rest.nth(taken - 1);
        units.extend(unit);
    }
    String::from_utf16_lossy(&units)
}

/// What of a file is an input for the target.
fn seed(target: &str, file: Vec<u8>) -> Option<Vec<u8>> {
    match target {
        "header" => text(&file).map(<[u8]>::to_vec),
        "dtype" => text(&file).and_then(descr).map(<[u8]>::to_vec),
        _ => Some(file),
    }
}

/// The text of the header.
fn text(file: &[u8]) -> Option<&[u8]> {
    match file.get(6..)? {
        [1, _, low, high, text @ ..] => text.get(..usize::from(u16::from_le_bytes([*low, *high]))),
        [2 | 3, _, a, b, c, d, text @ ..] => {
            text.get(..usize::try_from(u32::from_le_bytes([*a, *b, *c, *d])).ok()?)
        }
        _ => None,
    }
}

/// The dtype in the text of a header that is spelt as NumPy does; without quotes if it is a type string.
fn descr(text: &[u8]) -> Option<&[u8]> {
    let descr = text.strip_prefix(b"{'descr': ")?;
    let end = descr.windows(15).position(|part| part == b"'fortran_order'")?.checked_sub(2)?;
    let descr = descr.get(..end)?;
    Some(descr.strip_prefix(b"'").and_then(|inner| inner.strip_suffix(b"'")).unwrap_or(descr))
}
