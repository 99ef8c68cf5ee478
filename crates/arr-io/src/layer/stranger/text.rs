//! Files that are text.

use std::borrow::Cow;

use super::shown;

/// The name of a text.
pub(super) fn name(head: &[u8]) -> Option<Cow<'static, str>> {
    let text = decode(head)?;
    let text = text.trim_start();
    Some(match markup(text).or_else(|| pointer(text)).or_else(|| json(text)) {
        Some(known) => known,
        None => match text.lines().next() {
            Some(line) => {
                format!("this is text, not an array file: it begins with {}", shown(line.trim_end())).into()
            }
            None => "this is text of blanks alone, not an array file".into(),
        },
    })
}

/// True for a text that stands in place of a file: a page, or what points to the file.
pub(super) fn is_in_place(head: &[u8]) -> bool {
    decode(head).is_some_and(|text| {
        let text = text.trim_start();
        markup(text).or_else(|| pointer(text)).is_some()
    })
}

/// The text that `head` is, in UTF-8 or, with a mark, in UTF-16. Its last character may be cut.
fn decode(head: &[u8]) -> Option<Cow<'_, str>> {
    let text: Cow<'_, str> = if let Some(rest) = head.strip_prefix(b"\xFF\xFE") {
        from_utf16(rest, u16::from_le_bytes)?.into()
    } else if let Some(rest) = head.strip_prefix(b"\xFE\xFF") {
        from_utf16(rest, u16::from_be_bytes)?.into()
    } else {
        from_utf8(head.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(head))?.into()
    };
    let is_usual = |c: char| !c.is_control() || matches!(c, '\t' | '\n' | '\r' | '\x0C' | '\x1B');
    text.chars().all(is_usual).then_some(text)
}

fn from_utf8(bytes: &[u8]) -> Option<&str> {
    match std::str::from_utf8(bytes) {
        Ok(text) => Some(text),
        Err(error) if error.error_len().is_none() => {
            std::str::from_utf8(bytes.get(..error.valid_up_to())?).ok()
        }
        Err(_) => None,
    }
}

fn from_utf16(bytes: &[u8], unit: fn([u8; 2]) -> u16) -> Option<String> {
    let units = bytes.chunks_exact(2).filter_map(|pair| pair.first_chunk().copied().map(unit));
    let mut text: Vec<Result<char, _>> = char::decode_utf16(units).collect();
    text.pop_if(|last| last.is_err());
    text.into_iter().collect::<Result<_, _>>().ok()
}

fn markup(text: &str) -> Option<Cow<'static, str>> {
    const PAGES: [&str; 6] = ["<!doctype html", "<html", "<head", "<body", "<script", "<title"];
    text.starts_with('<').then_some(())?;
    let lower = text.to_ascii_lowercase();
    let is_page = PAGES.iter().any(|tag| lower.starts_with(tag)) || lower.contains("<html");
    Some(Cow::Borrowed(if is_page {
        "this is an HTML page, not an array file: the download was answered with a page (a login or an error)"
    } else if lower.contains("<error>") && lower.contains("<code>") {
        "this is the error of a storage server, not an array file: the download was refused"
    } else if lower.starts_with("<?xml") {
        "this is an XML document, not an array file"
    } else {
        return None;
    }))
}

fn pointer(text: &str) -> Option<Cow<'static, str>> {
    text.starts_with("version https://git-lfs.github.com/spec/")
        .then_some("this is a Git LFS pointer, not the file itself: fetch it with `git lfs pull`".into())
}

fn json(text: &str) -> Option<Cow<'static, str>> {
    if !is_json(text) {
        return None;
    }
    if text.contains("\"zarr_format\"") || text.contains("\"zarr_consolidated_format\"") {
        return Some("this is the metadata of a Zarr array, which is a folder: zarr.open reads it".into());
    }
    let line = text.lines().next().unwrap_or(text);
    Some(
        format!("this is JSON text, which begins with {}: json.load reads it", shown(line.trim_end())).into(),
    )
}

/// An object, or a list of which the first item is followed by a comma or the end: NumPy prints arrays without commas.
fn is_json(text: &str) -> bool {
    if let Some(rest) = text.strip_prefix('{') {
        return rest.trim_start().starts_with(['"', '}']);
    }
    let item = text.trim_start_matches(['[', ' ', '\t', '\r', '\n']);
    let is_word = |c: char| c.is_ascii_alphanumeric() || matches!(c, '+' | '-' | '.');
    let next = item.trim_start_matches(is_word).trim_start();
    text.starts_with('[') && (item.starts_with(['"', '{']) || next.starts_with([',', ']']))
}
