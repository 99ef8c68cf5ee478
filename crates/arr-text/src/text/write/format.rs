//! Formats of Python's `%`: text with conversion specifications among it.

use arr_core::format::room;
use arr_core::{Error, Result};

use crate::number::print::Spec;

/// No number is printed wider, or with more digits: a typing error would fill the memory.
const WIDEST: usize = 1 << 20;

/// A format, taken apart.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Format {
    /// Each specification with the text before it.
    pub(super) parts: Vec<(String, Spec)>,
    /// What follows the last one.
    pub(super) end: String,
}

impl Format {
    /// Takes a format apart by the rules of Python.
    ///
    /// # Errors
    /// `InvalidArgument` for what Python refuses.
    pub(super) fn parse(format: &str) -> Result<Self> {
        let mut found = Self { parts: Vec::new(), end: String::new() };
        let mut rest = format;
        while let Some((before, after)) = rest.split_once('%') {
            found.end.push_str(before);
            let mut letters = Letters { format, rest: after };
            match letters.spec()? {
                Some(spec) => room::push(&mut found.parts, (std::mem::take(&mut found.end), spec))?,
                None => found.end.push('%'),
            }
            rest = letters.rest;
        }
        found.end.push_str(rest);
        Ok(found)
    }
}

/// The letters behind a percent sign.
struct Letters<'a> {
    format: &'a str,
    rest: &'a str,
}

impl Letters<'_> {
    /// The specification; none when it is a percent sign that stands for itself.
    fn spec(&mut self) -> Result<Option<Spec>> {
        let mut spec = Spec::new(b's', None);
        if self.rest.starts_with('(') {
            return Err(self.refused("values have no names"));
        }
        while let Some(flag) = self.rest.chars().next() {
            match flag {
                '-' => spec.left = true,
                '+' => spec.plus = true,
                ' ' => spec.space = true,
                '0' => spec.zero = true,
                '#' => spec.alternate = true,
                _ => break,
            }
            self.next();
        }
        spec.width = self.number()?.unwrap_or(0);
        if let Some(rest) = self.rest.strip_prefix('.') {
            self.rest = rest;
            spec.precision = Some(self.number()?.unwrap_or(0));
        }
        if self.rest.starts_with(['h', 'l', 'L']) {
            self.next();
        }
        match self.next() {
            Some('%') => Ok(None),
            Some(letter) if letter.is_ascii() && "diouxXeEfFgGsrac".contains(letter) => {
                spec.conversion = u8::try_from(letter).unwrap_or(b's');
                Ok(Some(spec))
            }
            Some(letter) => Err(self.refused(&format!("there is no conversion '{letter}'"))),
            None => Err(self.refused("a percent sign has no letter behind it")),
        }
    }

    fn next(&mut self) -> Option<char> {
        let mut letters = self.rest.chars();
        let letter = letters.next();
        self.rest = letters.as_str();
        letter
    }

    fn number(&mut self) -> Result<Option<usize>> {
        if self.rest.starts_with('*') {
            return Err(self.refused("a width or a precision can't come from the array"));
        }
        let digits = self.rest.len() - self.rest.trim_start_matches(|letter: char| letter.is_ascii_digit()).len();
        let (digits, rest) = self.rest.split_at(digits);
        self.rest = rest;
        if digits.is_empty() {
            return Ok(None);
        }
        match digits.parse() {
            Ok(number) if number <= WIDEST => Ok(Some(number)),
            _ => Err(self.refused(&format!("{digits} is more than {WIDEST} characters"))),
        }
    }

    #[cold]
    fn refused(&self, why: &str) -> Error {
        Error::invalid(format!("fmt: '{}': {why}", self.format))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn formats_are_taken_apart() {
        let spec = |conversion, precision| Spec::new(conversion, precision);
        let format = Format::parse("a%%b%d, %-+ #012.3le%").unwrap_err();
        assert!(format.to_string().contains("no letter"), "{format}");
        let format = Format::parse("a%%b%d, %-+ #012.3leé%5%").unwrap();
        let all = Spec { left: true, plus: true, space: true, zero: true, alternate: true, width: 12, ..spec(b'e', Some(3)) };
        assert_eq!(format.parts, [("a%b".to_owned(), spec(b'd', None)), (", ".to_owned(), all)]);
        assert_eq!(format.end, "é%");
        assert_eq!(Format::parse("%.f").unwrap().parts, [(String::new(), spec(b'f', Some(0)))]);
        for bad in ["%q", "%(a)d", "%*d", "%.*d", "%é", "%99999999999999999999d", "%.9999999999f", "%-"] {
            assert!(Format::parse(bad).is_err(), "{bad}");
        }
    }
}
