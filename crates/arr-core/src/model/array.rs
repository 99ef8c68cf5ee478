//! The array: dtype, layout and bytes, checked together once.

mod as_array;
#[cfg(feature = "ndarray")]
mod convert;
mod fetch;
mod gather;
mod items;
#[cfg(feature = "ndarray")]
mod nd;
mod parts;
mod records;
mod strings;
mod texts;
mod times;
mod typed;

pub use self::as_array::AsArray;
pub(crate) use self::fetch::Joining;
pub(crate) use self::gather::lost_bytes;
pub use self::items::Items;
pub use self::texts::Texts;
pub(crate) use self::texts::text_bytes;
pub(crate) use self::typed::cast_slice;

use std::fmt;
use std::ops::Range;

use crate::{
    AsSlice, Buffer, BufferMut, Contiguity, DType, Error, Field, Layout, Mmap, MmapMut, Order, RecordType,
    Result, Storage, StorageMut,
};

/// An n-dimensional array: a [`DType`], a [`Layout`] and the bytes that they describe.
///
/// The bytes live in any [`Storage`]: an `Array` (of [`Buffer`]) owns or shares them, an [`ArrayView`] borrows
/// them, an `Array<Mmap>` is a mapped file. Slicing, transposing and (where NumPy would not copy) reshaping never
/// touch them.
///
/// ```
/// use arr_core::{Array, s};
/// let array = Array::from_vec(vec![1.0f32, 2.0, 3.0, 4.0, 5.0, 6.0], &[2, 3])?;
/// assert_eq!(array.dtype().to_string(), "<f4");
/// let column = array.slice(s![.., 1])?;
/// assert_eq!(column.to_vec::<f32>()?, [2.0, 5.0]);
/// assert_eq!(array.transpose().shape(), [3, 2]);
/// # Ok::<(), arr_core::Error>(())
/// ```
#[derive(Clone)]
pub struct Array<S = Buffer> {
    dtype: DType,
    layout: Layout,
    storage: S,
}

/// An array over borrowed bytes.
pub type ArrayView<'a> = Array<&'a [u8]>;

/// An array over mutably borrowed bytes.
pub type ArrayViewMut<'a> = Array<&'a mut [u8]>;

impl<S: Storage> Array<S> {
    /// Joins the three after checking that every item lies inside the bytes.
    ///
    /// # Errors
    /// `InvalidArgument` when one does not.
    pub fn new(dtype: DType, layout: Layout, storage: S) -> Result<Self> {
        layout.check(dtype.itemsize(), storage.bytes().len())?;
        Ok(Self { dtype, layout, storage })
    }

    /// An array whose items lie one after another in `order` from the first byte on.
    ///
    /// # Errors
    /// `InvalidArgument` when there are too few bytes or the shape is too large.
    #[inline(always)]
    pub fn contiguous(dtype: DType, shape: &[usize], order: Order, storage: S) -> Result<Self> {
        match Layout::contiguous_small(shape, dtype.itemsize(), order) {
            Some(small) if small.len <= storage.bytes().len() => {
                Ok(Self { dtype, layout: small.into(), storage })
            }
            _ => Self::new_contiguous(dtype, shape, order, storage),
        }
    }

    #[cold]
    fn new_contiguous(dtype: DType, shape: &[usize], order: Order, storage: S) -> Result<Self> {
        let layout = Layout::contiguous(shape, dtype.itemsize(), order)?;
        Self::new(dtype, layout, storage)
    }

    /// What one item is.
    #[must_use]
    pub fn dtype(&self) -> &DType {
        &self.dtype
    }

    /// Items along each dimension.
    #[must_use]
    pub fn shape(&self) -> &[usize] {
        self.layout.shape()
    }

    /// Bytes from one item to the next along each dimension.
    #[must_use]
    pub fn strides(&self) -> &[isize] {
        self.layout.strides()
    }

    /// Shape, strides and offset.
    #[must_use]
    pub fn layout(&self) -> &Layout {
        &self.layout
    }

    /// The number of dimensions.
    #[must_use]
    pub fn ndim(&self) -> usize {
        self.layout.ndim()
    }

    /// The number of items.
    #[must_use]
    pub fn len(&self) -> usize {
        self.layout.len()
    }

    /// True when there are no items.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.layout.is_empty()
    }

    /// Bytes of one item.
    #[must_use]
    pub fn itemsize(&self) -> usize {
        self.dtype.itemsize()
    }

    /// Bytes of all items.
    #[must_use]
    pub fn nbytes(&self) -> usize {
        self.len().saturating_mul(self.itemsize())
    }

    /// How the items lie: C, F or strided.
    #[must_use]
    pub fn order(&self) -> Contiguity {
        self.layout.contiguity(self.itemsize())
    }

    /// The order in which the array is best written: F when it is F-contiguous and not C-contiguous, else C.
    #[must_use]
    pub fn natural_order(&self) -> Order {
        match self.order() {
            Contiguity::F => Order::F,
            Contiguity::C | Contiguity::Strided => Order::C,
        }
    }

    /// All bytes of the storage, also those between the items.
    #[must_use]
    pub fn storage(&self) -> &S {
        &self.storage
    }

    /// Takes the array apart.
    #[must_use]
    pub fn into_parts(self) -> (DType, Layout, S) {
        (self.dtype, self.layout, self.storage)
    }

    /// The items' bytes as they lie, if they are contiguous in `order`; that is what a file holds. Of texts of any
    /// length there are none: the items only say where in the [storage](Self::storage) the texts are.
    #[must_use]
    pub fn as_bytes(&self, order: Order) -> Option<&[u8]> {
        let contiguous = match order {
            Order::C => self.layout.is_c_contiguous(self.itemsize()),
            Order::F => self.layout.is_f_contiguous(self.itemsize()),
        };
        // Without the texts the items mean nothing.
        if !contiguous || self.dtype == DType::Utf8 {
            return None;
        }
        self.storage.bytes().get(self.contiguous_range())
    }

    /// Where the items lie in the storage, when they are known to be contiguous.
    fn contiguous_range(&self) -> Range<usize> {
        let start = if self.is_empty() { 0 } else { self.layout.offset() };
        start..start.saturating_add(self.nbytes())
    }

    /// A view of the whole array.
    #[must_use]
    pub fn view(&self) -> ArrayView<'_> {
        self.with_layout(self.layout.clone())
    }

    /// A view of the same bytes with a layout that was derived from this one and so stays inside.
    fn with_layout(&self, layout: Layout) -> ArrayView<'_> {
        Array { dtype: self.dtype.clone(), layout, storage: self.storage.bytes() }
    }

    /// A part of the array: `array.slice(s![10..20, .., 3])`.
    ///
    /// # Errors
    /// `InvalidArgument` when an index is out of bounds or there are too many of them.
    pub fn slice(&self, slice: impl AsSlice) -> Result<ArrayView<'_>> {
        Ok(self.with_layout(self.layout.sliced(slice.as_slice())?))
    }

    /// The array with its axes in reverse.
    #[must_use]
    pub fn transpose(&self) -> ArrayView<'_> {
        self.with_layout(self.layout.transposed())
    }

    /// The array with its axes in another order (NumPy's `transpose(axes)`).
    ///
    /// # Errors
    /// `InvalidArgument` unless `axes` names every axis once.
    pub fn permute(&self, axes: &[usize]) -> Result<ArrayView<'_>> {
        Ok(self.with_layout(self.layout.permuted(axes)?))
    }

    /// The array with another shape, its items taken in `order`, where that needs no copy.
    ///
    /// # Errors
    /// `InvalidArgument` when the number of items differs, `Mismatch` when the items would have to be copied: then
    /// [`to_contiguous`](Self::to_contiguous) first.
    pub fn reshape(&self, shape: &[usize], order: Order) -> Result<ArrayView<'_>> {
        let layout = self.layout.reshaped(shape, order)?.ok_or_else(|| {
            Error::mismatch(format!("shape {:?} can't be seen as {shape:?} without a copy", self.shape()))
        })?;
        Ok(self.with_layout(layout))
    }

    /// The array repeated along axes of length 1 and new leading axes (NumPy's `broadcast_to`).
    ///
    /// # Errors
    /// `InvalidArgument` when the shapes do not fit.
    pub fn broadcast(&self, shape: &[usize]) -> Result<ArrayView<'_>> {
        Ok(self.with_layout(self.layout.broadcast(shape)?))
    }

    /// One field of each record, with the axes of a sub-array after the others. Nothing is copied: a column of a
    /// mapped table is read without the rest.
    ///
    /// # Errors
    /// `InvalidArgument` when this is not a record array or has no field of that name or title.
    pub fn field(&self, name: &str) -> Result<ArrayView<'_>> {
        self.column(self.named_field(name)?)
    }

    /// Every field of each record with its view, in the order of the dtype; nothing for other arrays. See
    /// [`field`](Self::field).
    pub fn fields(&self) -> impl Iterator<Item = (&Field, Result<ArrayView<'_>>)> {
        let fields = self.dtype.as_record().map(RecordType::fields).unwrap_or_default();
        fields.iter().map(|field| (field, self.column(field)))
    }

    /// The field at a place among those of the dtype, from 0 on: see [`field`](Self::field), which has to look for it.
    ///
    /// # Errors
    /// `InvalidArgument` when there is no such field.
    pub fn field_at(&self, place: usize) -> Result<ArrayView<'_>> {
        let fields = self.dtype.as_record().map(RecordType::fields).unwrap_or_default();
        let count = fields.len();
        let missing = || Error::invalid(format!("the dtype has no field {place}: it has {count}"));
        self.column(fields.get(place).ok_or_else(missing)?)
    }

    fn column(&self, field: &Field) -> Result<ArrayView<'_>> {
        let (dtype, layout) = self.column_parts(field)?;
        Array::new(dtype, layout, self.storage.bytes())
    }

    /// What the items of a field are and where they lie.
    fn column_parts(&self, field: &Field) -> Result<(DType, Layout)> {
        let layout = self.layout.clone().shifted(field.offset());
        Ok(match field.dtype() {
            DType::SubArray(sub) => {
                (sub.item().clone(), layout.with_inner_axes(sub.dims(), sub.item().itemsize())?)
            }
            dtype => (dtype.clone(), layout),
        })
    }

    fn named_field(&self, name: &str) -> Result<&Field> {
        let record = self
            .dtype
            .as_record()
            .ok_or_else(|| Error::invalid(format!("an array of {} has no fields", self.dtype)))?;
        record.field(name).ok_or_else(|| Error::invalid(format!("the dtype has no field '{name}'")))
    }

    /// The same bytes under another dtype of the same itemsize: `<V2` as bfloat16, `<i8` as `<M8[ns]`.
    ///
    /// # Errors
    /// `InvalidArgument` when the itemsizes differ or one of the dtypes holds references.
    pub fn with_dtype(self, dtype: DType) -> Result<Self> {
        if dtype.itemsize() != self.itemsize() || dtype.has_references() || self.dtype.has_references() {
            return Err(Error::invalid(format!("items of {} can't be seen as {dtype}", self.dtype)));
        }
        Ok(Self { dtype, ..self })
    }
}

impl<S: Storage> Array<S> {
    /// A mutable view of the whole array.
    #[must_use]
    pub fn view_mut(&mut self) -> ArrayViewMut<'_>
    where
        S: StorageMut,
    {
        Array { dtype: self.dtype.clone(), layout: self.layout.clone(), storage: self.storage.bytes_mut() }
    }

    /// A mutable view of a part of the array.
    ///
    /// # Errors
    /// As [`slice`](Self::slice).
    pub fn slice_mut(&mut self, slice: impl AsSlice) -> Result<ArrayViewMut<'_>>
    where
        S: StorageMut,
    {
        let layout = self.layout.sliced(slice.as_slice())?;
        Ok(Array { dtype: self.dtype.clone(), layout, storage: self.storage.bytes_mut() })
    }

    /// A mutable view of one field of each record.
    ///
    /// ```
    /// use arr_core::{Array, DType};
    /// let mut table = Array::zeros("[('n', '|u1'), ('xy', '|i1', (2,))]".parse::<DType>()?, &[3])?;
    /// table.field_mut("xy")?.assign(&Array::from_vec(vec![1i8, -1, 2, -2, 3, -3], &[3, 2])?)?;
    /// assert_eq!(table.item(&[1]), Some(&[0, 2, 254][..]));
    /// # Ok::<(), arr_core::Error>(())
    /// ```
    ///
    /// # Errors
    /// As [`field`](Self::field).
    pub fn field_mut(&mut self, name: &str) -> Result<ArrayViewMut<'_>>
    where
        S: StorageMut,
    {
        let (dtype, layout) = self.column_parts(self.named_field(name)?)?;
        Array::new(dtype, layout, self.storage.bytes_mut())
    }
}

impl Array {
    /// Takes a vector of elements, in C order, without a copy.
    ///
    /// # Errors
    /// `InvalidArgument` when the shape does not hold just as many.
    pub fn from_vec<T: crate::Element>(vec: Vec<T>, shape: &[usize]) -> Result<Self> {
        let items = vec.len();
        let array = Self::contiguous(DType::of::<T>(), shape, Order::C, Buffer::from_vec(vec))?;
        if array.len() != items {
            return Err(Error::invalid(format!("{items} elements do not fill shape {shape:?}")));
        }
        Ok(array)
    }

    /// Zeros (empty strings, false) in C order.
    ///
    /// ```
    /// use arr_core::{Array, DType, Scalar};
    /// assert_eq!(Array::zeros(Scalar::F32, &[2, 3])?.dtype(), &DType::of::<f32>());
    /// # Ok::<(), arr_core::Error>(())
    /// ```
    ///
    /// # Errors
    /// `InvalidArgument` when the shape is too large, `LimitExceeded` when memory is short, `Unsupported` when the
    /// dtype holds references.
    pub fn zeros(dtype: impl Into<DType>, shape: &[usize]) -> Result<Array<BufferMut>> {
        let dtype = dtype.into();
        // Zeroed memory is a valid array of empty strings.
        if dtype.has_references() && dtype != DType::Utf8 {
            return Err(Error::unsupported(format!("items of {dtype} have no zero")));
        }
        let layout = Layout::contiguous(shape, dtype.itemsize(), Order::C)?;
        let storage = BufferMut::zeroed(layout.len().saturating_mul(dtype.itemsize()))?;
        Array::new(dtype, layout, storage)
    }
}

impl Array<BufferMut> {
    /// Makes the array immutable and shared, without a copy.
    #[must_use]
    pub fn freeze(self) -> Array {
        Array { dtype: self.dtype, layout: self.layout, storage: self.storage.freeze() }
    }
}

impl Array<MmapMut> {
    /// Waits until the changes are in the file; those of a private map stay where they are.
    ///
    /// # Errors
    /// `Io` when the system can't write them.
    pub fn flush(&self) -> Result<()> {
        self.storage.flush()
    }
}

impl Array<Mmap> {
    /// Forgets that the bytes are mapped, without a copy.
    #[must_use]
    pub fn into_buffer(self) -> Array {
        Array { dtype: self.dtype, layout: self.layout, storage: self.storage.into() }
    }
}

impl ArrayViewMut<'_> {
    /// The view with its axes in reverse.
    #[must_use]
    pub fn into_transposed(self) -> Self {
        Self { layout: self.layout.transposed(), ..self }
    }
}

impl<'a> ArrayView<'a> {
    /// Views a slice of elements, as an array of one dimension.
    ///
    /// ```
    /// use arr_core::{ArrayView, Order};
    /// let view = ArrayView::of_slice(&[1u8, 2, 3, 4]);
    /// assert_eq!(view.reshape(&[2, 2], Order::C)?.get::<u8>(&[1, 0])?, 3);
    /// # Ok::<(), arr_core::Error>(())
    /// ```
    #[must_use]
    pub fn of_slice<T: crate::Element>(values: &'a [T]) -> Self {
        let layout = Layout::of_line(values.len(), size_of::<T>());
        Self { dtype: DType::of::<T>(), layout, storage: bytemuck::cast_slice(values) }
    }

    /// All the borrowed bytes, for as long as they were borrowed.
    #[must_use]
    pub fn into_bytes(self) -> &'a [u8] {
        self.storage
    }

    /// A part of the view that lives as long as what the view borrows.
    ///
    /// # Errors
    /// As [`slice`](Self::slice).
    pub fn into_slice(self, slice: impl AsSlice) -> Result<Self> {
        Ok(Self { layout: self.layout.sliced(slice.as_slice())?, ..self })
    }
}

impl From<Array<Mmap>> for Array {
    fn from(array: Array<Mmap>) -> Self {
        array.into_buffer()
    }
}

/// What the array is, not its values: `Array(<f4 [2, 3] C)`.
impl<S: Storage> fmt::Debug for Array<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Array({} {:?} {})", self.dtype, self.shape(), self.order())
    }
}
