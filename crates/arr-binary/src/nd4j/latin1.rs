//! Formats whose strings are in Latin-1: ND4J keeps the low byte of each UTF-16 unit, and no field of a file states it.

use arr_core::format::{Description, Format, FormatInfo, Match, Output, TakeFile};
use arr_core::{Array, ArrayView, ByteOrder, DType, Error, Input, Limits, Mmap, Order, Result, Slice};

/// A format that can decode strings as Latin-1.
pub(crate) trait ReadLatin1: Format {
    fn read_latin1(&self, input: &mut Input<'_>) -> Result<Array>;

    fn read_part_latin1(&self, input: &mut Input<'_>, slice: &Slice) -> Result<Array> {
        let array = self.read_latin1(input)?;
        array.slice(slice)?.to_contiguous(array.natural_order())
    }

    fn read_spread_latin1(&self, files: &mut [Input<'_>]) -> Result<Array> {
        self.read_spread(files)
    }
}

/// The format, with strings decoded as Latin-1.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Latin1<F>(pub(crate) F);

impl<F: ReadLatin1> Format for Latin1<F> {
    fn info(&self) -> &'static FormatInfo {
        self.0.info()
    }

    fn sniff(&self, prefix: &[u8]) -> Match {
        self.0.sniff(prefix)
    }

    fn describe(&self, input: &mut Input<'_>) -> Result<Description> {
        self.0.describe(input)
    }

    fn read(&self, input: &mut Input<'_>) -> Result<Array> {
        self.0.read_latin1(input)
    }

    fn faults_ahead(&self, input: &mut Input<'_>) -> Result<Option<Vec<Error>>> {
        self.0.faults_ahead(input)
    }

    fn write(&self, array: &ArrayView<'_>, output: &mut Output<'_>) -> Result<()> {
        self.0.write(array, output)
    }

    fn read_part(&self, input: &mut Input<'_>, slice: &Slice) -> Result<Array> {
        self.0.read_part_latin1(input, slice)
    }

    fn byte_order(&self) -> Option<ByteOrder> {
        self.0.byte_order()
    }

    fn is_series(&self) -> bool {
        self.0.is_series()
    }

    fn is_spread(&self) -> bool {
        self.0.is_spread()
    }

    fn read_spread(&self, files: &mut [Input<'_>]) -> Result<Array> {
        self.0.read_spread_latin1(files)
    }

    fn write_spread(&self, array: &ArrayView<'_>, size: usize, take: &mut TakeFile<'_>) -> Result<()> {
        self.0.write_spread(array, size, take)
    }

    fn write_start(
        &self,
        dtype: &DType,
        shape: &[usize],
        order: Order,
        output: &mut Output<'_>,
    ) -> Result<()> {
        self.0.write_start(dtype, shape, order, output)
    }

    fn write_end(&self, dtype: &DType, shape: &[usize], order: Order, output: &mut Output<'_>) -> Result<()> {
        self.0.write_end(dtype, shape, order, output)
    }

    /// Strings can't be viewed in place, and other items are not affected.
    fn map(&self, map: Mmap, limits: &Limits) -> Result<Array<Mmap>> {
        self.0.map(map, limits)
    }
}
