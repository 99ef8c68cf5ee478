//! The stack of the machine and its marks.

use arr_core::format::room::push;
use arr_core::{Error, Result};

use super::machine::Machine;
use super::value::Val;

/// So many places are charged at once.
const PIECE: usize = 16;

impl Machine<'_> {
    #[inline]
    pub(super) fn push(&mut self, value: Val) -> Result<()> {
        if self.stack.len() >= self.charged.0 {
            self.budget.charge_objects((PIECE * size_of::<Val>()) as u64)?;
            self.charged.0 = self.stack.len() + PIECE;
        }
        push(&mut self.stack, value)
    }

    pub(super) fn mark(&mut self) -> Result<()> {
        if self.marks.len() >= self.charged.1 {
            self.budget.charge_objects((PIECE * size_of::<usize>()) as u64)?;
            self.charged.1 = self.marks.len() + PIECE;
        }
        push(&mut self.marks, self.stack.len())
    }

    /// Ends the work: nothing is left but cells and the values of tuples.
    pub(super) fn end(&mut self) {
        let places = self.charged.0 * size_of::<Val>() + self.charged.1 * size_of::<usize>();
        self.budget.free_objects(places as u64);
        (self.stack, self.marks, self.charged) = (Vec::new(), Vec::new(), (0, 0));
        self.memo.clear(&mut self.budget);
    }

    /// The lowest place of the stack that may be taken: above the last mark.
    pub(super) fn floor(&self) -> usize {
        self.marks.last().copied().unwrap_or(0)
    }

    pub(super) fn pop(&mut self) -> Result<Val> {
        if self.stack.len() <= self.floor() {
            return Err(empty());
        }
        self.stack.pop().ok_or_else(empty)
    }

    /// Checks that so many values lie above the last mark.
    pub(super) fn check_above(&self, count: usize) -> Result<()> {
        if self.stack.len() < self.floor().saturating_add(count) { Err(empty()) } else { Ok(()) }
    }

    /// Takes the place of the last mark off, for values above it that are taken where they are.
    pub(super) fn unmark(&mut self) -> Result<usize> {
        self.marks.pop().ok_or_else(no_mark)
    }

    pub(super) fn top(&self) -> Result<&Val> {
        if self.stack.len() <= self.floor() {
            return Err(empty());
        }
        self.stack.last().ok_or_else(empty)
    }

    pub(super) fn pop_or_unmark(&mut self) -> Result<()> {
        if self.stack.len() <= self.floor() {
            return self.marks.pop().map(drop).ok_or_else(empty);
        }
        let value = self.pop()?;
        self.discard(&value);
        Ok(())
    }

    /// All values above the last mark, which is taken away.
    pub(super) fn pop_mark(&mut self) -> Result<Vec<Val>> {
        let mark = self.marks.pop().ok_or_else(no_mark)?;
        let above = self.stack.len().saturating_sub(mark);
        let mut items = arr_core::format::room::reserved(above)?;
        items.extend(self.stack.drain(mark.min(self.stack.len())..));
        Ok(items)
    }
}

#[cold]
pub(super) fn no_mark() -> Error {
    Error::malformed("there is no mark on the stack")
}

#[cold]
pub(super) fn empty() -> Error {
    Error::malformed("the stack has fewer values than the opcode takes")
}
