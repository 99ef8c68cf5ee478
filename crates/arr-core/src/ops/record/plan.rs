//! From the items of one record to the items of another: which bytes go where.
//!
//! Two record dtypes are matched by the names of their fields, once, into a flat list of *moves*: so many bytes from one
//! offset to another, reversed in units where byte orders differ. Neighbours that need no reversal become one move. Each
//! move then goes over all items of a piece before the next one begins: a loop that moves a fixed number of bytes compiles
//! to a load and a store an item, where a loop over the moves of each item would branch on length and unit for every
//! field. The piece stays in the cache, so that walking it once a field costs little.

use super::lack::{Lack, Lacks, Rule};
use super::widen::Widening;
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
    pads: bool,
    /// Numbers and times that are wider where they go.
    widenings: Vec<Widening>,
    /// The fields that are not there.
    lacks: Lacks,
}

/// How what is asked for is looked for.
#[derive(Clone, Copy)]
struct Asked<'a> {
    /// The rules of the fields.
    rules: &'a [Rule],
    /// Numbers and times may be narrower.
    widens: bool,
    /// Whoever asks could say that they may.
    could_widen: bool,
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
        Self::make(from, to, Asked { rules: &[], widens: false, could_widen: false })
    }

    /// The same, where the rules of the fields of `to` say what may be missing or narrower.
    pub(crate) fn by_rules(from: &DType, to: &DType, rules: &[Rule]) -> Result<Self> {
        Self::make(from, to, Asked { rules, widens: false, could_widen: true })
    }

    fn make(from: &DType, to: &DType, asked: Asked<'_>) -> Result<Self> {
        let mut plan = Self {
            from_itemsize: from.itemsize(),
            to_itemsize: to.itemsize(),
            moves: Vec::new(),
            tails: Vec::new(),
            pads: false,
            widenings: Vec::new(),
            lacks: Lacks::default(),
        };
        plan.lacks = plan.add(from, to, asked, (0, 0), &mut Vec::new())?;
        Ok(plan)
    }

    /// The fields that are not there.
    pub(crate) fn lacks(&self) -> &Lacks {
        &self.lacks
    }

    /// True when the items are what is asked for as they are.
    pub(crate) fn is_direct(&self) -> bool {
        self.from_itemsize == self.to_itemsize
            && self.tails.is_empty()
            && self.widenings.is_empty()
            && self.lacks.is_empty()
            && !self.pads
            && self.moves.iter().all(|part| part.from == part.to && part.unit == 1)
    }

    /// Fills `to` with the items of `from`, except for what is [widened](Self::widen). What no field covers stays as it is.
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

    /// Fills the numbers and times of `to` that are narrower in `from`, whose items are those from `first_row` on.
    ///
    /// # Errors
    /// `Mismatch`, naming the field and the row, when one is not a value.
    pub(crate) fn widen(&self, from: &[u8], to: &mut [u8], first_row: usize) -> Result<()> {
        for widening in &self.widenings {
            widening.apply((from, self.from_itemsize), (to, self.to_itemsize), first_row)?;
        }
        Ok(())
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

    /// Adds what is asked for, and gives the fields that are missing.
    fn add<'a>(
        &mut self,
        from: &DType,
        to: &'a DType,
        asked: Asked<'_>,
        at: (usize, usize),
        path: &mut Vec<&'a str>,
    ) -> Result<Lacks> {
        match (from, to) {
            (DType::Record(from), DType::Record(to)) => return self.add_fields(from, to, asked, at, path),
            (DType::SubArray(from), DType::SubArray(to)) if from.dims() == to.dims() => {
                return self.add_items(from, to, asked, at, path);
            }
            (DType::Bytes(from), DType::Bytes(to)) => {
                self.add_string((*from, *to), 1, (at, ByteOrder::NATIVE), path);
            }
            (DType::Unicode(from, order), DType::Unicode(to, _)) => {
                self.add_string((*from, *to), 4, (at, *order), path);
            }
            _ => match unit_between(from, to) {
                Some(unit) => self.push(Move { from: at.0, to: at.1, len: to.itemsize(), unit }),
                None => self.add_widening(from, to, 1, asked, at, path)?,
            },
        }
        Ok(Lacks::default())
    }

    /// Adds `count` numbers or times that are wider where they go.
    #[inline(never)]
    fn add_widening(
        &mut self,
        from: &DType,
        to: &DType,
        count: usize,
        asked: Asked<'_>,
        at: (usize, usize),
        path: &[&str],
    ) -> Result<()> {
        let differs = || format!("the dtype differs: the array has {from}, {to} was asked for");
        let can_widen = asked.could_widen && Widening::is_lossless(from, to);
        match (can_widen, asked.widens) {
            (true, true) => {
                self.widenings.push(Widening::new(from, to, count, at, path.join("/"))?);
                Ok(())
            }
            (true, false) => Err(Error::mismatch(format!(
                "{} (`#[record(widen)]` on the field or the struct takes it, since no value changes)",
                differs()
            ))),
            (false, _) => Err(Error::mismatch(differs())),
        }
    }

    fn add_fields<'a>(
        &mut self,
        from: &RecordType,
        to: &'a RecordType,
        asked: Asked<'_>,
        at: (usize, usize),
        path: &mut Vec<&'a str>,
    ) -> Result<Lacks> {
        let mut lacks = Lacks::default();
        for (index, wanted) in to.fields().iter().enumerate() {
            let rule = asked.rules.get(index);
            let Some(field) = from.field(wanted.name()) else {
                if rule.is_some_and(|rule| rule.may_lack) {
                    lacks.note(index, Lack::Whole);
                    continue;
                }
                return Err(no_field(from, wanted.name()));
            };
            let at = (at.0 + field.offset(), at.1 + wanted.offset());
            let asked = Asked {
                rules: rule.map_or(&[], |rule| rule.fields),
                widens: asked.widens || rule.is_some_and(|rule| rule.widens),
                ..asked
            };
            path.push(wanted.name());
            let parts = self
                .add(field.dtype(), wanted.dtype(), asked, at, path)
                .map_err(|error| error.in_path(wanted.name()))?;
            lacks.note(index, Lack::Parts(parts));
            path.pop();
        }
        Ok(lacks)
    }

    /// Small arrays of numbers are moved in one piece, those of anything else item by item.
    fn add_items<'a>(
        &mut self,
        from: &SubArray,
        to: &'a SubArray,
        asked: Asked<'_>,
        at: (usize, usize),
        path: &mut Vec<&'a str>,
    ) -> Result<Lacks> {
        if let Some(unit) = unit_between(from.item(), to.item()) {
            self.push(Move { from: at.0, to: at.1, len: to.itemsize(), unit });
            return Ok(Lacks::default());
        }
        let (from_step, to_step) = (from.item().itemsize(), to.item().itemsize());
        let count: usize = if to.dims().contains(&0) { 0 } else { to.dims().iter().product() };
        if Widening::is_lossless(from.item(), to.item()) {
            self.add_widening(from.item(), to.item(), count, asked, at, path)?;
            return Ok(Lacks::default());
        }
        // The dtypes are compared even if there are no items, and without bytes there is nothing else to do.
        let count = if from_step == 0 && to_step == 0 { 1 } else { count };
        if count == 0 {
            return Self::make(from.item(), to.item(), asked).map(|plan| plan.lacks);
        }
        let mut lacks = Lacks::default();
        for item in 0..count {
            let at = (at.0 + item * from_step, at.1 + item * to_step);
            lacks = self.add(from.item(), to.item(), asked, at, path)?;
        }
        Ok(lacks)
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
        self.pads |= from < to;
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
fn no_field(record: &RecordType, name: &str) -> Error {
    let names: Vec<_> = record.fields().iter().map(Field::name).collect();
    Error::mismatch(format!("the dtype has no field '{name}': it has {names:?}"))
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
