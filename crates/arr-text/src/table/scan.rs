//! What fields look like, in one go over plain rows of CSV.
//!
//! A row that has quotes, comments, other columns than those before, or lines that end otherwise than by a line feed is
//! left to the general rules, which may look at some of its fields again.

use arr_core::TimeBase;

use super::dialect::{Comments, Dialect};
use super::infer::{DATE, FLOAT, Guess, INT, NEGATIVE, Rules, Seen, TEXT};
use super::times;

/// How plain rows are looked at.
#[derive(Debug)]
pub(crate) struct Scan {
    separator: u8,
    quote: Option<u8>,
    comment: Option<u8>,
    /// The bytes that end a field.
    stops: Box<[bool; 256]>,
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
        let mut stops = Box::new([false; 256]);
        for (byte, stop) in (0..=u8::MAX).zip(stops.iter_mut()) {
            *stop = byte == separator || matches!(byte, b'\n' | b'\r') || Some(byte) == comment;
        }
        Some(Self { separator, quote, comment, stops })
    }

    /// Looks at the row that begins at `from`, and says what is behind it.
    pub(crate) fn row(&self, seen: &mut Seen, rules: &Rules, text: &[u8], from: usize) -> Option<usize> {
        // A line of blanks is no row.
        if matches!(text.get(from)?, b'\n' | b'\r' | b' ' | b'\t') {
            return None;
        }
        let mut at = from;
        let mut columns = seen.columns.iter_mut();
        loop {
            let first = text.get(at).copied();
            if first.is_none() || first == self.quote || first == self.comment {
                return None;
            }
            let end = self.field(columns.next()?, rules, text, at)?;
            match *text.get(end)? {
                byte if byte == self.separator => at = end + 1,
                b'\n' if columns.next().is_none() => {
                    seen.rows += 1;
                    return Some(end + 1);
                }
                _ => return None,
            }
        }
    }

    /// Looks at the field that begins at `at`, and says where it ends.
    #[inline]
    fn field(&self, guess: &mut Guess, rules: &Rules, text: &[u8], at: usize) -> Option<usize> {
        if guess.kinds & TEXT == 0 {
            if let Some((kind, end)) = self.value(guess, text, at) {
                guess.kinds |= kind;
                guess.has_missing |= end == at;
                guess.chars = guess.chars.max(end - at);
                return Some(end);
            }
        }
        let rest = text.get(at..)?;
        let len = rest.iter().position(|byte| self.stops[usize::from(*byte)])?;
        guess.see(rules, rest.get(..len)?, false).ok()?;
        Some(at + len)
    }

    /// The kind of a plain number or date, or 0 for nothing at all, and where it ends.
    #[inline]
    fn value(&self, guess: &mut Guess, text: &[u8], at: usize) -> Option<(u8, usize)> {
        let is_end =
            |place: usize| text.get(place).is_some_and(|byte| *byte == self.separator || *byte == b'\n');
        let sign = *text.get(at)?;
        let digits = at + usize::from(matches!(sign, b'-' | b'+'));
        let mut end = past_digits(text, digits);
        let mut count = end - digits;
        let next = *text.get(end)?;
        if is_end(end) {
            let kind = if sign == b'-' { INT | NEGATIVE } else { INT };
            return match count {
                0 => (end == at).then_some((0, at)),
                1..=18 => Some((kind, end)),
                _ => None,
            };
        }
        if next == b'-' && count == 4 && digits == at {
            let end = at + 10;
            times::day(text.get(at..end)?).filter(|_| is_end(end))?;
            guess.unit = guess.unit.max(Some(TimeBase::Day));
            return Some((DATE, end));
        }
        if next == b'.' {
            let from = end + 1;
            end = past_digits(text, from);
            count += end - from;
        }
        if count > 0 && text.get(end)? | 0x20 == b'e' {
            let from = end + 1 + usize::from(matches!(text.get(end + 1)?, b'-' | b'+'));
            end = past_digits(text, from);
            if end == from {
                return None;
            }
        }
        (count > 0 && is_end(end)).then_some((FLOAT, end))
    }
}

#[inline]
fn past_digits(text: &[u8], from: usize) -> usize {
    let rest = text.get(from..).unwrap_or_default();
    from + rest.iter().take_while(|byte| byte.is_ascii_digit()).count()
}
