//! Plain tables: values separated by commas (`csv`) or tabs (`tsv`).

pub(crate) mod write;

pub use write::{WriteOptions, save, to_bytes, write_to};
