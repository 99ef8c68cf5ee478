//! Files as people have them: odd names, odd members, odd headers.
#![allow(clippy::unwrap_used, reason = "a failed assumption in a test is a failed test")]

#[path = "support/arr.rs"]
mod support;

use std::fs;
use std::path::Path;

use serde_json::{Value, json};
use support::{Run, arr_in, f8, fixtures, folder, names, npy};

/// Copies of some of the cases.
fn cases(names: &[&str]) -> tempfile::TempDir {
    let folder = folder(&[]);
    for name in names {
        fs::copy(fixtures().join("numpy-cases").join(name), folder.path().join(name)).unwrap();
    }
    folder
}

/// All files below a folder, by their paths.
fn below(folder: &Path) -> Vec<String> {
    let mut found = Vec::new();
    for name in names(folder) {
        let path = folder.join(&name);
        match path.is_dir() {
            true => found.extend(below(&path).iter().map(|inner| format!("{name}/{inner}"))),
            false => found.push(name),
        }
    }
    found
}

fn list(run: Run) -> Vec<Value> {
    serde_json::from_str(&run.ok()).unwrap()
}

#[test]
fn names_that_only_windows_forbids_are_no_faults_elsewhere() {
    if cfg!(windows) {
        return;
    }
    let folder = cases(&["aux-key.npz", "tf-names.npz"]);
    let at = folder.path();
    let expected: [(&str, &[&str]); 2] = [
        ("aux-key.npz", &["aux.npy", "x.npy"]),
        ("tf-names.npz", &["bn1/gamma:0.npy", "conv1/W:0.npy", "conv1/b:0.npy"]),
    ];
    for (file, members) in expected {
        assert_eq!(arr_in(at, &["check", file]).ok(), format!("{file}: ok\n"));
        arr_in(at, &["convert", file, "out/"]).ok();
        assert_eq!(below(&at.join("out")), members);
        arr_in(at, &["convert", "out/", "back.npz"]).ok();
        arr_in(at, &["diff", file, "back.npz"]).ok();
        fs::remove_file(at.join("back.npz")).unwrap();
        fs::remove_dir_all(at.join("out")).unwrap();
    }
    // Who asks for names of Windows gets the others.
    let line = arr_in(at, &["convert", "aux-key.npz", "out/", "--windows-names"]).fails();
    assert_eq!(line, "arr: aux-key.npz: aux.npy: the name is that of a device on Windows");
    assert_eq!(below(&at.join("out")), ["x.npy"]);
    let line = arr_in(at, &["convert", "tf-names.npz", "none/", "--windows-names"]).fails();
    assert!(line.contains("the name holds ':'") && !at.join("none").exists(), "{line}");
}

#[test]
fn what_macos_keeps_beside_files_is_no_fault() {
    let folder = cases(&["macos-finder.npz"]);
    let at = folder.path();
    assert_eq!(arr_in(at, &["check", "macos-finder.npz"]).ok(), "macos-finder.npz: ok\n");
    arr_in(at, &["convert", "macos-finder.npz", "out/"]).ok();
    assert_eq!(below(&at.join("out")), [".DS_Store", "__MACOSX/._a.npy", "a.npy"]);
    assert_eq!(arr_in(at, &["check", "out"]).ok(), "out/a.npy: ok\n1 file is ok\n");
    let run = arr_in(at, &["convert", "out", "back.npz"]);
    // What is hidden is no part of it.
    let left = "";
    assert_eq!((run.code, run.err.as_str()), (Some(0), left));
    // Asked for by name, it is said what it is.
    let text = arr_in(at, &["check", "out/__MACOSX/._a.npy"]).with_code(1);
    assert!(text.contains("attributes that macOS keeps beside a file"), "{text}");
}

#[test]
fn members_that_are_no_arrays_keep_their_names() {
    let folder = cases(&["not-an-array.npz"]);
    let at = folder.path();
    arr_in(at, &["convert", "not-an-array.npz", "out/"]).ok();
    let out = at.join("out");
    assert_eq!(below(&out), ["README.txt", "a.npy", "bad.npy", "cfg.json", "empty.npy", "img.png"]);
    let npz = arr_io::npy::Npz::open(at.join("not-an-array.npz")).unwrap();
    for name in below(&out) {
        let member = npz.member(&name).unwrap();
        assert_eq!(fs::read(out.join(&name)).unwrap(), member.read_bytes().unwrap()[..], "{name}");
    }
}

#[test]
fn bytes_after_an_archive_are_given_up_only_by_force() {
    let folder = cases(&["trailing.npz", "plain.npy"]);
    let at = folder.path();
    let text = arr_in(at, &["check", "trailing.npz"]).with_code(1);
    assert!(text.contains("29 bytes follow the end of the archive"), "{text}");
    let before = fs::read(at.join("trailing.npz")).unwrap();
    let commands: [&[&str]; 4] = [
        &["append", "t.npz", "plain.npy"],
        &["rm", "t.npz", "b"],
        &["mv", "t.npz", "b", "c"],
        &["convert", "plain.npy", "t.npz::new"],
    ];
    for command in commands {
        fs::write(at.join("t.npz"), &before).unwrap();
        let line = arr_in(at, command).fails();
        let what = "npz: 29 bytes follow the end of the archive: they may belong to somebody else";
        assert!(line.contains(what) && line.contains("(use --force)"), "{line}");
        assert!(fs::read(at.join("t.npz")).unwrap() == before, "{command:?}");
        arr_in(at, &[command, &["--force"]].concat()).ok();
        assert_eq!(arr_in(at, &["check", "t.npz"]).ok(), "t.npz: ok\n", "{command:?}");
    }
}

#[test]
fn members_packed_by_zstandard_are_read_and_written() {
    let folder = cases(&["zstd.npz", "deflate64.npz", "plain.npy"]);
    let at = folder.path();
    assert_eq!(arr_in(at, &["show", "zstd.npz::a"]).ok(), "[[0. 1. 2.]\n [3. 4. 5.]]\n");
    assert_eq!(arr_in(at, &["show", "zstd.npz::a", "--slice", "1, ::2"]).ok(), "[3. 5.]\n");
    assert_eq!(arr_in(at, &["check", "zstd.npz"]).ok(), "zstd.npz: ok\n");
    let packing = |file: &str| {
        let members = list(arr_in(at, &["info", "--json", file]));
        members.iter().map(|member| member["packing"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(packing("zstd.npz"), ["zstd", "zstd"]);
    arr_in(at, &["convert", "zstd.npz", "out/"]).ok();
    let runs: [&[&str]; 4] = [
        &["convert", "zstd.npz", "new.npz", "--zip-compression", "zstd"],
        &["convert", "out/", "new.npz", "--zip-compression", "zstd", "--level", "9"],
        &["convert", "zstd.npz", "new.npz", "--zip-compression", "deflate"],
        &["convert", "zstd.npz", "new.npz"],
    ];
    for (run, wanted) in runs.into_iter().zip(["zstd", "zstd", "deflated", "deflated"]) {
        arr_in(at, &[run, &["--force"]].concat()).ok();
        assert_eq!(packing("new.npz"), [wanted, wanted], "{run:?}");
        arr_in(at, &["diff", "zstd.npz", "new.npz"]).ok();
        assert_eq!(arr_in(at, &["check", "new.npz"]).ok(), "new.npz: ok\n");
    }
    arr_in(at, &["append", "new.npz", "plain.npy", "--zip-compression", "zstd"]).ok();
    assert_eq!(packing("new.npz"), ["deflated", "deflated", "zstd"]);
    arr_in(at, &["diff", "new.npz::plain", "plain.npy"]).ok();
    // To a stream that can't go back.
    let run = arr_in(at, &["convert", "zstd.npz", "-", "--to", "npz", "--zip-compression", "zstd"]);
    fs::write(at.join("piped.npz"), &run.bytes).unwrap();
    assert_eq!(packing("piped.npz"), ["zstd", "zstd"]);
    assert_eq!(arr_in(at, &["check", "piped.npz"]).ok(), "piped.npz: ok\n");
    let line = arr_in(at, &["show", "deflate64.npz::a"]).fails();
    let wanted =
        "npz: a.npy: the member is packed by Deflate64 (method 9), which is not read: unpack the archive";
    assert!(line.contains(wanted), "{line}");
}

#[test]
fn a_member_of_objects_does_not_spoil_the_rest() {
    let folder = cases(&["one-object.npz"]);
    let at = folder.path();
    arr_in(at, &["convert", "one-object.npz", "dir/"]).ok();
    arr_in(at, &["convert", "one-object.npz::obj", "obj.npy"]).ok();
    assert_eq!(fs::read(at.join("obj.npy")).unwrap(), fs::read(at.join("dir/obj.npy")).unwrap());
    let line = arr_in(at, &["convert", "one-object.npz::obj", "obj.csv"]).fails();
    assert!(line.contains("object arrays (pickles) are not decoded"), "{line}");
    let packed: [&[&str]; 3] = [
        &["convert", "dir/x.npy", "dir/names.npy", "dir/obj.npy", "dir/y.npy", "back.npz", "--force"],
        &["convert", "dir", "back.npz", "--force"],
        &["append", "back.npz", "obj.npy", "--force"],
    ];
    for args in packed {
        arr_in(at, args).ok();
        let run = arr_in(at, &["diff", "-v", "one-object.npz", "back.npz"]);
        let note = "arr: one-object.npz::obj: items of |O are objects, which are compared by their bytes\n";
        assert_eq!((run.code, run.err.as_str()), (Some(0), note), "{args:?}");
        assert!(run.out.contains("one-object.npz::obj and back.npz::obj are equal\n"), "{}", run.out);
    }
    arr_in(at, &["convert", "obj.npy", "one.npz::other"]).ok();
    arr_in(at, &["convert", "one.npz::other", "again.npy"]).ok();
    assert_eq!(fs::read(at.join("again.npy")).unwrap(), fs::read(at.join("obj.npy")).unwrap());
    let run = arr_in(at, &["convert", "dir", "small/", "--dtype", "<f8=<f4"]);
    assert_eq!((run.code, run.err.lines().count()), (Some(0), 2), "{}", run.err);
    assert_eq!(below(&at.join("small")), ["names.npy", "obj.npy", "x.npy", "y.npy"]);
    assert!(arr_in(at, &["info", "small/x.npy"]).ok().contains("<f4"));
    let run = arr_in(at, &["stats", "one-object.npz"]);
    assert_eq!((run.code, run.err.lines().count()), (Some(0), 2), "{}", run.err);
    assert!(run.out.contains("::x: <f8 (3,)") && run.out.contains("::y: <f8 (2,)"), "{}", run.out);
}

#[test]
fn what_cannot_be_cast_is_named_and_stays() {
    let folder = cases(&["strings.npz"]);
    let at = folder.path();
    for (dtype, note) in [("<f4", "casting <U1 to <f4 is not supported"), ("<f8=<f4", "only <f8 is cast")] {
        let run = arr_in(at, &["convert", "strings.npz", "f4.npz", "--dtype", dtype, "--force"]);
        let line = format!("arr: strings.npz::names: it stays <U1: {note}\n");
        assert_eq!((run.code, run.err), (Some(0), line));
        let dtypes = list(arr_in(at, &["info", "--json", "f4.npz"]));
        let dtypes: Vec<&Value> = dtypes.iter().map(|member| &member["dtype"]).collect();
        assert_eq!(dtypes, ["<f4", "<U1", "<f4"]);
    }
}

#[test]
fn a_list_of_indexes_is_not_taken_for_an_index() {
    let folder = cases(&["plain.npy"]);
    for text in ["[0,2]", "[1]", "[0,2], :"] {
        let run = arr_in(folder.path(), &["show", "plain.npy", "--slice", text]);
        assert!(run.code == Some(2) && run.err.contains("has a list of indexes"), "{text}: {run:?}");
    }
    assert_eq!(arr_in(folder.path(), &["show", "plain.npy", "--slice", "0,2"]).ok(), "2.0\n");
    assert_eq!(arr_in(folder.path(), &["show", "plain.npy", "--slice", "[:2, 0]"]).ok(), "[0. 4.]\n");
}

#[test]
fn headers_that_numpy_refuses_are_read_on_request() {
    let folder = cases(&["shape-np-int64.npy"]);
    let at = folder.path();
    let line = arr_in(at, &["info", "shape-np-int64.npy"]).fails();
    assert!(line.contains("npy: expected an integer, found `np.int64` (--lenient) (at byte 61)"), "{line}");
    let text = arr_in(at, &["info", "shape-np-int64.npy", "--lenient"]).ok();
    assert!(text.contains("shape      (2, 3), 6 items"), "{text}");
    let bytes = fs::read(at.join("shape-np-int64.npy")).unwrap();
    let mut writer = arr_io::npy::NpzOptions::new().create(at.join("x.npz")).unwrap();
    writer.add_bytes("x.npy", &bytes).unwrap();
    writer.finish().unwrap();
    assert!(arr_in(at, &["show", "x.npz"]).fails().contains("(--lenient)"));
    let shown = arr_in(at, &["show", "shape-np-int64.npy", "--lenient"]).ok();
    assert_eq!(arr_in(at, &["show", "x.npz::x", "--lenient"]).ok(), shown);
    arr_in(at, &["convert", "x.npz", "sound.npz", "--lenient"]).ok();
    assert_eq!(arr_in(at, &["show", "sound.npz::x"]).ok(), shown);
    arr_in(at, &["diff", "x.npz", "shape-np-int64.npy", "--lenient"]).ok();
    let files = [
        ("'<f8'", "(2)", "<f8 (2,)"),
        ("'<f8'", "2", "<f8 (2,)"),
        ("'<f8'", "[1, 2]", "<f8 (1, 2)"),
        ("'<f8'", "(array(1), numpy.int32(2),)", "<f8 (1, 2)"),
        ("('<f8', {'unit': 'm}'})", "(2,)", "<f8 (2,)"),
        (
            "[('a', ('<f4', {'vlen': <class 'str'>})), ('b', '<f4')]",
            "(2,)",
            "[('a', '<f4'), ('b', '<f4')] (2,)",
        ),
        ("'<f1'", "(16,)", "|V1 (16,)"),
        ("'bfloat16'", "(8,)", "<bfloat16 (8,)"),
    ];
    for (descr, shape, wanted) in files {
        fs::write(at.join("odd.npy"), npy(descr, false, shape, &f8(&[1.5, 2.5]))).unwrap();
        let line = arr_in(at, &["show", "odd.npy"]).fails();
        assert!(line.contains("(--lenient)"), "{descr} {shape}: {line}");
        let run = arr_in(at, &["show", "odd.npy", "odd.npy", "--lenient"]).ok();
        assert!(run.starts_with(&format!("odd.npy: {wanted}\n")), "{descr} {shape}: {run}");
    }
    for (descr, shape) in
        [("'<f8'", "(np.int64(np.int64(2)),)"), ("'<f8'", "(np.float64(2),)"), ("('<f8', {)", "(2,)")]
    {
        fs::write(at.join("odd.npy"), npy(descr, false, shape, &f8(&[1.5, 2.5]))).unwrap();
        let line = arr_in(at, &["show", "odd.npy", "--lenient"]).fails();
        assert!(!line.contains("--lenient"), "{line}");
    }
}

#[test]
fn opaque_items_are_read_as_what_they_are_said_to_be() {
    let folder = cases(&["bf16.npz"]);
    let at = folder.path();
    let shown = "[[ 1.5  -2.    3.25]]\n";
    assert_eq!(arr_in(at, &["show", "bf16.npz::w", "--dtype-as", "bfloat16"]).ok(), shown);
    arr_in(at, &["convert", "bf16.npz", "f32.npz", "--dtype-as", "bfloat16", "--dtype", "<f4"]).ok();
    assert_eq!(arr_in(at, &["show", "f32.npz::w"]).ok(), shown);
    // What has a dtype of its own keeps it.
    let info = list(arr_in(at, &["info", "--json", "bf16.npz", "--dtype-as=bfloat16"]));
    assert_eq!((&info[0]["dtype"], &info[1]["dtype"]), (&json!("bfloat16"), &json!("<f4")));
    let run = arr_in(at, &["diff", "bf16.npz", "f32.npz", "--dtype-as", "bfloat16"]);
    assert!(run.out.contains("values   3 items, equal"), "{run:?}");
    let stats = list(arr_in(at, &["stats", "--json", "bf16.npz::w", "--dtype-as", "bfloat16"]));
    assert_eq!((&stats[0]["min"], &stats[0]["max"]), (&json!(-2.0), &json!(3.25)));
    let dump: Value =
        serde_json::from_str(&arr_in(at, &["dump", "bf16.npz::w", "--dtype-as", "bfloat16"]).ok()).unwrap();
    assert!(dump.to_string().contains("[1.5,-2.0,3.25]"), "{dump}");
    assert_eq!(arr_in(at, &["check", "bf16.npz", "--dtype-as", "bfloat16"]).ok(), "bf16.npz: ok\n");
    // Small floats are numbers of another dtype then.
    fs::write(at.join("e4m3.npy"), npy("'|V1'", true, "(2, 2)", &[0x38, 0x7E, 0xB8, 0x7F])).unwrap();
    let as_float8 = "--dtype-as=float8_e4m3fn";
    assert_eq!(arr_in(at, &["show", "e4m3.npy", as_float8]).ok(), "[[  1.  -1.]\n [448.  nan]]\n");
    assert_eq!(arr_in(at, &["show", "e4m3.npy", as_float8, "--slice", "1"]).ok(), "[448.  nan]\n");
    arr_in(at, &["convert", "e4m3.npy", "f2.npy", as_float8, "--dtype", "<f2"]).ok();
    assert_eq!(arr_in(at, &["show", "f2.npy", "--slice", "1"]).ok(), "[448.  nan]\n");
    // And back: the same bytes.
    arr_in(at, &["convert", "f2.npy", "back.npy", "--dtype", "float8_e4m3fn"]).ok();
    assert_eq!(fs::read(at.join("back.npy")).unwrap(), fs::read(at.join("e4m3.npy")).unwrap());
    let line = arr_in(at, &["convert", "f2.npy", "no.npy", "--dtype", "float4_e2m1fn"]).fails();
    assert!(line.contains("index [1, 0]: 448.0 does not fit float4_e2m1fn"), "{line}");
    let run = arr_in(at, &["show", "f2.npy", "--dtype-as", "|V2"]);
    assert_eq!((run.code, run.err.as_str()), (Some(0), ""));
    let run = arr_in(at, &["show", "e4m3.npy", "--dtype-as", "bfloat16"]);
    assert_eq!(run.err, "arr: e4m3.npy: |V1 stays as it is: the itemsize of <bfloat16 is 2\n");
    let run = arr_in(at, &["show", "e4m3.npy", "--dtype-as", "float8"]);
    assert!(run.code == Some(2) && run.err.contains("float8_e4m3fn, "), "{run:?}");
}

#[test]
fn a_folder_is_packed_again_under_the_names_that_it_had() {
    let folder = cases(&["nested.npz"]);
    let at = folder.path();
    arr_in(at, &["convert", "nested.npz", "layers/"]).ok();
    for out in ["back.npz", "again/"] {
        arr_in(at, &["convert", "layers/", out]).ok();
    }
    arr_in(at, &["diff", "nested.npz", "back.npz"]).ok();
    assert_eq!(below(&at.join("again")), below(&at.join("layers")));
    fs::copy(at.join("layers/layer0/w.npy"), at.join("w.npy")).unwrap();
    arr_in(at, &["append", "back.npz", "layers/", "w.npy", "--force"]).ok();
    let info = list(arr_in(at, &["info", "--json", "back.npz"]));
    let keys: Vec<&Value> = info.iter().map(|member| &member["name"]).collect();
    assert_eq!(keys, ["layer0/b", "layer0/w", "layer1/b", "w"]);
    fs::create_dir(at.join("empty")).unwrap();
    let line = arr_in(at, &["convert", "empty", "none.npz"]).fails();
    assert_eq!(line, "arr: empty: no file in the directory is an array file");
    let line = arr_in(at, &["convert", "layers", "one.npy"]).fails();
    assert!(line.contains("several inputs make an archive"), "{line}");
}

#[test]
fn offsets_and_sizes_mean_the_same_in_every_table() {
    let folder = cases(&["compressed.npz", "f8.npy"]);
    let at = folder.path();
    let text = arr_in(at, &["info", "compressed.npz"]).ok();
    assert!(text.contains("packing   offset  size  packed  dtype\n"), "{text}");
    assert!(text.contains("ints    (4,)    C      deflated       -   160      80  <i8\n"), "{text}");
    let text = arr_in(at, &["info", "compressed.npz", "f8.npy"]).ok();
    let rows: Vec<Vec<&str>> = text.lines().map(|line| line.split_whitespace().collect()).collect();
    assert_eq!(rows[1][4..], ["C", "-", "32", "<i8"], "{text}");
    assert_eq!(rows[3][4..], ["C", "128", "160", "<f8"], "{text}");
    let info = list(arr_in(at, &["info", "--json", "compressed.npz", "f8.npy"]));
    let offsets: Vec<&Value> = info.iter().map(|array| &array["data_offset"]).collect();
    assert_eq!(offsets, [&Value::Null, &Value::Null, &json!(128)]);
    // Nor has what is in a compressed file a place in it.
    arr_in(at, &["convert", "f8.npy", "f8.npy.gz"]).ok();
    assert_eq!(list(arr_in(at, &["info", "--json", "f8.npy.gz"]))[0]["data_offset"], Value::Null);
    let text = arr_in(at, &["info", "f8.npy.gz"]).ok();
    assert!(text.contains("160 bytes from byte 128 on, unpacked\n"), "{text}");
}

#[test]
fn half_a_surrogate_pair_is_the_same_in_every_command() {
    let folder = cases(&["surrogate.npy"]);
    let at = folder.path();
    assert_eq!(arr_in(at, &["show", "surrogate.npy"]).ok(), "['\\ud805']\n");
    assert!(arr_in(at, &["show", "--json", "surrogate.npy"]).ok().contains(r#""values":["\ud805"]"#));
    assert!(arr_in(at, &["dump", "surrogate.npy"]).ok().contains(r#""data":["\ud805"]"#));
}

#[test]
fn what_is_not_finite_does_not_hide_how_far_numbers_are_apart() {
    let folder = cases(&["f8.npy", "nan-inf.npy"]);
    let at = folder.path();
    let text = arr_in(at, &["diff", "f8.npy", "nan-inf.npy"]).with_code(1);
    assert!(text.contains("  largest  absolute difference 0.0, relative 0.0, of finite numbers\n"), "{text}");
    let pairs = "  NaN, inf 2 pairs of different numbers with one that is NaN or infinite\n";
    assert!(text.contains(pairs), "{text}");
    let run = arr_in(at, &["diff", "--json", "f8.npy", "nan-inf.npy"]);
    let found: Value = serde_json::from_str(&run.out).unwrap();
    assert_eq!((&found[0]["max_abs"], &found[0]["not_finite"]), (&json!(0.0), &json!(2)));
}

#[test]
fn a_dtype_is_whole_where_no_terminal_is() {
    let folder = cases(&["long-dtype.npz", "f8.npy"]);
    let at = folder.path();
    let dtypes = list(arr_in(at, &["info", "--json", "long-dtype.npz"]));
    let fields = dtypes[0]["dtype"].as_array().unwrap();
    let last = fields.last().unwrap()[0].as_str().unwrap();
    for args in [&["info", "long-dtype.npz"][..], &["info", "long-dtype.npz", "f8.npy"]] {
        let text = arr_in(at, args).ok();
        assert!(!text.contains("...") && text.contains(&format!("('{last}', ")), "{text}");
    }
}
