//! `cargo xtask ci`: everything that must pass, in the order in which failures are most useful.

use std::time::Instant;

use crate::run::{Outcome, cargo, pass_through};
use crate::{features, fixtures, test, tidy};

/// One step: what it is called, and what it does.
struct Step {
    /// As the README would have one type it.
    name: &'static str,
    /// The step itself.
    function: fn() -> Outcome,
}

/// Every step there is.
const STEPS: &[Step] = &[
    Step { name: "cargo xtask test", function: || test::main(&[]) },
    Step { name: "cargo fmt --check", function: || cargo_with(&["fmt", "--all", "--check"]) },
    Step { name: "cargo clippy", function: clippy },
    Step { name: "cargo doc", function: documentation },
    Step { name: "cargo xtask tidy", function: || tidy::main(&[]) },
    Step { name: "cargo xtask features", function: || features::main(&[]) },
    Step { name: "cargo xtask fixtures --check", function: || fixtures::main(&["--check".into()]) },
    Step { name: "cargo xtask fixtures --read-back", function: || fixtures::main(&["--read-back".into()]) },
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
        let word = if outcome.is_ok() { "passed" } else { "FAILED" };
        if let Err(error) = outcome {
            println!("ci: {}: {error}", step.name);
            failed.push(step.name);
        }
        println!("ci: {} {word} after {seconds:.1} s", step.name);
        lines.push(format!("{word:<7} {seconds:>7.1} s  {}", step.name));
    }
    println!("\nci:\n{}", lines.join("\n"));
    if failed.is_empty() { Ok(()) } else { Err(format!("failed: {}", failed.join(", "))) }
}

/// Runs cargo with these words.
fn cargo_with(words: &[&str]) -> Outcome {
    pass_through(cargo().args(words))
}

/// Lints of every target; a warning is a failure.
fn clippy() -> Outcome {
    cargo_with(&["clippy", "--workspace", "--all-targets", "--", "-D", "warnings"])
}

/// The documentation of our own crates; a broken link is a failure.
fn documentation() -> Outcome {
    pass_through(cargo().args(["doc", "--workspace", "--no-deps"]).env("RUSTDOCFLAGS", "-D warnings"))
}
