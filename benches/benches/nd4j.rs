//! The formats of ND4J: 40 MB read, and saved over a file that exists, and a gibibyte mapped. ND4J's own rows are
//! measured by a Java program right afterwards.

use std::cell::LazyCell;
use std::fs::File;
use std::io::{Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use arr_benches::{
    ITEMS, SHAPE, Topic, binaryserde_file, binaryserde_start, c_file, check_bytes, check_values,
    check_written, check_written_stream, folder, gibibyte_binaryserde_file, large, mapped, npy_start, short,
    stream_file, stream_start, values,
};
use arr_binary::{binaryserde, stream};
use arr_conformance::own_file;
use criterion::{Criterion, criterion_group, criterion_main};
use ndarray::Array2;

fn read(criterion: &mut Criterion) {
    let path = LazyCell::new(stream_file);
    let mut group = large(criterion, "nd4j/read_stream_40MB_f32");
    group.row_elsewhere(JAVA, files_of_java);
    let native = || stream::ReadOptions::new().native().read(&*path).unwrap();
    group.row("arr", native, |array| check_values(array.as_slice().unwrap()));
    npy_read(&mut group, "arr_npy");
    limit_read(&mut group, stream_file, stream_start(&SHAPE).len(), |_| ());
    group.finish();

    let path = LazyCell::new(binaryserde_file);
    let mut group = large(criterion, "nd4j/read_binaryserde_40MB_f32");
    group.row_elsewhere(JAVA, files_of_java);
    let read = || binaryserde::read(&*path).unwrap();
    group.row("arr", read, |array| check_values(array.as_slice().unwrap()));
    limit_read(&mut group, binaryserde_file, binaryserde_start(&SHAPE).len(), check_bytes);
    group.finish();

    let mut group = large(criterion, "nd4j/read_npy_40MB_f32");
    group.row_elsewhere(JAVA, files_of_java);
    npy_read(&mut group, "arr");
    limit_read(&mut group, c_file, npy_start("<f4", false, &SHAPE).len(), check_bytes);
}

/// What another program calls its rows, and the files that it reads for any of them.
const JAVA: &str = "nd4j";

fn files_of_java() -> [PathBuf; 3] {
    [c_file(), stream_file(), binaryserde_file()]
}

fn npy_read(group: &mut Topic<'_>, name: &str) {
    let path = LazyCell::new(c_file);
    group.row(name, || arr_npy::read(&*path).unwrap(), |array| check_values(array.as_slice().unwrap()));
}

/// Reads what stands behind the start into fresh memory, and leaves it as it is.
fn limit_read(group: &mut Topic<'_>, path: fn() -> PathBuf, start: usize, check: fn(&[u8])) {
    let path = LazyCell::new(path);
    let read = || {
        let mut file = File::open(&*path).unwrap();
        file.seek(SeekFrom::Start(start as u64)).unwrap();
        let mut bytes = Vec::with_capacity(ITEMS * 4);
        file.take(ITEMS as u64 * 4).read_to_end(&mut bytes).unwrap();
        bytes
    };
    group.row("limit_read_into_fresh_vec", read, |bytes| {
        assert_eq!(bytes.len(), ITEMS * 4);
        check(bytes);
    });
}

fn write(criterion: &mut Criterion) {
    let array = LazyCell::new(|| Array2::from_shape_vec(SHAPE, values(ITEMS)).unwrap());
    let bytes = || bytemuck::cast_slice::<f32, u8>(array.as_slice().unwrap());
    let path = folder().join("written");

    let start = stream_start(&SHAPE);
    let mut group = large(criterion, "nd4j/write_stream_40MB_f32");
    group.row_elsewhere(JAVA, files_of_java);
    group.row("arr", || stream::save(&path, &*array).unwrap(), |()| check_written_stream(&path));
    group.row("limit_overwrite_in_place", || overwrite(&path, &start, bytes()), sync(&path));
    group.finish();

    let start = binaryserde_start(&SHAPE);
    let mut group = large(criterion, "nd4j/write_binaryserde_40MB_f32");
    group.row_elsewhere(JAVA, files_of_java);
    group.row("arr", || binaryserde::save(&path, &*array).unwrap(), |()| check_written(&path));
    group.row("limit_overwrite_in_place", || overwrite(&path, &start, bytes()), sync(&path));
    group.finish();

    let start = npy_start("<f4", false, &SHAPE);
    let mut group = large(criterion, "nd4j/write_npy_40MB_f32");
    group.row_elsewhere(JAVA, files_of_java);
    group.row("arr", || arr_npy::save(&path, &*array).unwrap(), |()| check_written(&path));
    group.row("limit_overwrite_in_place", || overwrite(&path, &start, bytes()), sync(&path));
}

/// Opens a gibibyte, and looks at its last item as a number.
fn map(criterion: &mut Criterion) {
    let path = LazyCell::new(gibibyte_binaryserde_file);
    let mut group = short(criterion, "nd4j/map_binaryserde_1GiB");
    let open = || {
        let array = own_file!(binaryserde::map(&*path)).unwrap();
        let last = array.typed::<f32>().unwrap().as_slice().unwrap().last().copied();
        (last, array)
    };
    group.row("arr", open, |(last, _)| assert_eq!(*last, Some(0.0)));
    let open = || {
        let map = mapped(&path);
        (map.last().copied(), map)
    };
    group.row("limit_memmap2", open, |(last, _)| assert_eq!(*last, Some(0)));
}

fn overwrite(path: &Path, start: &[u8], bytes: &[u8]) {
    let mut file = File::options().write(true).create(true).truncate(false).open(path).unwrap();
    file.write_all(start).unwrap();
    file.write_all(bytes).unwrap();
}

/// Waits until the file is on the disk.
fn sync(path: &Path) -> impl Fn(&()) {
    move |()| File::open(path).unwrap().sync_all().unwrap()
}

criterion_group!(benches, read, write, map);
criterion_main!(benches);
