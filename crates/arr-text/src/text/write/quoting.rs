//! Texts among separators: which ones have to be quoted.

use arr_core::{Error, Result};

use crate::broken::lost;
use crate::table::dialect::is_space;

/// When a text is put into quotes: when it would not be read back as it is.
#[derive(Clone, Debug)]
pub(crate) struct Quoting {
    /// Whether a blank of any kind separates columns.
    at_blanks: bool,
    /// What separates columns or begins a comment.
    marks: Vec<Vec<u8>>,
    /// The bytes that are looked at closer.
    suspects: [bool; 256],
    /// Whether a carriage return is read back as it is; else readers of lines make a line feed of it.
    keeps_returns: bool,
}

impl Quoting {
    /// Texts between `delimiter`s, in lines that end in `newline`, in which these marks begin comments.
    pub(crate) fn new(delimiter: &str, newline: &str, comments: &[&str], keeps_returns: bool) -> Self {
        let at_blanks = delimiter.trim().is_empty() && delimiter != "\t";
        let marks = [delimiter, newline].into_iter().chain(comments.iter().copied());
        let marks = marks.filter(|mark| !mark.is_empty()).map(|mark| mark.as_bytes().to_vec());
        let marks: Vec<_> = marks.collect();
        let mut suspects = [false; 256];
        let mut suspect = |byte: u8| {
            if let Some(place) = suspects.get_mut(usize::from(byte)) {
                *place = true;
            }
        };
        b"\"\r\n".iter().copied().for_each(&mut suspect);
        marks.iter().filter_map(|mark| mark.first().copied()).for_each(&mut suspect);
        if at_blanks {
            (b'\t'..=b'\r').chain(0x1c..=b' ').chain(0x80..=0xff).for_each(&mut suspect);
        }
        Self { at_blanks, marks, suspects, keeps_returns }
    }

    /// Puts the text from `start` on into quotes, if it has to be.
    ///
    /// # Errors
    /// `Unsupported` when it would be read back as another text, quotes or not.
    pub(super) fn quote_from(&self, out: &mut Vec<u8>, start: usize) -> Result<()> {
        let text = out.get(start..).ok_or_else(|| lost("a text begins behind what was written"))?;
        if self.keeps_returns && memchr::memchr(0, text).is_some() {
            return Err(Error::unsupported("a text has a NUL, which is refused when a table is read"));
        }
        if !self.is_needed(text) {
            return Ok(());
        }
        let text = out.split_off(start);
        if !self.keeps_returns && text.contains(&b'\r') {
            return Err(Error::unsupported(
                "a text has a carriage return, which is read back as a line feed: write csv or tsv",
            ));
        }
        out.push(b'"');
        for byte in text {
            if byte == b'"' {
                out.push(b'"');
            }
            out.push(byte);
        }
        out.push(b'"');
        Ok(())
    }

    /// True when an empty text at the end of a row is not read back, quotes or not: `numpy.loadtxt` drops it where white space
    /// separates columns.
    pub(super) fn loses_empty_ends(&self) -> bool {
        self.at_blanks && !self.keeps_returns
    }

    /// Appends a text, in quotes if it has to be.
    ///
    /// # Errors
    /// As [`quote_from`](Self::quote_from).
    pub(super) fn put(&self, text: &str, out: &mut Vec<u8>) -> Result<()> {
        let start = out.len();
        out.extend_from_slice(text.as_bytes());
        self.quote_from(out, start)
    }

    fn is_needed(&self, text: &[u8]) -> bool {
        let is_suspect = |byte: &u8| self.suspects.get(usize::from(*byte)).copied().unwrap_or(true);
        let (Some(first), Some(last)) = (text.first(), text.last()) else { return true };
        let is_plain = |byte: &u8| byte.is_ascii_graphic();
        // At the beginning of a file these say something of it: the delimiter, the encoding.
        let front = text.get(..4).unwrap_or(text);
        if front.eq_ignore_ascii_case(b"sep=") || text.starts_with("\u{feff}".as_bytes()) {
            return true;
        }
        if is_plain(first) && is_plain(last) && !text.iter().any(is_suspect) {
            return false;
        }
        if text.iter().any(|byte| matches!(byte, b'"' | b'\r' | b'\n')) {
            return true;
        }
        if self.marks.iter().any(|mark| text.windows(mark.len()).any(|part| part == mark.as_slice())) {
            return true;
        }
        let Ok(text) = std::str::from_utf8(text) else { return true };
        text.trim_matches(is_space) != text || self.at_blanks && text.contains(is_space)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_has_to_be_is_quoted() {
        let quoted = |delimiter, text| {
            let mut out = Vec::new();
            Quoting::new(delimiter, "\n", &["#"], true).put(text, &mut out).unwrap();
            String::from_utf8(out).unwrap()
        };
        for plain in ["a", "a b", "é", "a\u{a0}b", "it's", "-"] {
            assert_eq!(quoted(",", plain), plain);
        }
        for (text, expected) in [
            ("", "\"\""),
            ("a,b", "\"a,b\""),
            ("sep=;", "\"sep=;\""),
            ("\u{feff}a", "\"\u{feff}a\""),
            ("a\"b", "\"a\"\"b\""),
            (" a", "\" a\""),
            ("a\u{a0}", "\"a\u{a0}\""),
            ("a\nb", "\"a\nb\""),
            ("a\rb", "\"a\rb\""),
            ("a#b", "\"a#b\""),
        ] {
            assert_eq!(quoted(",", text), expected);
        }
        assert_eq!(quoted(" ", "a\u{2003}b"), "\"a\u{2003}b\"");
        assert_eq!(quoted(" ", "a\tb"), "\"a\tb\"");
        assert_eq!(quoted(" ", "\x1ca"), "\"\x1ca\"");
        assert_eq!(quoted(" ", "a\x1fb"), "\"a\x1fb\"");
        assert_eq!(quoted(",", "a\x1c"), "\"a\x1c\"");
        assert_eq!(quoted("\t", "a b"), "a b");
        assert_eq!(quoted("::", "a:b"), "a:b");
        assert_eq!(quoted("::", "a::b"), "\"a::b\"");
    }
}
