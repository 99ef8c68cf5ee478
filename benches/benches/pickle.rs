//! Python's pickles: 40 MB, and 200,000 small arrays in a dict. Python's own rows are measured by a program of its own right
//! afterwards.

use std::cell::LazyCell;
use std::path::PathBuf;

use arr_benches::{ITEMS, SHAPE, check_bytes, check_values, folder, large, settle_allocator, value, values};
use arr_core::format::Budget;
use arr_core::{Array, Buffer, Graph, Node, Value};
use arr_serde::pickle::{self, ReadOptions, WriteOptions};
use criterion::{Criterion, criterion_group, criterion_main};

/// How many small arrays are in the dict.
const MANY: usize = 200_000;

/// Items of each.
const FEW: usize = 10;

fn one() -> Array {
    Array::from_vec(values(ITEMS), &SHAPE).unwrap()
}

/// A dict of many small arrays.
fn many() -> Graph {
    let (mut budget, mut builder) = (Budget::default(), Graph::builder());
    let mut entries = Vec::with_capacity(MANY);
    for number in 0..MANY {
        let items: Vec<f32> = (0..FEW).map(|index| value(number * FEW + index)).collect();
        let array = Array::from_vec(items, &[FEW]).unwrap();
        let id = builder.add(Node::array(array), &mut budget).unwrap();
        entries.push((Value::from(format!("k{number}")), id.into()));
    }
    let root = builder.add(Node::Dict(entries), &mut budget).unwrap();
    builder.finish(vec![root.into()]).unwrap()
}

/// A file with the pickle of something; both programs read it.
fn file(name: &str, make: impl FnOnce() -> Vec<u8>) -> PathBuf {
    let path = folder().join(name);
    if !path.exists() {
        std::fs::write(&path, make()).unwrap();
    }
    path
}

fn many_file() -> PathBuf {
    file("many.pkl", || pickle::dumps(&many()).unwrap())
}

fn one_file() -> PathBuf {
    file("one.pkl", || WriteOptions::new().protocol(5).to_bytes(&one()).unwrap())
}

fn small(criterion: &mut Criterion) {
    settle_allocator();
    let path = LazyCell::new(many_file);
    let mut group = large(criterion, "pickle/read_200k_f32x10_in_dict");
    group.row_elsewhere("numpy", many_file);
    let check = |graph: &Graph| {
        let last = graph.find(&format!("/k{}", MANY - 1)).unwrap().as_node().unwrap();
        let found = graph.array(last).unwrap().get::<f32>(&[FEW - 1]).unwrap();
        assert_eq!((graph.len(), found), (MANY + 1, value(MANY * FEW - 1)));
    };
    group.row("arr", || pickle::load(&*path).unwrap(), check);
    let bytes = LazyCell::new(|| std::fs::read(many_file()).unwrap());
    group.row("arr_loads", || pickle::loads(&bytes).unwrap(), check);
    group.row("arr_open", || pickle::open(&*path).unwrap(), |file| assert_eq!(file.graph().len(), MANY + 1));
    group.finish();

    let graph = LazyCell::new(many);
    let mut group = large(criterion, "pickle/write_200k_f32x10_in_dict");
    group.row_elsewhere("numpy", many_file);
    group.row("arr", || pickle::dumps(&graph).unwrap(), |bytes| assert!(bytes.len() > MANY * FEW * 4));
}

fn read(criterion: &mut Criterion) {
    let bytes = LazyCell::new(|| std::fs::read(one_file()).unwrap());
    let mut group = large(criterion, "pickle/read_40MB_f32");
    group.row_elsewhere("numpy", one_file);
    let array = |graph: &Graph| graph.array(graph.root().unwrap().as_node().unwrap()).unwrap();
    let check = |graph: &Graph| check_values(array(graph).as_slice().unwrap());
    group.row("arr", || pickle::loads(&bytes).unwrap(), check);
    let view = || pickle::view(&bytes).unwrap().view("").unwrap();
    group.row("arr_view", view, |view| check_bytes(view.as_bytes(arr_core::Order::C).unwrap()));
    group.row("limit_copy", || bytes.to_vec(), |copy| assert!(copy.len() > ITEMS * 4));
    group.finish();

    let parts = LazyCell::new(|| pickle::to_bytes_with_buffers(&one()).unwrap());
    let mut group = large(criterion, "pickle/read_40MB_f32_beside");
    group.row_elsewhere("numpy", one_file);
    let load = || ReadOptions::new().buffers(parts.1.iter().cloned()).loads(&parts.0).unwrap();
    group.row("arr", load, check);
}

fn write(criterion: &mut Criterion) {
    let array = LazyCell::new(one);
    let mut group = large(criterion, "pickle/write_40MB_f32");
    group.row_elsewhere("numpy", one_file);
    let check = |bytes: &Vec<u8>| assert!(bytes.len() > ITEMS * 4);
    let options = WriteOptions::new().protocol(5);
    group.row("arr", || options.to_bytes(&*array).unwrap(), check);
    let raw = LazyCell::new(|| bytemuck::cast_slice::<f32, u8>(&values(ITEMS)).to_vec());
    group.row("limit_copy", || raw.to_vec(), |copy| assert!(copy.len() == ITEMS * 4));
    group.finish();

    let mut group = large(criterion, "pickle/write_40MB_f32_beside");
    group.row_elsewhere("numpy", one_file);
    let check = |(_, buffers): &(Vec<u8>, Vec<Buffer>)| assert_eq!(buffers[0].len(), ITEMS * 4);
    group.row("arr", || pickle::to_bytes_with_buffers(&array).unwrap(), check);
}

criterion_group!(benches, small, read, write);
criterion_main!(benches);
