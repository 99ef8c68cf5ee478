//! `arr stats`: what the values are like.

use crate::args::StatsArgs;
use crate::failure::{Failure, Outcome};

pub fn run(_args: &StatsArgs) -> Result<Outcome, Failure> {
    Ok(Outcome::Done)
}
