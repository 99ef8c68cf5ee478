//! Standard output, input and error that are closed or full, pipes where files are expected, folders that can't be entered.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a failed assumption in a test is a failed test")]
#![cfg(unix)]

#[path = "support/arr.rs"]
mod support;

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::{Command, Stdio};

use arr_conformance::own_file;
use support::{arr_in, npy};

/// Runs a line of a shell in which `$0` is `arr`: gives the exit code and standard error.
fn shell(folder: &Path, line: &str) -> (Option<i32>, String) {
    let mut shell = Command::new("sh");
    shell.args(["-c", line, env!("CARGO_BIN_EXE_arr")]).current_dir(folder).stdin(Stdio::null());
    let run = shell.output().unwrap();
    (run.status.code(), String::from_utf8_lossy(&run.stderr).into_owned())
}

fn with_file() -> tempfile::TempDir {
    support::folder(&[("x.npy", &npy("'<f8'", false, "(2,)", &support::f8(&[1.0, 2.0])))])
}

/// Every command that prints.
const PRINTING: [&str; 20] = [
    "info x.npy",
    "info x.npy --json",
    "show x.npy",
    "show x.npy --json",
    "dump x.npy",
    "diff x.npy x.npy",
    "diff x.npy x.npy --json",
    "check x.npy",
    "check x.npy --json",
    "stats x.npy",
    "stats x.npy --json",
    "convert x.npy - --to npy",
    "formats",
    "formats --json",
    "completions bash",
    "man",
    "--help",
    "--version",
    "show --help",
    "help show",
];

#[test]
fn output_that_is_lost_is_an_error() {
    let folder = with_file();
    for command in PRINTING {
        for (output, why) in [(">&-", "standard output is closed"), (">/dev/full", "No space left")] {
            if output == ">/dev/full" && !Path::new("/dev/full").exists() {
                continue;
            }
            let (code, error) = shell(folder.path(), &format!("\"$0\" {command} {output}"));
            assert_eq!(code, Some(2), "{command} {output}: {error}");
            let is_line = error.starts_with("arr: ") && error.lines().count() == 1;
            assert!(is_line && error.contains(why), "{command} {output}: {error}");
        }
        let (code, error) = shell(folder.path(), &format!("\"$0\" {command} >/dev/null"));
        assert_eq!((code, error.as_str()), (Some(0), ""), "{command}");
    }
    // What prints nothing does not need it.
    let (code, error) = shell(folder.path(), "\"$0\" convert x.npy y.npy >&-");
    assert_eq!((code, error.as_str()), (Some(0), ""));
}

#[test]
fn closed_input_and_error_are_no_panic() {
    let folder = with_file();
    for command in [
        "show -",
        "check -",
        "convert - y.npy",
        "append x.npy -",
        "repair - z.npz",
        "diff - x.npy",
        "dump -",
        "stats -",
    ] {
        let (code, error) = shell(folder.path(), &format!("\"$0\" {command} <&-"));
        assert!(code.is_some_and(|code| code == 1 || code == 2), "{command}: {code:?}");
        assert!(!error.contains("internal"), "{command}: {error}");
    }
    for command in ["show missing.npy", "check missing.npy", "frobnicate", "convert x.npy x.npy"] {
        let (code, error) = shell(folder.path(), &format!("\"$0\" {command} 2>&-"));
        assert_eq!((code, error.as_str()), (Some(2), ""), "{command}");
    }
    let (code, _) = shell(folder.path(), "\"$0\" show x.npy <&- >&- 2>&-");
    assert_eq!(code, Some(2));
}

#[test]
fn what_is_no_file_is_not_waited_for() {
    let folder = with_file();
    assert!(Command::new("mkfifo").arg(folder.path().join("pipe.npy")).status().unwrap().success());
    let socket = folder.path().join("socket.npy");
    let _listener = std::os::unix::net::UnixListener::bind(&socket).unwrap();
    fs::create_dir(folder.path().join("folder.npy")).unwrap();
    fs::write(folder.path().join("x.npz"), "").unwrap();
    for (name, what) in [("pipe.npy", "a pipe"), ("socket.npy", "a socket"), ("folder.npy", "a directory")] {
        let error = arr_in(folder.path(), &["append", name, "x.npy"]).fails();
        assert_eq!(error, format!("arr: {name}: can't open: it is not a regular file but {what}"));
        let path = folder.path().join(name);
        let member = arr_io::add_members(&path, &[("a", vec![1.0])], &arr_io::format::Writing::new());
        let errors = [
            member.unwrap_err(),
            own_file!(arr_io::Mmap::open(&path)).unwrap_err(),
            own_file!(arr_io::MmapMut::open(&path)).unwrap_err(),
            own_file!(arr_io::MmapMut::open_private(&path)).unwrap_err(),
            arr_io::format::GrownFile::open(&path).unwrap_err(),
        ];
        for error in errors {
            assert!(error.to_string().contains(what), "{error}");
        }
    }
    let error = arr_in(folder.path(), &["append", "/dev/null", "x.npy"]).fails();
    assert!(error.contains("a device"), "{error}");
}

#[test]
fn links_that_lead_in_a_circle_are_an_error_and_stay() {
    let folder = with_file();
    for (from, to) in [("l1", "l2"), ("l2", "l1")] {
        std::os::unix::fs::symlink(to, folder.path().join(from)).unwrap();
    }
    for command in [
        ["convert", "x.npy", "l1", "--to", "npy", "--force"].as_slice(),
        &["convert", "x.npy", "l1/", "--force"],
        &["convert", "x.npy", "l1::k", "--to", "npz", "--force"],
        &["append", "l1", "x.npy"],
        &["show", "l1"],
    ] {
        let error = arr_in(folder.path(), command).fails();
        assert!(error.to_lowercase().contains("too many levels of symbolic links"), "{command:?}: {error}");
        for link in ["l1", "l2"] {
            assert!(folder.path().join(link).symlink_metadata().unwrap().is_symlink(), "{command:?}");
        }
    }
}

#[test]
fn folders_that_cannot_be_entered_are_named() {
    let folder = with_file();
    let top = folder.path().join("top");
    for name in ["closed", "listed", "open"] {
        fs::create_dir_all(top.join(name)).unwrap();
        fs::copy(folder.path().join("x.npy"), top.join(name).join("x.npy")).unwrap();
    }
    let mode =
        |name: &str, mode| fs::set_permissions(top.join(name), fs::Permissions::from_mode(mode)).unwrap();
    std::os::unix::fs::symlink("nowhere", top.join("dangling.npy")).unwrap();
    let arr = folder.path().join("arr");
    fs::copy(env!("CARGO_BIN_EXE_arr"), &arr).unwrap();
    fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o755)).unwrap();
    mode("closed", 0o000);
    mode("listed", 0o744);
    let is_root = rustix::process::geteuid().is_root();
    let user = if is_root { "setpriv --reuid=65534 --regid=65534 --clear-groups" } else { "" };
    if !is_root {
        mode("listed", 0o444);
    }
    let run = |line: &str| {
        let run = Command::new("sh").args(["-c", line]).current_dir(folder.path()).output().unwrap();
        let text = |bytes| String::from_utf8_lossy(bytes).into_owned();
        (run.status.code(), text(&run.stdout), text(&run.stderr))
    };
    let (code, out, error) = run(&format!("{user} ./arr check top"));
    let (_, json, _) = run(&format!("{user} ./arr check top --json"));
    for name in ["closed", "listed"] {
        mode(name, 0o755);
    }
    if is_root && error.contains("setpriv") {
        eprintln!("passed over: as root it takes setpriv");
        return;
    }
    let ok = "top/open/x.npy: ok\n1 of 3 files is ok, 2 could not be judged\n";
    assert_eq!((code, out.as_str()), (Some(2), ok), "{error}");
    let lines: Vec<&str> = error.lines().collect();
    assert_eq!(lines.len(), 2, "{error}");
    assert!(
        lines[0].starts_with("arr: top/closed: ") && lines[1].starts_with("arr: top/listed/x.npy: "),
        "{error}"
    );
    let list: Vec<serde_json::Value> = serde_json::from_str(&json).unwrap();
    let files: Vec<_> =
        list.iter().map(|object| (object["file"].as_str().unwrap(), object["error"].is_string())).collect();
    assert_eq!(files, [("top/closed", true), ("top/listed/x.npy", true), ("top/open/x.npy", false)]);
}

#[test]
fn names_that_windows_changes_are_refused_on_request() {
    let folder = tempfile::tempdir().unwrap();
    for (number, name) in
        ["ab:stream", "con ", "COM\u{b9}", "dir./w", "dir /w", "a?b"].into_iter().enumerate()
    {
        let file = format!("{number}.npz");
        arr_io::save(folder.path().join(&file), &vec![0.0]).unwrap();
        let members = [(name, vec![1.0])];
        arr_io::add_members(folder.path().join(&file), &members, &arr_io::format::Writing::new()).unwrap();
        let out = format!("out{number}/");
        let error = arr_in(folder.path(), &["convert", &file, &out, "--windows-names"]).fails();
        assert!(error.contains("Windows"), "{name}: {error}");
        // The others are there.
        let is_there = |name: &str| folder.path().join(&out).join(name).exists();
        assert!(is_there("arr_0.npy") && !is_there("w.npy"), "{name}");
        if cfg!(not(windows)) {
            arr_in(folder.path(), &["convert", &file, &out, "--force"]).ok();
        }
    }
}
