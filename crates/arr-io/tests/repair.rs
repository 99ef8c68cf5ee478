//! What is whole of damaged archives comes out of them, and nothing else; of cut arrays the rows that are there.
#![cfg(feature = "npz")]
#![allow(
    clippy::unwrap_used,
    clippy::cast_possible_truncation,
    clippy::cast_precision_loss,
    reason = "a failed assumption is a failed test"
)]

#[path = "repair/zips.rs"]
mod zips;

use std::path::Path;

use arr_io::npy::Npz;
use arr_io::{Array, Conversion, Error, ErrorKind, OpenOptions, Order, Repaired};
use zips::{Chance, Made};

/// Members with their whole names.
type Members = Vec<(String, Vec<u8>)>;

/// The members of an archive.
fn members(path: &Path) -> Members {
    let npz = Npz::open(path).unwrap();
    assert!(npz.check().unwrap().iter().all(|fault| !fault.to_string().contains("checksum")));
    npz.members().map(|member| (member.name().to_owned(), member.read_bytes().unwrap().to_vec())).collect()
}

/// Repairs bytes as a file: what was said, and the members that came.
fn repaired(bytes: &[u8]) -> (Repaired, Members) {
    tried(bytes).unwrap()
}

fn tried(bytes: &[u8]) -> Result<(Repaired, Members), Error> {
    let folder = tempfile::tempdir().unwrap();
    let (path, out) = (folder.path().join("x.npz"), folder.path().join("y.npz"));
    std::fs::write(&path, bytes).unwrap();
    let told = OpenOptions::new().repair(&path, &out, &Conversion::new(), &mut ())?;
    assert_eq!(out.exists(), told.kept > 0 || told.lost.is_empty());
    let found = if out.exists() { members(&out) } else { Vec::new() };
    assert_eq!(found.len(), told.kept);
    Ok((told, found))
}

/// What is done to an archive.
#[derive(Debug)]
enum Damage {
    Cut(usize),
    /// Other bytes at some places.
    Bytes(Vec<usize>),
    /// Zeros, or noise, from a place on.
    Range(usize, usize, bool),
}

impl Damage {
    fn any(len: usize, chance: &mut Chance) -> Self {
        match chance.below(4) {
            0 | 1 => Self::Cut(chance.below(len)),
            2 => Self::Bytes((0..=chance.below(3)).map(|_| chance.below(len)).collect()),
            _ => Self::Range(chance.below(len), 1 + chance.below(300), chance.below(2) == 0),
        }
    }

    fn of(&self, bytes: &[u8], chance: &mut Chance) -> Vec<u8> {
        let mut bytes = bytes.to_vec();
        match self {
            Self::Cut(at) => bytes.truncate(*at),
            Self::Bytes(places) => places.iter().for_each(|at| bytes[*at] ^= 1 + chance.below(255) as u8),
            Self::Range(at, len, is_zero) => {
                let end = (at + len).min(bytes.len());
                bytes[*at..end].fill_with(|| if *is_zero { 0 } else { chance.below(256) as u8 });
            }
        }
        bytes
    }
}

/// Holds what a repair brought against what is known of the archive. What is wrong is a line.
fn judge(made: &Made, damaged: &[u8]) -> Vec<String> {
    let same = |at: usize| damaged.get(at) == made.bytes.get(at);
    let is_whole = |member: &zips::Member| (member.start..member.end).all(same);
    let (told, found) = match tried(damaged) {
        Ok(found) => found,
        // Nothing is left that shows that it was an archive.
        Err(error) if error.kind() != ErrorKind::Io && !made.members.iter().any(is_whole) => {
            return Vec::new();
        }
        Err(error) => return vec![error.to_string()],
    };
    let mut wrong = Vec::new();
    for member in &made.members {
        let is_whole = is_whole(member);
        let came = found.iter().find(|(name, _)| *name == member.name);
        // What is lost may be told by a name that is damaged itself.
        let is_said = || {
            let is_other = |name: &String| {
                made.members
                    .iter()
                    .any(|other| other.name != member.name && [&other.key(), &other.name].contains(&name))
            };
            told.lost.iter().any(|lost| lost.name.as_ref().is_none_or(|name| !is_other(name)))
        };
        match came {
            None if is_whole => wrong.push(format!("{} is whole and did not come", member.name)),
            None if !is_said() => wrong.push(format!("{} did not come, and nothing is said", member.name)),
            Some((_, bytes)) if *bytes != member.bytes => wrong.push(format!("{} is another", member.name)),
            _ => {}
        }
    }
    for (name, bytes) in &found {
        // The name may be what is damaged: no checksum tells.
        let is_renamed = || {
            let touched = made.members.iter().filter(|member| !(member.start..member.data).all(same));
            touched.clone().any(|member| member.bytes == *bytes)
        };
        if !made.members.iter().any(|member| member.name == *name) && !is_renamed() {
            wrong.push(format!("'{name}' was no member"));
        }
    }
    let is_all = made.members.iter().all(|member| found.iter().any(|(name, _)| *name == member.name));
    if !is_all && told.lost.is_empty() {
        wrong.push("something was lost, and it is not said".to_owned());
    }
    wrong
}

#[test]
fn all_that_is_whole_comes_and_nothing_else() {
    let seed = std::env::var("ARR_REPAIR_SEED").map_or(1, |seed| seed.parse().unwrap());
    let count = std::env::var("ARR_REPAIRS").map_or(400, |count| count.parse().unwrap());
    let (mut wrong, mut whole, mut lost) = (Vec::new(), 0, 0);
    for number in 0..count {
        let mut chance = Chance::new(seed * 1_000_003 + number);
        let made = Made::any(&mut chance);
        let damage = Damage::any(made.bytes.len(), &mut chance);
        let damaged = damage.of(&made.bytes, &mut chance);
        let same = |at: usize| damaged.get(at) == made.bytes.get(at);
        let count = made.members.iter().filter(|member| (member.start..member.end).all(same)).count();
        (whole, lost) = (whole + count, lost + made.members.len() - count);
        for line in judge(&made, &damaged) {
            wrong.push(format!("{number} {damage:?} of {} bytes, {}: {line}", made.bytes.len(), made.kind()));
        }
    }
    assert!(wrong.is_empty(), "{} wrong:\n{}", wrong.len(), wrong.join("\n"));
    assert!(count < 400 || (whole > 500 && lost > 200), "{whole} whole, {lost} lost");
}

#[test]
fn an_archive_that_is_whole_loses_nothing() {
    for number in 0..60 {
        let made = Made::any(&mut Chance::new(number));
        let (told, found) = repaired(&made.bytes);
        let expected = made.members.iter().map(|member| (member.name.clone(), member.bytes.clone()));
        assert!(found.into_iter().eq(expected), "{number}");
        assert!(told.lost.is_empty(), "{:?}", told.lost);
    }
    let folder = tempfile::tempdir().unwrap();
    let (path, out) = (folder.path().join("x.npz"), folder.path().join("y.npz"));
    arr_io::npy::NpzWriter::create(&path).unwrap().finish().unwrap();
    let told = OpenOptions::new().repair(&path, &out, &Conversion::new(), &mut ()).unwrap();
    assert!(told.kept == 0 && told.lost.is_empty() && members(&out).is_empty());
}

#[test]
fn a_lost_directory_loses_no_member() {
    for number in 0..60 {
        let made = Made::any(&mut Chance::new(number));
        let last = made.members.iter().map(|member| member.end).max().unwrap();
        // Where the directory begins tells that the last member was that.
        for cut in [last + 4, last + 46, made.bytes.len() - 1] {
            let (told, found) = repaired(&made.bytes[..cut]);
            let expected = made.members.iter().map(|member| (member.name.clone(), member.bytes.clone()));
            assert!(found.into_iter().eq(expected), "{number} {cut} {}", made.kind());
            assert!(told.lost.is_empty(), "{number} {cut} {:?}", told.lost);
        }
        let (told, _) = repaired(&made.bytes[..last]);
        assert!(told.lost.iter().any(|lost| lost.error.to_string().contains("no directory follows")));
    }
}

#[test]
fn what_was_removed_stays_away_where_the_directory_tells() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("x.npz");
    // So large that it is edited in place: the old members stay in the file.
    let large: Vec<f64> = (0..200_000).map(f64::from).collect();
    arr_io::npy::save_npz(&path, [("large", large), ("old", vec![1.0]), ("gone", vec![2.0])]).unwrap();
    let mut editor = arr_io::npy::NpzEditor::open(&path).unwrap();
    let new = Array::from_vec(vec![3.0], &[1]).unwrap();
    editor.put("old", new.view());
    editor.remove("gone").unwrap();
    editor.commit().unwrap();
    let bytes = std::fs::read(&path).unwrap();
    let names = |bytes: &[u8]| repaired(bytes).1.into_iter().map(|(name, _)| name).collect::<Vec<_>>();
    assert_eq!(names(&bytes), ["large.npy", "old.npy"]);
    // A damaged checksum in the directory: that before the data is right.
    let entry = bytes.windows(4).rposition(|bytes| bytes == b"PK\x01\x02").unwrap();
    let mut damaged = bytes.clone();
    damaged[entry + 16] ^= 1;
    let (told, found) = repaired(&damaged);
    assert!(told.lost.is_empty() && found.len() == 2, "{:?}", told.lost);
    // Without a directory the last of a name counts.
    let (_, found) = repaired(&bytes[..entry]);
    let old = found.iter().find(|(name, _)| name == "old.npy").unwrap();
    assert_eq!(arr_io::npy::read_bytes(&old.1).unwrap().to_vec::<f64>().unwrap(), [3.0]);
}

#[test]
fn members_come_to_the_letter_and_stay_packed() {
    let folder = tempfile::tempdir().unwrap();
    let (path, out) = (folder.path().join("x.npz"), folder.path().join("y.npz"));
    let mut writer = arr_io::npy::NpzOptions::new().level(6).create(&path).unwrap();
    writer.add("packed", &vec![0u8; 5000]).unwrap();
    // No array, whatever its name, an array with bytes behind it, and a header that nobody pads so.
    writer.add_bytes("note.npy", b"no array").unwrap();
    let mut odd = b"\x93NUMPY\x01\x00\x3a\x00{'shape':(2,),'fortran_order':False,'descr':'<i2'}".to_vec();
    odd.resize(10 + 0x39, b' ');
    odd.extend(b"\n\x01\0\x02\0");
    writer.add_bytes("odd.npy", &odd).unwrap();
    writer.add_bytes("more.npy", &[&odd[..], b"more"].concat()).unwrap();
    writer.add("last", &vec![1.0]).unwrap();
    writer.finish().unwrap();
    let before = members(&path);
    let bytes = std::fs::read(&path).unwrap();
    std::fs::write(&path, &bytes[..bytes.len() - 60]).unwrap();
    let told = OpenOptions::new().repair(&path, &out, &Conversion::new(), &mut ()).unwrap();
    assert_eq!((told.kept, members(&out)), (5, before));
    assert!(Npz::open(&out).unwrap().member("packed").unwrap().compressed_size() < 200);
    // Into another format go arrays.
    let into = folder.path().join("files/");
    let error = OpenOptions::new().repair(&path, &out, &Conversion::new(), &mut ()).unwrap_err();
    assert!(error.to_string().contains("already exists"), "{error}");
    OpenOptions::new().repair(&path, &into, &Conversion::new(), &mut ()).unwrap();
    assert_eq!(arr_io::open(into.join("last.npy")).unwrap().to_vec::<f64>().unwrap(), [1.0]);
}

#[test]
fn what_was_no_archive_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let (path, out) = (folder.path().join("x.npz"), folder.path().join("y.npz"));
    for bytes in [&b"nothing of the kind"[..], b"", b"PK\x03\x04", &[0; 5000]] {
        std::fs::write(&path, bytes).unwrap();
        let error = OpenOptions::new().repair(&path, &out, &Conversion::new(), &mut ()).unwrap_err();
        assert!(matches!(error.kind(), ErrorKind::Malformed | ErrorKind::Unsupported), "{error}");
        assert!(!out.exists());
    }
}

#[test]
fn rows_that_are_there_come() {
    let folder = tempfile::tempdir().unwrap();
    let (path, out) = (folder.path().join("x.npy"), folder.path().join("y.npy"));
    let array = Array::from_vec((0..60).map(f64::from).collect::<Vec<_>>(), &[10, 3, 2]).unwrap();
    for order in [Order::C, Order::F] {
        let array = array.to_contiguous(order).unwrap();
        arr_io::npy::save(&path, &array).unwrap();
        let bytes = std::fs::read(&path).unwrap();
        for missing in [1, 47, 48, 49, 96, 200, 479, 480] {
            std::fs::write(&path, &bytes[..bytes.len() - missing]).unwrap();
            let _ = std::fs::remove_file(&out);
            let told = OpenOptions::new().repair(&path, &out, &Conversion::new(), &mut ()).unwrap();
            let (axis, row) = if order == Order::C { (0, 48) } else { (2, 240) };
            let there = (480 - missing) / row;
            assert_eq!((told.kept, told.lost.len()), (usize::from(there > 0), 1), "{missing}");
            let error = told.lost[0].error.to_string();
            let all = array.shape()[axis];
            assert!(error.contains(&format!("{there} of {all} ")), "{error}");
            if there == 0 {
                assert!(!out.exists());
                continue;
            }
            let found = arr_io::open(&out).unwrap();
            let slice = format!("{}:{there}", ":,".repeat(axis)).parse().unwrap();
            let wanted = array.slice(&slice).unwrap();
            assert!(found.shape() == wanted.shape() && found.items().eq(wanted.items()), "{missing}");
            // The same of a slice, which is read without a repair.
            let part = arr_io::read_part(&path, &slice).unwrap();
            assert!(part.items().eq(wanted.items()));
            let slice = format!("{}{there}", ":,".repeat(axis)).parse().unwrap();
            let error = arr_io::read_part(&path, &slice).unwrap_err();
            assert!(error.to_string().contains("ends inside the data"), "{error}");
        }
    }
}

#[test]
fn arrays_in_a_row_come_up_to_the_cut() {
    let folder = tempfile::tempdir().unwrap();
    let (path, out) = (folder.path().join("x.npy"), folder.path().join("y.npy"));
    let one = arr_io::npy::to_bytes(&vec![1i32, 2, 3]).unwrap();
    let mut bytes = one.repeat(3);
    bytes.truncate(bytes.len() - 2);
    std::fs::write(&path, &bytes).unwrap();
    let told = OpenOptions::new().repair(&path, &out, &Conversion::new(), &mut ()).unwrap();
    assert_eq!((told.kept, told.lost.len(), told.lost[0].name.as_deref()), (3, 1, Some("2")));
    let mut parts = arr_io::parts(&out).unwrap();
    let mut all = Vec::new();
    while let Some(part) = parts.next_part().unwrap() {
        all.push(parts.read(&part).unwrap().into_array().unwrap().to_vec::<i32>().unwrap());
    }
    assert_eq!(all, [vec![1, 2, 3], vec![1, 2, 3], vec![1, 2]]);
    // Bytes after the last array are reported.
    bytes.truncate(one.len());
    bytes.extend([7; 40]);
    std::fs::write(&path, &bytes).unwrap();
    let told = OpenOptions::new().repair(&path, &out, &Conversion::new().replace(true), &mut ()).unwrap();
    assert_eq!((told.kept, told.lost.len()), (1, 1));
    assert!(told.lost[0].error.to_string().contains("40 bytes behind the last array"));
}
