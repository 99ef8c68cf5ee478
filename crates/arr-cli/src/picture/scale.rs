//! Ranges of values, places on an axis, and what stands there.

use super::Values;
use super::numbers::{float, tick, whole};
use crate::{json, text};

/// Finite values from one to another, the first one below.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Range {
    pub low: f64,
    pub high: f64,
}

impl Range {
    /// The range of some finite values; nothing without any.
    pub fn of(values: impl IntoIterator<Item = f64>) -> Option<Self> {
        values.into_iter().fold(None, |range: Option<Self>, value| {
            let Self { low, high } = range.unwrap_or(Self { low: value, high: value });
            Some(Self { low: low.min(value), high: high.max(value) })
        })
    }

    /// The same, which has a width even where all values are one.
    pub fn widened(self) -> Self {
        if self.low < self.high {
            return self;
        }
        let half = (self.low.abs() / 10.0).max(0.5);
        let end = |value: f64| value.clamp(f64::MIN, f64::MAX);
        Self { low: end(self.low - half), high: end(self.high + half) }
    }

    /// The same with some room at both ends.
    pub fn padded(self) -> Self {
        let Self { low, high } = self.widened();
        let room = self.half_width() * 0.08;
        Self { low: (low - room).max(f64::MIN), high: (high + room).min(f64::MAX) }
    }

    /// Half its width, which no range is too wide for.
    fn half_width(self) -> f64 {
        self.high / 2.0 - self.low / 2.0
    }

    /// Where a value is, from 0 to 1.
    pub fn fraction(self, value: f64) -> f64 {
        let fraction = (value / 2.0 - self.low / 2.0) / self.half_width();
        if fraction.is_nan() { 0.5 } else { fraction.clamp(0.0, 1.0) }
    }
}

/// Places on an axis, with what stands there.
#[derive(Debug)]
pub struct Ticks(pub Vec<(f64, String)>);

impl Ticks {
    /// At most about `most` round values of a range.
    pub fn of(range: Range, values: Values, most: usize) -> Self {
        let half = range.half_width();
        let rough = (half / float(most.max(2))) * 2.0;
        let step = round_step(if values.are_whole() { rough.max(1.0) } else { rough });
        let first = (range.low / step).ceil();
        let count = whole(half / step * 2.0).min(most.saturating_mul(3)) + 1;
        let all = (0..count).map(|at| (first + float(at)) * step);
        let mut found: Vec<f64> = all.filter(|value| *value >= range.low && *value <= range.high).collect();
        // A range may be so narrow, or so wide, that no round value is in it.
        if !step.is_normal() || found.is_empty() {
            found = vec![range.low, range.high];
        }
        let most = found.iter().fold(0.0, |most: f64, value| most.max(value.abs()));
        Self(found.iter().map(|value| (*value, label(*value, step, most, values))).collect())
    }

    /// Whole places of an axis of so many items, from 0 to its length less 1.
    pub fn of_items(count: usize, most: usize) -> Self {
        let last = float(count.saturating_sub(1));
        Self::of(Range { low: 0.0, high: last }, Values::Whole, most)
    }

    /// Characters of the longest text.
    pub fn width(&self) -> usize {
        self.0.iter().map(|(_, text)| text.chars().count()).max().unwrap_or(0)
    }
}

/// The round number that is not below: 1, 2 or 5 times a power of ten.
fn round_step(rough: f64) -> f64 {
    let power = 10f64.powf(rough.log10().floor());
    let steps = [1.0, 2.0, 5.0, 10.0].map(|times| times * power);
    steps.into_iter().find(|step| *step >= rough * 0.999_999).unwrap_or(rough)
}

/// A value as text, with as many digits as values have that are `step` apart.
fn label(value: f64, step: f64, most: f64, values: Values) -> String {
    if let Values::Dates(unit) = values {
        if let Some(date) = json::date(tick(value), unit) {
            return date;
        }
    }
    let value = if value == 0.0 { 0.0 } else { value };
    let digits = whole((-(step.log10() + 1e-9).floor()).clamp(0.0, 17.0));
    if values.are_whole() && most < 1e15 {
        return format!("{value:.0}");
    }
    if most == 0.0 || (digits <= 6 && most < 1e6) {
        return format!("{value:.digits$}");
    }
    let digits = (most / step).log10().ceil();
    let digits = if digits.is_finite() { whole(digits).clamp(0, 16) } else { 2 };
    format!("{value:.digits$e}")
}

/// A number in a few digits.
pub fn short(value: f64, values: Values) -> String {
    if let Values::Dates(unit) = values {
        if let Some(date) = json::date(tick(value), unit) {
            return date;
        }
    }
    if values.are_whole() && value.abs() < 1e15 {
        return format!("{value:.0}");
    }
    text::rounded(value, 6)
}

#[cfg(test)]
mod tests {
    use arr_io::TimeUnit;

    use super::*;

    fn texts(low: f64, high: f64, values: Values) -> Vec<String> {
        Ticks::of(Range { low, high }, values, 5).0.into_iter().map(|(_, text)| text).collect()
    }

    #[test]
    fn ticks_are_round() {
        assert_eq!(texts(0.0, 1.0, Values::Real), ["0.0", "0.2", "0.4", "0.6", "0.8", "1.0"]);
        assert_eq!(texts(-3.0, 11.0, Values::Whole), ["0", "5", "10"]);
        assert_eq!(texts(0.0, 2.0, Values::Whole), ["0", "1", "2"]);
        assert_eq!(texts(1e9, 1e9 + 2.0, Values::Real)[0], "1.0000000000e9");
        assert_eq!(texts(-1.5e-7, 1.5e-7, Values::Real), ["-1e-7", "0e0", "1e-7"]);
    }

    #[test]
    fn no_range_is_too_odd() {
        let tiny = f64::from_bits(1);
        for (low, high) in
            [(f64::MIN, f64::MAX), (0.0, tiny), (-tiny, tiny), (1.0, 1.0 + f64::EPSILON), (0.0, f64::MAX)]
        {
            for values in [Values::Real, Values::Whole, Values::Dates(TimeUnit::Generic)] {
                let ticks = Ticks::of(Range { low, high }, values, 5);
                assert!((1..=16).contains(&ticks.0.len()), "{low} {high} {ticks:?}");
                assert!(
                    ticks.0.iter().all(|(value, _)| value.is_finite() && *value >= low && *value <= high)
                );
            }
            let range = Range { low, high };
            assert!((0.0..=1.0).contains(&range.fraction(low / 2.0 + high / 2.0)));
        }
        let one = Range { low: f64::MAX, high: f64::MAX }.widened();
        assert!(one.low < one.high && one.high.is_finite());
    }
}
