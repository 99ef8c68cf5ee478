//! Text that can't do anything to a terminal.

use std::io::{self, Write};

use crate::text::is_unseen;

/// Passes text on in which control characters and those that change the direction of text are written as JSON escapes
/// (`\u001b`), but for the ends of lines. In JSON they stand inside of strings alone, and mean the same.
///
/// All that commands print goes through one: what a file calls its members and fields, and what its strings are, reaches
/// no terminal as it is.
pub struct Plain<W: Write> {
    out: W,
    /// The first bytes of a character whose last ones have not come yet.
    begun: Vec<u8>,
}

impl<W: Write> Plain<W> {
    /// In front of `out`.
    pub fn new(out: W) -> Self {
        Self { out, begun: Vec::new() }
    }

    /// Passes a sequence of our own on as it is.
    pub fn sequence(&mut self, sequence: &'static str) -> io::Result<()> {
        self.out.write_all(sequence.as_bytes())
    }

    fn write_text(&mut self, mut text: &str) -> io::Result<()> {
        while let Some(at) = text.find(is_escaped) {
            let (before, rest) = text.split_at_checked(at).unwrap_or((text, ""));
            self.out.write_all(before.as_bytes())?;
            let mut rest = rest.chars();
            if let Some(unseen) = rest.next() {
                write!(self.out, "\\u{:04x}", u32::from(unseen))?;
            }
            text = rest.as_str();
        }
        self.out.write_all(text.as_bytes())
    }

    /// Writes bytes up to a character that is not whole; the number of bytes that are left.
    fn write_whole(&mut self, mut bytes: &[u8]) -> io::Result<usize> {
        loop {
            let error = match std::str::from_utf8(bytes) {
                Ok(text) => return self.write_text(text).map(|()| 0),
                Err(error) => error,
            };
            let (text, rest) = bytes.split_at_checked(error.valid_up_to()).unwrap_or((bytes, &[]));
            self.write_text(std::str::from_utf8(text).unwrap_or_default())?;
            let Some(bad) = error.error_len() else { return Ok(rest.len()) };
            self.out.write_all("\u{fffd}".as_bytes())?;
            bytes = rest.get(bad..).unwrap_or_default();
        }
    }
}

impl<W: Write> Write for Plain<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let is_plain = |byte: &u8| matches!(byte, b'\n' | b' '..=b'~');
        if self.begun.is_empty() && bytes.iter().all(is_plain) {
            self.out.write_all(bytes)?;
            return Ok(bytes.len());
        }
        let mut all = std::mem::take(&mut self.begun);
        all.extend_from_slice(bytes);
        let left = self.write_whole(&all)?;
        all.drain(..all.len() - left);
        self.begun = all;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        if !std::mem::take(&mut self.begun).is_empty() {
            self.out.write_all("\u{fffd}".as_bytes())?;
        }
        self.out.flush()
    }
}

/// True for what is [unseen](is_unseen), but for the end of a line.
pub fn is_escaped(c: char) -> bool {
    c != '\n' && is_unseen(c)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_unseen_is_escaped_however_it_is_cut() {
        let text = "a\u{1b}]0;x\u{7}\tb\u{9b}31m\u{202e}c\u{2066}\u{61c}\u{7f}\n\u{e9}\u{1f600}";
        let escaped = "a\\u001b]0;x\\u0007\\u0009b\\u009b31m\\u202ec\\u2066\\u061c\\u007f\n\u{e9}\u{1f600}";
        for piece in 1..=text.len() {
            let mut plain = Plain::new(Vec::new());
            text.as_bytes().chunks(piece).for_each(|piece| plain.write_all(piece).unwrap());
            plain.flush().unwrap();
            assert_eq!(String::from_utf8(plain.out).unwrap(), escaped, "in pieces of {piece}");
        }
        let mut plain = Plain::new(Vec::new());
        plain.write_all(b"a\xffb\xe2\x80").unwrap();
        plain.flush().unwrap();
        assert_eq!(plain.out, "a\u{fffd}b\u{fffd}".as_bytes());
    }
}
