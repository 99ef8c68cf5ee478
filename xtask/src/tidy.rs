//! `cargo xtask tidy`: rules of the workspace that the compiler does not check.

mod layers;

use std::path::Path;

use serde_json::Value;

use crate::run::{Outcome, metadata, packages, root, sources};

/// Which of our own crates a crate may use. Marked `?`: only as an optional dependency, behind a feature.
const MAY_USE: &[(&str, &[&str])] = &[
    ("arr-core", &["?arr-derive"]),
    ("arr-derive", &[]),
    ("arr-npy", &["arr-core", "?arr-derive"]),
    ("arr-text", &["arr-core"]),
    ("arr-conformance", &["arr-core"]),
    ("arr-binary", &["arr-core"]),
    ("arr-torch", &["arr-core"]),
    ("arr-serde", &["arr-core", "?arr-binary"]),
    (
        "arr-io",
        &["arr-core", "?arr-npy", "?arr-text", "?arr-binary", "?arr-torch", "?arr-serde", "?arr-derive"],
    ),
    ("arr-cli", &["arr-io"]),
    ("xtask", &["arr-io"]),
];

/// Files of code longer than this are to be split.
const LINES: usize = 600;

/// Beginnings of paths that exist on one machine only.
const HERE: &[&str] =
    &[concat!("/ho", "me/"), concat!("/ro", "ot/"), concat!("/wo", "rk/"), concat!("/Use", "rs/")];

/// Words that promise something instead of doing it.
const PROMISES: &[&str] = &[concat!("TO", "DO"), concat!("FIX", "ME")];

/// Checks everything; every fault is a line.
pub(crate) fn main(words: &[String]) -> Outcome {
    if let Some(word) = words.first() {
        return Err(format!("no such option: {word}"));
    }
    let mut faults = dependencies(&metadata()?);
    let layers = layers::Words::of_the_command()?;
    for name in sources()? {
        // What git lists and is not there was just removed.
        let Ok(bytes) = std::fs::read(root().join(&name)) else { continue };
        let text = String::from_utf8_lossy(&bytes);
        faults.extend(file(&name, &text));
        faults.extend(layers.faults(&name, &text));
    }
    for fault in &faults {
        println!("tidy: {fault}");
    }
    if faults.is_empty() { Ok(()) } else { Err(format!("{} faults", faults.len())) }
}

/// What contradicts the table of who may use whom. Tests may use more: they are not what a user builds.
fn dependencies(metadata: &Value) -> Vec<String> {
    let mut faults = Vec::new();
    for package in packages(metadata) {
        let name = package["name"].as_str().unwrap_or_default();
        let Some((_, allowed)) = MAY_USE.iter().find(|row| row.0 == name) else {
            faults.push(format!("{name} is not in the table of crates"));
            continue;
        };
        let used =
            package["dependencies"].as_array().into_iter().flatten().filter(|used| used["kind"] != "dev");
        for used in used.filter(|used| used.get("path").is_some_and(Value::is_string)) {
            let other = used["name"].as_str().unwrap_or_default();
            let optional = used["optional"] == true;
            let fits =
                |word: &&str| word.strip_prefix('?').map_or(*word == other, |word| word == other && optional);
            if !allowed.iter().any(fits) {
                faults.push(format!(
                    "{name} must not use {other}{}",
                    if optional { "" } else { " without a feature" }
                ));
            }
        }
    }
    faults
}

/// The faults of one file. One that is too long is only mentioned.
fn file(name: &str, text: &str) -> Vec<String> {
    let ending = Path::new(name).extension().and_then(std::ffi::OsStr::to_str).unwrap_or_default();
    let code = matches!(ending, "rs" | "py");
    if code && text.lines().count() > LINES {
        println!("tidy: {name} has {} lines, more than {LINES}: split it", text.lines().count());
    }
    let prose = code || matches!(ending, "md" | "toml" | "sh" | "yml");
    let mut faults = Vec::new();
    for (at, line) in text.lines().enumerate() {
        if let Some(path) = HERE.iter().find(|path| begins_path(line, path)) {
            faults.push(format!("{name}:{}: {path} is a path of one machine", at + 1));
        }
        if let Some(word) = PROMISES.iter().find(|word| prose && line.contains(**word)) {
            faults.push(format!("{name}:{}: {word}: do it, or file it", at + 1));
        }
    }
    faults
}

/// Whether the line has this path, and not only as the middle of a longer one.
fn begins_path(line: &str, path: &str) -> bool {
    line.match_indices(path).any(|(at, _)| {
        let before = line.get(..at).and_then(|before| before.chars().next_back());
        before.is_none_or(|letter| {
            !letter.is_alphanumeric()
                && !matches!(letter, '/' | '.' | '~' | '_' | '-' | '}' | '<' | '>' | ':')
        })
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn package(name: &str, uses: Value) -> Value {
        json!({"packages": [{"name": name, "dependencies": uses}]})
    }

    #[test]
    fn a_format_crate_may_use_the_core_only() {
        let core = json!({"name": "arr-core", "kind": null, "optional": false, "path": "x"});
        let text = json!({"name": "arr-text", "kind": null, "optional": true, "path": "x"});
        assert_eq!(dependencies(&package("arr-npy", json!([core]))), Vec::<String>::new());
        assert_eq!(dependencies(&package("arr-npy", json!([text]))), ["arr-npy must not use arr-text"]);
    }

    #[test]
    fn the_facade_needs_a_feature_for_each_format() {
        let used =
            |optional: bool| json!([{"name": "arr-npy", "kind": null, "optional": optional, "path": "x"}]);
        assert_eq!(dependencies(&package("arr-io", used(true))), Vec::<String>::new());
        assert_eq!(
            dependencies(&package("arr-io", used(false))),
            ["arr-io must not use arr-npy without a feature"]
        );
    }

    #[test]
    fn tests_may_use_more_and_strangers_are_named() {
        let used = json!([{"name": "arr-io", "kind": "dev", "optional": false, "path": "x"}]);
        assert_eq!(dependencies(&package("arr-core", used)), Vec::<String>::new());
        assert_eq!(dependencies(&package("arr-new", json!([]))), ["arr-new is not in the table of crates"]);
    }

    #[test]
    fn only_whole_paths_count() {
        let home = HERE[0];
        assert!(begins_path(&format!("see {home}someone"), home));
        assert!(begins_path(home, home));
        assert!(!begins_path(&format!("fixtures{home}file"), home));
    }
}
