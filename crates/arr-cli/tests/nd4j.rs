//! The files of real ND4J through the command: what they are, their values, and into `.npy` and back.
#![allow(clippy::unwrap_used, reason = "a failed assumption in a test is a failed test")]

#[path = "support/arr.rs"]
mod support;

use std::path::{Path, PathBuf};

use serde_json::{Value, json};
use support::{arr_in, fixtures};

/// The formats that are read.
const FORMATS: &[&str] = &[
    "nd4j-stream",
    "nd4j-binaryserde",
    "nd4j-aeron-message",
    "nd4j-flatarray",
    "java-serialized",
    "nd4j-txt",
];

/// Those of them that are written.
const WRITTEN: &[&str] = &[
    "nd4j-stream",
    "nd4j-binaryserde",
    "nd4j-aeron-message",
    "nd4j-aeron-chunk",
    "nd4j-flatarray",
    "nd4j-txt",
];

fn folder() -> PathBuf {
    fixtures().join("nd4j")
}

fn parse(text: &str) -> Value {
    serde_json::from_str(text).unwrap()
}

/// The entries of the manifest of one format, with what they say of their file.
fn entries(format: &str) -> Vec<Value> {
    let manifest = parse(&std::fs::read_to_string(folder().join("manifest.json")).unwrap());
    let files = manifest["files"].as_array().unwrap();
    files.iter().filter(|file| file["format"] == format).cloned().collect()
}

fn name(entry: &Value) -> &str {
    entry["file"].as_str().unwrap()
}

/// The only array that a file holds, as `arr dump` has it.
fn dumped(at: &Path, arguments: &[&str]) -> Value {
    let arguments = [&["dump"], arguments].concat();
    let dump = parse(&arr_in(at, &arguments).ok());
    let id = dump["root"]["id"].to_string();
    dump["heap"][id.trim_matches('"')].clone()
}

/// What a value of the manifest is in a dump.
fn expected(value: &Value) -> Value {
    match value.as_str() {
        Some("NaN") => json!("nan"),
        Some("Infinity") => json!("inf"),
        Some("-Infinity") => json!("-inf"),
        Some("-0.0") => json!(-0.0),
        _ => value.clone(),
    }
}

/// True when a number of the dump, which has as few digits as its type needs, is that of the manifest.
#[allow(clippy::cast_possible_truncation, reason = "numbers of fewer bits have fewer digits")]
fn same(found: &Value, expected: &Value, dtype: &str) -> bool {
    match (found.as_f64(), expected.as_f64()) {
        _ if found.is_i64() && expected.is_i64() => found == expected,
        _ if found.is_u64() && expected.is_u64() => found == expected,
        (Some(found), Some(expected)) if found.is_sign_negative() != expected.is_sign_negative() => false,
        (Some(found), Some(expected)) => match dtype {
            "float16" | "bfloat16" => (found - expected).abs() <= expected.abs() / 256.0,
            "float32" => (found as f32).to_bits() == (expected as f32).to_bits(),
            _ => found == expected,
        },
        _ => found == expected,
    }
}

/// The name of the manifest for a dtype.
fn long_name(dtype: &str) -> &str {
    match dtype.trim_start_matches(['<', '>', '|']) {
        "f8" => "float64",
        "f4" => "float32",
        "f2" => "float16",
        "i8" => "int64",
        "i4" => "int32",
        "i2" => "int16",
        "i1" => "int8",
        "u8" => "uint64",
        "u4" => "uint32",
        "u2" => "uint16",
        "u1" => "uint8",
        "b1" => "bool",
        other => other,
    }
}

#[test]
fn every_file_has_the_values_that_were_put_in() {
    for format in FORMATS {
        let entries = entries(format);
        assert!(entries.len() > 1, "{format}");
        for entry in &entries {
            let file = name(entry);
            if entry["data_missing"] == true
                || entry["values"].is_null() && entry["sha256_le_c_order"].is_null()
            {
                let line = arr_in(&folder(), &["dump", file]).fails();
                assert!(line.contains(&format!("{file}: {format}: ")), "{line}");
                continue;
            }
            let array = dumped(&folder(), &[file]);
            assert_eq!(array["shape"], entry["shape"], "{file}");
            let Some(values) = entry["values"].as_array() else { continue };
            let data = array["data"].as_array().unwrap();
            assert_eq!(data.len(), values.len(), "{file}");
            let dtype = entry["dtype"].as_str().unwrap();
            for (found, value) in data.iter().zip(values) {
                assert!(same(found, &expected(value), dtype), "{file}: {found}, expected {value}");
            }
            // Text has no types.
            if *format != "nd4j-txt" {
                assert_eq!(long_name(array["dtype"].as_str().unwrap()), dtype, "{file}");
            }
        }
    }
}

#[test]
fn every_file_is_found_out() {
    for format in FORMATS {
        for entry in entries(format).iter().filter(|entry| entry["data_missing"] != true) {
            let file = name(entry);
            let run = arr_in(&folder(), &["info", "--json", file]);
            if run.code != Some(0) {
                assert!(entry["values"].is_null(), "{run:?}");
                continue;
            }
            let info = parse(&run.out);
            assert_eq!(info[0]["format"], *format, "{file}");
            assert_eq!(info[0]["shape"], entry["shape"], "{file}");
        }
    }
}

/// The chunks of a message, in any order, are one array.
#[test]
fn chunks_are_joined() {
    let folder = folder();
    let out = tempfile::tempdir().unwrap();
    let out = out.path().join("joined.npy");
    let out = out.to_str().unwrap();
    let chunks = ["nd4j-aeron-chunk/m21-f32-2x3-c.1.chunk", "nd4j-aeron-chunk/m21-f32-2x3-c.0.chunk"];
    arr_in(&folder, &["convert", chunks[0], chunks[1], out]).ok();
    arr_in(&folder, &["diff", out, "nd4j-aeron-message/m21-f32-2x3-c.msg"]).ok();
    // One alone is described, and is not an array.
    let info = arr_in(&folder, &["info", chunks[0]]).ok();
    assert!(
        info.contains("chunk      1 of 2, counted from 0") && info.contains("chunk size 64 bytes"),
        "{info}"
    );
    let line = arr_in(&folder, &["check", chunks[0]]).fails();
    assert!(line.contains("missing are 0"), "{line}");
    let line = arr_in(&folder, &["convert", chunks[0], out, "--force"]).fails();
    assert!(line.contains("chunk"), "{line}");
    let line = arr_in(&folder, &["convert", chunks[0], chunks[0], out, "--force"]).fails();
    assert!(line.contains("chunk"), "{line}");
}

/// Numbers of every type go from `.npy` into each format and come back as they were.
#[test]
#[ignore = "takes long: it starts the command hundreds of times"]
fn into_every_format_and_back() {
    let temporary = tempfile::tempdir().unwrap();
    let at = temporary.path();
    for entry in entries("nd4j-stream").iter().filter(|entry| entry["values"].is_array()) {
        let file = folder().join(name(entry));
        arr_in(at, &["convert", file.to_str().unwrap(), "x.npy", "--byte-order", "little", "--force"]).ok();
        let dtype = entry["dtype"].as_str().unwrap();
        for format in WRITTEN {
            // A `.npy` has no name for this type: the bits are there, and have to be named again.
            let cast: &[&str] = if dtype == "bfloat16" { &["--dtype", "bfloat16"] } else { &[] };
            arr_in(at, &[&["convert", "x.npy", "y", "--to", format, "--force"], cast].concat()).ok();
            arr_in(at, &["convert", "y", "z.npy", "--from", format, "--force"]).ok();
            if *format == "nd4j-txt" {
                let (before, after) = (dumped(at, &["x.npy"]), dumped(at, &["z.npy"]));
                assert_eq!(before["shape"], after["shape"], "{} through {format}", name(entry));
            } else {
                arr_in(at, &["diff", "x.npy", "z.npy"]).ok();
            }
        }
    }
}

#[test]
fn texts_of_any_length_are_shown_and_converted() {
    let temporary = tempfile::tempdir().unwrap();
    let at = temporary.path();
    let file = folder().join("nd4j-binaryserde/m21-str-3.buf");
    let file = file.to_str().unwrap();
    let array = dumped(at, &[file]);
    assert_eq!(array["dtype"], "utf8");
    assert_eq!(array["data"], json!(["alpha", "", "two words, \"q\""]));
    let line = arr_in(at, &["convert", file, "x.npy"]).fails();
    assert!(line.contains("--dtype U"), "{line}");
    arr_in(at, &["convert", file, "x.npy", "--dtype", "U"]).ok();
    assert_eq!(dumped(at, &["x.npy"])["dtype"], "<U14");
    arr_in(at, &["convert", file, "y.buf"]).ok();
    assert_eq!(std::fs::read(at.join("y.buf")).unwrap(), std::fs::read(file).unwrap());
    arr_in(at, &["diff", file, "y.buf"]).ok();
    arr_in(at, &["check", file]).ok();
}

/// ND4J keeps the low byte of each UTF-16 unit.
#[test]
fn strings_are_latin1_where_that_is_said() {
    let serde = std::fs::read(folder().join("nd4j-binaryserde/m21-str-3.buf")).unwrap();
    let mut changed = serde.clone();
    let at = changed.len() - 14;
    changed[at] = 0xe9;
    let temporary = tempfile::tempdir().unwrap();
    let path = |name: &str| temporary.path().join(name);
    std::fs::write(path("x.buf"), &changed).unwrap();
    // A message has the same bytes in it, and a chunk the message.
    for name in ["x.msg", "x.chunk"] {
        std::fs::write(path("good.buf"), &serde).unwrap();
        arr_in(temporary.path(), &["convert", "good.buf", name]).ok();
        let mut bytes = std::fs::read(path(name)).unwrap();
        let at = bytes.windows(3).position(|some| some == b"two").unwrap();
        bytes[at] = 0xe9;
        std::fs::write(path(name), bytes).unwrap();
    }
    for name in ["x.buf", "x.msg", "x.chunk"] {
        for args in [&["dump", name][..], &["dump", name, "--encoding=ASCII"], &["show", name]] {
            let line = arr_in(temporary.path(), args).fails();
            assert!(line.contains("string 2 is not UTF-8") && line.contains("--encoding=latin1"), "{line}");
        }
        arr_in(temporary.path(), &["check", name]).with_code(1);
        let array = dumped(temporary.path(), &[name, "--encoding", "latin1"]);
        assert_eq!(array["data"], json!(["alpha", "", "\u{e9}wo words, \"q\""]), "{name}");
        arr_in(temporary.path(), &["check", name, "--encoding=latin1"]).ok();
        let part = arr_in(temporary.path(), &["show", name, "--encoding=latin1", "--slice", "2:"]).ok();
        assert_eq!(part, "['\u{e9}wo words, \"q\"']\n");
        arr_in(temporary.path(), &["convert", name, "out.npy", "--force", "--encoding=latin1", "--dtype=U"])
            .ok();
        assert_eq!(dumped(temporary.path(), &["out.npy"])["data"], array["data"]);
    }
}

/// What ND4J has no type for is refused with the option that helps, and the option does.
#[test]
fn refusals_name_the_option_that_helps() {
    let files = [
        ("u.npy", "'<U2'", &b"a\0\0\0b\0\0\0"[..], "--dtype utf8"),
        ("s.npy", "'|S8'", b"abc\0\0\0\0\0", "--dtype utf8"),
        ("t.npy", "'<M8[s]'", &[1, 0, 0, 0, 0, 0, 0, 0], "--dtype i8"),
        ("d.npy", "'<m8[s]'", &[1, 0, 0, 0, 0, 0, 0, 0], "--dtype i8"),
        ("c.npy", "'<c8'", &[0; 8], "--dtype f8"),
        ("g.npy", "'<f16'", &[0; 16], "--dtype f8"),
        ("b.npy", "'|V2'", &[0x80, 0x3f], "--dtype bfloat16"),
    ];
    let folder = support::folder(&[]);
    let at = folder.path();
    for (name, descr, data, option) in files {
        std::fs::write(at.join(name), support::npy(descr, false, "(1,)", data)).unwrap();
        for format in WRITTEN {
            let convert = ["convert", name, "out", "--force", "--to", format];
            let is_text = option.contains("utf8");
            if is_text && *format == "nd4j-txt" {
                let line = arr_in(at, &convert).fails();
                assert!(line.contains("no version of ND4J reads texts back"), "{line}");
                continue;
            }
            let line = arr_in(at, &convert).fails();
            if is_text && matches!(*format, "nd4j-stream" | "nd4j-flatarray") {
                assert!(line.contains("ND4J loses the text of strings in a "), "{line}");
                continue;
            }
            assert!(line.contains(&format!("({option})")), "{line}");
            let (flag, value) = option.split_once(' ').unwrap();
            arr_in(at, &[&convert[..], &[flag, value]].concat()).ok();
        }
    }
}

/// An array that is cut into chunks comes back from them, in any order, and nothing is replaced or left behind.
#[test]
fn arrays_are_cut_into_chunks() {
    let folder = tempfile::tempdir().unwrap();
    let run = |arguments: &[&str]| arr_in(folder.path(), arguments);
    let array = arr_io::Array::from_vec((0..1000i32).collect(), &[1000]).unwrap();
    arr_io::save(folder.path().join("x.npy"), &array).unwrap();
    run(&["convert", "x.npy", "out/", "--chunk-size", "400"]).ok();
    let list = || {
        let entries = std::fs::read_dir(folder.path().join("out")).unwrap();
        let mut names: Vec<String> = entries
            .map(|entry| format!("out/{}", entry.unwrap().file_name().into_string().unwrap()))
            .collect();
        names.sort();
        names
    };
    let names = list();
    assert_eq!((names.len(), &*names[0], &*names[10]), (11, "out/x.00.chunk", "out/x.10.chunk"));
    assert!(run(&["info", &names[3]]).ok().contains("3 of 11, counted from 0"));
    let reversed = names.iter().rev().map(String::as_str);
    let convert: Vec<&str> = ["convert"].into_iter().chain(reversed).chain(["back.npy"]).collect();
    run(&convert).ok();
    assert_eq!(run(&["diff", "x.npy", "back.npy"]).ok(), "1 array is equal\n");
    let line = run(&[&["convert"][..], &convert[2..], &["--force"]].concat()).fails();
    assert!(line.contains("missing: 10"), "{line}");

    let line = run(&["convert", "x.npy", "out/", "--chunk-size", "500"]).ok();
    assert_eq!((line.as_str(), list().len()), ("", 20));
    let line = run(&["convert", "x.npy", "out/", "--chunk-size", "400"]).fails();
    assert_eq!(line.trim_end(), "arr: out/x.00.chunk: already exists (use --force)");
    for (arguments, expected) in [
        (&["y.chunk", "--chunk-size", "9"][..], "chunks are files of a folder: end its name with /"),
        (
            &["new/", "--chunk-size", "9", "--to", "npy"],
            "--chunk-size is not an option of npy, but of nd4j-aeron-chunk",
        ),
        (&["new/", "--chunk-size", "9", "--byte-order", "big"], "numbers of this format are little-endian"),
    ] {
        let line = run(&[&["convert", "x.npy"], arguments].concat()).fails();
        assert!(line.trim_end().ends_with(expected), "{line}");
    }
    let many = arr_io::Array::zeros("|u1".parse::<arr_io::DType>().unwrap(), &[100_000]).unwrap().freeze();
    arr_io::save(folder.path().join("many.npy"), &many).unwrap();
    let line = run(&["convert", "many.npy", "new/", "--chunk-size", "1"]).fails();
    assert!(line.contains("are too many files, expected 65536 at most"), "{line}");
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 4);
}
