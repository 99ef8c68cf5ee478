//! The table of formats on the pages for people says what the registry says. `cargo xtask snapshots` writes it.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a failed assumption is a failed test")]
#![cfg(all(feature = "npz", feature = "nd4j", feature = "text"))]

use std::fs;
use std::path::{Path, PathBuf};

use arr_io::Registry;
use arr_io::format::FormatInfo;

/// The pages, from the folder of this crate. In the first one, crate and feature are written by hand.
const PAGES: [&str; 2] = ["FORMATS.md", "../../README.md"];

const BEGIN: &str = "<!-- begin: formats, written by `cargo xtask snapshots` -->\n";
const END: &str = "<!-- end: formats -->";

const HEAD: &str = "\
| format | what it is | extensions | read | write | map | stream | append | crate | feature |
|---|---|---|---|---|---|---|---|---|---|
";

fn place(page: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(page)
}

/// What stands before the table of a page, the table, and what stands behind it.
fn parts<'a>(page: &str, text: &'a str) -> (&'a str, &'a str, &'a str) {
    let found = text.split_once(BEGIN).and_then(|(before, rest)| Some((before, rest.split_once(END)?)));
    let (before, (table, after)) = found.unwrap_or_else(|| panic!("{page} has lost the marks of its table"));
    (before, table, after)
}

/// Crate and feature of a format, as they stand in the table.
fn by_hand(table: &str, name: &str) -> [String; 2] {
    let row = table.lines().find(|line| line.starts_with(&format!("| `{name}` |")));
    let cells: Vec<&str> =
        row.into_iter().flat_map(|row| row.trim_matches('|').split('|')).map(str::trim).collect();
    [8, 9].map(|at| cells.get(at).map_or("?".into(), |cell| (*cell).to_owned()))
}

fn row(info: &FormatInfo, [owner, feature]: [String; 2]) -> String {
    let can = info.capabilities;
    let extensions: Vec<String> = info.extensions.iter().map(|extension| format!("`.{extension}`")).collect();
    let answers =
        [can.read, can.write, can.map, can.stream, can.append].map(|yes| if yes { "yes" } else { "–" });
    let (name, description) = (info.name, info.description);
    format!(
        "| `{name}` | {description} | {} | {} | {owner} | {feature} |\n",
        extensions.join(" "),
        answers.join(" | ")
    )
}

#[test]
fn snapshot_of_the_table_of_formats() {
    let page = fs::read_to_string(place(PAGES[0])).unwrap();
    let (_, old, _) = parts(PAGES[0], &page);
    let mut infos: Vec<&FormatInfo> = Registry::enabled().infos().collect();
    infos.sort_by_key(|info| info.name);
    let rows: String = infos.iter().map(|info| row(info, by_hand(old, info.name))).collect();
    let table = format!("{HEAD}{rows}");
    for page in PAGES {
        let text = fs::read_to_string(place(page)).unwrap();
        let (before, found, after) = parts(page, &text);
        if found == table {
            continue;
        }
        if std::env::var("INSTA_UPDATE").is_ok_and(|answer| answer == "always") {
            fs::write(place(page), format!("{before}{BEGIN}{table}{END}{after}")).unwrap();
            continue;
        }
        panic!(
            "the table of formats in {page} is not what `arr formats --json` says; run `cargo xtask snapshots`, which \
             writes it, and read the difference.\n\nin the page:\n{found}\nright:\n{table}"
        );
    }
}

#[test]
fn crates_and_features_of_the_table_exist() {
    let page = fs::read_to_string(place(PAGES[0])).unwrap();
    let (_, table, _) = parts(PAGES[0], &page);
    let manifest = fs::read_to_string(place("Cargo.toml")).unwrap();
    for info in Registry::enabled().infos() {
        let [owner, feature] = by_hand(table, info.name).map(|cell| cell.trim_matches('`').to_owned());
        let name = info.name;
        assert!(
            manifest.contains(&format!("\n{owner} = {{ workspace = true")),
            "FORMATS.md: {name} is in the crate '{owner}', which arr-io does not use: write the right one by hand"
        );
        assert!(
            manifest.contains(&format!("\n{feature} = [")),
            "FORMATS.md: {name} needs the feature '{feature}', which arr-io does not have: write the right one by hand"
        );
    }
}
