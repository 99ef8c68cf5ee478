//! Reading a part of an array, and no more of the file than that needs.

use std::borrow::Borrow;
use std::ops::Range;

use arr_core::format::doors::{read_slice, slice_ranges};
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

    /// The ranges of the source that [`read_part_input`](Self::read_part_input) reads of the items of a slice, before it
    /// does: in ascending order, and counted from the first byte of the source. The header is read to know them; the input
    /// stays where it is.
    ///
    /// ```
    /// use arr_core::{Input, s};
    /// let bytes = arr_npy::to_bytes(&ndarray::Array2::<f32>::ones((1000, 30)))?;
    /// let input = Input::from_source(&bytes[..])?;
    /// let ranges = arr_npy::ReadOptions::new().part_ranges(&input, s![500..505, ..])?;
    /// assert_eq!(ranges, [128 + 500 * 120..128 + 505 * 120]);
    /// # Ok::<(), arr_core::Error>(())
    /// ```
    ///
    /// # Errors
    /// As [`read_part`](Self::read_part); `Unsupported` for a stream that can't go back.
    pub fn part_ranges(&self, input: &Input<'_>, slice: impl Borrow<Slice>) -> Result<Vec<Range<u64>>> {
        slice_ranges(&Npy, input, &self.reading, slice.borrow())
    }

    /// Fetches a part of the data at which an input stands, which stays there.
    pub(crate) fn fetch(&self, header: &Header, layout: &Layout, input: &mut Input<'_>) -> Result<Array> {
        let order = self.reading.order.unwrap_or(header.order());
        input.fetch(header.dtype(), layout, order, &self.reading)
    }
}

arr_core::slice_functions!(Array);
