//! Forms that name dtype and shape and have the data as base64, most of them.

use arr_core::{Array, ByteOrder, Order, Result};

use super::{Context, Entries, Made};
use crate::json::cells::{Cell, Dims};
use crate::json::encoded::Packing;
use crate::json::numbers;

/// `{"dtype", "shape", "data"}` with the data as base64 or as lists, and perhaps the `"order"` of the items in base64.
pub(super) fn named(context: &mut Context<'_>, entries: &Entries<'_>) -> Result<Option<Made>> {
    let data = match entries.get("data") {
        Cell::Null => entries.get("base64"),
        data => data,
    };
    let (Some(dtype), Some(dims)) =
        (context.dtype(entries.get("dtype"))?, context.cells.sizes(entries.get("shape")))
    else {
        return Ok(None);
    };
    let order = match context.text(entries.get("order"))?.as_deref() {
        Some("C") => Order::C,
        Some("F") => Order::F,
        None if entries.get("order") == Cell::Null => Order::C,
        _ => return Ok(None),
    };
    if !matches!(data, Cell::Text(_) | Cell::Escaped(_)) {
        let array = context.values(data, &dtype, Some(&dims))?;
        return array.map(|array| in_order(&array, order)).transpose();
    }
    // A description of what goes into a model has these keys too, and a name for its data: `"input"`.
    match context.is_told(entries.get("dtype"))?
        || context.looks_encoded(data)? && context.is_meant(data, &dtype, &dims)?
    {
        true => context.encoded(dtype, dims, order, data, "", Packing::Nothing),
        false => Ok(None),
    }
}

/// The array with its items in that order.
pub(super) fn in_order(array: &Array, order: Order) -> Result<Made> {
    array.to_contiguous(order).map(Made::from)
}

/// `{"dtype", "bdata"}`, of more than one dimension with a `"shape"` that is text, `"2, 3"`. Bytes are little-endian.
pub(super) fn plotly(context: &mut Context<'_>, entries: &Entries<'_>) -> Result<Option<Made>> {
    let data = entries.get("bdata");
    let Some(dtype) = context.text(entries.get("dtype"))? else { return Ok(None) };
    let Some(dtype) = crate::json::dtype::named(&dtype, ByteOrder::Little) else { return Ok(None) };
    let dims = match entries.get("shape") {
        Cell::Null => context.items_of(data, &dtype)?,
        Cell::Int(dim) => usize::try_from(dim).ok().map(|dim| Dims::from_elem(dim, 1)),
        shape @ (Cell::Text(_) | Cell::Escaped(_)) => context.shape_in_words(shape)?,
        shape => context.cells.sizes(shape),
    };
    match dims {
        Some(dims) => context.encoded(dtype, dims, Order::C, data, "", Packing::Nothing),
        None => Ok(None),
    }
}

/// `{"__numpy__": base64, "dtype", "shape"}`.
pub(super) fn json_numpy(context: &mut Context<'_>, entries: &Entries<'_>) -> Result<Option<Made>> {
    let (dtype, dims) = (context.dtype(entries.get("dtype"))?, context.cells.sizes(entries.get("shape")));
    match dtype.zip(dims) {
        Some((dtype, dims)) => {
            context.encoded(dtype, dims, Order::C, entries.get("__numpy__"), "", Packing::Nothing)
        }
        None => Ok(None),
    }
}

/// `{"type": "ndarray", "array": {"type": "bytes", "data": base64}, "shape", "dtype", "order": "little"}`, the bytes compressed
/// by gzip or not; or a list for `"array"`. Bytes that are elsewhere, by their `"id"`, are not in the document.
pub(super) fn bokeh(context: &mut Context<'_>, entries: &Entries<'_>) -> Result<Option<Made>> {
    if context.text(entries.get("type"))?.as_deref() != Some("ndarray") {
        return Ok(None);
    }
    let Some(dims) = context.cells.sizes(entries.get("shape")) else { return Ok(None) };
    let array = entries.get("array");
    let Cell::Dict(span) = array else {
        let Some(dtype) = context.dtype(entries.get("dtype"))? else { return objects(context, array, &dims) };
        return Ok(context.values(array, &dtype, Some(&dims))?.map(Made::from));
    };
    let data = match span.of(&context.cells.kept) {
        [one, kind, two, data]
            if context.text(*one)?.as_deref() == Some("type")
                && context.text(*kind)?.as_deref() == Some("bytes")
                && context.text(*two)?.as_deref() == Some("data") =>
        {
            *data
        }
        _ => return Ok(None),
    };
    bytes(context, entries, data, dims)
}

/// `{"__ndarray__": base64, "shape", "dtype", "order": "little"}`.
pub(super) fn old_bokeh(context: &mut Context<'_>, entries: &Entries<'_>) -> Result<Option<Made>> {
    match context.cells.sizes(entries.get("shape")) {
        Some(dims) => bytes(context, entries, entries.get("__ndarray__"), dims),
        None => Ok(None),
    }
}

/// The bytes of Bokeh in their byte order, which is a word.
fn bytes(context: &mut Context<'_>, entries: &Entries<'_>, data: Cell, dims: Dims) -> Result<Option<Made>> {
    let order = match context.text(entries.get("order"))?.as_deref() {
        Some("little") => ByteOrder::Little,
        Some("big") => ByteOrder::Big,
        _ => return Ok(None),
    };
    let Some(name) = context.text(entries.get("dtype"))? else { return Ok(None) };
    let Some(dtype) = crate::json::dtype::named(&name, order) else { return Ok(None) };
    // Gzip begins with 1f 8b 08, which is "H4sI"; the raw bytes of an array may do so, too.
    let is_raw = context.items_of(data, &dtype)?.is_some_and(|found| {
        found.first().copied() == dims.iter().try_fold(1usize, |count, dim| count.checked_mul(*dim))
    });
    let is_gzip = !is_raw && context.text(data)?.is_some_and(|text| text.starts_with("H4sI"));
    let packing = if is_gzip { Packing::Gzip } else { Packing::Nothing };
    context.encoded(dtype, dims, Order::C, data, "", packing)
}

/// The items of an array of objects, if they are all numbers.
fn objects(context: &mut Context<'_>, array: Cell, dims: &[usize]) -> Result<Option<Made>> {
    let Cell::Block(place) = array else { return Ok(None) };
    let Some(block) = context.cells.blocks.get(place as usize) else { return Ok(None) };
    match numbers::common(context.cells, block) {
        Some(common) => {
            let dtype = arr_core::DType::native(common.scalar);
            Ok(context.values(array, &dtype, Some(dims))?.map(Made::from))
        }
        None => Ok(None),
    }
}

/// `{"__ndarray__": lists, "b64:..." or "b64.gz:...", "dtype", "shape", "Corder", "endian"}`.
pub(super) fn json_tricks(context: &mut Context<'_>, entries: &Entries<'_>) -> Result<Option<Made>> {
    let Some(name) = context.text(entries.get("dtype"))? else { return Ok(None) };
    let said = match context.text(entries.get("endian"))?.as_deref() {
        Some("little") => Some(ByteOrder::Little),
        Some("big") => Some(ByteOrder::Big),
        _ => None,
    };
    let Some(dtype) = crate::json::dtype::named(&name, said.unwrap_or(context.order)) else {
        return Ok(None);
    };
    let Some(dims) = context.cells.sizes(entries.get("shape")) else { return Ok(None) };
    let (data, order) = (entries.get("__ndarray__"), entries.get("Corder"));
    if !matches!(data, Cell::Text(_) | Cell::Escaped(_)) {
        let order = if order == Cell::Bool(false) { Order::F } else { Order::C };
        let array = context.values(data, &dtype, Some(&dims))?;
        return array.map(|array| in_order(&array, order)).transpose();
    }
    if let Some(said) = said.filter(|said| !dtype.is_in_order(*said)) {
        // It swaps the bytes or does not, whatever order the dtype has, and reads them otherwise than it has written them.
        return Err(data.placed(arr_core::Error::unsupported(format!(
            "the dtype of the array is {dtype} and its bytes are said to be {said}-endian: json-tricks loses the byte order"
        ))));
    }
    let whole = context.encoded(dtype.clone(), dims.clone(), Order::C, data, "b64:", Packing::Nothing)?;
    match whole {
        Some(made) => Ok(Some(made)),
        None => context.encoded(dtype, dims, Order::C, data, "b64.gz:", Packing::Gzip),
    }
}

impl Made {
    /// The same, as a scalar of NumPy.
    pub(super) fn scalar(self) -> Self {
        Self { is_scalar: true, ..self }
    }
}
