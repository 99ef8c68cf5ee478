//! Items as records, a piece at a time.

use std::marker::PhantomData;

use super::Record;
use super::lack::{Lacks, any_may_lack};
use super::plan::{Plan, in_item, in_row};
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
        let plan = Plan::by_rules(dtype, &T::dtype()?, T::RULES)?;
        let plan = if plan.is_direct() { None } else { Some(plan) };
        Ok(Self { plan, itemsize: dtype.itemsize(), records: PhantomData })
    }

    /// What the array lacks, if it lacks any field. For records that can't lack any, the compiler knows the answer.
    pub(super) fn lacks(&self) -> Option<&Lacks> {
        if !const { any_may_lack(T::RULES) } {
            return None;
        }
        self.plan.as_ref().map(Plan::lacks).filter(|lacks| !lacks.is_empty())
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
                plan.widen(items, scratch, first_row)?;
                &*scratch
            }
        };
        if !T::ANY_BITS && T::ITEMSIZE > 0 {
            match self.lacks() {
                None => self.check(items, first_row, T::check)?,
                Some(lacks) => self.check(items, first_row, |item| T::check_found(item, lacks))?,
            }
        }
        Ok(items)
    }

    #[inline(always)]
    fn check(&self, items: &[u8], first_row: usize, check: impl Fn(&[u8]) -> Result<()>) -> Result<()> {
        for (row, item) in items.chunks_exact(T::ITEMSIZE).enumerate() {
            let row = first_row.saturating_add(row);
            check(item).map_err(|error| in_item(error, row, self.itemsize))?;
        }
        Ok(())
    }

    /// Adds the records of items that were [laid out](Self::laid_out).
    #[inline(always)]
    pub(super) fn add(&self, items: &[u8], values: &mut Vec<T>) {
        let items = items.chunks_exact(T::ITEMSIZE);
        match self.lacks() {
            None => values.extend(items.map(T::decode)),
            Some(lacks) => values.extend(items.map(|item| T::decode_found(item, lacks))),
        }
    }

    /// Adds the records of `items`, `count` items without anything between them, to `values`.
    pub(crate) fn decode(&self, items: &[u8], count: usize, values: &mut Vec<T>) -> Result<()> {
        if self.itemsize == 0 || T::ITEMSIZE == 0 {
            match self.lacks() {
                None => values.extend((0..count).map(|_| T::decode(&[]))),
                Some(lacks) => values.extend((0..count).map(|_| T::decode_found(&[], lacks))),
            }
            return Ok(());
        }
        let mut scratch = Vec::new();
        let piece = self.at_once() * self.itemsize;
        for items in items.chunks(piece) {
            let row = values.len();
            let items = self.laid_out(items, row, &mut scratch)?;
            self.add(items, values);
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

/// Makes items of records.
pub(crate) struct Encoder {
    /// What is written: the record type, without the fields that are `None`.
    pub(crate) dtype: DType,
    /// The fields that are `None`, and what brings the others of a whole item together.
    left_out: Option<(Lacks, Plan)>,
}

impl Encoder {
    /// The first of the records tells which fields are `None`.
    pub(crate) fn new<T: Record>(values: &[T]) -> Result<Self> {
        let dtype = T::dtype()?;
        let lacks = match values.first() {
            Some(first) if const { any_may_lack(T::RULES) } => first.lacks(),
            _ => Lacks::default(),
        };
        if lacks.is_empty() {
            return Ok(Self { dtype, left_out: None });
        }
        let left = DType::from(lacks.left_of(&T::record_type()?)?);
        let plan = Plan::new(&dtype, &left)?;
        Ok(Self { dtype: left, left_out: Some((lacks, plan)) })
    }

    /// Writes the items of `values`, which are those from `first_row` on, over `items`.
    pub(crate) fn encode<T: Record>(&self, values: &[T], first_row: usize, items: &mut [u8]) -> Result<()> {
        let Some((lacks, plan)) = &self.left_out else {
            return encode(values, first_row, items, T::encode);
        };
        let at_once = (CACHED_PIECE / T::ITEMSIZE.max(1)).max(1);
        let mut whole = Vec::new();
        let pieces = items.chunks_mut(at_once.saturating_mul(self.dtype.itemsize()).max(1));
        let empty = std::iter::repeat_with(<&mut [u8]>::default);
        let mut first_row = first_row;
        for (values, items) in values.chunks(at_once).zip(pieces.chain(empty)) {
            resize(&mut whole, values.len().saturating_mul(T::ITEMSIZE))?;
            encode(values, first_row, &mut whole, |value, item| value.encode_found(item, lacks))?;
            plan.apply(&whole, items)?;
            first_row = first_row.saturating_add(values.len());
        }
        Ok(())
    }
}

/// Calls `encode` with each value and its item.
#[inline(always)]
fn encode<T: Record>(
    values: &[T],
    first_row: usize,
    items: &mut [u8],
    encode: impl Fn(&T, &mut [u8]) -> Result<()>,
) -> Result<()> {
    if T::ITEMSIZE == 0 {
        return Ok(());
    }
    for (row, (value, item)) in values.iter().zip(items.chunks_exact_mut(T::ITEMSIZE)).enumerate() {
        encode(value, item).map_err(|error| in_row(error, first_row.saturating_add(row)))?;
    }
    Ok(())
}
