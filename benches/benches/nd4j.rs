//! The formats of ND4J: 40 MB read, and saved over a file that exists, and a gibibyte mapped. ND4J's own rows are
//! measured by a Java program right afterwards.

use std::fs::File;
use std::io::{Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use arr_benches::{
    ITEMS, SHAPE, binaryserde_file, binaryserde_start, c_file, check_bytes, check_values, check_written,
    check_written_stream, folder, gibibyte_binaryserde_file, large, mapped, npy_start, row, short,
    stream_file, stream_start, values,
};
use arr_binary::{binaryserde, stream};
use criterion::measurement::WallTime;
use criterion::{BenchmarkGroup, Criterion, criterion_group, criterion_main};
use ndarray::Array2;

fn read(criterion: &mut Criterion) {
    let path = stream_file();
    let mut group = large(criterion, "nd4j/read_stream_40MB_f32");
    let native = || stream::ReadOptions::new().native().read(&path).unwrap();
    row(&mut group, "arr", native, |array| check_values(array.as_slice().unwrap()));
    npy_read(&mut group, "arr_npy");
    limit_read(&mut group, &path, stream_start(&SHAPE).len(), |_| ());
    group.finish();

    let path = binaryserde_file();
    let mut group = large(criterion, "nd4j/read_binaryserde_40MB_f32");
    let read = || binaryserde::read(&path).unwrap();
    row(&mut group, "arr", read, |array| check_values(array.as_slice().unwrap()));
    limit_read(&mut group, &path, binaryserde_start(&SHAPE).len(), check_bytes);
    group.finish();

    let path = c_file();
    let mut group = large(criterion, "nd4j/read_npy_40MB_f32");
    npy_read(&mut group, "arr");
    limit_read(&mut group, &path, npy_start("<f4", false, &SHAPE).len(), check_bytes);
}

fn npy_read(group: &mut BenchmarkGroup<'_, WallTime>, name: &str) {
    let path = c_file();
    row(group, name, || arr_npy::read(&path).unwrap(), |array| check_values(array.as_slice().unwrap()));
}

/// Reads what stands behind the start into fresh memory, and leaves it as it is.
fn limit_read(group: &mut BenchmarkGroup<'_, WallTime>, path: &Path, start: usize, check: fn(&[u8])) {
    let read = || {
        let mut file = File::open(path).unwrap();
        file.seek(SeekFrom::Start(start as u64)).unwrap();
        let mut bytes = Vec::with_capacity(ITEMS * 4);
        file.take(ITEMS as u64 * 4).read_to_end(&mut bytes).unwrap();
        bytes
    };
    row(group, "limit_read_into_fresh_vec", read, |bytes| {
        assert_eq!(bytes.len(), ITEMS * 4);
        check(bytes);
    });
}

fn write(criterion: &mut Criterion) {
    let array = Array2::from_shape_vec(SHAPE, values(ITEMS)).unwrap();
    let bytes: &[u8] = bytemuck::cast_slice(array.as_slice().unwrap());

    let path = existing(&stream_start(&SHAPE), bytes);
    let mut group = large(criterion, "nd4j/write_stream_40MB_f32");
    row(&mut group, "arr", || stream::save(&path, &array).unwrap(), |()| check_written_stream(&path));
    row(
        &mut group,
        "limit_overwrite_in_place",
        || overwrite(&path, &stream_start(&SHAPE), bytes),
        sync(&path),
    );
    group.finish();

    let start = binaryserde_start(&SHAPE);
    let path = existing(&start, bytes);
    let mut group = large(criterion, "nd4j/write_binaryserde_40MB_f32");
    row(&mut group, "arr", || binaryserde::save(&path, &array).unwrap(), |()| check_written(&path));
    row(&mut group, "limit_overwrite_in_place", || overwrite(&path, &start, bytes), sync(&path));
    group.finish();

    let start = npy_start("<f4", false, &SHAPE);
    let path = existing(&start, bytes);
    let mut group = large(criterion, "nd4j/write_npy_40MB_f32");
    row(&mut group, "arr", || arr_npy::save(&path, &array).unwrap(), |()| check_written(&path));
    row(&mut group, "limit_overwrite_in_place", || overwrite(&path, &start, bytes), sync(&path));
}

/// Opens a gibibyte, and looks at its last item as a number.
fn map(criterion: &mut Criterion) {
    let path = gibibyte_binaryserde_file();
    let mut group = short(criterion, "nd4j/map_binaryserde_1GiB");
    let open = || {
        let array = binaryserde::map(&path).unwrap();
        let last = array.typed::<f32>().unwrap().as_slice().unwrap().last().copied();
        (last, array)
    };
    row(&mut group, "arr", open, |(last, _)| assert_eq!(*last, Some(0.0)));
    let open = || {
        let map = mapped(&path);
        (map.last().copied(), map)
    };
    row(&mut group, "limit_memmap2", open, |(last, _)| assert_eq!(*last, Some(0)));
}

/// The file that is written over, on the disk.
fn existing(start: &[u8], bytes: &[u8]) -> PathBuf {
    let path = folder().join("written");
    std::fs::write(&path, [start, bytes].concat()).unwrap();
    File::open(&path).unwrap().sync_all().unwrap();
    path
}

fn overwrite(path: &Path, start: &[u8], bytes: &[u8]) {
    let mut file = File::options().write(true).open(path).unwrap();
    file.write_all(start).unwrap();
    file.write_all(bytes).unwrap();
}

/// Waits until the file is on the disk.
fn sync(path: &Path) -> impl Fn(&()) {
    move |()| File::open(path).unwrap().sync_all().unwrap()
}

criterion_group!(benches, read, write, map);
criterion_main!(benches);
