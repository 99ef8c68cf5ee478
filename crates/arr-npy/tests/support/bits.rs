//! The values of arrays as bits that do not depend on how they lie.

use arr_core::{Array, ByteOrder, DType, Order, Storage};
use sha2::{Digest, Sha256};

/// The digest of bytes, as the manifests write it.
pub fn sha256(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}

/// The bytes of one item in little-endian order, fields one after another without what lies between them.
fn values(dtype: &DType, item: &[u8], out: &mut Vec<u8>) {
    match dtype {
        DType::Record(record) => {
            record
                .fields()
                .iter()
                .for_each(|field| values(field.dtype(), &item[field.offset()..field.end()], out));
        }
        DType::SubArray(sub) if sub.base().itemsize() > 0 => {
            item.chunks(sub.base().itemsize()).for_each(|part| values(sub.base(), part, out));
        }
        _ => out.extend_from_slice(item),
    }
}

/// The digest that the manifests have of an array's values.
pub fn digest<S: Storage>(array: &Array<S>) -> String {
    let array = array.to_contiguous_in(Order::C, ByteOrder::Little).unwrap();
    let mut bytes = Vec::new();
    array.items().for_each(|item| values(array.dtype(), item, &mut bytes));
    sha256(&bytes)
}
