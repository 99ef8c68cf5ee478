//! Reads, writes and converts n-dimensional arrays in the formats that people have: the facade over the `arr` crates.
//!
//! Depend on this crate for files of any known format, or on one format's crate alone when that is all you need.
//!
//! ```
//! # #[cfg(all(feature = "npz", feature = "ndarray"))] {
//! # let folder = tempfile::tempdir()?;
//! # std::env::set_current_dir(&folder)?;
//! use arr_io::{Limits, OpenOptions, s};
//!
//! arr_io::save("x.npy", &ndarray::array![[1.0f32, 2.0], [3.0, 4.0]])?;
//!
//! let array = arr_io::open("x.npy")?;                       // the content tells the format, dtype and shape
//! let view = array.typed::<f32>()?;                         // an ndarray view, no copy, or an error that says why not
//! assert_eq!(view.sum(), 10.0);
//! let row = arr_io::read_part("x.npy", &s![1, ..])?;        // reads that row alone
//! assert_eq!(row.to_vec::<f32>()?, [3.0, 4.0]);
//!
//! arr_io::convert("x.npy", "x.npz")?;                       // appears whole, or not at all
//! let mut parts = arr_io::parts("x.npz")?;
//! while let Some(part) = parts.next_part()? {
//!     println!("{:?}", part.key);                           // Some("x")
//! }
//! let strict = OpenOptions::new().limits(Limits::default().max_bytes(1 << 20));
//! assert_eq!(strict.member("x").open("x.npz")?.shape(), [2, 2]);
//! # }
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # Doors
//!
//! | | the first array of a file | an archive, a row, a graph | records |
//! |---|---|---|---|
//! | read | [`open`], [`read()`] (a stream or bytes) | [`parts()`], [`OpenOptions::read_all`] | `npy::read_records` |
//! | a slice | [`read_part`] | [`Parts::read_slice`] | `npy::read_part` and [`Array::to_records`] |
//! | in blocks | [`Parts::blocks`] | [`Parts::blocks`] | `npy::ReadOptions::blocks` |
//! | view bytes in memory | `npy::view` and that of each format | `npy::Npz::from_buffer` | [`Array::as_records`] |
//! | map a file (`unsafe`) | [`map`] | [`Parts::map`], `npy::Npz::map` | [`map`] and [`Array::as_records`] |
//! | write | [`save`], [`convert()`] | `npy::save_npz`, [`Conversion`] | `npy::save_records` |
//! | add | [`Append`], `npy::Appender` | [`Append`], [`add_members`] | `npy::Appender` |
//!
//! # Errors
//!
//! There is one [`Error`]. Its [`kind`](Error::kind) says who must act: the file is [malformed](ErrorKind::Malformed) or cut,
//! the data is [not what was asked for](ErrorKind::Mismatch), a [limit](ErrorKind::LimitExceeded) would have been passed, the
//! [system](ErrorKind::Io) said no. The file, format, member and offset are in its text, and can be had one by one. No
//! function panics, whatever the file.
//!
//! # Limits
//!
//! Memory is only reserved for what a file really has, so a header that lies costs nothing. [`Limits`] say besides what a
//! file of a stranger may cost: bytes, items, members, the length of a header, depth, expansion. They are given once, to
//! [`OpenOptions::limits`] or [`Input::with_limits`], and hold at every door.
//!
//! # Formats
//!
#![doc = include_str!("../FORMATS.md")]
//!
//! The features of formats are on by default, as are these:
//!
//! | feature | default | what it brings |
//! |---|---|---|
//! | `gzip`, `bzip2`, `xz`, `zstd` | yes | files of any format that are compressed in this way are read as if they were not ([`layer`]) |
//! | `libzstd` | yes | files and members of archives can be written with Zstandard compression, by its library in C |
//! | `derive` | yes | `#[derive(Record)]`: Rust structs as records |
//! | `ndarray` | yes | zero-copy views as `ndarray` 0.17 types, and arrays from them |
//! | `rayon` | yes | transpositions, swaps and casts of large arrays on all cores |
//! | `serde` | no | `Serialize` and `Deserialize` for arrays, dtypes, values and graphs |
//!
//! - **Everyday:** [`open`], [`save`], [`convert()`], [`map`], [`read`], [`read_part`].
//! - **Several arrays, large arrays:** [`parts()`] gives the [`Parts`] of any file, to be read one by one, sliced or in
//!   blocks.
//! - **Files that are not local:** [`Input::from_source`] reads HTTP ranges, object stores and whatever else is a
//!   [`ReadAt`](crate::format::ReadAt), [`Input::from_seekable`] any reader that can go back; [`OpenOptions::read`],
//!   [`parts_of`](OpenOptions::parts_of) and [`info_of`](OpenOptions::info_of) take such an input, and fetch of it what is asked
//!   for and little else. [`Parts::ranges`] says before which bytes a slice takes; ranges near each other are joined
//!   ([`OpenOptions::gap`]).
//! - **With options:** [`OpenOptions`] (format, member, limits), [`Conversion`] (dtype, order, slice, shape, ...).
//! - **Inspecting and checking:** [`OpenOptions::info`], [`OpenOptions::check`], [`Parts::stats`], [`Diff`].
//! - **Changing and rescuing:** [`Append`], [`Edit`] (members removed and renamed), [`OpenOptions::repair`].
//! - **Compressed files, and files that are not array files:** [`layer`].
//! - **Formats as data, and your own:** [`Registry`], [`Format`](crate::format::Format).
//!
//! The vocabulary is that of [`arr_core`]; what implementers of formats need besides is in [`mod@format`].

mod append;
mod check;
mod convert;
mod diff;
mod edit;
mod info;
mod inside;
pub mod layer;
mod meaning;
mod objects;
mod open;
mod parts;
mod registry;
mod repair;
mod save;
mod select;
pub mod stats;
mod watch;

#[cfg(any(feature = "nd4j", feature = "raw", feature = "torch7"))]
pub use arr_binary as binary;
pub use arr_core as core;
pub use arr_core::record::Record;
pub use arr_core::{
    Array, ArrayView, ArrayViewMut, AsArray, Buffer, BufferMut, ByteOrder, Casting, CompareOptions,
    Comparison, Contiguity, DType, Element, ElementVisitor, Error, ErrorKind, Field, FixedBytes, FixedStr,
    FloatMode, Graph, Hint, Input, Items, Layout, Limits, MAX_RANK, Mmap, MmapMut, NOT_A_TIME, Node, NodeId,
    Order, PrintOptions, RecordBuilder, RecordField, RecordType, Result, SaveOptions, Scalar, Sign, Slice,
    SliceItem, Storage, StorageMut, SubArray, Texts, TimeBase, TimeUnit, Tolerance, Value, bytemuck, format,
    long_double, record, s, value,
};
#[cfg(feature = "derive")]
pub use arr_derive::IoRecord as Record;
#[cfg(feature = "npy")]
pub use arr_npy as npy;
#[cfg(any(
    feature = "bincode",
    feature = "json",
    feature = "nd4j",
    feature = "pickle",
    feature = "rkyv"
))]
pub use arr_serde as serde;
#[cfg(feature = "text")]
pub use arr_text as text;

pub use append::Append;
pub use check::Checked;
pub use convert::{Change, Conversion, Destination, Origin, Target, convert, stem_of};
pub use diff::{Diff, Finding, Side};
pub use edit::Edit;
pub use info::{FileInfo, MemberFound};
pub use meaning::Meaning;
pub use open::{OpenOptions, map, open, parts, read, read_part, split_member};
pub use parts::{Data, LARGE, Parts};
pub use registry::Registry;
pub use repair::{Lost, Repaired};
pub use save::{add_members, save};
pub use watch::Watch;

/// The code of the README is tested as documentation.
#[cfg(all(doctest, feature = "npy", feature = "derive", feature = "ndarray", feature = "serde"))]
#[doc = include_str!("../../../README.md")]
struct ReadmeOfTheProject;

#[cfg(all(doctest, feature = "npy", feature = "ndarray"))]
#[doc = include_str!("../README.md")]
struct Readme;
