//! The native part of the Python package `arr_io`: what has to be fast, and what only Rust can do. What is Python's, such as
//! the names, defaults and warnings of NumPy's functions, is in the package's own files.
//!
//! [`memory`] is the only module with unsafe code. Every function that reads, parses, packs or writes releases the lock of
//! the interpreter while it does.

mod array;
mod arrow;
mod cli;
mod dtype;
mod error;
mod files;
mod genfromtxt;
mod graph;
mod memory;
mod npy;
mod npz;
mod objects;
mod pickle;
mod settings;
mod source;
mod text;

use pyo3::prelude::*;

#[pymodule]
mod _native {
    #[pymodule_export]
    use super::array::PyArray;
    #[pymodule_export]
    use super::cli::run_command;
    #[pymodule_export]
    use super::error::ArrError;
    #[pymodule_export]
    use super::files::{
        append, check, convert, diff, info, member_keys, open_file, read_member, repair, save_as, stats,
    };
    #[pymodule_export]
    use super::genfromtxt::genfromtxt;
    #[pymodule_export]
    use super::memory::Memory;
    #[pymodule_export]
    use super::npy::{descr_to_dtype, load_path, read_array, read_array_header_of, save_path, write_array};
    #[pymodule_export]
    use super::npz::{Archive, save_npz};
    #[pymodule_export]
    use super::objects::save_objects;
    #[pymodule_export]
    use super::pickle::{load_pickle, read_pickle};
    #[pymodule_export]
    use super::settings::formats;
    #[pymodule_export]
    use super::text::{loadtxt, savetxt};
}
