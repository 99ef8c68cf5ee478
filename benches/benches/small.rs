//! Ten thousand arrays of a hundred numbers, in memory: where headers and allocations count, not bytes.

use std::cell::LazyCell;

use arr_benches::{
    SMALL_ARRAYS, SMALL_ITEMS, c_file, npy_start, settle_allocator, short, small_files, small_values, value,
};
use arr_npy::ReadOptions;
use criterion::{Criterion, criterion_group, criterion_main};
use ferray_core::dimension::Ix1;
use ndarray::Array1;
use ndarray_npy::{ReadNpyExt, WriteNpyExt};
use npyz::WriterBuilder;

/// Checks the ends of every array.
fn check<'a>(arrays: impl ExactSizeIterator<Item = &'a [f32]>) {
    assert_eq!(arrays.len(), SMALL_ARRAYS);
    for (number, array) in arrays.enumerate() {
        assert_eq!(array.len(), SMALL_ITEMS);
        let first = number * SMALL_ITEMS;
        assert_eq!((array[0], array[SMALL_ITEMS - 1]), (value(first), value(first + SMALL_ITEMS - 1)));
    }
}

fn read(criterion: &mut Criterion) {
    settle_allocator();
    let files = LazyCell::new(small_files);
    let start = npy_start("<f4", false, &[SMALL_ITEMS]).len();
    let mut group = short(criterion, "small/read_10k_f32x100");
    group.row_elsewhere("numpy", c_file);
    group.row(
        "arr",
        || -> Vec<Vec<f32>> {
            files.iter().map(|file| arr_npy::view(file).unwrap().to_vec().unwrap()).collect()
        },
        |arrays| check(arrays.iter().map(Vec::as_slice)),
    );
    group.row(
        "arr_read_bytes",
        || -> Vec<_> {
            let options = ReadOptions::new();
            files.iter().map(|file| options.read_bytes(file).unwrap()).collect()
        },
        |arrays| check(arrays.iter().map(|array| array.as_slice().unwrap())),
    );
    group.row(
        "arr_as_slice",
        || -> Vec<&[f32]> {
            files.iter().map(|file| arr_npy::view(file).unwrap().into_typed_slice().unwrap()).collect()
        },
        |arrays| check(arrays.iter().copied()),
    );
    group.row(
        "ndarray-npy",
        || -> Vec<_> { files.iter().map(|file| Array1::<f32>::read_npy(&file[..]).unwrap()).collect() },
        |arrays| check(arrays.iter().map(|array| array.as_slice().unwrap())),
    );
    group.row(
        "npyz",
        || -> Vec<Vec<f32>> {
            files.iter().map(|file| npyz::NpyFile::new(&file[..]).unwrap().into_vec().unwrap()).collect()
        },
        |arrays| check(arrays.iter().map(Vec::as_slice)),
    );
    group.row(
        "ferray-io",
        || -> Vec<_> {
            let load =
                |file: &Vec<u8>| ferray_io::npy::load_from_reader::<f32, Ix1, _>(&mut &file[..]).unwrap();
            files.iter().map(load).collect()
        },
        |arrays| check(arrays.iter().map(|array| array.as_slice().unwrap())),
    );
    group.row(
        "limit_copy_payloads",
        || -> Vec<Vec<f32>> {
            files.iter().map(|file| bytemuck::cast_slice(&file[start..]).to_vec()).collect()
        },
        |arrays| check(arrays.iter().map(Vec::as_slice)),
    );
}

fn write(criterion: &mut Criterion) {
    settle_allocator();
    let small_array = |number| -> Array1<f32> { small_values(number).into() };
    let arrays = LazyCell::new(|| (0..SMALL_ARRAYS).map(small_array).collect::<Vec<_>>());
    let start = npy_start("<f4", false, &[SMALL_ITEMS]);
    let mut group = short(criterion, "small/write_10k_f32x100");
    group.row_elsewhere("numpy", c_file);
    let same_values = |files: &Vec<Vec<u8>>| {
        // Headers differ in spaces between the writers; the values behind them may not.
        check(files.iter().map(|file| bytemuck::cast_slice(&file[file.len() - SMALL_ITEMS * 4..])));
    };
    group.row(
        "arr",
        || -> Vec<_> { arrays.iter().map(|array| arr_npy::to_bytes(array).unwrap()).collect() },
        same_values,
    );
    group.row(
        "arr_one_stream",
        || {
            let mut stream = Vec::new();
            arrays.iter().for_each(|array| arr_npy::write_to(&mut stream, array).unwrap());
            stream
        },
        |stream| {
            let file = start.len() + SMALL_ITEMS * 4;
            same_values(&stream.chunks(file).map(<[u8]>::to_vec).collect());
        },
    );
    group.row(
        "ndarray-npy",
        || -> Vec<_> {
            let file = |array: &Array1<f32>| {
                let mut file = Vec::new();
                array.write_npy(&mut file).unwrap();
                file
            };
            arrays.iter().map(file).collect()
        },
        same_values,
    );
    group.row(
        "npyz",
        || -> Vec<_> { arrays.iter().map(|array| npyz_bytes(array.as_slice().unwrap()).unwrap()).collect() },
        same_values,
    );
    let of_ferray =
        |array: &Array1<f32>| ferray_core::Array::from_vec(Ix1::new([SMALL_ITEMS]), array.to_vec());
    let ferray = LazyCell::new(|| arrays.iter().map(|array| of_ferray(array).unwrap()).collect::<Vec<_>>());
    group.row(
        "ferray-io",
        || -> Vec<_> {
            let file = |array| {
                let mut file = Vec::new();
                ferray_io::npy::save_to_writer(&mut file, array).unwrap();
                file
            };
            ferray.iter().map(file).collect()
        },
        same_values,
    );
    group.row(
        "limit_copy_start_and_payload",
        || -> Vec<_> {
            let file =
                |array: &Array1<f32>| [&start, bytemuck::cast_slice(array.as_slice().unwrap())].concat();
            arrays.iter().map(file).collect()
        },
        same_values,
    );
}

fn npyz_bytes(items: &[f32]) -> std::io::Result<Vec<u8>> {
    let mut file = Vec::new();
    let mut writer = npyz::WriteOptions::new()
        .default_dtype()
        .shape(&[items.len() as u64])
        .writer(&mut file)
        .begin_nd()?;
    writer.extend(items)?;
    writer.finish()?;
    Ok(file)
}

criterion_group!(benches, read, write);
criterion_main!(benches);
