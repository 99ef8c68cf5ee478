//! Dtypes that the fields tell: `dtype=None`.

use arr_core::format::room;
use arr_core::{ByteOrder, DType, Error, RecordType, Result, Scalar};

use super::convert::{Conversion, Leaf};
use super::names::DefaultName;
use super::plan::{Missing, check_count};
use super::python;
use super::rows::{Kept, Leaves, Row};
use super::{long_double, value::Filling};
use crate::broken::lost;
use crate::table::dialect::Dialect;
use crate::table::numbers;

/// What all fields of a column can be, a bit for each step of the upgrades.
const TRUTH: u8 = 1;
const WHOLE: u8 = 2;
const FLOAT: u8 = 4;
const COMPLEX: u8 = 8;
const LONG: u8 = 16;
const TEXT: u8 = 32;
const ALL: u8 = TRUTH | WHOLE | FLOAT | COMPLEX | LONG | TEXT;

/// What is known of a column.
#[derive(Clone, Copy, Debug)]
pub(super) struct Guess {
    can_be: u8,
    /// A field is missing that is not a truth value.
    lacks: bool,
}

impl Default for Guess {
    fn default() -> Self {
        Self { can_be: ALL, lacks: false }
    }
}

impl Guess {
    /// Looks at a field.
    fn see(&mut self, column: usize, text: &str, missing: &Missing, numerals: Option<&Dialect>) {
        if self.can_be == TEXT {
            return;
        }
        let own = match numerals {
            None => could_be(text, self.can_be),
            Some(numerals) => {
                let mut scratch = Vec::new();
                let plain = numbers::plain(numerals, text.as_bytes(), &mut scratch);
                let plain = plain.and_then(|plain| std::str::from_utf8(plain).ok());
                plain.map_or_else(|| could_be(text, TRUTH), |plain| could_be(plain, self.can_be))
            }
        };
        if own & self.can_be == self.can_be {
            return;
        }
        if missing.has(column, text) {
            self.lacks |= own & TRUTH == 0;
        } else {
            self.can_be &= own;
        }
    }

    /// The first step that all fields can be.
    fn step(self) -> u8 {
        1 << self.can_be.trailing_zeros().min(5)
    }

    /// NumPy's `_checked`: false for truth values among which some are missing.
    fn is_checked(self) -> bool {
        self.step() != TRUTH || !self.lacks
    }

    fn conversion(self) -> Conversion {
        match self.step() {
            TRUTH => Conversion::Truth,
            WHOLE => Conversion::Whole,
            FLOAT => Conversion::Float,
            COMPLEX => Conversion::Complex,
            LONG => Conversion::Long,
            _ => Conversion::Text,
        }
    }
}

/// What a field can be, as far as it is asked.
fn could_be(text: &str, asked: u8) -> u8 {
    if asked & TRUTH != 0 && python::truth(text).is_some() {
        return TRUTH | TEXT;
    }
    let mut can_be = TEXT;
    if asked & WHOLE != 0 && python::whole(text).is_ok_and(|value| i64::try_from(value).is_ok()) {
        can_be |= WHOLE;
    }
    if can_be & WHOLE != 0 || asked & (FLOAT | COMPLEX) != 0 && python::float(text).is_some() {
        // What is a whole number or a float is a complex number too.
        can_be |= FLOAT | COMPLEX;
    } else if asked & COMPLEX != 0 && python::complex(text).is_some() {
        can_be |= COMPLEX;
    }
    if asked & LONG != 0 {
        // Python takes blanks and underscores, C takes hexadecimal digits.
        let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'-' | b'.');
        if can_be & FLOAT != 0 && text.bytes().all(is_plain) || long_double::parse(text).is_some() {
            can_be |= LONG;
        }
    }
    can_be
}

/// Looks at all fields of a row.
///
/// # Errors
/// When a field lies outside of the line, which none does.
pub(super) fn see(
    guesses: &mut [Guess],
    row: &Row<'_>,
    missing: &Missing,
    numerals: Option<&Dialect>,
) -> Result<()> {
    for (column, guess) in guesses.iter_mut().enumerate() {
        guess.see(column, row.text(column)?, missing, numerals);
    }
    Ok(())
}

/// What columns become.
#[derive(Debug)]
pub(super) struct Inferred {
    /// The dtype of one item.
    pub(super) dtype: DType,
    pub(super) leaves: Leaves,
    /// True when a row is one item.
    pub(super) is_record: bool,
    /// Bytes of a row.
    pub(super) size: usize,
}

/// The dtypes of all columns of the rows that stay.
pub(super) fn decide(
    guesses: &[Guess],
    kept: &Kept,
    names: Option<&[String]>,
    format: &DefaultName,
    as_bytes: bool,
    filling: impl Fn(&Leaf, usize) -> Filling,
    limits: &arr_core::Limits,
) -> Result<Inferred> {
    let is_text = |guess: &Guess| guess.step() == TEXT;
    let mut first = None;
    let mut is_uniform = names.is_none();
    for guess in guesses.iter().filter(|guess| guess.is_checked()) {
        is_uniform &= *first.get_or_insert(guess.step()) == guess.step();
    }
    let uniform = first.filter(|_| is_uniform);
    let any_text = guesses.iter().any(is_text);
    if any_text && kept.len() == 0 {
        return Err(Error::invalid(
            "skip_footer leaves no row, so that the length of its texts is not known",
        ));
    }
    let mut widths: Vec<usize> = room::reserved(if any_text { guesses.len() } else { 0 })?;
    let mut latin1 = as_bytes;
    if any_text {
        widths.resize(guesses.len(), 0);
        kept.each(guesses.len(), |_, fields| {
            for (column, (width, guess)) in widths.iter_mut().zip(guesses).enumerate() {
                let text = fields.get(column).ok_or_else(|| lost("a row that was kept has fewer fields"))?;
                if is_text(guess) {
                    *width = (*width).max(text.chars().count());
                    latin1 &= text.is_ascii() || text.chars().all(|letter| u32::from(letter) < 256);
                } else if uniform == Some(TEXT) {
                    let written = match python::truth(text) {
                        Some(truth) => Filling::Bool(truth),
                        None => filling(&Leaf::new(DType::native(Scalar::Bool), 0)?, column),
                    };
                    *width = (*width).max(written.text().chars().count());
                }
            }
            Ok(())
        })?;
    }
    let dtype = |step: u8, width: usize| match step {
        TRUTH => DType::native(Scalar::Bool),
        WHOLE => DType::native(Scalar::I64),
        FLOAT => DType::native(Scalar::F64),
        COMPLEX => DType::native(Scalar::Complex128),
        LONG => DType::native(Scalar::LongDouble16),
        _ if latin1 => DType::Bytes(width),
        _ => DType::Unicode(width, ByteOrder::NATIVE),
    };
    let conversion = |guess: &Guess| match guess.conversion() {
        Conversion::Text if latin1 => Conversion::Latin1,
        other => other,
    };
    if let Some(step) = uniform {
        let dtype = dtype(step, widths.iter().copied().max().unwrap_or(0).max(1));
        let size = dtype.itemsize();
        let leaves = match guesses {
            [first, rest @ ..] if rest.iter().all(|guess| guess.step() == first.step()) => {
                Leaves::Same(Leaf { conversion: conversion(first), dtype: dtype.clone(), offset: 0 })
            }
            _ => {
                let mut leaves = room::reserved(guesses.len())?;
                for (place, guess) in guesses.iter().enumerate() {
                    let offset = place.saturating_mul(size);
                    leaves.push(Leaf { conversion: conversion(guess), dtype: dtype.clone(), offset });
                }
                Leaves::Each(leaves)
            }
        };
        return Ok(Inferred { dtype, leaves, is_record: false, size: size.saturating_mul(guesses.len()) });
    }
    let fields = names.map_or(guesses.len(), |names| names.len().min(guesses.len()));
    if fields < guesses.len() {
        kept.each(guesses.len(), |place, _| {
            let (line, columns) = (place.line, guesses.len());
            let message = format!("line {line}: rows have {columns} columns, but there are {fields} names");
            Err(Error::malformed(message).at(place.offset))
        })?;
    }
    check_count(fields, limits)?;
    let mut leaves = room::reserved(fields)?;
    let mut builder = RecordType::builder();
    let mut offset = 0usize;
    for (place, guess) in guesses.iter().enumerate().take(fields) {
        let name = match names {
            Some(names) => names.get(place).cloned().ok_or_else(|| lost("a column has no name"))?,
            None => format.name(place)?,
        };
        let width = match widths.get(place) {
            Some(width) => *width,
            None if any_text => return Err(lost("a column of texts has no width")),
            None => 0,
        };
        let dtype = dtype(guess.step(), width);
        builder = builder.field(name, dtype.clone());
        let end = offset.saturating_add(dtype.itemsize());
        leaves.push(Leaf { conversion: conversion(guess), dtype, offset });
        offset = end;
    }
    let record = builder.build()?;
    let size = record.itemsize();
    Ok(Inferred { dtype: record.into(), leaves: Leaves::Each(leaves), is_record: true, size })
}
