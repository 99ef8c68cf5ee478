//! `arr show`: values for people.

use std::io::Write;

use arr_io::format::{Block, Description, Part, PartInfo};
use arr_io::{Array, Buffer, Data, ErrorKind, Parts, PrintOptions, Slice, Storage};

use super::{Out, heading, print};
use crate::args::ShowArgs;
use crate::failure::{Failure, OfFile, Outcome};
use crate::files::{Named, open_joined};
use crate::json::{Lists, Values, check_text, check_text_of, each_block, write_hex, write_nested};
use crate::text;

/// Up to here all items are printed, as NumPy does.
const THRESHOLD: usize = 1000;

/// So many items are printed at either end of an axis of larger arrays.
const EDGE: usize = 3;

/// Prints the arrays of a file, or the part of them that is asked for.
pub fn run(args: &ShowArgs) -> Result<Outcome, Failure> {
    let (named, mut parts) = open_joined(&args.files, &args.read)?;
    // Nothing is printed of a file that ends too early, where that can be seen before it is read.
    let mut listed = Vec::new();
    if parts.is_seekable() {
        while let Some(part) = parts.next_part().of(&named.name)? {
            listed.push(part);
        }
    }
    print(|out| {
        let mut shown = Shown { args, named: &named, count: 0, several: false };
        let mut listed = listed.into_iter();
        while let Some(part) =
            listed.next().map_or_else(|| parts.next_part(), |part| Ok(Some(part))).of(&named.name)?
        {
            shown.several = parts.has_others();
            let label = parts.label(&named.name, &part);
            shown.part(out, &mut parts, &part, &label).map_err(|failure| failure.of(&label))?;
            shown.count += 1;
        }
        if args.json {
            let end: &[u8] = match (shown.count, shown.several) {
                (0, _) => b"[]\n",
                (_, false) => b"\n",
                _ => b"]\n",
            };
            out.write_all(end)?;
        }
        Ok(())
    })
}

/// What has been printed so far.
struct Shown<'a> {
    args: &'a ShowArgs,
    named: &'a Named,
    count: usize,
    several: bool,
}

impl Shown<'_> {
    fn part(
        &self,
        out: &mut Out,
        parts: &mut Parts<'_>,
        part: &PartInfo,
        label: &str,
    ) -> Result<(), Failure> {
        let read = match &self.args.slice {
            Some(slice) => slice_of(parts, part, slice),
            None => parts.data(part),
        };
        match read {
            // Objects beside arrays do not keep those from being shown.
            Err(error) if self.several && !self.args.json && error.kind() == ErrorKind::Unsupported => {
                self.title(out, &format!("{}: not shown: {error}", text::one_line(label)))
            }
            Err(error) => {
                let is_of_file = parts.is_named() || part.key.is_none();
                Err(Failure::from(error).of(if is_of_file { &self.named.name } else { label }))
            }
            Ok(Data::Large(what)) => self.large(out, parts, part, label, &what),
            Ok(Data::Array(array)) => {
                let view = array.view();
                if self.args.json {
                    check_text(&view)?;
                    self.separate(out)?;
                    return write_nested(out, &view);
                }
                self.title(out, &heading(label, view.dtype(), view.shape()))?;
                write_text(out, &view)
            }
            Ok(Data::Bytes(bytes)) if self.args.json => {
                self.separate(out)?;
                Ok(write_hex(out, &bytes)?)
            }
            Ok(Data::Bytes(bytes)) => self.bytes(out, label, &bytes),
            Ok(_) => Ok(()),
        }
    }

    /// Prints a large array: of its text no more is read than is seen.
    fn large(
        &self,
        out: &mut Out,
        parts: &mut Parts<'_>,
        part: &PartInfo,
        label: &str,
        what: &Description,
    ) -> Result<(), Failure> {
        if self.args.json {
            self.separate(out)?;
            return write_blocks(out, parts, part, what);
        }
        self.title(out, &heading(label, &what.dtype, &what.shape))?;
        let items = what.shape.iter().fold(1usize, |items, dim| items.saturating_mul(*dim));
        let edges = if items > THRESHOLD { parts.edges(part, EDGE)? } else { None };
        match edges {
            Some(edges) => {
                let options = PrintOptions::new().edgeitems(EDGE).threshold(0);
                Ok(writeln!(out, "{}", edges.display(&options))?)
            }
            None => write_text(out, &parts.read(part)?.into_array()?),
        }
    }

    fn bytes(&self, out: &mut Out, label: &str, bytes: &Buffer) -> Result<(), Failure> {
        let what = format!("{} that are not an array", text::counted(bytes.len() as u64, "byte"));
        self.title(out, &format!("{}: {what}", text::one_line(label)))?;
        if self.several { Ok(()) } else { Ok(writeln!(out, "{what}")?) }
    }

    /// Names a part where there are several.
    fn title(&self, out: &mut Out, title: &str) -> Result<(), Failure> {
        if self.several {
            writeln!(out, "{}{title}", if self.count == 0 { "" } else { "\n" })?;
        }
        Ok(())
    }

    /// A list begins before its first part.
    fn separate(&self, out: &mut Out) -> Result<(), Failure> {
        if self.several {
            out.write_all(if self.count == 0 { b"[" } else { b"," })?;
        }
        Ok(())
    }
}

fn slice_of(parts: &mut Parts<'_>, part: &PartInfo, slice: &Slice) -> Result<Data, arr_io::Error> {
    match parts.read_slice(part, slice)? {
        Part::Bytes(bytes) => Ok(Data::Bytes(bytes)),
        part => part.into_array().map(Data::Array),
    }
}

fn write_text<S: Storage>(out: &mut Out, array: &Array<S>) -> Result<(), Failure> {
    Ok(writeln!(out, "{array}")?)
}

fn write_blocks(
    out: &mut Out,
    parts: &mut Parts<'_>,
    part: &PartInfo,
    what: &Description,
) -> Result<(), Failure> {
    check_text_of(parts, part, &what.dtype)?;
    if what.shape.contains(&0) {
        return write_nested(out, &parts.read(part)?.into_array()?);
    }
    let mut lists = Lists::new(&what.shape);
    each_block(parts, part, |Block { array, .. }: Block| {
        let mut values = Values::new(&array)?;
        (0..array.len()).try_for_each(|_| lists.write(out, |out| values.write_next(out)))
    })
}
