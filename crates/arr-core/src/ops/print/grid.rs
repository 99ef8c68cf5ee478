//! Rows, planes and brackets.

use std::fmt;

use super::item::ItemFormat;
use super::shown::{Axis, Shown};

/// Writes an array of rank 1 or more, item by item: no line is kept in memory.
pub(super) struct Grid<'a, 'o> {
    shown: &'a Shown<'a>,
    format: &'a ItemFormat,
    linewidth: usize,
    out: &'o mut dyn fmt::Write,
    /// The item at hand.
    word: String,
    /// Characters of the line so far.
    column: usize,
    /// Spaces that have been put, but are only written if the line goes on.
    spaces: usize,
}

impl<'a, 'o> Grid<'a, 'o> {
    pub(super) fn new(
        shown: &'a Shown<'a>,
        format: &'a ItemFormat,
        linewidth: usize,
        out: &'o mut dyn fmt::Write,
    ) -> Self {
        Self { shown, format, linewidth, out, word: String::new(), column: 0, spaces: 0 }
    }

    pub(super) fn write(&mut self) -> fmt::Result {
        let shown = self.shown;
        self.array(&shown.axes, 0, shown.start)
    }

    fn array(&mut self, axes: &[Axis], depth: usize, start: usize) -> fmt::Result {
        self.out.write_char('[')?;
        match axes {
            [] => {}
            [axis] => self.row(axis, depth, start)?,
            [axis, inner @ ..] => {
                let indent = depth + 1;
                for index in 0..axis.leading {
                    self.array(inner, indent, axis.position(start, index))?;
                    self.next_row(inner.len(), indent)?;
                }
                if axis.is_cut {
                    self.out.write_str("...")?;
                    self.next_row(inner.len(), indent)?;
                }
                for index in axis.dim - axis.trailing..axis.dim {
                    self.array(inner, indent, axis.position(start, index))?;
                    if index + 1 < axis.dim {
                        self.next_row(inner.len(), indent)?;
                    }
                }
            }
        }
        self.out.write_char(']')
    }

    fn next_row(&mut self, lines: usize, indent: usize) -> fmt::Result {
        (0..lines).try_for_each(|_| self.out.write_char('\n'))?;
        self.blanks(indent)
    }

    fn row(&mut self, axis: &Axis, depth: usize, start: usize) -> fmt::Result {
        let indent = depth + 1;
        let width = self.linewidth.saturating_sub(indent);
        (self.column, self.spaces) = (indent, 0);
        for index in 0..axis.leading {
            self.item(axis.position(start, index), width, indent)?;
            self.separate();
        }
        if axis.is_cut {
            self.word.clear();
            self.word.push_str("...");
            self.put(width, indent)?;
            self.separate();
        }
        for index in axis.dim - axis.trailing..axis.dim {
            self.item(axis.position(start, index), width, indent)?;
            if index + 1 < axis.dim {
                self.separate();
            }
        }
        self.blanks(self.spaces)
    }

    fn separate(&mut self) {
        self.column += 1;
        self.spaces += 1;
    }

    fn item(&mut self, start: usize, width: usize, indent: usize) -> fmt::Result {
        self.word.clear();
        self.format.push(self.shown.item(start), &mut self.word);
        self.put(width, indent)
    }

    /// Puts the word into the line, or into a new one if it does not fit and is not the first.
    fn put(&mut self, width: usize, indent: usize) -> fmt::Result {
        let length = self.word.chars().count();
        if self.column.saturating_add(length) > width && self.column > indent {
            self.out.write_char('\n')?;
            (self.column, self.spaces) = (indent, indent);
        }
        self.column = self.column.saturating_add(length);
        let word = self.word.trim_end_matches(' ');
        if !word.is_empty() {
            blanks(self.out, self.spaces)?;
            self.out.write_str(word)?;
            self.spaces = 0;
        }
        self.spaces += self.word.len() - word.len();
        Ok(())
    }

    fn blanks(&mut self, count: usize) -> fmt::Result {
        blanks(self.out, count)
    }
}

fn blanks(out: &mut dyn fmt::Write, count: usize) -> fmt::Result {
    (0..count).try_for_each(|_| out.write_char(' '))
}
