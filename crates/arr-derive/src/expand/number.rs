//! Enums without data: integers.

use proc_macro2::{Ident, Span, TokenStream};
use quote::quote;
use syn::ext::IdentExt;

use crate::input::{Number, Record};

/// So many numbers a byte has.
const BYTES: usize = 256;

pub(super) fn code(record: &Record<'_>, number: &Number<'_>) -> TokenStream {
    let (ident, Number { repr, first, others }) = (record.ident, number);
    let variants: Vec<_> = std::iter::once(first).chain(others).collect();
    let consts: Vec<_> =
        (0..variants.len()).map(|index| Ident::new(&format!("__V{index}"), Span::call_site())).collect();
    let names = variants.iter().map(|variant| variant.unraw().to_string());
    let (repr, name) = (quote! { ::core::primitive::#repr }, ident.unraw().to_string());
    // There may be no other number.
    let quiet = (variants.len() >= BYTES).then(|| quote! { #[allow(unreachable_patterns)] });
    let other_consts = consts.iter().skip(1);
    quote! {
        #(const #consts: #repr = #ident::#variants as #repr;)*

        #[automatically_derived]
        impl __arr::record::RecordField for #ident {
            const ITEMSIZE: ::core::primitive::usize = <#repr as __arr::record::RecordField>::ITEMSIZE;
            const ALIGNMENT: ::core::primitive::usize = <#repr as __arr::record::RecordField>::ALIGNMENT;
            const ANY_BITS: ::core::primitive::bool = false;

            fn dtype() -> __arr::Result<__arr::DType> {
                <#repr as __arr::record::RecordField>::dtype()
            }

            #[inline]
            fn check(__item: &[::core::primitive::u8]) -> __arr::Result<()> {
                <#repr as __arr::record::RecordField>::check(__item)?;
                match <#repr as __arr::record::RecordField>::decode(__item) {
                    #(#consts)|* => ::core::result::Result::Ok(()),
                    #quiet
                    __other => ::core::result::Result::Err(__arr::record::no_variant(
                        __other,
                        #name,
                        &[#((
                            #names,
                            <::core::primitive::i128 as ::core::convert::From<#repr>>::from(#consts),
                        )),*],
                    )),
                }
            }

            #[inline]
            fn decode(__item: &[::core::primitive::u8]) -> Self {
                match <#repr as __arr::record::RecordField>::decode(__item) {
                    #(#other_consts => Self::#others,)*
                    _ => Self::#first,
                }
            }

            #[inline]
            fn encode(&self, __item: &mut [::core::primitive::u8]) -> __arr::Result<()> {
                let __number = match self {
                    #(Self::#variants => #consts,)*
                };
                <#repr as __arr::record::RecordField>::encode(&__number, __item)
            }
        }
    }
}
