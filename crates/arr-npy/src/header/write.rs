//! Headers as NumPy writes them.

use std::borrow::Cow;
use std::fmt::Write as _;
use std::io::Write;

use arr_core::{Error, Order, Result};

use super::{FORMAT, Header, MAGIC, Version};

/// The data begins at a multiple of this.
const ALIGNMENT: usize = 64;

/// The digits of the largest dimension, and one more: the room that a dimension has to grow.
const GROWTH: usize = 21;

/// Writes a header; `None` for the smallest version that will do. Returns the version that was written.
///
/// # Errors
/// As [`Header::to_bytes`], and `Io` from the writer.
pub fn write_array_header(
    writer: &mut impl Write,
    header: &Header,
    version: Option<Version>,
) -> Result<Version> {
    let (version, bytes) = to_bytes(header, version).map_err(|error| error.in_format(FORMAT))?;
    writer
        .write_all(&bytes)
        .map_err(|error| Error::io("the header can't be written", error).in_format(FORMAT))?;
    Ok(version)
}

/// The bytes of the header and their version.
pub(super) fn to_bytes(header: &Header, version: Option<Version>) -> Result<(Version, Vec<u8>)> {
    let text = text(header)?;
    if let Some(version) = version {
        return Ok((version, wrap(&text, version)?));
    }
    // A newer version can fail only for want of latin-1, which the newest does not need.
    match wrap(&text, Version::V1_0) {
        Ok(bytes) => Ok((Version::V1_0, bytes)),
        Err(_) => match wrap(&text, Version::V2_0) {
            Ok(bytes) => Ok((Version::V2_0, bytes)),
            Err(_) => Ok((Version::V3_0, wrap(&text, Version::V3_0)?)),
        },
    }
}

/// The dictionary and the room to grow.
fn text(header: &Header) -> Result<String> {
    let mut text = String::with_capacity(2 * ALIGNMENT);
    text.push_str("{'descr': ");
    text.push_str(&header.dtype.descr()?);
    text.push_str(if header.fortran_order() {
        ", 'fortran_order': True"
    } else {
        ", 'fortran_order': False"
    });
    text.push_str(", 'shape': (");
    for (index, dim) in header.shape.iter().enumerate() {
        // Writing to a string can't fail.
        let _ = write!(text, "{}{dim}", if index == 0 { "" } else { ", " });
    }
    text.push_str(if header.shape.len() == 1 { ",), }" } else { "), }" });
    let growing = match header.order {
        Order::C => header.shape.first(),
        Order::F => header.shape.last(),
    };
    if let Some(dim) = growing {
        let digits = dim.checked_ilog10().map_or(1, |digits| digits + 1);
        let room = usize::try_from(digits).map_or(0, |digits| GROWTH.saturating_sub(digits));
        text.extend(std::iter::repeat_n(' ', room));
    }
    Ok(text)
}

/// Magic, version, length, text, padding and line break.
fn wrap(text: &str, version: Version) -> Result<Vec<u8>> {
    let text = encode(text, version)?;
    let before = version.text_offset() + text.len() + 1;
    let padding = ALIGNMENT - before % ALIGNMENT;
    let length = text.len() + padding + 1;
    let mut bytes = Vec::new();
    bytes.reserve_exact(before + padding);
    put_start(&mut bytes, version, length)?;
    bytes.extend_from_slice(&text);
    bytes.resize(bytes.len() + padding, b' ');
    bytes.push(b'\n');
    Ok(bytes)
}

/// A header of just `len` bytes, as NumPy writes it where it has room to grow; `None` when the text needs more.
pub(crate) fn to_bytes_of_length(header: &Header, version: Version, len: usize) -> Result<Option<Vec<u8>>> {
    let text = text(header)?;
    let text = encode(text.trim_end(), version)?;
    let before = version.text_offset();
    let Some(padding) = len.checked_sub(before + text.len() + 1) else { return Ok(None) };
    let mut bytes = Vec::new();
    put_start(&mut bytes, version, len - before)?;
    bytes.extend_from_slice(&text);
    bytes.resize(bytes.len() + padding, b' ');
    bytes.push(b'\n');
    Ok(Some(bytes))
}

/// Magic, version and the length of the text.
fn put_start(bytes: &mut Vec<u8>, version: Version, length: usize) -> Result<()> {
    bytes.extend_from_slice(MAGIC);
    bytes.extend([version.major, version.minor]);
    let field = match version.length_size() {
        2 => u16::try_from(length).map(|length| bytes.extend(length.to_le_bytes())),
        _ => u32::try_from(length).map(|length| bytes.extend(length.to_le_bytes())),
    };
    field.map_err(|_| Error::invalid(format!("a header of {length} bytes is too long for version {version}")))
}

fn encode(text: &str, version: Version) -> Result<Cow<'_, [u8]>> {
    if version >= Version::V3_0 || text.is_ascii() {
        return Ok(text.as_bytes().into());
    }
    let latin1: Result<Cow<'_, [u8]>, _> = text.chars().map(|c| u8::try_from(u32::from(c))).collect();
    latin1.map_err(|_| Error::invalid(format!("version {version} holds no names of fields outside latin-1")))
}
