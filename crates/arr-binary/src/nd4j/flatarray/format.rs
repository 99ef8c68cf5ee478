//! FlatArrays as one of the formats.

use arr_core::format::{Capabilities, Description, Format, FormatInfo, Match, Output};
use arr_core::{Array, ArrayView, ByteOrder, DType, Error, Input, Limits, Mmap, Order, Result, Slice};

use super::{NAME, ReadOptions, WriteOptions, map_of, read, table, write};

/// ND4J's FlatArray, for the facade and for anyone who picks formats at run time.
#[derive(Clone, Copy, Debug, Default)]
pub struct Nd4jFlatArray;

const INFO: FormatInfo = FormatInfo {
    name: NAME,
    description: "ND4J array as a FlatBuffer (toFlatArray, SameDiff)",
    extensions: &["fb"],
    magic: &[],
    capabilities: Capabilities { read: true, write: true, map: true, stream: true, append: false },
};

impl Format for Nd4jFlatArray {
    fn info(&self) -> &'static FormatInfo {
        &INFO
    }

    fn sniff(&self, prefix: &[u8]) -> Match {
        if table::looks_like_one(prefix) { Match::Maybe } else { Match::No }
    }

    /// Reads the table and the shape, and leaves `input` at the end of the file: the shape may be behind the data.
    fn describe(&self, input: &mut Input<'_>) -> Result<Description> {
        read::describe(input)
    }

    fn byte_order(&self) -> Option<ByteOrder> {
        Some(ByteOrder::Big)
    }

    fn read(&self, input: &mut Input<'_>) -> Result<Array> {
        ReadOptions::new().read_input(input)
    }

    fn read_part(&self, input: &mut Input<'_>, slice: &Slice) -> Result<Array> {
        ReadOptions::new().read_part_input(input, slice)
    }

    /// Finds bytes that belong to no part of the file, or to two.
    fn read_strictly(&self, input: &mut Input<'_>) -> Result<(Array, Vec<Error>)> {
        read::read_strictly(input)
    }

    fn faults_ahead(&self, input: &mut Input<'_>) -> Result<Option<Vec<Error>>> {
        if input.can_seek() { read::faults_ahead(input).map(Some) } else { Ok(None) }
    }

    fn write(&self, array: &ArrayView<'_>, output: &mut Output<'_>) -> Result<()> {
        WriteOptions::new().write(array, output)
    }

    /// Items have to be big-endian.
    fn write_start(
        &self,
        dtype: &DType,
        shape: &[usize],
        order: Order,
        output: &mut Output<'_>,
    ) -> Result<()> {
        write::write_start(dtype, shape, order, output).map_err(|error| error.in_format(NAME))
    }

    fn write_end(&self, dtype: &DType, shape: &[usize], order: Order, output: &mut Output<'_>) -> Result<()> {
        write::write_end(dtype, shape, order, output).map_err(|error| error.in_format(NAME))
    }

    fn map(&self, map: Mmap, limits: &Limits) -> Result<Array<Mmap>> {
        map_of(map, limits)
    }
}
