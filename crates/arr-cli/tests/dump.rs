//! `arr dump` prints what NumPy says of every fixture.
#![allow(clippy::unwrap_used, reason = "a failed assumption in a test is a failed test")]

#[path = "support/arr.rs"]
mod support;

use serde_json::Value;
use support::{arr, arr_in, f8, fixtures, folder, npy};

fn manifest() -> Value {
    let text = std::fs::read_to_string(fixtures().join("numpy/manifest.json")).unwrap();
    serde_json::from_str(&text).unwrap()
}

/// Numbers are equal when they are the same number, in whichever notation; the sign of zero counts.
fn same(a: &Value, b: &Value) -> bool {
    match (a, b) {
        (Value::Number(a), Value::Number(b)) if a.is_f64() || b.is_f64() => {
            a.as_f64().map(f64::to_bits) == b.as_f64().map(f64::to_bits)
        }
        (Value::Array(a), Value::Array(b)) => a.len() == b.len() && a.iter().zip(b).all(|(a, b)| same(a, b)),
        (Value::Object(a), Value::Object(b)) => {
            a.len() == b.len()
                && a.iter().all(|(key, value)| b.get(key).is_some_and(|other| same(value, other)))
        }
        _ => a == b,
    }
}

#[test]
fn every_fixture_dumps_as_numpy_has_it() {
    let manifest = manifest();
    let (mut dumped, mut refused, mut wrong) = (0, 0, Vec::new());
    let files = manifest["files"].as_array().unwrap();
    for file in files {
        let path = format!("numpy/{}", file["path"].as_str().unwrap());
        let run = arr(&["dump", &path]);
        // What objects are is said by the tests of pickles.
        let Some(expected) = file.get("dump") else {
            refused += 1;
            if run.code == Some(0) {
                let dump: Value = serde_json::from_str(&run.ok()).unwrap();
                assert_eq!(dump["format"], "npy", "{path}");
                assert!(!dump["heap"].as_object().unwrap().is_empty(), "{path}");
                continue;
            }
            let line = run.fails();
            let said = line.strip_prefix(&format!("arr: {path}")).unwrap();
            // One of several is named, and the others are dumped.
            assert!(said.starts_with(": npy: ") || said.starts_with("::1: npy: "), "{line}");
            continue;
        };
        dumped += 1;
        match serde_json::from_str::<Value>(&run.out) {
            Ok(found) if run.code == Some(0) && run.err.is_empty() && same(&found, expected) => {}
            _ => wrong.push(format!("{path}: expected {expected}\n  got {}{}", run.out, run.err)),
        }
    }
    assert!(wrong.is_empty(), "{} wrong:\n{}", wrong.len(), wrong.join("\n"));
    assert!(dumped > 200 && refused > 10, "{dumped} {refused}");
}

#[test]
fn the_text_to_the_letter() {
    let folder = folder(&[("x.npy", &npy("'<f8'", false, "(2, 2)", &f8(&[1.0, f64::NAN, -0.0, 1e300])))]);
    assert_eq!(
        arr_in(folder.path(), &["dump", "x.npy"]).ok(),
        "{\"format\":\"npy\",\"root\":{\"t\":\"ref\",\"id\":1},\"heap\":{\"1\":{\"t\":\"array\",\"dtype\":\"<f8\",\
         \"shape\":[2,2],\"order\":\"C\",\"data\":[1.0,\"nan\",-0.0,1e+300]}}}\n"
    );
}

#[test]
fn a_member_is_one_of_several_arrays() {
    let run = arr(&["dump", "numpy/npy/several-arrays.npy::1"]);
    let value: Value = serde_json::from_str(&run.ok()).unwrap();
    assert_eq!(value["heap"]["1"]["dtype"], ">f8");
    assert_eq!(value["heap"].as_object().unwrap().len(), 1);
    assert_eq!(
        arr(&["dump", "numpy/npy/several-arrays.npy::3"]).fails(),
        "arr: numpy/npy/several-arrays.npy::3: the file has no array '3': it has 3 arrays"
    );
}

#[test]
fn text_that_is_none_is_an_error_before_anything_is_printed() {
    let folder = folder(&[("x.npy", &npy("'<U1'", false, "(1, 2)", b"a\0\0\0\0\0\x11\0"))]);
    let run = arr_in(folder.path(), &["dump", "x.npy"]);
    assert_eq!(run.out, "");
    assert_eq!(run.fails(), "arr: x.npy: a code unit is not a Unicode character, in item [0, 1]");
}

#[test]
fn what_follows_whole_arrays_hides_none_of_them() {
    let first = npy("'<i8'", false, "(3,)", &[0i64, 1, 2].map(i64::to_le_bytes).concat());
    let broken = [&first[..], &first[..40]].concat();
    let files: [(&str, &[u8]); 1] = [("x.npy", &broken)];
    let folder = folder(&files);
    let run = arr_in(folder.path(), &["dump", "x.npy"]);
    assert_eq!(run.code, Some(2));
    assert_eq!(run.err, "arr: x.npy::1: npy: the header ends after 40 of 128 bytes (at byte 192)\n");
    let dump: Value = serde_json::from_str(&run.out).unwrap();
    assert_eq!(dump["heap"]["1"]["items"][1]["t"], "none", "{dump}");
    assert_eq!(dump["heap"]["2"]["data"], serde_json::json!([0, 1, 2]), "{dump}");
}
