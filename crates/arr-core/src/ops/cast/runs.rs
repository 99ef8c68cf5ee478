//! Items of any layout, run by run in C order.

use crate::model::array::lost_bytes;
use crate::model::buffer::set_len;
use crate::model::layout::Slabs;
use crate::model::threads::sizes;
use crate::ops::copy::copy_items;
use crate::{Layout, Result};

/// The items of an array in C order, cut into runs; where they do not lie so, each run is collected first.
pub(crate) struct Runs<'a> {
    bytes: &'a [u8],
    layout: Layout,
    itemsize: usize,
    slabs: Slabs,
}

impl<'a> Runs<'a> {
    /// Runs of items of `itemsize` bytes that are worked on together with items of `other` bytes. Arrays of the
    /// same shape and the same two sizes get the same runs.
    pub(crate) fn new(bytes: &'a [u8], layout: &Layout, itemsize: usize, other: usize) -> Self {
        let max_items = (sizes::RUN / itemsize.saturating_add(other).max(1)).max(1);
        Self { bytes, slabs: Slabs::new(layout.shape(), max_items), layout: layout.clone(), itemsize }
    }

    /// The number of runs.
    pub(crate) fn count(&self) -> usize {
        self.slabs.count()
    }

    /// The first item of a run.
    pub(crate) fn first(&self, run: usize) -> usize {
        self.slabs.first(run)
    }

    /// The first item of a run, and the number of its items.
    pub(crate) fn span(&self, run: usize) -> (usize, usize) {
        let slab = self.slabs.get(run);
        (slab.first, slab.items)
    }

    /// The items of a run.
    ///
    /// # Errors
    /// `LimitExceeded` when there is no memory to collect them; an error when the owner lends fewer bytes than before.
    pub(crate) fn get<'b>(&'b self, run: usize, scratch: &'b mut Vec<u8>) -> Result<&'b [u8]> {
        let layout = self.slabs.get(run).of(&self.layout).ok_or_else(lost_bytes)?;
        if layout.is_c_contiguous(self.itemsize) {
            let extent = layout.extent(self.itemsize).ok_or_else(lost_bytes)?;
            return self.bytes.get(extent).ok_or_else(lost_bytes);
        }
        let dense = Layout::contiguous(layout.shape(), self.itemsize, crate::Order::C)?;
        set_len(scratch, layout.len() * self.itemsize)?;
        copy_items(scratch, &dense, self.bytes, &layout, self.itemsize, &crate::Swap::Nothing)
            .ok_or_else(lost_bytes)?;
        Ok(scratch)
    }
}
