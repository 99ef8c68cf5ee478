//! The walk over the lines.

use std::borrow::Cow;

use arr_core::format::{Budget, room};
use arr_core::{Array, DType, Error, Input, Layout, Order, Result, SubArray};

use super::infer::{self, Guess, Inferred};
use super::lines::{Encoding, Lines};
use super::options::Names;
use super::plan::{Plan, Target};
use super::report::Report;
use super::rows::{Grown, Kept, Leaves, Row, RowPlace, StandIns, Writer};
use super::split::{Fields, Range, Splitter};
use super::{ReadOptions, convert::Leaf, python};
use crate::table::encoding;
use crate::table::tokens::MOST;
use crate::table::window::LONGEST_ROW;

/// A line that has another number of columns.
struct Invalid {
    /// Its number as NumPy counts.
    number: u64,
    place: RowPlace,
}

/// Reads a table, and tells what was not read as it stands.
pub(super) fn read(options: &ReadOptions, input: &mut Input<'_>) -> Result<(Array, Report)> {
    if options.ndmin > 2 {
        return Err(Error::invalid(format!("ndmin: {} is none of 0, 1 and 2", options.ndmin)));
    }
    if options.max_rows == Some(0) {
        return Err(Error::invalid("max_rows: it is to be 1 or more"));
    }
    if options.max_rows.is_some() && options.skip_footer > 0 {
        return Err(Error::invalid("skip_footer and max_rows exclude each other"));
    }
    if options.comments.as_deref() == Some("") {
        return Err(Error::invalid("comments: the mark of a comment can't be empty"));
    }
    let is_width = matches!(options.delimiter, super::Delimiter::Width(_) | super::Delimiter::Widths(_));
    if options.quotechar.is_some() && is_width {
        return Err(Error::invalid("quotechar: columns of fixed widths have no quotes"));
    }
    let mut budget = input.budget().clone();
    let mut report = Report::default();
    let array = match options.encoding {
        Encoding::Other(charset) => {
            input.make_seekable()?;
            let text =
                encoding::decoded(charset, input)?.text.ok_or_else(|| Error::unsupported("text in UTF-8"))?;
            let mut text = Input::from_positioned(text).with_limits(budget.limits());
            Table::read(options, &mut text, &mut budget, &mut report)?
        }
        _ => Table::read(options, input, &mut budget, &mut report)?,
    };
    budget.check_rank(array.ndim())?;
    *input.budget() = budget;
    let mut how = options.reading.clone();
    how.dtype = None;
    Ok((how.apply(array)?, report))
}

/// What is done with rows when they come.
enum Sink<'p> {
    /// They are written.
    Written(Box<Writer<'p>>),
    /// They are kept.
    Kept(Kept, Vec<Guess>),
}

struct Table<'o> {
    options: &'o ReadOptions,
    invalid: Vec<Invalid>,
}

impl Table<'_> {
    fn read(
        options: &ReadOptions,
        input: &mut Input<'_>,
        budget: &mut Budget,
        report: &mut Report,
    ) -> Result<Array> {
        let mut table = Table { options, invalid: Vec::new() };
        let mut splitter = Splitter::new(
            options.delimiter.clone(),
            options.comments.clone(),
            options.autostrip,
            options.quotechar,
            usize::try_from(budget.limits().bytes() / size_of::<Range>() as u64)
                .unwrap_or(usize::MAX)
                .clamp(1 << 10, MOST),
            budget.limits().bytes().min(LONGEST_ROW),
        );
        let limits = budget.limits().clone();
        let mut lines = Lines::new(input, options.encoding)?;
        for _ in 0..options.skip_header {
            if lines.next()?.is_none() {
                break;
            }
        }
        // The first line with fields tells what to do.
        let from_line = options.names == Some(Names::FirstLine);
        let mut start: Option<RowPlace> = None;
        loop {
            let is_open = splitter.is_open();
            let Some(line) = lines.next()? else {
                never_closed(start)?;
                report.is_empty = true;
                if from_line {
                    return Err(Error::malformed("there is no line of names").at(lines.offset()));
                }
                let plan = Plan::new(options, Fields::NONE, &limits)?;
                let sink = table.sink(&plan, budget)?;
                return table.finish(&plan, sink, budget, report);
            };
            let place = start.unwrap_or(RowPlace { line: line.number, offset: line.offset, columns: 0 });
            let text = match options.comments.as_deref() {
                Some(mark) if from_line && !is_open => {
                    behind_mark(line.text, mark, options.quotechar.is_some())
                }
                _ => line.text.into(),
            };
            let Some(fields) = splitter.split(&text, line.ended).map_err(|error| in_line(error, place))?
            else {
                start = Some(place);
                continue;
            };
            start = None;
            if fields.len() == 0 {
                continue;
            }
            if !from_line {
                let plan = Plan::new(options, fields, &limits)?;
                let mut sink = table.sink(&plan, budget)?;
                let number = options.skip_header.saturating_add(1);
                table.row(&plan, &mut sink, fields, place, number, budget, report)?;
                return table.rest(&plan, sink, splitter, lines, budget, report);
            }
            let first = fields.get(0).map(python::strip);
            let is_mark =
                options.comments.as_deref().zip(first).is_some_and(|(mark, first)| mark.contains(first));
            let fields = if is_mark { fields.without_first() } else { fields };
            let plan = Plan::new(options, fields, &limits).map_err(|error| error.at(place.offset))?;
            let sink = table.sink(&plan, budget)?;
            return table.rest(&plan, sink, splitter, lines, budget, report);
        }
    }

    /// What takes the rows of a plan.
    fn sink<'p>(&self, plan: &'p Plan, budget: &mut Budget) -> Result<Sink<'p>> {
        let is_sized = |leaf: &Leaf| leaf.dtype.itemsize() > 0;
        match &plan.target {
            Target::Inferred => {
                let mut guesses = Vec::new();
                budget.charge_bytes((plan.columns.saturating_mul(size_of::<Guess>())) as u64)?;
                guesses.try_reserve_exact(plan.columns).map_err(room::no_memory)?;
                guesses.resize(plan.columns, Guess::default());
                Ok(Sink::Kept(Kept::default(), guesses))
            }
            Target::Uniform(leaf) if !is_sized(leaf) => Ok(Sink::Kept(Kept::default(), Vec::new())),
            _ if self.options.skip_footer > 0 => Ok(Sink::Kept(Kept::default(), Vec::new())),
            _ => Ok(Sink::Written(Box::new(self.writer(plan, None)?))),
        }
    }

    /// What writes the rows of a plan whose dtype is given, or inferred.
    fn writer<'p>(&self, plan: &'p Plan, inferred: Option<(Leaves, usize)>) -> Result<Writer<'p>> {
        let too_long = || Error::limit("a row is longer than memory");
        let is_inferred = inferred.is_some();
        let (leaves, columns, size) = match (inferred, &plan.target) {
            (Some((leaves, size)), _) => (leaves, plan.columns, size),
            (None, Target::Uniform(leaf)) => {
                let size = leaf.dtype.itemsize().checked_mul(plan.columns).ok_or_else(too_long)?;
                (Leaves::Same(leaf.clone()), plan.columns, size)
            }
            (None, Target::Record { dtype, leaves }) => {
                (Leaves::Each(leaves.clone()), leaves.len().min(plan.columns), dtype.itemsize())
            }
            (None, Target::Inferred) => (Leaves::Each(Vec::new()), 0, 0),
        };
        Ok(Writer {
            leaves,
            columns,
            size,
            stand_ins: self.stand_ins(plan, is_inferred),
            numerals: self.options.numerals.clone(),
            scratch: Vec::new(),
            data: Grown::default(),
            rows: 0,
        })
    }

    fn stand_ins<'p>(&self, plan: &'p Plan, inferred: bool) -> StandIns<'p> {
        StandIns { missing: &plan.missing, fillings: &plan.fillings, loose: self.options.loose, inferred }
    }

    /// Takes the fields of a line.
    #[allow(clippy::too_many_arguments, reason = "all of them change with every row")]
    fn row(
        &mut self,
        plan: &Plan,
        sink: &mut Sink<'_>,
        fields: Fields<'_>,
        mut place: RowPlace,
        number: u64,
        budget: &mut Budget,
        report: &mut Report,
    ) -> Result<bool> {
        place.columns = fields.len();
        let row = Row { place, fields, usecols: plan.usecols.as_deref(), is_picked: false };
        let is_filled = self.options.fill && fields.len() < plan.columns;
        if !is_filled && !row.is_complete(plan.columns) {
            budget.charge_bytes(size_of::<Invalid>() as u64).map_err(|error| error.at(place.offset))?;
            room::push(&mut self.invalid, Invalid { number, place })?;
            return Ok(false);
        }
        let rows = match sink {
            Sink::Written(writer) => {
                if writer.rows == 0 {
                    check_record(plan, place)?;
                }
                if let Err(error) = writer.push(&row, budget, report) {
                    // Lines that have another number of columns come first.
                    self.check_invalid(plan, writer.rows, report)?;
                    return Err(error);
                }
                writer.rows
            }
            Sink::Kept(kept, guesses) => {
                if !guesses.is_empty() {
                    infer::see(guesses, &row, &plan.missing, self.options.numerals.as_ref())?;
                }
                kept.push(&row, plan.columns, budget).map_err(|error| error.at(place.offset))?;
                kept.len()
            }
        };
        Ok(self.options.max_rows.is_some_and(|most| rows as u64 >= most))
    }

    /// Takes all lines that are left, and makes the array.
    fn rest(
        mut self,
        plan: &Plan,
        mut sink: Sink<'_>,
        mut splitter: Splitter,
        mut lines: Lines<'_, '_>,
        budget: &mut Budget,
        report: &mut Report,
    ) -> Result<Array> {
        let mut number = self.options.skip_header.saturating_add(1);
        let has = match &sink {
            Sink::Written(writer) => writer.rows,
            Sink::Kept(kept, _) => kept.len(),
        };
        let mut is_full = self.options.max_rows.is_some_and(|most| has as u64 >= most);
        let mut start: Option<RowPlace> = None;
        while !is_full {
            let Some(line) = lines.next()? else {
                never_closed(start)?;
                break;
            };
            number = number.saturating_add(1);
            let place = start.unwrap_or(RowPlace { line: line.number, offset: line.offset, columns: 0 });
            match splitter.split(line.text, line.ended).map_err(|error| in_line(error, place))? {
                None => start = Some(place),
                Some(fields) => {
                    start = None;
                    if fields.len() > 0 {
                        is_full = self.row(plan, &mut sink, fields, place, number, budget, report)?;
                    }
                }
            }
        }
        self.finish(plan, sink, budget, report)
    }

    /// The error that some lines have another number of columns, unless they are to be left out. How many rows are to be
    /// left out at the end, of which those lines may be some, is given back.
    fn check_invalid(&mut self, plan: &Plan, rows: usize, report: &mut Report) -> Result<u64> {
        let footer = self.options.skip_footer;
        let (rows, all) = (rows as u64, self.invalid.len() as u64);
        // Signed, as NumPy computes it.
        let last =
            i128::from(rows) + i128::from(all) - i128::from(footer) + i128::from(self.options.skip_header);
        let skipped = if footer > 0 {
            self.invalid.iter().filter(|line| i128::from(line.number) > last).count()
        } else {
            0
        };
        self.invalid.truncate(self.invalid.len().saturating_sub(skipped));
        let footer = footer.saturating_sub(skipped as u64);
        let Some(first) = self.invalid.first() else { return Ok(footer) };
        if !self.options.invalid_raise {
            report.skipped_rows = self.invalid.len() as u64;
            report.first_skipped = Some((first.place.line, first.place.columns as u64));
            return Ok(footer);
        }
        let count = self.invalid.len();
        let (have, wanted) = (if count == 1 { "line has" } else { "lines have" }, plan.columns);
        let mut message = format!("{count} {have} another number of columns than {wanted}: ");
        for (place, line) in self.invalid.iter().enumerate() {
            if message.len() > 700 {
                message.push_str(", ...");
                break;
            }
            let comma = if place > 0 { ", " } else { "" };
            message.push_str(&format!("{comma}line {} ({})", line.place.line, line.place.columns));
        }
        Err(Error::malformed(message)
            .at(first.place.offset)
            .with_hint(arr_core::Hint::Option("invalid-raise", "false")))
    }

    fn finish(
        mut self,
        plan: &Plan,
        sink: Sink<'_>,
        budget: &mut Budget,
        report: &mut Report,
    ) -> Result<Array> {
        let rows = match &sink {
            Sink::Written(writer) => writer.rows,
            Sink::Kept(kept, _) => kept.len(),
        };
        let footer = self.check_invalid(plan, rows, report)?;
        let (mut kept, guesses) = match sink {
            Sink::Written(writer) => return self.shaped(plan, *writer, None),
            Sink::Kept(kept, guesses) => (kept, guesses),
        };
        kept.truncate(rows.saturating_sub(usize::try_from(footer).unwrap_or(usize::MAX)));
        let (mut writer, dtype) = match &plan.target {
            Target::Inferred => {
                let names = plan.names.as_deref();
                let stand_ins = self.stand_ins(plan, true);
                let filling = |leaf: &Leaf, column: usize| stand_ins.filling(leaf, column);
                let Inferred { dtype, leaves, is_record, size } = infer::decide(
                    &guesses,
                    &kept,
                    names,
                    &self.options.format,
                    self.options.as_bytes,
                    filling,
                    budget.limits(),
                )?;
                (self.writer(plan, Some((leaves, size)))?, Some((dtype, is_record)))
            }
            Target::Uniform(leaf) if leaf.dtype.itemsize() == 0 => {
                let width = self.longest(plan, leaf, &kept)?;
                let dtype = match &leaf.dtype {
                    DType::Unicode(_, order) => DType::Unicode(width, *order),
                    _ => DType::Bytes(width),
                };
                let size = dtype.itemsize().checked_mul(plan.columns);
                let size = size.ok_or_else(|| Error::limit("a row is longer than memory"))?;
                let leaf = Leaf { dtype: dtype.clone(), ..leaf.clone() };
                let mut writer = self.writer(plan, Some((Leaves::Same(leaf), size)))?;
                writer.stand_ins.inferred = false;
                (writer, Some((dtype, false)))
            }
            _ => (self.writer(plan, None)?, None),
        };
        kept.each(plan.columns, |place, fields| {
            if writer.rows == 0 {
                check_record(plan, place)?;
            }
            let row = Row { place, fields, usecols: plan.usecols.as_deref(), is_picked: true };
            writer.push(&row, budget, report)
        })?;
        self.shaped(plan, writer, dtype)
    }

    /// The length of the longest text.
    fn longest(&self, plan: &Plan, leaf: &Leaf, kept: &Kept) -> Result<usize> {
        let mut longest = 1;
        let mut sample = [0; 4];
        kept.each(plan.columns, |_, fields| {
            for (column, text) in fields.iter().enumerate() {
                let text = text?;
                let fits = Leaf { dtype: DType::Bytes(1), ..leaf.clone() }.convert(text, &mut sample).is_ok();
                let is_text = matches!(leaf.dtype, DType::Unicode(..)) || fits;
                let len = if is_text {
                    text.chars().count()
                } else {
                    plan.fillings.get(column).map_or(3, |filling| filling.text().chars().count())
                };
                longest = longest.max(len);
            }
            Ok(())
        })?;
        Ok(longest)
    }

    /// The array of all rows, with as many dimensions as are wanted.
    fn shaped(&self, plan: &Plan, writer: Writer<'_>, inferred: Option<(DType, bool)>) -> Result<Array> {
        let rows = writer.rows;
        let mut shape = vec![rows];
        let dtype = match (inferred, &plan.target) {
            (Some((dtype, is_record)), _) => {
                if !is_record && rows > 0 {
                    shape.push(plan.columns);
                }
                dtype
            }
            (None, Target::Uniform(leaf)) => {
                if rows > 0 {
                    shape.push(plan.columns);
                }
                leaf.dtype.clone()
            }
            (None, Target::Record { dtype: DType::SubArray(sub), .. }) => {
                let sub: &SubArray = sub;
                shape.extend_from_slice(sub.dims());
                sub.item().clone()
            }
            (None, Target::Record { dtype, .. }) => dtype.clone(),
            (None, Target::Inferred) => DType::of::<f64>(),
        };
        let ndmin = self.options.ndmin;
        if shape.len() > ndmin {
            shape.retain(|dim| *dim != 1);
        }
        while shape.len() < ndmin {
            shape.push(1);
        }
        let bytes = writer.data.into_bytes().freeze();
        let array = Array::contiguous(dtype, &shape, Order::C, bytes)?;
        if !self.options.unpack {
            return Ok(array);
        }
        let only = match array.dtype().as_record().map(arr_core::RecordType::fields) {
            Some([only]) => Some(only.name().to_owned()),
            Some(_) => return Ok(array),
            None => None,
        };
        if let Some(name) = only {
            return array.field(&name)?.to_contiguous(Order::C);
        }
        let (dtype, layout, storage) = array.into_parts();
        let layout: Layout = layout.transposed();
        Array::new(dtype, layout, storage)
    }
}

/// Checks that a record has a column for each field.
fn check_record(plan: &Plan, place: RowPlace) -> Result<()> {
    let Target::Record { leaves, .. } = &plan.target else { return Ok(()) };
    let fields = leaves.len();
    if fields > plan.columns || fields == 0 || fields == 1 && plan.columns != 1 {
        let more = if fields > plan.columns { "or more " } else { "" };
        return Err(Error::malformed(format!(
            "line {}: rows have {} columns, and the dtype has {fields} {more}fields",
            place.line, plan.columns
        ))
        .at(place.offset));
    }
    Ok(())
}

/// A line of names behind the first mark of a comment, and without the others. With quotes a mark counts at the front only.
fn behind_mark<'t>(line: &'t str, mark: &str, has_quotes: bool) -> Cow<'t, str> {
    if has_quotes {
        let front = line.trim_start_matches(python::is_blank);
        return front.strip_prefix(mark).unwrap_or(line).into();
    }
    match line.split_once(mark) {
        Some((_, rest)) if rest.contains(mark) => rest.replace(mark, "").into(),
        Some((_, rest)) => rest.into(),
        None => line.into(),
    }
}

/// Says in which line it happened.
#[cold]
fn in_line(error: Error, place: RowPlace) -> Error {
    error.context(&format!("line {}", place.line)).at(place.offset)
}

/// The error that a quote is open, if one was open since that line.
fn never_closed(start: Option<RowPlace>) -> Result<()> {
    match start {
        None => Ok(()),
        Some(place) => {
            let message = format!("line {}: a quote is never closed", place.line);
            Err(Error::malformed(message).at(place.offset))
        }
    }
}
