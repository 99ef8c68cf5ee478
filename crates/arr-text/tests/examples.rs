//! The examples run and print what is right. `cargo test` builds them before the tests, unless it is told which targets to
//! build.
#![allow(clippy::unwrap_used, reason = "a failed assumption is a failed test")]

use std::path::Path;
use std::process::{Command, Output};

fn run(name: &str, file: &Path) -> Output {
    let here = std::env::current_exe().unwrap();
    let program = here.parent().and_then(Path::parent).unwrap().join("examples").join(name);
    let program = program.with_extension(std::env::consts::EXE_EXTENSION);
    assert!(program.exists(), "it is not built: cargo build --package arr-text --example {name}");
    Command::new(program).arg(file).output().unwrap()
}

/// What an example prints that has nothing to complain about.
fn printed(name: &str, file: &Path) -> String {
    let output = run(name, file);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

#[test]
fn read_prints_columns_and_means() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("table.csv");
    std::fs::write(&file, "id;name;weight\n1;\"a; b\";1,5\n2;c;NA\n").unwrap();
    // A decimal comma is told, not guessed.
    assert!(!run("read", &file).status.success());
    std::fs::write(&file, "id;name;weight\n1;\"a; b\";1.5\n2;c;NA\n").unwrap();
    assert_eq!(printed("read", &file), "id: <i8, mean 1.5 of 2\nname: <U4\nweight: <f8, mean 1.5 of 1\n");
    std::fs::write(&file, "1,2\n3,4\n").unwrap();
    assert_eq!(printed("read", &file), "<i8 [2, 2]\n");
    assert!(!run("read", &folder.path().join("nothing.csv")).status.success());
}

#[test]
fn write_writes_what_the_name_says() {
    let folder = tempfile::tempdir().unwrap();
    for (name, wanted) in
        [("x.csv", "x,y\n1.0,0.1\n-2.5,nan\n"), ("x.txt", "# x y\n1.000 0.100\n-2.500 nan\n")]
    {
        let file = folder.path().join(name);
        assert_eq!(printed("write", &file), "");
        assert_eq!(std::fs::read_to_string(&file).unwrap(), wanted);
    }
}

#[test]
fn missing_says_what_was_filled_and_left_out() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("readings.txt");
    std::fs::write(&file, "# day, count, level\n1,5,0.5\n2,N/A,-\n3,7\n4,,1.5\n").unwrap();
    assert_eq!(
        printed("missing", &file),
        "[('day', '<i8'), ('count', '<i8'), ('level', '<f8')] [3]\nmissing fields: 3\n\
         note: 1 row has another number of columns and is left out, the first in line 4 (2)\n"
    );
    assert!(!run("missing", &folder.path().join("nothing")).status.success());
}
