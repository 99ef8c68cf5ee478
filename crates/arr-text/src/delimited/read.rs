//! Reading by the rules of `Nd4j.readNumpy`.

use std::path::Path;

use arr_core::format::{Options, Reading};
use arr_core::{Array, Error, Input, Result};

use super::DelimitedTxt;
use crate::table::codec::Table;
use crate::table::dialect::{Comments, Dialect, the_char};
use crate::table::encoding::Charset;
use crate::table::plan::Request;
use crate::text::asked::AskedDType;
use crate::text::with_reading;

/// What may stand between columns where that is not told.
const DELIMITERS: &[char] = &[',', ';', '\t', '|', ' '];

/// How delimited text is read: see [the module](super).
#[derive(Clone, Debug)]
pub struct ReadOptions {
    pub(crate) reading: Reading,
    request: Request,
}

impl Default for ReadOptions {
    fn default() -> Self {
        let dialect = Dialect {
            delimiter: Some(' '),
            comments: Comments::None,
            skips_blanks: true,
            is_java: true,
            ..Dialect::text()
        };
        let request = Request { dialect, ndmin: None, delimiters: DELIMITERS, ..Request::text() };
        Self { reading: Reading::new(), request }
    }
}

/// Reads delimited text whose delimiter is found out: see [`ReadOptions`].
///
/// # Errors
/// `Io` when the file can't be read; `Malformed` with line, column and offset when it is not a table of numbers;
/// `LimitExceeded`.
pub fn read(path: impl AsRef<Path>) -> Result<Array> {
    ReadOptions::new().read(path)
}

arr_core::read_doors!(ReadOptions => Array);

impl ReadOptions {
    /// What separates columns: a character, or a regular expression of Java that stands for one or for white space.
    ///
    /// # Errors
    /// `InvalidArgument` for any other expression.
    pub fn delimiter(mut self, delimiter: impl Into<String>) -> Result<Self> {
        self.request.dialect.delimiter = one(&delimiter.into())?;
        self.request.delimiters = &[];
        Ok(self)
    }

    /// The encoding, by a name of the Encoding Standard or of Python; UTF-8 unless told.
    ///
    /// # Errors
    /// `InvalidArgument` when there is no such encoding.
    pub fn encoding(mut self, name: &str) -> Result<Self> {
        self.request.charset = Charset::named(name)?;
        Ok(self)
    }

    /// Sets what options of the format say.
    ///
    /// # Errors
    /// `InvalidArgument` for a value that an option does not take.
    pub fn from_options(options: &Options) -> Result<Self> {
        let mut own = Self::new();
        if let Some(text) = options.text("delimiter") {
            own = own.delimiter(text)?;
        }
        if let Some(name) = options.text("encoding") {
            own = own.encoding(name)?;
        }
        if let AskedDType::As(dtype) = AskedDType::of(options)? {
            own.reading.dtype = Some(dtype);
        }
        Ok(own)
    }

    /// Reads all of an [`Input`] under the input's own limits.
    ///
    /// # Errors
    /// As [`read`](Self::read).
    pub fn read_input(&self, input: &mut Input<'_>) -> Result<Array> {
        let (request, how) = self.request(&self.reading);
        arr_core::format::doors::read_array(&Table::<DelimitedTxt>::new(request, &how.notes), input, &how)
    }

    /// What is asked for, and what is left to be done by others.
    pub(super) fn request(&self, reading: &Reading) -> (Request, Reading) {
        with_reading(self.request.clone(), reading, self.reading.dtype.as_ref())
    }
}

/// The character that a delimiter stands for; none for white space. Blanks around fields are not looked at anyway.
///
/// # Errors
/// `InvalidArgument`.
pub(super) fn one(delimiter: &str) -> Result<Option<char>> {
    if matches!(delimiter, "\\s+" | "\\s" | " +" | "[ ]+") {
        return Ok(None);
    }
    let mut inner = delimiter;
    for blanks in ["\\s*", " *", " "] {
        let front = inner.strip_prefix(blanks).filter(|rest| !rest.is_empty()).unwrap_or(inner);
        inner = front.strip_suffix(blanks).filter(|rest| !rest.is_empty() && *rest != "\\").unwrap_or(front);
    }
    match (the_char(inner), inner.strip_prefix('\\').and_then(the_char)) {
        (Some(c), _) => Ok(Some(c)),
        (None, Some('t')) => Ok(Some('\t')),
        (None, Some(c)) if !c.is_alphanumeric() => Ok(Some(c)),
        _ => Err(Error::invalid(format!(
            "delimiter: {delimiter:?} is not one character, nor an expression that stands for one or for white space"
        ))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn expressions_of_java_stand_for_characters() {
        for (text, wanted) in [
            (",", Some(',')),
            (" ", Some(' ')),
            ("\t", Some('\t')),
            ("\\t", Some('\t')),
            ("|", Some('|')),
            ("\\|", Some('|')),
            (", ", Some(',')),
            ("\\s*,\\s*", Some(',')),
            (" *; *", Some(';')),
            ("\\s*\\|\\s*", Some('|')),
            ("\\ ", Some(' ')),
            ("\\s+", None),
            (" +", None),
        ] {
            assert_eq!(one(text).unwrap(), wanted, "{text:?}");
        }
        for text in ["", "ab", "[,;]", ",|;", "\\d", "\\s*", "\\\\,"] {
            assert!(one(text).is_err(), "{text:?}");
        }
    }
}
