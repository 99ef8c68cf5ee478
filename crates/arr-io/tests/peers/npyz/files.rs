//! Files that are read as a whole, in parts or row by row, and written as items come; archives.

use std::io::{Cursor, Read, Write};

use arr_io::npy::{self, Appender, Header, Npz, NpzOptions, ReadOptions, Version, WriteOptions};
use arr_io::{Array, DType, Limits, Order, Result, Scalar, s};
use ndarray::{Array3, ArrayD, Ix3};

use crate::file;

/// 1 to 6, each four times, as shape (2, 3, 4).
fn c_order() -> Vec<i64> {
    (1..7).flat_map(|value| [value; 4]).collect()
}

/// The same in Fortran order.
fn fortran_order() -> Vec<i64> {
    [1, 4, 2, 5, 3, 6].repeat(4)
}

fn bytes_of(values: &[i64]) -> Vec<u8> {
    values.iter().flat_map(|value| value.to_le_bytes()).collect()
}

#[test]
fn strides_follow_from_order_and_shape() {
    for (order, strides) in [(Order::C, [12isize, 4, 1]), (Order::F, [1, 2, 6])] {
        let layout = arr_io::Layout::contiguous(&[2, 3, 4], 8, order).unwrap();
        assert_eq!(layout.strides(), strides.map(|stride| stride * 8));
        assert!(arr_io::Layout::contiguous(&[], 8, order).unwrap().strides().is_empty());
    }
}

#[test]
fn files_of_both_orders_are_read_in_theirs() {
    for (fortran, stored) in [(false, c_order()), (true, fortran_order())] {
        let bytes = file("'<i8'", fortran, "(2, 3, 4)", &bytes_of(&stored));
        let array = npy::read_bytes(&bytes).unwrap();
        let order = if fortran { Order::F } else { Order::C };
        assert_eq!((array.shape(), array.natural_order()), (&[2, 3, 4][..], order));
        assert_eq!(array.as_bytes(order).unwrap(), bytes_of(&stored));
        assert_eq!(array.to_vec::<i64>().unwrap(), c_order(), "values are given in C order");
        let typed: Array3<i64> = array.to_typed().unwrap();
        assert_eq!((typed.strides(), typed.sum()), (if fortran { &[1, 2, 6][..] } else { &[12, 4, 1] }, 84));
        assert!(array.to_typed::<f64, Ix3>().is_err());
    }
}

#[test]
fn files_of_both_orders_are_written_item_by_item() {
    for (order, stored) in [(Order::C, c_order()), (Order::F, fortran_order())] {
        let mut bytes = Vec::new();
        let mut writer = WriteOptions::new().order(order).begin(&mut bytes, Scalar::I64, &[2, 3, 4]).unwrap();
        for value in &stored {
            writer.write_flat(&[*value]).unwrap();
        }
        writer.finish().unwrap();
        let array = npy::read_bytes(&bytes).unwrap();
        assert_eq!((array.natural_order(), array.to_vec::<i64>().unwrap()), (order, c_order()));
    }
}

#[test]
fn an_array_of_any_rank_is_written_one_by_one_and_many_at_once() {
    let mut bytes = Vec::new();
    let mut writer = WriteOptions::new().begin(&mut bytes, DType::of::<i32>(), &[2, 3]).unwrap();
    for value in [100, 101, 102] {
        writer.write_flat(&[value]).unwrap();
    }
    writer.write_flat(&[200, 201, 202]).unwrap();
    writer.finish().unwrap();
    let array = npy::view(&bytes).unwrap();
    assert_eq!(
        (array.shape(), array.to_vec::<i32>().unwrap()),
        (&[2, 3][..], vec![100, 101, 102, 200, 201, 202])
    );
}

#[test]
fn an_array_that_has_too_few_or_too_many_items_is_an_error() {
    let write = |items: &[i32]| {
        let mut writer = WriteOptions::new().begin(std::io::sink(), Scalar::I32, &[2, 3])?;
        items.iter().try_for_each(|item| writer.write_flat(&[*item]))?;
        writer.finish()
    };
    assert!(write(&[0, 1, 2, 10, 11]).is_err());
    assert!(write(&[0, 1, 2, 10, 11, 12]).is_ok());
    assert!(write(&[0, 1, 2, 10, 11, 12, 20]).is_err());
    let rows = |items: &[i32]| {
        let mut rows = Appender::to_writer(Cursor::new(Vec::new()), Scalar::I32, &[3])?;
        rows.push_flat(items)?;
        rows.finish()
    };
    assert!(rows(&[0, 1, 2, 10, 11]).is_err());
    assert!(rows(&[0, 1, 2, 10, 11, 12]).is_ok());
    assert!(rows(&[0, 1, 2, 10, 11, 12, 20]).is_err());
}

/// Rows of that shape, between a text before and one behind them.
fn in_the_middle(row: &[usize], values: &[f64]) -> Vec<u8> {
    let (before, behind) = (&b"lorem ipsum"[..], &b"and they lived happily"[..]);
    let mut file = Cursor::new(Vec::new());
    file.write_all(before).unwrap();
    let mut rows = Appender::to_writer(&mut file, Scalar::F64, row).unwrap();
    rows.push_flat(values).unwrap();
    rows.finish().unwrap();
    file.write_all(behind).unwrap();
    let bytes = file.into_inner();
    assert!(bytes.starts_with(before) && bytes.ends_with(behind));
    bytes[before.len()..bytes.len() - behind.len()].to_vec()
}

#[test]
fn the_number_of_rows_need_not_be_known() {
    for (row, shape, values) in [
        (&[][..], &[3][..], &[1.0, 3.0, 5.0][..]),
        (&[3], &[2, 3], &[1.0, 3.0, 5.0, -4.0, 3.0, 2.0]),
        (&[2], &[3, 2], &[1.0, 3.0, 5.0, -4.0, 3.0, 2.0]),
    ] {
        let bytes = in_the_middle(row, values);
        let array = npy::read_bytes(&bytes).unwrap();
        assert_eq!((array.shape(), array.to_vec::<f64>().unwrap()), (shape, values.to_vec()));
    }
}

#[test]
fn columns_of_a_fortran_array_are_written_one_after_another() {
    for (shape, columns) in [([3, 2], 2), ([2, 3], 3)] {
        let mut bytes = Vec::new();
        let values = [1.0, 3.0, 5.0, -4.0, 3.0, 2.0];
        let mut writer = WriteOptions::new().order(Order::F).begin(&mut bytes, Scalar::F64, &shape).unwrap();
        values.chunks(6 / columns).for_each(|column| writer.write_block(column).unwrap());
        writer.finish().unwrap();
        let array = npy::read_bytes(&bytes).unwrap();
        assert_eq!((array.shape(), array.natural_order()), (&shape[..], Order::F));
        assert_eq!(array.transpose().to_vec::<f64>().unwrap(), values);
    }
}

#[test]
fn rows_of_a_dropped_writer_are_not_counted() {
    let mut file = Cursor::new(Vec::new());
    let mut rows = Appender::to_writer(&mut file, Scalar::F64, &[]).unwrap();
    rows.push(&[1.0, 3.0]).unwrap();
    rows.flush().unwrap();
    rows.push(&[5.0, 7.0]).unwrap();
    drop(rows);
    assert_eq!(npy::view(file.get_ref()).unwrap().to_vec::<f64>().unwrap(), [1.0, 3.0]);
}

#[test]
fn a_header_alone_is_written_and_read_where_a_stream_stands() {
    let nested: DType = "[('parent', [('child', '|O')])]".parse().unwrap();
    for dtype in [DType::Object, nested] {
        let mut stream = Cursor::new(b"ABCD".to_vec());
        stream.set_position(4);
        let header = Header::new(dtype.clone(), &[2, 3], Order::C).unwrap();
        npy::write_array_header(&mut stream, &header, None).unwrap();
        stream.write_all(b"dcba").unwrap();
        stream.set_position(4);
        let read = npy::read_header(&mut stream, &Limits::default()).unwrap();
        assert_eq!((read.dtype(), read.shape(), read.dtype().has_references()), (&dtype, &[2, 3][..], true));
        let mut behind = Vec::new();
        stream.read_to_end(&mut behind).unwrap();
        assert_eq!(behind, b"dcba");
    }
}

#[test]
fn a_header_serves_several_reads() {
    let bytes = npy::to_bytes(&[100i32, 101, 102]).unwrap();
    let header = npy::read_header(&mut &bytes[..], &Limits::default()).unwrap();
    let data = &bytes[usize::try_from(header.data_offset()).unwrap()..];
    let array = || Array::contiguous(header.dtype().clone(), header.shape(), header.order(), data).unwrap();
    assert_eq!((array(), array().to_vec::<i32>().unwrap()), (array(), vec![100, 101, 102]));
    assert_eq!(header.version(), Version::V1_0);
}

const SEVEN: [i32; 7] = [100, 101, 102, 103, 104, 105, 106];

#[test]
fn rows_come_one_by_one_and_their_number_is_known() {
    let bytes = npy::to_bytes(&SEVEN).unwrap();
    let mut rows = ReadOptions::new().blocks_from(&bytes[..]).unwrap().rows(1);
    assert_eq!((rows.header().shape(), rows.size_hint().1), (&[7][..], Some(7)));
    let mut next = || rows.next().map(|row| row.unwrap().get::<i32>(&[0]).unwrap());
    assert_eq!((next(), next()), (Some(100), Some(101)));
    assert_eq!((rows.header().shape(), rows.size_hint().1), (&[7][..], Some(5)));
    assert_eq!(rows.by_ref().count(), 5);
    assert!(rows.next().is_none() && rows.next().is_none());
    assert_eq!(rows.size_hint().1, Some(0));
}

#[test]
fn parts_are_read_in_any_order() -> Result<()> {
    let mut file = Cursor::new(npy::to_bytes(&SEVEN)?);
    let mut part = |slice: arr_io::Slice| {
        file.set_position(0);
        ReadOptions::new().read_part_from(&mut file, slice)
    };
    assert_eq!(part(s![..2])?.to_vec::<i32>()?, [100, 101]);
    assert_eq!(part(s![4..])?.to_vec::<i32>()?, [104, 105, 106]);
    assert_eq!(part(s![2])?.get::<i32>(&[])?, 102);
    assert_eq!(part(s![7..])?.len(), 0);
    assert_eq!(part(s![6])?.get::<i32>(&[])?, 106);
    Ok(())
}

#[test]
fn a_place_outside_an_array_is_an_error_and_no_panic() {
    let mut file = Cursor::new(npy::to_bytes(&[1i32, 2, 3]).unwrap());
    let error = ReadOptions::new().read_part_from(&mut file, s![3]).unwrap_err();
    assert_eq!(error.kind(), arr_io::ErrorKind::InvalidArgument);
    file.set_position(0);
    assert!(ReadOptions::new().read_part_from(&mut file, s![4..]).unwrap().is_empty(), "as NumPy slices");
}

#[test]
fn an_array_without_dimensions_has_one_item() {
    let mut bytes = Vec::new();
    let mut writer = WriteOptions::new().begin(&mut bytes, Scalar::I32, &[]).unwrap();
    writer.write_flat(&[1i32]).unwrap();
    writer.finish().unwrap();
    assert!(bytes.ends_with(b"\x01\0\0\0"));
    let array = npy::read_bytes(&bytes).unwrap();
    assert_eq!((array.shape(), array.to_vec::<i32>().unwrap()), (&[][..], vec![1]));
}

#[test]
fn numbers_go_round_as_a_vector() {
    let bytes = npy::to_bytes(&vec![2.0, 3.0, 4.0, 5.0]).unwrap();
    assert_eq!(npy::read_bytes(&bytes).unwrap().to_vec::<f64>().unwrap(), [2.0, 3.0, 4.0, 5.0]);
    let plain = file("'<f8'", false, "(4,)", &[1.0f64, 3.5, -6.0, 2.3].map(f64::to_le_bytes).concat());
    let mut seen = Vec::new();
    for row in ReadOptions::new().blocks_from(&plain[..]).unwrap() {
        seen.extend(row.unwrap().to_vec::<f64>().unwrap());
    }
    assert_eq!(seen, [1.0, 3.5, -6.0, 2.3]);
}

#[test]
fn arrays_of_ndarray_are_read_and_written_whatever_their_layout() -> Result<()> {
    let array = Array3::from_shape_fn((6, 7, 8), |(i, j, k)| (100 * i + 10 * j + k) as i32);
    let view = array.view().reversed_axes();
    let view = view.slice(ndarray::s![.., .., ..;2]);
    assert_eq!(view.shape(), [8, 7, 3]);
    let bytes = npy::to_bytes(&view)?;
    assert_eq!(Array3::<i32>::try_from(npy::view(&bytes)?)?, view);
    assert_eq!(ArrayD::<i32>::try_from(npy::view(&bytes)?)?, view.into_dyn());
    Ok(())
}

fn check_archive(npz: &Npz<'_>) {
    let mut names: Vec<_> = npz.names().collect();
    names.sort_unstable();
    assert_eq!(names, ["floats", "ints"]);
    let (ints, floats) = (npz.get("ints").unwrap(), npz.get("floats").unwrap());
    assert_eq!((ints.shape(), ints.to_vec::<i64>().unwrap()), (&[4][..], vec![1, 2, 3, 4]));
    assert_eq!((floats.shape(), floats.to_vec::<f64>().unwrap()), (&[2, 1][..], vec![1.0, 2.0]));
    let missing = npz.member("non-existent").unwrap_err();
    assert_eq!(missing.to_string(), "npz: the archive has no member 'non-existent': it has 2 members");
    assert_eq!(npz.into_iter().map(|member| member.key()).collect::<Vec<_>>(), ["ints", "floats"]);
}

#[test]
fn archives_are_written_and_read_stored_and_deflated() {
    for level in [0, 6] {
        let mut bytes = Vec::new();
        let mut writer = NpzOptions::new().level(level).write_to(&mut bytes);
        writer.add("ints", &[1i64, 2, 3, 4]).unwrap();
        writer.add("floats", &ndarray::array![[1.0], [2.0]]).unwrap();
        writer.finish().unwrap();
        check_archive(&Npz::from_buffer(bytes.into(), &Limits::default()).unwrap());
    }
}
