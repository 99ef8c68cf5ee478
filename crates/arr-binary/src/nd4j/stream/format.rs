//! Streams as one of the formats.

use arr_core::format::{Capabilities, Description, Format, FormatInfo, Output};
use arr_core::{Array, ArrayView, ByteOrder, DType, Input, Limits, Mmap, Order, Result, Slice};

use super::{NAME, ReadOptions, StreamHeader, WriteOptions, map_of};
use crate::nd4j::details::with_details;

/// The streams of `Nd4j.write`, for the facade and for anyone who picks formats at run time.
#[derive(Clone, Copy, Debug, Default)]
pub struct Nd4jStream;

const INFO: FormatInfo = FormatInfo {
    name: NAME,
    description: "ND4J stream (Nd4j.write, saveBinary, toByteArray), generations 1 to 3",
    extensions: &["nd4j"],
    magic: &[
        b"\0\x10MIXED_DATA_TYPES",
        b"\0\x0aLONG_SHAPE",
        b"\0\x07JAVACPP",
        b"\0\x06DIRECT",
        b"\0\x04HEAP",
    ],
    capabilities: Capabilities { read: true, write: true, map: true, stream: true, append: false },
};

impl Format for Nd4jStream {
    fn info(&self) -> &'static FormatInfo {
        &INFO
    }

    /// The version is the generation. That compressed data can be unpacked is known when it has been.
    fn describe(&self, input: &mut Input<'_>) -> Result<Description> {
        let header = StreamHeader::read(input)?;
        let description = Description::new(
            header.dtype().clone(),
            header.shape(),
            header.contiguity(),
            header.data_offset(),
            Some(header.data_len()),
        );
        let packing = header.packed().map(|packed| {
            format!("{}, {} bytes in {}", packed.algorithm, packed.original_len, header.data_len())
        });
        let description =
            description.with_version(header.generation()).with_packed(header.compression().is_some());
        let info = Some(header.shape_info());
        let mut description =
            with_details(description, header.generation(), header.data_type(), info, packing);
        if let (None, Some(itemsize)) = (header.compression(), header.data_type().itemsize()) {
            let needed = header.needed()?;
            if header.data_len() > needed {
                let items = [header.data_len(), needed].map(|len| len / itemsize as u64);
                let reached = format!("{} items, of which the array reaches {}", items[0], items[1]);
                description = description.with_detail("buffer", reached);
            }
        }
        Ok(description)
    }

    fn byte_order(&self) -> Option<ByteOrder> {
        Some(ByteOrder::Big)
    }

    /// `Nd4j.write` is called once for each array.
    fn is_series(&self) -> bool {
        true
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

    /// Items have to be big-endian.
    fn write_start(
        &self,
        dtype: &DType,
        shape: &[usize],
        order: Order,
        output: &mut Output<'_>,
    ) -> Result<()> {
        super::write::write_start(dtype, shape, order, output).map_err(|error| error.in_format(NAME))
    }

    fn map(&self, map: Mmap, limits: &Limits) -> Result<Array<Mmap>> {
        map_of(map, limits)
    }
}
