//! Writing commands, killed at any moment: a file is the old or the new one, and the next run clears what was left.

use std::fs;
use std::thread;
use std::time::Duration;

use super::arena::Arena;
use super::scarce::{honest, python};
use crate::run::{Outcome, read};

/// What is run, what it writes, and whether what is there before counts as whole.
const JOBS: &[(&[&str], &str)] = &[
    (&["convert", "b.npy", "x.npy", "--force"], "x.npy"),
    (&["convert", "b.npy", "x.npz", "--force", "--level", "6"], "x.npz"),
    (&["convert", "m.npz", "out/", "--force"], "out/k0.npy"),
    (&["append", "x.npz", "b.npy", "--force"], "x.npz"),
    (&["append", "x.npy", "a.npy"], "x.npy"),
    (&["rm", "x.npz", "k1"], "x.npz"),
    (&["mv", "x.npz", "k1", "other", "--force"], "x.npz"),
    (&["repair", "m.npz", "x.npz", "--force"], "x.npz"),
    (&["convert", "b.npy", "x.npy.gz", "--force"], "x.npy.gz"),
];

/// Kills until the time is over.
pub(super) fn main(arena: &mut Arena) -> Outcome {
    honest(arena)?;
    python(arena, "import shutil; shutil.copy('r.npy', 'a.npy'); shutil.copy('f.npy', 'b.npy')")?;
    while arena.goes_on() {
        let Some((words, target)) = arena.seed.pick(JOBS) else { continue };
        let copy = |from: &str, to: &str| {
            fs::copy(arena.folder.join(from), arena.folder.join(to))
                .map(drop)
                .map_err(|error| format!("cannot copy {from}: {error}"))
        };
        copy("a.npy", "x.npy")?;
        copy("m.npz", "x.npz")?;
        let before = read(&arena.folder.join(target)).unwrap_or_default();
        let mut child = arena.arr(words);
        child
            .current_dir(&arena.folder)
            .stdout(std::process::Stdio::null())
            .stderr(std::process::Stdio::null());
        let mut child = child.spawn().map_err(|error| format!("cannot run {words:?}: {error}"))?;
        thread::sleep(Duration::from_micros(u64::try_from(arena.seed.below(60_000)).unwrap_or(0)));
        let _ = child.kill();
        let status = child.wait().map_err(|error| format!("cannot wait for {words:?}: {error}"))?;
        arena.count(1);
        let after = read(&arena.folder.join(target)).unwrap_or_default();
        if after != before && !after.is_empty() {
            let ended = arena.run(&arena.arr(&["show", target]))?;
            if ended.code != Some(0) {
                arena.fault(
                    &format!("{words:?} killed ({status}): {target} is broken: {}", ended.err),
                    &[target],
                );
            }
        } else if after.is_empty() && !before.is_empty() {
            arena.fault(&format!("{words:?} killed ({status}): {target} is gone"), &[]);
        }
        // The next run ends, and clears what the killed one left.
        let ended = arena.run(&arena.arr(words))?;
        // What was done already is not done again.
        let once = ["append", "rm", "mv"];
        let is_done = ended.code == Some(0) || words.first().is_some_and(|word| once.contains(word));
        let litter = [arena.litter(&arena.folder), arena.litter(&arena.folder.join("out"))].concat();
        if !is_done || !litter.is_empty() {
            arena.fault(
                &format!(
                    "{words:?} after one that was killed: {:?}, {} left {litter:?}",
                    ended.code, ended.err
                ),
                &[],
            );
            for name in litter {
                let path = arena.folder.join(name);
                let _ = if path.is_dir() { fs::remove_dir_all(&path) } else { fs::remove_file(&path) };
            }
        }
    }
    Ok(())
}
