//! Writing as `Nd4j.writeNumpy` does.

use arr_core::format::{Notes, Options, Output, Sink, Writer, Writing, write_on_threads};
use arr_core::{ArrayView, Order, Result, SaveOptions};

use super::INFO;
use super::read::one;
use crate::text::write::encode::Encoding;
use crate::text::write::{Style, TableWriter, Values, encoding_of, print_setters, values_of};

/// How an array is written as delimited text: each value as Java prints a `double`, rows as lines. An array of one
/// dimension is one row, as a vector is in ND4J; those of more than two are refused.
///
/// ```
/// use arr_core::Array;
/// use arr_text::delimited::WriteOptions;
/// let array = Array::from_vec(vec![1.0f32, 0.1, 1e7, f32::NAN], &[2, 2])?;
/// let text = WriteOptions::new().delimiter(",")?.to_bytes(&array)?;
/// assert_eq!(text, b"1.0,0.10000000149011612\n1.0E7,NaN\n");
/// let array = Array::from_vec(vec![1.0, 2.0, 3.0], &[3])?;
/// assert_eq!(WriteOptions::new().delimiter(",")?.fixed(6).to_bytes(&array)?, b"1.000000,2.000000,3.000000\n");
/// # Ok::<(), arr_core::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct WriteOptions {
    values: Values,
    delimiter: String,
    encoding: Encoding,
    order: Option<Order>,
    save: SaveOptions,
}

impl Default for WriteOptions {
    fn default() -> Self {
        Self {
            values: Values::Java,
            delimiter: " ".to_owned(),
            encoding: Encoding::Utf8,
            order: None,
            save: SaveOptions::new(),
        }
    }
}

arr_core::write_doors!(WriteOptions { order: order, save: save });
arr_core::write_functions!();

impl WriteOptions {
    /// What stands between two columns, as [`ReadOptions::delimiter`](super::ReadOptions::delimiter) takes it; a blank
    /// unless set. White space is written as one blank.
    ///
    /// # Errors
    /// `InvalidArgument` for an expression that does not stand for one character.
    pub fn delimiter(mut self, delimiter: &str) -> Result<Self> {
        self.delimiter = one(delimiter)?.unwrap_or(' ').into();
        Ok(self)
    }

    /// Prints values with so many digits behind the point.
    #[must_use]
    pub fn fixed(self, digits: usize) -> Self {
        self.fmt(format!("%.{digits}f"))
    }

    print_setters! { fmt encoding }

    /// Those of the options by name, as they are typed.
    ///
    /// # Errors
    /// `InvalidArgument` when the option does not take a value.
    pub fn from_options(options: &Options) -> Result<Self> {
        let mut own = Self::new();
        own.values = values_of(options)?.unwrap_or(own.values);
        if let Some(delimiter) = options.text("delimiter") {
            own = own.delimiter(delimiter)?;
        }
        own.encoding = encoding_of(options)?;
        Ok(own)
    }

    /// Writes an array to an [`Output`].
    ///
    /// # Errors
    /// As [`save`](Self::save).
    pub fn write(&self, array: &ArrayView<'_>, output: &mut Output<'_>) -> Result<()> {
        TableWriter::new(output.reborrow(), self.style(), INFO.name).write(array)
    }

    fn style(&self) -> Style {
        Style {
            values: self.values.clone(),
            delimiter: self.delimiter.clone(),
            newline: "\n".to_owned(),
            encoding: self.encoding,
            vectors_are_rows: true,
            notes: Notes::default(),
            ..Style::default()
        }
    }
}

/// Begins to write delimited text.
///
/// # Errors
/// `InvalidArgument` for an option's value; `Unsupported` for a sink that is not one new file.
pub(super) fn create<'a>(sink: Sink<'a>, how: &Writing) -> Result<Box<dyn Writer + 'a>> {
    write_on_threads(how, || {
        let options = WriteOptions::from_options(&how.options)?;
        Ok(Box::new(TableWriter::new(sink.new_file()?, options.style(), INFO.name)))
    })
}
