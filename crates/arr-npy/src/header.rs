//! The header of a `.npy` file: what the array is, before its data.
//!
//! # Layout
//!
//! | bytes | what |
//! |---|---|
//! | 0 to 5 | the magic: `93 4E 55 4D 50 59`, a byte outside ASCII and `NUMPY` |
//! | 6, 7 | the version: `01 00`, `02 00` or `03 00` |
//! | 8 to 9 (1.0), 8 to 11 (2.0, 3.0) | the length of the text that follows, unsigned, little-endian |
//! | then | the text, latin-1 (1.0, 2.0) or UTF-8 (3.0) |
//! | then | the data: as many items as the shape says, one after another |
//!
//! The versions differ in nothing else. Version 2.0 came for records with so many fields that their description is
//! longer than 65535 bytes, version 3.0 for names of fields outside latin-1; writers take the smallest that
//! will do. Nothing says how long the data is, but dtype and shape; what follows the data belongs to someone else.
//!
//! # Text
//!
//! The text is a dictionary, written as a Python literal, with exactly three keys:
//!
//! ```text
//! {'descr': '<f4', 'fortran_order': False, 'shape': (10, 3), }
//! ```
//!
//! - `descr` is the dtype: a type string, or for records a list of fields (see
//!   [`DType::from_literal`](arr_core::DType::from_literal)).
//! - `fortran_order` says in which order the items lie: `False` for C, `True` for Fortran.
//! - `shape` is a tuple of the dimensions. No dimensions, `()`, mean one item.
//!
//! # Writing
//!
//! [`Header::to_bytes`] writes byte for byte what NumPy (1.23 and later) writes. The keys are sorted, and each entry is
//! followed by a comma and a blank. The brace is followed by as many blanks as the dimension that can grow (the last in
//! Fortran order, the first otherwise) has digits less than 21, so that it can be overwritten with any other when
//! items are appended. Then follow blanks and a line break, so that the data begins at a multiple of 64; there is at
//! least one blank, so a text that needs none gets 64. The order is C unless it makes a difference.
//!
//! # Reading
//!
//! Programs write this text in many ways, and NumPy reads whatever Python's `ast.literal_eval` takes for such a
//! dictionary. So does [`parse_header`]: other quotes and blanks, comments, keys in any order, no padding, and for
//! versions 1.0 and 2.0 the long integers of Python 2, `(3L, 4L)`.
//!
//! On purpose, a few things are refused that NumPy lets pass, or meets later with another error: keys that occur
//! twice, negative or boolean dimensions, more items than an `isize` counts (a dimension of 0 does not excuse the
//! others), and a sub-array as the dtype of the whole array. Of the escapes in strings, characters by name are not
//! known.
//!
//! Some writers make headers that NumPy refuses, though it is plain what they mean: [`parse_lenient_header`] reads those.
//!
//! What everybody writes (one number type, at most four dimensions, NumPy's own spelling) is recognised without the
//! general parser, which gives the same result.

pub(crate) mod fast;
mod parse;
mod stream;
mod write;

pub(crate) use self::stream::read_header_as;
pub use self::stream::{read_array_header, read_header, read_magic};
pub use self::write::write_array_header;
pub(crate) use self::write::{CommonHeader, to_bytes_of_length};

use std::fmt;

use arr_core::{DType, Error, Limits, MAX_RANK, Order, Result};
use smallvec::SmallVec;

/// The first six bytes of every `.npy` file.
pub const MAGIC: &[u8] = b"\x93NUMPY";

/// The name of the format in errors.
const FORMAT: &str = "npy";

/// A shape, held in place up to four dimensions.
pub(crate) type Dims = SmallVec<[usize; 4]>;

/// A version of the format.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Version {
    major: u8,
    minor: u8,
}

impl Version {
    /// What nearly all files have.
    pub const V1_0: Self = Self { major: 1, minor: 0 };
    /// Texts longer than 65535 bytes.
    pub const V2_0: Self = Self { major: 2, minor: 0 };
    /// Names of fields outside latin-1.
    pub const V3_0: Self = Self { major: 3, minor: 0 };

    /// All versions there are, the oldest first.
    pub const ALL: [Self; 3] = [Self::V1_0, Self::V2_0, Self::V3_0];

    /// The first number.
    #[must_use]
    pub const fn major(self) -> u8 {
        self.major
    }

    /// The second number.
    #[must_use]
    pub const fn minor(self) -> u8 {
        self.minor
    }

    /// Bytes of the length field.
    const fn length_size(self) -> usize {
        if self.major == 1 { 2 } else { 4 }
    }

    /// Bytes before the text.
    const fn text_offset(self) -> usize {
        MAGIC.len() + 2 + self.length_size()
    }

    fn from_bytes(major: u8, minor: u8) -> Result<Self> {
        let version = Self { major, minor };
        if Self::ALL.contains(&version) {
            return Ok(version);
        }
        Err(Error::unsupported(format!("version {version} of the format")).at(6))
    }
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.major, self.minor)
    }
}

/// What the header of a `.npy` file says.
///
/// ```
/// use arr_core::{DType, Order, Scalar};
/// use arr_npy::{Header, Version};
/// let header = Header::new("<f4".parse()?, &[10, 3], Order::C)?;
/// assert_eq!((header.version(), header.data_offset(), header.data_len()), (Version::V1_0, 128, 120));
/// let bytes = header.to_bytes(None)?;
/// assert!(bytes.starts_with(b"\x93NUMPY\x01\x00\x76\x00{'descr': '<f4', 'fortran_order': False, 'shape': (10, 3), }"));
/// # Ok::<(), arr_core::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Header {
    dtype: DType,
    shape: Dims,
    data_offset: u64,
    order: Order,
    version: Version,
}

impl Header {
    /// The header that NumPy writes for such an array. An order that makes no difference becomes C.
    ///
    /// # Errors
    /// `Unsupported` when NumPy has no description of the dtype (see [`DType::descr`]), or it is a sub-array;
    /// `InvalidArgument` when the shape has more than [`MAX_RANK`] dimensions or more bytes than an `isize` counts.
    pub fn new(dtype: DType, shape: &[usize], order: Order) -> Result<Self> {
        Self::build(dtype, shape, order).map_err(|error| error.in_format(FORMAT))
    }

    fn build(dtype: DType, shape: &[usize], order: Order) -> Result<Self> {
        let mut header = Self::unplaced(dtype, shape, order)?;
        let (version, bytes) = write::to_bytes(&header, None)?;
        header.version = version;
        // No text is longer than a `u64` can say.
        header.data_offset = bytes.len() as u64;
        Ok(header)
    }

    /// A header for writing, the length of whose text is not known yet.
    pub(crate) fn unplaced(dtype: DType, shape: &[usize], order: Order) -> Result<Self> {
        if shape.len() > MAX_RANK {
            return Err(Error::invalid(format!("{} dimensions exceed {MAX_RANK}", shape.len())));
        }
        if byte_count(shape, &dtype).is_none() {
            return Err(Error::invalid(format!(
                "an array of shape {shape:?} and dtype {dtype} is too large"
            )));
        }
        if matches!(dtype, DType::SubArray(_)) {
            return Err(Error::unsupported(format!("a sub-array, {dtype}, as the dtype of a whole array")));
        }
        let order = if order_matters(shape) { order } else { Order::C };
        Ok(Self { dtype, shape: Dims::from_slice(shape), data_offset: 0, order, version: Version::V1_0 })
    }

    /// The version of the format.
    #[must_use]
    pub const fn version(&self) -> Version {
        self.version
    }

    /// What one item is.
    #[must_use]
    pub const fn dtype(&self) -> &DType {
        &self.dtype
    }

    /// The order in which the items lie.
    #[must_use]
    pub const fn order(&self) -> Order {
        self.order
    }

    /// True when the items lie in Fortran order.
    #[must_use]
    pub const fn fortran_order(&self) -> bool {
        matches!(self.order, Order::F)
    }

    /// True when C and Fortran order differ: there are items, along more than one dimension.
    #[must_use]
    pub fn order_matters(&self) -> bool {
        order_matters(&self.shape)
    }

    /// The items along each dimension.
    #[must_use]
    pub fn shape(&self) -> &[usize] {
        &self.shape
    }

    /// The first byte after the header, counted from the magic.
    #[must_use]
    pub const fn data_offset(&self) -> u64 {
        self.data_offset
    }

    /// What an array is made of.
    pub(crate) fn into_parts(self) -> (DType, Dims, Order) {
        (self.dtype, self.shape, self.order)
    }

    /// Bytes of the data. Arrays of objects are pickled instead, which takes any number of bytes.
    #[must_use]
    pub fn data_len(&self) -> u64 {
        let items: usize = if self.shape.contains(&0) { 0 } else { self.shape.iter().product() };
        // The product fits an `isize`: that was checked when the header was made.
        items.saturating_mul(self.dtype.itemsize()) as u64
    }

    /// The bytes of the header, from the magic to the line break, as NumPy writes them; `None` for the smallest
    /// version that will do.
    ///
    /// # Errors
    /// `InvalidArgument` when the version can't hold the text; `Unsupported` when NumPy has no description of the
    /// dtype.
    pub fn to_bytes(&self, version: Option<Version>) -> Result<Vec<u8>> {
        write::to_bytes(self, version).map(|(_, bytes)| bytes).map_err(|error| error.in_format(FORMAT))
    }
}

/// Reads the header at the beginning of `bytes`. Bytes after it are ignored.
///
/// # Errors
/// `Malformed` when the bytes do not begin with a header, `Unsupported` for other versions, `LimitExceeded` when the
/// text is longer, the rank higher or the nesting deeper than allowed. Offsets count from the magic.
#[inline]
pub fn parse_header(bytes: &[u8], limits: &Limits) -> Result<Header> {
    match fast::parse(bytes, limits) {
        Some(common) => Ok(common.header()),
        None => parse::parse(bytes, limits, false).map_err(|error| error.in_format(FORMAT)),
    }
}

/// The name of the option that reads headers which NumPy refuses.
pub(crate) const LENIENT: &str = "lenient";

/// [`parse_header`] of headers that NumPy refuses, too, where their meaning is plain: shapes as NumPy 2 prints numbers
/// (`(np.int64(2), np.int64(3))`), without a comma (`(6)`, `6`) or as lists, dtypes with metadata (`('<f8', {'unit': 'm'})`),
/// and types that only a package beside NumPy knows (`<f1`, `bfloat16`), whose items are opaque bytes.
///
/// ```
/// # let mut bytes = b"\x93NUMPY\x01\x00\x76\x00{'descr': '<f4', 'fortran_order': False, 'shape': (np.int64(2),), }".to_vec();
/// # bytes.resize(128, b' ');
/// use arr_core::Limits;
/// use arr_npy::header::{parse_header, parse_lenient_header};
/// assert!(parse_header(&bytes, &Limits::default()).is_err());
/// assert_eq!(parse_lenient_header(&bytes, &Limits::default())?.shape(), [2]);
/// # Ok::<(), arr_core::Error>(())
/// ```
///
/// # Errors
/// As `parse_header`.
pub fn parse_lenient_header(bytes: &[u8], limits: &Limits) -> Result<Header> {
    match fast::parse(bytes, limits) {
        Some(common) => Ok(common.header()),
        None => parse::parse(bytes, limits, true).map_err(|error| error.in_format(FORMAT)),
    }
}

/// The bytes of so many items, if an `isize` counts them. A dimension of 0 counts as 1, so that a shape never holds
/// a product that overflows; so do items without bytes.
pub(crate) fn byte_count(shape: &[usize], dtype: &DType) -> Option<usize> {
    let bytes =
        shape.iter().try_fold(dtype.itemsize().max(1), |bytes, dim| bytes.checked_mul((*dim).max(1)))?;
    isize::try_from(bytes).is_ok().then_some(bytes)
}

/// True when C and Fortran order differ: there are items, along more than one dimension.
fn order_matters(shape: &[usize]) -> bool {
    !shape.contains(&0) && shape.iter().filter(|dim| **dim != 1).count() > 1
}

#[cfg(test)]
mod tests;
