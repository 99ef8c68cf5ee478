//! Small texts: names on one line, shapes, sizes, tables.

use std::borrow::Cow;
use std::fmt::{self, Write};
use std::io::{self, IsTerminal};

use arr_io::DType;

use crate::output;

/// True for what is no part of a line of text as it is seen: control characters (those of C1 and DEL too), separators
/// of lines, and what changes the direction of text.
pub fn is_unseen(c: char) -> bool {
    let turns =
        matches!(c, '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    turns || c.is_control() || matches!(c, '\u{2028}' | '\u{2029}')
}

/// The text without what is [unseen](is_unseen), which is escaped as in Rust's strings.
pub fn one_line(text: &str) -> Cow<'_, str> {
    if !text.contains(is_unseen) {
        return Cow::Borrowed(text);
    }
    let mut line = String::new();
    for c in text.chars() {
        if is_unseen(c) { line.extend(c.escape_default()) } else { line.push(c) }
    }
    Cow::Owned(line)
}

/// A shape as Python writes a tuple: `(2, 3)`, `(5,)`, `()`.
pub fn shape(shape: &[usize]) -> String {
    let dims: Vec<String> = shape.iter().map(ToString::to_string).collect();
    if dims.len() == 1 { format!("({},)", dims.concat()) } else { format!("({})", dims.join(", ")) }
}

/// A number of bytes for people: `1 byte`, `24 bytes`, `2097152 bytes (2.0 MiB)`.
pub fn bytes(count: u64) -> String {
    const UNITS: [&str; 6] = ["KiB", "MiB", "GiB", "TiB", "PiB", "EiB"];
    let mut text = counted(count, "byte");
    // Tenths of the unit, rounded down: exact numbers precede them.
    let (mut tenths, mut unit) = (u128::from(count) * 10 / 1024, 0);
    while tenths >= 10_240 {
        (tenths, unit) = (tenths / 1024, unit + 1);
    }
    if let Some(unit) = UNITS.get(unit).filter(|_| count >= 10 << 10) {
        // A String takes every text.
        let _ = write!(text, " ({}.{} {unit})", tenths / 10, tenths % 10);
    }
    text
}

/// A number in so many digits at most.
pub fn rounded(value: f64, digits: usize) -> String {
    let text = format!("{value:.*e}", digits.saturating_sub(1));
    match text.parse::<f64>() {
        Ok(rounded) => format!("{rounded:?}"),
        Err(_) => text,
    }
}

/// `1 item`, `2 items`.
pub fn counted(count: u64, what: &str) -> String {
    format!("{count} {what}{}", if count == 1 { "" } else { "s" })
}

/// The text, or its beginning if it has more than `most` characters.
pub fn shortened(text: &str, most: usize) -> Cow<'_, str> {
    match text.chars().nth(most) {
        None => Cow::Borrowed(text),
        Some(_) => Cow::Owned(text.chars().take(most).chain("...".chars()).collect()),
    }
}

/// What is printed, or its beginning if it has more than `most` characters; no more than that is made. A dtype may have
/// a hundred thousand fields.
pub fn beginning(what: &impl fmt::Display, most: usize) -> String {
    struct Beginning {
        text: String,
        left: usize,
    }
    impl Write for Beginning {
        fn write_str(&mut self, more: &str) -> fmt::Result {
            for c in more.chars() {
                self.left = self.left.checked_sub(1).ok_or(fmt::Error)?;
                self.text.push(c);
            }
            Ok(())
        }
    }
    let mut beginning = Beginning { text: String::new(), left: most };
    let is_whole = write!(beginning, "{what}").is_ok();
    let Beginning { mut text, .. } = beginning;
    text.push_str(if is_whole { "" } else { "..." });
    text
}

/// A dtype on one line: on a terminal no more than `most` characters of it.
pub fn dtype(dtype: &DType, most: usize) -> String {
    let most = if io::stdout().is_terminal() { most } else { usize::MAX };
    one_line(&beginning(dtype, most)).into_owned()
}

/// Lines of cells in columns, as a text.
pub fn table(rows: &[Vec<String>], right: &'static [usize]) -> String {
    let (mut text, mut table) = (Vec::new(), Table::new(right));
    // A vector takes every text.
    let _ = rows.iter().try_for_each(|row| table.row(&mut text, row)).and_then(|()| table.end(&mut text));
    String::from_utf8_lossy(&text).into_owned()
}

/// How much of a table is held to find the widths of its columns: 8 MiB.
const HELD: usize = 8 << 20;

/// The first column of a table, of names, is cut to no fewer characters.
const LEAST_NAME: usize = 16;

/// Nor is the last column.
const LEAST: usize = 8;

/// Lines of cells in columns as wide as their widest cell; the last column is not padded. Of a very long table some
/// thousand lines are aligned at a time.
///
/// On a terminal lines are made as short as it is wide, if the outer columns can be cut for that: the first one, which has
/// names, in the middle of its cells, the last one at their ends. Numbers and shapes stay whole.
pub struct Table {
    /// The columns that are aligned to the right.
    right: &'static [usize],
    widths: Vec<usize>,
    /// The cells of the lines that are held, one after another, and where each ends.
    cells: String,
    ends: Vec<usize>,
    has_rows: bool,
    /// Characters of a line of the terminal, if it is one.
    most: Option<usize>,
}

impl Table {
    /// A table without lines; the columns of `right` are aligned to the right.
    pub fn new(right: &'static [usize]) -> Self {
        let most = output::size().map(|(_, columns)| columns.into());
        Self { right, widths: Vec::new(), cells: String::new(), ends: Vec::new(), has_rows: false, most }
    }

    /// A table with a line of titles, which is printed when there are other lines.
    pub fn titled(titles: &[&str], right: &'static [usize]) -> Self {
        let mut table = Self::new(right);
        table.hold(titles);
        table
    }

    fn hold<C: AsRef<str>>(&mut self, cells: &[C]) {
        self.widths.resize(cells.len().max(self.widths.len()), 0);
        for (cell, width) in cells.iter().map(AsRef::as_ref).zip(&mut self.widths) {
            *width = width_of(cell).max(*width);
            self.cells.push_str(cell);
            self.ends.push(self.cells.len());
        }
    }

    /// Adds a line. All have as many cells.
    pub fn row<C: AsRef<str>>(&mut self, out: &mut impl io::Write, cells: &[C]) -> io::Result<()> {
        self.has_rows = true;
        let len = cells.iter().map(|cell| cell.as_ref().len()).sum();
        // Where there is no memory for more lines, those that are held are printed.
        if self.cells.try_reserve(len).is_err() || self.ends.try_reserve(cells.len()).is_err() {
            self.write(out)?;
        }
        self.hold(cells);
        let is_full = self.cells.len() + self.ends.len() * size_of::<usize>() > HELD;
        if is_full { self.write(out) } else { Ok(()) }
    }

    /// Writes the lines that are left.
    pub fn end(mut self, out: &mut impl io::Write) -> io::Result<()> {
        if self.has_rows { self.write(out) } else { Ok(()) }
    }

    /// Writes the lines that are held.
    fn write(&mut self, out: &mut impl io::Write) -> io::Result<()> {
        let mut start = 0;
        let mut line = String::new();
        let widths =
            self.most.map_or_else(|| self.widths.clone(), |most| fitted(&self.widths, self.right, most));
        for row in self.ends.chunks(widths.len().max(1)) {
            line.clear();
            for (column, (end, width)) in row.iter().zip(&widths).enumerate() {
                let lost = || io::Error::other("a cell of a table is lost");
                let cell = self.cells.get(start..*end).ok_or_else(lost)?;
                let cell = cut(cell, *width, column == 0);
                start = *end;
                let gap = if column == 0 { "" } else { "  " };
                // Widths in format strings end at 65535.
                let blanks = width.saturating_sub(width_of(&cell));
                let is_right = self.right.contains(&column);
                line.push_str(gap);
                line.extend(std::iter::repeat_n(' ', if is_right { blanks } else { 0 }));
                line.push_str(&cell);
                line.extend(std::iter::repeat_n(' ', if is_right { 0 } else { blanks }));
            }
            out.write_all(line.trim_end().as_bytes())?;
            out.write_all(b"\n")?;
        }
        self.cells.clear();
        self.ends.clear();
        Ok(())
    }
}

/// Columns of a terminal that a text takes.
fn width_of(text: &str) -> usize {
    if text.is_ascii() { text.len() } else { console::measure_text_width(text) }
}

/// The widths of columns, of which the first and the last are cut until a line is no longer than `most`, unless they are among
/// those of `right`.
fn fitted(widths: &[usize], right: &[usize], most: usize) -> Vec<usize> {
    let mut widths = widths.to_vec();
    loop {
        let gaps = 2 * widths.len().saturating_sub(1);
        let all = widths.iter().fold(gaps, |all, width| all.saturating_add(*width));
        let least = |column: usize| if column == 0 { LEAST_NAME } else { LEAST };
        let last = widths.len().saturating_sub(1);
        let mut texts: Vec<_> = widths.iter_mut().enumerate().collect();
        texts.retain(|(column, width)| {
            [0, last].contains(column) && !right.contains(column) && **width > least(*column)
        });
        texts.sort_by_key(|(_, width)| std::cmp::Reverse(**width));
        let next = texts.get(1).map_or(0, |(_, width)| **width);
        let Some((column, widest)) = texts.first_mut().filter(|_| all > most) else { return widths };
        // Down to the next one, and on with both.
        **widest -= (all - most).min(**widest - next.max(least(*column))).max(1);
    }
}

/// A text in no more than so many columns, at least four: of a longer one the end or the middle is left out.
fn cut(text: &str, most: usize, in_middle: bool) -> Cow<'_, str> {
    const DOTS: &str = "...";
    if width_of(text) <= most {
        return Cow::Borrowed(text);
    }
    let room = most.saturating_sub(DOTS.len());
    let behind = if in_middle { room - room / 3 } else { 0 };
    // The characters that fit into so many columns.
    let fit = |letters: &mut dyn Iterator<Item = char>, room: usize| {
        let mut left = room;
        let mut taken = Vec::new();
        for letter in letters {
            let Some(rest) = left.checked_sub(width_of(letter.encode_utf8(&mut [0; 4]))) else { break };
            left = rest;
            taken.push(letter);
        }
        taken
    };
    let front = fit(&mut text.chars(), room - behind);
    let back = fit(&mut text.chars().rev(), behind);
    Cow::Owned(front.into_iter().chain(DOTS.chars()).chain(back.into_iter().rev()).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_as_short_as_the_terminal() {
        assert_eq!(fitted(&[30, 3, 10, 20], &[2], 80), [30, 3, 10, 20]);
        assert_eq!(fitted(&[30, 3, 10, 20], &[2], 60), [21, 3, 10, 20]);
        assert_eq!(fitted(&[30, 3, 10, 20], &[2], 50), [16, 3, 10, 15]);
        assert_eq!(fitted(&[30, 3, 10, 20], &[2], 10), [16, 3, 10, 8]);
        assert_eq!(fitted(&[usize::MAX, 1], &[], 20), [17, 1]);
        assert_eq!(cut("weights/layer1/kernel.npy", 17, true), "weig...kernel.npy");
        assert_eq!(cut("<f4 and more", 8, false), "<f4 a...");
        assert_eq!(cut("\u{540d}\u{524d}\u{540d}\u{524d}\u{540d}", 8, true), "...\u{524d}\u{540d}");
        assert_eq!(cut("short", 5, true), "short");
    }

    #[test]
    fn nothing_breaks_the_line() {
        assert_eq!(one_line("a b"), "a b");
        assert_eq!(one_line("a\nb\u{1b}[0m\u{2028}"), "a\\nb\\u{1b}[0m\\u{2028}");
        assert_eq!(one_line("a\u{7f}\u{9b}1m\u{202e}b"), "a\\u{7f}\\u{9b}1m\\u{202e}b");
    }

    #[test]
    fn sizes_for_people() {
        assert_eq!(bytes(1), "1 byte");
        assert_eq!(bytes(1023), "1023 bytes");
        assert_eq!(bytes(10 << 10), "10240 bytes (10.0 KiB)");
        assert_eq!(bytes(2 << 20), "2097152 bytes (2.0 MiB)");
        assert_eq!(bytes(u64::MAX), "18446744073709551615 bytes (15.9 EiB)");
    }

    #[test]
    fn no_more_is_printed_than_is_shown() {
        assert_eq!(beginning(&"äbc", 3), "äbc");
        assert_eq!(beginning(&"äbcd", 3), "äbc...");
        assert_eq!(beginning(&"", 0), "");
    }

    #[test]
    fn shapes_are_tuples() {
        assert_eq!([shape(&[]), shape(&[5]), shape(&[2, 3])], ["()", "(5,)", "(2, 3)"]);
    }

    #[test]
    fn columns_line_up() {
        let mut out = Vec::new();
        let mut table = Table::titled(&["a", "1", ""], &[1]);
        table.row(&mut out, &["bcd", "20", ""]).unwrap();
        table.end(&mut out).unwrap();
        assert_eq!(String::from_utf8(out).unwrap(), "a     1\nbcd  20\n");
        let mut out = Vec::new();
        Table::titled(&["a", "b"], &[]).end(&mut out).unwrap();
        assert!(out.is_empty());
    }

    #[test]
    fn little_of_a_long_table_is_held() {
        let mut out = Vec::new();
        let mut table = Table::titled(&["a", "b"], &[]);
        let long = "x".repeat(1 << 20);
        for count in 1..=30 {
            table.row(&mut out, &["y", &long]).unwrap();
            assert!(table.cells.len() <= HELD + long.len(), "{count}");
        }
        table.end(&mut out).unwrap();
        let text = String::from_utf8(out).unwrap();
        assert_eq!(text.lines().count(), 31);
        assert!(text.lines().skip(1).all(|line| line.strip_prefix("y  ") == Some(&long)));
    }
}
