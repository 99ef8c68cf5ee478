//! Rows as fields: the rules of `numpy.loadtxt`'s tokenizer.
//!
//! A quote counts where a field begins with it. Inside of quotes delimiters, comments and line ends are text, and two quotes
//! are one. What follows a closing quote belongs to the field as it is. Where white space separates, the blanks before a
//! field are none of it, and a last field that is empty is none (unless the first one was quoted: so does NumPy). A line
//! with one empty field is not a row.

use std::ops::Range;

use arr_core::{Error, Result};

use super::dialect::{Comments, Dialect, is_ascii_space, leading_space, line_end, space_at};
use crate::broken::lost;

/// The fields of a row.
#[derive(Debug, Default)]
pub(crate) struct Fields {
    tokens: Vec<Token>,
    /// The text of fields that is not in the row as it is.
    scratch: Vec<u8>,
    stops: Stops,
    /// There were more fields than are kept.
    has_more: bool,
    /// There was no memory for all of them.
    is_short: bool,
    /// Some lie outside of the text.
    is_lost: bool,
    /// Fields that are too long to be kept: which they are, and how many characters they have.
    long: Vec<(usize, usize)>,
}

/// So many fields of a row are kept: those of a row that is hostile take forty times its length.
pub(crate) const MOST: usize = 1 << 21;

/// The bytes at which a field may end.
#[derive(Debug, Default)]
struct Stops {
    table: Option<Box<[bool; 256]>>,
    /// The delimiter and the comment that it was made for.
    made_for: (Option<char>, Option<char>),
}

impl Stops {
    fn prepare(&mut self, dialect: &Dialect) {
        let comment = if let Comments::One(one) = dialect.comments { Some(one) } else { None };
        let made_for = (dialect.delimiter, comment);
        if self.table.is_some() && self.made_for == made_for {
            return;
        }
        let first = |c: Option<char>| c.map(first_byte);
        let mut table = Box::new([false; 256]);
        for (byte, stops) in (0..=u8::MAX).zip(table.iter_mut()) {
            let is_space = dialect.delimiter.is_none() && (is_ascii_space(byte) || !byte.is_ascii());
            let is_special = Some(byte) == first(dialect.delimiter) || Some(byte) == first(comment);
            *stops = is_space || is_special || matches!(byte, b'\n' | b'\r');
        }
        (self.table, self.made_for) = (Some(table), made_for);
    }

    /// The next byte from `at` on at which a field may end.
    fn next(&self, text: &[u8], at: usize) -> usize {
        let (Some(table), Some(rest)) = (&self.table, text.get(at..)) else { return at };
        let len = rest.iter().position(|byte| table[usize::from(*byte)]);
        at + len.unwrap_or(rest.len())
    }
}

/// One field.
#[derive(Clone, Copy, Debug)]
struct Token {
    start: usize,
    end: usize,
    /// The text is in the scratch, not in the row.
    is_kept: bool,
    is_quoted: bool,
    /// Where the field begins in the text.
    at: usize,
}

/// Where a row ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Ended {
    /// Behind its line end.
    pub(crate) end: usize,
    /// The lines that it takes.
    pub(crate) lines: usize,
    /// How it ended.
    pub(crate) how: How,
}

/// How a row ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum How {
    /// With its line.
    Line,
    /// With the text, which may go on.
    Text,
    /// With the text, inside of quotes.
    Quote,
}

impl Fields {
    /// The number of fields.
    pub(crate) fn len(&self) -> usize {
        self.tokens.len()
    }

    /// True when there is none: the line is no row.
    pub(crate) fn is_empty(&self) -> bool {
        self.tokens.is_empty()
    }

    /// Refuses a row that has more fields than are kept.
    ///
    /// # Errors
    /// `LimitExceeded`.
    pub(crate) fn check(&self) -> Result<()> {
        if self.is_lost {
            return Err(lost("a field lies outside of its row"));
        }
        if self.is_short {
            return Err(Error::limit("no memory for the fields of a row"));
        }
        if self.has_more {
            return Err(Error::limit(format!("the row has more than {MOST} columns")));
        }
        Ok(())
    }

    /// The characters of a field that is too long to be kept: of its text there is only the front.
    #[inline]
    pub(crate) fn long(&self, place: usize) -> Option<usize> {
        if self.long.is_empty() {
            return None;
        }
        let found = self.long.binary_search_by_key(&place, |(place, _)| *place).ok()?;
        self.long.get(found).map(|(_, chars)| *chars)
    }

    /// Forgets all fields.
    pub(super) fn begin(&mut self) {
        self.tokens.clear();
        self.scratch.clear();
        self.long.clear();
        (self.has_more, self.is_short, self.is_lost) = (false, false, false);
    }

    /// Adds to the text of the field that is being put together.
    pub(super) fn keep(&mut self, text: &[u8]) {
        match self.scratch.try_reserve(text.len()) {
            Ok(()) => self.scratch.extend_from_slice(text),
            Err(_) => self.is_short = true,
        }
    }

    /// Ends a field whose text was kept from a place on. One that is long has so many characters, and keeps no more than
    /// so many bytes. Says where the text of the next one begins.
    pub(super) fn close(
        &mut self,
        start: usize,
        at: usize,
        is_quoted: bool,
        long: Option<(usize, usize)>,
    ) -> usize {
        if let Some((chars, most)) = long {
            self.scratch.truncate(start.saturating_add(most));
            match self.long.try_reserve(1) {
                Ok(()) => self.long.push((self.tokens.len(), chars)),
                Err(_) => self.is_short = true,
            }
        }
        let end = self.scratch.len();
        self.push(Token { start, end, is_kept: true, is_quoted, at });
        end
    }

    /// Ends a row whose fields were put together; it may have nothing but blanks.
    pub(super) fn end(&mut self, dialect: &Dialect, is_blank: bool) {
        if is_blank && self.tokens.len() == 1 {
            self.begin();
        }
        self.drop_last(dialect);
    }

    fn push(&mut self, token: Token) {
        if self.tokens.len() == MOST {
            self.has_more = true;
        } else if self.tokens.try_reserve(1).is_ok() {
            self.tokens.push(token);
        } else {
            self.is_short = true;
        }
    }

    /// The text of a field.
    pub(crate) fn get<'t>(&'t self, text: &'t [u8], place: usize) -> Option<&'t [u8]> {
        let token = self.tokens.get(place)?;
        let from: &[u8] = if token.is_kept { &self.scratch } else { text };
        from.get(token.start..token.end)
    }

    /// True when a field was in quotes.
    pub(crate) fn is_quoted(&self, place: usize) -> bool {
        self.tokens.get(place).is_some_and(|token| token.is_quoted)
    }

    /// Where a field begins in the text.
    pub(crate) fn at(&self, place: usize) -> Option<usize> {
        self.tokens.get(place).map(|token| token.at)
    }

    /// The column that a place in the text belongs to.
    pub(crate) fn column_of(&self, place: usize) -> Option<usize> {
        self.tokens.partition_point(|token| token.at <= place).checked_sub(1)
    }

    /// Cuts the row that begins at `from`. The text is UTF-8 from there on.
    pub(crate) fn cut(&mut self, dialect: &Dialect, text: &[u8], from: usize) -> Ended {
        self.begin();
        self.stops.prepare(dialect);
        if let Comments::Several(several) = &dialect.comments {
            return self.cut_line(dialect, several, text, from);
        }
        let blanks = if dialect.is_java { java_blanks(self.part(text, from..text.len())) } else { 0 };
        let mut cutter = Cutter { dialect, text, pos: from + blanks, lines: 0, ended: None };
        let how = cutter.fields(self);
        match dialect.is_java {
            true => self.drop_empty(dialect, text),
            false => self.drop_last(dialect),
        }
        let lines = cutter.lines + usize::from(how == How::Line);
        Ended { end: cutter.pos, lines, how }
    }

    /// Cuts a line at comments, and what is left into fields.
    fn cut_line(&mut self, dialect: &Dialect, several: &[String], text: &[u8], from: usize) -> Ended {
        let rest = self.part(text, from..text.len());
        let (end, how, mut line) = match line_end(rest, false) {
            Some(end) => (from + end.end, How::Line, self.part(rest, 0..end.start)),
            None => (text.len(), How::Text, rest.strip_suffix(b"\r").unwrap_or(rest)),
        };
        for comment in several {
            if let Some(at) = memchr::memmem::find(line, comment.as_bytes()) {
                line = line.split_at(at).0;
            }
        }
        let text = self.part(text, 0..from + line.len());
        let mut cutter = Cutter { dialect, text, pos: from, lines: 0, ended: None };
        cutter.fields(self);
        self.drop_last(dialect);
        Ended { end, lines: usize::from(how == How::Line), how }
    }

    /// A part of a text, which is there; where it is not, [`check`](Self::check) says so.
    pub(super) fn part<'t>(&mut self, text: &'t [u8], range: Range<usize>) -> &'t [u8] {
        let part = text.get(range);
        self.is_lost |= part.is_none();
        part.unwrap_or_default()
    }

    /// Drops empty fields at the end, as Java does of a line without the blanks at its ends.
    fn drop_empty(&mut self, dialect: &Dialect, text: &[u8]) {
        let is_blank = |byte: &u8| *byte <= b' ';
        let separates_blanks = dialect.delimiter.is_none_or(|delimiter| delimiter <= ' ');
        let (first, count) = (self.tokens.first().copied(), self.tokens.len());
        let mut may_be_blank = true;
        while let Some(last) = self.tokens.last() {
            let Some(field) = text.get(last.start..last.end) else {
                self.is_lost = true;
                return;
            };
            if !(field.is_empty() || may_be_blank && field.iter().all(is_blank)) {
                break;
            }
            // Where blanks separate, all of them are at the end of the line.
            may_be_blank &= separates_blanks;
            self.tokens.pop();
        }
        // A line of delimiters is not one without fields.
        if self.tokens.is_empty() && count > 1 && !separates_blanks {
            self.tokens.extend(first);
        }
    }

    fn drop_last(&mut self, dialect: &Dialect) {
        let may_drop = self.tokens.len() == 1 || dialect.delimiter.is_none();
        let is_first_quoted = self.tokens.first().is_some_and(|token| token.is_quoted);
        let is_empty = self.tokens.last().is_some_and(|token| token.start == token.end);
        if may_drop && !is_first_quoted && is_empty {
            self.tokens.pop();
        }
    }
}

struct Cutter<'t> {
    dialect: &'t Dialect,
    text: &'t [u8],
    pos: usize,
    lines: usize,
    ended: Option<How>,
}

impl Cutter<'_> {
    /// Cuts all fields of the row, and says how it ended.
    fn fields(&mut self, fields: &mut Fields) -> How {
        loop {
            self.field(fields);
            if let Some(how) = self.ended {
                return how;
            }
        }
    }

    fn field(&mut self, fields: &mut Fields) {
        let Some(rest) = self.text.get(self.pos..) else {
            (fields.is_lost, self.ended) = (true, Some(How::Text));
            return;
        };
        if self.dialect.delimiter.is_none() {
            self.pos += leading_space(rest);
        } else if self.dialect.skips_blanks && fields.tokens.is_empty() {
            self.skip_blank_line(rest);
        }
        let at = self.pos;
        let Some(quote) = self.dialect.quote.filter(|quote| self.has(*quote)) else {
            let plain = self.plain(&fields.stops);
            let token = Token { start: plain.start, end: plain.end, is_kept: false, is_quoted: false, at };
            fields.push(token);
            return;
        };
        if let Some(inside) = self.as_it_stands(quote, &fields.stops) {
            fields.push(Token { start: inside.start, end: inside.end, is_kept: false, is_quoted: true, at });
            return;
        }
        let start = fields.scratch.len();
        self.quoted(quote, fields);
        if fields.is_short {
            self.ended = Some(How::Text);
            return;
        }
        if self.ended.is_none() {
            let plain = self.plain(&fields.stops);
            let plain = fields.part(self.text, plain);
            fields.keep(plain);
        }
        let end = fields.scratch.len();
        fields.push(Token { start, end, is_kept: true, is_quoted: true, at });
    }

    /// Steps over the blanks of a line that has nothing else.
    fn skip_blank_line(&mut self, rest: &[u8]) {
        let is_blank =
            |byte: &u8| matches!(byte, b' ' | b'\t') && Some(char::from(*byte)) != self.dialect.delimiter;
        let blanks = rest.iter().take_while(|byte| is_blank(byte)).count();
        if blanks > 0 && matches!(rest.get(blanks), None | Some(b'\n' | b'\r')) {
            self.pos += blanks;
        }
    }

    /// True when that character is here.
    fn has(&self, c: char) -> bool {
        self.text.get(self.pos) == Some(&first_byte(c)) && self.is_at(self.pos, c)
    }

    /// Where the text in quotes is, of which the first one is here, when it is the whole field as it stands in the row:
    /// such fields are not copied. Nor is, in a table of CSV, one whose end has not been read.
    fn as_it_stands(&mut self, quote: char, stops: &Stops) -> Option<Range<usize>> {
        let quote = u8::try_from(quote).ok().filter(u8::is_ascii)?;
        let start = self.pos + 1;
        let rest = self.text.get(start..)?;
        let Some(len) = memchr::memchr(quote, rest) else {
            if !self.dialect.is_csv {
                return None;
            }
            (self.pos, self.ended) = (self.text.len(), Some(How::Quote));
            return Some(start..self.text.len());
        };
        let lines = line_ends(rest.get(..len)?);
        if lines > 0 && !self.dialect.is_csv {
            return None;
        }
        let (inside, before) = (start..start + len, self.pos);
        self.pos = inside.end + 1;
        if !self.plain(stops).is_empty() {
            (self.pos, self.ended) = (before, None);
            return None;
        }
        self.lines += lines;
        Some(inside)
    }

    /// Takes the text in quotes, of which the first one is here.
    fn quoted(&mut self, quote: char, fields: &mut Fields) {
        let mut bytes = [0; 4];
        let quote = quote.encode_utf8(&mut bytes).as_bytes();
        self.pos += quote.len();
        loop {
            let rest = fields.part(self.text, self.pos..self.text.len());
            let found = match quote {
                [one] => memchr::memchr(*one, rest),
                more => memchr::memmem::find(rest, more),
            };
            let inside = rest.split_at(found.unwrap_or(rest.len())).0;
            self.take_inside(inside, fields);
            self.pos += inside.len();
            if found.is_none() || fields.is_short {
                self.ended = Some(How::Quote);
                return;
            }
            self.pos += quote.len();
            let behind = fields.part(self.text, self.pos..self.text.len());
            if !behind.starts_with(quote) {
                return;
            }
            fields.keep(quote);
            self.pos += quote.len();
        }
    }

    /// Takes text in quotes: a line end is one character there.
    fn take_inside(&mut self, inside: &[u8], fields: &mut Fields) {
        let mut rest = inside;
        while let Some(end) = line_end(rest, true) {
            self.lines += 1;
            let (line, behind) = rest.split_at(end.end);
            if self.dialect.is_csv {
                fields.keep(line);
            } else {
                fields.keep(line.split_at(end.start).0);
                fields.keep(b"\n");
            }
            rest = behind;
        }
        fields.keep(rest);
    }

    /// Takes text that is not in quotes, up to the end of the field, and steps over what ends it.
    fn plain(&mut self, stops: &Stops) -> Range<usize> {
        let start = self.pos;
        let (end, behind, ended) = match (self.dialect.delimiter, &self.dialect.comments) {
            (None, comments) => self.find_space(stops, start, comments),
            (Some(delimiter), Comments::One(comment)) => self.find(stops, start, delimiter, Some(*comment)),
            (Some(delimiter), _) => self.find(stops, start, delimiter, None),
        };
        (self.pos, self.ended) = (behind, ended);
        start..end
    }

    /// The end of the field, what is behind it, and whether the row ends too.
    fn find(
        &self,
        stops: &Stops,
        start: usize,
        delimiter: char,
        comment: Option<char>,
    ) -> (usize, usize, Option<How>) {
        let (delimiter_first, comment_first) = (first_byte(delimiter), comment.map(first_byte));
        let mut at = stops.next(self.text, start);
        while let Some(byte) = self.text.get(at) {
            match byte {
                b'\n' | b'\r' => return self.line_ends(at, at),
                byte if *byte == delimiter_first && self.is_at(at, delimiter) => {
                    return (at, at + delimiter.len_utf8(), None);
                }
                byte if Some(*byte) == comment_first && comment.is_some_and(|c| self.is_at(at, c)) => {
                    return self.comment_at(at);
                }
                _ => at = stops.next(self.text, at + 1),
            }
        }
        (at, at, Some(How::Text))
    }

    fn find_space(&self, stops: &Stops, start: usize, comments: &Comments) -> (usize, usize, Option<How>) {
        let comment = if let Comments::One(one) = comments { Some(*one) } else { None };
        let comment_first = comment.map(first_byte);
        let mut at = stops.next(self.text, start);
        while let Some(byte) = self.text.get(at) {
            match byte {
                b'\n' | b'\r' => return self.line_ends(at, at),
                byte if is_ascii_space(*byte) => return (at, at + 1, None),
                byte if Some(*byte) == comment_first && comment.is_some_and(|c| self.is_at(at, c)) => {
                    return self.comment_at(at);
                }
                byte if !byte.is_ascii() => {
                    if let Some((_, size)) = space_at(self.text, at) {
                        return (at, at + size, None);
                    }
                }
                _ => {}
            }
            at = stops.next(self.text, at + 1);
        }
        (at, at, Some(How::Text))
    }

    fn comment_at(&self, at: usize) -> (usize, usize, Option<How>) {
        let rest = self.text.split_at(at).1;
        match memchr::memchr2(b'\n', b'\r', rest) {
            Some(len) => self.line_ends(at, at + len),
            None => (at, self.text.len(), Some(How::Text)),
        }
    }

    /// The field ends at `end`, and the line at `at`.
    fn line_ends(&self, end: usize, at: usize) -> (usize, usize, Option<How>) {
        match (self.text.get(at), self.text.get(at + 1)) {
            (Some(b'\r'), Some(b'\n')) => (end, at + 2, Some(How::Line)),
            // A line feed may follow.
            (Some(b'\r'), None) => (end, at + 1, Some(How::Text)),
            _ => (end, at + 1, Some(How::Line)),
        }
    }

    /// True when that character is at a place where its first byte is.
    fn is_at(&self, at: usize, c: char) -> bool {
        let mut bytes = [0; 4];
        c.is_ascii()
            || self.text.get(at..).is_some_and(|rest| rest.starts_with(c.encode_utf8(&mut bytes).as_bytes()))
    }
}

/// How many lines end in a text.
fn line_ends(text: &[u8]) -> usize {
    let (mut rest, mut count) = (text, 0);
    while let Some(end) = line_end(rest, true) {
        count += 1;
        rest = rest.split_at(end.end).1;
    }
    count
}

/// The length of what Java strips off the front of a line.
pub(super) fn java_blanks(text: &[u8]) -> usize {
    text.iter().take_while(|byte| **byte <= b' ' && !matches!(**byte, b'\r' | b'\n')).count()
}

fn first_byte(c: char) -> u8 {
    match u8::try_from(c) {
        Ok(byte @ 0..0x80) => byte,
        _ => {
            let mut bytes = [0; 4];
            c.encode_utf8(&mut bytes);
            bytes[0]
        }
    }
}

#[cfg(test)]
mod tests;
