//! What is written is read, viewed and mapped as the same values: every dtype, byte order, item order, rank and way
//! in which an array can lie in memory.
#![allow(
    clippy::unwrap_used,
    clippy::cast_possible_truncation,
    clippy::cast_precision_loss,
    reason = "a failed assumption is a failed test"
)]

use arr_conformance::own_file;
use arr_core::{
    Array, Buffer, ByteOrder, DType, Input, Layout, Order, RecordType, Scalar, Slice, Storage, SubArray,
    TimeBase, TimeUnit,
};
use arr_npy::{ReadOptions, Version, WriteOptions};
use proptest::prelude::*;

/// Every kind of dtype that has bytes, in one byte order.
fn dtypes(order: ByteOrder) -> Vec<DType> {
    let scalars = Scalar::ALL.into_iter().map(|kind| DType::scalar(kind, order));
    let texts = [0, 1, 5]
        .into_iter()
        .flat_map(|size| [DType::Bytes(size), DType::Unicode(size, order), DType::Void(size)]);
    let bases = TimeBase::ALL.into_iter().flat_map(|base| [TimeUnit::Of(base, 1), TimeUnit::Of(base, 25)]);
    let times = bases
        .chain([TimeUnit::Generic])
        .flat_map(|unit| [DType::DateTime(unit, order), DType::TimeDelta(unit, order)]);
    let pair: DType = SubArray::new(DType::scalar(Scalar::F32, order), &[2, 3]).unwrap().into();
    let inner = RecordType::builder()
        .field("re", DType::scalar(Scalar::F64, order))
        .field("\u{e9}", pair)
        .build()
        .unwrap();
    let nested = RecordType::builder()
        .titled_field("a", "the \"first\"", DType::scalar(Scalar::I16, order))
        .field("it's", DType::from(inner))
        .field("s", DType::Bytes(3))
        .field("", DType::scalar(Scalar::U8, order))
        .build()
        .unwrap();
    let aligned = RecordType::builder()
        .field("flag", DType::scalar(Scalar::Bool, order))
        .field("x", DType::scalar(Scalar::F64, order))
        .field("\u{4e16}", DType::scalar(Scalar::I8, order))
        .aligned()
        .build()
        .unwrap();
    let empty = RecordType::builder().build().unwrap();
    let records = [nested.into(), aligned.into(), empty.into()];
    scalars.chain(texts).chain(times).chain(records).collect()
}

/// How the array that is written lies in memory.
#[derive(Clone, Copy, Debug)]
enum Lie {
    Empty,
    Contiguous,
    Transposed,
    Reversed,
    Strided,
}

const LIES: [Lie; 5] = [Lie::Empty, Lie::Contiguous, Lie::Transposed, Lie::Reversed, Lie::Strided];

/// An array of `rank` dimensions over `noise`, lying as asked.
fn array(dtype: &DType, rank: usize, order: Order, lie: Lie, noise: &[u8]) -> Array {
    let mut shape: Vec<usize> = [3, 2, 4, 2].into_iter().take(rank).collect();
    if let (Lie::Empty, Some(dim)) = (lie, shape.last_mut()) {
        *dim = 0;
    }
    if let Lie::Strided = lie {
        shape.iter_mut().for_each(|dim| *dim *= 2);
    }
    let layout = Layout::contiguous(&shape, dtype.itemsize(), order).unwrap();
    let layout = match lie {
        Lie::Empty | Lie::Contiguous => layout,
        Lie::Transposed => layout.transposed(),
        Lie::Reversed => layout.sliced(&vec!["::-1"; rank].join(",").parse().unwrap()).unwrap(),
        Lie::Strided => layout.sliced(&vec!["1::2"; rank].join(",").parse::<Slice>().unwrap()).unwrap(),
    };
    let items: usize = shape.iter().product();
    let mut bytes: Vec<u8> = noise.iter().copied().cycle().take(items * dtype.itemsize()).collect();
    if dtype.as_scalar().is_some_and(|(kind, _)| kind == Scalar::Bool) {
        bytes.iter_mut().for_each(|byte| *byte &= 1);
    }
    Array::new(dtype.clone(), layout, Buffer::from_vec(bytes)).unwrap()
}

/// The bytes of every item, in C order.
fn items<S: Storage>(array: &Array<S>) -> Vec<Vec<u8>> {
    array.items().map(<[u8]>::to_vec).collect()
}

/// A `.npy` has no name for bfloat16: it holds two opaque bytes.
fn as_stored(dtype: &DType) -> DType {
    match dtype {
        DType::Scalar(Scalar::BF16, _) => DType::Void(2),
        dtype => dtype.clone(),
    }
}

fn check_same<S: Storage>(read: &Array<S>, written: &Array, how: &str) {
    assert_eq!(read.shape(), written.shape(), "{how}: {written:?}");
    assert_eq!(*read.dtype(), as_stored(written.dtype()), "{how}: {written:?}");
    let written = match written.dtype() {
        DType::Scalar(Scalar::BF16, _) => written.to_byte_order(ByteOrder::Little).unwrap(),
        _ => written.clone(),
    };
    assert!(items(read) == items(&written), "{how}: {written:?}");
}

fn check_all_ways(array: &Array, file: &std::path::Path) {
    let bytes = arr_npy::to_bytes(array).unwrap();
    check_same(&arr_npy::view(&bytes).unwrap(), array, "view");
    check_same(&ReadOptions::new().read_bytes(&bytes).unwrap(), array, "read_bytes");
    check_same(&arr_npy::read_from(&mut &bytes[..]).unwrap(), array, "read_from");
    arr_npy::save(file, array).unwrap();
    assert_eq!(std::fs::read(file).unwrap(), bytes, "save and to_bytes agree");
    check_same(&arr_npy::read(file).unwrap(), array, "read");
    check_same(&own_file!(arr_npy::map(file)).unwrap(), array, "map");
    for order in [Order::C, Order::F] {
        let bytes = WriteOptions::new().order(order).to_bytes(array).unwrap();
        check_same(&arr_npy::view(&bytes).unwrap(), array, "write in an order");
        for target in [Order::C, Order::F] {
            let options = ReadOptions::new().order(target);
            let read = options.read_bytes(&bytes).unwrap();
            check_same(&read, array, "read in an order");
            assert!(read.as_bytes(target).is_some(), "{target}");
            check_same(&options.read_from(&mut &bytes[..]).unwrap(), array, "read in an order from a stream");
            check_same(
                &options.read_input(&mut Input::from_bytes(&bytes)).unwrap(),
                array,
                "read in an order",
            );
        }
    }
}

#[test]
fn every_dtype_order_rank_and_lie() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("x.npy");
    let noise: Vec<u8> = (0..997u32).map(|byte| (byte.wrapping_mul(2_654_435_761) >> 13) as u8).collect();
    for byte_order in [ByteOrder::Little, ByteOrder::Big] {
        for dtype in dtypes(byte_order) {
            for order in [Order::C, Order::F] {
                for rank in 0..=4 {
                    LIES.into_iter()
                        .for_each(|lie| check_all_ways(&array(&dtype, rank, order, lie, &noise), &file));
                }
            }
        }
    }
}

fn some_array() -> impl Strategy<Value = Array> {
    let dtype = prop_oneof![Just(ByteOrder::Little), Just(ByteOrder::Big)].prop_flat_map(|order| {
        let all = dtypes(order);
        (0..all.len()).prop_map(move |at| all[at].clone())
    });
    let shape = proptest::collection::vec((0usize..5, -3isize..=3), 0..=4);
    (dtype, shape, prop_oneof![Just(Order::C), Just(Order::F)], any::<u64>()).prop_map(
        |(dtype, axes, order, seed)| {
            let whole: Vec<usize> = axes.iter().map(|(dim, step)| dim * step.unsigned_abs().max(1)).collect();
            let steps: Vec<String> =
                axes.iter().map(|(_, step)| format!("::{}", if *step == 0 { 1 } else { *step })).collect();
            let layout = Layout::contiguous(&whole, dtype.itemsize(), order).unwrap();
            let layout = layout.sliced(&steps.join(",").parse().unwrap()).unwrap();
            let len = whole.iter().product::<usize>() * dtype.itemsize();
            let boolean = dtype.as_scalar().is_some_and(|(kind, _)| kind == Scalar::Bool);
            let bytes: Vec<u8> = (0..len as u64)
                .map(|at| (seed.wrapping_add(at).wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 40) as u8)
                .map(|byte| if boolean { byte & 1 } else { byte })
                .collect();
            Array::new(dtype, layout, Buffer::from_vec(bytes)).unwrap()
        },
    )
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn random_arrays(array in some_array()) {
        let folder = tempfile::tempdir().unwrap();
        check_all_ways(&array, &folder.path().join("x.npy"));
    }

    #[test]
    fn byte_orders_and_versions(array in some_array(), big in any::<bool>()) {
        let byte_order = if big { ByteOrder::Big } else { ByteOrder::Little };
        // bfloat16 is stored with its low byte first, since two opaque bytes have no order.
        let opaque = *array.dtype() != as_stored(array.dtype());
        let native = array.to_byte_order(if opaque { ByteOrder::Little } else { ByteOrder::NATIVE }).unwrap();
        for version in [Version::V1_0, Version::V2_0, Version::V3_0] {
            let options = WriteOptions::new().byte_order(byte_order).version(version);
            // Only UTF-8 holds every field name.
            let Ok(bytes) = options.to_bytes(&array) else { prop_assert!(version != Version::V3_0); continue };
            let view = arr_npy::view(&bytes).unwrap();
            prop_assert_eq!(view.dtype(), &as_stored(&array.dtype().with_byte_order(byte_order)));
            let native_again = ReadOptions::new().native().read_bytes(&bytes).unwrap();
            prop_assert_eq!(items(&native_again), items(&native));
            let streamed = ReadOptions::new().native().order(Order::F).read_input(&mut Input::from_bytes(&bytes)).unwrap();
            prop_assert_eq!(items(&streamed), items(&native));
        }
    }
}

#[test]
#[ignore = "takes long: 600,000 items in every order and byte order"]
fn large_arrays_take_the_parallel_and_panelled_paths() {
    let values: Vec<f32> = (0..600_000u32).map(|value| value as f32).collect();
    let array = Array::from_vec(values, &[750, 800]).unwrap();
    let folder = tempfile::tempdir().unwrap();
    check_all_ways(&array, &folder.path().join("x.npy"));
    check_all_ways(&array.transpose().to_contiguous(Order::C).unwrap(), &folder.path().join("y.npy"));
    let big = WriteOptions::new().byte_order(ByteOrder::Big).order(Order::F).to_bytes(&array).unwrap();
    let path = folder.path().join("big.npy");
    std::fs::write(&path, &big).unwrap();
    let read = ReadOptions::new().native().order(Order::C).read(&path).unwrap();
    assert_eq!(read.as_slice::<f32>().unwrap(), array.as_slice::<f32>().unwrap());
}

#[test]
fn read_into_fills_what_the_caller_has() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("x.npy");
    WriteOptions::new().byte_order(ByteOrder::Big).save(&path, &vec![1.5f64, -2.5]).unwrap();
    let mut values = [0.0f64; 2];
    arr_npy::read_into(&path, &mut values).unwrap();
    assert_eq!(values, [1.5, -2.5]);
    assert!(arr_npy::read_into(&path, &mut [0.0f64; 3]).is_err());
    assert!(arr_npy::read_into(&path, &mut [0u64; 2]).is_err());
    arr_npy::save(&path, &vec![true, false]).unwrap();
    let mut flags = [false; 2];
    arr_npy::read_into(&path, &mut flags).unwrap();
    assert_eq!(flags, [true, false]);
}
