//! Pictures of arrays: what is drawn, and how it is drawn with characters or into a file.
//!
//! [`sample`] reads an array once or twice, block by block, and keeps as much of it as a picture has places: extremes for
//! each column of a line, means for each cell of a heat map or an image, counts for each bin of a histogram. [`terminal`]
//! and [`mod@file`] draw that.

pub mod colors;
pub mod file;
pub mod numbers;
pub mod sample;
pub mod scale;
pub mod terminal;

use arr_io::{DType, Error, TimeUnit};

/// The kinds of pictures.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum Kind {
    /// Values along an axis, one line or a few
    Line,
    /// How the values are spread
    Histogram,
    /// A table as colours or shades
    Heatmap,
    /// Pixels: (height, width), or with 3 or 4 channels behind
    Image,
}

impl Kind {
    /// The kind that suits an array, of which the axes of length 1 do not count.
    pub fn of(dtype: &DType, shape: &[usize]) -> Self {
        let axes = without_ones(shape);
        let is_byte = dtype.itemsize() == 1 && matches!(Values::of(dtype), Ok(Values::Whole));
        match axes.as_slice() {
            [_] => Self::Line,
            [_, _] if is_byte => Self::Image,
            [one, other] if is_few(*one, *other) => Self::Line,
            [_, _] => Self::Heatmap,
            _ if has_channels(shape) && is_wide(shape) && (is_byte || is_brightness(dtype)) => Self::Image,
            _ => Self::Histogram,
        }
    }
}

/// True when a table is one of a few columns, or a few rows, each of them many items long.
fn is_few(one: usize, other: usize) -> bool {
    let (few, many) = (one.min(other), one.max(other));
    few <= MOST_LINES && many / 10 >= few
}

/// True for what other programs keep images in beside bytes.
fn is_brightness(dtype: &DType) -> bool {
    let scalar = dtype.as_scalar().map(|(scalar, _)| scalar);
    scalar.is_some_and(|scalar| scalar.is_float() || (scalar.is_unsigned_integer() && scalar.itemsize() == 2))
}

/// True for three axes, the last one red, green and blue, perhaps with opacity.
fn has_channels(shape: &[usize]) -> bool {
    matches!(shape, [_, _, 3 | 4])
}

/// True for what is more than a few pixels high and wide.
fn is_wide(shape: &[usize]) -> bool {
    shape.iter().take(2).all(|dim| *dim >= 8)
}

/// The axes that have more than one item.
fn without_ones(shape: &[usize]) -> Vec<usize> {
    shape.iter().copied().filter(|dim| *dim != 1).collect()
}

/// The most lines in one picture.
pub const MOST_LINES: usize = 8;

/// What values are, as far as their labels go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Values {
    /// Integers.
    Whole,
    /// Floats.
    Real,
    /// Complex numbers, of which the absolute values are drawn.
    Absolute,
    /// Ticks of dates.
    Dates(TimeUnit),
    /// Ticks of durations.
    Durations(TimeUnit),
}

impl Values {
    /// What the items of a dtype are.
    ///
    /// # Errors
    /// `Unsupported` when they are not numbers.
    pub fn of(dtype: &DType) -> Result<Self, Error> {
        match dtype {
            DType::Scalar(kind, _) if kind.is_complex() => Ok(Self::Absolute),
            DType::Scalar(kind, _) if kind.is_float() => Ok(Self::Real),
            DType::Scalar(..) => Ok(Self::Whole),
            DType::DateTime(unit, _) => Ok(Self::Dates(*unit)),
            DType::TimeDelta(unit, _) => Ok(Self::Durations(*unit)),
            other => Err(Error::unsupported(format!("{other} can't be drawn: its items are not numbers"))),
        }
    }

    /// What the values are, where that has to be said.
    pub fn note(self) -> Option<String> {
        match self {
            Self::Absolute => Some("absolute values of complex numbers".to_owned()),
            Self::Durations(unit @ TimeUnit::Of(..)) => {
                Some(format!("ticks of {}", unit.to_string().trim_matches(['[', ']'])))
            }
            Self::Durations(TimeUnit::Generic) => Some("ticks of no unit".to_owned()),
            _ => None,
        }
    }

    /// True when all values are integers.
    pub fn are_whole(self) -> bool {
        !matches!(self, Self::Real | Self::Absolute)
    }
}

/// A picture, before it is drawn.
#[derive(Debug)]
pub struct Picture {
    /// What the array is called, its dtype and shape.
    pub title: String,
    /// What its values are, where that has to be said.
    pub notes: Vec<String>,
    /// What is left out.
    pub left: Option<String>,
    /// What its values are.
    pub values: Values,
    /// What is drawn.
    pub drawing: Drawing,
}

impl Picture {
    /// All that has to be said of it.
    pub fn all_notes(&self) -> String {
        let notes: Vec<&str> = self.notes.iter().chain(&self.left).map(String::as_str).collect();
        notes.join("; ")
    }
}

/// What is drawn.
#[derive(Debug)]
pub enum Drawing {
    /// One line or a few.
    Lines(sample::Lines),
    /// A histogram.
    Bars(sample::Bars),
    /// A heat map.
    Heat(sample::Grid),
    /// An image, and the values that are dark and bright.
    Image(sample::Grid, scale::Range),
}
