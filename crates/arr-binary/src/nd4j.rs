//! The arrays of ND4J, the array library of Deeplearning4j on the JVM: every byte form that it writes, of every
//! generation, without Java.
//!
//! | what ND4J calls it | module | read | written | in place |
//! |---|---|---|---|---|
//! | `Nd4j.write`, `saveBinary`, `toByteArray` | [`stream`] | yes | yes | [`stream::view`], [`stream::map`] |
//! | `BinarySerde` buffers, files and channels | [`binaryserde`] | yes | yes | [`binaryserde::view`], [`binaryserde::map`], shared memory |
//! | `NDArrayMessage` and its chunks | [`aeron`] | yes | yes | [`aeron::view`] |
//! | `toFlatArray` | `flatarray` | yes | yes | `flatarray::view`, `flatarray::map` |
//! | `DataSet.save`, `MultiDataSet.save`, normalizers | [`dataset`] | yes | no | no |
//! | `SameDiff.save`: variables by name | `samediff` | yes | no | in a map of the file |
//! | `ObjectOutputStream.writeObject` | [`java`] | yes | no | no |
//!
//! **Compatible implementations:** files of ND4J 0.9.1, 1.0.0-beta3, beta6 and M2.1, and of the versions between them,
//! are read. What is written is [generation 3](Generation::Three), which beta4 to M2.1 read; it is byte for byte what
//! M2.1 writes wherever M2.1 writes an array as a whole. Strides in a file decide where items lie. What ND4J lost
//! (strings in streams) is an error.
//!
//! # Shape information
//!
//! `2 * rank + 4` integers describe the shape of an array in every byte form but serialized Java objects
//! ([`ShapeInfo`]):
//!
//! | index | meaning |
//! |---|---|
//! | 0 | rank, 0 to 32 |
//! | 1 to rank | dimensions |
//! | rank + 1 to 2 rank | strides, in items |
//! | third from the end | options: the type and whether the array is empty (generation 3), or 0 |
//! | second from the end | the stride from item to item, where there is one: a hint that is not relied on |
//! | last | the order, as a letter: 99 is `c`, 102 is `f` |
//!
//! Strides decide where items lie, not the order. ND4J before generation 3 dumps the buffer of an array as it is in
//! memory: the transpose of a C-ordered array has the strides of the original in reverse, and its letter may still be
//! `c`. Along a dimension of length 1 a stride is never used, and versions disagree on what they write there, so it is
//! replaced by the canonical one.
//!
//! # Data buffers
//!
//! `DataBuffer` is numbers after a head, big-endian throughout. A stream is two of them, a serialized Java object has
//! one, and data packed by GZIP is one:
//!
//! | field | bytes |
//! |---|---|
//! | allocation mode | a length of 2 bytes, then text |
//! | number of items | 4 (generation 1) or 8, as the mode says |
//! | type | a length of 2 bytes, then text |
//! | items | none for strings; packed data as described below |
//!
//! # Packed data
//!
//! ND4J's compressors (`Nd4j.getCompressor()`) pack the items of an array. Streams and `BinarySerde` describe packed data
//! in different ways; both lead to the same unpacking:
//!
//! | algorithm | what is packed |
//! |---|---|
//! | `GZIP` | a whole data buffer, big-endian, in gzip |
//! | `NOOP` | the items as they are in memory, little-endian |
//! | `FLOAT16` | halves, little-endian; lossy |
//! | `INT8`, `UINT8`, `INT16` | integers, little-endian, without a scale; lossy |
//! | `FLOAT8` | a sign, 3 bits of exponent (bias 3) and 4 of fraction; lossy |
//! | `THRESHOLD`, `FTHRESHOLD` | which items are large: updates of gradients, not read |

pub mod aeron;
pub mod binaryserde;
mod buffer;
mod by_name;
mod compress;
pub mod dataset;
#[cfg(feature = "flatarray")]
pub mod flatarray;
pub mod java;
#[cfg(feature = "flatarray")]
pub mod samediff;
mod shape;
mod stated;
pub mod stream;
mod texts;
mod types;

pub use compress::Algorithm;
pub use shape::ShapeInfo;
pub use types::{DataType, Generation};
