//! The arrays of ND4J, the array library of Deeplearning4j on the JVM: every byte form that it writes, of every
//! generation, without Java.
//!
//! | what ND4J calls it | module | read | written | in place |
//! |---|---|---|---|---|
//! | `Nd4j.write`, `saveBinary`, `toByteArray` | [`stream`] | yes | yes | [`stream::view`], [`stream::map`] |
//! | `BinarySerde` buffers, files and channels | [`binaryserde`] | yes | yes | [`binaryserde::view`], [`binaryserde::map`], shared memory |
//! | `NDArrayMessage` and its chunks | [`aeron`] | yes | yes | [`aeron::view`] |
//! | `toFlatArray`, SameDiff | `flatarray` | yes | yes | `flatarray::view`, `flatarray::map` |
//! | `ObjectOutputStream.writeObject` | [`java`] | yes | no | no |
//!
//! ```
//! # let folder = tempfile::tempdir()?;
//! # let path = folder.path().join("x.nd4j");
//! use arr_binary::{binaryserde, stream};
//! use arr_core::Array;
//!
//! let array = Array::from_vec(vec![1.0f32, 2.0, 3.0, 4.0], &[2, 2])?;
//! stream::save(&path, &array)?;                                    // what Nd4j.read reads
//! let array = stream::ReadOptions::new().native().read(&path)?;
//!
//! let mut shared = vec![0; binaryserde::encoded_len(&array)?];     // what BinarySerde.toArray reads
//! binaryserde::encode_into(&array, &mut shared)?;
//! assert_eq!(binaryserde::view(&shared)?.to_vec::<f32>()?, [1.0, 2.0, 3.0, 4.0]);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! **Compatible implementations:** read are files of ND4J 0.9.1, 1.0.0-beta3, beta6 and M2.1, and of the versions between
//! them; what is written is generation 3, which beta4 to M2.1 read, byte for byte as M2.1 writes it wherever it writes
//! an array as a whole. Strides in a file decide where items lie. What ND4J lost (strings in streams) is an error.
//!
//! | feature | default | what it brings |
//! |---|---|---|
//! | `flatarray` | yes | FlatArrays |
//! | `gzip` | yes | data that is compressed by GZIP |
//! | `ndarray` | yes | zero-copy views as `ndarray` 0.17 types |
//! | `rayon` | yes | two or more threads for large arrays |

pub mod aeron;
pub mod binaryserde;
pub mod buffer;
pub mod compress;
mod details;
#[cfg(feature = "flatarray")]
pub mod flatarray;
pub mod java;
mod latin1;
pub mod shape;
pub mod stream;
mod texts;
pub mod types;

pub use aeron::{AeronChunk, AeronMessage};
pub use binaryserde::BinarySerde;
pub use buffer::AllocationMode;
pub use compress::Algorithm;
#[cfg(feature = "flatarray")]
pub use flatarray::FlatArray;
pub use java::JavaSerialized;
pub use shape::ShapeInfo;
pub use stream::{Nd4jStream, StreamHeader};
pub use types::{DataType, Generation};

#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
