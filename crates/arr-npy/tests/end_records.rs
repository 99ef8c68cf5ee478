//! The end record of an archive is found as Python's `zipfile` finds it: whatever stands at the end of a file, we see the
//! members that NumPy sees, or say that something is wrong.
#![cfg(feature = "npz")]
#![allow(
    clippy::unwrap_used,
    clippy::cast_possible_truncation,
    reason = "a failed assumption is a failed test"
)]

use std::fs;
use std::path::Path;
use std::process::Command;

use arr_core::{Buffer, Limits};
use arr_npy::Npz;

/// Prints of each archive in a folder, in the order of their names, the names and bytes of its members, or that it is
/// refused.
const SCRIPT: &str = "
import os, sys, zipfile
for name in sorted(os.listdir(sys.argv[1])):
    try:
        with zipfile.ZipFile(os.path.join(sys.argv[1], name)) as archive:
            found = [info.filename + '=' + archive.open(info).read().hex() for info in archive.infolist()]
        print('reads', *found)
    except Exception:
        print('refused')
";

fn random(state: &mut u64) -> u64 {
    *state ^= *state << 13;
    *state ^= *state >> 7;
    *state ^= *state << 17;
    *state
}

/// An archive of stored members that hold a byte each; with the end record of 64 bits, too, and a comment.
fn archive(wide: bool, comment: &[u8]) -> (Vec<u8>, usize) {
    let mut bytes = Vec::new();
    let mut directory = Vec::new();
    for (name, byte) in [(b'a', 1u8), (b'b', 2)] {
        let mut fields = vec![20, 0, 0, 0, 0, 0, 0, 0, 33, 0];
        fields.extend(crc32fast::hash(&[byte]).to_le_bytes());
        fields.extend([1, 0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0]);
        directory.extend([&b"PK\x01\x02\x14\x00"[..], &fields, &[0; 10]].concat());
        directory.extend((bytes.len() as u32).to_le_bytes());
        directory.push(name);
        bytes.extend([&b"PK\x03\x04"[..], &fields, &[name, byte]].concat());
    }
    let (start, size) = (bytes.len() as u64, directory.len() as u64);
    bytes.extend(directory);
    let end = bytes.len();
    if wide {
        bytes.extend([&b"PK\x06\x06\x2c\0\0\0\0\0\0\0\x2d\0\x2d\0"[..], &[0; 8]].concat());
        [2, 2, size, start].iter().for_each(|number| bytes.extend(number.to_le_bytes()));
        bytes.extend(b"PK\x06\x07\0\0\0\0");
        bytes.extend((end as u64).to_le_bytes());
        bytes.extend([1, 0, 0, 0]);
    }
    bytes.extend(b"PK\x05\x06\0\0\0\0\x02\0\x02\0");
    bytes.extend(if wide { u32::MAX } else { size as u32 }.to_le_bytes());
    bytes.extend(if wide { u32::MAX } else { start as u32 }.to_le_bytes());
    bytes.extend((comment.len() as u16).to_le_bytes());
    bytes.extend(comment);
    (bytes, end)
}

/// Another archive, whose end is not what it was.
fn mutated(state: &mut u64) -> Vec<u8> {
    let mut below = |most: usize| random(state) as usize % most;
    let comment: &[u8] =
        [&b""[..], b"hello", b"PK\x05\x06", b"PK\x05\x06 and more than an end record has"][below(4)];
    let (mut bytes, directory_end) = archive(below(3) == 0, comment);
    for _ in 0..=below(3) {
        let (at, len) = (directory_end + below(bytes.len() - directory_end), bytes.len());
        match below(8) {
            0 | 1 => bytes[at] ^= 1 << below(8),
            2 => bytes[at] = [0, 1, 0xFF, b'P'][below(4)],
            3 => bytes.extend((0..=below(40)).map(|at| at as u8)),
            // Another end record, whole or not.
            4 => bytes.extend_from_within(len.saturating_sub(22 + below(60))..len - below(3)),
            5 => drop(bytes.splice(at..at, vec![7; 1 + below(30)])),
            6 => drop(bytes.splice(0..0, vec![8; 1 + below(30)])),
            _ => bytes.truncate(len - below(30.min(len - directory_end))),
        }
        if bytes.len() <= directory_end {
            break;
        }
    }
    bytes
}

/// What we read: as the script says it, and whether a check finds fault.
fn read(bytes: Vec<u8>) -> Option<(String, bool)> {
    let npz = Npz::from_buffer(Buffer::from_vec(bytes), &Limits::default()).ok()?;
    let mut found = "reads".to_owned();
    for member in npz.members() {
        let bytes = member.read_bytes().ok()?;
        let hex: String = bytes.as_slice().iter().map(|byte| format!("{byte:02x}")).collect();
        found += &format!(" {}={hex}", member.name());
    }
    let is_sound = npz.check().is_ok_and(|faults| faults.is_empty());
    Some((found, is_sound))
}

fn compare(seed: u64, count: usize) {
    let folder = tempfile::tempdir().unwrap();
    let mut state = seed;
    let archives: Vec<_> = (0..count).map(|_| mutated(&mut state)).collect();
    for (at, bytes) in archives.iter().enumerate() {
        fs::write(folder.path().join(format!("{at:08}")), bytes).unwrap();
    }
    let Some(output) = python(folder.path()) else { return };
    assert_eq!(output.lines().count(), count);
    let (mut alike, mut refused) = (0, 0);
    for ((at, bytes), python) in archives.into_iter().enumerate().zip(output.lines()) {
        match read(bytes.clone()) {
            Some((found, _)) if found == python => alike += 1,
            Some((found, is_sound)) => {
                assert!(python == "refused" && !is_sound, "{seed} {at}: {found} for {python}, {bytes:02x?}");
            }
            None => refused += 1,
        }
    }
    assert!(alike > count / 10 && refused > 0, "{alike} alike, {refused} refused");
}

/// What Python prints, where there is one.
fn python(folder: &Path) -> Option<String> {
    let run = Command::new("python3").args(["-c", SCRIPT]).arg(folder).output().ok()?;
    assert!(run.status.success(), "{}", String::from_utf8_lossy(&run.stderr));
    String::from_utf8(run.stdout).ok()
}

#[test]
fn members_are_those_that_python_finds() {
    compare(0x9E37_79B9_7F4A_7C15, 400);
}

#[test]
#[ignore = "takes long: it compares thousands of archives with Python's zipfile"]
fn members_of_many_archives_are_those_that_python_finds() {
    (1..20).for_each(|seed| compare(seed * 0x9E37_79B9, 2000));
}

/// A comment with a signature in it hides the members from Python, and so from us: the last signature is the end record.
#[test]
fn a_signature_in_a_comment_is_taken_for_the_end_record() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fixtures/numpy/npz");
    let npz = Npz::open(folder.join("comment-with-end-record.npz")).unwrap();
    assert!(npz.is_empty() && !npz.check().unwrap().is_empty());
    assert!(Npz::open(folder.join("comment-with-end-signature.npz")).is_err());
}

/// Of two end records one of which stands in the comment of the other, the last one counts.
#[test]
fn an_end_record_in_a_comment_is_the_one() {
    let fixtures = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fixtures");
    let npz = Npz::open(fixtures.join("hostile/npz/comment-with-directory.npz")).unwrap();
    assert_eq!(npz.get("w").unwrap().to_vec::<f64>().unwrap(), [666.0; 3]);
    assert!(!npz.check().unwrap().is_empty());
}
