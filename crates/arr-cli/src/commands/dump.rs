//! `arr dump`: everything, exactly.

use arr_io::format::{Holds, PartInfo, Words};
use arr_io::{Parts, Value};

use super::print;
use crate::args::DumpArgs;
use crate::failure::{Failure, OfFile, Outcome};
use crate::files::{Named, open_kept};
use crate::json::{Dump, Listed, LuaDump, Objects, check};
use crate::progress::Progress;

/// Prints the JSON object. An array or member that can't be read is reported, and none stands in its place; nothing is
/// printed when that is all of the file.
pub fn run(args: &DumpArgs) -> Result<Outcome, Failure> {
    let (named, mut parts) = open_kept(&args.files, &args.read)?;
    parts.check_total().of(&named.name)?;
    match parts.format().holds {
        Holds::Graph => objects(&named, &mut parts),
        Holds::Members if parts.has_objects() => objects(&named, &mut parts),
        _ => listed(&named, &mut parts),
    }
}

/// Says why a part, or the whole file, is left out.
fn report(named: &Named, parts: &Parts<'_>, part: Option<&PartInfo>, failure: Failure) {
    let label = part.map_or_else(|| named.name.clone(), |part| named.subject_of(parts, part).label);
    failure.of(&label).report();
}

/// A file that is nothing but its parts.
fn listed(named: &Named, parts: &mut Parts<'_>) -> Result<Outcome, Failure> {
    let mut outcome = Outcome::Done;
    let listed = Listed::of(parts, &mut |parts, part, failure| {
        report(named, parts, Some(part), failure);
        outcome = Outcome::Failed;
    });
    let listed = listed.of(&named.name)?;
    if outcome == Outcome::Done || !listed.is_lost() {
        let progress = Progress::named_beside_output("writing", &named.name, None);
        print(|out| listed.write(&mut Objects::new(out, parts, progress))).of(&named.name)?;
    }
    Ok(outcome)
}

/// A file that holds objects of its own.
fn objects(named: &Named, parts: &mut Parts<'_>) -> Result<Outcome, Failure> {
    let mut unlisted = Vec::new();
    let graph = parts.graph(&mut |part, error| {
        unlisted.push((part.clone(), Failure::from(error)));
        Ok(())
    });
    let graph = graph.of(&named.name)?;
    parts.check_printed(&graph).of(&named.name)?;
    let mut outcome = Outcome::Done;
    let mut report = |parts: &Parts<'_>, part: Option<&PartInfo>, failure: Failure| {
        report(named, parts, part, failure);
        outcome = Outcome::Failed;
    };
    for (part, failure) in unlisted {
        report(parts, Some(&part), failure);
    }
    // What can't be written is found before anything is.
    let bad = check(parts, &graph, &mut report).of(&named.name)?;
    // A part of a file has no class of its own: it is an array like others.
    let mut nodes = graph.depth_first().of(&named.name)?;
    let has_classes = nodes.all(|(_, node)| node.as_array().is_none_or(|array| array.class.is_some()));
    let is_lua = parts.format().words == Words::Lua && has_classes;
    let is_lost = match graph.root() {
        // Nil is a value.
        root if is_lua => matches!(root, Some(Value::Ref(id)) if bad.contains(id)),
        Some(Value::Ref(id)) => bad.contains(id),
        root => root.is_none_or(Value::is_none) && outcome == Outcome::Failed,
    };
    if !is_lost {
        let progress = Progress::named_beside_output("writing", &named.name, None);
        print(|out| {
            let objects = Objects::new(out, parts, progress);
            match is_lua {
                true => LuaDump::new(objects, &graph, &bad).write(),
                false => Dump::new(objects, &graph, &bad).write(),
            }
        })
        .of(&named.name)?;
    }
    Ok(outcome)
}
