//! From text to dtype: everything that `numpy.dtype(text)` takes, as NumPy 2 on 64-bit Linux understands it.

mod comma;
mod names;
mod time;

use std::borrow::Cow;
use std::str::FromStr;

use super::{DType, MAX_ITEMSIZE, RecordType, SubArray, descr};
use crate::format::literal::{Int, Ints};
use crate::{ByteOrder, Error, Result, Scalar};

/// Why a text names no dtype; empty when it just does not.
type Reason = Cow<'static, str>;

/// Whose type strings are understood.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Dialect {
    /// Those in NumPy's files.
    NumPy,
    /// Ours too: `bfloat16`, `utf8`, and NumPy's way to print records that have no `descr`.
    Ours,
}

impl FromStr for DType {
    type Err = Error;

    /// Reads whatever `numpy.dtype` takes as a string (`<f4`, `f4`, `float32`, `M8[25s]`, `<i4,(2,3)f8`), the list or
    /// tuple that describes a record or sub-array (`[('x', '<f4')]`), and `bfloat16` and `utf8`. Without a byte
    /// order, that of the machine is meant.
    ///
    /// # Errors
    /// `InvalidArgument` when the text names no dtype; `Malformed` when it begins like a list or tuple and is none.
    fn from_str(text: &str) -> Result<Self> {
        let literal = match text.trim_start().as_bytes() {
            [b'[' | b'{', ..] => true,
            // `(2,3)f4` is a type string, `('f4', (2, 3))` is not.
            [b'(', rest @ ..] => {
                let next = rest.iter().find(|byte| **byte != b' ');
                next.is_some_and(|byte| !matches!(byte, b'0'..=b'9' | b',' | b')'))
            }
            _ => false,
        };
        if literal {
            return descr::read_text(text);
        }
        type_string(text, Dialect::Ours).map_err(Error::invalid)
    }
}

/// What `numpy.dtype(text)` makes of a text, or the whole message of an error.
pub(super) fn type_string(text: &str, dialect: Dialect) -> Result<DType, String> {
    let dtype = if comma::is_comma_string(text) { comma::parse(text) } else { simple(text, dialect) };
    dtype.map_err(|reason| {
        let shown: String = text.chars().take(80).collect();
        let colon = if reason.is_empty() { "" } else { ": " };
        format!("{} is not a dtype{colon}{reason}", crate::format::literal::py_repr(&shown))
    })
}

/// The error for a text that means nothing.
#[cold]
const fn unknown() -> Reason {
    Cow::Borrowed("")
}

#[cold]
const fn too_large() -> Reason {
    Cow::Borrowed("an item would have more than 2147483647 bytes")
}

/// One type without commas and repetitions (`_convert_from_str` in NumPy's `descriptor.c`).
fn simple(text: &str, dialect: Dialect) -> Result<DType, Reason> {
    let (prefix, rest) = match text.as_bytes().first() {
        Some(b'<') => (Some(ByteOrder::Little), text.get(1..)),
        Some(b'>') => (Some(ByteOrder::Big), text.get(1..)),
        Some(b'=' | b'|') => (Some(ByteOrder::NATIVE), text.get(1..)),
        _ => (None, Some(text)),
    };
    let (rest, order) = (rest.unwrap_or(""), prefix.unwrap_or(ByteOrder::NATIVE));
    if let Some((is_span, unit)) = time::split(rest) {
        let unit = time::parse(unit)?;
        return Ok(if is_span { DType::TimeDelta(unit, order) } else { DType::DateTime(unit, order) });
    }
    let mut chars = rest.chars();
    let Some(kind) = chars.next() else { return Err(unknown()) };
    if chars.as_str().is_empty() {
        return letter(kind, order).ok_or_else(unknown);
    }
    if let Some(size) = strtol(chars.as_str()).filter(|(_, behind)| behind.is_empty()) {
        return sized(kind, size.0, order);
    }
    if dialect == Dialect::Ours && rest == Scalar::BF16.code() {
        return Ok(DType::Scalar(Scalar::BF16, order));
    }
    match (names::find(rest), prefix) {
        (Some(dtype), None) => Ok(dtype),
        (None, None) if dialect == Dialect::Ours && rest == "utf8" => Ok(DType::Utf8),
        _ => Err(unknown()),
    }
}

/// The one-letter codes.
fn letter(code: char, order: ByteOrder) -> Option<DType> {
    let scalar = match code {
        '?' => Scalar::Bool,
        'b' => Scalar::I8,
        'B' => Scalar::U8,
        'h' => Scalar::I16,
        'H' => Scalar::U16,
        'i' => Scalar::I32,
        'I' => Scalar::U32,
        'l' | 'q' | 'n' | 'p' => Scalar::I64,
        'L' | 'Q' | 'N' | 'P' => Scalar::U64,
        'e' => Scalar::F16,
        'f' => Scalar::F32,
        'd' => Scalar::F64,
        'g' => Scalar::LongDouble16,
        'F' => Scalar::Complex64,
        'D' => Scalar::Complex128,
        'G' => Scalar::ComplexLongDouble32,
        // An old name of byte strings.
        'S' | 'a' => return Some(DType::Bytes(0)),
        'c' => return Some(DType::Bytes(1)),
        'U' => return Some(DType::Unicode(0, order)),
        'V' => return Some(DType::Void(0)),
        'O' => return Some(DType::Object),
        'M' => return Some(DType::DateTime(crate::TimeUnit::Generic, order)),
        'm' => return Some(DType::TimeDelta(crate::TimeUnit::Generic, order)),
        _ => return None,
    };
    Some(DType::Scalar(scalar, order))
}

/// A kind and its size in bytes (characters for `U`).
fn sized(kind: char, size: i64, order: ByteOrder) -> Result<DType, Reason> {
    let size = usize::try_from(size).map_err(|_| unknown())?;
    if size > MAX_ITEMSIZE {
        return Err(too_large());
    }
    let scalar = match (kind, size) {
        ('S' | 'a', _) => return Ok(DType::Bytes(size)),
        ('V', _) => return Ok(DType::Void(size)),
        ('U', _) if size > MAX_ITEMSIZE / 4 => return Err(too_large()),
        ('U', _) => return Ok(DType::Unicode(size, order)),
        // 32-bit machines wrote `|O4`; the pointers themselves are in no file.
        ('O', 4 | 8) => return Ok(DType::Object),
        ('b', 1) => Scalar::Bool,
        ('i', 1) => Scalar::I8,
        ('i', 2) => Scalar::I16,
        ('i', 4) => Scalar::I32,
        ('i', 8) => Scalar::I64,
        ('u', 1) => Scalar::U8,
        ('u', 2) => Scalar::U16,
        ('u', 4) => Scalar::U32,
        ('u', 8) => Scalar::U64,
        ('f', 2) => Scalar::F16,
        ('f', 4) => Scalar::F32,
        ('f', 8) => Scalar::F64,
        ('f', 12) => Scalar::LongDouble12,
        ('f', 16) => Scalar::LongDouble16,
        ('c', 8) => Scalar::Complex64,
        ('c', 16) => Scalar::Complex128,
        ('c', 24) => Scalar::ComplexLongDouble24,
        ('c', 32) => Scalar::ComplexLongDouble32,
        _ => return Err(unknown()),
    };
    Ok(DType::Scalar(scalar, order))
}

/// The integer at the beginning of `text` and what is after it, as C's `strtol` reads it: blanks, a sign and
/// leading zeros are fine. Integers that are too long saturate.
fn strtol(text: &str) -> Option<(i64, &str)> {
    let trimmed = text.trim_start_matches([' ', '\t', '\n', '\x0B', '\x0C', '\r']);
    let (negative, digits) = match trimmed.as_bytes().first() {
        Some(b'-') => (true, trimmed.get(1..)?),
        Some(b'+') => (false, trimmed.get(1..)?),
        _ => (false, trimmed),
    };
    let behind = digits.trim_start_matches(|c: char| c.is_ascii_digit());
    let digits = digits.get(..digits.len() - behind.len()).filter(|digits| !digits.is_empty())?;
    let add = |value: i64, digit: u8| value.saturating_mul(10).saturating_add(i64::from(digit - b'0'));
    let value = digits.bytes().fold(0, add);
    Some((if negative { -value } else { value }, behind))
}

/// The dtype `(base, shape)`: a sub-array; but a size for a string or void that has none.
pub(super) fn sub_array(base: DType, shape: &Ints) -> Result<DType, Reason> {
    let dims = match (shape, base.itemsize() == 0, &base) {
        (Ints::One(size), true, DType::Bytes(_)) => return sized('S', to_i64(*size), ByteOrder::NATIVE),
        (Ints::One(size), true, DType::Void(_)) => return sized('V', to_i64(*size), ByteOrder::NATIVE),
        (Ints::One(size), true, DType::Unicode(_, order)) => return sized('U', to_i64(*size), *order),
        // NumPy takes the number for a size here too, and then contradicts itself.
        (_, true, DType::Bytes(_) | DType::Void(_) | DType::Unicode(..) | DType::SubArray(_)) => {
            return Err(Cow::Borrowed("a sub-array of items without a size"));
        }
        (Ints::List(dims), ..) if dims.is_empty() => return Err(Cow::Borrowed("an empty list as the shape")),
        (Ints::One(dim), ..) => std::slice::from_ref(dim),
        (Ints::Tuple(dims) | Ints::List(dims), ..) => dims,
    };
    let dim = |dim: &Int| dim.to_usize().filter(|dim| *dim <= MAX_ITEMSIZE);
    let dims: Option<crate::model::layout::Dims> = dims.iter().map(dim).collect();
    let Some(dims) = dims else {
        return Err(Cow::Borrowed("a dimension of a sub-array is negative or larger than 2147483647"));
    };
    SubArray::new(base, &dims).map(DType::from).map_err(|error| error.to_string().into())
}

/// Every integer that is not a size becomes one that is refused.
fn to_i64(size: Int) -> i64 {
    match size.to_u64() {
        _ if size.is_negative() => -1,
        Some(size) => i64::try_from(size).unwrap_or(i64::MAX),
        None => i64::MAX,
    }
}

/// The fields `f0`, `f1`, ... one after another.
fn numbered(fields: Vec<DType>) -> Result<DType, Reason> {
    let mut builder = RecordType::builder();
    for (index, dtype) in fields.into_iter().enumerate() {
        builder = builder.field(format!("f{index}"), dtype);
    }
    builder.build().map(DType::from).map_err(|error| error.to_string().into())
}

#[cfg(test)]
mod tests;
