//! What is written of an array: which text for which bytes of a row.

use std::sync::Arc;

use arr_core::format::{Notes, room};
use arr_core::{DType, Error, Hint, RecordType, Result};

use super::cell::{Cell, Glue};
use super::encode::Encoding;
use super::format::Format;
use super::quoting::Quoting;
use super::scalar::Number;
use crate::number::spec::Spec;
use crate::table::infer::are_hidden;

/// Columns are joined into one format only up to here, where it can't be avoided.
const MOST_JOINED: usize = 1 << 20;

/// How values are printed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) enum Values {
    /// So that they are read back as they are.
    #[default]
    Exact,
    /// As Java prints doubles, whatever number it is.
    Java,
    /// Floats with so many digits behind the point, other values exactly.
    Fixed(usize),
    /// By one specification for all columns, or by a format of the whole row.
    Format(String),
    /// By a specification for each column.
    Formats(Vec<String>),
}

/// How a table is written.
#[derive(Clone, Debug, Default)]
pub(crate) struct Style {
    pub(crate) values: Values,
    pub(crate) delimiter: String,
    pub(crate) newline: String,
    /// The lines before the rows, and behind them.
    pub(crate) head: String,
    pub(crate) tail: String,
    /// Whether the names of fields stand above their columns.
    pub(crate) has_names: bool,
    /// Whether it is read back as a table of CSV: truths are words, and texts keep carriage returns. Else it is read as
    /// `numpy.loadtxt` reads, to which truths are numbers, and a carriage return is the end of a line.
    pub(crate) is_csv: bool,
    /// What begins a comment, and keeps a text from being written as it is.
    pub(crate) comments: Vec<String>,
    pub(crate) encoding: Encoding,
    /// An array of one dimension is one row, not one column.
    pub(crate) vectors_are_rows: bool,
    /// Who is told that a reader will not know the names for what they are.
    pub(crate) notes: Notes,
}

/// A table of a certain dtype and shape, ready to be written.
#[derive(Debug)]
pub(super) struct Plan {
    pub(super) head: String,
    pub(super) tail: String,
    pub(super) encoding: Encoding,
    pub(super) rows: Rows,
    /// Bytes that are printed together: those of an item, or of a row; at least one.
    pub(super) unit: usize,
    /// How many there are.
    pub(super) units: usize,
    /// True when every character of a row is ASCII.
    pub(super) is_plain: bool,
    /// About how many bytes of text a unit makes.
    pub(super) room: usize,
}

#[derive(Debug)]
pub(super) enum Rows {
    /// Values of one kind, one after another.
    Uniform(Uniform),
    /// Each column in its own way.
    Columns(Columns),
    /// Rows without a value, so many of them.
    Bare(String, usize),
}

/// Rows of values that are all printed in the same way.
#[derive(Debug)]
pub(super) struct Uniform {
    pub(super) cell: Cell,
    /// Values in a row; at least one.
    pub(super) columns: usize,
    /// What stands before the first value of a row, between two, and behind the last.
    pub(super) first: Glue,
    pub(super) between: Glue,
    pub(super) last: Glue,
}

/// Rows of columns that are printed each in its own way.
#[derive(Debug)]
pub(super) struct Columns {
    pub(super) columns: Vec<Column>,
    pub(super) end: Glue,
    /// Whether `+-` becomes `-` wherever it is in a row.
    pub(super) merges: bool,
}

/// A column, or several alike.
#[derive(Debug)]
pub(super) struct Column {
    pub(super) before: Glue,
    /// Where the item begins in the row, and its bytes.
    pub(super) at: usize,
    pub(super) len: usize,
    pub(super) cell: Cell,
    /// How many of them follow one another, and what stands between them.
    pub(super) count: usize,
    pub(super) between: Glue,
}

/// An item of a record that has no parts, or several alike.
struct Leaf<'a> {
    name: String,
    dtype: &'a DType,
    at: usize,
    count: usize,
}

/// The rows and columns of an array.
fn table(style: &Style, shape: &[usize]) -> Result<(usize, usize)> {
    match *shape {
        [columns] if style.vectors_are_rows => Ok((1, columns)),
        [rows] => Ok((rows, 1)),
        [rows, columns] => Ok((rows, columns)),
        _ => Err(Error::invalid(format!(
            "expected a 1D or 2D array, got a {}D array instead: give it another shape",
            shape.len()
        ))),
    }
}

impl Plan {
    /// Prepares to write an array.
    ///
    /// # Errors
    /// `InvalidArgument` when it has other than one or two dimensions, or the format is none; `Mismatch` when the format
    /// does not fit the dtype; `Unsupported` for items that have no text.
    pub(super) fn new(style: &Style, dtype: &DType, shape: &[usize]) -> Result<Self> {
        let (rows, columns) = table(style, shape)?;
        if *dtype == DType::Object {
            return Err(Error::unsupported(
                "the items are references to objects, which have no text of their own",
            ));
        }
        let total = rows.checked_mul(columns);
        let units = total.ok_or_else(|| Error::invalid(format!("{shape:?} is too large a shape")))?;
        let record = dtype.as_record().filter(|_| shape.len() == 1);
        let table = Table { style, dtype, record, rows, columns, is_complex: is_complex(dtype) };
        let mut names = String::new();
        let rows = match &style.values {
            Values::Format(format) => table.by_format(format)?,
            Values::Formats(formats) => table.by_formats(formats)?,
            Values::Exact | Values::Java | Values::Fixed(_) => table.exactly(&mut names)?,
        };
        let (unit, units) = match &rows {
            Rows::Columns(_) if record.is_none() => (dtype.itemsize().saturating_mul(columns), table.rows),
            Rows::Bare(..) => (1, 0),
            _ => (dtype.itemsize(), units),
        };
        if let (true, Some(record)) = (style.has_names, record) {
            if names.is_empty() {
                names = table.names_of(record.fields().iter().map(|field| field.name()))?;
            }
            if are_hidden(record) {
                let note = "some names look like values: a reader takes the line of names for values, unless it is told";
                style.notes.tell_with(note, Hint::Option("names", "true"));
            }
        }
        let (is_plain, room) = rows.measure();
        Ok(Self {
            head: format!("{}{names}", style.head),
            tail: style.tail.clone(),
            encoding: style.encoding,
            rows,
            unit: unit.max(1),
            units,
            is_plain,
            room,
        })
    }
}

impl Rows {
    /// Whether all is ASCII, and about how many bytes of text a unit makes.
    fn measure(&self) -> (bool, usize) {
        match self {
            Self::Bare(text, _) => (text.is_ascii(), text.len()),
            Self::Uniform(rows) => {
                let glue = [&rows.first, &rows.between, &rows.last];
                let is_plain = rows.cell.is_plain() && glue.iter().all(|glue| glue.is_plain());
                // In a row of one value there is nothing between.
                let around =
                    if rows.columns == 1 { rows.first.len() + rows.last.len() } else { rows.between.len() };
                (is_plain, rows.cell.room().saturating_add(around))
            }
            Self::Columns(rows) => {
                let end = (rows.end.is_plain(), rows.end.len());
                rows.columns.iter().fold(end, |(is_plain, room), column| {
                    let one =
                        column.cell.room().saturating_add(column.before.len().max(column.between.len()));
                    let own = column.cell.is_plain() && column.before.is_plain() && column.between.is_plain();
                    (is_plain && own, room.saturating_add(one.saturating_mul(column.count)))
                })
            }
        }
    }
}

fn is_complex(dtype: &DType) -> bool {
    matches!(dtype, DType::Scalar(kind, _) if kind.is_complex())
}

/// True when a text is cut off: it may be empty, or end in a plus sign.
fn is_cut(spec: &Spec) -> bool {
    matches!(spec.conversion, b's' | b'r' | b'a') && spec.precision.is_some()
}

/// What is to be written, and how.
struct Table<'a> {
    style: &'a Style,
    dtype: &'a DType,
    /// The fields that are columns.
    record: Option<&'a RecordType>,
    rows: usize,
    columns: usize,
    is_complex: bool,
}

impl<'a> Table<'a> {
    /// By the rules of `numpy.savetxt` for a format that is one text.
    fn by_format(&self, format: &str) -> Result<Rows> {
        let columns = self.record.map_or(self.columns, |record| record.fields().len());
        let percents = format.bytes().filter(|byte| *byte == b'%').count();
        let values = if self.is_complex { columns.saturating_mul(2) } else { columns };
        if percents != 1 {
            if percents != values {
                return Err(Error::invalid(format!(
                    "fmt: '{format}' has {percents} percent signs, expected 1 or {values}"
                )));
            }
            return self.by_row_format(format);
        }
        let one = if self.is_complex { format!(" ({format}+{format}j)") } else { format.to_owned() };
        if self.rows == 0 || columns == 0 {
            return Ok(self.bare(String::new()));
        }
        // A percent sign in the delimiter makes a format of it.
        if self.record.is_some() || self.style.delimiter.contains('%') {
            return self.by_joined(&one, columns);
        }
        let format = Format::parse(&one)?;
        if self.is_complex && format.parts.iter().any(|(_, spec)| is_cut(spec)) {
            return self.by_joined(&one, columns);
        }
        let glue = |text: &str| Glue::new(text, self.is_complex);
        let (before, cell) = match format.parts.as_slice() {
            [(before, spec)] => (before, self.cell(*spec, self.dtype)?),
            [(before, real), (middle, imaginary)] => {
                let part = self.part();
                let parts = [self.cell(*real, &part)?, self.cell(*imaginary, &part)?];
                (before, Cell::Parts(Box::new(parts), glue(middle)))
            }
            _ => return Err(self.wrong_count(format.parts.len(), values)),
        };
        let Style { delimiter, newline, .. } = self.style;
        Ok(Rows::Uniform(Uniform {
            cell,
            columns,
            first: glue(before),
            between: glue(&format!("{}{delimiter}{before}", format.end)),
            last: glue(&format!("{}{newline}", format.end)),
        }))
    }

    /// By a format of the row that is made of that of one column.
    fn by_joined(&self, one: &str, columns: usize) -> Result<Rows> {
        if columns > MOST_JOINED {
            return Err(Error::unsupported(format!("a format of {columns} columns is too long")));
        }
        self.by_row_format(&vec![one; columns].join(&self.style.delimiter))
    }

    /// By the rules of `numpy.savetxt` for a list of formats.
    fn by_formats(&self, formats: &[String]) -> Result<Rows> {
        let columns = self.record.map_or(self.columns, |record| record.fields().len());
        if formats.len() != columns {
            let message = format!("fmt: {} formats for {columns} columns", formats.len());
            return Err(Error::invalid(message));
        }
        self.by_row_format(&formats.join(&self.style.delimiter))
    }

    /// By the format of a row.
    fn by_row_format(&self, format: &str) -> Result<Rows> {
        if self.rows == 0 {
            return Ok(self.bare(String::new()));
        }
        let format = Format::parse(format)?;
        let values = match self.record {
            Some(record) => record.fields().len(),
            None if self.is_complex => self.columns.saturating_mul(2),
            None => self.columns,
        };
        if format.parts.len() != values {
            return Err(self.wrong_count(format.parts.len(), values));
        }
        if values == 0 {
            return Ok(self.bare(format.end));
        }
        let is_cut = self.is_complex && format.parts.iter().any(|(_, spec)| is_cut(spec));
        let mut rows = Builder::new(format.parts.len(), self.is_complex && !is_cut)?;
        rows.merges = is_cut;
        let part = self.part();
        let mut at = 0;
        let mut fields = self.record.into_iter().flat_map(RecordType::fields);
        for (before, spec) in &format.parts {
            let field = fields.next();
            let dtype = field.map_or(&part, |field| field.dtype());
            rows.text(before);
            let place = field.map_or(at, |field| field.offset());
            rows.cell(self.cell(*spec, dtype)?, place, dtype.itemsize(), 1, "");
            at = at.saturating_add(dtype.itemsize());
        }
        rows.text(&format.end);
        Ok(rows.end(&self.style.newline))
    }

    /// So that all values are read back as they are.
    fn exactly(&self, names: &mut String) -> Result<Rows> {
        let Style { delimiter, newline, .. } = self.style;
        let quoting = Arc::new(self.quoting());
        let Some(record) = self.record else {
            let (before, cell, behind) = self.exact_cell(self.dtype, &quoting)?;
            if self.columns == 0 {
                return Ok(self.bare(String::new()));
            }
            let glue = |text: &str| Glue::new(text, false);
            return Ok(Rows::Uniform(Uniform {
                cell,
                columns: self.columns,
                first: glue(before),
                between: glue(&format!("{behind}{delimiter}{before}")),
                last: glue(&format!("{behind}{newline}")),
            }));
        };
        let mut leaves = Vec::new();
        for field in record.fields() {
            collect(field.name().to_owned(), field.dtype(), field.offset(), &mut leaves)?;
        }
        if self.style.has_names {
            let all = leaves.iter().flat_map(|leaf| {
                (0..leaf.count).map(|place| match leaf.count {
                    1 if !matches!(leaf.dtype, DType::SubArray(_)) => leaf.name.clone(),
                    _ => format!("{}_{place}", leaf.name),
                })
            });
            *names = self.names_of(all)?;
        }
        if leaves.is_empty() {
            return Ok(self.bare(String::new()));
        }
        let mut rows = Builder::new(leaves.len(), false)?;
        for (place, leaf) in leaves.iter().enumerate() {
            let dtype = item_of(leaf.dtype);
            let (before, cell, behind) = self.exact_cell(dtype, &quoting)?;
            if place > 0 {
                rows.text(delimiter);
            }
            rows.text(before);
            let between = format!("{behind}{delimiter}{before}");
            rows.cell(cell, leaf.at, dtype.itemsize(), leaf.count, &between);
            rows.text(behind);
        }
        Ok(rows.end(newline))
    }

    /// How an item is printed so that it is read back, and what stands around it.
    fn exact_cell(
        &self,
        dtype: &DType,
        quoting: &Arc<Quoting>,
    ) -> Result<(&'static str, Cell, &'static str)> {
        let fixed = match self.style.values {
            Values::Fixed(digits) => Some(Spec::new(b'f', Some(digits))),
            _ => None,
        };
        let cell = match dtype {
            DType::Scalar(kind, order) if self.style.values == Values::Java => {
                let number = Number::new(*kind, *order);
                if number.part().kind != *kind || kind.itemsize() > 8 {
                    return Err(Error::unsupported(format!("items of {dtype} do not fit doubles of Java")));
                }
                Cell::Java(number)
            }
            dtype if self.style.values == Values::Java => {
                return Err(Error::unsupported(format!(
                    "items of {dtype} are no numbers, as doubles of Java are"
                )));
            }
            DType::Scalar(arr_core::Scalar::Bool, _) if self.style.is_csv => Cell::Bool,
            DType::Scalar(kind, order) => {
                let number = Number::new(*kind, *order);
                match fixed {
                    _ if kind.is_integer() || *kind == arr_core::Scalar::Bool => Cell::Decimal(number),
                    None if kind.is_complex() => Cell::Complex(number),
                    None => Cell::Shortest(number),
                    Some(spec) if kind.is_complex() => {
                        let signed = Spec { plus: true, ..spec };
                        let parts = [Cell::Float(spec, number.part()), Cell::Float(signed, number.part())];
                        return Ok(("(", Cell::Parts(Box::new(parts), Glue::default()), "j)"));
                    }
                    Some(spec) => Cell::Float(spec, number),
                }
            }
            DType::Bytes(_) | DType::Unicode(..) | DType::Utf8 => {
                Cell::Text(dtype.clone(), Arc::clone(quoting))
            }
            DType::DateTime(unit, order) => Cell::Date(*unit, *order),
            DType::TimeDelta(_, order) => Cell::Ticks(*order),
            DType::Record(_) => {
                return Err(Error::invalid(
                    "the rows of a table of records are its items: it has one dimension, not two",
                ));
            }
            dtype => {
                return Err(Error::unsupported(format!(
                    "items of {dtype} have no text that could be read back"
                )));
            }
        };
        Ok(("", cell, ""))
    }

    /// A line of the names of columns.
    fn names_of(&self, names: impl Iterator<Item = impl AsRef<str>>) -> Result<String> {
        let Style { delimiter, newline, .. } = self.style;
        let quoting = self.quoting();
        let mut line = Vec::new();
        for (place, name) in names.enumerate() {
            let name = name.as_ref();
            line.try_reserve(name.len().saturating_add(delimiter.len() + 2)).map_err(room::no_memory)?;
            if place > 0 {
                line.extend_from_slice(delimiter.as_bytes());
            }
            quoting.put(name, &mut line)?;
        }
        line.extend_from_slice(newline.as_bytes());
        String::from_utf8(line).map_err(|error| Error::invalid("a name is not text").with_source(error))
    }

    fn bare(&self, text: String) -> Rows {
        Rows::Bare(text + &self.style.newline, self.rows)
    }

    /// What a value is: an item, or a part of a complex one.
    fn part(&self) -> DType {
        match self.dtype {
            DType::Scalar(kind, order) => DType::Scalar(Number::new(*kind, *order).part().kind, *order),
            dtype => dtype.clone(),
        }
    }

    /// What a specification makes of items; in a table of CSV texts are quoted where they have to be.
    fn cell(&self, spec: Spec, dtype: &DType) -> Result<Cell> {
        let cell = Cell::new(spec, dtype)?;
        Ok(match cell {
            Cell::Said(..) | Cell::LetterOf(..) | Cell::Letter(..) if self.style.is_csv => {
                Cell::Quoted(Box::new(cell), Arc::new(self.quoting()))
            }
            cell => cell,
        })
    }

    fn quoting(&self) -> Quoting {
        let Style { delimiter, newline, comments, .. } = self.style;
        let comments: Vec<&str> = comments.iter().map(String::as_str).collect();
        Quoting::new(delimiter, newline, &comments, self.style.is_csv)
    }

    #[cold]
    fn wrong_count(&self, found: usize, values: usize) -> Error {
        Error::invalid(format!("fmt prints {found} values, a row has {values}"))
    }
}

/// The item of a sub-array, or what is none.
fn item_of(dtype: &DType) -> &DType {
    match dtype {
        DType::SubArray(sub) => sub.item(),
        dtype => dtype,
    }
}

/// Lists the items that an item of a record is made of, with their names.
fn collect<'a>(name: String, dtype: &'a DType, at: usize, leaves: &mut Vec<Leaf<'a>>) -> Result<()> {
    let nested = |record: &'a RecordType, name: &str, at: usize, leaves: &mut Vec<Leaf<'a>>| {
        record.fields().iter().try_for_each(|field| {
            collect(
                format!("{name}_{}", field.name()),
                field.dtype(),
                at.saturating_add(field.offset()),
                leaves,
            )
        })
    };
    match dtype {
        DType::Record(record) => nested(record, &name, at, leaves),
        DType::SubArray(sub) => {
            let count = sub.dims().iter().fold(1usize, |count, dim| count.saturating_mul(*dim));
            match sub.item() {
                DType::Record(record) => (0..count).try_for_each(|place| {
                    let at = at.saturating_add(place.saturating_mul(record.itemsize()));
                    nested(record, &format!("{name}_{place}"), at, leaves)
                }),
                _ if count == 0 => Ok(()),
                _ => room::push(leaves, Leaf { name, dtype, at, count }),
            }
        }
        _ => room::push(leaves, Leaf { name, dtype, at, count: 1 }),
    }
}

/// Columns, as they are put together.
struct Builder {
    pending: String,
    columns: Vec<Column>,
    is_complex: bool,
    merges: bool,
}

impl Builder {
    fn new(columns: usize, is_complex: bool) -> Result<Self> {
        Ok(Self { pending: String::new(), columns: room::reserved(columns)?, is_complex, merges: false })
    }

    fn text(&mut self, text: &str) {
        self.pending.push_str(text);
    }

    fn cell(&mut self, cell: Cell, at: usize, len: usize, count: usize, between: &str) {
        let before = Glue::new(&std::mem::take(&mut self.pending), self.is_complex);
        let between = Glue::new(between, self.is_complex);
        self.columns.push(Column { before, at, len, cell, count, between });
    }

    fn end(mut self, newline: &str) -> Rows {
        self.text(newline);
        let end = Glue::new(&self.pending, self.is_complex);
        Rows::Columns(Columns { columns: self.columns, end, merges: self.merges })
    }
}
