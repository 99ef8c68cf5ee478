//! Files that are larger than memory, piece by piece.

use std::path::{Path, PathBuf};

use arr_core::{Array, Description, Format, FormatInfo, Input, Limits, Order, Result, Slice, SliceItem};

use crate::OpenOptions;
use crate::read::pick;
use crate::registry::AnyFormat;

/// The usual size of a piece in bytes.
const PIECE: usize = 16 << 20;

/// The array of a file, to be read piece by piece: never more than a piece is in memory. See
/// [`OpenOptions::pieces`].
///
/// ```
/// # let folder = tempfile::tempdir()?;
/// # let path = folder.path().join("x.npy");
/// # arr_io::save(&path, &vec![1.0f64, 2.0, 3.0])?;
/// use arr_io::{OpenOptions, Order};
/// let pieces = OpenOptions::new().pieces(&path)?.ok_or("the file has several arrays")?;
/// let mut sum = 0.0;
/// pieces.each(Order::C, |piece, _| {
///     sum += piece.typed::<f64>()?.sum();
///     Ok(())
/// })?;
/// assert_eq!(sum, 6.0);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct Pieces<'r> {
    format: &'r dyn Format,
    path: PathBuf,
    limits: Limits,
    description: Description,
}

impl<'r> OpenOptions<'r> {
    /// The only array of a file, to be read piece by piece; nothing when the file has several, or is an archive, or
    /// its items are objects.
    ///
    /// # Errors
    /// As [`info`](Self::info).
    pub fn pieces(&self, path: impl AsRef<Path>) -> Result<Option<Pieces<'r>>> {
        let path = path.as_ref();
        let AnyFormat::Array(format) = self.detect(&mut self.input(path)?, Some(path))? else {
            return Ok(None);
        };
        let mut info = self.info(path)?;
        let (true, Some(description)) = (info.arrays.len() == 1, info.arrays.pop()) else { return Ok(None) };
        if description.data_len.is_none() {
            return Ok(None);
        }
        Ok(Some(Pieces { format, path: path.to_path_buf(), limits: self.policy(), description }))
    }

    /// Reads a part of the first array of a file, or of the chosen [member](Self::member) of an archive, and no more
    /// of the file than that needs where the format allows it.
    ///
    /// # Errors
    /// As [`open`](Self::open); `InvalidArgument` when the slice does not fit the array.
    pub fn read_part(&self, path: impl AsRef<Path>, slice: &Slice) -> Result<Array> {
        let path = path.as_ref();
        let mut input = self.input(path)?;
        match self.detect(&mut input, Some(path))? {
            AnyFormat::Array(format) if self.chosen().is_none() => format.read_part(&mut input, slice),
            AnyFormat::Array(format) => {
                let arrays = crate::read::read_row(format, &mut input)?;
                let array = pick(arrays, self.chosen().unwrap_or_default())?;
                array.slice(slice)?.to_contiguous(array.natural_order())
            }
            AnyFormat::Archive(_) => {
                let array = self.open(path)?;
                array.slice(slice)?.to_contiguous(array.natural_order())
            }
        }
    }
}

impl Pieces<'_> {
    /// What the array is.
    #[must_use]
    pub fn description(&self) -> &Description {
        &self.description
    }

    /// The format of the file.
    #[must_use]
    pub fn format(&self) -> &'static FormatInfo {
        self.format.info()
    }

    /// Hands on all pieces, each with its place, so that their items follow one another in `order`.
    ///
    /// # Errors
    /// What the format finds, and what `f` returns.
    pub fn each(&self, order: Order, mut f: impl FnMut(Array, &Place) -> Result<()>) -> Result<()> {
        let mut at = 0;
        let itemsize = self.description.dtype.itemsize();
        while let Some(slice) = piece(&self.description.shape, itemsize, order, PIECE, &mut at) {
            let mut input = Input::open(&self.path)?.with_limits(&self.limits);
            let place = Place(slice.items().to_vec());
            f(self.format.read_part(&mut input, &slice)?, &place)?;
        }
        Ok(())
    }
}

/// Where a piece is in its array.
#[derive(Clone, Debug)]
pub struct Place(Vec<SliceItem>);

impl Place {
    /// The index in the array of an item of the piece.
    #[must_use]
    pub fn index(&self, inner: &[usize]) -> Vec<usize> {
        let mut inner = inner.iter().copied();
        let place = |item: &SliceItem| match item {
            SliceItem::Index(index) => usize::try_from(*index).unwrap_or(0),
            SliceItem::Range { start, .. } => {
                start.and_then(|start| usize::try_from(start).ok()).unwrap_or(0) + inner.next().unwrap_or(0)
            }
            _ => inner.next().unwrap_or(0),
        };
        self.0.iter().map(place).collect()
    }
}

/// The piece that begins at item `at`, counted in `order`, which is moved behind it; nothing at the end. An array
/// without items has one piece.
fn piece(shape: &[usize], itemsize: usize, order: Order, most: usize, at: &mut usize) -> Option<Slice> {
    let items: usize = shape.iter().product();
    if items == 0 {
        let is_first = *at == 0;
        *at = 1;
        return is_first.then(|| Slice::from(vec![SliceItem::from(..); shape.len()]));
    }
    if *at >= items {
        return None;
    }
    // From the slowest axis to the fastest.
    let axes: Vec<usize> = match order {
        Order::C => (0..shape.len()).collect(),
        Order::F => (0..shape.len()).rev().collect(),
    };
    let dim = |axis: &usize| shape.get(*axis).copied().unwrap_or(1);
    let mut slice = vec![SliceItem::from(..); shape.len()];
    let (mut inner, mut rest) = (items, *at);
    for axis in &axes {
        inner /= dim(axis).max(1);
        let (index, behind) = (rest / inner, rest % inner);
        let room = most / itemsize.max(1) / inner;
        let slot = slice.get_mut(*axis)?;
        if room >= 1 || inner == 1 {
            // What is behind is nothing: pieces end where indices of this axis do.
            let end = index.saturating_add(room.max(1)).min(dim(axis));
            *slot = SliceItem::Range {
                start: isize::try_from(index).ok(),
                stop: isize::try_from(end).ok(),
                step: 1,
            };
            *at += (end - index) * inner;
            return Some(Slice::from(slice));
        }
        *slot = SliceItem::from(index);
        rest = behind;
    }
    *at = items;
    Some(Slice::from(slice))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pieces_follow_one_another() {
        for shape in
            [vec![], vec![0], vec![7], vec![3, 4], vec![1, 50], vec![5, 1, 3], vec![2, 3, 4, 5], vec![3, 0]]
        {
            let items: usize = shape.iter().product();
            let array = Array::from_vec((0u32..).take(items).collect(), &shape).unwrap();
            for order in [Order::C, Order::F] {
                let expected = array.to_contiguous(order).unwrap();
                for most in [1, 4, 8, 20, 48, 1000] {
                    let (mut at, mut found) = (0, Vec::new());
                    while let Some(slice) = piece(&shape, 4, order, most, &mut at) {
                        let part = array.slice(&slice).unwrap();
                        assert!(part.nbytes() <= most.max(4));
                        found.extend_from_slice(part.to_contiguous(order).unwrap().as_bytes(order).unwrap());
                        let last: Vec<usize> = part.shape().iter().map(|dim| dim.saturating_sub(1)).collect();
                        if items > 0 {
                            let index = Place(slice.items().to_vec()).index(&last);
                            assert_eq!(part.get::<u32>(&last).unwrap(), array.get(&index).unwrap());
                        }
                    }
                    assert_eq!(found, expected.as_bytes(order).unwrap(), "{shape:?} {order:?} {most}");
                }
            }
        }
    }
}
