//! What the tests against NumPy's answers have in common: the tables of `fixtures/text`, and random ones.
#![allow(dead_code, reason = "each test uses some of it")]
#![allow(clippy::unwrap_used, clippy::panic, reason = "a failed assumption is a failed test")]

use std::path::{Path, PathBuf};

use arr_core::format::{OptionValue, Options};
use arr_core::{Array, DType, Error, ErrorKind, Order, Result};
use serde_json::Value;

/// The variable with the folder in which `cargo xtask fixtures text --differ` has put random tables.
const RANDOM: &str = "ARR_TEXT_RANDOM_ROWS";

/// The folder of the fixtures.
pub(crate) fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fixtures/text")
}

/// The bytes of a file of real life.
pub(crate) fn case(name: &str) -> Vec<u8> {
    std::fs::read(folder().join("cases").join(name)).unwrap()
}

/// The rows of a committed table.
pub(crate) fn rows(name: &str) -> Vec<Value> {
    list(&folder().join(name))
}

/// The random rows of that name; `None` when nobody made any.
pub(crate) fn random_rows(name: &str) -> Option<Vec<Value>> {
    let folder = std::env::var_os(RANDOM)?;
    let rows = list(&Path::new(&folder).join(name));
    assert!(!rows.is_empty());
    Some(rows)
}

/// A list, or the one that is called `rows`.
fn list(path: &Path) -> Vec<Value> {
    let bytes = std::fs::read(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    match serde_json::from_slice(&bytes).unwrap() {
        Value::Array(rows) => rows,
        table => table["rows"].as_array().unwrap().clone(),
    }
}

pub(crate) fn from_hex(text: &str) -> Vec<u8> {
    (0..text.len() / 2).map(|at| u8::from_str_radix(&text[2 * at..2 * at + 2], 16).unwrap()).collect()
}

fn to_hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// The text of a row.
pub(crate) fn text(row: &Value) -> Vec<u8> {
    match row["text"].as_str() {
        Some(text) => text.as_bytes().to_vec(),
        None => from_hex(row["hex"].as_str().unwrap()),
    }
}

/// The options of a row.
pub(crate) fn options(row: &Value) -> Options {
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

/// The shape of a row.
pub(crate) fn shape(row: &Value) -> Vec<usize> {
    let dims = row["shape"].as_array().unwrap();
    dims.iter().map(|dim| usize::try_from(dim.as_u64().unwrap()).unwrap()).collect()
}

/// The items in C order.
pub(crate) fn bytes(array: &Array) -> Vec<u8> {
    array.to_contiguous(Order::C).unwrap().as_bytes(Order::C).unwrap().to_vec()
}

/// What differs between two ways to read the same; nothing when both came to the same array, or both failed.
pub(crate) fn difference(one: &Result<Array>, other: &Result<Array>) -> Option<String> {
    let is_same = match (one, other) {
        (Ok(one), Ok(other)) => {
            (one.dtype(), one.shape(), bytes(one)) == (other.dtype(), other.shape(), bytes(other))
        }
        (Err(one), Err(other)) => one.to_string() == other.to_string(),
        _ => false,
    };
    (!is_same).then(|| format!("one way gives {one:?}, another {other:?}"))
}

/// What is refused on one side alone: a part of the message, and why.
pub(crate) type Known = &'static [(&'static str, &'static str)];

fn is_known(known: Known, message: &str) -> bool {
    known.iter().any(|(part, _)| message.contains(part))
}

/// True when an error says where it is: by the offset, or by the line where the text was in another encoding.
fn is_placed(error: &Error) -> bool {
    error.kind() != ErrorKind::Malformed || error.offset().is_some() || error.to_string().contains("line ")
}

/// Why what was read is not what NumPy reads, but for what is known to be refused here alone, or by NumPy alone.
pub(crate) fn fault(row: &Value, read: &Result<Array>, here: Known, numpy: Known) -> Option<String> {
    match (read, row["refused"].as_str()) {
        (Err(error), Some(_)) => {
            (!is_placed(error) && !text(row).is_empty()).then(|| format!("no place: {error}"))
        }
        (Err(error), None) => {
            let message = error.to_string();
            (!is_known(here, &message)).then_some(message)
        }
        (Ok(array), Some(refused)) => {
            (!is_known(numpy, refused)).then(|| format!("read as {array:?}, NumPy: {refused}"))
        }
        (Ok(array), None) => {
            let descr = row["descr"].as_str().unwrap();
            let is_same_dtype = if descr == "[]" {
                array.dtype().as_record().is_some_and(|record| record.fields().is_empty())
            } else {
                *array.dtype() == descr.parse::<DType>().unwrap()
            };
            if !is_same_dtype || array.shape() != shape(row) {
                return Some(format!("{} {:?}", array.dtype(), array.shape()));
            }
            let hex = to_hex(&bytes(array));
            (hex != row["bytes"].as_str().unwrap()).then_some(hex)
        }
    }
}

/// Looks for the fault of each row, and fails when there is one. Rows that are left out say why.
pub(crate) fn walk(rows: &[Value], fault: impl Fn(&Value) -> Option<String>) {
    let cut = |text: &str| text.chars().take(900).collect::<String>();
    let faults: Vec<String> = rows
        .iter()
        .filter(|row| row["left_out"].is_null())
        .filter_map(|row| {
            fault(row).map(|fault| format!("{}\n    here: {}", cut(&row.to_string()), cut(&fault)))
        })
        .collect();
    assert!(faults.is_empty(), "{} of {} rows differ:\n{}", faults.len(), rows.len(), faults.join("\n"));
}
