//! Reading a part of an array, and no more of the file than that needs.

use std::borrow::Borrow;

use arr_core::format::doors::read_slice;
use arr_core::{Array, Input, Layout, Result, Slice};

use crate::ReadOptions;
use crate::format::Npy;
use crate::header::Header;

impl ReadOptions {
    /// Reads a part of an array from an [`Input`] under the input's own limits, and leaves it right after the array.
    /// Of a stream that is not seekable, all from the first wanted item to the last is in memory at once.
    ///
    /// # Errors
    /// As [`read_part`](Self::read_part).
    pub fn read_part_input(&self, input: &mut Input<'_>, slice: impl Borrow<Slice>) -> Result<Array> {
        read_slice(&Npy, input, &self.reading, slice.borrow())
    }

    /// Fetches a part of the data at which an input stands, which stays there.
    pub(crate) fn fetch(&self, header: &Header, layout: &Layout, input: &mut Input<'_>) -> Result<Array> {
        let order = self.reading.order.unwrap_or(header.order());
        Array::fetch(header.dtype(), layout, order, self.reading.byte_order, |bytes, at| {
            input.read_exact_at(bytes, at, "data")
        })
    }
}

arr_core::slice_functions!(Array);
