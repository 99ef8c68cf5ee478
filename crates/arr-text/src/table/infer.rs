//! Which dtype the fields of a column have.

use arr_core::format::room;
use arr_core::{ByteOrder, DType, Error, Field, RecordType, Result, Scalar, TimeBase, TimeUnit};

use super::columns::{Values, chars, is_by_the_clock, picked, word};
use super::dialect::{Dialect, trimmed};
use super::index::Survey;
use super::numbers;
use super::scan::Scan;
use super::times::{self, Said};
use super::tokens::Fields;
use crate::broken::lost;
use crate::number::parse;

/// What is looked for.
#[derive(Debug)]
pub(crate) struct Rules {
    pub(crate) dialect: Dialect,
    pub(crate) values: Values,
    /// The columns that are taken; `None` for all.
    pub(crate) picks: Option<Vec<i64>>,
    /// Kinds of values are looked for; else the lengths of texts.
    pub(crate) has_kinds: bool,
    /// Units of dates are looked for.
    pub(crate) has_dates: bool,
    /// How plain rows are looked at.
    pub(crate) scan: Option<Scan>,
    /// The columns in which numbers with other signs for the decimal point and for thousands are an error.
    pub(crate) doubtful: Vec<bool>,
    /// The characters that texts of each column may have, which are counted that have more. One counts for all.
    pub(crate) lengths: Vec<Option<usize>>,
}

impl Rules {
    /// Looks for the kinds of values in all columns.
    pub(crate) fn kinds(dialect: &Dialect, values: &Values) -> Self {
        let is_plain = values.is_plain && !values.has_marks() && values.missing.is_some();
        let scan = if is_plain { Scan::new(dialect) } else { None };
        Self {
            dialect: dialect.clone(),
            values: values.clone(),
            picks: None,
            has_kinds: true,
            has_dates: false,
            scan,
            doubtful: Vec::new(),
            lengths: Vec::new(),
        }
    }

    /// The characters that a text of a column may have, where that counts.
    fn length(&self, place: usize) -> Option<usize> {
        let last = self.lengths.len().checked_sub(1)?;
        self.lengths.get(if last == 0 { 0 } else { place }).copied().flatten()
    }
}

/// What has been seen in the columns.
#[derive(Debug, Default)]
pub(crate) struct Seen {
    pub(crate) columns: Vec<Guess>,
    /// The most fields that a row has.
    pub(crate) most: usize,
    pub(super) rows: u64,
}

/// What has been seen in a column.
#[derive(Clone, Debug, Default)]
pub(crate) struct Guess {
    /// The most characters of a field.
    pub(crate) chars: usize,
    pub(super) kinds: u16,
    pub(super) unit: Option<TimeBase>,
    /// Some fields have no value.
    pub(super) has_missing: bool,
    /// Some of them are in quotes: nothing, or blanks, as a text.
    has_quoted_missing: bool,
    /// Some fields are numbers but for the signs of the decimal point and of thousands.
    has_other_points: bool,
    /// Lines before the first whole number that no double holds with all its digits.
    pub(crate) inexact: Option<u64>,
    /// How many texts have more characters than they may have.
    pub(crate) cut: u64,
    /// Lines before the first of them, and its column.
    pub(crate) first_cut: Option<(u64, usize)>,
    /// Lines before the first field of more than [`LONG`] characters, and its column.
    first_long: Option<(u64, usize)>,
}

/// Texts of more characters may be too long for the item of a dtype, and it is kept where they are.
const LONG: usize = 16 << 20;

const BOOL: u16 = 1;
pub(super) const INT: u16 = 2;
pub(super) const NEGATIVE: u16 = 4;
/// A whole number that only `uint64` holds.
const UINT: u16 = 8;
pub(super) const FLOAT: u16 = 16;
const COMPLEX: u16 = 32;
pub(super) const DATE: u16 = 64;
pub(super) const TEXT: u16 = 128;
/// A whole number that no integer of 64 bits holds.
const HUGE: u16 = 256;
/// The text for a missing date.
const NOT_A_DATE: u16 = 512;

impl Survey for Seen {
    const LOOKS: bool = true;
    type Rules = Rules;

    fn quick(&mut self, rules: &Rules, text: &[u8], from: usize, line: u64) -> Option<usize> {
        let scan = rules.scan.as_ref()?;
        self.most = self.most.max(self.columns.len());
        let end = scan.row(self, rules, text, from, line)?;
        if end.saturating_sub(from) > LONG {
            self.columns.iter_mut().enumerate().for_each(|(at, guess)| guess.mark_long((line, at)));
        }
        Some(end)
    }

    fn look(
        &mut self,
        rules: &Rules,
        text: &[u8],
        fields: &Fields,
        line: u64,
    ) -> Result<(), (Option<usize>, Error)> {
        let found = fields.len();
        self.most = self.most.max(found);
        let count = rules.picks.as_ref().map_or(found, Vec::len);
        while self.columns.len() < count {
            // Rows before this one have no such column.
            let guess = Guess { has_missing: self.rows > 0, ..Guess::default() };
            room::push(&mut self.columns, guess).map_err(|error| (None, error))?;
        }
        self.rows += 1;
        for (place, guess) in self.columns.iter_mut().enumerate() {
            if place >= count {
                guess.has_missing = true;
                continue;
            }
            let at = match rules.picks.as_ref().and_then(|picks| picks.get(place)) {
                // A row that has no such column is refused when it is read.
                Some(pick) => match picked(*pick, found) {
                    Some(at) => at,
                    None => {
                        guess.has_missing = true;
                        continue;
                    }
                },
                None => place,
            };
            if let Some(chars) = fields.long(at) {
                guess.see_long(rules, chars).map_err(|error| (Some(at), error))?;
                guess.mark_long((line, at));
                if rules.length(place).is_some_and(|most| chars > most) {
                    guess.count_cut((line, at));
                }
                continue;
            }
            let Some(field) = fields.get(text, at) else { continue };
            if rules.doubtful.get(place) == Some(&true) && !fields.is_quoted(at) && has_other_point(field) {
                return Err((Some(at), other_point(field)));
            }
            guess.see(rules, field, fields.is_quoted(at), line).map_err(|error| (Some(at), error))?;
            guess.mark_long((line, at));
            if rules.length(place).is_some_and(|most| chars(field) > most) && !rules.values.is_missing(field)
            {
                guess.count_cut((line, at));
            }
        }
        Ok(())
    }

    fn add(&mut self, later: Self, before: u64) -> Result<()> {
        self.most = self.most.max(later.most);
        let (rows, count) = (self.rows, self.columns.len());
        self.rows += later.rows;
        if later.rows == 0 {
            return Ok(());
        }
        let others = later.columns.len();
        for guess in self.columns.iter_mut().skip(others) {
            guess.has_missing = true;
        }
        for (place, mut other) in later.columns.into_iter().enumerate() {
            match self.columns.get_mut(place) {
                Some(own) => own.add(&other, before),
                None => {
                    other.begin_behind(before);
                    other.has_missing |= rows > 0 && place >= count;
                    room::push(&mut self.columns, other)?;
                }
            }
        }
        Ok(())
    }
}

impl Seen {
    /// The dtype of each column.
    ///
    /// # Errors
    /// `Mismatch` when a column of dates has no unit, which is a fault of this crate.
    pub(crate) fn dtypes(&self, most: usize) -> Result<Vec<DType>> {
        let mut dtypes = room::reserved(self.columns.len().min(most))?;
        for guess in self.columns.iter().take(most) {
            dtypes.push(guess.dtype()?);
        }
        Ok(dtypes)
    }
}

impl Seen {
    /// An error of texts that no item of a dtype holds, with the place of the first of them.
    pub(crate) fn too_long(&self, error: Error) -> Error {
        match self.columns.iter().filter_map(|guess| guess.first_long).min() {
            Some((line, at)) => error.context(&format!("line {}, column {}", line + 1, at + 1)),
            // Many texts that are long together are a row of the table, which begins there.
            None => error.at(0),
        }
    }
}

impl Guess {
    /// Looks at a field of a line.
    ///
    /// # Errors
    /// `Malformed` for what is not a date where dates are looked for.
    pub(crate) fn see(&mut self, rules: &Rules, field: &[u8], is_quoted: bool, line: u64) -> Result<()> {
        self.chars = self.chars.max(chars(field));
        if rules.has_dates {
            return match times::parse(field) {
                Some(said) => {
                    self.say(said);
                    Ok(())
                }
                // When it is read, it is said why; of those that are read by a clock there is no unit.
                None if is_by_the_clock(field) => Ok(()),
                None => Err(Error::malformed(format!("{} is not a date", super::fault::shown(field)))),
            };
        }
        if !rules.has_kinds {
            return Ok(());
        }
        // Most fields of most columns are plain numbers.
        if rules.values.is_plain && self.kinds & TEXT == 0 && !rules.values.has_marks() {
            let kind = self.number(field, line);
            if kind != 0 {
                self.kinds |= kind;
                return Ok(());
            }
        }
        if rules.values.is_missing(field) {
            self.has_missing = true;
            self.has_quoted_missing |= is_quoted && trimmed(field).is_empty();
            return Ok(());
        }
        // A column of texts stays that.
        if self.kinds & TEXT == 0 {
            match self.kind_of(rules, field, is_quoted, line) {
                TEXT if !is_quoted && has_other_point(field) => self.has_other_points = true,
                kind => self.kinds |= kind,
            }
        }
        Ok(())
    }

    /// Looks at a field that is too long to be kept, which is a text of so many characters.
    fn see_long(&mut self, rules: &Rules, chars: usize) -> Result<()> {
        if rules.has_dates {
            return Err(Error::malformed(format!("a field of {chars} characters is not a date")));
        }
        self.chars = self.chars.max(chars);
        self.kinds |= if rules.has_kinds { TEXT } else { 0 };
        Ok(())
    }

    fn say(&mut self, said: Said) {
        if let Said::Moment(moment) = said {
            self.unit = Some(self.unit.map_or(moment.unit, |unit| unit.max(moment.unit)));
        }
    }

    fn kind_of(&mut self, rules: &Rules, field: &[u8], is_quoted: bool, line: u64) -> u16 {
        let mut scratch = Vec::new();
        let plain = trimmed(field);
        let number = match rules.values.is_plain {
            true => plain,
            false => match numbers::plain(&rules.dialect, field, &mut scratch) {
                Some(plain) => plain,
                None => &[],
            },
        };
        let kind = self.number(number, line);
        if kind != 0 {
            return kind;
        }
        if field == b"NaT" && !is_quoted {
            return NOT_A_DATE;
        }
        if word(plain).is_some() && !is_quoted {
            return BOOL;
        }
        if let (Some(b'0'..=b'9'), Some(b'-')) = (field.first(), field.get(4)) {
            if let Some(said @ Said::Moment(moment)) = times::parse(field) {
                if moment.unit >= TimeBase::Day {
                    self.say(said);
                    return DATE;
                }
            }
        }
        if numbers::complex(number).is_some() { COMPLEX } else { TEXT }
    }

    /// What kind of number a field is, of which it is kept whether a float holds its digits.
    fn number(&mut self, field: &[u8], line: u64) -> u16 {
        let kind = number_kind(field);
        if field.len() > 15 && kind & (INT | UINT | HUGE) != 0 && self.inexact.is_none() && is_inexact(field)
        {
            self.inexact = Some(line);
        }
        kind
    }

    fn count_cut(&mut self, place: (u64, usize)) {
        self.cut += 1;
        self.first_cut.get_or_insert(place);
    }

    /// Keeps where the first very long field is, which may be the one that was seen last.
    fn mark_long(&mut self, place: (u64, usize)) {
        if self.chars > LONG {
            self.first_long.get_or_insert(place);
        }
    }

    /// Counts lines from the start of the text, where there are so many before.
    fn begin_behind(&mut self, before: u64) {
        self.inexact = self.inexact.map(|line| line + before);
        self.first_cut = self.first_cut.map(|(line, at)| (line + before, at));
        self.first_long = self.first_long.map(|(line, at)| (line + before, at));
    }

    fn add(&mut self, other: &Self, before: u64) {
        let mut other = other.clone();
        other.begin_behind(before);
        self.inexact = self.inexact.or(other.inexact);
        self.cut += other.cut;
        self.first_cut = self.first_cut.or(other.first_cut);
        self.first_long = self.first_long.or(other.first_long);
        self.chars = self.chars.max(other.chars);
        self.kinds |= other.kinds;
        self.has_missing |= other.has_missing;
        self.has_quoted_missing |= other.has_quoted_missing;
        self.has_other_points |= other.has_other_points;
        self.unit = self.unit.max(other.unit);
    }

    /// The dtype that holds all of the column. Missing values make floats of whole numbers, and text of truth values. Where no
    /// field has a value, quotes tell texts from nothing.
    /// Whole numbers none of which an integer of 64 bits holds are text.
    fn dtype(&self) -> Result<DType> {
        let has_missing = self.has_missing;
        let text = DType::Unicode(self.chars.max(1), ByteOrder::NATIVE);
        let kinds = self.kinds;
        if kinds & TEXT != 0 || self.has_other_points || kinds == 0 && self.has_quoted_missing {
            return Ok(text);
        }
        if kinds & NOT_A_DATE != 0 && kinds != DATE | NOT_A_DATE {
            return Ok(text);
        }
        if kinds & DATE != 0 && kinds & !(DATE | NOT_A_DATE) == 0 {
            let unit = self.unit.ok_or_else(|| lost("a column of dates has no unit"))?;
            return Ok(DType::DateTime(TimeUnit::Of(unit, 1), ByteOrder::NATIVE));
        }
        if kinds == BOOL && !has_missing {
            return Ok(Scalar::Bool.into());
        }
        // What has more digits than any number is a name.
        if kinds & (DATE | BOOL) != 0 || kinds == HUGE {
            return Ok(text);
        }
        if kinds & COMPLEX != 0 {
            return Ok(Scalar::Complex128.into());
        }
        let is_wide = kinds & UINT != 0;
        if kinds & (FLOAT | HUGE) != 0 || kinds == 0 || has_missing || (is_wide && kinds & NEGATIVE != 0) {
            return Ok(Scalar::F64.into());
        }
        Ok(if is_wide { Scalar::U64 } else { Scalar::I64 }.into())
    }

    /// True when all fields that are not numbers would be some with other signs for the decimal point and for thousands.
    /// To take them for texts would be a guess, and a bad one.
    pub(crate) fn is_doubtful(&self) -> bool {
        self.has_other_points && self.kinds & TEXT == 0
    }

    /// The unit of dates, if there were any.
    pub(crate) fn unit(&self) -> Option<TimeBase> {
        self.unit
    }
}

/// True for a number, be it one with other signs for the decimal point, a truth value or a date: what stands under a name.
pub(crate) fn is_value(rules: &Rules, field: &[u8]) -> bool {
    // A date of any year, and what is no time, which no column of a known dtype has.
    let begins_so = |byte: &u8| byte.is_ascii_digit() || matches!(byte, b'-' | b'+');
    if field == b"NaT" || field.first().is_some_and(begins_so) && times::is_day(field) {
        return true;
    }
    Guess::default().kind_of(rules, field, false, 0) & (TEXT | NOT_A_DATE) == 0 || has_other_point(field)
}

/// True when a line of the names of a record, above values of it, is not seen to be one, and nobody is told: some names look
/// like values, and no column of numbers has one that does not.
pub(crate) fn are_hidden(record: &RecordType) -> bool {
    let values = Values { is_plain: true, has_words: true, missing: Some(Vec::new()), is_strict: false };
    let rules = Rules::kinds(&Dialect::csv(','), &values);
    let has_number = |field: &Field| matches!(field.dtype(), DType::Scalar(..) | DType::DateTime(..));
    let seems = |field: &Field| {
        // Names of parts have more than the name of the field.
        let has_parts = matches!(field.dtype(), DType::Record(_) | DType::SubArray(_));
        let name = field.name().as_bytes();
        !has_parts && (values.is_missing(name) || is_value(&rules, name))
    };
    record.fields().iter().any(seems)
        && !record.fields().iter().any(|field| has_number(field) && !seems(field))
}

#[cold]
fn other_point(field: &[u8]) -> Error {
    Error::malformed(format!(
        "{} looks like a number with other signs for the decimal point and for thousands: name them, or the dtype",
        super::fault::shown(field)
    ))
}

/// True for a number whose decimal point is a comma, with groups of thousands or without: `1.013,25`, `0,5`.
fn has_other_point(field: &[u8]) -> bool {
    let field = trimmed(field);
    let digits = field.strip_prefix(b"-").or_else(|| field.strip_prefix(b"+")).unwrap_or(field);
    let Some(comma) = memchr::memchr(b',', digits) else { return false };
    let (Some(whole), Some(rest)) = (digits.get(..comma), digits.get(comma + 1..)) else { return false };
    let are_digits = |text: &[u8]| !text.is_empty() && text.iter().all(u8::is_ascii_digit);
    let mut groups = whole.split(|byte| *byte == b'.');
    let has_whole =
        groups.next().is_some_and(are_digits) && groups.all(|group| group.len() == 3 && are_digits(group));
    let letter = memchr::memchr2(b'e', b'E', rest);
    let (decimals, power) = rest.split_at(letter.unwrap_or(rest.len()));
    let power = power
        .strip_prefix(b"e")
        .or_else(|| power.strip_prefix(b"E"))
        .map(|power| power.strip_prefix(b"-").or_else(|| power.strip_prefix(b"+")).unwrap_or(power));
    has_whole && are_digits(decimals) && power.is_none_or(are_digits)
}

/// True for a whole number that is not the nearest double to it.
#[allow(clippy::cast_possible_truncation, reason = "it is asked whether it is the same")]
fn is_inexact(field: &[u8]) -> bool {
    let whole = std::str::from_utf8(field).ok().and_then(|text| text.parse::<i128>().ok());
    whole.is_none() || parse::float(field).map(|float| float as i128) != whole
}

/// What kind of number a field is; none is 0.
fn number_kind(field: &[u8]) -> u16 {
    let (sign, digits) = match field {
        [b'-', rest @ ..] => (NEGATIVE, rest),
        [b'+', rest @ ..] => (0, rest),
        _ => (0, field),
    };
    let len = digits.iter().take_while(|byte| byte.is_ascii_digit()).count();
    match digits.get(len) {
        None if len == 0 => 0,
        None if len <= 18 || parse::signed(field).is_ok() => INT | sign,
        None if sign == 0 && parse::unsigned(field).is_ok() => UINT,
        None => HUGE,
        Some(b'.' | b'e' | b'E') if is_decimal(digits, len) => FLOAT,
        Some(b'n' | b'N' | b'i' | b'I') if len == 0 && parse::float(field).is_some() => FLOAT,
        Some(_) => 0,
    }
}

/// True for digits with a point and a power of ten, of which the first `len` are digits.
fn is_decimal(text: &[u8], len: usize) -> bool {
    let (mut rest, mut count) = (text.split_at(len).1, len);
    if let [b'.', behind @ ..] = rest {
        let digits = behind.iter().take_while(|byte| byte.is_ascii_digit()).count();
        count += digits;
        rest = behind.split_at(digits).1;
    }
    if count == 0 {
        return false;
    }
    match rest {
        [] => true,
        [b'e' | b'E', b'+' | b'-', digits @ ..] | [b'e' | b'E', digits @ ..] => {
            !digits.is_empty() && digits.iter().all(u8::is_ascii_digit)
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn dtype(fields: &[&str]) -> String {
        let values = Values { is_plain: true, has_words: true, missing: Some(Vec::new()), is_strict: true };
        let dialect = Dialect::csv(',');
        let rules = Rules::kinds(&dialect, &values);
        let mut guess = Guess::default();
        for field in fields {
            guess.see(&rules, field.as_bytes(), false, 0).unwrap();
        }
        guess.dtype().unwrap().to_string()
    }

    #[test]
    fn columns_have_the_smallest_kind_that_holds_them() {
        for (fields, wanted) in [
            (&["1", "-2", " 3 "][..], "<i8"),
            (&["1", "18446744073709551615"], "<u8"),
            (&["-1", "18446744073709551615"], "<f8"),
            (&["99999999999999999999"], "<U20"),
            (&["99999999999999999999", ""], "<U20"),
            (&["99999999999999999999", "1"], "<f8"),
            (&["2020-01-01", "NaT"], "<M8[D]"),
            (&["NaT"], "<U3"),
            (&["NaT", "1"], "<U3"),
            (&["-9223372036854775808"], "<i8"),
            (&["1", "2.5", "nan", "-inf", "1e5", ".5"], "<f8"),
            (&["1", ""], "<f8"),
            (&["", " "], "<f8"),
            (&["True", "false"], "|b1"),
            (&["True", ""], "<U4"),
            (&["True", "1"], "<U4"),
            (&["1+2j", "3"], "<c16"),
            (&["2020-01-01", ""], "<M8[D]"),
            (&["2020-01-01", "2020-01-01T10:00:00.5"], "<M8[ms]"),
            (&["2020-01-01", "3"], "<U10"),
            (&["2020-01"], "<U7"),
            (&["é€", "1"], "<U2"),
            (&["1.", "."], "<U2"),
            (&["1e", "e1"], "<U2"),
            (&["1_000"], "<U5"),
            (&["i", "1"], "<U1"),
        ] {
            assert_eq!(dtype(fields), wanted, "{fields:?}");
        }
    }
}
