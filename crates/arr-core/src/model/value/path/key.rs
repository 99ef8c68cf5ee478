//! What is written for a key.

use std::borrow::Cow;

use crate::Value;

/// What a value or item is found by.
#[derive(Clone, Copy)]
pub(super) enum Key<'a> {
    Value(&'a Value),
    Index(usize),
}

/// The kinds of keys that have a text, those first whose text is the name when several have the same.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Kind {
    Str,
    Int,
    Float,
    Bytes,
    Bool,
    None,
    /// Bytes that are not UTF-8, and what holds a NUL, which no name of a file or member has: their text is never a name
    /// without its kind.
    Hex,
}

impl Kind {
    pub(super) fn word(self) -> &'static str {
        match self {
            Self::Str => "str",
            Self::Int => "int",
            Self::Float => "float",
            Self::Bytes => "bytes",
            Self::Bool => "bool",
            Self::None => "none",
            Self::Hex => "hex",
        }
    }
}

/// Whole numbers of more bits are named by their place: their digits take too long.
const MOST_BITS: u64 = 4096;

/// Whole numbers below this are written without a fraction; a float holds each of them.
const WHOLE: f64 = 9_007_199_254_740_992.0;

/// The text of a key, if it has one.
pub(super) fn text<'a>(key: Key<'a>) -> Option<(Kind, Cow<'a, str>)> {
    let value = match key {
        Key::Index(index) => return Some((Kind::Int, index.to_string().into())),
        Key::Value(value) => value,
    };
    Some(match value {
        Value::Str(text) if has_nul(text.as_bytes()) => (Kind::Hex, hex(text.as_bytes()).into()),
        Value::Str(text) => (Kind::Str, text.as_str().into()),
        Value::Int(int) => (Kind::Int, int.to_string().into()),
        Value::BigInt(int) if int.bits() <= MOST_BITS => (Kind::Int, int.to_string().into()),
        Value::Float(float) => (Kind::Float, float_text(*float).into()),
        Value::Bytes(bytes) => match std::str::from_utf8(bytes) {
            Ok(text) if !has_nul(bytes) => (Kind::Bytes, text.into()),
            _ => (Kind::Hex, hex(bytes).into()),
        },
        Value::Bool(truth) => (Kind::Bool, if *truth { "true" } else { "false" }.into()),
        Value::None => (Kind::None, "none".into()),
        Value::BigInt(_) | Value::Complex(_) | Value::Ref(_) => return None,
    })
}

fn float_text(float: f64) -> String {
    if float.trunc() == float && float.abs() < WHOLE { format!("{float:.0}") } else { format!("{float:?}") }
}

fn has_nul(bytes: &[u8]) -> bool {
    bytes.contains(&0)
}

fn hex(bytes: &[u8]) -> String {
    const DIGITS: [char; 16] =
        ['0', '1', '2', '3', '4', '5', '6', '7', '8', '9', 'a', 'b', 'c', 'd', 'e', 'f'];
    let digits = bytes.iter().flat_map(|byte| [byte >> 4, byte & 15]);
    digits.filter_map(|digit| DIGITS.get(usize::from(digit))).collect()
}

/// The text with `~` and `/` written as `~0` and `~1`.
pub(super) fn escaped(text: &str) -> String {
    text.replace('~', "~0").replace('/', "~1")
}

/// The text of a name in a path, where it is that of a key.
pub(crate) fn unescaped(name: &str) -> Option<Cow<'_, str>> {
    let mut parts = name.split('~');
    let first = parts.next()?;
    if first.len() == name.len() {
        return Some(name.into());
    }
    let mut text = first.to_owned();
    for part in parts {
        let (escaped, rest) = part.split_at_checked(1)?;
        text.push(match escaped {
            "0" => '~',
            "1" => '/',
            _ => return None,
        });
        text.push_str(rest);
    }
    Some(text.into())
}

/// A number as it is written: `07` and `+7` are none.
pub(super) fn number(name: &str) -> Option<usize> {
    let is_plain = name == "0" || !name.starts_with(['0', '+']);
    name.parse().ok().filter(|_| is_plain)
}

impl Value {
    /// The name by which an entry of this key is found, as [`Graph::find`](crate::Graph::find) has names, where no other
    /// key has the same text: `weight`, `3`, `a~1b`. Nothing of references and of other keys that are named by their
    /// place.
    #[must_use]
    pub fn path_name(&self) -> Option<String> {
        text(Key::Value(self)).map(|(kind, text)| match kind {
            Kind::Hex => format!("~{}:{text}", kind.word()),
            _ => escaped(&text),
        })
    }
}
