//! The units of dates and spans (`parse_datetime_metadata_from_metastr` in NumPy's `datetime.c`).

use std::borrow::Cow;

use super::{Reason, strtol};
use crate::{TimeBase, TimeUnit};

/// If `text` names a date or a span: whether it is a span, and the unit in its brackets.
pub(super) fn split(text: &str) -> Option<(bool, &str)> {
    let strip = |span, name| text.strip_prefix(name).map(|unit| (span, unit));
    match text.as_bytes().first()? {
        b'M' => strip(false, "M8"),
        b'm' => strip(true, "m8"),
        b'd' => strip(false, "datetime64"),
        b't' => strip(true, "timedelta64"),
        _ => None,
    }
}

/// The unit in brackets: `[s]`, `[25s]`, `[s/100]`; nothing at all is the generic one.
pub(super) fn parse(text: &str) -> Result<TimeUnit, Reason> {
    if text.is_empty() {
        return Ok(TimeUnit::Generic);
    }
    parse_brackets(text).ok_or(Cow::Borrowed("the unit of time is wrong"))
}

fn parse_brackets(text: &str) -> Option<TimeUnit> {
    let unit = text.strip_prefix('[')?.strip_suffix(']')?;
    let (count, unit) = strtol(unit).unwrap_or((1, unit));
    let (name, divisor) = match unit.split_once('/') {
        Some((name, divisor)) => (name, strtol(divisor).filter(|(_, behind)| behind.is_empty())?.0),
        None => (unit, 1),
    };
    // NumPy takes 0 as well and fails later; a divisor of 0 stops the whole process.
    let count = u32::try_from(count).ok().filter(|count| *count > 0 && i32::try_from(*count).is_ok())?;
    let divisor = u32::try_from(divisor).ok().filter(|divisor| *divisor > 0)?;
    if name == "generic" {
        return (divisor == 1).then_some(TimeUnit::Generic);
    }
    let name = if name == "\u{3bc}s" { "us" } else { name };
    let base = TimeBase::ALL.into_iter().find(|base| base.symbol() == name)?;
    if divisor == 1 { Some(TimeUnit::Of(base, count)) } else { divided(base, count, divisor) }
}

/// The shorter unit whose multiple is `1 / divisor` of the given one.
fn divided(base: TimeBase, count: u32, divisor: u32) -> Option<TimeUnit> {
    // How many of the units that follow it one unit has, to NumPy: a month has 4 weeks, a year 52.
    let parts: &[u32] = match base {
        TimeBase::Year => &[12, 52, 365],
        TimeBase::Month => &[4, 30, 720],
        TimeBase::Week => &[7, 168, 10_080],
        TimeBase::Day => &[24, 1_440, 86_400],
        TimeBase::Hour => &[60, 3_600],
        TimeBase::Minute => &[60, 60_000],
        _ => &[1_000, 1_000_000],
    };
    let shorter = TimeBase::ALL.into_iter().filter(|unit| *unit > base);
    let (unit, parts) = shorter.zip(parts).find(|(_, parts)| **parts % divisor == 0)?;
    let count = count.checked_mul(parts / divisor).filter(|count| i32::try_from(*count).is_ok())?;
    Some(TimeUnit::Of(unit, count))
}
