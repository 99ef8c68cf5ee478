//! Python literals: the text in which NumPy describes arrays.
//!
//! The header of a `.npy` file and the `descr` of a structured dtype are Python expressions, which NumPy reads with
//! `ast.literal_eval`. [`Scanner`] reads the part of that language that can be valid there, and exactly as Python
//! reads it: strings with every quote, prefix and escape, implicit concatenation, integers in four bases, `True` and
//! `False`, tuples, lists and dictionaries, superfluous parentheses, comments and line breaks. The rest of the
//! language (floats, sets, calls, operators) is refused, with its offset.
//!
//! It is a pull scanner: the caller says what it expects next and gets it, so nothing is built that is not needed.
//! Strings without escapes are borrowed. Every byte is examined once.
//!
//! ```
//! use arr_core::format::literal::{Bracket, Scanner};
//! let mut scanner = Scanner::new("['a', \"it's\", 0x10,]");
//! scanner.open(Bracket::Square)?;
//! assert_eq!(scanner.string()?, "a");
//! assert!(scanner.comma()?);
//! assert_eq!(scanner.string()?, "it's");
//! assert!(scanner.comma()?);
//! assert_eq!(scanner.int()?.to_u64(), Some(16));
//! assert!(scanner.comma()?);
//! scanner.close(Bracket::Square)?;
//! scanner.end()?;
//! # Ok::<(), arr_core::Error>(())
//! ```
//!
//! The other direction is [`py_repr`] and [`py_bytes_repr`].

mod dotted;
mod lenient;
mod number;
mod repr;
mod string;

pub use self::dotted::names_class;
pub use self::number::{Int, Ints};
pub use self::repr::{py_bytes_repr, py_repr};

use crate::{Error, Hint, Result};

/// The most levels of nesting that are ever read: Python's tokenizer has the same limit, and the recursion of those
/// who read through a [`Scanner`] is bounded by it.
pub const MAX_DEPTH: usize = 200;

/// The kinds of brackets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Bracket {
    /// `(` and `)`: a tuple, or nothing but parentheses.
    Paren,
    /// `[` and `]`: a list.
    Square,
    /// `{` and `}`: a dictionary.
    Brace,
}

impl Bracket {
    const fn symbols(self) -> (u8, u8) {
        match self {
            Self::Paren => (b'(', b')'),
            Self::Square => (b'[', b']'),
            Self::Brace => (b'{', b'}'),
        }
    }
}

/// The next piece of the text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Kind {
    /// A string or bytes literal.
    String,
    /// A number or its sign.
    Number,
    /// A name: `True`, `False`, `None` or one that no literal has.
    Name,
    /// An opening bracket.
    Open(Bracket),
    /// A closing bracket.
    Close(Bracket),
    /// `,`
    Comma,
    /// `:`
    Colon,
    /// Something that no literal has.
    Other,
    /// Nothing: the text is over.
    End,
}

/// Where the scanner is with respect to the only logical line that a literal has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Line {
    /// Before the first token, at that column: Python refuses an indented expression.
    Before(usize),
    /// At or after the first token.
    Within,
    /// After the line break that ends it: only comments and blanks may follow.
    After,
}

/// Reads one Python literal piece by piece.
#[derive(Clone, Debug)]
pub struct Scanner<'a> {
    text: &'a str,
    /// The first byte that was not read yet.
    pos: usize,
    /// Where the last piece began.
    start: usize,
    /// The next piece and its offset, so that no piece is examined twice.
    peeked: (Kind, usize),
    line: Line,
    depth: usize,
    max_depth: usize,
    max_fields: usize,
    fields: usize,
    python2: bool,
    latin1: bool,
    lenient: bool,
}

impl<'a> Scanner<'a> {
    /// A scanner at the beginning of `text`.
    #[must_use]
    pub fn new(text: &'a str) -> Self {
        // `literal_eval` itself removes leading blanks and tabs, all others count as indentation.
        let pos = text.len() - text.trim_start_matches([' ', '\t']).len();
        Self {
            text,
            pos,
            start: pos,
            peeked: (Kind::Other, usize::MAX),
            line: Line::Before(0),
            depth: 0,
            max_depth: MAX_DEPTH,
            max_fields: usize::MAX,
            fields: 0,
            python2: false,
            latin1: false,
            lenient: false,
        }
    }

    crate::setters! {
        /// Whether Python 2's long integers, `3L`, are accepted.
        python2: bool;
        /// Whether offsets in errors count characters: the text was latin-1, one byte a character.
        latin1: bool;
        /// Whether what is no literal is read where its meaning is plain: numbers as NumPy prints them, `np.int64(2)`, and
        /// the metadata of dtypes.
        lenient: bool;
    }

    /// How many brackets may be open at once, at most [`MAX_DEPTH`].
    #[must_use]
    pub fn max_depth(mut self, depth: usize) -> Self {
        self.max_depth = depth.min(MAX_DEPTH);
        self
    }

    /// How many fields of records there may be.
    #[must_use]
    pub fn max_fields(mut self, fields: usize) -> Self {
        self.max_fields = fields;
        self
    }

    /// Counts fields of records, before they take memory.
    pub(crate) fn count_fields(&mut self, fields: usize) -> Result<()> {
        self.fields = self.fields.saturating_add(fields);
        if self.fields <= self.max_fields {
            return Ok(());
        }
        let message = format!("the records have more fields than the limit of {}", self.max_fields);
        Err(Error::limit(message).at(self.offset()).with_hint(Hint::Limit("max_fields")))
    }

    /// Where the piece that was read last begins, in bytes from the beginning of the text.
    #[must_use]
    pub fn offset(&self) -> u64 {
        let before = self.text.get(..self.start).unwrap_or(self.text);
        // No text is longer than a `u64` can say.
        u64::try_from(if self.latin1 { before.chars().count() } else { before.len() }).unwrap_or(u64::MAX)
    }

    /// Where the piece begins that was read or looked at last, for [`error_at`](Self::error_at).
    #[must_use]
    pub(crate) const fn mark(&self) -> usize {
        self.start
    }

    /// A `Malformed` error at an earlier piece.
    #[cold]
    pub(crate) fn error_at(&self, mark: usize, message: impl Into<std::borrow::Cow<'static, str>>) -> Error {
        Self { start: mark, ..self.clone() }.error(message)
    }

    /// A `Malformed` error at the piece that was read or looked at last.
    #[cold]
    #[must_use]
    pub fn error(&self, message: impl Into<std::borrow::Cow<'static, str>>) -> Error {
        Error::malformed(message).at(self.offset())
    }

    /// Looks ahead at the next piece without reading it.
    ///
    /// # Errors
    /// `Malformed` when Python would not get that far: a wrong indentation, or text after the literal.
    #[inline]
    pub fn peek(&mut self) -> Result<Kind> {
        if self.peeked.1 != self.pos {
            self.skip_blanks()?;
            self.peeked = (self.look()?, self.pos);
        }
        self.start = self.pos;
        Ok(self.peeked.0)
    }

    fn look(&mut self) -> Result<Kind> {
        self.start = self.pos;
        let Some(byte) = self.byte() else { return Ok(Kind::End) };
        match self.line {
            Line::Within => {}
            Line::Before(0) => self.line = Line::Within,
            Line::Before(_) => return Err(self.error("the text is indented")),
            Line::After => return Err(self.error("text follows the literal")),
        }
        Ok(match byte {
            b'\'' | b'"' => Kind::String,
            b'(' => Kind::Open(Bracket::Paren),
            b'[' => Kind::Open(Bracket::Square),
            b'{' => Kind::Open(Bracket::Brace),
            b')' => Kind::Close(Bracket::Paren),
            b']' => Kind::Close(Bracket::Square),
            b'}' => Kind::Close(Bracket::Brace),
            b',' => Kind::Comma,
            b':' => Kind::Colon,
            b'0'..=b'9' | b'+' | b'-' => Kind::Number,
            _ if self.is_prefixed_string() => Kind::String,
            byte if is_name_byte(byte) => Kind::Name,
            _ => Kind::Other,
        })
    }

    /// Reads an opening bracket.
    ///
    /// # Errors
    /// `Malformed` when something else comes, `LimitExceeded` when too many brackets are open.
    pub fn open(&mut self, bracket: Bracket) -> Result<()> {
        let symbol = bracket.symbols().0;
        if self.peek()? != Kind::Open(bracket) {
            return Err(self.expected(format!("`{}`", char::from(symbol))));
        }
        if self.depth >= self.max_depth {
            let message = format!("brackets are nested deeper than the limit of {} levels", self.max_depth);
            let error = Error::limit(message).at(self.offset());
            // Nothing lifts the most that is ever read.
            let is_own = self.max_depth < MAX_DEPTH;
            return Err(if is_own { error.with_hint(Hint::Limit("max_depth")) } else { error });
        }
        self.depth += 1;
        self.pos += 1;
        Ok(())
    }

    /// Reads a closing bracket.
    ///
    /// # Errors
    /// `Malformed` when something else comes.
    pub fn close(&mut self, bracket: Bracket) -> Result<()> {
        if self.peek()? != Kind::Close(bracket) {
            let comma = if self.byte() == Some(b',') { "" } else { "`,` or " };
            return Err(self.expected(format!("{comma}`{}`", char::from(bracket.symbols().1))));
        }
        self.depth = self.depth.saturating_sub(1);
        self.pos += 1;
        Ok(())
    }

    /// True when the bracket closes here, which is not read yet.
    ///
    /// # Errors
    /// As [`peek`](Self::peek).
    pub fn closes(&mut self, bracket: Bracket) -> Result<bool> {
        Ok(self.peek()? == Kind::Close(bracket))
    }

    /// Reads a comma if one comes.
    ///
    /// # Errors
    /// As [`peek`](Self::peek).
    pub fn comma(&mut self) -> Result<bool> {
        let comes = self.peek()? == Kind::Comma;
        self.pos += usize::from(comes);
        Ok(comes)
    }

    /// Reads the colon between the key and the value of a dictionary.
    ///
    /// # Errors
    /// `Malformed` when something else comes.
    pub fn colon(&mut self) -> Result<()> {
        if self.peek()? != Kind::Colon {
            return Err(self.expected("`:`"));
        }
        self.pos += 1;
        Ok(())
    }

    /// Reads `True` or `False`.
    ///
    /// # Errors
    /// `Malformed` when something else comes.
    pub fn boolean(&mut self) -> Result<bool> {
        self.grouped(|scanner| {
            let kind = scanner.peek()?;
            let value = match scanner.name() {
                "True" if kind == Kind::Name => true,
                "False" if kind == Kind::Name => false,
                _ => return Err(scanner.expected("True or False")),
            };
            scanner.pos += scanner.name().len();
            Ok(value)
        })
    }

    /// Reads `None` if it comes.
    ///
    /// # Errors
    /// As [`peek`](Self::peek).
    pub fn none(&mut self) -> Result<bool> {
        let comes = self.peek()? == Kind::Name && self.name() == "None";
        self.pos += if comes { "None".len() } else { 0 };
        Ok(comes)
    }

    /// Checks that nothing follows but blanks, line breaks and comments.
    ///
    /// # Errors
    /// `Malformed` when something does.
    pub fn end(&mut self) -> Result<()> {
        match self.peek()? {
            Kind::End => Ok(()),
            _ => Err(self.error("text follows the literal")),
        }
    }

    /// Reads something that may be in superfluous parentheses.
    ///
    /// # Errors
    /// Those of `read`, and `Malformed` when the parentheses do not close after it.
    pub fn grouped<T>(&mut self, read: impl FnOnce(&mut Self) -> Result<T>) -> Result<T> {
        let mut opened = 0usize;
        while self.peek()? == Kind::Open(Bracket::Paren) {
            self.open(Bracket::Paren)?;
            opened += 1;
        }
        let value = read(self)?;
        let start = self.start;
        for _ in 0..opened {
            self.close(Bracket::Paren)?;
        }
        self.start = start;
        Ok(value)
    }

    fn byte(&self) -> Option<u8> {
        self.text.as_bytes().get(self.pos).copied()
    }

    fn bytes_ahead(&self) -> &'a [u8] {
        self.text.as_bytes().get(self.pos..).unwrap_or_default()
    }

    fn rest(&self) -> &'a str {
        self.text.get(self.pos..).unwrap_or("")
    }

    /// The name that begins here; empty if none does.
    fn name(&self) -> &'a str {
        let rest = self.rest();
        let end = rest.bytes().position(|byte| !is_name_byte(byte)).unwrap_or(rest.len());
        rest.get(..end).unwrap_or("")
    }

    /// The error that something else was expected than what comes, which [`peek`](Self::peek) has looked at.
    #[cold]
    #[must_use]
    pub fn expected(&self, what: impl std::fmt::Display) -> Error {
        let found = match self.rest().chars().next() {
            None => "the end of the text".to_owned(),
            Some(_) if self.is_prefixed_string() => "a string".to_owned(),
            Some(first) if first == '_' || first.is_alphabetic() => {
                let is_of_name = |c: &char| matches!(c, '_' | '.') || c.is_alphanumeric();
                let name: String = self.rest().chars().take_while(is_of_name).take(40).collect();
                format!("`{name}`")
            }
            Some(_) if self.starts_float() => "a number that is not an integer".to_owned(),
            Some('0'..='9') => "a number".to_owned(),
            Some('(') => "a tuple".to_owned(),
            Some('[') => "a list".to_owned(),
            Some('{') => "a dictionary or set".to_owned(),
            Some(other) => py_repr(other.encode_utf8(&mut [0; 4])),
        };
        self.error(format!("expected {what}, found {found}"))
    }

    /// Reads over blanks, comments and line breaks where they mean nothing.
    fn skip_blanks(&mut self) -> Result<()> {
        while let Some(byte) = self.byte() {
            match byte {
                b' ' if !matches!(self.line, Line::Before(_)) => {
                    let blanks = self.bytes_ahead();
                    self.pos += blanks.iter().position(|byte| *byte != b' ').unwrap_or(blanks.len());
                }
                b' ' | b'\t' | b'\x0C' => self.indent(byte),
                b'#' => self.skip_comment()?,
                b'\n' | b'\r' => self.line_break(),
                b'\\' if matches!(self.text.as_bytes().get(self.pos + 1), Some(b'\n' | b'\r')) => {
                    self.join_lines()?
                }
                _ => return Ok(()),
            }
        }
        Ok(())
    }

    /// Counts the columns before the first token; elsewhere a blank is just a blank.
    fn indent(&mut self, blank: u8) {
        self.pos += 1;
        if let Line::Before(column) = &mut self.line {
            *column = match blank {
                b'\t' => (*column / 8 + 1) * 8,
                b'\x0C' => 0,
                _ => *column + 1,
            };
        }
    }

    fn line_break(&mut self) {
        self.pos += 1;
        match self.line {
            Line::Before(_) => self.line = Line::Before(0),
            Line::Within if self.depth == 0 => self.line = Line::After,
            Line::Within | Line::After => {}
        }
    }

    /// Reads over a backslash at the end of a line, which must not be the last one.
    fn join_lines(&mut self) -> Result<()> {
        self.start = self.pos;
        let broken = if self.rest().starts_with("\\\r\n") { 3 } else { 2 };
        self.pos += broken;
        if self.byte().is_none() {
            return Err(self.error("the text ends behind a backslash"));
        }
        Ok(())
    }

    fn skip_comment(&mut self) -> Result<()> {
        let rest = self.rest();
        let length = rest.bytes().position(|byte| matches!(byte, b'\n' | b'\r' | 0)).unwrap_or(rest.len());
        self.start = self.pos;
        self.pos += length;
        if self.byte() == Some(0) {
            return Err(self.error("a NUL byte stands in a comment"));
        }
        Ok(())
    }
}

/// Letters, digits, `_` and everything beyond ASCII: what may belong to a name.
const fn is_name_byte(byte: u8) -> bool {
    byte == b'_' || byte.is_ascii_alphanumeric() || byte >= 0x80
}

#[cfg(test)]
mod tests;
