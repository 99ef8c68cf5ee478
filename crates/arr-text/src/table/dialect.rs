//! What stands between the fields of a table, and what is not a field at all.

use std::ops::Range;

use arr_core::{Error, Hint, Result};

/// How lines are cut into fields.
#[derive(Clone, Debug)]
pub(crate) struct Dialect {
    /// What stands between two fields; `None` is any run of white space.
    pub(crate) delimiter: Option<char>,
    /// What begins a comment.
    pub(crate) comments: Comments,
    /// What quotes a field that begins with it.
    pub(crate) quote: Option<char>,
    /// The decimal point.
    pub(crate) decimal: char,
    /// What groups thousands.
    pub(crate) thousands: Option<char>,
    /// Exponents may be as Fortran writes them: `1.0D+03`, `3.14-114`.
    pub(crate) is_fortran: bool,
    /// Lines of blanks alone are not rows, whatever the delimiter is.
    pub(crate) skips_blanks: bool,
    /// A quote that is never closed is an error, and line ends inside quotes stay as they are.
    pub(crate) is_csv: bool,
    /// Lines and numbers are as Java has them: what is no more than a blank at both ends of a line does not count, nor do
    /// empty fields at its end.
    pub(crate) is_java: bool,
}

/// What begins a comment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Comments {
    /// Nothing does.
    None,
    /// One character, which counts outside of quotes alone.
    One(char),
    /// Any of these texts: a line is cut at the first occurrence of the first one, what is left at the first occurrence of
    /// the second one, and so on.
    Several(Vec<String>),
}

impl Comments {
    /// Comments that begin with any of the texts.
    ///
    /// # Errors
    /// `InvalidArgument` for an empty text.
    pub(crate) fn of(texts: &[String]) -> Result<Self> {
        if texts.iter().any(String::is_empty) {
            let message = "comments: an empty text can't begin a comment; null is for files that have none";
            return Err(Error::invalid(message));
        }
        Ok(match texts {
            [] => Self::None,
            [only] => match the_char(only) {
                Some(one) => Self::One(one),
                None => Self::Several(vec![only.clone()]),
            },
            several => Self::Several(several.to_vec()),
        })
    }
}

/// The only character of a text.
pub(crate) fn the_char(text: &str) -> Option<char> {
    let mut letters = text.chars();
    letters.next().filter(|_| letters.next().is_none())
}

impl Dialect {
    /// What `numpy.loadtxt` takes for fields unless told otherwise.
    pub(crate) fn text() -> Self {
        Self {
            delimiter: None,
            comments: Comments::One('#'),
            quote: None,
            decimal: '.',
            thousands: None,
            is_fortran: false,
            skips_blanks: false,
            is_csv: false,
            is_java: false,
        }
    }

    /// What tools that write CSV mean.
    pub(crate) fn csv(delimiter: char) -> Self {
        Self {
            delimiter: Some(delimiter),
            comments: Comments::None,
            quote: Some('"'),
            skips_blanks: true,
            is_csv: true,
            ..Self::text()
        }
    }

    /// Refuses characters that have two meanings, or that end lines.
    ///
    /// # Errors
    /// `InvalidArgument`.
    pub(crate) fn check(&self) -> Result<()> {
        let comment = if let Comments::One(one) = self.comments { Some(one) } else { None };
        let named = [("delimiter", self.delimiter), ("quotechar", self.quote), ("comments", comment)];
        for (place, (name, own)) in named.iter().enumerate() {
            let Some(own) = own else { continue };
            if matches!(own, '\r' | '\n') {
                return Err(Error::invalid(format!("{name}: it can't be the end of a line")));
            }
            if self.delimiter.is_none() && is_space(*own) {
                let message = format!("{name}: it can't be a blank where white space separates columns");
                return Err(Error::invalid(message));
            }
            let others = named.iter().skip(place + 1);
            if let Some((other, _)) = others.into_iter().find(|(_, other)| *other == Some(*own)) {
                return Err(Error::invalid(format!("{name} and {other} are the same character {own:?}")));
            }
        }
        if let Comments::Several(several) = &self.comments {
            if self.quote.is_some() {
                let message = "comments: several of them, or longer ones, do not go with quotechar";
                return Err(Error::invalid(message));
            }
            let delimiter = self.delimiter.map(String::from);
            if delimiter.is_some_and(|delimiter| several.contains(&delimiter)) {
                return Err(Error::invalid("comments and delimiter are the same character"));
            }
        }
        let in_numbers = |c: char| c.is_ascii_alphanumeric() || matches!(c, '+' | '-' | '\r' | '\n');
        if in_numbers(self.decimal) {
            return Err(Error::invalid(format!("decimal: {:?} can't be a decimal point", self.decimal)));
        }
        if let Some(thousands) = self.thousands {
            let is_cut = self.delimiter.is_none() && is_space(thousands);
            if in_numbers(thousands) || thousands == self.decimal || is_cut {
                let why = if is_cut { " where white space separates columns" } else { "" };
                return Err(Error::invalid(format!("thousands: {thousands:?} can't group thousands{why}")));
            }
        }
        Ok(())
    }

    /// Refuses a delimiter that would cut numbers. One that groups thousands is right where the numbers are quoted, if it
    /// was told, not found out.
    ///
    /// # Errors
    /// `InvalidArgument`.
    pub(crate) fn check_numbers(&self, is_found: bool) -> Result<()> {
        let is_taken = |c| Some(c) == self.delimiter;
        let is_quoted = self.is_csv && self.quote.is_some();
        let name = match (is_taken(self.decimal), self.thousands.is_some_and(is_taken)) {
            (true, _) if self.decimal != '.' => "decimal",
            (_, true) if is_found || !is_quoted => "thousands",
            _ => return Ok(()),
        };
        let delimiter = self.delimiter.unwrap_or_default();
        let found = if is_found { ", and the delimiter was found out, not told" } else { "" };
        let error =
            Error::invalid(format!("{name} and delimiter are the same character {delimiter:?}{found}"));
        Err(match is_found && is_quoted && delimiter == ',' && name == "thousands" {
            true => error.with_hint(Hint::Option("delimiter", ",")),
            false => error,
        })
    }

    /// True when numbers are as Rust and Python write them.
    pub(crate) fn has_plain_numbers(&self) -> bool {
        self.decimal == '.' && self.thousands.is_none() && !self.is_fortran
    }

    /// True when a line is a row or not by its first bytes alone, and ends where its first line end is.
    pub(crate) fn has_plain_lines(&self) -> bool {
        self.quote.is_none() && !matches!(self.comments, Comments::Several(_))
    }
}

/// White space, as Python's `str.isspace` has it.
pub(crate) fn is_space(c: char) -> bool {
    c.is_whitespace() || matches!(c, '\u{1c}'..='\u{1f}')
}

/// White space among ASCII.
pub(crate) const fn is_ascii_space(byte: u8) -> bool {
    // Two ranges: a blank follows what separates files, groups, records and units.
    (byte.wrapping_sub(b'\t') < 5) | (byte.wrapping_sub(0x1c) < 5)
}

/// The length of the white space with which a text begins, line ends left out; as if the text were longer when it ends.
pub(crate) fn leading_space(text: &[u8]) -> usize {
    let mut len = 0;
    while let Some((c, size)) = space_at(text, len) {
        if matches!(c, '\r' | '\n') {
            break;
        }
        len += size;
    }
    len
}

/// The white space that is at a place of UTF-8, and its length.
pub(crate) fn space_at(text: &[u8], at: usize) -> Option<(char, usize)> {
    let first = *text.get(at)?;
    if first.is_ascii() {
        return is_ascii_space(first).then_some((char::from(first), 1));
    }
    // No white space has more than three bytes.
    let size = if first < 0xe0 { 2 } else { 3 };
    let c = std::str::from_utf8(text.get(at..at.checked_add(size)?)?).ok()?.chars().next()?;
    is_space(c).then_some((c, size))
}

/// A field without the white space around it.
pub(crate) fn trimmed(field: &[u8]) -> &[u8] {
    let mut field = field;
    while let [first, rest @ ..] = field {
        if is_ascii_space(*first) {
            field = rest;
        } else {
            break;
        }
    }
    while let [rest @ .., last] = field {
        if is_ascii_space(*last) {
            field = rest;
        } else {
            break;
        }
    }
    let is_wide = |byte: Option<&u8>| byte.is_some_and(|byte| !byte.is_ascii());
    if is_wide(field.first()) || is_wide(field.last()) {
        if let Ok(text) = std::str::from_utf8(field) {
            return text.trim_matches(is_space).as_bytes();
        }
    }
    field
}

/// Where the first line end is, and what is behind it: `\n`, `\r\n` or `\r`. A `\r` that is last is one, if `is_all`.
pub(crate) fn line_end(text: &[u8], is_all: bool) -> Option<Range<usize>> {
    let at = memchr::memchr2(b'\n', b'\r', text)?;
    match (text.get(at), text.get(at + 1)) {
        (Some(b'\n'), _) => Some(at..at + 1),
        (_, Some(b'\n')) => Some(at..at + 2),
        (_, Some(_)) => Some(at..at + 1),
        (_, None) => is_all.then_some(at..at + 1),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn white_space_is_that_of_python() {
        let spaces: Vec<u32> = (0..0x11_0000).filter(|c| char::from_u32(*c).is_some_and(is_space)).collect();
        let wanted = [9, 10, 11, 12, 13, 28, 29, 30, 31, 32, 133, 160, 5760];
        assert_eq!(spaces[..13], wanted);
        assert_eq!(
            spaces[13..],
            [&(8192..=8202).collect::<Vec<_>>()[..], &[8232, 8233, 8239, 8287, 12288]].concat()
        );
        for c in spaces.into_iter().filter_map(char::from_u32) {
            let text = format!("{c}x{c}");
            assert_eq!(trimmed(text.as_bytes()), b"x", "{c:?}");
            assert_eq!(space_at(text.as_bytes(), 0), Some((c, c.len_utf8())));
        }
        assert_eq!(leading_space("\u{a0} \t\n".as_bytes()), 4);
        assert_eq!(trimmed("é ".as_bytes()), "é".as_bytes());
    }

    #[test]
    fn characters_have_one_meaning() {
        let with = |delimiter, quote, comment| {
            let comments = Comments::of(&[comment])?;
            Dialect { delimiter, quote, comments, ..Dialect::text() }.check()
        };
        assert!(with(None, None, "#".into()).is_ok());
        assert!(with(Some(','), Some('"'), "#".into()).is_ok());
        for (delimiter, quote, comment) in [
            (Some('#'), None, "#"),
            (Some('"'), Some('"'), "#"),
            (Some(','), Some('#'), "#"),
            (Some('\n'), None, "#"),
            (None, Some(' '), "#"),
            (None, None, " "),
            (None, None, "\r"),
            (None, None, ""),
            (Some(','), Some('"'), "//"),
        ] {
            assert!(with(delimiter, quote, comment.into()).is_err(), "{delimiter:?} {quote:?} {comment:?}");
        }
    }

    #[test]
    fn lines_end_in_three_ways() {
        assert_eq!(line_end(b"ab\ncd", true), Some(2..3));
        assert_eq!(line_end(b"ab\r\ncd", true), Some(2..4));
        assert_eq!(line_end(b"ab\rcd", true), Some(2..3));
        assert_eq!(line_end(b"ab\r", true), Some(2..3));
        assert_eq!(line_end(b"ab\r", false), None);
        assert_eq!(line_end(b"ab", true), None);
    }
}
