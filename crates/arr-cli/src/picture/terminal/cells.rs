//! A table of characters with colours.

use arr_io::Error;
use arr_io::format::room;

use super::{Colors, END};
use crate::picture::colors::Rgb;

/// A character, its colour, and that behind it.
#[derive(Clone, Copy, Debug, Default)]
pub struct Cell {
    shape: Option<char>,
    color: Option<Rgb>,
    behind: Option<Rgb>,
}

impl Cell {
    /// A character without colours.
    pub fn plain(shape: char) -> Self {
        Self { shape: Some(shape), ..Self::default() }
    }

    /// A character in a colour.
    pub fn of(shape: char, color: Rgb) -> Self {
        Self { color: Some(color), ..Self::plain(shape) }
    }

    /// Two colours, one above the other.
    pub fn halves(above: Option<Rgb>, below: Option<Rgb>) -> Self {
        match (above, below) {
            (Some(_), _) => Self { behind: below, color: above, ..Self::plain('▀') },
            (None, Some(below)) => Self::of('▄', below),
            (None, None) => Self::plain(' '),
        }
    }
}

/// The first character of Braille, without dots. The bits of the others say which dots they have.
const BRAILLE: u32 = 0x2800;

/// The bit of the dot in a column and a line of dots, of which a character has two and four.
fn bit(x: usize, y: usize) -> u32 {
    match (x % 2, y % 4) {
        (0, 0) => 0x01,
        (0, 1) => 0x02,
        (0, 2) => 0x04,
        (0, _) => 0x40,
        (_, 0) => 0x08,
        (_, 1) => 0x10,
        (_, 2) => 0x20,
        (_, _) => 0x80,
    }
}

/// A table of characters.
pub struct Cells {
    pub width: usize,
    cells: Vec<Cell>,
}

impl Cells {
    /// A table of blanks.
    pub fn new(width: usize, height: usize) -> Result<Self, Error> {
        let count = width.saturating_mul(height);
        Ok(Self { width, cells: room::collected((0..count).map(|_| Cell::default()))? })
    }

    /// Sets a character.
    pub fn set(&mut self, column: usize, row: usize, cell: Cell) {
        if let Some(place) = self.at(column, row) {
            *place = cell;
        }
    }

    fn at(&mut self, column: usize, row: usize) -> Option<&mut Cell> {
        let is_inside = column < self.width;
        self.cells.get_mut(row * self.width + column).filter(|_| is_inside)
    }

    /// Sets the dots of a line, of which each character has two columns and four rows.
    pub fn dots(&mut self, from: (usize, usize), to: (usize, usize), color: Rgb) {
        let (across, down) = (from.0.abs_diff(to.0), from.1.abs_diff(to.1));
        let steps = across.max(down).max(1);
        let between = |from: usize, to: usize, step: usize| {
            let way = (from.abs_diff(to) * step + steps / 2) / steps;
            if from < to { from + way } else { from - way }
        };
        for step in 0..=steps {
            self.dot(between(from.0, to.0, step), between(from.1, to.1, step), color);
        }
    }

    fn dot(&mut self, x: usize, y: usize, color: Rgb) {
        let Some(cell) = self.at(x / 2, y / 4) else { return };
        let old = cell.shape.map_or(BRAILLE, u32::from);
        *cell = Cell { shape: char::from_u32(old | bit(x, y)), color: Some(color), behind: None };
    }

    /// The lines of the table, from above.
    pub fn lines(&self, colors: Colors) -> impl Iterator<Item = String> {
        self.cells.chunks(self.width.max(1)).map(move |cells| line(cells, colors))
    }
}

/// Some characters with their colours.
fn line(cells: &[Cell], colors: Colors) -> String {
    let mut line = String::new();
    let mut set = String::new();
    for cell in cells {
        let color = cell.color.map(|color| colors.sequence(38, color)).unwrap_or_default();
        let behind = cell.behind.map(|color| colors.sequence(48, color)).unwrap_or_default();
        let wanted = color + &behind;
        if set != wanted {
            line.push_str(if set.is_empty() { "" } else { END });
            line.push_str(&wanted);
            set = wanted;
        }
        line.push(cell.shape.unwrap_or(' '));
    }
    line.push_str(if set.is_empty() { "" } else { END });
    line
}
