//! `arr show`: values for people.

use std::io::Write;

use arr_io::{Array, ArrayView, Buffer, Error, ErrorKind, Part, Pieces, PrintOptions, Storage};

use super::{Out, heading, print};
use crate::args::ShowArgs;
use crate::failure::{Failure, OfFile, Outcome};
use crate::files::{Glance, Named};
use crate::json::{Lists, Values, check_text, check_text_of, each_piece, write_hex, write_nested};
use crate::text;

/// Up to here all items are printed, as NumPy does.
const THRESHOLD: usize = 1000;

/// So many items are printed at either end of an axis of larger arrays.
const EDGE: usize = 3;

/// Prints the arrays of a file, or the part of them that is asked for.
pub fn run(args: &ShowArgs) -> Result<Outcome, Failure> {
    let named = Named::new(&args.file);
    let contents = match named.glance(&args.read, args.slice.as_ref())? {
        Glance::Contents(contents) => contents,
        Glance::Large(pieces) => {
            return print(|out| match args.json {
                true => write_pieces(out, &pieces).and_then(|()| Ok(out.write_all(b"\n")?)),
                false => write_edges(out, &pieces, || pieces.read()),
            })
            .map_err(|failure| failure.of(&named.name));
        }
        // A slice has been cut already.
        Glance::Array(array) => {
            return print(|out| if args.json { write_json(out, &array) } else { write_text(out, &array) })
                .map_err(|failure| failure.of(&named.name));
        }
    };
    print(|out| {
        for part in 0..contents.len() {
            let label = named.label(&contents, part);
            let several = contents.len() > 1;
            if args.slice.is_none() {
                if let Some(pieces) = named.pieces_of(&contents, part)? {
                    let what = pieces.description();
                    let shown = match args.json {
                        true => separate(out, part, several).and_then(|()| write_pieces(out, &pieces)),
                        false => title(out, part, several, &heading(&label, &what.dtype, &what.shape))
                            .and_then(|()| write_edges(out, &pieces, || pieces.read())),
                    };
                    shown.map_err(|failure| failure.of(&label))?;
                    continue;
                }
            }
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

/// Prints what people see of a large array: no more is read than that, if it can be.
fn write_edges(
    out: &mut Out,
    pieces: &Pieces<'_>,
    whole: impl FnOnce() -> Result<Array, Error>,
) -> Result<(), Failure> {
    let items = pieces.description().shape.iter().fold(1usize, |items, dim| items.saturating_mul(*dim));
    let edges = if items > THRESHOLD { pieces.edges(EDGE)? } else { None };
    match edges {
        Some(edges) => {
            let options = PrintOptions::new().edgeitems(EDGE).threshold(0);
            Ok(writeln!(out, "{}", edges.display(&options))?)
        }
        None => write_text(out, &whole()?),
    }
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

fn write_pieces(out: &mut Out, pieces: &Pieces<'_>) -> Result<(), Failure> {
    check_text_of(pieces)?;
    let shape = &pieces.description().shape;
    if shape.contains(&0) {
        return write_nested(out, &pieces.read()?);
    }
    let mut lists = Lists::new(shape);
    each_piece(pieces, |piece| {
        let mut values = Values::new(piece)?;
        (0..piece.len()).try_for_each(|_| lists.write(out, |out| values.write_next(out)))
    })
}

fn write_items(out: &mut Out, array: &ArrayView<'_>) -> Result<(), Failure> {
    check_text(array)?;
    write_nested(out, array)
}
