//! What the command does where memory, threads or the stack are scarce: its work, or one line and exit code 2.
#![cfg(target_os = "linux")]
#![allow(clippy::panic, reason = "a failed assumption in a test is a failed test")]
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a failed assumption in a test is a failed test")]

#[path = "support/arr.rs"]
mod support;

use std::fmt::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};

use support::{Run, arr_in, f8, folder, names, npy};

/// Runs the command by a shell that has done `before`, so that it begins with what is left.
fn arr_behind(folder: &Path, before: &str, args: &[&str]) -> Run {
    let script = format!("{before}; exec \"$@\"");
    let mut command = Command::new("sh");
    command.args(["-c", &script, "sh", env!("CARGO_BIN_EXE_arr")]).args(args);
    command.current_dir(folder).env_remove("RUST_BACKTRACE").stdin(Stdio::null());
    support::run(command)
}

/// Numbers without a pattern.
fn noise(count: usize) -> Vec<u8> {
    let mut state = 1u64;
    let next = |_| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        state.to_le_bytes()
    };
    (0..count).flat_map(next).collect()
}

/// Honest files of every kind: `plain.npy` and what the command makes of it, an archive of many members, records, and
/// texts.
fn honest(side: usize) -> tempfile::TempDir {
    let shape = format!("({side}, {side})");
    let plain = npy("'<i8'", true, &shape, &noise(side * side));
    let records = npy("[('a', '<i4'), ('b', '>f4')]", false, "(20000,)", &vec![7; 160_000]);
    let texts = npy("'<U3'", false, "(30000,)", &b"a\0\0\0b\0\0\0\0\0\0\0".repeat(30_000));
    let small = npy("'<i4'", false, "(2,)", &[1, 0, 0, 0, 2, 0, 0, 0]);
    let folder = folder(&[
        ("plain.npy", &plain),
        ("records.npy", &records),
        ("texts.npy", &texts),
        ("small.npy", &small),
    ]);
    for made in MADE {
        arr_in(folder.path(), &["convert", "plain.npy", made]).ok();
    }
    arr_in(folder.path(), &["convert", "plain.npy", "deflated.npz", "--level=1"]).ok();
    let mut members = vec!["append".to_owned(), "many.npz".to_owned()];
    arr_in(folder.path(), &["convert", "small.npy", "many.npz"]).ok();
    members.extend((0..1500).map(|at| format!("a/rather/long/name/of/a/member/{at}=small.npy")));
    let members: Vec<&str> = members.iter().map(String::as_str).collect();
    arr_in(folder.path(), &members).ok();
    folder
}

/// What the command itself makes of `plain.npy`.
const MADE: [&str; 9] = [
    "plain.npz",
    "plain.npy.gz",
    "plain.npy.zst",
    "plain.npy.xz",
    "plain.npy.bz2",
    "plain.nd4j",
    "plain.buf",
    "plain.fb",
    "plain.nd4jtxt",
];

/// Commands that read, and how what they read is called.
fn reading() -> Vec<Vec<String>> {
    let mut all = Vec::new();
    let files = MADE.into_iter().chain(["plain.npy", "deflated.npz", "many.npz", "records.npy", "texts.npy"]);
    for file in files {
        for command in ["info --json", "show", "dump", "check", "stats --json"] {
            all.push(format!("{command} {file}"));
        }
        all.push(format!("diff {file} {file}"));
    }
    all.iter().map(|line| line.split(' ').map(str::to_owned).collect()).collect()
}

/// Commands that write `out.*`, which no command has left.
fn writing() -> Vec<Vec<String>> {
    let targets = [
        "out.npz --level=6",
        "out.npz",
        "out.npy.gz",
        "out.npy.zst",
        "out.npy.xz",
        "out.npy.bz2",
        "out.nd4j",
        "out.fb",
        "out.nd4jtxt",
        "out.npy --order=C",
        "out.npy --dtype=<f4",
        "out.npy --byte-order=big",
    ];
    let mut all: Vec<String> = targets.iter().map(|target| format!("convert plain.npy {target}")).collect();
    all.extend(
        ["plain.npy.xz", "plain.npy.zst", "deflated.npz", "plain.nd4jtxt", "plain.fb"]
            .map(|file| format!("convert {file} out.npy")),
    );
    all.extend(["convert many.npz out/", "convert many.npz out.npz --level=6"].map(str::to_owned));
    all.iter().map(|line| line.split(' ').map(str::to_owned).collect()).collect()
}

/// Done, with or without something found, or one line and exit code 2.
fn is_honest(run: &Run) -> bool {
    let is_one_line = run.err.lines().count() == 1 && run.err.starts_with("arr: ") && run.err.ends_with('\n');
    match run.code {
        Some(0) => true,
        Some(2) => is_one_line && !run.err.contains("internal error"),
        // A member that could not be read is a fault.
        Some(1) => run.err.is_empty() || is_one_line,
        _ => false,
    }
}

/// Runs each command at some of the limits, the next ones at each; what is wrong is listed.
fn walk(folder: &Path, limits: &[u32], each: usize) -> (usize, String) {
    let (mut runs, mut wrong, mut next) = (0, String::new(), 0);
    let before = names(folder);
    let untouched = std::fs::read(folder.join("many.npz")).unwrap();
    for args in reading().into_iter().chain(writing()) {
        let args: Vec<&str> = args.iter().map(String::as_str).collect();
        for _ in 0..each {
            let limit = limits[next % limits.len()];
            next += 1;
            let run = arr_behind(folder, &format!("ulimit -v {limit}"), &args);
            runs += 1;
            if !is_honest(&run) {
                let _ = writeln!(wrong, "ulimit -v {limit}: {args:?}: {:?}: {}", run.code, run.err);
            }
            let made: Vec<String> = names(folder).into_iter().filter(|name| !before.contains(name)).collect();
            if made.iter().any(|name| !name.starts_with("out")) || (run.code != Some(0) && !made.is_empty()) {
                let _ = writeln!(
                    wrong,
                    "ulimit -v {limit}: {args:?} ended with {:?} and left {made:?}",
                    run.code
                );
            }
            clear(folder);
        }
    }
    assert!(std::fs::read(folder.join("many.npz")).unwrap() == untouched);
    (runs, wrong)
}

/// The least address space, in KiB, in which the command begins at all, with a little more.
fn least(folder: &Path) -> u32 {
    let starts = |limit: &u32| {
        arr_behind(folder, &format!("ulimit -v {limit}"), &["info", "small.npy"]).code == Some(0)
    };
    (4_000..60_000).step_by(500).find(starts).expect("a limit at which it begins") + 500
}

/// Limits from the least to 130 MB, closer to each other where they are low.
fn limits(folder: &Path, count: u32) -> Vec<u32> {
    let (least, most) = (least(folder), 130_000u32);
    (0..count).map(|at| least + (most - least) / (count * count) * at * at).collect()
}

#[test]
fn little_memory_is_an_error_at_worst() {
    let folder = honest(300);
    let (runs, wrong) = walk(folder.path(), &limits(folder.path(), 7), 1);
    assert!(wrong.is_empty(), "{wrong}");
    assert!(runs > 90, "{runs}");
}

#[test]
#[ignore = "takes long: it starts the command more than 800 times"]
fn little_memory_is_an_error_at_worst_at_any_limit() {
    let folder = honest(1200);
    let (runs, wrong) = walk(folder.path(), &limits(folder.path(), 41), 8);
    assert!(wrong.is_empty(), "{wrong}");
    assert!(runs >= 800, "{runs}");
}

/// Removes what commands have written.
fn clear(folder: &Path) {
    for name in names(folder).into_iter().filter(|name| name.starts_with("out")) {
        let path = folder.join(name);
        std::fs::remove_file(&path).or_else(|_| std::fs::remove_dir_all(&path)).unwrap();
    }
}

/// What makes a user who may have one process of the one who runs the tests.
const ALONE: [&str; 5] = ["--reuid=65534", "--regid=65534", "--clear-groups", "prlimit", "--nproc=1"];

#[test]
fn no_thread_is_needed() {
    // Only root can become another user, to whom the limit applies.
    let tried = Command::new("setpriv").args(ALONE).arg("true").stderr(Stdio::null()).status();
    if !tried.is_ok_and(|status| status.success()) {
        return;
    }
    let folder = honest(400);
    let everybody = std::os::unix::fs::PermissionsExt::from_mode(0o777);
    std::fs::set_permissions(folder.path(), everybody).unwrap();
    let arr = folder.path().join("arr");
    std::fs::copy(env!("CARGO_BIN_EXE_arr"), &arr).unwrap();
    for args in reading().into_iter().chain(writing()) {
        let words: Vec<&str> = args.iter().map(String::as_str).collect();
        let expected = arr_in(folder.path(), &words);
        clear(folder.path());
        let mut command = Command::new("setpriv");
        command.args(ALONE).arg(&arr).args(&words).current_dir(folder.path()).stdin(Stdio::null());
        let found = support::run(command);
        clear(folder.path());
        assert_eq!((found.code, &found.err), (expected.code, &expected.err), "{args:?}");
        assert!(found.bytes == expected.bytes, "{args:?}");
    }
}

/// Whatever the number of threads, the results are the same.
#[test]
fn threads_can_be_chosen() {
    let folder = honest(700);
    for command in
        ["stats --json plain.npy", "show deflated.npz", "dump plain.npy.gz", "diff plain.npy plain.npz"]
    {
        let args: Vec<&str> = command.split(' ').collect();
        let expected = arr_in(folder.path(), &args).ok();
        for threads in ["--threads=1", "--threads=3"] {
            assert!(
                arr_in(folder.path(), &[&args[..], &[threads]].concat()).ok() == expected,
                "{command} {threads}"
            );
        }
    }
    let convert = |name: &str, threads: &str| {
        arr_in(folder.path(), &["convert", "plain.npy", name, "--level=6", threads]).ok();
        std::fs::read(folder.path().join(name)).unwrap()
    };
    assert!(convert("one.npz", "--threads=1") == convert("three.npz", "--threads=3"));
    for wrong in ["0", "-1", "many", "5000"] {
        let run = arr_in(folder.path(), &["show", "small.npy", &format!("--threads={wrong}")]);
        assert!(run.code == Some(2) && run.err.contains("--threads"), "{run:?}");
    }
}

/// A file of two items whose dtype is nested as deeply as is read.
fn deep(open: &str, inner: &str, close: &str, brackets: usize) -> Vec<u8> {
    // One bracket is that of the header.
    let levels = 199 / brackets;
    let descr = [&open.repeat(levels), inner, &close.repeat(levels)].concat();
    npy(&descr, false, "(2,)", &f8(&[0.0; 500]))
}

#[test]
fn a_small_stack_is_enough() {
    let files = [
        ("records.npy", deep("[('a', ", "'<f4'", ")]", 2)),
        ("wide.npy", deep("[('a', '<i2'), ('b', ", "'<f4'", ")]", 2)),
        ("lists.npy", deep("[['a', ", "'>i8'", "]]", 2)),
        ("titles.npy", deep("[(('t', 'a'), ", "'|S3'", ")]", 2)),
        ("arrays.npy", deep("[('a', ", "'<f4'", ", (1,))]", 2)),
        ("tuples.npy", deep("(", "'<f4'", ")", 1)),
        ("deeper.npy", deep("((((((((((", "'<f4'", "))))))))))", 9)),
    ];
    let files: Vec<(&str, &[u8])> = files.iter().map(|(name, bytes)| (*name, bytes.as_slice())).collect();
    let folder = folder(&files);
    let commands = [
        "info FILE",
        "info --json FILE",
        "show FILE",
        "show --json FILE",
        "dump FILE",
        "check FILE",
        "check --json FILE",
        "stats FILE",
        "stats --json FILE",
        "diff FILE FILE",
        "diff --json FILE FILE",
        "convert FILE out.npy --force",
        "convert FILE out.npz --force",
        "convert FILE out.npy --force --byte-order=big",
        "convert FILE out.npy --force --dtype=<f8=<f4",
    ];
    let mut wrong = String::new();
    for (file, _) in &files {
        for command in commands {
            let command = command.replace("FILE", file);
            let args: Vec<&str> = command.split(' ').collect();
            let run = arr_behind(folder.path(), "ulimit -s 128", &args);
            let expected = arr_in(folder.path(), &args);
            if (run.code, &run.out) != (expected.code, &expected.out) {
                let _ = writeln!(wrong, "{command}: {:?} {}", run.code, run.err.lines().last().unwrap_or(""));
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong}");
}
