//! Numbers and times that are narrower in a file than in a record.

use super::plan::in_item;
use crate::model::buffer::zeros;
use crate::ops::cast::{self, gather, scatter};
use crate::{Casting, DType, Error, Result, Scalar};

/// A field whose values are cast on the way to their record.
pub(super) struct Widening {
    /// Where it begins in the items that are read, and in those that are made.
    at: (usize, usize),
    /// How many values an item has.
    count: usize,
    plan: cast::Plan,
    path: String,
}

impl std::fmt::Debug for Widening {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Widening").field("path", &self.path).field("at", &self.at).finish_non_exhaustive()
    }
}

impl Widening {
    /// True when every value of `from` is one of `to`: what NumPy calls safe, without the integers of 64 bits that it puts
    /// into doubles. Of times those that do not fit are an error.
    pub(super) fn is_lossless(from: &DType, to: &DType) -> bool {
        let may_round =
            |from: Scalar, to: Scalar| from.is_integer() && from.itemsize() == 8 && !to.is_integer();
        let widens = match (from, to) {
            (DType::Scalar(from, _), DType::Scalar(to, _)) => from != to && !may_round(*from, *to),
            (DType::DateTime(from, _), DType::DateTime(to, _))
            | (DType::TimeDelta(from, _), DType::TimeDelta(to, _)) => from != to,
            _ => false,
        };
        widens && from.can_cast(to, Casting::Safe)
    }

    pub(super) fn new(
        from: &DType,
        to: &DType,
        count: usize,
        at: (usize, usize),
        path: String,
    ) -> Result<Self> {
        Ok(Self { at, count, plan: cast::Plan::new(from, to, true)?, path })
    }

    /// Fills the field of each item of `to`. With the items come the bytes that each has.
    pub(super) fn apply(
        &self,
        (from, from_itemsize): (&[u8], usize),
        (to, to_itemsize): (&mut [u8], usize),
        first_row: usize,
    ) -> Result<()> {
        let rows = from.len().checked_div(from_itemsize).unwrap_or(0);
        let (from_size, to_size) =
            (self.count * self.plan.source_size(), self.count * self.plan.target_size());
        if rows == 0 || self.count == 0 {
            return Ok(());
        }
        let mut narrow = zeros(rows * from_size)?;
        let mut wide = zeros(rows * to_size)?;
        let outside = || Error::mismatch("a field lies outside of its record").in_path(&self.path);
        gather(from, from_itemsize, self.at.0, from_size, &mut narrow).ok_or_else(outside)?;
        self.plan.run(&narrow, &mut wide, rows * self.count).map_err(|fault| {
            let row = first_row + fault.item() / self.count;
            in_item(fault.into_plain_error().in_path(&self.path), row, from_itemsize)
        })?;
        scatter(&wide, to_size, to, to_itemsize, self.at.1).ok_or_else(outside)
    }
}
