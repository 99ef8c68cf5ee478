//! Arrays that Java has serialized: those of real ND4J releases, some made here, and hostile ones.
#![cfg(feature = "nd4j")]
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::cast_possible_truncation,
    clippy::cast_precision_loss,
    reason = "a failed assumption is a failed test"
)]

#[path = "stream/files.rs"]
mod files;
#[path = "stream/values.rs"]
mod values;

use arr_binary::format::JavaSerialized;
use arr_binary::java::{self, ReadOptions};
use arr_core::format::{Codec, Description, Format as _, Match, Output, Reading, Sink, Writing};
use arr_core::{Array, ByteOrder, Contiguity, Error, ErrorKind, Input, Limits, Order, s};
use files::files;
use values::check;

#[test]
fn every_file_reads_to_the_same_values_in_every_way() {
    let mut read = 0;
    for (path, expected) in files("java-serialized") {
        let mut bytes = std::fs::read(&path).unwrap();
        assert_eq!(JavaSerialized.sniff(&bytes), Match::Yes);
        check(&java::read(&path).unwrap(), &expected, "read");
        check(&ReadOptions::new().native().read(&path).unwrap(), &expected, "native");
        check(&java::read_bytes(&bytes).unwrap(), &expected, "read_bytes");
        bytes.extend(b"and more");
        for byte_order in [ByteOrder::Big, ByteOrder::Little] {
            let mut reader = &bytes[..];
            let array = ReadOptions::new().byte_order(byte_order).read_from(&mut reader).unwrap();
            assert!(array.dtype().is_in_order(byte_order));
            check(&array, &expected, "read_from");
            assert_eq!(reader, b"and more");
        }
        let mut input = Input::from_bytes(&bytes);
        let array = Codec::read(&JavaSerialized, &mut input, &Reading::default()).unwrap();
        assert_eq!(input.remaining(), Some(8));
        let description = described(&bytes).unwrap();
        assert_eq!((&description.dtype, &description.shape[..]), (array.dtype(), array.shape()));
        assert_eq!(description.data_len, None);
        let part = ReadOptions::new().read_part_input(&mut Input::from_bytes(&bytes), s![1]).unwrap();
        assert!(part.items().eq(array.slice(s![1]).unwrap().items()));
        read += 1;
    }
    assert!(read >= 4, "{read}");
}

/// What the format says of an array.
fn described(bytes: &[u8]) -> arr_core::Result<Description> {
    JavaSerialized.describe(&mut Input::from_bytes(bytes)).map(|head| head.description)
}

/// Everything that varies in an object, as bytes.
struct Object {
    class: &'static [u8],
    flags: u8,
    fields: Vec<u8>,
    count: i16,
    annotation: Vec<u8>,
    values: Vec<u8>,
    data: Vec<u8>,
    record: usize,
}

const CLASS: &[u8] = b"org.nd4j.linalg.api.ndarray.BaseNDArrayProxy";

fn text(text: &[u8]) -> Vec<u8> {
    [&u16::try_from(text.len()).unwrap().to_be_bytes()[..], text].concat()
}

fn class_of_longs() -> Vec<u8> {
    [&b"\x72"[..], &text(b"[J"), &[1, 2, 3, 4, 5, 6, 7, 8], b"\x02\0\0\x78\x70"].concat()
}

fn longs(class: &[u8], numbers: &[i64]) -> Vec<u8> {
    let mut bytes = [b"\x75", class, &i32::try_from(numbers.len()).unwrap().to_be_bytes()].concat();
    numbers.iter().for_each(|number| bytes.extend(number.to_be_bytes()));
    bytes
}

fn buffer(kind: &[u8], count: i64, items: &[u8]) -> Vec<u8> {
    [&text(b"MIXED_DATA_TYPES"), &count.to_be_bytes()[..], &text(kind), items].concat()
}

impl Object {
    fn new(shape: &[i64], order: u8, kind: &[u8], items: &[u8]) -> Self {
        let length: i64 = shape.iter().product();
        let field = |kind: u8, name: &[u8]| [&[kind], &text(name)[..]].concat();
        let fields = [
            field(b'C', b"arrayOrdering"),
            field(b'J', b"length"),
            field(b'[', b"arrayShape"),
            b"\x74".to_vec(),
            text(b"[J"),
        ];
        Self {
            class: CLASS,
            flags: 3,
            fields: fields.concat(),
            count: 3,
            annotation: b"\x78\x70".to_vec(),
            values: [&[0, order], &length.to_be_bytes()[..], &longs(&class_of_longs(), shape)].concat(),
            data: buffer(kind, length, items),
            record: 1024,
        }
    }

    fn bytes(&self) -> Vec<u8> {
        let mut bytes = b"\xac\xed\0\x05\x73\x72".to_vec();
        bytes.extend(text(self.class));
        bytes.extend([9; 8]);
        bytes.push(self.flags);
        bytes.extend(self.count.to_be_bytes());
        bytes.extend(&self.fields);
        bytes.extend(&self.annotation);
        bytes.extend(&self.values);
        for record in self.data.chunks(self.record) {
            match u8::try_from(record.len()) {
                Ok(len) => bytes.extend([0x77, len]),
                Err(_) => {
                    bytes.push(0x7a);
                    bytes.extend(i32::try_from(record.len()).unwrap().to_be_bytes());
                }
            }
            bytes.extend(record);
        }
        bytes.push(0x78);
        bytes
    }
}

/// Reads bytes in all ways, which must come to the same.
fn read(bytes: &[u8]) -> Result<Array, Error> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("x.ser");
    std::fs::write(&path, bytes).unwrap();
    let ways =
        [java::read_bytes(bytes), java::read_from(&mut &bytes[..]), ReadOptions::new().native().read(&path)];
    let values: Vec<_> = ways
        .iter()
        .map(|array| match array {
            Ok(array) => Ok(array
                .to_contiguous_in(Order::C, ByteOrder::Big)
                .unwrap()
                .as_bytes(Order::C)
                .unwrap()
                .to_vec()),
            Err(error) => Err(error.kind()),
        })
        .collect();
    assert!(values.iter().all(|value| *value == values[0]), "{values:?}");
    let [first, ..] = ways;
    first
}

fn refused(object: &Object, kind: ErrorKind, message: &str) {
    let error = read(&object.bytes()).unwrap_err();
    assert_eq!(error.kind(), kind, "{error}");
    assert!(error.to_string().contains(message), "{error}");
    assert!(error.to_string().starts_with("java-serialized: "), "{error}");
    assert!(error.offset().is_some(), "{error}");
}

fn floats(count: usize) -> Vec<u8> {
    (0..count).flat_map(|value| (value as f32).to_be_bytes()).collect()
}

#[test]
fn long_data_comes_in_records() {
    let values: Vec<f32> = (0..600_000u32).map(|value| value as f32).collect();
    for record in [1, 7, 200, 255, 256, 1024, 1 << 20, 1 << 24] {
        let count = if record < 100 { 3000 } else { 600_000 };
        let mut object =
            Object::new(&[i64::try_from(count).unwrap() / 100, 100], b'c', b"FLOAT", &floats(count));
        object.record = record;
        let array = read(&object.bytes()).unwrap();
        assert_eq!(array.to_vec::<f32>().unwrap(), values[..count]);
    }
}

#[test]
fn all_that_may_vary_is_read() {
    let fortran = Object::new(&[2, 3], b'f', b"FLOAT", &floats(6));
    let array = read(&fortran.bytes()).unwrap();
    assert_eq!((array.order(), array.get::<f32>(&[0, 1]).unwrap()), (Contiguity::F, 2.0));
    let scalar = Object::new(&[], b'c', b"FLOAT", &floats(1));
    assert_eq!(read(&scalar.bytes()).unwrap().shape(), [0; 0]);
    let empty = Object::new(&[2, 0], b'c', b"FLOAT", &[]);
    assert_eq!(read(&empty.bytes()).unwrap().shape(), [2, 0]);
    let mut empty = Object::new(&[0], b'c', b"FLOAT", &[]);
    empty.data = buffer(b"FLOAT", 1, &[0; 4]);
    assert_eq!(read(&empty.bytes()).unwrap().shape(), [0]);
    let flags = Object::new(&[2], b'c', b"BOOL", &[1, 0]);
    assert_eq!(read(&flags.bytes()).unwrap().to_vec::<bool>().unwrap(), [true, false]);
    // Fields in another order, more of them, and references to what was described before.
    let mut other = Object::new(&[2], b'c', b"FLOAT", &floats(2));
    let field = |kind: u8, name: &[u8]| [&[kind], &text(name)[..]].concat();
    let reference = |handle: u8| [0x71, 0, 0x7e, 0, handle];
    other.fields = [
        field(b'[', b"arrayShape"),
        [b"\x74".to_vec(), text(b"[J")].concat(),
        field(b'D', b"more"),
        field(b'Z', b"still more"),
        field(b'J', b"length"),
        field(b'C', b"arrayOrdering"),
        field(b'[', b"arrayShape"),
        reference(1).to_vec(),
    ]
    .concat();
    other.count = 6;
    other.values = [
        longs(&class_of_longs(), &[7]),
        vec![0; 9],
        2i64.to_be_bytes().to_vec(),
        vec![0, b'c'],
        longs(&reference(3), &[2]),
    ]
    .concat();
    assert_eq!(read(&other.bytes()).unwrap().to_vec::<f32>().unwrap(), [0.0, 1.0]);
    // References to what is something else, or nothing.
    for handle in [0, 2, 4, 5, 255] {
        other.values = [
            longs(&class_of_longs(), &[7]),
            vec![0; 9],
            2i64.to_be_bytes().to_vec(),
            vec![0, b'c'],
            longs(&reference(handle), &[2]),
        ]
        .concat();
        assert_eq!(read(&other.bytes()).unwrap_err().kind(), ErrorKind::Malformed, "{handle}");
    }
}

#[test]
fn other_objects_are_refused_by_name() {
    let mut list = Object::new(&[2], b'c', b"FLOAT", &floats(2));
    list.class = b"java.util.ArrayList";
    refused(&list, ErrorKind::Unsupported, "an object of class java.util.ArrayList");
    for (start, what) in [
        (0x70, "null"),
        (0x71, "a reference"),
        (0x74, "a string"),
        (0x75, "an array of Java"),
        (0x77, "block data"),
        (0x7e, "an enum"),
    ] {
        let error = java::read_bytes(&[0xac, 0xed, 0, 5, start, 0, 0, 0]).unwrap_err();
        assert_eq!((error.kind(), error.offset()), (ErrorKind::Unsupported, Some(4)));
        assert!(error.to_string().contains(&format!("there is {what}, expected an object")), "{error}");
    }
    let made = |change: fn(&mut Object)| {
        let mut object = Object::new(&[2], b'c', b"FLOAT", &floats(2));
        change(&mut object);
        object
    };
    refused(&made(|object| object.data = buffer(b"UTF8", 2, &[])), ErrorKind::Unsupported, "strings");
    refused(
        &made(|object| object.data = buffer(b"COMPRESSED", 2, &[])),
        ErrorKind::Unsupported,
        "COMPRESSED",
    );
    let malformed = |change: fn(&mut Object), message: &str| {
        refused(&made(change), ErrorKind::Malformed, message);
    };
    malformed(|object| object.flags = 2, "promise no block data");
    malformed(|object| object.count = -1, "has -1 fields");
    malformed(|object| object.count = i16::MAX, "has 32767 fields");
    malformed(|object| object.values[1] = b'x', "the order is 120");
    malformed(|object| object.values[9] = 3, "the length is 3");
    malformed(|object| object.data = buffer(b"FLOAT", 3, &floats(3)), "the data has 3 items");
    malformed(|object| object.data = buffer(b"FLOAT", 1, &floats(1)), "the data has 1 items");
    malformed(|object| object.data.push(0), "more than one data buffer");
    malformed(|object| object.data.truncate(20), "ends inside the number of items");
    malformed(|object| object.data.clear(), "ends inside the allocation mode");
    let annotated = made(|object| object.annotation = b"\x77\x00\x78\x70".to_vec());
    refused(&annotated, ErrorKind::Unsupported, "block data, expected the end of the annotation");
    let derived = made(|object| object.annotation = b"\x78\x72".to_vec());
    refused(&derived, ErrorKind::Unsupported, "expected no super class");
}

#[test]
fn numbers_of_any_size_are_refused_quickly() {
    let extremes = [i64::MIN, -1, 0, 1, 3, i64::from(i32::MAX), 1 << 40, 1 << 61, i64::MAX];
    for dimension in extremes {
        for length in extremes {
            for count in extremes {
                let mut object = Object::new(&[], b'c', b"DOUBLE", &[]);
                object.values =
                    [&[0, b'c'], &length.to_be_bytes()[..], &longs(&class_of_longs(), &[dimension])].concat();
                object.data = buffer(b"DOUBLE", count, &[]);
                let read = read(&object.bytes());
                assert_eq!(read.is_ok(), dimension == 0 && length == 0 && count == 0);
            }
        }
    }
    for rank in [-1, 33, i32::MIN, i32::MAX] {
        let mut object = Object::new(&[2], b'c', b"FLOAT", &floats(2));
        object.values =
            [&[0, b'c'], &2i64.to_be_bytes()[..], b"\x75", &class_of_longs(), &rank.to_be_bytes()].concat();
        refused(&object, ErrorKind::Malformed, "dimensions");
    }
    // A shape without items that is too large all the same, and records of any length.
    let wide = Object::new(&[0, i64::MAX, i64::MAX], b'c', b"DOUBLE", &[]);
    assert_eq!(read(&wide.bytes()).unwrap_err().kind(), ErrorKind::Malformed);
    for len in [-1, i32::MIN, i32::MAX] {
        let object = Object::new(&[2], b'c', b"FLOAT", &floats(2));
        let whole = object.bytes();
        let mut bytes = whole[..whole.len() - object.data.len() - 3].to_vec();
        bytes.push(0x7a);
        bytes.extend(len.to_be_bytes());
        bytes.extend(&object.data);
        assert_eq!(read(&bytes).unwrap_err().kind(), ErrorKind::Malformed);
    }
}

#[test]
fn every_file_cut_or_changed_anywhere_is_read_or_refused() {
    for (path, _) in files("java-serialized") {
        let bytes = std::fs::read(path).unwrap();
        for len in 0..bytes.len() {
            let error = read(&bytes[..len]).unwrap_err();
            assert!(error.offset().is_some_and(|offset| offset <= len as u64), "{len}: {error}");
        }
        for place in 0..bytes.len() {
            for value in [0, 1, 0x70, 0x71, 0x72, 0x77, 0x78, 0x7a, 0x7f, 0x80, 0xff] {
                let mut changed = bytes.clone();
                changed[place] = value;
                let (read, described) = (java::read_bytes(&changed), described(&changed));
                if let Ok(array) = read {
                    let described = described.unwrap();
                    assert_eq!((&described.dtype, &described.shape[..]), (array.dtype(), array.shape()));
                }
            }
        }
    }
}

#[test]
fn limits_are_kept_and_nothing_is_written() {
    let bytes = Object::new(&[100], b'c', b"FLOAT", &floats(100)).bytes();
    let limited = |most| ReadOptions::new().limits(Limits::default().max_bytes(most));
    assert!(limited(400).read_bytes(&bytes).is_ok());
    for error in
        [limited(399).read_bytes(&bytes), limited(399).read_from(&mut &bytes[..])].map(Result::unwrap_err)
    {
        assert_eq!(error.kind(), ErrorKind::LimitExceeded);
        assert!(error.offset().is_some());
    }
    let flat = ReadOptions::new().limits(Limits::default().max_rank(0));
    assert_eq!(flat.read_bytes(&bytes).unwrap_err().kind(), ErrorKind::LimitExceeded);
    let mut sink = Vec::new();
    let error = JavaSerialized.create(Sink::New(Output::new(&mut sink)), &Writing::default()).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unsupported);
}
