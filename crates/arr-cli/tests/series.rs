//! Several arrays in one file, one after another: streams of ND4J, and `.npy` files that were saved to repeatedly.
#![allow(clippy::unwrap_used, reason = "a failed assumption in a test is a failed test")]

#[path = "support/arr.rs"]
mod support;

use std::fs;

use serde_json::{Value, json};
use support::{arr_in, arr_with_input, f8, fixtures, folder, i4, names, npy, shown};

fn parse(text: &str) -> Value {
    serde_json::from_str(text).unwrap()
}

fn two() -> tempfile::TempDir {
    let folder = folder(&[
        ("a.npy", &npy("'<i4'", false, "(2,)", &i4(&[1, 2]))),
        ("b.npy", &npy("'<f8'", false, "(1, 2)", &f8(&[0.5, -1.0]))),
    ]);
    let stream = fixtures().join("nd4j/nd4j-stream/v091-f32-2x3-c.bin");
    fs::copy(stream, folder.path().join("old.nd4j")).unwrap();
    folder
}

#[test]
fn several_files_become_one_stream() {
    let folder = two();
    let at = folder.path();
    arr_in(at, &["convert", "a.npy", "old.nd4j", "b.npy", "three.nd4j"]).ok();
    let found = parse(&shown(&arr_in(at, &["show", "--json", "three.nd4j"]).ok()));
    assert_eq!(found, json!([[1, 2], [[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]], [[0.5, -1.0]]]));
    // The stream is that of each file alone, one after another.
    let mut expected = Vec::new();
    for name in ["a.npy", "old.nd4j", "b.npy"] {
        arr_in(at, &["convert", name, "one.nd4j", "--force"]).ok();
        expected.extend(fs::read(at.join("one.nd4j")).unwrap());
    }
    assert_eq!(fs::read(at.join("three.nd4j")).unwrap(), expected);
    // Streams are joined as well, and anything may come from standard input and go to standard output.
    let input = fs::read(at.join("three.nd4j")).unwrap();
    let args = ["convert", "-", "three.nd4j", "-", "--to", "nd4j-stream"];
    assert_eq!(arr_with_input(at, &args, &input).bytes, [input.clone(), input].concat());
    let line = arr_in(at, &["convert", "a.npy", "b.npy", "c.fb"]).fails();
    assert_eq!(
        line,
        "arr: c.fb: several inputs make an archive (.npz) or a stream (.nd4j), not a nd4j-flatarray file"
    );
    let line = arr_in(at, &["convert", "three.nd4j", "c.fb"]).fails();
    assert!(
        line.contains("c.fb: 3 arrays do not go into one nd4j-flatarray file: name one, as three.nd4j::0"),
        "{line}"
    );
}

#[test]
fn members_become_a_stream_and_a_stream_becomes_members_and_files() {
    let folder = two();
    let at = folder.path();
    arr_in(at, &["convert", "b.npy", "a.npy", "both.npz"]).ok();
    arr_in(at, &["convert", "both.npz", "x.nd4j", "--dtype", "f4"]).ok();
    assert_eq!(
        parse(&shown(&arr_in(at, &["show", "--json", "x.nd4j"]).ok())),
        json!([[[0.5, -1.0]], [1.0, 2.0]])
    );
    arr_in(at, &["convert", "x.nd4j", "back.npz"]).ok();
    assert_eq!(arr_in(at, &["show", "back.npz::x_1"]).ok(), "[1. 2.]\n");
    arr_in(at, &["convert", "x.nd4j", "files/"]).ok();
    assert_eq!(names(&at.join("files")), ["x_0.npy", "x_1.npy"]);
    assert_eq!(arr_in(at, &["show", "files/x_0.npy"]).ok(), "[[ 0.5 -1. ]]\n");
    arr_in(at, &["convert", "x.nd4j", "files/", "--to", "nd4j-binaryserde"]).ok();
    assert_eq!(names(&at.join("files")), ["x_0.buf", "x_0.npy", "x_1.buf", "x_1.npy"]);
    // What has no file has the names of NumPy.
    let input = fs::read(at.join("x.nd4j")).unwrap();
    assert_eq!(arr_with_input(at, &["convert", "-", "out/"], &input).ok(), "");
    assert_eq!(names(&at.join("out")), ["arr_0.npy", "arr_1.npy"]);
    // A `.npy` that was saved to repeatedly, and back.
    let mut row = fs::read(at.join("a.npy")).unwrap();
    row.extend(fs::read(at.join("b.npy")).unwrap());
    fs::write(at.join("row.npy"), &row).unwrap();
    arr_in(at, &["convert", "row.npy", "row.nd4j"]).ok();
    arr_in(at, &["convert", "row.nd4j", "again.npy", "--byte-order", "little"]).ok();
    assert_eq!(fs::read(at.join("again.npy")).unwrap(), row);
}

/// Nothing is written when one of the inputs can't be.
#[test]
fn all_or_nothing() {
    let folder = two();
    let at = folder.path();
    fs::write(at.join("c.npy"), npy("'<c8'", false, "(1,)", &[0; 8])).unwrap();
    fs::write(at.join("cut.npy"), &npy("'<f8'", false, "(2,)", &f8(&[1.0, 2.0]))[..140]).unwrap();
    let before = names(at);
    let line = arr_in(at, &["convert", "a.npy", "c.npy", "x.nd4j"]).fails();
    assert!(line.starts_with("arr: c.npy: nd4j-stream: "), "{line}");
    let line = arr_in(at, &["convert", "a.npy", "cut.npy", "x.nd4j"]).fails();
    assert!(line.starts_with("arr: cut.npy: npy: the input ends inside the data"), "{line}");
    let line = arr_in(at, &["convert", "-", "-", "x.nd4j"]).fails();
    assert_eq!(line, "arr: standard input can be read only once");
    assert_eq!(names(at), before);
}

/// The arrays before the one that is asked for are stepped over: they do not count as bytes that are read.
#[test]
fn one_of_several_is_read_alone() {
    let folder = two();
    let at = folder.path();
    arr_in(at, &["convert", "old.nd4j", "b.npy", "old.nd4j", "three.nd4j"]).ok();
    fs::write(
        at.join("two.npy"),
        [fs::read(at.join("a.npy")).unwrap(), fs::read(at.join("b.npy")).unwrap()].concat(),
    )
    .unwrap();
    for file in ["three.nd4j::1", "two.npy::1"] {
        assert_eq!(arr_in(at, &["show", file, "--max-bytes", "16"]).ok(), "[[ 0.5 -1. ]]\n");
    }
    let line = arr_in(at, &["show", "three.nd4j::3"]).fails();
    assert_eq!(line.trim_end(), "arr: three.nd4j::3: the file has no array '3': it has 3 arrays");
    let line = arr_in(at, &["show", "three.nd4j::x"]).fails();
    assert_eq!(line.trim_end(), "arr: three.nd4j::x: the file has no array 'x': it has 3 arrays");
    // Of what comes behind it nothing is looked at.
    let mut cut = fs::read(at.join("three.nd4j")).unwrap();
    cut.truncate(cut.len() - 1);
    fs::write(at.join("cut.nd4j"), cut).unwrap();
    assert_eq!(arr_in(at, &["show", "cut.nd4j::1"]).ok(), "[[ 0.5 -1. ]]\n");
    assert!(arr_in(at, &["show", "cut.nd4j::2"]).fails().contains("ends inside the data"));
}
