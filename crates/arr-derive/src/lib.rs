//! `#[derive(Record)]` of the `arr` crates: a Rust struct as an item of a structured dtype of NumPy.
//!
//! Use it through the crate that you read arrays with, beside the trait of that name: `arr_core::Record`,
//! `arr_npy::Record` or `arr_io::Record`. The macro is there three times, since the code that it makes has to name the
//! crate through which it finds the trait, and can't ask on which of them a program depends.
//!
//! # Fields
//!
//! | field | dtype |
//! |---|---|
//! | a number: `bool`, `i8` to `i64`, `u8` to `u64`, `f16`, `bf16`, `f32`, `f64`, complex | its own |
//! | `[T; N]`, of any depth | a sub-array |
//! | another struct with `#[derive(Record)]` | a nested record |
//! | an enum without data, with `#[repr(u8)]` or another integer, and `#[derive(Record)]` | that integer; other numbers in a file are an error |
//! | `struct Meters(f64);` with `#[derive(Record)]` | what its field is |
//! | `FixedBytes<N>`, `FixedStr<N>` | `S` and `U` |
//! | `String` with `#[record(dtype = "U8")]` | `U`: at most 8 characters |
//! | `String` with `#[record(dtype = "S8")]` | `S`: at most 8 bytes of UTF-8 |
//! | `[u8; 16]` with `#[record(dtype = "V16")]` | `V`: raw bytes |
//! | `i64` with `#[record(dtype = "M8[ns]")]` or `"m8[D]"` | ticks of a date or a duration |
//! | `Option<T>` of any of these | that of `T`; see below |
//!
//! A struct may have parameters: the code asks of them what its fields need.
//!
//! # Attributes
//!
//! | of a field | |
//! |---|---|
//! | `#[record(name = "class")]` | its name, if it is not that of the Rust field; `rename` is another word for it |
//! | `#[record(title = "the class")]` | its title, which is only written |
//! | `#[record(dtype = "U8")]` | its dtype, for strings, raw bytes and times |
//! | `#[record(default)]` | a file may lack it: then it has the value of `Default` |
//! | `#[record(default = "path::to::function")]` | a file may lack it: then it has the value that the function gives |
//! | `#[record(skip)]` | it is in no file; read, it has the value of `Default`, or of its `default` |
//! | `#[record(widen)]` | its numbers may be narrower in a file, as far as no value changes: `<i4` for an `i64`, `<f4` for an `f64` |
//!
//! | of the struct | |
//! |---|---|
//! | `#[record(rename_all = "camelCase")]` | how fields without a `name` are called: the words are those of serde |
//! | `#[record(widen)]` | `widen` for all of its fields |
//! | `#[record(aligned)]` | fields are placed as C does (NumPy's `align=True`); otherwise without holes |
//! | `#[record(pod)]` | it has all of `bytemuck::Pod`, so that whole slices are copied where memory and file agree |
//! | `#[record(crate = "path::to::arr_core")]` | where `arr_core` is, if the crate was renamed |
//!
//! ```
//! #[derive(arr_core::Record)]
//! #[record(aligned)]
//! struct Event {
//!     #[record(dtype = "M8[us]", name = "time")]
//!     at: i64,
//!     channels: [[i16; 2]; 4],
//!     r#type: u8,
//! }
//! let event = <Event as arr_core::Record>::record_type()?;
//! assert_eq!(event.fields().iter().map(|field| field.name()).collect::<Vec<_>>(), ["time", "channels", "type"]);
//! assert_eq!(event.itemsize(), 32);
//! # Ok::<(), arr_core::Error>(())
//! ```
//!
//! # Fields that may be missing
//!
//! An item of NumPy has a value for each field, so that there is nothing that could stand for `None` in one of them. A field
//! that is an `Option` is `None` where the dtype of the file lacks it, in all records. It is written in the same way: records
//! that all have `None` make a file without the field. If some have a value and some have not, writing is an error, which
//! names field and row: a value of your own, such as NaN, has to stand for none.
//!
//! ```
//! use arr_core::{Array, Record};
//!
//! #[derive(Record, Clone, Debug, PartialEq)]
//! struct Star {
//!     brightness: f32,
//!     #[record(widen)]
//!     catalog: Option<i64>,
//!     #[record(default = "unknown")]
//!     class: Class,
//!     #[record(skip)]
//!     is_selected: bool,
//! }
//!
//! #[derive(Record, Clone, Copy, Debug, PartialEq)]
//! #[repr(u8)]
//! enum Class {
//!     Dwarf = 1,
//!     Giant = 2,
//!     Unknown = 9,
//! }
//!
//! fn unknown() -> Class {
//!     Class::Unknown
//! }
//!
//! let old = [Star { brightness: 0.5, catalog: None, class: Class::Dwarf, is_selected: false }];
//! let array = Array::from_records(&old)?;
//! assert_eq!(array.dtype().to_string(), "[('brightness', '<f4'), ('class', '|u1')]");
//! assert_eq!(array.to_records::<Star>()?, old);
//!
//! let mixed = [old[0].clone(), Star { catalog: Some(7), ..old[0].clone() }];
//! let error = Array::from_records(&mixed).unwrap_err();
//! assert!(error.to_string().starts_with("catalog: row 1: there is a value, which would be lost"));
//! # Ok::<(), arr_core::Error>(())
//! ```
//!
//! # What is refused
//!
//! By the compiler, with a message that says what to do: an enum with data, and a union, since an item has no room for one of
//! several shapes; fields without names, since they are found by name; two fields of one name; a `String` that does not say how
//! much room it has; an `Option` in an array or in another `Option`, of which a file can't lack single items.
//!
//! When a file is read: a field that it lacks, unless it may; another dtype, or a narrower one without `widen`; bytes that are
//! no value. An integer of 64 bits is never widened to a float, which NumPy calls safe and which rounds.

mod expand;
mod input;

use proc_macro::TokenStream;
use quote::quote;
use syn::{DeriveInput, parse_macro_input};

/// Makes a struct a record, and a newtype or an enum without data the field of one: see [the crate](self) for fields and attributes.
#[proc_macro_derive(Record, attributes(record))]
pub fn record(input: TokenStream) -> TokenStream {
    derived(&parse_macro_input!(input), &quote!(::arr_core))
}

/// `Record` for those who depend on `arr-npy`, which re-exports it under that name.
#[proc_macro_derive(NpyRecord, attributes(record))]
pub fn npy_record(input: TokenStream) -> TokenStream {
    derived(&parse_macro_input!(input), &quote!(::arr_npy::arr_core))
}

/// `Record` for those who depend on `arr-io`, which re-exports it under that name.
#[proc_macro_derive(IoRecord, attributes(record))]
pub fn io_record(input: TokenStream) -> TokenStream {
    derived(&parse_macro_input!(input), &quote!(::arr_io::core))
}

fn derived(input: &DeriveInput, default_path: &proc_macro2::TokenStream) -> TokenStream {
    match input::Record::parse(input) {
        Ok(record) => expand::record(&record, default_path).into(),
        Err(error) => error.into_compile_error().into(),
    }
}

#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
