//! A million records of an `i32` and an `f64`, 12 MB, as vectors of structs.

use std::cell::{LazyCell, RefCell};
use std::fs::File;
use std::hint::black_box;
use std::io::{BufReader, BufWriter, Read, Write};

use arr_benches::{RECORDS, folder, large, record_file, record_start, settle_allocator, value};
use criterion::{Criterion, criterion_group, criterion_main};
use npyz::WriterBuilder;

/// As the compiler lays it out.
#[derive(arr_npy::Record, npyz::AutoSerialize, npyz::Serialize, npyz::Deserialize, Clone, Copy)]
struct Record {
    a: i32,
    b: f64,
}

/// As [`Record`], with something to drop: its values are made where they belong, by ordinary stores, where those of
/// `Record` are made near by and copied past the caches.
#[derive(arr_npy::Record)]
struct Dropped {
    a: i32,
    b: f64,
}

impl Drop for Dropped {
    fn drop(&mut self) {
        black_box(&self.a);
    }
}

/// As the file has it.
#[derive(arr_npy::Record, bytemuck::Pod, bytemuck::Zeroable, Clone, Copy)]
#[record(pod)]
#[repr(C, packed)]
struct Packed {
    a: i32,
    b: f64,
}

fn a(index: usize) -> i32 {
    (index as i32).wrapping_mul(7)
}

fn b(index: usize) -> f64 {
    f64::from(value(index))
}

fn records() -> Vec<Record> {
    (0..RECORDS).map(|index| Record { a: a(index), b: b(index) }).collect()
}

/// Checks some of the records, the ends among them.
fn check(count: usize, found: impl Fn(usize) -> (i32, f64)) {
    assert_eq!(count, RECORDS);
    let indices = (0..RECORDS).step_by(1009).chain([RECORDS - 1]);
    indices.for_each(|index| assert_eq!(found(index), (a(index), b(index))));
}

fn read(criterion: &mut Criterion) {
    settle_allocator();
    let path = LazyCell::new(|| record_file(a, b));
    let mut group = large(criterion, "records/read_1M_i4_f8");
    group.row_elsewhere("numpy", || record_file(a, b));
    let structs = |records: &Vec<Record>| check(records.len(), |at| (records[at].a, records[at].b));
    let packed = |records: &Vec<Packed>| check(records.len(), |at| (records[at].a, records[at].b));
    group.row("arr", || arr_npy::read_records(&*path).unwrap(), structs);
    let dropped = |records: &Vec<Dropped>| check(records.len(), |at| (records[at].a, records[at].b));
    group.row("arr_ordinary_stores", || arr_npy::read_records(&*path).unwrap(), dropped);
    group.row("arr_pod", || arr_npy::read_records(&*path).unwrap(), packed);
    group.row(
        "arr_stream",
        || arr_npy::read_records_from(&mut File::open(&*path).unwrap()).unwrap(),
        structs,
    );
    group.row(
        "npyz",
        || {
            let file = BufReader::new(File::open(&*path).unwrap());
            npyz::NpyFile::new(file).unwrap().into_vec().unwrap()
        },
        structs,
    );
    let start = record_start().len();
    let bytes = |bytes: &Vec<u8>| {
        check((bytes.len() - start) / 12, |at| {
            let item = &bytes[start + at * 12..][..12];
            (
                i32::from_le_bytes(item[..4].try_into().unwrap()),
                f64::from_le_bytes(item[4..].try_into().unwrap()),
            )
        });
    };
    let warm = RefCell::new(LazyCell::new(|| vec![1; start + RECORDS * 12]));
    let read_warm = || File::open(&*path).unwrap().read_exact(black_box(&mut warm.borrow_mut()[..])).unwrap();
    group.row("limit_read_into_warm_buffer", read_warm, |()| bytes(&warm.borrow()));
}

fn write(criterion: &mut Criterion) {
    let records = LazyCell::new(records);
    let pack = |record: &Record| Packed { a: record.a, b: record.b };
    let packed = LazyCell::new(|| records.iter().map(pack).collect::<Vec<_>>());
    let path = folder().join("written_records");
    let expected = LazyCell::new(|| std::fs::read(record_file(a, b)).unwrap());
    // Headers differ in blanks between the writers; the records behind them may not.
    let check = |(): &()| {
        let found = std::fs::read(&path).unwrap();
        assert!(found[found.len() - RECORDS * 12..] == expected[expected.len() - RECORDS * 12..]);
        File::open(&path).unwrap().sync_all().unwrap();
    };
    let mut group = large(criterion, "records/write_1M_i4_f8");
    group.row_elsewhere("numpy", || record_file(a, b));
    group.row("arr", || arr_npy::save_records(&path, &*records).unwrap(), check);
    group.row("arr_pod", || arr_npy::save_records(&path, &*packed).unwrap(), check);
    let npyz_save = || {
        let file = BufWriter::new(File::create(&path).unwrap());
        let options = npyz::WriteOptions::new().default_dtype().shape(&[RECORDS as u64]).writer(file);
        let mut writer = options.begin_nd().unwrap();
        writer.extend(&*records).unwrap();
        writer.finish().unwrap();
    };
    group.row("npyz", npyz_save, check);
    let truncate = || {
        let mut file = File::create(&path).unwrap();
        file.write_all(&expected).unwrap();
    };
    group.row("limit_truncate_and_write", truncate, check);
}

criterion_group!(benches, read, write);
criterion_main!(benches);
