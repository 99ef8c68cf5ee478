//! Every limit has its flag, and every error of a limit names it.
#![allow(clippy::panic, reason = "a failed assumption in a test is a failed test")]
#![allow(clippy::unwrap_used, reason = "a failed assumption in a test is a failed test")]

#[path = "support/arr.rs"]
mod support;

use arr_io::Limits;
use support::{arr_in, arr_with_input, f8, fixtures, folder, npy};

/// An empty member of a gzip file.
const GZIP: &[u8] = b"\x1f\x8b\x08\0\0\0\0\0\0\xff\x03\0\0\0\0\0\0\0\0\0";

/// A Zstandard frame (RFC 8878) of a header and 1.25 GiB of zeros, in blocks of one repeated byte.
fn zeros_in_zstd() -> Vec<u8> {
    let block =
        |kind: usize, len: usize, last: bool| (usize::from(last) | kind << 1 | len << 3).to_le_bytes();
    let header = npy("'|u1'", false, &format!("({},)", 10_000 << 17), &[]);
    // No checksum, no size, a window of 1 MiB; then a raw block.
    let mut file = b"\x28\xb5\x2f\xfd\x00\x50".to_vec();
    file.extend([&block(0, header.len(), false)[..3], header.as_slice()].concat());
    for index in 0..10_000 {
        file.extend([&block(1, 1 << 17, index == 9_999)[..3], &[0]].concat());
    }
    file
}

/// Files that a limit of this name refuses, and a value of it that does.
fn refused(limit: &str) -> (&'static [&'static str], &'static str) {
    match limit {
        "max_bytes" => (&["rows.npy", "text.txt", "-"], "15"),
        "max_header_size" => (&["rows.npy", "text.txt"], "10"),
        "max_rank" => (&["rows.npy", "text.txt"], "1"),
        "max_depth" => (&["rows.npy", "text.txt"], "1"),
        "max_fields" => (&["fields.npy", "comma.npy"], "1"),
        "max_items" => (&["nothing.npy"], "2"),
        "max_members" => (&["two.npz", "two.npy.gz"], "1"),
        "max_expansion_ratio" => (&["large.npy.zst"], "2"),
        other => panic!("no file shows what {other} refuses"),
    }
}

/// All small files that a limit refuses.
fn files_of_limits() -> tempfile::TempDir {
    let rows = npy("'<f8'", false, "(2, 2)", &f8(&[1.0, 2.0, 3.0, 4.0]));
    let two = std::fs::read(fixtures().join("hostile/npz/crc-wrong-stored.npz")).unwrap();
    let text = std::fs::read(fixtures().join("nd4j/nd4j-txt/m21-f32-2x3x2-c.txt")).unwrap();
    folder(&[
        ("rows.npy", &rows),
        ("nothing.npy", &npy("'|S0'", false, "(3,)", &[])),
        ("fields.npy", &npy("[('a', '<f4'), ('b', '<f4')]", false, "(0,)", &[])),
        ("comma.npy", &npy("'f4,f4,'", false, "(0,)", &[])),
        ("text.txt", &text),
        ("two.npz", &two),
        ("two.npy.gz", &[GZIP, GZIP].concat()),
    ])
}

#[test]
fn every_error_of_a_limit_names_its_flag() {
    let folder = files_of_limits();
    std::fs::write(folder.path().join("large.npy.zst"), zeros_in_zstd()).unwrap();
    let two = std::fs::read(folder.path().join("two.npz")).unwrap();
    for info in Limits::ALL {
        let flag = format!("--{}", info.name.replace('_', "-"));
        let (files, value) = refused(info.name);
        for file in files {
            let command = if file.ends_with(".zst") { "check" } else { "show" };
            let args = [command, *file, &format!("{flag}={value}")];
            let run = if *file == "-" {
                arr_with_input(folder.path(), &args, &two)
            } else {
                arr_in(folder.path(), &args)
            };
            let error = run.fails();
            assert!(error.contains(&format!("; {flag} allows more")), "{args:?}: {error}");
        }
    }
}

/// The commands that read files: what is run for a file `F`; `COPY` is a copy of it.
const COMMANDS: &[&[&str]] = &[
    &["info", "F"],
    &["show", "F"],
    &["convert", "F", "out.npz", "--force"],
    &["append", "COPY", "F", "--force"],
    &["rm", "COPY", "x"],
    &["mv", "COPY", "x", "y"],
    &["repair", "F", "out.npz", "--force"],
    &["dump", "F"],
    &["diff", "F", "F"],
    &["check", "F"],
    &["stats", "F"],
    &["plot", "F"],
];

/// Those that change which members an archive has, and read none of them.
const EDITING: &[&str] = &["rm", "mv"];

/// The commands that read none.
const OTHERS: &[&str] = &["formats", "completions", "man", "help"];

#[test]
fn every_command_that_reads_files_is_known() {
    let help = arr_in(std::path::Path::new("."), &["--help"]).ok();
    let commands = help.lines().skip_while(|line| *line != "Commands:").skip(1);
    let mut count = 0;
    for line in commands.take_while(|line| line.starts_with("  ")) {
        let Some(name) = line.split_whitespace().next() else { continue };
        count += 1;
        let is_reading = COMMANDS.iter().any(|args| args[0] == name);
        assert!(is_reading || OTHERS.contains(&name), "put '{name}' into the list of commands");
        if name != "help" {
            let help = arr_in(std::path::Path::new("."), &[name, "--help"]).ok();
            for info in Limits::ALL {
                let has_flag = help.contains(&format!("--{} ", info.name.replace('_', "-")));
                assert_eq!(has_flag, is_reading, "{name} {}", info.name);
            }
        }
    }
    assert!(count >= COMMANDS.len() + 3, "{help}");
}

/// True where a command need not refuse the file: it does not read the data, or holds none of it.
fn may_pass(command: &str, limit: &str) -> bool {
    match command {
        "info" => matches!(limit, "max_bytes" | "max_items" | "max_expansion_ratio"),
        "check" => limit == "max_bytes",
        _ => false,
    }
}

#[test]
fn every_command_holds_every_limit() {
    let mut wrong = Vec::new();
    for info in Limits::ALL.iter().filter(|info| info.name != "max_expansion_ratio") {
        let flag = format!("--{}", info.name.replace('_', "-"));
        let (files, value) = refused(info.name);
        for file in files.iter().filter(|file| **file != "-") {
            for args in COMMANDS {
                // Text is not added to, nor what is compressed as a whole, and archives alone have members.
                if args[0] == "append" && (file.ends_with(".txt") || file.ends_with(".gz")) {
                    continue;
                }
                if EDITING.contains(&args[0]) && !file.ends_with(".npz") {
                    continue;
                }
                let folder = files_of_limits();
                let extension = file.split_once('.').map_or("", |(_, extension)| extension);
                let copy = format!("copy.{extension}");
                std::fs::copy(folder.path().join(file), folder.path().join(&copy)).unwrap();
                let named = |arg: &&str| match *arg {
                    "F" => (*file).to_owned(),
                    "COPY" => copy.clone(),
                    arg => arg.to_owned(),
                };
                let mut args: Vec<String> = args.iter().map(named).collect();
                args.push(format!("{flag}={value}"));
                let words: Vec<&str> = args.iter().map(String::as_str).collect();
                let run = arr_in(folder.path(), &words);
                let is_refused = run.code.is_some_and(|code| code > 0)
                    && (run.err.clone() + &run.out).contains(&format!("; {flag} allows more"));
                let passes = may_pass(words[0], info.name) && run.code == Some(0);
                if !is_refused && !passes {
                    wrong.push(format!("{words:?}: {:?} {}{}", run.code, run.out, run.err));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{} wrong:\n{}", wrong.len(), wrong.join("\n"));
}

#[test]
#[ignore = "takes long: it unpacks a gibibyte of zeros with each command"]
fn every_command_holds_the_limit_on_expansion() {
    let folder = folder(&[("large.npy.zst", &zeros_in_zstd())]);
    let unpacks = |args: &&&[&str]| args[0] != "append" && !EDITING.contains(&args[0]);
    for args in COMMANDS.iter().filter(unpacks) {
        let named = |arg: &&str| if *arg == "F" { "large.npy.zst".to_owned() } else { (*arg).to_owned() };
        let mut args: Vec<String> = args.iter().map(named).collect();
        args.push("--max-expansion-ratio=2".to_owned());
        let words: Vec<&str> = args.iter().map(String::as_str).collect();
        let run = arr_in(folder.path(), &words);
        assert!(run.err.contains("; --max-expansion-ratio allows more"), "{words:?}: {run:?}");
    }
}

#[test]
fn what_no_flag_allows_is_refused_without_one() {
    let dims = "1, ".repeat(65);
    let folder = folder(&[("deep.npy", &npy("'<f8'", false, &format!("({dims})"), &f8(&[1.0])))]);
    for args in [&["show", "deep.npy"][..], &["show", "deep.npy", "--max-rank=99"]] {
        let error = arr_in(folder.path(), args).fails();
        assert!(error.contains("65 dimensions exceed the limit of 64") && !error.contains("--"), "{error}");
    }
}
