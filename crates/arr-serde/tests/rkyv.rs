//! rkyv: archived arrays are looked at in place, and bytes that were changed are refused or are data.
#![cfg(all(feature = "rkyv", feature = "ndarray"))]
#![allow(clippy::unwrap_used, clippy::panic, reason = "a failed assumption is a failed test")]

mod common;

use arr_conformance::Suite;
use arr_core::format::{Codec, Output, Reading, Writing};
use arr_core::{Array, ErrorKind, Input, Limits, Order};
use arr_serde::format::Rkyv;
use arr_serde::rkyv::{ArchivedArray, AsArchived, Packed, access, from_bytes, to_bytes, view};
use common::{all, array, check, for_suite};
use rkyv::rancor::Error;
use rkyv::util::AlignedVec;
use rkyv::{Archive, Deserialize, Serialize};

#[test]
fn every_array_is_seen_in_place() {
    for (name, array) in all() {
        let bytes = to_bytes(&array).unwrap();
        check(&name, &from_bytes(&bytes).unwrap(), &array);
        match view(&bytes) {
            Ok(view) => {
                check(&name, &view.to_owned().unwrap(), &array);
                let start = view.storage().as_ptr();
                assert!(bytes.as_ptr_range().contains(&start) || array.nbytes() == 0, "{name}");
                assert!(start.align_offset(16) == 0 || array.nbytes() == 0, "{name}");
            }
            Err(error) => {
                assert!(name.starts_with("utf8"), "{name}: {error}");
                assert_eq!(error.kind(), ErrorKind::Unsupported, "{name}");
            }
        }
    }
    let floats = Array::from_vec(vec![1.0f64, 2.0], &[2]).unwrap();
    let bytes = to_bytes(&floats).unwrap();
    assert_eq!(view(&bytes).unwrap().as_slice::<f64>().unwrap(), [1.0, 2.0]);
}

fn written(array: &Array) -> Vec<u8> {
    let mut bytes = Vec::new();
    Rkyv.write(&array.view(), &Writing::new(), &mut Output::new(&mut bytes)).unwrap();
    bytes
}

fn read(bytes: &[u8]) -> arr_core::Result<Array> {
    Rkyv.read(&mut Input::from_bytes(bytes), &Reading::new())
}

#[test]
fn the_library_and_the_format_agree_on_every_array() {
    for (name, array) in all() {
        let bytes = to_bytes(&array).unwrap();
        assert_eq!(written(&array), bytes.as_slice(), "{name}");
        check(&name, &read(&bytes).unwrap(), &array);
    }
}

/// Every change that is no error to the format is none to the library, and is the same array.
#[test]
fn the_format_believes_no_more_than_the_library() {
    let texts = Array::from_texts(&[2], Order::C, ["a", "Zoë"]).unwrap();
    let long = array("[('a field with a long name', '<f4'), ('n', '>i2')]", &[2], Order::C);
    for of in [array("<f4", &[2, 3], Order::F), long, array("|b1", &[], Order::C), texts] {
        let good = to_bytes(&of).unwrap();
        let (mut both, mut library) = (0, 0);
        for at in 0..good.len() {
            for byte in 0..=255 {
                let mut changed = good.clone();
                changed[at] = byte;
                let theirs = from_bytes(&changed);
                match read(&changed) {
                    Ok(array) => {
                        both += 1;
                        check(&format!("byte {at} is {byte}"), &array, &theirs.unwrap());
                    }
                    Err(_) => library += usize::from(theirs.is_ok()),
                }
            }
            assert!(read(&good[..at]).is_err(), "cut at {at}");
        }
        assert!(both > 1000 && library < 10, "{both} read by both, {library} by the library alone");
    }
}

#[test]
fn a_file_is_refused_where_it_lies() {
    let good = written(&array("<f4", &[2, 3], Order::C));
    let root = good.len() - 28;
    let lie = |at: usize, bytes: &[u8]| {
        let mut changed = good.clone();
        changed[at..at + bytes.len()].copy_from_slice(bytes);
        read(&changed).unwrap_err()
    };
    for (at, bytes, offset) in [
        (root, &b"nonsense"[..], root),
        (root, &[0x84, 0, 0, 0], root),
        (root, &[0xbf, 0xff, 0xff, 0xff], root),
        (root + 8, &i32::MIN.to_le_bytes(), root + 8),
        (root + 8, &0i32.to_le_bytes(), root + 8),
        (root + 12, &[0xff; 4], root + 8),
        (root + 20, &[0xff; 4], root + 16),
        (root + 20, &[23, 0, 0, 0], 16),
        (root + 24, &[2], root + 24),
    ] {
        let error = lie(at, bytes);
        assert_eq!((error.kind(), error.offset()), (ErrorKind::Malformed, Some(offset as u64)), "{error}");
    }
    assert!(read(&[]).is_err());
    let how = Reading::new().limits(Limits::default().max_bytes(23));
    let error = Rkyv.read(&mut Input::from_bytes(&good).with_limits(&how.limits), &how).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::LimitExceeded);
}

#[test]
fn the_format_shows_what_every_format_shows() {
    let mut suite = Suite::new(&Rkyv).effort(600).overhead(4096);
    for (name, array) in for_suite() {
        suite = suite.file(name, written(&array));
    }
    let findings = suite.run();
    assert!(findings.is_empty(), "{findings}");
}

#[derive(Archive, Serialize, Deserialize, Debug, PartialEq)]
struct Model {
    name: String,
    #[rkyv(with = AsArchived)]
    weights: ndarray::Array2<f32>,
    #[rkyv(with = AsArchived)]
    bias: Vec<f64>,
    more: Vec<Packed<Vec<u8>>>,
}

#[test]
fn fields_and_lists_are_archived() {
    let model = Model {
        name: "one".into(),
        weights: ndarray::arr2(&[[0.0, 0.5], [1.0, 1.5], [2.0, 2.5]]),
        bias: vec![0.5, -0.0],
        more: (0..5).map(|count| Packed(vec![count; usize::from(count)])).collect(),
    };
    let bytes = rkyv::to_bytes::<Error>(&model).unwrap();
    let archived = rkyv::access::<ArchivedModel, Error>(&bytes).unwrap();
    assert_eq!(archived.weights.view().unwrap().typed::<f32>().unwrap(), model.weights.view().into_dyn());
    assert_eq!(archived.bias.view().unwrap().as_slice::<f64>().unwrap(), [0.5, 0.0]);
    assert_eq!(archived.more[4].view().unwrap().to_vec::<u8>().unwrap(), [4; 4]);
    assert_eq!(rkyv::deserialize::<Model, Error>(archived).unwrap(), model);
}

#[test]
fn what_is_no_archive_of_an_array_is_refused() {
    let good = to_bytes(&array("<f4", &[2, 3], Order::C)).unwrap();
    for cut in 0..good.len() {
        let mut part = AlignedVec::<16>::new();
        part.extend_from_slice(&good[..cut]);
        assert!(view(&part).is_err(), "cut at {cut}");
    }
    let mut shifted = AlignedVec::<16>::new();
    shifted.extend_from_slice(&[0]);
    shifted.extend_from_slice(&good);
    assert_eq!(access(&shifted[1..]).unwrap_err().kind(), ErrorKind::Malformed);
    assert!(access(&[]).is_err());
    let objects = arr_core::DType::Object;
    let objects =
        Array::contiguous(objects, &[1], Order::C, arr_core::Buffer::from_vec(vec![0u8; 8])).unwrap();
    assert!(to_bytes(&objects).unwrap_err().to_string().contains("objects"));
    assert!(rkyv::to_bytes::<Error>(&Packed(objects)).is_err());
}

/// Numbers without a pattern, the same in each run.
fn random(state: &mut u64) -> u64 {
    *state ^= *state << 13;
    *state ^= *state >> 7;
    *state ^= *state << 17;
    *state
}

#[test]
fn bytes_that_are_changed_are_refused_or_are_data() {
    let mut state = 0x9e37_79b9_7f4a_7c15;
    let texts = Array::from_texts(&[2], Order::C, ["a", "Zoë"]).unwrap();
    let long = "[('a field with a long name', '<f4'), ('n', '>i2')]";
    let (mut refused, mut read) = (0, 0);
    for of in
        [array("<f4", &[2, 3], Order::F), array(long, &[2], Order::C), array("|u1", &[], Order::C), texts]
    {
        let good = to_bytes(&of).unwrap();
        for round in 0..20_000usize {
            let mut changed = good.clone();
            for _ in 0..=round % 4 {
                let at = usize::try_from(random(&mut state) % changed.len() as u64).unwrap();
                changed[at] = match round % 3 {
                    0 => changed[at] ^ (1 << (random(&mut state) % 8)),
                    1 => [0, 0x7f, 0x80, 0xff][round % 4],
                    _ => random(&mut state).to_le_bytes()[0],
                };
            }
            let found = access(&changed).and_then(ArchivedArray::to_array);
            match found {
                Ok(array) => {
                    assert!(array.nbytes() <= 2 * good.len());
                    read += 1;
                }
                Err(_) => refused += 1,
            }
            let _ = view(&changed);
        }
    }
    assert!(refused > 1000 && read > 1000, "{refused} refused, {read} read");
}
