//! The walk over all that is named: files, the files of directories, and their parts.

use std::ffi::{OsStr, OsString};
use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use arr_io::format::{Match, PartInfo};
use arr_io::{Error, Input, Parts, Registry};

use crate::args::ReadArgs;
use crate::failure::{self, Failure, Outcome};
use crate::files::{Named, open_each};
use crate::listing::Subject;

/// How much of a file a format needs to see to recognise it.
const HEAD: usize = 256;

/// What a command does with the parts of files.
pub trait Visit {
    /// Works on a part.
    fn part(&mut self, parts: &mut Parts<'_>, part: &PartInfo, subject: &Subject) -> Result<(), Failure>;

    /// Takes note of what can't be read, which has been reported.
    fn bad(&mut self, subject: &Subject, failure: &Failure) -> Result<(), Failure>;
}

/// Visits all parts of files. A file or a part that can't be read is reported, and the walk goes on behind it.
pub fn visit(
    files: Vec<(Named, Option<Failure>)>,
    reading: &ReadArgs,
    visit: &mut dyn Visit,
) -> Result<Outcome, Failure> {
    let (mut outcome, mut formats) = (Outcome::Done, Vec::new());
    let is_single = files.len() == 1;
    for (named, inputs) in open_each(files, reading)? {
        // Of a stream only the end tells whether another array follows: it is kept meanwhile.
        let opened = inputs.and_then(|inputs| named.parts_of(inputs, &named.options(reading).keep()));
        // Of one file options are refused before the work.
        let checked = opened.and_then(|parts| match is_single {
            true => reading.check_options(&[parts.format()]).map(|()| parts),
            false => Ok(parts),
        });
        match checked {
            Ok(mut parts) => {
                formats.push(parts.format());
                outcome = outcome.max(visit_parts(&named, &mut parts, visit)?);
            }
            Err(failure) => {
                report(&named.subject(), failure, visit)?;
                outcome = Outcome::Failed;
            }
        }
    }
    if !formats.is_empty() {
        reading.check_options(&formats)?;
    }
    Ok(outcome)
}

fn visit_parts(named: &Named, parts: &mut Parts<'_>, visit: &mut dyn Visit) -> Result<Outcome, Failure> {
    let (mut outcome, mut was_bad) = (Outcome::Done, false);
    loop {
        let (subject, done) = match parts.next_part() {
            Ok(None) => match parts.beside_parts() {
                Ok(count) => {
                    tell_beside(&named.name, count);
                    return Ok(outcome);
                }
                Err(error) => {
                    report(&named.subject(), error.into(), visit)?;
                    return Ok(Outcome::Failed);
                }
            },
            // What is wrong with the last part keeps the next one from being found.
            Err(_) if was_bad => return Ok(outcome),
            Err(error) => (named.subject(), Err(error.into())),
            Ok(Some(part)) => {
                let subject = named.subject_of(parts, &part);
                let done = match parts.inside_objects(&part) {
                    Ok(None) => visit.part(parts, &part, &subject),
                    Ok(Some(mut inside)) => {
                        // Its arrays are called by their paths behind its name.
                        let member = named.as_member(&subject);
                        visit_parts(&member, &mut inside, visit).map(|found| outcome = outcome.max(found))
                    }
                    Err(error) => Err(error.into()),
                };
                (subject, done)
            }
        };
        was_bad = done.is_err();
        if let Err(failure) = done {
            report(&subject, failure, visit)?;
            outcome = Outcome::Failed;
        }
    }
}

/// Says how many values of a file are no arrays, which nothing else shows.
fn tell_beside(name: &str, count: u64) {
    match count {
        0 => {}
        1 => failure::report(&format!("{name}: one value is left out: it is not an array")),
        _ => failure::report(&format!("{name}: {count} values are left out: they are not arrays")),
    }
}

/// Reports a failure, unless it is standard output that failed.
fn report(subject: &Subject, failure: Failure, visit: &mut dyn Visit) -> Result<(), Failure> {
    if matches!(failure, Failure::Output(_)) {
        return Err(failure);
    }
    let failure = failure.of(&subject.label);
    failure.report();
    visit.bad(subject, &failure)
}

/// The files that arguments name.
#[derive(Default)]
pub struct Expanded {
    /// Each with what keeps it from being looked at.
    pub files: Vec<(Named, Option<Failure>)>,
    /// How many files of directories are none of a known format; nothing where no directory was named.
    pub others: Option<u64>,
}

impl Expanded {
    /// What closes a report of directories: a line that ends in how many files were left out. Of files that were named one
    /// by one there is none.
    pub fn summary(&self, what: &str) -> Option<String> {
        Some(match self.others? {
            0 => what.to_owned(),
            1 => format!("{what}; another file is not an array file"),
            others => format!("{what}; {others} other files are not array files"),
        })
    }
}

/// The files that the arguments name. Directories are replaced by the files of a known format below them, sorted by
/// name; what can't be listed is a failure among them, and so is a directory without such a file.
pub fn expand(arguments: &[OsString], reading: &ReadArgs) -> Expanded {
    let mut expanded = Expanded::default();
    for argument in arguments {
        let named = Named::new(argument);
        let Some(folder) = named.folder() else {
            expanded.files.push((named, None));
            continue;
        };
        let before = expanded.files.len();
        let others = walk(folder, reading, &mut expanded.files);
        expanded.others = Some(expanded.others.unwrap_or(0).saturating_add(others));
        if expanded.files.len() == before {
            expanded.files.push((named, Some(nothing_there())));
        }
    }
    expanded
}

/// That a directory has no array files.
pub fn nothing_there() -> Failure {
    Error::invalid("no file in the directory is an array file").into()
}

/// Walks a directory without recursion: nothing limits how deep they nest. Links to directories are not followed: they
/// could form a cycle. What is hidden is skipped unless it is asked for. What can't be entered or looked at is a failure; a
/// dangling link is skipped. How many files there are besides is returned.
pub fn walk(folder: &Path, reading: &ReadArgs, found: &mut Vec<(Named, Option<Failure>)>) -> u64 {
    let mut others = 0;
    let mut waiting = vec![folder.to_path_buf()];
    while let Some(path) = waiting.pop() {
        let is_link = path.symlink_metadata().is_ok_and(|metadata| metadata.is_symlink());
        let metadata = match path.metadata() {
            Ok(metadata) => metadata,
            Err(_) if is_link => continue,
            Err(error) if error.kind() == ErrorKind::NotFound => continue,
            Err(source) => {
                found.push((Named::of_path(path), Some(Error::io("can't look at it", source).into())));
                continue;
            }
        };
        if metadata.is_dir() && (path == folder || !is_link) {
            match entries(&path) {
                // The last one is taken first.
                Ok(entries) => {
                    waiting
                        .extend(entries.into_iter().rev().filter(|path| reading.hidden || !is_hidden(path)));
                }
                Err(error) => found.push((Named::of_path(path), Some(error.into()))),
            }
        } else if metadata.is_file() {
            match is_known(&path, reading) {
                true => found.push((Named::of_path(path), None)),
                false => others += 1,
            }
        }
    }
    others
}

/// True for a name that begins with a dot.
fn is_hidden(path: &Path) -> bool {
    path.file_name().is_some_and(|name| name.as_encoded_bytes().starts_with(b"."))
}

fn entries(folder: &Path) -> Result<Vec<PathBuf>, Error> {
    let fail = |source| Error::io("can't list the directory", source);
    let entries: Result<Vec<PathBuf>, _> =
        fs::read_dir(folder).map_err(fail)?.map(|entry| entry.map(|entry| entry.path())).collect();
    let mut entries = entries.map_err(fail)?;
    entries.sort();
    Ok(entries)
}

/// True for a file that begins like one of a known format, or whose name says that it should: then it is broken, and
/// that should be said. A file that can't be opened is left to the command, which says why.
fn is_known(path: &Path, reading: &ReadArgs) -> bool {
    let Ok(mut input) = Input::open(path) else { return true };
    let Ok(head) = input.peek(HEAD) else { return true };
    match &reading.from {
        Some(name) => Registry::shared().by_name(name).is_ok_and(|format| {
            let extension = path.extension().and_then(OsStr::to_str);
            format.sniff(head) > Match::No
                || extension.is_some_and(|extension| format.info().claims(extension))
        }),
        // What could be many things is believed to be this one where its name says so.
        None => Registry::shared().knows(head, path),
    }
}
