//! The memo: values by number.

use std::collections::HashMap;

use arr_core::Result;
use arr_core::format::Budget;
use arr_core::format::room::{no_memory, push};

use super::value::Val;

/// Numbers that are so far beyond those that are there are kept in a map: they may be any.
const GAP: usize = 1024;

/// The values that were memorised. Memory grows with their number, not with the numbers they are given.
#[derive(Debug, Default)]
pub(super) struct Memo {
    dense: Vec<Option<Val>>,
    sparse: HashMap<u64, Val>,
    /// How many there are.
    count: u64,
    /// The memory that was charged for them.
    charged: u64,
}

impl Memo {
    /// Memorises a value under a number; one that is there already is replaced.
    #[inline]
    pub(super) fn put(&mut self, number: u64, value: Val, budget: &mut Budget) -> Result<()> {
        if number != self.dense.len() as u64 || !self.sparse.is_empty() {
            return self.put_apart(number, value, budget);
        }
        self.charge(size_of::<Option<Val>>(), budget)?;
        self.count += 1;
        push(&mut self.dense, Some(value))
    }

    fn charge(&mut self, bytes: usize, budget: &mut Budget) -> Result<()> {
        budget.charge_objects(bytes as u64)?;
        self.charged += bytes as u64;
        Ok(())
    }

    /// Forgets everything.
    pub(super) fn clear(&mut self, budget: &mut Budget) {
        budget.free_objects(self.charged);
        *self = Self::default();
    }

    /// Memorises a value under a number that is not the next one.
    fn put_apart(&mut self, number: u64, value: Val, budget: &mut Budget) -> Result<()> {
        match usize::try_from(number).ok().filter(|place| *place <= self.dense.len().saturating_add(GAP)) {
            Some(place) if !self.sparse.contains_key(&number) => {
                let room = place.saturating_add(1).saturating_sub(self.dense.len());
                self.charge(room * size_of::<Option<Val>>(), budget)?;
                while self.dense.len() <= place {
                    push(&mut self.dense, None)?;
                }
                if let Some(slot) = self.dense.get_mut(place) {
                    self.count += u64::from(slot.replace(value).is_none());
                }
            }
            _ => {
                self.charge(2 * size_of::<(u64, Val)>(), budget)?;
                self.sparse.try_reserve(1).map_err(no_memory)?;
                self.count += u64::from(self.sparse.insert(number, value).is_none());
            }
        }
        Ok(())
    }

    /// Memorises a value under the next number.
    pub(super) fn add(&mut self, value: Val, budget: &mut Budget) -> Result<()> {
        self.put(self.count, value, budget)
    }

    /// The value of that number.
    pub(super) fn get(&self, number: u64) -> Option<&Val> {
        let dense = usize::try_from(number).ok().and_then(|place| self.dense.get(place)?.as_ref());
        dense.or_else(|| if self.sparse.is_empty() { None } else { self.sparse.get(&number) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use arr_core::Value;

    #[test]
    fn numbers_may_be_any_and_cost_no_memory() {
        let (mut memo, mut budget) = (Memo::default(), Budget::default());
        for number in [0, 1, 1 << 31, u64::MAX, 1 << 31, 500, 2] {
            memo.put(number, number.into(), &mut budget).unwrap();
        }
        assert!(memo.dense.capacity() < 4096);
        for number in [0, 1, 1 << 31, u64::MAX, 500, 2] {
            let found = memo.get(number).cloned();
            assert!(matches!(found, Some(Val::Plain(value)) if value == Value::from(number)), "{number}");
        }
        assert!(memo.get(3).is_none());
        // Six are there, so the next is number 6.
        memo.add("next".into(), &mut budget).unwrap();
        assert_eq!(memo.get(6).and_then(Val::text), Some("next"));
    }
}
