//! Dates by ISO 8601.

use arr_core::{ByteOrder, DType, NOT_A_TIME, Result, TimeBase, TimeUnit};

use super::say::put_shown;

/// Seconds of a day.
const DAY: i64 = 86_400;
/// From 0000-01-01 to 9999-12-31: dates with years of four digits, in days after 1970-01-01.
const USUAL: std::ops::Range<i64> = -719_528..2_932_897;

/// Appends a point in time with as many parts as its unit calls for.
///
/// # Errors
/// None for times of a known unit.
pub(super) fn put(out: &mut Vec<u8>, unit: TimeUnit, ticks: i64) -> Result<()> {
    if ticks == NOT_A_TIME {
        out.extend_from_slice(b"NaT");
        return Ok(());
    }
    match usual(unit, ticks) {
        Some(time) => time.put(out),
        // Years, weeks, fractions of nanoseconds, and years of five digits.
        None => put_shown(&DType::DateTime(unit, ByteOrder::NATIVE), &ticks.to_ne_bytes(), out)?,
    }
    Ok(())
}

/// Whole days, with how much of a base is one: none of what is shorter than a microsecond.
fn days(base: TimeBase, ticks: i128) -> Option<i128> {
    let of_seconds = |per_second: i128| ticks.div_euclid(i128::from(DAY) * per_second);
    Some(match base {
        TimeBase::Week => ticks * 7,
        TimeBase::Day => ticks,
        TimeBase::Hour => ticks.div_euclid(24),
        TimeBase::Minute => ticks.div_euclid(24 * 60),
        TimeBase::Second => of_seconds(1),
        TimeBase::Millisecond => of_seconds(1000),
        TimeBase::Microsecond => of_seconds(1_000_000),
        _ => return None,
    })
}

/// True when Python's `datetime` has no such date: it has years from 1 to 9999, and no parts of microseconds.
pub(super) fn is_beyond_python(unit: TimeUnit, ticks: i64) -> bool {
    let TimeUnit::Of(base, count) = unit else { return false };
    let ticks = i128::from(ticks) * i128::from(count);
    match base {
        TimeBase::Year => !(1..10_000).contains(&(ticks + 1970)),
        TimeBase::Month => !(1..10_000).contains(&(ticks.div_euclid(12) + 1970)),
        base => days(base, ticks).is_none_or(|days| !(-719_162..2_932_897).contains(&days)),
    }
}

/// True when Python's `timedelta` has no such span: it has a billion days, and no years, months or parts of microseconds.
pub(super) fn is_span_beyond_python(unit: TimeUnit, ticks: i64) -> bool {
    let TimeUnit::Of(base, count) = unit else { return true };
    let days = days(base, i128::from(ticks) * i128::from(count));
    days.is_none_or(|days| !(-999_999_999..1_000_000_000).contains(&days))
}

/// A time of a usual unit.
struct Usual {
    days: i64,
    seconds: i64,
    fraction: i64,
    /// How much of the clock is shown: nothing, hours, minutes, seconds.
    parts: u8,
    /// Digits of the fraction.
    digits: u32,
}

fn usual(unit: TimeUnit, ticks: i64) -> Option<Usual> {
    let TimeUnit::Of(base, count) = unit else { return None };
    let ticks = ticks.checked_mul(count.into())?;
    let clock = |seconds: i64, parts, fraction, digits| Usual {
        days: seconds.div_euclid(DAY),
        seconds: seconds.rem_euclid(DAY),
        fraction,
        parts,
        digits,
    };
    let parts_of = |second: i64, digits| clock(ticks.div_euclid(second), 3, ticks.rem_euclid(second), digits);
    let time = match base {
        TimeBase::Day => Usual { days: ticks, seconds: 0, fraction: 0, parts: 0, digits: 0 },
        TimeBase::Hour => clock(ticks.checked_mul(3600)?, 1, 0, 0),
        TimeBase::Minute => clock(ticks.checked_mul(60)?, 2, 0, 0),
        TimeBase::Second => clock(ticks, 3, 0, 0),
        TimeBase::Millisecond => parts_of(1000, 3),
        TimeBase::Microsecond => parts_of(1_000_000, 6),
        TimeBase::Nanosecond => parts_of(1_000_000_000, 9),
        _ => return None,
    };
    USUAL.contains(&time.days).then_some(time)
}

impl Usual {
    fn put(&self, out: &mut Vec<u8>) {
        // Counted from a first of March, so that the leap day ends a year; four centuries have as many days as any other.
        let days = self.days + 719_468;
        let (cycle, day) = (days.div_euclid(146_097), days.rem_euclid(146_097));
        let year = (day - day / 1460 + day / 36_524 - day / 146_096) / 365;
        let day = day - (365 * year + year / 4 - year / 100);
        let month = (5 * day + 2) / 153;
        let day = day - (153 * month + 2) / 5 + 1;
        let (month, later) = if month < 10 { (month + 3, 0) } else { (month - 9, 1) };
        let year = year + 400 * cycle + later;
        let [a, b] = two(year / 100);
        let [c, d] = two(year % 100);
        let ([e, f], [g, h]) = (two(month), two(day));
        out.extend_from_slice(&[a, b, c, d, b'-', e, f, b'-', g, h]);
        let ([a, b], [c, d], [e, f]) =
            (two(self.seconds / 3600), two(self.seconds / 60 % 60), two(self.seconds % 60));
        let clock = [b'T', a, b, b':', c, d, b':', e, f];
        out.extend_from_slice(clock.get(..3 * usize::from(self.parts)).unwrap_or_default());
        if self.digits > 0 {
            out.push(b'.');
        }
        for group in [6, 3, 0] {
            // Three digits at a time; a fraction has three, six or nine.
            if self.digits > group {
                let thousandths = self.fraction / 10i64.pow(group) % 1000;
                let [a, b] = two(thousandths / 10);
                let [_, c] = two(thousandths % 10);
                out.extend_from_slice(&[a, b, c]);
            }
        }
    }
}

/// The digits of a number below 100.
#[inline]
fn two(number: i64) -> [u8; 2] {
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "digits are below ten")]
    let digit = |number: i64| b'0' + number as u8;
    [digit(number / 10), digit(number % 10)]
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn dates_are_those_that_are_shown(ticks: i64, few in -4_000_000i64..4_000_000, count in 1u32..30) {
            for base in TimeBase::ALL {
                for ticks in [ticks, few, ticks / 1_000_000, ticks / 1_000_000_000] {
                    let unit = TimeUnit::Of(base, count);
                    let (mut out, mut shown) = (Vec::new(), Vec::new());
                    put(&mut out, unit, ticks).unwrap();
                    put_shown(&DType::DateTime(unit, ByteOrder::NATIVE), &ticks.to_ne_bytes(), &mut shown).unwrap();
                    prop_assert_eq!(out, shown);
                }
            }
        }
    }
}
