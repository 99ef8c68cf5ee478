//! Damaged streams and `BinarySerde` files of ND4J: all that is asked of the same bytes must agree.
#![cfg(feature = "nd4j")]
#![allow(clippy::unwrap_used, clippy::panic, reason = "a failed assumption is a failed test")]

use std::path::PathBuf;

use arr_conformance::door;
use arr_io::{Array, DType, Error, ErrorKind, Input, OpenOptions, Registry, Slice, Storage};

/// The shape and the items in C order, or who must act.
type Verdict = Result<(DType, Vec<usize>, Vec<u8>), ErrorKind>;

fn seen<S: Storage>(array: Result<Array<S>, Error>) -> Verdict {
    let array = array.map_err(|error| error.kind())?;
    let bytes = match array.dtype() {
        DType::Utf8 => array.to_strings().unwrap().join("\0").into_bytes(),
        _ => array.items().flatten().copied().collect(),
    };
    Ok((array.dtype().clone(), array.shape().to_vec(), bytes))
}

fn files() -> Vec<(&'static str, String, Vec<u8>)> {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../fixtures/nd4j");
    let mut files = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_str().unwrap();
        let known = ["nd4j-stream", "nd4j-binaryserde"];
        let Some(format) = known.into_iter().find(|format| name.starts_with(format)) else { continue };
        for file in std::fs::read_dir(&path).unwrap() {
            let file = file.unwrap().path();
            let bytes = std::fs::read(&file).unwrap();
            if bytes.len() < 160 {
                files.push((format, file.display().to_string(), bytes));
            }
        }
    }
    files
}

/// Asks everything of bytes; true when they are read.
fn agree(name: &str, bytes: &[u8], what: &str) -> bool {
    let format = Registry::shared().by_name(name).unwrap();
    let read = seen(door::read(format, Input::from_bytes(bytes)));
    assert_eq!(read, seen(door::read(format, Input::from_reader(bytes))), "{what}: streamed");
    let whole = Slice::from(vec![]);
    for input in [Input::from_bytes(bytes), Input::from_reader(bytes)] {
        let part = seen(door::read_slice(format, input, &whole).map(|(part, _)| part));
        assert_eq!(read, part, "{what}: part");
    }
    let options = OpenOptions::new().format(name);
    let view = match name {
        "nd4j-stream" => seen(arr_io::binary::stream::view(bytes)),
        _ => seen(arr_io::binary::binaryserde::view(bytes)),
    };
    if view != Err(ErrorKind::Unsupported) {
        assert_eq!(read, view, "{what}: view");
    }
    for input in [Input::from_bytes(bytes), Input::from_reader(bytes)] {
        let described = door::describe(format, input);
        let Ok((dtype, shape, _)) = &read else { continue };
        let described = described.unwrap();
        assert_eq!((&described.dtype, &described.shape), (dtype, shape), "{what}: described");
        let array = door::read(format, Input::from_bytes(bytes)).unwrap();
        // Strings are brought into an order.
        if *dtype != DType::Utf8 {
            assert_eq!(described.order, array.order(), "{what}: order");
        }
    }
    let faults = options.check_of(Input::from_bytes(bytes), None, &mut ());
    let streamed = options.check_of(Input::from_reader(bytes), None, &mut ());
    let kinds = |faults: &Result<Vec<Error>, Error>| match faults {
        Ok(faults) => Ok(faults.iter().map(|fault| fault.kind()).collect::<Vec<_>>()),
        Err(error) => Err(error.kind()),
    };
    assert_eq!(kinds(&faults), kinds(&streamed), "{what}: {faults:?} {streamed:?}");
    match (&read, &faults) {
        (Ok(_), Ok(faults)) => {
            let harmless = ["follow the data", "neither 0 nor 1"];
            for fault in faults {
                let text = fault.to_string();
                assert!(harmless.iter().any(|harmless| text.contains(harmless)), "{what}: {text}");
            }
        }
        (Err(ErrorKind::Malformed | ErrorKind::Unsupported), Ok(faults)) => {
            assert!(!faults.is_empty(), "{what}: {read:?}")
        }
        (Err(kind), Err(error)) => assert_eq!(*kind, error.kind(), "{what}: {error}"),
        _ => panic!("{what}: {read:?} {faults:?}"),
    }
    for input in [Input::from_bytes(bytes), Input::from_reader(bytes)] {
        let info = options.info_of(input, None);
        if read.is_ok() {
            assert_eq!(info.unwrap().len, Some(bytes.len() as u64), "{what}: info");
        }
    }
    read.is_ok()
}

const EXTREMES: [i64; 8] = [i64::MIN, -1, 0, 1, 3, 33, 1 << 61, i64::MAX];

/// Puts a number of that width into bytes, if it fits there.
fn put(bytes: &mut [u8], at: usize, width: usize, value: i64, is_big: bool) -> bool {
    let Some(room) = bytes.get_mut(at..at + width) else { return false };
    match is_big {
        true => room.copy_from_slice(&value.to_be_bytes()[8 - width..]),
        false => room.copy_from_slice(&value.to_le_bytes()[..width]),
    }
    true
}

#[test]
#[ignore = "takes long: it sets every byte of every fixture to every extreme"]
fn every_place_at_its_extremes() {
    let (mut sound, mut refused) = (0, 0);
    for (name, file, bytes) in files() {
        for at in 0..bytes.len() {
            agree(name, &bytes[..at], &format!("{file} cut at {at}"));
            for width in [1, 8] {
                for value in EXTREMES {
                    let mut changed = bytes.clone();
                    if put(&mut changed, at, width, value, name == "nd4j-stream") {
                        match agree(name, &changed, &format!("{file} {at} {width} {value}")) {
                            true => sound += 1,
                            false => refused += 1,
                        }
                    }
                }
            }
        }
    }
    assert!(sound > 1000 && refused > 1000, "{sound} {refused}");
}
