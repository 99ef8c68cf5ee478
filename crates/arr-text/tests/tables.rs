//! Tables of text show what every format shows, when they are read.
#![allow(clippy::unwrap_used, reason = "a failed assumption is a failed test")]

use std::path::Path;

use arr_conformance::Suite;
use arr_core::format::Format;
use arr_text::format::{Csv, Text, Tsv};

fn check(format: &dyn Format, files: &[(&str, &str)], wanted: impl Fn(&str) -> bool) {
    let cases = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fixtures/text/cases");
    let suite = Suite::new(format).text().may_end_early().dtypes([]).effort(400);
    let suite = suite.folder(&cases, wanted).unwrap();
    let findings = files.iter().fold(suite, |suite, (name, text)| suite.file(*name, (*text).into())).run();
    assert!(findings.is_empty(), "{findings}");
}

#[test]
fn text() {
    let files =
        [("columns.txt", "# x y\n1 2.5\n-3e300 nan\n\n4 5 # z\n"), ("one.txt", "1\n"), ("line.txt", "1 2 3")];
    check(&Text, &files, |name| name == "mixed_line_ends.txt");
}

#[test]
fn csv() {
    let files = [
        ("mixed.csv", "id,name,day\n1,\"a, \"\"b\"\"\n\",2020-01-01\n2,é,\n"),
        ("numbers.csv", "1,2\n3,4\n"),
        ("semicolons.csv", "x;y\n1;2.5\n"),
    ];
    check(&Csv, &files, |name| name == "na_values.csv");
}

#[test]
fn tsv() {
    check(&Tsv, &[("mixed.tsv", "x\ty\n1\ta\n2\tb\n")], |_| false);
}
