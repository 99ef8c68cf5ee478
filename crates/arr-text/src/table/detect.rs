//! Which delimiter a table has.

use arr_core::Result;
use arr_core::format::Positioned;

use super::dialect::Dialect;
use super::tokens::{Fields, How};
use super::window::Window;

/// Bytes that are looked at.
const HEAD: usize = 64 << 10;

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
    fn the_delimiter_is_what_all_rows_have() {
        for (text, wanted) in [
            ("a,b\n1,2\n", Some(',')),
            ("a;b\n1;2\n", Some(';')),
            ("1,5;2,5\n3,5;4,5\n", Some(';')),
            ("Druck;Wert\n1.013,25;0,5\n998,5;-1e-3\n;2,0\n", Some(';')),
            ("a|b,1,2\nc|d,3,4\n", Some(',')),
            ("a\tb c\n1\t2,3\n", Some('\t')),
            ("\"x;y\",1\nz,2\n", Some(',')),
            ("1\n2\n", None),
            ("1,2\n3\n", None),
        ] {
            let dialect = Dialect::csv(',');
            assert_eq!(found(text.as_bytes(), true, &dialect, &[',', ';', '\t', '|']), wanted, "{text:?}");
        }
    }
}
