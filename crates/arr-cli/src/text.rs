//! Small texts: names on one line, shapes, sizes, tables.

use std::borrow::Cow;
use std::fmt::Write;

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

/// `1 item`, `2 items`.
pub fn counted(count: u64, what: &str) -> String {
    format!("{count} {what}{}", if count == 1 { "" } else { "s" })
}

/// The text, or its beginning if it has more than `most` characters.
pub fn shortened(text: &str, most: usize) -> Cow<'_, str> {
    match text.char_indices().nth(most) {
        None => Cow::Borrowed(text),
        Some((end, _)) => Cow::Owned(format!("{}...", text.get(..end).unwrap_or_default())),
    }
}

/// Lines of cells in columns as wide as their widest cell; the last column is not padded. Cells whose column is in
/// `right` are aligned to the right.
pub fn table(rows: &[Vec<String>], right: &[usize]) -> String {
    let columns = rows.iter().map(Vec::len).max().unwrap_or(0);
    let width = |column: usize| rows.iter().filter_map(|row| Some(row.get(column)?.chars().count())).max();
    let widths: Vec<usize> = (0..columns).map(|column| width(column).unwrap_or(0)).collect();
    let mut text = String::new();
    for row in rows {
        let mut line = String::new();
        for (column, (cell, width)) in row.iter().zip(&widths).enumerate() {
            let gap = if column == 0 { "" } else { "  " };
            let _ = match right.contains(&column) {
                true => write!(line, "{gap}{cell:>width$}"),
                false => write!(line, "{gap}{cell:<width$}"),
            };
        }
        text.push_str(line.trim_end());
        text.push('\n');
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

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
    fn shapes_are_tuples() {
        assert_eq!([shape(&[]), shape(&[5]), shape(&[2, 3])], ["()", "(5,)", "(2, 3)"]);
    }

    #[test]
    fn columns_line_up() {
        let rows =
            [vec!["a".to_owned(), "1".to_owned(), String::new()], vec!["bcd".to_owned(), "20".to_owned()]];
        assert_eq!(table(&rows, &[1]), "a     1\nbcd  20\n");
    }
}
