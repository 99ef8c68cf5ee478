//! Python's pickles, protocols 0 to 5: read without running anything, and written.
//!
//! ```
//! use arr_serde::pickle;
//! # let folder = tempfile::tempdir()?;
//! # let path = folder.path().join("x.pkl");
//! pickle::save(&path, &vec![1.0f32, 2.0, 3.0])?;         // pickle.dump(array, file)
//!
//! let graph = pickle::load(&path)?;                      // all objects, arrays in memory
//! assert_eq!(graph.paths()?.count(), 1);
//!
//! let file = pickle::open(&path)?;                       // or arrays only when they are asked for
//! let x = file.get("")?;                                 // file.get("/train/x")? of a dict of dicts
//! assert_eq!(x.to_vec::<f32>()?, [1.0, 2.0, 3.0]);
//!
//! let bytes = std::fs::read(&path)?;
//! let x = pickle::view(&bytes)?.view("")?;               // in place, no copy
//! assert_eq!(x.shape(), [3]);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # What a pickle is
//!
//! A program for a machine with a stack and a memo, of opcodes of one byte with what belongs to them: push a value, make
//! a list of what is above the last mark, memorise the top of the stack. A value is left at the end (`STOP`). Protocol 0
//! has lines of text, 1 and 2 binary forms, 3 bytes, 4 frames and long data, 5 buffers that are beside the pickle. What is
//! not a value is a name (`GLOBAL`, `STACK_GLOBAL`) and a call (`REDUCE`, `INST`, `OBJ`, `NEWOBJ`, `NEWOBJ_EX`) or a
//! state (`BUILD`), and that is how loading one runs whatever its writer wanted.
//!
//! # What this machine does
//!
//! It has no way to call anything: names are texts to it. What the functions that it knows would make is made of the data
//! here. Cells on an arena refer to each other by numbers, so nothing recurses, shared and cyclic references are kept, and
//! what is reached from the values at the end becomes a [`Graph`].
//!
//! | in the pickle | in the graph |
//! |---|---|
//! | `None`, `bool`, `int`, `float`, `complex`, `str`, `bytes` | the value of that name |
//! | `list`, `tuple`, `set`, `frozenset`, `dict` | the node of that name; of equal keys the last value counts |
//! | `numpy.ndarray` by `_reconstruct`, `_frombuffer` or its own name, of NumPy 1.x and 2.x, also behind joblib's wrapper | an array; its data is where it is, until it is wanted |
//! | `matrix`, `memmap`, `recarray`, `chararray`, `array.array`, and other classes whose state is an array's | an array with the [class](arr_core::value::ArrayNode::class) of that name |
//! | other classes of arrays that have a state of their own: in a tuple with that of the array, or behind its items | an object; the array is an item of its state, or what the object is made of |
//! | NumPy's scalars | an array that [is a scalar](arr_core::value::ArrayNode::is_scalar) |
//! | an array of objects | an array of [values](arr_core::value::Items::Values) |
//! | `numpy.ma.MaskedArray`, and classes of that kind | an object whose state is a dict of `data`, `mask` and, where they are there, `fill_value` and `more`, a class's own state; `data` is an array of the class that is the base |
//! | `numpy.dtype` | a dtype |
//! | a string of Python 2 | text where it is ASCII, else bytes; see [`Encoding`] |
//! | `bytearray`, `slice`, `range`, `Decimal`, `OrderedDict`, `defaultdict`, `deque`, random generators | an object with its class, arguments, state, items and entries |
//! | `datetime`, `date`, `time` | the same; the bytes of their state are written out as the numbers that the class takes |
//! | an instance of any other class, the result of any other call | the same |
//! | a class or function itself, `Ellipsis` | an object without arguments and state |
//! | a text with lone surrogates, which is no text in Rust, JSON or UTF-8 | an object: `_codecs.decode` of its bytes, `'utf-8'` and `'surrogatepass'`, by which Python makes that text again |
//! | a call whose result is thrown away, `setter(object, state)` | the state of the object: an object of that function |
//! | `partial(class.__new__, class, ...)()`, as protocols 2 and 3 have arguments by name | the same as `__new__` of the class with them |
//! | names of Python 2, in protocols below 3 | those of Python 3: `builtins.ValueError` for `exceptions.ValueError` |
//! | `getattr` of a class or function, as protocols below 4 have classes in classes | the class or function of that name: `package.Outer.Inner`, of which the [module](arr_core::value::Object::module) is known |
//!
//! An object that was made by `__new__` alone has keyword arguments, which are none, a dict, or the class whose `__new__` it
//! was; one that was made by a call has none at all. So a graph is written as it was.
//!
//! | refused | because |
//! |---|---|
//! | what another call has made would be called, `getattr` of what is not a name included | it is not a name |
//! | persistent ids, numbers of the extension registry | they name what only the program knows |
//! | a second state, attributes of a class or a list | only running it would tell what that means |
//! | whole numbers of more than 128 KiB | they take hours to print |
//! | lengths, frames, indices of the memo that lie | memory is reserved for what is there |
//! | opcodes that copy the same data again and again | a small pickle could fill any memory |
//! | with [`strict`](ReadOptions::strict) every class that is not Python's own container or number or NumPy's | it is asked for |
//!
//! [`Pickled::calls`] names what would have been called, and every other class and function that Python would import: what they
//! are handed to may call them. A class that opens files, `numpy.memmap`, is named where it would be called. An error has the
//! [faults before it](arr_core::Error::take_earlier): those calls were made when Python comes to it.
//!
//! Several pickles one after another are several values; bytes behind the last one that are not a pickle are left alone, as
//! Python does.
//!
//! # What is written
//!
//! Protocols 2 to 5, so that Python 2.7 (protocol 2) to 3.13 with NumPy 1.16 to 2.x load equal values, dtypes and
//! orders of items; names are those of NumPy 1.x, which 2.x reads too. Arrays, dtypes and all that has an identity are
//! written once. A record that is laid out aligned is made by the constructor, of a dict: as the flag of a state NumPy 2 does not
//! take that of NumPy 1, nor the other way round. Protocol 5 can have the data of arrays [beside it](to_bytes_with_buffers), without a copy.
//! NumPy keeps a byte order that is not the machine's, and an order of items that is neither C nor Fortran, in protocol 5 alone:
//! what it loads of the others is native and in C order, also when it has written them itself.
//!
//! What a dtype here does not have is not written again, and is said when a file is opened as a
//! [format](Pickle): the `metadata` of a dtype of NumPy's, and the `na_object` and
//! `coerce` of a `StringDType`, whose arrays with missing texts are arrays of objects. An `array.array` of whole numbers of
//! eight bytes has the letter `l` or `L`, also where it had `q` or `Q`; numbers of `ml_dtypes` of one byte are `V1`. What is a
//! read-only buffer may be written to.

mod blocks;
mod build;
mod call;
mod compat;
mod containers;
mod dtype;
mod feed;
mod format;
mod globals;
mod literals;
mod load;
mod machine;
mod memo;
mod moment;
mod names;
mod numpy;
mod opcodes;
mod settle;
mod sniff;
mod stack;
mod text;
mod value;
mod write;

use std::path::Path;

use arr_core::{Array, Graph, Result};

pub use format::Pickle;
pub use load::{Call, Pickled, ReadOptions};
pub use machine::Encoding;
pub use write::{WriteOptions, dump, dumps, save, to_bytes, to_bytes_with_buffers, write_to};

/// The name of the format.
const FORMAT: &str = "pickle";

/// The protocol that Python 3.8 to 3.13 write unless they are told otherwise.
pub const DEFAULT_PROTOCOL: u8 = 4;

/// Reads all that is in a file: see [`ReadOptions::load`].
///
/// # Errors
/// `Io` when it can't be read; `Malformed`, `Unsupported` or `LimitExceeded` with the offset of the opcode.
pub fn load(path: impl AsRef<Path>) -> Result<Graph> {
    ReadOptions::new().load(path)
}

/// Reads all that is in bytes in memory: see [`ReadOptions::loads`].
///
/// # Errors
/// As [`load`].
pub fn loads(bytes: &[u8]) -> Result<Graph> {
    ReadOptions::new().loads(bytes)
}

/// Opens a file: its arrays are found by their paths and read when they are asked for.
///
/// # Errors
/// As [`load`].
pub fn open(path: impl AsRef<Path>) -> Result<Pickled<'static>> {
    ReadOptions::new().open(path)
}

/// Looks at a pickle in memory: its arrays are found by their paths and seen in place.
///
/// # Errors
/// As [`load`].
pub fn view(bytes: &[u8]) -> Result<Pickled<'_>> {
    ReadOptions::new().view(bytes)
}

/// Reads the array at a path of a file: `/train/x`, `""` where the file is one array.
///
/// # Errors
/// As [`load`]; `InvalidArgument` when the path does not lead to an array.
pub fn read(path: impl AsRef<Path>, at: &str) -> Result<Array> {
    open(path)?.get(at)
}
