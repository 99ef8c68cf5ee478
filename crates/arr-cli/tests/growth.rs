//! Work grows as files do: eight times the fields, members, arrays or bytes take about eight times as long.
#![allow(clippy::cast_precision_loss, reason = "the numbers are small")]
#![allow(clippy::unwrap_used, clippy::panic, reason = "a failed assumption in a test is a failed test")]

#[path = "support/arr.rs"]
mod support;

use std::fmt::Write;
use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use arr_io::Array;
use arr_io::npy::NpzOptions;
use support::{command, folder, npy};
use wait4::Wait4 as _;

/// The factor of the sizes, and the most that is allowed of times: quadratic work would be 64 times as long.
const TIMES: usize = 8;
const MOST: u32 = 24;

/// Something that grows: how it is called, its size, and what makes its files.
type Growing = (&'static str, usize, fn(&Path, usize));

const GROWING: &[Growing] = &[
    ("fields", 2500, |folder, size| {
        let descr = fields(size, |at| format!("('field{at}','<i2'),"));
        put(folder, "x.npy", &long_npy(&descr, size * 2));
        let descr = fields(size, |at| format!("('field{at}','<i4'),"));
        put(folder, "y.npy", &long_npy(&descr, size * 4));
    }),
    ("flags", 2500, |folder, size| {
        let mut file = long_npy(&fields(size, |at| format!("('flag{at}','?'),")), size);
        // Not one of them is a boolean.
        let start = file.len() - size;
        file[start..].fill(2);
        put(folder, "x.npy", &file);
        put(folder, "y.npy", &file);
    }),
    ("types", 20_000, |folder, size| {
        let file = long_npy(&format!("'{}'", "b,".repeat(size)), size);
        put(folder, "x.npy", &file);
        put(folder, "y.npy", &file);
    }),
    ("members", 2000, |folder, size| {
        archive(&folder.join("x.npy"), size, 0);
        // Every second one has a counterpart.
        archive(&folder.join("y.npy"), size, size / 2);
    }),
    ("arrays", 2000, |folder, size| {
        let one = npy("'<f4'", false, "(2,)", &[0; 8]);
        put(folder, "x.npy", &one.repeat(size));
        put(folder, "y.npy", &one.repeat(size));
    }),
    ("bytes", 1 << 18, |folder, size| {
        let array = Array::from_vec((0..size).map(|at| at as f64).collect(), &[size / 64, 64]).unwrap();
        arr_io::npy::save(folder.join("x.npy"), &array).unwrap();
        arr_io::npy::save(folder.join("y.npy"), &array).unwrap();
    }),
    ("text", 1 << 15, |folder, size| {
        let array = Array::from_vec((0..size).map(|at| at as f64 / 7.0).collect(), &[size / 64, 64]).unwrap();
        let writing = arr_io::text::nd4j::WriteOptions::new();
        writing.save(folder.join("x.npy"), &array).unwrap();
        writing.save(folder.join("y.npy"), &array).unwrap();
    }),
];

/// The commands that are run on `x.npy` and `y.npy`, whatever is in them.
const COMMANDS: &[&[&str]] = &[
    &["info", "x.npy"],
    &["info", "--json", "x.npy"],
    &["show", "x.npy"],
    &["show", "--json", "x.npy"],
    &["dump", "x.npy"],
    &["check", "x.npy"],
    &["check", "--json", "x.npy"],
    &["stats", "x.npy"],
    &["stats", "--json", "x.npy"],
    &["plot", "x.npy"],
    &["diff", "x.npy", "y.npy"],
    &["diff", "--json", "x.npy", "y.npy"],
    &["convert", "x.npy", "z.npz", "--force"],
    &["convert", "x.npy", "z.npz", "--force", "--level", "6"],
    &["convert", "x.npy", "into/", "--force"],
    &["append", "y.npy", "x.npy", "--force"],
    &["repair", "x.npy", "z.npz", "--force"],
    &["mv", "y.npy", "m2000", "n", "--force"],
    &["rm", "y.npy", "*0"],
];

fn put(folder: &Path, name: &str, bytes: &[u8]) {
    std::fs::write(folder.join(name), bytes).unwrap();
}

fn fields(size: usize, one: impl Fn(usize) -> String) -> String {
    let fields = (0..size).map(one);
    format!("[{}]", fields.collect::<String>())
}

/// A file of one item whose header needs version 2.
fn long_npy(descr: &str, bytes: usize) -> Vec<u8> {
    let mut text = String::new();
    writeln!(text, "{{'descr': {descr}, 'fortran_order': False, 'shape': (1,), }}").unwrap();
    let mut file = b"\x93NUMPY\x02\x00".to_vec();
    file.extend(u32::try_from(text.len()).unwrap().to_le_bytes());
    file.extend(text.as_bytes());
    file.resize(file.len() + bytes, 0);
    file
}

fn archive(path: &Path, size: usize, first: usize) {
    let mut writer = NpzOptions::new().create(path).unwrap();
    let file = npy("'<f4'", false, "(2,)", &[0; 8]);
    for member in first..first + size {
        writer.add_bytes(&format!("m{member}.npy"), &file).unwrap();
    }
    writer.finish().unwrap();
}

/// The least work of some runs, which is what keeps a processor busy; what is said does not count, nor whether the command
/// has a meaning for the file.
fn time(folder: &Path, args: &[&str]) -> Duration {
    let run = || {
        let mut command = command(folder, args);
        let child = command
            .args(["--max-header-size", "100Mi", "--max-fields", "10M"])
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn();
        let ended = child.unwrap().wait4().unwrap();
        assert!(ended.status.code().is_some_and(|code| code <= 2), "{args:?}");
        ended.rusage.utime + ended.rusage.stime
    };
    (0..3).map(|_| run()).min().unwrap()
}

#[test]
#[ignore = "takes long: it runs each command three times on files of two sizes of seven kinds"]
fn work_grows_as_files_do() {
    let mut wrong = Vec::new();
    for (what, size, make) in GROWING {
        let (small, large) = (folder(&[]), folder(&[]));
        make(small.path(), *size);
        make(large.path(), size * TIMES);
        for args in COMMANDS {
            let (one, other) = (time(small.path(), args), time(large.path(), args));
            if other > one.max(Duration::from_millis(20)) * MOST {
                wrong.push(format!("{what} {args:?}: {one:?}, {other:?}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
