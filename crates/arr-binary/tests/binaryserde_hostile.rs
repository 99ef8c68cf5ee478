//! Arrays that must be refused, or read without a panic and without memory out of proportion.
#![cfg(feature = "nd4j")]
#![allow(clippy::unwrap_used, clippy::panic, reason = "a failed assumption is a failed test")]

#[path = "binaryserde_support/values.rs"]
mod values;

use arr_binary::binaryserde::{self, ReadOptions};
use arr_binary::format::Nd4jBinarySerde;
use arr_conformance::door;
use arr_core::format::{Format as _, Match};
use arr_core::{Array, DType, Error, ErrorKind, Input, Limits, Order, Slice, Storage};
use proptest::prelude::*;
use values::{check, files, path};

type Verdict = Result<(Vec<usize>, Vec<u8>), Error>;

/// What an array is, as far as the ways of reading it must agree.
fn seen<S: Storage>(array: Array<S>) -> (Vec<usize>, Vec<u8>) {
    let bytes = match array.dtype() {
        DType::Utf8 => array.to_strings().unwrap().join("\0").into_bytes(),
        _ => array.items().flatten().copied().collect(),
    };
    (array.shape().to_vec(), bytes)
}

/// Reads bytes in every way and checks that all come to the same verdict, which it gives.
fn verdict(bytes: &[u8]) -> Verdict {
    let options = ReadOptions::new();
    let read = options.read_bytes(bytes).map(seen);
    let whole = Slice::from(vec![]);
    let others = [
        options.read_from(&mut &bytes[..]).map(seen),
        door::read_slice(&Nd4jBinarySerde, Input::from_bytes(bytes), &whole).map(|(part, _)| {
            // A part has its items in another place.
            (part.shape().to_vec(), read.as_ref().map_or(Vec::new(), |read| read.1.clone()))
        }),
    ];
    for other in others {
        assert_eq!(other.is_ok(), read.is_ok(), "{read:?} {other:?}");
        match (&read, other) {
            (Ok(read), Ok(other)) => assert_eq!(*read, other),
            (Err(read), Err(other)) => assert_eq!(read.kind(), other.kind(), "{read}: {other}"),
            _ => {}
        }
    }
    match (&read, binaryserde::view(bytes).map(seen)) {
        (Ok(read), Ok(view)) => assert_eq!(*read, view),
        (Ok(_), Err(error)) => assert_eq!(error.kind(), ErrorKind::Unsupported, "{error}"),
        (Err(_), Ok(_)) => panic!("a view of what is not read: {read:?}"),
        (Err(_), Err(error)) => check_error(&error),
    }
    if let Err(error) = &read {
        check_error(error);
    }
    if read.is_ok() {
        door::describe(&Nd4jBinarySerde, Input::from_bytes(bytes)).unwrap();
        assert_eq!(Nd4jBinarySerde.sniff(bytes), Match::Maybe);
    }
    read
}

fn check_error(error: &Error) {
    assert!(error.offset().is_some(), "{error}");
    assert!(error.to_string().starts_with("nd4j-binaryserde: "), "{error}");
    let kinds = [ErrorKind::Malformed, ErrorKind::Unsupported, ErrorKind::LimitExceeded];
    assert!(kinds.contains(&error.kind()), "{error}");
}

const EXTREMES: [i64; 14] = [
    i64::MIN,
    i64::MIN + 1,
    -1 << 31,
    -2,
    -1,
    0,
    1,
    2,
    33,
    1 << 31,
    (1 << 32) + 1,
    1 << 61,
    (1 << 62) + 1,
    i64::MAX,
];

#[test]
fn every_field_is_set_to_extremes() {
    let (mut refused, mut read) = (0, 0);
    for file in files("nd4j-binaryserde") {
        let bytes = std::fs::read(path(&file)).unwrap();
        for at in (0..bytes.len().min(160)).step_by(4) {
            for value in EXTREMES {
                for width in [4, 8] {
                    let mut changed = bytes.clone();
                    let value = value.to_le_bytes();
                    let room = (changed.len() - at).min(width);
                    changed[at..at + room].copy_from_slice(&value[..room]);
                    match verdict(&changed) {
                        // Nothing of it is larger than the file, but for what is packed.
                        Ok((shape, items)) => {
                            assert!(items.len() <= changed.len().max(4000), "{file} {at}: {shape:?}");
                            read += 1;
                        }
                        Err(_) => refused += 1,
                    }
                }
            }
        }
    }
    assert!(refused > 10_000 && read > 3_000, "{refused} {read}");
}

#[test]
fn every_file_cut_anywhere_is_refused() {
    for file in files("nd4j-binaryserde") {
        let bytes = std::fs::read(path(&file)).unwrap();
        let name = file["file"].as_str().unwrap();
        let whole = if name.ends_with("beta6-f32-empty.buf") { bytes.len() - 4 } else { bytes.len() };
        for len in (0..whole).filter(|len| whole < 1000 || len % 61 == 0) {
            let error = verdict(&bytes[..len]).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Malformed, "{file} {len}: {error}");
            assert!(error.offset().unwrap() <= len as u64, "{file} {len}: {error}");
        }
        // What follows is left alone.
        check(&binaryserde::read_bytes(&[&bytes[..], b"more"].concat()).unwrap(), &file);
    }
}

/// Bytes of a header with these numbers in the shape information.
fn header(rank: i32, kind: i32, numbers: &[i64]) -> Vec<u8> {
    let mut bytes = [rank.to_le_bytes(), kind.to_le_bytes()].concat();
    numbers.iter().for_each(|number| bytes.extend(number.to_le_bytes()));
    bytes
}

#[test]
fn faults_are_named_with_their_place() {
    let refused = |bytes: &[u8], kind: ErrorKind, at: u64, words: &str| {
        let error = verdict(bytes).unwrap_err();
        assert_eq!((error.kind(), error.offset()), (kind, Some(at)), "{error}");
        assert!(error.to_string().contains(words), "{error}");
    };
    let malformed = |bytes: &[u8], at: u64, words: &str| refused(bytes, ErrorKind::Malformed, at, words);
    let float = 0x2000;
    malformed(&header(-1, 1, &[-1; 4]), 0, "the rank is -1");
    malformed(&header(33, 1, &[33; 70]), 0, "the rank is 33");
    malformed(&header(2, 1, &[3, 1, 1, 1, 1, float, 1, 99]), 8, "expected the rank 2 once more");
    malformed(&header(1, 15, &[1, 1, 1, float, 1, 99]), 4, "the type is 15");
    malformed(&header(1, -1, &[1, 1, 1, float, 1, 99]), 4, "the type is -1");
    malformed(&header(1, 7, &[1, 1, 1, 0, 1, 99]), 4, "none of generation 2");
    malformed(
        &header(1, 0, &[1, 1, 1, float, 1, 99]),
        4,
        "the type is DOUBLE, but the shape information says FLOAT",
    );
    malformed(&header(1, 1, &[1, 1, 1, float | 0x4000, 1, 99]), 32, "no single type");
    malformed(&header(1, 1, &[1, 1, 1, 4, 1, 99]), 32, "say that the data is compressed, which it is not");
    malformed(&header(1, 1, &[1, 1, 1, float | 4, 1, 99]), 32, "say that the data is compressed");
    malformed(&header(1, 1, &[1, 1, 1, float | 2, 1, 99]), 32, "say that the array is sparse");
    malformed(&header(1, 1, &[1, 1, 1, float | 1 << 40, 1, 99]), 32, "bits that mean nothing: 0x10000000000");
    assert!(verdict(&[header(1, 1, &[1, 1, 1, float | 1 << 25, 1, 99]), vec![0; 4]].concat()).is_ok());
    malformed(&header(1, 1, &[1, 1, 1, 8, 1, 99]), 32, "expected a type, or 0 in generation 2");
    malformed(&header(1, 1, &[1, 1, 1, float | 8, 0, 99]), 32, "is empty");
    malformed(&header(1, 1, &[1, -1, 1, float, 1, 99]), 16, "dimension 0 is -1");
    malformed(&header(1, 1, &[1, 1, 1, float, 1, 98]), 48, "the order is 98");
    malformed(&header(1, 1, &[1, 2, -1, float, 1, 99]), 24, "strides");
    malformed(&header(1, 1, &[1, 3, i64::MAX, float, 1, 99]), 24, "strides");
    malformed(&header(1, 1, &[1, i64::MAX, 0, float, 1, 99]), 16, "too large");
    malformed(&header(2, 1, &[2, 1 << 40, 1 << 40, 1, 1, float, 1, 99]), 16, "overflows");
    malformed(&header(2, 1, &[2, 0, 1 << 62, 0, 0, float, 1, 99]), 16, "too large");
    // Many items of a few bytes are not believed, whatever the strides are.
    malformed(&[header(1, 1, &[1, 1 << 40, 0, float, 1, 99]), vec![0; 4]].concat(), 56, "found 4");
    malformed(
        &[header(1, 1, &[1, 3, 5, float, 1, 99]), vec![0; 43]].concat(),
        56,
        "expected 44 bytes, found 43",
    );
    assert!(verdict(&[header(1, 1, &[1, 3, 5, float, 1, 99]), vec![0; 44]].concat()).is_ok());

    let packed = |kind: i32, algorithm: i32, numbers: [i64; 4], original: i32, data: &[u8]| {
        let mut bytes = header(1, 10, &[1, 2, 1, float, 1, 99]);
        bytes.extend([kind.to_le_bytes(), algorithm.to_le_bytes()].concat());
        numbers.iter().for_each(|number| bytes.extend(number.to_le_bytes()));
        bytes.extend(original.to_le_bytes());
        bytes.extend(data);
        bytes
    };
    let eight = [1, 2, 3, 4, 5, 6, 7, 8];
    assert_eq!(verdict(&packed(0, 5, [8, 0, 2, 4], 1, &eight)).unwrap().1, eight);
    let mut said = packed(0, 5, [8, 0, 2, 4], 1, &eight);
    said[32..40].copy_from_slice(&4i64.to_le_bytes());
    assert_eq!(verdict(&said).unwrap().1, eight);
    assert_eq!(verdict(&packed(0, 5, [8, 8, 2, 4], 1, &eight)).unwrap().1, eight);
    for len in [-5, 7, 9, 1 << 60] {
        malformed(&packed(0, 5, [8, len, 2, 4], 1, &eight), 64, "the packed length is ");
    }
    malformed(&packed(1, 5, [8, 0, 2, 4], 1, &eight), 56, "said to be lossy, which NOOP is not");
    malformed(&packed(0, 1, [8, 4, 2, 4], 1, &eight[..4]), 56, "said to be lossless, which FLOAT16 is not");
    malformed(&packed(2, 5, [8, 0, 2, 4], 1, &eight), 56, "the kind of compression is 2");
    malformed(&packed(-1, 5, [8, 0, 2, 4], 1, &eight), 56, "the kind of compression is -1");
    malformed(&packed(0, 8, [8, 0, 2, 4], 1, &eight), 60, "expected 0 to 7");
    malformed(&packed(0, -1, [8, 0, 2, 4], 1, &eight), 60, "expected 0 to 7");
    refused(&packed(0, 7, [8, 0, 2, 4], 1, &eight), ErrorKind::Unsupported, 60, "CUSTOM");
    malformed(&packed(0, 5, [-8, 0, 2, 4], 1, &eight), 64, "original length is -8");
    malformed(&packed(0, 2, [8, -1, 2, 4], 1, &eight), 64, "is -1");
    malformed(&packed(0, 5, [8, 0, -2, 4], 1, &eight), 64, "is -2");
    malformed(&packed(0, 5, [8, 0, 3, 4], 1, &eight), 64, "do not take 8 bytes");
    malformed(&packed(0, 5, [8, 0, 2, 8], 1, &eight), 88, "the item size is 8");
    malformed(&packed(0, 5, [8, 0, 2, 4], 17, &eight), 96, "the original type is 17");
    malformed(
        &packed(0, 5, [8, 0, 2, 4], 4, &eight),
        4,
        "the type is INT, but the shape information says FLOAT",
    );
    malformed(&packed(0, 5, [4, 0, 1, 4], 1, &eight), 80, "1 items are compressed, the shape needs 2");
    malformed(&packed(0, 5, [8, 0, 2, 4], 1, &eight[..7]), 100, "packed data");
    malformed(&packed(0, 2, [8, 7, 2, 4], 1, &eight), 100, "packed data");

    let texts = |offsets: &[i64], bytes: &[u8]| {
        let mut file = header(1, 9, &[1, 2, 1, 0x10_0000, 1, 99]);
        offsets.iter().for_each(|offset| file.extend(offset.to_le_bytes()));
        file.extend(bytes);
        file
    };
    assert_eq!(verdict(&texts(&[0, 1, 3], b"abc")).unwrap().1, b"a\0bc");
    malformed(&texts(&[1, 1, 3], b"abc"), 56, "the offset of string 0 is 1, expected 0");
    malformed(&texts(&[-1, 1, 3], b"abc"), 56, "the offset of string 0 is -1");
    malformed(&texts(&[0, -1, 3], b"abc"), 64, "the offset of string 1 is -1, expected 0 or more");
    malformed(&texts(&[0, 3, 1], b"abc"), 72, "the offset of string 2 is 1, expected 3 or more");
    malformed(&texts(&[0, 1, 4], b"abc"), 80, "expected 4 bytes, found 3");
    malformed(&texts(&[0, 1, i64::MAX], b"abc"), 80, "ends inside the strings");
    malformed(&texts(&[0, 1], b""), 56, "ends inside the offsets");
    malformed(&texts(&[0, 2, 4], "a\u{e9}b".as_bytes()), 81, "string 0 is not UTF-8");
    malformed(&header(1, 9, &[1, 1 << 59, 1, 0x10_0000, 1, 99]), 56, "offsets of strings");
    // There are no strings in generation 2, and the code of a shape without strings is not a type.
    malformed(&header(1, 9, &[1, 2, 1, 0, 1, 99]), 4, "none of generation 2");
}

/// The lengths that a stream claims are believed only as far as it has arrived.
#[test]
fn streams_that_claim_much_are_read_as_far_as_they_go() {
    let claims = [
        [header(1, 1, &[1, 1 << 58, 1, 0x2000, 1, 99]), vec![7; 100]].concat(),
        [header(1, 9, &[1, 1 << 58, 1, 0x10_0000, 1, 99]), vec![0; 100]].concat(),
        [header(1, 9, &[1, 1, 1, 0x10_0000, 1, 99]), [0, 1i64 << 60].map(i64::to_le_bytes).concat()].concat(),
    ];
    for bytes in claims {
        let error = ReadOptions::new().read_from(&mut &bytes[..]).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Malformed, "{error}");
        let limits = Limits::default().max_bytes(1 << 20);
        let error = ReadOptions::new().limits(limits).read_from(&mut &bytes[..]).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::LimitExceeded, "{error}");
    }
}

#[test]
fn limits_are_kept() {
    let array = Array::from_vec(vec![1.0f64; 6], &[2, 3]).unwrap();
    let bytes = binaryserde::to_bytes(&array).unwrap();
    let read = |limits: Limits| ReadOptions::new().limits(limits).read_bytes(&bytes);
    assert!(read(Limits::default().max_bytes(48)).is_ok());
    let error = read(Limits::default().max_bytes(47)).unwrap_err();
    assert_eq!((error.kind(), error.offset()), (ErrorKind::LimitExceeded, Some(72)));
    let error = read(Limits::default().max_rank(1)).unwrap_err();
    assert_eq!((error.kind(), error.offset()), (ErrorKind::LimitExceeded, Some(0)));
    let limits = Limits::default().max_rank(1);
    assert!(binaryserde::view_with(&bytes, &limits).is_err());
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("x.buf"), &bytes).unwrap();
    assert!(door::map(&Nd4jBinarySerde, &folder.path().join("x.buf"), &limits).is_err());
    let texts = Array::from_texts(&[2], Order::C, ["some", "text"]).unwrap();
    let bytes = binaryserde::to_bytes(&texts).unwrap();
    let read = |most: u64| ReadOptions::new().limits(Limits::default().max_bytes(most)).read_bytes(&bytes);
    assert!(read(32).is_ok());
    assert_eq!(read(31).unwrap_err().offset(), Some(80));
    assert_eq!(read(23).unwrap_err().offset(), Some(56));
}

#[test]
fn what_is_no_array_is_not_taken_for_one() {
    for bytes in [
        &b""[..],
        &[0; 15],
        b"\x93NUMPY\x01\x00v\x00{'descr': '<f4', 'fortran_order': False, 'shape': (2, 3), }",
        b"\x00\x10MIXED_DATA_TYPES\x00\x00\x00\x00\x00\x00\x00\x08",
        b"PK\x03\x04\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00",
        b"{\n\"filefrom\": \"dl4j\",\n\"ordering\": \"c\"",
        &[0; 64],
        &[1; 64],
        &[255; 64],
    ] {
        assert_eq!(Nd4jBinarySerde.sniff(bytes), Match::No, "{bytes:?}");
    }
}

proptest! {
    #[test]
    fn nothing_panics(
        place in any::<prop::sample::Index>(),
        changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..6),
        noise in prop::collection::vec(any::<u8>(), 0..100),
    ) {
        let _ = verdict(&noise);
        let files = files("nd4j-binaryserde");
        let mut bytes = std::fs::read(path(place.get(&files))).unwrap();
        for (at, byte) in changes {
            let at = at.index(bytes.len().min(150));
            bytes[at] = byte;
        }
        let _ = verdict(&bytes);
        bytes.extend(noise);
        let _ = verdict(&bytes);
    }
}
