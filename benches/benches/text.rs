//! Numbers as text: a million of them read and written, and a table of mixed columns.

use std::cell::{LazyCell, RefCell};
use std::fmt::Write as _;
use std::path::PathBuf;

use arr_benches::{Topic, folder, large, magnitudes};
use arr_core::Array;
use arr_text::{csv, text};
use criterion::{Criterion, criterion_group, criterion_main};
use ndarray::Array2;

/// Rows and columns.
const SHAPE: [usize; 2] = [1_000, 1_000];

/// Rows of the table.
const ROWS: usize = 1_000_000;

fn values() -> Vec<f64> {
    magnitudes(SHAPE[0] * SHAPE[1])
}

fn array() -> Array2<f64> {
    Array2::from_shape_vec(SHAPE, values()).unwrap()
}

/// A file, made unless it is there.
fn made(name: &str, make: impl FnOnce() -> String) -> PathBuf {
    let path = folder().join(name);
    if !path.exists() {
        std::fs::write(&path, make()).unwrap();
    }
    path
}

/// `%.18e` with blanks between, in rows of so many.
fn scientific(columns: usize) -> String {
    let mut text = String::new();
    for (place, value) in values().iter().enumerate() {
        let (digits, power) =
            format!("{value:.18e}").split_once('e').map(|(a, b)| (a.to_owned(), b.to_owned())).unwrap();
        let power: i32 = power.parse().unwrap();
        let sign = if power < 0 { '-' } else { '+' };
        let end = if (place + 1) % columns == 0 { '\n' } else { ' ' };
        write!(text, "{digits}e{sign}{:02}{end}", power.abs()).unwrap();
    }
    text
}

/// A whole number, a float, a text, a date and another float in each row.
fn mixed() -> String {
    let values = values();
    let mut text = "id,price,name,day,share\n".to_owned();
    for row in 0..ROWS {
        let (price, share) = ((values[row] * 1e5).round() / 100.0, values[(row * 7) % values.len()]);
        let (month, day) = (row % 12 + 1, row % 28 + 1);
        writeln!(text, "{row},{price},name{},20{:02}-{month:02}-{day:02},{share}", row % 1000, row % 30)
            .unwrap();
    }
    text
}

/// Adds all numbers up, as each line is cut at its blanks.
fn by_csv(bytes: &[u8]) -> Vec<f64> {
    let mut reader = csv_rival::ReaderBuilder::new().delimiter(b' ').has_headers(false).from_reader(bytes);
    let mut record = csv_rival::ByteRecord::new();
    let mut values = Vec::new();
    while reader.read_byte_record(&mut record).unwrap() {
        values.extend(record.iter().map(|field| fast_float2::parse::<f64, _>(field).unwrap()));
    }
    values
}

/// Adds the first and the third column of floats up, with what else there is in a row.
fn mixed_by_csv(bytes: &[u8]) -> (usize, f64) {
    let mut reader = csv_rival::Reader::from_reader(bytes);
    let mut record = csv_rival::ByteRecord::new();
    let (mut whole, mut floats, mut texts) = (Vec::new(), Vec::new(), Vec::new());
    while reader.read_byte_record(&mut record).unwrap() {
        whole.push(lexical_core::parse::<i64>(&record[0]).unwrap());
        floats.extend([1, 4].map(|place| fast_float2::parse::<f64, _>(&record[place]).unwrap()));
        texts.extend([2, 3].map(|place| record[place].to_vec()));
    }
    assert_eq!(texts.len(), floats.len());
    (whole.len(), floats.iter().sum())
}

/// What reading can't be faster than: the file, a search for a byte in it, a copy of it.
fn limits(group: &mut Topic<'_>, separator: u8, path: impl Fn() -> PathBuf) {
    let bytes = LazyCell::new(|| std::fs::read(path()).unwrap());
    let scan = |bytes: &[u8]| memchr::memchr_iter(separator, bytes).count();
    group.row("limit_read_and_scan", || scan(&std::fs::read(path()).unwrap()), |count| assert!(*count > 0));
    group.row("limit_scan_one_thread", || scan(&bytes), |count| assert!(*count > 0));
    let copy = LazyCell::new(|| RefCell::new(vec![0u8; bytes.len()]));
    group.row("limit_copy_one_thread", || copy.borrow_mut().copy_from_slice(&bytes), |()| ());
}

fn read(criterion: &mut Criterion) {
    for (topic, columns) in
        [("text/read_e18_1000x1000", SHAPE[1]), ("text/read_e18_one_line", SHAPE[0] * SHAPE[1])]
    {
        let name = if columns == SHAPE[1] { "e18.txt" } else { "line.txt" };
        let path = || made(name, || scientific(columns));
        let expected = LazyCell::new(values);
        let check = |read: &[f64]| assert!(read == &expected[..]);
        let mut group = large(criterion, topic);
        group.samples(11);
        for rival in ["numpy", "pandas", "pyarrow", "polars"] {
            group.row_elsewhere(rival, path);
        }
        group.row("arr", || text::loadtxt(path()).unwrap(), |read| check(read.as_slice().unwrap()));
        let one = arr_core::format::threads::Threads::one();
        let alone = || text::ReadOptions::new().threads(one.clone()).read(path()).unwrap();
        group.row("arr_one_thread", alone, |read| check(read.as_slice().unwrap()));
        group.row("csv_fast-float2", || by_csv(&std::fs::read(path()).unwrap()), |read| check(read));
        limits(&mut group, b' ', path);
    }
}

fn write(criterion: &mut Criterion) {
    let array = LazyCell::new(array);
    let path = folder().join("written.txt");
    for (topic, options) in [
        ("text/write_e18_1000x1000", text::WriteOptions::new().fmt("%.18e")),
        ("text/write_shortest_1000x1000", text::WriteOptions::new().shortest()),
    ] {
        let check = |(): &()| {
            let read = text::loadtxt(&path).unwrap();
            assert!(read.as_slice::<f64>().unwrap() == array.as_slice().unwrap());
        };
        let mut group = large(criterion, topic);
        group.samples(11);
        for rival in ["numpy", "polars"] {
            group.row_elsewhere(rival, || made("e18.txt", || scientific(SHAPE[1])));
        }
        group.row("arr", || options.save(&path, &*array).unwrap(), check);
    }
}

fn table(criterion: &mut Criterion) {
    let path = || made("mixed.csv", mixed);
    let mut group = large(criterion, "text/read_csv_mixed_1M");
    group.samples(11);
    for rival in ["pandas", "pyarrow", "polars"] {
        group.row_elsewhere(rival, path);
    }
    let check = |read: &Array| {
        assert_eq!(read.len(), ROWS);
        assert_eq!(read.field("id").unwrap().to_vec::<i64>().unwrap()[ROWS - 1], ROWS as i64 - 1);
    };
    group.row("arr", || csv::read(path()).unwrap(), check);
    let one = arr_core::format::threads::Threads::one();
    group.row("arr_one_thread", || csv::ReadOptions::new().threads(one.clone()).read(path()).unwrap(), check);
    let by_csv = || mixed_by_csv(&std::fs::read(path()).unwrap());
    group.row("csv_fast-float2", by_csv, |(rows, _)| assert_eq!(*rows, ROWS));
    limits(&mut group, b',', path);
}

criterion_group!(benches, read, write, table);
criterion_main!(benches);
