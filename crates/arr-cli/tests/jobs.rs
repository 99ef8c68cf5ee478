//! What people do with what they have: pipes, members of objects, names of other tools.

#![allow(clippy::unwrap_used, reason = "a failed assumption in a test is a failed test")]

#[path = "support/arr.rs"]
mod support;

use std::fs;

use arr_io::npy::NpzOptions;
use serde_json::{Value, json};
use support::{arr_in, f8, fixtures, folder, i4, npy};

fn list(text: &str) -> Vec<Value> {
    serde_json::from_str(text).unwrap()
}

#[cfg(target_os = "linux")]
#[test]
fn pipes_without_a_name_are_written_to() {
    let whole = npy("'<f8'", false, "(2,)", &f8(&[1.5, 2.5]));
    let folder = folder(&[("x.npy", &whole)]);
    for args in [&["/dev/stdout", "--to", "npy"][..], &["/proc/self/fd/1", "--to", "npy", "--force"]] {
        let run = arr_in(folder.path(), &[&["convert", "x.npy"], args].concat());
        assert_eq!((run.code, run.bytes == whole, run.err.as_str()), (Some(0), true, ""), "{args:?}");
    }
    // What links lead to is a file all the same.
    std::os::unix::fs::symlink("y.npy", folder.path().join("link.npy")).unwrap();
    arr_in(folder.path(), &["convert", "x.npy", "link.npy", "--force"]).ok();
    assert!(fs::read(folder.path().join("y.npy")).unwrap() == whole);
}

#[test]
fn several_members_do_not_go_under_one_name() {
    let folder = folder(&[("x.npy", &npy("'<i4'", false, "(1,)", &i4(&[7])))]);
    let run = |args: &[&str]| arr_in(folder.path(), args);
    run(&["convert", "x.npy", "three.npz::a"]).ok();
    run(&["append", "three.npz", "b=x.npy", "c=x.npy"]).ok();
    run(&["convert", "x.npy", "t.npz::k"]).ok();
    let before = fs::read(folder.path().join("t.npz")).unwrap();
    for more in [&[][..], &["--force"]] {
        let line = run(&[&["append", "t.npz", "q=three.npz"], more].concat()).fails();
        assert!(line.contains("'q' would be the name of all"), "{line}");
        assert!(fs::read(folder.path().join("t.npz")).unwrap() == before);
    }
    run(&["append", "t.npz", "q=three.npz::b"]).ok();
    let shown = run(&["info", "t.npz", "--json"]).ok();
    assert_eq!(list(&shown).iter().map(|one| &one["name"]).collect::<Vec<_>>(), ["k", "q"]);
}

#[test]
fn no_new_name_leads_out_of_a_folder() {
    let folder = folder(&[("x.npy", &npy("'<i4'", false, "(1,)", &i4(&[7])))]);
    let run = |args: &[&str]| arr_in(folder.path(), args);
    run(&["convert", "x.npy", "t.npz::k"]).ok();
    for name in ["../k", "/k", "a/../../k"] {
        for args in [
            vec!["mv", "t.npz", "k", name],
            vec!["append", "t.npz", &format!("{name}=x.npy")],
            vec!["convert", "x.npy", &format!("t.npz::{name}"), "--force"],
        ] {
            let line = run(&args).fails();
            assert!(line.contains("would lead out of the folder"), "{line}");
        }
    }
    run(&["check", "t.npz"]).ok();
}

#[test]
fn names_that_begin_with_the_folder_itself_are_no_faults() {
    let folder = folder(&[]);
    let at = folder.path();
    let whole = npy("'<i4'", false, "(1,)", &i4(&[7]));
    let mut writer = NpzOptions::new().create(at.join("dot.npz")).unwrap();
    writer.add_bytes("./a.npy", &whole).unwrap();
    writer.add_bytes("././b/c.npy", &whole).unwrap();
    writer.finish().unwrap();
    arr_in(at, &["check", "dot.npz"]).ok();
    arr_in(at, &["convert", "dot.npz", "d/"]).ok();
    assert!(fs::read(at.join("d/a.npy")).unwrap() == whole && at.join("d/b/c.npy").exists());
}

#[test]
fn archives_may_be_called_zip() {
    let folder = folder(&[("x.npy", &npy("'<i4'", false, "(1,)", &i4(&[7])))]);
    let run = |args: &[&str]| arr_in(folder.path(), args);
    run(&["convert", "x.npy", "a.zip::k"]).ok();
    run(&["convert", "a.zip", "b.zip"]).ok();
    run(&["repair", "b.zip", "c.zip"]).ok();
    assert_eq!(run(&["show", "c.zip::k"]).ok(), "[7]\n");
}

#[test]
fn objects_in_members_have_their_arrays_shown() {
    let folder = folder(&[]);
    let at = folder.path();
    let dict = fs::read(fixtures().join("python/cases/dict_in_npy.npy")).unwrap();
    let mut writer = NpzOptions::new().create(at.join("a.npz")).unwrap();
    writer.add_bytes("d.npy", &dict).unwrap();
    writer.add_bytes("x.npy", &npy("'<f8'", false, "(1,)", &f8(&[2.0]))).unwrap();
    writer.finish().unwrap();
    fs::write(at.join("d.npy"), dict).unwrap();
    let alone = list(&arr_in(at, &["show", "d.npy", "--json"]).out);
    let inside = list(&arr_in(at, &["show", "a.npz", "--json"]).out);
    assert_eq!(inside.len(), alone.len() + 1);
    for (inner, own) in inside.iter().zip(&alone) {
        assert_eq!(inner["values"], own["values"]);
        // Its name leads to it.
        let name = format!("a.npz::{}", inner["name"].as_str().unwrap());
        assert_eq!(list(&arr_in(at, &["show", &name, "--json"]).out)[0]["values"], own["values"], "{name}");
    }
    let named = list(&arr_in(at, &["show", "a.npz::d", "--json"]).out);
    assert_eq!(named.len(), alone.len());
    assert!(arr_in(at, &["stats", "a.npz"]).out.contains("a.npz::d::"));
}

#[test]
fn what_objects_in_members_would_call_is_a_fault() {
    let folder = folder(&[]);
    let at = folder.path();
    let mut member = npy("'|O'", false, "()", b"");
    member.extend(b"cos\nsystem\n(S'id'\ntR.");
    let mut writer = NpzOptions::new().create(at.join("a.npz")).unwrap();
    writer.add_bytes("bad.npy", &member).unwrap();
    writer.add_bytes("x.npy", &npy("'<f8'", false, "(1,)", &f8(&[2.0]))).unwrap();
    writer.finish().unwrap();
    fs::write(at.join("bad.npy"), member).unwrap();
    for file in ["bad.npy", "a.npz"] {
        let found = arr_in(at, &["check", file]).with_code(1);
        assert!(found.contains("os.system"), "{found}");
    }
    // So is what was called before a fault.
    let mut member = npy("'|O'", false, "()", b"");
    member.extend(b"cos\nsystem\n(S'id'\ntR0]}b.");
    let mut writer = NpzOptions::new().create(at.join("cut.npz")).unwrap();
    writer.add_bytes("bad.npy", &member).unwrap();
    writer.finish().unwrap();
    let found = arr_in(at, &["check", "cut.npz"]).with_code(1);
    assert!(found.contains("os.system") && found.lines().count() == 2, "{found}");
    // Shown it is data, and nothing is called.
    let run = arr_in(at, &["show", "a.npz"]);
    assert!(run.code == Some(0) && run.out.contains("a.npz::x: <f8 (1,)"), "{run:?}");
}

#[test]
fn dates_in_json_are_texts_but_in_a_dump() {
    let days = [0i64, 18_263, i64::MIN].map(i64::to_le_bytes).concat();
    let folder = folder(&[
        ("d.npy", &npy("'<M8[D]'", false, "(3,)", &days)),
        ("e.npy", &npy("'<M8[D]'", false, "(3,)", &[1i64, 18_263, i64::MIN].map(i64::to_le_bytes).concat())),
        ("t.npy", &npy("'<m8[s]'", false, "(3,)", &days)),
    ]);
    let run = |args: &[&str]| arr_in(folder.path(), args);
    let shown = list(&run(&["show", "d.npy", "t.npy", "--json"]).ok());
    assert_eq!(shown[0]["values"], json!(["1970-01-01", "2020-01-02", null]));
    assert_eq!(shown[1]["values"], json!([0, 18_263, null]));
    let stats = &list(&run(&["stats", "d.npy", "--json"]).ok())[0];
    assert_eq!((&stats["min"], &stats["max"]), (&json!(0), &json!(18_263)));
    assert_eq!((&stats["min_date"], &stats["max_date"]), (&json!("1970-01-01"), &json!("2020-01-02")));
    let diff = &list(&run(&["diff", "d.npy", "e.npy", "--json"]).with_code(1))[0];
    assert_eq!(diff["first_values"], json!(["1970-01-01", "1970-01-02"]));
    let dump: Value = serde_json::from_str(&run(&["dump", "d.npy"]).ok()).unwrap();
    assert_eq!(dump["heap"]["1"]["data"], json!([0, 18_263, null]));
}

#[test]
fn both_sides_of_a_difference_are_named() {
    let folder = folder(&[("x.npy", &npy("'<f8'", false, "(1,)", &f8(&[2.0])))]);
    let run = |args: &[&str]| arr_in(folder.path(), args);
    run(&["convert", "x.npy", "a.npz::x"]).ok();
    run(&["convert", "x.npy", "b.npz::y", "--dtype", "<f4"]).ok();
    let diff = list(&run(&["diff", "a.npz::x", "b.npz::y", "--json"]).with_code(1));
    assert_eq!((&diff[0]["file"], &diff[0]["other"]), (&json!("a.npz"), &json!("b.npz::y")));
}
