//! What is to be read: where the rows are, and what they become. Made before a value is read.

mod head;
mod items;
mod names;
mod widths;

use std::ops::Range;
use std::sync::atomic::AtomicU64;

use arr_core::format::{Budget, Positioned, Swap, room};
use arr_core::{BufferMut, ByteOrder, DType, Error, Hint, Input, Layout, Limits, Order, Result, Scalar};

use self::items::{chars, shape};
use super::columns::{Column, Kind, Values, columns_of};
use super::dialect::Dialect;
use super::encoding::{Charset, decoded};
use super::index::{CHUNK, Index, Indexing, Piece};
use super::infer::{Rules, Seen};
use super::parts::{self, LongRow};
use super::rows::{Columns, Rows, Scratch};
use super::window::LONGEST_ROW;
use crate::broken::lost;

/// What is asked for.
#[derive(Clone, Debug)]
pub(crate) struct Request {
    pub(crate) dialect: Dialect,
    pub(crate) charset: Charset,
    /// Lines that are left out at first.
    pub(crate) skip: u64,
    pub(crate) max_rows: Option<u64>,
    /// The columns that are taken, from behind where they are negative; `None` for all.
    pub(crate) picks: Option<Vec<i64>>,
    /// The same by numbers or names, which is looked at first.
    pub(crate) picks_by_name: Option<Vec<Pick>>,
    /// What values become; `None` is what they look like.
    pub(crate) dtype: Option<DType>,
    pub(crate) byte_order: Option<ByteOrder>,
    pub(crate) names: Names,
    /// The least number of dimensions; `None` keeps those that there are: rows and columns, or rows of records.
    pub(crate) ndmin: Option<usize>,
    pub(crate) is_transposed: bool,
    /// Rows that are too short are filled.
    pub(crate) fills: bool,
    /// What is read in place of missing values: in all columns, or in each.
    pub(crate) fillings: Vec<String>,
    /// Texts that stand for missing values, beside none at all; `None` where missing values are errors.
    pub(crate) missing: Option<Vec<Vec<u8>>>,
    /// Words are truth values.
    pub(crate) has_words: bool,
    /// Delimiters of which one is to be found out.
    pub(crate) delimiters: &'static [char],
    /// Bytes that are looked at at once.
    pub(crate) chunk: usize,
}

/// A column that is taken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Pick {
    /// By its number, from behind where that is negative.
    At(i64),
    /// By its name.
    Named(String),
}

/// Where names of columns come from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Names {
    /// Nowhere.
    None,
    /// The first row, if it looks like names.
    Detected,
    /// The first row.
    Line,
    /// From the caller; the first row is left out if it looks like names.
    Given(Vec<String>),
}

impl Request {
    /// What `numpy.loadtxt` does unless told otherwise.
    pub(crate) fn text() -> Self {
        Self {
            dialect: Dialect::text(),
            charset: Charset::Marked,
            skip: 0,
            max_rows: None,
            picks: None,
            picks_by_name: None,
            dtype: Some(Scalar::F64.into()),
            byte_order: None,
            names: Names::None,
            ndmin: Some(0),
            is_transposed: false,
            fills: false,
            fillings: Vec::new(),
            missing: None,
            has_words: false,
            delimiters: &[],
            chunk: CHUNK,
        }
    }
}

/// What is to be read.
#[derive(Debug)]
pub(crate) struct Plan {
    /// The text, where that is not what the input has.
    text: Option<Positioned<'static>>,
    /// Where the text begins in the input, counted from where the input was.
    mark: u64,
    pieces: Vec<Piece>,
    rows: Rows,
    /// What items are.
    pub(crate) dtype: DType,
    /// What they are made into at last.
    pub(crate) cast: Option<DType>,
    pub(crate) layout: Layout,
    pub(crate) details: Vec<(&'static str, String)>,
    /// What the values do not show, and what would help.
    pub(crate) notes: Vec<(String, Option<Hint>)>,
    /// Bytes of all items.
    len: u64,
}

/// The text of an input, and what is known of it.
struct Text<'a> {
    text: Positioned<'a>,
    base: Option<u64>,
    is_ascii: bool,
}

impl Plan {
    /// Looks at the text from where `input` is on, which can seek and is left there.
    ///
    /// # Errors
    /// `Malformed` where the text is no table, with line and column; `InvalidArgument` where what is asked for does not
    /// fit it; `Unsupported` for a dtype that is not read; `LimitExceeded`; `Io`.
    pub(crate) fn new(request: &Request, input: &mut Input<'_>) -> Result<Self> {
        let at = input.position();
        let found = decoded(request.charset, input)?;
        input.seek_to(at)?;
        let own = found.text.clone();
        let text = match &own {
            Some(text) => text.clone(),
            None => text_of(input, found.mark)?,
        };
        let base = own.is_none().then_some(at.saturating_add(found.mark));
        let text = Text { text, base, is_ascii: found.is_ascii };
        let limits = input.budget().limits().clone();
        let longest = limits.bytes().min(LONGEST_ROW);
        let named;
        let mut planning = Planning {
            request,
            text,
            dialect: request.dialect.clone(),
            details: Vec::new(),
            notes: Vec::new(),
            is_doubtful: false,
            is_mixed: false,
            longest,
            limits,
        };
        if found.name != "UTF-8" || found.mark > 0 {
            let marked = if found.mark > 0 { ", with a mark" } else { "" };
            planning.details.push(("encoding", format!("{}{marked}", found.name)));
        }
        let mut front = planning.front()?;
        if let Some(picks) = planning.picks(&mut front)? {
            named = Request { picks: Some(picks), ..request.clone() };
            planning.request = &named;
        }
        let mut plan = planning.plan(front)?;
        (plan.text, plan.mark) = (own, found.mark);
        Ok(plan)
    }

    /// Bytes of all items.
    pub(crate) fn len(&self) -> u64 {
        self.len
    }

    /// Reads some of the bytes of all items, as they follow one another in the text.
    ///
    /// # Errors
    /// As [`new`](Self::new).
    pub(crate) fn read(
        &self,
        input: &Input<'_>,
        range: Range<u64>,
        budget: &mut Budget,
    ) -> Result<BufferMut> {
        let text = match &self.text {
            Some(text) => text.clone(),
            None => text_of(input, self.mark)?,
        };
        let len = range.end.saturating_sub(range.start);
        budget.charge_bytes(len)?;
        let count = usize::try_from(len).map_err(|_| Error::limit("the items do not fit into memory"))?;
        let mut buffer = BufferMut::zeroed(count)?;
        if self.len == 0 {
            self.rows.fill(&text, &self.pieces, &mut [])?;
            return Ok(buffer);
        }
        let mut out = buffer.as_mut_slice();
        let from = self.pieces.partition_point(|piece| self.end_of(piece) <= range.start);
        let to = self.pieces.partition_point(|piece| self.start_of(piece) < range.end);
        let mut pieces =
            self.pieces.get(from..to).ok_or_else(|| lost("the pieces of a text are out of order"))?;
        // Of the first and the last one a part may be wanted.
        if let Some((first, rest)) =
            pieces.split_first().filter(|(first, _)| self.start_of(first) < range.start)
        {
            let len = self.some_of(&text, first, &range, out)?;
            out = out.get_mut(len..).ok_or_else(|| lost("a piece is longer than what is wanted of it"))?;
            pieces = rest;
        }
        let last = pieces.split_last().filter(|(last, _)| self.end_of(last) > range.end);
        let whole = last.map_or(pieces, |(_, whole)| whole);
        let len: usize = whole.iter().map(|piece| self.rows.len_of(piece)).sum();
        let (front, back) = out.split_at_mut(len.min(out.len()));
        self.rows.fill(&text, whole, front)?;
        if let Some((last, _)) = last {
            self.some_of(&text, last, &range, back)?;
        }
        Ok(buffer)
    }

    /// Copies what a range has of a piece, and says how many bytes that is.
    fn some_of(
        &self,
        text: &Positioned<'_>,
        piece: &Piece,
        range: &Range<u64>,
        out: &mut [u8],
    ) -> Result<usize> {
        let (start, end) = (self.start_of(piece), self.end_of(piece));
        let mut scratch = Scratch::default();
        // Rows of short texts may become long items: those that are not wanted are not made then.
        let size = self.rows.size.max(1) as u64;
        let some = match piece.part {
            None if self.rows.len_of(piece) > MOST_UNWANTED => {
                let from = range.start.saturating_sub(start) / size;
                let to = (range.end.min(end).saturating_sub(start)).div_ceil(size);
                Some(self.rows.some_rows(text, piece, from..to, &mut scratch)?)
            }
            _ => None,
        };
        let piece = some.as_ref().unwrap_or(piece);
        let mut items = room::reserved(self.rows.len_of(piece))?;
        items.resize(self.rows.len_of(piece), 0);
        self.rows.piece(text, piece, &mut items, &mut scratch)?;
        let (start, end) = (self.start_of(piece), self.end_of(piece));
        let place = |at: u64| usize::try_from(at.clamp(start, end) - start).unwrap_or(usize::MAX);
        let beyond = || lost("a piece is longer than what is wanted of it");
        let some = items.get(place(range.start)..place(range.end)).ok_or_else(beyond)?;
        out.get_mut(..some.len()).ok_or_else(beyond)?.copy_from_slice(some);
        Ok(some.len())
    }

    fn start_of(&self, piece: &Piece) -> u64 {
        let rows = piece.row.saturating_mul(self.rows.size as u64);
        match (piece.part, &self.rows.columns) {
            (Some((first, _)), Columns::Same(column, _)) => rows + (first * column.kind.size()) as u64,
            _ => rows,
        }
    }

    fn end_of(&self, piece: &Piece) -> u64 {
        self.start_of(piece).saturating_add(self.rows.len_of(piece) as u64)
    }
}

fn text_of<'a>(input: &Input<'a>, mark: u64) -> Result<Positioned<'a>> {
    let all =
        input.positioned().ok_or_else(|| Error::unsupported("the text is read twice, a stream once"))?;
    let len = all.len().saturating_sub(mark);
    all.range(mark, len).ok_or_else(|| Error::malformed("the text is shorter than its mark"))
}

/// The most bytes of items that are made in passing, of a piece of which others are wanted; none where the tests of
/// this crate are built, which have small tables.
const MOST_UNWANTED: usize = if cfg!(test) { 0 } else { 4 << 20 };

struct Planning<'r, 'a> {
    request: &'r Request,
    text: Text<'a>,
    dialect: Dialect,
    details: Vec<(&'static str, String)>,
    notes: Vec<(String, Option<Hint>)>,
    /// The first line is texts and may be names.
    is_doubtful: bool,
    /// The first line is texts and whole numbers, and may be names.
    is_mixed: bool,
    /// The most bytes of a row that is held.
    longest: u64,
    limits: Limits,
}

/// What stands in front of the rows.
struct Front {
    /// Where the first row begins, and the lines before it.
    from: (u64, u64),
    names: Option<Vec<String>>,
    /// The fields of the first row, where there are names and rows.
    width: Option<usize>,
}

impl Planning<'_, '_> {
    /// Finds the delimiter and the names.
    fn front(&mut self) -> Result<Front> {
        let request = self.request;
        let mut from = self.skipped(request.skip)?;
        let mut names = None;
        let stated = match self.dialect.is_csv {
            true => super::detect::stated(&self.text.text, from.0)?,
            false => None,
        };
        if let Some((_, len)) = stated {
            from = (from.0.saturating_add(len as u64), from.1.saturating_add(1));
        }
        if !request.delimiters.is_empty() {
            let found = match stated {
                Some((stated, _)) => stated,
                None => super::detect::delimiter(&self.text.text, from.0, &self.dialect, request.delimiters)?,
            };
            self.dialect.delimiter = Some(found);
            self.details.push(("delimiter", format!("{found:?}")));
        }
        self.dialect.check_numbers(!request.delimiters.is_empty())?;
        self.dialect.check()?;
        if request.names != Names::None {
            names = self.header(&self.values(), &mut from)?;
        }
        let width = match &names {
            Some(_) => self.row_at(from, |_, fields| Ok(fields.len()))?.map(|row| row.found),
            None => None,
        };
        Ok(Front { from, names, width })
    }

    fn plan(&mut self, front: Front) -> Result<Plan> {
        let request = self.request;
        let from = front.from;
        let values = self.values();
        let wanted = request.dtype.clone();
        let wanted =
            if wanted == Some(DType::Utf8) { Some(DType::Unicode(0, ByteOrder::NATIVE)) } else { wanted };
        let has_dates = matches!(wanted, Some(DType::DateTime(arr_core::TimeUnit::Generic, _)));
        let has_lengths = matches!(wanted, Some(DType::Bytes(0) | DType::Unicode(0, _)));
        let has_open_fields = self.dialect.is_csv && wanted.as_ref().is_some_and(widths::has_open);
        let lengths = match &wanted {
            Some(wanted) if !self.dialect.is_csv && !has_lengths => {
                widths::lengths(wanted, self.limits.fields())?
            }
            _ => Vec::new(),
        };
        let looks = wanted.is_none()
            || has_dates
            || has_lengths
            || has_open_fields
            || request.fills
            || !lengths.is_empty();
        let indexing = Indexing {
            text: &self.text.text,
            dialect: &self.dialect,
            from,
            max_rows: request.max_rows,
            chunk: request.chunk,
            is_ascii: self.text.is_ascii,
            base: self.text.base,
            taken: AtomicU64::new(0),
            longest: self.longest,
        };
        self.check_names(&front, &indexing, &values)?;
        let index: Index<Seen> = if looks {
            let mut rules = Rules::kinds(&self.dialect, &values);
            (rules.has_kinds, rules.has_dates) = (wanted.is_none(), has_dates);
            rules.picks.clone_from(&request.picks);
            rules.lengths = lengths;
            if !rules.has_kinds || rules.picks.is_some() {
                rules.scan = None;
            }
            let index = indexing.run::<Seen>(&rules)?;
            rules.doubtful =
                room::collected(index.survey.columns.iter().map(super::infer::Guess::is_doubtful))?;
            if rules.has_kinds && rules.doubtful.contains(&true) {
                // Once more, to find the first of them.
                rules.scan = None;
                indexing.taken.store(0, std::sync::atomic::Ordering::Relaxed);
                indexing.run::<Seen>(&rules)?;
            }
            index
        } else {
            let Index { pieces, rows, first, .. } = indexing.run::<()>(&())?;
            Index { pieces, rows, first, survey: Seen::default() }
        };
        self.finish(wanted, front.names, values, index)
    }

    fn values(&self) -> Values {
        let request = self.request;
        Values {
            is_plain: self.dialect.has_plain_numbers(),
            has_words: request.has_words,
            missing: request.missing.clone(),
            is_strict: self.dialect.is_csv,
        }
    }

    fn finish(
        &mut self,
        wanted: Option<DType>,
        names: Option<Vec<String>>,
        values: Values,
        mut index: Index<Seen>,
    ) -> Result<Plan> {
        let request = self.request;
        let picked = request.picks.as_ref().map(Vec::len);
        let (first, long) = match index.first.filter(|_| index.rows > 0) {
            Some(first) => {
                let (fields, long) = self.count_fields(first, &index)?;
                (Some(fields), long.map(|row| (first.0, row)))
            }
            None => (None, None),
        };
        let mut is_inferred = false;
        let dtype = match wanted {
            Some(DType::Bytes(0)) => DType::Bytes(chars(&index.survey, 1)?),
            Some(DType::Unicode(0, order)) => DType::Unicode(chars(&index.survey, 4)?, order),
            Some(DType::DateTime(arr_core::TimeUnit::Generic, order)) => {
                let unit = index.survey.columns.iter().filter_map(super::infer::Guess::unit).max();
                let unit = unit.map_or(arr_core::TimeUnit::Generic, |base| arr_core::TimeUnit::Of(base, 1));
                DType::DateTime(unit, order)
            }
            Some(dtype) if self.dialect.is_csv && widths::has_open(&dtype) => {
                widths::closed(&dtype, &index.survey, self.limits.fields())?
            }
            Some(dtype) => dtype,
            None => {
                is_inferred = true;
                self.inferred(&index.survey, first, names.as_deref())?
            }
        };
        self.note(&index.survey, is_inferred.then_some(&dtype), names.as_deref());
        let dtype = match request.byte_order {
            Some(order) => dtype.with_byte_order(order),
            None => dtype,
        };
        if let DType::SubArray(_) = dtype {
            return Err(Error::unsupported(
                "a table can't have a sub-array as its dtype: put it into a record",
            ));
        }
        let is_record = dtype.as_record().is_some();
        // With fillings, rows are as wide as the widest one.
        let widest = index.survey.most.max(names.as_ref().map_or(0, Vec::len));
        let width = if request.fills { Some(widest).filter(|most| *most > 0) } else { None };
        let count = picked.or(width).or(first).unwrap_or(1);
        let columns = if is_record {
            let columns = columns_of(&dtype, self.limits.fields())?;
            if picked.is_some_and(|picked| picked != columns.len()) {
                let message =
                    format!("usecols: the dtype has {} columns, not {}", columns.len(), picked.unwrap_or(0));
                return Err(Error::invalid(message));
            }
            Columns::Each(columns)
        } else {
            Columns::Same(Column { kind: Kind::of(&dtype)?, offset: 0, filling: None }, count)
        };
        let columns = self.with_fillings(columns, &values)?;
        let row = if is_record { 1 } else { count };
        let too_large = || Error::limit("the rows do not fit into memory");
        let size = dtype.itemsize().checked_mul(row).ok_or_else(too_large)?;
        let len = index.rows.checked_mul(size as u64).ok_or_else(too_large)?;
        if picked.is_none() && !request.fills {
            if let Columns::Same(_, count) = &columns {
                parts::cut_long_rows(
                    &self.text.text,
                    &self.dialect,
                    &mut index.pieces,
                    *count,
                    request.chunk,
                    long,
                )?;
            }
        }
        let shape = shape(
            usize::try_from(index.rows).map_err(|_| too_large())?,
            (!is_record).then_some(count),
            request.ndmin,
        );
        let layout = Layout::contiguous(&shape, dtype.itemsize(), Order::C)?;
        // A record has its columns in its fields already.
        let layout = if request.is_transposed && !is_record { layout.transposed() } else { layout };
        let fast = self.fast(&values, &columns, first, size);
        let rows = Rows {
            dialect: self.dialect.clone(),
            values,
            columns,
            picks: request.picks.clone(),
            fills: request.fills,
            is_dtype: is_record && !is_inferred,
            size,
            fast,
            swap: Swap::to_order(&dtype, ByteOrder::NATIVE),
            is_ascii: self.text.is_ascii,
            base: self.text.base,
        };
        Ok(Plan {
            text: None,
            mark: 0,
            pieces: index.pieces,
            rows,
            cast: (request.dtype == Some(DType::Utf8)).then_some(DType::Utf8),
            dtype,
            layout,
            details: std::mem::take(&mut self.details),
            notes: std::mem::take(&mut self.notes),
            len,
        })
    }

    /// The fields of the first row.
    fn count_fields(&self, first: (u64, u64), index: &Index<Seen>) -> Result<(usize, Option<LongRow>)> {
        let piece = index.pieces.iter().find(|piece| piece.rows > 0);
        if let Some(piece) = piece.filter(|piece| piece.last == first.0) {
            if let Some(row) = parts::long_row(&self.text.text, &self.dialect, piece, self.request.chunk)? {
                return Ok((row.fields, Some(row)));
            }
        }
        let row = self.row_at(first, |_, fields| Ok(fields.len()))?;
        Ok((row.ok_or_else(|| lost("the first row of a table is not there"))?.found, None))
    }
}
