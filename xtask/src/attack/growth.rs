//! Inputs of twice the size, again and again: the work grows in proportion.

use std::time::Duration;

use super::arena::Arena;
use super::scarce::python;
use crate::run::Outcome;

/// How an input grows: a name, the first number, how often it is doubled, and Python that writes `x` and `y` for `n`.
struct Growth {
    name: &'static str,
    first: u64,
    doublings: u32,
    script: &'static str,
}

/// What all scripts have.
const PRELUDE: &str = "
import struct, zipfile
def npy(descr, shape, data):
    head = ('{%r: %s, %r: False, %r: %r, }' % ('descr', descr, 'fortran_order', 'shape', shape)).encode()
    head += b' ' * (-(len(head) + 13) % 64) + b'\\n'
    return b'\\x93NUMPY\\x02\\x00' + struct.pack('<I', len(head)) + head + data
def both(name, data):
    open('x.' + name, 'wb').write(data)
    open('y.' + name, 'wb').write(data)
";

const GROWTHS: &[Growth] = &[
    Growth {
        name: "fields",
        first: 5_000,
        doublings: 3,
        script: "both('npy', npy(str([('f%d' % i, '<i4') for i in range(n)]), (1,), bytes(4 * n)))",
    },
    Growth {
        name: "members",
        first: 5_000,
        doublings: 3,
        script: "
one = npy(repr('<f8'), (3,), bytes(24))
for name in 'xy':
    with zipfile.ZipFile(name + '.npz', 'w') as out:
        for i in range(n):
            out.writestr('member/%d.npy' % i, one)
",
    },
    Growth {
        name: "arrays",
        first: 5_000,
        doublings: 3,
        script: "both('npy', npy(repr('<f8'), (3,), bytes(24)) * n)",
    },
    Growth {
        name: "bytes",
        first: 1 << 20,
        doublings: 3,
        script: "both('npy', npy(repr('<f8'), (n, 2), bytes(16 * n)))",
    },
    Growth {
        name: "depth",
        first: 20,
        doublings: 3,
        script: "
descr = repr('<i4')
for i in range(n):
    descr = \"[('a', %s), ('b', '<i4')]\" % descr
both('npy', npy(descr, (100,), bytes(100 * 4 * (n + 1))))
",
    },
    Growth {
        name: "dimensions",
        first: 4,
        doublings: 4,
        script: "both('npy', npy(repr('<f8'), (1,) * (n - 1) + (1000,), bytes(8000)))",
    },
];

/// What is run on `x` and `y`.
const WORDS: &[&[&str]] = &[
    &["info", "X"],
    &["info", "X", "--json"],
    &["show", "X", "--json"],
    &["dump", "X"],
    &["check", "X"],
    &["stats", "X"],
    &["diff", "X", "Y"],
    &["convert", "X", "o.npz", "--force"],
    &["convert", "X", "o.npy", "--force", "--order", "F"],
    &["append", "o.npz", "Y", "--force"],
    &["repair", "X", "o.npz", "--force"],
];

/// Eight times as much may take so many times as long, and what starting takes.
const MOST: u32 = 20;

/// Shorter times are noise.
const NOISE: Duration = Duration::from_millis(60);

/// Measures each growth under every command; begins again as long as there is time.
pub(super) fn main(arena: &mut Arena) -> Outcome {
    let mut first = true;
    while first || arena.goes_on() {
        first = false;
        for growth in GROWTHS {
            let ending = if growth.name == "members" { "npz" } else { "npy" };
            let mut small: Vec<Duration> = Vec::new();
            for doubling in [0, growth.doublings] {
                let script = format!("{PRELUDE}n = {}\n{}", growth.first << doubling, growth.script);
                python(arena, &script)?;
                for (place, words) in WORDS.iter().enumerate() {
                    let own = |word: &&'static str| match *word {
                        "X" => format!("x.{ending}"),
                        "Y" => format!("y.{ending}"),
                        word => word.to_owned(),
                    };
                    let words: Vec<String> = words.iter().map(own).collect();
                    let words: Vec<&str> = words.iter().map(String::as_str).collect();
                    let time = least(arena, &words)?;
                    match small.get(place) {
                        None => small.push(time),
                        Some(before) if time > (*before).max(NOISE) * MOST => {
                            let times = 1 << growth.doublings;
                            arena.fault(
                                &format!(
                                    "{words:?}: {times} times the {} took {time:?} after {before:?}",
                                    growth.name
                                ),
                                &[],
                            );
                        }
                        Some(_) => {}
                    }
                }
            }
        }
    }
    Ok(())
}

/// The least time of two runs, of all threads together.
fn least(arena: &mut Arena, words: &[&str]) -> Outcome<Duration> {
    let command = arena.arr(words);
    let (one, other) = (arena.run(&command)?, arena.run(&command)?);
    arena.check(&one, &[]);
    Ok(one.busy.min(other.busy))
}
