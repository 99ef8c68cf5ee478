//! What a caller should know of a table beside its values.

use std::fmt;

/// A field of a text.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Place {
    /// The line, from 1 on.
    pub line: u64,
    /// The column, from 1 on.
    pub column: u64,
    /// The text of the field, no more than 80 characters of it.
    pub text: String,
}

/// What was not read as it stands.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Report {
    /// How many fields are not values of their dtype, though nothing says that they are missing, and were replaced.
    pub replaced: u64,
    /// The first of them.
    pub first_replaced: Option<Place>,
    /// How many fields are missing: empty, or a text that stands for a missing value.
    pub missing: u64,
    /// How many rows were left out, since they have another number of columns.
    pub skipped_rows: u64,
    /// The line of the first of them, and how many columns it has.
    pub first_skipped: Option<(u64, u64)>,
    /// True when there is no line with a field.
    pub is_empty: bool,
}

impl Report {
    /// True when there is something to tell: missing fields are none.
    #[must_use]
    pub fn has_notes(&self) -> bool {
        self.replaced > 0 || self.skipped_rows > 0 || self.is_empty
    }
}

/// One line, or none when there is nothing to tell.
impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut separator = "";
        if let Some(place) = &self.first_replaced {
            let fields = if self.replaced == 1 { "field is not a value" } else { "fields are not values" };
            let text = arr_core::format::literal::py_repr(&place.text);
            let (line, column) = (place.line, place.column);
            write!(
                f,
                "{} {fields}, replaced: the first is {text} in line {line}, column {column}",
                self.replaced
            )?;
            separator = "; ";
        }
        if let Some((line, columns)) = self.first_skipped {
            let [has, are] = if self.skipped_rows == 1 { ["row has", "is"] } else { ["rows have", "are"] };
            write!(
                f,
                "{separator}{} {has} another number of columns and {are} left out, the first in line {line} ({columns})",
                self.skipped_rows
            )?;
            separator = "; ";
        }
        if self.is_empty {
            write!(f, "{separator}there are not rows")?;
        }
        Ok(())
    }
}
