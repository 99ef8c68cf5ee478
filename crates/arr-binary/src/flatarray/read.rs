//! Reading, viewing and mapping.

use std::io::Read;
use std::path::Path;

use arr_core::{
    Array, ArrayView, BufferMut, ByteOrder, Description, Error, Input, Layout, Limits, Mmap, Order, Result,
    Storage, Swap,
};

use super::NAME;
use super::table::{Header, parse};
use crate::details::with_details;
use crate::texts::read_texts;
use crate::types::{DataType, Generation};

/// How a FlatArray is read. Left alone, an array keeps the byte order and the item order that it has in the file.
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
    /// Keeps everything as it is in the file, under the default limits.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Puts a policy in force.
    #[must_use]
    pub fn limits(mut self, limits: Limits) -> Self {
        self.limits = limits;
        self
    }

    /// Brings numbers into the machine's byte order, on the way.
    #[must_use]
    pub fn native(self) -> Self {
        self.byte_order(ByteOrder::NATIVE)
    }

    /// Brings numbers into that byte order, on the way.
    #[must_use]
    pub fn byte_order(mut self, byte_order: ByteOrder) -> Self {
        self.byte_order = Some(byte_order);
        self
    }

    /// Lays the items out in C or Fortran order, on the way.
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

    /// Reads an array from an [`Input`], to its end, under the input's own limits.
    ///
    /// # Errors
    /// As [`read`](Self::read).
    pub fn read_input(&self, input: &mut Input<'_>) -> Result<Array> {
        let start = input.position();
        self.read_file(input).map_err(|error| error.nested(start).in_format(NAME))
    }

    /// Offsets in errors are counted from where the input stands.
    fn read_file(&self, input: &mut Input<'_>) -> Result<Array> {
        let file = whole(input)?;
        let header = parse(file.bytes(), input.budget())?;
        let (dtype, data) = (header.dtype(), header.data());
        if header.data_type() == DataType::Utf8 {
            let limits = input.budget().limits().clone();
            let count = header.shape_info().buffer_items()?;
            let mut texts = Input::from_bytes(data_of(file.bytes(), &header)).with_limits(&limits);
            let texts = read_texts(header.layout(), count, &mut texts, false);
            return texts.map_err(|error| error.nested(data.start as u64));
        }
        let byte_order = self.byte_order.unwrap_or_else(|| dtype.byte_order().unwrap_or(ByteOrder::NATIVE));
        let natural = Array::new(dtype.clone(), header.layout().clone(), data_of(file.bytes(), &header))?;
        let other_order = self.order.is_some_and(|order| natural.as_bytes(order).is_none());
        if other_order {
            input.budget().charge_bytes(natural.nbytes() as u64)?;
            return natural.to_contiguous_in(self.order.unwrap_or_default(), byte_order);
        }
        let mut items = match file {
            File::Lent(_) | File::Arrived(_) => {
                if matches!(file, File::Lent(_)) {
                    input.budget().charge_bytes(data.len() as u64)?;
                }
                BufferMut::copy_of(natural.storage())?
            }
            // The items come to the front, where they are aligned.
            File::Read(mut buffer) => {
                buffer.as_mut_slice().copy_within(data.clone(), 0);
                buffer.truncate(data.len());
                buffer
            }
        };
        Swap::to_order(dtype, byte_order).apply(items.as_mut_slice());
        Array::new(dtype.with_byte_order(byte_order), header.layout().clone(), items.freeze())
    }
}

/// All that is left of an input.
enum File<'a> {
    /// It was in memory already.
    Lent(&'a [u8]),
    /// It was read in one go.
    Read(BufferMut),
    /// It came in pieces, as a stream does.
    Arrived(Vec<u8>),
}

impl File<'_> {
    fn bytes(&self) -> &[u8] {
        match self {
            File::Lent(bytes) => bytes,
            File::Read(buffer) => buffer.as_slice(),
            File::Arrived(bytes) => bytes,
        }
    }
}

/// Reads all that is left: the shape stands behind the data.
fn whole<'a>(input: &mut Input<'a>) -> Result<File<'a>> {
    let Some(left) = input.remaining() else { return input.read_to_end().map(File::Arrived) };
    match usize::try_from(left).ok().and_then(|left| input.lend(left)) {
        Some(lent) => Ok(File::Lent(lent)),
        None => input.read_buffer(left, "FlatBuffer").map(File::Read),
    }
}

fn data_of<'a>(bytes: &'a [u8], header: &Header) -> &'a [u8] {
    bytes.get(header.data()).unwrap_or_default()
}

pub(super) fn describe(input: &mut Input<'_>) -> Result<Description> {
    let start = input.position();
    let describe = |input: &mut Input<'_>| {
        let file = whole(input)?;
        let header = parse(file.bytes(), input.budget())?;
        let dtype = header.dtype().clone();
        let itemsize = if header.data_type() == DataType::Utf8 { 1 } else { dtype.itemsize() };
        let order = header.layout().contiguity(itemsize);
        let data = header.data();
        let offset = start.saturating_add(data.start as u64);
        // The shape stands behind the data, so that the input can't be left before it.
        let description = Description::new(dtype, header.shape(), order, offset, None);
        let (kind, info) = (header.data_type(), header.shape_info());
        Ok(with_details(description, Generation::Three, kind, Some(info), None))
    };
    describe(input).map_err(|error: Error| error.nested(start).in_format(NAME))
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

/// Looks at a FlatArray in memory, without a copy and in the byte order of the file.
///
/// # Errors
/// As [`read`].
pub fn view(bytes: &[u8]) -> Result<ArrayView<'_>> {
    view_with(bytes, &Limits::default())
}

/// [`view`] under a policy.
///
/// # Errors
/// As [`read`].
pub fn view_with<'a>(bytes: &'a [u8], limits: &Limits) -> Result<ArrayView<'a>> {
    let header = parse(bytes, &mut limits.budget())?;
    check_view(&header)?;
    Array::new(header.dtype().clone(), header.layout().clone(), data_of(bytes, &header))
}

/// Maps a file and gives its array in place: only the pages that are looked at are read. See [`Mmap`] for what a map
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

/// Refuses strings, which lie in the file in another way than in an array.
fn check_view(header: &Header) -> Result<()> {
    if header.data_type() != DataType::Utf8 {
        return Ok(());
    }
    let message = "strings can't be looked at in place: read the array";
    Err(Error::unsupported(message).in_format(NAME).at(header.data().start as u64))
}

/// The array of a file over the bytes of the whole file.
fn in_place<S: Storage>(storage: S, limits: &Limits) -> Result<Array<S>> {
    let header = parse(storage.bytes(), &mut limits.budget())?;
    check_view(&header)?;
    let items = header.layout();
    let layout = Layout::new(items.shape(), items.strides(), header.data().start)?;
    Array::new(header.dtype().clone(), layout, storage)
}
