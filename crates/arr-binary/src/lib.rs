//! Arrays in the binary formats of other ecosystems, read and written without them.
//!
//! | module | ecosystem | formats |
//! |---|---|---|
//! | [`nd4j`] | ND4J, the array library of Deeplearning4j on the JVM | `nd4j-stream`, `nd4j-binaryserde`, `nd4j-aeron-message`, `nd4j-aeron-chunk`, `nd4j-flatarray`, `nd4j-samediff`, `java-serialized` |
//! | [`torch7`] | Torch7, the tensors of Lua | `torch7`, `torch7-ascii` |
//! | [`raw`] | none: items without anything around them | `raw` |
//!
//! Each module can be named without its ecosystem: `arr_binary::stream` is `arr_binary::nd4j::stream`.
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
//! # Names of formats
//!
//! The value that implements [`Format`](arr_core::format::Format) is in the module [`format`](mod@format) of its crate.
//! Its name is the format's registered name without the hyphens, each word with a capital: `nd4j-stream` is
//! [`format::Nd4jStream`]. The rule holds for every format crate (`arr_npy::format::Npz` is the format `npz`, `arr_npy::Npz`
//! an open archive).
//!
//! # Features
//!
//! | feature | default | what it brings |
//! |---|---|---|
//! | `nd4j` | yes | the formats of ND4J |
//! | `flatarray` | yes | FlatArrays and graphs of SameDiff, with `nd4j` |
//! | `gzip` | yes | ND4J's data that is compressed by GZIP, with `nd4j` |
//! | `torch7` | yes | the objects of Torch7 |
//! | `raw` | yes | items without anything around them |
//! | `ndarray` | yes | zero-copy views as `ndarray` 0.17 types |
//! | `rayon` | yes | two or more threads for large arrays |

pub mod format;
#[cfg(feature = "nd4j")]
pub mod nd4j;
#[cfg(feature = "raw")]
pub mod raw;
#[cfg(feature = "torch7")]
pub mod torch7;

pub use arr_core;

#[cfg(feature = "nd4j")]
pub use nd4j::{aeron, binaryserde, java, stream};
#[cfg(feature = "flatarray")]
pub use nd4j::{flatarray, samediff};

#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
