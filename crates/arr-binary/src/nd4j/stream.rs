//! The streams of `Nd4j.write`, `Nd4j.saveBinary` and `Nd4j.toByteArray` (format `nd4j-stream`).
//!
//! Two [data buffers](super#data-buffers), one behind the other, big-endian, without a magic number, padding or an end: the
//! [shape information](super#shape-information), then the items. Data that was compressed (`Nd4j.getCompressor()`) is
//! [unpacked](super#packed-data) when it is read. Any number of arrays may follow one another; ND4J does not look at what
//! stands behind those that it reads, and neither do the functions here.
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
//! | what | how it is read |
//! |---|---|
//! | generations 1 and 2 (to 1.0.0-beta3) | the type comes from the data alone |
//! | generation 3 | the type is said twice: where the two differ the file is refused, which ND4J reads as garbage |
//! | strides | they say where items lie, whatever the order is; a transposed array of generation 1 stays so |
//! | fewer items than the shape asks for | refused; ND4J makes up the rest |
//! | more items than the shape asks for | left alone where ND4J writes views so: of INT, and in generation 1; else refused |
//! | options: sparse, compressed where the data is not, bits without a meaning | refused |
//! | types that generations 1 and 2 do not have, two lengths of compressed data that differ | refused |
//! | shape information and data of different generations | refused, but for compressed data of generation 2, whose buffer is of generation 1 |
//! | an empty array without dimensions (`Nd4j.empty`) | an array of shape `[0]` |
//! | strings | refused: ND4J writes a number of them and none of their text |
//! | booleans | bytes as they are; ND4J takes any but 0 for true, checks report those that are neither 0 nor 1 |
//!
//! Written are streams of generation 3 as M2.1 writes them, in C order, or in Fortran order where items lie so.

pub(crate) mod format;
mod header;
mod part;
mod read;
mod write;

pub use header::StreamHeader;
pub use part::read_part;
pub use read::{
    Arrays, ReadOptions, arrays, arrays_from, map, map_of, read, read_bytes, read_file_header, read_from,
    view, view_with,
};
pub use write::{WriteOptions, save, to_bytes, write_to};

/// The name by which commands and errors call the format.
const NAME: &str = "nd4j-stream";
