//! Pictures in characters.

mod cells;

use std::io::{self, Write};

use arr_io::Error;

use self::cells::{Cell, Cells};
use super::colors::{Rgb, of_heat, of_line};
use super::numbers::{byte, float, place, whole};
use super::sample::{Bars, Bin, Grid, Lines};
use super::scale::{Range, Ticks, short};
use super::{Drawing, Picture, Values};
use crate::failure::Failure;
use crate::output;
use crate::text::one_line;

/// How colours are said.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Colors {
    /// Not at all.
    None,
    /// As one of 256.
    Palette,
    /// As they are.
    All,
}

impl Colors {
    /// As many as the terminal says that it has, unless the user wants none.
    pub fn of_output() -> Self {
        let has_all = |term: std::ffi::OsString| term == "truecolor" || term == "24bit";
        match (output::has_colors(&io::stdout()), std::env::var_os("COLORTERM").is_some_and(has_all)) {
            (false, _) => Self::None,
            (true, true) => Self::All,
            (true, false) => Self::Palette,
        }
    }

    /// The sequence that sets a colour of characters (38) or behind them (48).
    fn sequence(self, what: u8, Rgb(red, green, blue): Rgb) -> String {
        match self {
            Self::None => String::new(),
            Self::All => format!("\u{1b}[{what};2;{red};{green};{blue}m"),
            Self::Palette => {
                // A cube of 6 levels each.
                let level = |value: u8| u16::from(byte(f64::from(value) / 51.0));
                let index = 16 + 36 * level(red) + 6 * level(green) + level(blue);
                format!("\u{1b}[{what};5;{index}m")
            }
        }
    }

    /// A text in a colour.
    fn paint(self, text: &str, color: Rgb) -> String {
        match self {
            Self::None => text.to_owned(),
            _ => format!("{}{text}{END}", self.sequence(38, color)),
        }
    }
}

/// The sequence that ends colours.
const END: &str = "\u{1b}[0m";

/// The room for a picture, in characters, and its colours.
#[derive(Clone, Copy, Debug)]
pub struct Screen {
    pub width: usize,
    pub height: usize,
    pub colors: Colors,
}

impl Screen {
    /// The terminal, or a page of 80 columns where there is none.
    pub fn new(width: Option<u16>, height: Option<u16>, colors: Colors) -> Self {
        let (rows, columns) = output::size().unwrap_or((24, 80));
        let height = height.unwrap_or(rows.saturating_sub(3).clamp(10, 30));
        Self {
            width: usize::from(width.unwrap_or(columns).max(20)),
            height: usize::from(height.max(6)),
            colors,
        }
    }

    /// Bins of a line: as many as there can be dots beside each other.
    pub fn bins(self) -> usize {
        self.width * 2
    }

    /// Bins of a histogram.
    pub fn bars(self) -> usize {
        self.width.saturating_sub(12).max(4)
    }

    /// Lines beside what stands above and below a picture.
    fn rows(self) -> usize {
        self.height.saturating_sub(4).max(2)
    }

    /// Cells in a line of characters: with colours two, one above the other.
    fn cells_in_row(self) -> usize {
        if self.colors == Colors::None { 1 } else { 2 }
    }

    /// Columns and cells of lines of a heat map of so many rows.
    pub fn heat(self, rows: usize) -> (usize, usize) {
        let beside = Ticks::of_items(rows, 5).width() + 2;
        (self.width.saturating_sub(beside).max(1), self.rows() * self.cells_in_row())
    }

    /// Columns and cells of lines of an image, which keeps its proportions.
    pub fn image(self, [height, width, _]: [usize; 3]) -> (usize, usize) {
        let rows = self.height.saturating_sub(1).max(1);
        // A character is twice as high as wide.
        let (across, down) =
            (float(self.width) / float(width.max(1)), float(rows * 2) / float(height.max(1)));
        let scale = across.min(down).min(LARGEST);
        let down = scale * float(self.cells_in_row()) / 2.0;
        (whole((float(width) * scale).round()).max(1), whole((float(height) * down).round()).max(1))
    }
}

/// So many columns a pixel takes at most.
const LARGEST: f64 = 4.0;

/// Draws a picture.
pub fn draw(picture: &Picture, screen: Screen, out: &mut dyn Write) -> Result<(), Failure> {
    let lines = lines(picture, screen)?;
    writeln!(out, "{}", one_line(&picture.title))?;
    for line in lines {
        writeln!(out, "{}", line.trim_end())?;
    }
    let notes = picture.all_notes();
    if !notes.is_empty() {
        writeln!(out, "{}", one_line(&notes))?;
    }
    Ok(())
}

fn lines(picture: &Picture, screen: Screen) -> Result<Vec<String>, Error> {
    match &picture.drawing {
        Drawing::Lines(lines) => of_lines(lines, picture.values, screen),
        Drawing::Bars(bars) => of_bars(bars, picture.values, screen),
        Drawing::Heat(grid) => of_heat_map(grid, picture.values, screen),
        Drawing::Image(grid, range) => of_image(grid, *range, screen),
    }
}

/// A picture between its axes: what stands at which line and column.
struct Frame {
    cells: Cells,
    rows: Vec<(usize, String)>,
    columns: Vec<(usize, String)>,
}

impl Frame {
    fn lines(&self, colors: Colors) -> Vec<String> {
        let beside = self.rows.iter().map(|(_, text)| text.chars().count()).max().unwrap_or(0);
        let mut lines = Vec::new();
        for (row, line) in self.cells.lines(colors).enumerate() {
            let text = self.rows.iter().find(|(at, _)| *at == row).map(|(_, text)| text.as_str());
            let (text, axis) = text.map_or(("", '│'), |text| (text, '┤'));
            let blanks = " ".repeat(beside.saturating_sub(text.chars().count()));
            lines.push(format!("{blanks}{text} {axis}{line}"));
        }
        let is_tick = |at: usize| self.columns.iter().any(|(column, _)| *column == at);
        let axis = (0..self.cells.width).map(|at| if is_tick(at) { '┬' } else { '─' });
        let blanks = " ".repeat(beside + 1);
        lines.push(format!("{blanks}└{}", axis.collect::<String>()));
        lines.push(below(&self.columns, beside + 2, self.cells.width));
        lines
    }
}

/// The line of texts below an axis, each in the middle below its place, as far as they have room.
fn below(columns: &[(usize, String)], beside: usize, width: usize) -> String {
    let mut line = String::new();
    let mut end = 0;
    for (column, text) in columns {
        let len = text.chars().count();
        let last = (beside + width).saturating_sub(len);
        let start = (beside + column).saturating_sub(len / 2).min(last);
        if start < end || len > beside + width {
            continue;
        }
        let used = line.chars().count();
        line.extend(std::iter::repeat_n(' ', start.saturating_sub(used)));
        line.push_str(text);
        end = start + len + 1;
    }
    line
}

/// About so many columns apart are texts of an axis.
const APART: usize = 9;

fn of_lines(lines: &Lines, values: Values, screen: Screen) -> Result<Vec<String>, Error> {
    let range = lines.range.widened();
    let rows = screen.rows();
    let ticks = Ticks::of(range, values, (rows / 2).clamp(2, 7));
    let width = screen.width.saturating_sub(ticks.width() + 2).max(2);
    let (across, down) = (width * 2 - 1, rows * 4 - 1);
    let height_of = |value: f64| down - whole((range.fraction(value) * float(down)).round()).min(down);
    let mut cells = Cells::new(width, rows)?;
    for (at, (_, line)) in lines.lines.iter().enumerate() {
        let color = of_line(at);
        let last = line.len().saturating_sub(1).max(1);
        let mut before = None;
        for (at, bin) in line.iter().enumerate() {
            let x = (at * across + last / 2) / last;
            let Some(Bin { first, last, range }) = bin else {
                before = None;
                continue;
            };
            if let Some((from, value)) = before {
                cells.dots((from, height_of(value)), (x, height_of(*first)), color);
            }
            cells.dots((x, height_of(range.low)), (x, height_of(range.high)), color);
            before = Some((x, *last));
        }
    }
    let end = float(lines.count.saturating_sub(1).max(1));
    let places = Ticks::of_items(lines.count, (width / APART).max(2)).0;
    let column = |place: f64| whole((place / end * float(width - 1)).round());
    let row = |value: f64| height_of(value) / 4;
    let frame = Frame {
        cells,
        rows: ticks.0.into_iter().map(|(value, text)| (row(value), text)).collect(),
        columns: places.into_iter().map(|(place, text)| (column(place), text)).collect(),
    };
    let mut found = frame.lines(screen.colors);
    if lines.lines.len() > 1 {
        let named = |(at, (name, _)): (usize, &(String, _))| screen.colors.paint(name, of_line(at));
        let names: Vec<String> = lines.lines.iter().enumerate().map(named).collect();
        found.push(format!("lines: {}", names.join(" ")));
    }
    Ok(found)
}

fn of_bars(bars: &Bars, values: Values, screen: Screen) -> Result<Vec<String>, Error> {
    let most = bars.counts.iter().copied().max().unwrap_or(0).max(1);
    let rows = screen.rows();
    #[allow(clippy::cast_precision_loss, reason = "a label has few digits")]
    let counts = Range { low: 0.0, high: most as f64 };
    let ticks = Ticks::of(counts, Values::Whole, (rows / 2).clamp(2, 7));
    let room = screen.width.saturating_sub(ticks.width() + 2).max(bars.counts.len());
    let each = (room / bars.counts.len().max(1)).max(1);
    let width = each * bars.counts.len();
    let mut cells = Cells::new(width, rows)?;
    for (at, count) in bars.counts.iter().enumerate() {
        let eighths = u128::from(*count) * (rows as u128 * 8) / u128::from(most);
        // What has any value at all is seen.
        let eighths = usize::try_from(eighths).unwrap_or(0).max(usize::from(*count > 0));
        for row in 0..rows {
            let filled = eighths.saturating_sub((rows - 1 - row) * 8).min(8);
            let shape = BARS.get(filled).copied().unwrap_or(' ');
            for column in at * each..(at + 1) * each {
                cells.set(column, row, Cell::of(shape, of_line(0)));
            }
        }
    }
    let places = Ticks::of(bars.range, values, (width / APART).max(2)).0;
    let column = |value: f64| whole(bars.range.fraction(value) * float(width)).min(width - 1);
    let row = |value: f64| (rows - 1) - whole(counts.fraction(value) * float(rows - 1));
    let frame = Frame {
        cells,
        rows: ticks.0.into_iter().map(|(value, text)| (row(value), text)).collect(),
        columns: places.into_iter().map(|(value, text)| (column(value), text)).collect(),
    };
    Ok(frame.lines(screen.colors))
}

/// Eighths of a character, from below.
const BARS: [char; 9] = [' ', '▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];

/// Shades of a heat map without colours; a blank is what has no value.
const HEAT: [char; 5] = ['·', '░', '▒', '▓', '█'];

/// Shades of an image without colours.
const SHADES: [char; 5] = [' ', '░', '▒', '▓', '█'];

fn shade(shades: [char; 5], value: f64) -> char {
    shades.get(whole(value * 5.0).min(4)).copied().unwrap_or(' ')
}

fn of_heat_map(grid: &Grid, values: Values, screen: Screen) -> Result<Vec<String>, Error> {
    let range = grid.range.widened();
    let (columns, rows) = screen.heat(grid.rows);
    let in_row = screen.cells_in_row();
    // What is small is drawn larger: a cell is about as wide as high.
    let larger = (rows / grid.height.max(1)).min(columns * in_row / 2 / grid.width.max(1)).clamp(1, 4);
    let wider = (larger * 2 / in_row).min(columns / grid.width.max(1)).max(1);
    let (width, height) = (grid.width * wider, grid.height * larger);
    let at = |x: usize, y: usize| grid.get(x / wider, y / larger, 0).map(|value| range.fraction(value));
    let shown = height.div_ceil(in_row);
    let mut cells = Cells::new(width, shown)?;
    for row in 0..shown {
        for column in 0..width {
            let cell = match in_row {
                1 => Cell::plain(at(column, row).map_or(' ', |value| shade(HEAT, value))),
                _ => Cell::halves(at(column, row * 2).map(of_heat), at(column, row * 2 + 1).map(of_heat)),
            };
            cells.set(column, row, cell);
        }
    }
    // In the middle of the cells of an item.
    let middle = |item: f64, items: usize, places: usize| whole((item + 0.5) / float(items) * float(places));
    let row = |item: f64| middle(item, grid.rows, height) / in_row;
    let column = |item: f64| middle(item, grid.columns, width);
    let frame = Frame {
        cells,
        rows: Ticks::of_items(grid.rows, (shown / 2).clamp(2, 5))
            .0
            .into_iter()
            .map(|(at, text)| (row(at), text))
            .collect(),
        columns: Ticks::of_items(grid.columns, (width / 8).max(2))
            .0
            .into_iter()
            .map(|(at, text)| (column(at), text))
            .collect(),
    };
    let mut lines = frame.lines(screen.colors);
    let bar: String = match screen.colors {
        Colors::None => HEAT.iter().collect(),
        colors => (0..20).map(|at| colors.paint("█", of_heat(float(at) / 19.0))).collect(),
    };
    lines.push(format!("{} {bar} {}", short(grid.range.low, values), short(grid.range.high, values)));
    Ok(lines)
}

fn of_image(grid: &Grid, range: Range, screen: Screen) -> Result<Vec<String>, Error> {
    let (width, height) = screen.image([grid.rows, grid.columns, grid.channels]);
    let in_row = screen.cells_in_row();
    let at = |x: usize, y: usize| {
        let (x, y) = (place(x, grid.width, width), place(y, grid.height, height));
        grid.pixel(x, y, range).map(|(color, opacity)| Rgb::default().toward(color, opacity))
    };
    let rows = height.div_ceil(in_row);
    let mut cells = Cells::new(width, rows)?;
    for row in 0..rows {
        for column in 0..width {
            let cell = match in_row {
                1 => Cell::plain(at(column, row).map_or(' ', |color| shade(SHADES, color.brightness()))),
                _ => {
                    let below = (row * 2 + 1 < height).then_some(row * 2 + 1);
                    Cell::halves(at(column, row * 2), below.and_then(|below| at(column, below)))
                }
            };
            cells.set(column, row, cell);
        }
    }
    Ok(cells.lines(screen.colors).collect())
}
