//! Writing tables of values separated by commas or tabs.

use arr_core::format::{Notes, Options, Output, Sink, Writer, Writing, write_on_threads};
use arr_core::{ArrayView, Order, Result, SaveOptions};

use crate::text::write::encode::Encoding;
use crate::text::write::{Style, TableWriter, Values, encoding_of, print_setters, separator, values_of};

/// How an array is written as a plain table: its rows are lines, whichever order its items have in memory.
///
/// Records have a line of the names of their fields above them, and a column for each item in them: those of a sub-array
/// `x` are `x_0`, `x_1` and so on, and a field `y` of a record in the field `x` is `x_y`. Arrays of other than one or two
/// dimensions are refused.
///
/// Values are written so that they are read back as they are, as [`text::WriteOptions`](crate::text::WriteOptions) does
/// it. Texts are in quotes, with quotes among them doubled, only where they have to be: empty ones, and those with a
/// delimiter, a quote, a line end or blanks at their ends.
///
/// ```
/// use arr_core::Array;
/// use arr_text::csv::WriteOptions;
/// let array = Array::from_vec(vec![1i64, 2, -3, 1 << 60], &[2, 2])?;
/// assert_eq!(WriteOptions::new().to_bytes(&array)?, b"1,2\n-3,1152921504606846976\n");
/// assert_eq!(WriteOptions::tsv().to_bytes(&array)?, b"1\t2\n-3\t1152921504606846976\n");
/// # Ok::<(), arr_core::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct WriteOptions {
    name: &'static str,
    values: Values,
    delimiter: String,
    newline: String,
    header: Option<String>,
    encoding: Encoding,
    order: Option<Order>,
    save: SaveOptions,
}

impl Default for WriteOptions {
    fn default() -> Self {
        Self {
            name: "csv",
            values: Values::Exact,
            delimiter: ",".to_owned(),
            newline: "\n".to_owned(),
            header: None,
            encoding: Encoding::Utf8,
            order: None,
            save: SaveOptions::new(),
        }
    }
}

arr_core::write_doors!(WriteOptions { order: order, save: save });
arr_core::write_functions!();

impl WriteOptions {
    /// Writes tabs between columns.
    #[must_use]
    pub fn tsv() -> Self {
        Self { name: "tsv", ..Self::default().delimiter("\t") }
    }

    arr_core::setters! {
        /// What stands between two columns.
        delimiter: into String;
        /// What ends a line; a line feed unless set.
        newline: into String;
    }

    /// The line above the rows, in place of the names of fields; none when it is empty.
    #[must_use]
    pub fn header(mut self, header: impl Into<String>) -> Self {
        self.header = Some(header.into());
        self
    }

    print_setters! { fmt fmts shortest fixed encoding }

    /// Those of the options by name, as they are typed.
    ///
    /// # Errors
    /// `InvalidArgument` when the option does not take a value.
    pub fn from_options(options: &Options) -> Result<Self> {
        Self::new().with_options(options)
    }

    fn with_options(mut self, options: &Options) -> Result<Self> {
        if let Some(values) = values_of(options)? {
            self.values = values;
        }
        self.delimiter = separator(options, "delimiter").unwrap_or(self.delimiter);
        self.newline = separator(options, "newline").unwrap_or(self.newline);
        self.header = options.text("header").map(str::to_owned).or(self.header);
        self.encoding = encoding_of(options)?;
        Ok(self)
    }

    /// Writes an array to an [`Output`].
    ///
    /// # Errors
    /// As [`save`](Self::save).
    pub fn write(&self, array: &ArrayView<'_>, output: &mut Output<'_>) -> Result<()> {
        TableWriter::new(output.reborrow(), self.style(), self.name).write(array)
    }

    fn style(&self) -> Style {
        let head = match self.header.as_deref() {
            None | Some("") => String::new(),
            Some(header) => format!("{header}{}", self.newline),
        };
        Style {
            values: self.values.clone(),
            delimiter: self.delimiter.clone(),
            newline: self.newline.clone(),
            head,
            tail: String::new(),
            has_names: self.header.is_none(),
            is_csv: true,
            comments: Vec::new(),
            encoding: self.encoding,
            vectors_are_rows: false,
            notes: Notes::default(),
        }
    }
}

/// Begins to write a table: with tabs for the format `tsv`, with commas for `csv`.
///
/// # Errors
/// `InvalidArgument` for an option's value; `Unsupported` for a sink that is not one new file.
pub(crate) fn create<'a>(sink: Sink<'a>, how: &Writing, is_tsv: bool) -> Result<Box<dyn Writer + 'a>> {
    write_on_threads(how, || {
        let options = if is_tsv { WriteOptions::tsv() } else { WriteOptions::new() };
        let options = options.with_options(&how.options)?;
        let style = Style { notes: how.notes.clone(), ..options.style() };
        Ok(Box::new(TableWriter::new(sink.new_file()?, style, options.name)))
    })
}
