//! Reading, viewing and mapping.

use std::borrow::Borrow;
use std::io::Read;
use std::path::Path;

use arr_core::format::{Description, Swap};
use arr_core::{Array, ArrayView, ByteOrder, Error, Input, Limits, Mmap, Order, Result, Slice, Storage};

use super::NAME;
use super::table::{self, Header, parse_bytes};
use crate::nd4j::details::with_details;
use crate::nd4j::shape::{self, placed};
use crate::nd4j::texts::read_texts;
use crate::nd4j::types::{DataType, Generation};

/// How a FlatArray is read. By default an array keeps the byte order and the item order of the file.
///
/// ```
/// use arr_binary::flatarray::{ReadOptions, to_bytes};
/// # use arr_core::Array;
/// let bytes = to_bytes(&Array::from_vec(vec![1.5f32, 2.5], &[2])?)?;
/// let array = ReadOptions::new().native().read_bytes(&bytes)?;
/// assert_eq!(array.as_slice::<f32>()?, [1.5, 2.5]);
/// # Ok::<(), arr_core::Error>(())
/// ```
#[derive(Clone, Debug, Default)]
pub struct ReadOptions {
    limits: Limits,
    byte_order: Option<ByteOrder>,
    order: Option<Order>,
}

impl ReadOptions {
    /// The default options: everything stays as it is in the file, under the default limits.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets the limits.
    #[must_use]
    pub fn limits(mut self, limits: Limits) -> Self {
        self.limits = limits;
        self
    }

    /// Converts numbers to the machine's byte order while they are read.
    #[must_use]
    pub fn native(self) -> Self {
        self.byte_order(ByteOrder::NATIVE)
    }

    /// Converts numbers to that byte order while they are read.
    #[must_use]
    pub fn byte_order(mut self, byte_order: ByteOrder) -> Self {
        self.byte_order = Some(byte_order);
        self
    }

    /// Copies the items into C or Fortran order, where they do not lie so.
    #[must_use]
    pub fn order(mut self, order: Order) -> Self {
        self.order = Some(order);
        self
    }

    /// Reads a file into memory of its own.
    ///
    /// # Errors
    /// `Io` when the file can't be read; `Malformed`, `Unsupported` or `LimitExceeded` with the offset.
    pub fn read(&self, path: impl AsRef<Path>) -> Result<Array> {
        self.read_input(&mut Input::open(path)?.with_limits(&self.limits))
    }

    /// Reads an array from a stream, up to the end of the stream.
    ///
    /// # Errors
    /// As [`read`](Self::read).
    pub fn read_from(&self, reader: &mut (impl Read + ?Sized)) -> Result<Array> {
        self.read_input(&mut Input::from_reader(reader).with_limits(&self.limits))
    }

    /// Reads a file in memory into memory of its own; [`view`] borrows instead.
    ///
    /// # Errors
    /// As [`read`](Self::read).
    pub fn read_bytes(&self, bytes: &[u8]) -> Result<Array> {
        self.read_input(&mut Input::from_bytes(bytes).with_limits(&self.limits))
    }

    /// Reads an array from an [`Input`], to its end, under the input's own limits. Of a seekable input memory holds no more
    /// than the items.
    ///
    /// # Errors
    /// As [`read`](Self::read).
    pub fn read_input(&self, input: &mut Input<'_>) -> Result<Array> {
        with_seekable(input, |input| self.read_file(input))
    }

    /// Reads a part of the array of a file: see [`read_part()`].
    ///
    /// # Errors
    /// As [`read`](Self::read); `InvalidArgument` when the slice does not fit the array.
    pub fn read_part(&self, path: impl AsRef<Path>, slice: impl Borrow<Slice>) -> Result<Array> {
        self.read_part_input(&mut Input::open(path)?.with_limits(&self.limits), slice)
    }

    /// Reads a part of an array from an [`Input`], and leaves it at its end. Strings, and inputs that are not seekable, are
    /// read whole.
    ///
    /// # Errors
    /// As [`read_part`](Self::read_part).
    pub fn read_part_input(&self, input: &mut Input<'_>, slice: impl Borrow<Slice>) -> Result<Array> {
        with_seekable(input, |input| self.read_part_file(input, slice.borrow()))
    }

    fn read_file(&self, input: &mut Input<'_>) -> Result<Array> {
        let header = header_at(input)?;
        let array = self.read_items(&header, input)?;
        skip_rest(input)?;
        Ok(array)
    }

    /// Reads the items of the file at the position of an input.
    fn read_items(&self, header: &Header, input: &mut Input<'_>) -> Result<Array> {
        let dtype = header.dtype();
        input.skip(header.data().start as u64, "FlatBuffer")?;
        let at = input.position();
        let Some(needed) = header.needed() else {
            let count = header.shape_info().buffer_items()?;
            let limits = input.budget().limits().clone();
            let bytes = input.read_buffer(header.data().len() as u64, "strings")?;
            let mut texts = Input::from_bytes(bytes.as_slice()).with_limits(&limits);
            return read_texts(header.layout(), count, &mut texts, false).map_err(|error| error.nested(at));
        };
        // Items of one byte have no byte order, and any will do.
        let byte_order = self.byte_order.unwrap_or_else(|| dtype.byte_order().unwrap_or(ByteOrder::NATIVE));
        let bytes = match Swap::to_order(dtype, byte_order) {
            Swap::Nothing => input.read_buffer(needed, "data"),
            swap => input.read_buffer_with(needed, "data", dtype.itemsize(), |piece| swap.apply(piece)),
        }?;
        let dtype = dtype.with_byte_order(byte_order);
        let array = Array::new(dtype, header.layout().clone(), bytes.freeze())?;
        match self.order.filter(|order| array.as_bytes(*order).is_none()) {
            Some(order) => {
                input.budget().charge_bytes(array.nbytes() as u64).map_err(|error| error.at(at))?;
                array.to_contiguous(order)
            }
            None => Ok(array),
        }
    }

    fn read_part_file(&self, input: &mut Input<'_>, slice: &Slice) -> Result<Array> {
        let header = header_at(input)?;
        let order = self.order.unwrap_or_else(|| natural_order(&header));
        if header.needed().is_none() {
            let array = self.read_items(&header, input)?;
            skip_rest(input)?;
            return array.slice(slice)?.to_contiguous(order);
        }
        let (position, data) = (input.position(), header.data().start as u64);
        let layout = header.layout().sliced(slice)?;
        let bytes = layout.len().saturating_mul(header.dtype().itemsize()) as u64;
        input.budget().charge_bytes(bytes).map_err(|error| error.at(position.saturating_add(data)))?;
        let part = Array::fetch(header.dtype(), &layout, order, self.byte_order, |bytes, at| {
            input.read_exact_at(bytes, data.saturating_add(at), "data")
        })?;
        skip_rest(input)?;
        Ok(part)
    }
}

/// Calls `f` with a seekable input: a stream is read to its end first, since the shape may be anywhere.
fn with_seekable<T>(input: &mut Input<'_>, f: impl FnOnce(&mut Input<'_>) -> Result<T>) -> Result<T> {
    let found = if input.can_seek() {
        f(input)
    } else {
        let (start, limits) = (input.position(), input.budget().limits().clone());
        let bytes = input.read_to_end().map_err(|error| error.in_format(NAME))?;
        f(&mut Input::from_bytes(&bytes).with_limits(&limits)).map_err(|error| error.nested(start))
    };
    found.map_err(|error| error.in_format(NAME))
}

/// Calls `f` with the length of the file at the position of an input, and a way to fetch its bytes. The input stays there.
fn look<T>(
    input: &mut Input<'_>,
    f: impl FnOnce(u64, &mut super::fields::Fetch<'_>) -> Result<T>,
) -> Result<T> {
    let (start, len) = (input.position(), length(input)?);
    let mut failed = None;
    let found = f(len, &mut |place, bytes| {
        input.read_exact_at(bytes, place, "FlatBuffer").map_err(|error| {
            // Its offset counts from the start of the input already.
            failed = Some(error);
            Error::malformed("the file can't be read")
        })
    });
    match failed {
        Some(error) => Err(error),
        None => found.map_err(|error| error.nested(start)),
    }
}

/// The header of the file at the position of an input. The input stays there.
fn header_at(input: &mut Input<'_>) -> Result<Header> {
    let start = input.position();
    let header = look(input, table::parse)?;
    let len = usize::try_from(length(input)?).ok();
    if let Some(bytes) = len.and_then(|len| input.ahead()?.lend(len)) {
        table::verify(bytes)?;
    }
    header.charge(input.budget()).map_err(|error| error.nested(start))?;
    Ok(header)
}

fn skip_rest(input: &mut Input<'_>) -> Result<()> {
    input.skip(length(input)?, "FlatBuffer")
}

/// Bytes from the position of an input to its end.
fn length(input: &Input<'_>) -> Result<u64> {
    input.remaining().ok_or_else(|| Error::invalid("the length of a FlatArray has to be known"))
}

/// The order in which the items lie, or C.
fn natural_order(header: &Header) -> Order {
    shape::natural_order(header.layout().contiguity(header.data_type().layout_size()))
}

/// Describes an array, and leaves the input at the end of the file.
pub(super) fn describe(input: &mut Input<'_>) -> Result<Description> {
    with_seekable(input, |input| {
        let start = input.position();
        let header = header_at(input)?;
        let dtype = header.dtype().clone();
        let order = header.layout().contiguity(header.data_type().layout_size());
        let offset = start.saturating_add(header.data().start as u64);
        let description = Description::new(dtype, header.shape(), order, offset, header.needed());
        skip_rest(input)?;
        let (kind, info) = (header.data_type(), header.shape_info());
        Ok(with_details(description, Generation::Three, kind, Some(info), None))
    })
}

/// Reads an array, with the faults of its file.
pub(super) fn read_strictly(input: &mut Input<'_>) -> Result<(Array, Vec<Error>)> {
    with_seekable(input, |input| {
        let faults = faults_ahead(input)?;
        Ok((ReadOptions::new().read_file(input)?, faults))
    })
}

/// The faults of a file that can be read nevertheless. The input is seekable and stays where it is.
pub(super) fn faults_ahead(input: &mut Input<'_>) -> Result<Vec<Error>> {
    let start = input.position();
    let faults = look(input, table::faults).map_err(|error| error.in_format(NAME))?;
    Ok(faults.into_iter().map(|fault| fault.nested(start).in_format(NAME)).collect())
}

/// Reads a FlatArray into memory of its own.
///
/// # Errors
/// `Io` when the file can't be read; `Malformed`, `Unsupported` or `LimitExceeded` with the offset. The
/// strings of an array that was reshaped are not in the file: `Unsupported`.
pub fn read(path: impl AsRef<Path>) -> Result<Array> {
    ReadOptions::new().read(path)
}

/// Reads a FlatArray from a stream, up to the end of the stream.
///
/// # Errors
/// As [`read`].
pub fn read_from(reader: &mut (impl Read + ?Sized)) -> Result<Array> {
    ReadOptions::new().read_from(reader)
}

/// Reads a FlatArray in memory into memory of its own; [`view`] borrows instead.
///
/// # Errors
/// As [`read`].
pub fn read_bytes(bytes: &[u8]) -> Result<Array> {
    ReadOptions::new().read_bytes(bytes)
}

/// Reads a part of the array of a file by positioned reads, which take no more than the part and the bytes between items
/// that lie close together. Steps may be negative, indices drop their axes.
///
/// ```
/// # let folder = tempfile::tempdir()?;
/// # let path = folder.path().join("x.fb");
/// use arr_binary::flatarray;
/// use arr_core::{Array, s};
/// flatarray::save(&path, &Array::from_vec((0..1000).collect::<Vec<i32>>(), &[100, 10])?)?;
/// assert_eq!(flatarray::read_part(&path, s![50..52, 5])?.to_vec::<i32>()?, [505, 515]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
/// As [`read`]; `InvalidArgument` when the slice does not fit the array.
pub fn read_part(path: impl AsRef<Path>, slice: impl Borrow<Slice>) -> Result<Array> {
    ReadOptions::new().read_part(path, slice)
}

/// Views a FlatArray in memory, without a copy and in the byte order of the file.
///
/// # Errors
/// As [`read`].
pub fn view(bytes: &[u8]) -> Result<ArrayView<'_>> {
    view_with(bytes, &Limits::default())
}

/// [`view`] under other limits than the default ones.
///
/// # Errors
/// As [`read`].
pub fn view_with<'a>(bytes: &'a [u8], limits: &Limits) -> Result<ArrayView<'a>> {
    in_place(bytes, limits)
}

/// Maps a file and gives its array in place: only the pages that are used are read. See [`Mmap`] for what a map
/// asks of the file.
///
/// # Errors
/// As [`read`].
pub fn map(path: impl AsRef<Path>) -> Result<Array<Mmap>> {
    map_of(Mmap::open(path)?, &Limits::default())
}

/// The array of a mapped file.
///
/// # Errors
/// As [`read`].
pub fn map_of(map: Mmap, limits: &Limits) -> Result<Array<Mmap>> {
    in_place(map, limits)
}

/// Refuses strings, whose bytes lie in the file in another way than in an array.
fn check_view(header: &Header) -> Result<()> {
    if header.data_type() != DataType::Utf8 {
        return Ok(());
    }
    let message = "strings can't be looked at in place: read the array";
    Err(Error::unsupported(message).in_format(NAME).at(header.data().start as u64))
}

/// The array of a file over the bytes of the whole file.
fn in_place<S: Storage>(storage: S, limits: &Limits) -> Result<Array<S>> {
    let header = parse_bytes(storage.bytes(), &mut limits.budget())?;
    check_view(&header)?;
    let layout = placed(header.layout(), header.data().start as u64)?;
    Array::new(header.dtype().clone(), layout, storage)
}
