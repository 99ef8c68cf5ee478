//! Every file that real NumPy releases wrote reads to the same dtype, shape and bits.
#![allow(clippy::unwrap_used, reason = "a failed assumption is a failed test")]

#[path = "support/bits.rs"]
mod bits;

use std::path::{Path, PathBuf};

use arr_conformance::own_file;
use arr_core::{Array, Contiguity, Input, Order, Storage};
use arr_npy::ReadOptions;
use arr_npy::format::Npy;
use bits::digest;
use serde_json::Value;

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fixtures/numpy")
}

fn files() -> Vec<Value> {
    let text = std::fs::read(folder().join("manifest.json")).unwrap();
    let manifest: Value = serde_json::from_slice(&text).unwrap();
    manifest["files"].as_array().unwrap().clone()
}

fn path(file: &Value) -> PathBuf {
    folder().join(file["path"].as_str().unwrap())
}

fn check<S: Storage>(array: &Array<S>, expected: &Value, name: &Path) {
    let shape: Vec<u64> = array.shape().iter().map(|dim| *dim as u64).collect();
    assert_eq!(serde_json::json!(shape), expected["shape"], "{}", name.display());
    assert_eq!(digest(array), expected["bits_sha256"], "{}", name.display());
}

#[test]
fn every_file_reads_to_the_same_bits_in_every_way() {
    let mut read = 0;
    for file in files() {
        let (path, arrays) = (path(&file), file["arrays"].as_array().unwrap().clone());
        let bytes = std::fs::read(&path).unwrap();
        let mut stream = &bytes[..];
        let mut input = Input::open(&path).unwrap();
        for expected in arrays.iter().take_while(|expected| expected["object"] != true) {
            check(&arr_npy::read_from(&mut stream).unwrap(), expected, &path);
            check(&ReadOptions::new().native().read_input(&mut input).unwrap(), expected, &path);
            assert_eq!(input.position(), expected["end"].as_u64().unwrap(), "{}", path.display());
            read += 1;
        }
        let first = &arrays[0];
        if first["object"] != true {
            let is_fortran = arr_npy::view(&bytes).unwrap().order() == Contiguity::F;
            assert!(!is_fortran || first["fortran_order"] == true, "{}", path.display());
            check(&arr_npy::read(&path).unwrap(), first, &path);
            check(&own_file!(arr_npy::map(&path)).unwrap(), first, &path);
            check(&arr_npy::view(&bytes).unwrap(), first, &path);
            for order in [Order::C, Order::F] {
                check(&ReadOptions::new().order(order).native().read(&path).unwrap(), first, &path);
            }
        }
    }
    assert!(read > 220, "{read}");
}

#[test]
fn headers_say_what_numpy_reads_in_them() {
    for file in files() {
        let bytes = std::fs::read(path(&file)).unwrap();
        let expected = &file["arrays"][0];
        let header = arr_npy::parse_header(&bytes, &arr_core::Limits::default()).unwrap();
        let version = format!("{}.{}", expected["version"][0], expected["version"][1]);
        assert_eq!(header.version().to_string(), version);
        assert_eq!(header.fortran_order(), expected["fortran_order"].as_bool().unwrap());
        assert_eq!(header.data_offset(), expected["data_offset"].as_u64().unwrap());
        let head = arr_core::format::Codec::head(&Npy, &mut Input::from_bytes(&bytes)).unwrap();
        let description = head.description;
        assert_eq!((description.data_offset, &description.dtype), (header.data_offset(), header.dtype()));
    }
}

/// The newest NumPy's bytes are ours, for every file that it wrote without being told a version.
#[test]
fn what_numpy_wrote_we_write_again_byte_for_byte() {
    let mut same = 0;
    for file in files() {
        let producers = file["producers"].as_array().unwrap();
        let newest = producers.iter().any(|producer| producer.as_str().unwrap().contains("numpy2.5"));
        let case = file["case"].as_str().unwrap();
        let [expected] = file["arrays"].as_array().unwrap().as_slice() else { continue };
        if !newest || expected["object"] == true || case.starts_with("version-") {
            continue;
        }
        // The types of ml_dtypes come back as opaque bytes, which NumPy writes with another order character.
        if case.starts_with("ml-dtypes-") {
            continue;
        }
        let bytes = std::fs::read(path(&file)).unwrap();
        let again = arr_npy::to_bytes(&arr_npy::view(&bytes).unwrap()).unwrap();
        assert!(again == bytes, "{case}: {:?}", String::from_utf8_lossy(&again[..again.len().min(200)]));
        same += 1;
    }
    assert!(same > 150, "{same}");
}
