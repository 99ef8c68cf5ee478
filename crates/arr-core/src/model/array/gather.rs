//! Copies into contiguous order and another byte order.

use crate::ops::copy::copy_items;
use crate::{
    Array, Buffer, BufferMut, ByteOrder, DType, Error, Layout, Order, Result, Storage, StorageMut, Swap,
};

impl<S: Storage> Array<S> {
    /// A copy whose items lie one after another in `order`.
    ///
    /// # Errors
    /// `LimitExceeded` when memory is short, `Unsupported` when the items are references.
    pub fn to_contiguous(&self, order: Order) -> Result<Array> {
        self.gathered(order, self.dtype().clone(), &Swap::Nothing)
    }

    /// A copy whose items lie in `order` and whose numbers are in `byte_order`, in one pass.
    ///
    /// # Errors
    /// As [`to_contiguous`](Self::to_contiguous).
    pub fn to_contiguous_in(&self, order: Order, byte_order: ByteOrder) -> Result<Array> {
        self.gathered(
            order,
            self.dtype().with_byte_order(byte_order),
            &Swap::to_order(self.dtype(), byte_order),
        )
    }

    /// A copy in the order the array has now (C when it is strided) whose numbers are in `byte_order`.
    ///
    /// # Errors
    /// As [`to_contiguous`](Self::to_contiguous).
    pub fn to_byte_order(&self, byte_order: ByteOrder) -> Result<Array> {
        self.to_contiguous_in(self.natural_order(), byte_order)
    }

    fn gathered(&self, order: Order, dtype: DType, swap: &Swap) -> Result<Array> {
        if dtype == DType::Utf8 {
            return self.gathered_texts(order);
        }
        check_copyable(self.dtype())?;
        let layout = Layout::contiguous(self.shape(), self.itemsize(), order)?;
        let mut bytes = BufferMut::zeroed(self.nbytes())?;
        copy_items(
            bytes.as_mut_slice(),
            &layout,
            self.storage().bytes(),
            self.layout(),
            self.itemsize(),
            swap,
        )
        .ok_or_else(lost_bytes)?;
        Array::new(dtype, layout, bytes.freeze())
    }

    /// Copies the items in `order` into `bytes`, which must have just [`nbytes`](Self::nbytes) bytes.
    ///
    /// # Errors
    /// `InvalidArgument` when it has not, `Unsupported` when the items are references.
    pub fn copy_to(&self, bytes: &mut [u8], order: Order) -> Result<()> {
        check_copyable(self.dtype())?;
        if bytes.len() != self.nbytes() {
            return Err(Error::invalid(format!("{} bytes do not fit into {}", self.nbytes(), bytes.len())));
        }
        let layout = Layout::contiguous(self.shape(), self.itemsize(), order)?;
        copy_items(bytes, &layout, self.storage().bytes(), self.layout(), self.itemsize(), &Swap::Nothing)
            .ok_or_else(lost_bytes)
    }
}

impl<S: Storage> Array<S> {
    /// Copies the items of `source`, which must have this array's shape and, except for the byte order, its dtype.
    ///
    /// # Errors
    /// `Mismatch` when shape or dtype differ, `Unsupported` when the items are references.
    pub fn assign<T: Storage>(&mut self, source: &Array<T>) -> Result<()>
    where
        S: StorageMut,
    {
        check_copyable(source.dtype())?;
        let same = |dtype: &DType| dtype.with_byte_order(ByteOrder::NATIVE);
        if self.shape() != source.shape() || same(self.dtype()) != same(source.dtype()) {
            return Err(Error::mismatch(format!("{source:?} can't be assigned to {self:?}")));
        }
        let swap = swap_between(source.dtype(), self.dtype())?;
        let (layout, itemsize) = (self.layout.clone(), self.itemsize());
        copy_items(
            self.storage.bytes_mut(),
            &layout,
            source.storage().bytes(),
            source.layout(),
            itemsize,
            &swap,
        )
        .ok_or_else(lost_bytes)
    }
}

impl Array<BufferMut> {
    /// Reverses the bytes of the numbers where they are not in `byte_order`, in place. The array must be alone on
    /// its bytes, which it is when it was made by [`Array::zeros`] or a reader.
    #[must_use]
    pub fn into_byte_order(mut self, byte_order: ByteOrder) -> Self {
        let itemsize = self.itemsize();
        if let Some(extent) = self.layout.extent(itemsize) {
            if let Some(items) = self.storage.as_mut_slice().get_mut(extent) {
                Swap::to_order(&self.dtype, byte_order).apply(items);
            }
        }
        self.dtype = self.dtype.with_byte_order(byte_order);
        self
    }
}

/// What brings items from one dtype's byte orders to another's. Records whose fields mix orders on both sides go
/// through one order, so only whole-item orders are handled.
fn swap_between(from: &DType, to: &DType) -> Result<Swap> {
    if from == to {
        return Ok(Swap::Nothing);
    }
    [ByteOrder::Little, ByteOrder::Big]
        .into_iter()
        .find(|order| to.is_in_order(*order))
        .map(|order| Swap::to_order(from, order))
        .ok_or_else(|| Error::unsupported(format!("{to} mixes byte orders")))
}

pub(super) fn check_copyable(dtype: &DType) -> Result<()> {
    if dtype.has_references() {
        return Err(Error::unsupported(format!(
            "items of {dtype} are references, their bytes can't be copied"
        )));
    }
    Ok(())
}

pub(crate) fn lost_bytes() -> Error {
    Error::mismatch("the owner of the bytes lends fewer than it did before")
}

impl<S: Storage> Array<S> {
    /// The array with its bytes in memory of its own, in C or Fortran order as they lie.
    ///
    /// # Errors
    /// As [`to_contiguous`](Self::to_contiguous).
    pub fn to_owned(&self) -> Result<Array<Buffer>> {
        self.to_contiguous(self.natural_order())
    }
}
