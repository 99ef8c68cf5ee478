//! Writing block by block.

use std::fmt;
use std::io::Write;
use std::path::Path;

use arr_core::format::{NewFile, Output, Swap};
use arr_core::record::Record;
use arr_core::{Array, ArrayView, AsArray, DType, Element, Error, Order, Result};

use crate::WriteOptions;
use crate::header::{Dims, Header};
use crate::write::{as_read, storable, swap_into};

impl WriteOptions {
    /// Begins a file whose array is written block by block; it appears whole when it is [finished], or not at all.
    ///
    /// ```
    /// # let folder = tempfile::tempdir()?;
    /// # let path = folder.path().join("x.npy");
    /// use arr_core::DType;
    /// use arr_npy::WriteOptions;
    /// let mut writer = WriteOptions::new().create(&path, DType::of::<f32>(), &[3, 2])?;
    /// writer.write_block(&ndarray::array![[1.0f32, 2.0], [3.0, 4.0]])?;
    /// writer.write_block(&ndarray::array![5.0f32, 6.0])?;
    /// writer.finish()?;
    /// assert_eq!(arr_npy::read(&path)?.to_vec::<f32>()?, [1.0, 2.0, 3.0, 4.0, 5.0, 6.0]);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// [finished]: BlockWriter::finish
    ///
    /// # Errors
    /// As [`save`](Self::save); `InvalidArgument` when the shape is too large.
    pub fn create(
        self,
        path: impl AsRef<Path>,
        dtype: impl Into<DType>,
        shape: &[usize],
    ) -> Result<BlockWriter<'static>> {
        let (header, bytes) = self.header_of(&dtype.into(), shape).map_err(|error| error.in_format("npy"))?;
        let sink = Sink::File(self.save.create(path)?);
        self.begin_in(sink, &header, &bytes)
    }

    /// Begins an array that is written block by block to a stream.
    ///
    /// # Errors
    /// As [`create`](Self::create).
    pub fn begin<'a>(
        self,
        writer: impl Write + Send + 'a,
        dtype: impl Into<DType>,
        shape: &[usize],
    ) -> Result<BlockWriter<'a>> {
        let (header, bytes) = self.header_of(&dtype.into(), shape).map_err(|error| error.in_format("npy"))?;
        self.begin_in(Sink::Writer(Box::new(writer)), &header, &bytes)
    }

    fn header_of(self, dtype: &DType, shape: &[usize]) -> Result<(Header, Vec<u8>)> {
        if dtype.has_references() {
            return Err(Error::unsupported(format!(
                "items of {dtype} are references: they can't be written"
            )));
        }
        let (dtype, _) = storable(dtype, self.byte_order)?;
        let header = Header::unplaced(dtype, shape, self.order.unwrap_or(Order::C))?;
        let bytes = header.to_bytes(self.version)?;
        Ok((header, bytes))
    }

    fn begin_in<'a>(self, mut sink: Sink<'a>, header: &Header, bytes: &[u8]) -> Result<BlockWriter<'a>> {
        sink.begin(bytes, header.data_len())?;
        let shape = Dims::from_slice(header.shape());
        let (dtype, order) = (as_read(header.dtype())?, self.order.unwrap_or(Order::C));
        Ok(BlockWriter { sink, dtype, shape, order, written: 0, begun: 0, swap: None, torn: false })
    }
}

/// An array that is being written block by block: see [`WriteOptions::create`].
///
/// Blocks follow one another along the first dimension, in Fortran order ([`WriteOptions::order`]) along the last. One
/// is an array that shares all other dimensions, or one index of that dimension: an array without it.
pub struct BlockWriter<'a> {
    sink: Sink<'a>,
    dtype: DType,
    shape: Dims,
    order: Order,
    /// How far along the growing dimension.
    written: usize,
    /// The items that were written of the next index.
    begun: usize,
    /// What brings items of the last block's dtype into the file.
    swap: Option<(DType, Swap)>,
    /// A part of a block was written.
    torn: bool,
}

enum Sink<'a> {
    Writer(Box<dyn Write + Send + 'a>),
    File(NewFile),
}

impl Sink<'_> {
    fn begin(&mut self, header: &[u8], data_len: u64) -> Result<()> {
        let mut output = self.output();
        output.expect((header.len() as u64).saturating_add(data_len))?;
        output.write(header)
    }

    fn output(&mut self) -> Output<'_> {
        match self {
            Sink::Writer(writer) => Output::new(writer),
            Sink::File(file) => Output::to_file(file.file()),
        }
    }
}

impl BlockWriter<'_> {
    /// Writes the next items. Numbers of another byte order are brought into the file's.
    ///
    /// # Errors
    /// `Mismatch` when the dtype differs, or the shape does not fit what is left of the array: nothing is written
    /// then. `Io` when the sink fails: then the array can't be finished.
    pub fn write_block<A: AsArray + ?Sized>(&mut self, block: &A) -> Result<()> {
        block.with_view(|view| self.write_view(view)).map_err(|error| error.in_format("npy"))
    }

    /// Writes the next items, any number of them, which follow one another as in the file: in C order, or in Fortran order
    /// where the file is. Numbers of another byte order are brought into the file's.
    ///
    /// ```
    /// # let folder = tempfile::tempdir()?;
    /// # let path = folder.path().join("x.npy");
    /// use arr_core::Scalar;
    /// use arr_npy::WriteOptions;
    /// let mut writer = WriteOptions::new().create(&path, Scalar::U8, &[2, 3])?;
    /// writer.write_flat(&[1u8])?;
    /// writer.write_flat(&[2u8, 3, 4, 5, 6])?;
    /// writer.finish()?;
    /// assert_eq!(arr_npy::read(&path)?.to_vec::<u8>()?, [1, 2, 3, 4, 5, 6]);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// As [`write_block`](Self::write_block); `Mismatch` when there are more than are left of the array.
    pub fn write_flat<T: Element>(&mut self, items: &[T]) -> Result<()> {
        self.write_line(&ArrayView::of_slice(items)).map_err(|error| error.in_format("npy"))
    }

    /// [`write_flat`](Self::write_flat) of records, whose dtype is that of the array, in whichever byte order.
    ///
    /// # Errors
    /// As `write_flat`; `InvalidArgument` when a string is too long for its field, naming the field and the row.
    pub fn write_records<T: Record>(&mut self, records: &[T]) -> Result<()> {
        let written = Array::from_records(records).and_then(|records| self.write_line(&records.view()));
        written.map_err(|error| error.in_format("npy"))
    }

    /// Writes the items of an array of one dimension.
    fn write_line(&mut self, items: &ArrayView<'_>) -> Result<()> {
        let (total, rest) = self.split();
        let each = rest.iter().try_fold(1, |product: usize, dim| product.checked_mul(*dim));
        let done = each.and_then(|each| self.written.checked_mul(each)?.checked_add(self.begun));
        let end = done.and_then(|done| done.checked_add(items.len()));
        let (Some(each), Some(end)) = (each, end) else {
            return Err(Error::mismatch("the items are too many to count"));
        };
        let left = total.saturating_mul(each);
        if self.torn || end > left {
            let shape = self.shape.as_slice();
            let message = match self.torn {
                true => format!("no more items of shape {shape:?} can be written: a write has failed"),
                false => format!("more than the {left} items of shape {shape:?} can't be written"),
            };
            return Err(Error::mismatch(message));
        }
        let (written, begun) = match (end.checked_div(each), end.checked_rem(each)) {
            (Some(written), Some(begun)) => (written, begun),
            // There are no items in any index, and so none were written.
            _ => (self.written, 0),
        };
        self.put(items)?;
        (self.written, self.begun) = (written, begun);
        Ok(())
    }

    fn write_view(&mut self, block: &ArrayView<'_>) -> Result<()> {
        let end = self.end_of(block.shape())?;
        self.put(block)?;
        self.written = end;
        Ok(())
    }

    fn put(&mut self, block: &ArrayView<'_>) -> Result<()> {
        let swap = match self.swap.take() {
            Some((dtype, swap)) if dtype == *block.dtype() => swap,
            _ => swap_into(block.dtype(), &self.dtype)?,
        };
        self.torn = true;
        self.sink.output().write_items(block, self.order, &swap)?;
        self.torn = false;
        self.swap = Some((block.dtype().clone(), swap));
        Ok(())
    }

    /// How far a block of that shape reaches.
    fn end_of(&self, shape: &[usize]) -> Result<usize> {
        let (total, rest) = self.split();
        let count = match (self.order, shape) {
            (_, shape) if shape == rest => Some(1),
            (Order::C, [count, others @ ..]) if others == rest => Some(*count),
            (Order::F, [others @ .., count]) if others == rest => Some(*count),
            _ => None,
        };
        // An array without dimensions is one block, and so is a number in an array of numbers.
        let end = count.and_then(|count| self.written.checked_add(count)).filter(|end| *end <= total);
        end.filter(|_| !self.torn && self.begun == 0).ok_or_else(|| {
            let state = match (self.torn, self.begun) {
                (true, _) => ", of which a write failed",
                (false, 0) => "",
                _ => ", of which the next is begun",
            };
            Error::mismatch(format!(
                "a block of shape {shape:?} does not follow {} of {total} in an array of shape {:?}{state}",
                self.written,
                self.shape.as_slice()
            ))
        })
    }

    /// The dimension that blocks follow one another along, and the others.
    fn split(&self) -> (usize, &[usize]) {
        let split = match self.order {
            Order::C => self.shape.split_first(),
            Order::F => self.shape.split_last(),
        };
        split.map_or((1, &[]), |(total, rest)| (*total, rest))
    }

    /// Ends the array, and gives a file its name.
    ///
    /// # Errors
    /// `Mismatch` when items are missing, `Io` when the sink fails.
    pub fn finish(self) -> Result<()> {
        let (total, _) = self.split();
        let is_empty = self.shape.contains(&0);
        if self.torn || self.begun != 0 || (self.written != total && !is_empty) {
            let more = if self.begun == 0 { String::new() } else { format!(" and {} items", self.begun) };
            let message = format!(
                "the array is not complete: {} of {total}{more} were written along the growing dimension of shape {:?}",
                self.written,
                self.shape.as_slice()
            );
            return Err(Error::mismatch(message).in_format("npy"));
        }
        match self.sink {
            Sink::Writer(mut writer) => writer.flush().map_err(|source| Error::io("can't write", source)),
            Sink::File(file) => file.commit(),
        }
    }
}

impl fmt::Debug for BlockWriter<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "BlockWriter({} of {} {:?})", self.written, self.dtype, self.shape.as_slice())
    }
}
