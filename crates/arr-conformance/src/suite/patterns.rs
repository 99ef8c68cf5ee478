//! Arrays that are extreme.

use arr_core::{Array, ByteOrder, DType, Order, Result, Scalar};

/// Dtypes of every kind, in both byte orders.
pub(crate) fn dtypes() -> Vec<DType> {
    let orders = [ByteOrder::Little, ByteOrder::Big];
    let scalars = Scalar::ALL.iter().flat_map(|kind| orders.map(|order| DType::scalar(*kind, order)));
    let others = ["|S3", "<U2", ">U2", "|V5", "<M8[ns]", ">m8[s]", "<M8[D]"];
    let mut dtypes: Vec<DType> = scalars.chain(others.iter().filter_map(|text| text.parse().ok())).collect();
    dtypes.push(DType::Bytes(0));
    dtypes.dedup();
    dtypes
}

/// Shapes from rank 0 to the largest.
pub(crate) fn shapes() -> Vec<Vec<usize>> {
    let few = [
        vec![],
        vec![0],
        vec![1],
        vec![7],
        vec![0, 3],
        vec![3, 0],
        vec![1, 5],
        vec![5, 1],
        vec![2, 3],
        vec![2, 0, 3],
        vec![2, 3, 4],
        vec![2, 1, 3, 2],
    ];
    let wide = |rank: usize| {
        let mut shape = vec![1; rank];
        shape.extend([2, 3]);
        shape
    };
    few.into_iter().chain([wide(30), wide(62)]).collect()
}

/// An array of items that are all of another kind: large, small, negative, no numbers.
pub(crate) fn array(dtype: &DType, shape: &[usize], order: Order) -> Result<Array> {
    let len: usize = shape.iter().product();
    let mut state = 0x9e37_79b9_7f4a_7c15_u64;
    let mut bytes = Vec::new();
    for at in 0..len {
        let start = bytes.len();
        for _ in 0..dtype.itemsize() {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            bytes.push(state.to_be_bytes()[0]);
        }
        special(dtype, at, bytes.get_mut(start..).unwrap_or_default());
    }
    Array::contiguous(dtype.clone(), shape, order, bytes.as_slice())?.to_owned()
}

/// Makes an item one of those that are easily lost, or one that is allowed.
fn special(dtype: &DType, at: usize, item: &mut [u8]) {
    let patterns: [&[u8]; 3] =
        [&[0x80], &[0x7f, 0xf8, 0x12, 0x34], &[0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xfe]];
    match dtype {
        DType::Scalar(Scalar::Bool, _) => item.iter_mut().for_each(|byte| *byte &= 1),
        DType::Scalar(_, order) => {
            // Minus nothing, and no number with a load of its own.
            let Some(pattern) = patterns.get(at % 5) else { return };
            item.fill(0);
            item.iter_mut().zip(*pattern).for_each(|(byte, wanted)| *byte = *wanted);
            if *order == ByteOrder::Little {
                item.reverse();
            }
        }
        DType::Unicode(_, order) => {
            for unit in item.chunks_mut(4) {
                let letter = 0x1f600 + u32::from(unit.first().copied().unwrap_or_default() % 64);
                let letter =
                    if *order == ByteOrder::Little { letter.to_le_bytes() } else { letter.to_be_bytes() };
                unit.iter_mut().zip(letter).for_each(|(byte, wanted)| *byte = wanted);
            }
        }
        _ => {}
    }
}
