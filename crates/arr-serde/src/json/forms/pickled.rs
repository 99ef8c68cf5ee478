//! The forms of jsonpickle: those of its handlers for NumPy, and those that a pickle would have.

use std::borrow::Cow;
use std::collections::HashMap;

use arr_core::format::room::no_memory;
use arr_core::{ByteOrder, DType, Error, Layout, Order, RecordType, Result, SubArray};

use super::{Context, Entries, Made, MadeOf, tagged};
use crate::base64;
use crate::json::cells::{Cell, Dims, Item};
use crate::json::encoded::Packing;

/// `{"py/object": "numpy.ndarray", "dtype", "values"}`: lists, or base64 of bytes that are compressed by zlib or not.
pub(super) fn handled(context: &mut Context<'_>, entries: &Entries<'_>) -> Result<Option<Made>> {
    if context.text(entries.get("py/object"))?.as_deref() != Some("numpy.ndarray") {
        return Ok(None);
    }
    let byte_order = match context.text(entries.get("byteorder"))?.as_deref() {
        Some("<") => ByteOrder::Little,
        Some(">") => ByteOrder::Big,
        _ => context.order,
    };
    let dtype = entries.get("dtype");
    let Some(dtype) = crate::json::dtype::of(context.cells, dtype, byte_order, context.all)? else {
        return Ok(None);
    };
    let order = match context.text(entries.get("order"))?.as_deref() {
        Some("F") => Order::F,
        _ => Order::C,
    };
    let (values, shape) = (entries.get("values"), entries.get("shape"));
    let dims = if shape == Cell::Null { None } else { context.cells.sizes(shape) };
    if !matches!(values, Cell::Text(_) | Cell::Escaped(_)) {
        let array = context.values(values, &dtype, dims.as_deref())?;
        return array.map(|array| tagged::in_order(&array, order)).transpose();
    }
    let Some(dims) = dims.filter(|_| dtype.as_record().is_none() || byte_order == ByteOrder::Little) else {
        return Ok(None);
    };
    // Zlib begins with 78, which is "eA" to "eN"; bytes of an array may do so, too, and are as long as that.
    let is_raw = context.items_of(values, &dtype)?.is_some_and(|found| {
        found.first().copied() == dims.iter().try_fold(1usize, |count, dim| count.checked_mul(*dim))
    });
    let packing = if is_raw { Packing::Nothing } else { Packing::Zlib };
    context.encoded(dtype, dims, order, values, "", packing)
}

/// `{"py/object": "numpy.ndarray", "base", "shape", "dtype"}`: a view of the bytes of another array.
pub(super) fn viewed(context: &mut Context<'_>, entries: &Entries<'_>) -> Result<Option<Made>> {
    if context.text(entries.get("py/object"))?.as_deref() != Some("numpy.ndarray") {
        return Ok(None);
    }
    let Cell::Dict(span) = entries.get("base") else { return Ok(None) };
    if tag(context, &Item::Cell(Cell::Dict(span)), "py/id")?.is_some() {
        return Err(by_number("an array"));
    }
    let Some(base) = context.entries(span)? else { return Ok(None) };
    let base = match handled(context, &base)?.map(|made| made.array) {
        Some(MadeOf::Memory(array)) => array,
        Some(MadeOf::Text(encoded)) => encoded.read(context.all, &mut context.budget)?,
        None => return Ok(None),
    };
    // The byte order is that of the base, or the other one.
    let of_base = base.dtype().byte_order().unwrap_or(context.order);
    let order = match context.text(entries.get("byteorder"))?.as_deref() {
        Some("S") => of_base.swapped(),
        _ => of_base,
    };
    let dtype = crate::json::dtype::of(context.cells, entries.get("dtype"), order, context.all)?;
    let (Some(dtype), Some(dims)) = (dtype, context.cells.sizes(entries.get("shape"))) else {
        return Ok(None);
    };
    context.budget.check_rank(dims.len())?;
    let offset =
        if entries.get("offset") == Cell::Null { Some(0) } else { context.cells.size(entries.get("offset")) };
    let strides = match entries.get("strides") {
        Cell::Null => Some(Layout::contiguous(&dims, dtype.itemsize(), Order::C)?.strides().to_vec()),
        cell => context.cells.steps(cell),
    };
    let (Some(offset), Some(strides)) = (offset, strides.filter(|strides| strides.len() == dims.len()))
    else {
        return Ok(None);
    };
    let (_, _, bytes) = base.into_parts();
    let view =
        Layout::new(&dims, &strides, offset).and_then(|layout| arr_core::Array::new(dtype, layout, bytes));
    let view =
        view.map_err(|error| Error::malformed("a view reaches outside of its base").with_source(error))?;
    context.budget.charge_bytes(view.nbytes() as u64)?;
    view.to_contiguous(view.natural_order()).map(|array| Some(array.into()))
}

/// The error that an object is another one, which only all of the document tells.
#[cold]
fn by_number(what: &str) -> Error {
    Error::unsupported(format!(
        "jsonpickle has written {what} as the number of another object: without references (make_refs=False) \
         arrays can be read alone"
    ))
}

/// `{"py/object": "numpy.float32", "dtype", "value"}`.
pub(super) fn handled_scalar(context: &mut Context<'_>, entries: &Entries<'_>) -> Result<Option<Made>> {
    let class = context.text(entries.get("py/object"))?;
    if !class.is_some_and(|class| class.starts_with("numpy.")) {
        return Ok(None);
    }
    let Some(dtype) = context.dtype(entries.get("dtype"))? else { return Ok(None) };
    Ok(context.values(entries.get("value"), &dtype, Some(&[]))?.map(|array| Made::from(array).scalar()))
}

/// `{"py/reduce": [function, arguments, state]}` of `numpy.core.multiarray._reconstruct`, or `[function, arguments]` of
/// `scalar`.
pub(super) fn reduced(context: &mut Context<'_>, entries: &Entries<'_>) -> Result<Option<Made>> {
    let Cell::List(span) = entries.get("py/reduce") else { return Ok(None) };
    let cells = span.of(&context.cells.kept);
    let Some((function, rest)) = cells.split_first() else { return Ok(None) };
    let Some(Item::Cell(name)) = tag(context, &Item::Cell(*function), "py/function")? else {
        return Ok(None);
    };
    let Some(name) = context.text(name)? else { return Ok(None) };
    match (name.rsplit('.').next(), rest) {
        (Some("scalar"), [args]) => scalar(context, *args),
        (Some("_reconstruct"), [_, state]) => state_of_array(context, *state),
        _ => Ok(None),
    }
}

/// The value of an object with one key.
fn tag(context: &Context<'_>, item: &Item, key: &str) -> Result<Option<Item>> {
    let Item::Cell(Cell::Dict(span)) = item else { return Ok(None) };
    match span.of(&context.cells.kept) {
        [own, value] if context.text(*own)?.as_deref() == Some(key) => Ok(Some(Item::Cell(*value))),
        _ => Ok(None),
    }
}

/// The items of a tuple.
fn tuple(context: &Context<'_>, item: &Item) -> Result<Option<Vec<Item>>> {
    match tag(context, item, "py/tuple")? {
        Some(items) => context.cells.items(&items),
        None => Ok(None),
    }
}

fn scalar(context: &mut Context<'_>, args: Cell) -> Result<Option<Made>> {
    let Some(args) = tuple(context, &Item::Cell(args))? else { return Ok(None) };
    let [dtype, data] = args.as_slice() else { return Ok(None) };
    let Some(dtype) = dtype_of(context, dtype, DEEPEST)? else { return Ok(None) };
    let Some(Item::Cell(data)) = tag(context, data, "py/b64")? else { return Ok(None) };
    let made = context.encoded(dtype, Dims::new(), Order::C, data, "", Packing::Nothing)?;
    Ok(made.map(Made::scalar))
}

/// `(1, shape, dtype, is_fortran, data)`.
fn state_of_array(context: &mut Context<'_>, state: Cell) -> Result<Option<Made>> {
    let Some(state) = tuple(context, &Item::Cell(state))? else { return Ok(None) };
    let [_, shape, dtype, Item::Cell(Cell::Bool(is_fortran)), data] = state.as_slice() else {
        return Ok(None);
    };
    let Some(shape) = tag(context, shape, "py/tuple")? else { return Ok(None) };
    let Item::Cell(shape) = shape else { return Ok(None) };
    let (Some(dims), Some(dtype)) = (context.cells.sizes(shape), dtype_of(context, dtype, DEEPEST)?) else {
        return Ok(None);
    };
    let Some(Item::Cell(data)) = tag(context, data, "py/b64")? else { return Ok(None) };
    let order = if *is_fortran { Order::F } else { Order::C };
    context.encoded(dtype, dims, order, data, "", Packing::Nothing)
}

/// Records and sub-arrays inside of others are read down to this depth.
const DEEPEST: usize = 16;

/// The bit of the flags that says that a record was laid out as a C compiler would.
const ALIGNED: i64 = 0x80;

/// `numpy.dtype("f4", False, True)` with the state `(3, "<", None, None, None, -1, -1, 0)`, of records, sub-arrays and dates
/// as well.
fn dtype_of(context: &Context<'_>, item: &Item, depth: usize) -> Result<Option<DType>> {
    if tag(context, item, "py/id")?.is_some() {
        return Err(by_number("the dtype of an array"));
    }
    let Some(depth) = depth.checked_sub(1) else { return Ok(None) };
    let Some(parts) = tag(context, item, "py/reduce")? else { return Ok(None) };
    let Some(parts) = context.cells.items(&parts)? else { return Ok(None) };
    let [_, args, state] = parts.as_slice() else { return Ok(None) };
    let (Some(args), Some(state)) = (tuple(context, args)?, tuple(context, state)?) else { return Ok(None) };
    let (Some(Item::Cell(code)), [_, Item::Cell(order), sub, names, fields, rest @ ..]) =
        (args.first(), state.as_slice())
    else {
        return Ok(None);
    };
    let is_none = |item: &Item| *item == Item::Cell(Cell::Null);
    if !is_none(sub) {
        return sub_array(context, sub, depth);
    }
    if !is_none(names) {
        return record(context, names, fields, rest, depth);
    }
    let (Some(code), Some(order)) = (context.text(*code)?, context.text(*order)?) else { return Ok(None) };
    let order = match order.as_ref() {
        ">" => ByteOrder::Big,
        "<" | "|" => ByteOrder::Little,
        _ => return Ok(None),
    };
    if !code.starts_with(['M', 'm']) {
        return Ok(crate::json::dtype::named(&code, order));
    }
    match rest {
        [_, _, _, metadata] => Ok(unit_of(context, metadata)?
            .and_then(|unit| crate::json::dtype::named(&format!("{code}{unit}"), order))),
        _ => Ok(None),
    }
}

/// `(dtype, shape)`.
fn sub_array(context: &Context<'_>, sub: &Item, depth: usize) -> Result<Option<DType>> {
    let Some(parts) = tuple(context, sub)? else { return Ok(None) };
    let [base, shape] = parts.as_slice() else { return Ok(None) };
    let Some(Item::Cell(shape)) = tag(context, shape, "py/tuple")? else { return Ok(None) };
    let (Some(base), Some(dims)) = (dtype_of(context, base, depth)?, context.cells.sizes(shape)) else {
        return Ok(None);
    };
    Ok(SubArray::new(base, &dims).ok().map(DType::from))
}

/// The names of fields, a dict of `(dtype, offset[, title])`, and what follows in the state: itemsize, alignment, flags.
fn record(
    context: &Context<'_>,
    names: &Item,
    fields: &Item,
    rest: &[Item],
    depth: usize,
) -> Result<Option<DType>> {
    let (Some(names), Item::Cell(Cell::Dict(span))) = (tuple(context, names)?, fields) else {
        return Ok(None);
    };
    let [Item::Cell(Cell::Int(itemsize)), _, Item::Cell(Cell::Int(flags)), ..] = rest else {
        return Ok(None);
    };
    let all = span.of(&context.cells.kept);
    let mut by_name = HashMap::new();
    by_name.try_reserve(all.len() / 2).map_err(no_memory)?;
    for entry in all.chunks_exact(2) {
        let [key, field] = entry else { continue };
        if let Some(key) = context.text(*key)? {
            by_name.insert(key, *field);
        }
    }
    let mut builder = RecordType::builder();
    for name in &names {
        let Item::Cell(name) = name else { return Ok(None) };
        let Some(name) = context.text(*name)? else { return Ok(None) };
        let Some(field) = by_name.get(&name) else { return Ok(None) };
        let Some(field) = tuple(context, &Item::Cell(*field))? else { return Ok(None) };
        let (dtype, offset, title) = match field.as_slice() {
            [dtype, Item::Cell(offset)] => (dtype, offset, None),
            [dtype, Item::Cell(offset), Item::Cell(title)] => (dtype, offset, context.text(*title)?),
            _ => return Ok(None),
        };
        let (Some(dtype), Some(offset)) = (dtype_of(context, dtype, depth)?, context.cells.size(*offset))
        else {
            return Ok(None);
        };
        builder = builder.field_at(name.into_owned(), title.map(Cow::into_owned), dtype, offset);
    }
    if flags & ALIGNED != 0 {
        builder = builder.aligned();
    }
    let Ok(itemsize) = usize::try_from(*itemsize) else { return Ok(None) };
    Ok(builder.itemsize(itemsize).build().ok().map(DType::from))
}

/// The unit of dates: the second item of the metadata is `(b"ns", 1, 1, 1)`.
fn unit_of(context: &Context<'_>, metadata: &Item) -> Result<Option<String>> {
    let Some(parts) = tuple(context, metadata)? else { return Ok(None) };
    let [_, unit] = parts.as_slice() else { return Ok(None) };
    let Some(unit) = tuple(context, unit)? else { return Ok(None) };
    let [name, Item::Cell(Cell::Int(count)), Item::Cell(Cell::Int(1)), ..] = unit.as_slice() else {
        return Ok(None);
    };
    let Some(Item::Cell(name)) = tag(context, name, "py/b64")? else { return Ok(None) };
    let Some(name) = context.text(name)? else { return Ok(None) };
    let name = base64::decode(name.as_bytes()).ok();
    let name = name.as_ref().and_then(|name| std::str::from_utf8(name.as_slice()).ok());
    Ok(name.map(|name| match (name, count) {
        ("generic", _) => String::new(),
        (name, 1) => format!("[{name}]"),
        (name, count) => format!("[{count}{name}]"),
    }))
}
