//! Pieces of text as items: the second pass, straight into the result.

use std::ops::Range;

use arr_core::format::{Positioned, Swap, threads};
use arr_core::{Error, Hint, Result};

use super::columns::{Bad, Column, Kind, Values, is_by_the_clock, picked};
use super::dialect::Dialect;
use super::fast::Fast;
use super::fault::{Fault, check_utf8, hinted, shown};
use super::index::Piece;
use super::tokens::Fields;
use super::window::Window;
use crate::broken::lost;

/// What the fields of a row become.
#[derive(Debug)]
pub(crate) enum Columns {
    /// So many items, one after another.
    Same(Column, usize),
    /// Each what is said.
    Each(Vec<Column>),
}

impl Columns {
    /// How many there are.
    pub(crate) fn len(&self) -> usize {
        match self {
            Self::Same(_, count) => *count,
            Self::Each(columns) => columns.len(),
        }
    }

    /// What a field becomes.
    pub(crate) fn at(&self, place: usize) -> Option<Column> {
        match self {
            Self::Same(column, _) => {
                let offset = place.checked_mul(column.kind.size())?;
                Some(Column { offset, ..column.clone() })
            }
            Self::Each(columns) => columns.get(place).cloned(),
        }
    }
}

/// How rows become items.
#[derive(Debug)]
pub(crate) struct Rows {
    pub(crate) dialect: Dialect,
    pub(crate) values: Values,
    pub(crate) columns: Columns,
    /// The columns of the file that are taken; `None` for all.
    pub(crate) picks: Option<Vec<i64>>,
    /// Rows that are too short are filled.
    pub(crate) fills: bool,
    /// The columns are those of a dtype, not those of the first row.
    pub(crate) is_dtype: bool,
    /// Bytes of the items of a row.
    pub(crate) size: usize,
    pub(crate) fast: Option<Fast>,
    /// What brings items into the byte order that is wanted.
    pub(crate) swap: Swap,
    pub(crate) is_ascii: bool,
    /// Where the text begins in the file, if it is in it.
    pub(crate) base: Option<u64>,
}

/// What a thread needs for the pieces that it does.
#[derive(Debug, Default)]
pub(crate) struct Scratch {
    window: Window,
    fields: Fields,
    number: Vec<u8>,
}

impl Rows {
    /// Makes the items of some pieces, which follow one another in `out`.
    pub(crate) fn fill(&self, text: &Positioned<'_>, pieces: &[Piece], out: &mut [u8]) -> Result<()> {
        let mut rest = out;
        let work = pieces.iter().map(|piece| {
            let len = self.len_of(piece).min(rest.len());
            let (front, back) = std::mem::take(&mut rest).split_at_mut(len);
            rest = back;
            (piece, front)
        });
        let largest = pieces.iter().map(|piece| piece.end - piece.start).max().unwrap_or(0);
        // All windows together stay small.
        let at_once = usize::try_from((48 << 20) / largest.max(1)).unwrap_or(1).max(1);
        let workers = if pieces.len() > 1 { threads::count().min(at_once).min(pieces.len()) } else { 1 };
        threads::each(workers, work, Scratch::default, |scratch, _, (piece, out)| {
            self.piece(text, piece, out, scratch)
        })
    }

    /// The bytes of the items of a piece.
    pub(crate) fn len_of(&self, piece: &Piece) -> usize {
        match (piece.part, &self.columns) {
            (Some((_, count)), Columns::Same(column, _)) => count.saturating_mul(column.kind.size()),
            _ => usize::try_from(piece.rows).unwrap_or(usize::MAX).saturating_mul(self.size),
        }
    }

    /// Makes the items of a piece.
    pub(crate) fn piece(
        &self,
        text: &Positioned<'_>,
        piece: &Piece,
        out: &mut [u8],
        scratch: &mut Scratch,
    ) -> Result<()> {
        let len =
            usize::try_from(piece.end - piece.start).map_err(|_| Error::limit("a piece is too long"))?;
        scratch.window.read(text, piece.start, len)?;
        let done = match piece.part {
            Some(part) => self.part(part, out, scratch),
            None => self.rows_of(piece, out, scratch),
        };
        scratch.window.shrink(8 << 20);
        done.map_err(|fault| fault.into_error(piece.line, self.base))?;
        self.swap.apply(out);
        Ok(())
    }

    /// The piece that has some of the rows of a piece, counted from its first one.
    pub(crate) fn some_rows(
        &self,
        text: &Positioned<'_>,
        piece: &Piece,
        wanted: Range<u64>,
        scratch: &mut Scratch,
    ) -> Result<Piece> {
        let len =
            usize::try_from(piece.end - piece.start).map_err(|_| Error::limit("a piece is too long"))?;
        let Scratch { window, fields, .. } = scratch;
        window.read(text, piece.start, len)?;
        let text = window.bytes();
        let (mut at, mut lines, mut rows) = (0, 0u64, 0u64);
        let (mut begin, mut last) = ((0, 0), 0);
        while rows < wanted.end {
            if at >= text.len() {
                return Err(changed());
            }
            let ended = fields.cut(&self.dialect, text, at);
            last = at;
            rows += u64::from(!fields.is_empty());
            lines += ended.lines.max(1) as u64;
            at = ended.end;
            if rows == wanted.start && !fields.is_empty() {
                begin = (at, lines);
            }
        }
        let place = |at: usize| piece.start.saturating_add(at as u64);
        Ok(Piece {
            start: place(begin.0),
            end: place(at),
            line: piece.line.saturating_add(begin.1),
            row: piece.row.saturating_add(wanted.start),
            rows: wanted.end.saturating_sub(wanted.start),
            is_cut: true,
            last: place(last),
            part: None,
            ragged: None,
        })
    }

    fn rows_of(&self, piece: &Piece, out: &mut [u8], scratch: &mut Scratch) -> Result<(), Fault> {
        let Scratch { window, fields, number } = scratch;
        let (text, start) = (window.bytes(), window.start());
        let (mut at, mut lines, mut rows, mut done) = (0, 0u64, 0, 0);
        let fast = self.fast.as_ref().filter(|_| self.is_known(text));
        loop {
            let rest = out.get_mut(done..).filter(|rest| !rest.is_empty());
            if let (Some(fast), Some(rest)) = (fast, rest) {
                let (next, len) = fast.run(&self.dialect, &self.values, text, at, rest, number);
                let count = (len / self.size.max(1)) as u64;
                (at, done, rows, lines) = (next, done + len, rows + count, lines + count);
            }
            if at >= text.len() || (piece.is_cut && rows == piece.rows) {
                break;
            }
            let ended = fields.cut(&self.dialect, text, at);
            let fault = |place: usize, error| Fault { lines, column: None, at: start + place as u64, error };
            let line =
                text.get(at..ended.end).ok_or_else(|| fault(0, lost("a row lies outside of its piece")))?;
            check_utf8(line, self.is_ascii).map_err(|(place, error)| Fault {
                column: fields.column_of(at + place),
                ..fault(at + place, error)
            })?;
            fields.check().map_err(|error| fault(at, error))?;
            if !fields.is_empty() {
                let row = out.get_mut(done..done.saturating_add(self.size));
                let row = row.filter(|_| rows < piece.rows).ok_or_else(|| fault(at, changed()))?;
                self.row(text, fields, row, number).map_err(|(column, error)| {
                    let place = column.and_then(|column| fields.at(column)).unwrap_or(at);
                    let error = match self.dialect.is_csv {
                        true => hinted(error, line, self.base.map(|base| base + start + at as u64)),
                        false => error,
                    };
                    Fault { column, ..fault(place, error) }
                })?;
                (rows, done) = (rows + 1, done + self.size);
            }
            lines += ended.lines.max(1) as u64;
            at = ended.end;
        }
        if rows < piece.rows {
            return Err(Fault { lines, column: None, at: start, error: changed() });
        }
        Ok(())
    }

    /// True when nothing needs to be looked at to know that it is in the encoding, but that it is UTF-8.
    fn is_known(&self, text: &[u8]) -> bool {
        !self.is_ascii || text.is_ascii()
    }

    /// Makes items of a part of a row.
    fn part(
        &self,
        (first, count): (usize, usize),
        out: &mut [u8],
        scratch: &mut Scratch,
    ) -> Result<(), Fault> {
        let Scratch { window, fields, number } = scratch;
        let (mut text, start) = (window.bytes(), window.start());
        if let Some(delimiter) = self.dialect.delimiter {
            let mut bytes = [0; 4];
            if first + count < self.columns.len() {
                text = text.strip_suffix(delimiter.encode_utf8(&mut bytes).as_bytes()).unwrap_or(text);
            }
        }
        let Columns::Same(column, _) = &self.columns else {
            return Err(Fault { lines: 0, column: None, at: start, error: changed() });
        };
        let part = Columns::Same(column.clone(), count);
        let fast =
            Fast::same(&self.dialect, &self.values, column.kind, count).filter(|_| self.is_known(text));
        if let Some(fast) = fast {
            let (at, len) = fast.run(&self.dialect, &self.values, text, 0, out, number);
            if at == text.len() && len == out.len() {
                return Ok(());
            }
        }
        let fault = |place: usize, error| Fault { lines: 0, column: None, at: start + place as u64, error };
        check_utf8(text, self.is_ascii).map_err(|(place, error)| fault(place, error))?;
        fields.cut(&self.dialect, text, 0);
        fields.check().map_err(|error| fault(0, error))?;
        // One field that is empty is not a row, but may be a part of one.
        if fields.len() != count && (fields.len(), count) != (0, 1) {
            return Err(fault(0, changed()));
        }
        for place in 0..count {
            // A part of one empty field has none.
            let field = if fields.is_empty() { Some(&[][..]) } else { fields.get(text, place) };
            let missing = || fault(0, lost("a part of a row has fewer fields than were counted"));
            let (field, column) = field.zip(part.at(place)).ok_or_else(missing)?;
            self.values.put(&self.dialect, &column, field, out, number).map_err(|bad| {
                let error = self.refused(column.kind, bad, field);
                Fault { column: Some(first + place), ..fault(fields.at(place).unwrap_or(0), error) }
            })?;
        }
        Ok(())
    }

    /// Makes the items of a row.
    fn row(
        &self,
        text: &[u8],
        fields: &Fields,
        row: &mut [u8],
        scratch: &mut Vec<u8>,
    ) -> Result<(), (Option<usize>, Error)> {
        let (found, wanted) = (fields.len(), self.columns.len());
        let fits = found == wanted || self.picks.is_some() || (self.fills && found < wanted);
        if !fits {
            return Err((None, self.ragged(found, wanted)));
        }
        for place in 0..wanted {
            let at = match self.picks.as_ref().and_then(|picks| picks.get(place)) {
                Some(pick) => self.picked(*pick, found)?,
                None => Some(place).filter(|place| *place < found),
            };
            let column = self.columns.at(place);
            let column = column.ok_or_else(|| (at, lost("a row has fewer columns than were counted")))?;
            let field = match at {
                Some(at) => {
                    let field = fields.get(text, at);
                    Some(field.ok_or_else(|| (Some(at), lost("a row has fewer fields than were counted")))?)
                }
                None => None,
            };
            let done = match field {
                Some(field) => self.values.put(&self.dialect, &column, field, row, scratch),
                None => self.values.fill(&column, row),
            };
            // What is filled in has no field of its own.
            done.map_err(|bad| (at.or(Some(place)), self.refused(column.kind, bad, field.unwrap_or(b""))))?;
        }
        Ok(())
    }

    /// The field that a pick means, in a row of so many.
    fn picked(&self, pick: i64, found: usize) -> Result<Option<usize>, (Option<usize>, Error)> {
        match picked(pick, found) {
            Some(place) => Ok(Some(place)),
            None if self.fills => Ok(None),
            None => {
                let plural = if found == 1 { "" } else { "s" };
                Err((
                    None,
                    Error::malformed(format!(
                        "there is no column {pick}: the row has {found} column{plural}"
                    )),
                ))
            }
        }
    }

    #[cold]
    fn ragged(&self, found: usize, wanted: usize) -> Error {
        let error = ragged(found, wanted, if self.is_dtype { "the dtype" } else { "the first row" });
        if found < wanted { error.with_hint(Hint::Option("fill", "true")) } else { error }
    }

    #[cold]
    fn refused(&self, kind: Kind, bad: Bad, field: &[u8]) -> Error {
        let (text, name) = (shown(field), kind.name());
        let nul = || Error::malformed(format!("{text} has a NUL byte, which text has not"));
        match bad {
            Bad::Nul => nul(),
            Bad::Syntax if self.dialect.is_csv && memchr::memchr(0, field).is_some() => nul(),
            Bad::Long => {
                let count = super::columns::chars(field);
                let most = kind.length().unwrap_or(0);
                let message = format!("{text} is too long for the dtype: {count} characters of {most}");
                Error::malformed(message)
            }
            Bad::Missing => {
                let message = format!("a value is missing, and nothing stands for it in a column of {name}");
                Error::malformed(message).with_hint(Hint::Option("filling-values", "VALUE"))
            }
            Bad::Range => Error::malformed(format!("{text} is too large or too small for {name}")),
            Bad::Syntax => {
                let error = match kind {
                    Kind::Date(_) if is_by_the_clock(field) => {
                        let message = format!(
                            "{text} is a date by the clock of whoever reads it: write the date itself"
                        );
                        Error::malformed(message)
                    }
                    _ => Error::malformed(format!("{text} is not {name}")),
                };
                let has = |delimiter: &u8| field.contains(delimiter);
                match (self.dialect.delimiter, [b',', b';', b'|'].into_iter().find(has)) {
                    (None, Some(delimiter)) => {
                        let (what, hint) = match delimiter {
                            b',' => ("commas", ","),
                            b';' => ("semicolons", ";"),
                            _ => ("bars", "|"),
                        };
                        let message = format!("{text} is not {name}: columns may be separated by {what}");
                        Error::malformed(message).with_hint(Hint::Option("delimiter", hint))
                    }
                    _ => error,
                }
            }
        }
    }
}

/// A row has another number of columns than what `who` says.
#[cold]
fn ragged(found: usize, wanted: usize, who: &str) -> Error {
    let plural = if found == 1 { "" } else { "s" };
    Error::malformed(format!("the row has {found} column{plural}, {who} has {wanted}"))
}

/// What was counted is not what is there.
#[cold]
fn changed() -> Error {
    Error::malformed("the rows are not those that were counted: the file changed while it was read")
}
