//! Archives: one large array, stored or deflated, and ten thousand small members.

use std::fs::File;
use std::io::{BufReader, BufWriter};
use std::path::{Path, PathBuf};

use arr_benches::{
    ITEMS, SHAPE, SMALL_ARRAYS, SMALL_ITEMS, check_values, folder, large, noise, row, short, small_values,
    smooth, value, values,
};
use arr_npy::{Npz, NpzOptions};
use criterion::{Criterion, criterion_group, criterion_main};
use ndarray::{Array1, Array2, ArrayView2};
use ndarray_npy::{NpzReader, NpzWriter};

/// Checks every so many values.
fn check(found: &[f32], expected: &[f32]) {
    assert_eq!(found.len(), expected.len());
    assert!((0..ITEMS).step_by(997).all(|at| found[at] == expected[at]));
}

fn write_ndarray_npy(path: &Path, array: &ArrayView2<'_, f32>, deflated: bool) {
    let file = BufWriter::new(File::create(path).unwrap());
    let mut writer = if deflated { NpzWriter::new_compressed(file) } else { NpzWriter::new(file) };
    writer.add_array("x", array).unwrap();
    writer.finish().unwrap();
}

fn read_ndarray_npy(path: &Path) -> Array2<f32> {
    NpzReader::new(BufReader::new(File::open(path).unwrap())).unwrap().by_name("x").unwrap()
}

/// What was written must be whole; then it is brought to the disk, so that every call finds the same.
fn check_archive(path: &Path, expected: &[f32]) {
    check(Npz::open(path).unwrap().get("x").unwrap().as_slice().unwrap(), expected);
    File::open(path).unwrap().sync_all().unwrap();
}

fn deflate(criterion: &mut Criterion, kind: &str, data: &[f32]) -> PathBuf {
    let array = ArrayView2::from_shape(SHAPE, data).unwrap();
    let written = folder().join("written.npz");
    let mut group = large(criterion, &format!("npz/deflate_{kind}_40MB_f32"));
    group.sample_size(10);
    row(
        &mut group,
        "arr",
        || NpzOptions::new().level(6).save(&written, [("x", &array)]).unwrap(),
        |()| check_archive(&written, data),
    );
    println!("{kind}: {} bytes by arr", std::fs::metadata(&written).unwrap().len());
    let own = folder().join(format!("{kind}.arr.npz"));
    std::fs::copy(&written, &own).unwrap();
    row(
        &mut group,
        "ndarray-npy",
        || write_ndarray_npy(&written, &array, true),
        |()| check_archive(&written, data),
    );
    println!("{kind}: {} bytes by ndarray-npy", std::fs::metadata(&written).unwrap().len());
    std::fs::copy(&written, folder().join(format!("{kind}.other.npz"))).unwrap();
    group.finish();
    own
}

fn inflate(criterion: &mut Criterion, kind: &str, data: &[f32]) {
    let (own, other) = (folder().join(format!("{kind}.arr.npz")), folder().join(format!("{kind}.other.npz")));
    let mut group = large(criterion, &format!("npz/inflate_{kind}_40MB_f32"));
    let read = |path: &Path| Npz::open(path).unwrap().get("x").unwrap();
    row(&mut group, "arr", || read(&other), |array| check(array.as_slice().unwrap(), data));
    row(&mut group, "arr_own_file", || read(&own), |array| check(array.as_slice().unwrap(), data));
    row(
        &mut group,
        "ndarray-npy",
        || read_ndarray_npy(&other),
        |array| check(array.as_slice().unwrap(), data),
    );
    group.finish();
}

fn deflated(criterion: &mut Criterion) {
    for (kind, data) in [("smooth", smooth()), ("noise", noise())] {
        deflate(criterion, kind, &data);
        inflate(criterion, kind, &data);
    }
}

fn stored(criterion: &mut Criterion) {
    let data = values(ITEMS);
    let array = ArrayView2::from_shape(SHAPE, &data).unwrap();
    let written = folder().join("stored.npz");
    let mut group = large(criterion, "npz/store_40MB_f32_over_existing");
    let save = || arr_npy::save_npz(&written, [("x", &array)]).unwrap();
    save();
    row(&mut group, "arr", save, |()| check_archive(&written, &data));
    row(
        &mut group,
        "ndarray-npy",
        || write_ndarray_npy(&written, &array, false),
        |()| check_archive(&written, &data),
    );
    group.finish();
    save();
    let mut group = large(criterion, "npz/read_stored_40MB_f32");
    let read = || Npz::open(&written).unwrap().get("x").unwrap();
    row(&mut group, "arr", read, |array| check_values(array.as_slice().unwrap()));
    let map = || Npz::open(&written).unwrap().map("x").unwrap();
    row(&mut group, "arr_map_checked", map, |array| check_values(array.as_slice().unwrap()));
    row(
        &mut group,
        "ndarray-npy",
        || read_ndarray_npy(&written),
        |array| check_values(array.as_slice().unwrap()),
    );
    group.finish();
}

/// Opens an archive of a GiB and looks at one of its members.
fn open(criterion: &mut Criterion) {
    let path = folder().join("gibibyte.npz");
    if !path.exists() {
        let member = values(1 << 24);
        let names = (0..16).map(|at| (format!("m{at}"), &member));
        NpzOptions::new().save(&path, names).unwrap();
    }
    let mut group = short(criterion, "npz/open_1GiB_and_view_one_member");
    let view = || Npz::open(&path).unwrap().member("m7").unwrap().map_unchecked().unwrap();
    row(&mut group, "arr", view, |array| {
        assert_eq!(array.as_slice::<f32>().unwrap()[1234], value(1234));
    });
    group.finish();
}

fn many(criterion: &mut Criterion) {
    let path = folder().join("many.npz");
    let arrays: Vec<Vec<f32>> = (0..SMALL_ARRAYS).map(small_values).collect();
    let names: Vec<String> = (0..SMALL_ARRAYS).map(|at| format!("member_{at}")).collect();
    let save = || arr_npy::save_npz(&path, names.iter().zip(&arrays)).unwrap();
    save();
    let check = |found: &[(String, arr_core::Array)]| {
        assert_eq!(found.len(), SMALL_ARRAYS);
        for (number, (_, array)) in found.iter().enumerate() {
            assert_eq!(array.as_slice::<f32>().unwrap()[SMALL_ITEMS - 1], arrays[number][SMALL_ITEMS - 1]);
        }
    };
    let mut group = large(criterion, "npz/read_10k_members_f32x100");
    row(&mut group, "arr", || Npz::open(&path).unwrap().read_all().unwrap(), |found| check(found));
    row(
        &mut group,
        "arr_one_by_one",
        || {
            let npz = Npz::open(&path).unwrap();
            names.iter().map(|name| (String::new(), npz.get(name).unwrap())).collect::<Vec<_>>()
        },
        |found| check(found),
    );
    row(
        &mut group,
        "ndarray-npy",
        || {
            let mut npz = NpzReader::new(BufReader::new(File::open(&path).unwrap())).unwrap();
            names.iter().map(|name| npz.by_name(name).unwrap()).collect::<Vec<Array1<f32>>>()
        },
        |found| assert_eq!(found.len(), SMALL_ARRAYS),
    );
    group.finish();
    let mut group = large(criterion, "npz/write_10k_members_f32x100");
    row(&mut group, "arr", save, |()| ());
    let arrays: Vec<Array1<f32>> = arrays.iter().cloned().map(Array1::from).collect();
    row(
        &mut group,
        "ndarray-npy",
        || {
            let mut writer = NpzWriter::new(BufWriter::new(File::create(&path).unwrap()));
            for (name, array) in names.iter().zip(&arrays) {
                writer.add_array(name, array).unwrap();
            }
            writer.finish().unwrap();
        },
        |()| (),
    );
    save();
    group.finish();
}

criterion_group!(benches, deflated, stored, open, many);
criterion_main!(benches);
