//! How the floats of an array are printed: all of them alike, as wide as the widest.

use super::decimal::{Cutoff, Decimal};
use super::number::{Class, Float, FloatKind, Magnitude};
use super::options::{FloatMode, PrintOptions, Sign};

/// What becomes of zeros at the end of a fraction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Trim {
    /// Kept, and added up to the digits that were asked for.
    Keep,
    /// Dropped; the point stays.
    Point,
    /// Dropped, but one is left behind the point.
    OneZero,
    /// Dropped, and the point with them.
    All,
}

/// How to write one number.
#[derive(Clone, Copy, Debug)]
struct Style {
    exponential: bool,
    unique: bool,
    precision: Option<i32>,
    min_digits: Option<i32>,
    trim: Trim,
    plus: bool,
    exp_digits: usize,
}

/// A number ready to be written.
struct Written {
    sign: Option<char>,
    decimal: Decimal,
    exponential: bool,
    /// Digits after the point.
    fraction: i32,
    point: bool,
    exp_digits: usize,
}

impl Style {
    fn write(&self, float: &Float) -> Written {
        let more = i32::from(self.exponential);
        let cutoff = Cutoff {
            unique: self.unique,
            fractional: !self.exponential,
            max: self.precision.map(|precision| precision.saturating_add(more)),
            min: self.min_digits.map(|digits| digits.saturating_add(more)),
        };
        let decimal = Decimal::of(float, cutoff);
        let significant = if self.exponential { decimal.len() - 1 } else { decimal.fraction() };
        let fraction = match self.trim {
            Trim::Keep if self.unique => significant.max(self.min_digits.unwrap_or(0)),
            Trim::Keep => significant.max(self.precision.unwrap_or(0)),
            Trim::OneZero => significant.max(1),
            Trim::Point | Trim::All => significant,
        };
        Written {
            sign: sign(float.negative, self.plus),
            decimal,
            exponential: self.exponential,
            fraction,
            point: fraction > 0 || self.trim != Trim::All,
            exp_digits: self.exp_digits,
        }
    }
}

const fn sign(negative: bool, plus: bool) -> Option<char> {
    match (negative, plus) {
        (true, _) => Some('-'),
        (false, true) => Some('+'),
        (false, false) => None,
    }
}

impl Written {
    /// The power of ten of the first digit to write.
    fn first(&self) -> i32 {
        if self.exponential { self.decimal.exponent } else { self.decimal.exponent.max(0) }
    }

    /// The power of ten of the digit before the point.
    fn unit(&self) -> i32 {
        if self.exponential { self.decimal.exponent } else { 0 }
    }

    /// Characters before the point.
    fn left(&self) -> usize {
        width(self.first() - self.unit() + 1) + usize::from(self.sign.is_some())
    }

    /// Digits of the exponent.
    fn exp_size(&self) -> usize {
        let digits = self.decimal.exponent.unsigned_abs().checked_ilog10().unwrap_or(0) + 1;
        usize::try_from(digits).unwrap_or(0).max(self.exp_digits)
    }

    fn push(&self, left: usize, right: usize, out: &mut String) {
        push_spaces(left.saturating_sub(self.left()), out);
        out.extend(self.sign);
        let unit = self.unit();
        for power in (unit..=self.first()).rev() {
            out.push(char::from(b'0' + self.decimal.digit(power)));
        }
        if self.point {
            out.push('.');
        }
        for place in 1..=self.fraction {
            out.push(char::from(b'0' + self.decimal.digit(unit.saturating_sub(place))));
        }
        if self.exponential {
            self.push_exponent(out);
        } else {
            push_spaces(right.saturating_sub(width(self.fraction)), out);
        }
    }

    fn push_exponent(&self, out: &mut String) {
        use std::fmt::Write as _;
        let sign = if self.decimal.exponent < 0 { '-' } else { '+' };
        // Writing to a string does not fail.
        let _ =
            write!(out, "e{sign}{:0width$}", self.decimal.exponent.unsigned_abs(), width = self.exp_size());
    }
}

fn width(digits: i32) -> usize {
    usize::try_from(digits).unwrap_or(0)
}

/// Appends that many spaces.
pub(super) fn push_spaces(count: usize, out: &mut String) {
    out.extend(std::iter::repeat_n(' ', count));
}

/// Appends a number as NumPy prints a scalar: the fewest digits that tell it from its neighbours, with an exponent
/// where it is large or small. A whole number ends in `.0`, or `bare`, as it is in a complex one.
pub(super) fn push_scalar(float: &Float, bare: bool, plus: bool, out: &mut String) {
    if float.class != Class::Finite {
        let negative = float.negative && float.class == Class::Infinite;
        out.extend(sign(negative, plus));
        out.push_str(if float.class == Class::Nan { "nan" } else { "inf" });
        return;
    }
    let plain = float.mantissa == 0
        || (Magnitude::SCALAR_MINIMUM..Magnitude::pow10(float.kind.scalar_digits()))
            .contains(&float.magnitude());
    let trim = if plain && !bare { Trim::OneZero } else { Trim::All };
    let style = Style {
        exponential: !plain,
        unique: true,
        precision: None,
        min_digits: None,
        trim,
        plus,
        exp_digits: 2,
    };
    style.write(float).push(0, 0, out);
}

/// How all the floats of an array are printed.
#[derive(Clone, Debug)]
pub(super) struct FloatFormat {
    style: Style,
    left: usize,
    right: usize,
    nan: String,
    inf: String,
}

/// Shows all the numbers of an array to somebody.
pub(super) type Numbers<'a> = dyn Fn(&mut dyn FnMut(Float)) + 'a;

/// What has to be known of the numbers before they can be measured.
#[derive(Default)]
struct Census {
    finite: bool,
    not_finite: bool,
    negative_inf: bool,
    /// Of the finite ones, -0.0 included.
    any_negative: bool,
    smallest: Option<Magnitude>,
    greatest: Option<Magnitude>,
}

impl Census {
    fn count(&mut self, float: &Float) {
        if !float.is_finite() {
            self.not_finite = true;
            self.negative_inf |= float.class == Class::Infinite && float.negative;
            return;
        }
        self.finite = true;
        self.any_negative |= float.negative;
        if float.mantissa != 0 {
            let magnitude = float.magnitude();
            self.smallest = Some(self.smallest.map_or(magnitude, |least| least.min(magnitude)));
            self.greatest = self.greatest.max(Some(magnitude));
        }
    }

    fn asks_for_exponents(&self, kind: FloatKind, suppress: bool) -> bool {
        let (Some(least), Some(most)) = (self.smallest, self.greatest) else { return false };
        most >= Magnitude::pow10(kind.array_digits())
            || (!suppress
                && (least < kind.array_minimum() || most.exceeds_1000_times(least, kind.precision())))
    }
}

impl FloatFormat {
    /// Finds the format that suits all `numbers`, which are walked through twice.
    pub(super) fn new(kind: FloatKind, numbers: &Numbers<'_>, options: &PrintOptions, sign: Sign) -> Self {
        let mut census = Census::default();
        numbers(&mut |float| census.count(&float));
        let mut format = Self::unmeasured(options, sign);
        format.style.exponential = census.asks_for_exponents(kind, options.suppress);
        if census.finite {
            format.measure(numbers, options.floatmode);
        }
        if sign == Sign::Space && !census.any_negative {
            format.left += 1;
        }
        if census.not_finite {
            let signed = usize::from(sign != Sign::Minus || census.negative_inf);
            let offset = format.right + 1;
            let (nan, inf) = (format.nan.chars().count(), format.inf.chars().count() + signed);
            format.left = format.left.max(nan.saturating_sub(offset)).max(inf.saturating_sub(offset));
        }
        format
    }

    fn unmeasured(options: &PrintOptions, sign: Sign) -> Self {
        let unique = options.floatmode != FloatMode::Fixed;
        let style = Style {
            exponential: false,
            unique,
            precision: Some(options.digits()).filter(|_| options.floatmode != FloatMode::Unique),
            min_digits: None,
            trim: if unique { Trim::Point } else { Trim::Keep },
            plus: sign == Sign::Plus,
            exp_digits: 2,
        };
        Self { style, left: 0, right: 0, nan: options.nanstr.to_string(), inf: options.infstr.to_string() }
    }

    /// Prints all numbers to see how wide they are.
    fn measure(&mut self, numbers: &Numbers<'_>, mode: FloatMode) {
        let (mut left, mut fraction, mut exp_size) = (0, 0, 2);
        numbers(&mut |float| {
            if float.is_finite() {
                let written = self.style.write(&float);
                left = left.max(written.left());
                fraction = fraction.max(written.fraction);
                exp_size = exp_size.max(written.exp_size());
            }
        });
        self.left = left;
        self.right = width(fraction);
        if self.style.exponential {
            self.right += exp_size + 2;
            self.style.exp_digits = exp_size;
        }
        if self.style.exponential || matches!(mode, FloatMode::Fixed | FloatMode::MaxPrecEqual) {
            self.style.precision = Some(fraction);
            self.style.min_digits = Some(fraction);
            self.style.trim = Trim::Keep;
        } else {
            self.style.min_digits = Some(0);
        }
    }

    pub(super) fn push(&self, float: &Float, out: &mut String) {
        let text = match float.class {
            Class::Finite => return self.style.write(float).push(self.left, self.right, out),
            Class::Infinite => &self.inf,
            Class::Nan => &self.nan,
        };
        let sign = sign(float.negative && float.class == Class::Infinite, self.style.plus);
        let length = text.chars().count() + usize::from(sign.is_some());
        push_spaces((self.left + self.right + 1).saturating_sub(length), out);
        out.extend(sign);
        out.push_str(text);
    }
}
