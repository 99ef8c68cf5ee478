//! `arr show`: values for people.

use std::io::Write;

use arr_io::{Array, ArrayView};

use super::{Out, heading, names, print};
use crate::args::ShowArgs;
use crate::failure::{Failure, OfFile, Outcome};
use crate::files::Named;
use crate::json::{check_text, write_nested};

/// Prints the arrays of a file, or the part of them that is asked for.
pub fn run(args: &ShowArgs) -> Result<Outcome, Failure> {
    let named = Named::new(&args.file);
    let arrays = named.glance(&args.read)?.arrays;
    let parts = arrays.iter().map(|array| part(array, args)).collect::<Result<Vec<_>, _>>().of(&named.name)?;
    print(|out| if args.json { write_json(out, &parts) } else { write_text(out, &named, &parts) })
        .map_err(|failure| failure.of(&named.name))
}

fn part<'a>(array: &'a Array, args: &ShowArgs) -> Result<ArrayView<'a>, arr_io::Error> {
    match &args.slice {
        Some(slice) => array.slice(slice),
        None => Ok(array.view()),
    }
}

fn write_text(out: &mut Out, named: &Named, parts: &[ArrayView<'_>]) -> Result<(), Failure> {
    for (at, (name, part)) in names(named, parts.len()).iter().zip(parts).enumerate() {
        if parts.len() > 1 {
            let gap = if at == 0 { "" } else { "\n" };
            writeln!(out, "{gap}{}", heading(name, part.dtype(), part.shape()))?;
        }
        writeln!(out, "{part}")?;
    }
    Ok(())
}

fn write_json(out: &mut Out, parts: &[ArrayView<'_>]) -> Result<(), Failure> {
    parts.iter().try_for_each(check_text)?;
    if let [part] = parts {
        write_nested(out, part)?;
    } else {
        for (at, part) in parts.iter().enumerate() {
            out.write_all(if at == 0 { b"[" } else { b"," })?;
            write_nested(out, part)?;
        }
        out.write_all(b"]")?;
    }
    Ok(out.write_all(b"\n")?)
}
