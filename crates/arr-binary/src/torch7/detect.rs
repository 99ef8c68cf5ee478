//! Which encoding a file has, and whether it is one of Torch7 at all.

use arr_core::format::{AllBytes, Budget, Keep, Match};
use arr_core::{ByteOrder, Error, Limits, Result};

use super::ascii::is_space;
use super::feed::Feed;
use super::load::Told;
use super::machine::Machine;
use super::runs::{Encoding, Runs};

/// So many bytes tell the encoding.
pub(super) const HEAD: usize = 64;

/// The binary little-endian and the ascii beginning of a file that holds one instance of a class.
pub(super) const MAGIC: &[&[u8]] =
    &[b"\x04\0\0\0\x01\0\0\0\x03\0\0\0V 1", b"\0\0\0\x04\0\0\0\x01\0\0\0\x03V 1", b"4\n1\n3\nV 1\n"];

/// The encoding of a file that begins so, as far as the type tag tells: longs have 8 bytes unless told otherwise.
pub(super) fn encoding(head: &[u8], told: &Told) -> Result<Encoding> {
    let long = usize::from(told.long.unwrap_or(8));
    if told.is_ascii == Some(true) || (told.is_ascii.is_none() && !told.is_binary() && begins_as_text(head)) {
        return Ok(Encoding::Ascii);
    }
    let order = told.order.or_else(|| tag_order(head)).or(told.is_binary().then_some(ByteOrder::Little));
    match order {
        Some(order) => Ok(Encoding::Binary { order, long }),
        None if head.is_empty() => {
            Err(Error::malformed("the input ends inside the type tag: expected 4 bytes, found 0").at(0))
        }
        None => {
            let start: String = head.iter().take(4).map(|byte| format!("{byte:02x}")).collect();
            Err(Error::malformed(format!(
                "it does not begin with a type tag of 0 to 8, but with the bytes {start}"
            ))
            .at(0))
        }
    }
}

/// The byte order of a binary type tag; that of nil is the same in both, and what follows it tells.
fn tag_order(head: &[u8]) -> Option<ByteOrder> {
    match head {
        [0, 0, 0, 0, rest @ ..] if rest.len() >= 4 => tag_order(rest).or(Some(ByteOrder::Little)),
        [0..=8, 0, 0, 0, ..] => Some(ByteOrder::Little),
        [0, 0, 0, 1..=8, ..] => Some(ByteOrder::Big),
        // The beginning of one: that it is cut is said when it is read.
        [] | [_, _, _, _, ..] => None,
        [first, rest @ ..] => {
            (*first <= 8 && rest.iter().all(|byte| *byte == 0)).then_some(ByteOrder::Little)
        }
    }
}

/// A type tag as text, and the end of its line.
fn begins_as_text(head: &[u8]) -> bool {
    let blanks = head.iter().take_while(|byte| is_space(**byte)).count();
    match head.get(blanks..) {
        Some([b'0'..=b'8', next, ..]) => matches!(next, b'\n' | b'\r' | b' '),
        Some([b'0'..=b'8']) => true,
        _ => false,
    }
}

/// How sure it is that a file that begins so is one of Torch7: it is read as far as it goes.
pub(super) fn sniff(head: &[u8]) -> Match {
    if MAGIC.iter().any(|magic| head.starts_with(magic)) {
        return Match::Yes;
    }
    let Ok(encoding) = encoding(head, &Told::default()) else { return Match::No };
    let first = look(head, encoding);
    match encoding {
        Encoding::Binary { order, long: 8 } if first < Match::Likely => {
            first.max(look(head, Encoding::Binary { order, long: 4 }))
        }
        _ => first,
    }
}

/// Reads the beginning of a file.
fn look(head: &[u8], encoding: Encoding) -> Match {
    let keep = Keep::Left;
    let mut machine =
        Machine::new(Runs::new(Feed::of(AllBytes::Memory(head), 0), encoding), small_budget(), &keep);
    let mut roots = 0;
    loop {
        match machine.object() {
            Ok(_) => roots += 1,
            Err(_) if machine.runs.feed.ran_out() => break,
            // What went well for a while is broken, and what is wrong is said when it is read.
            Err(_) if machine.seen() > 0 || is_begun(head, encoding) => return Match::Maybe,
            Err(_) => return Match::No,
        }
        if machine.runs.feed.at_end() {
            break;
        }
        if !machine.runs.has_next().unwrap_or(false) {
            return Match::Maybe;
        }
    }
    let has_objects = machine.seen() > 0;
    // Files of other formats that begin with small numbers could be lone numbers and texts, one after another.
    let is_usual = begins_with_an_object(head, encoding);
    match (machine.has_texts, has_objects && is_usual, encoding) {
        // Lines of small numbers can be anything; names and classes among them are hardly anything else.
        (true, true, _) => Match::Likely,
        (false, true, Encoding::Binary { .. }) => Match::Likely,
        // A lone number, text or truth.
        _ if roots == 1 && machine.runs.feed.at_end() => Match::Maybe,
        _ if encoding != Encoding::Ascii && (roots > 0 || has_objects || machine.has_texts) => Match::Maybe,
        _ => Match::No,
    }
}

/// True when a file begins with a table, a function or an instance, which is the first object of it.
fn begins_with_an_object(head: &[u8], encoding: Encoding) -> bool {
    let Encoding::Binary { order, .. } = encoding else { return true };
    let number = |at: usize| {
        let bytes = *head.get(at..)?.first_chunk::<4>()?;
        Some(match order {
            ByteOrder::Little => i32::from_le_bytes(bytes),
            ByteOrder::Big => i32::from_be_bytes(bytes),
        })
    };
    matches!(number(0), Some(3 | 4 | 6..=8)) && number(4).is_none_or(|index| index == 1)
}

/// True for a binary file that begins with the tag of a table or an instance, and the number of the first object.
fn is_begun(head: &[u8], encoding: Encoding) -> bool {
    encoding != Encoding::Ascii && head.len() >= 8 && begins_with_an_object(head, encoding)
}

fn small_budget() -> Budget {
    Limits::default().max_bytes(1 << 20).budget()
}
