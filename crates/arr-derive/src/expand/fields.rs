//! Structs with named fields: records.

use proc_macro2::TokenStream;
use quote::quote;
use syn::Index;

use super::generics::Generics;
use super::{dtype, otherwise, place, value};
use crate::input::{Field, Otherwise, Record};

pub(super) fn code(record: &Record<'_>, fields: &[Field<'_>], generics: &Generics) -> TokenStream {
    let Record { ident, aligned, .. } = record;
    let Generics { params, args, bounds, pod_bounds } = generics;
    let kept: Vec<_> = fields.iter().filter(|field| !field.is_skipped).collect();
    let count = kept.len();
    let places: Vec<_> = kept.iter().map(|field| place(field)).collect();
    let rules = kept.iter().map(|field| {
        let place = place(field);
        let has_default = !matches!(field.otherwise, Otherwise::Nothing);
        let widens = field.widens || record.widens;
        quote! { __arr::record::rule::<#place>(#has_default, #widens) }
    });
    let (dtypes, coding, partly) = (dtypes(record, fields), coding(record, fields), partly(record, fields));
    let pod = if record.pod { pod() } else { TokenStream::new() };
    quote! {
        trait __Layout {
            const PLACES: __arr::record::Places<#count>;
        }

        #[automatically_derived]
        impl #params __Layout for #ident #args #bounds {
            const PLACES: __arr::record::Places<#count> =
                __arr::record::Places::new([#(__arr::record::place::<#places>(),)*], #aligned);
        }

        #[automatically_derived]
        impl #params __arr::record::RecordField for #ident #args #bounds {
            const ITEMSIZE: ::core::primitive::usize = <Self as __Layout>::PLACES.itemsize;
            const ALIGNMENT: ::core::primitive::usize = <Self as __Layout>::PLACES.alignment;
            const ANY_BITS: ::core::primitive::bool =
                __arr::record::all(&[#(__arr::record::any_bits::<#places>(),)*]);
            const RULES: &'static [__arr::record::Rule] = &[#(#rules,)*];

            #dtypes
            #coding
            #partly
        }

        #[automatically_derived]
        impl #params __arr::record::Record for #ident #args #pod_bounds {
            fn record_type() -> __arr::Result<__arr::RecordType> {
                __arr::record::record_of(&<Self as __arr::record::RecordField>::dtype()?)
            }

            #pod
        }
    }
}

/// Code for each field that is in the file.
fn each(fields: &[Field<'_>], code: impl Fn(&Field<'_>) -> TokenStream) -> TokenStream {
    fields.iter().filter(|field| !field.is_skipped).map(code).collect()
}

/// Where the field begins in an item.
fn offset(field: &Field<'_>) -> TokenStream {
    let index = Index::from(field.index);
    quote! { const { <Self as __Layout>::PLACES.offsets[#index] } }
}

/// What an item is, and what is in memory.
fn dtypes(record: &Record<'_>, fields: &[Field<'_>]) -> TokenStream {
    let skipped = fields.iter().filter(|field| field.is_skipped).map(|field| {
        let (ty, name) = (field.ty, &field.name);
        quote! { __arr::record::check_skipped::<#ty>(#name)?; }
    });
    // The fields where the compiler has placed them.
    let in_memory = each(fields, |field| {
        let (member, name, dtype) = (&field.member, &field.name, dtype(field, &quote! { memory_dtype_of }));
        quote! {
            .field_at(#name, ::core::option::Option::None, #dtype?, ::core::mem::offset_of!(Self, #member))
        }
    });
    let record_fields = each(fields, |field| {
        let (name, dtype) = (&field.name, dtype(field, &quote! { dtype_of }));
        match &field.title {
            Some(title) => quote! { .titled_field(#name, #title, #dtype?) },
            None => quote! { .field(#name, #dtype?) },
        }
    });
    let layout = if record.aligned {
        quote! { .aligned() }
    } else {
        TokenStream::new()
    };
    quote! {
        fn dtype() -> __arr::Result<__arr::DType> {
            __arr::record::built(__arr::RecordType::builder() #record_fields #layout)
        }

        fn memory_dtype() -> __arr::Result<__arr::DType> {
            #(#skipped)*
            __arr::record::built(
                __arr::RecordType::builder() #in_memory .itemsize(::core::mem::size_of::<Self>()),
            )
        }
    }
}

/// Items of files that have all fields.
fn coding(record: &Record<'_>, fields: &[Field<'_>]) -> TokenStream {
    let checks = each(fields, |field| {
        let (place, offset) = (place(field), offset(field));
        quote! { __arr::record::check_part::<#place>(__item, #offset)?; }
    });
    let decoded = fields.iter().map(|field| {
        let (member, place, offset) = (&field.member, place(field), offset(field));
        match otherwise(field) {
            Some(value) if field.is_skipped => quote! { #member: #value, },
            _ => quote! { #member: __arr::record::decode_part::<#place>(__item, #offset), },
        }
    });
    let encoded = each(fields, |field| {
        let (value, place, offset) = (value(record, field), place(field), offset(field));
        quote! { __arr::record::encode_part::<#place>(#value, __item, #offset)?; }
    });
    quote! {
        #[inline]
        fn check(__item: &[::core::primitive::u8]) -> __arr::Result<()> {
            #checks
            ::core::result::Result::Ok(())
        }

        #[inline]
        fn decode(__item: &[::core::primitive::u8]) -> Self {
            Self { #(#decoded)* }
        }

        #[inline]
        fn encode(&self, __item: &mut [::core::primitive::u8]) -> __arr::Result<()> {
            #encoded
            ::core::result::Result::Ok(())
        }
    }
}

/// Items of files that lack some fields.
fn partly(record: &Record<'_>, fields: &[Field<'_>]) -> TokenStream {
    let checks = each(fields, |field| {
        let (place, offset) = (place(field), offset(field));
        quote! { __arr::record::check_found::<#place>(__item, #offset, __lacks)?; }
    });
    let decoded = fields.iter().map(|field| {
        let (member, place, offset) = (&field.member, place(field), offset(field));
        match otherwise(field) {
            Some(value) if field.is_skipped => quote! { #member: #value, },
            Some(value) => {
                quote! { #member: __arr::record::decode_or::<#place>(__item, #offset, __lacks, || #value), }
            }
            None => quote! { #member: __arr::record::decode_found::<#place>(__item, #offset, __lacks), },
        }
    });
    let encoded = each(fields, |field| {
        let (value, place, offset) = (value(record, field), place(field), offset(field));
        quote! { __arr::record::encode_found::<#place>(#value, __item, #offset, __lacks)?; }
    });
    let noted = each(fields, |field| {
        let (value, place) = (value(record, field), place(field));
        quote! { __arr::record::note_lack::<#place>(#value, &mut __lacks); }
    });
    quote! {
        fn check_found(
            __item: &[::core::primitive::u8],
            __lacks: &__arr::record::Lacks,
        ) -> __arr::Result<()> {
            #checks
            ::core::result::Result::Ok(())
        }

        fn decode_found(__item: &[::core::primitive::u8], __lacks: &__arr::record::Lacks) -> Self {
            Self { #(#decoded)* }
        }

        fn encode_found(
            &self,
            __item: &mut [::core::primitive::u8],
            __lacks: &__arr::record::Lacks,
        ) -> __arr::Result<()> {
            #encoded
            ::core::result::Result::Ok(())
        }

        fn lacks(&self) -> __arr::record::Lacks {
            let mut __lacks = <__arr::record::Lacks as ::core::default::Default>::default();
            #noted
            __lacks
        }
    }
}

/// Whole slices as bytes; bytemuck checks that they are.
fn pod() -> TokenStream {
    quote! {
        fn pod_bytes(values: &[Self]) -> ::core::option::Option<&[::core::primitive::u8]> {
            ::core::option::Option::Some(__arr::bytemuck::cast_slice(values))
        }

        fn pod_bytes_mut(values: &mut [Self]) -> ::core::option::Option<&mut [::core::primitive::u8]> {
            ::core::option::Option::Some(__arr::bytemuck::cast_slice_mut(values))
        }

        fn pod_zeros(
            count: ::core::primitive::usize,
        ) -> ::core::option::Option<__arr::Result<::std::vec::Vec<Self>>> {
            ::core::option::Option::Some(__arr::record::zeros(count))
        }

        fn pod_from_bytes(
            bytes: ::std::vec::Vec<::core::primitive::u8>,
        ) -> ::core::result::Result<::std::vec::Vec<Self>, ::std::vec::Vec<::core::primitive::u8>> {
            __arr::bytemuck::allocation::try_cast_vec(bytes).map_err(|(_, bytes)| bytes)
        }
    }
}
