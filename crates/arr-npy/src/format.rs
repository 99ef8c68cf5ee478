//! The formats of this crate as values: `.npy`, and `.npz` with the feature of that name.

use std::path::Path;

use arr_core::format::{Capabilities, Description, Format, FormatInfo, Output, Take};
use arr_core::{Array, ArrayView, Contiguity, DType, Input, Limits, Mmap, Order, Result, Slice};

use crate::read::read_header_of;
use crate::{AppendOptions, MAGIC, ReadOptions, WriteOptions, map_of};

#[cfg(feature = "npz")]
pub use crate::npz::format::Npz;

/// NumPy's `.npy`, for the facade and for anyone who picks formats at run time.
#[derive(Clone, Copy, Debug, Default)]
pub struct Npy;

const INFO: FormatInfo = FormatInfo {
    name: "npy",
    description: "NumPy array, versions 1.0 to 3.0",
    extensions: &["npy"],
    magic: &[MAGIC],
    capabilities: Capabilities { read: true, write: true, map: true, stream: true, append: true },
};

impl Format for Npy {
    fn info(&self) -> &'static FormatInfo {
        &INFO
    }

    fn describe(&self, input: &mut Input<'_>) -> Result<Description> {
        let header = read_header_of(input)?;
        let order = match header.order() {
            Order::C => Contiguity::C,
            Order::F => Contiguity::F,
        };
        let len = if header.dtype().has_references() { None } else { Some(header.data_len()) };
        let description =
            Description::new(header.dtype().clone(), header.shape(), order, input.position(), len);
        Ok(description.with_version(header.version()))
    }

    fn read(&self, input: &mut Input<'_>) -> Result<Array> {
        ReadOptions::new().read_input(input)
    }

    fn write(&self, array: &ArrayView<'_>, output: &mut Output<'_>) -> Result<()> {
        WriteOptions::new().write(array, output)
    }

    fn read_part(&self, input: &mut Input<'_>, slice: &Slice) -> Result<Array> {
        ReadOptions::new().read_part_input(input, slice)
    }

    fn write_start(
        &self,
        dtype: &DType,
        shape: &[usize],
        order: Order,
        output: &mut Output<'_>,
    ) -> Result<()> {
        let (header, len) = WriteOptions::new().order(order).start(dtype, shape)?;
        output.expect((header.len() as u64).saturating_add(len))?;
        output.write(&header)
    }

    fn append(
        &self,
        path: &Path,
        rows: &mut dyn FnMut(&mut Take<'_>) -> Result<()>,
        overwrite_trailing: bool,
    ) -> Result<()> {
        let mut appender = AppendOptions::new().overwrite_trailing(overwrite_trailing).open(path)?;
        rows(&mut |some| appender.push(some))?;
        appender.finish()
    }

    fn map(&self, map: Mmap, limits: &Limits) -> Result<Array<Mmap>> {
        map_of(map, limits)
    }
}
