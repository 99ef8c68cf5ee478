//! Views that borrow or copy, and the conversions of the standard library between `ndarray` and arrays.

use ndarray::{ArrayBase, ArrayRef, CowArray, Data, Dimension};

use crate::{Array, ArrayView, Element, Error, Result, Storage};

impl<S: Storage> Array<S> {
    /// The values as an `ndarray` array of a known rank: borrowed where that needs no copy, else copied, as where the
    /// bytes are not aligned or in the other byte order.
    ///
    /// ```
    /// use arr_core::Array;
    /// use ndarray::Ix2;
    /// let array = Array::from_vec(vec![1.0f32, 2.0, 3.0, 4.0], &[2, 2])?;
    /// let view = array.typed_cow::<f32, Ix2>()?;
    /// assert_eq!((view[(1, 0)], view.is_view()), (3.0, true));
    /// # Ok::<(), arr_core::Error>(())
    /// ```
    ///
    /// # Errors
    /// As [`to_typed`](Self::to_typed).
    pub fn typed_cow<T: Element, D: Dimension>(&self) -> Result<CowArray<'_, T, D>> {
        self.view().into_typed_cow()
    }
}

impl<'a> ArrayView<'a> {
    /// [`typed_cow`](Self::typed_cow) for as long as the bytes are borrowed.
    ///
    /// # Errors
    /// As `typed_cow`.
    pub fn into_typed_cow<T: Element, D: Dimension>(self) -> Result<CowArray<'a, T, D>> {
        if D::NDIM.is_some_and(|rank| rank != self.ndim()) {
            return Err(rank_differs(self.ndim()));
        }
        match self.clone().into_typed::<T>() {
            Ok(view) => Ok(ranked(view)?.into()),
            Err(_) => self.to_typed::<T, D>().map(CowArray::from),
        }
    }
}

/// A view of a known rank.
fn ranked<T, D: Dimension>(view: ndarray::ArrayViewD<'_, T>) -> Result<ndarray::ArrayView<'_, T, D>> {
    let rank = view.ndim();
    view.into_dimensionality().map_err(|_| rank_differs(rank))
}

#[cold]
pub(super) fn rank_differs(rank: usize) -> Error {
    Error::mismatch(format!("the rank differs: the array has {rank} dimensions"))
}

/// Takes an `ndarray` array as it is, without a copy: see [`Array::from_ndarray`].
impl<T: Element, D: Dimension> TryFrom<ndarray::Array<T, D>> for Array {
    type Error = Error;

    fn try_from(array: ndarray::Array<T, D>) -> Result<Self> {
        Self::from_ndarray(array)
    }
}

/// Views an `ndarray` array, without a copy: see [`ArrayView::from_ndarray_view`].
///
/// ```
/// use arr_core::ArrayView;
/// let values = ndarray::array![[1u8, 2], [3, 4]];
/// let view = ArrayView::try_from(&values)?;
/// assert_eq!(view.shape(), [2, 2]);
/// # Ok::<(), arr_core::Error>(())
/// ```
impl<'a, T: Element, S: Data<Elem = T>, D: Dimension> TryFrom<&'a ArrayBase<S, D>> for ArrayView<'a> {
    type Error = Error;

    fn try_from(array: &'a ArrayBase<S, D>) -> Result<Self> {
        Self::from_ndarray_view(array)
    }
}

/// Views an `ndarray` array, without a copy: see [`ArrayView::from_ndarray_view`].
impl<'a, T: Element, D: Dimension> TryFrom<&'a ArrayRef<T, D>> for ArrayView<'a> {
    type Error = Error;

    fn try_from(array: &'a ArrayRef<T, D>) -> Result<Self> {
        Self::from_ndarray_view(array)
    }
}

/// Copies the values: see [`Array::to_typed`].
///
/// ```
/// use arr_core::Array;
/// let array = Array::from_vec(vec![1u8, 2, 3], &[3])?;
/// let values = ndarray::Array1::<u8>::try_from(&array)?;
/// assert_eq!(values.sum(), 6);
/// # Ok::<(), arr_core::Error>(())
/// ```
impl<T: Element, D: Dimension, S: Storage> TryFrom<&Array<S>> for ndarray::Array<T, D> {
    type Error = Error;

    fn try_from(array: &Array<S>) -> Result<Self> {
        array.to_typed()
    }
}

/// Copies the values: see [`Array::to_typed`].
impl<T: Element, D: Dimension, S: Storage> TryFrom<Array<S>> for ndarray::Array<T, D> {
    type Error = Error;

    fn try_from(array: Array<S>) -> Result<Self> {
        array.to_typed()
    }
}

/// Views the values, without a copy: see [`Array::typed`].
///
/// ```
/// use arr_core::Array;
/// let array = Array::from_vec(vec![1u8, 2, 3, 4], &[2, 2])?;
/// let view = ndarray::ArrayView2::<u8>::try_from(&array)?;
/// assert_eq!(view[(1, 0)], 3);
/// # Ok::<(), arr_core::Error>(())
/// ```
impl<'a, T: Element, D: Dimension, S: Storage> TryFrom<&'a Array<S>> for ndarray::ArrayView<'a, T, D> {
    type Error = Error;

    fn try_from(array: &'a Array<S>) -> Result<Self> {
        ranked(array.typed()?)
    }
}

/// Views the values for as long as the bytes are borrowed, without a copy: see [`Array::typed`].
impl<'a, T: Element, D: Dimension> TryFrom<ArrayView<'a>> for ndarray::ArrayView<'a, T, D> {
    type Error = Error;

    fn try_from(array: ArrayView<'a>) -> Result<Self> {
        ranked(array.into_typed()?)
    }
}

#[cfg(test)]
mod tests {
    use ndarray::{Array1, Array2, ArrayView1, ArrayView2, Ix1, Ix2, IxDyn, array};

    use super::*;
    use crate::{Buffer, BufferMut, ByteOrder, DType, ErrorKind, Order, Scalar};

    #[test]
    fn what_can_be_seen_in_place_is_borrowed_and_the_rest_copied() {
        let here = Array::from_vec(vec![1i32, 2, 3, 4], &[2, 2]).unwrap();
        let seen = here.typed_cow::<i32, Ix2>().unwrap();
        assert!(seen.is_view() && seen == array![[1, 2], [3, 4]]);
        assert!(here.transpose().typed_cow::<i32, IxDyn>().unwrap().is_view());
        let foreign = DType::scalar(Scalar::I32, ByteOrder::NATIVE.swapped());
        let bytes = Buffer::from(vec![0u8, 0, 0, 7]);
        let swapped = Array::contiguous(foreign, &[1], Order::C, bytes).unwrap();
        let copied = swapped.typed_cow::<i32, Ix1>().unwrap();
        let seven = if cfg!(target_endian = "little") { 7 } else { 7 << 24 };
        assert!(!copied.is_view() && copied == array![seven]);
        let odd = BufferMut::copy_of(&[0; 17]).unwrap().freeze();
        let odd = Array::contiguous(DType::of::<f64>(), &[2], Order::C, &odd[1..]).unwrap();
        let copied = odd.into_typed_cow::<f64, Ix1>().unwrap();
        assert!(!copied.is_view() && copied == array![0.0, 0.0]);
    }

    #[test]
    fn another_rank_or_dtype_is_an_error_and_not_a_copy() {
        let line = Array::from_vec(vec![1u8, 2], &[2]).unwrap();
        let error = line.typed_cow::<u8, Ix2>().unwrap_err();
        assert_eq!(error.to_string(), "the rank differs: the array has 1 dimensions");
        assert_eq!(line.typed_cow::<i8, Ix1>().unwrap_err().kind(), ErrorKind::Mismatch);
        let flags = Array::contiguous(DType::of::<bool>(), &[2], Order::C, &[1u8, 2][..]).unwrap();
        assert_eq!(flags.typed_cow::<bool, Ix1>().unwrap_err().kind(), ErrorKind::Mismatch);
        assert!(ArrayView2::<u8>::try_from(&line).is_err());
        assert!(Array1::<u16>::try_from(line).is_err());
    }

    #[test]
    fn conversions_go_both_ways() {
        let values = array![[1.5f32, 2.5], [3.5, 4.5]];
        let seen = ArrayView::try_from(&values).unwrap();
        assert_eq!(ArrayView2::<f32>::try_from(seen.clone()).unwrap(), values);
        assert_eq!(ArrayView2::<f32>::try_from(&seen).unwrap(), values);
        let column = values.column(1);
        assert!(ArrayView::try_from(&column).is_err(), "there are holes");
        let row: &ArrayRef<f32, Ix1> = &values.row(1);
        assert_eq!(ArrayView::try_from(row).unwrap().to_vec::<f32>().unwrap(), [3.5, 4.5]);
        let taken = Array::try_from(values.clone()).unwrap();
        assert_eq!(Array2::<f32>::try_from(&taken).unwrap(), values);
        assert_eq!(Array2::<f32>::try_from(taken).unwrap(), values);
        let borrowed = Array::contiguous(DType::of::<u8>(), &[2], Order::C, &[1u8, 2][..]).unwrap();
        let outlives: ArrayView1<'_, u8> = borrowed.try_into().unwrap();
        assert_eq!(outlives, array![1, 2]);
    }
}
