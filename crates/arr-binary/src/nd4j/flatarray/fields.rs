//! The tables of a FlatBuffer: the offsets of their fields, each of them checked.
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
//! is an unsigned offset from itself to a 32-bit count, which the items follow. A table that is the field of another, or
//! the item of a vector, is found by such an offset too. A builder omits the entries of default
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
pub(in crate::nd4j) const SHAPE: u16 = 4;
pub(in crate::nd4j) const BUFFER: u16 = 6;
pub(in crate::nd4j) const DTYPE: u16 = 8;
pub(in crate::nd4j) const BYTE_ORDER: u16 = 10;

/// A vtable. An entry is 0 where the field has its default value.
pub(in crate::nd4j) struct Vtable {
    pub(in crate::nd4j) len: u16,
    pub(in crate::nd4j) table_len: u16,
    entries: [u16; Self::FIELDS],
}

impl Vtable {
    /// The fields that are looked at in any table: those of a FlatArray, and one more of others.
    const FIELDS: usize = 5;

    /// The length of a vtable that has the entries of all these fields.
    const LEN: usize = 4 + 2 * Self::FIELDS;

    /// Parses the vtable at the start of bytes, which have all its entries of these fields.
    pub(in crate::nd4j) fn parse(mut bytes: &[u8]) -> Result<Self> {
        let len = bytes.read_u16::<LE>()?;
        let mut entry = |at: u16| if at < len { bytes.read_u16::<LE>() } else { Ok(0) };
        let table_len = entry(2)?;
        let mut entries = [0; Self::FIELDS];
        for (place, at) in entries.iter_mut().zip((SHAPE..).step_by(2)) {
            *place = entry(at)?;
        }
        Ok(Self { len, table_len, entries })
    }

    /// Where a field is in the table, by the offset of its entry.
    pub(in crate::nd4j) fn entry(&self, at: u16) -> u16 {
        let place = usize::from(at.saturating_sub(SHAPE) / 2);
        self.entries.get(place).copied().unwrap_or(0)
    }
}

/// Reads bytes of the file, which are there, from an offset on.
pub(in crate::nd4j) type Fetch<'f> = dyn FnMut(u64, &mut [u8]) -> Result<()> + 'f;

/// The largest alignment of a file: a gap of this many bytes or more is not left by alignment.
const ALIGNED: usize = 8;

/// The places of the vectors, each of them inside the file, and the values of the small fields.
pub(in crate::nd4j) struct Fields {
    /// The offset of the table.
    pub(in crate::nd4j) table: u64,
    /// The integers of the shape information.
    pub(in crate::nd4j) shape: Range<u64>,
    /// The bytes of the items.
    pub(in crate::nd4j) buffer: Option<Range<u64>>,
    /// The offset and the value of the type's code, by default 0.
    pub(in crate::nd4j) dtype: (u64, u8),
    /// The offset and the value of the byte order, by default 0.
    pub(in crate::nd4j) byte_order: (u64, u8),
    /// The bytes of all parts.
    used: Vec<Range<u64>>,
}

impl Fields {
    /// Finds the fields of the root table of a file of `len` bytes.
    pub(in crate::nd4j) fn find(len: u64, fetch: &mut Fetch<'_>) -> Result<Self> {
        let mut file = File { len, fetch };
        let root = file.root()?;
        file.fields(&root)
    }

    /// Finds the fields of the FlatArray whose table is at a place of a file of `len` bytes.
    pub(in crate::nd4j) fn at(table: u64, len: u64, fetch: &mut Fetch<'_>) -> Result<Self> {
        let mut file = File { len, fetch };
        let table = file.table(table)?;
        file.fields(&table)
    }

    /// The faults of a file of `len` bytes that can be read nevertheless: bytes that belong to no part, and bytes that belong
    /// to two.
    pub(in crate::nd4j) fn faults(&self, len: u64, fetch: &mut Fetch<'_>) -> Result<Vec<Error>> {
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
            faults.push(Error::trailing(message).at(end));
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

/// The table with which a file begins, as far as `prefix` goes, with its vtable right in front of it, as builders place them.
/// What stands before the vtable is nothing but padding: these files have no identifier.
pub(in crate::nd4j) fn root_in(prefix: &[u8]) -> Option<(usize, Vtable)> {
    let root = usize::try_from(prefix.get(..4)?.read_u32::<LE>().ok()?).ok()?;
    let back = usize::try_from(prefix.get(root..)?.read_u32::<LE>().ok()?).ok()?;
    let vtable_at = root.checked_sub(back).filter(|vtable| *vtable >= 4)?;
    let vtable = Vtable::parse(prefix.get(vtable_at..)?).ok()?;
    let is_padded = prefix.get(4..vtable_at)?.iter().all(|byte| *byte == 0);
    (is_padded && back == usize::from(vtable.len)).then_some((root, vtable))
}

/// A table: where it is, and which fields it has.
pub(in crate::nd4j) struct Table {
    at: u64,
    vtable_at: u64,
    vtable: Vtable,
}

impl Table {
    /// Where a field is that has not its default value, by the offset of its entry in the vtable.
    pub(in crate::nd4j) fn place_of(&self, entry: u16) -> Option<u64> {
        match self.vtable.entry(entry) {
            0 => None,
            entry => Some(self.at + u64::from(entry)),
        }
    }

    /// Where a field is that has to be there.
    pub(in crate::nd4j) fn field(&self, entry: u16, name: &str) -> Result<u64> {
        let missing = || Error::malformed(format!("the field '{name}' is missing")).at(self.at);
        self.place_of(entry).ok_or_else(missing)
    }
}

/// A file of which only the bytes that are needed are fetched.
pub(in crate::nd4j) struct File<'a, 'f> {
    pub(in crate::nd4j) len: u64,
    pub(in crate::nd4j) fetch: &'a mut Fetch<'f>,
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

    /// The root table.
    pub(in crate::nd4j) fn root(&mut self) -> Result<Table> {
        let root = self.led_to(0, "the table")?;
        self.table(root)
    }

    /// The table at a place.
    pub(in crate::nd4j) fn table(&mut self, at: u64) -> Result<Table> {
        let back = LE::read_i32(&self.number::<4>(at, "the table")?);
        let vtable_at = at.checked_add_signed(-i64::from(back)).filter(|vtable| *vtable < self.len);
        let vtable_at = vtable_at.ok_or_else(|| {
            let message = format!("the offset of the vtable is {back}, which leads out of the file");
            Error::malformed(message).at(at)
        })?;
        let vtable = self.vtable(vtable_at)?;
        Ok(Table { at, vtable_at, vtable })
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

    /// Where the offset at `place` leads, which counts from there.
    pub(in crate::nd4j) fn led_to(&mut self, place: u64, what: &str) -> Result<u64> {
        let offset = LE::read_u32(&self.number::<4>(place, what)?);
        Ok(place + u64::from(offset))
    }

    /// The items, of `width` bytes each, of the vector to which the offset at `place` leads.
    pub(in crate::nd4j) fn vector(&mut self, place: u64, width: u64, what: &str) -> Result<Range<u64>> {
        let start = self.led_to(place, what)?;
        let count = LE::read_u32(&self.number::<4>(start, what)?);
        let start = start + 4;
        aligned(start, width, what, start)?;
        let len = u64::from(count) * width;
        self.inside(start, len, what)?;
        Ok(start..start + len)
    }

    /// The fields of the table of a FlatArray.
    fn fields(&mut self, table: &Table) -> Result<Fields> {
        let shape = table.field(SHAPE, "shape")?;
        let shape = self.vector(shape, 8, "the field 'shape'")?;
        let buffer = table.place_of(BUFFER);
        let buffer = buffer.map(|place| self.vector(place, 1, "the field 'buffer'")).transpose()?;
        let mut byte = |entry: u16, name: &str| match table.place_of(entry) {
            Some(place) => Ok::<_, Error>((place, self.number::<1>(place, name)?[0])),
            None => Ok((table.at, 0)),
        };
        let (dtype, byte_order) =
            (byte(DTYPE, "the field 'dtype'")?, byte(BYTE_ORDER, "the field 'byteOrder'")?);
        let vector = |items: &Range<u64>| items.start - 4..items.end;
        let Table { at, vtable_at, vtable } = table;
        let end = at.saturating_add(u64::from(vtable.table_len).max(4)).min(self.len);
        let mut used = vec![0..4, *vtable_at..*vtable_at + u64::from(vtable.len), *at..end, vector(&shape)];
        used.extend(buffer.as_ref().map(vector));
        used.sort_by_key(|range| (range.start, range.end));
        Ok(Fields { table: *at, shape, buffer, dtype, byte_order, used })
    }
}
