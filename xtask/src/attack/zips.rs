//! Changed archives, held against Python's zipfile: the same members and bytes, or a refusal.

use std::process::Command;

use super::arena::Arena;
use crate::run::{Outcome, captured, root};

/// Archives of a run of the script.
const AT_ONCE: u64 = 200;

/// Lets a script change archives, and read them with zipfile and with the command.
pub(super) fn main(arena: &mut Arena) -> Outcome {
    while arena.goes_on() {
        let seed = arena.seed.next().to_string();
        let mut script = Command::new("python3");
        script.arg(root().join("xtask/attack/zips.py")).arg(&arena.folder).arg(&arena.command);
        let said = captured(script.args([&AT_ONCE.to_string(), &seed]))?;
        arena.count(AT_ONCE);
        for line in String::from_utf8_lossy(&said).lines() {
            let (file, what) = line.split_once(' ').unwrap_or(("", line));
            arena.fault(what, &[file]);
        }
    }
    Ok(())
}
