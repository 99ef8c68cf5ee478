//! What the files that real ND4J releases wrote hold.

use arr_core::{Array, ByteOrder, DType, Order, Scalar, Storage};
use half::{bf16, f16};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

fn scalar(name: &str) -> Scalar {
    match name {
        "float64" => Scalar::F64,
        "float32" => Scalar::F32,
        "float16" => Scalar::F16,
        "bfloat16" => Scalar::BF16,
        "int64" => Scalar::I64,
        "int32" => Scalar::I32,
        "int16" => Scalar::I16,
        "int8" => Scalar::I8,
        "uint64" => Scalar::U64,
        "uint32" => Scalar::U32,
        "uint16" => Scalar::U16,
        "uint8" => Scalar::U8,
        "bool" => Scalar::Bool,
        other => panic!("unknown dtype {other}"),
    }
}

/// A value of the manifest as the little-endian bytes of an item; of NaN only that it is one is known.
fn bytes_of(value: &Value, kind: Scalar) -> Vec<u8> {
    let real = || match value.as_str() {
        Some(text) => text.parse::<f64>().unwrap(),
        None => value.as_f64().unwrap(),
    };
    let (signed, unsigned) = (value.as_i64(), value.as_u64());
    match kind {
        Scalar::F64 => real().to_le_bytes().to_vec(),
        Scalar::F32 => (real() as f32).to_le_bytes().to_vec(),
        Scalar::F16 => f16::from_f64(real()).to_le_bytes().to_vec(),
        Scalar::BF16 => bf16::from_f64(real()).to_le_bytes().to_vec(),
        Scalar::I64 => signed.unwrap().to_le_bytes().to_vec(),
        Scalar::I32 => i32::try_from(signed.unwrap()).unwrap().to_le_bytes().to_vec(),
        Scalar::I16 => i16::try_from(signed.unwrap()).unwrap().to_le_bytes().to_vec(),
        Scalar::I8 => i8::try_from(signed.unwrap()).unwrap().to_le_bytes().to_vec(),
        Scalar::U64 => unsigned.unwrap().to_le_bytes().to_vec(),
        Scalar::U32 => u32::try_from(unsigned.unwrap()).unwrap().to_le_bytes().to_vec(),
        Scalar::U16 => u16::try_from(unsigned.unwrap()).unwrap().to_le_bytes().to_vec(),
        Scalar::U8 => vec![u8::try_from(unsigned.unwrap()).unwrap()],
        _ => vec![u8::from(value.as_bool().unwrap())],
    }
}

/// Compares an array with what the manifest has of it.
pub fn check<S: Storage>(array: &Array<S>, expected: &Value, how: &str) {
    let name = format!("{}: {how}", expected["file"]);
    let shape: Vec<u64> = array.shape().iter().map(|dim| *dim as u64).collect();
    assert_eq!(json!(shape), expected["shape"], "{name}");
    let kind = scalar(expected["dtype"].as_str().unwrap());
    assert_eq!(array.dtype().as_scalar().map(|(kind, _)| kind), Some(kind), "{name}");
    let array = array.to_contiguous_in(Order::C, ByteOrder::Little).unwrap();
    if let Some(digest) = expected["sha256_le_c_order"].as_str() {
        let found = Sha256::digest(array.as_bytes(Order::C).unwrap());
        assert_eq!(found.iter().map(|byte| format!("{byte:02x}")).collect::<String>(), digest, "{name}");
        return;
    }
    let values = expected["values"].as_array().unwrap();
    assert_eq!(values.len(), array.len(), "{name}");
    let as_doubles =
        || array.cast(&DType::of::<f64>(), arr_core::Casting::Unsafe).unwrap().to_vec::<f64>().unwrap();
    for (place, (item, value)) in array.items().zip(values).enumerate() {
        if value == "NaN" {
            assert!(as_doubles()[place].is_nan(), "{name}");
        } else {
            assert_eq!(item, bytes_of(value, kind), "{name}: item {place}");
        }
    }
}
