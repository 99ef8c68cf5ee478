//! The files of a folder appear all or none, and signals leave nothing behind.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a failed assumption in a test is a failed test")]
#![cfg(unix)]

#[path = "support/arr.rs"]
mod support;

use std::fs;
use std::os::unix::fs::{PermissionsExt, chown, symlink};
use std::os::unix::process::ExitStatusExt;
use std::path::Path;
use std::process::{Child, Command, Stdio};

use rustix::process::{Pid, Signal, kill_process};
use support::{arr_in, command, names};

/// Everything below a folder: names, modes, links and contents.
fn everything(folder: &Path) -> Vec<(String, u32, Vec<u8>)> {
    let mut found = Vec::new();
    for name in names(folder) {
        let path = folder.join(&name);
        let metadata = path.symlink_metadata().unwrap();
        let mode = metadata.permissions().mode();
        if metadata.is_dir() {
            found.push((name.clone(), mode, Vec::new()));
            let below = everything(&path).into_iter();
            found.extend(below.map(|(below, mode, bytes)| (format!("{name}/{below}"), mode, bytes)));
        } else if metadata.is_symlink() {
            found.push((name, mode, fs::read_link(&path).unwrap().into_os_string().into_encoded_bytes()));
        } else if metadata.is_file() {
            found.push((name, mode, fs::read(&path).unwrap()));
        } else {
            found.push((name, mode, Vec::new()));
        }
    }
    found
}

/// A folder with the archive `t.npz` of x, y and sub/z.
fn with_archive() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("t.npz");
    arr_io::save(&file, &vec![0.0]).unwrap();
    let members = [("x", vec![1.0]), ("y", vec![2.0]), ("sub/z", vec![3.0])];
    arr_io::add_members(&file, &members, &arr_io::format::Writing::new()).unwrap();
    folder
}

#[test]
fn a_folder_stays_as_it_was_when_something_is_in_the_way() {
    type Prepare = fn(&Path);
    let cases: [(&str, Prepare); 5] = [
        ("it is a directory", |folder| fs::create_dir_all(folder.join("y.npy/k")).unwrap()),
        ("it is a pipe", |folder| {
            let made = Command::new("mkfifo").arg(folder.join("y.npy")).status().unwrap();
            assert!(made.success());
        }),
        ("sub is no directory", |folder| fs::write(folder.join("sub"), "a file").unwrap()),
        ("too many levels of symbolic links", |folder| symlink("y.npy", folder.join("y.npy")).unwrap()),
        ("is a link to the same file as", |folder| symlink("x.npy", folder.join("y.npy")).unwrap()),
    ];
    for (message, prepare) in cases {
        let folder = with_archive();
        let out = folder.path().join("d");
        fs::create_dir(&out).unwrap();
        fs::write(out.join("x.npy"), "old").unwrap();
        prepare(&out);
        let before = everything(&out);
        let error = arr_in(folder.path(), &["convert", "t.npz", "d/", "--force"]).fails();
        assert!(error.contains(message), "{error}");
        assert_eq!(everything(&out), before, "{message}");
        assert_eq!(names(folder.path()), ["d", "t.npz"]);
    }
}

#[test]
fn replaced_files_of_a_folder_keep_mode_and_links() {
    let folder = with_archive();
    let out = folder.path().join("d");
    fs::create_dir(&out).unwrap();
    fs::write(out.join("x.npy"), "old").unwrap();
    fs::hard_link(out.join("x.npy"), folder.path().join("other")).unwrap();
    fs::set_permissions(out.join("x.npy"), fs::Permissions::from_mode(0o604)).unwrap();
    fs::write(folder.path().join("real"), "old").unwrap();
    fs::set_permissions(folder.path().join("real"), fs::Permissions::from_mode(0o600)).unwrap();
    symlink("../real", out.join("y.npy")).unwrap();
    arr_in(folder.path(), &["convert", "t.npz", "d/", "--force"]).ok();
    let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!((mode(&out.join("x.npy")), mode(&folder.path().join("real"))), (0o604, 0o600));
    assert!(out.join("y.npy").symlink_metadata().unwrap().is_symlink());
    assert_eq!(fs::read(folder.path().join("other")).unwrap(), b"old");
    for (name, value) in [("x.npy", 1.0), ("y.npy", 2.0), ("sub/z.npy", 3.0)] {
        assert_eq!(arr_io::open(out.join(name)).unwrap().to_vec::<f64>().unwrap(), [value]);
    }
    assert_eq!(names(&out), ["arr_0.npy", "sub", "x.npy", "y.npy"]);
}

#[cfg(target_os = "linux")]
#[test]
fn a_link_to_another_file_system_is_followed() {
    use std::os::unix::fs::MetadataExt;
    let folder = with_archive();
    let elsewhere = tempfile::tempdir_in("/dev/shm").ok();
    let device = |path: &Path| fs::metadata(path).unwrap().dev();
    let elsewhere = elsewhere.filter(|elsewhere| device(elsewhere.path()) != device(folder.path()));
    let Some(elsewhere) = elsewhere else {
        eprintln!("passed over: there is no other file system");
        return;
    };
    let (out, real) = (folder.path().join("d"), elsewhere.path().join("real"));
    fs::create_dir(&out).unwrap();
    fs::write(&real, "old").unwrap();
    fs::set_permissions(&real, fs::Permissions::from_mode(0o640)).unwrap();
    symlink(&real, out.join("x.npy")).unwrap();
    arr_in(folder.path(), &["convert", "t.npz", "d/", "--force"]).ok();
    assert_eq!(arr_io::open(&real).unwrap().to_vec::<f64>().unwrap(), [1.0]);
    assert_eq!(fs::metadata(&real).unwrap().permissions().mode() & 0o777, 0o640);
    // Nothing is replaced, there or here, where something is in the way.
    fs::write(&real, "older").unwrap();
    fs::remove_file(out.join("y.npy")).unwrap();
    fs::create_dir(out.join("y.npy")).unwrap();
    arr_in(folder.path(), &["convert", "t.npz", "d/", "--force"]).fails();
    assert_eq!(
        (fs::read(&real).unwrap(), names(elsewhere.path())),
        (b"older".to_vec(), vec!["real".to_owned()])
    );
}

/// `arr` as a user who is bound by permissions, where this one is not; `None` where that can't be done.
fn as_somebody(folder: &Path, words: &[&str]) -> Option<Command> {
    if !rustix::process::geteuid().is_root() {
        return Some(command(folder, words));
    }
    let tool = folder.join(".tool");
    fs::copy(env!("CARGO_BIN_EXE_arr"), &tool).unwrap();
    let mut other = Command::new("setpriv");
    other.args(["--reuid=65534", "--regid=65534", "--clear-groups"]).arg(tool).args(words);
    other.current_dir(folder);
    let works = Command::new("setpriv").args(["--reuid=65534", "true"]).status();
    works.is_ok_and(|status| status.success()).then_some(other)
}

#[test]
fn files_that_were_replaced_come_back_when_a_later_one_fails() {
    let folder = with_archive();
    let out = folder.path().join("d");
    fs::create_dir_all(out.join("sub")).unwrap();
    for name in ["x.npy", "sub/z.npy"] {
        fs::write(out.join(name), "old").unwrap();
    }
    if rustix::process::geteuid().is_root() {
        for path in [folder.path(), &out, &out.join("x.npy"), &out.join("sub"), &out.join("sub/z.npy")] {
            chown(path, Some(65534), Some(65534)).unwrap();
        }
    }
    fs::set_permissions(out.join("sub"), fs::Permissions::from_mode(0o555)).unwrap();
    let Some(mut command) = as_somebody(folder.path(), &["convert", "t.npz", "d/", "--force"]) else {
        eprintln!("passed over: as root it takes setpriv");
        return;
    };
    let before = everything(&out);
    let run = command.output().unwrap();
    let error = String::from_utf8_lossy(&run.stderr).into_owned();
    fs::set_permissions(out.join("sub"), fs::Permissions::from_mode(0o755)).unwrap();
    assert_eq!(run.status.code(), Some(2), "{error}");
    assert!(
        error.contains("d/sub/z.npy: can't give the file its name") && !error.contains(".arr"),
        "{error}"
    );
    fs::set_permissions(out.join("sub"), fs::Permissions::from_mode(0o555)).unwrap();
    assert_eq!(everything(&out), before);
    fs::set_permissions(out.join("sub"), fs::Permissions::from_mode(0o755)).unwrap();
}

/// A folder with an archive that takes long to convert into the folder `out`.
fn with_slow_archive() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let mut number = 1u64;
    let members: Vec<(String, Vec<u64>)> = (0..16)
        .map(|member| {
            let items = (0..100_000).map(|_| {
                number =
                    number.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
                number >> 20
            });
            (format!("k{member}"), items.collect())
        })
        .collect();
    arr_io::save(folder.path().join("m.npz"), &vec![0.0]).unwrap();
    arr_io::add_members(folder.path().join("m.npz"), &members, &arr_io::format::Writing::new()).unwrap();
    folder
}

const SLOW: [&str; 7] = ["convert", "m.npz", "out/", "--to", "npz", "--level", "9"];

/// Starts the conversion and waits until its hidden folder is there; `None` when it was over before that was seen.
fn started(mut command: Command, folder: &Path) -> Option<Child> {
    let mut child = command.stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
    loop {
        if names(folder).iter().any(|name| name.starts_with(".out.")) {
            return Some(child);
        }
        if child.try_wait().unwrap().is_some() {
            return None;
        }
        std::thread::yield_now();
    }
}

fn send(child: &Child, signal: Signal) {
    let pid = Pid::from_child(child);
    let _ = kill_process(pid, signal);
}

/// True when whoever started the tests ignores a signal, as `nohup` does: then the command does so, too.
fn is_ignored(number: i32) -> bool {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let bits = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    bits.is_some_and(|bits| u64::from_str_radix(bits.trim(), 16).unwrap() >> (number - 1) & 1 == 1)
}

#[test]
fn signals_leave_nothing_behind() {
    let folder = with_slow_archive();
    let signals = [(Signal::INT, 2), (Signal::TERM, 15), (Signal::HUP, 1)];
    for (signal, number) in signals.into_iter().filter(|(_, number)| !is_ignored(*number)) {
        // Should the work be over before the signal comes, nothing was tried.
        let ended = (0..20).find_map(|_| {
            let _ = fs::remove_dir_all(folder.path().join("out"));
            let child = started(command(folder.path(), &SLOW), folder.path())?;
            send(&child, signal);
            let run = child.wait_with_output().unwrap();
            run.status.signal().map(|signal| (signal, run.stderr))
        });
        let (signal, error) = ended.unwrap();
        assert_eq!((signal, String::from_utf8_lossy(&error).into_owned()), (number, String::new()));
        assert_eq!(names(folder.path()), ["m.npz"]);
    }
}

#[test]
fn a_signal_that_is_ignored_stays_so() {
    let folder = with_slow_archive();
    let mut shell = Command::new("sh");
    shell.args(["-c", "trap '' INT; exec \"$0\" \"$@\"", env!("CARGO_BIN_EXE_arr")]).args(SLOW);
    shell.current_dir(folder.path());
    if let Some(child) = started(shell, folder.path()) {
        send(&child, Signal::INT);
        assert!(child.wait_with_output().unwrap().status.success());
    }
    assert_eq!(names(&folder.path().join("out")), ["m.npz"]);
}

#[test]
fn what_a_killed_command_leaves_is_removed_by_the_next_one() {
    let folder = with_slow_archive();
    let left = (0..20).any(|_| {
        let _ = fs::remove_dir_all(folder.path().join("out"));
        let Some(child) = started(command(folder.path(), &SLOW), folder.path()) else { return false };
        send(&child, Signal::KILL);
        child.wait_with_output().unwrap();
        names(folder.path()).contains(&".out.arr0.tmp".to_owned())
    });
    assert!(left);
    arr_in(folder.path(), &["convert", "m.npz", "out/", "--force"]).ok();
    assert_eq!(names(folder.path()), ["m.npz", "out"]);
}

/// Waits until all threads of a process have stopped, or it has ended: that takes a while on a busy machine.
fn wait_for_stop(child: &Child) {
    let tasks = format!("/proc/{}/task", child.id());
    let is_running = || {
        fs::read_dir(&tasks).into_iter().flatten().flatten().any(|task| {
            let status = fs::read_to_string(task.path().join("stat")).unwrap_or_default();
            let state = status.rsplit_once(") ").and_then(|(_, rest)| rest.chars().next());
            state.is_some_and(|state| !matches!(state, 'T' | 'Z' | 'X'))
        })
    };
    while is_running() {
        std::thread::yield_now();
    }
}

#[test]
fn the_files_of_a_running_command_are_left_alone() {
    let folder = with_slow_archive();
    let Some(mut child) = started(command(folder.path(), &SLOW), folder.path()) else { return };
    let hidden = folder.path().join(".out.arr0.tmp");
    // Before it is locked, it looks like one that was left behind; what is in it came later.
    let is_filled = || fs::read_dir(&hidden).is_ok_and(|mut entries| entries.next().is_some());
    while !is_filled() && child.try_wait().unwrap().is_none() {
        std::thread::yield_now();
    }
    send(&child, Signal::STOP);
    wait_for_stop(&child);
    let is_there = hidden.exists();
    arr_in(folder.path(), &["convert", "m.npz", "out/"]).ok();
    assert_eq!(hidden.exists(), is_there);
    send(&child, Signal::CONT);
    child.wait_with_output().unwrap();
    assert_eq!(names(folder.path()), ["m.npz", "out"]);
}

#[test]
fn an_append_that_waits_for_a_pipe_ends_by_a_signal() {
    if is_ignored(2) {
        return;
    }
    let folder = with_archive();
    arr_io::save(folder.path().join("x.npy"), &vec![1.0]).unwrap();
    let before = fs::read(folder.path().join("x.npy")).unwrap();
    let mut command = command(folder.path(), &["append", "x.npy", "-"]);
    let mut child =
        command.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
    // A header, and the first of its rows.
    let mut bytes = support::npy("'<f8'", false, "(3,)", &support::f8(&[1.0, 2.0, 3.0]));
    bytes.truncate(bytes.len() - 8);
    std::io::Write::write_all(child.stdin.as_mut().unwrap(), &bytes).unwrap();
    while child.try_wait().unwrap().is_none() {
        send(&child, Signal::INT);
        std::thread::yield_now();
    }
    let run = child.wait_with_output().unwrap();
    assert_eq!(run.status.signal(), Some(2));
    assert_eq!(fs::read(folder.path().join("x.npy")).unwrap(), before);
}
