//! Writing.

mod records;

pub use self::records::{save_records, write_records_to};

use std::io::Write;
use std::path::Path;

use arr_core::format::{Output, Swap};
use arr_core::{ArrayView, AsArray, ByteOrder, DType, Error, Limits, Order, Result, SaveOptions, Scalar};

use crate::header::{Header, Version, parse_header};

/// How a `.npy` is written. Left alone, it gives the bytes that `numpy.save` gives for the same array.
///
/// ```
/// use arr_npy::{Version, WriteOptions};
/// use arr_core::{ByteOrder, Order};
/// let array = ndarray::array![[1u16, 2], [3, 4]];
/// let bytes = WriteOptions::new().order(Order::F).byte_order(ByteOrder::Big).version(Version::V2_0).to_bytes(&array)?;
/// let back = arr_npy::view(&bytes)?;
/// assert_eq!(back.dtype().to_string(), ">u2");
/// assert_eq!(back.storage()[..4], [0, 1, 0, 3]);
/// # Ok::<(), arr_core::Error>(())
/// ```
#[derive(Clone, Copy, Debug, Default)]
pub struct WriteOptions {
    pub(crate) version: Option<Version>,
    pub(crate) order: Option<Order>,
    pub(crate) byte_order: Option<ByteOrder>,
    pub(crate) save: SaveOptions,
}

impl WriteOptions {
    /// Writes as NumPy does: the smallest version that fits, Fortran order for arrays that are F-contiguous and not
    /// C-contiguous, numbers in the order they are in.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Writes that version of the format.
    #[must_use]
    pub fn version(mut self, version: Version) -> Self {
        self.version = Some(version);
        self
    }

    /// Writes the items in C or Fortran order, however they lie.
    #[must_use]
    pub fn order(mut self, order: Order) -> Self {
        self.order = Some(order);
        self
    }

    /// Writes numbers in that byte order.
    #[must_use]
    pub fn byte_order(mut self, byte_order: ByteOrder) -> Self {
        self.byte_order = Some(byte_order);
        self
    }

    /// Says how [`save`](Self::save) replaces files.
    #[must_use]
    pub fn save_options(mut self, save: SaveOptions) -> Self {
        self.save = save;
        self
    }

    /// Saves an array as a file, whole or not at all: a reader never sees a part of it, and a failed write leaves
    /// the old file.
    ///
    /// # Errors
    /// `Unsupported` when the items are objects or strings of any length, `InvalidArgument` when the version can't
    /// hold the header, `Io` when the file can't be written.
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

    /// The bytes of an array's file.
    ///
    /// # Errors
    /// As [`save`](Self::save).
    pub fn to_bytes<A: AsArray + ?Sized>(self, array: &A) -> Result<Vec<u8>> {
        array.with_view(|view| {
            let mut bytes = Vec::new();
            // Most headers are as long as this.
            bytes.try_reserve_exact(view.nbytes().saturating_add(128)).map_err(|source| {
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
        self.write_parts(array, output).map_err(|error| error.in_format("npy"))
    }

    fn write_parts(self, array: &ArrayView<'_>, output: &mut Output<'_>) -> Result<()> {
        let plan = self.plan(array)?;
        output.expect(plan.len)?;
        plan.write(array, output)
    }

    /// The header of an array whose items are written as they are in memory, and how many bytes those take.
    pub(crate) fn start(self, dtype: &DType, shape: &[usize]) -> Result<(Vec<u8>, u64)> {
        self.start_parts(dtype, shape).map_err(|error| error.in_format("npy"))
    }

    fn start_parts(self, dtype: &DType, shape: &[usize]) -> Result<(Vec<u8>, u64)> {
        let (stored, swap) = storable(dtype, self.byte_order)?;
        if swap != Swap::Nothing {
            return Err(Error::unsupported(format!("items of {dtype} are stored in another byte order")));
        }
        let header = Header::unplaced(stored, shape, self.order.unwrap_or(Order::C))?;
        Ok((header.to_bytes(self.version)?, header.data_len()))
    }

    /// What is written of an array, before any of it is.
    pub(crate) fn plan(self, array: &ArrayView<'_>) -> Result<Plan> {
        let order = self.order.unwrap_or_else(|| array.natural_order());
        let (dtype, swap) = storable(array.dtype(), self.byte_order)?;
        let header = Header::unplaced(dtype, array.shape(), order)?.to_bytes(self.version)?;
        let len = (header.len() as u64).saturating_add(array.nbytes() as u64);
        Ok(Plan { header, order, swap, len })
    }
}

/// How an array is written.
pub(crate) struct Plan {
    header: Vec<u8>,
    order: Order,
    swap: Swap,
    /// Bytes of header and data.
    pub(crate) len: u64,
}

impl Plan {
    /// Writes the array that the plan was made for. It can be done more than once.
    pub(crate) fn write(&self, array: &ArrayView<'_>, output: &mut Output<'_>) -> Result<()> {
        output.write(&self.header)?;
        output.write_items(array, self.order, &self.swap)
    }
}

/// The dtype in which items are written, and what brings them there.
pub(crate) fn storable(dtype: &DType, wanted: Option<ByteOrder>) -> Result<(DType, Swap)> {
    Ok(match storable_order(dtype, wanted)? {
        Some(order) => (dtype.with_byte_order(order), Swap::to_order(dtype, order)),
        None => (dtype.clone(), Swap::Nothing),
    })
}

/// The dtype that a reader finds where items of a dtype were written.
pub(crate) fn as_read(dtype: &DType) -> Result<DType> {
    let header = Header::unplaced(dtype.clone(), &[], Order::C)?.to_bytes(None)?;
    let limits = Limits::default().max_header_size(u64::MAX);
    Ok(parse_header(&header, &limits)?.into_parts().0)
}

/// What brings items of `from` into a file whose reader finds `to`: the two differ in byte orders at most.
pub(crate) fn swap_into(from: &DType, to: &DType) -> Result<Swap> {
    if from == to {
        return Ok(Swap::Nothing);
    }
    for order in [None, Some(ByteOrder::Little), Some(ByteOrder::Big)] {
        if let Ok((dtype, swap)) = storable(from, order) {
            if as_read(&dtype)? == *to {
                return Ok(swap);
            }
        }
    }
    Err(Error::mismatch(format!("the dtype differs: the file has {to}, the items are {from}")))
}

/// The byte order to write in, where it is not the array's own. A `.npy` holds bfloat16 as two opaque bytes, of which
/// every reader takes the first for the low one.
fn storable_order(dtype: &DType, wanted: Option<ByteOrder>) -> Result<Option<ByteOrder>> {
    match dtype {
        DType::Scalar(Scalar::BF16, _) => Ok(Some(ByteOrder::Little)),
        DType::Record(_)
            if holds_big_bfloat16(&wanted.map_or(dtype.clone(), |order| dtype.with_byte_order(order))) =>
        {
            Err(Error::unsupported("a record with big-endian bfloat16: the format has no name for it"))
        }
        _ => Ok(wanted),
    }
}

fn holds_big_bfloat16(dtype: &DType) -> bool {
    match dtype {
        DType::Scalar(Scalar::BF16, order) => *order == ByteOrder::Big,
        DType::Record(record) => record.fields().iter().any(|field| holds_big_bfloat16(field.dtype())),
        DType::SubArray(sub) => holds_big_bfloat16(sub.base()),
        _ => false,
    }
}

/// Saves an array as a `.npy` file, whole or not at all; the bytes are those that `numpy.save` writes.
///
/// ```
/// # let folder = tempfile::tempdir()?;
/// # let path = folder.path().join("x.npy");
/// arr_npy::save(&path, &ndarray::array![[1.0, 2.0], [3.0, 4.0]])?;
/// assert_eq!(arr_npy::read(&path)?.shape(), [2, 2]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
/// `Unsupported` when the items are objects or strings of any length, `Io` when the file can't be written.
pub fn save<A: AsArray + ?Sized>(path: impl AsRef<Path>, array: &A) -> Result<()> {
    WriteOptions::new().save(path, array)
}

/// Writes an array to a stream, as [`save`] does.
///
/// # Errors
/// As `save`.
pub fn write_to<A: AsArray + ?Sized>(writer: &mut impl Write, array: &A) -> Result<()> {
    WriteOptions::new().write_to(writer, array)
}

/// The bytes of an array's `.npy` file.
///
/// # Errors
/// As [`save`].
pub fn to_bytes<A: AsArray + ?Sized>(array: &A) -> Result<Vec<u8>> {
    WriteOptions::new().to_bytes(array)
}
