//! The derived code works where no name is there but those that it names from the root, and others mean something else.
#![no_implicit_prelude]
#![forbid(unsafe_code)]
#![deny(
    warnings,
    missing_docs,
    missing_debug_implementations,
    rust_2018_idioms,
    single_use_lifetimes,
    trivial_casts,
    trivial_numeric_casts,
    unreachable_pub,
    unused_lifetimes,
    unused_qualifications,
    unused_results,
    variant_size_differences,
    clippy::all,
    clippy::pedantic
)]

/// Items that are called like what derived code needs.
mod others {
    #![allow(dead_code, non_camel_case_types, reason = "they are there to be in the way")]

    #[derive(::std::fmt::Debug)]
    pub(crate) struct Result;
    #[derive(::std::fmt::Debug)]
    pub(crate) struct Option;
    #[derive(::std::fmt::Debug)]
    pub(crate) struct Vec;
    #[derive(::std::fmt::Debug)]
    pub(crate) struct String;
    #[derive(::std::fmt::Debug)]
    pub(crate) struct Plain;
    #[derive(::std::fmt::Debug)]
    pub(crate) struct DType;
    #[derive(::std::fmt::Debug)]
    pub(crate) struct Places;
    #[derive(::std::fmt::Debug)]
    pub(crate) struct usize;
    #[derive(::std::fmt::Debug)]
    pub(crate) struct bool;
    #[derive(::std::fmt::Debug)]
    pub(crate) struct str;
    pub(crate) trait RecordField {}
    pub(crate) trait Record {}
    pub(crate) trait Default {}
    pub(crate) trait Send {}
    pub(crate) trait From {}
    pub(crate) mod core {}
    pub(crate) mod std {}
    pub(crate) mod arr_core {}
    pub(crate) mod record {}
}

#[allow(unused_imports, clippy::wildcard_imports, reason = "they are there to be in the way")]
use others::*;

/// Plain old data, which are bytes without any code of ours that is unsafe.
#[derive(
    ::arr_core::Record, ::std::clone::Clone, ::std::marker::Copy, ::std::fmt::Debug, ::std::cmp::PartialEq,
)]
#[record(aligned, widen, rename_all = "camelCase")]
pub struct Every<'a, T: ::std::marker::Copy, const N: ::std::primitive::usize> {
    /// Of the parameters.
    pub some_values: [T; N],
    maybe: ::std::option::Option<::std::primitive::f64>,
    #[record(default)]
    level: Level,
    #[record(default = "three", name = "three")]
    number: ::std::primitive::i64,
    length: Meters,
    inner: Private,
    #[record(dtype = "V3")]
    raw: [::std::primitive::u8; 3],
    #[record(dtype = "M8[ns]", title = "a time")]
    r#type: ::std::primitive::i64,
    #[record(skip)]
    marker: ::std::marker::PhantomData<&'a T>,
    #[record(skip, default = "three")]
    item: ::std::primitive::i64,
}

/// Nobody else sees it, unlike the struct that has it.
#[derive(
    ::arr_core::Record, ::std::clone::Clone, ::std::marker::Copy, ::std::fmt::Debug, ::std::cmp::PartialEq,
)]
struct Private {
    self_: ::std::primitive::bool,
}

#[derive(
    ::arr_core::Record, ::std::clone::Clone, ::std::marker::Copy, ::std::fmt::Debug, ::std::cmp::PartialEq,
)]
struct Meters(::std::primitive::f32);

/// A number.
#[derive(
    ::arr_core::Record,
    ::std::clone::Clone,
    ::std::marker::Copy,
    ::std::fmt::Debug,
    ::std::cmp::PartialEq,
    ::std::default::Default,
)]
#[repr(i16)]
pub enum Level {
    /// Below.
    Low = -1,
    /// Above.
    #[default]
    High = 300,
}

fn three() -> ::std::primitive::i64 {
    3
}

#[test]
fn records_come_back() {
    use ::std::option::Option::{None, Some};
    let every = |maybe| Every::<'_, ::std::primitive::u16, 2> {
        some_values: [1, 2],
        maybe,
        level: Level::Low,
        number: 4,
        length: Meters(0.5),
        inner: Private { self_: true },
        raw: [1, 2, 0],
        r#type: 7,
        marker: ::std::marker::PhantomData,
        item: 3,
    };
    for records in [[every(None), every(None)], [every(Some(0.5)), every(Some(1.5))]] {
        let array = ::arr_core::Array::from_records(&records).unwrap();
        ::std::assert_eq!(array.to_records::<Every<'_, ::std::primitive::u16, 2>>().unwrap(), records);
        let names = ::std::format!("{}", array.dtype());
        ::std::assert!(names.contains("'someValues'") && names.contains("('a time', 'type')"), "{names}");
    }
}

/// Whatever the crate is called.
mod renamed {
    pub(crate) mod inside {
        pub(crate) use ::arr_core as vocabulary;
    }

    #[derive(::arr_core::Record, ::std::fmt::Debug, ::std::cmp::PartialEq)]
    #[record(crate = "inside::vocabulary")]
    pub(crate) struct Point<T> {
        pub(crate) x: T,
        pub(crate) y: super::Meters,
    }
}

#[test]
fn the_crate_may_be_elsewhere() {
    let records = [renamed::Point { x: [1i8, 2], y: Meters(1.5) }];
    let array = ::arr_core::Array::from_records(&records).unwrap();
    ::std::assert_eq!(array.to_records::<renamed::Point<[::std::primitive::i8; 2]>>().unwrap(), records);
}

/// All numbers of eight bits are variants, so that no other is left.
mod whole {
    #[derive(::arr_core::Record, ::std::clone::Clone, ::std::marker::Copy, ::std::fmt::Debug)]
    #[repr(u8)]
    #[allow(clippy::enum_variant_names, clippy::upper_case_acronyms, reason = "they are numbers")]
    pub(crate) enum Byte {
        V00,
        V01,
        V02,
        V03,
        V04,
        V05,
        V06,
        V07,
        V08,
        V09,
        V0A,
        V0B,
        V0C,
        V0D,
        V0E,
        V0F,
        V10,
        V11,
        V12,
        V13,
        V14,
        V15,
        V16,
        V17,
        V18,
        V19,
        V1A,
        V1B,
        V1C,
        V1D,
        V1E,
        V1F,
        V20,
        V21,
        V22,
        V23,
        V24,
        V25,
        V26,
        V27,
        V28,
        V29,
        V2A,
        V2B,
        V2C,
        V2D,
        V2E,
        V2F,
        V30,
        V31,
        V32,
        V33,
        V34,
        V35,
        V36,
        V37,
        V38,
        V39,
        V3A,
        V3B,
        V3C,
        V3D,
        V3E,
        V3F,
        V40,
        V41,
        V42,
        V43,
        V44,
        V45,
        V46,
        V47,
        V48,
        V49,
        V4A,
        V4B,
        V4C,
        V4D,
        V4E,
        V4F,
        V50,
        V51,
        V52,
        V53,
        V54,
        V55,
        V56,
        V57,
        V58,
        V59,
        V5A,
        V5B,
        V5C,
        V5D,
        V5E,
        V5F,
        V60,
        V61,
        V62,
        V63,
        V64,
        V65,
        V66,
        V67,
        V68,
        V69,
        V6A,
        V6B,
        V6C,
        V6D,
        V6E,
        V6F,
        V70,
        V71,
        V72,
        V73,
        V74,
        V75,
        V76,
        V77,
        V78,
        V79,
        V7A,
        V7B,
        V7C,
        V7D,
        V7E,
        V7F,
        V80,
        V81,
        V82,
        V83,
        V84,
        V85,
        V86,
        V87,
        V88,
        V89,
        V8A,
        V8B,
        V8C,
        V8D,
        V8E,
        V8F,
        V90,
        V91,
        V92,
        V93,
        V94,
        V95,
        V96,
        V97,
        V98,
        V99,
        V9A,
        V9B,
        V9C,
        V9D,
        V9E,
        V9F,
        VA0,
        VA1,
        VA2,
        VA3,
        VA4,
        VA5,
        VA6,
        VA7,
        VA8,
        VA9,
        VAA,
        VAB,
        VAC,
        VAD,
        VAE,
        VAF,
        VB0,
        VB1,
        VB2,
        VB3,
        VB4,
        VB5,
        VB6,
        VB7,
        VB8,
        VB9,
        VBA,
        VBB,
        VBC,
        VBD,
        VBE,
        VBF,
        VC0,
        VC1,
        VC2,
        VC3,
        VC4,
        VC5,
        VC6,
        VC7,
        VC8,
        VC9,
        VCA,
        VCB,
        VCC,
        VCD,
        VCE,
        VCF,
        VD0,
        VD1,
        VD2,
        VD3,
        VD4,
        VD5,
        VD6,
        VD7,
        VD8,
        VD9,
        VDA,
        VDB,
        VDC,
        VDD,
        VDE,
        VDF,
        VE0,
        VE1,
        VE2,
        VE3,
        VE4,
        VE5,
        VE6,
        VE7,
        VE8,
        VE9,
        VEA,
        VEB,
        VEC,
        VED,
        VEE,
        VEF,
        VF0,
        VF1,
        VF2,
        VF3,
        VF4,
        VF5,
        VF6,
        VF7,
        VF8,
        VF9,
        VFA,
        VFB,
        VFC,
        VFD,
        VFE,
        VFF,
    }
}

#[test]
fn every_byte_may_be_a_variant() {
    use ::arr_core::RecordField;
    for byte in [0, 1, 127, 255] {
        whole::Byte::check(&[byte]).unwrap();
        ::std::assert_eq!(whole::Byte::decode(&[byte]) as ::std::primitive::u8, byte);
    }
    let mut item = [0];
    whole::Byte::VFE.encode(&mut item).unwrap();
    ::std::assert_eq!(item, [254]);
}
