//! FlatArray (format `nd4j-flatarray`): arrays as [FlatBuffers](https://flatbuffers.dev), from `INDArray.toFlatArray`; those in
//! a graph of SameDiff are read by [`samediff`](super::samediff).
//!
//! The file is one root table. All numbers are little-endian, except for the items:
//!
//! | field | name | meaning |
//! |---|---|---|
//! | 0 | `shape` | [shape information](super#shape-information), 64 bits an integer |
//! | 1 | `buffer` | the items, as bytes; empty arrays have none |
//! | 2 | `dtype` | the type of the items, in one byte, with codes of its own |
//! | 3 | `byteOrder` | 0, the default: the items are little-endian; 1: they are big-endian |
//!
//! ND4J on the JVM always writes big-endian items, native code little-endian ones; both are read in place. The file
//! states the type twice, and both statements must agree. Strides decide where items lie. ND4J loses the items of string
//! arrays in this format, which is an error. An empty array without dimensions (`Nd4j.empty`) is read as one of shape `[0]`.
//!
//! The bytes that are written are those of M2.1 for the same array: C and F order are kept, any other array is copied to C
//! order. A FlatBuffer has 2 GiB at most.
//!
//! No field states where a FlatArray ends: reading one takes the rest of an input. Of a seekable input no more is read than
//! the table, the shape and the items that are asked for; a stream is read to its end first. Sparse and packed items are
//! refused; bytes that belong to no part of the file are found by
//! [`faults`](arr_core::format::Reader::faults).
//!
//! ```
//! use arr_binary::flatarray;
//! # use arr_core::Array;
//! let array = Array::from_vec(vec![1.0f32, 2.0, 3.0, 4.0, 5.0, 6.0], &[2, 3])?;
//! let bytes = flatarray::to_bytes(&array)?;
//! let view = flatarray::view(&bytes)?;
//! assert_eq!((view.dtype().to_string(), view.shape()), (">f4".to_owned(), &[2, 3][..]));
//! assert_eq!(view.to_vec::<f32>()?, [1.0, 2.0, 3.0, 4.0, 5.0, 6.0]);
//! # Ok::<(), arr_core::Error>(())
//! ```

pub(super) mod fields;
pub(crate) mod format;
pub(super) mod read;
pub(super) mod table;
mod write;

pub use read::{ReadOptions, map, map_of, read, read_bytes, read_from, read_part, view, view_with};
pub use table::{Header, parse_header};
pub use write::{WriteOptions, save, to_bytes, write_to};

/// The registered name of the format.
const NAME: &str = "nd4j-flatarray";

/// What is said to those who want to look at strings in place.
const STRINGS: &str = "strings can't be looked at in place: read the array";
