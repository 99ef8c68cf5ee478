//! What is added to lists, sets, dicts, and objects that are some of them.

use arr_core::format::room::{no_memory, push, reserved};
use arr_core::{Error, Result};

use super::machine::Machine;
use super::stack::empty;
use super::value::{Cell, Val};

impl Machine<'_> {
    /// Adds what lies on the stack from a place on to what lies below it.
    pub(super) fn append(&mut self, from: usize) -> Result<()> {
        let target = self.below(from)?.clone();
        let count = self.stack.len().saturating_sub(from);
        self.charge_values(count)?;
        let Self { stack, cells, .. } = self;
        let items = match target.cell().and_then(|cell| cells.get_mut(cell as usize)) {
            Some(Cell::List(items) | Cell::Set(items)) => items,
            Some(Cell::Object(object)) => &mut object.items,
            _ => {
                let message = format!("nothing can be appended to {}", self.named(&target));
                return Err(Error::malformed(message));
            }
        };
        // Most lists get all of their items at once, and there may be millions of them.
        match items.capacity() {
            0 => items.try_reserve_exact(count),
            _ => items.try_reserve(count),
        }
        .map_err(no_memory)?;
        items.extend(stack.drain(from.min(stack.len())..));
        Ok(())
    }

    /// What lies on the stack below a place, above the mark before it.
    fn below(&self, from: usize) -> Result<&Val> {
        let place = from.checked_sub(1).filter(|place| *place >= self.floor());
        place.and_then(|place| self.stack.get(place)).ok_or_else(empty)
    }

    pub(super) fn set_item(&mut self, key: Val, value: Val) -> Result<()> {
        self.charge_values(2)?;
        let target = self.top()?.cell();
        let entries = entries_of(target.and_then(|cell| self.cells.get_mut(cell as usize)))?;
        push(entries, (key, value))
    }

    /// Sets what lies above the last mark, keys and values one after another, in what lies below it.
    pub(super) fn set_items(&mut self) -> Result<()> {
        let from = self.unmark()?;
        let target = self.below(from)?.cell();
        let count = self.stack.len().saturating_sub(from);
        if count % 2 == 1 {
            return Err(odd());
        }
        self.charge_values(count)?;
        let Self { stack, cells, .. } = self;
        let entries = entries_of(target.and_then(|cell| cells.get_mut(cell as usize)))?;
        match entries.capacity() {
            0 => entries.try_reserve_exact(count / 2),
            _ => entries.try_reserve(count / 2),
        }
        .map_err(no_memory)?;
        let mut items = stack.drain(from.min(stack.len())..);
        while let (Some(key), Some(value)) = (items.next(), items.next()) {
            entries.push((key, value));
        }
        Ok(())
    }
}

/// The entries of a cell that has some.
fn entries_of(cell: Option<&mut Cell>) -> Result<&mut Vec<(Val, Val)>> {
    match cell {
        Some(Cell::Dict(entries)) => Ok(entries),
        Some(Cell::Object(object)) => Ok(&mut object.entries),
        _ => Err(Error::malformed("entries are set in what has none")),
    }
}

#[cold]
fn odd() -> Error {
    Error::malformed("a key has no value")
}

/// Keys and values, one after another.
pub(super) fn pairs(items: Vec<Val>) -> Result<Vec<(Val, Val)>> {
    if items.len() % 2 == 1 {
        return Err(odd());
    }
    let mut entries = reserved(items.len() / 2)?;
    let mut items = items.into_iter();
    while let (Some(key), Some(value)) = (items.next(), items.next()) {
        entries.push((key, value));
    }
    Ok(entries)
}
