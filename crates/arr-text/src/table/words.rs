//! Eight bytes of a text at a time, the first of them in the lowest byte of a word.

use crate::number::digits::others;

const LOW: u64 = 0x0101_0101_0101_0101;
const HIGH: u64 = 0x8080_8080_8080_8080;

/// The eight bytes at a place; `None` where the text has fewer.
#[inline]
pub(super) fn word_at(text: &[u8], at: usize) -> Option<u64> {
    text.get(at..)?.first_chunk().map(|bytes| u64::from_le_bytes(*bytes))
}

/// Where the digits from a place on end; `None` where the text has too little behind them to tell.
#[inline]
pub(super) fn past_digits(text: &[u8], from: usize) -> Option<usize> {
    let mut at = from;
    loop {
        let stops = others(word_at(text, at)?);
        if stops != 0 {
            return Some(at + first(stops));
        }
        at += 8;
    }
}

/// The place of the first byte whose upper bit is set.
#[inline]
pub(super) fn first(bits: u64) -> usize {
    (bits.trailing_zeros() / 8) as usize
}

/// The bytes at which a field of plain text ends.
#[derive(Clone, Copy, Debug)]
pub(super) struct Ends {
    /// The separator, eight times.
    separator: u64,
    /// What begins a comment, eight times, or the separator.
    comment: u64,
}

/// A field of plain text.
#[derive(Clone, Copy, Debug)]
pub(super) struct Plain {
    pub(super) len: usize,
    pub(super) is_ascii: bool,
}

impl Ends {
    pub(super) fn new(separator: u8, comment: Option<u8>) -> Self {
        let eight = |byte: u8| u64::from(byte) * LOW;
        Self { separator: eight(separator), comment: eight(comment.unwrap_or(separator)) }
    }

    /// The field at the front of a text: up to the first separator, comment, or character of control, which line ends are among.
    /// `None` where the text has too little behind it to tell.
    #[inline]
    pub(super) fn find(self, text: &[u8]) -> Option<Plain> {
        let (mut at, mut all) = (0, 0);
        loop {
            let word = word_at(text, at)?;
            let stops = self.stops(word);
            if stops != 0 {
                let before = (stops & stops.wrapping_neg()) - 1;
                let is_ascii = (all | (word & before)) & HIGH == 0;
                return Some(Plain { len: at + first(stops), is_ascii });
            }
            all |= word;
            at += 8;
        }
    }

    /// The upper bits of bytes that end a field: the first of them is one, those behind it may be wrong.
    #[inline]
    fn stops(self, word: u64) -> u64 {
        let zero = |word: u64| word.wrapping_sub(LOW) & !word;
        let control = word.wrapping_sub(LOW * 0x0e) & !word;
        (zero(word ^ self.separator) | zero(word ^ self.comment) | control) & HIGH
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_end_where_they_should() {
        let ends = Ends::new(b';', Some(b'#'));
        for (text, len, is_ascii) in [
            (";..............", 0, true),
            ("abc;............", 3, true),
            ("abcdefgh;.......", 8, true),
            ("abcdefghijk#;....", 11, true),
            ("ab\tc;...........", 2, true),
            ("ab\nc;...........", 2, true),
            ("abcdefghij\r\n........", 10, true),
            ("\u{e9}bc:<;..........", 6, false),
            ("abc;\u{e9}............", 3, true),
            ("abcdefg\u{e9};.........", 9, false),
            ("abcdefgh;\u{e9}........", 8, true),
        ] {
            let found = ends.find(text.as_bytes()).unwrap();
            assert_eq!((found.len, found.is_ascii), (len, is_ascii), "{text:?}");
        }
        assert!(ends.find(b"abc").is_none());
        // Every byte, at every place, behind every other one.
        for byte in 0..=u8::MAX {
            for place in 0..8 {
                for before in [b'a', b':', b'$', 0x80, 0xbb, 0xff] {
                    let mut text = [b'x'; 16];
                    text[..place].fill(before);
                    (text[place], text[8]) = (byte, b';');
                    let is_end = byte < 0x0e || byte == b';' || byte == b'#';
                    let found = ends.find(&text).unwrap();
                    assert_eq!(found.len, if is_end { place } else { 8 }, "{byte:#x} at {place}");
                    let is_ascii = text[..found.len].is_ascii();
                    assert_eq!(found.is_ascii, is_ascii, "{byte:#x} at {place}");
                }
            }
        }
    }

    #[test]
    fn digits_end_where_they_should() {
        for (text, end) in
            [("x.......", 0), ("123456789.......", 9), ("12345678........", 8), ("1/......", 1)]
        {
            assert_eq!(past_digits(text.as_bytes(), 0), Some(end), "{text}");
        }
        assert_eq!(past_digits(b"1234567", 0), None);
    }
}
