//! Fixtures, and the values of arrays as their manifest writes them.

use std::path::{Path, PathBuf};

use arr_core::{Array, ByteOrder, Casting, DType, Order, Scalar, Storage};
use serde_json::Value;
use sha2::{Digest, Sha256};

/// Where the fixtures are.
pub fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fixtures/nd4j")
}

/// What the manifest says of the files of a format.
pub fn files(format: &str) -> Vec<Value> {
    let manifest: Value =
        serde_json::from_slice(&std::fs::read(folder().join("manifest.json")).unwrap()).unwrap();
    let files = manifest["files"].as_array().unwrap();
    files.iter().filter(|file| file["format"] == format).cloned().collect()
}

/// Where a file is.
pub fn path(file: &Value) -> PathBuf {
    folder().join(file["file"].as_str().unwrap())
}

/// The values of an array in C order.
fn values<S: Storage>(array: &Array<S>) -> Vec<Value> {
    let Some((kind, _)) = array.dtype().as_scalar() else {
        return array.to_strings().unwrap().into_iter().map(Value::from).collect();
    };
    match kind {
        Scalar::Bool => array.to_vec::<bool>().unwrap().into_iter().map(Value::from).collect(),
        kind if kind.is_integer() => {
            let array = array.cast(&DType::native(Scalar::I64), Casting::Unsafe).unwrap();
            array.to_vec::<i64>().unwrap().into_iter().map(Value::from).collect()
        }
        _ => {
            let array = array.cast(&DType::native(Scalar::F64), Casting::Unsafe).unwrap();
            let text = |value: f64| match value {
                value if value.is_nan() => Value::from("NaN"),
                value if value == f64::INFINITY => Value::from("Infinity"),
                value if value == f64::NEG_INFINITY => Value::from("-Infinity"),
                value if value == 0.0 && value.is_sign_negative() => Value::from("-0.0"),
                value => Value::from(value),
            };
            array.to_vec::<f64>().unwrap().into_iter().map(text).collect()
        }
    }
}

/// Compares an array with what the manifest says.
pub fn check<S: Storage>(array: &Array<S>, file: &Value) {
    assert_eq!(serde_json::json!(array.shape()), file["shape"], "{file}");
    let name = array.dtype().as_scalar().map_or("utf8", |(kind, _)| kind.name());
    assert_eq!(name, file["dtype"], "{file}");
    if let Some(expected) = file["values"].as_array() {
        assert_eq!(values(array), *expected, "{file}");
        return;
    }
    let array = array.to_contiguous_in(Order::C, ByteOrder::Little).unwrap();
    let digest = Sha256::digest(array.as_bytes(Order::C).unwrap());
    let digest: String = digest.iter().map(|byte| format!("{byte:02x}")).collect();
    assert_eq!(digest, file["sha256_le_c_order"], "{file}");
}
