//! Sparse matrices: what scipy wrote is read and written again as scipy writes it, and what does not fit together is
//! refused.
#![cfg(feature = "npz")]
#![allow(clippy::unwrap_used, reason = "a failed assumption is a failed test")]

use std::path::PathBuf;

use arr_core::{Array, ErrorKind, Limits, Order};
use arr_npy::npz::sparse::{Form, Sparse};
use arr_npy::{Npz, NpzWriter, save_npz};
use num_complex::Complex;
use serde_json::Value;

fn fixture(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../fixtures/scipy/npz").join(name)
}

fn told() -> serde_json::Map<String, Value> {
    let text = std::fs::read_to_string(fixture("dense.json")).unwrap();
    serde_json::from_str::<Value>(&text).unwrap().as_object().unwrap().clone()
}

/// The values of a dense matrix as numbers of 64 bits; those of complex numbers in pairs.
fn numbers(dense: &Array) -> Vec<f64> {
    match dense.dtype().to_string().as_str() {
        "<c16" => {
            dense.to_vec::<Complex<f64>>().unwrap().iter().flat_map(|value| [value.re, value.im]).collect()
        }
        "|b1" => dense.to_vec::<bool>().unwrap().into_iter().map(f64::from).collect(),
        _ => dense.cast_checked(&"<f8".parse().unwrap()).unwrap().to_vec().unwrap(),
    }
}

/// A matrix of two rows and three columns.
fn small() -> Sparse {
    let form = Form::Csr { indptr: vec![0, 2, 3], indices: vec![0, 2, 1] };
    Sparse::new([2, 3], form, Array::from_vec(vec![1i32, 4, 2], &[3]).unwrap()).unwrap()
}

#[test]
fn every_format_has_the_values_that_scipy_sees() {
    let told = told();
    for (name, facts) in &told {
        let matrix = Sparse::read(fixture(&format!("{name}.npz"))).unwrap();
        assert_eq!(matrix.form().name(), facts["format"], "{name}");
        assert_eq!(
            matrix.shape().to_vec(),
            serde_json::from_value::<Vec<usize>>(facts["shape"].clone()).unwrap()
        );
        assert_eq!(matrix.data().dtype().to_string(), facts["dtype"], "{name}");
        assert_eq!(matrix.is_array(), name.ends_with("-array"), "{name}");
        if facts.get("values").is_some() {
            let values: Vec<f64> = serde_json::from_value(facts["values"].clone()).unwrap();
            let dense = matrix.to_dense(&Limits::default()).unwrap();
            assert_eq!((dense.shape(), numbers(&dense)), (&matrix.shape()[..], values), "{name}");
        }
    }
    assert!(told.len() > 15);
}

#[test]
fn what_is_written_again_is_what_scipy_wrote() {
    let folder = tempfile::tempdir().unwrap();
    for name in told().keys().filter(|name| *name != "csr-reserve") {
        let (theirs, ours) = (fixture(&format!("{name}.npz")), folder.path().join("ours.npz"));
        let matrix = Sparse::read(&theirs).unwrap();
        matrix.save(&ours).unwrap();
        assert_eq!(Sparse::read(&ours).unwrap(), matrix, "{name}");
        let (theirs, ours) = (Npz::open(theirs).unwrap(), Npz::open(&ours).unwrap());
        assert_eq!(theirs.names().collect::<Vec<_>>(), ours.names().collect::<Vec<_>>(), "{name}");
        for (theirs, ours) in theirs.members().zip(&ours) {
            let (theirs, ours) = (theirs.read_bytes().unwrap(), ours.read_bytes().unwrap());
            assert!(*theirs == *ours, "{name}: {:?} and {:?}", arr_npy::view(&theirs), arr_npy::view(&ours));
        }
    }
}

#[test]
fn archives_of_other_versions_are_the_same_matrices() {
    let read = |name| Sparse::read(fixture(name)).unwrap();
    assert_eq!(read("csr-compressed.npz"), read("csr.npz"));
    assert_eq!(read("csr-text-format.npz"), read("csr.npz"));
    assert_eq!(read("csr-reserve.npz"), read("csr.npz"), "what is behind the last row is not a value");
    assert_eq!(read("coo-coords.npz"), read("coo-array.npz"));
    let fortran = read("bsr-fortran.npz");
    assert_eq!(fortran, read("bsr.npz"));
    assert_eq!(fortran.triplets::<i64>().unwrap(), read("bsr.npz").triplets::<i64>().unwrap());
}

#[test]
fn triplets_are_given_in_the_order_in_which_they_are_stored() {
    let read = |name| Sparse::read(fixture(name)).unwrap();
    let rows = read("csr.npz").triplets::<i64>().unwrap();
    assert_eq!(rows, [(0, 0, 1), (0, 2, 4), (1, 1, 2), (2, 0, 6), (2, 2, 7)]);
    assert_eq!(
        read("csc.npz").triplets::<i64>().unwrap(),
        [(0, 0, 1), (2, 0, 6), (1, 1, 2), (0, 2, 4), (2, 2, 7)]
    );
    assert_eq!(read("coo-duplicates.npz").triplets::<i64>().unwrap(), [(2, 3, 10), (2, 3, 20)]);
    assert_eq!(read("coo-long.npz").triplets::<i64>().unwrap(), [(1 << 34, 4, 3), (3, 1 << 33, 1)]);
    assert_eq!(
        read("dia-long.npz").triplets::<i64>().unwrap(),
        [((1 << 35) - 3, 0, 0), ((1 << 35) - 2, 1, 1)]
    );
    let unsorted = read("csr-unsorted.npz").triplets::<i64>().unwrap();
    assert_eq!(unsorted, [(0, 2, 2), (0, 0, 2), (1, 1, 1), (2, 2, 2), (2, 0, 2)]);
    assert_eq!(read("csr.npz").triplets::<i32>().unwrap_err().kind(), ErrorKind::Mismatch);
}

#[test]
fn a_large_shape_of_few_values_is_a_limit_and_not_memory() {
    let long = Sparse::read(fixture("coo-long.npz")).unwrap();
    assert_eq!(long.to_dense(&Limits::default()).unwrap_err().kind(), ErrorKind::LimitExceeded);
    let wide = Sparse::new(
        [1 << 16, 1 << 16],
        Form::Coo { row: vec![0], col: vec![0] },
        Array::from_vec(vec![1u8], &[1]).unwrap(),
    );
    let error = wide.unwrap().to_dense(&Limits::default()).unwrap_err();
    assert_eq!(
        error.to_string(),
        "npz: 1 bytes that expand to 4294967296 exceed the maximal expansion ratio of 200"
    );
    assert!(small().to_dense(&Limits::default().max_bytes(23)).is_err());
    assert!(small().to_dense(&Limits::default().max_bytes(24)).is_ok());
}

#[test]
fn sums_wrap_around_and_texts_have_none() {
    let twice = |data| Sparse::new([1, 1], Form::Coo { row: vec![0, 0], col: vec![0, 0] }, data).unwrap();
    let dense = |data| twice(data).to_dense(&Limits::default()).unwrap();
    assert_eq!(dense(Array::from_vec(vec![200u8, 100], &[2]).unwrap()).to_vec::<u8>().unwrap(), [44]);
    assert_eq!(dense(Array::from_vec(vec![-100i8, -100], &[2]).unwrap()).to_vec::<i8>().unwrap(), [56]);
    assert_eq!(dense(Array::from_vec(vec![true, true], &[2]).unwrap()).to_vec::<bool>().unwrap(), [true]);
    let big =
        Array::from_vec(vec![1.5f32, 2.0], &[2]).unwrap().to_byte_order(arr_core::ByteOrder::Big).unwrap();
    assert_eq!(dense(big).to_vec::<f32>().unwrap(), [3.5]);
    let texts = twice(Array::from_strings(&["a", "b"]).unwrap());
    assert_eq!(texts.to_dense(&Limits::default()).unwrap_err().kind(), ErrorKind::Unsupported);
}

#[test]
fn a_matrix_that_does_not_fit_together_is_not_made() {
    let make = |form| Sparse::new([2, 3], form, Array::from_vec(vec![1u8, 2, 3], &[3]).unwrap());
    let csr = |indptr: &[usize], indices: &[usize]| {
        make(Form::Csr { indptr: indptr.to_vec(), indices: indices.to_vec() }).unwrap_err().to_string()
    };
    assert_eq!(csr(&[0, 2], &[0, 1, 2]), "npz: indptr: it has 2 items, it has to have one more than 2");
    assert_eq!(csr(&[], &[0, 1, 2]), "npz: indptr: it has 0 items, it has to have one more than 2");
    assert_eq!(csr(&[1, 2, 3], &[0, 1, 2]), "npz: indptr: the first item is 1, it has to be 0");
    assert_eq!(csr(&[0, 2, 1], &[0, 1, 2]), "npz: indptr: item 2 is less than the one before it");
    assert_eq!(csr(&[0, 2, 4], &[0, 1, 2]), "npz: indptr: the last item is 4, the data has 3");
    assert_eq!(csr(&[0, 2, 3], &[0, 1]), "npz: indices: it has 2 items, the data has 3");
    assert_eq!(csr(&[0, 2, 3], &[0, 1, 3]), "npz: indices: item 2 is 3, which is outside a dimension of 3");
    let columns = make(Form::Csc { indptr: vec![0, 1, 2, 3], indices: vec![0, 1, 2] }).unwrap_err();
    assert_eq!(columns.to_string(), "npz: indices: item 2 is 2, which is outside a dimension of 2");
    assert_eq!(columns.kind(), ErrorKind::InvalidArgument);
    let coo = |row: &[usize], col: &[usize]| {
        make(Form::Coo { row: row.to_vec(), col: col.to_vec() }).unwrap_err().to_string()
    };
    assert_eq!(coo(&[0, 1], &[0, 1, 2]), "npz: row: it has 2 items, the data has 3");
    assert_eq!(coo(&[0, 1, 2], &[0, 1, 2]), "npz: row: item 2 is 2, which is outside a dimension of 2");
    let blocks = |shape: &[usize]| {
        let data = Array::from_vec(vec![0u8; shape.iter().product()], shape).unwrap();
        let form = Form::Bsr { indptr: vec![0, 1, 1], indices: vec![0] };
        Sparse::new([2, 3], form, data).unwrap_err().to_string()
    };
    assert_eq!(blocks(&[1, 1, 2]), "npz: data: blocks of 1 x 2 do not divide a shape of 2 x 3");
    assert_eq!(blocks(&[1, 0, 3]), "npz: data: blocks of 0 x 3 do not divide a shape of 2 x 3");
    assert_eq!(blocks(&[1, 3]), "npz: data: it has 2 dimensions, bsr has 3");
    let diagonals = Sparse::new(
        [2, 3],
        Form::Dia { offsets: vec![1, 1] },
        Array::from_vec(vec![0u8; 6], &[2, 3]).unwrap(),
    );
    assert_eq!(diagonals.unwrap_err().to_string(), "npz: offsets: 1 occurs twice");
}

/// What reading says of the members of a small matrix, of which one is another.
fn refused(name: &str, member: Option<Array>) -> String {
    let folder = tempfile::tempdir().unwrap();
    let (path, changed) = (folder.path().join("x.npz"), folder.path().join("y.npz"));
    small().save(&path).unwrap();
    let mut writer = NpzWriter::create(&changed).unwrap();
    for (key, array) in Npz::open(&path).unwrap().read_all().unwrap() {
        match &member {
            Some(member) if key == name => writer.add(&key, member).unwrap(),
            None if key == name => {}
            _ => writer.add(&key, &array).unwrap(),
        }
    }
    writer.finish().unwrap();
    arr_conformance::said(&Sparse::read(&changed).unwrap_err())
}

#[test]
fn members_that_do_not_fit_together_are_refused_by_name() {
    let line = |values: &[i64]| Some(Array::from_vec(values.to_vec(), &[values.len()]).unwrap());
    let text = |text: &str| Some(Array::from_strings(&[text]).unwrap());
    assert_eq!(refused("indptr", line(&[0, 2, 1])), "npz: indptr: item 2 is less than the one before it");
    assert_eq!(
        refused("indices", line(&[0, 2, 3])),
        "npz: indices: item 2 is 3, which is outside a dimension of 3"
    );
    assert_eq!(
        refused("indices", line(&[0, -2, 1])),
        "npz: indices: item 1 is -2, which is no index on this machine"
    );
    assert_eq!(
        refused("shape", line(&[i64::MAX, 3])),
        format!("npz: indptr: it has 3 items, it has to have one more than {}", i64::MAX)
    );
    assert_eq!(refused("shape", line(&[2, 3, 4])), "npz: shape: 3 dimensions, a matrix has two");
    assert_eq!(
        refused("shape", line(&[2, -3])),
        "npz: shape: item 1 is -3, which is no index on this machine"
    );
    assert_eq!(refused("data", line(&[1, 2])), "npz: indices: it has 3 items, the data has 2");
    assert_eq!(refused("format", text("lil")), "npz: format: \"lil\" is not a format of sparse matrices");
    assert_eq!(refused("format", text("coo")), "npz: the archive has no member 'row': it has 5 members");
    assert_eq!(refused("format", line(&[1])), "npz: the items are not strings but <i8");
    assert_eq!(refused("format", None), "npz: the archive has no member 'format': it has 4 members");
    let floats = Some(Array::from_vec(vec![0.0, 2.0, 3.0], &[3]).unwrap());
    assert_eq!(refused("indptr", floats), "npz: indptr: it has items of <f8, not whole numbers");
    let square = Some(Array::from_vec(vec![0i32; 4], &[2, 2]).unwrap());
    assert_eq!(refused("indices", square), "npz: indices: it has 2 dimensions, not one");
    let none = Some(Array::from_strings::<&str>(&[]).unwrap());
    assert_eq!(refused("format", none), "npz: format: it is not one text");
    let error = |name| arr_conformance::said(&Sparse::read(fixture(name)).unwrap_err());
    assert_eq!(error("bsr-two-dimensions.npz"), "npz: data: it has 2 dimensions, bsr has 3");
    assert_eq!(error("coo-three-dimensions.npz"), "npz: shape: 3 dimensions, a matrix has two");
}

#[test]
fn a_matrix_lies_beside_other_members_and_comes_apart() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("x.npz");
    let mut writer = NpzWriter::create(&path).unwrap();
    writer.add("bias", &[1.0f32, 2.0]).unwrap();
    small().array(true).write_to(&mut writer).unwrap();
    writer.finish().unwrap();
    let npz = Npz::open(&path).unwrap();
    let matrix = Sparse::from_npz(&npz).unwrap();
    assert!(matrix.is_array() && npz.get("bias").unwrap().len() == 2);
    let (shape, form, data) = matrix.into_parts();
    assert_eq!((shape, form.name(), data.as_bytes(Order::C).unwrap().len()), ([2, 3], "csr", 12));
    save_npz(&path, [("x", vec![1u8])]).unwrap();
    assert!(Sparse::read(&path).is_err());
}
