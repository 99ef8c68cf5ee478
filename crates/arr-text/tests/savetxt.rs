//! What numpy.savetxt writes, byte for byte: a table of calls that real NumPy has answered.
#![allow(clippy::unwrap_used, reason = "a failed assumption is a failed test")]

use std::path::{Path, PathBuf};

use arr_core::format::Options;
use arr_core::{Array, Buffer, DType, Order};
use arr_text::text::WriteOptions;
use serde_json::Value;

/// The table of the fixtures, or the one that the variable `SAVETXT_TABLE` names: `savetxt.py` makes random ones.
fn table() -> Vec<Value> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fixtures/text/savetxt.json");
    let path = std::env::var_os("SAVETXT_TABLE").map_or(path, PathBuf::from);
    let table: Value = serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap();
    table["rows"].as_array().unwrap().clone()
}

fn bytes(hex: &str) -> Vec<u8> {
    (0..hex.len() / 2).map(|at| u8::from_str_radix(&hex[2 * at..2 * at + 2], 16).unwrap()).collect()
}

fn array(row: &Value) -> Array {
    let shape: Vec<usize> = row["shape"]
        .as_array()
        .unwrap()
        .iter()
        .map(|dim| usize::try_from(dim.as_u64().unwrap()).unwrap())
        .collect();
    if let Some(texts) = row["data"].as_array() {
        return Array::from_texts(&shape, Order::C, texts.iter().map(|text| text.as_str().unwrap())).unwrap();
    }
    let dtype: DType = row["dtype"].as_str().unwrap().parse().unwrap();
    let data = Buffer::from_vec(bytes(row["data"].as_str().unwrap()));
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

/// What is refused here and not by NumPy.
fn is_beyond(row: &Value) -> bool {
    let (dtype, fmt) = (row["dtype"].to_string(), row["options"]["fmt"].to_string());
    // The repr of an array: `array([1, 2], dtype=int32)`.
    dtype.contains("(2, 2)") && (fmt.contains("%r") || fmt.contains("%a"))
}

#[test]
fn every_byte_is_that_of_numpy() {
    let rows = table();
    assert!(rows.len() > 1000);
    let mut faults = Vec::new();
    for (number, row) in rows.iter().enumerate() {
        let found = WriteOptions::from_options(&options(row)).and_then(|how| how.to_bytes(&array(row)));
        let expected = row["text"].as_str().filter(|_| !is_beyond(row)).map(bytes);
        let about = format!("{number}: {} {} {}", row["dtype"], row["shape"], row["options"]);
        match (found, expected) {
            (Ok(found), Some(expected)) if found != expected => {
                let (found, expected) = (String::from_utf8_lossy(&found), String::from_utf8_lossy(&expected));
                let differing = found.split('\n').zip(expected.split('\n')).find(|(a, b)| a != b);
                faults.push(format!("{about}\n  (found, expected): {differing:?}"));
            }
            (Ok(found), None) => {
                let found = String::from_utf8_lossy(&found);
                faults.push(format!("{about}\n  not refused: {found:?}\n  NumPy: {}", row["error"]));
            }
            (Err(error), Some(expected)) => {
                let expected = String::from_utf8_lossy(&expected);
                faults.push(format!("{about}\n  refused: {error}\n  expected: {expected:?}"));
            }
            _ => {}
        }
    }
    assert!(faults.is_empty(), "{} of {} rows:\n{}", faults.len(), rows.len(), faults.join("\n"));
}
