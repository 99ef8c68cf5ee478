//! Options of formats as data: a table in each format, values by name.

use std::path::PathBuf;

use crate::{Error, Result};

use super::info::FormatInfo;

/// When an option counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Side {
    /// When files are read.
    Reading,
    /// When files are written.
    Writing,
    /// In both directions.
    Both,
}

/// What the value of an option is.
#[derive(Clone, Copy, Debug, PartialEq)]
#[non_exhaustive]
pub enum OptionKind {
    /// True or false; bare, it is true.
    Flag,
    /// A whole number from the first to the second.
    Integer(i64, i64),
    /// A number.
    Number,
    /// Any text.
    Text,
    /// One of these words, in whichever case.
    Choice(&'static [&'static str]),
    /// Paths of files, in their order: the option is given once for each.
    Files,
}

/// One option of a format: a row of its table, from which flags, help, completions and keyword arguments are made.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct OptionInfo {
    /// The name, in words joined by hyphens, after the parameter of the reference program: `skip-header`.
    pub name: &'static str,
    /// What its value is.
    pub kind: OptionKind,
    /// What a value is called in help, in capitals: `ENCODING`.
    pub value: &'static str,
    /// The default value, as it would be typed; empty when there is nothing to type. A flag whose default is `true` is
    /// taken back by its name after `no-`.
    pub default: &'static str,
    /// What the option means without a value, as it would be typed; empty when it needs one.
    pub bare: &'static str,
    /// When it counts.
    pub side: Side,
    /// A line of help, without a final full stop.
    pub help: &'static str,
    /// What else is to be known, in whole sentences; may be empty.
    pub details: &'static str,
    /// What it stands for in the reference program: `numpy.loadtxt(skiprows=)`; may be empty.
    pub reference: &'static str,
}

impl Eq for OptionInfo {}

/// The value of an option.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum OptionValue {
    /// Of a flag.
    Flag(bool),
    /// A whole number.
    Integer(i64),
    /// A number.
    Number(f64),
    /// A text, or a word of a choice.
    Text(String),
    /// Paths of files.
    Files(Vec<PathBuf>),
}

macro_rules! values {
    ($($type:ty => $variant:ident),*) => {$(
        impl From<$type> for OptionValue {
            fn from(value: $type) -> Self {
                Self::$variant(value.into())
            }
        }
    )*};
}

values!(
    bool => Flag, i64 => Integer, i32 => Integer, u32 => Integer, f64 => Number, &str => Text, String => Text,
    Vec<PathBuf> => Files
);

impl OptionInfo {
    /// An option without a default, to be completed by struct update.
    ///
    /// ```
    /// use arr_core::format::{OptionInfo, OptionKind, Side};
    /// const COMMENT: OptionInfo = OptionInfo {
    ///     value: "TEXT",
    ///     ..OptionInfo::new("comment", OptionKind::Text, Side::Writing, "Put a line of comment into the head")
    /// };
    /// assert_eq!(COMMENT.default, "");
    /// ```
    #[must_use]
    pub const fn new(name: &'static str, kind: OptionKind, side: Side, help: &'static str) -> Self {
        Self { name, kind, value: "", default: "", bare: "", side, help, details: "", reference: "" }
    }

    /// The value that a text stands for.
    ///
    /// ```
    /// use arr_core::format::{OptionInfo, OptionKind, OptionValue, Side};
    /// const ROWS: OptionInfo = OptionInfo {
    ///     name: "max-rows",
    ///     kind: OptionKind::Integer(0, i64::MAX),
    ///     value: "N",
    ///     default: "",
    ///     bare: "",
    ///     side: Side::Reading,
    ///     help: "Read no more than N rows",
    ///     details: "",
    ///     reference: "numpy.loadtxt(max_rows=)",
    /// };
    /// assert_eq!(ROWS.parse("7")?, OptionValue::Integer(7));
    /// assert_eq!(ROWS.parse("-1").unwrap_err().to_string(), "max-rows: '-1' is not a whole number from 0 on");
    /// # Ok::<(), arr_core::Error>(())
    /// ```
    ///
    /// # Errors
    /// `InvalidArgument` when it stands for none.
    pub fn parse(&self, text: &str) -> Result<OptionValue> {
        let value = match self.kind {
            OptionKind::Flag => text.parse().ok().map(OptionValue::Flag),
            OptionKind::Integer(..) => text.parse().ok().map(OptionValue::Integer),
            OptionKind::Number => text.parse().ok().map(OptionValue::Number),
            OptionKind::Text | OptionKind::Choice(_) => Some(OptionValue::Text(text.to_owned())),
            OptionKind::Files => Some(OptionValue::Files(vec![text.into()])),
        };
        match value {
            Some(value) => self.checked(value),
            None => Err(self.refused(text)),
        }
    }

    /// The value, converted to the form in which the format expects it.
    fn checked(&self, value: OptionValue) -> Result<OptionValue> {
        match (self.kind, &value) {
            (OptionKind::Flag, OptionValue::Flag(_))
            | (OptionKind::Number, OptionValue::Number(_))
            | (OptionKind::Text, OptionValue::Text(_))
            | (OptionKind::Files, OptionValue::Files(_)) => Ok(value),
            (OptionKind::Integer(least, most), OptionValue::Integer(number))
                if (least..=most).contains(number) =>
            {
                Ok(value)
            }
            (OptionKind::Choice(words), OptionValue::Text(word)) => {
                let found = words.iter().find(|known| known.eq_ignore_ascii_case(word));
                found.map(|known| (*known).into()).ok_or_else(|| self.refused(word))
            }
            (_, OptionValue::Integer(number)) => Err(self.refused(&number.to_string())),
            (_, OptionValue::Number(number)) => Err(self.refused(&number.to_string())),
            (_, OptionValue::Flag(flag)) => Err(self.refused(&flag.to_string())),
            (OptionKind::Files, OptionValue::Text(path)) => Ok(OptionValue::Files(vec![path.into()])),
            (_, OptionValue::Text(text)) => Err(self.refused(text)),
            (_, OptionValue::Files(paths)) => {
                let paths: Vec<_> = paths.iter().map(|path| path.to_string_lossy()).collect();
                Err(self.refused(&paths.join(", ")))
            }
        }
    }

    #[cold]
    fn refused(&self, text: &str) -> Error {
        let wanted = match self.kind {
            OptionKind::Flag => "neither true nor false".to_owned(),
            OptionKind::Integer(least, i64::MAX) => format!("not a whole number from {least} on"),
            OptionKind::Integer(least, most) => format!("not a whole number from {least} to {most}"),
            OptionKind::Number => "not a number".to_owned(),
            OptionKind::Text => "not text".to_owned(),
            OptionKind::Choice(words) => format!("none of {}", words.join(", ")),
            OptionKind::Files => "not the path of a file".to_owned(),
        };
        Error::invalid(format!("{}: '{text}' is {wanted}", self.name))
    }
}

/// Options by name, as they were given: whether a format has them is checked when the format is known.
///
/// ```
/// use arr_core::format::Options;
/// let options = Options::new().with("encoding", "latin1").with("chunk-size", 64);
/// assert_eq!(options.text("encoding"), Some("latin1"));
/// assert_eq!(options.integer("chunk-size"), Some(64));
/// assert_eq!(options.flag("loose"), None);
/// ```
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Options(Vec<(String, OptionValue)>);

impl Options {
    /// No options.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets an option; of equal names the last one counts.
    #[must_use]
    pub fn with(mut self, name: impl Into<String>, value: impl Into<OptionValue>) -> Self {
        let name = name.into();
        self.0.retain(|(known, _)| *known != name);
        self.0.push((name, value.into()));
        self
    }

    /// All of them, and those of others; of equal names those of the others count.
    #[must_use]
    pub fn with_all(self, others: &Self) -> Self {
        others.0.iter().fold(self, |own, (name, value)| own.with(name.as_str(), value.clone()))
    }

    /// Those whose names are wanted.
    ///
    /// ```
    /// use arr_core::format::Options;
    /// let options = Options::new().with("delimiter", ",").with("level", 3);
    /// assert_eq!(options.only(|name| name != "level"), Options::new().with("delimiter", ","));
    /// ```
    #[must_use]
    pub fn only(&self, is_wanted: impl Fn(&str) -> bool) -> Self {
        Self(self.0.iter().filter(|(name, _)| is_wanted(name)).cloned().collect())
    }

    /// True when none is set.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The names that are set.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(|(name, _)| name.as_str())
    }

    /// The value of an option, if it is set.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&OptionValue> {
        self.0.iter().find(|(known, _)| known == name).map(|(_, value)| value)
    }

    /// The value of a flag, if it is set.
    #[must_use]
    pub fn flag(&self, name: &str) -> Option<bool> {
        if let Some(OptionValue::Flag(flag)) = self.get(name) { Some(*flag) } else { None }
    }

    /// The value of an option that is a whole number, if it is set.
    #[must_use]
    pub fn integer(&self, name: &str) -> Option<i64> {
        if let Some(OptionValue::Integer(number)) = self.get(name) { Some(*number) } else { None }
    }

    /// The value of an option that is a text or a choice, if it is set.
    #[must_use]
    pub fn text(&self, name: &str) -> Option<&str> {
        if let Some(OptionValue::Text(text)) = self.get(name) { Some(text) } else { None }
    }

    /// The paths of an option that takes files, in their order; none if it is not set.
    ///
    /// ```
    /// use arr_core::format::Options;
    /// use std::path::{Path, PathBuf};
    /// let options = Options::new().with("buffer", vec![PathBuf::from("a.bin"), PathBuf::from("b.bin")]);
    /// assert_eq!(options.files("buffer"), [Path::new("a.bin"), Path::new("b.bin")]);
    /// ```
    #[must_use]
    pub fn files(&self, name: &str) -> &[PathBuf] {
        if let Some(OptionValue::Files(paths)) = self.get(name) { paths } else { &[] }
    }

    /// Those of the options that a format has for that side, each of the kind that its table says.
    ///
    /// # Errors
    /// `InvalidArgument` when a value is of another kind, or none that the option takes.
    pub fn of(&self, info: &FormatInfo, side: Side) -> Result<Self> {
        let mut own = Self::new();
        for (name, value) in &self.0 {
            let row = info.option(name).filter(|row| row.side == side || row.side == Side::Both);
            if let Some(row) = row {
                own = own.with(name.as_str(), row.checked(value.clone())?);
            }
        }
        Ok(own)
    }

    /// Refuses options that none of the formats in use has, naming the formats, among all `known` ones, that have them.
    ///
    /// # Errors
    /// `InvalidArgument`.
    pub fn check<'f>(&self, used: &[&FormatInfo], known: impl Iterator<Item = &'f FormatInfo>) -> Result<()> {
        let lost = self.names().find(|name| used.iter().all(|info| info.option(name).is_none()));
        let Some(lost) = lost else { return Ok(()) };
        let owners: Vec<&str> =
            known.filter(|info| info.option(lost).is_some()).map(|info| info.name).collect();
        let used: Vec<&str> = used.iter().map(|info| info.name).collect();
        let message = match owners.as_slice() {
            [] => format!("there is no option {lost}"),
            owners => {
                format!("{lost} is not an option of {}, but of {}", used.join(" or "), owners.join(", "))
            }
        };
        Err(Error::invalid(message))
    }
}
