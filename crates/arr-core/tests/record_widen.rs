//! Records whose numbers and times are narrower in the file.
#![cfg(feature = "derive")]
#![allow(clippy::unwrap_used, reason = "a failed assumption is a failed test")]
#![forbid(unsafe_code)]

use arr_core::{
    Array, Casting, DType, Element, NOT_A_TIME, Order, Record, RecordField, RecordType, SubArray,
};
use half::{bf16, f16};
use num_complex::Complex;

fn dtype(text: &str) -> DType {
    text.parse().unwrap()
}

#[derive(Record, Clone, Debug, PartialEq)]
struct Strict<T> {
    x: T,
}

#[derive(Record, Clone, Debug, PartialEq)]
struct Wide<T> {
    id: u8,
    #[record(widen)]
    x: T,
}

const NUMBERS: [&str; 15] = [
    "|b1", "|i1", "|u1", "<i2", ">u2", ">i4", "<u4", "<i8", ">u8", ">f2", "bfloat16", "<f4", ">f8", "<c8",
    ">c16",
];

/// Whether NumPy calls the cast safe, and every value comes back.
fn is_lossless(from: &DType, to: &DType) -> bool {
    let integer = |dtype: &DType| dtype.as_scalar().is_some_and(|(kind, _)| kind.is_integer());
    from.can_cast(to, Casting::Safe) && !(from.itemsize() == 8 && integer(from) && !integer(to))
}

/// Every number of a file that a field of `T` can widen is what a cast makes of it; all others are refused.
fn each_number<T: Element + RecordField>() {
    let wanted = DType::of::<T>();
    for from in NUMBERS.map(dtype) {
        let numbers = Array::from_vec(vec![0i8, 1, 1, 0, 1], &[5]).unwrap();
        let numbers = numbers.cast(&from, Casting::Unsafe).unwrap();
        let record =
            RecordType::builder().field("x", from.clone()).field("id", dtype("|u1")).build().unwrap();
        let mut items = Vec::new();
        for number in 0..5 {
            items.extend(numbers.item(&[number]).unwrap());
            items.push(9);
        }
        let array = Array::contiguous(DType::from(record), &[5], Order::C, &items[..]).unwrap();
        let same = from.as_scalar().map(|(kind, _)| kind) == wanted.as_scalar().map(|(kind, _)| kind);
        let found = array.to_records::<Wide<T>>();
        if same || is_lossless(&from, &wanted) {
            let found: Vec<_> = found.unwrap().iter().map(|record| (record.id, record.x)).collect();
            let expected = numbers.cast(&wanted, Casting::Safe).unwrap().to_vec::<T>().unwrap();
            let expected: Vec<_> = expected.into_iter().map(|x| (9, x)).collect();
            assert_eq!(found, expected, "{from} as {wanted}");
            let strict = array.to_records::<Strict<T>>();
            assert_eq!(strict.is_ok(), same);
            if let Err(error) = strict {
                let error = error.to_string();
                assert!(error.starts_with("x: the dtype differs: the array has "), "{error}");
                assert!(error.contains("`#[record(widen)]`"), "{error}");
            }
        } else {
            let error = found.unwrap_err().to_string();
            assert!(error.starts_with("x: the dtype differs: the array has "), "{error}");
            assert!(!error.contains("widen"), "{error}");
        }
    }
}

#[test]
fn numbers_are_widened_where_no_value_changes() {
    each_number::<bool>();
    each_number::<i8>();
    each_number::<u8>();
    each_number::<i16>();
    each_number::<u16>();
    each_number::<i32>();
    each_number::<u32>();
    each_number::<i64>();
    each_number::<u64>();
    each_number::<f16>();
    each_number::<bf16>();
    each_number::<f32>();
    each_number::<f64>();
    each_number::<Complex<f32>>();
    each_number::<Complex<f64>>();
}

#[test]
fn extremes_stay_what_they_are() {
    fn read<T: Element, U: RecordField + PartialEq + Clone>(values: &[T]) -> Vec<U> {
        let items: &[u8] = bytemuck::cast_slice(values);
        let record =
            RecordType::builder().field("id", dtype("|V0")).field("x", DType::of::<T>()).build().unwrap();
        let array = Array::contiguous(DType::from(record), &[values.len()], Order::C, items).unwrap();

        #[derive(Record)]
        #[record(widen)]
        struct Only<U> {
            x: U,
        }
        array.to_records::<Only<U>>().unwrap().into_iter().map(|record| record.x).collect()
    }
    assert_eq!(read::<i32, i64>(&[i32::MIN, -1, i32::MAX]), [i64::from(i32::MIN), -1, i64::from(i32::MAX)]);
    assert_eq!(read::<u32, i64>(&[u32::MAX]), [i64::from(u32::MAX)]);
    assert_eq!(read::<u32, f64>(&[u32::MAX]), [f64::from(u32::MAX)]);
    let floats = read::<f32, f64>(&[f32::MIN_POSITIVE, f32::NEG_INFINITY, -0.0, f32::MAX]);
    assert_eq!(floats, [f64::from(f32::MIN_POSITIVE), f64::NEG_INFINITY, 0.0, f64::from(f32::MAX)]);
    assert!(floats[2].is_sign_negative());
    assert!(read::<f32, f64>(&[f32::NAN])[0].is_nan());
}

#[derive(Record, Clone, Debug, PartialEq)]
struct Inner {
    a: [[i64; 2]; 2],
    b: Option<u32>,
}

#[derive(Record, Clone, Debug, PartialEq)]
#[record(widen)]
struct Outer {
    flag: i32,
    inners: [Inner; 2],
    #[record(dtype = "M8[ms]")]
    at: i64,
    #[record(dtype = "m8[us]")]
    spans: [i64; 2],
    plain: f32,
}

#[test]
fn what_is_inside_is_widened_too_and_faults_are_named() {
    let inner = RecordType::builder()
        .field("b", dtype(">u2"))
        .field("a", SubArray::new(dtype(">i2"), &[2, 2]).unwrap().into())
        .build()
        .unwrap();
    let record = RecordType::builder()
        .field("plain", dtype("<f4"))
        .field("at", dtype(">M8[s]"))
        .field("flag", dtype("|b1"))
        .field("spans", SubArray::new(dtype("<m8[ms]"), &[2]).unwrap().into())
        .field("inners", SubArray::new(inner.into(), &[2]).unwrap().into())
        .build()
        .unwrap();
    let item = |flag: u8, at: i64, span: i64| {
        let mut item = 0.5f32.to_le_bytes().to_vec();
        item.extend(at.to_be_bytes());
        item.push(flag);
        item.extend([span, NOT_A_TIME].iter().flat_map(|span| span.to_le_bytes()));
        item.extend((1..=10i16).flat_map(i16::to_be_bytes));
        item
    };
    let read = |items: &[Vec<u8>]| {
        let bytes = items.concat();
        let array =
            Array::contiguous(DType::from(record.clone()), &[items.len()], Order::C, &bytes[..]).unwrap();
        let found = array.to_records::<Outer>();
        let mut input = arr_core::Input::from_reader(&bytes[..]);
        let again = input.read_records::<Outer>(array.dtype(), items.len(), "data");
        assert_eq!(format!("{found:?}"), format!("{again:?}"));
        found
    };
    let outer = |flag: i32, at: i64, span: i64| Outer {
        flag,
        inners: [Inner { a: [[2, 3], [4, 5]], b: Some(1) }, Inner { a: [[7, 8], [9, 10]], b: Some(6) }],
        at,
        spans: [span, NOT_A_TIME],
        plain: 0.5,
    };
    let good = [item(1, 7, -5), item(0, NOT_A_TIME, 0)];
    assert_eq!(read(&good).unwrap(), [outer(1, 7000, -5000), outer(0, NOT_A_TIME, 0)]);
    // So many that they are laid out in more than one piece.
    let mut many: Vec<_> = (0..9000).map(|row| item(u8::from(row % 2 == 0), row, row)).collect();
    let expected: Vec<_> =
        (0..9000).map(|row| outer(i32::from(row % 2 == 0), row * 1000, row * 1000)).collect();
    assert!(read(&many).unwrap() == expected);
    many[8500] = item(3, 0, 0);
    let why = |items: &[Vec<u8>]| read(items).unwrap_err().to_string();
    let size = many[0].len();
    assert_eq!(
        why(&many),
        format!(
            "flag: row 8500: the byte 3, which is not a bool, does not fit <i4 (at byte {})",
            8500 * size
        )
        .replace("<i4", &DType::of::<i32>().to_string())
    );
    let far = [item(1, 0, 0), item(1, i64::MAX / 10, 0)];
    assert!(why(&far).starts_with("at: row 1: 922337203685477580 in "), "{}", why(&far));
    let far = [item(1, 0, i64::MIN + 1)];
    assert!(why(&far).starts_with("spans: row 0: -9223372036854775807 in "), "{}", why(&far));
}

#[test]
fn what_is_seen_in_place_is_never_widened() {
    let record =
        RecordType::builder().field("x", DType::of::<f32>()).field("id", dtype("|u1")).build().unwrap();
    let array = Array::zeros(record, &[2]).unwrap().freeze();
    assert_eq!(array.to_records::<Wide<f64>>().unwrap(), vec![Wide { id: 0, x: 0.0 }; 2]);

    #[derive(Record, bytemuck::AnyBitPattern, Clone, Copy, Debug)]
    #[record(widen)]
    #[repr(C)]
    struct Seen {
        x: u64,
    }
    let record = RecordType::builder().field("x", DType::of::<u32>()).itemsize(8).build().unwrap();
    let array = Array::zeros(record, &[2]).unwrap().freeze();
    let error = array.as_records::<Seen>().unwrap_err().to_string();
    assert!(error.starts_with("x: the dtype differs") && !error.contains("widen"), "{error}");
    assert_eq!(array.records::<Seen>().unwrap().len(), 2);
}
