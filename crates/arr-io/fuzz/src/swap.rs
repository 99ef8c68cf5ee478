//! Byte order, item by item.

use arr_io::{ByteOrder, DType};

/// The bytes of one item of `dtype` in another byte order, found without the library's plans of swaps.
pub(crate) fn in_order(dtype: &DType, item: &[u8], order: ByteOrder) -> Vec<u8> {
    let mut bytes = item.to_vec();
    swap(dtype, &mut bytes, order);
    bytes
}

fn swap(dtype: &DType, bytes: &mut [u8], order: ByteOrder) {
    match dtype {
        DType::Scalar(kind, own) if *own != order => {
            bytes.chunks_mut(kind.swap_unit()).for_each(<[u8]>::reverse)
        }
        DType::Unicode(_, own) if *own != order => bytes.chunks_mut(4).for_each(<[u8]>::reverse),
        DType::DateTime(_, own) | DType::TimeDelta(_, own) if *own != order => bytes.reverse(),
        DType::Record(record) => record.fields().iter().for_each(|field| {
            swap(field.dtype(), &mut bytes[field.offset()..field.end()], order);
        }),
        DType::SubArray(sub) if sub.itemsize() > 0 => {
            bytes.chunks_mut(sub.base().itemsize()).for_each(|item| swap(sub.base(), item, order));
        }
        _ => {}
    }
}

/// True when no two fields of a record share a byte, so that its byte order can be changed field by field.
pub(crate) fn is_disjoint(dtype: &DType) -> bool {
    match dtype {
        DType::Record(record) => {
            let mut places: Vec<_> =
                record.fields().iter().map(|field| (field.offset(), field.end())).collect();
            places.retain(|(start, end)| start < end);
            places.sort_unstable();
            places.windows(2).all(|pair| pair[0].1 <= pair[1].0)
                && record.fields().iter().all(|field| is_disjoint(field.dtype()))
        }
        DType::SubArray(sub) => is_disjoint(sub.base()),
        _ => true,
    }
}
