//! A zip archive that somebody put one file into.

use std::io::Cursor;

use arr_core::{Error, Input, Result};
use arr_npy::Npz;
use arr_npy::npz::names_array;

/// The record at the end of an archive, without its comment.
const END: usize = 22;

/// An entry of the directory, without its name.
const ENTRY: usize = 46;

/// The longest directory that is read: one file, and many folders.
const MOST_DIRECTORY: u64 = 64 << 10;

/// True when the archive that `input` begins with has one file, and that is not an array of NumPy's archives. A stream is brought
/// into memory to see that, unless its first file is one. An archive whose file is `asked` for by its name, or something in it,
/// is left what it is.
///
/// # Errors
/// `LimitExceeded` when the budget does not hold the stream, `Io` when the source fails.
pub(super) fn holds_one_file(input: &mut Input<'_>, asked: Option<&str>) -> Result<bool> {
    let head = input.peek(super::HEAD)?;
    if first_name(head).is_none_or(names_array) {
        return Ok(false);
    }
    if !input.can_seek() {
        let limits = input.budget().limits().clone();
        let bytes = Cursor::new(input.read_to_end()?);
        *input = Input::from_seekable(bytes)?.with_limits(&limits);
    }
    let Some(directory) = read_directory(input)? else { return Ok(false) };
    let mut files = Entries(&directory).filter(|name| is_file(name));
    let is_asked = |name: &[u8]| {
        let rest = asked.and_then(|asked| asked.as_bytes().strip_prefix(name));
        rest.is_some_and(|rest| rest.is_empty() || rest.starts_with(b"::"))
    };
    let is_one = files.next().is_some_and(|name| !names_array(name) && !is_asked(name));
    Ok(is_one && files.next().is_none())
}

/// The name in the header of the first member; nothing when there are no members.
fn first_name(head: &[u8]) -> Option<&[u8]> {
    let len = usize::from(u16_at(head, 26)?);
    head.get(30..30 + len)
}

/// Folders are not files, nor is what macOS adds about those that are.
fn is_file(name: &[u8]) -> bool {
    !name.ends_with(b"/") && !name.starts_with(b"__MACOSX/")
}

/// The directory right before the record at the end, if there are both and the directory is short.
fn read_directory(input: &mut Input<'_>) -> Result<Option<Vec<u8>>> {
    let Some(len) = input.remaining() else { return Ok(None) };
    for comment in [0, usize::from(u16::MAX)] {
        let mut tail = vec![0; usize::try_from(len).map_or(END + comment, |len| len.min(END + comment))];
        let start = len - tail.len() as u64;
        input.read_exact_at(&mut tail, start, "end record")?;
        let Some((at, size)) = find_end(&tail) else { continue };
        let Some(from) = (start + at as u64).checked_sub(size.into()) else { return Ok(None) };
        if u64::from(size) > MOST_DIRECTORY {
            return Ok(None);
        }
        let mut directory = vec![0; size as usize];
        input.read_exact_at(&mut directory, from, "directory")?;
        return Ok(Some(directory));
    }
    Ok(None)
}

/// Where the record is whose comment reaches to the end, and how long it says that the directory is.
fn find_end(tail: &[u8]) -> Option<(usize, u32)> {
    let is_end = |at: &usize| {
        let rest = tail.get(*at..).unwrap_or_default();
        let comment = u16_at(rest, 20).map(usize::from);
        rest.starts_with(b"PK\x05\x06") && comment.is_some_and(|comment| END + comment == rest.len())
    };
    let at = (0..tail.len().saturating_sub(END - 1)).rev().find(is_end)?;
    let size = tail.get(at + 12..)?.first_chunk()?;
    Some((at, u32::from_le_bytes(*size)))
}

/// The names in a directory, as far as its entries follow each other.
struct Entries<'d>(&'d [u8]);

impl<'d> Iterator for Entries<'d> {
    type Item = &'d [u8];

    fn next(&mut self) -> Option<&'d [u8]> {
        let entry = Some(self.0).filter(|entry| entry.starts_with(b"PK\x01\x02"))?;
        let [name, extra, comment] =
            [u16_at(entry, 28)?, u16_at(entry, 30)?, u16_at(entry, 32)?].map(usize::from);
        let found = entry.get(ENTRY..ENTRY + name)?;
        self.0 = entry.get(ENTRY + name + extra + comment..)?;
        Some(found)
    }
}

fn u16_at(bytes: &[u8], at: usize) -> Option<u16> {
    bytes.get(at..)?.first_chunk().copied().map(u16::from_le_bytes)
}

/// The file of an archive that [`holds_one_file`], unpacked into memory under the limits of the input.
///
/// # Errors
/// As [`Npz::from_input`] and [`Member::read_bytes`](arr_npy::npz::Member::read_bytes).
pub(super) fn only_member<'a>(mut input: Input<'_>) -> Result<Input<'a>> {
    let npz = Npz::from_input(&mut input)?;
    let member = npz.members().find(|member| is_file(member.name().as_bytes()));
    let member = member.ok_or_else(|| Error::malformed("the archive holds no file").at(0))?;
    let bytes = Cursor::new(member.read_bytes()?);
    Ok(Input::from_seekable(bytes)?.with_limits(input.budget().limits()))
}
