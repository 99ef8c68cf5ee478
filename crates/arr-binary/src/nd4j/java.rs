//! Serialized Java objects (format `java-serialized`): arrays of `ObjectOutputStream.writeObject(array)`, which are read.
//!
//! The stream holds one object of class `org.nd4j.linalg.api.ndarray.BaseNDArrayProxy`: the fields `arrayOrdering` (a
//! letter), `length` and `arrayShape`, then one [data buffer](super#data-buffers) in records of block data. There are no
//! strides: the items are in C or F order, as the letter states. The fields are in the order of the class description. The
//! grammar is that of the Java Object Serialization Specification, chapter 6. Nothing of it is executed, no class is looked
//! up, and objects of other classes are refused by name.
//!
//! ```no_run
//! let array = arr_binary::java::read("array.ser")?;
//! # Ok::<(), arr_core::Error>(())
//! ```

mod blocks;
pub(crate) mod format;
mod object;

use std::fs::File;
use std::io::BufReader;
use std::path::Path;

use arr_core::format::{Budget, Reading, Swap};
use arr_core::{Array, BufferMut, ByteOrder, DType, Error, ErrorKind, Input, Layout, Result};

use crate::nd4j::buffer::BufferHead;
use crate::nd4j::types::DataType;
use blocks::Blocks;
use format::JavaSerialized;
use object::Proxy;

/// The registered name of the format.
const NAME: &str = "java-serialized";

arr_core::codec_read_options!(JavaSerialized);
arr_core::read_functions!(Array);

impl ReadOptions {
    /// [`read`](Self::read) through a buffer, since the data comes in records of a kilobyte.
    ///
    /// # Errors
    /// As `read`.
    pub fn read_buffered(&self, path: impl AsRef<Path>) -> Result<Array> {
        let file = File::open(path).map_err(|source| Error::io("can't open", source))?;
        let input = match file.metadata().is_ok_and(|metadata| metadata.is_file()) {
            true => Input::from_seekable(BufReader::with_capacity(BUFFERED, file))?,
            false => Input::from_file(file)?,
        };
        self.read_input(&mut input.with_limits(&self.reading.limits))
    }
}

/// Reads the data of an object whose fields have been read.
fn read_items(proxy: &Proxy, input: &mut Input<'_>, how: &Reading) -> Result<Array> {
    let start = input.position();
    let mut budget = input.budget().clone();
    let known = input.remaining();
    let mut blocks = Blocks::new(input);
    let read = read_data(proxy, Input::from_reader(&mut blocks), known, &mut budget, how);
    let read = read.and_then(|array| blocks.end().map(|()| array));
    let position = input.position();
    *input.budget() = budget;
    read.map_err(|error| in_blocks(error, start, position))
}

/// Reads the data buffer, which is all of `data`. Its records are in an input with `known` bytes left.
fn read_data(
    proxy: &Proxy,
    mut data: Input<'_>,
    known: Option<u64>,
    budget: &mut Budget,
    how: &Reading,
) -> Result<Array> {
    let (dtype, data_len) = head_of(proxy, &mut data)?;
    let itemsize = dtype.itemsize();
    let layout = proxy.layout(itemsize)?;
    let needed = (layout.len() as u64).saturating_mul(itemsize as u64);
    if let Some(left) = known.filter(|left| *left < data_len) {
        return Err(Error::malformed(format!(
            "the input ends inside the data: expected {data_len} bytes, found {left} at most"
        )));
    }
    budget.charge_bytes(needed)?;
    let swap = how.byte_order.map_or(Swap::Nothing, |wanted| Swap::to_order(&dtype, wanted));
    let read_as = how.byte_order.map_or_else(|| dtype.clone(), |wanted| dtype.with_byte_order(wanted));
    let bytes = match known {
        // The bytes are there, so that memory for them can be reserved.
        Some(_) => {
            let len = usize::try_from(needed)
                .map_err(|_| Error::limit(format!("{needed} bytes do not fit into memory")))?;
            let mut bytes = BufferMut::zeroed(len)?;
            for piece in bytes.as_mut_slice().chunks_mut((PIECE / itemsize.max(1)).max(1) * itemsize.max(1)) {
                data.read_exact(piece, "data")?;
                swap.apply(piece);
            }
            bytes
        }
        None => data.read_buffer_with(needed, "data", itemsize, |piece| swap.apply(piece))?,
    };
    data.skip(data_len.saturating_sub(needed), "data")?;
    Array::new(read_as, layout, bytes.freeze())
}

/// Adds the offset to an error that was counted in joined records, which begin at `start`.
fn in_blocks(error: Error, start: u64, position: u64) -> Error {
    match error.kind() {
        ErrorKind::Malformed => {
            Error::malformed(format!("in the block data from byte {start} on: {error}")).at(position)
        }
        _ => error.at(position),
    }
}

/// The dtype of the items and their bytes, from the head of the data buffer.
fn head_of(proxy: &Proxy, data: &mut Input<'_>) -> Result<(DType, u64)> {
    let head = BufferHead::read_data(data, proxy.generation())?;
    let (Some(len), Some(dtype)) = (head.data_len()?, head.kind.dtype(ByteOrder::Big)) else {
        return Err(match head.kind {
            DataType::Utf8 => {
                Error::unsupported("ND4J wrote no strings: it leaves out their text, which is lost")
            }
            other => Error::unsupported(format!("items of {other} are not read from serialized objects")),
        });
    };
    let items = proxy.items();
    if head.count != items && items > 0 || head.count < items {
        return Err(Error::malformed(format!(
            "the data has {} items, expected {items} for shape {:?}",
            head.count,
            proxy.shape()
        )));
    }
    Ok((dtype, len))
}

/// The size of the buffer: the records have a kilobyte, and many are read at once.
const BUFFERED: usize = 128 << 10;

/// Bytes of a piece of data that is swapped while it is in the cache.
const PIECE: usize = 256 << 10;

impl Proxy {
    /// The layout of the items.
    fn layout(&self, itemsize: usize) -> Result<Layout> {
        let layout = Layout::contiguous(self.shape(), itemsize, self.order());
        // A shape that no array can have is an error in the file here, not in an argument.
        layout.map_err(|error| Error::malformed(error.to_string()))
    }
}
