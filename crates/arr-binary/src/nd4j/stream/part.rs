//! Reading a part of an array, and no more of the file than that needs.

use std::borrow::Borrow;
use std::io::{Read, Seek};
use std::path::Path;

use arr_core::{Array, Error, Input, Layout, Result, Slice};

use super::{NAME, ReadOptions, StreamHeader};

impl ReadOptions {
    /// Reads a part of the first array of a file: see [`read_part()`].
    ///
    /// # Errors
    /// As [`read`](Self::read); `InvalidArgument` when the slice does not fit the array.
    pub fn read_part(&self, path: impl AsRef<Path>, slice: impl Borrow<Slice>) -> Result<Array> {
        self.read_part_input(&mut Input::open(path)?.with_limits(&self.limits), slice)
    }

    /// Reads a part of the array at the position of a reader, and leaves the reader right behind the array.
    ///
    /// # Errors
    /// As [`read_part`](Self::read_part).
    pub fn read_part_from(
        &self,
        reader: &mut (impl Read + Seek + ?Sized),
        slice: impl Borrow<Slice>,
    ) -> Result<Array> {
        self.read_part_input(&mut Input::from_seekable(reader)?.with_limits(&self.limits), slice)
    }

    /// Reads a part of an array from an [`Input`] under the input's own limits, and leaves it right behind the array.
    /// Of an input that is not seekable, memory holds everything from the first wanted item to the last; of packed data,
    /// all of it.
    ///
    /// # Errors
    /// As [`read_part`](Self::read_part).
    pub fn read_part_input(&self, input: &mut Input<'_>, slice: impl Borrow<Slice>) -> Result<Array> {
        let header = StreamHeader::read(input)?;
        self.part_of(&header, input, slice.borrow()).map_err(|error| error.in_format(NAME))
    }

    fn part_of(&self, header: &StreamHeader, input: &mut Input<'_>, slice: &Slice) -> Result<Array> {
        let order = header.natural_order();
        if header.packed().is_some() {
            return self.read_data(header, input)?.slice(slice)?.to_contiguous(order);
        }
        header.check_items()?;
        let itemsize = header.dtype().itemsize();
        let layout = header.layout().sliced(slice)?;
        header.check_length(input.remaining())?;
        if input.can_seek() {
            let position = input.position();
            let nbytes = layout.len().saturating_mul(itemsize);
            input.budget().charge_bytes(nbytes as u64).map_err(|error| error.at(position))?;
            let part = Array::fetch(header.dtype(), &layout, order, self.byte_order, |bytes, at| {
                input.read_exact_at(bytes, at, "data")
            })?;
            input.skip(header.data_len(), "data")?;
            return Ok(part);
        }
        let extent = layout
            .extent(itemsize)
            .ok_or_else(|| Error::limit("the data does not fit into memory").at(header.data_offset()))?;
        input.skip(extent.start as u64, "data")?;
        let bytes = input.read_buffer(extent.len() as u64, "data")?;
        input.skip(header.data_len().saturating_sub(extent.end as u64), "data")?;
        let offset = layout.offset().saturating_sub(extent.start);
        let layout = Layout::new(layout.shape(), layout.strides(), offset)?;
        let part = Array::new(header.dtype().clone(), layout, bytes.freeze())?;
        match self.byte_order {
            Some(byte_order) => part.to_contiguous_in(order, byte_order),
            None => part.to_contiguous(order),
        }
    }
}

/// Reads a part of the first array of a file: what [`map`](super::map) and [`slice`](arr_core::Array::slice) give, in
/// memory of its own. The file is read by positioned reads, which take no more than the part and the bytes between items
/// that lie close together; packed data is read whole.
///
/// ```
/// # let folder = tempfile::tempdir()?;
/// # let path = folder.path().join("x.nd4j");
/// use arr_binary::stream;
/// use arr_core::{Array, s};
/// stream::save(&path, &Array::from_vec((0..10_000).collect::<Vec<i32>>(), &[1000, 10])?)?;
/// assert_eq!(stream::read_part(&path, s![500..502, 5])?.to_vec::<i32>()?, [5005, 5015]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
/// As [`read`](super::read()); `InvalidArgument` when the slice does not fit the array.
pub fn read_part(path: impl AsRef<Path>, slice: impl Borrow<Slice>) -> Result<Array> {
    ReadOptions::new().read_part(path, slice)
}
