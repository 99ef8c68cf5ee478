//! Whoever writes a file may be killed or find the disk full: the file is as before or as after.
#![cfg(unix)]
#![allow(
    clippy::unwrap_used,
    clippy::cast_possible_truncation,
    clippy::panic,
    reason = "a failed assumption is a failed test"
)]

use std::fs;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use arr_conformance::own_file;
use arr_core::{Array, DType, ErrorKind, Result};
use arr_npy::{Npz, NpzEditor, NpzOptions, append, create_map};

/// Ways to write a file, by name: packed members have a 6 behind theirs.
const JOBS: &[&str] =
    &["save", "save npz", "save npz 6", "edit in place", "edit in place 6", "edit a copy", "edit a copy 6"];

/// Between one and eight megabytes that tell by which generation they were written.
fn values(generation: u32) -> Vec<u32> {
    let len = 250_000 * (1 + generation % 8);
    // Half of them can be packed.
    (0..len).map(|at| generation ^ if at % 2 == 0 { at.wrapping_mul(0x9E37_79B9) } else { 0 }).collect()
}

fn options(job: &str) -> NpzOptions {
    NpzOptions::new().level(if job.ends_with('6') { 6 } else { 0 })
}

/// Members that stay what they are: so large that they are left in place, or so many that they are copied.
fn others(job: &str) -> Vec<(String, Vec<u32>)> {
    let (count, len) = if job.contains("copy") { (100, 3000) } else { (2, 380_000) };
    (0..count).map(|at| (format!("other{at}"), (at..at + len).collect())).collect()
}

/// Writes the file as it is at first.
fn begin(job: &str, path: &Path) {
    if job == "save" {
        return arr_npy::save(path, &values(0)).unwrap();
    }
    let mut members = others(job);
    members.push(("generation".into(), vec![0]));
    members.push(("values".into(), values(0)));
    options(job).save(path, members).unwrap();
}

/// Brings the file into another generation.
fn write(job: &str, path: &Path, generation: u32) -> Result<()> {
    if job == "save" {
        return arr_npy::save(path, &values(generation));
    }
    let (count, values) = (vec![generation], values(generation));
    if job.starts_with("save") {
        let mut writer = options(job).create(path)?;
        for (name, values) in others(job) {
            writer.add(&name, &values)?;
        }
        writer.add("generation", &count)?;
        writer.add("values", &values)?;
        return writer.finish();
    }
    let len = values.len();
    let (count, values) = (Array::from_vec(count, &[1])?, Array::from_vec(values, &[len])?);
    let mut editor = NpzEditor::open_with(path, options(job))?;
    editor.put("generation", count.view());
    editor.put("values", values.view());
    editor.commit()
}

/// The generation that the file is of: all of it, with nothing wrong.
fn generation(job: &str, path: &Path) -> u32 {
    if job == "save" {
        let found = arr_npy::read(path).unwrap().to_vec::<u32>().unwrap();
        assert!(found == values(found[0]));
        return found[0];
    }
    let npz = Npz::open(path).unwrap();
    let faults = npz.check().unwrap();
    assert!(faults.is_empty(), "{faults:?}");
    let numbers = |name: &str| npz.get(name).unwrap().to_vec::<u32>().unwrap();
    let found = numbers("generation");
    assert!(numbers("values") == values(found[0]));
    let others = others(job);
    assert_eq!(npz.len(), others.len() + 2);
    assert!(others.iter().all(|(name, values)| numbers(name) == *values));
    found[0]
}

/// Names of files other than the one that is written.
fn litter(folder: &Path) -> Vec<String> {
    let names = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
    names.filter(|name| name != "x").collect()
}

/// What a started process is to do, and with which file.
fn told() -> Option<(String, std::path::PathBuf)> {
    Some((std::env::var("ARR_JOB").ok()?, std::env::var_os("ARR_FILE")?.into()))
}

/// Writes one generation after the other until it is killed.
#[test]
#[ignore = "is started by a test below, which kills it"]
fn child_that_is_killed() {
    let Some((job, path)) = told() else { return };
    let mut number = generation(&job, &path);
    println!("\nready");
    loop {
        number += 1;
        write(&job, &path, number).unwrap();
    }
}

/// Starts the child above and kills it after a while, so many times.
fn kill(job: &str) {
    let kills: u64 = std::env::var("ARR_KILLS").map_or(12, |count| count.parse().unwrap());
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("x");
    begin(job, &path);
    let (mut written, mut torn, mut left) = (0, 0, 0);
    // Three times as long as it may take, so that some are killed while they write and some between two writes.
    let mut longest = Duration::from_millis(1);
    for kill in 0..kills {
        if kill % 4 == 0 {
            begin(job, &path);
        }
        let before = generation(job, &path);
        let mut child = Command::new(std::env::current_exe().unwrap());
        child.args(["--exact", "child_that_is_killed", "--ignored", "--nocapture"]);
        child.env("ARR_JOB", job).env("ARR_FILE", &path).stdout(Stdio::piped()).stderr(Stdio::null());
        let mut child = child.spawn().unwrap();
        let mut said = BufReader::new(child.stdout.take().unwrap()).lines();
        assert!(said.any(|line| line.unwrap() == "ready"));
        let part = (kill.wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 48) as u32;
        std::thread::sleep(longest * part / 0x5555);
        child.kill().unwrap();
        child.wait().unwrap();
        let after = generation(job, &path);
        assert!(after >= before, "{job}: {after} after {before}");
        written += after - before;
        torn += usize::from(is_torn(job, &path));
        // A file that was just about to take the other's name is whole, and has a name that says what it is.
        for name in litter(folder.path()) {
            assert!(name.starts_with(".x.") && name.ends_with(".tmp"), "{name}");
            let at = folder.path().join(name);
            assert!(generation(job, &at) == after + 1);
            fs::remove_file(at).unwrap();
            left += 1;
        }
        // Others can go on.
        let start = Instant::now();
        write(job, &path, after + 1).unwrap();
        longest = longest.max(start.elapsed());
        assert_eq!(generation(job, &path), after + 1);
        assert!(litter(folder.path()).is_empty());
    }
    println!("{job}: {kills} kills, {written} generations, {torn} edits stopped half-way, {left} files left");
    assert!(written > 0, "{job}: every child was killed before it had written anything");
}

/// True when an edit in place was stopped half-way: nothing is in front of the directory but what was made room for.
fn is_torn(job: &str, path: &Path) -> bool {
    let bytes = fs::read(path).unwrap();
    let directory = bytes
        .windows(4)
        .rposition(|four| four == b"PK\x05\x06")
        .map(|end| u32::from_le_bytes(bytes[end + 16..end + 20].try_into().unwrap()) as usize);
    job.contains("in place") && directory.is_some_and(|at| at % 4096 == 0 && bytes[at - 20..at] == [0; 20])
}

macro_rules! each_job {
    ($($(#[$attribute:meta])* $name:ident: $job:literal),* $(,)?) => {
        $(
            #[test]
            $(#[$attribute])*
            fn $name() {
                kill($job);
            }
        )*

        #[test]
        fn no_job_is_forgotten() {
            assert_eq!(JOBS, [$($job),*]);
        }
    };
}

each_job! {
    killed_while_saving: "save",
    killed_while_saving_an_archive: "save npz",
    #[ignore = "takes long: it starts and kills a writer many times"]
    killed_while_saving_a_packed_archive: "save npz 6",
    killed_while_editing_in_place: "edit in place",
    #[ignore = "takes long: it starts and kills a writer many times"]
    killed_while_editing_in_place_and_packing: "edit in place 6",
    killed_while_editing_a_copy: "edit a copy",
    #[ignore = "takes long: it starts and kills a writer many times"]
    killed_while_editing_a_copy_and_packing: "edit a copy 6",
}

/// Writes more than the file may hold.
#[test]
#[ignore = "is started by the test below, which lets files be no longer than a few megabytes"]
fn child_without_room() {
    let Some((job, path)) = told() else { return };
    let result = match job.as_str() {
        "map" => own_file!(create_map(&path, DType::of::<u32>(), &[2_000_000])).map(drop),
        "append" => append(&path, &values(7)),
        job => write(job, &path, 7),
    };
    assert_eq!(result.unwrap_err().kind(), ErrorKind::Io);
}

#[test]
fn a_file_that_may_not_grow_stays_as_it_is() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("x");
    for job in JOBS.iter().chain(&["map", "append"]) {
        begin(if ["map", "append"].contains(job) { "save" } else { job }, &path);
        let before = fs::read(&path).unwrap();
        // Just enough for what is there, for a part of what comes, and for nearly all of it.
        for more in [0, 1, 100, 4000] {
            let blocks = before.len().div_ceil(512) + more;
            let script = format!("trap '' XFSZ; ulimit -f {blocks}; exec \"$0\" \"$@\"");
            let mut child = Command::new("sh");
            child.args(["-c", &script]).arg(std::env::current_exe().unwrap());
            child.args(["--exact", "child_without_room", "--ignored", "--nocapture"]);
            let output = child.env("ARR_JOB", job).env("ARR_FILE", &path).output().unwrap();
            let said = String::from_utf8_lossy(&output.stdout).into_owned();
            assert!(output.status.success() && said.contains("1 passed"), "{job}, {more}: {said}");
            assert!(fs::read(&path).unwrap() == before, "{job}, {more}");
            assert!(litter(folder.path()).is_empty(), "{job}, {more}");
        }
    }
}
