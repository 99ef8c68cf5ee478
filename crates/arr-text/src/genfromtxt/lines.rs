//! Lines of text out of an input, one after another, decoded.
//!
//! A line ends as one of a text file of Python's does: with `\n`, `\r\n` or `\r`. Of an input no more is held than a block
//! and the line that is read.

use std::borrow::Cow;

use arr_core::format::room;
use arr_core::{Error, Input, Result};

use crate::broken::lost;
use crate::table::columns::chars;
use crate::table::encoding::Charset;
use crate::table::fault::more;
use crate::table::window::{LONGEST_ROW, too_long};

/// How many bytes are read at a time.
const BLOCK: usize = 1 << 18;

/// Lines of which more is held than this are charged to the budget.
const FREE: usize = 1 << 20;

/// How bytes are letters.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Encoding {
    Utf8,
    /// UTF-8 behind a byte order mark, which is not a part of the text.
    Utf8Sig,
    Latin1,
    Ascii,
    /// One that is decoded before lines are looked for.
    Other(Charset),
}

impl Encoding {
    /// The encoding of that name in Python.
    pub(super) fn of(name: &str) -> Result<Self> {
        let plain = name.trim().to_ascii_lowercase().replace(['_', ' '], "-");
        Ok(match plain.as_str() {
            "utf-8" | "utf8" | "u8" | "cp65001" => Self::Utf8,
            "utf-8-sig" | "utf8-sig" => Self::Utf8Sig,
            "latin-1" | "latin1" | "latin" | "l1" | "iso-8859-1" | "iso8859-1" | "8859" | "cp819" => {
                Self::Latin1
            }
            "ascii" | "us-ascii" | "646" => Self::Ascii,
            _ => Self::Other(Charset::named(name)?),
        })
    }
}

/// One line.
#[derive(Clone, Copy, Debug)]
pub(super) struct Line<'t> {
    /// Its text, without what ends it.
    pub(super) text: &'t str,
    /// True unless the input ends with it.
    pub(super) ended: bool,
    /// Counted from 1.
    pub(super) number: u64,
    /// The byte of the input at which it begins.
    pub(super) offset: u64,
}

/// The lines of an input.
pub(super) struct Lines<'i, 'a> {
    input: &'i mut Input<'a>,
    bytes: Cow<'a, [u8]>,
    /// Where the next line begins in the bytes.
    start: usize,
    /// True when the input has no more bytes.
    complete: bool,
    number: u64,
    offset: u64,
    charged: usize,
    encoding: Encoding,
    decoded: String,
}

impl<'i, 'a> Lines<'i, 'a> {
    pub(super) fn new(input: &'i mut Input<'a>, encoding: Encoding) -> Result<Self> {
        let offset = input.position();
        let lent = input.remaining().and_then(|left| input.lend(usize::try_from(left).ok()?));
        let (bytes, complete) = match lent {
            Some(bytes) => (Cow::Borrowed(bytes), true),
            None => (Cow::Owned(Vec::new()), false),
        };
        let mut lines = Self {
            input,
            bytes,
            start: 0,
            complete,
            number: 0,
            offset,
            charged: FREE,
            encoding,
            decoded: String::new(),
        };
        if encoding == Encoding::Utf8Sig {
            while !lines.complete && lines.bytes.len() < 3 {
                lines.fill()?;
            }
            if lines.bytes.starts_with(b"\xEF\xBB\xBF") {
                lines.start = 3;
                lines.offset = lines.offset.saturating_add(3);
            }
        }
        Ok(lines)
    }

    /// Where the next line begins.
    pub(super) fn offset(&self) -> u64 {
        self.offset
    }

    /// Reads another block. What was handed out is dropped before.
    fn fill(&mut self) -> Result<()> {
        let bytes = self.bytes.to_mut();
        bytes.drain(..self.start);
        self.start = 0;
        let held = bytes.len();
        // A long line is read in ever larger blocks, so that what is moved and searched stays in proportion.
        let more = more(held, LONGEST_ROW).ok_or_else(|| {
            let line = format!("line {}", self.number.saturating_add(1));
            too_long("line", LONGEST_ROW).context(&line).at(self.offset)
        })?;
        let block = BLOCK.max(more);
        let most = held.saturating_add(block);
        if most > self.charged {
            let more = most.saturating_sub(self.charged);
            let line = format!("line {}", self.number.saturating_add(1));
            let charged = self.input.budget().charge_bytes(more as u64);
            charged.map_err(|error| error.context(&line).at(self.offset))?;
            self.charged = most;
        }
        bytes.try_reserve(block).map_err(room::no_memory)?;
        bytes.resize(most, 0);
        let got = match bytes.get_mut(held..) {
            Some(room) => self.input.fill(room)?,
            None => 0,
        };
        bytes.truncate(held.saturating_add(got));
        self.complete = got < block;
        Ok(())
    }

    /// The next line, if there is one.
    pub(super) fn next(&mut self) -> Result<Option<Line<'_>>> {
        let mut searched = 0;
        let (len, end) = loop {
            let rest = self.bytes.get(self.start..).ok_or_else(outside)?;
            let found = rest.get(searched..).and_then(find_end);
            match found.map(|found| searched.saturating_add(found)) {
                // A second byte of the end may not be there yet.
                Some(at) if rest.get(at) == Some(&b'\r') && rest.len() == at + 1 && !self.complete => {
                    searched = at;
                }
                Some(at) => {
                    let is_pair = rest.get(at..).is_some_and(|end| end.starts_with(b"\r\n"));
                    break (at, if is_pair { 2 } else { 1 });
                }
                None if self.complete && rest.is_empty() => return Ok(None),
                None if self.complete => break (rest.len(), 0),
                None => searched = rest.len(),
            }
            self.fill()?;
        };
        let begin = self.start;
        let offset = self.offset;
        self.start = begin.saturating_add(len).saturating_add(end);
        self.offset = offset.saturating_add(len as u64).saturating_add(end as u64);
        self.number = self.number.saturating_add(1);
        let number = self.number;
        let bytes = self.bytes.get(begin..begin.saturating_add(len)).ok_or_else(outside)?;
        let text =
            decode(bytes, self.encoding, &mut self.decoded).map_err(|bad| bad.into_error(number, offset))?;
        Ok(Some(Line { text, ended: end > 0, number, offset }))
    }
}

#[cold]
fn outside() -> Error {
    lost("a line lies outside of what was read")
}

/// Where a line ends.
fn find_end(bytes: &[u8]) -> Option<usize> {
    memchr::memchr2(b'\n', b'\r', bytes)
}

/// Why a line has no letters.
enum Undecoded {
    /// So many bytes and characters are before the one that is none of the encoding.
    Byte { byte: u8, before: usize, characters: usize, is_ascii: bool },
    /// There is no memory, or the line is not there.
    Other(Error),
}

impl Undecoded {
    /// The error of the first byte behind those that are letters.
    fn at(bytes: &[u8], valid: usize, is_ascii: bool) -> Self {
        match bytes.split_at_checked(valid) {
            Some((front, [byte, ..])) => {
                Self::Byte { byte: *byte, before: valid, characters: chars(front), is_ascii }
            }
            _ => Self::Other(outside()),
        }
    }

    /// The error in the line of that number, which begins at a byte of the input.
    fn into_error(self, number: u64, offset: u64) -> Error {
        match self {
            Self::Byte { byte, before, characters, is_ascii } => {
                let encoding = if is_ascii { "ASCII" } else { "UTF-8" };
                let character = characters.saturating_add(1);
                let message = format!(
                    "line {number}, character {character}: byte 0x{byte:02x} is not {encoding}: name the encoding"
                );
                Error::malformed(message).at(offset.saturating_add(before as u64))
            }
            Self::Other(error) => error.context(&format!("line {number}")).at(offset),
        }
    }
}

/// The letters of a line.
fn decode<'t>(bytes: &'t [u8], encoding: Encoding, decoded: &'t mut String) -> Result<&'t str, Undecoded> {
    if encoding == Encoding::Latin1 && !bytes.is_ascii() {
        decoded.clear();
        let reserved = decoded.try_reserve(bytes.len().saturating_mul(2));
        reserved.map_err(|error| Undecoded::Other(room::no_memory(error)))?;
        decoded.extend(bytes.iter().map(|byte| char::from(*byte)));
        return Ok(decoded);
    }
    if encoding == Encoding::Ascii {
        if let Some(at) = bytes.iter().position(|byte| !byte.is_ascii()) {
            return Err(Undecoded::at(bytes, at, true));
        }
    }
    std::str::from_utf8(bytes).map_err(|error| Undecoded::at(bytes, error.valid_up_to(), false))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all(bytes: &[u8], encoding: &str) -> Vec<(String, bool, u64, u64)> {
        let encoding = Encoding::of(encoding).unwrap();
        let collect = |input: &mut Input<'_>| {
            let mut lines = Lines::new(input, encoding).unwrap();
            let mut all = Vec::new();
            while let Some(line) = lines.next().unwrap() {
                all.push((line.text.to_owned(), line.ended, line.number, line.offset));
            }
            all
        };
        let lent = collect(&mut Input::from_bytes(bytes));
        assert_eq!(lent, collect(&mut Input::from_reader(bytes)));
        lent
    }

    #[test]
    fn lines_end_in_three_ways() {
        let lines = all(b"a\r\n\rb\n\nc", "utf-8");
        let texts: Vec<&str> = lines.iter().map(|line| line.0.as_str()).collect();
        assert_eq!(texts, ["a", "", "b", "", "c"]);
        assert_eq!(lines[4], ("c".to_owned(), false, 5, 7));
        assert_eq!(all(b"", "utf-8"), []);
        assert_eq!(all(b"\r", "utf-8").len(), 1);
    }

    #[test]
    fn long_lines_and_ends_between_blocks_are_found() {
        for before in [BLOCK - 2, BLOCK - 1, BLOCK, 3 * BLOCK + 7] {
            let mut bytes = vec![b'x'; before];
            bytes.extend(b"\r\ny\rz");
            let lines = all(&bytes, "ascii");
            assert_eq!((lines.len(), lines[0].0.len(), lines[2].0.as_str()), (3, before, "z"));
        }
    }

    #[test]
    fn letters_are_decoded() {
        assert_eq!(all(b"\xe9", "latin1")[0].0, "é");
        assert_eq!(all("\u{feff}é".as_bytes(), "utf-8-sig")[0].0, "é");
        assert_eq!(all("\u{feff}é".as_bytes(), "utf-8")[0].0, "\u{feff}é");
        let mut input = Input::from_bytes(b"ab\nc\xff");
        let mut lines = Lines::new(&mut input, Encoding::Utf8).unwrap();
        lines.next().unwrap();
        assert_eq!(
            lines.next().unwrap_err().to_string(),
            "line 2, character 2: byte 0xff is not UTF-8: name the encoding (at byte 4)"
        );
    }

    #[test]
    fn a_line_without_end_is_within_the_limits() {
        let limits = arr_core::Limits::default().max_bytes(1 << 22);
        let mut input = Input::from_reader(std::io::repeat(b'1')).with_limits(&limits);
        let mut lines = Lines::new(&mut input, Encoding::Utf8).unwrap();
        let error = lines.next().unwrap_err();
        assert_eq!(error.kind(), arr_core::ErrorKind::LimitExceeded, "{error}");
    }
}
