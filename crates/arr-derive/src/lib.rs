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
//! | `FixedBytes<N>`, `FixedStr<N>` | `S` and `U` |
//! | `String` with `#[record(dtype = "U8")]` | `U`: at most 8 characters |
//! | `String` with `#[record(dtype = "S8")]` | `S`: at most 8 bytes of UTF-8 |
//! | `i64` with `#[record(dtype = "M8[ns]")]` or `"m8[D]"` | ticks of a date or a duration |
//!
//! # Attributes
//!
//! | of a field | |
//! |---|---|
//! | `#[record(name = "class")]` | its name, if it is not that of the Rust field |
//! | `#[record(title = "the class")]` | its title, which is only written |
//! | `#[record(dtype = "U8")]` | its dtype, for strings and times |
//!
//! | of the struct | |
//! |---|---|
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
//! # What is refused
//!
//! Fields are found by name, so they need one:
//!
//! ```compile_fail
//! #[derive(arr_core::Record)]
//! struct Pair(f32, f32);
//! ```
//!
//! An item has no room for one of several shapes:
//!
//! ```compile_fail
//! #[derive(arr_core::Record)]
//! enum Either { Left { x: f32 }, Right { y: f32 } }
//! ```
//!
//! ```compile_fail
//! #[derive(arr_core::Record)]
//! union Bits { float: f32, int: u32 }
//! ```
//!
//! Its layout is computed once, so it can't depend on a parameter:
//!
//! ```compile_fail
//! #[derive(arr_core::Record)]
//! struct Generic<T> { x: T }
//! ```
//!
//! No name may stand for two fields, and a string has to say how much room it has:
//!
//! ```compile_fail
//! #[derive(arr_core::Record)]
//! struct Twice { x: f32, #[record(name = "x")] y: f32 }
//! ```
//!
//! ```compile_fail
//! #[derive(arr_core::Record)]
//! struct Endless { text: String }
//! ```

mod expand;
mod input;

use proc_macro::TokenStream;
use quote::quote;
use syn::{DeriveInput, parse_macro_input};

/// Makes a struct a record: see [the crate](self) for fields and attributes.
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
