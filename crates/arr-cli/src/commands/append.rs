//! `arr append`: rows to an array, members to an archive.

use std::path::Path;

use arr_io::format::Format;
use arr_io::stats::Take;
use arr_io::{AnyFormat, ArrayView, Error, Input, Order, Part, add_members, part_key};

use crate::args::AppendArgs;
use crate::failure::{Failure, OfFile, Outcome};
use crate::files::Named;

/// Adds what the inputs hold to the target, in their order.
pub fn run(args: &AppendArgs) -> Result<Outcome, Failure> {
    let target = Named::of_output(&args.target);
    let path = target.path.clone().ok_or_else(|| Error::invalid("standard output can't be added to"))?;
    let format = Input::open(&path)
        .and_then(|mut input| args.read.options().detect(&mut input, Some(&path)))
        .of(&target.name)?;
    match format {
        AnyFormat::Array(format) => append_rows(args, &target, &path, format)?,
        AnyFormat::Archive(_) => append_members(args, &target, &path)?,
    }
    Ok(Outcome::Done)
}

/// Larger rows are not cut into pieces.
const LARGE_ROW: usize = 16 << 20;

/// Adds the rows of all inputs, or of none.
fn append_rows(args: &AppendArgs, target: &Named, path: &Path, format: &dyn Format) -> Result<(), Failure> {
    // What is wrong with an input is not wrong with the target.
    let mut of_input = None;
    let mut rows = |append: &mut Take<'_>| {
        args.inputs.iter().try_for_each(|input| {
            let named = Named::new(input);
            read_rows(args, &named, append).map_err(|failure| match failure {
                Failure::Error { file: None, error } => error,
                failure => {
                    of_input = Some(failure);
                    Error::invalid("an input can't be read")
                }
            })
        })
    };
    let added = format.append(path, &mut rows, args.force);
    match of_input {
        Some(failure) => Err(failure),
        None => added.of(&target.name),
    }
}

fn read_rows(
    args: &AppendArgs,
    named: &Named,
    append: &mut dyn FnMut(&ArrayView<'_>) -> Result<(), Error>,
) -> Result<(), Failure> {
    if let Some(pieces) = named.pieces(&args.read)? {
        let what = pieces.description();
        let row =
            what.shape.iter().skip(1).fold(what.dtype.itemsize(), |size, dim| size.saturating_mul(*dim));
        if !what.shape.is_empty() && row <= LARGE_ROW {
            return Ok(pieces.each(Order::C, |piece, _| append(&piece.view()))?);
        }
    }
    let contents = named.read(&args.read)?;
    for part in 0..contents.len() {
        match contents.read(part).of(&named.name)? {
            Part::Array(rows) => append(&rows.view())?,
            Part::Bytes(_) => {
                return Err(Error::invalid("it is no array")).of(&named.label(&contents, part));
            }
        }
    }
    Ok(())
}

fn append_members(args: &AppendArgs, target: &Named, path: &Path) -> Result<(), Failure> {
    let mut members = Vec::new();
    for input in &args.inputs {
        let named = Named::new(input);
        let contents = named.read(&args.read)?;
        contents.check_total().of(&named.name)?;
        for part in 0..contents.len() {
            let stem = named.path.clone().unwrap_or_default();
            match contents.read(part).of(&named.name)? {
                Part::Array(array) => members.push((part_key(&contents, part, &stem), array)),
                Part::Bytes(_) => {
                    return Err(Error::invalid("it is no array")).of(&named.label(&contents, part));
                }
            }
        }
    }
    add_members(path, &members, args.level, args.force, &args.read.limits()).of(&target.name)
}
