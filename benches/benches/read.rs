//! Reading 40 MB from a file in the page cache into memory of its own.

use std::cell::{LazyCell, RefCell};
use std::fs::File;
use std::hint::black_box;
use std::io::{BufReader, Read, Seek, SeekFrom};

use arr_benches::{ITEMS, SHAPE, c_file, check_bytes, check_values, large, npy_start, safetensors_file};
use criterion::{Criterion, criterion_group, criterion_main};
use ndarray::Array2;
use safetensors::SafeTensors;

fn read(criterion: &mut Criterion) {
    let (path, tensors) = (LazyCell::new(c_file), LazyCell::new(safetensors_file));
    let start = npy_start("<f4", false, &SHAPE).len() as u64;
    let mut group = large(criterion, "read/40MB_f32");
    group.row_elsewhere("numpy", c_file);
    group.row("arr", || arr_npy::read(&*path).unwrap(), |array| check_values(array.as_slice().unwrap()));
    let warm = RefCell::new(LazyCell::new(|| vec![0.0f32; ITEMS]));
    group.row(
        "arr_read_into",
        || {
            let mut warm = warm.borrow_mut();
            arr_npy::read_into(&*path, black_box(&mut warm[..])).unwrap();
            // Only a look at some values can tell that they are there.
            (warm[0], warm[ITEMS - 1])
        },
        |ends| {
            assert_eq!(*ends, (arr_benches::value(0), arr_benches::value(ITEMS - 1)));
            check_values(&warm.borrow());
        },
    );
    group.row(
        "arr_read_typed",
        || -> Array2<f32> { arr_npy::read_typed(&*path).unwrap() },
        |array| check_values(array.as_slice().unwrap()),
    );
    group.row(
        "ndarray-npy",
        || ndarray_npy::read_npy::<_, Array2<f32>>(&*path).unwrap(),
        |array| check_values(array.as_slice().unwrap()),
    );
    group.row(
        "npyz",
        || {
            let file = npyz::NpyFile::new(BufReader::new(File::open(&*path).unwrap())).unwrap();
            file.into_vec::<f32>().unwrap()
        },
        |values| check_values(values),
    );
    group.row(
        "ferray-io",
        || ferray_io::npy::load::<f32, ferray_core::dimension::Ix2, _>(&*path).unwrap(),
        |array| check_values(array.as_slice().unwrap()),
    );
    group.row(
        "safetensors",
        || {
            let bytes = std::fs::read(&*tensors).unwrap();
            SafeTensors::deserialize(&bytes).unwrap();
            bytes
        },
        |bytes| check_bytes(SafeTensors::deserialize(bytes).unwrap().tensor("x").unwrap().data()),
    );
    let warm = RefCell::new(LazyCell::new(|| vec![0u8; ITEMS * 4]));
    group.row(
        "limit_read_into_warm_buffer",
        || {
            let mut file = File::open(&*path).unwrap();
            file.seek(SeekFrom::Start(start)).unwrap();
            let mut warm = warm.borrow_mut();
            file.read_exact(black_box(&mut warm[..])).unwrap();
            (warm[0], warm[ITEMS * 4 - 1])
        },
        |ends| {
            assert_eq!(*ends, first_and_last());
            check_bytes(&warm.borrow());
        },
    );
    group.row(
        "limit_read_into_fresh_vec",
        || {
            let mut file = File::open(&*path).unwrap();
            file.seek(SeekFrom::Start(start)).unwrap();
            let mut bytes = Vec::with_capacity(ITEMS * 4);
            file.take(ITEMS as u64 * 4).read_to_end(&mut bytes).unwrap();
            bytes
        },
        |bytes| check_bytes(bytes),
    );
}

fn first_and_last() -> (u8, u8) {
    let (first, last) = (arr_benches::value(0), arr_benches::value(ITEMS - 1));
    (first.to_ne_bytes()[0], last.to_ne_bytes()[3])
}

criterion_group!(benches, read);
criterion_main!(benches);
