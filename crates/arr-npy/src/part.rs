//! Reading a part of an array, and no more of the file than that needs.

use std::borrow::Borrow;
use std::io::{Read, Seek};
use std::path::Path;

use arr_core::{Array, Error, Input, Layout, Result, Slice};

use crate::ReadOptions;
use crate::header::Header;
use crate::read::{check_bytes, check_length, read_header_of};

impl ReadOptions {
    /// Reads a part of the first array of a file: see [`read_part()`].
    ///
    /// # Errors
    /// As [`read`](Self::read); `InvalidArgument` when the slice does not fit the array.
    pub fn read_part(&self, path: impl AsRef<Path>, slice: impl Borrow<Slice>) -> Result<Array> {
        self.read_part_input(&mut Input::open(path)?.with_limits(&self.limits), slice)
    }

    /// Reads a part of the array at which a reader stands, and leaves the reader right behind the array.
    ///
    /// ```
    /// use arr_core::s;
    /// use arr_npy::ReadOptions;
    /// let bytes = arr_npy::to_bytes(&ndarray::array![[1i16, 2, 3], [4, 5, 6]])?;
    /// let column = ReadOptions::new().read_part_from(&mut std::io::Cursor::new(bytes), s![.., -1])?;
    /// assert_eq!(column.to_vec::<i16>()?, [3, 6]);
    /// # Ok::<(), arr_core::Error>(())
    /// ```
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
    /// Of a stream that can't go back, all from the first wanted item to the last is in memory at once.
    ///
    /// # Errors
    /// As [`read_part`](Self::read_part).
    pub fn read_part_input(&self, input: &mut Input<'_>, slice: impl Borrow<Slice>) -> Result<Array> {
        let header = read_header_of(input)?;
        self.part_of(&header, input, slice.borrow()).map_err(|error| error.in_format("npy"))
    }

    fn part_of(&self, header: &Header, input: &mut Input<'_>, slice: &Slice) -> Result<Array> {
        let position = input.position();
        check_bytes(header, position)?;
        let itemsize = header.dtype().itemsize();
        let layout = Layout::contiguous(header.shape(), itemsize, header.order())?.sliced(slice)?;
        check_length(header, input)?;
        let charged = match itemsize {
            0 => input.budget().charge_items(layout.len() as u64),
            _ if input.can_seek() => input.budget().charge_bytes((layout.len() * itemsize) as u64),
            _ => Ok(()),
        };
        charged.map_err(|error| error.at(position))?;
        if input.can_seek() {
            let part = self.fetch(header, &layout, input)?;
            input.skip(header.data_len(), "data")?;
            return Ok(part);
        }
        let extent = layout
            .extent(itemsize)
            .ok_or_else(|| Error::limit("the data does not fit into memory").at(position))?;
        input.skip(extent.start as u64, "data")?;
        let bytes = input.read_buffer(extent.len() as u64, "data")?;
        input.skip(header.data_len().saturating_sub(extent.end as u64), "data")?;
        let offset = layout.offset().saturating_sub(extent.start);
        let layout = Layout::new(layout.shape(), layout.strides(), offset)?;
        let part = Array::new(header.dtype().clone(), layout, bytes.freeze())?;
        let order = self.order.unwrap_or(header.order());
        match self.byte_order {
            Some(byte_order) => part.to_contiguous_in(order, byte_order),
            None => part.to_contiguous(order),
        }
    }

    /// Fetches a part of the data at which an input stands, which stays there.
    pub(crate) fn fetch(&self, header: &Header, layout: &Layout, input: &mut Input<'_>) -> Result<Array> {
        let order = self.order.unwrap_or(header.order());
        Array::fetch(header.dtype(), layout, order, self.byte_order, |bytes, at| {
            input.read_exact_at(bytes, at, "data")
        })
    }
}

/// Reads a part of the first array of a `.npy` file: what [`map`](crate::map) and
/// [`slice`](arr_core::Array::slice) give, in memory of its own and without a map. Of the file no more is read than
/// the part takes, but for bytes between items that lie close together; in memory are the part and at most a megabyte
/// (or one item) more. Steps may be negative, indices drop their axes. The part is in the order of the file.
///
/// ```
/// # let folder = tempfile::tempdir()?;
/// # let path = folder.path().join("x.npy");
/// use arr_core::{Slice, s};
/// let array = ndarray::Array2::from_shape_vec((1000, 10), (0..10_000).collect())?;
/// arr_npy::save(&path, &array)?;
/// let part = arr_npy::read_part(&path, s![500..502, 5])?;
/// assert_eq!(part.to_vec::<i32>()?, [5005, 5015]);
/// let part = arr_npy::read_part(&path, "::-500, :3".parse::<Slice>()?)?;
/// assert_eq!(part.to_vec::<i32>()?, [9990, 9991, 9992, 4990, 4991, 4992]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
/// As [`read`](crate::read()); `InvalidArgument` when the slice does not fit the array.
pub fn read_part(path: impl AsRef<Path>, slice: impl Borrow<Slice>) -> Result<Array> {
    ReadOptions::new().read_part(path, slice)
}
