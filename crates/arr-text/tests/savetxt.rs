//! What numpy.savetxt writes, byte for byte: a table of calls that real NumPy has answered, and random ones.
#![allow(clippy::unwrap_used, reason = "a failed assumption is a failed test")]

mod common;

use arr_core::format::Options;
use arr_core::{Array, Buffer, DType, Order};
use arr_text::text::WriteOptions;
use serde_json::Value;

fn array(row: &Value) -> Array {
    let shape = common::shape(row);
    if let Some(texts) = row["data"].as_array() {
        return Array::from_texts(&shape, Order::C, texts.iter().map(|text| text.as_str().unwrap())).unwrap();
    }
    let dtype: DType = row["dtype"].as_str().unwrap().parse().unwrap();
    let data = Buffer::from_vec(common::from_hex(row["data"].as_str().unwrap()));
    Array::contiguous(dtype, &shape, Order::C, data).unwrap()
}

fn options(row: &Value) -> Options {
    // Unless told, NumPy prints floats so.
    let mut options = Options::new().with("fmt", "%.18e");
    for (name, value) in row["options"].as_object().unwrap() {
        options = options.with(name, value.as_str().map_or_else(|| value.to_string(), str::to_owned));
    }
    options
}

/// What NumPy writes and is refused here: the repr of an array, `array([1, 2], dtype=int32)`, as the text of a sub-array.
const REFUSED_HERE: &str = "%r and %a of";

fn fault(row: &Value) -> Option<String> {
    let found = WriteOptions::from_options(&options(row)).and_then(|how| how.to_bytes(&array(row)));
    let expected = row["text"].as_str().map(common::from_hex);
    let shown = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    match (found, expected) {
        (Ok(found), Some(expected)) if found != expected => {
            let (found, expected) = (shown(&found), shown(&expected));
            let differing = found.split('\n').zip(expected.split('\n')).find(|(one, other)| one != other);
            Some(format!("(found, expected): {differing:?}"))
        }
        (Ok(found), None) => Some(format!("not refused: {:?}", shown(&found))),
        (Err(error), Some(_)) if error.to_string().contains(REFUSED_HERE) => None,
        (Err(error), Some(expected)) => Some(format!("refused: {error}, expected: {:?}", shown(&expected))),
        _ => None,
    }
}

#[test]
fn every_byte_is_that_of_numpy() {
    let rows = common::rows("savetxt.json");
    assert!(rows.len() > 1000, "{}", rows.len());
    common::walk(&rows, fault);
}

#[test]
fn every_byte_of_random_calls_is_that_of_numpy() {
    if let Some(rows) = common::random_rows("savetxt.json") {
        common::walk(&rows, fault);
    }
}
