//! The streams of `Nd4j.write`, `Nd4j.saveBinary` and `Nd4j.toByteArray` (format `nd4j-stream`).
//!
//! A stream is two [data buffers](super#data-buffers), big-endian, without a magic number, padding or an end mark: the
//! [shape information](super#shape-information), then the items. [Packed data](super#packed-data)
//! (`Nd4j.getCompressor()`) is unpacked when it is read. Any number of arrays may follow one another; ND4J and the
//! functions here read one of them and nothing behind it.
//!
//! ```
//! # let folder = tempfile::tempdir()?;
//! # let path = folder.path().join("x.nd4j");
//! use arr_binary::stream;
//! stream::save(&path, &vec![1.0f32, 2.0, 3.0])?;         // what Nd4j.read of 1.0.0-beta4 to M2.1 reads
//! let array = stream::read(&path)?;                        // of any version, in the byte order of the file
//! assert_eq!(array.dtype().to_string(), ">f4");
//! let array = stream::ReadOptions::new().native().read(&path)?;
//! assert_eq!(array.as_slice::<f32>()?, [1.0, 2.0, 3.0]);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! | what the file has | what is read |
//! |---|---|
//! | to 0.4-rc3.8 | rank, dimensions and strides stand in front without a buffer; a view is refused, for where it began was not written |
//! | generations 1 and 2 (up to 1.0.0-beta3) | the type is that of the data buffer |
//! | generation 3 | the file states the type twice; it is refused where the two differ, which ND4J reads as garbage |
//! | strides | the layout follows the strides, not the order: a transposed array of generation 1 stays transposed |
//! | fewer items than the shape and strides reach | refused; ND4J makes up the rest |
//! | more items than that | skipped where ND4J writes views so: of INT, and in generation 1; else refused |
//! | options that state sparse, packed where the data is not, or bits without a meaning | refused |
//! | types that generations 1 and 2 do not have; two lengths of packed data that differ | refused |
//! | shape information and data of different generations | refused, except for data of generation 2 in a buffer of generation 1: packed, or read from an older file and written again by 1.0.0-beta2, with a count of 8 bytes |
//! | an empty array without dimensions (`Nd4j.empty`) | an array of shape `[0]` |
//! | strings | refused: ND4J writes their number and none of their bytes |
//! | booleans | bytes as they are; ND4J takes any byte except 0 for true, checks report those that are neither 0 nor 1 |
//!
//! Streams of generation 3 are written as M2.1 writes them: in Fortran order if the items are F-contiguous and not
//! C-contiguous, else in C order.

pub(crate) mod format;
mod header;
mod old;
mod read;
mod write;

pub use header::StreamHeader;
pub use read::{
    Arrays, ReadOptions, arrays, arrays_from, map, map_of, read, read_bytes, read_file_header, read_from,
    read_part, view, view_with,
};
pub use write::{WriteOptions, save, to_bytes, write_to};

/// The registered name of the format.
const NAME: &str = "nd4j-stream";
