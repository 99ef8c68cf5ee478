//! What the struct and its attributes say.

use std::collections::HashSet;

use proc_macro2::Ident;
use syn::ext::IdentExt;
use syn::meta::ParseNestedMeta;
use syn::spanned::Spanned;
use syn::{Attribute, Data, DeriveInput, Error, Fields, LitStr, Path, Result, Token, Type};

/// A struct that is to be a record.
pub(crate) struct Record<'a> {
    pub(crate) ident: &'a Ident,
    pub(crate) fields: Vec<Field<'a>>,
    /// Where `arr_core` is.
    pub(crate) path: Option<Path>,
    pub(crate) aligned: bool,
    pub(crate) pod: bool,
    /// Fields of the struct may not be borrowed.
    pub(crate) packed: bool,
}

pub(crate) struct Field<'a> {
    pub(crate) ident: &'a Ident,
    pub(crate) ty: &'a Type,
    pub(crate) name: String,
    pub(crate) title: Option<String>,
    pub(crate) dtype: Given,
}

/// The dtype that an attribute gives.
pub(crate) enum Given {
    /// None: that of the type.
    Nothing,
    /// Text of so many characters.
    Unicode(usize),
    /// Text of so many bytes.
    Bytes(usize),
    /// Ticks.
    Time(String),
}

impl<'a> Record<'a> {
    pub(crate) fn parse(input: &'a DeriveInput) -> Result<Self> {
        let Data::Struct(data) = &input.data else {
            return Err(Error::new(input.ident.span(), "only a struct can be a record"));
        };
        if !input.generics.params.is_empty() {
            let message = "a record can't have parameters: its dtype has to be known";
            return Err(Error::new(input.generics.span(), message));
        }
        let Fields::Named(fields) = &data.fields else {
            let message = "the fields of a record need names: they are found by name";
            return Err(Error::new(input.ident.span(), message));
        };
        let mut record = Self {
            ident: &input.ident,
            fields: fields.named.iter().filter_map(Field::parse).collect::<Result<_>>()?,
            path: None,
            aligned: false,
            pod: false,
            packed: is_packed(&input.attrs),
        };
        for meta in of_record(&input.attrs) {
            meta.parse_nested_meta(|meta| record.set(&meta))?;
        }
        record.check_names()?;
        Ok(record)
    }

    fn set(&mut self, meta: &ParseNestedMeta<'_>) -> Result<()> {
        if meta.path.is_ident("crate") {
            self.path = Some(text(meta)?.parse()?);
        } else if meta.path.is_ident("aligned") {
            self.aligned = true;
        } else if meta.path.is_ident("pod") {
            self.pod = true;
        } else {
            return Err(meta.error("a record can be `aligned` or `pod`, and can say where the `crate` is"));
        }
        Ok(())
    }

    fn check_names(&self) -> Result<()> {
        let mut seen = HashSet::new();
        for field in &self.fields {
            for name in [Some(&field.name), field.title.as_ref()].into_iter().flatten() {
                if !seen.insert(name) {
                    let message = format!("the field name '{name}' occurs more than once");
                    return Err(Error::new(field.ident.span(), message));
                }
            }
        }
        Ok(())
    }
}

impl<'a> Field<'a> {
    fn parse(field: &'a syn::Field) -> Option<Result<Self>> {
        let ident = field.ident.as_ref()?;
        let name = ident.unraw().to_string();
        let mut parsed = Self { ident, ty: &field.ty, name, title: None, dtype: Given::Nothing };
        let mut attributes = of_record(&field.attrs);
        let set = attributes.try_for_each(|meta| meta.parse_nested_meta(|meta| parsed.set(&meta)));
        Some(set.map(|()| parsed))
    }

    fn set(&mut self, meta: &ParseNestedMeta<'_>) -> Result<()> {
        if meta.path.is_ident("name") {
            self.name = filled(&text(meta)?)?;
        } else if meta.path.is_ident("title") {
            self.title = Some(filled(&text(meta)?)?);
        } else if meta.path.is_ident("dtype") {
            self.dtype = Given::parse(&text(meta)?)?;
        } else {
            return Err(meta.error("a field of a record can have a `name`, a `title` and a `dtype`"));
        }
        Ok(())
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
        if is_time(code) {
            return Ok(Self::Time(format!("<{code}")));
        }
        let message = "expected the dtype of a string, such as `U8` or `S8`, or of a time, such as `M8[ns]`: \
            other fields have the dtype of their type";
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

fn of_record(attributes: &[Attribute]) -> impl Iterator<Item = &Attribute> {
    attributes.iter().filter(|attribute| attribute.path().is_ident("record"))
}

fn text(meta: &ParseNestedMeta<'_>) -> Result<LitStr> {
    meta.input.parse::<Token![=]>()?;
    meta.input.parse()
}

fn filled(literal: &LitStr) -> Result<String> {
    match literal.value() {
        empty if empty.is_empty() => Err(Error::new(literal.span(), "a field needs a name")),
        name => Ok(name),
    }
}

/// Whether the struct has a `#[repr(packed)]`.
fn is_packed(attributes: &[Attribute]) -> bool {
    let mut packed = false;
    for attribute in attributes.iter().filter(|attribute| attribute.path().is_ident("repr")) {
        // What the compiler does not like about it, it says itself.
        let _ = attribute.parse_nested_meta(|meta| {
            packed |= meta.path.is_ident("packed");
            if meta.input.peek(syn::token::Paren) {
                let content;
                syn::parenthesized!(content in meta.input);
                content.parse::<proc_macro2::TokenStream>()?;
            }
            Ok(())
        });
    }
    packed
}

#[cfg(test)]
mod tests {
    use super::*;

    fn why(text: &str) -> String {
        match Record::parse(&syn::parse_str(text).unwrap()) {
            Ok(_) => panic!("{text} is taken"),
            Err(error) => error.to_string(),
        }
    }

    #[test]
    fn what_is_no_record_is_told_why() {
        for (text, expected) in [
            ("enum E { A { x: f32 } }", "only a struct can be a record"),
            ("union U { x: f32, y: u32 }", "only a struct can be a record"),
            ("struct S(f32);", "the fields of a record need names: they are found by name"),
            ("struct S;", "the fields of a record need names: they are found by name"),
            ("struct S<T> { x: T }", "a record can't have parameters: its dtype has to be known"),
            ("struct S<'a> { x: &'a str }", "a record can't have parameters: its dtype has to be known"),
            (
                "struct S { x: f32, #[record(name = \"x\")] y: f32 }",
                "the field name 'x' occurs more than once",
            ),
            (
                "struct S { x: f32, #[record(title = \"x\")] y: f32 }",
                "the field name 'x' occurs more than once",
            ),
            ("struct S { #[record(name = \"\")] x: f32 }", "a field needs a name"),
            (
                "struct S { #[record(other)] x: f32 }",
                "a field of a record can have a `name`, a `title` and a `dtype`",
            ),
            (
                "#[record(other)] struct S { x: f32 }",
                "a record can be `aligned` or `pod`, and can say where the `crate` is",
            ),
        ] {
            assert_eq!(why(text), expected);
        }
        for dtype in ["f4", "U", "S-1", "M8[]", "M8[0s]", "M8[x]", "M8 ", "U99999999999999999999", ""] {
            let text = format!("struct S {{ #[record(dtype = \"{dtype}\")] x: String }}");
            assert!(why(&text).starts_with("expected the dtype of a string"), "{dtype}: {}", why(&text));
        }
        assert!(why("struct S { #[record(dtype = \">U4\")] x: String }").contains("byte order"));
    }

    #[test]
    fn attributes_are_read() {
        let text = "#[repr(C, packed(2))] #[record(aligned, pod, crate = \"a::b\")] struct S {
            #[record(name = \"N\", title = \"T\", dtype = \"<U12\")] r#type: String,
            #[record(dtype = \"S3\")] bytes: String,
            #[record(dtype = \"=m8[25s]\")] time: i64,
            plain: f32,
        }";
        let input = syn::parse_str(text).unwrap();
        let record = Record::parse(&input).unwrap();
        assert!(record.aligned && record.pod && record.packed && record.path.is_some());
        let names: Vec<_> = record.fields.iter().map(|field| field.name.as_str()).collect();
        assert_eq!(names, ["N", "bytes", "time", "plain"]);
        assert_eq!(record.fields[0].title.as_deref(), Some("T"));
        assert!(matches!(record.fields[0].dtype, Given::Unicode(12)));
        assert!(matches!(record.fields[1].dtype, Given::Bytes(3)));
        assert!(matches!(&record.fields[2].dtype, Given::Time(name) if name == "<m8[25s]"));
        assert!(matches!(record.fields[3].dtype, Given::Nothing));
    }
}
