//! Rows: kept as text until their dtype is known, and written as items.

use arr_core::format::literal::py_repr;
use arr_core::format::{Budget, room};
use arr_core::{BufferMut, DType, Error, Result};

use super::convert::{Conversion, Leaf, Refusal};
use super::plan::{Fillings, Missing};
use super::report::{Place, Report};
use super::split::{Fields, Range};
use super::value::{self, Filling};
use crate::broken::lost;
use crate::table::columns::is_by_the_clock;
use crate::table::dialect::Dialect;

/// Where a row was.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct RowPlace {
    /// Its line, from 1 on.
    pub(super) line: u64,
    /// The byte at which the line begins.
    pub(super) offset: u64,
    /// How many columns the line has.
    pub(super) columns: usize,
}

/// The fields of a row that are read, in the order in which they were asked for.
#[derive(Clone, Copy, Debug)]
pub(super) struct Row<'t> {
    pub(super) place: RowPlace,
    pub(super) fields: Fields<'t>,
    pub(super) usecols: Option<&'t [i64]>,
    /// True when the fields are those that are read and no others.
    pub(super) is_picked: bool,
}

impl<'t> Row<'t> {
    /// Which column of the line is read there, from 0 on.
    fn column(&self, place: usize) -> Option<usize> {
        let Some(usecols) = self.usecols else { return Some(place) };
        let index = *usecols.get(place)?;
        let index =
            if index < 0 { i64::try_from(self.place.columns).ok()?.checked_add(index)? } else { index };
        usize::try_from(index).ok()
    }

    /// The text of a column; a row that is filled up has nothing in its last ones.
    ///
    /// # Errors
    /// When a field lies outside of the line, which none does.
    #[inline]
    pub(super) fn text(&self, place: usize) -> Result<&'t str> {
        let at = if self.is_picked { Some(place) } else { self.column(place) };
        match at.filter(|at| *at < self.fields.len()) {
            Some(at) => self.fields.get(at).ok_or_else(|| lost("a field lies outside of its line")),
            None => Ok(""),
        }
    }

    /// True when the line has all columns that are read.
    pub(super) fn is_complete(&self, columns: usize) -> bool {
        match self.usecols {
            None => self.fields.len() == columns,
            Some(usecols) => {
                (0..usecols.len()).all(|place| self.column(place).is_some_and(|at| at < self.fields.len()))
            }
        }
    }
}

/// Rows as text.
#[derive(Debug, Default)]
pub(super) struct Kept {
    /// The texts of all fields, one after another.
    text: String,
    /// Where each row was, and the lengths of its texts, seven bits a byte.
    numbers: Vec<u8>,
    rows: usize,
}

impl Kept {
    pub(super) fn len(&self) -> usize {
        self.rows
    }

    /// Forgets the rows behind the first ones when they are walked.
    pub(super) fn truncate(&mut self, rows: usize) {
        self.rows = self.rows.min(rows);
    }

    /// Adds the columns of a row that are read.
    pub(super) fn push(&mut self, row: &Row<'_>, columns: usize, budget: &mut Budget) -> Result<()> {
        let held = |kept: &Self| kept.text.len().saturating_add(kept.numbers.len());
        let before = held(self);
        for number in [row.place.line, row.place.offset, row.place.columns as u64] {
            self.put(number)?;
        }
        for place in 0..columns {
            let text = row.text(place)?;
            self.put(text.len() as u64)?;
            self.text.try_reserve(text.len()).map_err(room::no_memory)?;
            self.text.push_str(text);
        }
        self.rows = self.rows.saturating_add(1);
        budget.charge_bytes(held(self).saturating_sub(before) as u64)
    }

    /// Seven bits a byte, the lowest first.
    fn put(&mut self, mut number: u64) -> Result<()> {
        self.numbers.try_reserve(10).map_err(room::no_memory)?;
        while number >= 0x80 {
            self.numbers.push((number & 0x7F) as u8 | 0x80);
            number >>= 7;
        }
        self.numbers.push((number & 0x7F) as u8);
        Ok(())
    }

    /// Calls `each` with every row, whose columns are counted as they are read.
    pub(super) fn each(
        &self,
        columns: usize,
        mut each: impl FnMut(RowPlace, Fields<'_>) -> Result<()>,
    ) -> Result<()> {
        let lost = || Error::malformed("rows that were kept are cut");
        let mut ranges: Vec<Range> = room::reserved(columns)?;
        let (mut numbers, mut rest) = (self.numbers.as_slice(), self.text.as_str());
        for _ in 0..self.rows {
            let line = take(&mut numbers).ok_or_else(lost)?;
            let offset = take(&mut numbers).ok_or_else(lost)?;
            let width = take(&mut numbers).and_then(|width| usize::try_from(width).ok()).ok_or_else(lost)?;
            ranges.clear();
            let mut end = 0usize;
            for _ in 0..columns {
                let len = take(&mut numbers).and_then(|len| usize::try_from(len).ok()).ok_or_else(lost)?;
                let from = end;
                end = end.checked_add(len).ok_or_else(lost)?;
                let range = u32::try_from(from).ok().zip(u32::try_from(end).ok());
                ranges.push(range.ok_or_else(|| Error::limit("a row has more than 4 GiB"))?);
            }
            let (base, behind) = rest.split_at_checked(end).ok_or_else(lost)?;
            rest = behind;
            each(RowPlace { line, offset, columns: width }, Fields::of(base, &ranges))?;
        }
        Ok(())
    }
}

/// Takes a number off the front.
fn take(bytes: &mut &[u8]) -> Option<u64> {
    let (mut number, mut shift) = (0u64, 0u32);
    loop {
        let (byte, rest) = bytes.split_first()?;
        *bytes = rest;
        number |= u64::from(byte & 0x7F).checked_shl(shift)?;
        if *byte < 0x80 {
            return Some(number);
        }
        shift = shift.saturating_add(7);
    }
}

/// The leaf of each column.
#[derive(Debug)]
pub(super) enum Leaves {
    /// All columns are alike.
    Same(Leaf),
    /// Each has one of its own.
    Each(Vec<Leaf>),
}

/// What turns rows into items.
#[derive(Debug)]
pub(super) struct Writer<'p> {
    pub(super) leaves: Leaves,
    /// How many columns are converted.
    pub(super) columns: usize,
    /// Bytes of a row.
    pub(super) size: usize,
    pub(super) stand_ins: StandIns<'p>,
    /// How numbers are written, unless as in Python.
    pub(super) numerals: Option<Dialect>,
    pub(super) scratch: Vec<u8>,
    pub(super) data: Grown,
    pub(super) rows: usize,
}

/// What is done with fields that are not values.
#[derive(Clone, Copy, Debug)]
pub(super) struct StandIns<'p> {
    pub(super) missing: &'p Missing,
    pub(super) fillings: &'p Fillings,
    pub(super) loose: bool,
    /// The dtypes were told by the fields.
    pub(super) inferred: bool,
}

impl Writer<'_> {
    /// Writes a row.
    pub(super) fn push(&mut self, row: &Row<'_>, budget: &mut Budget, report: &mut Report) -> Result<()> {
        budget.charge_bytes(self.size as u64)?;
        let outside = || lost("a column lies outside of its row");
        let mut out = self.data.grow(self.size)?;
        self.rows = self.rows.saturating_add(1);
        if let Leaves::Same(leaf) = &self.leaves {
            let size = leaf.dtype.itemsize();
            for place in 0..self.columns {
                let (item, rest) = out.split_at_mut_checked(size).ok_or_else(outside)?;
                let text = row.text(place)?;
                if let Err(refusal) = leaf.convert_as(self.numerals.as_ref(), &mut self.scratch, text, item) {
                    self.stand_ins.put(leaf, place, row, refusal, item, report)?;
                }
                out = rest;
            }
            return Ok(());
        }
        let Leaves::Each(leaves) = &self.leaves else { return Ok(()) };
        for (place, leaf) in leaves.iter().enumerate().take(self.columns) {
            let end = leaf.offset.saturating_add(leaf.dtype.itemsize());
            let item = out.get_mut(leaf.offset..end).ok_or_else(outside)?;
            let text = row.text(place)?;
            if let Err(refusal) = leaf.convert_as(self.numerals.as_ref(), &mut self.scratch, text, item) {
                self.stand_ins.put(leaf, place, row, refusal, item, report)?;
            }
        }
        Ok(())
    }
}

impl StandIns<'_> {
    /// What is written in place of the value of a field.
    pub(super) fn filling(&self, leaf: &Leaf, column: usize) -> Filling {
        let filling = self.fillings.get(column).cloned().unwrap_or_else(|| leaf.default_filling());
        // A column in which no more than truth values are found takes no other false value.
        let is_false = match &filling {
            Filling::Int(value) => *value == 0,
            Filling::Float(value) => *value == 0.0,
            Filling::Text(text) => text.is_empty(),
            _ => false,
        };
        if self.inferred && leaf.conversion == Conversion::Truth && is_false {
            return Filling::Bool(false);
        }
        filling
    }

    /// Puts what stands in for a value, or refuses the field.
    #[cold]
    fn put(
        &self,
        leaf: &Leaf,
        place: usize,
        row: &Row<'_>,
        refusal: Refusal,
        item: &mut [u8],
        report: &mut Report,
    ) -> Result<()> {
        let text = row.text(place)?;
        let column = row.column(place).unwrap_or(place).saturating_add(1);
        let refused = |why: String| {
            let shown: String = text.chars().take(80).collect();
            let line = row.place.line;
            Error::malformed(format!("line {line}, column {column}: {} {why}", py_repr(&shown)))
                .at(row.place.offset)
        };
        let is_missing = self.missing.has(place, text);
        if !is_missing && matches!(leaf.dtype, DType::DateTime(..)) && is_by_the_clock(text.as_bytes()) {
            return Err(refused(
                "is a date by the clock of whoever reads it: write the date itself".to_owned(),
            ));
        }
        if refusal == Refusal::Misfit {
            return Err(refused(format!("does not fit {}", leaf.dtype)));
        }
        if !is_missing && !self.loose {
            return Err(refused(format!("is {}", leaf.wanted())));
        }
        let filling = self.filling(leaf, place);
        value::store(&filling, &leaf.dtype, item).map_err(|_| {
            refused(format!(
                "is {}, and {} in its place does not fit {}: give filling_values",
                leaf.wanted(),
                filling.text(),
                leaf.dtype
            ))
        })?;
        if is_missing {
            report.missing = report.missing.saturating_add(1);
        } else {
            report.replaced = report.replaced.saturating_add(1);
            report.first_replaced.get_or_insert_with(|| Place {
                line: row.place.line,
                column: column as u64,
                text: text.chars().take(80).collect(),
            });
        }
        Ok(())
    }
}

/// Bytes that grow by rows of zeros.
#[derive(Debug, Default)]
pub(super) struct Grown {
    bytes: BufferMut,
    len: usize,
}

impl Grown {
    /// Adds that many zeros.
    fn grow(&mut self, more: usize) -> Result<&mut [u8]> {
        let too_large = || Error::limit("the array does not fit into memory");
        let from = self.len;
        let end = from.checked_add(more).ok_or_else(too_large)?;
        let room = self.bytes.as_slice().len();
        if end > room {
            let mut larger = BufferMut::zeroed(end.max(room.saturating_mul(2)).max(1 << 12))?;
            let front = larger.as_mut_slice().get_mut(..from).ok_or_else(too_large)?;
            front.copy_from_slice(self.bytes.as_slice().get(..from).ok_or_else(too_large)?);
            self.bytes = larger;
        }
        self.len = end;
        self.bytes.as_mut_slice().get_mut(from..end).ok_or_else(too_large)
    }

    /// All that was added.
    pub(super) fn into_bytes(mut self) -> BufferMut {
        self.bytes.truncate(self.len);
        self.bytes
    }
}
