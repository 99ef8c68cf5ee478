//! Rows that are too long to be held: walked in blocks. Of fields that are long their lengths are kept, and no more.

use arr_core::Error;
use arr_core::format::Positioned;

use super::dialect::{Comments, Dialect};
use super::fault::{Fault, check_utf8};
use super::tokens::{Fields, How};
use super::window::{Window, too_long};
use crate::broken::lost;

/// Rows of which more than this has to be held are walked in blocks.
pub(crate) const LONG_ROW: usize = 8 << 20;

/// Fields of more bytes are long, and texts.
const LONG_FIELD: usize = 1 << 20;

/// So much of a long field is kept, for messages.
const KEPT: usize = 256;

/// Bytes that are read at a time.
const BLOCK: usize = 256 << 10;

/// Where a row ended in the text.
#[derive(Clone, Copy, Debug)]
pub(crate) struct LongEnd {
    pub(crate) end: u64,
    pub(crate) lines: usize,
    pub(crate) how: How,
}

/// What the next byte belongs to.
#[derive(Clone, Copy, Debug, PartialEq)]
enum State {
    /// A field begins with it.
    Start,
    Plain,
    Quoted,
    /// A quote was closed, or is doubled.
    Closed,
    Comment,
    /// A line feed may follow, and ends the line too.
    Return,
    /// The next row.
    Done,
}

/// The bytes that mean something.
struct Marks {
    delimiter: u8,
    quote: Option<u8>,
    comment: Option<u8>,
}

impl Marks {
    /// Those of a dialect, if each is one byte.
    fn of(dialect: &Dialect) -> Option<Self> {
        let byte = |c: char| u8::try_from(c).ok().filter(u8::is_ascii);
        let comment = match dialect.comments {
            Comments::None => None,
            Comments::One(c) => Some(byte(c)?),
            Comments::Several(_) => return None,
        };
        let quote = match dialect.quote {
            Some(c) => Some(byte(c)?),
            None => None,
        };
        (!dialect.is_java).then_some(())?;
        Some(Self { delimiter: byte(dialect.delimiter?)?, quote, comment })
    }
}

/// Cuts the row that begins at `start`, as [`Fields::cut`] does; places of fields are counted from `base` on. `None` for
/// dialects whose rows are not cut so.
///
/// # Errors
/// What is wrong, and where, in the first line: bytes that are no characters, more than `longest` bytes, a failed read.
pub(crate) fn cut(
    text: &Positioned<'_>,
    dialect: &Dialect,
    (start, base): (u64, usize),
    longest: u64,
    is_ascii: bool,
    fields: &mut Fields,
) -> Result<Option<LongEnd>, Fault> {
    fields.begin();
    let Some(marks) = Marks::of(dialect) else {
        return without_fields(text, dialect, start, longest, is_ascii);
    };
    let field = Field { at: base, kept_from: 0, bytes: 0, chars: 0, is_quoted: false, is_blank: true };
    let mut walk =
        Walk { marks, dialect, fields, field, state: State::Start, lines: 0, is_behind_return: false };
    let fault = |at: u64, error: Error| Fault { lines: 0, column: None, at, error };
    let (mut at, mut window) = (start, Window::default());
    while at < text.len() && walk.state != State::Done {
        if at - start > longest {
            return Err(fault(start, too_long("row", longest)));
        }
        window.read(text, at, BLOCK).map_err(|error| fault(at, error))?;
        let bytes = window.bytes();
        // A character that is cut is whole in the next block.
        let whole = match std::str::from_utf8(bytes) {
            Err(error) if error.error_len().is_none() && !window.is_all() => error.valid_up_to(),
            _ => bytes.len(),
        };
        let bytes = bytes.split_at(whole).0;
        let offset = usize::try_from(at - start).map_err(|_| fault(start, too_long("row", longest)))?;
        let offset = base.saturating_add(offset);
        let taken = walk.block(bytes, offset);
        let row = bytes.get(..taken).ok_or_else(|| fault(at, lost("a row goes on behind its block")))?;
        check_utf8(row, is_ascii).map_err(|(place, error)| Fault {
            column: walk.column_of(offset.saturating_add(place)),
            ..fault(at + place as u64, error)
        })?;
        at += taken as u64;
    }
    let (how, lines) = walk.end();
    Ok(Some(LongEnd { end: at, lines, how }))
}

/// Walks through a line that has nothing but blanks or a comment. `None` for others, and for dialects without such lines.
///
/// # Errors
/// As [`cut`].
pub(crate) fn without_fields(
    text: &Positioned<'_>,
    dialect: &Dialect,
    start: u64,
    longest: u64,
    is_ascii: bool,
) -> Result<Option<LongEnd>, Fault> {
    let fault = |at: u64, error: Error| Fault { lines: 0, column: None, at, error };
    let comment = match dialect.comments {
        Comments::One(c) => u8::try_from(c).ok().filter(u8::is_ascii),
        Comments::None | Comments::Several(_) => None,
    };
    // Where a delimiter separates columns, blanks are a field.
    let is_blank = |byte: &u8| dialect.delimiter.is_none() && matches!(byte, b' ' | b'\t' | 0x0b | 0x0c);
    if dialect.is_java {
        return Ok(None);
    }
    let (mut at, mut window, mut is_comment) = (start, Window::default(), false);
    while at < text.len() {
        if at - start > longest {
            return Err(fault(start, too_long("row", longest)));
        }
        window.read(text, at, BLOCK).map_err(|error| fault(at, error))?;
        let bytes = window.bytes();
        let blanks = if is_comment { 0 } else { bytes.iter().take_while(|byte| is_blank(byte)).count() };
        let end = match bytes.get(blanks) {
            None => None,
            Some(b'\n' | b'\r') => Some(blanks),
            Some(byte) if !is_comment && Some(*byte) != comment => return Ok(None),
            Some(_) => {
                is_comment = true;
                memchr::memchr2(b'\n', b'\r', bytes)
            }
        };
        // A character that is cut is whole in the next block.
        let len = end.unwrap_or_else(|| match std::str::from_utf8(bytes) {
            Err(error) if error.error_len().is_none() && !window.is_all() => error.valid_up_to(),
            _ => bytes.len(),
        });
        let (line, behind) = bytes.split_at(len);
        check_utf8(line, is_ascii).map_err(|(place, error)| fault(at + place as u64, error))?;
        at += len as u64;
        if end.is_some() {
            let is_return = behind.first() == Some(&b'\r');
            window.read(text, at + 1, 1).map_err(|error| fault(at, error))?;
            let is_pair = is_return && window.bytes() == b"\n";
            return Ok(Some(LongEnd { end: at + 1 + u64::from(is_pair), lines: 1, how: How::Line }));
        }
    }
    Ok(Some(LongEnd { end: at, lines: 0, how: How::Text }))
}

/// The field that is walked through.
struct Field {
    at: usize,
    /// Where its text begins in what is kept.
    kept_from: usize,
    bytes: usize,
    chars: usize,
    is_quoted: bool,
    is_blank: bool,
}

struct Walk<'f> {
    marks: Marks,
    dialect: &'f Dialect,
    fields: &'f mut Fields,
    field: Field,
    state: State,
    lines: usize,
    /// The last byte of a text in quotes was a carriage return.
    is_behind_return: bool,
}

impl Walk<'_> {
    /// Walks through whole characters, the first of which is at `at`, and says how many bytes belong to the row.
    fn block(&mut self, bytes: &[u8], at: usize) -> usize {
        let mut pos = 0;
        while let Some(rest) = bytes.get(pos..).filter(|rest| !rest.is_empty() && self.state != State::Done) {
            pos += match self.state {
                State::Start if rest.first().copied() == self.marks.quote => {
                    (self.field.is_quoted, self.field.is_blank) = (true, false);
                    self.state = State::Quoted;
                    1
                }
                State::Start | State::Closed if rest.first().copied() != self.marks.quote => {
                    self.state = State::Plain;
                    0
                }
                State::Closed => {
                    self.take(rest.split_at(1).0);
                    self.state = State::Quoted;
                    1
                }
                State::Quoted => self.quoted(rest),
                State::Return => {
                    self.state = State::Done;
                    usize::from(rest.first() == Some(&b'\n'))
                }
                State::Comment => match memchr::memchr2(b'\n', b'\r', rest) {
                    Some(len) => len + self.line_end(rest.get(len)),
                    None => rest.len(),
                },
                State::Start | State::Plain | State::Done => self.plain(rest, at.saturating_add(pos)),
            };
        }
        pos
    }

    fn plain(&mut self, rest: &[u8], at: usize) -> usize {
        let Marks { delimiter, comment, .. } = self.marks;
        let line = memchr::memchr3(delimiter, b'\n', b'\r', rest).unwrap_or(rest.len());
        let front = rest.split_at(line).0;
        let len = comment.and_then(|comment| memchr::memchr(comment, front)).unwrap_or(line);
        self.take(front.split_at(len).0);
        match rest.get(len) {
            None => len,
            Some(byte @ (b'\n' | b'\r')) => {
                self.close();
                len + self.line_end(Some(byte))
            }
            Some(byte) if *byte == delimiter => {
                self.close();
                self.field.at = at.saturating_add(len + 1);
                self.state = State::Start;
                len + 1
            }
            Some(_) => {
                self.close();
                self.state = State::Comment;
                len + 1
            }
        }
    }

    /// The row ends with that byte, or with the next one.
    fn line_end(&mut self, byte: Option<&u8>) -> usize {
        self.state = if byte == Some(&b'\r') { State::Return } else { State::Done };
        1
    }

    fn quoted(&mut self, rest: &[u8]) -> usize {
        let found = self.marks.quote.and_then(|quote| memchr::memchr(quote, rest));
        let inside = rest.split_at(found.unwrap_or(rest.len())).0;
        match self.dialect.is_csv {
            true => self.as_it_stands(inside),
            false => self.by_lines(inside),
        }
        if found.is_some() {
            (self.state, self.is_behind_return) = (State::Closed, false);
        }
        inside.len() + usize::from(found.is_some())
    }

    /// Takes text in quotes, whose line ends are counted.
    fn as_it_stands(&mut self, inside: &[u8]) {
        let mut is_behind_return = self.is_behind_return;
        for byte in inside {
            self.lines += usize::from((*byte == b'\r') | ((*byte == b'\n') & !is_behind_return));
            is_behind_return = *byte == b'\r';
        }
        self.is_behind_return = is_behind_return;
        self.take(inside);
    }

    /// Takes text in quotes, in which a line end is one character.
    fn by_lines(&mut self, inside: &[u8]) {
        for part in inside.split_inclusive(|byte| matches!(byte, b'\n' | b'\r')) {
            let (front, end) = match part {
                [front @ .., end @ (b'\n' | b'\r')] => (front, Some(*end)),
                _ => (part, None),
            };
            let is_second = end == Some(b'\n') && front.is_empty() && self.is_behind_return;
            self.is_behind_return = end == Some(b'\r');
            self.take(front);
            if end.is_some() && !is_second {
                self.take(b"\n");
                self.lines += 1;
            }
        }
    }

    /// Takes some text of the field.
    fn take(&mut self, part: &[u8]) {
        let field = &mut self.field;
        let left = LONG_FIELD.saturating_sub(field.bytes);
        field.bytes = field.bytes.saturating_add(part.len());
        // Every character has one byte that does not go on with one.
        field.chars += part.iter().filter(|byte| **byte & 0xc0 != 0x80).count();
        field.is_blank &= part.iter().all(|byte| matches!(byte, b' ' | b'\t'));
        self.fields.keep(part.split_at(left.min(part.len())).0);
    }

    fn close(&mut self) {
        let Field { at, kept_from, bytes, chars, is_quoted, .. } = self.field;
        let long = (bytes > LONG_FIELD).then_some((chars, KEPT));
        let is_blank = self.field.is_blank;
        let end = self.fields.close(kept_from, at, is_quoted, long);
        self.field = Field { at, kept_from: end, bytes: 0, chars: 0, is_quoted: false, is_blank };
    }

    /// The column that a place of the row belongs to.
    fn column_of(&self, place: usize) -> Option<usize> {
        match self.field.at <= place {
            true => Some(self.fields.len()),
            false => self.fields.column_of(place),
        }
    }

    /// How the row ended, and the lines that it takes.
    fn end(mut self) -> (How, usize) {
        let how = match self.state {
            State::Done | State::Return => How::Line,
            State::Quoted => How::Quote,
            _ => How::Text,
        };
        if !matches!(self.state, State::Done | State::Return | State::Comment) {
            self.close();
        }
        let is_blank = self.dialect.skips_blanks && self.field.is_blank;
        self.fields.end(self.dialect, is_blank);
        (how, self.lines + usize::from(how == How::Line))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The fields of a row, cut in memory and in blocks, and where it ended.
    fn both(dialect: &Dialect, text: &str) -> [(Vec<String>, usize, usize, How); 2] {
        let bytes = text.as_bytes();
        let mut fields = Fields::default();
        let texts = |fields: &Fields| {
            let text = |place| String::from_utf8(fields.get(bytes, place).unwrap().to_vec()).unwrap();
            (0..fields.len()).map(text).collect::<Vec<_>>()
        };
        let ended = fields.cut(dialect, bytes, 0);
        let held = (texts(&fields), ended.end, ended.lines, ended.how);
        let input = Positioned::from_buffer(arr_core::Buffer::from_vec(bytes.to_vec()));
        let ended = cut(&input, dialect, (0, 0), u64::MAX, false, &mut fields).unwrap().unwrap();
        let walked = (texts(&fields), usize::try_from(ended.end).unwrap(), ended.lines, ended.how);
        [held, walked]
    }

    #[test]
    fn lines_without_fields_are_walked_through() {
        let text = Dialect { delimiter: None, ..Dialect::text() };
        let walked = |dialect: &Dialect, line: &str| {
            let input = Positioned::from_buffer(arr_core::Buffer::from_vec(line.as_bytes().to_vec()));
            without_fields(&input, dialect, 0, 1 << 30, false).unwrap().map(|end| (end.end, end.how))
        };
        let long = "é".repeat(BLOCK);
        for (line, len, how) in [
            ("#\n1", 2, How::Line),
            ("  \t# x\r\n1", 8, How::Line),
            ("\r1", 1, How::Line),
            ("   ", 3, How::Text),
            (&format!("#{long}\r\n2"), 3 + long.len(), How::Line),
            (&format!("#x{long}"), 2 + long.len(), How::Text),
            (&format!("{}\n", " ".repeat(3 * BLOCK)), 3 * BLOCK + 1, How::Line),
        ] {
            assert_eq!(walked(&text, line), Some((len as u64, how)), "{:?}", line.get(..3));
        }
        for line in ["1 # x\n", " 1", &format!("{}1", " ".repeat(BLOCK))] {
            assert_eq!(walked(&text, line), None);
        }
        let csv = Dialect { comments: Comments::One('#'), ..Dialect::csv(',') };
        assert_eq!(walked(&csv, "# x\n"), Some((4, How::Line)));
        assert_eq!(walked(&csv, " # x\n"), None);
        let input = Positioned::from_buffer(arr_core::Buffer::from_vec(b"# \xff\n".to_vec()));
        assert_eq!(without_fields(&input, &text, 0, 1 << 30, false).unwrap_err().at, 2);
    }

    #[test]
    fn rows_are_cut_in_blocks_as_in_memory() {
        let csv = Dialect::csv(',');
        let text = Dialect { delimiter: Some(','), quote: Some('"'), ..Dialect::text() };
        let far = "é".repeat(BLOCK / 2 - 3);
        for tail in [
            "\n",
            "",
            "\r\n",
            "a\r\nb",
            ",\n",
            "\"x\n",
            "x\"y,\"\"\n",
            ",\"\"\r\n",
            ",\"a\r\n\rb\n\",c#d\n",
            ",\"a\"\"b\"c\n2",
            "# \"\r\n",
            ",\"open\nx",
            "#\n",
        ] {
            for front in
                ["", "x", "\"q\",", &far, &format!("\"{far}"), &format!("{far}\","), &format!("\"{far}\"")]
            {
                for dialect in [&csv, &text] {
                    // A carriage return at the end of what is there is one line end or the first half of one.
                    let row = format!("{front}{tail}");
                    let [held, walked] = both(dialect, &row);
                    assert!(held.0 == walked.0, "{:?} {tail:?}", front.get(..3));
                    assert_eq!((held.1, held.3), (walked.1, walked.3), "{:?} {tail:?}", front.get(..3));
                    // Of a row without an end it does not matter.
                    assert!(held.2 == walked.2 || held.3 == How::Quote, "{:?} {tail:?}", front.get(..3));
                }
            }
        }
        assert_eq!(both(&csv, "  \t\nx")[1], (vec![], 4, 1, How::Line));
    }

    #[test]
    fn long_fields_have_their_lengths() {
        let mut fields = Fields::default();
        let row = format!("1,\"{}\",x{}\n", "é".repeat(LONG_FIELD), "y".repeat(LONG_FIELD));
        let input = Positioned::from_buffer(arr_core::Buffer::from_vec(row.into_bytes()));
        cut(&input, &Dialect::csv(','), (0, 7), u64::MAX, false, &mut fields).unwrap().unwrap();
        assert_eq!((fields.len(), fields.get(b"", 0)), (3, Some(&b"1"[..])));
        assert_eq!([0, 1, 2].map(|place| fields.long(place)), [None, Some(LONG_FIELD), Some(LONG_FIELD + 1)]);
        assert_eq!(fields.at(1), Some(9));
        assert!(fields.is_quoted(1) && !fields.is_quoted(2));
    }

    #[test]
    fn what_is_wrong_has_its_place() {
        let dialect = Dialect::csv(',');
        let mut bytes = vec![b'x'; BLOCK + 5];
        bytes.extend(b"\xff\n");
        let input = Positioned::from_buffer(arr_core::Buffer::from_vec(bytes.clone()));
        let found = cut(&input, &dialect, (0, 0), u64::MAX, false, &mut Fields::default()).unwrap_err();
        assert_eq!(found.at, BLOCK as u64 + 5);
        bytes.truncate(BLOCK + 5);
        bytes.push(0xc3);
        let cut_off = Positioned::from_buffer(arr_core::Buffer::from_vec(bytes));
        assert!(cut(&cut_off, &dialect, (0, 0), u64::MAX, false, &mut Fields::default()).is_err());
        assert!(cut(&cut_off, &dialect, (0, 0), 1000, false, &mut Fields::default()).is_err());
    }
}
