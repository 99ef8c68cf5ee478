//! Large files that are read into the other item order: by bands, by panels, from streams and from memory.
#![allow(clippy::cast_possible_truncation, clippy::unwrap_used, reason = "small numbers, in a test")]

use arr_core::{Array, Buffer, ByteOrder, DType, ErrorKind, Input, Limits, Order, Scalar};
use arr_npy::{ReadOptions, WriteOptions};

/// An array in which every item tells its index in C order.
fn counted(shape: &[usize], kind: Scalar) -> Array {
    let items: usize = shape.iter().product();
    let bytes: Vec<u8> = match kind.itemsize() {
        2 => (0..items).flat_map(|item| (item as u16).to_ne_bytes()).collect(),
        4 => (0..items).flat_map(|item| (item as u32).to_ne_bytes()).collect(),
        _ => (0..items).flat_map(|item| (item as u64).to_ne_bytes()).collect(),
    };
    Array::contiguous(DType::scalar(kind, ByteOrder::NATIVE), shape, Order::C, Buffer::from_vec(bytes))
        .unwrap()
}

#[test]
#[ignore = "takes long: it turns large arrays of many shapes"]
fn every_way_gives_the_same_items() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("x.npy");
    let shapes: [&[usize]; 7] = [
        &[20_000, 60],
        &[60, 20_000],
        &[40, 30, 1100],
        &[400_000, 2],
        &[2, 400_000],
        &[3, 200_000, 1],
        &[1100, 1101],
    ];
    for shape in shapes {
        for (kind, from, to) in [
            (Scalar::U32, Order::F, Order::C),
            (Scalar::U32, Order::C, Order::F),
            (Scalar::U64, Order::F, Order::C),
            (Scalar::U16, Order::C, Order::F),
        ] {
            let expected = counted(shape, kind);
            for byte_order in [ByteOrder::Little, ByteOrder::Big] {
                let options = WriteOptions::new().order(from).byte_order(byte_order);
                options.save(&path, &expected).unwrap();
                let read = ReadOptions::new().order(to).native();
                let bytes = std::fs::read(&path).unwrap();
                let mut told = 0;
                let mut input = Input::open(&path).unwrap().on_progress(|at| told = at);
                let from_file = read.read_input(&mut input).unwrap();
                assert_eq!((input.position(), input.remaining()), (bytes.len() as u64, Some(0)));
                drop(input);
                for array in
                    [from_file, read.read_bytes(&bytes).unwrap(), read.read_from(&mut &*bytes).unwrap()]
                {
                    assert!(array.items().eq(expected.items()), "{shape:?} {kind} {from} {byte_order}");
                    assert!(array.as_bytes(to).is_some(), "{shape:?} {kind} {from} {byte_order}");
                }
            }
        }
    }
}

#[test]
fn the_next_array_follows() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("two.npy");
    let array = counted(&[6000, 1100], Scalar::U32);
    let bytes = WriteOptions::new().order(Order::F).to_bytes(&array).unwrap();
    std::fs::write(&path, bytes.repeat(2)).unwrap();
    let mut input = Input::open(&path).unwrap();
    let read = ReadOptions::new().order(Order::C);
    for _ in 0..2 {
        input.peek(20).unwrap();
        assert!(read.read_input(&mut input).unwrap().items().eq(array.items()));
    }
    assert!(input.at_end().unwrap());
}

#[test]
fn files_that_end_early_and_limits_are_errors() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("short.npy");
    let array = counted(&[30_000, 50], Scalar::U32);
    let bytes = WriteOptions::new().order(Order::F).to_bytes(&array).unwrap();
    std::fs::write(&path, &bytes[..bytes.len() - 1]).unwrap();
    let error = ReadOptions::new().order(Order::C).read(&path).unwrap_err();
    assert_eq!((error.kind(), error.offset()), (ErrorKind::Malformed, Some(128)));
    std::fs::write(&path, &bytes).unwrap();
    let limits = Limits::default().max_bytes(5_000_000);
    let error = ReadOptions::new().order(Order::C).limits(limits).read(&path).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::LimitExceeded);
}
