//! What fields look like, in one go over plain rows of CSV.
//!
//! A row that has a comment, a quote or a line end inside of quotes, other columns than those before, or an end that is a
//! carriage return alone is left to the general rules, which may look at some of its fields again.

use arr_core::TimeBase;

use super::dialect::{Comments, Dialect};
use super::infer::{DATE, FLOAT, Guess, INT, NEGATIVE, Rules, Seen, TEXT};
use super::times;
use super::words::{Ends, Plain, first, past_digits, word_at};
use crate::number::digits::others;

/// Whole numbers, some of them negative.
const SIGNED: u16 = INT | NEGATIVE;

/// Floats, and whole numbers among them.
const FLOATS: u16 = FLOAT | INT;

/// [`FLOATS`], and negative ones among the whole numbers.
const SIGNED_FLOATS: u16 = FLOAT | SIGNED;

/// How plain rows are looked at.
#[derive(Debug)]
pub(crate) struct Scan {
    separator: u8,
    quote: Option<u8>,
    ends: Ends,
}

impl Scan {
    /// Looks at rows of a dialect, if that is plain.
    pub(crate) fn new(dialect: &Dialect) -> Option<Self> {
        let ascii = |c: char| u8::try_from(c).ok().filter(u8::is_ascii);
        let is_free = |byte: &u8| !byte.is_ascii_alphanumeric() && !b"+-. \t".contains(byte);
        let separator = ascii(dialect.delimiter?).filter(|byte| is_free(byte) || *byte == b'\t')?;
        let quote = match dialect.quote {
            None => None,
            Some(quote) => Some(ascii(quote).filter(is_free)?),
        };
        let comment = match dialect.comments {
            Comments::None => None,
            Comments::One(comment) => Some(ascii(comment).filter(is_free)?),
            Comments::Several(_) => return None,
        };
        Some(Self { separator, quote, ends: Ends::new(separator, comment) })
    }

    /// Looks at the row that begins at `from` in that line, and says what is behind it.
    pub(crate) fn row(
        &self,
        seen: &mut Seen,
        rules: &Rules,
        text: &[u8],
        from: usize,
        line: u64,
    ) -> Option<usize> {
        let mut rest = text.get(from..)?;
        // A line of blanks is not a row.
        if matches!(rest.first()?, b'\n' | b'\r' | b' ' | b'\t') {
            return None;
        }
        let mut columns = seen.columns.iter_mut();
        loop {
            let guess = columns.next()?;
            let len = match self.plain(guess, rest) {
                Some(len) => len,
                None => self.field(guess, rules, rest, line)?,
            };
            let (end, behind) = rest.get(len..)?.split_first()?;
            if *end == self.separator {
                rest = behind;
                continue;
            }
            let behind = match (end, behind) {
                (b'\n', behind) | (b'\r', [b'\n', behind @ ..]) => behind,
                _ => return None,
            };
            if columns.next().is_some() {
                return None;
            }
            seen.rows += 1;
            return Some(text.len() - behind.len());
        }
    }

    /// The length of the field at the front of `rest`, where it is as most of its column are and teaches nothing new.
    #[inline]
    fn plain(&self, guess: &mut Guess, rest: &[u8]) -> Option<usize> {
        let len = match guess.kinds {
            INT | SIGNED => {
                let sign = usize::from(guess.kinds == SIGNED && *rest.first()? == b'-');
                let len = sign + first(others(word_at(rest, sign)?));
                if len == sign || len == sign + 8 {
                    return None;
                }
                len
            }
            FLOAT | FLOATS | SIGNED_FLOATS => {
                let whole = usize::from(*rest.first()? == b'-');
                let point = past_digits(rest, whole)?;
                if point == whole || *rest.get(point)? != b'.' {
                    return None;
                }
                past_digits(rest, point + 1)?
            }
            DATE if guess.unit == Some(TimeBase::Day) => {
                times::date(rest.get(..times::DAY)?)?;
                times::DAY
            }
            TEXT => {
                let plain = self.ends.find(rest)?;
                if !plain.is_ascii || rest.first().copied() == self.quote {
                    return None;
                }
                plain.len
            }
            _ => return None,
        };
        if !self.is_end(*rest.get(len)?) {
            return None;
        }
        guess.chars = guess.chars.max(len);
        Some(len)
    }

    /// Looks at the field at the front of `rest`, and says how long it is.
    #[inline(never)]
    fn field(&self, guess: &mut Guess, rules: &Rules, rest: &[u8], line: u64) -> Option<usize> {
        if guess.kinds & TEXT == 0 {
            if let Some((kind, len)) = self.value(guess, rest) {
                guess.kinds |= kind;
                guess.has_missing |= len == 0;
                guess.chars = guess.chars.max(len);
                return Some(len);
            }
        }
        if self.quote.is_some() && rest.first().copied() == self.quote {
            return self.quoted(guess, rules, rest, line);
        }
        // What a comment or another character of control follows is no field yet.
        let Plain { len, .. } = self.ends.find(rest)?;
        if !self.is_end(*rest.get(len)?) {
            return None;
        }
        guess.see(rules, rest.get(..len)?, false, line).ok()?;
        Some(len)
    }

    /// Looks at a field whose quote is at the front of `rest`, if nothing in it has to be changed, and says how long it is.
    fn quoted(&self, guess: &mut Guess, rules: &Rules, rest: &[u8], line: u64) -> Option<usize> {
        let inside = rest.get(1..)?;
        let len = memchr::memchr(self.quote?, inside)?;
        let field = inside.get(..len)?;
        if !self.is_end(*rest.get(len + 2)?) || memchr::memchr2(b'\n', b'\r', field).is_some() {
            return None;
        }
        guess.see(rules, field, true, line).ok()?;
        Some(len + 2)
    }

    #[inline]
    fn is_end(&self, byte: u8) -> bool {
        byte == self.separator || matches!(byte, b'\n' | b'\r')
    }

    /// The kind of the plain number or date at the front of `rest`, or 0 for nothing at all, and its length.
    fn value(&self, guess: &mut Guess, rest: &[u8]) -> Option<(u16, usize)> {
        let sign = *rest.first()?;
        let digits = usize::from(matches!(sign, b'-' | b'+'));
        let mut len = past_digits(rest, digits)?;
        let mut count = len - digits;
        let mut next = *rest.get(len)?;
        if self.is_end(next) {
            let kind = if sign == b'-' { INT | NEGATIVE } else { INT };
            return match count {
                0 => (len == 0).then_some((0, 0)),
                // Of longer ones it is asked whether a float holds them.
                1..=15 => Some((kind, len)),
                _ => None,
            };
        }
        if next == b'-' && count == 4 && digits == 0 {
            times::date(rest.get(..times::DAY)?)?;
            if !self.is_end(*rest.get(times::DAY)?) {
                return None;
            }
            guess.unit = guess.unit.max(Some(TimeBase::Day));
            return Some((DATE, times::DAY));
        }
        if next == b'.' {
            let from = len + 1;
            len = past_digits(rest, from)?;
            count += len - from;
            next = *rest.get(len)?;
        }
        if count > 0 && next | 0x20 == b'e' {
            let from = len + 1 + usize::from(matches!(rest.get(len + 1)?, b'-' | b'+'));
            len = past_digits(rest, from)?;
            if len == from {
                return None;
            }
            next = *rest.get(len)?;
        }
        (count > 0 && self.is_end(next)).then_some((FLOAT, len))
    }
}
