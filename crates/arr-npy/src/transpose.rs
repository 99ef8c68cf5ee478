//! Reading into the other item order.
//!
//! Here the file is in Fortran order of some dimensions, and its array is wanted in C order of them; the other way
//! round it is the same with the dimensions reversed.

use arr_core::{
    Array, ArrayView, BufferMut, DType, Error, FileWindow, Input, Order, Result, Slice, SliceItem,
};

use crate::header::{Dims, Header};

/// A panel or a band stays in the cache between being read and being laid out.
const PIECE: usize = 2 << 20;

/// A band is larger: what counts there is that its runs are long.
const BAND: usize = 4 << 20;

/// Shorter runs are not worth a system call each.
const SHORTEST_RUN: usize = 2 << 10;

/// A band is not made longer than this for the sake of its runs, and the bands that are read at once are not longer
/// together.
const LARGEST_BAND: usize = 64 << 20;

/// The progress is told after so many bytes, and some more.
const TOLD: usize = 64 << 20;

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
    /// [`BAND`] and [`TOLD`].
    sizes: [usize; 2],
}

/// Reads the data behind a header and lays it out in `order`, which is not the file's. A source that does not tell
/// its length is read whole first: nothing may be reserved for data that has not arrived.
pub(crate) fn read_transposed(
    input: &mut Input<'_>,
    header: &Header,
    order: Order,
    read_as: DType,
) -> Result<Array> {
    let dtype = header.dtype().clone();
    let mut dims = Dims::from_slice(header.shape());
    if order == Order::F {
        dims.reverse();
    }
    let too_large = |_| Error::limit("the data does not fit into memory").in_format("npy");
    let len = usize::try_from(header.data_len()).map_err(too_large)?;
    let job = Job { dtype, read_as, dims, len, sizes: [BAND, TOLD] };
    let data = job.read(input).map_err(|error| error.in_format("npy"))?;
    Array::contiguous(job.read_as, header.shape(), order, data.freeze())
}

impl Job {
    fn read(&self, input: &mut Input<'_>) -> Result<BufferMut> {
        if input.remaining().is_none() {
            let bytes = input.read_buffer(self.len as u64, "data")?;
            return self.laid_out(bytes.as_slice());
        }
        input.charge(self.len as u64, "data")?;
        if let Some(bytes) = input.lend(self.len) {
            return self.laid_out(bytes);
        }
        let mut data = BufferMut::zeroed(self.len)?;
        match (self.run(), input.window()) {
            (Some(run), Some(window)) => self.read_bands(input, &window, run, data.as_mut_slice())?,
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

    /// How many items of the first dimension, which lie one after another in the file, make a run of a band; `None`
    /// when runs would be short.
    ///
    /// Runs a power of two apart would share few places in the cache.
    fn run(&self) -> Option<usize> {
        let (itemsize, items) = (self.dtype.itemsize(), *self.dims.first()?);
        let runs = self.len.checked_div(itemsize)?.checked_div(items)?;
        let bytes = self.sizes[0].checked_div(runs)?.max(SHORTEST_RUN).next_multiple_of(128) + 64;
        let run = bytes.div_ceil(itemsize);
        let fits = run < items && runs > 1 && bytes.saturating_mul(runs) <= LARGEST_BAND;
        fits.then_some(run)
    }

    /// Band by band: the items with some indices of the first dimension lie one after another where they go, and are
    /// fetched from all over the file.
    fn read_bands(
        &self,
        input: &mut Input<'_>,
        window: &FileWindow,
        run: usize,
        data: &mut [u8],
    ) -> Result<()> {
        let band = run.saturating_mul(self.len / self.dims.first().copied().unwrap_or(1).max(1)).max(1);
        let count = threads().min(data.len().div_ceil(band)).min(LARGEST_BAND / band).max(1);
        let mut panels = Vec::new();
        for _ in 0..count {
            panels.push(BufferMut::zeroed(band)?);
        }
        // Every batch but the last has as many bands for each panel.
        let bands = self.sizes[1].div_ceil(band * count);
        let mut item = 0;
        for batch in data.chunks_mut(bands * count * band) {
            let len = batch.len() as u64;
            let parts = batch.chunks_mut(bands * band).zip(&mut panels).enumerate();
            let parts = parts.map(|(part, (data, panel))| (item + part * bands * run, data, panel));
            side_by_side(parts.collect(), |(mut item, data, panel)| {
                data.chunks_mut(band).try_for_each(|band| {
                    self.read_band(window, item, panel.as_mut_slice(), band)?;
                    item += run;
                    Ok(())
                })
            })?;
            item += bands * count * run;
            input.skip(len, "data")?;
        }
        Ok(())
    }

    /// Reads the band that begins with index `item` of the first dimension.
    fn read_band(&self, window: &FileWindow, item: usize, panel: &mut [u8], band: &mut [u8]) -> Result<()> {
        let (itemsize, items) =
            (self.dtype.itemsize().max(1), self.dims.first().copied().unwrap_or(1).max(1));
        let run = band.len() / (self.len / items).max(1) * itemsize;
        if item + run / itemsize > items {
            return Err(Error::mismatch("a band that reaches beyond its dimension"));
        }
        let panel = panel.get_mut(..band.len()).unwrap_or_default();
        for (number, run) in panel.chunks_exact_mut(run.max(1)).enumerate() {
            window.read_exact_at(run, ((number * items + item) * itemsize) as u64, "data")?;
        }
        let mut dims = self.dims.clone();
        dims.first_mut().into_iter().for_each(|first| *first = run / itemsize);
        self.lay_out(&dims, panel, band)
    }

    /// Panel by panel: items of some indices of the last dimension, which lie one after another in the file, are put
    /// where they go.
    fn read_panels(&self, input: &mut Input<'_>, data: &mut [u8]) -> Result<()> {
        let array = Array::contiguous(self.read_as.clone(), &self.dims, Order::C, data)?;
        let mut rows = array.into_transposed();
        let count = rows.shape().first().copied().unwrap_or(0);
        let row_len = self.len.checked_div(count).unwrap_or(0);
        let at_once = rows_at_once(row_len, self.dtype.itemsize());
        let mut panel = BufferMut::zeroed(row_len.saturating_mul(at_once).min(self.len))?;
        let mut row = 0;
        while row < count {
            let end = row.saturating_add(at_once).min(count);
            let bound = |row: usize| isize::try_from(row).ok();
            let range = SliceItem::Range { start: bound(row), stop: bound(end), step: 1 };
            let mut target = rows.slice_mut(Slice::from(vec![range]))?;
            let bytes = panel.as_mut_slice().get_mut(..(end - row) * row_len).unwrap_or_default();
            input.read_exact(bytes, "data")?;
            target.assign(&Array::contiguous(self.dtype.clone(), target.shape(), Order::C, &*bytes)?)?;
            row = end;
        }
        Ok(())
    }
}

/// Rows of a panel: whole cache lines of the target, where a line has room in a panel.
fn rows_at_once(row_len: usize, itemsize: usize) -> usize {
    let rows = PIECE.checked_div(row_len).unwrap_or(1).max(1);
    let line = 64usize.checked_div(itemsize).unwrap_or(1).max(1);
    if rows > line { rows / line * line } else { rows }
}

#[cfg(feature = "rayon")]
fn threads() -> usize {
    rayon::current_num_threads().max(1)
}

#[cfg(not(feature = "rayon"))]
fn threads() -> usize {
    1
}

#[cfg(feature = "rayon")]
fn side_by_side<T: Send>(parts: Vec<T>, each: impl Fn(T) -> Result<()> + Send + Sync) -> Result<()> {
    use rayon::iter::{IntoParallelIterator, ParallelIterator};
    parts.into_par_iter().try_for_each(each)
}

#[cfg(not(feature = "rayon"))]
fn side_by_side<T>(parts: Vec<T>, each: impl Fn(T) -> Result<()>) -> Result<()> {
    parts.into_iter().try_for_each(each)
}

#[cfg(test)]
#[allow(clippy::cast_possible_truncation, reason = "small numbers")]
mod tests {
    use super::*;

    /// Bands of some kilobytes, so that small arrays have many of them in many batches.
    fn read(dims: &[usize], itemsize: usize, behind: usize, sizes: [usize; 2]) -> Result<(Vec<u8>, u64)> {
        let len = dims.iter().product::<usize>() * itemsize;
        let mut bytes: Vec<u8> = (0..len).map(|at| (at * 7 + at / 251) as u8).collect();
        bytes.resize(len + behind, 0xEE);
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("x");
        std::fs::write(&path, &bytes).unwrap();
        let dtype = DType::Void(itemsize);
        let job = Job { read_as: dtype.clone(), dtype, dims: Dims::from_slice(dims), len, sizes };
        let mut input = Input::open(&path)?;
        assert!(job.run().is_some(), "{dims:?} is read by bands");
        let data = job.read(&mut input)?;
        let expected = Array::contiguous(job.dtype.clone(), dims, Order::F, &bytes[..len])?;
        assert!(expected.items().flatten().eq(data.as_slice()), "{dims:?} {itemsize} {sizes:?}");
        Ok((data.as_slice().to_vec(), input.position()))
    }

    #[test]
    fn bands_meet_in_every_batch() {
        for threads in [1, 2, 3, 5] {
            let read_all = || {
                for (dims, itemsize) in [
                    (&[4000, 30][..], 8),
                    (&[1713, 31], 4),
                    (&[5001, 7, 3], 3),
                    (&[9000, 2], 1),
                    (&[2999, 2, 2, 2], 16),
                ] {
                    for told in [1, 40_000, 100_000, 1 << 30] {
                        for behind in [0, 100_000] {
                            let (_, position) = read(dims, itemsize, behind, [1 << 14, told]).unwrap();
                            assert_eq!(position as usize, dims.iter().product::<usize>() * itemsize);
                        }
                    }
                }
            };
            #[cfg(feature = "rayon")]
            rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap().install(read_all);
            #[cfg(not(feature = "rayon"))]
            (threads == 1).then(read_all);
        }
    }
}
