//! `cargo xtask attack`: what a hostile world does to the command, part by part, each for some seconds.
//!
//! Every part counts its runs, and says of each fault what was done and what came of it. Inputs that brought a fault are
//! kept in `target/attack/kept`. The numbers that the choices are made of begin with the same seed each time, unless
//! `ARR_ATTACK_SEED` names another.

mod arena;
mod growth;
mod inject;
mod kill;
mod mutate;
mod replace;
mod scarce;
mod seed;
mod zips;

use crate::run::{Outcome, build_command, fresh_folder, root};
use arena::Arena;

/// A part: its name, what it does, and what does it.
struct Part {
    /// As one would type it.
    name: &'static str,
    /// What the list of parts says of it.
    help: &'static str,
    /// Attacks until the time is over; an error is what keeps it from attacking.
    function: fn(&mut Arena) -> Outcome,
}

/// Every part there is.
const PARTS: &[Part] = &[
    Part { name: "mutate", help: "changed fixtures through every command", function: mutate::main },
    Part { name: "zips", help: "changed archives, held against Python's zipfile", function: zips::main },
    Part { name: "kill", help: "writing commands, killed at any moment", function: kill::main },
    Part {
        name: "inject",
        help: "errors, interruptions and short counts of system calls",
        function: inject::main,
    },
    Part { name: "replace", help: "inputs that other files replace meanwhile", function: replace::main },
    Part { name: "memory", help: "honest files in little address space", function: scarce::memory },
    Part { name: "threads", help: "honest files where no thread can be started", function: scarce::threads },
    Part { name: "growth", help: "inputs of twice the size, again and again", function: growth::main },
];

/// Seconds of a part, where nothing else is said.
const SECONDS: u64 = 60;

/// Runs the parts that are named, or all, for so many seconds each.
pub(crate) fn main(words: &[String]) -> Outcome {
    let (mut named, mut seconds) = (Vec::new(), SECONDS);
    for word in words {
        match word.parse() {
            Ok(number) => seconds = number,
            Err(_) if PARTS.iter().any(|part| part.name == word) => named.push(word.as_str()),
            Err(_) => {
                let known: Vec<_> =
                    PARTS.iter().map(|part| format!("  {:<8} {}", part.name, part.help)).collect();
                return Err(format!("no such part: {word}; there are:\n{}", known.join("\n")));
            }
        }
    }
    attack(&named, seconds)
}

fn attack(named: &[&str], seconds: u64) -> Outcome {
    let command = build_command()?;
    let place = root().join("target/attack");
    fresh_folder(&place)?;
    let (mut lines, mut failed) = (Vec::new(), Vec::new());
    for part in PARTS.iter().filter(|part| named.is_empty() || named.contains(&part.name)) {
        println!("\nattack: {}: {} for {seconds} s ...", part.name, part.help);
        let mut arena = Arena::new(command.clone(), &place, part.name, seconds)?;
        let outcome = (part.function)(&mut arena);
        let line = arena.line(part.name);
        println!("attack: {line}");
        lines.push(line);
        failed.extend(outcome.err().map(|error| format!("{}: {error}", part.name)));
        failed.extend((arena.faults() > 0).then(|| format!("{}: {} faults", part.name, arena.faults())));
    }
    println!("\nattack:\n{}", lines.join("\n"));
    if failed.is_empty() { Ok(()) } else { Err(failed.join("\n")) }
}
