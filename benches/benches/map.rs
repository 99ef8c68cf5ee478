//! Mapping 40 MB: opening alone, and opening and summing.

use std::cell::LazyCell;

use arr_benches::{ITEMS, SHAPE, c_file, mapped, npy_start, safetensors_file, short, sum, value, values};
use arr_conformance::own_file;
use criterion::{Criterion, criterion_group, criterion_main};
use ndarray::ArrayView2;
use ndarray_npy::ViewNpyExt;
use safetensors::SafeTensors;

fn open(criterion: &mut Criterion) {
    let (path, tensors) = (LazyCell::new(c_file), LazyCell::new(safetensors_file));
    let mut group = short(criterion, "map/open_40MB_f32");
    group.row_elsewhere("numpy", c_file);
    let first = value(0);
    group.row(
        "arr",
        || own_file!(arr_npy::map(&*path)).unwrap(),
        |array| {
            assert_eq!((array.len(), array.as_slice::<f32>().unwrap()[0]), (ITEMS, first));
        },
    );
    group.row(
        "ndarray-npy",
        || {
            let map = mapped(&path);
            assert_eq!(ArrayView2::<f32>::view_npy(&map).unwrap().len(), ITEMS);
            map
        },
        |map| assert_eq!(ArrayView2::<f32>::view_npy(map).unwrap()[[0, 0]], first),
    );
    group.row(
        "ferray-io",
        || ferray_io::memmap::memmap_readonly::<f32, _>(&*path).unwrap(),
        |map| assert_eq!((map.as_slice().len(), map.as_slice()[0]), (ITEMS, first)),
    );
    group.row(
        "safetensors",
        || {
            let map = mapped(&tensors);
            assert_eq!(SafeTensors::deserialize(&map).unwrap().tensor("x").unwrap().shape(), SHAPE);
            map
        },
        |map| {
            assert_eq!(
                SafeTensors::deserialize(map).unwrap().tensor("x").unwrap().data()[..4],
                first.to_le_bytes()
            )
        },
    );
    group.row("limit_memmap2", || mapped(&path), |map| assert!(map.len() > ITEMS * 4));
}

fn open_and_sum(criterion: &mut Criterion) {
    let (path, tensors) = (LazyCell::new(c_file), LazyCell::new(safetensors_file));
    let start = npy_start("<f4", false, &SHAPE).len();
    let expected = LazyCell::new(|| sum(&values(ITEMS)));
    let mut group = short(criterion, "map/sum_40MB_f32");
    group.row_elsewhere("numpy", c_file);
    group.row(
        "arr",
        || {
            let array = own_file!(arr_npy::map(&*path)).unwrap();
            let total = sum(array.typed::<f32>().unwrap().as_slice().unwrap());
            (total, array)
        },
        |(total, _)| assert_eq!(*total, *expected),
    );
    group.row(
        "ndarray-npy",
        || {
            let map = mapped(&path);
            let total = sum(ArrayView2::<f32>::view_npy(&map).unwrap().as_slice().unwrap());
            (total, map)
        },
        |(total, _)| assert_eq!(*total, *expected),
    );
    group.row(
        "ferray-io",
        || {
            let map = ferray_io::memmap::memmap_readonly::<f32, _>(&*path).unwrap();
            (sum(map.as_slice()), map)
        },
        |(total, _)| assert_eq!(*total, *expected),
    );
    group.row(
        "safetensors",
        || {
            let map = mapped(&tensors);
            let total = {
                let tensor = SafeTensors::deserialize(&map).unwrap().tensor("x").unwrap();
                sum(bytemuck::cast_slice(tensor.data()))
            };
            (total, map)
        },
        |(total, _)| assert_eq!(*total, *expected),
    );
    group.row(
        "limit_memmap2",
        || {
            let map = mapped(&path);
            (sum(bytemuck::cast_slice(&map[start..])), map)
        },
        |(total, _)| assert_eq!(*total, *expected),
    );
}

criterion_group!(benches, open, open_and_sum);
criterion_main!(benches);
