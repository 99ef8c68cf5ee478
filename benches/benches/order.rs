//! Reading files that were written by other machines or in the other order, as the machine wants them.

use std::cell::LazyCell;
use std::fs::File;
use std::io::BufReader;

use arr_benches::{big_endian_file, c_file, check_values, fortran_file, large};
use arr_core::Order;
use arr_core::format::threads;
use arr_npy::ReadOptions;
use criterion::{Criterion, criterion_group, criterion_main};
use ferray_core::dimension::Ix2;
use ndarray::Array2;

fn big_endian_to_native(criterion: &mut Criterion) {
    let (path, plain) = (LazyCell::new(big_endian_file), LazyCell::new(c_file));
    let mut group = large(criterion, "order/big_endian_to_native_40MB_f32");
    group.row_elsewhere("numpy", || (big_endian_file(), c_file()));
    let options = ReadOptions::new().native();
    group.row("arr", || options.read(&*path).unwrap(), |array| check_values(array.as_slice().unwrap()));
    group.row(
        "arr_plain_read",
        || arr_npy::read(&*plain).unwrap(),
        |array| {
            check_values(array.as_slice().unwrap());
        },
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
        || ferray_io::npy::load::<f32, Ix2, _>(&*path).unwrap(),
        |array| check_values(array.as_slice().unwrap()),
    );
}

fn fortran_to_c(criterion: &mut Criterion) {
    let (path, plain) = (LazyCell::new(fortran_file), LazyCell::new(c_file));
    let mut group = large(criterion, "order/F_to_C_40MB_f32");
    group.row_elsewhere("numpy", || (fortran_file(), c_file()));
    let options = ReadOptions::new().order(Order::C);
    group.row("arr", || options.read(&*path).unwrap(), |array| check_values(array.as_slice().unwrap()));
    group.row(
        "arr_plain_read",
        || arr_npy::read(&*plain).unwrap(),
        |array| {
            check_values(array.as_slice().unwrap());
        },
    );
    group.row(
        "arr_plain_read_one_thread",
        || threads::with_count(1, || arr_npy::read(&*plain).unwrap()),
        |array| check_values(array.as_slice().unwrap()),
    );
    group.row(
        "ndarray-npy",
        || {
            let array: Array2<f32> = ndarray_npy::read_npy(&*path).unwrap();
            array.as_standard_layout().into_owned()
        },
        |array| check_values(array.as_slice().unwrap()),
    );
    group.row(
        "ferray-io",
        || {
            let array = ferray_io::npy::load::<f32, Ix2, _>(&*path).unwrap();
            array.as_standard_layout().into_owned()
        },
        |array| check_values(array.as_slice().unwrap()),
    );
}

criterion_group!(benches, big_endian_to_native, fortran_to_c);
criterion_main!(benches);
