//! `cargo xtask ci`: everything that must pass, in the order in which failures are most useful.

use std::time::Instant;

use crate::check::{self, Done};
use crate::run::{Outcome, cargo, pass_through};
use crate::{attack, features, fixtures, test, tidy};

/// One step: what it is called, and what it does.
struct Step {
    /// As one would type it.
    name: &'static str,
    /// The step itself.
    function: fn() -> Outcome<Done>,
}

/// Every step there is.
const STEPS: &[Step] = &[
    Step { name: "cargo xtask test", function: || passed(test::main(&[])) },
    Step { name: "cargo fmt --check", function: || cargo_with(&["fmt", "--all", "--check"]) },
    Step { name: "cargo clippy", function: clippy },
    Step { name: "cargo doc", function: documentation },
    Step { name: "cargo xtask tidy", function: || passed(tidy::main(&[])) },
    Step { name: "cargo xtask check benches", function: check::benches },
    Step { name: "cargo xtask check fuzz", function: check::fuzz },
    Step { name: "cargo xtask check oldest-rust", function: check::oldest_rust },
    Step { name: "cargo xtask features", function: || passed(features::main(&[])) },
    Step { name: "cargo xtask test --full", function: || passed(test::main(&["--full".into()])) },
    Step { name: "cargo xtask attack", function: || passed(attack::main(&[])) },
    Step { name: "cargo xtask fixtures --check", function: || passed(fixtures::main(&["--check".into()])) },
    Step {
        name: "cargo xtask fixtures --read-back",
        function: || passed(fixtures::main(&["--read-back".into()])),
    },
];

/// Runs every step, goes on after a failure, and says at the end what failed and how long each took.
pub(crate) fn main(_words: &[String]) -> Outcome {
    let mut lines = Vec::new();
    let mut failed = Vec::new();
    for step in STEPS {
        println!("\nci: {} ...", step.name);
        let start = Instant::now();
        let outcome = (step.function)();
        let seconds = start.elapsed().as_secs_f64();
        let (word, why) = match outcome {
            Ok(Done::Passed) => ("passed", None),
            Ok(Done::LeftOut(why)) => ("LEFT OUT", Some(why)),
            Err(error) => {
                failed.push(step.name);
                ("FAILED", Some(error))
            }
        };
        let why = why.map(|why| format!(": {why}")).unwrap_or_default();
        println!("ci: {} {word} after {seconds:.1} s{why}", step.name);
        lines.push(format!("{word:<8} {seconds:>7.1} s  {}{why}", step.name));
    }
    println!("\nci:\n{}", lines.join("\n"));
    if failed.is_empty() { Ok(()) } else { Err(format!("failed: {}", failed.join(", "))) }
}

/// A step that runs on every machine.
fn passed(outcome: Outcome) -> Outcome<Done> {
    outcome.map(|()| Done::Passed)
}

/// Runs cargo with these words.
fn cargo_with(words: &[&str]) -> Outcome<Done> {
    passed(pass_through(cargo().args(words)))
}

/// Lints of every target; a warning is a failure.
fn clippy() -> Outcome<Done> {
    cargo_with(&["clippy", "--workspace", "--all-targets", "--", "-D", "warnings"])
}

/// The documentation of our own crates; a broken link is a failure.
fn documentation() -> Outcome<Done> {
    let mut doc = cargo();
    doc.args(["doc", "--workspace", "--no-deps", "--all-features"]).env("RUSTDOCFLAGS", "-D warnings");
    passed(pass_through(&mut doc))
}
