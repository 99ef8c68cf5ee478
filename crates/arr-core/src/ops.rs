//! What is done with arrays in memory: copied, swapped, cast, compared, printed, and turned into structs and back.

pub(crate) mod cast;
pub(crate) mod compare;
pub(crate) mod copy;
pub(crate) mod print;
pub mod record;
pub(crate) mod swap;
