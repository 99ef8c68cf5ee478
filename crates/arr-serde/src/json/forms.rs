//! The objects by which libraries write an array: one table, in which each is known by its keys.

#[cfg(feature = "jackson")]
mod nd4j;
mod nested;
mod pickled;
mod tagged;

#[cfg(feature = "jackson")]
pub(super) use nd4j::name_of;

use std::borrow::Cow;

use arr_core::format::Budget;
use arr_core::format::room::{push, reserved};
use arr_core::{Array, ByteOrder, DType, Order, Result};

use super::cells::{Cell, Cells, Dims, Span};
use super::encoded::{self, Data, Encoded, Packing, check_len};
use super::items::Given;
use super::{dtype, text};
use crate::base64;

/// An object that stands for an array.
struct Form {
    /// The keys that it has.
    keys: &'static [&'static str],
    /// The keys that it may have besides; no others.
    more: &'static [&'static str],
    /// Reads it; nothing where the values are others than the library writes, so that it is any object.
    read: fn(&mut Context<'_>, &Entries<'_>) -> Result<Option<Made>>,
}

/// Every form. Of those whose keys fit, the first that reads the object counts.
const FORMS: &[Form] = &[
    // Our own, and what many write by hand: `{"dtype": "<f4", "shape": [2, 3], "data": base64 or a list}`.
    Form { keys: &["dtype", "shape", "data"], more: &["order"], read: tagged::named },
    Form { keys: &["dtype", "shape", "base64"], more: &["order"], read: tagged::named },
    // Plotly from version 6 on.
    Form { keys: &["dtype", "bdata"], more: &["shape"], read: tagged::plotly },
    // json-numpy.
    Form { keys: &["__numpy__", "dtype", "shape"], more: &[], read: tagged::json_numpy },
    // Bokeh, since version 3 and before.
    Form { keys: &["type", "array", "shape", "dtype", "order"], more: &[], read: tagged::bokeh },
    Form { keys: &["__ndarray__", "shape", "dtype", "order"], more: &[], read: tagged::old_bokeh },
    // json-tricks.
    Form { keys: &["__ndarray__", "dtype", "shape"], more: &["Corder", "endian"], read: tagged::json_tricks },
    // ASE.
    Form { keys: &["__ndarray__"], more: &[], read: nested::ase },
    // jsonpickle, with its handlers for NumPy and without.
    Form {
        keys: &["py/object", "dtype", "values"],
        more: &["shape", "order", "byteorder", "base", "offset", "strides", "flags"],
        read: pickled::handled,
    },
    Form {
        keys: &["py/object", "base", "shape", "dtype"],
        more: &["byteorder", "offset", "strides", "flags"],
        read: pickled::viewed,
    },
    Form { keys: &["py/object", "dtype", "value"], more: &[], read: pickled::handled_scalar },
    Form { keys: &["py/reduce"], more: &[], read: pickled::reduced },
    // ND4J by Jackson.
    #[cfg(feature = "jackson")]
    Form { keys: &["array"], more: &[], read: nd4j::stream },
    #[cfg(feature = "jackson")]
    Form { keys: &["dataType", "shape", "data"], more: &[], read: nd4j::text },
    #[cfg(feature = "jackson")]
    Form {
        keys: &[
            "dataBuffer",
            "shapeField",
            "strideField",
            "offsetField",
            "rankField",
            "numElements",
            "orderingField",
        ],
        more: &["typeField"],
        read: nd4j::vector,
    },
];

/// The most keys that a form has.
const MOST_KEYS: usize = 8;

/// An array that was found.
pub(super) struct Made {
    pub(super) array: MadeOf,
    /// Whether it is a scalar of NumPy, no array.
    pub(super) is_scalar: bool,
}

/// Where the items of an array are.
pub(super) enum MadeOf {
    Memory(Array),
    Text(Encoded),
}

impl From<Array> for Made {
    fn from(array: Array) -> Self {
        Self { array: MadeOf::Memory(array), is_scalar: false }
    }
}

/// What forms are read with.
pub(super) struct Context<'t> {
    pub(super) cells: &'t Cells,
    pub(super) all: &'t [u8],
    /// The byte order of dtypes that do not tell it.
    pub(super) order: ByteOrder,
    pub(super) budget: Budget,
}

/// The keys and values of an object.
pub(super) struct Entries<'t> {
    keys: Vec<Cow<'t, str>>,
    cells: &'t [Cell],
}

impl Entries<'_> {
    /// The value of a key, or `null` where there is none.
    pub(super) fn get(&self, key: &str) -> Cell {
        let place = self.keys.iter().position(|known| known == key);
        let cell = place.and_then(|place| self.cells.get(place.saturating_mul(2).saturating_add(1)));
        cell.copied().unwrap_or(Cell::Null)
    }
}

/// The array that an object stands for, if it stands for one.
///
/// # Errors
/// `Malformed` with the offset, where the data is not what the object says; `LimitExceeded`.
pub(super) fn of_dict(context: &mut Context<'_>, span: Span) -> Result<Option<Made>> {
    let Some(entries) = context.entries(span)? else { return Ok(None) };
    for form in FORMS {
        let has = |key: &&str| entries.keys.iter().any(|own| own == key);
        let is_known = |own: &Cow<'_, str>| form.keys.iter().chain(form.more).any(|key| own == key);
        if form.keys.iter().all(has) && entries.keys.iter().all(is_known) {
            if let Some(made) = (form.read)(context, &entries)? {
                return Ok(Some(made));
            }
        }
    }
    Ok(None)
}

/// Text of so many letters that could be base64 is hardly anything else.
const LONG_TEXT: usize = 64;

/// What a list is in its document.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Standing {
    /// All of the document.
    Whole,
    /// One of several documents, in lines of their own.
    Root,
    Inside,
}

/// The array of a list `[dtype, base64, shape]`, or of `[dtype, base64]` where that is all of the document.
///
/// # Errors
/// As [`of_dict`].
pub(super) fn of_list(context: &mut Context<'_>, span: Span, standing: Standing) -> Result<Option<Made>> {
    let (name, data, shape) = match span.of(&context.cells.kept) {
        [name, data, shape] => (*name, *data, context.shape(*shape)?),
        [name, data] if standing != Standing::Inside => (*name, *data, None),
        _ => return Ok(None),
    };
    if shape.is_none() && span.len == 3 || !matches!(data, Cell::Text(_) | Cell::Escaped(_)) {
        return Ok(None);
    }
    let Some(dtype) = context.dtype(name)? else { return Ok(None) };
    let is_told = context.is_told(name)?;
    let looks_encoded = context.looks_encoded(data)?;
    let dims = match shape {
        Some(dims) => dims,
        None => match context.items_of(data, &dtype)? {
            Some(dims) => dims,
            None => return Ok(None),
        },
    };
    let is_sure = is_told || looks_encoded && standing == Standing::Whole;
    if !is_sure && !context.is_meant(data, &dtype, &dims)? {
        return Ok(None);
    }
    context.encoded(dtype, dims, Order::C, data, "", Packing::Nothing)
}

impl<'t> Context<'t> {
    /// The keys and values of an object that has no more than a form may have.
    fn entries(&self, span: Span) -> Result<Option<Entries<'t>>> {
        let cells = span.of(&self.cells.kept);
        let count = cells.len() / 2;
        if count == 0 || count > MOST_KEYS {
            return Ok(None);
        }
        let mut keys = reserved(count)?;
        for key in cells.iter().step_by(2) {
            keys.push(text::read(*key, self.all)?.unwrap_or_default());
        }
        Ok(Some(Entries { keys, cells }))
    }

    /// The dtype that a value names.
    pub(super) fn dtype(&self, cell: Cell) -> Result<Option<DType>> {
        dtype::of(self.cells, cell, self.order, self.all)
    }

    /// The text of a string.
    pub(super) fn text(&self, cell: Cell) -> Result<Option<Cow<'t, str>>> {
        text::read(cell, self.all)
    }

    /// The array whose values are written out.
    pub(super) fn values(
        &mut self,
        cell: Cell,
        dtype: &DType,
        shape: Option<&[usize]>,
    ) -> Result<Option<Array>> {
        let given = Given { cells: self.cells, all: self.all };
        given.array(cell, dtype, shape, &mut self.budget)
    }

    /// Whether a dtype tells its byte order or its fields: hardly anything else is a text like that.
    pub(super) fn is_told(&self, cell: Cell) -> Result<bool> {
        let is_text = |text: Cow<'_, str>| text.starts_with(['<', '>', '|', '[', '{', '(']);
        Ok(matches!(cell, Cell::List(_)) || self.text(cell)?.is_some_and(is_text))
    }

    /// Whether a string begins as base64.
    pub(super) fn looks_encoded(&self, cell: Cell) -> Result<bool> {
        let is_sign =
            |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/' | b'=' | b'\r' | b'\n');
        Ok(match cell {
            Cell::Text(span) => span.of(self.all).iter().take(64).all(is_sign),
            Cell::Escaped(_) => self.text(cell)?.is_some_and(|text| text.bytes().all(|byte| is_sign(&byte))),
            _ => false,
        })
    }

    /// Whether a string that begins as base64 is surely meant as that: it is the data of such an array, or too long for
    /// anything else. A dtype that tells no byte order is a short word, and so may be what follows it.
    pub(super) fn is_meant(&self, cell: Cell, dtype: &DType, dims: &[usize]) -> Result<bool> {
        let Some(text) = self.text(cell)? else { return Ok(false) };
        if text.len() >= LONG_TEXT {
            return Ok(true);
        }
        let found = base64::decode(text.as_bytes()).ok().map(|bytes| bytes.as_slice().len() as u64);
        Ok(found.is_some() && found == encoded::nbytes(dtype, dims))
    }

    /// One dimension of as many items as the text of base64 means; nothing where it is none of these items.
    pub(super) fn items_of(&self, cell: Cell, dtype: &DType) -> Result<Option<Dims>> {
        let Some(text) = self.text(cell)? else { return Ok(None) };
        let len = base64::decoded_len(text.as_bytes()).ok();
        let items = len
            .and_then(|len| Some((len.checked_div(dtype.itemsize())?, len.checked_rem(dtype.itemsize())?)));
        Ok(items.filter(|(_, rest)| *rest == 0).map(|(count, _)| Dims::from_elem(count, 1)))
    }

    /// The array whose bytes are a string of base64 behind a mark; nothing of what is no string with that mark.
    pub(super) fn encoded(
        &mut self,
        dtype: DType,
        dims: Dims,
        order: Order,
        cell: Cell,
        mark: &str,
        packing: Packing,
    ) -> Result<Option<Made>> {
        self.budget.check_rank(dims.len())?;
        if dtype == DType::Utf8 {
            return Ok(None);
        }
        let Some(wanted) = encoded::nbytes(&dtype, &dims) else { return Ok(None) };
        let Some(data) = encoded::data(cell, mark, self.all, &mut self.budget)? else { return Ok(None) };
        if dtype.itemsize() == 0 {
            let items = dims.iter().fold(1u64, |items, dim| items.saturating_mul(*dim as u64));
            self.budget.charge_items(items)?;
        }
        let array = match data {
            // What is wrong with it is found when it is read: it does not hide the other arrays of the document.
            Data::Text(text) => MadeOf::Text(Encoded { dtype, dims, order, text, packing }),
            Data::Bytes(bytes) => {
                let bytes = match packing {
                    Packing::Nothing => bytes,
                    packing => encoded::unpacked(&bytes, packing, wanted, &mut self.budget)
                        .map_err(|error| cell.placed(error))?
                        .freeze(),
                };
                check_len(bytes.len() as u64, wanted, &dtype, &dims).map_err(|error| cell.placed(error))?;
                MadeOf::Memory(Array::contiguous(dtype, &dims, order, bytes)?)
            }
        };
        Ok(Some(Made { array, is_scalar: false }))
    }

    /// The sizes of a shape: a list, or what hands write in its place, a number or a text such as `"(2, 3)"`.
    fn shape(&self, cell: Cell) -> Result<Option<Dims>> {
        Ok(match cell {
            Cell::Int(len) => usize::try_from(len).ok().map(|len| Dims::from_elem(len, 1)),
            Cell::Text(_) => self.shape_in_words(cell)?,
            cell => self.cells.sizes(cell),
        })
    }

    /// The sizes of a shape that is text, `"2, 3"` or `"(2, 3)"`.
    pub(super) fn shape_in_words(&self, cell: Cell) -> Result<Option<Dims>> {
        let Some(text) = self.text(cell)? else { return Ok(None) };
        let mut dims = Vec::new();
        let inner = text.trim().strip_prefix('(').and_then(|text| text.strip_suffix(')'));
        let text = inner.map_or(text.as_ref(), |inner| inner.strip_suffix(',').unwrap_or(inner));
        for word in text.split(',') {
            match word.trim().parse() {
                Ok(dim) if dims.len() < arr_core::MAX_RANK => push(&mut dims, dim)?,
                _ => return Ok(None),
            }
        }
        Ok(Some(Dims::from_vec(dims)))
    }
}
