//! The form of ASE: a list of shape, dtype and items.

use arr_core::Result;

use super::{Context, Entries, Made};

/// `{"__ndarray__": [shape, dtype, items]}`; a complex number is two items.
pub(super) fn ase(context: &mut Context<'_>, entries: &Entries<'_>) -> Result<Option<Made>> {
    let crate::json::cells::Cell::List(span) = entries.get("__ndarray__") else { return Ok(None) };
    let [shape, dtype, items] = span.of(&context.cells.kept) else { return Ok(None) };
    let (Some(dims), Some(dtype)) = (context.cells.sizes(*shape), context.dtype(*dtype)?) else {
        return Ok(None);
    };
    Ok(context.values(*items, &dtype, Some(&dims))?.map(Made::from))
}
