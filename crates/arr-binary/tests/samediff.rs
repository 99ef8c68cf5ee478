//! Graphs of SameDiff: their variables by name, and files that lead nowhere.
#![cfg(feature = "flatarray")]
#![allow(clippy::unwrap_used, clippy::panic, reason = "a failed assumption is a failed test")]

use std::path::{Path, PathBuf};

use arr_binary::format::{Nd4jFlatArray, Nd4jSameDiff};
use arr_binary::samediff;
use arr_core::format::{Format as _, Match, Part, PartInfo, Reader, Reading, Selection, Source};
use arr_core::{Array, ByteOrder, ErrorKind, Input, Limits, Order, Result, s};
use serde_json::Value;

fn fixtures(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fixtures").join(name)
}

fn graph() -> Vec<u8> {
    std::fs::read(fixtures("nd4j-cases/samediff-m21.fb")).unwrap()
}

fn hostile(name: &str) -> Vec<u8> {
    std::fs::read(fixtures("hostile/nd4j").join(name)).unwrap()
}

fn open<'a>(input: Input<'a>, limits: &Limits) -> Result<Box<dyn Reader + 'a>> {
    Nd4jSameDiff.open(Source::from(input), &Reading::new().limits(limits.clone()))
}

fn listed(reader: &mut dyn Reader) -> Vec<PartInfo> {
    std::iter::from_fn(|| reader.next_part().unwrap()).collect()
}

/// The variables, as the manifest says; those of one dtype at a time are compared as doubles, which hold them.
fn check(found: &[(String, Array)]) {
    let manifest = std::fs::read(fixtures("nd4j-cases/manifest.json")).unwrap();
    let manifest: Value = serde_json::from_slice(&manifest).unwrap();
    let files = manifest["files"].as_array().unwrap();
    let arrays = &files.iter().find(|file| file["file"] == "samediff-m21.fb").unwrap()["arrays"];
    assert_eq!(found.iter().map(|(name, _)| name.as_str()).collect::<Vec<_>>(), ["b", "steps", "w", "wf"]);
    for (name, array) in found {
        let wanted = &arrays[name];
        assert_eq!(
            (array.dtype().to_string(), array.shape().len()),
            (wanted["dtype"].as_str().unwrap().to_owned(), wanted["shape"].as_array().unwrap().len())
        );
        let native = array.to_byte_order(ByteOrder::NATIVE).unwrap();
        let values: Value = match name.as_str() {
            "steps" => native.to_vec::<i64>().unwrap().into(),
            "wf" => native.to_vec::<f64>().unwrap().into(),
            _ => native.to_vec::<f32>().unwrap().into(),
        };
        let numbers = |value: &Value| -> Vec<f64> {
            value.as_array().unwrap().iter().map(|number| number.as_f64().unwrap()).collect()
        };
        assert_eq!(numbers(&values), numbers(&wanted["data"]), "{name}");
    }
}

#[test]
fn variables_are_read_by_name_through_every_door() {
    let path = fixtures("nd4j-cases/samediff-m21.fb");
    check(&samediff::read(&path).unwrap());
    check(&samediff::read_bytes(&graph()).unwrap());
    let bytes = graph();
    for input in [Input::open(&path).unwrap(), Input::from_bytes(&bytes), Input::from_reader(&bytes[..])] {
        let mut reader = open(input, &Limits::default()).unwrap();
        let parts = listed(reader.as_mut());
        for part in &parts {
            let name = part.key.as_deref().unwrap();
            assert_eq!(&reader.find(name).unwrap(), part);
            let array = reader.read(part, Selection::All).unwrap().into_array().unwrap();
            let what = reader.describe(part).unwrap().into_array().unwrap();
            assert_eq!((&what.dtype, &what.shape[..]), (array.dtype(), array.shape()));
            assert_eq!(what.data_len, Some(array.nbytes() as u64));
            let start = usize::try_from(what.data_offset).unwrap();
            assert_eq!(bytes[start..start + array.nbytes()], array.storage()[..array.nbytes()]);
            let part_of = reader.read(part, Selection::Slice(&s![1..])).unwrap().into_array().unwrap();
            assert_eq!(
                part_of.items().collect::<Vec<_>>(),
                array.slice(s![1..]).unwrap().items().collect::<Vec<_>>()
            );
            for order in [Order::C, Order::F] {
                let mut blocks = reader.blocks(part, Some(order), 8).unwrap();
                let mut count = 0;
                while let Some(block) = blocks.next_block().unwrap() {
                    let place = array.slice(block.place.slice()).unwrap();
                    assert!(block.array.items().eq(place.items()), "{name}");
                    count += block.array.len();
                }
                assert_eq!(count, array.len());
            }
            assert!(reader.faults(part).unwrap().is_empty());
        }
        assert_eq!(reader.position(), bytes.len() as u64);
        let error = reader.find("in").unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidArgument);
        assert_eq!(error.to_string(), "the graph has no variable 'in' with a value");
    }
    let mut reader = open(Input::open(&path).unwrap(), &Limits::default()).unwrap();
    let part = reader.find("wf").unwrap();
    let map = reader.map(&part, arr_conformance::door::mapper()).unwrap();
    assert_eq!((map.dtype().to_string(), map.shape()), (">f8".to_owned(), &[2, 3][..]));
    assert!(map.items().eq(reader.read(&part, Selection::All).unwrap().as_array().unwrap().items()));
}

#[test]
fn a_graph_is_told_from_an_array() {
    assert_eq!((Nd4jSameDiff.sniff(&graph()), Nd4jFlatArray.sniff(&graph())), (Match::Maybe, Match::No));
    for entry in std::fs::read_dir(fixtures("nd4j/nd4j-flatarray")).unwrap() {
        let bytes = std::fs::read(entry.unwrap().path()).unwrap();
        assert_eq!((Nd4jSameDiff.sniff(&bytes), Nd4jFlatArray.sniff(&bytes)), (Match::No, Match::Maybe));
    }
    // Other files of FlatBuffers have an identifier.
    let mut other = graph();
    other[4..8].copy_from_slice(b"TFL3");
    assert_eq!(Nd4jSameDiff.sniff(&other), Match::No);
    assert!((0..200).all(|len| Nd4jSameDiff.sniff(&graph()[..len.min(32)]) == Match::No));
}

#[test]
fn what_leads_nowhere_is_refused_where_it_stands() {
    for (file, message) in [
        (
            "variable-outside",
            "the table leads to bytes 2147483795 to 2147483799, the file has 1856 (at byte 1856)",
        ),
        (
            "more-variables-than-bytes",
            "the field 'variables' leads to bytes 136 to 4294967432, the file has 1856 (at byte 136)",
        ),
        (
            "two-of-one-name",
            "w: two variables of the graph have this name: neither can be found by it (at byte 1744)",
        ),
        ("name-not-utf8", "the name of a variable is not UTF-8 (at byte 1848)"),
        ("name-missing", "the field 'name' is missing (at byte 1708)"),
    ] {
        let bytes = hostile(&format!("samediff-{file}.fb"));
        for input in [Input::from_bytes(&bytes), Input::from_reader(&bytes[..])] {
            let error = open(input, &Limits::default()).map(drop).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Malformed, "{file}");
            assert_eq!(error.to_string(), format!("nd4j-samediff: {message}"));
        }
        assert!(samediff::read_bytes(&bytes).is_err());
    }
}

#[test]
fn one_broken_variable_leaves_the_others() {
    for (file, broken, message) in [
        (
            "buffer-beyond-file",
            "w",
            "w: the field 'buffer' leads to bytes 1252 to 2147484899, the file has 1856",
        ),
        ("value-is-a-name", "b", "b: the vtable leads to a place that is not aligned (at byte 1843)"),
    ] {
        let bytes = hostile(&format!("samediff-{file}.fb"));
        let mut reader = open(Input::from_bytes(&bytes), &Limits::default()).unwrap();
        for part in listed(reader.as_mut()) {
            let read = reader.read(&part, Selection::All);
            let is_broken = part.key.as_deref() == Some(broken);
            assert_eq!(read.is_err(), is_broken, "{part:?}");
            assert_eq!(reader.describe(&part).is_err(), is_broken);
            if let Err(error) = read {
                assert!(error.to_string().starts_with(&format!("nd4j-samediff: {message}")), "{error}");
                assert!(error.offset().is_some());
            }
        }
    }
}

#[test]
fn limits_hold_for_names_variables_and_values() {
    let bytes = graph();
    let few = open(Input::from_bytes(&bytes), &Limits::default().max_members(6)).map(drop).unwrap_err();
    assert_eq!(few.kind(), ErrorKind::LimitExceeded);
    assert!(few.to_string().contains("7 variables, more than the limit of 6 members (at byte 136)"), "{few}");
    let tight = open(Input::from_bytes(&bytes), &Limits::default().max_header_size(0)).map(drop).unwrap_err();
    assert_eq!(tight.kind(), ErrorKind::LimitExceeded, "{tight}");
    let mut reader = open(Input::from_bytes(&bytes), &Limits::default().max_bytes(24)).unwrap();
    let [w, wf] = ["w", "wf"].map(|name| reader.find(name).unwrap());
    assert!(matches!(reader.read(&w, Selection::All), Ok(Part::Array(_))));
    let error = reader.read(&wf, Selection::All).unwrap_err();
    assert_eq!((error.kind(), error.path()), (ErrorKind::LimitExceeded, Some("wf")));
}

#[test]
fn whatever_is_changed_nothing_panics_and_memory_stays_small() {
    let file = graph();
    let read = |bytes: &[u8]| {
        let limits = Limits::default().max_bytes(1 << 16).max_items(1000);
        let Ok(mut reader) = open(Input::from_bytes(bytes), &limits) else { return };
        for part in listed(reader.as_mut()) {
            let described = reader.describe(&part).is_ok();
            let read = reader.read(&part, Selection::All);
            assert!(described || read.is_err());
        }
    };
    for len in 0..file.len() {
        read(&file[..len]);
    }
    for at in 0..file.len() {
        for byte in [0, 1, 0x7F, 0x80, 0xFF, file[at] ^ 4] {
            let mut changed = file.clone();
            changed[at] = byte;
            read(&changed);
        }
    }
}
