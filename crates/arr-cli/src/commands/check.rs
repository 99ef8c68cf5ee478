//! `arr check`: every fault of every file.

use std::io::Write;

use arr_io::{Checked, Input};
use serde_json::json;

use super::{Out, print};
use crate::args::{CheckArgs, ReadArgs};
use crate::failure::{Failure, OfFile, Outcome, conclude, report, worded};
use crate::files::{Named, open_each};
use crate::listing::{List, Subject};
use crate::progress::Progress;
use crate::text::one_line;
use crate::walk::expand;

/// Judges every file and prints what is wrong with it as soon as that is known.
pub fn run(args: &CheckArgs) -> Outcome {
    let mut outcome = Outcome::Done;
    let printed = print(|out| {
        let mut list = args.json.then(List::default);
        for (named, inputs) in open_each(expand(&args.files, &args.read), &args.read)? {
            let found = inputs.and_then(|inputs| check(&named, inputs, &args.read)).of(&named.name);
            if let Err(failure) = &found {
                failure.report();
            }
            outcome = outcome.max(verdict(&found));
            match (&mut list, &found) {
                (Some(list), found) => write_objects(out, list, &named, found)?,
                (None, Ok(checked)) => write_lines(out, &named.name, checked)?,
                (None, Err(_)) => {}
            }
            out.flush()?;
            found.iter().flatten().for_each(|checked| note(&named, checked));
        }
        list.map_or(Ok(()), |list| list.end(out))
    });
    conclude(printed, outcome)
}

fn check(named: &Named, inputs: Vec<Input<'static>>, reading: &ReadArgs) -> Result<Vec<Checked>, Failure> {
    let len = inputs.iter().map(Input::remaining).sum();
    let mut progress = Progress::named("reading", &named.name, len);
    Ok(named.options(reading).check_parts_of(inputs, named.path.as_deref(), &mut progress)?)
}

fn verdict(found: &Result<Vec<Checked>, Failure>) -> Outcome {
    match found {
        Err(_) => Outcome::Failed,
        Ok(checked) if checked.iter().all(|checked| checked.faults.is_empty()) => Outcome::Done,
        Ok(_) => Outcome::Found,
    }
}

/// Says what was not looked at.
fn note(named: &Named, checked: &Checked) {
    if let Some(dtype) = checked.undecoded.as_ref().filter(|_| checked.faults.is_empty()) {
        let label = subject(named, checked).label;
        report(&format!("{label}: items of {dtype} are objects, which were not decoded"));
    }
}

fn subject(named: &Named, checked: &Checked) -> Subject {
    let file = &named.file;
    match &checked.name {
        Some(name) => Subject {
            file: file.clone(),
            part: Some(name.clone()),
            has_keys: true,
            label: format!("{file}::{}", one_line(name)),
        },
        None => Subject { part: None, ..named.subject() },
    }
}

fn write_lines(out: &mut Out, name: &str, checked: &[Checked]) -> Result<(), Failure> {
    let mut faults = checked.iter().flat_map(|checked| &checked.faults).peekable();
    if faults.peek().is_none() {
        writeln!(out, "{name}: ok")?;
    }
    Ok(faults.try_for_each(|fault| writeln!(out, "{name}: {}", one_line(&worded(fault))))?)
}

/// An object for each member, and one for the file where it has faults of its own or no members.
fn write_objects(
    out: &mut Out,
    list: &mut List,
    named: &Named,
    found: &Result<Vec<Checked>, Failure>,
) -> Result<(), Failure> {
    let checked = match found {
        Ok(checked) => checked,
        Err(failure) => return list.error(out, &named.subject(), failure),
    };
    for part in checked {
        if checked.len() == 1 || part.name.is_some() || !part.faults.is_empty() {
            let faults: Vec<String> = part.faults.iter().map(worded).collect();
            let is_ok = faults.is_empty();
            let object = json!({ "ok": is_ok, "faults": faults, "decoded": part.undecoded.is_none() });
            list.object(out, &subject(named, part), object)?;
        }
    }
    Ok(())
}
