//! Every format shows what all formats show.
#![cfg(all(feature = "jackson", feature = "kryo", feature = "pickle"))]
#![allow(clippy::unwrap_used, reason = "a failed assumption is a failed test")]

use std::path::Path;

use arr_conformance::Suite;
use arr_core::{Array, DType, Order};
use arr_serde::format::{Json, JsonLists, JsonTriple, Pickle};
use arr_serde::format::{Nd4jBase64, Nd4jJackson, Nd4jJacksonVector, Nd4jJsonText, Nd4jKryo};
use arr_serde::json::{self, Form};
use arr_serde::pickle::WriteOptions;

/// An array of a dtype whose items are some bytes.
fn array(dtype: &str, shape: &[usize], order: Order) -> Array {
    let dtype: DType = dtype.parse().unwrap();
    let len = shape.iter().product::<usize>() * dtype.itemsize();
    let bytes: Vec<u8> = (0..len).map(|at| u8::try_from(at % 251).unwrap()).collect();
    Array::contiguous(dtype, shape, order, arr_core::Buffer::from_vec(bytes)).unwrap()
}

#[test]
fn pickle() {
    let mut suite = Suite::new(&Pickle).effort(600).overhead(8 << 10);
    for (name, dtype, shape, order) in [
        ("c", "<f4", &[2, 3][..], Order::C),
        ("f", ">i2", &[3, 2], Order::F),
        ("record", "[('x', '<f4'), ('n', '<i2')]", &[3], Order::C),
        ("scalar", "<f8", &[], Order::C),
    ] {
        for protocol in 2..=5 {
            let bytes = WriteOptions::new().protocol(protocol).to_bytes(&array(dtype, shape, order)).unwrap();
            suite = suite.file(format!("{name}-p{protocol}"), bytes);
        }
    }
    let hostile = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fixtures/hostile/pickle");
    let suite = suite
        .broken_folder(&hostile, |name| !name.starts_with("call-") && !name.starts_with("deep-"))
        .unwrap();
    let findings = suite.run();
    assert!(findings.is_empty(), "{findings}");
}

/// What a document is read into memory with, besides the arrays.
const DOCUMENT: u64 = 64 << 10;

#[test]
fn json() {
    let format = Json::default();
    let mut suite = Suite::new(&format).effort(600).overhead(DOCUMENT);
    for (name, dtype, shape, order) in [
        ("c", "<f4", &[2, 3][..], Order::C),
        ("f", ">i2", &[3, 2], Order::F),
        ("record", "[('x', '<f4'), ('n', '<i2')]", &[3], Order::C),
        ("scalar", "<f8", &[], Order::C),
    ] {
        for form in [Form::Object, Form::Triple] {
            let bytes = json::WriteOptions::new().form(form).to_bytes(&array(dtype, shape, order)).unwrap();
            suite = suite.file(format!("{name}-{form:?}"), bytes);
        }
    }
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fixtures/python/json");
    let hostile = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fixtures/hostile/json");
    let suite = suite
        .broken_folder(&folder, |name| name != "about.json")
        .unwrap()
        .broken_folder(&hostile, |_| true)
        .unwrap()
        .broken("cut", b"{\"x\": [1".to_vec())
        .broken("surrogate", b"[\"\\ud800\", [1]]".to_vec())
        .broken("twice", b"{\"x\": [1], \"x\": [2]}".to_vec())
        .broken("padding", b"[\"<f4\", \"AACAPw=\", [1]]".to_vec());
    let findings = suite.run();
    assert!(findings.is_empty(), "{findings}");
}

#[test]
fn json_as_triples_and_lists() {
    let triple = JsonTriple::default();
    let findings = Suite::new(&triple).effort(100).overhead(DOCUMENT).run();
    assert!(findings.is_empty(), "{findings}");
    let lists = JsonLists::default();
    let suite = Suite::new(&lists).effort(300).overhead(DOCUMENT).text();
    let suite = suite.file("numbers", b"{\"x\": [[1, 2.5, NaN], [-1e-7, null, Infinity]]}".to_vec());
    let findings = suite.file("ints", b"[[1, 2, 3], [9007199254740993, -4, 0]]".to_vec()).run();
    assert!(findings.is_empty(), "{findings}");
}

#[test]
fn json_of_nd4j() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fixtures/nd4j");
    let jackson = Nd4jJackson::default();
    let suite = Suite::new(&jackson).effort(300).overhead(DOCUMENT);
    let findings = suite.folder(&folder.join("nd4j-jackson"), |name| name.starts_with("v091")).unwrap().run();
    assert!(findings.is_empty(), "{findings}");
    let text = Nd4jJsonText::default();
    let suite = Suite::new(&text).effort(600).overhead(DOCUMENT).text();
    let findings =
        suite.folder(&folder.join("nd4j-json-text"), |name| name.starts_with("m21")).unwrap().run();
    assert!(findings.is_empty(), "{findings}");
    let vector = Nd4jJacksonVector::default();
    let suite = Suite::new(&vector).effort(300).overhead(DOCUMENT).text();
    let findings =
        suite.folder(&folder.join("nd4j-jackson-vector"), |name| name.starts_with("v091")).unwrap().run();
    assert!(findings.is_empty(), "{findings}");
}

#[test]
fn base64_and_kryo_of_nd4j() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fixtures/nd4j");
    let suite = Suite::new(&Nd4jBase64).effort(300).overhead(DOCUMENT).text();
    let findings = suite.folder(&folder.join("nd4j-base64"), |_| true).unwrap().run();
    assert!(findings.is_empty(), "{findings}");
    let kryo = Nd4jKryo::default();
    let suite = Suite::new(&kryo).effort(600);
    let findings = suite.folder(&folder.join("nd4j-kryo"), |_| true).unwrap().run();
    assert!(findings.is_empty(), "{findings}");
}
