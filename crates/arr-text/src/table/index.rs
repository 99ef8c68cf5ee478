//! Where rows are: a first pass over the text, on all cores, without a look at values.
//!
//! The text is cut into chunks of equal length, and each thread counts the rows that begin in its chunk. Where lines end is
//! seen from any place, unless fields are quoted: then a chunk is counted as if a row began with its first line, and once
//! more from the right place if that was wrong.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use arr_core::format::{Positioned, room, threads};
use arr_core::{Error, Result};

use super::dialect::{Dialect, line_end};
use super::fault::{Fault, check_utf8, more};
use super::lines::{first_line_in, has_field, next_line, valid_len};
use super::long::{self, LONG_ROW};
use super::tokens::{Ended, Fields, How};
use super::window::{Window, too_long};
use crate::broken::lost;

/// Bytes that a thread looks at at a time: they stay in its second-level cache.
pub(crate) const CHUNK: usize = 512 << 10;

/// A row that goes on so far behind its chunk is counted again when it is known where it begins.
const FAR: usize = 4 << 20;

/// Some whole lines of the text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Piece {
    pub(crate) start: u64,
    pub(crate) end: u64,
    /// Lines before it.
    pub(crate) line: u64,
    /// Rows before it.
    pub(crate) row: u64,
    /// Its rows.
    pub(crate) rows: u64,
    /// More rows follow that are not wanted.
    pub(crate) is_cut: bool,
    /// Where its last line begins.
    pub(crate) last: u64,
    /// Fields of one row before the piece and in it, where it is a part of a row.
    pub(crate) part: Option<(usize, usize)>,
    /// The fields of its only row, where they are more or fewer than they should be.
    pub(crate) ragged: Option<usize>,
}

/// Where all rows are.
#[derive(Debug)]
pub(crate) struct Index<S> {
    pub(crate) pieces: Vec<Piece>,
    pub(crate) rows: u64,
    /// Where the first row begins, and the lines before it.
    pub(crate) first: Option<(u64, u64)>,
    pub(crate) survey: S,
}

/// What is to be learned of the rows besides their number.
pub(crate) trait Survey: Default + Send {
    /// True when fields are to be looked at.
    const LOOKS: bool;

    /// What is to be known for that.
    type Rules: Sync;

    /// Looks at a row: at its fields in `text`. It begins in `line`, counted from 0 in its chunk.
    ///
    /// # Errors
    /// What is wrong with a field, and which.
    fn look(
        &mut self,
        rules: &Self::Rules,
        text: &[u8],
        fields: &Fields,
        line: u64,
    ) -> Result<(), (Option<usize>, Error)>;

    /// Looks at the row that begins at `from`, if it is a plain one, and says what is behind it.
    fn quick(&mut self, rules: &Self::Rules, text: &[u8], from: usize, line: u64) -> Option<usize> {
        let _ = (rules, text, from, line);
        None
    }

    /// Adds what a later chunk has, before which there are so many lines.
    ///
    /// # Errors
    /// `LimitExceeded`.
    fn add(&mut self, later: Self, before: u64) -> Result<()>;
}

/// Nothing but the number of rows.
impl Survey for () {
    const LOOKS: bool = false;
    type Rules = ();

    fn look(&mut self, (): &(), _: &[u8], _: &Fields, _: u64) -> Result<(), (Option<usize>, Error)> {
        Ok(())
    }

    fn add(&mut self, (): Self, _: u64) -> Result<()> {
        Ok(())
    }
}

/// What is indexed.
#[derive(Debug)]
pub(crate) struct Indexing<'t, 'a> {
    pub(crate) text: &'t Positioned<'a>,
    pub(crate) dialect: &'t Dialect,
    /// Where the first line begins, and the lines before it.
    pub(crate) from: (u64, u64),
    pub(crate) max_rows: Option<u64>,
    /// Bytes of a chunk.
    pub(crate) chunk: usize,
    /// No other characters are allowed.
    pub(crate) is_ascii: bool,
    /// Where the text begins in the file, if it is in it.
    pub(crate) base: Option<u64>,
    /// Rows so far.
    pub(crate) taken: AtomicU64,
    /// The most bytes of a row that is held.
    pub(crate) longest: u64,
}

/// What was found in a chunk.
#[derive(Debug, Default)]
struct Counted<S> {
    /// Where the first line of the chunk begins; `None` when none does.
    first: Option<u64>,
    /// Behind the last row that begins in the chunk, where that is known.
    end: Option<u64>,
    lines: u64,
    rows: u64,
    first_row: Option<(u64, u64)>,
    last: u64,
    survey: S,
    fault: Option<Fault>,
    /// It was not counted to the end.
    is_given_up: bool,
    /// More rows follow that are not wanted.
    is_cut: bool,
}

/// What a thread needs for a chunk, and what it found.
#[derive(Debug, Default)]
struct Slot<S> {
    range: (u64, u64),
    window: Window,
    fields: Fields,
    counted: Counted<S>,
}

impl Indexing<'_, '_> {
    /// Finds all rows.
    ///
    /// # Errors
    /// `Malformed` for what is no UTF-8 or (where rows are looked at) no table, `LimitExceeded`, `Io`.
    pub(crate) fn run<S: Survey>(&self, rules: &S::Rules) -> Result<Index<S>> {
        let (start, len) = (self.from.0, self.text.len());
        let is_enough = AtomicBool::new(self.max_rows == Some(0));
        let chunk = self.chunk.max(1) as u64;
        let mut at = start;
        let chunks = std::iter::from_fn(|| {
            let from = at;
            if from >= len || is_enough.load(Ordering::Relaxed) {
                return None;
            }
            at = from.saturating_add(chunk).min(len);
            Some((from, at))
        });
        let mut found = Found {
            indexing: self,
            rules,
            index: Index { pieces: Vec::new(), rows: 0, first: None, survey: S::default() },
            lines: self.from.1,
            expected: start,
            reached: start,
            knows_end: false,
        };
        let left = usize::try_from(len.saturating_sub(start)).unwrap_or(usize::MAX);
        // Rows that are not wanted are not looked at: the chunks before one have to be counted first.
        let is_in_turn = self.max_rows.is_some() && (S::LOOKS || !self.dialect.has_plain_lines());
        let workers = if is_in_turn { 1 } else { threads::worth(left, self.chunk.max(1)) };
        threads::in_order(
            workers,
            chunks,
            workers,
            |range, slot: &mut Slot<S>| self.count(rules, range, slot),
            |slot| {
                if is_enough.load(Ordering::Relaxed) {
                    return Ok(());
                }
                found.add(slot)?;
                self.taken.store(found.index.rows, Ordering::Relaxed);
                if self.max_rows.is_some_and(|most| found.index.rows >= most) {
                    is_enough.store(true, Ordering::Relaxed);
                }
                Ok(())
            },
        )?;
        found.finish(len)
    }

    fn count<S: Survey>(&self, rules: &S::Rules, range: (u64, u64), slot: &mut Slot<S>) -> Result<()> {
        slot.range = range;
        slot.counted = Counted::default();
        if self.dialect.has_plain_lines() && !S::LOOKS {
            return self.count_lines(range, slot);
        }
        let Some(first) = self.first_line(range, &mut slot.window)? else { return Ok(()) };
        self.count_rows(rules, (first, range.1), Some(FAR), slot)
    }

    /// Where the first line of a chunk begins.
    fn first_line(&self, (start, end): (u64, u64), window: &mut Window) -> Result<Option<u64>> {
        if start == self.from.0 {
            return Ok(Some(start));
        }
        // A line feed may follow the chunk, and begin the next line there.
        let len = usize::try_from(end - start).unwrap_or(usize::MAX);
        window.read(self.text, start - 1, len.saturating_add(1))?;
        Ok(first_line_in(window).map(|at| window.start() + at as u64).filter(|first| *first < end))
    }

    /// Counts lines that are rows, where the first bytes tell.
    fn count_lines<S: Survey>(&self, (start, end): (u64, u64), slot: &mut Slot<S>) -> Result<()> {
        let is_first = start == self.from.0;
        let before = u64::from(!is_first);
        let len = usize::try_from(end - start + before).unwrap_or(usize::MAX);
        let Slot { window, counted, .. } = slot;
        // Some bytes more tell whether the last line is a row.
        window.read(self.text, start - before, len.saturating_add(64))?;
        let mut pos = match if is_first { Some(0) } else { first_line_in(window) } {
            Some(pos) if pos < len => pos,
            _ => return Ok(()),
        };
        counted.first = Some(window.start() + pos as u64);
        let has_returns = memchr::memchr(b'\r', window.bytes()).is_some();
        loop {
            counted.last = window.start() + pos as u64;
            if self.is_row(window, pos)? {
                counted.first_row.get_or_insert((counted.last, counted.lines));
                counted.rows += 1;
            }
            counted.lines += 1;
            let rest =
                window.bytes().get(pos..).ok_or_else(|| lost("a line lies outside of what was read"))?;
            let end = match has_returns {
                true => line_end(rest, window.is_all()).map(|end| end.end),
                false => memchr::memchr(b'\n', rest).map(|at| at + 1),
            };
            pos += end.unwrap_or(rest.len());
            // Where the text ends, no line begins.
            if pos >= len.min(window.bytes().len()) {
                return Ok(());
            }
        }
    }

    /// True when the line at a place of the window has a field.
    fn is_row(&self, window: &mut Window, pos: usize) -> Result<bool> {
        loop {
            let line =
                window.bytes().get(pos..).ok_or_else(|| lost("a line lies outside of what was read"))?;
            match has_field(self.dialect, line) {
                Some(has) => return Ok(has),
                None if window.is_all() => {
                    let mut fields = Fields::default();
                    fields.cut(self.dialect, window.bytes(), pos);
                    fields.check()?;
                    return Ok(!fields.is_empty());
                }
                None if line.len() > LONG_ROW && self.is_without_fields(window.start() + pos as u64)? => {
                    return Ok(false);
                }
                None => window.extend(self.text, window.bytes().len().max(64))?,
            }
        }
    }

    /// True when the line at a place of the text has no fields, which is found out without holding it.
    fn is_without_fields(&self, at: u64) -> Result<bool> {
        let walked = long::without_fields(self.text, self.dialect, at, self.longest, self.is_ascii);
        Ok(walked.map_err(|fault| fault.error)?.is_some())
    }

    /// Cuts the rows that begin from `start` on and before `end`. If one ends more than `far` behind, all is given up.
    fn count_rows<S: Survey>(
        &self,
        rules: &S::Rules,
        (start, end): (u64, u64),
        far: Option<usize>,
        slot: &mut Slot<S>,
    ) -> Result<()> {
        let Slot { window, fields, counted, .. } = slot;
        *counted = Counted { first: Some(start), last: start, ..Counted::default() };
        let len = usize::try_from(end.saturating_sub(start)).unwrap_or(usize::MAX);
        window.read(self.text, start, len.saturating_add(4 << 10))?;
        let most = self.max_rows.unwrap_or(u64::MAX).saturating_sub(self.taken.load(Ordering::Relaxed));
        let mut pos = 0;
        let mut valid = valid_len(window.bytes(), self.is_ascii);
        while pos < len && counted.rows < most {
            let known =
                window.bytes().get(..valid).ok_or_else(|| lost("a text is longer than what was read"))?;
            let quick = counted.survey.quick(rules, known, pos, counted.lines);
            if let Some(next) = quick {
                counted.last = start + pos as u64;
                counted.first_row.get_or_insert((counted.last, counted.lines));
                counted.rows += 1;
                counted.lines += 1;
                pos = next;
                continue;
            }
            let ended = fields.cut(self.dialect, window.bytes(), pos);
            if ended.how != How::Line && !window.is_all() {
                let held = window.bytes().len();
                if far.is_some_and(|far| held > len.saturating_add(far)) {
                    counted.is_given_up = true;
                    return Ok(());
                }
                if held - pos > LONG_ROW && far.is_none() {
                    if let Some(next) = self.long_row(rules, window, pos, fields, counted) {
                        pos = next;
                        continue;
                    }
                    if counted.fault.is_some() {
                        return Ok(());
                    }
                }
                let Some(more) = more(held - pos, self.longest) else {
                    let error = too_long("row", self.longest);
                    let at = start + pos as u64;
                    counted.fault = Some(Fault { lines: counted.lines, column: None, at, error });
                    return Ok(());
                };
                window.extend(self.text, more)?;
                valid = valid_len(window.bytes(), self.is_ascii);
                continue;
            }
            if pos >= window.bytes().len() {
                break;
            }
            counted.last = start + pos as u64;
            if let Err(fault) = self.look_at(rules, window, (pos, ended), fields, counted) {
                counted.fault = Some(fault);
                return Ok(());
            }
            counted.lines += ended.lines.max(1) as u64;
            pos = ended.end;
        }
        counted.end = Some(start + pos as u64);
        counted.is_cut = pos < len.min(window.bytes().len());
        window.shrink(8 * self.chunk.max(1 << 20));
        Ok(())
    }

    fn look_at<S: Survey>(
        &self,
        rules: &S::Rules,
        window: &Window,
        (pos, ended): (usize, Ended),
        fields: &Fields,
        counted: &mut Counted<S>,
    ) -> Result<(), Fault> {
        let at = window.start() + pos as u64;
        let lines = counted.lines;
        let outside =
            || Fault { lines, column: None, at, error: lost("a row lies outside of what was read") };
        let line = window.bytes().get(pos..ended.end).ok_or_else(outside)?;
        check_utf8(line, self.is_ascii).map_err(|(place, error)| Fault {
            lines,
            column: fields.column_of(pos + place),
            at: at + place as u64,
            error,
        })?;
        if ended.how == How::Quote && self.dialect.is_csv {
            return Err(unclosed(fields, lines, at));
        }
        self.take(rules, window, (at, lines), fields, counted)
    }

    /// Cuts the row at a place of the window without holding it, and says where the next one is; `None` when its dialect does
    /// not allow that, or there is a fault.
    fn long_row<S: Survey>(
        &self,
        rules: &S::Rules,
        window: &Window,
        pos: usize,
        fields: &mut Fields,
        counted: &mut Counted<S>,
    ) -> Option<usize> {
        let (at, lines) = (window.start() + pos as u64, counted.lines);
        let ended = long::cut(self.text, self.dialect, (at, pos), self.longest, self.is_ascii, fields);
        let ended = match ended {
            Ok(ended) => ended?,
            Err(fault) => {
                counted.fault = Some(Fault { lines, ..fault });
                return None;
            }
        };
        counted.last = at;
        let taken = match ended.how == How::Quote && self.dialect.is_csv {
            true => Err(unclosed(fields, lines, at)),
            false => self.take(rules, window, (at, lines), fields, counted),
        };
        counted.lines += ended.lines.max(1) as u64;
        counted.fault = taken.err();
        let next = usize::try_from(ended.end - window.start()).ok();
        next.filter(|_| counted.fault.is_none())
    }

    /// Ends a piece before its last line, if that is a long one without fields, which need not be held. So many lines are
    /// before that.
    fn leave_out(&self, piece: &mut Piece, lines: u64) -> Result<()> {
        if piece.end.saturating_sub(piece.last) <= LONG_ROW as u64 {
            return Ok(());
        }
        let walked = long::without_fields(self.text, self.dialect, piece.last, self.longest, self.is_ascii);
        let walked = walked.map_err(|fault| fault.into_error(lines, self.base))?;
        if walked.is_some_and(|ended| ended.end >= piece.end) {
            piece.end = piece.last;
        }
        Ok(())
    }

    /// Counts a row, and looks at its fields.
    fn take<S: Survey>(
        &self,
        rules: &S::Rules,
        window: &Window,
        (at, lines): (u64, u64),
        fields: &Fields,
        counted: &mut Counted<S>,
    ) -> Result<(), Fault> {
        fields.check().map_err(|error| Fault { lines, column: None, at, error })?;
        if fields.is_empty() {
            return Ok(());
        }
        counted.first_row.get_or_insert((at, lines));
        counted.rows += 1;
        counted.survey.look(rules, window.bytes(), fields, lines).map_err(|(column, error)| {
            let place =
                column.and_then(|column| fields.at(column)).map_or(at, |place| window.start() + place as u64);
            Fault { lines, column, at: place, error }
        })
    }
}

/// The last field of a row of CSV has no end.
#[cold]
fn unclosed(fields: &Fields, lines: u64, at: u64) -> Fault {
    let column = Some(fields.len().saturating_sub(1));
    Fault { lines, column, at, error: Error::malformed("the quote at the start of the field is not closed") }
}

/// What has been found so far, chunk after chunk.
struct Found<'i, 't, 'a, S: Survey> {
    indexing: &'i Indexing<'t, 'a>,
    rules: &'i S::Rules,
    index: Index<S>,
    lines: u64,
    /// Where the next row begins.
    expected: u64,
    /// Behind the last chunk.
    reached: u64,
    /// Whether the last chunk told where the next row begins.
    knows_end: bool,
}

impl<S: Survey> Found<'_, '_, '_, S> {
    fn add(&mut self, slot: &mut Slot<S>) -> Result<()> {
        let end = slot.range.1;
        self.reached = end;
        let plain = self.indexing.dialect.has_plain_lines();
        if !plain {
            if self.expected >= end {
                return Ok(());
            }
            if slot.counted.first != Some(self.expected) || slot.counted.is_given_up {
                self.indexing.count_rows(self.rules, (self.expected, end), None, slot)?;
            }
        } else if slot.counted.is_given_up {
            if let Some(first) = slot.counted.first {
                self.indexing.count_rows(self.rules, (first, end), None, slot)?;
            }
        }
        let counted = std::mem::take(&mut slot.counted);
        if let Some(fault) = counted.fault {
            return Err(fault.into_error(self.lines, self.indexing.base));
        }
        let Some(first) = counted.first else { return Ok(()) };
        self.knows_end = counted.end.is_some();
        self.expected = counted.end.unwrap_or(self.expected);
        let index = &mut self.index;
        if index.first.is_none() {
            index.first = counted.first_row.map(|(at, lines)| (at, self.lines + lines));
        }
        let piece = Piece {
            start: first,
            end: first,
            line: self.lines,
            row: index.rows,
            rows: counted.rows,
            is_cut: counted.is_cut,
            last: counted.last,
            part: None,
            ragged: None,
        };
        if let Some(last) = index.pieces.last_mut() {
            last.end = first;
        }
        room::push(&mut index.pieces, piece)?;
        index.rows += counted.rows;
        let before = self.lines;
        self.lines += counted.lines;
        index.survey.add(counted.survey, before)
    }

    fn finish(self, len: u64) -> Result<Index<S>> {
        let Self { indexing, mut index, reached, expected, knows_end, lines, .. } = self;
        if let Some(last) = index.pieces.last_mut() {
            // Behind the rows that are wanted no more is read.
            last.end = match indexing.max_rows {
                Some(_) if knows_end && expected > last.start => expected,
                Some(_) if indexing.dialect.has_plain_lines() && reached > last.start => {
                    next_line(indexing.text, reached)?
                }
                _ => len,
            };
        }
        let mut next_line = lines;
        for piece in index.pieces.iter_mut().rev() {
            indexing.leave_out(piece, next_line.saturating_sub(1))?;
            next_line = piece.line;
        }
        if let Some(most) = indexing.max_rows {
            while let Some(last) = index.pieces.last_mut() {
                if last.row < most {
                    let left = most - last.row;
                    last.is_cut |= last.rows > left || (last.rows == left && reached < len);
                    last.rows = last.rows.min(left);
                    break;
                }
                index.pieces.pop();
            }
            index.rows = index.rows.min(most);
        }
        Ok(index)
    }
}
