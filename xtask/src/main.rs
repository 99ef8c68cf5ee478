//! The project's tasks: `cargo xtask TASK`, with the tasks in one table below and a module for each.

#[cfg(unix)]
mod attack;
mod bench;
mod check;
mod ci;
mod cross;
mod features;
mod fixtures;
mod fuzz;
mod python;
mod run;
mod snapshots;
mod test;
mod tidy;

use std::process::ExitCode;

use run::Outcome;

/// One task: what it is called, what it does, and one line of help.
struct Task {
    /// The word after `cargo xtask`.
    name: &'static str,
    /// Gets the words after the task's name.
    function: fn(&[String]) -> Outcome,
    /// What the list of tasks says of it.
    help: &'static str,
}

/// Every task there is.
const TASKS: &[Task] = &[
    Task { name: "ci", function: ci::main, help: "everything below that must pass, each step with its time" },
    Task {
        name: "test",
        function: test::main,
        help: "[--full]: all tests of the workspace, documentation tests too; --full: those that take long instead",
    },
    Task {
        name: "check",
        function: check::main,
        help: "[benches] [fuzz] [oldest-rust]: what no test builds compiles, with the oldest Rust that we promise too",
    },
    Task {
        name: "features",
        function: features::main,
        help: "check each crate with each of its features alone",
    },
    Task {
        name: "fixtures",
        function: fixtures::main,
        help: "[numpy] [nd4j] [text] [--check] [--read-back]: rebuild the fixtures, compare them, or let the real programs read what \
               we write; text --differ N [SEED]: compare N random tables of each sort",
    },
    Task {
        name: "snapshots",
        function: snapshots::main,
        help: "rewrite the snapshots of the snapshot tests, and the table of formats",
    },
    Task {
        name: "tidy",
        function: tidy::main,
        help: "the rules of the workspace that the compiler does not check",
    },
    Task {
        name: "fuzz",
        function: fuzz::main,
        help: "[TARGET] [--seconds N]: run the fuzz targets, 30 s each, with the nightly compiler; --planted: see that each notices \
               a fault that is planted for it",
    },
    #[cfg(unix)]
    Task {
        name: "attack",
        function: attack::main,
        help: "[PART] [SECONDS]: hostile inputs, kills, failing calls and little memory, a minute each",
    },
    Task {
        name: "cross",
        function: cross::main,
        help: "the tests on an emulated big-endian machine, and a build for WebAssembly",
    },
    Task {
        name: "python",
        function: python::main,
        help: "[--python PYTHON] [--consumers] [--numpy]: build the Python package, install it into a fresh environment and test it; \
               --consumers: beside other libraries too; --numpy: by NumPy's own tests too",
    },
    Task {
        name: "bench",
        function: bench::main,
        help: "[--quick] [FILTER]: measure arr beside its rivals; a complete run writes docs/BENCHMARKS.md; --growth: large texts",
    },
];

fn main() -> ExitCode {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let Some(task) = words.first().and_then(|name| TASKS.iter().find(|task| task.name == name)) else {
        eprintln!("usage: cargo xtask TASK\n");
        for task in TASKS {
            eprintln!("  {:<10} {}", task.name, task.help);
        }
        return ExitCode::from(2);
    };
    match (task.function)(words.get(1..).unwrap_or_default()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("xtask {}: {error}", task.name);
            ExitCode::FAILURE
        }
    }
}
