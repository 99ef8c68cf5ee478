//! Archives: one large array, stored or deflated, and ten thousand small members.

use std::cell::LazyCell;
use std::fs::File;
use std::io::{BufReader, BufWriter};
use std::path::{Path, PathBuf};

use arr_benches::{
    ITEMS, SHAPE, SMALL_ARRAYS, SMALL_ITEMS, check_values, file_by, folder, large, noise, short,
    small_values, smooth, value, values,
};
use arr_conformance::own_file;
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

/// One large array, smooth or noisy, and the archives of it.
struct Deflated {
    kind: &'static str,
    data: LazyCell<Vec<f32>>,
}

impl Deflated {
    fn array(&self) -> ArrayView2<'_, f32> {
        ArrayView2::from_shape(SHAPE, &self.data).unwrap()
    }

    /// The archive that arr makes.
    fn own(&self) -> PathBuf {
        let save = |path: &Path| NpzOptions::new().level(6).save(path, [("x", &self.array())]).unwrap();
        file_by(&format!("{}.arr.npz", self.kind), save)
    }

    /// The archive that another program makes, in one piece.
    fn other(&self) -> PathBuf {
        let save = |path: &Path| write_ndarray_npy(path, &self.array(), true);
        file_by(&format!("{}.other.npz", self.kind), save)
    }

    fn prepare(&self) {
        for (path, by) in [(self.own(), "arr"), (self.other(), "ndarray-npy")] {
            println!("{}: {} bytes by {by}", self.kind, std::fs::metadata(path).unwrap().len());
        }
    }

    fn deflate(&self, criterion: &mut Criterion) {
        let written = folder().join("written.npz");
        let check = |(): &()| check_archive(&written, &self.data);
        let mut group = large(criterion, &format!("npz/deflate_{}_40MB_f32", self.kind));
        group.samples(10);
        group.row_elsewhere("numpy", || self.prepare());
        let save = || NpzOptions::new().level(6).save(&written, [("x", &self.array())]).unwrap();
        group.row("arr", save, check);
        group.row("ndarray-npy", || write_ndarray_npy(&written, &self.array(), true), check);
    }

    fn inflate(&self, criterion: &mut Criterion) {
        let (own, other) = (LazyCell::new(|| self.own()), LazyCell::new(|| self.other()));
        let mut group = large(criterion, &format!("npz/inflate_{}_40MB_f32", self.kind));
        group.row_elsewhere("numpy", || self.prepare());
        let read = |path: &Path| Npz::open(path).unwrap().get("x").unwrap();
        group.row("arr", || read(&other), |array| check(array.as_slice().unwrap(), &self.data));
        group.row("arr_own_file", || read(&own), |array| check(array.as_slice().unwrap(), &self.data));
        group.row(
            "ndarray-npy",
            || read_ndarray_npy(&other),
            |array| check(array.as_slice().unwrap(), &self.data),
        );
    }
}

fn deflated(criterion: &mut Criterion) {
    let kinds: [(_, fn() -> _); 2] = [("smooth", smooth), ("noise", noise)];
    for (kind, make) in kinds {
        let deflated = Deflated { kind, data: LazyCell::new(make) };
        deflated.deflate(criterion);
        deflated.inflate(criterion);
    }
}

fn stored(criterion: &mut Criterion) {
    let data = LazyCell::new(|| values(ITEMS));
    let array = || ArrayView2::from_shape(SHAPE, &data).unwrap();
    let save = |path: &Path| arr_npy::save_npz(path, [("x", &array())]).unwrap();
    let stored = LazyCell::new(|| file_by("stored.npz", save));
    let written = folder().join("written.npz");
    let check = |(): &()| check_archive(&written, &data);
    let mut group = large(criterion, "npz/store_40MB_f32_over_existing");
    group.row_elsewhere("numpy", || stored.clone());
    group.row("arr", || save(&written), check);
    group.row("ndarray-npy", || write_ndarray_npy(&written, &array(), false), check);
    group.finish();
    let mut group = large(criterion, "npz/read_stored_40MB_f32");
    group.row_elsewhere("numpy", || stored.clone());
    let read = || Npz::open(&*stored).unwrap().get("x").unwrap();
    group.row("arr", read, |array| check_values(array.as_slice().unwrap()));
    let map = || own_file!(Npz::open(&*stored).unwrap().map("x")).unwrap();
    group.row("arr_map_checked", map, |array| check_values(array.as_slice().unwrap()));
    group.row("ndarray-npy", || read_ndarray_npy(&stored), |array| check_values(array.as_slice().unwrap()));
}

/// Opens an archive of a GiB and looks at one of its members.
fn open(criterion: &mut Criterion) {
    let path = LazyCell::new(|| {
        let path = folder().join("gibibyte.npz");
        if !path.exists() {
            let member = values(1 << 24);
            let names = (0..16).map(|at| (format!("m{at}"), &member));
            NpzOptions::new().save(&path, names).unwrap();
        }
        path
    });
    let mut group = short(criterion, "npz/open_1GiB_and_view_one_member");
    let view = || own_file!(Npz::open(&*path).unwrap().member("m7").unwrap().map_unchecked()).unwrap();
    group.row("arr", view, |array| {
        assert_eq!(array.as_slice::<f32>().unwrap()[1234], value(1234));
    });
}

fn many(criterion: &mut Criterion) {
    let arrays = LazyCell::new(|| (0..SMALL_ARRAYS).map(small_values).collect::<Vec<_>>());
    let names: Vec<String> = (0..SMALL_ARRAYS).map(|at| format!("member_{at}")).collect();
    let save = |path: &Path| arr_npy::save_npz(path, names.iter().zip(&*arrays)).unwrap();
    let many = LazyCell::new(|| file_by("many.npz", save));
    let check = |found: &[(String, arr_core::Array)]| {
        assert_eq!(found.len(), SMALL_ARRAYS);
        for (number, (_, array)) in found.iter().enumerate() {
            assert_eq!(array.as_slice::<f32>().unwrap()[SMALL_ITEMS - 1], arrays[number][SMALL_ITEMS - 1]);
        }
    };
    let mut group = large(criterion, "npz/read_10k_members_f32x100");
    group.row_elsewhere("numpy", || many.clone());
    group.row("arr", || Npz::open(&*many).unwrap().read_all().unwrap(), |found| check(found));
    group.row(
        "arr_one_by_one",
        || {
            let npz = Npz::open(&*many).unwrap();
            names.iter().map(|name| (String::new(), npz.get(name).unwrap())).collect::<Vec<_>>()
        },
        |found| check(found),
    );
    group.row(
        "ndarray-npy",
        || {
            let mut npz = NpzReader::new(BufReader::new(File::open(&*many).unwrap())).unwrap();
            names.iter().map(|name| npz.by_name(name).unwrap()).collect::<Vec<Array1<f32>>>()
        },
        |found| assert_eq!(found.len(), SMALL_ARRAYS),
    );
    group.finish();
    let written = folder().join("written_many.npz");
    let mut group = large(criterion, "npz/write_10k_members_f32x100");
    group.row("arr", || save(&written), |()| ());
    let arrays = LazyCell::new(|| arrays.iter().cloned().map(Array1::from).collect::<Vec<_>>());
    group.row(
        "ndarray-npy",
        || {
            let mut writer = NpzWriter::new(BufWriter::new(File::create(&written).unwrap()));
            for (name, array) in names.iter().zip(&*arrays) {
                writer.add_array(name, array).unwrap();
            }
            writer.finish().unwrap();
        },
        |()| (),
    );
}

criterion_group!(benches, deflated, stored, open, many);
criterion_main!(benches);
