//! Numbers in nested lists, as people write them: `[[1, 2], [3, 4]]`.
//!
//! Lists say nothing of dtype and byte order: a field that knows its items (`Array2<f32>`, `Vec<u8>`) reads its own, and an
//! [`Array`] takes booleans as `bool`, whole numbers as `int64` (`uint64` where one is larger), and others as `float64`.
//! Numbers that the items can't hold are refused, and so are lists of different lengths.
//!
//! Where people read the format, what is not finite is `"nan"`, `"inf"` or `"-inf"`, since JSON has no such numbers; `null`
//! is read as NaN. Which NaN it was is lost there. Everywhere else floats keep their bits.
//!
//! Fields of a known rank are read from every format, others from those that describe themselves (JSON, CBOR, MessagePack).
//! Texts, dates, records, complex numbers and long doubles have no form as numbers and are refused; so are arrays like that of
//! shape `(0, 3)`, of whose lists nobody could tell the 3. Of one of shape `(0, 0)` only a field of a known rank tells the
//! second.

mod found;
mod read;

use arr_core::{Array, ArrayView, AsArray, ByteOrder, DType, Error, Order, Scalar};
use half::{bf16, f16};
use serde::de::Deserializer;
use serde::ser::{Error as _, Serialize, SerializeSeq as _, Serializer};

use crate::FromArray;

/// Writes an array.
///
/// # Errors
/// Those of the format, and when the array has no form as lists of numbers.
pub fn serialize<A: AsArray + ?Sized, S: Serializer>(array: &A, serializer: S) -> Result<S::Ok, S::Error> {
    let written = array.with_view(|view| {
        let (kind, values) = numbers(view)?;
        let bytes = values.as_bytes(Order::C).unwrap_or_default();
        Ok(Level { kind, bytes, shape: view.shape() }.serialize(serializer))
    });
    written.map_err(S::Error::custom)?
}

/// Reads an array.
///
/// # Errors
/// Those of the format; when lists have different lengths, or a number is none of what is wanted.
pub fn deserialize<'de, A: FromArray, D: Deserializer<'de>>(deserializer: D) -> Result<A, D::Error> {
    let array = read::lists(deserializer, A::KIND, A::RANK)?;
    A::from_array(array).map_err(serde::de::Error::custom)
}

/// The numbers of an array, in C order and the machine's byte order.
fn numbers(view: &ArrayView<'_>) -> Result<(Scalar, Array), Error> {
    let kind = match view.dtype() {
        DType::Scalar(kind, _) if is_number(*kind) => *kind,
        other => {
            return Err(Error::unsupported(format!("items of {other} have no form as numbers in lists")));
        }
    };
    let behind = view.shape().iter().skip_while(|dim| **dim > 0);
    if behind.clone().any(|dim| *dim > 0) {
        let shape = view.shape();
        return Err(Error::unsupported(format!("lists without items would not tell the shape {shape:?}")));
    }
    Ok((kind, view.to_contiguous_in(Order::C, ByteOrder::NATIVE)?))
}

/// True for what is a number of JSON's, or a boolean.
fn is_number(kind: Scalar) -> bool {
    !kind.is_complex() && !matches!(kind, Scalar::LongDouble12 | Scalar::LongDouble16)
}

/// A list of lists, or a number.
struct Level<'a> {
    kind: Scalar,
    bytes: &'a [u8],
    shape: &'a [usize],
}

impl Serialize for Level<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Some((dim, rest)) = self.shape.split_first() else { return self.number(serializer) };
        let mut list = serializer.serialize_seq(Some(*dim))?;
        let len = self.bytes.len().checked_div(*dim).unwrap_or(0);
        if len > 0 {
            for bytes in self.bytes.chunks_exact(len) {
                list.serialize_element(&Level { kind: self.kind, bytes, shape: rest })?;
            }
        } else {
            for _ in 0..*dim {
                list.serialize_element(&Level { kind: self.kind, bytes: &[], shape: rest })?;
            }
        }
        list.end()
    }
}

impl Level<'_> {
    fn number<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        macro_rules! number {
            ($type:ty, $method:ident) => {
                match self.bytes.first_chunk() {
                    Some(bytes) => to.$method(<$type>::from_ne_bytes(*bytes).into()),
                    None => Err(S::Error::custom("an invariant of the library is broken: an item is lost")),
                }
            };
        }
        let float = |number: f64| to_word(number).filter(|_| to.is_human_readable());
        let word = match (self.kind, self.bytes) {
            (Scalar::F16, [a, b, ..]) => float(f16::from_ne_bytes([*a, *b]).into()),
            (Scalar::BF16, [a, b, ..]) => float(bf16::from_ne_bytes([*a, *b]).into()),
            (Scalar::F32, [a, b, c, d, ..]) => float(f32::from_ne_bytes([*a, *b, *c, *d]).into()),
            (Scalar::F64, bytes) => bytes.first_chunk().and_then(|bytes| float(f64::from_ne_bytes(*bytes))),
            _ => None,
        };
        if let Some(word) = word {
            return to.serialize_str(word);
        }
        match self.kind {
            Scalar::Bool => match self.bytes {
                [0] => to.serialize_bool(false),
                [1] => to.serialize_bool(true),
                _ => Err(S::Error::custom("a byte is neither 0 nor 1, so no boolean")),
            },
            Scalar::I8 => number!(i8, serialize_i8),
            Scalar::I16 => number!(i16, serialize_i16),
            Scalar::I32 => number!(i32, serialize_i32),
            Scalar::I64 => number!(i64, serialize_i64),
            Scalar::U8 => number!(u8, serialize_u8),
            Scalar::U16 => number!(u16, serialize_u16),
            Scalar::U32 => number!(u32, serialize_u32),
            Scalar::U64 => number!(u64, serialize_u64),
            Scalar::F16 => number!(f16, serialize_f32),
            Scalar::BF16 => number!(bf16, serialize_f32),
            Scalar::F32 => number!(f32, serialize_f32),
            Scalar::F64 => number!(f64, serialize_f64),
            other => Err(S::Error::custom(format!("{other:?} is not a number of a list"))),
        }
    }
}

/// The word of a float that is not finite.
fn to_word(number: f64) -> Option<&'static str> {
    if number.is_finite() {
        None
    } else if number.is_nan() {
        Some("nan")
    } else if number > 0.0 {
        Some("inf")
    } else {
        Some("-inf")
    }
}

/// The float that a word is.
fn of_word(word: &str) -> Option<f64> {
    match word {
        "nan" => Some(f64::NAN),
        "inf" => Some(f64::INFINITY),
        "-inf" => Some(f64::NEG_INFINITY),
        _ => None,
    }
}
