//! The parameters of a type, and what has to be true of them.

use proc_macro2::{Ident, TokenStream, TokenTree};
use quote::{ToTokens, quote};

use super::kind;
use crate::input::{Otherwise, Record};

/// The parameters of a type, as its implementations have them.
pub(super) struct Generics {
    /// Behind `impl`.
    pub(super) params: TokenStream,
    /// Behind the name of the type.
    pub(super) args: TokenStream,
    /// The `where` clause, in which each field is one that a record can have.
    pub(super) bounds: TokenStream,
    /// The same for plain old data.
    pub(super) pod_bounds: TokenStream,
}

impl Generics {
    pub(super) fn of(record: &Record<'_>) -> Self {
        let (params, args, own) = record.generics.split_for_impl();
        let types: Vec<_> = record.generics.type_params().map(|param| &param.ident).collect();
        let mut bounds: Vec<TokenStream> =
            own.iter().flat_map(|own| &own.predicates).map(ToTokens::to_token_stream).collect();
        if !types.is_empty() {
            bounds.push(quote! { Self: ::core::marker::Send + ::core::marker::Sync });
        }
        for field in record.fields() {
            let ty = field.ty;
            if !mentions(ty.to_token_stream(), &types) {
                continue;
            }
            if !field.is_skipped {
                let kind = kind(field);
                bounds.push(quote! { #kind: __arr::record::Codec<#ty> });
            }
            let by_default = matches!(field.otherwise, Otherwise::Default)
                || field.is_skipped && matches!(field.otherwise, Otherwise::Nothing);
            if by_default {
                bounds.push(quote! { #ty: ::core::default::Default });
            }
        }
        let mut pod_bounds = bounds.clone();
        if record.pod && !types.is_empty() {
            pod_bounds.push(quote! { Self: __arr::bytemuck::Pod });
        }
        let clause = |bounds: &[TokenStream]| {
            if bounds.is_empty() {
                TokenStream::new()
            } else {
                quote! { where #(#bounds,)* }
            }
        };
        Self {
            params: params.to_token_stream(),
            args: args.to_token_stream(),
            bounds: clause(&bounds),
            pod_bounds: clause(&pod_bounds),
        }
    }
}

/// True when one of the names is among the tokens.
fn mentions(tokens: TokenStream, names: &[&Ident]) -> bool {
    tokens.into_iter().any(|token| match token {
        TokenTree::Ident(ident) => names.contains(&&ident),
        TokenTree::Group(group) => mentions(group.stream(), names),
        TokenTree::Punct(_) | TokenTree::Literal(_) => false,
    })
}
