//! `arr convert`: whole files or none, and nothing changes unless asked for.
#![allow(clippy::unwrap_used, reason = "a failed assumption in a test is a failed test")]

#[path = "support/arr.rs"]
mod support;

use std::fs;

use support::{arr_in, arr_with_input, f8, fixtures, folder, i4, names, npy};

fn read(folder: &tempfile::TempDir, name: &str) -> Vec<u8> {
    fs::read(folder.path().join(name)).unwrap()
}

#[test]
fn nothing_changes_unless_asked_for() {
    let numpy = fixtures().join("numpy/npy");
    let folder = folder(&[]);
    for name in ["c16-be-fortran.npy", "unicode-be.npy", "several-arrays.npy", "record-aligned.npy"] {
        fs::copy(numpy.join(name), folder.path().join("in.npy")).unwrap();
        arr_in(folder.path(), &["convert", "in.npy", "out.npy", "--force"]).ok();
        assert!(
            arr_in(folder.path(), &["diff", "in.npy", "out.npy"])
                .ok()
                .lines()
                .all(|line| !line.contains("note"))
        );
        assert_eq!(read(&folder, "in.npy"), read(&folder, "out.npy"), "{name}");
    }
}

#[test]
fn an_existing_file_needs_force() {
    let folder = folder(&[("in.npy", &npy("'<i4'", false, "(2,)", &i4(&[1, 2]))), ("out.npy", b"old")]);
    assert_eq!(
        arr_in(folder.path(), &["convert", "in.npy", "out.npy"]).fails(),
        "arr: out.npy: already exists (use --force)"
    );
    assert_eq!(read(&folder, "out.npy"), b"old");
    arr_in(folder.path(), &["convert", "in.npy", "out.npy", "--force"]).ok();
    assert_eq!(read(&folder, "out.npy"), read(&folder, "in.npy"));
    assert_eq!(names(folder.path()), ["in.npy", "out.npy"]);
}

#[test]
fn a_failure_leaves_the_old_file_and_nothing_else() {
    let cut = npy("'<i4'", false, "(2,)", &i4(&[1]));
    let folder = folder(&[
        ("cut.npy", &cut),
        ("big.npy", &npy("'<i4'", false, "(2,)", &i4(&[1, 300]))),
        ("out.npy", b"old"),
    ]);
    let convert = |args: &[&str]| arr_in(folder.path(), &[&["convert"], args].concat()).fails();
    assert_eq!(
        convert(&["cut.npy", "out.npy", "--force"]),
        "arr: cut.npy: npy: the input ends inside the data: expected 8 bytes, found 4 (at byte 128)"
    );
    assert_eq!(
        convert(&["big.npy", "out.npy", "--force", "--dtype", "|u1"]),
        "arr: big.npy: index [1]: 300 does not fit |u1"
    );
    assert!(convert(&["missing.npy", "out.npy", "--force"]).starts_with("arr: missing.npy: can't open"));
    assert!(convert(&["big.npy", "no/such/out.npy"]).starts_with("arr: no/such/out.npy: "));
    assert_eq!(
        convert(&["big.npy", "out.xyz"]),
        "arr: out.xyz: no format is written to files that end in '.xyz': name the format (--to)"
    );
    assert_eq!(convert(&["big.npy", ".", "--to", "npy"]), "arr: ./big.npy: already exists (use --force)");
    assert_eq!(
        convert(&["big.npy", "-"]),
        "arr: -: standard output has no extension that tells the format: name it with --to"
    );
    assert_eq!(
        convert(&["big.npy", "big.npy", "out.npz"]),
        "arr: big.npy: 'big' would be in the archive twice, from big.npy as well"
    );
    assert!(convert(&["big.npy", "new.npy", "--level", "9"]).starts_with("arr: new.npy: npy: "));
    assert_eq!(read(&folder, "out.npy"), b"old");
    assert_eq!(names(folder.path()), ["big.npy", "cut.npy", "out.npy"]);
}

/// The disk is full after some bytes: what a limit on the size of files looks like to the process.
#[cfg(target_os = "linux")]
#[test]
fn a_failed_write_leaves_the_old_file_and_nothing_else() {
    let folder =
        folder(&[("in.npy", &npy("'<f8'", false, "(40000,)", &f8(&vec![0.5; 40_000]))), ("out.npy", b"old")]);
    let arr = env!("CARGO_BIN_EXE_arr");
    let script = format!("trap '' XFSZ; ulimit -f 100; exec '{arr}' convert in.npy out.npy --force");
    let output =
        std::process::Command::new("bash").current_dir(folder.path()).args(["-c", &script]).output().unwrap();
    let err = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(2), "{err}");
    assert!(err.starts_with("arr: out.npy: ") && err.lines().count() == 1, "{err}");
    assert_eq!(read(&folder, "out.npy"), b"old");
    assert_eq!(names(folder.path()), ["in.npy", "out.npy"]);
}

#[test]
fn input_and_output_may_be_one_file() {
    let folder = folder(&[("x.npy", &npy("'<i4'", false, "(2, 2)", &i4(&[1, 2, 3, 4])))]);
    arr_in(folder.path(), &["convert", "x.npy", "x.npy", "--force", "--order", "F", "--byte-order", "big"])
        .ok();
    let values: Vec<u8> = [1i32, 3, 2, 4].iter().flat_map(|value| value.to_be_bytes()).collect();
    assert_eq!(read(&folder, "x.npy"), npy("'>i4'", true, "(2, 2)", &values));
}

#[test]
fn streams_on_both_sides() {
    let folder = folder(&[]);
    let file = npy("'<i4'", false, "(3,)", &i4(&[1, 2, 3]));
    let run = arr_with_input(folder.path(), &["convert", "-", "-", "--to", "npy"], &file);
    assert_eq!((run.code, run.bytes), (Some(0), file.clone()));
    let run = arr_with_input(folder.path(), &["convert", "-", "-", "--to=npy", "--dtype=<f8"], &file);
    assert_eq!((run.code, run.bytes), (Some(0), npy("'<f8'", false, "(3,)", &f8(&[1.0, 2.0, 3.0]))));
    assert!(names(folder.path()).is_empty());
}

#[test]
fn dtypes_are_type_strings_or_json() {
    let folder =
        folder(&[("x.npy", &npy("[('a', '<i4'), ('b', '<i4')]", false, "(2,)", &i4(&[1, 2, 3, 4])))]);
    let dtype = r#"--dtype=[["a","<f8"],["b","<f8"]]"#;
    arr_in(folder.path(), &["convert", "x.npy", "y.npy", dtype]).ok();
    let expected = npy("[('a', '<f8'), ('b', '<f8')]", false, "(2,)", &f8(&[1.0, 2.0, 3.0, 4.0]));
    assert_eq!(read(&folder, "y.npy"), expected);
    arr_in(folder.path(), &["convert", "x.npy", "z.npy", "--dtype=null"]).ok();
    assert_eq!(read(&folder, "z.npy"), read(&folder, "x.npy"));
}

#[test]
fn one_of_several_arrays() {
    let folder = folder(&[]);
    fs::copy(fixtures().join("numpy/npy/several-arrays.npy"), folder.path().join("in.npy")).unwrap();
    arr_in(folder.path(), &["convert", "in.npy::0", "out.npy"]).ok();
    assert_eq!(read(&folder, "out.npy"), npy("'<i4'", false, "(2, 2)", &i4(&[0, 1, 2, 3])));
}

#[cfg(unix)]
#[test]
fn devices_and_pipes_need_no_force() {
    let folder = folder(&[("x.npy", &npy("'<i4'", false, "(1,)", &i4(&[1])))]);
    arr_in(folder.path(), &["convert", "x.npy", "/dev/null", "--to", "npy"]).ok();
}

/// Options stand before the files, behind them, and between them.
#[test]
fn options_stand_anywhere() {
    let folder = tempfile::tempdir().unwrap();
    let run = |arguments: &[&str]| arr_in(folder.path(), arguments);
    arr_io::save(folder.path().join("x.npy"), &vec![1i16, 2]).unwrap();
    for order in [
        ["--dtype", "f8", "x.npy", "out.npy", "--force"],
        ["x.npy", "--dtype", "f8", "out.npy", "--force"],
        ["x.npy", "--dtype", "f8", "--force", "out.npy"],
        ["x.npy", "out.npy", "--force", "--dtype", "f8"],
    ] {
        run(&[&["convert"], &order[..]].concat()).ok();
        assert_eq!(run(&["show", "out.npy"]).ok(), "[1. 2.]\n");
    }
    let line = run(&["convert", "x.npy"]).fails();
    assert_eq!(line.trim_end(), "arr: OUT is missing: arr convert [OPTIONS] <IN>... <OUT>");
}

#[test]
fn an_exact_cast_changes_no_value() {
    let whole = npy("'<i8'", false, "(2,)", &[1i64, (1 << 53) + 1].map(i64::to_le_bytes).concat());
    let small = npy("'<f8'", false, "(2,)", &f8(&[0.5, 1e-300]));
    let files: [(&str, &[u8]); 2] = [("whole.npy", &whole), ("small.npy", &small)];
    let folder = folder(&files);
    let run = |args: &[&str]| arr_in(folder.path(), &[&["convert"], args].concat());
    for (input, dtype, why) in [
        ("whole.npy", "<f8", "index [1]: 9007199254740993 changes as <f8, to 9007199254740992.0 there"),
        ("small.npy", "<f4", "index [1]: 1e-300 changes as <f4, to 0.0 there and 0.0 back"),
        ("small.npy", "<i4", "index [0]: 0.5 changes as <i4, to 0 there and 0.0 back"),
    ] {
        let out = format!("{}.npy", dtype.trim_start_matches('<'));
        let line = run(&[input, &out, "--dtype", dtype, "--exact"]).fails();
        assert!(line.contains(input) && line.contains(why), "{line}");
        assert!(!folder.path().join(&out).exists());
        run(&[input, &out, "--dtype", dtype, "--force"]).ok();
    }
    run(&["whole.npy", "same.npy", "--dtype", "<u8", "--exact"]).ok();
    run(&["small.npy", "half.npy", "--dtype", "<f4", "--exact", "--slice", ":1"]).ok();
    let usage = run(&["whole.npy", "x.npy", "--exact"]);
    assert!(usage.code == Some(2) && usage.err.contains("--dtype"), "{usage:?}");
}
