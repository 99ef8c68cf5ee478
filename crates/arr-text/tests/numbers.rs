//! Numbers that are hard to round, as every reader of tables reads them: `fixtures/text/parse.json`.
#![allow(clippy::unwrap_used, reason = "a failed assumption is a failed test")]

mod common;

use arr_core::{Array, DType, Result};
use arr_text::{csv, genfromtxt, text};
use serde_json::Value;

/// The texts, one a line, and the bits of a column of the table.
fn column(rows: &[Value], place: usize) -> (String, Vec<u64>) {
    let texts: String = rows.iter().map(|row| row[0].as_str().unwrap().to_owned() + "\n").collect();
    (texts, rows.iter().map(|row| u64::from_str_radix(row[place].as_str().unwrap(), 16).unwrap()).collect())
}

/// A way to read texts as a dtype.
type Way = (&'static str, fn(&[u8], DType) -> Result<Array>);

const WAYS: &[Way] = &[
    ("text", |bytes, dtype| text::ReadOptions::new().dtype(dtype).read_bytes(bytes)),
    ("text from a stream", |mut bytes, dtype| text::ReadOptions::new().dtype(dtype).read_from(&mut bytes)),
    ("csv", |bytes, dtype| csv::ReadOptions::new().delimiter(',').dtype(dtype).read_bytes(bytes)),
    ("genfromtxt", |bytes, dtype| genfromtxt::ReadOptions::new().dtype(dtype).read_bytes(bytes)),
];

#[test]
fn every_reader_rounds_to_the_nearest_double() {
    let rows = common::rows("parse.json");
    let (texts, doubles) = column(&rows, 1);
    // Also beside other columns, and in one line.
    let wide = texts.replace('\n', " x\n");
    let line = texts.replace('\n', " ");
    for (name, read) in WAYS {
        let found = read(texts.as_bytes(), DType::of::<f64>()).unwrap().to_vec::<f64>().unwrap();
        assert!(found.iter().map(|value| value.to_bits()).eq(doubles.iter().copied()), "{name}");
    }
    let beside = text::ReadOptions::new().usecols(&[0]).read_bytes(wide.as_bytes()).unwrap();
    let row = text::ReadOptions::new().read_bytes(line.as_bytes()).unwrap();
    for found in [beside, row] {
        let found = found.to_vec::<f64>().unwrap();
        assert!(found.iter().map(|value| value.to_bits()).eq(doubles.iter().copied()));
    }
}

/// NumPy reads smaller floats as doubles and casts them, which rounds twice.
#[test]
fn smaller_floats_are_those_of_numpy() {
    let rows = common::rows("parse.json");
    let rounded_twice = rows.iter().filter(|row| row[2] != row[3]).count();
    assert!(rounded_twice > 20, "{rounded_twice}");
    for (place, dtype) in [(3, "<f4"), (4, "<f2")] {
        let (texts, bits) = column(&rows, place);
        for (name, read) in WAYS {
            let found = read(texts.as_bytes(), dtype.parse().unwrap()).unwrap();
            let bytes = common::bytes(&found);
            let items = bytes.chunks(found.itemsize());
            let found =
                items.map(|item| item.iter().rev().fold(0, |bits, byte| bits << 8 | u64::from(*byte)));
            assert!(found.eq(bits.iter().copied()), "{name} {dtype}");
        }
    }
}
