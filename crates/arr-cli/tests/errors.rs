//! Exit codes, the one line of an error, and how output ends.

#[path = "support/arr.rs"]
mod support;

use std::io::{BufRead, BufReader, Read};
use std::process::Stdio;

use support::{arr_in, arr_with_input, command, f8, folder, npy};

#[test]
fn help_and_version_are_no_errors() {
    let folder = folder(&[]);
    assert!(arr_in(folder.path(), &["--help"]).ok().contains("Usage: arr [OPTIONS] <COMMAND>"));
    assert!(arr_in(folder.path(), &["--version"]).ok().starts_with("arr "));
    for name in
        ["info", "show", "convert", "dump", "diff", "check", "stats", "plot", "formats", "completions", "man"]
    {
        assert!(arr_in(folder.path(), &[name, "--help"]).ok().contains("Example"), "{name}");
    }
}

#[test]
fn wrong_usage_is_2() {
    let folder = folder(&[("x.npy", &npy("'<f8'", false, "(1,)", &f8(&[1.0])))]);
    for args in [
        &[][..],
        &["nonsense"],
        &["info"],
        &["show", "x.npy", "--slice", "a:b"],
        &["show", "x.npy", "--from", "nonsense"],
        &["show", "x.npy", "--max-bytes", "many"],
        &["convert", "x.npy"],
        &["convert", "x.npy", "y.npy", "--order", "Z"],
        &["convert", "x.npy", "y.npy", "--dtype", "nonsense"],
        &["diff", "x.npy"],
        &["diff", "x.npy", "x.npy", "--rtol=-1"],
        &["completions", "tcsh"],
    ] {
        let run = arr_in(folder.path(), args);
        assert_eq!((run.code, run.out.as_str(), run.err.is_empty()), (Some(2), "", false), "{args:?}");
    }
}

#[test]
fn errors_are_one_line_to_the_letter() {
    let good = npy("'<f8'", false, "(2,)", &f8(&[1.0, 2.0]));
    let folder = folder(&[
        ("list.npy", &npy("['<f8']", false, "(2,)", &[])),
        ("header.npy", b"\x93NUMPY\x01\x00\x04\x00[1]\n"),
        ("cut.npy", &good[..good.len() - 1]),
        ("empty.npy", b""),
        ("elf", b"\x7fELF\x02\x01\x01\x00"),
        ("object.npy", &npy("'|O'", false, "(1,)", b"\x80\x04K\x01Q.")),
        ("good.npy", &good),
        ("new\nline.npy", b"\x93NUMPY\x01\x00\x04\x00[1]\n"),
    ]);
    let error = |args: &[&str]| arr_in(folder.path(), args).fails();
    assert_eq!(
        error(&["dump", "header.npy"]),
        "arr: header.npy: npy: header is not a dictionary (at byte 10)"
    );
    assert_eq!(
        error(&["info", "header.npy"]),
        "arr: header.npy: npy: header is not a dictionary (at byte 10)"
    );
    assert_eq!(
        error(&["show", "new\nline.npy"]),
        "arr: new\\nline.npy: npy: header is not a dictionary (at byte 10)"
    );
    assert_eq!(
        error(&["show", "cut.npy"]),
        "arr: cut.npy: npy: the input ends inside the data: expected 16 bytes, found 15 (at byte 128)"
    );
    assert_eq!(error(&["show", "empty.npy"]), "arr: empty.npy: the file is empty (at byte 0)");
    assert_eq!(
        error(&["show", "elf"]),
        "arr: elf: not an array file (starts with the bytes 7f454c4602010100) (at byte 0)"
    );
    assert_eq!(
        error(&["show", "missing.npy"]),
        "arr: missing.npy: can't open: No such file or directory (os error 2)"
    );
    assert_eq!(error(&["show", "."]), "arr: .: can't open: it is a directory");
    assert!(
        error(&["dump", "object.npy"]).starts_with("arr: object.npy: pickle: a persistent id (Int(1)) names")
    );
    assert_eq!(
        error(&["show", "good.npy", "--slice", "5"]),
        "arr: good.npy: index 5 is out of bounds for an axis of 2 items"
    );
    assert_eq!(
        error(&["show", "good.npy", "--max-bytes", "15"]),
        "arr: good.npy: npy: 16 bytes of data exceed the limit of 15 bytes; --max-bytes allows more (at byte 128)"
    );
    assert_eq!(
        error(&["show", "good.npy", "--max-header-size", "100"]),
        "arr: good.npy: npy: a header of 118 bytes exceeds the limit of 100 bytes; --max-header-size allows more (at byte 8)"
    );
    arr_in(folder.path(), &["show", "good.npy", "--max-bytes", "1k", "--max-header-size=1Ki"]).ok();
}

#[test]
fn standard_input_is_named_by_a_dash() {
    let folder = folder(&[]);
    let good = npy("'<f8'", false, "(2,)", &f8(&[1.0, 2.5]));
    assert_eq!(arr_with_input(folder.path(), &["show", "-"], &good).ok(), "[1.  2.5]\n");
    assert_eq!(arr_with_input(folder.path(), &["show", "--", "-::0"], &good).ok(), "[1.  2.5]\n");
    assert_eq!(
        arr_with_input(folder.path(), &["show", "-"], b"\x93NUMPY\x01\x00\x04\x00[1]\n").fails(),
        "arr: -: npy: header is not a dictionary (at byte 10)"
    );
    assert_eq!(
        arr_with_input(folder.path(), &["show", "-"], &good[..130]).fails(),
        "arr: -: npy: the input ends inside the data: expected 16 bytes, found 2 (at byte 128)"
    );
    assert_eq!(
        arr_with_input(folder.path(), &["diff", "-", "-"], &good).fails(),
        "arr: -: standard input can be read only once"
    );
}

/// Whoever reads the output may stop when he has seen enough.
#[test]
fn a_closed_pipe_ends_quietly() {
    let folder = folder(&[("x.npy", &npy("'<f8'", false, "(100000,)", &f8(&vec![0.5; 100_000])))]);
    for args in
        [&["dump", "x.npy"][..], &["show", "x.npy", "--json"], &["convert", "x.npy", "-", "--to", "npy"]]
    {
        let mut child =
            command(folder.path(), args).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let mut out = BufReader::with_capacity(16, child.stdout.take().unwrap());
        assert!(!out.fill_buf().unwrap().is_empty());
        drop(out);
        let mut err = String::new();
        child.stderr.take().unwrap().read_to_string(&mut err).unwrap();
        assert_eq!((child.wait().unwrap().code(), err.as_str()), (Some(0), ""), "{args:?}");
    }
}

/// What `diff` found is told by its code, even if nobody reads the report.
#[test]
fn a_closed_pipe_does_not_hide_a_difference() {
    let folder = folder(&[
        ("a.npy", &npy("'<f8'", false, "(1,)", &f8(&[1.0]))),
        ("b.npy", &npy("'<f8'", false, "(1,)", &f8(&[2.0]))),
    ]);
    let mut child =
        command(folder.path(), &["diff", "a.npy", "b.npy"]).stdout(Stdio::piped()).spawn().unwrap();
    drop(child.stdout.take());
    assert_eq!(child.wait().unwrap().code(), Some(1));
}

#[cfg(target_os = "linux")]
#[test]
fn a_full_disk_is_an_error() {
    let folder = folder(&[("x.npy", &npy("'<f8'", false, "(1,)", &f8(&[1.0])))]);
    for args in [&["show", "x.npy"][..], &["dump", "x.npy"], &["info", "x.npy"], &["formats"]] {
        let full = std::fs::File::options().write(true).open("/dev/full").unwrap();
        let output = command(folder.path(), args).stdout(full).output().unwrap();
        let err = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(2), "{args:?}");
        assert_eq!(err, "arr: -: can't write: No space left on device (os error 28)\n", "{args:?}");
    }
}
