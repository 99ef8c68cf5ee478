//! Base64 with padding (RFC 4648, section 4; read with the signs of section 5, too), by the vector instructions of the
//! machine.
//!
//! All use of the library that does it is here.

use std::io;

use arr_core::format::Output;
use arr_core::{BufferMut, Error, Result};
use base64_simd::{AsOut, Base64, STANDARD, URL_SAFE};

/// Bytes that are encoded at once: they and their text stay in the cache.
const PIECE: usize = 24 << 10;

/// How many bytes a text of base64 means, by its length and padding alone.
///
/// # Errors
/// `Malformed` when no text has that length, with the offset in the text.
pub(crate) fn decoded_len(text: &[u8]) -> Result<usize> {
    if text.len() % 4 != 0 {
        let message = format!("base64 is padded to a multiple of 4 characters, and there are {}", text.len());
        return Err(Error::malformed(message).at(text.len() as u64));
    }
    let padding = text.iter().rev().take(2).take_while(|byte| **byte == b'=').count();
    Ok((text.len() / 4 * 3).saturating_sub(padding))
}

/// Decodes a text right into memory of its own.
///
/// # Errors
/// `Malformed` with the offset in the text, `LimitExceeded` when memory is short.
pub(crate) fn decode(text: &[u8]) -> Result<BufferMut> {
    let mut bytes = BufferMut::zeroed(decoded_len(text)?)?;
    match alphabet(text).decode(text, bytes.as_mut_slice().as_out()) {
        Ok(_) => Ok(bytes),
        Err(_) => Err(fault(text)),
    }
}

/// Decodes a short text into room for it; nothing of what is not base64 or longer.
pub(crate) fn decode_into<'r>(text: &[u8], room: &'r mut [u8]) -> Option<&'r [u8]> {
    let room = room.get_mut(..decoded_len(text).ok()?)?;
    alphabet(text).decode(text, room.as_out()).ok().map(|bytes| &*bytes)
}

/// The signs that a text is written in: those of names of files and of addresses, if it has one of them.
fn alphabet(text: &[u8]) -> Base64 {
    if memchr::memchr2(b'-', b'_', text).is_some() { URL_SAFE } else { STANDARD }
}

/// Why a text is not base64, where the first fault is.
#[cold]
fn fault(text: &[u8]) -> Error {
    let is_safe = memchr::memchr2(b'-', b'_', text).is_some();
    let is_sign = |byte: &u8| {
        byte.is_ascii_alphanumeric() || if is_safe { b"-_".contains(byte) } else { b"+/".contains(byte) }
    };
    let end = text.len().saturating_sub(text.iter().rev().take(2).take_while(|byte| **byte == b'=').count());
    let body = text.get(..end).unwrap_or_default();
    match body.iter().position(|byte| !is_sign(byte)) {
        Some(at) => Error::malformed("a character is none of base64").at(at as u64),
        None => {
            Error::malformed("the last characters of base64 have bits that belong to no byte").at(end as u64)
        }
    }
}

/// How many characters so many bytes become.
pub(crate) fn encoded_len(len: u64) -> u64 {
    len.div_ceil(3).saturating_mul(4)
}

/// Writes bytes as base64 to a sink, piece by piece; what is left of three bytes waits for the next ones.
#[derive(Debug)]
pub(crate) struct Encoding<'o, 'a> {
    out: &'o mut Output<'a>,
    state: State,
}

/// What is kept from one piece to the next.
#[derive(Debug, Default)]
pub(crate) struct State {
    rest: [u8; 3],
    waiting: usize,
    text: Vec<u8>,
}

impl State {
    /// Encodes the next bytes.
    ///
    /// # Errors
    /// `Io` when the sink fails, `LimitExceeded` when memory is short.
    pub(crate) fn write(&mut self, mut bytes: &[u8], out: &mut Output<'_>) -> Result<()> {
        while self.waiting > 0 && self.waiting < 3 {
            let Some((first, behind)) = bytes.split_first() else { return Ok(()) };
            if let Some(slot) = self.rest.get_mut(self.waiting) {
                *slot = *first;
            }
            self.waiting += 1;
            bytes = behind;
        }
        if self.waiting == 3 {
            self.waiting = 0;
            let three = self.rest;
            self.encode(&three, out)?;
        }
        let whole = bytes.len() - bytes.len() % 3;
        let (whole, rest) = bytes.split_at(whole);
        for piece in whole.chunks(PIECE) {
            self.encode(piece, out)?;
        }
        for (slot, byte) in self.rest.iter_mut().zip(rest) {
            *slot = *byte;
        }
        self.waiting = rest.len();
        Ok(())
    }

    /// Encodes what is left, with padding.
    ///
    /// # Errors
    /// As [`write`](Self::write).
    pub(crate) fn end(&mut self, out: &mut Output<'_>) -> Result<()> {
        let rest = self.rest;
        let rest = rest.get(..self.waiting).ok_or_else(lost)?;
        self.waiting = 0;
        if rest.is_empty() { Ok(()) } else { self.encode(rest, out) }
    }

    fn encode(&mut self, bytes: &[u8], out: &mut Output<'_>) -> Result<()> {
        let len = bytes.len().div_ceil(3) * 4;
        if self.text.len() < len {
            let more = len - self.text.len();
            self.text.try_reserve_exact(more).map_err(arr_core::format::room::no_memory)?;
            self.text.resize(len, 0);
        }
        let room = self.text.get_mut(..len).ok_or_else(lost)?;
        out.write(STANDARD.encode(bytes, room.as_out()))
    }
}

/// Room or bytes that are there are not.
#[cold]
fn lost() -> Error {
    Error::unsupported("an invariant of the library is broken: bytes of base64 are lost")
}

impl<'o, 'a> Encoding<'o, 'a> {
    /// Encodes to `out`.
    pub(crate) fn new(out: &'o mut Output<'a>) -> Self {
        Self { out, state: State::default() }
    }

    /// Ends the text.
    ///
    /// # Errors
    /// `Io` when the sink fails.
    pub(crate) fn end(mut self) -> Result<()> {
        self.state.end(self.out)
    }
}

impl io::Write for Encoding<'_, '_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.state.write(bytes, self.out)?;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn encoded(pieces: &[&[u8]]) -> String {
        let mut text = Vec::new();
        let mut out = Output::new(&mut text);
        let mut state = State::default();
        for piece in pieces {
            state.write(piece, &mut out).unwrap();
        }
        state.end(&mut out).unwrap();
        drop(out);
        String::from_utf8(text).unwrap()
    }

    #[test]
    fn pieces_become_one_text() {
        let bytes: Vec<u8> = (0..=255u8).cycle().take(100_000).collect();
        let whole = encoded(&[&bytes]);
        assert_eq!(whole.len() as u64, encoded_len(bytes.len() as u64));
        for size in [1, 2, 3, 4, 5, 7, 1000, PIECE + 1] {
            let pieces: Vec<&[u8]> = bytes.chunks(size).collect();
            assert_eq!(encoded(&pieces), whole, "{size}");
        }
        assert_eq!(decode(whole.as_bytes()).unwrap().as_slice(), bytes);
        assert_eq!(
            (encoded(&[]), encoded(&[b"a"]), encoded(&[b"ab"])),
            ("".into(), "YQ==".into(), "YWI=".into())
        );
    }

    #[test]
    fn what_is_not_base64_is_refused_where_it_is() {
        for (text, at) in [
            ("YQ=", 3),
            ("YQ", 2),
            ("Y", 1),
            ("YQ==YQ==", 2),
            ("YW!j", 2),
            ("YW-/", 3),
            ("=AAA", 0),
            ("A===", 1),
            ("YR==", 2),
            ("AAA\n", 3),
            ("AAé", 2),
        ] {
            let found = decode(text.as_bytes());
            assert_eq!(found.unwrap_err().offset(), Some(at), "{text}");
        }
    }
}
