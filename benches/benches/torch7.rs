//! Torch7: a tensor of 40 MB read, mapped and looked at, a table of 200,000 strings, a million numbers as text. Torch itself
//! is not measured here: what it takes is known as a ratio to NumPy, whose rows, and torchfile's, follow right afterwards.

use std::cell::LazyCell;
use std::fmt::Write as _;

use arr_benches::{SHAPE, c_file, check_values, file_by, large, noise, short, values};
use arr_binary::torch7::{self, Builder, WriteOptions};
use arr_conformance::own_file;
use criterion::{Criterion, criterion_group, criterion_main};
use ndarray::Array2;

/// Rows and columns of the numbers as text.
const TEXT: [usize; 2] = [1000, 1000];

/// Entries of the table.
const ENTRIES: usize = 200_000;

fn tensor_file() -> std::path::PathBuf {
    let array = || Array2::from_shape_vec(SHAPE, values(SHAPE[0] * SHAPE[1])).unwrap();
    file_by("tensor.t7", |part| torch7::save_tensor(part, &array()).unwrap())
}

fn table_file() -> std::path::PathBuf {
    file_by("table.t7", |part| {
        let mut new = Builder::new();
        let entries = (0..ENTRIES).map(|number| (format!("key{number}"), (number as f64 * 0.5).into()));
        let root = new.table(entries).unwrap();
        torch7::save(part, &new.finish(root).unwrap()).unwrap();
    })
}

/// The same numbers as Torch writes them, and in lines as NumPy reads them.
fn text_files() -> (std::path::PathBuf, std::path::PathBuf) {
    let numbers = LazyCell::new(|| noise()[..TEXT[0] * TEXT[1]].to_vec());
    let torch = file_by("text.t7", |part| {
        let array = Array2::from_shape_vec(TEXT, numbers.clone()).unwrap();
        WriteOptions::new().ascii(true).save_tensor(part, &array).unwrap();
    });
    let lines = file_by("torch7.txt", |part| {
        let mut text = String::new();
        for row in numbers.chunks(TEXT[1]) {
            for (place, number) in row.iter().enumerate() {
                write!(text, "{}{number:e}", if place > 0 { " " } else { "" }).unwrap();
            }
            text.push('\n');
        }
        std::fs::write(part, text).unwrap();
    });
    (torch, lines)
}

fn read(criterion: &mut Criterion) {
    let path = LazyCell::new(tensor_file);
    let npy = LazyCell::new(c_file);
    let mut group = large(criterion, "torch7/read_40MB_f32");
    for other in ["numpy", "torchfile"] {
        group.row_elsewhere(other, || (tensor_file(), c_file()));
    }
    let load = || torch7::load(&*path).unwrap().get("").unwrap();
    group.row("arr", load, |array| check_values(array.as_slice().unwrap()));
    group.row("arr_npy", || arr_npy::read(&*npy).unwrap(), |array| check_values(array.as_slice().unwrap()));
    group.finish();

    let mut group = short(criterion, "torch7/map_40MB_f32");
    let map = || own_file!(torch7::map(&*path)).unwrap().get("").unwrap();
    group.row("arr", map, |array| assert_eq!(array.shape(), SHAPE));
    let bytes = LazyCell::new(|| std::fs::read(&*path).unwrap());
    let view = || torch7::view(&bytes).unwrap().view("").unwrap();
    group.row("arr_view", view, |array| assert_eq!(array.shape(), SHAPE));
}

fn table(criterion: &mut Criterion) {
    let path = LazyCell::new(table_file);
    let mut group = large(criterion, "torch7/read_table_200k");
    group.row_elsewhere("torchfile", table_file);
    let load = || torch7::load(&*path).unwrap();
    group.row("arr", load, |file| assert_eq!(file.root().unwrap().table().unwrap().len(), ENTRIES));
}

fn ascii(criterion: &mut Criterion) {
    let path = LazyCell::new(|| text_files().0);
    let mut group = large(criterion, "torch7/read_ascii_1000x1000_f32");
    group.row_elsewhere("numpy", text_files);
    let wanted = LazyCell::new(noise);
    let load = || torch7::load(&*path).unwrap().get("").unwrap();
    group
        .row("arr", load, |array| assert_eq!(array.as_slice::<f32>().unwrap(), &wanted[..TEXT[0] * TEXT[1]]));
}

criterion_group!(benches, read, table, ascii);
criterion_main!(benches);
