//! How arrays are to be printed.

use std::borrow::Cow;

/// How arrays are printed: NumPy's `set_printoptions`, with the same names and defaults.
///
/// ```
/// use arr_core::{Array, FloatMode, PrintOptions};
/// let array = Array::from_vec(vec![0.5, 2.0 / 3.0], &[2])?;
/// let options = PrintOptions::new().precision(3).floatmode(FloatMode::Fixed);
/// assert_eq!(array.display(&options).to_string(), "[0.500 0.667]");
/// # Ok::<(), arr_core::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PrintOptions {
    pub(super) precision: usize,
    pub(super) threshold: usize,
    pub(super) edgeitems: usize,
    pub(super) linewidth: usize,
    pub(super) suppress: bool,
    pub(super) nanstr: Cow<'static, str>,
    pub(super) infstr: Cow<'static, str>,
    pub(super) sign: Sign,
    pub(super) floatmode: FloatMode,
}

/// What precedes floats and integers that are not negative.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Sign {
    /// Nothing (NumPy's `'-'`).
    #[default]
    Minus,
    /// A plus sign (`'+'`).
    Plus,
    /// A space, unless a negative number makes room for its own sign (`' '`).
    Space,
}

/// How many digits of a float are printed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum FloatMode {
    /// As many as tell it from its neighbours, `precision` at most.
    #[default]
    MaxPrec,
    /// Always `precision`.
    Fixed,
    /// As many as tell it from its neighbours.
    Unique,
    /// As [`MaxPrec`](Self::MaxPrec), and as many for all the floats of an array.
    MaxPrecEqual,
}

impl Default for PrintOptions {
    fn default() -> Self {
        Self {
            precision: 8,
            threshold: 1000,
            edgeitems: 3,
            linewidth: 75,
            suppress: false,
            nanstr: Cow::Borrowed("nan"),
            infstr: Cow::Borrowed("inf"),
            sign: Sign::Minus,
            floatmode: FloatMode::MaxPrec,
        }
    }
}

impl PrintOptions {
    /// No number has more digits than this, so more of them would be zeros.
    const MAX_PRECISION: usize = 16_500;

    /// NumPy's defaults.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    crate::setters! {
        /// Digits of a float after the point: 8.
        precision: usize;
        /// Arrays of more items than this are printed in part, their middle left out: 1000.
        threshold: usize;
        /// Items that are printed at the beginning and the end of each dimension of such an array: 3.
        edgeitems: usize;
        /// Columns of a line, beyond which items go to the next one: 75.
        linewidth: usize;
        /// Never writes small floats with an exponent, even if nothing is left of them.
        suppress: bool;
        /// What stands for a float that is not a number: `nan`.
        nanstr: into Cow<'static, str>;
        /// What stands for infinity: `inf`.
        infstr: into Cow<'static, str>;
        /// What precedes numbers that are not negative: nothing.
        sign: Sign;
        /// How many digits of a float are printed: as many as tell it from its neighbours, `precision` at most.
        floatmode: FloatMode;
    }

    pub(super) fn digits(&self) -> i32 {
        i32::try_from(self.precision.min(Self::MAX_PRECISION)).unwrap_or(i32::MAX)
    }
}
