//! The kinds of values in which numbers of two dtypes meet without rounding.

use super::CompareOptions;
use super::tally::{DIFFERENT, SAME, SIGNED_ZERO, Tally};
use crate::model::long_double::X87;

/// A value that can be compared exactly.
pub(super) trait Domain: Copy {
    /// Equal to the last bit.
    fn is_same(self, other: Self) -> bool;
    /// NaN, or "not a time".
    fn is_nan(self) -> bool;
    /// Neither NaN nor infinite.
    fn is_finite(self) -> bool;
    /// Equal as a value, which zeros of both signs are and NaN is not.
    fn equals(self, other: Self) -> bool;
    /// Both are NaN.
    fn is_nan_too(self, other: Self) -> bool {
        self.is_nan() && other.is_nan()
    }
    /// The distance; infinite when one is infinite, NaN when one is NaN.
    fn distance(self, other: Self) -> f64;
    /// The absolute value.
    fn size(self) -> f64;
    /// True for numbers, to which a tolerance applies.
    const IS_NUMBER: bool = true;

    /// Compares two values.
    fn mark(self, other: Self, options: &CompareOptions, tally: &mut Tally) -> u8 {
        if self.is_same(other) && (options.equal_nan || !self.is_nan()) {
            return SAME;
        }
        if self.equals(other) {
            return if options.exact { SIGNED_ZERO | DIFFERENT } else { SIGNED_ZERO };
        }
        if options.equal_nan && self.is_nan_too(other) {
            return SAME;
        }
        let (distance, size) = (self.distance(other), other.size());
        match self.is_finite() && other.is_finite() {
            true => tally.apart(distance, size),
            false => tally.not_finite += 1,
        }
        let close = options.tolerance.filter(|_| Self::IS_NUMBER && distance.is_finite());
        if close.is_some_and(|tolerance| distance <= tolerance.atol + tolerance.rtol * size) {
            SAME
        } else {
            DIFFERENT
        }
    }
}

macro_rules! integers {
    ($($type:ty)*) => {$(
        impl Domain for $type {
            fn is_same(self, other: Self) -> bool {
                self == other
            }

            fn is_nan(self) -> bool {
                false
            }

            fn is_finite(self) -> bool {
                true
            }

            fn equals(self, other: Self) -> bool {
                self == other
            }

            #[allow(clippy::cast_precision_loss, reason = "a distance is rounded")]
            fn distance(self, other: Self) -> f64 {
                self.abs_diff(other) as f64
            }

            #[allow(clippy::cast_precision_loss, reason = "a distance is rounded")]
            fn size(self) -> f64 {
                self.abs_diff(0) as f64
            }
        }
    )*};
}

integers!(i64 u64);

impl Domain for f64 {
    fn is_same(self, other: Self) -> bool {
        self.to_bits() == other.to_bits()
    }

    fn is_nan(self) -> bool {
        self.is_nan()
    }

    fn is_finite(self) -> bool {
        self.is_finite()
    }

    #[allow(clippy::float_cmp, reason = "it is what is asked")]
    fn equals(self, other: Self) -> bool {
        self == other
    }

    fn distance(self, other: Self) -> f64 {
        (self - other).abs()
    }

    fn size(self) -> f64 {
        self.abs()
    }
}

impl Domain for X87 {
    fn is_same(self, other: Self) -> bool {
        self == other
    }

    fn is_nan(self) -> bool {
        self.is_nan()
    }

    fn is_finite(self) -> bool {
        !self.is_nan() && !self.is_infinite()
    }

    fn equals(self, other: Self) -> bool {
        self.equals(other)
    }

    fn distance(self, other: Self) -> f64 {
        if self.is_nan() || other.is_nan() {
            f64::NAN
        } else if self.is_infinite() || other.is_infinite() {
            f64::INFINITY
        } else {
            self.distance(other)
        }
    }

    fn size(self) -> f64 {
        self.to_f64().abs()
    }
}

/// A complex number.
#[derive(Clone, Copy)]
pub(super) struct Complex<D>(pub(super) D, pub(super) D);

impl<D: Domain> Domain for Complex<D> {
    fn is_same(self, other: Self) -> bool {
        self.0.is_same(other.0) && self.1.is_same(other.1)
    }

    fn is_nan(self) -> bool {
        self.0.is_nan() || self.1.is_nan()
    }

    fn is_finite(self) -> bool {
        self.0.is_finite() && self.1.is_finite()
    }

    fn equals(self, other: Self) -> bool {
        self.0.equals(other.0) && self.1.equals(other.1)
    }

    /// Each part is NaN in both or the same in both, and one is NaN.
    fn is_nan_too(self, other: Self) -> bool {
        let part = |a: D, b: D| a.equals(b) || a.is_nan_too(b);
        self.is_nan() && part(self.0, other.0) && part(self.1, other.1)
    }

    fn distance(self, other: Self) -> f64 {
        let part = |a: D, b: D| if a.is_same(b) { 0.0 } else { a.distance(b) };
        let (real, imaginary) = (part(self.0, other.0), part(self.1, other.1));
        // `hypot` of infinity and NaN is infinity.
        if self.is_nan() || other.is_nan() { f64::NAN } else { real.hypot(imaginary) }
    }

    fn size(self) -> f64 {
        self.0.size().hypot(self.1.size())
    }
}

/// Ticks of a common unit.
#[derive(Clone, Copy, PartialEq)]
pub(super) enum Instant {
    NotATime,
    At(i128),
    /// Beyond 128 bits: further than anything in the other array.
    Beyond,
}

impl Domain for Instant {
    const IS_NUMBER: bool = false;

    fn is_same(self, other: Self) -> bool {
        self == other
    }

    fn is_nan(self) -> bool {
        self == Self::NotATime
    }

    fn is_finite(self) -> bool {
        !self.is_nan()
    }

    fn equals(self, other: Self) -> bool {
        !self.is_nan() && self == other
    }

    #[allow(clippy::cast_precision_loss, reason = "a distance is rounded")]
    fn distance(self, other: Self) -> f64 {
        match (self, other) {
            (Self::NotATime, _) | (_, Self::NotATime) => f64::NAN,
            (Self::At(a), Self::At(b)) => a.abs_diff(b) as f64,
            _ => f64::INFINITY,
        }
    }

    #[allow(clippy::cast_precision_loss, reason = "a distance is rounded")]
    fn size(self) -> f64 {
        match self {
            Self::At(ticks) => ticks.unsigned_abs() as f64,
            Self::NotATime | Self::Beyond => f64::INFINITY,
        }
    }
}
