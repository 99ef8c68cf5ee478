//! The vocabulary of the `arr` crates: what an array is, where its bytes live, what a format is, and what a reader may
//! spend. It implements no format; [`arr-io`](https://docs.rs/arr-io) re-exports it whole, so most people never name
//! it.
//!
//! The layers, from the bottom up:
//!
//! 1. **What one item is:** [`Scalar`], [`ByteOrder`], [`TimeUnit`], and [`DType`], which joins them with strings,
//!    records and sub-arrays and is parsed and printed as NumPy's type strings.
//! 2. **Where items lie:** [`Layout`] (shape, byte strides, offset; one bounds check in one place), [`Slice`] and [`s!`].
//! 3. **Where bytes live:** [`Buffer`] (shared), [`BufferMut`] (64-byte aligned, huge pages), [`Mmap`], [`MmapMut`],
//!    slices; all of them are [`Storage`].
//! 4. **All three together:** [`Array`], [`ArrayView`], [`ArrayViewMut`]. Most people stop here: `typed`, `to_typed`,
//!    `to_vec`, `slice`, `transpose`, `field`, `cast`, `compare`.
//! 5. **What is not one array:** [`Value`], and [`Graph`], which holds the objects of a pickle, a Torch7 file or an archive
//!    with what they share.
//! 6. **What formats are made of:** [`Input`], [`Limits`], [`SaveOptions`]; to implement one, see [`mod@format`].
//!
//! | feature | default | what it brings |
//! |---|---|---|
//! | `ndarray` | yes | zero-copy views as `ndarray` 0.17 types, and arrays from them |
//! | `derive` | yes | `#[derive(Record)]`: Rust structs as records |
//! | `rayon` | yes | large reads, transpositions, swaps, casts and comparisons on all cores ([`format::threads`]) |
//! | `serde` | no | `Serialize` and `Deserialize` for arrays, dtypes, values and graphs |
//!
//! Errors are one opaque type, [`Error`], sorted by who must act ([`ErrorKind`]). No public function panics, whatever
//! the input.

pub mod format;
mod model;
mod ops;
#[cfg(feature = "serde")]
pub mod serialize;
mod setters;

pub use format::io::Input;
pub use format::limits::{Limits, MAX_RANK};
pub use format::save::SaveOptions;
pub use model::array::{Array, ArrayView, ArrayViewMut, AsArray, Items, Texts};
pub use model::buffer::{Buffer, BufferMut};
pub use model::dtype::{DType, Field, RecordBuilder, RecordType, SubArray};
pub use model::element::{Element, ElementVisitor};
pub use model::error::{Error, ErrorKind, Hint, Result};
pub use model::layout::{AsSlice, Contiguity, Layout, Slice, SliceItem};
pub use model::long_double;
pub use model::map::{Mmap, MmapMut};
pub use model::scalar::{ByteOrder, NOT_A_TIME, Order, Scalar, TimeBase, TimeUnit};
pub use model::storage::{Storage, StorageMut};
pub use model::value::{self, Graph, Node, NodeId, Value};
pub use ops::cast::Casting;
pub use ops::compare::{CompareOptions, Comparison, Tolerance};
pub use ops::print::{FloatMode, PrintOptions, Sign};
pub use ops::record::{self, FixedBytes, FixedStr, Record, RecordField};

pub(crate) use format::{Budget, MAX_ITEMSIZE, Output, Swap};

#[cfg(feature = "derive")]
pub use arr_derive::Record;
/// For [`Array::as_records`]: derive its `AnyBitPattern` for structs that are to be seen in place.
pub use bytemuck;

#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
