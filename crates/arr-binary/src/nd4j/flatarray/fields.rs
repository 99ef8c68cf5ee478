//! The one table of a FlatBuffer: the offsets of its fields, each of them checked.
//!
//! A FlatBuffer has no fixed header. Its first 4 bytes are the offset of the *root table*. The table begins with a signed
//! distance back to its *vtable*, which may stand anywhere in the file. The vtable is 16-bit integers: its own length, the
//! length of the table, and then, for each field of the schema in turn, the offset of the field in the table:
//!
//! ```text
//! 0      u32   offset of the table
//! table  i32   table - vtable
//! vtable u16   bytes of the vtable    \
//!        u16   bytes of the table      |
//!        u16   shape:     offset in the table; 0 or no entry: the field has its default value
//!        u16   buffer                  |
//!        u16   dtype                   |
//!        u16   byteOrder              /
//! ```
//!
//! A small field (`dtype`, `byteOrder`) is in the table. A vector (`shape`, `buffer`) is anywhere after it: the field
//! is an unsigned offset from itself to a 32-bit count, which the items follow. A builder omits the entries of default
//! values at the end of the vtable, shares equal vtables, and aligns every number to its width, so that neither the
//! order of the parts nor the gaps between them are fixed.
//!
//! A hostile file can therefore let any two parts overlap, or lead any of them out of the file. What is refused is what
//! FlatBuffers' own verifier refuses: parts that do not lie in the file, and numbers that are not aligned. Parts that
//! overlap and bytes between the parts are valid FlatBuffers; [`Fields::faults`] reports them. No more is fetched than the
//! table, its vtable, the counts of its vectors and the integers of the shape, so that the size of the file does not matter.

use std::ops::Range;

use arr_core::{Error, Result};
use byteorder::{ByteOrder as _, LE, ReadBytesExt as _};

/// The offset in the vtable of the entry of each field.
pub(super) const SHAPE: u16 = 4;
pub(super) const BUFFER: u16 = 6;
pub(super) const DTYPE: u16 = 8;
pub(super) const BYTE_ORDER: u16 = 10;

/// A vtable. An entry is 0 where the field has its default value.
pub(super) struct Vtable {
    pub(super) len: u16,
    pub(super) table_len: u16,
    pub(super) shape: u16,
    pub(super) buffer: u16,
    pub(super) dtype: u16,
    pub(super) byte_order: u16,
}

impl Vtable {
    /// The length of a vtable that has the entries of all fields.
    const LEN: usize = 12;

    /// Parses the vtable at the start of bytes, which have all its entries of these fields.
    pub(super) fn parse(mut bytes: &[u8]) -> Result<Self> {
        let len = bytes.read_u16::<LE>()?;
        let mut entry = |at: u16| if at < len { bytes.read_u16::<LE>() } else { Ok(0) };
        Ok(Self {
            len,
            table_len: entry(2)?,
            shape: entry(SHAPE)?,
            buffer: entry(BUFFER)?,
            dtype: entry(DTYPE)?,
            byte_order: entry(BYTE_ORDER)?,
        })
    }
}

/// Reads bytes of the file, which are there, from an offset on.
pub(super) type Fetch<'f> = dyn FnMut(u64, &mut [u8]) -> Result<()> + 'f;

/// The largest alignment of a file: a gap of this many bytes or more is not left by alignment.
const ALIGNED: usize = 8;

/// The places of the vectors, each of them inside the file, and the values of the small fields.
pub(super) struct Fields {
    /// The offset of the table.
    pub(super) table: u64,
    /// The integers of the shape information.
    pub(super) shape: Range<u64>,
    /// The bytes of the items.
    pub(super) buffer: Option<Range<u64>>,
    /// The offset and the value of the type's code, by default 0.
    pub(super) dtype: (u64, u8),
    /// The offset and the value of the byte order, by default 0.
    pub(super) byte_order: (u64, u8),
    /// The bytes of all parts.
    used: Vec<Range<u64>>,
}

impl Fields {
    /// Finds the fields of a file of `len` bytes.
    pub(super) fn find(len: u64, fetch: &mut Fetch<'_>) -> Result<Self> {
        let mut file = File { len, fetch };
        let root = file.number::<4>(0, "the table")?;
        let table = u64::from(LE::read_u32(&root));
        let back = LE::read_i32(&file.number::<4>(table, "the table")?);
        let vtable = table.checked_add_signed(-i64::from(back)).filter(|vtable| *vtable < len);
        let vtable = vtable.ok_or_else(|| {
            let message = format!("the offset of the vtable is {back}, which leads out of the file");
            Error::malformed(message).at(table)
        })?;
        let entries = file.vtable(vtable)?;
        let place_of = |entry: u16| (entry > 0).then(|| table + u64::from(entry));
        let shape = place_of(entries.shape)
            .ok_or_else(|| Error::malformed("the field 'shape' is missing").at(table))?;
        let shape = file.vector(shape, 8, "the field 'shape'")?;
        let buffer = place_of(entries.buffer);
        let buffer = buffer.map(|place| file.vector(place, 1, "the field 'buffer'")).transpose()?;
        let mut byte = |entry: u16, name: &str| match place_of(entry) {
            Some(place) => Ok::<_, Error>((place, file.number::<1>(place, name)?[0])),
            None => Ok((table, 0)),
        };
        let (dtype, byte_order) =
            (byte(entries.dtype, "the field 'dtype'")?, byte(entries.byte_order, "the field 'byteOrder'")?);
        let vector = |items: &Range<u64>| items.start - 4..items.end;
        let table_len = u64::from(entries.table_len).max(4);
        let mut used = vec![0..4, vtable..vtable + u64::from(entries.len)];
        used.extend([table..table.saturating_add(table_len).min(len), vector(&shape)]);
        used.extend(buffer.as_ref().map(vector));
        used.sort_by_key(|range| (range.start, range.end));
        Ok(Self { table, shape, buffer, dtype, byte_order, used })
    }

    /// The faults of a file of `len` bytes that can be read nevertheless: bytes that belong to no part, and bytes that belong
    /// to two.
    pub(super) fn faults(&self, len: u64, fetch: &mut Fetch<'_>) -> Result<Vec<Error>> {
        let mut faults = Vec::new();
        let mut end = 0;
        for range in &self.used {
            if range.start < end {
                let message = format!(
                    "bytes {} to {} belong to two parts of the file",
                    range.start,
                    end.min(range.end)
                );
                faults.push(Error::malformed(message).at(range.start));
            } else if !is_padding(end..range.start, fetch)? {
                let message = format!("{} bytes belong to no part of the file", range.start - end);
                faults.push(Error::malformed(message).at(end));
            }
            end = end.max(range.end);
        }
        // Only the bytes of the items can end unaligned: the other parts are integers.
        let may_be_padded = self.buffer.as_ref().is_some_and(|buffer| buffer.end == end);
        if end < len && !(may_be_padded && is_padding(end..len, fetch)?) {
            let message = format!("{} bytes follow the last part of the file", len - end);
            faults.push(Error::malformed(message).at(end));
        }
        Ok(faults)
    }
}

/// True when a gap is as short as alignment leaves it, and zero.
fn is_padding(gap: Range<u64>, fetch: &mut Fetch<'_>) -> Result<bool> {
    let mut bytes = [0; ALIGNED];
    let len = gap.end - gap.start;
    let room = usize::try_from(len).ok().filter(|len| *len < ALIGNED).and_then(|len| bytes.get_mut(..len));
    let Some(bytes) = room else { return Ok(false) };
    if !bytes.is_empty() {
        fetch(gap.start, bytes)?;
    }
    Ok(bytes.iter().all(|byte| *byte == 0))
}

fn aligned(place: u64, to: u64, what: &str, at: u64) -> Result<()> {
    match place % to {
        0 => Ok(()),
        _ => Err(Error::malformed(format!("{what} leads to a place that is not aligned")).at(at)),
    }
}

/// A file of which only the bytes that are needed are fetched.
struct File<'a, 'f> {
    len: u64,
    fetch: &'a mut Fetch<'f>,
}

impl File<'_, '_> {
    fn inside(&self, start: u64, len: u64, what: &str) -> Result<()> {
        let end = start.saturating_add(len);
        if end > self.len {
            let message = format!("{what} leads to bytes {start} to {end}, the file has {}", self.len);
            return Err(Error::malformed(message).at(start.min(self.len)));
        }
        Ok(())
    }

    /// The bytes of a number, which has to be aligned to its own width.
    fn number<const N: usize>(&mut self, place: u64, what: &str) -> Result<[u8; N]> {
        self.inside(place, N as u64, what)?;
        aligned(place, N as u64, what, place)?;
        let mut bytes = [0; N];
        (self.fetch)(place, &mut bytes)?;
        Ok(bytes)
    }

    /// The vtable at an offset, which has to be aligned, whole and inside the file.
    fn vtable(&mut self, place: u64) -> Result<Vtable> {
        let len = LE::read_u16(&self.number::<2>(place, "the vtable")?);
        aligned(u64::from(len), 2, "the end of the vtable", place)?;
        self.inside(place, len.into(), "the vtable")?;
        let mut bytes = [0; Vtable::LEN];
        // A vtable that ends inside its own length is one without entries.
        let (bytes, _) = bytes.split_at_mut(usize::from(len).clamp(2, Vtable::LEN));
        (self.fetch)(place, bytes)?;
        Vtable::parse(bytes)
    }

    /// The items, of `width` bytes each, of the vector to which the offset at `place` leads.
    fn vector(&mut self, place: u64, width: u64, what: &str) -> Result<Range<u64>> {
        let offset = LE::read_u32(&self.number::<4>(place, what)?);
        let start = place + u64::from(offset);
        let count = LE::read_u32(&self.number::<4>(start, what)?);
        let start = start + 4;
        aligned(start, width, what, start)?;
        let len = u64::from(count) * width;
        self.inside(start, len, what)?;
        Ok(start..start + len)
    }
}
