//! Members whose items are written piece by piece.

use std::io::Write as _;

use arr_core::format::{Expected, Outline, Swap, SwappedItems};
use arr_core::{Error, Result};
use crc32fast::Hasher;

use super::{ALIGNMENT, FORMAT, NpzWriter, Packed, STORED};
use crate::npz::out::write_failed;
use crate::npz::record::Fields;

/// A member of which not all items have been written.
pub(super) struct Begun {
    name: String,
    items: SwappedItems,
    /// The bytes of the member, header and items.
    expected: Expected,
    to: Target,
}

/// Where items go.
enum Target {
    /// Into the archive as they are. The checksum, which is in front of them, is written last.
    Stored { fields: Fields, local: Vec<u8>, sum: Hasher },
    /// Into memory, to be compressed together with other small members.
    Waiting(Vec<u8>),
    /// Into the archive, compressed.
    Packed(Box<Packed>),
}

impl NpzWriter<'_> {
    /// The number of members that have been added.
    #[must_use]
    pub fn len(&self) -> usize {
        self.names.len()
    }

    /// True when none has been added.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.names.is_empty()
    }

    /// Begins the member of just that name, an array whose items are written by [`items`](Self::items). The next
    /// member, or the end of the archive, ends it.
    ///
    /// # Errors
    /// As [`add`](Self::add).
    pub fn begin(&mut self, name: &str, what: &Outline<'_>) -> Result<()> {
        self.begin_member(name, what).map_err(|error| error.in_path(name).in_format(FORMAT))
    }

    fn begin_member(&mut self, name: &str, what: &Outline<'_>) -> Result<()> {
        self.end_begun()?;
        let (stored, header) = self.options.array.order(what.order).head_of(what.dtype, what.shape)?;
        let swap = stored.byte_order().map_or(Swap::Nothing, |order| Swap::to_order(what.dtype, order));
        let size = what.nbytes()?.saturating_add(header.len() as u64);
        self.claim(name)?;
        let to = if self.options.level > 0 && self.is_packed_alone(size) {
            self.pack_waiting()?;
            Target::Packed(Box::new(self.begin_packed(name, size)?))
        } else if self.options.level > 0 {
            Target::Waiting(Vec::new())
        } else {
            let mut fields = self.fields(name, STORED, size);
            // A stream that can't seek has the checksum after the data.
            fields.described = !self.out.can_seek();
            let local = fields.to_local(ALIGNMENT)?;
            self.out.expect(size.saturating_add(local.len() as u64))?;
            self.out.put(&local)?;
            Target::Stored { fields, local, sum: Hasher::new() }
        };
        let items = SwappedItems::new(swap, what.dtype.itemsize());
        self.begun =
            Some(Begun { name: name.to_owned(), items, expected: Expected::new("member", size), to });
        self.put_bytes(&header)
    }

    /// Writes the next items of the member that was begun: whole items, any number of them.
    ///
    /// # Errors
    /// `Mismatch` when they are more than the outline says, `Io` when the sink fails.
    pub fn items(&mut self, bytes: &[u8]) -> Result<()> {
        self.put_items(bytes).map_err(|error| error.in_format(FORMAT))
    }

    fn put_items(&mut self, bytes: &[u8]) -> Result<()> {
        let begun = self.begun.as_mut().ok_or_else(|| Error::invalid("no member was begun"))?;
        let mut items = std::mem::replace(&mut begun.items, SwappedItems::new(Swap::Nothing, 0));
        items.hand_on(bytes, |piece| self.put_bytes(piece))?;
        if let Some(begun) = &mut self.begun {
            begun.items = items;
        }
        Ok(())
    }

    fn put_bytes(&mut self, bytes: &[u8]) -> Result<()> {
        let begun = self.begun.as_mut().ok_or_else(|| Error::invalid("no member was begun"))?;
        begun.expected.take(bytes.len() as u64).map_err(|error| error.in_path(&begun.name))?;
        match &mut begun.to {
            Target::Stored { sum, .. } => {
                sum.update(bytes);
                self.out.put(bytes)
            }
            Target::Waiting(waiting) => {
                waiting
                    .try_reserve(bytes.len())
                    .map_err(|source| Error::limit("no memory for a small member").with_source(source))?;
                waiting.extend_from_slice(bytes);
                Ok(())
            }
            Target::Packed(member) => member.packer.to(&mut self.out).write_all(bytes).map_err(write_failed),
        }
    }

    /// Ends the member before the next one, or before the end of the archive.
    pub(super) fn end_begun(&mut self) -> Result<()> {
        let Some(Begun { name, expected, to, .. }) = self.begun.take() else { return Ok(()) };
        expected.end().map_err(|error| error.in_path(&name))?;
        match to {
            Target::Waiting(bytes) => self.wait(name, bytes),
            Target::Stored { mut fields, local, sum } => {
                fields.crc32 = sum.finalize();
                self.end_fields(&fields, &local, ALIGNMENT)
            }
            Target::Packed(member) => self.end_packed(*member),
        }
    }
}
