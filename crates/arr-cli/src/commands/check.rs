//! `arr check`: every fault of every file.

use std::io::Write;

use arr_io::{Checked, Input};
use serde_json::json;

use super::{Out, print, write_found};
use crate::args::{CheckArgs, ReadArgs};
use crate::failure::{Failure, OfFile, Outcome, conclude, report, worded};
use crate::files::{Named, open_each};
use crate::listing::{List, Subject};
use crate::progress::Progress;
use crate::text::{self, one_line};
use crate::walk::expand;

/// The most characters of a dtype in a note.
const DTYPE_IN_NOTE: usize = 200;

/// Judges every file and prints what is wrong with it as soon as that is known.
pub fn run(args: &CheckArgs) -> Outcome {
    let mut outcome = Outcome::Done;
    let printed = print(|out| {
        let mut list = args.json.then(List::default);
        let mut expanded = expand(&args.files, &args.read);
        let mut counts = Counts::default();
        for (named, inputs) in open_each(std::mem::take(&mut expanded.files), &args.read)? {
            let mut judged = Judged { out, list: &mut list, named: &named, parts: 0, faults: 0 };
            let done = inputs.and_then(|inputs| judged.file(inputs, &args.read)).of(&named.name);
            let faults = judged.faults;
            counts.take(faults > 0, done.is_err());
            outcome = outcome.max(if faults > 0 { Outcome::Found } else { Outcome::Done });
            match done {
                Err(failure @ Failure::Output(_)) => return Err(failure),
                Err(failure) => {
                    failure.report();
                    outcome = Outcome::Failed;
                    if let Some(list) = &mut list {
                        list.error(out, &named.subject(), &failure)?;
                    }
                }
                Ok(()) if faults == 0 && list.is_none() && !args.quiet => {
                    writeln!(out, "{}: ok", named.name)?
                }
                Ok(()) => {}
            }
            out.flush()?;
        }
        match (list, expanded.summary(&counts.said())) {
            (Some(list), _) => list.end(out),
            (None, Some(summary)) if !args.quiet => Ok(writeln!(out, "{summary}")?),
            _ => Ok(()),
        }
    });
    conclude(printed, outcome)
}

/// How many files were judged, and how.
#[derive(Default)]
struct Counts {
    all: u64,
    faulty: u64,
    failed: u64,
}

impl Counts {
    fn take(&mut self, is_faulty: bool, has_failed: bool) {
        self.all += 1;
        if has_failed {
            self.failed += 1;
        } else if is_faulty {
            self.faulty += 1;
        }
    }

    fn said(&self) -> String {
        let Self { all, faulty, failed } = *self;
        let ok = all.saturating_sub(faulty).saturating_sub(failed);
        let have =
            |count: u64, one: &str, many: &str| if count == 1 { one.to_owned() } else { many.to_owned() };
        let files = if ok == all {
            text::counted(all, "file")
        } else {
            format!("{ok} of {}", text::counted(all, "file"))
        };
        let mut said = format!("{files} {} ok", have(ok, "is", "are"));
        if faulty > 0 {
            said.push_str(&format!(", {faulty} {} faults", have(faulty, "has", "have")));
        }
        if failed > 0 {
            said.push_str(&format!(", {failed} could not be judged"));
        }
        said
    }
}

/// A file that is being judged.
struct Judged<'a> {
    out: &'a mut Out,
    list: &'a mut Option<List>,
    named: &'a Named,
    /// Members that were judged.
    parts: u64,
    faults: u64,
}

impl Judged<'_> {
    fn file(&mut self, inputs: Vec<Input<'static>>, reading: &ReadArgs) -> Result<(), Failure> {
        let len = inputs.iter().map(Input::remaining).sum();
        let named = self.named;
        let mut progress = Progress::named_beside_output("reading", &named.name, len);
        let path = named.path.as_deref();
        named.options(reading).check_each_of(inputs, path, &mut progress, &mut |checked| self.part(&checked))
    }

    /// Says what was found of a member; at last of the file itself, which has an object where it has faults of its own or
    /// no members.
    fn part(&mut self, checked: &Checked) -> Result<(), Failure> {
        let named = self.named;
        self.faults += checked.faults.len() as u64;
        note(named, checked);
        let Some(list) = self.list else {
            let mut faults = checked.faults.iter();
            let name = &named.name;
            return Ok(faults.try_for_each(|fault| {
                write_found(self.out, &format!("{name}: {}", one_line(&worded(fault))))
            })?);
        };
        let is_shown = checked.name.is_some() || self.parts == 0 || !checked.faults.is_empty();
        self.parts += u64::from(checked.name.is_some());
        if is_shown {
            let faults: Vec<String> = checked.faults.iter().map(worded).collect();
            let object =
                json!({ "ok": faults.is_empty(), "faults": faults, "decoded": checked.undecoded.is_none() });
            list.object(self.out, &subject(named, checked), object)?;
        }
        Ok(())
    }
}

/// Says what was not looked at.
fn note(named: &Named, checked: &Checked) {
    if let Some(dtype) = checked.undecoded.as_ref().filter(|_| checked.faults.is_empty()) {
        let (label, dtype) = (subject(named, checked).label, text::beginning(dtype, DTYPE_IN_NOTE));
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
