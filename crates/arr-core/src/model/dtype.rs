//! What one item of an array is.

mod descr;
mod parse;
mod print;
mod record;

pub use self::record::{Field, RecordBuilder, RecordType, SubArray};

use std::hash::{Hash, Hasher};
use std::sync::Arc;

use crate::{ByteOrder, Element, Error, Result, Scalar, TimeUnit};

/// The largest itemsize that a NumPy dtype can have (a C `int`).
pub const MAX_ITEMSIZE: usize = i32::MAX as usize;

/// What one item of an array is: cheap to clone, printed and parsed as NumPy's type string.
///
/// ```
/// use arr_core::{ByteOrder, DType, Scalar};
/// let dtype: DType = ">f8".parse()?;
/// assert_eq!(dtype, DType::scalar(Scalar::F64, ByteOrder::Big));
/// assert_eq!(dtype.itemsize(), 8);
/// let record: DType = "[('name', '<U5'), ('xy', '<f4', (2,))]".parse()?;
/// assert_eq!(record.itemsize(), 28);
/// assert_eq!(record.to_string(), "[('name', '<U5'), ('xy', '<f4', (2,))]");
/// # Ok::<(), arr_core::Error>(())
/// ```
///
/// Two dtypes are equal when they mean the same bytes: the byte order of one-byte items does not count.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum DType {
    /// A number of a fixed size.
    Scalar(Scalar, ByteOrder),
    /// Byte strings of that many bytes, padded with NUL: `|S5`.
    Bytes(usize),
    /// Text of that many UTF-32 code units, padded with NUL: `<U5`.
    Unicode(usize, ByteOrder),
    /// That many opaque bytes: `|V4`.
    Void(usize),
    /// Ticks since 1970-01-01T00:00 in an `i64`: `<M8[ns]`.
    DateTime(TimeUnit, ByteOrder),
    /// A number of ticks in an `i64`: `<m8[ns]`.
    TimeDelta(TimeUnit, ByteOrder),
    /// Named fields.
    Record(Arc<RecordType>),
    /// A small array in each item. It occurs in fields of records; elsewhere NumPy dissolves it.
    SubArray(Arc<SubArray>),
    /// Variable-length string, which is not stored in place: an item is two `u64` in the machine's byte order, the byte
    /// of the array's [storage](crate::Array::storage) at which its text begins, and the length of the text in bytes of
    /// UTF-8. Only [`texts`](crate::Array::texts) and what is built on it follow them, with all checks.
    Utf8,
    /// References to objects, `|O`: cannot be viewed as bytes. Its itemsize is that of a pointer, 8.
    Object,
}

impl DType {
    /// The dtype of a Rust element type, in the machine's byte order.
    #[must_use]
    pub fn of<T: Element>() -> Self {
        Self::Scalar(T::SCALAR, ByteOrder::NATIVE)
    }

    /// A number in a byte order.
    #[must_use]
    pub const fn scalar(kind: Scalar, order: ByteOrder) -> Self {
        Self::Scalar(kind, order)
    }

    /// A number in the machine's byte order.
    #[must_use]
    pub const fn native(kind: Scalar) -> Self {
        Self::Scalar(kind, ByteOrder::NATIVE)
    }

    /// Bytes of one item.
    #[must_use]
    pub fn itemsize(&self) -> usize {
        match self {
            Self::Scalar(kind, _) => kind.itemsize(),
            Self::Bytes(size) | Self::Void(size) => *size,
            Self::Unicode(length, _) => length.saturating_mul(4),
            Self::DateTime(..) | Self::TimeDelta(..) | Self::Object => 8,
            Self::Record(record) => record.itemsize(),
            Self::SubArray(sub) => sub.itemsize(),
            Self::Utf8 => 16,
        }
    }

    /// The alignment that a C compiler gives such an item on x86-64, in bytes.
    #[must_use]
    pub fn alignment(&self) -> usize {
        match self {
            Self::Scalar(kind, _) => kind.alignment(),
            Self::Bytes(_) | Self::Void(_) => 1,
            Self::Unicode(..) => 4,
            Self::DateTime(..) | Self::TimeDelta(..) | Self::Object | Self::Utf8 => 8,
            Self::Record(record) => record.alignment(),
            Self::SubArray(sub) => sub.base().alignment(),
        }
    }

    /// The scalar kind and its byte order, if it is one.
    #[must_use]
    pub const fn as_scalar(&self) -> Option<(Scalar, ByteOrder)> {
        match self {
            Self::Scalar(kind, order) => Some((*kind, *order)),
            _ => None,
        }
    }

    /// The structured dtype, if it is one.
    #[must_use]
    pub fn as_record(&self) -> Option<&RecordType> {
        match self {
            Self::Record(record) => Some(record),
            _ => None,
        }
    }

    /// The byte order, where there is one: not for one-byte items, bytes, voids, records and objects.
    #[must_use]
    pub fn byte_order(&self) -> Option<ByteOrder> {
        match self {
            Self::Scalar(kind, order) if kind.itemsize() > 1 => Some(*order),
            Self::Unicode(_, order) | Self::DateTime(_, order) | Self::TimeDelta(_, order) => Some(*order),
            Self::SubArray(sub) => sub.base().byte_order(),
            _ => None,
        }
    }

    /// True when every multi-byte part is in the machine's byte order.
    #[must_use]
    pub fn is_native(&self) -> bool {
        self.is_in_order(ByteOrder::NATIVE)
    }

    /// True when every multi-byte part is in `order` (or there is none).
    #[must_use]
    pub fn is_in_order(&self, order: ByteOrder) -> bool {
        match self {
            Self::Record(record) => record.fields().iter().all(|field| field.dtype().is_in_order(order)),
            Self::SubArray(sub) => sub.base().is_in_order(order),
            _ => self.byte_order().is_none_or(|own| own == order),
        }
    }

    /// The same dtype with every multi-byte part in `order` (NumPy's `dtype.newbyteorder`).
    #[must_use]
    pub fn with_byte_order(&self, order: ByteOrder) -> Self {
        match self {
            Self::Scalar(kind, _) => Self::Scalar(*kind, order),
            Self::Unicode(length, _) => Self::Unicode(*length, order),
            Self::DateTime(unit, _) => Self::DateTime(*unit, order),
            Self::TimeDelta(unit, _) => Self::TimeDelta(*unit, order),
            Self::Record(record) => Self::Record(Arc::new(record.with_byte_order(order))),
            Self::SubArray(sub) => Self::SubArray(Arc::new(sub.with_byte_order(order))),
            Self::Bytes(_) | Self::Void(_) | Self::Utf8 | Self::Object => self.clone(),
        }
    }

    /// True when an item holds, or is, a reference to an object or a variable-length string: its bytes in memory
    /// mean nothing outside the process that wrote them.
    #[must_use]
    pub fn has_references(&self) -> bool {
        match self {
            Self::Object | Self::Utf8 => true,
            Self::Record(record) => record.fields().iter().any(|field| field.dtype().has_references()),
            Self::SubArray(sub) => sub.base().has_references(),
            _ => false,
        }
    }

    /// About how many bytes of memory the names and fields of the dtype take: none unless it has fields or is a sub-array.
    /// What holds the dtypes of many arrays [charges](crate::Budget::charge_description) them.
    #[must_use]
    pub fn memory(&self) -> u64 {
        match self {
            Self::Record(record) => record.fields().iter().fold(0, |sum: u64, field| {
                let names = field.name().len() + field.title().map_or(0, str::len);
                sum.saturating_add((size_of::<Field>() + names) as u64).saturating_add(field.dtype().memory())
            }),
            Self::SubArray(sub) => (size_of::<SubArray>() as u64).saturating_add(sub.base().memory()),
            _ => 0,
        }
    }

    /// Checks that items of `T` are what this dtype describes, byte order included.
    ///
    /// # Errors
    /// `Mismatch`, naming both sides.
    pub fn check_is<T: Element>(&self) -> Result<()> {
        match self.order_of::<T>() {
            Some(order) if order.is_native() || T::SCALAR.swap_unit() == 1 => Ok(()),
            _ => Err(self.is_not::<T>()),
        }
    }

    /// The byte order in which items of this dtype are `T`; nothing where they are something else.
    ///
    /// Two opaque bytes (`|V2`) are a bfloat16 in little-endian order, which is what a `.npy` holds of one, and one
    /// opaque byte (`|V1`) is a `u8`: the bits of a float of 8 bits, of which there are several kinds.
    ///
    /// ```
    /// use arr_core::{ByteOrder, DType};
    /// assert_eq!(">f8".parse::<DType>()?.order_of::<f64>(), Some(ByteOrder::Big));
    /// assert_eq!(">f8".parse::<DType>()?.order_of::<f32>(), None);
    /// assert_eq!("|V1".parse::<DType>()?.order_of::<u8>(), Some(ByteOrder::NATIVE));
    /// # Ok::<(), arr_core::Error>(())
    /// ```
    #[inline]
    #[must_use]
    pub fn order_of<T: Element>(&self) -> Option<ByteOrder> {
        match (self, T::SCALAR) {
            (Self::Scalar(kind, order), wanted) if *kind == wanted => Some(*order),
            (Self::Void(2), Scalar::BF16) => Some(ByteOrder::Little),
            (Self::Void(1), Scalar::U8) => Some(ByteOrder::NATIVE),
            _ => None,
        }
    }

    /// [`order_of`](Self::order_of), or an error.
    ///
    /// # Errors
    /// `Mismatch`, naming both sides.
    pub fn check_kind<T: Element>(&self) -> Result<ByteOrder> {
        self.order_of::<T>().ok_or_else(|| self.is_not::<T>())
    }

    #[cold]
    fn is_not<T: Element>(&self) -> Error {
        let why =
            if self.order_of::<T>().is_some() { "the byte order is foreign" } else { "the dtype differs" };
        Error::mismatch(format!("{why}: the array has {self}, {} was asked for", Self::of::<T>()))
    }
}

impl PartialEq for DType {
    fn eq(&self, other: &Self) -> bool {
        let payload = match (self, other) {
            (Self::Scalar(a, _), Self::Scalar(b, _)) => a == b,
            (Self::Bytes(a), Self::Bytes(b)) | (Self::Void(a), Self::Void(b)) => a == b,
            (Self::Unicode(a, _), Self::Unicode(b, _)) => a == b,
            (Self::DateTime(a, _), Self::DateTime(b, _)) | (Self::TimeDelta(a, _), Self::TimeDelta(b, _)) => {
                a == b
            }
            (Self::Record(a), Self::Record(b)) => return a == b,
            (Self::SubArray(a), Self::SubArray(b)) => return a == b,
            (Self::Utf8, Self::Utf8) | (Self::Object, Self::Object) => true,
            _ => false,
        };
        payload && self.byte_order() == other.byte_order()
    }
}

impl Eq for DType {}

impl Hash for DType {
    fn hash<H: Hasher>(&self, state: &mut H) {
        std::mem::discriminant(self).hash(state);
        self.byte_order().hash(state);
        match self {
            Self::Scalar(kind, _) => kind.hash(state),
            Self::Bytes(size) | Self::Void(size) | Self::Unicode(size, _) => size.hash(state),
            Self::DateTime(unit, _) | Self::TimeDelta(unit, _) => unit.hash(state),
            Self::Record(record) => record.hash(state),
            Self::SubArray(sub) => sub.hash(state),
            Self::Utf8 | Self::Object => {}
        }
    }
}

impl From<Scalar> for DType {
    fn from(kind: Scalar) -> Self {
        Self::native(kind)
    }
}

impl From<&DType> for DType {
    fn from(dtype: &DType) -> Self {
        dtype.clone()
    }
}

impl From<RecordType> for DType {
    fn from(record: RecordType) -> Self {
        Self::Record(Arc::new(record))
    }
}
