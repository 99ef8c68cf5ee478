//! Names of fields in other letters.

use syn::{Error, LitStr, Result};

/// How the words of a name are put together.
#[derive(Clone, Copy)]
pub(super) struct Case {
    separator: &'static str,
    first: fn(&str) -> String,
    others: fn(&str) -> String,
}

/// What the names of the cases look like, as serde has them.
const CASES: [(&str, Case); 8] = [
    ("lowercase", Case { separator: "", first: lower, others: lower }),
    ("UPPERCASE", Case { separator: "", first: upper, others: upper }),
    ("PascalCase", Case { separator: "", first: capital, others: capital }),
    ("camelCase", Case { separator: "", first: lower, others: capital }),
    ("snake_case", Case { separator: "_", first: lower, others: lower }),
    ("SCREAMING_SNAKE_CASE", Case { separator: "_", first: upper, others: upper }),
    ("kebab-case", Case { separator: "-", first: lower, others: lower }),
    ("SCREAMING-KEBAB-CASE", Case { separator: "-", first: upper, others: upper }),
];

impl Case {
    pub(super) fn parse(literal: &LitStr) -> Result<Self> {
        let value = literal.value();
        CASES.iter().find(|(name, _)| *name == value).map(|(_, case)| *case).ok_or_else(|| {
            let names: Vec<_> = CASES.iter().map(|(name, _)| format!("`{name}`")).collect();
            Error::new(literal.span(), format!("expected one of {}", names.join(", ")))
        })
    }

    /// The name of a Rust field, whose words are joined by `_`.
    pub(super) fn apply(self, name: &str) -> String {
        if self.separator == "_" {
            return (self.first)(name);
        }
        let mut words = name.split('_').filter(|word| !word.is_empty());
        let first = words.next().map(self.first);
        let words: Vec<_> = first.into_iter().chain(words.map(self.others)).collect();
        words.join(self.separator)
    }
}

fn lower(word: &str) -> String {
    word.to_lowercase()
}

fn upper(word: &str) -> String {
    word.to_uppercase()
}

fn capital(word: &str) -> String {
    let mut letters = word.chars();
    letters
        .next()
        .into_iter()
        .flat_map(char::to_uppercase)
        .chain(letters.flat_map(char::to_lowercase))
        .collect()
}
