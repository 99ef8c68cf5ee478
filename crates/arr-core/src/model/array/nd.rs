//! To and from `ndarray`, version 0.17.

use ndarray::{Axis, Dimension, IxDyn, ShapeBuilder};

use super::typed::cast_slice;
use crate::model::layout::Strides;
use crate::{
    Array, ArrayView, Buffer, ByteOrder, DType, Element, Error, Layout, Order, Result, Storage, StorageMut,
};

impl<S: Storage> Array<S> {
    /// The array as an `ndarray` view, without a copy, whatever its strides.
    ///
    /// # Errors
    /// `Mismatch`, saying which of dtype, byte order, alignment (of the bytes or of the strides) or bits forbids
    /// it; then [`to_typed`](Self::to_typed) copies.
    pub fn typed<T: Element>(&self) -> Result<ndarray::ArrayViewD<'_, T>> {
        self.view().into_typed()
    }

    /// The values as an `ndarray` array of its own, in the machine's byte order and in the order (C or F) in which
    /// they lie.
    ///
    /// ```
    /// use arr_core::Array;
    /// let array = Array::from_vec(vec![1u8, 2, 3, 4, 5, 6], &[2, 3])?;
    /// let owned: ndarray::Array2<u8> = array.to_typed()?;
    /// assert_eq!(owned[[1, 0]], 4);
    /// assert!(array.to_typed::<u8, ndarray::Ix1>().is_err());
    /// # Ok::<(), arr_core::Error>(())
    /// ```
    ///
    /// # Errors
    /// `Mismatch` when the dtype is not `T` (in whichever byte order), some bits are not a valid `T`, or the rank is
    /// not that of `D`; `LimitExceeded` when memory is short.
    pub fn to_typed<T: Element, D: Dimension>(&self) -> Result<ndarray::Array<T, D>> {
        let (values, order) = match self.natural_order() {
            Order::C => (self.to_vec()?, Order::C),
            Order::F => (self.transpose().to_vec()?, Order::F),
        };
        let shape = IxDyn(self.shape()).set_f(order == Order::F);
        let array = ndarray::ArrayD::from_shape_vec(shape, values).map_err(shape_error)?;
        array.into_dimensionality::<D>().map_err(|_| super::convert::rank_differs(self.ndim()))
    }
}

impl<'a> ArrayView<'a> {
    /// [`typed`](Self::typed) for as long as the bytes are borrowed.
    ///
    /// # Errors
    /// As `typed`.
    pub fn into_typed<T: Element>(self) -> Result<ndarray::ArrayViewD<'a, T>> {
        self.dtype().check_is::<T>()?;
        let (layout, reversed) = self.layout().unreversed();
        let shape = IxDyn(layout.shape());
        let Some((extent, strides)) = element_strides(&layout, size_of::<T>())? else {
            return ndarray::ArrayView::from_shape(shape, &[]).map_err(shape_error);
        };
        let bytes = self.into_bytes().get(extent).unwrap_or_default();
        let mut view = ndarray::ArrayView::from_shape(shape.strides(strides), cast_slice::<T>(bytes)?)
            .map_err(shape_error)?;
        reversed.iter().for_each(|axis| view.invert_axis(Axis(*axis)));
        Ok(view)
    }
}

impl<S: Storage> Array<S> {
    /// The array as a mutable `ndarray` view, without a copy.
    ///
    /// # Errors
    /// As [`typed`](Self::typed); and `Mismatch` when items overlap.
    pub fn typed_mut<T: Element>(&mut self) -> Result<ndarray::ArrayViewMutD<'_, T>>
    where
        S: StorageMut,
    {
        self.dtype().check_is::<T>()?;
        let (layout, reversed) = self.layout().unreversed();
        let shape = IxDyn(layout.shape());
        let Some((extent, strides)) = element_strides(&layout, size_of::<T>())? else {
            return ndarray::ArrayViewMut::from_shape(shape, &mut []).map_err(shape_error);
        };
        let bytes = self.storage.bytes_mut().get_mut(extent).unwrap_or_default();
        let values = bytemuck::checked::try_cast_slice_mut::<u8, T>(bytes)
            .map_err(|error| super::typed::explain::<T>(error, &[]))?;
        let mut view =
            ndarray::ArrayViewMut::from_shape(shape.strides(strides), values).map_err(shape_error)?;
        reversed.iter().for_each(|axis| view.invert_axis(Axis(*axis)));
        Ok(view)
    }
}

/// The bytes that a layout without negative strides covers, and its strides in elements; `None` for no items.
fn element_strides(layout: &Layout, itemsize: usize) -> Result<Option<(std::ops::Range<usize>, IxDyn)>> {
    if layout.is_empty() {
        return Ok(None);
    }
    let extent = layout.extent(itemsize).ok_or_else(|| Error::mismatch("strides reach outside the bytes"))?;
    let mut strides = IxDyn::zeros(layout.ndim());
    for ((slot, stride), dim) in strides.slice_mut().iter_mut().zip(layout.strides()).zip(layout.shape()) {
        let bytes = if *dim > 1 { usize::try_from(*stride).unwrap_or(0) } else { 0 };
        if bytes % itemsize != 0 {
            return Err(Error::mismatch(format!(
                "a stride of {bytes} bytes is not a multiple of the itemsize {itemsize}: copy the array first"
            )));
        }
        *slot = bytes / itemsize;
    }
    Ok(Some((extent, strides)))
}

fn shape_error(error: ndarray::ShapeError) -> Error {
    Error::mismatch("ndarray can't hold that shape and those strides").with_source(error)
}

impl Array {
    /// Takes an `ndarray` array as it is, whatever its layout, without a copy.
    ///
    /// ```
    /// use arr_core::Array;
    /// let mut values = ndarray::array![[1.0, 2.0], [3.0, 4.0]];
    /// values.invert_axis(ndarray::Axis(0));
    /// let array = Array::from_ndarray(values)?;
    /// assert_eq!(array.to_vec::<f64>()?, [3.0, 4.0, 1.0, 2.0]);
    /// # Ok::<(), arr_core::Error>(())
    /// ```
    ///
    /// # Errors
    /// `InvalidArgument` when there are more than [`MAX_RANK`](crate::MAX_RANK) dimensions.
    pub fn from_ndarray<T: Element, D: Dimension>(array: ndarray::Array<T, D>) -> Result<Self> {
        let shape = array.shape().to_vec();
        let strides = byte_strides::<T>(array.strides());
        let (values, first) = array.into_raw_vec_and_offset();
        let offset = first.unwrap_or(0).saturating_mul(size_of::<T>());
        let layout = Layout::new(&shape, &strides, offset)?;
        Self::new(DType::of::<T>(), layout, Buffer::from_vec(values))
    }
}

impl<'a> ArrayView<'a> {
    /// Views an `ndarray` array, without a copy where its items lie one after another in memory in some order of
    /// the axes; see [`Array::copy_ndarray`] for the others.
    ///
    /// # Errors
    /// `Mismatch` when there are holes between the items.
    pub fn from_ndarray_view<T: Element, D: Dimension>(array: &'a ndarray::ArrayRef<T, D>) -> Result<Self> {
        if let Some(values) = array.as_slice() {
            let bytes = bytemuck::cast_slice(values);
            return Self::contiguous(DType::of::<T>(), array.shape(), Order::C, bytes);
        }
        let values = array
            .as_slice_memory_order()
            .ok_or_else(|| Error::mismatch("the ndarray array has holes between its items: copy it first"))?;
        let strides = byte_strides::<T>(array.strides());
        let is_empty = array.shape().contains(&0);
        let reach = |(dim, stride): (&usize, &isize)| match isize::try_from(dim.saturating_sub(1)) {
            Ok(steps) if *stride < 0 => stride.saturating_mul(steps).unsigned_abs(),
            _ => 0,
        };
        let offset = if is_empty { 0 } else { array.shape().iter().zip(&strides).map(reach).sum() };
        let layout = Layout::new(array.shape(), &strides, offset)?;
        Self::new(DType::of::<T>(), layout, bytemuck::cast_slice(values))
    }
}

impl Array {
    /// A copy of an `ndarray` array of any layout, in C order.
    ///
    /// # Errors
    /// `InvalidArgument` when there are more than [`MAX_RANK`](crate::MAX_RANK) dimensions, `LimitExceeded` when
    /// memory is short.
    pub fn copy_ndarray<T: Element, D: Dimension>(array: &ndarray::ArrayRef<T, D>) -> Result<Self> {
        if let Ok(view) = ArrayView::from_ndarray_view(array) {
            return view.to_contiguous_in(Order::C, ByteOrder::NATIVE);
        }
        let mut values = Vec::new();
        values
            .try_reserve_exact(array.len())
            .map_err(|source| Error::limit("no memory for a copy of the array").with_source(source))?;
        values.extend(array.iter().copied());
        Self::from_vec(values, array.shape())
    }
}

fn byte_strides<T>(strides: &[isize]) -> Strides {
    let itemsize = isize::try_from(size_of::<T>()).unwrap_or(isize::MAX);
    strides.iter().map(|stride| stride.saturating_mul(itemsize)).collect()
}

#[cfg(test)]
#[allow(clippy::cast_possible_truncation, clippy::cast_precision_loss, reason = "small numbers")]
mod tests {
    use super::*;
    use crate::s;

    #[test]
    fn views_of_any_strides() {
        let array = Array::from_vec((0i32..24).collect(), &[2, 3, 4]).unwrap();
        assert_eq!(array.typed::<i32>().unwrap()[[1, 2, 3]], 23);
        let part = array.slice("::-1, 1, ::-2".parse::<crate::Slice>().unwrap()).unwrap();
        assert_eq!(part.typed::<i32>().unwrap(), ndarray::array![[19, 17], [7, 5]].into_dyn());
        assert_eq!(array.transpose().typed::<i32>().unwrap()[[3, 2, 1]], 23);
        let empty = array.slice(s![0..0]).unwrap();
        assert_eq!(empty.typed::<i32>().unwrap().shape(), [0, 3, 4]);
        let repeated = array.slice(s![0, 0]).unwrap();
        let repeated = repeated.broadcast(&[5, 4]).unwrap();
        assert_eq!(repeated.typed::<i32>().unwrap().sum(), 5 * 6);
        let scalar = array.slice(s![1, 1, 1]).unwrap();
        assert_eq!(scalar.typed::<i32>().unwrap()[[]], 17);
    }

    #[test]
    fn mutable_views_reach_the_bytes() {
        let mut array = Array::zeros(DType::of::<u16>(), &[2, 2]).unwrap();
        array.typed_mut::<u16>().unwrap()[[0, 1]] = 7;
        array.slice_mut("::-1".parse::<crate::Slice>().unwrap()).unwrap().typed_mut::<u16>().unwrap()
            [[0, 0]] = 9;
        assert_eq!(array.freeze().to_vec::<u16>().unwrap(), [0, 7, 9, 0]);
    }

    #[test]
    fn ndarray_arrays_move_in_with_their_layout() {
        let mut values =
            ndarray::Array3::from_shape_fn((2, 3, 4), |(i, j, k)| i * 100 + j * 10 + k).mapv(|v| v as u32);
        values.invert_axis(Axis(1));
        let values = values.permuted_axes([2, 0, 1]);
        let expected: Vec<u32> = values.iter().copied().collect();
        let view = ArrayView::from_ndarray_view(&values).unwrap();
        assert_eq!(view.to_vec::<u32>().unwrap(), expected);
        assert_eq!(Array::copy_ndarray(&values).unwrap().to_vec::<u32>().unwrap(), expected);
        let array = Array::from_ndarray(values).unwrap();
        assert_eq!(array.to_vec::<u32>().unwrap(), expected);
        assert_eq!(array.shape(), [4, 2, 3]);
        let back: ndarray::Array3<u32> = array.to_typed().unwrap();
        assert_eq!(back.iter().copied().collect::<Vec<_>>(), expected);
    }

    #[test]
    fn slices_with_holes_are_copied() {
        let values = ndarray::Array2::from_shape_fn((4, 6), |(i, j)| (i * 6 + j) as f32);
        let part = values.slice(ndarray::s![..;2, 1..;3]);
        assert!(ArrayView::from_ndarray_view(&part).is_err());
        assert_eq!(Array::copy_ndarray(&part).unwrap().to_vec::<f32>().unwrap(), [1.0, 4.0, 13.0, 16.0]);
    }
}
