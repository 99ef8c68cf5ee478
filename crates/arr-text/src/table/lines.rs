//! Where lines begin and end, and what their first bytes tell.

use arr_core::Result;
use arr_core::format::Positioned;

use super::dialect::{Comments, Dialect, line_end, space_at};
use super::tokens::java_blanks;
use super::window::Window;

/// How many bytes at the front are characters.
pub(super) fn valid_len(bytes: &[u8], is_ascii: bool) -> usize {
    if is_ascii {
        return bytes.iter().position(|byte| !byte.is_ascii()).unwrap_or(bytes.len());
    }
    std::str::from_utf8(bytes).map_or_else(|error| error.valid_up_to(), str::len)
}

/// Where the first line begins that does so at a place or behind it; the end of the text where none does.
pub(super) fn next_line(text: &Positioned<'_>, at: u64) -> Result<u64> {
    let mut window = Window::default();
    window.read(text, at.saturating_sub(1), 64 << 10)?;
    while !window.is_all() && first_line_in(&window).is_none() {
        let more = window.bytes().len();
        window.extend(text, more)?;
    }
    Ok(first_line_in(&window).map_or(text.len(), |place| window.start() + place as u64))
}

/// The first line that begins in a window behind its first byte.
pub(super) fn first_line_in(window: &Window) -> Option<usize> {
    line_end(window.bytes(), window.is_all()).map(|end| end.end).filter(|at| *at < window.bytes().len())
}

/// True when a line has a field, which its first bytes tell; `None` when there are too few of them.
pub(super) fn has_field(dialect: &Dialect, line: &[u8]) -> Option<bool> {
    let mut at = if dialect.is_java { java_blanks(line) } else { 0 };
    if dialect.delimiter.is_none() {
        while let Some((c, size)) = space_at(line, at) {
            if matches!(c, '\r' | '\n') {
                return Some(false);
            }
            at += size;
        }
    } else if dialect.skips_blanks {
        let is_blank =
            |byte: &u8| matches!(byte, b' ' | b'\t') && Some(char::from(*byte)) != dialect.delimiter;
        let blanks = line.iter().take_while(|byte| is_blank(byte)).count();
        match line.get(blanks) {
            None => return None,
            Some(b'\r' | b'\n') => return Some(false),
            Some(_) => {}
        }
    }
    // Four bytes are a whole character.
    let rest = line.get(at..).unwrap_or_default();
    match (rest, &dialect.comments) {
        ([], _) => None,
        ([b'\r' | b'\n', ..], _) => Some(false),
        ([0..0x80, ..] | [_, _, _, _, ..], comments) => {
            let Comments::One(comment) = comments else { return Some(true) };
            let mut bytes = [0; 4];
            Some(!rest.starts_with(comment.encode_utf8(&mut bytes).as_bytes()))
        }
        _ => None,
    }
}
