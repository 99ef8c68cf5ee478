//! Members of archives, removed, renamed and rescued; rows of arrays that are cut.
#![allow(clippy::unwrap_used, reason = "a failed assumption in a test is a failed test")]

#[path = "support/arr.rs"]
mod support;

use std::fs;
use std::path::Path;

use serde_json::Value;
use support::{arr_in, arr_with_input, command, f8, folder, i4, names, npy, run};

/// An archive of four arrays, and one with the same members deflated.
fn archives() -> tempfile::TempDir {
    let folder = folder(&[
        ("a.npy", &npy("'<i4'", false, "(2, 3)", &i4(&[1, 2, 3, 4, 5, 6]))),
        ("b.npy", &npy("'<f8'", false, "(3,)", &f8(&[1.5, 2.5, 3.5]))),
    ]);
    let at = folder.path();
    for name in ["w", "layer0/w", "layer0/b", "layer1/w"] {
        let from = if name.ends_with('b') { "b.npy" } else { "a.npy" };
        arr_in(at, &["convert", from, &format!("x.npz::{name}")]).ok();
    }
    arr_in(at, &["convert", "x.npz", "packed.npz", "--level", "6"]).ok();
    folder
}

fn keys(folder: &Path, file: &str) -> Vec<String> {
    let info: Value = serde_json::from_str(&arr_in(folder, &["info", "--json", file]).ok()).unwrap();
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    info.as_array().unwrap().iter().map(|object| text(&object["name"])).collect()
}

#[test]
fn members_are_removed_by_name_and_pattern() {
    let folder = archives();
    let at = folder.path();
    for file in ["x.npz", "packed.npz"] {
        assert_eq!(arr_in(at, &["rm", file, "w"]).ok(), "");
        assert_eq!(keys(at, file), ["layer0/w", "layer0/b", "layer1/w"]);
        arr_in(at, &["rm", file, "layer0/*", "layer1/w.npy"]).ok();
        let info = arr_in(at, &["info", file]).ok();
        assert!(info.contains("members    0"), "{info}");
        assert_eq!(arr_in(at, &["check", file]).ok(), format!("{file}: ok\n"));
    }
    assert_eq!(names(at), ["a.npy", "b.npy", "packed.npz", "x.npz"]);
}

#[test]
fn a_member_among_files_is_called_as_it_was_typed() {
    let folder = archives();
    let info = arr_in(folder.path(), &["info", "x.npz::layer0/w", "a.npy"]).ok();
    let called: Vec<&str> = info.lines().filter_map(|line| line.split_whitespace().next()).collect();
    assert!(called.contains(&"x.npz::layer0/w") && called.contains(&"a.npy"), "{info}");
}

#[test]
fn members_are_renamed() {
    let folder = archives();
    let at = folder.path();
    for file in ["x.npz", "packed.npz"] {
        assert_eq!(arr_in(at, &["mv", file, "layer0/w", "\u{e9}/w"]).ok(), "");
        assert_eq!(keys(at, file), ["w", "\u{e9}/w", "layer0/b", "layer1/w"]);
        assert_eq!(arr_in(at, &["show", &format!("{file}::\u{e9}/w")]).ok(), "[[1 2 3]\n [4 5 6]]\n");
        let before = fs::read(at.join(file)).unwrap();
        let line = arr_in(at, &["mv", file, "w", "layer0/b"]).fails();
        assert!(line.ends_with("there is a member of that name already (use --force)"), "{line}");
        assert!(fs::read(at.join(file)).unwrap() == before);
        arr_in(at, &["mv", file, "w", "layer0/b", "--force"]).ok();
        assert_eq!(keys(at, file), ["layer0/b", "\u{e9}/w", "layer1/w"]);
        assert_eq!(arr_in(at, &["show", &format!("{file}::layer0/b"), "--slice", "0"]).ok(), "[1 2 3]\n");
        assert_eq!(arr_in(at, &["check", file]).ok(), format!("{file}: ok\n"));
    }
    // In both ways to write a name.
    arr_in(at, &["mv", "x.npz", "layer1/w.npy", "v.npy"]).ok();
    assert_eq!(keys(at, "x.npz"), ["layer0/b", "\u{e9}/w", "v"]);
}

#[test]
fn archives_are_merged_with_what_is_no_array() {
    let folder = archives();
    let at = folder.path();
    arr_in(at, &["convert", "b.npy", "y.npz::w"]).ok();
    let mut writer = arr_io::npy::NpzOptions::new().create(at.join("notes.npz")).unwrap();
    writer.add("n", &vec![1.0]).unwrap();
    writer.add_bytes("notes/a.txt", b"a note").unwrap();
    writer.finish().unwrap();
    arr_in(at, &["append", "y.npz", "notes.npz"]).ok();
    assert_eq!(keys(at, "y.npz"), ["w", "n", "notes/a.txt"]);
    let before = fs::read(at.join("x.npz")).unwrap();
    let line = arr_in(at, &["append", "x.npz", "y.npz"]).fails();
    assert!(line.contains("there is a member of that name already (use --force)"), "{line}");
    assert!(fs::read(at.join("x.npz")).unwrap() == before);
    for _ in 0..2 {
        arr_in(at, &["append", "x.npz", "y.npz", "--force"]).ok();
        assert_eq!(keys(at, "x.npz"), ["layer0/w", "layer0/b", "layer1/w", "w", "n", "notes/a.txt"]);
    }
    assert_eq!(arr_in(at, &["show", "x.npz::w"]).ok(), "[1.5 2.5 3.5]\n");
    assert_eq!(arr_in(at, &["check", "x.npz"]).ok(), "x.npz: ok\n");
}

#[test]
fn a_file_of_a_member_in_folders_takes_its_place() {
    let folder = archives();
    let at = folder.path();
    arr_in(at, &["convert", "x.npz", "out/"]).ok();
    fs::copy(at.join("b.npy"), at.join("out/layer1/w.npy")).unwrap();
    let line = arr_in(at, &["append", "x.npz", "out/layer1/w.npy"]).fails();
    assert!(line.contains("layer1/w: there is a member of that name already"), "{line}");
    arr_in(at, &["append", "x.npz", "out/layer1/w.npy", "--force"]).ok();
    assert_eq!(keys(at, "x.npz"), ["w", "layer0/w", "layer0/b", "layer1/w"]);
    assert_eq!(arr_in(at, &["show", "x.npz::layer1/w"]).ok(), "[1.5 2.5 3.5]\n");
    // A new member is named after its file.
    fs::copy(at.join("b.npy"), at.join("out/layer1/new.npy")).unwrap();
    arr_in(at, &["append", "x.npz", "out/layer1/new.npy"]).ok();
    assert_eq!(keys(at, "x.npz")[4], "new");
}

#[test]
fn what_is_not_there_is_said_with_what_is_like_it() {
    let folder = archives();
    let at = folder.path();
    let before = fs::read(at.join("x.npz")).unwrap();
    for args in [&["rm", "x.npz", "w", "layer0/x"][..], &["mv", "x.npz", "layer0/x", "v"]] {
        let line = arr_in(at, args).fails();
        let (wanted, near) = ("x.npz: npz: the archive has no member 'layer0/x'", "did you mean 'layer0/");
        assert!(line.contains(wanted) && line.contains(near), "{line}");
    }
    fs::write(at.join("objects.npy"), npy("'|O'", false, "(1,)", b"\x80\x04]NaK\x01e.")).unwrap();
    for (args, wanted) in [
        (
            &["repair", "objects.npy", "y.npy"][..],
            "objects.npy: npy: its items are objects, which do not tell",
        ),
        (&["rm", "x.npz", "nothing/*"], "no member 'nothing/*'"),
        (&["mv", "x.npz", "layer0/*", "v"], "no member 'layer0/*'"),
        (&["mv", "x.npz", "w", ""], "it is no name of a member"),
        (&["rm", "a.npy", "w"], "a.npy: npy: files of this format have no members"),
        (&["mv", "a.npy", "w", "v"], "a.npy: npy: files of this format have no members"),
        (&["rm", "x.npz::w", "w"], "ARCHIVE is a file"),
        (&["rm", "-", "w"], "standard input can't be changed"),
        (&["rm", "missing.npz", "w"], "missing.npz: "),
        (&["repair", "x.npz::w", "y.npz"], "FILE is a file"),
        (&["repair", "missing.npz", "y.npz"], "missing.npz: "),
        (&["repair", "x.npz", "packed.npz"], "packed.npz: already exists (use --force)"),
    ] {
        let line = arr_in(at, args).fails();
        assert!(line.contains(wanted), "{args:?}: {line}");
    }
    assert!(fs::read(at.join("x.npz")).unwrap() == before && !at.join("y.npz").exists());
}

#[test]
fn what_is_whole_of_a_cut_archive_comes_out_of_it() {
    let folder = archives();
    let at = folder.path();
    for file in ["x.npz", "packed.npz"] {
        let bytes = fs::read(at.join(file)).unwrap();
        let directory = bytes.windows(4).position(|bytes| bytes == b"PK\x01\x02").unwrap();
        let cut = &bytes[..directory - 20];
        fs::write(at.join("cut.npz"), cut).unwrap();
        let run = arr_in(at, &["repair", "cut.npz", "whole.npz", "--force"]);
        let said = run.with_code(1);
        let lines: Vec<&str> = said.lines().collect();
        assert!(lines[0].starts_with("cut.npz::layer1/w: npz: layer1/w.npy: "), "{said}");
        assert!(lines[1].starts_with("cut.npz: npz: no directory follows"), "{said}");
        assert_eq!(lines[2..], ["whole.npz: 3 kept, 2 lost"]);
        assert_eq!(keys(at, "whole.npz"), ["w", "layer0/w", "layer0/b"]);
        assert_eq!(arr_in(at, &["check", "whole.npz"]).ok(), "whole.npz: ok\n");
        let (from, to) = (format!("{file}::layer0/b"), "whole.npz::layer0/b");
        assert!(arr_in(at, &["diff", &from, to]).ok().contains("equal"));
        // The same through pipes: what was lost is on standard error.
        let run = arr_with_input(at, &["repair", "-", "-", "--to", "npz"], cut);
        assert_eq!((run.code, run.err.lines().count()), (Some(1), 3), "{}", run.err);
        assert!(run.bytes == fs::read(at.join("whole.npz")).unwrap());
        // What is there is listed in front of the fault.
        let run = arr_in(at, &["info", "cut.npz"]);
        assert!(run.code == Some(2) && run.out.contains("layer0/b") && run.out.contains("(3,)"), "{run:?}");
        assert!(run.err.lines().last().unwrap().contains("no end record of a zip archive"), "{run:?}");
        let run = arr_in(at, &["info", "cut.npz", "--json"]);
        let list: Vec<Value> = serde_json::from_str(&run.out).unwrap();
        assert_eq!((run.code, &list[2]["name"], list.len()), (Some(2), &"layer0/b".into(), 5), "{list:?}");
        assert!(list[3].get("error").is_some() && list[4].get("error").is_some(), "{list:?}");
    }
    // Nothing is lost of what is whole, and nothing is written where all is lost.
    let said = arr_in(at, &["repair", "x.npz", "again.npz"]).ok();
    assert_eq!(said, "again.npz: 4 kept, 0 lost\n");
    assert!(fs::read(at.join("x.npz")).unwrap() == fs::read(at.join("again.npz")).unwrap());
    let bytes = fs::read(at.join("x.npz")).unwrap();
    fs::write(at.join("cut.npz"), &bytes[..100]).unwrap();
    let said = arr_in(at, &["repair", "cut.npz", "none.npz"]).with_code(1);
    assert!(said.ends_with("none.npz: not written, since nothing is whole\n"), "{said}");
    assert!(!at.join("none.npz").exists());
}

#[test]
fn a_wrong_checksum_is_a_lost_member() {
    let folder = archives();
    let at = folder.path();
    let mut bytes = fs::read(at.join("x.npz")).unwrap();
    // A value of the first member.
    bytes[64 + 128 + 3] ^= 1;
    fs::write(at.join("x.npz"), &bytes).unwrap();
    let said = arr_in(at, &["repair", "x.npz", "x.npz", "--force"]).with_code(1);
    assert!(said.starts_with("x.npz::w: npz: w.npy: the checksum is wrong"), "{said}");
    assert!(said.ends_with("x.npz: 3 kept, 1 lost\n"), "{said}");
    assert_eq!(arr_in(at, &["check", "x.npz"]).ok(), "x.npz: ok\n");
    assert_eq!(names(at), ["a.npy", "b.npy", "packed.npz", "x.npz"]);
}

#[test]
fn rows_of_cut_arrays_are_read_and_rescued() {
    let values: Vec<f64> = (0..12).map(f64::from).collect();
    let file = npy("'<f8'", false, "(3, 4)", &f8(&values));
    let folder = folder(&[("cut.npy", &file[..file.len() - 40])]);
    let at = folder.path();
    let run = arr_in(at, &["info", "cut.npy"]);
    assert!(run.out.contains("shape      (3, 4), 12 items\n"), "{run:?}");
    assert!(run.out.contains("cut        1 of 3 rows are there\n"), "{run:?}");
    let line = run.fails();
    assert!(line.contains("the input ends inside the data: expected 96 bytes, found 56"), "{line}");
    let run = arr_in(at, &["info", "cut.npy", "--json"]);
    let list: Value = serde_json::from_str(&run.out).unwrap();
    assert_eq!((&list[0]["cut"], &list[0]["shape"][0]), (&1.into(), &3.into()));
    // What is there is shown, and that the file is cut is said.
    let run = arr_in(at, &["show", "cut.npy", "--slice", "0:1"]);
    assert_eq!(run.out, "[[0. 1. 2. 3.]]\n");
    run.fails();
    assert_eq!(arr_in(at, &["show", "cut.npy", "--slice", "1, :2"]).out, "[4. 5.]\n");
    let run = arr_in(at, &["show", "cut.npy", "--slice", "2"]);
    assert_eq!(run.out, "");
    run.fails();
    let said = arr_in(at, &["repair", "cut.npy", "rows.npy"]).with_code(1);
    assert!(
        said.starts_with("cut.npy: npy: the input ends inside the data: 1 of 3 rows are there"),
        "{said}"
    );
    assert_eq!(arr_in(at, &["show", "rows.npy"]).ok(), "[[0. 1. 2. 3.]]\n");
    arr_in(at, &["repair", "cut.npy", "rows.npz"]).with_code(1);
    assert_eq!(arr_in(at, &["show", "rows.npz::cut"]).ok(), "[[0. 1. 2. 3.]]\n");
    let line = arr_in(at, &["repair", "rows.npz", "x.fb", "--from", "pickle"]).fails();
    assert!(line.contains("do not tell what of them is whole"), "{line}");
}

#[test]
#[ignore = "takes long: it kills commands at 200 moments"]
fn a_kill_leaves_the_old_archive_or_the_new_one() {
    let folder = archives();
    let at = folder.path();
    // So large that it is edited in place, and so that each command takes a while.
    let large: Vec<u8> = (0..4_000_000u32).flat_map(u32::to_le_bytes).collect();
    fs::write(at.join("large.npy"), npy("'<u4'", false, "(4000000,)", &large)).unwrap();
    for name in ["large", "more"] {
        arr_in(at, &["append", "x.npz", &format!("{name}=large.npy")]).ok();
    }
    let old = fs::read(at.join("x.npz")).unwrap();
    fs::write(at.join("cut.npz"), &old[..old.len() - 100]).unwrap();
    let jobs: [(&[&str], &str); 4] = [
        (&["rm", "k.npz", "more", "w"], "k.npz"),
        (&["mv", "k.npz", "more", "other"], "k.npz"),
        (&["mv", "k.npz", "w", "v"], "k.npz"),
        (&["repair", "cut.npz", "k.npz", "--force"], "k.npz"),
    ];
    let mut killed = 0;
    // Kills are spread over the time that a command takes here.
    let took = jobs.map(|(words, target)| {
        fs::write(at.join(target), &old).unwrap();
        let start = std::time::Instant::now();
        run(command(at, words));
        start.elapsed()
    });
    for moment in 0..200u32 {
        let job = usize::try_from(moment).unwrap() % jobs.len();
        let (words, target) = jobs[job];
        fs::write(at.join(target), &old).unwrap();
        let mut child = command(at, words).stdout(std::process::Stdio::null()).spawn().unwrap();
        std::thread::sleep(took[job] * moment / 200);
        let _ = child.kill();
        killed += usize::from(!child.wait().unwrap().success());
        let check = arr_in(at, &["check", target]);
        assert_eq!((check.code, check.out.as_str()), (Some(0), "k.npz: ok\n"), "{words:?} {moment}");
        let found = keys(at, target);
        let before = ["w", "layer0/w", "layer0/b", "layer1/w", "large", "more"];
        let after: &[&str] = match words[0] {
            "rm" => &["layer0/w", "layer0/b", "layer1/w", "large"],
            "mv" if words[2] == "w" => &["v", "layer0/w", "layer0/b", "layer1/w", "large", "more"],
            "mv" => &["w", "layer0/w", "layer0/b", "layer1/w", "large", "other"],
            _ => &before,
        };
        assert!(found == before || found == after, "{words:?} {moment}: {found:?}");
        // The next run clears what was left.
        let again = run(command(at, words));
        assert!(again.code == Some(0) || found == after || words[0] == "repair", "{words:?}: {again:?}");
        let litter = names(at).into_iter().filter(|name| name.starts_with('.')).count();
        assert_eq!(litter, 0, "{words:?} {moment}");
    }
    assert!(killed > 20, "{killed} were killed");
}
