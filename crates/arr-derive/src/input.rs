//! What the type and its attributes say.

mod case;
mod field;
mod number;
#[cfg(test)]
mod tests;

use std::collections::HashSet;

use proc_macro2::Ident;
use syn::meta::ParseNestedMeta;
use syn::{Attribute, Data, DataStruct, DeriveInput, Error, Fields, Generics, LitStr, Path, Result, Token};

use case::Case;
pub(crate) use field::{Field, Given, Otherwise};
pub(crate) use number::Number;

/// A type that is to be a record, or the field of one.
pub(crate) struct Record<'a> {
    pub(crate) ident: &'a Ident,
    pub(crate) generics: &'a Generics,
    /// Where `arr_core` is.
    pub(crate) path: Option<Path>,
    pub(crate) aligned: bool,
    pub(crate) pod: bool,
    /// Fields of the struct may not be borrowed.
    pub(crate) packed: bool,
    /// Numbers of the file may be narrower than those of the fields.
    pub(crate) widens: bool,
    pub(crate) shape: Shape<'a>,
}

/// What a type is as an item.
pub(crate) enum Shape<'a> {
    /// A record.
    Fields(Vec<Field<'a>>),
    /// What the one field is that is in the file.
    Newtype(Vec<Field<'a>>),
    /// A number.
    Number(Number<'a>),
}

/// What attributes of the type say.
#[derive(Default)]
struct Says {
    path: Option<Path>,
    aligned: bool,
    pod: bool,
    widens: bool,
    case: Option<Case>,
}

impl<'a> Record<'a> {
    pub(crate) fn parse(input: &'a DeriveInput) -> Result<Self> {
        let mut says = Says::default();
        for meta in of_record(&input.attrs) {
            meta.parse_nested_meta(|meta| says.set(&meta))?;
        }
        let shape = match &input.data {
            Data::Struct(data) => Shape::of_struct(input, data, says.case)?,
            Data::Enum(data) => Shape::Number(Number::parse(input, data)?),
            Data::Union(_) => {
                let message = "a union can't be a record: nothing says which of its fields an item holds";
                return Err(Error::new(input.ident.span(), message));
            }
        };
        let of_structs = says.aligned || says.pod || says.widens || says.case.is_some();
        if of_structs && !matches!(shape, Shape::Fields(_)) {
            let message = "`aligned`, `pod`, `widen` and `rename_all` are for structs with named fields";
            return Err(Error::new(input.ident.span(), message));
        }
        let Says { path, aligned, pod, widens, .. } = says;
        let (ident, generics, packed) = (&input.ident, &input.generics, is_packed(&input.attrs));
        Ok(Self { ident, generics, path, aligned, pod, packed, widens, shape })
    }

    /// The fields, of which some may not be in the file.
    pub(crate) fn fields(&self) -> &[Field<'a>] {
        match &self.shape {
            Shape::Fields(fields) | Shape::Newtype(fields) => fields,
            Shape::Number(_) => &[],
        }
    }
}

impl Says {
    fn set(&mut self, meta: &ParseNestedMeta<'_>) -> Result<()> {
        if meta.path.is_ident("crate") {
            self.path = Some(text(meta)?.parse()?);
        } else if meta.path.is_ident("aligned") {
            self.aligned = true;
        } else if meta.path.is_ident("pod") {
            self.pod = true;
        } else if meta.path.is_ident("widen") {
            self.widens = true;
        } else if meta.path.is_ident("rename_all") {
            self.case = Some(Case::parse(&text(meta)?)?);
        } else {
            return Err(meta.error(
                "a record can be `aligned` or `pod`, can `widen` and `rename_all`, and can say where the `crate` is",
            ));
        }
        Ok(())
    }
}

impl<'a> Shape<'a> {
    fn of_struct(input: &'a DeriveInput, data: &'a DataStruct, case: Option<Case>) -> Result<Self> {
        let mut fields = Vec::new();
        for (place, field) in data.fields.iter().enumerate() {
            fields.push(Field::parse(place, field, case)?);
        }
        let kept = fields.iter_mut().filter(|field| !field.is_skipped);
        kept.enumerate().for_each(|(index, field)| field.index = index);
        match &data.fields {
            Fields::Named(_) => {
                check_names(&fields)?;
                Ok(Self::Fields(fields))
            }
            Fields::Unnamed(_) if fields.iter().filter(|field| !field.is_skipped).count() == 1 => {
                fields.iter().try_for_each(Field::check_inner)?;
                Ok(Self::Newtype(fields))
            }
            Fields::Unnamed(_) | Fields::Unit => {
                let message = "the fields of a record need names, since they are found by name; a tuple struct of one field \
                    is what that field is";
                Err(Error::new(input.ident.span(), message))
            }
        }
    }
}

fn check_names(fields: &[Field<'_>]) -> Result<()> {
    let mut seen = HashSet::new();
    for field in fields.iter().filter(|field| !field.is_skipped) {
        for name in [Some(&field.name), field.title.as_ref()].into_iter().flatten() {
            if !seen.insert(name) {
                return Err(Error::new(field.span, format!("the field name '{name}' occurs more than once")));
            }
        }
    }
    Ok(())
}

fn of_record(attributes: &[Attribute]) -> impl Iterator<Item = &Attribute> {
    attributes.iter().filter(|attribute| attribute.path().is_ident("record"))
}

fn text(meta: &ParseNestedMeta<'_>) -> Result<LitStr> {
    meta.input.parse::<Token![=]>()?;
    meta.input.parse()
}

/// What the `#[repr(...)]` attributes name, such as `C`, `packed` or `u8`.
fn reprs(attributes: &[Attribute]) -> Vec<Ident> {
    let mut found = Vec::new();
    for attribute in attributes.iter().filter(|attribute| attribute.path().is_ident("repr")) {
        // What the compiler does not like about it, it says itself.
        let _ = attribute.parse_nested_meta(|meta| {
            found.extend(meta.path.get_ident().cloned());
            if meta.input.peek(syn::token::Paren) {
                let content;
                syn::parenthesized!(content in meta.input);
                content.parse::<proc_macro2::TokenStream>()?;
            }
            Ok(())
        });
    }
    found
}

fn is_packed(attributes: &[Attribute]) -> bool {
    reprs(attributes).iter().any(|repr| repr == "packed")
}
