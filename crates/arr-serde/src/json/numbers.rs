//! Lists of numbers as arrays: the dtype that NumPy would give them, where that changes no value.

use arr_core::format::Budget;
use arr_core::format::room::reserved;
use arr_core::{Array, BufferMut, ByteOrder, DType, Order, Result, Scalar};

use super::cells::{Block, Cell, Cells, Item, Kind, signed};

/// Whole numbers up to this one are floats without a change.
const EXACT: u64 = 1 << 53;

/// What the numbers of a block have in common.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Common {
    pub(super) scalar: Scalar,
    /// Whether some of them are `null`, which is NaN then.
    pub(super) has_null: bool,
}

/// What all numbers of a block are without a change: truths, `int64`, `uint64` or `float64`, in which `null` is NaN. Nothing
/// where no dtype holds them all, or all are `null`.
pub(super) fn common(cells: &Cells, block: &Block) -> Option<Common> {
    let end = block.start.saturating_add(block.len());
    let kinds = cells.kinds.get(block.start..end)?;
    let has = |kind: Kind| kinds.contains(&kind);
    let has_null = has(Kind::Null);
    if has(Kind::Bool) {
        let all = kinds.iter().all(|kind| *kind == Kind::Bool);
        return all.then_some(Common { scalar: Scalar::Bool, has_null });
    }
    let (ints, longs, floats) = (has(Kind::Int), has(Kind::UInt), has(Kind::Float));
    let bits = cells.bits.get(block.start..end)?;
    let numbers = || kinds.iter().copied().zip(bits.iter().copied());
    let scalar = match (ints, longs, floats || has_null) {
        (false, false, true) if !floats => return None,
        (false, false, true) => Scalar::F64,
        (_, _, true) => {
            let is_exact = |(kind, bits): (Kind, u64)| match kind {
                Kind::Int => signed(bits).unsigned_abs() <= EXACT,
                Kind::UInt => false,
                _ => true,
            };
            numbers().all(is_exact).then_some(Scalar::F64)?
        }
        (_, false, false) => Scalar::I64,
        (_, true, false) => {
            let is_negative = |(kind, bits): (Kind, u64)| kind == Kind::Int && signed(bits) < 0;
            (!numbers().any(is_negative)).then_some(Scalar::U64)?
        }
    };
    Some(Common { scalar, has_null })
}

/// The array of a block.
pub(super) fn array(cells: &Cells, block: &Block, scalar: Scalar, budget: &mut Budget) -> Result<Array> {
    let len = block.len();
    budget.charge_bytes((len as u64).saturating_mul(scalar.itemsize() as u64))?;
    let mut items = BufferMut::zeroed(len.saturating_mul(scalar.itemsize()))?;
    let end = block.start.saturating_add(len);
    let bits = cells.bits.get(block.start..end).unwrap_or_default();
    let kinds = cells.kinds.get(block.start..end).unwrap_or_default();
    let bytes = items.as_mut_slice();
    if scalar == Scalar::Bool {
        bytes.iter_mut().zip(bits).for_each(|(byte, bits)| *byte = u8::from(*bits != 0));
    } else {
        for ((item, bits), kind) in bytes.chunks_exact_mut(8).zip(bits).zip(kinds) {
            let bits = if scalar == Scalar::F64 { float(*kind, *bits) } else { *bits };
            item.copy_from_slice(&bits.to_ne_bytes());
        }
    }
    let dtype = DType::scalar(scalar, ByteOrder::NATIVE);
    Array::contiguous(dtype, &block.dims, Order::C, items.freeze())
}

/// The bits of a float that a number is exactly.
fn float(kind: Kind, bits: u64) -> u64 {
    #[allow(clippy::cast_precision_loss, reason = "whole numbers of no more than 53 bits")]
    match kind {
        Kind::Float => bits,
        Kind::Null => f64::NAN.to_bits(),
        Kind::Bool | Kind::Int => (signed(bits) as f64).to_bits(),
        Kind::UInt => (bits as f64).to_bits(),
    }
}

/// A number as the floating-point number that is nearest, and nothing of what is not a number. The words that ND4J writes in
/// quotes are numbers too.
pub(super) fn nearest(cell: Cell, all: &[u8]) -> Result<Option<f64>> {
    #[allow(clippy::cast_precision_loss, reason = "the nearest is wanted")]
    Ok(match cell {
        Cell::Float(float) => Some(float),
        Cell::Int(int) => Some(int as f64),
        Cell::UInt(int) => Some(int as f64),
        Cell::Null => Some(f64::NAN),
        Cell::Text(_) => match super::text::read(cell, all)?.as_deref() {
            Some("NaN") => Some(f64::NAN),
            Some("Infinity") => Some(f64::INFINITY),
            Some("-Infinity") => Some(f64::NEG_INFINITY),
            _ => None,
        },
        _ => None,
    })
}

/// The items of all dimensions of a list, one after another; nothing where they are of several shapes or not of so many
/// dimensions.
pub(super) fn leaves(cells: &Cells, whole: &Item, rank: usize) -> Result<Option<(Vec<usize>, Vec<Item>)>> {
    let (mut level, mut shape) = (vec![whole.clone()], reserved(rank)?);
    for _ in 0..rank {
        let mut next = Vec::new();
        let mut width = None;
        for item in &level {
            let Some(items) = cells.items(item)? else { return Ok(None) };
            if *width.get_or_insert(items.len()) != items.len() {
                return Ok(None);
            }
            next.try_reserve(items.len()).map_err(arr_core::format::room::no_memory)?;
            next.extend(items);
        }
        shape.push(width.unwrap_or(0));
        level = next;
    }
    Ok(Some((shape, level)))
}
