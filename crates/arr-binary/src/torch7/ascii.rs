//! Numbers as text: what C's `scanf` reads of a line, and nothing that it would misread.
//!
//! Large runs are cut at blanks and read by all threads.

use arr_core::format::number::parse;
use arr_core::format::threads;
use half::f16;

use super::kind::Kind;

/// Runs of so many numbers are read by several threads.
const BY_THREADS_FROM: usize = 1 << 15;

/// Bytes of text that a thread takes at a time.
const PIECE: usize = 128 << 10;

/// Why a text is not the number that was wanted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Bad {
    /// Where, in the text.
    pub(super) at: usize,
    /// True when the text ends inside of the number, or before it.
    pub(super) is_cut: bool,
}

/// What C's `isspace` says.
#[inline]
pub(super) fn is_space(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t'..=b'\r')
}

/// The next number of a text, and the bytes that it takes with the blanks before it. A blank has to be behind it: `1.0`
/// is no whole number, and what ends with a digit may have been cut.
#[inline]
pub(super) fn next<T>(text: &[u8], parse: impl Fn(&[u8]) -> Option<(T, usize)>) -> Result<(T, usize), Bad> {
    let mut at = 0;
    while text.get(at).is_some_and(|byte| is_space(*byte)) {
        at += 1;
    }
    let rest = text.get(at..).ok_or(Bad { at, is_cut: true })?;
    if let Some((value, len)) = parse(rest) {
        if rest.get(len).is_some_and(|byte| is_space(*byte)) {
            return Ok((value, at + len));
        }
    }
    Err(Bad { at, is_cut: !rest.iter().any(|byte| is_space(*byte)) })
}

/// A C `int`.
pub(super) fn int(text: &[u8]) -> Option<(i32, usize)> {
    let (value, len) = long(text)?;
    Some((i32::try_from(value).ok()?, len))
}

/// A C `long` of 64 bits.
pub(super) fn long(text: &[u8]) -> Option<(i64, usize)> {
    parse::signed_front(text).ok()
}

/// A `double`.
#[inline]
pub(super) fn double(text: &[u8]) -> Option<(f64, usize)> {
    parse::float_front(text).filter(|(_, len)| !is_hexadecimal(text, *len)).or_else(|| hexadecimal(text))
}

/// A `float`.
#[inline(always)]
#[allow(
    clippy::inline_always,
    reason = "what it returns must not go through memory: the next number waits for it"
)]
fn single(text: &[u8]) -> Option<(f32, usize)> {
    match parse::single_front(text).filter(|(_, len)| !is_hexadecimal(text, *len)) {
        Some(found) => Some(found),
        #[allow(clippy::cast_possible_truncation, reason = "the nearest float is wanted")]
        None => hexadecimal(text).map(|(value, len)| (value as f32, len)),
    }
}

/// True when a number of so many bytes is the zero before the `x` of a hexadecimal one.
#[inline]
fn is_hexadecimal(text: &[u8], len: usize) -> bool {
    matches!(text.get(len), Some(b'x' | b'X'))
}

/// A hexadecimal number of at most 53 bits: `-0x1.8p+3`.
#[cold]
fn hexadecimal(text: &[u8]) -> Option<(f64, usize)> {
    let is_negative = text.first() == Some(&b'-');
    let signs = usize::from(is_negative || text.first() == Some(&b'+'));
    let mut at = signs + 2;
    if !text.get(signs..at)?.eq_ignore_ascii_case(b"0x") {
        return None;
    }
    let (mut whole, mut places, mut count, mut has_point) = (0u64, 0i32, 0, false);
    while let Some(byte) = text.get(at) {
        match char::from(*byte).to_digit(16) {
            Some(digit) => {
                whole = whole.checked_mul(16)?.checked_add(digit.into()).filter(|whole| *whole < 1 << 53)?;
                places += if has_point { 4 } else { 0 };
                count += 1;
            }
            None if *byte == b'.' && !has_point => has_point = true,
            None => break,
        }
        at += 1;
    }
    let mut power = 0i32;
    if let Some(b'p' | b'P') = text.get(at) {
        let (value, len) = int(text.get(at + 1..)?)?;
        (power, at) = (value.clamp(-5000, 5000), at + 1 + len);
    }
    #[allow(clippy::cast_precision_loss, reason = "it has no more than 53 bits")]
    let value = scaled(whole as f64, power - places);
    (count > 0).then_some((if is_negative { -value } else { value }, at))
}

/// A whole number times a power of two, rounded once.
fn scaled(value: f64, power: i32) -> f64 {
    let two = |power: i32| f64::from_bits(u64::from((power + 1023).unsigned_abs()) << 52);
    match power.clamp(-1900, 2000) {
        power @ 1024.. => value * two(1023) * two(power - 1023),
        power @ ..-1022 => value * two(-960) * two(power + 960),
        power => value * two(power),
    }
}

/// What an item of a run is.
trait Number: Copy + Send {
    /// The number at the front of a text, and the bytes that it takes.
    fn front(text: &[u8]) -> Option<(Self, usize)>;

    /// The same, with a blank behind it, of a form that is quickly read; nothing of others.
    #[inline(always)]
    #[allow(clippy::inline_always, reason = "as above")]
    fn usual(_: &[u8]) -> Option<(Self, usize)> {
        None
    }

    /// Puts it down, little-endian.
    fn put(self, item: &mut [u8]);
}

macro_rules! number {
    ($($type:ty: $front:expr $(, usual $usual:expr)?;)*) => {
        $(impl Number for $type {
            #[inline(always)]
            #[allow(clippy::inline_always, reason = "what it returns must not go through memory")]
            fn front(text: &[u8]) -> Option<(Self, usize)> {
                let front: fn(&[u8]) -> Option<(Self, usize)> = $front;
                front(text)
            }

            $(#[inline(always)]
            #[allow(clippy::inline_always, reason = "as above")]
            fn usual(text: &[u8]) -> Option<(Self, usize)> {
                let usual: fn(&[u8]) -> Option<(Self, usize)> = $usual;
                usual(text)
            })?

            #[inline]
            fn put(self, item: &mut [u8]) {
                item.copy_from_slice(&self.to_le_bytes());
            }
        })*
    };
}

number! {
    i16: |text| long(text).and_then(|(value, len)| Some((Self::try_from(value).ok()?, len)));
    i32: int;
    i64: long;
    f16: |text| single(text).map(|(value, len)| (Self::from_f32(value), len));
    f32: single, usual |text| parse::usual_single(text, b' ');
    f64: double;
}

/// Reads as many numbers as fit into `bytes`, little-endian, and says how many bytes of the text they take.
pub(super) fn numbers(text: &[u8], kind: Kind, bytes: &mut [u8]) -> Result<usize, Bad> {
    match kind {
        Kind::Short => run::<i16>(text, bytes),
        Kind::Int => run::<i32>(text, bytes),
        Kind::Long => run::<i64>(text, bytes),
        Kind::Half => run::<f16>(text, bytes),
        Kind::Float => run::<f32>(text, bytes),
        Kind::Double => run::<f64>(text, bytes),
        // These are no numbers in a text.
        Kind::Byte | Kind::Char => Err(Bad { at: 0, is_cut: false }),
    }
}

/// Reads a run of numbers.
fn run<T: Number>(text: &[u8], bytes: &mut [u8]) -> Result<usize, Bad> {
    let count = bytes.len() / size_of::<T>();
    if count >= BY_THREADS_FROM {
        if let Some(taken) = by_threads::<T>(text, bytes) {
            return Ok(taken);
        }
    }
    // What is not one line, or is bad, is read from the front: so the first fault is found.
    let mut at = 0;
    for (index, item) in bytes.chunks_exact_mut(size_of::<T>()).enumerate() {
        let rest = text.get(at..).ok_or(Bad { at, is_cut: true })?;
        // The blank behind the last number is not one of the run.
        let usual = T::usual(rest).filter(|_| index + 1 < count);
        let (value, len) = match usual {
            Some(found) => found,
            None => next(rest, T::front).map_err(|bad| Bad { at: at + bad.at, ..bad })?,
        };
        value.put(item);
        at += len;
        if usual.is_none() && index + 1 < count {
            at += usize::from(text.get(at) == Some(&b' '));
        }
    }
    Ok(at)
}

/// Reads a run that is one line of just as many numbers.
fn by_threads<T: Number>(text: &[u8], bytes: &mut [u8]) -> Option<usize> {
    let end = memchr::memchr(b'\n', text)?;
    let line = text.get(..end)?;
    let threads = threads::worth(line.len(), PIECE);
    if threads < 2 {
        return None;
    }
    let mut pieces = Vec::new();
    let mut rest = line;
    while !rest.is_empty() {
        let cut = rest
            .get(PIECE..)
            .and_then(|behind| memchr::memchr(b' ', behind))
            .map_or(rest.len(), |at| PIECE + at + 1);
        let (piece, behind) = rest.split_at_checked(cut)?;
        pieces.push(piece);
        rest = behind;
    }
    let counted =
        threads::map(&pieces, 1, || (), |(), piece| Ok::<_, arr_core::Error>(blanks(piece))).ok()?;
    let mut slots = bytes;
    let mut work = Vec::new();
    for (piece, count) in pieces.into_iter().zip(counted) {
        let (slot, behind) = slots.split_at_mut_checked(count.checked_mul(size_of::<T>())?)?;
        work.push((piece, slot));
        slots = behind;
    }
    if !slots.is_empty() {
        return None;
    }
    let read =
        threads::each(threads, work.into_iter(), || (), |(), _, part| Cursor::new::<T>(part).finish::<T>());
    read.ok().map(|()| end)
}

/// How far a piece of a line has been read.
struct Cursor<'t, 'b> {
    piece: &'t [u8],
    at: usize,
    items: std::slice::ChunksExactMut<'b, u8>,
}

impl<'t, 'b> Cursor<'t, 'b> {
    fn new<T: Number>((piece, slot): (&'t [u8], &'b mut [u8])) -> Self {
        Self { piece, at: 0, items: slot.chunks_exact_mut(size_of::<T>()) }
    }

    /// Reads the next number; false when the piece has no more.
    #[inline(always)]
    #[allow(clippy::inline_always, reason = "what it knows must not go through memory")]
    fn step<T: Number>(&mut self) -> Result<bool, ()> {
        let Some(item) = self.items.next() else { return Ok(false) };
        let rest = self.piece.get(self.at..).ok_or(())?;
        if let Some((value, len)) = T::usual(rest) {
            value.put(item);
            self.at += len;
            return Ok(true);
        }
        // The line ends behind the last number.
        let (value, len) = match next(rest, T::front) {
            Ok(found) => found,
            Err(bad) => last::<T>(rest, bad.at).ok_or(())?,
        };
        value.put(item);
        self.at += len;
        self.at += usize::from(self.piece.get(self.at) == Some(&b' '));
        Ok(true)
    }

    /// Reads all that is left. What was not counted right is an error, and read by one thread.
    fn finish<T: Number>(&mut self) -> Result<(), ()> {
        while self.step::<T>()? {}
        let is_all = self.piece.get(self.at..).is_some_and(|rest| rest.iter().all(|byte| is_space(*byte)));
        if is_all { Ok(()) } else { Err(()) }
    }
}

/// A number behind `blanks` that is all that is left of a line.
#[cold]
fn last<T: Number>(text: &[u8], blanks: usize) -> Option<(T, usize)> {
    let (value, len) = T::front(text.get(blanks..)?)?;
    (blanks + len == text.len()).then_some((value, text.len()))
}

/// How many numbers a piece of a line has, if one blank stands behind each, or none behind the last one of the line.
fn blanks(piece: &[u8]) -> usize {
    let is_last = piece.last().is_some_and(|byte| !is_space(*byte));
    memchr::memchr_iter(b' ', piece).count() + usize::from(is_last)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_scanf_reads_is_read() {
        for (text, value) in [
            ("42\n", 42.0),
            ("  \t +8 ", 8.0),
            ("-00000000002\n", -2.0),
            ("00000001e-07\n", 1e-7),
            ("Infinity ", f64::INFINITY),
            ("-inf\n", f64::NEG_INFINITY),
            ("0x1.8p+3 ", 12.0),
            ("-0X10 ", -16.0),
            ("0x1p-1074\n", 5e-324),
            ("0x1.fffffffffffffp+1023\n", f64::MAX),
            ("0x1p2000 ", f64::INFINITY),
            ("0x.8p0 ", 0.5),
        ] {
            assert_eq!(next(text.as_bytes(), double), Ok((value, text.trim_end().len())), "{text}");
        }
        let (nan, _) = next(b"-nan\n", double).unwrap();
        assert!(nan.is_nan() && nan.is_sign_negative());
        assert!(!next(b"         nan\n", double).unwrap().0.is_sign_negative());
        for (text, bad) in [
            ("1.0 ", Bad { at: 0, is_cut: false }),
            (" 12", Bad { at: 1, is_cut: true }),
            ("", Bad { at: 0, is_cut: true }),
            ("x \n", Bad { at: 0, is_cut: false }),
            ("3000000000 ", Bad { at: 0, is_cut: false }),
        ] {
            assert_eq!(next(text.as_bytes(), int), Err(bad), "{text}");
        }
        assert!(
            next(b"0x ", double).is_err()
                && next(b"0xg ", double).is_err()
                && next(b"1e5x ", double).is_err()
        );
    }

    #[test]
    fn threads_read_what_one_reads() {
        let numbers: Vec<f32> =
            (0..200_000u32).map(|at| f32::from_bits(at.wrapping_mul(0x9E37_79B1) & 0x7F00_FFFF)).collect();
        let line: Vec<String> = numbers.iter().map(|number| format!("{number:e}")).collect();
        for (text, end) in
            [(line.join(" ") + "\n7", line.join(" ").len()), (line.join("\n") + " 7", line.join("\n").len())]
        {
            let mut bytes = vec![0; 4 * numbers.len()];
            let taken = threads::with_count(3, || super::numbers(text.as_bytes(), Kind::Float, &mut bytes));
            assert_eq!(taken, Ok(end));
            let found = bytes.chunks_exact(4).map(|item| f32::from_le_bytes(item.try_into().unwrap()));
            assert!(found.zip(&numbers).all(|(found, wanted)| found.to_bits() == wanted.to_bits()));
        }
        let text = line.join(" ").replacen(' ', " x ", 1) + "\n";
        let mut bytes = vec![0; 4 * numbers.len()];
        let bad = threads::with_count(3, || super::numbers(text.as_bytes(), Kind::Float, &mut bytes));
        assert_eq!(bad, Err(Bad { at: line[0].len() + 1, is_cut: false }));
    }
}
