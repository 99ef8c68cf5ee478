//! `arr repair`: what is whole of a damaged file.

use std::ffi::OsStr;
use std::io::Write;

use arr_io::{Conversion, Destination, Error, Lost, OpenOptions, Repaired};

use super::convert::{destination, to_stdout};
use super::print;
use crate::args::RepairArgs;
use crate::failure::{Failure, OfFile, Outcome, report, worded};
use crate::files::Named;
use crate::progress::Progress;
use crate::text::one_line;

/// Writes what is whole, and lists what was lost.
pub fn run(args: &RepairArgs) -> Result<Outcome, Failure> {
    let named = Named::new(&args.file);
    if named.member.is_some() {
        return Err(Error::invalid("FILE is a file: all of it is repaired")).of(&named.name);
    }
    if args.out == OsStr::new("-") {
        let mut lost = false;
        let written = to_stdout(|writer| {
            let repaired = work(args, &named, Destination::Stream(writer, "-".to_owned()))?;
            lines(&named, "-", &repaired).iter().for_each(|line| report(line));
            lost = !repaired.lost.is_empty();
            Ok(Outcome::Done)
        })?;
        return Ok(if lost { Outcome::Found } else { written });
    }
    let repaired = work(args, &named, destination(&args.out)?)?;
    let lines = lines(&named, &args.out.to_string_lossy(), &repaired);
    print(|out| Ok(lines.iter().try_for_each(|line| writeln!(out, "{line}"))?))?;
    Ok(if repaired.lost.is_empty() { Outcome::Done } else { Outcome::Found })
}

fn work(args: &RepairArgs, named: &Named, to: Destination<'_>) -> Result<Repaired, Failure> {
    let conversion = Conversion::new().replace(args.force).limits(args.limits.0.clone());
    let conversion = args.to.iter().fold(conversion, |conversion, to| conversion.to(to));
    let options = OpenOptions::new().limits(args.limits.0.clone()).options(args.options.0.clone());
    let options = args.from.iter().fold(options, |options, from| options.format(from));
    let (input, path) = (named.open().of(&named.name)?, named.path.as_deref());
    Ok(options.repair_of(input, &named.name, path, to, &conversion, &mut Progress::new())?)
}

/// A line for each thing that was lost, and one for the new file.
fn lines(named: &Named, out: &str, repaired: &Repaired) -> Vec<String> {
    let line = |Lost { name, error, .. }: &Lost| match name {
        Some(name) => one_line(&format!("{}::{name}: {}", named.file, worded(error))).into_owned(),
        None => one_line(&format!("{}: {}", named.name, worded(error))).into_owned(),
    };
    let mut lines: Vec<String> = repaired.lost.iter().map(line).collect();
    let (kept, lost) = (repaired.kept, repaired.lost.len());
    lines.push(match kept {
        0 if lost > 0 => format!("{}: not written, since nothing is whole", one_line(out)),
        _ => format!("{}: {kept} kept, {lost} lost", one_line(out)),
    });
    lines
}
