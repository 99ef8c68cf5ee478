//! String and bytes literals.

use std::borrow::Cow;

use super::{Kind, Scanner};
use crate::{Error, Result};

/// One quoted piece: what is between its quotes, and how to read it.
struct Piece<'a> {
    body: &'a str,
    /// Where the body begins in the text.
    at: usize,
    raw: bool,
    bytes: bool,
    /// False when the body means just what it says.
    changes: bool,
}

/// Collects the value of a literal: text, or bytes.
trait Sink {
    /// Bytes know fewer escapes than text.
    const BYTES: bool;

    /// Adds what was written without an escape.
    fn literal(&mut self, text: &str);

    /// Adds a code point or byte; false when it can't be held.
    fn code(&mut self, code: u32) -> bool;
}

impl Sink for String {
    const BYTES: bool = false;

    fn literal(&mut self, text: &str) {
        self.push_str(text);
    }

    fn code(&mut self, code: u32) -> bool {
        char::from_u32(code).map(|c| self.push(c)).is_some()
    }
}

impl Sink for Vec<u8> {
    const BYTES: bool = true;

    fn literal(&mut self, text: &str) {
        self.extend_from_slice(text.as_bytes());
    }

    fn code(&mut self, code: u32) -> bool {
        // Python keeps the low byte of an octal escape beyond `\377`.
        self.extend(u8::try_from(code & 0xFF));
        true
    }
}

impl<'a> Scanner<'a> {
    /// Reads a string, joined from all its adjacent pieces.
    ///
    /// # Errors
    /// `Malformed` when something else comes; `Unsupported` for characters by name (`\N{DASH}`) and for surrogates,
    /// which no Rust string can hold.
    pub fn string(&mut self) -> Result<Cow<'a, str>> {
        self.grouped(|scanner| {
            let piece = scanner.piece("a string")?;
            if piece.bytes {
                return Err(scanner.error("expected a string, found bytes"));
            }
            if !piece.changes && scanner.peek_keeping_start()? != Kind::String {
                return Ok(Cow::Borrowed(piece.body));
            }
            scanner.joined(piece, String::new()).map(Cow::Owned)
        })
    }

    /// Reads a bytes literal, joined from all its adjacent pieces.
    ///
    /// # Errors
    /// `Malformed` when something else comes.
    pub fn bytes(&mut self) -> Result<Cow<'a, [u8]>> {
        self.grouped(|scanner| {
            let piece = scanner.piece("bytes")?;
            if !piece.bytes {
                return Err(scanner.error("expected bytes, found a string"));
            }
            if !piece.changes && scanner.peek_keeping_start()? != Kind::String {
                return Ok(Cow::Borrowed(piece.body.as_bytes()));
            }
            scanner.joined(piece, Vec::new()).map(Cow::Owned)
        })
    }

    /// True when a string with a prefix begins here: `r''`, `b""`, `Rb''`.
    pub(super) fn is_prefixed_string(&self) -> bool {
        self.prefix().is_some()
    }

    /// The length of the prefix, and whether it says raw or bytes.
    fn prefix(&self) -> Option<(usize, bool, bool)> {
        let (length, raw, bytes) = match self.bytes_ahead() {
            [b'\'' | b'"', ..] => (0, false, false),
            [b'r' | b'R', b'\'' | b'"', ..] => (1, true, false),
            [b'u' | b'U', b'\'' | b'"', ..] => (1, false, false),
            [b'b' | b'B', b'\'' | b'"', ..] => (1, false, true),
            [b'r' | b'R', b'b' | b'B', b'\'' | b'"', ..] => (2, true, true),
            [b'b' | b'B', b'r' | b'R', b'\'' | b'"', ..] => (2, true, true),
            _ => return None,
        };
        Some((length, raw, bytes))
    }

    /// Looks further, so that an error about the string read last still names its place.
    fn peek_keeping_start(&mut self) -> Result<Kind> {
        let start = self.start;
        let kind = self.peek()?;
        self.start = start;
        Ok(kind)
    }

    /// Joins the first piece with those that follow it.
    fn joined<S: Sink>(&mut self, first: Piece<'a>, mut value: S) -> Result<S> {
        let start = self.start;
        self.decode(&first, &mut value)?;
        while self.peek()? == Kind::String {
            let piece = self.piece("a string")?;
            if piece.bytes != S::BYTES {
                return Err(self.error("bytes and strings can't be joined"));
            }
            self.decode(&piece, &mut value)?;
        }
        self.start = start;
        Ok(value)
    }

    /// Reads one quoted piece.
    fn piece(&mut self, what: &str) -> Result<Piece<'a>> {
        self.peek()?;
        let Some((length, raw, bytes)) = self.prefix() else { return Err(self.expected(what)) };
        self.pos += length;
        let quote = self.byte().unwrap_or(b'\'');
        let triple = matches!(self.bytes_ahead(), [a, b, c, ..] if [a, b, c] == [&quote; 3]);
        self.pos += if triple { 3 } else { 1 };
        let at = self.pos;
        let changes = self.skip_body(quote, triple, raw)?;
        let body = self.text.get(at..self.pos).unwrap_or("");
        self.pos += if triple { 3 } else { 1 };
        if bytes && !body.is_ascii() {
            return Err(self.error("a bytes literal has characters beyond ASCII"));
        }
        Ok(Piece { body, at, raw, bytes, changes })
    }

    /// Goes to the closing quote. True when the body holds anything that does not mean itself.
    fn skip_body(&mut self, quote: u8, triple: bool, raw: bool) -> Result<bool> {
        let mut changes = false;
        let plain = |byte: &u8| *byte != quote && !matches!(byte, b'\\' | b'\n' | b'\r' | 0);
        loop {
            let ahead = self.bytes_ahead();
            self.pos += ahead.iter().position(|byte| !plain(byte)).unwrap_or(ahead.len());
            let Some(byte) = self.byte() else { return Err(self.error("the string does not end")) };
            match byte {
                b'\\' => {
                    changes |= !raw;
                    self.pos += 1;
                    // Whatever comes, a quote or a line break too, it does not end the string.
                    let broken = self.bytes_ahead().starts_with(b"\r\n");
                    changes |= self.byte() == Some(b'\r');
                    self.pos += usize::from(broken);
                }
                b'\r' if triple => changes = true,
                b'\n' | b'\r' if !triple => return Err(self.error("the string does not end on its line")),
                byte if byte == quote && !triple => return Ok(changes),
                byte if byte == quote && self.bytes_ahead().starts_with(&[quote; 3]) => return Ok(changes),
                _ => {}
            }
            if self.byte() == Some(0) {
                return Err(self.error("a NUL byte stands in a string"));
            }
            self.pos += usize::from(self.pos < self.text.len());
        }
    }

    /// Adds the value of a piece.
    fn decode<S: Sink>(&mut self, piece: &Piece<'a>, value: &mut S) -> Result<()> {
        let mut rest = piece.body;
        let changing: &[char] = if piece.raw { &['\r'] } else { &['\\', '\r'] };
        while let Some(at) = rest.find(changing) {
            let (before, from) = rest.split_at(at);
            value.literal(before);
            let begin = piece.at + (piece.body.len() - from.len());
            let taken = match from.strip_prefix('\\') {
                Some(escape) => {
                    1 + self.escape(escape, value).map_err(|error| self.escape_error(error, begin))?
                }
                None => line_break(from, value),
            };
            rest = from.get(taken..).unwrap_or("");
        }
        value.literal(rest);
        Ok(())
    }

    /// Adds the value of the escape whose backslash stood before `text`; returns how much of it was taken.
    fn escape<S: Sink>(&self, text: &str, value: &mut S) -> Result<usize> {
        let simple = match text.bytes().next() {
            Some(b'\n') => return Ok(1),
            Some(b'\r') => return Ok(if text.starts_with("\r\n") { 2 } else { 1 }),
            Some(b'0'..=b'7') => return Ok(octal(text, value)),
            Some(b'x') => return hexadecimal(text, 2, value),
            Some(b'u') if !S::BYTES => return hexadecimal(text, 4, value),
            Some(b'U') if !S::BYTES => return hexadecimal(text, 8, value),
            Some(b'N') if !S::BYTES => return Err(Error::unsupported("characters by name (`\\N{...}`)")),
            Some(byte @ (b'\\' | b'\'' | b'"')) => byte,
            Some(b'a') => 7,
            Some(b'b') => 8,
            Some(b't') => 9,
            Some(b'n') => 10,
            Some(b'v') => 11,
            Some(b'f') => 12,
            Some(b'r') => 13,
            // To Python an unknown escape is the backslash and what follows it.
            _ => {
                value.literal("\\");
                return Ok(0);
            }
        };
        value.code(simple.into());
        Ok(1)
    }

    /// Errors of escapes are placed at their backslash.
    #[cold]
    fn escape_error(&mut self, error: Error, begin: usize) -> Error {
        self.start = begin;
        error.at(self.offset())
    }
}

/// Python reads its source with every kind of line break turned into `\n`.
fn line_break(text: &str, value: &mut impl Sink) -> usize {
    value.literal("\n");
    if text.starts_with("\r\n") { 2 } else { 1 }
}

/// One to three octal digits.
fn octal(text: &str, value: &mut impl Sink) -> usize {
    let digits = || text.chars().take(3).map_while(|c| c.to_digit(8));
    value.code(digits().fold(0, |code, digit| code * 8 + digit));
    digits().count()
}

/// A letter and exactly `count` hexadecimal digits.
fn hexadecimal(text: &str, count: usize, value: &mut impl Sink) -> Result<usize> {
    let digits = text.get(1..=count).filter(|digits| digits.bytes().all(|byte| byte.is_ascii_hexdigit()));
    let code = digits.and_then(|digits| u32::from_str_radix(digits, 16).ok());
    let Some(code) = code.filter(|code| *code <= 0x10_FFFF) else {
        return Err(Error::malformed(format!("an escape needs {count} hexadecimal digits of a code point")));
    };
    if !value.code(code) {
        return Err(Error::unsupported(format!("the lone surrogate U+{code:04X}")));
    }
    Ok(1 + count)
}
