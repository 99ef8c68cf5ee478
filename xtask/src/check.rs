//! `cargo xtask check`: what no test builds still compiles: the benches, the fuzz targets, and everything with the oldest
//! Rust that we promise.

use std::collections::BTreeMap;
use std::process::Command;

use crate::run::{Outcome, captured, cargo, metadata, packages, pass_through, root};

/// A part: its name, and what checks it.
type Part = (&'static str, fn() -> Outcome<Done>);

/// Every part there is.
const PARTS: &[Part] = &[("benches", benches), ("fuzz", fuzz), ("oldest-rust", oldest_rust)];

/// What a check that did not fail came to.
pub(crate) enum Done {
    /// It ran.
    Passed,
    /// It could not run on this machine, and why.
    LeftOut(String),
}

/// Checks the parts that are named, or all; goes on after a failure.
pub(crate) fn main(words: &[String]) -> Outcome {
    if let Some(word) = words.iter().find(|word| PARTS.iter().all(|part| part.0 != **word)) {
        let known: Vec<&str> = PARTS.iter().map(|part| part.0).collect();
        return Err(format!("no such part: {word} (there are: {})", known.join(", ")));
    }
    let mut failed = Vec::new();
    for (name, check) in
        PARTS.iter().filter(|part| words.is_empty() || words.iter().any(|word| word == part.0))
    {
        match check() {
            Ok(Done::Passed) => println!("check: {name} passed"),
            Ok(Done::LeftOut(why)) => println!("check: {name} LEFT OUT: {why}"),
            Err(error) => failed.push(format!("{name}: {error}")),
        }
    }
    if failed.is_empty() { Ok(()) } else { Err(failed.join("\n")) }
}

/// The benches, which are a workspace of their own.
pub(crate) fn benches() -> Outcome<Done> {
    workspace("benches/Cargo.toml")
}

/// The fuzz targets, which are a workspace of their own. They are run by the nightly compiler, and compile with any.
pub(crate) fn fuzz() -> Outcome<Done> {
    workspace("crates/arr-io/fuzz/Cargo.toml")
}

fn workspace(manifest: &str) -> Outcome<Done> {
    pass_through(cargo().args([
        "check",
        "--quiet",
        "--locked",
        "--all-targets",
        "--manifest-path",
        manifest,
    ]))?;
    Ok(Done::Passed)
}

/// Our crates with all of their features, without tests, each by the oldest Rust that it promises.
pub(crate) fn oldest_rust() -> Outcome<Done> {
    let metadata = metadata()?;
    let mut promised: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for package in packages(&metadata).filter(|package| package["name"] != "xtask") {
        if let (Some(version), Some(name)) = (package["rust_version"].as_str(), package["name"].as_str()) {
            promised.entry(version).or_default().push(name);
        }
    }
    if promised.is_empty() {
        return Err("no crate names the oldest Rust that it promises".to_owned());
    }
    let here = captured(Command::new("rustup").args(["toolchain", "list"])).unwrap_or_default();
    let here = String::from_utf8_lossy(&here);
    let mut left_out = Vec::new();
    for (version, names) in promised {
        match installed(&here, version) {
            Some(toolchain) => check_by(&toolchain, &names)?,
            None => left_out.push(format!(
                "Rust {version} is not installed; to get it: rustup toolchain install {version} --profile minimal"
            )),
        }
    }
    Ok(if left_out.is_empty() { Done::Passed } else { Done::LeftOut(left_out.join("; ")) })
}

fn check_by(toolchain: &str, names: &[&str]) -> Outcome {
    println!("check: {} with Rust {toolchain}", names.join(", "));
    // Through rustup, so that the cargo of that version runs, and in a folder of its own, so that nothing is built twice.
    let mut check = Command::new("rustup");
    check.current_dir(root()).args(["run", toolchain, "cargo", "check", "--quiet", "--locked"]);
    check.args(["--lib", "--bins", "--all-features"]);
    check.args(names.iter().flat_map(|name| ["-p", name]));
    check.env_remove("CARGO").env("CARGO_TARGET_DIR", root().join("target/oldest-rust"));
    pass_through(&mut check)
}

/// The toolchain of that version in what `rustup toolchain list` prints.
fn installed(list: &str, version: &str) -> Option<String> {
    let names = list.lines().filter_map(|line| line.split_whitespace().next());
    let fits = |name: &&str| {
        name.strip_prefix(version).is_some_and(|rest| rest.is_empty() || rest.starts_with(['-', '.']))
    };
    names.filter(fits).map(String::from).next()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_toolchain_is_found_by_its_version() {
        let list = "stable-x86_64-unknown-linux-gnu (active, default)\n1.85.1-x86_64-unknown-linux-gnu\n";
        assert_eq!(installed(list, "1.85").as_deref(), Some("1.85.1-x86_64-unknown-linux-gnu"));
        assert_eq!(
            installed("1.85-x86_64-apple-darwin\n", "1.85").as_deref(),
            Some("1.85-x86_64-apple-darwin")
        );
        assert_eq!(installed(list, "1.8"), None);
        assert_eq!(installed("", "1.85"), None);
    }
}
