//! `serde` for arrays, dtypes, values and graphs, by the feature `serde`.
//!
//! | type | what it is in a compact format | in a format that people read |
//! |---|---|---|
//! | [`Array`](crate::Array) over any storage | a struct of `dtype`, `shape`, `order` and `data`: a text, numbers, `C` or `F`, bytes | the same, and `data` is base64 |
//! | an array of variable-length strings | `data` is a list of texts | the same |
//! | [`DType`] | the text that [makes](DType::constructor) it in Python: `<f4`, `[('x', '<f4')]` | the same |
//! | [`Value`](crate::Value) | an enum; a reference only inside of a graph | the same; bytes are base64, floats texts, whole numbers of any size digits |
//! | [`Graph`](crate::Graph) | a struct of `roots` and `nodes`, which refer to each other by number | the same |
//!
//! Every dtype, order, byte order and bit of a float is kept, whichever format it is: JSON has neither NaN nor all digits, so
//! a float is a text there. Arrays of objects, and arrays of a graph that are still in their file, are refused.
//!
//! ```
//! use arr_core::{Array, ArrayView};
//! let array = Array::from_vec(vec![1.0f32, 2.0], &[2])?;
//! let json = serde_json::to_string(&array)?;
//! assert_eq!(json, r#"{"dtype":"<f4","shape":[2],"order":"C","data":"AACAPwAAAEA="}"#);
//! let back: Array = serde_json::from_str(&json)?;
//! assert_eq!(back.to_vec::<f32>()?, [1.0, 2.0]);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! An [`ArrayView`](crate::ArrayView) borrows from the input what the format lends (`postcard`, `bincode`, `rmp-serde` and
//! others lend bytes of a slice), and is an error with other formats.
//!
//! Lengths are checked before memory is reserved for them. `Deserialize` has the default limits; [`ArraySeed`] and
//! [`GraphSeed`] take others:
//!
//! ```
//! use arr_core::serialize::ArraySeed;
//! use arr_core::Limits;
//! use serde::de::DeserializeSeed as _;
//! let json = r#"{"dtype":"<f4","shape":[2],"order":"C","data":"AACAPwAAAEA="}"#;
//! let mut budget = Limits::default().max_bytes(7).budget();
//! let error = ArraySeed::new(&mut budget).deserialize(&mut serde_json::Deserializer::from_str(json)).unwrap_err();
//! assert!(error.to_string().starts_with("8 bytes of data exceed the limit of 7 bytes"));
//! ```

mod array;
mod data;
mod graph;
mod value;

use std::fmt;

use serde::de::{Deserialize, Deserializer, Visitor};
use serde::ser::{Serialize, Serializer};

pub use self::array::{ArraySeed, Shown};
pub use self::data::DataForm;
pub use self::graph::GraphSeed;

use crate::{Budget, DType};

impl Serialize for DType {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&self.constructor())
    }
}

impl<'de> Deserialize<'de> for DType {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Text;

        impl Visitor<'_> for Text {
            type Value = DType;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("the text of a dtype")
            }

            fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<DType, E> {
                Budget::default().check_header(text.len() as u64).map_err(E::custom)?;
                text.parse().map_err(E::custom)
            }
        }

        deserializer.deserialize_str(Text)
    }
}
