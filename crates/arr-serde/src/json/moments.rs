//! Bytes, dates and spans of time as libraries write them one by one: json-tricks in objects of their own, jsonpickle in the
//! arguments of their classes.

use arr_core::format::room::push;
use arr_core::{Result, TimeUnit};

use super::cells::{Cell, Item};
use super::items::Given;
use crate::base64;

/// What is not a time.
const NOT_A_TIME: i64 = i64::MIN;

const DAY: i128 = 86_400_000_000;

/// A date, with a time or without, or a span of time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Moment {
    year: i64,
    month: i64,
    day: i64,
    /// Microseconds since the day began.
    micros: i128,
}

impl Moment {
    /// A date of Python's calendar, or nothing of what is none.
    fn of(numbers: [i64; 7]) -> Option<Self> {
        let [year, month, day, hour, minute, second, micro] = numbers;
        let is_one = (1..=9999).contains(&year) && (1..=12).contains(&month) && (1..=31).contains(&day);
        let is_time = (0..24).contains(&hour) && (0..60).contains(&minute) && (0..60).contains(&second);
        let is_one = is_one && is_time && (0..1_000_000).contains(&micro);
        let seconds = (hour * 60 + minute) * 60 + second;
        is_one.then_some(Self {
            year,
            month,
            day,
            micros: i128::from(seconds) * 1_000_000 + i128::from(micro),
        })
    }

    /// Days since 1970 began. The year begins in March, so that the day that is not in each of them is its last.
    fn days(self) -> i64 {
        let year = if self.month <= 2 { self.year - 1 } else { self.year };
        let (era, of_era) = (year.div_euclid(400), year.rem_euclid(400));
        let of_year = (153 * ((self.month + 9) % 12) + 2) / 5 + self.day - 1;
        era * 146_097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719_468
    }

    /// The date in ticks of a unit since 1970 began; nothing where it is none of them.
    fn ticks(self, unit: TimeUnit) -> Option<i64> {
        let TimeUnit::Of(base, count) = unit else { return None };
        let is_first = self.day == 1 && self.micros == 0;
        let whole = match base.symbol() {
            "Y" => (is_first && self.month == 1).then_some(self.year - 1970)?,
            "M" => is_first.then_some((self.year - 1970) * 12 + self.month - 1)?,
            _ => return ticks(i128::from(self.days()) * DAY + self.micros, unit),
        };
        (whole % i64::from(count) == 0).then(|| whole / i64::from(count))
    }
}

/// A span of microseconds in ticks of a unit.
fn ticks(micros: i128, unit: TimeUnit) -> Option<i64> {
    let TimeUnit::Of(base, count) = unit else { return None };
    let tick = match base.symbol() {
        "W" => 7 * DAY,
        "D" => DAY,
        "h" => 3_600_000_000,
        "m" => 60_000_000,
        "s" => 1_000_000,
        "ms" => 1000,
        "us" => 1,
        // Python has no smaller ones: they are whole numbers.
        _ => return None,
    };
    let tick = tick * i128::from(count);
    if micros % tick == 0 { i64::try_from(micros / tick).ok() } else { None }
}

impl Given<'_> {
    /// The value of an object with one key.
    fn only(&self, cell: Cell, key: &str) -> Result<Option<Cell>> {
        let Cell::Dict(span) = cell else { return Ok(None) };
        match span.of(&self.cells.kept) {
            [own, value] if self.is(*own, key)? => Ok(Some(*value)),
            _ => Ok(None),
        }
    }

    /// The bytes of `{"__bytes_utf8__": text}`, `{"__bytes_b64__": base64}` or `{"py/b64": base64}`.
    pub(super) fn bytes(&self, cell: Cell) -> Result<Option<Vec<u8>>> {
        if let Some(text) = self.only(cell, "__bytes_utf8__")? {
            return Ok(self.text(text)?.map(|text| text.into_owned().into_bytes()));
        }
        let coded = match self.only(cell, "__bytes_b64__")? {
            Some(coded) => Some(coded),
            None => self.only(cell, "py/b64")?,
        };
        let Some(coded) = coded else { return Ok(None) };
        let Some(text) = self.text(coded)? else { return Ok(None) };
        Ok(base64::decode(text.as_bytes()).ok().map(|bytes| bytes.as_slice().to_vec()))
    }

    /// A date in ticks: a whole number of them, `null`, or an object.
    pub(super) fn date(&self, cell: Cell, unit: TimeUnit) -> Result<Option<i64>> {
        match cell {
            Cell::Null => return Ok(Some(NOT_A_TIME)),
            Cell::Int(ticks) => return Ok(Some(ticks)),
            _ => {}
        }
        let moment = match self.numbers(cell, &["__date__", "year", "month", "day"])? {
            Some([year, month, day, ..]) => Some([year, month, day, 0, 0, 0, 0]),
            None => self.numbers(
                cell,
                &["__datetime__", "year", "month", "day", "hour", "minute", "second", "microsecond"],
            )?,
        };
        let moment = match moment {
            Some(moment) => Some(moment),
            None => self.reduced_date(cell)?,
        };
        Ok(moment.and_then(Moment::of).and_then(|moment| moment.ticks(unit)))
    }

    /// A span of time in ticks: a whole number of them, `null`, or an object.
    pub(super) fn span(&self, cell: Cell, unit: TimeUnit) -> Result<Option<i64>> {
        match cell {
            Cell::Null => return Ok(Some(NOT_A_TIME)),
            Cell::Int(ticks) => return Ok(Some(ticks)),
            _ => {}
        }
        let parts = match self.numbers(cell, &["__timedelta__", "days", "seconds", "microseconds"])? {
            Some([days, seconds, micros, ..]) => Some([days, seconds, micros]),
            None => self.reduced_span(cell)?,
        };
        let Some([days, seconds, micros]) = parts.map(|parts| parts.map(i128::from)) else { return Ok(None) };
        Ok(ticks(days * DAY + seconds * 1_000_000 + micros, unit))
    }

    /// The numbers of an object of json-tricks, whose first key has no value; those that are 0 may be missing.
    fn numbers(&self, cell: Cell, keys: &[&str]) -> Result<Option<[i64; 7]>> {
        let Cell::Dict(span) = cell else { return Ok(None) };
        let [mark, Cell::Null, rest @ ..] = span.of(&self.cells.kept) else { return Ok(None) };
        let Some((first, names)) = keys.split_first() else { return Ok(None) };
        if !self.is(*mark, first)? {
            return Ok(None);
        }
        let mut numbers = [0; 7];
        for entry in rest.chunks_exact(2) {
            let [key, Cell::Int(number)] = entry else { return Ok(None) };
            let Some(key) = self.text(*key)? else { return Ok(None) };
            let place = names.iter().position(|name| *name == key);
            let Some(slot) = place.and_then(|place| numbers.get_mut(place)) else { return Ok(None) };
            *slot = *number;
        }
        Ok(Some(numbers))
    }

    /// `{"py/object": "datetime.date", "__reduce__": [{"py/type": "datetime.date"}, [base64]]}`: the bytes in which Python
    /// keeps a date.
    fn reduced_date(&self, cell: Cell) -> Result<Option<[i64; 7]>> {
        let Cell::Dict(span) = cell else { return Ok(None) };
        let [one, class, two, reduced] = span.of(&self.cells.kept) else { return Ok(None) };
        let class = self.text(*class)?;
        if !self.is(*one, "py/object")?
            || !self.is(*two, "__reduce__")?
            || !matches!(class.as_deref(), Some("datetime.date" | "datetime.datetime"))
        {
            return Ok(None);
        }
        let Some([_, args]) = self.list(*reduced)? else { return Ok(None) };
        let Some([state]) = self.list(args)? else { return Ok(None) };
        let Some(text) = self.text(state)? else { return Ok(None) };
        let Ok(bytes) = base64::decode(text.as_bytes()) else { return Ok(None) };
        let number = |bytes: &[u8]| bytes.iter().fold(0, |number, byte| number << 8 | i64::from(*byte));
        Ok(match bytes.as_slice() {
            [a, b, month, day] => Some([number(&[*a, *b]), number(&[*month]), number(&[*day]), 0, 0, 0, 0]),
            [a, b, month, day, hour, minute, second, micros @ ..] if micros.len() == 3 => {
                let [month, day, hour, minute, second] =
                    [*month, *day, *hour, *minute, *second].map(i64::from);
                Some([number(&[*a, *b]), month, day, hour, minute, second, number(micros)])
            }
            _ => None,
        })
    }

    /// `{"py/reduce": [{"py/type": "datetime.timedelta"}, {"py/tuple": [days, seconds, microseconds]}]}`.
    fn reduced_span(&self, cell: Cell) -> Result<Option<[i64; 3]>> {
        let Some(reduced) = self.only(cell, "py/reduce")? else { return Ok(None) };
        let Some([class, args]) = self.list(reduced)? else { return Ok(None) };
        let Some(class) = self.only(class, "py/type")? else { return Ok(None) };
        let Some(args) = self.only(args, "py/tuple")? else { return Ok(None) };
        if !self.is(class, "datetime.timedelta")? {
            return Ok(None);
        }
        Ok(match self.list(args)? {
            Some([Cell::Int(days), Cell::Int(seconds), Cell::Int(micros)]) => Some([days, seconds, micros]),
            _ => None,
        })
    }

    /// The cells of a list of so many.
    fn list<const N: usize>(&self, cell: Cell) -> Result<Option<[Cell; N]>> {
        let Some(items) = self.cells.items(&Item::Cell(cell))? else { return Ok(None) };
        let mut cells = Vec::new();
        for item in items {
            match item {
                Item::Cell(cell) => push(&mut cells, cell)?,
                Item::Part(_) => return Ok(None),
            }
        }
        Ok(cells.try_into().ok())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_are_ticks_since_1970() {
        for (numbers, unit, wanted) in [
            ([1970, 1, 1, 0, 0, 0, 0], "D", Some(0)),
            ([2000, 2, 29, 0, 0, 0, 0], "D", Some(11016)),
            ([1900, 3, 1, 0, 0, 0, 0], "D", Some(-25508)),
            ([9999, 12, 31, 23, 59, 59, 999_999], "us", Some(253_402_300_799_999_999)),
            ([1, 1, 1, 0, 0, 0, 0], "s", Some(-62_135_596_800)),
            ([1970, 1, 8, 0, 0, 0, 0], "W", Some(1)),
            ([1970, 1, 9, 0, 0, 0, 0], "W", None),
            ([1971, 3, 1, 0, 0, 0, 0], "M", Some(14)),
            ([1969, 1, 1, 0, 0, 0, 0], "Y", Some(-1)),
            ([1970, 1, 1, 0, 0, 50, 0], "25s", Some(2)),
            ([1970, 1, 1, 0, 0, 51, 0], "25s", None),
            ([1970, 13, 1, 0, 0, 0, 0], "D", None),
            ([1970, 1, 1, 0, 0, 0, 0], "ns", None),
        ] {
            let dtype: arr_core::DType = format!("<M8[{unit}]").parse().unwrap();
            let arr_core::DType::DateTime(unit, _) = dtype else { panic!("{dtype}") };
            let found = Moment::of(numbers).and_then(|moment| moment.ticks(unit));
            assert_eq!(found, wanted, "{numbers:?} {unit}");
        }
    }
}
