//! Byte strings, text and opaque bytes of other lengths.

use super::plan::{Fault, Run, Step};
use crate::DType;

/// Bytes of one UTF-32 code unit.
const UNIT: usize = 4;

/// One string into another.
struct Text {
    convert: fn(&[u8], &mut [u8]) -> Outcome,
    may_cut: bool,
}

/// The step between two kinds of strings, or between opaque bytes of two lengths.
pub(super) fn step(from: &DType, to: &DType, checked: bool) -> Option<Box<dyn Step>> {
    let convert = match (from, to) {
        (DType::Bytes(_), DType::Bytes(_))
        | (DType::Unicode(..), DType::Unicode(..))
        | (DType::Void(_), DType::Void(_)) => resize,
        (DType::Bytes(_), DType::Unicode(..)) => widen,
        (DType::Unicode(..), DType::Bytes(_)) => narrow,
        _ => return None,
    };
    Some(Box::new(Text { convert, may_cut: !checked }))
}

impl Step for Text {
    fn run(&self, run: Run<'_>) -> Result<(), Fault> {
        run.each(|from, to| match (self.convert)(from, to) {
            Outcome::Whole => true,
            Outcome::Cut => self.may_cut,
            Outcome::NotAscii => false,
        })
    }
}

/// What became of a string.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Outcome {
    Whole,
    Cut,
    NotAscii,
}

/// Copies as many bytes as fit and fills up with zeros. Zeros are cut without a word.
fn resize(from: &[u8], to: &mut [u8]) -> Outcome {
    let (kept, cut) = from.split_at(from.len().min(to.len()));
    let (start, rest) = to.split_at_mut(kept.len());
    start.copy_from_slice(kept);
    rest.fill(0);
    if cut.iter().all(|byte| *byte == 0) { Outcome::Whole } else { Outcome::Cut }
}

/// ASCII into UTF-32 in the machine's byte order.
fn widen(from: &[u8], to: &mut [u8]) -> Outcome {
    let text = without_padding(from);
    let mut units = to.chunks_exact_mut(UNIT);
    for byte in text {
        let Some(unit) = units.next() else { return ascii_or(text, Outcome::Cut) };
        unit.copy_from_slice(&u32::from(*byte).to_ne_bytes());
    }
    units.for_each(|unit| unit.fill(0));
    ascii_or(text, Outcome::Whole)
}

/// UTF-32 in the machine's byte order into ASCII.
fn narrow(from: &[u8], to: &mut [u8]) -> Outcome {
    to.fill(0);
    let mut outcome = Outcome::Whole;
    let mut bytes = to.iter_mut();
    for unit in from.chunks_exact(UNIT) {
        let code = <[u8; UNIT]>::try_from(unit).map_or(0, u32::from_ne_bytes);
        let Some(byte) = u8::try_from(code).ok().filter(u8::is_ascii) else { return Outcome::NotAscii };
        match bytes.next() {
            Some(slot) => *slot = byte,
            None if byte != 0 => outcome = Outcome::Cut,
            None => {}
        }
    }
    outcome
}

fn ascii_or(text: &[u8], outcome: Outcome) -> Outcome {
    if text.is_ascii() { outcome } else { Outcome::NotAscii }
}

/// A byte string without the padding.
pub(crate) fn without_padding(bytes: &[u8]) -> &[u8] {
    let end = bytes.iter().rposition(|byte| *byte != 0).map_or(0, |last| last + 1);
    bytes.get(..end).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn utf32(text: &str) -> Vec<u8> {
        text.chars().flat_map(|letter| u32::from(letter).to_ne_bytes()).collect()
    }

    #[test]
    fn ascii_and_back() {
        let mut wide = vec![9; 16];
        assert_eq!(widen(b"abc\0\0", &mut wide), Outcome::Whole);
        assert_eq!(wide, utf32("abc\0"));
        assert_eq!(widen(b"abcde", &mut wide), Outcome::Cut);
        assert_eq!(widen(b"a\xff", &mut wide), Outcome::NotAscii);
        let mut narrowed = [9; 3];
        assert_eq!(narrow(&utf32("ab"), &mut narrowed), Outcome::Whole);
        assert_eq!(&narrowed, b"ab\0");
        assert_eq!(narrow(&utf32("abc\0\0"), &mut narrowed), Outcome::Whole);
        assert_eq!(narrow(&utf32("abcd"), &mut narrowed), Outcome::Cut);
        assert_eq!(narrow(&utf32("a\u{e9}"), &mut narrowed), Outcome::NotAscii);
    }

    #[test]
    fn only_zeros_are_cut_silently() {
        let mut to = [9; 3];
        assert_eq!(resize(b"ab\0\0", &mut to), Outcome::Whole);
        assert_eq!(resize(b"abcd", &mut to), Outcome::Cut);
        assert_eq!(resize(b"", &mut to), Outcome::Whole);
        assert_eq!(to, [0; 3]);
    }
}
