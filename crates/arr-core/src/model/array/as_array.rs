//! What functions that write arrays take.

use crate::{Array, ArrayView, Element, Result, Storage};

/// Anything that can be viewed as an array: arrays over any storage, `ndarray` arrays of any layout, slices and
/// vectors of elements.
#[diagnostic::on_unimplemented(
    message = "`{Self}` can't be written as an array",
    label = "this is not an array, a slice or a vector of elements",
    note = "arrays are `Array`, `ndarray` arrays and views, and slices, vectors and Rust arrays of elements, such as `Vec<f32>`",
    note = "structs with `#[derive(Record)]` are written by `save_records` and `Array::from_records`",
    note = "nested vectors and single numbers have no shape that is known: make an `ndarray` array of them"
)]
pub trait AsArray {
    /// Calls `f` with a view of the array. It is a copy only where an `ndarray` array has holes.
    ///
    /// # Errors
    /// What `f` returns; `InvalidArgument` when there are too many dimensions.
    fn with_view<R>(&self, f: impl FnOnce(&ArrayView<'_>) -> Result<R>) -> Result<R>;
}

#[diagnostic::do_not_recommend]
impl<S: Storage> AsArray for Array<S> {
    fn with_view<R>(&self, f: impl FnOnce(&ArrayView<'_>) -> Result<R>) -> Result<R> {
        f(&self.view())
    }
}

#[diagnostic::do_not_recommend]
impl<T: Element> AsArray for [T] {
    fn with_view<R>(&self, f: impl FnOnce(&ArrayView<'_>) -> Result<R>) -> Result<R> {
        f(&ArrayView::of_slice(self))
    }
}

#[diagnostic::do_not_recommend]
impl<T: Element> AsArray for Vec<T> {
    fn with_view<R>(&self, f: impl FnOnce(&ArrayView<'_>) -> Result<R>) -> Result<R> {
        self.as_slice().with_view(f)
    }
}

#[diagnostic::do_not_recommend]
impl<T: Element, const N: usize> AsArray for [T; N] {
    fn with_view<R>(&self, f: impl FnOnce(&ArrayView<'_>) -> Result<R>) -> Result<R> {
        self.as_slice().with_view(f)
    }
}

#[diagnostic::do_not_recommend]
impl<A: AsArray + ?Sized> AsArray for &A {
    fn with_view<R>(&self, f: impl FnOnce(&ArrayView<'_>) -> Result<R>) -> Result<R> {
        (**self).with_view(f)
    }
}

#[cfg(feature = "ndarray")]
#[diagnostic::do_not_recommend]
impl<T, S, D> AsArray for ndarray::ArrayBase<S, D>
where
    T: Element,
    S: ndarray::Data<Elem = T>,
    D: ndarray::Dimension,
{
    fn with_view<R>(&self, f: impl FnOnce(&ArrayView<'_>) -> Result<R>) -> Result<R> {
        (**self).with_view(f)
    }
}

#[cfg(feature = "ndarray")]
#[diagnostic::do_not_recommend]
impl<T: Element, D: ndarray::Dimension> AsArray for ndarray::ArrayRef<T, D> {
    fn with_view<R>(&self, f: impl FnOnce(&ArrayView<'_>) -> Result<R>) -> Result<R> {
        match ArrayView::from_ndarray_view(self) {
            Ok(view) => f(&view),
            Err(_) => f(&Array::copy_ndarray(self)?.view()),
        }
    }
}
