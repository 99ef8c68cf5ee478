//! Rust structs as records: a struct's fields find the fields of a structured dtype by name.
//!
//! [`Record`] is derived; everything else here is used by the derived code. A field of such a struct is a
//! [`RecordField`]: an [`Element`](crate::Element), a [`FixedBytes`] or [`FixedStr`], another record, an enum that is a
//! number, a newtype, an array of any of these; a `String`, raw bytes, or ticks of a time, that name their dtype in an
//! attribute; or an `Option`.
//!
//! ```
//! use arr_core::{Array, FixedStr, Record};
//!
//! #[derive(Record, Clone, Debug, PartialEq)]
//! struct Atom {
//!     element: FixedStr<2>,
//!     position: [f32; 3],
//!     #[record(name = "class")]
//!     kind: i32,
//!     #[record(dtype = "U16")]
//!     label: String,
//! }
//!
//! assert_eq!(
//!     Atom::record_type()?.fields()[2].name(), "class"
//! );
//! let atoms = vec![Atom {
//!     element: FixedStr::new("He")?,
//!     position: [0.0, 0.5, 1.0],
//!     kind: -1,
//!     label: "first".into(),
//! }];
//! let array = Array::from_records(&atoms)?;
//! assert_eq!(
//!     array.dtype().to_string(),
//!     "[('element', '<U2'), ('position', '<f4', (3,)), ('class', '<i4'), ('label', '<U16')]"
//! );
//! assert_eq!(array.to_records::<Atom>()?, atoms);
//! # Ok::<(), arr_core::Error>(())
//! ```
//!
//! # How records are read
//!
//! Each field is looked up by name. Fields of the array that the struct does not have are skipped; a field that the
//! array does not have, or has with another dtype, is a `Mismatch` that names it, unless the struct says that it may be
//! missing (`Option`, `default`) or narrower (`widen`). The byte order and the place of a field do not matter. Strings may
//! have another width, as long as each of them fits.
//!
//! # How records are written
//!
//! As [`Record::record_type`] says, without the fields that are `None` in all records. `None` beside a value is an error, since
//! an item has a value for each field.
//!
//! The attributes of the derive are told at [`Record`](derive@crate::Record).

mod field;
mod fixed;
mod items;
mod lack;
mod part;
mod plan;
mod raw;
mod read;
mod text;
mod widen;
mod write;

#[doc(hidden)]
pub use self::field::{Codec, Plain};
pub use self::fixed::{FixedBytes, FixedStr};
pub(crate) use self::items::{Decoder, Encoder, with_room};
#[doc(hidden)]
pub use self::lack::{Lacks, Rule};
#[doc(hidden)]
pub use self::part::{
    FieldAt, Places, all, any_bits, built, check_found, check_inner, check_inner_found, check_part,
    check_skipped, check_transparent, decode_found, decode_inner, decode_inner_found, decode_or, decode_part,
    dtype_of, encode_found, encode_inner, encode_inner_found, encode_part, inner_lacks, inner_rules,
    memory_dtype_of, no_variant, note_lack, place, record_of, retyped, rule, zeros,
};
pub(crate) use self::plan::{Plan, in_row};
#[doc(hidden)]
pub use self::raw::RawBytes;
#[doc(hidden)]
pub use self::text::{ByteText, UnicodeText};
pub(crate) use self::text::{check_end, encode_bytes, encode_unicode, unicode, utf8};

use crate::{DType, RecordType, Result};

/// A Rust type that can be a field of a record, and how it lies in one.
///
/// An item is the bytes of one value in the machine's byte order, as [`dtype`](Self::dtype) says. Implement it by
/// deriving [`Record`].
#[diagnostic::on_unimplemented(
    message = "`{Self}` can't be a field of a record",
    label = "this type is not a field of a record",
    note = "a field is a number, `FixedBytes`, `FixedStr`, another type with `#[derive(Record)]`, an array or an `Option` of these",
    note = "a `String` says how much room it has: `#[record(dtype = \"U8\")]` for characters, `\"S8\"` for bytes of UTF-8"
)]
pub trait RecordField: Sized + Send + Sync {
    /// Bytes of an item.
    const ITEMSIZE: usize;
    /// The alignment in a record that is laid out aligned.
    const ALIGNMENT: usize;
    /// True when all items are values, so that [`check`](Self::check) has nothing to say.
    const ANY_BITS: bool;
    /// How the fields of a record are looked for in a file; none of what has no fields.
    #[doc(hidden)]
    const RULES: &'static [Rule] = &[];

    /// What an item is.
    ///
    /// # Errors
    /// `InvalidArgument` when NumPy has no such dtype: it would be too large.
    fn dtype() -> Result<DType>;

    /// What the type is where it lies in memory as a Rust value, which may have other places for the fields of a
    /// record.
    ///
    /// # Errors
    /// As [`dtype`](Self::dtype); and when the value does not lie in memory as an item does.
    fn memory_dtype() -> Result<DType> {
        Self::dtype()
    }

    /// Checks that an item is a value.
    ///
    /// # Errors
    /// `Mismatch`, naming the field.
    fn check(item: &[u8]) -> Result<()>;

    /// The value of an item that has passed [`check`](Self::check). Of any other bytes it makes some value.
    fn decode(item: &[u8]) -> Self;

    /// Writes the item of the value over all of its bytes, except holes between fields.
    ///
    /// # Errors
    /// `InvalidArgument` when the value has no item, such as a string that is too long, naming the field.
    fn encode(&self, item: &mut [u8]) -> Result<()>;

    /// [`check`](Self::check) of an item of a file that lacks some fields.
    #[doc(hidden)]
    fn check_found(item: &[u8], _: &Lacks) -> Result<()> {
        Self::check(item)
    }

    /// [`decode`](Self::decode) of an item of a file that lacks some fields.
    #[doc(hidden)]
    fn decode_found(item: &[u8], _: &Lacks) -> Self {
        Self::decode(item)
    }

    /// [`encode`](Self::encode) where some fields are left out.
    #[doc(hidden)]
    fn encode_found(&self, item: &mut [u8], _: &Lacks) -> Result<()> {
        self.encode(item)
    }

    /// Which fields are `None`.
    #[doc(hidden)]
    fn lacks(&self) -> Lacks {
        Lacks::default()
    }
}

/// A Rust struct that is an item of a structured dtype. Derive it; see [the module](self) for an example.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a record: nothing says how its fields are those of a file",
    label = "this type is not a record",
    note = "write `#[derive(Record)]` on the struct, with the `Record` of the crate that you read with, such as `arr_npy::Record`",
    note = "arrays of numbers are not read as records: see `Array::to_vec` and `Array::to_typed`"
)]
pub trait Record: RecordField {
    /// The dtype that is written: fields in the order of the struct, in the machine's byte order, without holes unless
    /// the struct asks for an aligned one. Fields that are an `Option` are in it.
    ///
    /// # Errors
    /// `InvalidArgument` when NumPy has no such dtype: it would be too large.
    fn record_type() -> Result<RecordType>;

    /// The dtype in which these records are written: [`record_type`](Self::record_type), without the fields that are
    /// `None`. The first record decides; writing is an error where another one differs.
    ///
    /// # Errors
    /// As `record_type`.
    fn dtype_of(records: &[Self]) -> Result<DType> {
        Ok(Encoder::new(records)?.dtype)
    }

    /// The bytes of records that are plain old data.
    #[doc(hidden)]
    #[must_use]
    fn pod_bytes(_: &[Self]) -> Option<&[u8]> {
        None
    }

    /// The bytes of records that are plain old data, to be overwritten with any others.
    #[doc(hidden)]
    fn pod_bytes_mut(_: &mut [Self]) -> Option<&mut [u8]> {
        None
    }

    /// So many records of zeros, when they are plain old data.
    #[doc(hidden)]
    #[must_use]
    fn pod_zeros(_: usize) -> Option<Result<Vec<Self>>> {
        None
    }

    /// Bytes as records that are plain old data, in the same memory, where they are aligned for them; else the bytes.
    #[doc(hidden)]
    fn pod_from_bytes(bytes: Vec<u8>) -> std::result::Result<Vec<Self>, Vec<u8>> {
        Err(bytes)
    }
}
