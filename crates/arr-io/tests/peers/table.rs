//! `docs/PEERS.md` names, for each test of another library, what is asserted here.

use std::collections::{BTreeMap, BTreeSet};

const PAGE: &str = include_str!("../../../../docs/PEERS.md");

/// The modules of this program, by the names under which the page calls them.
const MODULES: &[(&str, &str)] = &[
    ("ndarray_npy", include_str!("ndarray_npy.rs")),
    ("npyz::dtypes", include_str!("npyz/dtypes.rs")),
    ("npyz::files", include_str!("npyz/files.rs")),
    ("npyz::records", include_str!("npyz/records.rs")),
    ("npyz::sparse", include_str!("npyz/sparse.rs")),
    ("npyz::values", include_str!("npyz/values.rs")),
    ("ferray::arrays", include_str!("ferray/arrays.rs")),
    ("ferray::headers", include_str!("ferray/headers.rs")),
    ("ferray::maps", include_str!("ferray/maps.rs")),
    ("ferray::texts", include_str!("ferray/texts.rs")),
    ("table", include_str!("table.rs")),
];

/// What may be said of a test.
const VERDICTS: [&str; 3] = ["holds", "different by design", "not expressible"];

/// One test of another library: its place and name, the verdict, our test and the reason.
struct Row<'a> {
    library: &'a str,
    theirs: &'a str,
    verdict: &'a str,
    ours: &'a str,
    reason: &'a str,
}

/// The rows of the tables, below the headings of the libraries.
fn rows() -> Vec<Row<'static>> {
    let (mut library, mut rows) = ("", Vec::new());
    for line in PAGE.lines() {
        if let Some(heading) = line.strip_prefix("## ") {
            library = heading;
        }
        let cells: Vec<_> = line.split('|').map(str::trim).collect();
        if let [_, theirs, verdict, ours, reason, _] = cells[..] {
            if theirs.starts_with('`') {
                rows.push(Row { library, theirs, verdict, ours, reason });
            }
        }
    }
    rows
}

/// The tests of this program, with their modules.
fn tests() -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for (module, text) in MODULES {
        let mut is_test = false;
        for line in text.lines().map(str::trim) {
            is_test |= line == "#[test]";
            if let Some(rest) = line.strip_prefix("fn ").filter(|_| is_test) {
                let name: String =
                    rest.chars().take_while(|letter| letter.is_alphanumeric() || *letter == '_').collect();
                found.insert(format!("{module}::{name}"));
                is_test = false;
            }
        }
    }
    found
}

#[test]
fn every_test_that_is_named_is_there_and_every_test_is_named() {
    let (tests, rows) = (tests(), rows());
    let named: BTreeSet<String> = rows
        .iter()
        .flat_map(|row| row.ours.split(','))
        .map(|name| name.trim().trim_matches('`').to_owned())
        .filter(|name| !name.is_empty())
        .collect();
    assert_eq!(
        named.difference(&tests).collect::<Vec<_>>(),
        Vec::<&String>::new(),
        "there are no such tests"
    );
    assert_eq!(
        tests.difference(&named).collect::<Vec<_>>(),
        Vec::<&String>::new(),
        "of these nothing is said"
    );
}

#[test]
fn every_row_has_a_verdict_and_what_goes_with_it() {
    let mut seen = BTreeSet::new();
    for row in rows() {
        assert!(seen.insert((row.library, row.theirs)), "{} is there twice", row.theirs);
        assert!(VERDICTS.contains(&row.verdict), "{}: {}", row.theirs, row.verdict);
        assert_eq!(row.ours.is_empty(), row.verdict == "not expressible", "{}", row.theirs);
        assert!(row.verdict == "holds" || !row.reason.is_empty(), "{}: a reason is missing", row.theirs);
    }
}

#[test]
fn the_page_counts_its_rows() {
    let mut counts: BTreeMap<&str, [usize; 3]> = BTreeMap::new();
    for row in rows() {
        let place = VERDICTS.iter().position(|verdict| *verdict == row.verdict).unwrap();
        counts.entry(row.library).or_default()[place] += 1;
    }
    assert_eq!(counts.len(), 3);
    for (library, [holds, differs, missing]) in counts {
        let line = format!("| {library} | {} | {holds} | {differs} | {missing} |", holds + differs + missing);
        assert!(PAGE.contains(&line), "the page lacks the line: {line}");
    }
}
