//! Files larger than the memory that the command may use: only the parts that are shown are read, or piece by piece.
#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, reason = "a failed assumption in a test is a failed test")]

#[path = "support/arr.rs"]
mod support;

use std::fs::{self, File};
use std::os::unix::fs::FileExt;
use std::path::Path;
use std::process::{Command, Output};

use serde_json::{Value, json};
use support::{folder, npy, shown};

/// What the command may use, in KiB: half of what the files have.
const MEMORY: u64 = 256 << 10;

fn limited(folder: &Path, args: &[&str]) -> Output {
    let words: Vec<String> = args.iter().map(|arg| format!("'{arg}'")).collect();
    let line = format!("ulimit -v {MEMORY} && exec '{}' {}", env!("CARGO_BIN_EXE_arr"), words.join(" "));
    // Every thread takes address space.
    let mut command = Command::new("sh");
    command.current_dir(folder).args(["-c", &line]).env("RAYON_NUM_THREADS", "2").output().unwrap()
}

#[track_caller]
fn ok(folder: &Path, args: &[&str]) -> String {
    let output = limited(folder, args);
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    assert_eq!((output.status.code(), text(&output.stderr)), (Some(0), String::new()), "{args:?}");
    text(&output.stdout)
}

/// Puts zeros behind the beginning of a file, which take no room on the disk, and a few numbers between them.
fn fill(path: &Path, len: u64, numbers: &[(u64, &[u8])]) {
    let file = File::options().write(true).open(path).unwrap();
    let start = file.metadata().unwrap().len();
    file.set_len(start + len).unwrap();
    for (place, bytes) in numbers {
        file.write_all_at(bytes, start + place).unwrap();
    }
}

const EDGES: &str = "[[0.  0.  0.  ... 0.  0.  1.5]
 [0.  0.  0.  ... 0.  0.  0. ]
 [0.  0.  0.  ... 0.  0.  0. ]
 ...
 [0.  0.  0.  ... 0.  0.  0. ]
 [0.  0.  0.  ... 0.  0.  0. ]
 [0.  0.  0.  ... 0.  0.  2.5]]
";

#[test]
#[ignore = "takes long: it reads files of 512 MiB under a limit on memory"]
fn what_is_not_shown_is_not_read() {
    // The beginnings of files whose arrays have one item.
    let folder = folder(&[("x.npy", &npy("'<f8'", false, "(8192, 8192)", b""))]);
    let at = folder.path();
    let info: Vec<u8> =
        [2i64, 8192, 8192, 8192, 1, 0x4000, 1, 99].iter().flat_map(|n| n.to_le_bytes()).collect();
    fs::write(at.join("x.buf"), [&[2, 0, 0, 0, 0, 0, 0, 0][..], &info].concat()).unwrap();
    let big: Vec<u8> = info.chunks(8).flat_map(|number| number.iter().rev().copied()).collect();
    let mode = b"\0\x10MIXED_DATA_TYPES";
    let stream = [
        &mode[..],
        &8i64.to_be_bytes(),
        b"\0\x04LONG",
        &big,
        mode,
        &(1i64 << 26).to_be_bytes(),
        b"\0\x06DOUBLE",
    ];
    fs::write(at.join("x.nd4j"), stream.concat()).unwrap();
    for file in ["x.npy", "x.buf", "x.nd4j"] {
        let bytes = |value: f64| if file == "x.nd4j" { value.to_be_bytes() } else { value.to_le_bytes() };
        fill(&at.join(file), 512 << 20, &[(8191 * 8, &bytes(1.5)), ((1 << 29) - 8, &bytes(2.5))]);
        assert_eq!(ok(at, &["show", file]), EDGES, "{file}");
        assert_eq!(ok(at, &["show", &format!("{file}::0")]), EDGES, "{file}");
        assert_eq!(ok(at, &["show", file, "--slice", "::8191, -2:"]), "[[0.  1.5]\n [0.  2.5]]\n", "{file}");
        let stats: Value = serde_json::from_str(&ok(at, &["stats", file, "--json"])).unwrap();
        let stats = &stats[0];
        assert_eq!((&stats["max"], &stats["zeros"]), (&json!(2.5), &json!((1 << 26) - 2)), "{file}");
    }
    for other in ["x.buf", "x.nd4j"] {
        let report = ok(at, &["diff", "-v", "x.npy", other]);
        assert!(report.contains("are equal\n  values   67108864 items, equal\n"), "{report}");
    }
    let file = File::options().write(true).open(at.join("x.buf")).unwrap();
    file.write_all_at(&3.0f64.to_le_bytes(), 72 + (1 << 29) - 8).unwrap();
    let output = limited(at, &["diff", "x.npy", "x.buf"]);
    assert_eq!(output.status.code(), Some(1));
    assert_eq!(
        String::from_utf8(output.stdout).unwrap(),
        "x.npy and x.buf differ\n  values   1 of 67108864 items differ\n  first    at [8191, 8191]: 2.5 and 3.0\n  \
         largest  absolute difference 0.5, relative 0.167\n1 array differs\n"
    );
    ok(at, &["convert", "x.npy", "x.npz"]);
    assert_eq!(ok(at, &["show", "x.npz"]), EDGES);
    let line = limited(at, &["show", "x.npy::1"]);
    assert_eq!(line.status.code(), Some(2));
}

#[test]
fn what_is_printed_whole_is_read_piece_by_piece() {
    let folder = folder(&[("x.npy", &npy("'<U4096'", false, "(160, 2, 60)", b""))]);
    let at = folder.path();
    fill(&at.join("x.npy"), 19_200 * 16_384, &[(0, b"a"), (19_199 * 16_384, b"b")]);
    let dump: Value = serde_json::from_str(&ok(at, &["dump", "x.npy"])).unwrap();
    assert_eq!((&dump["format"], &dump["root"]["id"]), (&json!("npy"), &json!(1)));
    let array = &dump["heap"]["1"];
    assert_eq!(
        (&array["dtype"], &array["shape"], &array["order"]),
        (&json!("<U4096"), &json!([160, 2, 60]), &json!("C"))
    );
    let data = array["data"].as_array().unwrap();
    assert_eq!(
        (data.len(), &data[0], &data[1], &data[19_199]),
        (19_200, &json!("a"), &json!(""), &json!("b"))
    );
    let shown: Value = serde_json::from_str(&shown(&ok(at, &["show", "--json", "x.npy"]))).unwrap();
    let lists = shown.as_array().unwrap();
    assert_eq!((lists.len(), &lists[0][0][0], &lists[159][1][59]), (160, &json!("a"), &json!("b")));
    assert!(
        lists
            .iter()
            .all(|list| list.as_array().unwrap().len() == 2 && list[1].as_array().unwrap().len() == 60)
    );
    // What is not text is found before anything is printed.
    let file = File::options().write(true).open(at.join("x.npy")).unwrap();
    let start = file.metadata().unwrap().len() - 19_200 * 16_384;
    file.write_all_at(&0x11_0000u32.to_le_bytes(), start + (60 + 7) * 16_384).unwrap();
    for command in [&["dump", "x.npy"][..], &["show", "--json", "x.npy"]] {
        let output = limited(at, command);
        let line = String::from_utf8(output.stderr).unwrap();
        let out = String::from_utf8(output.stdout).unwrap();
        assert!(output.status.code() == Some(2) && !out.contains("values") && !out.contains("data"), "{out}");
        assert_eq!(line, "arr: x.npy: a code unit is not a Unicode character, in item [0, 1, 7]\n");
    }
}
