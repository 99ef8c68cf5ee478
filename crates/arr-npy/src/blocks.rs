//! Arrays block by block, for those that are larger than memory.

mod write;

use std::io::Read;
use std::path::Path;

use arr_core::format::{Swap, in_file};
use arr_core::{Array, Error, Input, Layout, Order, Result, Slice, SliceItem};

pub use self::write::BlockWriter;

use crate::ReadOptions;
use crate::header::Header;
use crate::read::{check_items, check_length, read_header_of, read_swapped};

/// Bytes of a block, if nothing else is asked for.
const BLOCK: usize = 16 << 20;

impl ReadOptions {
    /// Reads the first array of a file block by block: see [`blocks()`].
    ///
    /// # Errors
    /// As [`read`](Self::read).
    pub fn blocks(&self, path: impl AsRef<Path>) -> Result<Blocks<'static>> {
        let path = path.as_ref();
        in_file(path, self.blocks_of(Input::open(path)?.with_limits(&self.reading.limits)))
    }

    /// Reads an array from a stream block by block. When all blocks were read, the stream is right after it.
    ///
    /// ```
    /// use arr_npy::ReadOptions;
    /// let bytes = arr_npy::to_bytes(&ndarray::array![[1i16, 2], [3, 4], [5, 6]])?;
    /// let mut stream = &bytes[..];
    /// let mut sums = Vec::new();
    /// for row in ReadOptions::new().native().blocks_from(&mut stream)?.rows(1) {
    ///     sums.push(row?.to_vec::<i16>()?.iter().sum::<i16>());
    /// }
    /// assert_eq!(sums, [3, 7, 11]);
    /// assert!(stream.is_empty());
    /// # Ok::<(), arr_core::Error>(())
    /// ```
    ///
    /// # Errors
    /// As [`read`](Self::read); `Unsupported` when the items lie in Fortran order, in which the first row ends with
    /// the file.
    pub fn blocks_from<'a>(&self, reader: impl Read + Send + 'a) -> Result<Blocks<'a>> {
        self.blocks_of(Input::from_reader(reader).with_limits(&self.reading.limits))
    }

    /// Reads an array from an [`Input`] block by block. The input's limits hold for each block.
    ///
    /// # Errors
    /// As [`blocks_from`](Self::blocks_from), of an input that can't go back.
    pub fn blocks_of<'a>(&self, mut input: Input<'a>) -> Result<Blocks<'a>> {
        let header = read_header_of(&mut input)?;
        let position = input.position();
        check_items(&header, input.budget(), position)?;
        check_length(&header, &input)?;
        if header.order() == Order::F && header.order_matters() && !input.can_seek() {
            let message =
                "the items lie in Fortran order: a stream that can't go back has no rows to give one by one";
            return Err(Error::unsupported(message).in_format("npy").at(position));
        }
        let rows = header.shape().first().copied().unwrap_or(1);
        let row_len = header.data_len().checked_div(rows as u64).unwrap_or(0);
        let blocks = Blocks { input, header, options: self.clone(), row_len, rows, next: 0, at_once: 1 };
        Ok(blocks.bytes(BLOCK))
    }
}

/// The rows of an array (the items with some indices of the first dimension), some at a time: see [`blocks()`].
///
/// An array without dimensions is one block. After an error there are no more blocks.
#[derive(Debug)]
pub struct Blocks<'a> {
    input: Input<'a>,
    header: Header,
    options: ReadOptions,
    /// Bytes of a row.
    row_len: u64,
    rows: usize,
    next: usize,
    at_once: usize,
}

impl Blocks<'_> {
    /// What the array is.
    #[must_use]
    pub fn header(&self) -> &Header {
        &self.header
    }

    /// Gives that many rows at a time, at least one; the last block may have fewer.
    #[must_use]
    pub fn rows(mut self, rows: usize) -> Self {
        self.at_once = rows.max(1);
        self
    }

    /// Gives as many rows at a time as that many bytes hold, at least one.
    #[must_use]
    pub fn bytes(self, bytes: usize) -> Self {
        let rows = (bytes as u64).checked_div(self.row_len).unwrap_or(u64::MAX);
        self.rows(usize::try_from(rows).unwrap_or(usize::MAX))
    }

    fn read(&mut self, end: usize) -> Result<Array> {
        let fresh = self.input.budget().limits().budget();
        *self.input.budget() = fresh;
        let (header, position) = (&self.header, self.input.position());
        let dtype = header.dtype();
        if header.order() == Order::F && header.order_matters() {
            let bound = |row: usize| isize::try_from(row).ok();
            let rows = SliceItem::Range { start: bound(self.next), stop: bound(end), step: 1 };
            let layout = Layout::contiguous(header.shape(), dtype.itemsize(), Order::F)?;
            let layout = layout.sliced(&Slice::from(vec![rows]))?;
            let charged = self.input.budget().charge_bytes((layout.len() * dtype.itemsize()) as u64);
            charged.map_err(|error| error.at(position))?;
            let block = self.options.fetch(header, &layout, &mut self.input)?;
            if end == self.rows {
                self.input.skip(header.data_len(), "data")?;
            }
            return Ok(block);
        }
        let mut shape = header.shape().to_vec();
        shape.first_mut().into_iter().for_each(|rows| *rows = end - self.next);
        let len = self.row_len.saturating_mul((end - self.next) as u64);
        let wanted = self.options.reading.byte_order;
        let swap = wanted.map_or(Swap::Nothing, |wanted| Swap::to_order(dtype, wanted));
        let dtype = wanted.map_or_else(|| dtype.clone(), |wanted| dtype.with_byte_order(wanted));
        let bytes = read_swapped(&mut self.input, len, dtype.itemsize(), &swap)?;
        let block = Array::contiguous(dtype, &shape, Order::C, bytes.freeze())?;
        match self.options.reading.order {
            Some(Order::F) => block.to_contiguous(Order::F),
            _ => Ok(block),
        }
    }
}

impl Iterator for Blocks<'_> {
    type Item = Result<Array>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.next >= self.rows {
            return None;
        }
        let end = self.next.saturating_add(self.at_once).min(self.rows);
        let block = self.read(end).map_err(|error| error.in_format("npy"));
        self.next = if block.is_ok() { end } else { self.rows };
        Some(block)
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        let left = self.rows.saturating_sub(self.next).div_ceil(self.at_once);
        // Fewer after an error.
        (left.min(1), Some(left))
    }
}

impl std::iter::FusedIterator for Blocks<'_> {}

/// Reads the first array of a `.npy` file block by block, about 16 MiB at a time: arrays that share all dimensions but
/// the first with it. No more than a block is in memory at once, and [`Limits`](arr_core::Limits) hold for each.
///
/// In Fortran order, a row is all over the file: then a block is collected as [`read_part`](crate::read_part) does.
///
/// ```
/// # let folder = tempfile::tempdir()?;
/// # let path = folder.path().join("x.npy");
/// arr_npy::save(&path, &ndarray::Array2::<f32>::ones((1000, 30)))?;
/// let blocks = arr_npy::blocks(&path)?.rows(300);
/// assert_eq!(blocks.header().shape(), [1000, 30]);
/// let mut sum = 0.0;
/// for block in blocks {
///     sum += block?.typed::<f32>()?.sum();
/// }
/// assert_eq!(sum, 30_000.0);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
/// As [`read`](crate::read()).
pub fn blocks(path: impl AsRef<Path>) -> Result<Blocks<'static>> {
    ReadOptions::new().blocks(path)
}
