//! What is added to lists, sets, dicts, and objects that are some of them.

use arr_core::format::room::{no_memory, push, reserved};
use arr_core::{Error, Result};

use super::machine::Machine;
use super::value::{Cell, Val};

impl Machine<'_> {
    pub(super) fn append(&mut self, new: Vec<Val>) -> Result<()> {
        self.charge_values(new.len())?;
        let target = self.top()?.clone();
        let named = target.cell();
        let items = match named.map(|cell| self.cell_mut(cell)).transpose()? {
            Some(Cell::List(items) | Cell::Set(items)) => items,
            Some(Cell::Object(object)) => &mut object.items,
            _ => {
                let message = format!("nothing can be appended to {}", self.named(&target));
                return Err(Error::malformed(message));
            }
        };
        items.try_reserve(new.len()).map_err(no_memory)?;
        items.extend(new);
        Ok(())
    }

    pub(super) fn set_item(&mut self, key: Val, value: Val) -> Result<()> {
        let entries = self.entries(1)?;
        push(entries, (key, value))
    }

    pub(super) fn set_items(&mut self, items: Vec<Val>) -> Result<()> {
        let new = pairs(items)?;
        let entries = self.entries(new.len())?;
        entries.try_reserve(new.len()).map_err(no_memory)?;
        entries.extend(new);
        Ok(())
    }

    /// The entries of what is on top of the stack, to which so many are added.
    fn entries(&mut self, count: usize) -> Result<&mut Vec<(Val, Val)>> {
        self.charge_values(count.saturating_mul(2))?;
        let target = self.top()?.clone();
        let is_dict = matches!(self.follow(&target), Some(Cell::Dict(_) | Cell::Object(_)));
        match target.cell().filter(|_| is_dict).map(|cell| self.cell_mut(cell)).transpose()? {
            Some(Cell::Dict(entries)) => Ok(entries),
            Some(Cell::Object(object)) => Ok(&mut object.entries),
            _ => Err(Error::malformed("entries are set in what has none")),
        }
    }
}

/// Keys and values, one after another.
pub(super) fn pairs(items: Vec<Val>) -> Result<Vec<(Val, Val)>> {
    if items.len() % 2 == 1 {
        return Err(Error::malformed("a key has no value"));
    }
    let mut entries = reserved(items.len() / 2)?;
    let mut items = items.into_iter();
    while let (Some(key), Some(value)) = (items.next(), items.next()) {
        entries.push((key, value));
    }
    Ok(entries)
}
