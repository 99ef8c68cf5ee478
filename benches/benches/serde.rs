//! 40 MB of float32 as `[dtype, base64, shape]` in JSON, written to memory and read from it, beside `serde_json` with a vector of
//! numbers. Python's rows, `json` and `orjson` with `base64`, are measured right afterwards.

use std::cell::LazyCell;

use arr_benches::{ITEMS, SHAPE, c_file, check_values, large, values};
use arr_core::Array;
use arr_serde::json::{self, Form, WriteOptions};
use criterion::{Criterion, criterion_group, criterion_main};

/// What Python calls its rows.
const PYTHON: [&str; 2] = ["json_base64", "orjson_base64"];

fn array() -> Array {
    Array::from_vec(values(ITEMS), &SHAPE).unwrap()
}

fn triple() -> Vec<u8> {
    WriteOptions::new().form(Form::Triple).to_bytes(&array()).unwrap()
}

fn write(criterion: &mut Criterion) {
    let array = LazyCell::new(array);
    let mut group = large(criterion, "serde/json_triple_write_40MB_f32");
    PYTHON.iter().for_each(|name| group.row_elsewhere(name, c_file));
    let options = WriteOptions::new().form(Form::Triple);
    group.row(
        "arr",
        || options.to_bytes(&*array).unwrap(),
        |text| assert!(text.ends_with(b"[10000, 1000]]")),
    );
    let vector = LazyCell::new(|| values(ITEMS));
    group.row(
        "serde_json_vec_f32",
        || serde_json::to_vec(&*vector).unwrap(),
        |text| assert!(text.ends_with(b"]")),
    );
    group.finish();
}

fn read(criterion: &mut Criterion) {
    let text = LazyCell::new(triple);
    let mut group = large(criterion, "serde/json_triple_read_40MB_f32");
    PYTHON.iter().for_each(|name| group.row_elsewhere(name, c_file));
    let read = || json::view(&text).unwrap().get("").unwrap();
    group.row("arr", read, |array| check_values(array.as_slice().unwrap()));
    let numbers = LazyCell::new(|| serde_json::to_vec(&values(ITEMS)).unwrap());
    let read = || serde_json::from_slice::<Vec<f32>>(&numbers).unwrap();
    group.row("serde_json_vec_f32", read, |found| check_values(found));
    let read = || json::loads(&numbers).unwrap();
    group.row("arr_numbers", read, |graph| assert_eq!(graph.len(), 1));
    group.finish();
}

criterion_group!(benches, write, read);
criterion_main!(benches);
