//! Short ways from plain fields to items: what columns of tables mostly have, without a look at the rules.

use arr_core::format::room;
use arr_core::{Scalar, TimeBase, TimeUnit};

use super::columns::{Column, Kind, Values};
use super::times;
use super::words::{Ends, Plain, word_at};
use crate::number::parse;

/// What becomes of a plain field of a column, and where.
#[derive(Clone, Copy, Debug)]
pub(super) enum Step {
    /// Nothing.
    Skipped,
    Float(usize),
    Signed(usize),
    /// Characters of four bytes each: so many bytes of them; whether it is an error to have more.
    Text(usize, usize, bool),
    Day(usize),
    /// The rules are to be asked.
    Ruled,
}

/// The short ways of columns; `None` where there is no memory for them.
pub(super) fn steps(columns: &[Option<Column>], values: &Values) -> Option<Vec<Step>> {
    let step = |column: &Option<Column>| match column {
        None => Step::Skipped,
        Some(_) if values.has_marks() => Step::Ruled,
        Some(Column { kind, offset, .. }) => match kind {
            Kind::Float(Scalar::F64) => Step::Float(*offset),
            Kind::Signed(8) => Step::Signed(*offset),
            Kind::Text(_) => Step::Text(*offset, kind.size(), values.is_strict),
            Kind::Date(TimeUnit::Of(TimeBase::Day, 1)) => Step::Day(*offset),
            _ => Step::Ruled,
        },
    };
    room::collected(columns.iter().map(step)).ok()
}

impl Step {
    /// Makes an item of the field at the front of `rest`, and gives what is behind it, which may be no end of a field.
    /// `None` for what is not plain.
    #[inline]
    pub(super) fn put<'t>(self, ends: Ends, rest: &'t [u8], row: &mut [u8]) -> Option<&'t [u8]> {
        match self {
            Self::Float(offset) => {
                let (value, len) = parse::float_front(rest)?;
                put(row, offset, &value.to_ne_bytes())?;
                rest.get(len..)
            }
            Self::Signed(offset) => {
                let (value, len) = parse::signed_front(rest).ok()?;
                put(row, offset, &value.to_ne_bytes())?;
                rest.get(len..)
            }
            Self::Day(offset) => {
                put(row, offset, &times::day(rest.get(..times::DAY)?)?.to_ne_bytes())?;
                rest.get(times::DAY..)
            }
            Self::Text(offset, size, is_strict) => {
                // What begins with a blank may be a missing value, and what begins with the quote is quoted.
                let Plain { len, is_ascii } = ends.find(rest)?;
                let first = *rest.first()?;
                let is_long = is_strict && len > size / 4;
                if !is_ascii || len == 0 || is_long || !first.is_ascii_alphanumeric() {
                    return None;
                }
                put_letters(rest, len, row.get_mut(offset..offset.checked_add(size)?)?)?;
                rest.get(len..)
            }
            Self::Skipped | Self::Ruled => None,
        }
    }
}

#[inline]
fn put(row: &mut [u8], offset: usize, item: &[u8; 8]) -> Option<()> {
    *row.get_mut(offset..)?.first_chunk_mut()? = *item;
    Some(())
}

/// Puts the first `len` bytes of a text, which are ASCII and have eight bytes or more from the last one on, as characters
/// of four bytes each, and zeros behind them.
#[inline]
fn put_letters(text: &[u8], len: usize, item: &mut [u8]) -> Option<()> {
    for (place, letters) in item.chunks_mut(8 * 4).enumerate() {
        let at = 8 * place;
        let word = match len.saturating_sub(at) {
            0 => 0,
            left @ 1..8 => word_at(text, at)? & ((1 << (8 * left)) - 1),
            _ => word_at(text, at)?,
        };
        let [a, b, c, d, e, f, g, h] = word.to_le_bytes();
        for (four, letters) in [[a, b, c, d], [e, f, g, h]].into_iter().zip(letters.chunks_mut(4 * 4)) {
            match letters.first_chunk_mut::<16>() {
                Some(letters) => *letters = widened(four),
                None => letters.chunks_exact_mut(4).zip(four).for_each(|(letter, byte)| {
                    letter.copy_from_slice(&u32::from(byte).to_ne_bytes());
                }),
            }
        }
    }
    Some(())
}

/// Four bytes as characters of four bytes each.
#[inline]
fn widened(four: [u8; 4]) -> [u8; 16] {
    let mut wide = [0; 16];
    for (letter, byte) in wide.chunks_exact_mut(4).zip(four) {
        letter.copy_from_slice(&u32::from(byte).to_ne_bytes());
    }
    wide
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn letters_are_cut_and_padded() {
        let text = b"abcdefghijklmnopqrstuvwxyz";
        for len in 1..=18 {
            for wanted in 1..=20 {
                let mut item = vec![9; wanted * 4];
                put_letters(text, len, &mut item).unwrap();
                for (place, four) in item.chunks(4).enumerate() {
                    let letter = if place < len { u32::from(text[place]) } else { 0 };
                    assert_eq!(four, letter.to_ne_bytes(), "{place} of {len} in {wanted}");
                }
            }
        }
    }
}
