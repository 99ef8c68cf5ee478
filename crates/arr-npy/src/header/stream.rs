//! Headers from a reader.

use std::io::{ErrorKind, Read};

use arr_core::{Error, Limits, Result};

use super::parse::{ends_early, offset, text_length, version};
use super::{FORMAT, Header, MAGIC, Version, parse_header, parse_lenient_header};
use crate::broken_invariant;

/// Headers up to this length are read without reserving memory.
const ON_STACK: usize = 512;

/// Reads the magic and the version.
///
/// # Errors
/// `Malformed` when the bytes are not the magic, `Unsupported` for other versions, `Io` from the reader.
pub fn read_magic(reader: &mut impl Read) -> Result<Version> {
    let mut bytes = [0; MAGIC.len() + 2];
    let read = fill(reader, &mut bytes, 0).and_then(|read| version(bytes.split_at(read).0));
    read.map_err(|error| error.in_format(FORMAT))
}

/// Reads the rest of a header whose magic was read; the reader is then at the first byte of the data.
///
/// # Errors
/// As [`parse_header`], and `Io` from the reader. Offsets count from the magic.
pub fn read_array_header(reader: &mut impl Read, version: Version, limits: &Limits) -> Result<Header> {
    read_rest(reader, version, limits, parse_header).map_err(|error| error.in_format(FORMAT))
}

/// [`read_header`], of one that NumPy refuses too where that is `lenient`.
pub(crate) fn read_header_as(reader: &mut impl Read, limits: &Limits, lenient: bool) -> Result<Header> {
    let version = read_magic(reader)?;
    let parse = if lenient { parse_lenient_header } else { parse_header };
    read_rest(reader, version, limits, parse).map_err(|error| error.in_format(FORMAT))
}

/// What makes a header of bytes.
type Parse = fn(&[u8], &Limits) -> Result<Header>;

/// Reads a header; the reader is then at the first byte of the data.
///
/// ```
/// use arr_core::Limits;
/// # let bytes = arr_npy::Header::new("<i2".parse()?, &[3], arr_core::Order::C)?.to_bytes(None)?;
/// # let mut file = &bytes[..];
/// let header = arr_npy::read_header(&mut file, &Limits::default())?;
/// assert_eq!((header.dtype().to_string(), header.shape()), ("<i2".to_owned(), &[3][..]));
/// # Ok::<(), arr_core::Error>(())
/// ```
///
/// # Errors
/// As [`parse_header`], and `Io` from the reader. Offsets count from the magic.
pub fn read_header(reader: &mut impl Read, limits: &Limits) -> Result<Header> {
    read_header_as(reader, limits, false)
}

fn read_rest(reader: &mut impl Read, version: Version, limits: &Limits, parse: Parse) -> Result<Header> {
    let mut stack = [0u8; ON_STACK];
    let (start, begin) = (version.text_offset(), MAGIC.len() + 2);
    let (prefix, room) = stack.split_at_mut(start);
    put(prefix, version);
    let (_, field) = prefix.split_at_mut(begin);
    let read = fill(reader, field, begin)?;
    if read < field.len() {
        return Err(ends_early(begin + read, start));
    }
    let length = text_length(field, limits)?;
    let end = start.saturating_add(length);
    let Some(text) = room.get_mut(..length) else { return read_long(reader, prefix, length, limits, parse) };
    let read = fill(reader, text, start)?;
    if read < length {
        return Err(ends_early(start + read, end));
    }
    parse(stack.split_at(end).0, limits)
}

/// Writes the magic and the version.
fn put(prefix: &mut [u8], version: Version) {
    let bytes = MAGIC.iter().chain([&version.major, &version.minor]);
    prefix.iter_mut().zip(bytes).for_each(|(slot, byte)| *slot = *byte);
}

/// Reads a long text. The memory grows by what arrives, not by what was announced.
fn read_long(
    reader: &mut impl Read,
    prefix: &[u8],
    length: usize,
    limits: &Limits,
    parse: Parse,
) -> Result<Header> {
    let mut bytes = prefix.to_vec();
    let end = bytes.len().saturating_add(length);
    if let Err(error) = reader.take(offset(length)).read_to_end(&mut bytes) {
        return Err(Error::io("the header can't be read", error).at(offset(bytes.len())));
    }
    if bytes.len() < end {
        return Err(ends_early(bytes.len(), end));
    }
    parse(&bytes, limits)
}

fn too_much() -> Error {
    broken_invariant("a reader says that it read more than it was asked for")
}

/// Reads until the buffer is full or the reader is at its end; how much was read.
fn fill(reader: &mut impl Read, buffer: &mut [u8], at: usize) -> Result<usize> {
    let mut filled = 0;
    while let Some(room) = buffer.get_mut(filled..).filter(|room| !room.is_empty()) {
        match reader.read(room) {
            Ok(0) => break,
            Ok(read) if read > room.len() => return Err(too_much()),
            Ok(read) => filled += read,
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(error) => return Err(Error::io("the header can't be read", error).at(offset(at + filled))),
        }
    }
    Ok(filled)
}
