//! What pandas, scikit-learn and joblib have pickled gives its arrays.
#![cfg(feature = "pickle")]
#![allow(clippy::unwrap_used, clippy::panic, reason = "a failed assumption is a failed test")]

use std::path::{Path, PathBuf};

use arr_core::value::Items;
use arr_core::{Array, Buffer, Graph, Node, Order};
use arr_serde::pickle::ReadOptions;
use serde_json::Value as Json;

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fixtures/python/libraries")
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// The array as the script has told it.
fn text(array: &Array) -> Json {
    let items = array.to_contiguous(Order::C).unwrap();
    serde_json::json!({
        "dtype": array.dtype().to_string(),
        "shape": array.shape(),
        "data": hex(items.as_bytes(Order::C).unwrap()),
    })
}

fn is_there(graph: &Graph, wanted: &Json) -> bool {
    graph.nodes().any(|(id, node)| {
        let is_in_memory =
            |node: &Node| matches!(node.as_array(), Some(array) if matches!(array.items, Items::Array(_)));
        is_in_memory(node) && text(&graph.array(id).unwrap()) == *wanted
    })
}

#[test]
fn every_file_gives_its_arrays() {
    let about: Json = serde_json::from_slice(&std::fs::read(folder().join("about.json")).unwrap()).unwrap();
    let about = about.as_object().unwrap();
    assert!(about.len() > 12);
    let mut compressed = 0;
    for (name, told) in about {
        let bytes = std::fs::read(folder().join(name)).unwrap();
        if !bytes.starts_with(b"\x80") {
            // The facade unpacks it.
            compressed += 1;
            continue;
        }
        let buffers = told["buffers"].as_array().into_iter().flatten();
        let buffers = buffers.map(|name| std::fs::read(folder().join(name.as_str().unwrap())).unwrap());
        let options = ReadOptions::new().buffers(buffers.map(Buffer::from_vec));
        let graph = options.load(folder().join(name)).unwrap_or_else(|error| panic!("{name}: {error}"));
        for (path, wanted) in told["arrays"].as_object().unwrap() {
            let id =
                graph.find(path).unwrap_or_else(|error| panic!("{name} {path}: {error}")).as_node().unwrap();
            assert_eq!(text(&graph.array(id).unwrap()), *wanted, "{name} {path}");
        }
        for wanted in told["somewhere"].as_array().into_iter().flatten() {
            assert!(is_there(&graph, wanted), "{name} has no {wanted}");
        }
        assert!(options.loads(&bytes).unwrap().same_as(&graph).unwrap(), "{name}");
    }
    assert_eq!(compressed, 5);
}
