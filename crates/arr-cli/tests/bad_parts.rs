//! What can't be read does not hide the rest, whatever the command.
#![allow(clippy::unwrap_used, reason = "a failed assumption in a test is a failed test")]

#[path = "support/arr.rs"]
mod support;

use std::fs;

use serde_json::{Value, json};
use support::{Run, arr, arr_in, arr_with_input, f8, fixtures, folder, i4, npy};

const BAD: &str = "hostile/npz/crc-wrong-stored.npz";

fn list(run: &Run) -> Vec<Value> {
    serde_json::from_str(&run.out).unwrap()
}

/// Expects that exit code, and a line on standard error for each beginning.
#[track_caller]
fn expect(run: &Run, code: i32, lines: &[&str]) {
    let said: Vec<&str> = run.err.lines().collect();
    assert_eq!((run.code, said.len()), (Some(code), lines.len()), "{run:?}");
    assert!(said.iter().zip(lines).all(|(said, line)| said.starts_with(line)), "{run:?}");
}

#[test]
fn a_bad_member_is_named_and_the_others_are_shown() {
    let line = format!("arr: {BAD}::x: npz: x.npy: the checksum is wrong");
    for command in ["show", "stats"] {
        let run = arr(&[command, BAD]);
        expect(&run, 2, &[&line]);
        assert!(run.out.contains("::good: "), "{run:?}");
        let run = arr(&[command, BAD, "--json"]);
        expect(&run, 2, &[&line]);
        let objects = list(&run);
        let names: Vec<&Value> = objects.iter().map(|object| &object["name"]).collect();
        assert_eq!((names, &objects[0]["file"]), (vec![&json!("good"), &json!("x")], &json!(BAD)));
        assert!(objects[0].get("error").is_none() && objects[1]["error"].is_string(), "{run:?}");
    }
    let run = arr(&["dump", BAD]);
    expect(&run, 2, &[&line]);
    let dump: Value = serde_json::from_str(&run.out).unwrap();
    let entries = dump["heap"]["1"]["entries"].as_array().unwrap();
    assert_eq!(entries[1], json!([{"t": "str", "v": "x"}, {"t": "none"}]));
    assert_eq!(entries[0][1], json!({"t": "ref", "id": 2}));
    assert_eq!(dump["heap"].as_object().unwrap().keys().collect::<Vec<_>>(), ["1", "2"]);
    let run = arr(&["diff", "--verbose", BAD, BAD]);
    expect(&run, 2, &[&line]);
    assert!(run.out.contains("::good are equal"), "{run:?}");
    let run = arr(&["check", BAD, "--json"]);
    expect(&run, 1, &[]);
    let objects = list(&run);
    assert_eq!((&objects[0]["name"], &objects[0]["ok"]), (&json!("good"), &json!(true)));
    assert!(objects[1]["faults"][1].as_str().unwrap().contains("checksum"), "{run:?}");
    let other = "hostile/npz/method-99-aes.npz";
    let run = arr(&["info", other, "--json"]);
    expect(
        &run,
        2,
        &[&format!("arr: {other}: npz: x.npy: the member is packed by AES encryption (method 99)")],
    );
    assert!(list(&run)[1]["error"].as_str().unwrap().contains("method 99"), "{run:?}");
    let run = arr(&["dump", other]);
    expect(
        &run,
        2,
        &[&format!("arr: {other}::x: npz: x.npy: the member is packed by AES encryption (method 99)")],
    );
    assert!(run.out.ends_with("}}\n"), "{run:?}");
    assert_eq!(arr(&["check", other]).code, Some(1));
}

#[test]
fn arrays_before_a_bad_one_are_shown() {
    let good = npy("'<i4'", false, "(2,)", &i4(&[1, 2]));
    let text = npy("'<U1'", false, "(1,)", &0x11_0000u32.to_le_bytes());
    let folder = folder(&[
        ("cut.npy", &[&good[..], &good[..good.len() - 1]].concat()),
        ("text.npy", &[&good[..], &text, &good].concat()),
        ("good.npy", &good),
    ]);
    let run = |args: &[&str]| arr_in(folder.path(), args);
    let line = "arr: cut.npy::1: npy: the input ends inside the data";
    let shown = run(&["show", "cut.npy"]);
    expect(&shown, 2, &[line]);
    assert_eq!(shown.out, "cut.npy::0: <i4 (2,)\n[1 2]\n");
    for command in ["show", "stats"] {
        let shown = run(&[command, "cut.npy", "--json"]);
        expect(&shown, 2, &[line]);
        let objects = list(&shown);
        assert_eq!((&objects[0]["index"], &objects[1]["index"]), (&json!(0), &json!(1)), "{shown:?}");
        assert!(objects[1]["error"].is_string() && objects.len() == 2, "{shown:?}");
    }
    let info = run(&["info", "cut.npy", "--json"]);
    expect(&info, 2, &["arr: cut.npy: npy: the input ends inside the data"]);
    let objects = list(&info);
    assert!(objects[0].get("error").is_none() && objects[1]["error"].is_string(), "{info:?}");
    assert_eq!(objects[1]["shape"], json!([2]));
    // The next array is found behind one whose text is none.
    let shown = run(&["show", "text.npy", "--json"]);
    expect(&shown, 2, &["arr: text.npy::1: a code unit is not a Unicode character, in item [0]"]);
    assert_eq!(list(&shown)[2]["values"], json!([1, 2]));
    let dump = run(&["dump", "text.npy"]);
    expect(&dump, 2, &["arr: text.npy::1: a code unit"]);
    let dump: Value = serde_json::from_str(&dump.out).unwrap();
    assert_eq!(dump["heap"]["1"]["items"][1], json!({"t": "none"}));
    // From a stream, and among files.
    let cut = fs::read(folder.path().join("cut.npy")).unwrap();
    let shown = arr_with_input(folder.path(), &["show", "-", "--json"], &cut);
    expect(&shown, 2, &["arr: -::1: npy: the input ends inside the data"]);
    assert_eq!(list(&shown)[0]["values"], json!([1, 2]));
    let stats = run(&["stats", "missing.npy", "good.npy"]);
    expect(&stats, 2, &["arr: missing.npy: can't open"]);
    assert!(stats.out.contains("good.npy"), "{stats:?}");
    let shown = run(&["show", "missing.npy", "good.npy", "--json"]);
    expect(&shown, 2, &["arr: missing.npy: can't open"]);
    assert_eq!(list(&shown)[1]["values"], json!([1, 2]));
}

#[test]
fn strangers_are_faults() {
    let folder = folder(&[("x.html", b"<!DOCTYPE html><html>"), ("x.pdf", b"%PDF-1.7\n"), ("empty", b"")]);
    for name in ["x.html", "x.pdf", "empty"] {
        let run = arr_in(folder.path(), &["check", name]);
        expect(&run, 1, &[]);
        assert!(run.out.starts_with(&format!("{name}: ")), "{run:?}");
        assert_eq!(list(&arr_in(folder.path(), &["check", name, "--json"]))[0]["ok"], json!(false));
        for command in ["show", "stats", "info", "dump"] {
            expect(&arr_in(folder.path(), &[command, name]), 2, &[&format!("arr: {name}: ")]);
        }
    }
}

#[test]
fn members_that_fit_a_pattern_are_called_as_they_are() {
    let one = npy("'<i4'", false, "(1,)", &i4(&[1]));
    let folder = folder(&[("w0.npy", &one), ("w1.npy", &one), ("b.npy", &one)]);
    let run = |args: &[&str]| arr_in(folder.path(), args);
    run(&["convert", "w0.npy", "w1.npy", "b.npy", "m.npz"]).ok();
    let titles = |text: String| -> Vec<String> {
        text.lines().filter_map(|line| line.split_once(": ")).map(|(title, _)| title.to_owned()).collect()
    };
    assert_eq!(titles(run(&["show", "m.npz::w*"]).ok()), ["m.npz::w0", "m.npz::w1"]);
    let equal = |name: &str| format!("m.npz::{name} and m.npz::{name} are equal\n  values   1 item, equal\n");
    let both = equal("w0") + &equal("w1");
    let all_equal = "2 arrays are equal\n";
    assert_eq!(run(&["diff", "-v", "m.npz::w*", "m.npz::w*"]).ok(), [&both, all_equal].concat());
    assert_eq!(run(&["diff", "m.npz::w*", "m.npz::w*"]).ok(), all_equal);
    assert_eq!(run(&["diff", "-q", "m.npz::w*", "m.npz::w*"]).ok(), "");
    let lone = "m.npz::b has no counterpart in m.npz::w*\n2 arrays are equal, 1 has no counterpart\n";
    assert_eq!(run(&["diff", "-v", "m.npz::w*", "m.npz"]).with_code(1), both + lone);
    assert_eq!(run(&["diff", "m.npz::w*", "m.npz"]).with_code(1), lone);
    assert_eq!(run(&["diff", "-q", "m.npz::w*", "m.npz"]).with_code(1), "");
    assert_eq!(run(&["diff", "-v", "m.npz::b", "m.npz::b"]).ok(), equal("b") + "1 array is equal\n");
    for missing in ["m.npz::nix", "m.npz::q*", "b.npy::7", "b.npy::x"] {
        assert!(run(&["check", missing]).fails().starts_with(&format!("arr: {missing}: ")), "{missing}");
    }
    assert_eq!(run(&["check", "m.npz::w*", "b.npy::0"]).ok(), "m.npz::w*: ok\nb.npy::0: ok\n");
    let line = run(&["convert", "b.npy", "-::w", "--to", "npz"]).fails();
    assert_eq!(line, "arr: -: a member can't be added to standard output");
    let line = run(&["convert", "b.npy", "m.npz::new", "--max-members", "1"]).fails();
    assert!(line.contains("--max-members allows more"), "{line}");
    assert!(run(&["info", "m.npz::w*", "b.npy"]).ok().contains("\nm.npz::w1 "), "{folder:?}");
}

/// Objects are read, alone and as a member.
#[test]
fn objects_get_one_answer() {
    let alone = arr(&["check", "numpy/npy/object-mixed.npy"]);
    assert_eq!(alone.ok(), "numpy/npy/object-mixed.npy: ok\n");
    let member = arr(&["check", "numpy/npz/objects.npz"]);
    assert_eq!(member.ok(), "numpy/npz/objects.npz: ok\n");
    let objects = list(&arr(&["check", "numpy/npz/objects.npz", "--json"]));
    assert_eq!((&objects[1]["decoded"], &objects[3]["decoded"]), (&json!(true), &json!(true)));
    // A dump has the objects.
    arr(&["dump", "numpy/npz/objects.npz"]).ok();
    for command in ["show", "stats"] {
        let run = arr(&[command, "numpy/npz/objects.npz"]);
        let left = |name: &str, count: u64| {
            format!("arr: numpy/npz/objects.npz::{name}: {count} values are left out: they are not arrays")
        };
        expect(&run, 0, &[&left("numbers", 13), &left("mixed", 11), &left("record", 4)]);
        assert!(!run.out.is_empty(), "{run:?}");
        let run = arr(&[command, "numpy/npy/object-mixed.npy"]);
        expect(&run, 0, &["arr: numpy/npy/object-mixed.npy: 11 values are left out: they are not arrays"]);
    }
    let bytes = fs::read(fixtures().join("numpy/npy/object-mixed.npy")).unwrap();
    let folder = folder(&[("x.npy", &bytes[..128])]);
    let cut = arr_in(folder.path(), &["check", "x.npy"]);
    let fault = cut.with_code(1);
    assert!(fault.starts_with("x.npy: pickle: ") && fault.ends_with("(at byte 128)\n"), "{fault}");
}

#[test]
fn stats_say_what_they_leave_out() {
    let folder = folder(&[
        ("text.npy", &npy("'|S2'", false, "(1,)", b"ab")),
        ("r.npy", &npy("[('x', '<f8'), ('s', '|S1')]", false, "(1,)", &[&f8(&[1.5])[..], b"a"].concat())),
        ("d/n.npy", &npy("'<i4'", false, "(2,)", &i4(&[1, 2]))),
    ]);
    let run = |args: &[&str]| arr_in(folder.path(), args);
    let text = "arr: text.npy: |S2 has no statistics";
    expect(&run(&["stats", "text.npy"]), 2, &[text]);
    expect(&run(&["stats", "r.npy"]), 0, &["arr: r.npy, field s: |S1 has no statistics"]);
    let several = run(&["stats", "text.npy", "r.npy", "d"]);
    expect(&several, 0, &[text, "arr: r.npy, field s: |S1"]);
    let first = |line: &str| line.split("  ").next().unwrap().to_owned();
    let rows: Vec<String> = several.out.lines().map(first).collect();
    assert_eq!(rows, ["array", "r.npy, field x", "d/n.npy"]);
    let objects = list(&run(&["stats", "text.npy", "d", "--json"]));
    assert!(objects[0]["error"].is_string(), "{objects:?}");
    assert_eq!((&objects[0]["dtype"], &objects[1]["mean"]), (&json!("|S2"), &json!(1.5)));
    expect(&run(&["stats", "d/n.npy", "--json"]), 0, &[]);
    let bytes = arr(&["stats", "numpy/npz/members-not-arrays.npz"]);
    assert_eq!((bytes.code, bytes.err.lines().count()), (Some(0), 6), "{bytes:?}");
}

#[test]
fn directories_are_compared_by_paths() {
    let one = npy("'<i4'", false, "(1,)", &i4(&[1]));
    let two = npy("'<i4'", false, "(1,)", &i4(&[2]));
    let folder = folder(&[
        ("a/same.npy", &one),
        ("b/same.npy", &one),
        ("a/sub/x.npy", &one),
        ("b/sub/x.npy", &two),
        ("a/left.npy", &one),
        ("b/right.npy", &one),
        ("a/cut.npy", &one[..one.len() - 1]),
        ("b/cut.npy", &one),
    ]);
    let run = |args: &[&str]| arr_in(folder.path(), args);
    let diff = run(&["diff", "a", "b", "-v"]);
    expect(&diff, 2, &["arr: a/cut.npy: npy: the input ends inside the data"]);
    for line in [
        "a/left.npy has no counterpart in b\n",
        "a/same.npy and b/same.npy are equal\n",
        "a/sub/x.npy and b/sub/x.npy differ\n",
        "b/right.npy has no counterpart in a\n",
        "1 of 2 arrays differs, 2 have no counterpart, 1 was not compared\n",
    ] {
        assert!(diff.out.contains(line), "{diff:?}");
    }
    let objects = list(&run(&["diff", "a", "b", "--json"]));
    let files: Vec<&str> = objects.iter().map(|object| object["file"].as_str().unwrap()).collect();
    assert_eq!(files, ["a/cut.npy", "a/left.npy", "a/same.npy", "a/sub/x.npy", "b/right.npy"]);
    assert_eq!((&objects[1]["missing_in"], &objects[2]["equal"]), (&json!("b"), &json!(true)));
    assert_eq!((&objects[3]["first"], &objects[3]["first_values"]), (&json!([0]), &json!([1, 2])));
    fs::remove_file(folder.path().join("a/cut.npy")).unwrap();
    let lone = run(&["diff", "a", "b"]).with_code(1);
    assert_eq!(lone.lines().filter(|line| line.contains("has no counterpart in")).count(), 3);
    assert_eq!(run(&["diff", "a", "a"]).code, Some(0));
    let run = run(&["diff", "a/same.npy", "missing.npy", "--json"]);
    expect(&run, 2, &["arr: missing.npy: can't open"]);
    assert_eq!(list(&run)[0]["file"], json!("missing.npy"));
}

#[test]
fn names_that_are_not_there_are_explained() {
    let descr = "[('alpha', '<i4'), ('beta', '<f8')]";
    let folder = folder(&[
        ("r.npy", &npy(descr, false, "(2, 3)", &[0; 72])),
        ("weight.npy", &npy("'<i4'", false, "(1,)", &i4(&[1]))),
        ("bias.npy", &npy("'<i4'", false, "(1,)", &i4(&[1]))),
        ("cut.npy", &npy("'<i4'", false, "(2,)", &i4(&[1]))),
    ]);
    let run = |args: &[&str]| arr_in(folder.path(), args);
    run(&["convert", "weight.npy", "bias.npy", "m.npz"]).ok();
    assert_eq!(
        run(&["show", "r.npy::alpah"]).fails(),
        "arr: r.npy::alpah: the dtype has no field 'alpah'; it has: alpha, beta; did you mean 'alpha'?"
    );
    let line = run(&["show", "m.npz::weigth"]).fails();
    assert!(line.ends_with("did you mean 'weight'?"), "{line}");
    let line = run(&["show", "m.npz::nothing"]).fails();
    assert!(!line.contains("did you mean"), "{line}");
    // What is wrong with the file is not hidden by the name.
    let line = run(&["show", "cut.npy::x"]).fails();
    assert!(line.contains("the input ends inside the data"), "{line}");
    // Of a field no more is said than is true of it.
    let info = list(&run(&["info", "r.npy::beta", "--json"])).remove(0);
    assert_eq!(
        (&info["dtype"], &info["shape"], &info["itemsize"]),
        (&json!("<f8"), &json!([2, 3]), &json!(8))
    );
    assert_eq!(
        (&info["data_offset"], &info["data_bytes"], &info["version"]),
        (&json!(132), &Value::Null, &Value::Null)
    );
    assert_eq!(info["details"]["strides"], "[36, 12], in bytes");
}

#[test]
fn names_are_the_same_in_the_json_of_every_command() {
    let one = npy("'<i4'", false, "(1,)", &i4(&[1]));
    let folder = folder(&[("x.npy", &one)]);
    let run = |args: &[&str]| arr_in(folder.path(), args);
    run(&["convert", "x.npy", "m.npz::a\nb"]).ok();
    for args in [&["show"][..], &["stats"], &["info"], &["check"], &["diff", "m.npz"]] {
        for file in ["m.npz", "m.npz::a\nb"] {
            let said = run(&[args, &[file, "--json"]].concat());
            assert!(matches!(said.code, Some(0 | 1)), "{args:?} {file}: {said:?}");
            let objects = list(&said);
            assert!(objects.iter().any(|object| object["name"] == "a\nb"), "{args:?} {file}: {objects:?}");
        }
    }
}
