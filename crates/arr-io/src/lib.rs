//! Reads, writes and converts n-dimensional arrays in the formats that people have: the facade over the `arr` crates.
//!
//! Depend on this crate for files of any known format, or on one format's crate alone when that is all you need.
//!
#![doc = include_str!("../FORMATS.md")]
//!
//! The features of formats are on by default, as are these:
//!
//! | feature | default | what it brings |
//! |---|---|---|
//! | `gzip`, `bzip2`, `xz`, `zstd` | yes | files of any format that are compressed so are looked through ([`layer`]) |
//! | `libzstd` | yes | files are compressed by Zstandard too, by its library in C |
//! | `derive` | yes | `#[derive(Record)]`: Rust structs as records |
//! | `ndarray` | yes | zero-copy views as `ndarray` 0.17 types, and arrays from them |
//! | `rayon` | yes | transpositions, swaps and casts of large arrays on all cores |
//!
//! - **Everyday:** [`open`], [`save`], [`convert`], [`map`], [`read`].
//! - **With options:** [`OpenOptions`] (format, limits), [`Conversion`] (dtype, order, byte order).
//! - **What is in it, is it intact:** [`OpenOptions::info`], [`OpenOptions::check`], [`stats`].
//! - **Compressed files, and files that are something else:** [`layer`].
//! - **Formats as data, and your own:** [`Registry`], [`Format`].
//!
//! The vocabulary is that of [`arr_core`]; what implementers of formats need besides is in [`mod@format`].

mod check;
mod contents;
mod edges;
pub mod layer;
mod pieces;
mod read;
mod registry;
pub mod stats;
mod write;

#[cfg(feature = "nd4j")]
pub use arr_binary as binary;
pub use arr_core as core;
pub use arr_core::{
    Array, ArrayView, ArrayViewMut, AsArray, Buffer, BufferMut, ByteOrder, Casting, CompareOptions,
    Comparison, Contiguity, DType, Element, Error, ErrorKind, Field, FixedBytes, FixedStr, FloatMode, Graph,
    Input, Items, Layout, Limits, MAX_RANK, Mmap, MmapMut, NOT_A_TIME, Node, NodeId, Order, PrintOptions,
    RecordBuilder, RecordField, RecordType, Result, SaveOptions, Scalar, Sign, Slice, SliceItem, Storage,
    StorageMut, SubArray, Texts, TimeBase, TimeUnit, Tolerance, Value, bytemuck, format, long_double, record,
    s, value,
};
#[cfg(feature = "derive")]
pub use arr_derive::IoRecord as Record;
#[cfg(feature = "npy")]
pub use arr_npy as npy;
#[cfg(feature = "text")]
pub use arr_text as text;

pub use contents::{Contents, Part};
pub use pieces::{Pieces, Place};
pub use read::{FileInfo, MemberFound, OpenOptions, map, open, open_archive, pick, read, split_member};
pub use registry::{AnyFormat, Registry};
pub use write::{
    Conversion, add_members, convert, format_for_writing, member_name, part_key, save, usual_level,
};

/// The code of the README is tested as documentation.
#[cfg(all(doctest, feature = "npy", feature = "derive", feature = "ndarray"))]
#[doc = include_str!("../../../README.md")]
struct ReadmeOfTheProject;

#[cfg(all(doctest, feature = "npy", feature = "ndarray"))]
#[doc = include_str!("../README.md")]
struct Readme;
