//! What a field and its attributes say.

use proc_macro2::Span;
use syn::ext::IdentExt;
use syn::meta::ParseNestedMeta;
use syn::spanned::Spanned;
use syn::{Error, ExprPath, Index, LitStr, Member, Result, Token, Type, TypePath};

use super::case::Case;
use super::{of_record, text};

pub(crate) struct Field<'a> {
    pub(crate) member: Member,
    pub(crate) ty: &'a Type,
    pub(crate) span: Span,
    pub(crate) name: String,
    pub(crate) title: Option<String>,
    pub(crate) dtype: Given,
    /// It is in no file.
    pub(crate) is_skipped: bool,
    /// What its value is when the file lacks it.
    pub(crate) otherwise: Otherwise,
    /// Numbers of the file may be narrower.
    pub(crate) widens: bool,
    /// How many fields before it are in the file.
    pub(crate) index: usize,
}

/// The dtype that an attribute gives.
pub(crate) enum Given {
    /// None: that of the type.
    Nothing,
    /// Text of so many characters.
    Unicode(usize),
    /// Text of so many bytes.
    Bytes(usize),
    /// So many raw bytes.
    Raw(usize),
    /// Ticks.
    Time(String),
}

/// What stands for a field that the file lacks.
pub(crate) enum Otherwise {
    /// Nothing, unless its type says so.
    Nothing,
    /// That of `Default`.
    Default,
    /// What a function gives.
    Function(ExprPath),
}

impl<'a> Field<'a> {
    pub(super) fn parse(place: usize, field: &'a syn::Field, case: Option<Case>) -> Result<Self> {
        let (member, name, span) = match &field.ident {
            Some(ident) => {
                let name = ident.unraw().to_string();
                let name = case.map_or_else(|| name.clone(), |case| case.apply(&name));
                (Member::Named(ident.clone()), name, ident.span())
            }
            None => (Member::Unnamed(Index::from(place)), place.to_string(), field.ty.span()),
        };
        let mut parsed = Self {
            member,
            ty: &field.ty,
            span,
            name,
            title: None,
            dtype: Given::Nothing,
            is_skipped: false,
            otherwise: Otherwise::Nothing,
            widens: false,
            index: 0,
        };
        let mut is_described = false;
        for meta in of_record(&field.attrs) {
            meta.parse_nested_meta(|meta| {
                is_described |= !meta.path.is_ident("skip") && !meta.path.is_ident("default");
                parsed.set(&meta)
            })?;
        }
        if parsed.is_skipped && is_described {
            let message = "a field that is skipped is in no file: it can have a `default` and nothing else";
            return Err(Error::new(span, message));
        }
        Ok(parsed)
    }

    fn set(&mut self, meta: &ParseNestedMeta<'_>) -> Result<()> {
        if meta.path.is_ident("name") || meta.path.is_ident("rename") {
            self.name = filled(&text(meta)?)?;
        } else if meta.path.is_ident("title") {
            self.title = Some(filled(&text(meta)?)?);
        } else if meta.path.is_ident("dtype") {
            self.dtype = Given::parse(&text(meta)?)?;
        } else if meta.path.is_ident("skip") {
            self.is_skipped = true;
        } else if meta.path.is_ident("default") {
            self.otherwise = if meta.input.peek(Token![=]) {
                Otherwise::Function(text(meta)?.parse()?)
            } else {
                Otherwise::Default
            };
        } else if meta.path.is_ident("widen") {
            self.widens = true;
        } else {
            return Err(meta.error(
                "a field of a record can have a `name`, a `title`, a `dtype` and a `default`, and can `widen` or `skip`",
            ));
        }
        Ok(())
    }

    /// Checks the field of a newtype: whoever has the newtype as a field says the rest.
    pub(super) fn check_inner(&self) -> Result<()> {
        let is_option =
            |path: &TypePath| path.path.segments.last().is_some_and(|last| last.ident == "Option");
        if !self.is_skipped && matches!(self.ty, Type::Path(path) if is_option(path)) {
            let message = "a newtype can't hold an `Option`: make the field optional that has the newtype";
            return Err(Error::new(self.span, message));
        }
        let is_plain = self.title.is_none() && matches!(self.otherwise, Otherwise::Nothing) && !self.widens;
        if self.is_skipped
            || is_plain && matches!(&self.member, Member::Unnamed(at) if self.name == at.index.to_string())
        {
            return Ok(());
        }
        let message = "the field of a newtype can have a `dtype` alone: the rest is said by the field that has the newtype";
        Err(Error::new(self.span, message))
    }
}

impl Given {
    fn parse(literal: &LitStr) -> Result<Self> {
        let value = literal.value();
        if value.starts_with('>') {
            let message =
                "records have the machine's byte order in memory; say another one when you write them";
            return Err(Error::new(literal.span(), message));
        }
        let code = value.strip_prefix(['<', '=', '|']).unwrap_or(&value);
        let width = |kind: char| {
            let digits =
                code.strip_prefix(kind).filter(|rest| rest.bytes().all(|byte| byte.is_ascii_digit()));
            digits.and_then(|digits| digits.parse().ok())
        };
        if let Some(width) = width('U') {
            return Ok(Self::Unicode(width));
        }
        if let Some(width) = width('S') {
            return Ok(Self::Bytes(width));
        }
        if let Some(width) = width('V') {
            return Ok(Self::Raw(width));
        }
        if is_time(code) {
            return Ok(Self::Time(format!("<{code}")));
        }
        let message = "expected the dtype of a string, such as `U8` or `S8`, of raw bytes, such as `V16`, or of a time, \
            such as `M8[ns]`: other fields have the dtype of their type";
        Err(Error::new(literal.span(), message))
    }
}

/// `M8`, `m8[ns]`, `M8[25s]`.
fn is_time(code: &str) -> bool {
    const UNITS: [&str; 13] = ["Y", "M", "W", "D", "h", "m", "s", "ms", "us", "ns", "ps", "fs", "as"];
    let Some(rest) = code.strip_prefix("M8").or_else(|| code.strip_prefix("m8")) else { return false };
    if rest.is_empty() {
        return true;
    }
    let Some(unit) = rest.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) else { return false };
    let name = unit.trim_start_matches(|letter: char| letter.is_ascii_digit());
    let count = unit.strip_suffix(name).unwrap_or_default();
    let counts = count.is_empty() || count.parse::<i32>().is_ok_and(|count| count > 0);
    counts && UNITS.contains(&name)
}

fn filled(literal: &LitStr) -> Result<String> {
    match literal.value() {
        empty if empty.is_empty() => Err(Error::new(literal.span(), "a field needs a name")),
        name => Ok(name),
    }
}
