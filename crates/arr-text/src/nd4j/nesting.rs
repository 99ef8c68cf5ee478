//! How brackets nest, compared with the shape.

use arr_core::{Error, Result};

/// What is in the brackets of each level.
#[derive(Debug)]
pub(super) struct Nesting {
    /// Of each level that is open: what the brackets have so far.
    open: Vec<usize>,
    /// Of each level: what all brackets have that were closed.
    lens: Vec<Option<usize>>,
    /// The level of the brackets that have values.
    values_at: Option<usize>,
    /// False when there are no values: then brackets are as they like, as deep as the shape.
    is_checked: bool,
}

impl Nesting {
    pub(super) fn new(shape: &[usize]) -> Self {
        Self { open: Vec::new(), lens: Vec::new(), values_at: None, is_checked: !shape.contains(&0) }
    }

    /// A bracket opens inside `level` others.
    pub(super) fn open(&mut self, level: usize, shape: &[usize]) -> Result<()> {
        // A single item may have brackets of its own even without dimensions.
        if level >= shape.len().max(1) {
            return Err(Error::malformed(format!("brackets are nested deeper than the shape {shape:?} is")));
        }
        if let Some(outer) = self.open.last_mut() {
            *outer += 1;
        }
        self.open.push(0);
        Ok(())
    }

    /// The bracket inside `level` others closes, which has that many values, or other brackets.
    pub(super) fn close(&mut self, level: usize, values: Option<usize>) -> Result<()> {
        let none_open = || Error::malformed("a bracket closes that has not been opened");
        let inner = self.open.pop().ok_or_else(none_open)?;
        if !self.is_checked {
            return Ok(());
        }
        let len = values.unwrap_or(inner);
        if values.is_some() && *self.values_at.get_or_insert(level) != level {
            return Err(Error::malformed("values stand in more brackets, or fewer, than those before"));
        }
        if self.lens.len() <= level {
            self.lens.resize(level + 1, None);
        }
        match *self.lens.get_mut(level).ok_or_else(none_open)?.get_or_insert(len) {
            before if before != len => {
                Err(Error::malformed(format!("brackets have {len} entries, those before {before}")))
            }
            _ => Ok(()),
        }
    }

    /// Compares all levels with the shape. Dimensions of length 1 may be without brackets: 0.9.1 prints vectors in one
    /// pair, and single items bare.
    pub(super) fn end(&self, shape: &[usize]) -> Result<()> {
        let lens: Vec<usize> = self.lens.iter().flatten().copied().collect();
        if !self.is_checked || (shape.is_empty() && matches!(lens.as_slice(), [] | [1])) {
            return Ok(());
        }
        let mut found = lens.iter().peekable();
        let all = shape.iter().all(|dimension| found.next_if_eq(&dimension).is_some() || *dimension == 1);
        match (all, found.next()) {
            (true, None) => Ok(()),
            _ => Err(Error::malformed(format!("the brackets have the shape {lens:?}, expected {shape:?}"))),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fits(lens: &[usize], shape: &[usize]) -> bool {
        let lens = lens.iter().copied().map(Some).collect();
        Nesting { lens, ..Nesting::new(shape) }.end(shape).is_ok()
    }

    #[test]
    fn dimensions_of_length_one_may_be_left_out() {
        for (lens, shape) in [
            (&[][..], &[][..]),
            (&[1], &[]),
            (&[], &[1, 1]),
            (&[1], &[1, 1]),
            (&[4], &[1, 4]),
            (&[4], &[4, 1]),
            (&[4, 1], &[4, 1]),
            (&[1, 4], &[1, 1, 4]),
            (&[4, 1], &[1, 4, 1]),
            (&[1, 4], &[1, 4, 1]),
            (&[2, 3], &[2, 1, 3]),
            (&[2, 3], &[2, 3]),
        ] {
            assert!(fits(lens, shape), "{lens:?} {shape:?}");
        }
        for (lens, shape) in [
            (&[6][..], &[2, 3][..]),
            (&[3, 2], &[2, 3]),
            (&[2], &[2, 2]),
            (&[2, 3], &[6, 1]),
            (&[2], &[]),
            (&[1, 1], &[1]),
        ] {
            assert!(!fits(lens, shape), "{lens:?} {shape:?}");
        }
    }
}
