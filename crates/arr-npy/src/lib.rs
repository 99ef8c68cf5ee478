//! Placeholder docs.

mod format;
pub mod header;
mod read;
mod transpose;
mod write;

pub use arr_core;

pub use format::Npy;
pub use header::{
    Header, MAGIC, Version, parse_header, read_array_header, read_header, read_magic, write_array_header,
};
pub use read::{
    ReadOptions, map, map_of, read, read_buffer, read_file_header, read_from, read_into, read_object_pickle, view,
    view_with,
};
pub use write::{WriteOptions, save, to_bytes, write_to};
