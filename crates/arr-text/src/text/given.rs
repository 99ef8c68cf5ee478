//! Values of options as they are typed: JSON where lists and `null` are wanted, plain text elsewhere.

use arr_core::{Error, Result};
use serde_json::Value;

/// What was given for an option.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Given {
    /// `null`, which is Python's None.
    Null,
    /// A text.
    Text(String),
    /// A whole number.
    Whole(i64),
    /// Another number, or true or false: as JSON writes it.
    Other(String),
    /// A list.
    List(Vec<Given>),
    /// A dict, whose keys are texts.
    Dict(Vec<(String, Given)>),
}

impl Given {
    /// What a text means: `null`, a list in brackets, a dict in braces and a text in quotes are JSON; everything else is
    /// the text itself.
    ///
    /// # Errors
    /// `InvalidArgument` for what begins as JSON and is none.
    pub(crate) fn parse(name: &str, text: &str) -> Result<Self> {
        let trimmed = text.trim();
        let is_json = trimmed == "null" || trimmed.starts_with(['[', '{']) && trimmed.len() > 1;
        if !is_json {
            return Ok(Self::Text(text.to_owned()));
        }
        let value: Value = serde_json::from_str(trimmed)
            .map_err(|error| Error::invalid(format!("{name}: {trimmed} is not JSON: {error}")))?;
        Ok(Self::of(value))
    }

    fn of(value: Value) -> Self {
        match value {
            Value::Null => Self::Null,
            Value::String(text) => Self::Text(text),
            Value::Number(number) => match number.as_i64() {
                Some(number) => Self::Whole(number),
                None => Self::Other(number.to_string()),
            },
            Value::Bool(value) => Self::Other(value.to_string()),
            Value::Array(items) => Self::List(items.into_iter().map(Self::of).collect()),
            Value::Object(entries) => {
                Self::Dict(entries.into_iter().map(|(key, value)| (key, Self::of(value))).collect())
            }
        }
    }
}
