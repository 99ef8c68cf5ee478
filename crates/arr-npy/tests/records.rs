//! Rust structs from files of real NumPy releases, and back.
#![cfg(feature = "derive")]
#![allow(clippy::unwrap_used, reason = "a failed assumption is a failed test")]
#![deny(unsafe_code)]

use std::fs::File;
use std::path::PathBuf;

use arr_conformance::own_file;
use arr_core::{ByteOrder, ErrorKind, FixedBytes, FixedStr, Limits, NOT_A_TIME};
use arr_npy::{ReadOptions, Record, WriteOptions, read_records, save_records};
use half::f16;
use num_complex::Complex;

fn fixture(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../fixtures/numpy/npy").join(format!("{name}.npy"))
}

/// Reads a file as records in every way, which agree, and checks that they are written back byte for byte.
fn read<T: Record + PartialEq + std::fmt::Debug>(name: &str) -> Vec<T> {
    let records = read_any::<T>(name);
    let bytes = std::fs::read(fixture(name)).unwrap();
    let mut written = Vec::new();
    WriteOptions::new().byte_order(ByteOrder::Little).write_records_to(&mut written, &records).unwrap();
    assert!(written == bytes, "{name} is written back as it was");
    records
}

/// [`read`] for files that are not as we write them.
fn read_any<T: Record + PartialEq + std::fmt::Debug>(name: &str) -> Vec<T> {
    let records: Vec<T> = read_records(fixture(name)).unwrap();
    let bytes = std::fs::read(fixture(name)).unwrap();
    assert_eq!(arr_npy::view(&bytes).unwrap().to_records::<T>().unwrap(), records);
    let mut stream = &[&bytes[..], b"behind"].concat()[..];
    assert_eq!(arr_npy::read_records_from::<T>(&mut stream).unwrap(), records);
    assert_eq!(stream, b"behind");
    let mut input = arr_core::Input::from_bytes(&bytes);
    assert_eq!(ReadOptions::new().read_records_input::<T>(&mut input).unwrap(), records);
    records
}

#[derive(Record, Clone, Copy, Debug, PartialEq)]
struct Simple {
    x: f32,
    y: i16,
    s: FixedBytes<3>,
}

fn simple(x: f32, y: i16, s: &[u8]) -> Simple {
    Simple { x, y, s: FixedBytes::new(s).unwrap() }
}

#[test]
fn simple_records_of_any_rank() {
    let all = [simple(1.5, -2, b"abc"), simple(f32::INFINITY, 7, b""), simple(-0.0, 300, b"x\0y")];
    assert_eq!(read::<Simple>("record-simple"), all);
    assert_eq!(read::<Simple>("record-recarray"), all);
    assert_eq!(read_any::<Simple>("record-scalar"), all[..1]);

    #[derive(Record, Debug, PartialEq)]
    struct Pair {
        b: u8,
        a: i16,
    }
    // Six records in Fortran order: C order is every other one.
    let pairs = read_any::<Pair>("record-fortran");
    assert!(pairs.iter().all(|pair| i16::from(pair.b) == pair.a));
    let array = arr_npy::read(fixture("record-fortran")).unwrap();
    assert_eq!(
        array.field("a").unwrap().to_vec::<i16>().unwrap(),
        pairs.iter().map(|pair| pair.a).collect::<Vec<_>>()
    );
}

#[test]
fn every_kind_of_number() {
    #[derive(Record, Debug, PartialEq)]
    struct Kinds {
        f_0: bool,
        f_1: i8,
        f_2: u8,
        f_3: i16,
        f_4: u16,
        f_5: i32,
        f_6: u32,
        f_7: i64,
        f_8: u64,
        f_9: f16,
        f_10: f32,
        f_11: f64,
        f_12: Complex<f32>,
        f_13: Complex<f64>,
    }
    let (array, kinds) =
        (arr_npy::read(fixture("record-all-kinds")).unwrap(), read::<Kinds>("record-all-kinds"));
    let column = |name: &str| array.field(name).unwrap();
    assert_eq!(column("f_0").to_vec::<bool>().unwrap(), [kinds[0].f_0, kinds[1].f_0]);
    assert_eq!(column("f_6").to_vec::<u32>().unwrap(), [kinds[0].f_6, kinds[1].f_6]);
    assert_eq!(column("f_9").to_vec::<f16>().unwrap(), [kinds[0].f_9, kinds[1].f_9]);
    assert_eq!(column("f_13").to_vec::<Complex<f64>>().unwrap(), [kinds[0].f_13, kinds[1].f_13]);
}

#[test]
fn aligned_records() {
    #[derive(Record, Debug, PartialEq)]
    #[record(aligned)]
    struct Aligned {
        a: i8,
        b: f64,
        c: i8,
        d: i32,
        e: i8,
    }
    let aligned = |sign: i8| Aligned {
        a: sign,
        b: f64::from(sign) * 2.5,
        c: 3 * sign,
        d: 4 * i32::from(sign),
        e: 5 * sign,
    };
    assert_eq!(read::<Aligned>("record-aligned"), [aligned(1), aligned(-1)]);

    #[derive(Record, Debug, PartialEq)]
    struct Two {
        b: f32,
        a: i16,
    }
    assert_eq!(read_any::<Two>("record-offsets"), [Two { a: 1, b: 2.5 }, Two { a: 3, b: 4.5 }]);
}

#[test]
fn foreign_byte_orders_and_strings() {
    #[derive(Record, Debug, PartialEq)]
    struct Big {
        x: f32,
        y: i16,
        c: Complex<f64>,
        #[record(dtype = "U2")]
        u: String,
    }
    let big = read_any::<Big>("record-big-endian");
    let expected = [
        Big { x: 1.5, y: -2, c: Complex::new(1.0, -2.0), u: "ab".into() },
        Big { x: 3.25, y: 7, c: Complex::new(0.0, 1.0), u: "é".into() },
    ];
    assert_eq!(big, expected);
    let mut written = Vec::new();
    WriteOptions::new().byte_order(ByteOrder::Big).write_records_to(&mut written, &big).unwrap();
    assert!(written == std::fs::read(fixture("record-big-endian")).unwrap());

    #[derive(Record, Debug, PartialEq)]
    struct Times {
        s: FixedBytes<4>,
        u: FixedStr<2>,
        #[record(dtype = "M8[us]")]
        t: i64,
        #[record(dtype = "m8[D]")]
        d: i64,
        #[record(dtype = "M8[25s]")]
        g: i64,
    }
    let times = read_any::<Times>("record-strings-dates");
    assert_eq!((times[0].s.as_bytes(), times[0].u.to_string()), (&b"ab"[..], "é".to_owned()));
    let ticks: Vec<_> = times.iter().map(|time| [time.t, time.d, time.g]).collect();
    assert_eq!(ticks, [[1, -1, 3], [NOT_A_TIME, NOT_A_TIME, 0]]);

    #[derive(Record, Debug)]
    struct Other {
        #[record(dtype = "M8[ns]")]
        #[allow(dead_code, reason = "it is never read")]
        t: i64,
    }
    let error = read_records::<Other>(fixture("record-strings-dates")).unwrap_err().to_string();
    assert!(error.starts_with("npy: t: the dtype differs: the array has <M8[us], "), "{error}");
}

#[test]
fn records_and_arrays_inside_of_records() {
    #[derive(Record, Debug, PartialEq)]
    struct Place {
        x: f64,
        y: f64,
    }
    #[derive(Record, Debug, PartialEq)]
    struct Goal {
        at: Place,
        far: bool,
    }
    #[derive(Record, Debug, PartialEq)]
    struct Way {
        id: i32,
        from: Place,
        to: Goal,
    }
    let ways = read::<Way>("record-nested");
    let to = Goal { at: Place { x: 2.5, y: 3.5 }, far: true };
    assert_eq!(ways[0], Way { id: 1, from: Place { x: 0.5, y: 1.5 }, to });
    assert!(read::<Way>("record-no-rows").is_empty());

    #[derive(Record, Debug, PartialEq)]
    struct Grid {
        n: [u8; 1],
        m: [[i16; 3]; 2],
    }
    let grids = read_any::<Grid>("record-subarray-2d");
    assert_eq!(grids[0], Grid { n: [7], m: [[1, 2, 3], [4, 5, 6]] });
    assert_eq!(grids[1], Grid { n: [9], m: [[-1, -2, -3], [0, 0, 0]] });

    #[derive(Record, Debug, PartialEq)]
    struct Point {
        x: i16,
        y: u8,
    }
    #[derive(Record, Debug, PartialEq)]
    struct Points {
        p: [Point; 2],
        z: i32,
    }
    let points = read::<Points>("record-subarray-of-records");
    assert_eq!(points[0], Points { p: [Point { x: 1, y: 2 }, Point { x: 3, y: 4 }], z: 5 });

    #[derive(Record, Debug, PartialEq)]
    struct Empty {
        v: [f32; 0],
        n: i16,
    }
    assert_eq!(read::<Empty>("record-subarray-empty"), [Empty { v: [], n: 4 }, Empty { v: [], n: 8 }]);
}

#[test]
fn names_of_all_kinds() {
    #[derive(Record, Debug, PartialEq)]
    struct Titled {
        #[record(title = "First title")]
        a: i32,
        #[record(title = "Second")]
        b: f64,
        c: i16,
    }
    assert_eq!(
        read::<Titled>("record-titles"),
        [Titled { a: 1, b: 2.5, c: 3 }, Titled { a: 4, b: 5.5, c: 6 }]
    );

    #[derive(Record, Debug, PartialEq)]
    struct ByTitle {
        #[record(name = "Second")]
        b: f64,
    }
    assert_eq!(read_any::<ByTitle>("record-titles"), [ByTitle { b: 2.5 }, ByTitle { b: 5.5 }]);

    #[derive(Record, Debug, PartialEq)]
    struct Unicode {
        #[record(name = "Größe")]
        size: i16,
        #[record(name = "名前")]
        name: u8,
        #[record(name = "😀")]
        smile: u8,
        #[record(title = "заголовок")]
        t: u8,
    }
    assert_eq!(read::<Unicode>("record-unicode-names").len(), 1);
}

#[derive(Record, Clone, Copy, Debug, PartialEq)]
struct Long {
    a: i32,
    good: bool,
    b: f64,
}

fn long(row: usize) -> Long {
    let row = i32::try_from(row).unwrap();
    Long { a: row, good: row % 3 == 0, b: f64::from(row) / 7.0 }
}

/// So many that more than one thread reads them.
const MANY: usize = 300_000;

#[test]
fn many_records_come_back_by_every_way() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("many.npy");
    let records: Vec<_> = (0..MANY).map(long).collect();
    for byte_order in [ByteOrder::Little, ByteOrder::Big] {
        WriteOptions::new().byte_order(byte_order).save_records(&path, &records).unwrap();
        assert!(read_records::<Long>(&path).unwrap() == records);
        assert!(arr_npy::read_records_from::<Long>(&mut File::open(&path).unwrap()).unwrap() == records);
        assert!(own_file!(arr_npy::map(&path)).unwrap().to_records::<Long>().unwrap() == records);
        let array = arr_npy::read(&path).unwrap();
        assert!(array.dtype().is_in_order(byte_order));
        let halves = array.reshape(&[2, MANY / 2], arr_core::Order::C).unwrap();
        arr_npy::save(&path, &halves.to_contiguous(arr_core::Order::F).unwrap()).unwrap();
        assert!(read_records::<Long>(&path).unwrap() == records);
    }
}

#[test]
fn plain_old_data_is_read_as_it_is() {
    #[derive(Record, bytemuck::Pod, bytemuck::Zeroable, Clone, Copy, Debug, PartialEq)]
    #[record(pod)]
    #[repr(C, packed)]
    struct Pod {
        a: i32,
        b: f64,
        c: FixedBytes<3>,
    }
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("pod.npy");
    let pod = |row: usize| Pod { a: long(row).a, b: long(row).b, c: FixedBytes::new(b"ab").unwrap() };
    let records: Vec<_> = (0..MANY).map(pod).collect();
    save_records(&path, &records).unwrap();
    assert!(read_records::<Pod>(&path).unwrap() == records);
    let map = own_file!(arr_npy::map(&path)).unwrap();
    assert!(map.to_records::<Pod>().unwrap() == records);
    assert!(map.as_records::<Pod>().unwrap() == records);
    WriteOptions::new().byte_order(ByteOrder::NATIVE.swapped()).save_records(&path, &records).unwrap();
    assert!(read_records::<Pod>(&path).unwrap() == records);
    assert!(own_file!(arr_npy::map(&path)).unwrap().as_records::<Pod>().is_err());
}

#[test]
fn what_is_wrong_far_inside_is_named_and_nothing_is_left_behind() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("many.npy");
    let records: Vec<_> = (0..MANY).map(long).collect();
    save_records(&path, &records).unwrap();
    let mut bytes = std::fs::read(&path).unwrap();
    let start = bytes.len() - MANY * 13;
    bytes[start + 250_000 * 13 + 4] = 7;
    std::fs::write(&path, &bytes).unwrap();
    let at = start + 250_000 * 13;
    let why = format!("npy: good: row 250000: a byte is neither 0 nor 1, so no bool (at byte {at})");
    assert_eq!(read_records::<Long>(&path).unwrap_err().to_string(), why);
    assert_eq!(arr_npy::read_records_from::<Long>(&mut &bytes[..]).unwrap_err().to_string(), why);
    let cut = bytes.len() - 1;
    std::fs::write(&path, &bytes[..cut]).unwrap();
    assert_eq!(read_records::<Long>(&path).unwrap_err().kind(), ErrorKind::Malformed);
    let cut = start + 200_000 * 13 - 1;
    assert_eq!(
        arr_npy::read_records_from::<Long>(&mut &bytes[..cut]).unwrap_err().kind(),
        ErrorKind::Malformed
    );

    #[derive(Record, Clone)]
    struct Name {
        #[record(dtype = "S16")]
        name: String,
    }
    let mut names = vec![Name { name: "fits".into() }; MANY];
    names[270_000].name = "does not fit at all".into();
    let before = std::fs::read(&path).unwrap();
    let error = save_records(&path, &names).unwrap_err().to_string();
    assert!(
        error.starts_with("npy: name: row 270000: the text \"does not fit at all\" has 19 bytes"),
        "{error}"
    );
    assert!(std::fs::read(&path).unwrap() == before);
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1);
}

#[test]
fn claims_cost_nothing() {
    let header = |descr: &str, shape: &str| {
        let text = format!("{{'descr': {descr}, 'fortran_order': False, 'shape': ({shape},), }}");
        let text = format!("{text:<width$}\n", width = 117.max(text.len()));
        let len = u16::try_from(text.len()).unwrap();
        [&b"\x93NUMPY\x01\x00"[..], &len.to_le_bytes(), text.as_bytes()].concat()
    };
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("claims.npy");
    let plain = "('a', '<i4'), ('good', '|b1'), ('b', '<f8')";
    let wide = format!("[{plain}, ('c', '|V2000000000')]");
    for (descr, shape) in [(format!("[{plain}]"), "100000000000"), (wide.clone(), "1"), (wide, "1000000000")]
    {
        let bytes = [header(&descr, shape), vec![0; 100]].concat();
        std::fs::write(&path, &bytes).unwrap();
        assert_eq!(read_records::<Long>(&path).unwrap_err().kind(), ErrorKind::Malformed);
        let error = arr_npy::read_records_from::<Long>(&mut &bytes[..]).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Malformed);
    }

    #[derive(Record, Debug)]
    struct Nothing {
        #[record(dtype = "U0")]
        #[allow(dead_code, reason = "there is nothing in it")]
        name: String,
    }
    let bytes = header("[('name', '<U0')]", "100000000000");
    let error = arr_npy::read_records_from::<Nothing>(&mut &bytes[..]).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::LimitExceeded);
    let few = header("[('name', '<U0')]", "5");
    assert_eq!(arr_npy::read_records_from::<Nothing>(&mut &few[..]).unwrap().len(), 5);

    let bytes = [header(&format!("[{plain}, ('o', '|O')]"), "1"), vec![0; 100]].concat();
    let error = arr_npy::read_records_from::<Long>(&mut &bytes[..]).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unsupported);
    let options = ReadOptions::new().limits(Limits::default().max_bytes(100));
    save_records(&path, &[long(0); 8]).unwrap();
    assert_eq!(options.read_records::<Long>(&path).unwrap_err().kind(), ErrorKind::LimitExceeded);
}
