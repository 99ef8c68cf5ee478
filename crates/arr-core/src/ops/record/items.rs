//! Items as records, a piece at a time.

use std::marker::PhantomData;

use super::plan::{Plan, in_item, in_row};
use super::{Record, RecordField};
use crate::model::buffer::PAGES_FROM;
use crate::model::map::advise_huge_pages;
use crate::model::threads::sizes::CACHED_PIECE;
use crate::{DType, Error, Result};

/// Makes records of the items of a dtype.
pub(crate) struct Decoder<T> {
    /// `None` when the items are laid out as the record type says.
    plan: Option<Plan>,
    itemsize: usize,
    records: PhantomData<fn() -> T>,
}

impl<T: Record> Decoder<T> {
    /// Compares the dtypes.
    pub(crate) fn new(dtype: &DType) -> Result<Self> {
        if dtype.as_record().is_none() {
            return Err(Error::mismatch(format!("an array of {dtype} has no fields")));
        }
        let plan = Plan::new(dtype, &T::dtype()?)?;
        let plan = if plan.is_direct() { None } else { Some(plan) };
        Ok(Self { plan, itemsize: dtype.itemsize(), records: PhantomData })
    }

    /// As many items as are handled at a time, at least one.
    pub(super) fn at_once(&self) -> usize {
        self.at_once_in(CACHED_PIECE)
    }

    /// As many items as are handled at a time where a piece has so many bytes, at least one.
    pub(super) fn at_once_in(&self, piece: usize) -> usize {
        (piece / self.itemsize.max(T::ITEMSIZE).max(1)).max(1)
    }

    /// Lays items out as the record type says, unless they are, and checks them. They are the items from `first_row`
    /// on. Errors count bytes from the item of row 0.
    pub(super) fn laid_out<'a>(
        &self,
        items: &'a [u8],
        first_row: usize,
        scratch: &'a mut Vec<u8>,
    ) -> Result<&'a [u8]> {
        let items = match &self.plan {
            None => items,
            Some(plan) => {
                plan.check_tails(items, first_row)?;
                let count = items.len().checked_div(self.itemsize).unwrap_or(0);
                resize(scratch, count.saturating_mul(T::ITEMSIZE))?;
                plan.apply(items, scratch)?;
                &*scratch
            }
        };
        if !T::ANY_BITS && T::ITEMSIZE > 0 {
            for (row, item) in items.chunks_exact(T::ITEMSIZE).enumerate() {
                let row = first_row.saturating_add(row);
                T::check(item).map_err(|error| in_item(error, row, self.itemsize))?;
            }
        }
        Ok(items)
    }

    /// Adds the records of `items`, `count` items without anything between them, to `values`.
    pub(crate) fn decode(&self, items: &[u8], count: usize, values: &mut Vec<T>) -> Result<()> {
        if self.itemsize == 0 || T::ITEMSIZE == 0 {
            values.extend((0..count).map(|_| T::decode(&[])));
            return Ok(());
        }
        let mut scratch = Vec::new();
        let piece = self.at_once() * self.itemsize;
        for items in items.chunks(piece) {
            let row = values.len();
            let items = self.laid_out(items, row, &mut scratch)?;
            values.extend(items.chunks_exact(T::ITEMSIZE).map(T::decode));
        }
        Ok(())
    }
}

/// Gives a vector a length, with zeros where it grows.
pub(super) fn resize(bytes: &mut Vec<u8>, len: usize) -> Result<()> {
    let more = len.saturating_sub(bytes.len());
    bytes.try_reserve(more).map_err(|source| {
        Error::limit(format!("no memory for {len} bytes of records")).with_source(source)
    })?;
    bytes.resize(len, 0);
    Ok(())
}

/// An empty vector with room for `count` records.
pub(crate) fn with_room<T>(count: usize) -> Result<Vec<T>> {
    let mut values = Vec::new();
    make_room(&mut values, count)?;
    if count.saturating_mul(size_of::<T>()) >= PAGES_FROM {
        advise_huge_pages(values.spare_capacity_mut());
    }
    Ok(values)
}

/// Makes room for `count` more records.
pub(super) fn make_room<T>(values: &mut Vec<T>, count: usize) -> Result<()> {
    values
        .try_reserve(count)
        .map_err(|source| Error::limit(format!("no memory for {count} records")).with_source(source))
}

/// Writes the items of `values`, as the record type says, over `items`.
pub(crate) fn encode<T: RecordField>(values: &[T], first_row: usize, items: &mut [u8]) -> Result<()> {
    if T::ITEMSIZE == 0 {
        return Ok(());
    }
    for (row, (value, item)) in values.iter().zip(items.chunks_exact_mut(T::ITEMSIZE)).enumerate() {
        value.encode(item).map_err(|error| in_row(error, first_row.saturating_add(row)))?;
    }
    Ok(())
}
