//! Names files that are not array files for what they are.

mod marks;
mod shapes;
mod text;
mod zipped;

#[cfg(test)]
mod tests;

use std::borrow::Cow;
use std::ffi::OsStr;
use std::path::Path;

use arr_core::Error;
use arr_core::format::literal::{py_bytes_repr, py_repr};

use super::Compression;

/// What a file of no known format is, out of `head`, its first bytes: the error to refuse it with, which says what to
/// do next where that is known. The more of the file is shown, up to 4 KiB, the more kinds are told apart.
///
/// `Malformed` for an empty file, `Unsupported` for all others. No control character of the file is in its text.
///
/// ```
/// let error = arr_io::layer::stranger(b"<!DOCTYPE html><html><title>Sign in</title>");
/// assert_eq!(error.to_string(), "this is an HTML page, not an array file: the download was answered with a page (a \
///     login or an error) (at byte 0)");
/// let error = arr_io::layer::stranger(b"\x7fELF\x02\x01\x01\x00\x00");
/// assert_eq!(error.to_string(), "not an array file (starts with the bytes 7f454c4602010100) (at byte 0)");
/// ```
#[must_use]
pub fn stranger(head: &[u8]) -> Error {
    if head.is_empty() {
        return Error::malformed("the file is empty").at(0);
    }
    Error::unsupported(sentence(head.get(..HEAD).unwrap_or(head))).at(0)
}

/// True when bytes have the mark of something that is not an array file.
pub(crate) fn is_marked(head: &[u8]) -> bool {
    zipped::name(head).or_else(|| marks::name(head)).is_some()
}

/// True for what stands in place of a file: the page with which a download was answered, or a pointer to the file.
pub(crate) fn is_in_place(head: &[u8]) -> bool {
    text::is_in_place(head.get(..HEAD).unwrap_or(head))
}

/// True for what macOS keeps beside a file, under its name behind `._`: attributes in the format AppleDouble.
pub(crate) fn is_apple_double(head: &[u8], path: &Path) -> bool {
    let is_beside = |name: &OsStr| name.as_encoded_bytes().starts_with(b"._");
    head.starts_with(marks::APPLE_DOUBLE) && path.file_name().is_some_and(is_beside)
}

/// So many bytes of a file are examined.
const HEAD: usize = 4096;

/// The longest part of a file that is shown, in characters.
const SHOWN: usize = 60;

fn sentence(head: &[u8]) -> Cow<'static, str> {
    let named = zipped::name(head).or_else(|| marks::name(head)).or_else(|| shapes::name(head));
    named.or_else(|| compressed(head)).or_else(|| text::name(head)).unwrap_or_else(|| unknown(head))
}

fn compressed(head: &[u8]) -> Option<Cow<'static, str>> {
    let compression = Compression::marked(head)?;
    Some(match (compression.is_enabled(), compression.feature()) {
        (true, _) => format!("this is data compressed by {compression}: unpack it first").into(),
        (false, feature) => format!(
            "this is data compressed by {compression}, which this build of arr-io does not read: it is without the \
             feature '{feature}'"
        )
        .into(),
    })
}

/// The first bytes in hex, and what can be read of them.
fn unknown(head: &[u8]) -> Cow<'static, str> {
    let shown: String = head.iter().take(8).map(|byte| format!("{byte:02x}")).collect();
    let letters = head.iter().take(SHOWN).take_while(|byte| matches!(byte, b' '..=b'~')).count();
    // As many as `strings` takes for a text.
    let text = head.get(..letters).filter(|text| text.len() >= 4);
    let note = if head.len() >= 16 && head.iter().all(|byte| *byte == 0) {
        format!("; the first {} are all zero, as in a file that was never written to its end", head.len())
    } else {
        text.map(|text| format!(", {}", py_bytes_repr(text))).unwrap_or_default()
    };
    format!("not an array file (starts with the bytes {shown}{note})").into()
}

/// A text in quotes, without its end where it is long, and with everything escaped that is not a visible character.
fn shown(text: &str) -> String {
    match text.char_indices().nth(SHOWN).and_then(|(end, _)| text.get(..end)) {
        Some(start) => format!("{}...", py_repr(start)),
        None => py_repr(text),
    }
}
