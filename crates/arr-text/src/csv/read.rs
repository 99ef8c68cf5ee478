//! Reading tables of any tool that writes CSV.

use std::path::Path;

use arr_core::format::{Options, Reading};
use arr_core::{Array, Error, Input, Result};

use super::{Csv, DELIMITERS};
use crate::table::codec::{Flavour, Table};
use crate::table::dialect::{Comments, Dialect};
use crate::table::encoding::Charset;
use crate::table::plan::{Names, Request};
use crate::text::asked::AskedDType;
use crate::text::{character, common, table_setters, with_reading};

/// How a table of CSV is read. Unless told otherwise, the delimiter is found out, fields that begin with `"` are quoted, the
/// first row gives the names if it has no values and the others have some, and each column has the dtype that its fields
/// look like. Columns that are all the same kind of number, without names, make an array of rows and columns; else rows
/// are records.
///
/// ```
/// use arr_text::csv::ReadOptions;
/// let array = ReadOptions::new().read_bytes(b"x,name\n1,\"a, b\"\n2,c\n")?;
/// assert_eq!(array.dtype().to_string(), "[('x', '<i8'), ('name', '<U4')]");
/// assert_eq!(array.field("x")?.to_vec::<i64>()?, [1, 2]);
/// # Ok::<(), arr_core::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct ReadOptions {
    pub(crate) reading: Reading,
    request: Request,
    wrong: Option<String>,
}

impl Default for ReadOptions {
    fn default() -> Self {
        let request = Request {
            dialect: Dialect::csv(','),
            dtype: None,
            names: Names::Detected,
            ndmin: None,
            missing: Some(Vec::new()),
            has_words: true,
            delimiters: DELIMITERS,
            ..Request::text()
        };
        Self { reading: Reading::new(), request, wrong: None }
    }
}

/// Reads a table of CSV: see [`ReadOptions`].
///
/// # Errors
/// `Io` when the file can't be read; `Malformed` with line, column and offset when it is no table; `LimitExceeded`.
pub fn read(path: impl AsRef<Path>) -> Result<Array> {
    ReadOptions::new().read(path)
}

arr_core::read_doors!(ReadOptions => Array);

impl ReadOptions {
    table_setters!();

    /// What separates columns.
    #[must_use]
    pub fn delimiter(mut self, delimiter: char) -> Self {
        self.request.dialect.delimiter = Some(delimiter);
        self.request.delimiters = &[];
        self
    }

    /// Says whether the first row gives the names of columns. Unless told, that is found out.
    #[must_use]
    pub fn header(mut self, header: bool) -> Self {
        self.request.names = if header { Names::Line } else { Names::None };
        self
    }

    /// The names of the columns. A first row that looks like names is left out.
    #[must_use]
    pub fn names<T: AsRef<str>>(mut self, names: &[T]) -> Self {
        self.request.names = Names::Given(names.iter().map(|name| name.as_ref().to_owned()).collect());
        self
    }

    /// Sets what options of the format say.
    ///
    /// # Errors
    /// `InvalidArgument` for a value that an option does not take.
    pub fn from_options(options: &Options) -> Result<Self> {
        let mut own = Self::new();
        if let Some(text) = options.text("delimiter") {
            let missing = || Error::invalid("delimiter: a character is wanted");
            own = own.delimiter(character("delimiter", text)?.ok_or_else(missing)?);
        }
        if let AskedDType::As(dtype) = AskedDType::of(options)? {
            own.reading.dtype = Some(dtype);
        }
        common(&mut own.request, options)?;
        if let Some(text) = options.text("usecols") {
            own.request.picks_by_name = crate::text::columns_by_name(text)?;
        }
        Ok(own)
    }

    /// Reads all of an [`Input`] under the input's own limits.
    ///
    /// # Errors
    /// As [`read`](Self::read).
    pub fn read_input(&self, input: &mut Input<'_>) -> Result<Array> {
        let (table, how) = self.table::<Csv>(&self.reading)?;
        arr_core::format::doors::read_array(&table, input, &how)
    }

    /// The table as a format, and what is left to be done by others.
    pub(crate) fn table<F: Flavour>(&self, reading: &Reading) -> Result<(Table<F>, Reading)> {
        if let Some(wrong) = &self.wrong {
            return Err(Error::invalid(wrong.clone()));
        }
        let (request, how) = with_reading(self.request.clone(), reading, self.reading.dtype.as_ref());
        Ok((Table::new(request, &how.notes), how))
    }
}
