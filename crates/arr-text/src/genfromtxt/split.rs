//! A line into its fields: what `LineSplitter` of `numpy/lib/_iotools.py` does, and quoted fields besides.

use arr_core::format::{check_memory, room};
use arr_core::{Error, Hint, Result};

use super::python::{is_blank, is_blank_byte, strip};
use crate::broken::lost;
use crate::table::tokens::MOST;
use crate::table::window::too_long;

/// What stands between two columns, or how wide they are.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Delimiter {
    /// Any white space.
    #[default]
    Blank,
    /// A text of one or more characters.
    Text(String),
    /// Every column has that many characters.
    Width(usize),
    /// The columns have these numbers of characters; what is right of them is left out.
    Widths(Vec<usize>),
}

/// No text and no width mean white space, as with NumPy.
impl From<&str> for Delimiter {
    fn from(text: &str) -> Self {
        if text.is_empty() { Self::Blank } else { Self::Text(text.to_owned()) }
    }
}

impl From<char> for Delimiter {
    fn from(c: char) -> Self {
        Self::Text(c.into())
    }
}

impl From<usize> for Delimiter {
    fn from(width: usize) -> Self {
        if width == 0 { Self::Blank } else { Self::Width(width) }
    }
}

impl From<&[usize]> for Delimiter {
    fn from(widths: &[usize]) -> Self {
        Self::Widths(widths.to_vec())
    }
}

impl<const N: usize> From<[usize; N]> for Delimiter {
    fn from(widths: [usize; N]) -> Self {
        Self::Widths(widths.to_vec())
    }
}

/// A field: from one byte to another of a line, which has no more than 4 GiB.
pub(super) type Range = (u32, u32);

/// Fields of a line, as many as the limits allow.
#[derive(Debug)]
struct Ranges {
    list: Vec<Range>,
    most: usize,
}

impl Ranges {
    fn push(&mut self, from: usize, to: usize) -> Result<()> {
        let (Ok(from), Ok(to)) = (u32::try_from(from), u32::try_from(to)) else {
            return Err(Error::limit("a line has more than 4 GiB"));
        };
        if self.list.len() == self.list.capacity() {
            self.grow()?;
        }
        self.list.push((from, to));
        Ok(())
    }

    #[cold]
    fn grow(&mut self) -> Result<()> {
        let more = self.list.len().max(64).min(self.most.saturating_sub(self.list.len()));
        if self.list.len() >= self.most {
            let message = format!("the row has more than {} columns", self.most);
            let error = Error::limit(message);
            // The greatest number can't be raised.
            return Err(if self.most < MOST { error.with_hint(Hint::Limit("max_bytes")) } else { error });
        }
        check_memory(more.saturating_mul(2 * size_of::<Range>()), "the columns of a line")?;
        self.list.try_reserve_exact(more).map_err(room::no_memory)
    }
}

/// The fields of a line.
#[derive(Clone, Copy, Debug)]
pub(super) struct Fields<'t> {
    base: &'t str,
    ranges: &'t [Range],
}

impl<'t> Fields<'t> {
    /// Those of no line.
    pub(super) const NONE: Self = Self { base: "", ranges: &[] };

    /// Parts of a text.
    pub(super) fn of(base: &'t str, ranges: &'t [Range]) -> Self {
        Self { base, ranges }
    }

    /// All but the first.
    pub(super) fn without_first(self) -> Self {
        Self { ranges: self.ranges.get(1..).unwrap_or_default(), ..self }
    }

    pub(super) fn len(&self) -> usize {
        self.ranges.len()
    }

    pub(super) fn get(&self, place: usize) -> Option<&'t str> {
        let (start, end) = *self.ranges.get(place)?;
        self.base.get(start as usize..end as usize)
    }

    /// All of them.
    pub(super) fn iter(&self) -> impl Iterator<Item = Result<&'t str>> + use<'t> {
        let own = *self;
        (0..self.len()).map(move |place| own.get(place).ok_or_else(outside))
    }
}

/// How lines are split.
#[derive(Debug)]
pub(super) struct Splitter {
    delimiter: Delimiter,
    comments: Option<String>,
    strips: bool,
    quote: Option<char>,
    ranges: Ranges,
    scratch: String,
    /// The most bytes of a row with quotes that are held.
    longest: u64,
    /// Where in the scratch the last field begins, and where what was quoted in it ends.
    open_from: usize,
    quoted_to: usize,
    was_quoted: bool,
    is_open: bool,
}

impl Splitter {
    pub(super) fn new(
        delimiter: Delimiter,
        comments: Option<String>,
        strips: bool,
        quote: Option<char>,
        most: usize,
        longest: u64,
    ) -> Self {
        Self {
            delimiter,
            comments,
            strips,
            quote,
            ranges: Ranges { list: Vec::new(), most },
            longest,
            scratch: String::new(),
            open_from: 0,
            quoted_to: 0,
            was_quoted: false,
            is_open: false,
        }
    }

    /// Splits a line. Nothing comes back when a quote is open at its end: then the next line goes on.
    pub(super) fn split<'t>(&'t mut self, line: &'t str, ended: bool) -> Result<Option<Fields<'t>>> {
        if let Some(quote) = self.quote {
            return self.split_quoted(line, quote);
        }
        self.ranges.list.clear();
        let (line, ended) = match self.comments.as_deref().and_then(|mark| find(line, mark)) {
            Some(at) => (line.get(..at).ok_or_else(outside)?, false),
            None => (line, ended),
        };
        let mut base = line;
        match &self.delimiter {
            Delimiter::Blank => blank(line, 0, &mut self.ranges)?,
            Delimiter::Text(text) => {
                let (start, end) = trimmed(line);
                match (line.get(start..end), text.as_bytes()) {
                    (None | Some(""), _) => {}
                    (Some(line), [byte]) => by_byte(line, *byte, start, &mut self.ranges)?,
                    (Some(line), _) => by_text(line, text, start, &mut self.ranges)?,
                }
            }
            Delimiter::Width(width) => by_width(line.trim_matches(['\r', '\n']), *width, &mut self.ranges)?,
            Delimiter::Widths(widths) => {
                if ended {
                    // The end of the line is a character of it.
                    self.scratch.clear();
                    self.scratch.try_reserve(line.len().saturating_add(1)).map_err(room::no_memory)?;
                    self.scratch.push_str(line);
                    self.scratch.push('\n');
                    base = &self.scratch;
                }
                by_widths(base, widths, &mut self.ranges)?;
            }
        }
        if self.strips {
            for range in &mut self.ranges.list {
                *range = stripped(base, *range)?;
            }
        }
        Ok(Some(Fields { base, ranges: &self.ranges.list }))
    }

    /// True when a quote is open.
    pub(super) fn is_open(&self) -> bool {
        self.is_open
    }

    fn split_quoted<'t>(&'t mut self, line: &'t str, quote: char) -> Result<Option<Fields<'t>>> {
        let mut rest = line;
        // Whether the next character is the first of a field.
        let mut at_start = false;
        if self.is_open {
            self.put('\n')?;
        } else {
            self.ranges.list.clear();
            self.scratch.clear();
            (self.open_from, self.quoted_to, at_start) = (0, 0, true);
            self.was_quoted = false;
            rest = match self.delimiter {
                Delimiter::Blank => line.trim_start_matches(is_blank),
                _ => line.trim_start_matches([' ', '\r', '\n']),
            };
            if rest.is_empty() {
                return Ok(Some(Fields { base: "", ranges: &[] }));
            }
        }
        loop {
            if self.is_open {
                let Some(at) = rest.find(quote) else {
                    self.put_all(rest)?;
                    return Ok(None);
                };
                let (text, behind) = rest.split_at(at);
                self.put_all(text)?;
                rest = behind.strip_prefix(quote).ok_or_else(outside)?;
                if let Some(behind) = rest.strip_prefix(quote) {
                    self.put(quote)?;
                    rest = behind;
                } else {
                    self.is_open = false;
                    self.quoted_to = self.scratch.len();
                }
                continue;
            }
            if at_start {
                at_start = false;
                if let Some(behind) = rest.strip_prefix(quote) {
                    (self.is_open, self.was_quoted, rest) = (true, true, behind);
                    continue;
                }
            }
            if rest.is_empty() || self.comments.as_deref().is_some_and(|mark| rest.starts_with(mark)) {
                break;
            }
            let behind = match &self.delimiter {
                Delimiter::Text(text) => rest.strip_prefix(text.as_str()),
                _ => Some(rest.trim_start_matches(is_blank)).filter(|behind| behind.len() < rest.len()),
            };
            match behind {
                // White space at the end ends no field that follows.
                Some(behind) if self.delimiter == Delimiter::Blank && self.ends(behind) => break,
                Some(behind) => {
                    self.close()?;
                    (rest, at_start) = (behind, true);
                }
                None => {
                    let mut letters = rest.chars();
                    if let Some(letter) = letters.next() {
                        self.put(letter)?;
                    }
                    rest = letters.as_str();
                }
            }
        }
        // Blanks at the end of the line go, but for those that were quoted.
        while self.scratch.len() > self.quoted_to.max(self.open_from)
            && self.scratch.ends_with([' ', '\r', '\n'])
        {
            self.scratch.pop();
        }
        let is_nothing = self.ranges.list.is_empty() && self.scratch.is_empty() && !self.was_quoted;
        if !is_nothing {
            self.close()?;
        }
        Ok(Some(Fields { base: &self.scratch, ranges: &self.ranges.list }))
    }

    fn ends(&self, rest: &str) -> bool {
        rest.is_empty() || self.comments.as_deref().is_some_and(|mark| rest.starts_with(mark))
    }

    /// The field that was put into the scratch is complete.
    fn close(&mut self) -> Result<()> {
        let (mut start, mut end) = (self.open_from, self.scratch.len());
        if self.strips {
            let field = self.scratch.get(start..end).ok_or_else(outside)?;
            start += field.len() - field.trim_start_matches(is_blank).len();
            end = start + strip(field).len();
        }
        self.ranges.push(start, end)?;
        self.open_from = self.scratch.len();
        Ok(())
    }

    fn put(&mut self, letter: char) -> Result<()> {
        self.put_all(letter.encode_utf8(&mut [0; 4]))
    }

    fn put_all(&mut self, text: &str) -> Result<()> {
        if self.scratch.len().saturating_add(text.len()) as u64 > self.longest {
            return Err(too_long("row", self.longest));
        }
        self.scratch.try_reserve(text.len()).map_err(room::no_memory)?;
        self.scratch.push_str(text);
        Ok(())
    }
}

/// Where a text is found, which most often has one letter: those are found fastest.
fn find(line: &str, text: &str) -> Option<usize> {
    match text.as_bytes() {
        [byte] => memchr::memchr(*byte, line.as_bytes()),
        _ => line.find(text),
    }
}

/// A field without white space around it.
fn stripped(base: &str, (from, to): Range) -> Result<Range> {
    let field = base.get(from as usize..to as usize).ok_or_else(outside)?;
    let front = field.len() - field.trim_start_matches(is_blank).len();
    // Both are lengths of parts of the field.
    let len = |bytes: usize| u32::try_from(bytes).map_err(|_| outside());
    let from = from.saturating_add(len(front)?);
    Ok((from, from.saturating_add(len(strip(field).len())?)))
}

#[cold]
fn outside() -> Error {
    lost("a field lies outside of its line")
}

/// The line without the blanks and ends of line around it, as a range.
fn trimmed(line: &str) -> (usize, usize) {
    let is_end = |c: char| matches!(c, ' ' | '\r' | '\n');
    let start = line.len() - line.trim_start_matches(is_end).len();
    (start, start + line.trim_matches(is_end).len())
}

/// Fields between white space.
fn blank(line: &str, start: usize, ranges: &mut Ranges) -> Result<()> {
    if !line.is_ascii() {
        for field in line.split(is_blank).filter(|field| !field.is_empty()) {
            let at = start + (field.as_ptr().addr() - line.as_ptr().addr());
            ranges.push(at, at + field.len())?;
        }
        return Ok(());
    }
    let mut begin = None;
    for (place, byte) in line.bytes().enumerate() {
        match (is_blank_byte(byte), begin) {
            (true, Some(from)) => {
                ranges.push(start + from, start + place)?;
                begin = None;
            }
            (false, None) => begin = Some(place),
            _ => {}
        }
    }
    if let Some(from) = begin {
        ranges.push(start + from, start + line.len())?;
    }
    Ok(())
}

/// Fields between bytes, each of which is a character.
fn by_byte(line: &str, delimiter: u8, start: usize, ranges: &mut Ranges) -> Result<()> {
    let mut from = start;
    for (place, byte) in line.bytes().enumerate() {
        if byte == delimiter {
            ranges.push(from, start + place)?;
            from = start + place + 1;
        }
    }
    ranges.push(from, start + line.len())
}

/// Fields between texts.
fn by_text(line: &str, delimiter: &str, start: usize, ranges: &mut Ranges) -> Result<()> {
    let mut from = start;
    for (place, _) in line.match_indices(delimiter) {
        ranges.push(from, start + place)?;
        from = start + place + delimiter.len();
    }
    ranges.push(from, start + line.len())
}

/// Fields of one width in characters; the last may be shorter.
fn by_width(line: &str, width: usize, ranges: &mut Ranges) -> Result<()> {
    let mut from = 0;
    while from < line.len() {
        let len = front(line.get(from..).ok_or_else(outside)?, width).max(1);
        ranges.push(from, from + len)?;
        from += len;
    }
    Ok(())
}

/// Fields of these widths in characters; of a line that is too short the last ones are cut or empty.
fn by_widths(line: &str, widths: &[usize], ranges: &mut Ranges) -> Result<()> {
    if line.is_empty() {
        return Ok(());
    }
    let mut from = 0;
    for width in widths {
        let len = front(line.get(from..).ok_or_else(outside)?, *width);
        ranges.push(from, from + len)?;
        from += len;
    }
    Ok(())
}

/// How many bytes the first characters of a text take.
fn front(text: &str, characters: usize) -> usize {
    let plain = text.as_bytes().get(..characters).unwrap_or(text.as_bytes());
    if plain.is_ascii() {
        return plain.len();
    }
    text.char_indices().nth(characters).map_or(text.len(), |(place, _)| place)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn split(delimiter: impl Into<Delimiter>, line: &str) -> Vec<String> {
        let mut splitter =
            Splitter::new(delimiter.into(), Some("#".into()), false, None, usize::MAX, u64::MAX);
        let fields = splitter.split(line, true).unwrap().unwrap();
        let all: Vec<String> = fields.iter().map(|field| field.unwrap().to_owned()).collect();
        assert!((0..fields.len()).all(|place| fields.get(place) == Some(all[place].as_str())));
        all
    }

    #[test]
    fn lines_are_split_as_numpy_does() {
        assert_eq!(split("", " a\tb \u{a0}c # d"), ["a", "b", "c"]);
        assert_eq!(split(",", "  a, b ,\t#,x"), ["a", " b ", "\t"]);
        assert_eq!(split(",", "  # a"), [""; 0]);
        assert_eq!(split(" | ", "a | b| c | "), ["a", "b| c |"]);
        assert_eq!(split(2, " aébbc"), [" a", "éb", "bc"]);
        assert_eq!(split([2, 0, 3, 2], "aé"), ["aé", "", "\n", ""]);
        assert_eq!(split([2, 0, 3, 2], "aébcdefg"), ["aé", "", "bcd", "ef"]);
        assert_eq!(split([1, 1], ""), ["\n", ""]);
        assert_eq!(split([1, 1], "#"), [""; 0]);
        assert_eq!(split("é", "aébé"), ["a", "b", ""]);
    }

    fn quoted(delimiter: &str, lines: &[&str]) -> Option<Vec<String>> {
        let mut splitter =
            Splitter::new(delimiter.into(), Some("#".into()), false, Some('"'), usize::MAX, u64::MAX);
        let mut found = None;
        for line in lines {
            found = splitter
                .split(line, true)
                .unwrap()
                .map(|fields| fields.iter().map(|field| field.unwrap().to_owned()).collect::<Vec<_>>());
        }
        found
    }

    #[test]
    fn quotes_hide_what_is_between_them() {
        let fields = |delimiter, line| quoted(delimiter, &[line]).unwrap();
        assert_eq!(fields(",", r#""a,b" ,"c""d#",e"f # x"#), ["a,b ", "c\"d#", "e\"f"]);
        assert_eq!(fields("", r#"  "a b"c  d "" # x"#), ["a bc", "d", ""]);
        assert_eq!(fields(",", r#"a,"#), ["a", ""]);
        assert_eq!(fields(",", "\"\""), [""]);
        assert_eq!(fields(",", "   # x"), [""; 0]);
        assert_eq!(fields(",", "1,\"x  \"  "), ["1", "x  "]);
        assert_eq!(quoted(",", &["1,\"x", "y\",2"]).unwrap(), ["1", "x\ny", "2"]);
        assert_eq!(quoted(",", &["1,\"x", "y"]), None);
    }
}
