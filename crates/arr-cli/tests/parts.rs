//! Parts of files and what lies around them: fields, slices, shapes, compression.
#![allow(clippy::unwrap_used, reason = "a failed assumption in a test is a failed test")]

#[path = "support/arr.rs"]
mod support;

use std::fs;

use support::{arr_in, folder, i4, names, npy};

/// Records whose fields are called `x`, `y` and `x,y`.
fn records() -> Vec<u8> {
    let descr = "[('x', '<i4'), ('y', '<i4'), ('x,y', '<i4')]";
    npy(descr, false, "(2,)", &i4(&[1, 2, 3, 4, 5, 6]))
}

#[test]
fn a_field_is_converted_alone() {
    let folder = folder(&[("r.npy", &records())]);
    let run = |args: &[&str]| arr_in(folder.path(), args);
    run(&["convert", "r.npy::y", "y.npy"]).ok();
    assert_eq!(run(&["show", "y.npy"]).ok(), "[2 5]\n");
    // A field whose name has a comma comes before two fields.
    assert_eq!(run(&["show", "r.npy::x,y"]).ok(), "[3 6]\n");
    assert_eq!(run(&["show", "r.npy::y,x"]).ok(), "[(2, 1) (5, 4)]\n");
    run(&["convert", "r.npy", "m.npz"]).ok();
    assert_eq!(run(&["show", "m.npz::r::x"]).ok(), "[1 4]\n");
    assert!(run(&["show", "r.npy::z"]).fails().starts_with("arr: r.npy::z: "));
}

#[test]
fn a_field_of_several_arrays_is_ambiguous() {
    let folder = folder(&[("row.npy", &[records(), records()].concat())]);
    let run = |args: &[&str]| arr_in(folder.path(), args);
    assert_eq!(
        run(&["convert", "row.npy::x", "x.npy"]).fails(),
        "arr: row.npy::x: there are several arrays: name one of them, as 0::x"
    );
    run(&["convert", "row.npy::1::x", "x.npy"]).ok();
    assert_eq!(run(&["show", "x.npy"]).ok(), "[1 4]\n");
}

#[test]
fn slices_and_shapes_are_converted() {
    let folder = folder(&[("in.npy", &npy("'<i4'", false, "(2, 3)", &i4(&[0, 1, 2, 3, 4, 5])))]);
    let run = |args: &[&str]| arr_in(folder.path(), args);
    run(&["convert", "in.npy", "s.npy", "--slice", "::-1, 1:"]).ok();
    assert_eq!(run(&["show", "s.npy"]).ok(), "[[4 5]\n [1 2]]\n");
    run(&["convert", "in.npy", "f.npy", "--shape", "3,2", "--order", "F"]).ok();
    assert_eq!(run(&["show", "f.npy"]).ok(), "[[0 1]\n [2 3]\n [4 5]]\n");
    assert_eq!(fs::read(folder.path().join("f.npy")).unwrap()[128..], i4(&[0, 2, 4, 1, 3, 5]));
    run(&["convert", "in.npy", "m.npz::part", "--slice", "1"]).ok();
    assert_eq!(run(&["show", "m.npz::part"]).ok(), "[3 4 5]\n");
    let line = run(&["convert", "in.npy", "x.npy", "--shape", "4,2"]).fails();
    assert_eq!(line, "arr: in.npy: an array of shape [2, 3] can't take the shape [4, 2]");
    assert_eq!(names(folder.path()), ["f.npy", "in.npy", "m.npz", "s.npy"]);
}

#[test]
fn compressed_files_are_files() {
    let array = npy("'<i4'", false, "(2,)", &i4(&[1, 300]));
    let folder = folder(&[("in.npy", &array)]);
    let run = |args: &[&str]| arr_in(folder.path(), args);
    for extension in ["gz", "bz2", "xz", "zst", "zz"] {
        let packed = format!("x.npy.{extension}");
        run(&["convert", "in.npy", &packed]).ok();
        run(&["diff", "in.npy", &packed]).ok();
        run(&["check", &packed]).ok();
        assert_eq!(run(&["show", &packed]).ok(), "[  1 300]\n");
        run(&["convert", &packed, "back.npy", "--force"]).ok();
        assert_eq!(fs::read(folder.path().join("back.npy")).unwrap(), array);
        // The last byte is of the checksum, or of what tells the length.
        let bytes = fs::read(folder.path().join(&packed)).unwrap();
        fs::write(folder.path().join("cut"), &bytes[..bytes.len() - 1]).unwrap();
        for command in ["show", "stats", "dump", "info"] {
            let line = run(&[command, "cut"]).fails();
            assert!(line.starts_with("arr: cut: "), "{line}");
        }
        assert_eq!(run(&["check", "cut"]).code, Some(1), "{extension}");
    }
    let line = run(&["append", "x.npy.gz", "in.npy"]).fails();
    assert!(line.contains("compressed by gzip"), "{line}");
}

#[test]
fn a_target_that_is_added_to_is_a_file() {
    let array = npy("'<i4'", false, "(2,)", &i4(&[1, 2]));
    let folder = folder(&[("a.npy", &array), ("b.npy", &array)]);
    let line = arr_in(folder.path(), &["append", "a.npy::7", "b.npy"]).fails();
    assert!(line.starts_with("arr: a.npy::7: TARGET is a file"), "{line}");
    assert_eq!(fs::read(folder.path().join("a.npy")).unwrap(), array);
}
