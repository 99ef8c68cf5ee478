//! What all topics share: the files, the values in them, and how a row is timed.
//!
//! A row is one way of doing one job. Every call is timed alone; what it returns is checked and dropped after the
//! clock has stopped, for every row alike.

use std::collections::BTreeSet;
use std::fs::File;
use std::hint::black_box;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, Once};
use std::time::{Duration, Instant};

use criterion::measurement::WallTime;
use criterion::{BenchmarkGroup, Criterion, SamplingMode};
use memmap2::Mmap;

/// Rows and columns of the large array: 40 MB of `f32`.
pub const SHAPE: [usize; 2] = [10_000, 1_000];

/// Items of the large array.
pub const ITEMS: usize = SHAPE[0] * SHAPE[1];

/// How many small arrays there are.
pub const SMALL_ARRAYS: usize = 10_000;

/// Items of a small array.
pub const SMALL_ITEMS: usize = 100;

/// How many records there are.
pub const RECORDS: usize = 1_000_000;

/// Every so many values are looked at after each call. It has no factor in common with the shape, so that a wrong
/// order of axes shows.
const STEP: usize = 10_007;

/// A topic: rows that do the same job. Files and values that its rows share are in a `LazyCell` or made by a function
/// of this crate when they are asked for first, so that any filter gives rows that have what they need.
#[allow(missing_debug_implementations, reason = "criterion's group has none")]
pub struct Topic<'c> {
    name: String,
    group: BenchmarkGroup<'c, WallTime>,
}

/// A topic whose calls take milliseconds: every row is called just as often as the others, once a sample after calls
/// that do not count.
pub fn large<'c>(criterion: &'c mut Criterion, topic: &str) -> Topic<'c> {
    let mut group = criterion.benchmark_group(topic);
    let samples = if quick() { 11 } else { 41 };
    group.sampling_mode(SamplingMode::Flat).sample_size(samples);
    group.warm_up_time(Duration::from_nanos(1)).measurement_time(Duration::from_nanos(1));
    Topic { name: topic.into(), group }
}

/// A topic with short calls: a sample is the mean of as many calls as fit into its time.
pub fn short<'c>(criterion: &'c mut Criterion, topic: &str) -> Topic<'c> {
    let mut group = criterion.benchmark_group(topic);
    let (samples, millis) = if quick() { (11, 300) } else { (41, 2_000) };
    group.sampling_mode(SamplingMode::Flat).sample_size(samples);
    group.warm_up_time(Duration::from_millis(millis / 10)).measurement_time(Duration::from_millis(millis));
    Topic { name: topic.into(), group }
}

impl Topic<'_> {
    /// Calls each row so many times only.
    pub fn samples(&mut self, count: usize) {
        self.group.sample_size(count);
    }

    /// Times `job` call by call. What it returns is given to `check` and dropped outside of the time. The first call,
    /// for which the files of the row are made, is not timed.
    pub fn row<T>(&mut self, name: &str, mut job: impl FnMut() -> T, check: impl Fn(&T)) {
        if !self.wants(name) {
            return;
        }
        wake_up();
        check(&job());
        self.group.bench_function(name, |bencher| {
            bencher.iter_custom(|calls| {
                let mut time = Duration::ZERO;
                for _ in 0..calls {
                    let start = Instant::now();
                    let answer = black_box(job());
                    time += start.elapsed();
                    check(&answer);
                }
                time
            });
        });
    }

    /// A row that another program measures afterwards: makes the files that it reads.
    pub fn row_elsewhere<T>(&mut self, name: &str, prepare: impl FnOnce() -> T) {
        if self.wants(name) {
            prepare();
        }
    }

    /// Ends the topic.
    pub fn finish(self) {
        self.group.finish();
    }

    /// Whether the filter of this run, the text that full names of rows must contain, lets the row through.
    fn wants(&self, name: &str) -> bool {
        let filter = std::env::args().skip(1).find(|word| !word.starts_with('-'));
        filter.is_none_or(|filter| format!("{}/{name}", self.name).contains(&filter))
    }
}

/// Keeps all cores busy for a second, once: a virtual machine whose cores were idle is slow at first, and the first row
/// would be slower than the others.
fn wake_up() {
    static AWAKE: Once = Once::new();
    AWAKE.call_once(|| {
        let start = Instant::now();
        std::thread::scope(|scope| {
            for _ in 0..std::thread::available_parallelism().map_or(1, usize::from) {
                scope.spawn(|| while start.elapsed() < Duration::from_secs(1) {});
            }
        });
    });
}

/// Whether a short run is wanted, for a first look.
fn quick() -> bool {
    std::env::var_os("ARR_BENCH_QUICK").is_some()
}

/// The value of item `index`, the same on every machine, and no two neighbours alike.
#[must_use]
pub fn value(index: usize) -> f32 {
    let mixed = (index as u32).wrapping_mul(2_654_435_761) >> 8;
    mixed as f32 / 16_777_216.0 - 0.5
}

/// The first `count` values.
#[must_use]
pub fn values(count: usize) -> Vec<f32> {
    (0..count).map(value).collect()
}

/// The values of small array `number`; they differ from array to array.
#[must_use]
pub fn small_values(number: usize) -> Vec<f32> {
    (0..SMALL_ITEMS).map(|index| value(number * SMALL_ITEMS + index)).collect()
}

/// A smooth curve with as many items as the large array: neighbours share their upper bytes.
#[must_use]
pub fn smooth() -> Vec<f32> {
    (0..ITEMS).map(|index| (index as f32 * 1e-5).sin()).collect()
}

/// Nearly normal noise with as many items as the large array.
#[must_use]
pub fn noise() -> Vec<f32> {
    let mut state = 88_172_645_463_325_252u64;
    let mut uniform = || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        (state >> 40) as f32 / 16_777_216.0 - 0.5
    };
    (0..ITEMS).map(|_| (0..12).map(|_| uniform()).sum()).collect()
}

/// Doubles of all magnitudes between 1e-3 and 1e3, the same on every machine.
#[must_use]
pub fn magnitudes(count: usize) -> Vec<f64> {
    let mut state = 0x9E37_79B9_7F4A_7C15u64;
    let mut next = || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 11) as f64 / (1u64 << 53) as f64
    };
    (0..count).map(|_| (next() - 0.5) * 10f64.powf(next() * 6.0 - 3.0)).collect()
}

/// Checks the large array in C order.
pub fn check_values(found: &[f32]) {
    assert_eq!(found.len(), ITEMS);
    assert_eq!((found[0], found[ITEMS - 1]), (value(0), value(ITEMS - 1)));
    assert!((0..ITEMS).step_by(STEP).all(|index| found[index] == value(index)));
}

/// [`check_values`] for bytes of native numbers, aligned or not.
pub fn check_bytes(found: &[u8]) {
    assert_eq!(found.len(), ITEMS * 4);
    let found = |index: usize| f32::from_ne_bytes(found[index * 4..][..4].try_into().unwrap());
    assert_eq!((found(0), found(ITEMS - 1)), (value(0), value(ITEMS - 1)));
    assert!((0..ITEMS).step_by(STEP).all(|index| found(index) == value(index)));
}

/// Sums values in sixteen lanes, which every compiler turns into vector instructions: all rows that sum use this.
#[must_use]
pub fn sum(values: &[f32]) -> f32 {
    let mut lanes = [0.0f32; 16];
    let (chunks, rest) = values.as_chunks::<16>();
    for chunk in chunks {
        lanes.iter_mut().zip(chunk).for_each(|(lane, value)| *lane += value);
    }
    lanes.iter().sum::<f32>() + rest.iter().sum::<f32>()
}

/// The start of a `.npy` file of `f32`, byte for byte as NumPy writes it, made without any of the libraries.
#[must_use]
pub fn npy_start(descr: &str, fortran_order: bool, shape: &[usize]) -> Vec<u8> {
    start_of(&format!("'{descr}'"), fortran_order, shape)
}

/// [`npy_start`] with a description as it stands in the file.
fn start_of(descr: &str, fortran_order: bool, shape: &[usize]) -> Vec<u8> {
    let order = if fortran_order { "True" } else { "False" };
    let shape = match shape {
        [items] => format!("({items},)"),
        shape => format!("({})", shape.iter().map(usize::to_string).collect::<Vec<_>>().join(", ")),
    };
    let mut text = format!("{{'descr': {descr}, 'fortran_order': {order}, 'shape': {shape}, }}");
    let whole = (10 + text.len() + 1).next_multiple_of(64);
    text = format!("{text:<width$}\n", width = whole - 11);
    [&b"\x93NUMPY\x01\x00"[..], &(text.len() as u16).to_le_bytes(), text.as_bytes()].concat()
}

/// The folder of the files, on the file system of the target folder. NumPy's rows use the same files.
#[must_use]
pub fn folder() -> PathBuf {
    let program = std::env::current_exe().unwrap();
    let target = program.ancestors().nth(3).unwrap();
    let folder = target.join("bench-files");
    std::fs::create_dir_all(&folder).unwrap();
    folder
}

/// The large array in C order, native numbers.
#[must_use]
pub fn c_file() -> PathBuf {
    file("c.npy", || [npy_start("<f4", false, &SHAPE), le_bytes(0..ITEMS)].concat())
}

/// The large array in C order, big-endian numbers.
#[must_use]
pub fn big_endian_file() -> PathBuf {
    let body = || (0..ITEMS).flat_map(|index| value(index).to_be_bytes());
    file("big_endian.npy", || npy_start(">f4", false, &SHAPE).into_iter().chain(body()).collect())
}

/// The large array in Fortran order, native numbers.
#[must_use]
pub fn fortran_file() -> PathBuf {
    let [rows, columns] = SHAPE;
    let indices = (0..columns).flat_map(|column| (0..rows).map(move |row| row * columns + column));
    file("fortran.npy", || [npy_start("<f4", true, &SHAPE), le_bytes(indices)].concat())
}

/// The start of the file of the records.
#[must_use]
pub fn record_start() -> Vec<u8> {
    start_of("[('a', '<i4'), ('b', '<f8')]", false, &[RECORDS])
}

/// The records, 12 bytes each: an `i32` and an `f64`.
#[must_use]
pub fn record_file(a: fn(usize) -> i32, b: fn(usize) -> f64) -> PathBuf {
    let record = |index| a(index).to_le_bytes().into_iter().chain(b(index).to_le_bytes());
    file("records.npy", || record_start().into_iter().chain((0..RECORDS).flat_map(record)).collect())
}

/// The large array as the one tensor, `x`, of a safetensors file.
#[must_use]
pub fn safetensors_file() -> PathBuf {
    file("c.safetensors", || {
        let body = le_bytes(0..ITEMS);
        let tensor =
            safetensors::tensor::TensorView::new(safetensors::Dtype::F32, SHAPE.to_vec(), &body).unwrap();
        safetensors::serialize([("x", tensor)], None).unwrap()
    })
}

/// What stands before the numbers in a stream of ND4J M2.1 with an array of `f32` in C order, byte for byte.
#[must_use]
pub fn stream_start(shape: &[usize]) -> Vec<u8> {
    let info = shape_info(shape);
    let items: usize = shape.iter().product();
    let text = |text: &str| [&(text.len() as u16).to_be_bytes(), text.as_bytes()].concat();
    let buffer = |len: usize, kind: &str| {
        [text("MIXED_DATA_TYPES"), (len as i64).to_be_bytes().to_vec(), text(kind)].concat()
    };
    let numbers = info.iter().flat_map(|number| number.to_be_bytes());
    [buffer(info.len(), "LONG"), numbers.collect(), buffer(items, "FLOAT")].concat()
}

/// What stands before the numbers in a file of ND4J's `BinarySerde` with an array of `f32` in C order, byte for byte.
#[must_use]
pub fn binaryserde_start(shape: &[usize]) -> Vec<u8> {
    let numbers = shape_info(shape).into_iter().flat_map(i64::to_le_bytes);
    [(shape.len() as i32).to_le_bytes(), 1i32.to_le_bytes()].into_iter().flatten().chain(numbers).collect()
}

/// ND4J's shape information of an array of `f32` in C order.
fn shape_info(shape: &[usize]) -> Vec<i64> {
    let strides = (0..shape.len()).map(|axis| shape[axis + 1..].iter().product());
    let numbers =
        [shape.len()].into_iter().chain(shape.iter().copied()).chain(strides).chain([0x2000, 1, 99]);
    numbers.map(|number| number as i64).collect()
}

/// The large array as a stream of ND4J.
#[must_use]
pub fn stream_file() -> PathBuf {
    let body = || (0..ITEMS).flat_map(|index| value(index).to_be_bytes());
    file("c.nd4j", || stream_start(&SHAPE).into_iter().chain(body()).collect())
}

/// The large array as a file of ND4J's `BinarySerde`.
#[must_use]
pub fn binaryserde_file() -> PathBuf {
    file("c.binaryserde", || [binaryserde_start(&SHAPE), le_bytes(0..ITEMS)].concat())
}

/// A vector of a gibibyte of zeros as a file of ND4J's `BinarySerde`, with a hole in place of the zeros.
#[must_use]
pub fn gibibyte_binaryserde_file() -> PathBuf {
    let path = folder().join("gibibyte.binaryserde");
    let start = binaryserde_start(&[1 << 28]);
    let mut file = File::create(&path).unwrap();
    file.write_all(&start).unwrap();
    file.set_len(start.len() as u64 + (1 << 30)).unwrap();
    path
}

fn le_bytes(indices: impl Iterator<Item = usize>) -> Vec<u8> {
    indices.flat_map(|index| value(index).to_le_bytes()).collect()
}

fn file(name: &str, make: impl FnOnce() -> Vec<u8>) -> PathBuf {
    file_by(name, |part| std::fs::write(part, make()).unwrap())
}

/// A file of the folder, written by `make` under the name that it is given, in the page cache and clean. Each program
/// makes it anew, once: the cache holds what was written in larger pieces than what was read ahead from a disk, and
/// copies it faster.
pub fn file_by(name: &str, make: impl FnOnce(&Path)) -> PathBuf {
    static MADE: Mutex<BTreeSet<String>> = Mutex::new(BTreeSet::new());
    let path = folder().join(name);
    if MADE.lock().unwrap().insert(name.to_owned()) {
        let part = folder().join(format!("{name}.part"));
        make(&part);
        File::open(&part).unwrap().sync_all().unwrap();
        std::fs::rename(part, &path).unwrap();
    }
    std::fs::read(&path).unwrap();
    path
}

/// The bytes of the small arrays, each in memory of its own as NumPy writes it.
#[must_use]
pub fn small_files() -> Vec<Vec<u8>> {
    let start = npy_start("<f4", false, &[SMALL_ITEMS]);
    let body = |number| (number * SMALL_ITEMS)..(number + 1) * SMALL_ITEMS;
    (0..SMALL_ARRAYS).map(|number| [&start[..], &le_bytes(body(number))].concat()).collect()
}

/// Checks a file that was just written, whatever stands before the values, and waits until it is on the disk, so
/// that every call finds the same: a file with clean pages.
pub fn check_written(path: &Path) {
    let map = mapped(path);
    check_bytes(&map[map.len() - ITEMS * 4..]);
    File::open(path).unwrap().sync_all().unwrap();
}

/// [`check_written`] for a stream of ND4J, whose numbers are big-endian.
pub fn check_written_stream(path: &Path) {
    let bytes = std::fs::read(path).unwrap();
    let start = bytes.len() - ITEMS * 4;
    assert_eq!(bytes[..start], stream_start(&SHAPE));
    let found = |index: usize| f32::from_be_bytes(bytes[start + index * 4..][..4].try_into().unwrap());
    assert!((0..ITEMS).step_by(STEP).chain([ITEMS - 1]).all(|index| found(index) == value(index)));
    File::open(path).unwrap().sync_all().unwrap();
}

/// Maps a file of the folder.
#[must_use]
pub fn mapped(path: &Path) -> Mmap {
    let file = File::open(path).unwrap();
    // SAFETY: nothing but the benchmarks uses the folder, and they don't write to a file while a map of it lives.
    unsafe { Mmap::map(&file) }.unwrap()
}

/// Brings the thresholds of the allocator to where freeing a large vector brings them anyway, so that it does not
/// matter which row comes first: until then glibc gives the memory of the results back after each call.
pub fn settle_allocator() {
    black_box(vec![1u8; 24 << 20]);
}
