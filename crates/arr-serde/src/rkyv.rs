//! [rkyv](https://docs.rs/rkyv) 0.8: arrays that are looked at in place in an archive, after their bounds were checked.
//!
//! ```
//! use arr_serde::arr_core::Array;
//! let array = Array::from_vec(vec![1.0f32, 2.0, 3.0, 4.0], &[2, 2])?;
//! let bytes = arr_serde::rkyv::to_bytes(&array)?;
//! let view = arr_serde::rkyv::view(&bytes)?;                // checked, nothing is copied
//! assert_eq!(view.as_slice::<f32>()?, [1.0, 2.0, 3.0, 4.0]); // the data is aligned
//! # Ok::<(), arr_serde::arr_core::Error>(())
//! ```
//!
//! As a part of data of one's own an array is archived [`AsArchived`]:
//!
//! ```
//! use arr_serde::rkyv::AsArchived;
//! use ndarray::{Array2, array};
//!
//! #[derive(rkyv::Archive, rkyv::Serialize, rkyv::Deserialize)]
//! struct Layer {
//!     name: String,
//!     #[rkyv(with = AsArchived)]
//!     weights: Array2<f32>,
//! }
//!
//! let layer = Layer { name: "first".into(), weights: array![[1.0, 2.0]] };
//! let bytes = rkyv::to_bytes::<rkyv::rancor::Error>(&layer)?;
//! let archived = rkyv::access::<ArchivedLayer, rkyv::rancor::Error>(&bytes)?;
//! let weights = archived.weights.view()?;
//! assert_eq!(weights.typed::<f32>()?[[0, 1]], 2.0);
//! let back = rkyv::deserialize::<Layer, rkyv::rancor::Error>(archived)?;
//! assert_eq!(back.weights, layer.weights);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! An [`ArchivedArray`] has the dtype as text, the shape, the order and the items as they lie in memory, in whichever byte
//! order; they begin at a multiple of 16 bytes, as much as any item has to be aligned. The archive itself must be aligned:
//! [`AlignedVec`] and mapped files are, a `Vec<u8>` need not be, and then access is refused. Access
//! checks the bounds of the four parts and no item, so it takes the same time whatever the size; bytes that were changed are
//! refused or are other values. Of variable-length strings the data is the length of each and then their UTF-8, which has to be
//! read ([`ArchivedArray::to_array`]).
//!
//! rkyv has relative pointers of 32 bits, and archives of up to 2 GiB, unless its feature `pointer_width_64` is on; a larger
//! array is an error. Versions before 0.8.17 have known faults (RUSTSEC-2026-0001, -0122, -0233, -0234, -0235): none of them
//! is allowed here.

use ::rkyv::bytecheck::CheckBytes;
use ::rkyv::rancor::{self, Fallible, Source};
use ::rkyv::rend::u64_le;
use ::rkyv::ser::{Allocator, Writer, WriterExt as _};
use ::rkyv::string::{ArchivedString, StringResolver};
use ::rkyv::util::AlignedVec;
use ::rkyv::vec::{ArchivedVec, VecResolver};
use ::rkyv::with::{ArchiveWith, DeserializeWith, SerializeWith};
use ::rkyv::{Archive, Deserialize, Place, Portable, Serialize};
use arr_core::format::{Budget, Plain, PlainHead, check_memory};
use arr_core::{Array, ArrayView, AsArray, BufferMut, Error, Order, Result};
use smallvec::SmallVec;

use crate::FromArray;

/// The name of the format in errors.
const NAME: &str = "rkyv";

/// The data of an array begins at a multiple of this.
const ALIGNMENT: usize = 16;

/// The most bytes of an array that pointers of 32 bits reach, with room for what is around it.
const MOST: usize =
    if size_of::<::rkyv::primitive::FixedUsize>() < 8 { (i32::MAX - 0xFFFF) as usize } else { usize::MAX };

/// An array in an archive.
#[derive(Debug, Portable, CheckBytes)]
#[bytecheck(crate = ::rkyv::bytecheck)]
#[repr(C)]
pub struct ArchivedArray {
    dtype: ArchivedString,
    shape: ArchivedVec<u64_le>,
    data: ArchivedVec<u8>,
    order: u8,
}

impl ArchivedArray {
    fn head(&self) -> Result<PlainHead> {
        let mut budget = Budget::default();
        budget.check_rank(self.shape.len())?;
        let mut shape: SmallVec<[usize; 4]> = SmallVec::new();
        for dim in self.shape.iter() {
            let dim = usize::try_from(dim.to_native());
            shape.push(dim.map_err(|_| Error::malformed("a dimension is too long"))?);
        }
        let order = match self.order {
            0 => Order::C,
            1 => Order::F,
            other => return Err(Error::malformed(format!("the order is {other}, neither 0 nor 1"))),
        };
        PlainHead::new(&self.dtype, &shape, order, &mut budget)
    }

    /// The array in place.
    ///
    /// # Errors
    /// `Malformed` when the archive was not made of an array, `Unsupported` of variable-length strings.
    pub fn view(&self) -> Result<ArrayView<'_>> {
        let view = self.head().and_then(|head| head.in_place(self.data.as_slice()));
        view.map_err(|error| error.in_format(NAME))
    }

    /// The array, in memory of its own.
    ///
    /// # Errors
    /// `Malformed` when the archive was not made of an array, `LimitExceeded` when memory is short.
    pub fn to_array(&self) -> Result<Array> {
        let array =
            self.head().and_then(|head| head.array(BufferMut::copy_of(self.data.as_slice())?.freeze()));
        array.map_err(|error| error.in_format(NAME))
    }
}

/// Where the parts of an array are in the archive.
#[allow(missing_debug_implementations, reason = "those of rkyv have none")]
pub struct ArrayResolver {
    dtype: (String, StringResolver),
    shape: (usize, VecResolver),
    data: (usize, VecResolver),
    order: u8,
}

impl ArrayResolver {
    fn resolve(self, out: Place<ArchivedArray>) {
        ::rkyv::munge::munge!(let ArchivedArray { dtype, shape, data, order } = out);
        ArchivedString::resolve_from_str(&self.dtype.0, self.dtype.1, dtype);
        ArchivedVec::resolve_from_len(self.shape.0, self.shape.1, shape);
        ArchivedVec::resolve_from_len(self.data.0, self.data.1, data);
        order.write(self.order);
    }
}

/// Writes the parts of an array.
fn serialize<A, S>(array: &A, serializer: &mut S) -> Result<ArrayResolver, S::Error>
where
    A: AsArray + ?Sized,
    S: Fallible + Allocator + Writer + ?Sized,
    S::Error: Source,
{
    let written = array.with_view(|view| {
        let plain = Plain::of(view)?;
        if plain.bytes.len() > MOST {
            let len = plain.bytes.len();
            return Err(Error::unsupported(format!(
                "an archive with pointers of 32 bits has no room for {len} bytes: rkyv's feature pointer_width_64 has it"
            )));
        }
        Ok(write_parts(plain, serializer))
    });
    written.map_err(|error| S::Error::new(error.in_format(NAME)))?
}

fn write_parts<S>(plain: Plain<'_>, serializer: &mut S) -> Result<ArrayResolver, S::Error>
where
    S: Fallible + Allocator + Writer + ?Sized,
    S::Error: Source,
{
    let dtype = ArchivedString::serialize_from_str(&plain.dtype, serializer)?;
    let dims: SmallVec<[u64_le; 4]> =
        plain.shape.iter().map(|dim| u64_le::from_native(*dim as u64)).collect();
    let shape = ArchivedVec::<u64_le>::serialize_from_slice(dims.as_slice(), serializer)?;
    serializer.align(ALIGNMENT)?;
    let data = ArchivedVec::<u8>::serialize_from_slice(&plain.bytes[..], serializer)?;
    Ok(ArrayResolver {
        dtype: (plain.dtype, dtype),
        shape: (dims.len(), shape),
        data: (plain.bytes.len(), data),
        order: u8::from(plain.order == Order::F),
    })
}

/// Archives a field that is an array: `#[rkyv(with = AsArchived)]`. Anything that [is one](AsArray) is written, and what can be
/// [made of one](FromArray) is read.
#[derive(Clone, Copy, Debug)]
pub struct AsArchived;

impl<A: AsArray> ArchiveWith<A> for AsArchived {
    type Archived = ArchivedArray;
    type Resolver = ArrayResolver;

    fn resolve_with(_: &A, resolver: ArrayResolver, out: Place<ArchivedArray>) {
        resolver.resolve(out);
    }
}

impl<A, S> SerializeWith<A, S> for AsArchived
where
    A: AsArray,
    S: Fallible + Allocator + Writer + ?Sized,
    S::Error: Source,
{
    fn serialize_with(field: &A, serializer: &mut S) -> Result<ArrayResolver, S::Error> {
        serialize(field, serializer)
    }
}

impl<A, D> DeserializeWith<ArchivedArray, A, D> for AsArchived
where
    A: FromArray,
    D: Fallible + ?Sized,
    D::Error: Source,
{
    fn deserialize_with(field: &ArchivedArray, _: &mut D) -> Result<A, D::Error> {
        field.to_array().and_then(A::from_array).map_err(D::Error::new)
    }
}

/// An array that is archived by itself, or in a list: `Vec<Packed<Array>>`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Packed<A>(pub A);

impl<A: AsArray> Archive for Packed<A> {
    type Archived = ArchivedArray;
    type Resolver = ArrayResolver;

    fn resolve(&self, resolver: ArrayResolver, out: Place<ArchivedArray>) {
        resolver.resolve(out);
    }
}

impl<A, S> Serialize<S> for Packed<A>
where
    A: AsArray,
    S: Fallible + Allocator + Writer + ?Sized,
    S::Error: Source,
{
    fn serialize(&self, serializer: &mut S) -> Result<ArrayResolver, S::Error> {
        serialize(&self.0, serializer)
    }
}

impl<A, D> Deserialize<Packed<A>, D> for ArchivedArray
where
    A: FromArray,
    D: Fallible + ?Sized,
    D::Error: Source,
{
    fn deserialize(&self, deserializer: &mut D) -> Result<Packed<A>, D::Error> {
        AsArchived::deserialize_with(self, deserializer).map(Packed)
    }
}

/// The archive of an array.
///
/// # Errors
/// `Unsupported` when its items are objects or it is too large for rkyv's pointers, `LimitExceeded` when memory is short.
pub fn to_bytes<A: AsArray + ?Sized>(array: &A) -> Result<AlignedVec> {
    let nbytes = array.with_view(|view| Ok(view.nbytes()))?;
    let len = nbytes.saturating_add(256);
    check_memory(len, "an archive")?;
    let room = AlignedVec::with_capacity(len);
    ::rkyv::api::high::to_bytes_in::<_, rancor::Error>(&Packed(array), room).map_err(of_rkyv)
}

/// The array of an archive that was made of one, after its bounds were checked.
///
/// # Errors
/// `Malformed` when the bytes are no such archive, or are not aligned.
pub fn access(bytes: &[u8]) -> Result<&ArchivedArray> {
    ::rkyv::access::<ArchivedArray, rancor::Error>(bytes).map_err(of_rkyv)
}

/// The array of an archive, in place.
///
/// # Errors
/// As [`access`] and [`ArchivedArray::view`].
pub fn view(bytes: &[u8]) -> Result<ArrayView<'_>> {
    access(bytes)?.view()
}

/// The array of an archive, in memory of its own.
///
/// # Errors
/// As [`access`] and [`ArchivedArray::to_array`].
pub fn from_bytes(bytes: &[u8]) -> Result<Array> {
    access(bytes)?.to_array()
}

#[cold]
fn of_rkyv(error: rancor::Error) -> Error {
    Error::malformed("it is not the archive of an array").with_source(error).in_format(NAME)
}
