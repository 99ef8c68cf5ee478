//! FlatArray (`nd4j-flatarray`): arrays as [FlatBuffers](https://flatbuffers.dev), as ND4J puts them into graphs of
//! SameDiff and as `INDArray.toFlatArray` makes them.
//!
//! The file is one root table, and little-endian but for the items:
//!
//! | field | name | meaning |
//! |---|---|---|
//! | 0 | `shape` | shape information ([`ShapeInfo`](crate::nd4j::ShapeInfo)), 64 bits a number |
//! | 1 | `buffer` | the items, as bytes; empty arrays have none |
//! | 2 | `dtype` | the type of the items, in one byte, with codes of its own |
//! | 3 | `byteOrder` | 0: the items are little-endian; 1: they are big-endian. What is left out is 0 |
//!
//! ND4J on the JVM always writes big-endian items, native code little-endian ones; both are read in place. Of the
//! type, which the file states twice, both statements must agree. Strides tell where items lie. ND4J loses the items
//! of string arrays in this format, which is reported and never papered over. An empty array without dimensions
//! (`Nd4j.empty`) is read as one of shape `[0]`.
//!
//! What is written is, byte for byte, what M2.1 writes for the same array: C and F order are kept, anything else is
//! gathered in C order. FlatBuffers end at 2 GiB.
//!
//! Nothing says where a FlatArray ends: reading one takes all that is left of an input. Of files no more is read than the
//! table, the shape and the items that are asked for; a stream is read to its end first. Items that do not lie one by one
//! (sparse, compressed) are refused; bytes that belong to nothing are found by
//! [`read_strictly`](arr_core::format::Format::read_strictly).
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

mod fields;
pub(crate) mod format;
mod read;
mod table;
mod write;

pub use read::{ReadOptions, map, map_of, read, read_bytes, read_from, read_part, view, view_with};
pub use table::{Header, parse_header};
pub use write::{WriteOptions, save, to_bytes, write_to};

/// The name of the format.
const NAME: &str = "nd4j-flatarray";
