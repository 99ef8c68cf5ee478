//! The code that is made.
//!
//! It works in any crate: every path begins at the root (`::core`, `::std`) or at `__arr`, no name of the prelude is used, and
//! nothing that it defines is seen from outside. Derived code names the codec of a field in `FieldAt` alone, at the place of
//! the field's type: a type that can't be a field is one error there.

mod fields;
mod generics;
mod newtype;
mod number;

use proc_macro2::TokenStream;
use quote::{ToTokens, quote, quote_spanned};
use syn::spanned::Spanned;

use crate::input::{Field, Given, Otherwise, Record, Shape};
use generics::Generics;

/// The implementations of `Record` and `RecordField`.
pub(crate) fn record(record: &Record<'_>, default_path: &TokenStream) -> TokenStream {
    let path = record.path.as_ref().map_or_else(|| default_path.clone(), ToTokens::to_token_stream);
    let generics = Generics::of(record);
    let parts = record.fields().iter().filter(|field| !field.is_skipped);
    let parts: TokenStream = parts.map(|field| part(record, field, &generics)).collect();
    let code = match &record.shape {
        Shape::Fields(fields) => fields::code(record, fields, &generics),
        Shape::Newtype(fields) => newtype::code(record, fields, &generics),
        Shape::Number(number) => number::code(record, number),
    };
    quote! {
        const _: () = {
            use #path as __arr;

            #parts
            #code
        };
    }
}

/// Which codec a field has.
fn part(record: &Record<'_>, field: &Field<'_>, generics: &Generics) -> TokenStream {
    let (ident, ty, name, index) = (record.ident, field.ty, &field.name, field.index);
    let Generics { params, args, bounds, .. } = generics;
    let kind = kind(field);
    let here = proc_macro2::Span::call_site().located_at(ty.span());
    let codec = quote_spanned! { here=> type Codec = #kind; };
    quote! {
        #[automatically_derived]
        impl #params __arr::record::FieldAt<#index, #ty> for #ident #args #bounds {
            #codec

            const NAME: &'static ::core::primitive::str = #name;
        }
    }
}

/// How the field is an item.
fn kind(field: &Field<'_>) -> TokenStream {
    let here = proc_macro2::Span::call_site().located_at(field.ty.span());
    match &field.dtype {
        Given::Nothing | Given::Time(_) => quote_spanned! { here=> __arr::record::Plain },
        Given::Unicode(width) => quote_spanned! { here=> __arr::record::UnicodeText<#width> },
        Given::Bytes(width) => quote_spanned! { here=> __arr::record::ByteText<#width> },
        Given::Raw(width) => quote_spanned! { here=> __arr::record::RawBytes<#width> },
    }
}

/// The field as its functions are told.
fn place(field: &Field<'_>) -> TokenStream {
    let (ty, index) = (field.ty, field.index);
    quote! { Self, #ty, #index }
}

/// The dtype of a field or why there is none, as a function tells it.
fn dtype(field: &Field<'_>, function: &TokenStream) -> TokenStream {
    let place = place(field);
    match &field.dtype {
        Given::Time(name) => {
            quote! { __arr::record::retyped(__arr::record::#function::<#place>()?, #name) }
        }
        _ => quote! { __arr::record::#function::<#place>() },
    }
}

/// The value of a field that the file lacks, if an attribute says it.
fn otherwise(field: &Field<'_>) -> Option<TokenStream> {
    let ty = field.ty;
    match &field.otherwise {
        Otherwise::Function(function) => Some(quote! { #function() }),
        Otherwise::Default => Some(quote! { <#ty as ::core::default::Default>::default() }),
        Otherwise::Nothing if field.is_skipped => {
            Some(quote! { <#ty as ::core::default::Default>::default() })
        }
        Otherwise::Nothing => None,
    }
}

/// A reference to the value of a field.
fn value(record: &Record<'_>, field: &Field<'_>) -> TokenStream {
    let member = &field.member;
    if record.packed {
        quote! { &{ self.#member } }
    } else {
        quote! { &self.#member }
    }
}
