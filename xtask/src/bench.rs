//! `cargo xtask bench`: arr beside its rivals and beside the machine's limits, as a table in `docs/BENCHMARKS.md`.

mod machine;
mod nd4j;
mod numpy;
mod report;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::run::{Outcome, captured, cargo, fresh_folder, pass_through, read, read_json, root, write};

/// The generated part of the page lies between these two lines.
const BEGIN: &str = "<!-- begin: written by `cargo xtask bench` -->";
/// See [`BEGIN`].
const END: &str = "<!-- end: written by `cargo xtask bench` -->";

/// Median nanoseconds of each row: topic, then name of the row.
type Medians = BTreeMap<String, BTreeMap<String, f64>>;

/// What is asked for.
struct Wish {
    /// Few samples, for a first look.
    quick: bool,
    /// Only rows whose full name has this in it.
    filter: Option<String>,
}

/// Runs everything and writes the page; a short or filtered run is only printed.
pub(crate) fn main(words: &[String]) -> Outcome {
    if let [first, sizes @ ..] = words {
        if first == "--growth" {
            return growth(sizes);
        }
    }
    let wish = wish(words)?;
    let target = target_folder()?;
    let criterion = target.join("bench/criterion");
    fresh_folder(&criterion)?;
    run_criterion(&wish, &criterion)?;
    let mut medians = collect(&criterion)?;
    let files = target.join("bench-files");
    let numpy = numpy::run(&wish, &files, &mut medians)?;
    let nd4j = nd4j::run(&wish, &files, &mut medians)?;
    let text = format!("{}{}", machine::describe(&numpy, &nd4j, &target)?, report::tables(&medians, &files));
    println!("\n{text}");
    if wish.quick || wish.filter.is_some() {
        println!("bench: docs/BENCHMARKS.md is written by complete runs only");
        return Ok(());
    }
    replace_generated(&root().join("docs/BENCHMARKS.md"), &text)
}

/// How time and memory of reading text grow, up to 4 GB or to what is asked for: it takes minutes, and is printed.
fn growth(sizes: &[String]) -> Outcome {
    let mut example = cargo();
    example.args([
        "run",
        "--release",
        "--locked",
        "--manifest-path",
        "benches/Cargo.toml",
        "--example",
        "growth",
        "--",
    ]);
    pass_through(example.args(sizes))
}

fn wish(words: &[String]) -> Outcome<Wish> {
    let mut wish = Wish { quick: false, filter: None };
    for word in words {
        match word.as_str() {
            "--quick" => wish.quick = true,
            option if option.starts_with('-') => return Err(format!("no such option: {option}")),
            _ if wish.filter.is_some() => return Err("one filter is enough".into()),
            filter => wish.filter = Some(filter.into()),
        }
    }
    Ok(wish)
}

/// Where cargo puts what it builds for the benchmarks' own workspace.
fn target_folder() -> Outcome<PathBuf> {
    let words = [
        "metadata",
        "--format-version",
        "1",
        "--no-deps",
        "--manifest-path",
        "benches/Cargo.toml",
        "--locked",
    ];
    let metadata: Value = serde_json::from_slice(&captured(cargo().args(words))?)
        .map_err(|error| format!("cargo metadata is not JSON: {error}"))?;
    let folder = metadata["target_directory"].as_str().ok_or("cargo metadata names no target directory")?;
    Ok(PathBuf::from(folder))
}

fn run_criterion(wish: &Wish, home: &Path) -> Outcome {
    let mut bench = cargo();
    bench.args(["bench", "--locked", "--manifest-path", "benches/Cargo.toml", "--", "--noplot"]);
    bench.args(&wish.filter).env("CRITERION_HOME", home);
    if wish.quick {
        bench.env("ARR_BENCH_QUICK", "1");
    }
    pass_through(&mut bench)
}

/// The medians of all rows that criterion left in its folder.
fn collect(home: &Path) -> Outcome<Medians> {
    let mut medians = Medians::new();
    for row in folders(home)?.iter().map(|topic| folders(topic)).collect::<Outcome<Vec<_>>>()?.concat() {
        let new = row.join("new");
        if !new.exists() {
            continue;
        }
        let (names, estimates) =
            (read_json(&new.join("benchmark.json"))?, read_json(&new.join("estimates.json"))?);
        let parts = (names["group_id"].as_str(), names["function_id"].as_str());
        let (Some(topic), Some(name)) = parts else { continue };
        let median = estimates["median"]["point_estimate"].as_f64();
        let median = median.ok_or_else(|| format!("{} has no median", new.display()))?;
        medians.entry(topic.into()).or_default().insert(name.into(), median);
    }
    Ok(medians)
}

fn folders(folder: &Path) -> Outcome<Vec<PathBuf>> {
    let entries =
        std::fs::read_dir(folder).map_err(|error| format!("cannot list {}: {error}", folder.display()))?;
    Ok(entries.flatten().map(|entry| entry.path()).filter(|path| path.is_dir()).collect())
}

/// Puts `text` between the two marks of a page; what stands around them is written by hand and stays.
fn replace_generated(page: &Path, text: &str) -> Outcome {
    let old = String::from_utf8_lossy(&read(page)?).into_owned();
    let parts = old.split_once(BEGIN).and_then(|(before, rest)| Some((before, rest.split_once(END)?.1)));
    let (before, after) =
        parts.ok_or_else(|| format!("{} has lost its marks {BEGIN} {END}", page.display()))?;
    write(page, format!("{before}{BEGIN}\n\n{text}\n{END}{after}").as_bytes())
}
