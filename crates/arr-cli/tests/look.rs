//! `info`, `show`, `check`, `diff` and `stats` over small files.
#![allow(clippy::unwrap_used, reason = "a failed assumption in a test is a failed test")]

#[path = "support/arr.rs"]
mod support;

use serde_json::{Value, json};
use support::{arr, arr_in, f8, folder, i4, npy, shown};

fn parse(text: &str) -> Value {
    serde_json::from_str(text).unwrap()
}

/// A directory with sound and broken files, some of them further down.
fn mixed() -> tempfile::TempDir {
    let good = npy("'<i4'", false, "(2,)", &i4(&[1, 2]));
    folder(&[
        ("b.npy", &good),
        ("a.npy", &npy("'<f8'", true, "(1, 2)", &f8(&[1.0, 2.0]))),
        ("notes.txt", b"no array"),
        ("sub/deep/c.npy", &good),
        ("sub/long.npy", &[good.as_slice(), b"rest"].concat()),
        ("sub/renamed", &good),
        ("sub/short.npy", &good[..good.len() - 3]),
        ("z.npy", b"nothing of the kind"),
    ])
}

#[test]
fn info_walks_directories_and_goes_on_after_bad_files() {
    let folder = mixed();
    let run = arr_in(folder.path(), &["info", "."]);
    assert_eq!(run.code, Some(2));
    let first = |line: &str| line.split_whitespace().next().unwrap().to_owned();
    let files: Vec<String> = run.out.lines().map(first).collect();
    assert_eq!(
        files,
        [
            "file",
            "./a.npy",
            "./b.npy",
            "./sub/deep/c.npy",
            "./sub/long.npy",
            "./sub/renamed",
            "./sub/short.npy",
            "6"
        ]
    );
    assert!(run.out.ends_with("\n6 arrays in 7 files; another file is not an array file\n"), "{}", run.out);
    assert!(run.out.contains("(and 4 bytes that belong to no array)"), "{}", run.out);
    assert_eq!(
        run.err,
        "arr: ./sub/short.npy: npy: the input ends inside the data: expected 8 bytes, found 5 (at byte 128)\n\
         arr: ./z.npy: this is text, not an array file: it begins with 'nothing of the kind' (at byte 0)\n"
    );
    let run = arr_in(folder.path(), &["info", "b.npy", "notes.txt", "a.npy"]);
    assert_eq!((run.code, run.out.lines().count(), run.err.lines().count()), (Some(2), 3, 1));
    assert!(run.err.starts_with("arr: notes.txt: this is text, not an array file"), "{}", run.err);
    assert_eq!(arr_in(folder.path(), &["info", "sub/deep"]).ok().lines().next(), Some("sub/deep/c.npy"));
}

#[test]
fn info_as_json_is_one_list() {
    let folder = mixed();
    let value = parse(&arr_in(folder.path(), &["info", "--json", "sub/long.npy", "a.npy"]).ok());
    assert_eq!(
        value,
        json!([
            {"file": "sub/long.npy", "name": null, "format": "npy", "size": 140, "trailing": 4, "compressed": [],
             "version": "1.0", "dtype": "<i4", "shape": [2], "order": "C", "itemsize": 4, "items": 2,
             "data_offset": 128, "data_bytes": 8},
            {"file": "a.npy", "name": null, "format": "npy", "size": 144, "trailing": 0, "compressed": [],
             "version": "1.0", "dtype": "<f8", "shape": [1, 2], "order": "F", "itemsize": 8, "items": 2,
             "data_offset": 128, "data_bytes": 16},
        ])
    );
    let value =
        parse(&arr(&["info", "--json", "numpy/npy/several-arrays.npy", "numpy/npy/object-mixed.npy"]).ok());
    assert_eq!(value[2]["dtype"], json!([["x", "<f4"], ["y", "<i2"], ["s", "|S3"]]));
    assert_eq!(value[1]["order"], "F");
    assert_eq!((&value[2]["index"], &value[3]["data_bytes"]), (&json!(2), &Value::Null));
    let run = arr_in(folder.path(), &["info", "--json", "notes.txt"]);
    let value = parse(&run.out);
    assert_eq!(
        (run.code, &value[0]["file"], &value[0]["name"]),
        (Some(2), &json!("notes.txt"), &Value::Null)
    );
    assert!(value[0]["error"].as_str().unwrap().starts_with("this is text, not an array file"), "{value}");
}

#[test]
fn info_reads_no_data() {
    let folder = folder(&[("x.npy", &npy("'<f8'", false, "(131072,)", &[]))]);
    let file = std::fs::File::options().write(true).open(folder.path().join("x.npy")).unwrap();
    file.set_len(128 + 131_072 * 8).unwrap();
    arr_in(folder.path(), &["info", "x.npy", "--max-bytes", "1"]).ok();
}

#[test]
fn show_prints_as_numpy_does() {
    let folder = folder(&[("x.npy", &npy("'<i4'", false, "(3, 4)", &i4(&(0..12).collect::<Vec<_>>())))]);
    let show = |args: &[&str]| arr_in(folder.path(), &[&["show", "x.npy"], args].concat()).ok();
    assert_eq!(show(&[]), "[[ 0  1  2  3]\n [ 4  5  6  7]\n [ 8  9 10 11]]\n");
    assert_eq!(show(&["--slice", "1, ::2"]), "[4 6]\n");
    assert_eq!(show(&["--slice", "-1,-1"]), "11\n");
    assert_eq!(show(&["--slice=[..., 0]"]), "[0 4 8]\n");
    let json = |args: &[&str]| shown(&show(&[&["--json"], args].concat()));
    assert_eq!(json(&[]), "[[0,1,2,3],[4,5,6,7],[8,9,10,11]]\n");
    assert_eq!(json(&["--slice", "0:0"]), "[]\n");
    assert_eq!(json(&["--slice", "2,3"]), "11\n");
    assert_eq!(
        parse(&shown(&arr(&["show", "--json", "numpy/npy/several-arrays.npy"]).ok()))[0],
        json!([[0, 1], [2, 3]])
    );
}

/// Above 64 MiB files are mapped; the map sees just the same.
#[test]
fn show_maps_large_files() {
    let items = 9 << 20;
    let header = npy("'<f8'", false, &format!("({items},)"), &[]);
    let folder = folder(&[("x.npy", &header)]);
    let file = std::fs::File::options().write(true).open(folder.path().join("x.npy")).unwrap();
    file.set_len(header.len() as u64 + items * 8).unwrap();
    assert_eq!(arr_in(folder.path(), &["show", "x.npy"]).ok(), "[0. 0. 0. ... 0. 0. 0.]\n");
    assert_eq!(arr_in(folder.path(), &["show", "x.npy", "--slice", "-2:"]).ok(), "[0. 0.]\n");
    assert_eq!(arr_in(folder.path(), &["show", "x.npy::0", "--slice", "-2:"]).ok(), "[0. 0.]\n");
    assert!(arr_in(folder.path(), &["show", "x.npy::1"]).fails().contains("no array '1'"));
    file.set_len(header.len() as u64 + items * 8 - 1).unwrap();
    assert!(arr_in(folder.path(), &["show", "x.npy"]).fails().contains("the input ends inside the data"));
}

#[test]
fn check_lists_faults_and_sound_files() {
    let folder = mixed();
    let run = arr_in(folder.path(), &["check", "a.npy", "sub"]);
    assert_eq!(
        run.with_code(1),
        "a.npy: ok\n\
         sub/deep/c.npy: ok\n\
         sub/long.npy: npy: 4 bytes follow the data that the header describes (at byte 136)\n\
         sub/renamed: ok\n\
         sub/short.npy: npy: the input ends inside the data: expected 8 bytes, found 5 (at byte 128)\n3 of 5 files are ok, 2 have faults\n"
    );
    let run = arr_in(folder.path(), &["check", "notes.txt", "sub/long.npy", "b.npy"]);
    assert_eq!((run.code, run.out.lines().count(), run.err.lines().count()), (Some(1), 3, 0));
    assert!(run.out.starts_with("notes.txt: this is text, not an array file"), "{run:?}");
    assert_eq!(arr_in(folder.path(), &["check", "b.npy"]).ok(), "b.npy: ok\n");
    assert!(arr_in(folder.path(), &["check", "missing"]).fails().starts_with("arr: missing: can't open"));
}

#[test]
fn diff_tells_equal_from_different() {
    let folder = folder(&[
        ("a.npy", &npy("'<f8'", false, "(2, 2)", &f8(&[1.0, 2.0, f64::NAN, 4.0]))),
        ("f.npy", &npy("'<f8'", true, "(2, 2)", &f8(&[1.0, f64::NAN, 2.0, 4.0]))),
        ("b.npy", &npy("'<f8'", false, "(2, 2)", &f8(&[1.0, 2.5, f64::NAN, 4.0]))),
        ("i.npy", &npy("'<i4'", false, "(2,)", &i4(&[1, 2]))),
        ("l.npy", &npy("'<f8'", false, "(2,)", &f8(&[1.0, 2.0]))),
    ]);
    let diff = |args: &[&str]| arr_in(folder.path(), &[&["diff"], args].concat());
    diff(&["a.npy", "a.npy"]).ok();
    assert!(diff(&["a.npy", "f.npy", "-v"]).ok().contains("the memory order differs: C and F"));
    let report = diff(&["a.npy", "b.npy"]).with_code(1);
    assert!(report.contains("at [0, 1]: 2.0 and 2.5"), "{report}");
    diff(&["a.npy", "b.npy", "--rtol", "0.2"]).ok();
    diff(&["a.npy", "b.npy", "--atol=0.5"]).ok();
    diff(&["a.npy", "b.npy", "--atol=0.4"]).with_code(1);
    let report = diff(&["i.npy", "l.npy"]).with_code(1);
    assert!(report.contains("<i4 and <f8") && report.contains("2 items, equal"), "{report}");
    assert_eq!(diff(&["i.npy", "l.npy", "--ignore-dtype"]).ok(), "1 array is equal\n");
    let report = diff(&["i.npy", "l.npy", "--ignore-dtype", "-v"]).ok();
    assert!(report.contains("the dtype differs: <i4 and <f8"), "{report}");
    assert!(diff(&["a.npy", "l.npy"]).with_code(1).contains("(2, 2) and (2,)"));
    assert!(diff(&["a.npy", "missing.npy"]).fails().starts_with("arr: missing.npy: can't open"));
}

#[test]
fn scripts_and_manual() {
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        assert!(arr(&["completions", shell]).ok().contains("convert"), "{shell}");
    }
    let page = arr(&["man"]).ok();
    assert!(page.contains(".TH arr 1") && page.contains(".SH \"ARR DUMP\""), "{page}");
    let formats = parse(&arr(&["formats", "--json"]).ok());
    let npy = formats.as_array().unwrap().iter().find(|format| format["name"] == "npy").unwrap();
    assert_eq!(npy["read"], json!(true));
}

#[test]
fn stats_of_what_has_nan_alone() {
    let clean = npy("'<f8'", false, "(2,)", &f8(&[1.0, f64::INFINITY]));
    let dates = npy("'<M8[D]'", false, "(2,)", &[i64::MIN.to_le_bytes(), 1i64.to_le_bytes()].concat());
    let with_nan = npy("'<f8'", false, "(3,)", &f8(&[f64::NAN, 2.0, f64::NAN]));
    let folder = folder(&[("a.npy", &clean), ("b.npy", &with_nan), ("c.npy", &dates), ("d.npy", &clean)]);
    let lines = arr_in(folder.path(), &["stats", "--nan-only", "."]).ok();
    let firsts: Vec<&str> = lines.lines().filter_map(|line| line.split_whitespace().next()).collect();
    assert_eq!(firsts, ["array", "./b.npy", "./c.npy", "2"]);
    assert!(lines.ends_with("2 of 4 arrays and fields have NaN\n"), "{lines}");
    assert_eq!(
        arr_in(folder.path(), &["stats", "--nan-only", "a.npy"]).ok(),
        "0 of 1 arrays and fields have NaN\n"
    );
    let found = parse(&arr_in(folder.path(), &["stats", "--nan-only", "--json", "."]).ok());
    let of = |name: &str| found.as_array().unwrap().iter().find(|entry| entry["file"] == name).cloned();
    assert_eq!((of("./b.npy").unwrap()["nan"].clone(), of("./a.npy")), (json!(2), None));
}

#[test]
fn directories_without_array_files_are_said_to_have_none() {
    let one = npy("'<f8'", false, "(1,)", &f8(&[1.0]));
    let folder = folder(&[("empty/x.log", b"nothing"), ("full/.hidden/x.npy", &one), ("full/y.npy", &one)]);
    let run = |args: &[&str]| arr_in(folder.path(), args);
    for command in ["info", "check", "stats"] {
        let line = run(&[command, "empty"]).fails();
        assert_eq!(line, "arr: empty: no file in the directory is an array file", "{command}");
    }
    assert!(run(&["diff", "empty", "empty"]).fails().starts_with("arr: empty: no file in the directory"));
    // What is hidden is looked at on request.
    assert_eq!(run(&["check", "full"]).ok(), "full/y.npy: ok\n1 file is ok\n");
    let all = "full/.hidden/x.npy: ok\nfull/y.npy: ok\n2 files are ok\n";
    assert_eq!(run(&["check", "full", "--hidden"]).ok(), all);
    assert_eq!(run(&["check", "full", "--hidden", "--quiet"]).ok(), "");
    assert!(run(&["info", "full", "--hidden"]).ok().ends_with("\n2 arrays in 2 files\n"));
}
