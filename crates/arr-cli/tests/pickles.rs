//! Pickles through every command: arrays by their paths, calls by their names, nothing run.
#![allow(clippy::unwrap_used, reason = "a failed assumption in a test is a failed test")]

#[path = "support/arr.rs"]
mod support;

use std::path::Path;

use serde_json::{Value, json};
use support::{arr, arr_in, fixtures, folder};

const MODEL: &str = "python/pickle/python3-numpy2.5.5/everything-p5.pkl";

fn case(name: &str) -> String {
    fixtures().join("python/cases").join(name).to_str().unwrap().to_owned()
}

fn json(text: &str) -> Value {
    serde_json::from_str(text).unwrap()
}

/// The values of an array that `show` prints as JSON.
fn values(file: &str) -> Value {
    json(&arr(&["show", "--json", file]).ok())[0]["values"].clone()
}

#[test]
fn arrays_are_found_by_their_paths() {
    let w = json!([[-0.5, -0.25, 0.0], [0.25, 0.5, 0.75]]);
    for file in ["containers_p2.pkl", "containers_p4.pkl"] {
        assert_eq!(values(&format!("{}::w", case(file))), w);
        assert_eq!(values(&format!("{}::/dd/k/0", case(file))), json!([0, 1]));
    }
    assert_eq!(values(&format!("{}::/coef", case("joblib_plain.pkl"))), w);
    assert_eq!(values(&format!("{}::n", case("joblib_plain.pkl"))), json!([0, 1, 2]));
    // An array of no dimensions that holds a dict is seen through.
    assert_eq!(values(&format!("{}::/train/x", case("dict_in_npy.npy"))), w);
    assert_eq!(values(&format!("{}::train/y", case("dict_in_npy.npy"))), json!([1, 0]));
    let error = arr(&["show", &format!("{}::/train/z", case("dict_in_npy.npy"))]).fails();
    assert!(error.contains("/train/z"), "{error}");
    let error = arr(&["show", &format!("{}::/train", case("dict_in_npy.npy"))]).fails();
    assert!(error.contains("is not an array"), "{error}");
}

#[test]
fn every_array_goes_into_an_archive_once() {
    let folder = folder(&[]);
    let at = folder.path();
    for (file, keys) in [
        ("mnist_like_py27.pkl.gz", vec!["0/0", "0/1"]),
        ("joblib_plain.pkl", vec!["coef", "n"]),
        ("dict_in_npy.npy", vec!["train/x", "train/y"]),
    ] {
        arr_in(at, &["convert", &case(file), "out.npz", "--force"]).ok();
        let names: Vec<Value> = json(&arr_in(at, &["show", "--json", "out.npz"]).ok())
            .as_array()
            .unwrap()
            .iter()
            .map(|part| part["name"].clone())
            .collect();
        assert_eq!(names, keys, "{file}");
    }
    let of_one_order = format!("{}::arrays/c *", fixtures().join(MODEL).display());
    arr_in(at, &["convert", &of_one_order, "all.npz"]).ok();
    let count = json(&arr_in(at, &["info", "--json", "all.npz"]).ok()).as_array().unwrap().len();
    assert!(count > 25, "{count}");
}

#[test]
fn archives_and_arrays_become_pickles_and_come_back() {
    let folder = folder(&[]);
    let at = folder.path();
    let source = case("joblib_plain.pkl");
    arr_in(at, &["convert", &source, "x.npz"]).ok();
    for protocol in ["2", "3", "4", "5"] {
        arr_in(at, &["convert", "x.npz", "y.pkl", "--force", "--protocol", protocol]).ok();
        arr_in(at, &["diff", "x.npz", "y.pkl"]).ok();
        // One array is all that its pickle holds.
        arr_in(at, &["convert", "x.npz::coef", "coef.npy", "--force"]).ok();
        arr_in(at, &["convert", "coef.npy", "coef.pkl", "--force", "--protocol", protocol]).ok();
        arr_in(at, &["diff", "coef.npy", "coef.pkl"]).ok();
        arr_in(at, &["convert", "coef.pkl", "back.npy", "--force"]).ok();
        assert_eq!(std::fs::read(at.join("coef.npy")).unwrap(), std::fs::read(at.join("back.npy")).unwrap());
        // The objects around the arrays stay what they are.
        arr_in(
            at,
            &[
                "convert",
                fixtures().join(MODEL).to_str().unwrap(),
                "m.pkl",
                "--force",
                "--protocol",
                protocol,
            ],
        )
        .ok();
        let dump = |file: &str| json(&arr_in(at, &["dump", file]).ok())["heap"].as_object().unwrap().len();
        assert_eq!(dump("m.pkl"), dump(fixtures().join(MODEL).to_str().unwrap()));
    }
    let error = arr_in(at, &["convert", "x.npz", "y.pkl", "--force", "--protocol", "6"]).err;
    assert!(error.contains("protocol"), "{error}");
}

#[test]
fn the_dump_has_all_objects() {
    let dump = json(&arr(&["dump", &case("containers_p4.pkl")]).ok());
    assert_eq!(dump["format"], "pickle");
    let classes: Vec<&str> =
        dump["heap"].as_object().unwrap().values().filter_map(|object| object["class"].as_str()).collect();
    for class in [
        "builtins.slice",
        "builtins.range",
        "builtins.bytearray",
        "builtins.Ellipsis",
        "collections.defaultdict",
        "collections.deque",
        "array.array",
        "decimal.Decimal",
        "datetime.datetime",
        "datetime.timedelta",
    ] {
        assert!(classes.contains(&class), "{class} is not among {classes:?}");
    }
    let several = fixtures().join("hostile/pickle/way-second.pkl");
    let dump = json(&arr(&["dump", several.to_str().unwrap()]).ok());
    assert_eq!(dump["root"], json!({"t": "ref", "id": 0}));
    assert_eq!(dump["heap"]["0"]["items"][0], json!({"t": "int", "v": "1"}));
}

#[test]
fn check_names_what_would_have_been_called() {
    let evil = fixtures().join("hostile/pickle/call-os.system.pkl");
    let run = arr(&["check", evil.to_str().unwrap()]);
    assert_eq!(run.code, Some(1));
    assert!(format!("{}{}", run.out, run.err).contains("os.system would be called by REDUCE"), "{run:?}");
    let strict = arr(&["dump", evil.to_str().unwrap(), "--strict-classes"]).fails();
    assert!(strict.contains("'os.system' is not one of the classes that are known (at byte 2)"), "{strict}");
    arr(&["check", &case("containers_p4.pkl")]).ok();
}

#[test]
fn hostile_pickles_end_quickly_in_every_command() {
    let folder = fixtures().join("hostile/pickle");
    let names = std::fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().path());
    // Of those that only differ in a name one is enough.
    let wanted = |path: &std::path::PathBuf| !path.to_string_lossy().contains("call-");
    for path in names.filter(wanted) {
        for command in ["dump", "check", "info", "stats"] {
            let run = arr(&[command, path.to_str().unwrap(), "--max-bytes", "64M"]);
            assert!(run.code.is_some_and(|code| code <= 2), "{command} {}: {run:?}", path.display());
            assert!(run.time.as_secs() < 20, "{command} {}", path.display());
            let has_control = |text: &str| text.chars().any(|letter| letter.is_control() && letter != '\n');
            assert!(!has_control(&run.err) && !has_control(&run.out), "{command} {}", path.display());
        }
    }
}

#[test]
fn the_strings_of_python_2_are_what_they_are_said_to_be() {
    let file = fixtures().join("python/pickle/python2.7-numpy1.16.6/everything-p2.pkl");
    let file = file.to_str().unwrap();
    assert!(Path::new(file).exists());
    let dump = |encoding: &str| arr(&["dump", file, "--encoding", encoding]).ok();
    assert!(dump("ASCII").contains(r#"{"t":"bytes","hex":"00ff80616263"}"#));
    assert!(dump("latin1").contains(r#"{"t":"str","v":"\u0000ÿ"#));
    assert!(arr(&["dump", file, "--encoding", "nonsense"]).code == Some(2));
}
