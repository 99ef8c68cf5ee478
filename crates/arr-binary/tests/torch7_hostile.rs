//! Hostile Torch7 files are refused with path and offset; nothing panics, and memory stays small.
#![cfg(feature = "torch7")]
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a failed assumption is a failed test"
)]

use std::path::{Path, PathBuf};

use arr_binary::torch7::{self, Builder, ReadOptions, WriteOptions};
use arr_conformance::said;
use arr_core::{Buffer, ErrorKind, Limits, Value};
use serde_json::Value as Json;

/// What reading one of them may spend.
const MOST: u64 = 4 << 20;

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fixtures/hostile")
}

fn options() -> ReadOptions {
    ReadOptions::new().limits(Limits::default().max_bytes(MOST))
}

fn ints(values: &[i32]) -> Vec<u8> {
    values.iter().flat_map(|value| value.to_le_bytes()).collect()
}

#[test]
fn each_is_refused_where_it_lies() {
    let list: Json = serde_json::from_slice(&std::fs::read(folder().join("torch7.json")).unwrap()).unwrap();
    let list = list.as_array().unwrap();
    assert!(list.len() > 50);
    let mut faults = Vec::new();
    for about in list {
        let name = about["file"].as_str().unwrap();
        let path = folder().join("torch7").join(name);
        let bytes = std::fs::read(&path).unwrap();
        let wanted = match about["kind"].as_str().unwrap() {
            "malformed" => ErrorKind::Malformed,
            "unsupported" => ErrorKind::Unsupported,
            "limit" => ErrorKind::LimitExceeded,
            other => panic!("{name}: {other}"),
        };
        let Err(error) = options().view(&bytes) else {
            faults.push(format!("{name} is read: {}", about["reason"]));
            continue;
        };
        let is_inside = error.offset().is_some_and(|offset| offset <= bytes.len() as u64);
        let is_there = about["path"].as_str().is_none_or(|path| error.path() == Some(path));
        if error.kind() != wanted || !is_inside || !is_there || !error.to_string().starts_with("torch7: ") {
            faults.push(format!("{name}: {:?}, not {wanted:?}: {error}", error.kind()));
        }
        // By every way in.
        for other in [
            options().open(&path).map(drop),
            options().load(&path).map(drop),
            options().deserialize(&bytes).map(drop),
            options().deserialize_buffer(&Buffer::from_vec(bytes.clone())).map(drop),
        ] {
            let other = other.unwrap_err();
            let is_limit = other.kind() == ErrorKind::LimitExceeded;
            if said(&other) != said(&error) && !is_limit {
                faults.push(format!("{name}: {error}, and {other}"));
            }
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

#[test]
fn a_million_nested_objects_are_refused_without_recursion() {
    let of_each = |make: fn(i32) -> Vec<u8>| (1..=1_000_000).flat_map(make).collect::<Vec<u8>>();
    let number = |index: i32| [ints(&[3, index, 1, 1]), 1f64.to_le_bytes().to_vec()].concat();
    let key = |index: i32| ints(&[3, index, 1]);
    let instance = |index: i32| [ints(&[4, index, 1]), b"a".to_vec()].concat();
    let function = |_| ints(&[6, 0]);
    for (name, mut bytes) in [
        ("values", of_each(number)),
        ("keys", of_each(key)),
        ("instances", of_each(instance)),
        ("functions", of_each(function)),
    ] {
        bytes.extend(vec![0; 12_000_000]);
        // The stack of a thread is as small as that of any program.
        let small = std::thread::Builder::new().stack_size(128 << 10);
        let work = move || ReadOptions::new().deserialize(&bytes).unwrap_err();
        let error = small.spawn(work).unwrap().join().unwrap();
        assert_eq!(error.kind(), ErrorKind::LimitExceeded, "{name}: {error}");
        assert!(error.to_string().contains("nested more than 65536 levels deep"), "{name}: {error}");
        assert!(error.offset().is_some() && error.path().is_none_or(|path| path.len() < 2000), "{name}");
    }
}

#[test]
fn what_is_nested_deeper_than_torch_nests_is_read_and_written() {
    let mut new = Builder::new();
    let mut inside = Value::from("innermost");
    for _ in 0..60_000 {
        inside = new.table([("in", inside)]).unwrap();
    }
    let graph = new.finish(inside).unwrap();
    let small = std::thread::Builder::new().stack_size(128 << 10);
    let work = move || {
        for options in [WriteOptions::new(), WriteOptions::new().ascii(true)] {
            let bytes = options.serialize(&graph).unwrap();
            let back = torch7::deserialize(&bytes).unwrap();
            assert!(back.graph().same_as(&graph).unwrap());
        }
    };
    small.spawn(work).unwrap().join().unwrap();
}

#[test]
fn wherever_a_file_is_cut_it_is_refused() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fixtures/torch7");
    let mut read_all_the_same = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        if !name.ends_with(".t7") || name.starts_with("bad_") || name.starts_with("nn_network") {
            continue;
        }
        let bytes = std::fs::read(&path).unwrap();
        let Ok(whole) = torch7::deserialize(&bytes) else { continue };
        let count = whole.roots().len();
        for at in 0..bytes.len() {
            let Ok(file) = torch7::deserialize(&bytes[..at]) else { continue };
            // The end of the last line of a text, and objects behind the first one, may be missing.
            let is_end_of_line =
                bytes[at..] == *b"\n" || (bytes[at - 1] == b'\n' && bytes[at..].trim_ascii().is_empty());
            if !is_end_of_line && file.roots().len() >= count {
                read_all_the_same.push(format!("{name} at {at} of {}", bytes.len()));
            }
        }
    }
    assert!(read_all_the_same.is_empty(), "{}", read_all_the_same.join("\n"));
}

#[test]
fn limits_are_kept() {
    let mut new = Builder::new();
    let items: Vec<Value> = (0..10_000).map(|number| Value::from(f64::from(number))).collect();
    let root = new.list(items).unwrap();
    let bytes = torch7::serialize(&new.finish(root).unwrap()).unwrap();
    let error =
        ReadOptions::new().limits(Limits::default().max_bytes(10_000)).deserialize(&bytes).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::LimitExceeded, "{error}");
    let long_class = [ints(&[4, 1, 3]), b"V 1".to_vec(), ints(&[2 << 20]), vec![b'x'; 2 << 20]].concat();
    assert_eq!(torch7::deserialize(&long_class).unwrap_err().kind(), ErrorKind::LimitExceeded);
    let tensor = WriteOptions::new().serialize_tensor(&vec![0f64; 1000]).unwrap();
    for most in [7999, 8000 + 1000] {
        let read = ReadOptions::new().limits(Limits::default().max_bytes(most)).deserialize(&tensor);
        assert_eq!(read.is_ok(), most > 8000, "{most}");
    }
}

#[test]
fn longs_of_four_bytes_are_found_out_or_asked_for() {
    let four = WriteOptions::new().long_size(4);
    let tensor = four.serialize_tensor(&vec![1f32, 2.0, 3.0]).unwrap();
    assert_eq!(torch7::deserialize(&tensor).unwrap().long_size(), Some(4));
    // Of a storage alone the first number decides: where it is zero, nothing does.
    let storage = |first: f32| {
        let mut new = Builder::new();
        let root = new.storage(&vec![first, 2.0]).unwrap();
        four.serialize(&new.finish(root).unwrap()).unwrap()
    };
    let read = torch7::deserialize(&storage(1.0)).unwrap();
    assert_eq!(read.get("").unwrap().to_vec::<f32>().unwrap(), [1.0, 2.0]);
    let error = torch7::deserialize(&storage(0.0)).unwrap_err();
    assert_eq!(error.hint(), Some(arr_core::Hint::Option("long-size", "4")), "{error}");
    let read = ReadOptions::new().long_size(4).deserialize(&storage(0.0)).unwrap();
    assert_eq!(read.get("").unwrap().to_vec::<f32>().unwrap(), [0.0, 2.0]);
    assert!(ReadOptions::new().long_size(5).deserialize(&tensor).is_err());
    assert!(ReadOptions::new().long_size(8).deserialize(&tensor).is_err());
}
