//! Rows as they come: printed on all cores, written in their order.

use arr_core::format::{Cutter, Expected, NewPart, Outline, Output, Writer, room, threads};
use arr_core::{ArrayView, DType, Error, Order, Result, Scalar};

use super::cell::{Cell, Piece};
use super::encode::Encoding;
use super::plan::{Columns, Plan, Rows, Style, Uniform};
use super::scalar::{Number, read_f32, read_f64, read_i64};
use crate::broken::lost;
use crate::number::print;

/// About how many bytes of text are made at a time: they stay in the second-level cache until they are written.
const PIECE: usize = 256 << 10;
/// What each thread is to have at least: to call another one takes some tens of microseconds.
const SHARE: usize = 256 << 10;
/// Items that do not lie in rows are gathered so many bytes at a time.
const GATHERED: usize = 8 << 20;

/// Writes one array as a table.
#[derive(Debug)]
pub(crate) struct TableWriter<'a> {
    output: Output<'a>,
    style: Style,
    name: &'static str,
    begun: Option<Begun>,
}

/// The array that is being written.
#[derive(Debug)]
struct Begun {
    plan: Plan,
    /// Units that were written.
    units: usize,
    expected: Expected,
    /// The first bytes of a unit of which the rest has not come.
    rest: Vec<u8>,
}

impl<'a> TableWriter<'a> {
    /// Writes to `output` from its position on; `name` is that of the format, for errors.
    pub(crate) fn new(output: Output<'a>, style: Style, name: &'static str) -> Self {
        Self { output, style, name, begun: None }
    }

    /// Writes an array and what stands around it.
    ///
    /// # Errors
    /// As [`Writer::array`].
    pub(crate) fn write(mut self, array: &ArrayView<'_>) -> Result<()> {
        let name = self.name;
        let written = self.put_array(array).and_then(|()| self.put_end());
        written.map_err(|error| error.in_format(name))
    }

    fn named<T>(&self, result: Result<T>) -> Result<T> {
        result.map_err(|error| error.in_format(self.name))
    }

    fn put_begin(&mut self, dtype: &DType, shape: &[usize], len: u64) -> Result<()> {
        if self.begun.is_some() {
            return Err(Error::unsupported("a file of this format holds one array"));
        }
        let plan = Plan::new(&self.style, dtype, shape)?;
        // As with Python, a file without any text has no mark either.
        if shape.first() != Some(&0) || !plan.head.is_empty() || !plan.tail.is_empty() {
            self.output.write(plan.encoding.mark())?;
        }
        put_lines(&mut self.output, &plan, &plan.head)?;
        let begun = self.begun.insert(Begun {
            plan,
            units: 0,
            expected: Expected::new("array", len),
            rest: Vec::new(),
        });
        if let Rows::Bare(text, count) = &begun.plan.rows {
            put_bare(&mut self.output, &begun.plan, text, *count)?;
        } else if len == 0 && dtype.itemsize() == 0 {
            // Items without bytes do not come.
            let step = (PIECE / begun.plan.room.max(1)).max(1);
            let blanks = room::collected(std::iter::repeat_n(0, step.min(begun.plan.units)))?;
            while begun.units < begun.plan.units {
                let count = step.min(begun.plan.units - begun.units);
                let some = blanks.get(..count).ok_or_else(|| lost("fewer items are there than were made"))?;
                begun.put(some, &mut self.output)?;
            }
        }
        Ok(())
    }

    fn put_items(&mut self, bytes: &[u8]) -> Result<()> {
        let begun = self.begun.as_mut().ok_or_else(|| Error::invalid("no array was begun"))?;
        begun.expected.take(bytes.len() as u64)?;
        let unit = begun.plan.unit;
        let mut bytes = bytes;
        if !begun.rest.is_empty() {
            let (more, later) = bytes.split_at(bytes.len().min(unit.saturating_sub(begun.rest.len())));
            begun.rest.try_reserve(more.len()).map_err(room::no_memory)?;
            begun.rest.extend_from_slice(more);
            bytes = later;
            if begun.rest.len() < unit {
                return Ok(());
            }
            let whole = std::mem::take(&mut begun.rest);
            begun.put(&whole, &mut self.output)?;
        }
        let (whole, rest) = bytes.split_at(bytes.len() - bytes.len() % unit);
        begun.put(whole, &mut self.output)?;
        begun.rest.try_reserve(rest.len()).map_err(room::no_memory)?;
        begun.rest.extend_from_slice(rest);
        Ok(())
    }

    fn put_array(&mut self, array: &ArrayView<'_>) -> Result<()> {
        if *array.dtype() == DType::Utf8 {
            return self.put_texts(array);
        }
        if array.dtype().has_references() {
            return Err(Error::unsupported(format!("items of {} are references", array.dtype())));
        }
        self.put_begin(array.dtype(), array.shape(), array.nbytes() as u64)?;
        if array.nbytes() == 0 {
            return Ok(());
        }
        if let Some(bytes) = array.as_bytes(Order::C) {
            return self.put_items(bytes);
        }
        for place in Cutter::new(array.shape(), array.itemsize(), Order::C, GATHERED) {
            let block = array.slice(place.slice())?.to_contiguous(Order::C)?;
            let bytes = block.as_bytes(Order::C).ok_or_else(|| Error::mismatch("a block has gaps"))?;
            self.put_items(bytes)?;
        }
        Ok(())
    }

    /// Writes texts of any length, which are not in the items.
    fn put_texts(&mut self, array: &ArrayView<'_>) -> Result<()> {
        self.put_begin(array.dtype(), array.shape(), array.nbytes() as u64)?;
        let begun = self.begun.as_mut().ok_or_else(|| lost("an array was not begun"))?;
        begun.expected.take(begun.expected.all())?;
        let plan = &begun.plan;
        let (mut piece, mut ready) = (Piece::default(), Vec::new());
        let mut texts = array.texts()?;
        let mut put = |cell: &Cell, piece: &mut Piece| match texts.next() {
            Some(text) => cell.put_text(text?, piece),
            None => Err(Error::mismatch("there are fewer texts than items")),
        };
        while begun.units < plan.units {
            piece.text.clear();
            match &plan.rows {
                Rows::Uniform(rows) => {
                    rows.each(begun.units, 1, &mut piece, |piece| put(&rows.cell, piece))?
                }
                Rows::Columns(rows) => {
                    for (place, column) in rows.columns.iter().enumerate() {
                        column.before.put(&mut piece.text);
                        put(&column.cell, &mut piece).map_err(|error| in_place(error, begun.units, place))?;
                    }
                    rows.check_end(&piece.text, begun.units)?;
                    rows.end.put(&mut piece.text);
                }
                Rows::Bare(..) => break,
            }
            plan.encoding.encode(&mut piece.text).map_err(|error| match &plan.rows {
                Rows::Uniform(rows) => {
                    in_place(error, begun.units / rows.columns, begun.units % rows.columns)
                }
                _ => in_row(error, begun.units),
            })?;
            ready.try_reserve(piece.text.len()).map_err(room::no_memory)?;
            ready.extend_from_slice(&piece.text);
            if ready.len() >= PIECE {
                self.output.write(&ready)?;
                ready.clear();
            }
            begun.units += 1;
        }
        self.output.write(&ready)
    }

    fn put_end(&mut self) -> Result<()> {
        let begun = self.begun.take().ok_or_else(|| Error::invalid("an array ends that was not begun"))?;
        begun.expected.end()?;
        put_lines(&mut self.output, &begun.plan, &begun.plan.tail)
    }
}

impl Writer for TableWriter<'_> {
    fn items_in(&self, _: Order) -> Order {
        Order::C
    }

    fn begin(&mut self, _: &NewPart<'_>, what: &Outline<'_>) -> Result<()> {
        let begun = if what.dtype.has_references() {
            Err(Error::unsupported(format!("items of {} are references", what.dtype)))
        } else {
            what.nbytes().and_then(|len| self.put_begin(what.dtype, what.shape, len))
        };
        self.named(begun)
    }

    fn items(&mut self, bytes: &[u8]) -> Result<()> {
        let put = self.put_items(bytes);
        self.named(put)
    }

    fn array(&mut self, _: &NewPart<'_>, array: &ArrayView<'_>) -> Result<()> {
        let put = self.put_array(array);
        self.named(put)
    }

    fn finish(mut self: Box<Self>) -> Result<()> {
        let end = self.put_end();
        self.named(end)
    }
}

fn put_lines(output: &mut Output<'_>, plan: &Plan, lines: &str) -> Result<()> {
    if lines.is_empty() {
        return Ok(());
    }
    let mut lines = lines.as_bytes().to_vec();
    plan.encoding.encode(&mut lines)?;
    output.write(&lines)
}

/// Writes rows that have no values.
fn put_bare(output: &mut Output<'_>, plan: &Plan, row: &str, count: usize) -> Result<()> {
    // What is not written has to be in no encoding.
    if count == 0 || row.is_empty() {
        return Ok(());
    }
    let mut row = row.as_bytes().to_vec();
    plan.encoding.encode(&mut row)?;
    let at_once = (PIECE / row.len()).clamp(1, count.max(1));
    let rows = row.repeat(at_once);
    let mut left = count;
    while left > 0 {
        let now = left.min(at_once);
        let some = rows.get(..now.saturating_mul(row.len()));
        output.write(some.ok_or_else(|| lost("fewer rows are there than were made"))?)?;
        left -= now;
    }
    Ok(())
}

impl Begun {
    /// Prints whole units and writes the text.
    fn put(&mut self, bytes: &[u8], output: &mut Output<'_>) -> Result<()> {
        if bytes.is_empty() {
            return Ok(());
        }
        let plan = &self.plan;
        let count = bytes.len() / plan.unit;
        let at_once = (PIECE / plan.room.max(1)).max(1);
        let first = self.units;
        let pieces = bytes.chunks(at_once.saturating_mul(plan.unit)).enumerate();
        let pieces =
            pieces.map(|(number, bytes)| (first.saturating_add(number.saturating_mul(at_once)), bytes));
        let workers = threads::worth(count.saturating_mul(plan.room), SHARE);
        let make = |(start, bytes): (usize, &[u8]), piece: &mut Piece| plan.print(start, bytes, piece);
        threads::in_order(workers, pieces, workers, make, |piece: &mut Piece| output.write(&piece.text))?;
        self.units = self.units.saturating_add(count);
        Ok(())
    }
}

impl Plan {
    /// The text of whole units, the first of which is number `start`, in the encoding.
    fn print(&self, start: usize, bytes: &[u8], piece: &mut Piece) -> Result<()> {
        self.fill(start, bytes, piece)?;
        if self.is_plain && self.encoding.is_ascii() {
            return Ok(());
        }
        let Err(error) = self.encoding.encode(&mut piece.text) else { return Ok(()) };
        // Once more, one by one, to say where it is.
        for (place, unit) in bytes.chunks(self.unit).enumerate() {
            self.fill(start + place, unit, piece)?;
            if let Err(error) = self.encoding.encode(&mut piece.text) {
                return Err(self.at_unit(error, start + place, unit, piece));
            }
        }
        Err(error)
    }

    /// Says in which row and column an error is that a unit brought about.
    #[cold]
    fn at_unit(&self, error: Error, unit: usize, bytes: &[u8], piece: &mut Piece) -> Error {
        match &self.rows {
            Rows::Uniform(rows) => in_place(error, unit / rows.columns, unit % rows.columns),
            Rows::Columns(rows) => match rows.column_that_lacks(self.encoding, bytes, piece) {
                Some(column) => in_place(error, unit, column),
                None => in_row(error, unit),
            },
            Rows::Bare(..) => in_row(error, unit),
        }
    }

    fn fill(&self, start: usize, bytes: &[u8], piece: &mut Piece) -> Result<()> {
        piece.text.clear();
        let count = bytes.len() / self.unit;
        piece.text.try_reserve(count.saturating_mul(self.room)).map_err(room::no_memory)?;
        match &self.rows {
            Rows::Uniform(rows) => rows.fill(start, bytes, self.unit, piece),
            Rows::Columns(rows) => rows.fill(start, bytes, self.unit, piece),
            Rows::Bare(..) => Ok(()),
        }
    }
}

impl Uniform {
    /// Prints items. The kinds that large tables are made of have loops of their own.
    fn fill(&self, start: usize, bytes: &[u8], unit: usize, piece: &mut Piece) -> Result<()> {
        let count = bytes.len() / unit;
        let mut items = bytes.chunks_exact(unit);
        let mut next = || items.next().ok_or_else(|| lost("fewer items are there than were counted"));
        match &self.cell {
            Cell::Float(spec, Number { kind: Scalar::F64, order }) => {
                self.each(start, count, piece, |piece| {
                    print::put_float(&mut piece.text, spec, read_f64(next()?, *order)?);
                    Ok(())
                })
            }
            Cell::Float(spec, Number { kind: Scalar::F32, order }) => {
                self.each(start, count, piece, |piece| {
                    print::put_float(&mut piece.text, spec, read_f32(next()?, *order)?.into());
                    Ok(())
                })
            }
            Cell::Shortest(Number { kind: Scalar::F64, order }) => self.each(start, count, piece, |piece| {
                print::put_shortest_f64(&mut piece.text, read_f64(next()?, *order)?);
                Ok(())
            }),
            Cell::Shortest(Number { kind: Scalar::F32, order }) => self.each(start, count, piece, |piece| {
                print::put_shortest_f32(&mut piece.text, read_f32(next()?, *order)?);
                Ok(())
            }),
            Cell::Decimal(Number { kind: Scalar::I64, order }) => self.each(start, count, piece, |piece| {
                let value = read_i64(next()?, *order)?;
                print::put_decimal(&mut piece.text, value < 0, value.unsigned_abs());
                Ok(())
            }),
            Cell::Decimal(number) => self.each(start, count, piece, |piece| {
                let (negative, amount) = number.whole(next()?)?;
                print::put_decimal(&mut piece.text, negative, amount);
                Ok(())
            }),
            cell => self.each(start, count, piece, |piece| cell.put(next()?, piece)),
        }
    }

    /// Calls `put` for `count` values, the first of which is number `start`, and puts what stands around them.
    #[inline]
    fn each(
        &self,
        start: usize,
        count: usize,
        piece: &mut Piece,
        mut put: impl FnMut(&mut Piece) -> Result<()>,
    ) -> Result<()> {
        let (mut row, mut column) = (start / self.columns, start % self.columns);
        let loses_empty_ends = self.columns > 1 && self.cell.loses_empty_ends();
        let mut left = count;
        while left > 0 {
            let end = column + left.min(self.columns - column);
            left -= end - column;
            for place in column..end {
                let glue = if place == 0 { &self.first } else { &self.between };
                glue.put(&mut piece.text);
                let start = piece.text.len();
                put(piece).map_err(|error| in_place(error, row, place))?;
                glue.settle(&mut piece.text, start);
            }
            column = end;
            if column == self.columns {
                if loses_empty_ends {
                    check_end(&piece.text).map_err(|error| in_place(error, row, column - 1))?;
                }
                self.last.put(&mut piece.text);
                (row, column) = (row + 1, 0);
            }
        }
        Ok(())
    }
}

impl Columns {
    /// Looks at the end of a row, behind which its line has not ended yet.
    ///
    /// # Errors
    /// As [`check_end`], with the place.
    fn check_end(&self, row: &[u8], number: usize) -> Result<()> {
        let count: usize = self.columns.iter().map(|column| column.count).sum();
        match self.columns.last() {
            Some(last) if count > 1 && last.cell.loses_empty_ends() => {
                check_end(row).map_err(|error| in_place(error, number, self.columns.len() - 1))
            }
            _ => Ok(()),
        }
    }

    /// The first column of a row whose text the encoding does not have.
    fn column_that_lacks(&self, encoding: Encoding, row: &[u8], piece: &mut Piece) -> Option<usize> {
        self.columns.iter().position(|column| {
            let items = row.get(column.at..).unwrap_or_default().chunks_exact(column.len.max(1));
            items.take(column.count).any(|item| {
                piece.text.clear();
                column.cell.put(item, piece).is_ok() && encoding.encode(&mut piece.text).is_err()
            })
        })
    }

    fn fill(&self, start: usize, bytes: &[u8], unit: usize, piece: &mut Piece) -> Result<()> {
        for (row, bytes) in bytes.chunks_exact(unit).enumerate() {
            let row_at = piece.text.len();
            for (place, column) in self.columns.iter().enumerate() {
                let of_column = || lost("a column lies outside of its row");
                let items = bytes.get(column.at..).ok_or_else(of_column)?;
                for number in 0..column.count {
                    let glue = if number == 0 { &column.before } else { &column.between };
                    glue.put(&mut piece.text);
                    let begin = piece.text.len();
                    let from = number.saturating_mul(column.len);
                    let item = items.get(from..from.saturating_add(column.len)).ok_or_else(of_column)?;
                    let put = column.cell.put(item, piece);
                    put.map_err(|error| in_place(error, start + row, place))?;
                    glue.settle(&mut piece.text, begin);
                }
            }
            self.check_end(&piece.text, start + row)?;
            self.end.put(&mut piece.text);
            if self.merges {
                merge(&mut piece.text, row_at);
            }
        }
        Ok(())
    }
}

/// Looks whether the text in quotes that a row ends with is empty: the quotes within a text are doubled, so that behind
/// any other text one or at least three of them stand.
///
/// # Errors
/// `Unsupported` when it is, for rows whose reader drops it.
fn check_end(row: &[u8]) -> Result<()> {
    let quotes = row.iter().rev().take_while(|byte| **byte == b'"').count();
    match quotes {
        2 => Err(Error::unsupported(
            "an empty text at the end of a row is not read back where white space separates columns: write csv or tsv, or \
             set delimiter to ,",
        )),
        _ => Ok(()),
    }
}

/// Makes `-` of each `+-`, from `start` on.
fn merge(text: &mut Vec<u8>, start: usize) {
    let row = text.split_off(start);
    let mut bytes = row.iter().copied().peekable();
    while let Some(byte) = bytes.next() {
        if byte == b'+' && bytes.next_if_eq(&b'-').is_some() {
            text.push(b'-');
        } else {
            text.push(byte);
        }
    }
}

/// Says where the value is, counted from 1 as lines and columns of text are.
#[cold]
fn in_place(error: Error, row: usize, column: usize) -> Error {
    error.context(&format!("row {}, column {}", row.saturating_add(1), column.saturating_add(1)))
}

#[cold]
fn in_row(error: Error, row: usize) -> Error {
    error.context(&format!("row {}", row.saturating_add(1)))
}
