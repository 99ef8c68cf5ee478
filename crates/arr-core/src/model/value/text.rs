//! Texts of values.

use std::borrow::Borrow;
use std::fmt;
use std::ops::Deref;

use ecow::EcoString;

use crate::Result;
use crate::model::room::no_memory;

/// Texts of more bytes ask whether there is memory before they are made.
const ASKED_FROM: usize = 1 << 10;

/// A text that costs nothing to clone: up to 15 bytes are in place, more are shared. Most keys of tables and dicts are in
/// place.
///
/// ```
/// use arr_core::value::Text;
/// let text = Text::from("weight");
/// assert_eq!(text.clone().to_uppercase(), "WEIGHT");
/// assert_eq!(text, *"weight");
/// ```
#[derive(Clone, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Text(EcoString);

impl Text {
    /// A copy of a text.
    ///
    /// # Errors
    /// `LimitExceeded` when memory is short.
    pub fn copy(text: &str) -> Result<Self> {
        if text.len() >= ASKED_FROM {
            // The library ends the process where there is no memory.
            let mut asked: Vec<u8> = Vec::new();
            asked.try_reserve_exact(text.len().saturating_add(64)).map_err(no_memory)?;
        }
        Ok(Self(text.into()))
    }

    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        self.0.as_str()
    }
}

impl Deref for Text {
    type Target = str;

    fn deref(&self) -> &str {
        self.as_str()
    }
}

impl AsRef<str> for Text {
    fn as_ref(&self) -> &str {
        self
    }
}

impl Borrow<str> for Text {
    fn borrow(&self) -> &str {
        self
    }
}

impl PartialEq<str> for Text {
    fn eq(&self, other: &str) -> bool {
        self.as_str() == other
    }
}

impl From<&str> for Text {
    fn from(text: &str) -> Self {
        Self(text.into())
    }
}

impl From<String> for Text {
    fn from(text: String) -> Self {
        Self(text.into())
    }
}

impl fmt::Display for Text {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.as_str().fmt(f)
    }
}

impl fmt::Debug for Text {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self.as_str(), f)
    }
}
