//! What `numpy.loadtxt` makes of some hundred texts, and of random ones.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a failed assumption is a failed test")]

use std::path::{Path, PathBuf};

use arr_core::format::threads::Threads;
use arr_core::format::{OptionValue, Options};
use arr_core::{Array, DType, ErrorKind, Order};
use arr_text::text::ReadOptions;
use serde_json::Value;

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fixtures/text")
}

fn from_hex(text: &str) -> Vec<u8> {
    let digit = |byte: u8| u8::try_from((byte as char).to_digit(16).unwrap()).unwrap();
    text.as_bytes().chunks(2).map(|pair| digit(pair[0]) << 4 | digit(pair[1])).collect()
}

fn to_hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn options(row: &Value) -> Options {
    row["options"].as_object().unwrap().iter().fold(Options::new(), |options, (name, value)| {
        let value = match value {
            Value::Bool(flag) => OptionValue::from(*flag),
            Value::Number(number) => OptionValue::from(number.as_i64().unwrap()),
            Value::String(text) => OptionValue::from(text.as_str()),
            other => panic!("{other}"),
        };
        options.with(name.as_str(), value)
    })
}

fn bytes(array: &Array) -> Vec<u8> {
    array.to_contiguous(Order::C).unwrap().as_bytes(Order::C).unwrap().to_vec()
}

/// Why a row is not as NumPy has it.
fn fault(row: &Value) -> Option<String> {
    let text = match row["text"].as_str() {
        Some(text) => text.as_bytes().to_vec(),
        None => from_hex(row["hex"].as_str().unwrap()),
    };
    let read = ReadOptions::from_options(&options(row)).and_then(|how| {
        let streamed = how.read_from(&mut text.as_slice());
        let alone = how.clone().threads(Threads::one()).read_bytes(&text);
        let array = how.read_bytes(&text);
        for other in [streamed, alone] {
            let same = match (&array, &other) {
                (Ok(one), Ok(other)) => (one.dtype(), bytes(one)) == (other.dtype(), bytes(other)),
                (Err(one), Err(other)) => one.to_string() == other.to_string(),
                _ => false,
            };
            assert!(same, "{row}: {array:?}, but {other:?}");
        }
        array
    });
    match (read, row["refused"].as_str()) {
        (Err(error), Some(_)) => {
            let is_placed = error.kind() != ErrorKind::Malformed || error.offset().is_some();
            (!is_placed).then(|| format!("no place: {error}"))
        }
        (Err(error), None) => Some(error.to_string()),
        (Ok(array), Some(refused)) => Some(format!("read as {array:?}, NumPy: {refused}")),
        (Ok(array), None) => {
            let dtype: DType = row["descr"].as_str().unwrap().parse().unwrap();
            let shape: Vec<u64> =
                row["shape"].as_array().unwrap().iter().map(|dim| dim.as_u64().unwrap()).collect();
            if *array.dtype() != dtype
                || !array.shape().iter().map(|dim| *dim as u64).eq(shape.iter().copied())
            {
                return Some(format!("{} {:?}", array.dtype(), array.shape()));
            }
            let hex = to_hex(&bytes(&array));
            (hex != row["bytes"].as_str().unwrap()).then_some(hex)
        }
    }
}

/// What is another thing here than with NumPy, and why.
const DIFFERENCES: &[(&str, &str)] = &[];

fn walk(path: &Path) -> usize {
    let rows: Vec<Value> = serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap();
    let mut wrong = Vec::new();
    for row in &rows {
        let text = row["text"].as_str().unwrap_or_default();
        if DIFFERENCES.iter().any(|(known, _)| text == *known) {
            continue;
        }
        if let Some(fault) = fault(row) {
            let mut row = row.clone();
            row["bytes"] =
                row["bytes"].as_str().unwrap_or_default().chars().take(100).collect::<String>().into();
            wrong.push(format!(
                "{}\n    {}",
                row.to_string().chars().take(600).collect::<String>(),
                fault.chars().take(300).collect::<String>()
            ));
        }
    }
    assert!(wrong.is_empty(), "{} of {} rows:\n{}", wrong.len(), rows.len(), wrong.join("\n"));
    rows.len()
}

#[test]
fn loadtxt_does_what_numpy_does() {
    let count = walk(&folder().join("loadtxt.json"));
    assert!(count > 250, "{count}");
}

/// Walks the rows that `fixtures/text/differ_loadtxt.py` made, in the file that `LOADTXT_ROWS` names.
#[test]
fn random_texts_are_read_as_numpy_reads_them() {
    if let Some(path) = std::env::var_os("LOADTXT_ROWS") {
        walk(Path::new(&path));
    }
}
