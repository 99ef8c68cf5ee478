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
        put_digits(out, year + 400 * cycle + later, 4);
        out.push(b'-');
        put_digits(out, month, 2);
        out.push(b'-');
        put_digits(out, day, 2);
        let clock = [(b'T', self.seconds / 3600), (b':', self.seconds / 60 % 60), (b':', self.seconds % 60)];
        for (mark, part) in clock.iter().take(self.parts.into()) {
            out.push(*mark);
            put_digits(out, *part, 2);
        }
        if self.digits > 0 {
            out.push(b'.');
            put_digits(out, self.fraction, self.digits);
        }
    }
}

/// Appends so many digits of a number that is not negative.
fn put_digits(out: &mut Vec<u8>, number: i64, count: u32) {
    let mut unit = 10i64.pow(count.saturating_sub(1));
    while unit > 0 {
        out.push(b'0' + u8::try_from(number / unit % 10).unwrap_or(0));
        unit /= 10;
    }
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
