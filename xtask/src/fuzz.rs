//! `cargo xtask fuzz`: the fuzz targets, each for a while, with the fixtures to begin with; `--planted`: whether each
//! notices a fault that is planted for it.

mod planted;

use std::path::Path;
use std::process::Command;

use crate::run::{Outcome, captured, files_in, pass_through, root, shown, write};

#[path = "../../crates/arr-io/fuzz/src/seeds.rs"]
mod seeds;

/// The folder of the targets, below that of the workspace.
const FOLDER: &str = "crates/arr-io/fuzz";

/// What libFuzzer is told besides the time. Limits of the readers are far below these: who reaches them is wrong. A window
/// of 128 MiB, which a compressed file may have, is reserved to see whether it can be had.
const OPTIONS: &[&str] =
    &["-max_len=8192", "-timeout=20", "-malloc_limit_mb=256", "-rss_limit_mb=3000", "-print_final_stats=1"];

/// Seconds for each target, if nothing else is asked for.
const SECONDS: u32 = 30;

/// Runs the targets that are named, or all, one after another; goes on when one has found something.
pub(crate) fn main(words: &[String]) -> Outcome {
    let known = targets()?;
    let (mut named, mut seconds, mut is_planted) = (Vec::new(), None, false);
    let mut words = words.iter();
    while let Some(word) = words.next() {
        if word == "--seconds" {
            let number = words.next().and_then(|number| number.parse().ok());
            seconds = Some(number.ok_or("--seconds takes a number")?);
        } else if word == "--planted" {
            is_planted = true;
        } else if known.contains(word) {
            named.push(word.clone());
        } else {
            return Err(format!("no such option or target: {word} (there are: {})", known.join(", ")));
        }
    }
    check_tools()?;
    let wanted = if named.is_empty() { known } else { named };
    if is_planted {
        return planted::notice(&wanted, seconds.unwrap_or(planted::SECONDS));
    }
    let (seconds, mut failed) = (seconds.unwrap_or(SECONDS), Vec::new());
    for target in &wanted {
        println!("\nfuzz: {target} for {seconds} s ...");
        let corpus = root().join(FOLDER).join("corpus").join(target);
        seed(&corpus, target)?;
        failed.extend(fuzz(target, &corpus, seconds).err());
    }
    if failed.is_empty() { Ok(()) } else { Err(failed.join("\n")) }
}

/// The names of the targets.
fn targets() -> Outcome<Vec<String>> {
    let files = files_in(&root().join(FOLDER).join("fuzz_targets"), ".rs")?;
    Ok(files.iter().filter_map(|file| file.strip_suffix(".rs").map(String::from)).collect())
}

/// Says how to get what is missing.
fn check_tools() -> Outcome {
    let missing = |what: &str, how: &str| format!("{what} is missing; to get it: {how}");
    captured(Command::new("rustup").args(["run", "nightly", "rustc", "--version"])).map_err(|_| {
        missing(
            "the nightly compiler, which the address sanitizer needs,",
            "rustup toolchain install nightly",
        )
    })?;
    captured(Command::new("cargo-fuzz").arg("--version"))
        .map_err(|_| missing("cargo-fuzz", "cargo install cargo-fuzz --locked"))?;
    Ok(())
}

/// Puts what the fixtures have for a target into its corpus folder.
fn seed(corpus: &Path, target: &str) -> Outcome {
    let make = std::fs::create_dir_all(corpus);
    make.map_err(|error| format!("cannot make {}: {error}", corpus.display()))?;
    let seeds = seeds::seeds(target, &root().join("fixtures"))
        .map_err(|error| format!("cannot read the fixtures: {error}"))?;
    seeds.iter().try_for_each(|(name, bytes)| write(&corpus.join(name), bytes))
}

/// Runs one target. What it finds is below `artifacts`, and is run again by `cargo fuzz run TARGET FILE`.
fn fuzz(target: &str, corpus: &Path, seconds: u32) -> Outcome {
    let mut command = cargo_fuzz("run", target, &root(), "target/fuzz");
    let command = for_seconds(&mut command, corpus, seconds);
    println!("fuzz: {}", shown(command));
    pass_through(command)
        .map_err(|_| format!("{target} failed, see above; what it found is in {FOLDER}/artifacts"))
}

/// cargo-fuzz with a target of the sources in `tree`, built in a folder of the workspace.
fn cargo_fuzz(verb: &str, target: &str, tree: &Path, built: &str) -> Command {
    // Through rustup, so that cargo-fuzz calls the nightly cargo and not the one that runs this task.
    let mut command = Command::new("rustup");
    command.current_dir(tree.join("crates/arr-io")).args(["run", "nightly", "cargo", "fuzz", verb]);
    command.args(["--sanitizer", "address", "--target-dir"]).arg(root().join(built)).arg(target);
    command
}

/// What a target that is run is given: its corpus, and the time.
fn for_seconds<'c>(command: &'c mut Command, corpus: &Path, seconds: u32) -> &'c mut Command {
    command.arg(corpus).arg("--").args(OPTIONS).arg(format!("-max_total_time={seconds}"));
    command.arg(format!("-dict={}", root().join(FOLDER).join("npy.dict").display()))
}
