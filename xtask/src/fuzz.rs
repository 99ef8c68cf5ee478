//! `cargo xtask fuzz`: the fuzz targets, each for a while, with the fixtures to begin with.

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

/// Runs the targets that are named, or all, one after another; goes on when one has found something.
pub(crate) fn main(words: &[String]) -> Outcome {
    let known = targets()?;
    let (mut named, mut seconds) = (Vec::new(), 30u32);
    let mut words = words.iter();
    while let Some(word) = words.next() {
        if word == "--seconds" {
            let number = words.next().and_then(|number| number.parse().ok());
            seconds = number.ok_or("--seconds takes a number")?;
        } else if known.contains(word) {
            named.push(word.clone());
        } else {
            return Err(format!("no such option or target: {word} (there are: {})", known.join(", ")));
        }
    }
    check_tools()?;
    let wanted = if named.is_empty() { known } else { named };
    let mut failed = Vec::new();
    for target in &wanted {
        println!("\nfuzz: {target} for {seconds} s ...");
        let corpus = seeded(target)?;
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

/// The corpus folder of a target, with what the fixtures have for it.
fn seeded(target: &str) -> Outcome<std::path::PathBuf> {
    let corpus = root().join(FOLDER).join("corpus").join(target);
    let make = std::fs::create_dir_all(&corpus);
    make.map_err(|error| format!("cannot make {}: {error}", corpus.display()))?;
    let fixtures = root().join("fixtures");
    let seeds =
        seeds::seeds(target, &fixtures).map_err(|error| format!("cannot read the fixtures: {error}"))?;
    for (name, bytes) in seeds {
        write(&corpus.join(name), &bytes)?;
    }
    Ok(corpus)
}

/// Runs one target. What it finds is below `artifacts`, and is run again by `cargo fuzz run TARGET FILE`.
fn fuzz(target: &str, corpus: &Path, seconds: u32) -> Outcome {
    // Through rustup, so that cargo-fuzz calls the nightly cargo and not the one that runs this task.
    let mut command = Command::new("rustup");
    command.current_dir(root().join("crates/arr-io")).args(["run", "nightly", "cargo", "fuzz", "run"]);
    command.args(["--sanitizer", "address", "--target-dir"]).arg(root().join("target/fuzz"));
    command.arg(target).arg(corpus).arg("--").args(OPTIONS).arg(format!("-max_total_time={seconds}"));
    command.arg(format!("-dict={}", root().join(FOLDER).join("npy.dict").display()));
    println!("fuzz: {}", shown(&command));
    pass_through(&mut command)
        .map_err(|_| format!("{target} failed, see above; what it found is in {FOLDER}/artifacts"))
}
