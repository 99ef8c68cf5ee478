//! Writing.

use std::io::Write;
use std::path::Path;

use arr_core::format::{Output, Swap};
use arr_core::{ArrayView, AsArray, ByteOrder, DType, Error, Order, Result, SaveOptions};

use super::NAME;
use crate::nd4j::buffer::{BufferHead, put_shape};
use crate::nd4j::shape::data_len;
use crate::nd4j::types::DataType;

/// How a stream is written: as `Nd4j.write` of M2.1 does it.
///
/// ```
/// use arr_binary::stream::{self, WriteOptions};
/// use arr_core::{Array, Order};
/// let array = Array::from_vec(vec![1i16, 2, 3, 4], &[2, 2])?;
/// let bytes = WriteOptions::new().order(Order::F).to_bytes(&array)?;
/// assert_eq!(stream::view(&bytes)?.strides(), [2, 4]);
/// # Ok::<(), arr_core::Error>(())
/// ```
#[derive(Clone, Copy, Debug, Default)]
pub struct WriteOptions {
    order: Option<Order>,
    save: SaveOptions,
}

impl WriteOptions {
    /// The default options, those of ND4J: Fortran order for arrays that are F-contiguous and not C-contiguous, else C order.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Writes the items in C or Fortran order, however they lie.
    #[must_use]
    pub fn order(mut self, order: Order) -> Self {
        self.order = Some(order);
        self
    }

    /// Sets how [`save`](Self::save) replaces files.
    #[must_use]
    pub fn save_options(mut self, save: SaveOptions) -> Self {
        self.save = save;
        self
    }

    /// Saves an array as a file, whole or not at all: a reader never sees a part of it, and a failed write leaves
    /// the old file.
    ///
    /// # Errors
    /// `Unsupported` when ND4J has no type for the items, or they are strings, or there are more than 32 dimensions;
    /// `Io` when the file can't be written.
    pub fn save<A: AsArray + ?Sized>(self, path: impl AsRef<Path>, array: &A) -> Result<()> {
        array.with_view(|view| self.save.save(path, |output| self.write(view, output)))
    }

    /// Writes an array to a stream.
    ///
    /// # Errors
    /// As [`save`](Self::save).
    pub fn write_to<A: AsArray + ?Sized>(self, writer: &mut impl Write, array: &A) -> Result<()> {
        array.with_view(|view| self.write(view, &mut Output::new(writer)))
    }

    /// The bytes of an array's stream (`Nd4j.toByteArray`).
    ///
    /// # Errors
    /// As [`save`](Self::save).
    pub fn to_bytes<A: AsArray + ?Sized>(self, array: &A) -> Result<Vec<u8>> {
        array.with_view(|view| {
            let mut bytes = Vec::new();
            // Few headers are longer than this.
            bytes.try_reserve_exact(view.nbytes().saturating_add(256)).map_err(|source| {
                Error::limit(format!("no memory for {} bytes", view.nbytes())).with_source(source)
            })?;
            self.write(view, &mut Output::new(&mut bytes))?;
            Ok(bytes)
        })
    }

    /// Writes an array to an [`Output`].
    ///
    /// # Errors
    /// As [`save`](Self::save).
    pub fn write(self, array: &ArrayView<'_>, output: &mut Output<'_>) -> Result<()> {
        self.write_parts(array, output).map_err(|error| error.in_format(NAME))
    }

    fn write_parts(self, array: &ArrayView<'_>, output: &mut Output<'_>) -> Result<()> {
        let order = self.order.unwrap_or_else(|| array.natural_order());
        let header = header_of(array.dtype(), array.shape(), order)?;
        output.expect((header.len() as u64).saturating_add(array.nbytes() as u64))?;
        output.write(&header)?;
        output.write_items(array, order, &Swap::to_order(array.dtype(), ByteOrder::Big))
    }
}

/// The header of an array whose items are written in `order`.
fn header_of(dtype: &DType, shape: &[usize], order: Order) -> Result<Vec<u8>> {
    if matches!(dtype, DType::Utf8 | DType::Bytes(_) | DType::Unicode(..)) {
        return Err(Error::unsupported(
            "ND4J does not write strings to streams: their text would be lost; nd4j-binaryserde and nd4j-txt hold it",
        ));
    }
    let kind = DataType::of(dtype)?;
    let mut bytes = Vec::new();
    put_shape(shape, order, kind, &mut bytes)?;
    BufferHead::put(data_len(shape, 1)?, kind, &mut bytes)?;
    Ok(bytes)
}

/// Writes the header of an array whose items are big-endian in memory.
pub(super) fn write_start(
    dtype: &DType,
    shape: &[usize],
    order: Order,
    output: &mut Output<'_>,
) -> Result<()> {
    let header = header_of(dtype, shape, order)?;
    if !dtype.is_in_order(ByteOrder::Big) {
        return Err(Error::unsupported(format!(
            "items of {dtype} are not written as they are: a stream of ND4J is big-endian"
        )));
    }
    output.expect((header.len() as u64).saturating_add(data_len(shape, dtype.itemsize())?))?;
    output.write(&header)
}

/// Saves an array as a file, whole or not at all; the bytes are those that `Nd4j.saveBinary` of M2.1 writes, except for
/// the strides along dimensions of length 1, which have no meaning.
///
/// ```
/// # let folder = tempfile::tempdir()?;
/// # let path = folder.path().join("x.nd4j");
/// use arr_core::Array;
/// arr_binary::stream::save(&path, &Array::from_vec(vec![1.0, 2.0, 3.0, 4.0], &[2, 2])?)?;
/// assert_eq!(arr_binary::stream::read(&path)?.shape(), [2, 2]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
/// `Unsupported` when ND4J has no type for the items, or they are strings, or there are more than 32 dimensions; `Io`
/// when the file can't be written.
pub fn save<A: AsArray + ?Sized>(path: impl AsRef<Path>, array: &A) -> Result<()> {
    WriteOptions::new().save(path, array)
}

/// Writes an array to a stream, as [`save`] does; several may follow one another.
///
/// # Errors
/// As `save`.
pub fn write_to<A: AsArray + ?Sized>(writer: &mut impl Write, array: &A) -> Result<()> {
    WriteOptions::new().write_to(writer, array)
}

/// The bytes of an array's stream (`Nd4j.toByteArray`).
///
/// # Errors
/// As [`save`].
pub fn to_bytes<A: AsArray + ?Sized>(array: &A) -> Result<Vec<u8>> {
    WriteOptions::new().to_bytes(array)
}
