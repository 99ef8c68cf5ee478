//! Members of archives that are renamed and removed: what stays is what it was, to the byte.
#![cfg(feature = "npz")]
#![allow(
    clippy::unwrap_used,
    clippy::cast_possible_truncation,
    reason = "a failed assumption is a failed test"
)]

use std::io::Read;
use std::path::{Path, PathBuf};

use arr_conformance::own_file;
use arr_core::format::{Format, PartChange, Writing};
use arr_core::{Array, ErrorKind, Hint};
use arr_npy::{Npz, NpzEditor, NpzOptions};

/// All members by name and bytes, of an archive without a fault.
fn members(path: &Path) -> Vec<(String, Vec<u8>)> {
    let npz = Npz::open(path).unwrap();
    let faults = npz.check().unwrap();
    assert!(faults.is_empty(), "{faults:?}");
    let bytes = |member: arr_npy::npz::Member<'_>| {
        let mut bytes = Vec::new();
        member.reader().unwrap().read_to_end(&mut bytes).unwrap();
        (member.name().to_owned(), bytes)
    };
    npz.members().map(bytes).collect()
}

fn names(path: &Path) -> Vec<String> {
    members(path).into_iter().map(|(name, _)| name).collect()
}

/// Three members, so few bytes that the archive is copied, or so many that it is added to in place.
fn archive(folder: &Path, is_large: bool, level: u8) -> PathBuf {
    let path = folder.join("x.npz");
    let large: Vec<u64> = (0..if is_large { 400_000 } else { 40 }).collect();
    let mut writer = NpzOptions::new().level(level).create(&path).unwrap();
    writer.add("w", &vec![1.0f32, 2.0]).unwrap();
    writer.add("large", &large).unwrap();
    writer.add_bytes("note.txt", b"a note").unwrap();
    writer.finish().unwrap();
    path
}

#[test]
fn renamed_members_keep_place_and_bytes() {
    for (is_large, level) in [(false, 0), (false, 6), (true, 0), (true, 6)] {
        for (old, new, name) in [
            ("w", "v", "v.npy"),
            ("w.npy", "layer1/w", "layer1/w.npy"),
            ("w", "\u{e9}t\u{e9}", "\u{e9}t\u{e9}.npy"),
            ("w", "a much longer name than before", "a much longer name than before.npy"),
            ("note.txt", "n", "n"),
        ] {
            let folder = tempfile::tempdir().unwrap();
            let path = archive(folder.path(), is_large, level);
            let mut wanted = members(&path);
            wanted.iter_mut().find(|member| member.0 == old || member.0 == format!("{old}.npy")).unwrap().0 =
                name.to_owned();
            let mut editor = NpzEditor::open(&path).unwrap();
            editor.rename(old, new).unwrap();
            assert!(editor.has(name));
            editor.commit().unwrap();
            assert_eq!(members(&path), wanted, "{old} {new}");
            if level == 0 && old != "note.txt" {
                // Data that could be mapped can be still.
                let npz = Npz::open(&path).unwrap();
                let offset = npz.member(name).unwrap().describe().unwrap().unwrap().data_offset;
                assert_eq!(offset % 64, 0);
                assert_eq!(own_file!(npz.map(name)).unwrap().to_vec::<f32>().unwrap(), [1.0, 2.0]);
            }
        }
    }
}

#[test]
fn changes_are_made_one_after_the_other() {
    for is_large in [false, true] {
        let folder = tempfile::tempdir().unwrap();
        let path = archive(folder.path(), is_large, 0);
        let before = members(&path);
        let new = Array::from_vec(vec![7u8], &[1]).unwrap();
        let mut editor = NpzEditor::open(&path).unwrap();
        // Two change places, the third goes, and a new one takes its name.
        editor.rename("w", "aside").unwrap();
        editor.rename("large", "w").unwrap();
        editor.rename("aside", "large").unwrap();
        editor.remove("note.txt").unwrap();
        assert!(editor.remove("note.txt").is_err() && editor.rename("note.txt", "x").is_err());
        editor.put("x", new.view());
        editor.rename("x", "note.txt").unwrap();
        assert_eq!(editor.names(), ["large", "w", "note.txt"]);
        editor.commit().unwrap();
        let after = members(&path);
        assert_eq!(after[0], ("large.npy".to_owned(), before[0].1.clone()));
        assert_eq!(after[1], ("w.npy".to_owned(), before[1].1.clone()));
        assert_eq!(after[2].0, "note.txt.npy");
        // There and back is no change.
        let mut editor = NpzEditor::open(&path).unwrap();
        editor.rename("w", "v").unwrap();
        editor.rename("v", "w").unwrap();
        editor.rename("w", "w").unwrap();
        editor.commit().unwrap();
        assert_eq!(members(&path), after);
        // What is put takes the place of what was renamed so.
        let mut editor = NpzEditor::open(&path).unwrap();
        editor.rename("w", "v").unwrap();
        editor.put("v", new.view());
        editor.commit().unwrap();
        assert_eq!(names(&path), ["large.npy", "note.txt.npy", "v.npy"]);
        assert_eq!(Npz::open(&path).unwrap().get("v").unwrap().to_vec::<u8>().unwrap(), [7]);
    }
}

#[test]
fn names_that_are_taken_or_none_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let path = archive(folder.path(), false, 0);
    let before = std::fs::read(&path).unwrap();
    let edit = |from: &str, to: &str, replaces: bool| {
        let change = PartChange::Rename(from.to_owned(), to.to_owned());
        arr_npy::format::Npz.edit(&path, &[change], &Writing::new().replace(replaces))
    };
    let error = edit("w", "large", false).unwrap_err();
    assert_eq!((error.kind(), error.hint()), (ErrorKind::InvalidArgument, Some(Hint::Replace)));
    let long = "x".repeat(70_000);
    for (from, to) in [("w", ""), ("w", "a/"), ("w", "a\0b"), ("nothing", "v"), ("w", &*long)] {
        assert_eq!(edit(from, to, true).unwrap_err().kind(), ErrorKind::InvalidArgument, "{from} {to:.20}");
    }
    // All changes are made, or none.
    let changes = [PartChange::Remove("w".to_owned()), PartChange::Remove("w".to_owned())];
    assert!(arr_npy::format::Npz.edit(&path, &changes, &Writing::new()).is_err());
    assert!(std::fs::read(&path).unwrap() == before);
    let wanted = members(&path)[0].1.clone();
    edit("w", "large", true).unwrap();
    assert_eq!(members(&path)[0], ("large.npy".to_owned(), wanted));
    assert_eq!(names(&path), ["large.npy", "note.txt"]);
    // A name of its own is no other's.
    edit("large", "large", false).unwrap();
    assert!(
        arr_npy::format::Npy
            .edit(&path, &[], &Writing::new())
            .unwrap_err()
            .to_string()
            .contains("no members")
    );
}

/// A header of a member behind its signature, or an entry of the directory.
fn header(name: &[u8], extra: &[u8], flags: u16, size: u32, crc32: u32, place: Option<u32>) -> Vec<u8> {
    let mut bytes = [20u16, flags, 0, 0, 33].map(u16::to_le_bytes).concat();
    bytes.extend([crc32, size, size].map(u32::to_le_bytes).concat());
    bytes.extend([name.len() as u16, extra.len() as u16].map(u16::to_le_bytes).concat());
    if let Some(place) = place {
        bytes.extend([0; 10]);
        bytes.extend(place.to_le_bytes());
    }
    [&bytes, name, extra].concat()
}

/// An archive of members with these names, extra fields and bytes.
fn written(members: &[(&[u8], &[u8], &[u8])]) -> Vec<u8> {
    let (mut bytes, mut directory) = (Vec::new(), Vec::new());
    for (name, extra, data) in members {
        let (place, size) = (bytes.len() as u32, data.len() as u32);
        let crc32 = sum(data);
        bytes.extend(b"PK\x03\x04");
        bytes.extend(header(name, extra, 0, size, crc32, None));
        bytes.extend(*data);
        directory.extend(b"PK\x01\x02\x14\x03");
        directory.extend(header(name, extra, 0, size, crc32, Some(place)));
    }
    let (start, count) = (bytes.len() as u32, members.len() as u16);
    bytes.extend(&directory);
    bytes.extend(b"PK\x05\x06\0\0\0\0");
    bytes.extend([count, count].map(u16::to_le_bytes).concat());
    bytes.extend([directory.len() as u32, start].map(u32::to_le_bytes).concat());
    [bytes, vec![0, 0]].concat()
}

/// The checksum of bytes, as an archive of them says.
fn sum(bytes: &[u8]) -> u32 {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("x");
    let mut writer = NpzOptions::new().create(&path).unwrap();
    writer.add_bytes("x", bytes).unwrap();
    writer.finish().unwrap();
    Npz::open(&path).unwrap().member("x").unwrap().crc32()
}

#[test]
fn a_name_in_unicode_beside_the_name_goes_with_it() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("x.npz");
    // The field, behind a time that stays.
    let (time, name) = (b"UT\x01\0\x07", b"up\x0a\0\x01\xaa\xbb\xcc\xdd\xc3\xa9.np");
    let data = arr_npy::to_bytes(&vec![1.0]).unwrap();
    let extra = [&time[..], name].concat();
    std::fs::write(&path, written(&[(b"\x82.npy", &extra, &data), (b"b.npy", &extra, &data)])).unwrap();
    let mut editor = NpzEditor::open(&path).unwrap();
    editor.rename("\u{e9}", "c").unwrap();
    editor.commit().unwrap();
    assert_eq!(names(&path), ["c.npy", "b.npy"]);
    let bytes = std::fs::read(&path).unwrap();
    let count = |wanted: &[u8]| bytes.windows(wanted.len()).filter(|bytes| *bytes == wanted).count();
    // That of the other member stays, before its data and in the directory.
    assert_eq!((count(name), count(time)), (2, 4));
}

#[test]
fn a_name_in_unicode_that_belongs_to_the_name_counts() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("x.npz");
    let data = arr_npy::to_bytes(&vec![1.0]).unwrap();
    let field = |name: &[u8], unicode: &str| {
        let body = [&[1][..], &sum(name).to_le_bytes(), unicode.as_bytes()].concat();
        [&b"up"[..], &(body.len() as u16).to_le_bytes(), &body].concat()
    };
    let (own, foreign) = (field(b"a_.npy", "\u{e4}.npy"), field(b"another name", "\u{f6}.npy"));
    std::fs::write(&path, written(&[(b"a_.npy", &own, &data), (b"b_.npy", &foreign, &data)])).unwrap();
    assert_eq!(names(&path), ["\u{e4}.npy", "b_.npy"]);
    let mut editor = NpzEditor::open(&path).unwrap();
    editor.rename("\u{e4}", "c").unwrap();
    editor.commit().unwrap();
    assert_eq!(names(&path), ["c.npy", "b_.npy"]);
}

#[test]
fn what_zipalign_fills_up_with_is_no_field() {
    let data = arr_npy::to_bytes(&vec![1.0]).unwrap();
    let time = b"UT\x01\0\x07";
    let files = [&b"a.npy"[..], b"bb.npy", b"c.npy"];
    let (mut extras, mut end) = (Vec::new(), 0);
    for name in files {
        let mut extra = time.to_vec();
        // As zipalign does: zeros up to a multiple of 64, which are whole fields or not.
        extra.resize((end + 30 + name.len() + extra.len()).next_multiple_of(64) - end - 30 - name.len(), 0);
        end += 30 + name.len() + extra.len() + data.len();
        extras.push(extra);
    }
    let all: Vec<_> =
        files.iter().zip(&extras).map(|(name, extra)| (*name, extra.as_slice(), &*data)).collect();
    for removed in ["a", "bb"] {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("x.npz");
        std::fs::write(&path, written(&all)).unwrap();
        // It is no fault.
        assert_eq!(names(&path).len(), 3);
        let mut editor = NpzEditor::open(&path).unwrap();
        editor.remove(removed).unwrap();
        editor.commit().unwrap();
        assert_eq!(names(&path).len(), 2);
        let bytes = std::fs::read(&path).unwrap();
        let two = |at: usize| usize::from(u16::from_le_bytes([bytes[at], bytes[at + 1]]));
        let mut at = 0;
        while bytes[at..].starts_with(b"PK\x03\x04") {
            let extra = at + 30 + two(at + 26);
            let data_at = extra + two(at + 28);
            assert_eq!(data_at % 64, 0);
            // Nothing but fields, and fewer zeros behind them than a field begins with.
            let mut rest = &bytes[extra..data_at];
            while let [_, _, low, high, behind @ ..] = rest {
                rest = &behind[usize::from(u16::from_le_bytes([*low, *high]))..];
            }
            assert!(rest.iter().all(|byte| *byte == 0), "{removed}");
            at = data_at + data.len();
        }
        assert_eq!(two(bytes.len() - 12), 2);
    }
}

#[test]
fn of_a_name_that_is_there_twice_the_last_is_renamed() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("x.npz");
    let [old, new] = [1.0, 2.0].map(|value| arr_npy::to_bytes(&vec![value]).unwrap());
    let three: [(&[u8], &[u8], &[u8]); 3] =
        [(b"a.npy", b"", &old), (b"b.npy", b"", &old), (b"a.npy", b"", &new)];
    std::fs::write(&path, written(&three)).unwrap();
    let mut editor = NpzEditor::open(&path).unwrap();
    editor.rename("a", "c").unwrap();
    editor.commit().unwrap();
    assert_eq!(names(&path), ["b.npy", "c.npy"]);
    assert_eq!(Npz::open(&path).unwrap().get("c").unwrap().to_vec::<f64>().unwrap(), [2.0]);
}

#[test]
fn folders_are_not_renamed() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("x.npz");
    std::fs::write(&path, written(&[(b"a/", b"", b""), (b"a/b", b"", b"text")])).unwrap();
    let mut editor = NpzEditor::open(&path).unwrap();
    let error = editor.rename("a/", "b").unwrap_err();
    assert!(error.to_string().contains("it is a folder"), "{error}");
    // It can go, and what is in it stays.
    editor.remove("a/").unwrap();
    editor.commit().unwrap();
    assert_eq!(names(&path), ["a/b"]);
}

#[test]
fn a_header_with_another_name_is_not_made_right() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("x.npz");
    let mut bytes = written(&[(b"a", b"", b"text"), (b"b", b"", b"more")]);
    bytes[30] = b'z';
    std::fs::write(&path, &bytes).unwrap();
    let mut editor = NpzEditor::open(&path).unwrap();
    editor.rename("a", "c").unwrap();
    assert_eq!(editor.commit().unwrap_err().kind(), ErrorKind::Malformed);
    assert!(std::fs::read(&path).unwrap() == bytes);
}
