//! Documents of JSON through every command: arrays by their paths, in the forms of many libraries.
#![allow(clippy::unwrap_used, reason = "a failed assumption in a test is a failed test")]

#[path = "support/arr.rs"]
mod support;

use serde_json::{Value, json};
use support::{arr, arr_in, fixtures, folder};

fn case(name: &str) -> String {
    fixtures().join("python/cases").join(name).to_str().unwrap().to_owned()
}

fn document(name: &str) -> String {
    fixtures().join("python/json").join(name).to_str().unwrap().to_owned()
}

fn json(text: &str) -> Value {
    serde_json::from_str(text).unwrap()
}

/// Name, dtype and shape of each part.
fn listed(output: &str) -> Value {
    let parts = json(output);
    let each =
        parts.as_array().unwrap().iter().map(|part| json!([part["name"], part["dtype"], part["shape"]]));
    each.collect()
}

#[test]
fn arrays_anywhere_in_a_document_have_paths() {
    let figure = case("plotly_figure.json");
    assert_eq!(
        listed(&arr(&["info", "--json", &figure]).ok()),
        json!([["data/0/z", "<f8", [2, 3]], ["data/1/x", "|i1", [3]], ["data/1/y", "<f8", [3]]])
    );
    assert_eq!(arr(&["show", &format!("{figure}::data/1/x")]).ok(), "[0 1 2]\n");
    assert_eq!(arr(&["show", &format!("{figure}::/data/0/z"), "--slice", "1"]).ok(), "[3. 4. 5.]\n");
    let folder = folder(&[]);
    let at = folder.path();
    arr_in(at, &["convert", &figure, "out.npz"]).leaves_values();
    assert_eq!(
        listed(&arr_in(at, &["info", "--json", "out.npz"]).ok()),
        json!([["data/0/z", "<f8", [2, 3]], ["data/1/x", "|i1", [3]], ["data/1/y", "<f8", [3]]])
    );
    let numpy = case("json_numpy.json");
    assert_eq!(
        listed(&arr(&["info", "--json", &numpy]).ok()),
        json!([["w", "<f4", [2, 3]], ["be", ">i2", [3]], ["s", "<f4", []]])
    );
}

/// Encoded arrays and lists of numbers in every order: each path leads to its own values, in what is dumped and written.
#[test]
fn arrays_of_all_forms_stand_in_any_order() {
    let forms = [
        (r#"["<i8", "AQAAAAAAAAACAAAAAAAAAA==", [2]]"#, "[1 2]"),
        (r#"{"dtype": "f8", "bdata": "AAAAAAAA8D8="}"#, "[1.]"),
        ("[9, 8]", "[9 8]"),
        ("[1, null]", "[ 1. nan]"),
        (r#"{"z": ["<u2", "AQACAA==", [2]], "n": [[7]]}"#, ""),
    ];
    let inner = [("/z", "[1 2]"), ("/n", "[[7]]")];
    let folder = folder(&[]);
    let at = folder.path();
    for first in 0..forms.len() {
        for step in 1..forms.len() {
            let order: Vec<usize> =
                (0..forms.len()).map(|place| (first + place * step) % forms.len()).collect();
            let entry = |place: usize| format!("\"k{place}\": {}", forms[place].0);
            let dict =
                format!("{{{}}}", order.iter().map(|place| entry(*place)).collect::<Vec<_>>().join(", "));
            let lines: String = order.iter().map(|place| format!("{{{}}}\n", entry(*place))).collect();
            for (name, text) in [("d.json", dict), ("l.jsonl", lines)] {
                std::fs::write(at.join(name), text).unwrap();
                let run = arr_in(at, &["convert", "--force", name, "copy.json"]);
                assert_eq!(run.code, Some(0), "{run:?}");
                for file in [name, "copy.json"] {
                    let mut parts = arr_io::parts(at.join(file)).unwrap();
                    let graph = parts.graph(&mut |_, error| Err(error)).unwrap();
                    let graph = graph.with_arrays(&mut |part| parts.read(part)?.into_array()).unwrap();
                    let mut count = 0;
                    for found in graph.paths().unwrap() {
                        let (path, id) = found.unwrap();
                        let key = path.find("/k").unwrap() + 2;
                        let form: usize = path[key..=key].parse().unwrap();
                        let wanted = match forms[form].1 {
                            "" => inner.iter().find(|(end, _)| path.ends_with(end)).unwrap().1,
                            wanted => wanted,
                        };
                        assert_eq!(graph.array(id).unwrap().to_string(), wanted, "{order:?}, {file}: {path}");
                        count += 1;
                    }
                    assert_eq!(count, forms.len() + 1, "{order:?}, {file}");
                }
            }
        }
    }
}

#[test]
fn a_description_of_an_array_is_none() {
    let text = br#"{"x": [1.5, 2], "spec": {"dtype": "float32", "shape": [1, 3], "data": "input"}}"#;
    let folder = folder(&[("model.json", text)]);
    let at = folder.path();
    let dump = arr_in(at, &["dump", "model.json"]).ok();
    assert!(dump.contains("\"input\"") && dump.contains("[1.5,2.0]"), "{dump}");
    let listed = listed(&arr_in(at, &["info", "--json", "model.json"]).ok());
    assert_eq!(listed, json!([["x", "<f8", [2]], ["spec/shape", "<i8", [2]]]));
}

#[test]
fn the_tokens_of_python_are_numbers() {
    let dump = json(&arr(&["dump", &case("nan_tokens.json")]).ok());
    assert_eq!(dump["format"], "json");
    let array = dump["heap"].as_object().unwrap().values().find(|object| object["t"] == "array").unwrap();
    assert_eq!(array["data"], json!([1.0, "nan", "inf", "-inf"]));
    assert_eq!((&array["dtype"], &array["shape"]), (&json!("<f8"), &json!([2, 2])));
    let stats = json(&arr(&["stats", "--json", &format!("{}::a", case("nan_tokens.json"))]).ok());
    assert_eq!(stats[0]["nan"], 1, "{stats}");
}

#[test]
fn archives_become_documents_and_come_back() {
    let folder = folder(&[]);
    let at = folder.path();
    arr_in(at, &["convert", &document("named.json"), "x.npz"]).ok();
    for format in ["json", "json-triple"] {
        arr_in(at, &["convert", "x.npz", "y.json", "--to", format, "--force"]).ok();
        arr_in(at, &["diff", "x.npz", "y.json"]).ok();
        arr_in(at, &["check", "y.json"]).ok();
        arr_in(at, &["convert", "y.json", "back.npz", "--force"]).ok();
        arr_in(at, &["diff", "x.npz", "back.npz"]).ok();
        arr_in(at, &["convert", "x.npz::f4", "f4.npy", "--force"]).ok();
        arr_in(at, &["convert", "f4.npy", "f4.json", "--to", format, "--force"]).ok();
        arr_in(at, &["convert", "f4.json", "again.npy", "--force"]).ok();
        assert_eq!(std::fs::read(at.join("f4.npy")).unwrap(), std::fs::read(at.join("again.npy")).unwrap());
    }
    arr_in(at, &["convert", "f4.npy", "l.json", "--to", "json-lists"]).ok();
    assert_eq!(std::fs::read_to_string(at.join("l.json")).unwrap(), "[[0.0, 0.25, 0.5], [0.75, 1.0, 1.25]]");
    arr_in(at, &["convert", "l.json", "l.npy", "--dtype", "<f4"]).ok();
    arr_in(at, &["diff", "f4.npy", "l.npy"]).ok();
    let error = arr_in(at, &["convert", "x.npz::scalar", "s.json", "--to", "json-lists"]).fails();
    assert!(error.contains("another form"), "{error}");
}

#[test]
fn files_in_strings_are_read() {
    let of = |path: &str| arr(&["show", &format!("{}::{path}", document("files.json"))]).ok();
    let shown = of("npy");
    for path in ["npy latin-1", "pickle/x", "pickle latin-1/x", "pickle 4", "pickle 5"] {
        assert_eq!(of(path), shown, "{path}");
    }
}

#[test]
fn what_nd4j_writes_is_recognised() {
    let file = |name: &str| fixtures().join("nd4j").join(name).to_str().unwrap().to_owned();
    let shown = "[[1. 2. 3.]\n [4. 5. 6.]]\n";
    for name in [
        "nd4j-jackson/v091-f32-2x3-c.json",
        "nd4j-json-base64/m21-f32-2x3-c.json",
        "nd4j-json-text/m21-f32-2x3-f.json",
        "nd4j-jackson-vector/beta3-f32-2x3-f.json",
        "nd4j-base64/m21-f32-2x3-c.b64",
        "nd4j-kryo/v091-f32-2x3-c.kryo",
        "nd4j-kryo/v091-f32-2x3-c.cls.kryo",
    ] {
        assert_eq!(arr(&["show", &file(name)]).ok(), shown, "{name}");
    }
    let folder = folder(&[]);
    let at = folder.path();
    arr_in(at, &["convert", &file("nd4j-kryo/v091-f32-2x3-c.kryo"), "x.npy"]).ok();
    for format in ["nd4j-jackson", "nd4j-json-text", "nd4j-jackson-vector", "nd4j-base64", "nd4j-kryo"] {
        arr_in(at, &["convert", "x.npy", "y", "--to", format, "--force"]).ok();
        assert_eq!(arr_in(at, &["show", "y"]).ok(), shown, "{format}");
    }
    arr_in(at, &["convert", "x.npy", "y.kryo", "--class-id", "10", "--no-references"]).ok();
    assert_eq!(std::fs::read(at.join("y.kryo")).unwrap()[..3], [12, 0, 16]);
}

#[test]
fn faults_are_lines_with_their_place() {
    let folder = folder(&[
        ("twice.json", b"{\"a\": [1], \"a\": [2]}"),
        ("cut.json", b"{\"a\": [1, 2"),
        ("data.json", b"{\"a\": [\"<f4\", \"AACA*w==\", [1]], \"b\": [1, 2]}"),
    ]);
    let at = folder.path();
    let error = |words: &[&str]| arr_in(at, words).fails();
    assert!(error(&["show", "twice.json"]).ends_with("is there twice in one object (at byte 12)"));
    assert_eq!(error(&["info", "cut.json"]), "arr: cut.json: json: the document ends too early (at byte 11)");
    let fault = error(&["show", "data.json::a"]);
    assert!(fault.ends_with("a character is none of base64 (at byte 19)"), "{fault}");
    assert_eq!(arr_in(at, &["show", "data.json::b"]).ok(), "[1 2]\n");
}

#[test]
fn base64_that_does_not_decode_is_a_fault() {
    let folder =
        folder(&[("x.json", br#"{"good": ["<f4", "AACAPw==", [1]], "bad": ["<f4", "AACAPx==", [1]]}"#)]);
    let checked = arr_in(folder.path(), &["check", "x.json"]).with_code(1);
    assert!(checked.contains("have bits that belong to no byte (at byte "), "{checked}");
    assert_eq!(checked.lines().count(), 1, "{checked}");
}

#[test]
fn a_bad_array_does_not_hide_the_others() {
    let document = r#"{"good":["<f4","AACAPw==",[1]],"cut":["<f4","AACAPw=",[1]],"other":["<f4","AACAPw==",[7]],"sign":["<f4","AACA*w==",[1]]}"#;
    let folder = folder(&[("x.json", document.as_bytes())]);
    let run = |args: &[&str]| arr_in(folder.path(), args);
    assert_eq!(run(&["show", "x.json::/good"]).ok(), "[1.]\n");
    for command in ["show", "stats"] {
        let all = run(&[command, "x.json"]);
        assert!(all.code == Some(2) && all.out.contains("x.json::good: <f4 (1,)"), "{all:?}");
        assert_eq!(all.err.lines().count(), 3, "{all:?}");
        for name in ["cut", "other", "sign"] {
            assert!(all.err.contains(&format!("arr: x.json::{name}: json: ")), "{all:?}");
        }
    }
    assert_eq!(run(&["check", "x.json"]).with_code(1).lines().count(), 3);
}

#[test]
fn arrays_by_hand_are_read_as_they_are_meant() {
    let items =
        |values: &[u8]| format!("[{}]\n", values.iter().map(u8::to_string).collect::<Vec<_>>().join(" "));
    for (document, shown) in [
        (r#"["uint8","-__-",[3]]"#, items(&[251, 255, 254])),
        (r#"["uint8","+//+",3]"#, items(&[251, 255, 254])),
        (r#"["uint8","+//+","(3,)"]"#, items(&[251, 255, 254])),
        (r#"["<class 'numpy.float32'>","AACAPw==",[1]]"#, "[1.]\n".to_owned()),
    ] {
        let folder = folder(&[("x.json", document.as_bytes())]);
        assert_eq!(arr_in(folder.path(), &["show", "x.json"]).ok(), shown, "{document}");
    }
}
