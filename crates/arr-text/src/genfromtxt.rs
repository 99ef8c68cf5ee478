//! Tables with missing values and names, by the rules of `numpy.genfromtxt`.
//!
//! **What is read.** A line is cut at a mark of a comment, its blanks and ends of line at either end go (not with a list of
//! widths), and it is split at white space, at a text, or at widths in characters. A line without fields is not a row. The
//! first row says how many columns there are; other rows must have as many, or all of [`usecols`](ReadOptions::usecols).
//! Those that have not are named in one error, or left out ([`invalid_raise`](ReadOptions::invalid_raise)).
//!
//! **How fields are converted.** As Python does: `int(text)` for 64-bit whole numbers, `int(float(text))` for all others,
//! `float(text)` and `complex(text)` with their underscores, blanks and digits of all scripts, `True` and `False` in any
//! case. What is not a value becomes the filling value, nan, -1, False, nan+0j or `???`; with [`loose`](ReadOptions::loose) off
//! it is an error unless it is empty or among the missing values. A number stays one, even if it is among the missing
//! values. The values are those of NumPy; besides, [`Report`] says how many were replaced, and where the first was.
//!
//! **Inferred dtypes** ([`infer`](ReadOptions::infer), NumPy's `dtype=None`): of each column the first of bool, int64, float64,
//! complex128, long double and text that all its fields are. Without names, and if all columns are alike, the array has two
//! dimensions. Columns of truth values among which some are missing do not count for that, so that an empty column beside
//! whole numbers is 0, not -1: so it is with NumPy.
//!
//! **Other than NumPy** (2.5):
//!
//! | here | with NumPy |
//! |---|---|
//! | an inferred column of whole numbers first and text later is text | `TypeError`; text before 2.5 |
//! | negative widths are an error | fields without text, or no rows |
//! | with names and one dtype of `S`, `U` or `V`, an error | fields of length 0, all text is lost |
//! | with names and one dtype of dates, an error | an error too, but for columns without dates |
//! | records with holes (`align=True`) are read | `ValueError`, or values at wrong places |
//! | several fields with `unpack` stay one array | a list of arrays |
//! | objects, dates without a unit, and arrays of records in records are refused | read |
//! | dates beyond 64 bits are an error | another date: the number wraps around |
//! | a filling value beyond 64 bits is a float | text gets all of its digits |
//! | lines are counted as in the file | not behind comments or blank lines at the front |
//!
//! What is NumPy's way, and may surprise: whole numbers beyond 64 bits are inferred as floats; a line of names loses what is
//! in front of its first mark of a comment, and its first field if that is empty; fields of a record beyond the last
//! column are an error, but columns beyond the last field are not read; the numbers of columns that names in dicts of missing
//! or filling values stand for are looked up in `usecols` once more; a byte order mark is a part of the first field (unless
//! the encoding is `utf-8-sig`).
//!
//! ```
//! use arr_text::genfromtxt::{Names, ReadOptions};
//! let text = b"# x y\n1 2.5\nNA 3\n";
//! let how = ReadOptions::new().infer(true).names(Names::FirstLine).missing_values(["NA"]);
//! let (array, report) = how.read_bytes_with_report(text)?;
//! assert_eq!(array.dtype().to_string(), "[('x', '<i8'), ('y', '<f8')]");
//! assert_eq!(array.field("x")?.to_vec::<i64>()?, [1, -1]);
//! assert_eq!((report.missing, report.replaced), (1, 0));
//! # Ok::<(), arr_core::Error>(())
//! ```

mod codec;
mod convert;
mod infer;
mod lines;
pub(crate) mod long_double;
mod names;
mod options;
pub(crate) mod plan;
pub(crate) mod python;
mod read;
mod report;
mod rows;
mod split;
mod value;

use std::path::Path;

use arr_core::format::{Reading, in_file};
use arr_core::{Array, Input, Result, read_doors};

pub use names::NameCase;
pub use options::{Column, FillingValues, Key, MissingValues, Names};
pub use report::{Place, Report};
pub use split::Delimiter;
pub use value::Filling;

pub(crate) use codec::Rules;
use lines::Encoding;
use names::{DefaultName, Validator};
use options::Wanted;

use crate::table::dialect::Dialect;

/// The name of the format in errors.
const NAME: &str = "text";

/// How a table is read: `numpy.genfromtxt`'s parameters.
#[derive(Clone, Debug)]
pub struct ReadOptions {
    pub(crate) reading: Reading,
    wanted: Wanted,
    comments: Option<String>,
    delimiter: Delimiter,
    skip_header: u64,
    skip_footer: u64,
    missing: MissingValues,
    fillings: FillingValues,
    usecols: Option<Vec<Column>>,
    names: Option<Names>,
    validator: Validator,
    format: DefaultName,
    autostrip: bool,
    unpack: bool,
    loose: bool,
    invalid_raise: bool,
    max_rows: Option<u64>,
    encoding: Encoding,
    /// Inferred texts are `S`.
    as_bytes: bool,
    ndmin: usize,
    quotechar: Option<char>,
    fill: bool,
    /// How numbers are written, unless as in Python.
    numerals: Option<Dialect>,
}

impl Default for ReadOptions {
    fn default() -> Self {
        Self {
            reading: Reading::default(),
            wanted: Wanted::Given,
            comments: Some("#".into()),
            delimiter: Delimiter::Blank,
            skip_header: 0,
            skip_footer: 0,
            missing: MissingValues::None,
            fillings: FillingValues::None,
            usecols: None,
            names: None,
            validator: Validator::default(),
            format: DefaultName::default(),
            autostrip: false,
            unpack: false,
            loose: true,
            invalid_raise: true,
            max_rows: None,
            encoding: Encoding::Utf8,
            as_bytes: false,
            ndmin: 0,
            quotechar: None,
            fill: false,
            numerals: None,
        }
    }
}

read_doors!(ReadOptions => Array);

impl ReadOptions {
    arr_core::setters! {
        /// Leaves out that many lines at the front, of any kind.
        skip_header: u64;
        /// Leaves out that many rows at the end.
        skip_footer: u64;
        /// Strips white space off every field.
        autostrip: bool;
        /// Transposes the array. A record of one field becomes that field; with more it stays as it is.
        unpack: bool;
        /// Says whether fields that are not values are replaced, which they are unless this is off.
        loose: bool;
        /// Says whether rows with another number of columns are an error, which they are unless this is off.
        invalid_raise: bool;
        /// Reads no more than that many rows.
        max_rows: Option<u64>;
        /// The least number of dimensions, up to 2; dimensions of length 1 beyond them are dropped.
        ndmin: usize;
        /// Where the names of fields come from; there are none unless this is set.
        names: Option<Names>;
        /// Fills rows that are too short with what stands for missing values, which NumPy does not.
        fill: bool;
        /// What stands between columns, or how wide they are.
        delimiter: into Delimiter;
    }

    /// Has the fields tell the dtypes, in place of [`dtype`](Self::dtype): NumPy's `dtype=None`.
    #[must_use]
    pub fn infer(mut self, infer: bool) -> Self {
        self.wanted = if infer { Wanted::Inferred } else { Wanted::Given };
        self
    }

    /// What begins a comment, `#` unless set; none for text without comments.
    #[must_use]
    pub fn comments(mut self, mark: Option<&str>) -> Self {
        self.comments = mark.map(str::to_owned);
        self
    }

    /// What stands for a missing value, beside nothing at all.
    #[must_use]
    pub fn missing_values(mut self, values: impl Into<MissingValues>) -> Self {
        self.missing = values.into();
        self
    }

    /// What is read in place of a missing value.
    #[must_use]
    pub fn filling_values(mut self, values: impl Into<FillingValues>) -> Self {
        self.fillings = values.into();
        self
    }

    /// Reads these columns, in this order; none at all means every column.
    #[must_use]
    pub fn usecols<C: Into<Column>>(mut self, columns: impl IntoIterator<Item = C>) -> Self {
        self.usecols = Some(columns.into_iter().map(Into::into).collect());
        self
    }

    /// Names that get an underscore, beside `return`, `file` and `print`.
    #[must_use]
    pub fn excludelist<T: Into<String>>(mut self, names: impl IntoIterator<Item = T>) -> Self {
        self.validator.excluded = names.into_iter().map(Into::into).collect();
        self
    }

    /// The characters that names lose, beside `"`: ``~!@#$%^&*()-=+~\|]}[{';: /?.>,<`` unless set.
    #[must_use]
    pub fn deletechars(mut self, characters: impl Into<String>) -> Self {
        self.validator.deleted = characters.into();
        self
    }

    /// What replaces blanks in names, `_` unless set. Characters of it that names lose are lost too.
    #[must_use]
    pub fn replace_space(mut self, text: impl Into<String>) -> Self {
        self.validator.space = text.into();
        self
    }

    /// What becomes of the case of names.
    #[must_use]
    pub fn case_sensitive(mut self, case: NameCase) -> Self {
        self.validator.case = case;
        self
    }

    /// Takes fields that begin with this character as quoted, which NumPy does not: up to the next such character all is
    /// text, also delimiters, marks of comments and ends of lines; two of them mean one.
    #[must_use]
    pub fn quotechar(mut self, quote: Option<char>) -> Self {
        self.quotechar = quote;
        self
    }

    fn numerals(&mut self) -> &mut Dialect {
        self.numerals.get_or_insert_with(Dialect::text)
    }

    /// The decimal point, which in NumPy is always one.
    #[must_use]
    pub fn decimal(mut self, point: char) -> Self {
        self.numerals().decimal = point;
        self
    }

    /// What groups thousands, which nothing does in NumPy.
    #[must_use]
    pub fn thousands(mut self, separator: Option<char>) -> Self {
        self.numerals().thousands = separator;
        self
    }

    /// Reads exponents as Fortran writes them, which NumPy does not: `1.0D+03`, `3.14-114`.
    #[must_use]
    pub fn fortran_exponents(mut self, fortran: bool) -> Self {
        self.numerals().is_fortran = fortran;
        self
    }

    /// Reads a table from an [`Input`] under the input's own limits: all that is left of it, unless
    /// [`max_rows`](Self::max_rows) is set.
    ///
    /// # Errors
    /// As [`read`](Self::read).
    pub fn read_input(&self, input: &mut Input<'_>) -> Result<Array> {
        self.read_input_with_report(input).map(|(array, _)| array)
    }

    /// [`read_input`](Self::read_input), and what was not read as it stands.
    ///
    /// # Errors
    /// As [`read`](Self::read).
    pub fn read_input_with_report(&self, input: &mut Input<'_>) -> Result<(Array, Report)> {
        read::read(self, input).map_err(|error| error.in_format(NAME))
    }

    /// [`read`](Self::read), and what was not read as it stands.
    ///
    /// # Errors
    /// As [`read`](Self::read).
    pub fn read_with_report(&self, path: impl AsRef<Path>) -> Result<(Array, Report)> {
        let path = path.as_ref();
        let mut input = Input::open(path)?.with_limits(&self.reading.limits);
        in_file(path, self.read_input_with_report(&mut input))
    }

    /// [`read_bytes`](Self::read_bytes), and what was not read as it stands.
    ///
    /// # Errors
    /// As [`read`](Self::read).
    pub fn read_bytes_with_report(&self, bytes: &[u8]) -> Result<(Array, Report)> {
        self.read_input_with_report(&mut Input::from_bytes(bytes).with_limits(&self.reading.limits))
    }
}

/// Texts for all columns, each of which is taken apart at its commas.
impl<const N: usize> From<[&str; N]> for MissingValues {
    fn from(texts: [&str; N]) -> Self {
        Self::All(texts.iter().flat_map(|text| text.split(',')).map(str::to_owned).collect())
    }
}

/// One value for all columns.
impl<T: Into<Filling>> From<T> for FillingValues {
    fn from(value: T) -> Self {
        Self::All(value.into())
    }
}

/// Reads a table of floats by `numpy.genfromtxt`'s rules: see [`ReadOptions`].
///
/// # Errors
/// `Io` when the file can't be read; `Malformed` or `LimitExceeded` with the line and the offset.
pub fn genfromtxt(path: impl AsRef<Path>) -> Result<Array> {
    ReadOptions::new().read(path)
}
