//! What a file keeps when it is written to: the table in `docs/REPLACED.md`. It takes root, who can give files away, and
//! `setpriv`; where these are missing, the test says so and passes.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a failed assumption in a test is a failed test")]
#![cfg(target_os = "linux")]

#[path = "support/arr.rs"]
mod support;

use std::fs;
use std::os::unix::fs::{MetadataExt, PermissionsExt, chown, symlink};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use rustix::fs::{XattrFlags, lgetxattr, setxattr};
use support::fixtures;

const ACCESS: &str = "system.posix_acl_access";
const DEFAULT: &str = "system.posix_acl_default";
const NOTE: &str = "user.note";

/// An entry of an access list: tag, permissions, who.
type Entry = (u16, u16, u32);

const NOBODY: u32 = u32::MAX;

fn list(entries: &[Entry]) -> Vec<u8> {
    let mut bytes = 2u32.to_le_bytes().to_vec();
    for (tag, permissions, who) in entries {
        bytes.extend(tag.to_le_bytes());
        bytes.extend(permissions.to_le_bytes());
        bytes.extend(who.to_le_bytes());
    }
    bytes
}

/// Its group may read and write, one more user may read, all others nothing.
fn with_user() -> Vec<u8> {
    list(&[(1, 6, NOBODY), (2, 4, 4000), (4, 6, NOBODY), (16, 6, NOBODY), (32, 0, NOBODY)])
}

/// A case: its name, who writes, what is done to the file and its folder before.
struct Case(&'static str, Option<[&'static str; 3]>, fn(&Path));

const OWNER: Option<[&str; 3]> = Some(["1001", "2000", "3000"]);
const OUTSIDER: Option<[&str; 3]> = Some(["1001", "2000", "2000"]);
const STRANGER: Option<[&str; 3]> = Some(["4000", "4000", "4000"]);

fn set(path: &Path, owner: u32, group: u32, mode: u32) {
    chown(path, Some(owner), Some(group)).unwrap();
    fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
}

fn attribute(path: &Path, name: &str, value: &[u8]) {
    setxattr(path, name, value, XattrFlags::empty()).unwrap();
}

const CASES: [Case; 16] = [
    Case("a file of root's", None, |path| set(path, 0, 0, 0o644)),
    Case("root writes to a user's file", None, |path| set(path, 1001, 2000, 0o600)),
    Case("its owner, who is in its group", OWNER, |path| set(path, 1001, 3000, 0o640)),
    Case("its owner, who is not in its group", OUTSIDER, |path| set(path, 1001, 3000, 0o640)),
    Case("the same, and all may read", OUTSIDER, |path| set(path, 1001, 3000, 0o664)),
    Case("the same, and all but the group may read", OUTSIDER, |path| set(path, 1001, 3000, 0o604)),
    Case("anybody may write, and another user does", STRANGER, |path| set(path, 1001, 3000, 0o666)),
    Case("another user, who may read it alone", STRANGER, |path| set(path, 1001, 3000, 0o644)),
    Case("a program of root's mode", None, |path| set(path, 1001, 2000, 0o4755)),
    Case("an access list", OWNER, |path| {
        set(path, 1001, 3000, 0o660);
        attribute(path, ACCESS, &with_user());
    }),
    Case("an access list, and the owner is not in the group", OUTSIDER, |path| {
        set(path, 1001, 3000, 0o660);
        attribute(path, ACCESS, &with_user());
    }),
    Case("an extended attribute", OWNER, |path| {
        set(path, 1001, 3000, 0o640);
        attribute(path, NOTE, b"kept");
    }),
    Case("a folder that gives new files an access list", OWNER, |path| {
        set(path, 1001, 3000, 0o640);
        attribute(path.parent().unwrap(), DEFAULT, &with_user());
    }),
    Case("another name (a hard link)", OWNER, |path| {
        set(path, 1001, 3000, 0o640);
        fs::hard_link(path, path.with_file_name("other")).unwrap();
    }),
    Case("the name is a symbolic link", OWNER, |path| {
        let real = path.with_file_name("real");
        fs::rename(path, &real).unwrap();
        set(&real, 1001, 3000, 0o640);
        symlink("real", path).unwrap();
    }),
    Case("a link to a file that all may write, and another user does", STRANGER, |path| {
        let real = path.with_file_name("real");
        fs::rename(path, &real).unwrap();
        set(&real, 1001, 3000, 0o666);
        symlink("real", path).unwrap();
    }),
];

/// What is to be seen of a file: mode, owner and group, and the rest where there is some.
fn state(path: &Path) -> String {
    let metadata = fs::metadata(path).unwrap();
    let mut state = format!("{:o} {}:{}", metadata.mode() & 0o7777, metadata.uid(), metadata.gid());
    let real = fs::canonicalize(path).unwrap();
    let mut value = vec![0; 1 << 16];
    if let Ok(len) = lgetxattr(&real, ACCESS, value.as_mut_slice()) {
        let entries = value[4..len].chunks(8).map(|entry| {
            let who = u32::from_le_bytes(entry[4..].try_into().unwrap());
            let name = match entry[0] {
                1 => "user".to_owned(),
                2 => format!("user {who}"),
                4 => "group".to_owned(),
                8 => format!("group {who}"),
                16 => "mask".to_owned(),
                _ => "others".to_owned(),
            };
            format!("{name} {}", entry[2])
        });
        state += &format!(", list: {}", entries.collect::<Vec<_>>().join(", "));
    }
    if let Ok(len) = lgetxattr(&real, NOTE, value.as_mut_slice()) {
        state += &format!(", note: {}", String::from_utf8_lossy(&value[..len]));
    }
    if path.symlink_metadata().unwrap().is_symlink() {
        state += ", a link";
    }
    state
}

/// The ways to write: the name of the file, the heading of the column, and the command in a folder that has `arr`, `edit`
/// (this test), `new.npy` and `new.npz`.
const WAYS: [(&str, &str, &[&str]); 8] = [
    ("x.npy", "`convert --force`", &["./arr", "convert", "new.npy", "x.npy", "--force"]),
    ("x.npy", "`convert --force` into a folder", &["./arr", "convert", "new.npz", "./", "--force"]),
    ("x.npy", "`append` of rows", &["./arr", "append", "x.npy", "new.npy"]),
    ("x.npz", "`append` of a member", &["./arr", "append", "x.npz", "new.npy"]),
    ("x.npz", "`rm`", &["./arr", "rm", "x.npz", "arr_0"]),
    ("x.npz", "`mv`", &["./arr", "mv", "x.npz", "arr_0", "x"]),
    ("x.npz", "`repair --force`", &["./arr", "repair", "new.npz", "x.npz", "--force"]),
    ("x.npz", "the library's editor", &["./edit", "--ignored", "--exact", "child_edits"]),
];

/// The part of the other process: the library edits an archive.
#[test]
#[ignore = "not a test of its own: the test of the table starts it in another process"]
fn child_edits() {
    let how = arr_io::format::Writing::new();
    arr_io::add_members("x.npz", &[("new", vec![1.0])], &how).unwrap();
}

/// A cell of the table: what a file is like after it was written to.
fn written(tools: &Path, case: &Case, way: &(&str, &str, &[&str])) -> (String, String) {
    let folder = tempfile::tempdir_in(tools).unwrap();
    fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o777)).unwrap();
    for tool in ["arr", "edit", "new.npy", "new.npz"] {
        fs::hard_link(tools.join(tool), folder.path().join(tool)).unwrap();
    }
    let (name, _, words) = way;
    let path = folder.path().join(name);
    arr_io::save(&path, &vec![1.0, 2.0]).unwrap();
    case.2(&path);
    let (before, old) = (state(&path), fs::read(&path).unwrap());
    let mut command = match case.1 {
        None => Command::new(words[0]),
        Some([user, group, other]) => {
            let mut command = Command::new("setpriv");
            command.args([
                format!("--reuid={user}"),
                format!("--regid={group}"),
                format!("--groups={other}"),
            ]);
            command.arg(words[0]);
            command
        }
    };
    let run = command.args(&words[1..]).current_dir(folder.path()).stdin(Stdio::null()).output().unwrap();
    if run.status.success() {
        assert_ne!(fs::read(&path).unwrap(), old, "{}, {}: nothing was written", case.0, way.1);
    } else {
        let said = [run.stdout.as_slice(), &run.stderr].concat();
        let said = String::from_utf8_lossy(&said);
        assert!(said.contains("Permission denied"), "{}, {}: {said}", case.0, way.1);
        assert_eq!((fs::read(&path).unwrap(), state(&path)), (old.clone(), before.clone()));
    }
    let other = path.with_file_name("other");
    if other.exists() {
        assert_eq!(fs::read(other).unwrap(), old, "{}: the other name has other contents", way.1);
    }
    let names = fs::read_dir(folder.path()).unwrap().map(|entry| entry.unwrap().file_name());
    let litter = names.filter(|name| name.to_string_lossy().starts_with('.')).count();
    assert_eq!(litter, 0, "{}, {}: something is left", case.0, way.1);
    let after = if run.status.success() { state(&path) } else { "refused".to_owned() };
    (before, after)
}

const BEGIN: &str = "<!-- begin: written by `cargo xtask snapshots`, as root -->\n";
const END: &str = "<!-- end -->";

#[test]
fn snapshot_of_what_files_keep() {
    let can = rustix::process::geteuid().is_root()
        && Command::new("setpriv")
            .args(["--reuid=1001", "true"])
            .status()
            .is_ok_and(|status| status.success());
    let tools = tempfile::tempdir().unwrap();
    fs::set_permissions(tools.path(), fs::Permissions::from_mode(0o755)).unwrap();
    let probe = tools.path().join("probe");
    fs::write(&probe, "").unwrap();
    let has = |name: &str, value: &[u8]| setxattr(&probe, name, value, XattrFlags::empty()).is_ok();
    if !can || !has(NOTE, b"x") || !has(ACCESS, &with_user()) {
        eprintln!("passed over: it takes root, setpriv, and a file system with access lists and attributes");
        return;
    }
    fs::copy(env!("CARGO_BIN_EXE_arr"), tools.path().join("arr")).unwrap();
    fs::copy(std::env::current_exe().unwrap(), tools.path().join("edit")).unwrap();
    arr_io::save(tools.path().join("new.npy"), &vec![3.0]).unwrap();
    arr_io::npy::save_npz(tools.path().join("new.npz"), [("x", vec![3.0])]).unwrap();
    let headings: Vec<&str> = WAYS.iter().map(|way| way.1).collect();
    let mut table = format!("| case | before | {} |\n|---|---|", headings.join(" | "));
    table += &"---|".repeat(WAYS.len());
    for case in &CASES {
        let states: Vec<_> = WAYS.iter().map(|way| written(tools.path(), case, way)).collect();
        let before = &states[0].0;
        assert!(states.iter().all(|state| state.0 == *before));
        let after = states.iter().map(|(_, after)| if after == before { "kept" } else { after.as_str() });
        table += &format!("\n| {} | {before} | {} |", case.0, after.collect::<Vec<_>>().join(" | "));
    }
    table.push('\n');
    let page: PathBuf = fixtures().join("../docs/REPLACED.md");
    let text = fs::read_to_string(&page).unwrap();
    let (before, rest) = text.split_once(BEGIN).unwrap_or_else(|| panic!("the page has lost its mark"));
    let (old, after) = rest.split_once(END).unwrap_or_else(|| panic!("the page has lost its mark"));
    if std::env::var("INSTA_UPDATE").is_ok_and(|update| update == "always") {
        fs::write(page, format!("{before}{BEGIN}{table}{END}{after}")).unwrap();
    } else {
        assert_eq!(old, table, "the page says something else: cargo xtask snapshots");
    }
}
