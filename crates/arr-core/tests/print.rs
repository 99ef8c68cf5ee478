//! Arrays print as NumPy prints them.
//!
//! `fixtures/numpy/print.json` holds what NumPy itself printed.

#![allow(clippy::unwrap_used)] // A failed assumption here is a failed test.

use arr_core::{
    Array, Buffer, Casting, DType, FloatMode, Mmap, Order, PrintOptions, RecordType, Scalar, Sign, Storage,
    SubArray, s,
};
use insta::assert_snapshot;
use serde_json::Value;

const CORPUS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../fixtures/numpy/print.json");

fn base64(text: &str) -> Vec<u8> {
    let value = |letter: u8| match letter {
        b'A'..=b'Z' => letter - b'A',
        b'a'..=b'z' => letter - b'a' + 26,
        b'0'..=b'9' => letter - b'0' + 52,
        b'+' => 62,
        _ => 63,
    };
    let letters: Vec<u8> = text.bytes().filter(|letter| *letter != b'=').map(value).collect();
    let group = |group: &[u8]| {
        let bits = group.iter().enumerate().map(|(at, six)| u32::from(*six) << (26 - 6 * at)).sum::<u32>();
        bits.to_be_bytes()[..group.len() - 1].to_vec()
    };
    letters.chunks(4).flat_map(group).collect()
}

fn shape(list: &str) -> Vec<usize> {
    list.split(',').map(str::trim).filter(|dim| !dim.is_empty()).map(|dim| dim.parse().unwrap()).collect()
}

/// Reads a `.npy` file as `numpy.save` writes it.
fn npy(bytes: &[u8]) -> Array {
    let (start, length) = match bytes[6] {
        1 => (10, usize::from(bytes[8]) | usize::from(bytes[9]) << 8),
        _ => (12, usize::from(bytes[8]) | usize::from(bytes[9]) << 8 | usize::from(bytes[10]) << 16),
    };
    let header = String::from_utf8_lossy(&bytes[start..start + length]).into_owned();
    let (descr, rest) = header.trim_start_matches("{'descr': ").split_once(", 'fortran_order': ").unwrap();
    let (fortran, rest) = rest.split_once(", 'shape': (").unwrap();
    let shape = shape(rest.split_once(')').unwrap().0);
    let order = if fortran == "True" { Order::F } else { Order::C };
    let data = Buffer::from_vec(bytes[start + length..].to_vec());
    Array::contiguous(descr.trim_matches('\'').parse().unwrap(), &shape, order, data).unwrap()
}

/// `numpy.arange(count).astype(dtype).reshape(shape)`
fn arange(count: i64, dtype: &str, shape: &[usize]) -> Array {
    let numbers = Array::from_vec((0..count).collect::<Vec<i64>>(), shape).unwrap();
    let dtype: DType = dtype.parse().unwrap();
    match dtype {
        DType::DateTime(..) | DType::TimeDelta(..) => {
            numbers.to_byte_order(dtype.byte_order().unwrap()).unwrap().with_dtype(dtype).unwrap()
        }
        DType::Unicode(length, _) => {
            let text = |number: i64| {
                let codes: Vec<u32> = number.to_string().chars().map(u32::from).collect();
                codes
                    .into_iter()
                    .chain(std::iter::repeat(0))
                    .take(length)
                    .flat_map(u32::to_le_bytes)
                    .collect::<Vec<u8>>()
            };
            let bytes: Vec<u8> = (0..count).flat_map(text).collect();
            Array::contiguous(dtype, shape, Order::C, Buffer::from_vec(bytes)).unwrap()
        }
        _ => numbers.cast(&dtype, Casting::Unsafe).unwrap(),
    }
}

fn array_of(entry: &Value) -> Array {
    if let Some(text) = entry["npy"].as_str() {
        return npy(&base64(text));
    }
    let range = &entry["arange"];
    let shape: Vec<usize> = serde_json::from_value(range[2].clone()).unwrap();
    arange(range[0].as_i64().unwrap(), range[1].as_str().unwrap(), &shape)
}

#[test]
fn the_corpus_prints_as_in_numpy() {
    let corpus: Value = serde_json::from_str(&std::fs::read_to_string(CORPUS).unwrap()).unwrap();
    let entries = corpus["prints"].as_array().unwrap();
    assert!(entries.len() > 1000);
    for entry in entries {
        let array = array_of(entry);
        assert_eq!(array.to_string(), entry["print"].as_str().unwrap(), "{}", entry["name"]);
    }
}

#[test]
fn foreign_byte_order_and_strides_print_alike() {
    let corpus: Value = serde_json::from_str(&std::fs::read_to_string(CORPUS).unwrap()).unwrap();
    for entry in corpus["prints"].as_array().unwrap().iter().step_by(3) {
        let array = array_of(entry);
        let swapped = array.to_contiguous_in(Order::F, arr_core::ByteOrder::NATIVE.swapped()).unwrap();
        assert_eq!(swapped.to_string(), array.to_string(), "{}", entry["name"]);
        let twice = swapped.transpose().to_contiguous(Order::C).unwrap();
        assert_eq!(twice.transpose().to_string(), array.to_string(), "{}", entry["name"]);
    }
}

fn floats(values: &[f64]) -> Array {
    Array::from_vec(values.to_vec(), &[values.len()]).unwrap()
}

#[test]
fn rows_and_planes() {
    assert_snapshot!(arange(12, "<i4", &[2, 2, 3]), @r"
    [[[ 0  1  2]
      [ 3  4  5]]

     [[ 6  7  8]
      [ 9 10 11]]]
    ");
    assert_snapshot!(arange(30, "<f8", &[30]), @r"
    [ 0.  1.  2.  3.  4.  5.  6.  7.  8.  9. 10. 11. 12. 13. 14. 15. 16. 17.
     18. 19. 20. 21. 22. 23. 24. 25. 26. 27. 28. 29.]
    ");
    assert_snapshot!(arange(1200, "<i8", &[40, 30]), @r"
    [[   0    1    2 ...   27   28   29]
     [  30   31   32 ...   57   58   59]
     [  60   61   62 ...   87   88   89]
     ...
     [1110 1111 1112 ... 1137 1138 1139]
     [1140 1141 1142 ... 1167 1168 1169]
     [1170 1171 1172 ... 1197 1198 1199]]
    ");
    assert_eq!(arange(0, "<f4", &[2, 0, 3]).to_string(), "[]");
}

#[test]
fn floats_share_a_format() {
    assert_snapshot!(floats(&[1.5, f64::NAN, -2.25, f64::INFINITY]), @"[ 1.5    nan -2.25   inf]");
    assert_snapshot!(floats(&[1e-5, 1.0]), @"[1.e-05 1.e+00]");
    assert_snapshot!(floats(&[1.0 / 3.0, -0.0, 100.0]), @"[  0.33333333  -0.         100.        ]");
    assert_snapshot!(floats(&[0.1]).reshape(&[], Order::C).unwrap(), @"0.1");
    assert_snapshot!(floats(&[1e16]).reshape(&[], Order::C).unwrap(), @"1e+16");
    let halves = floats(&[0.1, 65504.0]).cast(&DType::native(Scalar::F16), Casting::Unsafe).unwrap();
    assert_snapshot!(halves, @"[1.00e-01 6.55e+04]");
    let brains = floats(&[0.1, 1.0 / 3.0, 12.5]).cast(&DType::native(Scalar::BF16), Casting::Unsafe).unwrap();
    assert_snapshot!(brains, @"[ 0.1    0.334 12.5  ]");
    let long = floats(&[0.1, -1e300]).cast(&DType::native(Scalar::LongDouble16), Casting::Unsafe).unwrap();
    assert_snapshot!(long, @"[ 1.e-001 -1.e+300]");
    assert_snapshot!(long.slice(s![0]).unwrap(), @"0.10000000000000000555");
}

#[test]
fn options_are_those_of_numpy() {
    let array = floats(&[0.5, 2.0 / 3.0, -1234.56789, 1e-7]);
    let print = |options: &PrintOptions| array.display(options).to_string();
    assert_snapshot!(print(&PrintOptions::new().precision(3)), @"[ 5.000e-01  6.667e-01 -1.235e+03  1.000e-07]");
    let plain = PrintOptions::new().precision(3).suppress(true);
    assert_snapshot!(print(&plain), @"[    0.5       0.667 -1234.568     0.   ]");
    assert_snapshot!(
        print(&plain.clone().floatmode(FloatMode::Fixed)),
        @"[    0.500     0.667 -1234.568     0.000]"
    );
    assert_snapshot!(
        print(&plain.clone().floatmode(FloatMode::Unique)),
        @r"
    [    0.5                    0.6666666666666666 -1234.56789
         0.0000001         ]
    "
    );
    assert_snapshot!(print(&plain.sign(Sign::Plus)), @"[   +0.5      +0.667 -1234.568    +0.   ]");
    let narrow = PrintOptions::new().linewidth(10).threshold(5).edgeitems(2).sign(Sign::Space);
    assert_snapshot!(arange(100, "<i4", &[100]).display(&narrow), @r"
    [  0   1
     ...  98
      99]
    ");
    let named = PrintOptions::new().nanstr("NA").infstr("oo");
    assert_eq!(floats(&[f64::NAN, f64::NEG_INFINITY]).display(&named).to_string(), "[ NA -oo]");
    let none = PrintOptions::new().threshold(0).edgeitems(0);
    assert_eq!(arange(5, "<i4", &[5]).display(&none).to_string(), "[... 4]");
}

#[test]
fn records_print_as_tuples() {
    let pair = SubArray::new(DType::native(Scalar::F32), &[2]).unwrap();
    let record =
        RecordType::builder().field("xy", pair.into()).field("name", DType::Bytes(3)).build().unwrap();
    let mut bytes = Vec::new();
    for (x, y, name) in [(1.0f32, 2.5f32, b"ab\0"), (-10.0, 0.0, b"it'")] {
        bytes.extend([x.to_ne_bytes(), y.to_ne_bytes()].concat());
        bytes.extend(name);
    }
    let array = Array::contiguous(record.into(), &[2], Order::C, Buffer::from_vec(bytes)).unwrap();
    assert_snapshot!(array, @r#"[([  1. ,   2.5], b'ab') ([-10. ,   0. ], b"it'")]"#);
    assert_snapshot!(array.slice(s![0]).unwrap(), @"([1.0, 2.5], b'ab')");
    assert_snapshot!(array.field("xy").unwrap(), @r"
    [[  1.    2.5]
     [-10.    0. ]]
    ");
}

#[test]
fn an_array_of_sub_arrays_has_their_dimensions() {
    let pair = SubArray::new(DType::native(Scalar::U8), &[2]).unwrap();
    let array = Array::contiguous(pair.into(), &[2], Order::C, Buffer::from_vec(vec![1u8, 2, 3, 4])).unwrap();
    assert_eq!(array.to_string(), "[[1 2]\n [3 4]]");
}

#[test]
fn objects_are_only_named() {
    let array = Array::contiguous(DType::Object, &[1], Order::C, Buffer::from_vec(vec![0u8; 8])).unwrap();
    assert_eq!(array.to_string(), "<object array of shape [1]>");
    let record = RecordType::builder().field("o", DType::Object).build().unwrap();
    let array = Array::contiguous(record.into(), &[1], Order::C, Buffer::from_vec(vec![0u8; 8])).unwrap();
    assert!(array.to_string().contains("objects that are not in its bytes"));
}

/// Were all items walked through, this test would not end.
#[test]
fn items_left_out_are_not_touched() {
    let one = Array::from_vec(vec![7i16], &[1]).unwrap();
    assert_snapshot!(one.broadcast(&[1 << 30, 1 << 20]).unwrap(), @r"
    [[7 7 7 ... 7 7 7]
     [7 7 7 ... 7 7 7]
     [7 7 7 ... 7 7 7]
     ...
     [7 7 7 ... 7 7 7]
     [7 7 7 ... 7 7 7]
     [7 7 7 ... 7 7 7]]
    ");
    assert!(one.broadcast(&[2; 60]).unwrap().to_string().contains("too many dimensions"));
}

#[test]
fn every_storage_prints() {
    fn print<S: Storage>(array: &Array<S>) -> String {
        array.to_string()
    }
    assert_eq!(print(&floats(&[1.0]).view()), "[1.]");
    let _: fn(&Array<Mmap>) -> String = print;
}

#[test]
fn texts_of_any_length() {
    let texts = |shape: &[usize], texts: &[&str]| Array::from_texts(shape, Order::C, texts).unwrap();
    assert_snapshot!(
        texts(&[6], &["alpha", "", "two words, \"q\"", "it's", "a\0b\0", "é\n"]),
        @r#"['alpha' '' 'two words, "q"' "it's" 'a\x00b\x00' 'é\n']"#
    );
    let long = "a".repeat(80);
    assert_snapshot!(texts(&[4], &[&long, "b", &long, "b"]), @r"
    ['aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa'
     'b'
     'aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa'
     'b']
    ");
    let square = texts(&[2, 2], &["a", "b", "c", "dd"]);
    assert_snapshot!(square.transpose(), @r"
    [['a' 'c']
     ['b' 'dd']]
    ");
    assert_snapshot!(texts(&[], &["x y"]), @"x y");
    assert_snapshot!(texts(&[0], &[]), @"[]");
    let many = square.broadcast(&[600, 2, 2]).unwrap();
    assert_snapshot!(many.slice(s![.., 0]).unwrap(), @r"
    [['a' 'b']
     ['a' 'b']
     ['a' 'b']
     ...
     ['a' 'b']
     ['a' 'b']
     ['a' 'b']]
    ");
}

#[test]
fn bytes_that_are_gone_are_not_printed_as_zeros() {
    use std::sync::atomic::{AtomicBool, Ordering};
    static IS_GONE: AtomicBool = AtomicBool::new(false);
    struct Owner;
    impl AsRef<[u8]> for Owner {
        fn as_ref(&self) -> &[u8] {
            if IS_GONE.load(Ordering::Relaxed) { b"\x01" } else { b"\x01\x02\x03" }
        }
    }
    let layout = arr_core::Layout::contiguous(&[3], 1, Order::C).unwrap();
    let array = Array::new("|u1".parse().unwrap(), layout, Buffer::from_owner(Owner)).unwrap();
    assert_eq!(array.to_string(), "[1 2 3]");
    IS_GONE.store(true, Ordering::Relaxed);
    assert_eq!(array.to_string(), "<array of shape [3] and dtype |u1 that lies outside of its bytes>");
    assert!(array.to_vec::<u8>().is_err() && array.as_slice::<u8>().is_err());
}
