//! Values: an enum of what they are.

use std::borrow::Cow;

use num_complex::Complex;
use serde::de::{Deserialize, Deserializer, Error as _};
use serde::ser::{Error as _, Serialize, Serializer};

use super::data::Raw;
use crate::{Buffer, Error, NodeId, Value};

/// What a value is, as it is written: a reference is the number of its node.
#[derive(Clone, Debug, serde::Serialize, serde::Deserialize)]
#[serde(rename = "Value", rename_all = "snake_case")]
pub(super) enum Form<'a> {
    None,
    Bool(bool),
    Int(i64),
    /// Its decimal digits.
    BigInt(String),
    Float(Float),
    Complex(Float, Float),
    Str(Cow<'a, str>),
    Bytes(Raw<'a>),
    Ref(u32),
}

impl<'a> Form<'a> {
    pub(super) fn of(value: &'a Value) -> Self {
        match value {
            Value::None => Self::None,
            Value::Bool(truth) => Self::Bool(*truth),
            Value::Int(int) => Self::Int(*int),
            Value::BigInt(int) => Self::BigInt(int.to_string()),
            Value::Float(float) => Self::Float(Float(*float)),
            Value::Complex(complex) => Self::Complex(Float(complex.re), Float(complex.im)),
            Value::Str(text) => Self::Str(Cow::Borrowed(text.as_str())),
            Value::Bytes(bytes) => Self::Bytes(Raw(Cow::Borrowed(bytes))),
            Value::Ref(id) => Self::Ref(id.0),
        }
    }

    /// The value; a reference is one to the node of that number.
    pub(super) fn into_value(self) -> crate::Result<Value> {
        Ok(match self {
            Self::None => Value::None,
            Self::Bool(truth) => truth.into(),
            Self::Int(int) => int.into(),
            Self::BigInt(digits) if digits.len() > MOST_DIGITS => {
                let message = format!(
                    "a whole number of {} digits is longer than the {MOST_DIGITS} that are read",
                    digits.len()
                );
                return Err(Error::limit(message));
            }
            Self::BigInt(digits) => Value::from_decimal(&digits)?,
            Self::Float(float) => float.0.into(),
            Self::Complex(re, im) => Complex::new(re.0, im.0).into(),
            Self::Str(text) => text.into_owned().into(),
            Self::Bytes(bytes) => Buffer::from_vec(bytes.0.into_owned()).into(),
            Self::Ref(number) => NodeId(number).into(),
        })
    }
}

/// The most digits of a whole number: to read more takes time that grows with their square.
const MOST_DIGITS: usize = 300_000;

impl Serialize for Value {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Ref(_) => Err(S::Error::custom("a reference means nothing outside of its graph")),
            value => Form::of(value).serialize(serializer),
        }
    }
}

impl<'de> Deserialize<'de> for Value {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        match Form::deserialize(deserializer)? {
            Form::Ref(_) => Err(D::Error::custom("a reference means nothing outside of its graph")),
            form => form.into_value().map_err(D::Error::custom),
        }
    }
}

/// A float with all its bits: where people read it a text, since JSON has neither NaN nor infinities, and not every reader
/// of JSON gives the nearest float.
#[derive(Clone, Copy, Debug)]
pub(super) struct Float(pub(super) f64);

impl Serialize for Float {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let bits = self.0.to_bits();
        match serializer.is_human_readable() {
            false => serializer.serialize_u64(bits),
            true if self.0.is_nan() && bits != f64::NAN.to_bits() => {
                serializer.collect_str(&format_args!("nan:{bits:016x}"))
            }
            true if self.0.is_nan() => serializer.serialize_str("nan"),
            true => serializer.collect_str(&self.0),
        }
    }
}

impl<'de> Deserialize<'de> for Float {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        if !deserializer.is_human_readable() {
            return u64::deserialize(deserializer).map(|bits| Self(f64::from_bits(bits)));
        }
        let text = Cow::<'_, str>::deserialize(deserializer)?;
        let float = match text.strip_prefix("nan:") {
            Some(digits) => {
                u64::from_str_radix(digits, 16).ok().map(f64::from_bits).filter(|float| float.is_nan())
            }
            None if text == "nan" => Some(f64::NAN),
            None => text.parse().ok(),
        };
        float.map(Self).ok_or_else(|| D::Error::custom("a text is not a float"))
    }
}
