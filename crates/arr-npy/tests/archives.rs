//! Every archive that real NumPy releases and Python wrote reads to the same members and bits; every damaged one is
//! refused.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a failed assumption is a failed test")]

#[path = "support/bits.rs"]
mod bits;

use std::path::{Path, PathBuf};

use arr_conformance::own_file;
use arr_core::{Buffer, Error, ErrorKind, Input, Limits};
use arr_npy::Npz;
use arr_npy::npz::Member;
use bits::{digest, sha256};
use serde_json::{Value, json};

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fixtures")
}

fn files(manifest: &str) -> Vec<Value> {
    let text = std::fs::read(folder().join(manifest)).unwrap();
    let mut files = serde_json::from_slice::<Value>(&text).unwrap()["files"].as_array().unwrap().clone();
    // Their comments hide the members from NumPy: see `end_records.rs`.
    let hidden = ["comment-with-end-record", "comment-with-end-signature"];
    files.retain(|file| !hidden.iter().any(|case| file["case"] == *case));
    files
}

/// The archive from the file, from memory and from a stream.
fn openings(path: &Path) -> Vec<Result<Npz<'static>, Error>> {
    let bytes = std::fs::read(path).unwrap();
    vec![
        Npz::open(path),
        Npz::from_buffer(Buffer::from_vec(bytes.clone()), &Limits::default()),
        Npz::from_input(&mut Input::from_reader(std::io::Cursor::new(bytes))),
    ]
}

fn check_member(member: &Member<'_>, expected: &Value, name: &str) {
    let name = format!("{name}: {}", member.name());
    assert_eq!(json!(member.key()), expected["key"], "{name}");
    assert_eq!(json!(member.method().to_string()), expected["method"], "{name}");
    assert_eq!(json!(member.size()), expected["size"], "{name}");
    assert_eq!(json!(member.crc32()), expected["crc32"], "{name}");
    assert_eq!(member.is_directory(), expected["kind"] == "directory", "{name}");
    match expected["kind"].as_str().unwrap() {
        "array" if expected["object"] == true => {
            assert!(member.header().unwrap().dtype().has_references(), "{name}");
            assert_eq!(member.read().unwrap_err().kind(), ErrorKind::Unsupported, "{name}");
        }
        "array" if expected["trailing"].as_u64().is_some_and(|len| len > 0) => {
            let error = member.read().unwrap_err();
            assert!(error.to_string().contains("bytes, its array"), "{name}: {error}");
        }
        "array" => {
            let array = member.read().unwrap();
            assert_eq!(json!(array.shape()), expected["shape"], "{name}");
            assert_eq!(digest(&array), expected["bits_sha256"], "{name}");
            let header = member.header().unwrap();
            assert_eq!(json!(header.fortran_order()), expected["fortran_order"], "{name}");
            assert_eq!((header.dtype(), header.shape()), (array.dtype(), array.shape()), "{name}");
            assert!(member.is_array().unwrap());
        }
        _ => {
            assert!(!member.is_array().unwrap(), "{name}");
            assert_eq!(member.read().unwrap_err().kind(), ErrorKind::Malformed, "{name}");
        }
    }
    let bytes = member.read_bytes().unwrap();
    if expected["kind"] == "bytes" {
        assert_eq!(sha256(&bytes), expected["sha256"], "{name}");
    }
    let mut streamed = Vec::new();
    std::io::Read::read_to_end(&mut member.reader().unwrap(), &mut streamed).unwrap();
    assert!(streamed == bytes[..], "{name}");
    member.check().unwrap();
}

#[test]
fn every_archive_reads_to_the_same_members() {
    let mut read = 0;
    for file in files("numpy/npz.json") {
        let name = file["path"].as_str().unwrap();
        for npz in openings(&folder().join("numpy").join(name)) {
            let npz = npz.unwrap_or_else(|error| panic!("{name}: {error}"));
            let expected = file["members"].as_array().unwrap();
            assert_eq!(npz.len(), expected.len(), "{name}");
            for (member, expected) in npz.members().zip(expected) {
                assert_eq!(json!(member.name()), expected["name"], "{name}");
                check_member(&member, expected, name);
                read += 1;
            }
        }
    }
    assert!(read > 500, "{read}");
}

#[test]
fn members_are_found_as_numpy_finds_them() {
    for file in files("numpy/npz.json") {
        let path = folder().join("numpy").join(file["path"].as_str().unwrap());
        let npz = Npz::open(&path).unwrap();
        let all: Vec<Member<'_>> = npz.members().collect();
        for wanted in all.iter().flat_map(|member| [member.name(), member.key()]) {
            let last = |name: &str| all.iter().rev().find(|member| member.name() == name);
            let expected = last(wanted).or_else(|| last(&format!("{wanted}.npy"))).unwrap();
            let found = npz.member(wanted).unwrap();
            assert_eq!((found.name(), found.crc32()), (expected.name(), expected.crc32()));
        }
        assert_eq!(npz.member("no such member").unwrap_err().kind(), ErrorKind::InvalidArgument);
    }
}

#[test]
fn stored_members_are_mapped_and_others_are_not() {
    let mut mapped = 0;
    for file in files("numpy/npz.json") {
        let path = folder().join("numpy").join(file["path"].as_str().unwrap());
        let npz = Npz::open(&path).unwrap();
        for (member, expected) in npz.members().zip(file["members"].as_array().unwrap()) {
            let plain = expected["kind"] == "array" && expected["object"] == false;
            match own_file!(member.map()) {
                Ok(array) => {
                    assert!(plain && member.method() == arr_npy::npz::Method::Stored);
                    assert_eq!(digest(&array), expected["bits_sha256"]);
                    assert_eq!(own_file!(member.map_unchecked()).unwrap().shape(), array.shape());
                    let described = member.describe().unwrap().unwrap();
                    assert_eq!(described.data_offset, array.layout().offset() as u64);
                    mapped += 1;
                }
                Err(error) => assert!(
                    !plain || expected["method"] != "stored" || expected["trailing"].as_u64() > Some(0),
                    "{error}"
                ),
            }
        }
    }
    assert!(mapped > 100, "{mapped}");
}

fn kind_of(name: &str) -> ErrorKind {
    match name {
        "malformed" => ErrorKind::Malformed,
        "unsupported" => ErrorKind::Unsupported,
        "limit" => ErrorKind::LimitExceeded,
        other => panic!("unknown kind {other}"),
    }
}

/// Opens the archive and reads every member in every way: what went wrong.
fn errors(npz: Result<Npz<'_>, Error>) -> Vec<Error> {
    let npz = match npz {
        Ok(npz) => npz,
        Err(error) => return vec![error],
    };
    let mut found = Vec::new();
    for member in npz.members().filter(|member| !member.is_directory()) {
        found.extend(member.header().err());
        found.extend(member.read().err());
        found.extend(member.read_bytes().err());
        found.extend(member.check().err());
        if member.method() == arr_npy::npz::Method::Stored {
            found.extend(
                own_file!(member.map()).err().filter(|error| !error.to_string().contains("in memory")),
            );
        }
    }
    found.extend(npz.read_all().err());
    found
}

#[test]
fn every_hostile_archive_is_refused_with_its_kind() {
    let files = files("hostile/npz.json");
    assert!(files.len() > 200);
    for entry in files {
        let name = entry["file"].as_str().unwrap();
        let path = folder().join("hostile/npz").join(name);
        let mut kinds = vec![kind_of(entry["kind"].as_str().unwrap())];
        kinds.extend(entry["or"].as_array().into_iter().flatten().filter_map(Value::as_str).map(kind_of));
        for (how, npz) in openings(&path).into_iter().enumerate() {
            let errors = errors(npz);
            if entry["check_only"] != true {
                let refused = errors.iter().any(|error| kinds.contains(&error.kind()));
                assert!(refused, "{name}, {how}: {errors:?}, {}", entry["reason"]);
            }
            for error in errors {
                assert!(error.to_line(|_| String::new()).starts_with("np"), "{name}, {how}: {error}");
            }
        }
    }
}

#[test]
fn archives_cut_anywhere_are_refused() {
    for name in ["keywords", "compressed", "methods"] {
        let bytes = std::fs::read(folder().join(format!("numpy/npz/{name}.npz"))).unwrap();
        for cut in 0..bytes.len() {
            let npz = Npz::from_buffer(Buffer::from_vec(bytes[..cut].to_vec()), &Limits::default());
            assert_eq!(npz.unwrap_err().kind(), ErrorKind::Malformed, "{name} cut at {cut}");
        }
    }
}

#[test]
fn archives_with_changed_bytes_never_panic() {
    for name in ["keywords", "compressed", "methods", "one-array"] {
        let bytes = std::fs::read(folder().join(format!("numpy/npz/{name}.npz"))).unwrap();
        for at in (0..bytes.len()).step_by(3) {
            for change in [0x01, 0x80, 0xFF] {
                let mut changed = bytes.clone();
                changed[at] ^= change;
                errors(Npz::from_buffer(Buffer::from_vec(changed), &Limits::default().max_bytes(1 << 24)));
            }
        }
    }
}

#[test]
fn limits_hold() {
    let path = folder().join("numpy/npz/many-members.npz");
    let count = Npz::open(&path).unwrap().len() as u64;
    let limits = Limits::default().max_members(count - 1);
    assert_eq!(Npz::open_with(&path, &limits).unwrap_err().kind(), ErrorKind::LimitExceeded);
    Npz::open_with(&path, &Limits::default().max_members(count)).unwrap();
    let few = Npz::open_with(&path, &Limits::default().max_bytes(200)).unwrap();
    assert_eq!(few.read_all().unwrap_err().kind(), ErrorKind::LimitExceeded);
    let path = folder().join("hostile/npz/bomb-50-mb-honest.npz");
    let npz = Npz::open_with(&path, &Limits::default().max_bytes(1 << 20)).unwrap();
    for member in npz.members().filter(|member| member.size() > 1 << 20) {
        assert_eq!(member.read().unwrap_err().kind(), ErrorKind::LimitExceeded);
        assert!(member.header().is_ok());
    }
}

#[test]
fn a_check_finds_what_reading_passes_over() {
    let mut missed = Vec::new();
    for entry in files("hostile/npz.json") {
        let name = entry["file"].as_str().unwrap();
        let path = folder().join("hostile/npz").join(name);
        let limits = Limits::default().max_bytes(entry["max_bytes"].as_u64().unwrap_or(u64::MAX));
        let faults = match Npz::open_with(&path, &limits).and_then(|npz| npz.check()) {
            Ok(faults) => faults,
            Err(error) => vec![error],
        };
        // Pickles are never looked into, and empty blocks are deflate as good as any.
        let sound = ["array-pickle-calls-system.npz", "deflate-empty-blocks.npz"].contains(&name);
        if faults.is_empty() != sound {
            missed.push(format!("{name}: {}", entry["reason"]));
        }
    }
    assert!(missed.is_empty(), "{missed:#?}");
}

#[test]
fn a_check_finds_nothing_in_what_numpy_wrote() {
    for file in files("numpy/npz.json") {
        let name = file["path"].as_str().unwrap();
        let npz = Npz::open(folder().join("numpy").join(name)).unwrap();
        let faults = npz.check().unwrap();
        let odd = ["names-", "name-empty", "member", "not-arrays", "objects"];
        if !odd.iter().any(|part| name.contains(part)) {
            assert!(faults.is_empty(), "{name}: {faults:?}");
        }
        for fault in faults {
            println!("{name}: {fault}");
        }
    }
}
