//! Writing.
//!
//! The bytes are those of FlatBuffers' builder for Java, from front to back: the offset of the table, four bytes of
//! padding where the numbers of the shape would not be aligned, the vtable, the table, the items padded to four bytes,
//! and the shape. Items are written in pieces.

use std::io::Write;
use std::path::Path;

use arr_core::format::{Output, Swap};
use arr_core::{ArrayView, AsArray, ByteOrder, DType, Error, Order, Result, SaveOptions};
use byteorder::{LE, WriteBytesExt as _};

use super::NAME;
use super::table::code_of;
use crate::nd4j::DataType;
use crate::nd4j::shape::{Numbers, numbers_of};

/// The largest offset of a FlatBuffer.
const LONGEST: u64 = i32::MAX as u64;

/// How a FlatArray is written. By default the bytes are those that ND4J M2.1 writes for the same array.
#[derive(Clone, Copy, Debug, Default)]
pub struct WriteOptions {
    byte_order: Option<ByteOrder>,
    order: Option<Order>,
    save: SaveOptions,
}

impl WriteOptions {
    /// The default options, those of ND4J on the JVM: big-endian, in Fortran order when the array is F-contiguous and not
    /// C-contiguous, else in C order.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Writes numbers in that byte order; native code writes little-endian ones.
    #[must_use]
    pub fn byte_order(mut self, byte_order: ByteOrder) -> Self {
        self.byte_order = Some(byte_order);
        self
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

    /// Saves an array as a file, whole or not at all.
    ///
    /// # Errors
    /// `Unsupported` when ND4J has no such type (strings have one, but ND4J loses them in this format), the rank
    /// exceeds 32 or the file would exceed 2 GiB; `Io` when the file can't be written.
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
            let plan = self.plan(view).map_err(|error| error.in_format(NAME))?;
            let mut bytes = Vec::new();
            let no_memory = || Error::limit(format!("no memory for {} bytes", plan.len()));
            let len = usize::try_from(plan.len()).map_err(|_| no_memory())?;
            bytes.try_reserve_exact(len).map_err(|source| no_memory().with_source(source))?;
            plan.write(view, &mut Output::new(&mut bytes))?;
            Ok(bytes)
        })
    }

    /// Writes an array to an [`Output`].
    ///
    /// # Errors
    /// As [`save`](Self::save).
    pub fn write(self, array: &ArrayView<'_>, output: &mut Output<'_>) -> Result<()> {
        let plan = self.plan(array).map_err(|error| error.in_format(NAME))?;
        output.expect(plan.len())?;
        plan.write(array, output)
    }

    fn plan(self, array: &ArrayView<'_>) -> Result<Plan> {
        let order = self.order.unwrap_or_else(|| array.natural_order());
        let byte_order = self.byte_order.unwrap_or(ByteOrder::Big);
        Plan::of(array.dtype(), array.shape(), order, byte_order)
    }
}

/// The bytes of a file before and behind its items.
struct Plan {
    head: Vec<u8>,
    tail: Vec<u8>,
    data: u32,
    order: Order,
    swap: Swap,
}

impl Plan {
    fn of(dtype: &DType, shape: &[usize], order: Order, byte_order: ByteOrder) -> Result<Self> {
        if matches!(dtype, DType::Utf8 | DType::Bytes(_) | DType::Unicode(..)) {
            return Err(Error::unsupported(
                "ND4J loses the text of strings in this format; nd4j-binaryserde and nd4j-txt hold it",
            ));
        }
        let kind = DataType::of(dtype)?;
        let (Some(code), Some(itemsize)) = (code_of(kind), kind.itemsize()) else {
            return Err(Error::unsupported(format!("ND4J loses items of {dtype} in this format")));
        };
        let numbers = numbers_of(shape, order, kind)?;
        // A size that overflows is too large as well.
        let nbytes = shape.iter().fold(itemsize as u64, |bytes, dim| bytes.saturating_mul(*dim as u64));
        let too_large = || {
            Error::unsupported(format!("an array of {nbytes} bytes is too large: a FlatBuffer ends at 2 GiB"))
        };
        let data = u32::try_from(nbytes).ok().filter(|data| u64::from(*data) < LONGEST);
        let data = data.ok_or_else(too_large)?;
        let plan = Self::new(dtype, (order, byte_order), (code, data), &numbers)?;
        if plan.len() > LONGEST { Err(too_large()) } else { Ok(plan) }
    }

    fn new(
        dtype: &DType,
        (order, byte_order): (Order, ByteOrder),
        (code, data): (u8, u32),
        shape: &Numbers,
    ) -> Result<Self> {
        let padding = data.wrapping_neg() % 4;
        let aligned = (data + padding) % 8 == 0;
        let has_data = data > 0;
        let mut head = Vec::new();
        // The table follows a vtable of 12 bytes, and begins with the distance back to it.
        let table: u32 = if !has_data || aligned { 16 } else { 20 };
        head.write_u32::<LE>(table)?;
        head.extend(if table == 20 { &[0; 4][..] } else { &[] });
        let (room, buffer_at) = if has_data { (16u16, 12u16) } else { (12, 0) };
        for number in [12, room, 8, buffer_at, 6, 7] {
            head.write_u16::<LE>(number)?;
        }
        head.write_u32::<LE>(12)?;
        head.extend([0, 0, code, u8::from(byte_order == ByteOrder::Big)]);
        // Offsets count from where they stand.
        if has_data {
            head.write_u32::<LE>(12 + data + padding)?;
            head.write_u32::<LE>(4)?;
            head.write_u32::<LE>(data)?;
        } else {
            head.write_u32::<LE>(4)?;
        }
        let mut tail = vec![0; padding as usize];
        let count =
            u32::try_from(shape.len()).map_err(|_| Error::unsupported("too many dimensions for ND4J"))?;
        tail.write_u32::<LE>(count)?;
        shape.iter().try_for_each(|number| tail.write_i64::<LE>(*number))?;
        Ok(Self { head, tail, data, order, swap: Swap::to_order(dtype, byte_order) })
    }

    /// Bytes of the file.
    fn len(&self) -> u64 {
        (self.head.len() + self.tail.len()) as u64 + u64::from(self.data)
    }

    fn write(&self, array: &ArrayView<'_>, output: &mut Output<'_>) -> Result<()> {
        output.write(&self.head)?;
        output.write_items(array, self.order, &self.swap)?;
        output.write(&self.tail)
    }
}

/// Writes the bytes before the items of an array that are big-endian in memory.
pub(super) fn write_start(
    dtype: &DType,
    shape: &[usize],
    order: Order,
    output: &mut Output<'_>,
) -> Result<()> {
    let plan = Plan::of(dtype, shape, order, ByteOrder::Big)?;
    if plan.swap != Swap::Nothing {
        return Err(Error::unsupported(format!(
            "items of {dtype} are not written as they are: a FlatArray is big-endian"
        )));
    }
    output.expect(plan.len())?;
    output.write(&plan.head)
}

/// Writes the bytes behind the items.
pub(super) fn write_end(dtype: &DType, shape: &[usize], order: Order, output: &mut Output<'_>) -> Result<()> {
    output.write(&Plan::of(dtype, shape, order, ByteOrder::Big)?.tail)
}

/// Saves an array as a FlatArray, whole or not at all; the bytes are those that ND4J M2.1 writes.
///
/// # Errors
/// `Unsupported` when ND4J has no such type (strings have one, but ND4J loses them in this format), the rank exceeds
/// 32 or the file would exceed 2 GiB; `Io` when the file can't be written.
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

/// The bytes of an array's FlatArray.
///
/// # Errors
/// As [`save`].
pub fn to_bytes<A: AsArray + ?Sized>(array: &A) -> Result<Vec<u8>> {
    WriteOptions::new().to_bytes(array)
}
