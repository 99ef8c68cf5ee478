//! The names of the members that an archive has.

use std::hash::{BuildHasher, RandomState};

use arr_core::format::room;
use arr_core::{Error, Result};
use hashbrown::HashTable;

use super::FORMAT;

/// A set of names. All are in one text, so that a million of them take their bytes and some twenty more each.
#[derive(Clone, Debug, Default)]
pub(super) struct Names {
    hasher: RandomState,
    /// One after another, those that were removed as well.
    text: String,
    /// Where each ends.
    ends: Vec<usize>,
    /// Which names are in the set, by their hashes.
    table: HashTable<usize>,
}

impl Names {
    /// Makes room for `count` names.
    pub(super) fn reserve(&mut self, count: usize) -> Result<()> {
        self.ends.try_reserve(count).map_err(room::no_memory)?;
        let Self { hasher, text, ends, table } = self;
        table.try_reserve(count, |at| hasher.hash_one(name_at(text, ends, *at))).map_err(|_| no_memory())
    }

    /// Adds a name. False when it was there.
    pub(super) fn insert(&mut self, name: &str) -> Result<bool> {
        if self.contains(name) {
            return Ok(false);
        }
        self.reserve(1)?;
        self.text.try_reserve(name.len()).map_err(room::no_memory)?;
        self.text.push_str(name);
        self.ends.push(self.text.len());
        let Self { hasher, text, ends, table } = self;
        let hash = hasher.hash_one(name);
        table.insert_unique(hash, ends.len() - 1, |at| hasher.hash_one(name_at(text, ends, *at)));
        Ok(true)
    }

    /// Takes a name out. False when it was not there.
    pub(super) fn remove(&mut self, name: &str) -> bool {
        let hash = self.hasher.hash_one(name);
        let Self { text, ends, table, .. } = self;
        match table.find_entry(hash, |at| name_at(text, ends, *at) == name) {
            Ok(found) => {
                found.remove();
                true
            }
            Err(_) => false,
        }
    }

    pub(super) fn contains(&self, name: &str) -> bool {
        let hash = self.hasher.hash_one(name);
        self.table.find(hash, |at| name_at(&self.text, &self.ends, *at) == name).is_some()
    }

    pub(super) fn len(&self) -> usize {
        self.table.len()
    }

    pub(super) fn is_empty(&self) -> bool {
        self.table.is_empty()
    }
}

/// The name at a place of the table.
fn name_at<'a>(text: &'a str, ends: &[usize], at: usize) -> &'a str {
    let start = if at == 0 { 0 } else { ends[at - 1] };
    &text[start..ends[at]]
}

/// Refuses a name that no member can have.
pub(super) fn check_name(name: &str) -> Result<()> {
    let refused = |what: &'static str| Err(Error::invalid(what).in_path(name).in_format(FORMAT));
    // The header before a member takes a few bytes more than its name, and has two for the length of each.
    if name.len() > 60_000 {
        return refused("the name has more than 60000 bytes");
    }
    if name.contains('\0') {
        return refused("the name holds a NUL, which readers take for its end");
    }
    Ok(())
}

fn no_memory() -> Error {
    Error::limit("the system has no memory for the names of the members")
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use proptest::prelude::*;

    use super::*;

    proptest! {
        /// It does what a set of the standard library does.
        #[test]
        fn is_a_set(steps in prop::collection::vec((0..3u8, "[ab]{0,3}|é"), 0..60)) {
            let (mut names, mut expected) = (Names::default(), HashSet::new());
            for (what, name) in &steps {
                match what {
                    0 => prop_assert_eq!(names.insert(name).unwrap(), expected.insert(name)),
                    1 => prop_assert_eq!(names.remove(name), expected.remove(name)),
                    _ => prop_assert_eq!(names.contains(name), expected.contains(name)),
                }
                prop_assert_eq!(names.len(), expected.len());
                prop_assert_eq!(names.is_empty(), expected.is_empty());
            }
        }
    }
}
