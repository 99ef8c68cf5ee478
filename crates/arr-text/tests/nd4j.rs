//! Texts that real versions of ND4J wrote, and round trips.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a failed assumption is a failed test")]

use std::path::{Path, PathBuf};

use arr_conformance::said;
use arr_core::format::{Codec, Format as _, Match, Reading};
use arr_core::{Array, ByteOrder, Casting, DType, ErrorKind, Input, Order, Scalar};
use arr_text::format::Nd4jTxt;
use arr_text::nd4j::{self, ReadOptions, WriteOptions};
use proptest::prelude::*;
use serde_json::Value;

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fixtures/nd4j")
}

fn files() -> Vec<Value> {
    let manifest: Value =
        serde_json::from_slice(&std::fs::read(folder().join("manifest.json")).unwrap()).unwrap();
    let files = manifest["files"].as_array().unwrap();
    files.iter().filter(|file| file["format"] == "nd4j-txt").cloned().collect()
}

fn fixture(name: &str) -> Vec<u8> {
    std::fs::read(folder().join("nd4j-txt").join(name)).unwrap()
}

/// The same value, whatever is the type that tells it.
fn same(array: &Array, values: &[Value]) -> bool {
    if array.dtype() == &DType::native(Scalar::Bool) {
        return array.to_vec::<bool>().unwrap().into_iter().map(Value::from).collect::<Vec<_>>() == values;
    }
    if array.dtype() == &DType::native(Scalar::I64) && values.iter().all(Value::is_i64) {
        return array.to_vec::<i64>().unwrap().into_iter().map(Value::from).collect::<Vec<_>>() == values;
    }
    let found = array.cast(&DType::native(Scalar::F64), Casting::Unsafe).unwrap().to_vec::<f64>().unwrap();
    let expected = values.iter().map(|value| match value.as_str() {
        Some("NaN") => f64::NAN,
        Some("Infinity") => f64::INFINITY,
        Some("-Infinity") => f64::NEG_INFINITY,
        Some(other) => panic!("{other}"),
        None => value.as_f64().unwrap(),
    });
    found.len() == values.len()
        && found.iter().zip(expected).all(|(a, b)| *a == b || (a.is_nan() && b.is_nan()))
}

fn dtype(name: &str) -> DType {
    DType::native(Scalar::ALL.into_iter().find(|kind| kind.name() == name).unwrap())
}

#[test]
fn every_file_reads_in_every_way() {
    let mut read = 0;
    for file in files() {
        let path = folder().join(file["file"].as_str().unwrap());
        let bytes = std::fs::read(&path).unwrap();
        assert_eq!(Nd4jTxt.sniff(&bytes[..20]), Match::Yes);
        if file["expect_error"] == true {
            let error = nd4j::read(&path).unwrap_err();
            assert_eq!(
                said(&error),
                "nd4j-txt: a row behind 4 values has 0 values, expected 2: ND4J M2.1 loses rows of such arrays in \
                 order f (at byte 192)"
            );
            continue;
        }
        let array = nd4j::read(&path).unwrap();
        let values = file["values"].as_array().unwrap();
        assert_eq!(serde_json::json!(array.shape()), file["shape"], "{file}");
        assert!(same(&array, values), "{file}");
        let stated = file["dtype"].as_str().unwrap();
        let expected = match stated {
            "bool" => "bool",
            stated if stated.starts_with("float") => "float64",
            _ => "int64",
        };
        assert_eq!(array.dtype(), &dtype(expected), "{file}");

        let mut stream = &bytes[..];
        assert!(same(&nd4j::read_from(&mut stream).unwrap(), values));
        assert_eq!(stream.trim_ascii(), b"", "{file}");
        let windows = String::from_utf8(bytes.clone()).unwrap().replace('\n', "\r\n");
        assert!(same(&nd4j::read_bytes(windows.as_bytes()).unwrap(), values));
        let mut input = Input::open(&path).unwrap();
        let description = Nd4jTxt.describe(&mut input).unwrap().description;
        assert!(input.at_end().unwrap());
        assert_eq!((&description.dtype, &description.shape[..]), (array.dtype(), array.shape()));
        if stated != "uint64" {
            let typed = ReadOptions::new().dtype(dtype(stated)).order(Order::F).read(&path).unwrap();
            assert!(typed.as_bytes(Order::F).is_some() && typed.dtype() == &dtype(stated));
            assert!(same(&typed.to_contiguous(Order::C).unwrap(), values), "{file}");
        }
        read += 1;
    }
    assert_eq!(read, 33);
}

#[test]
fn the_newest_nd4j_writes_the_same_text_byte_for_byte() {
    let mut equal = 0;
    for file in files() {
        let is_old = file["producer"] == "0.9.1" || file["expect_error"] == true;
        if is_old {
            continue;
        }
        let bytes = std::fs::read(folder().join(file["file"].as_str().unwrap())).unwrap();
        let order =
            if bytes.windows(15).any(|text| text == b"\"ordering\": \"f\"") { Order::F } else { Order::C };
        let array = nd4j::read_bytes(&bytes).unwrap();
        let again = WriteOptions::new().order(order).to_bytes(&array).unwrap();
        assert_eq!(String::from_utf8_lossy(&again), String::from_utf8_lossy(&bytes), "{file}");
        // The type has no say in it.
        let stated = file["dtype"].as_str().unwrap();
        if stated != "uint64" {
            let typed = ReadOptions::new().dtype(dtype(stated)).order(order).read_bytes(&bytes).unwrap();
            let written = WriteOptions::new().order(order).to_bytes(&typed).unwrap();
            assert!(written == bytes, "{file}");
        }
        equal += 1;
    }
    assert_eq!(equal, 29);
}

fn text(shape: &str, data: &str) -> Vec<u8> {
    format!(
        "{{\n\"filefrom\": \"dl4j\",\n\"ordering\": \"c\",\n\"shape\":\t{shape},\n\"data\":\n{data}\n}}\n"
    )
    .into()
}

fn old_text(shape: &str, data: &str) -> Vec<u8> {
    format!(
        "{{\n\"filefrom:\" \"dl4j\",\n\"ordering:\" \"c\",\n\"shape\":\t{shape},\n\"data\":\n{data}\n}}\n\n"
    )
    .into()
}

#[test]
fn commas_group_in_the_old_text_and_separate_in_the_new_one() {
    let array = nd4j::read_bytes(&old_text("[1, 2]", "[-1,234.50 ,   6.00]")).unwrap();
    assert_eq!((array.shape(), array.to_vec::<f64>().unwrap()), (&[1, 2][..], vec![-1234.5, 6.0]));
    let array = nd4j::read_bytes(&old_text("[2, 1]", "[1,234,567.00 ,   \n 0.25]")).unwrap();
    assert_eq!(array.to_vec::<f64>().unwrap(), [1_234_567.0, 0.25]);
    let array = nd4j::read_bytes(&old_text("[1, 1]", "12.00")).unwrap();
    assert_eq!(array.to_vec::<f64>().unwrap(), [12.0]);
    let array = nd4j::read_bytes(&old_text("[1, 2]", "[1.00, 2.00]")).unwrap();
    assert_eq!(array.to_vec::<f64>().unwrap(), [1.0, 2.0]);
    let error = nd4j::read_bytes(&old_text("[1, 2]", "[1,50 ,   2,25]")).unwrap_err();
    assert_eq!(error.to_string(), "nd4j-txt: value 0 is '1,50': it is not a value (at byte 65)");
    let array = nd4j::read_bytes(&text("[3]", "[1,234.5,6]")).unwrap();
    assert_eq!(array.to_vec::<f64>().unwrap(), [1.0, 234.5, 6.0]);
    let array = nd4j::read_bytes(&old_text("[1, 3]", "[\u{221e} ,   -\u{221e} ,   \u{fffd}]")).unwrap();
    let values = array.to_vec::<f64>().unwrap();
    assert!(values[0] == f64::INFINITY && values[1] == f64::NEG_INFINITY && values[2].is_nan());
}

#[test]
fn the_values_tell_the_dtype() {
    let dtype_of = |data: &str| nd4j::read_bytes(&text("[2]", data)).map(|array| array.dtype().to_string());
    for (data, expected) in [
        ("[1, -9223372036854775808]", "<i8"),
        ("[1, 9223372036854775808]", "<u8"),
        ("[1, 18446744073709551616]", "<f8"),
        ("[0, 1.0E0]", "<f8"),
        ("[-0, 0]", "<i8"),
        ("[NaN, 1]", "<f8"),
        ("[true, false]", "|b1"),
        ("[\"a\", \"b\"]", "utf8"),
    ] {
        assert_eq!(dtype_of(data).unwrap(), expected, "{data}");
    }
    for (data, kind, expected) in [
        ("[-1, 9223372036854775808]", ErrorKind::Mismatch, "ask for one"),
        ("[9223372036854775808, -1]", ErrorKind::Mismatch, "ask for one"),
        ("[1, true]", ErrorKind::Malformed, "numbers and booleans"),
        ("[true, 1.5]", ErrorKind::Malformed, "numbers and booleans"),
        ("[1, \"a\"]", ErrorKind::Malformed, "it has quotes"),
        ("[\"a\", 1]", ErrorKind::Malformed, "it has no quotes"),
        ("[1E999, 1]", ErrorKind::Malformed, "too large"),
        ("[1, nan]", ErrorKind::Malformed, "value 1 is 'nan': it is not a value"),
    ] {
        let error = nd4j::read_bytes(&text("[2]", data)).unwrap_err();
        assert!(error.kind() == kind && error.to_string().contains(expected), "{data}: {error}");
        assert!(error.offset().is_some());
    }
    let values =
        nd4j::read_bytes(&text("[3]", "[9007199254740992, -3, 0.5]")).unwrap().to_vec::<f64>().unwrap();
    assert_eq!(values, [9_007_199_254_740_992.0, -3.0, 0.5]);
}

/// Whole numbers that are not floats are not made floats unless that is asked for.
#[test]
fn digits_are_not_lost_silently() {
    for (data, place) in [
        ("[9007199254740993, -3, 0.5]", 2),
        ("[18446744073709551615, 0.5, 1]", 1),
        ("[0.5, 9007199254740993, 1]", 1),
        ("[1, 18446744073709551617, 1]", 1),
        ("[NaN, 1, -9007199254740993]", 2),
    ] {
        let error = nd4j::read_bytes(&text("[3]", data)).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Mismatch, "{data}");
        let (start, end) = (format!("nd4j-txt: value {place} is "), "ask for a dtype (at byte ");
        assert!(error.to_string().starts_with(&start) && error.to_string().contains(end), "{data}: {error}");
        let floats = ReadOptions::new().dtype(DType::of::<f64>()).read_bytes(&text("[3]", data)).unwrap();
        assert_eq!(floats.len(), 3);
    }
    let whole = ReadOptions::new().dtype(DType::of::<i64>());
    let array = whole.read_bytes(&text("[2]", "[9007199254740993.0, 9.223372036854775807E18]")).unwrap();
    assert_eq!(array.to_vec::<i64>().unwrap(), [9_007_199_254_740_993, i64::MAX]);
    let error = nd4j::read_bytes(&text("[2]", "[1E-400, 1]")).unwrap_err();
    assert!(error.to_string().contains("too small to be another than zero"), "{error}");
    let least = nd4j::read_bytes(&text("[2]", "[4.9E-324, 0E-400]")).unwrap();
    assert_eq!(least.to_vec::<f64>().unwrap(), [f64::from_bits(1), 0.0]);
}

#[test]
fn brackets_nest_as_the_shape_says() {
    for (shape, data) in [
        ("[2, 2]", "[1, 2, 3, 4]"),
        ("[2, 3]", "[[1, 2], [3, 4], [5, 6]]"),
        ("[2, 3]", "[[[1, 2, 3], [4, 5, 6]]]"),
        ("[4]", "[[1, 2, 3, 4]]"),
        ("[2, 2, 1]", "[[[1], [2]], [[3, 4]]]"),
        ("[2, 2, 2]", "[[[1, 2], [3, 4], [5, 6]], [[7, 8]]]"),
        ("[2, 2, 1]", "[[1, 2], [[3], [4]]]"),
        ("[]", "[[1]]"),
        ("[0]", "[[]]"),
    ] {
        let error = nd4j::read_bytes(&text(shape, data)).unwrap_err();
        assert!(error.kind() == ErrorKind::Malformed && error.offset().is_some(), "{shape} {data}: {error}");
    }
    for (shape, data) in [
        ("[1, 4]", "[1, 2, 3, 4]"),
        ("[4, 1]", "[1, 2, 3, 4]"),
        ("[4, 1]", "[[1], [2], [3], [4]]"),
        ("[2, 1, 2]", "[[1, 2], [3, 4]]"),
        ("[2, 1, 1]", "[1, 2]"),
        ("[1, 1]", "5"),
        ("[]", "5"),
        ("[]", "[5]"),
        ("[2, 0]", "[[], []]"),
        ("[2, 0]", "[]"),
    ] {
        nd4j::read_bytes(&text(shape, data)).unwrap();
    }
}

#[test]
fn a_byte_order_mark_is_stepped_over() {
    let bytes = [&b"\xef\xbb\xbf"[..], &text("[2]", "[1, 2]")].concat();
    assert_eq!(Nd4jTxt.sniff(&bytes), Match::Yes);
    assert_eq!(nd4j::read_bytes(&bytes).unwrap().to_vec::<i64>().unwrap(), [1, 2]);
}

#[test]
fn a_dtype_can_be_asked_for_and_is_checked() {
    let read =
        |kind, data: &str| ReadOptions::new().dtype(DType::native(kind)).read_bytes(&text("[2]", data));
    assert_eq!(read(Scalar::I8, "[-128, 1.27E2]").unwrap().to_vec::<i8>().unwrap(), [-128, 127]);
    assert_eq!(read(Scalar::Bool, "[true, 0]").unwrap().to_vec::<bool>().unwrap(), [true, false]);
    assert_eq!(read(Scalar::F32, "[0.1, true]").unwrap().to_vec::<f32>().unwrap(), [0.1, 1.0]);
    for (kind, data) in [
        (Scalar::I8, "[1, 128]"),
        (Scalar::U8, "[1, -1]"),
        (Scalar::I32, "[1, 1.5]"),
        (Scalar::I32, "[1, NaN]"),
        (Scalar::I64, "[1, 9223372036854775808]"),
        (Scalar::U64, "[1, -1]"),
        (Scalar::Bool, "[1, 2]"),
        (Scalar::F16, "[1, 65520]"),
        (Scalar::BF16, "[1, 3.4E38]"),
        (Scalar::F32, "[1, 3.5E38]"),
        (Scalar::F64, "[1, \"a\"]"),
    ] {
        let error = read(kind, data).unwrap_err();
        assert!(error.kind() == ErrorKind::Mismatch && error.offset().is_some(), "{kind} {data}: {error}");
    }
    let big = DType::scalar(Scalar::I16, ByteOrder::Big);
    let array = ReadOptions::new().dtype(big.clone()).read_bytes(&text("[2]", "[1, 2]")).unwrap();
    assert_eq!((array.dtype(), array.as_bytes(Order::C).unwrap()), (&big, &[0, 1, 0, 2][..]));
    let texts = ReadOptions::new().dtype(DType::Utf8);
    assert_eq!(texts.read_bytes(&text("[2]", "[1, 2]")).unwrap_err().kind(), ErrorKind::Mismatch);
    let none = ReadOptions::new().dtype("<c8".parse().unwrap());
    assert_eq!(none.read_bytes(&text("[2]", "[1, 2]")).unwrap_err().kind(), ErrorKind::Unsupported);
    // What ND4J makes of uint64.
    let signed = nd4j::read_bytes(&fixture("m21-u64-3.txt")).unwrap();
    let seen = signed.with_dtype(DType::native(Scalar::U64)).unwrap();
    assert_eq!(seen.to_vec::<u64>().unwrap(), [0, 1 << 63, u64::MAX]);
}

#[test]
fn texts_stand_in_quotes_that_are_not_escaped() {
    let texts = ["alpha", "", "two words, \"q\"", "a\"b\\n\" c", "\"", " \"", "日本, ]"];
    let array = Array::from_texts(&[7], Order::C, texts).unwrap();
    let bytes = nd4j::to_bytes(&array).unwrap();
    assert!(bytes.ends_with(
        "[\"alpha\",\"\",\"two words, \"q\"\",\"a\"b\\n\" c\",\"\"\",\" \"\",\"日本, ]\"]\n}\n".as_bytes()
    ));
    assert_eq!(nd4j::read_bytes(&bytes).unwrap().to_strings().unwrap(), texts);
    let scalar = Array::from_texts(&[], Order::C, ["a] \"b\""]).unwrap();
    assert_eq!(
        nd4j::read_bytes(&nd4j::to_bytes(&scalar).unwrap()).unwrap().to_strings().unwrap(),
        ["a] \"b\""]
    );
    let fixed = Array::from_strings(&["x", "yz"]).unwrap();
    assert_eq!(
        nd4j::read_bytes(&nd4j::to_bytes(&fixed).unwrap()).unwrap().to_strings().unwrap(),
        ["x", "yz"]
    );
    for bad in ["a\",\"b", "a\" ]", "a\nb", "\r"] {
        let array = Array::from_texts(&[1], Order::C, [bad]).unwrap();
        assert_eq!(nd4j::to_bytes(&array).unwrap_err().kind(), ErrorKind::Unsupported, "{bad:?}");
    }
}

#[test]
fn nd4j_is_spared_what_it_does_not_read() {
    let options = WriteOptions::new().for_nd4j(true);
    let refused = |array: &Array| {
        let mut written = Vec::new();
        options.write_to(&mut written, array).unwrap_err();
        assert!(written.is_empty());
        nd4j::to_bytes(array).unwrap();
    };
    refused(&Array::from_vec(vec![1.0, f64::NAN], &[2]).unwrap());
    refused(&Array::from_vec(vec![1.0f32, f32::INFINITY], &[2]).unwrap());
    refused(&Array::from_vec(Vec::<f32>::new(), &[0, 3]).unwrap());
    refused(&Array::from_vec(vec![true], &[1]).unwrap());
    refused(&Array::from_strings(&["a"]).unwrap());
    options.to_bytes(&Array::from_vec(vec![1.0, -2.0], &[2]).unwrap()).unwrap();
    let large = Array::from_vec(vec![u64::MAX], &[1]).unwrap();
    assert!(nd4j::to_bytes(&large).unwrap().ends_with(b"[18446744073709551615]\n}\n"));
    assert_eq!(
        nd4j::to_bytes(&Array::zeros("<c8".parse::<DType>().unwrap(), &[1]).unwrap()).unwrap_err().kind(),
        ErrorKind::Unsupported
    );
    let one = Array::from_vec(vec![1u8], &[1]).unwrap();
    assert_eq!(nd4j::to_bytes(&one.broadcast(&[1; 33]).unwrap()).unwrap_err().kind(), ErrorKind::Unsupported);
}

/// ND4J prints -0.0 as 0; the sign is kept here, and its own reader takes that for 0.
#[test]
fn zero_keeps_its_sign() {
    let bits = |values: Vec<f64>| values.into_iter().map(f64::to_bits).collect::<Vec<_>>();
    for (values, texts) in [
        (vec![-0.0, 1.5], ["-0.000000000000000000E0", "1.500000000000000000E0"]),
        (vec![0.0, -0.0], ["0", "-0.000000000000000000E0"]),
    ] {
        let bytes = nd4j::to_bytes(&Array::from_vec(values.clone(), &[2]).unwrap()).unwrap();
        let end = format!("[{:>25},{:>25}]\n}}\n", texts[0], texts[1]);
        assert!(bytes.ends_with(end.as_bytes()), "{}", String::from_utf8_lossy(&bytes));
        let back = nd4j::read_bytes(&bytes).unwrap();
        assert_eq!(bits(back.to_vec().unwrap()), bits(values));
    }
    let single = Array::from_vec(vec![-0.0f32], &[1]).unwrap();
    let back = ReadOptions::new().dtype(DType::of::<f32>()).read_bytes(&nd4j::to_bytes(&single).unwrap());
    assert!(back.unwrap().to_vec::<f32>().unwrap()[0].is_sign_negative());
}

#[test]
fn arrays_follow_each_other_in_a_stream() {
    let mut stream = Vec::new();
    for name in ["m21-f64-scalar.txt", "v091-f64-row.txt", "m21-f32-empty.txt", "beta6-f64-2x2x3x2-f.txt"] {
        stream.extend(fixture(name));
    }
    stream.extend(b"rest");
    let mut reader = &stream[..];
    let shapes: Vec<usize> = (0..4).map(|_| nd4j::read_from(&mut reader).unwrap().ndim()).collect();
    assert_eq!((shapes, reader), (vec![0, 2, 1, 4], &b"rest"[..]));
    let mut input = Input::from_reader(&stream[..]);
    for _ in 0..4 {
        Codec::read(&Nd4jTxt, &mut input, &Reading::default()).unwrap();
    }
    assert_eq!(input.read_to_end().unwrap(), b"rest");
}

#[test]
fn large_arrays_come_back() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("x.nd4jtxt");
    let values: Vec<f64> = (0..120_000).map(|place| f64::from(place).sqrt() - 100.0).collect();
    let array = Array::from_vec(values.clone(), &[300, 20, 20]).unwrap();
    nd4j::save(&path, &array.transpose()).unwrap();
    let back = nd4j::read(&path).unwrap();
    assert_eq!(back.to_vec::<f64>().unwrap(), array.transpose().to_vec::<f64>().unwrap());
    assert_eq!(back.shape(), [20, 20, 300]);
}

proptest! {
    #[test]
    fn reals_come_back(values in proptest::collection::vec(any::<f64>(), 12), rank in 0usize..5) {
        let shape = &[&[12][..], &[3, 4], &[1, 12], &[12, 1], &[2, 1, 3, 2]][rank];
        let array = Array::from_vec(values.clone(), shape).unwrap();
        let back = ReadOptions::new()
            .dtype(DType::native(Scalar::F64))
            .read_from(&mut &nd4j::to_bytes(&array).unwrap()[..])
            .unwrap();
        prop_assert_eq!(back.shape(), array.shape());
        for (found, expected) in back.to_vec::<f64>().unwrap().into_iter().zip(values) {
            prop_assert!(found == expected || (found.is_nan() && expected.is_nan()));
        }
    }

    #[test]
    fn whole_numbers_come_back(values in proptest::collection::vec(any::<i64>(), 0..20)) {
        let array = Array::from_vec(values.clone(), &[values.len()]).unwrap();
        let back = nd4j::read_bytes(&nd4j::to_bytes(&array).unwrap()).unwrap();
        if !values.is_empty() {
            prop_assert_eq!(back.to_vec::<i64>().unwrap(), values);
        }
    }

    #[test]
    fn texts_come_back_or_are_refused(texts in proptest::collection::vec("[a\", \\]}é]{0,6}", 1..5)) {
        let array = Array::from_texts(&[texts.len()], Order::C, &texts).unwrap();
        if let Ok(bytes) = nd4j::to_bytes(&array) {
            prop_assert_eq!(nd4j::read_bytes(&bytes).unwrap().to_strings().unwrap(), texts);
        }
    }
}

#[test]
fn either_order_may_be_said_of_one_item() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fixtures/nd4j-cases/ordering-a.txt");
    let array = nd4j::read(path).unwrap();
    assert_eq!((array.shape(), array.to_vec::<f64>().unwrap()), (&[1, 1][..], vec![0.0]));
}
