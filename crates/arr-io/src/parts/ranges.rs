//! Which bytes of a source a slice takes, before they are asked for.

use std::ops::Range;

use arr_core::format::PartInfo;
use arr_core::{Error, Result, Slice};

use super::Parts;
use crate::open::in_format;

impl Parts<'_> {
    /// The ranges of the source that [`read_slice`](Self::read_slice) reads of the items of a slice, before it does: in
    /// ascending order, and counted from the first byte of the source.
    ///
    /// ```
    /// # let bytes = arr_npy::to_bytes(&ndarray::Array2::<f32>::ones((1000, 30)))?;
    /// use arr_io::{Input, OpenOptions, s};
    /// let mut parts = OpenOptions::new().parts_of(Input::from_source(&bytes[..])?, None)?;
    /// let part = parts.only()?;
    /// assert_eq!(parts.ranges(&part, &s![500..505, ..])?, [128 + 500 * 120..128 + 505 * 120]);
    /// # Ok::<(), arr_io::Error>(())
    /// ```
    ///
    /// # Errors
    /// What the format finds; `InvalidArgument` when the slice does not fit the array, `Unsupported` for a stream, and when
    /// the data has to be decoded.
    pub fn ranges(&mut self, part: &PartInfo, slice: &Slice) -> Result<Vec<Range<u64>>> {
        if let Some(layer) = self.layers.first() {
            let message = format!("the file is compressed by {layer}: it is read from front to back");
            return Err(Error::unsupported(message));
        }
        self.reader.ranges(part, slice).map_err(|error| in_format(error, self.info.name))
    }
}
