//! The examples run and print what is right. `cargo test` builds them before the tests, unless it is told which targets to
//! build.
#![allow(clippy::unwrap_used, reason = "a failed assumption is a failed test")]
#![cfg(all(feature = "npz", feature = "nd4j", feature = "ndarray"))]

use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use arr_io::Array;

/// A folder with some files.
fn folder() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let (small, table) =
        (Array::from_vec(vec![1i16, 2, 3], &[3]), Array::from_vec(vec![0.0f64, 10.0, 1.0, 30.0], &[2, 2]));
    let (small, table) = (small.unwrap(), table.unwrap());
    arr_io::save(folder.path().join("small.nd4j"), &small).unwrap();
    arr_io::save(folder.path().join("table.npy"), &table).unwrap();
    arr_io::save(folder.path().join("large.npy"), &Array::from_vec(vec![0u8; 2 << 20], &[2 << 20]).unwrap())
        .unwrap();
    arr_io::npy::save_npz(folder.path().join("model.npz"), [("w", &table), ("b", &small)]).unwrap();
    folder
}

/// The program of an example, beside that of this test.
fn program(name: &str) -> PathBuf {
    let here = std::env::current_exe().unwrap();
    let program = here.parent().and_then(Path::parent).unwrap().join("examples").join(name);
    let program = program.with_extension(std::env::consts::EXE_EXTENSION);
    assert!(program.exists(), "it is not built: cargo build --package arr-io --example {name}");
    program
}

fn run(folder: &Path, name: &str, words: &[&str], input: Stdio) -> Output {
    Command::new(program(name)).args(words).current_dir(folder).stdin(input).output().unwrap()
}

/// What an example prints that has nothing to complain about.
fn printed(folder: &Path, name: &str, words: &[&str]) -> String {
    let output = run(folder, name, words, Stdio::null());
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

#[test]
fn look_prints_each_array_of_each_file() {
    let folder = folder();
    assert_eq!(
        printed(folder.path(), "look", &["small.nd4j", "model.npz"]),
        "small.nd4j: >i2 [3], 6 bytes\nmodel.npz::w: <f8 [2, 2], 32 bytes\nmodel.npz::b: <i2 [3], 6 bytes\n"
    );
    assert!(!run(folder.path(), "look", &["nothing.npy"], Stdio::null()).status.success());
}

#[test]
fn convert_keeps_the_values() {
    let folder = folder();
    let said = printed(folder.path(), "convert", &["table.npy", "table.nd4j"]);
    assert_eq!(said, "table.npy: <f8 [2, 2]\ntable.nd4j: >f8 [2, 2]\n");
    let array = arr_io::open(folder.path().join("table.nd4j")).unwrap();
    assert_eq!(array.to_vec::<f64>().unwrap(), [0.0, 10.0, 1.0, 30.0]);
    assert!(!run(folder.path(), "convert", &["table.npy"], Stdio::null()).status.success());
}

#[test]
fn upload_takes_what_is_small_and_sound() {
    let folder = folder();
    let upload = |name: &str| {
        let file = File::open(folder.path().join(name)).unwrap();
        let output = run(folder.path(), "upload", &[], file.into());
        (output.status.success(), String::from_utf8(output.stdout).unwrap())
    };
    assert_eq!(upload("table.npy"), (true, "accepted: <f8 [2, 2]\n".into()));
    assert_eq!(upload("small.nd4j"), (true, "accepted: >i2 [3]\n".into()));
    let (accepted, said) = upload("large.npy");
    assert!(!accepted && said.starts_with("refused: LimitExceeded: "), "{said}");
    let bytes = std::fs::read(folder.path().join("table.npy")).unwrap();
    std::fs::write(folder.path().join("cut.npy"), &bytes[..bytes.len() - 1]).unwrap();
    let (accepted, said) = upload("cut.npy");
    assert!(!accepted && said.starts_with("refused: Malformed: "), "{said}");
}

#[test]
fn columns_prints_the_mean_of_each() {
    let folder = folder();
    assert_eq!(printed(folder.path(), "columns", &["table.npy"]), "[0.5, 20]\n");
    let rows = 1 << 20;
    let values = (0..rows).flat_map(|row| [f64::from(row), 0.0, 1.0]).collect::<Vec<_>>();
    let table = Array::from_vec(values, &[1 << 20, 3]).unwrap();
    arr_io::save(folder.path().join("blocks.npy"), &table).unwrap();
    assert_eq!(printed(folder.path(), "columns", &["blocks.npy"]), "[524287.5, 0, 1]\n");
    assert!(!run(folder.path(), "columns", &["large.npy"], Stdio::null()).status.success());
}
