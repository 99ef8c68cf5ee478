//! `arr dump`: everything, exactly.

use arr_io::format::PartInfo;
use arr_io::{Parts, Value};

use super::print;
use crate::args::DumpArgs;
use crate::failure::{Failure, OfFile, Outcome};
use crate::files::open_kept;
use crate::json::{Dump, check};
use crate::progress::Progress;

/// Prints the JSON object. An array or member that can't be read is reported, and none stands in its place; nothing is
/// printed when that is all of the file.
pub fn run(args: &DumpArgs) -> Result<Outcome, Failure> {
    let (named, mut parts) = open_kept(&args.files, &args.read)?;
    parts.check_total().of(&named.name)?;
    let mut listed = Vec::new();
    let graph = parts.graph(&mut |part, error| {
        listed.push((part.clone(), Failure::from(error)));
        Ok(())
    });
    let graph = graph.of(&named.name)?;
    let mut outcome = Outcome::Done;
    let mut report = |parts: &Parts<'_>, part: Option<&PartInfo>, failure: Failure| {
        let label = part.map_or_else(|| named.name.clone(), |part| named.subject_of(parts, part).label);
        failure.of(&label).report();
        outcome = Outcome::Failed;
    };
    for (part, failure) in listed {
        report(&parts, Some(&part), failure);
    }
    // What can't be written is found before anything is.
    let bad = check(&mut parts, &graph, &mut report).of(&named.name)?;
    let is_lost = match graph.root() {
        Some(Value::Ref(id)) => bad.contains(id),
        root => root.is_none_or(Value::is_none) && outcome == Outcome::Failed,
    };
    if !is_lost {
        let progress = Progress::named_beside_output("writing", &named.name, None);
        print(|out| Dump::new(out, &mut parts, &graph, &bad, progress).write()).of(&named.name)?;
    }
    Ok(outcome)
}
