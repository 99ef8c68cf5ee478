//! Whether bytes look like a table.

use arr_core::format::Match;

use super::detect;
use super::dialect::{Comments, Dialect};
use super::tokens::{Fields, How};
use crate::number::parse;

/// Lines that have to be alike.
const ROWS: usize = 20;

/// The text with which a file begins, without its mark and a character that is cut. Nothing for what is no text, or is
/// markup or JSON.
fn text(head: &[u8]) -> Option<&[u8]> {
    let head = head.strip_prefix(b"\xef\xbb\xbf").unwrap_or(head);
    let head = match std::str::from_utf8(head) {
        Ok(_) => head,
        Err(error) if error.error_len().is_none() => head.get(..error.valid_up_to())?,
        // Other encodings have no more control characters.
        Err(_) => head,
    };
    let is_control = |byte: &u8| matches!(byte, 0..=8 | 0x0e..=0x1f | 0x7f);
    let first = head.trim_ascii_start().first()?;
    (!head.iter().any(is_control) && !matches!(first, b'<' | b'{' | b'[')).then_some(head)
}

/// `Maybe` for rows of equally many numbers, whatever separates them.
pub(crate) fn numbers(head: &[u8]) -> Match {
    let Some(head) = text(head) else { return Match::No };
    let text = Dialect::text();
    let delimiters = [None, Some(','), Some(';'), Some('\t')];
    let is_table = |delimiter| are_numbers(head, &Dialect { delimiter, ..text.clone() });
    if delimiters.into_iter().any(is_table) { Match::Maybe } else { Match::No }
}

fn are_numbers(head: &[u8], dialect: &Dialect) -> bool {
    let (mut fields, mut at, mut rows, mut count) = (Fields::default(), 0, 0, None);
    while at < head.len() && rows < ROWS {
        let ended = fields.cut(dialect, head, at);
        let is_number = |field: &[u8]| {
            let field = field.trim_ascii();
            parse::float(field).is_some() || super::numbers::complex(field).is_some()
        };
        let mut numbers = (0..fields.len()).map(|place| fields.get(head, place).is_some_and(is_number));
        // The last line may be cut.
        if ended.how != How::Line && at > 0 {
            break;
        }
        if !fields.is_empty() {
            let is_cut = ended.how != How::Line;
            let found = fields.len();
            let wrong = numbers.by_ref().position(|is_number| !is_number);
            let fits = wrong.is_none_or(|wrong| is_cut && found > 1 && wrong + 1 == found);
            if !fits || *count.get_or_insert(found) != found {
                return false;
            }
            rows += 1;
        }
        at = ended.end.max(at + 1);
    }
    rows > 0
}

/// `Maybe` for rows of equally many fields, more than one, between one of the delimiters.
pub(crate) fn table(head: &[u8], delimiters: &[char]) -> Match {
    let Some(head) = text(head) else { return Match::No };
    // The last line may be cut.
    let lines = match head.iter().rposition(|byte| matches!(byte, b'\n' | b'\r')) {
        Some(end) => head.get(..=end).unwrap_or(head),
        None => head,
    };
    let dialect = Dialect { comments: Comments::None, ..Dialect::csv(',') };
    let is_table =
        detect::statement(lines).is_some() || detect::found(lines, true, &dialect, delimiters).is_some();
    if is_table { Match::Maybe } else { Match::No }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tables_may_be_ours() {
        for text in
            ["1 2\n3 4\n", "# x\n1.5e3\tnan\n", "1,2\n3,4", "1;2\r\n3;4\r\n", "(1+2j) 3\n", "\u{feff}1\n"]
        {
            assert_eq!(numbers(text.as_bytes()), Match::Maybe, "{text:?}");
        }
        for text in
            ["", "abc\n", "<html>\n1 2\n", "{1: 2}", "[1, 2]", "1 2\n3\n", "1 \0 2\n", "# only\n", "1 a\n"]
        {
            assert_eq!(numbers(text.as_bytes()), Match::No, "{text:?}");
        }
        let all = &[',', ';', '\t', '|'];
        for text in ["a,b\n1,2\n", "a;b\n1;2", "x\ty\n"] {
            assert_eq!(table(text.as_bytes(), all), Match::Maybe, "{text:?}");
        }
        for text in [
            "",
            "a b\n",
            "Hello, world.\nHow, are, you?\n",
            "<a,b>\n<c,d>\n",
            "{\"a\": 1, \"b\": 2}",
            "\0,1\n",
        ] {
            assert_eq!(table(text.as_bytes(), all), Match::No, "{text:?}");
        }
    }
}
