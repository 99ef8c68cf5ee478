//! `arr check`: every fault of every file.

use std::io::Write;

use super::print;
use crate::args::{CheckArgs, ReadArgs};
use crate::failure::{Failure, OfFile, Outcome, conclude, worded};
use crate::files::Named;
use crate::progress::Progress;
use crate::text::one_line;
use crate::walk::expand;

/// Judges every file and prints what is wrong with it as soon as that is known.
pub fn run(args: &CheckArgs) -> Outcome {
    let mut outcome = Outcome::Done;
    for file in expand(&args.files, &args.read) {
        let checked = file.and_then(|named| Ok((check(&named, &args.read)?, named)));
        let judged = checked.and_then(|(faults, named)| {
            outcome = outcome.max(if faults.is_empty() { Outcome::Done } else { Outcome::Found });
            report(&named.name, &faults)
        });
        if matches!(&judged, Err(failure) if failure.is_closed_pipe()) {
            break;
        }
        outcome = conclude(judged, outcome);
    }
    outcome
}

/// Every fault of a file, in words.
fn check(named: &Named, reading: &ReadArgs) -> Result<Vec<String>, Failure> {
    let input = named.open().of(&named.name)?;
    let mut progress = Progress::named("reading", &named.name, input.remaining());
    let faults = reading.options().check_of(input, named.path.as_deref(), &mut progress).of(&named.name)?;
    Ok(faults.iter().map(worded).collect())
}

fn report(name: &str, faults: &[String]) -> Result<Outcome, Failure> {
    print(|out| {
        if faults.is_empty() {
            writeln!(out, "{name}: ok")?;
        }
        Ok(faults.iter().try_for_each(|fault| writeln!(out, "{name}: {}", one_line(fault)))?)
    })
}
