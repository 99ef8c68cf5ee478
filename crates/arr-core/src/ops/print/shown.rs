//! The items of an array that are printed: all of them, or only those near its edges.

use smallvec::SmallVec;

use crate::model::array::text_bytes;
use crate::{ArrayView, DType};

/// Stands for a text that lies outside the bytes: like one that is not UTF-8, it is none.
const NO_TEXT: &[u8] = b"\xff";

/// One dimension.
#[derive(Clone, Copy, Debug)]
pub(super) struct Axis {
    pub(super) dim: usize,
    stride: isize,
    /// Items at the beginning that are shown.
    pub(super) leading: usize,
    /// Items at the end that are shown.
    pub(super) trailing: usize,
    /// Whether dots are between them. (They do even for a single item when none are asked for.)
    pub(super) is_cut: bool,
}

impl Axis {
    fn new(dim: usize, stride: isize, edge: Option<usize>) -> Self {
        match edge {
            // NumPy shows one item even when asked for none.
            Some(edge) if dim > edge.saturating_mul(2) => {
                Self { dim, stride, leading: edge, trailing: edge.max(1), is_cut: true }
            }
            _ => Self { dim, stride, leading: 0, trailing: dim, is_cut: false },
        }
    }

    fn shown(&self) -> usize {
        self.leading.saturating_add(self.trailing)
    }

    fn indices(&self) -> impl Iterator<Item = usize> + use<> {
        (0..self.leading).chain(self.dim - self.trailing..self.dim)
    }

    /// Where the item (or row) of that index begins, when the first begins at `start`. The layout was checked, so
    /// nothing wraps.
    pub(super) fn position(&self, start: usize, index: usize) -> usize {
        start.wrapping_add_signed(self.stride.wrapping_mul(isize::try_from(index).unwrap_or(0)))
    }
}

/// The items that are shown, and where they lie.
#[derive(Clone, Debug)]
pub(super) struct Shown<'a> {
    bytes: &'a [u8],
    pub(super) axes: SmallVec<[Axis; 4]>,
    pub(super) start: usize,
    itemsize: usize,
    /// Items say where in the bytes their texts are.
    is_text: bool,
}

impl<'a> Shown<'a> {
    /// All items of the array, or `edge` of them at the ends of each dimension.
    pub(super) fn new(array: ArrayView<'a>, edge: Option<usize>) -> Self {
        let layout = array.layout();
        let axes = layout.shape().iter().zip(layout.strides());
        Self {
            axes: axes.map(|(dim, stride)| Axis::new(*dim, *stride, edge)).collect(),
            start: layout.offset(),
            itemsize: array.itemsize(),
            is_text: *array.dtype() == DType::Utf8,
            bytes: array.into_bytes(),
        }
    }

    /// The number of items, at most `usize::MAX`.
    pub(super) fn len(&self) -> usize {
        self.axes.iter().map(Axis::shown).fold(1, usize::saturating_mul)
    }

    /// The item that begins there; of variable-length strings the text, or [`NO_TEXT`].
    pub(super) fn item(&self, start: usize) -> &'a [u8] {
        let item = self.bytes.get(start..start.saturating_add(self.itemsize)).unwrap_or_default();
        if self.is_text { text_bytes(self.bytes, item).unwrap_or(NO_TEXT) } else { item }
    }

    /// Part of each item: a field, with the shape of its sub-array after that of the array.
    pub(super) fn field(&self, offset: usize, shape: &[usize], itemsize: usize) -> Self {
        let mut field = Self { start: self.start.wrapping_add(offset), itemsize, ..self.clone() };
        let mut stride = itemsize;
        let inner = shape.iter().rev().map(|dim| {
            let axis = Axis::new(*dim, isize::try_from(stride).unwrap_or(0), None);
            stride = stride.saturating_mul(*dim);
            axis
        });
        let inner: SmallVec<[Axis; 4]> = inner.collect();
        field.axes.extend(inner.into_iter().rev());
        field
    }

    /// Visits the shown items in C order. Axes are counted in a loop: those of arrays in arrays take no room on the stack.
    pub(super) fn for_each(&self, visit: &mut dyn FnMut(&'a [u8])) {
        if self.axes.iter().any(|axis| axis.dim == 0) {
            return;
        }
        let Some((last, outer)) = self.axes.split_last() else { return visit(self.item(self.start)) };
        // Where the row of each outer axis begins, and the indices that are to come.
        let mut rows: SmallVec<[_; 4]> = SmallVec::new();
        let mut start = self.start;
        loop {
            for axis in outer.iter().skip(rows.len()) {
                rows.push((axis, start, axis.indices()));
                start = next_row(&mut rows).unwrap_or(start);
            }
            last.indices().for_each(|index| visit(self.item(last.position(start, index))));
            start = loop {
                match (next_row(&mut rows), rows.is_empty()) {
                    (Some(next), _) => break next,
                    (None, true) => return,
                    (None, false) => _ = rows.pop(),
                }
            };
        }
    }
}

/// Where the next row of the innermost axis that is counted begins.
fn next_row(rows: &mut [(&Axis, usize, impl Iterator<Item = usize>)]) -> Option<usize> {
    let (axis, start, indices) = rows.last_mut()?;
    indices.next().map(|index| axis.position(*start, index))
}
