//! From the items of one record to the items of another: which bytes go where.
//!
//! Two record dtypes are matched by the names of their fields, once, into a flat list of *moves*: so many bytes from one
//! offset to another, reversed in units where byte orders differ. Neighbours that need no reversal become one move. Each
//! move then goes over all items of a piece before the next one begins: a loop that moves a fixed number of bytes compiles
//! to a load and a store an item, where a loop over the moves of each item would branch on length and unit for every
//! field. The piece stays in the cache, so that walking it once a field costs little.

use crate::ops::cast::without_padding;
use crate::{ByteOrder, DType, Error, Field, RecordType, Result, Scalar, SubArray, Swap};

/// How items of one dtype become items of another with the same fields in other places, widths and byte orders.
///
/// The bytes of both are moved column by column, so that each loop moves a fixed number of bytes.
#[derive(Debug)]
pub(crate) struct Plan {
    from_itemsize: usize,
    to_itemsize: usize,
    moves: Vec<Move>,
    tails: Vec<Tail>,
    /// Some string is wider where it goes: what is after it stays zero.
    widens: bool,
}

/// `len` bytes, of which every `unit` are reversed (not at all for 1).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Move {
    from: usize,
    to: usize,
    len: usize,
    unit: usize,
}

/// Bytes of a string that is narrower where it goes: they have to be zero.
#[derive(Debug)]
struct Tail {
    from: usize,
    len: usize,
    path: String,
    why: String,
}

impl Plan {
    /// The plan from items of an array to items that are asked for, in the machine's byte order.
    pub(crate) fn new(from: &DType, to: &DType) -> Result<Self> {
        let mut plan = Self {
            from_itemsize: from.itemsize(),
            to_itemsize: to.itemsize(),
            moves: Vec::new(),
            tails: Vec::new(),
            widens: false,
        };
        plan.add(from, to, (0, 0), &mut Vec::new())?;
        Ok(plan)
    }

    /// True when the items are what is asked for as they are.
    pub(crate) fn is_direct(&self) -> bool {
        self.from_itemsize == self.to_itemsize
            && self.tails.is_empty()
            && !self.widens
            && self.moves.iter().all(|part| part.from == part.to && part.unit == 1)
    }

    /// Fills `to` with the items of `from`. What no field covers stays as it is.
    ///
    /// # Errors
    /// `Mismatch` when there is less room than for these items.
    pub(crate) fn apply(&self, from: &[u8], to: &mut [u8]) -> Result<()> {
        if self.from_itemsize == 0 || self.to_itemsize == 0 {
            return Ok(());
        }
        for part in &self.moves {
            let moved = match (part.len, part.unit) {
                (1, 1) => self.copy::<1>(part, from, to),
                (2, 1) => self.copy::<2>(part, from, to),
                (4, 1) => self.copy::<4>(part, from, to),
                (8, 1) => self.copy::<8>(part, from, to),
                (16, 1) => self.copy::<16>(part, from, to),
                (2, 2) => self.reverse::<2>(part, from, to),
                (4, 4) => self.reverse::<4>(part, from, to),
                (8, 8) => self.reverse::<8>(part, from, to),
                _ => self.each(part, from, to, |from, to| {
                    if let (Some(from), Some(to)) = (from.get(..part.len), to.get_mut(..part.len)) {
                        to.copy_from_slice(from);
                        Swap::Units(part.unit).apply(to);
                    }
                }),
            };
            moved.ok_or_else(outside)?;
        }
        Ok(())
    }

    fn copy<const N: usize>(&self, part: &Move, from: &[u8], to: &mut [u8]) -> Option<()> {
        self.each(part, from, to, |from, to| {
            if let (Some(from), Some(to)) = (from.first_chunk::<N>(), to.first_chunk_mut::<N>()) {
                *to = *from;
            }
        })
    }

    fn reverse<const N: usize>(&self, part: &Move, from: &[u8], to: &mut [u8]) -> Option<()> {
        self.each(part, from, to, |from, to| {
            if let (Some(from), Some(to)) = (from.first_chunk::<N>(), to.first_chunk_mut::<N>()) {
                *to = *from;
                to.reverse();
            }
        })
    }

    /// Calls `step` with all items from where the bytes are that are moved, of which each has as many as that. The last
    /// one, after which the items end, comes apart: the others are of one length, which the compiler can rely on. `None`
    /// when the bytes lie outside of the items.
    #[inline(always)]
    fn each(&self, part: &Move, from: &[u8], to: &mut [u8], step: impl Fn(&[u8], &mut [u8])) -> Option<()> {
        let (from_stride, to_stride) = (self.from_itemsize, self.to_itemsize);
        let Some(others) = (from.len() / from_stride).checked_sub(1) else { return Some(()) };
        let (from, from_last) = from.get(part.from..)?.split_at_checked(others.checked_mul(from_stride)?)?;
        let (to, to_last) = to.get_mut(part.to..)?.split_at_mut_checked(others.checked_mul(to_stride)?)?;
        if part.len > from_last.len().min(from_stride).min(to_last.len()).min(to_stride) {
            return None;
        }
        let (from, to) = (from.chunks_exact(from_stride), to.chunks_exact_mut(to_stride));
        from.zip(to).for_each(|(from, to)| step(from, to));
        step(from_last, to_last);
        Some(())
    }

    /// Checks that no string of the items is cut. They are the items from `first_row` on.
    pub(crate) fn check_tails(&self, from: &[u8], first_row: usize) -> Result<()> {
        for tail in &self.tails {
            for (row, item) in from.chunks_exact(self.from_itemsize.max(1)).enumerate() {
                let cut = item.get(tail.from..tail.from + tail.len).ok_or_else(outside)?;
                if !without_padding(cut).is_empty() {
                    let error = Error::mismatch(tail.why.clone()).in_path(&tail.path);
                    return Err(in_item(error, first_row + row, self.from_itemsize));
                }
            }
        }
        Ok(())
    }

    fn add<'a>(
        &mut self,
        from: &DType,
        to: &'a DType,
        at: (usize, usize),
        path: &mut Vec<&'a str>,
    ) -> Result<()> {
        match (from, to) {
            (DType::Record(from), DType::Record(to)) => self.add_fields(from, to, at, path),
            (DType::SubArray(from), DType::SubArray(to)) if from.dims() == to.dims() => {
                self.add_items(from, to, at, path)
            }
            (DType::Bytes(from), DType::Bytes(to)) => {
                self.add_string((*from, *to), 1, (at, ByteOrder::NATIVE), path);
                Ok(())
            }
            (DType::Unicode(from, order), DType::Unicode(to, _)) => {
                self.add_string((*from, *to), 4, (at, *order), path);
                Ok(())
            }
            _ => match unit_between(from, to) {
                Some(unit) => {
                    self.push(Move { from: at.0, to: at.1, len: to.itemsize(), unit });
                    Ok(())
                }
                None => Err(Error::mismatch(format!(
                    "the dtype differs: the array has {from}, {to} was asked for"
                ))),
            },
        }
    }

    fn add_fields<'a>(
        &mut self,
        from: &RecordType,
        to: &'a RecordType,
        at: (usize, usize),
        path: &mut Vec<&'a str>,
    ) -> Result<()> {
        for wanted in to.fields() {
            let field = from.field(wanted.name()).ok_or_else(|| {
                let names: Vec<_> = from.fields().iter().map(Field::name).collect();
                Error::mismatch(format!("the dtype has no field '{}': it has {names:?}", wanted.name()))
            })?;
            let at = (at.0 + field.offset(), at.1 + wanted.offset());
            path.push(wanted.name());
            self.add(field.dtype(), wanted.dtype(), at, path)
                .map_err(|error| error.in_path(wanted.name()))?;
            path.pop();
        }
        Ok(())
    }

    /// Small arrays of numbers are moved in one piece, those of anything else item by item.
    fn add_items<'a>(
        &mut self,
        from: &SubArray,
        to: &'a SubArray,
        at: (usize, usize),
        path: &mut Vec<&'a str>,
    ) -> Result<()> {
        if let Some(unit) = unit_between(from.item(), to.item()) {
            self.push(Move { from: at.0, to: at.1, len: to.itemsize(), unit });
            return Ok(());
        }
        let (from_step, to_step) = (from.item().itemsize(), to.item().itemsize());
        let count: usize = if to.dims().contains(&0) { 0 } else { to.dims().iter().product() };
        // The dtypes are compared even if there are no items, and without bytes there is nothing else to do.
        let count = if from_step == 0 && to_step == 0 { 1 } else { count };
        if count == 0 {
            return Self::new(from.item(), to.item()).map(|_| ());
        }
        (0..count).try_for_each(|item| {
            self.add(from.item(), to.item(), (at.0 + item * from_step, at.1 + item * to_step), path)
        })
    }

    /// Strings of `widths` units of `size` bytes.
    fn add_string(
        &mut self,
        (from, to): (usize, usize),
        size: usize,
        (at, order): ((usize, usize), ByteOrder),
        path: &[&str],
    ) {
        let unit = if order.is_native() { 1 } else { size };
        self.push(Move { from: at.0, to: at.1, len: from.min(to) * size, unit });
        self.widens |= from < to;
        if from > to {
            let what = if size == 1 { "bytes" } else { "characters" };
            self.tails.push(Tail {
                from: at.0 + to * size,
                len: (from - to) * size,
                path: path.join("/"),
                why: format!("the text is longer than the {to} {what} that there is room for"),
            });
        }
    }

    /// Adds a move, to the last one if it goes on there.
    fn push(&mut self, part: Move) {
        match self.moves.last_mut() {
            _ if part.len == 0 => {}
            Some(last)
                if (last.unit, part.unit) == (1, 1)
                    && last.from + last.len == part.from
                    && last.to + last.len == part.to =>
            {
                last.len += part.len;
            }
            _ => self.moves.push(part),
        }
    }
}

/// The bytes that are reversed together on the way between items without parts; `None` when they are not the same.
fn unit_between(from: &DType, to: &DType) -> Option<usize> {
    let (unit, order) = match (from, to) {
        (DType::Scalar(from, order), DType::Scalar(to, _)) if from == to => (to.swap_unit(), *order),
        // What a `.npy` has for it.
        (DType::Void(2), DType::Scalar(Scalar::BF16, _)) => (2, ByteOrder::Little),
        (DType::DateTime(from, order), DType::DateTime(to, _)) if from == to => (8, *order),
        (DType::TimeDelta(from, order), DType::TimeDelta(to, _)) if from == to => (8, *order),
        (DType::Void(from), DType::Void(to)) if from == to => (1, ByteOrder::NATIVE),
        _ => return None,
    };
    Some(if order.is_native() { 1 } else { unit })
}

#[cold]
fn outside() -> Error {
    Error::mismatch("a field lies outside of its record")
}

/// Says in which item of the bytes it happened.
#[cold]
pub(crate) fn in_item(error: Error, row: usize, itemsize: usize) -> Error {
    in_row(error, row).at(row.saturating_mul(itemsize) as u64)
}

/// Says in which record it happened.
#[cold]
pub(crate) fn in_row(error: Error, row: usize) -> Error {
    error.context(&format!("row {row}"))
}
