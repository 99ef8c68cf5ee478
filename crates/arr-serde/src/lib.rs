#![doc = include_str!("../README.md")]

pub use arr_core;

#[cfg(feature = "json")]
mod base64;
#[cfg(feature = "bincode-files")]
pub mod bincode;
#[cfg(feature = "serde")]
pub mod forms;
#[cfg(any(feature = "bincode", feature = "rkyv", feature = "serde"))]
mod from_array;
#[cfg(feature = "json")]
pub mod json;
#[cfg(feature = "kryo")]
pub mod kryo;
#[cfg(feature = "jackson")]
pub mod nd4j_base64;
#[cfg(feature = "pickle")]
pub mod pickle;
#[cfg(feature = "rkyv")]
pub mod rkyv;
#[cfg(feature = "rkyv-files")]
mod rkyv_file;

#[cfg(any(feature = "bincode", feature = "rkyv", feature = "serde"))]
pub use from_array::FromArray;

/// The formats of this crate as values, for the facade and for choosing formats at run time.
pub mod format {
    #[cfg(feature = "bincode-files")]
    pub use crate::bincode::Bincode;
    #[cfg(feature = "json")]
    pub use crate::json::{Json, JsonLists, JsonTriple};
    #[cfg(feature = "jackson")]
    pub use crate::json::{Nd4jJackson, Nd4jJacksonVector, Nd4jJsonText};
    #[cfg(feature = "kryo")]
    pub use crate::kryo::Nd4jKryo;
    #[cfg(feature = "jackson")]
    pub use crate::nd4j_base64::Nd4jBase64;
    #[cfg(feature = "pickle")]
    pub use crate::pickle::Pickle;
    #[cfg(feature = "rkyv-files")]
    pub use crate::rkyv_file::Rkyv;
}
