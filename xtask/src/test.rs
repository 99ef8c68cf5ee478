//! `cargo xtask test`: every test there is, but those that take long; `--full` runs these.

use std::io::{BufRead, BufReader};
use std::process::{Command, Stdio};

use crate::run::{Outcome, cargo, shown};

/// How the names of tests begin that only another test starts, in a process of its own. They are ignored like those that
/// take long.
const CHILDREN: &str = "child_";

/// The test of what the compiler says of mistakes, which compilers with other words ignore.
const MESSAGES: &str = "messages_of_mistakes";

/// All tests, those in the documentation too; with `--full` the tests that take long, and no others. Further words go to
/// cargo.
pub(crate) fn main(words: &[String]) -> Outcome {
    let (full, rest): (Vec<&String>, Vec<&String>) = words.iter().partition(|word| *word == "--full");
    if !full.is_empty() {
        return long(&rest);
    }
    // Targets are not named, so that the examples are built as programs, which a test runs.
    let mut run = cargo();
    run.args(["test", "--workspace", "--all-features", "--no-fail-fast"]).args(&rest);
    let mut messages = None;
    let outcome = each_test(&mut run, |line| {
        messages = messages.take().or(result_of(line, MESSAGES).map(str::to_owned))
    });
    match messages {
        Some(result) if result.starts_with("ignored") => println!("test: LEFT OUT: {MESSAGES}: {result}"),
        None if outcome.is_ok() && rest.is_empty() => return Err(format!("there is no test {MESSAGES}")),
        _ => {}
    }
    outcome
}

/// What came of the test of that name, in the line that says so.
fn result_of<'a>(line: &'a str, name: &str) -> Option<&'a str> {
    line.strip_prefix("test ")?.strip_prefix(name)?.strip_prefix(" ... ")
}

/// Runs the tests that take long, those marked `#[ignore]`, and counts them: none would mean that they are lost.
fn long(words: &[&String]) -> Outcome {
    let mut run = cargo();
    run.args(["test", "--workspace", "--all-features", "--lib", "--bins", "--tests", "--no-fail-fast"])
        .args(words);
    run.args(["--", "--ignored", "--skip", CHILDREN, "--skip", MESSAGES]);
    let mut count = 0;
    let outcome = each_test(&mut run, |line| count += passed(line));
    println!("test: {count} tests that take long passed");
    outcome?;
    if count == 0 { Err("no test that takes long was found".into()) } else { Ok(()) }
}

/// Runs tests, and prints and passes on what they print, line by line; the error has the names of those that fail.
fn each_test(command: &mut Command, mut f: impl FnMut(&str)) -> Outcome {
    let mut failed = Vec::new();
    let outcome = each_line(command, |line| {
        failed.extend(name_of_failed(line).map(str::to_owned));
        f(line);
    });
    outcome.map_err(|error| match failed.is_empty() {
        true => error,
        false => format!("{error}: {}", failed.join(", ")),
    })
}

/// The name of a test that failed, in the line that says so.
fn name_of_failed(line: &str) -> Option<&str> {
    line.strip_prefix("test ")?.strip_suffix(" ... FAILED")
}

/// Runs a program, and prints and passes on what it prints, line by line; an error when it fails.
fn each_line(command: &mut Command, mut f: impl FnMut(&str)) -> Outcome {
    let name = shown(command);
    let failed = |error: std::io::Error| format!("cannot run {name}: {error}");
    let mut child = command.stdout(Stdio::piped()).spawn().map_err(failed)?;
    for line in child.stdout.take().into_iter().flat_map(|out| BufReader::new(out).split(b'\n')) {
        let line = line.map_err(failed)?;
        let line = String::from_utf8_lossy(&line);
        println!("{line}");
        f(&line);
    }
    let status = child.wait().map_err(failed)?;
    if status.success() { Ok(()) } else { Err(format!("{name} failed ({status})")) }
}

/// How many tests passed, in the last line that a program of tests prints; 0 in any other line.
fn passed(line: &str) -> u32 {
    let result = line.strip_prefix("test result: ").and_then(|result| result.split_once(". "));
    let number = result.and_then(|(_, counts)| counts.split_once(" passed"));
    number.and_then(|(number, _)| number.parse().ok()).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn passed_tests_are_counted() {
        assert_eq!(passed("test result: ok. 12 passed; 0 failed; 3 ignored; finished in 0.05s"), 12);
        assert_eq!(passed("test result: FAILED. 3 passed; 1 failed; 0 ignored"), 3);
        assert_eq!(passed("test long ... ok"), 0);
        assert_eq!(passed("running 5 tests"), 0);
    }

    #[test]
    fn the_result_of_one_test_is_found() {
        assert_eq!(result_of("test messages_of_mistakes ... ok", MESSAGES), Some("ok"));
        let ignored = "test messages_of_mistakes ... ignored, the stored messages are those of Rust 1.95";
        assert!(result_of(ignored, MESSAGES).is_some_and(|result| result.starts_with("ignored, the stored")));
        assert_eq!(result_of("test messages_of_mistakes_too ... ok", MESSAGES), None);
        assert_eq!(result_of("test other ... ok", MESSAGES), None);
    }

    #[test]
    fn tests_that_fail_are_named() {
        assert_eq!(name_of_failed("test a::b ... FAILED"), Some("a::b"));
        assert_eq!(name_of_failed("test a::b ... ok"), None);
        assert_eq!(name_of_failed("test result: FAILED. 3 passed; 1 failed"), None);
        let mut run = Command::new("sh");
        run.args(["-c", "echo 'test one ... FAILED'; echo 'test two ... ok'; exit 1"]);
        let error = each_test(&mut run, |_| ()).unwrap_err();
        assert!(error.ends_with(": one"), "{error}");
    }

    #[test]
    fn lines_are_passed_on_and_a_failure_is_an_error() {
        let mut lines = Vec::new();
        let script = |script: &str| {
            let mut command = Command::new("sh");
            command.args(["-c", script]);
            command
        };
        each_line(&mut script("echo a; printf b"), |line| lines.push(line.to_owned())).unwrap();
        assert_eq!(lines, ["a", "b"]);
        let error = each_line(&mut script("exit 3"), |_| ()).unwrap_err();
        assert_eq!(error, "sh -c exit 3 failed (exit status: 3)");
    }
}
