//! Rows that are too long for one piece: cut where fields begin.

use arr_core::Result;
use arr_core::format::{Positioned, room, threads};

use super::dialect::{Comments, Dialect, is_ascii_space};
use super::index::Piece;
use super::window::Window;

/// A row of more than so many chunks is cut.
const LONG: u64 = 8;

/// A long row, and how it is cut.
#[derive(Debug)]
pub(crate) struct LongRow {
    pub(crate) fields: usize,
    parts: Vec<Part>,
    /// Behind its last field.
    end: u64,
}

/// Some fields of a row.
#[derive(Clone, Copy, Debug, Default)]
struct Part {
    /// Where the first of them begins; `None` when none does.
    first: Option<u64>,
    fields: usize,
    /// Where a comment begins.
    comment: Option<u64>,
    /// It has characters that may be white space.
    is_odd: bool,
}

/// Cuts every long row of pieces, whose rows have `count` columns each. One of them may be known, by where it begins.
///
/// # Errors
/// `LimitExceeded`; `Io`.
pub(crate) fn cut_long_rows(
    text: &Positioned<'_>,
    dialect: &Dialect,
    pieces: &mut Vec<Piece>,
    count: usize,
    chunk: usize,
    mut known: Option<(u64, LongRow)>,
) -> Result<()> {
    let is_long = |piece: &Piece| piece.end - piece.last > LONG * chunk as u64;
    if !dialect.has_plain_lines() || !pieces.iter().any(is_long) {
        return Ok(());
    }
    let mut cut = room::reserved(pieces.len())?;
    for piece in pieces.iter() {
        let row = match known.take() {
            Some((last, row)) if last == piece.last => Some(row),
            other => {
                known = other;
                long_row(text, dialect, piece, chunk)?
            }
        };
        let Some(row) = row else {
            room::push(&mut cut, *piece)?;
            continue;
        };
        let before = piece.rows.saturating_sub(1);
        if piece.last > piece.start {
            room::push(&mut cut, Piece { end: piece.last, rows: before, last: piece.start, ..*piece })?;
        }
        let line = piece.line + lines_before(text, piece, chunk)?;
        let row_of = piece.row + before;
        if row.fields != count {
            // It is refused when it is read: there may be faults before it.
            let ragged = Some(row.fields);
            room::push(&mut cut, Piece { start: piece.last, line, row: row_of, rows: 1, ragged, ..*piece })?;
            continue;
        }
        let mut first = 0;
        for (place, part) in row.parts.iter().enumerate() {
            let Some(start) = part.first else { continue };
            let next = row.parts.iter().skip(place + 1).find_map(|part| part.first);
            let end = next.unwrap_or(row.end);
            let part_of_row = Some((first, part.fields));
            let piece =
                Piece { start, end, line, row: row_of, rows: 1, last: start, part: part_of_row, ..*piece };
            room::push(&mut cut, piece)?;
            first += part.fields;
        }
    }
    *pieces = cut;
    Ok(())
}

/// The lines of a piece before its last one.
fn lines_before(text: &Positioned<'_>, piece: &Piece, chunk: usize) -> Result<u64> {
    let (mut lines, mut at, mut window) = (0, piece.start, Window::default());
    let mut is_return = false;
    while at < piece.last {
        let len = usize::try_from(piece.last - at).unwrap_or(usize::MAX).min(chunk.max(1));
        window.read(text, at, len)?;
        for byte in window.bytes() {
            lines += u64::from(*byte == b'\r' || (*byte == b'\n' && !is_return));
            is_return = *byte == b'\r';
        }
        at += len as u64;
    }
    Ok(lines)
}

/// The last row of a piece, if it is long and can be cut.
///
/// # Errors
/// `LimitExceeded`; `Io`.
pub(crate) fn long_row(
    text: &Positioned<'_>,
    dialect: &Dialect,
    piece: &Piece,
    chunk: usize,
) -> Result<Option<LongRow>> {
    let chunk = chunk.max(1) as u64;
    let (start, mut end) = (piece.last, piece.end);
    if !dialect.has_plain_lines() || piece.is_cut || piece.rows == 0 || end - start <= LONG * chunk {
        return Ok(None);
    }
    let mut window = Window::default();
    window.read(text, end - 2, 2)?;
    end -= match window.bytes() {
        b"\r\n" => 2,
        [_, b'\n' | b'\r'] => 1,
        _ => 0,
    };
    if dialect.is_java && has_loose_ends(text, dialect, start, end, &mut window)? {
        return Ok(None);
    }
    loop {
        let ranges = (start..end).step_by(usize::try_from(chunk).unwrap_or(usize::MAX));
        let mut all = room::reserved(usize::try_from((end - start) / chunk + 1).unwrap_or(usize::MAX))?;
        all.extend(ranges.map(|from| (from, from.saturating_add(chunk).min(end))));
        let parts = threads::map(&all, 1, Window::default, |window, range| {
            part(text, dialect, (start, end), *range, window)
        })?;
        if parts.iter().any(|part| part.is_odd) {
            return Ok(None);
        }
        // What is in a comment does not count.
        if let Some(comment) = parts.iter().find_map(|part| part.comment) {
            if comment == start {
                return Ok(None);
            }
            end = comment;
            continue;
        }
        let fields = parts.iter().map(|part| part.fields).sum();
        return Ok((fields > 0).then_some(LongRow { fields, parts, end }));
    }
}

/// How many pairs of neighbours there are that `counts`.
#[inline]
fn count_pairs(bytes: &[u8], behind: &[u8], counts: impl Fn((&u8, &u8)) -> bool) -> usize {
    // Counts of so few fit into a byte, and many bytes into a vector.
    let count = |(some, next): (&[u8], &[u8])| -> usize {
        some.iter().zip(next).map(|pair| u8::from(counts(pair))).sum::<u8>().into()
    };
    bytes.chunks(128).zip(behind.chunks(128)).map(count).sum()
}

/// How many bytes stand behind a blank and are none. `None` where there is other white space, or what may be some.
fn count_after_blanks(bytes: &[u8], behind: &[u8]) -> Option<usize> {
    let is_odd = |byte: &u8| !matches!(byte, b' '..=0x7f);
    let has_odd = bytes.chunks(4 << 10).any(|some| some.iter().fold(false, |odd, byte| odd | is_odd(byte)));
    (!has_odd).then(|| count_pairs(bytes, behind, |(byte, next)| (*byte == b' ') & (*next != b' ')))
}

/// True when blanks or a delimiter are at the ends of a row.
fn has_loose_ends(
    text: &Positioned<'_>,
    dialect: &Dialect,
    start: u64,
    end: u64,
    window: &mut Window,
) -> Result<bool> {
    let mut is_loose = false;
    for at in [start, end - 1] {
        window.read(text, at, 1)?;
        let is_end = |byte: &u8| *byte <= b' ' || Some(char::from(*byte)) == dialect.delimiter;
        is_loose |= window.bytes().iter().any(is_end);
    }
    Ok(is_loose)
}

/// What begins from `from` on and before `to`, in a row from `start` to `end`.
fn part(
    text: &Positioned<'_>,
    dialect: &Dialect,
    (start, end): (u64, u64),
    (from, to): (u64, u64),
    window: &mut Window,
) -> Result<Part> {
    let before = u64::from(from > start);
    let len = usize::try_from(to - from + before).unwrap_or(usize::MAX);
    window.read(text, from - before, len)?;
    let bytes = window.bytes();
    let mut found = Part::default();
    if let Comments::One(comment) = dialect.comments {
        let at = u8::try_from(comment).ok().filter(u8::is_ascii).and_then(|byte| memchr::memchr(byte, bytes));
        found.comment = at.map(|at| window.start() + at as u64);
        found.is_odd = !comment.is_ascii();
    }
    let place = |at: usize| window.start() + at as u64;
    match dialect.delimiter {
        None => {
            let begins = |pair: (&u8, &u8)| is_ascii_space(*pair.0) & !is_ascii_space(*pair.1);
            let behind = match bytes {
                [_, behind @ ..] => behind,
                [] => bytes,
            };
            let is_first = before == 0 && bytes.first().is_some_and(|byte| !is_ascii_space(*byte));
            found.fields = usize::from(is_first);
            found.fields += match count_after_blanks(bytes, behind) {
                Some(count) => count,
                None => count_pairs(bytes, behind, begins),
            };
            let first = || bytes.iter().zip(behind).position(begins).map(|at| place(at + 1));
            found.first = if is_first { Some(start) } else { first() };
            found.is_odd |= !bytes.is_ascii();
        }
        Some(delimiter) => {
            let byte = u8::try_from(delimiter).ok().filter(u8::is_ascii);
            found.is_odd |= byte.is_none();
            let byte = byte.unwrap_or(b'\n');
            // The field behind the last byte begins in the next part, if there is one.
            let own = match bytes {
                [own @ .., _] if to < end => own,
                _ => bytes,
            };
            found.fields = usize::from(before == 0) + memchr::memchr_iter(byte, own).count();
            let first = || memchr::memchr(byte, own).map(|at| place(at + 1));
            found.first = if before == 0 { Some(start) } else { first() };
        }
    }
    Ok(found)
}
