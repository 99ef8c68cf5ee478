//! Text to the bytes of an encoding.

use arr_core::format::{check_memory, room};
use arr_core::{ByteOrder, Error, Result};
use encoding_rs::EncoderResult;

use crate::broken::lost;
use crate::table::encoding::Charset;

/// How characters become bytes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Encoding {
    /// As they are in memory.
    #[default]
    Utf8,
    /// With a byte order mark in front.
    Utf8Sig,
    /// ISO 8859-1: a byte is a character up to U+00FF.
    Latin1,
    /// Up to U+007F.
    Ascii,
    /// Units of two bytes; with a byte order mark in front if that is asked for.
    Utf16 { order: ByteOrder, has_mark: bool },
    /// Units of four bytes, likewise.
    Utf32 { order: ByteOrder, has_mark: bool },
    /// One of the Encoding Standard.
    Known(&'static encoding_rs::Encoding),
}

impl Encoding {
    /// The encoding of that name, as Python or the Encoding Standard spells it: in any case, with hyphens, underscores or
    /// none.
    ///
    /// # Errors
    /// `InvalidArgument` when there is none.
    pub(crate) fn of_name(name: &str) -> Result<Self> {
        let plain: String =
            name.trim().chars().filter(char::is_ascii_alphanumeric).collect::<String>().to_ascii_lowercase();
        Ok(match plain.as_str() {
            "utf8" | "u8" | "cp65001" => Self::Utf8,
            "utf8sig" => Self::Utf8Sig,
            "latin1" | "latin" | "l1" | "iso88591" | "88591" | "cp819" => Self::Latin1,
            "ascii" | "usascii" | "646" => Self::Ascii,
            "utf16" | "u16" => Self::Utf16 { order: ByteOrder::Little, has_mark: true },
            "utf16le" => Self::Utf16 { order: ByteOrder::Little, has_mark: false },
            "utf16be" => Self::Utf16 { order: ByteOrder::Big, has_mark: false },
            "utf32" | "u32" => Self::Utf32 { order: ByteOrder::Little, has_mark: true },
            "utf32le" => Self::Utf32 { order: ByteOrder::Little, has_mark: false },
            "utf32be" => Self::Utf32 { order: ByteOrder::Big, has_mark: false },
            _ => match Charset::named(name)? {
                Charset::Known(known) => Self::Known(known),
                _ => return Err(lost("an encoding is known for reading alone")),
            },
        })
    }

    /// What stands at the front of a file.
    pub(super) fn mark(self) -> &'static [u8] {
        match self {
            Self::Utf8Sig => b"\xef\xbb\xbf",
            Self::Utf16 { order: ByteOrder::Little, has_mark: true } => b"\xff\xfe",
            Self::Utf16 { order: ByteOrder::Big, has_mark: true } => b"\xfe\xff",
            Self::Utf32 { order: ByteOrder::Little, has_mark: true } => b"\xff\xfe\0\0",
            Self::Utf32 { order: ByteOrder::Big, has_mark: true } => b"\0\0\xfe\xff",
            _ => b"",
        }
    }

    /// True when text in ASCII is the same in it.
    pub(super) fn is_ascii(self) -> bool {
        match self {
            Self::Utf16 { .. } | Self::Utf32 { .. } => false,
            Self::Known(known) => known.is_ascii_compatible(),
            _ => true,
        }
    }

    fn name(self) -> &'static str {
        match self {
            Self::Utf8 | Self::Utf8Sig => "UTF-8",
            Self::Latin1 => "latin1",
            Self::Ascii => "ascii",
            Self::Utf16 { .. } => "UTF-16",
            Self::Utf32 { .. } => "UTF-32",
            Self::Known(known) => known.name(),
        }
    }

    /// Encodes text in place: `text` is UTF-8, and is bytes of the encoding afterwards.
    ///
    /// # Errors
    /// `InvalidArgument` when the encoding does not have a character.
    pub(super) fn encode(self, text: &mut Vec<u8>) -> Result<()> {
        if matches!(self, Self::Utf8 | Self::Utf8Sig) || self.is_ascii() && text.is_ascii() {
            return Ok(());
        }
        let source = std::str::from_utf8(text)
            .map_err(|error| Error::invalid("the text is not Unicode").with_source(error))?;
        let bytes = match self {
            Self::Known(known) => self.by_standard(known, source)?,
            _ => self.by_units(source)?,
        };
        *text = bytes;
        Ok(())
    }

    /// The units of Unicode itself, or of its first characters.
    fn by_units(self, source: &str) -> Result<Vec<u8>> {
        let size = match self {
            Self::Utf32 { .. } => 4,
            Self::Utf16 { .. } => 2,
            _ => 1,
        };
        let mut bytes: Vec<u8> = room::reserved(source.len().saturating_mul(size))?;
        let most = if self == Self::Ascii { 0x7f } else { 0xff };
        for letter in source.chars() {
            match self {
                Self::Utf16 { order, .. } => {
                    for unit in letter.encode_utf16(&mut [0; 2]) {
                        bytes.extend_from_slice(&match order {
                            ByteOrder::Little => unit.to_le_bytes(),
                            ByteOrder::Big => unit.to_be_bytes(),
                        });
                    }
                }
                Self::Utf32 { order, .. } => bytes.extend_from_slice(&match order {
                    ByteOrder::Little => u32::from(letter).to_le_bytes(),
                    ByteOrder::Big => u32::from(letter).to_be_bytes(),
                }),
                _ => match u8::try_from(u32::from(letter)) {
                    Ok(byte) if byte <= most => bytes.push(byte),
                    _ => return Err(self.lacks(letter)),
                },
            }
        }
        Ok(bytes)
    }

    /// By the tables of the Encoding Standard. Some of them have one code for two characters (the yen sign is written as a
    /// backslash): what would not be read back as it was is refused.
    fn by_standard(self, known: &'static encoding_rs::Encoding, source: &str) -> Result<Vec<u8>> {
        let mut encoder = known.new_encoder();
        let too_long = || Error::limit("the text does not fit into memory");
        let len = encoder.max_buffer_length_from_utf8_without_replacement(source.len());
        let mut bytes: Vec<u8> = room::reserved(len.ok_or_else(too_long)?)?;
        let (result, _) = encoder.encode_from_utf8_to_vec_without_replacement(source, &mut bytes, true);
        match result {
            EncoderResult::InputEmpty => {}
            EncoderResult::OutputFull => return Err(too_long()),
            EncoderResult::Unmappable(letter) => return Err(self.lacks(letter)),
        }
        check_memory(source.len().saturating_mul(3), "the text")?;
        let again = known.decode_without_bom_handling_and_without_replacement(&bytes);
        let again = again.as_deref().unwrap_or_default();
        if again == source {
            return Ok(bytes);
        }
        let mut found = again.chars();
        let wrong = source.chars().find(|letter| found.next() != Some(*letter));
        Err(wrong
            .map_or_else(|| lost("a text was encoded that does not come back"), |letter| self.lacks(letter)))
    }

    #[cold]
    fn lacks(self, letter: char) -> Error {
        Error::invalid(format!(
            "{letter:?} (U+{:04X}) can't be written in {}: choose another encoding, as utf-8",
            u32::from(letter),
            self.name()
        ))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn characters_become_bytes() {
        let encoded = |name: &str, text: &str| {
            let mut bytes = text.as_bytes().to_vec();
            Encoding::of_name(name).unwrap().encode(&mut bytes).map(|()| bytes)
        };
        assert_eq!(encoded("Latin-1", "aé\u{80}").unwrap(), b"a\xe9\x80");
        assert_eq!(encoded("utf_8", "é").unwrap(), "é".as_bytes());
        assert_eq!(encoded("UTF-16-BE", "a𝄞").unwrap(), b"\0a\xd8\x34\xdd\x1e");
        assert_eq!(encoded("utf-16", "a").unwrap(), b"a\0");
        assert_eq!(
            encoded("latin1", "ł").unwrap_err().to_string(),
            "'ł' (U+0142) can't be written in latin1: choose another encoding, as utf-8"
        );
        assert!(encoded("ascii", "é").is_err());
        assert!(Encoding::of_name("klingon").is_err());
    }
}
