//! Reading, viewing and mapping.

use std::fs::File;
use std::io::{BufReader, Read};
use std::path::Path;

use arr_core::format::Swap;
use arr_core::{Array, ArrayView, BufferMut, ByteOrder, Error, Input, Limits, Mmap, Result, Storage};

use super::{NAME, StreamHeader};
use crate::nd4j::shape::placed;

/// How a stream is read. By default an array keeps the byte order of the file, which is big-endian.
///
/// ```
/// # let bytes = arr_binary::stream::to_bytes(&vec![1.5f32, 2.5])?;
/// use arr_binary::stream::ReadOptions;
/// let array = ReadOptions::new().native().read_bytes(&bytes)?;
/// assert_eq!(array.as_slice::<f32>()?, [1.5, 2.5]);
/// # Ok::<(), arr_core::Error>(())
/// ```
#[derive(Clone, Debug, Default)]
pub struct ReadOptions {
    pub(super) limits: Limits,
    pub(super) byte_order: Option<ByteOrder>,
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

    /// Reads the first array of a file into memory of its own.
    ///
    /// # Errors
    /// `Io` when the file can't be read; `Malformed`, `Unsupported` or `LimitExceeded` with the offset.
    pub fn read(&self, path: impl AsRef<Path>) -> Result<Array> {
        self.read_input(&mut Input::open(path)?.with_limits(&self.limits))
    }

    /// Reads one array from a stream and leaves the stream right behind it.
    ///
    /// # Errors
    /// As [`read`](Self::read).
    pub fn read_from(&self, reader: &mut (impl Read + ?Sized)) -> Result<Array> {
        self.read_input(&mut Input::from_reader(reader).with_limits(&self.limits))
    }

    /// Reads the first array of bytes in memory into memory of its own; [`view`] borrows instead.
    ///
    /// # Errors
    /// As [`read`](Self::read).
    pub fn read_bytes(&self, bytes: &[u8]) -> Result<Array> {
        let mut input = Input::from_bytes(bytes).with_limits(&self.limits);
        let header = StreamHeader::read(&mut input)?;
        let wanted = self.byte_order.filter(|wanted| !header.dtype().is_in_order(*wanted));
        let Some(wanted) = wanted.filter(|_| header.packed().is_none()) else {
            return self.read_data(&header, &mut input);
        };
        // Items that are in memory already are swapped by all cores.
        let read = view_of(&header, bytes).and_then(|view| {
            input.budget().charge_bytes(view.nbytes() as u64)?;
            view.to_contiguous_in(view.natural_order(), wanted)
        });
        read.map_err(|error| error.in_format(NAME).at(header.data_offset()))
    }

    /// Reads one array from an [`Input`] under the input's own limits.
    ///
    /// # Errors
    /// As [`read`](Self::read).
    pub fn read_input(&self, input: &mut Input<'_>) -> Result<Array> {
        let header = StreamHeader::read(input)?;
        self.read_data(&header, input)
    }

    /// Reads the arrays of a file one by one.
    ///
    /// # Errors
    /// `Io` when the file can't be opened.
    pub fn arrays(&self, path: impl AsRef<Path>) -> Result<Arrays<'static>> {
        let file = File::open(path).map_err(|source| Error::io("can't open", source))?;
        let is_file = file.metadata().is_ok_and(|metadata| metadata.is_file());
        let input = match is_file {
            true => Input::from_seekable(BufReader::with_capacity(BUFFERED, file))?,
            false => Input::from_file(file)?,
        };
        Ok(self.arrays_of(input))
    }

    /// Reads the arrays of a stream one by one, until it ends.
    pub fn arrays_from<'a>(&self, reader: impl Read + 'a) -> Arrays<'a> {
        self.arrays_of(Input::from_reader(reader))
    }

    /// Reads the arrays of an [`Input`] one by one, until it ends. Limits hold for each array.
    #[must_use]
    pub fn arrays_of<'a>(&self, input: Input<'a>) -> Arrays<'a> {
        Arrays { options: self.clone(), input, ended: false }
    }

    pub(super) fn read_data(&self, header: &StreamHeader, input: &mut Input<'_>) -> Result<Array> {
        self.read_items(header, input).map_err(|error| error.in_format(NAME))
    }

    fn read_items(&self, header: &StreamHeader, input: &mut Input<'_>) -> Result<Array> {
        header.check_items()?;
        header.check_length(input.remaining())?;
        let dtype = header.dtype();
        let swap = self.byte_order.map_or(Swap::Nothing, |wanted| Swap::to_order(dtype, wanted));
        let read_as = self.byte_order.map_or_else(|| dtype.clone(), |wanted| dtype.with_byte_order(wanted));
        let bytes = match header.packed() {
            Some(packed) => {
                let mut bytes = packed.unpack(input)?;
                swap.apply(bytes.as_mut_slice());
                bytes
            }
            None => {
                let needed = header.needed()?;
                let bytes = read_swapped(input, needed, dtype.itemsize(), &swap)?;
                match header.data_len().saturating_sub(needed) {
                    0 => {}
                    rest => input.skip(rest, "data")?,
                }
                bytes
            }
        };
        Array::new(read_as, header.layout().clone(), bytes.freeze())
    }
}

/// The size of the buffer: arrays are often small, and then several of them are read at once.
const BUFFERED: usize = 64 << 10;

/// Reads data and swaps it piece by piece while it is in the cache.
fn read_swapped(input: &mut Input<'_>, len: u64, itemsize: usize, swap: &Swap) -> Result<BufferMut> {
    match swap {
        Swap::Nothing => input.read_buffer(len, "data"),
        swap => input.read_buffer_with(len, "data", itemsize, |piece| swap.apply(piece)),
    }
}

/// The arrays of a stream, one by one: see [`arrays`].
#[derive(Debug)]
pub struct Arrays<'a> {
    options: ReadOptions,
    input: Input<'a>,
    ended: bool,
}

impl Arrays<'_> {
    fn read_next(&mut self) -> Result<Option<Array>> {
        if self.input.at_end()? {
            return Ok(None);
        }
        *self.input.budget() = self.options.limits.budget();
        self.options.read_input(&mut self.input).map(Some)
    }
}

impl Iterator for Arrays<'_> {
    type Item = Result<Array>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.ended {
            return None;
        }
        let next = self.read_next().transpose();
        self.ended = !matches!(next, Some(Ok(_)));
        next
    }
}

/// Reads the first array of a file into memory of its own.
///
/// # Errors
/// `Io` when the file can't be read; `Malformed`, `Unsupported` or `LimitExceeded` with the offset.
pub fn read(path: impl AsRef<Path>) -> Result<Array> {
    ReadOptions::new().read(path)
}

/// Reads one array from a stream and leaves the stream right behind it, so that arrays that `Nd4j.write` wrote one
/// behind the other can be read one by one; [`arrays_from`] reads all of them.
///
/// ```
/// use arr_binary::stream;
/// let mut written = Vec::new();
/// stream::write_to(&mut written, &vec![1u8, 2])?;
/// stream::write_to(&mut written, &vec![3.0f64])?;
/// let mut reader = &written[..];
/// assert_eq!(stream::read_from(&mut reader)?.to_vec::<u8>()?, [1, 2]);
/// assert_eq!(stream::read_from(&mut reader)?.to_vec::<f64>()?, [3.0]);
/// assert!(reader.is_empty());
/// # Ok::<(), arr_core::Error>(())
/// ```
///
/// # Errors
/// As [`read`].
pub fn read_from(reader: &mut (impl Read + ?Sized)) -> Result<Array> {
    ReadOptions::new().read_from(reader)
}

/// Reads the first array of bytes in memory (`Nd4j.fromByteArray`) into memory of its own.
///
/// # Errors
/// As [`read`].
pub fn read_bytes(bytes: &[u8]) -> Result<Array> {
    ReadOptions::new().read_bytes(bytes)
}

/// Reads the arrays of a file one by one, until it ends.
///
/// ```
/// # let folder = tempfile::tempdir()?;
/// # let path = folder.path().join("x.nd4j");
/// use arr_binary::stream;
/// let mut file = std::fs::File::create(&path)?;
/// stream::write_to(&mut file, &vec![1i32, 2])?;
/// stream::write_to(&mut file, &vec![3i32])?;
/// let sizes: Vec<usize> = stream::arrays(&path)?.map(|array| array.map(|array| array.len())).collect::<Result<_, _>>()?;
/// assert_eq!(sizes, [2, 1]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
/// `Io` when the file can't be opened. Each array is a result of its own, the first error the last of them.
pub fn arrays(path: impl AsRef<Path>) -> Result<Arrays<'static>> {
    ReadOptions::new().arrays(path)
}

/// Reads the arrays of a stream one by one, until it ends: see [`arrays`].
pub fn arrays_from<'a>(reader: impl Read + 'a) -> Arrays<'a> {
    ReadOptions::new().arrays_from(reader)
}

/// Views the first array of bytes in memory, without a copy, big-endian and at any alignment. Bytes behind the array are
/// not looked at.
///
/// ```
/// use arr_binary::stream;
/// let bytes = stream::to_bytes(&vec![1u16, 2, 3])?;
/// let array = stream::view(&bytes)?;
/// assert_eq!(array.to_vec::<u16>()?, [1, 2, 3]);
/// # Ok::<(), arr_core::Error>(())
/// ```
///
/// # Errors
/// `Malformed`, `Unsupported` (compressed data, strings) or `LimitExceeded` with the offset.
pub fn view(bytes: &[u8]) -> Result<ArrayView<'_>> {
    view_with(bytes, &Limits::default())
}

/// [`view`] under other limits than the default ones.
///
/// # Errors
/// As `view`.
pub fn view_with<'a>(bytes: &'a [u8], limits: &Limits) -> Result<ArrayView<'a>> {
    of_whole_file(bytes, limits)
}

/// Maps a file and gives its first array in place, big-endian: it opens in microseconds whatever its size, and only
/// the pages that are used are read. See [`Mmap`] for what a map asks of the file.
///
/// # Errors
/// As [`read`]; `Unsupported` when the data is compressed.
pub fn map(path: impl AsRef<Path>) -> Result<Array<Mmap>> {
    map_of(Mmap::open(path)?, &Limits::default())
}

/// The first array of a mapped file.
///
/// # Errors
/// As [`view`].
pub fn map_of(map: Mmap, limits: &Limits) -> Result<Array<Mmap>> {
    of_whole_file(map, limits)
}

/// Reads the header of a file.
///
/// # Errors
/// As [`read`].
pub fn read_file_header(path: impl AsRef<Path>) -> Result<StreamHeader> {
    StreamHeader::read(&mut Input::open(path)?)
}

fn of_whole_file<S: Storage>(storage: S, limits: &Limits) -> Result<Array<S>> {
    let header = StreamHeader::read(&mut Input::from_bytes(storage.bytes()).with_limits(limits))?;
    view_of(&header, storage).map_err(|error| error.in_format(NAME).at(header.data_offset()))
}

/// The array in place, in bytes that begin with its header.
fn view_of<S: Storage>(header: &StreamHeader, storage: S) -> Result<Array<S>> {
    header.check_items()?;
    if let Some(algorithm) = header.compression() {
        return Err(Error::unsupported(format!(
            "the data is compressed by {algorithm}: it can be read, not looked at in place"
        )));
    }
    let len = storage.bytes().len() as u64;
    header.check_length(Some(len.saturating_sub(header.data_offset())))?;
    let layout = placed(header.layout(), header.data_offset())?;
    Array::new(header.dtype().clone(), layout, storage)
}
