//! Pickles through every command: arrays by their paths, calls by their names, nothing run.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a failed assumption in a test is a failed test")]

#[path = "support/arr.rs"]
mod support;

use std::path::Path;

use serde_json::{Value, json};
use support::{arr, arr_in, fixtures, folder, npy};

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
        let run = arr_in(at, &["convert", &case(file), "out.npz", "--force"]);
        assert_eq!(run.code, Some(0), "{run:?}");
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
    arr_in(at, &["convert", &source, "x.npz"]).leaves_values();
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

/// Behind what is refused here and read by Python, such as the persistent ids of PyTorch, calls are found all the same.
#[test]
fn check_names_the_calls_behind_what_is_refused() {
    let call = b"cposix\nsystem\n(S'id'\ntR.";
    for (front, fault) in [
        (&b"Pxx\n0"[..], "a persistent id (xx) names"),
        (b"\x80\x02X\x01\0\0\0xQ0", "a persistent id (the text 'x') names"),
        (
            b"\x80\x02ctorch._utils\n_rebuild_tensor_v2\n(X\x01\0\0\0xQK\0tR0",
            "a persistent id (the text 'x') names",
        ),
        (b"I-0\n0", "a whole number that Python does not write"),
        (b"c__main__\nA\n)\x81}b}b0", "is given a second state"),
        (
            b"\x80\x02c_codecs\nencode\n(X\x05\0\0\0\xc3\xa9\xe2\x82\xacX\x06\0\0\0latin1tR0",
            "have other characters",
        ),
    ] {
        let folder = folder(&[("x.pkl", &[front, call].concat())]);
        let run = arr_in(folder.path(), &["check", "x.pkl"]);
        assert_eq!(run.code, Some(1), "{run:?}");
        assert!(run.out.contains("posix.system would be called by REDUCE"), "{run:?}");
        assert!(run.out.contains(fault), "{run:?}");
        let line = arr_in(folder.path(), &["dump", "x.pkl"]).fails();
        assert!(line.contains(fault), "{line}");
    }
}

/// `numpy.save` twice into one file: a plain array, and one of objects.
#[test]
fn check_looks_into_objects_behind_another_array() {
    let plain = npy("'<i4'", false, "(1,)", &[1, 0, 0, 0]);
    let objects = |pickle: &[u8]| npy("'|O'", false, "(1,)", pickle);
    let evil = [&plain[..], &objects(b"\x80\x02]cposix\nsystem\nX\x02\0\0\0id\x85Ra.")].concat();
    let folder = folder(&[("evil.npy", &evil)]);
    let run = arr_in(folder.path(), &["check", "evil.npy"]);
    assert_eq!(run.code, Some(1), "{run:?}");
    assert!(run.out.contains("posix.system would be called by REDUCE"), "{run:?}");
}

#[test]
fn check_names_the_calls_before_a_fault_and_then_the_fault() {
    let begun = b"cos\nsystem\n(S'id'\ntR";
    let digits = [&b"0L"[..], &b"9".repeat(400_000), b"L\n."].concat();
    for (rest, fault) in [
        (&b"\xfe."[..], "0xfe is not an opcode (at byte 20)"),
        (b"", "the input ends inside an opcode: expected 1 bytes, found 0 (at byte 20)"),
        (b"000.", "the stack has fewer values than the opcode takes (at byte 21)"),
        (b"0]}b.", "the attributes of a list would be changed: it has none here (at byte 23)"),
        (b"0Pxx\n.", "a persistent id (xx) names something outside of the pickle"),
        (b"\x8e\0\0\0\0\0\0\0\x40", "expected 4611686018427387904 bytes, found 0 (at byte 20)"),
        (&digits, "a whole number of 400000 digits is longer than the 300000 that are read (at byte 21)"),
        (b"S'x'\ntR.", "there is no mark on the stack (at byte 25)"),
        (b"(S'x'\ntR.", "what 'os.system' makes would be called: it is not run (at byte 27)"),
    ] {
        let bytes = [&begun[..], rest].concat();
        // Whatever it is called, and whether its format is named or not.
        let folder = folder(&[("x.pkl", &bytes), ("x", &bytes)]);
        for words in [&["check", "x.pkl"][..], &["check", "x"], &["check", "x", "--from", "pickle"]] {
            let run = arr_in(folder.path(), words);
            assert!(matches!(run.code, Some(1 | 2)), "{run:?}");
            let (call, said) =
                (run.out.lines().next().unwrap_or_default(), format!("{}{}", run.out, run.err));
            assert!(
                call.ends_with("pickle: os.system would be called by REDUCE: it was not (at byte 19)"),
                "{run:?}"
            );
            assert!(said.contains(fault) && said.lines().count() == 2, "{fault}: {run:?}");
        }
        for command in ["info", "dump", "show", "stats"] {
            let error = arr_in(folder.path(), &[command, "x"]).fails();
            assert!(error.contains(fault), "{command}: {error}");
        }
    }
}

#[test]
fn a_text_with_surrogates_hides_nothing() {
    let folder = folder(&[(
        "w.pkl",
        b"\x80\x04}(\x8c\x04name\x8c\x06caf\xed\xb3\xa9\x8c\x01wcarray\narray\n\x8c\x01i](K\x01K\x02e\x86Ru.",
    )]);
    let at = folder.path();
    assert_eq!(arr_in(at, &["show", "w.pkl::w"]).ok(), "[1 2]\n");
    assert_eq!(arr_in(at, &["check", "w.pkl"]).ok(), "w.pkl: ok\n");
    let dump = arr_in(at, &["dump", "w.pkl"]).ok();
    assert!(dump.contains(r#""class":"_codecs.decode""#) && dump.contains("636166edb3a9"), "{dump}");
    assert!(arr_in(at, &["info", "w.pkl"]).ok().contains("_codecs.decode"));
}

#[test]
fn what_is_shared_is_written_once_and_not_printed_without_end() {
    let shared =
        [&b"\x80\x02X\x40\x42\x0f\0"[..], &vec![b'x'; 1_000_000], b"q\0(", &b"h\0".repeat(3000), b"t."]
            .concat();
    let folder = folder(&[("t.pkl", &shared)]);
    let at = folder.path();
    arr_in(at, &["convert", "t.pkl", "u.pkl"]).ok();
    assert!(std::fs::metadata(at.join("u.pkl")).unwrap().len() < 1_010_000);
    assert!(arr_in(at, &["info", "t.pkl"]).ok().len() < 10_000);
    let error = arr_in(at, &["dump", "t.pkl"]).fails();
    assert!(error.contains("expand") && error.contains("--max-expansion-ratio"), "{error}");
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

#[test]
fn values_that_are_not_arrays_are_not_lost_without_a_word() {
    let folder = folder(&[("list.pkl", b"\x80\x02]q\x00(K\x01K\x02K\x03e.")]);
    let at = folder.path();
    for (words, out) in [
        (&["convert", "list.pkl", "out.npz"][..], "out.npz"),
        (&["convert", "list.pkl", "out.npy"], "out.npy"),
    ] {
        let error = arr_in(at, words).fails();
        assert!(error.contains("the file has values, and none of them is an array"), "{error}");
        assert!(!at.join(out).exists());
    }
    arr_in(at, &["convert", "list.pkl", "same.pkl"]).ok();
    let file = case("containers_p4.pkl");
    for out in ["out.npz", "folder/"] {
        let run = arr_in(at, &["convert", &file, out]);
        assert_eq!(run.code, Some(0), "{run:?}");
        let said = run
            .err
            .strip_suffix(" values are left out: they are not arrays\n")
            .unwrap_or_else(|| panic!("{}", run.err));
        assert!(said.starts_with("arr: ") && said.contains("containers_p4.pkl: "), "{said}");
    }
    let run = arr_in(at, &["diff", &file, "out.npz"]);
    assert!(run.err.contains("values are not compared: they are not arrays"), "{run:?}");
    // What is named is all that is asked for.
    arr_in(at, &["convert", &format!("{file}::w"), "w.npy"]).ok();
}

#[test]
fn buffers_beside_a_pickle_are_given_as_files() {
    let file = fixtures().join("python/libraries/beside.pkl");
    let file = file.to_str().unwrap();
    let buffer = |number: usize| format!("--buffer={file}.{number}");
    let show = |words: &[&str]| arr(&[&["show", "--json"], words].concat());
    let (first, second) = (buffer(0), buffer(1));
    let values = json(&show(&[&format!("{file}::x"), &first, &second]).ok());
    assert_eq!(values[0]["values"], json!([[0.0, 1.0, 2.0], [3.0, 4.0, 5.0]]));
    let folder = folder(&[]);
    let out = folder.path().join("out.npz");
    let (second_name, out_name) = (format!("{file}.1"), out.to_str().unwrap());
    // The value may stand behind a blank as well.
    arr(&["convert", file, out_name, &first, "--buffer", &second_name]).leaves_values();
    let names = json(&arr(&["info", "--json", out_name]).ok());
    assert_eq!((&names[0]["name"], &names[1]["name"]), (&json!("x"), &json!("list/0")));
    let missing = arr(&["dump", file, &first]).fails();
    assert!(missing.contains("buffer 1 was not given (--buffer=FILE)"), "{missing}");
    let spare = arr(&["dump", file, &first, &second, &first]).fails();
    assert!(spare.contains("3 buffers are given, and the pickle has 2 beside it"), "{spare}");
    let wrong = arr(&["dump", file, &second, &first]).fails();
    assert!(wrong.contains("has 6 bytes of data"), "{wrong}");
    let gone = arr(&["dump", file, &first, "--buffer=gone"]).fails();
    assert!(gone.contains("gone: "), "{gone}");
    let large = arr(&["dump", file, &first, &second, "--max-bytes", "20"]).fails();
    assert!(large.contains("--max-bytes allows more"), "{large}");
}

#[test]
fn archives_with_members_of_objects_are_taken_apart() {
    let file = fixtures().join("python/libraries/objects.npz");
    let file = file.to_str().unwrap();
    for (path, wanted) in [
        ("w", json!([0.0, 1.0, 2.0])),
        ("config/train/x", json!([0, 1, 2, 3])),
        ("config::/train/x", json!([0, 1, 2, 3])),
        ("ragged/0", json!([0.0, 1.0])),
        ("ragged/1", json!([[0.0, 0.0]])),
        ("layer/b", json!([0.5])),
    ] {
        assert_eq!(values(&format!("{file}::{path}")), wanted, "{path}");
    }
    let dump = json(&arr(&["dump", file]).ok());
    let heap = dump["heap"].as_object().unwrap();
    let root = &heap[&dump["root"]["id"].to_string()];
    let keys: Vec<&str> =
        root["entries"].as_array().unwrap().iter().map(|entry| entry[0]["v"].as_str().unwrap()).collect();
    assert_eq!(keys, ["w", "config", "ragged", "layer/b"]);
    let arrays = heap.values().filter(|object| object["t"] == "array" && object["dtype"] != "|O");
    let mut dtypes: Vec<&str> = arrays.map(|array| array["dtype"].as_str().unwrap()).collect();
    dtypes.sort_unstable();
    assert_eq!(dtypes, ["<f4", "<f4", "<f8", "<i2", ">f8"]);
    let folder = folder(&[]);
    let at = folder.path();
    // An archive keeps members of objects as they are; a pickle holds the objects.
    arr_in(at, &["convert", file, "out.npz"]).ok();
    assert_eq!(values(&format!("{}::config/train/x", at.join("out.npz").display())), json!([0, 1, 2, 3]));
    arr_in(at, &["convert", file, "out.pkl"]).ok();
    assert_eq!(values(&format!("{}::/config/0/train/x", at.join("out.pkl").display())), json!([0, 1, 2, 3]));
}

#[test]
fn what_joblib_has_compressed_is_seen_through() {
    let folder = fixtures().join("python/libraries");
    let mut seen = 0;
    for entry in std::fs::read_dir(&folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        let at = |inside: &str| format!("{}::{inside}", path.display());
        if name.starts_with("joblib-model") {
            assert_eq!(values(&at("coef_")).as_array().unwrap().len(), 3, "{name}");
        } else if name.starts_with("joblib-") && name != "joblib-objects.joblib" {
            assert_eq!(values(&at("f")), json!([[0, 1, 2], [3, 4, 5]]), "{name}");
            assert_eq!(values(&at("list/0")).as_array().unwrap().len(), 3, "{name}");
        } else {
            continue;
        }
        seen += 1;
    }
    assert_eq!(seen, 7);
}

#[test]
fn trees_of_objects_have_an_end() {
    // A list in a list, a hundred thousand times, and a list of a hundred thousand numbers.
    let deep = [&b"\x80\x02"[..], &b"]".repeat(100_000), &b"a".repeat(99_999), b"."].concat();
    let long = [&b"\x80\x02]("[..], &b"K\x01".repeat(100_000), b"e."].concat();
    let folder = folder(&[("deep.pkl", &deep), ("long.pkl", &long)]);
    let long = arr_in(folder.path(), &["info", "long.pkl"]).ok();
    assert!(long.contains("list of 100000\n  0: 1\n"), "{long}");
    assert!(long.ends_with("  49: 1\n  ... 99950 more\n"), "{long}");
    let deep = arr_in(folder.path(), &["info", "deep.pkl"]);
    assert!(deep.out.lines().count() < 100, "{}", deep.out);
}
