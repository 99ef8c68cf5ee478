//! What an array is turned into.

use arr_core::format::Place;
use arr_core::{Array, ByteOrder, Contiguity, DType, Order, Result, Scalar};

use crate::Meaning;
use crate::meaning::small::SmallFloat;

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
    pub(super) only: Option<DType>,
    /// The kind of small floats to which numbers are cast, in place of a dtype.
    small: Option<&'static SmallFloat>,
    /// Whether arrays stay as they are of whose dtype there is no cast.
    pub(super) is_lenient: bool,
    pub(super) order: Option<Order>,
    pub(super) byte_order: Option<ByteOrder>,
    pub(super) exact: bool,
    /// Whether the input was read as of the dtype that is asked for.
    pub(super) was_read_so: bool,
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
        /// Casts arrays of that dtype alone.
        only: Option<DType>;
        /// Lays the items out in C or Fortran order.
        order: Option<Order>;
        /// Brings numbers into a byte order.
        byte_order: Option<ByteOrder>;
        /// Whether a value that a cast changes is an error: a rounded one too ([`Array::cast_exact`]).
        exact: bool;
    }

    /// Casts numbers to those of a kind, which are opaque items then (`float8_e4m3fn`), or to a dtype. A number that is too large
    /// is an error, and another one is rounded to the nearest.
    ///
    /// ```
    /// use arr_io::{Array, Change, Order};
    /// let array = Array::from_vec(vec![1.0f64, -2.5], &[2])?;
    /// let packed = Change::new().meaning(&"float8_e4m3fn".parse()?).apply(array)?;
    /// assert_eq!((packed.dtype().to_string(), packed.as_bytes(Order::C)), ("|V1".to_owned(), Some(&[0x38, 0xC2][..])));
    /// # Ok::<(), arr_io::Error>(())
    /// ```
    #[must_use]
    pub fn meaning(mut self, meaning: &Meaning) -> Self {
        match meaning.target() {
            Ok(small) => (self.small, self.dtype) = (Some(small), None),
            Err(dtype) => (self.small, self.dtype) = (None, Some(dtype.clone())),
        }
        self
    }

    /// True when arrays stay as they are.
    #[must_use]
    pub fn is_nothing(&self) -> bool {
        self.dtype.is_none() && self.small.is_none() && self.order.is_none() && self.byte_order.is_none()
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

    fn is_meant(&self, dtype: &DType) -> bool {
        self.only.as_ref().is_none_or(|only| only == dtype)
    }

    /// The dtype to which an array of `dtype` is cast, if it is.
    fn cast_of(&self, dtype: &DType) -> Option<&DType> {
        let is_so = |wanted: &DType| wanted == dtype || (self.was_read_so && dtype.as_record().is_some());
        let wanted = self.dtype.as_ref().filter(|wanted| !is_so(wanted) && self.is_meant(dtype));
        wanted.filter(|wanted| !self.is_lenient || check_cast(dtype, wanted).is_ok())
    }

    /// The kind of small floats to which an array of `dtype` is cast, if it is.
    fn small_of(&self, dtype: &DType) -> Option<&'static SmallFloat> {
        let small = self.small.filter(|_| self.is_meant(dtype));
        small.filter(|small| !self.is_lenient || small.check_cast(dtype).is_ok())
    }

    /// Why an array of `dtype` is not cast, though a dtype was asked for.
    pub(super) fn why_left(&self, dtype: &DType) -> Option<String> {
        let own = self.named(dtype);
        let cast = match (self.small, &self.dtype) {
            (Some(small), _) => small.check_cast(&own),
            (None, Some(wanted)) if own == *wanted => return None,
            (None, Some(wanted)) => check_cast(&own, wanted),
            (None, None) => return None,
        };
        match (&self.only, cast) {
            (Some(only), _) if !self.is_meant(dtype) => {
                Some(format!("it stays {dtype}: only {only} is cast"))
            }
            (_, Err(error)) if self.is_lenient => Some(format!("it stays {dtype}: {error}")),
            _ => None,
        }
    }

    /// The dtype that an array of `dtype` gets.
    #[must_use]
    pub fn dtype_of(&self, dtype: &DType) -> DType {
        let own = self.named(dtype);
        if self.small_of(&own).is_some() {
            return SmallFloat::items();
        }
        let cast = self.cast_of(&own).map_or_else(|| own.clone(), |cast| cast.as_long_as(&own));
        self.byte_order.map_or_else(|| cast.clone(), |order| cast.with_byte_order(order))
    }

    /// [`apply`](Self::apply) to a block of a larger array, whose place errors name. Its order stays.
    ///
    /// # Errors
    /// As `apply`.
    pub fn apply_to_block(&self, block: Array, place: &Place) -> Result<Array> {
        let block = self.with_its_name(block)?;
        if let Some(small) = self.small_of(block.dtype()) {
            return small.encode(&block, self.exact, |inner| place.index(inner));
        }
        let block = match self.cast_of(block.dtype()) {
            Some(dtype) if self.exact => block.cast_exact_in(dtype, |inner| place.index(inner))?,
            Some(dtype) => block.cast_checked_in(dtype, |inner| place.index(inner))?,
            None => block,
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
        let array = match (self.small_of(array.dtype()), self.cast_of(array.dtype())) {
            (Some(small), _) => small.encode(&array, self.exact, <[usize]>::to_vec)?,
            (None, Some(dtype)) if self.exact => array.cast_exact(dtype)?,
            (None, Some(dtype)) => array.cast_checked(dtype)?,
            (None, None) => array,
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
    fn named(&self, dtype: &DType) -> DType {
        match (dtype, &self.dtype) {
            (DType::Void(2), Some(DType::Scalar(Scalar::BF16, _))) if self.is_meant(dtype) => {
                DType::scalar(Scalar::BF16, ByteOrder::Little)
            }
            _ => dtype.clone(),
        }
    }

    fn with_its_name(&self, array: Array) -> Result<Array> {
        let named = self.named(array.dtype());
        if named == *array.dtype() { Ok(array) } else { array.with_dtype(named) }
    }
}

/// Refuses a dtype from which there is no cast, as of an array without items.
fn check_cast(from: &DType, to: &DType) -> Result<()> {
    Array::zeros(from.clone(), &[0])?.freeze().cast_checked(to).map(drop)
}

fn is_in(array: &Array, order: Order) -> bool {
    let layout = array.layout();
    match order {
        Order::C => array.order() == Contiguity::C,
        Order::F => layout.is_f_contiguous(array.itemsize()),
    }
}
