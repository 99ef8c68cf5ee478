//! Streams that must be refused, quickly, with an offset and without memory out of proportion.
#![cfg(feature = "nd4j")]
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::cast_possible_truncation,
    reason = "a failed assumption is a failed test"
)]

#[path = "stream/files.rs"]
mod files;

use arr_binary::format::Nd4jStream;
use arr_binary::stream::{self, ReadOptions, StreamHeader};
use arr_conformance::door;
use arr_core::{Array, Error, ErrorKind, Input, Limits, Slice, Storage};
use files::files;

/// Bytes of an array, or who must act.
type Verdict = Result<Vec<u8>, Error>;

fn all<S: Storage>(array: &Array<S>) -> Vec<u8> {
    array.items().flatten().copied().collect()
}

/// Every way in which bytes can be read.
fn verdicts(bytes: &[u8]) -> Vec<(&'static str, Verdict)> {
    let mut ways = vec![
        ("read_bytes", stream::read_bytes(bytes).map(|array| all(&array))),
        ("read_from", stream::read_from(&mut &bytes[..]).map(|array| all(&array))),
        ("seekable", {
            let mut cursor = std::io::Cursor::new(bytes);
            let input = Input::from_seekable(&mut cursor);
            input.and_then(|input| door::read(&Nd4jStream, input)).map(|array| all(&array))
        }),
        ("part", {
            let part = ReadOptions::new().read_part_input(&mut Input::from_bytes(bytes), Slice::from(vec![]));
            part.map(|array| all(&array))
        }),
        ("part of a stream", {
            let part =
                ReadOptions::new().read_part_input(&mut Input::from_reader(bytes), Slice::from(vec![]));
            part.map(|array| all(&array))
        }),
    ];
    let is_packed =
        StreamHeader::read(&mut Input::from_bytes(bytes)).is_ok_and(|header| header.compression().is_some());
    if !is_packed {
        ways.push(("view", stream::view(bytes).map(|array| all(&array))));
    }
    ways
}

/// What all ways of reading come to.
fn verdict(bytes: &[u8]) -> Result<Vec<u8>, ErrorKind> {
    let verdicts = verdicts(bytes);
    let mut first: Option<Result<Vec<u8>, ErrorKind>> = None;
    for (how, verdict) in verdicts {
        if let Err(error) = &verdict {
            assert!(error.offset().is_some_and(|offset| offset <= bytes.len() as u64), "{how}: {error}");
            assert!(error.to_string().starts_with("nd4j-stream: "), "{how}: {error}");
            assert!(!error.to_string().contains('\n'), "{how}: {error}");
        }
        let verdict = verdict.map_err(|error| error.kind());
        match &first {
            // Where the length is not known a limit may be met before the end.
            Some(first) => assert_eq!(first, &verdict, "{how}"),
            None => first = Some(verdict),
        }
    }
    first.unwrap()
}

fn sound() -> Vec<Vec<u8>> {
    let wanted = files("nd4j-stream").into_iter().filter(|(_, expected)| expected["data_missing"] != true);
    wanted.map(|(path, _)| std::fs::read(path).unwrap()).collect()
}

#[test]
fn every_file_cut_anywhere_is_refused() {
    for bytes in sound() {
        let step = if bytes.len() > 1000 { 97 } else { 1 };
        for len in (0..bytes.len()).step_by(step) {
            assert_eq!(verdict(&bytes[..len]), Err(ErrorKind::Malformed), "{len}");
        }
    }
}

#[test]
fn every_file_changed_anywhere_is_read_or_refused() {
    for bytes in sound().into_iter().filter(|bytes| bytes.len() < 300) {
        for place in 0..bytes.len() {
            for value in [0, 1, 0x7f, 0x80, 0xff, bytes[place] ^ 1, bytes[place] ^ 0x20] {
                let mut changed = bytes.clone();
                changed[place] = value;
                let read = stream::read_bytes(&changed);
                let described = door::describe(&Nd4jStream, Input::from_bytes(&changed));
                if let Ok(array) = &read {
                    let described = described.unwrap();
                    assert_eq!((&described.dtype, &described.shape[..]), (array.dtype(), array.shape()));
                    assert!(array.nbytes() <= 100 * changed.len());
                }
                verdict(&changed).ok();
            }
        }
    }
}

fn text(text: &str) -> Vec<u8> {
    [&u16::try_from(text.len()).unwrap().to_be_bytes()[..], text.as_bytes()].concat()
}

/// A stream of any mode: shape information, then the data.
fn stream_of(mode: &str, numbers: &[i64], count: i64, kind: &str, data: &[u8]) -> Vec<u8> {
    let wide = matches!(mode, "MIXED_DATA_TYPES" | "LONG_SHAPE");
    let put = |bytes: &mut Vec<u8>, number: i64| match wide {
        true => bytes.extend(number.to_be_bytes()),
        false => bytes.extend((number as i32).to_be_bytes()),
    };
    let mut bytes = text(mode);
    put(&mut bytes, i64::try_from(numbers.len()).unwrap());
    bytes.extend(text(if wide { "LONG" } else { "INT" }));
    numbers.iter().for_each(|number| put(&mut bytes, *number));
    bytes.extend(text(mode));
    put(&mut bytes, count);
    bytes.extend(text(kind));
    bytes.extend(data);
    bytes
}

const EXTREMES: [i64; 11] =
    [i64::MIN, i32::MIN as i64, -1, 0, 1, 2, 7, i32::MAX as i64, 1 << 32, i64::MAX / 8, i64::MAX];

#[test]
fn every_number_at_its_extremes() {
    let data = [1; 24];
    for mode in ["JAVACPP", "LONG_SHAPE", "MIXED_DATA_TYPES"] {
        let options = if mode == "MIXED_DATA_TYPES" { 0x2000 } else { 0 };
        let numbers = [2, 2, 3, 3, 1, options, 1, 99];
        assert_eq!(verdict(&stream_of(mode, &numbers, 6, "FLOAT", &data)), Ok(data.to_vec()));
        for place in 0..numbers.len() {
            for value in EXTREMES {
                for other in 0..numbers.len() {
                    for value_2 in EXTREMES {
                        let mut changed = numbers;
                        (changed[place], changed[other]) = (value, value_2);
                        let bytes = stream_of(mode, &changed, 6, "FLOAT", &data);
                        if let Ok(read) = verdict(&bytes) {
                            assert!(read.len() <= data.len(), "{changed:?}");
                        }
                    }
                }
            }
        }
        for count in EXTREMES {
            let read = verdict(&stream_of(mode, &numbers, count, "FLOAT", &data));
            assert_eq!(read, Err(ErrorKind::Malformed), "{mode} {count}");
        }
        for len in [0i64, 1, 3, 7, 9, 68, 69] {
            let numbers = vec![2; usize::try_from(len).unwrap()];
            assert_eq!(verdict(&stream_of(mode, &numbers, 6, "FLOAT", &data)), Err(ErrorKind::Malformed));
        }
    }
    for rank in [32, 33, 64] {
        let mut numbers = vec![rank];
        numbers.extend(std::iter::repeat_n(1, 2 * usize::try_from(rank).unwrap()));
        numbers.extend([0x2000, 1, 99]);
        let read = verdict(&stream_of("MIXED_DATA_TYPES", &numbers, 1, "FLOAT", &[0; 4]));
        assert_eq!(read.is_ok(), rank == 32);
    }
}

#[test]
fn contradictions_are_refused() {
    let of = |options: i64, count: i64, kind: &str| {
        stream_of("MIXED_DATA_TYPES", &[1, 4, 1, options, 1, 99], count, kind, &[1; 32])
    };
    let refused = |bytes: &[u8], message: &str| {
        let error = stream::read_bytes(bytes).unwrap_err();
        assert!(error.to_string().contains(message), "{error}");
        verdict(bytes).unwrap_err()
    };
    assert!(verdict(&of(0x2000, 4, "FLOAT")).is_ok());
    // Without a type in the options there is one in the data.
    assert!(verdict(&of(0, 4, "FLOAT")).is_ok());
    refused(&of(0x4000, 4, "FLOAT"), "says that items are DOUBLE, the data that they are FLOAT");
    refused(&of(0x2000, 4, "DOUBLE"), "says that items are FLOAT, the data that they are DOUBLE");
    refused(&of(0x6000, 4, "FLOAT"), "say no single type");
    refused(&of(0x2008, 4, "FLOAT"), "the options say that the array is empty");
    refused(&of(0x2000, 3, "FLOAT"), "the data has 3 items, expected 4");
    refused(&of(0x2000, 4, "FLOATS"), "not a name that ND4J knows");
    assert_eq!(refused(&of(0x10_0000, 4, "UTF8"), "ND4J wrote no strings"), ErrorKind::Unsupported);
    // `Nd4j.empty()` has no dimensions and no items.
    let empty = stream_of("MIXED_DATA_TYPES", &[0, 0x2008, 0, 99], 0, "FLOAT", &[]);
    assert_eq!(stream::read_bytes(&empty).unwrap().shape(), [0]);
    assert_eq!(stream::view(&empty).unwrap().shape(), [0]);
    // Items that are named more than once.
    let repeated = stream_of("LONG_SHAPE", &[1, 1 << 40, 0, 0, 0, 99], 1, "DOUBLE", &[0; 8]);
    refused(&repeated, "the data has 1 items, expected 1099511627776");
    let negative = stream_of("LONG_SHAPE", &[1, 2, -1, 0, -1, 99], 2, "DOUBLE", &[0; 16]);
    refused(&negative, "lead out of any buffer");
    let wide = stream_of("LONG_SHAPE", &[2, 0, i64::MAX, 0, 0, 0, 1, 99], 0, "DOUBLE", &[]);
    assert_eq!(verdict(&wide), Err(ErrorKind::Malformed));
}

/// Only views of INT, and those of early versions, are written with all of the buffer that they are a part of.
#[test]
fn more_items_than_the_shape_reaches() {
    let of = |mode: &str, shape: &[i64], options: i64, count: i64, kind: &str| {
        let numbers = [shape, &[options, 1, 99]].concat();
        stream_of(mode, &numbers, count, kind, &[1; 32])
    };
    let four = [1, 4, 1];
    for bytes in [
        of("MIXED_DATA_TYPES", &four, 0x2_0000, 8, "INT"),
        of("LONG_SHAPE", &four, 0, 8, "INT"),
        of("JAVACPP", &four, 0, 8, "INT"),
        of("HEAP", &four, 0, 8, "FLOAT"),
        // Each second column of two rows.
        of("MIXED_DATA_TYPES", &[2, 2, 2, 4, 2], 0x2_0000, 8, "INT"),
    ] {
        assert_eq!(verdict(&bytes), Ok(vec![1; 16]));
        let mut reader = &bytes[..];
        stream::read_from(&mut reader).unwrap();
        assert!(reader.is_empty());
        let described = door::describe(&Nd4jStream, Input::from_bytes(&bytes)).unwrap();
        assert_eq!(described.data_len, Some(32));
        let reached = described.details.iter().find(|(name, _)| *name == "buffer").unwrap();
        assert!(reached.1.starts_with("8 items, of which the array reaches "), "{reached:?}");
    }
    for (mode, options, count, kind) in [
        ("MIXED_DATA_TYPES", 0x2000, 8, "FLOAT"),
        ("MIXED_DATA_TYPES", 0x2000, 5, "FLOAT"),
        ("MIXED_DATA_TYPES", 0, 5, "FLOAT"),
        ("MIXED_DATA_TYPES", 0x8_0000, 32, "BOOL"),
        ("MIXED_DATA_TYPES", 0x2008, 2, "FLOAT"),
        ("LONG_SHAPE", 0, 8, "FLOAT"),
    ] {
        let shape: &[i64] = if options & 8 == 0 { &four } else { &[1, 0, 0] };
        let bytes = of(mode, shape, options, count, kind);
        let error = stream::read_bytes(&bytes).unwrap_err();
        assert!(error.to_string().contains(&format!("the data has {count} items, expected")), "{error}");
        let head = 2 + mode.len() as u64;
        let at = 2 * head + 8 + 6 + 8 * (shape.len() as u64 + 3);
        assert_eq!((verdict(&bytes), error.offset()), (Err(ErrorKind::Malformed), Some(at)), "{error}");
    }
    // What stands for an array without items is never looked at.
    let empty = of("MIXED_DATA_TYPES", &[1, 0, 0], 0x2008, 1, "FLOAT");
    assert_eq!(verdict(&empty), Ok(Vec::new()));
}

#[test]
fn options_that_contradict_the_data_are_refused_at_their_place() {
    let refused = |mode: &str, options: i64, at: u64, message: &str| {
        let bytes = stream_of(mode, &[1, 4, 1, options, 1, 99], 4, "FLOAT", &[1; 16]);
        let error = stream::read_bytes(&bytes).unwrap_err();
        assert!(error.to_string().contains(message), "{error}");
        assert_eq!((verdict(&bytes), error.offset()), (Err(ErrorKind::Malformed), Some(at)), "{error}");
    };
    // Behind the head of the buffer, the rank, a dimension and a stride.
    let wide = 2 + 16 + 8 + 6 + 24;
    refused("MIXED_DATA_TYPES", 0x2002, wide, "say that the array is sparse");
    refused("MIXED_DATA_TYPES", 2, wide, "say that the array is sparse");
    refused("MIXED_DATA_TYPES", 0x2004, wide, "say that the data is compressed, which it is not");
    refused("MIXED_DATA_TYPES", 4, wide, "say that the data is compressed, which it is not");
    refused("MIXED_DATA_TYPES", 0x2008, wide, "the options say that the array is empty");
    refused("MIXED_DATA_TYPES", 0x6000, wide, "say no single type");
    refused("MIXED_DATA_TYPES", 0x2000 | 1 << 26, wide, "bits that mean nothing: 0x4000000");
    refused("MIXED_DATA_TYPES", -1, wide, "say that the array is sparse");
    refused("LONG_SHAPE", 0x2000, 2 + 10 + 8 + 6 + 24, "expected 0 in generation 2");
    refused("JAVACPP", 1, 2 + 7 + 4 + 5 + 12, "expected 0 in generation 1");
    // What native code says of the memory means nothing.
    let padded = [1, 4, 1, 0x2000 | 1 << 25, 1, 99];
    assert!(verdict(&stream_of("MIXED_DATA_TYPES", &padded, 4, "FLOAT", &[1; 16])).is_ok());
}

/// The data of 1.0.0-beta3 is of generation 1 where it is compressed; no other two generations go together.
#[test]
fn buffers_of_two_generations() {
    let modes = ["HEAP", "DIRECT", "JAVACPP", "LONG_SHAPE", "MIXED_DATA_TYPES"];
    for (place, first) in modes.into_iter().enumerate() {
        for (other, second) in modes.into_iter().enumerate() {
            let options = if first == "MIXED_DATA_TYPES" { 0x2000 } else { 0 };
            let whole = stream_of(first, &[1, 4, 1, options, 1, 99], 4, "FLOAT", &[1; 16]);
            let width = if place < 3 { 4 } else { 8 };
            let at = whole.len() - 16 - 7 - width - text(first).len();
            let count = if other < 3 { 4i32.to_be_bytes().to_vec() } else { 4i64.to_be_bytes().to_vec() };
            let bytes = [&whole[..at], &text(second), &count, &text("FLOAT"), &[1; 16]].concat();
            if place.max(2) == other.max(2) || first == "LONG_SHAPE" && other < 3 {
                assert_eq!(verdict(&bytes), Ok(vec![1; 16]), "{first} {second}");
                continue;
            }
            assert_eq!(verdict(&bytes), Err(ErrorKind::Malformed), "{first} {second}");
            let error = stream::read_bytes(&bytes).unwrap_err();
            assert_eq!(error.offset(), Some(at as u64), "{error}");
            assert!(error.to_string().contains(&format!("the data has the mode {second}")), "{error}");
        }
    }
    // Nor does the other width of numbers.
    let bytes = stream_of("MIXED_DATA_TYPES", &[1, 4, 1, 0x2000, 1, 99], 4, "FLOAT", &[1; 16]);
    let at = 2 + 16 + 8;
    let narrow = [1i32, 4, 1, 0x2000, 1, 99].map(i32::to_be_bytes).concat();
    let bytes = [&bytes[..at], &text("INT"), &narrow, &bytes[at + 6 + 48..]].concat();
    assert_eq!(verdict(&bytes), Err(ErrorKind::Malformed));
    let error = stream::read_bytes(&bytes).unwrap_err();
    assert_eq!(error.offset(), Some(at as u64), "{error}");
    assert!(
        error.to_string().contains("items of INT, expected LONG in the mode MIXED_DATA_TYPES"),
        "{error}"
    );
}

/// A reader that counts how much was asked of it, and never ends.
struct Endless(u64);

impl std::io::Read for Endless {
    fn read(&mut self, bytes: &mut [u8]) -> std::io::Result<usize> {
        bytes.fill(0);
        self.0 += bytes.len() as u64;
        Ok(bytes.len())
    }
}

#[test]
fn what_is_claimed_is_not_reserved() {
    for count in [1i64 << 40, 1 << 59] {
        for (mode, options) in [("LONG_SHAPE", 0), ("MIXED_DATA_TYPES", 0x4000)] {
            let bytes = stream_of(mode, &[1, count, 1, options, 1, 99], count, "DOUBLE", &[0; 800]);
            assert_eq!(verdict(&bytes), Err(ErrorKind::Malformed));
            let limited = ReadOptions::new().limits(Limits::default().max_bytes(1 << 20));
            let mut endless = std::io::Read::chain(&bytes[..], Endless(0));
            let error = limited.read_from(&mut endless).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::LimitExceeded);
            assert_eq!(endless.into_inner().1.0, 0);
        }
    }
    let bytes = stream::to_bytes(&vec![1.0f64; 100]).unwrap();
    for (most, allowed) in [(799, false), (800, true)] {
        let limited = ReadOptions::new().limits(Limits::default().max_bytes(most));
        assert_eq!(limited.read_bytes(&bytes).is_ok(), allowed);
        assert_eq!(limited.clone().native().read_bytes(&bytes).is_ok(), allowed);
        assert_eq!(limited.read_from(&mut &bytes[..]).is_ok(), allowed);
    }
    for limits in [Limits::default().max_rank(0), Limits::default().max_header_size(100)] {
        let error = ReadOptions::new().limits(limits.clone()).read_bytes(&bytes).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::LimitExceeded);
        assert!(stream::view_with(&bytes, &limits).is_err());
    }
}

/// A compressed stream of generation 3, or of 2 without a type.
fn packed(algorithm: &str, numbers: [i64; 3], kind: Option<i32>, data: &[u8]) -> Vec<u8> {
    let (mode, options) = if kind.is_some() { ("MIXED_DATA_TYPES", 0x2000) } else { ("LONG_SHAPE", 0) };
    let mut tail = text(algorithm);
    numbers.iter().for_each(|number| tail.extend(number.to_be_bytes()));
    kind.into_iter().for_each(|kind| tail.extend(kind.to_be_bytes()));
    tail.extend(data);
    stream_of(mode, &[1, 4, 1, options, 1, 99], numbers[0], "COMPRESSED", &tail)
}

#[test]
fn compressed_data_with_numbers_at_their_extremes() {
    let algorithms =
        ["GZIP", "NOOP", "FLOAT16", "FLOAT8", "INT8", "UINT8", "INT16", "THRESHOLD", "FTHRESHOLD", "LZ4"];
    for algorithm in algorithms {
        for len in EXTREMES {
            for original_len in EXTREMES {
                for items in EXTREMES {
                    for kind in [None, Some(1)] {
                        let bytes = packed(algorithm, [len, original_len, items], kind, &[0; 40]);
                        assert!(verdict(&bytes).is_err(), "{algorithm} {len} {original_len} {items}");
                    }
                }
            }
        }
        for kind in [i32::MIN, -1, 0, 9, 10, 15, i32::MAX] {
            assert!(verdict(&packed(algorithm, [16, 16, 4], Some(kind), &[0; 40])).is_err());
        }
    }
    let sound = packed("NOOP", [0, 16, 4], Some(1), &[7; 16]);
    assert_eq!(verdict(&sound), Ok(vec![7; 16]));
    assert!(verdict(&packed("INT8", [4, 16, 4], Some(1), &[7; 4])).is_ok());
    assert!(verdict(&packed("INT8", [4, 16, 4], None, &[7; 4])).is_ok());
    let error = stream::read_bytes(&packed("THRESHOLD", [4, 16, 4], None, &[7; 4])).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unsupported);
    // The length stands there twice.
    let mut twice = packed("INT8", [4, 16, 4], Some(1), &[7; 4]);
    let at = 2 + 16 + 8 + 6 + 48 + 2 + 16;
    twice[at + 7] = 5;
    assert_eq!(verdict(&twice), Err(ErrorKind::Malformed));
    let error = stream::read_bytes(&twice).unwrap_err();
    assert!(error.to_string().contains("said to have 5 bytes, and 4 further on"), "{error}");
    assert_eq!(error.offset(), Some(at as u64));
    // Where nothing is packed ND4J writes 0; other lengths contradict the original one.
    assert_eq!(verdict(&packed("NOOP", [16, 16, 4], Some(1), &[7; 16])), Ok(vec![7; 16]));
    for len in [-5, 7, 15, 17, 1 << 60] {
        let found = verdict(&packed("NOOP", [len, 16, 4], Some(1), &[7; 40]));
        assert_eq!(found, Err(ErrorKind::Malformed), "{len}");
    }
    let mut twice = sound.clone();
    twice[at + 7] = 16;
    assert_eq!(verdict(&twice), Err(ErrorKind::Malformed));
    // Fewer items than the shape asks for.
    assert_eq!(verdict(&packed("NOOP", [0, 12, 3], Some(1), &[7; 16])), Err(ErrorKind::Malformed));
}

#[cfg(feature = "gzip")]
#[test]
fn gzip_bombs_are_refused() {
    use std::io::Write as _;

    let zip = |bytes: &[u8]| {
        let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
        encoder.write_all(bytes).unwrap();
        encoder.finish().unwrap()
    };
    let head = |count: i64| [text("MIXED_DATA_TYPES"), count.to_be_bytes().to_vec(), text("FLOAT")].concat();
    let of = |packed_bytes: &[u8], items: i64, kind: Option<i32>| {
        let len = i64::try_from(packed_bytes.len()).unwrap();
        packed("GZIP", [len, items * 4, items], kind, packed_bytes)
    };
    // Generation 2 does not say what was packed, but the packed buffer does.
    let numbers = [text("LONG_SHAPE"), 4i64.to_be_bytes().to_vec(), text("INT"), vec![7; 16]].concat();
    let whole = of(&zip(&numbers), 4, None);
    assert_eq!(verdict(&whole), Ok(vec![7; 16]));
    for input in [Input::from_bytes(&whole), Input::from_reader(&whole[..])] {
        let description = door::describe(&Nd4jStream, input).unwrap();
        assert_eq!(description.dtype.to_string(), ">i4");
    }
    for kind in [None, Some(1)] {
        assert_eq!(verdict(&of(&zip(&[head(4), vec![7; 16]].concat()), 4, kind)), Ok(vec![7; 16]));
        // 64 MiB in 64 KiB, said to be 16 bytes.
        let bomb = zip(&[head(4), vec![0; 64 << 20]].concat());
        assert_eq!(verdict(&of(&bomb, 4, kind)), Err(ErrorKind::Malformed));
        // Said to be what it can't be, and to be less or more than it is.
        assert_eq!(verdict(&of(&bomb, 1 << 50, kind)), Err(ErrorKind::Malformed));
        for (count, bytes) in [(4, 15), (4, 17), (3, 16), (5, 16), (4, 0)] {
            let bytes = of(&zip(&[head(count), vec![7; bytes]].concat()), 4, kind);
            assert_eq!(verdict(&bytes), Err(ErrorKind::Malformed), "{count}");
        }
        // Nothing in front of the items, or a head of which the input has a part.
        for inner in [&[][..], &head(4)[..10], &[7; 40]] {
            assert_eq!(verdict(&of(&zip(inner), 4, kind)), Err(ErrorKind::Malformed));
        }
        // More items than the shape has, however honest they are.
        let more = of(&zip(&[head(1 << 22), vec![0; 16 << 20]].concat()), 1 << 22, kind);
        assert_eq!(verdict(&more), Err(ErrorKind::Malformed));
        // Another member behind the data, and bytes that are none.
        for behind in [zip(&vec![0; 1 << 20]), vec![7; 8], vec![0; 100]] {
            let twice = [zip(&[head(4), vec![7; 16]].concat()), behind].concat();
            assert_eq!(verdict(&of(&twice, 4, kind)), Err(ErrorKind::Malformed));
        }
    }
}
