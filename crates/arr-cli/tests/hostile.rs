//! Files that want to do harm are refused quickly and in one line.

#[path = "support/arr.rs"]
mod support;

use std::time::Duration;

use serde_json::Value;
use support::{arr_in, fixtures};

/// The slowest run that is accepted on a busy machine; almost all of it is starting the process.
const QUICK: Duration = Duration::from_secs(5);

#[test]
fn every_hostile_file_is_refused_in_one_line() {
    let folder = fixtures().join("hostile/npy");
    let text = std::fs::read_to_string(folder.join("manifest.json")).unwrap();
    let manifest: Value = serde_json::from_str(&text).unwrap();
    let (mut count, mut wrong) = (0, Vec::new());
    for file in manifest["files"].as_array().unwrap() {
        count += 1;
        let name = file["file"].as_str().unwrap();
        // What would have been called is data here, and only a check reports it.
        let check_only = file["check_only"] == true || name.starts_with("object-pickle-calls");
        if let Err(fault) = judge(&folder, name, check_only) {
            wrong.push(format!("{name} ({}): {fault}", file["reason"]));
        }
    }
    assert!(wrong.is_empty(), "{} wrong:\n{}", wrong.len(), wrong.join("\n"));
    assert!(count > 100, "{count}");
}

fn judge(folder: &std::path::Path, name: &str, check_only: bool) -> Result<(), String> {
    let expect = |ok: bool, run: &support::Run| if ok { Ok(()) } else { Err(format!("{run:?}")) };
    for command in ["dump", "show", "stats"] {
        let run = arr_in(folder, &[command, name]);
        expect(run.time < QUICK, &run)?;
        // Where it is the second array that is broken, the first one is shown.
        let second = name == "data-followed-by-cut-array.npy";
        let label = if second { format!("arr: {name}::1: ") } else { format!("arr: {name}: ") };
        let one_line = run.err.lines().count() == 1 && run.err.starts_with(&label);
        expect((run.code == Some(2) && one_line) || (check_only && run.code == Some(0)), &run)?;
        expect(run.code == Some(0) || run.out.is_empty() != second, &run)?;
    }
    let run = arr_in(folder, &["info", name]);
    expect(run.time < QUICK && matches!(run.code, Some(0 | 2)), &run)?;
    let run = arr_in(folder, &["check", name]);
    expect(run.time < QUICK, &run)?;
    match run.code {
        Some(1) => expect(run.err.is_empty() && run.out.starts_with(&format!("{name}: ")), &run),
        Some(2) if !check_only => expect(run.err.lines().count() == 1 && run.err.starts_with("arr: "), &run),
        _ => Err(format!("{run:?}")),
    }
}
