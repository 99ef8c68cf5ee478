//! What people read. `cargo xtask snapshots` accepts changes.
#![allow(clippy::unwrap_used, reason = "a failed assumption in a test is a failed test")]

#[path = "support/arr.rs"]
mod support;

use insta::assert_snapshot;
use support::{arr_in, fixtures};

/// The text of commands over the NumPy fixtures, each behind its command line.
fn transcript(commands: &[&str]) -> String {
    let folder = fixtures().join("numpy/npy");
    let mut text = String::new();
    for line in commands {
        let args: Vec<&str> = line.split(' ').collect();
        let run = arr_in(&folder, &args);
        text.push_str(&format!("$ arr {line}\n{}{}", run.out, run.err));
        if run.code != Some(0) {
            text.push_str(&format!("[exit {:?}]\n", run.code.unwrap()));
        }
        text.push('\n');
    }
    text
}

#[test]
fn snapshot_of_info_of_every_fixture() {
    let text = arr_in(&fixtures().join("numpy"), &["info", "npy"]).ok();
    // Dtypes are whole, and that of one file has some thousand fields.
    let beginning = |line: &str| line.chars().take(240).collect::<String>();
    assert_snapshot!(text.lines().map(beginning).collect::<Vec<_>>().join("\n"));
}

#[test]
fn snapshot_of_info() {
    assert_snapshot!(transcript(&[
        "info f8-le.npy",
        "info several-arrays.npy",
        "info object-mixed.npy",
        "info record-all-kinds.npy",
        "info --json version-3-0.npy record-titles.npy",
    ]));
}

#[test]
fn snapshot_of_show() {
    assert_snapshot!(transcript(&[
        "show f4-le.npy",
        "show c16-be.npy",
        "show several-arrays.npy",
        "show datetime-second.npy",
        "show unicode-le.npy",
        "show f16-le.npy",
        "show record-all-kinds.npy",
        "show source-transposed.npy --slice 1:3,::2",
        "show source-transposed.npy --slice 1:3,::2 --json",
        "show object-mixed.npy",
    ]));
}

#[test]
fn snapshot_of_archives() {
    assert_snapshot!(transcript(&[
        "info ../npz/methods.npz",
        "info ../npz/members-not-arrays.npz",
        "info ../npz/names-not-ascii.npz ../npz/one-array.npz",
        "info ../npz/no-members.npz",
        "info ../npz/objects.npz",
        "info --json ../npz/members-directories.npz",
        "info ../../hostile/npz/method-99-aes.npz",
        "show ../npz/members-not-arrays.npz",
        "show ../npz/keywords.npz",
        "show ../npz/objects.npz",
        "check ../npz/names-twice.npz ../npz/names-of-parents.npz ../npz/member-with-trailing-bytes.npz",
        "check ../../hostile/npz/crc-wrong-stored.npz ../../hostile/npz/overlap-quoted-headers.npz",
        "diff ../npz/methods.npz ../npz/one-array.npz",
        "stats ../npz/one-array.npz",
    ]));
}

#[test]
fn snapshot_of_diff() {
    assert_snapshot!(transcript(&[
        "diff c16-be.npy c16-le.npy",
        "diff c16-be.npy c16-le.npy --verbose",
        "diff u4-le.npy u8-le.npy",
        "diff datetime-day.npy datetime-second.npy",
        "diff version-1-0.npy version-3-0.npy",
        "diff several-arrays.npy u1.npy",
        "diff several-arrays.npy::2 record-all-kinds.npy",
        "diff f4-le-fortran.npy f8-le-fortran.npy --rtol 1e-7",
        "diff f4-le-fortran.npy f2-le-fortran.npy",
        "diff unicode-le.npy bytes.npy",
    ]));
}

#[test]
fn snapshot_of_stats() {
    assert_snapshot!(transcript(&[
        "stats f8-le.npy",
        "stats i8-be.npy",
        "stats c8-le.npy",
        "stats bool.npy",
        "stats timedelta-day.npy",
        "stats datetime-second.npy",
        "stats several-arrays.npy",
        "stats bytes.npy",
        "stats --json i4-le.npy",
        "stats --json several-arrays.npy::2",
    ]));
}

#[test]
fn snapshot_of_formats() {
    assert_snapshot!(transcript(&["formats", "formats --json"]));
}

#[test]
fn snapshot_of_help() {
    let commands = [
        "info",
        "show",
        "convert",
        "append",
        "rm",
        "mv",
        "repair",
        "dump",
        "diff",
        "check",
        "stats",
        "plot",
        "formats",
        "completions",
        "man",
    ];
    let lines: Vec<String> = commands.iter().map(|command| format!("{command} --help")).collect();
    let mut lines: Vec<&str> = lines.iter().map(String::as_str).collect();
    lines.insert(0, "--help");
    assert_snapshot!(transcript(&lines));
}
