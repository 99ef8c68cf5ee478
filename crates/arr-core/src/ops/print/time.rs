//! Points in time and spans of time.

use std::fmt::Write as _;

use crate::{NOT_A_TIME, TimeBase, TimeUnit};

/// Appends a point in time as ISO 8601 with as many parts as its unit calls for. The calendar is the Gregorian one,
/// stretched to both sides, with a year 0.
///
/// A count of NumPy's generic unit, which has no date, is appended as a number.
pub(super) fn push_date(ticks: i64, unit: TimeUnit, out: &mut String) {
    if ticks == NOT_A_TIME {
        out.push_str("NaT");
        return;
    }
    // Writing to a string does not fail, here and below.
    let _ = match unit {
        TimeUnit::Generic => write!(out, "{ticks}"),
        TimeUnit::Of(base, count) => write_date(i128::from(ticks) * i128::from(count), base, out),
    };
}

fn write_date(ticks: i128, base: TimeBase, out: &mut String) -> std::fmt::Result {
    match base {
        TimeBase::Year => write!(out, "{:04}", ticks + 1970),
        TimeBase::Month => {
            write!(out, "{:04}-{:02}", ticks.div_euclid(12) + 1970, ticks.rem_euclid(12) + 1)
        }
        TimeBase::Week => write_day(ticks * 7, out),
        TimeBase::Day => write_day(ticks, out),
        TimeBase::Hour => {
            write_day(ticks.div_euclid(24), out)?;
            write!(out, "T{:02}", ticks.rem_euclid(24))
        }
        TimeBase::Minute => write_clock(ticks * 60, 2, out),
        TimeBase::Second => write_clock(ticks, 3, out),
        TimeBase::Millisecond => write_fraction(ticks, 3, out),
        TimeBase::Microsecond => write_fraction(ticks, 6, out),
        TimeBase::Nanosecond => write_fraction(ticks, 9, out),
        TimeBase::Picosecond => write_fraction(ticks, 12, out),
        TimeBase::Femtosecond => write_fraction(ticks, 15, out),
        TimeBase::Attosecond => write_fraction(ticks, 18, out),
    }
}

fn write_fraction(ticks: i128, digits: u32, out: &mut String) -> std::fmt::Result {
    let second = 10i128.pow(digits);
    write_clock(ticks.div_euclid(second), 3, out)?;
    let width = usize::try_from(digits).unwrap_or(0);
    write!(out, ".{:0width$}", ticks.rem_euclid(second))
}

/// Date, hour, minute and, where three parts are asked for, second.
fn write_clock(seconds: i128, parts: usize, out: &mut String) -> std::fmt::Result {
    write_day(seconds.div_euclid(86_400), out)?;
    let time = seconds.rem_euclid(86_400);
    write!(out, "T{:02}:{:02}", time / 3600, time / 60 % 60)?;
    if parts > 2 {
        write!(out, ":{:02}", time % 60)?;
    }
    Ok(())
}

/// The date that is so many days after 1970-01-01. It counts from a first of March, so that the leap day ends a year.
fn write_day(days: i128, out: &mut String) -> std::fmt::Result {
    const CYCLE: i128 = 146_097;
    let since_march_of_0 = days + 719_468;
    let (cycle, day) = (since_march_of_0.div_euclid(CYCLE), since_march_of_0.rem_euclid(CYCLE));
    let year = (day - day / 1460 + day / 36_524 - day / 146_096) / 365;
    let day = day - (365 * year + year / 4 - year / 100);
    let month = (5 * day + 2) / 153;
    let day = day - (153 * month + 2) / 5 + 1;
    let (month, next_year) = if month < 10 { (month + 3, 0) } else { (month - 9, 1) };
    write!(out, "{:04}-{month:02}-{day:02}", year + 400 * cycle + next_year)
}

/// Appends a span of time in words, as NumPy prints a scalar: `75 seconds`.
pub(super) fn push_span(ticks: i64, unit: TimeUnit, out: &mut String) {
    let (count, name) = match unit {
        _ if ticks == NOT_A_TIME => return out.push_str("NaT"),
        TimeUnit::Generic => (1, "generic time units"),
        TimeUnit::Of(base, count) => (count, plural(base)),
    };
    let _ = write!(out, "{} {name}", i128::from(ticks) * i128::from(count));
}

const fn plural(base: TimeBase) -> &'static str {
    match base {
        TimeBase::Year => "years",
        TimeBase::Month => "months",
        TimeBase::Week => "weeks",
        TimeBase::Day => "days",
        TimeBase::Hour => "hours",
        TimeBase::Minute => "minutes",
        TimeBase::Second => "seconds",
        TimeBase::Millisecond => "milliseconds",
        TimeBase::Microsecond => "microseconds",
        TimeBase::Nanosecond => "nanoseconds",
        TimeBase::Picosecond => "picoseconds",
        TimeBase::Femtosecond => "femtoseconds",
        TimeBase::Attosecond => "attoseconds",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn date(ticks: i64, base: TimeBase, count: u32) -> String {
        let mut out = String::new();
        push_date(ticks, TimeUnit::Of(base, count), &mut out);
        out
    }

    #[test]
    fn dates_before_and_after_the_epoch() {
        assert_eq!(date(0, TimeBase::Day, 1), "1970-01-01");
        assert_eq!(date(-719_528, TimeBase::Day, 1), "0000-01-01");
        assert_eq!(date(-719_529, TimeBase::Day, 1), "-001-12-31");
        assert_eq!(date(11_016, TimeBase::Day, 1), "2000-02-29");
        assert_eq!(date(-1, TimeBase::Millisecond, 1), "1969-12-31T23:59:59.999");
        assert_eq!(date(-1, TimeBase::Month, 1), "1969-12");
        assert_eq!(date(i64::MAX, TimeBase::Nanosecond, 1), "2262-04-11T23:47:16.854775807");
        assert_eq!(date(i64::MAX, TimeBase::Day, 1), "25252734927768524-07-27");
        assert_eq!(date(25, TimeBase::Minute, 10), "1970-01-01T04:10");
        assert_eq!(date(NOT_A_TIME, TimeBase::Hour, 1), "NaT");
    }
}
