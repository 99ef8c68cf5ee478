//! `cargo xtask snapshots`: rewrites what the snapshot tests compare with. Read the difference before committing it.

use crate::run::{Outcome, cargo, pass_through};

/// Runs the tests with `snapshot` in their name, and lets them overwrite.
pub(crate) fn main(words: &[String]) -> Outcome {
    pass_through(
        cargo().args(["test", "--workspace", "snapshot"]).args(words).env("INSTA_UPDATE", "always"),
    )?;
    pass_through(
        std::process::Command::new("git")
            .current_dir(crate::run::root())
            .args(["status", "--short", "*.snap"]),
    )
}
