//! The values that options have, and options by name.

use arr_core::format::{OptionValue, Options};
use arr_core::{Error, Result};

use super::ReadOptions;
use super::lines::Encoding;
use super::names::{DefaultName, NameCase};
use super::python;
use super::split::Delimiter;
use super::value::Filling;
use crate::text::asked::AskedDType;
use crate::text::given::Given;

/// Where the names of the fields come from.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Names {
    /// From the first line with fields behind those that are skipped; a mark of a comment in front of them is stepped over.
    FirstLine,
    /// From here.
    List(Vec<String>),
}

/// A column that is read.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Column {
    /// By its number from 0 on; negative ones count from the end of the first line.
    Index(i64),
    /// By its name.
    Name(String),
}

impl From<i64> for Column {
    fn from(index: i64) -> Self {
        Self::Index(index)
    }
}

impl From<i32> for Column {
    fn from(index: i32) -> Self {
        Self::Index(index.into())
    }
}

impl From<&str> for Column {
    fn from(name: &str) -> Self {
        Self::Name(name.to_owned())
    }
}

/// Which column a missing or filling value is for.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Key {
    /// All of them (`None` in NumPy); not for filling values.
    All,
    /// The column of that number in the file.
    Index(i64),
    /// The column of that name.
    Name(String),
}

/// What stands for a missing value, beside nothing at all.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum MissingValues {
    /// Nothing.
    #[default]
    None,
    /// These texts, in all columns.
    All(Vec<String>),
    /// These texts in the first column, those in the second, and so on.
    Each(Vec<Vec<String>>),
    /// Texts by column.
    By(Vec<(Key, Vec<String>)>),
}

/// What is read in place of a missing value.
#[derive(Clone, Debug, Default, PartialEq)]
#[non_exhaustive]
pub enum FillingValues {
    /// What NumPy has for each dtype: nan, -1, False, nan+0j, `???`.
    #[default]
    None,
    /// This value, in all columns.
    All(Filling),
    /// This value in the first column, that in the second, and so on; none is the default.
    Each(Vec<Option<Filling>>),
    /// Values by column.
    By(Vec<(Key, Filling)>),
}

/// Whether the dtype is told by the fields.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Wanted {
    /// The dtype of the options, which is `float64` unless another is set.
    #[default]
    Given,
    /// `dtype=None`.
    Inferred,
}

/// The value of an option that is a text.
fn given(options: &Options, name: &str) -> Result<Option<Given>> {
    match options.get(name) {
        None => Ok(None),
        Some(OptionValue::Text(text)) => Given::parse(name, text).map(Some),
        Some(OptionValue::Integer(number)) => Ok(Some(Given::Whole(*number))),
        Some(OptionValue::Flag(flag)) => Ok(Some(Given::Other(flag.to_string()))),
        Some(other) => Err(Error::invalid(format!("{name}: {other:?} is not text"))),
    }
}

fn count(options: &Options, name: &str) -> Result<Option<u64>> {
    options
        .integer(name)
        .map(|number| {
            u64::try_from(number).map_err(|_| Error::invalid(format!("{name}: {number} is negative")))
        })
        .transpose()
}

fn wrong(name: &str, wanted: &str) -> Error {
    Error::invalid(format!("{name}: it is to be {wanted}"))
}

impl Given {
    /// Python's `str` of it.
    fn into_text(self) -> Option<String> {
        match self {
            Self::Text(text) => Some(text),
            Self::Whole(number) => Some(number.to_string()),
            Self::Other(text) => Some(filling_of(&text).text()),
            Self::Null => Some("None".into()),
            Self::List(_) | Self::Dict(_) => None,
        }
    }

    /// One text, or several.
    fn into_texts(self) -> Option<Vec<String>> {
        match self {
            Self::List(items) => items.into_iter().map(Self::into_text).collect(),
            one => one.into_text().map(|text| vec![text]),
        }
    }

    /// A value of Python. A text is one too where it is a JSON string: it is not looked into.
    fn into_filling(self) -> Option<Filling> {
        match self {
            Self::Text(text) => Some(Filling::Text(text)),
            Self::Whole(number) => Some(Filling::Int(number)),
            Self::Other(text) => Some(filling_of(&text)),
            Self::Null | Self::List(_) | Self::Dict(_) => None,
        }
    }
}

/// The value that a word on the command line means: a number or truth value where it is one.
fn filling_of(text: &str) -> Filling {
    match text {
        "true" | "True" => return Filling::Bool(true),
        "false" | "False" => return Filling::Bool(false),
        _ => {}
    }
    if let Some(whole) = python::whole(text).ok().and_then(|whole| i64::try_from(whole).ok()) {
        return Filling::Int(whole);
    }
    match (python::float(text), python::complex(text)) {
        (Some(value), _) => Filling::Float(value),
        (None, Some((re, im))) => Filling::Complex(re, im),
        (None, None) => Filling::Text(text.to_owned()),
    }
}

/// A key of a dict: nothing and `null` mean all columns, a whole number one by number.
fn key(text: &str) -> Key {
    match text {
        "" | "null" | "None" => Key::All,
        _ => text.parse().map_or_else(|_| Key::Name(text.to_owned()), Key::Index),
    }
}

fn delimiter(given: Given) -> Result<Delimiter> {
    let wanted = || wrong("delimiter", "a text, a width, or a list of widths");
    let width = |number: i64| usize::try_from(number).map_err(|_| wanted());
    match given {
        Given::Null => Ok(Delimiter::Blank),
        Given::Text(text) => match text.parse::<i64>() {
            Ok(number) => Ok(width(number)?.into()),
            Err(_) if text == "\\t" => Ok('\t'.into()),
            Err(_) => Ok(text.as_str().into()),
        },
        Given::Whole(number) => Ok(width(number)?.into()),
        Given::List(items) => {
            let widths = items.into_iter().map(|item| match item {
                Given::Whole(number) => width(number),
                _ => Err(wanted()),
            });
            Ok(Delimiter::Widths(widths.collect::<Result<_>>()?))
        }
        Given::Other(_) | Given::Dict(_) => Err(wanted()),
    }
}

fn usecols(given: Given) -> Result<Option<Vec<Column>>> {
    let wanted = || wrong("usecols", "columns by number or name");
    let by_text = |text: &str| {
        let text = python::strip(text);
        text.parse().map_or_else(|_| Column::Name(text.to_owned()), Column::Index)
    };
    match given {
        Given::Null => Ok(None),
        Given::Whole(index) => Ok(Some(vec![Column::Index(index)])),
        Given::Text(text) => Ok(Some(text.split(',').map(by_text).collect())),
        Given::List(items) => {
            let columns = items.into_iter().map(|item| match item {
                Given::Whole(index) => Ok(Column::Index(index)),
                Given::Text(name) => Ok(Column::Name(name)),
                _ => Err(wanted()),
            });
            columns.collect::<Result<_>>().map(Some)
        }
        Given::Other(_) | Given::Dict(_) => Err(wanted()),
    }
}

fn names(given: Given) -> Result<Option<Names>> {
    match given {
        Given::Null => Ok(None),
        Given::Text(text) | Given::Other(text) if matches!(text.as_str(), "true" | "True") => {
            Ok(Some(Names::FirstLine))
        }
        Given::Text(text) | Given::Other(text) if matches!(text.as_str(), "false" | "False") => Ok(None),
        Given::Text(text) => {
            Ok(Some(Names::List(text.split(',').map(|name| python::strip(name).to_owned()).collect())))
        }
        Given::List(items) => {
            let names = items.into_iter().map(Given::into_text).collect::<Option<_>>();
            names.map(|names| Some(Names::List(names))).ok_or_else(|| wrong("names", "a list of names"))
        }
        Given::Whole(_) | Given::Other(_) | Given::Dict(_) => Err(wrong("names", "true or a list of names")),
    }
}

fn missing_values(given: Given) -> Result<MissingValues> {
    let wanted = || wrong("missing-values", "texts, a list for the columns, or a dict by column");
    match given {
        Given::Null => Ok(MissingValues::None),
        Given::Text(text) => Ok(MissingValues::All(text.split(',').map(str::to_owned).collect())),
        Given::List(items) => {
            let lists = items.into_iter().map(Given::into_texts).collect::<Option<_>>();
            lists.map(MissingValues::Each).ok_or_else(wanted)
        }
        Given::Dict(entries) => {
            let entries = entries.into_iter().map(|(name, texts)| Some((key(&name), texts.into_texts()?)));
            entries.collect::<Option<_>>().map(MissingValues::By).ok_or_else(wanted)
        }
        one => one.into_text().map(|text| MissingValues::All(vec![text])).ok_or_else(wanted),
    }
}

fn filling_values(given: Given) -> Result<FillingValues> {
    let wanted = || wrong("filling-values", "a value, a list for the columns, or a dict by column");
    match given {
        Given::Null => Ok(FillingValues::None),
        Given::Text(text) => Ok(FillingValues::All(filling_of(&text))),
        Given::List(items) => {
            let values = items.into_iter().map(|item| match item {
                Given::Null => Some(None),
                item => item.into_filling().map(Some),
            });
            values.collect::<Option<_>>().map(FillingValues::Each).ok_or_else(wanted)
        }
        Given::Dict(entries) => {
            let entries = entries.into_iter().map(|(name, value)| Some((key(&name), value.into_filling()?)));
            entries.collect::<Option<_>>().map(FillingValues::By).ok_or_else(wanted)
        }
        one => one.into_filling().map(FillingValues::All).ok_or_else(wanted),
    }
}

/// One character, or none.
fn character(name: &str, given: Given) -> Result<Option<char>> {
    let Given::Text(text) = given else {
        return if given == Given::Null { Ok(None) } else { Err(wrong(name, "one character")) };
    };
    let mut letters = text.chars();
    match (letters.next(), letters.next()) {
        (None, _) => Ok(None),
        (Some(letter), None) => Ok(Some(letter)),
        _ => Err(wrong(name, "one character")),
    }
}

impl ReadOptions {
    /// Options by the names of NumPy's parameters, with hyphens, and values as they are typed: lists, dicts and `null` in
    /// JSON. A numeric `delimiter` means a width, `names=true` the first line, `dtype=null` that dtypes are inferred. Keys
    /// of dicts are names or numbers of columns; the key `""` stands for all columns.
    ///
    /// # Errors
    /// `InvalidArgument` when a value means nothing, or an option does not go with genfromtxt's rules.
    pub fn from_options(options: &Options) -> Result<Self> {
        let mut how = Self::new();
        how = match AskedDType::of(options)? {
            AskedDType::Usual => how,
            AskedDType::Inferred => how.infer(true),
            AskedDType::As(dtype) => how.dtype(dtype),
        };
        if let Some(given) = given(options, "delimiter")? {
            how = how.delimiter(delimiter(given)?);
        }
        if let Some(given) = given(options, "comments")? {
            how = match given {
                Given::Null => how.comments(None),
                Given::Text(text) => how.comments(Some(&text)),
                Given::Whole(number) => how.comments(Some(&number.to_string())),
                Given::List(mut items) if items.len() == 1 => match items.pop() {
                    Some(Given::Text(text)) => how.comments(Some(&text)),
                    _ => return Err(wrong("comments", "one text")),
                },
                _ => return Err(wrong("comments", "one text")),
            };
        }
        if let Some(name) = options.text("encoding") {
            how = how.encoding(name)?;
        }
        if let Some(given) = given(options, "usecols")? {
            how.usecols = usecols(given)?;
        }
        for name in ["skip-header", "skiprows"] {
            if let Some(lines) = count(options, name)? {
                how = how.skip_header(lines);
            }
        }
        if let Some(rows) = count(options, "skip-footer")? {
            how = how.skip_footer(rows);
        }
        if let Some(rows) = count(options, "max-rows")? {
            how = how.max_rows(rows);
        }
        if let Some(given) = given(options, "quotechar")? {
            how = how.quotechar(character("quotechar", given)?);
        }
        if let Some(ndmin) = count(options, "ndmin")? {
            how = how.ndmin(usize::try_from(ndmin).unwrap_or(usize::MAX));
        }
        if let Some(given) = given(options, "missing-values")? {
            how = how.missing_values(missing_values(given)?);
        }
        if let Some(given) = given(options, "filling-values")? {
            how = how.filling_values(filling_values(given)?);
        }
        if let Some(given) = given(options, "names")? {
            how.names = names(given)?;
        }
        if let Some(given) = given(options, "excludelist")? {
            how.validator.excluded = match given {
                Given::Null => Vec::new(),
                Given::Text(text) => text.split(',').map(str::to_owned).collect(),
                Given::List(_) => {
                    given.into_texts().ok_or_else(|| wrong("excludelist", "a list of names"))?
                }
                _ => return Err(wrong("excludelist", "a list of names")),
            };
        }
        if let Some(given) = given(options, "deletechars")? {
            let texts = if given == Given::Null { None } else { given.into_texts() };
            how = how
                .deletechars(texts.map_or_else(|| super::names::DELETED.to_owned(), |texts| texts.concat()));
        }
        if let Some(format) = options.text("defaultfmt") {
            how = how.defaultfmt(format)?;
        }
        if let Some(given) = given(options, "replace-space")? {
            how = how.replace_space(given.into_texts().map(|texts| texts.concat()).unwrap_or_default());
        }
        if let Some(case) = options.text("case-sensitive") {
            how = how.case_sensitive(match case.to_ascii_lowercase().as_str() {
                "true" => NameCase::Keep,
                "false" | "upper" => NameCase::Upper,
                "lower" => NameCase::Lower,
                _ => return Err(wrong("case-sensitive", "true, false, upper or lower")),
            });
        }
        for (name, flag) in [
            ("unpack", &mut how.unpack),
            ("autostrip", &mut how.autostrip),
            ("loose", &mut how.loose),
            ("invalid-raise", &mut how.invalid_raise),
            ("fill", &mut how.fill),
        ] {
            if let Some(value) = options.flag(name) {
                *flag = value;
            }
        }
        if let Some(point) = given(options, "decimal")? {
            how = how.decimal(character("decimal", point)?.unwrap_or('.'));
        }
        if let Some(mark) = given(options, "thousands")? {
            how = how.thousands(character("thousands", mark)?);
        }
        if let Some(form) = options.text("exponents") {
            how = how.fortran_exponents(form.eq_ignore_ascii_case("fortran"));
        }
        Ok(how)
    }

    /// Names the encoding, as Python does; it is UTF-8 unless set. `bytes` makes inferred texts `S`, where they are Latin-1.
    ///
    /// # Errors
    /// `Unsupported` when it is not known.
    pub fn encoding(mut self, name: &str) -> Result<Self> {
        self.as_bytes = name == "bytes";
        self.encoding = if self.as_bytes { Encoding::Utf8 } else { Encoding::of(name)? };
        Ok(self)
    }

    /// Says how fields without a name are called, with one number in it: `f%i` unless set.
    ///
    /// # Errors
    /// `InvalidArgument` when it is no such format.
    pub fn defaultfmt(mut self, format: &str) -> Result<Self> {
        self.format = DefaultName::parse(format)?;
        Ok(self)
    }
}
