//! Documents that real libraries have written have the values that these libraries say.
#![cfg(feature = "json")]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a failed assumption is a failed test"
)]

use std::path::{Path, PathBuf};

use arr_core::{Array, DType, Graph, Order, Value};
use arr_serde::json::{self, Form, ReadOptions, WriteOptions};
use serde_json::Value as Json;

fn fixtures() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fixtures/python")
}

fn folder() -> PathBuf {
    fixtures().join("json")
}

/// The folders of documents: by libraries, and by several Pythons with nothing but `json` and `base64`.
fn folders() -> Vec<PathBuf> {
    let mut all: Vec<_> =
        std::fs::read_dir(fixtures().join("forms")).unwrap().map(|entry| entry.unwrap().path()).collect();
    assert_eq!(all.len(), 4, "{all:?}");
    all.push(folder());
    all.sort();
    all
}

fn options() -> ReadOptions {
    ReadOptions::new().carrying(arr_npy::format::Npy)
}

/// Every document with what is said about it.
fn each(mut check: impl FnMut(&Path, &[u8], &Json)) {
    let mut count = 0;
    for folder in folders() {
        let about: Json = serde_json::from_slice(&std::fs::read(folder.join("about.json")).unwrap()).unwrap();
        for (name, about) in about.as_object().unwrap() {
            if name != "jsonpickle-refs.json" {
                let path = folder.join(name);
                check(&path, &std::fs::read(&path).unwrap(), about);
                count += 1;
            }
        }
    }
    assert!(count > 40, "{count}");
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Checks a dtype, of records all that they are.
fn check_dtype(of: &str, found: &DType, wanted: &Json) {
    if let Some(text) = wanted.as_str() {
        assert_eq!(found, &text.parse().unwrap(), "{of}");
        return;
    }
    let shape = || serde_json::from_value::<Vec<usize>>(wanted["shape"].clone()).unwrap();
    match found {
        DType::Record(record) => {
            assert_eq!(record.itemsize() as u64, wanted["itemsize"], "{of}");
            assert_eq!(record.is_aligned(), wanted["aligned"], "{of}");
            let fields = wanted["fields"].as_array().unwrap();
            assert_eq!(record.fields().len(), fields.len(), "{of}");
            for (field, wanted) in record.fields().iter().zip(fields) {
                assert_eq!(field.name(), wanted[0], "{of}");
                assert_eq!(serde_json::json!(field.title()), wanted[1], "{of}");
                check_dtype(of, field.dtype(), &wanted[2]);
                assert_eq!(field.offset() as u64, wanted[3], "{of}");
            }
        }
        DType::SubArray(sub) => {
            check_dtype(of, sub.base(), &wanted["base"]);
            assert_eq!(sub.shape(), shape(), "{of}");
        }
        other => panic!("{of}: {other} is not {wanted}"),
    }
}

/// Checks an array against what NumPy says of it.
fn check_array(of: &str, found: &Array, wanted: &Json) {
    check_dtype(of, found.dtype(), &wanted["dtype"]);
    let shape: Vec<usize> = serde_json::from_value(wanted["shape"].clone()).unwrap();
    assert_eq!(found.shape(), shape, "{of}");
    let whole = found.to_contiguous(Order::C).unwrap();
    // The bits of NaN that mean nothing are lost in text.
    let bytes = hex(whole.as_bytes(Order::C).unwrap());
    assert_eq!(bytes, wanted["data"].as_str().unwrap(), "{of}");
}

fn value_text(value: &Value) -> Json {
    match value {
        Value::None => serde_json::json!({"none": true}),
        Value::Bool(truth) => serde_json::json!({"bool": truth}),
        Value::Float(float) => serde_json::json!({"float": format!("{:016x}", float.to_bits())}),
        Value::Str(text) => serde_json::json!({"str": text.as_str()}),
        other => serde_json::json!({"int": other.to_decimal().unwrap()}),
    }
}

fn check_graph(of: &str, graph: &Graph, about: &Json) {
    for (path, wanted) in about["arrays"].as_object().unwrap() {
        let of = format!("{of} {path}");
        let id = graph.find(path).unwrap_or_else(|error| panic!("{of}: {error}")).as_node();
        let id = id.unwrap_or_else(|| panic!("{of} is not an array"));
        check_array(&of, &graph.array(id).unwrap_or_else(|error| panic!("{of}: {error}")), wanted);
    }
    for (path, wanted) in about["values"].as_object().into_iter().flatten() {
        let found = graph.find(path).unwrap_or_else(|error| panic!("{of} {path}: {error}"));
        assert_eq!(value_text(found), *wanted, "{of} {path}");
    }
}

#[test]
fn every_document_has_the_arrays_that_its_library_says() {
    each(|path, bytes, about| {
        let name = &path.display().to_string();
        let graph = options().loads(bytes).unwrap_or_else(|error| panic!("{name}: {error}"));
        check_graph(name, &graph, about);
        let document = options().view(bytes).unwrap();
        for (at, wanted) in about["arrays"].as_object().unwrap() {
            let of = format!("{name} {at}");
            check_array(&of, &document.get(at).unwrap_or_else(|error| panic!("{of}: {error}")), wanted);
        }
        let paths = graph.paths().unwrap().map(|found| found.unwrap().0).collect::<Vec<_>>();
        assert_eq!(document.paths().unwrap(), paths, "{name}");
        let of_file = options().load(path).unwrap();
        assert!(of_file.same_as(&graph).unwrap(), "{name}");
    });
}

#[test]
fn what_is_written_is_what_was_read() {
    for form in [Form::Object, Form::Triple] {
        each(|path, bytes, about| {
            let name = &path.display().to_string();
            let graph = options().loads(bytes).unwrap();
            let written = WriteOptions::new().form(form).dumps(&graph);
            let written = written.unwrap_or_else(|error| panic!("{name}: {error}"));
            let back = json::loads(&written).unwrap_or_else(|error| panic!("{name}: {error}"));
            check_graph(name, &back, about);
            assert_eq!(back.roots().len(), graph.roots().len(), "{name}");
        });
    }
}

#[test]
fn a_dtype_that_is_the_number_of_another_object_is_refused() {
    let error = options().load(folder().join("jsonpickle-refs.json")).unwrap_err();
    assert_eq!(error.kind(), arr_core::ErrorKind::Unsupported, "{error}");
}

#[test]
fn what_the_values_do_not_show_is_told() {
    let told = std::sync::Arc::new(std::sync::Mutex::new(Vec::new()));
    let take = told.clone();
    let options = ReadOptions::new().on_note(move |note| take.lock().unwrap().push(note.to_owned()));
    options.load(folder().join("null.json")).unwrap();
    assert_eq!(*told.lock().unwrap(), ["null among numbers is read as NaN"]);
}
