//! What ndarray-npy asserts: arrays of `ndarray` are written as NumPy writes them, read, and seen in place.

use std::fmt::Debug;
use std::io::{Read, Seek, SeekFrom, Write};

use arr_conformance::own_file;
use arr_io::npy::{self, Npz, NpzWriter, WriteOptions};
use arr_io::{
    Array, ArrayView, AsArray, DType, Element, Error, ErrorKind, Order, Result, SaveOptions, Scalar,
};
use ndarray::{
    Array2, Array3, ArrayD, ArrayRef, ArrayView3, Axis, Dimension, Ix3, ShapeBuilder, Slice, array, aview0,
};
use num_complex::Complex;

use crate::{Placed, file, map, map_mut};

/// 0 to 23.
fn counted() -> Array3<f64> {
    Array3::from_shape_fn((2, 3, 4), |(i, j, k)| (12 * i + 4 * j + k) as f64)
}

/// The same with imaginary parts.
fn counted_complex() -> Array3<Complex<f64>> {
    counted().mapv(|value| Complex::new(value, 0.5 - value))
}

fn bytes_of(values: impl IntoIterator<Item = f64>) -> Vec<u8> {
    values.into_iter().flat_map(f64::to_le_bytes).collect()
}

fn parts(values: impl IntoIterator<Item = Complex<f64>>) -> Vec<u8> {
    bytes_of(values.into_iter().flat_map(|value| [value.re, value.im]))
}

/// Both kinds of `ndarray` arrays, owned and by reference, give this file.
#[track_caller]
fn assert_written<T: Element, D: Dimension>(array: &ndarray::Array<T, D>, expected: &[u8]) {
    let by_reference: &ArrayRef<T, D> = array;
    assert!(npy::to_bytes(array).unwrap() == expected);
    assert!(npy::to_bytes(by_reference).unwrap() == expected);
    let mut written = Vec::new();
    npy::write_to(&mut written, &by_reference.view()).unwrap();
    assert!(written == expected);
}

#[test]
#[cfg(target_endian = "little")]
fn standard_arrays_are_written_as_numpy_writes_them() {
    assert_written(&counted(), &file("'<f8'", false, "(2, 3, 4)", &bytes_of(counted())));
    assert_written(&counted_complex(), &file("'<c16'", false, "(2, 3, 4)", &parts(counted_complex())));
}

#[test]
#[cfg(target_endian = "little")]
fn fortran_arrays_are_written_as_numpy_writes_them() {
    let mut real = Array3::zeros((2, 3, 4).f());
    real.assign(&counted());
    assert_written(&real, &file("'<f8'", true, "(2, 3, 4)", &bytes_of(real.t().iter().copied())));
    let mut complex = Array3::zeros((2, 3, 4).f());
    complex.assign(&counted_complex());
    assert_written(&complex, &file("'<c16'", true, "(2, 3, 4)", &parts(complex.t().iter().copied())));
}

/// An array with the values of another, in every second place of memory and with its axes in another order.
fn with_holes<T: Element + num_complex::ComplexFloat>(values: &Array3<T>) -> Array3<T> {
    let mut holes = Array3::from_elem((3, 4, 4), T::zero());
    holes.slice_axis_inplace(Axis(1), Slice::new(0, None, 2));
    holes.swap_axes(0, 1);
    holes.assign(values);
    holes
}

#[test]
#[cfg(target_endian = "little")]
fn arrays_with_holes_are_written_in_c_order() {
    let real = with_holes(&counted());
    assert!(real.as_slice_memory_order().is_none());
    assert_written(&real, &file("'<f8'", false, "(2, 3, 4)", &bytes_of(counted())));
    let complex = with_holes(&counted_complex());
    assert_written(&complex, &file("'<c16'", false, "(2, 3, 4)", &parts(counted_complex())));
}

#[test]
fn standard_files_of_both_byte_orders_are_read() {
    let big: Vec<u8> = counted().into_iter().flat_map(f64::to_be_bytes).collect();
    for bytes in
        [file("'<f8'", false, "(2, 3, 4)", &bytes_of(counted())), file("'>f8'", false, "(2, 3, 4)", &big)]
    {
        let array: Array3<f64> = npy::read_from(&mut &bytes[..]).unwrap().to_typed().unwrap();
        assert!(array == counted() && array.is_standard_layout());
    }
    let big = counted_complex().into_iter().flat_map(|value| [value.re, value.im]).flat_map(f64::to_be_bytes);
    for bytes in [
        file("'<c16'", false, "(2, 3, 4)", &parts(counted_complex())),
        file("'>c16'", false, "(2, 3, 4)", &big.collect::<Vec<_>>()),
    ] {
        let array: Array3<Complex<f64>> = npy::read_from(&mut &bytes[..]).unwrap().try_into().unwrap();
        assert!(array == counted_complex() && array.is_standard_layout());
    }
}

#[test]
fn fortran_files_are_read_in_their_own_order() {
    let reversed = counted().reversed_axes();
    let little = bytes_of(reversed.iter().copied());
    let big: Vec<u8> = reversed.iter().flat_map(|value| value.to_be_bytes()).collect();
    for bytes in [file("'<f8'", true, "(2, 3, 4)", &little), file("'>f8'", true, "(2, 3, 4)", &big)] {
        let array: Array3<f64> = npy::read_from(&mut &bytes[..]).unwrap().to_typed().unwrap();
        assert!(array == counted() && array.t().is_standard_layout());
    }
    let reversed = counted_complex().reversed_axes();
    let bytes = file("'<c16'", true, "(2, 3, 4)", &parts(reversed.iter().copied()));
    let array: Array3<Complex<f64>> = npy::read_from(&mut &bytes[..]).unwrap().to_typed().unwrap();
    assert!(array == counted_complex() && array.t().is_standard_layout());
}

/// Every second of 24 flags, but for some.
fn flags() -> Array3<bool> {
    Array3::from_shape_fn((2, 3, 4), |(i, j, k)| (12 * i + 4 * j + k) % 5 % 2 == 0)
}

fn flags_file() -> Vec<u8> {
    let bytes: Vec<u8> = flags().iter().map(|flag| u8::from(*flag)).collect();
    file("'|b1'", false, "(2, 3, 4)", &bytes)
}

/// The same with a byte that is no flag.
fn bad_flags_file() -> Vec<u8> {
    let mut bytes = flags_file();
    *bytes.last_mut().unwrap() = 5;
    bytes
}

#[test]
fn booleans_are_read_and_other_bytes_refused() {
    let array: Array3<bool> = npy::read_bytes(&flags_file()).unwrap().to_typed().unwrap();
    assert_eq!(array, flags());
    let bad = npy::read_bytes(&bad_flags_file()).unwrap();
    let error = bad.to_typed::<bool, Ix3>().unwrap_err();
    assert_eq!((error.kind(), error.offset()), (ErrorKind::Mismatch, Some(23)));
    assert!(error.to_string().starts_with("a byte is neither 0 nor 1, so no bool"));
    assert!(bad.get::<bool>(&[0, 0, 0]).unwrap());
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("x.npy");
    std::fs::write(&path, bad_flags_file()).unwrap();
    assert!(npy::read_typed::<bool, Ix3>(&path).is_err());
}

#[test]
#[cfg(target_endian = "little")]
fn bytes_in_memory_are_seen_in_place() {
    let standard = Placed::at(0, &file("'<f8'", false, "(2, 3, 4)", &bytes_of(counted())));
    let array = npy::view(standard.bytes()).unwrap();
    let view = ArrayView3::<f64>::try_from(&array).unwrap();
    assert!(view == counted() && view.is_standard_layout());
    let inside = standard.bytes().as_ptr_range();
    assert!(inside.contains(&view.as_ptr().cast()));
    let reversed = counted_complex().reversed_axes();
    let fortran = Placed::at(0, &file("'<c16'", true, "(2, 3, 4)", &parts(reversed.iter().copied())));
    let array = npy::view(fortran.bytes()).unwrap();
    let view: ArrayView3<'_, Complex<f64>> = array.try_into().unwrap();
    assert!(view == counted_complex() && view.t().is_standard_layout());
    assert!(fortran.bytes().as_ptr_range().contains(&view.as_ptr().cast()));
}

#[test]
fn booleans_are_seen_in_place_and_other_bytes_refused() {
    let (good, bad) = (flags_file(), bad_flags_file());
    let view = npy::view(&good).unwrap().into_typed::<bool>().unwrap();
    assert!(view.into_dimensionality::<Ix3>().unwrap() == flags());
    let error = npy::view(&bad).unwrap().into_typed::<bool>().unwrap_err();
    assert_eq!((error.kind(), error.offset()), (ErrorKind::Mismatch, Some(23)));
}

#[test]
#[cfg(target_endian = "little")]
fn bytes_in_memory_are_changed_in_place() {
    for fortran in [false, true] {
        let values = if fortran { counted().reversed_axes() } else { counted() };
        let bytes = file("'<f8'", fortran, "(2, 3, 4)", &bytes_of(values.iter().copied()));
        let mut placed = Placed::at(0, &bytes);
        let mut array = npy::view_mut(placed.bytes_mut()).unwrap();
        let mut view = array.typed_mut::<f64>().unwrap();
        assert!(view == counted().into_dyn());
        assert!(if fortran { view.t().is_standard_layout() } else { view.is_standard_layout() });
        view[[1, 2, 3]] = -1.0;
        let end = placed.bytes().len();
        assert_eq!(placed.bytes()[end - 8..], (-1.0f64).to_le_bytes());
    }
}

#[test]
fn booleans_are_changed_in_place_and_other_bytes_refused() {
    let mut good = flags_file();
    npy::view_mut(&mut good).unwrap().typed_mut::<bool>().unwrap()[[0, 0, 0]] = false;
    assert!(!npy::view(&good).unwrap().get::<bool>(&[0, 0, 0]).unwrap());
    let mut bad = bad_flags_file();
    assert_eq!(npy::view_mut(&mut bad).unwrap().typed_mut::<bool>().unwrap_err().kind(), ErrorKind::Mismatch);
}

#[test]
fn bytes_that_are_not_aligned_are_no_view() {
    let mut placed = Placed::at(1, &npy::to_bytes(&counted()).unwrap());
    let array = npy::view(placed.bytes()).unwrap();
    let error = array.typed::<f64>().unwrap_err();
    assert_eq!(error.to_string(), "the data is not aligned to 8 bytes, as float64 must be: copy it first");
    let copied = array.typed_cow::<f64, Ix3>().unwrap();
    assert!(!copied.is_view() && copied == counted());
    assert_eq!(
        npy::view_mut(placed.bytes_mut()).unwrap().typed_mut::<f64>().unwrap_err().kind(),
        ErrorKind::Mismatch
    );
}

#[test]
fn an_array_of_zeros_lies_behind_other_data() {
    let mut stream = tempfile::tempfile().unwrap();
    stream.write_all(b"hello").unwrap();
    npy::write_to(&mut stream, &Array::zeros(Scalar::I32, &[3, 4, 5]).unwrap()).unwrap();
    stream.seek(SeekFrom::Start(0)).unwrap();
    let mut before = [0; 5];
    stream.read_exact(&mut before).unwrap();
    assert_eq!(&before, b"hello");
    let array: Array3<i32> = npy::read_from(&mut stream).unwrap().to_typed().unwrap();
    assert!(array == Array3::<i32>::zeros((3, 4, 5)) && array.is_standard_layout());
}

#[test]
fn a_file_of_zeros_is_made_and_mapped() -> Result<()> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("array.npy");
    let mut made = own_file!(npy::create_map(&path, Scalar::F64, &[10, 20, 40]))?;
    made.typed_mut::<f64>()?[[5, 10, 20]] = 3.25;
    made.flush()?;
    drop(made);
    let mut mapped = map_mut(&path)?;
    assert_eq!(mapped.get::<f64>(&[5, 10, 20])?, 3.25);
    mapped.typed_mut::<f64>()?[[0, 0, 0]] = -1.0;
    mapped.flush()?;
    assert_eq!(npy::read_typed::<f64, Ix3>(&path)?.sum(), 2.25);
    Ok(())
}

const SOME: [i32; 3] = [34_234_324, -980_780_878, 2_849_874];

fn line<'a>(dtype: &str, bytes: &'a [u8]) -> ArrayView<'a> {
    let dtype: DType = dtype.parse().unwrap();
    let items = bytes.len() / dtype.itemsize();
    Array::contiguous(dtype, &[items], Order::C, bytes).unwrap()
}

#[test]
fn bare_items_are_seen_as_numbers() {
    let bytes: Vec<u8> = SOME.iter().flat_map(|value| value.to_ne_bytes()).collect();
    let placed = Placed::at(0, &bytes);
    let native = DType::of::<i32>().to_string();
    assert_eq!(line(&native, placed.bytes()).as_slice::<i32>().unwrap(), SOME);
    SOME.as_slice()
        .with_view(|view| {
            assert_eq!(view.as_bytes(Order::C).unwrap(), bytes);
            Ok(())
        })
        .unwrap();
    let mut placed = Placed::at(0, &bytes);
    let mut array = Array::contiguous(DType::of::<i32>(), &[3], Order::C, placed.bytes_mut()).unwrap();
    array.typed_mut::<i32>().unwrap()[2] += 1;
    assert_eq!(placed.bytes()[8..], 2_849_875i32.to_ne_bytes());
}

#[test]
fn items_of_the_other_byte_order_are_no_view() {
    let foreign = if cfg!(target_endian = "little") { ">i4" } else { "<i4" };
    let zeros = Placed::at(0, &[0; 12]);
    let array = line(foreign, zeros.bytes());
    assert!(array.as_slice::<i32>().unwrap_err().to_string().starts_with("the byte order is foreign"));
    assert_eq!(array.to_vec::<i32>().unwrap(), [0; 3]);
}

#[test]
fn bare_bytes_are_seen_read_and_changed_as_booleans() {
    let mut bytes = [0u8, 1, 0, 0, 1];
    let flags = [false, true, false, false, true];
    assert_eq!(line("|b1", &bytes).as_slice::<bool>().unwrap(), flags);
    assert_eq!(line("|b1", &bytes).to_vec::<bool>().unwrap(), flags);
    let mut array = Array::contiguous("|b1".parse().unwrap(), &[5], Order::C, &mut bytes[..]).unwrap();
    let mut view = array.typed_mut::<bool>().unwrap();
    (view[0], view[1]) = (true, false);
    assert_eq!(bytes, [1, 0, 0, 0, 1]);
}

#[test]
fn a_byte_that_is_no_boolean_is_named_by_its_place() {
    let mut bytes = [0u8, 1, 5, 0, 1];
    let seen = line("|b1", &bytes).as_slice::<bool>().unwrap_err();
    let read = line("|b1", &bytes).to_vec::<bool>().unwrap_err();
    for error in [seen, read] {
        assert_eq!(error.to_string(), "a byte is neither 0 nor 1, so no bool (at byte 2)");
    }
    let mut array = Array::contiguous("|b1".parse().unwrap(), &[5], Order::C, &mut bytes[..]).unwrap();
    assert!(array.typed_mut::<bool>().is_err());
}

/// Written in C, in Fortran and in another order, an array is read and seen again, and what is changed in place is
/// changed in the bytes.
#[track_caller]
fn assert_goes_round<T: Element + Debug>(original: &ArrayD<T>, changes: &[(&[usize], T)]) {
    let fortran = |array: &ArrayD<T>| {
        let values = array.t().iter().copied().collect();
        ArrayD::from_shape_vec(array.raw_dim().set_f(true), values).unwrap()
    };
    let mut layouts = vec![original.clone(), fortran(original)];
    if original.ndim() > 2 {
        let mut swapped = original.clone();
        swapped.swap_axes(1, 2);
        let mut swapped = swapped.as_standard_layout().into_owned();
        swapped.swap_axes(1, 2);
        layouts.push(swapped);
    }
    for layout in layouts {
        let mut placed = Placed::at(0, &npy::to_bytes(&layout).unwrap());
        let read: ArrayD<T> = npy::read_bytes(placed.bytes()).unwrap().to_typed().unwrap();
        assert!(read == *original && npy::view(placed.bytes()).unwrap().typed::<T>().unwrap() == *original);
        let mut array = npy::view_mut(placed.bytes_mut()).unwrap();
        let mut view = array.typed_mut::<T>().unwrap();
        assert!(view == *original);
        let mut expected = original.clone();
        for (place, value) in changes {
            (view[*place], expected[*place]) = (*value, *value);
        }
        let changed: ArrayD<T> = npy::read_bytes(placed.bytes()).unwrap().to_typed().unwrap();
        assert_eq!(changed, expected);
    }
}

#[test]
fn integers_go_round_in_every_layout() {
    let values = array![[[1i32, 8], [-3, 4], [2, 9]], [[-5, 0], [7, 38], [-4, 1]]];
    assert_goes_round(&values.into_dyn(), &[(&[0, 1, 1], 12), (&[1, 2, 0], 42)]);
}

#[test]
fn floats_go_round_in_every_layout() {
    let single = array![[[3f32, -1.4], [-159., 26.]], [[-89.7, 93.], [2., 384.]]];
    assert_goes_round(&single.into_dyn(), &[(&[0, 1, 1], 12.), (&[1, 1, 0], 42.)]);
    let double = array![[2.7f64, -40.4, -23., 27.8], [-25.2, 11.8, -8.9, -17.8]];
    assert_goes_round(&double.into_dyn(), &[(&[0, 1], 12.), (&[1, 2], 42.)]);
}

#[test]
fn complex_numbers_go_round_in_every_layout() {
    let values = array![
        [Complex::new(2.7f32, -40.4), Complex::new(-23., 27.8)],
        [Complex::new(-25.2, 11.8), Complex::new(36.4, -25.6)]
    ];
    assert_goes_round(
        &values.into_dyn(),
        &[(&[0, 0], Complex::new(2.7, 12.)), (&[1, 1], Complex::new(42., -25.6))],
    );
}

#[test]
fn booleans_go_round_in_every_layout() {
    let values = array![[[true], [true], [false]], [[false], [true], [false]]];
    assert_goes_round(&values.into_dyn(), &[(&[0, 1, 0], false), (&[1, 2, 0], true)]);
}

#[test]
fn an_archive_is_written_and_its_members_are_found_by_both_names() -> Result<()> {
    let (first, second) = (array![[1i32, 3, 0], [4, 7, -1]], array![[9i32, 6], [-5, 2], [3, -1]]);
    let by_reference: &ArrayRef<i32, ndarray::Ix2> = &first;
    let mut bytes = Vec::new();
    let mut writer = npy::NpzOptions::new().write_to(&mut bytes);
    writer.add("arr1", &first)?;
    writer.add("arr2", &second)?;
    writer.add("arr3", by_reference)?;
    writer.finish()?;
    let npz = Npz::from_buffer(bytes.into(), &arr_io::Limits::default())?;
    assert!(!npz.is_empty() && npz.len() == 3);
    assert_eq!(npz.names().collect::<Vec<_>>(), ["arr1", "arr2", "arr3"]);
    for (name, expected) in [("arr1", &first), ("arr2", &second), ("arr3", &first)] {
        for name in [name.to_owned(), format!("{name}.npy")] {
            assert_eq!(Array2::<i32>::try_from(npz.get(&name)?)?, expected);
        }
    }
    assert_eq!(npz.get("arr1.npy.npy").unwrap_err().kind(), ErrorKind::InvalidArgument);
    Ok(())
}

#[test]
fn an_archive_holds_arrays_of_any_rank() -> Result<()> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("arrays.npz");
    let mut writer = NpzWriter::create(&path)?;
    writer.add("a", &array![[1i32, 2, 3], [4, 5, 6]])?;
    writer.add("b", &array![7i32, 8, 9])?;
    writer.add("c", &aview0(&10i32))?;
    writer.finish()?;
    let npz = Npz::open(&path)?;
    let a: Array2<i32> = npz.get("a")?.to_typed()?;
    let b: ndarray::Array1<i32> = npz.get("b")?.to_typed()?;
    assert_eq!((a.sum(), b.sum(), npz.get("c")?.get::<i32>(&[])?), (21, 24, 10));
    assert!(npz.get("c")?.to_typed::<i32, ndarray::Ix1>().is_err());
    Ok(())
}

#[test]
fn a_file_is_written_read_and_mapped_with_its_rank() -> Result<()> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("array.npy");
    let values = array![[1i32, 2, 3], [4, 5, 6]];
    arr_io::save(&path, &values)?;
    assert_eq!(npy::read_typed::<i32, ndarray::Ix2>(&path)?, values);
    let stream = &mut std::fs::File::open(&path).map_err(|error| Error::io("can't open", error))?;
    assert_eq!(Array2::<i32>::try_from(npy::read_from(stream)?)?, values);
    assert_eq!(ndarray::ArrayView2::<i32>::try_from(&map(&path)?)?, values);
    map_mut(&path)?.typed_mut::<i32>()?[[0, 0]] = 7;
    assert_eq!(npy::read(&path)?.get::<i32>(&[0, 0])?, 7);
    let mut buffered = std::io::BufWriter::new(Vec::new());
    npy::write_to(&mut buffered, &values)?;
    assert_eq!(buffered.into_inner().unwrap(), npy::to_bytes(&values)?);
    Ok(())
}

#[test]
fn a_file_that_is_there_is_kept_when_that_is_asked_for() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("new.npy");
    let new = WriteOptions::new().save_options(SaveOptions::new().keep_existing());
    new.save(&path, &array![[1i32, 2, 3]]).unwrap();
    assert_eq!(new.save(&path, &array![[4i32]]).unwrap_err().kind(), ErrorKind::Io);
    assert_eq!(npy::read(&path).unwrap().to_vec::<i32>().unwrap(), [1, 2, 3]);
}
