//! Pickles that real Pythons have written have the values that these Pythons say.
#![cfg(feature = "pickle")]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a failed assumption is a failed test"
)]

use std::path::{Path, PathBuf};

use arr_core::{Array, DType, Graph, Node, Order, Value};
use arr_serde::pickle::{self, Encoding, ReadOptions, WriteOptions};
use serde_json::Value as Json;

fn folders() -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fixtures/python/pickle");
    let mut folders: Vec<_> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    folders.sort();
    assert_eq!(folders.len(), 4);
    folders
}

/// Every file with what is said about it.
fn each(mut check: impl FnMut(&Path, &Json)) {
    for folder in folders() {
        let about: Json = serde_json::from_slice(&std::fs::read(folder.join("about.json")).unwrap()).unwrap();
        for file in about["files"].as_array().unwrap() {
            check(&folder.join(file.as_str().unwrap()), &about);
        }
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Checks an array against what NumPy says of it.
fn check_array(of: &str, found: &Array, wanted: &Json) {
    let text = wanted["dtype"].as_str().unwrap();
    if !text.starts_with("|V") || found.dtype().as_record().is_none() {
        let dtype: DType = text.parse().unwrap();
        assert_eq!(found.dtype(), &dtype, "{of}");
    }
    let shape: Vec<usize> = serde_json::from_value(wanted["shape"].clone()).unwrap();
    assert_eq!(found.shape(), shape, "{of}");
    let whole = found.to_contiguous(Order::C).unwrap();
    let bytes = whole.as_bytes(Order::C).unwrap();
    assert_eq!(bytes.len() as u64, wanted["len"].as_u64().unwrap(), "{of}");
    assert_eq!(hex(&bytes[..bytes.len().min(400)]), wanted["data"].as_str().unwrap(), "{of}");
    let sum: u64 = bytes.iter().map(|byte| u64::from(*byte)).sum();
    assert_eq!(sum, wanted["sum"].as_u64().unwrap(), "{of}");
}

fn value_text(value: &Value) -> Json {
    let bits = |float: f64| format!("{:016x}", float.to_bits());
    match value {
        Value::None => serde_json::json!({"none": true}),
        Value::Bool(truth) => serde_json::json!({"bool": truth}),
        Value::Float(float) => serde_json::json!({"float": bits(*float)}),
        Value::Complex(complex) => serde_json::json!({"complex": [bits(complex.re), bits(complex.im)]}),
        Value::Str(text) => serde_json::json!({"str": text.as_str()}),
        Value::Bytes(bytes) => serde_json::json!({"bytes": hex(bytes)}),
        other => serde_json::json!({"int": other.to_decimal().unwrap()}),
    }
}

fn check_graph(of: &str, graph: &Graph, about: &Json) {
    for (path, wanted) in about["arrays"].as_object().unwrap() {
        let of = format!("{of} {path}");
        let id = graph.find(path).unwrap_or_else(|error| panic!("{of}: {error}")).as_node().unwrap();
        check_array(&of, &graph.array(id).unwrap_or_else(|error| panic!("{of}: {error}")), wanted);
    }
    for (path, wanted) in about["values"].as_object().unwrap() {
        let found = graph.find(path).unwrap_or_else(|error| panic!("{of} {path}: {error}"));
        let found = value_text(found);
        // The bits of NaN that mean nothing are lost in text.
        let is_nan = path.ends_with("/nan");
        assert!(is_nan || found == *wanted, "{of} {path}: {found}, and {wanted} is wanted");
    }
    for pair in about["same"].as_array().unwrap() {
        let of_path = |at: usize| graph.find(pair[at].as_str().unwrap()).unwrap().as_node().unwrap();
        assert_eq!(of_path(0), of_path(1), "{of} {pair}");
    }
}

#[test]
fn every_pickle_has_the_values_that_python_says() {
    each(|path, about| {
        let of = path.display().to_string();
        let graph = pickle::load(path).unwrap_or_else(|error| panic!("{of}: {error}"));
        check_graph(&of, &graph, about);
        let bytes = std::fs::read(path).unwrap();
        assert!(pickle::loads(&bytes).unwrap().same_as(&graph).unwrap(), "{of}");
        let shared = ReadOptions::new().load_buffer(&bytes.clone().into_buffer()).unwrap();
        assert!(shared.same_as(&graph).unwrap(), "{of}");
        check_classes(&of, &graph);
    });
}

trait IntoBuffer {
    fn into_buffer(self) -> arr_core::Buffer;
}

impl IntoBuffer for Vec<u8> {
    fn into_buffer(self) -> arr_core::Buffer {
        arr_core::Buffer::from_vec(self)
    }
}

fn class_of<'g>(graph: &'g Graph, path: &str) -> &'g str {
    match graph.follow(graph.find(path).unwrap()) {
        Some(Node::Object(object)) => &object.class,
        Some(Node::Array(array)) => array.class.as_deref().unwrap_or("numpy.ndarray"),
        other => panic!("{path} is {other:?}"),
    }
}

fn check_classes(of: &str, graph: &Graph) {
    for (path, class) in [
        ("/classes/matrix", "numpy.matrix"),
        ("/classes/recarray", "numpy.recarray"),
        ("/classes/chararray", "numpy.chararray"),
        ("/classes/mapped", "numpy.memmap"),
        ("/classes/tagged", "things.Tagged"),
        ("/classes/quantity", "things.Quantity"),
        ("/containers/array d", "array.array"),
        ("/containers/bytearray", "builtins.bytearray"),
        ("/containers/range", "builtins.range"),
        ("/containers/datetime", "datetime.datetime"),
        ("/containers/decimal", "decimal.Decimal"),
        ("/containers/ordered", "collections.OrderedDict"),
        ("/containers/defaultdict", "collections.defaultdict"),
        ("/containers/deque", "collections.deque"),
        ("/containers/class", "things.Plain"),
        ("/containers/function", "things.function"),
        ("/containers/object", "things.Plain"),
        ("/containers/dict like", "things.DictLike"),
        ("/containers/list like", "things.ListLike"),
        ("/containers/point", "things.Point"),
        ("/objects/masked", "numpy.ma.MaskedArray"),
        ("/shared/node", "things.Plain"),
    ] {
        assert_eq!(class_of(graph, path), class, "{of} {path}");
    }
    let ints = |path: &str| -> Vec<i64> {
        let node = graph.follow(graph.find(path).unwrap()).unwrap();
        node.items().iter().map(|value| value.as_i64().unwrap()).collect()
    };
    assert_eq!(ints("/containers/datetime/~args"), [2024, 2, 29, 23, 59, 1, 65536], "{of}");
    assert_eq!(ints("/containers/date/~args"), [1999, 12, 31], "{of}");
    assert_eq!(ints("/containers/time/~args"), [1, 2, 3, 4], "{of}");
    assert_eq!(ints("/containers/set"), [1, 2, 3], "{of}");
    assert_eq!(ints("/containers/list like"), [1, 2], "{of}");
    assert_eq!(graph.find("/containers/dict like/k").unwrap().as_i64(), Some(1), "{of}");
    assert_eq!(graph.find("/containers/ordered/z").unwrap().as_i64(), Some(1), "{of}");
    assert_eq!(graph.find("/containers/defaultdict/k/0").unwrap().as_i64(), Some(1), "{of}");
    assert_eq!(graph.find("/objects/mixed/1").unwrap().as_str(), Some("a"), "{of}");
    assert_eq!(graph.find("/containers/object/name").unwrap().as_str(), Some("n"), "{of}");
}

#[test]
fn what_is_written_is_what_was_read() {
    each(|path, about| {
        let graph = pickle::load(path).unwrap();
        for protocol in 2..=5 {
            let of = format!("{} in protocol {protocol}", path.display());
            let written = WriteOptions::new().protocol(protocol).dumps(&graph);
            let written = written.unwrap_or_else(|error| panic!("{of}: {error}"));
            let back = pickle::loads(&written).unwrap_or_else(|error| panic!("{of}: {error}"));
            assert!(back.same_as(&graph).unwrap(), "{of}");
            check_graph(&of, &back, about);
        }
        let (bytes, buffers) = WriteOptions::new().dumps_with_buffers(&graph).unwrap();
        assert!(!buffers.is_empty());
        assert_eq!(pickle::loads(&bytes).unwrap_err().kind(), arr_core::ErrorKind::InvalidArgument);
        let back = ReadOptions::new().buffers(buffers).loads(&bytes).unwrap();
        assert!(back.same_as(&graph).unwrap(), "{}", path.display());
    });
}

#[test]
fn arrays_are_found_by_their_paths_and_seen_in_place() {
    each(|path, about| {
        let of = path.display().to_string();
        let bytes = std::fs::read(path).unwrap();
        let (opened, viewed) = (pickle::open(path).unwrap(), pickle::view(&bytes).unwrap());
        let paths = opened.paths().unwrap();
        assert_eq!(paths, viewed.paths().unwrap(), "{of}");
        for (at, wanted) in about["arrays"].as_object().unwrap() {
            check_array(&of, &opened.get(at).unwrap(), wanted);
            check_array(&of, &viewed.get(at).unwrap(), wanted);
            if let Ok(view) = viewed.view(at) {
                check_array(&of, &view.to_contiguous(Order::C).unwrap(), wanted);
                let start = view.storage().as_ptr() as usize - bytes.as_ptr() as usize;
                assert!(start < bytes.len());
            }
        }
        assert!(opened.get("/objects/mixed").is_err() && opened.get("/nothing").is_err());
    });
}

#[test]
fn strings_of_python_2_are_what_they_are_said_to_be() {
    let file = folders()[0].join("everything-p2.pkl");
    assert!(file.to_string_lossy().contains("python2.7"));
    let of = |encoding| {
        let graph = ReadOptions::new().encoding(encoding).load(&file).unwrap();
        let root = graph.follow(graph.root().unwrap()).unwrap();
        let containers =
            root.entries().iter().find(|(key, _)| key.as_bytes() == Some(b"containers")).unwrap();
        let containers = graph.follow(&containers.1).unwrap();
        let bytes = containers.entries().iter().find(|(key, _)| key.as_bytes() == Some(b"bytes")).unwrap();
        (containers.entries()[0].0.as_str().is_some(), bytes.1.clone())
    };
    let raw = Value::from(&b"\x00\xff\x80abc"[..]);
    assert_eq!(of(Encoding::Ascii), (true, raw.clone()));
    assert_eq!(of(Encoding::Bytes), (false, raw));
    assert_eq!(of(Encoding::Latin1), (true, "\0ÿ\u{80}abc".into()));
}
