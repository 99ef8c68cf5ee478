//! Dtypes as text.

use std::hash::{DefaultHasher, Hash, Hasher};

use arr_io::format::literal::Scanner;
use arr_io::{ByteOrder, DType, Scalar};

/// A text that is a dtype is printed, and parsed again.
pub fn dtype(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    match text.parse::<DType>() {
        Ok(dtype) => printed(&dtype),
        Err(error) => assert!(error.to_string().len() < 1000 + 8 * text.len(), "{error}"),
    }
    // In a header the same text means the same, where it is anything.
    let mut scanner = Scanner::new(&text).max_depth(100);
    if let Ok(dtype) = DType::from_literal(&mut scanner) {
        printed(&dtype);
    }
}

/// A dtype is printed and parsed, in both byte orders.
pub(crate) fn printed(dtype: &DType) {
    let text = dtype.to_string();
    let again: DType = text.parse().unwrap_or_else(|error| panic!("{text}: {error}"));
    assert_eq!(again, *dtype, "{text}");
    assert_eq!((again.to_string(), hash(&again)), (text, hash(dtype)));
    assert_eq!((again.itemsize(), again.has_references()), (dtype.itemsize(), dtype.has_references()));
    for order in [ByteOrder::Little, ByteOrder::Big] {
        let swapped = dtype.with_byte_order(order);
        assert!(swapped.is_in_order(order) && swapped.itemsize() == dtype.itemsize(), "{dtype}");
        assert_eq!(swapped.to_string().parse::<DType>().unwrap(), swapped);
    }
    if let Ok(descr) = dtype.descr() {
        let mut scanner = Scanner::new(&descr);
        let again = DType::from_literal(&mut scanner).unwrap_or_else(|error| panic!("{descr}: {error}"));
        assert!(again == as_in_headers(dtype), "{dtype} became {again} through {descr}");
    }
}

/// The dtype that the header of a file keeps: bfloat16 becomes two opaque bytes.
fn as_in_headers(dtype: &DType) -> DType {
    let text = dtype.to_string();
    match dtype {
        DType::Scalar(Scalar::BF16, _) => DType::Void(2),
        _ if text.contains("bfloat16") => {
            text.replace("<bfloat16", "|V2").replace(">bfloat16", "|V2").parse().unwrap()
        }
        dtype => dtype.clone(),
    }
}

fn hash(dtype: &DType) -> u64 {
    let mut hasher = DefaultHasher::new();
    dtype.hash(&mut hasher);
    hasher.finish()
}
