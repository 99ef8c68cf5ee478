//! Members of archives that are files of other formats: read by their content, in every command.
#![allow(clippy::unwrap_used, reason = "a failed assumption in a test is a failed test")]

#[path = "support/arr.rs"]
mod support;

use std::fs;
use std::path::Path;

use arr_io::npy::NpzOptions;
use serde_json::{Value, json};
use support::{arr, arr_in, f8, fixtures, folder, names, npy};

const MODEL: &str = "nd4j-cases/dl4j-model-v091.zip";
const GRAPH: &str = "nd4j-cases/samediff-m21.fb";

fn parse(text: &str) -> Value {
    serde_json::from_str(text).unwrap()
}

/// What the manifest says of the arrays of a file.
fn arrays(file: &str) -> serde_json::Map<String, Value> {
    let manifest = parse(&fs::read_to_string(fixtures().join("nd4j-cases/manifest.json")).unwrap());
    let files = manifest["files"].as_array().unwrap();
    let found = files.iter().find(|row| file.ends_with(row["file"].as_str().unwrap())).unwrap();
    let arrays = found["arrays"].as_object().unwrap().clone();
    arrays.into_iter().map(|(name, array)| (name, in_digits_of_dtype(array))).collect()
}

/// The only array of a file, as `dump` prints it.
fn dumped(folder: &Path, file: &str) -> Value {
    let dump = parse(&arr_in(folder, &["dump", file]).ok());
    let of = |reference: &Value| dump["heap"][reference["id"].to_string()].clone();
    // A member is a dict of one.
    let root = of(&dump["root"]);
    let array = if root["t"] == "dict" { of(&root["entries"][0][1]) } else { root };
    in_digits_of_dtype(json!({ "dtype": array["dtype"], "shape": array["shape"], "data": array["data"] }))
}

/// The manifest has single floats as doubles.
#[allow(clippy::cast_possible_truncation, reason = "they are single floats")]
fn in_digits_of_dtype(mut array: Value) -> Value {
    if array["dtype"] == ">f4" {
        for number in array["data"].as_array_mut().into_iter().flatten() {
            *number = json!(number.as_f64().unwrap() as f32);
        }
    }
    array
}

fn file(name: &str) -> String {
    fixtures().join(name).to_str().unwrap().to_owned()
}

/// A zip archive of these files.
fn zip(path: &Path, files: &[(&str, &[u8])]) {
    let mut bytes = Vec::new();
    let mut writer = NpzOptions::new().level(6).write_to(&mut bytes);
    for (name, bytes) in files {
        writer.add_bytes(name, bytes).unwrap();
    }
    writer.finish().unwrap();
    fs::write(path, bytes).unwrap();
}

fn stream() -> Vec<u8> {
    fs::read(fixtures().join("nd4j-cases/beta2-resaved.bin")).unwrap()
}

#[test]
fn weights_come_out_of_a_model_of_dl4j() {
    let folder = folder(&[]);
    let at = folder.path();
    arr_in(at, &["convert", &file(MODEL), "out.npz"]).ok();
    for (name, wanted) in arrays(MODEL) {
        assert_eq!(dumped(at, &format!("out.npz::{name}")), wanted, "{name}");
        assert_eq!(dumped(&fixtures(), &format!("{MODEL}::{name}.bin")), wanted, "{name}");
    }
    let info = parse(&arr_in(at, &["info", "--json", "out.npz"]).ok());
    let found: Vec<&str> = info.as_array().unwrap().iter().map(|one| one["name"].as_str().unwrap()).collect();
    assert_eq!(found, ["configuration.json", "coefficients", "updaterState", "normalizer.bin"]);
    arr_in(at, &["convert", &format!("{}::coefficients.bin", file(MODEL)), "one.npz"]).ok();
    assert_eq!(dumped(at, "one.npz::coefficients"), arrays(MODEL)["coefficients"]);
    arr_in(at, &["convert", &file(MODEL), "out/"]).ok();
    assert_eq!(
        names(&at.join("out")),
        ["coefficients.npy", "configuration.json", "normalizer.bin", "updaterState.npy"]
    );
}

#[test]
fn every_command_sees_the_array_that_a_member_is() {
    let info = arr(&["info", MODEL]).ok();
    assert!(info.contains("format     zip\n") && !info.contains("npz"), "{info}");
    let line = info.lines().find(|line| line.starts_with("coefficients.bin")).unwrap();
    assert!(line.contains("(1, 43)") && line.ends_with(">f4"), "{line}");
    let member = format!("{MODEL}::coefficients.bin");
    let info = arr(&["info", &member]).ok();
    assert!(info.contains("format     nd4j-stream") && info.contains("shape      (1, 43)"), "{info}");
    let shown = arr(&["show", &member]).ok();
    assert!(shown.starts_with("[[-2.5325495e-01 -3.3840528e-01"), "{shown}");
    assert_eq!(arr(&["show", "--from", "nd4j-stream", &member]).ok(), shown);
    assert!(arr(&["stats", &member]).ok().contains(">f4 (1, 43)"));
    arr(&["diff", &member, &member]).ok();
    arr(&["check", &member, MODEL]).ok();
    let info = parse(&arr(&["info", "--json", &member]).ok());
    assert_eq!((&info[0]["name"], &info[0]["format"]), (&json!("coefficients.bin"), &json!("nd4j-stream")));
    // A member that is not an array is named, as in every archive.
    let stats = arr(&["stats", MODEL]);
    assert!(stats.out.contains("coefficients.bin: >f4 (1, 43)"), "{}", stats.out);
    assert!(stats.err.contains("configuration.json: it is not an array"), "{}", stats.err);
    // A normalizer has several.
    let normalizer = parse(&arr(&["show", "--json", &format!("{MODEL}::normalizer.bin")]).ok());
    let names: Vec<_> = normalizer.as_array().unwrap().iter().map(|one| one["name"].clone()).collect();
    assert_eq!(names, ["normalizer.bin::mean", "normalizer.bin::std"]);
    let dump = arr(&["dump", MODEL]).ok();
    assert!(dump.contains("\"dtype\":\">f4\",\"shape\":[1,43]"), "{dump}");
    let line = arr(&["show", &format!("{MODEL}::coeficients.bin")]).fails();
    assert!(line.contains("did you mean 'coefficients.bin'?"), "{line}");
}

/// What a pickle would have called is named, wherever the pickle is: as PyTorch keeps it, and in a string of a document.
#[test]
fn check_names_the_calls_of_pickles_in_archives_and_documents() {
    const CALL: &[u8] = b"\x80\x02cposix\nsystem\nX\x02\x00\x00\x00hi\x85R.";
    let document = br#"{"w": [1.5, 2.5], "p": "gAJjcG9zaXgKc3lzdGVtClgCAAAAaGmFUi4="}"#;
    let folder = folder(&[("doc.json", document)]);
    let at = folder.path();
    let files = [("archive/data.pkl", CALL), ("archive/version", &b"3\n"[..]), ("archive/data/0", &[0; 16])];
    zip(&at.join("model.pt"), &files);
    zip(&at.join("sound.pt"), &files[1..]);
    zip(&at.join("other.zip"), &[("README.txt", &b"weights, as they were\n"[..]), ("w", CALL)]);
    assert_eq!(arr_in(at, &["check", "sound.pt"]).ok(), "sound.pt: ok\n");
    for (file, place) in
        [("model.pt", "archive/data.pkl"), ("other.zip", "w"), ("doc.json", "the string at byte ")]
    {
        let checked = arr_in(at, &["check", file]);
        assert_eq!(checked.code, Some(1), "{file}: {}{}", checked.out, checked.err);
        let line = checked.out.lines().find(|line| line.contains("posix.system would be called by REDUCE"));
        assert!(line.is_some_and(|line| line.contains(place)), "{file}: {}", checked.out);
        assert_eq!(checked.out.lines().count(), 1, "{}", checked.out);
    }
}

#[test]
fn a_format_that_is_named_is_that_of_the_member() {
    let folder = folder(&[("w.npy", &npy("'<f8'", false, "(2,)", &f8(&[1.0, 2.0])))]);
    let at = folder.path();
    arr_in(at, &["convert", "w.npy", "a.npz"]).ok();
    assert_eq!(arr_in(at, &["show", "--from", "npy", "a.npz::w"]).ok(), "[1. 2.]\n");
    let line = arr_in(at, &["show", "--from", "nd4j-stream", "a.npz::w"]).fails();
    assert!(line.starts_with("arr: a.npz::w: nd4j-stream: "), "{line}");
    let line = arr_in(at, &["show", "--from", "npy", "a.npz::v"]).fails();
    assert!(line.contains("'v'") || line.contains(" v"), "{line}");
    zip(&at.join("t.zip"), &[("a.txt", b"1;2\n3;4\n"), ("b.txt", b"5;6\n")]);
    let shown = arr_in(at, &["show", "--from", "csv", "--delimiter", ";", "t.zip::a.txt"]).ok();
    assert!(shown.contains('3') && shown.contains('4'), "{shown}");
}

#[test]
fn archives_in_archives_and_the_only_file_of_one() {
    let folder = folder(&[("w.npy", &npy("'<f8'", false, "(2,)", &f8(&[1.0, 2.0])))]);
    let at = folder.path();
    arr_in(at, &["convert", "w.npy", "inner.npz"]).ok();
    let inner = fs::read(at.join("inner.npz")).unwrap();
    zip(&at.join("outer.zip"), &[("x/inner.npz", &inner), ("s.bin", &stream())]);
    assert_eq!(arr_in(at, &["show", "outer.zip::x/inner.npz::w"]).ok(), "[1. 2.]\n");
    let info = parse(&arr_in(at, &["info", "--json", "outer.zip::x/inner.npz"]).ok());
    assert_eq!(info[0]["name"], "x/inner.npz::w");
    arr_in(at, &["convert", "outer.zip", "flat.npz"]).ok();
    assert_eq!(dumped(at, "flat.npz::s")["shape"], json!([2, 3]));
    // A zip archive of one file is that file, and has it as a member too.
    zip(&at.join("one.zip"), &[("s.bin", &stream())]);
    let shown = arr_in(at, &["show", "one.zip"]).ok();
    assert_eq!(arr_in(at, &["show", "one.zip::s.bin"]).ok(), shown);
    assert_eq!(arr_in(at, &["show", "--from", "nd4j-stream", "one.zip::s.bin"]).ok(), shown);
}

#[test]
fn a_member_that_is_broken_is_a_fault_and_no_array() {
    let folder = folder(&[]);
    let at = folder.path();
    let cut = &stream()[..130];
    zip(&at.join("cut.zip"), &[("s.bin", cut), ("t.bin", &stream())]);
    let info = arr_in(at, &["info", "cut.zip"]).ok();
    let of = |name: &str| info.lines().find(|line| line.starts_with(name)).unwrap().to_owned();
    assert!(of("s.bin").ends_with("no array") && of("t.bin").ends_with(">f4"), "{info}");
    let checked = arr_in(at, &["check", "cut.zip"]).with_code(1);
    assert!(checked.contains("s.bin: the input ends inside the data"), "{checked}");
    assert_eq!(checked.lines().count(), 1);
    let line = arr_in(at, &["show", "cut.zip::s.bin"]).fails();
    assert!(line.starts_with("arr: cut.zip::s.bin: nd4j-stream: "), "{line}");
}

#[test]
fn variables_of_samediff_are_members() {
    let folder = folder(&[]);
    let at = folder.path();
    let info = arr(&["info", GRAPH]).ok();
    assert!(info.contains("format     nd4j-samediff\n") && info.contains("members    4\n"), "{info}");
    arr_in(at, &["convert", &file(GRAPH), "out.npz"]).ok();
    for (name, wanted) in arrays(GRAPH) {
        assert_eq!(dumped(at, &format!("out.npz::{name}")), wanted, "{name}");
        assert_eq!(dumped(&fixtures(), &format!("{GRAPH}::{name}")), wanted, "{name}");
    }
    arr(&["check", GRAPH]).ok();
    assert!(arr(&["show", &format!("{GRAPH}::w*")]).ok().contains("::wf"));
    let line = arr(&["show", &format!("{GRAPH}::step")]).fails();
    assert!(line.contains("did you mean 'steps'?"), "{line}");
    arr_in(at, &["diff", &file(GRAPH), "out.npz"]).ok();
}
