//! `arr show`: values for people.

use std::io::Write;

use arr_io::format::{Block, Description, Part, PartInfo};
use arr_io::{DType, Data, Parts, PrintOptions, Slice};

use super::plot::{draw_colored, image_of};
use super::{Out, heading, print};
use crate::args::ShowArgs;
use crate::failure::{Failure, Outcome};
use crate::files::listed;
use crate::json::{
    Dates, Lists, Values, check_blocks, check_lists, check_text, each_block, write_hex, write_nested,
};
use crate::listing::{List, Subject, field};
use crate::picture::terminal::{Colors, Screen, draw};
use crate::walk::{Visit, visit};
use crate::{json, text};

/// Up to here all items are printed, as NumPy does.
const THRESHOLD: usize = 1000;

/// So many items are printed at either end of an axis of larger arrays.
const EDGE: usize = 3;

/// Prints the arrays of files, or the part of them that is asked for.
pub fn run(args: &ShowArgs) -> Result<Outcome, Failure> {
    let mut outcome = Outcome::Done;
    print(|out| {
        let files = listed(&args.files);
        let mut shown = Shown { args, out, list: List::default(), count: 0, several: files.len() > 1 };
        outcome = visit(files, &args.read, &mut shown)?;
        if args.json { shown.list.end(shown.out) } else { Ok(()) }
    })?;
    Ok(outcome)
}

/// What has been printed so far.
struct Shown<'a> {
    args: &'a ShowArgs,
    out: &'a mut Out,
    list: List,
    count: usize,
    several: bool,
}

impl Visit for Shown<'_> {
    fn part(&mut self, parts: &mut Parts<'_>, part: &PartInfo, subject: &Subject) -> Result<(), Failure> {
        self.several |= parts.has_others();
        if self.args.image {
            return self.image(parts, part, subject);
        }
        let data = match &self.args.slice {
            Some(slice) => slice_of(parts, part, slice),
            None => parts.data(part),
        }?;
        match (data, self.args.json) {
            (Data::Array(array), true) => {
                check_text(&array)?;
                check_lists(array.shape())?;
                self.begin(subject, array.dtype(), array.shape())?;
                write_nested(self.out, &array)?;
                Ok(self.out.write_all(b"}")?)
            }
            (Data::Array(array), false) => {
                self.title(&heading(&subject.label, array.dtype(), array.shape()))?;
                Ok(writeln!(self.out, "{array}")?)
            }
            (Data::Large(what), true) => {
                // What can't be read is found before anything is printed.
                check_blocks(parts, part, &what.dtype)?;
                check_lists(&what.shape)?;
                self.begin(subject, &what.dtype, &what.shape)?;
                write_blocks(self.out, parts, part, &what)?;
                Ok(self.out.write_all(b"}")?)
            }
            (Data::Large(what), false) => self.large(parts, part, subject, &what),
            (Data::Bytes(bytes), true) => {
                self.list.begin(self.out, subject)?;
                self.out.write_all(b",\"hex\":")?;
                write_hex(self.out, &bytes)?;
                Ok(self.out.write_all(b"}")?)
            }
            (Data::Bytes(bytes), false) => {
                let what = format!("{} that are not an array", text::counted(bytes.len() as u64, "byte"));
                let title = if self.several { format!("{}: {what}", subject.label) } else { what };
                self.separate()?;
                Ok(writeln!(self.out, "{title}")?)
            }
            _ => Ok(()),
        }
    }

    fn bad(&mut self, subject: &Subject, failure: &Failure) -> Result<(), Failure> {
        if self.args.json { self.list.error(self.out, subject, failure) } else { Ok(()) }
    }
}

impl Shown<'_> {
    /// Draws an image.
    fn image(&mut self, parts: &mut Parts<'_>, part: &PartInfo, subject: &Subject) -> Result<(), Failure> {
        let screen = Screen::new(None, None, Colors::of_output());
        let picture = image_of(parts, part, &subject.label, self.args.slice.as_ref(), screen)?;
        self.separate()?;
        if screen.colors == Colors::None {
            return draw(&picture, screen, self.out);
        }
        self.out.flush()?;
        draw_colored(&picture, screen)
    }

    /// Prints a large array: of its text no more is read than is seen.
    fn large(
        &mut self,
        parts: &mut Parts<'_>,
        part: &PartInfo,
        subject: &Subject,
        what: &Description,
    ) -> Result<(), Failure> {
        let items = what.shape.iter().fold(1usize, |items, dim| items.saturating_mul(*dim));
        let edges = if items > THRESHOLD { parts.edges(part, EDGE)? } else { None };
        let (array, options) = match edges {
            Some(edges) => (edges, PrintOptions::new().edgeitems(EDGE).threshold(0)),
            None => (parts.read(part)?.into_array()?, PrintOptions::new()),
        };
        self.title(&heading(&subject.label, &what.dtype, &what.shape))?;
        Ok(writeln!(self.out, "{}", array.display(&options))?)
    }

    /// Names a part where there are several.
    fn title(&mut self, title: &str) -> Result<(), Failure> {
        self.separate()?;
        if self.several {
            writeln!(self.out, "{}", text::one_line(title))?;
        }
        Ok(())
    }

    /// Leaves a line free between parts.
    fn separate(&mut self) -> Result<(), Failure> {
        self.count += 1;
        Ok(self.out.write_all(if self.count > 1 { b"\n" } else { b"" })?)
    }

    /// Writes the object of an array up to its values.
    fn begin(&mut self, subject: &Subject, dtype: &DType, shape: &[usize]) -> Result<(), Failure> {
        self.list.begin(self.out, subject)?;
        field(self.out, "dtype", &json::dtype(dtype))?;
        field(self.out, "shape", shape)?;
        Ok(self.out.write_all(b",\"values\":")?)
    }
}

fn slice_of(parts: &mut Parts<'_>, part: &PartInfo, slice: &Slice) -> Result<Data, arr_io::Error> {
    match parts.read_slice(part, slice)? {
        Part::Bytes(bytes) => Ok(Data::Bytes(bytes)),
        part => part.into_array().map(Data::Array),
    }
}

fn write_blocks(
    out: &mut Out,
    parts: &mut Parts<'_>,
    part: &PartInfo,
    what: &Description,
) -> Result<(), Failure> {
    let mut lists = Lists::new(&what.shape);
    each_block(parts, part, |Block { array, .. }: Block| {
        let mut values = Values::new(&array, Dates::Iso)?;
        (0..array.len()).try_for_each(|_| lists.write(out, |out| values.write_next(out)))
    })
}
