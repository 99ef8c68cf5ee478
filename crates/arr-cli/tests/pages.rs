//! What the pages show as typed and answered is what happens, and the examples of the help run.
#![cfg(unix)]
#![allow(clippy::unwrap_used, clippy::panic, reason = "a failed assumption in a test is a failed test")]

#[path = "support/arr.rs"]
mod support;

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use support::{arr, arr_in, f8, fixtures, folder, npy, run};

/// A command line and what it answers, as a page shows them.
struct Shown {
    line: usize,
    command: String,
    answer: String,
}

/// All that is typed in the console blocks of a page.
fn blocks(page: &str) -> Vec<Shown> {
    let mut found: Vec<Shown> = Vec::new();
    let mut is_inside = false;
    for (number, line) in page.lines().enumerate() {
        if line.starts_with("```") {
            is_inside = line == "```console";
        } else if is_inside {
            match (line.strip_prefix("$ "), found.last_mut()) {
                (Some(command), _) => {
                    found.push(Shown {
                        line: number + 1,
                        command: command.to_owned(),
                        answer: String::new(),
                    });
                }
                (None, Some(last)) => writeln!(last.answer, "{line}").unwrap(),
                (None, None) => panic!("line {} answers nothing", number + 1),
            }
        }
    }
    found
}

/// A shell in a folder, for which `arr` is the command that was built.
fn shell(at: &Path, script: &str) -> Command {
    let built = Path::new(env!("CARGO_BIN_EXE_arr")).parent().unwrap();
    let mut path = built.as_os_str().to_owned();
    path.push(":");
    path.push(std::env::var_os("PATH").unwrap());
    let mut shell = Command::new("sh");
    shell.current_dir(at).args(["-c", script]).env("PATH", path).env_remove("RUST_BACKTRACE");
    shell
}

/// Lines whose columns are one blank apart: the names of temporary folders are longer than those of the page.
fn columns(text: &str) -> Vec<String> {
    text.lines().map(|line| line.split_whitespace().collect::<Vec<_>>().join(" ")).collect()
}

/// Types what a page shows, one line after another, and says where the answers differ.
fn differences(page: &str, start: &Path) -> String {
    let temporary = tempfile::tempdir().unwrap();
    let own = format!("{}/", temporary.path().display());
    let mut at: PathBuf = start.to_owned();
    let mut wrong = String::new();
    for Shown { line, command, answer } in blocks(page) {
        if let Some(to) = command.strip_prefix("cd ") {
            at = at.join(to);
            continue;
        }
        if command.starts_with("cargo install") {
            continue;
        }
        let run = run(shell(&at, &format!("exec 2>&1; {}", command.replace("/tmp/", &own))));
        let out = run.out.replace(&own, "/tmp/");
        if columns(&out) != columns(&answer) {
            writeln!(wrong, "line {line}: {command}\n{out}").unwrap();
        }
    }
    wrong
}

#[test]
fn the_readme_shows_what_happens() {
    let root = fixtures().join("..");
    let page = std::fs::read_to_string(root.join("README.md")).unwrap();
    assert!(blocks(&page).len() > 30);
    let wrong = differences(&page, &root);
    assert!(wrong.is_empty(), "{wrong}");
}

#[test]
fn the_page_of_the_command_shows_what_happens() {
    let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("README.md");
    let page = std::fs::read_to_string(page).unwrap();
    let small = tempfile::tempdir().unwrap();
    std::fs::copy(fixtures().join("numpy/npy/shape-2x3x4.npy"), small.path().join("shape-2x3x4.npy"))
        .unwrap();
    let wrong = differences(&page, small.path());
    assert!(wrong.is_empty(), "{wrong}");
}

/// A folder with all files that the examples of the help name.
fn with_files() -> tempfile::TempDir {
    let numbers = npy("'<f8'", false, "(3, 4)", &f8(&[0.5; 12]));
    let images = npy("'<f8'", false, "(2, 3, 8, 2)", &f8(&[1.0; 96]));
    let files = ["weights", "bias", "model", "big", "log", "today", "before", "after", "x"];
    let mut files: Vec<(String, &[u8])> =
        files.iter().map(|name| (format!("{name}.npy"), numbers.as_slice())).collect();
    for name in ["data/a.npy", "layers/a.npy"] {
        files.push((name.to_owned(), &numbers));
    }
    files.extend([("images.npy".to_owned(), images.as_slice()), ("stamp".to_owned(), b"")]);
    let files: Vec<(&str, &[u8])> = files.iter().map(|(name, bytes)| (name.as_str(), *bytes)).collect();
    let folder = folder(&files);
    let at = folder.path();
    for args in [
        &["convert", "weights.npy", "bias.npy", "model.npz"][..],
        &["append", "model.npz", "step=x.npy", "w=x.npy", "layer0/w=x.npy"],
    ] {
        arr_in(at, args).ok();
    }
    let whole = std::fs::read(at.join("model.npz")).unwrap();
    std::fs::write(at.join("broken.npz"), &whole[..whole.len() / 2]).unwrap();
    for below in [".local/share/man/man1", ".local/share/bash-completion/completions"] {
        std::fs::create_dir_all(at.join(below)).unwrap();
    }
    folder
}

#[test]
fn the_examples_of_the_help_run() {
    let commands = arr(&["--help"]).ok();
    let listed = commands.lines().skip_while(|line| *line != "Commands:").skip(1);
    let names = listed.take_while(|line| !line.is_empty()).filter_map(|line| line.split_whitespace().next());
    let (mut wrong, mut count) = (String::new(), 0);
    for name in names.filter(|name| *name != "help") {
        let help = arr(&[name, "--help"]).ok();
        let examples = help.lines().skip_while(|line| !line.starts_with("Example")).skip(1);
        for example in examples.map(str::trim).take_while(|line| !line.is_empty()) {
            // What other programs make of the output is theirs.
            let cut = [" | jq", " | ssh"].iter().filter_map(|pipe| example.find(pipe)).min();
            let typed = &example[..cut.unwrap_or(example.len())];
            let folder = with_files();
            let mut shell = shell(folder.path(), typed);
            let run = run({
                shell.env("HOME", folder.path());
                shell
            });
            // The end of the broken archive is lost.
            let code = i32::from(name == "repair");
            if run.code != Some(code) || !run.err.is_empty() {
                writeln!(wrong, "{example}: {:?} {}", run.code, run.err).unwrap();
            }
            count += 1;
        }
    }
    assert!(wrong.is_empty(), "{wrong}");
    assert!(count >= 15, "{count} examples");
}
