//! Texts that must be refused, quickly, with an offset and without memory out of proportion.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a failed assumption is a failed test")]

use std::path::{Path, PathBuf};

use arr_core::{Array, Error, ErrorKind, Limits};
use arr_text::nd4j::{self, ReadOptions};
use proptest::prelude::*;

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fixtures/nd4j/nd4j-txt")
}

fn text(shape: &str, data: &str) -> String {
    format!(
        "{{\n\"filefrom\": \"dl4j\",\n\"ordering\": \"c\",\n\"shape\":\t{shape},\n\"data\":\n{data}\n}}\n"
    )
}

/// Streams and slices come to the same verdict, and an error says where.
fn verdict(bytes: &[u8]) -> Result<Array, Error> {
    let found = nd4j::read_bytes(bytes);
    match (&found, nd4j::read_from(&mut &*bytes)) {
        (Ok(found), Ok(again)) => assert!(found.dtype() == again.dtype() && found.shape() == again.shape()),
        (Err(found), Err(again)) => assert_eq!(found.to_string(), again.to_string()),
        // In a stream something else may follow.
        (Ok(_), Err(again)) => assert!(again.to_string().contains("behind the closing brace"), "{again}"),
        (Err(found), Ok(_)) => panic!("{found}"),
    }
    if let Err(error) = &found {
        let line = error.to_string();
        assert!(line.starts_with("nd4j-txt: ") && !line.contains('\n'), "{line}");
        assert!(error.offset().is_some(), "{line}");
    }
    found
}

#[test]
fn files_cut_anywhere_are_refused() {
    let mut files = 0;
    for entry in std::fs::read_dir(folder()).unwrap() {
        let bytes = std::fs::read(entry.unwrap().path()).unwrap();
        let brace = bytes.iter().rposition(|byte| *byte == b'}').unwrap();
        for len in 0..=brace {
            assert!(verdict(&bytes[..len]).is_err(), "cut to {len} bytes");
        }
        files += 1;
    }
    assert_eq!(files, 34);
}

#[test]
fn bytes_exchanged_anywhere_never_panic() {
    for name in ["m21-f64-special.txt", "v091-f32-2x3-c.txt", "m21-bool-2x3.txt", "m21-f32-col.txt"] {
        let good = std::fs::read(folder().join(name)).unwrap();
        for place in 0..good.len() {
            for byte in *b"\0 \n[]{}\",:-.0195Eetc\xff\xe2" {
                let mut bytes = good.clone();
                bytes[place] = byte;
                let _ = verdict(&bytes);
            }
        }
    }
}

#[test]
fn what_is_wrong_is_named() {
    for (shape, data, expected) in [
        ("[2, 2]", "[[1, 2], [3]]", "a row behind 2 values has 1 values, expected 2 (at byte 75)"),
        ("[2, 2]", "[[1, 2]]", "expected 4 values for the shape [2, 2], found 2 (at byte 73)"),
        ("[2]", "[1, 2, 3]", "there are more than the 2 values of the shape [2] (at byte 68)"),
        ("[2]", "[1, ]", "found ']', expected a value (at byte 65)"),
        ("[2]", "[1 2]", "found a value, expected a comma or a closing bracket (at byte 64)"),
        ("[2]", "[, 1]", "found ',', expected a value or a bracket (at byte 62)"),
        ("[2]", "[1, 2", "found '}', expected a comma or a closing bracket (at byte 67)"),
        ("[2]", "1, 2", "found a value, expected an opening bracket (at byte 61)"),
        ("[1, 2]", "[1, [2]]", "found '[', expected a value (at byte 68)"),
        ("[1, 2]", "[[1, 2], 3]", "found a value, expected an opening bracket (at byte 73)"),
        ("[2]", "[1, 2]]", "found ']', expected a closing brace (at byte 67)"),
        ("[2]", "[1, 0x2]", "value 1 is '0x2': it is not a value (at byte 65)"),
        ("[]", "", "found '}', expected a value or an opening bracket (at byte 61)"),
        ("[0]", "[1]", "there are more than the 0 values of the shape [0] (at byte 62)"),
        ("[-1]", "[]", "found '-', expected a dimension (at byte 49)"),
        ("[2, ]", "[]", "found ']', expected a dimension (at byte 52)"),
        ("[2 3]", "[]", "found '3', expected a comma or a closing bracket (at byte 51)"),
        ("2", "[]", "found '2', expected the shape, in brackets (at byte 48)"),
        ("[99999999999999999999]", "[]", "dimension 0 is too large (at byte 49)"),
        ("[1], \"shape\": [1]", "[1]", "the key 'shape' is there twice (at byte 53)"),
        (
            "[1], \"size\": [1]",
            "[1]",
            "the key 'size' is unknown, expected filefrom, ordering, shape or data (at byte 53)",
        ),
    ] {
        let error = verdict(text(shape, data).as_bytes()).unwrap_err();
        assert_eq!(error.to_string(), format!("nd4j-txt: {expected}"), "{shape} {data}");
    }
    for (bytes, expected) in [
        ("", "the input ends inside the header: expected 1 bytes, found 0 (at byte 0)"),
        ("[1]", "found '[', expected an opening brace (at byte 0)"),
        ("{\"data\": [1]}", "there is no key 'shape' before the data (at byte 1)"),
        ("{\"shape\": [1], \"data\": [1]}", "there is no key 'filefrom' before the data (at byte 15)"),
        (
            "{\"filefrom\": \"x\", \"ordering\": \"b\"",
            "the ordering is 'b', expected 'c' or 'f' (at byte 30)",
        ),
    ] {
        assert_eq!(verdict(bytes.as_bytes()).unwrap_err().to_string(), format!("nd4j-txt: {expected}"));
    }
}

#[test]
fn claims_cost_nothing() {
    for shape in ["[9223372036854775807]", "[1000000000, 1000000000]", "[1152921504606846976]"] {
        let error = verdict(text(shape, "[1, 2]").as_bytes()).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Malformed, "{shape}: {error}");
    }
    for shape in ["[9223372036854775807, 2]", "[4294967296, 4294967296]", "[9223372036854775807, 0, 3]"] {
        let error = verdict(text(shape, "[]").as_bytes()).unwrap_err();
        assert!(error.to_string().contains("the number of items overflows"), "{error}");
    }
    let error = verdict(text(&format!("[{}1]", "1, ".repeat(64)), "[1]").as_bytes()).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::LimitExceeded);
}

#[test]
fn nesting_and_long_numbers_are_bounded() {
    let brackets = "[".repeat(1_000_000);
    let error = verdict(text("[1]", &brackets).as_bytes()).unwrap_err();
    assert!(
        error.to_string().contains("brackets are nested deeper than the shape [1] is (at byte "),
        "{error}"
    );
    let error = ReadOptions::new()
        .limits(Limits::default().max_depth(2))
        .read_bytes(text("[1, 1, 1]", "[[[1]]]").as_bytes())
        .unwrap_err();
    assert_eq!(error.kind(), ErrorKind::LimitExceeded);
    let digits = "7".repeat(10_000_000);
    for data in [format!("[{digits}]"), format!("[1.{digits}]"), format!("[-{digits}, 2]")] {
        let error = verdict(text("[2]", &data).as_bytes()).unwrap_err();
        assert!(error.to_string().contains("a value of more than 1100 characters"), "{error}");
    }
    let blanks = " ".repeat(2_000_000);
    assert_eq!(verdict(format!("{{{blanks}").as_bytes()).unwrap_err().kind(), ErrorKind::LimitExceeded);
    // Between values blanks cost nothing.
    assert!(verdict(text("[2]", &format!("[1,{blanks}2]")).as_bytes()).is_ok());
    let word = format!("{{\"{digits}\"");
    assert!(verdict(word.as_bytes()).unwrap_err().to_string().contains("a key of more than 40 bytes"));
    // Exact up to the last digit of the longest number there is.
    let long = format!("{:.1074}", f64::from_bits(1));
    let array = verdict(text("[1]", &format!("[{long}]")).as_bytes()).unwrap();
    assert_eq!(array.to_vec::<f64>().unwrap(), [f64::from_bits(1)]);
}

#[test]
fn the_budget_is_kept() {
    let limited = |bytes| ReadOptions::new().limits(Limits::default().max_bytes(bytes));
    let numbers = text("[100]", &format!("[{}1]", "1, ".repeat(99)));
    limited(800).read_bytes(numbers.as_bytes()).unwrap();
    let error = limited(799).read_bytes(numbers.as_bytes()).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::LimitExceeded);
    let long = text("[1]", &format!("[\"{}\"]", "x".repeat(1 << 20)));
    assert_eq!(limited(1 << 19).read_bytes(long.as_bytes()).unwrap_err().kind(), ErrorKind::LimitExceeded);
    limited(1 << 22).read_bytes(long.as_bytes()).unwrap();
    let blanks = text("[1]", &format!("[\"\"{}", " ".repeat(1 << 20)));
    assert_eq!(limited(1 << 19).read_bytes(blanks.as_bytes()).unwrap_err().kind(), ErrorKind::LimitExceeded);
    let bad =
        text("[1]", "[\"\u{e9}\"]").into_bytes().into_iter().filter(|byte| *byte != 0xc3).collect::<Vec<_>>();
    assert!(verdict(&bad).unwrap_err().to_string().contains("it is not UTF-8"));
}

proptest! {
    #[test]
    fn any_text_gives_an_answer(data in "[\\[\\], \"0-9.Ee{}a\u{221e}-]{0,40}", old: bool) {
        let mut bytes = text("[2, 2]", &data);
        if old {
            bytes = bytes.replace("\":", ":\"");
        }
        let _ = verdict(bytes.as_bytes());
    }
}
