//! Variable-length strings, which only generation 3 has: `n + 1` offsets of 64 bits into the bytes after them, the
//! first one 0, the last one the number of those bytes, then the bytes of all strings.

use std::borrow::Cow;

use arr_core::format::Output;
use arr_core::{Array, ArrayView, ByteOrder, Error, Hint, Input, Layout, Order, Result};

/// The size up to which short strings are gathered for one write.
const PIECE: usize = 4 << 20;

/// Bytes of an offset.
const OFFSET: usize = size_of::<i64>();

/// Reads `count` strings, of which those at the positions of `layout` are the array.
pub(crate) fn read_texts(layout: &Layout, count: u64, input: &mut Input<'_>, latin1: bool) -> Result<Array> {
    let shape = layout.shape();
    if layout.len() as u64 > count {
        return Err(again(input.position()));
    }
    if count == 0 {
        return Array::from_texts(shape, Order::C, [""; 0]);
    }
    let at = input.position();
    let count = usize::try_from(count).ok().and_then(|items| items.checked_add(1));
    let count = count.ok_or_else(|| Error::malformed("there are too many strings").at(at))?;
    let offsets = input.read_vec(count, ByteOrder::Little, "offsets of strings");
    let offsets: Vec<i64> = offsets.map_err(|error| error.at(at))?;
    let total = check_offsets(&offsets).map_err(|error| error.nested(at))?;
    let texts_at = input.position();
    let bytes = input.read_buffer(total, "strings")?;
    let found = Found { offsets: &offsets, bytes: bytes.as_slice(), at: texts_at, latin1 };
    if layout.is_c_contiguous(1) {
        return Array::try_from_texts(shape, Order::C, (0..layout.len()).map(|place| found.text(place)));
    }
    if layout.is_f_contiguous(1) {
        return Array::try_from_texts(shape, Order::F, (0..layout.len()).map(|place| found.text(place)));
    }
    // Strides that come to a string again and again would make a large array of a small file.
    let most = total.saturating_mul(if latin1 { 2 } else { 1 });
    let len = Places::of(layout)
        .try_fold(0u64, |sum, place| found.text(place).map(|text| sum.saturating_add(text.len() as u64)));
    if len? > most {
        return Err(again(at));
    }
    Array::try_from_texts(shape, Order::C, Places::of(layout).map(|place| found.text(place)))
}

fn again(at: u64) -> Error {
    Error::malformed("the strides come to the same strings more than once").at(at)
}

/// The number of bytes of all strings. Errors count from the first offset.
fn check_offsets(offsets: &[i64]) -> Result<u64> {
    let mut last = 0;
    for (place, offset) in offsets.iter().copied().enumerate() {
        if offset < last || (place == 0 && offset != 0) {
            let expected = if place == 0 { "0".to_owned() } else { format!("{last} or more") };
            let message = format!("the offset of string {place} is {offset}, expected {expected}");
            return Err(Error::malformed(message).at((place * OFFSET) as u64));
        }
        last = offset;
    }
    // It is not below the first, which is 0.
    Ok(last.unsigned_abs())
}

/// Strings as they are in a file.
struct Found<'a> {
    offsets: &'a [i64],
    bytes: &'a [u8],
    /// The offset of their bytes in the file.
    at: u64,
    latin1: bool,
}

impl<'a> Found<'a> {
    fn text(&self, place: usize) -> Result<Cow<'a, str>> {
        let bound = |place: usize| usize::try_from(*self.offsets.get(place)?).ok();
        let span = bound(place).zip(place.checked_add(1).and_then(bound));
        let found = span.and_then(|(start, end)| Some((start, self.bytes.get(start..end)?)));
        let (start, bytes) =
            found.ok_or_else(|| Error::malformed(format!("there is no string {place}")).at(self.at))?;
        if self.latin1 {
            return latin1(bytes);
        }
        std::str::from_utf8(bytes).map(Cow::Borrowed).map_err(|source| {
            let wrong = start + source.valid_up_to();
            Error::malformed(format!(
                "string {place} is not UTF-8: ND4J keeps only the low byte of each UTF-16 unit of a string; reading as \
                 Latin-1 gives what is left of it"
            ))
            .with_hint(Hint::Option("encoding", "latin1"))
            .at(self.at.saturating_add(wrong as u64))
            .with_source(source)
        })
    }
}

/// Decodes Latin-1: each byte is the code point of a character.
fn latin1(bytes: &[u8]) -> Result<Cow<'_, str>> {
    if bytes.is_ascii() {
        return Ok(String::from_utf8_lossy(bytes));
    }
    let mut text = String::new();
    text.try_reserve(bytes.len().saturating_mul(2))
        .map_err(|source| Error::limit("no memory for a string").with_source(source))?;
    text.extend(bytes.iter().copied().map(char::from));
    Ok(Cow::Owned(text))
}

/// The positions of a layout's items, in C order.
struct Places<'a> {
    layout: &'a Layout,
    index: Vec<usize>,
    left: usize,
}

impl<'a> Places<'a> {
    fn of(layout: &'a Layout) -> Self {
        Self { layout, index: vec![0; layout.ndim()], left: layout.len() }
    }
}

impl Iterator for Places<'_> {
    type Item = usize;

    fn next(&mut self) -> Option<usize> {
        self.left = self.left.checked_sub(1)?;
        let place = self.layout.position(&self.index)?;
        for (index, dimension) in self.index.iter_mut().zip(self.layout.shape()).rev() {
            *index += 1;
            if *index < *dimension {
                break;
            }
            *index = 0;
        }
        Some(place)
    }
}

/// The number of bytes of strings with their offsets.
pub(crate) fn encoded_len(array: &ArrayView<'_>) -> Result<usize> {
    if array.is_empty() {
        return Ok(0);
    }
    let too_long = || Error::unsupported("the strings are too long for ND4J");
    let mut len =
        array.len().checked_add(1).and_then(|count| count.checked_mul(OFFSET)).ok_or_else(too_long)?;
    for text in array.texts()? {
        len = len.checked_add(text?.len()).filter(|len| i64::try_from(*len).is_ok()).ok_or_else(too_long)?;
    }
    Ok(len)
}

/// Writes strings in `order`.
pub(crate) fn write_texts(array: &ArrayView<'_>, order: Order, output: &mut Output<'_>) -> Result<()> {
    if array.is_empty() {
        return Ok(());
    }
    let walked = match order {
        Order::C => array.view(),
        Order::F => array.transpose(),
    };
    let mut piece = Pieces { bytes: Vec::new(), output };
    let mut end = 0u64;
    piece.push(&end.to_le_bytes())?;
    for text in walked.texts()? {
        end = end.saturating_add(text?.len() as u64);
        piece.push(&end.to_le_bytes())?;
    }
    walked.texts()?.try_for_each(|text| piece.push(text?.as_bytes()))?;
    piece.flush()
}

/// Gathers short strings for one write.
struct Pieces<'a, 'o> {
    bytes: Vec<u8>,
    output: &'a mut Output<'o>,
}

impl Pieces<'_, '_> {
    fn push(&mut self, bytes: &[u8]) -> Result<()> {
        if bytes.len() >= PIECE {
            self.flush()?;
            return self.output.write(bytes);
        }
        self.bytes
            .try_reserve(bytes.len())
            .map_err(|source| Error::limit("no memory to gather strings").with_source(source))?;
        self.bytes.extend_from_slice(bytes);
        if self.bytes.len() >= PIECE { self.flush() } else { Ok(()) }
    }

    fn flush(&mut self) -> Result<()> {
        self.output.write(&self.bytes)?;
        self.bytes.clear();
        Ok(())
    }
}
