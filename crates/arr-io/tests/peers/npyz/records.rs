//! Rust structs as records.

use arr_io::npy::{self, Version};
use arr_io::{Array, Casting, DType, FixedBytes, Order, Record};
use half::f16;

use super::items;

#[derive(Record, Clone, Debug, PartialEq)]
struct Inner {
    v1: f32,
    v2: f32,
}

#[derive(Record, Clone, Debug, PartialEq)]
struct Everything {
    v_i8: i8,
    v_i16: i16,
    v_i32: i32,
    v_i64: i64,
    v_u8: u8,
    v_u16: u16,
    v_u32: u32,
    v_u64: u64,
    v_f16: f16,
    v_f32: f32,
    v_f64: f64,
    line: [u32; 7],
    table: [[u64; 3]; 5],
    inner: Inner,
}

#[test]
fn records_of_every_kind_go_round() {
    let rows: Vec<Everything> = (0u8..100)
        .map(|at| Everything {
            v_i8: at as i8,
            v_i16: at.into(),
            v_i32: at.into(),
            v_i64: at.into(),
            v_u8: at,
            v_u16: at.into(),
            v_u32: at.into(),
            v_u64: at.into(),
            v_f16: f16::from_f32(at.into()),
            v_f32: at.into(),
            v_f64: at.into(),
            line: std::array::from_fn(|j| u32::from(at) * 5 + j as u32),
            table: std::array::from_fn(|j| std::array::from_fn(|k| u64::from(at) * 2 + (3 * j + k) as u64)),
            inner: Inner { v1: 10.0 * f32::from(at), v2: at.into() },
        })
        .collect();
    let mut bytes = Vec::new();
    npy::write_records_to(&mut bytes, &rows).unwrap();
    assert_eq!(bytes[6..8], [1, 0]);
    assert_eq!(npy::read_records_from::<Everything>(&mut &bytes[..]).unwrap(), rows);
}

/// Rows as items of that dtype: their bytes, which are the end of a file, and the rows that come back.
#[track_caller]
fn assert_written_as<T: Record + std::fmt::Debug + PartialEq>(rows: &[T], dtype: &str, expected: &[u8]) {
    let dtype: DType = dtype.parse().unwrap();
    let array = Array::from_records(rows).unwrap().cast(&dtype, Casting::Equiv).unwrap();
    let bytes = npy::to_bytes(&array).unwrap();
    assert!(bytes.ends_with(expected));
    let back = npy::read_bytes(&bytes).unwrap();
    assert_eq!((back.dtype(), back.to_records::<T>().unwrap().as_slice()), (&dtype, rows));
}

#[derive(Record, Debug, PartialEq)]
struct Mixed {
    be_u32: u32,
    le_u32: u32,
    be_f16: f16,
    le_f16: f16,
    be_f32: f32,
    le_f32: f32,
    byte: i8,
}

#[test]
fn fields_of_both_byte_orders_go_round() {
    let half = f16::from_bits(0xFC00);
    let single = f32::from_bits(0xDEAD_BEEF);
    let row = Mixed {
        be_u32: 0x0102_0304,
        le_u32: 0x0102_0304,
        be_f16: half,
        le_f16: half,
        be_f32: single,
        le_f32: single,
        byte: 5,
    };
    assert_written_as(
        &[row],
        "[('be_u32', '>u4'), ('le_u32', '<u4'), ('be_f16', '>f2'), ('le_f16', '<f2'), ('be_f32', '>f4'), \
         ('le_f32', '<f4'), ('byte', '>i1')]",
        b"\x01\x02\x03\x04\x04\x03\x02\x01\xFC\x00\x00\xFC\xDE\xAD\xBE\xEF\xEF\xBE\xAD\xDE\x05",
    );
}

#[derive(Record, Debug, PartialEq)]
struct Times {
    #[record(dtype = "M8[ns]")]
    at: i64,
    #[record(dtype = "m8[D]")]
    little: i64,
    #[record(dtype = "m8[D]")]
    big: i64,
}

#[test]
fn fields_of_times_go_round() {
    let row = Times { at: 1_293_840_000_000_000_000, little: 1, big: 1 };
    let expected =
        [1_293_840_000_000_000_000i64.to_le_bytes(), 1i64.to_le_bytes(), 1i64.to_be_bytes()].concat();
    assert_written_as(&[row], "[('at', '<M8[ns]'), ('little', '<m8[D]'), ('big', '>m8[D]')]", &expected);
}

#[derive(Record, Debug, PartialEq)]
struct Tagged {
    tag: FixedBytes<12>,
}

#[test]
fn fields_of_bytes_go_round() {
    let padded = b"\0lol\0lol\0\0\0\0";
    let row = Tagged { tag: FixedBytes::new(b"\0lol\0lol").unwrap() };
    assert_eq!(row.tag.as_bytes(), b"\0lol\0lol");
    assert_written_as(&[row], "[('tag', '|S12')]", padded);
    let both = items("[('bytestr', '|S12'), ('raw', '|V12')]", [&padded[..], padded].concat());
    let back = npy::read_bytes(&npy::to_bytes(&both).unwrap()).unwrap();
    assert_eq!(back.field("bytestr").unwrap().to_byte_strings().unwrap(), [b"\0lol\0lol"]);
    assert_eq!(back.field("raw").unwrap().item(&[0]), Some(&padded[..]));
}

#[test]
fn fields_of_bytes_have_no_byte_order() {
    let all = items(
        "[('a', '<S4'), ('b', '>S4'), ('c', '|S4'), ('d', '<V4'), ('e', '>V4'), ('f', '|V4')]",
        b"abcd".repeat(6),
    );
    let back = npy::read_bytes(&npy::to_bytes(&all).unwrap()).unwrap();
    assert_eq!((&back, back.as_bytes(Order::C).unwrap()), (&all, &b"abcd".repeat(6)[..]));
    for name in ["a", "b", "c"] {
        assert_eq!(back.field(name).unwrap().to_byte_strings().unwrap(), [b"abcd"]);
    }
}

#[derive(Record, Clone, Debug, PartialEq)]
struct Bar {
    bar: f64,
}

#[derive(Record, Debug, PartialEq)]
struct Bars {
    foo: [Bar; 3],
}

#[test]
fn fields_of_several_records_go_round() {
    let row = Bars { foo: [1.0, 2.0, 3.0].map(|bar| Bar { bar }) };
    let expected: Vec<u8> = [1.0f64, 2.0, 3.0].iter().flat_map(|value| value.to_le_bytes()).collect();
    assert_written_as(&[row], "[('foo', [('bar', '<f8')], (3,))]", &expected);
}

#[derive(Record, Debug, PartialEq)]
struct Gap {
    left: i64,
    middle: [[[i32; 3]; 0]; 2],
    right: i32,
}

#[test]
fn fields_of_no_items_take_no_bytes() {
    let rows = [12i64, 13].map(|left| Gap { left, middle: [[], []], right: 5 });
    let expected: Vec<u8> =
        [12i64, 13].iter().flat_map(|left| [&left.to_le_bytes()[..], &5i32.to_le_bytes()].concat()).collect();
    assert_written_as(&rows, "[('left', '<i8'), ('middle', '<i4', (2, 0, 3)), ('right', '<i4')]", &expected);
}

#[derive(Record, Debug, PartialEq)]
struct Japanese {
    num: i32,
    名前: i32,
}

#[test]
fn a_name_that_is_not_latin_takes_version_3() {
    let row = Japanese { num: 1, 名前: 2 };
    assert_written_as(&[row], "[('num', '<i4'), ('名前', '<i4')]", b"\x01\0\0\0\x02\0\0\0");
    let bytes = npy::to_bytes(&Array::from_records(&[Japanese { num: 1, 名前: 2 }]).unwrap()).unwrap();
    assert_eq!(npy::read_magic(&mut &bytes[..]).unwrap(), Version::V3_0);
}

#[derive(Record, Debug, PartialEq)]
struct Line {
    field: [i32; 3],
}

#[derive(Record, Debug, PartialEq)]
struct Table {
    field: [[i32; 3]; 2],
}

#[test]
fn fields_of_arrays_are_read_as_arrays_of_the_same_shape_alone() {
    let line: Vec<u8> = [1i32, 3, 5].iter().flat_map(|value| value.to_le_bytes()).collect();
    let table: Vec<u8> = [1i32, 3, 5, 7, 9, 11].iter().flat_map(|value| value.to_le_bytes()).collect();
    assert_written_as(&[Line { field: [1, 3, 5] }], "[('field', '<i4', (3,))]", &line);
    assert_written_as(&[Table { field: [[1, 3, 5], [7, 9, 11]] }], "[('field', '<i4', (2, 3))]", &table);
    assert!(items("[('field', '<i4', (3,))]", line).to_records::<Table>().is_err());
    assert!(items("[('field', '<i4', (2, 3))]", table).to_records::<Line>().is_err());
    let own = Array::from_records(&[Line { field: [1, 3, 5] }]).unwrap();
    for other in [
        "[('field', '<i4', (2,))]",
        "[('field', '<i4')]",
        "[('field', [('lol', '<i4')])]",
        "[('field', '<i4', (2, 3))]",
    ] {
        let dtype: DType = other.parse().unwrap();
        let bytes = vec![0u8; dtype.itemsize()];
        assert!(items(other, bytes).to_records::<Line>().is_err(), "{other}");
        assert!(own.cast(&dtype, Casting::Equiv).is_err(), "{other}");
    }
}

#[test]
fn structs_have_the_dtype_of_the_machine() {
    let order = if cfg!(target_endian = "little") { '<' } else { '>' };
    assert_eq!(
        DType::from(Line::record_type().unwrap()).to_string(),
        format!("[('field', '{order}i4', (3,))]")
    );
    assert_eq!(
        DType::from(Table::record_type().unwrap()).to_string(),
        format!("[('field', '{order}i4', (2, 3))]")
    );
}

#[derive(Record, Debug, PartialEq)]
struct Simple {
    a: i32,
    b: f32,
    c: i64,
}

#[test]
fn records_are_read_by_name() {
    let array = items("[('a', '<i4'), ('b', '<f4'), ('c', '<i8')]", {
        let row =
            |a: i32, b: f32, c: i64| [&a.to_le_bytes()[..], &b.to_le_bytes(), &c.to_le_bytes()].concat();
        [row(1, 2.5, 4), row(2, 3.1, 5)].concat()
    });
    let rows = [Simple { a: 1, b: 2.5, c: 4 }, Simple { a: 2, b: 3.1, c: 5 }];
    assert_eq!(array.to_records::<Simple>().unwrap(), rows);
    let turned = "[('c', '>i8'), ('a', '>i4'), ('more', '|u1'), ('b', '>f4')]".parse::<DType>().unwrap();
    let mut table = Array::zeros(turned, &[1]).unwrap();
    table.field_mut("c").unwrap().assign(&items(">i8", 9i64.to_be_bytes().to_vec())).unwrap();
    assert_eq!(table.freeze().to_records::<Simple>().unwrap(), [Simple { a: 0, b: 0.0, c: 9 }]);
}

/// A module without a prelude.
#[no_implicit_prelude]
mod bare {
    #[allow(unused_imports, reason = "it is all that derived code may ask for")]
    use ::core::convert::From;

    #[derive(::arr_io::Record)]
    pub(super) struct Inner {
        pub(super) foo: i32,
    }

    #[derive(::arr_io::Record)]
    pub(super) struct Outer {
        pub(super) foo: i32,
        pub(super) bar: Inner,
    }
}

#[test]
fn the_derive_needs_no_more_of_a_prelude_than_from() {
    let row = bare::Outer { foo: 1, bar: bare::Inner { foo: 2 } };
    let array = Array::from_records(&[row]).unwrap();
    assert_eq!(array.itemsize(), 8);
    let back = array.to_records::<bare::Outer>().unwrap();
    assert_eq!((back[0].foo, back[0].bar.foo), (1, 2));
}
