//! Rows, items and records that are written as they come: flat, one by one, into files that are there or not.
#![cfg(feature = "derive")]
#![allow(clippy::unwrap_used, reason = "a failed assumption is a failed test")]

use std::io::Cursor;

use arr_core::{Array, ByteOrder, DType, ErrorKind, Order, Scalar};
use arr_npy::{AppendOptions, Appender, Record, WriteOptions};

#[derive(Record, Clone, Debug, PartialEq)]
struct Step {
    at: f64,
    #[record(dtype = "U3")]
    name: String,
}

fn step(at: f64, name: &str) -> Step {
    Step { at, name: name.into() }
}

#[test]
fn a_log_is_opened_or_made() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("log.npy");
    for run in 0..3u8 {
        let mut log = Appender::open_or_create(&path, Scalar::U8, &[2]).unwrap();
        assert_eq!((log.len(), log.row_shape()), (usize::from(run), &[2][..]));
        log.push(&[run, 7]).unwrap();
        log.finish().unwrap();
    }
    let rows = arr_npy::read(&path).unwrap();
    assert_eq!((rows.shape(), rows.to_vec::<u8>().unwrap()), (&[3, 2][..], vec![0, 7, 1, 7, 2, 7]));
    let error = Appender::open_or_create(&path, Scalar::U8, &[3]).unwrap_err();
    assert_eq!(error.to_string(), "npy: the file has rows of shape [2], not [3]");
    let error = Appender::open_or_create(&path, Scalar::I8, &[2]).unwrap_err();
    assert_eq!(error.to_string(), "npy: the dtype differs: the file has |u1, the items are |i1");
    assert!(Appender::open_or_create(folder.path(), Scalar::U8, &[]).is_err());
    assert_eq!(arr_npy::read(&path).unwrap(), rows, "what was refused changed nothing");
}

#[test]
fn a_log_of_the_other_byte_order_goes_on_in_it() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("log.npy");
    let foreign = DType::scalar(Scalar::I32, ByteOrder::NATIVE.swapped());
    arr_npy::save(
        &path,
        &Array::from_vec(vec![1i32], &[1]).unwrap().to_byte_order(ByteOrder::NATIVE.swapped()).unwrap(),
    )
    .unwrap();
    let mut log = AppendOptions::new().sync().open_or_create(&path, Scalar::I32, &[]).unwrap();
    log.push_flat(&[2i32, 3]).unwrap();
    log.finish().unwrap();
    let all = arr_npy::read(&path).unwrap();
    assert_eq!((all.dtype(), all.to_vec::<i32>().unwrap()), (&foreign, vec![1, 2, 3]));
}

#[test]
fn flat_rows_are_whole_rows() {
    let mut file = Cursor::new(Vec::new());
    let mut rows = Appender::to_writer(&mut file, Scalar::I16, &[2, 2]).unwrap();
    rows.push_flat(&[1i16, 2, 3, 4, 5, 6, 7, 8]).unwrap();
    rows.push_flat::<i16>(&[]).unwrap();
    assert_eq!(rows.len(), 2);
    let error = rows.push_flat(&[1i16; 6]).unwrap_err();
    assert_eq!((error.to_string(), rows.len()), ("npy: 6 items are not whole rows of 4".into(), 2));
    assert_eq!(rows.push_flat(&[1u16; 4]).unwrap_err().kind(), ErrorKind::Mismatch);
    rows.finish().unwrap();
    let expected = Array::from_vec((1i16..9).collect(), &[2, 2, 2]).unwrap();
    assert_eq!(file.into_inner(), arr_npy::to_bytes(&expected).unwrap());
    let mut empty = Appender::to_writer(Cursor::new(Vec::new()), Scalar::U8, &[0]).unwrap();
    assert!(empty.push_flat(&[1u8]).is_err());
    empty.push_flat::<u8>(&[]).unwrap();
    assert_eq!(empty.len(), 0);
}

#[test]
fn records_are_added_to_a_table() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("steps.npy");
    let steps = [step(0.0, "a"), step(0.5, "Zoë"), step(1.0, "")];
    for part in steps.chunks(2) {
        let mut log = Appender::open_or_create(&path, Step::record_type().unwrap(), &[]).unwrap();
        log.push_records(part).unwrap();
        log.finish().unwrap();
    }
    assert_eq!(arr_npy::read_records::<Step>(&path).unwrap(), steps);
    let mut log = Appender::open(&path).unwrap();
    let error = log.push_records(&[step(2.0, "b"), step(3.0, "long")]).unwrap_err().to_string();
    assert_eq!(error, "npy: name: row 1: the text \"long\" has 4 characters, there is room for 3");
    assert_eq!(log.len(), 3);
    drop(log);
    let mut bytes = Vec::new();
    let mut writer = WriteOptions::new().begin(&mut bytes, Step::record_type().unwrap(), &[3]).unwrap();
    writer.write_records(&steps[..1]).unwrap();
    writer.write_records(&steps[1..]).unwrap();
    assert!(writer.write_records(&steps[..1]).is_err());
    writer.finish().unwrap();
    assert_eq!(bytes, std::fs::read(&path).unwrap());
}

#[test]
fn items_come_in_any_number_in_the_order_of_the_file() {
    for order in [Order::C, Order::F] {
        let mut bytes = Vec::new();
        let mut writer = WriteOptions::new().order(order).begin(&mut bytes, Scalar::U8, &[2, 3]).unwrap();
        writer.write_flat(&[1u8, 2]).unwrap();
        writer.write_flat(&[3u8]).unwrap();
        writer.write_flat::<u8>(&[]).unwrap();
        writer.write_flat(&[4u8, 5, 6]).unwrap();
        writer.finish().unwrap();
        let array = arr_npy::read_bytes(&bytes).unwrap();
        assert_eq!(array.as_bytes(order).unwrap(), [1, 2, 3, 4, 5, 6], "{order}");
    }
}

#[test]
fn blocks_follow_whole_rows_only() {
    let mut bytes = Vec::new();
    let mut writer = WriteOptions::new().begin(&mut bytes, Scalar::U8, &[3, 2]).unwrap();
    writer.write_flat(&[1u8]).unwrap();
    let error = writer.write_block(&[2u8, 3]).unwrap_err().to_string();
    assert_eq!(
        error,
        "npy: a block of shape [2] does not follow 0 of 3 in an array of shape [3, 2], of which the next is begun"
    );
    writer.write_flat(&[2u8]).unwrap();
    writer.write_block(&[3u8, 4]).unwrap();
    writer.write_flat(&[5u8]).unwrap();
    let error = writer.write_flat(&[6u8, 7]).unwrap_err().to_string();
    assert_eq!(error, "npy: more than the 6 items of shape [3, 2] can't be written");
    writer.write_flat(&[6u8]).unwrap();
    writer.finish().unwrap();
    assert_eq!(arr_npy::view(&bytes).unwrap().to_vec::<u8>().unwrap(), [1, 2, 3, 4, 5, 6]);
}

#[test]
fn an_array_that_misses_items_is_not_finished() {
    let begin = |shape: &[usize]| WriteOptions::new().begin(std::io::sink(), Scalar::U8, shape).unwrap();
    let mut writer = begin(&[2, 3]);
    writer.write_flat(&[1u8; 5]).unwrap();
    assert_eq!(
        writer.finish().unwrap_err().to_string(),
        "npy: the array is not complete: 1 of 2 and 2 items were written along the growing dimension of shape [2, 3]"
    );
    let mut number = begin(&[]);
    number.write_flat(&[1u8]).unwrap();
    number.finish().unwrap();
    assert!(begin(&[]).finish().is_err());
    let mut empty = begin(&[3, 0]);
    assert!(empty.write_flat(&[1u8]).is_err());
    empty.write_flat::<u8>(&[]).unwrap();
    empty.finish().unwrap();
}
