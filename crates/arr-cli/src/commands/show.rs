//! `arr show`: values for people.

use std::io::Write;

use arr_io::{Array, ArrayView, Buffer, ErrorKind, Part, Storage};

use super::{Out, heading, print};
use crate::args::ShowArgs;
use crate::failure::{Failure, OfFile, Outcome};
use crate::files::{Glance, Named};
use crate::json::{check_text, write_hex, write_nested};
use crate::text;

/// Prints the arrays of a file, or the part of them that is asked for.
pub fn run(args: &ShowArgs) -> Result<Outcome, Failure> {
    let named = Named::new(&args.file);
    let contents = match named.glance(&args.read, args.slice.as_ref())? {
        Glance::Contents(contents) => contents,
        // A slice has been cut already, and a map is cut below.
        Glance::Array(array) => {
            return print(|out| if args.json { write_json(out, &array) } else { write_text(out, &array) })
                .map_err(|failure| failure.of(&named.name));
        }
    };
    print(|out| {
        for part in 0..contents.len() {
            let label = named.label(&contents, part);
            let several = contents.len() > 1;
            let read = match &args.slice {
                Some(slice) => contents.read_slice(part, slice),
                None => contents.read(part),
            };
            let read = match read {
                // Objects beside arrays do not keep those from being shown.
                Err(error) if several && !args.json && error.kind() == ErrorKind::Unsupported => {
                    title(out, part, several, &format!("{}: not shown: {error}", text::one_line(&label)))?;
                    continue;
                }
                read => read.of(&label)?,
            };
            let shown = match (read, args.json) {
                (Part::Array(array), json) => {
                    let view = array.view();
                    match json {
                        true => separate(out, part, several).and_then(|()| write_items(out, &view)),
                        false => title(out, part, several, &heading(&label, view.dtype(), view.shape()))
                            .and_then(|()| write_text(out, &view)),
                    }
                }
                (Part::Bytes(bytes), true) => {
                    separate(out, part, several).and_then(|()| Ok(write_hex(out, &bytes)?))
                }
                (Part::Bytes(bytes), false) => write_bytes(out, part, several, &label, &bytes),
            };
            shown.map_err(|failure| failure.of(&label))?;
        }
        if args.json {
            let end: &[u8] = match contents.len() {
                0 => b"[]\n",
                1 => b"\n",
                _ => b"]\n",
            };
            out.write_all(end)?;
        }
        Ok(())
    })
}

fn title(out: &mut Out, part: usize, several: bool, title: &str) -> Result<(), Failure> {
    if several {
        writeln!(out, "{}{title}", if part == 0 { "" } else { "\n" })?;
    }
    Ok(())
}

fn write_text<S: Storage>(out: &mut Out, array: &Array<S>) -> Result<(), Failure> {
    Ok(writeln!(out, "{array}")?)
}

fn write_bytes(
    out: &mut Out,
    part: usize,
    several: bool,
    label: &str,
    bytes: &Buffer,
) -> Result<(), Failure> {
    let what = format!("{} that are no array", text::counted(bytes.len() as u64, "byte"));
    title(out, part, several, &format!("{}: {what}", text::one_line(label)))?;
    if several { Ok(()) } else { Ok(writeln!(out, "{what}")?) }
}

/// A list begins before its first part.
fn separate(out: &mut Out, part: usize, several: bool) -> Result<(), Failure> {
    if several {
        out.write_all(if part == 0 { b"[" } else { b"," })?;
    }
    Ok(())
}

fn write_json<S: Storage>(out: &mut Out, array: &Array<S>) -> Result<(), Failure> {
    write_items(out, &array.view())?;
    Ok(out.write_all(b"\n")?)
}

fn write_items(out: &mut Out, array: &ArrayView<'_>) -> Result<(), Failure> {
    check_text(array)?;
    write_nested(out, array)
}
