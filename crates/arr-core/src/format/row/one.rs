//! One array as a file.

use super::super::blocks::{Blocks, InMemory};
use super::super::part::{Content, Description, Part, PartInfo, Selection};
use super::super::protocol::Reader;
use crate::{Array, Order, Result};

/// One array that is in memory, as what was read of a multi-file array.
#[derive(Debug)]
pub struct ArrayReader {
    array: Array,
    description: Description,
    is_listed: bool,
}

impl ArrayReader {
    /// Gives that array, with this description.
    #[must_use]
    pub fn new(array: Array, description: Description) -> Self {
        Self { array, description, is_listed: false }
    }
}

impl Reader for ArrayReader {
    fn next_part(&mut self) -> Result<Option<PartInfo>> {
        let is_first = !std::mem::replace(&mut self.is_listed, true);
        Ok(is_first.then(|| PartInfo::at(0)))
    }

    fn describe(&mut self, _: &PartInfo) -> Result<Content> {
        Ok(Content::Array(self.description.clone()))
    }

    fn read(&mut self, _: &PartInfo, what: Selection<'_>) -> Result<Part> {
        match what {
            Selection::All => Ok(Part::Array(self.array.clone())),
            Selection::Slice(slice) => {
                let order = self.array.natural_order();
                self.array.slice(slice)?.to_contiguous(order).map(Part::Array)
            }
        }
    }

    fn is_seekable(&self) -> bool {
        true
    }

    fn blocks(&mut self, _: &PartInfo, order: Option<Order>, size: usize) -> Result<Box<dyn Blocks + '_>> {
        let order = order.unwrap_or_else(|| self.array.natural_order());
        Ok(Box::new(InMemory::new(self.array.clone(), order, size)))
    }

    fn position(&self) -> u64 {
        0
    }
}
