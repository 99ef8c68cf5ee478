//! Files that must be refused, quickly, with an offset and without memory out of proportion.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a failed assumption is a failed test")]

use std::path::{Path, PathBuf};

use arr_conformance::own_file;
use arr_core::{Array, Error, ErrorKind, Input, Limits, Storage};
use arr_npy::ReadOptions;
use serde_json::Value;

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fixtures")
}

fn manifest(path: &str) -> Value {
    serde_json::from_slice(&std::fs::read(folder().join(path)).unwrap()).unwrap()
}

fn text<'a>(value: &'a Value, key: &str) -> &'a str {
    value[key].as_str().unwrap_or_default()
}

/// Every way in which a file can be read; each must come to the same verdict.
fn verdicts(path: &Path) -> Vec<(&'static str, Result<Vec<u8>, Error>)> {
    fn all<S: Storage>(array: Array<S>) -> Vec<u8> {
        array.items().flatten().copied().collect()
    }
    let bytes = std::fs::read(path).unwrap();
    let mut out = vec![
        ("read", arr_npy::read(path).map(all)),
        ("read_from", arr_npy::read_from(&mut &bytes[..]).map(all)),
        ("read_bytes", ReadOptions::new().read_bytes(&bytes).map(all)),
        ("read_input", ReadOptions::new().read_input(&mut Input::from_bytes(&bytes)).map(all)),
        ("view", arr_npy::view(&bytes).map(all)),
    ];
    if !bytes.is_empty() {
        out.push(("map", own_file!(arr_npy::map(path)).map(all)));
    }
    out
}

fn kind_of(name: &str) -> ErrorKind {
    match name {
        "malformed" => ErrorKind::Malformed,
        "unsupported" => ErrorKind::Unsupported,
        "limit" => ErrorKind::LimitExceeded,
        other => panic!("unknown kind {other}"),
    }
}

#[test]
fn every_hostile_file_is_refused_with_its_kind_and_an_offset() {
    let manifest = manifest("hostile/npy/manifest.json");
    let files = manifest["files"].as_array().unwrap();
    assert!(files.len() > 100);
    for entry in files {
        let path = folder().join("hostile/npy").join(text(entry, "file"));
        let mut kinds = vec![kind_of(text(entry, "kind"))];
        kinds.extend(entry["or"].as_array().into_iter().flatten().filter_map(Value::as_str).map(kind_of));
        for (how, verdict) in verdicts(&path) {
            let name = text(entry, "file");
            match (verdict, entry["check_only"].as_bool()) {
                (Ok(_), Some(true)) => {}
                (Ok(_), _) => panic!("{name} was accepted by {how}"),
                (Err(error), _) => {
                    assert!(kinds.contains(&error.kind()), "{name}: {how}: {error:?} is none of {kinds:?}");
                    assert!(error.offset().is_some(), "{name}: {how}: no offset in: {error}");
                    assert!(error.to_string().starts_with("npy: "), "{name}: {how}: {error}");
                    assert!(!error.to_string().contains('\n'), "{name}: {how}: {error}");
                }
            }
        }
    }
}

#[test]
fn every_good_file_cut_anywhere_is_refused() {
    let manifest = manifest("numpy/manifest.json");
    for entry in manifest["files"].as_array().unwrap() {
        let arrays = entry["arrays"].as_array().unwrap();
        let (Some(first), 1) = (arrays.first(), arrays.len()) else { continue };
        if first["object"] == true {
            continue;
        }
        let bytes = std::fs::read(folder().join("numpy").join(text(entry, "path"))).unwrap();
        let step = if bytes.len() > 20_000 { 997 } else { 1 };
        for len in (0..bytes.len()).step_by(step) {
            let cut = &bytes[..len];
            for error in [
                arr_npy::view(cut).map(|_| ()).unwrap_err(),
                arr_npy::read_from(&mut &cut[..]).map(|_| ()).unwrap_err(),
            ] {
                assert_eq!(error.kind(), ErrorKind::Malformed, "{}: {len}: {error}", text(entry, "path"));
                assert!(error.offset().is_some_and(|offset| offset <= len as u64), "{len}: {error}");
            }
        }
    }
}

fn with_header(text: &str) -> Vec<u8> {
    let mut bytes = b"\x93NUMPY\x02\x00".to_vec();
    bytes.extend_from_slice(&u32::try_from(text.len()).unwrap().to_le_bytes());
    bytes.extend_from_slice(text.as_bytes());
    bytes
}

/// With the limit out of the way, the parser itself must stand it.
#[test]
fn huge_headers_are_parsed_in_linear_time_and_bounded_depth() {
    let limits = Limits::default().max_header_size(1 << 30);
    let million = 1_000_000;
    let texts = [
        "[".repeat(million),
        "(".repeat(million),
        format!("{{'descr': '<f4', 'fortran_order': False, 'shape': ({},), }}", "9".repeat(million)),
        format!("{{'descr': '<f4', 'fortran_order': False, 'shape': ({}), }}", "1,".repeat(million)),
        format!("{{'descr': {}, 'fortran_order': False, 'shape': (), }}", "[".repeat(million)),
        format!("{{'descr': '<f{}', 'fortran_order': False, 'shape': (), }}", "4".repeat(million)),
        format!("{{'descr': {}'<f4', 'fortran_order': False, 'shape': (), }}", "'' ".repeat(million)),
        format!("{{'{}': 1}}", "k".repeat(million)),
        " ".repeat(million),
        "#".repeat(million),
        "'".repeat(million),
        "-".repeat(million),
        format!("{{{}}}", "'shape': (1,), ".repeat(million / 10)),
    ];
    for text in texts {
        let bytes = with_header(&text);
        let shown: String = text.chars().take(60).collect();
        match arr_npy::parse_header(&bytes, &limits) {
            Err(error) => {
                assert!(error.offset().is_some(), "{shown}: {error}");
                assert!(error.to_string().len() < 400, "{shown}: {} characters", error.to_string().len());
            }
            // Blanks and empty strings in front of a value are honest, if odd.
            Ok(header) => assert_eq!(header.dtype().to_string(), "<f4", "{shown}"),
        }
    }
}

#[test]
fn limits_are_kept() {
    let bytes = arr_npy::to_bytes(&vec![0u8; 1000]).unwrap();
    let tight = |limits: Limits| ReadOptions::new().limits(limits);
    for verdict in [
        tight(Limits::default().max_bytes(999)).read_bytes(&bytes),
        tight(Limits::default().max_bytes(999)).read_from(&mut &bytes[..]),
        tight(Limits::default().max_header_size(100)).read_bytes(&bytes),
        tight(Limits::default().max_header_size(100)).read_from(&mut &bytes[..]),
        tight(Limits::default().max_rank(0)).read_bytes(&bytes),
    ] {
        let error = verdict.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::LimitExceeded);
        assert!(error.offset().is_some(), "{error}");
    }
    assert!(tight(Limits::default().max_bytes(1000)).read_bytes(&bytes).is_ok());
}

#[test]
fn object_arrays_name_the_pickle_and_hand_it_out() {
    let manifest = manifest("numpy/manifest.json");
    let mut seen = 0;
    for entry in manifest["files"].as_array().unwrap() {
        let Some(length) = entry["arrays"][0]["pickle_length"].as_u64() else { continue };
        let path = folder().join("numpy").join(text(entry, "path"));
        let error = arr_npy::read(&path).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Unsupported);
        assert!(error.to_string().contains("pickle"), "{error}");
        let (header, pickle) = arr_npy::read_object_pickle(&mut Input::open(&path).unwrap()).unwrap();
        assert!(header.dtype().has_references());
        assert_eq!(pickle.len() as u64, length, "{}", path.display());
        seen += 1;
    }
    assert!(seen > 3);
}

#[test]
fn streams_that_lie_about_their_length_reserve_nothing() {
    for len in ["1099511627776", "4611686018427387904"] {
        let text = format!("{{'descr': '|u1', 'fortran_order': False, 'shape': ({len},), }}");
        let bytes = with_header(&text);
        let error = arr_npy::read_from(&mut &bytes[..]).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Malformed, "{error}");
        let error = ReadOptions::new().order(arr_core::Order::F).read_from(&mut &bytes[..]).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Malformed, "{error}");
    }
}
