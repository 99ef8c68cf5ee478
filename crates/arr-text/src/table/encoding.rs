//! Encodings: everything becomes UTF-8, strictly.

use std::io::{self, Read};

use arr_core::format::Positioned;
use arr_core::{ByteOrder, Error, Input, Result};
use encoding_rs::{DecoderResult, Encoding, UTF_8, UTF_16BE, UTF_16LE};

use super::columns::chars;

/// How bytes are characters.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Charset {
    /// UTF-8, and whatever a byte order mark says.
    Marked,
    /// ASCII.
    Ascii,
    /// The first 256 characters of Unicode.
    Latin1,
    /// UTF-16, in the order of its mark; little-endian without one.
    Utf16,
    /// UTF-32, in this order, or in that of its mark; little-endian without one.
    Utf32(Option<ByteOrder>),
    /// One that the Encoding Standard knows.
    Known(&'static Encoding),
}

impl Charset {
    /// The encoding of that name: a label of the Encoding Standard, or a name that Python has for it.
    ///
    /// # Errors
    /// `InvalidArgument` when there is none.
    pub(crate) fn named(name: &str) -> Result<Self> {
        let lower = name.trim().to_ascii_lowercase().replace('_', "-");
        Ok(match lower.as_str() {
            "utf-8" | "utf8" | "utf-8-sig" | "u8" | "utf8-sig" => Self::Known(UTF_8),
            "latin1" | "latin-1" | "iso-8859-1" | "iso8859-1" | "8859" | "l1" | "cp819" | "bytes" => {
                Self::Latin1
            }
            "ascii" | "us-ascii" | "646" => Self::Ascii,
            "utf-16" | "utf16" | "u16" => Self::Utf16,
            "utf-16-le" | "utf-16le" => Self::Known(UTF_16LE),
            "utf-16-be" | "utf-16be" => Self::Known(UTF_16BE),
            "utf-32" | "utf32" | "u32" => Self::Utf32(None),
            "utf-32-le" | "utf-32le" => Self::Utf32(Some(ByteOrder::Little)),
            "utf-32-be" | "utf-32be" => Self::Utf32(Some(ByteOrder::Big)),
            other => {
                let page = other.strip_prefix("cp").or_else(|| other.strip_prefix("ms"));
                let windows = page.map(|page| format!("windows-{page}"));
                let iso = other.strip_prefix("iso8859-").map(|part| format!("iso-8859-{part}"));
                let labels = [Some(other), Some(name.trim()), windows.as_deref(), iso.as_deref()];
                let known =
                    labels.into_iter().flatten().find_map(|label| Encoding::for_label(label.as_bytes()));
                let known = known.filter(|known| known.name() != "replacement");
                Self::Known(known.ok_or_else(|| {
                    let message = format!(
                        "encoding: '{name}' is not known; known are the names of the Encoding Standard"
                    );
                    Error::invalid(message)
                })?)
            }
        })
    }
}

/// The text of an input as UTF-8, and where its first byte is.
#[derive(Clone, Debug)]
pub(crate) struct Decoded {
    /// The text, where that is not what the input has.
    pub(crate) text: Option<Positioned<'static>>,
    /// Bytes of the mark.
    pub(crate) mark: u64,
    /// What the encoding is called.
    pub(crate) name: &'static str,
    /// The only valid bytes are ASCII.
    pub(crate) is_ascii: bool,
}

/// What bytes are, as it is found out.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Form {
    Latin1,
    Utf32(ByteOrder),
    Known(&'static Encoding),
}

impl Form {
    fn name(self) -> &'static str {
        match self {
            Self::Latin1 => "ISO-8859-1",
            Self::Utf32(ByteOrder::Little) => "UTF-32LE",
            Self::Utf32(ByteOrder::Big) => "UTF-32BE",
            Self::Known(encoding) => encoding.name(),
        }
    }
}

/// What the mark at the front of a file says, and its length. No table begins with NUL in UTF-16.
fn mark_of(head: &[u8]) -> Option<(Form, u64)> {
    match head {
        [0xff, 0xfe, 0, 0, ..] => Some((Form::Utf32(ByteOrder::Little), 4)),
        [0, 0, 0xfe, 0xff, ..] => Some((Form::Utf32(ByteOrder::Big), 4)),
        _ => Encoding::for_bom(head).map(|(known, len)| (Form::Known(known), len as u64)),
    }
}

/// What an input is and how long its mark is, where its first bytes are these. A mark counts where none was told and where
/// the encoding leaves the order open; the one of the encoding itself is stepped over. Any other is text, as in Python.
fn form_of(charset: Charset, head: &[u8]) -> (Form, u64) {
    let own = |form: Form| {
        // Python takes the first two bytes for the mark of UTF-16.
        let two = head.get(..2).and_then(mark_of);
        let marked = [mark_of(head), two].into_iter().flatten().find(|(found, _)| *found == form);
        marked.unwrap_or((form, 0))
    };
    let (little, big) = (Form::Known(UTF_16LE), Form::Known(UTF_16BE));
    let (little32, big32) = (Form::Utf32(ByteOrder::Little), Form::Utf32(ByteOrder::Big));
    let either = |little: Form, big: Form| if own(big).1 > 0 { own(big) } else { own(little) };
    match charset {
        Charset::Marked => mark_of(head).unwrap_or((Form::Known(UTF_8), 0)),
        Charset::Ascii => (Form::Known(UTF_8), 0),
        Charset::Latin1 => (Form::Latin1, 0),
        Charset::Utf16 => either(little, big),
        Charset::Utf32(None) => either(little32, big32),
        Charset::Utf32(Some(order)) => own(Form::Utf32(order)),
        Charset::Known(known) => own(Form::Known(known)),
    }
}

/// Decodes what is left of a seekable input, unless it is UTF-8 already. The input is left somewhere.
///
/// # Errors
/// `Malformed` for bytes that are no characters, with their offset; `LimitExceeded`; `Io`.
pub(crate) fn decoded(charset: Charset, input: &mut Input<'_>) -> Result<Decoded> {
    let (form, mark) = form_of(charset, input.peek(4)?);
    let is_ascii = charset == Charset::Ascii;
    if form == Form::Known(UTF_8) {
        return Ok(Decoded { text: None, mark, name: if is_ascii { "ASCII" } else { "UTF-8" }, is_ascii });
    }
    input.skip(mark, "byte order mark")?;
    let limits = input.budget().limits().clone();
    let decoder = match form {
        Form::Known(encoding) => Some(encoding.new_decoder_without_bom_handling()),
        Form::Latin1 | Form::Utf32(_) => None,
    };
    let reading = Decoding {
        input,
        form,
        decoder,
        bytes: Vec::new(),
        text: Vec::new(),
        taken: 0,
        before: Place::default(),
        is_last: false,
    };
    let mut text = Input::from_reader(reading).with_limits(&limits);
    let kept = Positioned::from_input(&mut text)?.to_static();
    let text = kept.ok_or_else(|| Error::unsupported("the text that was decoded is not kept"))?;
    Ok(Decoded { text: Some(text), mark, name: form.name(), is_ascii: false })
}

/// Bytes that are read at once: whole units of every encoding that has them.
const PIECE: usize = 64 << 10;

/// A stream of UTF-8 that is decoded on the way.
struct Decoding<'i, 'a> {
    input: &'i mut Input<'a>,
    form: Form,
    /// For what the Encoding Standard knows.
    decoder: Option<encoding_rs::Decoder>,
    /// Bytes as they are in the input.
    bytes: Vec<u8>,
    /// What became of them.
    text: Vec<u8>,
    /// How much of that has been handed on.
    taken: usize,
    /// Where the text begins.
    before: Place,
    is_last: bool,
}

/// A place of a text: lines end with `\n`, `\r\n` or `\r`.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Place {
    /// Lines before.
    line: u64,
    /// Characters before, in the line.
    letters: u64,
    /// A line ended with `\r`, to which a `\n` that follows belongs.
    is_return: bool,
}

impl Place {
    /// The place behind a text that begins here.
    fn behind(mut self, text: &[u8]) -> Self {
        let mut start = 0;
        // Where a `\n` belongs to the `\r` before it.
        let mut paired = self.is_return.then_some(0);
        for end in memchr::memchr2_iter(b'\n', b'\r', text) {
            let is_return = text.get(end) == Some(&b'\r');
            if is_return || paired != Some(end) {
                self.line += 1;
            }
            (self.letters, start) = (0, end + 1);
            paired = is_return.then_some(start);
        }
        self.is_return = paired == Some(text.len());
        self.letters += chars(text.split_at(start).1) as u64;
        self
    }

    /// The place as it is said.
    fn named(self) -> String {
        format!("line {}, character {}", self.line.saturating_add(1), self.letters.saturating_add(1))
    }
}

impl Decoding<'_, '_> {
    /// Decodes the next piece.
    fn refill(&mut self) -> Result<()> {
        let at = self.input.position();
        self.before = self.before.behind(&self.text);
        self.bytes.resize(PIECE, 0);
        let got = self.input.fill(&mut self.bytes)?;
        self.is_last = got < self.bytes.len();
        self.bytes.truncate(got);
        self.text.clear();
        self.taken = 0;
        let name = self.form.name();
        let before = self.before;
        let malformed = |text: &[u8], at: u64| {
            Error::malformed(format!("{}: the bytes are not {name}", before.behind(text).named())).at(at)
        };
        match (&mut self.decoder, self.form) {
            (Some(decoder), _) => {
                // What is kept of the piece before may add a character, and no byte becomes more than four.
                self.text.resize(4 * PIECE + 16, 0);
                let (result, read, written) =
                    decoder.decode_to_utf8_without_replacement(&self.bytes, &mut self.text, self.is_last);
                self.text.truncate(written);
                match result {
                    DecoderResult::InputEmpty => Ok(()),
                    DecoderResult::OutputFull => Err(Error::limit("a piece of text became too long").at(at)),
                    DecoderResult::Malformed(bad, behind) => {
                        let end = at + read as u64;
                        Err(malformed(&self.text, end.saturating_sub(u64::from(bad) + u64::from(behind))))
                    }
                }
            }
            (None, Form::Utf32(order)) => {
                for (place, unit) in self.bytes.chunks(4).enumerate() {
                    let letter =
                        utf32(unit, order).ok_or_else(|| malformed(&self.text, at + 4 * place as u64))?;
                    put(letter, &mut self.text);
                }
                Ok(())
            }
            (None, _) => {
                self.bytes.iter().for_each(|byte| put(char::from(*byte), &mut self.text));
                Ok(())
            }
        }
    }
}

fn put(letter: char, to: &mut Vec<u8>) {
    to.extend_from_slice(letter.encode_utf8(&mut [0; 4]).as_bytes());
}

/// The character of a unit of UTF-32.
fn utf32(unit: &[u8], order: ByteOrder) -> Option<char> {
    let unit = unit.first_chunk().copied()?;
    char::from_u32(match order {
        ByteOrder::Little => u32::from_le_bytes(unit),
        ByteOrder::Big => u32::from_be_bytes(unit),
    })
}

impl Read for Decoding<'_, '_> {
    fn read(&mut self, to: &mut [u8]) -> io::Result<usize> {
        while self.taken >= self.text.len() {
            if self.is_last {
                return Ok(0);
            }
            self.refill()?;
        }
        let rest = self.text.get(self.taken..).unwrap_or_default();
        let len = rest.len().min(to.len());
        if let (Some(to), Some(rest)) = (to.get_mut(..len), rest.get(..len)) {
            to.copy_from_slice(rest);
        }
        self.taken += len;
        Ok(len)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn decode(name: &str, bytes: &[u8]) -> Result<String> {
        let mut input = Input::from_bytes(bytes);
        let charset = if name.is_empty() { Charset::Marked } else { Charset::named(name)? };
        let found = decoded(charset, &mut input)?;
        let Some(text) = found.text else {
            let mark = usize::try_from(found.mark).unwrap();
            return Ok(String::from_utf8(bytes[mark..].to_vec()).unwrap());
        };
        let mut to = vec![0; usize::try_from(text.len()).unwrap()];
        text.read_exact_at(&mut to, 0, "text")?;
        Ok(String::from_utf8(to).unwrap())
    }

    fn utf16(text: &str, bytes: fn(u16) -> [u8; 2]) -> Vec<u8> {
        text.encode_utf16().flat_map(bytes).collect()
    }

    fn utf32_of(text: &str, bytes: fn(u32) -> [u8; 4]) -> Vec<u8> {
        text.chars().map(u32::from).flat_map(bytes).collect()
    }

    #[test]
    fn names_are_those_of_the_standard_and_of_python() {
        let long = "é€".repeat(PIECE);
        assert_eq!(decode("", b"\xef\xbb\xbf1 2").unwrap(), "1 2");
        assert_eq!(decode("utf-8-sig", b"\xef\xbb\xbf1 2").unwrap(), "1 2");
        assert_eq!(decode("latin1", b"\xe9\x80").unwrap(), "é\u{80}");
        assert_eq!(decode("cp1252", b"\xe9\x80").unwrap(), "é€");
        assert_eq!(decode("KOI8_R", b"\xc1").unwrap(), "а");
        assert_eq!(decode("iso8859-15", b"\xa4").unwrap(), "€");
        assert_eq!(decode("shift_jis", b"\x82\xa0").unwrap(), "あ");
        for (name, bytes) in [
            ("utf-16", utf16(&long, u16::to_le_bytes)),
            ("utf-16-be", utf16(&long, u16::to_be_bytes)),
            ("utf-16", utf16(&format!("\u{feff}{long}"), u16::to_be_bytes)),
            ("", utf16(&format!("\u{feff}{long}"), u16::to_le_bytes)),
            ("utf-32", utf32_of(&long, u32::to_le_bytes)),
            ("UTF_32_BE", utf32_of(&long, u32::to_be_bytes)),
            ("utf-32", utf32_of(&format!("\u{feff}{long}"), u32::to_be_bytes)),
            ("", utf32_of(&format!("\u{feff}{long}"), u32::to_le_bytes)),
            ("", utf32_of(&format!("\u{feff}{long}"), u32::to_be_bytes)),
        ] {
            assert_eq!(decode(name, &bytes).unwrap(), long, "{name}");
        }
        assert!(Charset::named("klingon").is_err());
    }

    #[test]
    fn what_is_no_character_is_named_with_its_place() {
        let mut bytes = b"\xfe\xff".to_vec();
        bytes.extend(utf16(&"x".repeat(PIECE), u16::to_be_bytes));
        let at = bytes.len() as u64;
        bytes.extend([0xdc, 0x00, 0, 0x31]);
        let error = decode("utf-16", &bytes).unwrap_err();
        assert_eq!(error.offset(), Some(at), "{error}");
        assert!(error.to_string().contains(&format!("line 1, character {}: ", PIECE + 1)), "{error}");
        // A surrogate, what is beyond Unicode, and a unit that is cut.
        for bad in [&[0, 0xd8, 0, 0][..], &[0, 0, 0x11, 0], &[0x31, 0]] {
            let bytes = [&utf32_of(&"x".repeat(PIECE / 2), u32::to_le_bytes), bad].concat();
            let error = decode("utf-32-le", &bytes).unwrap_err();
            assert_eq!(error.offset(), Some(2 * PIECE as u64), "{error}");
        }
        assert_eq!(decode("ascii", b"1").unwrap(), "1");
        let text = "é\r\n\r2\n\u{1f600}".repeat(PIECE / 3);
        let bytes = [utf16(&text, u16::to_le_bytes), vec![0, 0xdc]].concat();
        let error = decode("utf-16-le", &bytes).unwrap_err().to_string();
        let line = 3 * (PIECE / 3) + 1;
        assert!(
            error.starts_with(&format!("line {line}, character 2: the bytes are not UTF-16LE")),
            "{error}"
        );
        let error = decode("shift_jis", b"1\n2 \xff").unwrap_err();
        assert_eq!(error.to_string(), "line 2, character 3: the bytes are not Shift_JIS (at byte 4)");
    }
}
