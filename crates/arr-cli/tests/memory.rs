//! Memory stays in proportion to a file, whatever its headers say.
#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, clippy::panic, reason = "a failed assumption in a test is a failed test")]

#[path = "support/arr.rs"]
mod support;

use std::fmt::Write;
use std::fs::File;
use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use arr_io::npy::NpzOptions;
use support::{command, folder, npy};

/// What a command may take, whatever it reads: 64 MiB.
const ANY: u64 = 64 << 20;

/// A header of so many fields without an item, in records of 26^2 fields.
fn header(fields: usize) -> Vec<u8> {
    let letters = || 'a'..='z';
    let names = letters().flat_map(|one| letters().map(move |two| format!("('{one}{two}','b'),")));
    let names: Vec<String> = names.collect();
    let mut descr = String::new();
    for record in 0..fields / names.len() {
        write!(descr, "('r{record}',[{}]),", names.concat()).unwrap();
    }
    let text = format!("{{'descr': [{descr}], 'fortran_order': False, 'shape': (0,), }}\n");
    let mut file = b"\x93NUMPY\x02\x00".to_vec();
    file.extend(u32::try_from(text.len()).unwrap().to_le_bytes());
    file.extend(text.as_bytes());
    file
}

/// An archive of members that are all the same, and hardly take space.
fn archive(path: &Path, members: usize, file: &[u8]) {
    let mut writer = NpzOptions::new().level(6).create(path).unwrap();
    for member in 0..members {
        writer.add_bytes(&format!("m{member}.npy"), file).unwrap();
    }
    writer.finish().unwrap();
}

/// The most memory that the command had when it did what it was told.
fn peak(folder: &Path, args: &[&str]) -> u64 {
    let (most, code) = watched(folder, args);
    assert!(code < 2, "{args:?}");
    most
}

/// The most memory that the command had, in bytes, as far as it was seen before its end, and how it has ended.
fn watched(folder: &Path, args: &[&str]) -> (u64, i32) {
    watched_with(folder, args, Stdio::null())
}

/// The same of a command with that standard input.
fn watched_with(folder: &Path, args: &[&str], input: impl Into<Stdio>) -> (u64, i32) {
    let out = File::create(folder.join("out.txt")).unwrap();
    let mut child = command(folder, args).stdin(input).stdout(out).stderr(Stdio::null()).spawn().unwrap();
    let status = format!("/proc/{}/status", child.id());
    let mut most = 0;
    while child.try_wait().unwrap().is_none() {
        let text = std::fs::read_to_string(&status).unwrap_or_default();
        let line = text.lines().find_map(|line| line.strip_prefix("VmHWM:"));
        let kib = line.and_then(|line| line.trim().strip_suffix(" kB")?.trim().parse::<u64>().ok());
        most = kib.map_or(most, |kib| kib << 10);
        std::thread::sleep(Duration::from_millis(1));
    }
    (most, child.wait().unwrap().code().unwrap())
}

const COMMANDS: &[&[&str]] = &[
    &["info", "many.npz"],
    &["info", "many.npz", "few.npy"],
    &["info", "--json", "many.npz"],
    &["dump", "many.npz"],
    &["check", "many.npz"],
    &["check", "--json", "many.npz"],
    &["stats", "many.npz"],
    &["stats", "--json", "many.npz"],
    &["show", "many.npz"],
    &["show", "--json", "many.npz"],
    &["diff", "many.npz", "many.npz"],
    &["diff", "--json", "many.npz", "many.npz"],
    &["convert", "many.npz", "copy.npz", "--force"],
];

#[test]
fn long_headers_are_held_one_at_a_time() {
    let folder = folder(&[("few.npy", &npy("'<f4'", false, "(0,)", &[]))]);
    // All of them take 60 MB and more at a time.
    archive(&folder.path().join("many.npz"), 60, &header(10_000));
    for args in COMMANDS.iter().filter(|args| matches!(args[0], "info" | "dump" | "check")) {
        let most = peak(folder.path(), args);
        assert!(most < ANY / 3 * 2, "{args:?}: {most}");
    }
}

/// A byte of a pickle may be a list or a text, which take a hundred in memory.
#[test]
fn objects_of_a_pickle_take_a_multiple_of_its_length() {
    let len = 4 << 20;
    for each in [&b"]"[..], b"N", b"N\x85", b"]Na", b"\x8c\x01a", b"ca\nb\n"] {
        let bytes = [b"\x80\x04(", each.repeat(len / each.len()).as_slice(), b"l."].concat();
        let folder = folder(&[("x.pkl", &bytes)]);
        for command in ["info", "check", "dump"] {
            // 32 MiB are free with that limit of headers.
            let (most, code) = watched(folder.path(), &[command, "x.pkl", "--max-header-size", "65536"]);
            assert_eq!(code, 2, "{command} {each:?}");
            // The allocator has holes, and something of its own beside each piece.
            let allowed = 2 * arr_io::format::OBJECTS_PER_BYTE;
            assert!(most < ANY + allowed * len as u64, "{command} {each:?}: {most}");
        }
    }
}

#[test]
#[ignore = "takes long: each command reads a million fields several times"]
fn no_command_holds_the_descriptions_of_all_members() {
    let folder = folder(&[("few.npy", &npy("'<f4'", false, "(0,)", &[]))]);
    archive(&folder.path().join("many.npz"), 16, &header(70_000));
    for args in COMMANDS {
        let most = peak(folder.path(), args);
        assert!(most < ANY, "{args:?}: {most}");
    }
}

#[test]
#[ignore = "takes long: each command reads 200,000 members"]
fn of_members_no_more_is_held_than_their_directory() {
    let folder = folder(&[("few.npy", &npy("'<f4'", false, "(0,)", &[]))]);
    let count = 200_000;
    archive(&folder.path().join("many.npz"), count, &npy("'<f4'", false, "(2,)", &[0; 8]));
    // An entry has 46 bytes and the name.
    let directory = count as u64 * (46 + "m123456.npy".len() as u64);
    for args in COMMANDS {
        let archives = if matches!(args[0], "diff" | "convert") { 2 } else { 1 };
        let most = peak(folder.path(), args);
        assert!(most < ANY + 3 * archives * directory, "{args:?}: {most}");
    }
}

#[test]
#[ignore = "takes long: arrays of 160 MB are converted, to text and back too"]
fn an_array_goes_through_in_either_order() {
    let folder = folder(&[]);
    let at = folder.path();
    let values: Vec<f32> = (0..1000u16).cycle().take(40_000_000).map(|item| f32::from(item) * 0.5).collect();
    let array = arr_io::Array::from_vec(values, &[8000, 5000]).unwrap();
    arr_io::save(at.join("c.npy"), &array).unwrap();
    drop(array);
    let within = |args: &[&str]| {
        let most = peak(at, args);
        assert!(most < ANY, "{args:?}: {most}");
    };
    within(&["convert", "c.npy", "f.npy", "--order", "F"]);
    within(&["convert", "c.npy", "c.npz", "--level", "1"]);
    // Packed items can't be read in the other order; texts have one order alone.
    within(&["convert", "c.npz", "f2.npy", "--order", "F"]);
    assert!(std::fs::read(at.join("f2.npy")).unwrap() == std::fs::read(at.join("f.npy")).unwrap());
    within(&["convert", "c.npz", "r.npy", "--order", "F", "--shape", "5000,8000"]);
    within(&["convert", "c.npy", "r2.npy", "--order", "F", "--shape", "5000,8000"]);
    assert!(std::fs::read(at.join("r2.npy")).unwrap() == std::fs::read(at.join("r.npy")).unwrap());
    within(&["convert", "c.npz", "line.npy", "--order", "F", "--shape=-1", "--slice", "1:, ::2"]);
    within(&["convert", "c.npy", "line2.npy", "--order", "C", "--shape=-1", "--slice", "1:, ::2"]);
    within(&["diff", "line.npy", "line2.npy"]);
    within(&["convert", "f.npy", "f.txt"]);
    within(&["convert", "c.npy", "c.txt"]);
    assert!(std::fs::read(at.join("f.txt")).unwrap() == std::fs::read(at.join("c.txt")).unwrap());
    within(&["convert", "f.npy", "f.nd4jtxt", "--slice", ":2000"]);
    within(&["show", "f.nd4jtxt"]);
    within(&["convert", "f.nd4jtxt", "f3.npy", "--order", "F", "--dtype", "<f4"]);
    within(&["convert", "c.npy", "c.npy.xz", "--slice", ":200"]);
}

#[test]
fn behind_the_rows_that_are_wanted_nothing_is_held() {
    let rows = "12345,0.5,abc\n".repeat(8 << 20);
    let folder = folder(&[("x.csv", rows.as_bytes()), ("x.txt", rows.replace("abc", "1").as_bytes())]);
    drop(rows);
    let text = ["--from", "text", "--delimiter", ","];
    for args in [&["show", "x.csv"][..], &[&["show", "x.txt"], &text[..]].concat()] {
        let args = [args, &["--max-rows", "3"]].concat();
        let most = peak(folder.path(), &args);
        assert!(most < ANY, "{args:?}: {most}");
        let shown = std::fs::read_to_string(folder.path().join("out.txt")).unwrap();
        assert_eq!(shown.matches("12345").count().max(shown.matches("1.2345").count()), 3, "{shown}");
    }
}

#[test]
fn a_table_that_comes_through_a_pipe_is_not_held() {
    let folder = folder(&[]);
    let (reader, mut writer) = std::io::pipe().unwrap();
    let feed = std::thread::spawn(move || {
        let rows = "1 2 3 4\n".repeat(1 << 16);
        (0..64).try_for_each(|_| std::io::Write::write_all(&mut writer, rows.as_bytes()))
    });
    let args = ["convert", "--from", "text", "-", "x.npy"];
    let (most, code) = watched_with(folder.path(), &args, reader);
    feed.join().unwrap().unwrap();
    assert_eq!(code, 0);
    assert!(most < 2 * ANY, "{most}");
    assert_eq!(std::fs::metadata(folder.path().join("x.npy")).unwrap().len(), 128 + (64 << 16) * 4 * 8);
}

#[test]
fn standard_input_is_not_held() {
    let folder = folder(&[]);
    let path = folder.path().join("large.npy");
    let text = format!("{:117}\n", "{'descr': '<f4', 'fortran_order': False, 'shape': (24576, 4096), }");
    std::fs::write(&path, [&b"\x93NUMPY\x01\x00\x76\x00"[..], text.as_bytes()].concat()).unwrap();
    let file = File::options().write(true).open(&path).unwrap();
    file.set_len(128 + 24_576 * 4096 * 4).unwrap();
    for args in [&["show", "-", "--slice", "0:2,:2"][..], &["show", "-"], &["stats", "-"], &["info", "-"]] {
        let mut cat = std::process::Command::new("cat").arg(&path).stdout(Stdio::piped()).spawn().unwrap();
        let (most, code) = watched_with(folder.path(), args, cat.stdout.take().unwrap());
        cat.wait().unwrap();
        assert!(code == 0 && most < 40 << 20, "{args:?}: {code}, {most} bytes");
    }
}
