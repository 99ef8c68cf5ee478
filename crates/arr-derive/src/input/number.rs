//! Enums that are numbers.

use proc_macro2::Ident;
use syn::{DataEnum, DeriveInput, Error, Fields, Result};

use super::{of_record, reprs};

/// An enum without data, whose variants are numbers.
pub(crate) struct Number<'a> {
    /// The integer that it is in memory and in files.
    pub(crate) repr: Ident,
    pub(crate) first: &'a Ident,
    pub(crate) others: Vec<&'a Ident>,
}

const INTEGERS: [&str; 8] = ["i8", "i16", "i32", "i64", "u8", "u16", "u32", "u64"];

impl<'a> Number<'a> {
    pub(super) fn parse(input: &'a DeriveInput, data: &'a DataEnum) -> Result<Self> {
        let wrong = |message: &str| Err(Error::new(input.ident.span(), message));
        if data.variants.iter().any(|variant| !matches!(variant.fields, Fields::Unit)) {
            return wrong(
                "an item has no room for one of several shapes: make it a struct with a field for each, or an enum without data",
            );
        }
        if let Some(attribute) = data.variants.iter().flat_map(|variant| of_record(&variant.attrs)).next() {
            return Err(Error::new_spanned(
                attribute,
                "a variant is its number: give it another one by `= 7`",
            ));
        }
        let Some(repr) =
            reprs(&input.attrs).into_iter().find(|repr| INTEGERS.iter().any(|name| repr == name))
        else {
            return wrong(
                "an enum is the number of its variant: say which integer holds it, by `#[repr(u8)]` or another of `i8` to \
                 `i64` and `u8` to `u64`",
            );
        };
        if !input.generics.params.is_empty() {
            return wrong("an enum without data can't have parameters here");
        }
        let mut variants = data.variants.iter().map(|variant| &variant.ident);
        let Some(first) = variants.next() else {
            return wrong("an enum without variants has no value that an item could hold");
        };
        Ok(Self { repr, first, others: variants.collect() })
    }
}
