//! Parts of files and what lies around them: fields, slices, shapes, compression.
#![allow(clippy::unwrap_used, reason = "a failed assumption in a test is a failed test")]

#[path = "support/arr.rs"]
mod support;

use std::fs;

use support::{arr_in, folder, i4, names, npy};

/// Records whose fields are called `x`, `y` and `x,y`.
fn records() -> Vec<u8> {
    let descr = "[('x', '<i4'), ('y', '<i4'), ('x,y', '<i4')]";
    npy(descr, false, "(2,)", &i4(&[1, 2, 3, 4, 5, 6]))
}

#[test]
fn a_field_is_converted_alone() {
    let folder = folder(&[("r.npy", &records())]);
    let run = |args: &[&str]| arr_in(folder.path(), args);
    run(&["convert", "r.npy::y", "y.npy"]).ok();
    assert_eq!(run(&["show", "y.npy"]).ok(), "[2 5]\n");
    // A field whose name has a comma comes before two fields.
    assert_eq!(run(&["show", "r.npy::x,y"]).ok(), "[3 6]\n");
    assert_eq!(run(&["show", "r.npy::y,x"]).ok(), "[(2, 1) (5, 4)]\n");
    run(&["convert", "r.npy", "m.npz"]).ok();
    assert_eq!(run(&["show", "m.npz::r::x"]).ok(), "[1 4]\n");
    assert!(run(&["show", "r.npy::z"]).fails().starts_with("arr: r.npy::z: "));
}

#[test]
fn a_field_of_several_arrays_is_ambiguous() {
    let folder = folder(&[("row.npy", &[records(), records()].concat())]);
    let run = |args: &[&str]| arr_in(folder.path(), args);
    assert_eq!(
        run(&["convert", "row.npy::x", "x.npy"]).fails(),
        "arr: row.npy::x: there are several arrays: name one of them, as 0::x"
    );
    run(&["convert", "row.npy::1::x", "x.npy"]).ok();
    assert_eq!(run(&["show", "x.npy"]).ok(), "[1 4]\n");
}

#[test]
fn slices_and_shapes_are_converted() {
    let folder = folder(&[("in.npy", &npy("'<i4'", false, "(2, 3)", &i4(&[0, 1, 2, 3, 4, 5])))]);
    let run = |args: &[&str]| arr_in(folder.path(), args);
    run(&["convert", "in.npy", "s.npy", "--slice", "::-1, 1:"]).ok();
    assert_eq!(run(&["show", "s.npy"]).ok(), "[[4 5]\n [1 2]]\n");
    run(&["convert", "in.npy", "f.npy", "--shape", "3,2", "--order", "F"]).ok();
    assert_eq!(run(&["show", "f.npy"]).ok(), "[[0 1]\n [2 3]\n [4 5]]\n");
    assert_eq!(fs::read(folder.path().join("f.npy")).unwrap()[128..], i4(&[0, 2, 4, 1, 3, 5]));
    run(&["convert", "in.npy", "m.npz::part", "--slice", "1"]).ok();
    assert_eq!(run(&["show", "m.npz::part"]).ok(), "[3 4 5]\n");
    run(&["convert", "in.npy", "free.npy", "--shape=-1,2", "--dtype=<i4"]).ok();
    assert_eq!(run(&["show", "free.npy"]).ok(), "[[0 1]\n [2 3]\n [4 5]]\n");
    run(&["convert", "in.npy", "free.npy", "--force", "--shape=-1"]).ok();
    assert_eq!(run(&["show", "free.npy"]).ok(), "[0 1 2 3 4 5]\n");
    let line = run(&["convert", "in.npy", "x.npy", "--shape", "-1,4"]).fails();
    assert_eq!(line, "arr: in.npy: an array of shape [2, 3] can't take the shape [-1, 4]");
    let line = run(&["convert", "in.npy", "x.npy", "--shape", "4,2"]).fails();
    assert_eq!(line, "arr: in.npy: an array of shape [2, 3] can't take the shape [4, 2]");
    assert_eq!(names(folder.path()), ["f.npy", "free.npy", "in.npy", "m.npz", "s.npy"]);
}

#[test]
fn compressed_files_are_files() {
    let array = npy("'<i4'", false, "(2,)", &i4(&[1, 300]));
    let folder = folder(&[("in.npy", &array)]);
    let run = |args: &[&str]| arr_in(folder.path(), args);
    for extension in ["gz", "bz2", "xz", "zst", "zz"] {
        let packed = format!("x.npy.{extension}");
        run(&["convert", "in.npy", &packed]).ok();
        run(&["diff", "in.npy", &packed]).ok();
        run(&["check", &packed]).ok();
        assert_eq!(run(&["show", &packed]).ok(), "[  1 300]\n");
        run(&["convert", &packed, "back.npy", "--force"]).ok();
        assert_eq!(fs::read(folder.path().join("back.npy")).unwrap(), array);
        // The last byte is of the checksum, or of what tells the length.
        let bytes = fs::read(folder.path().join(&packed)).unwrap();
        fs::write(folder.path().join("cut"), &bytes[..bytes.len() - 1]).unwrap();
        for command in ["show", "stats", "dump", "info"] {
            let line = run(&[command, "cut"]).fails();
            assert!(line.starts_with("arr: cut: "), "{line}");
        }
        assert_eq!(run(&["check", "cut"]).code, Some(1), "{extension}");
    }
    run(&["convert", "in.npy", "hard.npy.gz", "--level", "9"]).ok();
    run(&["diff", "in.npy", "hard.npy.gz"]).ok();
    let line = run(&["append", "x.npy.gz", "in.npy"]).fails();
    assert!(line.contains("compressed by gzip"), "{line}");
}

#[test]
fn a_target_that_is_added_to_is_a_file() {
    let array = npy("'<i4'", false, "(2,)", &i4(&[1, 2]));
    let folder = folder(&[("a.npy", &array), ("b.npy", &array)]);
    let line = arr_in(folder.path(), &["append", "a.npy::7", "b.npy"]).fails();
    assert!(line.starts_with("arr: a.npy::7: TARGET is a file"), "{line}");
    assert_eq!(fs::read(folder.path().join("a.npy")).unwrap(), array);
}

#[test]
fn fields_and_places_give_names() {
    let array = npy("'<i4'", false, "(1,)", &i4(&[7]));
    let folder = folder(&[("r.npy", &records()), ("row.npy", &[array.clone(), array].concat())]);
    let run = |args: &[&str]| arr_in(folder.path(), args);
    run(&["convert", "r.npy::x", "r.npy::y", "row.npy::0", "row.npy::1", "m.npz"]).ok();
    assert_eq!(run(&["show", "m.npz::x"]).ok(), "[1 4]\n");
    assert_eq!(run(&["show", "m.npz::y"]).ok(), "[2 5]\n");
    assert_eq!(run(&["show", "m.npz::row_1"]).ok(), "[7]\n");
    run(&["convert", "r.npy", "n.npz"]).ok();
    run(&["convert", "n.npz::r::y", "m.npz::x", "out/"]).ok();
    assert_eq!(names(&folder.path().join("out")), ["x.npy", "y.npy"]);
    assert_eq!(
        run(&["convert", "m.npz::x", "r.npy::x", "q.npz"]).fails(),
        "arr: r.npy::x: 'x' would be in the archive twice, from m.npz::x as well"
    );
}

#[test]
fn a_folder_takes_a_file_for_each_input() {
    let (a, b) = (npy("'<i4'", false, "(2,)", &i4(&[1, 2])), npy("'<i4'", false, "(1,)", &i4(&[3])));
    let folder = folder(&[("a.npy", &a), ("b.npy", &b), ("in/a.npy", &b)]);
    let at = folder.path();
    let run = |args: &[&str]| arr_in(at, args);
    run(&["convert", "a.npy", "one/"]).ok();
    assert_eq!(fs::read(at.join("one/a.npy")).unwrap(), a);
    // A folder that is there, and files that keep their format.
    run(&["convert", "b.npy", "b.nd4j"]).ok();
    run(&["convert", "b.npy", "b.nd4j", "one"]).ok();
    assert_eq!(names(&at.join("one")), ["a.npy", "b.nd4j", "b.npy"]);
    assert_eq!(fs::read(at.join("one/b.nd4j")).unwrap(), fs::read(at.join("b.nd4j")).unwrap());
    run(&["convert", "a.npy", "b.npy", "texts/", "--to", "nd4j-txt"]).ok();
    assert_eq!(names(&at.join("texts")), ["a.nd4jtxt", "b.nd4jtxt"]);
    // Archives and arrays together; of an archive format a file for each input.
    run(&["convert", "a.npy", "b.npy", "c.npz"]).ok();
    run(&["convert", "c.npz", "in/a.npy", "packed/", "--to", "npz"]).ok();
    assert_eq!(names(&at.join("packed")), ["a.npz", "c.npz"]);
    assert_eq!(run(&["show", "packed/c.npz::b"]).ok(), "[3]\n");
    let before = names(at);
    assert_eq!(
        run(&["convert", "c.npz", "in/a.npy", "two/"]).fails(),
        "arr: in/a.npy: 'a.npy' would be written twice, from c.npz::a as well"
    );
    assert_eq!(
        run(&["convert", "b.npy", "a.npy", "one"]).fails(),
        "arr: one/b.npy: already exists (use --force)"
    );
    assert_eq!(names(at), before);
}

#[test]
fn what_is_not_cast_is_named() {
    let text = npy("'<U2'", false, "(1,)", b"a\0\0\0b\0\0\0");
    let folder = folder(&[
        ("f.npy", &npy("'<f8'", false, "(1,)", &1.5f64.to_le_bytes())),
        ("i.npy", &npy("'<i4'", false, "(1,)", &i4(&[3]))),
        ("t.npy", &text),
    ]);
    let run = |args: &[&str]| arr_in(folder.path(), args);
    run(&["convert", "f.npy", "i.npy", "t.npy", "m.npz"]).ok();
    let said = |args: &[&str]| {
        let run = run(args);
        assert_eq!(run.code, Some(0), "{}", run.err);
        run.err
    };
    let expected =
        "arr: m.npz::i: it stays <i4: only <f8 is cast\narr: m.npz::t: it stays <U2: only <f8 is cast\n";
    assert_eq!(said(&["convert", "m.npz", "n.npz", "--dtype", "<f8=<f4"]), expected);
    assert!(run(&["info", "n.npz"]).ok().contains("<f4"));
    assert_eq!(run(&["show", "n.npz::i"]).ok(), "[3]\n");
    let expected = "arr: m.npz::t: it stays <U2: casting <U2 to <f4 is not supported\n";
    assert_eq!(said(&["convert", "m.npz", "o.npz", "--dtype", "<f4"]), expected);
    assert_eq!(run(&["show", "o.npz::i"]).ok(), "[3.]\n");
    assert_eq!(run(&["show", "o.npz::t"]).ok(), "['ab']\n");
    let line = run(&["convert", "t.npy", "x.npy", "--dtype", "<f4"]).fails();
    assert_eq!(line, "arr: t.npy: casting <U2 to <f4 is not supported");
    // Objects go on as the bytes that they are.
    let objects = support::fixtures().join("numpy/npz/objects.npz");
    let err = said(&["convert", objects.to_str().unwrap(), "p.npz", "--dtype", "<f4"]);
    assert!(err.lines().count() > 1 && err.lines().all(|line| line.contains(": it stays ")), "{err}");
    let members = |file: &str| run(&["info", file, "--json"]).out.matches("\"name\":\"").count();
    assert_eq!(members("p.npz"), members(objects.to_str().unwrap()));
}

#[test]
fn what_is_appended_has_the_name_that_is_given() {
    let array = npy("'<i4'", false, "(2,)", &i4(&[1, 2]));
    let folder = folder(&[("a.npy", &array), ("x=y.npy", &array)]);
    let run = |args: &[&str]| arr_in(folder.path(), args);
    run(&["convert", "a.npy", "m.npz"]).ok();
    run(&["append", "m.npz", "layer1/w=a.npy", "x=y.npy"]).ok();
    run(&["convert", "a.npy", "m.npz::new", "--slice", "1:"]).ok();
    for (key, shown) in [("layer1/w", "[1 2]\n"), ("x=y", "[1 2]\n"), ("new", "[2]\n")] {
        assert_eq!(run(&["show", &format!("m.npz::{key}")]).ok(), shown);
    }
    let line = run(&["append", "m.npz", "w=a.npy", "w=x=y.npy"]).fails();
    assert_eq!(line, "arr: x=y.npy: 'w' would be in the archive twice, from a.npy as well");
    let line = run(&["append", "a.npy", "w=a.npy"]).fails();
    assert!(line.starts_with("arr: a.npy: rows of an array have no name, such as 'w'"), "{line}");
    let line = run(&["append", "a.npy", "a.npy", "--level", "1"]).fails();
    assert_eq!(line, "arr: --level is not an option of npy, but of npz");
    let line = run(&["convert", "a.npy", "m.npz::new"]).fails();
    assert!(line.contains("there is a member of that name already"), "{line}");
}
