//! Errors, interruptions and short counts of system calls, one in a run: either all comes out as it should, or an error
//! is said and everything is as before.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::process::Command;

use super::arena::Arena;
use super::mutate::entries;
use super::scarce::{honest, python};
use crate::run::{Outcome, captured, fresh_folder, read, root};

/// What can come of a call: the number of an error on Linux, or a short count; and whether the work has to go on.
const KINDS: &[(&str, u32, bool)] =
    &[("a short count", 0, true), ("EINTR", 4, true), ("EIO", 5, false), ("ENOSPC", 28, false)];

/// What is run, in a folder with `old.npy`, `new.npy`, `old.npz` and a folder `out`.
const WORDS: &[&[&str]] = &[
    &["convert", "new.npy", "old.npy", "--force"],
    &["convert", "new.npy", "old.npz", "--force", "--level", "6"],
    &["convert", "new.npy", "fresh.npy", "--dtype", "<f4"],
    &["convert", "old.npz", "out/", "--force"],
    &["convert", "new.npy", "old.npy.gz", "--force"],
    &["append", "old.npz", "new.npy"],
    &["append", "old.npy", "new.npy"],
    &["rm", "old.npz", "k0"],
    &["mv", "old.npz", "k0", "other"],
    &["repair", "old.npz", "fresh.npz"],
    &["show", "new.npy"],
    &["stats", "old.npz"],
    &["dump", "old.npy"],
    &["check", "old.npz", "old.npy"],
];

/// More calls are not tried of a command.
const CALLS: usize = 400;

/// The files of a folder and of those below it.
type Files = BTreeMap<String, Vec<u8>>;

/// Tries every call of every command with every kind, until the time is over.
pub(super) fn main(arena: &mut Arena) -> Outcome {
    if !cfg!(target_os = "linux") {
        return Err("it takes Linux".into());
    }
    honest(arena)?;
    let library = arena.folder.join("inject.so");
    let source = root().join("xtask/attack/inject.c");
    captured(
        Command::new("cc").args(["-shared", "-fPIC", "-O1", "-o"]).arg(&library).arg(&source).arg("-ldl"),
    )?;
    let work = arena.folder.join("work");
    for number in 0.. {
        // Calls in turn, so that a short time sees the beginning of each command.
        let at = number / (WORDS.len() * KINDS.len()) + 1;
        if !arena.goes_on() || at > CALLS {
            break;
        }
        let Some(words) = WORDS.get(number / KINDS.len() % WORDS.len()) else { break };
        let Some(kind) = KINDS.get(number % KINDS.len()) else { break };
        attempt(arena, &work, &library, words, (at, kind))?;
    }
    Ok(())
}

fn attempt(
    arena: &mut Arena,
    work: &Path,
    library: &Path,
    words: &[&str],
    (at, (kind, error, goes_on)): (usize, &(&str, u32, bool)),
) -> Outcome {
    let before = fill(arena, work)?;
    let plain = arena.arr_after("cd work;", words);
    let free = arena.run(&plain)?;
    let wanted = files(work)?;
    fill(arena, work)?;
    let mark = arena.folder.join("mark");
    let _ = fs::remove_file(&mark);
    let mut command =
        arena.arr_after(&format!("cd work; LD_PRELOAD='{}'; export LD_PRELOAD;", library.display()), words);
    command
        .env("ARR_INJECT_AT", at.to_string())
        .env("ARR_INJECT", error.to_string())
        .env("ARR_INJECT_MARK", &mark);
    let ended = arena.run(&command)?;
    if !mark.exists() {
        return Ok(());
    }
    let found = files(work)?;
    let is_done =
        (ended.code, ended.printed, &ended.out) == (free.code, free.printed, &free.out) && found == wanted;
    let is_said =
        ended.code == Some(2) && ended.err.lines().next().is_some_and(|line| line.starts_with("arr: "));
    let is_undone = is_said && (found == before || words.first() == Some(&"check"));
    // What is read may be said to be bad where it is, and the rest be shown.
    if !is_done && (*goes_on || !is_undone) {
        let changed: Vec<_> = found
            .iter()
            .filter(|(name, bytes)| before.get(*name) != Some(bytes))
            .map(|(name, _)| name)
            .collect();
        arena.fault(
            &format!(
                "{words:?}, {kind} at call {at}: {:?}: {}; changed: {changed:?}",
                ended.code,
                ended.err.escape_debug()
            ),
            &[],
        );
    }
    Ok(())
}

/// Puts the folder into its first state; what is in it.
fn fill(arena: &Arena, work: &Path) -> Outcome<Files> {
    fresh_folder(work)?;
    if !arena.folder.join("small.npz").exists() {
        python(
            arena,
            "import zipfile; z = zipfile.ZipFile('small.npz', 'w'); z.write('r.npy', 'k0.npy'); z.write('t.npy'); z.close()",
        )?;
    }
    let copy = |from: &str, to: &str| {
        let copied = fs::copy(arena.folder.join(from), work.join(to));
        copied.map(drop).map_err(|error| format!("cannot copy {from}: {error}"))
    };
    copy("r.npy", "old.npy")?;
    copy("small.npz", "old.npz")?;
    copy("r.npy", "new.npy")?;
    fs::create_dir(work.join("out")).map_err(|error| format!("cannot make a folder: {error}"))?;
    copy("t.npy", "out/k0.npy")?;
    files(work)
}

fn files(folder: &Path) -> Outcome<Files> {
    let (mut found, mut waiting) = (Files::new(), vec![folder.to_path_buf()]);
    while let Some(path) = waiting.pop() {
        if path.is_dir() {
            waiting.extend(entries(&path)?);
        } else {
            found.insert(path.to_string_lossy().into_owned(), read(&path)?);
        }
    }
    Ok(found)
}
