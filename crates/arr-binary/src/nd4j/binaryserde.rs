//! The arrays of ND4J's `BinarySerde` (format `nd4j-binaryserde`): of `toByteBuffer`, `writeArrayToDisk`,
//! `writeArrayToOutputStream`, of channels and of shared memory.
//!
//! | to | ND4J | use |
//! |---|---|---|
//! | view bytes in memory, without a copy | `toArray` | [`view`], [`view_mut`], [`read_buffer`] |
//! | read a file | `readFromDisk` | [`read`], [`ReadOptions`]; [`map`] in microseconds |
//! | read from a stream or a channel | `readFromChannel` | [`read_from`] |
//! | read a part of a file | | [`read_part`] |
//! | write a file | `writeArrayToDisk` | [`save`] (whole or not at all), [`WriteOptions`] |
//! | write to a stream or a channel | `writeArrayToOutputStream`, `writeArrayToChannel` | [`write_to`] |
//! | write into your own memory, shared or not | `toByteBuffer` | [`encode_into`], [`encoded_len`] |
//! | read the header alone | | [`parse_header`], [`read_header`] |
//!
//! ```
//! use arr_binary::binaryserde;
//! use arr_core::Array;
//! let bytes = binaryserde::to_bytes(&Array::from_vec(vec![1i32, 2, 3, 4], &[2, 2])?)?;
//! let array = binaryserde::view(&bytes)?;
//! assert_eq!((array.shape(), array.get::<i32>(&[1, 0])?), (&[2, 2][..], 3));
//! # Ok::<(), arr_core::Error>(())
//! ```
//!
//! # The bytes
//!
//! | bytes | meaning |
//! |---|---|
//! | 4 | the rank |
//! | 4 | the code of the type; generation 3 gave most codes to other types |
//! | 8 (4 in generation 1) each | the [shape information](super#shape-information), whose first integer repeats the rank |
//! | 40, 44 in generation 3 | for [packed data](super#packed-data) only: kind, algorithm, lengths, number and size of items, their type |
//! | | the items |
//!
//! All numbers are in the byte order of the machine that wrote them, which no field states. ND4J runs on little-endian
//! machines, so that little-endian is read and written here, on every machine. There is no magic number and no length. The
//! items of a `BinarySerde` file begin at a multiple of 8 bytes, so that those of a mapped file or of an aligned buffer are
//! typed in place; bytes at any other address can be viewed, but not typed.
//!
//! Generations are told apart as far as they differ: integers of 32 bits are of generation 1, and of those with 64 bits
//! generation 3 has the type in its options. A file of generation 3 that states two types is refused, and so are options
//! that state sparse, packed where the data is not, or bits without a meaning. A buffer has the items of the shape, or more
//! where strides reach further. Bytes after the array are not read, as in ND4J. 1.0.0-beta6 writes one item for arrays
//! that have none; [`Nd4jBinarySerde`](crate::format::Nd4jBinarySerde) skips it at the end of a file. An empty array without
//! dimensions (`Nd4j.empty`) is read as one of shape `[0]`.
//!
//! Strings (generation 3) are `n + 1` offsets of 64 bits and then their bytes. ND4J keeps only the low byte of each UTF-16
//! unit of a string, so that characters beyond ASCII are lost or in Latin-1: see [`ReadOptions::latin1`].
//!
//! Generation 3 is written, little-endian: arrays that are F-contiguous and not C-contiguous in Fortran order, all others in
//! C order, unless told otherwise. ND4J M2.1 reads back its own bfloat16, booleans and unsigned integers of more than a byte as
//! uninitialised memory, integers of 64 bits through doubles, and no strings; the files themselves are right.

pub(crate) mod format;
mod header;
mod packing;
mod read;
mod write;

pub(crate) use self::format::{ENCODING, Serde, detailed, head, in_latin1, sniff};
pub(crate) use self::header::header_of;
pub use self::header::{BinarySerdeHeader, parse_header, read_header};
pub use self::packing::Compression;
pub use self::read::{
    ReadOptions, map, map_mut, map_of, map_private, read, read_buffer, read_bytes, read_from, read_part,
    view, view_mut, view_with,
};
pub use self::write::{WriteOptions, encode_into, encoded_len, save, to_bytes, write, write_to};
pub(crate) use self::write::{encode_view, framed_header, len_of, write_parts};

/// The registered name of the format.
const NAME: &str = "nd4j-binaryserde";
