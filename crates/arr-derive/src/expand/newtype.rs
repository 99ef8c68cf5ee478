//! Tuple structs of one field: what the field is.

use proc_macro2::TokenStream;
use quote::quote;

use super::generics::Generics;
use super::{dtype, otherwise, place, value};
use crate::input::{Field, Record};

pub(super) fn code(record: &Record<'_>, fields: &[Field<'_>], generics: &Generics) -> TokenStream {
    let ident = record.ident;
    let Generics { params, args, bounds, .. } = generics;
    let Some(inner) = fields.iter().find(|field| !field.is_skipped) else { return TokenStream::new() };
    let (ty, member, at) = (inner.ty, &inner.member, place(inner));
    let (own, in_memory) = (dtype(inner, &quote! { dtype_of }), dtype(inner, &quote! { memory_dtype_of }));
    let value = value(record, inner);
    let others: Vec<_> = fields
        .iter()
        .filter(|field| field.is_skipped)
        .filter_map(|field| Some((&field.member, otherwise(field)?)))
        .map(|(member, value)| quote! { #member: #value, })
        .collect();
    quote! {
        #[automatically_derived]
        impl #params __arr::record::RecordField for #ident #args #bounds {
            const ITEMSIZE: ::core::primitive::usize = __arr::record::place::<#at>().0;
            const ALIGNMENT: ::core::primitive::usize = __arr::record::place::<#at>().1;
            const ANY_BITS: ::core::primitive::bool = __arr::record::any_bits::<#at>();
            const RULES: &'static [__arr::record::Rule] = __arr::record::inner_rules::<#at>();

            fn dtype() -> __arr::Result<__arr::DType> {
                #own
            }

            fn memory_dtype() -> __arr::Result<__arr::DType> {
                __arr::record::check_transparent::<Self, #ty>()?;
                #in_memory
            }

            #[inline]
            fn check(__item: &[::core::primitive::u8]) -> __arr::Result<()> {
                __arr::record::check_inner::<#at>(__item)
            }

            #[inline]
            fn decode(__item: &[::core::primitive::u8]) -> Self {
                Self { #member: __arr::record::decode_inner::<#at>(__item), #(#others)* }
            }

            #[inline]
            fn encode(&self, __item: &mut [::core::primitive::u8]) -> __arr::Result<()> {
                __arr::record::encode_inner::<#at>(#value, __item)
            }

            fn check_found(
                __item: &[::core::primitive::u8],
                __lacks: &__arr::record::Lacks,
            ) -> __arr::Result<()> {
                __arr::record::check_inner_found::<#at>(__item, __lacks)
            }

            fn decode_found(__item: &[::core::primitive::u8], __lacks: &__arr::record::Lacks) -> Self {
                Self { #member: __arr::record::decode_inner_found::<#at>(__item, __lacks), #(#others)* }
            }

            fn encode_found(
                &self,
                __item: &mut [::core::primitive::u8],
                __lacks: &__arr::record::Lacks,
            ) -> __arr::Result<()> {
                __arr::record::encode_inner_found::<#at>(#value, __item, __lacks)
            }

            fn lacks(&self) -> __arr::record::Lacks {
                __arr::record::inner_lacks::<#at>(#value)
            }
        }
    }
}
