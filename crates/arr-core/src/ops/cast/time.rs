//! Datetimes and timedeltas in other units, as NumPy's `datetime.c` converts them: rounded down, years and months
//! by the calendar for datetimes and by their average length for timedeltas.

use super::numbers::{self, Kernel};
use super::plan::{Fault, Run, Step};
use super::rules::is_calendar;
use crate::{DType, NOT_A_TIME, Scalar, TimeBase, TimeUnit};

/// The step between two units, and between times and numbers: those are numbers of ticks.
pub(super) fn step(from: &DType, to: &DType, checked: bool) -> Option<Box<dyn Step>> {
    use DType::{DateTime, TimeDelta};
    let ticks = DType::native(Scalar::I64);
    match (from, to) {
        (DateTime(from, _), DateTime(to, _)) => Some(Box::new(Ticks::new(*from, *to, false)?)),
        (TimeDelta(from, _), TimeDelta(to, _)) => Some(Box::new(Ticks::new(*from, *to, true)?)),
        (DateTime(..) | TimeDelta(..), DType::Scalar(..)) => {
            Some(Box::new(ToNumber { step: numbers::step(&ticks, to, checked)?, checked }))
        }
        (DType::Scalar(kind, _), DateTime(..) | TimeDelta(..)) if kind.is_float() => {
            Some(Box::new(FromFloat {
                ticks: numbers::kernel(*kind, Scalar::I64, checked)?,
                value: numbers::kernel(*kind, Scalar::F64, false)?,
            }))
        }
        (DType::Scalar(kind, _), DateTime(..) | TimeDelta(..)) if !kind.is_complex() => {
            numbers::step(from, &ticks, checked)
        }
        _ => None,
    }
}

impl Step for Ticks {
    fn run(&self, run: Run<'_>) -> Result<(), Fault> {
        run.each(|from, to| {
            let converted = read(from).and_then(|ticks| self.convert(ticks));
            converted.is_some_and(|ticks| write(ticks, to))
        })
    }
}

/// "Not a time" is not a number, though NumPy takes it for the least integer.
struct ToNumber {
    step: Box<dyn Step>,
    checked: bool,
}

impl Step for ToNumber {
    fn run(&self, run: Run<'_>) -> Result<(), Fault> {
        if self.checked {
            Fault::or_done(run.source.chunks_exact(8).position(|ticks| read(ticks) == Some(NOT_A_TIME)))?;
        }
        self.step.run(run)
    }
}

/// NaN becomes "not a time".
struct FromFloat {
    ticks: Kernel,
    value: Kernel,
}

impl Step for FromFloat {
    fn run(&self, run: Run<'_>) -> Result<(), Fault> {
        run.each(|from, to| {
            let is_nan = || {
                let mut value = [0; 8];
                let _ = (self.value)(from, &mut value);
                f64::from_ne_bytes(value).is_nan()
            };
            (self.ticks)(from, to).is_none() || (is_nan() && write(NOT_A_TIME, to))
        })
    }
}

fn read(bytes: &[u8]) -> Option<i64> {
    bytes.try_into().ok().map(i64::from_ne_bytes)
}

fn write(ticks: i64, bytes: &mut [u8]) -> bool {
    bytes.copy_from_slice(&ticks.to_ne_bytes());
    true
}

/// A base unit and how many of it are one tick.
type Unit = (TimeBase, u32);

const SECOND: i128 = 1_000_000_000_000_000_000;
const DAY: i128 = 86_400 * SECOND;

/// The length of a base unit in attoseconds; years and months of the Gregorian calendar on average.
fn attoseconds(base: TimeBase) -> i128 {
    match base {
        TimeBase::Year => 31_556_952 * SECOND,
        TimeBase::Month => 2_629_746 * SECOND,
        TimeBase::Week => 7 * DAY,
        TimeBase::Day => DAY,
        TimeBase::Hour => 3600 * SECOND,
        TimeBase::Minute => 60 * SECOND,
        TimeBase::Second => SECOND,
        TimeBase::Millisecond => SECOND / 1_000,
        TimeBase::Microsecond => SECOND / 1_000_000,
        TimeBase::Nanosecond => SECOND / 1_000_000_000,
        TimeBase::Picosecond => 1_000_000,
        TimeBase::Femtosecond => 1_000,
        TimeBase::Attosecond => 1,
    }
}

fn length((base, count): Unit) -> i128 {
    attoseconds(base) * i128::from(count)
}

/// The most that NumPy lets the two factors of a conversion grow to.
const FACTOR_LIMIT: i128 = 1 << 56;

/// True when every tick of the first unit is a whole number of ticks of the second (`datetime_metadata_divides`;
/// between years or months and the others NumPy does not look further and says yes).
pub(super) fn divides(from: Unit, to: Unit) -> bool {
    if is_calendar(from.0) != is_calendar(to.0) {
        return true;
    }
    let finer = attoseconds(from.0.max(to.0));
    let (from, to) = (length(from) / finer, length(to) / finer);
    from < FACTOR_LIMIT && to < FACTOR_LIMIT && from % to == 0
}

/// How ticks of one unit become ticks of another.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Ticks {
    /// Their number stays.
    Same,
    /// Their number grows by a fraction.
    Scaled(Ratio),
    /// Years or months become years or months.
    Months(Ratio),
    /// Years or months, of so many months a tick, become the first of January or of the month in days, and those are
    /// scaled.
    FromMonths(i128, Ratio),
    /// Ticks are scaled to days, and their months are counted, so many a tick.
    ToMonths(Ratio, i128),
}

impl Ticks {
    /// `None` when there is no way: out of a unit into none.
    pub(crate) fn new(from: TimeUnit, to: TimeUnit, is_delta: bool) -> Option<Self> {
        let (TimeUnit::Of(from_base, from_count), TimeUnit::Of(to_base, to_count)) = (from, to) else {
            return (from == TimeUnit::Generic).then_some(Self::Same);
        };
        let (from, to) = ((from_base, from_count.max(1)), (to_base, to_count.max(1)));
        let day = (TimeBase::Day, 1);
        Some(match (is_calendar(from_base), is_calendar(to_base)) {
            _ if from == to => Self::Same,
            (false, false) => Self::Scaled(Ratio::new(length(from), length(to))),
            _ if is_delta => Self::Scaled(Ratio::new(length(from), length(to))),
            (true, true) => Self::Months(Ratio::new(months(from), months(to))),
            (true, false) => Self::FromMonths(months(from), Ratio::new(length(day), length(to))),
            (false, true) => Self::ToMonths(Ratio::new(length(from), length(day)), months(to)),
        })
    }

    /// The number of ticks in the other unit; "not a time" stays that. `None` when it does not fit.
    pub(crate) fn convert(&self, ticks: i64) -> Option<i64> {
        match self {
            _ if ticks == NOT_A_TIME => Some(ticks),
            Self::Same => Some(ticks),
            Self::Scaled(ratio) | Self::Months(ratio) => ratio.scale(ticks),
            _ => i64::try_from(self.convert_wide(ticks)?).ok().filter(|ticks| *ticks != NOT_A_TIME),
        }
    }

    /// The number of ticks in the other unit. `None` when 128 bits do not hold it.
    pub(crate) fn convert_wide(&self, ticks: i64) -> Option<i128> {
        let ticks = i128::from(ticks);
        match self {
            Self::Same => Some(ticks),
            Self::Scaled(ratio) | Self::Months(ratio) => ratio.scale_wide(ticks),
            Self::FromMonths(months, ratio) => ratio.scale_wide(first_day(ticks.checked_mul(*months)?)?),
            Self::ToMonths(ratio, months) => Some(month_of(ratio.scale_wide(ticks)?)?.div_euclid(*months)),
        }
    }
}

fn months((base, count): Unit) -> i128 {
    i128::from(count) * if base == TimeBase::Year { 12 } else { 1 }
}

/// A fraction in lowest terms; both parts are positive.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Ratio {
    over: i128,
    under: i128,
    /// Both, where they are small.
    small: Option<(i64, i64)>,
}

impl Ratio {
    fn new(over: i128, under: i128) -> Self {
        let (mut a, mut b) = (over.max(1), under.max(1));
        while b != 0 {
            (a, b) = (b, a % b);
        }
        let (over, under) = (over / a, under / a);
        let small = i64::try_from(over).ok().zip(i64::try_from(under).ok());
        Self { over, under, small }
    }

    /// `ticks` times the fraction, rounded down.
    fn scale(&self, ticks: i64) -> Option<i64> {
        if let Some((over, under)) = self.small {
            if let Some(product) = ticks.checked_mul(over) {
                let scaled = if under == 1 { product } else { product.div_euclid(under) };
                return (scaled != NOT_A_TIME).then_some(scaled);
            }
        }
        let scaled = i64::try_from(self.scale_wide(ticks.into())?).ok()?;
        (scaled != NOT_A_TIME).then_some(scaled)
    }

    fn scale_wide(&self, ticks: i128) -> Option<i128> {
        Some(ticks.checked_mul(self.over)?.div_euclid(self.under))
    }
}

/// Days of 400 years.
const ERA: i128 = 146_097;

/// The first day of a month, both counted from 1970-01.
fn first_day(month: i128) -> Option<i128> {
    let (year, month) = (month.div_euclid(12).checked_add(1970)?, month.rem_euclid(12));
    // Years that begin in March put the leap day at their end.
    let (year, month) = if month < 2 { (year - 1, month + 10) } else { (year, month - 2) };
    let (era, year) = (year.div_euclid(400), year.rem_euclid(400));
    let day = (153 * month + 2) / 5 + year * 365 + year / 4 - year / 100;
    era.checked_mul(ERA)?.checked_add(day - 719_468)
}

/// The month of a day, both counted from 1970-01.
fn month_of(day: i128) -> Option<i128> {
    let day = day.checked_add(719_468)?;
    let (era, day) = (day.div_euclid(ERA), day.rem_euclid(ERA));
    let year = (day - day / 1_460 + day / 36_524 - day / 146_096) / 365;
    let day = day - (year * 365 + year / 4 - year / 100);
    let month = (5 * day + 2) / 153;
    let (year, month) = if month < 10 { (year, month + 2) } else { (year + 1, month - 10) };
    era.checked_mul(400)?.checked_add(year - 1970)?.checked_mul(12)?.checked_add(month)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ticks(from: Unit, to: Unit, is_delta: bool) -> Ticks {
        Ticks::new(TimeUnit::Of(from.0, from.1), TimeUnit::Of(to.0, to.1), is_delta).unwrap()
    }

    #[test]
    fn every_month_of_eight_centuries_begins_where_it_should() {
        let lengths = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
        let mut day = first_day(-400 * 12).unwrap();
        assert_eq!(day, -146_097);
        for month in -400 * 12..400 * 12 {
            assert_eq!(first_day(month), Some(day));
            let (year, of_year) = (1970 + month.div_euclid(12), month.rem_euclid(12));
            let leap = of_year == 1 && (year % 4 == 0 && year % 100 != 0 || year % 400 == 0);
            let next = day + lengths[usize::try_from(of_year).unwrap()] + i128::from(leap);
            assert_eq!((month_of(day), month_of(next - 1)), (Some(month), Some(month)));
            day = next;
        }
    }

    #[test]
    fn rounds_down_and_keeps_nat() {
        let to_days = ticks((TimeBase::Second, 1), (TimeBase::Day, 1), false);
        assert_eq!(to_days.convert(-1), Some(-1));
        assert_eq!(to_days.convert(86_399), Some(0));
        assert_eq!(to_days.convert(NOT_A_TIME), Some(NOT_A_TIME));
        let to_months = ticks((TimeBase::Day, 1), (TimeBase::Month, 3), false);
        assert_eq!((to_months.convert(-1), to_months.convert(3000)), (Some(-1), Some(32)));
        let years = ticks((TimeBase::Year, 2), (TimeBase::Month, 5), false);
        assert_eq!((years.convert(-1), years.convert(3000)), (Some(-5), Some(14400)));
    }

    #[test]
    fn average_years_for_timedeltas() {
        let years = ticks((TimeBase::Year, 1), (TimeBase::Day, 1), true);
        assert_eq!(
            [-1, 1, 5, 3000].map(|value| years.convert(value)),
            [-366, 365, 1826, 1_095_727].map(Some)
        );
    }

    #[test]
    fn overflow_is_no_value() {
        let to_nano = ticks((TimeBase::Second, 1), (TimeBase::Nanosecond, 1), false);
        assert_eq!(to_nano.convert(1 << 60), None);
        assert_eq!(to_nano.convert(1 << 30), Some(1_073_741_824_000_000_000));
        let years = ticks((TimeBase::Year, u32::MAX), (TimeBase::Attosecond, 1), false);
        assert_eq!((years.convert(1), years.convert(0)), (None, Some(0)));
        assert!(Ticks::new(TimeUnit::Of(TimeBase::Day, 1), TimeUnit::Generic, false).is_none());
    }
}
