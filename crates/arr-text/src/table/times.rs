//! Dates and times as text, by the rules of NumPy's `datetime_strings.c`: ISO 8601 with hyphens and colons, any precision,
//! and an offset from UTC, which is taken off.

use arr_core::{NOT_A_TIME, TimeBase, TimeUnit};

use crate::number::digits;
use crate::number::parse::{self as number, NotWhole};

/// A date, a time, and how precisely they were given.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Moment {
    year: i64,
    /// From 1 on.
    month: i64,
    /// From 1 on.
    day: i64,
    /// Of the day, which an offset may leave.
    minutes: i64,
    seconds: i64,
    attoseconds: i64,
    /// The unit that holds it.
    pub(crate) unit: TimeBase,
}

/// Attoseconds of a second.
const SECOND: i64 = 1_000_000_000_000_000_000;

/// What a text says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Said {
    /// Not a time.
    Nothing,
    /// A date or a time.
    Moment(Moment),
}

/// Reads a date or a time.
pub(crate) fn parse(text: &[u8]) -> Option<Said> {
    if text.is_empty() || text.eq_ignore_ascii_case(b"nat") {
        return Some(Said::Nothing);
    }
    moment(text).map(Said::Moment)
}

/// True for a date with its day, of any year.
pub(crate) fn is_day(text: &[u8]) -> bool {
    moment(text).is_some_and(|moment| !matches!(moment.unit, TimeBase::Year | TimeBase::Month))
}

/// Bytes of a date: `2020-02-29`.
pub(crate) const DAY: usize = 10;

/// The days since 1970-01-01 of a date in ten characters: `2020-02-29`.
#[inline]
pub(crate) fn day(text: &[u8]) -> Option<i64> {
    let (year, month, day) = date(text)?;
    // Days of the year before a month, where years begin in March, and none is before 0.
    const BEFORE: [i64; 16] = [0, 306, 337, 0, 31, 61, 92, 122, 153, 184, 214, 245, 275, 0, 0, 0];
    let year = year + 400 - i64::from(month < 3);
    let before = BEFORE.get(usize::try_from(month).ok()?)? + day;
    Some(year * 365 + year / 4 - year / 100 + year / 400 + before - 1 - 719_468 - 146_097)
}

/// The year, the month and the day of a date in ten characters.
#[inline]
pub(crate) fn date(text: &[u8]) -> Option<(i64, i64, i64)> {
    // Digits become their values when they are turned by this, and the signs between them 0.
    const SIGNS: u64 = u64::from_le_bytes(*b"0000-00-");
    const BETWEEN: u64 = 0xff00_00ff_0000_0000;
    let (front, back) = text.split_first_chunk()?;
    let [tens, ones] = back else { return None };
    let front = u64::from_le_bytes(*front) ^ SIGNS;
    let (tens, ones) = (tens.wrapping_sub(b'0'), ones.wrapping_sub(b'0'));
    if digits::others(front ^ digits::ZEROS) | (front & BETWEEN) != 0 || tens > 9 || ones > 9 {
        return None;
    }
    // The year, 0, the month, 0.
    let digits = digits::eight(front ^ digits::ZEROS);
    #[allow(clippy::cast_possible_truncation, reason = "eight digits fit")]
    let digits = digits as u32;
    let (year, month) = (i64::from(digits / 10_000), i64::from(digits / 10 % 100));
    let day = i64::from(tens * 10 + ones);
    let is_day = (1..=28).contains(&day) || (day > 28 && day <= days_of(year, month));
    (is_day && (1..=12).contains(&month)).then_some((year, month, day))
}

/// Reads a number of ticks, which is as large as it can be where it is too large for NumPy's `strtol`.
pub(crate) fn span(text: &[u8]) -> Option<i64> {
    if text.is_empty() || text.eq_ignore_ascii_case(b"nat") {
        return Some(NOT_A_TIME);
    }
    let blanks = text.iter().take_while(|byte| is_c_space(byte)).count();
    let rest = text.get(blanks..)?;
    match number::signed(rest) {
        Ok(ticks) => Some(ticks),
        Err(NotWhole::Range) => Some(if rest.first() == Some(&b'-') { i64::MIN } else { i64::MAX }),
        Err(NotWhole::Syntax) => None,
    }
}

/// Digits from the front, exactly two of them, that are less than `end`.
fn two(text: &mut &[u8], end: i64) -> Option<i64> {
    let [tens @ b'0'..=b'9', ones @ b'0'..=b'9', rest @ ..] = *text else { return None };
    *text = rest;
    Some(i64::from(tens - b'0') * 10 + i64::from(ones - b'0')).filter(|number| *number < end)
}

/// Takes that byte, if it is next.
fn take(text: &mut &[u8], byte: u8) -> bool {
    match text.split_first() {
        Some((first, rest)) if *first == byte => {
            *text = rest;
            true
        }
        _ => false,
    }
}

fn is_c_space(byte: &u8) -> bool {
    matches!(byte, b'\t'..=b'\r' | b' ')
}

fn moment(text: &[u8]) -> Option<Moment> {
    let mut rest = text;
    while rest.first().is_some_and(is_c_space) {
        rest = rest.get(1..)?;
    }
    let _ = take(&mut rest, b'-') || take(&mut rest, b'+');
    if rest.is_empty() {
        return None;
    }
    let mut year = 0i64;
    while let [digit @ b'0'..=b'9', behind @ ..] = rest {
        year = year.checked_mul(10)?.checked_add(i64::from(digit - b'0'))?;
        rest = behind;
    }
    if text.first() == Some(&b'-') {
        year = -year;
    }
    let mut found =
        Moment { year, month: 1, day: 1, minutes: 0, seconds: 0, attoseconds: 0, unit: TimeBase::Year };
    if rest.is_empty() {
        return Some(found);
    }
    if !take(&mut rest, b'-') {
        return None;
    }
    found.month = two(&mut rest, 13).filter(|month| *month > 0)?;
    found.unit = TimeBase::Month;
    if rest.is_empty() {
        return Some(found);
    }
    if !take(&mut rest, b'-') {
        return None;
    }
    found.day = two(&mut rest, days_of(year, found.month) + 1).filter(|day| *day > 0)?;
    found.unit = TimeBase::Day;
    if rest.is_empty() {
        return Some(found);
    }
    if !(take(&mut rest, b'T') || take(&mut rest, b' ')) {
        return None;
    }
    time(&mut rest, &mut found)?;
    zone(&mut rest, &mut found)?;
    rest.iter().all(is_c_space).then_some(found)
}

fn time(rest: &mut &[u8], found: &mut Moment) -> Option<()> {
    found.minutes = two(rest, 24)? * 60;
    found.unit = TimeBase::Hour;
    if !take(rest, b':') {
        return Some(());
    }
    found.minutes += two(rest, 60)?;
    found.unit = TimeBase::Minute;
    if !take(rest, b':') {
        return Some(());
    }
    found.seconds = two(rest, 60)?;
    found.unit = TimeBase::Second;
    if !take(rest, b'.') {
        return Some(());
    }
    let (mut digits, mut unit) = (0usize, SECOND);
    while digits < 18 {
        let [digit @ b'0'..=b'9', behind @ ..] = *rest else { break };
        unit /= 10;
        found.attoseconds += i64::from(digit - b'0') * unit;
        digits += 1;
        *rest = behind;
    }
    found.unit = match digits {
        0..=3 => TimeBase::Millisecond,
        4..=6 => TimeBase::Microsecond,
        7..=9 => TimeBase::Nanosecond,
        10..=12 => TimeBase::Picosecond,
        13..=15 => TimeBase::Femtosecond,
        _ => TimeBase::Attosecond,
    };
    Some(())
}

fn zone(rest: &mut &[u8], found: &mut Moment) -> Option<()> {
    if take(rest, b'Z') {
        return Some(());
    }
    let sign = match rest.first() {
        Some(b'+') => 1,
        Some(b'-') => -1,
        _ => return Some(()),
    };
    *rest = rest.get(1..)?;
    let hours = two(rest, 24)?;
    let mut minutes = 0;
    if !rest.is_empty() {
        take(rest, b':');
        minutes = two(rest, 60)?;
    }
    found.minutes -= sign * (hours * 60 + minutes);
    Some(())
}

fn is_leap(year: i64) -> bool {
    year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
}

fn days_of(year: i64, month: i64) -> i64 {
    match month {
        2 => 28 + i64::from(is_leap(year)),
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

impl Moment {
    /// Days since 1970-01-01.
    fn days(&self) -> i128 {
        // Years that begin in March put the leap day at their end.
        let (mut year, mut month) = (i128::from(self.year), i128::from(self.month) - 3);
        if month < 0 {
            year -= 1;
            month += 12;
        }
        let (era, year) = (year.div_euclid(400), year.rem_euclid(400));
        let of_year = (153 * month + 2) / 5 + i128::from(self.day) - 1;
        era * 146_097 + year * 365 + year / 4 - year / 100 + of_year - 719_468
    }

    /// The ticks of a unit up to this moment, rounded down; `None` where 64 bits do not hold them, or there is no unit.
    pub(crate) fn ticks(&self, unit: TimeUnit) -> Option<i64> {
        let TimeUnit::Of(base, count) = unit else { return None };
        let days = || self.days().checked_add(i128::from(self.minutes.div_euclid(1440)));
        let of_day = i128::from(self.minutes.rem_euclid(1440));
        let minutes = || days()?.checked_mul(1440)?.checked_add(of_day);
        let seconds = || minutes()?.checked_mul(60)?.checked_add(i128::from(self.seconds));
        let parts = |of_second: i64| {
            let fraction = self.attoseconds / (SECOND / of_second);
            seconds()?.checked_mul(i128::from(of_second))?.checked_add(i128::from(fraction))
        };
        let months = || Some(self.moved()).map(|(year, month)| (year - 1970) * 12 + month - 1);
        let ticks = match base {
            TimeBase::Year => self.moved().0 - 1970,
            TimeBase::Month => months()?,
            TimeBase::Week => days()?.div_euclid(7),
            TimeBase::Day => days()?,
            TimeBase::Hour => minutes()?.div_euclid(60),
            TimeBase::Minute => minutes()?,
            TimeBase::Second => seconds()?,
            TimeBase::Millisecond => parts(1_000)?,
            TimeBase::Microsecond => parts(1_000_000)?,
            TimeBase::Nanosecond => parts(1_000_000_000)?,
            TimeBase::Picosecond => parts(1_000_000_000_000)?,
            TimeBase::Femtosecond => parts(1_000_000_000_000_000)?,
            TimeBase::Attosecond => parts(SECOND)?,
        };
        let ticks = ticks.div_euclid(i128::from(count.max(1)));
        i64::try_from(ticks).ok().filter(|ticks| *ticks != NOT_A_TIME)
    }

    /// The year and the month, when the offset has been taken off.
    fn moved(&self) -> (i128, i128) {
        let (mut year, mut month) = (i128::from(self.year), i128::from(self.month));
        let day = self.day + self.minutes.div_euclid(1440);
        if day < 1 {
            month -= 1;
        } else if day > days_of(self.year, self.month) {
            month += 1;
        }
        match month {
            0 => (year, month) = (year - 1, 12),
            13 => (year, month) = (year + 1, 1),
            _ => {}
        }
        (year, month)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ticks(text: &str, base: TimeBase) -> Option<i64> {
        match parse(text.as_bytes())? {
            Said::Nothing => Some(NOT_A_TIME),
            Said::Moment(moment) => moment.ticks(TimeUnit::Of(base, 1)),
        }
    }

    #[test]
    fn dates_are_those_of_numpy() {
        assert_eq!(ticks("2020-02-29", TimeBase::Day), Some(18_321));
        assert_eq!(ticks("1969-12-31", TimeBase::Week), Some(-1));
        assert_eq!(ticks("0001-01-01", TimeBase::Day), Some(-719_162));
        assert_eq!(ticks("-0001-03-01", TimeBase::Day), Some(-719_834));
        assert_eq!(ticks("2020-02", TimeBase::Month), Some(601));
        assert_eq!(ticks("2020-01-01T12:34:56.789", TimeBase::Millisecond), Some(1_577_882_096_789));
        assert_eq!(ticks("2020-01-01 00:30+01:00", TimeBase::Minute), Some(26_297_250));
        assert_eq!(ticks("2020-01-01 00:30+01", TimeBase::Year), Some(49));
        assert_eq!(ticks("NaT", TimeBase::Day), Some(NOT_A_TIME));
        for bad in [
            "2021-02-29",
            "2020-1-01",
            "2020-",
            "20200101T",
            "2020-01-01 ",
            "x",
            "2020-01-01T24",
            "2020-01-01T1",
        ] {
            assert_eq!(ticks(bad, TimeBase::Day), None, "{bad}");
        }
        for year in [0, 1, 4, 100, 1600, 1900, 1969, 1970, 2000, 2023, 2024, 9999] {
            for (month, date) in [(1, 1), (2, 28), (2, 29), (3, 1), (12, 31), (13, 1), (0, 1), (4, 31)] {
                let text = format!("{year:04}-{month:02}-{date:02}");
                assert_eq!(day(text.as_bytes()), ticks(&text, TimeBase::Day), "{text}");
            }
        }
        assert_eq!(ticks("20200101", TimeBase::Year), Some(20_198_131));
        assert_eq!(ticks("1e5", TimeBase::Year), None);
        assert_eq!(ticks("9999-01-01", TimeBase::Attosecond), None);
    }

    #[test]
    fn the_precision_is_that_of_the_text() {
        let unit = |text: &str| match parse(text.as_bytes()) {
            Some(Said::Moment(moment)) => Some(moment.unit),
            _ => None,
        };
        assert_eq!(unit("2020"), Some(TimeBase::Year));
        assert_eq!(unit("2020-01-01T00"), Some(TimeBase::Hour));
        assert_eq!(unit("2020-01-01T00:00:00.1234567"), Some(TimeBase::Nanosecond));
        assert_eq!(unit("2020-01-01T00:00:00.1234567890123456"), Some(TimeBase::Attosecond));
    }
}
