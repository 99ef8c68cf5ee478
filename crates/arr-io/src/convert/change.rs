//! What an array is turned into.

use arr_core::format::Place;
use arr_core::{Array, ByteOrder, Contiguity, DType, Order, Result, Scalar};

/// What arrays are turned into: another dtype, order or byte order. Nothing changes unless asked for.
///
/// ```
/// use arr_io::{Array, Change, DType};
/// let array = Array::from_vec(vec![1.0f64, 2.0], &[2])?;
/// let change = Change::new().dtype("<i4".parse()?);
/// assert_eq!(change.apply(array)?.to_vec::<i32>()?, [1, 2]);
/// # Ok::<(), arr_io::Error>(())
/// ```
#[derive(Clone, Debug, Default)]
pub struct Change {
    pub(super) dtype: Option<DType>,
    pub(super) order: Option<Order>,
    pub(super) byte_order: Option<ByteOrder>,
}

impl Change {
    /// Changes nothing.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    arr_core::setters! {
        /// Casts to a dtype; a value that does not fit is an error.
        dtype: Option<DType>;
        /// Lays the items out in C or Fortran order.
        order: Option<Order>;
        /// Brings numbers into a byte order.
        byte_order: Option<ByteOrder>;
    }

    /// True when arrays stay as they are.
    #[must_use]
    pub fn is_nothing(&self) -> bool {
        self.dtype.is_none() && self.order.is_none() && self.byte_order.is_none()
    }

    /// The order in which items are laid out, where that was asked for.
    #[must_use]
    pub fn wanted_order(&self) -> Option<Order> {
        self.order
    }

    /// The byte order that was asked for.
    #[must_use]
    pub fn wanted_byte_order(&self) -> Option<ByteOrder> {
        self.byte_order
    }

    /// The dtype that an array of `dtype` gets.
    #[must_use]
    pub fn dtype_of(&self, dtype: &DType) -> DType {
        let cast = self.dtype.as_ref().map_or_else(|| dtype.clone(), |cast| cast.as_long_as(dtype));
        self.byte_order.map_or_else(|| cast.clone(), |order| cast.with_byte_order(order))
    }

    /// [`apply`](Self::apply) to a block of a larger array, whose place errors name. Its order stays.
    ///
    /// # Errors
    /// As `apply`.
    pub fn apply_to_block(&self, block: Array, place: &Place) -> Result<Array> {
        let block = self.with_its_name(block)?;
        let block = match &self.dtype {
            Some(dtype) if dtype != block.dtype() => {
                block.cast_checked_in(dtype, |inner| place.index(inner))?
            }
            _ => block,
        };
        match self.byte_order.filter(|order| !block.dtype().is_in_order(*order)) {
            Some(byte_order) => block.to_byte_order(byte_order),
            None => Ok(block),
        }
    }

    /// Applies it.
    ///
    /// # Errors
    /// `Mismatch` when a value does not fit the dtype, naming it and its index; `Unsupported` when there is no cast
    /// between the dtypes.
    pub fn apply(&self, array: Array) -> Result<Array> {
        let array = self.with_its_name(array)?;
        let array = match &self.dtype {
            Some(dtype) if dtype != array.dtype() => array.cast_checked(dtype)?,
            _ => array,
        };
        let byte_order = self.byte_order.filter(|order| !array.dtype().is_in_order(*order));
        let order = self.order.filter(|order| !is_in(&array, *order));
        match (order, byte_order) {
            (None, None) => Ok(array),
            (Some(order), None) => array.to_contiguous(order),
            (None, Some(byte_order)) => array.to_byte_order(byte_order),
            (Some(order), Some(byte_order)) => array.to_contiguous_in(order, byte_order),
        }
    }
}

impl Change {
    /// A `.npy` has no name for bfloat16 and holds two opaque bytes, the low one first: asking for bfloat16 gives them
    /// their name.
    fn with_its_name(&self, array: Array) -> Result<Array> {
        match (array.dtype(), &self.dtype) {
            (DType::Void(2), Some(DType::Scalar(Scalar::BF16, _))) => {
                array.with_dtype(DType::scalar(Scalar::BF16, ByteOrder::Little))
            }
            _ => Ok(array),
        }
    }
}

fn is_in(array: &Array, order: Order) -> bool {
    let layout = array.layout();
    match order {
        Order::C => array.order() == Contiguity::C,
        Order::F => layout.is_f_contiguous(array.itemsize()),
    }
}
