//! Files of Torch7 itself are read as the manifest says, by every way in, and written as they were.
#![cfg(feature = "torch7")]
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a failed assumption is a failed test"
)]

#[path = "torch7/manifest.rs"]
mod manifest;

use std::path::{Path, PathBuf};

use arr_binary::torch7::{self, ReadOptions, WriteOptions};
use arr_conformance::own_file;
use arr_core::{Buffer, ByteOrder, ErrorKind};
use serde_json::Value as Json;
use sha2::{Digest, Sha256};

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fixtures/torch7")
}

/// All files of the manifest, with what it says of them.
fn files() -> Vec<(String, PathBuf, Json)> {
    let manifest: Json =
        serde_json::from_slice(&std::fs::read(folder().join("manifest.json")).unwrap()).unwrap();
    let files = manifest["files"].as_array().unwrap();
    let with_path = |file: &Json| {
        let name = file["file"].as_str().unwrap().to_owned();
        (name.clone(), folder().join(name), file.clone())
    };
    files.iter().map(with_path).collect()
}

/// Of these only the class itself can read the payload.
fn is_opaque(file: &Json) -> bool {
    file["heap"].as_object().is_some_and(|heap| heap.values().any(|object| object["t"] == "opaque"))
}

#[test]
fn the_files_are_those_of_the_manifest() {
    let files = files();
    assert_eq!(files.len(), 116);
    for (name, path, file) in files {
        let bytes = std::fs::read(path).unwrap();
        let sum: String = Sha256::digest(&bytes).iter().map(|byte| format!("{byte:02x}")).collect();
        // A digit is missing in the sums of some.
        assert_eq!(
            (file["bytes"].as_u64(), sum.starts_with(&file["sha256"].as_str().unwrap()[..60])),
            (Some(bytes.len() as u64), true),
            "{name}"
        );
    }
}

#[test]
fn every_file_is_read_as_the_manifest_says() {
    let (mut faults, mut count) = (Vec::new(), 0);
    for (name, path, file) in files() {
        if !file["expect_error"].is_null() || is_opaque(&file) {
            continue;
        }
        count += 1;
        let bytes = std::fs::read(&path).unwrap();
        let shared = Buffer::from_vec(bytes.clone());
        let options = ReadOptions::new();
        let ways = [
            ("load", options.load(&path).and_then(torch7::File::into_graph)),
            ("open", options.open(&path).and_then(torch7::File::into_graph)),
            ("map", own_file!(options.map(&path).and_then(torch7::File::into_graph))),
            ("deserialize", options.deserialize(&bytes).and_then(torch7::File::into_graph)),
            ("view", options.view(&bytes).and_then(torch7::File::into_graph)),
            ("buffer", options.deserialize_buffer(&shared).and_then(torch7::File::into_graph)),
            ("stream", options.load_from(&mut &bytes[..]).and_then(torch7::File::into_graph)),
        ];
        for (way, graph) in ways {
            let found =
                graph.map_err(|error| error.to_string()).and_then(|graph| manifest::compare(&file, &graph));
            faults.extend(found.err().map(|error| format!("{name}, {way}: {error}")));
        }
    }
    assert!(faults.is_empty(), "{} faults\n{}", faults.len(), faults.join("\n"));
    assert_eq!(count, 105);
}

#[test]
fn what_is_found_out_is_what_the_manifest_says() {
    for (name, path, file) in files() {
        if !file["expect_error"].is_null() || is_opaque(&file) {
            continue;
        }
        let found = torch7::open(path).unwrap();
        assert_eq!(found.is_ascii(), file["format"] == "ascii", "{name}");
        if !found.is_ascii() {
            assert_eq!(found.long_size().map(u64::from), file["long_size"].as_u64(), "{name}");
            let order = found.byte_order().unwrap();
            assert_eq!(order == ByteOrder::Big, file["endian"] == "big", "{name}");
        }
        assert_eq!(found.left_over().1, 0, "{name}");
    }
}

#[test]
fn every_file_is_written_as_it_was() {
    let (mut differ, mut count) = (Vec::new(), 0);
    for (name, path, file) in files() {
        // The numbers of the oldest ascii files were padded with zeros.
        if !file["expect_error"].is_null() || is_opaque(&file) || name == "legacy_ascii_padded.asc.t7" {
            continue;
        }
        count += 1;
        let bytes = std::fs::read(&path).unwrap();
        let read = torch7::load(&path).unwrap();
        let written = WriteOptions::like(&read).serialize(read.graph()).unwrap();
        if written != bytes {
            let at = written.iter().zip(&bytes).position(|(one, other)| one != other);
            differ.push(format!(
                "{name}: {} bytes, {} are written; they differ at {at:?}",
                bytes.len(),
                written.len()
            ));
        }
    }
    assert!(differ.is_empty(), "{}", differ.join("\n"));
    assert_eq!(count, 104);
}

#[test]
fn every_graph_comes_back_from_every_encoding() {
    for (name, path, file) in files() {
        if !file["expect_error"].is_null() || is_opaque(&file) {
            continue;
        }
        let graph = torch7::load(&path).unwrap().into_graph().unwrap();
        let encodings = [
            WriteOptions::new(),
            WriteOptions::new().long_size(4),
            WriteOptions::new().byte_order(ByteOrder::Big),
            WriteOptions::new().byte_order(ByteOrder::Big).long_size(4),
            WriteOptions::new().ascii(true),
        ];
        for options in encodings {
            let bytes = match options.serialize(&graph) {
                // What no C long of 4 bytes holds.
                Err(error) if error.to_string().contains("4 bytes") => continue,
                written => written.unwrap(),
            };
            let read = match torch7::deserialize(&bytes) {
                // Nothing tells that longs have 4 bytes where hardly anything is in the file.
                Err(_) => ReadOptions::new().long_size(4).deserialize(&bytes).unwrap(),
                Ok(read) => read,
            };
            let back = read.into_graph().unwrap();
            let mut said = file.clone();
            if bytes.first().is_some_and(u8::is_ascii_digit) {
                said["format"] = "ascii".into();
            }
            manifest::compare(&said, &back).unwrap_or_else(|error| panic!("{name}, {options:?}: {error}"));
        }
    }
}

#[test]
fn what_the_manifest_refuses_is_refused() {
    for (name, path, file) in files() {
        let Some(wanted) =
            file["expect_error"].as_str().map(str::to_owned).or(is_opaque(&file).then(|| "payload".into()))
        else {
            continue;
        };
        let options = ReadOptions::new().ascii(file["format"] == "ascii");
        let error = options.load(&path).unwrap_err();
        let said = error.to_string();
        let is_it = match wanted.split(';').next().unwrap() {
            "unexpected end of data" => said.contains("the input ends inside"),
            "unknown type tag" => said.contains("type tag"),
            "negative length" => said.contains("negative length"),
            "payload" => {
                said.contains(if name.starts_with("generator") { "torch.Generator" } else { "fix.Opaque" })
            }
            other => panic!("{name}: {other}"),
        };
        assert!(
            is_it && error.offset().is_some() && said.starts_with("torch7: "),
            "{name}: {wanted}: {said}"
        );
        assert!(matches!(error.kind(), ErrorKind::Malformed | ErrorKind::Unsupported), "{name}: {said}");
    }
}

#[test]
fn oldest_numbers_are_read() {
    let file = torch7::load(folder().join("legacy_ascii_padded.asc.t7")).unwrap();
    assert_eq!(file.item("/n").unwrap().as_f64(), Some(-0.5));
    let d = file.get("/d").unwrap().to_vec::<f64>().unwrap();
    assert_eq!(d[..4], [1.5, -2.0, 0.25, 1e-7]);
    assert!(d[4].is_nan());
}

#[test]
fn a_network_of_nodes_that_know_each_other_ends() {
    let file = torch7::open(folder().join("cases/gmodule_cycle.t7")).unwrap();
    let mut paths = file.paths().unwrap();
    paths.sort();
    assert_eq!(paths, ["/forwardnodes/2/data/module/bias", "/forwardnodes/2/data/module/weight", "/output"]);
    assert_eq!(file.get("/forwardnodes/2/data/module/weight").unwrap().to_vec::<f32>().unwrap(), [0.5, -0.5]);
    assert_eq!(file.get("/output").unwrap().shape(), [0]);
}
