//! The items at the edges of an array, which are those that are printed of a large one.

use arr_core::format::{Content, PartInfo};
use arr_core::{Array, Error, Result, Slice, SliceItem};

use super::Parts;

/// The most items at edges that are read, as many as are printed.
const MOST_AT_EDGES: usize = 1 << 20;

impl Parts<'_> {
    /// The items at the edges of an array, for [`display`](Array::display): along each axis of more than `2 * edge` items
    /// the first and the last `edge` of them, with one between that represents all others and is zero. Printed with as
    /// many edge items and a threshold of 0, it looks like the whole array. Only these items of the file are read.
    ///
    /// `None` when so many items would have to be read that none are printed, or when `edge` is 0.
    ///
    /// # Errors
    /// What the format finds.
    pub fn edges(&mut self, part: &PartInfo, edge: usize) -> Result<Option<Array>> {
        let Content::Array(what) = self.describe(part)? else { return Ok(None) };
        let short = edge.saturating_mul(2);
        let shape: Vec<usize> = what.shape.iter().map(|dim| (*dim).min(short.saturating_add(1))).collect();
        let items = shape.iter().fold(1usize, |items, dim| items.saturating_mul(*dim));
        if edge == 0 || items == 0 || items > MOST_AT_EDGES {
            return Ok(None);
        }
        let mut edges = Array::zeros(what.dtype.clone(), &shape)?;
        let cut: Vec<usize> = (0..shape.len()).filter(|axis| what.shape.get(*axis) > Some(&short)).collect();
        // Each bit says which end of one of the axes.
        for ends in 0..1usize << cut.len() {
            let mut corner = vec![SliceItem::from(..); shape.len()];
            for (bit, axis) in cut.iter().enumerate() {
                let edge = isize::try_from(edge).map_err(|_| Error::invalid("too many edge items"))?;
                let end = match ends >> bit & 1 {
                    0 => SliceItem::from(..edge),
                    _ => SliceItem::from(-edge..),
                };
                if let Some(item) = corner.get_mut(*axis) {
                    *item = end;
                }
            }
            let corner = Slice::from(corner);
            let read = self.read_slice(part, &corner)?.into_array()?;
            edges.slice_mut(&corner)?.assign(&read)?;
        }
        Ok(Some(edges.freeze()))
    }
}
