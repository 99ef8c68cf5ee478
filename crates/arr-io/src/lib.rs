//! Placeholder docs.

mod check;
mod read;
mod registry;
mod write;

pub use arr_core as core;
pub use arr_core::*;
#[cfg(feature = "npy")]
pub use arr_npy as npy;

pub use read::{FileInfo, OpenOptions, map, open, pick, read, split_member};
pub use registry::Registry;
pub use write::{Conversion, convert, format_for_writing, save};
