//! Reading, viewing and mapping.

use std::borrow::Borrow;
use std::fs::File;
use std::io::Read;
use std::path::Path;

use arr_core::format::Swap;
use arr_core::{
    Array, ArrayView, ArrayViewMut, Buffer, ByteOrder, Error, Input, Limits, Mmap, MmapMut, Order, Result,
    Slice, Storage,
};

use super::NAME;
use super::header::{BinarySerdeHeader, parse_header, read_header};
use crate::nd4j::DataType;
use crate::nd4j::shape::{natural_order, placed};
use crate::nd4j::texts;

/// How an array is read. By default numbers stay little-endian, and strings must be UTF-8.
///
/// ```
/// use arr_binary::binaryserde::{self, ReadOptions};
/// use arr_core::Limits;
/// let bytes = binaryserde::to_bytes(&vec![1.5f32, 2.5])?;
/// let array = ReadOptions::new().native().limits(Limits::default().max_bytes(1 << 20)).read_bytes(&bytes)?;
/// assert_eq!(array.as_slice::<f32>()?, [1.5, 2.5]);
/// # Ok::<(), arr_core::Error>(())
/// ```
#[derive(Clone, Debug, Default)]
pub struct ReadOptions {
    limits: Limits,
    byte_order: Option<ByteOrder>,
    latin1: bool,
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

    /// Decodes strings as Latin-1, the first 256 characters of Unicode. ND4J writes the strings of these characters so; what
    /// it writes for others can't be recovered. Strings in UTF-8, which other writers may produce, are misread.
    #[must_use]
    pub fn latin1(mut self) -> Self {
        self.latin1 = true;
        self
    }

    /// Reads a file into memory of its own.
    ///
    /// # Errors
    /// `Io` when the file can't be read; `Malformed`, `Unsupported` or `LimitExceeded` with the offset.
    pub fn read(&self, path: impl AsRef<Path>) -> Result<Array> {
        self.read_input(&mut Input::open(path)?.with_limits(&self.limits))
    }

    /// Reads one array from a stream or a channel, and leaves it right behind the array.
    ///
    /// # Errors
    /// As [`read`](Self::read).
    pub fn read_from(&self, reader: &mut (impl Read + ?Sized)) -> Result<Array> {
        self.read_input(&mut Input::from_reader(reader).with_limits(&self.limits))
    }

    /// Reads an array in memory into memory of its own; [`view`] borrows instead.
    ///
    /// # Errors
    /// As [`read`](Self::read).
    pub fn read_bytes(&self, bytes: &[u8]) -> Result<Array> {
        self.read_input(&mut Input::from_bytes(bytes).with_limits(&self.limits))
    }

    /// Reads an array from an [`Input`] under the input's own limits, and leaves it right behind the array.
    ///
    /// # Errors
    /// As [`read`](Self::read).
    pub fn read_input(&self, input: &mut Input<'_>) -> Result<Array> {
        let header = read_header(input)?;
        self.read_data(&header, input).map_err(|error| error.in_format(NAME))
    }

    /// Reads a part of the array of a file: see [`read_part()`].
    ///
    /// # Errors
    /// As [`read`](Self::read); `InvalidArgument` when the slice does not fit the array.
    pub fn read_part(&self, path: impl AsRef<Path>, slice: impl Borrow<Slice>) -> Result<Array> {
        self.read_part_input(&mut Input::open(path)?.with_limits(&self.limits), slice)
    }

    /// Reads a part of an array from an [`Input`] under the input's own limits, and leaves it right behind the array.
    /// Strings, packed data, and inputs that are not seekable are read whole.
    ///
    /// # Errors
    /// As [`read_part`](Self::read_part).
    pub fn read_part_input(&self, input: &mut Input<'_>, slice: impl Borrow<Slice>) -> Result<Array> {
        let header = read_header(input)?;
        self.read_part_of(&header, input, slice.borrow()).map_err(|error| error.in_format(NAME))
    }

    /// Reads a part of the items of an array whose header has been read.
    pub(crate) fn read_part_of(
        &self,
        header: &BinarySerdeHeader,
        input: &mut Input<'_>,
        slice: &Slice,
    ) -> Result<Array> {
        match header.plain_len() {
            Ok(len) if input.can_seek() => self.fetch(header, len, input, slice),
            _ => self.read_data(header, input)?.slice(slice)?.to_contiguous(order_of(header)),
        }
    }

    /// Reads the items of an array whose header has been read.
    pub(crate) fn read_data(&self, header: &BinarySerdeHeader, input: &mut Input<'_>) -> Result<Array> {
        match (header.compression(), header.data_type()) {
            (Some(_), _) => unpack(header, input, self.byte_order),
            (None, DataType::Utf8) => {
                texts::read_texts(header.layout(), header.buffer_items(), input, self.latin1)
            }
            (None, _) => read_numbers(header, input, self.byte_order),
        }
    }

    fn fetch(
        &self,
        header: &BinarySerdeHeader,
        len: u64,
        input: &mut Input<'_>,
        slice: &Slice,
    ) -> Result<Array> {
        let (position, dtype) = (input.position(), header.dtype());
        if let Some(left) = input.remaining().filter(|left| *left < len) {
            return Err(cut_short(len, left, position));
        }
        let layout = header.layout().sliced(slice)?;
        let bytes = layout.len().saturating_mul(dtype.itemsize()) as u64;
        input.budget().charge_bytes(bytes).map_err(|error| error.at(position))?;
        let part = Array::fetch(dtype, &layout, order_of(header), self.byte_order, |bytes, at| {
            input.read_exact_at(bytes, at, "data")
        })?;
        input.skip(len, "data")?;
        Ok(part)
    }
}

fn order_of(header: &BinarySerdeHeader) -> Order {
    natural_order(header.contiguity())
}

fn read_numbers(
    header: &BinarySerdeHeader,
    input: &mut Input<'_>,
    byte_order: Option<ByteOrder>,
) -> Result<Array> {
    let (dtype, len) = (header.dtype(), header.plain_len()?);
    let bytes = match byte_order.map_or(Swap::Nothing, |wanted| Swap::to_order(dtype, wanted)) {
        Swap::Nothing => input.read_buffer(len, "data"),
        swap => input.read_buffer_with(len, "data", dtype.itemsize(), |piece| swap.apply(piece)),
    }?;
    let dtype = byte_order.map_or_else(|| dtype.clone(), |wanted| dtype.with_byte_order(wanted));
    Array::new(dtype, header.layout().clone(), bytes.freeze())
}

fn unpack(header: &BinarySerdeHeader, input: &mut Input<'_>, byte_order: Option<ByteOrder>) -> Result<Array> {
    let at = input.position();
    let packed = header.compression();
    let packed = packed.ok_or_else(|| Error::malformed("the data is not compressed").at(at))?;
    let (mut bytes, found) = packed.unpack(input)?;
    let wanted = byte_order.unwrap_or(ByteOrder::Little);
    let dtype = header.dtype().with_byte_order(wanted);
    let swap = Swap::to_order(&dtype.with_byte_order(found), wanted);
    swap.apply(bytes.as_mut_slice());
    Array::new(dtype, header.layout().clone(), bytes.freeze())
}

/// The array that a header describes, over bytes in which the header begins at byte `start`.
pub(crate) fn in_place<S: Storage>(header: &BinarySerdeHeader, storage: S, start: u64) -> Result<Array<S>> {
    let len = header.plain_len().map_err(|error| error.nested(start))?;
    let offset = start.saturating_add(header.data_offset());
    let left = (storage.bytes().len() as u64).saturating_sub(offset);
    if left < len {
        return Err(cut_short(len, left, offset));
    }
    Array::new(header.dtype().clone(), placed(header.layout(), offset)?, storage)
}

fn of_whole<S: Storage>(storage: S, limits: &Limits) -> Result<Array<S>> {
    let header = parse_header(storage.bytes(), limits)?;
    in_place(&header, storage, 0).map_err(|error| error.in_format(NAME))
}

#[cold]
fn cut_short(expected: u64, found: u64, at: u64) -> Error {
    Error::malformed(format!("the input ends inside the data: expected {expected} bytes, found {found}"))
        .at(at)
}

/// Reads a file into memory of its own (`BinarySerde.readFromDisk`).
///
/// # Errors
/// `Io` when the file can't be read; `Malformed`, `Unsupported` or `LimitExceeded` with the offset.
pub fn read(path: impl AsRef<Path>) -> Result<Array> {
    ReadOptions::new().read(path)
}

/// Reads one array from a stream or a channel, and leaves it right behind the array: several can follow each other.
/// Nothing is read ahead: wrap files in a `BufReader` when the arrays are small.
///
/// ```
/// use arr_binary::binaryserde;
/// let mut channel = Vec::new();
/// binaryserde::write_to(&mut channel, &vec![1u8, 2])?;
/// binaryserde::write_to(&mut channel, &vec![3.0f64])?;
/// let mut reader = &channel[..];
/// assert_eq!(binaryserde::read_from(&mut reader)?.to_vec::<u8>()?, [1, 2]);
/// assert_eq!(binaryserde::read_from(&mut reader)?.to_vec::<f64>()?, [3.0]);
/// assert!(reader.is_empty());
/// # Ok::<(), arr_core::Error>(())
/// ```
///
/// # Errors
/// As [`read`].
pub fn read_from(reader: &mut (impl Read + ?Sized)) -> Result<Array> {
    ReadOptions::new().read_from(reader)
}

/// Reads an array in memory into memory of its own (`BinarySerde.toArray`); [`view`] borrows instead.
///
/// # Errors
/// As [`read`].
pub fn read_bytes(bytes: &[u8]) -> Result<Array> {
    ReadOptions::new().read_bytes(bytes)
}

/// The array in a [`Buffer`], which it shares.
///
/// # Errors
/// As [`view`].
pub fn read_buffer(buffer: Buffer) -> Result<Array> {
    of_whole(buffer, &Limits::default())
}

/// Reads a part of the array of a file by positioned reads, which take no more than the part and the bytes between items
/// that lie close together. Steps may be negative, indices drop their axes.
///
/// ```
/// # let folder = tempfile::tempdir()?;
/// # let path = folder.path().join("x.buf");
/// use arr_binary::binaryserde;
/// use arr_core::{Array, s};
/// binaryserde::save(&path, &Array::from_vec((0..1000).collect::<Vec<i32>>(), &[100, 10])?)?;
/// assert_eq!(binaryserde::read_part(&path, s![50..52, 5])?.to_vec::<i32>()?, [505, 515]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
/// As [`read`]; `InvalidArgument` when the slice does not fit the array.
pub fn read_part(path: impl AsRef<Path>, slice: impl Borrow<Slice>) -> Result<Array> {
    ReadOptions::new().read_part(path, slice)
}

/// Views an array in memory, without a copy. Bytes behind it are not looked at. Numbers are typed in place when the memory
/// is aligned for them.
///
/// # Errors
/// `Malformed`, `Unsupported` (data is compressed, or strings) or `LimitExceeded` with the offset.
pub fn view(bytes: &[u8]) -> Result<ArrayView<'_>> {
    view_with(bytes, &Limits::default())
}

/// [`view`] under other limits than the default ones.
///
/// # Errors
/// As `view`.
pub fn view_with<'a>(bytes: &'a [u8], limits: &Limits) -> Result<ArrayView<'a>> {
    of_whole(bytes, limits)
}

/// Views an array in memory that can be written, such as memory shared with another process: values are changed in place.
///
/// ```
/// use arr_binary::binaryserde;
/// use arr_core::{Array, s};
/// let mut shared = binaryserde::to_bytes(&[1u8, 2, 3])?;
/// let mut array = binaryserde::view_mut(&mut shared)?;
/// array.slice_mut(s![0..1])?.assign(&Array::from_vec(vec![10u8], &[1])?)?;
/// assert_eq!(binaryserde::view(&shared)?.to_vec::<u8>()?, [10, 2, 3]);
/// # Ok::<(), arr_core::Error>(())
/// ```
///
/// # Errors
/// As [`view`].
pub fn view_mut(bytes: &mut [u8]) -> Result<ArrayViewMut<'_>> {
    of_whole(bytes, &Limits::default())
}

/// Maps a file and gives its array in place: it opens in microseconds whatever its size, and only the pages that are
/// used are read. See [`Mmap`] for what a map asks of the file.
///
/// # Errors
/// As [`view`]; `Io` when the file can't be mapped.
pub fn map(path: impl AsRef<Path>) -> Result<Array<Mmap>> {
    map_of(Mmap::open(path)?, &Limits::default())
}

/// The array of a mapped file.
///
/// # Errors
/// As [`view`].
pub fn map_of(map: Mmap, limits: &Limits) -> Result<Array<Mmap>> {
    of_whole(map, limits)
}

/// Maps a file for reading and writing; changes of values reach the file. See [`MmapMut`] for what such a map asks of it.
///
/// # Errors
/// As [`map`].
pub fn map_mut(path: impl AsRef<Path>) -> Result<Array<MmapMut>> {
    let file = File::options().read(true).write(true).open(path);
    let file = file.map_err(|source| Error::io("can't open for writing", source))?;
    of_whole(MmapMut::shared(&file)?, &Limits::default())
}

/// Maps a file for reading and writing; changes are seen by this map alone, and the file need only be readable.
///
/// ```
/// # let folder = tempfile::tempdir()?;
/// # let path = folder.path().join("x.buf");
/// use arr_binary::binaryserde;
/// use arr_core::{Array, s};
/// binaryserde::save(&path, &vec![1u8, 2, 3])?;
/// let mut map = binaryserde::map_private(&path)?;
/// map.slice_mut(s![0..1])?.assign(&Array::from_vec(vec![10u8], &[1])?)?;
/// assert_eq!(map.to_vec::<u8>()?, [10, 2, 3]);
/// assert_eq!(binaryserde::read(&path)?.to_vec::<u8>()?, [1, 2, 3]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
/// As [`map`].
pub fn map_private(path: impl AsRef<Path>) -> Result<Array<MmapMut>> {
    let file = File::open(path).map_err(|source| Error::io("can't open", source))?;
    of_whole(MmapMut::private(&file)?, &Limits::default())
}
