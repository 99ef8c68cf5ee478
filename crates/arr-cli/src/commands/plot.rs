//! `arr plot`: pictures.

use std::io::{BufWriter, Write};
use std::path::Path;

use arr_io::format::PartInfo;
use arr_io::{DType, Error, Hint, Parts, SaveOptions, Slice};

use super::{heading, print, writing};
use crate::args::PlotArgs;
use crate::failure::{Failure, OfFile, Outcome, report};
use crate::files::open_kept;
use crate::output::Standard;
use crate::picture::file::{self, FileKind, Page};
use crate::picture::sample::{Bars, Grid, Lines, Source, brightness};
use crate::picture::scale::short;
use crate::picture::terminal::{self, Colors, Screen};
use crate::picture::{Drawing, Kind, Picture, Values};
use crate::signals;

/// Draws an array in the terminal, or into a file.
pub fn run(args: &PlotArgs) -> Result<Outcome, Failure> {
    let target = match &args.output {
        None => Target::Terminal(Screen::new(args.width, args.height, Colors::of_output())),
        Some(path) => {
            let name = path.to_string_lossy();
            let kind = FileKind::of(path).of(&name)?;
            check_free(path, args.force).of(&name)?;
            Target::File(path, kind, Page::new(args.width, args.height))
        }
    };
    let (named, mut parts) = open_kept(&args.files, &args.read)?;
    let part = only(&mut parts, &named.file).of(&named.name)?;
    let label = named.subject_of(&parts, &part).label;
    let picture = picture(&mut parts, &part, &label, args.slice.as_ref(), args.kind, &target).of(&label)?;
    match target {
        Target::Terminal(screen) => show(&picture, screen),
        Target::File(path, kind, page) => {
            let bytes = file::bytes(&picture, kind, page).of(&label)?;
            if let Drawing::Image(grid, _) = &picture.drawing {
                // An image in a file has no room for words.
                picture.left.iter().for_each(|left| report(&format!("{label}: {left}")));
                let is_asked_for = args.width.is_some() || args.height.is_some();
                if !is_asked_for && grid.width < grid.columns {
                    let (width, height) = (grid.width, grid.height);
                    report(&format!("{label}: the image is reduced to {width} x {height} pixels"));
                }
            }
            Ok(writing(|| save(path, &bytes, args.force)))
        }
    }
}

/// Where a picture goes.
enum Target<'a> {
    Terminal(Screen),
    File(&'a Path, FileKind, Page),
}

/// An error when there is such a file, which is to stay.
fn check_free(path: &Path, force: bool) -> Result<(), Error> {
    match !force && path.symlink_metadata().is_ok() {
        true => Err(Error::invalid("already exists").with_hint(Hint::Replace)),
        false => Ok(()),
    }
}

fn save(path: &Path, bytes: &[u8], force: bool) -> Result<Outcome, Failure> {
    let options = if force { SaveOptions::new() } else { SaveOptions::new().keep_existing() };
    let saved = options.save(path, |output| {
        output.write(bytes)?;
        match signals::caught() {
            true => Err(Error::new(arr_io::ErrorKind::Cancelled, "the work was cancelled")),
            false => Ok(()),
        }
    });
    saved.of(&path.to_string_lossy()).map(|()| Outcome::Done)
}

/// The only array of a file, or the one that was asked for.
fn only(parts: &mut Parts<'_>, file: &str) -> Result<PartInfo, Error> {
    let part = parts.only()?;
    // Of an archive all members have been listed.
    if (!parts.has_keys() || parts.is_named()) && parts.has_others() {
        let example = match &part.key {
            Some(key) => format!("{file}::{key}"),
            None => format!("{file}::{}", part.place),
        };
        let message = format!("there are several arrays: name one of them, as {example}");
        return Err(Error::invalid(message));
    }
    Ok(part)
}

/// Reads as much of an array as its picture needs.
fn picture(
    parts: &mut Parts<'_>,
    part: &PartInfo,
    label: &str,
    slice: Option<&Slice>,
    kind: Option<Kind>,
    target: &Target<'_>,
) -> Result<Picture, Error> {
    let mut source = Source::new(parts, part, slice)?;
    let values = values_of(source.dtype(), label)?;
    let title = title(&source, label, slice);
    let kind = kind.unwrap_or_else(|| Kind::of(source.dtype(), source.shape()));
    let drawing = match kind {
        Kind::Line => Drawing::Lines(Lines::of(&mut source, target.bins())?),
        Kind::Histogram => Drawing::Bars(Bars::of(&mut source, values, target.bars())?),
        Kind::Heatmap => {
            let (width, height) = target.heat(source.shape());
            Drawing::Heat(Grid::heat(&mut source, width, height)?)
        }
        Kind::Image => return image(source, title, |shape| target.image(shape)),
    };
    let notes = values.note().into_iter().collect();
    Ok(Picture { title, notes, left: source.left_out(), values, drawing })
}

/// So many fields of records are named.
const NAMED: usize = 10;

/// What the values are. Of records the fields are named.
fn values_of(dtype: &DType, label: &str) -> Result<Values, Error> {
    let DType::Record(record) = dtype else { return Values::of(dtype) };
    let fields = record.fields();
    let mut names: Vec<&str> = fields.iter().take(NAMED).map(|field| field.name()).collect();
    let first = names.first().copied().unwrap_or("NAME");
    names.extend((fields.len() > NAMED).then_some("..."));
    Err(Error::unsupported(format!(
        "records can't be drawn: name one of the fields {}, as {label}::{first}",
        names.join(", ")
    )))
}

/// What is drawn, with the slice as it was typed.
fn title(source: &Source<'_, '_>, label: &str, slice: Option<&Slice>) -> String {
    let shown = slice.map_or_else(|| label.to_owned(), |slice| format!("{label}[{slice}]"));
    heading(&shown, source.dtype(), source.shape())
}

/// An image in as many columns and lines as `fit` gives it.
fn image(
    mut source: Source<'_, '_>,
    title: String,
    fit: impl FnOnce([usize; 3]) -> (usize, usize),
) -> Result<Picture, Error> {
    let values = Values::of(source.dtype())?;
    let grid = Grid::image(&mut source, fit)?;
    let range = brightness(source.dtype(), grid.channels, grid.range);
    let mut notes: Vec<String> = values.note().into_iter().collect();
    if range.low != 0.0 || range.high != 255.0 {
        notes.push(format!("dark is {}, bright is {}", short(range.low, values), short(range.high, values)));
    }
    let left = source.left_out();
    Ok(Picture { title, notes, left, values, drawing: Drawing::Image(grid, range) })
}

/// An image of the array of a part, for the terminal.
pub(super) fn image_of(
    parts: &mut Parts<'_>,
    part: &PartInfo,
    label: &str,
    slice: Option<&Slice>,
    screen: Screen,
) -> Result<Picture, Error> {
    let source = Source::new(parts, part, slice)?;
    values_of(source.dtype(), label)?;
    let title = title(&source, label, slice);
    image(source, title, |shape| screen.image(shape))
}

impl Target<'_> {
    fn bins(&self) -> usize {
        match self {
            Self::Terminal(screen) => screen.bins(),
            Self::File(.., page) => page.width(),
        }
    }

    fn bars(&self) -> usize {
        match self {
            Self::Terminal(screen) => screen.bars(),
            Self::File(.., page) => page.width() / 8,
        }
    }

    fn heat(&self, shape: &[usize]) -> (usize, usize) {
        match self {
            Self::Terminal(screen) => screen.heat(shape.iter().copied().find(|dim| *dim != 1).unwrap_or(1)),
            Self::File(.., page) => page.heat(),
        }
    }

    fn image(&self, shape: [usize; 3]) -> (usize, usize) {
        match self {
            Self::Terminal(screen) => screen.image(shape),
            Self::File(.., page) => page.image(shape),
        }
    }
}

/// Prints a picture.
fn show(picture: &Picture, screen: Screen) -> Result<Outcome, Failure> {
    match screen.colors {
        Colors::None => print(|out| terminal::draw(picture, screen, out)),
        _ => draw_colored(picture, screen).map(|()| Outcome::Done),
    }
}

/// Prints a picture, whose own sequences for colours are the only ones in it.
pub(super) fn draw_colored(picture: &Picture, screen: Screen) -> Result<(), Failure> {
    let mut out = BufWriter::new(Standard::new());
    terminal::draw(picture, screen, &mut out)?;
    Ok(out.flush()?)
}
