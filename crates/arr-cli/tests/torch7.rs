//! Torch7 files through every command: tensors by their paths, functions reported, both forms, both ways.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a failed assumption in a test is a failed test"
)]

#[path = "support/arr.rs"]
mod support;

use serde_json::{Value, json};
use support::{arr, arr_in, fixtures, folder};

fn file(name: &str) -> String {
    fixtures().join("torch7").join(name).to_str().unwrap().to_owned()
}

fn json(text: &str) -> Value {
    serde_json::from_str(text).unwrap()
}

/// The values of an array that `show` prints as JSON.
fn values(file: &str) -> Value {
    json(&arr(&["show", "--json", file]).ok())[0]["values"].clone()
}

/// The names of the parts of a file.
fn names(file: &str) -> Vec<String> {
    let parts = json(&arr(&["info", "--json", file]).ok());
    parts
        .as_array()
        .unwrap()
        .iter()
        .map(|part| part["name"].as_str().unwrap_or_default().to_owned())
        .collect()
}

#[test]
fn tensors_are_found_by_their_paths() {
    assert_eq!(values(&format!("{}::/mat", file("table_nested.bin.t7"))), json!([[1.0, 2.0], [3.0, 4.0]]));
    assert_eq!(values(&format!("{}::mat", file("table_nested.asc.t7"))), json!([[1.0, 2.0], [3.0, 4.0]]));
    assert_eq!(values(&file("view_transpose.bin.t7"))[1], json!([2.0, 6.0, 10.0]));
    assert_eq!(
        values(&file("view_expand.bin.t7")),
        json!([[1.0, 2.0, 3.0], [1.0, 2.0, 3.0], [1.0, 2.0, 3.0], [1.0, 2.0, 3.0]])
    );
    let error = arr(&["show", &format!("{}::/name", file("table_nested.bin.t7"))]).fails();
    assert!(error.contains("is not a tensor"), "{error}");
    let error = arr(&["show", &format!("{}::/nothing", file("table_nested.bin.t7"))]).fails();
    assert!(error.contains("/nothing"), "{error}");
    // The first convolution of a network.
    let shown = arr(&["show", &format!("{}::modules/1/bias", file("network.t7"))]).ok();
    assert!(shown.starts_with('['), "{shown}");
}

#[test]
fn models_are_read_packed_and_converted() {
    let folder = folder(&[]);
    let at = folder.path();
    for packed in ["cases/cuda_table.t7.gz", "cases/cuda_table.t7.xz"] {
        arr_in(at, &["convert", &file(packed), "out.npz", "--force"]).leaves_values();
        let shown = json(&arr_in(at, &["show", "--json", "out.npz"]).ok());
        assert_eq!(shown[0]["name"], "weight");
        assert_eq!(shown[0]["dtype"], "<f4");
        assert_eq!(shown[0]["values"], json!([[0.0, 1.0, 2.0], [3.0, 4.0, 5.0]]));
        let dump = json(&arr_in(at, &["dump", &file(packed)]).ok());
        let entries = dump["heap"]["1"]["entries"].as_array().unwrap();
        assert!(entries.iter().any(|entry| entry[0]["text"] == "epoch" && entry[1]["v"] == 7.0), "{dump}");
    }
    // A tensor goes in once, however many lead to it.
    arr_in(at, &["convert", &file("cases/gmodule_cycle.t7"), "cycle.npz"]).leaves_values();
    let mut found = names(at.join("cycle.npz").to_str().unwrap());
    found.sort();
    assert_eq!(found, ["forwardnodes/2/data/module/bias", "forwardnodes/2/data/module/weight", "output"]);
    arr_in(at, &["convert", &file("network.t7"), "weights.npz"]).leaves_values();
    let count = names(at.join("weights.npz").to_str().unwrap()).len();
    assert!(count > 60, "{count}");
    arr_in(at, &["diff", &file("network.t7"), "weights.npz"]).leaves_values();
}

#[test]
fn archives_become_tables_and_come_back() {
    let folder = folder(&[]);
    let at = folder.path();
    arr_in(at, &["convert", &file("nn_sequential.bin.t7"), "x.npz"]).leaves_values();
    let weight = values(&format!("{}::modules/1/weight", file("nn_sequential.bin.t7")));
    for more in [
        &["--to", "torch7"][..],
        &["--to", "torch7-ascii"],
        &["--order", "C"],
        &["--endian", "big"],
        &["--long-size", "4"],
        &["--byte-order", "big"],
        &["--compact"],
    ] {
        let mut args = vec!["convert", "x.npz", "y.t7", "--force"];
        args.extend(more);
        arr_in(at, &args).ok();
        // The names of the members are keys, slashes and all, and are found as they are.
        for place in ["y.t7::modules/1/weight", "y.t7::/modules~11~1weight"] {
            assert_eq!(
                json(&arr_in(at, &["show", "--json", place]).ok())[0]["values"],
                weight,
                "{more:?} {place}"
            );
        }
        arr_in(at, &["diff", "x.npz::output", "y.t7::output"]).ok();
        assert_eq!(names(at.join("y.t7").to_str().unwrap()).len(), 14);
    }
    // One array is all that its file holds; and a stream has no table whose head could be written last.
    arr_in(at, &["convert", "x.npz::modules/1/weight", "w.npy"]).ok();
    arr_in(at, &["convert", "w.npy", "w.t7"]).ok();
    arr_in(at, &["convert", "w.t7", "back.npy"]).ok();
    assert_eq!(std::fs::read(at.join("w.npy")).unwrap(), std::fs::read(at.join("back.npy")).unwrap());
    arr_in(at, &["convert", "x.npz", "y.t7.gz"]).ok();
    arr_in(at, &["diff", "y.t7", "y.t7.gz"]).ok();
    // What Torch7 does not have is refused with what would help.
    let bools = fixtures().join("numpy/npy/bool.npy");
    let error = arr_in(at, &["convert", bools.to_str().unwrap(), "b.t7"]).fails();
    assert!(error.contains("no tensor of |b1") && error.contains("--dtype"), "{error}");
}

#[test]
fn objects_stay_what_they_are() {
    let folder = folder(&[]);
    let at = folder.path();
    for name in [
        "cycle_tree.bin.t7",
        "function_upvalues.bin.t7",
        "class_self_reference.bin.t7",
        "nn_conv_float.bin.t7",
        "share_storage.bin.t7",
    ] {
        arr_in(at, &["convert", &file(name), "same.t7", "--force"]).ok();
        assert_eq!(std::fs::read(at.join("same.t7")).unwrap(), std::fs::read(file(name)).unwrap(), "{name}");
    }
    let error = arr_in(at, &["convert", &file("cycle_self.bin.t7"), "x.t7", "--no-referenced"]).fails();
    assert!(error.contains("contains itself"), "{error}");
}

#[test]
fn keys_that_would_meet_have_names_that_differ() {
    let folder = folder(&[]);
    let at = folder.path();
    std::fs::write(at.join("odd.t7"), odd()).unwrap();
    let found = names(at.join("odd.t7").to_str().unwrap());
    let mut once = found.clone();
    once.sort();
    once.dedup();
    assert_eq!((once.len(), found.len()), (8, 8), "{found:?}");
    for (name, value) in found.iter().zip(0..) {
        let place = format!("odd.t7::{name}");
        let shown = json(&arr_in(at, &["show", "--json", &place]).ok());
        assert_eq!(shown[0]["values"], json!([f64::from(value)]), "{name}");
    }
    arr_in(at, &["convert", "odd.t7", "odd.npz"]).ok();
    arr_in(at, &["diff", "odd.t7", "odd.npz"]).ok();
}

/// A table whose keys are 1, "1", true, "a/b", a table's "b" at "a", bytes that are no text, the empty text, 0.5.
fn odd() -> Vec<u8> {
    let int = |value: i32| value.to_le_bytes().to_vec();
    let text = |bytes: &[u8]| [int(2), int(i32::try_from(bytes.len()).unwrap()), bytes.to_vec()].concat();
    let number = |value: f64| [int(1), value.to_le_bytes().to_vec()].concat();
    let string = |bytes: &[u8]| [int(i32::try_from(bytes.len()).unwrap()), bytes.to_vec()].concat();
    let mut index = 10;
    let mut tensor = |value: f32| {
        index += 2;
        let head = [int(4), int(index), string(b"V 1"), string(b"torch.FloatTensor"), int(1)].concat();
        let longs = [1i64, 1, 1].iter().flat_map(|long| long.to_le_bytes()).collect();
        let storage = [int(4), int(index + 1), string(b"V 1"), string(b"torch.FloatStorage")].concat();
        [head, longs, storage, 1i64.to_le_bytes().to_vec(), value.to_le_bytes().to_vec()].concat()
    };
    let keys = [number(1.0), text(b"1"), [int(5), int(1)].concat(), text(b"a/b")];
    let mut file = [int(3), int(1), int(8)].concat();
    for (key, value) in keys.iter().zip([0.0, 1.0, 2.0, 3.0]) {
        file.extend([key.clone(), tensor(value)].concat());
    }
    file.extend([text(b"a"), int(3), int(2), int(1), text(b"b"), tensor(4.0)].concat());
    for (key, value) in [text(b"\xff\xfe"), text(b""), number(0.5)].iter().zip([5.0, 6.0, 7.0]) {
        file.extend([key.clone(), tensor(value)].concat());
    }
    file
}

#[test]
fn check_reports_functions_and_what_is_left_over() {
    let run = arr(&["check", &file("function_shared_upvalue.bin.t7")]);
    assert_eq!(run.code, Some(1));
    assert!(run.out.contains("2 functions are in the file"), "{run:?}");
    arr(&["check", &file("nn_sequential.asc.t7")]).ok();
    let folder = folder(&[]);
    let at = folder.path();
    let bytes = [std::fs::read(file("tensor_1d.bin.t7")).unwrap(), b"left over".to_vec()].concat();
    std::fs::write(at.join("x.t7"), bytes).unwrap();
    let run = arr_in(at, &["check", "x.t7"]);
    assert_eq!(run.code, Some(1));
    assert!(run.out.contains("9 bytes are left over behind the last object (at byte 151)"), "{run:?}");
}

#[test]
fn what_is_no_torch7_file_is_said() {
    let folder = folder(&[]);
    let at = folder.path();
    let zip: &[u8] = b"PK\x03\x04\x14\0\0\0\0\0";
    for (name, bytes, wanted) in [
        ("lfs.t7", &b"version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 1\n"[..], "Git LFS"),
        ("page.t7", b"<!DOCTYPE html><html><body>404</body></html>", "HTML"),
        ("zip.t7", zip, ""),
        ("this.t7", b"This file was moved.\n", "text"),
    ] {
        std::fs::write(at.join(name), bytes).unwrap();
        let error = arr_in(at, &["info", name]).fails();
        assert!(error.contains(wanted) && !error.contains("type tag"), "{name}: {error}");
    }
    std::fs::write(at.join("x.t7"), b"\x03\0\0\0\x01\0\0\0\x02\0\0\0").unwrap();
    let error = arr_in(at, &["dump", "x.t7"]).fails();
    assert!(error.starts_with("arr: x.t7: torch7: ") && error.contains("(at byte 12)"), "{error}");
    let error = arr(&["dump", &file("bad_ascii_as_binary.t7"), "--endian", "little"]).fails();
    assert!(error.contains("is not a type tag") || error.contains("type tag"), "{error}");
}

#[test]
fn hostile_files_end_quickly_in_every_command() {
    let folder = fixtures().join("hostile/torch7");
    let paths = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    // A column of numbers is a table of text too.
    for path in paths.filter(|path| !path.ends_with("ascii-large-tag.t7")) {
        for command in ["dump", "check", "info"] {
            let run = arr(&[command, path.to_str().unwrap(), "--max-bytes", "64M"]);
            assert!(run.code == Some(2) || run.code == Some(1), "{command} {}: {run:?}", path.display());
        }
    }
}

#[test]
fn bytes_without_a_head_go_both_ways() {
    let folder = folder(&[]);
    let at = folder.path();
    arr_in(at, &["convert", &file("tensor_3d.bin.t7"), "x.npy"]).ok();
    arr_in(at, &["convert", "x.npy", "x.bin", "--to", "raw"]).ok();
    assert_eq!(std::fs::metadata(at.join("x.bin")).unwrap().len(), 96);
    for (dtype, shape) in [("<f4", "2,3,4"), ("f4", "2,-1,4")] {
        arr_in(
            at,
            &["convert", "x.bin", "y.npy", "--force", "--from", "raw", "--dtype", dtype, "--shape", shape],
        )
        .ok();
        arr_in(at, &["diff", "x.npy", "y.npy"]).ok();
    }
    // The storage of a tensor in a file, where it lies.
    let info = json(&arr(&["info", "--json", &file("tensor_3d.bin.t7")]).ok());
    let offset = info[0]["data_offset"].to_string();
    let shown =
        arr(&["show", &file("tensor_3d.bin.t7"), "--from", "raw", "--dtype", "<f4", "--offset", &offset])
            .ok();
    assert!(shown.starts_with("[ 1.  2.  3."), "{shown}");
    arr_in(at, &["convert", "x.npy", "f.bin", "--to", "raw", "--order", "F"]).ok();
    arr_in(
        at,
        &["convert", "f.bin", "z.npy", "--from", "raw", "--dtype", "<f4", "--shape", "2,3,4", "--order", "F"],
    )
    .ok();
    arr_in(at, &["diff", "x.npy", "z.npy"]).ok();
    let error = arr_in(at, &["show", "x.bin", "--from", "raw"]).fails();
    assert!(error.contains("what an item is") && error.contains("--dtype"), "{error}");
}

#[test]
fn info_shows_the_object_as_a_tree() {
    let shown = arr(&["info", &file("cases/gmodule_cycle.t7")]).ok();
    let tree = shown.split_once("\n\nnn.gModule\n").unwrap().1;
    for line in [
        "  forwardnodes: table of 2\n",
        "    1: nngraph.Node\n      id: 1\n",
        "              weight: torch.FloatTensor, <f4 (1, 2)\n",
        "            1: the same as /forwardnodes/1\n",
        "    2: the same as /forwardnodes/1/children/1\n",
    ] {
        assert!(tree.contains(line), "{line}: {tree}");
    }
    // One array has no tree, nor has a path into the file.
    let tensor = arr(&["info", &file("view_transpose.bin.t7")]).ok();
    assert!(!tensor.contains("Tensor,"), "{tensor}");
    let inside = format!("{}::/forwardnodes/2/data/module/weight", file("cases/gmodule_cycle.t7"));
    assert!(!arr(&["info", &inside]).ok().contains("nn.gModule"));
}

#[test]
fn forms_of_torch7_keep_all_objects() {
    let folder = folder(&[]);
    let at = folder.path();
    for (name, to, other) in [
        ("nn_sequential.bin.t7", "torch7-ascii", "nn_sequential.asc.t7"),
        ("nn_sequential.asc.t7", "torch7", "nn_sequential.bin.t7"),
        ("share_storage.bin.t7", "torch7-ascii", "share_storage.asc.t7"),
        ("number_42.asc.t7", "torch7", "number_42.bin.t7"),
    ] {
        let from = if to == "torch7" { "torch7-ascii" } else { "torch7" };
        arr_in(at, &["convert", "--from", from, &file(name), "x.t7", "--to", to, "--force"]).ok();
        let written = std::fs::read(at.join("x.t7")).unwrap();
        assert!(written == std::fs::read(file(other)).unwrap(), "{name}");
    }
}

#[test]
fn names_of_an_archive_come_back_through_a_table() {
    let folder = folder(&[]);
    let at = folder.path();
    let names = ["~", "~0", "a~b", "a/b", "c/d/e~1", "~float:1", "x", "x/y"];
    let members: Vec<(&str, Vec<f64>)> =
        names.iter().zip(0i32..).map(|(name, number)| (*name, vec![f64::from(number)])).collect();
    arr_io::save(at.join("a.npz"), &vec![0.5]).unwrap();
    arr_io::add_members(at.join("a.npz"), &members, &arr_io::format::Writing::new()).unwrap();
    arr_in(at, &["convert", "a.npz", "a.t7"]).ok();
    arr_in(at, &["convert", "a.t7", "b.npz"]).ok();
    for (name, values) in &members {
        // A path may begin as a name does: then the name is another one, and finds its array again.
        for archive in ["a.t7", "b.npz"] {
            let found = json(&arr_in(at, &["info", "--json", archive]).ok());
            assert_eq!(found.as_array().unwrap().len(), members.len() + 1);
            let of = |own: &Value| {
                let shown = arr_in(at, &["show", "--json", &format!("{archive}::{}", own.as_str().unwrap())]);
                json(&shown.ok())[0]["values"].clone()
            };
            let mut all = found.as_array().unwrap().iter().map(|part| &part["name"]);
            assert!(all.any(|own| of(own) == json!(values)), "{name}");
        }
    }
    let same = json(&arr_in(at, &["info", "--json", "b.npz"]).ok());
    let kept = same.as_array().unwrap().iter().filter(|part| names.contains(&part["name"].as_str().unwrap()));
    assert!(kept.count() >= 5, "{same}");
    // What has the same name has the same values.
    let diff = arr_in(at, &["diff", "a.npz", "b.npz"]);
    assert!(!diff.out.contains("differ"), "{}", diff.out);
}

#[test]
fn items_that_are_there_many_times_are_worked_on_block_by_block() {
    // A tensor of 5,000 x 5,000 items, which are one: a class, its name, two dimensions, strides of 0.
    let int = |number: i32| number.to_le_bytes().to_vec();
    let long = |number: i64| number.to_le_bytes().to_vec();
    let text = |text: &str| [int(i32::try_from(text.len()).unwrap()), text.as_bytes().to_vec()].concat();
    let tensor = [int(4), int(1), text("V 1"), text("torch.FloatTensor"), int(2), long(5000), long(5000)];
    let storage =
        [long(0), long(0), long(1), int(4), int(2), text("V 1"), text("torch.FloatStorage"), long(1)];
    let bytes = [tensor.concat(), storage.concat(), 2.5f32.to_le_bytes().to_vec()].concat();
    let folder = folder(&[("x.t7", &bytes)]);
    let stats = json(&arr_in(folder.path(), &["stats", "--json", "x.t7"]).ok());
    assert_eq!((&stats[0]["max"], &stats[0]["min"]), (&json!(2.5), &json!(2.5)));
    arr_in(folder.path(), &["convert", "x.t7", "x.npy"]).ok();
    assert_eq!(std::fs::metadata(folder.path().join("x.npy")).unwrap().len(), 128 + 100_000_000);
    let error = arr_in(folder.path(), &["stats", "x.t7", "--max-expansion-ratio", "200"]);
    assert_eq!(error.code, Some(0), "{}", error.err);
}

#[test]
fn a_key_that_is_there_twice_is_a_fault() {
    // A table of two entries, whose keys are both `w`.
    let entry = |number: &str| format!("2\n1\nw\n1\n{number}\n");
    let bytes = ["3\n1\n2\n", &entry("5"), &entry("6")].concat();
    let folder = folder(&[("x.t7", bytes.as_bytes())]);
    let run = |args: &[&str]| arr_in(folder.path(), args);
    let checked = run(&["check", "--from", "torch7", "x.t7"]).with_code(1);
    assert!(checked.contains("one value of tables has the key of a later one"), "{checked}");
    let dump = json(&run(&["dump", "--from", "torch7", "x.t7"]).ok());
    assert!(dump.to_string().contains("6") && !dump.to_string().contains("\"5\""), "{dump}");
}
