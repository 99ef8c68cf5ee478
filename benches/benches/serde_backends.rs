//! The back-ends of serde, bincode and rkyv: 40 MB written, read, and seen in place, beside a copy of the bytes.

use std::cell::LazyCell;

use arr_benches::{ITEMS, SHAPE, check_bytes, check_values, large, short, values};
use arr_core::{Array, ArrayView, Order};
use arr_serde::bincode::Coded;
use bincode::config::standard;
use criterion::{Criterion, criterion_group, criterion_main};

fn one() -> Array {
    Array::from_vec(values(ITEMS), &SHAPE).unwrap()
}

fn check(array: &Array) {
    check_values(array.as_slice().unwrap());
}

/// The bytes of an array whose items begin at any address.
fn check_any(array: &Array) {
    check_bytes(array.as_bytes(Order::C).unwrap());
}

fn check_len(bytes: &Vec<u8>) {
    assert!(bytes.len() >= ITEMS * 4);
}

fn write(criterion: &mut Criterion) {
    let array = LazyCell::new(one);
    let mut group = large(criterion, "serde/write_40MB_f32");
    group.row("arr_bincode", || arr_serde::bincode::to_bytes(&*array).unwrap(), check_len);
    let coded = || bincode::encode_to_vec(Coded(&*array), standard()).unwrap();
    group.row("arr_bincode_by_its_library", coded, check_len);
    group.row("arr_postcard", || postcard::to_allocvec(&*array).unwrap(), check_len);
    group.row("arr_rmp", || rmp_serde::to_vec(&*array).unwrap(), check_len);
    group.row(
        "arr_rkyv",
        || arr_serde::rkyv::to_bytes(&*array).unwrap(),
        |bytes| assert!(bytes.len() > ITEMS * 4),
    );
    let floats = LazyCell::new(|| values(ITEMS));
    group.row("bincode_vec_f32", || bincode::encode_to_vec(&*floats, standard()).unwrap(), check_len);
    group.row("postcard_vec_f32", || postcard::to_allocvec(&*floats).unwrap(), check_len);
    let raw = || bytemuck::cast_slice::<f32, u8>(&floats).to_vec();
    group.row("limit_copy", raw, check_len);
}

fn read(criterion: &mut Criterion) {
    let array = LazyCell::new(one);
    let mut group = large(criterion, "serde/read_40MB_f32");
    let bytes = LazyCell::new(|| arr_serde::bincode::to_bytes(&*array).unwrap());
    group.row("arr_bincode", || arr_serde::bincode::read_bytes(&bytes).unwrap(), check);
    let decode = || bincode::decode_from_slice::<Coded<Array>, _>(&bytes, standard()).unwrap().0.0;
    group.row("arr_bincode_by_its_library", decode, check);
    let packed = LazyCell::new(|| postcard::to_allocvec(&*array).unwrap());
    group.row("arr_postcard", || postcard::from_bytes::<Array>(&packed).unwrap(), check);
    let packed = LazyCell::new(|| rmp_serde::to_vec(&*array).unwrap());
    group.row("arr_rmp", || rmp_serde::from_slice::<Array>(&packed).unwrap(), check_any);
    let archive = LazyCell::new(|| arr_serde::rkyv::to_bytes(&*array).unwrap());
    group.row("arr_rkyv", || arr_serde::rkyv::from_bytes(&archive).unwrap(), check);
    let floats = LazyCell::new(|| bincode::encode_to_vec(values(ITEMS), standard()).unwrap());
    let decode = || bincode::decode_from_slice::<Vec<f32>, _>(&floats, standard()).unwrap().0;
    group.row("bincode_vec_f32", decode, |floats| check_values(floats));
    let floats = LazyCell::new(|| postcard::to_allocvec(&values(ITEMS)).unwrap());
    let decode = || postcard::from_bytes::<Vec<f32>>(&floats).unwrap();
    group.row("postcard_vec_f32", decode, |floats| check_values(floats));
    group.row("limit_copy", || bytes.to_vec(), check_len);
}

fn view(criterion: &mut Criterion) {
    let array = LazyCell::new(one);
    let mut group = short(criterion, "serde/view_40MB_f32");
    let see = |view: &ArrayView<'_>| assert_eq!(view.shape(), SHAPE);
    let archive = LazyCell::new(|| arr_serde::rkyv::to_bytes(&*array).unwrap());
    group.row("arr_rkyv", || arr_serde::rkyv::view(&archive).unwrap(), see);
    let bytes = LazyCell::new(|| arr_serde::bincode::to_bytes(&*array).unwrap());
    group.row("arr_bincode", || arr_serde::bincode::view(&bytes).unwrap(), see);
    let packed = LazyCell::new(|| postcard::to_allocvec(&*array).unwrap());
    group.row("arr_postcard", || postcard::from_bytes::<ArrayView<'_>>(&packed).unwrap(), see);
}

criterion_group!(benches, write, read, view);
criterion_main!(benches);
