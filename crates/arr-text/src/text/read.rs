//! Reading by the rules of `numpy.loadtxt`.

use std::path::Path;

use arr_core::format::{Options, Reading};
use arr_core::{Array, DType, Error, Input, Result};

use super::Text;
use super::asked::AskedDType;
use super::given::Given;
use crate::table::codec::Table;
use crate::table::dialect::{Comments, the_char};
use crate::table::encoding::Charset;
use crate::table::plan::{Names, Pick, Request};

/// How text is read: the parameters of `numpy.loadtxt` by their names, and what files have that it does not read. Unless
/// told otherwise, columns are separated by white space, `#` begins a comment, and values are `float64`.
///
/// ```
/// use arr_text::text::ReadOptions;
/// let text = b"# x y\n1,2.5\n3,4\n";
/// let array = ReadOptions::new().delimiter(',').usecols(&[1]).read_bytes(text)?;
/// assert_eq!(array.to_vec::<f64>()?, [2.5, 4.0]);
/// # Ok::<(), arr_core::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct ReadOptions {
    pub(crate) reading: Reading,
    request: Request,
    /// The dtype is what values look like.
    infers: bool,
    /// What was set wrongly.
    wrong: Option<String>,
}

impl Default for ReadOptions {
    fn default() -> Self {
        Self { reading: Reading::new(), request: Request::text(), infers: false, wrong: None }
    }
}

/// Reads a table by the rules of `numpy.loadtxt`: see [`ReadOptions`].
///
/// ```
/// let path = std::env::temp_dir().join("arr-text-loadtxt.txt");
/// std::fs::write(&path, "1 2\n3 4\n")?;
/// let array = arr_text::loadtxt(&path)?;
/// assert_eq!((array.shape(), array.to_vec::<f64>()?), (&[2, 2][..], vec![1.0, 2.0, 3.0, 4.0]));
/// # std::fs::remove_file(&path)?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
/// `Io` when the file can't be read; `Malformed` with line, column and offset when it is no table of numbers;
/// `LimitExceeded`.
pub fn loadtxt(path: impl AsRef<Path>) -> Result<Array> {
    ReadOptions::new().read(path)
}

arr_core::read_doors!(ReadOptions => Array);

/// Setters that the rules for text and for CSV have in common.
macro_rules! table_setters {
    () => {
        /// Leaves out so many lines at first, comments and empty ones among them.
        #[must_use]
        pub fn skiprows(mut self, lines: u64) -> Self {
            self.request.skip = lines;
            self
        }

        /// Reads no more than so many rows. Lines without a field do not count.
        #[must_use]
        pub fn max_rows(mut self, rows: u64) -> Self {
            self.request.max_rows = Some(rows);
            self
        }

        /// Reads these columns, in this order; negative ones count from behind.
        #[must_use]
        pub fn usecols(mut self, columns: &[i64]) -> Self {
            self.request.picks = Some(columns.to_vec());
            self
        }

        /// What begins a comment, or nothing: characters or longer texts.
        #[must_use]
        pub fn comments<T: AsRef<str>>(mut self, comments: &[T]) -> Self {
            let texts: Vec<String> = comments.iter().map(|text| text.as_ref().to_owned()).collect();
            match Comments::of(&texts) {
                Ok(comments) => self.request.dialect.comments = comments,
                Err(error) => self.wrong = Some(error.to_string()),
            }
            self
        }

        /// The character that quotes fields which begin with it; `None` for no quoting.
        #[must_use]
        pub fn quotechar(mut self, quote: impl Into<Option<char>>) -> Self {
            self.request.dialect.quote = quote.into();
            self
        }

        /// The encoding, by a name of the Encoding Standard or of Python: `utf-16`, `latin1`, `cp1252`. Unless told, it is
        /// UTF-8, or what a byte order mark says.
        #[must_use]
        pub fn encoding(mut self, name: &str) -> Self {
            match Charset::named(name) {
                Ok(charset) => self.request.charset = charset,
                Err(error) => self.wrong = Some(error.to_string()),
            }
            self
        }

        /// The decimal point.
        #[must_use]
        pub fn decimal(mut self, point: char) -> Self {
            self.request.dialect.decimal = point;
            self
        }

        /// What groups thousands.
        #[must_use]
        pub fn thousands(mut self, separator: impl Into<Option<char>>) -> Self {
            self.request.dialect.thousands = separator.into();
            self
        }

        /// Reads exponents as Fortran writes them: `1.0D+03`, `3.14-114`.
        #[must_use]
        pub fn fortran_exponents(mut self, fortran: bool) -> Self {
            self.request.dialect.is_fortran = fortran;
            self
        }

        /// Fills rows that are too short with what stands for missing values.
        #[must_use]
        pub fn fill(mut self, fill: bool) -> Self {
            self.request.fills = fill;
            self
        }

        /// What stands for a missing value, beside nothing at all.
        #[must_use]
        pub fn missing_values<T: AsRef<str>>(mut self, texts: &[T]) -> Self {
            let marks = texts.iter().map(|text| text.as_ref().trim().as_bytes().to_vec());
            self.request.missing = Some(marks.filter(|mark| !mark.is_empty()).collect());
            self
        }

        /// What is read in place of a missing value: one text for all columns, or one for each.
        #[must_use]
        pub fn filling_values<T: AsRef<str>>(mut self, texts: &[T]) -> Self {
            self.request.fillings = texts.iter().map(|text| text.as_ref().to_owned()).collect();
            self.request.missing.get_or_insert_default();
            self
        }

        /// Transposes the array.
        #[must_use]
        pub fn unpack(mut self, unpack: bool) -> Self {
            self.request.is_transposed = unpack;
            self
        }
    };
}
pub(crate) use table_setters;

impl ReadOptions {
    table_setters!();

    /// What separates columns; `None` is white space.
    #[must_use]
    pub fn delimiter(mut self, delimiter: impl Into<Option<char>>) -> Self {
        self.request.dialect.delimiter = delimiter.into();
        self
    }

    /// The least number of dimensions: 0, 1 or 2. Dimensions of length 1 are left out otherwise.
    #[must_use]
    pub fn ndmin(mut self, dimensions: usize) -> Self {
        self.request.ndmin = Some(dimensions);
        self
    }

    /// Reads values as what they look like: whole numbers, floats, complex numbers, dates, texts; columns that differ make
    /// a record.
    #[must_use]
    pub fn infer(mut self, infer: bool) -> Self {
        self.infers = infer;
        self
    }

    /// Sets what options of the format say.
    ///
    /// # Errors
    /// `InvalidArgument` for a value that an option does not take.
    pub fn from_options(options: &Options) -> Result<Self> {
        let mut own = Self::new();
        if let Some(text) = options.text("delimiter") {
            own.request.dialect.delimiter = character("delimiter", text)?;
        }
        if let Some(ndmin) = options.integer("ndmin") {
            own = own.ndmin(usize::try_from(ndmin).unwrap_or(usize::MAX));
        }
        match AskedDType::of(options)? {
            AskedDType::Usual => {}
            AskedDType::Inferred => own.infers = true,
            AskedDType::As(dtype) => own.reading.dtype = Some(dtype),
        }
        common(&mut own.request, options)?;
        Ok(own)
    }

    /// Reads all of an [`Input`] under the input's own limits.
    ///
    /// # Errors
    /// As [`read`](Self::read).
    pub fn read_input(&self, input: &mut Input<'_>) -> Result<Array> {
        let (request, how) = self.request(&self.reading)?;
        arr_core::format::doors::read_array(&Table::<Text>::new(request, &how.notes), input, &how)
    }

    /// What is asked for, and what is left to be done by others.
    pub(crate) fn request(&self, reading: &Reading) -> Result<(Request, Reading)> {
        if let Some(wrong) = &self.wrong {
            return Err(Error::invalid(wrong.clone()));
        }
        let mut request = self.request.clone();
        if request.ndmin.is_some_and(|ndmin| ndmin > 2) {
            return Err(Error::invalid("ndmin: the least number of dimensions is 0, 1 or 2"));
        }
        if self.infers {
            request.dtype = None;
            request.missing.get_or_insert_default();
            request.has_words = true;
        }
        Ok(with_reading(request, reading, self.reading.dtype.as_ref()))
    }
}

/// Takes the dtype and the byte order into the request: values are read as that, not cast.
pub(crate) fn with_reading(
    mut request: Request,
    reading: &Reading,
    asked: Option<&DType>,
) -> (Request, Reading) {
    let mut how = reading.clone();
    if let Some(dtype) = how.dtype.take().or_else(|| asked.cloned()) {
        request.dtype = Some(dtype);
    }
    request.byte_order = how.byte_order;
    (request, how)
}

/// Sets what is called the same for text and for CSV.
pub(crate) fn common(request: &mut Request, options: &Options) -> Result<()> {
    let unsigned = |name| options.integer(name).and_then(|count| u64::try_from(count).ok());
    request.skip = unsigned("skiprows").unwrap_or(request.skip);
    request.max_rows = unsigned("max-rows").or(request.max_rows);
    if let Some(text) = options.text("comments") {
        request.dialect.comments = Comments::of(&texts("comments", text)?)?;
    }
    if let Some(text) = options.text("encoding") {
        request.charset = Charset::named(text)?;
    }
    if let Some(text) = options.text("usecols").filter(|_| !request.dialect.is_csv) {
        request.picks = columns(text)?;
    }
    if let Some(text) = options.text("quotechar") {
        request.dialect.quote = character("quotechar", text)?;
    }
    if let Some(text) = options.text("decimal") {
        let missing = || Error::invalid("decimal: a character is wanted");
        request.dialect.decimal = character("decimal", text)?.ok_or_else(missing)?;
    }
    if let Some(text) = options.text("thousands") {
        request.dialect.thousands = character("thousands", text)?;
    }
    request.dialect.is_fortran = options.text("exponents").is_some();
    request.is_transposed = options.flag("unpack").unwrap_or(false);
    request.fills = options.flag("fill").unwrap_or(false);
    if let Some(text) = options.text("missing-values") {
        let split =
            |text: String| text.split(',').map(|mark| mark.trim().as_bytes().to_vec()).collect::<Vec<_>>();
        let marks = texts("missing-values", text)?.into_iter().flat_map(split);
        request.missing = Some(marks.filter(|mark| !mark.is_empty()).collect());
    }
    if let Some(text) = options.text("filling-values") {
        request.fillings = texts("filling-values", text)?;
        request.missing.get_or_insert_default();
    }
    if let Some(text) = options.text("names") {
        request.names = match text {
            "" | "true" => Names::Line,
            "false" | "null" => Names::None,
            text => match Given::parse("names", text)? {
                Given::Text(text) => {
                    Names::Given(text.split(',').map(|name| name.trim().to_owned()).collect())
                }
                _ => Names::Given(texts("names", text)?),
            },
        };
    }
    Ok(())
}

/// The only character of an option's value; nothing for null.
pub(crate) fn character(name: &str, text: &str) -> Result<Option<char>> {
    let given = if text.trim() == "null" { Given::Null } else { Given::Text(text.to_owned()) };
    let text = match given {
        Given::Null => return Ok(None),
        Given::Text(text) if text == "\\t" => "\t".to_owned(),
        Given::Text(text) => text,
        _ => String::new(),
    };
    match the_char(&text) {
        Some(c) => Ok(Some(c)),
        None => Err(Error::invalid(format!("{name}: {text:?} is not one character"))),
    }
}

/// The texts of an option's value: a list, or one.
fn texts(name: &str, text: &str) -> Result<Vec<String>> {
    let one = |given| match given {
        Given::Text(text) | Given::Other(text) => Ok(text),
        Given::Whole(number) => Ok(number.to_string()),
        _ => Err(Error::invalid(format!("{name}: a text or a list of texts is wanted"))),
    };
    match Given::parse(name, text)? {
        Given::Null => Ok(Vec::new()),
        Given::List(items) => items.into_iter().map(one).collect(),
        given => Ok(vec![one(given)?]),
    }
}

/// The columns of an option's value, each by its number or its name: one, some after commas, or a list; nothing for null.
pub(crate) fn columns_by_name(text: &str) -> Result<Option<Vec<Pick>>> {
    let pick = |text: &str| match text.trim().parse() {
        Ok(number) => Pick::At(number),
        Err(_) => Pick::Named(text.trim().to_owned()),
    };
    match Given::parse("usecols", text)? {
        Given::Null => Ok(None),
        Given::List(items) => {
            let one = |given| match given {
                Given::Whole(number) => Ok(Pick::At(number)),
                Given::Text(name) => Ok(Pick::Named(name)),
                _ => Err(Error::invalid("usecols: numbers or names of columns are wanted")),
            };
            items.into_iter().map(one).collect::<Result<_>>().map(Some)
        }
        _ => Ok(Some(text.split(',').map(pick).collect())),
    }
}

/// The columns of an option's value: a number, some after commas, or a list; nothing for null.
fn columns(text: &str) -> Result<Option<Vec<i64>>> {
    let number = |text: &str| {
        let text = text.trim();
        text.parse().map_err(|_| Error::invalid(format!("usecols: '{text}' is not the number of a column")))
    };
    match Given::parse("usecols", text)? {
        Given::Null => Ok(None),
        Given::List(items) => {
            let whole = |given| match given {
                Given::Whole(number) => Ok(number),
                _ => Err(Error::invalid("usecols: numbers of columns are wanted")),
            };
            items.into_iter().map(whole).collect::<Result<_>>().map(Some)
        }
        _ => text.split(',').map(number).collect::<Result<_>>().map(Some),
    }
}
