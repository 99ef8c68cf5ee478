//! Tables of text: read by the rules of NumPy and as CSV, and written.
#![allow(clippy::unwrap_used, reason = "a failed assumption in a test is a failed test")]

#[path = "support/arr.rs"]
mod support;

use std::fs;

use serde_json::{Value, json};
use support::{arr_in, arr_with_input, f8, fixtures, folder, i4, npy};

/// The only array that `dump` prints: its dtype and data.
fn dumped(words: &[&str]) -> (Value, Value) {
    let run = arr_in(&fixtures().join("text/cases"), &[&["dump"], words].concat());
    assert_eq!(run.code, Some(0), "{}", run.err);
    let dump: Value = serde_json::from_str(&run.out).unwrap();
    let array = &dump["heap"]["1"];
    (array["dtype"].clone(), array["data"].clone())
}

#[test]
fn tables_from_real_life_have_their_values() {
    let decimal = ["--from", "csv", "--delimiter=;", "--decimal=,", "--thousands=.", "decimal_comma.csv"];
    let (dtype, data) = dumped(&decimal);
    assert_eq!(dtype, json!([["Druck", "<f8"], ["Wert", "<f8"]]));
    assert_eq!(data, json!([[1013.25, 0.5], [998.5, -0.001], ["nan", 2.0]]));
    let (_, data) = dumped(&["--from", "text", "--genfromtxt", "--delimiter=13", "fortran_run_together.txt"]);
    assert_eq!(data, json!([0.0, -0.041_111_11, -0.011_111_11, 1.5, "nan", -2.0]));
    let names =
        ["--from", "text", "--genfromtxt", "--delimiter=;", "--names", "--dtype=null", "--comments=null"];
    let (dtype, data) = dumped(&[&names[..], &["hash_in_quoted_name.csv"]].concat());
    assert_eq!(dtype, json!([["Label", "<i8"], ["Type", "<U5"], ["N", "<i8"]]));
    assert_eq!(data, json!([[1, "TET10", 955], [2, "HEX8", 959]]));
    let (dtype, data) =
        dumped(&["--from", "text", "--dtype=<c16", "--delimiter=,", "complex_comma_space.csv"]);
    assert_eq!((dtype, data), (json!("<c16"), json!([[1.0, 2.0], [3.0, -4.0], [0.0, -1.0], [5.0, 0.0]])));
    let (_, data) = dumped(&["--from", "text", "mixed_line_ends.txt"]);
    assert_eq!(data, json!([1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0]));
    let missing = ["--from", "text", "--genfromtxt", "--delimiter=,", "--names", "--dtype=null"];
    let (dtype, data) = dumped(&[&missing[..], &["--missing-values=NA,null,N/A", "na_values.csv"]].concat());
    assert_eq!(dtype, json!([["a", "<i8"], ["b", "<f8"], ["c", "<U3"]]));
    assert_eq!(data, json!([[1, "nan", "x"], [-1, 2.5, ""], [3, "nan", "N/A"]]));
}

#[test]
fn what_is_no_number_is_an_error_and_never_nan() {
    let cases = fixtures().join("text/cases");
    let fails = |words: &[&str]| arr_in(&cases, words).fails();
    for words in [
        &["dump", "--from", "csv", "--delimiter=;", "decimal_comma.csv"][..],
        &["dump", "--from", "csv", "--delimiter=;", "--decimal=,", "decimal_comma.csv"],
    ] {
        let line = fails(words);
        assert!(line.contains("line 2, column 1") && line.contains("1.013,25"), "{line}");
    }
    assert!(fails(&["dump", "--from", "csv", "html_instead.csv"]).contains("HTML"));
    assert!(
        fails(&[
            "show",
            "--from",
            "text",
            "--genfromtxt",
            "--delimiter=;",
            "--names",
            "hash_in_quoted_name.csv"
        ])
        .starts_with("arr: ")
    );
}

#[test]
fn fields_that_became_nan_are_counted() {
    let folder = folder(&[("x.csv", b"1,2\n3,x\n,y\n")]);
    let run = arr_in(folder.path(), &["show", "x.csv", "--from", "text", "--genfromtxt", "--delimiter=,"]);
    assert_eq!((run.code, run.out.as_str()), (Some(0), "[[ 1.  2.]\n [ 3. nan]\n [nan nan]]\n"));
    assert_eq!(
        run.err,
        "arr: x.csv: 2 fields are not values, replaced: the first is 'x' in line 2, column 2\n"
    );
}

#[test]
fn whole_numbers_and_floats_come_back_as_they_were() {
    let floats = npy("'<f8'", false, "(2, 2)", &f8(&[0.1, -1e300, 5e-324, 3.0]));
    let folder = folder(&[("floats.npy", &floats)]);
    fs::copy(fixtures().join("text/cases/ints.npy"), folder.path().join("ints.npy")).unwrap();
    let run = |args: &[&str]| arr_in(folder.path(), args);
    run(&["convert", "ints.npy", "out.txt"]).ok();
    assert_eq!(fs::read_to_string(folder.path().join("out.txt")).unwrap(), "1 9007199254740993\n-7 0\n");
    run(&["convert", "out.txt", "back.npy", "--dtype=<i8"]).ok();
    run(&["diff", "ints.npy", "back.npy"]).ok();
    for name in ["out.csv", "out.tsv", "floats.txt", "floats.csv.gz"] {
        run(&["convert", "floats.npy", name, "--force"]).ok();
        run(&["convert", name, "back.npy", "--force"]).ok();
        run(&["diff", "floats.npy", "back.npy"]).ok();
    }
    let stream = arr_with_input(folder.path(), &["show", "-", "--from", "text"], b"1 2\n3 4\n").ok();
    assert_eq!(stream, "[[1. 2.]\n [3. 4.]]\n");
}

#[test]
fn formats_are_those_of_savetxt() {
    let folder = folder(&[("x.npy", &npy("'<f8'", false, "(2, 2)", &f8(&[1.0, 2.5, -3.0, 0.125])))]);
    let printed = |options: &[&str]| {
        arr_in(folder.path(), &[&["convert", "x.npy", "-", "--to", "text"], options].concat()).ok()
    };
    assert_eq!(printed(&[]), "1.0 2.5\n-3.0 0.125\n");
    assert_eq!(
        printed(&["--fmt=%.18e"]),
        "1.000000000000000000e+00 2.500000000000000000e+00\n-3.000000000000000000e+00 1.250000000000000000e-01\n"
    );
    assert_eq!(
        printed(&["--fmt=[\"%d\",\"%7.2f\"]", "--delimiter=, ", "--header=a\nb", "--comments=% "]),
        "% a\n% b\n1,    2.50\n-3,    0.12\n"
    );
}

#[test]
fn columns_of_records_go_to_csv_and_back() {
    let points = npy("[('x', '<i4'), ('y', '<i4'), ('z', '<i4')]", false, "(2,)", &i4(&[1, 2, 3, 4, 5, 6]));
    let folder = folder(&[("points.npy", &points)]);
    let run = |args: &[&str]| arr_in(folder.path(), args);
    run(&["convert", "points.npy::x,y", "xy.csv"]).ok();
    assert_eq!(fs::read_to_string(folder.path().join("xy.csv")).unwrap(), "x,y\n1,2\n4,5\n");
    run(&["convert", "xy.csv", "xy.npy", "--dtype", "[[\"x\",\"<i4\"],[\"y\",\"<i4\"]]"]).ok();
    assert_eq!(run(&["show", "xy.npy"]).ok(), "[(1, 2) (4, 5)]\n");
    assert_eq!(run(&["show", "xy.csv::y"]).ok(), "[2 5]\n");
}

#[test]
fn options_that_are_meant_for_neither_side_are_refused() {
    let folder = folder(&[("x.npy", &npy("'<f8'", false, "(2,)", &f8(&[1.0, 2.0])))]);
    let run = |args: &[&str]| arr_in(folder.path(), args);
    run(&["convert", "x.npy", "x.csv", "--delimiter=;"]).ok();
    let refused = run(&["convert", "x.npy", "y.npy", "--delimiter=;"]);
    assert_eq!(refused.code, Some(2), "{refused:?}");
    assert!(refused.err.contains("--delimiter"), "{}", refused.err);
    assert!(run(&["show", "x.npy", "--skiprows=1"]).err.contains("--skiprows"));
}

#[test]
fn messages_name_flags_as_they_are_typed() {
    let folder = folder(&[
        ("short.csv", b"x,y\n1,2\n3\n"),
        ("ragged.txt", b"1,2\n3\n"),
        ("texts.csv", b"a,b\nc,d\n"),
        ("long.csv", b"ab\n01234\n"),
        ("digits.csv", b"x,y\n9007199254740993,1\n0.5,2\n"),
        ("wide.csv", b"a,\0b\n"),
    ]);
    let run = |args: &[&str]| arr_in(folder.path(), args);
    assert_eq!(
        run(&["show", "short.csv"]).fails(),
        "arr: short.csv: csv: line 3: the row has 1 column, the first row has 2 (--fill) (at byte 8)"
    );
    let ragged = run(&["show", "ragged.txt", "--from=text", "--genfromtxt", "--delimiter=,"]).fails();
    assert!(ragged.contains("(--no-invalid-raise)"), "{ragged}");
    let texts = run(&["show", "texts.csv"]);
    assert_eq!(
        (texts.code, texts.err.as_str()),
        (
            Some(0),
            "arr: texts.csv: every column is text, and the first line was taken for values: if it has the names, say so (--names)\n"
        )
    );
    assert!(run(&["show", "texts.csv", "--names"]).err.is_empty());
    let long = run(&["show", "long.csv", "--dtype=<U3", "--names"]).fails();
    assert!(long.contains("line 2, column 1: '01234' is too long for the dtype"), "{long}");
    let digits = run(&["show", "digits.csv"]);
    assert!(
        digits.err.contains("column 'x'") && digits.err.contains("in line 2 (--dtype=DTYPE)"),
        "{digits:?}"
    );
    assert_eq!(run(&["check", "wide.csv"]).code, Some(1));
    assert_eq!(run(&["show", "digits.csv", "--usecols=y"]).ok(), "[(1,) (2,)]\n");
}

#[test]
fn each_side_has_its_own_delimiter_and_encoding() {
    let folder = folder(&[("x.csv", b"a;b\n1;2\n3;4\n"), ("latin.csv", b"n\n\xe9\n")]);
    let run = |args: &[&str]| arr_in(folder.path(), args);
    let read = |name: &str| fs::read(folder.path().join(name)).unwrap();
    run(&["convert", "x.csv", "same.csv", "--delimiter=;"]).ok();
    assert_eq!(read("same.csv"), b"a;b\n1;2\n3;4\n");
    run(&["convert", "x.csv", "other.csv", "--delimiter=;", "--to-delimiter=,"]).ok();
    assert_eq!(read("other.csv"), b"a,b\n1,2\n3,4\n");
    run(&["convert", "other.csv", "back.csv", "--to-delimiter=;"]).ok();
    assert_eq!(read("back.csv"), read("x.csv"));
    run(&["convert", "latin.csv", "utf8.csv", "--encoding=latin1", "--to-encoding=utf-8", "--names"]).ok();
    assert_eq!(read("utf8.csv"), "n\n\u{e9}\n".as_bytes());
    let refused = run(&["convert", "x.csv", "x.npy", "--delimiter=;", "--to-delimiter=,"]);
    assert_eq!(refused.code, Some(2));
    assert!(refused.err.contains("delimiter is not an option of npy"), "{}", refused.err);
}

#[test]
fn columns_with_names_are_read_as_the_dtype_that_is_asked_for() {
    let folder = folder(&[("x.txt", b"a b\n1 2.5\n3 4\n")]);
    let run = |args: &[&str]| arr_in(folder.path(), args);
    let names = ["--from", "text", "--genfromtxt", "--names", "--dtype", "f4"];
    run(&[&["convert", "x.txt", "x.npy"], &names[..]].concat()).ok();
    assert_eq!(run(&["show", "x.npy"]).ok(), "[(1., 2.5) (3., 4. )]\n");
    assert!(run(&["info", "x.npy"]).ok().contains("<f4"));
    let refused = run(&["convert", "x.npy", "y.npy", "--dtype", "f4"]);
    assert_eq!(refused.code, Some(2), "{}", refused.err);
    // Whatever is asked for, what is written is what is shown.
    for dtype in [">f8", ">i4", "m8[s]", "[('x', 'i4'), ('y', 'f8')]"] {
        let names = ["--from", "text", "--genfromtxt", "--names", "--filling-values", "-1", "--dtype", dtype];
        run(&[&["convert", "x.txt", "z.npy", "--force"], &names[..]].concat()).ok();
        assert_eq!(run(&["show", "z.npy"]).ok(), run(&[&["show", "x.txt"], &names[..]].concat()).ok());
    }
}

#[test]
fn truths_in_text_are_numbers_that_are_read_back() {
    let folder = folder(&[]);
    let run = |args: &[&str]| arr_in(folder.path(), args);
    let truths = arr_io::Array::from_vec(vec![true, false, true, true], &[2, 2]).unwrap();
    arr_io::save(folder.path().join("x.npy"), &truths).unwrap();
    run(&["convert", "x.npy", "x.txt", "--to", "text"]).ok();
    assert_eq!(fs::read_to_string(folder.path().join("x.txt")).unwrap(), "1 0\n1 1\n");
    run(&["convert", "x.txt", "back.npy", "--from", "text", "--dtype", "?"]).ok();
    assert_eq!(run(&["diff", "x.npy", "back.npy"]).code, Some(0));
    // In a table of CSV they are words, from which the dtype is found.
    run(&["convert", "x.npy", "x.csv"]).ok();
    assert!(fs::read_to_string(folder.path().join("x.csv")).unwrap().ends_with("True,False\nTrue,True\n"));
}

#[test]
fn carriage_returns_in_texts_are_kept_or_refused() {
    let folder = folder(&[]);
    let run = |args: &[&str]| arr_in(folder.path(), args);
    let texts = arr_io::Array::from_texts(&[2], arr_io::Order::C, ["a\rb", "c"]).unwrap();
    let texts = texts.cast_checked(&"<U3".parse().unwrap()).unwrap();
    arr_io::save(folder.path().join("x.npy"), &texts).unwrap();
    let refused = run(&["convert", "x.npy", "x.txt", "--to", "text"]);
    assert_eq!(refused.code, Some(2));
    assert!(refused.err.contains("a carriage return, which is read back as a line feed"), "{}", refused.err);
    run(&["convert", "x.npy", "x.csv"]).ok();
    assert_eq!(run(&["convert", "x.csv", "y.npy"]).code, Some(0));
    assert_eq!(run(&["diff", "x.npy", "y.npy::f0"]).code, Some(0));
}

#[test]
fn texts_of_csv_are_quoted_by_any_format() {
    let folder = folder(&[]);
    let run = |args: &[&str]| arr_in(folder.path(), args);
    let texts = ["a,b", "q\"x", "l\nm", "plain"];
    let texts = arr_io::Array::from_texts(&[2, 2], arr_io::Order::C, texts).unwrap();
    let texts = texts.cast_checked(&"<U5".parse().unwrap()).unwrap();
    arr_io::save(folder.path().join("x.npy"), &texts).unwrap();
    for fmt in ["--fmt=%s", "--fmt=[\"%s\",\"%s\"]"] {
        run(&["convert", "x.npy", "x.csv", "--force", fmt]).ok();
        let written = fs::read_to_string(folder.path().join("x.csv")).unwrap();
        assert_eq!(written, "\"a,b\",\"q\"\"x\"\n\"l\nm\",plain\n", "{fmt}");
    }
}

#[test]
fn a_value_among_texts_makes_no_name_of_the_first() {
    let folder = folder(&[]);
    let run = |args: &[&str]| arr_in(folder.path(), args);
    for (text, rows) in
        [("a\n7\nb\n", 3), ("a,b\nc,d\nnan,e\n", 3), ("2020-01\nNaT\n2020-03\n", 3), ("a\nNaT\nb\n", 3)]
    {
        fs::write(folder.path().join("x.csv"), text).unwrap();
        let info = run(&["info", "x.csv", "--json"]);
        let list: Value = serde_json::from_str(&info.out).unwrap();
        assert_eq!(list[0]["shape"], json!([rows]), "{text:?}: {list}");
    }
    // A mark of a missing value among many numbers does not hide the names.
    fs::write(folder.path().join("x.csv"), "speed\n1\n2\nNA\n4\n5\n").unwrap();
    assert!(run(&["info", "x.csv"]).ok().contains("'speed'"));
}

#[test]
fn empty_texts_at_the_end_of_a_row_are_kept_or_refused() {
    let folder = folder(&[]);
    let run = |args: &[&str]| arr_in(folder.path(), args);
    let save = |name: &str, shape: &[usize], texts: &[&str]| {
        let texts = arr_io::Array::from_texts(shape, arr_io::Order::C, texts.iter().copied()).unwrap();
        let texts = texts.cast_checked(&"<U3".parse().unwrap()).unwrap();
        arr_io::save(folder.path().join(name), &texts).unwrap();
    };
    let back = |name: &str, delimiter: &[&str]| {
        let read = [
            "convert",
            "x.txt",
            "back.npy",
            "--force",
            "--from",
            "text",
            "--quotechar",
            "\"",
            "--dtype",
            "<U3",
        ];
        run(&[&read, delimiter].concat()).ok();
        assert_eq!(run(&["diff", name, "back.npy"]).code, Some(0));
    };
    save("x.npy", &[2, 2], &["a", "b", "c", ""]);
    let refused = run(&["convert", "x.npy", "x.txt", "--to", "text"]);
    assert_eq!(refused.code, Some(2));
    assert!(refused.err.contains("row 2, column 2: an empty text at the end of a row"), "{}", refused.err);
    run(&["convert", "x.npy", "x.txt", "--to", "text", "--delimiter", ","]).ok();
    back("x.npy", &["--delimiter", ","]);
    // It is the last column that may have none, and a row of nothing else is kept.
    for (name, shape, texts) in
        [("first.npy", &[2, 2][..], &["", "b", "c", "\"\""][..]), ("one.npy", &[3], &["a", "", "c"])]
    {
        save(name, shape, texts);
        run(&["convert", name, "x.txt", "--force", "--to", "text"]).ok();
        back(name, &[]);
    }
}
