//! Writing.

mod records;

pub use self::records::{save_records, write_records_to};

use arr_core::format::{Output, Swap};
use arr_core::{ArrayView, ByteOrder, DType, Error, Limits, Order, Result, SaveOptions, Scalar};

use crate::header::{CommonHeader, Header, Version, parse_header};

/// How a `.npy` is written. By default, the result is the bytes that `numpy.save` gives for the same array.
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

arr_core::write_doors!(WriteOptions { order: order, save: save });

impl WriteOptions {
    arr_core::setters! {
        /// Writes that version of the format.
        version: Option<Version>;
        /// Writes numbers in that byte order.
        byte_order: Option<ByteOrder>;
    }

    /// Writes an array to an [`Output`].
    ///
    /// # Errors
    /// As [`save`](Self::save).
    pub fn write(&self, array: &ArrayView<'_>, output: &mut Output<'_>) -> Result<()> {
        self.write_parts(array, output).map_err(|error| error.in_format("npy"))
    }

    fn write_parts(&self, array: &ArrayView<'_>, output: &mut Output<'_>) -> Result<()> {
        if self.version.is_none() && self.byte_order.is_none() {
            let order = self.order.unwrap_or_else(|| array.natural_order());
            let mut header = CommonHeader::new();
            if let Some(header) = header.make(array.dtype(), array.shape(), order) {
                output.expect((header.len() as u64).saturating_add(array.nbytes() as u64))?;
                output.write(header)?;
                return output.write_items(array, order, &Swap::Nothing);
            }
        }
        let plan = self.plan(array)?;
        output.expect(plan.len)?;
        plan.write(array, output)
    }

    /// The dtype in which items are written, and the header of an array of it.
    pub(crate) fn head_of(&self, dtype: &DType, shape: &[usize]) -> Result<(DType, Vec<u8>)> {
        let (stored, _) = storable(dtype, self.byte_order)?;
        let header = Header::unplaced(stored.clone(), shape, self.order.unwrap_or(Order::C))?;
        Ok((stored, header.to_bytes(self.version)?))
    }

    /// What is written of an array, before any of it is.
    pub(crate) fn plan(&self, array: &ArrayView<'_>) -> Result<Plan> {
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

arr_core::write_functions!();
