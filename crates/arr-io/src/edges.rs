//! The parts of a large array that are printed.

use arr_core::{Array, Result, Slice, SliceItem};

use crate::Pieces;

/// The most items at edges that are read, as many as are printed.
const MOST: usize = 1 << 20;

impl Pieces<'_> {
    /// The items at the edges, for [`display`](Array::display): along each axis of more than `2 * edge` items the first
    /// and the last `edge` of them, with one between that stands for all others and is zero. Printed with as many edge
    /// items and a threshold of 0, it looks as the whole array does. No more of the file is read than that.
    ///
    /// Nothing when so many items would have to be read that none are printed, when `edge` is 0, or when the array is a
    /// packed member of an archive.
    ///
    /// # Errors
    /// As [`each`](Self::each).
    pub fn edges(&self, edge: usize) -> Result<Option<Array>> {
        let what = self.description();
        let short = edge.saturating_mul(2);
        let shape: Vec<usize> = what.shape.iter().map(|dim| (*dim).min(short.saturating_add(1))).collect();
        let items = shape.iter().fold(1usize, |items, dim| items.saturating_mul(*dim));
        if edge == 0 || items == 0 || items > MOST || !self.is_seekable()? {
            return Ok(None);
        }
        let mut edges = Array::zeros(what.dtype.clone(), &shape)?;
        let cut: Vec<usize> = (0..shape.len()).filter(|axis| what.shape.get(*axis) > Some(&short)).collect();
        // Each bit says which end of one of the axes.
        for ends in 0..1usize << cut.len() {
            let whole = || vec![SliceItem::from(..); shape.len()];
            let (mut from, mut to) = (whole(), whole());
            for (bit, axis) in cut.iter().enumerate() {
                let edge = isize::try_from(edge).unwrap_or(isize::MAX);
                let end = match ends >> bit & 1 {
                    0 => SliceItem::from(..edge),
                    _ => SliceItem::from(-edge..),
                };
                for slice in [&mut from, &mut to] {
                    if let Some(item) = slice.get_mut(*axis) {
                        *item = end;
                    }
                }
            }
            edges.slice_mut(Slice::from(to))?.assign(&self.read_slice(&Slice::from(from))?)?;
        }
        Ok(Some(edges.freeze()))
    }
}

#[cfg(all(test, feature = "npy"))]
mod tests {
    use super::*;
    use crate::OpenOptions;
    use arr_core::{Order, PrintOptions};

    #[test]
    fn edges_look_as_the_whole_does() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("x.npy");
        for shape in
            [vec![2000], vec![7, 200], vec![6, 300], vec![3, 500, 2], vec![8, 9, 10, 11], vec![1, 1, 1500]]
        {
            let items: u32 = shape.iter().product::<usize>().try_into().unwrap();
            let values = (0..items).map(|value| f64::from(value) * 0.25).collect();
            let array = Array::from_vec(values, &shape).unwrap();
            for array in [array.view(), array.transpose()] {
                crate::save(&path, &array.to_contiguous(Order::C).unwrap()).unwrap();
                let pieces = OpenOptions::new().pieces(&path).unwrap().unwrap();
                for edge in [1, 3] {
                    let options = PrintOptions::new().edgeitems(edge);
                    let whole = array.display(&options).to_string();
                    let edges = pieces.edges(edge).unwrap().unwrap();
                    assert_eq!(edges.display(&options.threshold(0)).to_string(), whole);
                }
            }
        }
    }

    #[test]
    fn too_many_are_none() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("x.npy");
        crate::save(&path, &Array::zeros("|u1".parse().unwrap(), &[2; 21]).unwrap()).unwrap();
        let pieces = OpenOptions::new().pieces(&path).unwrap().unwrap();
        assert!(pieces.edges(3).unwrap().is_none() && pieces.edges(0).unwrap().is_none());
    }
}
