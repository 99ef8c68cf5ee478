//! [bincode](https://docs.rs/bincode) 2: arrays as parts of data that `Encode` and `Decode` are derived for, and as files.
//!
//! **bincode is no longer maintained** ([RUSTSEC-2025-0141](https://rustsec.org/advisories/RUSTSEC-2025-0141)); version 3 is a
//! notice. This feature is pinned to 2.0.1, the last version that works, and is for data that is there already. The way out
//! for new data is the feature `serde` with [postcard](https://docs.rs/postcard), whose format is specified and which lends
//! bytes as well: `postcard::to_allocvec(&array)`. docs/BENCHMARKS.md has both beside each other. The format itself needs no
//! bincode: with the feature `bincode-files` alone, all but [`Coded`] is here without it.
//!
//! An array is written as bincode's standard configuration writes this struct, so that others read it who have no arrays of
//! ours:
//!
//! ```
//! #[derive(bincode::Encode, bincode::Decode, Debug, PartialEq)]
//! struct Array {
//!     dtype: String,   // as NumPy writes it: "<f4", "[('x', '<f4')]"
//!     shape: Vec<u64>,
//!     order: u8,       // 0: C, 1: Fortran
//!     data: Vec<u8>,   // the items in that order
//! }
//! let array = arr_serde::arr_core::Array::from_vec(vec![1u16, 2], &[2])?;
//! let bytes = arr_serde::bincode::to_bytes(&array)?;
//! let (found, _): (Array, _) = bincode::decode_from_slice(&bytes, bincode::config::standard())?;
//! assert_eq!(found, Array { dtype: "<u2".into(), shape: vec![2], order: 0, data: vec![1, 0, 2, 0] });
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! Of variable-length strings the data is the length of each in 8 little-endian bytes, and then their UTF-8. Arrays of
//! objects are refused.
//!
//! In data of one's own an array is [`Coded`]:
//!
//! ```
//! use arr_serde::bincode::Coded;
//! use ndarray::{Array2, array};
//!
//! #[derive(bincode::Encode, bincode::Decode)]
//! struct Layer {
//!     name: String,
//!     weights: Coded<Array2<f32>>,
//! }
//!
//! let layer = Layer { name: "first".into(), weights: Coded(array![[1.0, 2.0]]) };
//! let bytes = bincode::encode_to_vec(&layer, bincode::config::standard())?;
//! let (back, _): (Layer, _) = bincode::decode_from_slice(&bytes, bincode::config::standard())?;
//! assert_eq!(back.weights.0, layer.weights.0);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod codec;
#[cfg(feature = "bincode")]
mod coded;

pub use self::codec::Bincode;
#[cfg(feature = "bincode")]
pub use self::coded::Coded;

use codec::Bincode as Codec;

arr_core::codec_read_options!(Codec);
arr_core::codec_write_options!(Codec);
arr_core::read_functions!(arr_core::Array);
arr_core::slice_functions!(arr_core::Array);
arr_core::view_functions!(Codec);
arr_core::write_functions!();

/// The registered name of the format.
const NAME: &str = "bincode";
