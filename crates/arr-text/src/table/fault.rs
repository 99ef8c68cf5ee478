//! What is wrong with a table, and where.

use arr_core::{Error, Hint};

/// An error in a line whose number is not known yet.
#[derive(Debug)]
pub(crate) struct Fault {
    /// Lines between the start of the piece and the one at fault.
    pub(crate) lines: u64,
    /// The column, from 0 on.
    pub(crate) column: Option<usize>,
    /// Where it is in the text.
    pub(crate) at: u64,
    /// What is wrong.
    pub(crate) error: Error,
}

impl Fault {
    /// The error, `before` lines before the piece; `base` is where the text begins in the file, if it is in it.
    pub(crate) fn into_error(self, before: u64, base: Option<u64>) -> Error {
        let line = before.saturating_add(self.lines).saturating_add(1);
        let place = match self.column {
            Some(column) => format!("line {line}, column {}", column.saturating_add(1)),
            None => format!("line {line}"),
        };
        let error = self.error.context(&place);
        match base {
            Some(base) => error.at(base.saturating_add(self.at)),
            None => error,
        }
    }
}

/// How many more bytes are to be read of a row of which so many are held; `None` when it is too long. What is read anew
/// each time is in proportion to what is held, so that looking once more at all of it is, too.
pub(crate) fn more(held: usize, longest: u64) -> Option<usize> {
    const LONG: usize = 16 << 20;
    let left = longest.saturating_sub(held as u64);
    let more = if held > LONG { held / 4 } else { held.max(64) };
    // One byte more tells that it is too long.
    let left = usize::try_from(left).unwrap_or(usize::MAX).saturating_add(1);
    (held as u64 <= longest).then_some(more.min(left))
}

/// A field in quotes, cut to a length that can be read.
pub(crate) fn shown(field: &[u8]) -> String {
    const MOST: usize = 60;
    let text = String::from_utf8_lossy(field);
    let mut letters = text.chars();
    let front: String = letters.by_ref().take(MOST).collect();
    let dots = if letters.next().is_some() { " ..." } else { "" };
    format!("'{}{dots}'", front.escape_debug())
}

/// The line is not in the encoding that it should be in.
pub(crate) fn check_utf8(line: &[u8], is_ascii: bool) -> Result<(), (usize, Error)> {
    if is_ascii {
        return match line.iter().position(|byte| !byte.is_ascii()) {
            Some(at) => Err((at, Error::malformed("a byte is not ASCII"))),
            None => Ok(()),
        };
    }
    match std::str::from_utf8(line) {
        Ok(_) => Ok(()),
        Err(error) => {
            let message = "the bytes are not UTF-8: the text is in another encoding";
            Err((error.valid_up_to(), Error::malformed(message)))
        }
    }
}

/// The error of a row that begins at a place of the file, with the encoding that the row seems to have: UTF-16, where every
/// second byte is a NUL.
pub(crate) fn hinted(error: Error, row: &[u8], at: Option<u64>) -> Error {
    let Some(at) = at.filter(|_| memchr::memchr(0, row).is_some()) else { return error };
    let (mut nuls, mut seen) = ([0usize; 2], [0usize; 2]);
    for (byte, place) in row.iter().zip(at..) {
        let half = usize::from(place % 2 == 1);
        for (count, counts) in [(&mut nuls, *byte == 0), (&mut seen, true)] {
            if let Some(count) = count.get_mut(half) {
                *count += usize::from(counts);
            }
        }
    }
    match (nuls, seen) {
        ([0, odd], [_, all]) if odd == all => error.with_hint(Hint::Option("encoding", "utf-16le")),
        ([even, 0], [all, _]) if even == all => error.with_hint(Hint::Option("encoding", "utf-16be")),
        _ => error,
    }
}
