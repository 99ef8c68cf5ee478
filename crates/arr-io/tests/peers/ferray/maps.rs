//! Mapped files.

use std::path::PathBuf;

use arr_io::npy;
use arr_io::{Array, ErrorKind, Order};
use ndarray::{ArrayView2, ArrayView3, Ix2};

use crate::{map, map_mut, map_private};

/// A file of its own with an array in it.
fn saved<T: arr_io::Element>(values: &[T], shape: &[usize]) -> (tempfile::TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("x.npy");
    arr_io::save(&path, &Array::from_vec(values.to_vec(), shape).unwrap()).unwrap();
    (folder, path)
}

#[test]
fn a_mapped_file_has_the_shape_and_the_values() {
    let values: Vec<f64> = (0..12).map(|at| f64::from(at) + 0.5).collect();
    for shape in [&[12usize][..], &[3, 4], &[2, 3, 2]] {
        let (_folder, path) = saved(&values, shape);
        let mapped = map(&path).unwrap();
        assert_eq!((mapped.shape(), mapped.as_slice::<f64>().unwrap()), (shape, &values[..]));
        assert_eq!(mapped.typed::<f64>().unwrap().iter().copied().collect::<Vec<_>>(), values);
    }
}

#[test]
fn a_mapped_file_is_copied_into_an_array_of_its_own() {
    let (_folder, path) = saved(&[10i32, 20, 30], &[3]);
    let owned = map(&path).unwrap().to_vec::<i32>().unwrap();
    std::fs::remove_file(&path).unwrap();
    assert_eq!(owned, [10, 20, 30]);
    let (_folder, path) = saved(&[0.5f32; 15], &[3, 5]);
    let owned: ndarray::Array2<f32> = map(&path).unwrap().to_typed().unwrap();
    assert_eq!((owned.shape(), owned.sum()), (&[3, 5][..], 7.5));
}

#[test]
fn a_mapped_file_is_seen_without_a_copy() {
    let values: Vec<f64> = (0..24).map(f64::from).collect();
    let (_folder, path) = saved(&values, &[2, 3, 4]);
    let mapped = map(&path).unwrap();
    let view = ArrayView3::<f64>::try_from(&mapped).unwrap();
    assert_eq!((view.shape(), view.strides()), (&[2, 3, 4][..], &[12, 4, 1][..]));
    assert_eq!(view.as_ptr(), mapped.as_slice::<f64>().unwrap().as_ptr());
    assert_eq!(view.iter().copied().collect::<Vec<_>>(), values);
}

#[test]
fn changes_of_a_mapped_file_reach_it() {
    let (_folder, path) = saved(&[1.0f64, 2.0, 3.0, 4.0, 5.0, 6.0], &[2, 3]);
    let mut mapped = map_mut(&path).unwrap();
    mapped.typed_mut::<f64>().unwrap()[[1, 2]] = -42.0;
    mapped.flush().unwrap();
    assert_eq!(ArrayView2::<f64>::try_from(&mapped).unwrap()[[1, 2]], -42.0);
    assert_eq!(mapped.to_vec::<f64>().unwrap()[5], -42.0);
    assert_eq!(map(&path).unwrap().get::<f64>(&[1, 2]).unwrap(), -42.0);
    drop(mapped);
    let read = npy::read_typed::<f64, Ix2>(&path).unwrap();
    assert_eq!(read, ndarray::array![[1.0, 2.0, 3.0], [4.0, 5.0, -42.0]]);
}

#[test]
fn changes_of_a_private_map_stay_in_memory() {
    let values = [10.0f64, 20.0, 30.0, 40.0];
    let (_folder, path) = saved(&values, &[2, 2]);
    let mut mapped = map_private(&path).unwrap();
    mapped.typed_mut::<f64>().unwrap()[[1, 1]] = 999.0;
    assert_eq!((mapped.shape(), mapped.get::<f64>(&[1, 1]).unwrap()), (&[2, 2][..], 999.0));
    drop(mapped);
    assert_eq!(npy::read(&path).unwrap().to_vec::<f64>().unwrap(), values);
}

#[test]
fn a_mapped_file_of_another_dtype_is_no_view() {
    let (_folder, path) = saved(&[1.0f64, 2.0], &[2]);
    let mapped = map(&path).unwrap();
    assert_eq!(mapped.as_slice::<f32>().unwrap_err().kind(), ErrorKind::Mismatch);
    assert_eq!(mapped.as_bytes(Order::C).unwrap().len(), 16);
}
