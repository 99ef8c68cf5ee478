//! Reading into the other item order, panel by panel.

use arr_core::{Array, BufferMut, DType, Error, Input, Layout, Order, Result, Slice, SliceItem};

use crate::header::Header;

/// A panel stays in the cache between being read and being laid out.
const PANEL: usize = 1 << 20;

/// Reads the data behind a header and lays it out in `order`, which is not the file's.
///
/// The file's order is walked as rows along its slowest axis: a panel of rows is read and at once assigned to
/// its place, so the data crosses the memory bus once. A source that does not tell its length is read whole first:
/// nothing may be reserved for data that has not arrived.
pub(crate) fn read_transposed(
    input: &mut Input<'_>,
    header: &Header,
    order: Order,
    read_as: DType,
) -> Result<Array> {
    let in_format = |error: Error| error.in_format("npy");
    let (dtype, shape) = (header.dtype(), header.shape());
    if input.remaining().is_none() {
        let bytes = input.read_buffer(header.data_len(), "data").map_err(in_format)?;
        let array = Array::contiguous(dtype.clone(), shape, header.order(), bytes.freeze())?;
        return match read_as.byte_order() {
            _ if read_as == *dtype => array.to_contiguous(order),
            _ => {
                let target = Layout::contiguous(shape, dtype.itemsize(), order)?;
                let storage = BufferMut::zeroed(array.nbytes())?;
                let mut laid_out = Array::new(read_as, target, storage)?;
                laid_out.assign(&array)?;
                Ok(laid_out.freeze())
            }
        };
    }
    input.charge(header.data_len(), "data").map_err(in_format)?;
    let len =
        usize::try_from(header.data_len()).map_err(|_| Error::limit("the data does not fit into memory"))?;
    let target = Layout::contiguous(shape, dtype.itemsize(), order)?;
    let mut array = Array::new(read_as, target, BufferMut::zeroed(len)?)?;
    let mut rows =
        if header.order() == Order::F { array.view_mut().into_transposed() } else { array.view_mut() };
    let row_len = rows.nbytes().checked_div(rows.shape().first().copied().unwrap_or(0)).unwrap_or(0);
    let at_once = rows_at_once(row_len, dtype.itemsize());
    let mut panel = BufferMut::zeroed(row_len.saturating_mul(at_once).min(len))?;
    let count = rows.shape().first().copied().unwrap_or(0);
    let mut row = 0;
    while row < count {
        let end = row.saturating_add(at_once).min(count);
        let range =
            SliceItem::Range { start: isize::try_from(row).ok(), stop: isize::try_from(end).ok(), step: 1 };
        let mut target = rows.slice_mut(Slice::from(vec![range]))?;
        let bytes = panel.as_mut_slice().get_mut(..(end - row) * row_len).unwrap_or_default();
        input.read_exact(bytes, "data").map_err(in_format)?;
        target.assign(&Array::contiguous(dtype.clone(), target.shape(), Order::C, &*bytes)?)?;
        row = end;
    }
    Ok(array.freeze())
}

/// Rows of a panel: whole cache lines of the target, where a line has room in a panel.
fn rows_at_once(row_len: usize, itemsize: usize) -> usize {
    let rows = PANEL.checked_div(row_len).unwrap_or(1).max(1);
    let line = 64usize.checked_div(itemsize).unwrap_or(1).max(1);
    if rows > line { rows / line * line } else { rows }
}
