//! Records from a source of bytes, straight into their vector.

mod threads;

use super::Record;
use super::items::{Decoder, make_room, resize, with_room};
use super::plan::Plan;
use crate::model::buffer::PAGES_FROM;
use crate::model::map::advise_huge_pages;
use crate::model::threads::sizes::FIRST_STEP;
use crate::{DType, Error, Input, Result};

impl Input<'_> {
    /// Reads `count` items of a structured dtype, the `what` of the format, as records, a piece at a time. They are
    /// charged to the budget; of a source that does not tell its length no more is reserved than it has sent.
    ///
    /// With the feature `rayon`, several threads make the records of large data: each reads its parts of a file; of
    /// another source one reads while another makes records.
    ///
    /// # Errors
    /// `Mismatch` when the dtype lacks a field or has it with another dtype, or some bits are not a valid value, naming
    /// the field; `Unsupported` when the dtype holds references; `LimitExceeded` when the budget or the memory does not
    /// hold the records, `Malformed` when the data ends before, `Io` when the source fails.
    pub fn read_records<T: Record>(&mut self, dtype: &DType, count: usize, what: &str) -> Result<Vec<T>> {
        if dtype.has_references() {
            return Err(Error::unsupported(format!("records with object items ({dtype})")));
        }
        let decoder = Decoder::<T>::new(dtype)?;
        let itemsize = dtype.itemsize();
        let too_large = || Error::limit(format!("{count} records of {what} do not fit into memory"));
        let len = count.checked_mul(itemsize).ok_or_else(too_large)?;
        if itemsize == 0 {
            let position = self.position();
            self.budget().charge_items(count as u64).map_err(|error| error.at(position))?;
        }
        if self.remaining().is_none() && itemsize > FIRST_STEP {
            let start = self.position();
            let bytes = self.read_buffer(len as u64, what)?;
            return decoded(&decoder, bytes.as_slice(), count, start);
        }
        self.charge(len as u64, what)?;
        if itemsize == 0 || T::ITEMSIZE == 0 {
            self.skip(len as u64, what)?;
            return decoded(&decoder, &[], count, 0);
        }
        let start = self.position();
        if let Some(bytes) = self.lend(len) {
            return decoded(&decoder, bytes, count, start);
        }
        if self.remaining().is_some() && T::pod_bytes(&[]).is_some() && lies_as_in_memory::<T>(dtype) {
            return self.read_plain(count, what);
        }
        let job = Job { decoder: &decoder, itemsize, count, start, what };
        if threads::help_with(len) {
            return threads::read(&job, self);
        }
        job.read(self)
    }

    /// Records whose memory is what the source has.
    fn read_plain<T: Record>(&mut self, count: usize, what: &str) -> Result<Vec<T>> {
        // Memory that is not zeroed can only be had as bytes, which have no alignment.
        if align_of::<T>() == 1 {
            let bytes = self.read_fresh(count.saturating_mul(size_of::<T>()), what)?;
            match T::pod_from_bytes(bytes) {
                Ok(values) => return Ok(values),
                Err(bytes) => {
                    let mut values = T::pod_zeros(count).ok_or_else(not_plain)??;
                    T::pod_bytes_mut(&mut values).ok_or_else(not_plain)?.copy_from_slice(&bytes);
                    return Ok(values);
                }
            }
        }
        let mut values = T::pod_zeros(count).ok_or_else(not_plain)??;
        if size_of_val(values.as_slice()) >= PAGES_FROM {
            advise_huge_pages(&mut values);
        }
        self.read_exact(T::pod_bytes_mut(&mut values).ok_or_else(not_plain)?, what)?;
        self.tell();
        Ok(values)
    }
}

#[cold]
fn not_plain() -> Error {
    Error::unsupported("the records are not plain bytes in memory")
}

/// True when an array of records in memory has the bytes of such items.
pub(super) fn lies_as_in_memory<T: Record>(dtype: &DType) -> bool {
    T::memory_dtype().is_ok_and(|memory| {
        memory.itemsize() == size_of::<T>() && Plan::new(dtype, &memory).is_ok_and(|plan| plan.is_direct())
    })
}

/// The records of all items, which begin at byte `start` of the input.
fn decoded<T: Record>(decoder: &Decoder<T>, items: &[u8], count: usize, start: u64) -> Result<Vec<T>> {
    let mut values = with_room(count)?;
    decoder.decode(items, count, &mut values).map_err(|error| error.nested(start))?;
    Ok(values)
}

/// Items with bytes that are read as records with bytes.
struct Job<'a, T> {
    decoder: &'a Decoder<T>,
    itemsize: usize,
    count: usize,
    /// Where the items begin in the input.
    start: u64,
    what: &'a str,
}

impl<T: Record> Job<'_, T> {
    fn read(&self, input: &mut Input<'_>) -> Result<Vec<T>> {
        let (mut values, mut piece, mut scratch) =
            (self.room(input.remaining().is_some())?, Vec::new(), Vec::new());
        while values.len() < self.count {
            self.read_piece(input, values.len(), &mut piece)?;
            self.add_piece(&piece, &mut scratch, &mut values)?;
        }
        Ok(values)
    }

    /// Room for all records, if they are known to be there.
    fn room(&self, are_known: bool) -> Result<Vec<T>> {
        if are_known { with_room(self.count) } else { Ok(Vec::new()) }
    }

    /// Reads the items from `row` on, as many as are handled at a time, and gives their number.
    fn read_piece(&self, input: &mut Input<'_>, row: usize, piece: &mut Vec<u8>) -> Result<usize> {
        let rows = self.decoder.at_once().min(self.count.saturating_sub(row));
        resize(piece, rows.saturating_mul(self.itemsize))?;
        input.read_exact(piece, self.what)?;
        input.tell();
        Ok(rows)
    }

    /// Adds the records of a piece.
    fn add_piece(&self, piece: &[u8], scratch: &mut Vec<u8>, values: &mut Vec<T>) -> Result<()> {
        make_room(values, piece.len() / self.itemsize)?;
        let items = self.decoder.laid_out(piece, values.len(), scratch);
        let items = items.map_err(|error| error.nested(self.start))?;
        self.decoder.add(items, values);
        Ok(())
    }
}
