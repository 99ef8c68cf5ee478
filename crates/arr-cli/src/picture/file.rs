//! Pictures in files.

mod raster;
mod svg;

use std::path::Path;

use arr_io::Error;
use arr_io::format::room;

use self::raster::Raster;
use self::svg::Svg;
use super::colors::{Rgb, of_heat, of_line};
use super::numbers::{float, whole};
use super::sample::{Bars, Grid, Lines};
use super::scale::{Range, Ticks};
use super::{Drawing, Picture, Values};
use crate::text::{one_line, shortened};

/// The kinds of files.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FileKind {
    /// Portable Network Graphics.
    Png,
    /// Scalable Vector Graphics.
    Svg,
}

impl FileKind {
    /// The kind that the extension of a file tells.
    ///
    /// # Errors
    /// `InvalidArgument` when it is another one, or none.
    pub fn of(path: &Path) -> Result<Self, Error> {
        let extension = path.extension().and_then(|extension| extension.to_str()).unwrap_or_default();
        match extension.to_ascii_lowercase().as_str() {
            "png" => Ok(Self::Png),
            "svg" => Ok(Self::Svg),
            _ => Err(Error::invalid("the extension tells no kind of picture: it is .png or .svg")),
        }
    }
}

/// The size of a picture in pixels, as far as it was asked for.
#[derive(Clone, Copy, Debug)]
pub struct Page {
    width: Option<usize>,
    height: Option<usize>,
}

/// Pixels of a picture with axes, if nothing else was asked for.
const WIDTH: usize = 800;
const HEIGHT: usize = 500;

/// The smallest one that has room for axes.
const LEAST: usize = 160;

/// Cells of a heat map in a direction.
const MOST_CELLS: usize = 1024;

/// Numbers of an image: with their counts they take 24 MiB.
const MOST_IN_IMAGE: usize = 2 << 20;

/// Pixels of an image.
const MOST_PIXELS: usize = 1 << 20;

impl Page {
    /// What was asked for.
    pub fn new(width: Option<u16>, height: Option<u16>) -> Self {
        Self { width: width.map(usize::from), height: height.map(usize::from) }
    }

    /// Bins of a line, and columns of a heat map: no more than there are pixels.
    pub fn width(self) -> usize {
        self.width.unwrap_or(WIDTH).max(LEAST)
    }

    fn height(self) -> usize {
        self.height.unwrap_or(HEIGHT).max(LEAST)
    }

    /// Columns and lines of a heat map.
    pub fn heat(self) -> (usize, usize) {
        (self.width().min(MOST_CELLS), self.height().min(MOST_CELLS))
    }

    /// Columns and lines of an image: its own, but no more than were asked for or can be held.
    pub fn image(self, [height, width, channels]: [usize; 3]) -> (usize, usize) {
        let most = float((MOST_IN_IMAGE / channels.max(1)).min(MOST_PIXELS));
        let fit = |most: Option<usize>, has: usize| most.map_or(1.0, |most| float(most) / float(has.max(1)));
        let held = (most / (float(width) * float(height))).sqrt();
        let scale = fit(self.width, width).min(fit(self.height, height)).min(held).min(1.0);
        let scaled = |len: usize| whole(float(len) * scale).max(1);
        (scaled(width), scaled(height))
    }
}

/// The bytes of a file with that picture.
///
/// # Errors
/// `LimitExceeded` when there is no memory for it.
pub fn bytes(picture: &Picture, kind: FileKind, page: Page) -> Result<Vec<u8>, Error> {
    match (&picture.drawing, kind) {
        (Drawing::Image(grid, range), FileKind::Png) => image(grid, *range),
        (Drawing::Image(grid, range), FileKind::Svg) => {
            let mut svg = Svg::new(grid.width, grid.height);
            let area = Area { left: 0.0, top: 0.0, right: float(grid.width), bottom: float(grid.height) };
            svg.embed(area, &image(grid, *range)?);
            Ok(svg.end())
        }
        (_, FileKind::Png) => {
            let mut raster = Raster::new(page.width(), page.height())?;
            draw(picture, page, &mut raster)?;
            raster.end()
        }
        (_, FileKind::Svg) => {
            let mut svg = Svg::new(page.width(), page.height());
            draw(picture, page, &mut svg)?;
            Ok(svg.end())
        }
    }
}

/// An image as it is; what has no value is black.
fn image(grid: &Grid, range: Range) -> Result<Vec<u8>, Error> {
    let kind = match grid.channels {
        4 => png::ColorType::Rgba,
        3 => png::ColorType::Rgb,
        _ => png::ColorType::Grayscale,
    };
    let samples = kind.samples();
    let mut bytes = room::reserved(grid.width.saturating_mul(grid.height).saturating_mul(samples))?;
    for y in 0..grid.height {
        for x in 0..grid.width {
            let (Rgb(red, green, blue), opacity) = grid.pixel(x, y, range).unwrap_or_default();
            let opacity = super::numbers::byte(opacity * 255.0);
            bytes.extend([red, green, blue, opacity].into_iter().take(samples));
        }
    }
    encoded(grid.width, grid.height, kind, &bytes)
}

/// A PNG file of pixels with 8 bits for each channel.
fn encoded(width: usize, height: usize, kind: png::ColorType, pixels: &[u8]) -> Result<Vec<u8>, Error> {
    let side = |len: usize| u32::try_from(len).map_err(|_| Error::invalid("the picture is too large"));
    let mut file = Vec::new();
    let mut encoder = png::Encoder::new(&mut file, side(width)?, side(height)?);
    encoder.set_color(kind);
    encoder.set_depth(png::BitDepth::Eight);
    let written = encoder.write_header().and_then(|mut writer| {
        writer.write_image_data(pixels)?;
        writer.finish()
    });
    written.map_err(|error| Error::invalid(format!("the picture can't be packed: {error}")))?;
    Ok(file)
}

/// Which part of a text is at its place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Anchor {
    Start,
    Middle,
    End,
}

/// A rectangle, in pixels.
#[derive(Clone, Copy, Debug)]
struct Area {
    left: f64,
    top: f64,
    right: f64,
    bottom: f64,
}

impl Area {
    fn width(self) -> f64 {
        self.right - self.left
    }

    fn height(self) -> f64 {
        self.bottom - self.top
    }

    /// Where a value is on the vertical axis.
    fn y(self, range: Range, value: f64) -> f64 {
        self.bottom - range.fraction(value) * self.height()
    }

    /// Where a value is on the horizontal axis.
    fn x(self, range: Range, value: f64) -> f64 {
        self.left + range.fraction(value) * self.width()
    }
}

/// What a picture is drawn on.
trait Canvas {
    /// A line from point to point.
    fn line(&mut self, points: &[(f64, f64)], width: f64, color: Rgb);

    /// A filled rectangle.
    fn fill(&mut self, area: Area, color: Rgb);

    /// A text whose middle is at that height.
    fn text(&mut self, at: (f64, f64), anchor: Anchor, text: &str, color: Rgb);

    /// A table of colours that fills an area; what has none stays as it is.
    fn table(
        &mut self,
        area: Area,
        size: (usize, usize),
        color: &dyn Fn(usize, usize) -> Option<Rgb>,
    ) -> Result<(), Error>;
}

/// Pixels from one character to the next.
const CHARACTER: f64 = 7.0;

/// Room above an area, below it, and to the right.
const ABOVE: f64 = 52.0;
const BELOW: f64 = 36.0;
const BESIDE: f64 = 24.0;

fn draw(picture: &Picture, page: Page, canvas: &mut dyn Canvas) -> Result<(), Error> {
    let (width, height) = (float(page.width()), float(page.height()));
    let most = whole((width - 24.0) / CHARACTER);
    let line = |text: &str| shortened(&one_line(text), most.saturating_sub(3)).into_owned();
    canvas.fill(Area { left: 0.0, top: 0.0, right: width, bottom: height }, Rgb::WHITE);
    canvas.text((12.0, 16.0), Anchor::Start, &line(&picture.title), Rgb::BLACK);
    canvas.text((12.0, 36.0), Anchor::Start, &line(&picture.all_notes()), Rgb::BLACK);
    let plot = Plot { canvas, width, height, values: picture.values };
    match &picture.drawing {
        Drawing::Lines(lines) => plot.lines(lines),
        Drawing::Bars(bars) => plot.bars(bars),
        Drawing::Heat(grid) => plot.heat(grid)?,
        // It has no axes.
        Drawing::Image(..) => {}
    }
    Ok(())
}

/// A picture with axes.
struct Plot<'a> {
    canvas: &'a mut dyn Canvas,
    width: f64,
    height: f64,
    values: Values,
}

impl Plot<'_> {
    /// The area between axes, of which the left one has texts of so many characters.
    fn area(&self, beside: usize, right: f64) -> Area {
        let left = (float(beside) * CHARACTER + 20.0).min(self.width / 2.0);
        Area { left, top: ABOVE, right: self.width - right, bottom: self.height - BELOW }
    }

    /// About how many texts fit below an area.
    fn across(&self) -> usize {
        whole(self.width / 80.0)
    }

    fn down(&self) -> usize {
        whole(self.height / 45.0)
    }

    /// Draws frame, texts and the lines that guide the eye, if there are to be any.
    fn axes(&mut self, area: Area, x: &[(f64, String)], y: &[(f64, String)], has_guides: bool) {
        let Area { left, top, right, bottom } = area;
        for (y, text) in y {
            if has_guides {
                self.canvas.line(&[(left, *y), (right, *y)], 1.0, Rgb::GREY);
            }
            self.canvas.line(&[(left - 5.0, *y), (left, *y)], 1.0, Rgb::BLACK);
            self.canvas.text((left - 8.0, *y), Anchor::End, text, Rgb::BLACK);
        }
        let mut end = 0.0;
        for (x, text) in x {
            if has_guides {
                self.canvas.line(&[(*x, top), (*x, bottom)], 1.0, Rgb::GREY);
            }
            self.canvas.line(&[(*x, bottom), (*x, bottom + 5.0)], 1.0, Rgb::BLACK);
            let half = float(text.chars().count()) * CHARACTER / 2.0;
            let middle = x.min(self.width - half - 4.0);
            if middle - half >= end {
                self.canvas.text((middle, bottom + 16.0), Anchor::Middle, text, Rgb::BLACK);
                end = middle + half + CHARACTER;
            }
        }
        let frame = [(left, top), (left, bottom), (right, bottom), (right, top), (left, top)];
        self.canvas.line(&frame, 1.0, Rgb::BLACK);
    }

    fn lines(mut self, lines: &Lines) {
        let range = lines.range.padded();
        let ticks = Ticks::of(range, self.values, self.down());
        let area = self.area(ticks.width(), BESIDE);
        let y: Vec<_> = ticks.0.into_iter().map(|(value, text)| (area.y(range, value), text)).collect();
        let along = Range { low: 0.0, high: float(lines.count.saturating_sub(1).max(1)) };
        let x = Ticks::of_items(lines.count, self.across()).0;
        let x: Vec<_> = x.into_iter().map(|(place, text)| (area.x(along, place), text)).collect();
        self.axes(area, &x, &y, true);
        let mut beside = self.width - BESIDE;
        for (at, (name, line)) in lines.lines.iter().enumerate().rev() {
            let last = float(line.len().saturating_sub(1).max(1));
            let mut points = Vec::new();
            for (place, bin) in line.iter().enumerate() {
                let Some(bin) = bin else {
                    self.run(&mut points, of_line(at));
                    continue;
                };
                let x = area.left + float(place) / last * area.width();
                let values = [bin.first, bin.range.low, bin.range.high, bin.last];
                points.extend(values.map(|value| (x, area.y(range, value))));
                points.dedup();
            }
            self.run(&mut points, of_line(at));
            if lines.lines.len() > 1 {
                self.canvas.text((beside, 36.0), Anchor::End, name, of_line(at));
                beside -= (float(name.chars().count()) + 2.0) * CHARACTER;
            }
        }
    }

    /// Draws a part of a line that has no gaps, a value alone as a dot.
    fn run(&mut self, points: &mut Vec<(f64, f64)>, color: Rgb) {
        if let [(x, y)] = *points.as_slice() {
            *points = vec![(x - 1.0, y), (x + 1.0, y)];
        }
        self.canvas.line(points, 1.5, color);
        points.clear();
    }

    fn bars(mut self, bars: &Bars) {
        let most = bars.counts.iter().copied().max().unwrap_or(0).max(1);
        #[allow(clippy::cast_precision_loss, reason = "a bar has some hundred pixels")]
        let height = |count: u64| count as f64;
        let counts = Range { low: 0.0, high: height(most) * 1.05 };
        let ticks = Ticks::of(counts, Values::Whole, self.down());
        let area = self.area(ticks.width(), BESIDE);
        let y: Vec<_> = ticks.0.into_iter().map(|(count, text)| (area.y(counts, count), text)).collect();
        let x = Ticks::of(bars.range, self.values, self.across()).0;
        let x: Vec<_> = x.into_iter().map(|(value, text)| (area.x(bars.range, value), text)).collect();
        self.axes(area, &x, &y, true);
        let each = area.width() / float(bars.counts.len().max(1));
        for (at, count) in bars.counts.iter().enumerate().filter(|(_, count)| **count > 0) {
            let left = area.left + float(at) * each;
            // What has any value at all is seen.
            let top = area.y(counts, height(*count)).min(area.bottom - 1.0);
            let gap = (each / 10.0).min(1.0);
            let bar = Area { left: left + gap, top, right: left + each - gap, bottom: area.bottom };
            self.canvas.fill(bar, of_line(0));
        }
    }

    fn heat(mut self, grid: &Grid) -> Result<(), Error> {
        let range = grid.range.widened();
        let (rows, columns) = (float(grid.rows), float(grid.columns));
        let (y, x) = (Ticks::of_items(grid.rows, self.down()), Ticks::of_items(grid.columns, self.across()));
        let legend = Ticks::of(range, self.values, self.down());
        let bar = float(legend.width()) * CHARACTER + 48.0;
        let area = self.area(y.width(), bar + 12.0);
        let size = (grid.width, grid.height);
        let color = |x: usize, y: usize| grid.get(x, y, 0).map(|value| of_heat(range.fraction(value)));
        self.canvas.table(area, size, &color)?;
        // In the middle of the cells of an item.
        let y = y.0.into_iter().map(|(item, text)| (area.top + (item + 0.5) / rows * area.height(), text));
        let x = x.0.into_iter().map(|(item, text)| (area.left + (item + 0.5) / columns * area.width(), text));
        let (x, y): (Vec<_>, Vec<_>) = (x.collect(), y.collect());
        self.axes(area, &x, &y, false);
        let left = area.right + 20.0;
        let bar = Area { left, right: left + 16.0, ..area };
        let steps = 128;
        let step = |_: usize, y: usize| Some(of_heat(1.0 - float(y) / float(steps - 1)));
        self.canvas.table(bar, (1, steps), &step)?;
        for (value, text) in legend.0 {
            let y = bar.y(range, value);
            self.canvas.line(&[(bar.right, y), (bar.right + 5.0, y)], 1.0, Rgb::BLACK);
            self.canvas.text((bar.right + 8.0, y), Anchor::Start, &text, Rgb::BLACK);
        }
        Ok(())
    }
}
