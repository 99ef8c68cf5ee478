//! Bytes, as the format likes them: as bytes, or as base64 where people read it.

use std::borrow::Cow;
use std::fmt::{self, Display};

use base64_simd::{Out, STANDARD};
use serde::de::{DeserializeSeed, Deserializer, Error as _, SeqAccess, Visitor};
use serde::ser::{Serialize, Serializer};

use crate::format::room::push;
use crate::{Budget, Buffer, BufferMut, Error};

/// Bytes that are encoded at once; a multiple of three.
const PIECE: usize = 3 << 10;

/// Bytes as base64: written without a text of them all.
struct Base64<'a>(&'a [u8]);

impl Display for Base64<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut text = [0; PIECE / 3 * 4];
        for piece in self.0.chunks(PIECE) {
            f.write_str(STANDARD.encode_as_str(piece, Out::from_slice(&mut text)))?;
        }
        Ok(())
    }
}

/// The form in which the bytes of an array are written and read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum DataForm {
    /// Base64 in formats that people read, bytes in others.
    #[default]
    Fitting,
    /// Bytes in all formats; JSON has them as a list of numbers.
    Bytes,
    /// Base64 in all formats.
    Base64,
}

impl DataForm {
    fn is_text(self, is_human_readable: bool) -> bool {
        match self {
            Self::Fitting => is_human_readable,
            Self::Bytes => false,
            Self::Base64 => true,
        }
    }
}

/// Bytes that are written.
#[derive(Clone, Copy, Debug)]
pub(super) struct Bytes<'a>(pub(super) &'a [u8], pub(super) DataForm);

impl Serialize for Bytes<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.1.is_text(serializer.is_human_readable()) {
            true => serializer.collect_str(&Base64(self.0)),
            false => serializer.serialize_bytes(self.0),
        }
    }
}

/// Bytes that are read, in memory of their own.
pub(super) struct BytesSeed<'b>(pub(super) &'b mut Budget, pub(super) DataForm);

impl<'de> DeserializeSeed<'de> for BytesSeed<'_> {
    type Value = Buffer;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Buffer, D::Error> {
        match self.1.is_text(deserializer.is_human_readable()) {
            true => deserializer.deserialize_str(self),
            false => deserializer.deserialize_byte_buf(self),
        }
    }
}

impl<'de> Visitor<'de> for BytesSeed<'_> {
    type Value = Buffer;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("bytes, or a text in base64")
    }

    fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<Buffer, E> {
        decoded(text, self.0).map_err(E::custom)
    }

    fn visit_bytes<E: serde::de::Error>(self, bytes: &[u8]) -> Result<Buffer, E> {
        self.0.charge_bytes(bytes.len() as u64).map_err(E::custom)?;
        BufferMut::copy_of(bytes).map(BufferMut::freeze).map_err(E::custom)
    }

    fn visit_byte_buf<E: serde::de::Error>(self, bytes: Vec<u8>) -> Result<Buffer, E> {
        self.0.charge_bytes(bytes.len() as u64).map_err(E::custom)?;
        Ok(Buffer::from_vec(bytes))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Buffer, A::Error> {
        let mut bytes = Vec::new();
        while let Some(byte) = items.next_element::<u8>()? {
            self.0.charge_bytes(1).and_then(|()| push(&mut bytes, byte)).map_err(A::Error::custom)?;
        }
        Ok(Buffer::from_vec(bytes))
    }
}

/// Takes bytes that the input lends.
pub(super) struct Borrowed;

impl Borrowed {
    pub(super) const EXPECTED: &str =
        "bytes that can be borrowed from the input, which this format does not lend: read an Array";
}

impl<'de> Visitor<'de> for Borrowed {
    type Value = &'de [u8];

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(Self::EXPECTED)
    }

    fn visit_borrowed_bytes<E: serde::de::Error>(self, bytes: &'de [u8]) -> Result<&'de [u8], E> {
        Ok(bytes)
    }
}

/// The bytes of a text in base64.
fn decoded(text: &str, budget: &mut Budget) -> crate::Result<Buffer> {
    let bad = |_| Error::malformed("a text is not base64 with its padding");
    let len = STANDARD.decoded_length(text.as_bytes()).map_err(bad)?;
    budget.charge_bytes(len as u64)?;
    let mut bytes = BufferMut::zeroed(len)?;
    let written = STANDARD.decode(text.as_bytes(), Out::from_slice(bytes.as_mut_slice())).map_err(bad)?;
    match written.len() == len {
        true => Ok(bytes.freeze()),
        false => Err(Error::malformed("a text in base64 has another length than it says")),
    }
}

/// Bytes of a value, which are shared or borrowed.
#[derive(Clone, Debug)]
pub(super) struct Raw<'a>(pub(super) Cow<'a, [u8]>);

impl Serialize for Raw<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        Bytes(&self.0, DataForm::Fitting).serialize(serializer)
    }
}

impl<'de> serde::Deserialize<'de> for Raw<'_> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let bytes = BytesSeed(&mut Budget::default(), DataForm::Fitting).deserialize(deserializer)?;
        Ok(Self(Cow::Owned(bytes.to_vec())))
    }
}
