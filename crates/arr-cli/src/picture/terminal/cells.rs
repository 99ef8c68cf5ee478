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

/// The bits of the dots, two in each of four lines.
const DOTS: [[u8; 2]; 4] = [[0x01, 0x08], [0x02, 0x10], [0x04, 0x20], [0x40, 0x80]];

/// A table of characters.
pub struct Cells {
    pub width: usize,
    pub height: usize,
    cells: Vec<Cell>,
}

impl Cells {
    /// A table of blanks.
    pub fn new(width: usize, height: usize) -> Result<Self, Error> {
        let count = width.saturating_mul(height);
        Ok(Self { width, height, cells: room::collected((0..count).map(|_| Cell::default()))? })
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
        let bit = DOTS.get(y % 4).and_then(|dots| dots.get(x % 2)).copied().unwrap_or(0);
        let Some(cell) = self.at(x / 2, y / 4) else { return };
        let old = cell.shape.map_or(BRAILLE, u32::from);
        *cell = Cell { shape: char::from_u32(old | u32::from(bit)), color: Some(color), behind: None };
    }

    /// A line of the table.
    pub fn row(&self, row: usize, colors: Colors) -> String {
        let mut line = String::new();
        let mut set = String::new();
        let start = row * self.width;
        for cell in self.cells.get(start..start + self.width).unwrap_or_default() {
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
}
