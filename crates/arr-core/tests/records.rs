//! Rust structs to arrays of records and back, whatever the layout.
#![cfg(feature = "derive")]
#![allow(clippy::unwrap_used, reason = "a failed assumption is a failed test")]
#![forbid(unsafe_code)]

use arr_core::{
    Array, ByteOrder, DType, ErrorKind, Field, FixedBytes, FixedStr, Order, Record, RecordType, Scalar,
    SubArray,
};
use half::{bf16, f16};
use num_complex::Complex;
use proptest::prelude::*;

#[derive(Record, Clone, Copy, Debug, PartialEq)]
struct Inner {
    flag: bool,
    pair: [i16; 2],
}

/// Every kind of field.
#[derive(Record, Clone, Debug, PartialEq)]
struct Packed {
    small: u8,
    wide: f64,
    half: f16,
    brain: bf16,
    complex: Complex<f32>,
    inner: Inner,
    inners: [Inner; 3],
    grid: [[i32; 3]; 2],
    bytes: FixedBytes<3>,
    letters: FixedStr<4>,
    #[record(dtype = "U5")]
    text: String,
    #[record(dtype = "S6")]
    ascii: String,
    #[record(dtype = "U2")]
    texts: [[String; 2]; 2],
    #[record(dtype = "M8[ns]")]
    at: i64,
    #[record(dtype = "m8[25s]")]
    lasts: [i64; 2],
    #[record(name = "the last", title = "a title")]
    r#type: u16,
}

/// The same fields as a C compiler places them, in another order.
#[derive(Record, Clone, Debug, PartialEq)]
#[record(aligned)]
struct Aligned {
    #[record(name = "the last")]
    last: u16,
    #[record(dtype = "M8[ns]")]
    at: i64,
    small: u8,
    #[record(dtype = "U9")]
    text: String,
    inners: [Inner; 3],
    wide: f64,
    #[record(dtype = "S6")]
    ascii: String,
}

fn texts(most: usize) -> impl Strategy<Value = String> {
    proptest::collection::vec(prop_oneof!["[a-z]", Just("é".into()), Just("😀".into())], 0..=most)
        .prop_map(|letters| letters.concat())
}

prop_compose! {
    fn inner()(flag: bool, pair: [i16; 2]) -> Inner {
        Inner { flag, pair }
    }
}

prop_compose! {
    fn packed()(
        (small, wide, half, brain) in any::<(u8, i32, u8, u8)>(),
        complex in any::<(i16, i16)>(),
        one in inner(),
        inners in [inner(), inner(), inner()],
        grid: [[i32; 3]; 2],
        bytes: [u8; 3],
        letters in texts(4),
        text in texts(5),
        ascii in "[a-z]{0,6}",
        texts in [[texts(2), texts(2)], [texts(2), texts(2)]],
        (at, lasts, last) in any::<(i64, [i64; 2], u16)>(),
    ) -> Packed {
        Packed {
            small,
            wide: f64::from(wide) / 8.0,
            half: f16::from_f32(f32::from(half)),
            brain: bf16::from_f32(f32::from(brain)),
            complex: Complex::new(f32::from(complex.0), f32::from(complex.1)),
            inner: one,
            inners,
            grid,
            bytes: bytes.into(),
            letters: FixedStr::new(letters).unwrap(),
            text,
            ascii,
            texts,
            at,
            lasts,
            r#type: last,
        }
    }
}

fn aligned(record: &Packed) -> Aligned {
    let record = record.clone();
    Aligned {
        last: record.r#type,
        at: record.at,
        small: record.small,
        text: record.text,
        inners: record.inners,
        wide: record.wide,
        ascii: record.ascii,
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn records_come_back_from_either_byte_order(records in proptest::collection::vec(packed(), 0..9)) {
        let array = Array::from_records(&records).unwrap();
        let foreign = array.to_contiguous_in(Order::C, ByteOrder::NATIVE.swapped()).unwrap();
        for array in [&array, &foreign] {
            prop_assert_eq!(&array.to_records::<Packed>().unwrap(), &records);
            let expected: Vec<_> = records.iter().map(aligned).collect();
            prop_assert_eq!(&array.to_records::<Aligned>().unwrap(), &expected);
            let again = Array::from_records(&expected).unwrap();
            prop_assert_eq!(&again.to_records::<Aligned>().unwrap(), &expected);
            let backwards = array.slice("::-1".parse::<arr_core::Slice>().unwrap()).unwrap();
            let reversed: Vec<_> = records.iter().rev().cloned().collect();
            prop_assert_eq!(&backwards.to_records::<Packed>().unwrap(), &reversed);
        }
    }

    #[test]
    fn no_bytes_make_a_panic(bytes in proptest::collection::vec(any::<u8>(), 0..1000)) {
        let dtype = DType::from(Packed::record_type().unwrap());
        let count = bytes.len() / dtype.itemsize();
        let array = Array::contiguous(dtype.clone(), &[count], Order::C, &bytes[..]).unwrap();
        if let Ok(records) = array.to_records::<Packed>() {
            prop_assert_eq!(records.len(), count);
        }
        let swapped = dtype.with_byte_order(ByteOrder::NATIVE.swapped());
        let array = Array::contiguous(swapped, &[count], Order::C, &bytes[..]).unwrap();
        let _ = array.to_records::<Aligned>();
    }
}

#[test]
fn dtypes_are_those_of_numpy() {
    assert_eq!(
        DType::from(Packed::record_type().unwrap()).to_string().replace('>', "<"),
        "[('small', '|u1'), ('wide', '<f8'), ('half', '<f2'), ('brain', '<bfloat16'), ('complex', '<c8'), \
         ('inner', [('flag', '|b1'), ('pair', '<i2', (2,))]), \
         ('inners', [('flag', '|b1'), ('pair', '<i2', (2,))], (3,)), ('grid', '<i4', (2, 3)), ('bytes', '|S3'), \
         ('letters', '<U4'), ('text', '<U5'), ('ascii', '|S6'), ('texts', '<U2', (2, 2)), ('at', '<M8[ns]'), \
         ('lasts', '<m8[25s]', (2,)), (('a title', 'the last'), '<u2')]"
    );
    let aligned = Aligned::record_type().unwrap();
    let offsets: Vec<_> = aligned.fields().iter().map(Field::offset).collect();
    assert_eq!((offsets, aligned.itemsize()), (vec![0, 8, 16, 20, 56, 72, 80], 88));
    assert!(aligned.is_aligned() && !Inner::record_type().unwrap().is_aligned());
}

#[test]
fn the_layout_of_the_compiler_and_of_the_dtype_agree() {
    use arr_core::RecordField;
    let (packed, aligned) = (Packed::record_type().unwrap(), Aligned::record_type().unwrap());
    assert_eq!((packed.itemsize(), aligned.itemsize()), (Packed::ITEMSIZE, Aligned::ITEMSIZE));
    assert_eq!((packed.alignment(), aligned.alignment()), (Packed::ALIGNMENT, Aligned::ALIGNMENT));
    assert_eq!([Packed::ANY_BITS, Inner::ANY_BITS, Point::ANY_BITS], [false, false, true]);
}

#[test]
fn holes_are_written_as_zeros() {
    #[derive(Record)]
    #[record(aligned)]
    struct Holes {
        a: u8,
        b: u32,
        c: u8,
    }
    let array = Array::from_records(&[Holes { a: 1, b: u32::MAX, c: 2 }]).unwrap();
    assert_eq!(array.as_bytes(Order::C).unwrap(), [1, 0, 0, 0, 255, 255, 255, 255, 2, 0, 0, 0]);
}

#[derive(Record, bytemuck::AnyBitPattern, bytemuck::NoUninit, Clone, Copy, Debug, PartialEq)]
#[repr(C)]
struct Point {
    x: f32,
    y: f32,
    label: i32,
}

fn point(number: u8) -> Point {
    Point { x: f32::from(number), y: -f32::from(number), label: i32::from(number) }
}

fn points_at(fields: &[(&str, &str, usize)], itemsize: usize) -> RecordType {
    let add = |builder: arr_core::RecordBuilder, field: &(&str, &str, usize)| {
        builder.field_at(field.0, None, field.1.parse().unwrap(), field.2)
    };
    fields.iter().fold(RecordType::builder(), add).itemsize(itemsize).build().unwrap()
}

fn array_of(record: RecordType, bytes: &[u8]) -> Array<&[u8]> {
    let shape = [bytes.len() / record.itemsize()];
    Array::contiguous(record.into(), &shape, Order::C, bytes).unwrap()
}

#[test]
fn records_are_seen_in_place_or_it_is_said_why_not() {
    use std::borrow::Cow;
    let points: Vec<_> = (0..4).map(point).collect();
    let array = Array::from_records(&points).unwrap();
    assert_eq!(array.as_records::<Point>().unwrap(), points);
    assert!(matches!(array.records::<Point>().unwrap(), Cow::Borrowed(seen) if seen == points));
    let foreign = array.to_contiguous_in(Order::C, ByteOrder::NATIVE.swapped()).unwrap();
    assert!(matches!(foreign.records::<Point>().unwrap(), Cow::Owned(seen) if seen == points));
    let why = |array: &arr_core::ArrayView<'_>| array.as_records::<Point>().unwrap_err().to_string();
    assert!(why(&foreign.view()).starts_with("x: the byte order is foreign"));
    assert!(
        why(&array.slice("::2".parse::<arr_core::Slice>().unwrap()).unwrap()).contains("not C contiguous")
    );
    let bytes = [0; 32];
    let moved = points_at(&[("y", "=f4", 0), ("x", "=f4", 4), ("label", "=i4", 8)], 12);
    assert_eq!(
        why(&array_of(moved, &bytes)),
        "x: the field begins at byte 4 of the item, in memory at byte 0"
    );
    let longer = points_at(&[("x", "=f4", 0), ("y", "=f4", 4), ("label", "=i4", 8)], 16);
    assert_eq!(why(&array_of(longer, &bytes)), "an item has 16 bytes, a record in memory has 12");
    let record = Point::record_type().unwrap();
    let odd = arr_core::BufferMut::copy_of(&[0; 25]).unwrap().freeze();
    assert!(why(&array_of(record, &odd[1..])).contains("aligned to 4 bytes"));
}

#[test]
fn mutable_views_reach_the_bytes() {
    let mut array = Array::zeros(Point::record_type().unwrap(), &[3]).unwrap();
    array.as_records_mut::<Point>().unwrap()[1] = point(7);
    assert_eq!(array.freeze().to_records::<Point>().unwrap(), [point(0).abs(), point(7), point(0).abs()]);
}

impl Point {
    /// Zeros of which none is negative.
    fn abs(self) -> Self {
        Self { x: self.x.abs(), y: self.y.abs(), ..self }
    }
}

#[test]
fn pods_are_the_same_as_other_records() {
    #[derive(Record, bytemuck::Pod, bytemuck::Zeroable, Clone, Copy, Debug, PartialEq)]
    #[record(pod)]
    #[repr(C, packed)]
    struct Pod {
        label: u8,
        x: f64,
        grid: [[u16; 2]; 2],
    }
    let pods: Vec<_> = (0..5u8)
        .map(|label| Pod { label, x: f64::from(label), grid: [[1, 2], [3, u16::from(label)]] })
        .collect();
    let array = Array::from_records(&pods).unwrap();
    assert_eq!(array.itemsize(), 17);
    assert_eq!(array.to_records::<Pod>().unwrap(), pods);
    assert_eq!(array.as_records::<Pod>().unwrap(), pods);
    let mut written = Vec::new();
    arr_core::format::Output::new(&mut written).write_records(&pods, ByteOrder::NATIVE).unwrap();
    assert_eq!(written, array.as_bytes(Order::C).unwrap());
    written.clear();
    arr_core::format::Output::new(&mut written).write_records(&pods, ByteOrder::NATIVE.swapped()).unwrap();
    let foreign = array.to_contiguous_in(Order::C, ByteOrder::NATIVE.swapped()).unwrap();
    assert_eq!(written, foreign.as_bytes(Order::C).unwrap());
}

#[test]
fn fields_may_lie_anywhere_and_over_each_other() {
    // The label lies over the upper half of `x`, which comes last; nobody asks for `more`.
    let record = points_at(
        &[("label", ">i4", 9), ("more", "|S3", 0), ("y", "=f4", 1), ("x", "=f4", 7), ("z", "=f8", 5)],
        20,
    );
    let mut bytes = [0xEE; 40];
    for (row, item) in bytes.chunks_exact_mut(20).enumerate() {
        item[1..5].copy_from_slice(&1.5f32.to_ne_bytes());
        item[7..11].copy_from_slice(&2.5f32.to_ne_bytes());
        item[9..13].copy_from_slice(&i32::try_from(row).unwrap().to_be_bytes());
    }
    let found = array_of(record, &bytes).to_records::<Point>().unwrap();
    let x = |row: usize| f32::from_ne_bytes(bytes[row * 20 + 7..][..4].try_into().unwrap());
    assert_eq!(found, [Point { x: x(0), y: 1.5, label: 0 }, Point { x: x(1), y: 1.5, label: 1 }]);
}

#[test]
fn what_is_missing_or_different_is_named() {
    let why = |fields: &[(&str, &str, usize)]| {
        let error = array_of(points_at(fields, 16), &[0; 16]).to_records::<Point>().unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Mismatch);
        error.to_string()
    };
    assert_eq!(
        why(&[("x", "<f4", 0), ("label", "<i4", 4)]),
        "the dtype has no field 'y': it has [\"x\", \"label\"]"
    );
    assert!(
        why(&[("x", "<f4", 0), ("y", "<f8", 4), ("label", "<i4", 12)])
            .starts_with("y: the dtype differs: the array has <f8, ")
    );
    let numbers = Array::from_vec(vec![1.0f32], &[1]).unwrap();
    assert!(numbers.to_records::<Point>().unwrap_err().to_string().ends_with("f4 has no fields"));

    #[derive(Record, Debug)]
    struct Outer {
        inner: [Inner; 2],
    }
    let inner = RecordType::builder().field("flag", "|b1".parse().unwrap());
    let other = inner.clone().field("pair", SubArray::new("<i2".parse().unwrap(), &[3]).unwrap().into());
    let outer = |inner: arr_core::RecordBuilder| {
        let items = SubArray::new(inner.build().unwrap().into(), &[2]).unwrap();
        let outer = RecordType::builder().field("inner", items.into()).build().unwrap();
        array_of(outer, &[0; 100]).to_records::<Outer>().unwrap_err().to_string()
    };
    assert_eq!(outer(inner), "inner: the dtype has no field 'pair': it has [\"flag\"]");
    assert!(outer(other).starts_with("inner/pair: the dtype differs"));
}

#[test]
fn bits_that_are_no_value_are_named_with_their_row() {
    let array = Array::from_records(&[Inner { flag: true, pair: [1, 2] }; 5]).unwrap();
    let mut bytes = array.as_bytes(Order::C).unwrap().to_vec();
    bytes[15] = 2;
    let array = array_of(Inner::record_type().unwrap(), &bytes);
    let error = array.to_records::<Inner>().unwrap_err();
    assert_eq!(error.to_string(), "flag: row 3: a byte is neither 0 nor 1, so no bool (at byte 15)");
}

#[derive(Record, Clone, Debug, PartialEq)]
struct Text {
    #[record(dtype = "U3")]
    text: String,
    #[record(dtype = "S3")]
    bytes: String,
}

#[test]
fn strings_of_another_width_are_read_if_they_fit() {
    let record = |units: usize, bytes: usize| {
        let builder = RecordType::builder().field("bytes", DType::Bytes(bytes));
        builder.field("text", DType::Unicode(units, ByteOrder::Big)).build().unwrap()
    };
    let item = |units: usize, text: &str, bytes: &[u8]| {
        let mut item = bytes.to_vec();
        let letters = text.chars().map(u32::from).chain(std::iter::repeat(0));
        item.extend(letters.take(units).flat_map(u32::to_be_bytes));
        item
    };
    for (units, bytes) in [(1, &b"\xc3\xa9"[..]), (3, b"\xc3\xa9\0"), (7, b"\xc3\xa9\0\0\0\0\0")] {
        let items = [item(units, "x", bytes), item(units, "é", bytes)].concat();
        let found = array_of(record(units, bytes.len()), &items).to_records::<Text>().unwrap();
        let text = |text: &str| Text { text: text.into(), bytes: "é".into() };
        assert_eq!(found, [text("x"), text("é")]);
    }
    let why = |units: usize, text: &str, bytes: &[u8]| {
        let items = [item(units, "", &vec![0; bytes.len()]), item(units, text, bytes)].concat();
        array_of(record(units, bytes.len()), &items).to_records::<Text>().unwrap_err().to_string()
    };
    assert_eq!(
        why(5, "abcd", b"abc"),
        "text: row 1: the text is longer than the 3 characters that there is room for (at byte 23)"
    );
    assert_eq!(
        why(5, "abc", b"abcd"),
        "bytes: row 1: the text is longer than the 3 bytes that there is room for (at byte 24)"
    );
}

#[test]
fn strings_that_do_not_fit_are_not_written() {
    let why = |text: &str, bytes: &str| {
        let fits = Text { text: "😀é".into(), bytes: "é".into() };
        let records = [fits, Text { text: text.into(), bytes: bytes.into() }];
        let error = Array::from_records(&records).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidArgument);
        error.to_string()
    };
    assert_eq!(why("abcd", ""), "text: row 1: the text \"abcd\" has 4 characters, there is room for 3");
    assert_eq!(
        why("", "éé"),
        "bytes: row 1: the text \"\\xc3\\xa9\\xc3\\xa9\" has 4 bytes, there is room for 3"
    );
    assert!(why("a\0", "").contains("ends with NUL"));
    assert!(why("", "a\0").contains("ends with NUL"));
}

#[test]
fn records_without_bytes_are_counted() {
    #[derive(Record, Clone, Debug, PartialEq)]
    struct Nothing {
        none: [f32; 0],
    }
    let records = vec![Nothing { none: [] }; 3];
    let array = Array::from_records(&records).unwrap();
    assert_eq!((array.itemsize(), array.len()), (0, 3));
    assert_eq!(array.to_records::<Nothing>().unwrap(), records);
    assert!(array.to_records::<Text>().is_err());
}

#[test]
fn each_of_many_fields_is_found_by_name_and_by_title() {
    let mut builder = RecordType::builder();
    for at in 0..1000 {
        let (name, byte) = (format!("f{}", at * 7 % 1000), DType::native(Scalar::U8));
        builder = match at % 3 {
            0 => builder.titled_field(name, format!("title {at}"), byte),
            _ => builder.field(name, byte),
        };
    }
    let record = builder.build().unwrap();
    let offset = |name: &str| record.field(name).map(Field::offset);
    for (at, field) in record.fields().iter().enumerate() {
        assert_eq!(offset(field.name()), Some(at));
        assert!(field.title().is_none_or(|title| offset(title) == Some(at)));
    }
    assert_eq!((offset("f1000"), offset("title 1"), offset("")), (None, None, None));
    // A copy in another byte order finds them too.
    let swapped = DType::from(record.clone()).with_byte_order(ByteOrder::Big);
    assert_eq!(swapped.as_record().and_then(|record| record.field("f7")).map(Field::offset), Some(1));
}
