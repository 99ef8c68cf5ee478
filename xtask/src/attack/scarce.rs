//! Honest files where something is short: address space, or threads.

use std::process::Command;

use super::arena::{Arena, Ended};
use crate::run::{Outcome, captured};

/// What is run on the honest files.
const WORDS: &[&[&str]] = &[
    &["info", "c.npz"],
    &["info", "m.npz", "--json"],
    &["show", "c.npz"],
    &["show", "f.npy"],
    &["show", "r.npy", "--json"],
    &["check", "c.npz", "f.npy", "m.npz"],
    &["stats", "c.npz"],
    &["stats", "r.npy"],
    &["plot", "f.npy"],
    &["plot", "f.npy", "--kind", "heatmap", "-o", "o.png", "--force"],
    &["diff", "f.npy", "f.npy"],
    &["diff", "c.npz", "m.npz"],
    &["dump", "r.npy"],
    &["dump", "t.npy"],
    &["convert", "f.npy", "o.npz", "--force", "--level", "6"],
    &["convert", "f.npy", "o.npy", "--force", "--order", "C"],
    &["convert", "f.npy", "o.npy", "--force", "--dtype", "<f4"],
    &["convert", "f.npy", "o.npy", "--force", "--byte-order", "big"],
    &["convert", "m.npz", "out/", "--force"],
    &["convert", "c.npz", "o.npz", "--force"],
    &["convert", "f.npy", "o.npy.gz", "--force"],
    &["convert", "f.npy", "o.npy.zst", "--force"],
    &["convert", "f.npy", "o.nd4j", "--to", "nd4j-stream", "--force"],
    &["convert", "r.npy", "o.txt", "--to", "nd4j-txt", "--force", "--slice", "0:100"],
    &["append", "o.npz", "n=f.npy", "--force"],
    &["repair", "c.npz", "o.npz", "--force"],
    &["show", "g.npy.gz"],
    &["stats", "g.npy.gz"],
];

/// Makes the files: in Fortran order, deflated, stored, of random numbers, of texts, compressed as a whole.
const FILES: &str = "
import gzip, random, struct, zipfile
def npy(descr, shape, data, fortran=False):
    head = ('{%r: %s, %r: %r, %r: %r, }' % ('descr', descr, 'fortran_order', fortran, 'shape', shape)).encode()
    head += b' ' * (-(len(head) + 11) % 64) + b'\\n'
    return b'\\x93NUMPY\\x01\\x00' + struct.pack('<H', len(head)) + head + data
rng = random.Random(0)
def noise(count):
    return b''.join(struct.pack('<d', rng.random()) for _ in range(count))
block = noise(50000)
open('f.npy', 'wb').write(npy(\"'<f8'\", (2000, 500), block * 20, True))
open('r.npy', 'wb').write(npy(\"'<f8'\", (5000,), block[:40000]))
open('t.npy', 'wb').write(npy(\"'<U8'\", (2000,), 'some text'[:8].encode('utf-32-le') * 2000))
with zipfile.ZipFile('c.npz', 'w', zipfile.ZIP_DEFLATED) as out:
    out.writestr('a.npy', npy(\"'<f8'\", (500, 1000), block * 10))
with zipfile.ZipFile('m.npz', 'w') as out:
    for number in range(12):
        out.writestr('k%d.npy' % number, npy(\"'<f8'\", (50000,), block))
gzip.open('g.npy.gz', 'wb', 1).write(npy(\"'<f8'\", (500, 1000), block * 10))
";

/// Runs a script of Python in the folder.
pub(super) fn python(arena: &Arena, script: &str) -> Outcome {
    captured(Command::new("python3").current_dir(&arena.folder).args(["-c", script])).map(drop)
}

/// Makes the honest files.
pub(super) fn honest(arena: &Arena) -> Outcome {
    python(arena, FILES)
}

/// Runs everything in 8 to 130 MB of address space: what it can't do it says in a line.
pub(super) fn memory(arena: &mut Arena) -> Outcome {
    honest(arena)?;
    while arena.goes_on() {
        for words in WORDS {
            if !arena.goes_on() {
                break;
            }
            let kib = 8_000 + arena.seed.below(122_000);
            let command = arena.arr_after(&format!("ulimit -v {kib};"), words);
            let ended = arena.run(&command)?;
            let is_honest = |line: &str| line.starts_with("arr: ");
            let is_said = ended.code == Some(2) && !ended.err.is_empty() && ended.err.lines().all(is_honest);
            let is_done = ended.code == Some(0) || (ended.code == Some(1) && words.first() == Some(&"diff"));
            // So little that the program can't even be loaded is no fault of its own.
            if !is_done && !is_said && is_loaded(arena, kib)? {
                let said: String = ended.err.chars().take(200).collect();
                arena.fault(
                    &format!(
                        "{kib} KiB: {words:?}: {:?}, signal {:?}: {}",
                        ended.code,
                        ended.signal,
                        said.escape_debug()
                    ),
                    &[],
                );
            }
        }
    }
    Ok(())
}

/// True when the program can be loaded into so much address space.
fn is_loaded(arena: &mut Arena, kib: usize) -> Outcome<bool> {
    let command = arena.arr_after(&format!("ulimit -v {kib};"), &["--version"]);
    Ok(arena.run(&command)?.code == Some(0))
}

/// Runs everything with and without other threads: the same comes of it.
pub(super) fn threads(arena: &mut Arena) -> Outcome {
    honest(arena)?;
    // Limits on threads do not hold for root.
    let is_root = captured(Command::new("id").arg("-u"))? == b"0\n";
    let folder = arena.folder.clone();
    if is_root {
        captured(Command::new("chmod").args(["-R", "a+rwX"]).arg(&folder))?;
    }
    let limited = match is_root {
        true => "exec setpriv --reuid=65534 --regid=65534 --clear-groups prlimit --nproc=1",
        false => "ulimit -u 1;",
    };
    // A user that is nobody may not be let into the folder of the build.
    let command = folder.join("arr");
    std::fs::copy(&arena.command, &command).map_err(|error| format!("cannot copy the command: {error}"))?;
    arena.command = command;
    while arena.goes_on() {
        for words in WORDS {
            if !arena.goes_on() {
                break;
            }
            let free = arena.run(&arena.arr(words))?;
            if is_root {
                captured(Command::new("chmod").args(["-R", "a+rwX"]).arg(&folder))?;
            }
            let before = limited.strip_prefix("exec ").map_or(limited.to_owned(), str::to_owned);
            let command = match is_root {
                true => {
                    let mut command = Command::new("sh");
                    command
                        .args(["-c", &format!("exec {before} \"$@\""), "sh"])
                        .arg(&arena.command)
                        .args(*words);
                    command
                }
                false => arena.arr_after(limited, words),
            };
            let alone = arena.run(&command)?;
            let of = |ended: &Ended| (ended.code, ended.printed, ended.out.clone(), ended.err.clone());
            if of(&free) != of(&alone) {
                arena.fault(&format!("{words:?} alone: {:?}: {}", alone.code, alone.err.escape_debug()), &[]);
            }
        }
    }
    Ok(())
}
