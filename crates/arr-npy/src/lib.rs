//! NumPy's `.npy` and `.npz` files: reads, views, maps, streams, writes and extends arrays of every dtype, without
//! Python.
//!
//! | to | use |
//! |---|---|
//! | read a file into memory of its own | [`read`], [`ReadOptions`] (byte order, C or Fortran order, limits) |
//! | read into memory that you already have | [`read_into`] |
//! | read as an `ndarray` array | `read_typed` |
//! | view bytes in memory without a copy | [`view`], [`view_mut`] |
//! | read a part of a file | [`read_part`] |
//! | read a file block by block | [`blocks`] |
//! | read from a server or an object store, and little else than what is wanted | [`ReadOptions::read_part_input`] of an [`Input::from_source`](arr_core::Input::from_source), [`Npz::from_source`] |
//! | open a file of any size in microseconds | [`map`] |
//! | change a file in place, or a private copy of it | [`map_mut`], [`map_private`], [`MapOptions`] |
//! | read arrays one by one from a stream | [`read_from`] |
//! | read or write a vector of structs | [`read_records`], [`save_records`], `#[derive(`[`Record`]`)]` |
//! | read the header alone | [`read_file_header`], [`parse_header`] |
//! | write | [`save`] (whole or not at all), [`write_to`], [`to_bytes`], [`WriteOptions`] |
//! | write an array that is not in memory as a whole | [`WriteOptions::create`], [`create_map`] |
//! | add rows to a file, or write rows until there are no more | [`append()`], [`Appender`] |
//! | work on headers as NumPy's `numpy.lib.format` does | [`read_magic`], [`read_array_header`], [`write_array_header`] |
//! | read a header that NumPy refuses, but whose meaning is plain | [`header::parse_lenient_header`] |
//! | read or write a sparse matrix of scipy | [`npz::sparse`] |
//! | get the pickle of an object array | [`read_object_pickle`] |
//!
//! ```
//! # let folder = tempfile::tempdir()?;
//! # let path = folder.path().join("x.npy");
//! arr_npy::save(&path, &ndarray::array![[1.0f32, 2.0, 3.0], [4.0, 5.0, 6.0]])?;
//!
//! let array = arr_npy::read(&path)?;                  // dtype and shape known at run time
//! let view = array.typed::<f32>()?;                   // an ndarray view, no copy
//! assert_eq!(view.sum(), 21.0);
//!
//! // SAFETY: nobody changes the file while it is mapped.
//! let mapped = unsafe { arr_npy::map(&path) }?;       // pages are read when they are accessed
//! assert_eq!(mapped.get::<f32>(&[1, 2])?, 6.0);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! **Compatible implementations:** NumPy 1.x and 2.x. What is written is, byte for byte, what `numpy.save` of NumPy 1.26
//! and later writes for the same array (sub-arrays of sub-arrays as NumPy 2). What NumPy reads is read, except for what
//! this table lists. Object arrays (pickles) are recognised but not decoded: [`read_object_pickle`] gives their bytes.
//! Nothing is executed.
//!
//! | refused | because |
//! |---|---|
//! | duplicate keys, booleans as dimensions, negative dimensions | no writer makes them, and readers disagree about them |
//! | `\N{NAME}` escapes | they need a table of all names of Unicode |
//! | field names and titles with lone surrogates (`'\ud800'`) | they are no text: no name in Rust, JSON or UTF-8 can hold them |
//! | sub-arrays of items without a size (`('x', 'S', (2,))`, `('x', ('<f8', (0,)), (2,))`) | NumPy refuses them too, or takes the number for a size and then contradicts itself |
//! | more than 2^24 items without bytes (`|S0`, `[]`) | a few bytes could claim any number of them; [`Limits::max_items`](arr_core::Limits::max_items) lifts it |
//! | the second array of a file when it is broken | the arrays before it are read; the fault is named, as whoever wrote it lost data |
//! | code units above U+10FFFF in an item of `U` as text | NumPy fails to print them too; the item is named, and its bytes can be had |
//!
//! The bytes of the format are described in [`header`].
//!
//! | feature | default | what it brings |
//! |---|---|---|
//! | `npz` | yes | archives ([`npz`]), stored and deflated |
//! | `bzip2`, `lzma`, `zstd` | yes | members of archives that are packed in this way are read |
//! | `libzstd` | no | members of archives are packed by Zstandard ([`NpzOptions::zstd`]), with its library written in C |
//! | `libdeflate` | yes | deflates with a library written in C: about twice as fast, and smaller; inflating never uses it |
//! | `derive` | yes | `#[derive(Record)]`: Rust structs as records |
//! | `ndarray` | yes | zero-copy views as `ndarray` 0.17 types, and arrays from them |
//! | `rayon` | yes | transpositions, swaps and casts of large arrays on all cores |

mod append;
mod blocks;
pub mod format;
pub mod header;
mod memmap;
#[cfg(feature = "npz")]
pub mod npz;
mod part;
mod read;
mod transpose;
mod write;

pub use arr_core;
pub use arr_core::record::{Record, RecordField};
#[cfg(feature = "derive")]
pub use arr_derive::NpyRecord as Record;

pub use append::{AppendOptions, Appender, append};
pub use blocks::{BlockWriter, Blocks, blocks};
pub use header::{
    Header, MAGIC, Version, parse_header, read_array_header, read_header, read_magic, write_array_header,
};
pub use memmap::{MapOptions, create_map, map_mut, map_private};
#[cfg(feature = "npz")]
pub use npz::{Npz, NpzEditor, NpzOptions, NpzWriter, append_npz, save_npz, save_npz_compressed};
pub use part::read_part;
#[cfg(feature = "ndarray")]
pub use read::read_typed;
pub use read::{
    ReadOptions, map, map_of, read, read_buffer, read_bytes, read_file_header, read_from, read_into,
    read_object_pickle, read_records, read_records_from, view, view_mut, view_with,
};
pub use write::{WriteOptions, save, save_records, to_bytes, write_records_to, write_to};

#[cfg(all(doctest, feature = "npz", feature = "ndarray"))]
#[doc = include_str!("../README.md")]
struct Readme;

/// What this library promises itself does not hold, whatever the caller and the file may be: `what` says what.
#[cold]
fn broken_invariant(what: &'static str) -> arr_core::Error {
    arr_core::Error::unsupported(format!("an invariant of the library is broken: {what}"))
}
