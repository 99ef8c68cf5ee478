//! `cargo xtask test`: every test there is.

use crate::run::{Outcome, cargo, pass_through};

/// Tests of all targets, then those in the documentation. Further words go to both.
pub(crate) fn main(words: &[String]) -> Outcome {
    pass_through(cargo().args(["test", "--workspace", "--all-targets"]).args(words))?;
    pass_through(cargo().args(["test", "--workspace", "--doc"]).args(words))
}
