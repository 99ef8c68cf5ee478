//! JSON documents with arrays in them, in the forms of many libraries: read, and written.
//!
//! ```
//! use arr_serde::json;
//! # let folder = tempfile::tempdir()?;
//! # let path = folder.path().join("x.json");
//! json::save(&path, &vec![1.0f32, 2.0, 3.0])?;           // {"dtype": "<f4", "shape": [3], "data": base64}
//!
//! let graph = json::load(&path)?;                        // all values, arrays in memory
//! assert_eq!(graph.paths()?.count(), 1);
//!
//! let document = json::open(&path)?;                     // or arrays only when they are asked for
//! let x = document.get("")?;                             // document.get("/train/x")? of objects in objects
//! assert_eq!(x.to_vec::<f32>()?, [1.0, 2.0, 3.0]);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # What is read
//!
//! JSON as RFC 8259 has it, in UTF-8, and with what Python writes besides:
//!
//! | in the text | here |
//! |---|---|
//! | `NaN`, `Infinity`, `-Infinity` | the floats |
//! | a number without fraction and exponent | a whole number of any size, up to 20 000 digits |
//! | any other number | the nearest float64; refused where that is infinite |
//! | `null` | none; among floating-point numbers of a list it is NaN, which a note says |
//! | several values, each in lines of its own | several values (JSON lines) |
//! | a key that is there twice in one object | refused: two readers would see two documents |
//! | a lone surrogate | refused: it is not text |
//! | lists of numbers, or of lists of them that have one shape | an array of truths, `int64`, `uint64` or `float64`, if that holds all of them without a change; otherwise a list |
//! | any other list, an object | a list, a dict |
//!
//! # The forms of arrays
//!
//! Anywhere in a document. The bytes of strings of base64 are decoded right from the text into the array.
//!
//! | who writes it | form |
//! |---|---|
//! | `json.dumps([str(a.dtype), base64.b64encode(a), a.shape])` | `["float32", base64, [2, 3]]`, the dtype of records as text (a list, or a dictionary where they are aligned or have holes) or as lists |
//! | this crate, and many by hand | `{"dtype", "shape", "data"}`, the data as base64 or as lists |
//! | Plotly 6 | `{"dtype", "bdata", "shape": "2, 3"}` |
//! | json-numpy | `{"__numpy__", "dtype", "shape"}` |
//! | json-tricks | `{"__ndarray__", "dtype", "shape"}` of lists, `b64:` and `b64.gz:`; bytes, dates and spans of time in lists are its objects for them |
//! | jsonpickle, with its handlers for NumPy and without, of every dtype but objects | `{"py/object": "numpy.ndarray", "dtype", "values"}`, `{"py/reduce"}` |
//! | Bokeh 2 and 3 | `{"__ndarray__", "shape", "dtype", "order"}`, `{"type": "ndarray", "array": {"type": "bytes", ...}}` |
//! | ASE | `{"__ndarray__": [shape, dtype, items]}` |
//! | ND4J by Jackson (feature `jackson`) | `{"array"}`, `{"dataType", "shape", "data"}`, `{"dataBuffer", ...}` |
//! | anyone | a file of another format in a string, as base64 or with a character of Latin-1 for each byte: pickles, `.npy` where the facade knows it |
//!
//! A dtype by its name, `float32`, means the byte order of the machine that wrote the document: little-endian unless
//! [said otherwise](ReadOptions::byte_order_of_names). What begins as one of the forms and has data that is not what it
//! says is an error with its offset; an object that only has the keys of one is an object. A dtype that tells no byte order is
//! a word like others: inside of a document a short text behind it is data only where it has just the bytes of the shape, and
//! otherwise `["i8", "BMW", [2020, 2021]]` is a list.
//!
//! # What is written
//!
//! One of the [forms](Form), the byte order always in the dtype. Objects of a pickle, bytes, complex numbers and sets have
//! no form in JSON and are refused.
//!
//! # Why a parser of our own
//!
//! `serde_json` has no `NaN`, keeps no whole number above 64 bits without changing how all numbers are read, says no
//! offset in bytes, and recurses. This one makes cells that refer to the text, in a loop: a string of 40 MB costs a search
//! for its end, and numbers in lists go to one vector.

mod carried;
mod cells;
mod dtype;
mod encoded;
mod format;
mod forms;
mod items;
mod load;
mod moments;
mod number;
mod numbers;
mod parse;
mod settle;
mod text;
mod write;

use std::path::Path;

use arr_core::{Array, Graph, Result};

pub use format::{Json, JsonLists, JsonTriple};
#[cfg(feature = "jackson")]
pub use format::{Nd4jJackson, Nd4jJacksonVector, Nd4jJsonText};
pub use load::{Document, ReadOptions};
pub use write::{Form, WriteOptions, dump, dumps, save, to_bytes, write_to};

/// The name of the format.
const FORMAT: &str = "json";

/// Reads all that is in a file: see [`ReadOptions::load`].
///
/// # Errors
/// `Io` when it can't be read; `Malformed`, `Unsupported` or `LimitExceeded` with the offset.
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

/// Opens a file: its arrays are found by their paths and decoded when they are asked for.
///
/// # Errors
/// As [`load`].
pub fn open(path: impl AsRef<Path>) -> Result<Document<'static>> {
    ReadOptions::new().open(path)
}

/// Looks at a document in memory: its arrays are decoded right from it when they are asked for.
///
/// # Errors
/// As [`load`].
pub fn view(bytes: &[u8]) -> Result<Document<'_>> {
    ReadOptions::new().view(bytes)
}

/// Reads the array at a path of a file: `/train/x`, `""` where the document is one array.
///
/// # Errors
/// As [`load`]; `InvalidArgument` when the path does not lead to an array.
pub fn read(path: impl AsRef<Path>, at: &str) -> Result<Array> {
    open(path)?.get(at)
}
