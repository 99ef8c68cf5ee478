//! The formats of ND4J show what every format shows.
#![allow(clippy::unwrap_used, reason = "a failed assumption is a failed test")]
#![cfg(feature = "flatarray")]

use std::path::{Path, PathBuf};

use arr_binary::format::{
    JavaSerialized, Nd4jAeronChunk, Nd4jAeronMessage, Nd4jBinarySerde, Nd4jDataSet, Nd4jFlatArray,
    Nd4jSameDiff, Nd4jStream,
};
use arr_conformance::Suite;
use arr_core::format::Format;

fn fixtures(folder: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fixtures").join(folder)
}

/// Besides the items, shapes and what is compressed are charged.
fn suite(format: &dyn Format) -> Suite<'_> {
    let odd = fixtures("hostile/nd4j");
    Suite::new(format)
        .effort(600)
        .overhead(4096)
        .broken_folder(&odd, |name| !name.ends_with(".json"))
        .unwrap()
}

/// Adds all files of a folder, and of the folders beside it whose names begin as its own. Those in whose names is `but` need
/// not be sound.
fn with_files_but<'f>(suite: Suite<'f>, folder: &str, but: &str) -> Suite<'f> {
    let mut suite = suite;
    for entry in std::fs::read_dir(fixtures("nd4j")).unwrap() {
        let path = entry.unwrap().path();
        if path.file_name().is_some_and(|name| name.to_string_lossy().starts_with(folder)) {
            suite = suite.folder(&path, |name| !name.contains(but)).unwrap();
            suite = suite.broken_folder(&path, |name| name.contains(but)).unwrap();
        }
    }
    suite
}

fn with_files<'f>(suite: Suite<'f>, folder: &str) -> Suite<'f> {
    with_files_but(suite, folder, "/")
}

fn check(suite: &Suite<'_>) {
    let findings = suite.run();
    assert!(findings.is_empty(), "{findings}");
}

#[test]
fn streams() {
    // ND4J leaves the text of strings out.
    check(&with_files_but(suite(&Nd4jStream), "nd4j-stream", "-str-"));
}

#[test]
fn binary_serde() {
    // Of an array without items, bytes that belong to none are left out or not.
    check(&with_files_but(suite(&Nd4jBinarySerde), "nd4j-binaryserde", "-empty"));
}

#[test]
fn aeron_messages() {
    check(&with_files(suite(&Nd4jAeronMessage).stamped(), "nd4j-aeron-message"));
}

#[test]
fn aeron_chunks() {
    let chunk = |place: u32| {
        let name = format!("nd4j/nd4j-aeron-chunk/m21-f32-2x3-c.{place}.chunk");
        std::fs::read(fixtures(&name)).unwrap()
    };
    check(&suite(&Nd4jAeronChunk).stamped().multi_file("m21-f32-2x3-c", vec![chunk(0), chunk(1)]));
}

#[test]
fn flat_arrays() {
    // Nothing says where one ends. ND4J leaves the text of strings out where an array was reshaped.
    check(&with_files_but(suite(&Nd4jFlatArray).may_end_early(), "nd4j-flatarray", "m21-str-3.fb"));
}

#[test]
fn samediff_graphs() {
    let graph = std::fs::read(fixtures("nd4j-cases/samediff-m21.fb")).unwrap();
    // Most of it is operations, which are not read.
    check(&suite(&Nd4jSameDiff).file("samediff-m21.fb", graph).may_end_early());
}

#[test]
fn data_sets() {
    let files = ["two", "masks", "multi_masks", "standardize_labels", "min_max"]
        .map(|name| (name, std::fs::read(fixtures(&format!("nd4j-cases/dataset/{name}.bin"))).unwrap()));
    check(&files.into_iter().fold(suite(&Nd4jDataSet), |suite, (name, bytes)| suite.file(name, bytes)));
}

#[test]
fn java_objects() {
    check(&with_files(suite(&JavaSerialized), "java-serialized"));
}

/// The files of Torch7 that hold a tensor and end with it.
#[cfg(feature = "torch7")]
fn torch7_suite<'f>(format: &'f dyn Format, ending: &str) -> Suite<'f> {
    let is_sound = |name: &str| {
        let has_tensor = [
            "tensor_",
            "view_",
            "share_s",
            "share_tensor",
            "storage",
            "nn_",
            "cuda_",
            "legacy_noversion_tensor",
            "long4",
            "big_endian",
        ];
        name.ends_with(ending)
            && has_tensor.iter().any(|start| name.starts_with(start))
            && !name.contains("network")
    };
    let suite =
        Suite::new(format).effort(800).overhead(16 << 10).folder(&fixtures("torch7"), is_sound).unwrap();
    let suite = suite
        .broken_folder(&fixtures("torch7"), |name| name.ends_with(".t7") && name.starts_with("bad_"))
        .unwrap();
    suite.broken_folder(&fixtures("hostile/torch7"), |_| true).unwrap()
}

#[test]
#[cfg(feature = "torch7")]
fn torch7_binary() {
    check(&torch7_suite(&arr_binary::format::Torch7, ".bin.t7"));
}

#[test]
#[cfg(feature = "torch7")]
fn torch7_ascii() {
    check(&torch7_suite(&arr_binary::format::Torch7Ascii, ".asc.t7").text());
}
