//! Arrays of values that are written out one by one, when it is said what they are.

use std::borrow::Cow;

use arr_core::format::Budget;
use arr_core::format::room::no_memory;
use arr_core::{Array, Buffer, ByteOrder, DType, Order, Result, Scalar};

use super::cells::{Cell, Cells, Item};
use super::encoded::nbytes;
use super::{numbers, text};

/// Records and sub-arrays inside of others are read down to this depth.
const DEEPEST: usize = 16;

/// What values are read with.
pub(super) struct Given<'t> {
    pub(super) cells: &'t Cells,
    pub(super) all: &'t [u8],
}

impl Given<'_> {
    /// The array of a dtype and, where it is said, of a shape, whose values are in a list of as many dimensions or of one; or
    /// in no list, if there are no dimensions. Nothing where a value is none of that dtype.
    ///
    /// # Errors
    /// `LimitExceeded`; `Malformed` for a string that is none.
    pub(super) fn array(
        &self,
        whole: Cell,
        dtype: &DType,
        shape: Option<&[usize]>,
        budget: &mut Budget,
    ) -> Result<Option<Array>> {
        budget.check_rank(shape.map_or(0, <[usize]>::len))?;
        let whole = Item::Cell(whole);
        if let Some(found) = self.of_numbers(&whole, dtype, shape, budget)? {
            return Ok(Some(found));
        }
        let rank = match shape {
            Some(shape) if shape.len() > 1 && self.is_nested(&whole, shape.len())? => shape.len(),
            Some([]) if self.cells.items(&whole)?.is_none() => 0,
            Some(_) => 1,
            None => self.rank(&whole, dtype)?,
        };
        let Some((found, leaves)) = numbers::leaves(self.cells, &whole, rank)? else { return Ok(None) };
        let shape = shape.unwrap_or(&found);
        budget.check_rank(shape.len())?;
        let Some(wanted) = nbytes(dtype, shape).filter(|_| product(shape) == Some(leaves.len())) else {
            return Ok(None);
        };
        if *dtype == DType::Utf8 {
            return self.texts(&leaves, shape, budget);
        }
        budget.charge_bytes(wanted)?;
        if dtype.itemsize() == 0 {
            budget.charge_items(leaves.len() as u64)?;
        }
        let mut bytes = Vec::new();
        bytes.try_reserve_exact(usize::try_from(wanted).unwrap_or(usize::MAX)).map_err(no_memory)?;
        for leaf in &leaves {
            if !self.item(leaf, dtype, DEEPEST, &mut bytes)? {
                return Ok(None);
            }
        }
        Array::contiguous(dtype.clone(), shape, Order::C, Buffer::from_vec(bytes)).map(Some)
    }

    fn texts(&self, leaves: &[Item], shape: &[usize], budget: &mut Budget) -> Result<Option<Array>> {
        let mut texts = Vec::new();
        for leaf in leaves {
            let Item::Cell(cell) = leaf else { return Ok(None) };
            let Some(text) = text::read(*cell, self.all)? else { return Ok(None) };
            budget.charge_bytes(text.len().saturating_add(DType::Utf8.itemsize()) as u64)?;
            arr_core::format::room::push(&mut texts, text)?;
        }
        Array::from_texts(shape, Order::C, texts).map(Some)
    }

    /// Whether the items of a list are lists of `rank` dimensions.
    fn is_nested(&self, whole: &Item, rank: usize) -> Result<bool> {
        let mut item = whole.clone();
        for _ in 0..rank {
            match self.cells.items(&item)? {
                Some(items) => match items.first() {
                    Some(first) => item = first.clone(),
                    None => return Ok(true),
                },
                None => return Ok(false),
            }
        }
        Ok(true)
    }

    /// How many dimensions a list has: the items of records are lists, too.
    fn rank(&self, whole: &Item, dtype: &DType) -> Result<usize> {
        let (mut item, mut rank) = (whole.clone(), 0);
        while let Some(items) = self.cells.items(&item)? {
            rank += 1;
            match items.first() {
                Some(first) if rank <= arr_core::MAX_RANK => item = first.clone(),
                _ => break,
            }
        }
        // The values of a record are a list of their own, unless they are a tuple of jsonpickle.
        let is_own = dtype.as_record().is_some() && !matches!(item, Item::Cell(Cell::Dict(_)));
        Ok(if is_own { rank.saturating_sub(1) } else { rank })
    }

    /// A list that is nothing but numbers, cast to the dtype.
    fn of_numbers(
        &self,
        whole: &Item,
        dtype: &DType,
        shape: Option<&[usize]>,
        budget: &mut Budget,
    ) -> Result<Option<Array>> {
        let Some(block) = self.cells.block(whole) else { return Ok(None) };
        let DType::Scalar(kind, _) = dtype else { return Ok(None) };
        let Some(common) = numbers::common(self.cells, block) else { return Ok(None) };
        if common.has_null && !is_float(*kind) {
            return Ok(None);
        }
        let dims = shape.map_or_else(|| block.dims.to_vec(), <[usize]>::to_vec);
        // A complex number is two of them, where the list is not one of complex numbers already.
        let is_complex = matches!(kind, Scalar::Complex64 | Scalar::Complex128);
        let count = product(&dims);
        let is_pairs = is_complex && count.and_then(|count| count.checked_mul(2)) == Some(block.len());
        if !is_pairs && count != Some(block.len()) {
            return Ok(None);
        }
        budget.check_rank(dims.len())?;
        let found = numbers::array(self.cells, block, common.scalar, budget)?;
        let cast = match (is_pairs, kind) {
            (true, Scalar::Complex64) => found.cast_checked(&DType::native(Scalar::F32)),
            (true, _) => found.cast_checked(&DType::native(Scalar::F64)),
            (false, _) => found.cast_checked(dtype),
        };
        let Ok(cast) = cast else { return Ok(None) };
        let (own, _, bytes) = cast.into_parts();
        let native = if is_pairs { DType::native(*kind) } else { own };
        let array = Array::contiguous(native, &dims, Order::C, bytes)?;
        match dtype.byte_order() {
            Some(order) if !array.dtype().is_in_order(order) => {
                array.to_contiguous_in(Order::C, order).map(Some)
            }
            _ => Ok(Some(array)),
        }
    }

    /// Adds the bytes of one item; false if a value is none of the dtype.
    fn item(&self, item: &Item, dtype: &DType, depth: usize, to: &mut Vec<u8>) -> Result<bool> {
        let Some(depth) = depth.checked_sub(1) else { return Ok(false) };
        match (dtype, item) {
            (DType::Scalar(kind, order), item) => self.number(item, *kind, *order, to),
            (DType::Unicode(width, order), Item::Cell(cell)) => self.unicode(*cell, *width, *order, to),
            (DType::Bytes(size), Item::Cell(cell)) => {
                let found = self.bytes(*cell)?.filter(|bytes| bytes.len() <= *size);
                let Some(mut bytes) = found else { return Ok(false) };
                bytes.resize(*size, 0);
                to.extend_from_slice(&bytes);
                Ok(true)
            }
            (DType::Void(size), Item::Cell(cell)) => {
                let Some(bytes) = self.bytes(*cell)?.filter(|bytes| bytes.len() == *size) else {
                    return Ok(false);
                };
                to.extend_from_slice(&bytes);
                Ok(true)
            }
            (DType::DateTime(unit, order), Item::Cell(cell)) => {
                Ok(self.date(*cell, *unit)?.is_some_and(|ticks| add_ticks(ticks, *order, to)))
            }
            (DType::TimeDelta(unit, order), Item::Cell(cell)) => {
                Ok(self.span(*cell, *unit)?.is_some_and(|ticks| add_ticks(ticks, *order, to)))
            }
            (DType::Record(record), item) => {
                let Some(parts) = self.parts(item)? else { return Ok(false) };
                let (start, fields) = (to.len(), record.fields());
                if parts.len() != fields.len() {
                    return Ok(false);
                }
                for (field, part) in fields.iter().zip(&parts) {
                    let at = start.saturating_add(field.offset());
                    if at < to.len() {
                        return Ok(false);
                    }
                    to.resize(at, 0);
                    if !self.item(part, field.dtype(), depth, to)? {
                        return Ok(false);
                    }
                }
                to.resize(start.saturating_add(record.itemsize()), 0);
                Ok(true)
            }
            (DType::SubArray(sub), item) => {
                let Some((shape, leaves)) = numbers::leaves(self.cells, item, sub.dims().len())? else {
                    return Ok(false);
                };
                if shape != sub.dims() {
                    return Ok(false);
                }
                for leaf in &leaves {
                    if !self.item(leaf, sub.item(), depth, to)? {
                        return Ok(false);
                    }
                }
                Ok(true)
            }
            _ => Ok(false),
        }
    }

    /// The values of a record: a list, or what jsonpickle calls a tuple.
    fn parts(&self, item: &Item) -> Result<Option<Vec<Item>>> {
        if let Item::Cell(Cell::Dict(span)) = item {
            return match span.of(&self.cells.kept) {
                [key, values] if self.is(*key, "py/tuple")? => self.cells.items(&Item::Cell(*values)),
                _ => Ok(None),
            };
        }
        self.cells.items(item)
    }

    pub(super) fn is(&self, cell: Cell, wanted: &str) -> Result<bool> {
        Ok(self.text(cell)?.is_some_and(|text| text == wanted))
    }

    pub(super) fn text(&self, cell: Cell) -> Result<Option<Cow<'_, str>>> {
        text::read(cell, self.all)
    }

    fn number(&self, item: &Item, kind: Scalar, order: ByteOrder, to: &mut Vec<u8>) -> Result<bool> {
        let native = match item {
            Item::Cell(Cell::Bool(truth)) => Array::from_vec(vec![*truth], &[])?,
            Item::Cell(Cell::Int(int)) => Array::from_vec(vec![*int], &[])?,
            Item::Cell(Cell::UInt(int)) => Array::from_vec(vec![*int], &[])?,
            Item::Cell(Cell::Float(float)) => Array::from_vec(vec![*float], &[])?,
            Item::Cell(Cell::Null) if is_float(kind) => Array::from_vec(vec![f64::NAN], &[])?,
            Item::Cell(cell @ Cell::Text(_)) if is_float(kind) => match numbers::nearest(*cell, self.all)? {
                Some(float) => Array::from_vec(vec![float], &[])?,
                None => return Ok(false),
            },
            other => match self.complex(other)? {
                Some(complex) => Array::from_vec(vec![complex], &[])?,
                None => return Ok(false),
            },
        };
        let Ok(cast) = native.cast_checked(&DType::scalar(kind, order)) else { return Ok(false) };
        let Some(bytes) = cast.as_bytes(Order::C) else { return Ok(false) };
        to.extend_from_slice(bytes);
        Ok(true)
    }

    /// A complex number as json-tricks and jsonpickle write it: `{"__complex__": [re, im]}`, `{"py/object":
    /// "builtins.complex", "py/newargs": {"py/tuple": [re, im]}}`.
    fn complex(&self, item: &Item) -> Result<Option<num_complex::Complex<f64>>> {
        let Item::Cell(Cell::Dict(span)) = item else { return Ok(None) };
        let pair = match span.of(&self.cells.kept) {
            [key, pair] if self.is(*key, "__complex__")? => Item::Cell(*pair),
            [one, class, two, args]
                if self.is(*one, "py/object")?
                    && self.is(*class, "builtins.complex")?
                    && self.is(*two, "py/newargs")? =>
            {
                let Some(parts) = self.parts(&Item::Cell(*args))? else { return Ok(None) };
                return self.pair(&parts);
            }
            _ => return Ok(None),
        };
        match self.cells.items(&pair)? {
            Some(parts) => self.pair(&parts),
            None => Ok(None),
        }
    }

    fn pair(&self, parts: &[Item]) -> Result<Option<num_complex::Complex<f64>>> {
        let [Item::Cell(re), Item::Cell(im)] = parts else { return Ok(None) };
        let (re, im) = (numbers::nearest(*re, self.all)?, numbers::nearest(*im, self.all)?);
        Ok(re.zip(im).map(|(re, im)| num_complex::Complex { re, im }))
    }

    fn unicode(&self, cell: Cell, width: usize, order: ByteOrder, to: &mut Vec<u8>) -> Result<bool> {
        let Some(text) = text::read(cell, self.all)? else { return Ok(false) };
        let end = to.len().saturating_add(width.saturating_mul(4));
        if text.chars().count() > width {
            return Ok(false);
        }
        for letter in text.chars() {
            let unit = u32::from(letter);
            to.extend_from_slice(&if order == ByteOrder::Big {
                unit.to_be_bytes()
            } else {
                unit.to_le_bytes()
            });
        }
        to.resize(end, 0);
        Ok(true)
    }
}

/// Adds the bytes of a date.
fn add_ticks(ticks: i64, order: ByteOrder, to: &mut Vec<u8>) -> bool {
    to.extend_from_slice(&if order == ByteOrder::Big { ticks.to_be_bytes() } else { ticks.to_le_bytes() });
    true
}

fn product(shape: &[usize]) -> Option<usize> {
    shape.iter().try_fold(1usize, |count, dim| count.checked_mul(*dim))
}

fn is_float(kind: Scalar) -> bool {
    matches!(
        kind,
        Scalar::F16 | Scalar::BF16 | Scalar::F32 | Scalar::F64 | Scalar::Complex64 | Scalar::Complex128
    )
}
