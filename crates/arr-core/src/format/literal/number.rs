//! Integers, and tuples of them.

use super::{Bracket, Kind, Scanner, is_name_byte};
use crate::Result;

/// The most decimal digits that Python (3.11 and later) converts.
const MAX_DIGITS: usize = 4300;

/// An integer of any size, as far as arrays care: sign, and a magnitude if it fits a `u64`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Int {
    negative: bool,
    magnitude: Option<u64>,
}

impl Int {
    /// True below zero.
    #[must_use]
    pub const fn is_negative(self) -> bool {
        self.negative && !matches!(self.magnitude, Some(0))
    }

    /// The value, if it is not negative and fits.
    #[must_use]
    pub const fn to_u64(self) -> Option<u64> {
        if self.is_negative() { None } else { self.magnitude }
    }

    /// The value, if it is not negative and fits.
    #[must_use]
    pub fn to_usize(self) -> Option<usize> {
        self.to_u64().and_then(|value| usize::try_from(value).ok())
    }
}

/// What a shape is written as.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Ints {
    /// A bare integer, `3` or `(3)`.
    One(Int),
    /// `()`, `(3,)`, `(3, 4)`
    Tuple(Vec<Int>),
    /// `[]`, `[3]`, `[3, 4]`
    List(Vec<Int>),
}

impl Scanner<'_> {
    /// Reads an integer with at most one sign.
    ///
    /// # Errors
    /// `Malformed` when something else comes, or an integer that Python refuses.
    pub fn int(&mut self) -> Result<Int> {
        self.grouped(|scanner| {
            if let Some(value) = scanner.called(Self::int)? {
                return Ok(value);
            }
            scanner.peek()?;
            let sign = scanner.byte().filter(|byte| matches!(byte, b'+' | b'-'));
            let Some(sign) = sign else { return scanner.unsigned(false) };
            scanner.pos += 1;
            scanner.grouped(|scanner| scanner.unsigned(sign == b'-'))
        })
    }

    /// Reads an integer, or a tuple or list of integers.
    ///
    /// # Errors
    /// As [`int`](Self::int).
    pub fn ints(&mut self) -> Result<Ints> {
        if let Some(value) = self.called(Self::ints)? {
            return Ok(value);
        }
        match self.peek()? {
            Kind::Open(Bracket::Square) => {
                self.open(Bracket::Square)?;
                Ok(Ints::List(self.int_items(Bracket::Square, Vec::new())?))
            }
            Kind::Open(Bracket::Paren) => self.ints_in_parentheses(),
            _ => Ok(Ints::One(self.int()?)),
        }
    }

    /// Only the comma makes a tuple; without one, what stood in the parentheses is the value itself.
    fn ints_in_parentheses(&mut self) -> Result<Ints> {
        self.open(Bracket::Paren)?;
        if self.closes(Bracket::Paren)? {
            return Ok(Ints::Tuple(self.int_items(Bracket::Paren, Vec::new())?));
        }
        let first = self.ints()?;
        if !self.comma()? {
            self.close(Bracket::Paren)?;
            return Ok(first);
        }
        let Ints::One(first) = first else {
            return Err(self.error("expected an integer, found a tuple or list before this comma"));
        };
        Ok(Ints::Tuple(self.int_items(Bracket::Paren, vec![first])?))
    }

    fn int_items(&mut self, bracket: Bracket, mut items: Vec<Int>) -> Result<Vec<Int>> {
        while !self.closes(bracket)? {
            items.push(self.int()?);
            if !self.comma()? {
                break;
            }
        }
        self.close(bracket)?;
        Ok(items)
    }

    fn unsigned(&mut self, negative: bool) -> Result<Int> {
        self.peek()?;
        if !self.byte().is_some_and(|byte| byte.is_ascii_digit()) || self.starts_float() {
            return Err(self.expected("an integer"));
        }
        let (radix, digits) = match self.bytes_ahead() {
            [b'0', b'x' | b'X', ..] => (16, 2),
            [b'0', b'o' | b'O', ..] => (8, 2),
            [b'0', b'b' | b'B', ..] => (2, 2),
            _ => (10, 0),
        };
        self.pos += digits;
        let magnitude = self.digits(radix)?;
        self.skip_long_suffix()?;
        if self.byte().is_some_and(is_name_byte) {
            self.start = self.pos;
            return Err(self.expected("the end of the number"));
        }
        Ok(Int { negative, magnitude })
    }

    /// Reads digits with single underscores between them, and after the mark of another base than ten.
    fn digits(&mut self, radix: u32) -> Result<Option<u64>> {
        let (mut value, mut count, mut ready) = (Some(0u64), 0usize, radix != 10);
        let (first, begin) = (self.byte(), self.pos);
        while let Some(byte) = self.byte() {
            if let Some(digit) = char::from(byte).to_digit(radix) {
                value = value
                    .and_then(|value| value.checked_mul(u64::from(radix)))
                    .and_then(|value| value.checked_add(u64::from(digit)));
                // Leading zeros cost Python nothing.
                count += usize::from(value != Some(0));
                ready = true;
            } else if byte == b'_' && ready {
                ready = false;
            } else {
                break;
            }
            self.pos += 1;
        }
        if !ready || self.pos == begin {
            return Err(self.error("the number ends without a digit"));
        }
        if radix == 10 && count > MAX_DIGITS {
            return Err(
                self.error(format!("an integer of {count} digits: Python reads at most {MAX_DIGITS}"))
            );
        }
        if radix == 10 && first == Some(b'0') && value != Some(0) {
            return Err(
                self.error("an integer begins with zeros, which is octal to some and decimal to others")
            );
        }
        Ok(value)
    }

    /// Reads the `L` of Python 2. NumPy drops the name `L` after a number, however often it comes.
    fn skip_long_suffix(&mut self) -> Result<()> {
        if !self.python2 {
            return Ok(());
        }
        loop {
            let rest = self.rest();
            let suffix = rest.trim_start_matches([' ', '\t', '\x0C']);
            let mut bytes = suffix.bytes();
            if bytes.next() != Some(b'L') || bytes.next().is_some_and(is_name_byte) {
                return Ok(());
            }
            self.pos += rest.len() - suffix.len() + 1;
        }
    }

    /// True when the number that comes has a fraction, an exponent or an imaginary part.
    pub(super) fn starts_float(&self) -> bool {
        let rest = self.bytes_ahead();
        let length =
            rest.iter().position(|byte| !(byte.is_ascii_digit() || *byte == b'_')).unwrap_or(rest.len());
        let digits = length > 0;
        match rest.get(length..).unwrap_or_default() {
            [b'.', next, ..] => digits || next.is_ascii_digit(),
            [b'.'] => digits,
            [b'e' | b'E' | b'j' | b'J', ..] => digits,
            _ => false,
        }
    }
}
