//! What is not one array: the objects that pickles, Torch7 files, JSON documents and archives hold.
//!
//! A [`Value`] is small and held in place: none, a number, a text, or a reference to a [`Node`]. A [`Graph`] holds the
//! nodes (arrays, lists, dicts, objects) in an arena, so that what is shared stays shared and what contains itself can.
//! A parser makes one with a [`GraphBuilder`]; nothing here recurses, however deep the nodes nest.
//!
//! | in a pickle | here |
//! |---|---|
//! | `None`, `bool`, `int`, `float`, `complex`, `str`, `bytes` | the value of that name; equal ones need no identity |
//! | `list`, `tuple`, `set`, `frozenset`, `dict` | the node of that name; entries in their order |
//! | `numpy.ndarray`, a NumPy scalar | [`Node::Array`], for a scalar with [`is_scalar`](ArrayNode::is_scalar); items that are objects are [`Items::Values`] |
//! | `numpy.dtype` | [`Node::DType`] |
//! | an instance of any other class | [`Node::Object`]: what `REDUCE` or `NEWOBJ` had is `args`, what `BUILD` had `state`, what `APPENDS` and `SETITEMS` had `items` and `entries` |
//! | a class or function itself | an object without arguments and state |
//!
//! How an instance was made is in [`kwargs`](Object::kwargs), so that it can be written as it was:
//!
//! | `kwargs` | the instance was made by |
//! |---|---|
//! | not there | a call of the class or function with `args` (`REDUCE`, `INST`, `OBJ`) |
//! | [`Value::None`] | `__new__` of the class with `args`, which is what most instances are made by (`NEWOBJ`); without `args` that of `object` (`copyreg._reconstructor`, protocols 0 and 1) |
//! | a dict | `__new__` of the class with `args`, and these arguments by name (`NEWOBJ_EX`) |
//! | a class, an object without arguments and state | `__new__` of that class, a base of its own, with the one value of `args` (`copyreg._reconstructor`, protocols 0 and 1) |
//! | the class `types.InstanceType` | no call, and no `__new__` where it has none, as `INST` and `OBJ` without arguments do |
//! | the class `numpy.ndarray` | the same with all of `args`, as arrays of classes are (`_reconstruct`); one array in `args` is what it was filled with, and `state` what its own state has behind that of the array |
//!
//! | in a Torch7 file | here |
//! |---|---|
//! | nil, boolean, number | [`Value::None`], [`Value::Bool`], [`Value::Float`], whole numbers too |
//! | string | [`Value::Str`] when it is UTF-8, else [`Value::Bytes`] |
//! | table | [`Node::Dict`], in the order of the file, whatever the keys are |
//! | storage | [`Node::Array`] of one dimension, with the [`class`](ArrayNode::class) of the storage |
//! | tensor | [`Node::Array`] with [`Items::View`]s of the storage's node, several on one when they share it; one without dimensions, which is empty, has shape `[0]` |
//! | instance of a class | [`Node::Object`] with its version, and what is after the header as `state` |
//! | function | [`Node::Function`]: its bytes, which are never run |
//!
//! An archive is a dict of its members, a file of several consecutive arrays a list of them.

mod builder;
mod graph;
mod int;
mod join;
mod node;
mod path;
mod same;
mod text;
mod walk;

#[cfg(test)]
mod tests;

pub use self::builder::GraphBuilder;
pub use self::graph::Graph;
pub use self::int::BigInt;
pub use self::node::{ArrayNode, Function, Items, Node, NodeId, Object, Part, View};
pub use self::path::Paths;
pub(crate) use self::path::text_of_name;
pub use self::text::Text;

use std::hash::{Hash, Hasher};
use std::sync::Arc;

use num_complex::Complex;

use crate::model::room::{no_memory, push, reserved};
use crate::{Buffer, Result};

/// One value, 24 bytes wide: what it is, or which [`Node`] of its [`Graph`] it refers to.
///
/// Two values are equal when they are the same kind and bits: NaN equals itself, zero is not minus zero, 1 is not 1.0, and
/// references are equal when they name the same node.
///
/// ```
/// use arr_core::Value;
/// assert_eq!(Value::from(3u8).as_i64(), Some(3));
/// assert_eq!(Value::from("weight").as_str(), Some("weight"));
/// assert_eq!(Value::from(u64::MAX).to_decimal().as_deref(), Some("18446744073709551615"));
/// assert_ne!(Value::from(0.0), Value::from(-0.0));
/// ```
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub enum Value {
    /// Nothing: Python's `None`, Lua's `nil`, JSON's `null`.
    #[default]
    None,
    /// True or false.
    Bool(bool),
    /// A whole number.
    Int(i64),
    /// A whole number that no `i64` holds.
    BigInt(BigInt),
    /// A binary64, with all its bits.
    Float(f64),
    /// Two binary64.
    Complex(Box<Complex<f64>>),
    /// A text.
    Str(Text),
    /// Bytes.
    Bytes(Arc<Buffer>),
    /// A node of the graph that the value is in.
    Ref(NodeId),
}

impl Value {
    /// A copy of a text.
    ///
    /// # Errors
    /// `LimitExceeded` when memory is short.
    pub fn copy_str(text: &str) -> Result<Self> {
        Text::copy(text).map(Self::Str)
    }

    /// A copy of bytes.
    ///
    /// # Errors
    /// `LimitExceeded` when memory is short.
    pub fn copy_bytes(bytes: &[u8]) -> Result<Self> {
        let mut copy = reserved(bytes.len())?;
        copy.extend_from_slice(bytes);
        Ok(copy.into())
    }

    /// A whole number of decimal digits, with a sign in front or not.
    ///
    /// The time it takes grows with the square of the number of digits: a parser bounds that before.
    ///
    /// # Errors
    /// `Malformed` when it is none.
    pub fn from_decimal(digits: &str) -> Result<Self> {
        digits.parse().map(Self::Int).or_else(|_| BigInt::from_decimal(digits).map(BigInt::into_value))
    }

    /// The whole number with these bytes in two's complement, the least significant first; 0 of none.
    #[must_use]
    pub fn from_signed_le_bytes(bytes: &[u8]) -> Self {
        BigInt::from_signed_le_bytes(bytes).into_value()
    }

    /// True for none.
    #[must_use]
    pub fn is_none(&self) -> bool {
        matches!(self, Self::None)
    }

    /// True or false, if it is one of them.
    #[must_use]
    pub fn as_bool(&self) -> Option<bool> {
        match self {
            Self::Bool(truth) => Some(*truth),
            _ => None,
        }
    }

    /// The whole number, if it is one that fits.
    #[must_use]
    pub fn as_i64(&self) -> Option<i64> {
        match self {
            Self::Int(int) => Some(*int),
            _ => None,
        }
    }

    /// The float, or the whole number if a float holds it exactly.
    #[must_use]
    pub fn as_f64(&self) -> Option<f64> {
        match self {
            Self::Float(float) => Some(*float),
            Self::Int(int) => exact_f64(*int),
            _ => None,
        }
    }

    /// The complex number, if it is one.
    #[must_use]
    pub fn as_complex(&self) -> Option<Complex<f64>> {
        match self {
            Self::Complex(complex) => Some(**complex),
            _ => None,
        }
    }

    /// The text, if it is one.
    #[must_use]
    pub fn as_str(&self) -> Option<&str> {
        match self {
            Self::Str(text) => Some(text),
            _ => None,
        }
    }

    /// The bytes, or those of the text in UTF-8.
    #[must_use]
    pub fn as_bytes(&self) -> Option<&[u8]> {
        match self {
            Self::Str(text) => Some(text.as_bytes()),
            Self::Bytes(bytes) => Some(bytes),
            _ => None,
        }
    }

    /// The node it refers to, if it is a reference.
    #[must_use]
    pub fn as_node(&self) -> Option<NodeId> {
        match self {
            Self::Ref(id) => Some(*id),
            _ => None,
        }
    }

    /// The digits of a whole number of any size.
    #[must_use]
    pub fn to_decimal(&self) -> Option<String> {
        match self {
            Self::Int(int) => Some(int.to_string()),
            Self::BigInt(int) => Some(int.to_string()),
            _ => None,
        }
    }
}

impl PartialEq for Value {
    fn eq(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::None, Self::None) => true,
            (Self::Bool(a), Self::Bool(b)) => a == b,
            (Self::Int(a), Self::Int(b)) => a == b,
            (Self::BigInt(a), Self::BigInt(b)) => a == b,
            (Self::Float(a), Self::Float(b)) => a.to_bits() == b.to_bits(),
            (Self::Complex(a), Self::Complex(b)) => bits(a) == bits(b),
            (Self::Str(a), Self::Str(b)) => a == b,
            (Self::Bytes(a), Self::Bytes(b)) => a.as_slice() == b.as_slice(),
            (Self::Ref(a), Self::Ref(b)) => a == b,
            _ => false,
        }
    }
}

impl Eq for Value {}

impl Hash for Value {
    fn hash<H: Hasher>(&self, state: &mut H) {
        std::mem::discriminant(self).hash(state);
        match self {
            Self::None => {}
            Self::Bool(truth) => truth.hash(state),
            Self::Int(int) => int.hash(state),
            Self::BigInt(int) => int.hash(state),
            Self::Float(float) => float.to_bits().hash(state),
            Self::Complex(complex) => bits(complex).hash(state),
            Self::Str(text) => text.hash(state),
            Self::Bytes(bytes) => bytes.as_slice().hash(state),
            Self::Ref(id) => id.hash(state),
        }
    }
}

macro_rules! value_from {
    ($($type:ty => $make:expr),* $(,)?) => {$(
        impl From<$type> for Value {
            fn from(value: $type) -> Self {
                let make: fn($type) -> Self = $make;
                make(value)
            }
        }
    )*};
}

value_from!(
    () => |()| Self::None,
    bool => Self::Bool,
    i8 => |int| Self::Int(int.into()),
    i16 => |int| Self::Int(int.into()),
    i32 => |int| Self::Int(int.into()),
    i64 => Self::Int,
    i128 => |int| Self::from_signed_le_bytes(&int.to_le_bytes()),
    u8 => |int| Self::Int(int.into()),
    u16 => |int| Self::Int(int.into()),
    u32 => |int| Self::Int(int.into()),
    u64 => |int| Self::from(i128::from(int)),
    f32 => |float| Self::Float(float.into()),
    f64 => Self::Float,
    Complex<f64> => |complex| Self::Complex(Box::new(complex)),
    Text => Self::Str,
    String => |text| Self::Str(text.into()),
    &str => |text| Self::Str(text.into()),
    Vec<u8> => |bytes| Self::from(Buffer::from_vec(bytes)),
    &[u8] => |bytes| Self::from(bytes.to_vec()),
    Buffer => |bytes| Self::Bytes(Arc::new(bytes)),
    NodeId => Self::Ref,
);

impl<T: Into<Self>> From<Option<T>> for Value {
    fn from(value: Option<T>) -> Self {
        value.map_or(Self::None, Into::into)
    }
}

fn bits(complex: &Complex<f64>) -> [u64; 2] {
    [complex.re.to_bits(), complex.im.to_bits()]
}

/// The float that is just this number.
fn exact_f64(int: i64) -> Option<f64> {
    let magnitude = int.unsigned_abs();
    let odd = magnitude.checked_shr(magnitude.trailing_zeros());
    #[allow(clippy::cast_precision_loss, reason = "it has no more than 53 significant bits")]
    odd.is_none_or(|odd| odd < 1 << 53).then_some(int as f64)
}
