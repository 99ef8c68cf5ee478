//! Structs and files that were not made for each other: fewer, more, reordered, narrower and wrong fields.
#![cfg(feature = "derive")]
#![allow(clippy::unwrap_used, reason = "a failed assumption is a failed test")]
#![forbid(unsafe_code)]

use std::path::PathBuf;

use arr_conformance::said;
use arr_core::{ByteOrder, ErrorKind, Order};
use arr_npy::{Record, WriteOptions, read_records, save_records};

fn fixture(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../fixtures/numpy/npy").join(format!("{name}.npy"))
}

#[derive(Record, Clone, Copy, Debug, PartialEq)]
#[repr(i8)]
enum Class {
    Noise = -1,
    Ground = 0,
    Tree = 4,
}

#[derive(Record, Clone, Copy, Debug, PartialEq)]
struct Metres(f64);

/// A point of the first version of a program.
#[derive(Record, Clone, Debug, PartialEq)]
struct Old {
    class: Class,
    x: f32,
    y: f32,
    hits: u16,
}

/// The same in a later one.
#[derive(Record, Clone, Debug, PartialEq)]
#[record(widen)]
struct New {
    x: Metres,
    y: Metres,
    z: Option<f64>,
    hits: i64,
    class: Class,
    #[record(default = "unnamed", dtype = "U8")]
    name: String,
    #[record(dtype = "V16")]
    id: Option<[u8; 16]>,
    #[record(skip)]
    is_selected: bool,
}

fn unnamed() -> String {
    "?".to_owned()
}

/// So many that more than one thread reads them.
const MANY: usize = 300_000;

fn old(row: usize) -> Old {
    let small = u16::try_from(row % 60_000).unwrap();
    let class = [Class::Noise, Class::Ground, Class::Tree][row % 3];
    Old { class, x: f32::from(small) / 4.0, y: -1.0, hits: small }
}

fn new(row: usize) -> New {
    let Old { class, x, y, hits } = old(row);
    New {
        x: Metres(x.into()),
        y: Metres(y.into()),
        z: None,
        hits: hits.into(),
        class,
        name: unnamed(),
        id: None,
        is_selected: false,
    }
}

#[test]
fn a_later_struct_reads_an_earlier_file_by_every_way() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("points.npy");
    let records: Vec<_> = (0..MANY).map(old).collect();
    let expected: Vec<_> = (0..MANY).map(new).collect();
    for byte_order in [ByteOrder::Little, ByteOrder::Big] {
        WriteOptions::new().byte_order(byte_order).save_records(&path, &records).unwrap();
        assert!(read_records::<New>(&path).unwrap() == expected);
        let bytes = std::fs::read(&path).unwrap();
        assert!(arr_npy::read_records_from::<New>(&mut &bytes[..]).unwrap() == expected);
        assert!(arr_npy::view(&bytes).unwrap().to_records::<New>().unwrap() == expected);
        let array = arr_npy::read(&path).unwrap();
        let array = array.reshape(&[3, MANY / 3], Order::C).unwrap();
        arr_npy::save(&path, &array.to_contiguous(Order::F).unwrap()).unwrap();
        assert!(read_records::<New>(&path).unwrap() == expected);
    }
    // Written again, it is a file of the new struct, without what no record has.
    save_records(&path, &expected).unwrap();
    let header = arr_npy::read(&path).unwrap().dtype().to_string().replace('>', "<");
    assert_eq!(header, "[('x', '<f8'), ('y', '<f8'), ('hits', '<i8'), ('class', '|i1'), ('name', '<U8')]");
    assert!(read_records::<New>(&path).unwrap() == expected);
    // The earlier struct does not take what it would have to round, and says what is wrong.
    let error = read_records::<Old>(&path).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Mismatch);
    assert_eq!(
        said(&error).replace('>', "<"),
        "npy: x: the dtype differs: the array has <f8, <f4 was asked for (at byte 192)"
    );
}

#[test]
fn a_number_that_no_variant_has_is_named_far_inside() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("points.npy");
    let records: Vec<_> = (0..MANY).map(old).collect();
    save_records(&path, &records).unwrap();
    let mut bytes = std::fs::read(&path).unwrap();
    let start = bytes.len() - MANY * 11;
    let at = start + 250_000 * 11;
    bytes[at] = 3;
    std::fs::write(&path, &bytes).unwrap();
    let why = format!(
        "npy: class: row 250000: 3 is not a `Class`: there are -1 (Noise), 0 (Ground), 4 (Tree) (at byte {at})"
    );
    assert_eq!(said(&read_records::<Old>(&path).unwrap_err()), why);
    assert_eq!(said(&read_records::<New>(&path).unwrap_err()), why);
    assert_eq!(arr_npy::read_records_from::<New>(&mut &bytes[..]).unwrap_err().to_string(), why);
}

#[test]
fn a_value_that_would_be_lost_leaves_the_file_as_it_was() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("points.npy");
    let mut records: Vec<_> = (0..MANY).map(new).collect();
    save_records(&path, &records).unwrap();
    let before = std::fs::read(&path).unwrap();
    records[299_999].id = Some([7; 16]);
    let error = save_records(&path, &records).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidArgument);
    assert!(
        said(&error).starts_with("npy: id: row 299999: there is a value, which would be lost"),
        "{error}"
    );
    assert!(std::fs::read(&path).unwrap() == before);
    records.iter_mut().for_each(|record| record.id = Some([7; 16]));
    save_records(&path, &records).unwrap();
    assert!(read_records::<New>(&path).unwrap() == records);
}

#[test]
fn files_of_numpy_with_other_fields() {
    #[derive(Record, Debug, PartialEq)]
    #[record(widen)]
    struct Wide {
        y: i64,
        missing: Option<f32>,
        x: f64,
    }
    let wide = |x: f64, y: i64| Wide { y, missing: None, x };
    let expected = [wide(1.5, -2), wide(f64::INFINITY, 7), wide(-0.0, 300)];
    assert_eq!(read_records::<Wide>(fixture("record-simple")).unwrap(), expected);
    assert_eq!(read_records::<Wide>(fixture("record-big-endian")).unwrap(), [wide(1.5, -2), wide(3.25, 7)]);

    #[derive(Record, Debug)]
    #[allow(dead_code, reason = "it is never read")]
    struct Strict {
        y: i64,
    }
    let error = said(&read_records::<Strict>(fixture("record-simple")).unwrap_err()).replace('>', "<");
    assert!(
        error.starts_with(
            "npy: y: the dtype differs: the array has <i2, <i8 was asked for (`#[record(widen)]` on the field or the struct"
        ),
        "{error}"
    );
}
