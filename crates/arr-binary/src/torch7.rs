//! The objects of Torch7 (`torch.save`, `.t7`), read and written without Lua: tables, tensors and storages, instances of
//! classes, functions; binary and ascii.
//!
//! ```
//! use arr_binary::torch7;
//! # let folder = tempfile::tempdir()?;
//! # let path = folder.path().join("x.t7");
//! torch7::save_tensor(&path, &vec![1.0f32, 2.0, 3.0])?;    // torch.save(path, tensor)
//!
//! let file = torch7::load(&path)?;                       // everything, tensors in memory
//! assert_eq!(file.get("")?.to_vec::<f32>()?, [1.0, 2.0, 3.0]);
//!
//! let file = torch7::open(&path)?;                       // or tensors only when they are asked for
//! assert_eq!(file.paths()?, [""]);                       // "/layers/1/weight" of a model
//!
//! let bytes = std::fs::read(&path)?;
//! let x = torch7::view(&bytes)?.view("")?;               // in place, no copy
//! assert_eq!(x.shape(), [3]);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # What a file is
//!
//! Runs of values of one C type, in the order and the sizes of the machine that wrote them or as text, and of these objects:
//! each begins with a type tag. There is no header, and nothing behind the last object.
//!
//! | tag | value | what follows | here |
//! |---|---|---|---|
//! | 0 | nil | | [`Value::None`](arr_core::Value::None) |
//! | 1 | number | a `double` | [`Value::Float`](arr_core::Value::Float), whole numbers too |
//! | 2 | string | its length and bytes | [`Value::Str`](arr_core::Value::Str) when it is UTF-8, else [`Value::Bytes`](arr_core::Value::Bytes) |
//! | 3 | table | an index; the first time the number of entries, keys and values | [`Node::Dict`](arr_core::Node::Dict), in the order of the file |
//! | 4 | instance | an index; the first time version and class, then what the class writes | an array, or [`Node::Object`](arr_core::Node::Object) |
//! | 5 | boolean | an `int`: 1 is true | [`Value::Bool`](arr_core::Value::Bool) |
//! | 6, 7, 8 | function | an index (not of 6), code, the variables it has caught | [`Node::Function`](arr_core::Node::Function): bytes, which are never run |
//!
//! An index that was met before refers to that object, which may be one that has not ended: tables can hold themselves. A
//! tensor (`torch.FloatTensor`) is sizes, strides and an offset into a storage (`torch.FloatStorage`), which several tensors
//! may share: they are [views](arr_core::value::Items::View) of one array. An instance of any other class is one value,
//! mostly a table of its fields. A tensor without dimensions, which is empty, has shape `[0]`.
//!
//! | class | dtype | | class | dtype |
//! |---|---|---|---|---|
//! | Byte | `u1` | | Long | `i8`, also where a C `long` has 4 bytes |
//! | Char | `i1` | | Half | `f2` |
//! | Short | `i2` | | Float, `torch.CudaTensor` | `f4` |
//! | Int | `i4` | | Double | `f8` |
//!
//! # What is found out
//!
//! The first bytes tell ascii from binary and the byte order. Whether a C `long` had 8 bytes or 4 (on Windows and systems of
//! 32 bits) shows at the first tensor: a file is read with 8, and with 4 where that does not work out to the last byte. Files
//! that have hardly anything in them may fit either: then [`long_size`](ReadOptions::long_size) says it.
//!
//! | refused | because |
//! |---|---|
//! | a tensor that reaches outside of its storage | Torch itself reads whatever is there |
//! | `torch.Generator`, `tds.Hash`, `tds.Vec`, and other classes that write what is not a value | only that class can read it |
//! | keys that are nil or NaN, dimensions without elements | no table and no tensor has them |
//! | a number of an ascii file with a fraction where a whole number is wanted, or without a blank behind it | C's `scanf` takes the front of it, and misreads the rest |
//! | objects that are nested more than 65536 levels deep | Torch can't read a tenth of it |
//! | lengths, counts and sizes of what is not there | memory is reserved for what is |
//!
//! Of equal keys the last value counts, and a value of nil takes a key out, as in Lua; Torch writes neither.
//!
//! # What is written
//!
//! What Torch writes, byte for byte: a file that Torch has written, read and written [like it was](WriteOptions::like), is
//! the same file. Tables keep the order in which they were read. Both byte orders, both sizes of a C `long`, both forms.

mod ascii;
mod build;
mod detect;
mod feed;
mod file;
pub(crate) mod format;
mod frame;
mod item;
mod keys;
mod kind;
mod load;
mod machine;
mod options;
mod runs;
mod tensor;
mod write;

use std::path::Path;

use arr_core::{AsArray, Graph, Result};

pub use build::Builder;
pub use file::File;
pub use item::{Item, List, Table};
pub use load::ReadOptions;
pub use write::WriteOptions;

/// The name of the format.
const FORMAT: &str = "torch7";

/// Reads all that is in a file, tensors too: see [`ReadOptions::load`].
///
/// # Errors
/// `Io` when it can't be read; `Malformed`, `Unsupported` or `LimitExceeded` with the path in the object and the offset.
pub fn load(path: impl AsRef<Path>) -> Result<File<'static>> {
    ReadOptions::new().load(path)
}

/// Reads all that is in bytes in memory: see [`ReadOptions::deserialize`].
///
/// # Errors
/// As [`load`].
pub fn deserialize(bytes: &[u8]) -> Result<File<'static>> {
    ReadOptions::new().deserialize(bytes)
}

/// Opens a file: tensors are found by their paths and read when they are asked for. See [`ReadOptions::open`].
///
/// # Errors
/// As [`load`].
pub fn open(path: impl AsRef<Path>) -> Result<File<'static>> {
    ReadOptions::new().open(path)
}

/// Maps a file: elements are read when they are accessed. See [`ReadOptions::map`].
///
/// # Safety
/// As for [`Mmap::open`](arr_core::Mmap::open): the file is not changed for as long as what is made of it is there.
///
/// # Errors
/// As [`load`].
#[allow(unsafe_code, reason = "whoever maps a file has to promise what no function can check")]
pub unsafe fn map(path: impl AsRef<Path>) -> Result<File<'static>> {
    // SAFETY: the caller promises it of the file.
    unsafe { ReadOptions::new().map(path) }
}

/// Looks at bytes in memory: tensors are found by their paths and seen in place. See [`ReadOptions::view`].
///
/// # Errors
/// As [`load`].
pub fn view(bytes: &[u8]) -> Result<File<'_>> {
    ReadOptions::new().view(bytes)
}

/// Saves a graph as a file, whole or not at all: see [`WriteOptions::save`].
///
/// # Errors
/// `Unsupported` when something has no form in Torch7; `InvalidArgument` when an array is still in another file; `Io`.
pub fn save(path: impl AsRef<Path>, graph: &Graph) -> Result<()> {
    WriteOptions::new().save(path, graph)
}

/// The bytes of a graph's file: see [`WriteOptions::serialize`].
///
/// # Errors
/// As [`save`].
pub fn serialize(graph: &Graph) -> Result<Vec<u8>> {
    WriteOptions::new().serialize(graph)
}

/// Saves an array as a file that holds a tensor: see [`WriteOptions::save_tensor`].
///
/// # Errors
/// As [`save`].
pub fn save_tensor<A: AsArray + ?Sized>(path: impl AsRef<Path>, array: &A) -> Result<()> {
    WriteOptions::new().save_tensor(path, array)
}
