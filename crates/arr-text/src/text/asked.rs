//! The dtype that an option asks for.

use arr_core::format::Options;
use arr_core::format::literal::py_repr;
use arr_core::{DType, Result};

use super::given::Given;

/// What the option `dtype` says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum AskedDType {
    /// Nothing.
    Usual,
    /// `null`: the dtype is what the values look like.
    Inferred,
    /// A dtype.
    As(DType),
}

impl AskedDType {
    /// What options say: `null`, a type string, a list of fields as Python writes it, or the same list in JSON.
    ///
    /// # Errors
    /// `InvalidArgument` when the text names no dtype.
    pub(crate) fn of(options: &Options) -> Result<Self> {
        match options.text("dtype").map(str::trim) {
            None => Ok(Self::Usual),
            Some("null" | "None") => Ok(Self::Inferred),
            Some(text) => dtype(text).map(Self::As),
        }
    }
}

fn dtype(text: &str) -> Result<DType> {
    let refused = match text.parse() {
        Ok(dtype) => return Ok(dtype),
        Err(refused) => refused,
    };
    match Given::parse("dtype", text) {
        Ok(list @ Given::List(_)) => literal(list, 0).ok_or(refused)?.parse(),
        _ => Err(refused),
    }
}

/// A list of fields in JSON as Python writes it: the fields are tuples, and so are shapes.
fn literal(given: Given, depth: usize) -> Option<String> {
    match given {
        Given::Text(text) => Some(py_repr(&text)),
        Given::Whole(number) => Some(number.to_string()),
        Given::List(items) if depth < 100 => {
            let is_tuple = depth % 2 == 1 || items.iter().all(|item| matches!(item, Given::Whole(_)));
            let mut text = String::from(if is_tuple { "(" } else { "[" });
            for item in items {
                text.push_str(&literal(item, depth + 1)?);
                text.push_str(", ");
            }
            text.push(if is_tuple { ')' } else { ']' });
            Some(text)
        }
        _ => None,
    }
}
