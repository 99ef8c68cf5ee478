//! Inputs that other files replace while they are read: what comes out is of the one or of the other.

use std::fs;
use std::path::Path;
use std::thread;
use std::time::Duration;

use super::arena::{Arena, each_piece};
use super::scarce::python;
use crate::run::Outcome;

/// Two files of equal numbers, 1 and 2, of several blocks each; the header of the second is longer, so that places in the
/// one are no places in the other.
const FILES: &str = "
import array, struct, zipfile
def npy(shape, data, pad):
    head = ('{%r: %r, %r: False, %r: %r, }' % ('descr', '<f8', 'fortran_order', 'shape', shape)).encode()
    head += b' ' * (pad - len(head) - 11) + b'\\n'
    return b'\\x93NUMPY\\x01\\x00' + struct.pack('<H', len(head)) + head + data
for name, value, shape, pad in (('one', 1.0, (3000, 4000), 128), ('two', 2.0, (6000, 2000), 192)):
    data = npy(shape, struct.pack('<d', value) * (shape[0] * shape[1]), pad)
    open(name + '.npy', 'wb').write(data)
    with zipfile.ZipFile(name + '.npz', 'w') as out:
        out.writestr('x.npy', data)
";

/// What is run; `X` is the input.
const WORDS: &[&[&str]] = &[
    &["stats", "X", "--json"],
    &["check", "X"],
    &["diff", "X", "X"],
    &["convert", "X", "o.npy", "--force"],
    &["convert", "X", "o.npy", "--force", "--order", "F"],
    &["convert", "X", "o.npy", "--force", "--dtype", "<f4"],
    &["dump", "X"],
];

/// Replaces until the time is over.
pub(super) fn main(arena: &mut Arena) -> Outcome {
    python(arena, FILES)?;
    let folder = arena.folder.clone();
    while arena.goes_on() {
        let ending = if arena.seed.once_in(2) { "npy" } else { "npz" };
        let Some(words) = arena.seed.pick(WORDS) else { continue };
        let input = format!("x.{ending}");
        let put = |from: &str| -> Outcome {
            let fail = |error: std::io::Error| format!("cannot replace {input}: {error}");
            let staged = folder.join("staged");
            let _ = fs::remove_file(&staged);
            // Another name of the same file, which takes the place at once.
            fs::hard_link(folder.join(format!("{from}.{ending}")), &staged).map_err(fail)?;
            fs::rename(&staged, folder.join(&input)).map_err(fail)
        };
        let _ = fs::remove_file(folder.join(&input));
        put("one")?;
        let words: Vec<&str> =
            words.iter().map(|word| if *word == "X" { input.as_str() } else { *word }).collect();
        let delay = Duration::from_micros(u64::try_from(arena.seed.below(80_000)).unwrap_or(0));
        let (ended, put) = thread::scope(|scope| {
            let replacing = scope.spawn(|| {
                thread::sleep(delay);
                put("two")
            });
            let ended = arena.run(&arena.arr(&words));
            (ended, replacing.join().unwrap_or_else(|_| Err("the replacing thread failed".into())))
        });
        put?;
        let ended = ended?;
        // What is compared with itself may be two files.
        let is_pair = words.first() == Some(&"diff");
        let mixed = match words.first() {
            Some(&"convert") if ended.code == Some(0) => !is_one(&folder.join("o.npy"))?,
            Some(&"stats") if ended.code == Some(0) => {
                let text = String::from_utf8_lossy(&ended.out).into_owned();
                !["\"min\":1.0", "\"min\":2.0"]
                    .iter()
                    .any(|min| text.contains(min) && text.contains(&min.replace("min", "max")))
            }
            Some(&"dump") if ended.code == Some(0) => arena.printed_any(&["1.0,2.0", "2.0,1.0"])?,
            _ => !(matches!(ended.code, Some(0 | 2)) || (is_pair && ended.code == Some(1))),
        };
        if mixed {
            arena
                .fault(&format!("{words:?}, replaced after {delay:?}: {:?}: {}", ended.code, ended.err), &[]);
        }
    }
    Ok(())
}

/// True when all items of a file are the same, behind a header of one of the lengths.
fn is_one(path: &Path) -> Outcome<bool> {
    let fail = |error: std::io::Error| format!("cannot read {}: {error}", path.display());
    let len = fs::metadata(path).map_err(fail)?.len();
    let item: usize = if len == 128 + 48_000_000 { 4 } else { 8 };
    if len != 128 + 12_000_000 * item as u64 {
        return Ok(false);
    }
    let (mut at, mut first, mut is_one) = (0usize, Vec::new(), true);
    each_piece(path, |piece| {
        for byte in piece {
            let place = at % item;
            if at >= 128 {
                match first.get(place) {
                    None => first.push(*byte),
                    Some(wanted) => is_one &= wanted == byte,
                }
            }
            at += 1;
        }
    })?;
    Ok(is_one)
}
