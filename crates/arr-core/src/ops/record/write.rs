//! Records to a sink of bytes.

use super::Record;
use super::items::{Encoder, resize};
use super::read::lies_as_in_memory;
use crate::model::threads::sizes::CACHED_PIECE;
use crate::{ByteOrder, Output, Result, Swap};

impl Output<'_> {
    /// Writes records as items of [their dtype](Record::dtype_of) in `order`, a piece at a time.
    ///
    /// # Errors
    /// `InvalidArgument` when a string is too long for its field, or some records have a field that is `None` in others,
    /// naming the field and the row; `Io` when the sink fails.
    pub fn write_records<T: Record>(&mut self, values: &[T], order: ByteOrder) -> Result<()> {
        let encoder = Encoder::new(values)?;
        let itemsize = encoder.dtype.itemsize();
        let swap = Swap::to_order(&encoder.dtype, order);
        if let (Swap::Nothing, Some(bytes)) = (&swap, T::pod_bytes(values)) {
            if lies_as_in_memory::<T>(&encoder.dtype) {
                return self.write(bytes);
            }
        }
        let at_once = (CACHED_PIECE / T::ITEMSIZE.max(1)).max(1);
        let len = values.len().saturating_mul(itemsize);
        self.write_pieces(values.chunks(at_once).enumerate(), len, |(number, values), piece| {
            let start = number.saturating_mul(at_once);
            // What no field covers is zero in all pieces, as it is at first.
            resize(piece, values.len().saturating_mul(itemsize))?;
            encoder.encode(values, start, piece)?;
            swap.apply(piece);
            Ok(())
        })
    }
}
