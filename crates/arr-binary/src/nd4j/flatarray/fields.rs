//! Where the fields are: the one table of a FlatBuffer, taken apart with every offset checked.
//!
//! Of the file only the table, its vtable, the lengths of its vectors and the numbers of the shape are read, wherever
//! they lie. What is refused is what FlatBuffers' own verifier refuses: offsets that lead out of the file, or to places
//! that are not aligned.

use std::ops::Range;

use arr_core::{Error, Result};

/// Where the vtable says where the fields are: two bytes each, behind its own length and that of the table.
pub(super) const SHAPE: u16 = 4;
pub(super) const BUFFER: u16 = 6;
pub(super) const DTYPE: u16 = 8;
pub(super) const BYTE_ORDER: u16 = 10;

/// Reads bytes of the file, which are there, from a place on.
pub(super) type Fetch<'f> = dyn FnMut(u64, &mut [u8]) -> Result<()> + 'f;

/// The file is aligned to no more than this many bytes: so long a gap is none that alignment leaves.
const ALIGNED: usize = 8;

/// Where the fields are, each of them inside the file, and the small ones' values.
pub(super) struct Fields {
    /// Where the table begins.
    pub(super) table: u64,
    /// The numbers of the shape information.
    pub(super) shape: Range<u64>,
    /// The bytes of the items.
    pub(super) buffer: Option<Range<u64>>,
    /// The place and the value of the type's code, which is 0 where it is left out.
    pub(super) dtype: (u64, u8),
    /// The place and the value of the byte order, which is 0 where it is left out.
    pub(super) byte_order: (u64, u8),
    /// All bytes that mean something.
    used: Vec<Range<u64>>,
}

impl Fields {
    /// Finds the fields of a file of `len` bytes.
    pub(super) fn find(len: u64, fetch: &mut Fetch<'_>) -> Result<Self> {
        let mut file = File { len, fetch };
        let root = file.number::<4>(0, "the table")?;
        let table = u64::from(u32::from_le_bytes(root));
        let back = i32::from_le_bytes(file.number::<4>(table, "the table")?);
        let vtable = table.checked_add_signed(-i64::from(back)).filter(|vtable| *vtable < len);
        let vtable = vtable.ok_or_else(|| {
            let message = format!("the offset of the vtable is {back}, which leads out of the file");
            Error::malformed(message).at(table)
        })?;
        let vtable_len = u16::from_le_bytes(file.number::<2>(vtable, "the vtable")?);
        aligned(u64::from(vtable_len), 2, "the end of the vtable", vtable)?;
        file.inside(vtable, vtable_len.into(), "the vtable")?;
        let place_of = |field: u16, file: &mut File<'_, '_>| -> Result<Option<u64>> {
            if field >= vtable_len {
                return Ok(None);
            }
            let place = u16::from_le_bytes(file.number::<2>(vtable + u64::from(field), "the vtable")?);
            Ok((place > 0).then(|| table + u64::from(place)))
        };
        let shape = place_of(SHAPE, &mut file)?
            .ok_or_else(|| Error::malformed("the field 'shape' is missing").at(table))?;
        let shape = file.vector(shape, 8, "the field 'shape'")?;
        let buffer = place_of(BUFFER, &mut file)?;
        let buffer = buffer.map(|place| file.vector(place, 1, "the field 'buffer'")).transpose()?;
        let mut byte = |field: u16, name: &str| match place_of(field, &mut file)? {
            Some(place) => Ok::<_, Error>((place, file.number::<1>(place, name)?[0])),
            None => Ok((table, 0)),
        };
        let (dtype, byte_order) =
            (byte(DTYPE, "the field 'dtype'")?, byte(BYTE_ORDER, "the field 'byteOrder'")?);
        let table_len = match vtable_len {
            4.. => u16::from_le_bytes(file.number::<2>(vtable + 2, "the vtable")?),
            _ => 0,
        };
        let vector = |items: &Range<u64>| items.start - 4..items.end;
        let mut used = vec![0..4, vtable..vtable + u64::from(vtable_len)];
        used.extend([table..table.saturating_add(u64::from(table_len).max(4)).min(len), vector(&shape)]);
        used.extend(buffer.as_ref().map(vector));
        used.sort_by_key(|range| (range.start, range.end));
        Ok(Self { table, shape, buffer, dtype, byte_order, used })
    }

    /// What is wrong with a file of `len` bytes that can be read all the same: bytes that nothing leads to, and bytes that
    /// mean two things.
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
        // Behind numbers of 8 bytes there is nothing to be aligned.
        let may_be_padded = self.buffer.as_ref().is_some_and(|buffer| buffer.end == end);
        if end < len && !(may_be_padded && is_padding(end..len, fetch)?) {
            let message = format!("{} bytes follow the last part of the file", len - end);
            faults.push(Error::malformed(message).at(end));
        }
        Ok(faults)
    }
}

/// True when a gap is as short as alignment leaves it, and empty.
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

/// A file whose bytes are fetched where they are needed.
struct File<'a, 'f> {
    len: u64,
    fetch: &'a mut Fetch<'f>,
}

impl File<'_, '_> {
    fn inside(&self, start: u64, len: u64, what: &str) -> Result<()> {
        let end = start.saturating_add(len);
        if end > self.len {
            let message = format!("{what} leads to bytes {start} to {end}, the file has {}", self.len);
            return Err(Error::malformed(message).at(start));
        }
        Ok(())
    }

    /// The bytes of a number, which has to be aligned to its own width.
    fn number<const N: usize>(&mut self, place: u64, what: &str) -> Result<[u8; N]> {
        aligned(place, N as u64, what, place)?;
        self.inside(place, N as u64, what)?;
        let mut bytes = [0; N];
        (self.fetch)(place, &mut bytes)?;
        Ok(bytes)
    }

    /// The items, of `width` bytes each, of the vector to which the offset at `place` leads.
    fn vector(&mut self, place: u64, width: u64, what: &str) -> Result<Range<u64>> {
        let offset = u32::from_le_bytes(self.number::<4>(place, what)?);
        let start = place + u64::from(offset);
        let count = u32::from_le_bytes(self.number::<4>(start, what)?);
        let start = start + 4;
        aligned(start, width, what, start)?;
        let len = u64::from(count) * width;
        self.inside(start, len, what)?;
        Ok(start..start + len)
    }
}
