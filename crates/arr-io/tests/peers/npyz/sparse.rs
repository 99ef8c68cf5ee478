//! Sparse matrices that scipy has written.

use std::path::PathBuf;

use arr_io::npy::npz::sparse::{Form, Sparse};
use arr_io::npy::{Npz, NpzOptions};
use arr_io::{Array, Limits, Order};

fn path(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../fixtures/scipy/npz").join(format!("{name}.npz"))
}

fn line(values: &[i64]) -> Array {
    Array::from_vec(values.to_vec(), &[values.len()]).unwrap()
}

/// What is in the file, and what is written of it and read again.
#[track_caller]
fn assert_read_and_written(name: &str, shape: [usize; 2], form: Form, data: Array) {
    let read = Sparse::read(path(name)).unwrap();
    assert_eq!(read, Sparse::new(shape, form, data).unwrap());
    let mut bytes = Vec::new();
    let mut writer = NpzOptions::new().write_to(&mut bytes);
    read.write_to(&mut writer).unwrap();
    writer.finish().unwrap();
    assert_eq!(Sparse::from_npz(&Npz::from_buffer(bytes.into(), &Limits::default()).unwrap()).unwrap(), read);
}

#[test]
fn coordinates_are_read_and_written() {
    let form = Form::Coo { row: vec![0, 0, 1, 2, 2], col: vec![0, 2, 1, 0, 2] };
    assert_read_and_written("coo", [3, 6], form, line(&[1, 4, 2, 6, 7]));
}

#[test]
fn compressed_rows_are_read_and_written() {
    let form = Form::Csr { indptr: vec![0, 2, 3, 5], indices: vec![0, 2, 1, 0, 2] };
    assert_read_and_written("csr", [3, 6], form, line(&[1, 4, 2, 6, 7]));
}

#[test]
fn compressed_columns_are_read_and_written() {
    let form = Form::Csc { indptr: vec![0, 2, 3, 5, 5, 5, 5], indices: vec![0, 2, 1, 0, 2] };
    assert_read_and_written("csc", [3, 6], form, line(&[1, 6, 2, 4, 7]));
}

#[test]
fn diagonals_are_read_and_written() {
    let form = Form::Dia { offsets: vec![-2, 0, 2] };
    let data = Array::from_vec(vec![6i64, 0, 0, 1, 2, 7, 0, 0, 4], &[3, 3]).unwrap();
    assert_read_and_written("dia", [3, 6], form, data);
}

#[test]
fn blocks_are_read_and_written() {
    let form = Form::Bsr { indptr: vec![0, 2, 3, 5], indices: vec![0, 1, 0, 0, 1] };
    let data = Array::from_vec(vec![1i64, 0, 4, 0, 0, 2, 6, 0, 7, 0], &[5, 1, 2]).unwrap();
    assert_read_and_written("bsr", [3, 6], form, data);
}

#[test]
fn the_format_is_found_out() {
    for name in ["coo", "csr", "csc", "bsr", "dia"] {
        assert_eq!(Sparse::read(path(name)).unwrap().form().name(), name);
    }
}

#[test]
fn whoever_wants_one_format_sees_which_it_is() {
    let matrix = Sparse::read(path("coo")).unwrap();
    assert!(!matches!(matrix.form(), Form::Csr { .. }));
    assert_eq!(matrix.form().name(), "coo");
}

#[test]
fn indices_may_be_larger_than_32_bits_hold() {
    let form = Form::Coo { row: vec![0x4_0000_0000, 3], col: vec![4, 0x2_0000_0000] };
    assert_read_and_written("coo-long", [0x8_0000_0000, 0x10_0000_0000], form, line(&[3, 1]));
    let form = Form::Dia { offsets: vec![3 - 0x8_0000_0000] };
    assert_read_and_written(
        "dia-long",
        [0x8_0000_0000, 2],
        form,
        Array::from_vec(vec![0i64, 1], &[1, 2]).unwrap(),
    );
}

#[test]
fn duplicates_and_unsorted_columns_stay_as_they_are() {
    let form = Form::Coo { row: vec![2, 2], col: vec![3, 3] };
    assert_read_and_written("coo-duplicates", [5, 5], form, line(&[10, 20]));
    let form = Form::Csr { indptr: vec![0, 2, 3, 5], indices: vec![2, 0, 1, 2, 0] };
    assert_read_and_written("csr-unsorted", [3, 3], form, line(&[2, 2, 1, 2, 2]));
}

#[test]
fn blocks_in_fortran_order_are_read() {
    let matrix = Sparse::read(path("bsr-fortran")).unwrap();
    assert_eq!((&matrix, matrix.data().natural_order()), (&Sparse::read(path("bsr")).unwrap(), Order::F));
}

#[test]
fn data_of_the_wrong_rank_is_refused() {
    let error = Sparse::read(path("bsr-two-dimensions")).unwrap_err();
    assert_eq!(arr_conformance::said(&error), "npz: data: it has 2 dimensions, bsr has 3");
}
