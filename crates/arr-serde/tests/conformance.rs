//! Pickles show what every format shows.
#![cfg(feature = "pickle")]
#![allow(clippy::unwrap_used, reason = "a failed assumption is a failed test")]

use std::path::Path;

use arr_conformance::Suite;
use arr_core::{Array, DType, Order};
use arr_serde::format::Pickle;
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
