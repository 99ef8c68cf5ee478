//! Reading into the other item order.
//!
//! Here the file is in Fortran order of some dimensions, and its array is wanted in C order of them; the other way
//! round it is the same with the dimensions reversed.

use arr_core::format::Positioned;
use arr_core::format::threads::sizes::{BAND, BAND_RUN, BANDS_AT_ONCE, LARGEST_BAND, PANEL};
use arr_core::format::threads::{self, each};
use arr_core::{
    Array, ArrayView, BufferMut, ByteOrder, DType, Error, Input, Order, Result, Slice, SliceItem,
};

use crate::broken_invariant;
use crate::header::{Dims, Header};

/// What is read, and how it is wanted.
struct Job {
    /// The dtype of the file's items.
    dtype: DType,
    /// The dtype wanted: the same, in a byte order.
    read_as: DType,
    /// The dimensions of which the file is in Fortran order.
    dims: Dims,
    /// Bytes of the data.
    len: usize,
    /// [`BAND`].
    band: usize,
}

/// Reads the data after a header and lays it out in `order`, which is not the file's. A source that does not tell
/// its length is read whole first, unless it is known to be plausible: nothing may be reserved for data that has not
/// arrived.
pub(crate) fn read_transposed(
    input: &mut Input<'_>,
    header: &Header,
    order: Order,
    byte_order: Option<ByteOrder>,
    is_plausible: bool,
) -> Result<Array> {
    let dtype = header.dtype().clone();
    let read_as = byte_order.map_or_else(|| dtype.clone(), |wanted| dtype.with_byte_order(wanted));
    let mut dims = Dims::from_slice(header.shape());
    if order == Order::F {
        dims.reverse();
    }
    let too_large = |_| Error::limit("the data does not fit into memory").in_format("npy");
    let len = usize::try_from(header.data_len()).map_err(too_large)?;
    let is_plausible = is_plausible || input.remaining().is_some();
    let job = Job { dtype, read_as, dims, len, band: BAND };
    let data = job.read(input, is_plausible).map_err(|error| error.in_format("npy"))?;
    Array::contiguous(job.read_as, header.shape(), order, data.freeze())
}

impl Job {
    fn read(&self, input: &mut Input<'_>, is_plausible: bool) -> Result<BufferMut> {
        if !is_plausible {
            let bytes = input.read_buffer(self.len as u64, "data")?;
            return self.laid_out(bytes.as_slice());
        }
        input.charge(self.len as u64, "data")?;
        if let Some(bytes) = input.lend(self.len) {
            return self.laid_out(bytes);
        }
        let mut data = BufferMut::zeroed(self.len)?;
        match (self.run(), input.positioned().filter(Positioned::gains_by_threads)) {
            (Some(runs), Some(rest)) => self.read_bands(input, &rest, runs, data.as_mut_slice())?,
            _ => self.read_panels(input, data.as_mut_slice())?,
        }
        Ok(data)
    }

    /// All of the data at once.
    fn laid_out(&self, bytes: &[u8]) -> Result<BufferMut> {
        let mut data = BufferMut::zeroed(self.len)?;
        self.lay_out(&self.dims, bytes, data.as_mut_slice())?;
        Ok(data)
    }

    /// Lays out items of the dimensions `dims`.
    fn lay_out(&self, dims: &[usize], from: &[u8], to: &mut [u8]) -> Result<()> {
        let from: ArrayView<'_> = Array::contiguous(self.dtype.clone(), dims, Order::F, from)?;
        Array::contiguous(self.read_as.clone(), dims, Order::C, to)?.assign(&from)
    }

    /// How many items of the first dimension, which lie one after another in the file, make a run of a band, and how many
    /// there are; `None` when runs would be short.
    ///
    /// Runs a power of two apart would share few places in the cache.
    fn run(&self) -> Option<(usize, usize)> {
        let (itemsize, items) = (self.dtype.itemsize(), *self.dims.first()?);
        let runs = self.len.checked_div(itemsize)?.checked_div(items)?;
        let bytes = self.band.checked_div(runs)?.max(BAND_RUN).next_multiple_of(128) + 64;
        let run = bytes.div_ceil(itemsize);
        let fits = run < items && runs > 1 && bytes.saturating_mul(runs) <= LARGEST_BAND;
        fits.then_some((run, items))
    }

    /// Band by band: the items with some indices of the first dimension lie one after another where they go, and are
    /// fetched from all over the file. Each thread has a band of its own.
    fn read_bands(
        &self,
        input: &mut Input<'_>,
        rest: &Positioned<'_>,
        (run, items): (usize, usize),
        data: &mut [u8],
    ) -> Result<()> {
        let itemsize = self.dtype.itemsize();
        // The bytes of all items with one index of the first dimension.
        let slice = self.len / items;
        let read = |number: usize, band: &mut [u8], panel: &mut BufferMut| {
            let (item, count) = (number * run, band.len() / slice);
            if panel.as_slice().len() < band.len() {
                *panel = BufferMut::zeroed(run * slice)?;
            }
            let (panel, _) = panel.as_mut_slice().split_at_mut(band.len());
            for (run, bytes) in panel.chunks_exact_mut(count * itemsize).enumerate() {
                rest.read_exact_at(bytes, ((run * items + item) * itemsize) as u64, "data")?;
            }
            let mut dims = self.dims.clone();
            dims.first_mut().into_iter().for_each(|first| *first = count);
            self.lay_out(&dims, panel, band)
        };
        // Progress is reported from time to time.
        for (round, bands) in data.chunks_mut(run * slice * BANDS_AT_ONCE).enumerate() {
            let count = bands.chunks(run * slice).len();
            each(
                threads::count().min(count),
                bands.chunks_mut(run * slice),
                BufferMut::default,
                |panel, number, band| read(round * BANDS_AT_ONCE + number, band, panel),
            )?;
            input.skip(bands.len() as u64, "data")?;
        }
        Ok(())
    }

    /// Panel by panel: items of some indices of the last dimension, which lie one after another in the file, are put
    /// where they go.
    fn read_panels(&self, input: &mut Input<'_>, data: &mut [u8]) -> Result<()> {
        let array = Array::contiguous(self.read_as.clone(), &self.dims, Order::C, data)?;
        let mut rows = array.into_transposed();
        let first = rows.shape().first().copied();
        let count =
            first.ok_or_else(|| broken_invariant("an array without dimensions has no other order"))?;
        // No rows have no bytes.
        let row_len = self.len.checked_div(count).unwrap_or(0);
        let at_once = rows_at_once(row_len, self.dtype.itemsize());
        let mut panel = BufferMut::zeroed(row_len.saturating_mul(at_once).min(self.len))?;
        let mut row = 0;
        while row < count {
            let end = row.saturating_add(at_once).min(count);
            let bound = |row: usize| isize::try_from(row).ok();
            let range = SliceItem::Range { start: bound(row), stop: bound(end), step: 1 };
            let mut target = rows.slice_mut(Slice::from(vec![range]))?;
            let (bytes, _) = panel.as_mut_slice().split_at_mut((end - row) * row_len);
            input.read_exact(bytes, "data")?;
            target.assign(&Array::contiguous(self.dtype.clone(), target.shape(), Order::C, &*bytes)?)?;
            row = end;
        }
        Ok(())
    }
}

/// Rows of a panel: whole cache lines of the target, where a line has room in a panel.
fn rows_at_once(row_len: usize, itemsize: usize) -> usize {
    let rows = PANEL.checked_div(row_len).unwrap_or(1).max(1);
    let line = 64usize.checked_div(itemsize).unwrap_or(1).max(1);
    if rows > line { rows / line * line } else { rows }
}

#[cfg(test)]
#[allow(clippy::cast_possible_truncation, reason = "small numbers")]
mod tests {
    use super::*;

    /// Reads a file with bands of so many bytes, and compares each item.
    fn check(dims: &[usize], itemsize: usize, behind: usize, band: usize) {
        let len = dims.iter().product::<usize>() * itemsize;
        let mut bytes: Vec<u8> = (0..len).map(|at| (at * 7 + at / 251) as u8).collect();
        bytes.resize(len + behind, 0xEE);
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("x");
        std::fs::write(&path, &bytes).unwrap();
        let dtype = DType::Void(itemsize);
        let job = Job { read_as: dtype.clone(), dtype, dims: Dims::from_slice(dims), len, band };
        let mut input = Input::open(&path).unwrap();
        assert!(job.run().is_some(), "{dims:?} is read by bands");
        let data = job.read(&mut input, true).unwrap();
        let expected = Array::contiguous(job.dtype, dims, Order::F, &bytes[..len]).unwrap();
        assert!(expected.items().flatten().eq(data.as_slice()), "{dims:?} {itemsize} {band}");
        assert_eq!(input.position(), len as u64);
    }

    #[test]
    fn bands_are_put_together() {
        for (dims, itemsize) in [
            (&[4000, 30][..], 8),
            (&[1713, 31], 4),
            (&[5001, 7, 3], 3),
            (&[90_000, 2], 1),
            (&[2999, 2, 2, 2], 16),
            (&[1500, 300], 4),
        ] {
            for band in [1 << 12, 1 << 14, 1 << 16] {
                for behind in [0, 100_000] {
                    check(dims, itemsize, behind, band);
                }
            }
        }
    }
}
