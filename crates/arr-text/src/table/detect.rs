//! Which delimiter a table has.

use arr_core::Result;
use arr_core::format::Positioned;

use super::dialect::Dialect;
use super::tokens::{Fields, How};
use super::window::Window;

/// Bytes that are looked at.
const HEAD: usize = 64 << 10;

/// Bytes of the longest line that states a delimiter, with its end.
const LONGEST_STATEMENT: usize = 7;

/// Rows that are looked at.
const ROWS: usize = 100;

/// The delimiter that cuts the first rows into equally many fields, of those that do the one that cuts them into most. A
/// comma gives way to a semicolon between whose fields are numbers with a decimal comma. That of the dialect, where
/// none does it.
///
/// # Errors
/// `Io`.
pub(crate) fn delimiter(
    text: &Positioned<'_>,
    from: u64,
    dialect: &Dialect,
    candidates: &[char],
) -> Result<char> {
    let mut window = Window::default();
    window.read(text, from.min(text.len()), HEAD)?;
    let usual = || dialect.delimiter.or(candidates.first().copied()).unwrap_or(',');
    Ok(found(window.bytes(), window.is_all(), dialect, candidates).unwrap_or_else(usual))
}

/// The delimiter that the first line states as spreadsheets do, `sep=;`, and the bytes of that line.
///
/// # Errors
/// `Io`.
pub(crate) fn stated(text: &Positioned<'_>, from: u64) -> Result<Option<(char, usize)>> {
    let mut window = Window::default();
    window.read(text, from.min(text.len()), LONGEST_STATEMENT)?;
    Ok(statement(window.bytes()))
}

/// The delimiter that a line at the beginning states, and the bytes of the line. In quotes it is a text.
pub(crate) fn statement(head: &[u8]) -> Option<(char, usize)> {
    let end = head.iter().take(LONGEST_STATEMENT).position(|byte| matches!(byte, b'\n' | b'\r'))?;
    let (line, behind) = head.split_at_checked(end)?;
    let (_, delimiter) = line.split_at_checked(4).filter(|(word, _)| word.eq_ignore_ascii_case(b"sep="))?;
    let [delimiter] = delimiter else { return None };
    let is_one = delimiter.is_ascii() && !delimiter.is_ascii_alphanumeric() && !matches!(delimiter, b'"');
    let newline = if behind.starts_with(b"\r\n") { 2 } else { 1 };
    is_one.then(|| (char::from(*delimiter), end + newline))
}

/// The delimiter of the beginning of a table.
pub(crate) fn found(head: &[u8], is_all: bool, dialect: &Dialect, candidates: &[char]) -> Option<char> {
    let usable = candidates.iter().filter(|own| **own != dialect.decimal && Some(**own) != dialect.thousands);
    let mut best: Option<(usize, char)> = None;
    for delimiter in usable {
        let dialect = Dialect { delimiter: Some(*delimiter), ..dialect.clone() };
        let Some((count, has_commas)) = consistent(head, is_all, &dialect) else { continue };
        if *delimiter == ';' && has_commas {
            return Some(';');
        }
        if best.is_none_or(|(most, _)| count > most) {
            best = Some((count, *delimiter));
        }
    }
    best.map(|(_, delimiter)| delimiter)
}

/// How many fields each row has, if all have equally many and more than one; and whether all of them are empty or numbers
/// with a decimal comma, and some the latter.
fn consistent(head: &[u8], is_all: bool, dialect: &Dialect) -> Option<(usize, bool)> {
    let (mut fields, mut at, mut rows) = (Fields::default(), 0, 0);
    let mut count = None;
    let (mut is_number, mut has_comma) = (true, false);
    while at < head.len() && rows < ROWS {
        let ended = fields.cut(dialect, head, at);
        if ended.how != How::Line && !is_all && rows > 0 {
            break;
        }
        // What leaves a quote open cuts fields within their quotes.
        if ended.how == How::Quote {
            return None;
        }
        at = ended.end.max(at + 1);
        if fields.is_empty() {
            continue;
        }
        if fields.len() < 2 || *count.get_or_insert(fields.len()) != fields.len() {
            return None;
        }
        rows += 1;
        // The first row may be names.
        for place in (0..fields.len()).take_while(|_| rows > 1 || is_all || !head.is_empty()) {
            let field = fields.get(head, place).unwrap_or_default();
            let is_plain = field.iter().all(|byte| byte.is_ascii_digit() || b"+-,.eE ".contains(byte));
            has_comma |= is_plain && field.contains(&b',');
            is_number &= is_plain || rows == 1;
        }
    }
    count.map(|count| (count, is_number && has_comma))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_may_state_the_delimiter() {
        for (text, wanted) in [
            ("sep=;\r\n1;2\r\n", Some((';', 7))),
            ("SEP=,\n", Some((',', 6))),
            ("sep=|\r1|2", Some(('|', 6))),
            ("\"sep=|\"\n1|2", None),
            ("sep=\t\n", Some(('\t', 6))),
            ("sep=;", None),
            ("sep=a\n", None),
            ("sep=;;\n", None),
            ("sep,x\n", None),
            ("", None),
        ] {
            assert_eq!(statement(text.as_bytes()), wanted, "{text:?}");
        }
    }

    #[test]
    fn the_delimiter_is_what_all_rows_have() {
        for (text, wanted) in [
            ("a,b\n1,2\n", Some(',')),
            ("a;b\n1;2\n", Some(';')),
            ("1,5;2,5\n3,5;4,5\n", Some(';')),
            ("Druck;Wert\n1.013,25;0,5\n998,5;-1e-3\n;2,0\n", Some(';')),
            ("a|b,1,2\nc|d,3,4\n", Some(',')),
            ("a\tb c\n1\t2,3\n", Some('\t')),
            ("\"x;y\",1\nz,2\n", Some(',')),
            ("id,\"a;b;\"\n1,2\n3,4\n", Some(',')),
            ("u;v,\"x;y;\"\n1,2\n3,4\n", Some(',')),
            ("1\n2\n", None),
            ("1,2\n3\n", None),
        ] {
            let dialect = Dialect::csv(',');
            assert_eq!(found(text.as_bytes(), true, &dialect, &[',', ';', '\t', '|']), wanted, "{text:?}");
        }
    }
}
