//! Formats of Python's `%`: text with conversion specifications among it.

use arr_core::format::room;
use arr_core::{Error, Result};

use crate::number::spec::Spec;

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
    /// `InvalidArgument` for what Python refuses, and for a width or a precision of more than 2^20.
    pub(super) fn parse(format: &str) -> Result<Self> {
        let refused = |why: String| Error::invalid(format!("fmt: '{format}': {why}"));
        let mut found = Self { parts: Vec::new(), end: String::new() };
        let mut rest = format;
        while let Some(at) = rest.find('%') {
            let (before, from) = rest.split_at(at);
            found.end.push_str(before);
            if let Some(behind) = from.strip_prefix("%%") {
                found.end.push('%');
                rest = behind;
                continue;
            }
            let (spec, len) = Spec::parse(from).map_err(|bad| refused(bad.to_string()))?;
            if spec.width.max(spec.precision.unwrap_or(0)) > WIDEST {
                return Err(refused(format!("a width or a precision is more than {WIDEST}")));
            }
            room::push(&mut found.parts, (std::mem::take(&mut found.end), spec))?;
            rest = from.get(len..).unwrap_or_default();
        }
        found.end.push_str(rest);
        Ok(found)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn formats_are_taken_apart() {
        let format = Format::parse("a%%b%d, %-+ #012.3leé%%").unwrap();
        let flags = Spec {
            left: true,
            plus: true,
            space: true,
            zero: true,
            alternate: true,
            ..Spec::new(b'e', Some(3))
        };
        let all = Spec { width: 12, ..flags };
        assert_eq!(format.parts, [("a%b".to_owned(), Spec::new(b'd', None)), (", ".to_owned(), all)]);
        assert_eq!(format.end, "é%");
        assert_eq!(Format::parse("%.f").unwrap().parts, [(String::new(), Spec::new(b'f', Some(0)))]);
        for bad in
            ["%q", "%(a)d", "%*d", "%.*d", "%é", "%99999999999999999999d", "%.9999999f", "%-", "a%", "%5%"]
        {
            assert!(Format::parse(bad).is_err(), "{bad}");
        }
    }
}
