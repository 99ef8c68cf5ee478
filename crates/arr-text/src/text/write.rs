//! Writing, by the rules of `numpy.savetxt`.

mod cell;
mod date;
pub(crate) mod encode;
mod format;
mod plan;
mod quoting;
mod rows;
mod say;
mod scalar;

use arr_core::format::{Notes, Options, Output, Sink, Writer, Writing, write_on_threads};
use arr_core::{ArrayView, AsArray, Error, Order, Result, SaveOptions};

use self::encode::Encoding;
pub(crate) use self::plan::{Style, Values};
pub(crate) use self::rows::TableWriter;
use super::given::Given;

#[cfg(test)]
mod tests;

/// The name of the format.
const NAME: &str = "text";

/// Makes setters that say how values are printed, inside an `impl` of options with `values` and `encoding`: those that are
/// named.
macro_rules! print_setters {
    () => {};
    (fmt $($rest:ident)*) => {
        /// Prints values by a format of Python's `%`, which is that of C's `printf` with some additions: one specification
        /// for all columns (`%.18e`), or a row with one for each (`%d: %s`), where the delimiter does not count.
        ///
        /// A complex number has two values: with one specification, `(real+imaginaryj)` is written.
        #[must_use]
        pub fn fmt(mut self, fmt: impl Into<String>) -> Self {
            self.values = Values::Format(fmt.into());
            self
        }

        $crate::text::write::print_setters! { $($rest)* }
    };
    (fmts $($rest:ident)*) => {
        /// Prints each column by a format of its own; those of complex numbers have two specifications.
        #[must_use]
        pub fn fmts(mut self, fmts: impl IntoIterator<Item = impl Into<String>>) -> Self {
            self.values = Values::Formats(fmts.into_iter().map(Into::into).collect());
            self
        }

        $crate::text::write::print_setters! { $($rest)* }
    };
    (shortest $($rest:ident)*) => {
        /// Prints values so that they are read back as they are: floats with the fewest digits that do it. It is so unless
        /// a format is set.
        #[must_use]
        pub fn shortest(mut self) -> Self {
            self.values = Values::Exact;
            self
        }

        $crate::text::write::print_setters! { $($rest)* }
    };
    (fixed $($rest:ident)*) => {
        /// Prints floats with so many digits behind the point: `1.000000`. Other values are printed exactly.
        #[must_use]
        pub fn fixed(mut self, digits: usize) -> Self {
            self.values = Values::Fixed(digits);
            self
        }

        $crate::text::write::print_setters! { $($rest)* }
    };
    (encoding $($rest:ident)*) => {
        /// The encoding, by a name of the Encoding Standard or of Python: `utf-8`, which it is unless set and which `savetxt`
        /// takes for files too, `utf-8-sig`, `latin1`, `utf-16` (with a byte order mark), `utf-32-be`, `cp1252`. Characters that
        /// the encoding does not have are an error with row and column when they are written.
        ///
        /// # Errors
        /// `InvalidArgument` when there is no such encoding.
        pub fn encoding(mut self, name: &str) -> Result<Self> {
            self.encoding = Encoding::of_name(name)?;
            Ok(self)
        }

        $crate::text::write::print_setters! { $($rest)* }
    };
}
pub(crate) use print_setters;

/// How an array is written as text: its rows are lines, whichever order its items have in memory.
///
/// Of a record array each field is a column, and an array of one dimension is one column. Arrays of other than one or two
/// dimensions are refused.
///
/// **With a format** ([`fmt`](Self::fmt)) it is, byte for byte, what `numpy.savetxt` writes to a file with the same
/// parameters, and what is refused there is refused here.
///
/// **Without a format** nothing is lost, which `savetxt` does not promise: whole numbers stay whole numbers, floats have
/// the fewest digits that read back (`1.0`, `1e-05`), complex numbers are `(1+2j)`, booleans `True` and `False`,
/// which `genfromtxt` and tables of CSV tools know and `loadtxt` does not (`fmt("%d")` is for it), dates are by ISO 8601,
/// spans of time the number of their ticks. A byte of a byte string is a character, as `loadtxt` reads it. Texts
/// are in quotes where they would not come back otherwise: empty ones, and those with a delimiter, a quote, a comment
/// mark, a line end or blanks at their ends; `loadtxt` reads them with `quotechar='"'`. Records within records and
/// sub-arrays are as many columns as they have items. Raw bytes (`V`) have no such text and are refused.
///
/// ```
/// use arr_core::Array;
/// use arr_text::text::WriteOptions;
/// let array = Array::from_vec(vec![1.0, 0.5, -2.0, 1e-5], &[2, 2])?;
/// let text = |options: WriteOptions| options.to_bytes(&array).map(|bytes| String::from_utf8(bytes).unwrap());
/// assert_eq!(text(WriteOptions::new())?, "1.0 0.5\n-2.0 1e-05\n");
/// assert_eq!(text(WriteOptions::new().fmt("%.3e").delimiter(","))?, "1.000e+00,5.000e-01\n-2.000e+00,1.000e-05\n");
/// assert_eq!(text(WriteOptions::new().fixed(2).header("x y"))?, "# x y\n1.00 0.50\n-2.00 0.00\n");
/// # Ok::<(), arr_core::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct WriteOptions {
    values: Values,
    delimiter: String,
    newline: String,
    header: String,
    footer: String,
    comments: String,
    encoding: Encoding,
    order: Option<Order>,
    save: SaveOptions,
}

impl Default for WriteOptions {
    fn default() -> Self {
        Self {
            values: Values::Exact,
            delimiter: " ".to_owned(),
            newline: "\n".to_owned(),
            header: String::new(),
            footer: String::new(),
            comments: "# ".to_owned(),
            encoding: Encoding::Utf8,
            order: None,
            save: SaveOptions::new(),
        }
    }
}

arr_core::write_doors!(WriteOptions { order: order, save: save });
arr_core::write_functions!();

/// Writes an array to a file as `numpy.savetxt` does without further parameters: numbers as `%.18e`, with a blank
/// between.
///
/// `%.18e` changes whole numbers beyond 2^53; [`save`] changes nothing.
///
/// # Errors
/// `InvalidArgument` when the array has other than one or two dimensions, `Mismatch` when its items are no numbers, `Io`
/// when the file can't be written.
pub fn savetxt<A: AsArray + ?Sized>(path: impl AsRef<std::path::Path>, array: &A) -> Result<()> {
    WriteOptions::new().fmt("%.18e").save(path, array)
}

impl WriteOptions {
    arr_core::setters! {
        /// What stands between two columns; a blank unless set.
        delimiter: into String;
        /// What ends a line; a line feed unless set.
        newline: into String;
        /// A comment before the first row; none when it is empty.
        header: into String;
        /// A comment behind the last row; none when it is empty.
        footer: into String;
        /// What begins each line of the header and the footer; `# ` unless set.
        comments: into String;
    }

    print_setters! { fmt fmts shortest fixed encoding }

    /// Those of the options by name, as they are typed.
    ///
    /// # Errors
    /// `InvalidArgument` when the option does not take a value.
    pub fn from_options(options: &Options) -> Result<Self> {
        let mut own = Self::new();
        let text = |name: &str| options.text(name).map(str::to_owned);
        if let Some(values) = values_of(options)? {
            own.values = values;
        }
        own.delimiter = separator(options, "delimiter").unwrap_or(own.delimiter);
        own.newline = separator(options, "newline").unwrap_or(own.newline);
        own.header = text("header").unwrap_or(own.header);
        own.footer = text("footer").unwrap_or(own.footer);
        own.comments = text("comments").unwrap_or(own.comments);
        own.encoding = encoding_of(options)?;
        Ok(own)
    }

    /// Writes an array to an [`Output`].
    ///
    /// # Errors
    /// As [`save`](Self::save).
    pub fn write(&self, array: &ArrayView<'_>, output: &mut Output<'_>) -> Result<()> {
        TableWriter::new(output.reborrow(), self.style(), NAME).write(array)
    }

    fn style(&self) -> Style {
        let Self { comments, newline, .. } = self;
        let lines = |text: &str| match text {
            "" => String::new(),
            text => format!("{comments}{}{newline}", text.replace('\n', &format!("\n{comments}"))),
        };
        Style {
            values: self.values.clone(),
            delimiter: self.delimiter.clone(),
            newline: newline.clone(),
            head: lines(&self.header),
            tail: lines(&self.footer),
            has_names: false,
            is_csv: false,
            // Readers take the usual mark for one, whatever the header has.
            comments: vec!["#".to_owned(), comments.trim().to_owned()],
            encoding: self.encoding,
            vectors_are_rows: false,
            notes: Notes::default(),
        }
    }
}

/// How values are printed, where an option says so.
///
/// # Errors
/// `InvalidArgument` when the option is neither a format nor a list of formats.
pub(crate) fn values_of(options: &Options) -> Result<Option<Values>> {
    let Some(text) = options.text("fmt") else { return Ok(None) };
    let refused = || Error::invalid(format!("fmt: {text} is neither a format nor a list of formats"));
    // A format may begin as a list does: `[%d]`.
    Ok(match Given::parse("fmt", text).unwrap_or_else(|_| Given::Text(text.to_owned())) {
        Given::Null => None,
        Given::Text(word) if word == "shortest" => Some(Values::Exact),
        Given::Text(format) => Some(Values::Format(format)),
        Given::List(formats) => {
            let formats = formats.into_iter().map(|format| match format {
                Given::Text(format) => Ok(format),
                _ => Err(refused()),
            });
            Some(Values::Formats(formats.collect::<Result<_>>()?))
        }
        _ => return Err(refused()),
    })
}

/// What an option says that stands between values or lines. Where it is nothing but `\n`, `\r` and `\t` as a shell hands them
/// on, with their backslashes, those characters are meant.
pub(crate) fn separator(options: &Options, name: &str) -> Option<String> {
    let text = options.text(name)?;
    let mut meant = String::new();
    let mut rest = text;
    while let Some(letter) = rest.strip_prefix('\\').and_then(|letter| letter.chars().next()) {
        meant.push(match letter {
            'n' => '\n',
            'r' => '\r',
            't' => '\t',
            _ => break,
        });
        rest = rest.get(2..).unwrap_or_default();
    }
    Some(if rest.is_empty() { meant } else { text.to_owned() })
}

/// The encoding that an option names.
///
/// # Errors
/// `InvalidArgument` when there is no such encoding.
pub(crate) fn encoding_of(options: &Options) -> Result<Encoding> {
    match options.text("encoding") {
        None | Some("null") => Ok(Encoding::default()),
        Some(name) => Encoding::of_name(name),
    }
}

/// Begins to write a text.
///
/// # Errors
/// `InvalidArgument` for an option's value; `Unsupported` for a sink that is not one new file.
pub(crate) fn create<'a>(sink: Sink<'a>, how: &Writing) -> Result<Box<dyn Writer + 'a>> {
    write_on_threads(how, || {
        let options = WriteOptions::from_options(&how.options)?;
        Ok(Box::new(TableWriter::new(sink.new_file()?, options.style(), NAME)))
    })
}
