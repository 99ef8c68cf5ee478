//! Changed fixtures through every command.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};

use super::arena::Arena;
use super::seed::Seed;
use crate::run::{Outcome, read, root, write};

/// Larger fixtures take too long.
const MOST: u64 = 256 << 10;

/// KiB that the command may take: the rule for all commands, and what it is allowed to hold of the data.
const MEMORY: u64 = (64 << 10) + (32 << 10);

/// What is done with each file; `X` is its name, `Y` that of the file before it.
const WORDS: &[&[&str]] = &[
    &["info", "X"],
    &["info", "X", "--json"],
    &["show", "X"],
    &["show", "X", "--json"],
    &["show", "X", "--slice", "::-1"],
    &["dump", "X"],
    &["check", "X"],
    &["check", "X", "--json"],
    &["stats", "X"],
    &["plot", "X"],
    &["show", "X", "--image"],
    &["diff", "X", "Y"],
    &["convert", "X", "out.npy", "--force"],
    &["convert", "X", "out.npz", "--force", "--order", "F"],
    &["convert", "X", "out.npz", "--force", "--level", "6"],
    &["convert", "X", "out/", "--force"],
    &["convert", "X", "out.nd4j", "--to", "nd4j-stream", "--force"],
    &["convert", "X", "out.txt", "--to", "nd4j-txt", "--force", "--dtype", "<f8"],
    &["convert", "X", "out.gz", "--to", "npy", "--force", "--byte-order", "big"],
    &["append", "X", "Y"],
    &["append", "X", "Y", "--force"],
    &["repair", "X", "out.npz", "--force"],
    &["rm", "X", "*a*"],
    &["mv", "X", "a", "b", "--force"],
];

/// Small values of what the reader may spend.
const LIMITS: &[&str] = &["--max-bytes", "16M"];

/// Changes fixtures until the time is over.
pub(super) fn main(arena: &mut Arena) -> Outcome {
    let seeds = fixtures()?;
    let mut before = "none".to_owned();
    while arena.goes_on() {
        let Some(path) = arena.seed.pick(&seeds).cloned() else { return Err("there are no fixtures".into()) };
        let mut bytes = read(&path)?;
        change(&mut arena.seed, &mut bytes);
        let ending = path.extension().and_then(OsStr::to_str).unwrap_or("bin");
        let name = format!("x{}.{ending}", arena.seed.below(2));
        write(&arena.folder.join(&name), &bytes)?;
        for _ in 0..3 {
            let Some(words) = arena.seed.pick(WORDS) else { continue };
            let own = |word: &&'static str| match *word {
                "X" => name.clone(),
                "Y" => before.clone(),
                word => word.to_owned(),
            };
            let words: Vec<String> = words.iter().map(own).collect();
            let is_edit = |word: &String| ["append", "rm", "mv"].contains(&word.as_str());
            let limits = if words.first().is_some_and(is_edit) { &[] } else { LIMITS };
            let words: Vec<&str> = words.iter().map(String::as_str).chain(limits.iter().copied()).collect();
            let ended = arena.run(&arena.arr(&words))?;
            if arena.check(&ended, &[&name]) && ended.memory > MEMORY {
                let memory = ended.memory >> 10;
                arena.fault(&format!("{}: {memory} MiB for {} bytes", ended.line, bytes.len()), &[&name]);
            }
        }
        before = name;
    }
    Ok(())
}

/// All fixtures that are small enough.
fn fixtures() -> Outcome<Vec<PathBuf>> {
    let (mut found, mut waiting) = (Vec::new(), vec![root().join("fixtures")]);
    while let Some(folder) = waiting.pop() {
        for path in entries(&folder)? {
            if path.is_dir() {
                waiting.push(path);
            } else if path.metadata().is_ok_and(|metadata| metadata.len() <= MOST) && !is_ours(&path) {
                found.push(path);
            }
        }
    }
    found.sort();
    Ok(found)
}

/// True for scripts, pages and manifests, which are beside the fixtures.
fn is_ours(path: &Path) -> bool {
    let ending = path.extension().and_then(OsStr::to_str).unwrap_or_default();
    ["py", "md", "json", "java", "xml", "toml"].contains(&ending)
}

/// The paths in a folder.
pub(super) fn entries(folder: &Path) -> Outcome<Vec<PathBuf>> {
    let fail = |error: std::io::Error| format!("cannot list {}: {error}", folder.display());
    std::fs::read_dir(folder)
        .map_err(fail)?
        .map(|entry| entry.map(|entry| entry.path()).map_err(fail))
        .collect()
}

/// Numbers that lengths are compared with.
const NUMBERS: &[u64] =
    &[0, 1, 2, 0x7F, 0x80, 0xFF, 0x7FFF, 0xFFFF, 0x7FFF_FFFF, 0xFFFF_FFFF, 1 << 40, u64::MAX >> 1, u64::MAX];

/// Changes some bytes.
pub(super) fn change(seed: &mut Seed, bytes: &mut Vec<u8>) {
    for _ in 0..=seed.below(4) {
        let at = place(seed, bytes.len());
        match seed.below(9) {
            0 => bytes.truncate(at),
            1 => {
                if let Some(byte) = bytes.get_mut(at) {
                    *byte ^= 1 << seed.below(8);
                }
            }
            2 | 3 => {
                if let (Some(byte), [new, ..]) = (bytes.get_mut(at), seed.next().to_le_bytes()) {
                    *byte = new;
                }
            }
            4 | 5 => {
                let number = seed.pick(NUMBERS).copied().unwrap_or(0);
                let number = if seed.once_in(2) { number.to_le_bytes() } else { number.to_be_bytes() };
                let len = [1, 2, 4, 8].get(seed.below(4)).copied().unwrap_or(1);
                let number = if seed.once_in(2) { number.get(..len) } else { number.get(8 - len..) };
                let number = number.unwrap_or_default();
                if let Some(target) = bytes.get_mut(at..at + len) {
                    target.copy_from_slice(number);
                }
            }
            6 => {
                let end = at.saturating_add(seed.below(64)).min(bytes.len());
                drop(bytes.drain(at..end));
            }
            7 => {
                let end = at.saturating_add(seed.below(64)).min(bytes.len());
                let piece = bytes.get(at..end).unwrap_or_default().to_vec();
                let to = place(seed, bytes.len());
                drop(bytes.splice(to..to, piece));
            }
            _ => {
                // In text: a digit, a bracket, a quote.
                let letter = b"0123456789()[]{},:'\"-+ \n<>|fiuUSVMbO".get(seed.below(36)).copied();
                if let (Some(byte), Some(letter)) = (bytes.get_mut(at), letter) {
                    *byte = letter;
                }
            }
        }
    }
}

/// A place, most often near the beginning or the end, where headers and directories are.
fn place(seed: &mut Seed, len: usize) -> usize {
    match seed.below(4) {
        0 => seed.below(len + 1),
        1 => len - seed.below(len.min(128) + 1),
        _ => seed.below(len.min(256) + 1),
    }
}
