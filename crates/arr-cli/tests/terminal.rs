//! Nothing that a file says does anything to a terminal.

#![allow(clippy::unwrap_used, reason = "a failed assumption in a test is a failed test")]

#[path = "support/arr.rs"]
mod support;

use support::{arr_in, folder, npy};

/// Sequences that move the cursor, set titles, and turn text around: as C0, DEL, C1 and bidirectional controls.
const NASTY: &str = "a\u{1b}]0;x\u{7}\u{7f}\u{9b}31m\u{202e}\u{2066}\u{61c}\u{200f}\r\u{85}z";

fn is_safe(text: &str) -> bool {
    let turns = |c: char| matches!(u32::from(c), 0x61c | 0x200e | 0x200f | 0x2028..=0x202e | 0x2066..=0x2069);
    text.chars().all(|c| c == '\n' || !(c.is_control() || turns(c)))
}

fn text_items(text: &str) -> Vec<u8> {
    text.chars().flat_map(|c| u32::from(c).to_le_bytes()).collect()
}

#[test]
fn no_command_prints_control_characters() {
    let units = NASTY.chars().count();
    let texts = npy(&format!("'<U{units}'"), false, "(1,)", &text_items(NASTY));
    let name = NASTY.escape_unicode().to_string().replace("\\u{", "\\U").replace('}', "");
    // `\U` takes eight digits.
    let name: String = name.split("\\U").skip(1).map(|digits| format!("\\U{digits:0>8}")).collect();
    let record = npy(&format!("[(('title {name}', '{name}'), '<i4')]"), false, "(1,)", &[0; 4]);
    let bytes = npy("'|S3'", false, "(1,)", b"\x1b\x9b\x7f");
    let files: [(&str, &[u8]); 4] =
        [("texts.npy", &texts), ("record.npy", &record), ("bytes.npy", &bytes), (NASTY, &texts)];
    let folder = folder(&files);
    let run = |args: &[&str]| {
        let said = arr_in(folder.path(), args);
        assert!(is_safe(&said.out), "{args:?}: {:?}", said.out);
        assert!(is_safe(&said.err), "{args:?}: {:?}", said.err);
        said
    };
    let member = format!("m.npz::{NASTY}");
    for (input, output) in [("texts.npy", &*member), ("record.npy", "m.npz::r"), (NASTY, "other.npz::x")] {
        run(&["convert", input, output]).ok();
    }
    run(&["append", "m.npz", NASTY]);
    let inputs = [
        "texts.npy",
        "record.npy",
        "bytes.npy",
        NASTY,
        "m.npz",
        &*member,
        "m.npz::r",
        "other.npz",
        "no\u{9b}",
    ];
    for input in inputs {
        for command in ["info", "show", "check", "stats", "dump", "plot"] {
            run(&[command, input]);
            if !matches!(command, "dump" | "plot") {
                run(&[command, input, "--json"]);
            }
        }
        for other in inputs {
            run(&["diff", input, other]);
            run(&["diff", input, other, "--json"]);
        }
        let field = format!("{input}::{NASTY}");
        for args in [
            &["repair", input, "whole.npz", "--force"][..],
            &["repair", input, NASTY, "--to", "npz"],
            &["rm", input, NASTY, "nothing"],
            &["mv", input, "nothing", NASTY],
            &["mv", input, NASTY, "r"],
            &["show", &*field],
            &["convert", input, "out/"],
            &["convert", input, "x.nd4j-txt", "--to", NASTY],
        ] {
            run(args);
        }
    }
    // What is escaped in JSON is read as it was.
    let dump: serde_json::Value = serde_json::from_str(&run(&["dump", "texts.npy"]).ok()).unwrap();
    assert_eq!(dump["heap"]["1"]["data"][0], NASTY);
    let info: serde_json::Value = serde_json::from_str(&run(&["info", "m.npz", "--json"]).ok()).unwrap();
    assert!(info.as_array().unwrap().iter().any(|object| object["name"] == NASTY), "{info}");
}
