//! Arrays of every dtype, in files and in memory; records; archives.

use std::fmt::Debug;

use arr_io::npy::{self, Npz, WriteOptions};
use arr_io::{
    Array, ByteOrder, Casting, DType, Element, ErrorKind, Limits, Order, Record, TimeBase, TimeUnit,
};
use half::{bf16, f16};
use ndarray::{Array2, ArrayD, Ix1, Ix2, IxDyn, ShapeBuilder};
use num_complex::Complex;
use proptest::prelude::*;

use crate::{file, with_text};

/// Through a file and through memory, with a dtype known in advance and without, the array comes back bit by bit.
#[track_caller]
fn assert_goes_round<T: Element + Debug>(values: Vec<T>, shape: &[usize], descr: &str) {
    let array = Array::from_vec(values, shape).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("x.npy");
    arr_io::save(&path, &array).unwrap();
    let header = npy::read_file_header(&path).unwrap();
    assert_eq!((header.dtype().to_string().as_str(), header.shape()), (descr, shape));
    let typed: ArrayD<T> = npy::read_typed(&path).unwrap();
    assert_eq!(typed.shape(), shape);
    assert!(Array::from_ndarray(typed).unwrap().bits_equal(&array));
    let found = arr_io::open(&path).unwrap();
    assert_eq!((found.shape(), found.dtype().order_of::<T>().is_some()), (shape, true));
    let mut bytes = Vec::new();
    npy::write_to(&mut bytes, &array).unwrap();
    assert_eq!(bytes, std::fs::read(&path).unwrap());
    let read = npy::read_from(&mut &bytes[..]).unwrap();
    assert!(Array::from_vec(read.to_vec::<T>().unwrap(), shape).unwrap().bits_equal(&array));
}

#[test]
#[cfg(target_endian = "little")]
fn numbers_of_every_kind_go_round() {
    assert_goes_round(vec![1.0f64, 2.0, 3.0], &[3], "<f8");
    assert_goes_round(vec![1.0f64, 2.0, 3.0, 4.0, 5.0, 6.0], &[2, 3], "<f8");
    assert_goes_round(vec![1.0f32, 2.0, 3.0, 4.0, 5.0, 6.0], &[2, 3], "<f4");
    assert_goes_round(vec![10i32, -20, 30], &[3], "<i4");
    assert_goes_round(vec![i64::MIN, 0, i64::MAX], &[3], "<i8");
    assert_goes_round(vec![0u8, 128, 255], &[3], "|u1");
    assert_goes_round(vec![true, false, true, true, false], &[5], "|b1");
    let halves: Vec<f16> = (0..12u8).map(|at| f16::from_f32(f32::from(at) * 0.25 - 1.0)).collect();
    assert_goes_round(halves.clone(), &[3, 4], "<f2");
    assert_goes_round(halves, &[12], "<f2");
}

#[test]
#[cfg(target_endian = "little")]
fn complex_numbers_go_round_with_nan_and_infinities() {
    let single = vec![
        Complex::new(1.0f32, 2.0),
        Complex::new(-3.5, 4.25),
        Complex::new(0.0, -7.25),
        Complex::new(f32::INFINITY, f32::NEG_INFINITY),
    ];
    assert_goes_round(single.clone(), &[4], "<c8");
    assert_goes_round(single, &[2, 2], "<c8");
    let double = vec![
        Complex::new(f64::NAN, 0.0),
        Complex::new(0.0, f64::NAN),
        Complex::new(f64::INFINITY, f64::NEG_INFINITY),
        Complex::new(0.0, -0.0),
        Complex::new(0.5, -0.25),
        Complex::new(1e300, -1e-300),
    ];
    assert_goes_round(double, &[2, 3], "<c16");
}

#[test]
fn bfloat16_goes_round_as_numpy_stores_it() {
    let values: Vec<bf16> = [0.0, 1.0, -1.5, 2.25, 3.5, -0.125].map(bf16::from_f32).to_vec();
    assert_goes_round(values.clone(), &[6], "|V2");
    assert_goes_round(values.clone(), &[2, 3], "|V2");
    let bytes = npy::to_bytes(&values).unwrap();
    assert!(String::from_utf8_lossy(&bytes[..128]).contains("'descr': '<V2'"));
    assert!("<bf16".parse::<DType>().is_err(), "NumPy has no such name");
    let numbers = npy::read_bytes(&bytes).unwrap().with_dtype(DType::of::<bf16>()).unwrap();
    assert_eq!(numbers.cast(&DType::of::<f32>(), Casting::Safe).unwrap().to_vec::<f32>().unwrap()[2], -1.5);
}

#[test]
fn floats_of_8_bits_are_read_and_written_as_their_bits() {
    let bits = vec![0x38u8, 0xB8, 0x7E];
    let array = Array::from_vec(bits.clone(), &[3]).unwrap().with_dtype(DType::Void(1)).unwrap();
    let back = npy::read_bytes(&npy::to_bytes(&array).unwrap()).unwrap();
    assert_eq!((back.dtype(), back.to_vec::<u8>().unwrap()), (&DType::Void(1), bits));
}

#[test]
fn dates_and_durations_go_round_with_not_a_time() {
    let unit = TimeUnit::Of(TimeBase::Nanosecond, 1);
    let ticks = [Some(0), None, Some(1_700_000_000_000_000_000), Some(-1)];
    for (array, descr) in [
        (Array::from_dates(unit, &ticks).unwrap(), "M8[ns]"),
        (Array::from_durations(unit, &ticks).unwrap(), "m8[ns]"),
    ] {
        let bytes = npy::to_bytes(&array).unwrap();
        assert!(String::from_utf8_lossy(&bytes[..128]).contains(descr));
        let back = npy::read_bytes(&bytes).unwrap();
        assert!(back.bits_equal(&array));
        assert_eq!(back.to_ticks().unwrap(), (unit, ticks.to_vec()));
    }
}

#[test]
fn another_dtype_or_rank_than_was_asked_for_is_an_error() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("x.npy");
    arr_io::save(&path, &[1.0f64, 2.0, 3.0]).unwrap();
    assert_eq!(npy::read_typed::<f32, Ix1>(&path).unwrap_err().kind(), ErrorKind::Mismatch);
    assert_eq!(npy::read_typed::<f64, Ix2>(&path).unwrap_err().kind(), ErrorKind::Mismatch);
    assert_eq!(npy::read_typed::<f64, IxDyn>(&path).unwrap().shape(), [3]);
}

#[test]
fn an_array_in_fortran_order_has_the_same_values() {
    let stored: Vec<u8> =
        [1.0f64, 4.0, 2.0, 5.0, 3.0, 6.0].iter().flat_map(|value| value.to_le_bytes()).collect();
    let array = npy::read_from(&mut &file("'<f8'", true, "(2, 3)", &stored)[..]).unwrap();
    assert_eq!(array.to_vec::<f64>().unwrap(), [1.0, 2.0, 3.0, 4.0, 5.0, 6.0]);
    let own = Array2::from_shape_vec((2, 3).f(), vec![1.0f64, 4.0, 2.0, 5.0, 3.0, 6.0]).unwrap();
    let back: Array2<f64> = npy::read_bytes(&npy::to_bytes(&own).unwrap()).unwrap().to_typed().unwrap();
    assert_eq!(back, own);
}

#[test]
fn files_of_the_other_byte_order_are_read() {
    let floats: Vec<u8> = [1.5f64, 2.25, -4.75].iter().flat_map(|value| value.to_be_bytes()).collect();
    let array = npy::read_bytes(&file("'>f8'", false, "(3,)", &floats)).unwrap();
    assert_eq!(
        (array.dtype().byte_order(), array.to_vec::<f64>().unwrap()),
        (Some(ByteOrder::Big), vec![1.5, 2.25, -4.75])
    );
    let numbers: Vec<u8> = [1i32, -2, 1000, i32::MAX].iter().flat_map(|value| value.to_be_bytes()).collect();
    let array = npy::ReadOptions::new().native().read_bytes(&file("'>i4'", false, "(4,)", &numbers)).unwrap();
    assert_eq!(array.as_slice::<i32>().unwrap(), [1, -2, 1000, i32::MAX]);
}

#[test]
fn broken_files_are_errors_that_say_why() {
    let error = |bytes: &[u8]| npy::read_from(&mut &bytes[..]).unwrap_err();
    let other = error(b"NOT_NPY_FILE_DATA_HERE");
    assert!(other.to_string().contains("do not begin with \\x93NUMPY"), "{other}");
    assert_eq!(error(b"\x93NUMPY\x01\x00").kind(), ErrorKind::Malformed);
    assert_eq!(error(b"").kind(), ErrorKind::Malformed);
    let version = error(&with_text("0123456789", [9, 0], &[]));
    assert!(version.to_string().contains("version"), "{version}");
    let cut = error(&file("'<f8'", false, "(100,)", &[0; 24]));
    assert_eq!((cut.kind(), cut.offset()), (ErrorKind::Malformed, Some(128)));
}

#[derive(Record, Clone, Debug, PartialEq)]
struct Point {
    x: f64,
    y: f64,
    label: i32,
}

#[test]
fn records_go_round_and_other_files_are_no_records() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("points.npy");
    let points = [Point { x: 1.0, y: 2.0, label: 10 }, Point { x: -3.5, y: 4.25, label: -1 }];
    npy::save_records(&path, &points).unwrap();
    assert_eq!(npy::read_records::<Point>(&path).unwrap(), points);
    let mut bytes = Vec::new();
    npy::write_records_to(&mut bytes, &points).unwrap();
    assert_eq!(npy::read_records_from::<Point>(&mut &bytes[..]).unwrap(), points);
    arr_io::save(&path, &[1.0f64, 2.0, 3.0]).unwrap();
    let error = npy::read_records::<Point>(&path).unwrap_err();
    assert!(error.to_string().contains("an array of <f8 has no fields"), "{error}");
}

#[test]
fn the_header_of_an_array_is_what_it_is_written_with() {
    let array = Array::from_vec(vec![1.0f64; 6], &[2, 3]).unwrap();
    let header = npy::Header::new(array.dtype().clone(), array.shape(), array.natural_order()).unwrap();
    assert_eq!((header.dtype(), header.fortran_order(), header.shape()), (array.dtype(), false, &[2, 3][..]));
    assert!(npy::to_bytes(&array).unwrap().starts_with(&header.to_bytes(None).unwrap()));
    let bytes = WriteOptions::new().to_bytes(&[10i32, 20, 30]).unwrap();
    let back = npy::read_from(&mut &bytes[..]).unwrap();
    assert_eq!((back.shape(), back.dtype()), (&[3][..], &DType::of::<i32>()));
}

#[test]
fn archives_hold_arrays_of_several_dtypes() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("x.npz");
    let a = Array::from_vec(vec![1.0, 2.0, 3.0], &[3]).unwrap();
    let b = Array::from_vec(vec![10i32, 20, 30, 40], &[2, 2]).unwrap();
    for compressed in [false, true] {
        let save = if compressed { npy::save_npz_compressed } else { npy::save_npz };
        save(&path, [("a", &a), ("b", &b)]).unwrap();
        let npz = Npz::open(&path).unwrap();
        assert_eq!((npz.len(), npz.is_empty()), (2, false));
        assert_eq!(npz.names().collect::<Vec<_>>(), ["a", "b"]);
        for (name, expected) in [("b", &b), ("a", &a), ("b", &b)] {
            assert_eq!(npz.get(name).unwrap(), *expected, "in any order, as often as wanted");
        }
        assert!(npz.get("nonexistent").is_err());
        let bytes = std::fs::read(&path).unwrap();
        let memory = Npz::from_buffer(bytes.into(), &Limits::default()).unwrap();
        assert_eq!(memory.get("a").unwrap(), a);
    }
}

#[test]
fn an_archive_may_have_no_members() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("x.npz");
    npy::save_npz::<&str, Array>(&path, []).unwrap();
    let npz = Npz::open(&path).unwrap();
    assert!(npz.is_empty() && npz.into_iter().next().is_none());
    assert_eq!(npz.len(), 0);
}

/// Any values of a type come back, through the same bytes.
fn comes_back<T: Element>(values: &[T], shape: &[usize]) -> bool {
    let array = Array::from_vec(values.to_vec(), shape).unwrap();
    let read = npy::read_from(&mut &npy::to_bytes(&array).unwrap()[..]).unwrap();
    read.shape() == shape && read.bits_equal(&array)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_numbers_come_back(
        f64s in prop::collection::vec(any::<f64>(), 0..100), f32s in prop::collection::vec(any::<f32>(), 0..100),
        i64s in prop::collection::vec(any::<i64>(), 0..100), i32s in prop::collection::vec(any::<i32>(), 0..100),
        i16s in prop::collection::vec(any::<i16>(), 0..100), u8s in prop::collection::vec(any::<u8>(), 0..100),
        u16s in prop::collection::vec(any::<u16>(), 0..100), u32s in prop::collection::vec(any::<u32>(), 0..100),
        u64s in prop::collection::vec(any::<u64>(), 0..100), flags in prop::collection::vec(any::<bool>(), 0..100),
    ) {
        prop_assert!(comes_back(&f64s, &[f64s.len()]) && comes_back(&f32s, &[f32s.len()]));
        prop_assert!(comes_back(&i64s, &[i64s.len()]) && comes_back(&i32s, &[i32s.len()]));
        prop_assert!(comes_back(&i16s, &[i16s.len()]) && comes_back(&u8s, &[u8s.len()]));
        prop_assert!(comes_back(&u16s, &[u16s.len()]) && comes_back(&u32s, &[u32s.len()]));
        prop_assert!(comes_back(&u64s, &[u64s.len()]) && comes_back(&flags, &[flags.len()]));
    }

    #[test]
    fn any_shape_comes_back(rows in 0usize..10, columns in 0usize..10, seed in any::<u32>()) {
        let values: Vec<f64> = (0..rows * columns).map(|at| f64::from(seed) * at as f64).collect();
        prop_assert!(comes_back(&values, &[rows, columns]));
        let array = Array::from_vec(values, &[rows, columns]).unwrap();
        let fortran = npy::read_bytes(&WriteOptions::new().order(Order::F).to_bytes(&array).unwrap()).unwrap();
        prop_assert_eq!(fortran, array);
    }
}

#[test]
fn an_array_of_no_items_comes_back() {
    assert!(comes_back::<f64>(&[], &[0]));
}
