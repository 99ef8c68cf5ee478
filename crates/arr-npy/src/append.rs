//! Adding rows to an array whose final length is not known.

mod options;
mod recount;
mod target;

use std::fmt;
use std::io::{Seek, Write};
use std::path::Path;

use arr_core::format::{Swap, in_file};
use arr_core::record::Record;
use arr_core::{Array, ArrayView, AsArray, DType, Element, Error, Order, Result};

pub use self::options::AppendOptions;

use self::recount::recounted;
use self::target::Target;
use crate::broken_invariant;
use crate::header::{Dims, Header, MAGIC, Version, byte_count};
use crate::write::{as_read, swap_into};

/// Rows are collected until they are worth a write.
const BUFFER: usize = 256 << 10;

/// Adds rows, the items with one index of the first dimension, to an array in C order.
///
/// What was pushed is in the file when [`flush`](Self::flush) or [`finish`](Self::finish) returns. What it was before
/// depends on the file:
///
/// - A new file ([`create`](Self::create)) appears when it is finished.
/// - In an existing file ([`open`](Self::open)) the rows are written after the others, and then counted in the header
///   by one small write in place. Whenever the process is stopped, the file reads as before or as after. An appender
///   that is dropped gives the file the bytes and the length that it had when it was opened or last flushed.
/// - A writer ([`to_writer`](Self::to_writer)) has what was written.
///
/// The file is, byte for byte, what [`save`](crate::save) of the whole array gives. Where an existing header has no
/// room for more digits, which only old writers make, the file is copied once and replaced. So is a file that has other
/// names (hard links) when the first row is written: they keep the old contents.
///
/// Nothing but an appender of this library is kept from changing the file meanwhile.
///
/// ```
/// # let folder = tempfile::tempdir()?;
/// # let path = folder.path().join("x.npy");
/// use arr_core::DType;
/// use arr_npy::Appender;
/// let mut rows = Appender::create(&path, DType::of::<f32>(), &[3])?;
/// for row in 0..100u8 {
///     rows.push(&vec![f32::from(row); 3])?;
/// }
/// assert_eq!(rows.len(), 100);
/// rows.finish()?;
/// assert_eq!(arr_npy::read(&path)?.shape(), [100, 3]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct Appender<'a> {
    target: Target<'a>,
    dtype: DType,
    row_shape: Dims,
    version: Version,
    /// The header as it is in the file.
    header: Vec<u8>,
    /// The rows that the header counts.
    counted: usize,
    rows: usize,
    /// Rows that have not been written.
    pending: Vec<u8>,
    /// After the last row that has been written, from the start of the header.
    end: u64,
    /// What brings items of the last push's dtype into the file.
    swap: Option<(DType, Swap)>,
}

impl Appender<'static> {
    /// Begins a new file without rows, of rows of that shape.
    ///
    /// # Errors
    /// `Unsupported` when the items are references or the path is a pipe or a device, `InvalidArgument` when a row is
    /// too large, `Io` when the file can't be created.
    pub fn create(path: impl AsRef<Path>, dtype: impl Into<DType>, row_shape: &[usize]) -> Result<Self> {
        AppendOptions::new().create(path, dtype, row_shape)
    }

    /// Opens an existing file, and locks it against other writers that add to it.
    ///
    /// # Errors
    /// `Io` when it can't be opened or is being added to already; as [`read`](crate::read()) when it is not sound;
    /// `Mismatch` when the array has no dimensions or bytes follow it, `Unsupported` when it is in Fortran order and
    /// that matters, or its items are references.
    pub fn open(path: impl AsRef<Path>) -> Result<Self> {
        AppendOptions::new().open(path)
    }

    /// Opens an existing file, whose items and rows have to be those, in whichever byte order; or begins a new one where
    /// there is none.
    ///
    /// ```
    /// # let folder = tempfile::tempdir()?;
    /// # let path = folder.path().join("log.npy");
    /// use arr_core::Scalar;
    /// use arr_npy::Appender;
    /// for day in 0..3u8 {
    ///     let mut log = Appender::open_or_create(&path, Scalar::F64, &[2])?;
    ///     log.push(&[f64::from(day), 0.5])?;
    ///     log.finish()?;
    /// }
    /// assert_eq!(arr_npy::read(&path)?.shape(), [3, 2]);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// As [`open`](Self::open) and [`create`](Self::create); `Mismatch` when the file has other items or rows.
    pub fn open_or_create(
        path: impl AsRef<Path>,
        dtype: impl Into<DType>,
        row_shape: &[usize],
    ) -> Result<Self> {
        AppendOptions::new().open_or_create(path, dtype, row_shape)
    }
}

impl<'a> Appender<'a> {
    /// Begins an array without rows where a writer stands. If it is not finished, the header counts the rows up to
    /// the last [`flush`](Self::flush).
    ///
    /// ```
    /// use arr_core::DType;
    /// use arr_npy::Appender;
    /// let mut file = std::io::Cursor::new(Vec::new());
    /// let mut numbers = Appender::to_writer(&mut file, DType::of::<u8>(), &[])?;
    /// numbers.push(&vec![1u8, 2, 3])?;
    /// numbers.finish()?;
    /// assert_eq!(file.into_inner(), arr_npy::to_bytes(&vec![1u8, 2, 3])?);
    /// # Ok::<(), arr_core::Error>(())
    /// ```
    ///
    /// # Errors
    /// As [`create`](Self::create).
    pub fn to_writer(
        writer: impl Write + Seek + Send + 'a,
        dtype: impl Into<DType>,
        row_shape: &[usize],
    ) -> Result<Self> {
        AppendOptions::new().to_writer(writer, dtype, row_shape)
    }

    fn begin(mut target: Target<'a>, header: &Header, bytes: Vec<u8>) -> Result<Self> {
        target.output(0)?.write(&bytes)?;
        let (end, dtype) = (bytes.len() as u64, as_read(header.dtype())?);
        Self::over(target, dtype, header.shape(), bytes, end)
    }

    fn over(target: Target<'a>, dtype: DType, shape: &[usize], bytes: Vec<u8>, end: u64) -> Result<Self> {
        let rows = shape.split_first();
        let (rows, row_shape) =
            rows.ok_or_else(|| broken_invariant("an array that grows has no dimensions"))?;
        Ok(Self {
            target,
            dtype,
            row_shape: Dims::from_slice(row_shape),
            version: version_of(&bytes)?,
            header: bytes,
            counted: *rows,
            rows: *rows,
            pending: Vec::new(),
            end,
            swap: None,
        })
    }

    /// The rows of the array, with those that were pushed.
    #[must_use]
    pub fn len(&self) -> usize {
        self.rows
    }

    /// True when there are no rows.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.rows == 0
    }

    /// What one item is, in the file's byte order.
    #[must_use]
    pub fn dtype(&self) -> &DType {
        &self.dtype
    }

    /// The items of one row along each of its dimensions.
    #[must_use]
    pub fn row_shape(&self) -> &[usize] {
        &self.row_shape
    }

    /// Adds a row (an array of the shape of a row), or any number of rows (an array of one more dimension in front).
    /// Numbers of another byte order are brought into the file's.
    ///
    /// Rows are collected and written some at a time, so that an error may be seen at a later call.
    ///
    /// # Errors
    /// `Mismatch` when dtype or shape differ, `InvalidArgument` when the array would be too large, `Io` when the file
    /// can't be written. The rows of this call are not added then, those of earlier ones stay.
    pub fn push<A: AsArray + ?Sized>(&mut self, rows: &A) -> Result<()> {
        rows.with_view(|view| self.push_view(view)).map_err(|error| error.in_format("npy"))
    }

    /// Adds rows whose items follow one another in a slice, in C order.
    ///
    /// ```
    /// # let folder = tempfile::tempdir()?;
    /// # let path = folder.path().join("x.npy");
    /// use arr_core::Scalar;
    /// use arr_npy::Appender;
    /// let mut rows = Appender::create(&path, Scalar::U8, &[3])?;
    /// rows.push_flat(&[1u8, 2, 3, 4, 5, 6])?;
    /// assert_eq!(rows.len(), 2);
    /// # rows.finish()?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// As [`push`](Self::push); `Mismatch` when they are not whole rows.
    pub fn push_flat<T: Element>(&mut self, items: &[T]) -> Result<()> {
        let row: usize = self.row_shape.iter().product();
        let rows = if items.is_empty() { Some(0) } else { items.len().checked_div(row) };
        let Some(rows) = rows.filter(|rows| rows.saturating_mul(row) == items.len()) else {
            let message = format!("{} items are not whole rows of {row}", items.len());
            return Err(Error::mismatch(message).in_format("npy"));
        };
        let shape: Dims = std::iter::once(rows).chain(self.row_shape.iter().copied()).collect();
        self.push(&ArrayView::of_slice(items).reshape(&shape, Order::C)?)
    }

    /// Adds records to an array of one dimension whose dtype is [`T::dtype`](arr_core::record::RecordField::dtype), in
    /// whichever byte order.
    ///
    /// ```
    /// # let folder = tempfile::tempdir()?;
    /// # let path = folder.path().join("log.npy");
    /// use arr_npy::{Appender, Record};
    /// #[derive(Record, Debug, PartialEq)]
    /// struct Step { at: f64, loss: f32 }
    ///
    /// let mut log = Appender::open_or_create(&path, Step::record_type()?, &[])?;
    /// log.push_records(&[Step { at: 0.0, loss: 2.5 }, Step { at: 0.5, loss: 1.5 }])?;
    /// log.finish()?;
    /// assert_eq!(arr_npy::read_records::<Step>(&path)?[1], Step { at: 0.5, loss: 1.5 });
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// As [`push`](Self::push); `InvalidArgument` when a string is too long for its field, naming the field and the row.
    pub fn push_records<T: Record>(&mut self, records: &[T]) -> Result<()> {
        let records = Array::from_records(records).map_err(|error| error.in_format("npy"))?;
        self.push(&records)
    }

    /// Checks that rows of that shape and dtype can be added.
    fn check_rows(&self, dtype: &DType, row_shape: &[usize]) -> Result<()> {
        swap_into(dtype, &self.dtype)?;
        if row_shape != self.row_shape.as_slice() {
            let row = self.row_shape.as_slice();
            return Err(Error::mismatch(format!("the file has rows of shape {row:?}, not {row_shape:?}")));
        }
        Ok(())
    }

    fn push_view(&mut self, view: &ArrayView<'_>) -> Result<()> {
        let count = match view.shape() {
            shape if shape == self.row_shape.as_slice() => 1,
            [count, row @ ..] if row == self.row_shape.as_slice() => *count,
            shape => {
                let row = self.row_shape.as_slice();
                return Err(Error::mismatch(format!("rows of shape {row:?} were expected, not {shape:?}")));
            }
        };
        if self.swap.as_ref().is_none_or(|(dtype, _)| dtype != view.dtype()) {
            self.swap = Some((view.dtype().clone(), swap_into(view.dtype(), &self.dtype)?));
        }
        let rows = self.rows.checked_add(count).filter(|rows| self.size_of(*rows).is_some());
        let rows = rows.ok_or_else(|| {
            Error::invalid(format!("{count} more rows than {} would be too large to address", self.rows))
        })?;
        let len = view.nbytes();
        if self.pending.len().saturating_add(len) <= BUFFER {
            self.collect(view)?;
        } else {
            self.write_pending()?;
            self.target.stand_alone(&self.header, self.end)?;
            let swap = self.swap.as_ref().map_or(&Swap::Nothing, |(_, swap)| swap);
            self.target.write_rows(view, swap, self.end)?;
            self.end += len as u64;
        }
        self.rows = rows;
        Ok(())
    }

    /// The bytes of an array of so many rows; `None` when it would be too large.
    fn size_of(&self, rows: usize) -> Option<usize> {
        let shape: Dims = std::iter::once(rows).chain(self.row_shape.iter().copied()).collect();
        byte_count(&shape, &self.dtype)
    }

    fn collect(&mut self, view: &ArrayView<'_>) -> Result<()> {
        let (start, len) = (self.pending.len(), view.nbytes());
        self.pending.try_reserve(len).map_err(|source| {
            Error::limit(format!("no memory for {len} bytes of rows")).with_source(source)
        })?;
        self.pending.resize(start + len, 0);
        let (_, bytes) = self.pending.split_at_mut(start);
        let copied = view.copy_to(bytes, Order::C);
        if let Some((_, swap)) = &self.swap {
            swap.apply(bytes);
        }
        if copied.is_err() {
            self.pending.truncate(start);
        }
        copied
    }

    fn write_pending(&mut self) -> Result<()> {
        if self.pending.is_empty() {
            return Ok(());
        }
        let rows =
            Array::contiguous(DType::Void(1), &[self.pending.len()], Order::C, self.pending.as_slice())?;
        self.target.stand_alone(&self.header, self.end)?;
        self.target.write_rows(&rows, &Swap::Nothing, self.end)?;
        self.end += self.pending.len() as u64;
        self.pending.clear();
        Ok(())
    }

    /// Writes what was pushed and counts it in the header; a new file still does not appear before it is finished.
    ///
    /// # Errors
    /// `Io` when the file can't be written. The header counts then what it did before, and another call tries again;
    /// unless the file was being replaced: then it has to be opened again.
    pub fn flush(&mut self) -> Result<()> {
        self.count().map_err(|error| error.in_format("npy"))
    }

    fn count(&mut self) -> Result<()> {
        self.write_pending()?;
        if self.counted == self.rows {
            return Ok(());
        }
        let shape: Dims = std::iter::once(self.rows).chain(self.row_shape.iter().copied()).collect();
        let header = Header::unplaced(self.dtype.clone(), &shape, Order::C)?;
        match recounted(&self.header, self.version, self.counted, &header)? {
            Some(bytes) => {
                self.target.stand_alone(&self.header, self.end)?;
                self.target.put_header(&self.header, &bytes, self.end)?;
                self.header = bytes;
            }
            None => {
                let bytes = header.to_bytes(Some(self.version)).or_else(|_| header.to_bytes(None))?;
                let data = self.header.len() as u64..self.end;
                self.target.copy_behind(&bytes, data)?;
                self.end = self.end - self.header.len() as u64 + bytes.len() as u64;
                self.version = version_of(&bytes)?;
                self.header = bytes;
            }
        }
        self.counted = self.rows;
        Ok(())
    }

    /// Writes and counts what was pushed, and gives a new file its name.
    ///
    /// # Errors
    /// `Io` when the file can't be written: it is as it was after the last [`flush`](Self::flush) that succeeded.
    pub fn finish(mut self) -> Result<()> {
        self.flush()?;
        self.target.finish(self.end)
    }
}

/// The version in a header that was read or made.
fn version_of(header: &[u8]) -> Result<Version> {
    let major = header.get(MAGIC.len());
    let found = Version::ALL.into_iter().find(|version| Some(&version.major()) == major);
    found.ok_or_else(|| broken_invariant("a header has no version"))
}

impl fmt::Debug for Appender<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Appender({} rows of {} {:?})", self.rows, self.dtype, self.row_shape.as_slice())
    }
}

/// Adds a row or any number of rows to an existing `.npy` file, in place: see [`Appender`], which is the better choice
/// for many.
///
/// ```
/// # let folder = tempfile::tempdir()?;
/// # let path = folder.path().join("x.npy");
/// arr_npy::save(&path, &ndarray::array![[1, 2], [3, 4]])?;
/// arr_npy::append(&path, &ndarray::array![[5, 6]])?;
/// arr_npy::append(&path, &vec![7, 8])?;
/// assert_eq!(arr_npy::read(&path)?.to_vec::<i32>()?, [1, 2, 3, 4, 5, 6, 7, 8]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
/// As [`Appender::open`] and [`Appender::push`]. The file is as before then.
pub fn append<A: AsArray + ?Sized>(path: impl AsRef<Path>, rows: &A) -> Result<()> {
    let path = path.as_ref();
    let mut appender = Appender::open(path)?;
    in_file(path, appender.push(rows).and_then(|()| appender.finish()))
}
