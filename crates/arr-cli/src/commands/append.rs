//! `arr append`: rows to an array, members to an archive.

use std::ffi::{OsStr, OsString};
use std::path::Path;

use arr_io::format::{Holds, Writing};
use arr_io::{Append, Error};

use crate::args::AppendArgs;
use crate::failure::{Failure, OfFile, Outcome};
use crate::files::{Named, check_options, origins};
use crate::progress::Progress;

/// Adds what the inputs hold to the target, in their order: all of it, or nothing.
pub fn run(args: &AppendArgs) -> Result<Outcome, Failure> {
    let target = Named::new(&args.target);
    if target.member.is_some() {
        let message = "TARGET is a file: a member that is added to an archive is named after its FILE";
        return Err(Error::invalid(message)).of(&target.name);
    }
    let path = target.path.clone().ok_or_else(|| Error::invalid("standard output can't be added to"))?;
    let how =
        Writing::new().options(args.options.0.clone()).replace(args.force).limits(args.read.limits.0.clone());
    let append = Append::open(&path, &args.read.options(), &how).of(&target.name)?;
    check_options(&args.options.0, &[append.format()])?;
    let (keys, files): (Vec<_>, Vec<OsString>) = args.inputs.iter().map(|input| named(input)).unzip();
    let keeps_objects = append.format().holds == Holds::Members;
    let mut origins = origins(&files, &args.read, &args.read.options.0, |_| keeps_objects)?;
    if origins.len() == keys.len() {
        origins.iter_mut().zip(keys).for_each(|(origin, key)| origin.key = key);
    } else if keys.iter().any(Option::is_some) {
        let message = "the files of a directory have names, and those of one array one name: leave out NAME=";
        return Err(Error::invalid(message)).of(&target.name);
    }
    append.run(origins, &target.name, &mut Progress::new())?;
    Ok(Outcome::Done)
}

/// `NAME=FILE`, unless there is a file of that whole name.
fn named(input: &OsStr) -> (Option<String>, OsString) {
    match input.to_str().and_then(|text| text.split_once('=')) {
        Some((key, file)) if !key.is_empty() && !Path::new(input).exists() => {
            (Some(key.to_owned()), file.into())
        }
        _ => (None, input.to_owned()),
    }
}
