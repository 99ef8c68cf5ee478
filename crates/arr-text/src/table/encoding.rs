//! Encodings: everything becomes UTF-8, strictly.

use std::io::{self, Read};

use arr_core::format::Positioned;
use arr_core::{Error, Input, Result};
use encoding_rs::{Decoder, DecoderResult, Encoding, UTF_8, UTF_16BE, UTF_16LE};

/// How bytes are characters.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Charset {
    /// UTF-8, and whatever a byte order mark says.
    Marked,
    /// ASCII.
    Ascii,
    /// The first 256 characters of Unicode.
    Latin1,
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
            "utf-16" | "utf16" | "u16" | "utf-16-le" | "utf-16le" => Self::Known(UTF_16LE),
            "utf-16-be" | "utf-16be" => Self::Known(UTF_16BE),
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

/// Decodes what is left of a seekable input, unless it is UTF-8 already. The input is left somewhere.
///
/// # Errors
/// `Malformed` for bytes that are no characters, with their offset; `LimitExceeded`; `Io`.
pub(crate) fn decoded(charset: Charset, input: &mut Input<'_>) -> Result<Decoded> {
    let marked = Encoding::for_bom(input.peek(3)?);
    let (encoding, mark) = match (charset, marked) {
        (Charset::Marked, Some((found, len))) => (found, len),
        (Charset::Marked, None) => (UTF_8, 0),
        (Charset::Ascii | Charset::Latin1, _) => (UTF_8, 0),
        (Charset::Known(own), Some((found, len))) if own == UTF_8 && found == UTF_8 => (own, len),
        // Without a mark it is little-endian; with one, what that says.
        (Charset::Known(own), Some((found, len))) if own != UTF_8 && found != UTF_8 && is_utf16(own) => {
            (found, len)
        }
        (Charset::Known(own), _) => (own, 0),
    };
    let is_ascii = charset == Charset::Ascii;
    let mark = mark as u64;
    if encoding == UTF_8 && charset != Charset::Latin1 {
        return Ok(Decoded { text: None, mark, name: if is_ascii { "ASCII" } else { "UTF-8" }, is_ascii });
    }
    input.skip(mark, "byte order mark")?;
    let latin1 = charset == Charset::Latin1;
    let name = if latin1 { "ISO-8859-1" } else { encoding.name() };
    let limits = input.budget().limits().clone();
    let decoder = (!latin1).then(|| encoding.new_decoder_without_bom_handling());
    let reading =
        Decoding { input, decoder, name, bytes: Vec::new(), text: Vec::new(), taken: 0, is_last: false };
    let mut text = Input::from_reader(reading).with_limits(&limits);
    let text = Positioned::from_input(&mut text)?;
    Ok(Decoded { text: Some(text), mark, name, is_ascii: false })
}

fn is_utf16(encoding: &'static Encoding) -> bool {
    encoding == UTF_16LE || encoding == UTF_16BE
}

/// Bytes that are read at once.
const PIECE: usize = 64 << 10;

/// A stream of UTF-8 that is decoded on the way.
struct Decoding<'i, 'a> {
    input: &'i mut Input<'a>,
    /// None for Latin-1.
    decoder: Option<Decoder>,
    name: &'static str,
    /// Bytes as they are in the input.
    bytes: Vec<u8>,
    /// What became of them.
    text: Vec<u8>,
    /// How much of that has been handed on.
    taken: usize,
    is_last: bool,
}

impl Decoding<'_, '_> {
    /// Decodes the next piece.
    fn refill(&mut self) -> Result<()> {
        let at = self.input.position();
        self.bytes.resize(PIECE, 0);
        let got = self.input.fill(&mut self.bytes)?;
        self.is_last = got < self.bytes.len();
        self.bytes.truncate(got);
        // What is kept of the piece before may add a character, and no byte becomes more than four.
        self.text.resize(4 * PIECE + 16, 0);
        let written = match &mut self.decoder {
            None => latin1(&self.bytes, &mut self.text),
            Some(decoder) => {
                let (result, read, written) =
                    decoder.decode_to_utf8_without_replacement(&self.bytes, &mut self.text, self.is_last);
                match result {
                    DecoderResult::InputEmpty => written,
                    DecoderResult::OutputFull => {
                        return Err(Error::limit("a piece of text became too long").at(at));
                    }
                    DecoderResult::Malformed(bad, behind) => {
                        let end = at + read as u64;
                        let at = end.saturating_sub(u64::from(bad) + u64::from(behind));
                        return Err(Error::malformed(format!("the bytes are not {}", self.name)).at(at));
                    }
                }
            }
        };
        self.text.truncate(written);
        self.taken = 0;
        Ok(())
    }
}

/// Decodes Latin-1 and says how many bytes it takes.
fn latin1(bytes: &[u8], to: &mut [u8]) -> usize {
    let mut written = 0;
    for byte in bytes {
        let mut letter = [0; 4];
        let letter = char::from(*byte).encode_utf8(&mut letter).as_bytes();
        if let Some(slot) = to.get_mut(written..written + letter.len()) {
            slot.copy_from_slice(letter);
        }
        written += letter.len();
    }
    written
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
        assert_eq!(decode("ascii", b"1").unwrap(), "1");
        assert_eq!(decode("shift_jis", b"1 \xff").unwrap_err().offset(), Some(2));
    }
}
