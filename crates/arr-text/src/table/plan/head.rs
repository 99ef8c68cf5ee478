//! What stands at the front of a table: lines that are left out, the line of names, the first row.

use arr_core::format::room;
use arr_core::{DType, Error, Hint, Result};

use super::{Names, Planning};
use crate::broken::lost;
use crate::table::columns::{Column, Values, columns_of};
use crate::table::dialect::line_end;
use crate::table::fault::{Fault, check_utf8, more};
use crate::table::infer::{self, Rules};
use crate::table::long::{self, LONG_ROW};
use crate::table::tokens::{Fields, How};
use crate::table::window::{Window, too_long};

/// Bytes of the largest number: a complex one of long doubles.
const LARGEST: usize = 32;

/// What a line is called that is longer than headers may be.
const HEADER: &str = "header line";

/// What was found in a row, and where the next one begins.
pub(super) struct Row<T> {
    pub(super) found: T,
    /// The bytes of the row.
    len: u64,
    end: u64,
    lines: u64,
}

/// What the first row is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum First {
    /// The names of columns.
    Names,
    /// Texts, as all rows that were looked at.
    Texts,
    /// Texts and whole numbers, which may be names: the others have nothing else in these columns either.
    Mixed,
    /// Something else.
    Values,
}

impl Planning<'_, '_> {
    /// Where the text is behind so many lines, and how many there were.
    pub(super) fn skipped(&self, lines: u64) -> Result<(u64, u64)> {
        let text = &self.text.text;
        let (mut at, mut skipped, mut window) = (0u64, 0u64, Window::default());
        while skipped < lines && at < text.len() {
            window.read(text, at, 64 << 10)?;
            let mut pos = 0;
            while skipped < lines && pos < window.bytes().len() {
                let rest = window.bytes().get(pos..).ok_or_else(outside)?;
                let end = line_end(rest, window.is_all()).map(|end| end.end);
                let Some(end) = end.or(window.is_all().then_some(rest.len())) else {
                    if pos > 0 {
                        break;
                    }
                    let more = self.more("line", self.longest, rest.len(), (at, skipped))?;
                    window.extend(text, more)?;
                    continue;
                };
                let line = rest.get(..end).ok_or_else(outside)?;
                check_utf8(line, self.text.is_ascii).map_err(|(place, error)| {
                    let at = at + (pos + place) as u64;
                    Fault { lines: skipped, column: None, at, error }.into_error(0, self.text.base)
                })?;
                skipped += 1;
                pos += end;
            }
            at += pos as u64;
        }
        Ok((at, skipped))
    }

    /// How many more bytes are to be read of a line of which so many are held.
    fn more(&self, what: &str, longest: u64, held: usize, (at, lines): (u64, u64)) -> Result<usize> {
        more(held, longest).ok_or_else(|| {
            let error = match what {
                HEADER => {
                    Error::limit(format!("a header line of more than {longest} bytes exceeds the limit"))
                        .with_hint(Hint::Limit("max_header_size"))
                }
                what => too_long(what, longest),
            };
            Fault { lines, column: None, at, error }.into_error(0, self.text.base)
        })
    }

    /// What `look` finds in the first row from a place on; `None` when there is none.
    pub(super) fn row_at<T>(
        &self,
        place: (u64, u64),
        look: impl FnMut(&[u8], &Fields) -> Result<T>,
    ) -> Result<Option<Row<T>>> {
        self.row_within(("row", self.longest), place, look)
    }

    /// The same; the row is called `what`, and has no more than `longest` bytes.
    fn row_within<T>(
        &self,
        (what, longest): (&str, u64),
        (at, lines): (u64, u64),
        mut look: impl FnMut(&[u8], &Fields) -> Result<T>,
    ) -> Result<Option<Row<T>>> {
        let text = &self.text.text;
        let (mut at, mut line) = (at, lines);
        let (mut window, mut fields) = (Window::default(), Fields::default());
        while at < text.len() {
            window.read(text, at, 64 << 10)?;
            let mut pos = 0;
            loop {
                let ended = fields.cut(&self.dialect, window.bytes(), pos);
                let held = window.bytes().len();
                if ended.how != How::Line && !window.is_all() {
                    if pos > 0 {
                        break;
                    }
                    if held > LONG_ROW {
                        if let Some(row) = self.walked((at, line), longest, &mut fields, &mut look)? {
                            let Row { found, len, end, lines } = row;
                            if let Some(found) = found {
                                return Ok(Some(Row { found, len, end, lines }));
                            }
                            (line, pos) = (lines, usize::try_from(len).map_err(|_| outside())?);
                            break;
                        }
                    }
                    let more = self.more(what, longest, held, (at, line))?;
                    window.extend(text, more)?;
                    continue;
                }
                if pos >= held {
                    break;
                }
                let row = window.bytes().get(pos..ended.end).ok_or_else(outside)?;
                let at_place = |column, place: usize, error| {
                    let at = at + (pos + place) as u64;
                    Fault { lines: 0, column, at, error }.into_error(line, self.text.base)
                };
                let fault = |place, error| at_place(None, place, error);
                check_utf8(row, self.text.is_ascii)
                    .map_err(|(place, error)| at_place(fields.column_of(pos + place), place, error))?;
                fields.check().map_err(|error| fault(0, error))?;
                if !fields.is_empty() {
                    let found = look(window.bytes(), &fields)
                        .map_err(|error| fault(0, self.with_encoding(error, row, at + pos as u64)))?;
                    let (len, end) = (row.len() as u64, at + ended.end as u64);
                    return Ok(Some(Row { found, len, end, lines: line + ended.lines.max(1) as u64 }));
                }
                line += ended.lines.max(1) as u64;
                pos = ended.end;
            }
            at += pos as u64;
        }
        Ok(None)
    }

    /// What `look` finds in the row at a place, which is not held; nothing in one without fields. `None` where the dialect
    /// does not allow that.
    fn walked<T>(
        &self,
        (at, lines): (u64, u64),
        longest: u64,
        fields: &mut Fields,
        look: &mut impl FnMut(&[u8], &Fields) -> Result<T>,
    ) -> Result<Option<Row<Option<T>>>> {
        let fault = |at: u64, error: Error| {
            Fault { lines: 0, column: None, at, error }.into_error(lines, self.text.base)
        };
        let ended = long::cut(&self.text.text, &self.dialect, (at, 0), longest, self.text.is_ascii, fields);
        let Some(ended) = ended.map_err(|fault| fault.into_error(lines, self.text.base))? else {
            return Ok(None);
        };
        fields.check().map_err(|error| fault(at, error))?;
        let found = match fields.is_empty() {
            true => None,
            false => Some(look(&[], fields).map_err(|error| fault(at, error))?),
        };
        let lines = lines + ended.lines.max(1) as u64;
        Ok(Some(Row { found, len: ended.end - at, end: ended.end, lines }))
    }

    /// Looks for a header line. If there is one, `from` is put behind it.
    pub(super) fn header(&mut self, values: &Values, from: &mut (u64, u64)) -> Result<Option<Vec<String>>> {
        let given = match &self.request.names {
            Names::Given(names) => Some(names.clone()),
            _ => None,
        };
        let start = *from;
        let Some(first) = self.is_header(values, start)? else { return Ok(given) };
        let is_header = first == First::Names;
        // Texts alone could be values too.
        let is_of_texts =
            matches!(self.request.dtype, Some(DType::Bytes(_) | DType::Unicode(..) | DType::Utf8));
        if is_header && is_of_texts && self.request.names == Names::Detected {
            let note = "the first line was taken for names: if it has values, say so";
            self.notes.push((note.to_owned(), Some(Hint::Option("names", "null"))));
        }
        if self.request.names == Names::Detected {
            (self.is_doubtful, self.is_mixed) = (first == First::Texts, first == First::Mixed);
        }
        let how = match (&self.request.names, is_header) {
            (Names::Line, _) => Some("the first row, as told"),
            (_, true) => Some("the first row: it has texts where the others have numbers"),
            (_, false) => None,
        };
        if let Some(how) = how {
            self.details.push(("header line", how.to_owned()));
        }
        if !is_header {
            return Ok(given);
        }
        let names = self.row_at(start, |text, fields| match given.is_some() {
            true => Ok(Vec::new()),
            false => texts(text, fields, self.dialect.is_csv),
        })?;
        let names = names.ok_or_else(|| lost("the header line is not there"))?;
        *from = (names.end, names.lines);
        Ok(given.or(Some(names.found)))
    }

    /// What the first row is by the dtype that is told: the names of its fields, or a row in which each field that is no text
    /// is a value of its dtype. Nothing where that tells nothing.
    fn told(&self, values: &Values, text: &[u8], fields: &Fields) -> Option<First> {
        let dtype = self.request.dtype.as_ref().filter(|_| self.request.picks.is_none())?;
        let record = dtype.as_record();
        if let Some(record) = record.filter(|record| record.fields().len() == fields.len()) {
            let mut names = record.fields().iter().enumerate();
            let is_called = |place: usize, name: &str| fields.get(text, place) == Some(name.as_bytes());
            if names.all(|(place, field)| is_called(place, field.name())) {
                return Some(First::Names);
            }
        }
        let columns = columns_of(dtype, self.limits.fields()).ok()?;
        let (mut is_read, mut scratch) = (false, Vec::new());
        for place in 0..fields.len() {
            let column = columns.get(if record.is_none() { 0 } else { place })?;
            if column.kind.length().is_some() {
                continue;
            }
            let column = Column { offset: 0, ..column.clone() };
            let field = fields.get(text, place)?;
            values.put(&self.dialect, &column, field, &mut [0; LARGEST], &mut scratch).ok()?;
            is_read = true;
        }
        is_read.then_some(First::Values)
    }

    /// What the first row is; `None` when there is no row.
    ///
    /// # Errors
    /// `LimitExceeded` for a header line that is longer than headers may be.
    fn is_header(&self, values: &Values, start: (u64, u64)) -> Result<Option<First>> {
        // Of what is told to be a header no more is read.
        let is_told = self.request.names == Names::Line;
        let most = self.limits.header_size();
        let longest = if is_told && most < self.longest { (HEADER, most) } else { ("row", self.longest) };
        let rules = Rules::kinds(&self.dialect, values);
        // What a field is: nothing for one that is missing.
        let is_value = |text: &[u8], fields: &Fields, place: usize| match (
            fields.long(place),
            fields.get(text, place),
        ) {
            // What is too long to be kept is a text.
            (Some(_), _) => Some(false),
            (None, Some(field)) if !values.is_missing(field) => Some(infer::is_value(&rules, field)),
            (None, _) => None,
        };
        let look = |text: &[u8], fields: &Fields| {
            let mut front = Front { has_value: false, are_names: true, texts: Vec::new(), told: None };
            if self.request.names == Names::Detected {
                front.told = self.told(values, text, fields);
            }
            for place in 0..fields.len() {
                let found = is_value(text, fields, place);
                if found == Some(true) {
                    let is_whole = fields
                        .get(text, place)
                        .is_some_and(|field| field.len() > 2 && field.iter().all(u8::is_ascii_digit));
                    (front.has_value, front.are_names) = (true, front.are_names && is_whole);
                }
                if place < MOST_COMPARED {
                    room::push(&mut front.texts, (found == Some(false)).then_some(Below::default()))?;
                }
            }
            Ok(front)
        };
        let Some(first) = self.row_within(longest, start, look)? else { return Ok(None) };
        let Front { has_value, are_names, mut texts, told } = first.found;
        let (mut is_header, mut rows) = (is_told || told == Some(First::Names), 0);
        if told == Some(First::Values) {
            return Ok(told);
        }
        if !is_header && texts.iter().any(Option::is_some) {
            // Some rows are enough to see values.
            let mut from = (first.end, first.lines);
            for _ in 0..100 {
                let row = self.row_at(from, |text, fields| {
                    for place in 0..fields.len() {
                        let found = is_value(text, fields, place);
                        if let Some(Some(column)) = texts.get_mut(place) {
                            column.values += u32::from(found == Some(true));
                            column.texts += u32::from(found == Some(false));
                        }
                    }
                    Ok(())
                })?;
                let Some(row) = row else { break };
                rows += 1;
                from = (row.end, row.lines);
            }
            // A text is a name where values stand below it, but for one in five that is none, such as a mark of a missing
            // one; a value among texts makes no name of the first of them. Where numbers are told, no text is a value.
            let is_number = matches!(self.request.dtype, Some(DType::Scalar(..)));
            let are_values = |column: &Below| {
                column.values > 0 && (is_number && !has_value || 4 * column.texts <= column.values)
            };
            is_header |= texts.iter().flatten().any(are_values);
        }
        if is_header {
            let place = |error: Error| match self.text.base {
                Some(base) => error.at(base.saturating_add(start.0)),
                None => error,
            };
            self.limits.budget().check_header(first.len).map_err(place)?;
        }
        Ok(Some(match is_header {
            true => First::Names,
            false if !has_value && (rows > 0 || !texts.is_empty()) => First::Texts,
            false if rows > 0 && are_names => First::Mixed,
            false => First::Values,
        }))
    }
}

/// So many columns are looked at one by one to find a header line.
const MOST_COMPARED: usize = 1 << 16;

/// What the fields of the first row are.
struct Front {
    has_value: bool,
    /// No field is a value but whole numbers of some digits, as years are.
    are_names: bool,
    /// The columns in which it has a text.
    texts: Vec<Option<Below>>,
    /// What the dtype tells.
    told: Option<First>,
}

/// What stands in a column below a text.
#[derive(Clone, Copy, Debug, Default)]
struct Below {
    values: u32,
    texts: u32,
}

/// The texts of the fields of a row.
fn texts(row: &[u8], fields: &Fields, is_strict: bool) -> Result<Vec<String>> {
    let mut texts = room::reserved(fields.len())?;
    for place in 0..fields.len() {
        if let Some(chars) = fields.long(place) {
            return Err(Error::limit(format!("a name of {chars} characters is too long")));
        }
        let field = fields.get(row, place).ok_or_else(outside)?;
        if is_strict && memchr::memchr(0, field).is_some() {
            let message = format!("the name of column {} has a NUL byte, which text has not", place + 1);
            return Err(Error::malformed(message));
        }
        let mut text = String::new();
        text.try_reserve(field.len()).map_err(room::no_memory)?;
        text.push_str(&String::from_utf8_lossy(field));
        texts.push(text);
    }
    Ok(texts)
}

fn outside() -> Error {
    lost("a field lies outside of its row")
}
