//! What the fuzz targets do with an input. Each body looks for more than crashes: it compares with a second way to
//! the same answer, and panics when they differ.
//!
//! The bodies are shared: a target of libFuzzer calls each with inputs of its own making, and a test of `arr-io`
//! with the fixtures and with mutations of them.
#![allow(clippy::panic, clippy::unwrap_used, reason = "a panic is how a fuzzer learns of a fault")]
#![allow(clippy::cast_possible_truncation, reason = "inputs are small, and choices may wrap")]
#![allow(clippy::missing_panics_doc, reason = "they all do")]

mod cast;
mod choices;
mod detect;
mod doors;
mod dtype;
mod header;
mod json;
mod layer;
mod layout;
mod model;
mod nd4j;
mod npy;
mod npz;
mod objects;
mod part;
mod pickle;
mod pieces;
mod print;
pub mod seeds;
mod swap;
mod text;
mod torch7;

pub use cast::cast;
pub use detect::detect;
pub use doors::doors;
pub use dtype::dtype;
pub use header::header;
pub use json::json;
pub use layer::layer;
pub use layout::layout;
pub use nd4j::nd4j;
pub use npy::npy;
pub use npz::npz;
pub use part::part;
pub use pickle::pickle;
pub use print::print;
pub use text::text;
pub use torch7::torch7;

/// What a target does with an input: it panics when something is wrong.
pub type Body = fn(&[u8]);

/// Every body, under the name of its target.
pub const BODIES: &[(&str, Body)] = &[
    ("npy", npy),
    ("header", header),
    ("dtype", dtype),
    ("layout", layout),
    ("cast", cast),
    ("detect", detect),
    ("print", print),
    ("npz", npz),
    ("part", part),
    ("nd4j", nd4j),
    ("layer", layer),
    ("doors", doors),
    ("text", text),
    ("pickle", pickle),
    ("json", json),
    ("torch7", torch7),
];
