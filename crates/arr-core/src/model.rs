//! What arrays are: what one item is, where items lie, where their bytes live, and the three together.

pub(crate) mod array;
pub(crate) mod buffer;
pub(crate) mod dtype;
pub(crate) mod element;
pub(crate) mod error;
pub(crate) mod layout;
pub mod long_double;
pub(crate) mod map;
pub mod room;
pub(crate) mod scalar;
pub(crate) mod storage;
pub mod threads;
pub mod value;
