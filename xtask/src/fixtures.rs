//! `cargo xtask fixtures`: the fixtures are written by the real programs, pinned, and compared with what is committed.

mod compare;
mod edits;
mod merge;
mod modes;
mod nd4j;
pub(crate) mod nd4j_java;
mod nd4j_read_back;
mod nested;
mod numpy;
mod producers;
mod python;
mod read_back;
mod read_back_npz;
mod scipy;
mod text;
mod torch7;
mod torch7_read_back;
mod wide;

use crate::run::Outcome;

/// What is asked for.
struct Wish {
    /// Compare with what is committed in place of writing.
    check: bool,
    /// Let the real programs read what we write.
    read_back: bool,
    /// Compare so many random tables, of this seed.
    differ: Option<(u64, u64)>,
}

/// A family of fixtures: its name, and what builds or checks it.
type Family = (&'static str, fn(&Wish) -> Outcome);

/// Every family there is.
const FAMILIES: &[Family] = &[
    ("numpy", numpy::main),
    ("nd4j", nd4j::main),
    ("text", text::main),
    ("python", python::main),
    ("torch7", torch7::main),
    ("scipy", scipy::main),
];

/// Runs the families that are named, or all.
pub(crate) fn main(words: &[String]) -> Outcome {
    let mut wish = Wish { check: false, read_back: false, differ: None };
    let mut named = Vec::new();
    let mut words = words.iter().peekable();
    while let Some(word) = words.next() {
        match word.as_str() {
            "--check" => wish.check = true,
            "--read-back" => wish.read_back = true,
            "--differ" => {
                let mut number = || words.next_if(|word| word.parse::<u64>().is_ok())?.parse().ok();
                wish.differ =
                    Some((number().ok_or("--differ takes a number of tables")?, number().unwrap_or(1)));
            }
            name => match FAMILIES.iter().find(|family| family.0 == name) {
                Some(family) => named.push(family),
                None => return Err(format!("no such option or family of fixtures: {name}")),
            },
        }
    }
    if wish.differ.is_some() {
        named.retain(|family| family.0 != "text");
        return match named.is_empty() {
            true => text::main(&wish),
            false => Err("--differ is for text alone".into()),
        };
    }
    if named.is_empty() {
        named.extend(FAMILIES);
    }
    let failed = named.into_iter().filter_map(|(name, run)| Some(format!("{name}: {}", run(&wish).err()?)));
    let failed: Vec<String> = failed.collect();
    if failed.is_empty() { Ok(()) } else { Err(failed.join("; ")) }
}
