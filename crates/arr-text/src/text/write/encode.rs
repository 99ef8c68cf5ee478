//! Text to the bytes of an encoding.

use arr_core::format::room;
use arr_core::{ByteOrder, Error, Result};

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
}

impl Encoding {
    /// The encoding of that name, as Python spells it: in any case, with hyphens, underscores or none.
    ///
    /// # Errors
    /// `InvalidArgument` when it is not one that is written.
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
            _ => {
                return Err(Error::invalid(format!(
                    "encoding: '{name}' is none of utf-8, utf-8-sig, latin1, ascii, utf-16, utf-16-le, utf-16-be"
                )));
            }
        })
    }

    /// What stands at the front of a file.
    pub(super) fn mark(self) -> &'static [u8] {
        match self {
            Self::Utf8Sig => b"\xef\xbb\xbf",
            Self::Utf16 { order: ByteOrder::Little, has_mark: true } => b"\xff\xfe",
            Self::Utf16 { order: ByteOrder::Big, has_mark: true } => b"\xfe\xff",
            _ => b"",
        }
    }

    /// True when text in ASCII is the same in it.
    pub(super) fn is_ascii(self) -> bool {
        !matches!(self, Self::Utf16 { .. })
    }

    fn name(self) -> &'static str {
        match self {
            Self::Utf8 | Self::Utf8Sig => "UTF-8",
            Self::Latin1 => "latin1",
            Self::Ascii => "ascii",
            Self::Utf16 { .. } => "UTF-16",
        }
    }

    /// Encodes text in place: `text` is UTF-8, and is bytes of the encoding afterwards.
    ///
    /// # Errors
    /// `InvalidArgument` when the encoding does not have a character.
    pub(super) fn encode(self, text: &mut Vec<u8>) -> Result<()> {
        match self {
            Self::Utf8 | Self::Utf8Sig => return Ok(()),
            Self::Latin1 | Self::Ascii if text.is_ascii() => return Ok(()),
            _ => {}
        }
        let source = std::str::from_utf8(text)
            .map_err(|error| Error::invalid("the text is not Unicode").with_source(error))?;
        let mut bytes: Vec<u8> = room::reserved(match self {
            Self::Utf16 { .. } => source.len().saturating_mul(2),
            _ => source.len(),
        })?;
        let most = if self == Self::Ascii { 0x7f } else { 0xff };
        for letter in source.chars() {
            if let Self::Utf16 { order, .. } = self {
                for unit in letter.encode_utf16(&mut [0; 2]) {
                    bytes.extend_from_slice(&match order {
                        ByteOrder::Little => unit.to_le_bytes(),
                        ByteOrder::Big => unit.to_be_bytes(),
                    });
                }
                continue;
            }
            match u8::try_from(u32::from(letter)) {
                Ok(byte) if byte <= most => bytes.push(byte),
                _ => return Err(self.lacks(letter)),
            }
        }
        *text = bytes;
        Ok(())
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
