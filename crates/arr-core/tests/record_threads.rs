//! Records that more than one thread makes.
#![allow(clippy::unwrap_used, reason = "a failed assumption is a failed test")]
#![forbid(unsafe_code)]

use std::fs::File;
use std::io::{Seek, Write};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use arr_core::record::{Record, RecordField};
use arr_core::{ByteOrder, DType, Error, ErrorKind, Input, RecordType, Result, Scalar};

/// How many records there are.
static ALIVE: AtomicUsize = AtomicUsize::new(0);

/// The records are counted, so one test makes them at a time.
static ONE_TEST: Mutex<()> = Mutex::new(());

const BAD: i64 = -1;
const PANIC: i64 = -2;

/// A record that is counted, made of a number and three bytes that are passed over.
#[derive(Debug)]
struct Counted(i64);

impl Drop for Counted {
    fn drop(&mut self) {
        ALIVE.fetch_sub(1, Ordering::Relaxed);
    }
}

impl RecordField for Counted {
    const ITEMSIZE: usize = 8;
    const ALIGNMENT: usize = 1;
    const ANY_BITS: bool = false;

    fn dtype() -> Result<DType> {
        Self::record_type().map(DType::from)
    }

    fn check(item: &[u8]) -> Result<()> {
        if number(item) == BAD { Err(Error::mismatch("a bad number")) } else { Ok(()) }
    }

    fn decode(item: &[u8]) -> Self {
        assert_ne!(number(item), PANIC, "a number that nobody expected");
        ALIVE.fetch_add(1, Ordering::Relaxed);
        Self(number(item))
    }

    fn encode(&self, _: &mut [u8]) -> Result<()> {
        Ok(())
    }
}

impl Record for Counted {
    fn record_type() -> Result<RecordType> {
        RecordType::builder().field("number", DType::of::<i64>()).build()
    }
}

fn number(item: &[u8]) -> i64 {
    i64::from_ne_bytes(item.try_into().unwrap())
}

/// The bytes of an item in the file.
const ITEMSIZE: usize = 11;

fn items(order: ByteOrder) -> DType {
    let number = DType::Scalar(Scalar::I64, order);
    RecordType::builder().field("hole", DType::Void(3)).field("number", number).build().unwrap().into()
}

/// A file that begins with `start` other bytes and holds `numbers` in some order.
fn file(start: usize, numbers: &[i64], order: ByteOrder) -> File {
    let mut bytes = vec![9; start];
    for number in numbers {
        bytes.extend([1, 2, 3]);
        let number = if order.is_native() { *number } else { number.swap_bytes() };
        bytes.extend(number.to_ne_bytes());
    }
    bytes.push(7);
    let mut file = tempfile::tempfile().unwrap();
    file.write_all(&bytes).unwrap();
    file.rewind().unwrap();
    file
}

fn numbers(count: usize) -> Vec<i64> {
    (0..count).map(|row| i64::try_from(row).unwrap() << 13).collect()
}

/// More than a few pieces.
const MANY: usize = 500_000;

#[test]
fn all_lengths_are_read_whole() {
    let _one = ONE_TEST.lock();
    let all = numbers(MANY);
    // Pieces are half a megabyte, and two megabytes are read by more than one thread.
    let (two_megabytes, rows) = ((2 << 20) / ITEMSIZE, (512 << 10) / ITEMSIZE);
    let rows_of_lines = rows - rows % 64;
    let counts = [two_megabytes, 4 * rows, 5 * rows, 5 * rows_of_lines, 10 * rows_of_lines, MANY - 1];
    for count in counts.into_iter().flat_map(|count| [count - 1, count, count + 1]) {
        for (start, order) in [(0, ByteOrder::NATIVE), (5, ByteOrder::NATIVE.swapped())] {
            let mut input = Input::from_file(file(start, &all[..count], order)).unwrap();
            input.skip(start as u64, "start").unwrap();
            input.peek(4).unwrap();
            let found: Vec<Counted> = input.read_records(&items(order), count, "data").unwrap();
            assert!(found.iter().map(|record| record.0).eq(all[..count].iter().copied()));
            assert_eq!(ALIVE.load(Ordering::Relaxed), count);
            assert_eq!((input.position(), input.remaining()), ((start + count * ITEMSIZE) as u64, Some(1)));
            assert_eq!(input.read_array::<1>("end").unwrap(), [7]);
            drop(found);
            assert_eq!(ALIVE.load(Ordering::Relaxed), 0);
        }
    }
}

#[test]
fn the_first_bad_record_is_named_and_all_others_are_dropped() {
    let _one = ONE_TEST.lock();
    for bad in [&[0, 499_999][..], &[123_456, 123_457, 300_000], &[47_615, 47_616], &[499_999]] {
        let mut numbers = numbers(MANY);
        bad.iter().for_each(|row| numbers[*row] = BAD);
        let file = file(6, &numbers, ByteOrder::NATIVE);
        for _ in 0..5 {
            (&file).rewind().unwrap();
            let mut input = Input::from_file(file.try_clone().unwrap()).unwrap();
            input.skip(6, "start").unwrap();
            let error = input.read_records::<Counted>(&items(ByteOrder::NATIVE), MANY, "data").unwrap_err();
            let at = 6 + bad[0] * ITEMSIZE;
            assert_eq!(error.to_string(), format!("row {}: a bad number (at byte {at})", bad[0]));
            assert_eq!(ALIVE.load(Ordering::Relaxed), 0);
        }
    }
}

#[test]
fn a_panic_is_passed_on_and_nothing_is_left_behind() {
    let _one = ONE_TEST.lock();
    for row in [0, 47_616, 250_000, MANY - 1] {
        let mut numbers = numbers(MANY);
        numbers[row] = PANIC;
        let mut input = Input::from_file(file(0, &numbers, ByteOrder::NATIVE)).unwrap();
        let read = || input.read_records::<Counted>(&items(ByteOrder::NATIVE), MANY, "data").map(drop);
        assert!(catch_unwind(AssertUnwindSafe(read)).is_err());
        assert_eq!(ALIVE.load(Ordering::Relaxed), 0);
    }
}

#[test]
fn a_file_that_becomes_shorter_is_an_error() {
    let _one = ONE_TEST.lock();
    let numbers = numbers(MANY);
    for left in [0, 1_000_000, MANY * ITEMSIZE - 1] {
        let file = file(0, &numbers, ByteOrder::NATIVE);
        let mut input = Input::from_file(file.try_clone().unwrap()).unwrap();
        file.set_len(left as u64).unwrap();
        let error = input.read_records::<Counted>(&items(ByteOrder::NATIVE), MANY, "data").unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Malformed);
        assert_eq!(ALIVE.load(Ordering::Relaxed), 0);
    }
}

#[test]
fn who_watches_is_told() {
    let _one = ONE_TEST.lock();
    let numbers = numbers(MANY);
    let mut told = Vec::new();
    let input = Input::from_file(file(0, &numbers, ByteOrder::NATIVE)).unwrap();
    let mut input = input.on_progress(|position| told.push(position));
    let found: Vec<Counted> = input.read_records(&items(ByteOrder::NATIVE), MANY, "data").unwrap();
    assert_eq!(found.len(), MANY);
    drop((input, found));
    assert!(told.len() > 10 && told.is_sorted());
    assert_eq!(told.last(), Some(&((MANY * ITEMSIZE) as u64)));
}
