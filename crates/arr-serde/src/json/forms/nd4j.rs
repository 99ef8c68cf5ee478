//! The forms in which ND4J writes an array by Jackson.

use arr_binary::nd4j::{DataType, stream};
use arr_core::{Array, ByteOrder, DType, Error, Layout, Order, Result};

use super::{Context, Entries, Made};
use crate::json::cells::Cell;
use crate::json::encoded::{Data, data};
use crate::json::numbers;
use crate::nd4j_base64::in_stream;

/// `{"array": base64 of a stream, in lines}`: `NDArraySerializer`.
pub(super) fn stream(context: &mut Context<'_>, entries: &Entries<'_>) -> Result<Option<Made>> {
    let text = entries.get("array");
    let Some(at) = text.start() else { return Ok(None) };
    if !context.looks_encoded(text)? {
        return Ok(None);
    }
    let bytes = match data(text, "", context.all, &mut context.budget)? {
        Some(Data::Text(span)) => {
            crate::base64::decode(span.of(context.all)).map_err(|error| error.nested(at).at(at))?.freeze()
        }
        Some(Data::Bytes(bytes)) => bytes,
        None => return Ok(None),
    };
    if is_stream(&bytes) {
        let options = stream::ReadOptions::new().limits(context.budget.limits().clone());
        // An offset in the stream is none in the document.
        let array = options.read_bytes(&bytes).map_err(|error| in_stream(&error, at))?;
        context.budget.charge_bytes(array.nbytes() as u64)?;
        return Ok(Some(array.into()));
    }
    Ok(None)
}

/// `{"dataType": "FLOAT", "shape": [2, 3], "data": [...]}`, items in C order: `NDArrayTextSerializer`. NaN and infinities are
/// strings, truths 1 and 0.
pub(super) fn text(context: &mut Context<'_>, entries: &Entries<'_>) -> Result<Option<Made>> {
    let kind = context.text(entries.get("dataType"))?.and_then(|name| DataType::from_name(&name));
    let dtype = kind.and_then(|kind| kind.dtype(ByteOrder::NATIVE));
    let (Some(kind), Some(dtype), Some(dims)) = (kind, dtype, context.cells.sizes(entries.get("shape")))
    else {
        return Ok(None);
    };
    let items = entries.get("data");
    if let Some(array) = context.values(items, &dtype, Some(&dims))? {
        return Ok(Some(array.into()));
    }
    let is_lost = matches!(items, Cell::List(span) if span.len == 0);
    if is_lost && kind != DataType::Utf8 {
        // Unsigned numbers and bfloat16 are in no case of its switch.
        return Err(Error::unsupported(format!(
            "ND4J wrote none of the items of an array of {kind}, which are lost"
        )));
    }
    Ok(None)
}

/// `{"dataBuffer", "shapeField", "strideField", "offsetField", ...}`, the buffer as it is in memory: `VectorSerializer`. The
/// strides say where items are.
pub(super) fn vector(context: &mut Context<'_>, entries: &Entries<'_>) -> Result<Option<Made>> {
    let Cell::Block(place) = entries.get("dataBuffer") else { return Ok(None) };
    let cells = context.cells;
    let (Some(block), Some(dims), Some(strides), Some(offset)) = (
        cells.blocks.get(place as usize),
        cells.sizes(entries.get("shapeField")),
        cells.sizes(entries.get("strideField")),
        cells.size(entries.get("offsetField")),
    ) else {
        return Ok(None);
    };
    if block.dims.len() != 1 || strides.len() != dims.len() {
        return Ok(None);
    }
    let Some(common) = numbers::common(cells, block) else { return Ok(None) };
    let buffer = numbers::array(cells, block, common.scalar, &mut context.budget)?;
    context.budget.check_rank(dims.len())?;
    let itemsize = buffer.itemsize();
    let far = || Error::malformed("a stride of the array leads outside of its buffer");
    let in_bytes = |items: usize| items.checked_mul(itemsize).ok_or_else(far);
    let mut steps = Vec::new();
    // Along a dimension of length 1 a stride is never used, and versions disagree on what they write.
    for (stride, dim) in strides.iter().zip(&dims) {
        let stride = if *dim == 1 { 0 } else { *stride };
        let bytes = isize::try_from(in_bytes(stride)?).map_err(|_| far())?;
        arr_core::format::room::push(&mut steps, bytes)?;
    }
    let layout = Layout::new(&dims, &steps, in_bytes(offset)?)?;
    let (dtype, _, bytes) = buffer.into_parts();
    let array = Array::new(dtype, layout, bytes)
        .map_err(|error| Error::malformed("the array reaches outside of its buffer").with_source(error))?;
    let order =
        if context.text(entries.get("orderingField"))?.as_deref() == Some("f") { Order::F } else { Order::C };
    // Items that are shared stay as many as the shape says.
    context.budget.charge_bytes(array.nbytes() as u64)?;
    array.to_contiguous(order).map(|array| Some(array.into()))
}

/// The dtype that ND4J's text has for one of ours.
///
/// # Errors
/// `Unsupported` for those that it has no type for, or loses.
pub(in crate::json) fn name_of(dtype: &DType) -> Result<&'static str> {
    use DataType::{BFloat16, UInt16, UInt32, UInt64};
    match DataType::of(dtype)? {
        lost @ (BFloat16 | UInt16 | UInt32 | UInt64) => {
            Err(Error::unsupported(format!("ND4J's text has no items of {lost}: another form has")))
        }
        kind => Ok(kind.name()),
    }
}

/// Whether bytes begin as a stream of ND4J does.
fn is_stream(bytes: &[u8]) -> bool {
    use arr_core::format::{Format, Match};
    arr_binary::format::Nd4jStream.sniff(bytes) == Match::Yes
}
