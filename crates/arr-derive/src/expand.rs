//! The code that is made.

use proc_macro2::TokenStream;
use quote::{ToTokens, quote};
use syn::Index;

use crate::input::{Field, Given, Record};

/// The implementations of `Record` and `RecordField`.
pub(crate) fn record(record: &Record<'_>, default_path: &TokenStream) -> TokenStream {
    let path = record.path.as_ref().map_or_else(|| default_path.clone(), ToTokens::to_token_stream);
    let Record { ident, aligned, .. } = record;
    let count = record.fields.len();
    let sizes = each(record, |_, field| {
        let codec = codec(field);
        quote! { (#codec::ITEMSIZE, #codec::ALIGNMENT), }
    });
    let any_bits = each(record, |_, field| {
        let codec = codec(field);
        quote! { && #codec::ANY_BITS }
    });
    let (checks, decoded, encoded) = (checks(record), decoded(record), encoded(record));
    let (fields, memory_fields) = (fields(record), memory_fields(record));
    let layout = if *aligned {
        quote! { .aligned() }
    } else {
        TokenStream::new()
    };
    let pod = if record.pod { pod() } else { TokenStream::new() };
    quote! {
        #[automatically_derived]
        const _: () = {
            use #path as __arr;

            const __PLACES: __arr::record::Places<#count> = __arr::record::Places::new([#sizes], #aligned);

            impl __arr::record::RecordField for #ident {
                const ITEMSIZE: usize = __PLACES.itemsize;
                const ALIGNMENT: usize = __PLACES.alignment;
                const ANY_BITS: bool = true #any_bits;

                fn dtype() -> __arr::Result<__arr::DType> {
                    <Self as __arr::record::Record>::record_type().map(__arr::DType::from)
                }

                fn memory_dtype() -> __arr::Result<__arr::DType> {
                    __arr::RecordType::builder()
                        #memory_fields
                        .itemsize(::core::mem::size_of::<Self>())
                        .build()
                        .map(__arr::DType::from)
                }

                #[inline]
                fn check(__item: &[u8]) -> __arr::Result<()> {
                    #checks
                    ::core::result::Result::Ok(())
                }

                #[inline]
                fn decode(__item: &[u8]) -> Self {
                    Self { #decoded }
                }

                #[inline]
                fn encode(&self, __item: &mut [u8]) -> __arr::Result<()> {
                    #encoded
                    ::core::result::Result::Ok(())
                }
            }

            impl __arr::record::Record for #ident {
                fn record_type() -> __arr::Result<__arr::RecordType> {
                    __arr::RecordType::builder() #fields #layout .build()
                }

                #pod
            }
        };
    }
}

fn each(record: &Record<'_>, code: impl Fn(Index, &Field<'_>) -> TokenStream) -> TokenStream {
    record.fields.iter().enumerate().map(|(index, field)| code(Index::from(index), field)).collect()
}

/// How the type of a field is an item.
fn codec(field: &Field<'_>) -> TokenStream {
    let (ty, kind) = (field.ty, kind(field));
    quote! { <#kind as __arr::record::Codec<#ty>> }
}

fn kind(field: &Field<'_>) -> TokenStream {
    match &field.dtype {
        Given::Nothing | Given::Time(_) => quote! { __arr::record::Plain },
        Given::Unicode(width) => quote! { __arr::record::UnicodeText<#width> },
        Given::Bytes(width) => quote! { __arr::record::ByteText<#width> },
    }
}

/// The dtype of a field as a function of its codec tells it.
fn dtype(field: &Field<'_>, function: &TokenStream) -> TokenStream {
    let codec = codec(field);
    match &field.dtype {
        Given::Time(name) => quote! { __arr::record::retyped(#codec::#function()?, #name)? },
        _ => quote! { #codec::#function()? },
    }
}

fn checks(record: &Record<'_>) -> TokenStream {
    each(record, |index, field| {
        let (ty, name, kind) = (field.ty, &field.name, kind(field));
        quote! { __arr::record::check_part::<#kind, #ty>(__item, __PLACES.offsets[#index], #name)?; }
    })
}

fn decoded(record: &Record<'_>) -> TokenStream {
    each(record, |index, field| {
        let (ident, ty, kind) = (field.ident, field.ty, kind(field));
        quote! { #ident: __arr::record::decode_part::<#kind, #ty>(__item, __PLACES.offsets[#index]), }
    })
}

fn encoded(record: &Record<'_>) -> TokenStream {
    each(record, |index, field| {
        let (ident, ty, name, kind) = (field.ident, field.ty, &field.name, kind(field));
        let value = if record.packed {
            quote! { { self.#ident } }
        } else {
            quote! { self.#ident }
        };
        quote! {
            __arr::record::encode_part::<#kind, #ty>(&#value, __item, __PLACES.offsets[#index], #name)?;
        }
    })
}

fn fields(record: &Record<'_>) -> TokenStream {
    each(record, |_, field| {
        let (name, dtype) = (&field.name, dtype(field, &quote! { dtype }));
        match &field.title {
            Some(title) => quote! { .titled_field(#name, #title, #dtype) },
            None => quote! { .field(#name, #dtype) },
        }
    })
}

/// The fields where the compiler has placed them.
fn memory_fields(record: &Record<'_>) -> TokenStream {
    each(record, |_, field| {
        let (ident, name, dtype) = (field.ident, &field.name, dtype(field, &quote! { memory_dtype }));
        quote! {
            .field_at(#name, ::core::option::Option::None, #dtype, ::core::mem::offset_of!(Self, #ident))
        }
    })
}

/// Whole slices as bytes; bytemuck checks that they are.
fn pod() -> TokenStream {
    quote! {
        fn pod_bytes(values: &[Self]) -> ::core::option::Option<&[u8]> {
            ::core::option::Option::Some(__arr::bytemuck::cast_slice(values))
        }

        fn pod_bytes_mut(values: &mut [Self]) -> ::core::option::Option<&mut [u8]> {
            ::core::option::Option::Some(__arr::bytemuck::cast_slice_mut(values))
        }

        fn pod_zeros(count: usize) -> ::core::option::Option<__arr::Result<::std::vec::Vec<Self>>> {
            ::core::option::Option::Some(__arr::record::zeros(count))
        }

        fn pod_from_bytes(
            bytes: ::std::vec::Vec<u8>,
        ) -> ::core::result::Result<::std::vec::Vec<Self>, ::std::vec::Vec<u8>> {
            __arr::bytemuck::allocation::try_cast_vec(bytes).map_err(|(_, bytes)| bytes)
        }
    }
}
