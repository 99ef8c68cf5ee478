//! `cargo xtask features`: every crate must build with none, with each one and with all of its features.

use serde_json::Value;

use crate::run::{Outcome, cargo, metadata, packages, pass_through, root};

/// Checks every combination, or only those of the crates that are named.
pub(crate) fn main(words: &[String]) -> Outcome {
    let metadata = metadata()?;
    let combinations = combinations(&metadata);
    let chosen = combinations.iter().filter(|(name, _)| words.is_empty() || words.contains(name));
    let mut failed = Vec::new();
    for (name, arguments) in chosen {
        println!("features: {name} {}", arguments.join(" "));
        let mut check = cargo();
        check.args(["check", "--quiet", "--package", name]).args(arguments);
        // A folder of its own: other flags would rebuild everything there and back again.
        check.env("RUSTFLAGS", "-D warnings").env("CARGO_TARGET_DIR", root().join("target/features"));
        failed.extend(pass_through(&mut check).err());
    }
    if failed.is_empty() { Ok(()) } else { Err(failed.join("\n")) }
}

/// Each crate with none of its features, each alone, and all of them.
fn combinations(metadata: &Value) -> Vec<(String, Vec<String>)> {
    let mut found = Vec::new();
    for package in packages(metadata).filter(|package| package["name"] != "xtask") {
        let name = package["name"].as_str().unwrap_or_default();
        let features: Vec<&String> =
            package["features"].as_object().into_iter().flat_map(|all| all.keys()).collect();
        found.push((name.into(), vec!["--no-default-features".into()]));
        for feature in &features {
            found.push((name.into(), vec!["--no-default-features".into(), format!("--features={feature}")]));
        }
        if features.len() > 1 {
            found.push((name.into(), vec!["--all-features".into()]));
        }
    }
    found
}
